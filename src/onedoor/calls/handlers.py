"""What calls do when somebody ends work that a contact left behind."""

from __future__ import annotations

from onedoor.calls.actions.details import made_sure
from onedoor.calls.kinds import NUMBER_CHECK
from onedoor.kernel import events
from onedoor.kernel.access import Access, Permission
from onedoor.tasks.events import TaskCompleted


@events.handles(TaskCompleted)
def number_made_sure(event: TaskCompleted) -> None:
    """A new mobile was made sure of in person: used from now on, in the task's transaction."""
    if event.kind == NUMBER_CHECK.name and event.outcome == "theirs" and event.subject_id is not None:
        here = frozenset({event.organisation_id})
        # Whoever may end reception's work may change how its patients are reached.
        access = Access(actor=event.by, organisation_ids=here, permissions=frozenset({Permission.PATIENTS}))
        made_sure(access=access, check_id=event.subject_id)
