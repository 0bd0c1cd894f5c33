"""An invitation for a flu vaccine: when there is one, what it says, and the states that an answer brings.

Pure. No state says that a vaccine was given: neither an invitation, nor a yes, nor "I have had it" is a dose (hazards H4, H5;
clinical.md 2, substring trap). A dose is entered on the record by the person who gave it or has seen proof of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

MOVES: Mapping[str, frozenset[str]] = {
    "invited": frozenset({"accepted", "declined", "already_done", "withdrawn", "expired"}),
    # Second thoughts, either way; the history keeps both.
    "accepted": frozenset({"declined", "already_done", "withdrawn"}),
    "declined": frozenset({"accepted", "already_done"}),
    "already_done": frozenset(),
    "withdrawn": frozenset(),
    "expired": frozenset(),
}
"""Moves of an invitation."""

STANDS = ("invited", "accepted", "declined", "already_done")
"""States beside which nobody is invited again in the same season."""

WAITS = timedelta(days=28)
"""How long an invitation may be answered, within its season. invented: the facts give no number."""


def season(day: date) -> int | None:
    """The year in which the season of a day began: 1 September to 31 March (clinical.md 2); None between seasons."""
    if day.month >= 9:
        return day.year
    return day.year - 1 if day.month <= 3 else None


def season_ends(year: int) -> date:
    """The last day of a season."""
    return date(year + 1, 3, 31)


def invitation(first_name: str, practice: str, phone: str, *, shared: bool) -> str:
    """The text of an invitation; on a shared phone it says nothing of what it is (clinical.md 6.2: neutral text)."""
    if shared:
        return f"{first_name}: {practice} has an invitation for you. It is on your own page with us, or ring {phone}."
    return (
        f"{first_name}: {practice} invites you to have a flu vaccine. Reply YES to have it, NO if you do not want it, "
        "DONE if you have had it."
    )


def where_and_when(first_name: str) -> str:
    """What is asked of somebody who says that they have had it."""
    return f"{first_name}: thank you. Where and when did you have it? Reply in your own words."
