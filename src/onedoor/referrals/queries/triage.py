"""The worklist of triage: what is open and undecided, by the clock that ends first, and how well the clock is met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from onedoor.directory.api import Service
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.calendar import working_time_between
from onedoor.referrals.rules import AWAITING_TRIAGE, OUTCOMES, SOURCES
from onedoor.referrals.rules_waiting import add_working_days

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
    r.triage_due_at, r.source, coalesce(o.name, r.referrer_ods), coalesce(s.name, ''), r.inherited_from"""
_WITH = """LEFT JOIN patients_patient p ON p.id = r.patient_id
    LEFT JOIN accounts_organisation o ON o.ods_code = r.referrer_ods AND r.referrer_ods <> ''
    LEFT JOIN directory_stream s ON s.id = r.stream_id"""

# Read from its end of the index `referral_triage_due`, however many wait behind the page.
_QUEUE = f"""
    SELECT {_COLUMNS}, b.what, b.who, b.said
    FROM (
        SELECT r.id FROM referrals_referral r
        WHERE {_OPEN} AND {_FREE} AND (r.triage_due_at, r.id) > (%(at)s::timestamptz, %(id)s::bigint)
        ORDER BY r.triage_due_at, r.id LIMIT %(limit)s) q
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
    ORDER BY r.triage_due_at, r.id"""


def worklist(access: Access, service: Service, *, after: str = "", limit: int = 50) -> Page:
    """What waits to be decided, by the clock that ends first, whatever its priority; none outside the access.

    One statement, as quick for 50,000 open referrals as for 50. `after` is the key that the page before gave.
    """
    if not _may(access, service):
        return Page([], None)
    at, key = _key(after)
    found = _rows(_QUEUE, service, {"at": at, "id": key, "limit": limit + 1})
    rows = [_row(row[:12], _because(row)) for row in found[:limit]]
    last = rows[-1] if len(found) > limit else None
    return Page(rows, f"{last.due_at.isoformat()}.{last.id}" if last else None)


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
            row[:12],
            f"{row[14]} asks {row[15]}: {row[13]}" if row[12] == "asked" else f"Parked by {row[14]}: {row[13]}",
            until=row[16],
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
            row[:12],
            f"{row[13]}: {OUTCOMES[row[12]].said}" + (f", {row[16] or row[17]}" if row[16] or row[17] else ""),
            until=row[14],
            decision_ref=row[15],
        )
        for row in _rows(_HELD, service, {"by": by, "limit": limit})
    ]


_TO_SEND = f"""
    SELECT {_COLUMNS}, r.onward_decided_on FROM referrals_referral r {_WITH}
    WHERE {_SEND}
    ORDER BY r.onward_decided_on, r.id LIMIT %(limit)s"""


def to_send_on(access: Access, service: Service, *, limit: int = 200) -> list[Row]:
    """What triage decided to send on to secondary care and nobody has sent, by the clock of working days that ends first.

    `until` is the last day on which it may go, `due_at` that day's end.
    """
    if not _may(access, service):
        return []
    return [_to_send(row, service) for row in _rows(_TO_SEND, service, {"limit": limit})]


def _to_send(row: Sequence[Any], service: Service) -> Row:
    decided_on = row[12]
    by = add_working_days(decided_on, service.onward_working_days)
    made = _row(row[:12], f"To go on to secondary care: decided {decided_on:%-d %B}", until=by)
    return replace(made, due_at=datetime.combine(by + timedelta(days=1), time(), tzinfo=clock.LONDON))


# What is open is counted from its index alone, and the few that are held or set aside are taken off it.
_COUNTS = f"""
    WITH open AS (
        SELECT count(*) AS waiting, count(*) FILTER (WHERE r.triage_due_at < %(now)s) AS late,
            count(*) FILTER (WHERE r.priority <> 'routine') AS urgent
        FROM referrals_referral r WHERE {_OPEN}),
    elsewhere AS MATERIALIZED (
        SELECT r.triage_due_at < %(now)s AS late, r.priority <> 'routine' AS urgent, w.held, w.asked_of_id
        FROM (SELECT referral_id, bool_or(held) AS held, max(asked_of_id) AS asked_of_id FROM (
                SELECT referral_id, true AS held, NULL AS asked_of_id FROM referrals_decision WHERE state = 'held'
                UNION ALL
                SELECT referral_id, false, asked_of_id FROM referrals_parking WHERE ended_at IS NULL AND until > %(today)s) e
              GROUP BY 1) w
        JOIN referrals_referral r ON r.id = w.referral_id
        WHERE {_OPEN})
    SELECT open.waiting - count(e.held), open.late - count(*) FILTER (WHERE e.late),
        open.urgent - count(*) FILTER (WHERE e.urgent),
        count(*) FILTER (WHERE NOT e.held), count(*) FILTER (WHERE NOT e.held AND e.late),
        count(*) FILTER (WHERE NOT e.held AND e.asked_of_id = %(me)s), count(*) FILTER (WHERE e.held),
        (SELECT count(*) FROM referrals_referral r WHERE {_SEND}),
        (SELECT ARRAY[count(*), count(*) FILTER (WHERE in_time)] FROM referrals_decision
         WHERE decided_by_id = %(me)s AND decided_at >= %(since)s AND state IN ('held', 'done')),
        (SELECT ARRAY[count(*), count(*) FILTER (WHERE triaged_at <= triage_due_at)] FROM referrals_referral
         WHERE service_id = %(service)s AND came_on >= %(first)s AND source <> 'inherited'
             AND (triaged_at IS NOT NULL OR triage_due_at < %(now)s))
    FROM open LEFT JOIN elsewhere e ON true GROUP BY open.waiting, open.late, open.urgent"""


def counts(access: Access, service: Service) -> Counts | None:
    """The figures above the worklist; None outside the access. One statement.

    Of the share are those of the last 30 days whose clock is over, or who were decided before: what still has time says
    nothing yet.
    """
    if not _may(access, service):
        return None
    now = clock.now()
    values = {
        "now": now,
        "me": access.actor.id,
        "since": now - timedelta(days=SHARE_DAYS),
        "first": clock.today() - timedelta(days=SHARE_DAYS),
    }
    ((waiting, late, urgent, parked, parked_late, asked_me, is_held, send, own, share),) = _rows(
        _COUNTS, service, values
    )
    return Counts(
        waiting=waiting,
        late=late,
        urgent=urgent,
        parked=parked,
        parked_late=parked_late,
        asked_me=asked_me,
        held=is_held,
        to_send_on=send,
        share=Share(*share),
        own=Share(*own),
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
    row: Sequence[Any],
    because: str,
    *,
    until: datetime | date | None = None,
    decision_ref: UUID | None = None,
) -> Row:
    key, ref, name, number, born_on, priority, received_at, due, source, referrer, stream, inherited = row
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
        due_at=due,
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


def _key(after: str) -> tuple[str | datetime, int]:
    """Moment and key after which a page begins; the beginning for anything that is no key."""
    try:
        at, key = after.rsplit(".", 1)
        return datetime.fromisoformat(at), int(key)
    except ValueError:
        return "-infinity", 0
