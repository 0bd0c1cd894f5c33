"""Texts of unknown fate that looking up does not clear up: a person is asked, and decides (messaging.md 6.2, policy by class).

A provider that is silent for hours, or to which our key says nothing any more, is silent about every text of the account: that
is one piece of work for the account, never one for each text. Until somebody decides, the texts stay unknown: never taken for
delivered, never sent again, and looked up ever more rarely. What the provider says at last is believed, before and after.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from onedoor.kernel import audit, clock
from onedoor.kernel.actor import Actor
from onedoor.messaging.actions.results import withdraw_asks
from onedoor.messaging.kinds_sending import UNKNOWN_SEND, UNKNOWN_SENDS
from onedoor.messaging.models import State
from onedoor.messaging.purposes import group_of
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

BY = Actor.system("reconcile texts")

SILENT = timedelta(hours=4)
"""So long, in real time, a text that is still of use may be of unknown fate before a person is asked."""
TRIED = timedelta(minutes=30)
"""So long, in real time, when it is of no use any more: both look-ups have had their time (messaging.md 6.2)."""
AGAIN = timedelta(hours=2)
"""After somebody had the texts looked up once more they are asked again no sooner."""

_UNANSWERED = """
    FROM messaging_message m JOIN messaging_attempt a ON a.message_id = m.id AND a.n = m.attempt
    WHERE m.in_doubt AND m.retry_real IS NOT NULL
      AND coalesce(a.ended_real, a.started_real) < clock_timestamp() - CASE WHEN m.not_after <= %(now)s
          THEN %(tried)s::interval ELSE %(silent)s::interval END"""
"""Those without `retry_real` are before a person already, each by itself: the provider said that it does not have them."""


@transaction.atomic
def ask_about_silence() -> int:
    """Ask a person about each account whose texts stay in doubt; take the question back when they are no more.

    Returns how many accounts are newly asked about.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT m.account_id, m.organisation_id, count(*), array_agg(DISTINCT m.purpose) {_UNANSWERED} GROUP BY 1, 2",
            _parameters(),
        )
        silent = {row[0]: row[1:] for row in cursor.fetchall()}
    about = tasks.Task.objects.filter(kind=UNKNOWN_SENDS.name)
    answered = about.filter(state__in=("open", "claimed")).exclude(subject_id__in=silent)
    tasks.withdraw(
        keys=list(answered.values_list("key", flat=True)), because="the provider has said what became of them", by=BY
    )
    just_decided = about.filter(state="done", subject_id__in=silent, ended_at__gt=clock.now() - AGAIN)
    resting = set(just_decided.values_list("subject_id", flat=True))
    return len(
        tasks.ask_for(
            tasks=[
                _about_account(
                    key, organisation_id, count, results=any(group_of(name) == "result" for name in purposes)
                )
                for key, (organisation_id, count, purposes) in sorted(silent.items())
                if key not in resting
            ],
            by=BY,
        )
    )


def _parameters() -> dict[str, Any]:
    return {"now": clock.now(), "tried": TRIED, "silent": SILENT}


def _about_account(account_id: int, organisation_id: int, count: int, *, results: bool) -> NewTask:
    texts = "a text" if count == 1 else f"{count:,} texts"
    return NewTask(
        kind=UNKNOWN_SENDS.name,
        organisation_id=organisation_id,
        key=f"{UNKNOWN_SENDS.name}:{account_id}",
        title="The provider does not say whether it sent our texts",
        detail=(
            f"The connection failed while {texts} went out, and GOV.UK Notify has not answered since when asked about it: "
            "perhaps the account's key was revoked. Put that right and have them looked up again. None is sent again by "
            "itself until the provider says that it does not have it."
            + (" Some hold results: when you leave them, you are asked about each." if results else "")
        ),
        subject="provider_account",
        subject_id=account_id,
    )


def look_again(account_id: int) -> None:
    """Somebody put the account right: its texts are looked up at once, in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE messaging_message m SET retry_real = clock_timestamp()
               FROM (SELECT id FROM messaging_message WHERE in_doubt AND account_id = %s AND retry_real IS NOT NULL
                     ORDER BY id FOR NO KEY UPDATE) found WHERE m.id = found.id""",
            [account_id],
        )


def leave(account_id: int, by: Actor) -> None:
    """Somebody gives these texts up, in the caller's transaction: they end unsent, as far as we shall ever know.

    About each that holds a result, a person is still asked (messaging.md 6.2).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT m.id, m.organisation_id, m.patient_id, m.purpose {_UNANSWERED} AND m.account_id = %(account)s
                ORDER BY m.id FOR NO KEY UPDATE OF m""",
            {**_parameters(), "account": account_id},
        )
        rows = cursor.fetchall()
    results = [row for row in rows if group_of(row[3]) == "result"]
    given_up = [row for row in rows if group_of(row[3]) != "result"]
    close([row[0] for row in given_up], State.EXPIRED, clock.now())
    leave_to_person([row[:3] for row in results], "has not said whether it has it")
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                "give_up_messages",
                "provider_account",
                account_id,
                organisation_id=organisation_id,
                detail={"given_up": sum(row[1] == organisation_id for row in given_up)},
            )
            for organisation_id in sorted({row[1] for row in given_up})
        ],
    )


def close(ids: Sequence[int], state: State, now: datetime) -> None:
    """End texts of unknown fate, which the caller has locked, and the questions that they put."""
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE messaging_message SET state = %s, ended_at = %s, run = NULL, retry_real = NULL,
                   because = CASE WHEN because = '' THEN 'unknown' ELSE because END WHERE id = ANY(%s)""",
            [state.value, now, list(ids)],
        )
    withdraw_asks(ids)


def leave_to_person(rows: Sequence[tuple[int, int, int | None]], what: str) -> None:
    """Ask about each of these texts (message, organisation, patient), locked by the caller; none is looked up by itself."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_message SET retry_real = NULL WHERE id = ANY(%s)", [[row[0] for row in rows]])
    tasks.ask_for(
        tasks=[
            NewTask(
                kind=UNKNOWN_SEND.name,
                organisation_id=organisation_id,
                key=f"{UNKNOWN_SEND.name}:{key}",
                title="A text may not have been sent",
                detail=(
                    f"The connection failed while this text was being sent, and the provider {what}. "
                    "It holds a result or a safety message, so it is not sent again without you."
                ),
                patient_id=patient_id,
                subject="message",
                subject_id=key,
            )
            for key, organisation_id, patient_id in rows
        ],
        by=BY,
    )
