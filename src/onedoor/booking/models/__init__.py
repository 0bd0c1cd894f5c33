"""Tables of booking: the diary, and the refilling of released places."""

from onedoor.booking.models.courses import Course, CourseDate, Enrolment, EnrolmentHistory
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
from onedoor.booking.models.needs import Clinic, InterpreterBooking, InterpreterHistory, NeedBreach
from onedoor.booking.models.refilling import Offer, OfferHistory, OfferPolicy, Release, WaitingEntry, Wave

__all__ = [
    "LIVE",
    "TAKEN",
    "Appointment",
    "AppointmentHistory",
    "AppointmentType",
    "ChangeLink",
    "Clinic",
    "Conflict",
    "Course",
    "CourseDate",
    "DiaryImport",
    "DiaryRequest",
    "Enrolment",
    "EnrolmentHistory",
    "InterpreterBooking",
    "InterpreterHistory",
    "NeedBreach",
    "Offer",
    "OfferHistory",
    "OfferPolicy",
    "Release",
    "Seat",
    "Session",
    "WaitingEntry",
    "Wave",
]
