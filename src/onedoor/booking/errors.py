"""Why booking says no. Each is raised before anything is changed, or with everything changed back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from onedoor.booking.needs import Misfit, said
from onedoor.kernel.words import clock_time, short_day


class BookingError(Exception):
    """Base of the named refusals; `str()` is a sentence for a page."""

    sentence = "That cannot be done."

    def __str__(self) -> str:
        return self.sentence


class SeatTaken(BookingError):
    """Somebody else has this place, or it is not open for booking."""

    sentence = "That place has just gone."


class LinkClosed(BookingError):
    """The link to other times was used, closed, or is over; or there never was such a link."""

    sentence = "This link does not work any more."


class Full(BookingError):
    """No place of the wanted kind is free; it was looked for twice (stack-spike.md 8)."""

    sentence = "There is no free place."


class PatientBusy(BookingError):
    """The patient has another appointment at that time."""

    sentence = "This patient already has an appointment at that time."


class NotYours(BookingError):
    """A patient asked for what is another patient's, or another organisation's place."""

    sentence = "That is not yours to change."


class TooLate(BookingError):
    """The appointment or place has begun, or has ended otherwise meanwhile."""

    sentence = "It is too late for that."


class TooEarly(BookingError):
    """Nobody has missed an appointment that has not begun."""

    sentence = "The appointment has not begun."


class MayNotCancelByMachine(BookingError):
    """Suspected cancer, safeguarding or depot, or a type that no reply may cancel: a person decides."""

    sentence = "Only a member of staff can cancel this appointment."


class NotOffered(BookingError):
    """Places of this type are not offered to people who wait, or never by machine."""

    sentence = "Places of this kind are not offered to people who wait."


class OfferEnded(BookingError):
    """The offer was answered or taken back before."""

    sentence = "This offer has ended."


class BeingBooked(SeatTaken):
    """Somebody else holds the place for a few minutes; it may yet stay free."""

    sentence = "Somebody else is just being booked into that place."


class BusyOn(PatientBusy):
    """The patient has another appointment at some of a course's dates: `dates` says at which."""

    def __init__(self, dates: Sequence[datetime]) -> None:
        super().__init__()
        self.dates = tuple(dates)
        said = ", ".join(f"{short_day(at)} at {clock_time(at)}" for at in self.dates)
        self.sentence = f"This patient already has an appointment at the time of: {said}."


class CourseFull(Full):
    """Every place on the course is somebody's."""

    sentence = "There is no free place on this course."


class CourseClosed(TooLate):
    """The day until which one may join is over, or no date is left."""

    sentence = "Nobody can join this course any more."


class BadCourse(BookingError):
    """What was given does not make a course; `str()` says what is wrong."""

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.sentence = sentence


class DoesNotFit(BookingError):
    """The place does not meet a need of the patient; `reasons` says which and why. Staff may book it `despite`, saying why."""

    def __init__(self, reasons: Sequence[Misfit]) -> None:
        super().__init__()
        self.reasons = tuple(reasons)
        self.sentence = f"This place does not fit. {said(self.reasons)}"
