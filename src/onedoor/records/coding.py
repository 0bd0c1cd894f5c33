"""Coded facts: the lean rows from which sets of people are worked out, beside the entries of the timeline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

from onedoor.kernel import arrays, clock, events
from onedoor.records.events import CodedChanged
from onedoor.records.models import ELSEWHERE, FROM_FILE, WRITTEN, Code
from onedoor.records.types import NewEntry


class WrongValue(ValueError):
    """A value that its code cannot have: the unit is not the code's, or nobody has so much or so little."""


def write(entries: Sequence[NewEntry]) -> None:
    """Write the coded facts of entries that are on the timeline by now: of those that have a value, or a code of any code set.

    The same fact of one day and organisation is there once. What was said to be in error counts again when it is written again.
    What is done elsewhere counts as soon as it is written here too, never the other way round.
    """
    coded = [entry for entry in entries if entry.concept is not None]
    if not coded:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            {
                "intents": arrays.words(entry.intent_key for entry in coded),
                "values": _values(coded),
                "away": arrays.flags(entry.elsewhere for entry in coded),
                "now": clock.now(),
                "written": WRITTEN,
                "elsewhere": ELSEWHERE,
            },
        )
        changed = sorted({patient for (patient,) in cursor.fetchall()})
    if changed:
        events.emit(CodedChanged(tuple(changed)))


def _values(entries: Sequence[NewEntry]) -> str:
    return "{" + ",".join("NULL" if e.value is None else str(float(e.value)) for e in entries) + "}"


_WRITE = """
    INSERT INTO records_coded AS c (patient_id, code_id, day, value, unit_id, organisation_id, source, entry_id, recorded_at)
    SELECT DISTINCT ON (1, 3, 2, 6, 4)
           e.patient_id, e.code_id, (e.effective_at AT TIME ZONE 'Europe/London')::date, r.value,
           CASE WHEN r.value IS NOT NULL THEN u.id END, e.organisation_id,
           CASE WHEN r.away THEN %(elsewhere)s ELSE %(written)s END, e.id, %(now)s
    FROM unnest(%(intents)s::text[], %(values)s::float8[], %(away)s::bool[]) AS r(intent, value, away)
    JOIN records_entry e ON e.intent_key = r.intent
    JOIN records_code k ON k.id = e.code_id
    LEFT JOIN records_unit u ON u.ucum = k.unit
    WHERE r.value IS NOT NULL OR EXISTS (SELECT 1 FROM records_code_members m WHERE m.code_id = e.code_id)
    ORDER BY 1, 3, 2, 6, 4, r.away, e.id
    ON CONFLICT (patient_id, day, code_id, organisation_id, value)
    DO UPDATE SET in_error_at = NULL, entry_id = excluded.entry_id, source = excluded.source, accepted_at = NULL,
                  accepted_by = NULL, recorded_at = CASE WHEN c.in_error_at IS NULL THEN c.recorded_at
                                                         ELSE excluded.recorded_at END
    WHERE c.in_error_at IS NOT NULL OR (c.source = %(elsewhere)s AND excluded.source = %(written)s)
    RETURNING patient_id
"""


def accept(entries: Sequence[NewEntry], *, by: str) -> tuple[set[str], int]:
    """Count those of these entries' facts that stand as done elsewhere: marked with who accepted them and when.

    Returns the intents of entries of which nothing is left to write, since their fact is there, and how many facts became
    counted. What was entered in error where it was done is there too, and stays in error: whoever did it said so.
    """
    coded = [entry for entry in entries if entry.concept is not None]
    if not coded:
        return set(), 0
    with connection.cursor() as cursor:
        cursor.execute(
            _THERE,
            {
                "intents": arrays.words(entry.intent_key for entry in coded),
                "values": _values(coded),
                "patients": arrays.numbers(entry.patient_id for entry in coded),
                "codes": arrays.words(entry.concept.code for entry in coded if entry.concept),
                "organisations": arrays.numbers(entry.organisation_id for entry in coded),
                "days": "{" + ",".join(_day(entry).isoformat() for entry in coded) + "}",
                "elsewhere": ELSEWHERE,
            },
        )
        there = cursor.fetchall()
        waiting = sorted({key for key, _, waits in there if waits})
        cursor.execute(
            """UPDATE records_coded SET source = %s, accepted_at = %s, accepted_by = %s
               WHERE id = ANY(%s::bigint[]) AND source = %s AND in_error_at IS NULL RETURNING patient_id""",
            [WRITTEN, clock.now(), by[:80], arrays.numbers(waiting), ELSEWHERE],
        )
        counted = [patient for (patient,) in cursor.fetchall()]
        if len(waiting) < len(there):
            # So that it stays accepted when the file that showed it is withdrawn.
            cursor.execute(
                """UPDATE records_coded c SET accepted_by = %s
                   WHERE c.id = ANY(%s::bigint[]) AND c.accepted_by = %s AND c.in_error_at IS NULL AND EXISTS (
                       SELECT 1 FROM records_coded_again a WHERE a.coded_id = c.id AND a.accepts)""",
                [by[:80], arrays.numbers(key for key, _, waits in there if not waits), FROM_FILE],
            )
    if counted:
        events.emit(CodedChanged(tuple(sorted(set(counted)))))
    return {intent for _, intent, _ in there}, len(counted)


