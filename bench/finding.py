"""Finding a service: how often the right one is among the first five of 200 labelled queries, and how long a page takes.

The queries (`directory/tests/queries.csv`) were written by somebody who had seen the services and no vocabulary.
Half of them, by hash, were looked at while words were chosen; the other half was only counted, and is the figure to go by.
Pages are timed whole, from request to HTML, in this process, with the demonstration's 24 services and with 2,000.
"""

from __future__ import annotations

import csv
import hashlib
import os
import random
import statistics
import time
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PLACES = ROOT / "localities" / "demo" / "places.csv"
SERVICES = ROOT / "localities" / "demo" / "services.csv"
QUERIES = ROOT / "src" / "onedoor" / "directory" / "tests" / "queries.csv"
MANY = 2_000
FIRST = 5
GOAL_SHARE, GOAL_PAGE_MS = 0.9, 100


def labelled(file: Path = QUERIES) -> Iterator[tuple[str, str, str]]:
    """(what was typed, postcode, short name of the right service or empty for none)."""
    with file.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            slug = row["slug"].strip()
            yield row["query"], row["postcode"].strip(), "" if slug == "none" else slug


def half(query: str) -> str:
    """Which half a query is of, by its hash."""
    return "looked_at" if int(hashlib.sha256(query.encode()).hexdigest(), 16) % 2 == 0 else "held_back"


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Figures by half, and of pages by the size of the directory."""
    from bench.rig import open_database

    os.environ["ONEDOOR_ASSETS"] = "plain"
    figures: dict[str, Any] = {"goal_share": GOAL_SHARE, "goal_page_ms": GOAL_PAGE_MS}
    with open_database("finding"):
        from onedoor.directory import api as directory
        from onedoor.kernel.actor import Actor

        by = Actor.system("benchmark")
        directory.take_spots(file=PLACES, by=by)
        directory.take_services(rows=directory.read_services(SERVICES.read_bytes()), by=by)
        figures |= _right()
        figures["pages"] = _pages()
        figures["pages_nearest_first"] = _pages({"by": "near"})
        directory.take_services(rows=directory.read_services(_many()), by=by)
        figures[f"pages_of_{MANY}_services"] = _pages()
        figures[f"pages_of_{MANY}_services_nearest_first"] = _pages({"by": "near"})
    return figures


def _right() -> dict[str, Any]:
    from onedoor.directory import api as directory

    counts = {
        name: {"asked": 0, "first_five": 0, "first": 0, "without": 0, "nothing_sure": 0}
        for name in ("looked_at", "held_back")
    }
    for query, place, slug in labelled():
        findings, count = directory.find(query, place=place, by_patient=False), counts[half(query)]
        found = [one.card.slug for one in findings.found]
        if slug:
            count["asked"] += 1
            count["first_five"] += slug in found[:FIRST]
            count["first"] += found[:1] == [slug]
        else:
            count["without"] += 1
            count["nothing_sure"] += not findings.sure
    return {
        name: {**count, "share_first_five": round(count["first_five"] / count["asked"], 3)}
        for name, count in counts.items()
    }


def _pages(also: Mapping[str, str] = MappingProxyType({})) -> dict[str, float]:
    from django.test import Client
    from django.urls import reverse

    client, here = Client(), reverse("find_service")
    taken = []
    client.get(here, {"q": "warm up"})
    for query, place, _ in labelled():
        begun = time.perf_counter()
        answer = client.get(here, {"q": query, "at": place, **also})
        taken.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200, answer.status_code
    taken.sort()
    return {
        "median_ms": round(statistics.median(taken), 1),
        "p95_ms": round(taken[int(len(taken) * 0.95)], 1),
        "slowest_ms": round(taken[-1], 1),
    }


def _many() -> bytes:
    """The demonstration's services over and over, each with words of its own, until there are MANY."""
    draw = random.Random(1)
    with SERVICES.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    out = StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    whole = [row for row in rows if row["name"]]
    for number in range(MANY - len(whole)):
        row = dict(whole[number % len(whole)])
        row["slug"] = f"{row['slug']}-{number}"
        row["name"] = f"{row['name']} {draw.choice(('North', 'South', 'East', 'West', 'Central'))} {number}"
        row["postcode"] = f"ZZ{draw.randrange(1, 10)} {draw.randrange(1, 10)}ZZ" if row["postcode"] else ""
        writer.writerow(row)
    return out.getvalue().encode()
