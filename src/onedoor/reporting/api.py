"""The door of reporting."""

from onedoor.reporting.balance import Balance, balance

__all__ = ["Balance", "balance"]
