"""Rows of a line's log of calls, or of their legs, to what calls take: each moment checked, each fault said once.

The caller's number is not read. A row whose call could not have gone that way (answered before it began) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time

from onedoor.calls.types import CallRow
from onedoor.exchange.files.cells import Dates
from onedoor.exchange.files.mapping import fold
from onedoor.exchange.files.report import Findings
from onedoor.exchange.files.sheet import Sheet
from onedoor.kernel.clock import LONDON

_FIX = "Put it right in the telephone system and export again."
_MOMENTS = ("started", "menu_ended", "queued", "call_back_asked", "answered", "ended", "call_back_made")
_IN_ORDER = ("menu_ended", "queued", "answered", "ended")


class _NotTaken(Exception):
    """The row is not taken; why has been reported."""


def digits(number: str) -> str:
    """A telephone number as it is compared: digits, with its leading nought."""
    found = "".join(letter for letter in number if letter.isdigit())
    return "0" + found[2:] if found.startswith("44") else found


@dataclass
class CallRows:
    """Iterating reads the file once. `lines`: number dialled, as `digits` has it, to the organisation that answers there;
    `all_of`: the organisation of every row, where somebody said so."""

    sheet: Sheet
    findings: Findings
    lines: dict[str, int]
    all_of: int | None = None
    dates: Dates = field(init=False)

    def __post_init__(self) -> None:
        self.dates = Dates(self.sheet.mapping.dates)

    def __iter__(self) -> Iterator[CallRow]:
        for row, cells in self.sheet.rows(self.findings):
            try:
                yield self._call(row, cells)
            except _NotTaken:
                continue

    def _call(self, row: int, cells: list[str]) -> CallRow:
        at = {name: self._moment(row, cells, name) for name in _MOMENTS}
        started, ended = at["started"], at["ended"]
        if started is None or ended is None:
            name = "started" if started is None else "ended"
            raise self._fault(
                row, cells, name, "the cell is empty, and without it nobody can tell how long the call was"
            )
        last = started
        for name in _IN_ORDER:
            moment = at[name]
            if moment is not None and moment < last:
                raise self._fault(row, cells, name, "earlier than what must have gone before it in a call")
            last = moment or last
        source_ref = self._cell(cells, "source_ref")
        if not source_ref:
            raise self._fault(row, cells, "source_ref", "the cell is empty, and the call could not be told from others")
        return CallRow(
            organisation_id=self._organisation(row, cells),
            source_ref=source_ref[:40],
            dialled=digits(self._cell(cells, "dialled"))[:20],
            started_at=started,
            ended_at=ended,
            ended_by=self._ended_by(row, cells),
            menu_ended_at=at["menu_ended"],
            queued_at=at["queued"],
            call_back_asked_at=at["call_back_asked"],
            answered_at=at["answered"],
            call_back_made_at=at["call_back_made"],
            leg=self._leg(row, cells),
            agent=self._cell(cells, "agent")[:80],
        )

    def _cell(self, cells: list[str], name: str) -> str:
        places = self.sheet.places.get(name)
        return cells[places[0]] if places else ""

    def _fault(self, row: int, cells: list[str], name: str, why: str, what_to_do: str = _FIX) -> _NotTaken:
        self.findings.reject(row, self.sheet.column(name), self._cell(cells, name), why, what_to_do)
        return _NotTaken()

    def _moment(self, row: int, cells: list[str], name: str) -> datetime | None:
        text = self._cell(cells, name)
        if not text:
            return None
        day, _, clock = text.replace("T", " ").partition(" ")
        found = self.dates.read(day)
        try:
            at = time.fromisoformat(clock)
        except ValueError:
            at = None
        if found is None or at is None or at.tzinfo is not None:
            raise self._fault(
                row, cells, name, "no such moment, or not written as the others are (2026-12-07 09:30:15)"
            )
        return datetime.combine(found, at, tzinfo=LONDON)

    def _leg(self, row: int, cells: list[str]) -> int:
        """Which of the rows of its call; a log without legs has one row a call."""
        text = self._cell(cells, "leg") or "1"
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= 99 and len(text) <= 2):
            raise self._fault(row, cells, "leg", "not a number from 1 to 99")
        return int(text)

    def _organisation(self, row: int, cells: list[str]) -> int:
        if self.all_of is not None:
            return self.all_of
        whose = self.lines.get(digits(self._cell(cells, "dialled")))
        if whose is None:
            raise self._fault(
                row,
                cells,
                "dialled",
                "nobody here has this number",
                "Say whose line it is with --practice, or give the organisation its telephone number.",
            )
        return whose

    def _ended_by(self, row: int, cells: list[str]) -> str:
        found = self.sheet.mapping.meanings["ends"].get(fold(self._cell(cells, "ended_by")))
        if found is None:
            known = ", ".join(self.sheet.mapping.words["ends"])
            raise self._fault(row, cells, "ended_by", f"not one of the words that this log has ({known})")
        return found
