"""A table of figures: one set of numbers from which the page, the CSV file, the workbook and the chart are made.

What nobody sent is missing (None): shown as "no data", drawn as a gap, never a nought. What is too small to be told is `HIDDEN`.
Numbers are rounded once, here, half up, from values that were not rounded before (clinical.md 5.3, 5.5; product-map.md T6).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from onedoor.kernel import spreadsheet, words, workbook
from onedoor.kernel.clock import LONDON
from onedoor.reporting.disclosure import HIDDEN

Cell = int | Decimal | str | date | None
"""None: missing. HIDDEN: not told. A datetime is a moment, a date a day, or the month it stands in where the unit is MONTH."""

NO_DATA = "no data"
MONTH = "month"
SMALL_COUNTS = "Holds small counts, which may lead to a person: may not be published or passed on."
"""The first line of a file that was made for somebody who sees small counts as they are (clinical.md 5.3)."""
MARKED = "small-counts-not-to-be-published-"
"""How the name of such a file begins."""
_AFTER = frozenset({"%"})
"""Units that are written after each number. "£" and "p" are known too; any other stands in the column's heading."""
_MONEY = {"£": ("£", ""), "p": ("", "p")}


@dataclass(frozen=True)
class Column:
    """A column by its `key`, with the `words` of its heading.

    `places`: the decimal places that every number of it has; None leaves them as they are. Numbers stand right unless `align` is
    given.
    """

    key: str
    words: str
    unit: str = ""
    align: Literal["", "left", "right"] = ""
    places: int | None = None

    @property
    def heading(self) -> str:
        """The words, with a unit that the cells do not bear."""
        return f"{self.words} ({self.unit})" if self.unit and self.unit not in (MONTH, *_AFTER, *_MONEY) else self.words

    def rounded(self, cell: Cell) -> Cell:
        """The cell as it goes out, in words or as a number."""
        if isinstance(cell, bool) or not isinstance(cell, int | Decimal):
            return cell
        if self.places is None:
            return Decimal(f"{cell:f}") if isinstance(cell, Decimal) else cell
        return Decimal(cell).quantize(Decimal(1).scaleb(-self.places), ROUND_HALF_UP)

    def said(self, cell: Cell) -> str:
        """The cell as people read it: 1,234; 21.2%; £1,234.50; December 2026; no data."""
        told = self.rounded(cell)
        if told is None:
            return NO_DATA
        if isinstance(told, datetime):
            local = told.astimezone(LONDON)
            return f"{day(local)}, {words.clock_time(local)}"
        if isinstance(told, date):
            return f"{told:%B %Y}" if self.unit == MONTH else day(told)
        if isinstance(told, int | Decimal):
            return self._number(told)
        return told

    def _number(self, number: int | Decimal) -> str:
        sign, size = (
            ("−" if number < 0 else ""),
            f"{abs(number):,f}" if isinstance(number, Decimal) else f"{abs(number):,}",
        )
        before, after = _MONEY.get(self.unit, ("", self.unit if self.unit in _AFTER else ""))
        return f"{sign}{before}{size}{after}"


