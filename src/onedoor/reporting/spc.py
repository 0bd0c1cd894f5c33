"""XmR charts: which points of a measure over time are more than its usual ups and downs (clinical.md 5.1).

The rules are those of the NHS's Making Data Count as its open package `NHSRplotthedots` computes them. Pure functions of numbers;
values are in the measure's own unit, and so are the limits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

Value = int | float | Decimal | None
"""None: nobody sent it. It is drawn as a gap, is in no average, and ends a run and a trend."""

LIMIT = 2.66
"""Limits stand this many average moving ranges from the mean; near limits two thirds of that."""
SCREEN = 3.267
"""A moving range of this many averages or more is left out of the average when outliers are screened."""
RUN = 7
TRIAL_BELOW = 12
"""Limits of fewer points are trial limits. The source says 12 to 13; ours is 12, so that three years of quarters have limits."""
TINY_MEAN = 5
"""Counts that average less than this are not charted (invented: the line below which a count is not told, clinical.md 5.3)."""


class Direction(StrEnum):
    """Which way is better."""

    INCREASE = "increase"
    DECREASE = "decrease"
    NEUTRAL = "neutral"


class Rule(StrEnum):
    """Why a point is special; the first that fits is named, in this order."""

    OUTSIDE = "outside the limits"
    TREND = "seven in a row rising or falling"
    NEAR = "two of three near one limit"
    RUN = "seven in a row on one side of the mean"


class Meaning(StrEnum):
    """What a special point means for the measure."""

    IMPROVEMENT = "improvement"
    CONCERN = "concern"
    HIGH = "high"
    LOW = "low"


class Assurance(StrEnum):
    """What the limits say about a target."""

    PASS = "consistently passes"
    FAIL = "consistently fails"
    INCONSISTENT = "passes and fails by chance"


class Kind(StrEnum):
    """What a series is made of."""

    COUNT = "count"
    """A count of each period by itself."""
    SHARE = "share"
    TIME = "time"
    ROLLING = "rolling"
    """Each value covers the last 12 months, or any span longer than the step from value to value."""
    CUMULATIVE = "cumulative"
    """Each value is the sum since a start."""


@dataclass(frozen=True)
class Limits:
    """Mean and limits of a stretch of points. `points`: how many made them."""

    mean: float
    average_range: float
    points: int

    @property
    def lower(self) -> float:
        return self.mean - LIMIT * self.average_range

    @property
    def upper(self) -> float:
        return self.mean + LIMIT * self.average_range

    @property
    def near_lower(self) -> float:
        return self.mean - LIMIT * 2 / 3 * self.average_range

    @property
    def near_upper(self) -> float:
        return self.mean + LIMIT * 2 / 3 * self.average_range

    @property
    def trial(self) -> bool:
        """Too few points to rely on."""
        return self.points < TRIAL_BELOW


@dataclass(frozen=True)
class Point:
    """A value with the limits of its stretch; `rule` and `meaning` are None for the usual ups and downs."""

    value: float | None
    limits: Limits | None
    rule: Rule | None = None
    meaning: Meaning | None = None


@dataclass(frozen=True)
class XmR:
    """A series with its limits. `assurance` is None without a target, without limits, or where neither way is better."""

    points: list[Point]
    assurance: Assurance | None

    @property
    def limits(self) -> Limits | None:
        """The limits in force at the end."""
        return self.points[-1].limits if self.points else None

    @property
    def special(self) -> list[int]:
        """Where the special points stand."""
        return [at for at, point in enumerate(self.points) if point.rule]

    @property
    def notes(self) -> list[str]:
        """What must stand under the chart."""
        if self.limits is None:
            return ["Too few points for limits"]
        return (
            [f"Limits of {self.limits.points} points only: from {TRIAL_BELOW} on they hold"]
            if self.limits.trial
            else []
        )


def limits(values: Sequence[Value], *, screen_outliers: bool = True) -> Limits | None:
    """Mean and limits of values; None for fewer than two.

    No moving range is taken across a gap. NHS England's Excel tool does not screen; the package does unless told otherwise.
    """
    known = [float(value) for value in values if value is not None]
    ranges = [abs(float(b) - float(a)) for a, b in pairwise(values) if a is not None and b is not None]
    if not ranges:
        return None
    average = sum(ranges) / len(ranges)
    if screen_outliers:
        # Where nothing ever moves, nothing can be screened.
        kept = [one for one in ranges if one < SCREEN * average] or ranges
        average = sum(kept) / len(kept)
    return Limits(sum(known) / len(known), average, len(known))


def xmr(
    values: Sequence[Value],
    *,
    better: Direction = Direction.NEUTRAL,
    target: Value = None,
    screen_outliers: bool = True,
    fixed_after: int | None = None,
    rebased_at: Collection[int] = (),
) -> XmR:
    """The series with its limits and special points.

    `fixed_after`: limits are made of that many first points of a stretch. `rebased_at`: positions at which a new stretch, with
    limits of its own, begins; runs and trends do not cross it. ValueError for a position or a number of points that cannot be.
    """
    if fixed_after is not None and fixed_after < 2:
        raise ValueError("limits need at least two points")
    if wrong := [at for at in rebased_at if not 0 < at < len(values)]:
        raise ValueError(f"no new limits can begin at {wrong[0]}: the series has {len(values)} values, counted from 0")
    starts = sorted({0, *rebased_at})
    points: list[Point] = []
    for start, end in zip(starts, [*starts[1:], len(values)], strict=True):
        points += _stretch(values[start:end], better, screen_outliers, fixed_after)
    return XmR(points, _assurance(points[-1].limits if points else None, better, target))


def _stretch(values: Sequence[Value], better: Direction, screen: bool, fixed_after: int | None) -> list[Point]:
    made = limits(values[:fixed_after], screen_outliers=screen)
    numbers = [None if value is None else float(value) for value in values]
    if made is None:
        return [Point(number, None) for number in numbers]
    rules: list[Rule | None] = []
    for run in _between_gaps(numbers):
        rules += [None] if run is None else _rules(run, made)
    return [Point(n, made, rule, _meaning(n, made, rule, better)) for n, rule in zip(numbers, rules, strict=True)]


def _between_gaps(numbers: Sequence[float | None]) -> list[list[float] | None]:
    """Values that follow one another, and a None for each gap."""
    runs: list[list[float] | None] = []
    for number in numbers:
        if number is None:
            runs.append(None)
        elif runs and (last := runs[-1]) is not None:
            last.append(number)
        else:
            runs.append([number])
    return runs


def _rules(values: list[float], made: Limits) -> list[Rule | None]:
    sides = [_sign(value - made.mean) for value in values]
    outside = [not made.lower <= value <= made.upper for value in values]
    near = [
        not out and not made.near_lower <= value <= made.near_upper for value, out in zip(values, outside, strict=True)
    ]
    found = {
        Rule.OUTSIDE: outside,
        Rule.TREND: trend_of_seven(values),
        Rule.NEAR: two_of_three(near, sides),
        Rule.RUN: run_of_seven(sides),
    }
    return [next((rule for rule in Rule if found[rule][at]), None) for at in range(len(values))]


def run_of_seven(sides: Sequence[int]) -> list[bool]:
    """Which points are in seven or more on one side of the mean; sides are 1, 0 (on the mean, which ends a run) and −1."""
    return _in_windows(len(sides), RUN, lambda at: sides[at] != 0 and len(set(sides[at : at + RUN])) == 1)


def trend_of_seven(values: Sequence[float]) -> list[bool]:
    """Which points are in seven that rise or fall six times one after the other; a tie ends it."""
    steps = [_sign(b - a) for a, b in pairwise(values)]
    return _in_windows(len(values), RUN, lambda at: steps[at] != 0 and len(set(steps[at : at + RUN - 1])) == 1)


def two_of_three(near: Sequence[bool], sides: Sequence[int]) -> list[bool]:
    """Which points near a limit are two of three that follow one another, all three on one side of the mean. `near`: between the
    near limit and the limit."""
    part = _in_windows(len(near), 3, lambda at: sum(near[at : at + 3]) >= 2 and abs(sum(sides[at : at + 3])) == 3)
    return [a and b for a, b in zip(part, near, strict=True)]


def _in_windows(length: int, width: int, fits: Callable[[int], bool]) -> list[bool]:
    starts = {at for at in range(length - width + 1) if fits(at)}
    return [any(start in starts for start in range(at - width + 1, at + 1)) for at in range(length)]


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


def _meaning(value: float | None, made: Limits, rule: Rule | None, better: Direction) -> Meaning | None:
    if rule is None or value is None:
        return None
    high = value > made.mean
    if better is Direction.NEUTRAL:
        return Meaning.HIGH if high else Meaning.LOW
    return Meaning.IMPROVEMENT if high == (better is Direction.INCREASE) else Meaning.CONCERN


def _assurance(made: Limits | None, better: Direction, target: Value) -> Assurance | None:
    if made is None or target is None or better is Direction.NEUTRAL:
        return None
    above, below = float(target) > made.upper, float(target) < made.lower
    if better is Direction.DECREASE:
        above, below = below, above
    return Assurance.FAIL if above else Assurance.PASS if below else Assurance.INCONSISTENT


@dataclass(frozen=True)
class Charting:
    """Whether limits may be drawn; `why` says why not, in words for the page. True where they may."""

    why: str = ""

    def __bool__(self) -> bool:
        return not self.why


def may_chart(kind: Kind, values: Sequence[Value] = ()) -> Charting:
    """Whether an XmR chart of the series tells signal from noise; where it misleads, why."""
    known = [float(value) for value in values if value is not None]
    if kind is Kind.ROLLING:
        return Charting("Each value shares most of its months with the one before, so limits would be far too narrow. "
                        "Chart what was newly done in each month.")  # fmt: skip
    if kind is Kind.CUMULATIVE:
        return Charting("A sum that only grows always looks like a trend. Chart each period by itself.")
    if known and len(set(known)) == 1:
        return Charting("Every value is the same, so there are no ups and downs to make limits of.")
    if kind is Kind.COUNT and known and sum(known) / len(known) < TINY_MEAN:
        return Charting(
            f"Counts that average below {TINY_MEAN} move in steps too large for limits. Chart a longer period."
        )
    return Charting()
