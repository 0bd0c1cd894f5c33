"""Interpreters booked by hand: each request is a task that reads like the work it is.

The title names the language and the time, never the patient: titles are read over shoulders. The patient is in the detail.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from onedoor.booking.adapters.tasks import place_words
from onedoor.booking.ports import InterpreterAsked
from onedoor.kernel import calendar, clock
from onedoor.kernel.actor import Actor
from onedoor.kernel.words import short_day
from onedoor.tasks import api as tasks
from onedoor.tasks.types import Kind, NewTask, Outcome

BOOKED = (
    Outcome("in_person", "Booked, in person"),
    Outcome("telephone", "Booked, by telephone"),
    Outcome("video", "Booked, by video"),
)
BOOK_INTERPRETER = tasks.declare_kind(
    Kind(
        name="book_interpreter",
        label="Book an interpreter for a visit",
        team="reception",
        within=timedelta(hours=4),
        outcomes=(*BOOKED, Outcome("none", "None is to be had")),
    )
)
RELEASE_INTERPRETER = tasks.declare_kind(
    Kind(
        name="release_interpreter",
        label="Tell an interpreter that they are not needed",
        team="reception",
        within=timedelta(hours=2),
        outcomes=(Outcome("done", "Done: they are told"),),
    )
)
NO_INTERPRETER = tasks.declare_kind(
    Kind(
        name="no_interpreter",
        label="No interpreter is to be had: find another way",
        team="reception",
        within=timedelta(hours=4),
        outcomes=(*BOOKED, Outcome("without", "It goes ahead without one: kept as a need not met")),
    )
)
INTERPRETER_LATE = tasks.declare_kind(
    Kind(
        name="interpreter_late",
        label="An interpreter is not confirmed, and the visit is near",
        team="management",
        within=timedelta(hours=1),
        outcomes=(*BOOKED, Outcome("none", "None is to be had")),
        urgent=True,
    )
)
_KEYS = ("book_interpreter", "no_interpreter", "interpreter_late")


class TasksInterpreters:
    """Asks a person, with a clock."""

    def ask(self, wanted: Sequence[InterpreterAsked], *, by: Actor) -> None:
        """One task for each, due in working time and by the last moment to book one."""
        tasks.ask_for(
            tasks=[
                _task(
                    one,
                    BOOK_INTERPRETER,
                    f"Book {_a(one.who)}: {_when(one)}",
                    f"Wanted {one.mode}." if one.mode == "in person" else f"Wanted by {one.mode}.",
                )
                for one in wanted
            ],
            by=by,
        )

    def withdraw(self, wanted: Sequence[InterpreterAsked], *, because: str, by: Actor) -> None:
        """Take what waits about them off the lists."""
        keys = sorted(f"{kind}:{one.interpreter_id}" for one in wanted for kind in _KEYS)
        tasks.withdraw(keys=keys, because=because, by=by)

    def release(self, booked: Sequence[InterpreterAsked], *, by: Actor) -> None:
        """One task for each visit that is still to come."""
        tasks.ask_for(
            tasks=[
                _task(
                    one, RELEASE_INTERPRETER, f"Release the {one.who}: {_when(one)}", "The visit does not take place."
                )
                for one in booked
                if one.starts_at > clock.now()
            ],
            by=by,
        )

    def find_another_way(self, wanted: Sequence[InterpreterAsked], *, by: Actor) -> None:
        """Another agency, another way, another time: a person decides, and moving or cancelling the visit ends the work."""
        tasks.ask_for(
            tasks=[
                _task(
                    one,
                    NO_INTERPRETER,
                    f"No {one.who} for {_when(one)}",
                    "Ask elsewhere or by telephone or video, or move the visit.",
                )
                for one in wanted
            ],
            by=by,
        )

    def warn(self, wanted: Sequence[InterpreterAsked], *, by: Actor) -> None:
        """One urgent task for each, beside the one that waits."""
        tasks.ask_for(
            tasks=[
                _task(one, INTERPRETER_LATE, f"Not confirmed: {one.who}, {_when(one)}", f"Asked for as {one.mode}.")
                for one in wanted
            ],
            by=by,
        )


def _task(one: InterpreterAsked, kind: Kind, title: str, ask: str) -> NewTask:
    now = clock.now()
    due = min(calendar.add_working_time(now, kind.within), max(one.latest, now))
    return NewTask(
        kind=kind.name,
        organisation_id=one.organisation_id,
        key=f"{kind.name}:{one.interpreter_id}",
        title=title,
        detail=f"{ask} {one.patient_name}, born {one.born_on:%d/%m/%Y}. {one.type_name} with {one.clinician}. "
        f"The last day to book one is {short_day(one.latest)}.",
        patient_id=one.patient_id,
        subject="interpreter",
        subject_id=one.interpreter_id,
        due_at=now if kind.urgent else due,
    )


def _a(who: str) -> str:
    """A Polish interpreter, an Urdu interpreter."""
    return f"an {who}" if who[:1].lower() in "aeiou" else f"a {who}"


def _when(one: InterpreterAsked) -> str:
    return f"{place_words(one.starts_at, one.clinician)}, {one.minutes} minutes"
