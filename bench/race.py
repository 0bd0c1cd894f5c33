"""Two hundred people want twenty places at the same moment, a hundred times over.

The door driven is `booking.api.book_any`, whole: seat, appointment, history, audit, record entry and text in one transaction.
Each client is a thread of one of several processes with a database connection of its own; where the server allows fewer
connections than clients, threads serve several clients one after the other, and `connections` says how many there were.
One client in ten gives up: their transaction is rolled back after they had a place, which is what makes a careless search
say "full" too early (stack-spike.md 8). As many of the others are left as would fill all places.

`left_unsold` counts places unsold at the end although somebody was told that there was none; `doubles` seats with two people
and people in two places at once. fsync and synchronous_commit stay on, and are among the figures.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

CLIENTS, SEATS, ROUNDS = 200, 20, 100
PROCESSES = 2
SPARE_CONNECTIONS = 15
"""Left to the server's other users."""
GIVES_UP = 10
"""One client in so many gives the place up again."""


@dataclass(frozen=True)
class Race:
    """What each process must know."""

    type_id: int
    session_ids: list[int]
    lanes: list[list[int]]
    """For each thread the patients whom it serves, in every round."""


@dataclass
class Outcome:
    """What one process saw."""

    told: Counter[str] = field(default_factory=Counter)
    full_in_round: Counter[int] = field(default_factory=Counter)
    booked_ms: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Run the race; `options` may say clients, seats and rounds."""
    clients = int(options.get("clients") or CLIENTS)
    seats = int(options.get("seats") or SEATS)
    rounds = int(options.get("rounds") or ROUNDS)
    with _database() as url:
        context = multiprocessing.get_context("spawn")
        ready: Queue[Race] = context.Queue()
        setter = context.Process(target=_set_up, args=(url, clients, seats, rounds, ready))
        setter.start()
        whole = ready.get(timeout=300)
        setter.join()
        connections = min(clients, _connections_left(url))
        lanes = [whole.lanes[0][n::connections] for n in range(connections)]
        outcome, seconds = _race(context, url, whole, lanes)
        figures = _look(url, outcome, seats, rounds)
    booked = outcome.told["booked"]
    times = sorted(outcome.booked_ms) or [0.0]
    return {
        **figures,
        "errors": sum(outcome.faults.values()),
        "faults": dict(outcome.faults),
        "bookings_per_s": round(booked / seconds, 1),
        "answers_per_s": round(sum(outcome.told.values()) / seconds, 1),
        "booked": booked,
        "told_full": outcome.told["full"],
        "gave_up": outcome.told["gave up"],
        "p50_ms": round(times[len(times) // 2], 1),
        "p95_ms": round(times[len(times) * 95 // 100], 1),
        "clients": clients,
        "connections": connections,
        "seats": seats,
        "rounds": rounds,
        "seconds": round(seconds, 1),
    }


def _race(context: Any, url: str, whole: Race, lanes: list[list[int]]) -> tuple[Outcome, float]:
    barrier = context.Barrier(len(lanes) + 1)
    results: Queue[Outcome] = context.Queue()
    runners = [
        context.Process(
            target=_run_clients,
            args=(url, Race(whole.type_id, whole.session_ids, lanes[n::PROCESSES]), barrier, results),
        )
        for n in range(PROCESSES)
    ]
    for runner in runners:
        runner.start()
    total = Outcome()
    try:
        # Everybody is connected; then each round starts for all at once.
        barrier.wait(timeout=300)
        began = time.monotonic()
        for _ in whole.session_ids:
            barrier.wait(timeout=300)
        for _ in runners:
            outcome = results.get(timeout=300)
            total.told += outcome.told
            total.full_in_round += outcome.full_in_round
            total.booked_ms += outcome.booked_ms
            total.faults += outcome.faults
        seconds = time.monotonic() - began
    finally:
        for runner in runners:
            runner.join(timeout=10)
            if runner.is_alive():
                runner.terminate()
    return total, seconds


def _run_clients(url: str, race: Race, barrier: Barrier, results: Queue[Outcome]) -> None:
    """One process: a thread for each lane."""
    _django(url)
    outcome, lock = Outcome(), threading.Lock()
    threads = [
        threading.Thread(target=_run_lane, args=(race, lane, barrier, outcome, lock), daemon=True)
        for lane in race.lanes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put(outcome)


def _run_lane(race: Race, lane: list[int], barrier: Barrier, outcome: Outcome, lock: threading.Lock) -> None:
    from django.db import connection

    connection.ensure_connection()
    barrier.wait(timeout=300)
    for number, session_id in enumerate(race.session_ids):
        barrier.wait(timeout=300)
        for patient_id in lane:
            began = time.monotonic()
            told = _want_a_place(race.type_id, session_id, patient_id)
            taken = (time.monotonic() - began) * 1000
            with lock:
                if told.startswith("fault "):
                    outcome.faults[told.removeprefix("fault ")] += 1
                    continue
                outcome.told[told] += 1
                if told == "full":
                    outcome.full_in_round[number] += 1
                elif told == "booked":
                    outcome.booked_ms.append(taken)
    connection.close()


def _want_a_place(type_id: int, session_id: int, patient_id: int) -> str:
    from django.db import transaction

    from onedoor.booking import api as booking
    from onedoor.kernel.actor import Actor

    gives_up = patient_id % GIVES_UP == 0
    try:
        with transaction.atomic():
            booking.book_any(
                type_id=type_id,
                session_ids=[session_id],
                patient_id=patient_id,
                by=Actor.patient(patient_id),
                via="portal",
            )
            transaction.set_rollback(gives_up)
    except booking.Full:
        return "full"
    except Exception as fault:
        return f"fault {type(fault).__name__}"
    return "gave up" if gives_up else "booked"


def _look(url: str, outcome: Outcome, seats: int, rounds: int) -> dict[str, Any]:
    """What the database holds afterwards."""
    with psycopg.connect(url) as connection:
        settings = {
            name: _one(connection, sql.SQL("SHOW {}").format(sql.Identifier(name)))
            for name in ("fsync", "synchronous_commit")
        }
        two_in_a_seat = _one(
            connection,
            sql.SQL(
                """SELECT count(*) FROM (SELECT 1 FROM booking_appointment WHERE state = 'booked'
                                         GROUP BY seat_id HAVING count(*) > 1) x"""
            ),
        )
        in_two_places = _one(
            connection,
            sql.SQL(
                """SELECT count(*) FROM booking_appointment a JOIN booking_appointment b ON a.patient_id = b.patient_id
                   AND a.id < b.id AND a.during && b.during AND a.state = 'booked' AND b.state = 'booked'"""
            ),
        )
        sold: dict[int, int] = dict(
            connection.execute(
                """SELECT e.day - (SELECT min(day) FROM booking_session), count(a.id)::int FROM booking_session e
                   JOIN booking_seat s ON s.session_id = e.id
                   LEFT JOIN booking_appointment a ON a.seat_id = s.id AND a.state = 'booked' GROUP BY 1"""
            ).fetchall()
        )
    refused = [number for number in range(rounds) if outcome.full_in_round[number]]
    return {
        **settings,
        "doubles": two_in_a_seat + in_two_places,
        "left_unsold": sum(seats - sold.get(number, 0) for number in refused),
        "sold": sum(sold.values()),
    }


def _one(connection: psycopg.Connection[Any], query: sql.SQL | sql.Composed) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None


def _connections_left(url: str) -> int:
    with psycopg.connect(url) as connection:
        allowed = int(_one(connection, sql.SQL("SHOW max_connections")))
        used = int(
            _one(connection, sql.SQL("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"))
        )
    return max(2, allowed - used - SPARE_CONNECTIONS)


def _set_up(url: str, clients: int, seats: int, rounds: int, ready: Queue[Race]) -> None:
    """A practice with fictional patients and one session of free places for each round, each on a day of its own."""
    _django(url)
    from django.core.management import call_command

    from onedoor.accounts import api as accounts
    from onedoor.booking import api as booking
    from onedoor.kernel import clock
    from onedoor.kernel.actor import Actor
    from onedoor.messaging import api as messaging
    from onedoor.patients.models import CareRelationship, ContactPoint, Patient

    call_command("migrate", interactive=False, verbosity=0)
    by = Actor.system("bench race")
    here = accounts.set_organisation(ods_code="Y99009", name="Benchmark Surgery", phone="01632 960009", by=by)
    site = accounts.set_site(organisation_id=here.pk, name="Main site", by=by)
    messaging.set_account(
        organisation_id=here.pk,
        base_url="http://127.0.0.1:9",
        api_key="bench",
        callback_token="bench",
        reply_number="+447700900999",
        templates={"*": "bench"},
        by=by,
    )
    patients = Patient.objects.bulk_create(
        [
            Patient(given_name=f"Racer{n}", family_name="Sample", name_key=f"sample racer{n}", born_on=date(1980, 1, 1))
            for n in range(clients)
        ]
    )
    CareRelationship.objects.bulk_create(
        [
            CareRelationship(patient=p, organisation=here, kind="registered", starts_on=date(2020, 1, 1))
            for p in patients
        ]
    )
    ContactPoint.objects.bulk_create(
        [
            ContactPoint(patient=p, kind="mobile", value=f"+447700900{n % 1000:03d}", since=clock.now())
            for n, p in enumerate(patients)
        ]
    )
    kind = booking.set_type(organisation_id=here.pk, name="Blood test", by=by)
    first = clock.today() + timedelta(days=7)
    sessions = []
    for number in range(rounds):
        day = first + timedelta(days=number)
        start = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        session = booking.open_session(
            organisation_id=here.pk,
            site_id=site.pk,
            day=day,
            clinician="Nurse B Adeyemi",
            name="Health Checks",
            type_id=kind.pk,
            starts=[start + timedelta(minutes=5 * n) for n in range(seats)],
            minutes=5,
            by=by,
        )
        sessions.append(session.pk)
    ready.put(Race(kind.pk, sessions, [[p.pk for p in patients]]))


def _django(url: str) -> None:
    os.environ["DATABASE_URL"] = url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "onedoor.config.settings")
    import django

    django.setup()


@contextmanager
def _database() -> Iterator[str]:
    """A database of its own beside that of DATABASE_URL, gone afterwards."""
    given = os.environ["DATABASE_URL"]
    name = f"onedoor_bench_race_{os.getpid()}"
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            parts = {key: str(value) for key, value in conninfo_to_dict(given).items() if value is not None}
            yield make_conninfo(**{**parts, "dbname": name})
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
