"""The ports to a diary that somebody else keeps and to those who send interpreters: ask, and withdraw what was asked.

An adapter only writes rows in the caller's transaction (a task for a person, or an outbox row of its own); the answer
comes later through `actions.outside.confirm_request` or `refuse_request`, or with the next import.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from onedoor.kernel.actor import Actor


@dataclass(frozen=True)
class PlaceAsked:
    """A place that an outside diary is asked to free or to book, and for whom."""

    request_id: int
    kind: Literal["free", "book"]
    appointment_id: int
    organisation_id: int
    patient_id: int
    source: str
    starts_at: datetime
    minutes: int
    clinician: str
    type_name: str
    patient_name: str
    born_on: date
    nhs_number: str | None


class OutsideDiary(Protocol):
    """A way to an outside diary."""

    def ask(self, places: Sequence[PlaceAsked], *, by: Actor) -> None:
        """Ask for these places to be freed or booked."""

    def withdraw(self, places: Sequence[PlaceAsked], *, because: str, by: Actor) -> None:
        """Nobody need do these any more."""


_diaries: dict[str, OutsideDiary] = {}


def declare_diary(source: str, diary: OutsideDiary) -> None:
    """Register the way to the diaries of a source ("emis"); "*" is the way to all others."""
    _diaries[source] = diary


def diary_of(source: str) -> OutsideDiary:
    """The way to the diaries of this source."""
    return _diaries.get(source) or _diaries["*"]


@dataclass(frozen=True)
class InterpreterAsked:
    """An interpreter wanted for a visit, and when it is the last moment to book one."""

    interpreter_id: int
    organisation_id: int
    appointment_id: int
    patient_id: int
    who: str
    """Whom: "Polish interpreter", "lipspeaker"."""
    mode: str
    """in person, telephone or video."""
    starts_at: datetime
    minutes: int
    clinician: str
    type_name: str
    patient_name: str
    born_on: date
    latest: datetime


class Interpreters(Protocol):
    """A way to those who send interpreters. The answer comes later, through `confirm_interpreter` or `refuse_interpreter`."""

    def ask(self, wanted: Sequence[InterpreterAsked], *, by: Actor) -> None:
        """Ask for these to be booked."""

    def withdraw(self, wanted: Sequence[InterpreterAsked], *, because: str, by: Actor) -> None:
        """Nobody need do anything more about these."""

    def release(self, booked: Sequence[InterpreterAsked], *, by: Actor) -> None:
        """These were booked, and are not needed: whoever comes must be told."""

    def find_another_way(self, wanted: Sequence[InterpreterAsked], *, by: Actor) -> None:
        """None was to be had for these, and their visits stand."""

    def warn(self, wanted: Sequence[InterpreterAsked], *, by: Actor) -> None:
        """Nobody has confirmed these, and their visits are near."""


_interpreters: list[Interpreters] = []


def declare_interpreters(way: Interpreters) -> None:
    """Register the way to those who send interpreters; the last one goes."""
    _interpreters[:] = [way]


def interpreters() -> Interpreters:
    """The way to those who send interpreters."""
    return _interpreters[0]
