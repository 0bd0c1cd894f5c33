"""The rules of recall read twice: 10,000 generated people at every boundary, the SQL's standing against the plain reading.

The long form of tests/specification/recall, whose people these are: each is judged by every rule set on every day on which a rule
may change its mind (leap day, ends of months, of the contract year and of the season), and no two readings may differ. A tenth
as many others go from night to night, with entries written and taken back, deaths and moves between.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

PEOPLE = 10_000
SHOWN = 20


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """How many people and standings were compared, and how many differ; the first differences in words."""
    from bench.rig import open_database

    with open_database("rules"):
        from tests.specification.recall import compared, generated, store

        store.load_reference_sets()
        people = list(generated.people(int(options.get("people", PEOPLE)), int(options.get("seed", generated.SEED))))
        started = time.monotonic()
        found = compared.compare(people, store.write_people(people), generated.DAYS)
        seconds = time.monotonic() - started
        nightly = list(generated.people(max(1, len(people) // 10), generated.SEED + 1))
        nights = compared.night_by_night(nightly, store.write_people(nightly), generated.DAYS)
    return {
        "people": found.people,
        "days": len(generated.DAYS),
        "compared": found.compared,
        "standings": found.standing,
        "differences": len(found.differences),
        "unforeseen": len(found.unforeseen),
        "seconds": round(seconds, 1),
        "night_people": nights.people,
        "night_changes": nights.written,
        "night_compared": nights.compared,
        "night_differences": len(nights.differences),
        "first": [*found.differences, *found.unforeseen, *nights.differences][:SHOWN],
    }
