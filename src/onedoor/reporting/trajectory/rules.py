"""What is to be reached, and what that asks of each month from today: pure arithmetic on counts.

Two targets are kept apart, for the one may be met and the other missed: more people than at the baseline (a count), and a share
of whoever is on the register then (a rate). Seed 003's plan met its 14,000 and missed its 40%, because the register grew by 9%
(clinical.md 1.4, 5.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction

YEAR = 12
"""Months that a check counts (clinical.md 5.2)."""


def half_up(value: Fraction) -> int:
    """To the nearest whole number, a half away from nought (clinical.md 5.5: 1,478.5 is 1,479)."""
    return int((Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal(1), ROUND_HALF_UP))


def up(value: Fraction) -> int:
    """To the next whole number: part of a person is a person."""
    return int((Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal(1), ROUND_CEILING))


def plan_by_month(more: int, months: int) -> list[int]:
    """How many more by the end of each month when `more` are spread evenly: whole people, and the last is `more` itself.

    Raises ValueError for no months.
    """
    if months < 1:
        raise ValueError("a plan has at least one month")
    return [half_up(Fraction(more * month, months)) for month in range(1, months + 1)]


class ShareBy(StrEnum):
    """How an aim of several organisations is divided among them."""

    REGISTER = "register"
    """As many as each has people on its register."""
    GAP = "gap"
    """As many as each lacks of a rate: whoever has reached it has no part."""


@dataclass(frozen=True)
class Member:
    """An organisation at the baseline."""

    key: str
    register: int
    done: int


def shares(aim: int, members: Sequence[Member], by: ShareBy, rate: Decimal = Decimal(0)) -> dict[str, int]:
    """The part of `aim` that each member has; the parts sum to it (largest remainders; of equal ones the first by key).

    `rate` in percent is what a gap is measured to. Raises ValueError where there is nothing to divide by.
    """
    weights = {member.key: _weight(member, by, rate) for member in members}
    whole = sum(weights.values())
    if whole <= 0:
        raise ValueError("nobody has a register" if by is ShareBy.REGISTER else "nobody is below the rate")
    exact = {key: Fraction(aim) * weight / whole for key, weight in weights.items()}
    parts = {key: int(part) for key, part in exact.items()}
    left = aim - sum(parts.values())
    for key in sorted(exact, key=lambda key: (parts[key] - exact[key], key))[:left]:
        parts[key] += 1
    return parts


def _weight(member: Member, by: ShareBy, rate: Decimal) -> Fraction:
    if by is ShareBy.REGISTER:
        return Fraction(member.register)
    return max(Fraction(0), gap(member.register, member.done, rate))


def gap(register: int, done: int, rate: Decimal) -> Fraction:
    """How many more there must be for `rate` percent of the register: below nought where it is exceeded."""
    return Fraction(rate) / 100 * register - done


@dataclass(frozen=True)
class Needed:
    """What is still to be done for one target.

    `more` is how many more must be counted at the end than now. Whoever is counted leaves the count a year after their oldest
    check unless it is done again, so that `lapses`, who would leave it until then, are to be done besides (clinical.md 5.2). Of a
    day that is more than a year off these are all who are counted now, and its last twelve months alone have to bring everybody.
    """

    more: int
    lapses: int
    months: int
    """Whole months left."""

    @property
    def a_month(self) -> int | None:
        """Full checks a month from today; None when the day has come."""
        if self.months < 1:
            return None
        return up(Fraction(max(0, self.more + self.lapses), min(self.months, YEAR)))

    @property
    def reached(self) -> bool:
        """Whether nothing is missing today; those who lapse may still undo it."""
        return self.more <= 0


@dataclass(frozen=True)
class Targets:
    """A target as a count, as a rate in percent, or both, from a baseline."""

    baseline: int
    more: int | None
    rate: Decimal | None

    def count_needed(self, done: int) -> int | None:
        """How many more for the count; None where there is no such target."""
        return None if self.more is None else self.baseline + self.more - done

    def rate_needed(self, register: int, done: int) -> int | None:
        """How many more for the rate of today's register; None where there is no such target."""
        return None if self.rate is None else up(gap(register, done, self.rate))


def needed(targets: Targets, *, register: int, done: int, lapses: int, months: int) -> dict[str, Needed]:
    """What each target asks from today, by "count" and "rate". `lapses` until the day; beyond a year they are everybody."""
    lapses = done if months > YEAR else lapses
    missing = {"count": targets.count_needed(done), "rate": targets.rate_needed(register, done)}
    return {key: Needed(more, lapses, months) for key, more in missing.items() if more is not None}


def months_between(first: date, last: date) -> int:
    """From the month of the one day to that of the other, which is counted and the first is not."""
    return (last.year - first.year) * 12 + last.month - first.month


def last_month(due_on: date) -> date:
    """The first day of the last month that counts for a day: "by 1 April" is by the end of March."""
    return (due_on - timedelta(days=1)).replace(day=1)


def months_left(today: date, due_on: date) -> int:
    """Months from today's to the last one of a day, both counted: from September until 31 March they are seven."""
    return max(0, months_between(today, last_month(due_on)) + 1)


@dataclass(frozen=True)
class Plan:
    """What is aimed at, from the last day of the baseline until a day. `baseline` is (done, register)."""

    targets: Targets
    baseline_on: date
    due_on: date
    baseline: tuple[int, int]

    @property
    def ways(self) -> tuple[str, ...]:
        """ "count", "rate" or both, as it was set."""
        return tuple(way for way, one in (("count", self.targets.more), ("rate", self.targets.rate)) if one is not None)

    @property
    def months(self) -> int:
        """From the baseline to the end of the last month."""
        return months_between(self.baseline_on, last_month(self.due_on))

    def at(self, on: date) -> dict[str, Fraction]:
        """Where each target stands at the end of a month when it is spread evenly over the months: by "count" so many people, by
        "rate" so many percent. Nothing before the baseline."""
        done, register = self.baseline
        if on < self.baseline_on or self.months < 1:
            return {}
        passed = min(months_between(self.baseline_on, on), self.months)
        found = {}
        if self.targets.more is not None:
            found["count"] = Fraction(
                done + (plan_by_month(self.targets.more, self.months)[passed - 1] if passed else 0)
            )
        if self.targets.rate is not None:
            start = Fraction(100 * done, register)
            found["rate"] = start + (Fraction(self.targets.rate) - start) * passed / self.months
        return found


@dataclass(frozen=True)
class Outcome:
    """How a plan came out, by both targets: met, missed, or not asked for (None)."""

    done: int
    register: int
    count_met: bool | None
    rate_met: bool | None
    more: int
    """Than at the baseline."""

    @property
    def rate(self) -> Fraction:
        """In percent, not rounded."""
        return Fraction(100 * self.done, self.register)


def outcome(targets: Targets, *, register: int, done: int) -> Outcome:
    """A plan held against what came. Raises ValueError without a register: nothing was sent in, so nothing is known."""
    if register < 1:
        raise ValueError("without a register there is no rate")
    count, rate = targets.count_needed(done), targets.rate_needed(register, done)
    return Outcome(
        done=done,
        register=register,
        count_met=None if count is None else count <= 0,
        rate_met=None if rate is None else rate <= 0,
        more=done - targets.baseline,
    )
