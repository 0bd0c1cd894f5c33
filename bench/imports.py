"""Read a generated patient list with `onedoor import patients`: rows a second and peak memory at two sizes.

Everybody in the list is fictional: NHS numbers of the 999 range (which runs out: about one in eleven has none), mobiles of
07700 900, landlines of 01632 960. One row in 500 is damaged and one in 10,000 stands there twice. The database keeps fsync and
synchronous_commit on; both are among the figures. `bare_rows_per_s` is PostgreSQL's COPY of the same file in the same run,
which checks nothing.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

SIZES = (100_000, 1_000_000)
GOAL_ROWS_PER_S = 30_000

_HEADER = (
    "EMIS Number,Usual GP's Full Name,NHS Number,Title,Given Name,Family Name,Date of Birth,Gender,Number and Street,Town,"
    "Postcode,Home Telephone,Mobile Telephone,Email Address,Text Message Consent,Main Spoken Language,Communication Need,"
    "Registration Status,Date of Deduction"
)
_GIVEN = (
    "Ada",
    "Bilal",
    "Carys",
    "Dev",
    "Elin",
    "Femi",
    "Greta",
    "Hamza",
    "Ines",
    "Jonah",
    "Kofi",
    "Lena",
    "Mirek",
    "Nadia",
    "Oskar",
    "Priya",
    "Quinn",
    "Rosa",
    "Sami",
    "Tess",
)
_FAMILY = (
    "Achebe",
    "Barrow",
    "Castell",
    "Dhillon",
    "Ekwueme",
    "Fairley",
    "Gill",
    "Hollis",
    "Iqbal",
    "Jarvis",
    "Kowal",
    "Lal",
    "Marlow",
    "Nwosu",
    "Orchard",
    "Peel",
)
_STREETS = ["Mill Lane", "Kiln Street", "Hop Gardens", "Castle Rise", "Drovers Way", "Ferry Road"]
_LANGUAGES = ("English", "English", "English", "Polish", "Urdu", "Romanian", "")
_NEEDS = ("Easyread", "Large print", "Interpreter required", "Contact by telephone", "Step-free access")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DAMAGE = ("9.99E+09", "99900000", "not known")


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Figures by size. `options["rows"]` may give other sizes, smallest first."""
    sizes = tuple(options.get("rows") or SIZES)
    figures: dict[str, Any] = {"goal_rows_per_s": GOAL_ROWS_PER_S, "sizes": {}}
    with tempfile.TemporaryDirectory(prefix="onedoor-bench-") as folder:
        for size in sizes:
            file = Path(folder) / f"list-{size}.csv"
            write_list(file, size)
            figures["sizes"][str(size)] = _measure(file, size, figures)
            file.unlink()
    largest = figures["sizes"][str(sizes[-1])]
    return {"rows_per_s": largest["rows_per_s"], "peak_rss_mb": largest["peak_rss_mb"], **figures}


def write_list(file: Path, size: int, seed: int = 1) -> None:
    """Stream a list of `size` people to disk; the same seed gives the same list."""
    draw = random.Random(seed)
    with file.open("w", encoding="cp1252", newline="") as out:
        out.write("Patient list - all registered\r\nBenchmark Surgery (Y99009)\r\nRun: 04-Dec-2026 07:58\r\n\r\n")
        out.write(f"{_HEADER}\r\n")
        row = ""
        for number in range(size):
            row = row if number % 10_000 == 9_999 else _row(number, draw)
            out.write(row)


