"""Whether a row of a file of coded entries can be believed: pure, row by row, each fault in words.

Units: the code's own, or another way of writing it (`units.csv`). Nothing is converted, for the facts give no conversion; an
HbA1c in per cent is no data for targets, and neither is one of 7.5 without a unit (clinical.md 1.5). Ranges are the dictionary's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from onedoor.kernel import nhs_number
from onedoor.records.linting import Dictionary, Finding, lint
from onedoor.records.rules import measured
from onedoor.records.types import EntryRow


class Fact(NamedTuple):
    """What a row says, if all of it can be believed but whose it is."""

    nhs_number: str
    code_id: int
    day: date
    value: float | None
    unit_id: int | None
    organisation_id: int


class Doubt(NamedTuple):
    """Why a row is held: `reason` for the books, the column it is about, and both sentences for people."""

    reason: str
    column: str
    why: str
    what_to_do: str


@dataclass(frozen=True)
class CodeFacts:
    """A code as rows are judged by it."""

    id: int
    code: str
    unit: str
    unit_known: bool
    low: float | None
    high: float | None


@dataclass
class Judge:
    """Judges the rows of one file. `units`: each way of writing a unit, folded by `same_unit`, to (UCUM, key)."""

    dictionary: Dictionary
    codes: Mapping[str, CodeFacts]
    units: Mapping[str, tuple[str, int]]
    organisations: Mapping[str, int]
    today: date
    _linted: dict[tuple[str, str, str], Doubt | None] = field(default_factory=dict)
    _numbers: dict[str, bool] = field(default_factory=dict)

    def judge(self, row: EntryRow) -> list[Fact] | Doubt:
        """The facts of a row: two for a blood pressure written as one value, else one."""
        doubt = self._code(row) or self._whose(row) or self._day(row)
        if doubt:
            return doubt
        if row.code in PANELS and "/" in row.value:
            return self._pair(row)
        found = self._fact(row, self.codes[row.code], row.value)
        return found if isinstance(found, Doubt) else [found]

    def doubt(self, row: EntryRow) -> Doubt | None:
        """Why a row cannot be believed whose person and organisation are known otherwise; None when it can."""
        doubt = self._code(row) or self._day(row)
        if doubt:
            return doubt
        found = self._fact(row, self.codes[row.code], row.value)
        return found if isinstance(found, Doubt) else None

    def _code(self, row: EntryRow) -> Doubt | None:
        key = row.code, row.term, row.cluster
        try:
            return self._linted[key]
        except KeyError:
            found = lint(self.dictionary, *key)
            doubt = _of_code(found) if found else None
            if len(self._linted) < _REMEMBERED:
                self._linted[key] = doubt
            return doubt

    def _whose(self, row: EntryRow) -> Doubt | None:
        if row.organisation not in self.organisations:
            return Doubt(
                "organisation",
                "organisation",
                "no organisation here has this ODS code" if row.organisation else "the organisation is missing",
                "Put the ODS code of whoever recorded it there, or set that organisation up, and read the file again.",
            )
        known = self._numbers.get(row.nhs_number)
        if known is None:
            if len(self._numbers) >= _REMEMBERED:
                self._numbers.clear()
            known = self._numbers[row.nhs_number] = nhs_number.is_valid(row.nhs_number)
        if not known:
            return Doubt(
                "nhs_number",
                "nhs_number",
                "this is not an NHS number: its digits do not fit each other" if row.nhs_number else "it is missing",
                "Look it up on the Spine, put it right and export again.",
            )
        return None

    def _day(self, row: EntryRow) -> Doubt | None:
        if row.day is None:
            return Doubt("date", "date", "no such day, or not written as others are (2026-12-07)", _FIX)
        if row.day > self.today:
            return Doubt("future", "date", "the day is still to come, so nothing can have been recorded on it", _FIX)
        return None

    def _pair(self, row: EntryRow) -> list[Fact] | Doubt:
        """One value of two numbers with the code of the pair: the readings of one day (clinical.md 1.5)."""
        top, _, bottom = row.value.partition("/")
        found: list[Fact] = []
        for code, text in zip(PANELS[row.code], (top.strip(), bottom.strip()), strict=True):
            fact = self._fact(row, self.codes[code], text)
            if isinstance(fact, Doubt):
                return fact
            found.append(fact)
        if (found[0].value or 0) <= (found[1].value or 0):
            return Doubt("impossible", "value", "the upper figure is not above the lower one", _FIX)
        return found

    def _fact(self, row: EntryRow, code: CodeFacts, text: str) -> Fact | Doubt:
        assert row.day is not None
        if text and not _NUMBER.fullmatch(text):
            return Doubt("number", "value", "this is not a number", "Put the number alone there, and export again.")
        value = float(text) if text else None
        unit = self._unit(code, value, row.unit)
        if isinstance(unit, Doubt):
            return unit
        if value is not None and (doubt := _range(code, value)):
            return doubt
        return Fact(row.nhs_number, code.id, row.day, value, unit, self.organisations.get(row.organisation, 0))

    def _unit(self, code: CodeFacts, value: float | None, text: str) -> Doubt | int | None:
        """The key of the unit, if there is a value."""
        if value is None:
            if code.unit and code.unit_known:
                return Doubt("no_value", "value", "there is no value, and without one this code says nothing", _FIX)
            return None
        known = self.units.get(same_unit(text))
        if not code.unit_known:
            if text and known is None:
                return Doubt("unit", "unit", "this unit is not known here", _FIX)
            return known[1] if known else None
        if not code.unit:
            return Doubt(
                "value", "value", "this code takes no value", "Look up what was meant, or leave the value out."
            )
        if known is not None and known[0] == code.unit:
            return known[1]
        if not text and code.unit in PLAIN:
            return self.units[same_unit(code.unit)][1]
        return self._wrong_unit(code, value, text)

    def _wrong_unit(self, code: CodeFacts, value: float, text: str) -> Doubt:
        if code.unit == "mmol/mol" and (text == "%" or (not text and value < _PER_CENT)):
            return Doubt(
                "percent",
                "unit",
                "an HbA1c in per cent is no data for targets, which are in mmol/mol",
                "Record the IFCC value in mmol/mol, or the DCCT value with its own code.",
            )
        if not text:
            return Doubt(
                "no_unit", "unit", f"the unit is missing, so nobody can tell that it is {self._said(code)}", _FIX
            )
        return Doubt(
            "unit",
            "unit",
            f"the unit of this code is {self._said(code)}, and nothing here converts another",
            f"Record it in {self._said(code)}, and export again.",
        )

    def _said(self, code: CodeFacts) -> str:
        """The unit of a code as people read it, where a file may write it so."""
        read = measured(0, code.unit).removeprefix("0").strip()
        return read if same_unit(read) in self.units else code.unit


def same_unit(text: str) -> str:
    """A unit for comparing: without regard to capitals and spaces."""
    return " ".join(text.split()).casefold()


PANELS: Mapping[str, tuple[str, str]] = {"75367002": ("271649006", "271650006")}
"""Codes whose one value may be two numbers, to the codes of those (clinical.md 1.5)."""
PLAIN = frozenset({"{score}", "count", "ratio"})
"""Units that nobody need write: the value is a bare number."""
_PER_CENT = 20
"""Below it an HbA1c without a unit is taken for a percentage (clinical.md 1.5: "blank unit with 7.5")."""
_WHOLE = frozenset({"{score}", "count"})
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?")
_FIX = "Put it right where it was recorded, and export again."
_REMEMBERED = 100_000


def _range(code: CodeFacts, value: float) -> Doubt | None:
    if code.unit in _WHOLE and value != int(value):
        return Doubt("impossible", "value", "this is counted in whole numbers", _FIX)
    if (code.low is not None and value < code.low) or (code.high is not None and value > code.high):
        return Doubt("impossible", "value", f"nobody has such a value: it is {_between(code)}", _FIX)
    return None


def _between(code: CodeFacts) -> str:
    """The range of a code, one bound of which there is, with its unit as people read it."""
    if code.low is None or code.high is None:
        bound, words = (code.high, "at most") if code.low is None else (code.low, "at least")
        return f"{words} {measured(bound or 0, code.unit)}"
    return f"from {measured(code.low)} to {measured(code.high, code.unit)}"


def _of_code(found: Finding) -> Doubt:
    column = "cluster" if found.fault == "cluster" else "code"
    return Doubt(f"code_{found.fault}", column, found.what[:300], found.what_to_do[:300])
