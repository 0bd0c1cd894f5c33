"""What dead dispatchers and unclear answers left behind (messaging.md 6.2; stack-spike.md 4, point 5).

A dispatcher is dead when its advisory lock is gone, never because a time has passed: one that was only paused would
otherwise speak for texts that another has taken over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.db import connection, transaction

from onedoor.kernel import audit, clock
from onedoor.messaging.actions.doubts import BY, close, leave_to_person
from onedoor.messaging.actions.results import note_sent
from onedoor.messaging.dispatch.store import CLAIM_CLASS, OPEN
from onedoor.messaging.models import State
from onedoor.messaging.ports import Found
from onedoor.messaging.purposes import group_of
from onedoor.messaging.rules.unresolved import decided

LOCK_CLASS = 7_203
RETENTION = timedelta(days=3).total_seconds()
"""The shortest for which GOV.UK Notify may be set to know a text: not to have an older one proves nothing (messaging.md 1.1)."""
_RARELY = 3_600.0
"""Seconds between look-ups of a text at the most, however long nobody has answered."""


def release_dead(first_lookup: float) -> int:
    """Take over from dispatchers that are gone: what was not on the wire is queued, what may be is of unknown fate.

    Returns how many texts.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM messaging_dispatch_run WHERE ended_real IS NULL ORDER BY id")
        runs = [row[0] for row in cursor.fetchall()]
    return sum(_release(run, first_lookup) for run in runs)


@transaction.atomic
def _release(run: int, first_lookup: float) -> int:
    with connection.cursor() as cursor:
        # Whoever holds this lock lives; while we hold it, nobody can be this run.
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_CLASS, run])
        if not cursor.fetchone()[0]:
            return 0
        # A claim of this run's that is under way commits first, and none comes after.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CLAIM_CLASS, run])
        cursor.execute("UPDATE messaging_dispatch_run SET ended_real = clock_timestamp() WHERE id = %s", [run])
        cursor.execute(
            f"""SELECT 1 FROM messaging_message WHERE waiting AND run = %s
                AND state IN ({State.CLAIMED.value}, {State.SENDING.value}) ORDER BY id FOR NO KEY UPDATE""",
            [run],
        )
        cursor.execute(
            f"""UPDATE messaging_message SET state = {State.QUEUED.value}, run = NULL
                WHERE waiting AND run = %s AND state = {State.CLAIMED.value}""",
            [run],
        )
        released = cursor.rowcount
        cursor.execute(
            f"""WITH lost AS (
                    UPDATE messaging_message SET state = {State.UNKNOWN.value}, lookups = 0, lease_real = NULL,
                        retry_real = clock_timestamp() + make_interval(secs => %s)
                    WHERE waiting AND run = %s AND state = {State.SENDING.value} RETURNING id, attempt)
                UPDATE messaging_attempt a SET outcome = 'unknown', ended_real = clock_timestamp()
                FROM lost WHERE a.message_id = lost.id AND a.n = lost.attempt AND a.outcome = ''""",
            [first_lookup, run],
        )
        released += cursor.rowcount
        return int(released)


def end_stuck(stuck: float) -> int:
    """End the database sessions of dispatchers that have not moved for so long; their lock goes with the session.

    Should one wake up, its texts' leases are over, so that it says nothing; what it learned of texts already said is
    still stored. Returns how many.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT pg_terminate_backend(l.pid) FROM messaging_dispatch_run r
               JOIN pg_locks l ON l.locktype = 'advisory' AND l.classid = %s AND l.objid::bigint = r.id AND l.objsubid = 2
                    AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
               WHERE r.beat_real < clock_timestamp() - make_interval(secs => %s) AND l.pid <> pg_backend_pid()""",
            [LOCK_CLASS, stuck],
        )
        return len(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class Doubt:
    """A text of unknown fate that is due to be looked up."""

    id: int
    account_id: int
    reference: str


def take_doubts(hold: float, limit: int = 50) -> list[Doubt]:
    """Texts to look up now; nobody else looks the same ones up for `hold` seconds, or a quarter of the time they are in doubt.

    Unanswered they come again after that: those of an account whose key was revoked must not take all look-ups for themselves.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE messaging_message m SET retry_real = clock_timestamp() + make_interval(secs => greatest(
                   %(hold)s::float8, least(%(rarely)s::float8, extract(epoch FROM clock_timestamp() - due.since)::float8 / 4)))
                FROM (SELECT d.id, (SELECT coalesce(a.ended_real, a.started_real) FROM messaging_attempt a
                                    WHERE a.message_id = d.id AND a.n = d.attempt) AS since
                      FROM messaging_message d WHERE d.in_doubt AND d.retry_real <= clock_timestamp()
                      ORDER BY d.retry_real LIMIT %(limit)s FOR NO KEY UPDATE OF d SKIP LOCKED) due
                WHERE m.id = due.id RETURNING m.id, m.account_id, m.ref::text""",
            {"hold": hold, "limit": limit, "rarely": _RARELY},
        )
        return [Doubt(*row) for row in cursor.fetchall()]