def _row(number: int, draw: random.Random) -> str:
    born = date(1930, 1, 1) + timedelta(days=draw.randrange(34_000))
    given, family = draw.choice(_GIVEN), f"{draw.choice(_FAMILY)}{draw.choice(('', '-Vale', 'son'))}"
    female = draw.random() < 0.5
    nhs = _nhs_number(number)
    if number % 500 == 499:
        nhs = draw.choice(_DAMAGE)
    mobile = f"07700 900{draw.randrange(1000):03d}" if draw.random() < 0.75 else ""
    home = f"01632 960{draw.randrange(1000):03d}" if draw.random() < 0.45 else ""
    email = f"{given}.{number}@example.com".lower() if draw.random() < 0.4 else ""
    gone = draw.random() < 0.03
    cells = (
        *(str(10_000_000 + number), "Dr A Rahman", nhs, "Ms" if female else "Mr", given, family),
        *(
            _written(born),
            "Female" if female else "Male",
            f"{draw.randrange(1, 150)} {draw.choice(_STREETS)}",
            "Wexcombe",
        ),
        *(f"ZZ{draw.randrange(1, 10)} {draw.randrange(1, 10)}ZZ", home, mobile, email),
        *(draw.choice(("Yes", "Yes", "Yes", "", "No")), draw.choice(_LANGUAGES)),
        *(draw.choice(_NEEDS) if draw.random() < 0.12 else "", "Deducted" if gone else "Current"),
        "01-Nov-2026" if gone else "",
    )
    return ",".join(cells) + "\r\n"


def _nhs_number(number: int) -> str:
    if number >= 1_000_000:
        return ""
    body = f"999{number:06d}"
    check = 11 - sum(int(digit) * weight for digit, weight in zip(body, range(10, 1, -1), strict=True)) % 11
    return "" if check == 10 else f"{body}{check % 11}"


def _written(day: date) -> str:
    return f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}"


def _measure(file: Path, size: int, figures: dict[str, Any]) -> dict[str, Any]:
    with _database() as url:
        environment = {**os.environ, "DATABASE_URL": url}
        onedoor = [sys.executable, "-m", "onedoor.cli.main"]
        subprocess.run([*onedoor, "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
        with psycopg.connect(url) as connection:
            for setting in ("fsync", "synchronous_commit"):
                found = connection.execute(sql.SQL("SHOW {}").format(sql.Identifier(setting))).fetchone()
                figures[setting] = found[0] if found else ""
            bare = _copy_bare(connection, file)
        seconds, peak = _drive([*onedoor, "import", "patients", str(file)], environment)
        again, _ = _drive([*onedoor, "import", "patients", str(file)], environment)
        with psycopg.connect(url) as connection:
            landed = connection.execute("SELECT count(*) FROM patients_patient").fetchone()
        return {
            "rows_per_s": round(size / seconds),
            "unchanged_rows_per_s": round(size / again),
            "bare_rows_per_s": round(size / bare),
            "peak_rss_mb": round(peak, 1),
            "seconds": round(seconds, 1),
            "landed": landed[0] if landed else 0,
        }


def _drive(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds from start to end of the command, and its peak memory in MB."""
    began = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[2:5])} ended with {process.returncode}")
    return time.monotonic() - began, usage.ru_maxrss / 1024


def _copy_bare(connection: psycopg.Connection[Any], file: Path) -> float:
    columns = ", ".join(f"c{number} text" for number in range(_HEADER.count(",") + 1))
    connection.execute(sql.SQL("CREATE UNLOGGED TABLE bare ({})").format(sql.SQL(columns)))
    began = time.monotonic()
    with (
        file.open("rb") as lines,
        connection.cursor().copy("COPY bare FROM STDIN (FORMAT csv, ENCODING 'WIN1252')") as copy,
    ):
        for _ in range(5):
            lines.readline()
        while block := lines.read(1 << 18):
            copy.write(block)
    connection.commit()
    taken = time.monotonic() - began
    connection.execute("DROP TABLE bare")
    return taken


@contextmanager
def _database() -> Iterator[str]:
    """A database of its own beside that of DATABASE_URL, gone afterwards."""
    given = os.environ["DATABASE_URL"]
    name = f"onedoor_bench_imports_{os.getpid()}"
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            parts = {key: str(value) for key, value in conninfo_to_dict(given).items() if value is not None}
            yield make_conninfo(**{**parts, "dbname": name})
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
