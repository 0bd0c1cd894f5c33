"""Where a share may stand some periods from now, with a range that has been right as often as it says.

The middle is today's share: of what is published nothing better was found. The range comes from how shares changed before over as
many periods, in two parts that are added as variances: what moved all organisations together (a pandemic, a payment, the end of a
year), of which there are only as many examples as periods, so that Student's t widens it; and what moved each by itself. A range
drawn from the organisations alone, of which there are many, is far too narrow: it held the truth in 65 to 72 of 100 cases of the
published quarters where this holds it in 79 to 85 (`back_test`; asked for are 80, product-map.md J12).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

Series = Mapping[str, Mapping[int, float]]
"""Shares in percent by organisation and period; periods are counted in whole numbers, and one that is missing was not sent in."""

EARLIER = 3
"""So many earlier pairs of periods at least, or nothing is said."""
TOGETHER = 2
"""So many organisations at least make a pair of periods one that says how all moved."""
_EIGHTY = (
    3.078,
    1.886,
    1.638,
    1.533,
    1.476,
    1.440,
    1.415,
    1.397,
    1.383,
    1.372,
    1.363,
    1.356,
    1.350,
    1.345,
    1.341,
    1.337,
)
_FIFTY = (
    1.000,
    0.816,
    0.765,
    0.741,
    0.727,
    0.718,
    0.711,
    0.706,
    0.703,
    0.700,
    0.697,
    0.695,
    0.694,
    0.692,
    0.691,
    0.690,
)
"""Student's t for 1 to 16 degrees of freedom, at 0.9 and 0.75; beyond, the normal distribution's is near enough."""
_MANY = {80: 1.282, 50: 0.674}


@dataclass(frozen=True)
class Spread:
    """How far shares were from where they had been so many periods before, in percentage points."""

    periods: int
    together: float
    alone: float

    def half(self, percent: int) -> float:
        """Half of the range that holds the truth `percent` of 100 times, 50 or 80."""
        table = {80: _EIGHTY, 50: _FIFTY}[percent]
        t = table[self.periods - 1] if self.periods <= len(table) else _MANY[percent]
        return t * math.hypot(self.together, self.alone)


@dataclass(frozen=True)
class FanPoint:
    """Where a share may stand `ahead` periods from now, in percent: in the inner range as likely as not, in the outer four times
    of five."""

    ahead: int
    low: float
    inner_low: float
    middle: float
    inner_high: float
    high: float


@dataclass(frozen=True)
class Score:
    """Ranges said at `origin` and held against what came: so many said, so many right."""

    origin: int
    said: int
    held: int


def spread(series: Series, at: int, ahead: int) -> Spread | None:
    """From what was known at the period `at`; None where too little was."""
    moves: dict[int, list[float]] = {}
    for shares in series.values():
        for origin, share in shares.items():
            if origin + ahead <= at and origin + ahead in shares:
                moves.setdefault(origin, []).append(shares[origin + ahead] - share)
    means = {origin: fmean(found) for origin, found in moves.items() if len(found) >= min(TOGETHER, len(series))}
    if len(means) < EARLIER:
        return None
    together = math.sqrt(fmean(mean**2 for mean in means.values()))
    alone = math.sqrt(fmean((move - means[origin]) ** 2 for origin in means for move in moves[origin]))
    return Spread(len(means), together, alone)


def fan(series: Series, key: str, at: int, most: int) -> list[FanPoint]:
    """The next periods of one organisation from `at`, up to `most`, as far as enough is known; nothing where its share is not."""
    share = series.get(key, {}).get(at)
    found: list[FanPoint] = []
    for ahead in range(1, most + 1):
        known = spread(series, at, ahead)
        if share is None or known is None:
            break
        outer, inner = known.half(80), known.half(50)
        found.append(FanPoint(ahead, *(_bounded(share + way) for way in (-outer, -inner, 0.0, inner, outer))))
    return found


def _bounded(share: float) -> float:
    return min(100.0, max(0.0, share))


def back_test(series: Series, ahead: int) -> list[Score]:
    """At each period, from what was known then only, the range for every organisation, and how often it was right."""
    periods = sorted({period for shares in series.values() for period in shares})
    scores = []
    for origin in periods:
        known = spread(series, origin, ahead)
        if known is None:
            continue
        pairs = [
            (shares[origin], shares[origin + ahead])
            for shares in series.values()
            if origin in shares and origin + ahead in shares
        ]
        half = known.half(80)
        if pairs:
            scores.append(Score(origin, len(pairs), sum(abs(later - now) <= half for now, later in pairs)))
    return scores
