"""Work that a contact by telephone leaves behind."""

from __future__ import annotations

from datetime import timedelta

from onedoor.tasks.api import declare_kind
from onedoor.tasks.types import Kind, Outcome

RING_BACK = declare_kind(
    Kind(
        name="call_back",
        label="Ring back",
        team="reception",
        within=timedelta(hours=4),
        outcomes=(
            Outcome("spoken", "Spoke to them"),
            Outcome("no_answer", "No answer, and no more tries"),
            Outcome("not_needed", "No longer needed"),
        ),
    )
)
_HANDED = (Outcome("done", "Done"), Outcome("not_ours", "Not ours, told them whose"))
TEAMS = {
    "reception": declare_kind(Kind("handed_reception", "Call handed over", "reception", timedelta(hours=8), _HANDED)),
    "triage": declare_kind(Kind("handed_triage", "Call handed over", "triage", timedelta(hours=8), _HANDED)),
    "management": declare_kind(
        Kind("handed_management", "Call handed over", "management", timedelta(hours=8), _HANDED)
    ),
}
"""To whom a call is handed over, and as what work."""
TEAM_NAMES = {"reception": "Reception", "triage": "The service’s clinicians", "management": "The manager"}
