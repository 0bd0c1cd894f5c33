"""What the linter says: a figure that does not follow from the others, where, and from which."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from onedoor.reporting.linter.document import Place


class Kind(StrEnum):
    COLUMN_TOTAL = "column total"
    ROW_TOTAL = "row total"
    DIFFERENCE = "difference"
    TOTAL = "total of what a sentence adds up"
    CHANGE = "change from one figure to another"
    SHARE = "share does not match its numerator and denominator"
    PRICE = "volume by price"
    MONTHS = "months by monthly amount"
    FLOW = "flow does not close"
    THOUSAND = "unit off by a thousand"
    TWO_VALUES = "one gap with two values"
    PERIOD = "label of one period on another's data"
    PLAN = "plan over the wrong number of months"
    LONE = "a figure without period or denominator"


@dataclass(frozen=True)
class Finding:
    """`printed`, what `follows` instead ("" where that cannot be said), and the sentence about it.

    `parts`: the cells of a sum with their signs; `others`: what else it follows from. `shift`: what has to be added to what is
    printed, None where no single value follows; `slack`: by how much rounding alone may move it.
    """

    kind: Kind
    place: Place
    printed: str
    follows: str
    words: str
    source: str
    parts: tuple[tuple[int, Place], ...] = ()
    shift: Decimal | None = None
    others: tuple[Place, ...] = ()
    slack: Decimal = Decimal(0)
