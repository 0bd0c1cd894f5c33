"""What contexts above fill in: whose answer a text could be, and which words each kind of question takes.
And what a provider of texts must be able to do, which a channel fills in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from onedoor.kernel.actor import Actor
from onedoor.messaging.reading.contexts import Question, Said, Value, declare_question
from onedoor.messaging.reading.interpret import Interpretation, interpret
from onedoor.messaging.reading.training import make as train_reading
from onedoor.messaging.types import Acted, Candidate

__all__ = [
    "Acted",
    "Begun",
    "Candidate",
    "Channel",
    "Context",
    "Fate",
    "Found",
    "Interpretation",
    "NotAnswered",
    "Outcome",
    "Outgoing",
    "Question",
    "Said",
    "SubjectOwner",
    "Value",
    "begun",
    "contexts",
    "declare_begun",
    "declare_context",
    "declare_question",
    "declare_subject",
    "interpret",
    "owner",
    "owners",
    "train_reading",
]


class SubjectOwner(Protocol):
    """Whoever owns a kind of thing that replies are about. Both methods run in the reply's transaction."""

    @property
    def kind(self) -> str:
        """The kind of its candidates: "appointment", "offer"."""
        ...

    def open_subjects(self, patient_ids: Sequence[int], intent: str) -> list[Candidate]:
        """What of these patients `intent` could be about now; nothing that has begun or ended."""
        ...

    def act(self, candidate: Candidate, intent: str, inbound_id: int | None, by: Actor, value: str = "") -> Acted:
        """Do it, locked and checked anew; once for one inbound. `inbound_id` is None for an answer by portal or staff.

        `value` is what was answered to a question that takes a value (`Question.value`).
        """
        ...


@dataclass(frozen=True)
class Context:
    """A kind of question. `intents` maps each intent to whole phrases that plainly mean it, in lower case.

    Politeness, signatures, emoji and misspellings are dealt with by the rules; a phrase has none of them.
    """

    name: str
    intents: Mapping[str, Sequence[str]]


_owners: dict[str, SubjectOwner] = {}
_contexts: dict[str, Context] = {}


def declare_subject(owner: SubjectOwner) -> SubjectOwner:
    """Declare an owner; called once by the context that has it, when the application is ready."""
    _owners[owner.kind] = owner
    return owner


def declare_context(context: Context) -> Context:
    """Declare the words of a kind of question. They are added to those that messaging knows by itself."""
    _contexts[context.name] = context
    return context


@dataclass(frozen=True)
class Begun:
    """A visit that has begun and of which nobody has said yet whether it was kept."""

    kind: str
    subject_id: int
    organisation_id: int
    starts_at: datetime


WhatBegan = Callable[[Sequence[int], datetime], list[Begun]]
_began: list[WhatBegan] = []


def declare_begun(what_began: WhatBegan) -> WhatBegan:
    """Declare who knows which visits of these patients began since a moment: a text may be about one of them."""
    _began.append(what_began)
    return what_began


def begun(patient_ids: Sequence[int], since: datetime) -> list[Begun]:
    """Visits of these patients that began since, whoever owns them."""
    return [visit for what_began in _began for visit in what_began(patient_ids, since)]


def owners() -> list[SubjectOwner]:
    """Every declared owner, in order of declaration."""
    return list(_owners.values())


def owner(kind: str) -> SubjectOwner:
    """The owner of a kind; KeyError when nobody declared it."""
    return _owners[kind]


def contexts() -> Mapping[str, Context]:
    """Every declared context by name."""
    return _contexts


class Outgoing(NamedTuple):
    """A text as it goes to a provider. `reference` is the same over all attempts; `number` is E.164."""

    reference: str
    number: str
    purpose: str
    body: str


Fate = Literal["accepted", "refused_permanent", "refused_temporary", "unknown"]


class Outcome(NamedTuple):
    """What became of one attempt (messaging.md 6.2). Temporarily refused means: provably not sent.

    `limited` says that the provider found us too fast ("rate") or the day's allowance spent ("day").
    """

    fate: Fate
    status: int | None = None
    provider_id: str | None = None
    limited: Literal["", "rate", "day"] = ""
    why: str = ""


@dataclass(frozen=True)
class Found:
    """A text that the provider has, looked up by our reference."""

    provider_id: str
    status: str


class NotAnswered(Exception):
    """The provider did not answer a look-up: neither present nor absent."""


class Channel(Protocol):
    """An account at a provider. Both calls are made from a dispatcher's event loop and raise nothing of the network's."""

    async def send(self, text: Outgoing, may_speak: Callable[[], bool]) -> Outcome:
        """Try once. `may_speak` is asked when the connection is ready to take the text: false means, say nothing."""
        ...

    async def find(self, reference: str) -> Found | None:
        """Whether the provider has a text of this reference, the oldest if several. Raises NotAnswered."""
        ...
