"""The fan: where a share was, where it may stand at the end of the coming quarters, and what was planned.

The range is that of `forecasting`, from how shares of organisations of the same level moved in the published quarters. What the
initiatives of a plan bring is added to its middle, and their owners' doubt to its width, as variances.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from onedoor.kernel.access import Access
from onedoor.reporting import published
from onedoor.reporting.charts import Fan, Mark, Range
from onedoor.reporting.levels import Level, Unit
from onedoor.reporting.published import ALL_SIX, Quarter
from onedoor.reporting.tables import Cell, Column, Table
from onedoor.reporting.trajectory.effects import Effect, brought
from onedoor.reporting.trajectory.forecasting import FanPoint, back_test, spread
from onedoor.reporting.trajectory.forecasting import fan as ranges_of
from onedoor.reporting.trajectory.rules import Plan, last_month, months_between
from onedoor.reporting.trajectory.standing import PUBLISHED, Standing, at_level

_MOST = 8
"""Quarters ahead: two years. Beyond, a range says little."""
_MANY = 20
"""So many organisations of a level, or ranges are learned from groups (ours): of six care systems they were right in 68 of 100
cases a year ahead, of all groups of England in 79 to 85."""
_BEHIND = 9
"""Periods of what was."""
_EIGHTY, _FIFTY = 1.2816, 0.6745
_PLACES = 6

Shares = tuple[tuple[str, tuple[tuple[int, float], ...]], ...]
"""Shares in per cent by organisation and quarter, as what is kept by."""


@dataclass(frozen=True)
class Coverage:
    """How often ranges like these held what came: of so many `said`, `held`, `ahead` quarters later, of organisations of a
    level."""

    said: int
    held: int
    ahead: int
    level: Level

    @property
    def of_100(self) -> int:
        """To the nearest."""
        return (200 * self.held + self.said) // (2 * self.said)


def fan(
    access: Access, unit: Unit, was: Sequence[Standing], plan: Plan | None, effects: Sequence[Effect]
) -> tuple[Fan | None, Coverage | None, str]:
    """The chart with its table, how its ranges did in the past, and, where there is none, why not in words.

    `was` are the standings of one kind, by day; the last is today's.
    """
    now = was[-1]
    if unit.level in (Level.PRACTICE, Level.PCN) and now.kind != PUBLISHED:
        return (
            None,
            None,
            "So small an organisation moves by chance more than any that was published: no range is said.",
        )
    level, series = learned(access, at_level(unit))
    if not series:
        return (
            None,
            None,
            "No quarters were published from which a range could be learned: read the national file first.",
        )
    most = _ahead(now.on, plan.due_on if plan else None)
    own = unit.ods_code if now.kind == PUBLISHED else "our record"
    at = _index(Quarter.ending(now.on)) if now.kind == PUBLISHED else max(q for _, row in series for q, _ in row)
    points = _points(series, own, at, float(now.share), most)
    if not points:
        return None, None, "Too few quarters were published to learn a range from."
    said, held = _scores(series, len(points))
    coverage = Coverage(said, held, len(points), level) if said else None
    return _drawn(unit, was, plan, effects, points), coverage, ""


def learned(access: Access, level: Level) -> tuple[Level, Shares]:
    """The shares that a range is learned from: of organisations of a level where there are many, else of groups, which are many
    and move a little more."""
    series = _series(access, level)
    return (level, series) if len(series) >= _MANY else (Level.CCG, _series(access, Level.CCG))


def _series(access: Access, level: Level) -> Shares:
    known = published.quarters(access)
    if not known:
        return ()
    found: dict[str, list[tuple[int, float]]] = {}
    for one in published.sums(access, level, first=known[0], last=known[-1]):
        share = one.share(ALL_SIX)
        if share is not None:
            found.setdefault(one.code, []).append((_index(one.quarter), float(share)))
    return tuple((code, tuple(row)) for code, row in sorted(found.items()))


def _index(quarter: Quarter) -> int:
    return 4 * quarter.year + quarter.quarter - 1


def _ahead(on: date, due_on: date | None) -> int:
    """Quarters from a day until the target's, the last one begun; a year where there is none or its day has come."""
    months = months_between(on, last_month(due_on)) if due_on else 0
    return min(_MOST, math.ceil(months / 3)) if months > 0 else 4


