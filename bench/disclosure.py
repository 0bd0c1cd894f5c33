"""What it costs to hide all that gives a small count away: the counts of a made-up region, published together at all levels.

70 practices in PCNs of five, eight counts a month for 24 months (a register, six checks, all six): with registers of 20 to 120
people, and of 3 to 20, where over a third of the counts of practices are small. Seconds are of the processor, since others may be
at work on it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Any

PRACTICES, MONTHS, SEED = 70, 24, 1
REGISTERS = {"registers of 20 to 120": (20, 120), "registers of 3 to 20": (3, 20)}
CHECKS = ["alcohol", "bmi", "glucose", "lipid", "bp", "smoking"]
ITEMS = ["register", "all_six", *CHECKS]


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Seconds with counts alone and with a percentage beside each, how many are small, and how many stars are printed where."""
    from onedoor.reporting.disclosure import HIDDEN, CountColumn, CountTable, published

    figures: dict[str, Any] = {"practices": PRACTICES, "items": len(ITEMS), "months": MONTHS}
    for name, (least, most) in REGISTERS.items():
        counts = _region(least, most)
        rows = sorted({*counts.parent, *counts.parent.values()})
        columns = [CountColumn(item, period) for period in _periods() for item in ITEMS]
        shares = [CountColumn(item, period, of="register") for period in _periods() for item in ITEMS[1:]]
        started = time.process_time()
        (cells,) = published([CountTable(rows, columns)], counts)
        counted = time.process_time()
        published([CountTable(rows, [*columns, *shares])], counts)
        figures[name] = {
            "seconds": round(counted - started, 2),
            "seconds_with_percentages": round(time.process_time() - counted, 2),
            "cells": len(rows) * len(columns),
            "small_of_practices": sum(value < 5 for value in counts.counts.values()),
            "stars": sum(row.count(HIDDEN) for row in cells),
            "stars_above_pcn": sum(
                row.count(HIDDEN) for one, row in zip(rows, cells, strict=True) if one not in counts.guarded
            ),
        }
    return figures


def _periods() -> list[str]:
    return [f"M{month:02}" for month in range(MONTHS)]


def _region(least: int, most: int) -> Any:
    from onedoor.reporting.disclosure import Counts

    chance = random.Random(SEED)
    parent: dict[str, str] = {"ICS": "REGION"}
    guarded: set[str] = set()
    counts: dict[tuple[str, str, str], int] = {}
    for number in range(PRACTICES):
        practice, network, place = f"P{number:03}", f"N{number // 5:02}", f"L{number // 18}"
        parent |= {practice: network, network: place, place: "ICS"}
        guarded |= {practice, network}
        usual = chance.randint(least, most)
        for period in _periods():
            register = max(0, usual + chance.randint(-2, 2))
            done = [int(register * chance.uniform(0.4, 1)) for _ in CHECKS]
            values = [register, int(min(done) * chance.uniform(0.3, 1)), *done]
            counts |= {(practice, item, period): value for item, value in zip(ITEMS, values, strict=True)}
    within = [(check, "register") for check in CHECKS] + [("all_six", check) for check in CHECKS]
    return Counts(counts, parent, guarded, within)
