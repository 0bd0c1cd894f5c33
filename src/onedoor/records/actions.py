"""Writes of the record: entries in sets, and looks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import lru_cache

from django.db import connection, transaction
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat

from onedoor.kernel import arrays, audit, clock, events, prepared
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.kernel.codes import Concept
from onedoor.patients.api import by_id, names
from onedoor.records import coding, queries, watching
from onedoor.records.events import CodedChanged
from onedoor.records.models import ELSEWHERE, WRITTEN, Code, Entry, Held, Look
from onedoor.records.types import NewEntry


def record_entries(*, entries: Sequence[NewEntry], by: Actor) -> int:
    """Put entries on timelines in the caller's transaction with one statement; writing one twice leaves one.

    What has a value, or a code of a code set, is written as a coded fact beside (`coding`), and CodedChanged told. Returns how
    many were new. Raises coding.WrongValue for a value that is not in its code's unit or range.
    """
    return _record(entries, by, taken_for=None)


def _record(entries: Sequence[NewEntry], by: Actor, *, taken_for: int | None) -> int:
    if not connection.in_atomic_block:
        raise RuntimeError("an entry belongs to the transaction of what it records")
    if not entries:
        return 0
    coding.checked(entries)
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
                value=None if entry.value is None else float(entry.value),
                effective_at=entry.effective_at or now,
                recorded_at=now,
                source=entry.source,
                actor_kind=by.kind,
                actor_id=by.id,
                actor_label=by.label,
                subject=entry.subject,
                subject_id=entry.subject_id,
                intent_key=entry.intent_key,
                elsewhere=entry.elsewhere,
                taken_for=taken_for if taken_for != entry.organisation_id else None,
            )
            for entry in entries
        ],
        batch_size=5_000,
        ignore_conflicts=True,
    )
    coding.write(entries)
    watching.tell((entry.patient_id, entry.organisation_id, entry.concept is not None) for entry in entries)
    return len({entry.intent_key for entry in entries}) - before


def accept_entries(*, entries: Sequence[NewEntry], by: Actor) -> int:
    """Take entries into the practice's record in the caller's transaction: what it accepted of a document, or of a list.

    A fact that stands as done elsewhere (same patient, day, code, organisation and value) becomes counted, marked with who
    accepted it and when; it has its line on the timeline already. One that counts already stays as it is, and one that was
    entered in error where it was done stays in error. Everything else is recorded as `record_entries` does. CodedChanged is
    told. Returns how many facts became counted or entries were new; the same again returns 0. Raises what `record_entries`
    raises, and ValueError for an entry that is said to be done elsewhere: accepted is what it is not.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an entry belongs to the transaction of what it records")
    if any(entry.elsewhere for entry in entries):
        raise ValueError("what is accepted is not done elsewhere")
    coding.checked(entries)
    there, counted = coding.accept(entries, by=by.label)
    # The practice that accepted it reads it from now on, whatever it reads of whoever did it.
    readers = [entry for entry in entries if entry.intent_key in there]
    watching.tell(
        (entry.patient_id, key, True) for entry in readers for key in {entry.organisation_id, by.organisation_id} if key
    )
    new = [entry for entry in entries if entry.intent_key not in there]
    return counted + _record(new, by, taken_for=by.organisation_id)


