"""Values that cross the door of questionnaires."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class QuestionView:
    """A question that was put to a patient, and what came back. `value` is empty unless `state` is "answered"."""

    id: int
    ref: UUID
    organisation_id: int
    form: str
    label: str
    words: str
    """What was asked, without name and instructions for a reply."""
    state: str
    asked_again: bool
    value: str
    unit: str
    via: str
    asked_at: datetime
    ends_at: datetime
    ended_at: datetime | None


class CannotAsk(Exception):
    """Nothing was asked; the message says why, for the person who wanted to ask."""
