"""The worklist of triage: what is open and undecided, by the clock that ends first, and how well the clock is met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from onedoor.directory.api import Service
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.calendar import working_time_between
from onedoor.referrals.rules import AWAITING_TRIAGE, OUTCOMES, SOURCES, due_at, late_before

PRIORITY_ORDER = ("two_week_wait", "urgent", "routine")
"""Within each the clock that ends first is that of what came first."""
SHARE_DAYS = 30


@dataclass(frozen=True)
class Row:
    """One referral that waits. `elapsed` and `working` are from receipt to now; `because` says why it is on this list."""

    id: int
    ref: UUID
    name: str
    """Empty while no patient list has brought anybody of that NHS number."""
    nhs_number: str
    born_on: date | None
    priority: str
    received_at: datetime
    due_at: datetime
    elapsed: timedelta
    working: timedelta
    source: str
    stream: str
    because: str
    until: datetime | date | None = None
    """Of one held or set aside: when it takes effect, or is back."""
    decision_ref: UUID | None = None


@dataclass(frozen=True)
class Page:
    """A page of the worklist; `after` is the key of the next one, None on the last."""

    rows: list[Row]
    after: str | None


@dataclass(frozen=True)
class Share:
    """Of so many referrals so many were decided within the clock."""

    of: int
    in_time: int

    @property
    def percent(self) -> float | None:
        """None when there was none."""
        return round(100 * self.in_time / self.of, 1) if self.of else None


@dataclass(frozen=True)
class Counts:
    """What a service has on its lists, and how it meets its triage clock in its last 30 days.

    `own` is this person's share, at whichever services they triage for.
    """

    waiting: int
    late: int
    urgent: int
    parked: int
    parked_late: int
    asked_me: int
    held: int
    to_send_on: int
    share: Share
    own: Share


_OPEN = f"r.service_id = %(service)s AND r.state = '{AWAITING_TRIAGE}' AND r.closed_at IS NULL"
_SEND = """r.service_id = %(service)s AND r.closed_at IS NULL AND r.outcome = 'onward' AND r.onward_decided_on IS NOT NULL"""
_FREE = """NOT EXISTS (SELECT 1 FROM referrals_decision d WHERE d.referral_id = r.id AND d.state = 'held')
    AND NOT EXISTS (SELECT 1 FROM referrals_parking k WHERE k.referral_id = r.id AND k.ended_at IS NULL
                    AND k.until > %(today)s)"""

_COLUMNS = """r.id, r.ref, coalesce(p.given_name || ' ' || p.family_name, ''), r.nhs_number, p.born_on, r.priority, r.received_at,
    r.source, coalesce(o.name, r.referrer_ods), coalesce(s.name, ''), r.inherited_from"""
_WITH = """LEFT JOIN patients_patient p ON p.id = r.patient_id
    LEFT JOIN accounts_organisation o ON o.ods_code = r.referrer_ods AND r.referrer_ods <> ''
    LEFT JOIN directory_stream s ON s.id = r.stream_id"""

# Each priority is read from its own end of the index `referral_to_triage`, however many wait behind the page.
_QUEUE = f"""
    SELECT q.rank, {_COLUMNS}, b.what, b.who, b.said
    FROM ({
    " UNION ALL ".join(
        f'''(SELECT {rank} AS rank, r.id FROM referrals_referral r
            WHERE {_OPEN} AND r.priority = '{priority}' AND {_FREE}
                AND ({rank} > %(rank)s OR {rank} = %(rank)s AND (r.received_at, r.id) > (%(at)s::timestamptz, %(id)s::bigint))
            ORDER BY r.received_at, r.id LIMIT %(limit)s)'''
        for rank, priority in enumerate(PRIORITY_ORDER)
    )
} ORDER BY rank LIMIT %(limit)s) q
    JOIN referrals_referral r ON r.id = q.id {_WITH}
    LEFT JOIN LATERAL (
        SELECT what, who, said FROM (
            (SELECT 'back' AS what, decided_by_label AS who, outcome AS said, decided_at AS at FROM referrals_decision
             WHERE referral_id = r.id AND state = 'taken_back' ORDER BY id DESC LIMIT 1)
            UNION ALL
            (SELECT CASE WHEN answer <> '' THEN 'answered' ELSE kind END, CASE WHEN answer <> '' THEN ended_by_label ELSE by_label
                END, CASE WHEN answer <> '' THEN answer ELSE reason END, coalesce(ended_at, since) FROM referrals_parking
             WHERE referral_id = r.id ORDER BY id DESC LIMIT 1)
            UNION ALL
            (SELECT 'information', by_label, '', came_at FROM referrals_information
             WHERE referral_id = r.id ORDER BY id DESC LIMIT 1)) w ORDER BY at DESC LIMIT 1) b ON true
    ORDER BY q.rank, r.received_at, r.id"""


def worklist(access: Access, service: Service, *, after: str = "", limit: int = 50) -> Page:
    """What waits to be decided, the urgent first and of each the clock that ends first; none outside the access.

    One statement, as quick for 50,000 open referrals as for 50. `after` is the key that the page before gave.
    """
    if not _may(access, service):
        return Page([], None)
    rank, at, key = _key(after)
    values = {"rank": rank, "at": at, "id": key, "limit": limit + 1}
    found = _rows(_QUEUE, service, values)
    rows = [_row(service, row[1:12], _because(row)) for row in found[:limit]]
    more = len(found) > limit
    last = found[limit - 1] if more else None
    return Page(rows, f"{last[0]}.{last[7].isoformat()}.{last[1]}" if last else None)


def next_of(access: Access, service: Service) -> UUID | None:
    """The one to be decided first; None when none waits."""
    rows = worklist(access, service, limit=1).rows
    return rows[0].ref if rows else None


_ASIDE = f"""
    SELECT {_COLUMNS}, k.kind, k.reason, k.by_label, coalesce(u.first_name || ' ' || u.last_name, ''), k.until
    FROM referrals_parking k JOIN referrals_referral r ON r.id = k.referral_id {_WITH}
    LEFT JOIN accounts_user u ON u.id = k.asked_of_id
    WHERE {_OPEN} AND k.ended_at IS NULL AND k.until > %(today)s
        AND (%(asked_of)s::bigint IS NULL OR k.asked_of_id = %(asked_of)s)
    ORDER BY r.received_at, r.id LIMIT %(limit)s"""


def set_aside(access: Access, service: Service, *, asked_of: int | None = None, limit: int = 200) -> list[Row]:
    """What is parked or with a colleague, the oldest first; with `asked_of`, what that person was asked."""
    if not _may(access, service):
        return []
    return [
        _row(
            service,
            row[:11],
            f"{row[13]} asks {row[14]}: {row[12]}" if row[11] == "asked" else f"Parked by {row[13]}: {row[12]}",
            until=row[15],
        )
        for row in _rows(_ASIDE, service, {"asked_of": asked_of, "limit": limit})
    ]


# Few are held: their referrals are looked up one by one, whatever the planner makes of so many open ones.
_HELD = f"""
    SELECT {_COLUMNS}, d.outcome, d.decided_by_label, d.takes_effect_at, d.ref, ds.name, d.onward_service
    FROM referrals_decision d
    JOIN LATERAL (SELECT * FROM referrals_referral WHERE id = d.referral_id LIMIT 1) r ON true {_WITH}
    LEFT JOIN directory_stream ds ON ds.id = d.stream_id
    WHERE r.service_id = %(service)s AND d.state = 'held' AND (%(by)s::bigint IS NULL OR d.decided_by_id = %(by)s)
    ORDER BY d.takes_effect_at DESC, d.id DESC LIMIT %(limit)s"""


def held(access: Access, service: Service, *, by: int | None = None, limit: int = 200) -> list[Row]:
    """Decisions that can still be taken back, the latest first; with `by`, that person's."""
    if not _may(access, service):
        return []
    return [
        _row(
            service,
            row[:11],
            f"{row[12]}: {OUTCOMES[row[11]].said}" + (f", {row[15] or row[16]}" if row[15] or row[16] else ""),
            until=row[13],
            decision_ref=row[14],
        )
        for row in _rows(_HELD, service, {"by": by, "limit": limit})
    ]


