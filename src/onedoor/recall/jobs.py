"""Sweeps of recall: each asks the tables what is due now."""

from __future__ import annotations

from onedoor.kernel.jobs import sweep
from onedoor.recall.actions import invitations, running, standing


@sweep("recall.expire", every=60.0)
def expire() -> int:
    """End invitations that nobody answered in time."""
    return invitations.expire()


@sweep("recall.run", every=60.0)
def run() -> int:
    """Ask whoever is due, wave by wave, and stop asking for what is done."""
    return running.run()


@sweep("recall.refresh", every=10.0)
def refresh() -> int:
    """Work out anew where those stand of whom something was written, for whom the day changes something, or who came or left."""
    return standing.refresh_due()
