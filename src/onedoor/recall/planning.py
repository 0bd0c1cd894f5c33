"""The run's rules: by which channels somebody is asked and in which order, how many a day, and from which day on they are due.

Pure: no tables, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from onedoor.kernel.calendar import is_working_day
from onedoor.patients.types import NO_TEXTS, Reach
from onedoor.recall import days

Channel = Literal["text", "letter", "telephone"]
CHANNELS: tuple[Channel, ...] = ("text", "letter", "telephone")
CHANNEL_WORDS = {"text": "Text message", "letter": "Letter", "telephone": "Telephone call"}

APART = 28
"""Days within which nobody is asked for a second reason (product-map.md C3, J5)."""
AHEAD = 42
"""How many days before its day something joins a visit that is due anyway: else the same person would be asked again at once.
Ours: the facts give no number."""
ANSWER_DAYS = 28
"""Days to answer after the last wave. Ours."""
SOON_AFTER = 90
"""Whoever was done fewer days before their month is not asked in it (clinical.md 3.6)."""
ON_ITS_WAY = 28
"""For so many days nobody is asked for what was done elsewhere and waits to be accepted (ADR 12). Ours: a document that takes
longer has its task, and the person is not forgotten for it."""
YOUNG = 16
"""Campaigns to somebody younger need a parent's consent, and we hold none (clinical.md 6.2)."""
AGAIN_MONTHS = 12
"""Nobody who was asked by every wave, or said no, is asked for the same again within so many months: "this year"."""


@dataclass(frozen=True)
class Ways:
    """What decides how somebody can be asked."""

    reach: Reach
    has_address: bool
    age: int
    resting: bool = False
    """Their number is not to be texted: STOP, wrong, unreachable."""


def not_to_be_asked(ways: Ways) -> str:
    """Why the run must not ask this person, in a word of `EXCEPTIONS`; "" when it may."""
    reach = ways.reach
    if reach.deceased:
        return "deceased"
    if not reach.registered:
        return "left"
    if reach.restricted:
        return "restricted"
    if ways.age < YOUNG:
        return "young"
    return "" if plan(ways) else "no_way"


EXCEPTIONS = {
    "deceased": "Has died",
    "left": "Is no longer registered here",
    "restricted": "Whereabouts are restricted: a person asks them",
    "young": "Under 16: a parent is asked, by a person",
    "no_way": "No mobile, address or telephone number that may be used",
    "asked": f"Was asked for something else in the last {APART} days",
    "open": "Has an invitation that is not answered yet, or said yes",
    "declined": "Said no this year",
    "said_done": "Says that it is done, and it is not on the record",
    "unanswered": "Did not answer any wave this year: a partner may reach them",
    "elsewhere": f"Was done elsewhere in the last {ON_ITS_WAY} days, and waits to be accepted into the record",
    "booked": "Has a visit booked already",
    "computing": "Something on the record changed, and is still being read",
}
"""Why somebody due is not invited by the run, by word."""


def plan(ways: Ways) -> list[Channel]:
    """The channels of the waves in order, each once; empty when nobody can be reached so.

    Whose need forbids a plain text gets their own channel first (clinical.md 6.4): Easyread, Braille and "contact by letter" a
    letter, "contact by telephone" a call. Texts come first else, since they cost least.
    """
    reach = ways.reach
    may = {
        "text": not (reach.by_phone_only or reach.no_plain_text or ways.resting),
        "letter": ways.has_address,
        "telephone": bool(reach.mobile or reach.landline),
    }
    first: tuple[Channel, ...] = CHANNELS
    if "Contact by telephone" in reach.needs:
        first = ("telephone", "letter")
    elif reach.no_plain_text or NO_TEXTS in reach.needs:
        first = ("letter", "telephone")
    return [channel for channel in first if may[channel]]


def allowance(weekly: int, day: date) -> int:
    """How many people may be asked on a day: a fifth of the week's number, so that five days have exactly that; none at weekends
    and on bank holidays. What a day left over is gone, so that no flood follows an outage."""
    if not is_working_day(day):
        return 0
    weekday = day.weekday()
    return weekly * (weekday + 1) // 5 - weekly * weekday // 5


def month_day(expires_on: date, month: int) -> date:
    """The day on which somebody whose oldest check lapses on `expires_on` is due, who is asked in `month` instead of the month of
    their birth: its first day, or the day of the lapse where that comes first or the check was done shortly before the month
    (clinical.md 3.6)."""
    first = date(expires_on.year, month, 1)
    if first > expires_on:
        first = date(expires_on.year - 1, month, 1)
    done = days.add_months(expires_on, -12)
    return first if first - done >= timedelta(days=SOON_AFTER) else expires_on


def invitation_days(waves: int, gap_days: int) -> int:
    """How long an invitation of so many waves stands."""
    return gap_days * (waves - 1) + ANSWER_DAYS