def usual(series: Shares, unit: Unit, start: Standing, end: Standing) -> float | None:
    """By how many percentage points a share moves by itself from the one day to the other, four times of five at most, by
    what was `learned`; None where too little is known to say."""
    if not series or (unit.level in (Level.PRACTICE, Level.PCN) and start.kind != PUBLISHED):
        return None
    latest = max(quarter for _, row in series for quarter, _ in row)
    ahead = max(1, math.ceil(months_between(start.on, end.on) / 3))
    return _half(series, min(latest, _index(Quarter.ending(end.on))), ahead)


@lru_cache(maxsize=64)
def _half(series: Shares, at: int, ahead: int) -> float | None:
    known = spread({code: dict(row) for code, row in series}, at, ahead)
    return known.half(80) if known else None


@lru_cache(maxsize=64)
def _points(series: Shares, own: str, at: int, share: float, most: int) -> tuple[FanPoint, ...]:
    known = {code: dict(row) for code, row in series}
    known.setdefault(own, {})[at] = share
    return tuple(ranges_of(known, own, at, most))


@lru_cache(maxsize=64)
def _scores(series: Shares, ahead: int) -> tuple[int, int]:
    """(said, held) at every quarter from what was known then: the published quarters change a few times a year."""
    scores = back_test({code: dict(row) for code, row in series}, ahead)
    return sum(one.said for one in scores), sum(one.held for one in scores)


def _drawn(
    unit: Unit, was: Sequence[Standing], plan: Plan | None, effects: Sequence[Effect], points: Sequence[FanPoint]
) -> Fan:
    now = was[-1]
    quarterly = now.kind == PUBLISHED
    behind = [one for one in was if (months_between(one.on, now.on) % 3) == 0][-_BEHIND:]
    months = [_month(now.on, step) for step in range(1, 3 * len(points) + 1)]
    bring = brought(effects, months) if effects else []
    rows: list[list[Cell]] = []
    for one in behind:
        here = one is now
        share = _decimal(float(one.share))
        known: list[Cell] = [share] * 5 if here else [None] * 5
        rows.append(
            [
                one.words,
                share,
                *known,
                *([share if here else None] if effects else []),
                *_planned(plan, one.register, one.on),
            ]
        )
    for point in points:
        on = _last(_month(now.on, 3 * point.ahead))
        words = Quarter.ending(on).words if quarterly else f"{on:%B %Y}"
        lift = bring[3 * point.ahead - 1] if bring else None
        more = 100 * float(lift.more) / now.register if lift else 0.0
        doubt = 100 * float(lift.deviation) / now.register if lift else 0.0
        middle = _bounded(point.middle + more)
        cells = [
            _bounded(middle - math.hypot(point.middle - point.low, _EIGHTY * doubt)),
            _bounded(middle - math.hypot(point.middle - point.inner_low, _FIFTY * doubt)),
            middle,
            _bounded(middle + math.hypot(point.inner_high - point.middle, _FIFTY * doubt)),
            _bounded(middle + math.hypot(point.high - point.middle, _EIGHTY * doubt)),
        ]
        rows.append(
            [
                words,
                None,
                *(_decimal(cell) for cell in cells),
                *([_decimal(point.middle)] if effects else []),
                *_planned(plan, now.register, on),
            ]
        )
    places = 0 if now.rounded else 1
    columns = [
        Column("period", "At the end of"),
        Column("actual", "All six checks", "%", places=places),
        Column("low", "8 in 10: from", "%", places=places),
        Column("inner_low", "half: from", "%", places=places),
        Column("middle", "Most likely", "%", places=places),
        Column("inner_high", "half: to", "%", places=places),
        Column("high", "8 in 10: to", "%", places=places),
        *([Column("without", "Without the initiatives", "%", places=places)] if effects else []),
        *(Column(key, words, "%", places=places) for key, words in _plan_columns(plan)),
    ]
    return Fan(
        Table(
            _title(unit, plan, rows, columns), columns, rows, _notes(plan, effects, now), now.source, "", now.taken_at
        ),
        "period",
        "actual",
        "middle",
        (Range("8 in 10", "low", "high"), Range("half", "inner_low", "inner_high")),
        targets=_marks(plan, now, columns[-1]),
        plan=_PLANS[plan.ways[0]] if plan else "",
        measure="All six checks, per cent of the register",
    )


