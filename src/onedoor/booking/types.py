"""Values that cross the door of booking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from onedoor.booking.needs import Misfit

RowStatus = Literal["available", "blocked", "booked", "arrived", "seen", "missed"]
"""What an outside diary says of a place: free, not for booking, or somebody's."""

OCCUPIED: tuple[RowStatus, ...] = ("booked", "arrived", "seen", "missed")

SYSTEMS: Mapping[str, str] = {"own": "Onedoor", "emis": "EMIS", "systmone": "SystmOne"}
"""Diary sources by the names that people use for them."""

Via = Literal["desk", "portal", "offer", "telephone", "reply"]
"""How a booking made here came about."""


@dataclass(frozen=True)
class Scope:
    """What an import speaks for: days (both inclusive), session names and session holders; names and holders are empty for
    all. Outside it nothing changes."""

    first_day: date
    last_day: date
    sessions: tuple[str, ...] = ()
    holders: tuple[str, ...] = ()

    def speaks_of(self, day: date, clinician: str, session_name: str) -> bool:
        """Whether a session is in it."""
        return (
            self.first_day <= day <= self.last_day
            and (not self.sessions or session_name in self.sessions)
            and (not self.holders or clinician in self.holders)
        )

    def covers(self, other: Scope) -> bool:
        """Whether it speaks for all that the other does."""
        days = self.first_day <= other.first_day and other.last_day <= self.last_day
        return days and _all_of(self.sessions, other.sessions) and _all_of(self.holders, other.holders)


def _all_of(wanted: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether a list of names, empty for all, has all of the other."""
    return not wanted or (bool(others) and set(others) <= set(wanted))


@dataclass(frozen=True)
class DiaryRow:
    """One place of an outside diary. `patient_id` is None when nobody has it, or when it is somebody we do not know."""

    starts_at: datetime
    minutes: int
    clinician: str
    session_name: str
    type_name: str
    status: RowStatus
    patient_id: int | None = None
    booked_on: date | None = None


@dataclass(frozen=True)
class RowRefused:
    """A row of an import that could not be taken: its index in the rows given, and why in words."""

    index: int
    why: str


SeatState = Literal[
    "free",
    "blocked",
    "held",
    "offered",
    "pending",
    "booked",
    "arrived",
    "seen",
    "missed",
    "cancelling",
    "gone",
    "course",
]


@dataclass(frozen=True)
class PersonAtSeat:
    """Who has a place; `name` is empty when the access does not reach this patient."""

    patient_id: int
    patient_ref: UUID | None
    name: str
    appointment_ref: UUID
    appointment_id: int
    confirmed: bool
    reminded: bool
    instead_of: bool
    interpreters: tuple[InterpreterView, ...] = ()
    late_said_at: datetime | None = None
    """When they last said that they are running late, until they arrive."""
    late_minutes: int | None = None

    @property
    def says(self) -> str:
        """What they said of being late, in words; "" when they said nothing."""
        if self.late_said_at is None:
            return ""
        return f"Says {self.late_minutes} minutes late" if self.late_minutes else "Says running late"


@dataclass(frozen=True)
class SeatView:
    """One place on the day's page."""

    ref: UUID
    id: int
    starts_at: datetime
    minutes: int
    type_name: str
    state: SeatState
    person: PersonAtSeat | None = None
    offers_open: int = 0
    """How many people are being asked whether they want it."""
    conflict: str = ""
    """What the outside diary says against us, while a person decides."""


@dataclass(frozen=True)
class SessionView:
    """One clinician's column."""

    id: int
    clinician: str
    name: str
    site: str
    source: str
    seats: tuple[SeatView, ...]


@dataclass(frozen=True)
class DayDiary:
    """A day of an organisation, sessions side by side; `counts` by SeatState."""

    organisation_id: int
    day: date
    sessions: tuple[SessionView, ...]
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class AppointmentView:
    """An appointment as pages show it."""

    id: int
    ref: UUID
    patient_id: int
    organisation_id: int
    organisation: str
    starts_at: datetime
    minutes: int
    clinician: str
    session_name: str
    site: str
    type_id: int
    type_name: str
    source: str
    state: str
    reason: str
    booked_via: str
    confirmed_at: datetime | None
    reply_may_cancel: bool
    may_refill: bool
    interpreters: tuple[InterpreterView, ...] = ()
    course: str = ""
    """The course of which it is a date; empty for none."""


@dataclass(frozen=True)
class FreePlace:
    """A place that can be booked now."""

    ref: UUID
    starts_at: datetime
    minutes: int
    clinician: str
    type_name: str
    source: str
    misfits: tuple[Misfit, ...] = ()
    """Why it does not fit the patient it is shown for."""

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        return self.starts_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class DayCounts:
    """What the day adds up to, for the balance: appointments by state, and how many ended why."""

    booked: int = 0
    reminded: int = 0
    confirmed: int = 0
    cancelled_by_patient: int = 0
    cancelled_by_practice: int = 0
    cancelled_outside: int = 0
    moved: int = 0
    missed: int = 0
    seen: int = 0
    requests_waiting: int = 0


@dataclass(frozen=True)
class InterpreterView:
    """An interpreter that stands for an appointment. `state` is asked, confirmed or refused (none was to be had)."""

    id: int
    ref: UUID
    who: str
    """Whom: "Polish interpreter", "lipspeaker"."""
    mode: str
    """in person, telephone or video."""
    state: str
    asked_at: datetime

    @property
    def for_staff(self) -> str:
        """How it stands, for the desk."""
        how = "" if self.mode == "in person" else f" by {self.mode}"
        if self.state == "confirmed":
            return f"{capital(self.who)} booked{how}"
        return f"{capital(self.who)} {'asked for, not confirmed' if self.state == 'asked' else 'was not to be had'}"

    @property
    def for_patient(self) -> str:
        """How it stands, in a sentence for the patient: never more than is true."""
        how = "" if self.mode == "in person" else f" by {self.mode}"
        # Of somebody whose language is not known only this much can be said.
        who = self.who.split(" (")[0]
        a = "An" if who[0].lower() in "aeiou" else "A"
        if self.state == "confirmed":
            return f"{a} {who} is booked{how}."
        return f"{a} {who} is asked for." if self.state == "asked" else f"We are still looking for {a.lower()} {who}."


def capital(words: str) -> str:
    """The words with a capital first letter, the others as they are."""
    return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class ClinicView:
    """A clinic of the diary: a clinician's sessions of one name at one site, and what is known of their places."""

    site_id: int
    site: str
    clinician: str
    name: str
    sessions: int
    """How many are still to come."""
    features: frozenset[str] | None
    """Of `needs.FEATURES`; None when nobody has said yet."""

    @property
    def named(self) -> str:
        """What a form says of it, so that nobody describes another clinic than the one they see."""
        return f"{self.site_id} {self.clinician} {self.name}"
