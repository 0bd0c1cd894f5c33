"""A database of its own, the stub provider, and Onedoor's processes as shipped: what benchmarks and tests of crashes drive.

Import this before Django is set up: `open_database` decides which database this process means.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

ROOT = Path(__file__).resolve().parents[1]
SERVICE = "6f6d2d5e-0b1c-4c8e-9a53-5a0c1d9e0001"
SECRET = "6f6d2d5e-0b1c-4c8e-9a53-5a0c1d9e1001"
TEMPLATE = "6f6d2d5e-0b1c-4c8e-9a53-5a0c1d9e2001"
API_KEY = f"simulator-{SERVICE}-{SECRET}"
TOKEN = "a-token-for-the-bench"
PURPOSE = "appointment_reminder"
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def open_database(name: str) -> Iterator[str]:
    """A new, migrated database on the server that DATABASE_URL names; Django of this process is set up on it."""
    server = os.environ["DATABASE_URL"]
    mine = f"onedoor_{name}_{os.getpid()}"
    template = os.environ.get("ONEDOOR_TEST_TEMPLATE", "template1")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(mine), sql.Identifier(template)))
    url = make_conninfo("", **{**conninfo_to_dict(server), "dbname": mine})
    os.environ["DATABASE_URL"] = url
    try:
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        # A process may open one database after another; settings were read for the first.
        connections.close_all()
        connections.settings["default"]["NAME"] = mine
        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        yield url
        connections.close_all()
    finally:
        os.environ["DATABASE_URL"] = server
        _drop(server, mine)


def _drop(server: str, name: str) -> None:
    """A vacuum that is under way is not ours to end: wait for it."""
    with psycopg.connect(server, autocommit=True) as admin:
        for last in (*[False] * 20, True):
            try:
                admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
                return
            except psycopg.Error:
                if last:
                    raise
                time.sleep(0.5)


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Rig:
    """The processes around one database. `stub` is the provider's address, `web` Onedoor's."""

    url: str
    folder: Path
    stub_port: int = field(default_factory=free_port)
    web_port: int = field(default_factory=free_port)
    account_ref: str = ""
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def stub(self) -> str:
        return f"http://127.0.0.1:{self.stub_port}"

    def start(self, *argv: str, **env: str) -> subprocess.Popen[bytes]:
        """Start a process of Onedoor's, or of the simulator's; its output goes to a file in the rig's folder."""
        log = (self.folder / f"{'-'.join(argv[:2]).replace('/', '')}-{len(self._running)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", *argv],
            env={
                **os.environ,
                "DATABASE_URL": self.url,
                "ONEDOOR_HOME": str(self.folder),
                "ONEDOOR_ASSETS": "plain",
                **env,
            },
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
        self._running.append(process)
        return process

    def dispatcher(self, **env: str) -> subprocess.Popen[bytes]:
        """The dispatcher as shipped."""
        return self.start("onedoor.cli.main", "dispatch", **env)

    def provider(self, *options: str, receipts: int = 0) -> None:
        """The stub; it posts receipts to our web process over so many connections."""
        document = {
            "service_id": SERVICE,
            "name": "Bench",
            "key_secret": SECRET,
            "key_type": "live",
            "callback_url_receipts": f"http://127.0.0.1:{self.web_port}/gateway/govuk/{self.account_ref}/receipts",
            "callback_url_inbound": "",
            "callback_token": TOKEN,
            "inbound_number": "07700900801",
            "templates": [{"id": TEMPLATE, "name": "Pass-through"}],
        }
        services = self.folder / "services.json"
        services.write_text(json.dumps([document]))
        argv = ["simulator", "--stub", "--port", str(self.stub_port), "--services", str(services)]
        self.start(*argv, "--receipts", str(receipts), *options)
        wait_for(lambda: self.ask("/control/idle") is not None, "the stub")

    def web(self) -> subprocess.Popen[bytes]:
        """The web process as shipped."""
        process = self.start("onedoor.cli.main", "web", "--port", str(self.web_port))
        wait_for(lambda: _answers(f"http://127.0.0.1:{self.web_port}/healthz"), "the web process")
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        """The worker as shipped."""
        return self.start("onedoor.cli.main", "worker")

    def ask(self, path: str, method: str = "GET", document: Any = None) -> Any:
        """Something of the stub's control; None when it does not answer."""
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(f"{self.stub}{path}", data=body, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.loads(response.read())
        except OSError:
            return None

    def ledger(self) -> dict[str, Any]:
        """What the provider counts."""
        total: dict[str, Any] = self.ask("/control/ledger")["services"][0]["total"]
        return total

    def stop(self, *processes: subprocess.Popen[bytes], seconds: float = 30.0) -> None:
        """Ask these, or all, to stop, and wait."""
        for process in processes or tuple(reversed(self._running)):
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def rig(name: str) -> Iterator[Rig]:
    """A rig with a practice and its account; every process ends with the block."""
    with tempfile.TemporaryDirectory(prefix=f"onedoor-{name}-") as folder, open_database(name) as url:
        (Path(folder) / "assets").mkdir()
        made = Rig(url, Path(folder))
        try:
            yield made
        finally:
            made.stop()


def set_up(made: Rig, *, patients: int, per_minute: int = 60_000_000, per_day: int = 1_000_000_000) -> int:
    """A practice with patients who have mobiles, its account at the stub, Monday 7 December 2026 at 9am. Returns its key."""
    from datetime import datetime

    from django.db import connection

    from onedoor.accounts.api import set_organisation
    from onedoor.kernel import clock
    from onedoor.kernel.actor import Actor
    from onedoor.messaging import api as messaging

    by = Actor.system("bench")
    clock.set_clock(at=datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON))
    practice = set_organisation(ods_code="Y99990", name="Bench Surgery", phone="01632 960000", by=by)
    account = messaging.set_account(
        organisation_id=practice.pk,
        base_url=made.stub,
        api_key=API_KEY,
        callback_token=TOKEN,
        reply_number="+447700900801",
        templates={"*": TEMPLATE},
        by=by,
        per_minute=per_minute,
        per_day=per_day,
    )
    made.account_ref = str(account.ref)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO patients_patient (ref, title, given_name, family_name, name_key, born_on, gender, address, postcode,
                   language, deceased, restricted)
               SELECT gen_random_uuid(), '', 'Sam', 'Hollis', 'hollis sam', '1980-05-01', '', '', '', '', false, false
               FROM generate_series(1, %s)""",
            [patients],
        )
        # Invented mobiles beyond the fictional range: there are only a thousand of those, and nobody is texted here.
        cursor.execute(
            """INSERT INTO patients_contact_point (patient_id, kind, value, since, ended_because)
               SELECT id, 'mobile', '+447' || lpad(id::text, 9, '0'), now(), '' FROM patients_patient"""
        )
        cursor.execute(
            """INSERT INTO patients_care_relationship (patient_id, organisation_id, kind, starts_on)
               SELECT id, %s, 'registered', '2020-01-01' FROM patients_patient""",
            [practice.pk],
        )
    with psycopg.connect(made.url, autocommit=True) as admin:
        admin.execute("ANALYZE")
    return practice.pk


def queue(practice_id: int, patient_ids: Sequence[int], first: int, number: int) -> None:
    """Queue so many reminders through the door, in one transaction."""
    from datetime import timedelta

    from django.db import transaction

    from onedoor.kernel import clock
    from onedoor.kernel.actor import Actor
    from onedoor.messaging import api as messaging
    from onedoor.messaging.types import NewMessage

    until = clock.now() + timedelta(days=5)
    with transaction.atomic():
        result = messaging.queue(
            messages=[
                NewMessage(
                    intent_key=f"bench:{n}",
                    organisation_id=practice_id,
                    purpose=PURPOSE,
                    body=f"Sam: your appointment is Tue 8 Dec at 10:20am at Bench Surgery. Reply YES to keep it. ({n})",
                    not_after=until,
                    patient_id=patient_ids[n % len(patient_ids)],
                    subject="appointment",
                    subject_id=n,
                )
                for n in range(first, first + number)
            ],
            by=Actor.system("bench"),
        )
    if result.new != number:
        raise RuntimeError(f"{number - result.new} of {number} texts were not queued")


def patient_ids() -> list[int]:
    """Everybody in the rig's practice."""
    from onedoor.patients.models import Patient

    return list(Patient.objects.order_by("id").values_list("id", flat=True))


