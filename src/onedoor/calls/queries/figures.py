"""How a line was answered, worked out from the events of its calls by the definition that is asked for."""

from __future__ import annotations

from datetime import date

from django.db import connection
from psycopg import sql

from onedoor.calls.rules import DEFINITIONS
from onedoor.calls.types import Figures
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission

_QUERY = """SELECT count(*), count(*) FILTER (WHERE {counted}), count(*) FILTER (WHERE c.answered_at IS NOT NULL),
       count(*) FILTER (WHERE {missed}), count(*) FILTER (WHERE {abandoned}), avg(w.wait),
       percentile_disc(0.95) WITHIN GROUP (ORDER BY w.wait),
       count(c.call_back_asked_at), count(c.call_back_made_at)
FROM calls_call c
CROSS JOIN LATERAL (SELECT extract(epoch FROM c.answered_at - {wait_from})::float8 AS wait) w
WHERE c.started_at >= %s AND c.started_at < %s AND (%s OR c.organisation_id = ANY(%s))"""


def figures(access: Access, first: date, last: date, definition: str) -> Figures:
    """Calls that began on London days `first` to `last`, of the lines of the access. Needs CALLS; KeyError for a definition
    that nobody knows. One statement."""
    access.require(Permission.CALLS)
    how = DEFINITIONS[definition]
    parts = {name: sql.SQL(getattr(how, name)) for name in ("counted", "missed", "abandoned", "wait_from")}
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(_QUERY).format(**parts).as_string(None),
            [clock.london_day(first)[0], clock.london_day(last)[1], access.everything, access.organisations],
        )
        calls, counted, answered, missed, abandoned, mean, wait_95, asked, made = cursor.fetchone()
    return Figures(definition, first, last, calls, counted, answered, missed, abandoned, mean, wait_95, asked, made)
