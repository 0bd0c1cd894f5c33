"""What a service has open is what it had, and what came, less what went: each day, from what was written down (hazard H10).

Three accounts are kept apart and must agree: the states that each referral is in by its history, what came by the referral's
own row, and what went by the rows of its history that close it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import connection

from onedoor.directory.api import Service
from onedoor.kernel.access import Access
from onedoor.kernel.clock import london_day


@dataclass(frozen=True)
class Day:
    """One London day. `opening` and `closing` count what stands in a state, by history; `came` and `went` the day's events."""

    day: date
    opening: int
    came: int
    went: int
    closing: int
    by_state: dict[str, int] = field(default_factory=dict)

    @property
    def gap(self) -> int:
        """0 when nothing was lost or made."""
        return self.opening + self.came - self.went - self.closing


@dataclass(frozen=True)
class Conservation:
    """Days in order, and referrals whose history cannot be true, in words."""

    days: list[Day]
    broken: list[str]

    @property
    def unexplained(self) -> int:
        """0 when every day adds up and every referral is in one state at a time."""
        return sum(abs(day.gap) for day in self.days) + len(self.broken)


def conservation(access: Access, service: Service, first: date, last: date) -> Conservation:
    """The days from `first` to `last`; none outside the access. Four statements, however many days and referrals."""
    if not (access.everything or service.organisation_id in access.organisation_ids):
        return Conservation([], [])
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    ends = [london_day(day)[1] for day in days]
    with connection.cursor() as cursor:
        cursor.execute(_SPANS, {"service": service.pk, "days": days, "ends": ends, "before": london_day(first)[0]})
        standing: dict[date, dict[str, int]] = {}
        for day, state, number in cursor.fetchall():
            standing.setdefault(day, {})[state] = number
        cursor.execute(_CAME, {"service": service.pk, "first": first, "last": last})
        came = dict(cursor.fetchall())
        cursor.execute(_WENT, {"service": service.pk, "first": london_day(first)[0], "over": london_day(last)[1]})
        went = dict(cursor.fetchall())
        cursor.execute(_BROKEN, {"service": service.pk})
        broken = [f"{source_ref}: {what}" for source_ref, what in cursor.fetchall()]
    found = []
    opening = sum(standing.get(first - timedelta(days=1), {}).values())
    for day in days:
        by_state = standing.get(day, {})
        closing = sum(by_state.values())
        found.append(Day(day, opening, came.get(day, 0), went.get(day, 0), closing, by_state))
        opening = closing
    return Conservation(found, broken)


# A referral is in a state from the row that says so until the next row; on the row that closes it, in none.
_SPANS = """
    WITH spans AS (
        SELECT h.to_state AS state, h.at, lead(h.at) OVER each AS until, h.closes
        FROM referrals_history h JOIN referrals_referral r ON r.id = h.parent_id AND r.service_id = %(service)s
        WINDOW each AS (PARTITION BY h.parent_id ORDER BY h.id)),
    moves AS (
        SELECT state, at, 1 AS n FROM spans WHERE NOT closes
        UNION ALL SELECT state, until, -1 FROM spans WHERE NOT closes AND until IS NOT NULL),
    ends AS (
        SELECT * FROM unnest(%(days)s::date[], %(ends)s::timestamptz[]) AS e(day, ended)
        UNION ALL SELECT (%(days)s::date[])[1] - 1, %(before)s::timestamptz),
    sums AS (
        SELECT e.day, m.state, sum(m.n)::int AS n
        FROM (SELECT state, width_bucket(at, (SELECT array_agg(ended ORDER BY ended) FROM ends)) AS slot, sum(n) AS n
              FROM moves GROUP BY 1, 2) m
        JOIN (SELECT day, row_number() OVER (ORDER BY ended) - 1 AS slot FROM ends) e ON m.slot <= e.slot
        GROUP BY 1, 2)
    SELECT day, state, n FROM sums WHERE n <> 0"""

_CAME = """
    SELECT came_on, count(*) FROM referrals_referral
    WHERE service_id = %(service)s AND came_on BETWEEN %(first)s AND %(last)s GROUP BY 1"""

_WENT = """
    SELECT (h.at AT TIME ZONE 'Europe/London')::date, count(*)
    FROM referrals_history h JOIN referrals_referral r ON r.id = h.parent_id AND r.service_id = %(service)s
    WHERE h.closes AND h.at >= %(first)s AND h.at < %(over)s GROUP BY 1"""

_BROKEN = """
    SELECT r.source_ref, w.what FROM referrals_referral r
    JOIN (SELECT parent_id, CASE
              WHEN (array_agg(from_state ORDER BY id))[1] <> '' THEN 'its history does not begin'
              WHEN bool_or(strange) THEN 'a move does not begin where the one before ended'
              WHEN bool_or(back) THEN 'a move is earlier than the one before'
              WHEN count(*) FILTER (WHERE closes) > 1 THEN 'it was closed twice'
              WHEN bool_or(after_close) THEN 'it moved after it was closed' END AS what,
              (array_agg(to_state ORDER BY id DESC))[1] AS last, (array_agg(closes ORDER BY id DESC))[1] AS closed
          FROM (SELECT *, from_state <> lag(to_state) OVER each AS strange, at < lag(at) OVER each AS back,
                    lag(closes) OVER each AS after_close
                FROM referrals_history WINDOW each AS (PARTITION BY parent_id ORDER BY id)) h
          GROUP BY parent_id) w ON w.parent_id = r.id
    WHERE r.service_id = %(service)s AND w.what IS NOT NULL
    UNION ALL
    SELECT r.source_ref, 'its state is not the last of its history' FROM referrals_referral r
    LEFT JOIN (
        SELECT DISTINCT ON (h.parent_id) h.parent_id, h.to_state, h.closes
        FROM referrals_history h JOIN referrals_referral o ON o.id = h.parent_id AND o.service_id = %(service)s
        ORDER BY h.parent_id, h.id DESC) l ON l.parent_id = r.id
    WHERE r.service_id = %(service)s
        AND (l.to_state IS DISTINCT FROM r.state OR coalesce(l.closes, false) <> (r.closed_at IS NOT NULL))"""
