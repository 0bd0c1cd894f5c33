"""A trust's spreadsheet of physical checks, as claims: person, check, result, day. Pure; nothing is guessed.

The layouts are invented: no trust's file was seen. Read are a row for each person with columns by check (headers over two rows,
merged or not), and a row for each check ("check", "result", "unit", "date"). Columns are known by their words; those that are not
needed (names, addresses) are passed over and kept nowhere. Codes are those of clinical.md 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from onedoor.exchange.files.columns import HEADER_IN, Column, Layout, layout_of
from onedoor.exchange.files.measures import (
    DAMAGED_CODE,
    DECLINED,
    MEASURES,
    NO_DATE,
    NO_PERSON,
    NO_RESULT,
    NOT_READ,
    NOTHING,
    REFUSED,
    WRONG_UNIT,
    Result,
    Value,
    mass_index,
    means_no,
    measure_in,
    read_day,
    read_nhs_number,
    unit_in,
    values_of,
)
from onedoor.exchange.files.report import UnreadableFile
from onedoor.exchange.files.workbook import Table

__all__ = [
    "DAMAGED_CODE",
    "DECLINED",
    "NO_DATE",
    "NO_PERSON",
    "NO_RESULT",
    "WRONG_UNIT",
    "Claim",
    "Value",
    "claims",
    "read_day",
]


@dataclass(frozen=True)
class Claim:
    """What a row says of one check. `says` is what stood there; `values` is empty where `fault` says why it cannot be entered."""

    row: int
    nhs_number: str
    """Ten digits, or empty where none can be read."""
    born_on: date | None
    part: str
    """Key of the check in the rule sets: bp, bmi, alcohol, lipid, glucose, smoking."""
    says: str
    day: date | None
    values: tuple[Value, ...] = ()
    fault: str = ""
    detail: str = ""


def claims(found: Sequence[Table]) -> Iterator[Claim]:
    """The claims of the first table that has a column of NHS numbers and one of checks. Raises UnreadableFile without one."""
    for table in found:
        layout = layout_of(table)
        if layout is not None and layout.usable:
            for number in sorted(table.rows):
                if number > layout.header:
                    yield from _row(number, table.rows[number], layout)
            return
    raise UnreadableFile(
        "No table with an NHS number and a check in it was found.",
        where=f"the first {HEADER_IN} rows of each sheet",
        what_to_do="The header needs a column “NHS number”, and columns named for the checks, or “check”, “result” and “date”.",
    )


def _row(number: int, cells: Sequence[str], layout: Layout) -> Iterator[Claim]:
    def cell(column: Column | None) -> str:
        return cells[column.at] if column is not None and column.at < len(cells) else ""

    if not any(cells):
        return
    nhs, why, _ = read_nhs_number(cell(layout.one("nhs")))
    why = "" if nhs else why
    born = read_day(cell(layout.one("born")))
    overall = cell(layout.one("date"))
    results: dict[str, list[Result]] = {}
    if layout.one("check"):
        name = measure_in(cell(layout.one("check")))
        if name and name != NOT_READ:
            value, unit = (
                cell(layout.one("value")),
                unit_in(cell(layout.one("unit"))) or unit_in(cell(layout.one("check"))),
            )
            results[MEASURES[name].part] = [Result(name, value, unit, cell(layout.one("code")), overall)]
    for name in layout.measures():
        column = layout.one("value", name) or layout.one("done", name)
        unit = (column.unit if column else "") or unit_in(cell(layout.one("unit", name)))
        part = MEASURES[name].part
        day = cell(layout.one("date", name)) or next(
            (cell(c) for c in layout.columns if c.what == "date" and c.measure and MEASURES[c.measure].part == part), ""
        )
        value, code = cell(column), cell(layout.one("code", name))
        if value or code:
            results.setdefault(part, []).append(Result(name, value, unit, code, day or overall))
    for part, found in results.items():
        claim = _claim(number, nhs, born, part, found)
        if claim is not None:
            yield claim if nhs else _without_person(claim, why)


def _without_person(claim: Claim, why: str) -> Claim:
    return Claim(claim.row, "", claim.born_on, claim.part, claim.says, claim.day, (), NO_PERSON, why)


def _claim(number: int, nhs: str, born: date | None, part: str, found: Sequence[Result]) -> Claim | None:
    """One check of one row; None where the row claims nothing of it."""
    said = [one for one in found if _claims(one)]
    if not said:
        return None
    words = ", ".join(f"{one.text} {one.unit}".strip() for one in said)[:80]
    day = next((read for one in said if (read := read_day(one.day)) is not None), None)

    def claim(values: tuple[Value, ...] = (), fault: str = "", detail: str = "") -> Claim:
        return Claim(number, nhs, born, part, words, day, values, fault, detail)

    if any(REFUSED.search(one.text) for one in said):
        return claim(fault=DECLINED)
    values: list[Value] = []
    for one in said:
        got, fault, detail = values_of(one)
        if fault:
            return claim(fault=fault, detail=detail)
        values += got
    if (
        part == "bp"
        and {one.code for one in values} != {"271649006", "271650006"}
        and not any(one.code for one in said)
    ):
        return claim(fault=NO_RESULT, detail="a blood pressure is two numbers of one day")
    values = mass_index(values) if part == "bmi" else values
    if day is None:
        written = next((one.day for one in said if one.day), "")
        return claim(fault=NO_DATE, detail=f"“{written[:30]}” is no day" if written else "no day is given")
    return claim(values=tuple(values))


def _claims(one: Result) -> bool:
    """Whether anything is said to be done: a code that stands in every row of a sheet says nothing of a “DNA” beside it."""
    text = one.text.strip()
    return means_no(one) or not NOTHING.fullmatch(text) or (bool(one.code) and not text)
