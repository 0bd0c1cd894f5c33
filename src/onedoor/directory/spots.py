"""Places of the country in the database: brought by a file, found by what somebody names, and what services' places lie at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Avg

from onedoor.accounts.api import require_runs_all
from onedoor.directory.files import FaultyFile
from onedoor.directory.gazetteer import SpotRow, key_of, read_spots
from onedoor.directory.models import ServicePlace, Spot
from onedoor.directory.rules import miles, outward
from onedoor.directory.types import BroughtSpots, Fault, Where
from onedoor.directory.writing import next_edition, touch
from onedoor.kernel import audit
from onedoor.kernel.actor import Actor

_SLICE = 5_000
_TOLD = 20
"""Faults that a refusal names; a file whose columns are mixed up has one on each line."""
SAME_TOWN_MILES = 3.0
"""Entries of one name that lie so near one another are the same place."""

_TAKE = """
INSERT INTO directory_spot AS s (kind, key, name, outward, latitude, longitude)
SELECT * FROM unnest(%s::varchar[], %s::varchar[], %s::varchar[], %s::varchar[], %s::float8[], %s::float8[])
ON CONFLICT (kind, key, outward) DO UPDATE
   SET name = excluded.name, latitude = excluded.latitude, longitude = excluded.longitude
 WHERE (s.name, s.latitude, s.longitude) IS DISTINCT FROM (excluded.name, excluded.latitude, excluded.longitude)
RETURNING xmax = 0"""


@transaction.atomic
def take_spots(*, file: Path, by: Actor) -> BroughtSpots:
    """Bring the country's places to what a file says, whole or not at all; those that it does not name stay.

    Places of services are located anew, save those whose coordinates somebody gave. Raises FaultyFile, OSError, and
    NotPermitted for anybody but an administrator or the system.
    """
    require_runs_all(by)
    new = changed = seen = skipped = 0
    faults: list[Fault] = []
    lines = read_spots(file)
    while part := list(islice(lines, _SLICE)):
        faults += [line for line in part if isinstance(line, Fault)]
        if len(faults) >= _TOLD:
            break
        rows = {(row.kind, row.key, row.outward): row for row in part if isinstance(row, SpotRow)}
        skipped += sum(line is None for line in part)
        seen += len(rows)
        if not faults:
            made = _take(list(rows.values()))
            new += sum(made)
            changed += len(made) - sum(made)
    if not faults and not seen:
        faults.append(Fault(1, "", "", "there is no place in the file"))
    if faults:
        raise FaultyFile(faults[:_TOLD])
    located = locate_places(ServicePlace.objects.exclude(located="given")) if new or changed else 0
    audit.record(
        by=by, line=audit.Line("take_places", "spot", None, detail={"new": new, "changed": changed, "located": located})
    )
    return BroughtSpots(new, changed, seen - new - changed, skipped, located)


def _take(rows: Sequence[SpotRow]) -> list[bool]:
    """For each row that was written, whether it is new."""
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            [
                [row.kind for row in rows],
                [row.key for row in rows],
                [row.name for row in rows],
                [row.outward for row in rows],
                [row.latitude for row in rows],
                [row.longitude for row in rows],
            ],
        )
        return [bool(new) for (new,) in cursor.fetchall()]


def locate_places(places: Iterable[ServicePlace]) -> int:
    """Give places the coordinates of their postcodes, in the caller's transaction. How many moved."""
    found = list(places)
    at = locate([place.postcode for place in found if place.postcode])
    moved = []
    for place in found:
        latitude, longitude, how = at.get(place.postcode, (None, None, ""))
        if (place.latitude, place.longitude, place.located) != (latitude, longitude, how):
            place.latitude, place.longitude, place.located = latitude, longitude, how
            moved.append(place)
    ServicePlace.objects.bulk_update(moved, ("latitude", "longitude", "located"), batch_size=1_000)
    if moved:
        touch({place.service_id for place in moved}, next_edition())
    return len(moved)


def locate(codes: Sequence[str]) -> dict[str, tuple[float, float, str]]:
    """Where postcodes or their first parts are: (latitude, longitude, whether by its postcode or outward code); unknown ones
    are left out. An outward code without an entry of its own lies in the middle of its postcodes."""
    whole = {code: key_of("postcode", code) for code in codes}
    outwards = {code: outward(code) for code in codes if outward(code)}
    exact = {
        key: (latitude, longitude)
        for key, latitude, longitude in Spot.objects.filter(kind="postcode", key__in=set(whole.values())).values_list(
            "key", "latitude", "longitude"
        )
    }
    rough = _outwards({outwards[code] for code in outwards if whole[code] not in exact})
    found: dict[str, tuple[float, float, str]] = {}
    for code, key in whole.items():
        if key in exact:
            found[code] = (*exact[key], "postcode")
        elif outwards.get(code) in rough:
            found[code] = (*rough[outwards[code]], "outward")
    return found


def _outwards(codes: set[str]) -> dict[str, tuple[float, float]]:
    if not codes:
        return {}
    spots = Spot.objects.filter(kind="outward", key__in=codes).values_list("key", "latitude", "longitude")
    found = {key: (latitude, longitude) for key, latitude, longitude in spots}
    if left := codes - set(found):
        middles = Spot.objects.filter(kind="postcode", outward__in=left).values("outward")
        for row in middles.annotate(latitude=Avg("latitude"), longitude=Avg("longitude")):
            found[row["outward"]] = (row["latitude"], row["longitude"])
    return found


def where_is(said: str) -> Where | None:
    """The place that somebody named: a postcode, its first part or a town; None for nothing said.

    Of several towns of one name none is taken, unless they are one place.
    """
    said = " ".join(said.split())
    if not said:
        return None
    if code := outward(said):
        at = locate([said]).get(said)
        return Where(said, code, at[:2] if at else None)
    towns = list(Spot.objects.filter(kind="town", key=key_of("town", said)).order_by("outward", "pk")[:20])
    if not towns:
        return Where(said, "", None)
    first = (towns[0].latitude, towns[0].longitude)
    if any(miles(first, (town.latitude, town.longitude)) > SAME_TOWN_MILES for town in towns):
        return Where(towns[0].name, "", None, several=True)
    return Where(towns[0].name, next((town.outward for town in towns if town.outward), ""), first)
