"""Sweeps of exchange."""

from __future__ import annotations

from onedoor.exchange import keeping
from onedoor.kernel.actor import Actor
from onedoor.kernel.jobs import sweep


@sweep("exchange.forget_files", every=60.0)
def forget_files() -> int:
    """Remove the bytes of uploaded files that were applied, or that nobody applied in time."""
    return keeping.lapse_uploads(by=Actor.system("keeping of uploaded files")) + keeping.remove_bytes()
