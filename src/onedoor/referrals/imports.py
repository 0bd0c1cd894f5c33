"""Take a service's list of referrals, or the caseload it takes over, in sets of rows: staged, merged, written.

A list is told piece by piece: the same line twice, a line again once it was triaged, a line late. So a line adds what is not
known yet and never takes anything back; where it says otherwise than what stands, what stands is kept and a person is told.
The list carries NHS numbers and no names: whoever no patient list has brought yet is joined when one does (`jobs`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db import connection, transaction

from onedoor.directory.api import Service
from onedoor.kernel import audit, clock
from onedoor.kernel.access import require_staff
from onedoor.kernel.actor import Actor
from onedoor.kernel.clock import london_day
from onedoor.referrals.clocks import triage_clocks
from onedoor.referrals.rules import (
    ASSESSED,
    AWAITING_TRIAGE,
    MOVES,
    OUTCOMES,
    TO_ACTION,
)
from onedoor.referrals.types import Differs, Opening, PathwayRow, ReferralRow, Taken

_AT_ONCE = 5_000
_LOCK = 7_206

_STAGE = """
    CREATE TEMP TABLE referrals_told (
        row int, source_ref text, nhs_number text, received_at timestamptz, source text, referrer_ods text, priority text,
        triaged_at timestamptz, outcome text, stream text, onward_decided_on date, onward_sent_on date, discharged_on date,
        first_offered_on date, triage_due_at timestamptz) ON COMMIT DROP"""

_TOLD = tuple(column.name for column in fields(ReferralRow))
_COLUMNS = (*_TOLD, "triage_due_at")

# What several lines say of one referral is laid together: of each fact the first that is told. Accepted first and sent on to
# secondary care later is no contradiction: the later is what became of it.
_MERGE = f"""
    CREATE TEMP TABLE referrals_incoming ON COMMIT DROP AS
    SELECT source_ref, min(row) AS row, count(*) AS lines, count(DISTINCT ({", ".join(_TOLD[1:])})) AS different,
        bool_or(outcome = 'onward') AS onward,
        {", ".join(f"(array_agg({c} ORDER BY row) FILTER (WHERE {c}::text <> ''))[1] AS {c}" for c in _COLUMNS[2:])}
    FROM referrals_told GROUP BY source_ref"""

_SENT_ON = "UPDATE referrals_incoming SET outcome = 'onward' WHERE outcome = 'accept' AND onward"

_FACTS = (
    "nhs_number",
    "received_at",
    "source",
    "referrer_ods",
    "priority",
    "triaged_at",
    "outcome",
    "onward_decided_on",
    "onward_sent_on",
    "discharged_on",
    "first_offered_on",
)

_DIFFERS = f"""
    SELECT t.row, t.source_ref, c.what FROM referrals_told t
    JOIN referrals_referral r ON r.service_id = %(service)s AND r.source_ref = t.source_ref
    CROSS JOIN LATERAL (VALUES {", ".join(f"('{c}', t.{c}::text, r.{c}::text)" for c in _FACTS)}) AS c(what, told, stands)
    WHERE c.told <> '' AND c.stands <> '' AND c.told <> c.stands
        AND NOT (c.what = 'outcome' AND (c.told, c.stands) IN (('onward', 'accept'), ('accept', 'onward')))
    ORDER BY t.row LIMIT 1000"""

_NEW = f"""
    INSERT INTO referrals_referral (ref, service_id, stream_id, source_ref, nhs_number, patient_id, source, referrer_ods,
        priority, reason, received_at, triage_due_at, clock_start, inherited_from, came_on, next_action, state, triaged_at,
        outcome, onward_decided_on, onward_sent_on, first_offered_on, discharged_on, closed_because)
    SELECT gen_random_uuid(), %(service)s, s.id, i.source_ref, i.nhs_number, p.id, i.source, coalesce(i.referrer_ods, ''),
        i.priority, '', i.received_at, i.triage_due_at, (i.received_at AT TIME ZONE 'Europe/London')::date, '',
        (i.received_at AT TIME ZONE 'Europe/London')::date, '', '{AWAITING_TRIAGE}', i.triaged_at, coalesce(i.outcome, ''),
        i.onward_decided_on, i.onward_sent_on, i.first_offered_on, i.discharged_on, ''
    FROM referrals_incoming i
    LEFT JOIN directory_stream s ON s.service_id = %(service)s AND s.name = i.stream
    LEFT JOIN patients_patient p ON p.nhs_number = i.nhs_number
    ORDER BY i.row
    ON CONFLICT (service_id, source_ref) DO NOTHING RETURNING id, source_ref, patient_id IS NULL"""

# Only what is empty is filled.
_MORE = """
    UPDATE referrals_referral r SET
        stream_id = coalesce(r.stream_id, s.id), triaged_at = coalesce(r.triaged_at, i.triaged_at),
        outcome = CASE WHEN r.outcome = '' OR (r.outcome = 'accept' AND i.onward) THEN coalesce(i.outcome, '') ELSE r.outcome END,
        onward_decided_on = coalesce(r.onward_decided_on, i.onward_decided_on),
        onward_sent_on = coalesce(r.onward_sent_on, i.onward_sent_on),
        first_offered_on = coalesce(r.first_offered_on, i.first_offered_on),
        discharged_on = coalesce(r.discharged_on, i.discharged_on)
    FROM referrals_incoming i LEFT JOIN directory_stream s ON s.service_id = %(service)s AND s.name = i.stream
    WHERE r.service_id = %(service)s AND r.source_ref = i.source_ref AND NOT (r.id = ANY(%(new)s))
        AND ((r.stream_id IS NULL AND s.id IS NOT NULL) OR (r.triaged_at IS NULL AND i.triaged_at IS NOT NULL)
             OR (r.outcome = '' AND i.outcome <> '') OR (r.outcome = 'accept' AND i.onward)
             OR (r.onward_decided_on IS NULL AND i.onward_decided_on IS NOT NULL)
             OR (r.onward_sent_on IS NULL AND i.onward_sent_on IS NOT NULL)
             OR (r.first_offered_on IS NULL AND i.first_offered_on IS NOT NULL)
             OR (r.discharged_on IS NULL AND i.discharged_on IS NOT NULL))
    RETURNING r.id"""

_COUNTS = """
    SELECT coalesce(sum(lines - is_new), 0)::bigint,
        coalesce(sum(CASE WHEN is_new = 1 OR told_more THEN different - is_new ELSE 0 END), 0)::bigint
    FROM (SELECT i.lines, i.different, (r.id = ANY(%(new)s))::int AS is_new, r.id = ANY(%(more)s) AS told_more
          FROM referrals_incoming i JOIN referrals_referral r ON r.service_id = %(service)s AND r.source_ref = i.source_ref) w"""

_LEADS_TO = ", ".join(f"('{key}', '{outcome.to_state}', '{outcome.closes}')" for key, outcome in OUTCOMES.items())

# What each referral has been through, from its facts. A day without a time counts from its beginning, and never before what
# came before it.
_STEPS = f"""
    SELECT r.id, 1 AS step, '' AS from_state, '{AWAITING_TRIAGE}' AS to_state, r.received_at AS at, '' AS closes
    FROM referrals_referral r WHERE r.id = ANY(%(touched)s)
    UNION ALL
    SELECT r.id, 2, '{AWAITING_TRIAGE}', o.to_state, r.triaged_at, o.closes
    FROM referrals_referral r JOIN (VALUES {_LEADS_TO}) AS o(key, to_state, closes) ON o.key = r.outcome
    WHERE r.id = ANY(%(touched)s) AND r.triaged_at IS NOT NULL"""

_HISTORY = f"""
    INSERT INTO referrals_history (parent_id, from_state, to_state, at, recorded_at, actor_kind, actor_id, actor_label, reason,
        closes)
    SELECT w.id, w.from_state, w.to_state, w.at, %(now)s, %(kind)s, %(actor)s, %(label)s, w.closes, w.closes <> ''
    FROM ({_STEPS}) w
    WHERE NOT EXISTS (SELECT 1 FROM referrals_history h WHERE h.parent_id = w.id AND h.from_state = w.from_state)
    ORDER BY w.id, w.step"""

# What ended it, from wherever it stands: somebody may have booked it here since its triage.
_ENDED = f"""
    INSERT INTO referrals_history (parent_id, from_state, to_state, at, recorded_at, actor_kind, actor_id, actor_label, reason,
        closes)
    SELECT r.id, l.to_state, '{ASSESSED}',
        greatest(l.at, coalesce(r.onward_sent_on, r.discharged_on)::timestamp AT TIME ZONE 'Europe/London'),
        %(now)s, %(kind)s, %(actor)s, %(label)s,
        CASE WHEN r.onward_sent_on IS NOT NULL THEN 'secondary_care' ELSE 'discharged' END, true
    FROM referrals_referral r JOIN (VALUES {_LEADS_TO}) AS o(key, to_state, closes) ON o.key = r.outcome
    JOIN (SELECT DISTINCT ON (parent_id) parent_id, to_state, at, closes FROM referrals_history
          WHERE parent_id = ANY(%(touched)s) ORDER BY parent_id, id DESC) l ON l.parent_id = r.id
    WHERE r.id = ANY(%(touched)s) AND r.triaged_at IS NOT NULL AND o.to_state = '{TO_ACTION}' AND NOT l.closes
        AND coalesce(r.onward_sent_on, r.discharged_on) IS NOT NULL AND l.to_state = ANY(%(may_end)s)
    ORDER BY r.id"""

_STATES = """
    UPDATE referrals_referral r SET state = l.to_state, closed_at = CASE WHEN l.closes THEN l.at END,
        closed_because = CASE WHEN l.closes THEN l.reason ELSE '' END
    FROM (SELECT DISTINCT ON (parent_id) parent_id, to_state, at, closes, reason FROM referrals_history
          WHERE parent_id = ANY(%(touched)s) ORDER BY parent_id, id DESC) l
    WHERE r.id = l.parent_id"""


def take_referrals(*, service: Service, rows: Iterable[ReferralRow], by: Actor) -> Taken:
    """Take a service's list in lots of some thousands of rows; a second reading changes nothing.

    Streams that the service does not have are left empty. Raises NotPermitted.
    """
    require_staff(by, service.organisation_id)
    taken = Taken()
    latest: datetime | None = None
    source = iter(rows)
    while lot := list(islice(source, _AT_ONCE)):
        late = set()
        for row in lot:
            if latest is not None and row.received_at < latest:
                late.add(row.source_ref)
            latest = row.received_at if latest is None else max(latest, row.received_at)
        _take_lot(service, lot, late, taken, by)
    audit.record(
        by=by,
        line=audit.Line(
            "take_referrals",
            "service",
            service.pk,
            organisation_id=service.organisation_id,
            detail={"new": taken.new, "more": taken.more, "same": taken.same},
        ),
    )
    return taken


@transaction.atomic
def _take_lot(service: Service, lot: Sequence[ReferralRow], late: set[str], taken: Taken, by: Actor) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute("DROP TABLE IF EXISTS pg_temp.referrals_told, pg_temp.referrals_incoming")
        cursor.execute(_STAGE)
        # Read before the copy begins: the connection does nothing else while it is under way.
        due = triage_clocks(service, [(row.received_at, row.priority) for row in lot])
        with cursor.copy(f"COPY referrals_told ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
            for row, ends in zip(lot, due, strict=True):
                copy.write_row([*(getattr(row, column) for column in _TOLD), ends])
        cursor.execute(_MERGE)
        cursor.execute(_SENT_ON)
        known: dict[str, Any] = {"service": service.pk, "now": clock.now()}
        known |= {"kind": by.kind, "actor": by.id, "label": by.label}
        cursor.execute(_DIFFERS, known)
        taken.differs += [Differs(*found) for found in cursor.fetchall()]
        cursor.execute(_NEW, known)
        new = cursor.fetchall()
        known["new"] = [row[0] for row in new]
        cursor.execute(_MORE, known)
        more = [row[0] for row in cursor.fetchall()]
        known["touched"] = known["new"] + more
        cursor.execute(_HISTORY, known)
        cursor.execute(_ENDED, known | {"may_end": [state for state, to in MOVES.items() if ASSESSED in to]})
        cursor.execute(_STATES, known)
        cursor.execute(_COUNTS, known | {"more": more})
        again, added = cursor.fetchone()
    taken.new += len(new)
    taken.more += added
    taken.same += again - added
    taken.late += sum(1 for _, source_ref, _ in new if source_ref in late)
    taken.unknown_people += sum(1 for _, _, unknown in new if unknown)


_STAGE_PATHWAYS = """
    CREATE TEMP TABLE referrals_pathway (row int, source_ref text, nhs_number text, from_provider text, received_on date,
        clock_start date, stream text, state text, next_action text, next_action_due date, referrer_ods text,
        triage_due_at timestamptz) ON COMMIT DROP"""

_PATHWAY_COLUMNS = tuple(column.name for column in fields(PathwayRow))

_NEW_PATHWAYS = """
    INSERT INTO referrals_referral (ref, service_id, stream_id, source_ref, nhs_number, patient_id, source, referrer_ods,
        priority, reason, received_at, triage_due_at, clock_start, inherited_from, came_on, next_action, next_action_due, state,
        outcome, closed_because)
    SELECT gen_random_uuid(), %(service)s, s.id, i.source_ref, i.nhs_number, p.id, 'inherited', i.referrer_ods, 'routine', '',
        i.received_on::timestamp AT TIME ZONE 'Europe/London', i.triage_due_at, i.clock_start, i.from_provider, %(day)s,
        i.next_action, i.next_action_due, i.state, '', ''
    FROM (SELECT DISTINCT ON (source_ref) * FROM referrals_pathway ORDER BY source_ref, row) i
    LEFT JOIN directory_stream s ON s.service_id = %(service)s AND s.name = i.stream
    LEFT JOIN patients_patient p ON p.nhs_number = i.nhs_number
    ORDER BY i.row
    ON CONFLICT (service_id, source_ref) DO NOTHING RETURNING id"""

_PATHWAY_HISTORY = """
    INSERT INTO referrals_history (parent_id, from_state, to_state, at, recorded_at, actor_kind, actor_id, actor_label, reason,
        closes)
    SELECT id, '', state, %(day)s::timestamp AT TIME ZONE 'Europe/London', %(now)s, %(kind)s, %(actor)s, %(label)s,
        'taken over', false
    FROM referrals_referral WHERE id = ANY(%(new)s)"""

_OPENING = """
    SELECT r.state, coalesce(s.name, ''), count(*), count(*) FILTER (WHERE r.next_action_due < %(day)s)
    FROM referrals_referral r LEFT JOIN directory_stream s ON s.id = r.stream_id
    WHERE r.service_id = %(service)s AND r.source = 'inherited' AND r.source_ref IN (SELECT source_ref FROM referrals_pathway)
    GROUP BY 1, 2"""


@transaction.atomic
def take_pathways(
    *, service: Service, rows: Iterable[PathwayRow], taken_over_on: date | None = None, by: Actor
) -> Opening:
    """Take over open pathways with their original clocks, once each; a second reading changes nothing.

    Without `taken_over_on` it is the day after the last referral among them: the file speaks of none later. The whole file is one
    transaction, so that its opening balance is of all of it or of none. Raises NotPermitted.
    """
    require_staff(by, service.organisation_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute("DROP TABLE IF EXISTS pg_temp.referrals_pathway")
        cursor.execute(_STAGE_PATHWAYS)
        columns = ", ".join((*_PATHWAY_COLUMNS, "triage_due_at"))
        told = list(rows)
        ends = triage_clocks(service, [(london_day(row.received_on)[0], "routine") for row in told])
        with cursor.copy(f"COPY referrals_pathway ({columns}) FROM STDIN") as copy:
            for row, due in zip(told, ends, strict=True):
                copy.write_row([*(getattr(row, column) for column in _PATHWAY_COLUMNS), due])
        cursor.execute("SELECT count(DISTINCT source_ref), max(received_on) FROM referrals_pathway")
        read, last = cursor.fetchone()
        day = taken_over_on or (last + timedelta(days=1) if last else clock.today())
        known: dict[str, Any] = {"service": service.pk, "day": day, "now": clock.now()}
        known |= {"kind": by.kind, "actor": by.id, "label": by.label}
        cursor.execute(_NEW_PATHWAYS, known)
        known["new"] = [row[0] for row in cursor.fetchall()]
        cursor.execute(_PATHWAY_HISTORY, known)
        cursor.execute(_OPENING, known)
        found = cursor.fetchall()
    audit.record(
        by=by,
        line=audit.Line(
            "take_pathways",
            "service",
            service.pk,
            organisation_id=service.organisation_id,
            detail={"read": read, "new": len(known["new"])},
        ),
    )
    by_state: dict[str, int] = {}
    by_stream: dict[str, int] = {}
    for state, stream, number, _ in found:
        by_state[state] = by_state.get(state, 0) + number
        by_stream[stream] = by_stream.get(stream, 0) + number
    return Opening(day, read, by_state, by_stream, sum(row[3] for row in found), sum(row[2] for row in found))
