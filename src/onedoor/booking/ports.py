"""The port to a diary that somebody else keeps: ask for a place to be freed or booked, and withdraw the request.

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
