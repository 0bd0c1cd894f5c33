"""Where the diary shows what a piece of work is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from onedoor.booking.models import Appointment, Conflict, DiaryRequest, InterpreterBooking, Offer, Seat
from onedoor.kernel.access import Access, Permission


@dataclass(frozen=True)
class Spot:
    """A day of the diary and a place in it."""

    day: date
    seat_ref: UUID


_SEATS = {
    "appointment": (Appointment, "seat_id"),
    "diary_request": (DiaryRequest, "appointment__seat_id"),
    "conflict": (Conflict, "seat_id"),
    "offer": (Offer, "release__seat_id"),
    "interpreter": (InterpreterBooking, "appointment__seat_id"),
}
"""By the subject that a task names: its table, and the way from there to the seat."""


def spots(access: Access, subject: str, ids: Sequence[int]) -> dict[int, Spot]:
    """For each of these subjects its place, by the subject's key; those outside the access are left out."""
    if subject not in _SEATS or not (access.everything or access.may(Permission.DIARY)):
        return {}
    model, way = _SEATS[subject]
    seat_of: dict[int, int] = dict(model._default_manager.filter(pk__in=ids).values_list("pk", way))
    seats = Seat.objects.filter(pk__in=seat_of.values())
    if not access.everything:
        seats = seats.filter(session__organisation_id__in=access.organisations)
    found = {key: Spot(day, ref) for key, day, ref in seats.values_list("pk", "session__day", "ref")}
    return {key: found[seat] for key, seat in seat_of.items() if seat in found}
