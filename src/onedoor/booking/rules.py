"""Rules of booking: moves between states, what kinds of appointment allow by default, when reminders are due.

Pure: no tables, no clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as Time
from typing import Protocol, TypeVar

from onedoor.kernel.calendar import next_open
from onedoor.kernel.clock import LONDON
from onedoor.kernel.sensitive import says_never, says_sensitive

MOVES: Mapping[str, frozenset[str]] = {
    "held": frozenset({"booked", "pending", "lapsed"}),
    "pending": frozenset({"booked", "lapsed", "cancelled"}),
    "booked": frozenset({"arrived", "fulfilled", "noshow", "cancelled", "cancelling"}),
    "cancelling": frozenset({"cancelled", "booked", "arrived", "fulfilled"}),
    "arrived": frozenset({"fulfilled", "noshow"}),
    # Somebody marked it wrongly.
    "fulfilled": frozenset({"noshow"}),
    "noshow": frozenset({"fulfilled"}),
    "cancelled": frozenset(),
    "lapsed": frozenset(),
}
"""Moves of an appointment. A place taken again after a cancellation is a new appointment: what ended stays ended."""

UNMARKS: Mapping[str, frozenset[str]] = {
    "arrived": frozenset({"booked", "cancelling"}),
    "fulfilled": frozenset({"booked", "cancelling", "arrived", "noshow"}),
    "noshow": frozenset({"booked", "arrived", "fulfilled"}),
}
"""What an appointment may be again when somebody pressed the wrong mark: what it was before, the same day."""

TAKEN_BACK = "mark taken back"
"""The reason in the history of a move back."""


class _Move(Protocol):
    reason: str


Move = TypeVar("Move", bound=_Move)


def standing(moves: Iterable[Move]) -> Move | None:
    """Of all moves in their order, the one that made a thing what it is: what was taken back, and the taking back, count for
    nothing."""
    stand: list[Move] = []
    for move in moves:
        if move.reason == TAKEN_BACK and stand:
            stand.pop()
        else:
            stand.append(move)
    return stand[-1] if stand else None


MARKS: Mapping[str, tuple[str, str]] = {
    "arrived": ("arrived", "arrived"),
    "fulfilled": ("seen", "seen"),
    "noshow": ("missed", "not attended"),
}
"""Each mark's name on the audit and in intents, and in words."""

CONFIRM_AFTER_CANCEL = timedelta(minutes=60)
"""How long YES takes a cancelled place back while it is free (J2: "yes I'll come after all")."""

LATE_FROM = timedelta(hours=2)
"""How long before the start "running late" is about this visit and not another."""

HOLD_MINUTES = 5
"""NBS holds for five minutes (referrals-booking-telephony.md 5.1)."""

VANISHED_SHARE = 0.05
"""More than this share of a scope gone from an import: a person decides."""

REMINDER_FROM, REMINDER_UNTIL = Time(8, 0), Time(17, 0)
"""Texts go 08:00-18:00 on weekdays (clinical.md 6.2). Reminders are queued until 17:00, so that the last hour is left for
sending them."""

LATE_REMINDER = timedelta(hours=3)
"""A reminder that is late (a late import) still goes when the appointment is more than this away."""

REMINDER_USELESS = timedelta(hours=2)
"""A reminder not sent this long before the appointment is not sent at all."""


def reminders_reach(now: datetime) -> datetime:
    """The moment up to which reminders are due at `now`.

    A reminder that falls into the evening, a weekend or a holiday goes before it, never after: Monday's early
    appointments would otherwise be reminded of after they began.
    """
    return next_open(now, REMINDER_FROM, REMINDER_UNTIL)


def booked_on_the_day(starts_at: datetime, booked_at: datetime, booked_on: date | None) -> bool:
    """Whether an appointment was booked on its own day, in London; the outside diary's word goes before ours."""
    day = starts_at.astimezone(LONDON).date()
    return (booked_on or booked_at.astimezone(LONDON).date()) == day


