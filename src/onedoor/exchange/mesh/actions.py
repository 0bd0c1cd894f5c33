"""Writes of the line: mailboxes, what is queued, and what a person tries again."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db import connection, transaction

from onedoor.exchange.mesh import hooks, rules
from onedoor.exchange.models import Mailbox, MeshMessage, MeshMessageHistory
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.access import NotPermitted, Permission
from onedoor.kernel.actor import Actor
from onedoor.kernel.transitions import record_first, transition

SEND = "exchange.mesh_send"
"""The sweep that is woken."""


def mailbox_of(organisation_id: int) -> Mailbox | None:
    """The mailbox for which an organisation's messages go; the oldest where it has several."""
    return Mailbox.objects.filter(organisation_id=organisation_id, active=True).order_by("pk").first()


def mailboxes_of(organisation_ids: list[int]) -> dict[int, Mailbox]:
    """The same for many, by organisation."""
    found = Mailbox.objects.filter(organisation_id__in=organisation_ids, active=True).order_by("-pk")
    return {one.organisation_id: one for one in found}


@transaction.atomic
def set_mailbox(
    *, organisation_id: int, mailbox_id: str, password: str, shared_key: str, base_url: str, by: Actor
) -> Mailbox:
    """Make a mailbox or change how it is reached; for the operator, who knows its secrets.

    Raises ValueError for an identifier that MESH cannot have, an address that is not to be used, or a mailbox of another
    organisation; NotPermitted for anybody but the system.
    """
    _operator(by)
    name = mailbox_id.strip().upper()
    if not name.isalnum() or len(name) > 30:
        raise ValueError(f"{mailbox_id!r} is no MESH mailbox: letters and digits, 30 at most.")
    _reachable(base_url)
    other = Mailbox.objects.select_related("organisation").filter(mailbox_id=name).first()
    if other is not None and other.organisation_id != organisation_id:
        # What came to it is about the people of whom it was, and its answers are theirs.
        raise ValueError(
            f"Mailbox {name} is that of {other.organisation.name} ({other.organisation.ods_code}). Look at --mailbox."
        )
    made, _ = Mailbox.objects.update_or_create(
        mailbox_id=name,
        defaults={
            "organisation_id": organisation_id,
            "password": password,
            "shared_key": shared_key,
            "base_url": base_url.rstrip("/"),
            "active": True,
            "handshake_at": None,
        },
    )
    # What waited for the mailbox to work waits no longer.
    MeshMessage.objects.filter(mailbox=made, state="waiting").exclude(retry_real=None).update(retry_real=None)
    jobs.wake(SEND)
    audit.record(by=by, line=audit.Line("set_mailbox", "mailbox", made.pk, organisation_id=organisation_id))
    return made


def _reachable(base_url: str) -> None:
    """Raises ValueError for an address to which no password goes."""
    parts = urlsplit(base_url)
    if not parts.hostname or not (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost"))
    ):
        raise ValueError("MESH is reached by https; by http only on this machine.")


def queue(*, mailbox: Mailbox, to: str, workflow: str, subject: str, content: bytes, by: Actor) -> MeshMessage:
    """Put a message in the outbox, in the caller's transaction. It is sent once that is committed, and survives any crash."""
    if not connection.in_atomic_block:
        raise RuntimeError("a message belongs to the transaction of what it is about")
    message = MeshMessage.objects.create(
        mailbox=mailbox, to=to, workflow=workflow, subject=subject[:500], content=content, made_at=clock.now()
    )
    record_first(history=MeshMessageHistory, ids=[message.pk], state="waiting", by=by)
    jobs.wake(SEND)
    return message


class CannotRetry(Exception):
    """The message is not sent again, and why; nothing was changed."""


TAKEN_BACK = "taken back"
"""The fault of a message that whoever queued it took out of the outbox."""


def take_back(message_id: int, by: Actor) -> bool:
    """Take a message out of the outbox, so that it never goes, in the caller's transaction; False where it may have gone."""
    # Whoever sends locks messages first: what they hold is on its way. Of what is waiting, MESH certainly has nothing.
    held = MeshMessage.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=message_id, state="waiting")
    if not held.exists():
        return False
    return bool(move([message_id], to="failed", by=by, reason="it is not to go as it is", fault=TAKEN_BACK))


def retry(*, message_id: int, by: Actor) -> bool:
    """Send again what failed, the same bytes under the same local id, in the caller's transaction; False unless it had failed.

    Raises CannotRetry for one that was taken back: what it carries may not go as it is, or has gone by another message.
    """
    if MeshMessage.objects.select_for_update(of=("self",)).filter(pk=message_id, fault=TAKEN_BACK).exists():
        raise CannotRetry(
            "It was taken back: what it carries is not to go as it is. Send that again, and not this message."
        )
    if move(
        [message_id], to="waiting", by=by, reason="tried again", retry_real=None, attempts=0, fault="", fault_code=""
    ):
        jobs.wake(SEND)
        return True
    return False


def move(ids: list[int], *, to: str, by: Actor, reason: str = "", **also: object) -> list[int]:
    """Move these messages where the table allows it, and tell whoever waits for it, in the caller's transaction."""
    if not ids:
        return []
    moved = transition(
        model=MeshMessage,
        history=MeshMessageHistory,
        moves=rules.MOVES,
        ids=ids,
        to=to,
        by=by,
        reason=reason[:80],
        also=also,
    )
    if to in ("sent", "collected", "failed"):
        hooks.tell(moved)
    return moved


@transaction.atomic
def switch_mailbox_off(*, mailbox_id: str, by: Actor) -> bool:
    """Neither send from it nor collect any more; what waits stays. False when there is none. `set_mailbox` switches it on."""
    _operator(by)
    found = Mailbox.objects.select_for_update().filter(mailbox_id=mailbox_id.strip().upper()).first()
    if found is None:
        return False
    found.active = False
    found.save(update_fields=["active"])
    audit.record(by=by, line=audit.Line("mailbox_off", "mailbox", found.pk, organisation_id=found.organisation_id))
    return True


def _operator(by: Actor) -> None:
    if by.kind != "system":
        raise NotPermitted(Permission.IMPORT)
