"""From the outbox to MESH. An attempt is committed before its request leaves; whatever a crash or a lost answer leaves behind is
asked about before anything is sent again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F

from onedoor.exchange.mesh import client, rules
from onedoor.exchange.mesh.actions import SEND, move
from onedoor.exchange.mesh.client import NO_ANSWER, Line, LineDown, NotThis, Sent, Silent, Tracked, Turn
from onedoor.exchange.mesh.health import faulty, real_now, well
from onedoor.exchange.models import Mailbox, MeshAttempt, MeshMessage
from onedoor.kernel import arrays, clock, jobs
from onedoor.kernel.actor import Actor

NO_TIME = "others were slow before it"
LINES = 4
"""Requests of a mailbox on the wire at once."""
DOUBT = timedelta(seconds=2)
"""How long MESH has to finish with a request whose answer was lost, before it is asked."""


def send_slice(by: Actor) -> int:
    """Send what waits, a wave for each mailbox; returns of how many MESH said what became of them."""
    turn = Turn()
    due = Mailbox.objects.filter(pk__in=_due(), active=True).order_by("pk")
    return sum(_send(mailbox, turn, by) for mailbox in turn.of(due))


def _due() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT mailbox_id FROM exchange_mesh_message
               WHERE state = 'waiting' AND (retry_real IS NULL OR retry_real <= clock_timestamp())"""
        )
        return [key for (key,) in cursor.fetchall()]


def _send(mailbox: Mailbox, turn: Turn, by: Actor) -> int:
    # Before the claim: whoever finds these rows old must not find them on the wire.
    until = time.monotonic() + rules.LEASE.total_seconds() - client.TIMEOUT
    wave = _claim(mailbox, by)
    if not wave:
        return 0
    results = _on_the_wire(mailbox, wave, until)
    settle(results, by)
    down = next((said.detail for said in results.values() if said.word in ("unreached", "unknown")), "")
    if any(said.word in ("accepted", "refused") for said in results.values()):
        well(mailbox, "out", by)
    elif down:
        if any(said.detail == NO_ANSWER for said in results.values()):
            turn.silent(mailbox)
        faulty(mailbox, "out", down, by)
    return sum(said.word in ("accepted", "refused") for said in results.values())


@transaction.atomic
def _claim(mailbox: Mailbox, by: Actor) -> list[MeshMessage]:
    """The next wave, each with its attempt: from here on it may be on the wire."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id FROM exchange_mesh_message
               WHERE mailbox_id = %s AND state = 'waiting' AND (retry_real IS NULL OR retry_real <= clock_timestamp())
               ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED""",
            [mailbox.pk, rules.SLICE],
        )
        ids = move([key for (key,) in cursor.fetchall()], to="sending", by=by)
        cursor.execute(
            """WITH tried AS (UPDATE exchange_mesh_message SET attempts = attempts + 1 WHERE id = ANY(%(ids)s) RETURNING id)
               INSERT INTO exchange_mesh_attempt (message_id, number, began_at, outcome, detail)
               SELECT t.id, 1 + (SELECT count(*) FROM exchange_mesh_attempt a WHERE a.message_id = t.id), clock_timestamp(),
                      '', ''
               FROM tried t""",
            {"ids": ids},
        )
    return list(MeshMessage.objects.filter(pk__in=ids).order_by("pk"))


def _on_the_wire(mailbox: Mailbox, wave: Sequence[MeshMessage], until: float) -> dict[int, Sent]:
    """Outside any transaction. Each line takes every n-th message, so that each session speaks of one thing at a time.

    After `until` nothing more is said: others may take a row for lost that was claimed longer ago than `rules.LEASE`.
    """

    def say(mine: Sequence[MeshMessage]) -> list[tuple[int, Sent]]:
        try:
            with Line(mailbox) as line:
                return [
                    (message.pk, line.send(message) if time.monotonic() < until else Sent("unreached", detail=NO_TIME))
                    for message in mine
                ]
        except LineDown as why:
            # There was no line to say anything on.
            return [(message.pk, Sent("unreached", detail=str(why))) for message in mine]

    shares = [wave[number::LINES] for number in range(min(LINES, len(wave)))]
    if len(shares) == 1:
        return dict(say(shares[0]))
    with ThreadPoolExecutor(len(shares)) as pool:
        return {key: said for part in pool.map(say, shares) for key, said in part}


def settle(results: dict[int, Sent], by: Actor) -> None:
    """Write what became of a wave. Nothing of a message that has moved meanwhile: somebody else found out."""
    with transaction.atomic():
        _ended({key: (said.word, said.detail) for key, said in results.items()})
        by_word: dict[str, list[int]] = {}
        for key, said in sorted(results.items()):
            by_word.setdefault(said.word, []).append(key)
        _accepted(by_word.get("accepted", []), results, by)
        for key in by_word.get("refused", ()):
            code = results[key].code
            move([key], to="failed", by=by, reason=code, fault_code=code[:20], fault=rules.says(code))
        wait({key: results[key].detail for key in by_word.get("unreached", ())}, by)
        doubtful = by_word.get("unknown", [])
        move(doubtful, to="in_doubt", by=by, reason="its answer was lost", retry_real=real_now() + DOUBT)
    jobs.wake(SEND)


