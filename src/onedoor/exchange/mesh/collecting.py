"""From MESH to us: stored and committed first, then acknowledged, then dealt with. A crash between any two repeats harmlessly: a
message is known by its id, and MESH gives what was not acknowledged again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import F, Q

from onedoor.exchange.mesh import hooks, rules
from onedoor.exchange.mesh.actions import move
from onedoor.exchange.mesh.client import Download, Gone, Line, LineDown, NotThis, Silent, Turn
from onedoor.exchange.mesh.health import faulty, real_now, well
from onedoor.exchange.mesh.kinds import NOT_READ, STUCK
from onedoor.exchange.models import Mailbox, MeshArrival, MeshMessage
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.actor import Actor
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

log = structlog.get_logger(__name__)

DEAL = "exchange.deal_with"
"""The sweep that is woken."""
TRIES = 8
"""How often an arrival may fail to be dealt with, in some two hours by `rules.pause`, before a person has it."""
STUCK_AFTER = timedelta(hours=4)
"""Real time for which the database may fail with one message before a person is asked. Ours."""
PATIENCE = 3
"""Times in a row that MESH may not be reached before the mailbox is left until the next look."""


def collect(by: Actor) -> int:
    """Take what waits in the inboxes that are due a look; returns how many came."""
    since = real_now() - timedelta(seconds=settings.MESH_POLL_SECONDS)
    due = Mailbox.objects.filter(Q(polled_at=None) | Q(polled_at__lte=since), active=True)
    turn = Turn()
    # The longest unread first: one that is never answered keeps no other from its look.
    latest = due.order_by(F("polled_at").asc(nulls_first=True), "pk")
    return sum(_collect(mailbox, turn, by) for mailbox in turn.of(latest))


def _collect(mailbox: Mailbox, turn: Turn, by: Actor) -> int:
    try:
        with Line(mailbox) as line:
            if mailbox.handshake_at is None or mailbox.handshake_at < real_now() - rules.HANDSHAKE:
                line.handshake()
                Mailbox.objects.filter(pk=mailbox.pk).update(handshake_at=real_now())
            came, again, fault = 0, True, ""
            while again:
                listed = line.inbox()
                fresh, fault = _take(mailbox, line, listed, by)
                came += fresh
                # What is acknowledged leaves the list: more may stand behind a full one.
                again = fresh > 0 and len(listed) >= FULL
        Mailbox.objects.filter(pk=mailbox.pk).update(polled_at=real_now())
        if fault:
            faulty(mailbox, "in", fault, by)
        else:
            well(mailbox, "in", by)
        return came
    except LineDown as why:
        if isinstance(why, Silent):
            turn.silent(mailbox)
        Mailbox.objects.filter(pk=mailbox.pk).update(polled_at=real_now())
        faulty(mailbox, "in", str(why), by)
        return 0


FULL = 500
"""How many a list holds (interop.md 1.4)."""


def _take(mailbox: Mailbox, line: Line, listed: Sequence[str], by: Actor) -> tuple[int, str]:
    """Store and acknowledge each that is listed: how many were new, and what kept us from any. Raises LineDown."""
    known = set(MeshArrival.objects.filter(mailbox=mailbox, message_id__in=listed).values_list("message_id", flat=True))
    came, in_a_row, fault = 0, 0, ""
    for message_id in [*listed, *_left(mailbox, listed)]:
        try:
            if message_id in listed and message_id not in known:
                _store(mailbox, line.download(message_id, rules.LARGEST), by)
                came += 1
            line.acknowledge(message_id)
            in_a_row = 0
        except Gone:
            # Acknowledged already, by another worker or by ourselves when the answer was lost.
            pass
        except NotThis as why:
            # One that cannot be had does not keep its neighbours.
            fault = str(why)
            continue
        except LineDown as why:
            fault, in_a_row = str(why), in_a_row + 1
            if in_a_row >= PATIENCE:
                raise
            continue
        _acknowledged(mailbox, message_id)
    return came, fault


def _left(mailbox: Mailbox, listed: Sequence[str]) -> list[str]:
    """What we have and MESH lists no more, though we never heard that it took our acknowledgement: it is said once more."""
    open_here = MeshArrival.objects.filter(mailbox=mailbox, acknowledged_at=None).order_by("pk")
    return list(open_here.exclude(message_id__in=listed).values_list("message_id", flat=True)[: rules.SLICE])


def _acknowledged(mailbox: Mailbox, message_id: str) -> None:
    MeshArrival.objects.filter(mailbox=mailbox, message_id=message_id, acknowledged_at=None).update(
        acknowledged_at=clock.now()
    )


@transaction.atomic
def _store(mailbox: Mailbox, came: Download, by: Actor) -> None:
    arrival, made = MeshArrival.objects.get_or_create(
        mailbox=mailbox,
        message_id=came.message_id[:100],
        defaults={
            "sender": plain(came.sender, 100),
            "workflow": plain(came.workflow, 50),
            "message_type": plain(came.message_type, 10),
            # What a sender calls their own message may name somebody; ours, on which a REPORT tells, is a random number.
            "local_id": next(iter(_refs(came.local_id)), "") if came.message_type == "REPORT" else "",
            "linked_id": plain(came.linked_id, 100),
            "status_code": rules.code_of(came.status_code),
            "content": came.content or b"",
            "size": came.size,
            "arrived_at": clock.now(),
        },
    )
    if made and came.problem:
        _give_up(arrival, PROBLEMS[came.problem].format(mb=rules.LARGEST // 1_048_576), by)
    elif made:
        jobs.wake(DEAL)


PROBLEMS = {
    "too_large": "It is larger than the {mb} MB that are read",
    "too_many_parts": "It is in more parts than are asked for",
    "cannot_unpack": "It says that it is compressed, and it cannot be unpacked",
}


def plain(value: str, most: int) -> str:
    """A header as a column can hold it: whatever its sender put in, no control characters and no more than fits."""
    return "".join(one for one in value if one.isprintable())[:most]


# -- dealing with it ------------------------------------------------------------------------------------------------------------


def deal_with(by: Actor) -> int:
    """Hand what was stored to whoever takes it, each in a transaction of its own; returns how many were dealt with."""
    due = MeshArrival.objects.filter(state="stored").exclude(retry_real__gt=real_now())
    ids = list(due.order_by("tries", "pk").values_list("pk", flat=True)[: rules.SLICE])
    return sum(_deal(key, by) for key in ids)


def _deal(arrival_id: int, by: Actor) -> bool:
    try:
        with transaction.atomic():
            found = MeshArrival.objects.select_for_update(skip_locked=True, of=("self",)).select_related(
                "mailbox__organisation"
            )
            arrival = found.filter(pk=arrival_id, state="stored").first()
            if arrival is None:
                return False
            _hand_over(arrival, by)
            if arrival.failing_real is not None:
                _unstuck(arrival, by)
            return True
    except OperationalError as error:
        # The database failed and not the message: that says nothing of how often it may still be tried.
        log.error("the database failed while a message from MESH was dealt with", error=type(error).__name__)
        _database_failed(arrival_id, by)
        return False
    except Exception as error:
        # A fault of ours with one message: it stays, its neighbours go on, and in the end a person has it.
        # The class only: what it says may name somebody.
        log.error("a message from MESH could not be dealt with", arrival=arrival_id, error=type(error).__name__)
        with transaction.atomic():
            failed = MeshArrival.objects.select_for_update().filter(pk=arrival_id, state="stored").first()
            if failed is None:
                return False
            failed.tries += 1
            # What fails now, as while a release is being mended, need not fail for ever.
            failed.retry_real = real_now() + rules.pause(failed.tries)
            failed.save(update_fields=["tries", "retry_real"])
            if failed.tries >= TRIES:
                _give_up(failed, f"Onedoor failed with it {TRIES} times", by)
        return False


def _database_failed(arrival_id: int, by: Actor) -> None:
    """Try it again later, and ask a person about a database that fails with one message for hours; it is never given up for that.

    That this can be written shows that the database works by now: while it does not, nothing is noted of any message.
    """
    try:
        with transaction.atomic():
            found = MeshArrival.objects.select_for_update(skip_locked=True, of=("self",)).select_related("mailbox")
            arrival = found.filter(pk=arrival_id, state="stored").first()
            if arrival is None:
                return
            now = real_now()
            arrival.failing_real = arrival.failing_real or now
            failing = now - arrival.failing_real
            arrival.retry_real = now + min(max(failing, rules.pause(1)), rules.pause(4))
            arrival.save(update_fields=["failing_real", "retry_real"])
            if failing >= STUCK_AFTER:
                _ask_about_stuck(arrival.mailbox, by)
    except OperationalError as error:
        log.error("the database is not there", error=type(error).__name__)


def _ask_about_stuck(mailbox: Mailbox, by: Actor) -> None:
    hours = STUCK_AFTER // timedelta(hours=1)
    wanted = NewTask(
        kind=STUCK.name,
        organisation_id=mailbox.organisation_id,
        key=_stuck_key(mailbox.pk),
        title=f"A message that came to MESH mailbox {mailbox.mailbox_id} cannot be dealt with",
        detail=f"The database has failed with it for more than {hours} hours. Tell whoever runs the system. Nothing is lost: it "
        "is tried every five minutes, and this closes by itself when no such message is left.",
        subject="mesh_mailbox",
        subject_id=mailbox.pk,
    )
    tasks.ask_for(tasks=[wanted], by=by)


def _unstuck(arrival: MeshArrival, by: Actor) -> None:
    """Nobody is asked any more once the last of a mailbox is dealt with."""
    others = MeshArrival.objects.filter(
        mailbox=arrival.mailbox, state="stored", failing_real__lte=real_now() - STUCK_AFTER
    )
    if not others.exclude(pk=arrival.pk).exists():
        tasks.withdraw(keys=[_stuck_key(arrival.mailbox_id)], because="it was dealt with", by=by)


def _stuck_key(mailbox_id: int) -> str:
    return f"{STUCK.name}:{mailbox_id}"


def _hand_over(arrival: MeshArrival, by: Actor) -> None:
    if arrival.message_type == "REPORT":
        _report(arrival, by)
    elif arrival.workflow in hooks.takers:
        hooks.takers[arrival.workflow](arrival, by)
    else:
        _give_up(arrival, f"Nobody here takes messages of the kind {arrival.workflow or 'without a name'}", by)


def _report(arrival: MeshArrival, by: Actor) -> None:
    """MESH could not deliver something of ours: the linked message, or the one of that local id (interop.md 1.5)."""
    mine = MeshMessage.objects.filter(mailbox=arrival.mailbox)
    found = mine.filter(message_id=arrival.linked_id).first() if arrival.linked_id else None
    if found is None and arrival.local_id:
        found = next((one for one in mine.filter(ref__in=_refs(arrival.local_id))), None)
    if found is None:
        _give_up(arrival, "MESH reports a failure of a message that is not known here", by)
        return
    code = arrival.status_code
    if found.state == "in_doubt":
        move(
            [found.pk], to="sent", by=by, reason="MESH reports on it", message_id=arrival.linked_id, sent_at=clock.now()
        )
    move([found.pk], to="failed", by=by, reason=code, fault_code=code[:20], fault=rules.says(code))
    for each in hooks.reports:
        each(arrival, by)
    settle(arrival, "taken")


def _refs(local_id: str) -> list[str]:
    from uuid import UUID

    try:
        return [str(UUID(local_id))]
    except ValueError:
        return []


def settle(arrival: MeshArrival, state: str, problem: str = "") -> None:
    """Say what became of an arrival: taken, or refused and why. In the transaction of whatever was done with it."""
    arrival.state, arrival.problem, arrival.dealt_at = state, problem[:200], clock.now()
    arrival.save(update_fields=["state", "problem", "dealt_at"])


def _give_up(arrival: MeshArrival, why: str, by: Actor) -> None:
    settle(arrival, "refused", why)
    organisation = arrival.mailbox.organisation_id
    tasks.ask_for(
        tasks=[
            NewTask(
                kind=NOT_READ.name,
                organisation_id=organisation,
                key=f"{NOT_READ.name}:{arrival.pk}",
                title=f"A message from {arrival.sender or 'MESH'} was not taken",
                detail=f"{why}. Ask the sender what it was, and to send it again.",
                subject="mesh_arrival",
                subject_id=arrival.pk,
            )
        ],
        by=by,
    )
    audit.record(
        by=by, line=audit.Line("mesh_message_refused", "mesh_arrival", arrival.pk, organisation_id=organisation)
    )


# -- the first acknowledgement --------------------------------------------------------------------------------------------------


def track(by: Actor) -> int:
    """Ask MESH which of our messages were collected; returns of how many it said so."""
    now = real_now()
    young = MeshMessage.objects.filter(state="sent").exclude(message_id="").defer("content")
    due = young.filter(
        Q(tracked_real=None)
        | Q(tracked_real__lte=now - rules.TRACK_AFTER, sent_at__gt=clock.now() - rules.TRACK_YOUNG)
        | Q(tracked_real__lte=now - rules.TRACK_LATER)
    )
    mailboxes = Mailbox.objects.filter(pk__in=due.values("mailbox_id"), active=True).order_by("pk")
    # Those never asked about first, or so many old ones that nobody collects would keep the new for ever unasked.
    due = due.order_by(F("tracked_real").asc(nulls_first=True), "pk")
    turn = Turn()
    return sum(
        _track(mailbox, list(due.filter(mailbox=mailbox)[: rules.SLICE]), turn, by) for mailbox in turn.of(mailboxes)
    )


def _track(mailbox: Mailbox, messages: Sequence[MeshMessage], turn: Turn, by: Actor) -> int:
    collected, failed, asked = [], [], []
    try:
        with Line(mailbox) as line:
            for message in messages:
                asked.append(message.pk)
                try:
                    said = line.track(message.message_id)
                except NotThis:
                    # It is asked about again at its next turn.
                    continue
                if said.status == "acknowledged":
                    collected.append(message.pk)
                elif said.status in ("undeliverable", "error"):
                    failed.append((message.pk, said.code))
        well(mailbox, "asked", by)
    except LineDown as why:
        if isinstance(why, Silent):
            turn.silent(mailbox)
        # All of them wait, so that the next turn is another mailbox's.
        asked = [one.pk for one in messages]
        faulty(mailbox, "asked", str(why), by)
    with transaction.atomic():
        MeshMessage.objects.filter(pk__in=asked).update(tracked_real=real_now())
        move(collected, to="collected", by=by, collected_at=clock.now())
        for key, code in failed:
            move([key], to="failed", by=by, reason=code, fault_code=code[:20], fault=rules.says(code))
    return len(collected)
