"""Taking back what a practice had accepted of what was done elsewhere (ADR 12): it stands there again, and is not counted."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from onedoor.kernel import arrays, clock, events
from onedoor.records import watching
from onedoor.records.events import CodedChanged
from onedoor.records.models import ELSEWHERE, FROM_FILE, IMPORTED, WRITTEN
from onedoor.records.types import NewEntry


def unaccept_entries(*, entries: Sequence[NewEntry]) -> int:
    """Of the facts that these entries say, those that were accepted are done elsewhere again, in the caller's transaction;
    returns how many. One that a file which stands shows to be in the practice's record counts because of that. What was written
    here is taken back by `in_error`. The caller's audit row says who and why."""
    if not connection.in_atomic_block:
        raise RuntimeError("an entry belongs to the transaction of what it records")
    coded = [entry for entry in entries if entry.concept is not None]
    if not coded:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _UNACCEPT,
            {
                "patients": arrays.numbers(entry.patient_id for entry in coded),
                "days": arrays.words(
                    (entry.effective_at or clock.now()).astimezone(clock.LONDON).date() for entry in coded
                ),
                "codes": arrays.words(entry.concept.code for entry in coded if entry.concept),
                "organisations": arrays.numbers(entry.organisation_id for entry in coded),
                "values": arrays.words(None if entry.value is None else float(entry.value) for entry in coded),
                "written": WRITTEN,
                "imported": IMPORTED,
                "elsewhere": ELSEWHERE,
                "from_file": FROM_FILE,
                "today": clock.today(),
            },
        )
        back = cursor.fetchall()
    if back:
        # Their practice may read it no longer, and its screens show it until they are told.
        watching.tell({(patient, key, True) for patient, *places in back for key in places if key})
        events.emit(CodedChanged(tuple(sorted({patient for patient, _, _ in back}))))
    return len(back)


_SHOWN = """EXISTS (
    SELECT 1 FROM records_coded_again a JOIN records_entry_import i ON i.id = a.entry_import_id
    WHERE a.coded_id = c.id AND a.accepts AND i.withdrawn_at IS NULL)"""
_UNACCEPT = f"""
    WITH theirs AS (
        SELECT c.id
        FROM unnest(%(patients)s::bigint[], %(days)s::date[], %(codes)s::text[], %(organisations)s::bigint[],
                    %(values)s::float8[]) AS s(patient_id, day, code, organisation_id, value)
        JOIN records_code k ON k.code = s.code
        JOIN records_coded c ON c.patient_id = s.patient_id AND c.day = s.day AND c.code_id = k.id
             AND c.organisation_id = s.organisation_id AND c.value IS NOT DISTINCT FROM s.value
        WHERE c.accepted_at IS NOT NULL AND c.accepted_by <> %(from_file)s AND c.source IN (%(written)s, %(imported)s)
          AND c.in_error_at IS NULL
        ORDER BY c.id FOR UPDATE OF c),
    shown AS (
        UPDATE records_coded c SET source = %(imported)s, accepted_by = %(from_file)s
        FROM theirs t WHERE c.id = t.id AND {_SHOWN}
        RETURNING c.id)
    UPDATE records_coded c SET source = %(elsewhere)s, accepted_at = NULL, accepted_by = NULL
    FROM theirs t WHERE c.id = t.id AND NOT {_SHOWN}
    RETURNING c.patient_id, c.organisation_id, (
        SELECT r.organisation_id FROM patients_registered r
        WHERE r.patient_id = c.patient_id AND r.since <= %(today)s AND (r.until IS NULL OR r.until > %(today)s)
        ORDER BY r.since DESC, r.organisation_id DESC LIMIT 1)
"""
