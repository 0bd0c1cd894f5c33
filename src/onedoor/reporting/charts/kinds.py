"""The kinds of chart. Each is drawn from a Table by the keys of its columns, so that picture and table cannot differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from onedoor.reporting.tables import Cell, Table

IMPROVEMENT, CONCERN, CHANGE = "Improvement", "Concern", "Change"
"""How the words of a flag begin: each has its own shape (clinical.md 5.1: by the direction in which a measure improves)."""


@dataclass(frozen=True)
class Mark:
    """A line across or up the picture at a value, named at its end: an aim, a standard, a median."""

    value: int | Decimal
    words: str


@dataclass(frozen=True)
class Xmr:
    """Keys of the columns with mean and limits, and of the one that says why a point is flagged, if it is.

    Limits are numbers for each point, so that they may change when they are worked out anew. A flag begins with `IMPROVEMENT`,
    `CONCERN` or `CHANGE` ("Concern: below the lower limit"); None and "" are no flag.
    """

    mean: str
    lower: str
    upper: str
    flag: str = ""


@dataclass(frozen=True)
class Line:
    """One to six series over periods, which are the rows in order. Missing values are gaps.

    `partial`: key of a column that says what a period lacks ("15 of 32 sent nothing"); its points are hollow, but for those of
    series that are `whole` all the same.
    `measure`: what the axis counts, where one column's words do not say it. `said`: what is to be seen, for who cannot; made from
    the table if empty.
    """

    table: Table
    at: str
    series: Sequence[str]
    xmr: Xmr | None = None
    target: Mark | None = None
    partial: str = ""
    whole: Sequence[str] = ()
    from_zero: bool = True
    measure: str = ""
    said: str = ""


@dataclass(frozen=True)
class Bars:
    """A bar for each row, the longest first unless `ordered` is off. `size`: key of what the value is a share of, said after it.

    `strong`: names of rows that stand out, as a region among its parts. `compare`: a line to hold them against.
    """

    table: Table
    of: str
    value: str
    size: str = ""
    strong: Sequence[str] = ()
    compare: Mark | None = None
    ordered: bool = True
    said: str = ""


@dataclass(frozen=True)
class Stacked:
    """A column for each row, made of parts, the first at its foot. A row that lacks a part is missing as a whole."""

    table: Table
    at: str
    parts: Sequence[str]
    measure: str = ""
    said: str = ""


@dataclass(frozen=True)
class Limit:
    """The limits of a funnel at one size."""

    size: int
    lower: Decimal
    upper: Decimal


@dataclass(frozen=True)
class Band:
    """The limits of a funnel: `words` name them ("99.8% limits"), points in order of size."""

    words: str
    limits: Sequence[Limit]


@dataclass(frozen=True)
class Funnel:
    """The rate of each row against its size, with the mean and limits that chance alone would keep to.

    `flag`: key of a column that says what is beyond a limit ("Above the 99.8% limits" or "Below…"); others are None or "".
    `named`: rows that are named in the picture besides the flagged ones.
    """

    table: Table
    of: str
    size: str
    rate: str
    mean: Mark
    bands: Sequence[Band]
    flag: str = ""
    named: Sequence[str] = ()
    said: str = ""


@dataclass(frozen=True)
class Range:
    """Keys of the columns between which a share of futures lies: `words` name it ("8 in 10")."""

    words: str
    lower: str
    upper: str


@dataclass(frozen=True)
class Fan:
    """What was, then what may come: `actual` ends where `middle` and the ranges, widest first, begin. `plan` is a line beside."""

    table: Table
    at: str
    actual: str
    middle: str
    ranges: Sequence[Range]
    targets: Sequence[Mark] = ()
    plan: str = ""
    from_zero: bool = True
    measure: str = ""
    said: str = ""


@dataclass(frozen=True)
class Distribution:
    """How many of each length: a row is a bin from `low` to below `high`; `high` None is open. `unit`: what the length counts."""

    table: Table
    low: str
    high: str
    value: str
    unit: str
    marks: Sequence[Mark] = ()
    said: str = ""


Chart = Line | Bars | Stacked | Funnel | Fan | Distribution


def kind_of_flag(cell: Cell) -> str:
    """IMPROVEMENT, CONCERN or CHANGE, or "" for none. Raises ValueError for words that begin with no such."""
    if cell is None or cell == "":
        return ""
    for kind in (IMPROVEMENT, CONCERN, CHANGE):
        if isinstance(cell, str) and cell.startswith(kind):
            return kind
    raise ValueError(f"a flag begins with {IMPROVEMENT}, {CONCERN} or {CHANGE}, not {cell!r}")
