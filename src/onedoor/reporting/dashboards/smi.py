"""The dashboard of physical health checks: what our record says and what was published, each with its period and source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from onedoor.kernel.access import Access, Permission
from onedoor.reporting import charts, published, spc
from onedoor.reporting.charts import Chart, Mark
from onedoor.reporting.dashboards import smi_published, smi_record
from onedoor.reporting.dashboards.headlines import Headline
from onedoor.reporting.dashboards.smi_published import AimSeen, Place
from onedoor.reporting.dashboards.smi_record import COMPLETED, LAPSED, SHARES, Month, Told
from onedoor.reporting.funnel import Counted, Position, funnel
from onedoor.reporting.levels import SMALL, Level, Unit
from onedoor.reporting.published import ALL_SIX, CHECKS, REGISTER, WORDS, Quarter, Sums
from onedoor.reporting.tables import HIDDEN, MONTH, Cell, Column, Table

_RATE = Column("", "", "%", places=1)
_SOURCE = "Onedoor, the record of each practice, as the month was closed"
_ROLLING = (
    "Each month counts the twelve months to its end, so months overlap: no limits of signal and noise are drawn, they would"
    " signal without cause."
)
_HIDDEN_WORDS = (
    "Counts below 5 are hidden (*), others are to the nearest 5 and shares whole, at practices and networks."
)
_LEAST = 2
"""Points of a line: one is no trend."""


@dataclass(frozen=True)
class PublishedSide:
    """What was published about a place in a quarter."""

    place: Place
    quarter: Quarter
    quarters: list[Quarter]
    now: Sums
    path: list[Place]
    """From England down to what is above the place."""
    below: list[Sums]
    """One level down, the highest share first."""
    share: str
    england_points: str
    year_points: str
    aims: list[AimSeen]
    source: published.Source
    tables: dict[str, Table] = field(default_factory=dict)
    charts: dict[str, Chart] = field(default_factory=dict)


def published_side(
    access: Access, *, code: str = "", quarter: Quarter | None = None, drawn: bool = True
) -> PublishedSide | None:
    """The published side for a place by its code (the first region's without one) and a quarter (the latest); None where nothing
    was published, or nothing of that place."""
    source = published.source(access)
    known = published.quarters(access)
    if not known or source is None:
        return None
    at = quarter if quarter in known else known[-1]
    assert at is not None
    stand = published.standing()
    found = _place(access, code, at, stand)
    if found is None:
        return None
    now, level = found
    place = Place(now.code, now.name, level)
    codes = None if level is Level.ENGLAND else [now.code]
    series = published.sums(access, level, first=known[0], last=known[-1], codes=codes, stand=stand)
    england = published.sums(access, Level.ENGLAND, first=known[0], last=known[-1], stand=stand)
    whole = next((one for one in england if one.quarter == at), None)
    before = next((one for one in series if (one.quarter.year + 1, one.quarter.quarter) == (at.year, at.quarter)), None)
    above = published.above([now.code], on=at.ends_on)[now.code] if level is not Level.ENGLAND else {}
    path = [Place(*above[one], one) for one in (Level.REGION, Level.ICS) if one in above and one is not level]
    if level is not Level.ENGLAND:
        path.insert(0, smi_published.ENGLAND)
    beneath = smi_published.BELOW.get(level)
    below = smi_published.of_quarter(access, beneath, at, within=now.code, stand=stand) if beneath else []
    # From the newer quarters on, who is named has figures of its own; the ones that merged stand under what they became.
    below = [one for one in below if one.code != now.code]
    side = PublishedSide(
        place=place,
        quarter=at,
        quarters=known,
        now=now,
        path=path,
        below=sorted(below, key=lambda one: (-(one.share(ALL_SIX) or -1), one.name)),
        share=_RATE.said(now.share(ALL_SIX)),
        england_points=_points(now, whole) if level is not Level.ENGLAND else "",
        year_points="" if before and before.silent else _points(now, before),
        aims=smi_published.aims_seen(series, [now.code, *(code for code, _ in above.values())]),
        source=source,
    )
    if drawn:
        _draw_published(access, side, series, england, whole, before, beneath)
    return side


def _place(access: Access, code: str, quarter: Quarter, stand: tuple[object, ...]) -> tuple[Sums, Level] | None:
    for level in smi_published.LEVELS if code else (Level.REGION, Level.ENGLAND):
        wanted = [code] if code and level is not Level.ENGLAND else None
        for one in published.sums(access, level, first=quarter, last=quarter, codes=wanted, stand=stand):
            if not code or one.code == code:
                return one, level
    return None


def _points(one: Sums, other: Sums | None) -> str:
    """A difference of shares: percentage points, from values that were not rounded."""
    mine, theirs = one.share(ALL_SIX), other.share(ALL_SIX) if other else None
    if mine is None or theirs is None:
        return ""
    said = Column("", "", places=1).said(mine - theirs)
    return said if said.startswith("−") else f"+{said}"


def _draw_published(
    access: Access,
    side: PublishedSide,
    series: Sequence[Sums],
    england: Sequence[Sums],
    whole: Sums | None,
    before: Sums | None,
    beneath: Level | None,
) -> None:
    where = smi_published.from_where(access)
    level = side.place.level
    side.tables["each"] = smi_published.each_check(
        side.now, whole if level is not Level.ENGLAND else None, before, where
    )
    rates = smi_published.rate_over_time(series, england, where)
    if len(rates.rows) >= _LEAST:
        due = next((one.aim for one in side.aims if one.what == "rate" and not one.due_passed), None)
        aim = due or (side.aims[-1].aim if side.aims else None)
        side.charts["rate"] = charts.Line(
            rates,
            "quarter",
            ("share",) if level is Level.ENGLAND else ("share", "england"),
            target=Mark(aim.rate, f"{aim.words} {aim.rate:f}%") if aim else None,
            partial="lacks",
            whole=("england",),
            measure="All six checks, per cent of the register",
        )
        count = next((one for one in side.aims if one.what == "count" and one.wanted is not None), None)
        if count is not None and count.wanted is not None:
            people = replace(rates, title=f"{side.place.name}: people with all six", notes=())
            side.charts["people"] = charts.Line(
                people, "quarter", (ALL_SIX,), target=Mark(count.wanted, count.aim.words), partial="lacks"
            )
        side.charts["checks"] = charts.Line(
            smi_published.checks_over_time(series, where),
            "quarter",
            CHECKS,
            partial="lacks",
            measure="Per cent of the register",
        )
    if beneath and side.below and (found := smi_published.variation(side.below, side.place, beneath, where)):
        table, placed = found
        mine = side.now.share(ALL_SIX)
        side.charts["sizes"] = charts.Bars(
            replace(table, notes=()),
            of="name",
            value="share",
            size="size",
            compare=Mark(mine, f"{side.place.name} {side.share}") if mine is not None else None,
        )
        side.charts["funnel"] = smi_published.funnel_chart(
            replace(table, title=f"{side.place.name}: who differs by more than size explains"),
            placed,
            named=[one.name for one in side.below] if len(side.below) < 12 else (),
        )


@dataclass(frozen=True)
class RecordSide:
    """What our own record says about an organisation at the end of a closed month."""

    unit: Unit
    units: list[Unit]
    month: Month
    months: list[Month]
    now: Told
    share: str
    count: str
    register: str
    below: list[Told]
    in_full: bool
    hidden: bool
    """Whether something that is shown was hidden or rounded."""
    tables: dict[str, Table] = field(default_factory=dict)
    charts: dict[str, Chart] = field(default_factory=dict)


def record_side(access: Access, *, code: str = "", month: str = "", drawn: bool = True) -> RecordSide | None:
    """The record's side for an organisation by its code (the topmost within reach without one) and a month (the latest); None
    while no month with such figures is closed, or nothing of that organisation is within reach."""
    closed = smi_record.months(access)
    if not closed:
        return None
    at = next((one for one in closed if one.key == month), closed[-1])
    view = smi_record.look(access)
    units = smi_record.units(view, at)
    unit = next((one for one in units if not code or one.ods_code == code), None)
    if unit is None:
        return None
    over = closed[-smi_record.MONTHS :]
    beneath = smi_record.below(view, unit, at)
    now_all = smi_record.told(view, [unit, *beneath], [at])
    now = now_all[unit.id, at.key]
    below = [now_all[one.id, at.key] for one in beneath]
    in_full = smi_record.in_full(access, unit)
    side = RecordSide(
        unit=unit,
        units=units,
        month=at,
        months=closed,
        now=now,
        share=_RATE.said(now.shares[ALL_SIX])
        if not isinstance(now.shares[ALL_SIX], int)
        else f"{now.shares[ALL_SIX]}%",
        count=Column("", "").said(now.counts[ALL_SIX]),
        register=Column("", "").said(now.counts[REGISTER]),
        below=below,
        in_full=in_full,
        hidden=not in_full and any(one.unit.level in SMALL for one in (now, *below)),
    )
    if drawn:
        series = smi_record.told(view, [unit], over)
        _draw_record(side, [series[unit.id, one.key] for one in over if (unit.id, one.key) in series])
    return side


def _draw_record(side: RecordSide, series: Sequence[Told]) -> None:
    month = f"{side.month.first:%B %Y}"
    notes = [*([_HIDDEN_WORDS] if side.hidden else []), *_silent(side.now)]
    side.tables["own_each"] = Table(
        f"{side.unit.name}: each check",
        [Column("check", "Check"), Column("count", "People"), Column("share", "Share", "%", places=_places(side))],
        [[WORDS[key], side.now.counts[key], side.now.shares[key]] for key in SHARES],
        notes,
        _SOURCE,
        f"Twelve months to the end of {month}",
        side.month.known_at,
    )
    if len(series) >= _LEAST:
        _draw_months(side, series)
    if len(side.below) >= _LEAST:
        _draw_below(side, month)


def _places(side: RecordSide) -> int:
    return 0 if side.hidden and side.unit.level in SMALL else 1


def _silent(one: Told) -> list[str]:
    if not one.silent:
        return []
    who = ", ".join(one.silent[:20]) + (f" and {len(one.silent) - 20} more" if len(one.silent) > 20 else "")
    return [f"Nothing is known of {len(one.silent)} of {one.practices} practices: {who}."]


def _draw_months(side: RecordSide, series: Sequence[Told]) -> None:
    course = _every_month(series)
    rate = _over_months(
        side,
        "all six checks by month",
        [
            Column(REGISTER, WORDS[REGISTER]),
            Column(ALL_SIX, "People with all six"),
            Column("share", WORDS[ALL_SIX], "%", places=_places(side)),
        ],
        course,
        lambda one: [one.counts[REGISTER], one.counts[ALL_SIX], one.shares[ALL_SIX]],
        [_ROLLING],
    )
    side.charts["own_rate"] = charts.Line(
        rate, "month", ("share",), partial="lacks", measure="All six checks, per cent of the register"
    )
    checks = _over_months(
        side,
        "each check by month",
        [Column(key, WORDS[key], "%", places=_places(side)) for key in CHECKS],
        course,
        lambda one: [one.shares[key] for key in CHECKS],
        [_ROLLING],
    )
    side.charts["own_checks"] = charts.Line(
        checks, "month", CHECKS, partial="lacks", measure="Per cent of the register"
    )
    _draw_new(side, course)


def _every_month(series: Sequence[Told]) -> dict[date, Told | None]:
    """From the first to the last, with None for a month in between of which nothing was closed."""
    known = {one.month.first: one for one in series}
    found: dict[date, Told | None] = {}
    first = series[0].month.first
    while first <= series[-1].month.first:
        found[first] = known.get(first)
        first = (first + timedelta(days=31)).replace(day=1)
    return found


def _over_months(
    side: RecordSide,
    title: str,
    columns: Sequence[Column],
    course: Mapping[date, Told | None],
    cells: Callable[[Told], Sequence[Cell]],
    notes: Sequence[str],
) -> Table:
    """A row for each month, with what it lacks."""
    first, last = min(course), max(course)
    return Table(
        f"{side.unit.name}: {title}",
        [Column("month", "Month", MONTH), *columns, Column("lacks", "Missing")],
        [[month, *(cells(one) if one else [None] * len(columns)), _lacks(one)] for month, one in course.items()],
        [*notes, *([_HIDDEN_WORDS] if side.hidden else [])],
        _SOURCE,
        f"{first:%B %Y} to {last:%B %Y}",
        side.month.known_at,
    )


def _lacks(one: Told | None) -> str:
    if one is None:
        return "not closed"
    return f"{len(one.silent)} of {one.practices} not known" if one.silent else ""


def _draw_new(side: RecordSide, course: Mapping[date, Told | None]) -> None:
    """Newly complete and lapsed by month: events of a month, so limits of signal and noise may be drawn."""
    columns = [Column(COMPLETED, "Newly complete"), Column(LAPSED, "Lapsed")]
    table = _over_months(
        side,
        "newly complete and lapsed by month",
        columns,
        course,
        lambda one: [one.counts[COMPLETED], one.counts[LAPSED]],
        [
            "Complete at the end of the month and not a month before; and the other way round, though still on the"
            " register."
        ],
    )
    exact = side.in_full or side.unit.level not in SMALL
    values = [count if isinstance(count, int) else None for count in table.cells(COMPLETED)]
    charting = spc.may_chart(spc.Kind.COUNT, values)
    found = spc.xmr(values, better=spc.Direction.INCREASE) if exact and charting else None
    if found is None or found.limits is None:
        why = [charting.why or "Too few points for limits"] if exact else []
        table = replace(table, notes=[*table.notes, *why])
        side.charts["own_new"] = charts.Line(
            table, "month", (COMPLETED, LAPSED), partial="lacks", measure="People in the month"
        )
        return
    table = replace(
        table,
        columns=[
            *table.columns,
            Column("mean", "Mean", places=1),
            Column("lower", "Lower limit", places=1),
            Column("upper", "Upper limit", places=1),
            Column("flag", "Signal"),
        ],
        rows=[[*row, *_limits(point)] for row, point in zip(table.rows, found.points, strict=True)],
        notes=[*table.notes, *found.notes],
    )
    side.charts["own_new"] = charts.Line(
        table,
        "month",
        (COMPLETED,),
        xmr=charts.Xmr("mean", "lower", "upper", "flag"),
        partial="lacks",
        measure="People in the month",
    )


def _limits(point: spc.Point) -> list[Cell]:
    """Mean, limits and signal; people are never fewer than none."""
    made = point.limits
    if made is None:
        return [None, None, None, ""]
    return [*(Decimal(str(one)) for one in (made.mean, max(0.0, made.lower), made.upper)), _flag(point)]


def _flag(point: spc.Point) -> str:
    """In the words of a chart: what it means first."""
    if point.rule is None:
        return ""
    kinds = {spc.Meaning.IMPROVEMENT: charts.IMPROVEMENT, spc.Meaning.CONCERN: charts.CONCERN}
    return f"{kinds.get(point.meaning, charts.CHANGE) if point.meaning else charts.CHANGE}: {point.rule}"


def _draw_below(side: RecordSide, month: str) -> None:
    level = side.below[0].unit.level
    exact = [
        one for one in side.below if isinstance(one.counts[ALL_SIX], int) and isinstance(one.counts[REGISTER], int)
    ]
    counted = [Counted(one.unit.ods_code, _whole(one.counts[ALL_SIX]), _whole(one.counts[REGISTER])) for one in exact]
    found = funnel(counted) if sum(one.sent for one in counted) >= _LEAST else None
    positions = {one.organisation: one.position for one in found.placed} if found else {}
    rows: list[list[Cell]] = []
    for one in side.below:
        position = positions.get(one.unit.ods_code)
        said = None if position is None else "" if position is Position.INSIDE else position.capitalize()
        rows.append([one.unit.name, one.counts[REGISTER], one.counts[ALL_SIX], one.shares[ALL_SIX], said])
    guarded = level in SMALL
    notes = [*([_HIDDEN_WORDS] if guarded and side.hidden else []), *_silent(side.now)]
    if guarded and side.hidden:
        notes.append("Where one lies against the limits is judged from what is shown.")
    table = Table(
        f"{side.unit.name}: all six checks by {level.words}",
        [
            Column("name", level.words.capitalize()),
            Column("size", WORDS[REGISTER]),
            Column("count", "People with all six"),
            Column("share", WORDS[ALL_SIX], "%", places=0 if guarded and side.hidden else 1),
            Column("position", "Against the limits for its size"),
        ],
        rows,
        notes,
        _SOURCE,
        f"Twelve months to the end of {month}",
        side.month.known_at,
    )
    side.charts["own_sizes"] = charts.Bars(table, of="name", value="share", size="size")
    if found is not None and len(found.placed) > _LEAST:
        kept = [row for one, row in zip(side.below, rows, strict=True) if one.unit.ods_code in positions]
        side.charts["own_funnel"] = smi_published.funnel_chart(
            replace(table, title=f"{side.unit.name}: who differs by more than size explains", rows=kept),
            found,
        )


def _whole(cell: Cell) -> int | None:
    return cell if isinstance(cell, int) else None


def said_share(cell: Cell) -> str:
    """A share as a page says it: with one place where it is known so closely, whole where it was rounded."""
    return f"{cell}%" if isinstance(cell, int) else _RATE.said(cell)


def record_table(access: Access, level: Level, month: str = "") -> Table | None:
    """Every organisation of a level in a closed month (the latest), as fit to be passed on; None where none is closed."""
    closed = smi_record.months(access)
    at = next((one for one in closed if one.key == month), None if month else closed[-1] if closed else None)
    if at is None:
        return None
    view = smi_record.look(access)
    units = [one for one in smi_record.units(view, at) if one.level is level]
    rows = list(smi_record.told(view, units, [at], passed_on=True).values())
    places = 0 if level in SMALL else 2
    return Table(
        f"Physical health checks by {level.words}, from our record",
        [
            Column("name", "Organisation"),
            Column("code", "ODS code"),
            Column(REGISTER, WORDS[REGISTER]),
            Column(ALL_SIX, "All six"),
            Column("share", "All six", "%", places=places),
            *(Column(f"{key}_share", WORDS[key], "%", places=min(places, 1)) for key in CHECKS),
            Column("practices", "Practices"),
            Column("silent", "Not known"),
        ],
        [
            [
                one.unit.name,
                one.unit.ods_code,
                one.counts[REGISTER],
                one.counts[ALL_SIX],
                one.shares[ALL_SIX],
                *(one.shares[key] for key in CHECKS),
                one.practices,
                len(one.silent),
            ]
            for one in rows
        ],
        [_HIDDEN_WORDS] if level in SMALL else [],
        _SOURCE,
        f"Twelve months to the end of {at.first:%B %Y}",
        at.known_at,
    )


def own_headlines(access: Access) -> list[Headline]:
    """For the front page of reports: our record first, else what was published."""
    ours = record_side(access, drawn=False)
    theirs = published_side(access, drawn=False)
    told = []
    if ours is not None:
        before = smi_record.told(
            smi_record.look(access), [ours.unit], [one for one in ours.months if one.first < ours.month.first][-1:]
        )
        was = next(iter(before.values()), None)
        people = smi_record.sees_people(access, ours.unit) and access.may(Permission.CHECKS)
        told.append(
            Headline(
                10,
                "Physical health checks",
                "reports_smi",
                ours.share,
                f"of {ours.register} had all six, {ours.unit.name}, {ours.month.first:%B %Y}",
                trend=_moved(ours.now, was),
                next_words="See who is nearest to complete" if people else "See who differs",
                next_page="finish_line" if people else "reports_smi",
                next_query=f"?group=practice:{ours.unit.id}" if people else "",
            )
        )
    if theirs is not None:
        share = theirs.now.share(ALL_SIX)
        ahead = [one.aim for one in theirs.aims if one.what == "rate" and share is not None and share < one.aim.rate]
        told.append(
            Headline(
                11,
                "Physical health checks as published",
                "reports_smi",
                theirs.share,
                f"of {theirs.now.register or 0:,} had all six, {theirs.place.name}, {theirs.quarter.words}",
                trend=f"{theirs.year_points} percentage points in a year" if theirs.year_points else "",
                next_words=f"Below the {ahead[0].words[0].lower()}{ahead[0].words[1:]} of {ahead[0].rate:f}%: see who"
                if ahead
                else "See who differs",
                next_page="reports_smi",
            )
        )
    return told


def _moved(now: Told, was: Told | None) -> str:
    """How the share moved in a month, where both are told."""
    mine, theirs = now.shares[ALL_SIX], was.shares[ALL_SIX] if was else None
    if was is None or not isinstance(mine, int | Decimal) or not isinstance(theirs, int | Decimal):
        return ""
    places = 0 if isinstance(mine, int) else 1
    said = Column("", "", places=places).said(Decimal(mine) - Decimal(theirs))
    return f"{said if said.startswith('−') else f'+{said}'} percentage points since {was.month.first:%B %Y}"


__all__ = [
    "HIDDEN",
    "PublishedSide",
    "RecordSide",
    "own_headlines",
    "published_side",
    "record_side",
    "record_table",
    "said_share",
]
