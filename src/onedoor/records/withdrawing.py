"""Withdraw a file of coded entries that was taken by mistake: what it alone brought is in error from then on.

A fact that another file said too stays as that one's; one that stands with an entry of the timeline, because somebody wrote it,
stays with that; and one that the practice has accepted stays the practice's. What was done elsewhere and counted because the file
showed it to be in the practice's record is done elsewhere again. Sending the file again later brings it all back (`importing`).
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from onedoor.kernel import audit, clock, events
from onedoor.kernel.access import NotPermitted, Permission
from onedoor.kernel.actor import Actor
from onedoor.records import watching
from onedoor.records.events import CodedChanged
from onedoor.records.importing import LOCK
from onedoor.records.models import ELSEWHERE, FROM_FILE, WRITTEN, EntryImport


@transaction.atomic
def withdraw_entries(*, import_id: int, by: Actor) -> int:
    """Put the facts of a traced file in error that nothing else says; returns how many. Withdrawing it again changes nothing.

    Raises NotPermitted for anybody but the system, EntryImport.DoesNotExist for a file that is not traced.
    """
    if by.kind != "system":
        raise NotPermitted(Permission.IMPORT)
    with connection.cursor() as cursor:
        # One file at a time, as for taking: another may say the same in this moment.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        file = EntryImport.objects.get(pk=import_id, traced=True)
        if file.withdrawn_at is not None:
            return 0
        file.withdrawn_at = clock.now()
        file.save(update_fields=["withdrawn_at"])
        known: dict[str, Any] = {"import": file.pk, "from_file": FROM_FILE, "now": clock.now(), "today": clock.today()}
        known |= {"first": file.first_id, "last": file.last_id, "written": WRITTEN, "elsewhere": ELSEWHERE}
        cursor.execute(_WITHDRAW, known)
        gone = cursor.fetchall()
        cursor.execute(_UNPROVE, known)
        unproved = cursor.fetchall()
        cursor.execute("DELETE FROM records_coded_again WHERE entry_import_id = %s", [file.pk])
    detail = {"in_error": len(gone), "done elsewhere again": len(unproved)}
    audit.record(by=by, line=audit.Line("withdraw_entries", "entry_import", file.pk, detail=detail))
    if gone or unproved:
        # The practice read what it had accepted, and its screens show it until they are told.
        told = {(patient, key, True) for patient, *places in unproved for key in places if key}
        watching.tell(told | {(patient, organisation, True) for patient, organisation in gone})
        events.emit(CodedChanged(tuple(sorted({patient for patient, *_ in (*gone, *unproved)}))))
    return len(gone)


_WITHDRAW = """
    WITH theirs AS MATERIALIZED (
        SELECT c.id FROM records_coded c WHERE c.id BETWEEN %(first)s AND %(last)s AND c.import_id = %(import)s
        UNION
        SELECT a.coded_id FROM records_coded_again a JOIN records_coded c ON c.id = a.coded_id
        WHERE a.entry_import_id = %(import)s AND c.import_id = %(import)s),
    kept AS (
        SELECT c.id, c.patient_id, c.day, (
            SELECT min(a.entry_import_id) FROM records_coded_again a JOIN records_entry_import i ON i.id = a.entry_import_id
            WHERE a.coded_id = c.id AND a.entry_import_id <> %(import)s AND i.withdrawn_at IS NULL AND a.said) AS other
        FROM theirs t JOIN records_coded c ON c.id = t.id
        WHERE c.in_error_at IS NULL AND c.entry_id IS NULL
          AND (c.accepted_at IS NULL OR c.accepted_by = %(from_file)s) AND NOT EXISTS (
            SELECT 1 FROM records_entry e
            WHERE e.patient_id = c.patient_id AND e.organisation_id = c.organisation_id AND e.code_id = c.code_id
              AND (e.effective_at AT TIME ZONE 'Europe/London')::date = c.day AND e.value IS NOT DISTINCT FROM c.value
              AND e.in_error_at IS NULL)),
    done AS (
        UPDATE records_coded c
        SET import_id = coalesce(k.other, c.import_id),
            in_error_at = CASE WHEN k.other IS NULL THEN %(now)s::timestamptz END
        FROM kept k WHERE c.id = k.id
        RETURNING c.patient_id, c.organisation_id, c.in_error_at)
    SELECT patient_id, organisation_id FROM done WHERE in_error_at IS NOT NULL
"""
# What a person accepted besides stays accepted, and is to be told to the practice's own system, where no file shows it any more.
_UNPROVE = """
    WITH theirs AS (
        SELECT c.id FROM records_coded_again a JOIN records_coded c ON c.id = a.coded_id
        WHERE a.entry_import_id = %(import)s AND a.accepts AND c.accepted_at IS NOT NULL AND c.in_error_at IS NULL
          AND NOT EXISTS (
            SELECT 1 FROM records_coded_again o JOIN records_entry_import i ON i.id = o.entry_import_id
            WHERE o.coded_id = c.id AND o.accepts AND o.entry_import_id <> %(import)s AND i.withdrawn_at IS NULL)
        ORDER BY c.id FOR UPDATE OF c)
    UPDATE records_coded c
    SET source = CASE WHEN c.accepted_by = %(from_file)s THEN %(elsewhere)s ELSE %(written)s END,
        accepted_at = CASE WHEN c.accepted_by <> %(from_file)s THEN c.accepted_at END,
        accepted_by = CASE WHEN c.accepted_by <> %(from_file)s THEN c.accepted_by END
    FROM theirs t WHERE c.id = t.id
    RETURNING c.patient_id, c.organisation_id, (
        SELECT r.organisation_id FROM patients_registered r
        WHERE r.patient_id = c.patient_id AND r.since <= %(today)s AND (r.until IS NULL OR r.until > %(today)s)
        ORDER BY r.since DESC, r.organisation_id DESC LIMIT 1)
"""
