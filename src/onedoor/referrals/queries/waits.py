"""How long people waited for a service's streams: from the day on which a referral came to the first appointment offered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from onedoor.directory.api import Service
from onedoor.kernel.access import Access
from onedoor.kernel.clock import london_day


@dataclass(frozen=True)
class Wait:
    """A stream, or all of the service (`stream` ""). Days; None where nobody was offered one, or nobody waits."""

    stream: str
    offered: int
    """First appointments offered in the days asked for."""
    median_days: float | None
    days_90: float | None
    """Nine of ten waited no longer."""
    waiting: int
    """Accepted, open at the end of the last day, and offered none by then."""
    waiting_median_days: float | None


@dataclass(frozen=True)
class WaitingWeek:
    """How many have waited so many whole weeks; the last is open to the top."""

    weeks: int
    offered: int
    waiting: int


MOST_WEEKS = 26
"""Of the distribution; who waited longer is counted with these."""


def waits_of(access: Access, service: Service, first: date, last: date) -> list[Wait]:
    """Waits by stream, all of them first; none outside the access. One statement. Who was taken over waited elsewhere before
    and is left out."""
    if not (access.everything or service.organisation_id in access.organisation_ids):
        return []
    with connection.cursor() as cursor:
        cursor.execute(_BY_STREAM, _values(service, first, last))
        return [Wait(*row) for row in cursor.fetchall()]


def waiting_weeks(access: Access, service: Service, first: date, last: date) -> list[WaitingWeek]:
    """The distribution of the same waits in whole weeks, without gaps; none outside the access. One statement."""
    if not (access.everything or service.organisation_id in access.organisation_ids):
        return []
    with connection.cursor() as cursor:
        cursor.execute(_BY_WEEK, _values(service, first, last) | {"most": MOST_WEEKS})
        return [WaitingWeek(*row) for row in cursor.fetchall()]


def _values(service: Service, first: date, last: date) -> dict[str, Any]:
    return {"service": service.pk, "first": first, "last": last, "over": london_day(last)[1]}


_WAITS = """
    waits AS (
        SELECT r.stream_id, w.offered, CASE WHEN w.offered THEN r.first_offered_on ELSE %(last)s::date END - r.came_on AS days
        FROM referrals_referral r
        CROSS JOIN LATERAL (SELECT coalesce(r.first_offered_on BETWEEN %(first)s AND %(last)s, false) AS offered,
            (r.first_offered_on IS NULL OR r.first_offered_on > %(last)s) AND r.outcome IN ('accept', 'urgent')
                AND r.triaged_at < %(over)s AND (r.closed_at IS NULL OR r.closed_at >= %(over)s) AS waiting) w
        WHERE r.service_id = %(service)s AND r.source <> 'inherited' AND r.came_on <= %(last)s AND (w.offered OR w.waiting))"""

_BY_STREAM = f"""
    WITH {_WAITS}
    SELECT coalesce(s.name, CASE WHEN grouping(s.name) = 1 THEN '' ELSE 'No stream given' END),
        count(*) FILTER (WHERE offered),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY days) FILTER (WHERE offered),
        percentile_cont(0.9) WITHIN GROUP (ORDER BY days) FILTER (WHERE offered),
        count(*) FILTER (WHERE NOT offered),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY days) FILTER (WHERE NOT offered)
    FROM waits LEFT JOIN directory_stream s ON s.id = waits.stream_id
    GROUP BY ROLLUP (s.name) ORDER BY grouping(s.name) DESC, s.name NULLS LAST"""

_BY_WEEK = f"""
    WITH {_WAITS}
    SELECT w.n, count(waits.days) FILTER (WHERE offered), count(waits.days) FILTER (WHERE NOT offered)
    FROM generate_series(0, %(most)s) AS w(n) LEFT JOIN waits ON least(waits.days / 7, %(most)s) = w.n
    GROUP BY w.n ORDER BY w.n"""
