"""What an initiative has brought so far, as far as it can be told: how the measure changed since its start, held against what its
owner expected.

A change is told from chance only where it is larger than shares of such organisations moved by themselves over as long, four
times of five (`trajectory.forecasting`). Where several initiatives work on one figure at once, what each of them brought cannot
be told apart, and no clever sum is made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, OuterRef, Subquery

from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.reporting.improvement import rules
from onedoor.reporting.improvement.queries import Agenda, InitiativeView, in_order, standing_of
from onedoor.reporting.levels import Level, chains, reach
from onedoor.reporting.models import Initiative, InitiativeHistory
from onedoor.reporting.trajectory import picture
from onedoor.reporting.trajectory.effects import Effect, brought
from onedoor.reporting.trajectory.standing import MEASURE, Standing, at_level, latest, standings_of

MEASURES: Mapping[str, str] = {MEASURE: "People with all six physical checks"}
"""In which an effect may be seen: of which a figure is known at every level and for each quarter or month."""
_BEFORE = timedelta(days=100)
"""A figure is of its start when it is no older: a quarter and some days."""
_WORKED = Decimal(1)
"""Months at full strength from which on there is something to be seen."""
CANNOT_TELL, BELOW, WITHIN, ABOVE = "cannot tell", "below what was expected", "as expected", "above what was expected"


@dataclass(frozen=True)
class Measured:
    """`change`: more people counted from `start` to `end`; `expected`, `low` and `high`: more by then, as the owner expects.

    `verdict` is one of the words above; `why` says what it rests on. `a_month`: the change for each month at full strength, where
    it can be told.
    """

    verdict: str
    why: str
    start: Standing | None = None
    end: Standing | None = None
    change: int | None = None
    expected: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    a_month: Decimal | None = None


def measured(access: Access, views: Sequence[InitiativeView]) -> dict[int, Measured]:
    """By key of the initiative. Figures are read once for all organisations."""
    units = reach(access)
    keys = {one.initiative.organisation_id for one in views if one.initiative.measure == MEASURE}
    known = standings_of(access, [units[key] for key in keys])
    beside = _beside(keys)
    learned: dict[Level, picture.Shares] = {}

    def moves_by_itself(key: int, start: Standing, end: Standing) -> float | None:
        level = at_level(units[key])
        if level not in learned:
            learned[level] = picture.learned(access, level)[1]
        return picture.usual(learned[level], units[key], start, end)

    found = {}
    for view in views:
        one = view.initiative
        worked = beside.get(one.organisation_id, {})
        found[one.pk] = _measured(one, known.get(one.organisation_id, []), worked, moves_by_itself)
    return found


def with_measured(access: Access, views: Sequence[InitiativeView]) -> tuple[list[InitiativeView], dict[int, Measured]]:
    """The same initiatives, those whose effect is below what was expected among what needs a word; and what was measured."""
    found, today = measured(access, views), clock.today()
    told = [
        replace(view, exceptions=rules.exceptions(replace(standing_of(view.initiative), below=True), today))
        if found[view.initiative.pk].verdict == BELOW
        else view
        for view in views
    ]
    return in_order(told), found


def agenda_with_measured(access: Access, agenda: Agenda) -> Agenda:
    """The same agenda, with those whose effect is below what was expected among what is not as planned."""
    views, _ = with_measured(access, [*agenda.exceptions, *agenda.others])
    return replace(
        agenda,
        exceptions=[one for one in views if one.exceptions],
        others=[one for one in views if not one.exceptions],
    )


def _measured(
    one: Initiative,
    known: Sequence[Standing],
    beside: Mapping[int, _Worked],
    moves_by_itself: Callable[[int, Standing, Standing], float | None],
) -> Measured:
    if one.measure != MEASURE or one.expected is None:
        return Measured(CANNOT_TELL, "Nobody said what it is to bring, and in which figure.")
    own = beside.get(one.pk)
    if own is None:
        return Measured(CANNOT_TELL, "It has not started.")
    kind = last.kind if (last := latest(known)) is not None else ""
    like = [each for each in known if each.kind == kind]
    start = next((each for each in reversed(like) if each.on <= own.first), None)
    if start is None or own.first - start.on > _BEFORE:
        return Measured(CANNOT_TELL, "No figure is known of when it started.")
    since = [each for each in like if each.on > own.first]
    # Of one that has ended: as long as it worked.
    end = latest([each for each in since if each.on <= own.last] or since[:1])
    if end is None:
        return Measured(CANNOT_TELL, "No figure is known of since it started.", start)
    whole, low, high = _expected(one, own, end.on)
    told = Measured(CANNOT_TELL, "", start, end, end.done - start.done, whole, low, high)
    months = whole / one.expected if one.expected else Decimal(0)
    if start.rounded or end.rounded:
        return replace(told, why="The counts that may be told are rounded to 5.")
    if months < _WORKED:
        return replace(told, why="By the last figure it had not worked for a month at full strength.")
    others = sum(_overlap(own, other) for other in beside.values())
    if others:
        many = "Another initiative works" if others == 1 else f"{others} other initiatives work"
        return replace(told, why=f"{many} on the same figure at the same time: what each brought cannot be told apart.")
    usual = moves_by_itself(one.organisation_id, start, end)
    if usual is None:
        return replace(told, why="Too little is published to know how much the figure moves by itself.")
    moved = float(end.share - start.share)
    if abs(moved) <= usual:
        return replace(
            told,
            why=f"The share moved by {abs(moved):.1f} percentage points, and moves by up to {usual:.1f} by itself over as long.",
        )
    change = Decimal(end.done - start.done)
    verdict = BELOW if change < low else ABOVE if change > high else WITHIN
    why = f"The share moved by {abs(moved):.1f} percentage points, more than the {usual:.1f} that it moves by itself."
    return replace(told, verdict=verdict, why=why, a_month=change / months)


def _expected(one: Initiative, own: _Worked, until: date) -> tuple[Decimal, Decimal, Decimal]:
    """More by the end of the month of `until`: as expected, at least and at most."""
    assert one.expected is not None
    first = own.first.replace(day=1)
    count = (until.year - first.year) * 12 + until.month - first.month + 1
    months = [
        date(first.year + (first.month - 1 + at) // 12, (first.month - 1 + at) % 12 + 1, 1) for at in range(count)
    ]
    middle, low, high = (
        brought([Effect(own.first, own.last, one.window, amount, amount, amount)], months)[-1].more
        for amount in (
            one.expected,
            one.expected if one.expected_low is None else one.expected_low,
            one.expected if one.expected_high is None else one.expected_high,
        )
    )
    return middle, low, high


@dataclass(frozen=True)
class _Worked:
    """An initiative of any plan, and the days on which it worked."""

    pk: int
    first: date
    last: date


def _beside(keys: Collection[int]) -> dict[int, dict[int, _Worked]]:
    """By organisation, all that has worked on its figure, by key: in its own plan, in those above it and in those below."""
    history = InitiativeHistory.objects.filter(parent=OuterRef("pk"))
    begun = (
        Initiative.objects.filter(measure=MEASURE, starts_on__isnull=False)
        .filter(Exists(history.filter(to_state="under_way")))
        .annotate(stopped_at=Subquery(history.filter(to_state="stopped").values("at")[:1]))
        .values_list("pk", "organisation_id", "starts_on", "ends_on", "stopped_at")
    )
    found = [
        (organisation, _Worked(pk, starts, min(ends or date.max, _day(stopped) if stopped else date.max)))
        for pk, organisation, starts, ends, stopped in begun
        if starts is not None
    ]
    stand = chains({*keys, *(organisation for organisation, _ in found)}, on=clock.today())
    above = {key: {key, *levels.values()} for key, levels in stand.items()}
    return {
        key: {worked.pk: worked for other, worked in found if other in above[key] or key in above[other]}
        for key in keys
    }


def _day(moment: datetime) -> date:
    return moment.astimezone(clock.LONDON).date()


def _overlap(one: _Worked, other: _Worked) -> bool:
    """Whether two work on one figure during the same days."""
    return one.pk != other.pk and one.first <= other.last and other.first <= one.last
