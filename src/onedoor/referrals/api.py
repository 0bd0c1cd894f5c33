"""The door of referrals."""

from onedoor.referrals.imports import take_pathways, take_referrals
from onedoor.referrals.queries.activity import Month, months_of
from onedoor.referrals.queries.conservation import Conservation, Day, conservation
from onedoor.referrals.queries.services import services_with_referrals
from onedoor.referrals.rules import MOVES, OUTCOMES, PRIORITIES, SOURCES
from onedoor.referrals.types import Opening

__all__ = [
    "MOVES",
    "OUTCOMES",
    "PRIORITIES",
    "SOURCES",
    "Conservation",
    "Day",
    "Month",
    "Opening",
    "conservation",
    "months_of",
    "services_with_referrals",
    "take_pathways",
    "take_referrals",
]
