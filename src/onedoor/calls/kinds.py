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
NUMBER_CHECK = declare_kind(
    Kind(
        name="number_check",
        label="Make sure of a number",
        team="reception",
        within=timedelta(hours=16),
        outcomes=(Outcome("theirs", "It is theirs: use it"), Outcome("not_theirs", "Not theirs, or not known")),
    )
)
PUT_IN_SYSTEM = declare_kind(
    Kind(
        name="details_changed",
        label="Details changed on the telephone",
        team="reception",
        within=timedelta(hours=16),
        outcomes=(Outcome("done", "Put into our own system"), Outcome("not_needed", "Our own system has it already")),
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
