"""Rules of courses: which days a weekly series falls on, who is on it, and when missing is more than a missed date.

Pure: no tables, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from onedoor.kernel.calendar import is_bank_holiday

MOVES: Mapping[str, frozenset[str]] = {
    "waiting": frozenset({"enrolled", "left"}),
    "enrolled": frozenset({"left", "finished"}),
    "left": frozenset(),
    "finished": frozenset(),
}
"""Moves of an enrolment. Whoever comes again is enrolled anew: what ended stays ended."""

MISSED_IN_A_ROW = 2
"""So many dates missed one after the other and a person rings. invented: no source gives a number, and nobody is discharged by
it."""

NOTICE = timedelta(hours=24)
"""Whoever is given a place by the waiting list is not expected at a date sooner than this. invented: time to read a text."""

MOST_DATES = 52
"""Dates of one course; a year of weeks."""

MOST_PLACES = 1_000
"""Places on one course: more is a slip of the keyboard."""

HELD = ("arrived", "fulfilled", "noshow")
"""Appointments of which somebody has said whether the patient came."""

CAME = ("arrived", "fulfilled")


@dataclass(frozen=True)
class Series:
    """The days of a series, and the bank holidays that it passed over."""

    days: tuple[date, ...]
    left_out: tuple[date, ...]


def weekly(first: date, how_many: int) -> Series:
    """`how_many` days a week apart from `first` on. A bank holiday is passed over and made up for at the end."""
    days: list[date] = []
    left_out: list[date] = []
    day = first
    while len(days) < how_many:
        (left_out if is_bank_holiday(day) else days).append(day)
        day += timedelta(days=7)
    return Series(tuple(days), tuple(left_out))


def missed_again(states: Sequence[str]) -> bool:
    """Whether the last dates of which anybody has said so were all missed; `states` in the order of the dates.

    A date that the patient or we cancelled is neither come to nor missed.
    """
    told = [state for state in states if state in HELD]
    return len(told) >= MISSED_IN_A_ROW and all(state == "noshow" for state in told[-MISSED_IN_A_ROW:])
