"""From queued to delivered: the dispatcher, the web process's receipt door and the worker as shipped, against the stub provider.

Times are the database's own: from the commit of the queue to the last result stored (accepted) and the last receipt processed
(delivered). What is accepted is measured twice, as the source of the goals did (stack-spike.md 4): with no receipts meanwhile,
and (`accepted_meanwhile`) while those of the same texts come in at once. `bare_per_s`, the mean of just before and just after,
is a loop of the same HTTP client against the same stub in the same run that records nothing; it has the machine to itself,
while the others share it with PostgreSQL, the stub, the web process and the worker. CPU seconds are of Onedoor's processes and
PostgreSQL, without the stub.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson
import uvloop

from bench.rig import API_KEY, SERVICE, TEMPLATE, Meter, Rig, patient_ids, queue, rig, rows, set_up, wait_for

SIZES = (2_000, 20_000)
PATIENTS = 10_000
IN_FLIGHT = 64
DELAYED = 5_000
PAUSED = 5_000
HULLS_YEAR = 1_390_588
"""Texts that Hull's practices sent in a year (messaging.md 2, Hull arithmetic)."""
HOUR_MESSAGES = 170_000
HOUR_FASTER = 20
"""The provider's hour is compressed to three minutes: its limits and our allowance run so many times faster."""
GOALS = {
    "delivered_ratio": ">= 0.3",
    "accepted_ratio": ">= 0.5",
    "cpu_s_per_1000": "<= 1",
    "delayed_accepted_ratio": ">= 0.9",
    "duplicates": "== 0",
    "lost": "== 0",
    "not_accepted": "== 0",
    "http_429": "== 0",
}


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Measure; `options` may say messages, delay_ms, dispatchers, hour and year."""
    if options.get("year"):
        return _year(int(options.get("messages") or HULLS_YEAR), int(options.get("dispatchers") or 2))
    if options.get("hour"):
        return _hour(int(options.get("messages") or HOUR_MESSAGES))
    sizes = [int(options["messages"])] if options.get("messages") else list(SIZES)
    delay = float(options.get("delay_ms") or 0)
    dispatchers = int(options.get("dispatchers") or 1)
    found: dict[str, Any] = {}
    by_size = {}
    for size in sizes:
        found = by_size[str(size)] = _measured(size, delay, dispatchers) | _accepted(size, delay, dispatchers)
    found = dict(found)
    if not delay:
        delayed = _measured(DELAYED, 100.0, dispatchers)
        found |= {
            "delayed_accepted_per_s": delayed["accepted_meanwhile_per_s"],
            "delayed_accepted_ratio": delayed["accepted_meanwhile_ratio"],
            "delayed_bare_per_s": delayed["bare_per_s"],
        }
        found |= _paused()
    return {**found, "sizes": by_size, "goals": GOALS}


def _measured(messages: int, delay_ms: float, dispatchers: int) -> dict[str, Any]:
    with rig("dispatch") as made:
        practice = set_up(made, patients=min(messages, PATIENTS))
        made.provider("--delay-ms", str(delay_ms), receipts=32)
        bare, bare_cpu = _bare(made, messages)
        processes: dict[str, subprocess.Popen[bytes]] = {"web": made.web(), "worker": made.worker()}
        for n in range(dispatchers):
            processes[f"dispatch {n + 1}"] = made.dispatcher()
        _until_dispatchers(made, dispatchers)
        people = patient_ids()
        meter = Meter(made.url, processes)
        queue(practice, people, 0, messages)
        _until_delivered(made, messages)
        cpu, peak = meter.read()
        found = _figures(made, messages)
        meanwhile = found.pop("accepted_per_s")
        bare = (bare + _bare(made, messages)[0]) / 2
        return {
            **found,
            "delivered_ratio": round(found["delivered_per_s"] / bare, 3),
            "accepted_meanwhile_per_s": meanwhile,
            "accepted_meanwhile_ratio": round(meanwhile / bare, 3),
            "bare_per_s": round(bare),
            "bare_cpu_s_per_1000": round(bare_cpu * 1_000 / messages, 3),
            "cpu_s_per_1000": round(sum(cpu.values()) * 1_000 / messages, 3),
            "cpu_s": cpu,
            "peak_rss_mb": peak,
            "messages": messages,
            "dispatchers": dispatchers,
            "delay_ms": delay_ms,
        }


def _accepted(messages: int, delay_ms: float, dispatchers: int) -> dict[str, Any]:
    """From queued to accepted with no receipts meanwhile, against a bare loop just before and after; web and worker stand by."""
    with rig("accepted") as made:
        practice = set_up(made, patients=min(messages, PATIENTS))
        made.provider("--delay-ms", str(delay_ms))
        bare, _ = _bare(made, messages)
        made.web()
        made.worker()
        for _ in range(dispatchers):
            made.dispatcher()
        _until_dispatchers(made, dispatchers)
        queue(practice, patient_ids(), 0, messages)
        wait_for(lambda: _all_tried(made), "every text to be accepted", 1_800)
        ((accepted, seconds),) = rows(
            made.url,
            """SELECT count(*) FILTER (WHERE outcome = 'accepted'),
                      extract(epoch FROM max(ended_real) - min(started_real))::float8 FROM messaging_attempt""",
        )
        bare = (bare + _bare(made, messages)[0]) / 2
        return {
            "accepted_per_s": round(accepted / seconds),
            "accepted_ratio": round(accepted / seconds / bare, 3),
            "accepted_bare_per_s": round(bare),
            "not_accepted": messages - accepted,
        }


def _all_tried(made: Rig) -> bool:
    time.sleep(0.45)
    return not rows(made.url, "SELECT 1 FROM messaging_message WHERE waiting LIMIT 1")


def _until_dispatchers(made: Rig, dispatchers: int) -> None:
    wait_for(
        lambda: rows(made.url, "SELECT count(*) FROM messaging_dispatch_run")[0][0] == dispatchers, "the dispatchers"
    )


def _until_delivered(made: Rig, messages: int, seconds: float = 1_800) -> None:
    """Asked seldom, and of a small index: the question must not weigh on what is measured."""
    wait_for(lambda: _receipts_done(made) >= messages, "every receipt", seconds)


def _receipts_done(made: Rig) -> int:
    time.sleep(0.45)
    ((waiting, under_way),) = rows(
        made.url,
        """SELECT EXISTS (SELECT 1 FROM messaging_receipt WHERE processed_real IS NULL),
                  EXISTS (SELECT 1 FROM messaging_message WHERE waiting)""",
    )
    if waiting or under_way:
        return 0
    return int(rows(made.url, "SELECT count(*) FROM messaging_receipt WHERE processed_real IS NOT NULL")[0][0])


def _figures(made: Rig, messages: int) -> dict[str, Any]:
    """Rates by the database's clock, and both ledgers."""
    ((accepted_s, delivered_s, delivered, entries),) = rows(
        made.url,
        """SELECT extract(epoch FROM (SELECT max(ended_real) FROM messaging_attempt) - q.at)::float8,
                  extract(epoch FROM (SELECT max(processed_real) FROM messaging_receipt) - q.at)::float8,
                  (SELECT count(*) FROM messaging_message WHERE state = 5),
                  (SELECT count(*) FROM records_entry WHERE kind = 'text_sent')
           FROM (SELECT min(started_real) AS at FROM messaging_attempt) q""",
    )
    ledger = made.ledger()
    return {
        "accepted_per_s": round(messages / accepted_s),
        "delivered_per_s": round(messages / delivered_s),
        "duplicates": ledger["references_sent_more_than_once"],
        "lost": messages - delivered,
        "ledger_exact": ledger["accepted"] == delivered == entries == messages,
        "http_429": ledger["refused"].get("429", 0),
        **_server(made),
    }


