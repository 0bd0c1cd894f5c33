"""Shadow mode: a past month of a diary replayed as refilling would have met it. Nothing is written and nothing is sent.

Each place that was given up in time and given to nobody is offered, on paper, in waves by the organisation's own policy to those
who could have been asked then. Whether and when they accept is drawn by chance, with a fixed seed: by how people answered here,
or by the assumptions of product-map.md M3 where too few were asked. The database itself refuses writes meanwhile.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from django.db import connection, transaction

from onedoor.booking import api as booking
from onedoor.booking.api import QUIET_FROM, QUIET_UNTIL, Policy
from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.kernel.calendar import next_open
from onedoor.reporting.dashboards.scope import figures_of, sees_people
from onedoor.reporting.disclosure import HIDDEN, shown
from onedoor.reporting.levels import Unit
from onedoor.reporting.measures.computing import last_day
from onedoor.reporting.tables import Cell, Column, Table

ACCEPT, MINUTES, POOL = 0.20, 30.0, 40
"""Of product-map.md M3: how many of those asked accept, their mean time to reply, and how many there are to ask."""
MEASURED_FROM = 30
"""Answers and 5 acceptances of the last 90 days, from which on the practice's own are used (ours)."""
_ACCEPTED_FROM = 5
_LOOK_BACK = timedelta(days=90)
RUNS = 500
LOW, HIGH = 0.10, 0.90
"""The range holds eight of ten runs."""
PLACE_POUNDS = Decimal("30.00")
"""What a place that is used is worth, where nobody says another: an assumption of ours, in pounds."""

FATES = {
    "empty": "offered to nobody, and left empty",
    "left": "offered here, and left empty",
    "filled": "offered here, and refilled",
    "rebooked": "given to somebody at the desk",
    "too_late": "given up too late to offer",
    "kind": "of a kind that is not refilled",
    "withdrawn": "withdrawn with their session",
}


_TOO_FEW = "too few places to tell"
_SEND_EACH_MORNING = (
    "An export of a diary does not say when a visit was cancelled; two exports do. Send the diary each morning for a month, and"
    " look then."
)


@dataclass(frozen=True)
class Assumption:
    """A number that the replay rests on: where it was not measured here, it is marked as assumed."""

    words: str
    value: str
    measured: bool


@dataclass(frozen=True)
class Shadow:
    """A month replayed. `filled`, `low` and `high` are places; pounds are `value` times as many. None where small counts are not
    for whoever looks (`hidden`)."""

    unit: Unit
    month: date
    fates: dict[str, int]
    offered: int
    """Places that refilling would have offered and nobody was."""
    here: int
    """Places that were offered here in fact, as a test of the replay: of them `actually` were refilled, and the replay says
    `here_low` to `here_high`."""
    actually: int
    here_low: int
    here_high: int
    filled: int
    low: int
    high: int
    median_minutes: float | None
    value: Decimal
    assumptions: Sequence[Assumption]
    hidden: bool = False

    @property
    def pounds(self) -> tuple[Decimal, Decimal, Decimal]:
        """Worth of what would have been refilled, and of both ends of the range."""
        return self.filled * self.value, self.low * self.value, self.high * self.value

    @property
    def sentence(self) -> str:
        """What the month comes to."""
        if self.hidden:
            told = shown(self.filled)
            if told == HIDDEN:
                return f"You would have refilled {_TOO_FEW}."
            return f"You would have refilled about {told} places, about £{int(told) * self.value:,.2f}."
        if not self.fates:
            return "No place is known to have been given up."
        if not self.offered:
            return "No place was given up that you would have refilled."
        worth, low, high = self.pounds
        return (
            f"You would have refilled {self.filled} place{'' if self.filled == 1 else 's'} ({self.low} to {self.high}), "
            f"£{worth:,.2f} (£{low:,.2f} to £{high:,.2f})."
        )

    @property
    def hint(self) -> str:
        """What to do where nothing is known to have been given up; "" where something is, or is not told."""
        return "" if self.fates or self.hidden else _SEND_EACH_MORNING

    def said(self, count: int) -> str:
        """A count as whoever looks may read it."""
        if not self.hidden:
            return f"{count:,}"
        told = shown(count)
        return _TOO_FEW if told == HIDDEN else f"about {told}"

    @property
    def table(self) -> Table:
        """What became of each appointment that was cancelled in the month."""
        rows: list[list[Cell]] = [[words, self._cell(self.fates.get(fate, 0))] for fate, words in FATES.items()]
        notes = [
            f"{one.words}: {one.value} ({'measured here' if one.measured else 'assumed'})." for one in self.assumptions
        ]
        return Table(
            f"Places given up: {self.unit.name}",
            [Column("what", "What became of them"), Column("places", "Places")],
            rows,
            notes=notes,
            source="The diary and its history",
            period=f"{self.month:%B %Y}",
            extracted_at=clock.now(),
        )

    def _cell(self, count: int) -> Cell:
        if not self.hidden:
            return count
        told = shown(count)
        return told if told == HIDDEN else int(told)


@dataclass(frozen=True)
class Answering:
    """How those who are asked answer: how many accept (0 to 1), and their mean time to reply in minutes."""

    accept: float
    minutes: float


@dataclass(frozen=True)
class Replayed:
    """A place on paper: minutes from its release to each wave, until when an answer counts, and whom to ask, first to last."""

    waves: tuple[float, ...]
    until: float
    people: tuple[int, ...]


