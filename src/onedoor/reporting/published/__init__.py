"""Figures that somebody else published: read from a file, kept as they were read, and added up by level."""

from onedoor.reporting.published.actions import Taken, know, take
from onedoor.reporting.published.items import ALL_SIX, CHECKS, ITEMS, REGISTER, WORDS, Quarter
from onedoor.reporting.published.queries import Source, Sums, above, quarters, source, standing, sums

__all__ = [
    "ALL_SIX",
    "CHECKS",
    "ITEMS",
    "REGISTER",
    "WORDS",
    "Quarter",
    "Source",
    "Sums",
    "Taken",
    "above",
    "know",
    "quarters",
    "source",
    "standing",
    "sums",
    "take",
]
