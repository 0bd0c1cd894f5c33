"""Sweeps of extracts."""

from __future__ import annotations

from onedoor.exchange.extracts import actions, status
from onedoor.kernel.actor import Actor
from onedoor.kernel.jobs import sweep


@sweep("exchange.lapse_extracts", every=3_600.0)
def lapse_extracts() -> int:
    """End the extracts that nobody took in time, and forget what was not taken of old ones."""
    return actions.lapse(by=Actor.system("keeping of extracts"))


@sweep("exchange.remind_extracts", every=3_600.0)
def remind_extracts() -> int:
    """Make work of each monthly extract that is due and has not come."""
    return status.remind(by=Actor.system("monthly extracts"))