def _day(entry: NewEntry) -> date:
    return (entry.effective_at or clock.now()).astimezone(clock.LONDON).date()


# What an entry of this place said, and said to be in error, is written again like any other: then it is nobody else's word.
_THERE = """
    SELECT c.id, s.intent, c.source = %(elsewhere)s AND c.in_error_at IS NULL
    FROM unnest(%(intents)s::text[], %(patients)s::bigint[], %(days)s::date[], %(codes)s::text[], %(organisations)s::bigint[],
                %(values)s::float8[]) AS s(intent, patient_id, day, code, organisation_id, value)
    JOIN records_code k ON k.code = s.code
    JOIN records_coded c ON c.patient_id = s.patient_id AND c.day = s.day AND c.code_id = k.id
         AND c.organisation_id = s.organisation_id AND c.value IS NOT DISTINCT FROM s.value
    WHERE c.in_error_at IS NULL
       OR EXISTS (SELECT 1 FROM records_entry e WHERE e.id = c.entry_id AND e.elsewhere)
    ORDER BY c.id FOR UPDATE OF c
"""


def in_error(entry_ids: Sequence[int]) -> None:
    """Say that these entries of the timeline are in error, before they are marked so: a coded fact of theirs that another
    standing entry says too stands with that one from now on, and the others are in error."""
    known: dict[str, Any] = {"now": clock.now(), "entries": arrays.numbers(entry_ids), "elsewhere": ELSEWHERE}
    with connection.cursor() as cursor:
        # Whoever writes or corrects the same waits here; the next statement sees what they did.
        cursor.execute(
            """SELECT 1 FROM records_coded c JOIN records_entry e
                   ON c.patient_id = e.patient_id AND c.day = (e.effective_at AT TIME ZONE 'Europe/London')::date
                  AND c.code_id = e.code_id AND c.organisation_id = e.organisation_id
               WHERE e.id = ANY(%(entries)s::bigint[]) ORDER BY c.id FOR UPDATE OF c""",
            known,
        )
        cursor.execute(_IN_ERROR, known)
        changed = sorted({patient for patient, gone in cursor.fetchall() if gone})
    if changed:
        events.emit(CodedChanged(tuple(changed)))


# What only an entry of elsewhere still says is done elsewhere again, unless the practice has accepted it.
_IN_ERROR = """
    WITH theirs AS (
        SELECT c.id, c.patient_id, c.day, other.id AS other, other.elsewhere AND c.accepted_at IS NULL AS away
        FROM records_entry e JOIN records_coded c
          ON c.patient_id = e.patient_id AND c.day = (e.effective_at AT TIME ZONE 'Europe/London')::date
         AND c.entry_id = e.id AND c.in_error_at IS NULL
        LEFT JOIN LATERAL (
            SELECT o.id, o.elsewhere FROM records_entry o
            WHERE o.patient_id = c.patient_id AND o.organisation_id = c.organisation_id AND o.code_id = c.code_id
              AND (o.effective_at AT TIME ZONE 'Europe/London')::date = c.day AND o.value IS NOT DISTINCT FROM c.value
              AND o.in_error_at IS NULL AND o.id <> ALL(%(entries)s::bigint[])
            ORDER BY o.elsewhere, o.id LIMIT 1) other ON true
        WHERE e.id = ANY(%(entries)s::bigint[])),
    before AS (SELECT c.id, c.source FROM records_coded c JOIN theirs t ON t.id = c.id)
    UPDATE records_coded c
    SET entry_id = coalesce(t.other, c.entry_id), in_error_at = CASE WHEN t.other IS NULL THEN %(now)s::timestamptz END,
        source = CASE WHEN t.away THEN %(elsewhere)s ELSE c.source END
    FROM theirs t, before b WHERE b.id = c.id AND c.id = t.id AND c.patient_id = t.patient_id AND c.day = t.day
    RETURNING c.patient_id, c.in_error_at IS NOT NULL OR c.source <> b.source
"""


def checked(entries: Sequence[NewEntry]) -> None:
    """Raises WrongValue for an entry whose value is not in its code's unit or range, LookupError for a code that is not there."""
    valued = [entry for entry in entries if entry.value is not None or entry.unit]
    if not valued:
        return
    if any(entry.concept is None for entry in valued):
        raise WrongValue("a value needs a code")
    numbers = {entry.concept.code for entry in valued if entry.concept}
    known = {code.code: code for code in Code.objects.filter(code__in=numbers)}
    for entry in valued:
        assert entry.concept is not None
        code = known.get(entry.concept.code)
        if code is None:
            raise LookupError(f"SNOMED CT {entry.concept.code} is not in the dictionary: run the migrations")
        if entry.unit and entry.unit != code.unit:
            raise WrongValue(f"the unit of {code.code} is {code.unit or 'none'}, not {entry.unit}")
        if entry.value is None:
            continue
        value = float(entry.value)
        if (code.low is not None and value < code.low) or (code.high is not None and value > code.high):
            raise WrongValue(f"a value of {code.code} is from {code.low} to {code.high}")
