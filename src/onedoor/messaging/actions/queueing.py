"""Into the outbox, and out of it again: texts are queued and cleared in the transaction of what they tell.

Both work on sets: the number of statements depends on how many organisations are written for, never on how many texts.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.actor import Actor
from onedoor.messaging.models import OptOut, ProviderAccount, State
from onedoor.messaging.purposes import purpose_of
from onedoor.messaging.rules import quiet
from onedoor.messaging.rules.suppression import Standing, suppressed
from onedoor.messaging.rules.text import LONGEST, downgraded, fragments
from onedoor.messaging.types import NewMessage, QueueResult
from onedoor.patients import api as patients
from onedoor.patients.types import Reach

WAKE = "messaging.dispatch"
_SLICE = 10_000


def queue(*, messages: Sequence[NewMessage], by: Actor) -> QueueResult:
    """Put texts into the outbox in the caller's transaction; an intent that is known already is left as it is.

    A text that must not or cannot be sent is stored all the same, with the reason (`Message.because`): so it is counted,
    and its owner finds it (`never_sent`). Questions are opened for those that go. KeyError for an undeclared purpose.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a text belongs to the transaction of what it tells")
    new = held = 0
    # In one order for everybody: two callers with the same intents wait for each other, never in a circle.
    once = sorted({message.intent_key: message for message in messages}.values(), key=lambda one: one.intent_key)
    for start in range(0, len(once), _SLICE):
        rows = _rows(once[start : start + _SLICE])
        stored = _insert(rows)
        made = [row for row in rows if row.message.intent_key in stored]
        _open_asks(made, stored)
        _note(made, by)
        going = sum(row.state == State.QUEUED for row in made)
        new, held = new + going, held + len(made) - going
    if new:
        _wake()
    return QueueResult(new=new, suppressed=held)


@dataclass(frozen=True)
class _Row:
    """A text as it is stored."""

    message: NewMessage
    lane: int
    account_id: int | None
    number: str
    body: str
    state: State
    because: str
    not_before: datetime


def _rows(messages: Sequence[NewMessage]) -> list[_Row]:
    now = clock.now()
    accounts = _accounts({message.organisation_id for message in messages})
    reaches = _reaches(messages)
    numbers = {message.intent_key: _number(message, reaches) for message in messages}
    resting = _resting(set(numbers.values()))
    today = clock.today()
    return [
        _row(
            message,
            number=numbers[message.intent_key],
            account_id=accounts.get(message.organisation_id),
            standing=_standing(message, numbers[message.intent_key], reaches, resting, today),
            now=now,
        )
        for message in messages
    ]


def _row(message: NewMessage, *, number: str, account_id: int | None, standing: Standing, now: datetime) -> _Row:
    purpose = purpose_of(message.purpose)
    body = downgraded(message.body)
    start = max(message.not_before or now, now)
    not_before = quiet.earliest(start) if purpose.quiet_hours else start
    because = suppressed(purpose.group, standing) or _impossible(body, account_id)
    state = State.SUPPRESSED if because else State.QUEUED
    if not because and not_before >= message.not_after:
        state, because = State.EXPIRED, "too_late"
    return _Row(message, purpose.lane, account_id, number, body, state, because, not_before)


def _impossible(body: str, account_id: int | None) -> str:
    if account_id is None:
        return "no_account"
    if not body.strip():
        return "no_words"
    return "too_long" if len(body) > LONGEST else ""


def _accounts(organisation_ids: set[int]) -> dict[int, int]:
    return dict(
        ProviderAccount.objects.filter(organisation_id__in=organisation_ids).values_list("organisation_id", "id")
    )


def _reaches(messages: Iterable[NewMessage]) -> dict[tuple[int, int], Reach]:
    wanted: dict[int, set[int]] = defaultdict(set)
    for message in messages:
        if message.patient_id is not None:
            wanted[message.organisation_id].add(message.patient_id)
    return {
        (organisation_id, patient_id): reach
        for organisation_id, ids in wanted.items()
        for patient_id, reach in patients.reach(organisation_id, ids).items()
    }


