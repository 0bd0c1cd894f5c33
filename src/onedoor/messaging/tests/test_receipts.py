"""Delivery receipts in any order and any number of times."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from onedoor.factories import patient, person, practice
from onedoor.kernel import clock
from onedoor.messaging.actions.receipt_effects import TERMINAL
from onedoor.messaging.actions.receipts import apply_receipts
from onedoor.messaging.models import Attempt, Message, OptOut, Receipt, State
from onedoor.messaging.receiving import e164
from onedoor.messaging.tests.sending_factories import MOBILE, new, queue, tried
from onedoor.messaging.tests.sending_factories import account as set_account
from onedoor.records.api import Entry
from onedoor.tasks import api as tasks

pytestmark = pytest.mark.django_db


def receipt(message: Message, status: str, *, reference: str | None = None, **more: Any) -> Receipt:
    body = {"id": "p-1", "reference": str(message.ref), "status": status}
    return Receipt.objects.create(
        account_id=message.account_id or 0,
        key=f"p-1:{status}:{Receipt.objects.count()}",
        reference=str(message.ref) if reference is None else reference,
        status=status,
        body=body,
        **more,
    )


def apply() -> None:
    while apply_receipts():
        pass


def accepted(state: State = State.ACCEPTED, **more: Any) -> Message:
    practice_ = practice()
    set_account(practice_)
    return tried(practice_, state, **more)


def results() -> list[str]:
    return list(Receipt.objects.order_by("id").values_list("result", flat=True))


@pytest.mark.parametrize(("status", "state"), TERMINAL.items())
def test_each_terminal_status_ends_an_accepted_text(status: str, state: State) -> None:
    message = accepted()
    receipt(message, status)
    apply()
    message.refresh_from_db()
    assert (message.state, message.ended_at) == (state, clock.now())
    assert results() == ["applied"]


@pytest.mark.parametrize(
    ("status", "pence"), [("delivered", "2.400"), ("permanent-failure", "2.400"), ("technical-failure", "0.000")]
)
def test_technical_failures_are_not_charged(status: str, pence: str) -> None:
    message = accepted()
    receipt(message, status)
    apply()
    message.refresh_from_db()
    assert str(message.pence) == pence


@pytest.mark.parametrize("status", ["sending", "pending", "created", "sent"])
def test_what_is_not_terminal_changes_nothing(status: str) -> None:
    message = accepted()
    receipt(message, status)
    apply()
    message.refresh_from_db()
    assert message.state == State.ACCEPTED
    assert results() == ["late"]


@pytest.mark.parametrize(
    "state", [State.SENDING, State.UNKNOWN, State.QUEUED, State.CLAIMED, State.EXPIRED, State.CLEARED]
)
def test_a_receipt_proves_that_the_provider_has_it(state: State) -> None:
    """Before the 201 is stored, or instead of it (messaging.md 6.2, callbacks)."""
    sam = patient(practice(), mobile=MOBILE)
    message = accepted(state, patient_id=sam.pk)
    receipt(message, "delivered")
    apply()
    message.refresh_from_db()
    assert (message.state, message.provider_id, message.accepted_at) == (State.DELIVERED, "p-1", clock.now())
    assert str(message.pence) == "2.400"
    assert Attempt.objects.get().outcome == "accepted"
    assert Entry.objects.count() == 1


def test_a_text_that_was_never_tried_is_not_delivered_by_a_receipt() -> None:
    practice_ = practice()
    set_account(practice_)
    queue(new(practice_))
    message = Message.objects.get()
    receipt(message, "delivered")
    apply()
    message.refresh_from_db()
    assert message.state == State.QUEUED


@pytest.mark.parametrize(
    ("order", "state", "contradicted"),
    [
        (("delivered", "delivered"), State.DELIVERED, False),
        (("delivered", "sending"), State.DELIVERED, False),
        (("temporary-failure", "delivered"), State.DELIVERED, False),
        (("delivered", "temporary-failure"), State.DELIVERED, False),
        (("delivered", "permanent-failure"), State.DELIVERED, True),
        (("permanent-failure", "delivered"), State.DEAD_NUMBER, True),
        (("temporary-failure", "permanent-failure"), State.UNREACHED, True),
        (("technical-failure", "delivered"), State.TECHNICAL, True),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_two_receipts(order: tuple[str, str], state: State, contradicted: bool, together: bool) -> None:
    message = accepted()
    for status in order:
        receipt(message, status)
        if not together:
            apply()
    apply()
    message.refresh_from_db()
    assert (State(message.state), message.contradicted) == (state, contradicted)
    assert not Receipt.objects.filter(processed_real=None).exists()


def test_order_does_not_matter_between_a_temporary_failure_and_delivery() -> None:
    for order in itertools.permutations(("temporary-failure", "delivered", "sending")):
        message = accepted()
        for status in order:
            receipt(message, status)
        apply()
        message.refresh_from_db()
        assert (message.state, message.contradicted) == (State.DELIVERED, False)


def test_unknown_references_and_unreadable_bodies_are_kept_and_said() -> None:
    message = accepted()
    receipt(message, "delivered", reference="00000000-0000-4000-8000-000000000000")
    strange = (
        "not a reference of ours",
        "-" * 36,
        "0" * 36,
        "0000000g-0000-4000-8000-000000000000",
        "0" * 8 + "-" * 28,
    )
    for reference in strange:
        receipt(message, "delivered", reference=reference)
    receipt(message, "unreadable", reference="")
    apply()
    assert results() == ["no_message"] * (1 + len(strange)) + ["unreadable"]


def test_another_account_cannot_speak_for_a_text() -> None:
    message = accepted()
    other = practice("Y99003", "Other Surgery")
    receipt(message, "delivered")
    Receipt.objects.update(account_id=set_account(other).pk)
    apply()
    message.refresh_from_db()
    assert message.state == State.ACCEPTED


def test_two_permanent_failures_in_a_row_rest_the_number_and_ask_a_person() -> None:
    practice_ = practice()
    set_account(practice_)
    _, access = person(practice_)
    sam = patient(practice_, mobile=MOBILE)
    for failures in (1, 2):
        receipt(tried(practice_, State.ACCEPTED, patient_id=sam.pk), "permanent-failure")
        apply()
        assert OptOut.objects.filter(until=None, because="unreachable").exists() is (failures == 2)
    (task,) = tasks.waiting(access)
    assert (task.kind, task.patient_id) == ("unreachable", sam.pk)
    queue(new(practice_, patient_id=sam.pk))
    assert Message.objects.latest("id").because == "unreachable"
    tasks.complete(access=access, ref=task.ref, outcome="again")
    assert not OptOut.objects.filter(until=None).exists()


def test_a_delivery_between_two_failures_does_not() -> None:
    practice_ = practice()
    set_account(practice_)
    for status in ("permanent-failure", "delivered", "permanent-failure"):
        receipt(tried(practice_, State.ACCEPTED), status)
        apply()
    assert not OptOut.objects.exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("447700900123", "+447700900123"),
        ("07700900123", "+447700900123"),
        ("+44 7700 900123", "+447700900123"),
        ("01632960123", "+441632960123"),
        ("353861234567", "+353861234567"),
        ("00353861234567", "+353861234567"),
        ("65065", "65065"),
        ("1234567", "1234567"),
        ("NHSnoreply", "NHSnoreply"),
        ("", ""),
    ],
)
def test_numbers_are_kept_as_they_are_on_the_patient_list(given: str, kept: str) -> None:
    """A reply from a foreign mobile must find its patient: providers leave out the plus."""
    assert e164(given) == kept
