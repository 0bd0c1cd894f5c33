"""Rows of a community service's lists to what referrals take: each cell checked, each fault said once, neighbours unharmed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from onedoor.exchange.files.cells import Dates, nhs_number_fault, read_time
from onedoor.exchange.files.mapping import fold
from onedoor.exchange.files.report import Findings
from onedoor.exchange.files.sheet import Sheet
from onedoor.kernel import nhs_number
from onedoor.kernel.clock import LONDON
from onedoor.referrals.types import PathwayRow, ReferralRow

_FIX = "Put it right in the service's system and export again."


class _NotTaken(Exception):
    """The row is not taken; why has been reported."""


@dataclass
class _Reader:
    """Cells of one file's rows. `streams` are the service's, folded name to name."""

    sheet: Sheet
    findings: Findings
    streams: dict[str, str]
    dates: Dates = field(init=False)

    def __post_init__(self) -> None:
        self.dates = Dates(self.sheet.mapping.dates)

    def cell(self, cells: list[str], name: str) -> str:
        places = self.sheet.places.get(name)
        return cells[places[0]] if places else ""

    def needed(self, row: int, cells: list[str], name: str) -> str:
        value = self.cell(cells, name)
        if not value:
            raise self.fault(row, cells, name, "the cell is empty, and without it nobody can tell which referral it is")
        return value[:40]

    def fault(self, row: int, cells: list[str], name: str, why: str, what_to_do: str = _FIX) -> _NotTaken:
        self.findings.reject(row, self.sheet.column(name), self.cell(cells, name), why, what_to_do)
        return _NotTaken()

    def number(self, row: int, cells: list[str]) -> str:
        text = self.cell(cells, "nhs_number")
        digits = nhs_number.compact(text)
        if not nhs_number.is_valid(digits):
            raise self.fault(row, cells, "nhs_number", *nhs_number_fault(text))
        return digits

    def meaning(self, row: int, cells: list[str], name: str, section: str) -> str:
        found = self.sheet.mapping.meanings[section].get(fold(self.cell(cells, name)))
        if found is None:
            known = ", ".join(self.sheet.mapping.words[section])
            raise self.fault(row, cells, name, f"not one of the words that this list has ({known})")
        return found

    def day(self, row: int, cells: list[str], name: str) -> date | None:
        text = self.cell(cells, name)
        if not text:
            return None
        found = self.dates.read(text)
        if found is None:
            raise self.fault(row, cells, name, "no such day, or not written as the others are")
        return found

    def moment(self, row: int, cells: list[str], name: str) -> datetime | None:
        text = self.cell(cells, name)
        if not text:
            return None
        day, _, time = text.partition(" ")
        found, at = self.dates.read(day), read_time(time) if time else None
        if found is None or at is None:
            raise self.fault(row, cells, name, "no such moment, or not written as the others are (07/12/2026 09:30)")
        return datetime.combine(found, at[0], tzinfo=LONDON)

    def stream(self, row: int, cells: list[str]) -> str:
        text = self.cell(cells, "stream")
        name = self.streams.get(fold(text), "")
        if text and not name:
            self.findings.note(
                row,
                self.sheet.column("stream"),
                text,
                "the service has no stream of this name; the referral was taken without one",
                "Give the service the stream, and read the file again.",
            )
        return name


@dataclass
class ReferralRows(_Reader):
    """The rows of a referral list. Iterating reads the file once and reports what it leaves out to `findings`."""

    def __iter__(self) -> Iterator[ReferralRow]:
        for row, cells in self.sheet.rows(self.findings):
            try:
                yield self._referral(row, cells)
            except _NotTaken:
                continue

    def _referral(self, row: int, cells: list[str]) -> ReferralRow:
        received = self.moment(row, cells, "received")
        if received is None:
            raise self.fault(row, cells, "received", "the cell is empty, and the clock starts on receipt")
        triaged = self.moment(row, cells, "triaged")
        outcome = self.meaning(row, cells, "outcome", "outcomes") if self.cell(cells, "outcome") else ""
        if triaged is not None and triaged < received:
            raise self.fault(row, cells, "triaged", "triaged before it was received")
        if bool(outcome) != (triaged is not None):
            name = "triaged" if outcome else "outcome"
            raise self.fault(
                row, cells, name, "an outcome and the moment of triage belong together; one of them is missing"
            )
        decided, sent = self.day(row, cells, "onward_decided"), self.day(row, cells, "onward_sent")
        discharged = self.day(row, cells, "discharged")
        if sent is not None and (decided is None or sent < decided):
            raise self.fault(
                row, cells, "onward_sent", "sent on before it was decided, or nobody says when it was decided"
            )
        for name, day in (("discharged", discharged), ("onward_decided", decided)):
            if day is not None and (triaged is None or day < triaged.date()):
                raise self.fault(row, cells, name, "earlier than the triage, or not triaged")
        return ReferralRow(
            row=row,
            source_ref=self.needed(row, cells, "source_ref"),
            nhs_number=self.number(row, cells),
            received_at=received,
            source=self.meaning(row, cells, "source", "sources"),
            referrer_ods=self.cell(cells, "practice")[:12].upper(),
            priority=self.meaning(row, cells, "priority", "priorities"),
            triaged_at=triaged,
            outcome=outcome,
            stream=self.stream(row, cells),
            onward_decided_on=decided,
            onward_sent_on=sent,
            discharged_on=discharged,
            first_offered_on=self.day(row, cells, "first_offered"),
        )


@dataclass
class PathwayRows(_Reader):
    """The rows of a caseload that is taken over; as `ReferralRows`."""

    def __iter__(self) -> Iterator[PathwayRow]:
        for row, cells in self.sheet.rows(self.findings):
            try:
                yield self._pathway(row, cells)
            except _NotTaken:
                continue

    def _pathway(self, row: int, cells: list[str]) -> PathwayRow:
        received, started = self.day(row, cells, "received"), self.day(row, cells, "clock_start")
        if received is None or started is None:
            name = "received" if received is None else "clock_start"
            raise self.fault(row, cells, name, "the cell is empty, and the original clock would be lost")
        return PathwayRow(
            row=row,
            source_ref=self.needed(row, cells, "source_ref"),
            nhs_number=self.number(row, cells),
            from_provider=self.cell(cells, "from_provider")[:40],
            received_on=received,
            clock_start=started,
            stream=self.stream(row, cells),
            state=self.meaning(row, cells, "state", "states"),
            next_action=self.cell(cells, "next_action")[:40],
            next_action_due=self.day(row, cells, "next_action_due"),
            referrer_ods=self.cell(cells, "practice")[:12].upper(),
        )
