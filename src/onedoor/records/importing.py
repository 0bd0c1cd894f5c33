"""Take a file of coded entries: a stream of rows into a staging table by COPY, then one statement for each thing to be done.

A row that cannot be believed is held with its reason, never lost, and never counted; the same row read again is held once, and
the same fact is there once. So reading a file twice changes nothing but that it was read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db import connection, transaction

from onedoor.accounts import api as accounts
from onedoor.accounts.api import Organisation, Relation
from onedoor.kernel import audit, clock, events
from onedoor.kernel.access import NotPermitted, Permission
from onedoor.kernel.actor import Actor
from onedoor.records import reference, watching
from onedoor.records.events import CodedChanged
from onedoor.records.judging import PANELS, CodeFacts, Doubt, Judge, same_unit
from onedoor.records.linting import Dictionary, Known
from onedoor.records.models import ELSEWHERE, FROM_FILE, IMPORTED, Code, CodeSet, EntryImport, Unit
from onedoor.records.types import CELLS, EntriesTaken, EntryRow, HeldRow

SHOWN = 10_000
"""How many held rows are named one by one; all are counted and kept."""
LOCK = 7_211
"""Of whoever takes a file of entries, or withdraws one."""


class AnotherFile(Exception):
    """Another file of entries is being taken just now."""


@transaction.atomic
def take_entries(
    *,
    rows: Iterable[EntryRow],
    name: str,
    by: Actor,
    source: int = IMPORTED,
    traced: bool = False,
    waits: bool = True,
    organisation_id: int | None = None,
) -> EntriesTaken:
    """Write the coded facts of a file and hold what cannot be believed; tells CodedChanged with the import's key.

    `rows` is read once, as a stream, and drawing them must not use the database. One file at a time. A `traced` file leaves
    behind which of its facts were there already, so that it can be withdrawn (`withdrawing`). `organisation_id` is whose system
    the file is from; where nobody says, it is told by the rows (`_whose`). Raises NotPermitted for anybody but the system;
    without `waits` AnotherFile, at once, while another file is taken.
    """
    if by.kind != "system":
        raise NotPermitted(Permission.IMPORT)
    facts = judge()
    with connection.cursor() as cursor:
        _alone(cursor, waits)
        # Each statement is as large as the file: room to sort and hash in, and no time lost on compiling it.
        cursor.execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")
        cursor.execute("DROP TABLE IF EXISTS pg_temp.entry_row, pg_temp.entry_held")
        cursor.execute(_STAGING)
        read = _stage(cursor, facts, rows)
        now = clock.now()
        whose = organisation_id or _whose(cursor)
        file = EntryImport.objects.create(
            name=name[:200], at=now, by_label=by.label, organisation_id=whose, traced=traced
        )
        known = {"import": file.pk, "now": now, "imported": source, "by": by.label, "cells": list(CELLS)}
        known |= {"today": clock.today(), "from_file": FROM_FILE, "elsewhere": ELSEWHERE}
        return _take(cursor, file, known, read, by)


def _alone(cursor: Any, waits: bool) -> None:
    if waits:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        return
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
    if not cursor.fetchone()[0]:
        raise AnotherFile


def _whose(cursor: Any) -> int | None:
    """Whose file it is by its rows: that of the one organisation that they name. A practice's own file has entries of its PCN and
    of its trust too. None of several: a file of one practice may name another, where somebody was registered before."""
    cursor.execute("SELECT DISTINCT organisation_id FROM pg_temp.entry_row WHERE organisation_id IS NOT NULL")
    named = {key for (key,) in cursor.fetchall()}
    for kind in (Relation.PCN, Relation.TRUST) if len(named) > 1 else ():
        named -= {one.pk for others in accounts.related(named, kind).values() for one in others}
    return named.pop() if len(named) == 1 else None


def _take(cursor: Any, file: EntryImport, known: dict[str, Any], read: int, by: Actor) -> EntriesTaken:
    for statement in ("ANALYZE pg_temp.entry_row", _SORT_OUT):
        cursor.execute(statement, known if "%" in statement else None)
    cursor.execute("SELECT count(DISTINCT row) FROM pg_temp.entry_held")
    (held,) = cursor.fetchone()
    revived = _revive(cursor, known)
    cursor.execute(_FACTS, known)
    new, file.first_id, file.last_id, patients = cursor.fetchone()
    # What no withdrawing can change is not noted.
    noted = file.traced or EntryImport.objects.filter(traced=True, withdrawn_at=None).exists()
    again = _trace(cursor, file, known) if noted else 0
    accepted: list[list[int]] = []
    if known["imported"] != ELSEWHERE:
        cursor.execute(_IN_THEIR_RECORD, known)
        shown = cursor.fetchall()
        accepted = [who for _, *who in shown]
        known["now_counted"] = [key for key, *_ in shown]
        again += _prove(cursor, file, known) if noted else 0
    cursor.execute(_HOLD, known)
    held_new = cursor.rowcount
    settled = 0
    if new:
        span = {"first": file.first_id, "last": file.last_id, "panels": json.dumps(PANELS)}
        cursor.execute(_SETTLE, {**known, **span})
        settled = cursor.rowcount
    cursor.execute("SELECT row, col, value, why, todo FROM pg_temp.entry_held ORDER BY row LIMIT %s", [SHOWN])
    taken = EntriesTaken(
        read,
        held,
        new + len(revived),
        held_new,
        settled,
        patients,
        tuple(HeldRow(*row) for row in cursor.fetchall()),
        file.pk,
        file.organisation_id,
    )
    if new or held_new or revived or accepted or again:
        file.counts = {"read": read, "held": held, "new": new, "held_new": held_new, "settled": settled}
        file.counts |= {"accepted": len(accepted)} if accepted else {}
        file.save()
        audit.record(by=by, line=audit.Line("take_entries", "entry_import", file.pk, detail=file.counts))
    elif file.traced:
        file.delete()
        taken = replace(taken, import_id=0)
    if new:
        watching.tell_file(file.pk)
        events.emit(CodedChanged((), file.pk))
    if accepted:
        # The practice whose file it is reads it from now on, whatever it reads of whoever did it.
        watching.tell({(patient, key, True) for patient, *places in accepted for key in places})
        events.emit(CodedChanged(tuple(sorted({patient for patient, _, _ in accepted}))))
    if revived:
        watching.tell({(patient, organisation, True) for patient, organisation in revived})
        events.emit(CodedChanged(tuple(sorted({patient for patient, _ in revived}))))
    cursor.execute("DROP TABLE pg_temp.entry_row, pg_temp.entry_held")
    return taken


def judge() -> Judge:
    """What rows are judged by, read once for a file."""
    codes = {
        code.code: CodeFacts(code.pk, code.code, code.unit, code.unit_known, code.low, code.high)
        for code in Code.objects.all()
    }
    units = {unit.ucum: unit.pk for unit in Unit.objects.all()}
    written = {same_unit(ucum): (ucum, key) for ucum, key in units.items()}
    written |= {
        same_unit(row["label"]): (row["ucum"], units[row["ucum"]]) for row in reference.read("units") if row["label"]
    }
    return Judge(
        dictionary(),
        codes,
        written,
        dict(Organisation.objects.values_list("ods_code", "pk")),
        clock.today(),
    )


def dictionary() -> Dictionary:
    """Codes and code sets as they are now, for the linter."""
    codes = {
        code: Known(code, term, replaced_by, ended is not None)
        for code, term, replaced_by, ended in Code.objects.values_list("code", "term", "replaced_by", "inactive_since")
    }
    sets: dict[str, set[str]] = {key: set() for key in CodeSet.objects.values_list("key", flat=True)}
    members = CodeSet.objects.filter(members__until=None, members__isnull=False)
    for key, code in members.values_list("key", "members__code__code"):
        sets[key].add(code)
    return Dictionary(codes, {key: frozenset(found) for key, found in sets.items()})


_STAGING = """
    CREATE TEMPORARY TABLE entry_row (row int4, nhs_number text, code_id int4, day date, value float8, unit_id int2,
        organisation_id int8, reason text, col text, shown text, why text, todo text, raw text) ON COMMIT DROP
