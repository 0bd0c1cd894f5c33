"""Rows of a patient list to what patients take: each cell checked, each fault said once, neighbours unharmed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from onedoor.exchange.files.cells import Dates, nhs_number_fault
from onedoor.exchange.files.mapping import fold
from onedoor.exchange.files.report import Findings
from onedoor.exchange.files.sheet import Sheet
from onedoor.kernel import nhs_number, phones
from onedoor.kernel.words import long_day
from onedoor.patients.types import ListRefused, NumberWithheld, PatientRow

_OLDEST = 125
_LONGEST = {
    "own_number": 40,
    "title": 20,
    "given_name": 80,
    "family_name": 80,
    "gender": 12,
    "address": 200,
    "postcode": 10,
    "language": 40,
    "needs": 80,
    "email": 120,
}

_FIX = "Put it right in {system} and export again."
_ASK = "Ask the patient, and put the number alone into {system}; a remark belongs elsewhere."


class _NotTaken(Exception):
    """The row is not taken; why has been reported."""


@dataclass
class PatientRows:
    """The rows of one list. Iterating reads the file once and reports what it leaves out to `findings`."""

    sheet: Sheet
    findings: Findings
    as_of: date
    """The day on which the list was made: nobody on it was born later."""
    dates: Dates = field(init=False)

    def __post_init__(self) -> None:
        self.dates = Dates(self.sheet.mapping.dates)

    def __iter__(self) -> Iterator[PatientRow]:
        make = self._maker()
        for number, cells in self.sheet.rows(self.findings):
            try:
                yield make(number, cells)
            except _NotTaken:
                continue

    def _maker(self) -> Callable[[int, list[str]], PatientRow]:
        """One function for all rows, with the columns' positions at hand: this runs a million times."""
        at = {name: places[0] for name, places in self.sheet.places.items() if places}
        nothing = len(self.sheet.header)  # each row gets one empty cell more, where columns the file lacks are read
        own, nhs, title = at["own_number"], at.get("nhs_number", nothing), at.get("title", nothing)
        given, family, born = at["given_name"], at["family_name"], at["born_on"]
        gender, postcode = at.get("gender", nothing), at.get("postcode", nothing)
        home, mobile = at.get("home_telephone", nothing), at.get("mobile_telephone", nothing)
        email, texts = at.get("email", nothing), at.get("texts", nothing)
        language, needs = at.get("language", nothing), at.get("needs", nothing)
        status, left, since = at["status"], at.get("left_on", nothing), at.get("registered_on", nothing)
        address = self.sheet.places.get("address", ())
        mapping = self.sheet.mapping
        dates, as_of, is_valid = self.dates.known, self.as_of, nhs_number.is_valid
        oldest = self.as_of.replace(month=1, day=1, year=self.as_of.year - _OLDEST)
        words = {word: word for word in mapping.statuses}
        consents: dict[str, bool | None] = {"": None}
        limits = [(at[name], name, limit) for name, limit in _LONGEST.items() if name in at and name != "address"]

        def make(number: int, cells: list[str]) -> PatientRow:
            cells.append("")
            born_on = dates.get(cells[born]) or self.dates.read(cells[born])
            if born_on is None or not oldest <= born_on <= as_of:
                raise self._born_fault(number, cells, born)
            if not cells[own] or not cells[given] or not cells[family]:
                raise self._missing(number, cells)
            digits = cells[nhs]
            if not is_valid(digits) and not is_valid(digits := nhs_number.compact(digits)):
                digits = self._nhs_fault(number, cells[nhs], cells[own])
            word = cells[status]
            known = words.get(word)
            if known is None:
                known = words.setdefault(word, fold(word)) if fold(word) in words else self._status_fault(number, word)
            meaning = mapping.statuses[known]
            consent = cells[texts]
            if consent not in consents:
                consents[consent] = self._consent(number, consent)
            mobile_number = home_number = None
            if cells[mobile] or cells[home]:
                mobile_number, home_number = self._numbers(number, cells[mobile], cells[home])
            if (
                len(cells[postcode]) > 10
                or len(cells[gender]) > 12
                or len(cells[title]) > 20
                or len(cells[own]) > 40
                or len(cells[language]) > 40
                or len(cells[given]) > 80
                or len(cells[family]) > 80
                or len(cells[needs]) > 80
                or len(cells[email]) > 120
            ):
                self._shorten(number, cells, limits)
            if len(address) == 2 and cells[address[0]] and cells[address[1]]:
                where = f"{cells[address[0]]}, {cells[address[1]]}"
            else:
                where = ", ".join([cells[place] for place in address if cells[place]])
            return PatientRow(
                number,
                cells[own],
                digits or None,
                cells[title],
                cells[given],
                cells[family],
                born_on,
                cells[gender],
                where if len(where) <= 200 else self._too_long(number, "address", where),
                cells[postcode],
                cells[language],
                mobile_number,
                home_number,
                self._email(number, cells[email]) if cells[email] else None,
                cells[needs],
                consents[consent],
                meaning == "deceased",
                self._left_on(number, cells[left], born_on) if meaning == "left" else None,
                self._since(number, cells[since], born_on) if cells[since] else None,
            )

        return make

    # What stands in the way of a row

    def _born_fault(self, number: int, cells: list[str], born: int) -> _NotTaken:
        text = cells[born]
        beside = next((p for p in (born - 1, born + 1) if p < len(cells) and self.dates.looks_like_one(cells[p])), None)
        if beside is not None and not self.dates.looks_like_one(text):
            side, cause = ("left", "missing") if beside < born else ("right", "too many")
            why = f"the date of birth stands one column too far {side}: a cell before it is {cause}, so nothing can be trusted"
            todo = "Look at this row in {system}, most likely at the names, and export again."
        elif not text:
            why, todo = "the date of birth is missing", _FIX
        elif not self.dates.looks_like_one(text):
            why, todo = f"this is not a date as it is written here ({self.sheet.mapping.dates[0]})", _FIX
        elif (day := self.dates.read(text)) is None:
            why, todo = "there is no such day", _FIX
        elif day > self.as_of:
            why, todo = "the date of birth is in the future", _FIX
        else:
            why, todo = f"the date of birth is more than {_OLDEST} years ago", _FIX
        self.findings.reject(number, self.sheet.column("born_on"), text, why, todo)
        return _NotTaken()

    def _missing(self, number: int, cells: list[str]) -> _NotTaken:
        for name in ("own_number", "given_name", "family_name"):
            if not cells[self.sheet.places[name][0]]:
                self.findings.reject(number, self.sheet.column(name), "", "this must not be empty", _FIX)
                break
        return _NotTaken()

    def _nhs_fault(self, number: int, text: str, own_number: str) -> str:
        column = self.sheet.column("nhs_number")
        if text:
            why, todo = nhs_number_fault(text)
            self.findings.reject(number, column, text, why, todo)
            raise _NotTaken
        self.findings.note(
            number,
            column,
            "",
            f"the NHS number is missing; the patient is taken, known by {self.sheet.column('own_number')} only",
            "Trace the NHS number on the Spine. It is taken up with the next list.",
        )
        return ""

    def _status_fault(self, number: int, word: str) -> str:
        known = ", ".join(self.sheet.mapping.words["statuses"])
        why = f"not a status that this list has ({known}), so nobody can tell whether the patient is registered"
        self.findings.reject(number, self.sheet.column("status"), word, why, _FIX)
        raise _NotTaken

    # What is left out of a row that is taken

    def _consent(self, number: int, text: str) -> bool | None:
        word = fold(text)
        if word in self.sheet.mapping.yes | self.sheet.mapping.no:
            return word in self.sheet.mapping.yes
        why = "neither yes nor no; taken as no, to be safe"
        self.findings.note(number, self.sheet.column("texts"), text, why, _FIX)
        return False

    def _numbers(self, number: int, mobile: str, home: str) -> tuple[str | None, str | None]:
        """Mobile and landline. A number belongs where it works: a text to a landline is lost."""
        by_text: str | None = None
        by_voice: str | None = None
        if mobile and (found := self._phone(number, "mobile_telephone", mobile)) is not None:
            if found.type == "mobile":
                by_text = found.e164
            else:
                by_voice = found.e164
                why = "a landline, where a mobile should stand; taken as a landline"
                self.findings.note(number, self.sheet.column("mobile_telephone"), mobile, why, _FIX)
        if home and (found := self._phone(number, "home_telephone", home)) is not None:
            if found.type == "landline":
                by_voice = found.e164
            elif by_text is None:
                by_text = found.e164
            elif by_text != found.e164:
                why = "a second mobile; the one in its own column is used"
                self.findings.note(
                    number, self.sheet.column("home_telephone"), home, why, "Nothing, unless it is the better one."
                )
        return by_text, by_voice

    def _phone(self, number: int, name: str, text: str) -> phones.Phone | None:
        found = phones.read(text)
        if found is None:
            why = "not a telephone number; the patient is taken without it"
            if any(character.isdigit() for character in text) and any(character.isalpha() for character in text):
                why = (
                    "a telephone number with a remark: whose it is cannot be known, so the patient is taken without it"
                )
            self.findings.note(number, self.sheet.column(name), text, why, _ASK)
        elif text[0] != "0" and phones.lost_zero(text):
            why = "the leading 0 is missing, as after a spreadsheet; the number is taken with it"
            self.findings.note(number, self.sheet.column(name), text, why, "Nothing, if the number is right.")
        return found

    def _email(self, number: int, text: str) -> str | None:
        name, at, domain = text.partition("@")
        if at and name and "." in domain and " " not in text and "@" not in domain:
            return text
        why = "not an e-mail address; the patient is taken without it"
        self.findings.note(number, self.sheet.column("email"), text, why, _FIX)
        return None

    def _left_on(self, number: int, text: str, born_on: date) -> date:
        column = self.sheet.column("left_on")
        day = self.dates.read(text) if text else None
        if day is None:
            why = f"no day on which the patient left can be read; taken as having left on {long_day(self.as_of)}"
        elif day < born_on:
            why = f"the patient left before being born; taken as having left on {long_day(self.as_of)}"
        else:
            return day
        self.findings.note(number, column, text, why, _FIX)
        return self.as_of

    def _since(self, number: int, text: str, born_on: date) -> date | None:
        day = self.dates.known.get(text) or self.dates.read(text)
        if day is None:
            why = "no day of registration can be read; taken as registered from now on"
        elif not born_on <= day <= self.as_of:
            why = "registered before being born, or in the future; taken as registered from now on"
        else:
            return day
        self.findings.note(number, self.sheet.column("registered_on"), text, why, _FIX)
        return None

    def _shorten(self, number: int, cells: list[str], limits: list[tuple[int, str, int]]) -> None:
        for place, name, limit in limits:
            if len(cells[place]) > limit:
                if name in ("own_number", "given_name", "family_name"):
                    why = f"longer than {limit} characters, so the row cannot be right"
                    self.findings.reject(number, self.sheet.column(name), cells[place], why, _FIX)
                    raise _NotTaken
                cells[place] = self._too_long(number, name, cells[place])

    def _too_long(self, number: int, name: str, text: str) -> str:
        why = f"longer than {_LONGEST[name]} characters; the patient is taken without it"
        self.findings.note(number, self.sheet.column(name), text, why, _FIX)
        return ""