def _number(message: NewMessage, reaches: Mapping[tuple[int, int], Reach]) -> str:
    if message.number is not None or message.patient_id is None:
        return message.number or ""
    reach = reaches.get((message.organisation_id, message.patient_id))
    return (reach.mobile if reach else None) or ""


def _resting(numbers: set[str]) -> dict[tuple[int, str], str]:
    """Why numbers are not to be used, by organisation and number."""
    rows = OptOut.objects.filter(number__in=numbers - {""}, until=None)
    return {(row[0], row[1]): row[2] for row in rows.values_list("organisation_id", "number", "because")}


def _standing(
    message: NewMessage,
    number: str,
    reaches: Mapping[tuple[int, int], Reach],
    resting: Mapping[tuple[int, str], str],
    today: date,
) -> Standing:
    rests = resting.get((message.organisation_id, number), "")
    reach = reaches.get((message.organisation_id, message.patient_id)) if message.patient_id is not None else None
    if reach is None:
        return Standing(has_number=bool(number), resting=rests)
    return Standing(
        has_number=bool(number),
        deceased=reach.deceased,
        restricted=reach.restricted,
        registered=reach.registered,
        shared=reach.mobile_holders > 1,
        age=age_on(reach.born_on, today),
        resting=rests,
        # Somebody with a mobile who asked to be telephoned; whoever has none is `has_number`.
        by_phone_only=reach.mobile is not None and reach.by_phone_only,
        no_plain_text=reach.no_plain_text,
    )


def age_on(born_on: date, day: date) -> int:
    """Whole years of age on a day."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


_INSERT = f"""
    INSERT INTO messaging_message (ref, channel, attempt, lookups, contradicted, created_at, ended_at,
        intent_key, organisation_id, account_id, purpose, lane, patient_id, number, body, fragments,
        state, because, not_before, not_after, subject, subject_id)
    SELECT gen_random_uuid(), 'sms', 0, 0, false, %(now)s, CASE WHEN r.state <> {State.QUEUED.value} THEN %(now)s END, r.*
    FROM unnest(%(intent)s::text[], %(organisation)s::bigint[], %(account)s::bigint[], %(purpose)s::text[],
                %(lane)s::smallint[], %(patient)s::bigint[], %(number)s::text[], %(body)s::text[],
                %(fragments)s::smallint[], %(state)s::smallint[], %(because)s::text[], %(not_before)s::timestamptz[],
                %(not_after)s::timestamptz[], %(subject)s::text[], %(subject_id)s::bigint[])
         AS r(intent_key, organisation_id, account_id, purpose, lane, patient_id, number, body, fragments,
              state, because, not_before, not_after, subject, subject_id)
    ON CONFLICT (intent_key) DO NOTHING
    RETURNING intent_key, id"""


def _insert(rows: Sequence[_Row]) -> dict[str, int]:
    """Store the rows; returns the keys of those that are new, by intent."""
    messages = [row.message for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "now": clock.now(),
                "intent": [message.intent_key for message in messages],
                "organisation": [message.organisation_id for message in messages],
                "account": [row.account_id for row in rows],
                "purpose": [message.purpose for message in messages],
                "lane": [row.lane for row in rows],
                "patient": [message.patient_id for message in messages],
                "number": [row.number for row in rows],
                "body": [row.body for row in rows],
                "fragments": [fragments(row.body) for row in rows],
                "state": [row.state.value for row in rows],
                "because": [row.because for row in rows],
                "not_before": [row.not_before for row in rows],
                "not_after": [message.not_after for message in messages],
                "subject": [message.subject for message in messages],
                "subject_id": [message.subject_id for message in messages],
            },
        )
        return dict(cursor.fetchall())


def _open_asks(rows: Sequence[_Row], stored: Mapping[str, int]) -> None:
    asking = [(row, row.message.ask) for row in rows if row.message.ask is not None and row.state == State.QUEUED]
    if not asking:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO messaging_ask (state, asked_at, organisation_id, patient_id, number, context, message_id, subject,
                                          subject_id, options, expires_at)
               SELECT 'open', %s, r.* FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::bigint[],
                                                  %s::text[], %s::bigint[], %s::jsonb[], %s::timestamptz[]) AS r""",
            [
                clock.now(),
                [row.message.organisation_id for row, _ in asking],
                [row.message.patient_id for row, _ in asking],
                [row.number for row, _ in asking],
                [ask.context for _, ask in asking],
                [stored[row.message.intent_key] for row, _ in asking],
                [ask.subject for _, ask in asking],
                [ask.subject_id for _, ask in asking],
                [json.dumps(list(ask.options)) for _, ask in asking],
                [ask.expires_at for _, ask in asking],
            ],
        )


