"""How the mailboxes are, for whoever looks after them. No password and no key leaves here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from onedoor.exchange.mesh.client import Line, LineDown
from onedoor.exchange.mesh.health import faulty, real_now, well
from onedoor.exchange.models import Mailbox
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


def mailboxes() -> list[MailboxView]:
    """Every mailbox, by its identifier."""
    open_ = Q(messages__state__in=("waiting", "sending", "in_doubt"))
    found = Mailbox.objects.select_related("organisation").annotate(to_send=Count("messages", filter=open_))
    return [
        MailboxView(
            mailbox_id=one.mailbox_id,
            organisation=one.organisation.name,
            active=one.active,
            polled_at=one.polled_at,
            failing_since=one.failing_since,
            fault=one.fault,
            waiting=one.to_send,
        )
        for one in found.order_by("mailbox_id")
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
