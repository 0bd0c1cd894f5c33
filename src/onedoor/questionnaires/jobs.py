"""Sweeps of questionnaires: each asks the tables what is due now."""

from __future__ import annotations

from onedoor.kernel.jobs import sweep
from onedoor.questionnaires import actions, answering


@sweep("questionnaires.expire", every=60.0)
def expire() -> int:
    """End questions that nobody answered in time."""
    return actions.expire()


@sweep("questionnaires.expire_responses", every=60.0)
def expire_responses() -> int:
    """End questionnaires that nobody answered to the end in time."""
    return answering.expire_responses()
