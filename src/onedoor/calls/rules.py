"""What counts as answered, and when somebody has said who they are. Pure.

referrals-booking-telephony.md 6.1: definitions differ between suppliers, so a figure is never shown without its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from onedoor.calls.types import Points


@dataclass(frozen=True)
class Definition:
    """How calls are counted. `counted`, `missed`, `abandoned` and `wait_from` are SQL about a row `c` of calls_call."""

    key: str
    name: str
    words: str
    counted: str
    missed: str
    abandoned: str
    wait_from: str


DEFINITIONS: dict[str, Definition] = {
    one.key: one
    for one in (
        Definition(
            "x-on",
            "X-on's",
            "Missed: joined a queue or rang somebody, and was not answered. Abandoned: never had the chance to be answered "
            "(hung up in the menu, or the line was closed). Answered is the share of answered and missed together. "
            "The wait begins on joining the queue.",
            counted="c.answered_at IS NOT NULL OR c.queued_at IS NOT NULL",
            missed="c.answered_at IS NULL AND c.queued_at IS NOT NULL",
            abandoned="c.answered_at IS NULL AND c.queued_at IS NULL",
            # A line without a queue rings when its menu has ended.
            wait_from="coalesce(c.queued_at, c.menu_ended_at, c.started_at)",
        ),
        Definition(
            "plain",
            "the plain",
            "Every call counts from the moment it begins, the menu with it. Abandoned: the caller hung up unanswered. "
            "Missed: it ended unanswered otherwise, by us or by the system. Answered is the share of all calls. "
            "A call-back does not make a call answered.",
            counted="true",
            missed="c.answered_at IS NULL AND c.ended_by <> 'caller'",
            abandoned="c.answered_at IS NULL AND c.ended_by = 'caller'",
            wait_from="c.started_at",
        ),
    )
}

POINTS = 2
"""How many of name, date of birth, postcode and NHS number a caller gives before anybody's record opens."""
TRIES = 3
"""Wrong answers in one contact, after which nobody is found in it any more."""
SEES = timedelta(minutes=20)
"""How long a view lasts, in real time; saying two points again renews it."""

OUTCOMES: dict[str, str] = {
    "status": "Told where their referral or visit is",
    "service": "Told of a service",
    "refer": "Referred to a service",
    "visit": "A visit booked, moved or cancelled",
    "details": "Changed how they are reached",
    "hand_over": "Handed over to a team",
    "call_back": "Will be rung back",
    "not_found": "Could not be identified",
    "emergency": "Sent to 999 or 111",
    "cut_off": "The call was cut off",
    "other": "Something else",
}


DEEDS: dict[str, str] = {
    "told": "Told where a referral is",
    "service": "Told of a service",
    "gap": "Nothing would do: kept as a gap",
    "refer": "Referred",
    "book": "Visit booked",
    "move": "Visit moved",
    "cancel": "Visit cancelled",
    "late": "Said they are late",
    "details": "Details changed",
    "number": "New mobile confirmed",
    "hand_over": "Handed over",
    "connected": "Connected to a desk",
    "call_back": "Promised to ring back",
}
"""What is done in a contact."""

SUGGESTED: dict[str, str] = {
    "told": "status",
    "service": "service",
    "refer": "refer",
    "book": "visit",
    "move": "visit",
    "cancel": "visit",
    "late": "visit",
    "details": "details",
    "number": "details",
    "hand_over": "hand_over",
    "connected": "hand_over",
    "call_back": "call_back",
}
"""The outcome that the last deed of a contact suggests."""

CODE_TRIES = 3
"""Wrong codes, after which a new number waits for somebody to make sure."""
CODE_LASTS = timedelta(minutes=10)
"""How long a code may be read out, in real time."""
CODES_IN_CALL = 3
"""Codes that one call may have texted: a number misheard twice, and no more."""
CODES_TO_NUMBER = 5
"""Codes that may go to one number in a day, from whatever calls: it may be a stranger's, whom nobody is to pester through us."""


def enough(points: Points) -> bool:
    """Whether so much was said that somebody may be looked for."""
    return points.given >= POINTS