@dataclass(frozen=True)
class Table:
    """Rows of cells under columns. `period` and `source`: of when and from where the figures are; `extracted_at`: as known when.

    Raises ValueError where a row does not fit the columns.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()
    source: str = ""
    period: str = ""
    extracted_at: datetime | date | None = None
    warning: str = ""
    """Stands first in each file of it, and in their names: `SMALL_COUNTS`."""

    def __post_init__(self) -> None:
        keys = [column.key for column in self.columns]
        if len(set(keys)) != len(keys):
            raise ValueError(f"{self.title}: two columns have one key, of {', '.join(keys)}")
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(keys):
                raise ValueError(f"{self.title}: row {number} has {len(row)} cells for {len(keys)} columns")

    def at(self, key: str) -> int:
        """Where a column stands; ValueError for none."""
        for place, column in enumerate(self.columns):
            if column.key == key:
                return place
        raise ValueError(f"{self.title}: no column {key!r}")

    def column(self, key: str) -> Column:
        """The column of a key."""
        return self.columns[self.at(key)]

    def cells(self, key: str) -> list[Cell]:
        """What stands under a column, from top to bottom."""
        place = self.at(key)
        return [row[place] for row in self.rows]

    def numbers(self, key: str) -> list[int | Decimal | None]:
        """The numbers under a column as they go out, rounded; None for what is missing, hidden or words."""
        column = self.column(key)
        told = [column.rounded(cell) for cell in self.cells(key)]
        return [one if isinstance(one, int | Decimal) else None for one in told]

    @property
    def right(self) -> tuple[bool, ...]:
        """Which columns stand to the right: numbers, and what would be one were it known, unless told otherwise."""
        return tuple(
            column.align == "right"
            or (not column.align and (column.places is not None or any(_number(row[place]) for row in self.rows)))
            for place, column in enumerate(self.columns)
        )

    @property
    def said(self) -> list[list[str]]:
        """All cells as people read them."""
        return [[column.said(cell) for column, cell in zip(self.columns, row, strict=True)] for row in self.rows]

    @property
    def provenance(self) -> list[tuple[str, str]]:
        """Of when, from where and as known when, in words; only what is known."""
        taken = Column("", "").said(self.extracted_at) if self.extracted_at is not None else ""
        return [
            (name, said)
            for name, said in (("Period", self.period), ("Source", self.source), ("Taken on", taken))
            if said
        ]

    @property
    def file_name(self) -> str:
        """The title as the name of a file without its ending, after what must not be overlooked."""
        name = re.sub(r"[^a-z0-9]+", "-", words.folded(self.title)).strip("-")[:80].strip("-") or "table"
        return f"{MARKED}{name}" if self.warning else name


def day(moment: date) -> str:
    """8 December 2026."""
    return words.long_day(moment).split(" ", 1)[1]


def as_csv(table: Table) -> str:
    """The table for a spreadsheet or a program: one header row, numbers without separators, and nothing that runs as a formula.
    A warning stands above the header.

    Period, source, day and notes are columns of each row, so that a row copied elsewhere still says what it is.
    """
    extra = [*table.provenance, *([("Notes", " ".join(table.notes))] if table.notes else [])]
    header = [*_headings(table), *(name for name, _ in extra)]
    rows = [[*(_plain(cell) for cell in _outgoing(table, row)), *(said for _, said in extra)] for row in table.rows]
    return spreadsheet.as_csv(header, rows, above=table.warning)


def as_xlsx(table: Table, *others: Table) -> bytes:
    """The tables as one workbook, a sheet each, and a last sheet that says of each what it is, of when and from where."""
    tables = (table, *others)
    sheets = [
        workbook.Sheet(
            one.title,
            _headings(one),
            [[_sheet_cell(cell) for cell in _outgoing(one, row)] for row in one.rows],
            _widths(one),
            one.warning,
        )
        for one in tables
    ]
    about = [
        (one.title, name, said)
        for one in tables
        for name, said in (*one.provenance, *(("Note", note) for note in one.notes))
    ]
    return workbook.as_book(
        [*sheets, workbook.Sheet("About", ("Table", "What", "In words"), about, (40, 12, 100), table.warning)]
    )


def _headings(table: Table) -> list[str]:
    """Cells of a file bear no unit, so each heading does."""
    return [
        f"{column.words} ({column.unit})" if column.unit and column.unit != MONTH else column.words
        for column in table.columns
    ]


def _outgoing(table: Table, row: Sequence[Cell]) -> list[Cell]:
    return [column.rounded(cell) for column, cell in zip(table.columns, row, strict=True)]


def _plain(cell: Cell) -> str | int | Decimal | date:
    if isinstance(cell, datetime):
        return cell.astimezone(LONDON).strftime("%Y-%m-%d %H:%M")
    return NO_DATA if cell is None else cell


def _sheet_cell(cell: Cell) -> workbook.Cell:
    if isinstance(cell, int) and not isinstance(cell, bool):
        return Decimal(cell)
    return _plain(cell)


def _widths(table: Table) -> list[int]:
    """Characters: the longest cell, no wider than a reader takes in."""
    return [min(48, max(12, *(len(row[place]) + 2 for row in table.said), 12)) for place, _ in enumerate(table.columns)]


def _number(cell: Cell) -> bool:
    return isinstance(cell, int | Decimal) and not isinstance(cell, bool)


__all__ = ["HIDDEN", "MONTH", "NO_DATA", "Cell", "Column", "Table", "as_csv", "as_xlsx", "day"]