@dataclass(frozen=True)
class TypeDefaults:
    """What a kind of appointment allows until a person says otherwise."""

    said_as: str = ""
    reply_may_cancel: bool = False
    may_refill: bool = False
    never_by_machine: bool = False
    remind_hours: int = 48
    confirm_same_day: bool = True
    by_telephone: bool = False


_TELEPHONE = re.compile(r"\b(?:telephone|phone call|phone consult|tel call|by phone)\b")


def _usual(said_as: str = "") -> TypeDefaults:
    return TypeDefaults(said_as=said_as, reply_may_cancel=True, may_refill=True)


TYPES: Mapping[str, TypeDefaults] = {
    # The usual slot types of a practice. What is not here allows nothing by machine. Named in a text is what is done,
    # never a clinic; sensitive names (kernel.sensitive) are not named whatever this table says.
    "face to face": _usual(),
    "gp appointment": _usual(),
    "routine appointment": _usual(),
    "nurse appointment": _usual(),
    "telephone": _usual(),
    "telephone appointment": _usual(),
    # Kept for people who ring that morning, so not offered to those who wait.
    "book on the day": TypeDefaults(reply_may_cancel=True),
    "blood test": _usual("blood test"),
    "phlebotomy": _usual("blood test"),
    "blood pressure": _usual("blood pressure check"),
    "blood pressure check": _usual("blood pressure check"),
    "asthma review": _usual("asthma review"),
    "immunisation": _usual("vaccination"),
    "vaccination": _usual("vaccination"),
    "flu vaccination": _usual("flu vaccination"),
    "dressing": _usual("dressing change"),
    "ear care": _usual("ear care appointment"),
    "nhs health check": _usual("NHS health check"),
    "msk assessment": _usual("physiotherapy appointment"),
    "physiotherapy": _usual("physiotherapy appointment"),
    # A place in one date of a course is not offered to somebody who is not on it.
    "exercise class": TypeDefaults(said_as="exercise class", reply_may_cancel=True),
    "exercise classes": TypeDefaults(said_as="exercise class", reply_may_cancel=True),
    "smear": _usual(),
    "cervical screening": _usual(),
}


def type_key(name: str) -> str:
    """A type's name folded for comparing: lower case, punctuation and runs of spaces as one space."""
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()


def defaults_for(name: str) -> TypeDefaults:
    """What a type of this name allows until a person says otherwise."""
    key = type_key(name)
    by_telephone = bool(_TELEPHONE.search(key))
    if says_never(key):
        return TypeDefaults(never_by_machine=True, by_telephone=by_telephone)
    known = TYPES.get(key, TypeDefaults())
    return TypeDefaults(
        said_as="" if is_sensitive(name) else known.said_as,
        reply_may_cancel=known.reply_may_cancel,
        may_refill=known.may_refill,
        remind_hours=known.remind_hours,
        confirm_same_day=known.confirm_same_day,
        by_telephone=by_telephone,
    )


def is_sensitive(name: str) -> bool:
    """Whether a text must not name this (clinical.md 6.2)."""
    key = type_key(name)
    return says_sensitive(key)


YOUNG = 16
"""Whose phone a younger patient's number is (theirs or a parent's) we do not know (clinical.md 6.2)."""


def may_name_topic(phone_holders: int, born_on: date, when: datetime) -> bool:
    """Whether a text may say what an appointment is for: not on a shared phone, nor to somebody under 16 at that time."""
    day = when.astimezone(LONDON).date()
    return phone_holders < 2 and (day.year - YOUNG, day.month, day.day) >= (born_on.year, born_on.month, born_on.day)


def overlapping(spans: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime) -> bool:
    """Whether start..end (half open) overlaps one of `spans`."""
    return any(low < end and start < high for low, high in spans)


def too_many_vanished(vanished: int, live: int) -> bool:
    """Whether so much of a scope is gone that a person must decide."""
    return vanished > VANISHED_SHARE * live
