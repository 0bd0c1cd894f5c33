"""The door of records."""

from onedoor.records.actions import in_error, look, record_alike, record_entries
from onedoor.records.code_files import take_code_sets
from onedoor.records.coding import WrongValue
from onedoor.records.importing import take_entries
from onedoor.records.models import Code, Coded, CodeSet, Entry, Look
from onedoor.records.queries import code_sets, coded_of, concept, concepts, members, timeline, who_looked
from onedoor.records.rules import measured

__all__ = [
    "Code",
    "CodeSet",
    "Coded",
    "Entry",
    "Look",
    "WrongValue",
    "code_sets",
    "coded_of",
    "concept",
    "concepts",
    "in_error",
    "look",
    "measured",
    "members",
    "record_alike",
    "record_entries",
    "take_code_sets",
    "take_entries",
    "timeline",
    "who_looked",
]