def wait(why: dict[int, str], by: Actor) -> None:
    """These certainly did not go: each waits as long as it was tried often, and fails when that was often enough."""
    pauses: dict[tuple[timedelta | None, str], list[int]] = {}
    for key, attempts in MeshMessage.objects.filter(pk__in=why).order_by("pk").values_list("pk", "attempts"):
        pause = rules.pause(attempts) if attempts < rules.MOST_TRIES else None
        pauses.setdefault((pause, why[key]), []).append(key)
    now = real_now()
    for (pause, reason), keys in pauses.items():
        if pause is None:
            move(
                keys, to="failed", by=by, reason=reason, fault=f"MESH could not be reached in {rules.MOST_TRIES} tries"
            )
        else:
            move(keys, to="waiting", by=by, reason=reason, retry_real=now + pause)


def _ended(outcomes: dict[int, tuple[str, str]]) -> None:
    keys = sorted(outcomes)
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE exchange_mesh_attempt a SET ended_at = clock_timestamp(), outcome = r.word, detail = left(r.detail, 200)
               FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS r(id, word, detail)
               WHERE a.message_id = r.id AND a.ended_at IS NULL""",
            [
                arrays.numbers(keys),
                arrays.words(outcomes[key][0] for key in keys),
                arrays.words(outcomes[key][1] for key in keys),
            ],
        )


def _accepted(keys: Sequence[int], results: dict[int, Sent], by: Actor) -> None:
    if not keys:
        return
    with connection.cursor() as cursor:
        # Before the move: whoever is told of it may look for the message by MESH's id.
        cursor.execute(
            """UPDATE exchange_mesh_message m SET message_id = r.message_id
               FROM unnest(%s::bigint[], %s::text[]) AS r(id, message_id)
               WHERE m.id = r.id AND m.state IN ('sending', 'in_doubt')""",
            [arrays.numbers(keys), arrays.words(results[key].message_id for key in keys)],
        )
    move(list(keys), to="sent", by=by, sent_at=clock.now(), retry_real=None, fault="", fault_code="")


def reconcile(by: Actor) -> int:
    """Find out what became of messages of which nobody knows whether they went; returns how many are known now."""
    with transaction.atomic():
        # Whoever held these longer than a request may take has died.
        lost = MeshAttempt.objects.filter(
            message__state="sending", ended_at=None, began_at__lt=real_now() - rules.LEASE
        )
        move(sorted(lost.values_list("message_id", flat=True)), to="in_doubt", by=by, reason="whoever sent it died")
    known, turn = 0, Turn()
    doubtful = MeshMessage.objects.filter(state="in_doubt").exclude(retry_real__gt=real_now())
    for mailbox in turn.of(Mailbox.objects.filter(pk__in=doubtful.values("mailbox_id")).order_by("pk")):
        known += _ask(
            mailbox, list(doubtful.filter(mailbox=mailbox).defer("content").order_by("pk")[: rules.SLICE]), turn, by
        )
    return known


def _ask(mailbox: Mailbox, doubtful: Sequence[MeshMessage], turn: Turn, by: Actor) -> int:
    """MESH says by our local id what it has; what it has not goes again, with the same bytes and identifiers, so that the other
    side knows it should both ever arrive."""
    known, fault = 0, ""
    try:
        with Line(mailbox) as line:
            for message in doubtful:
                try:
                    found = line.find(str(message.ref))
                except NotThis as why:
                    # Of one that MESH cannot say anything of its neighbours do not wait.
                    fault = str(why)
                    _ask_later(message)
                    continue
                _found(message, found, by)
                if found is not None:
                    well(mailbox, "out", by)
                known += 1
        if fault:
            faulty(mailbox, "asked", fault, by)
        else:
            well(mailbox, "asked", by)
    except LineDown as why:
        if isinstance(why, Silent):
            turn.silent(mailbox)
        faulty(mailbox, "asked", str(why), by)
        later = real_now() + rules.pause(2)
        MeshMessage.objects.filter(pk__in=[one.pk for one in doubtful], state="in_doubt").update(retry_real=later)
    return known


def _ask_later(message: MeshMessage) -> None:
    later = real_now() + rules.pause(message.attempts + 1)
    MeshMessage.objects.filter(pk=message.pk, state="in_doubt").update(retry_real=later, attempts=F("attempts") + 1)


@transaction.atomic
def _found(message: MeshMessage, found: Tracked | None, by: Actor) -> None:
    """Write what MESH has of a message that was in doubt."""
    _ended({message.pk: ("unknown", "asked about since")})
    if found is None:
        wait({message.pk: "MESH has it not"}, by)
    else:
        move([message.pk], to="sent", by=by, reason="MESH has it", message_id=found.message_id, sent_at=clock.now())
    jobs.wake(SEND)
