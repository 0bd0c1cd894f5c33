"""How a mailbox's door is: one row, changed only when it changes; and a person is told once of a door that stays shut."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from django.db import connection, transaction
from django.db.models.functions import Coalesce, Now

from onedoor.exchange.mesh.client import TURNED_AWAY
from onedoor.exchange.mesh.kinds import MAILBOX_SHUT
from onedoor.exchange.models import Mailbox
from onedoor.kernel.actor import Actor
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

SHUT = timedelta(minutes=30)
"""Real time after which a fault is not a passing one. A mailbox that is turned away is told of at once."""


def real_now() -> datetime:
    """The database's clock: leases and pauses are real time (architecture.md 4)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
        return found


Way = Literal["in", "out", "asked"]
_WAYS: dict[Way, str] = {"in": "The inbox: ", "out": "The outbox: ", "asked": "Asking about what was sent: "}
"""What a fault begins with: an inbox that is read says nothing of whether anything goes out, nor the other way about. The last
fault is the one that is kept."""


@transaction.atomic
def faulty(mailbox: Mailbox, way: Way, why: str, by: Actor) -> None:
    """The last try this way came to nothing. Whoever looks after the organisation's lines is told when it stays so."""
    Mailbox.objects.filter(pk=mailbox.pk).update(
        fault=(_WAYS[way] + why)[:200], failing_since=Coalesce("failing_since", Now())
    )
    since = Mailbox.objects.values_list("failing_since", flat=True).get(pk=mailbox.pk)
    if why != TURNED_AWAY and (since is None or since > real_now() - SHUT):
        return
    tasks.ask_for(
        tasks=[
            NewTask(
                kind=MAILBOX_SHUT.name,
                organisation_id=mailbox.organisation_id,
                key=_key(mailbox),
                title=f"MESH mailbox {mailbox.mailbox_id} does not work",
                detail=f"{why} Nothing is lost: what is to go out waits, and what came in waits at MESH for five days.",
                subject="mesh_mailbox",
                subject_id=mailbox.pk,
            )
        ],
        by=by,
    )


@transaction.atomic
def well(mailbox: Mailbox, way: Way, by: Actor) -> None:
    """MESH answered this way: what is told of another stays."""
    failing = Mailbox.objects.filter(pk=mailbox.pk).exclude(failing_since=None)
    for other in _WAYS.keys() - {way}:
        failing = failing.exclude(fault__startswith=_WAYS[other])
    mended = failing.update(fault="", failing_since=None)
    if mended:
        tasks.withdraw(keys=[_key(mailbox)], because="it works again", by=by)


def _key(mailbox: Mailbox) -> str:
    return f"{MAILBOX_SHUT.name}:{mailbox.pk}"
