"""From a task to the page of what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onedoor.kernel.access import Access
from onedoor.tasks import api as tasks


@dataclass(frozen=True)
class Link:
    """Where to go to do the work, and what that is called."""

    label: str
    address: str


def links(access: Access, waiting: Sequence[tasks.Task]) -> dict[int, Link]:
    """For each task that has a page of its own to be done on: the link, by the task's key."""
    return {}
