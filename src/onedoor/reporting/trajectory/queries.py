"""Reading a trajectory: where an organisation stands, what its targets ask of each month from today, and what may come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.recall import api as recall
from onedoor.reporting import published
from onedoor.reporting.charts import Fan
from onedoor.reporting.dashboards.scope import figures_of
from onedoor.reporting.disclosure import HIDDEN, shown
from onedoor.reporting.levels import SMALL, Level, Unit, chains, reach
from onedoor.reporting.models import Initiative, Trajectory
from onedoor.reporting.published import ALL_SIX
from onedoor.reporting.published.aims import aims_of
from onedoor.reporting.tables import Cell, Column, Table
from onedoor.reporting.trajectory import picture
from onedoor.reporting.trajectory.cases import Part, shares_table
from onedoor.reporting.trajectory.effects import Effect
from onedoor.reporting.trajectory.rules import YEAR, Needed, Plan, Targets, half_up, months_left, needed
from onedoor.reporting.trajectory.standing import MEASURE, PUBLISHED, Standing, guarded, latest, standings, systems

RULE_SET = "smi"
_EARLIER = 10
"""So many targets of before are listed."""


@dataclass(frozen=True)
class Lapses:
    """How many lapse until the day unless they are done again: None where it is not known or not told, and `why`."""

    count: int | None
    why: str = ""
    rounded: bool = False


@dataclass(frozen=True)
class Ask:
    """What one target asks: `key` is "count" or "rate"; `wanted` people in all, of today's register."""

    key: str
    words: str
    wanted: int
    needed: Needed


@dataclass(frozen=True)
class Target:
    """A target as this access may be told of it. `baseline` is (done, register)."""

    trajectory: Trajectory
    baseline: tuple[int, int] | None

    @property
    def plan(self) -> Plan | None:
        """For the arithmetic; None where the baseline may not be told."""
        if self.baseline is None:
            return None
        one = self.trajectory
        return Plan(Targets(self.baseline[0], one.more, one.rate), one.baseline_on, one.due_on, self.baseline)


@dataclass(frozen=True)
class TrajectoryView:
    """The page of an organisation."""

    unit: Unit
    units: Sequence[Unit]
    standings: Sequence[Standing]
    now: Standing | None
    target: Target | None
    asks: Sequence[Ask]
    lapses: Lapses
    initiatives: int
    coverage: picture.Coverage | None
    why_no_fan: str
    earlier: Sequence[Trajectory]
    charts: Mapping[str, Fan] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)


def trajectory(access: Access, code: str = "") -> TrajectoryView | None:
    """Of an organisation by its ODS code; without one, of the first that has a target, else of the first within reach.

    None where nothing of that code is within reach. Raises NotPermitted without Permission.REPORTS.
    """
    units = chosen_among(access)
    aimed = set(Trajectory.objects.filter(measure=MEASURE, ended_at=None).values_list("organisation_id", flat=True))
    in_order = sorted(units, key=lambda one: (one.id not in aimed, list(Level).index(one.level), one.name))
    everything = reach(access).values()
    unit = next((one for one in (everything if code else in_order) if not code or one.ods_code == code), None)
    if unit is None:
        return None
    found = standings(access, unit)
    target = _target(access, unit, found)
    now = latest(found, _kind(target, found))
    below = _below(access, unit)
    lapses = _lapses(access, unit, below, now, target.trajectory.due_on if target else None)
    asks = _asks(target, now, lapses)
    effects = _effects([unit.id, *(one.id for one in below)])
    drawn, coverage, why = None, None, "Nothing is known of where it stands."
    if now is not None:
        drawn, coverage, why = picture.fan(
            access,
            unit,
            [one for one in found if one.kind == now.kind],
            target.plan if target else None,
            effects,
        )
    tables = {}
    if now is not None and target is not None and asks:
        tables["asks"] = _asks_table(unit, target, now, asks, lapses)
    if (parts := _parts(access, unit)) is not None:
        tables["parts"] = parts
    return TrajectoryView(
        unit=unit,
        units=sorted({unit, *units}, key=lambda one: (list(Level).index(one.level), one.name)),
        standings=found,
        now=now,
        target=target,
        asks=asks,
        lapses=lapses,
        initiatives=len(effects),
        coverage=coverage,
        why_no_fan=why,
        earlier=list(
            Trajectory.objects.filter(organisation_id=unit.id, measure=MEASURE)
            .exclude(ended_at=None)
            .order_by("-ended_at")[:_EARLIER]
        ),
        charts={"ahead": drawn} if drawn else {},
        tables=tables,
    )


