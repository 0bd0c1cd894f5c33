"""The door of records."""

from onedoor.records.actions import dismiss_held, in_error, look, look_many, record_alike, record_entries
from onedoor.records.code_files import take_code_sets
from onedoor.records.coding import WrongValue
from onedoor.records.importing import take_entries
from onedoor.records.models import Code, Coded, CodeSet, Entry, Held, Look
from onedoor.records.queries import (
    code_sets,
    coded_of,
    concept,
    concepts,
    held,
    held_counts,
    members,
    reference_rows,
    terms,
    timeline,
    who_looked,
)
from onedoor.records.rules import measured

__all__ = [
    "Code",
    "CodeSet",
    "Coded",
    "Entry",
    "Held",
    "Look",
    "WrongValue",
    "code_sets",
    "coded_of",
    "concept",
    "concepts",
    "dismiss_held",
    "held",
    "held_counts",
    "in_error",
    "look",
    "look_many",
    "measured",
    "members",
    "record_alike",
    "record_entries",
    "reference_rows",
    "take_code_sets",
    "take_entries",
    "terms",
    "timeline",
    "who_looked",
]
