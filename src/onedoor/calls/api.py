"""The door of calls."""

from onedoor.calls.log import take_calls
from onedoor.calls.models import Call
from onedoor.calls.queries.figures import figures
from onedoor.calls.rules import DEFINITIONS
from onedoor.calls.types import CallRow, Figures, Taken

__all__ = ["DEFINITIONS", "Call", "CallRow", "Figures", "Taken", "figures", "take_calls"]
