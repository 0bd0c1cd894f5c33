"""A second reading of the rule sets: plain Python over one person's entries, for the tests to hold the SQL against.

Written from docs/reference/rule-sets.md and the facts alone, without sight of the compiler, and slow on purpose: every
sentence there is one function here. It knows no table and no framework. Months are calendar months, clamped to the
month's end; "within n months" is later than the day n months before, and not after the day itself.
"""

from __future__ import annotations

import calendar
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from typing import Any

NOT_ELIGIBLE, NOT_ACTIONABLE, ACTIONABLE = 0, 1, 2

Members = Mapping[str, frozenset[str]]
"""Code set -> codes that are its members; a set that is not there has none."""

Rules = Mapping[str, Any]
"""A rule-set file, as tomllib reads it."""

COMPARES: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
}

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Entry:
    """A coded entry; `number` is its place in the order of writing."""

    number: int
    day: date
    code: str
    value: float | None = None
    unit: str = ""
    in_error: bool = False
    elsewhere: bool = False
    """Done elsewhere and not accepted by the practice (docs/adr/0012)."""


@dataclass(frozen=True)
class Person:
    """Whoever is judged; registrations are from a day until another, exclusive, or until now."""

    born: date
    registrations: Sequence[tuple[date, date | None]]
    entries: Sequence[Entry]
    deceased: bool = False

    def registered(self, on: date) -> date | None:
        """The first day of the registration that counts on a day, the latest; None where they are nobody's patient."""
        return max(
            (since for since, until in self.registrations if since <= on and (until is None or on < until)),
            default=None,
        )


@dataclass(frozen=True)
class Standing:
    """What a rule set says of a person on a day; parts are named by their keys."""

    status: int
    reason: str
    denominator: bool
    numerator: bool
    done: frozenset[str]
    declined: frozenset[str]
    due_on: date | None
    expires_on: date | None


def months_before(day: date, months: int) -> date:
    """The day so many calendar months before, clamped to the end of its month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def contract_year_of(day: date) -> date:
    """The 1 April that begins the contract year of a day."""
    return date(day.year if day.month >= 4 else day.year - 1, 4, 1)


def season_of(day: date) -> date | None:
    """The 1 September that begins the season of a day; None from 1 April to 31 August."""
    if day.month >= 9:
        return date(day.year, 9, 1)
    return date(day.year - 1, 9, 1) if day.month <= 3 else None


def age_on(born: date, on: date) -> int:
    """Completed years; a year of someone born on 29 February is complete on 1 March where there is none."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


