"""Tables of booking: the diary, and the refilling of released places."""

from onedoor.booking.models.diary import (
    LIVE,
    TAKEN,
    Appointment,
    AppointmentHistory,
    AppointmentType,
    Conflict,
    DiaryImport,
    DiaryRequest,
    Seat,
    Session,
)
from onedoor.booking.models.links import ChangeLink
from onedoor.booking.models.refilling import Offer, OfferHistory, OfferPolicy, Release, WaitingEntry, Wave

__all__ = [
    "LIVE",
    "TAKEN",
    "Appointment",
    "AppointmentHistory",
    "AppointmentType",
    "ChangeLink",
    "Conflict",
    "DiaryImport",
    "DiaryRequest",
    "Offer",
    "OfferHistory",
    "OfferPolicy",
    "Release",
    "Seat",
    "Session",
    "WaitingEntry",
    "Wave",
]
