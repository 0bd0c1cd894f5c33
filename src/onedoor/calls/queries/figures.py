"""How a line was answered, worked out from the events of its calls by the definition that is asked for."""

from __future__ import annotations

from datetime import date

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q
from psycopg import sql

from onedoor.calls.models import Contact, Deed
from onedoor.calls.rules import DEFINITIONS, OUTCOMES
from onedoor.calls.types import CallMonth, ContactFigures, Figures
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission

_QUERY = """SELECT count(*), count(*) FILTER (WHERE {counted}), count(*) FILTER (WHERE c.answered_at IS NOT NULL),
       count(*) FILTER (WHERE {missed}), count(*) FILTER (WHERE {abandoned}), avg(w.wait),
       percentile_disc(0.95) WITHIN GROUP (ORDER BY w.wait),
       count(c.call_back_asked_at), count(c.call_back_made_at), sum(t.legs) FILTER (WHERE c.answered_at IS NOT NULL)
FROM calls_call c
CROSS JOIN LATERAL (SELECT extract(epoch FROM c.answered_at - {wait_from})::float8 AS wait) w
CROSS JOIN LATERAL (SELECT sum((g.n > 1)::int) AS legs FROM calls_leg g WHERE g.call_id = c.id) t
WHERE c.started_at >= %s AND c.started_at < %s AND (%s OR c.organisation_id = ANY(%s))"""


_BY_MONTH = """SELECT date_trunc('month', c.started_at AT TIME ZONE 'Europe/London')::date,
       count(*) FILTER (WHERE {counted}), count(*) FILTER (WHERE c.answered_at IS NOT NULL), avg(w.wait)
FROM calls_call c
CROSS JOIN LATERAL (SELECT extract(epoch FROM c.answered_at - {wait_from})::float8 AS wait) w
WHERE c.started_at >= %s AND c.started_at < %s AND (%s OR c.organisation_id = ANY(%s))
GROUP BY 1 ORDER BY 1"""


def call_months(access: Access, first: date, last: date, definition: str) -> list[CallMonth]:
    """London months that had calls, of the lines of the access, on days `first` to `last`. Needs REPORTS or CALLS; KeyError for
    a definition that nobody knows. One statement."""
    if not access.may(Permission.CALLS):
        access.require(Permission.REPORTS)
    how = DEFINITIONS[definition]
    parts = {name: sql.SQL(getattr(how, name)) for name in ("counted", "wait_from")}
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(_BY_MONTH).format(**parts).as_string(None),
            [clock.london_day(first)[0], clock.london_day(last)[1], access.everything, access.organisations],
        )
        return [CallMonth(*row) for row in cursor.fetchall()]


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
        calls, counted, answered, missed, abandoned, mean, wait_95, asked, made, transfers = cursor.fetchone()
    return Figures(
        definition,
        first,
        last,
        calls,
        counted,
        answered,
        missed,
        abandoned,
        mean,
        wait_95,
        asked,
        made,
        None if transfers is None else int(transfers),
    )


def contact_figures(access: Access, first: date, last: date) -> ContactFigures:
    """Contacts that ended, and began on London days `first` to `last`, at the organisations of the access; handlers are not
    told apart. Needs CALLS."""
    access.require(Permission.CALLS)
    found = Contact.objects.filter(
        started_at__gte=clock.london_day(first)[0], started_at__lt=clock.london_day(last)[1], ended_at__isnull=False
    )
    if not access.everything:
        found = found.filter(organisation_id__in=access.organisations)
    where = Exists(Deed.objects.filter(contact=OuterRef("pk"), kind="told"))
    handed = Exists(Deed.objects.filter(contact=OuterRef("pk"), kind__in=("hand_over", "connected")))
    counts = found.aggregate(
        contacts=Count("pk"),
        known=Count("pk", filter=Q(patient__isnull=False)),
        where=Count("pk", filter=Q(outcome="status") | Q(where)),
        handed=Count("pk", filter=Q(handed)),
        joined=Count("pk", filter=Q(call__isnull=False)),
    )
    outcomes = dict(found.values_list("outcome").annotate(count=Count("pk")).order_by())
    return ContactFigures(first=first, last=last, by_outcome={key: outcomes.get(key, 0) for key in OUTCOMES}, **counts)
