"""What contexts above fill in: whose answer a text could be, and which words each kind of question takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from onedoor.kernel.actor import Actor
from onedoor.messaging.types import Acted, Candidate


class SubjectOwner(Protocol):
    """Whoever owns a kind of thing that replies are about. Both methods run in the reply's transaction."""

    @property
    def kind(self) -> str:
        """The kind of its candidates: "appointment", "offer"."""
        ...

    def open_subjects(self, patient_ids: Sequence[int], intent: str) -> list[Candidate]:
        """What of these patients `intent` could be about now; nothing that has begun or ended."""
        ...

    def act(self, candidate: Candidate, intent: str, inbound_id: int | None, by: Actor) -> Acted:
        """Do it, locked and checked anew; once for one inbound. `inbound_id` is None for an answer by portal or staff."""
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


def owners() -> list[SubjectOwner]:
    """Every declared owner, in order of declaration."""
    return list(_owners.values())


def owner(kind: str) -> SubjectOwner:
    """The owner of a kind; KeyError when nobody declared it."""
    return _owners[kind]


def contexts() -> Mapping[str, Context]:
    """Every declared context by name."""
    return _contexts
