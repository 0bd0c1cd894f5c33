"""Where everybody stands under every rule set, for 100,000 and a million people with 25 coded entries each, by `onedoor recall`.

Two thirds of the entries lie as a first load leaves them, person by person; those of the last year as days leave them,
everybody's mixed. About a third of the entries are of codes that some rule set asks for. The registers of asthma, diabetes and
hypertension have no codes in the facts, so this brings codes of its own for them: invented, of no namespace that exists. The
increment is a night after a day: entries for one person in a hundred, one in a thousand left or moved, and the date moves on.

Memory is of the command (its peak) and of PostgreSQL's processes (peak of the sum, shared pages in shares); temporary bytes are
what `pg_stat_database` counts. CPU seconds, of the command and of the server processes that it used, say what it costs where
others are at work on the same cores. fsync and synchronous_commit stay on.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

SIZES = (100_000, 1_000_000)
ENTRIES = 25
PRACTICES = 100
GOAL_SECONDS, GOAL_INCREMENT = 90.0, 10.0
YEAR_LAYERS = 9
"""Of the entries of a person so many, 40 days apart, are of the last year."""

REGISTERS = {"AST_COD": ("1999999910", 65), "DM_COD": ("2999999910", 75), "HYP_COD": ("3999999910", 140)}
"""Invented: a code for each register, less its check digit, of the namespace 9999999, which is nobody's; and how many in a
thousand are on it."""
SMI_IN_THOUSAND = 12


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Figures of each size; the increment is of the largest."""
    from bench.rig import open_database

    sizes = (int(options["people"]),) if options.get("people") else SIZES
    figures: dict[str, Any] = {"goal_seconds": GOAL_SECONDS, "goal_seconds_increment": GOAL_INCREMENT, "sizes": {}}
    for size in sizes:
        with open_database("recall") as url:
            figures["sizes"][str(size)] = _measure(url, size, figures)
    by_size = figures["sizes"]
    last = by_size[str(sizes[-1])]
    return {
        **{
            f"seconds_{'1m' if size == 1_000_000 else f'{size // 1000}k'}": by_size[str(size)]["seconds"]
            for size in sizes
        },
        "seconds_increment": last["seconds_increment"],
        "cpu_seconds": last["cpu_seconds"],
        "cpu_seconds_increment": last["cpu_seconds_increment"],
        "peak_rss_mb": last["peak_rss_mb"],
        "postgresql_mb": last["postgresql_mb"],
        "temporary_mb": last["temporary_mb"],
        **figures,
    }


def _measure(url: str, size: int, figures: dict[str, Any]) -> dict[str, Any]:
    from django.db import connection

    from onedoor.kernel import clock

    at = datetime(2026, 12, 7, 2, 0, tzinfo=clock.LONDON)
    clock.set_clock(at=at, rate=0)
    began = time.monotonic()
    _codes(url)
    _people(size)
    _entries(at, size)
    made = time.monotonic() - began
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        for setting in ("fsync", "synchronous_commit", "shared_buffers"):
            cursor.execute(f"SHOW {setting}")
            figures[setting] = cursor.fetchone()[0]
    whole = _command(url, "compute")
    again = _command(url, "compute")
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT r.key, count(*), count(*) FILTER (WHERE s.in_denominator), count(*) FILTER (WHERE s.in_numerator)
               FROM recall_standing s JOIN recall_rule_set r ON r.id = s.rule_set_id GROUP BY r.key ORDER BY r.key"""
        )
        standings = {key: list(counts) for key, *counts in cursor.fetchall()}
        cursor.execute("SELECT count(*) FROM records_coded")
        entries = cursor.fetchone()[0]
    changed = _a_day(at, size)
    clock.set_clock(at=at + timedelta(days=1), rate=0)
    night = _command(url, "refresh")
    return {
        "seconds": whole["seconds"],
        "cpu_seconds": whole["cpu_seconds"],
        "seconds_unchanged": again["seconds"],
        "seconds_increment": night["seconds"],
        "cpu_seconds_increment": night["cpu_seconds"],
        "changed_people": changed,
        "entries": entries,
        "seconds_to_generate": round(made, 1),
        "peak_rss_mb": max(whole["peak_rss_mb"], night["peak_rss_mb"]),
        "postgresql_mb": max(whole["postgresql_mb"], night["postgresql_mb"]),
        "temporary_mb": whole["temporary_mb"],
        "temporary_mb_increment": night["temporary_mb"],
        "increment_says": night["says"],
        "standings": standings,
    }


def _command(url: str, verb: str) -> dict[str, Any]:
    """`onedoor recall VERB` as shipped, with what it took."""
    from bench.rig import Meter

    before = _temporary(url)
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "onedoor.cli.main", "recall", verb],
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        text=True,
    )
    meter = Meter(url, {})
    backends = _Backends(url)
    said = process.stdout.read().strip() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    cpu = usage.ru_utime + usage.ru_stime + backends.read()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"recall {verb} ended with {process.returncode}")
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "peak_rss_mb": round(usage.ru_maxrss / 1024, 1),
        "postgresql_mb": meter.read()[1],
        "temporary_mb": round((_temporary(url) - before) / 1_048_576, 1),
        "says": said,
    }


def _temporary(url: str) -> int:
    """Temporary bytes until now. A server process tells its counters when it ends, and ours, which stays, when it is asked to."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), pg_stat_force_next_flush()")
        ours = cursor.fetchone()[0]
    with psycopg.connect(url, autocommit=True) as other:
        asked = """SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
                   AND pid NOT IN (pg_backend_pid(), %s)"""
        while other.execute(asked, [ours]).fetchall():
            time.sleep(0.05)
        found = other.execute("SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()").fetchone()
    return int(found[0]) if found else 0


