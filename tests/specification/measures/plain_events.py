"""A plain reading of the measures of events: from what happened, and when it was told, to figures.

It is written from the definitions' words (docs/reference/measures.md) and shares nothing with the product: bank holidays are
typed. Each kind of thing lists what was done to it, in order, with the moment from which that is known.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
BANK_HOLIDAYS = {
    date(2024, 12, 25), date(2024, 12, 26), date(2025, 1, 1), date(2025, 4, 18), date(2025, 4, 21), date(2025, 5, 5),
    date(2025, 5, 26), date(2025, 8, 25), date(2025, 12, 25), date(2025, 12, 26),
}  # fmt: skip

Told = tuple[datetime, str]
"""From when something is known, and what is so from then on."""


def last(told: Sequence[Told], known: datetime) -> str:
    """What is so, as known at a moment; empty before anything is."""
    return next((what for at, what in reversed(told) if at <= known), "")


def ever(told: Sequence[Told], known: datetime, *what: str) -> bool:
    """Whether it was ever said by then."""
    return any(at <= known and said in what for at, said in told)


@dataclass
class Visit:
    """An appointment. `told`: booked, arrived, kept, missed, cancelled, asked (of an outside diary), refused."""

    practice: str
    starts_at: datetime
    told: list[Told] = field(default_factory=list)


@dataclass
class Place:
    """A place that became free. `told`: given (and sure), withdrawn."""

    practice: str
    freed_at: datetime
    told: list[Told] = field(default_factory=list)


@dataclass
class Question:
    """Whether somebody comes. `told`: left (its text), answered."""

    practice: str
    asked_at: datetime
    told: list[Told] = field(default_factory=list)


@dataclass
class Invitation:
    """Of recall. `told`: states in the product's words."""

    practice: str
    made_at: datetime
    told: list[Told] = field(default_factory=list)


@dataclass
class Referral:
    """To a provider. `heard_at`: when the provider's list or referrer told of it."""

    provider: str
    received_at: datetime
    heard_at: datetime
    taken_over: bool = False
    decided_at: datetime | None = None
    decision_heard_at: datetime | None = None
    rejected: bool = False
    discharged_at: datetime | None = None
    onward: tuple[date, date] | None = None
    """Decided and sent on."""
    end_heard_at: datetime | None = None


@dataclass
class Paper:
    """A document. `sent`: when, and to which practice. `told`: accepted, taken back, left, sent back, replaced, away."""

    sender: str
    made_at: datetime
    sent: list[Told] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)


@dataclass
class Someone:
    """With what is told of where they are registered: practice, from, until; of their mobiles: from and until; and of death."""

    registered: list[tuple[datetime, list[tuple[str, date, date | None]]]] = field(default_factory=list)
    mobiles: list[list[datetime | None]] = field(default_factory=list)
    died: list[Told] = field(default_factory=list)


@dataclass
class Facts:
    """All that happened. `heard_from`: since when something has come to a practice's mailbox."""

    visits: list[Visit] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    invitations: list[Invitation] = field(default_factory=list)
    referrals: list[Referral] = field(default_factory=list)
    papers: list[Paper] = field(default_factory=list)
    people: list[Someone] = field(default_factory=list)
    heard_from: dict[str, datetime] = field(default_factory=dict)


Mark = tuple[str, str, bool, bool]
"""Measure, organisation, whether in the denominator, whether counted."""


def figures(facts: Facts, month: date, known: datetime) -> Mapping[tuple[str, str], tuple[int, int, int]]:
    """By measure and organisation: counted, in the denominator, left out."""
    found: dict[tuple[str, str], tuple[int, int, int]] = {}
    for key, code, within, counted in _marks(facts, month, known):
        many, of, out = found.get((key, code), (0, 0, 0))
        found[key, code] = (many + (within and counted), of + within, out + (not within))
    return found


