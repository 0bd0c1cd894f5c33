"""Sweeps of questionnaires: each asks the tables what is due now."""

from __future__ import annotations

from onedoor.kernel.jobs import sweep
from onedoor.questionnaires import actions


@sweep("questionnaires.expire", every=60.0)
def expire() -> int:
    """End questions that nobody answered in time."""
    return actions.expire()
