"""What stands in the directory of a service, whole and as plain values: what versions keep, compare, and say in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from onedoor.directory import rules
from onedoor.directory.types import PlaceRow, ServiceRow

Told = dict[str, Any]
"""By the names of `FIELDS`, as JSON has it."""

SCALARS = (
    "name",
    "summary",
    "criteria",
    "other_words",
    "phone",
    "web",
    "ages_from",
    "ages_to",
    "refers",
    "replaces",
    "triage_hours",
    "triage_basis",
    "urgent_days",
    "onward_working_days",
    "rtt_scope",
    "bank_holidays",
    "active",
)
"""What stands on the service itself, under the same name."""
LISTS = ("streams", "hours", "days", "places")
FIELDS = {
    "name": "Name",
    "provider": "Provider",
    "summary": "What it does",
    "criteria": "Whom it takes",
    "other_words": "Other words that find it",
    "phone": "Telephone",
    "web": "Web page",
    "ages_from": "Youngest age",
    "ages_to": "Oldest age",
    "refers": "Who may refer",
    "replaces": "Lines and pages that it replaces",
    "triage_hours": "Hours for triage",
    "triage_basis": "How those hours are counted",
    "urgent_days": "Days to a first urgent appointment",
    "onward_working_days": "Working days for sending on",
    "rtt_scope": "Referral to treatment",
    "bank_holidays": "Open on bank holidays",
    "active": "In the directory",
    "streams": "What it offers",
    "hours": "Hours",
    "days": "Days with hours of their own",
    "places": "Places",
}
CRITERIA = {
    "ages": ("ages_from", "ages_to"),
    "refers": ("refers",),
    "criteria": ("criteria",),
    "clocks": ("triage_hours", "triage_basis", "urgent_days", "onward_working_days", "rtt_scope"),
}
"""What decides whom a service takes and by when, in the groups in which a page says it."""


def of_row(row: ServiceRow) -> Told:
    """What a file or a page says of a service."""
    told: Told = {field: getattr(row, field) for field in SCALARS}
    told |= {"refers": list(row.refers), "replaces": list(row.replaces), "provider": row.provider_ods}
    told["streams"] = [list(stream) for stream in row.streams]
    told["hours"] = hours_of(row.hours)
    told["days"] = days_of(row.days)
    told["places"] = [of_place(place) for place in row.places]
    return told


def of_values(values: Mapping[str, Any]) -> Told:
    """What a form said (`files.read_texts`), as versions keep it."""
    told: Told = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    for name, as_kept in (("hours", hours_of), ("days", days_of)):
        if name in values:
            told[name] = as_kept(values[name])
    if "streams" in values:
        told["streams"] = [list(stream) for stream in values["streams"]]
    return told


def of_place(place: PlaceRow) -> Told:
    """A place as versions keep it."""
    at = [place.latitude, place.longitude] if place.latitude is not None and place.longitude is not None else None
    return {
        "name": place.name,
        "address": place.address,
        "postcode": place.postcode,
        "step_free": place.step_free,
        "parking": place.parking,
        "hours": hours_of(place.hours),
        "at": at,
    }


def hours_of(hours: tuple[rules.Hours, ...]) -> list[list[Any]]:
    """Weekday hours in order, times as 08:00."""
    return sorted([row.weekday, f"{row.opens:%H:%M}", f"{row.closes:%H:%M}"] for row in set(hours))


def days_of(days: tuple[rules.DayHours, ...]) -> list[list[Any]]:
    """Dated hours in order."""
    return sorted(
        ([str(row.day), row.opens and f"{row.opens:%H:%M}", row.closes and f"{row.closes:%H:%M}"] for row in days),
        key=str,
    )


def read_hours(told: list[list[Any]]) -> tuple[rules.Hours, ...]:
    """Weekday hours as versions keep them."""
    return tuple(rules.Hours(day, time.fromisoformat(opens), time.fromisoformat(closes)) for day, opens, closes in told)


def read_days(told: list[list[Any]]) -> tuple[rules.DayHours, ...]:
    """Dated hours as versions keep them."""
    return tuple(
        rules.DayHours(
            date.fromisoformat(day),
            time.fromisoformat(opens) if opens else None,
            time.fromisoformat(closes) if closes else None,
        )
        for day, opens, closes in told
    )


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Names of what `after` has otherwise, in the order of FIELDS."""
    return [name for name in FIELDS if name in after and before.get(name) != after[name]]


def said(name: str, value: Any) -> str:
    """What stands under a name, in words."""
    if value in (None, "", []):
        return "nothing"
    if name == "refers":
        return ", ".join(words for key, words in rules.REFERRERS.items() if key in value)
    if name in ("bank_holidays", "active"):
        return "yes" if value else "no"
    if name == "triage_basis":
        return "working hours" if value == "working" else "by the clock on the wall"
    if name == "streams":
        return rules.streams_written(tuple((one, kind) for one, kind in value))
    if name == "hours":
        return rules.hours_written(read_hours(value))
    if name == "days":
        return rules.days_written(read_days(value))
    if name == "places":
        return "; ".join(_place_said(place) for place in value)
    if name == "replaces":
        return ", ".join(value)
    return str(value) if value is not False else "no"


def _place_said(place: Mapping[str, Any]) -> str:
    parts = [place["name"], place["address"], place["postcode"]]
    if place["step_free"] is not None:
        parts.append("step-free" if place["step_free"] else "steps")
    parts += [place["parking"], rules.hours_written(read_hours(place["hours"]))]
    if place["at"]:
        parts.append("at {}, {}".format(*place["at"]))
    return ", ".join(filter(None, parts))
