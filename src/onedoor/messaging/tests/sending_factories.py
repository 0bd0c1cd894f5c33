"""Accounts and texts for tests of sending."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db import transaction

from onedoor.accounts.api import Organisation
from onedoor.factories import TEST
from onedoor.kernel import clock
from onedoor.messaging import api
from onedoor.messaging.models import Attempt, Message, ProviderAccount, State
from onedoor.messaging.types import NewMessage, Purpose, QueueResult

REMINDER = Purpose("test_reminder", "reminder", 1, True)
URGENT = Purpose("test_urgent", "answer", 0, False)
CAMPAIGN = Purpose("test_campaign", "campaign", 2, True)
RESULT = Purpose("test_result", "result", 1, True)
for purpose in (REMINDER, URGENT, CAMPAIGN, RESULT):
    api.declare_purpose(purpose)

SERVICE = "6f6d2d5e-0b1c-4c8e-9a53-5a0c1d9e0001"
SECRET = "6f6d2d5e-0b1c-4c8e-9a53-5a0c1d9e1001"
TEMPLATE = "6f6d2d5e-0b1c-4c8e-9a53-5a0c1d9e2001"
API_KEY = f"simulator-{SERVICE}-{SECRET}"
MOBILE = "+447700900123"
_intents = count(1)


def account(organisation: Organisation, base_url: str = "http://127.0.0.1:9", **more: Any) -> ProviderAccount:
    """The organisation's account, at an address where nobody listens unless given."""
    return api.set_account(
        organisation_id=organisation.pk,
        base_url=base_url,
        api_key=API_KEY,
        callback_token="a-token",
        reply_number="+447700900801",
        templates={"*": TEMPLATE},
        by=TEST,
        **more,
    )


def new(organisation: Organisation, **more: Any) -> NewMessage:
    """A text to MOBILE, useful for a day, unless said otherwise."""
    return NewMessage(
        **{
            "intent_key": f"test:{next(_intents)}",
            "organisation_id": organisation.pk,
            "purpose": REMINDER.name,
            "body": "Sam: your appointment is Tue 8 Dec at 10:20am.",
            "not_after": clock.now() + timedelta(days=1),
            "number": None if "patient_id" in more else MOBILE,
            **more,
        }
    )


def queue(*messages: NewMessage) -> QueueResult:
    """Queue in a transaction of its own."""
    with transaction.atomic():
        return api.queue(messages=messages, by=TEST)


def queued(organisation: Organisation, **more: Any) -> Message:
    """One text in the outbox."""
    message = new(organisation, **more)
    queue(message)
    return Message.objects.get(intent_key=message.intent_key)


def tried(organisation: Organisation, state: State = State.SENDING, *, run: int = 1, **more: Any) -> Message:
    """A text whose first attempt is committed, in the given state."""
    message = queued(organisation, **more)
    Attempt.objects.create(message=message, n=1, run=run, outcome="unknown" if state == State.UNKNOWN else "")
    accepted: datetime | None = clock.now() if state == State.ACCEPTED else None
    Message.objects.filter(pk=message.pk).update(
        state=state, attempt=1, run=run, accepted_at=accepted, provider_id="p-1" if accepted else None
    )
    message.refresh_from_db()
    return message
