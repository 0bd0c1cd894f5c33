"""What messaging itself says to a phone. Owners of appointments and offers word their own (clinical.md 6.5).

Nothing here names a patient, but for the question which visit is meant, and nothing ever names a clinic (messaging.md 6.2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from onedoor.kernel.words import clock_time, short_day

MOST_OPTIONS = 4
"""More than this in one question is for a person: nobody reads five numbers in a text."""

_WISHES: Mapping[str, str] = {
    "cancel": "cancel",
    "confirm": "keep",
    "earlier": "have earlier",
    "rebook": "change",
    "late": "be late for",
    "accept": "take",
    "decline": "turn down",
}
_SAID: Mapping[str, str] = {"answer": "what we asked", "unclear": "nothing clear", "already_done": "already done"}
"""Of answers that are no wish about a visit, and that no question which one is meant can settle."""


@dataclass(frozen=True)
class Practice:
    """Who speaks, and the number to ring."""

    name: str
    phone: str


def crisis(practice: Practice, written: str = "your text") -> str:
    """The first answer to words of danger; a person follows (clinical.md 6.6)."""
    return (
        "If anybody may be in danger, ring 999 now. For urgent help ring NHS 111, day or night. "
        f"{practice.name} is on {practice.phone}. We are telling a person there about {written}."
    )


def stopped(practice: Practice, *, appointments: bool = True) -> str:
    """STOP is done. Appointments stand, and that must be said, except to a family after a death."""
    if not appointments:
        return (
            f"You will get no more texts from {practice.name}. If you would like to speak to us, ring {practice.phone}."
        )
    return (
        f"You will get no more texts from {practice.name}. Your appointments have not changed. "
        f"To get texts again reply START, or ring {practice.phone}."
    )


def started(practice: Practice) -> str:
    """START is done."""
    return f"You will get texts from {practice.name} again. To stop them reply STOP."


def helped(practice: Practice) -> str:
    """HELP may be a keyword or a cry: the telephone, and help that is always there."""
    return (
        f"You can ring {practice.name} on {practice.phone}. In an emergency ring 999; for urgent help ring NHS 111. "
        "A person will read your text."
    )


def wrong_number(practice: Practice) -> str:
    """An apology that names nobody (clinical.md 6.2)."""
    return (
        f"Sorry to have troubled you. We will not text this number again unless we find that it is right. "
        f"{practice.name}, {practice.phone}."
    )


def sympathy(practice: Practice) -> str:
    """After news of a death: names nobody and asks nothing (clinical.md 6.2)."""
    return (
        f"Thank you for telling us. We are very sorry. We have stopped our texts to this number, and a person at "
        f"{practice.name} will read yours."
    )


def no_pictures(practice: Practice) -> str:
    """A picture came, which nobody here can see."""
    return (
        f"Sorry, we cannot see pictures here. Please write to us in words or ring {practice.name} on {practice.phone}; "
        "in an emergency 999."
    )


def too_late(practice: Practice) -> str:
    """What they chose has begun, or is no longer as it was when we asked."""
    return (
        f"Sorry, it is too late to change that one by text. A person at {practice.name} will look at it. "
        f"If it cannot wait, ring {practice.phone}."
    )


def person_reads(practice: Practice) -> str:
    """What we cannot act on is read by somebody."""
    return (
        f"Thank you. A person at {practice.name} will read your text. "
        f"If it cannot wait, ring {practice.phone}; in an emergency 999."
    )


@dataclass(frozen=True)
class Which:
    """One visit that may be meant."""

    first_name: str
    when: datetime


def which(intent: str, visits: Sequence[Which]) -> str | None:
    """The question which visit is meant, in the order given; None when first name and time do not tell them apart. Of one:
    whether it is meant."""
    said = [f"{visit.first_name}, {short_day(visit.when)} {clock_time(visit.when)}" for visit in visits]
    if len(said) > MOST_OPTIONS or max(Counter(said).values()) > 1 or intent not in _WISHES:
        return None
    if len(said) == 1:
        return f"Do you mean {said[0]}? Reply 1 to {_WISHES[intent]} it."
    listed = ", ".join(f"{number} for {words}" for number, words in enumerate(said, 1))
    return f"Which would you like to {_WISHES[intent]}? Reply {listed}."


def wish(intent: str) -> str:
    """The verb of an intent, for staff."""
    return _WISHES.get(intent) or _SAID.get(intent, intent)
