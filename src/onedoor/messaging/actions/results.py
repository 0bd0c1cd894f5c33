"""What follows when a text was taken by the provider, or will never be: shared by results, receipts and look-ups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

from onedoor.kernel import codes
from onedoor.kernel.actor import Actor
from onedoor.messaging.ports import Fate
from onedoor.records import api as records


class Result(NamedTuple):
    """What became of one attempt. `at_once`: it never left this process, so nothing is to be waited for."""

    message_id: int
    attempt: int
    fate: Fate
    status: int | None = None
    provider_id: str | None = None
    why: str = ""
    at_once: bool = False


def note_sent(rows: Sequence[tuple[int, int | None, int, str]], *, by: Actor) -> None:
    """Put "text message sent" on the timelines of accepted texts' patients, in the caller's transaction.

    Rows are (message, patient, organisation, purpose); a text without a patient is on nobody's record.
    """
    by_purpose: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for message_id, patient_id, organisation_id, purpose in rows:
        if patient_id is not None:
            by_purpose[purpose].append((patient_id, organisation_id, message_id))
    for purpose, alike in by_purpose.items():
        records.record_alike(
            kind="text_sent",
            text=f"Text message sent: {purpose.replace('_', ' ')}",
            source="text message",
            concept=codes.SMS_SENT,
            subject="message",
            rows=alike,
            by=by,
        )


def withdraw_asks(message_ids: Sequence[int]) -> None:
    """Withdraw the questions of texts that nobody will read, in the caller's transaction."""
    if message_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE messaging_ask k SET state = 'withdrawn' FROM (
                       SELECT id FROM messaging_ask WHERE message_id = ANY(%s) AND state = 'open'
                       ORDER BY id FOR NO KEY UPDATE) l
                   WHERE k.id = l.id AND k.state = 'open'""",
                [list(message_ids)],
            )
