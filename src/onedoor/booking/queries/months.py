"""The loop by organisation and month: cancelled, released, refilled, how fast, and who did not come. For reports: no patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from onedoor.kernel.access import Access, Permission
from onedoor.kernel.clock import london_day


@dataclass
class LoopMonth:
    """A London month of an organisation, or of all of the access (`organisation_id` None), or the whole of the months asked for
    (`month` None). Minutes are from the release of a place to its refilling, None where none was."""

    organisation_id: int | None
    month: date | None
    cancelled: int = 0
    released: int = 0
    filled: int = 0
    left: int = 0
    median_minutes: float | None = None
    minutes_90: float | None = None
    """Nine of ten places that were refilled took no longer."""
    visits: int = 0
    """Appointments of the month that were kept or missed; those that nobody marked are in neither."""
    missed: int = 0


def loop_months(access: Access, first: date, last: date) -> list[LoopMonth]:
    """What happened on London days `first` to `last`. Needs REPORTS. Three statements, however many organisations and months.

    Cancelled by the day of cancelling, released and refilled by the day of release, visits by their own day.
    """
    access.require(Permission.REPORTS)
    values = {
        "from": london_day(first)[0],
        "to": london_day(last)[1],
        "all": access.everything,
        "organisations": access.organisations,
    }
    found: dict[tuple[int | None, date | None], LoopMonth] = {}

    def at(organisation_id: int | None, month: date | None) -> LoopMonth:
        return found.setdefault((organisation_id, month), LoopMonth(organisation_id, month))

    for organisation, month, cancelled in _rows(_CANCELLED, values):
        at(organisation, month).cancelled = cancelled
    for organisation, month, released, filled, left, median, most in _rows(_RELEASED, values):
        one = at(organisation, month)
        one.released, one.filled, one.left, one.median_minutes, one.minutes_90 = released, filled, left, median, most
    for organisation, month, visits, missed in _rows(_VISITS, values):
        one = at(organisation, month)
        one.visits, one.missed = visits, missed
    return list(found.values())


def _rows(statement: str, values: dict[str, Any]) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[Any] = cursor.fetchall()
        return rows


_SETS = "GROUP BY GROUPING SETS ((o, m), (o), (m), ())"
"""Together too, because a median of medians is none."""

_CANCELLED = f"""
    SELECT o, m, count(*) FROM (
        SELECT a.organisation_id AS o, date_trunc('month', h.at AT TIME ZONE 'Europe/London')::date AS m
        FROM booking_appointment_history h JOIN booking_appointment a ON a.id = h.parent_id
        WHERE h.to_state = 'cancelled' AND h.at >= %(from)s AND h.at < %(to)s
            AND (%(all)s OR a.organisation_id = ANY(%(organisations)s))) x {_SETS}"""

_RELEASED = f"""
    SELECT o, m, count(*), count(*) FILTER (WHERE state = 'filled'), count(*) FILTER (WHERE state = 'left'),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY minutes) FILTER (WHERE state = 'filled'),
        percentile_cont(0.9) WITHIN GROUP (ORDER BY minutes) FILTER (WHERE state = 'filled')
    FROM (
        SELECT r.organisation_id AS o, date_trunc('month', r.released_at AT TIME ZONE 'Europe/London')::date AS m, r.state,
            extract(epoch FROM r.ended_at - r.released_at)::float8 / 60 AS minutes
        FROM booking_release r
        WHERE r.released_at >= %(from)s AND r.released_at < %(to)s
            AND (%(all)s OR r.organisation_id = ANY(%(organisations)s))) x {_SETS}"""

_VISITS = f"""
    SELECT o, m, count(*), count(*) FILTER (WHERE state = 'noshow') FROM (
        SELECT a.organisation_id AS o, date_trunc('month', a.starts_at AT TIME ZONE 'Europe/London')::date AS m, a.state
        FROM booking_appointment a
        WHERE a.state IN ('arrived', 'fulfilled', 'noshow') AND a.starts_at >= %(from)s AND a.starts_at < %(to)s
            AND (%(all)s OR a.organisation_id = ANY(%(organisations)s))) x {_SETS}"""
