"""Events of tasks."""

from __future__ import annotations

from dataclasses import dataclass

from onedoor.kernel.actor import Actor
from onedoor.kernel.events import Event


@dataclass(frozen=True)
class TaskCompleted(Event):
    """A person chose an outcome. The context that declared the kind reacts in the same transaction."""

    task_id: int
    kind: str
    organisation_id: int
    patient_id: int | None
    subject: str
    subject_id: int | None
    outcome: str
    note: str
    by: Actor
