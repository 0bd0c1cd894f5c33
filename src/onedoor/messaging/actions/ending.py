"""Texts that wait too long, and what people decide about those that failed."""

from __future__ import annotations

from django.db import connection, transaction

from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.actor import Actor
from onedoor.messaging.actions import doubts
from onedoor.messaging.actions.asking import opt_in
from onedoor.messaging.actions.queueing import WAKE
from onedoor.messaging.actions.receipts import RESTS
from onedoor.messaging.actions.results import withdraw_asks
from onedoor.messaging.kinds_sending import UNKNOWN_SEND, UNKNOWN_SENDS, UNREACHABLE
from onedoor.messaging.models import OptOut, State
from onedoor.tasks.api import Task
from onedoor.tasks.events import TaskCompleted

BY = Actor.system("expire texts")


@transaction.atomic
def expire(*, limit: int = 2_000) -> int:
    """End queued texts that are of no use any more, so that an old one never arrives late (messaging.md 3.3, cht-core #3180)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE messaging_message m SET state = {State.EXPIRED.value}, because = 'too_late', ended_at = %(now)s
                FROM (SELECT id FROM messaging_message WHERE waiting AND state = {State.QUEUED.value}
                        AND not_after <= %(now)s
                      ORDER BY id LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED) late
                WHERE m.id = late.id RETURNING m.id, m.organisation_id""",
            {"now": clock.now(), "limit": limit},
        )
        rows = cursor.fetchall()
    withdraw_asks([row[0] for row in rows])
    audit.record_many(
        by=BY,
        lines=[
            audit.Line(
                "expire_messages",
                "message",
                organisation_id=organisation_id,
                detail={"expired": sum(row[1] == organisation_id for row in rows)},
            )
            for organisation_id in sorted({row[1] for row in rows})
        ],
    )
    return len(rows)


def lock_message(task: Task) -> None:
    """Before work about a text ends: lock the text (`messaging.models`, one lock order)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM messaging_message WHERE id = %s FOR NO KEY UPDATE", [task.subject_id])


def lock_opt_out(task: Task) -> None:
    """Before work about a number that rests ends: lock its rest."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM messaging_opt_out WHERE id = %s FOR NO KEY UPDATE", [task.subject_id])


def on_task_completed(event: TaskCompleted) -> None:
    """A person decided about texts of unknown fate, or about a number that texts do not reach."""
    if event.subject_id is None:
        return
    if event.kind == UNKNOWN_SEND.name:
        _resend_or_leave(event.subject_id, resend=event.outcome == "resend")
    elif event.kind == UNKNOWN_SENDS.name:
        if event.outcome == "look":
            doubts.look_again(event.subject_id)
        else:
            doubts.leave(event.subject_id, event.by)
    elif event.kind == UNREACHABLE.name and event.outcome == "again":
        _text_again(event.subject_id, event.by)


def _resend_or_leave(message_id: int, *, resend: bool) -> None:
    """Only while it is still unknown: a receipt may have said more meanwhile."""
    state = State.QUEUED if resend else State.EXPIRED
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE messaging_message SET state = %s, because = %s, run = NULL, lookups = 0,
                   ended_at = CASE WHEN %s THEN NULL ELSE %s END
               WHERE id = %s AND state = %s""",
            [state.value, "" if resend else "unknown", resend, clock.now(), message_id, State.UNKNOWN.value],
        )
        cursor.execute("SELECT pg_notify(%s, %s)", [jobs.WAKE_CHANNEL, WAKE])
    if not resend:
        withdraw_asks([message_id])


def _text_again(opt_out_id: int, by: Actor) -> None:
    resting = OptOut.objects.filter(pk=opt_out_id).first()
    if resting is not None:
        opt_in(organisation_id=resting.organisation_id, number=resting.number, by=by, because=RESTS)
