"""Declarations of recall to messaging, and what it does in the transaction of others."""

from __future__ import annotations

from onedoor.booking.events import AppointmentsChanged
from onedoor.kernel import events
from onedoor.messaging.api import declare_context, declare_purpose, declare_subject
from onedoor.recall import subjects
from onedoor.recall.actions import ending, following, invitations, standing
from onedoor.records.events import CodedChanged
from onedoor.tasks.api import lock_first
from onedoor.tasks.events import TaskCompleted

declare_subject(subjects.Invitations())
declare_context(subjects.CONTEXT)
declare_context(subjects.CHECKS)
declare_purpose(invitations.INVITE)
lock_first(ending.SUBJECT, following.lock_invitation)


@events.handles(AppointmentsChanged)
def visits_changed(event: AppointmentsChanged) -> None:
    """Whoever has booked what they were invited for is asked no more; whoever gave it up is."""
    following.follow_visits(event)


@events.handles(TaskCompleted)
def work_done(event: TaskCompleted) -> None:
    """What somebody said on the telephone counts as if they had answered."""
    following.follow_work(event)


@events.handles(CodedChanged)
def entries_changed(event: CodedChanged) -> None:
    """Whoever's entries changed is worked out again."""
    standing.mark_stale(patient_ids=event.patient_ids, import_id=event.import_id)
