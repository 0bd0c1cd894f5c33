"""Rules of refilling: who may be offered a released place, in which order, and when the next wave goes.

Pure: no tables, no clock. Sources: product-map.md J1 (order, waves), M3 (five people, fifteen minutes), clinical.md 6.2
(who must not be written to, quiet hours) and 6.4 (who must not be written to by text).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as Time

from onedoor.booking.needs import Demand, Spot, misfits
from onedoor.kernel.calendar import is_open
from onedoor.kernel.clock import LONDON

QUIET_UNTIL, QUIET_FROM = Time(8, 0), Time(18, 0)
"""Offers go out 08:00-18:00 on working days (clinical.md 6.2), calls like texts."""

MOVES: Mapping[str, frozenset[str]] = {
    "open": frozenset({"accepted", "declined", "gone", "withdrawn", "unanswered"}),
    # A second thought while the place is still free.
    "declined": frozenset({"accepted"}),
    # A place in an outside diary may turn out to have been given away there before our booking arrived.
    "accepted": frozenset({"gone"}),
    "gone": frozenset(),
    "withdrawn": frozenset(),
    "unanswered": frozenset(),
}
"""Moves of an offer."""


@dataclass(frozen=True)
class Policy:
    """An organisation's settings. Waves of five, fifteen minutes apart (product-map.md M3)."""

    on: bool = True
    wave_size: int = 5
    window: timedelta = timedelta(minutes=15)
    notice: timedelta = timedelta(minutes=60)
    """No offer of a place that starts sooner than this."""
    interpreter_days: int = 2
    """Working days that booking an interpreter takes: nobody who needs one is offered anything nearer."""


@dataclass(frozen=True)
class Place:
    """A released place."""

    release_id: int
    seat_id: int
    type_id: int
    starts_at: datetime
    ends_at: datetime
    spot: Spot | None = None
    """What decides whether it meets needs; None where nobody asks."""


@dataclass(frozen=True)
class Waiting:
    """Somebody on the list, with all that decides whether and how they may be offered a place."""

    entry_id: int
    patient_id: int
    type_id: int
    joined_at: datetime
    priority: int = 1
    not_before: date | None = None
    own_starts_at: datetime | None = None
    """Start of the appointment to bring forward; None when they have none."""
    own_seat_id: int | None = None
    own_settled: bool = True
    """Whether that appointment is simply booked: not being cancelled, asked for elsewhere, or begun."""
    busy: tuple[tuple[datetime, datetime], ...] = ()
    """Their live appointments, the one to bring forward included: start and end."""
    offered: frozenset[int] = frozenset()
    """Releases they were offered before, whatever became of it."""
    asked_until: datetime | None = None
    """End of the window in which they are thinking about another offer."""
    deceased: bool = False
    restricted: bool = False
    registered: bool = True
    has_number: bool = True
    by_phone: bool = False
    """Offered by a call: no mobile, or a need that a plain text does not meet."""
    demands: tuple[Demand, ...] = ()
    """What their needs demand of a place."""


def why_not(person: Waiting, place: Place, now: datetime, *, interpreter_days: int = 2) -> str:
    """Why this person is not offered this place now, in a word; empty when they may be.

    Nobody is offered a place that does not meet a need of theirs, or that is too near to book their interpreter for. Whoever gave
    the place up is treated like anyone.
    """
    if person.deceased:
        return "deceased"
    if not person.registered:
        return "not_registered"
    if person.restricted:
        return "restricted"
    if not person.has_number:
        return "no_number"
    if person.type_id != place.type_id:
        return "other_type"
    if place.release_id in person.offered:
        return "offered_before"
    if person.own_seat_id == place.seat_id:
        return "same_place"
    if not person.own_settled:
        return "own_unsettled"
    if person.own_starts_at is not None and person.own_starts_at <= place.starts_at:
        return "not_earlier"
    if person.not_before is not None and place.starts_at.astimezone(LONDON).date() < person.not_before:
        return "too_soon"
    if any(start < place.ends_at and place.starts_at < end for start, end in person.busy):
        return "overlaps"
    if person.asked_until is not None and person.asked_until > now:
        return "being_asked"
    if person.demands and (
        place.spot is None or misfits(person.demands, place.spot, now=now, interpreter_days=interpreter_days)
    ):
        return "does_not_fit"
    return ""


def order(person: Waiting, place: Place, now: datetime) -> tuple[int, int, float, datetime, int]:
    """Sorts first who comes first: clinical priority, whole days waited, days gained, then who joined first.

    Somebody without an appointment gains most: they have nothing to fall back on.
    """
    waited = (now - person.joined_at).days
    gain = (person.own_starts_at - place.starts_at).days if person.own_starts_at is not None else 100_000
    return (person.priority, -waited, -gain, person.joined_at, person.entry_id)


def may_be_offered(place: Place, policy: Policy, now: datetime) -> bool:
    """Whether the place still starts late enough to be offered to anybody."""
    return policy.on and place.starts_at - policy.notice > now


def wave_due(
    place: Place, policy: Policy, now: datetime, *, last_closes_at: datetime | None = None, still_thinking: int = 0
) -> bool:
    """Whether the next wave may go: within hours, in time, and the last one's window has passed or all said no."""
    if not may_be_offered(place, policy, now) or not is_open(now, QUIET_UNTIL, QUIET_FROM):
        return False
    return last_closes_at is None or last_closes_at <= now or still_thinking == 0


def plan(places: Sequence[tuple[Place, Policy]], people: Iterable[Waiting], now: datetime) -> dict[int, list[Waiting]]:
    """Whom to ask about which release in this round: at most a wave for each place, each person about one place only.

    The place that starts first chooses first, because it has the least time left. Those who are rung up are in the same wave
    and the same order as those who get a text (product-map.md J1, J3: no offer is worth less for want of a phone).
    """
    by_type: dict[int, list[Waiting]] = {}
    for person in people:
        by_type.setdefault(person.type_id, []).append(person)
    taken: set[int] = set()
    chosen: dict[int, list[Waiting]] = {}
    for place, policy in sorted(places, key=lambda pair: (pair[0].starts_at, pair[0].release_id)):
        fit = [
            person
            for person in by_type.get(place.type_id, ())
            if person.patient_id not in taken
            and not why_not(person, place, now, interpreter_days=policy.interpreter_days)
        ]
        wave: list[Waiting] = []
        for person in sorted(fit, key=lambda one: order(one, place, now)):
            if len(wave) == policy.wave_size:
                break
            if person.patient_id not in taken:
                taken.add(person.patient_id)
                wave.append(person)
        if wave:
            chosen[place.release_id] = wave
    return chosen