def _note(rows: Sequence[_Row], by: Actor) -> None:
    """One audit row for each organisation and purpose: whom it was for, the messages themselves say."""
    counts = Counter((row.message.organisation_id, row.message.purpose, row.state == State.QUEUED) for row in rows)
    pairs = sorted({key[:2] for key in counts})
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                "queue_messages",
                "message",
                organisation_id=organisation_id,
                detail={
                    "purpose": purpose,
                    "queued": counts[organisation_id, purpose, True],
                    "held": counts[organisation_id, purpose, False],
                },
            )
            for organisation_id, purpose in pairs
        ],
    )


def _wake() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [jobs.WAKE_CHANNEL, WAKE])


def clear(
    *,
    subject: str,
    subject_ids: Sequence[int],
    because: str,
    by: Actor,
    purposes: Sequence[str] | None = None,
) -> int:
    """Take back texts that are no longer true, in the caller's transaction; returns how many will not be sent.

    A text that may be on the wire cannot be taken back; it is marked, so that it is not tried again. Questions that these
    texts put, or would have put, are withdrawn.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a text is cleared in the transaction of what made it untrue")
    parameters: dict[str, Any] = {
        "subject": subject,
        "ids": list(subject_ids),
        "because": because[:40],
        "now": clock.now(),
        "purposes": None if purposes is None else list(purposes),
        "unsent": [State.QUEUED, State.CLAIMED],
        "on_the_way": [State.SENDING, State.UNKNOWN],
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH found AS (
                    SELECT id FROM messaging_message
                    WHERE subject = %(subject)s AND subject_id = ANY(%(ids)s)
                      AND state = ANY(%(unsent)s || %(on_the_way)s)
                      AND (%(purposes)s::text[] IS NULL OR purpose = ANY(%(purposes)s))
                    ORDER BY id FOR UPDATE),
                changed AS (
                    UPDATE messaging_message m SET because = %(because)s,
                        state = CASE WHEN m.state = ANY(%(unsent)s) THEN {State.CLEARED.value} ELSE m.state END,
                        ended_at = CASE WHEN m.state = ANY(%(unsent)s) THEN %(now)s END,
                        run = CASE WHEN m.state = ANY(%(unsent)s) THEN NULL ELSE m.run END
                    FROM found WHERE m.id = found.id AND m.state = ANY(%(unsent)s || %(on_the_way)s)
                    RETURNING m.state)
                SELECT count(*) FILTER (WHERE state = {State.CLEARED.value}) FROM changed""",
            parameters,
        )
        cleared = int(cursor.fetchone()[0])
        cursor.execute(
            """UPDATE messaging_ask k SET state = 'withdrawn' FROM (
                   SELECT id FROM messaging_ask o
                   WHERE o.subject = %(subject)s AND o.subject_id = ANY(%(ids)s) AND o.state = 'open'
                     AND (%(purposes)s::text[] IS NULL OR EXISTS (
                         SELECT 1 FROM messaging_message m WHERE m.id = o.message_id AND m.purpose = ANY(%(purposes)s)))
                   ORDER BY id FOR NO KEY UPDATE OF o) l
               WHERE k.id = l.id AND k.state = 'open'""",
            parameters,
        )
    if cleared:
        audit.record(
            by=by,
            line=audit.Line("clear_messages", subject, detail={"because": because, "cleared": cleared}),
        )
    return cleared
