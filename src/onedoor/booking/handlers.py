"""What booking does when a person ends a task of its kinds, and its declarations to messaging and to the diary port."""

from __future__ import annotations

from onedoor.booking import errors, offering, ports, subjects
from onedoor.booking.actions import (
    booking,
    courses,
    diary,
    fitting,
    interpreters,
    locking,
    outside,
    refilling,
    telling,
    waves,
)
from onedoor.booking.adapters.interpreters import (
    BOOK_INTERPRETER,
    INTERPRETER_LATE,
    NO_INTERPRETER,
    TasksInterpreters,
)
from onedoor.booking.adapters.tasks import BOOK_PLACE, FREE_PLACE, TasksDiary
from onedoor.booking.events import AppointmentsChanged
from onedoor.booking.kinds import CANCEL_ASKED, COURSE_MISSED, DIARY_CONFLICT, DIARY_VANISHED, DOES_NOT_FIT, OFFER_CALL
from onedoor.kernel import events
from onedoor.messaging import api as messaging
from onedoor.messaging.ports import declare_begun, declare_context, declare_subject
from onedoor.patients.events import NeedsChanged
from onedoor.tasks.api import lock_first
from onedoor.tasks.events import TaskCompleted

ports.declare_diary("*", TasksDiary())
ports.declare_interpreters(TasksInterpreters())
declare_subject(subjects.Appointments())
declare_begun(subjects.what_began)
declare_context(subjects.CONTEXT)
declare_subject(offering.Offers())
declare_context(offering.CONTEXT)
for purpose in (*telling.PURPOSES, *waves.PURPOSES):
    messaging.declare_purpose(purpose)
lock_first("diary_import", locking.lock_import)
lock_first("conflict", locking.lock_conflict)
lock_first("diary_request", locking.lock_request)
lock_first("appointment", locking.lock_appointment)
lock_first("offer", locking.lock_offer)
lock_first("enrolment", locking.lock_enrolment)
lock_first("interpreter", locking.lock_interpreter)


@events.handles(TaskCompleted)
def work_done(event: TaskCompleted) -> None:
    """A person did what an outside diary was asked for, could not, or decided between two diaries.

    In the task's transaction: a place must not be both asked for and free.
    """
    subject_id = event.subject_id
    if subject_id is None:
        return
    if event.kind in (FREE_PLACE.name, BOOK_PLACE.name):
        if event.outcome == "done":
            outside.confirm_request(request_id=subject_id, ended_by="by hand", by=event.by)
        else:
            outside.refuse_request(request_id=subject_id, ended_by="by hand", by=event.by)
    elif event.kind == CANCEL_ASKED.name and event.outcome == "cancelled":
        try:
            booking.cancel(appointment_id=subject_id, by=event.by, reason="patient")
        except errors.TooLate:
            # It ended otherwise meanwhile: nothing is left to cancel, and the task is still done.
            return
    elif event.kind == DIARY_CONFLICT.name:
        diary.settle_conflict(conflict_id=subject_id, theirs=event.outcome == "theirs", by=event.by)
    elif event.kind == DIARY_VANISHED.name:
        diary.decide_import(import_id=subject_id, take=event.outcome == "apply", by=event.by)
    elif event.kind == COURSE_MISSED.name and event.outcome == "leaves":
        # They are on the telephone with us: no text says it again.
        courses.leave_course(enrolment_ref=courses.ref_of(subject_id), by=event.by, reason="patient", tell=False)
    elif event.kind == OFFER_CALL.name:
        # Gone meanwhile: the error undoes the completion too, and the person on the telephone reads it and says so.
        if event.outcome == "accepted":
            refilling.accept_offer(offer_id=subject_id, by=event.by)
        elif event.outcome == "declined":
            refilling.decline_offer(offer_id=subject_id, by=event.by)
    elif event.kind == DOES_NOT_FIT.name and event.outcome == "stands":
        fitting.goes_ahead(appointment_id=subject_id, despite=event.note, by=event.by)
    elif event.kind in (BOOK_INTERPRETER.name, NO_INTERPRETER.name, INTERPRETER_LATE.name):
        if event.outcome == "none":
            interpreters.refuse_interpreter(interpreter_id=subject_id, by=event.by)
        elif event.outcome == "without":
            interpreters.go_without(interpreter_id=subject_id, despite=event.note, by=event.by)
        else:
            mode = event.outcome.replace("_", " ")
            interpreters.confirm_interpreter(interpreter_id=subject_id, mode=mode, by=event.by)


_ENDED = {"cancelled": "the visit is cancelled", "cancelling": "the visit is being cancelled", "lapsed": "not booked"}


@events.handles(AppointmentsChanged)
def interpreter_follows(event: AppointmentsChanged) -> None:
    """An interpreter is asked for with the appointment and released with it, in its transaction: no crash leaves one behind."""
    if event.to == "booked":
        interpreters.follow(appointment_ids=event.appointment_ids, by=event.by)
    elif event.to in _ENDED:
        interpreters.end(appointment_ids=event.appointment_ids, because=_ENDED[event.to], by=event.by)


@events.handles(NeedsChanged)
def visits_follow(event: NeedsChanged) -> None:
    """What somebody needs from now on is asked for with the visits that they have already."""
    interpreters.bring_up_to_date(patient_ids=event.patient_ids, by=event.by)
