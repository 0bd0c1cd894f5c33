"""The door of patients."""

from onedoor.patients.actions import end_number, let_out_of_care, open_portal, restore_number, take_into_care
from onedoor.patients.imports import take_list, who_are
from onedoor.patients.languages import ENGLISH, Spoken, spoken
from onedoor.patients.models import Need, Patient, PortalAccount
from onedoor.patients.needing import end_need, needing, needs_of, record_need, set_language
from onedoor.patients.needs import GROUPS as NEED_GROUPS
from onedoor.patients.needs import HOURS as NEED_HOURS
from onedoor.patients.queries import (
    by_id,
    by_ref,
    card,
    holders,
    names,
    no_longer_theirs,
    not_to_be_reached,
    reach,
    registered_at,
    search,
    visible,
)

__all__ = [
    "ENGLISH",
    "NEED_GROUPS",
    "NEED_HOURS",
    "Need",
    "Patient",
    "PortalAccount",
    "Spoken",
    "by_id",
    "by_ref",
    "card",
    "end_need",
    "end_number",
    "holders",
    "let_out_of_care",
    "names",
    "needing",
    "needs_of",
    "no_longer_theirs",
    "not_to_be_reached",
    "open_portal",
    "reach",
    "record_need",
    "registered_at",
    "restore_number",
    "search",
    "set_language",
    "spoken",
    "take_into_care",
    "take_list",
    "visible",
    "who_are",
]
