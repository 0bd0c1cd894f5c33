"""Relations of events that measures count: one set-based query each over what a context publishes.

A query gives a row for each of the population of a month, as known at a moment: organisation_id, patient_id (or none), at, within
(in the denominator) and counted (in the numerator). Its parameters are those of `parameters`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from onedoor.booking import api as booking
from onedoor.exchange import api as exchange
from onedoor.kernel import calendar, clock
from onedoor.messaging import api as messaging
from onedoor.patients import api as patients
from onedoor.recall import api as recall
from onedoor.referrals import api as referrals

_ABOUT = timedelta(days=31)
"""So far before and after a month its working days are numbered: what took longer took more than a few of them."""


@dataclass(frozen=True)
class Relation:
    """A query and the clock by which it counts."""

    clock: str
    sql: str


_BY_MONTH = (booking.MEASURED, exchange.MEASURED, messaging.MEASURED, recall.MEASURED, referrals.MEASURED)

RELATIONS: Mapping[str, Relation] = {
    **{key: Relation("month", sql) for published in _BY_MONTH for key, sql in published.items()},
    **{key: Relation("month_end", sql) for key, sql in patients.MEASURED.items()},
}


def parameters(month: date, known_at: datetime) -> dict[str, Any]:
    """For a query, of the month that begins on this day: `first` and `after` (days, the second exclusive), `starts` and `ends`
    (as moments in London), `known`, and `days` with `worked` (each day about the month, and its number among working days)."""
    after = (month + timedelta(days=32)).replace(day=1)
    run = calendar.working_days_run(month - _ABOUT, after + _ABOUT)
    return {
        "first": month,
        "after": after,
        "starts": clock.london_day(month)[0],
        "ends": clock.london_day(after)[0],
        "known": known_at,
        "days": [day for day, _ in run],
        "worked": [number for _, number in run],
    }
