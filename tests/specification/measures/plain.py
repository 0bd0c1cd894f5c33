"""A plain reading of the measures of severe mental illness: from people and when each thing about them was recorded, to figures.

It shares nothing with the product but the rule set's file: who is in and what is done is `recall.reading`'s word.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tests.specification.recall import golden
from tests.specification.recall.reading import Entry, Person, Standing, read


@dataclass(frozen=True)
class Recorded:
    """An entry with its history: when it was recorded, and from when until when it counted, if not ever since."""

    entry: Entry
    at: datetime
    wrong_at: datetime | None = None
    accepted_at: datetime | None = None
    """When what was done elsewhere came to count; None of an entry of elsewhere: it never did."""

    def counts(self, known: datetime) -> bool:
        if self.at > known or (self.wrong_at is not None and self.wrong_at <= known):
            return False
        return not self.entry.elsewhere or (self.accepted_at is not None and self.accepted_at <= known)


@dataclass
class History:
    """Somebody with all that was ever recorded. `registrations`: practice, since, until; `died_at`: when it was recorded."""

    person: Person
    registrations: Sequence[tuple[str, date, date | None]]
    entries: list[Recorded] = field(default_factory=list)
    died_at: datetime | None = None

    def practice(self, on: date) -> str | None:
        there = [
            (since, code) for code, since, until in self.registrations if since <= on and (until is None or on < until)
        ]
        return max(there)[1] if there else None

    def dead(self, known: datetime) -> bool:
        return self.died_at is not None and self.died_at <= known

    def standing(self, on: date, known: datetime) -> Standing | None:
        counting = [
            Entry(one.entry.number, one.entry.day, one.entry.code, one.entry.value, one.entry.unit)
            for one in self.entries
            if one.counts(known)
        ]
        person = Person(
            self.person.born, [(since, until) for _, since, until in self.registrations], counting, self.dead(known)
        )
        return read(golden.rule_set("smi"), golden.members(), person, on)


@dataclass
class Sums:
    """The figures of one practice; None: nothing is known of it."""

    list: int = 0
    heard: bool = False
    register: int = 0
    out: int = 0
    complete: int = 0
    new: int = 0
    lapsed: int = 0
    parts: dict[str, int] = field(default_factory=dict)


def figures(people: Sequence[History], month: date, known: datetime) -> Mapping[str, Sums]:
    """By practice, for the month that begins on this day."""
    last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    before = month - timedelta(days=1)
    found: dict[str, Sums] = {}
    for one in people:
        practice = one.practice(last)
        if practice is None or one.dead(known):
            continue
        sums = found.setdefault(practice, Sums())
        sums.list += 1
        sums.heard = sums.heard or any(entry.counts(known) for entry in one.entries)
        now, then = one.standing(last, known), one.standing(before, known)
        if now is None:
            continue
        if not now.denominator:
            sums.out += 1
        else:
            sums.register += 1
            sums.complete += now.numerator
            for part in now.done:
                sums.parts[part] = sums.parts.get(part, 0) + 1
        was = then is not None and then.numerator
        sums.new += now.numerator and not was
        sums.lapsed += now.denominator and not now.numerator and was
    return found
