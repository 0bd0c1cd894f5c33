"""By when somebody will have heard: from how long people lately waited, how many wait now, and how many are taken.

A queue for triage is not first come, first served: some are decided within hours, others after weeks, and which is not known
on receipt. So the range is read from the ages at which referrals were lately decided, with those still waiting counted as
waiting (otherwise long waits, not yet over, would be left out). Where more wait for each one taken than the same weeks ever
saw, the range is stretched by as much. The date said is the end of that range: nine of ten have heard by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import mean

from onedoor.kernel.calendar import is_working_day
from onedoor.referrals.rules import CONTACT_DAYS, working_days_between

WEEKS = 8
"""How far back "lately" goes."""
WINDOW = timedelta(weeks=WEEKS)
FEWEST = 50
"""Decisions that must have been seen before a range is read from them."""
AT_RISK = 8
"""Fewer than so many people of an age say nothing of that age."""
LOW, HIGH = 0.1, 0.9
"""An 80% range: one in ten has heard before it begins, and one in ten has not when it ends."""
MOST_STRETCH = 3.0
MOVED = 2
"""Working days. A date that moved by more than so many is said anew."""
OVERDUE_WORKING_DAYS = 10
"""What is said to somebody who has waited longer than any evidence and longer than e-RS promises."""


@dataclass(frozen=True)
class Seen:
    """So many referrals that were watched waiting from one age to another (days, both included), then decided or not."""

    from_age: int
    to_age: int
    decided: bool
    number: int = 1


@dataclass(frozen=True)
class Ages:
    """For each age in days: how many were waiting on such a day of theirs, and how many of them were decided on it."""

    at_risk: Sequence[int]
    decided: Sequence[int]

    @property
    def seen(self) -> int:
        """Decisions in all."""
        return sum(self.decided)


@dataclass(frozen=True)
class Range:
    """An 80% range of days, and the working day that is said."""

    earliest: date
    latest: date
    by: date
    own: bool
    """Whether the service's own figures gave it; otherwise it is what e-RS promises."""


def ages(seen: Iterable[Seen]) -> Ages:
    """Lay what was seen together by age."""
    rows = [row for row in seen if row.to_age >= row.from_age >= 0]
    length = max((row.to_age for row in rows), default=-1) + 1
    change, decided = [0] * (length + 1), [0] * length
    for row in rows:
        change[row.from_age] += row.number
        change[row.to_age + 1] -= row.number
        if row.decided:
            decided[row.to_age] += row.number
    at_risk, running = [], 0
    for step in change[:-1]:
        running += step
        at_risk.append(running)
    return Ages(at_risk, decided)


def left_to_wait(lately: Ages, age: int) -> tuple[int, int] | None:
    """(fewest, most) days that somebody of this age still waits, in eight of ten cases; None where nothing is known of it.

    `fewest` is 0 for today. The chance of being decided on a day of some age is what it lately was.
    """
    if lately.seen < FEWEST:
        return None
    waiting, first = 1.0, None
    for at in range(age, len(lately.at_risk)):
        if lately.at_risk[at] < AT_RISK:
            break
        waiting *= 1 - lately.decided[at] / lately.at_risk[at]
        if first is None and 1 - waiting > LOW:
            first = at - age
        if 1 - waiting >= HIGH:
            return first or 0, at - age
    return None


def stretch(waiting: Sequence[int], taken: Sequence[int]) -> float:
    """How much longer than lately it will take, from how many waited at the end of each day and how many were taken on it.

    Days in order, up to yesterday. What counts is how many days of work wait: the mean of a week's queue over the mean of what
    that week took, so that weekends do not swing it. Within what the weeks before saw it is 1: their waits hold it already.
    """
    load = [
        mean(waiting[end - 7 : end]) / mean(taken[end - 7 : end])
        for end in range(len(waiting), 6, -7)
        if sum(taken[end - 7 : end])
    ]
    if len(load) < 3:
        return 1.0
    now, before = load[0], load[1:]
    if now > max(before):
        return min(MOST_STRETCH, now / max(before))
    if now < min(before):
        return max(1 / MOST_STRETCH, now / min(before))
    return 1.0


