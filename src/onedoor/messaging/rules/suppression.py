"""Who must not be texted, by the matrix of clinical.md 6.2: a pure table, asked when a text is queued.

What the owner of a text must heed is not here: a shared phone's first name without a topic, a sensitive clinic's name.
"""

from __future__ import annotations

from dataclasses import dataclass

from onedoor.messaging.types import Group

YOUNG = 16
"""Results to somebody younger need a Gillick flag, campaigns a parent's consent; we hold neither (clinical.md 6.2)."""


@dataclass(frozen=True)
class Standing:
    """What is known of a patient and a number when a text is due. `resting` says why the number is not to be used:
    "stop", "wrong_number", "bereaved", "undecided", "unreachable", or "" for a number in use."""

    has_number: bool = True
    deceased: bool = False
    restricted: bool = False
    registered: bool = True
    shared: bool = False
    age: int | None = None
    resting: str = ""
    by_phone_only: bool = False
    no_plain_text: bool = False


_ALWAYS: dict[str, frozenset[Group]] = {
    # condition -> the groups that it stops
    "deceased": frozenset({"reminder", "campaign", "result", "answer"}),
    "restricted": frozenset({"reminder", "campaign", "result", "answer"}),
    # Left: reminders end with the appointment that is booked; a result goes to a clinician (clinical.md 6.2).
    "left": frozenset({"campaign", "result"}),
    # An answer goes to whoever has just written: that number is in use, and STOP is confirmed by it.
    "stop": frozenset({"reminder", "campaign", "result"}),
    "wrong_number": frozenset({"reminder", "campaign", "result"}),
    # Somebody told of a death: all that we begin waits for a person, whoever else has the number.
    "bereaved": frozenset({"reminder", "campaign", "result"}),
    # STOP beside another wish: a person finds out what is meant; what we need not send waits until then.
    "undecided": frozenset({"campaign"}),
    "unreachable": frozenset({"reminder", "campaign", "result"}),
    # A plain text alone would not meet the need (clinical.md 6.4).
    "by_phone": frozenset({"reminder", "campaign", "result"}),
    "other_format": frozenset({"reminder", "campaign", "result"}),
    # A result to a shared phone is a link behind a date of birth; a plain text is none.
    "shared": frozenset({"result"}),
    "young": frozenset({"campaign", "result"}),
}


def suppressed(group: Group, standing: Standing) -> str:
    """Why a text of this group must not go, in a word; "" when it may."""
    if not standing.has_number:
        return "no_number"
    return next((word for word in _conditions(standing) if group in _ALWAYS[word]), "")


def _conditions(standing: Standing) -> list[str]:
    """The conditions that hold, the gravest first."""
    holds = {
        "deceased": standing.deceased,
        "restricted": standing.restricted,
        standing.resting: bool(standing.resting),
        "left": not standing.registered,
        "by_phone": standing.by_phone_only,
        "other_format": standing.no_plain_text,
        "shared": standing.shared,
        "young": standing.age is not None and standing.age < YOUNG,
    }
    return [word for word, true in holds.items() if true]
