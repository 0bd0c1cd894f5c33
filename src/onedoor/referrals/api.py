"""The door of referrals."""

from onedoor.referrals.actions.track_links import born_on_is
from onedoor.referrals.imports import take_pathways, take_referrals
from onedoor.referrals.queries.activity import Month, months_of
from onedoor.referrals.queries.conservation import Conservation, Day, conservation
from onedoor.referrals.queries.heard_by import Score, back_test
from onedoor.referrals.queries.services import services_with_referrals
from onedoor.referrals.queries.track_links import LinkClosed, track_link_of
from onedoor.referrals.queries.where import Holder, Where, where_is
from onedoor.referrals.rules import MOVES, OUTCOMES, PRIORITIES, SOURCES
from onedoor.referrals.types import Opening

__all__ = [
    "MOVES",
    "OUTCOMES",
    "PRIORITIES",
    "SOURCES",
    "Conservation",
    "Day",
    "Holder",
    "LinkClosed",
    "Month",
    "Opening",
    "Score",
    "Where",
    "back_test",
    "born_on_is",
    "conservation",
    "months_of",
    "services_with_referrals",
    "take_pathways",
    "take_referrals",
    "track_link_of",
    "where_is",
]
