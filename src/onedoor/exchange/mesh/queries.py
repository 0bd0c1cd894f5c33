"""How the mailboxes are, for whoever looks after them. No password and no key leaves here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from onedoor.exchange.mesh.client import Line, LineDown
from onedoor.exchange.mesh.health import faulty, real_now, well
from onedoor.exchange.models import Mailbox, MeshMessage
from onedoor.kernel.actor import Actor


@dataclass(frozen=True)
class MailboxView:
    """A mailbox. Times are real; `waiting` counts what is to be sent or asked about."""

    mailbox_id: str
    organisation: str
    active: bool
    polled_at: datetime | None
    failing_since: datetime | None
    fault: str
    waiting: int


_OPEN = (("waiting",), ("sending", "in_doubt"))
"""States in which a message is to be sent or asked about; each of these has an index of its own."""


def to_send() -> dict[int, tuple[int, datetime]]:
    """By mailbox how many messages are to be sent or asked about, and when the oldest of them was made; none of those that went.

    Two queries, which read what is open and nothing of all that ever went.
    """
    found: dict[int, tuple[int, datetime]] = {}
    for states in _OPEN:
        rows = MeshMessage.objects.filter(state__in=states).order_by().values("mailbox_id")
        for row in rows.annotate(number=Count("pk"), oldest=Min("made_at")):
            number, oldest = found.get(row["mailbox_id"], (0, row["oldest"]))
            found[row["mailbox_id"]] = number + row["number"], min(oldest, row["oldest"])
    return found


def mailboxes() -> list[MailboxView]:
    """Every mailbox, by its identifier."""
    waiting = to_send()
    return [
        MailboxView(
            mailbox_id=one.mailbox_id,
            organisation=one.organisation.name,
            active=one.active,
            polled_at=one.polled_at,
            failing_since=one.failing_since,
            fault=one.fault,
            waiting=waiting[one.pk][0] if one.pk in waiting else 0,
        )
        for one in Mailbox.objects.select_related("organisation").order_by("mailbox_id")
    ]


def try_mailbox(*, mailbox_id: str, by: Actor) -> str:
    """Say to MESH that we are there: empty when it lets the mailbox in, else what it came to. Not in a transaction."""
    mailbox = Mailbox.objects.get(mailbox_id=mailbox_id)
    try:
        with Line(mailbox) as line:
            line.handshake()
    except LineDown as why:
        faulty(mailbox, "in", str(why), by)
        return str(why)
    Mailbox.objects.filter(pk=mailbox.pk).update(handshake_at=real_now())
    well(mailbox, "in", by)
    return ""
