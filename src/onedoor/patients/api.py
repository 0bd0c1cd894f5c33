"""The door of patients."""

from onedoor.patients.acting import ProxyView, SignIn, Ward, proxies_of, sign_in, ward, wards
from onedoor.patients.actions import end_number, let_out_of_care, open_portal, restore_number, take_into_care
from onedoor.patients.details import (
    NotChanged,
    PointChange,
    change_details,
    change_point,
    read_point,
    sharers,
)
from onedoor.patients.imports import take_list, who_are
from onedoor.patients.languages import ENGLISH, Spoken, spoken
from onedoor.patients.models import Need, Patient, PortalAccount
from onedoor.patients.needing import end_need, record_need, set_language
from onedoor.patients.needs import GROUPS as NEED_GROUPS
from onedoor.patients.needs import HOURS as NEED_HOURS
from onedoor.patients.proxies import (
    FirstSignIn,
    NoSuchProxy,
    NotRecorded,
    Who,
    WrongCode,
    begin_to_sign_in,
    end_proxy,
    new_code,
    record_proxy,
)
from onedoor.patients.queries import (
    by_id,
    by_ref,
    card,
    holders,
    names,
    needing,
    needs_of,
    no_longer_theirs,
    not_to_be_reached,
    reach,
    registered_at,
    visible,
)
from onedoor.patients.rules import BASES, CHECKED, CHILD, PARTS, RELATIONSHIPS, Wish, last_day_of_child
from onedoor.patients.search import search

__all__ = [
    "BASES",
    "CHECKED",
    "CHILD",
    "ENGLISH",
    "NEED_GROUPS",
    "NEED_HOURS",
    "PARTS",
    "RELATIONSHIPS",
    "FirstSignIn",
    "Need",
    "NoSuchProxy",
    "NotChanged",
    "NotRecorded",
    "Patient",
    "PointChange",
    "PortalAccount",
    "ProxyView",
    "SignIn",
    "Spoken",
    "Ward",
    "Who",
    "Wish",
    "WrongCode",
    "begin_to_sign_in",
    "by_id",
    "by_ref",
    "card",
    "change_details",
    "change_point",
    "end_need",
    "end_number",
    "end_proxy",
    "holders",
    "last_day_of_child",
    "let_out_of_care",
    "names",
    "needing",
    "needs_of",
    "new_code",
    "no_longer_theirs",
    "not_to_be_reached",
    "open_portal",
    "proxies_of",
    "reach",
    "read_point",
    "record_need",
    "record_proxy",
    "registered_at",
    "restore_number",
    "search",
    "set_language",
    "sharers",
    "sign_in",
    "spoken",
    "take_into_care",
    "take_list",
    "visible",
    "ward",
    "wards",
    "who_are",
]