class _Backends:
    """CPU seconds of this database's server processes, for figures of a machine on which others are at work."""

    def __init__(self, url: str) -> None:
        self._url, self._seen = url, dict[int, tuple[float, float]]()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        from bench.rig import _cpu_of

        with psycopg.connect(self._url, autocommit=True) as connection:
            asked = (
                """SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"""
            )
            while not self._over.wait(0.2):
                for (pid,) in connection.execute(asked).fetchall():
                    used = _cpu_of(pid)
                    self._seen[pid] = (self._seen.get(pid, (used, used))[0], used)

    def read(self) -> float:
        """Since this began."""
        self._over.set()
        self._thread.join()
        return sum(last - first for first, last in self._seen.values())


def _codes(url: str) -> None:
    """The registers' invented codes by `onedoor import codes`, as a reference-set file."""
    with tempfile.TemporaryDirectory(prefix="onedoor-recall-") as folder:
        file = Path(folder) / "invented-for-the-benchmark_20270630.csv"
        lines = [f"{key},,{_whole(code)},Invented for the benchmark" for key, (code, _) in REGISTERS.items()]
        file.write_text("\r\n".join(["cluster_id,refset_id,code,term", *lines, ""]))
        subprocess.run(
            [sys.executable, "-m", "onedoor.cli.main", "import", "codes", str(file)],
            env={**os.environ, "DATABASE_URL": url},
            check=True,
            stdout=subprocess.DEVNULL,
        )


def _whole(code: str) -> str:
    """With the check digit that it must have."""
    from onedoor.kernel.codes import verhoeff

    return next(f"{code}{digit}" for digit in range(10) if verhoeff(f"{code}{digit}"))


def _people(size: int) -> None:
    """So many people at a hundred practices, aged evenly from 0 to 96."""
    from django.db import connection

    from onedoor.accounts.api import set_organisation
    from onedoor.kernel.actor import Actor

    by = Actor.system("benchmark")
    for number in range(PRACTICES):
        set_organisation(ods_code=f"Y{80_000 + number}", name=f"Practice {number}", phone="01632 960000", by=by)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO patients_patient (ref, title, given_name, family_name, name_key, born_on, gender, address, postcode,
                   language, deceased, restricted)
               SELECT gen_random_uuid(), '', 'Sam', 'Hollis', 'hollis sam',
                   date '1930-06-01' + (n::bigint * 7919 %% 35000)::int, '', '', '', '', false, false
               FROM generate_series(1, %s) n""",
            [size],
        )
        cursor.execute(
            """INSERT INTO patients_care_relationship (patient_id, organisation_id, kind, starts_on)
               SELECT p.id, o.id, 'registered', date '2012-01-01' + (p.id * 31 %% 5000)::int
               FROM patients_patient p JOIN accounts_organisation o
                   ON o.ods_code = 'Y' || (80000 + p.id * %(practices)s / (%(size)s + 1))""",
            {"practices": PRACTICES, "size": size},
        )


def _entries(at: datetime, size: int) -> None:
    """25 for each. A person's days differ, so no entry is there twice; the index is made afterwards, as for a first load."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'coded_once'")
        constraint = cursor.fetchone()[0]
        cursor.execute("ALTER TABLE records_coded DROP CONSTRAINT coded_once")
        cursor.execute("SELECT setseed(0.5)")
        old = range(YEAR_LAYERS, ENTRIES)
        _layer(cursor, at, old[0], old[-1], ordered="p.id, n")
        for number in reversed(range(YEAR_LAYERS)):
            _layer(cursor, at, number, number, ordered="n")
        cursor.execute(f"ALTER TABLE records_coded ADD CONSTRAINT coded_once {constraint}")


