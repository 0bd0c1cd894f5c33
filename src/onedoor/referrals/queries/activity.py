"""Counts of a service's referrals by month: seed 002's tables, and the row that they lack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from onedoor.directory.api import Service
from onedoor.kernel.access import Access
from onedoor.referrals.rules import BACK_WITHIN, sent_in_time


@dataclass
class Month:
    """One London month of a service. Shares are of what was received in the month (clinical.md 5.4, definitions)."""

    first: date
    by_source: Counter[str] = field(default_factory=Counter)
    inappropriate: int = 0
    triaged_in_time: int = 0
    urgent: int = 0
    """Urgent referrals that were triaged and accepted; the others are offered no appointment."""
    urgent_in_time: int = 0
    sent: int = 0
    """Sent on to secondary care, by the month of the decision."""
    sent_in_time: int = 0
    discharged: int = 0
    back: int = 0
    """Of the discharged, those referred to the service again within 90 days (product-map.md T13)."""
    open_at_end: int = 0

    @property
    def received(self) -> int:
        """From every source."""
        return sum(self.by_source.values())

    @property
    def accepted(self) -> int:
        """Received and not found inappropriate."""
        return self.received - self.inappropriate


def months_of(access: Access, service: Service, first: date, last: date) -> list[Month]:
    """Months from that of `first` to that of `last`; none outside the access. Four statements, however many months."""
    if not (access.everything or service.organisation_id in access.organisation_ids):
        return []
    starts = _starts(first, last)
    months = {start: Month(start) for start in starts[:-1]}
    between = {
        "service": service.pk,
        "first": starts[0],
        "over": starts[-1],
        "days": service.urgent_days,
        "onward": service.onward_working_days,
    }
    for row in _rows(_RECEIVED, between):
        month = months[row[0]]
        month.by_source[row[1]] += row[2]
        month.inappropriate += row[3]
        month.triaged_in_time += row[4]
        month.urgent += row[5]
        month.urgent_in_time += row[6]
    for decided_on, sent_on, within, number in _rows(_SENT, between):
        month = months[decided_on.replace(day=1)]
        month.sent += number
        month.sent_in_time += number * sent_in_time(decided_on, sent_on, days=within)
    for start, number, back in _rows(_DISCHARGED, between):
        months[start].discharged, months[start].back = number, back
    for start, number in _rows(_OPEN, between | {"starts": starts[:-1], "ends": starts[1:]}):
        months[start].open_at_end = number
    return list(months.values())


def _starts(first: date, last: date) -> list[date]:
    """The first days of the months, and of the one after."""
    starts = [first.replace(day=1)]
    while starts[-1] <= last:
        starts.append(_next(starts[-1]))
    return starts


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _rows(statement: str, values: dict[str, Any]) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[Any] = cursor.fetchall()
        return rows


# By the contract in force on the day of receipt.
_CLOCKS = """ LEFT JOIN LATERAL (
        SELECT urgent_days, onward_working_days FROM referrals_contract c
        WHERE c.service_id = r.service_id AND c.from_day <= (r.received_at AT TIME ZONE 'Europe/London')::date
        ORDER BY c.from_day DESC, c.id DESC LIMIT 1) c ON true"""

_RECEIVED = f"""
    SELECT date_trunc('month', received_at AT TIME ZONE 'Europe/London')::date, source, count(*),
        count(*) FILTER (WHERE outcome = 'inappropriate'),
        count(*) FILTER (WHERE triaged_at <= triage_due_at),
        count(*) FILTER (WHERE priority = 'urgent' AND outcome NOT IN ('', 'inappropriate')),
        count(*) FILTER (WHERE priority = 'urgent' AND outcome NOT IN ('', 'inappropriate')
            AND first_offered_on - (received_at AT TIME ZONE 'Europe/London')::date <= coalesce(c.urgent_days, %(days)s))
    FROM referrals_referral r{_CLOCKS}
    WHERE r.service_id = %(service)s AND source <> 'inherited' AND came_on >= %(first)s AND came_on < %(over)s
    GROUP BY 1, 2"""

_SENT = f"""
    SELECT onward_decided_on, onward_sent_on, coalesce(c.onward_working_days, %(onward)s), count(*)
    FROM referrals_referral r{_CLOCKS}
    WHERE r.service_id = %(service)s AND onward_decided_on >= %(first)s AND onward_decided_on < %(over)s
        AND onward_sent_on IS NOT NULL GROUP BY 1, 2, 3"""

# Joined by number at once: a look for each of the discharged took minutes at 120,000 referrals.
_DISCHARGED = f"""
    SELECT date_trunc('month', discharged_on)::date, count(*), count(*) FILTER (WHERE back) FROM (
        SELECT r.id, r.discharged_on, bool_or(n.id IS NOT NULL) AS back
        FROM referrals_referral r LEFT JOIN referrals_referral n
            ON n.nhs_number = r.nhs_number AND r.nhs_number <> '' AND n.service_id = r.service_id AND n.id <> r.id
            AND n.source <> 'inherited' AND n.came_on >= r.discharged_on AND n.came_on < r.discharged_on + {BACK_WITHIN.days}
        WHERE r.service_id = %(service)s AND r.discharged_on >= %(first)s AND r.discharged_on < %(over)s
        GROUP BY r.id, r.discharged_on) d
    GROUP BY 1"""

# All that came before a month ended, less all that had gone; a day's sums at a time, so that no month reads the referrals again.
_OPEN = """
    WITH days AS (
        SELECT day, sum(n) AS n FROM (
            SELECT came_on AS day, 1 AS n FROM referrals_referral WHERE service_id = %(service)s
            UNION ALL
            SELECT greatest(came_on, (closed_at AT TIME ZONE 'Europe/London')::date), -1 FROM referrals_referral
            WHERE service_id = %(service)s AND closed_at IS NOT NULL) moves
        GROUP BY day)
    SELECT m.first, coalesce(sum(d.n), 0)::int
    FROM unnest(%(starts)s::date[], %(ends)s::date[]) AS m(first, ended) LEFT JOIN days d ON d.day < m.ended
    GROUP BY m.first"""
