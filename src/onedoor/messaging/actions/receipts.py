"""Delivery receipts: stored as they come, applied in sets, in any order and any number of times (messaging.md 6.2).

A receipt proves that the provider has the text, whatever we thought. A terminal state beats one that is not; delivered
beats a temporary failure; any other contradiction is kept and flagged, and the state that stands stays.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction

from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.messaging.actions.asking import opt_out
from onedoor.messaging.actions.results import note_sent
from onedoor.messaging.by_key import plan_by_key
from onedoor.messaging.kinds_sending import UNREACHABLE
from onedoor.messaging.models import OptOut, State
from onedoor.messaging.rules.money import FREE
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

BY = Actor.system("delivery receipts")

TERMINAL = {
    # messaging.md 1.1, status values
    "delivered": State.DELIVERED,
    "temporary-failure": State.UNREACHED,
    "permanent-failure": State.DEAD_NUMBER,
    "technical-failure": State.TECHNICAL,
}
_BEFORE_ANY = [
    State.QUEUED,
    State.CLAIMED,
    State.SENDING,
    State.UNKNOWN,
    State.ACCEPTED,
    State.EXPIRED,
    State.CLEARED,
]
_NOT_YET_ACCEPTED = [state for state in _BEFORE_ANY if state != State.ACCEPTED]
RESTS = "unreachable"
UNDELIVERABLE_TIMES = 2
"""So many permanent failures in a row, and the number rests (clinical.md 6.2)."""

# A regular expression that says the same takes ten times as long, and is asked of each receipt.
_IS_UUID = """f.reference LIKE '________-____-____-____-____________' AND length(replace(f.reference, '-', '')) = 32
    AND translate(f.reference, '0123456789abcdef-', '') = ''"""

_APPLY = f"""
    WITH taken AS (
        SELECT id, reference, status, body, account_id FROM messaging_receipt
        WHERE processed_real IS NULL ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED),
    -- The first of each text only: what contradicts it comes with the next slice.
    first AS (SELECT DISTINCT ON (reference, account_id) * FROM taken ORDER BY reference, account_id, id),
    known AS (
        SELECT f.id, f.status, f.body, m.id AS message_id, m.state AS was, m.attempt,
               t.state AS becomes,
               t.state IS NOT NULL AND m.attempt > 0 AND (m.state = ANY(%(before)s) OR (
                   m.state = {State.UNREACHED.value} AND t.state = {State.DELIVERED.value})) AS applies
        FROM first f
        LEFT JOIN messaging_message m ON m.account_id = f.account_id
            AND m.ref = CASE WHEN {_IS_UUID} THEN f.reference::uuid END
        LEFT JOIN unnest(%(statuses)s::text[], %(states)s::smallint[]) AS t(status, state) ON t.status = f.status),
    locked AS (
        SELECT m.id FROM messaging_message m JOIN known ON known.message_id = m.id AND known.applies
        ORDER BY m.id FOR NO KEY UPDATE OF m),
    changed AS (
        UPDATE messaging_message m SET
            state = k.becomes, ended_at = %(now)s, because = '', run = NULL, retry_real = NULL, lease_real = NULL,
            provider_id = coalesce(m.provider_id, left(k.body->>'id', 60)),
            accepted_at = coalesce(m.accepted_at, %(now)s),
            pence = CASE WHEN k.status = ANY(%(free)s) THEN 0 ELSE coalesce(m.pence, m.fragments * (
                SELECT t.pence FROM messaging_tariff t WHERE t.provider = 'govuk' AND t.starts_on <= %(day)s
                ORDER BY t.starts_on DESC LIMIT 1)) END
        FROM known k JOIN locked ON locked.id = k.message_id
        WHERE m.id = k.message_id AND k.applies AND m.state = k.was
        RETURNING m.id, m.patient_id, m.organisation_id, m.purpose, m.number, m.attempt, k.was, m.state),
    flagged AS (
        UPDATE messaging_message m SET contradicted = true FROM known k
        WHERE m.id = k.message_id AND NOT k.applies AND k.becomes IS NOT NULL AND k.becomes <> m.state
          AND NOT (k.becomes = {State.UNREACHED.value} AND m.state = {State.DELIVERED.value})
        RETURNING m.id),
    done AS (
        UPDATE messaging_receipt r SET processed_real = clock_timestamp(), result = CASE
            WHEN k.message_id IS NULL THEN CASE WHEN k.status = 'unreadable' THEN 'unreadable' ELSE 'no_message' END
            WHEN c.id IS NOT NULL THEN 'applied'
            WHEN g.id IS NOT NULL THEN 'contradicts' ELSE 'late' END
        FROM known k LEFT JOIN changed c ON c.id = k.message_id LEFT JOIN flagged g ON g.id = k.message_id
        WHERE r.id = k.id AND (k.applies IS NOT TRUE OR c.id IS NOT NULL) RETURNING r.id)
    SELECT c.id, c.patient_id, c.organisation_id, c.purpose, c.number, c.attempt, c.was, c.state,
           (SELECT count(*) FROM done) FROM changed c
    UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, count(*) FROM done"""


@transaction.atomic
def apply_receipts(*, limit: int = 2_000) -> int:
    """Apply the oldest receipts that wait; returns how many were dealt with."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM messaging_receipt WHERE processed_real IS NULL LIMIT 1")
        if cursor.fetchone() is None:
            return 0
    plan_by_key()
    with connection.cursor() as cursor:
        cursor.execute(
            _APPLY,
            {
                "limit": limit,
                "before": [state.value for state in _BEFORE_ANY],
                "statuses": list(TERMINAL),
                "states": [state.value for state in TERMINAL.values()],
                "now": clock.now(),
                "day": clock.today(),
                "free": list(FREE),
            },
        )
        *changed, (*_, done) = cursor.fetchall()
    news = [row for row in changed if row[6] in _NOT_YET_ACCEPTED]
    _attempts_accepted([(row[0], row[5]) for row in news])
    note_sent([(row[0], row[1], row[2], row[3]) for row in news], by=BY)
    _rest_undeliverable({(row[2], row[4]) for row in changed if row[7] == State.DEAD_NUMBER})
    return int(done)


