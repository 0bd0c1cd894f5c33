"""Values that cross the door of tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from onedoor.kernel.access import Permission

GLASS_KINDS = ("break_glass_review", "break_glass_ask", "break_glass_report")
"""Work about a record opened by break-glass."""


@dataclass(frozen=True)
class Outcome:
    """A button on the task: `value` is stored, `label` is what the person reads."""

    value: str
    label: str


@dataclass(frozen=True)
class Kind:
    """A kind of work: its team, the working time allowed, and the outcomes a person may choose."""

    name: str
    label: str
    team: str
    within: timedelta
    """Working time; for an urgent kind the task is due at once by the clock on the wall."""
    outcomes: tuple[Outcome, ...]
    urgent: bool = False
    permission: Permission | None = None
    """Only who has it sees and ends such work; None for everybody who has the lists."""


@dataclass(frozen=True)
class NewTask:
    """Work to be done. `due_at` overrides the kind's clock, for work that must be done before a moment."""

    kind: str
    organisation_id: int
    key: str
    title: str
    detail: str = ""
    patient_id: int | None = None
    subject: str = ""
    subject_id: int | None = None
    due_at: datetime | None = None
