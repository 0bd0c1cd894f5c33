"""What a text costs: fragments by the tariff of the day it was accepted, in pence without VAT (messaging.md 2, prices)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

FREE = frozenset({"technical-failure"})
"""Permanent and temporary failures are charged, technical ones are not (messaging.md 1.1, status values)."""


def pence(fragments: int, on: date, tariff: Iterable[tuple[date, Decimal]]) -> Decimal:
    """The price on a day by the (from day, pence a fragment) rows; LookupError before the first of them."""
    in_force = [row for row in tariff if row[0] <= on]
    if not in_force:
        raise LookupError(f"no tariff is in force on {on}")
    return fragments * max(in_force)[1]
