"""The audit: written with what it is about, sealed in hash-chained batches, verified by name.

Entries are sealed once they are two minutes old by real time, so that a transaction still open cannot slip a lower id
in behind the seal; `verify` reports an entry that did.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.kernel.models import AuditEntry, AuditSeal

_GENESIS = "0" * 64
_BATCH = 5_000
_SETTLE_SECONDS = 120
_LOCK = 7_201


@dataclass(frozen=True)
class Line:
    """What to record: `subject` names a table in words ("appointment"), `detail` holds keys and states only."""

    action: str
    subject: str
    subject_id: int | None = None
    patient_id: int | None = None
    organisation_id: int | None = None
    detail: dict[str, Any] | None = None


def record(*, by: Actor, line: Line) -> None:
    """Write one audit row in the caller's transaction."""
    record_many(by=by, lines=[line])


def record_many(*, by: Actor, lines: Sequence[Line]) -> None:
    """Write many audit rows in the caller's transaction with one statement."""
    if not connection.in_atomic_block:
        raise RuntimeError("audit rows belong to the transaction of what they record")
    at, real = clock.now(), clock.real_now()
    AuditEntry.objects.bulk_create(
        [
            AuditEntry(
                at=at,
                recorded_at=real,
                actor_kind=by.kind,
                actor_id=by.id,
                actor_label=by.label,
                organisation_id=line.organisation_id if line.organisation_id is not None else by.organisation_id,
                action=line.action,
                subject=line.subject,
                subject_id=line.subject_id,
                patient_id=line.patient_id,
                detail=line.detail or {},
            )
            for line in lines
        ],
        batch_size=5_000,
    )


_FIELDS = (
    "id, at, recorded_at, actor_kind, actor_id, actor_label, organisation_id, action, subject, subject_id, "
    "patient_id, detail"
)


def _row_digest(row: tuple[Any, ...]) -> bytes:
    parts = [value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value for value in row[:-1]]
    detail = row[-1] if isinstance(row[-1], dict) else json.loads(row[-1])
    parts.append(json.dumps(detail, sort_keys=True, separators=(",", ":")))
    return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).digest()


def _chain(previous: str, ids: Iterable[int], digests: Iterable[bytes]) -> str:
    running = hashlib.sha256(previous.encode())
    for key, digest in zip(ids, digests, strict=True):
        running.update(key.to_bytes(8, "big"))
        running.update(digest)
    return running.hexdigest()


def seal(*, settle_seconds: int = _SETTLE_SECONDS) -> int:
    """Seal the next batch of settled entries; returns how many. One sealer at a time."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        last = AuditSeal.objects.order_by("-last_id").first()
        cursor.execute(
            f"""SELECT {_FIELDS} FROM kernel_audit_entry
                WHERE id > %s AND recorded_at <= clock_timestamp() - make_interval(secs => %s)
                ORDER BY id LIMIT %s""",
            [last.last_id if last else 0, settle_seconds, _BATCH],
        )
        rows = cursor.fetchall()
        if not rows:
            return 0
        ids = [row[0] for row in rows]
        digests = [_row_digest(row) for row in rows]
        previous = last.digest if last else _GENESIS
        AuditSeal.objects.create(
            first_id=ids[0],
            last_id=ids[-1],
            entries=len(ids),
            previous=previous,
            digest=_chain(previous, ids, digests),
            row_digests=b"".join(digests),
            ids=b"".join(key.to_bytes(8, "big") for key in ids),
            sealed_at=clock.real_now(),
        )
        return len(rows)


@dataclass(frozen=True)
class Finding:
    """Something wrong with the audit, in words, with the row or seal it is about."""

    where: str
    what: str


def verify() -> tuple[int, int, list[Finding]]:
    """Check every seal against its rows: (entries checked, entries not yet sealed, findings)."""
    findings: list[Finding] = []
    checked, previous, low = 0, _GENESIS, 0
    for batch in AuditSeal.objects.order_by("id").iterator(chunk_size=20):
        ids = _split(bytes(batch.ids), 8)
        wanted = dict(
            zip((int.from_bytes(key, "big") for key in ids), _split(bytes(batch.row_digests), 32), strict=True)
        )
        if batch.previous != previous or _chain(previous, wanted.keys(), wanted.values()) != batch.digest:
            findings.append(Finding(f"seal {batch.pk}", "the seal does not follow from the one before it"))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {_FIELDS} FROM kernel_audit_entry WHERE id > %s AND id <= %s ORDER BY id", [low, batch.last_id]
            )
            found = {row[0]: _row_digest(row) for row in cursor.fetchall()}
        findings += [Finding(f"audit row {key}", "removed after it was sealed") for key in wanted if key not in found]
        findings += [Finding(f"audit row {key}", "not covered by its seal") for key in found if key not in wanted]
        findings += [
            Finding(f"audit row {key}", "changed after it was sealed")
            for key, digest in found.items()
            if key in wanted and wanted[key] != digest
        ]
        checked += len(found)
        previous, low = batch.digest, batch.last_id
    return checked, AuditEntry.objects.filter(pk__gt=low).count(), findings


def _split(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]