"""
_BETWEEN = "\x1f"
_LOT = 2_000
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_UNUSUAL = re.compile(r"[\\\t\n\r]").search


def _stage(cursor: Any, judge: Judge, rows: Iterable[EntryRow]) -> int:
    """Judge the rows and copy them to the staging table, some thousands at a time; returns how many there were."""
    read = 0
    lines: list[str] = []
    with cursor.copy("COPY pg_temp.entry_row FROM STDIN") as copy:
        for row in rows:
            read += 1
            lines += _lines(row, judge)
            if len(lines) >= _LOT:
                copy.write("".join(lines))
                lines.clear()
        copy.write("".join(lines))
    return read


def _lines(row: EntryRow, judge: Judge) -> list[str]:
    raw = _BETWEEN.join(row.cells())
    if _UNUSUAL(raw) or raw.count(_BETWEEN) >= len(CELLS):
        raw = _BETWEEN.join(cell.replace(_BETWEEN, " ") for cell in row.cells()).translate(_ESCAPES)
    found = judge.judge(row)
    if isinstance(found, Doubt):
        shown = str(getattr(row, _SHOWN_OF.get(found.column, found.column)))[:200]
        cells = [cell.translate(_ESCAPES) for cell in (found.reason, found.column, shown, found.why, found.what_to_do)]
        organisation = judge.organisations.get(row.organisation, "\\N")
        number = row.nhs_number.translate(_ESCAPES)
        day = row.day.isoformat() if row.day else "\\N"
        return ["\t".join((f"{row.row}\t{number}\t\\N\t{day}\t\\N\t\\N\t{organisation}", *cells, raw)) + "\n"]
    return [
        f"{row.row}\t{fact.nhs_number}\t{fact.code_id}\t{fact.day}\t{_null(fact.value)}\t{_null(fact.unit_id)}\t"
        f"{fact.organisation_id}\t\\N\t\\N\t\\N\t\\N\t\\N\t{raw}\n"
        for fact in found
    ]


def _revive(cursor: Any, known: dict[str, Any]) -> list[tuple[int, int]]:
    """Facts of withdrawn files that this one brings count again; returns patient and organisation, once for each fact."""
    if not EntryImport.objects.filter(withdrawn_at__isnull=False).exists():
        return []
    cursor.execute(_REVIVE, known)
    found = cursor.fetchall()
    cursor.execute(
        "INSERT INTO records_coded_again (entry_import_id, coded_id) SELECT %s, unnest(%s::bigint[]) ON CONFLICT DO NOTHING",
        [known["import"], [key for key, _, _ in found]],
    )
    return [(patient, organisation) for _, patient, organisation in found]


def _trace(cursor: Any, file: EntryImport, known: dict[str, Any]) -> int:
    """Note which facts of this file were there: all of a traced file's; of another's those that a traced one brought."""
    cursor.execute(_TRACE, {**known, "all": file.traced})
    return int(cursor.rowcount)


def _prove(cursor: Any, file: EntryImport, known: dict[str, Any]) -> int:
    """Note what this file shows to be in the practice's record, for when it is withdrawn. What one that cannot be withdrawn shows
    stays accepted whatever becomes of others: of that nothing is noted, and no file's name stands by it any more."""
    if file.traced:
        cursor.execute(_PROVE, known)
        return int(cursor.rowcount)
    cursor.execute(_PROVED_FOR_GOOD, known)
    return 0