def in_error(*, patient_id: int, intents: str) -> int:
    """Say of a patient's entries whose intent begins with `intents` that they were entered in error, in the caller's
    transaction; returns how many.

    They stay on the timeline, marked. The same may be entered again: their intents are free. The caller's audit row says who
    and why.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an entry belongs to the transaction of what it records")
    wrong = Entry.objects.filter(patient_id=patient_id, intent_key__startswith=intents, in_error_at=None)
    keys = list(wrong.exclude(code=None).values_list("pk", flat=True))
    watching.tell(
        (patient_id, organisation, True) for organisation in set(wrong.values_list("organisation_id", flat=True))
    )
    if keys:
        coding.in_error(keys)
    return wrong.update(
        in_error_at=clock.now(), intent_key=Concat(F("intent_key"), Value(":in_error:"), Cast("id", CharField()))
    )


def record_alike(
    *,
    kind: str,
    text: str,
    source: str,
    concept: Concept | None,
    subject: str,
    rows: Sequence[tuple[int, int, int]],
    by: Actor,
) -> None:
    """Put entries that differ only in patient, organisation and subject on timelines; rows are those three keys.

    For what happens thousands of times a minute: one statement, nothing counted. In the caller's transaction; the intent
    of each is its kind and subject, so writing one twice leaves one. A code that an official file has put into a code set makes
    coded facts too.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an entry belongs to the transaction of what it records")
    if not rows:
        return
    now = clock.now()
    cursor = prepared.execute(
        """WITH written AS (
               INSERT INTO records_entry (patient_id, organisation_id, subject_id, intent_key, code_id, kind, text,
                   effective_at, recorded_at, source, actor_kind, actor_id, actor_label, subject)
               SELECT r.patient, r.organisation, r.subject, %(kind)s::text || ':' || r.subject, %(code)s::int, %(kind)s::text,
                   %(text)s::text, %(now)s::timestamptz, %(now)s::timestamptz, %(source)s::text, %(actor_kind)s::text,
                   %(actor)s::bigint, %(label)s::text, %(about)s::text
               FROM unnest(%(patients)s::bigint[], %(organisations)s::bigint[], %(subjects)s::bigint[])
                    AS r(patient, organisation, subject)
               ON CONFLICT (intent_key) DO NOTHING
               RETURNING id, patient_id, organisation_id, code_id)
           INSERT INTO records_coded (patient_id, code_id, day, organisation_id, source, entry_id, recorded_at)
               SELECT patient_id, code_id, %(day)s::date, organisation_id, %(written)s::smallint, id, %(now)s::timestamptz
               FROM written WHERE EXISTS (SELECT 1 FROM records_code_members m WHERE m.code_id = %(code)s::int)
               ON CONFLICT (patient_id, day, code_id, organisation_id, value)
               DO UPDATE SET source = excluded.source, entry_id = excluded.entry_id
               WHERE records_coded.source = %(elsewhere)s::smallint AND records_coded.in_error_at IS NULL
               RETURNING patient_id""",
        {
            "day": clock.today(),
            "written": WRITTEN,
            "elsewhere": ELSEWHERE,
            "kind": kind,
            "code": _code_id(concept) if concept else None,
            "text": text,
            "now": now,
            "source": source,
            "actor_kind": by.kind,
            "actor": by.id,
            "label": by.label,
            "about": subject,
            "patients": arrays.numbers(row[0] for row in rows),
            "organisations": arrays.numbers(row[1] for row in rows),
            "subjects": arrays.numbers(row[2] for row in rows),
        },
    )
    changed = sorted({patient for (patient,) in cursor.fetchall()})
    watching.tell((row[0], row[1], concept is not None) for row in rows)
    if changed:
        events.emit(CodedChanged(tuple(changed)))


@lru_cache(maxsize=512)
def _known(code: str) -> int:
    """Codes are never taken away; what is not there yet is asked for again."""
    try:
        return Code.objects.values_list("id", flat=True).get(code=code)
    except Code.DoesNotExist:
        raise LookupError(f"SNOMED CT {code} is not in the dictionary: run the migrations") from None


def _code_id(concept: Concept) -> int:
    return _known(concept.code)


@transaction.atomic
def look(*, access: Access, patient_id: int, page: str, unless_within: timedelta | None = None) -> None:
    """Note that somebody looked at a patient's page; with `unless_within`, for a page that fetches its own news, only when they
    did not look at it so lately. Raises Patient.DoesNotExist outside the access."""
    by_id(access, patient_id)
    by = access.actor
    if unless_within is not None:
        lately = Look.objects.filter(patient_id=patient_id, at__gt=clock.now() - unless_within)
        if lately.filter(actor_id=by.id, actor_kind=by.kind, page=page, purpose=access.purpose).exists():
            return
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


@transaction.atomic
def look_many(*, access: Access, patient_ids: Collection[int], page: str) -> None:
    """Note that somebody opened a list that names these patients, for those of them within the access; in two statements."""
    by, now = access.actor, clock.now()
    Look.objects.bulk_create(
        Look(
            patient_id=patient_id,
            organisation_id=by.organisation_id,
            at=now,
            actor_kind=by.kind,
            actor_id=by.id,
            actor_label=by.label,
            page=page,
            purpose=access.purpose,
        )
        for patient_id in sorted(names(access, patient_ids))
    )


@transaction.atomic
def dismiss_held(*, access: Access, held_ids: Sequence[int]) -> int:
    """Say of held rows that they are not needed; returns how many were open. They stay, and are not held again when the same
    file is read again. Raises NotPermitted without the right to import, Held.DoesNotExist for a row outside the access."""
    mine = queries.open_held(access).filter(pk__in=held_ids)
    found = list(mine.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    if len(found) < len(set(held_ids)) and not _theirs(access, held_ids):
        raise Held.DoesNotExist
    Held.objects.filter(pk__in=found).update(
        settled_at=clock.now(), settled_as="dismissed", settled_by=access.actor.label[:80]
    )
    audit.record_many(by=access.actor, lines=[audit.Line("dismiss_held", "held_entry", key) for key in found])
    return len(found)


def _theirs(access: Access, held_ids: Sequence[int]) -> bool:
    """Whether every row is one of theirs, open or settled before."""
    return queries.held_within(access).filter(pk__in=held_ids).count() == len(set(held_ids))
