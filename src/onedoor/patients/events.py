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
