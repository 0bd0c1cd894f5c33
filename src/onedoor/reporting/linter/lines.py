"""Rows and columns by what their names say they are, and whether what stands in them may be added."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import cached_property

from onedoor.reporting.linter.document import Cell, Line, Table
from onedoor.reporting.linter.numbers import POUNDS, Number

_TOTAL = re.compile(r"^(grand |sub-?\s?|over)?(total|sum)\b|\btotals?\s*$|^total\b|^overall$", re.I)
_ALL = re.compile(r"^all\b(?! (six|nine|three|four|five))|^both\b|^everybody$|^everyone$", re.I)
_SUB = re.compile(r"\bsub-?\s?total", re.I)
_LAST = re.compile(r"^(?:last|latest|past)\s+(\d{1,2})\b", re.I)
_CHANGE = re.compile(r"^(net )?(change|difference|variance|movement|increase|decrease|rise|fall)\b", re.I)
_SUMMARY = re.compile(
    r"\b(average|mean|median|range|minimum|maximum|lowest|highest|target|aim|plan|previous|last year|england|national|standard"
    r"|limit|percentile|rank|baseline|of which|of whom|of these|including|included|threshold|cumulative|running"
    r"|year to date|ytd)\b",
    re.I,
)
_RATE = re.compile(
    r"\b(average|mean|median|per (?!month|year|week|day|quarter)\w+|price|rate|each|unit cost|waits?|age|seconds|minutes|days to"
    r"|share|proportion|ratio|percent\w*|score|tariff|factor|code|rank|target|cumulative|running|year to date|ytd|length|time)\b"
    r"|%|^(months|year|weeks|days)$",
    re.I,
)
_NOT_ADDED = re.compile(
    r"more than once|overlap|not (be )?added|do not add|does not add|not sum|distinct|counted once|unique"
    r"|several (rows|groups|of these)"
    r"|in the 12 months to the end of each|rolling|rounded to the nearest|more than one|multiple"
    r"|\b(top|first|main|largest|selected) (\d+|three|four|five|six|ten|reasons|causes)\b|\bmost common\b",
    re.I,
)


MOST = 40
"""Lines among which pairs are tried: a report's table has no more, and a file of rows is no report."""


LONGEST = 500
"""Rows that are added up: a file with more is data."""


class Role(Enum):
    PLAIN = "plain"
    TOTAL = "total"
    SUBTOTAL = "subtotal"
    ALL = "all"
    LAST = "last"
    CHANGE = "change"
    SUMMARY = "summary"


def role_of(name: str) -> Role:
    """What a row or a column is by its name."""
    plain = re.sub(r"\s+", " ", name).strip(" *")
    for pattern, role in (
        (_SUB, Role.SUBTOTAL),
        (_LAST, Role.LAST),
        (_CHANGE, Role.CHANGE),
        (_TOTAL, Role.TOTAL),
        (_SUMMARY, Role.SUMMARY),
        (_ALL, Role.ALL),
    ):
        if pattern.search(plain):
            return role
    return Role.PLAIN


def last_of(name: str) -> int:
    """How many lines "last 12 months" takes in."""
    found = _LAST.match(name.strip())
    return int(found[1]) if found else 0


@dataclass(frozen=True)
class Lines:
    """A table by its columns (`down` False: a rule looks along each row), or by its rows (`down`: along each column)."""

    table: Table
    down: bool

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The terms of a rule."""
        return self.table.figure_rows if self.down else self.table.columns

    @cached_property
    def across(self) -> tuple[Line, ...]:
        """What the rule is looked at along: as many as each line has cells."""
        return self.table.columns if self.down else self.table.figure_rows

    @cached_property
    def roles(self) -> tuple[Role, ...]:
        """Of each line."""
        return tuple(role_of(one.name) for one in self.lines)

    @cached_property
    def positions(self) -> tuple[Role, ...]:
        """Of what crosses the lines."""
        return tuple(role_of(one.name) for one in self.across)

    @property
    def free(self) -> bool:
        """The table says of itself that its figures are not to be added up."""
        return bool(_NOT_ADDED.search(" ".join((self.table.title, *self.table.headings, *self.table.notes[:6]))))

    @cached_property
    def hides(self) -> bool:
        """Some of it is not told: the rest is then likely to be rounded to the nearest 5 (clinical.md 5.3)."""
        return any(cell.hidden for row in self.table.rows for cell in row.cells)

    def cell(self, line: int, at: int) -> Cell:
        """A cell by its line and where on it."""
        return self.lines[line].cells[at]

    def number(self, line: int, at: int) -> Number | None:
        """Its number."""
        return self.cell(line, at).number

    @cached_property
    def _rates(self) -> tuple[frozenset[int], frozenset[int]]:
        return (
            frozenset(at for at, one in enumerate(self.lines) if _RATE.search(one.name)),
            frozenset(at for at, one in enumerate(self.across) if _RATE.search(one.name)),
        )

    def adds(self, line: int, at: int) -> bool:
        """Whether the number is an amount that may be added: no share, price, average or wait."""
        number = self.number(line, at)
        along, across = self._rates
        return number is not None and number.unit in ("", POUNDS) and line not in along and at not in across


def close(printed: Decimal, follows: Decimal) -> bool:
    """Near enough that one was meant for the other: within a fifth, or off by a ten, a hundred or a thousand."""
    if not printed or not follows:
        return False
    ratio = abs(printed / follows)
    return Decimal("0.8") <= ratio <= Decimal("1.25") or any(
        abs(ratio / power - 1) < Decimal("0.001")
        for power in (10, 100, 1000, Decimal("0.1"), Decimal("0.01"), Decimal("0.001"))
    )