def chosen_among(access: Access) -> list[Unit]:
    """The organisations that a plan may be looked at of: one's own, and all below that are more than a practice."""
    units = reach(access)
    return [one for one in units.values() if one.level is not Level.PRACTICE or one.id in access.organisation_ids]


def _target(access: Access, unit: Unit, found: Sequence[Standing]) -> Target | None:
    one = Trajectory.objects.filter(organisation_id=unit.id, measure=MEASURE, ended_at=None).first()
    if one is None:
        return None
    baseline: tuple[int, int] | None = (one.baseline_numerator, one.baseline_denominator)
    if guarded(access, unit):
        # What was kept may be exact: whoever does not see the people takes the numbers as they may be passed on.
        told = next((each for each in found if each.on == one.baseline_on), None)
        baseline = (told.done, told.register) if told else None
    return Target(one, baseline)


def _kind(target: Target | None, found: Sequence[Standing]) -> str:
    """Of which kind the figures were from which it starts: the later ones are of the same, so that like is held against like."""
    if target is None:
        return ""
    start = target.trajectory
    fitting = [one for one in found if one.on == start.baseline_on]
    same = [one for one in fitting if one.done == start.baseline_numerator] or fitting
    return same[0].kind if same else ""


def _below(access: Access, unit: Unit) -> list[Unit]:
    """Those within reach that stand below an organisation today."""
    units = reach(access)
    standing = chains(list(units), on=clock.today())
    return [one for key, one in units.items() if key != unit.id and unit.id in standing[key].values()]


def _lapses(access: Access, unit: Unit, below: Sequence[Unit], now: Standing | None, until: date | None) -> Lapses:
    """Of the record's standings, where it has those of every practice; rounded, and hidden below 5, for whoever does not see the
    people. Of a day that is more than a year off it is everybody who is counted now."""
    if until is None:
        return Lapses(None)
    today = clock.today()
    if now is not None and months_left(today, until) > YEAR:
        return Lapses(now.done, rounded=now.rounded)
    practices = [one.id for one in (unit, *below) if one.level is Level.PRACTICE]
    figures, _ = figures_of(access)
    known = recall.lapsing(figures, RULE_SET, practices, after=today, until=until) if until > today else {}
    if until > today and (not practices or set(known) != set(practices)):
        have = (
            f"our record has {len(known)} of its {len(practices)} practices" if practices else "it has no practice here"
        )
        return Lapses(None, f"Not known: {have}.")
    count = sum(known.values())
    if access.everything or not guarded_people(access, unit):
        return Lapses(count)
    said = shown(count)
    return Lapses(None, "Too few to be told.") if said == HIDDEN else Lapses(int(said), rounded=True)


def guarded_people(access: Access, unit: Unit) -> bool:
    """Whether this access may not see the people of an organisation, so that a new count of them is rounded."""
    return guarded(access, unit) if unit.level in SMALL else not access.sees_small_counts


def _asks(target: Target | None, now: Standing | None, lapses: Lapses) -> list[Ask]:
    plan = target.plan if target else None
    if target is None or plan is None or now is None:
        return []
    left = months_left(clock.today(), target.trajectory.due_on)
    found = needed(plan.targets, register=now.register, done=now.done, lapses=lapses.count or 0, months=left)
    words = {"count": "By count", "rate": "By rate"}
    return [Ask(key, words[key], now.done + one.more, one) for key, one in found.items()]


