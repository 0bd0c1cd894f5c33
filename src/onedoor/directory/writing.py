"""How what stands of a service is written: every change, by a file or on a page, goes this way and leaves a version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Max

from onedoor.directory import snapshots
from onedoor.directory.models import Opening, Service, ServicePlace, ServiceVersion, Stream
from onedoor.directory.snapshots import Told
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor

_LOCK = 7_207


def next_edition() -> int:
    """The edition of the change that this transaction makes; changes wait for one another until it ends.

    Editions grow one after another, so that whoever keeps the texts sees each change.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    return (Service.objects.aggregate(last=Max("edition"))["last"] or 0) + 1


def touch(service_ids: Iterable[int], edition: int) -> None:
    """Say that these services changed."""
    Service.objects.filter(pk__in=service_ids).update(edition=edition)


def standing(service_ids: Sequence[int]) -> dict[int, Told]:
    """What stands of services, as versions keep it; in five statements for any number of them."""
    found = Service.objects.filter(pk__in=service_ids).select_related("organisation")
    return {
        one.pk: _told(one)
        for one in found.prefetch_related("streams", "openings", "places").order_by("pk").iterator(500)
    }


def _told(service: Service) -> Told:
    told: Told = {field: getattr(service, field) for field in snapshots.SCALARS}
    told["provider"] = service.organisation.ods_code
    told["streams"] = [[one.name, one.kind] for one in service.streams.all() if one.active]
    rows = list(service.openings.all())
    told["hours"] = _hours([row for row in rows if row.place_id is None])
    told["days"] = sorted(
        (
            [str(row.day), row.opens and f"{row.opens:%H:%M}", row.closes and f"{row.closes:%H:%M}"]
            for row in rows
            if row.day is not None and row.place_id is None
        ),
        key=str,
    )
    told["places"] = [
        {
            "name": place.name,
            "address": place.address,
            "postcode": place.postcode,
            "step_free": place.step_free,
            "parking": place.parking,
            "hours": _hours([row for row in rows if row.place_id == place.pk]),
            "at": [place.latitude, place.longitude] if place.located == "given" else None,
        }
        for place in service.places.all()
        if place.active
    ]
    return told


def _hours(rows: Sequence[Opening]) -> list[list[Any]]:
    return sorted(
        [row.weekday, f"{row.opens:%H:%M}", f"{row.closes:%H:%M}"]
        for row in rows
        if row.weekday is not None and row.opens is not None and row.closes is not None
    )


def write(service: Service, told: Mapping[str, Any], names: Sequence[str]) -> list[ServicePlace]:
    """Write what `names` of `told` say. The places that are to be located are given back."""
    for name in names:
        if name in snapshots.SCALARS:
            setattr(service, name, told[name])
    service.save()
    if "streams" in names:
        _write_streams(service, told["streams"])
    if {"hours", "days"} & set(names):
        _write_openings(service, told, names)
    return _write_places(service, told["places"]) if "places" in names else []


def keep_version(
    service_id: int, before: Told | None, after: Told, names: Sequence[str], via: str, by: Actor
) -> list[ServiceVersion]:
    """The rows that say what changed, to be written; of a service that had none, what stood before goes first."""
    row = ServiceVersion(
        service_id=service_id, at=clock.now(), by_label=by.label[:80], via=via, changed=list(names), told=after
    )
    if before is None:
        row.since_ever, row.changed = True, []
        return [row]
    first = ServiceVersion(
        service_id=service_id, at=row.at, by_label="", via="file", changed=[], told=before, since_ever=True
    )
    return [first, row]


def write_versions(rows: Sequence[ServiceVersion]) -> None:
    """Write them; a first one only where history has none yet."""
    asked = [row.service_id for row in rows if row.since_ever]
    begun = set(
        ServiceVersion.objects.filter(service_id__in=asked, since_ever=True).values_list("service_id", flat=True)
    )
    ServiceVersion.objects.bulk_create(
        [row for row in rows if not (row.since_ever and row.service_id in begun)], batch_size=500
    )


def _write_streams(service: Service, streams: Sequence[Sequence[str]]) -> None:
    """A stream that is no longer named is ended, never deleted: referrals stand on it."""
    service.streams.exclude(name__in=[name for name, _ in streams]).update(active=False)
    for position, (name, kind) in enumerate(streams, 1):
        Stream.objects.update_or_create(
            service=service, name=name, defaults={"kind": kind, "position": position, "active": True}
        )


def _write_openings(service: Service, told: Mapping[str, Any], names: Sequence[str]) -> None:
    own = service.openings.filter(place=None)
    rows: list[Opening] = []
    if "hours" in names:
        own.filter(day=None).delete()
        rows += [
            Opening(service=service, weekday=row.weekday, opens=row.opens, closes=row.closes)
            for row in snapshots.read_hours(told["hours"])
        ]
    if "days" in names:
        own.filter(weekday=None).delete()
        rows += [
            Opening(service=service, day=row.day, opens=row.opens, closes=row.closes)
            for row in snapshots.read_days(told["days"])
        ]
    Opening.objects.bulk_create(rows)


def _write_places(service: Service, places: Sequence[Told]) -> list[ServicePlace]:
    held = {place.name: place for place in service.places.filter(active=True)}
    gone = [place.pk for name, place in held.items() if name not in {told["name"] for told in places}]
    ServicePlace.objects.filter(pk__in=gone).update(active=False)
    return [
        write_place(held.get(told["name"]) or ServicePlace(service=service, name=told["name"]), told, position)
        for position, told in enumerate(places, 1)
    ]


def write_place(place: ServicePlace, told: Told, position: int) -> ServicePlace:
    """Write a place and its hours. Coordinates that somebody gave stand; others are for the caller to find."""
    for field in ("name", "address", "postcode", "step_free", "parking"):
        setattr(place, field, told[field])
    place.position, place.active = position, True
    if told["at"]:
        (place.latitude, place.longitude), place.located = told["at"], "given"
    elif place.located == "given":
        place.latitude = place.longitude = None
        place.located = ""
    place.save()
    place.openings.all().delete()
    Opening.objects.bulk_create(
        Opening(service_id=place.service_id, place=place, weekday=row.weekday, opens=row.opens, closes=row.closes)
        for row in snapshots.read_hours(told["hours"])
    )
    return place
