"""The door of reporting."""

from onedoor.reporting.balance import Balance, balance
from onedoor.reporting.disclosure import HIDDEN, parts_shown, shown

__all__ = ["HIDDEN", "Balance", "balance", "parts_shown", "shown"]
