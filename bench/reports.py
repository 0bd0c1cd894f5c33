"""Reports: a month closed, built again, and the pages of figures, for 90,000 people at 7 practices and 900,000 at 70.

Each person has 25 coded entries, laid down as `bench recall` lays them: about one in a hundred is on the register of severe
mental illness. `onedoor report close` and `onedoor report rebuild` run as shipped, with their peak memory. Between them come late
entries for one person in a hundred, corrections, moves and deaths, so that building again has something to leave out. Two years
of months then stand behind the pages (copies of the closed one: nothing of a page hangs on how a month was computed), which are
asked for through the web process as shipped, by an analyst of the system.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

SIZES = (90_000, 900_000)
PEOPLE_EACH = 900_000 // 70
GOAL_SECONDS, GOAL_MS = 30.0, 200.0
MONTHS = 24
ROUNDS = 30
PAGES = (
    "/reports/",
    "/reports/smi/",
    "/reports/smi/?of={practice}",
    "/reports/msk/",
    "/reports/loop/",
    "/reports/loop/?practice={practice}",
    "/reports/loop/shadow/?practice={practice}",
    "/reports/trajectory/",
    "/reports/plan/",
    "/reports/forum/",
    "/reports/packs/",
    "/reports/measures/",
    "/reports/months/",
    "/reports/measures/smi_all_six/?month={month}&organisation={ics}",
    "/reports/measures/smi_all_six/?month={month}&organisation={practice}",
)
ICS = "Y97000"
FIRST_PRACTICE = 80_000


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Seconds of closing by size, what grows beyond the size, memory, and milliseconds of each page."""
    sizes = (int(options["people"]),) if options.get("people") else SIZES
    figures: dict[str, Any] = {"goal_seconds": GOAL_SECONDS, "goal_ms": GOAL_MS, "sizes": {}}
    for size in sizes:
        figures["sizes"][str(size)] = _measure(size)
    last = figures["sizes"][str(sizes[-1])]
    if len(sizes) > 1:
        first = figures["sizes"][str(sizes[0])]
        # 1: ten times the people, ten times the seconds.
        figures["growth"] = round(last["seconds"] / first["seconds"] / (sizes[-1] / sizes[0]), 2)
    return {
        **{f"seconds_{size // 1000}k": figures["sizes"][str(size)]["seconds"] for size in sizes},
        "seconds_rebuild": last["seconds_rebuild"],
        "peak_rss_mb": last["peak_rss_mb"],
        "postgresql_mb": last["postgresql_mb"],
        "worst_page_p95_ms": max(page["p95_ms"] for page in last["pages"].values()),
        **figures,
    }


def _measure(size: int) -> dict[str, Any]:
    from bench.rig import Rig, open_database

    with tempfile.TemporaryDirectory(prefix="onedoor-reports-") as folder, open_database("reports") as url:
        from django.db import connection

        from bench import recall, years
        from onedoor.kernel import clock

        # A month is closed as known now: what is recorded stands before it.
        at = clock.real_now().astimezone(clock.LONDON)
        began = time.monotonic()
        recall._codes(url)
        practices = _organisations(size)
        _people(size, practices)
        recall._entries(at, size)
        years.lay_down(_months_before(at.date(), MONTHS), MONTHS, practices)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        made = time.monotonic() - began
        month = (at.date().replace(day=1) - timedelta(days=1)).replace(day=1)
        closed = _command(url, "close", month)
        _later(at)
        again = _command(url, "rebuild", month)
        figures = {
            "practices": practices,
            "seconds": closed["seconds"],
            "cpu_seconds": closed["cpu_seconds"],
            "seconds_rebuild": again["seconds"],
            "peak_rss_mb": closed["peak_rss_mb"],
            "postgresql_mb": closed["postgresql_mb"],
            "temporary_mb": closed["temporary_mb"],
            "says": closed["says"].splitlines()[:1],
            "rebuilt": again["says"].splitlines()[-1],
            "seconds_to_generate": round(made, 1),
            **_counts(),
            **years.counted(),
        }
        _months(month)
        figures |= _counted()
        web = Rig(url, Path(folder))
        (Path(folder) / "assets").mkdir()
        try:
            process = web.web()
            figures["pages"] = _pages(web.web_port, month, min(3, practices - 1))
            figures["web_mb"] = round(_memory(process.pid), 1)
        finally:
            web.stop()
        return figures