def outer(came_on: date, priority: str) -> date:
    """The day by which e-RS promises that triage has answered (`CONTACT_DAYS`)."""
    return came_on + timedelta(days=CONTACT_DAYS[priority])


def heard_by(lately: Ages, *, came_on: date, priority: str, today: date, longer: float = 1.0) -> Range:
    """What to say today to somebody who waits for a decision since `came_on`; never a date that is past."""
    left = left_to_wait(lately, max(0, (today - came_on).days))
    if left is not None:
        first, last = (round(days * longer) for days in left)
        latest = today + timedelta(days=last)
        return Range(today + timedelta(days=first), latest, working_day(latest), own=True)
    promised = outer(came_on, priority)
    if promised > today:
        return Range(today, promised, working_day(promised), own=False)
    latest = add_working_days(today, OVERDUE_WORKING_DAYS)
    return Range(today, latest, latest, own=False)


def moved(said: date, now: date) -> bool:
    """Whether a date is so far from the one that was said that it is said anew."""
    return working_days_between(min(said, now), max(said, now)) > MOVED


def working_day(day: date) -> date:
    """The day itself, or the next on which somebody works."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def add_working_days(day: date, number: int) -> date:
    """The working day so many after `day`."""
    for _ in range(number):
        day = working_day(day + timedelta(days=1))
    return day


@dataclass(frozen=True)
class Spell:
    """So many referrals that began to wait on one day, with the day on which the waiting ended, if it has.

    `decided` says that it ended with what was waited for, not otherwise (withdrawn). `own` is false of those taken over:
    they stand in the queue, but what they waited elsewhere says nothing of waiting here.
    """

    began: date
    ended: date | None
    decided: bool
    group: str
    own: bool = True
    number: int = 1


@dataclass(frozen=True)
class Evidence:
    """What is known on the morning of a day, from the days before it, of one queue."""

    by_group: dict[str, Ages]
    everybody: Ages
    longer: float
    per_week: float
    """Taken a week, over the last four."""

    def of(self, group: str) -> Ages:
        """The ages of people like them, or of everybody where too few are like them."""
        own = self.by_group.get(group)
        return own if own is not None and own.seen >= FEWEST else self.everybody


def evidence(spells: Sequence[Spell], day: date) -> Evidence:
    """What the spells of one queue show of the weeks before `day`; nothing of that day itself or later."""
    first = day - WINDOW
    seen: dict[str, list[Seen]] = {}
    change, taken = [0] * (WINDOW.days + 1), [0] * WINDOW.days
    for spell in spells:
        over = spell.ended is not None and spell.ended < day
        if spell.began >= day or (spell.ended is not None and spell.ended < first):
            continue
        change[max(0, (spell.began - first).days)] += spell.number
        if over and spell.ended is not None:
            at = (spell.ended - first).days
            change[at] -= spell.number
            taken[at] += spell.number * spell.decided
        if spell.own:
            seen.setdefault(spell.group, []).append(_seen(spell, first, day))
    waiting, running = [], 0
    for step in change[:-1]:
        running += step
        waiting.append(running)
    by_group = {group: ages(rows) for group, rows in seen.items()}
    everybody = ages(row for rows in seen.values() for row in rows)
    return Evidence(by_group, everybody, stretch(waiting, taken), sum(taken[-28:]) / 4)


def _seen(spell: Spell, first: date, day: date) -> Seen:
    last = day - timedelta(days=1)
    over = spell.ended is not None and spell.ended < day
    until = spell.ended if over and spell.ended is not None else last
    if over and not spell.decided:
        until -= timedelta(days=1)
    return Seen(
        from_age=max(0, (first - spell.began).days),
        to_age=(until - spell.began).days,
        decided=over and spell.decided,
        number=spell.number,
    )