def _marks(facts: Facts, month: date, known: datetime) -> Iterator[Mark]:
    end = month.replace(day=calendar.monthrange(month.year, month.month)[1])

    def this(moment: datetime) -> bool:
        return month <= moment.astimezone(LONDON).date() <= end

    for visit in facts.visits:
        now = last(visit.told, known)
        if this(visit.starts_at) and now in ("booked", "arrived", "kept", "missed"):
            yield "did_not_attend", visit.practice, now != "booked", now == "missed"
    for place in facts.places:
        if this(place.freed_at) and place.freed_at <= known:
            given = ever(place.told, known, "given")
            yield "places_refilled", place.practice, not ever(place.told, known, "withdrawn"), given
    for question in facts.questions:
        if this(question.asked_at) and question.asked_at <= known:
            left, answered = (ever(question.told, known, what) for what in ("left", "answered"))
            yield "reminders_answered", question.practice, left, answered
    for one in facts.invitations:
        if this(one.made_at) and one.made_at <= known:
            yield "invited", one.practice, True, True
            said = ever(one.told, known, "accepted", "booked", "declined", "already_done")
            yield "invitations_answered", one.practice, True, said
            yield "invitations_booked", one.practice, True, ever(one.told, known, "booked")
            yield "invitations_done", one.practice, True, ever(one.told, known, "done")
    yield from _referred(facts, this, month, end, known)
    yield from _documents(facts, this, known)
    yield from _mobiles(facts, end, known)


def _referred(
    facts: Facts, this: Callable[[datetime], bool], month: date, end: date, known: datetime
) -> Iterator[Mark]:
    for one in facts.referrals:
        heard = one.decision_heard_at is not None and one.decision_heard_at <= known
        if this(one.received_at) and one.heard_at <= known:
            hours = (one.decided_at - one.received_at) / timedelta(hours=1) if one.decided_at else None
            in_time = heard and hours is not None and hours <= 48
            yield "triaged_within_48_hours", one.provider, not one.taken_over, in_time
            yield "inappropriate_referrals", one.provider, not one.taken_over, heard and one.rejected
        if one.end_heard_at is None or one.end_heard_at > known:
            continue
        if one.discharged_at is not None and this(one.discharged_at):
            yield "discharged_to_gp", one.provider, True, True
        if one.onward is not None and month <= one.onward[0] <= end:
            yield "sent_on_within_3_working_days", one.provider, True, _by_working_day(*one.onward, 3)


def _documents(facts: Facts, this: Callable[[datetime], bool], known: datetime) -> Iterator[Mark]:
    for paper in facts.papers:
        practice = last(paper.sent, known)
        if not this(paper.made_at) or not practice or practice == paper.sender:
            continue
        if practice not in facts.heard_from or facts.heard_from[practice] > known:
            continue
        accepted: datetime | None = None
        away = False
        for at, what in paper.told:
            if at > known:
                break
            if what == "accepted":
                accepted, away = at, False
            elif what == "taken back":
                accepted, away = None, False
            elif what in ("left", "sent back", "replaced", "away") and accepted is None:
                away = True
        made, on = paper.made_at.astimezone(LONDON).date(), accepted and accepted.astimezone(LONDON).date()
        in_time = on is not None and _by_working_day(made, on, 1)
        yield "documents_within_a_working_day", practice, not away, in_time


def _mobiles(facts: Facts, end: date, known: datetime) -> Iterator[Mark]:
    over = datetime(end.year, end.month, end.day, tzinfo=LONDON) + timedelta(days=1)
    for one in facts.people:
        told = [where for at, where in one.registered if at <= known]
        there = [
            code for code, since, until in (told[-1] if told else []) if since <= end and (not until or end < until)
        ]
        if there and last(one.died, known) != "dead":
            stood = any(since < over and (until is None or until >= over) for since, until in one.mobiles if since)
            yield "usable_mobile", there[0], True, stood


def _by_working_day(first: date, second: date, number: int) -> bool:
    """Whether there are at most so many working days after a day, up to and with another."""
    days = [first + timedelta(days=after) for after in range(1, (second - first).days + 1)]
    return len([day for day in days if day.weekday() < 5 and day not in BANK_HOLIDAYS]) <= number
