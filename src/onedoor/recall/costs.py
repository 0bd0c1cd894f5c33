"""What asking costs, in pence without VAT, as far as it is known beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from onedoor.messaging import api as messaging

LETTER_PENCE = Decimal("63.8")
"""An economy letter of one sheet from 1 July 2026 (messaging.md 2, prices). What a practice's own printing costs is not known."""


def of_texts(bodies: Sequence[str], on: date) -> list[Decimal | None]:
    """What each of these texts costs on a day; None before the first tariff."""
    try:
        return list(messaging.price(bodies, on))
    except LookupError:
        return [None] * len(bodies)
