"""Relations of events that measures count: one set-based query each over what a context publishes.

A query gives (organisation_id, numerator, denominator, excluded) for a month as known at a moment; its parameters are `first` and
`after` (days, the second exclusive), `starts` and `ends` (the same as moments in London) and `known`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onedoor.booking import api as booking
from onedoor.messaging import api as messaging
from onedoor.patients import api as patients
from onedoor.recall import api as recall
from onedoor.referrals import api as referrals


@dataclass(frozen=True)
class Relation:
    """A query and the clock by which it counts."""

    clock: str
    sql: str


_BY_MONTH = (booking.MEASURED, messaging.MEASURED, recall.MEASURED, referrals.MEASURED)

RELATIONS: Mapping[str, Relation] = {
    **{key: Relation("month", sql) for published in _BY_MONTH for key, sql in published.items()},
    **{key: Relation("month_end", sql) for key, sql in patients.MEASURED.items()},
}
