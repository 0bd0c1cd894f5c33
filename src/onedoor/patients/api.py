"""The door of patients."""

from onedoor.patients.actions import end_number, let_out_of_care, open_portal, restore_number, take_into_care
from onedoor.patients.imports import take_list, who_are
from onedoor.patients.languages import ENGLISH, Spoken, spoken
from onedoor.patients.models import Patient, PortalAccount
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
    "Patient",
    "PortalAccount",
    "Spoken",
    "by_id",
    "by_ref",
    "card",
    "end_number",
    "holders",
    "let_out_of_care",
    "names",
    "no_longer_theirs",
    "not_to_be_reached",
    "open_portal",
    "reach",
    "registered_at",
    "restore_number",
    "search",
    "spoken",
    "take_into_care",
    "take_list",
    "visible",
    "who_are",
]
