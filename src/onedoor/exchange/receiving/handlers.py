"""Declarations of the practice's side: which arrivals it takes, and the work that it asks of people."""

from __future__ import annotations

from datetime import timedelta

from onedoor.exchange.mesh import hooks
from onedoor.exchange.receiving import hearing
from onedoor.exchange.receiving.asking import ASKED
from onedoor.exchange.receiving.coding import TELL_SENDER
from onedoor.exchange.receiving.taking import WORKFLOWS, take
from onedoor.tasks.api import declare_kind
from onedoor.tasks.types import Kind, Outcome

for workflow in WORKFLOWS:
    hooks.takers[workflow] = take
hooks.moved.append(hearing.response_moved)

declare_kind(
    Kind(
        name=TELL_SENDER,
        label="Tell a sender what became of their document",
        team="reception",
        within=timedelta(hours=4),
        outcomes=(Outcome("told", "They know"), Outcome("ours", "It is our patient after all")),
    )
)
declare_kind(
    Kind(
        name=ASKED,
        label="Asked of the practice in a document",
        team="reception",
        # `invented:`: the facts set no time for it. Two working days.
        within=timedelta(hours=16),
        outcomes=(
            Outcome("done", "Done, or offered to them"),
            Outcome("passed_on", "Given to a colleague"),
            Outcome("not_needed", "Not needed any more"),
        ),
    )
)