_TO_SEND = f"""
    SELECT {_COLUMNS}, r.onward_decided_on FROM referrals_referral r {_WITH}
    WHERE {_SEND}
    ORDER BY r.onward_decided_on, r.id LIMIT %(limit)s"""


def to_send_on(access: Access, service: Service, *, limit: int = 200) -> list[Row]:
    """What triage decided to send on to secondary care and nobody has sent, by the clock of working days that ends first."""
    if not _may(access, service):
        return []
    return [
        _row(service, row[:11], f"To go on to secondary care: decided {row[11]:%-d %B}", until=row[11])
        for row in _rows(_TO_SEND, service, {"limit": limit})
    ]


# What is open is read once, with the few that are set aside or held beside it.
_COUNTS = f"""
    WITH open AS (
        SELECT r.received_at < %(late)s AS late, r.priority <> 'routine' AS urgent, d.id IS NOT NULL AS held,
            d.id IS NULL AND k.id IS NOT NULL AS aside, k.asked_of_id
        FROM referrals_referral r
        LEFT JOIN referrals_parking k ON k.referral_id = r.id AND k.ended_at IS NULL AND k.until > %(today)s
        LEFT JOIN referrals_decision d ON d.referral_id = r.id AND d.state = 'held'
        WHERE {_OPEN})
    SELECT count(*) FILTER (WHERE free), count(*) FILTER (WHERE free AND late), count(*) FILTER (WHERE free AND urgent),
        count(*) FILTER (WHERE aside), count(*) FILTER (WHERE aside AND late),
        count(*) FILTER (WHERE aside AND asked_of_id = %(me)s), count(*) FILTER (WHERE held),
        (SELECT count(*) FROM referrals_referral r WHERE {_SEND}),
        (SELECT ARRAY[count(*), count(*) FILTER (WHERE in_time)] FROM referrals_decision
         WHERE decided_by_id = %(me)s AND decided_at >= %(since)s AND state IN ('held', 'done'))
    FROM (SELECT *, NOT held AND NOT aside AS free FROM open) w"""

