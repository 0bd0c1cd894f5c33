"""The loop that Onedoor exists for: how soon a reply frees a place, and how many freed places find somebody.

`release_p95_ms`: patients answer CANCEL to a reminder that was sent and delivered, 20 a second, through the provider's door of
the web process as shipped; worker, dispatcher and stub provider run beside it, and each place goes on to be offered to a
waiting list.

A reply's time runs from the moment at which it was due to be posted to the moment at which another connection is
told that the release is committed. fsync and synchronous_commit are on, and are among the figures.

The rest is `loop_month`: a seeded month through the same doors, waves of five against one person at a time.
"""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import orjson
import psycopg

from bench import loop_month
from bench.rig import TOKEN, Meter, Rig, open_database, patient_ids, rig, rows, set_up, wait_for

SIZES = (200, 600)
"""Replies; at 20 a second ten and thirty seconds of them."""
A_SECOND = 20
PRACTICES = (1, 3)
WAITING = 40
SEED = 20_270_111
GOALS = {
    "release_p95_ms": "< 500",
    "filled_60min": "> filled_60min_one_at_a_time",
    "offer_gap_points": "<= 5",
    "unexplained": "== 0",
    "lost": "== 0",
}


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Measure both; `options` may say replies, a_second, practices and seed (one size each instead of two)."""
    replies = [int(options["replies"])] if options.get("replies") else list(SIZES)
    practices = [int(options["practices"])] if options.get("practices") else list(PRACTICES)
    a_second = float(options.get("a_second") or A_SECOND)
    answered = {str(size): _answered(size, a_second) for size in replies}
    months = {str(size): _month(size, int(options.get("seed") or SEED)) for size in practices}
    last_answers, last_month = answered[str(replies[-1])], months[str(practices[-1])]
    return {
        **last_answers,
        **_headline(last_month),
        "unexplained": last_month["unexplained"] + last_answers["unexplained"],
        "sizes": {"replies": answered, "practices": months},
        "goals": GOALS,
    }


def _headline(month: Mapping[str, Any]) -> dict[str, Any]:
    waves, one = month["waves"], month["one"]
    return {
        "filled_60min": waves["filled_60min"],
        "filled_60min_one_at_a_time": one["filled_60min"],
        "filled_4h": waves["filled_4h"],
        "filled_4h_one_at_a_time": one["filled_4h"],
        "pence_a_filled_place": waves["pence_a_filled_place"],
        "gone_texts_a_filled_place": waves["gone_texts_a_filled_place"],
        "offer_gap_points": month["offer_gap_points"],
    }


def _month(practices: int, seed: int) -> dict[str, Any]:
    with open_database("loop"):
        began = time.monotonic()
        found = loop_month.simulate(practices, seed)
    gap = max(abs(group["offers"] - group["waiting"]) for group in found["groups"].values())
    return {**found, "offer_gap_points": round(100 * gap, 1), "seconds": round(time.monotonic() - began, 1)}


# ---- from reply to release ----------------------------------------------------------------------------------------------


def _answered(replies: int, a_second: float) -> dict[str, Any]:
    with rig("loop") as made:
        practice_id = set_up(made, patients=replies + WAITING)
        numbers = _diary(practice_id, replies)
        made.provider(receipts=8)
        processes = {"web": made.web(), "worker": made.worker(), "dispatch": made.dispatcher()}
        # Reminders out, and every receipt in: from then on each phone has been asked.
        wait_for(lambda: _reminded(made) == replies, "the reminders", seconds=180)
        watch, meter = _Watch(made.url), Meter(made.url, processes)
        due = asyncio.run(_send(made, numbers, a_second))
        wait_for(lambda: len(watch.seen) == replies or watch.quiet_for(30), "the releases", seconds=replies / 2 + 120)
        watch.stop()
        cpu, _ = meter.read()
        wait_for(lambda: _settled(made), "the outbox", seconds=120)
        settings = {name: rows(made.url, f"SHOW {name}")[0][0] for name in ("fsync", "synchronous_commit")}
        unexplained = _unexplained()
    times = sorted((watch.seen[number] - due[number]) * 1_000 for number in due if number in watch.seen)
    return {
        **settings,
        "release_p50_ms": _at(times, 0.50),
        "release_p95_ms": _at(times, 0.95),
        "release_max_ms": _at(times, 1.0),
        "replies": replies,
        "replies_a_second": a_second,
        "cpu_ms_a_reply": {name: round(1_000 * seconds / replies, 1) for name, seconds in cpu.items()},
        "lost": replies - len(times),
        "unexplained": unexplained,
    }


def _diary(practice_id: int, replies: int) -> list[str]:
    """Tomorrow's appointments of so many patients, a waiting list, and the reminders queued; returns the patients' numbers."""
    from django.db import connection

    from onedoor.accounts import api as accounts
    from onedoor.booking import api as booking
    from onedoor.kernel import clock
    from onedoor.kernel.actor import Actor

    by = Actor.system("bench")
    site = accounts.set_site(organisation_id=practice_id, name="Main site", by=by)
    kind = booking.set_type(organisation_id=practice_id, name="Blood test", by=by)
    people = patient_ids()
    first = clock.now().astimezone(clock.LONDON).replace(hour=10, minute=30, second=0, microsecond=0) + timedelta(
        days=1
    )

    def session(start: datetime, clinician: str, count: int) -> Any:
        return booking.open_session(
            organisation_id=practice_id,
            site_id=site.pk,
            day=start.date(),
            clinician=clinician,
            name="Clinic",
            type_id=kind.pk,
            starts=[start + timedelta(minutes=10 * n) for n in range(count)],
            minutes=10,
            by=by,
        )

    for number in range((replies + 19) // 20):
        session(first, f"Nurse {number + 1}", 20)
    with connection.cursor() as cursor:
        # The diary as an import leaves it: one statement, not so many bookings.
        cursor.execute(
            """WITH s AS (SELECT id, starts_at, minutes, row_number() OVER (ORDER BY id) AS n FROM booking_seat),
                    made AS (
                        INSERT INTO booking_appointment (ref, organisation_id, seat_id, patient_id, starts_at, during, state,
                            reason, booked_via, booked_at, booked_on)
                        SELECT gen_random_uuid(), %s, s.id, p.id, s.starts_at,
                            tstzrange(s.starts_at, s.starts_at + make_interval(mins => s.minutes)), 'booked', '', 'desk', %s, %s
                        FROM s JOIN unnest(%s::bigint[]) WITH ORDINALITY AS p (id, n) ON p.n = s.n RETURNING id)
               INSERT INTO booking_appointment_history (parent_id, from_state, to_state, at, actor_kind, actor_label, reason)
               SELECT id, '', 'booked', %s, 'system', 'bench', '' FROM made""",
            [
                practice_id,
                clock.now() - timedelta(days=7),
                clock.today() - timedelta(days=7),
                people[:replies],
                clock.now() - timedelta(days=7),
            ],
        )
    for patient_id in people[replies:]:
        booking.join_waiting(patient_id=patient_id, appointment_id=None, type_id=kind.pk, via="desk", by=by)
    with psycopg.connect(**_parameters(), autocommit=True) as admin:
        admin.execute("ANALYZE")
    return [f"447{patient_id:09d}" for patient_id in people[:replies]]


def _parameters() -> dict[str, Any]:
    from django.db import connection

    found: dict[str, Any] = connection.get_connection_params()
    return {key: value for key, value in found.items() if key not in ("cursor_factory", "context")}


def _reminded(made: Rig) -> int:
    return int(
        rows(made.url, "SELECT count(*) FROM messaging_message WHERE purpose = 'appointment_reminder' AND state = 5")[
            0
        ][0]
    )


def _settled(made: Rig) -> bool:
    return not rows(
        made.url,
        """SELECT 1 FROM messaging_message WHERE state IN (1, 2, 3) OR state = 0 AND not_before <= (
               SELECT anchor_domain + rate * (now() - anchor_real) FROM kernel_clock)
           UNION ALL SELECT 1 FROM messaging_inbound WHERE processed_at IS NULL LIMIT 1""",
    )


def _unexplained() -> int:
    from onedoor.booking import api as booking
    from onedoor.kernel import clock
    from onedoor.kernel.access import Access
    from onedoor.messaging import api as messaging

    access, day = Access.system("bench loop"), clock.today()
    return sum(a.gap for a in (*booking.accounts_of_day(access, day), *messaging.accounts_of_day(access, day)))


async def _send(made: Rig, numbers: list[str], a_second: float) -> dict[str, float]:
    """Post a CANCEL from each phone at its time, whatever became of those before; returns when each was due."""
    address = f"http://127.0.0.1:{made.web_port}/gateway/govuk/{made.account_ref}/inbound"
    due: dict[str, float] = {}
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as client:

        async def post(number: str) -> None:
            body = {
                "id": str(uuid.uuid4()),
                "source_number": number,
                "destination_number": "447700900801",
                "message": "Cancel please",
                "date_received": datetime.now().astimezone().isoformat(),
            }
            async with client.post(address, data=orjson.dumps(body)) as response:
                if response.status != 202:
                    raise RuntimeError(f"the door answered {response.status}")

        start, posts = time.monotonic() + 0.2, []
        for n, number in enumerate(numbers):
            due[number] = start + n / a_second
            await asyncio.sleep(max(0.0, due[number] - time.monotonic()))
            posts.append(asyncio.create_task(post(number)))
        await asyncio.gather(*posts)
    return due


class _Watch:
    """When each phone's place was seen to be released, by a connection that is told of commits."""

    def __init__(self, url: str) -> None:
        self.seen: dict[str, float] = {}
        self._last = time.monotonic()
        self._over = threading.Event()
        self._listener = psycopg.connect(url, autocommit=True)
        self._listener.execute("LISTEN onedoor_live")
        self._reader = psycopg.connect(url, autocommit=True)
        self._after = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def quiet_for(self, seconds: float) -> bool:
        """Whether nothing was released for so long."""
        return time.monotonic() - self._last > seconds

    def stop(self) -> None:
        """End the watch."""
        self._over.set()
        self._thread.join()
        self._listener.close()
        self._reader.close()

    def _run(self) -> None:
        while not self._over.is_set():
            for notice in self._listener.notifies(timeout=0.5, stop_after=1):
                if notice.payload.startswith("offers:"):
                    self._look()

    def _look(self) -> None:
        now = time.monotonic()
        found = self._reader.execute(
            """SELECT r.id, a.patient_id FROM booking_release r JOIN booking_appointment a ON a.id = r.cancelled_id
               WHERE r.id > %s ORDER BY r.id""",
            [self._after],
        ).fetchall()
        for key, patient_id in found:
            self.seen[f"447{patient_id:09d}"] = now
            self._after, self._last = key, now


def _at(times: list[float], share: float) -> float:
    return round(times[min(len(times) - 1, int(len(times) * share))], 1) if times else 0.0
