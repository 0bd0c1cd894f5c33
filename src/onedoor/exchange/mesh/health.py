"""How a mailbox's door is: one row, changed only when it changes; and a person is told once of a door that stays shut."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from django.db import connection, transaction

from onedoor.exchange.mesh.client import TURNED_AWAY
from onedoor.exchange.mesh.kinds import MAILBOX_SHUT
from onedoor.exchange.models import Mailbox, MeshMessage
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
"""What a fault begins with: an inbox that is read says nothing of whether anything goes out, nor the other way about."""
_NOTHING_LOST = "Nothing is lost: what is to go out waits, and what came in waits at MESH for five days."


@transaction.atomic
def faulty(mailbox: Mailbox, way: Way, why: str, by: Actor) -> None:
    """The last try this way came to nothing. Whoever looks after the organisation's lines is told when it stays so."""
    held = Mailbox.objects.select_for_update(of=("self",)).get(pk=mailbox.pk)
    now = real_now()
    since = held.faults.get(way, {}).get("since", now.isoformat())
    held.faults[way] = {"why": why[:150], "since": since}
    _write(held)
    _tell(held, now, by)


@transaction.atomic
def well(mailbox: Mailbox, way: Way, by: Actor) -> None:
    """MESH answered this way: what is told of another stays, unless there is nothing left to do that way."""
    if not Mailbox.objects.filter(pk=mailbox.pk).exclude(faults={}).exists():
        return
    held = Mailbox.objects.select_for_update(of=("self",)).get(pk=mailbox.pk)
    over = held.faults.keys() & {way, *_nothing_left(held)}
    if not over:
        return
    held.faults = {key: one for key, one in held.faults.items() if key not in over}
    _write(held)
    if held.faults:
        _tell(held, real_now(), by)
    else:
        tasks.withdraw(keys=[_key(held)], because="it works again", by=by)


def _nothing_left(held: Mailbox) -> list[Way]:
    """Ways that nobody will try again by which a fault could be seen to have ended, as when what waited was taken back."""
    mine = MeshMessage.objects.filter(mailbox=held)
    tries: dict[Way, tuple[str, ...]] = {"out": ("waiting", "sending"), "asked": ("sent", "in_doubt")}
    return [way for way, states in tries.items() if not any(mine.filter(state=state).exists() for state in states)]


def _write(held: Mailbox) -> None:
    held.fault = _in_words(held.faults)
    held.failing_since = min((_since(one) for one in held.faults.values()), default=None)
    held.save(update_fields=["faults", "fault", "failing_since"])


def _tell(held: Mailbox, now: datetime, by: Actor) -> None:
    """Ask a person about what has lasted; what waits for one already says what is so now."""
    lasting = {way: one for way, one in held.faults.items() if one["why"] == TURNED_AWAY or _since(one) <= now - SHUT}
    if not lasting:
        return
    detail = f"{_in_words(lasting)}. {_NOTHING_LOST}"
    waiting = tasks.Task.objects.filter(key=_key(held), state__in=("open", "claimed")).first()
    if waiting is not None:
        if waiting.detail != detail:
            tasks.say_more(key=waiting.key, detail=detail, by=by)
        return
    tasks.ask_for(
        tasks=[
            NewTask(
                kind=MAILBOX_SHUT.name,
                organisation_id=held.organisation_id,
                key=_key(held),
                title=f"MESH mailbox {held.mailbox_id} does not work",
                detail=detail,
                subject="mesh_mailbox",
                subject_id=held.pk,
            )
        ],
        by=by,
    )


def _in_words(faults: Mapping[str, dict[str, str]]) -> str:
    return ". ".join(f"{words}{faults[way]['why'].rstrip('.')}" for way, words in _WAYS.items() if way in faults)


def _since(fault: dict[str, str]) -> datetime:
    return datetime.fromisoformat(fault["since"])


def _key(mailbox: Mailbox) -> str:
    return f"{MAILBOX_SHUT.name}:{mailbox.pk}"
