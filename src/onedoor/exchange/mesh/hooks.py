"""Who is told of what MESH brought: the documents' side of exchange puts itself in here when the application is ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from onedoor.exchange.models import MeshArrival
from onedoor.kernel.actor import Actor

moved: list[Callable[[Sequence[int]], None]] = []
"""Called with keys of messages in the transaction in which they were sent, collected or failed."""

takers: dict[str, Callable[[MeshArrival, Actor], None]] = {}
"""By workflow: deals with one arrival in its transaction, and moves it to taken or refused (`arrivals.settle`)."""

reports: list[Callable[[MeshArrival, Actor], None]] = []
"""Told of each REPORT in its transaction, after the message that failed was moved."""


def tell(message_ids: Sequence[int]) -> None:
    """Tell everybody that these messages moved."""
    if message_ids:
        for each in moved:
            each(message_ids)
