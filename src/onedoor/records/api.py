"""The door of records."""

from onedoor.records.actions import (
    accept_entries,
    dismiss_held,
    in_error,
    look,
    look_many,
    record_alike,
    record_entries,
)
from onedoor.records.believing import Believed, believed, codes_in_use
from onedoor.records.code_files import take_code_sets
from onedoor.records.coding import WrongValue
from onedoor.records.importing import AnotherFile, judge, take_entries
from onedoor.records.judging import Judge
from onedoor.records.models import Code, Coded, CodeSet, Entry, Held, Look
from onedoor.records.queries import (
    code_sets,
    coded_of,
    concept,
    concepts,
    facts_of,
    file_readings,
    held,
    held_counts,
    looks_by_glass,
    members,
    members_of,
    not_shared,
    read_among,
    read_of,
    record_of,
    reference_rows,
    terms,
    timeline,
    who_looked,
    written_of,
)
from onedoor.records.rules import measured
from onedoor.records.unaccepting import unaccept_entries
from onedoor.records.watching import TOPIC, unwatch, watch
from onedoor.records.withdrawing import withdraw_entries

__all__ = [
    "TOPIC",
    "AnotherFile",
    "Believed",
    "Code",
    "CodeSet",
    "Coded",
    "Entry",
    "Held",
    "Judge",
    "Look",
    "WrongValue",
    "accept_entries",
    "believed",
    "code_sets",
    "coded_of",
    "codes_in_use",
    "concept",
    "concepts",
    "dismiss_held",
    "facts_of",
    "file_readings",
    "held",
    "held_counts",
    "in_error",
    "judge",
    "look",
    "look_many",
    "looks_by_glass",
    "measured",
    "members",
    "members_of",
    "not_shared",
    "read_among",
    "read_of",
    "record_alike",
    "record_entries",
    "record_of",
    "reference_rows",
    "take_code_sets",
    "take_entries",
    "terms",
    "timeline",
    "unaccept_entries",
    "unwatch",
    "watch",
    "who_looked",
    "withdraw_entries",
    "written_of",
]
