"""What documents tells the contexts above it, in sets."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from onedoor.kernel.events import Event


@dataclass(frozen=True)
class Composed:
    """One letter that was composed."""

    document_id: int
    ref: UUID
    kind: str
    organisation_id: int
    patient_id: int | None
    subject: str
    subject_id: int


@dataclass(frozen=True)
class LettersComposed(Event):
    """Letters were composed: who sends texts finds theirs in `deliveries_waiting`."""

    letters: tuple[Composed, ...]
