"""Sweeps of the sending half: receipts that wait, texts that are too late, what dead dispatchers left, what stays in doubt."""

from __future__ import annotations

from onedoor.kernel.jobs import sweep
from onedoor.messaging.actions.doubts import ask_about_silence
from onedoor.messaging.actions.ending import expire
from onedoor.messaging.actions.receipts import apply_receipts
from onedoor.messaging.dispatch import reconcile
from onedoor.messaging.dispatch.timings import Timings

_SLICE = 2_000
"""A part of it ends the sweep's turn: a few receipts at once cost nearly as much as a thousand, and more come meanwhile."""


@sweep("messaging.receipts", every=0.25, full=_SLICE)
def receipts() -> int:
    """Applies delivery receipts that were stored. Nobody waits for one, so nothing wakes this: many are applied at once."""
    return apply_receipts(limit=_SLICE)


@sweep("messaging.expire", every=10.0)
def expiry() -> int:
    """Ends queued texts that are of no use any more."""
    return expire()


@sweep("messaging.reconcile", every=10.0)
def dead_dispatchers() -> int:
    """Takes over from dispatchers that died; those that live do the same, so this matters when none is left."""
    return reconcile.release_dead(Timings.from_environment().lookups[0])


@sweep("messaging.in_doubt", every=60.0)
def in_doubt() -> int:
    """Asks a person about accounts whose provider does not say what became of texts."""
    return ask_about_silence()
