"""What recall tells the contexts above it, in sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onedoor.kernel.events import Event


@dataclass(frozen=True)
class ChecksClosed(Event):
    """These visits for checks were finished just now: for the first time, or once more after a correction
    (`open_checks_again`). What each came to is `recall.api.visit_summary`."""

    visit_ids: Sequence[int]
