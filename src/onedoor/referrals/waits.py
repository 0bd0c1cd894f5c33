"""How long people lately waited at each service, counted each day from our own referrals, for the directory to say.

Of those whose wait ended: who waits still says nothing yet, so that a queue that grows is seen later than it grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import connection, transaction

from onedoor.directory.api import Lately
from onedoor.directory.api import Wait as Said
from onedoor.kernel import clock
from onedoor.kernel.clock import london_day
from onedoor.referrals.models import Wait

WEEKS = 13
FEWEST = 20
"""Fewer people than this say too little of what the next will wait, and too much of each other."""
_STALE = timedelta(days=7)

_COUNT = """
    INSERT INTO referrals_wait (service_id, what, counted_on, since, counted, low, half, high)
    SELECT service_id, what, %(today)s, %(since)s, count(*), percentile_disc(0.1) WITHIN GROUP (ORDER BY days),
        percentile_disc(0.5) WITHIN GROUP (ORDER BY days), percentile_disc(0.9) WITHIN GROUP (ORDER BY days)
    FROM (SELECT service_id, 'decision' AS what, greatest((triaged_at AT TIME ZONE 'Europe/London')::date - came_on, 0) AS days
          FROM referrals_referral WHERE source <> 'inherited' AND triaged_at >= %(begins)s AND triaged_at < %(ends)s
          UNION ALL
          SELECT service_id, 'appointment', greatest(first_offered_on - came_on, 0)
          FROM referrals_referral
          WHERE source <> 'inherited' AND first_offered_on >= %(since)s AND first_offered_on < %(today)s) w
    GROUP BY 1, 2
    ON CONFLICT (service_id, what, counted_on) DO UPDATE
    SET counted = excluded.counted, low = excluded.low, half = excluded.half, high = excluded.high
    WHERE (referrals_wait.counted, referrals_wait.low, referrals_wait.half, referrals_wait.high)
        <> (excluded.counted, excluded.low, excluded.half, excluded.high)"""


@transaction.atomic
def count_waits() -> int:
    """Count every service's waits as of today, anew when a list came; returns how many figures moved. One statement."""
    today = clock.today()
    since = today - timedelta(weeks=WEEKS)
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT, {"today": today, "since": since, "begins": london_day(since)[0], "ends": london_day(today)[0]}
        )
        return int(cursor.rowcount)


def waits_of(service_ids: Sequence[int]) -> dict[int, Said]:
    """What was counted last of these services, where it is of this week and of `FEWEST` people or more. One statement."""
    today = clock.today()
    lately = Wait.objects.filter(service_id__in=service_ids, counted_on__lte=today, counted_on__gt=today - _STALE)
    found: dict[int, dict[str, Wait]] = {}
    for row in lately.order_by("service_id", "what", "-counted_on").distinct("service_id", "what"):
        found.setdefault(row.service_id, {})[row.what] = row
    said = {}
    for key, rows in found.items():
        last = max(row.counted_on for row in rows.values())
        spans = {
            what: Lately(row.low, row.half, row.high, row.counted)
            for what, row in rows.items()
            if row.counted >= FEWEST and row.counted_on == last
        }
        if spans:
            since = next(row.since for row in rows.values() if row.counted_on == last)
            said[key] = Said(spans.get("decision"), spans.get("appointment"), since, last)
    return said