_SHOWN_OF = {"date": "day_text"}


def _null(value: float | None) -> str:
    return "\\N" if value is None else repr(value)


_PUT_RIGHT = "Look the person up: read the practice''s list of patients first, or put the NHS number right."
_SORT_OUT = f"""
    CREATE TEMPORARY TABLE entry_held ON COMMIT DROP AS
    SELECT DISTINCT ON (r.row) r.row, p.id AS patient_id, r.organisation_id, r.day, r.raw,
           coalesce(r.reason, CASE WHEN p.id IS NULL THEN 'patient' ELSE 'before_birth' END) AS reason,
           coalesce(r.col, CASE WHEN p.id IS NULL THEN 'nhs_number' ELSE 'date' END) AS col,
           coalesce(r.shown, CASE WHEN p.id IS NULL THEN r.nhs_number ELSE r.day::text END) AS value,
           coalesce(r.why, CASE WHEN p.id IS NULL THEN 'nobody here has this NHS number'
                                ELSE 'the day is before the person was born' END) AS why,
           coalesce(r.todo, CASE WHEN p.id IS NULL THEN '{_PUT_RIGHT}'
                                 ELSE 'Find out whose entry it is, or put the day right.' END) AS todo
    FROM pg_temp.entry_row r LEFT JOIN patients_patient p ON p.nhs_number = r.nhs_number
    WHERE r.reason IS NOT NULL OR p.id IS NULL OR r.day < p.born_on
    ORDER BY r.row
"""
# In order of patient and day, so that the index grows at one end of a patient at a time (stack-spike.md 7).
_FACTS = """
    WITH done AS (
        INSERT INTO records_coded (patient_id, code_id, day, value, unit_id, organisation_id, source, import_id, recorded_at)
        SELECT p.id, r.code_id, r.day, r.value, r.unit_id, r.organisation_id, %(imported)s, %(import)s, %(now)s
        FROM pg_temp.entry_row r JOIN patients_patient p ON p.nhs_number = r.nhs_number
        WHERE r.reason IS NULL AND r.day >= p.born_on
        ORDER BY p.id, r.day, r.code_id, r.organisation_id, r.value
        ON CONFLICT (patient_id, day, code_id, organisation_id, value) DO NOTHING
        RETURNING id, patient_id)
    SELECT count(*), min(id), max(id), count(DISTINCT patient_id) FROM done
"""
# What a file brought that was withdrawn since counts again when a file brings it; what a person said to be in error does not.
_REVIVE = """
    UPDATE records_coded c SET in_error_at = NULL, import_id = %(import)s, recorded_at = %(now)s, source = %(imported)s,
        accepted_at = CASE WHEN %(imported)s <> %(elsewhere)s THEN c.accepted_at END,
        accepted_by = CASE WHEN %(imported)s <> %(elsewhere)s THEN c.accepted_by END
    FROM pg_temp.entry_row r JOIN patients_patient p ON p.nhs_number = r.nhs_number
    WHERE r.reason IS NULL AND c.patient_id = p.id AND c.day = r.day AND c.code_id = r.code_id
      AND c.organisation_id = r.organisation_id AND c.value IS NOT DISTINCT FROM r.value AND c.in_error_at IS NOT NULL
      AND c.entry_id IS NULL AND c.import_id IN (SELECT id FROM records_entry_import WHERE withdrawn_at IS NOT NULL)
    RETURNING c.id, c.patient_id, c.organisation_id
"""
_TRACE = """
    INSERT INTO records_coded_again (entry_import_id, coded_id)
    SELECT DISTINCT %(import)s::int, c.id
    FROM pg_temp.entry_row r JOIN patients_patient p ON p.nhs_number = r.nhs_number
    JOIN records_coded c ON c.patient_id = p.id AND c.day = r.day AND c.code_id = r.code_id
     AND c.organisation_id = r.organisation_id AND c.value IS NOT DISTINCT FROM r.value
    WHERE r.reason IS NULL AND c.in_error_at IS NULL AND c.import_id IS DISTINCT FROM %(import)s
      AND (%(all)s OR c.import_id IN (SELECT id FROM records_entry_import WHERE traced AND withdrawn_at IS NULL))
    ON CONFLICT DO NOTHING
"""
# What was done elsewhere and comes back in the file of the practice where the person is registered, or under the name of whoever
# did it, is in the practice's record.
_SHOWN = """
    pg_temp.entry_row r JOIN patients_patient p ON p.nhs_number = r.nhs_number
        JOIN records_coded c ON c.patient_id = p.id AND c.day = r.day AND c.in_error_at IS NULL
             AND c.code_id = r.code_id AND c.value IS NOT DISTINCT FROM r.value
        WHERE r.reason IS NULL
          AND (c.organisation_id = r.organisation_id
               OR EXISTS (SELECT 1 FROM patients_care_relationship a
                          WHERE a.patient_id = p.id AND a.organisation_id = r.organisation_id AND a.kind = 'registered'
                            AND a.starts_on <= %(today)s AND (a.ends_on IS NULL OR a.ends_on > %(today)s)))
"""
_IN_THEIR_RECORD = f"""
    WITH there AS (
        SELECT c.id, r.organisation_id AS reader
        FROM {_SHOWN} AND c.source = 3
        ORDER BY c.id FOR UPDATE OF c)
    UPDATE records_coded c SET source = %(imported)s, accepted_at = %(now)s, accepted_by = %(from_file)s
    FROM there WHERE c.id = there.id AND c.source = 3 AND c.in_error_at IS NULL
    RETURNING c.id, c.patient_id, c.organisation_id, there.reader
"""
# What an earlier file made count, of which nothing is noted, counts for good.
_PROVE = f"""
    INSERT INTO records_coded_again AS a (entry_import_id, coded_id, said, accepts)
    SELECT DISTINCT %(import)s::int, c.id, false, true
    FROM {_SHOWN} AND c.accepted_at IS NOT NULL
      AND (c.accepted_by <> %(from_file)s OR c.id = ANY(%(now_counted)s::bigint[])
           OR EXISTS (SELECT 1 FROM records_coded_again o WHERE o.coded_id = c.id AND o.accepts))
    ON CONFLICT (coded_id, entry_import_id) DO UPDATE SET accepts = true
"""
_PROVED_FOR_GOOD = f"""
    UPDATE records_coded_again a SET accepts = false
    WHERE a.accepts AND a.coded_id IN (SELECT c.id FROM {_SHOWN} AND c.accepted_by = %(from_file)s)
"""
_HOLD = """
    INSERT INTO records_held (entry_import_id, patient_id, organisation_id, row, cells, day, reason, "column", why, what_to_do,
                              settled_as, settled_by, fingerprint)
    SELECT %(import)s, patient_id, organisation_id, row,
           jsonb_object(%(cells)s::text[], string_to_array(raw, E'\\x1f')), day, reason, col, why, todo, '', '',
           md5(raw)::uuid
    FROM pg_temp.entry_held ORDER BY row
    ON CONFLICT (fingerprint) DO NOTHING
"""
# Settled by what was written just now of the same person, code and day by the same organisation: what another recorded that day
# says nothing of the row that is held. A pair that is held as one row is settled once both its readings stand.
_SETTLE = """
    UPDATE records_held h SET settled_at = %(now)s, settled_as = 'taken', settled_by = %(by)s
    FROM records_coded c JOIN records_code k ON k.id = c.code_id JOIN patients_patient p ON p.id = c.patient_id
    WHERE h.settled_at IS NULL AND h.entry_import_id <> %(import)s AND c.id BETWEEN %(first)s AND %(last)s
      AND c.day = h.day AND p.nhs_number = h.cells->>'nhs_number'
      AND (h.organisation_id IS NULL OR h.organisation_id = c.organisation_id)
      AND (k.code = h.cells->>'code'
           OR %(panels)s::jsonb->(h.cells->>'code') ? k.code AND NOT EXISTS (
               SELECT 1 FROM jsonb_array_elements_text(%(panels)s::jsonb->(h.cells->>'code')) AS w(reading)
               WHERE NOT EXISTS (
                   SELECT 1 FROM records_coded o JOIN records_code ok ON ok.id = o.code_id AND ok.code = w.reading
                   WHERE o.patient_id = c.patient_id AND o.day = c.day AND o.organisation_id = c.organisation_id
                     AND o.in_error_at IS NULL)))
"""