def _lock(cursor: Any, doubts: Sequence[Doubt]) -> None:
    """In order of key (`messaging.models`, one lock order)."""
    cursor.execute(
        "SELECT 1 FROM messaging_message WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
        [[doubt.id for doubt in doubts]],
    )


@transaction.atomic
def adopt(found: Sequence[tuple[Doubt, Found]]) -> int:
    """The provider has these: they are accepted, under its id. Receipts say the rest. Returns how many were news."""
    with connection.cursor() as cursor:
        _lock(cursor, [doubt for doubt, _ in found])
        cursor.execute(
            """WITH adopted AS (
                   UPDATE messaging_message m SET state = %(accepted)s, provider_id = r.provider_id, accepted_at = %(now)s,
                       because = '', ended_at = NULL, run = NULL, retry_real = NULL, lease_real = NULL,
                       pence = m.fragments * (SELECT t.pence FROM messaging_tariff t WHERE t.provider = 'govuk'
                                              AND t.starts_on <= %(day)s ORDER BY t.starts_on DESC LIMIT 1)
                   FROM unnest(%(ids)s::bigint[], %(providers)s::text[]) AS r(id, provider_id)
                   WHERE m.id = r.id AND m.attempt > 0 AND m.state = ANY(%(open)s)
                   RETURNING m.id, m.attempt, m.patient_id, m.organisation_id, m.purpose),
               tried AS (
                   UPDATE messaging_attempt a SET outcome = 'accepted' FROM adopted
                   WHERE a.message_id = adopted.id AND a.n = adopted.attempt)
               SELECT id, patient_id, organisation_id, purpose FROM adopted""",
            {
                "accepted": State.ACCEPTED.value,
                "now": clock.now(),
                "day": clock.today(),
                "ids": [doubt.id for doubt, _ in found],
                "providers": [answer.provider_id for _, answer in found],
                "open": OPEN,
            },
        )
        rows = cursor.fetchall()
    note_sent(rows, by=BY)
    return len(rows)


@transaction.atomic
def absent(doubts: Sequence[Doubt], lookups: Sequence[float]) -> None:
    """The provider does not have these: look again later, or decide (`rules.unresolved`)."""
    now = clock.now()
    with connection.cursor() as cursor:
        _lock(cursor, doubts)
        cursor.execute(
            f"""UPDATE messaging_message m SET lookups = m.lookups + 1,
                    retry_real = clock_timestamp() + make_interval(secs => (%(gaps)s::float8[])[m.lookups + 1])
                WHERE m.id = ANY(%(ids)s) AND m.state = {State.UNKNOWN.value}
                RETURNING m.id, m.lookups, m.organisation_id, m.patient_id, m.purpose, m.because <> '', m.not_after > %(now)s,
                    (SELECT count(*) FROM messaging_attempt a WHERE a.message_id = m.id AND a.outcome = 'unknown') > 1,
                    (SELECT a.started_real FROM messaging_attempt a WHERE a.message_id = m.id AND a.n = m.attempt)
                        > clock_timestamp() - make_interval(secs => %(retention)s)""",
            {
                "ids": [doubt.id for doubt in doubts],
                "gaps": [later - earlier for earlier, later in pairwise(lookups)],
                "now": now,
                "retention": RETENTION,
            },
        )
        rows = [row for row in cursor.fetchall() if row[1] >= len(lookups)]
    by_decision: dict[str, list[tuple[int, int, int | None]]] = {"clear": [], "expire": [], "resend": [], "person": []}
    for key, _, organisation_id, patient_id, purpose, untrue, useful, resent, proved in rows:
        decision = decided(group_of(purpose), untrue=untrue, useful=useful, resent=resent, proved=proved)
        by_decision[decision].append((key, organisation_id, patient_id))
    ids = {decision: [row[0] for row in found] for decision, found in by_decision.items()}
    close(ids["clear"], State.CLEARED, now)
    close(ids["expire"], State.EXPIRED, now)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE messaging_message SET state = {State.QUEUED.value}, run = NULL, retry_real = NULL, lookups = 0
                WHERE id = ANY(%s)""",
            [ids["resend"]],
        )
    leave_to_person(by_decision["person"], "does not know it")
    _note(by_decision)


def _note(by_decision: Mapping[str, Sequence[tuple[int, int, int | None]]]) -> None:
    """One audit row for each organisation and decision, naming the texts: as many at the most as are looked up at a time."""
    told: dict[tuple[int, str], list[int]] = defaultdict(list)
    for decision, rows in by_decision.items():
        for key, organisation_id, _ in rows:
            told[organisation_id, decision].append(key)
    audit.record_many(
        by=BY,
        lines=[
            audit.Line(
                "reconcile_messages",
                "message",
                organisation_id=organisation_id,
                detail={"decision": decision, "messages": sorted(keys)},
            )
            for (organisation_id, decision), keys in sorted(told.items())
        ],
    )
