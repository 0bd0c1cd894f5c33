"""What booking does when a person ends a task of its kinds, and its declarations to messaging and to the diary port."""

from __future__ import annotations

from onedoor.booking import errors, offering, ports, subjects
from onedoor.booking.actions import booking, diary, locking, outside, refilling, telling, waves
from onedoor.booking.adapters.tasks import BOOK_PLACE, FREE_PLACE, TasksDiary
from onedoor.booking.kinds import CANCEL_ASKED, DIARY_CONFLICT, DIARY_VANISHED, OFFER_CALL
from onedoor.kernel import events
from onedoor.messaging import api as messaging
from onedoor.messaging.ports import declare_begun, declare_context, declare_subject
from onedoor.tasks.api import lock_first
from onedoor.tasks.events import TaskCompleted

ports.declare_diary("*", TasksDiary())
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
    elif event.kind == OFFER_CALL.name:
        # Gone meanwhile: the error undoes the completion too, and the person on the telephone reads it and says so.
        if event.outcome == "accepted":
            refilling.accept_offer(offer_id=subject_id, by=event.by)
        elif event.outcome == "declined":
            refilling.decline_offer(offer_id=subject_id, by=event.by)
