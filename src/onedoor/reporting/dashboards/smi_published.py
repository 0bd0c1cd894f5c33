"""Physical health checks as published: by level, over time, each check, the aims, and who differs by more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import exp, log, sqrt

from onedoor.kernel.access import Access
from onedoor.reporting import charts, published
from onedoor.reporting.charts import Limit
from onedoor.reporting.funnel import ACTION, WARNING, Counted, Funnel, Position, bounds, funnel
from onedoor.reporting.levels import Level
from onedoor.reporting.published import ALL_SIX, CHECKS, REGISTER, WORDS, Quarter, Sums
from onedoor.reporting.published.aims import Aim, aims, aims_of
from onedoor.reporting.tables import Cell, Column, Table
from onedoor.reporting.trajectory.rules import gap, half_up

LEVELS = (Level.ENGLAND, Level.REGION, Level.ICS, Level.CCG)
"""At which figures are published."""

BELOW = {Level.ENGLAND: Level.REGION, Level.REGION: Level.ICS, Level.ICS: Level.CCG}
"""One level down."""

REACHED = "reached"
_STEPS = 24
"""Points along a limit of a funnel: enough that it looks curved."""
_SHORT = {**WORDS, REGISTER: "On the register", ALL_SIX: "All six"}
ROLLING = (
    "Each quarter counts the twelve months to its end, so quarters overlap: no limits of signal and noise are drawn,"
    " they would signal without cause."
)
_OVER = "A share is over the register of those who sent both numbers in, and is worked out before anything is rounded."


@dataclass(frozen=True)
class Place:
    """An organisation of published figures."""

    code: str
    name: str
    level: Level


@dataclass(frozen=True)
class Provenance:
    """Where figures come from, and as known when."""

    source: str
    at: datetime | None


ENGLAND = Place("England", "England", Level.ENGLAND)


def by_level(access: Access, level: Level, quarter: Quarter, *, within: str = "") -> Table:
    """Every organisation of a level in a quarter, then the levels above it for comparison; `within` narrows to one above it."""
    rows = of_quarter(access, level, quarter, within=within)
    compared = [
        one
        for above in LEVELS[: LEVELS.index(level)][::-1]
        for one in published.sums(access, above, first=quarter, last=quarter)
        if above is not Level.ICS
    ]
    rates = [aim.rate for aim in aims()]
    columns = [
        Column("name", "Organisation"),
        Column("code", "ODS code"),
        Column(REGISTER, _SHORT[REGISTER]),
        Column(ALL_SIX, _SHORT[ALL_SIX]),
        Column("share", "All six", "%", places=2),
        *(Column(f"to_{rate:f}", f"More for {rate:f}%") for rate in rates[:1]),
        *(Column(f"from_{low:f}", f"From {low:f}% to {high:f}%") for low, high in pairwise(rates)),
        *(Column(key, _SHORT[key]) for key in CHECKS),
        *(Column(f"{key}_share", _SHORT[key], "%", places=1) for key in CHECKS),
        Column("sent", "Sent in"),
        Column("silent", "Sent nothing in"),
    ]
    where = from_where(access)
    return Table(
        f"Physical health checks by {level.words}",
        columns,
        [_row(one, rates) for one in (*rows, *compared)],
        [*_silences((*rows, *compared)), _OVER],
        where.source,
        quarter.words,
        where.at,
    )


def _row(one: Sums, rates: Sequence[Decimal]) -> list[Cell]:
    return [
        one.name,
        "" if one.level is Level.ENGLAND else one.code,
        one.register,
        one.values[ALL_SIX],
        one.share(ALL_SIX),
        *(_more(one, rate) for rate in rates[:1]),
        *(
            None if not one.register else half_up(Fraction(high - low) / 100 * one.register)
            for low, high in pairwise(rates)
        ),
        *(one.values[key] for key in CHECKS),
        *(one.share(key) for key in CHECKS),
        one.sent,
        None if one.sent is None else len(one.silent),
    ]


def _more(one: Sums, rate: Decimal) -> Cell:
    done, base = one.paired[ALL_SIX], one.bases[ALL_SIX]
    if done is None or not base:
        return None
    missing = gap(base, done, rate)
    return half_up(missing) if missing > 0 else REACHED


def _silences(rows: Sequence[Sums]) -> list[str]:
    """Who sent nothing, in words: what is missing is missing, and the register is of the others."""
    told = []
    for one in rows:
        if one.silent and one.level is not Level.CCG:
            named = f": {', '.join(one.silent)}" if len(one.silent) <= 20 else ""
            group = Level.CCG.words if len(one.silent) == 1 else Level.CCG.plural
            many = f"{len(one.silent)} {group} sent nothing" if one.sent else "Nobody sent anything"
            told.append(f"{one.name}, {one.quarter.words}: {many}{named}.")
        elif one.silent:
            told.append(f"{one.name}, {one.quarter.words}: {', '.join(one.silent)} sent nothing.")
    return told


def from_where(access: Access) -> Provenance:
    """Where published figures come from."""
    source = published.source(access)
    return Provenance(source.words, source.loaded_at) if source else Provenance("", None)


def of_quarter(
    access: Access, level: Level, quarter: Quarter, *, within: str = "", stand: tuple[object, ...] | None = None
) -> list[Sums]:
    """Every organisation of a level in a quarter, by name; `within` narrows to those that stood in one above."""
    rows = published.sums(access, level, first=quarter, last=quarter, stand=stand)
    if not within or level is Level.ENGLAND or within == ENGLAND.code:
        return rows
    standing = published.above([one.code for one in rows], on=quarter.ends_on)
    return [one for one in rows if within in (one.code, *(code for code, _ in standing[one.code].values()))]


def rate_over_time(series: Sequence[Sums], compared: Sequence[Sums], where: Provenance) -> Table:
    """All six of one organisation by quarter, beside what all of England had."""
    england = {one.quarter: one for one in compared}
    columns = [
        Column("quarter", "Quarter"),
        Column(REGISTER, _SHORT[REGISTER]),
        Column(ALL_SIX, "People with all six"),
        Column("share", series[-1].name if series else "All six", "%", places=1),
        Column("england", "England", "%", places=1),
        Column("lacks", "Missing"),
    ]
    by_quarter = {one.quarter: one for one in series}
    rows: list[list[Cell]] = []
    for quarter in _all_between(series):
        one, other = by_quarter.get(quarter), england.get(quarter)
        rows.append(
            [
                quarter.words,
                *((one.register, one.values[ALL_SIX], one.share(ALL_SIX)) if one else (None, None, None)),
                other.share(ALL_SIX) if other else None,
                _lacks(one),
            ]
        )
    notes = [*_silences_together(series), _OVER, ROLLING]
    return _over_time("All six checks by quarter", columns, rows, notes, series, where)


def checks_over_time(series: Sequence[Sums], where: Provenance) -> Table:
    """Each check of one organisation by quarter, as shares of the register."""
    columns = [
        Column("quarter", "Quarter"),
        *(Column(key, _SHORT[key], "%", places=1) for key in CHECKS),
        Column("lacks", "Missing"),
    ]
    by_quarter = {one.quarter: one for one in series}
    rows: list[list[Cell]] = []
    for quarter in _all_between(series):
        one = by_quarter.get(quarter)
        rows.append([quarter.words, *(one.share(key) if one else None for key in CHECKS), _lacks(one)])
    return _over_time("Each check by quarter", columns, rows, [ROLLING], series, where)


def _over_time(
    title: str,
    columns: list[Column],
    rows: list[list[Cell]],
    notes: list[str],
    series: Sequence[Sums],
    where: Provenance,
) -> Table:
    period = f"{series[0].quarter.words} to {series[-1].quarter.words}" if series else ""
    name = f"{series[-1].name}: {title[0].lower()}{title[1:]}" if series else title
    return Table(name, columns, rows, notes, where.source, period, where.at)


def _silences_together(series: Sequence[Sums]) -> list[str]:
    """Who sent nothing, over all quarters, in one line."""
    told = [f"{one.quarter.words} {', '.join(one.silent)}" for one in series if one.silent]
    return [f"Sent nothing: {'; '.join(told)}."] if told else []


def _lacks(one: Sums | None) -> str:
    """What a quarter lacks, in words; empty where nothing."""
    if one is None or (one.sent is not None and not one.sent):
        return "nobody sent anything"
    return f"{len(one.silent)} of {(one.sent or 0) + len(one.silent)} sent nothing" if one.silent else ""


def _all_between(series: Sequence[Sums]) -> list[Quarter]:
    """The quarters from the first to the last, those without figures too: a gap is drawn as a gap."""
    if not series:
        return []
    found = [series[0].quarter]
    while found[-1] < series[-1].quarter:
        found.append(found[-1].following)
    return found


def each_check(one: Sums, england: Sums | None, year_before: Sums | None, where: Provenance) -> Table:
    """Each check of one organisation in a quarter: how many, which share, beside England's and its own a year before."""
    columns = [
        Column("check", "Check"),
        Column("count", "People"),
        Column("share", "Share", "%", places=1),
        Column("england", "England", "%", places=1),
        Column("differs", "Against England", "points", places=1),
        Column("before", "In a year", "points", places=1),
    ]
    rows: list[list[Cell]] = []
    for key in (ALL_SIX, *CHECKS):
        share = one.share(key)
        others = england.share(key) if england else None
        before = year_before.share(key) if year_before else None
        rows.append([_SHORT[key], one.values[key], share, others, _less(share, others), _less(share, before)])
    notes = [*_silences([one, *([year_before] if year_before else [])]), _OVER, "Points are percentage points."]
    return Table(f"{one.name}: each check", columns, rows, notes, where.source, one.quarter.words, where.at)


