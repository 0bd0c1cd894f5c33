"""Sweeps of recall: each asks the tables what is due now."""

from __future__ import annotations

from onedoor.kernel.jobs import sweep
from onedoor.recall.actions import invitations


@sweep("recall.expire", every=60.0)
def expire() -> int:
    """End invitations that nobody answered in time."""
    return invitations.expire()
