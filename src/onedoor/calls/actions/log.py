"""Taking a line's log: each call once, with its legs, however often it is read; and the contacts that belong to its calls."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from django.db import connection, transaction

from onedoor.calls.models import Call, Leg
from onedoor.calls.types import CallRow, Taken
from onedoor.kernel import audit
from onedoor.kernel.access import NotPermitted, Permission
from onedoor.kernel.actor import Actor

_AT_ONCE = 5_000
_LOST_AT_MOST = 50_000
_CALL_FIELDS = (
    *("organisation_id", "source_ref", "dialled", "started_at", "ended_at", "ended_by"),
    *("menu_ended_at", "queued_at", "call_back_asked_at", "answered_at", "call_back_made_at"),
)
_Key = tuple[int, str]


@transaction.atomic
def take_calls(*, rows: Iterable[CallRow], by: Actor) -> Taken:
    """Keep calls of a log; some thousands are held at a time. Of one known already, a call-back made later is learned, and legs.

    A transferred call has a row for each leg, under one key; the first is the call, and the call ends with its last leg. A leg
    may stand before its call; one whose call the log does not have is lost, and counted. Contacts that surely belong to a
    call are joined to it. Raises NotPermitted for anybody but the system.
    """
    if by.kind != "system":
        raise NotPermitted(Permission.IMPORT)
    new = more = same = 0
    early: list[CallRow] = []
    first: datetime | None = None
    source = iter(rows)
    while batch := list(islice(source, _AT_ONCE)):
        calls = {(row.organisation_id, row.source_ref): row for row in batch if row.leg == 1}
        made, learned = _take(list(calls.values()))
        new, more, same = new + made, more + learned, same + len(calls) - made - learned
        early += _take_legs([row for row in batch if row.leg > 1 or row.agent])
        del early[_LOST_AT_MOST:]
        starts = min(row.started_at for row in batch)
        first = min(first or starts, starts)
    lost = len(_take_legs(early))
    joined = _join(first) if first is not None else 0
    detail = {"new": new, "more": more, "same": same, "lost": lost, "joined": joined}
    audit.record(by=by, line=audit.Line("take_calls", "call", detail=detail))
    return Taken(new, more, same, lost, joined)


def _take(rows: list[CallRow]) -> tuple[int, int]:
    known = _known(rows, lock=True)
    fresh, learned = [], []
    for row in rows:
        call = known.get((row.organisation_id, row.source_ref))
        if call is None:
            fresh.append(Call(**{field: getattr(row, field) for field in _CALL_FIELDS}))
        elif call.call_back_made_at is None and row.call_back_made_at is not None:
            call.call_back_made_at = row.call_back_made_at
            learned.append(call)
    Call.objects.bulk_create(fresh)
    Call.objects.bulk_update(learned, ["call_back_made_at"])
    return len(fresh), len(learned)


def _known(rows: Iterable[CallRow], *, lock: bool) -> dict[_Key, Call]:
    keys = {(row.organisation_id, row.source_ref) for row in rows}
    found = Call.objects.filter(organisation_id__in={key[0] for key in keys}, source_ref__in=[key[1] for key in keys])
    found = found.select_for_update() if lock else found
    return {(call.organisation_id, call.source_ref): call for call in found.order_by("pk")}


def _take_legs(rows: list[CallRow]) -> list[CallRow]:
    """Keep these legs, each once; returns those whose call is not known."""
    if not rows:
        return []
    known = _known(rows, lock=True)
    lost: list[CallRow] = []
    legs: list[Leg] = []
    later: dict[int, Call] = {}
    for row in rows:
        call = known.get((row.organisation_id, row.source_ref))
        if call is None:
            lost.append(row)
            continue
        legs.append(
            Leg(
                call=call,
                n=row.leg,
                agent=row.agent[:80],
                started_at=row.started_at,
                answered_at=row.answered_at,
                ended_at=row.ended_at,
            )
        )
        if row.leg == 1:
            continue
        if row.ended_at > call.ended_at:
            call.ended_at, call.ended_by = row.ended_at, row.ended_by
            later[call.pk] = call
        if row.answered_at is not None and (call.answered_at is None or row.answered_at < call.answered_at):
            # Somebody was rung in vain, and it was passed on: whoever answered first answered the call.
            call.answered_at = row.answered_at
            later[call.pk] = call
    Leg.objects.bulk_create(legs, ignore_conflicts=True)
    Call.objects.bulk_update(later.values(), ["ended_at", "ended_by", "answered_at"])
    return lost


_JOIN = """
    WITH near AS (
        SELECT k.id AS contact, c.id AS call
        FROM calls_contact k
        JOIN accounts_user u ON u.id = k.handler_id
        JOIN calls_call c ON c.organisation_id = k.organisation_id AND c.answered_at IS NOT NULL
        LEFT JOIN calls_leg l ON l.call_id = c.id AND l.answered_at IS NOT NULL
        CROSS JOIN LATERAL (SELECT coalesce(l.answered_at, c.answered_at) AS answered,
                                   coalesce(l.ended_at, c.ended_at) AS ended) m
        WHERE k.call_id IS NULL AND k.started_at >= %(first)s
          AND c.started_at BETWEEN k.started_at - interval '2 hours' AND k.started_at + interval '1 minute'
          AND NOT EXISTS (SELECT 1 FROM calls_contact o WHERE o.call_id = c.id)
          AND k.started_at BETWEEN m.answered - interval '1 minute' AND least(m.ended, m.answered + interval '3 minutes')
          AND (coalesce(l.agent, '') = '' OR lower(l.agent) IN (lower(u.username), lower(u.first_name || ' ' || u.last_name)))
        GROUP BY k.id, c.id),
    sure AS (
        SELECT contact, call FROM (
            SELECT contact, call, count(*) OVER (PARTITION BY contact) AS calls, count(*) OVER (PARTITION BY call) AS contacts
            FROM near) n
        WHERE calls = 1 AND contacts = 1)
    UPDATE calls_contact k SET call_id = s.call FROM sure s WHERE k.id = s.contact"""
"""A contact begins as its handler picks up. Where two would do, none is joined: a figure is not made by guessing."""


def _join(first: datetime) -> int:
    """Join contacts to calls of the same line, by when they were answered and, where the log says, by whom."""
    with connection.cursor() as cursor:
        cursor.execute(_JOIN, {"first": first})
        return int(cursor.rowcount)