# Whose clock is over, or who were decided before: what still has time says nothing yet.
_SHARE = """
    SELECT count(*), count(*) FILTER (WHERE triaged_at - received_at <= make_interval(hours => %(hours)s)),
        coalesce(array_agg(ARRAY[received_at, triaged_at])
            FILTER (WHERE %(working)s AND triaged_at - received_at > make_interval(hours => %(hours)s)), '{}')
    FROM referrals_referral
    WHERE service_id = %(service)s AND came_on >= %(first)s AND source <> 'inherited'
        AND (triaged_at IS NOT NULL OR received_at < %(late)s)"""


def counts(access: Access, service: Service) -> Counts | None:
    """The figures above the worklist; None outside the access. Two statements."""
    if not _may(access, service):
        return None
    now, hours, basis = clock.now(), service.triage_hours, service.triage_basis
    values = {
        "late": late_before(now, hours=hours, basis=basis),
        "me": access.actor.id,
        "since": now - timedelta(days=SHARE_DAYS),
        "first": clock.today() - timedelta(days=SHARE_DAYS),
        "hours": hours,
        "working": basis == "working",
    }
    (row,) = _rows(_COUNTS, service, values)
    ((of, sure, unsure),) = _rows(_SHARE, service, values)
    # Whatever took no longer by the clock took no longer in working time; the others are looked at one by one.
    in_time = sure + sum(triaged <= due_at(received, hours=hours, basis=basis) for received, triaged in unsure)
    waiting, late, urgent, parked, parked_late, asked_me, is_held, send, (n, good) = row
    return Counts(
        waiting=waiting,
        late=late,
        urgent=urgent,
        parked=parked,
        parked_late=parked_late,
        asked_me=asked_me,
        held=is_held,
        to_send_on=send,
        share=Share(of, in_time),
        own=Share(n, good),
    )


def _may(access: Access, service: Service) -> bool:
    return access.may(Permission.REFERRALS) and (
        access.everything or service.organisation_id in access.organisation_ids
    )


def _rows(statement: str, service: Service, values: Mapping[str, Any]) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "service": service.pk, "today": clock.today()})
        rows: list[Any] = cursor.fetchall()
        return rows


def _row(
    service: Service,
    row: Sequence[Any],
    because: str,
    *,
    until: datetime | date | None = None,
    decision_ref: UUID | None = None,
) -> Row:
    key, ref, name, number, born_on, priority, received_at, source, referrer, stream, inherited = row
    now = clock.now()
    came = f"{SOURCES.get(source, source)}{', ' + referrer if referrer else ''}"
    if inherited:
        came = f"Taken over from {inherited}"
    return Row(
        id=key,
        ref=ref,
        name=name,
        nhs_number=number,
        born_on=born_on,
        priority=priority,
        received_at=received_at,
        due_at=due_at(received_at, hours=service.triage_hours, basis=service.triage_basis),
        elapsed=now - received_at,
        working=working_time_between(received_at, now),
        source=came,
        stream=stream,
        because=because,
        until=until,
        decision_ref=decision_ref,
    )


def _because(row: Sequence[Any]) -> str:
    what, who, said = row[12:15]
    if what == "back":
        return f"{who} took back: {OUTCOMES[said].said.lower()}"
    if what == "answered":
        return f"{who} answered: {said}"
    if what == "asked":
        return f"Asked by {who} and back: {said}"
    if what == "parked":
        return f"Was parked by {who}: {said}"
    if what == "information":
        return f"Information came from {who}"
    return "New: nobody has decided it"


def _key(after: str) -> tuple[int, datetime | None, int]:
    """Rank, moment and key after which a page begins; the beginning for anything that is no key."""
    try:
        rank, rest = after.split(".", 1)
        at, key = rest.rsplit(".", 1)
        return int(rank), datetime.fromisoformat(at), int(key)
    except ValueError:
        return -1, None, 0