def _memory(pid: int) -> float:
    from bench.rig import _pss

    return _pss(pid)


def _command(url: str, verb: str, month: date) -> dict[str, Any]:
    """`onedoor report VERB` as shipped, with what it took."""
    from bench import recall
    from bench.rig import Meter

    before = recall._temporary(url)
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "onedoor.cli.main", "report", verb, "--month", f"{month:%Y-%m}"],
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        text=True,
    )
    meter, backends = Meter(url, {}), recall._Backends(url)
    said = process.stdout.read().strip() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    cpu = usage.ru_utime + usage.ru_stime + backends.read()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"report {verb} ended with {process.returncode}: {said}")
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "peak_rss_mb": round(usage.ru_maxrss / 1024, 1),
        "postgresql_mb": meter.read()[1],
        "temporary_mb": round((recall._temporary(url) - before) / 1_048_576, 1),
        "says": said,
    }


def _organisations(size: int) -> int:
    """Practices of about 12,900 each, five to a network, four networks to a place; one system, one region. Returns how many."""
    from bench.triage import PASSWORD
    from onedoor import factories
    from onedoor.accounts import api as accounts
    from onedoor.kernel.access import Role

    number = max(1, round(size / PEOPLE_EACH))
    lines = ["ods_code,name,kind,other_ods_code,other_name,from", f"{ICS},Wexshire,in_region,Y97001,Wexland,2015-04-01"]
    for n in range(number):
        network, place = f"Y971{n // 5:02d}", f"Y972{n // 20:02d}"
        lines.append(f"Y{FIRST_PRACTICE + n},Practice {n},part_of_pcn,{network},Network {n // 5},2015-04-01")
        if n % 5 == 0:
            lines.append(f"{network},Network {n // 5},in_place,{place},Place {n // 20},2015-04-01")
        if n % 20 == 0:
            lines.append(f"{place},Place {n // 20},in_ics,{ICS},Wexshire,2015-04-01")
    rows = accounts.read_organisations("\n".join(lines).encode())
    accounts.take_organisations(rows=rows, by=factories.TEST)
    ics = accounts.organisation_by_ods(ICS)
    if ics is None:
        raise RuntimeError("the system is there")
    user, _ = factories.person(ics, Role.ICS_ANALYST, username="bench")
    user.set_password(PASSWORD)
    user.save()
    return number


def _people(size: int, practices: int) -> None:
    from django.db import connection

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
            """INSERT INTO patients_care_relationship (patient_id, organisation_id, kind, starts_on, recorded_at)
               SELECT p.id, o.id, 'registered', date '2012-01-01' + (p.id * 31 %% 4000)::int, timestamptz '2023-01-01 00:00Z'
               FROM patients_patient p JOIN accounts_organisation o
                   ON o.ods_code = 'Y' || (%(first)s + p.id * %(practices)s / (%(size)s + 1))""",
            {"practices": practices, "size": size, "first": FIRST_PRACTICE},
        )
        # Invented mobiles beyond the fictional range: there are only a thousand of those, and nobody is texted here.
        cursor.execute(
            """INSERT INTO patients_contact_point (patient_id, kind, value, since, ended_because)
               SELECT id, 'mobile', '+447' || lpad(id::text, 9, '0'), timestamptz '2023-01-01 00:00Z', ''
               FROM patients_patient WHERE id % 4 <> 0"""
        )


