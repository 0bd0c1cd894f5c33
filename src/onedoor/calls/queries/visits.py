"""Visits of whoever a contact shows, and the places of the line's organisation that they may have."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from onedoor.booking import api as booking
from onedoor.booking.types import AppointmentView, FreePlace
from onedoor.calls.queries.contacts import Live, View
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission

_LATE_FROM = timedelta(hours=2)


@dataclass(frozen=True)
class Visit:
    """A visit to come, or that goes on now, and what may be done about it on the telephone."""

    appointment: AppointmentView
    ours: bool
    """Of the line's organisation: another one's are changed by ringing it."""
    may_change: bool
    may_be_late: bool


def visits(live: Live, view: View) -> list[Visit]:
    """Visits to come, the next first, and before them one that has begun and is not over. Every organisation's."""
    now = clock.now()
    ahead = booking.upcoming_of(view.access, view.patient_id)
    begun = [
        one
        for one in booking.lately_of(view.access, view.patient_id, days=1)
        if one.state == "booked" and one.starts_at + timedelta(minutes=one.minutes) > now
    ]
    return [
        Visit(
            one,
            ours=one.organisation_id == live.organisation_id,
            may_change=one.state == "booked" and one.starts_at > now and one.organisation_id == live.organisation_id,
            may_be_late=one.state == "booked"
            and one.starts_at - _LATE_FROM <= now
            and one.organisation_id == live.organisation_id,
        )
        for one in (*begun, *ahead)
    ]


def kinds(live: Live, view: View) -> list[booking.AppointmentType]:
    """Kinds of visit at the line's organisation, by name."""
    return booking.types_of(_diary(view), live.organisation_id)


def places(live: Live, view: View, *, type_id: int, day: date | None, limit: int = 12) -> list[FreePlace]:
    """Free places of a kind, on a day if given: those that meet what the patient needs first, each by its time."""
    return booking.free_places(
        _diary(view), live.organisation_id, type_id=type_id, day=day, patient_id=view.patient_id, limit=limit
    )


def _diary(view: View) -> Access:
    """Free places are nobody's: a live view may look for them, and still sees its one patient alone."""
    return replace(view.access, permissions=frozenset({Permission.DIARY}))
