"""Funnel limits: which shares differ from the average by more than their size explains.

A standard method (D. J. Spiegelhalter, Funnel plots for comparing institutional performance, Statistics in Medicine 2005;
24: 1185-1202): shares of small organisations scatter more than those of large ones, so a league table of them says little.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, lgamma, log, log1p, sqrt
from statistics import quantiles

WARNING, ACTION = 0.95, 0.998
"""The shares of chance that lie inside the inner and the outer limits."""
MANY = 5
"""Over-dispersion is not judged among fewer (invented)."""
WINSORISED = 10
"""Parts of which the outermost two count as their borders when over-dispersion is judged: 10% on each side."""


class Position(StrEnum):
    """Where a share lies."""

    FAR_ABOVE = "above the 99.8% limit"
    ABOVE = "above the 95% limit"
    INSIDE = "inside the limits"
    BELOW = "below the 95% limit"
    FAR_BELOW = "below the 99.8% limit"


@dataclass(frozen=True)
class Counted:
    """An organisation's figure. None for what was not sent; a denominator of 0 is no submission either (clinical.md 1.4)."""

    organisation: str
    numerator: int | None
    denominator: int | None

    @property
    def sent(self) -> bool:
        return self.numerator is not None and bool(self.denominator)


@dataclass(frozen=True)
class Placed:
    """An organisation with its share and its limits, all from 0 to 1. `z`: standard errors from the average."""

    organisation: str
    numerator: int
    denominator: int
    share: float
    z: float
    warning: tuple[float, float]
    action: tuple[float, float]
    position: Position


@dataclass(frozen=True)
class Funnel:
    """Organisations against the limits for their size, the furthest from the average first.

    `dispersion`: how many times the variance is what chance alone makes; None where too few sent. `widened`: the limits allow for
    it. `missing`: who sent nothing, and is nowhere on the chart.
    """

    average: float
    placed: list[Placed]
    missing: list[str]
    dispersion: float | None
    widened: bool

    @property
    def outside(self) -> list[Placed]:
        """Who lies outside the 99.8% limits."""
        return [one for one in self.placed if one.position in (Position.FAR_ABOVE, Position.FAR_BELOW)]


def funnel(figures: Iterable[Counted]) -> Funnel | None:
    """The funnel of shares; None where nobody sent anything.

    The average is Σ numerators / Σ denominators. The limits for a size n are the binomial's quantiles of that average over n,
    each drawn between whole counts by `quantile`. The dispersion is φ = Σ z² / I over I organisations, each z = (share − average)
    / √(average × (1 − average) / n) brought in to the 10th and 90th part; where I × φ is beyond the 95% point of χ² with I
    degrees (I + 1.645 √(2 I), which is close enough from five upwards), the limits are average ± 1.96 and ± 3.09 standard errors
    × √φ, and `widened` is said. ValueError where a numerator is beyond its denominator.
    """
    every = list(figures)
    sent = [
        (one.organisation, one.numerator, one.denominator)
        for one in every
        if one.numerator is not None and one.denominator
    ]
    for organisation, part, whole in sent:
        if not 0 <= part <= whole:
            raise ValueError(f"{organisation}: {part} of {whole} cannot be a share")
    missing = [one.organisation for one in every if not one.sent]
    if not sent:
        return None
    average = sum(part for _, part, _ in sent) / sum(whole for _, _, whole in sent)
    scores = {organisation: _z(part, whole, average) for organisation, part, whole in sent}
    dispersion = _dispersion(list(scores.values()))
    count = len(sent)
    widened = dispersion is not None and dispersion > 1 and count * dispersion > count + 1.645 * sqrt(2 * count)
    factor = sqrt(dispersion) if widened and dispersion else None
    placed = []
    for organisation, part, whole in sent:
        warning, action = (bounds(average, whole, inside, factor) for inside in (WARNING, ACTION))
        share = part / whole
        position = _position(share, warning, action)
        placed.append(Placed(organisation, part, whole, share, scores[organisation], warning, action, position))
    placed.sort(key=lambda one: (-abs(one.z), one.organisation))
    return Funnel(average, placed, missing, dispersion, widened)


def bounds(average: float, size: int, inside: float, factor: float | None = None) -> tuple[float, float]:
    """The limits of a share for a size, from 0 to 1: exact binomial ones, or with a `factor` the widened normal ones."""
    if factor is None:
        tail = (1 - inside) / 2
        return quantile(average, size, tail) / size, quantile(average, size, 1 - tail) / size
    reach = {WARNING: 1.959964, ACTION: 3.090232}[inside] * factor * sqrt(average * (1 - average) / size)
    return max(0.0, average - reach), min(1.0, average + reach)


def quantile(average: float, size: int, chance: float) -> float:
    """Where the binomial's distribution function reaches a chance, between counts: with r the least count at which it does,
    r − (F(r) − chance) / (F(r) − F(r − 1)), never below 0 (Spiegelhalter's appendix A.1.1)."""
    if average in (0.0, 1.0):
        return average * size
    reached = 0.0
    # Nine standard errors below the mean there is nothing that a float could hold.
    start = max(0, int(average * size - 9 * sqrt(size * average * (1 - average))) - 1)
    for count in range(start, size + 1):
        at = exp(
            lgamma(size + 1) - lgamma(count + 1) - lgamma(size - count + 1)
            + count * log(average) + (size - count) * log1p(-average)
        )  # fmt: skip
        if reached + at >= chance or count == size:
            return max(0.0, count - (reached + at - chance) / at) if at else float(count)
        reached += at
    raise AssertionError("a distribution ends at 1")


def _z(part: int, whole: int, average: float) -> float:
    error = sqrt(average * (1 - average) / whole)
    return (part / whole - average) / error if error else 0.0


def _dispersion(scores: Sequence[float]) -> float | None:
    if len(scores) < MANY:
        return None
    cuts = quantiles(scores, n=WINSORISED, method="inclusive")
    low, high = cuts[0], cuts[-1]
    return sum(min(max(score, low), high) ** 2 for score in scores) / len(scores)


def _position(share: float, warning: tuple[float, float], action: tuple[float, float]) -> Position:
    if share > action[1]:
        return Position.FAR_ABOVE
    if share < action[0]:
        return Position.FAR_BELOW
    if share > warning[1]:
        return Position.ABOVE
    return Position.BELOW if share < warning[0] else Position.INSIDE
