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


@dataclass(frozen=True)
class AnswerView:
    """One answer as people read it. `words` is empty when they would rather not say."""

    link: str
    question: str
    words: str
    confirmed: bool


@dataclass(frozen=True)
class ResponseView:
    """A questionnaire that was put to a patient, and what came of it. Times are domain time.

    `visit` is none, phone, face_to_face or today, empty until it ended with answers; `rule` and `rules_version` say by what.
    """

    id: int
    ref: UUID
    organisation_id: int
    patient_id: int
    key: str
    title: str
    state: str
    via: str
    reason: str
    asked_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    answers: tuple[AnswerView, ...]
    left: int
    """Questions still to be answered, as far as the answers so far tell."""
    more: int
    """How many more may follow."""
    score: int | None
    band: str
    red_flag: bool
    visit: str
    rule: str
    why: str
    rules_version: str
    code: str
    """For the tablet, while it is good."""


@dataclass(frozen=True)
class Choice:
    """A questionnaire that may be sent, or why it may not."""

    key: str
    title: str
    private: bool
    long: bool
    """Too long for texts one by one."""
    not_yet: str


class LinkClosed(Exception):
    """The link of a questionnaire was closed by wrong tries, is over, or was never made."""


class NotOpen(Exception):
    """The questionnaire has ended; nothing was changed."""


@dataclass(frozen=True)
class Step:
    """One page of a questionnaire: the question to show, or none when all are answered and only sending is left.

    `offered` is what the record has, in words, with its month; `back` the link of the question before.
    """

    title: str
    link: str
    kind: str
    text: str
    hint: str
    options: tuple[tuple[str, str], ...]
    parts: tuple[tuple[str, str], ...]
    unit: str
    value: str
    answered: bool
    offered: str
    offered_month: str
    back: str
    number: int
    of: int
    more: int
    """How many more may follow, by what is still to be answered."""
    answers: tuple[AnswerView, ...]
    """Those given so far, in order."""
