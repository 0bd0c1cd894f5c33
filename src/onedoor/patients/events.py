"""What patients tells the contexts above it, in sets."""

from __future__ import annotations

from dataclasses import dataclass

from onedoor.kernel.actor import Actor
from onedoor.kernel.events import Event


@dataclass(frozen=True)
class NeedsChanged(Event):
    """What these patients need of a visit or of a letter was written down or ended. The patients are locked."""

    patient_ids: tuple[int, ...]
    by: Actor


@dataclass(frozen=True)
class GlassBroken(Event):
    """Somebody without a right to it opened a patient's record. Whoever keeps the lists of work asks for its review."""

    opening_id: int
    patient_id: int
    organisation_id: int
    """The one where whoever opened it works."""
    practice_id: int | None
    """The one with which the patient is registered."""
    by: Actor