def _attempts_accepted(tries: Sequence[tuple[int, int]]) -> None:
    """The receipt proves what the attempt could not."""
    if tries:
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE messaging_attempt a SET outcome = 'accepted', ended_real = coalesce(ended_real, clock_timestamp())
                   FROM unnest(%s::bigint[], %s::smallint[]) AS r(id, n)
                   WHERE a.message_id = r.id AND a.n = r.n AND a.outcome IN ('', 'unknown')""",
                [[key for key, _ in tries], [n for _, n in tries]],
            )


def _rest_undeliverable(numbers: set[tuple[int, str]]) -> None:
    """A number whose last texts all failed for good rests, and a person is asked about it (clinical.md 6.2)."""
    if not numbers:
        return
    pairs = sorted(numbers)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT w.organisation, w.number, l.patient_id FROM unnest(%s::bigint[], %s::text[]) AS w(organisation, number)
               CROSS JOIN LATERAL (
                   SELECT count(*) AS n, bool_and(state = %s) AS dead, max(patient_id) AS patient_id
                   FROM (SELECT state, patient_id FROM messaging_message m
                         WHERE m.organisation_id = w.organisation AND m.number = w.number AND m.state = ANY(%s)
                         ORDER BY m.id DESC LIMIT %s) last) l
               WHERE l.dead AND l.n >= %s""",
            [
                [organisation_id for organisation_id, _ in pairs],
                [number for _, number in pairs],
                State.DEAD_NUMBER.value,
                [State.DELIVERED.value, State.UNREACHED.value, State.DEAD_NUMBER.value],
                UNDELIVERABLE_TIMES,
                UNDELIVERABLE_TIMES,
            ],
        )
        found = cursor.fetchall()
    for organisation_id, number, patient_id in found:
        if not opt_out(organisation_id=organisation_id, number=number, by=BY, because=RESTS):
            continue
        resting = OptOut.objects.get(organisation_id=organisation_id, number=number, until=None)
        tasks.ask_for(
            tasks=[
                NewTask(
                    kind=UNREACHABLE.name,
                    organisation_id=organisation_id,
                    key=f"{UNREACHABLE.name}:{resting.pk}",
                    title="Texts do not reach a patient's number",
                    detail=f"The last {UNDELIVERABLE_TIMES} texts to {number} failed for good: the number may have ended. "
                    "No more are sent to it until you say so.",
                    patient_id=patient_id,
                    subject="opt_out",
                    subject_id=resting.pk,
                )
            ],
            by=BY,
        )
