"""The loop by organisation and month: cancelled, released, refilled, how fast, and who did not come. For reports: no patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from onedoor.kernel.access import Access, Permission
from onedoor.kernel.clock import london_day


@dataclass
class LoopMonth:
    """A London month of an organisation.

    `minutes` are the different whole minutes from the release of a place to its refilling, rising, and `places` how many took
    each; `still_open` are the places released in the month that may yet be refilled.
    """

    organisation_id: int
    month: date
    cancelled: int = 0
    released: int = 0
    filled: int = 0
    still_open: int = 0
    minutes: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    visits: int = 0
    """Appointments of the month that were kept or missed; those that nobody marked are in neither."""
    missed: int = 0


def loop_months(access: Access, first: date | None, last: date) -> list[LoopMonth]:
    """What happened on London days `first` to `last`, from the beginning without a first; months in which nothing did are left
    out. Needs REPORTS. Three statements, however many organisations and months.

    Cancelled by the day of cancelling, released and refilled by the day of release, visits by their own day.
    """
    access.require(Permission.REPORTS)
    values = {
        "from": london_day(first)[0] if first else None,
        "to": london_day(last)[1],
        "all": access.everything,
        "organisations": access.organisations,
    }
    found: dict[tuple[int, date], LoopMonth] = {}

    def at(organisation_id: int, month: date) -> LoopMonth:
        return found.setdefault((organisation_id, month), LoopMonth(organisation_id, month))

    for organisation, month, cancelled in _rows(_CANCELLED, values):
        at(organisation, month).cancelled = cancelled
    for organisation, month, released, filled, still_open, minutes, places in _rows(_RELEASED, values):
        one = at(organisation, month)
        one.released, one.filled, one.still_open = released, filled, still_open
        one.minutes, one.places = minutes or [], places or []
    for organisation, month, visits, missed in _rows(_VISITS, values):
        one = at(organisation, month)
        one.visits, one.missed = visits, missed
    return list(found.values())


def newest_move(access: Access) -> int:
    """The key of the newest move of an appointment, 0 for none: what `moved_since` is told later. Needs REPORTS."""
    access.require(Permission.REPORTS)
    ((key,),) = _rows("SELECT coalesce(max(id), 0) FROM booking_appointment_history", {})
    return int(key)


def moved_since(access: Access, move: int) -> date | None:
    """The earliest month of which something changed after that move, by its first day: that of the moves and of the appointments
    they moved. A diary that is read late, or a visit that is marked late, moves appointments of long ago. Needs REPORTS."""
    access.require(Permission.REPORTS)
    month: date | None
    ((month,),) = _rows(
        """SELECT date_trunc('month', min(least(h.at, a.starts_at)) AT TIME ZONE 'Europe/London')::date
           FROM booking_appointment_history h JOIN booking_appointment a ON a.id = h.parent_id WHERE h.id > %(move)s""",
        {"move": move},
    )
    return month


def _rows(statement: str, values: dict[str, Any]) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[Any] = cursor.fetchall()
        return rows


def _in(moment: str) -> str:
    return f"""(%(from)s::timestamptz IS NULL OR {moment} >= %(from)s) AND {moment} < %(to)s
            AND (%(all)s OR organisation_id = ANY(%(organisations)s))"""


_CANCELLED = f"""
    SELECT a.organisation_id, date_trunc('month', h.at AT TIME ZONE 'Europe/London')::date, count(*)
    FROM booking_appointment_history h JOIN booking_appointment a ON a.id = h.parent_id
    WHERE h.to_state = 'cancelled' AND {_in("h.at")}
    GROUP BY 1, 2"""

_RELEASED = f"""
    SELECT o, m, sum(n)::bigint, coalesce(sum(n) FILTER (WHERE state = 'filled'), 0)::bigint,
        coalesce(sum(n) FILTER (WHERE state = 'open'), 0)::bigint,
        array_agg(minutes ORDER BY minutes) FILTER (WHERE state = 'filled'),
        array_agg(n ORDER BY minutes) FILTER (WHERE state = 'filled')
    FROM (
        SELECT organisation_id AS o, date_trunc('month', released_at AT TIME ZONE 'Europe/London')::date AS m, state,
            CASE WHEN state = 'filled' THEN round(extract(epoch FROM ended_at - released_at) / 60)::int END AS minutes,
            count(*)::int AS n
        FROM booking_release WHERE {_in("released_at")}
        GROUP BY 1, 2, 3, 4) x
    GROUP BY o, m"""

_VISITS = f"""
    SELECT organisation_id, date_trunc('month', starts_at AT TIME ZONE 'Europe/London')::date, count(*),
        count(*) FILTER (WHERE state = 'noshow')
    FROM booking_appointment
    WHERE state IN ('arrived', 'fulfilled', 'noshow') AND {_in("starts_at")}
    GROUP BY 1, 2"""
