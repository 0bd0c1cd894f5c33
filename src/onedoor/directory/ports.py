"""What others above know of a service and the directory does not: how long people wait, counted from their own records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from onedoor.directory.types import Wait


class Waits(Protocol):
    """Waits by service key; of services that nothing is known of, none."""

    def __call__(self, service_ids: Sequence[int]) -> dict[int, Wait]: ...


_declared: list[Waits] = []


def declare_waits(waits: Waits) -> None:
    """Say who counts waits; called once, when the application is ready."""
    if waits not in _declared:
        _declared.append(waits)


def waits_of(service_ids: Sequence[int]) -> dict[int, Wait]:
    """What is known of these services' waits."""
    found: dict[int, Wait] = {}
    for waits in _declared:
        found |= waits(service_ids)
    return found
