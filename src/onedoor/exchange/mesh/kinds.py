"""The work that the line asks of people."""

from __future__ import annotations

from datetime import timedelta

from onedoor.tasks.api import declare_kind
from onedoor.tasks.types import Kind, Outcome

NOT_READ = declare_kind(
    Kind(
        name="mesh_not_read",
        label="Ask a sender about a message that could not be read",
        team="reception",
        within=timedelta(hours=4),
        outcomes=(Outcome("asked", "They were asked"), Outcome("not_needed", "Nothing is missing")),
    )
)
