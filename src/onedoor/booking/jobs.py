"""Sweeps of booking: each asks the tables what is due now."""

from __future__ import annotations

from onedoor.booking.actions import refilling, waves
from onedoor.kernel.jobs import sweep


@sweep(refilling.OFFER_SWEEP, every=2.0)
def offer() -> int:
    """Tell those whose offers ended, then send the next waves; both are woken by releases, answers and bookings."""
    return waves.follow_up() + waves.open_waves()


@sweep("booking.close_releases", every=20.0)
def close_releases() -> int:
    """End releases whose time came unfilled, and tidy the waiting list."""
    return waves.close_releases()
