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
MAILBOX_SHUT = declare_kind(
    Kind(
        name="mesh_mailbox_shut",
        label="Put right a MESH mailbox that does not work",
        team="management",
        within=timedelta(hours=4),
        outcomes=(Outcome("mended", "It is put right"), Outcome("waits", "It is MESH's fault and will pass")),
    )
)
STUCK = declare_kind(
    Kind(
        name="mesh_stuck",
        label="A message that came by MESH cannot be dealt with",
        team="management",
        within=timedelta(hours=4),
        outcomes=(Outcome("mended", "It is put right"), Outcome("told", "Whoever runs the system knows")),
    )
)
