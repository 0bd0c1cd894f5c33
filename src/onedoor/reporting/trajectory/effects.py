"""What the initiatives of a plan would bring, added up from below (seed 003: "bottom up action plans").

Each owner says how many more full checks a month it brings once it works, and the range in which they are four fifths sure that
it lies. A check counts for twelve months, so that what an initiative brings grows for a year and is then kept up; what it brought
in the year before is in today's figures already (clinical.md 5.2). It begins at once, in three or in six months, and comes to its
full strength within three (invented: seed 003 names the windows and not how an effect grows). Initiatives are taken to succeed or
fail independently, so that variances add; what all share, as a shortage of staff, is in the spread of the forecast.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from onedoor.reporting.trajectory.rules import YEAR, months_between

WINDOWS = {"0-3": 0, "3-6": 3, "6+": 6}
"""After how many months an initiative begins to have its effect."""
RAMP = 3
"""In how many months it comes to its full strength."""
_EIGHTY = Decimal("1.2816")
"""Standard deviations from the middle to either end of a range of 80%."""


@dataclass(frozen=True)
class Effect:
    """`expected` more full checks a month at full strength, `low` to `high`; from the month of `starts_on` until `ends_on`."""

    starts_on: date
    ends_on: date | None
    window: str
    expected: Decimal
    low: Decimal
    high: Decimal

    @property
    def deviation(self) -> Decimal:
        """As the standard deviation of a month at full strength."""
        return (self.high - self.low) / (2 * _EIGHTY)


@dataclass(frozen=True)
class Brought:
    """How many more are counted at the end of a month than before the first, all initiatives together, and the standard deviation
    of it."""

    month: date
    more: Decimal
    deviation: Decimal


def strength(effect: Effect, month: date) -> Fraction:
    """0 to 1: how much of its effect an initiative has in a month (its first day)."""
    if effect.ends_on is not None and month > effect.ends_on:
        return Fraction(0)
    since = months_between(effect.starts_on, month)
    return min(Fraction(1), max(Fraction(0), Fraction(since - WINDOWS[effect.window] + 1, RAMP)))


def brought(effects: Sequence[Effect], months: Sequence[date]) -> list[Brought]:
    """At the end of each of `months` (their first days, in order), against the month before the first of them."""
    found = []
    before = [_counting(effect, _back(months[0], 1)) for effect in effects] if months else []
    for month in months:
        sums = [_counting(effect, month) - was for effect, was in zip(effects, before, strict=True)]
        more = sum((_times(effect.expected, part) for effect, part in zip(effects, sums, strict=True)), Decimal(0))
        # An owner who is wrong is wrong in each month alike: deviations of one initiative add, those of several do not.
        variance = sum(float(_times(effect.deviation, part)) ** 2 for effect, part in zip(effects, sums, strict=True))
        found.append(Brought(month, more, Decimal(str(round(math.sqrt(variance), 6)))))
    return found


def _counting(effect: Effect, month: date) -> Fraction:
    """Months at full strength of which the checks still count at the end of a month."""
    return sum((strength(effect, _back(month, ago)) for ago in range(YEAR)), Fraction(0))


def _back(month: date, ago: int) -> date:
    months = month.year * 12 + month.month - 1 - ago
    return date(months // 12, months % 12 + 1, 1)


def _times(amount: Decimal, part: Fraction) -> Decimal:
    return amount * part.numerator / part.denominator
