"""Sweeps of booking: each asks the tables what is due now."""

from __future__ import annotations

from onedoor.booking.actions import booking, refilling, reminding, waves
from onedoor.kernel.jobs import sweep


@sweep("booking.remind", every=15.0)
def remind() -> int:
    """Queue a slice of the reminders that are due."""
    return reminding.remind()


@sweep("booking.confirm_same_day", every=15.0)
def confirm_same_day() -> int:
    """Queue a slice of the confirmations of what was booked for today, today."""
    return reminding.confirm_same_day()


@sweep("booking.lapse_holds", every=10.0)
def lapse_holds() -> int:
    """End holds whose time is over."""
    return booking.lapse_holds()


@sweep(refilling.OFFER_SWEEP, every=2.0, rest=0.5)
def offer() -> int:
    """Tell those whose offers ended, then send the next waves; both are woken by releases, answers and bookings."""
    return waves.follow_up() + waves.open_waves()


@sweep("booking.ring_instead", every=10.0)
def ring_instead() -> int:
    """Have those rung whose offer by text did not arrive."""
    return waves.ring_instead()


@sweep("booking.close_releases", every=20.0)
def close_releases() -> int:
    """End releases whose time came unfilled, and tidy the waiting list."""
    return waves.close_releases()
