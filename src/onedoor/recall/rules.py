"""Invitations: when there is one for flu, what they say, and the states that an answer brings.

Pure. No state says that a vaccine was given: neither an invitation, nor a yes, nor "I have had it" is a dose (hazards H4, H5;
clinical.md 2, substring trap). A dose is entered on the record by the person who gave it or has seen proof of it. "done" is what
the record says by itself: no answer leads there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

MOVES: Mapping[str, frozenset[str]] = {
    "invited": frozenset({"accepted", "booked", "declined", "already_done", "done", "withdrawn", "expired"}),
    # Second thoughts, either way; the history keeps both.
    # Who is not reached to book it is asked anew one day, and not kept for ever as somebody who said yes.
    "accepted": frozenset({"booked", "declined", "already_done", "done", "withdrawn", "expired"}),
    # Who cancels still wants it, until they say otherwise; who came and was not entered as seen to is nobody's to guess.
    "booked": frozenset({"accepted", "booked", "declined", "already_done", "done", "withdrawn", "expired"}),
    "declined": frozenset({"accepted", "booked", "already_done", "done"}),
    "already_done": frozenset({"done"}),
    "done": frozenset(),
    "withdrawn": frozenset(),
    # A partner may still reach whom texts, letters and calls did not.
    "expired": frozenset({"accepted", "booked", "declined", "done"}),
}
"""Moves of an invitation."""

STANDS = ("invited", "accepted", "booked", "declined", "already_done", "done")
"""States beside which nobody is invited again in the same season."""

WAITS = timedelta(days=28)
"""How long an invitation may be answered, within its season. invented: the facts give no number."""


def season(day: date) -> int | None:
    """The year in which the season of a day began: 1 September to 31 March (clinical.md 2); None between seasons."""
    if day.month >= 9:
        return day.year
    return day.year - 1 if day.month <= 3 else None


def season_begins(year: int) -> date:
    """The first day of a season."""
    return date(year, 9, 1)


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


def visits_said(visits: Sequence[str]) -> str:
    """What somebody comes for in one visit: "a flu vaccine", "your asthma review and your diabetes review, in one visit"."""
    said = list(dict.fromkeys(visits))
    if len(said) < 2:
        return "".join(said)
    return f"{', '.join(said[:-1])} and {said[-1]}, in one visit"


NEUTRAL = "It is a short visit that helps you stay well."
"""The benefit where the topic must not be said."""


def visit_invitation(
    first_name: str, practice: str, phone: str, *, visits: Sequence[str], benefit: str, neutral: bool, again: bool
) -> str:
    """The text of an invitation to a visit. `neutral`: on a shared phone, or when what it is for is private, it says nothing of
    that (clinical.md 6.2), and nobody can answer by text what they cannot read. `again` when nobody answered before."""
    if neutral:
        still = "still has" if again else "has"
        where = f"It is on your own page with us, or ring {phone}."
        return f"{first_name}: {practice} {still} an invitation for you. {NEUTRAL} {where}"
    asks = "would still like to see you for" if again else "invites you for"
    why = f" {benefit}" if benefit else ""
    return f"{first_name}: {practice} {asks} {visits_said(visits)}.{why} Reply YES to come, NO if you do not want it."
