"""What became of texts about something, for owners that must know whether anybody heard."""

from __future__ import annotations

from collections.abc import Sequence

from onedoor.messaging.models import Message, State

_NEVER = (State.REFUSED, State.EXPIRED, State.CLEARED, State.SUPPRESSED)


def never_sent(*, subject: str, subject_ids: Sequence[int], purpose: str) -> set[int]:
    """Those of the subjects whose text for this purpose was not sent and never will be."""
    rows = Message.objects.filter(
        subject=subject, subject_id__in=list(subject_ids), purpose=purpose, state__in=_NEVER
    ).values_list("subject_id", flat=True)
    return {key for key in rows if key is not None}
