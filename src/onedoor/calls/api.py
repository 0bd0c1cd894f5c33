"""The door of calls."""

from onedoor.calls.actions.contacts import ask_call_back, end, find_caller, hand_over, start
from onedoor.calls.actions.log import take_calls
from onedoor.calls.errors import NotDone, NotIdentified, TooManyTries
from onedoor.calls.kinds import TEAM_NAMES
from onedoor.calls.models import Call, Contact
from onedoor.calls.queries.contacts import Live, View, lately, live, open_contact
from onedoor.calls.queries.figures import figures
from onedoor.calls.rules import DEFINITIONS, OUTCOMES
from onedoor.calls.types import CallRow, Figures, Points, Taken

__all__ = [
    "DEFINITIONS",
    "OUTCOMES",
    "TEAM_NAMES",
    "Call",
    "CallRow",
    "Contact",
    "Figures",
    "Live",
    "NotDone",
    "NotIdentified",
    "Points",
    "Taken",
    "TooManyTries",
    "View",
    "ask_call_back",
    "end",
    "figures",
    "find_caller",
    "hand_over",
    "lately",
    "live",
    "open_contact",
    "start",
    "take_calls",
]
