"""What booking tells the contexts above it, in sets."""

from __future__ import annotations

from dataclasses import dataclass

from onedoor.kernel.actor import Actor
from onedoor.kernel.events import Event


@dataclass(frozen=True)
class AppointmentsChanged(Event):
    """Appointments came to a state (`rules.MOVES`), or were made in it; holds are told of only when they end.

    Whoever listens runs with patients and seats locked (`actions.places`), and locks what is its own after them.
    """

    appointment_ids: tuple[int, ...]
    to: str
    by: Actor