_ASKED = """SELECT array_agg(code_id ORDER BY code_id) FROM (SELECT DISTINCT code_id FROM records_code_members
    WHERE key IN ('BP_COD', 'BMIVAL_COD', 'ALC_COD', 'SMOK_COD', 'CHOL2_COD', 'HDLCCHOL_COD', 'GLUC_COD', 'IFCCHBAM_COD',
                  'MEDRVW_COD', 'ASTHMA_REVIEW', 'FLU_GIVEN', 'GENERIC_INVITE', 'BPDEC_COD', 'DMPCADEC_COD')) a"""
_OTHERS = """SELECT array_agg(id ORDER BY id) FROM records_code c
    WHERE NOT EXISTS (SELECT 1 FROM records_code_members m WHERE m.code_id = c.id)"""


def _layer(cursor: Any, at: datetime, first: int, last: int, *, ordered: str) -> None:
    """The entries numbered so of everybody: number n is 40 n to 40 n + 39 days old; the oldest is a register's."""
    registers = " ".join(
        f"WHEN n = {ENTRIES - 1} AND p.id %% 1000 < {upper} THEN (SELECT id FROM records_code WHERE code = '{_whole(code)}')"
        for code, upper in _thresholds()
    )
    cursor.execute(
        f"""INSERT INTO records_coded (patient_id, code_id, day, value, unit_id, organisation_id, source, recorded_at)
            SELECT e.id, e.code_id, e.day,
                CASE WHEN c.unit <> '' THEN coalesce(c.low, 4) + e.spread * (coalesce(c.high, 12) - coalesce(c.low, 4)) / 3 END,
                u.id, e.organisation_id, 2, now()
            FROM (SELECT p.id, r.organisation_id, n, date %(on)s - (40 * n + floor(40 * random())::int) AS day,
                    random() AS spread,
                    CASE {registers}
                        WHEN n = {ENTRIES - 1} AND p.id * 7 %% 1000 < {SMI_IN_THOUSAND}
                            THEN (SELECT id FROM records_code WHERE code = '58214004')
                        WHEN random() < 0.36 THEN (%(asked)s::int[])[1 + floor(random() * %(askeds)s)::int]
                        ELSE (%(others)s::int[])[1 + floor(random() * %(otherss)s)::int] END AS code_id
                  FROM generate_series(%(first)s, %(last)s) n CROSS JOIN patients_patient p
                  JOIN patients_care_relationship r ON r.patient_id = p.id
                  ORDER BY {ordered}) e
            JOIN records_code c ON c.id = e.code_id LEFT JOIN records_unit u ON u.ucum = c.unit""",
        _codes_used(cursor) | {"on": at.date().isoformat(), "first": first, "last": last},
    )


def _thresholds() -> list[tuple[str, int]]:
    upper, found = 0, []
    for code, number in REGISTERS.values():
        upper += number
        found.append((code, upper))
    return found


def _codes_used(cursor: Any) -> dict[str, Any]:
    cursor.execute(f"SELECT ({_ASKED}), ({_OTHERS})")
    asked, others = cursor.fetchone()
    return {"asked": asked, "others": others, "askeds": len(asked), "otherss": len(others)}


def _a_day(at: datetime, size: int) -> int:
    """Entries for one person in a hundred, told as any writer tells it; one in two thousand left, as many moved."""
    from django.db import connection, transaction

    from onedoor.kernel import events
    from onedoor.records.events import CodedChanged

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO records_coded (patient_id, code_id, day, organisation_id, source, recorded_at)
               SELECT r.patient_id, (%(asked)s::int[])[1 + floor(random() * %(askeds)s)::int], %(on)s, r.organisation_id, 1, now()
               FROM patients_care_relationship r WHERE r.patient_id %% 100 = 37
               ON CONFLICT DO NOTHING RETURNING patient_id""",
            _codes_used(cursor) | {"on": at.date()},
        )
        changed = [patient for (patient,) in cursor.fetchall()]
        events.emit(CodedChanged(changed))
        cursor.execute(
            "UPDATE patients_care_relationship SET ends_on = %s WHERE patient_id %% 2000 = 11",
            [at.date() + timedelta(days=1)],
        )
        cursor.execute(
            """UPDATE patients_care_relationship SET organisation_id = (SELECT min(id) FROM accounts_organisation)
               WHERE patient_id % 2000 = 1011"""
        )
    return len(changed)
