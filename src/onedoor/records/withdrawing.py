"""Withdraw a file of coded entries that was taken by mistake: what it alone brought is in error from then on.

A fact that another file said too stays as that one's; one that stands with an entry of the timeline, because somebody wrote it,
stays with that; and one that the practice has accepted stays the practice's. Sending the file again later brings it all back
(`importing`).
"""

from __future__ import annotations

from django.db import connection, transaction

from onedoor.kernel import audit, clock, events
from onedoor.kernel.access import NotPermitted, Permission
from onedoor.kernel.actor import Actor
from onedoor.records import watching
from onedoor.records.events import CodedChanged
from onedoor.records.importing import FROM_FILE, LOCK
from onedoor.records.models import EntryImport


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
        cursor.execute(
            _WITHDRAW,
            {
                "import": file.pk,
                "first": file.first_id,
                "last": file.last_id,
                "now": clock.now(),
                "from_file": FROM_FILE,
            },
        )
        gone = cursor.fetchall()
        cursor.execute("DELETE FROM records_coded_again WHERE entry_import_id = %s", [file.pk])
    audit.record(by=by, line=audit.Line("withdraw_entries", "entry_import", file.pk, detail={"in_error": len(gone)}))
    if gone:
        watching.tell({(patient, organisation, True) for patient, organisation in gone})
        events.emit(CodedChanged(tuple(sorted({patient for patient, _ in gone}))))
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
            WHERE a.coded_id = c.id AND a.entry_import_id <> %(import)s AND i.withdrawn_at IS NULL) AS other
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