def practices(access: Access) -> list[Unit]:
    """Whose diary this access may have replayed: practices and services within reach, by name."""
    _, units = figures_of(access)
    return sorted(
        (unit for unit in units.values() if unit.level == "practice"), key=lambda unit: (unit.name, unit.ods_code)
    )


def shadow(access: Access, unit: Unit, month: date, *, value: Decimal = PLACE_POUNDS, runs: int = RUNS) -> Shadow:
    """The month of `month` replayed for an organisation within reach. Raises NotPermitted without REPORTS, LookupError for one
    that is not. Three statements, inside a transaction in which the database refuses to write."""
    own, units = figures_of(access)
    if unit.id not in units:
        raise LookupError(unit.ods_code)
    first = month.replace(day=1)
    last = last_day(first)
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Until the end of this transaction, or of the savepoint that it is inside another.
            cursor.execute("SET TRANSACTION READ ONLY")
        gone = booking.given_up(own, unit.id, first, last, most=POOL)
        answers = booking.measured(own, unit.id, last - _LOOK_BACK, last)
        policy = booking.wave_policy(own, unit.id)
    answering, assumed = _answering(answers)
    listed = any(one.listed for one in gone)
    places, tested = (
        [replayed(one, policy, one.listed if listed else one.later) for one in gone if one.fate in fates]
        for fates in (("empty",), ("filled", "left"))
    )
    seed = int.from_bytes(hashlib.sha256(f"{unit.ods_code} {first:%Y-%m}".encode()).digest()[:8], "big")
    filled, minutes = simulate(places, policy, answering, runs=runs, seed=seed)
    again, _ = simulate(tested, policy, answering, runs=runs, seed=seed)
    return Shadow(
        unit=unit,
        month=first,
        fates=dict(Counter(one.fate for one in gone)),
        offered=len(places),
        here=len(tested),
        here_low=_at(again, LOW),
        here_high=_at(again, HIGH),
        actually=sum(one.fate == "filled" for one in gone),
        filled=_at(filled, 0.5),
        low=_at(filled, LOW),
        high=_at(filled, HIGH),
        median_minutes=minutes[len(minutes) // 2] if minutes else None,
        value=value,
        assumptions=[
            *assumed,
            Assumption(
                "Who could be asked",
                "those who waited for something earlier"
                if listed
                else f"those with a later appointment of the same kind, at most {POOL}",
                listed,
            ),
            Assumption("Later places that they leave", "used by others", False),
            Assumption("Asked at once", f"{policy.wave_size}, every {policy.window.seconds // 60} minutes", True),
            Assumption("Worth of a place", f"£{value:,.2f}", False),
        ],
        hidden=not sees_people(access, unit.id),
    )


def _answering(measured: booking.Measured) -> tuple[Answering, list[Assumption]]:
    ours = measured.answers >= MEASURED_FROM and measured.accepted >= _ACCEPTED_FROM and measured.minutes is not None
    if ours and measured.minutes is not None:
        answering = Answering(measured.accepted / measured.answers, max(measured.minutes, 0.1))
    else:
        answering = Answering(ACCEPT, MINUTES)
    return answering, [
        Assumption("Accept when asked", f"{100 * answering.accept:.0f}%", ours),
        Assumption("Mean time to reply", f"{answering.minutes:.0f} minutes", ours),
    ]


def replayed(one: booking.GivenUp, policy: Policy, people: Sequence[int]) -> Replayed:
    """When waves could have gone: in the hours of offers, a window apart, until the place was too near."""
    until = one.starts_at - policy.notice
    needed = -(-len(people) // policy.wave_size)
    waves: list[float] = []
    moment = one.at
    while len(waves) < needed and moment < until:
        moment = next_open(moment, QUIET_UNTIL, QUIET_FROM)
        if moment < until:
            waves.append(_minutes(moment - one.at))
        moment += policy.window
    return Replayed(tuple(waves), _minutes(until - one.at), tuple(people))


def simulate(
    places: Sequence[Replayed], policy: Policy, answering: Answering, *, runs: int, seed: int
) -> tuple[list[int], list[float]]:
    """How many places were filled in each run, least first, and minutes to fill of all runs, shortest first.

    Replies come after an exponential time. Whoever takes a place is not asked about a later one; the first to accept has it, and
    no wave goes once somebody has.
    """
    chance = Random(seed)
    counts: list[int] = []
    minutes: list[float] = []
    for _ in range(runs):
        placed: set[int] = set()
        filled = 0
        for place in places:
            found = _first_yes(place, policy.wave_size, answering, placed, chance)
            if found is not None:
                when, who = found
                placed.add(who)
                minutes.append(when)
                filled += 1
        counts.append(filled)
    return sorted(counts), sorted(minutes)


def _first_yes(
    place: Replayed, size: int, answering: Answering, placed: set[int], chance: Random
) -> tuple[float, int] | None:
    """Minutes until the first acceptance and whose it is; None where nobody accepted in time."""
    asked = iter(place.people)
    best: tuple[float, int] | None = None
    for wave in place.waves:
        if best is not None and best[0] <= wave:
            break
        left = size
        for who in asked:
            if who in placed:
                continue
            if chance.random() < answering.accept:
                when = wave + chance.expovariate(1 / answering.minutes)
                if when < place.until and (best is None or when < best[0]):
                    best = (when, who)
            left -= 1
            if not left:
                break
    return best


def _at(ordered: Sequence[int], share: float) -> int:
    """The value below which that share of runs lies."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0


def _minutes(length: timedelta) -> float:
    return length.total_seconds() / 60
