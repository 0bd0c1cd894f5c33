"""The rows of the published file as figures, each row judged by itself: what cannot be is refused with why, its neighbours stay.

Of one organisation and quarter all six <= the least of the single checks <= the greatest <= the register (clinical.md 1.4, true of
all its 2,966 organisation-quarters). A register of nought, or none, means that nothing was sent in: all of it is missing, never 0%.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from onedoor.exchange import api as exchange
from onedoor.reporting.published.items import ALL_SIX, CHECKS, ITEMS, REGISTER, WORDS, Quarter

ENGLAND_CODE = "ENGLAND"
"""Ours, for the whole country, which has no ODS code: only in files that hold the country as one row."""

_COLUMNS = ("Period", "CCG Code", "Question", "Answer")
_HEADER_IN = 20
_ITEM = {item.question.lower(): item.key for item in ITEMS}
_PUBLISHER = "whoever published the file"


@dataclass(frozen=True)
class Row:
    """An answer, with the number of its row."""

    number: int
    quarter: Quarter
    ods_code: str
    item: str
    value: int | None


@dataclass
class Read:
    """What a file holds: figures to keep, and what is to be said of its rows. `missing`: of whom nothing was sent in, and when."""

    rows: list[Row] = field(default_factory=list)
    findings: exchange.Findings = field(default_factory=lambda: exchange.Findings(_PUBLISHER))
    read: int = 0
    missing: list[tuple[Quarter, str]] = field(default_factory=list)

    @property
    def quarters(self) -> list[Quarter]:
        """In order."""
        return sorted({row.quarter for row in self.rows})

    @property
    def organisations(self) -> int:
        """How many have a figure or a gap in it."""
        return len({row.ods_code for row in self.rows})


def read(content: bytes) -> Read:
    """Read a workbook or CSV with the columns Period, CCG Code, Question, Answer. Raises exchange.UnreadableFile."""
    for table in exchange.sheets(content):
        found = _header(table)
        if found is not None:
            if table.cut:
                raise exchange.UnreadableFile(
                    "The sheet has more rows than are looked at.",
                    where=f"after row {max(table.rows)}",
                    what_to_do="Save some of the quarters by themselves, and read one file after the other.",
                )
            return _judge(_rows(table, *found))
    raise exchange.UnreadableFile(
        f"No row of the file is a header with the columns {', '.join(_COLUMNS)}.",
        where=f"the first {_HEADER_IN} rows of each sheet",
        what_to_do="Choose the file of physical health checks by CCG and question, as NHS England published it.",
    )


def _header(table: exchange.Sheet) -> tuple[int, dict[str, int]] | None:
    for number, cells in list(table.rows.items())[:_HEADER_IN]:
        at = {cell.strip().lower(): place for place, cell in enumerate(cells)}
        if all(name.lower() in at for name in _COLUMNS):
            return number, {name: at[name.lower()] for name in _COLUMNS}
    return None


@dataclass(frozen=True)
class _Cells:
    number: int
    period: str
    code: str
    question: str
    answer: str
    lost: str
    """What stands where no number can be read: an error of the spreadsheet."""


def _rows(table: exchange.Sheet, header: int, at: dict[str, int]) -> Iterator[_Cells]:
    for number, cells in table.rows.items():
        found = [cells[at[name]] if at[name] < len(cells) else "" for name in _COLUMNS]
        lost = table.lost.get((number, at["Answer"]), "")
        if number > header and (any(found) or lost):
            period, code, question, answer = found
            yield _Cells(number, period, code, question, answer, lost)


def _judge(cells: Iterator[_Cells]) -> Read:
    result = Read()
    groups: dict[tuple[Quarter, str], dict[str, Row]] = {}
    for one in cells:
        result.read += 1
        row = _row(one, result.findings)
        if row is None:
            continue
        group = groups.setdefault((row.quarter, row.ods_code), {})
        if row.item in group:
            before = group[row.item]
            same = "with the same answer" if before.value == row.value else "with another answer"
            result.findings.reject(
                row.number, "Question", one.question, f"the same was asked in row {before.number}, {same}",
                "The first of the two was taken: ask {system} which of them holds.",
            )  # fmt: skip
        else:
            group[row.item] = row
    for key, group in groups.items():
        kept = _possible(group, result.findings)
        if not (kept[REGISTER].value if REGISTER in kept else None) and not any(row.value for row in kept.values()):
            kept = {item: replace(row, value=None) for item, row in kept.items()}
            result.missing.append(key)
        result.rows += kept.values()
    result.rows.sort(key=lambda row: row.number)
    return result


def _row(cells: _Cells, findings: exchange.Findings) -> Row | None:
    quarter, code = Quarter.read(cells.period), cells.code.upper()
    item = _ITEM.get(cells.question.lower())
    put_right = "Put the row right, and read the file again."

    def refuse(column: str, value: str, why: str, what_to_do: str = put_right) -> None:
        findings.reject(cells.number, column, value, why, what_to_do)

    if quarter is None:
        refuse("Period", cells.period, "no quarter of a financial year; one is written SMI-Q1-2021-2022")
    elif not code or len(code) > 12 or not code.isalnum():
        refuse("CCG Code", cells.code, "an ODS code is letters and digits")
    elif item is None:
        known = ", ".join(one.question for one in ITEMS)
        refuse("Question", cells.question, f"none of those that are read: {known}")
    elif cells.lost:
        refuse("Answer", cells.lost, "an error of the spreadsheet stands where a number should be")
    elif cells.answer and not (cells.answer.isdecimal() and cells.answer.isascii() and len(cells.answer) < 10):
        refuse("Answer", cells.answer, "a count is a whole number of people; nothing was made of it, not nought either")
    else:
        return Row(cells.number, quarter, code, item, int(cells.answer) if cells.answer else None)
    return None


def _possible(group: dict[str, Row], findings: exchange.Findings) -> dict[str, Row]:
    """The rows of one organisation and quarter without those that cannot be."""
    kept = dict(group)
    register, all_six = group.get(REGISTER), group.get(ALL_SIX)
    checks = [group[key] for key in CHECKS if key in group and group[key].value is not None]
    known = [*checks, *([all_six] if all_six is not None and all_six.value is not None else [])]

    def refuse(row: Row, why: str) -> None:
        del kept[row.item]
        findings.reject(
            row.number, "Answer", f"{row.value:,} ({row.quarter.words}, {row.ods_code}, {WORDS[row.item].lower()})", why,
            "The row was left out and the others of it were taken: ask {system} for the right number.",
        )  # fmt: skip

    if register is not None and register.value is not None:
        above = [row for row in known if _number(row) > register.value]
        if known and len(above) == len(known) and len(known) > 1:
            refuse(register, f"fewer on the register than had any of the checks, {len(above)} rows: it cannot be right")
        else:
            for row in above:
                refuse(row, f"more than the register, {register.value:,} (row {register.number})")
    if all_six is not None and all_six.value is not None and ALL_SIX in kept:
        least = min((row for row in checks if row.item in kept), key=_number, default=None)
        if least is not None and all_six.value > _number(least):
            said = f"{WORDS[least.item].lower()}, {least.value:,} (row {least.number})"
            refuse(all_six, f"more people had all six than had {said}")
    return kept


def _number(row: Row) -> int:
    return row.value or 0


def figures_of(rows: Sequence[Row]) -> Iterator[tuple[object, ...]]:
    """Rows as they are kept: first day, last day, ODS code, item, value."""
    for row in rows:
        yield row.quarter.starts_on, row.quarter.ends_on, row.ods_code, row.item, row.value
