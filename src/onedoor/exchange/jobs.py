"""Sweeps of exchange."""

from __future__ import annotations

from onedoor.exchange import keeping, lost_checks
from onedoor.kernel.actor import Actor
from onedoor.kernel.jobs import sweep


@sweep("exchange.forget_files", every=60.0)
def forget_files() -> int:
    """Remove the bytes of uploaded files that were applied, or that nobody applied in time."""
    return keeping.lapse_uploads(by=Actor.system("keeping of uploaded files")) + keeping.remove_bytes()


@sweep("exchange.forget_trust_files", every=3_600.0)
def forget_trust_files() -> int:
    """Remove what was compared of a trust's spreadsheet 28 days ago: what was accepted is on the record."""
    return lost_checks.forget_trust_files(by=Actor.system("keeping of compared checks"))
