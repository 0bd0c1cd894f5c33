"""Read generated coded entries with `onedoor import entries`: rows a second and peak memory at two sizes, and read again.

Everybody in it is fictional: NHS numbers of the 999 range, 25 entries for each, in order of patient. One row in 500 cannot be
believed: a unit that is not the code's, a value that nobody has, a day to come, an unknown person, or a damaged code. The peak of
PostgreSQL is that of the backend that did the work, as /proc has it, shared buffers among it; both are for one run.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.rig import open_database

SIZES = (100_000, 1_000_000)
EACH = 25
"""Entries for each person."""
_MEASURES = (
    # code, unit, least, most, places
    ("271649006", "mmHg", 95, 190, 0),
    ("271650006", "mm[Hg]", 50, 110, 0),
    ("60621009", "kg/m2", 17, 45, 1),
    ("1005671000000105", "mmol/L", 3, 8, 1),
    ("999791000000106", "mmol/mol", 30, 110, 0),
    ("1082641000000106", "units/week", 0, 60, 0),
)
_PLAIN = ("266919005", "8517006", "77176002", "105542008", "75367002", "314530002")
_DAMAGE = (
    "{who},271649006,2026-01-05,16.2,kPa,Y99009",
    "{who},60621009,2026-01-05,250,kg/m2,Y99009",
    "{who},8517006,2031-01-05,,,Y99009",
    "9998999999,8517006,2026-01-05,,,Y99009",
    "{who},1066921000000100,2026-01-05,,,Y99009",
)


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Figures by size. `options["rows"]` may give other sizes, smallest first."""
    sizes = tuple(options.get("rows") or SIZES)
    figures: dict[str, Any] = {"sizes": {}}
    with tempfile.TemporaryDirectory(prefix="onedoor-bench-") as folder:
        for size in sizes:
            file = Path(folder) / f"entries-{size}.csv"
            people = write_entries(file, size)
            figures["sizes"][str(size)] = _measure(file, size, people)
            file.unlink()
    largest = figures["sizes"][str(sizes[-1])]
    return {"rows_per_s": largest["rows_per_s"], "peak_rss_mb": largest["peak_rss_mb"], **figures}


def write_entries(file: Path, size: int, seed: int = 1) -> list[str]:
    """Stream so many rows to disk; returns the NHS numbers. The same seed gives the same rows."""
    draw = random.Random(seed)
    people: list[str] = []
    with file.open("w", encoding="utf-8", newline="") as out:
        out.write("nhs_number,code,date,value,unit,organisation\r\n")
        number = written = 0
        while written < size:
            number += 1
            who = _nhs_number(number)
            if not who:
                continue
            people.append(who)
            for _ in range(min(EACH, size - written)):
                written += 1
                out.write(_row(who, draw, damaged=written % 500 == 0) + "\r\n")
    return people


def _row(who: str, draw: random.Random, *, damaged: bool) -> str:
    if damaged:
        return draw.choice(_DAMAGE).format(who=who)
    day = date(2022, 1, 1) + timedelta(days=draw.randrange(1_600))
    if draw.random() < 0.6:
        code, unit, least, most, places = draw.choice(_MEASURES)
        return f"{who},{code},{day},{draw.uniform(least, most):.{places}f},{unit},Y99009"
    return f"{who},{draw.choice(_PLAIN)},{day},,,Y99009"


def _nhs_number(number: int) -> str:
    body = f"999{number:06d}"
    check = 11 - sum(int(digit) * weight for digit, weight in zip(body, range(10, 1, -1), strict=True)) % 11
    return "" if check == 10 else f"{body}{check % 11}"


def _measure(file: Path, size: int, people: list[str]) -> dict[str, Any]:
    with open_database("bench_entries") as url:
        with psycopg.connect(url) as connection:
            _settle(connection, people)
        environment = {**os.environ, "DATABASE_URL": url}
        command = [sys.executable, "-m", "onedoor.cli.main", "import", "entries", str(file)]
        with _watching(url) as peak:
            seconds, memory = _drive(command, environment)
        again, _ = _drive(command, environment)
        with psycopg.connect(url) as connection:
            row = connection.execute(
                """SELECT (SELECT count(*) FROM records_coded), (SELECT count(*) FROM records_held),
                          (SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()),
                          pg_total_relation_size('records_coded')"""
            ).fetchone()
        landed, held, temporary, bytes_kept = row or (0, 0, 0, 0)
        return {
            "rows_per_s": round(size / seconds),
            "again_rows_per_s": round(size / again),
            "seconds": round(seconds, 1),
            "peak_rss_mb": round(memory, 1),
            "postgres_peak_rss_mb": round(max(peak, default=0) / 1024, 1),
            "temporary_mb": round(temporary / 1024**2, 1),
            "landed": landed,
            "held": held,
            "kept_mb": round(bytes_kept / 1024**2, 1),
        }


def _settle(connection: psycopg.Connection[Any], people: list[str]) -> None:
    """A practice and its people, straight into the tables."""
    connection.execute(
        """INSERT INTO accounts_organisation (ref, ods_code, name, phone)
           VALUES (gen_random_uuid(), 'Y99009', 'Benchmark Surgery', '01632 960000')"""
    )
    connection.execute(
        """INSERT INTO patients_patient (ref, nhs_number, title, given_name, family_name, name_key, born_on, gender, address,
               postcode, language, deceased, restricted)
           SELECT gen_random_uuid(), n, '', 'Ada', 'Hollis', 'hollis ada', '1970-01-01', '', '', '', '', false, false
           FROM unnest(%s::text[]) AS n""",
        [people],
    )
    connection.execute("ANALYZE patients_patient")
    connection.commit()


@contextmanager
def _watching(url: str) -> Iterator[list[int]]:
    """Collects the resident kB of the busiest backend of the database, five times a second."""
    seen: list[int] = []
    ended = threading.Event()

    def watch() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not ended.wait(0.2):
                found = connection.execute(
                    """SELECT pid FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
                ).fetchall()
                seen.extend(_resident(pid) for (pid,) in found)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def _resident(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0)


def _drive(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds from start to end of the command, and its peak memory in MB."""
    began = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[2:5])} ended with {process.returncode}")
    return time.monotonic() - began, usage.ru_maxrss / 1024
