"""What is to be done next with those who are past triage: overdue first, with how long they have waited from the first clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from onedoor.directory.api import Service
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.referrals.models import NextStep, Referral
from onedoor.referrals.queries.visible import by_ref
from onedoor.referrals.rules import ASSESSED, AWAITING_TRIAGE, BOOKED, WEEKS_18, WEEKS_52, over_weeks

OVERDUE, TO_COME, UNDATED = "overdue", "to_come", "undated"
_WHICH = {
    OVERDUE: "r.next_action_due < %(today)s",
    TO_COME: "r.next_action_due >= %(today)s",
    UNDATED: "r.next_action_due IS NULL",
}
# What awaits triage is on its worklist; a place that is booked is no longer to be booked.
_NEXT = f"""r.closed_at IS NULL AND r.next_action <> '' AND r.state <> '{AWAITING_TRIAGE}'
    AND NOT (r.next_action = 'Book' AND r.state = '{BOOKED}')"""


@dataclass(frozen=True)
class NextRow:
    """One whose next action is told. `weeks` are whole ones since the original clock began; `over` is 52, 18 or 0.

    A wait that ended, because they were seen, passes no mark.
    """

    id: int
    ref: UUID
    name: str
    """Empty while no patient list has brought anybody of that NHS number."""
    nhs_number: str
    born_on: date | None
    action: str
    due: date | None
    from_provider: str
    clock_start: date
    weeks: int
    over: int
    state: str
    stream: str


@dataclass(frozen=True)
class NextPage:
    """A page; `after` is the key of the next one, None on the last."""

    rows: list[NextRow]
    after: str | None


@dataclass
class NextCounts:
    """How many of a service are overdue, to come and without a date, and of each by action and by stream (key, name)."""

    by_which: Counter[str] = field(default_factory=Counter)
    by_action: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (which, action)."""
    by_stream: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    """By (which, stream's key)."""
    over_18: int = 0
    """Of the overdue, those who have waited longer than 18 weeks to be seen, those of `over_52` among them."""
    over_52: int = 0
    oldest: date | None = None
    """The day the longest overdue was due."""


def next_actions(
    access: Access,
    service: Service,
    which: str = OVERDUE,
    *,
    action: str = "",
    stream_id: int | None = None,
    after: str = "",
    limit: int = 50,
) -> NextPage:
    """The longest overdue first; none outside the access. One statement, as quick for thousands as for ten."""
    if not _may(access, service):
        return NextPage([], None)
    due, key = _key(after)
    filters = f"{_NEXT} AND {_WHICH[which]} AND r.service_id = %(service)s"
    filters += " AND r.next_action = %(action)s" if action else ""
    filters += " AND r.stream_id = %(stream)s" if stream_id is not None else ""
    begins = "r.id > %(id)s" if which == UNDATED else "(r.next_action_due, r.id) > (%(due)s::date, %(id)s::bigint)"
    found = _rows(
        f"""SELECT r.id, r.ref, coalesce(p.given_name || ' ' || p.family_name, ''), r.nhs_number, p.born_on, r.next_action,
                r.next_action_due, r.inherited_from, r.clock_start, r.state, coalesce(s.name, '')
            FROM (SELECT * FROM referrals_referral r WHERE {filters} AND {begins}
                  ORDER BY r.next_action_due, r.id LIMIT %(limit)s) r
            LEFT JOIN patients_patient p ON p.id = r.patient_id LEFT JOIN directory_stream s ON s.id = r.stream_id
            ORDER BY r.next_action_due, r.id""",
        {
            "service": service.pk,
            "today": clock.today(),
            "action": action,
            "stream": stream_id,
            "due": due,
            "id": key,
            "limit": limit + 1,
        },
    )
    rows = [_row(row) for row in found[:limit]]
    last = rows[-1] if len(found) > limit else None
    return NextPage(rows, f"{last.due.isoformat() if last.due else ''}.{last.id}" if last else None)


def all_next_actions(access: Access, service: Service, which: str, **filters: Any) -> Iterator[NextRow]:
    """Page after page of `next_actions`."""
    after: str | None = ""
    while after is not None:
        page = next_actions(access, service, which, after=after, limit=1_000, **filters)
        yield from page.rows
        after = page.after


def next_counts(access: Access, service: Service) -> NextCounts:
    """The figures above the list; nothing outside the access. One statement."""
    counts = NextCounts()
    if not _may(access, service):
        return counts
    today = clock.today()
    waits = f"r.next_action_due < %(today)s AND r.state <> '{ASSESSED}' AND r.clock_start <"
    figures = ", ".join(f"count(*) FILTER (WHERE {_WHICH[which]})" for which in (OVERDUE, TO_COME, UNDATED))
    for action, stream, late, to_come, undated, over_18, over_52, oldest in _rows(
        f"""SELECT r.next_action, r.stream_id, {figures},
                count(*) FILTER (WHERE {waits} %(today)s - {WEEKS_18}), count(*) FILTER (WHERE {waits} %(today)s - {WEEKS_52}),
                min(r.next_action_due)
            FROM referrals_referral r WHERE r.service_id = %(service)s AND {_NEXT} GROUP BY 1, 2""",
        {"service": service.pk, "today": today},
    ):
        for which, number in ((OVERDUE, late), (TO_COME, to_come), (UNDATED, undated)):
            counts.by_which[which] += number
            counts.by_action[which, action] += number
            counts.by_stream[which, stream] += number
        counts.over_18 += over_18
        counts.over_52 += over_52
        if oldest is not None and oldest < today:
            counts.oldest = min(counts.oldest or oldest, oldest)
    return counts


def overdue(access: Access) -> int:
    """How many next actions are overdue, of all services that the access decides for."""
    if not access.may(Permission.REFERRALS):
        return 0
    ((number,),) = _rows(
        f"""SELECT count(*) FROM referrals_referral r
            WHERE {_NEXT} AND {_WHICH[OVERDUE]} AND r.service_id IN (
                SELECT id FROM directory_service WHERE %(everything)s OR organisation_id = ANY(%(organisations)s))""",
        {"today": clock.today(), "everything": access.everything, "organisations": list(access.organisations)},
    )
    return int(number)


def next_steps(access: Access, ref: UUID) -> tuple[Referral, list[NextStep]]:
    """One referral and what was done and put off, the latest first; raises Referral.DoesNotExist outside the access."""
    referral = by_ref(access, ref)
    if not _may(access, referral.service):
        raise Referral.DoesNotExist
    return referral, list(referral.next_steps.order_by("-pk"))


def _may(access: Access, service: Service) -> bool:
    return access.may(Permission.REFERRALS) and (
        access.everything or service.organisation_id in access.organisation_ids
    )


def _rows(statement: str, values: dict[str, Any]) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[Any] = cursor.fetchall()
        return rows


def _row(row: Sequence[Any]) -> NextRow:
    key, ref, name, number, born_on, action, due, provider, clock_start, state, stream = row
    today = clock.today()
    return NextRow(
        id=key,
        ref=ref,
        name=name,
        nhs_number=number,
        born_on=born_on,
        action=action,
        due=due,
        from_provider=provider,
        clock_start=clock_start,
        weeks=max((today - clock_start).days, 0) // 7,
        over=0 if state == ASSESSED else over_weeks(clock_start, today),
        state=state,
        stream=stream,
    )


def _key(after: str) -> tuple[date, int]:
    """Day and key after which a page begins; the beginning for anything that is no key."""
    due, _, key = after.rpartition(".")
    try:
        return date.fromisoformat(due) if due else date.min, int(key)
    except ValueError:
        return date.min, 0
