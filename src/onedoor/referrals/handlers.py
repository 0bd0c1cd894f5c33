"""What referrals do in the transaction of others: a referral is never in another state than its appointments say."""

from __future__ import annotations

from onedoor.booking.events import AppointmentsChanged
from onedoor.kernel import events
from onedoor.referrals.actions import standing, visits
from onedoor.tasks.api import lock_first
from onedoor.tasks.events import TaskCompleted

lock_first(standing.SUBJECT, standing.lock_patient)


@events.handles(AppointmentsChanged)
def appointments_changed(event: AppointmentsChanged) -> None:
    """Join new appointments to the referrals that they are for, and move the referrals."""
    visits.follow(event)


@events.handles(TaskCompleted)
def work_done(event: TaskCompleted) -> None:
    """A person said that what stood booked for an ended referral is given up."""
    if event.kind == standing.ENDED_BOOKED.name and event.outcome == standing.GIVEN_UP and event.subject_id:
        standing.give_up(referral_id=event.subject_id, by=event.by)
