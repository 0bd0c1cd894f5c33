"""What became of a day's texts: every one in one state, every received one dealt with, every penny by tariff."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from onedoor.kernel.access import Access
from onedoor.kernel.clock import london_day
from onedoor.kernel.ledger import Account
from onedoor.messaging.models import State

_SENT = [State.ACCEPTED, State.DELIVERED, State.UNREACHED, State.DEAD_NUMBER, State.TECHNICAL]
_NEVER = [State.REFUSED, State.EXPIRED, State.CLEARED, State.SUPPRESSED]
REMINDERS_ANSWERED = "reminders answered"
"""The part of the account of questions that is a day's headline: offers are counted beside it, never in it."""
_SCOPE = "(%(all)s OR organisation_id = ANY(%(organisations)s))"


def _scope(access: Access, day: date) -> dict[str, Any]:
    start, end = london_day(day)
    return {"all": access.everything, "organisations": access.organisations, "from": start, "to": end}


def _rows(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def accounts_of_day(access: Access, day: date) -> list[Account]:
    """The accounts of messaging for a London day."""
    parameters = {**_scope(access, day), "sent": _SENT, "never": _NEVER}
    return [_messages(parameters), _asks(parameters), _received(parameters)]


def _messages(parameters: dict[str, Any]) -> Account:
    states = _rows(
        f"""SELECT state, count(*) FROM messaging_message
            WHERE {_SCOPE} AND created_at >= %(from)s AND created_at < %(to)s GROUP BY state ORDER BY state""",
        parameters,
    )
    broken = _rows(
        f"""SELECT id, CASE
                WHEN state = ANY(%(sent)s) AND (provider_id IS NULL OR accepted_at IS NULL)
                    THEN 'sent, yet the provider never said that it has it'
                WHEN state = ANY(%(sent)s) AND attempt = 0 THEN 'sent, yet no attempt was written down before'
                WHEN state = ANY(%(never)s) AND provider_id IS NOT NULL THEN 'the provider has it, yet it is unsent'
                WHEN state = ANY(%(sent)s) AND pence IS NULL THEN 'sent without a price'
                WHEN state = ANY(%(sent)s) AND state <> {State.TECHNICAL.value} AND pence IS DISTINCT FROM fragments * (
                    SELECT t.pence FROM messaging_tariff t
                    WHERE t.provider = 'govuk' AND t.starts_on <= (accepted_at AT TIME ZONE 'Europe/London')::date
                    ORDER BY t.starts_on DESC LIMIT 1) THEN 'its price is not fragments by tariff'
                WHEN state = ANY(%(never)s) AND because = '' AND state <> {State.EXPIRED.value}
                    THEN 'never sent, without a reason'
                WHEN (SELECT count(*) FROM messaging_attempt a WHERE a.message_id = m.id AND a.outcome = 'accepted') > 1
                    THEN 'accepted more than once'
            END AS rule
            FROM messaging_message m
            WHERE {_SCOPE} AND created_at >= %(from)s AND created_at < %(to)s""",
        parameters,
    )
    return Account(
        name="Texts to send",
        total=sum(count for _, count in states),
        parts={State(state).label: count for state, count in states},
        unexplained=[f"message {key}: {rule}" for key, rule in broken if rule],
    )


def _asks(parameters: dict[str, Any]) -> Account:
    states = _rows(
        f"""SELECT CASE context WHEN 'appointment' THEN 'reminders' WHEN 'offer' THEN 'offers' ELSE 'which is meant:' END
                   || ' ' ||
                   -- EARLY answers a reminder and leaves its question open: the visit may still be kept or cancelled.
                   CASE WHEN EXISTS (SELECT 1 FROM messaging_answer a WHERE a.ask_id = k.id) THEN 'answered' ELSE state END
                   AS what, count(*)
            FROM messaging_ask k
            WHERE {_SCOPE} AND asked_at >= %(from)s AND asked_at < %(to)s GROUP BY what ORDER BY what""",
        parameters,
    )
    broken = _rows(
        f"""SELECT id, CASE
                WHEN state = 'answered' AND NOT EXISTS (SELECT 1 FROM messaging_answer a WHERE a.ask_id = k.id)
                    THEN 'answered, yet there is no answer'
                WHEN state = 'open' AND EXISTS (
                    SELECT 1 FROM messaging_message m WHERE m.id = k.message_id AND m.state = ANY(%(never)s))
                    THEN 'open, yet its text will never be sent'
            END FROM messaging_ask k WHERE {_SCOPE} AND asked_at >= %(from)s AND asked_at < %(to)s""",
        parameters,
    )
    return Account(
        name="Questions asked",
        total=sum(count for _, count in states),
        parts=dict(states),
        unexplained=[f"ask {key}: {rule}" for key, rule in broken if rule],
    )


def _received(parameters: dict[str, Any]) -> Account:
    outcomes = _rows(
        f"""SELECT CASE WHEN processed_at IS NULL THEN 'not yet read' ELSE outcome END, count(*) FROM messaging_inbound
            WHERE {_SCOPE} AND received_at >= %(from)s AND received_at < %(to)s GROUP BY 1 ORDER BY 1""",
        parameters,
    )
    broken = _rows(
        f"""SELECT id, CASE
                WHEN processed_at IS NULL AND received_real < clock_timestamp() - interval '2 minutes'
                    THEN 'not read two minutes after it came'
                WHEN processed_at IS NOT NULL AND outcome = '' THEN 'read, and nothing became of it'
                WHEN outcome = 'acted' AND subject_id IS NULL THEN 'acted on, and it does not say on what'
            END FROM messaging_inbound WHERE {_SCOPE} AND received_at >= %(from)s AND received_at < %(to)s""",
        parameters,
    )
    return Account(
        name="Texts received",
        total=sum(count for _, count in outcomes),
        parts=dict(outcomes),
        unexplained=[f"inbound {key}: {rule}" for key, rule in broken if rule],
    )


def pence_of_day(access: Access, day: date) -> Decimal:
    """What the texts accepted on a London day cost, by the tariff of that day."""
    ((pence,),) = _rows(
        f"""SELECT coalesce(sum(pence), 0) FROM messaging_message
            WHERE {_SCOPE} AND accepted_at >= %(from)s AND accepted_at < %(to)s""",
        _scope(access, day),
    )
    return Decimal(pence)


def reminders_sent(access: Access, day: date) -> int:
    """How many of the reminders made on a London day the provider took."""
    ((sent,),) = _rows(
        f"""SELECT count(*) FROM messaging_message
            WHERE {_SCOPE} AND purpose = 'appointment_reminder' AND accepted_at IS NOT NULL
              AND created_at >= %(from)s AND created_at < %(to)s""",
        _scope(access, day),
    )
    return int(sent)


def under_way() -> int:
    """Texts in a dispatcher's hands or unknown, and receipts and replies not yet understood: 0 when all is quiet."""
    ((count,),) = _rows(
        """SELECT (SELECT count(*) FROM messaging_message WHERE state = ANY(%(hand)s))
                + (SELECT count(*) FROM messaging_inbound WHERE processed_at IS NULL)
                + (SELECT count(*) FROM messaging_receipt WHERE processed_real IS NULL)""",
        {"hand": [State.CLAIMED, State.SENDING, State.UNKNOWN]},
    )
    return int(count)