def _server(made: Rig) -> dict[str, str]:
    names = ("fsync", "synchronous_commit", "server_version")
    return {name: rows(made.url, f"SHOW {name}")[0][0] for name in names}


# The limit of the same machine in the same run


def _bare(made: Rig, messages: int) -> tuple[float, float]:
    """Texts a second, and CPU seconds in all, of a loop that posts the same requests and keeps nothing; no receipts meanwhile.

    Its CPU shows how disturbed the machine is: 0.09 a thousand on one that is quiet (stack-spike.md 4).
    """
    settings = made.ask("/control/settings")
    made.ask("/control/settings", "PUT", {"receipt_connections": 0})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        before = time.process_time()
        rate = runner.run(_post(made.stub, messages))
        cpu = time.process_time() - before
    made.ask("/control/reset", "POST")
    made.ask("/control/settings", "PUT", {"receipt_connections": settings["receipt_connections"]})
    return rate, cpu


async def _post(stub: str, messages: int) -> float:
    import jwt

    token = jwt.encode({"iss": SERVICE, "iat": int(time.time())}, API_KEY[-36:], algorithm="HS256")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    left = iter(range(messages))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:

        async def work() -> None:
            for n in left:
                body = orjson.dumps(
                    {
                        "phone_number": f"+447{n:09d}",
                        "template_id": TEMPLATE,
                        "personalisation": {"message": f"Sam: your appointment is Tue 8 Dec at 10:20am. ({n})"},
                        "reference": f"00000000-0000-4000-8000-{n:012d}",
                    }
                )
                async with session.post(f"{stub}/v2/notifications/sms", data=body, headers=headers) as response:
                    await response.read()

        started = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
        return messages / (time.perf_counter() - started)


