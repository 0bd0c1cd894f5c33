"""What stood of a service before: its changes, and whom it took on any past day."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from typing import Any

from onedoor.directory import rules, snapshots
from onedoor.directory.models import ServiceVersion
from onedoor.directory.types import ChangeSaid, Criteria, PlaceCard
from onedoor.directory.writing import standing
from onedoor.kernel import clock


def criteria_at(service_id: int, moment: datetime) -> Criteria | None:
    """Whom the service took, and by which clocks, at a moment; None when there is no such service.

    Before history began what stood at its beginning is given: nothing older is known.
    """
    rows = list(_versions(service_id).filter(at__lte=moment).order_by("at", "id"))
    if not rows:
        first = _versions(service_id).order_by("-since_ever", "at", "id").first()
        if first is not None:
            return _criteria(first.told, {})
        now = standing([service_id]).get(service_id)
        return _criteria(now, {}) if now is not None else None
    since: dict[str, date] = {}
    for row in rows:
        for group, names in snapshots.CRITERIA.items():
            if not row.since_ever and set(names) & set(row.changed):
                since[group] = row.at.astimezone(clock.LONDON).date()
    return _criteria(rows[-1].told, since)


def _criteria(told: snapshots.Told, since: dict[str, date]) -> Criteria:
    return Criteria(
        ages_from=told["ages_from"],
        ages_to=told["ages_to"],
        ages=rules.ages_said(told["ages_from"], told["ages_to"]),
        refers=tuple(name for name in rules.REFERRERS if name in told["refers"]),
        criteria=told["criteria"],
        triage_hours=told["triage_hours"],
        triage_basis=told["triage_basis"],
        clocks=rules.clocks_said(*(told[name] for name in snapshots.CRITERIA["clocks"])),
        since=since,
    )


def history(service_id: int, *, most: int = 100) -> list[ChangeSaid]:
    """What changed of a service, the latest first; both ages are told as one."""
    rows = list(_versions(service_id).order_by("-at", "-id")[: most + 1])
    found: list[ChangeSaid] = []
    for after, before in pairwise(rows):
        ages = [name for name in after.changed if name in snapshots.CRITERIA["ages"]]
        if ages:
            found.append(_said(after, "Ages", _ages(before.told), _ages(after.told)))
        found += [
            _said(after, snapshots.FIELDS[name], *(snapshots.said(name, row.told.get(name)) for row in (before, after)))
            for name in after.changed
            if name not in ages
        ]
    return found[:most]


def _said(row: ServiceVersion, what: str, before: str, after: str) -> ChangeSaid:
    return ChangeSaid(at=row.at, by=row.by_label, via=row.via, what=what, before=before, after=after)


def _ages(told: dict[str, Any]) -> str:
    return rules.ages_said(told["ages_from"], told["ages_to"])


def _versions(service_id: int) -> Any:
    return ServiceVersion.objects.filter(service_id=service_id)


def written(service_id: int) -> dict[str, str]:
    """What stands of a service as a form shows it: by the columns of a services file, each as `files` reads it.

    KeyError for no such service.
    """
    told = standing([service_id])[service_id]
    return {
        "name": told["name"],
        "summary": told["summary"],
        "criteria": told["criteria"],
        "words": told["other_words"],
        "phone": told["phone"],
        "web": told["web"],
        "ages_from": _number(told["ages_from"]),
        "ages_to": _number(told["ages_to"]),
        "refers": "|".join(told["refers"]),
        "replaces": "\n".join(told["replaces"]),
        "streams": _lines(rules.streams_written([(name, kind) for name, kind in told["streams"]])),
        "hours": _lines(rules.hours_written(snapshots.read_hours(told["hours"]))),
        "days": _lines(rules.days_written(snapshots.read_days(told["days"]))),
        "bank_holidays": "yes" if told["bank_holidays"] else "no",
        "active": "yes" if told["active"] else "no",
    }


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _lines(said: str) -> str:
    return said.replace("; ", "\n")


def place_written(place: PlaceCard) -> dict[str, str]:
    """What stands of a place as a form shows it; coordinates only where somebody gave them."""
    given = place.at if place.located == "given" else None
    return {
        "site": place.name,
        "address": place.address,
        "postcode": place.postcode,
        "step_free": "" if place.step_free is None else "yes" if place.step_free else "no",
        "parking": place.parking,
        "hours": _lines(place.hours_written),
        "latitude": str(given[0]) if given else "",
        "longitude": str(given[1]) if given else "",
    }
