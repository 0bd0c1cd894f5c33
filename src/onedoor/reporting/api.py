"""The door of reporting."""

from onedoor.reporting.balance import Balance, balance
from onedoor.reporting.disclosure import HIDDEN, parts_shown, shown
from onedoor.reporting.gaps import GapsShown, gaps_shown

__all__ = ["HIDDEN", "Balance", "GapsShown", "balance", "gaps_shown", "parts_shown", "shown"]
