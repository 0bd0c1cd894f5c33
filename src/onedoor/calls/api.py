"""The door of calls."""

from onedoor.calls.actions.contacts import ask_call_back, end, find_caller, hand_over, note_number, start
from onedoor.calls.actions.details import (
    add_need,
    change_home,
    change_language,
    change_point,
    confirm_code,
    end_need,
    text_code,
)
from onedoor.calls.actions.doing import book, book_visit, cancel, end_search, move, refer, say_late, told
from onedoor.calls.actions.log import take_calls
from onedoor.calls.errors import NotDone, NotIdentified, NotSeen, TooManyTries
from onedoor.calls.models import Call, Contact
from onedoor.calls.queries.contacts import Live, View, lately, live, open_contact
from onedoor.calls.queries.desks import Desk, desks
from onedoor.calls.queries.figures import call_months, contact_figures, figures
from onedoor.calls.queries.visits import Visit, kinds, places, visits
from onedoor.calls.rules import DEEDS, DEFINITIONS, OUTCOMES, SUGGESTED
from onedoor.calls.types import CallMonth, CallRow, ContactFigures, Figures, Points, Taken

__all__ = [
    "DEEDS",
    "DEFINITIONS",
    "OUTCOMES",
    "SUGGESTED",
    "Call",
    "CallMonth",
    "CallRow",
    "Contact",
    "ContactFigures",
    "Desk",
    "Figures",
    "Live",
    "NotDone",
    "NotIdentified",
    "NotSeen",
    "Points",
    "Taken",
    "TooManyTries",
    "View",
    "Visit",
    "add_need",
    "ask_call_back",
    "book",
    "book_visit",
    "call_months",
    "cancel",
    "change_home",
    "change_language",
    "change_point",
    "confirm_code",
    "contact_figures",
    "desks",
    "end",
    "end_need",
    "end_search",
    "figures",
    "find_caller",
    "hand_over",
    "kinds",
    "lately",
    "live",
    "move",
    "note_number",
    "open_contact",
    "places",
    "refer",
    "say_late",
    "start",
    "take_calls",
    "text_code",
    "told",
    "visits",
]
