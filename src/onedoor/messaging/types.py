"""Values that cross the door of messaging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from onedoor.tasks.types import NewTask

Group = Literal["reminder", "campaign", "result", "answer"]
"""Which column of the suppression matrix holds (clinical.md 6.2). An answer is to somebody who wrote first."""


@dataclass(frozen=True)
class Purpose:
    """Why a text is sent: its rules of suppression, its lane (0 urgent, 1 normal, 2 bulk) and whether quiet hours hold."""

    name: str
    group: Group
    lane: Literal[0, 1, 2]
    quiet_hours: bool


@dataclass(frozen=True)
class NewAsk:
    """A question that a message puts. `options` are the candidates of a "which" question, in the order of their numbers."""

    context: str
    subject: str
    subject_id: int
    expires_at: datetime
    options: Sequence[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class NewMessage:
    """One text for one intent. The number is the patient's own mobile unless `number` (E.164) says another."""

    intent_key: str
    organisation_id: int
    purpose: str
    body: str
    not_after: datetime
    patient_id: int | None = None
    number: str | None = None
    not_before: datetime | None = None
    subject: str = ""
    subject_id: int | None = None
    ask: NewAsk | None = None


@dataclass(frozen=True)
class QueueResult:
    """What became of new messages: queued, and stored without being sent."""

    new: int
    suppressed: int


@dataclass(frozen=True)
class Candidate:
    """What a reply could be about. `when` is its start; `asked` says that the patient has an open question about it.

    `organisation_id` keeps a reply to one organisation's number from acting on another's; None is bound to none. `ended` says
    that nothing of it is open any more, and the owner only answers. `timed` is false when `when` is no moment that the patient
    knows (the end of a question): then nobody is asked which one is meant, a person finds out. `at_hand` is false
    of what is weeks away and no text has spoken of lately: whoever gives it up by text is asked first whether they mean it.
    """

    kind: str
    subject_id: int
    patient_id: int
    first_name: str
    when: datetime
    asked: bool
    organisation_id: int | None = None
    ended: bool = False
    timed: bool = True
    at_hand: bool = True


@dataclass(frozen=True)
class Acted:
    """What an owner did with an answer: the text to send back, if any, and work for a person, if any.

    `done` is false when nothing changed and a person must look; then a task is made even when the owner gives none.
    `ask` is a question that follows: its words are `answer`, and it replaces the one just answered.
    """

    answer: str | None
    task: NewTask | None = None
    done: bool = True
    ask: NewAsk | None = None
