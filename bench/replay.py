"""A service's seven months told day by day, as its system would have sent them: each evening a list of what came or changed.

The given file is cut by its own dates: on a day every line of which something happened, with what had happened by then. After
each day all open pathways, the inherited ones too, must add up and stand in one state each; at the end the books must be what
one reading of the whole file gives. What the file writes as its last outcome is told as it was before: accepted, until the
day of the decision or of the discharge.
"""

from __future__ import annotations

import csv
import io
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SERVICES = ROOT / "localities" / "demo" / "services.csv"
FOLDER = "msk-service"
FIRST, LAST = date(2017, 9, 1), date(2018, 3, 31)
SERVICE = "msk-community"
TRIAGED, OUTCOME, STREAM = "Triaged", "Triage Outcome", "Service"
LATER = {
    "Secondary care": "Decision To Refer On",
    "Discharged to GP": "Discharged To GP",
}
"""What the file writes as the outcome of triage, and the column of the day since when it is so; until then it was accepted."""


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Figures; `options["folder"]` is where the two files of the service are."""
    from bench.rig import open_database

    folder = Path(str(options.get("folder") or ROOT.parent / "shared" / "data" / FOLDER))
    if not (folder / "referrals.csv").exists():
        return {"not_run": f"no referrals.csv in {folder}: say where with --folder"}
    with open_database("replay_whole"):
        _begin(folder)
        whole = _books(folder / "referrals.csv")
    with open_database("replay"):
        _begin(folder)
        figures = _days(folder / "referrals.csv")
        figures["unlike_one_reading"] = _unlike(whole, _books(None))
    return {**figures, "goals": {"unexplained": "== 0", "in_no_or_two_states": "== 0", "unlike_one_reading": "== 0"}}


def _begin(folder: Path) -> None:
    from onedoor.directory import api as directory
    from onedoor.exchange import api as exchange
    from onedoor.kernel import clock
    from onedoor.kernel.actor import Actor

    by = Actor.system("benchmark")
    clock.set_clock(at=datetime.combine(FIRST, datetime.min.time(), tzinfo=clock.LONDON), rate=0)
    directory.take_services(rows=directory.read_services(SERVICES.read_bytes()), by=by)
    _, opening = exchange.import_pathways(file=folder / "inherited-pathways.csv", by=by)
    assert opening.proved


def _days(file: Path) -> dict[str, Any]:
    """Tell each day's lines in the evening, as the file's door takes them, and prove the books before the next."""
    from onedoor.directory.api import service_by_slug
    from onedoor.exchange import api as exchange
    from onedoor.kernel import clock
    from onedoor.kernel.access import Access
    from onedoor.kernel.actor import Actor
    from onedoor.referrals.api import conservation

    by, access, service = Actor.system("benchmark"), Access.system("benchmark"), service_by_slug(SERVICE)
    assert service
    header, told = _told(file)
    unexplained = stray = differs = days = lines = opened = 0
    slowest = 0.0
    begun = time.perf_counter()
    day = FIRST
    while day <= max(told):
        clock.set_clock(
            at=datetime.combine(day, datetime.min.time(), tzinfo=clock.LONDON) + timedelta(hours=23), rate=0
        )
        evening = time.perf_counter()
        if told[day]:
            report = exchange.import_referrals(file=_csv(header, told[day]), by=by, name=f"{day}.csv", service=SERVICE)
            differs += report.rejected + report.noted
        found = conservation(access, service, day, day)
        unexplained += found.unexplained
        stray += abs(found.days[0].closing - _open())
        if day == LAST:
            opened = found.days[0].closing
        slowest = max(slowest, time.perf_counter() - evening)
        days, lines, day = days + 1, lines + len(told[day]), day + timedelta(days=1)
    return {
        "days": days,
        "lines": lines,
        "unexplained": int(unexplained),
        "in_no_or_two_states": int(stray),
        "lines_that_differ_or_were_refused": differs,
        f"open_on_{LAST}": int(opened),
        "seconds": round(time.perf_counter() - begun, 1),
        "slowest_day_s": round(slowest, 2),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _told(file: Path) -> tuple[list[str], dict[date, list[dict[str, str]]]]:
    """Each day's lines: of every referral of which something happened on it, with what had happened by then."""
    told: dict[date, list[dict[str, str]]] = defaultdict(list)
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        header = list(reader.fieldnames or ())
        whole: dict[str, dict[str, str]] = {}
        for line in reader:
            known = whole.setdefault(line["Referral ID"], dict(line))
            known.update({column: cell for column, cell in line.items() if cell and not known[column]})
    for line in whole.values():
        for day, one in _as_it_came(line):
            told[day].append(one)
    return header, told


_DATED = (
    "Received",
    TRIAGED,
    "Decision To Refer On",
    "Sent To Secondary Care",
    "Discharged To GP",
    "First Appointment Offered",
)


def _as_it_came(line: dict[str, str]) -> Iterator[tuple[date, dict[str, str]]]:
    days = {column: _day(line[column]) for column in _DATED if line[column]}
    for day in sorted(set(days.values())):
        one = dict(line)
        for column, its in days.items():
            if its > day:
                one[column] = ""
        if not one[TRIAGED]:
            one[OUTCOME] = one[STREAM] = ""
        elif (since := LATER.get(line[OUTCOME])) and not one[since]:
            one[OUTCOME] = "Accepted"
        yield day, one


def _day(cell: str) -> date:
    day, month, year = cell[:10].split("/")
    return date(int(year), int(month), int(day))


def _csv(header: list[str], lines: list[dict[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, header)
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue().encode()


def _open() -> int:
    """Open pathways by their own rows, each in the one state that it says."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM referrals_referral WHERE closed_at IS NULL AND state <> ''")
        return int(cursor.fetchone()[0])


def _books(file: Path | None) -> Counter[tuple[Any, ...]]:
    """What stands of each referral; of the whole file read at once, where one is given."""
    from django.db import connection

    from onedoor.exchange import api as exchange
    from onedoor.kernel.actor import Actor

    if file is not None:
        exchange.import_referrals(file=file, by=Actor.system("benchmark"), service=SERVICE)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT source_ref, state, outcome, triaged_at, onward_decided_on, onward_sent_on, discharged_on, first_offered_on,
                   closed_at, closed_because FROM referrals_referral"""
        )
        return Counter(cursor.fetchall())


def _unlike(one: Counter[tuple[Any, ...]], other: Counter[tuple[Any, ...]]) -> int:
    """Referrals that stand otherwise in one of the books than in the other."""
    return len({row[0] for row in ((one - other) + (other - one))})