_REFUSALS: dict[str, tuple[str, str, str]] = {
    # because: (the column it is about, why, what to do)
    "repeat": (
        "own_number",
        "the same person as on row {other}; that row stands",
        "Nothing, or look in {system} why the person is on the list twice.",
    ),
    "own_twice": (
        "own_number",
        "two different people have this number, the other on row {other}; neither is taken",
        "Find out in {system} whose it is.",
    ),
    "nhs_twice": (
        "nhs_number",
        "two different people have this NHS number, the other on row {other}; neither is taken",
        "Look both up on the Spine, and put the wrong one right in {system}.",
    ),
    "two_patients": (
        "nhs_number",
        "this NHS number belongs to another patient here than the number in {own}",
        "Find out whose it is. If one person is here twice, have the two records merged.",
    ),
    "other_nhs": (
        "nhs_number",
        "this patient has another NHS number here",
        "Look the NHS number up on the Spine, and put the wrong one right.",
    ),
    "own_taken": (
        "own_number",
        "this number belongs to a patient here whose name and date of birth both differ",
        "Find out in {system} whose it is.",
    ),
    "nhs_taken": (
        "nhs_number",
        "this NHS number belongs to a patient here whose name and date of birth both differ",
        "Look the NHS number up on the Spine, and put the wrong one right.",
    ),
}


def say_refused(sheet: Sheet, refused: ListRefused, findings: Findings) -> None:
    """Put a row that patients did not take into words."""
    name, why, todo = _REFUSALS[refused.because]
    value = refused.own_number if name == "own_number" else refused.nhs_number or ""
    findings.reject(
        refused.row,
        sheet.column(name),
        value,
        why.format(other=refused.other_row, own=sheet.column("own_number")),
        todo,
    )


def say_withheld(sheet: Sheet, withheld: NumberWithheld, findings: Findings) -> None:
    """Put a number that was ended here into words."""
    column = {"mobile": "mobile_telephone", "landline": "home_telephone", "email": "email"}[withheld.kind]
    why = "found wrong here since, for instance by a reply; the patient is taken without it"
    findings.note(
        withheld.row, sheet.column(column), withheld.value, why, "Ask the patient, and put it right in {system}."
    )