def _less(share: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if share is None or other is None else share - other


@dataclass(frozen=True)
class AimSeen:
    """An aim held against the figures: in the quarter in which it was due, or the latest before. `met` None: not known."""

    aim: Aim
    what: str
    """"count" or "rate"."""
    target: str
    seen: Quarter | None
    value: str
    met: bool | None
    due_passed: bool
    wanted: int | None = None
    """How many people a count asks for."""


def aims_seen(series: Sequence[Sums], codes: Sequence[str]) -> list[AimSeen]:
    """Count and rate apart, each by itself met or missed (clinical.md 1.4). A count belongs to whoever it was set for."""
    by_quarter = {one.quarter: one for one in series if one.share(ALL_SIX) is not None}
    latest = max(by_quarter, default=None)
    found = []
    for aim in aims_of(codes):
        at = max((quarter for quarter in by_quarter if quarter <= aim.due), default=None)
        passed = latest is not None and latest >= aim.due
        seen = by_quarter[at] if at else None
        if aim.more is not None and aim.baseline and series and aim.organisation == series[-1].code:
            found.append(_count_seen(aim, aim.more, aim.baseline, seen, by_quarter.get(aim.baseline), passed))
        share = seen.share(ALL_SIX) if seen else None
        found.append(
            AimSeen(
                aim,
                "rate",
                f"{aim.rate:f}% of the register",
                at,
                ""
                if share is None or seen is None
                else f"{Column('', '', '%', places=1).said(share)} of {seen.bases[ALL_SIX]:,}{_without(seen)}",
                None if share is None else share >= aim.rate,
                passed,
            )
        )
    return found


def _count_seen(aim: Aim, asked: int, baseline: Quarter, seen: Sums | None, base: Sums | None, passed: bool) -> AimSeen:
    """More people than at the baseline. A sum without some who sent nothing is no baseline, and can be more than asked for but
    never less."""
    done, before = (one.values[ALL_SIX] if one else None for one in (seen, base))
    complete = base is not None and not base.silent
    wanted = before + asked if before is not None and complete else None
    target = f"{asked:,} more than in {baseline.words}"
    target += f", {wanted:,}" if wanted is not None else _without(base) if base else ""
    if done is None or before is None or seen is None:
        return AimSeen(aim, "count", target, seen.quarter if seen else None, "", None, passed, wanted)
    more = done - before
    met = None if wanted is None or (seen.silent and done < wanted) else done >= wanted
    said = f"{done:,}, {more:+,}{_without(seen)}" if complete else f"{done:,}{_without(seen)}"
    return AimSeen(aim, "count", target, seen.quarter, said, met, passed, wanted)


def _without(one: Sums) -> str:
    return f" ({_lacks(one)})" if one.silent else ""


def variation(rows: Sequence[Sums], place: Place, level: Level, where: Provenance) -> tuple[Table, Funnel] | None:
    """Which organisations below a place differ by more than their size explains; None where fewer than two sent anything."""
    counted = [Counted(one.code, one.paired[ALL_SIX], one.bases[ALL_SIX]) for one in rows]
    if sum(one.sent for one in counted) < 2:
        return None
    found = funnel(counted)
    assert found is not None
    positions = {one.organisation: one for one in found.placed}
    columns = [
        Column("name", "Organisation"),
        Column("size", _SHORT[REGISTER]),
        Column("count", "People with all six"),
        Column("share", "All six", "%", places=1),
        Column("position", "Against the limits for its size"),
    ]
    table: list[list[Cell]] = []
    for one in sorted(rows, key=lambda one: (-(one.share(ALL_SIX) or -1), one.name)):
        at = positions.get(one.code)
        said = None if at is None else "" if at.position is Position.INSIDE else at.position.capitalize()
        table.append([one.name, one.bases[ALL_SIX], one.paired[ALL_SIX], one.share(ALL_SIX), said])
    notes = [
        f"The average of those who sent is {Column('', '', '%', places=1).said(Decimal(str(100 * found.average)))}."
    ]
    if found.widened:
        notes.append("They differ more than chance alone makes even equals differ, so the limits are widened for it.")
    if found.missing:
        silent = [one.name for one in rows if one.code in found.missing]
        notes.append(f"Sent nothing, and so not in the picture: {', '.join(silent)}.")
    title = f"{place.name}: all six checks by {level.words}"
    return Table(title, columns, table, notes, where.source, rows[0].quarter.words, where.at), found


@lru_cache(maxsize=64)
def limits(found: tuple[float, float | None, int, int]) -> tuple[tuple[str, tuple[Limit, ...]], ...]:
    """The limits of a funnel in percent from a least to a greatest size: (average, dispersion if it counts, least, greatest)."""
    average, dispersion, least, most = found
    factor = sqrt(dispersion) if dispersion else None
    low, high = log(max(1, least * 0.9)), log(most * 1.05)
    sizes = sorted({round(exp(low + (high - low) * step / _STEPS)) for step in range(_STEPS + 1)})
    drawn = []
    for inside in (ACTION, WARNING):
        edges = [(size, *bounds(average, size, inside, factor)) for size in sizes]
        drawn.append(
            (
                f"{100 * inside:g}% limits",
                tuple(
                    Limit(size, Decimal(str(100 * lower)), Decimal(str(100 * upper))) for size, lower, upper in edges
                ),
            )
        )
    return tuple(drawn)


def funnel_chart(table: Table, found: Funnel, named: Sequence[str] = ()) -> charts.Funnel:
    """The picture of `variation`."""
    sizes = [one.denominator for one in found.placed]
    drawn = limits((found.average, found.dispersion if found.widened else None, min(sizes), max(sizes)))
    return charts.Funnel(
        table,
        of="name",
        size="size",
        rate="share",
        mean=charts.Mark(Decimal(str(100 * found.average)), "Average"),
        bands=[charts.Band(words, edges) for words, edges in drawn],
        flag="position",
        named=named,
    )


def headline(table: Table) -> Table:
    """A table of `by_level` without the single checks' counts: what fits a screen."""
    keep = [place for place, column in enumerate(table.columns) if column.key not in CHECKS]
    return Table(
        table.title, [table.columns[at] for at in keep], [[row[at] for at in keep] for row in table.rows],
        table.notes, table.source, table.period, table.extracted_at,
    )  # fmt: skip
