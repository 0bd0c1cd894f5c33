"""Sweeps of booking: each asks the tables what is due now."""

from __future__ import annotations

from onedoor.booking.actions import booking, course_places, courses, interpreters, refilling, reminding, waves
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


@sweep("booking.interpreters", every=60.0)
def settle_interpreters() -> int:
    """Ask for interpreters where a need or a visit came by a file, and warn of those that nobody has confirmed in time."""
    return interpreters.settle()


@sweep(courses.SWEEP, every=30.0)
def settle_courses() -> int:
    """Give places that came free to those who wait, and end courses that are over."""
    return course_places.give_places() + course_places.end_courses()
