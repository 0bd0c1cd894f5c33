"""The reference data of codes: clinical.md 2 and 1.3 as three files, each row with where it is from.

`codes.csv` has every code of clinical.md 2 by the number of its row, `code_sets.csv` the clusters of clinical.md 1.3 with the
members that a fact gives (`basis`), and `units.csv` the units with the other ways in which they are written. What no fact gives
is not there: such a set stands with its reference-set id and without members until an official file is loaded.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
SET_UP_ON = date(2026, 11, 26)
"""The day on which these files were put together: the version of a set until an official file brings another."""
FACTS = "clinical.md 2 row"


def read(name: str) -> Iterator[dict[str, str]]:
    """The rows of "codes", "code_sets" or "units"."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def load(apps: Any) -> None:
    """Bring the tables to what the files say, for migrations; `apps` is the registry of models as they are at that migration.

    Sets that an official file has brought up to date since keep its members.
    """
    unit, code = apps.get_model("records", "Unit"), apps.get_model("records", "Code")
    for ucum in dict.fromkeys(row["ucum"] for row in read("units")):
        unit.objects.get_or_create(ucum=ucum)
    for row in read("codes"):
        code.objects.update_or_create(
            code=row["code"],
            defaults={
                "term": row["term"],
                "unit": row["unit"],
                "low": float(row["low"]) if row["low"] else None,
                "high": float(row["high"]) if row["high"] else None,
                "range_from": row["range"],
                "provenance": f"{FACTS} {row['row']}: {row['source']}",
                "since": SET_UP_ON,
                "inactive_since": row["inactive_since"] or None,
                "replaced_by": row["replaced_by"],
            },
        )
    _load_sets(apps)


def _load_sets(apps: Any) -> None:
    code_set, member = apps.get_model("records", "CodeSet"), apps.get_model("records", "CodeSetMember")
    keys = dict(apps.get_model("records", "Code").objects.values_list("code", "id"))
    for row in read("code_sets"):
        found, _ = code_set.objects.get_or_create(
            key=row["key"],
            defaults={
                "refset_id": row["refset_id"],
                "name": row["name"],
                "origin": row["origin"],
                "version_on": SET_UP_ON,
                "provenance": "clinical.md 1.3" if row["member"] else row["provenance"],
            },
        )
        if row["member"] and getattr(found, "file_id", None) is None:
            member.objects.get_or_create(
                code_set=found,
                code_id=keys[row["member"]],
                until=None,
                defaults={"basis": row["basis"], "provenance": row["provenance"], "since": SET_UP_ON},
            )
