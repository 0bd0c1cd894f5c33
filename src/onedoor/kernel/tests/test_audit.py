"""The audit refuses change, and names what was changed in spite of that."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from onedoor.kernel import audit
from onedoor.kernel.actor import Actor
from onedoor.kernel.models import AuditEntry, AuditSeal

BY = Actor(kind="user", id=1, label="Sam Reception")


def write(n: int) -> None:
    with transaction.atomic():
        audit.record_many(by=BY, lines=[audit.Line("cancel", "appointment", i, patient_id=i) for i in range(n)])


def tamper(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET session_replication_role = origin")


@pytest.mark.django_db
def test_rows_are_append_only() -> None:
    write(1)
    for statement in ("UPDATE kernel_audit_entry SET action = 'x'", "DELETE FROM kernel_audit_entry"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.django_db
def test_untouched_rows_verify_in_several_seals() -> None:
    for _ in range(3):
        write(4)
        audit.seal(settle_seconds=0)
    write(2)
    assert audit.verify() == (12, 2, [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE kernel_audit_entry SET actor_label = 'Somebody else' WHERE id = {id}", "changed after it was sealed"),
        ("DELETE FROM kernel_audit_entry WHERE id = {id}", "removed after it was sealed"),
    ],
)
def test_a_changed_row_is_named(sql: str, what: str) -> None:
    write(5)
    audit.seal(settle_seconds=0)
    victim = AuditEntry.objects.order_by("id")[2].pk
    tamper(sql.format(id=victim))
    _, _, findings = audit.verify()
    assert [(f.where, f.what) for f in findings] == [(f"audit row {victim}", what)]


@pytest.mark.django_db
def test_a_row_slipped_in_behind_a_seal_is_named() -> None:
    write(3)
    audit.seal(settle_seconds=0)
    first = AuditEntry.objects.order_by("id")[0].pk
    tamper(
        "INSERT INTO kernel_audit_entry (id, at, recorded_at, actor_kind, actor_label, action, subject, detail) "
        f"OVERRIDING SYSTEM VALUE VALUES ({first - 1}, now(), now(), 'user', 'x', 'x', 'x', '{{}}')"
    )
    _, _, findings = audit.verify()
    assert [f.what for f in findings] == ["not covered by its seal"]


@pytest.mark.django_db
def test_a_rewritten_seal_breaks_the_chain() -> None:
    for _ in range(2):
        write(2)
        audit.seal(settle_seconds=0)
    first = AuditSeal.objects.order_by("id")[0]
    tamper(f"UPDATE kernel_audit_seal SET digest = repeat('a', 64) WHERE id = {first.pk}")
    _, _, findings = audit.verify()
    assert findings
    assert findings[0].where == f"seal {first.pk}"


@pytest.mark.django_db(transaction=True)
def test_an_audit_row_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        audit.record(by=BY, line=audit.Line("cancel", "appointment", 1))