@dataclass
class Reader:
    """One rule set, one person, one day."""

    rules: Rules
    members: Members
    person: Person
    on: date
    seen: list[Entry] = field(init=False)

    def __post_init__(self) -> None:
        self.seen = [
            entry for entry in self.person.entries if not (entry.in_error or entry.elsewhere) and entry.day <= self.on
        ]

    # ---------------------------------------------------------------- windows

    def within(self, day: date, months: int) -> bool:
        return months_before(self.on, months) < day <= self.on

    def first_day(self, on: date, months: int | None = None) -> date | None:
        """The first day that counts on a day: of so many months, or of the window of the rule set; None between seasons."""
        kind = self.rules["window"]
        if kind == "season":
            return season_of(on)
        if kind == "contract_year":
            began = contract_year_of(on)
            return began if months is None else months_before(date(began.year + 1, 3, 31), months) + ONE_DAY
        return months_before(on, self.rules["months"] if months is None else months) + ONE_DAY

    def counts(self, day: date, on: date, months: int | None = None) -> bool:
        first = self.first_day(on, months)
        return first is not None and first <= day <= on

    def of_part(self, part: Mapping[str, Any], day: date) -> bool:
        """Whether an entry of that day stands in a part's window."""
        return self.counts(day, self.on, self.months_of(part))

    def months_of(self, part: Mapping[str, Any]) -> int | None:
        """A part's own months; None where the window of the rule set is meant."""
        relief = part.get("relief")
        if relief and not self.flag(relief["unless_flag"]):
            return int(relief["months"])
        return part.get("months")

    def lapses(self, part: Mapping[str, Any], day: date) -> date:
        """The first day on which an entry of that day is in the part's window no longer."""
        months = self.months_of(part)
        at = day
        for step in (timedelta(days=27), ONE_DAY):
            while self.counts(day, at + step, months):
                at += step
        return at + ONE_DAY if self.counts(day, at, months) else at

    # ---------------------------------------------------------------- facts and conditions

    def in_sets(self, sets: Sequence[str]) -> list[Entry]:
        codes = frozenset().union(*(self.members.get(key, frozenset()) for key in sets))
        return [entry for entry in self.seen if entry.code in codes]

    def fact(self, name: str) -> Entry | None:
        """The entry that a fact picks."""
        rule = self.rules["facts"][name]
        entries = self.in_sets(rule["sets"])
        if rule.get("value"):
            entries = [e for e in entries if e.value is not None and ("unit" not in rule or e.unit == rule["unit"])]
        if "months" in rule:
            entries = [e for e in entries if self.within(e.day, rule["months"])]
        if rule.get("window"):
            entries = [e for e in entries if self.counts(e.day, self.on)]
        if "after" in rule:
            other = self.fact(rule["after"])
            if other is None:
                return None
            entries = [e for e in entries if e.day >= other.day + timedelta(days=rule.get("gap_days", 0))]
        if not entries:
            return None
        if rule.get("pick", "latest") == "earliest":
            picked = min(entries, key=lambda e: (e.day, e.number))
        else:
            picked = max(entries, key=lambda e: (e.day, e.number))
        if rule.get("lowest_of_day"):
            picked = min((e for e in entries if e.day == picked.day), key=lambda e: (e.value or 0.0, -e.number))
        return picked

    def flag(self, name: str) -> bool:
        [rule] = [rule for rule in self.rules["flags"] if rule["name"] == name]
        return any(self.holds(condition) for condition in rule["any"])

    def holds(self, condition: Mapping[str, Any]) -> bool:
        """Whether a condition is true."""
        if "all" in condition:
            return all(self.holds(part) for part in condition["all"])
        if "any" in condition:
            return any(self.holds(part) for part in condition["any"])
        if "flag" in condition:
            return self.flag(condition["flag"]) is condition["is"]
        if "person" in condition:
            return self.of_person(condition)
        entry = self.fact(condition["fact"])
        if "is" in condition:
            return (entry is not None) is {"known": True, "not known": False}[condition["is"]]
        if entry is None:
            return False
        if "within" in condition:
            return self.within(entry.day, condition["within"])
        if "day" in condition:
            other = self.fact(condition["than"])
            if other is None:
                return condition["day"] in (">", ">=")
            return COMPARES[condition["day"]](entry.day, other.day)
        return COMPARES[condition["value"]](entry.value, condition["number"])

    def of_person(self, condition: Mapping[str, Any]) -> bool:
        match condition["person"]:
            case "age":
                return COMPARES[condition["value"]](age_on(self.person.born, self.on), condition["number"])
            case "registered":
                since = self.person.registered(self.on)
                return since is not None and self.within(since, condition["within"])
            case "season_days":
                began = season_of(self.on)
                return began is not None and COMPARES[condition["value"]]((self.on - began).days, condition["number"])
        raise ValueError(condition["person"])

    # ---------------------------------------------------------------- parts

    @property
    def known_parts(self) -> list[Mapping[str, Any]]:
        """Parts with a member in some set; whatever has none can never be done."""
        return [part for part in self.rules["parts"] if any(self.members.get(key) for key in part["done"])]

    def latest(self, part: Mapping[str, Any], kinds: Sequence[str]) -> date | None:
        days = [entry.day for kind in kinds for entry in self.in_sets(part.get(kind, ()))]
        return max(days, default=None)

    def done(self) -> dict[str, date]:
        """Part -> the day of the entry that completes it."""
        days = {part["key"]: (part, self.latest(part, ["done"])) for part in self.known_parts}
        return {key: day for key, (part, day) in days.items() if day and self.of_part(part, day)}

    def declined(self) -> frozenset[str]:
        """Parts not done that were declined, or found unsuitable, within their window."""
        done = self.done()
        days = {part["key"]: (part, self.latest(part, ["declined", "unsuitable"])) for part in self.rules["parts"]}
        return frozenset(
            key for key, (part, day) in days.items() if day and key not in done and self.of_part(part, day)
        )

    # ---------------------------------------------------------------- what follows

    def groups(self, kind: str, cohort: str) -> Iterator[list[Mapping[str, Any]]]:
        """Groups of rules that hold for a cohort, lowest priority first: of one type and priority, all must hold."""
        rules = sorted(
            (rule for rule in self.rules.get("rules", ()) if rule["type"] == kind), key=lambda rule: rule["priority"]
        )
        for _, same in groupby(rules, key=lambda rule: rule["priority"]):
            group = list(same)
            cohorts = [
                label for rule in group if rule.get("cohort") for label in [rule["cohort"].replace(" ", "").split(",")]
            ]
            if all(cohort in labels for labels in cohorts) and all(self.holds(rule["cond"]) for rule in group):
                yield group

    def in_cohort(self, cohort: str, done: Mapping[str, date]) -> tuple[int, str, bool]:
        """Status, reason and whether the person is in the denominator, for one cohort."""
        for group in self.groups("F", cohort):
            return NOT_ELIGIBLE, group[0]["code"], False
        undone = [part for part in self.rules["parts"] if part["key"] not in done]
        if not undone:
            return NOT_ACTIONABLE, "done", True
        if self.rules["window"] == "season" and season_of(self.on) is None:
            return NOT_ACTIONABLE, "out_of_season", True
        holding = list(self.groups("S", cohort))
        if holding:
            adjusted = any(rule.get("pca") for group in holding for rule in group)
            return NOT_ACTIONABLE, holding[0][0]["code"], not adjusted
        if not any(part in self.known_parts for part in undone):
            return NOT_ACTIONABLE, "unknown", True
        return ACTIONABLE, "due", True

    def standing(self) -> Standing | None:
        if self.person.deceased or self.person.registered(self.on) is None:
            return None
        cohorts = [
            cohort for cohort in self.rules["cohorts"] if any(self.holds(condition) for condition in cohort["any"])
        ]
        if not cohorts:
            return None
        done = self.done()
        by_cohort = [(self.in_cohort(cohort["label"], done), cohort["priority"]) for cohort in cohorts]
        (status, reason, _), _ = min(by_cohort, key=lambda each: (-each[0][0], each[1]))
        complete = len(done) == len(self.rules["parts"])
        return Standing(
            status=status,
            reason=reason,
            denominator=any(counted for (_, _, counted), _ in by_cohort),
            numerator=complete and any(standing != NOT_ELIGIBLE for (standing, _, _), _ in by_cohort),
            done=frozenset(done),
            declined=self.declined(),
            due_on=None if status == NOT_ELIGIBLE else self.due_on(done),
            expires_on=self.expires_on(done),
        )

    # ---------------------------------------------------------------- days

    def expires_on(self, done: Mapping[str, date]) -> date | None:
        return min(
            (self.lapses(part, done[part["key"]]) for part in self.known_parts if part["key"] in done), default=None
        )

    def due_on(self, done: Mapping[str, date]) -> date | None:
        undone = [part for part in self.known_parts if part["key"] not in done]
        if self.rules["due"]["at"] == "season_start":
            return self.season_start(done=not undone)
        if undone:
            return min(self.became_due(part) for part in undone)
        expires = self.expires_on(done)
        if self.rules["due"]["at"] == "expiry" or expires is None:
            return expires
        return min(expires, self.birth_month_after(max(done.values())))

    def season_start(self, *, done: bool) -> date:
        began = season_of(self.on)
        if began is None:
            return date(self.on.year, 9, 1)
        return began.replace(year=began.year + 1) if done else began

    def became_due(self, part: Mapping[str, Any]) -> date:
        """When a part that is not done began to be missing."""
        latest = self.latest(part, ["done"])
        if latest is not None:
            return self.lapses(part, latest)
        registered = self.person.registered(self.on)
        assert registered is not None
        since = self.fact(self.rules["due"]["since"]) if "since" in self.rules["due"] else None
        return max(registered, since.day) if since else registered

    def birth_month_after(self, day: date) -> date:
        """Day 1 of the first birth month at least 90 days after a day (3.6); 29 February is February."""
        year = day.year
        while (first := date(year, self.person.born.month, 1)) < day + timedelta(days=90):
            year += 1
        return first


def read(rules: Rules, members: Members, person: Person, on: date) -> Standing | None:
    """What a rule set says of a person on a day; None where it has nothing to say of them."""
    return Reader(rules, members, person, on).standing()
