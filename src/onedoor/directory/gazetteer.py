"""A file of the country's places, named and located, read line by line: a whole country's postcodes need no memory.

The file is CSV. Onedoor's own columns are name, kind (outward, postcode or town), latitude, longitude and, for towns, outward.
The ONS Postcode Directory is read as it comes: of its columns `pcds` names a postcode, `lat` and `long` are its degrees, and a
filled `doterm` says that it is no longer in use. Other open files (Ordnance Survey's Open Names, ONS's Index of Place Names)
need their columns named like Onedoor's first; eastings and northings are not read.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from onedoor.directory.rules import outward
from onedoor.directory.types import Fault
from onedoor.kernel.words import folded

KINDS = ("outward", "postcode", "town")
ALSO = {"pcds": "name", "lat": "latitude", "long": "longitude", "lng": "longitude"}
"""Other names of the columns."""
NOWHERE = 99.0
"""The ONS Postcode Directory gives latitude 99.999999 to postcodes that have no place."""
LONGEST = 80


@dataclass(frozen=True)
class SpotRow:
    """A place of the file; `key` is what it is found by."""

    kind: str
    key: str
    name: str
    outward: str
    latitude: float
    longitude: float


def key_of(kind: str, name: str) -> str:
    """What a place is found by: codes in capitals without spaces, towns without capitals, accents and marks."""
    if kind == "town":
        return " ".join(re.sub(r"[^\w\s]", " ", folded(name).replace("'", "").replace("’", "")).split())
    return re.sub(r"\s+", "", name.upper())


def read_spots(file: Path) -> Iterator[SpotRow | Fault | None]:
    """A place, a fault, or None for a line that has no place or is no longer in use, for each line of the file."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream, restkey="", restval="")
            header = [name.strip().lower() for name in rows.fieldnames or ()]
            of_ons = "pcds" in header
            header = [ALSO.get(name, name) for name in header]
            wanted = ("name", "latitude", "longitude") if of_ons else ("name", "kind", "latitude", "longitude")
            if missing := [name for name in wanted if name not in header]:
                yield from (Fault(1, name, "", "this column is missing") for name in missing)
                return
            rows.fieldnames = header
            for cells in rows:
                yield _read(cells, "postcode" if of_ons else "", rows.line_num)
    except UnicodeDecodeError:
        yield Fault(1, "", "", "the file is not UTF-8; save it as CSV UTF-8")


def _read(cells: Mapping[str, str], kind: str, line: int) -> SpotRow | Fault | None:
    name = " ".join((cells["name"] or "").split())
    kind = kind or (cells["kind"] or "").strip().lower()
    if not name and not any(isinstance(text, str) and text.strip() for text in cells.values()):
        return None
    if not name or len(name) > LONGEST:
        return Fault(line, "name", name[:60], f"a name of at most {LONGEST} letters")
    if kind not in KINDS:
        return Fault(line, "kind", kind[:60], f"one of {', '.join(KINDS)}")
    if cells.get("doterm", "").strip():
        return None
    given = cells.get("outward", "").strip()
    its = outward(given or name) if kind != "town" or given else ""
    code = key_of(kind, name)
    if kind != "town" and (not its or (kind == "outward") != (its == code)):
        return Fault(
            line, "name", name[:60], "a whole postcode" if kind == "postcode" else "the first part of a postcode"
        )
    if given and (not its or its != key_of("outward", given)):
        return Fault(line, "outward", given[:60], "the first part of a postcode")
    degrees = {}
    for column, most in (("latitude", 90.0), ("longitude", 180.0)):
        text = (cells[column] or "").strip()
        try:
            degrees[column] = float(text)
        except ValueError:
            return Fault(line, column, text[:60], "degrees like 52.0406") if text else None
        if column == "latitude" and degrees[column] > NOWHERE:
            return None
        if not -most <= degrees[column] <= most:
            return Fault(line, column, text[:60], f"degrees from -{most:.0f} to {most:.0f}; eastings are not read")
    if not code:
        return Fault(line, "name", name[:60], "a name with letters")
    return SpotRow(kind, code, name, its, degrees["latitude"], degrees["longitude"])
