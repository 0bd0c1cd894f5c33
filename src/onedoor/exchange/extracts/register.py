"""The sheet that goes out, for those who still need one: a register with its checks. Our own pipeline reads it back.

A practice has its own people in it. Somebody else has those whose practices share their checks with it by agreement, with the
fewest fields: no name. What leaves is written down: who took it, how many people, and on each one's list of who looked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from django.db import connection, transaction

from onedoor.accounts import api as accounts
from onedoor.exchange.files.measures import PANEL
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.kernel.spreadsheet import as_csv
from onedoor.kernel.workbook import Cell, as_xlsx
from onedoor.recall import api as recall
from onedoor.records import api as records

Form = Literal["xlsx", "csv"]
MOST = 20_000
"""People of one sheet; a trust's register is some 15,000. A sheet that was cut there says so by its name."""

_NAMES: Mapping[str, str] = {
    "bp": "Blood pressure",
    "bmi": "BMI",
    "alcohol": "Alcohol",
    "lipid": "Cholesterol",
    "glucose": "Glucose or HbA1c",
    "smoking": "Smoking",
}
"""By check, the word of its columns, as `files.columns` knows it."""
_SYSTOLIC, _DIASTOLIC = "271649006", "271650006"  # clinical.md 2 #8, #9


@dataclass(frozen=True)
class Sheet:
    """A file to hand over."""

    name: str
    content: bytes
    media_type: str
    people: int


@transaction.atomic
def register_sheet(*, access: Access, form: Form, rule_set: str = "smi") -> Sheet:
    """The register of the access's own organisation as a file; of another's people by agreement only.

    Raises NotPermitted without Permission.CHECKS, and for whoever works nowhere.
    """
    wide = accounts.for_checks(access)
    here = access.actor.organisation_id
    if here is None:
        raise NotPermitted(Permission.CHECKS)
    own = frozenset({here})
    checks = next(one for one in recall.check_sets() if one.key == rule_set)
    shared = sorted(wide.organisation_ids - access.organisation_ids)
    people = _people(checks.id, sorted(own), shared)
    cut, people = len(people) > MOST, people[:MOST]
    found = _entries(wide, [key for key, *_ in people], checks)
    others = bool(shared)
    header = _header(checks, others)
    rows = [_row(person, found.get(person[0], {}), checks, others) for person in people]
    name = f"{rule_set}-checks-{clock.today():%Y-%m-%d}"
    if cut:
        name += f"-first-{MOST}-people-only"
    audit.record(
        by=access.actor,
        line=audit.Line(
            "download",
            "organisation",
            here,
            organisation_id=here,
            detail={"list": name, "rows": len(rows), "shared_by": len(shared), "form": form},
        ),
    )
    records.look_many(access=wide, patient_ids=[key for key, *_ in people], page="spreadsheet of checks")
    if form == "csv":
        texts = [[cell.isoformat() if isinstance(cell, date) else str(cell or "") for cell in row] for row in rows]
        return Sheet(f"{name}.csv", as_csv(header, texts).encode(), "text/csv; charset=utf-8", len(rows))
    content = as_xlsx("Checks", header, rows, wide=[16, 14, 14])
    media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Sheet(f"{name}.xlsx", content, media, len(rows))


def _header(checks: recall.CheckSet, others: bool) -> list[str]:
    header = ["NHS number", "Date of birth", "ODS code of practice" if others else "Family name"]
    for part in checks.parts:
        name = _NAMES.get(part.key, part.label)
        header += [f"{name} done", f"{name} result", f"{name} unit of measure", f"{name} date", f"{name} SNOMED code"]
    return header


_Person = tuple[int, str, date, str, str, int]


