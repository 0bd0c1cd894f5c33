"""What became of texts about something, for owners that must know whether anybody heard."""

from __future__ import annotations

from collections.abc import Sequence

from onedoor.messaging.models import Message, State

_NEVER = (State.REFUSED, State.EXPIRED, State.CLEARED, State.SUPPRESSED)
_CAME_BACK = (State.UNREACHED, State.DEAD_NUMBER, State.TECHNICAL)


def never_sent(*, subject: str, subject_ids: Sequence[int], purpose: str) -> set[int]:
    """Those of the subjects whose text for this purpose was not sent and never will be."""
    return _with_text_in(_NEVER, subject, subject_ids, purpose)


def not_arrived(*, subject: str, subject_ids: Sequence[int], purpose: str) -> set[int]:
    """Those of the subjects whose text for this purpose nobody has: never sent, or sent and not delivered."""
    return _with_text_in((*_NEVER, *_CAME_BACK), subject, subject_ids, purpose)


def _with_text_in(states: Sequence[State], subject: str, subject_ids: Sequence[int], purpose: str) -> set[int]:
    rows = Message.objects.filter(
        subject=subject, subject_id__in=list(subject_ids), purpose=purpose, state__in=states
    ).values_list("subject_id", flat=True)
    return {key for key in rows if key is not None}
