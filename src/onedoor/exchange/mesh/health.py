"""How a mailbox's door is: one row, changed only when it changes."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models.functions import Coalesce, Now

from onedoor.exchange.models import Mailbox


def real_now() -> datetime:
    """The database's clock: leases and pauses are real time (architecture.md 4)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
        return found


def faulty(mailbox: Mailbox, why: str) -> None:
    """The last try came to nothing."""
    Mailbox.objects.filter(pk=mailbox.pk).update(fault=why[:200], failing_since=Coalesce("failing_since", Now()))


def well(mailbox: Mailbox) -> None:
    """MESH answered."""
    Mailbox.objects.filter(pk=mailbox.pk).exclude(failing_since=None).update(fault="", failing_since=None)