def _people(rule_set_id: int, own: Sequence[int], shared: Sequence[int]) -> list[_Person]:
    """(key, NHS number, day of birth, family name, ODS code of the practice, bits done) of the register, by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT p.id, p.nhs_number, p.born_on, p.family_name, o.ods_code, s.parts_done
               FROM recall_standing s
               JOIN patients_patient p ON p.id = s.patient_id AND NOT p.deceased AND p.nhs_number IS NOT NULL
               JOIN accounts_organisation o ON o.id = s.organisation_id
               WHERE s.rule_set_id = %(set)s AND s.in_denominator
                 AND (s.organisation_id = ANY(%(own)s) OR s.organisation_id = ANY(%(shared)s) AND NOT p.restricted)
                 AND EXISTS (SELECT 1 FROM patients_registered r WHERE r.patient_id = p.id AND r.since <= %(today)s
                             AND (r.until IS NULL OR r.until > %(today)s))
               ORDER BY o.ods_code, p.family_name, p.given_name, p.id LIMIT %(most)s""",
            {"set": rule_set_id, "own": list(own), "shared": list(shared), "today": clock.today(), "most": MOST + 1},
        )
        found: list[_Person] = cursor.fetchall()
    return found


@dataclass(frozen=True)
class _Entry:
    day: date
    code: str
    term: str
    value: float | None
    unit: str


def _entries(access: Access, keys: Sequence[int], checks: recall.CheckSet) -> dict[int, dict[str, list[_Entry]]]:
    """By person and check, the entries of its latest day, of those that still count and that the access reads (ADR 13)."""
    sets = {key: part for part in checks.parts for key in part.sets}
    longest = max((part.months for part in checks.parts), default=12)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT e.patient_id, m.key, e.day, c.code, c.term, e.value, coalesce(u.ucum, ''), e.id
               FROM records_coded_entries e JOIN records_code c ON c.id = e.code_id
               JOIN records_code_members m ON m.code_id = e.code_id AND m.key = ANY(%s)
               LEFT JOIN records_unit u ON u.id = e.unit_id
               WHERE e.patient_id = ANY(%s) AND e.day > %s AND e.day <= %s
               ORDER BY e.patient_id, e.day DESC, c.code, e.value""",
            [list(sets), list(keys), clock.today() - timedelta(days=31 * (longest + 1)), clock.today()],
        )
        rows = cursor.fetchall()
        read = records.read_among(access, {row[-1] for row in rows})
        found: dict[int, dict[str, list[_Entry]]] = {}
        for key, cluster, day, code, term, value, unit, fact in rows:
            if fact not in read:
                continue
            part = sets[cluster]
            if recall.lapses(day, part.months) <= clock.today():
                continue
            mine = found.setdefault(key, {}).setdefault(part.key, [])
            entry = _Entry(day, code, term, value, unit)
            if (not mine or mine[0].day == day) and entry not in mine:
                mine.append(entry)
    return found


def _row(person: _Person, entries: Mapping[str, Sequence[_Entry]], checks: recall.CheckSet, others: bool) -> list[Cell]:
    _, number, born_on, family, practice, done = person
    row: list[Cell] = [number, born_on, practice if others else family]
    for part in checks.parts:
        is_done = bool(done >> part.bit & 1)
        shown = _shown(entries.get(part.key, ())) if is_done else None
        row.append("done" if is_done else "missing")
        row += shown or ["", "", None, ""]
    return row


def _shown(entries: Sequence[_Entry]) -> list[Any] | None:
    """Result, unit, day and code of a check's latest entries: the two numbers of a blood pressure as one."""
    if not entries:
        return None
    by_code = {entry.code: entry for entry in entries}
    top, bottom = by_code.get(_SYSTOLIC), by_code.get(_DIASTOLIC)
    if top and bottom and top.value is not None and bottom.value is not None:
        return [f"{top.value:g}/{bottom.value:g}", "mmHg", top.day, PANEL]
    best = next((entry for entry in entries if entry.value is not None), entries[0])
    if best.value is None:
        return [best.term, "", best.day, best.code]
    return [f"{best.value:g}", best.unit, best.day, best.code]
