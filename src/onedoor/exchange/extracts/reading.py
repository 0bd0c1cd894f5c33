"""The rows of an extract as coded entries: each cell judged by itself, so that nothing valid is lost because its neighbour was bad.

Pure but for what it is given: the layout that a person confirmed, what records believes (`Judge`), and who is known. A row of no
data (a total, a note below the table, the same row once more) is passed over. Every other cell that is not taken is a `Rejected`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from onedoor.exchange.files.columns import Column, Layout, fold
from onedoor.exchange.files.measures import (
    DECLINED,
    DONE,
    MEASURES,
    NO_RESULT,
    NOT_READ,
    NOTHING,
    PANEL,
    REFUSED,
    WRONG_UNIT,
    Result,
    Value,
    mass_index,
    means_no,
    measure_in,
    number_in,
    order_of,
    read_day,
    read_nhs_number,
    unit_in,
    values_of,
)
from onedoor.records import api as records
from onedoor.records.types import EntryRow


class Rejected(NamedTuple):
    """A row, or a cell of one, that is not taken."""

    row: int
    column: str
    cell: str
    reason: str
    """A key of `REASONS`."""
    why: str
    what_to_do: str


class Who(NamedTuple):
    """Somebody whom the organisation has in its care, as far as a row may have to be held against them."""

    born_on: date
    family: str


REASONS: Mapping[str, str] = {
    "nhs_number": "No NHS number, or one that is wrong",
    "person": "Nobody in your care has this NHS number",
    "born_on": "Another date of birth",
    "family": "Another family name",
    "practice": "Of another practice",
    "no_date": "No date",
    "date": "A date that is none",
    "date_order": "A date that can be read two ways",
    "future": "A date to come",
    "before_birth": "Before birth",
    "not_done": "Said not to be done",
    "twice": "Another result of the same person and day",
    "said_done": "Said to be done, without a result",
    "no_result": "No result that can be read",
    "number": "Not a number",
    "no_value": "No value",
    "value": "A value where none belongs",
    "no_unit": "No unit",
    "unit": "Another unit",
    "percent": "HbA1c in per cent",
    "impossible": "A value that nobody has",
    "declined": "Declined, and no code for that is known here",
    "code_missing": "No code",
    "code_damaged": "A damaged code",
    "code_unknown": "A code not known here",
    "code_superseded": "A superseded code",
    "code_term": "Code and term differ",
    "code_cluster": "Another cluster",
    "row": "A row that cannot be read",
}
"""Why something is not taken, in words."""

_DECLINED_CODES: Mapping[str, str] = {
    "bp": "413123006",  # clinical.md 2 #13
    "systolic": "413123006",
    "diastolic": "413123006",
    "bmi": "736013005",  # #4
    "weight": "736013005",
    "height": "1037511000000103",  # #5
}
"""By measure, the code that says it was declined. Of a blood test it says nothing of which, and the others have none here."""

_SEND_AGAIN = "Put it right where it was recorded, and send the file again."
_TOTAL = re.compile(r"(grand )?total|sub ?total|sum|average|mean|count|number of\b.*|n ?=.*", re.IGNORECASE)
_YES = re.compile(r"(y|yes|true|1|x|✓|✔|declined|refused)", re.IGNORECASE)
_MOST_KNOWN = 250_000
"""So many rows are remembered to know the same one again; beyond it records knows, which writes each fact once."""


@dataclass
class Tally:
    """What a reading came to, in numbers."""

    rows: int = 0
    """Rows with data, whatever became of them."""
    passed_over: int = 0
    same_rows: int = 0
    hidden: int = 0
    entries: int = 0
    facts: int = 0
    """What the entries say: a blood pressure is two."""
    rejected: int = 0
    rows_rejected: int = 0
    """Rows of which nothing was taken."""
    filled: Counter[str] = field(default_factory=Counter)
    """By field, the rows that have something there."""
    reasons: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)
    """By check, the entries."""
    declined: int = 0
    first: date | None = None
    last: date | None = None


@dataclass
class Survey:
    """What a first look at all rows tells: whose they are, and in which order days are written, column by column."""

    people: dict[str, int] = field(default_factory=dict)
    """NHS number to the rows it stands in."""
    orders: dict[int, set[str]] = field(default_factory=dict)
    """By column, how its days are written: day or month first."""
    rows: int = 0

    def see(self, cells: Sequence[str], layout: Layout) -> None:
        """Look at one row."""
        self.rows += 1
        column = layout.one("nhs")
        number = read_nhs_number(_at(cells, column))[0] if column else ""
        if number:
            self.people[number] = self.people.get(number, 0) + 1
        for one in layout.columns:
            if one.what in ("date", "born") and (order := order_of(_at(cells, one))) in ("day", "month"):
                self.orders.setdefault(one.at, set()).add(order)

    def unsure(self, column: Column | None) -> bool:
        """Whether the days of a column are written month first, as far as they tell: then no other figure can be trusted."""
        return column is not None and self.orders.get(column.at) == {"month"}


def _at(cells: Sequence[str], column: Column | None) -> str:
    return cells[column.at] if column is not None and column.at < len(cells) else ""


@dataclass
class Reader:
    """Reads the rows of one sheet. `rejected` gets each cell that is not taken."""

    layout: Layout
    judge: records.Judge
    ods_code: str
    """Of whose file it is: where the entries are from."""
    survey: Survey
    people: Mapping[str, Who]
    own_people_only: bool
    """Whether a row may name no other practice."""
    from_1904: bool = False
    tally: Tally = field(default_factory=Tally)
    rejected: list[Rejected] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)
    _entered: dict[int, str] = field(default_factory=dict)
    _heading: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._mapped = [column for column in self.layout.columns if column.what]
        self._said = [
            column
            for column in self._mapped
            if column.what in ("value", "code", "declined", "done", "check", "term")
            or (column.what == "date" and column.measure)
        ]
        self._measures = self.layout.measures()
        self._heading = [fold(column.heading) for column in self.layout.columns]
        self._long = not self._measures

    def read(self, number: int, cells: Sequence[str], fault: str = "") -> list[EntryRow]:
        """The entries of a row that can be believed; of the others `rejected` says why."""
        tally = self.tally
        if fault:
            self._row(number)
            self._reject(
                number, None, ",".join(cells)[:200], "row", fault, "Put the row right, and send the file again."
            )
            return []
        if self._no_data(cells):
            tally.passed_over += 1
            return []
        if self._again(cells):
            tally.same_rows += 1
            return []
        self._row(number)
        for column in self._mapped:
            if _at(cells, column):
                tally.filled[column.field] += 1
        nhs = self._person(number, cells)
        if not nhs:
            tally.rows_rejected += 1
            return []
        before = len(self.rejected)
        entries = self._new(number, list(self._judged(number, cells, nhs)))
        if entries is None and len(self.rejected) == before:
            tally.rows -= 1
            tally.same_rows += 1
            return []
        entries = entries or []
        tally.entries += len(entries)
        tally.facts += sum(2 if entry.code == PANEL and "/" in entry.value else 1 for entry in entries)
        tally.rows_rejected += not entries and len(self.rejected) > before
        return entries

    def _row(self, number: int) -> None:
        self.tally.rows += 1

    def _no_data(self, cells: Sequence[str]) -> bool:
        """A total, a note or a heading between the rows: without an NHS number, and with nothing that a check would have."""
        nhs = _at(cells, self.layout.one("nhs"))
        first = next((cell for cell in cells if cell), "")
        said = [cell for column in self._said if (cell := _at(cells, column))]
        alone, words = len({cell for cell in cells if cell}) == 1, len(re.findall(r"[A-Za-z]{3,}", nhs)) > 1
        if not read_nhs_number(nhs)[0] and (alone or (not said and (words or not re.search(r"\d", nhs)))):
            return True
        if not re.search(r"\d", nhs) and _TOTAL.fullmatch(first.strip(" :")):
            return True
        return bool(nhs) and [fold(cell) for cell in cells if cell][:3] == [one for one in self._heading if one][:3]

    def _again(self, cells: Sequence[str]) -> bool:
        same = hash(tuple(_at(cells, column) for column in self._mapped))
        if same in self._seen:
            return True
        if len(self._seen) < _MOST_KNOWN:
            self._seen.add(same)
        return False

    def _new(self, number: int, entries: list[EntryRow]) -> list[EntryRow] | None:
        """The entries that no row before said; None where rows before said all of them. In a sheet with a row for each person
        two results of one check and day contradict each other, and nobody can tell which holds: the first does."""
        found: list[EntryRow] = []
        for entry in entries:
            key = hash((entry.nhs_number, entry.code, entry.day))
            before = self._entered.get(key)
            if before == entry.value:
                continue
            if before is not None and not self._long:
                column = self._column("value", self._measure_of(entry.code))
                self._reject(
                    *(number, column, f"{entry.value} {entry.unit}".strip(), "twice"),
                    f"a row before has {before or 'another result'} for the same person and day",
                    "Find out which of the two holds, and send that.",
                )
                continue
            if len(self._entered) < _MOST_KNOWN:
                self._entered[key] = entry.value
            found.append(entry)
        return found if found or not entries else None

    def _measure_of(self, code: str) -> str:
        """The measure of the sheet that a code is of; empty for a code of the file's own."""
        if code == PANEL:
            return next((name for name in ("bp", "systolic") if name in self._measures), "")
        return next((name for name in self._measures if MEASURES[name].code == code), "")

    def _reject(self, number: int, column: Column | None, cell: str, reason: str, why: str, what_to_do: str) -> None:
        heading = column.heading if column else ""
        one = Rejected(number, heading[:80], cell[:200], reason, why[:300], what_to_do[:300])
        if one in self.rejected:
            # One day of a row that every check of it shares is told once.
            return
        self.tally.rejected += 1
        self.tally.reasons[reason] += 1
        self.rejected.append(one)

    # ---- who

    def _person(self, number: int, cells: Sequence[str]) -> str:
        """The NHS number of a row whose person is certain; empty, and rejected, where it is not."""
        column = self.layout.one("nhs")
        text = _at(cells, column)
        nhs, why, what = read_nhs_number(text)
        if not nhs:
            self._reject(number, column, text, "nhs_number", why, what)
            return ""
        if what:
            self.tally.repaired[what] += 1
        practice = self.layout.one("practice")
        said = _at(cells, practice).upper()
        if self.own_people_only and said and said != self.ods_code and re.fullmatch(r"[A-Z][0-9A-Z]{4,5}", said):
            self._reject(
                number, practice, said, "practice", f"the row is of {said}", "Send it in the file of that practice."
            )
            return ""
        who = self.people.get(nhs)
        if who is None:
            self._reject(
                *(number, column, text, "person", "nobody in your care has this NHS number"),
                "If they are registered with you, read your list of patients first, then send this file again.",
            )
            return ""
        return nhs if self._same_person(number, cells, who) else ""

    def _same_person(self, number: int, cells: Sequence[str], who: Who) -> bool:
        column = self.layout.one("born")
        text = _at(cells, column)
        born = read_day(text, from_1904=self.from_1904, born=who.born_on) if text else None
        if born is not None and born != who.born_on:
            self._reject(
                *(number, column, text, "born_on", "the person with this NHS number was born on another day"),
                "Find out whose row it is: the NHS number or the date of birth is another’s.",
            )
            return False
        column = self.layout.one("family")
        text = _at(cells, column)
        if text and not _alike(text, who.family):
            # Even where the day of birth is theirs: where half of a sheet was sorted, names are all that tell.
            self._reject(
                *(number, column, text, "family", "the person with this NHS number has another family name"),
                "Find out whose row it is. If it is a new name, put it right in your list of patients, and send the file again.",
            )
            return False
        return True

    # ---- what

    def _judged(self, number: int, cells: Sequence[str], nhs: str) -> Iterator[EntryRow]:
        """What the row says, held against what records believes."""
        for entry, result in self._said_in(number, cells, nhs):
            found = self.judge.judge(entry)
            if isinstance(found, list):
                assert entry.day is not None
                if entry.day < self.people[nhs].born_on:
                    column = self._column("date", result.measure)
                    why = "the day is before the person was born"
                    self._reject(number, column, entry.day_text, "before_birth", why, _SEND_AGAIN)
                    continue
                part = MEASURES[result.measure].part if result.measure else entry.code
                self.tally.parts[part] += 1
                self.tally.first = min(self.tally.first or entry.day, entry.day)
                self.tally.last = max(self.tally.last or entry.day, entry.day)
                yield entry
                continue
            column = self._column(found.column, result.measure)
            cell = entry.day_text if found.column == "date" else _at(cells, column)
            self._reject(number, column, cell, found.reason, found.why, found.what_to_do)

    def _column(self, what: str, measure: str) -> Column | None:
        """The column that a doubt is about: of the measure, of its check, or of the row."""
        of_part = [name for name in self._measures if measure and MEASURES[name].part == MEASURES[measure].part]
        for one in (what, "value") if what in ("unit", "code") else (what,):
            for name in (measure, *of_part, ""):
                column = self.layout.one(one, name)
                if column is not None:
                    return column
        return self.layout.one("value", measure) or self.layout.one("check")

    def _said_in(self, number: int, cells: Sequence[str], nhs: str) -> Iterator[tuple[EntryRow, Result]]:
        if self._long:
            yield from self._long_row(number, cells, nhs)
            return
        parts: dict[str, list[Result]] = {}
        for measure in self._measures:
            for result in self._results(measure, cells):
                if _says(result):
                    parts.setdefault(MEASURES[measure].part, []).append(result)
                elif re.search(r"\w", result.text):
                    self._not_done(number, result)
        for results in parts.values():
            yield from self._part(number, nhs, results)

    def _results(self, measure: str, cells: Sequence[str]) -> list[Result]:
        """What the row has of a measure: one result, more where several columns have one in the same unit."""
        columns = [column for column in self.layout.all_of("value", measure) if _at(cells, column)]
        if len({column.unit for column in columns}) > 1:
            # The same in two units: that which is the code's, and nothing twice.
            own = [column for column in columns if column.unit in ("", MEASURES[measure].unit)]
            columns = own[:1] or columns[:1]
        done, day = _at(cells, self.layout.one("done", measure)), self._day_of(measure, cells)
        declined, code = _at(cells, self.layout.one("declined", measure)), _at(cells, self.layout.one("code", measure))
        if columns:
            return [
                Result(measure, _at(cells, column), self._unit_of(measure, cells, column), code, day)
                for column in columns
            ]
        text = "declined" if REFUSED.search(done) or _YES.fullmatch(declined) else ""
        if not text and DONE.fullmatch(done) and not code:
            text = done
        return [Result(measure, text, self._unit_of(measure, cells, None), code, day)]

    def _not_done(self, number: int, one: Result) -> None:
        why = "this says that it was not done, or that there is no result yet"
        column = self._column("value", one.measure)
        self._reject(number, column, one.text, "not_done", why, "Nothing, if it is so: it is not counted as done.")

    def _unit_of(self, measure: str, cells: Sequence[str], column: Column | None) -> str:
        own = _at(cells, self.layout.one("unit", measure))
        return (unit_in(own) or own) or (column.unit if column else "")

    def _day_of(self, measure: str, cells: Sequence[str]) -> str:
        """The text of the day: the measure's own, that of another of its check, or the row's."""
        part = MEASURES[measure].part
        columns = [self.layout.one("date", measure)]
        columns += [self.layout.one("date", name) for name in self._measures if MEASURES[name].part == part]
        return next((text for one in (*columns, self.layout.one("date")) if (text := _at(cells, one))), "")

    def _part(self, number: int, nhs: str, results: Sequence[Result]) -> Iterator[tuple[EntryRow, Result]]:
        """One check of a row that has a column for it: each measure by itself, but the two numbers of a blood pressure."""
        values: list[tuple[Value, Result]] = []
        refused = False
        for one in results:
            if REFUSED.search(one.text):
                if not refused:
                    yield from self._refusal(number, nhs, one)
                refused = True
                continue
            if one.code and one.code != PANEL:
                yield from self._coded(number, nhs, one, "")
                continue
            got, fault, detail = values_of(one)
            if fault:
                self._faulty(number, one, fault, detail)
                continue
            values += [(value, one) for value in got]
        yield from self._with_day(number, nhs, self._joined(number, values))

    def _joined(self, number: int, values: list[tuple[Value, Result]]) -> list[tuple[Value, Result]]:
        """A blood pressure as one; and the index that weight and height give, where the sheet has none."""
        have = {value.code: (value, one) for value, one in values}
        top, bottom = have.pop("271649006", None), have.pop("271650006", None)
        if bool(top) != bool(bottom):
            _, one = top or bottom or values[0]
            self._faulty(number, one, NO_RESULT, "a blood pressure is two numbers of one day")
        rest = [pair for pair in values if pair[0].code in have]
        if top and bottom:
            pair = Value(PANEL, None, f"{_figure(top[0].value)}/{_figure(bottom[0].value)}")
            rest.insert(0, (pair, top[1]))
        bare = [value for value, _ in rest]
        if (index := mass_index(bare)) != bare:
            rest.insert(0, (index[0], rest[0][1]))
        return rest

    def _with_day(
        self, number: int, nhs: str, values: Sequence[tuple[Value, Result]]
    ) -> Iterator[tuple[EntryRow, Result]]:
        for value, one in values:
            day = self._day(number, one)
            if day is None:
                continue
            text = value.unit if value.code == PANEL else _figure(value.value)
            unit = "mm[Hg]" if value.code == PANEL else value.unit
            yield self._entry(number, nhs, value.code, day, one.day, text, unit if text else ""), one

    def _entry(
        self, number: int, nhs: str, code: str, day: date, day_text: str, value: str, unit: str, term: str = ""
    ) -> EntryRow:
        return EntryRow(number, nhs, code, day, day_text, value, unit, self.ods_code, term, "")

    def _day(self, number: int, one: Result) -> date | None:
        """The day of a result; None, and rejected, where there is none or it can be read two ways."""
        column = self._column("date", one.measure)
        if not one.day:
            self._reject(
                *(number, column or self.layout.one("value", one.measure), one.text, "no_date", "no day is given"),
                "Put the day on which it was done there, and send the file again.",
            )
            return None
        if self.survey.unsure(column) and order_of(one.day) == "either":
            self._reject(
                *(number, column, one.day, "date_order", "other days of this column are written month first"),
                "Export the days as 2026-11-03, which can be read in one way only.",
            )
            return None
        day = read_day(one.day, from_1904=self.from_1904)
        if day is None:
            why = (
                "there is no such month: it may be written month first"
                if order_of(one.day) == "month"
                else "this is no day"
            )
            self._reject(
                number, column, one.day, "date", why, "Write it as 2026-11-03 or 03/11/2026, and send the file again."
            )
        return day

    def _refusal(self, number: int, nhs: str, one: Result) -> Iterator[tuple[EntryRow, Result]]:
        """Declined: never done. Where a code says so, it is an entry of its own."""
        self.tally.declined += 1
        code = _DECLINED_CODES.get(one.measure, "")
        if not code:
            self._faulty(
                number, one, DECLINED, "declined is not done, and no code for declining this check is known here"
            )
            return
        day = self._day(number, one)
        if day is not None:
            yield self._entry(number, nhs, code, day, one.day, "", ""), one

    def _coded(self, number: int, nhs: str, one: Result, term: str) -> Iterator[tuple[EntryRow, Result]]:
        """A result whose code the file has: records judges whether it is right, and its value."""
        text, unit = one.text.strip(), one.unit
        figures = number_in(text)
        if one.code == PANEL:
            value = text.split()[0] if "/" in text.split(" ")[0] else text.replace(" ", "")
            value = re.sub(r"[^\d/.]", "", value)
        elif figures is not None:
            value, unit = _figure(figures[0]), unit_in(figures[1]) or unit
        else:
            facts = self.judge.codes.get(one.code)
            # What stands beside a code that takes no value is its own words; beside another it is to be a number.
            value = "" if facts is None or not facts.unit else text
            if DONE.fullmatch(text) and facts is not None and facts.unit:
                self._faulty(number, one, NO_RESULT, "it is said to be done, without a result")
                return
        day = self._day(number, one)
        if day is not None:
            yield self._entry(number, nhs, one.code, day, one.day, value, unit if value else "", term), one

    def _long_row(self, number: int, cells: Sequence[str], nhs: str) -> Iterator[tuple[EntryRow, Result]]:
        """A row for each check: named by its code, its term or the word for it."""
        check, term = _at(cells, self.layout.one("check")), _at(cells, self.layout.one("term"))
        code, column = _at(cells, self.layout.one("code")), self.layout.one("value")
        named = measure_in(check) or measure_in(term)
        measure = named if named != NOT_READ else ""
        text, declined = _at(cells, column), _at(cells, self.layout.one("declined"))
        if not text and _YES.fullmatch(declined):
            text = "declined"
        own = _at(cells, self.layout.one("unit"))
        unit = (unit_in(own) or own) or unit_in(check) or (column.unit if column else "")
        one = Result(measure, text, unit, code, _at(cells, self.layout.one("date")))
        if not _says(one):
            if re.search(r"\w", text):
                self._not_done(number, one)
            return
        if REFUSED.search(text):
            yield from self._refusal(number, nhs, one)
        elif code:
            yield from self._coded(number, nhs, one, term)
        elif measure and (check or self.layout.one("code") is None):
            yield from self._part(number, nhs, [one])
        else:
            named_by = self.layout.one("code") or self.layout.one("check") or self.layout.one("term")
            self._reject(
                *(
                    number,
                    named_by,
                    check or term,
                    "code_missing",
                    "neither a code nor a name that is known says which check it is",
                ),
                "Put the SNOMED CT code or the name of the check there.",
            )

    def _faulty(self, number: int, one: Result, fault: str, detail: str) -> None:
        reason, what_to_do = fault, _SEND_AGAIN
        if fault == WRONG_UNIT:
            reason = "unit" if one.unit or unit_in(one.text) else "no_unit"
            what_to_do = "Say the unit in the heading, in a column beside it, or after the number."
            if one.measure == "hba1c" and "%" in (one.unit, unit_in(one.text)):
                reason, detail = "percent", "an HbA1c in per cent is no data for targets, which are in mmol/mol"
                what_to_do = "Send the value in mmol/mol."
            elif reason == "unit":
                detail = f"it is in {detail}"
                what_to_do = "Send it in that unit: nothing is converted here."
        elif fault == NO_RESULT and DONE.fullmatch(one.text.strip()):
            reason, what_to_do = "said_done", "Send the result itself: without it nobody can code the check."
        elif fault == DECLINED:
            what_to_do = "Record it in the practice’s system with the code for it."
        detail = detail.replace("mm[Hg]", "mmHg")
        self._reject(number, self._column("value", one.measure), one.text, reason, detail, what_to_do)


def _says(one: Result) -> bool:
    """Whether a row says anything of a measure: a code that stands in every row says nothing of a “not done” beside it."""
    text = one.text.strip()
    return (bool(text) and (means_no(one) or not NOTHING.fullmatch(text))) or (bool(one.code) and not text)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.9f}".rstrip("0").rstrip(".")


def _alike(one: str, other: str) -> bool:
    """Whether two family names may be one person’s: alike but for signs, or one a part of the other."""
    first, second = ({*re.findall(r"\w+", re.sub(r"['’]", "", text.casefold()))} for text in (one, other))
    return bool(first & second) or not first
