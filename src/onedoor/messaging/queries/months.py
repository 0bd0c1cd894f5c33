"""Reminders, replies and pence by organisation and month. For reports: no number, no text, no patient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from onedoor.kernel.access import Access, Permission
from onedoor.kernel.clock import london_day


@dataclass
class TextMonth:
    """A London month of an organisation."""

    organisation_id: int
    month: date
    reminders: int = 0
    """That the provider took, by the day on which they were made."""
    answered: int = 0
    """Questions whether somebody comes that were answered, by the day on which they were asked."""
    pence: Decimal = Decimal(0)
    """Of all texts, by the tariff of the day on which the provider took each."""


def text_months(access: Access, first: date | None, last: date) -> list[TextMonth]:
    """What was sent and answered on London days `first` to `last`, from the beginning without a first; each day of it as its
    balance says; months in which nothing was are left out. Needs REPORTS. Three statements, however many organisations and
    months."""
    access.require(Permission.REPORTS)
    values: dict[str, Any] = {
        "from": london_day(first)[0] if first else None,
        "to": london_day(last)[1],
        "all": access.everything,
        "organisations": access.organisations,
    }
    found: dict[tuple[int, date], TextMonth] = {}
    with connection.cursor() as cursor:
        for name, statement in _STATEMENTS.items():
            cursor.execute(statement, values)
            for organisation, month, figure in cursor.fetchall():
                one = found.setdefault((organisation, month), TextMonth(organisation, month))
                setattr(one, name, figure)
    return list(found.values())


def _by_month(moment: str, what: str, table: str, where: str) -> str:
    return f"""
    SELECT organisation_id, date_trunc('month', {moment} AT TIME ZONE 'Europe/London')::date, {what} FROM {table} k
    WHERE {where} AND (%(from)s::timestamptz IS NULL OR {moment} >= %(from)s) AND {moment} < %(to)s
        AND (%(all)s OR organisation_id = ANY(%(organisations)s))
    GROUP BY 1, 2"""


_STATEMENTS = {
    "reminders": _by_month(
        "created_at", "count(*)", "messaging_message", "purpose = 'appointment_reminder' AND accepted_at IS NOT NULL"
    ),
    "answered": _by_month(
        "asked_at",
        "count(*)",
        "messaging_ask",
        """context = 'appointment'
            AND (state = 'answered' OR EXISTS (SELECT 1 FROM messaging_answer a WHERE a.ask_id = k.id))""",
    ),
    "pence": _by_month("accepted_at", "coalesce(sum(pence), 0)", "messaging_message", "accepted_at IS NOT NULL"),
}