# A dispatcher that stands still past its lease


def _paused() -> dict[str, Any]:
    """Two dispatchers; one is stopped while it sends, past its lease and until it counts as stuck, then goes on."""
    timings = {
        "ONEDOOR_DISPATCH_LEASE": "2",
        "ONEDOOR_DISPATCH_CALL": "2",
        "ONEDOOR_DISPATCH_LOOKUPS": "1,4",
        "ONEDOOR_DISPATCH_BEAT": "0.5",
        "ONEDOOR_DISPATCH_STUCK": "2",
    }
    with rig("paused") as made:
        practice = set_up(made, patients=1_000)
        made.provider("--delay-ms", "30", receipts=32)
        made.web()
        made.worker()
        queue(practice, patient_ids(), 0, PAUSED)
        first, _ = made.dispatcher(**timings), made.dispatcher(**timings)
        wait_for(lambda: rows(made.url, "SELECT count(*) FROM messaging_attempt")[0][0] > 200, "the first attempts")
        first.send_signal(signal.SIGSTOP)
        time.sleep(6)
        first.send_signal(signal.SIGCONT)
        _until_delivered(made, PAUSED, 120)
        figures = _figures(made, PAUSED)
        return {f"paused_{name}": figures[name] for name in ("duplicates", "lost")}


# The provider's cap


def _hour(messages: int) -> dict[str, Any]:
    """Two dispatchers on one key for an hour of the provider's time, its limits in force: nobody may earn a 429."""
    faster = HOUR_FASTER
    with rig("hour") as made:
        practice = set_up(made, patients=PATIENTS, per_minute=3_000, per_day=250_000)
        made.provider("--rate-limit", "--time-factor", str(faster), receipts=32)
        processes: dict[str, subprocess.Popen[bytes]] = {"web": made.web(), "worker": made.worker()}
        people = patient_ids()
        for first in range(0, messages, 10_000):
            queue(practice, people, first, min(10_000, messages - first))
        for n in range(2):
            processes[f"dispatch {n + 1}"] = made.dispatcher(ONEDOOR_DISPATCH_FASTER=str(faster))
        meter = Meter(made.url, processes)
        _until_delivered(made, messages)
        cpu, peak = meter.read()
        found = _figures(made, messages)
        return {
            **found,
            "messages": messages,
            "provider_minutes": round(messages / found["accepted_per_s"] * faster / 60, 1),
            "share_of_cap": round(found["accepted_per_s"] / faster / 50, 3),
            "compressed": faster,
            "cpu_s_per_1000": round(sum(cpu.values()) * 1_000 / messages, 3),
            "peak_rss_mb": peak,
            "goals": {"http_429": "== 0", "duplicates": "== 0", "lost": "== 0"},
        }


# A year


def _year(messages: int, dispatchers: int) -> dict[str, Any]:
    """All of a year's texts, queued while they are being sent: minutes, peak memory of everything, both ledgers exact."""
    with rig("year") as made:
        practice = set_up(made, patients=100_000)
        made.provider(receipts=32)
        processes: dict[str, subprocess.Popen[bytes]] = {"web": made.web(), "worker": made.worker()}
        for n in range(dispatchers):
            processes[f"dispatch {n + 1}"] = made.dispatcher()
        meter = Meter(made.url, processes)
        people = patient_ids()
        started = time.monotonic()
        for first in range(0, messages, 5_000):
            queue(practice, people, first, min(5_000, messages - first))
        queued = time.monotonic() - started
        _until_delivered(made, messages, 7_200)
        cpu, peak = meter.read()
        return {
            **_figures(made, messages),
            "messages": messages,
            "queue_minutes": round(queued / 60, 2),
            "minutes": round((time.monotonic() - started) / 60, 2),
            "cpu_s_per_1000": round(sum(cpu.values()) * 1_000 / messages, 3),
            "cpu_s": cpu,
            "peak_rss_mb": peak,
            "goals": {"duplicates": "== 0", "lost": "== 0", "ledger_exact": "true"},
        }