def _asks_table(unit: Unit, target: Target, now: Standing, asks: Sequence[Ask], lapses: Lapses) -> Table:
    columns = [
        Column("by", "Target"),
        Column("wanted", "People to be reached"),
        Column("now", f"Now, {now.words}"),
        Column("planned", "Planned by then"),
        Column("more", "Still missing"),
        Column("lapses", "Lapse until then"),
        Column("months", "Months left"),
        Column("a_month", "A month from today"),
    ]
    at = target.plan.at(now.on) if target.plan else {}
    planned = {way: half_up(one if way == "count" else one * now.register / 100) for way, one in at.items()}
    rows: list[list[Cell]] = [
        [
            _aim(target, one.key),
            one.wanted,
            now.done,
            planned.get(one.key),
            max(0, one.needed.more),
            lapses.count,
            one.needed.months,
            one.needed.a_month if one.needed.a_month is not None else "the day has come",
        ]
        for one in asks
    ]
    notes = [
        "Worked out from where it stands now and the months that are left, not from the whole year.",
        "Whoever has all six leaves the count when the oldest check is a year old, and is to be done again besides.",
    ]
    if asks[0].needed.months > YEAR:
        notes.append(
            "By then everybody is to be done again: the twelve months before the day bring all who count on it."
        )
    if lapses.count is None:
        notes.append(
            f"How many lapse: {lapses.why[0].lower()}{lapses.why[1:]} What a month asks is without them, so more."
        )
    if now.rounded or lapses.rounded:
        notes.append("Worked out from counts that were rounded to 5.")
    return Table(f"{unit.name}: what each target asks", columns, rows, notes, now.source, now.words, now.taken_at)


def _aim(target: Target, key: str) -> str:
    one = target.trajectory
    if key == "count":
        return f"{one.more:,} more than {one.baseline_on:%-d %B %Y}"
    assert one.rate is not None
    return f"{one.rate.normalize():f}% of the register"


def _effects(organisation_ids: Sequence[int]) -> list[Effect]:
    """Of initiatives that are agreed or under way, of an organisation and those below it, whose owner says what they bring. What
    is agreed and has not started begins today at the earliest."""
    today = clock.today()
    found = Initiative.objects.filter(
        organisation_id__in=organisation_ids, measure=MEASURE, state__in=("agreed", "under_way"),
        expected__isnull=False, starts_on__isnull=False,
    )  # fmt: skip
    return [
        Effect(
            max(one.starts_on, today) if one.state == "agreed" else one.starts_on,
            one.ends_on,
            one.window,
            one.expected,
            one.expected if one.expected_low is None else one.expected_low,
            one.expected if one.expected_high is None else one.expected_high,
        )
        for one in found
        if one.starts_on is not None and one.expected is not None
    ]


def _parts(access: Access, unit: Unit) -> Table | None:
    """What each system has to bring of an aim of the region that this one is, or stands in, with what was typed for those within
    reach; None without such an aim, or where a system sent nothing in."""
    for aim in aims_of([unit.ods_code, *_above(unit)]):
        if aim.more is None or aim.baseline is None or not aim.organisation:
            continue
        within = systems(access, aim.organisation, aim.baseline)
        units = {one.ods_code: one.id for one in reach(access).values()}
        typed = dict(
            Trajectory.objects.filter(measure=MEASURE, ended_at=None, organisation_id__in=units.values()).values_list(
                "organisation__ods_code", "more"
            )
        )
        members = [
            Part(one.name, one.code, base, done, typed=typed.get(one.code))
            for one in within
            if (base := one.bases[ALL_SIX]) and (done := one.paired[ALL_SIX]) is not None
        ]
        source = published.source(access)
        if members and len(members) == len(within) and source is not None:
            return shares_table(
                aim.more, members, aim.rate, due=aim.due, source=source.words, period=aim.baseline.words
            )
    return None


def _above(unit: Unit) -> list[str]:
    return [code for code, _ in published.above([unit.ods_code], on=clock.today())[unit.ods_code].values()]


def share_words(standing: Standing) -> str:
    """21.2%, or a whole number where counts were rounded."""
    share = Decimal(standing.share.numerator) / standing.share.denominator
    return Column("", "", "%", places=0 if standing.rounded else 1).said(share)


__all__ = ["PUBLISHED", "Ask", "Lapses", "Target", "TrajectoryView", "chosen_among", "share_words", "trajectory"]
