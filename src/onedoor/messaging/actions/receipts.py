"""Delivery receipts: stored as they come, applied in sets, in any order and any number of times (`receipt_effects`).

A slice is four statements by key: the receipts, their texts (locked in order of key, like everything that locks messages),
what became of the texts, what became of the receipts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection, transaction

from onedoor.kernel import arrays, clock, prepared
from onedoor.kernel.actor import Actor
from onedoor.messaging.actions.asking import opt_out
from onedoor.messaging.actions.receipt_effects import NOT_YET_ACCEPTED, TERMINAL, effect
from onedoor.messaging.actions.results import note_sent
from onedoor.messaging.by_key import plan_by_key
from onedoor.messaging.kinds_sending import UNREACHABLE
from onedoor.messaging.models import OptOut, State
from onedoor.messaging.rules.money import FREE
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

BY = Actor.system("delivery receipts")

RESTS = "unreachable"
UNDELIVERABLE_TIMES = 2
"""So many permanent failures in a row, and the number rests (clinical.md 6.2)."""


@dataclass(frozen=True, slots=True)
class _Receipt:
    id: int
    account_id: int
    reference: str
    status: str
    provider_id: str | None


@dataclass(slots=True)
class _Text:
    """A text as it stood, and what its receipts of this slice make of it."""

    id: int
    account_id: int
    was: int
    attempt: int
    patient_id: int | None
    organisation_id: int
    purpose: str
    number: str
    stands: int = field(init=False)
    provider_id: str | None = None
    free: bool = False
    contradicted: bool = False

    def __post_init__(self) -> None:
        self.stands = self.was

    def hear(self, receipt: _Receipt) -> str:
        """Take one receipt; what it came to."""
        found = effect(self.stands, self.attempt, receipt.status)
        if found == "applied":
            self.stands, self.free = TERMINAL[receipt.status], receipt.status in FREE
            self.provider_id = self.provider_id or receipt.provider_id
        elif found == "contradicts":
            self.contradicted = True
        return found


@transaction.atomic
def apply_receipts(*, limit: int = 2_000) -> int:
    """Apply the oldest receipts that wait; returns how many were dealt with."""
    plan_by_key()
    receipts = _take(limit)
    if not receipts:
        return 0
    texts = _texts([ref for ref in map(_uuid, receipts) if ref is not None])
    results: dict[int, str] = {}
    for receipt in receipts:
        text = texts.get((receipt.account_id, _uuid(receipt)))
        if text is not None:
            results[receipt.id] = text.hear(receipt)
        else:
            results[receipt.id] = "unreadable" if receipt.status == "unreadable" else "no_message"
    changed = [text for text in texts.values() if text.stands != text.was]
    _store(changed, [text.id for text in texts.values() if text.contradicted])
    _done(results)
    news = [text for text in changed if text.was in NOT_YET_ACCEPTED]
    _attempts_accepted([(text.id, text.attempt) for text in news])
    note_sent([(text.id, text.patient_id, text.organisation_id, text.purpose) for text in news], by=BY)
    _rest_undeliverable({(text.organisation_id, text.number) for text in changed if text.stands == State.DEAD_NUMBER})
    return len(results)


def _take(limit: int) -> list[_Receipt]:
    taken = prepared.execute(
        """SELECT id, account_id, reference, status, left(body->>'id', 60) FROM messaging_receipt
           WHERE processed_real IS NULL ORDER BY id LIMIT %s::int FOR UPDATE SKIP LOCKED""",
        [limit],
    )
    return [_Receipt(*row) for row in taken.fetchall()]


def _uuid(receipt: _Receipt) -> UUID | None:
    """Our reference on the wire, None for what is not one."""
    try:
        return UUID(receipt.reference) if len(receipt.reference) == 36 else None
    except ValueError:
        return None


def _texts(refs: Sequence[UUID]) -> Mapping[tuple[int, UUID | None], _Text]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT ref, id, account_id, state, attempt, patient_id, organisation_id, purpose, number
               FROM messaging_message WHERE ref = ANY(%s::uuid[]) AND account_id IS NOT NULL ORDER BY id FOR NO KEY UPDATE""",
            [arrays.words(refs)],
        )
        return {(row[2], row[0]): _Text(*row[1:]) for row in cursor.fetchall()}


def _store(changed: Sequence[_Text], contradicted: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        if changed:
            cursor.execute(
                """UPDATE messaging_message m SET
                       state = r.state, ended_at = %(now)s, because = '', run = NULL, retry_real = NULL, lease_real = NULL,
                       provider_id = coalesce(m.provider_id, r.provider_id),
                       accepted_at = coalesce(m.accepted_at, %(now)s),
                       pence = CASE WHEN r.free THEN 0 ELSE coalesce(m.pence, m.fragments * (
                           SELECT t.pence FROM messaging_tariff t WHERE t.provider = 'govuk' AND t.starts_on <= %(day)s
                           ORDER BY t.starts_on DESC LIMIT 1)) END
                   FROM unnest(%(ids)s::bigint[], %(states)s::smallint[], %(providers)s::text[], %(free)s::boolean[])
                        AS r(id, state, provider_id, free)
                   WHERE m.id = r.id""",
                {
                    "now": clock.now(),
                    "day": clock.today(),
                    "ids": arrays.numbers(text.id for text in changed),
                    "states": arrays.numbers(int(text.stands) for text in changed),
                    "providers": arrays.words(text.provider_id for text in changed),
                    "free": arrays.flags(text.free for text in changed),
                },
            )
        if contradicted:
            cursor.execute("UPDATE messaging_message SET contradicted = true WHERE id = ANY(%s)", [list(contradicted)])


def _done(results: Mapping[int, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE messaging_receipt m SET processed_real = clock_timestamp(), result = r.result
               FROM unnest(%s::bigint[], %s::text[]) AS r(id, result) WHERE m.id = r.id""",
            [arrays.numbers(results), arrays.words(results.values())],
        )


def _attempts_accepted(tries: Sequence[tuple[int, int]]) -> None:
    """The receipt proves what the attempt could not."""
    if tries:
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE messaging_attempt a SET outcome = 'accepted', ended_real = coalesce(ended_real, clock_timestamp())
                   FROM unnest(%s::bigint[], %s::smallint[]) AS r(id, n)
                   WHERE a.message_id = r.id AND a.n = r.n AND a.outcome IN ('', 'unknown')""",
                [arrays.numbers(key for key, _ in tries), arrays.numbers(n for _, n in tries)],
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