def rows(url: str, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """One statement on a connection of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(statement.encode(), parameters).fetchall()


def wait_for(true: Any, what: str, seconds: float = 60.0) -> None:
    """Until `true()`; TimeoutError after so many seconds."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(0.05)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


# What it costs


class Meter:
    """CPU seconds and memory of processes, PostgreSQL's included where it runs on this machine."""

    def __init__(self, url: str, processes: Mapping[str, subprocess.Popen[bytes]]) -> None:
        self._pids = {name: process.pid for name, process in processes.items()}
        with psycopg.connect(url) as connection:  # it must live while its parent is looked up
            self._postmaster = _parent(connection.info.backend_pid)
        self._before = self._cpu()
        self._peak = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _cpu(self) -> dict[str, float]:
        found = {name: _cpu_of(pid) for name, pid in self._pids.items()}
        if self._postmaster:
            family = [self._postmaster, *_children(self._postmaster)]
            found["postgresql"] = sum(_cpu_of(pid) for pid in family) + _cpu_of(self._postmaster, ended_children=True)
        return found

    def _sample(self) -> None:
        while not self._over.wait(0.5):
            pids = [
                *self._pids.values(),
                *([self._postmaster, *_children(self._postmaster)] if self._postmaster else []),
            ]
            self._peak = max(self._peak, sum(_pss(pid) for pid in pids))

    def read(self) -> tuple[dict[str, float], float]:
        """(CPU seconds by process since the start, peak memory of all together in MB)."""
        self._over.set()
        self._thread.join()
        now = self._cpu()
        return {name: round(now[name] - self._before.get(name, 0.0), 2) for name in now}, round(self._peak, 1)


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _parent(pid: int) -> int:
    """The parent's number, 0 when that process is not of this machine."""
    found = _stat(pid)
    return int(found[1]) if found and "postgres" in Path(f"/proc/{pid}/comm").read_text() else 0


def _children(pid: int) -> list[int]:
    return [
        int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _stat_parent(entry.name) == pid
    ]


def _stat_parent(pid: str) -> int:
    found = _stat(int(pid))
    return int(found[1]) if found else 0


def _cpu_of(pid: int, *, ended_children: bool = False) -> float:
    found = _stat(pid)
    first = 13 if ended_children else 11
    return (int(found[first]) + int(found[first + 1])) / _TICKS if found else 0.0


def _pss(pid: int) -> float:
    """Memory in MB, shared pages counted in shares; resident size where the kernel tells no more."""
    for name, word in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            for line in Path(f"/proc/{pid}/{name}").read_text().splitlines():
                if line.startswith(word):
                    return int(line.split()[1]) / 1_024
        except OSError:
            continue
    return 0.0
