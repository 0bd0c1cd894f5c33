"""The outside diary kept up by hand: each request is a task that reads like the work it is.

The title names the place, never the patient: titles are read over shoulders. The patient is in the detail.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from onedoor.booking.ports import PlaceAsked
from onedoor.booking.types import SYSTEMS
from onedoor.kernel import calendar, clock, nhs_number
from onedoor.kernel.actor import Actor
from onedoor.kernel.clock import LONDON
from onedoor.kernel.words import short_day
from onedoor.tasks import api as tasks
from onedoor.tasks.types import Kind, NewTask, Outcome

FREE_PLACE = tasks.declare_kind(
    Kind(
        name="free_place",
        label="Free a place in the practice's own diary",
        team="reception",
        within=timedelta(hours=1),
        outcomes=(Outcome("done", "Done: the place is free"), Outcome("could_not", "Could not")),
    )
)
BOOK_PLACE = tasks.declare_kind(
    Kind(
        name="book_place",
        label="Book a place in the practice's own diary",
        team="reception",
        within=timedelta(hours=1),
        outcomes=(Outcome("done", "Done: booked"), Outcome("taken", "The place had gone")),
    )
)

_BEFORE_START = timedelta(minutes=30)


class TasksDiary:
    """Asks a person, with a clock."""

    def ask(self, places: Sequence[PlaceAsked], *, by: Actor) -> None:
        """One task for each place, due in working time and half an hour before the appointment at the latest."""
        tasks.ask_for(tasks=[_task(place) for place in places], by=by)

    def withdraw(self, places: Sequence[PlaceAsked], *, because: str, by: Actor) -> None:
        """Take the tasks off the lists."""
        tasks.withdraw(keys=[_key(place) for place in places], because=because, by=by)


def _task(place: PlaceAsked) -> NewTask:
    kind = FREE_PLACE if place.kind == "free" else BOOK_PLACE
    number = f", NHS number {nhs_number.shown(place.nhs_number)}" if place.nhs_number else ""
    return NewTask(
        kind=kind.name,
        organisation_id=place.organisation_id,
        key=_key(place),
        title=f"In {SYSTEMS.get(place.source, place.source)}: {place.kind} {place_words(place.starts_at, place.clinician)}",
        detail=f"{place.patient_name}, born {place.born_on:%d/%m/%Y}{number}. {place.type_name}, {place.minutes} minutes.",
        patient_id=place.patient_id,
        subject="diary_request",
        subject_id=place.request_id,
        due_at=_due(kind, place.starts_at),
    )


def _due(kind: Kind, starts_at: datetime) -> datetime:
    now = clock.now()
    return max(now, min(calendar.add_working_time(now, kind.within), starts_at - _BEFORE_START))


def _key(place: PlaceAsked) -> str:
    return f"diary_request:{place.request_id}"


def place_words(starts_at: datetime, clinician: str) -> str:
    """Tue 8 Dec 10:20, Nurse B Adeyemi: as the diaries of practices write it, with the 24-hour clock."""
    return f"{short_day(starts_at)} {starts_at.astimezone(LONDON):%H:%M}, {clinician}"
