"""Coded facts: the lean rows from which sets of people are worked out, beside the entries of the timeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from onedoor.kernel import arrays, clock, events
from onedoor.records.events import CodedChanged
from onedoor.records.models import Code
from onedoor.records.types import NewEntry

WRITTEN, IMPORTED = 1, 2
"""Where a coded fact is from."""


class WrongValue(ValueError):
    """A value that its code cannot have: the unit is not the code's, or nobody has so much or so little."""


def write(entries: Sequence[NewEntry]) -> None:
    """Write the coded facts of entries that are on the timeline by now: of those that have a value, or a code of any code set.

    The same fact of one day and organisation is there once. What was said to be in error counts again when it is written again.
    """
    coded = [entry for entry in entries if entry.concept is not None]
    if not coded:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            {
                "intents": arrays.words(entry.intent_key for entry in coded),
                "values": "{" + ",".join("NULL" if e.value is None else str(float(e.value)) for e in coded) + "}",
                "now": clock.now(),
                "written": WRITTEN,
            },
        )
        changed = sorted({patient for (patient,) in cursor.fetchall()})
    if changed:
        events.emit(CodedChanged(tuple(changed)))


_WRITE = """
    INSERT INTO records_coded AS c (patient_id, code_id, day, value, unit_id, organisation_id, source, entry_id, recorded_at)
    SELECT DISTINCT ON (1, 3, 2, 6, 4)
           e.patient_id, e.code_id, (e.effective_at AT TIME ZONE 'Europe/London')::date, r.value,
           CASE WHEN r.value IS NOT NULL THEN u.id END, e.organisation_id, %(written)s, e.id, %(now)s
    FROM unnest(%(intents)s::text[], %(values)s::float8[]) AS r(intent, value)
    JOIN records_entry e ON e.intent_key = r.intent
    JOIN records_code k ON k.id = e.code_id
    LEFT JOIN records_unit u ON u.ucum = k.unit
    WHERE r.value IS NOT NULL OR EXISTS (SELECT 1 FROM records_code_members m WHERE m.code_id = e.code_id)
    ORDER BY 1, 3, 2, 6, 4, e.id
    ON CONFLICT (patient_id, day, code_id, organisation_id, value)
    DO UPDATE SET in_error_at = NULL, entry_id = excluded.entry_id, recorded_at = excluded.recorded_at
    WHERE c.in_error_at IS NOT NULL
    RETURNING patient_id
"""


def in_error(entry_ids: Sequence[int]) -> None:
    """Say that these entries of the timeline are in error, before they are marked so: a coded fact of theirs that another
    standing entry says too stands with that one from now on, and the others are in error."""
    known: dict[str, Any] = {"now": clock.now(), "entries": arrays.numbers(entry_ids)}
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


_IN_ERROR = """
    WITH theirs AS (
        SELECT c.id, c.patient_id, c.day, (
            SELECT min(o.id) FROM records_entry o
            WHERE o.patient_id = c.patient_id AND o.organisation_id = c.organisation_id AND o.code_id = c.code_id
              AND (o.effective_at AT TIME ZONE 'Europe/London')::date = c.day AND o.value IS NOT DISTINCT FROM c.value
              AND o.in_error_at IS NULL AND o.id <> ALL(%(entries)s::bigint[])) AS other
        FROM records_entry e JOIN records_coded c
          ON c.patient_id = e.patient_id AND c.day = (e.effective_at AT TIME ZONE 'Europe/London')::date
         AND c.entry_id = e.id AND c.in_error_at IS NULL
        WHERE e.id = ANY(%(entries)s::bigint[]))
    UPDATE records_coded c
    SET entry_id = coalesce(t.other, c.entry_id), in_error_at = CASE WHEN t.other IS NULL THEN %(now)s::timestamptz END
    FROM theirs t WHERE c.id = t.id AND c.patient_id = t.patient_id AND c.day = t.day
    RETURNING c.patient_id, c.in_error_at IS NOT NULL
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
