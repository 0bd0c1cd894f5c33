"""Rows of a diary to what booking takes. Diaries are small: they are held in memory whole.

A row whose patient cannot be told is reported, and its place is kept as somebody's: nobody is reminded, and nobody else is
offered the place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from onedoor.booking.types import OCCUPIED, DiaryRow, RowStatus
from onedoor.exchange.files.cells import Dates, nhs_number_fault, read_time
from onedoor.exchange.files.mapping import fold
from onedoor.exchange.files.report import Findings
from onedoor.exchange.files.sheet import Sheet, Speaks
from onedoor.kernel import nhs_number
from onedoor.kernel.clock import LONDON
from onedoor.patients.types import Found

_FIX = "Put it right in {system} and export again."
_KEPT = "nobody is reminded, and the place is kept as taken"
_LONGEST_VISIT = 600
_LONGEST = {"clinician": 80, "session": 80, "type": 80}


@dataclass(frozen=True)
class Visit:
    """One row that has a place: its number in the file, the numbers of whoever has it, and what booking takes."""

    row: int
    own_number: str
    nhs_number: str
    place: DiaryRow
    known: bool = True
    """False when it cannot be told who has the place."""

    @property
    def named(self) -> bool:
        """Somebody has the place, and may be looked up."""
        return self.known and self.place.status in OCCUPIED


class _NotTaken(Exception):
    """The row has no place that can be told; why has been reported."""


@dataclass
class DiaryRows:
    """Reads a diary. `visits` are its rows with a place; `unread` counts rows of which not even that is known."""

    sheet: Sheet
    speaks: Speaks
    findings: Findings
    visits: list[Visit] = field(default_factory=list)
    unread: int = 0

    def read(self) -> None:
        """Read the file to its end."""
        dates = Dates(self.sheet.mapping.dates)
        at: dict[tuple[datetime, str, str], int] = {}
        for number, cells in self.sheet.rows(self.findings):
            try:
                visit = self._visit(number, cells, dates)
            except _NotTaken:
                self.unread += 1
                continue
            key = (visit.place.starts_at, fold(visit.place.clinician), fold(visit.place.session_name))
            if key in at and not self._another(visit, at[key], cells):
                continue
            at.setdefault(key, len(self.visits))
            self.visits.append(visit)
        # Rows that are not even as wide as the header were read too, and have no place.
        self.unread += self.sheet.misfits

    def _cell(self, cells: list[str], name: str) -> str:
        places = self.sheet.places.get(name)
        return cells[places[0]] if places else ""

    def _no(self, number: int, name: str, text: str, why: str, todo: str = _FIX) -> _NotTaken:
        self.findings.reject(number, self.sheet.column(name), text, why, todo)
        return _NotTaken()

    def _visit(self, number: int, cells: list[str], dates: Dates) -> Visit:
        starts_at = self._starts_at(number, cells, dates)
        minutes = self._minutes(number, self._cell(cells, "minutes"))
        said = {name: self._said(number, name, self._cell(cells, name)) for name in _LONGEST}
        if not self.speaks.has(said["clinician"]):
            why = f"not among the session holders that this file is of ({self.speaks.holders})"
            raise self._no(number, "clinician", said["clinician"], why, "Export that session holder's diary as well.")
        status = self._status(number, self._cell(cells, "status"))
        site = self._cell(cells, "site")
        if site and fold(site) != fold(self.speaks.site):
            why = f"another site than the one that this file is of ({self.speaks.site})"
            raise self._no(number, "site", site, why, "Export that site's diary as a file of its own.")
        own, nhs = self._cell(cells, "own_number"), self._cell(cells, "nhs_number")
        place = DiaryRow(
            starts_at=starts_at,
            minutes=minutes,
            clinician=said["clinician"],
            session_name=said["session"],
            type_name=said["type"],
            status=status,
            booked_on=self._booked_on(number, self._cell(cells, "booked_on"), dates),
        )
        return self._whose(Visit(number, own, nhs_number.compact(nhs), place), nhs)

    def _starts_at(self, number: int, cells: list[str], dates: Dates) -> datetime:
        text = self._cell(cells, "day")
        day = dates.read(text)
        if day is None:
            why = "there is no such day" if dates.looks_like_one(text) else "this is not a date as it is written here"
            raise self._no(number, "day", text, why if text else "the day is missing")
        if not self.speaks.first_day <= day <= self.speaks.last_day:
            why = f"outside the days that this file is of ({self.speaks.first_day:%d/%m/%Y} to {self.speaks.last_day:%d/%m/%Y})"
            raise self._no(number, "day", text, why)
        text = self._cell(cells, "start")
        found = read_time(text)
        if found is None:
            raise self._no(number, "start", text, "there is no such time" if text else "the time is missing")
        start, with_colon = found
        if not with_colon:
            why = f"a time is written with a colon; taken as {start:%H:%M}"
            self.findings.note(number, self.sheet.column("start"), text, why, "Nothing, if that is the time meant.")
        return datetime.combine(day, start, tzinfo=LONDON)

    def _minutes(self, number: int, text: str) -> int:
        if not text:
            raise self._no(number, "minutes", text, "how long the visit lasts is missing")
        if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= _LONGEST_VISIT):
            raise self._no(number, "minutes", text, f"not a number of minutes from 1 to {_LONGEST_VISIT}")
        return int(text)

    def _said(self, number: int, name: str, text: str) -> str:
        missing = {
            "clinician": "whose session it is is missing",
            "session": "which session it is in is missing",
            "type": "what kind of visit it is is missing",
        }
        if not text:
            raise self._no(number, name, text, missing[name])
        if len(text) > _LONGEST[name]:
            raise self._no(number, name, text, f"longer than {_LONGEST[name]} characters, so the row cannot be right")
        return text

    def _status(self, number: int, text: str) -> RowStatus:
        found: RowStatus | None = self.sheet.mapping.statuses.get(fold(text))  # type: ignore[assignment]
        if found is None:
            known = ", ".join(self.sheet.mapping.words["statuses"])
            why = f"not a status that this export has ({known}), so nobody can tell whether the place is free"
            raise self._no(number, "status", text, why)
        return found

    def _booked_on(self, number: int, text: str, dates: Dates) -> date | None:
        day = dates.read(text) if text else None
        if text and day is None:
            why = "no day can be read; the row is taken without it"
            self.findings.note(number, self.sheet.column("booked_on"), text, why, _FIX)
        return day

    def _whose(self, visit: Visit, nhs: str) -> Visit:
        """Check the numbers as they stand; a place that is somebody's stays so, whoever that is."""
        own_column, nhs_column = self.sheet.column("own_number"), self.sheet.column("nhs_number")
        if visit.place.status not in OCCUPIED:
            if not visit.own_number and not nhs:
                return visit
            why = f"the place is {visit.place.status} and somebody's at once; {_KEPT}"
            self.findings.reject(visit.row, own_column, visit.own_number or nhs, why, "Look in {system} which it is.")
            return replace(visit, known=False, place=replace(visit.place, status="booked"))
        if not visit.own_number and not nhs:
            self.findings.reject(visit.row, own_column, "", f"whose visit it is is missing; {_KEPT}", _FIX)
            return replace(visit, known=False)
        if nhs and not nhs_number.is_valid(visit.nhs_number):
            why, todo = nhs_number_fault(nhs)
            self.findings.reject(visit.row, nhs_column, nhs, f"{why}; {_KEPT}", todo)
            return replace(visit, known=False)
        return visit

    def _another(self, visit: Visit, first: int, cells: list[str]) -> bool:
        """Whether a second row may speak of the place at which the row `first` is; reported when not."""
        before = self.visits[first]
        if before.place == visit.place and (before.own_number, before.nhs_number) == (
            visit.own_number,
            visit.nhs_number,
        ):
            if visit.place.status in OCCUPIED or fold(visit.place.session_name) not in self.sheet.mapping.shared:
                shown = f"{self._cell(cells, 'day')} {self._cell(cells, 'start')}"
                why = f"the same as row {before.row}; that row stands"
                self.findings.reject(visit.row, self.sheet.column("start"), shown, why, "Nothing, or look in {system}.")
                return False
            return True
        if fold(visit.place.session_name) in self.sheet.mapping.shared:
            return True
        why = f"row {before.row} has this place already, and it cannot hold two people"
        todo = "Give one of them another time in {system}. If several may come at once, name the session in the mapping file."
        if visit.known:
            self.findings.reject(visit.row, self.sheet.column("start"), self._cell(cells, "start"), why, todo)
        self.unread += 1
        if before.place.status == "available" and visit.place.status != "available":
            # One row says free and another does not: not for us to offer.
            self.visits[first] = replace(before, place=replace(before.place, status="blocked"))
        return False

    def holders(self) -> tuple[str, ...]:
        """Whose sessions the file speaks for; none for everybody's."""
        return self.speaks.names(visit.place.clinician for visit in self.visits) if self.speaks.holders else ()

    # Who they are

    def asked(self) -> list[tuple[str, str]]:
        """Own number and NHS number of every visit that is somebody's."""
        return [(visit.own_number, visit.nhs_number) for visit in self.visits if visit.named]

    def places(self, found: Sequence[Found]) -> list[DiaryRow]:
        """What booking takes, once patients have said who those asked for are; in the order of `visits`."""
        answers = iter(found)
        for index, visit in enumerate(self.visits):
            if visit.named:
                patient_id = self._patient(visit, next(answers))
                place = replace(visit.place, patient_id=patient_id)
                self.visits[index] = replace(visit, place=place, known=patient_id is not None)
        return [visit.place for visit in self.visits]

    def _patient(self, visit: Visit, found: Found) -> int | None:
        own_column, nhs_column = self.sheet.column("own_number"), self.sheet.column("nhs_number")
        patient_id = found.by_own if found.by_own is not None else found.by_nhs
        if patient_id is None:
            column, value = (own_column, visit.own_number) if visit.own_number else (nhs_column, visit.nhs_number)
            why = f"nobody on the patient list has this number; {_KEPT}"
            todo = "Read the patient list again first, and look there if this person was refused."
            self.findings.reject(visit.row, column, value, why, todo)
            return None
        differs = found.by_own is not None and found.nhs_number and visit.nhs_number not in ("", found.nhs_number)
        if differs or (found.by_nhs is not None and found.by_nhs != patient_id):
            why = f"the NHS number and the {own_column} {visit.own_number} are not one patient's; {_KEPT}"
            self.findings.reject(
                visit.row, nhs_column, visit.nhs_number, why, "Find out in {system} whose visit it is."
            )
            return None
        if found.deceased:
            why = "the patient has died; the visit is taken and nobody is reminded"
            self.findings.note(visit.row, own_column, visit.own_number, why, "Free the place in {system}.")
        elif not found.registered:
            why = "the patient has left the practice; the visit is taken"
            self.findings.note(
                visit.row, own_column, visit.own_number, why, "Look in {system} whether it still stands."
            )
        return patient_id

    def say_refused(self, index: int, why: str) -> None:
        """Put a row that booking did not take into words; `index` counts `visits`."""
        visit = self.visits[index]
        local = visit.place.starts_at
        self.findings.reject(
            visit.row, self.sheet.column("start"), f"{local:%d/%m/%Y %H:%M}", why, "Look in {system} which is right."
        )