def _months_before(day: date, months: int) -> date:
    """The first of the month that many before."""
    return (day.replace(day=15) - timedelta(days=30.44 * months)).replace(day=1)


def _later(at: datetime) -> None:
    """What comes after the month was closed."""
    from django.db import connection

    from bench import recall

    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO records_coded (patient_id, code_id, day, organisation_id, source, recorded_at)
               SELECT r.patient_id, (%(asked)s::int[])[1 + floor(random() * %(askeds)s)::int], %(on)s, r.organisation_id, 1, now()
               FROM patients_care_relationship r WHERE r.patient_id %% 100 = 37 ON CONFLICT DO NOTHING""",
            recall._codes_used(cursor) | {"on": at.date() - timedelta(days=40)},
        )
        cursor.execute("UPDATE records_coded SET in_error_at = now() WHERE id % 1000 = 5")
        cursor.execute("UPDATE patients_patient SET deceased = true WHERE id % 2000 = 77")
        cursor.execute(
            "UPDATE patients_care_relationship SET ends_on = %s WHERE patient_id %% 2000 = 11",
            [at.date() - timedelta(days=60)],
        )


def _counted() -> dict[str, float]:
    """Seconds of what the worker counts ahead for pages: everything the first time, and what can still change."""
    from onedoor.kernel import jobs
    from onedoor.reporting.models import LoopCounting, ServiceCount

    found = {}
    for name, sweep in (("loop", "reporting.count_loop"), ("services", "reporting.count_services")):
        began = time.monotonic()
        jobs.run_once(sweep)
        found[f"seconds_to_count_{name}"] = round(time.monotonic() - began, 2)
    LoopCounting.objects.update(files_seen=-1)
    began = time.monotonic()
    jobs.run_once("reporting.count_loop")
    found["seconds_to_count_loop_again"] = round(time.monotonic() - began, 2)
    if not ServiceCount.objects.exists():
        raise RuntimeError("no service was counted")
    return found


def _counts() -> dict[str, int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM records_coded), (SELECT count(*) FROM reporting_snapshot_person)")
        entries, people = cursor.fetchone()
    return {"entries": entries, "people_counted": people}


def _months(month: date) -> None:
    """Two years of months before it, as many figures each."""
    from django.db import connection

    from onedoor.reporting.models import Closing

    closed, first = Closing.objects.get(), month
    for _ in range(MONTHS - 1):
        first = (first - timedelta(days=1)).replace(day=1)
        other = Closing.objects.create(
            month=first, edition=1, known_at=closed.known_at, closed_at=closed.closed_at, closed_by="bench", sha256=""
        )
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO reporting_snapshot (closing_id, measure_id, organisation_id, numerator, denominator, excluded,
                       parts)
                   SELECT %s, measure_id, organisation_id, numerator, denominator, excluded, parts FROM reporting_snapshot
                   WHERE closing_id = %s""",
                [other.pk, closed.pk],
            )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _pages(port: int, month: date, practice: int) -> dict[str, Any]:
    """Milliseconds of each page, the first apart: what a page shows is worked out and drawn once."""
    from bench.triage import signed_in

    cookie = {"Cookie": f"sessionid={signed_in(port, 'bench')}"}
    found = {}
    for page in PAGES:
        address = page.format(month=f"{month:%Y-%m}", ics=ICS, practice=f"Y{FIRST_PRACTICE + practice}")
        taken = []
        for _ in range(ROUNDS + 1):
            began = time.monotonic()
            request = urllib.request.Request(f"http://127.0.0.1:{port}{address}", headers=cookie)
            with urllib.request.urlopen(request, timeout=120) as answer:
                answer.read()
            taken.append(1000 * (time.monotonic() - began))
        first, rest = taken[0], sorted(taken[1:])
        found[page] = {
            "first_ms": round(first, 1),
            "p50_ms": round(statistics.median(rest), 1),
            "p95_ms": round(rest[int(0.95 * (len(rest) - 1))], 1),
        }
    return found