def _title(unit: Unit, plan: Plan | None, rows: Sequence[Sequence[Cell]], columns: Sequence[Column]) -> str:
    """What is to be seen: whether the target lies in the range at its day."""
    keys = [one.key for one in columns]
    last = dict(zip(keys, rows[-1], strict=True))
    middle = columns[keys.index("middle")].said(last["middle"])
    low, high = (columns[keys.index(key)].said(last[key]) for key in ("low", "high"))
    told = f"{unit.name}: {low} to {high} at the end of {last['period']}, most likely {middle}"
    top, bottom = last["high"], last["low"]
    assert isinstance(top, Decimal)
    assert isinstance(bottom, Decimal)
    where = {
        way: "out of reach" if wanted > top else "all but sure" if wanted < bottom else "within the range"
        for way in (plan.ways if plan else ())
        if isinstance(wanted := last[_PLANS[way]], Decimal)
    }
    if len(set(where.values())) > 1:
        return f"{told}; what was planned is {where['count']} by count, {where['rate']} by rate"
    return f"{told}; what was planned is {next(iter(where.values()))}" if where else told


def _notes(plan: Plan | None, effects: Sequence[Effect], now: Standing) -> list[str]:
    found = ["The middle without initiatives is today's share: nothing better was found in what was published."]
    if plan is not None:
        over = f" Its count after {now.words} is a share of the register of then." if "count" in plan.ways else ""
        found.append(f"The plan spreads the target by {' and by '.join(plan.ways)} evenly over its months.{over}")
    if effects:
        many = "One initiative" if len(effects) == 1 else f"{len(effects)} initiatives"
        found.append(
            f"{many} of the plan added, as their owners expect, growing over three months, each check for twelve; whether owners"
            " are right has not been held against the past."
        )
        bare = sum(one.low == one.high for one in effects)
        if bare:
            found.append(f"Of {bare} the owner gives no range, so their part looks surer than it is.")
    if now.lacks:
        found.append(f"{now.words}: {now.lacks}.")
    return found


_PLANS = {"count": "plan", "rate": "plan_rate"}
"""Keys of the columns by way; one that stands alone is the plan."""


def _plan_columns(plan: Plan | None) -> list[tuple[str, str]]:
    ways = plan.ways if plan else ()
    return [(_PLANS[way], f"plan by {way}" if len(ways) > 1 else "plan") for way in ways]


def _planned(plan: Plan | None, register: int, on: date) -> list[Cell]:
    """Where the plan stands at the end of a month by each of its ways, in per cent of a register; nothing before its baseline or
    after its day."""
    if plan is None:
        return []
    at = plan.at(on) if months_between(plan.baseline_on, on) <= math.ceil(plan.months / 3) * 3 else {}
    shares = {way: 100 * one / register if way == "count" else one for way, one in at.items()}
    return [Decimal(one.numerator) / one.denominator if (one := shares.get(way)) else None for way in plan.ways]


def _marks(plan: Plan | None, now: Standing, as_told: Column) -> list[Mark]:
    """A line for each target, or one for both where they are told as the same share."""
    if plan is None:
        return []
    found: list[Mark] = []
    if plan.targets.more is not None:
        people = plan.targets.baseline + plan.targets.more
        found.append(Mark(Decimal(100 * people) / now.register, f"target {people:,} people"))
    if plan.targets.rate is not None:
        found.append(Mark(plan.targets.rate, f"target {_plain(plan.targets.rate)}%"))
    if len({as_told.said(one.value) for one in found}) < len(found):
        return [Mark(found[1].value, f"{found[1].words}, {people:,} people")]
    return found


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _month(on: date, after: int) -> date:
    """The first day of the month so many after that of a day."""
    months = on.year * 12 + on.month - 1 + after
    return date(months // 12, months % 12 + 1, 1)


def _last(first: date) -> date:
    """The last day of a month."""
    return date.fromordinal(_month(first, 1).toordinal() - 1)


def _bounded(share: float) -> float:
    return min(100.0, max(0.0, share))


def _decimal(share: float) -> Decimal:
    return Decimal(str(round(share, _PLACES)))


__all__ = ["Coverage", "Shares", "fan", "learned", "usual"]
