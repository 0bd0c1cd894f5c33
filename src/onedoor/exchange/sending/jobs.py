"""Sweeps of documents on their way to practices."""

from __future__ import annotations

from onedoor.exchange.sending import composing, hearing, unfinished
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.kernel.jobs import sweep


@sweep("exchange.compose", every=5.0, full=composing.SLICE)
def compose() -> int:
    """Look at what waits once more, and send what may go."""
    return composing.compose_slice(Access.system("documents to practices"))


@sweep("exchange.look_at_held", every=60.0)
def look_at_held() -> int:
    """Let go what is held no more."""
    return composing.look_at_held(Access.system("documents to practices"))


@sweep("exchange.look_at_queued", every=60.0)
def look_at_queued() -> int:
    """Take out of the outbox what may not go any more, or not there."""
    return composing.look_at_queued(Access.system("documents to practices"))


@sweep("exchange.look_for_late", every=60.0)
def look_for_late() -> int:
    """Ask a person about acknowledgements that are overdue."""
    return hearing.look_for_late(Actor.system("documents to practices"))


@sweep("exchange.send_unfinished", every=300.0)
def send_unfinished() -> int:
    """Send what is saved of visits that somebody left open."""
    return unfinished.send_unfinished(Access.system("documents to practices"))
