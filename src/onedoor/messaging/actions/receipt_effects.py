"""What a delivery receipt changes, given what we thought of the text (messaging.md 6.2, callbacks).

A receipt proves that the provider has the text, whatever we thought. A terminal state beats one that is not; delivered
beats a temporary failure; any other contradiction is kept and flagged, and the state that stands stays.
"""

from __future__ import annotations

from typing import Literal

from onedoor.messaging.models import State

Effect = Literal["applied", "late", "contradicts"]

TERMINAL = {
    # messaging.md 1.1, status values
    "delivered": State.DELIVERED,
    "temporary-failure": State.UNREACHED,
    "permanent-failure": State.DEAD_NUMBER,
    "technical-failure": State.TECHNICAL,
}
NOT_YET_ACCEPTED = frozenset({State.QUEUED, State.CLAIMED, State.SENDING, State.UNKNOWN, State.EXPIRED, State.CLEARED})
"""What we may think of a text that the provider has: the receipt is the first that we hear of it."""
_GIVES_WAY = NOT_YET_ACCEPTED | {State.ACCEPTED}


def effect(stands: int, attempts: int, status: str) -> Effect:
    """Of a receipt with this status on a text in this state, tried so often."""
    says = TERMINAL.get(status)
    if says is None or says == stands:
        return "late"
    if attempts > 0 and (stands in _GIVES_WAY or (stands == State.UNREACHED and says == State.DELIVERED)):
        return "applied"
    if stands == State.DELIVERED and says == State.UNREACHED:
        return "late"
    return "contradicts"
