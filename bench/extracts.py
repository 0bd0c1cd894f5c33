"""Take generated monthly extracts with `onedoor import extract`: rows a second and peak memory at two sizes, and taken again.

A row for each check ("NHS number, Code, Date, Value, Unit"), as a practice's system exports them; everybody is fictional (the 999
range), and one row in 500 cannot be believed, as in `bench.entries`, whose rows these are.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from bench.entries import _drive, _settle, _watching, write_entries
from bench.rig import open_database

SIZES = (20_000, 100_000)


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Figures by size. `options["rows"]` may give other sizes, smallest first."""
    sizes = tuple(options.get("rows") or SIZES)
    figures: dict[str, Any] = {"sizes": {}}
    with tempfile.TemporaryDirectory(prefix="onedoor-bench-") as folder:
        for size in sizes:
            file = Path(folder) / f"extract-{size}.csv"
            figures["sizes"][str(size)] = _measure(file, size)
    largest = figures["sizes"][str(sizes[-1])]
    return {"rows_per_s": largest["rows_per_s"], "peak_rss_mb": largest["peak_rss_mb"], **figures}


def _extract(file: Path, size: int) -> list[str]:
    """Write the rows; returns whose they are."""
    plain = file.with_suffix(".entries")
    people = write_entries(plain, size)
    with plain.open(encoding="utf-8", newline="") as rows, file.open("w", encoding="utf-8", newline="") as out:
        next(rows)
        out.write("NHS number,SNOMED code,Date,Value,Unit\r\n")
        out.writelines(row.rpartition(",")[0] + "\r\n" for row in rows)
    plain.unlink()
    return people


def _measure(file: Path, size: int) -> dict[str, Any]:
    people = _extract(file, size)
    with open_database("bench_extracts") as url:
        with psycopg.connect(url) as connection:
            _settle(connection, people)
            connection.execute(
                """INSERT INTO patients_care_relationship (patient_id, organisation_id, kind, starts_on)
                   SELECT p.id, o.id, 'registered', '2020-01-01' FROM patients_patient p, accounts_organisation o
                   WHERE o.ods_code = 'Y99009'"""
            )
            connection.commit()
        environment = {**os.environ, "DATABASE_URL": url}
        command = [sys.executable, "-m", "onedoor.cli.main", "import", "extract", str(file)]
        command += ["--organisation", "Y99009", "--month", "2026-11", "--confirm"]
        with _watching(url) as peak:
            seconds, memory = _drive(command, environment)
        again, _ = _drive(command, environment)
        with psycopg.connect(url) as connection:
            row = connection.execute(
                """SELECT (SELECT count(*) FROM records_coded), (SELECT count(*) FROM exchange_extract_reject),
                          (SELECT count(*) FROM records_coded_again)"""
            ).fetchone()
        landed, told, traced = row or (0, 0, 0)
        file.unlink()
        return {
            "rows_per_s": round(size / seconds),
            "again_rows_per_s": round(size / again),
            "seconds": round(seconds, 1),
            "peak_rss_mb": round(memory, 1),
            "postgres_peak_rss_mb": round(max(peak, default=0) / 1024, 1),
            "landed": landed,
            "told": told,
            "traced": traced,
        }
