"""Writes of the record: entries in sets, and looks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django.db import connection, transaction

from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.kernel.codes import Concept
from onedoor.records.models import Code, Entry, Look
from onedoor.records.types import NewEntry


def record_entries(*, entries: Sequence[NewEntry], by: Actor) -> int:
    """Put entries on timelines in the caller's transaction with one statement; writing one twice leaves one.

    Returns how many were new.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an entry belongs to the transaction of what it records")
    if not entries:
        return 0
    now = clock.now()
    before = Entry.objects.filter(intent_key__in=[entry.intent_key for entry in entries]).count()
    Entry.objects.bulk_create(
        [
            Entry(
                patient_id=entry.patient_id,
                organisation_id=entry.organisation_id,
                code_id=_code_id(entry.concept) if entry.concept else None,
                kind=entry.kind,
                text=entry.text,
                effective_at=entry.effective_at or now,
                recorded_at=now,
                source=entry.source,
                actor_kind=by.kind,
                actor_id=by.id,
                actor_label=by.label,
                subject=entry.subject,
                subject_id=entry.subject_id,
                intent_key=entry.intent_key,
            )
            for entry in entries
        ],
        batch_size=5_000,
        ignore_conflicts=True,
    )
    return len({entry.intent_key for entry in entries}) - before


@lru_cache(maxsize=256)
def _known(code: str) -> int | None:
    return Code.objects.filter(code=code).values_list("id", flat=True).first()


def _code_id(concept: Concept) -> int:
    known = _known(concept.code)
    if known is None:
        raise LookupError(f"SNOMED CT {concept.code} is not in the dictionary: run the migrations")
    return known


@transaction.atomic
def look(*, access: Access, patient_id: int, page: str) -> None:
    """Note that somebody looked at a patient's page."""
    by = access.actor
    Look.objects.create(
        patient_id=patient_id,
        organisation_id=by.organisation_id,
        at=clock.now(),
        actor_kind=by.kind,
        actor_id=by.id,
        actor_label=by.label,
        page=page,
        purpose=access.purpose,
    )
