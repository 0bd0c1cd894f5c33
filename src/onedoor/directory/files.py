"""A services file: one line a service, written by people in a spreadsheet. Read whole or not at all.

A line may have a site, with its address, postcode and so on. A service with more of them has a line more for each, which
repeats the short name and leaves the name empty; hours on such a line are that place's own.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from io import StringIO
from typing import Any

from onedoor.directory.models import BASES, RTT_SCOPES
from onedoor.directory.rules import REFERRERS, Unreadable, outward, read_days, read_hours, read_streams
from onedoor.directory.types import Fault, PlaceRow, ServiceRow

_OLDEST = 120
_OF_PLACE = ("site", "address", "postcode", "step_free", "parking", "latitude", "longitude")
REQUIRED = ("slug", "name", "summary", "provider_ods", "provider")


class FaultyFile(Exception):
    """The file was not taken; `faults` says where and why."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


def read_services(content: bytes) -> list[ServiceRow]:
    """The services of a CSV file, UTF-8 or Windows-1252. Raises FaultyFile with every fault in it."""
    rows = csv.DictReader(StringIO(_decoded(content), newline=""), restkey="", restval="")
    header = [name.strip().lower() for name in rows.fieldnames or ()]
    rows.fieldnames = header
    missing = [name for name in REQUIRED if name not in header]
    unknown = [name for name in header if name not in _READERS]
    if missing or unknown:
        faults = [Fault(1, name, "", "this column is missing") for name in missing]
        faults += [Fault(1, name, name, f"no such column; there are {', '.join(_READERS)}") for name in unknown]
        raise FaultyFile(faults)
    found: dict[str, ServiceRow] = {}
    faults = []
    seen: dict[str, int] = {}
    for cells in rows:
        if not any(cells.values()):
            continue
        line = rows.line_num
        slug = " ".join((cells.get("slug") or "").split())
        if slug in seen and not (cells.get("name") or "").strip():
            _one_more_place(found, slug, cells, line, faults)
            continue
        values = _read(cells, line, faults)
        place = _place({column: values.pop(column, None) for column in _OF_PLACE}, (), line, faults)
        if slug in seen:
            faults.append(Fault(line, "slug", slug, f"stands on line {seen[slug]} already"))
        seen.setdefault(slug, line)
        if not faults:
            found[slug] = ServiceRow(**values, places=(place,) if place else (), columns=_spoken_of(header))
    if not found and not faults:
        faults.append(Fault(1, "", "", "there is no service in the file"))
    if faults:
        raise FaultyFile(faults)
    return list(found.values())


def read_texts(texts: Mapping[str, str], required: Sequence[str]) -> tuple[dict[str, Any], list[Fault]]:
    """What a form says, by the columns of a services file, and what of it cannot be read. In lists a line is an entry.

    What is left empty is what a service has of which a file says nothing.
    """
    faults: list[Fault] = []
    texts = {column: _joined(column, text) for column, text in texts.items()}
    values = _read(texts, 0, faults, required)
    empty = {one.name: one.default for one in fields(ServiceRow)}
    return {
        _READERS[column][0]: values.get(_READERS[column][0], empty[_READERS[column][0]]) for column in texts
    }, faults


def _joined(column: str, text: str) -> str:
    return re.sub(r"[\r\n]+", " | ", text.strip()) if column in ("hours", "days", "streams", "replaces") else text


def read_place(texts: Mapping[str, str]) -> tuple[PlaceRow | None, list[Fault]]:
    """A place from what a form says, by the columns of a services file; None with the faults when it cannot be read."""
    faults: list[Fault] = []
    values = _read({column: _joined(column, text) for column, text in texts.items()}, 0, faults, ())
    hours = values.pop("hours", ())
    place = _place({column: values.get(column) for column in _OF_PLACE}, hours, 0, faults)
    if place is None and not faults:
        faults.append(Fault(0, "site", "", "give a name or a postcode"))
    return (None if faults else place), faults


def _spoken_of(header: Sequence[str]) -> frozenset[str]:
    named = {_READERS[column][0] for column in header}
    return frozenset((named - set(_OF_PLACE)) | ({"places"} if {"site", "postcode"} & named else set()) | {"provider"})


def _one_more_place(
    found: dict[str, ServiceRow], slug: str, cells: Mapping[str, Any], line: int, faults: list[Fault]
) -> None:
    """A line that only adds a place to a service of an earlier line."""
    strange = [
        column for column, text in cells.items() if (text or "").strip() and column not in (*_OF_PLACE, "slug", "hours")
    ]
    if strange:
        faults.append(Fault(line, strange[0], "", "a line that adds a place has only the place and its hours"))
        return
    place, wrong = read_place({column: cells.get(column) or "" for column in (*_OF_PLACE, "hours") if column in cells})
    faults += [Fault(line, fault.column, fault.there, fault.what) for fault in wrong]
    if place is None or slug not in found:
        return
    row = found[slug]
    if place.name in {one.name for one in row.places}:
        faults.append(Fault(line, "site", place.name, "this service has that place already"))
        return
    found[slug] = replace(row, places=(*row.places, place))


def _place(values: Mapping[str, Any], hours: tuple[Any, ...], line: int, faults: list[Fault]) -> PlaceRow | None:
    name, postcode = values.get("site") or "", values.get("postcode") or ""
    latitude, longitude = values.get("latitude"), values.get("longitude")
    if (latitude is None) != (longitude is None):
        faults.append(Fault(line, "latitude", "", "latitude and longitude go together"))
    if not name and not postcode:
        if any(values.get(column) not in (None, "") for column in _OF_PLACE):
            faults.append(Fault(line, "site", "", "a place has a name or a postcode"))
        return None
    return PlaceRow(
        name=name,
        address=values.get("address") or "",
        postcode=postcode,
        step_free=values.get("step_free"),
        parking=values.get("parking") or "",
        hours=tuple(hours),
        latitude=latitude,
        longitude=longitude,
    )


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _read(
    cells: Mapping[str, Any], line: int, faults: list[Fault], required: Sequence[str] = REQUIRED
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column, text in cells.items():
        if column == "":
            faults.append(Fault(line, "", "", "the line has more cells than the header"))
            continue
        said = " ".join((text or "").split())
        if not said:
            if column in required:
                faults.append(Fault(line, column, "", "this must be given"))
            continue
        field, reader = _READERS[column]
        try:
            values[field] = reader(said)
        except Unreadable as fault:
            faults.append(Fault(line, column, said[:60], str(fault)))
    if values.get("ages_from", 0) > values.get("ages_to", _OLDEST):
        faults.append(Fault(line, "ages_to", str(values["ages_to"]), "is below ages_from"))
    return values


def _text(longest: int) -> Callable[[str], str]:
    def read(said: str) -> str:
        if len(said) > longest:
            raise Unreadable(f"at most {longest} characters")
        return said

    return read


def _degrees(most: float) -> Callable[[str], float]:
    def read(said: str) -> float:
        try:
            found = float(said)
        except ValueError:
            found = most + 1
        if not -most <= found <= most:
            raise Unreadable(f"degrees from -{most:.0f} to {most:.0f}, like 52.0406")
        return found

    return read


def _web(said: str) -> str:
    if not re.fullmatch(r"https?://\S+\.\S+", said) or len(said) > 200:
        raise Unreadable("a web address that begins with https://")
    return said


def _slug(said: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", said) or len(said) > 60:
        raise Unreadable("small letters, figures and single hyphens, at most 60")
    return said


def _number(most: int) -> Callable[[str], int]:
    def read(said: str) -> int:
        if not said.isdecimal() or int(said) > most:
            raise Unreadable(f"a whole number up to {most}")
        return int(said)

    return read


def _refers(said: str) -> tuple[str, ...]:
    named = _list(said)
    if strange := [name for name in named if name not in REFERRERS]:
        raise Unreadable(f"{strange[0]} is none of {', '.join(REFERRERS)}")
    return named


def _list(said: str) -> tuple[str, ...]:
    found = tuple(filter(None, (part.strip() for part in re.split(r"[|;]", said))))
    if any(len(part) > 200 for part in found):
        raise Unreadable("at most 200 characters each")
    return found


def _phone(said: str) -> str:
    if not set(said) <= set("0123456789 +()") or not 3 <= sum(sign.isdigit() for sign in said) <= 13 or len(said) > 20:
        raise Unreadable("a telephone number")
    return said


def _postcode(said: str) -> str:
    code = re.sub(r"\s+", "", said.upper())
    if not outward(code):
        raise Unreadable("a postcode, or its first part")
    return f"{code[:-3]} {code[-3:]}" if code != outward(code) else code


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(said: str) -> str:
        if said not in allowed:
            raise Unreadable(f"one of {', '.join(allowed)}")
        return said

    return read


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise Unreadable("a day like 2026-11-30") from None


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "slug": ("slug", _slug),
    "name": ("name", _text(120)),
    "summary": ("summary", _text(2_000)),
    "words": ("other_words", _text(2_000)),
    "provider_ods": ("provider_ods", lambda said: _text(12)(said).upper()),
    "provider": ("provider", _text(120)),
    "ages_from": ("ages_from", _number(_OLDEST)),
    "ages_to": ("ages_to", _number(_OLDEST)),
    "refers": ("refers", _refers),
    "sharing_agreement_on": ("agreement_on", _day),
    "phone": ("phone", _phone),
    "web": ("web", _web),
    "criteria": ("criteria", _text(2_000)),
    "site": ("site", _text(120)),
    "address": ("address", _text(200)),
    "postcode": ("postcode", _postcode),
    "step_free": ("step_free", lambda said: _one_of("yes", "no")(said) == "yes"),
    "parking": ("parking", _text(200)),
    "latitude": ("latitude", _degrees(90)),
    "longitude": ("longitude", _degrees(180)),
    "hours": ("hours", read_hours),
    "days": ("days", read_days),
    "bank_holidays": ("bank_holidays", lambda said: _one_of("yes", "no")(said) == "yes"),
    "streams": ("streams", read_streams),
    "triage_hours": ("triage_hours", _number(10_000)),
    "triage_basis": ("triage_basis", _one_of(*BASES)),
    "urgent_days": ("urgent_days", _number(365)),
    "onward_working_days": ("onward_working_days", _number(365)),
    "rtt_scope": ("rtt_scope", _one_of(*RTT_SCOPES)),
    "replaces": ("replaces", _list),
    "verified_on": ("verified_on", _day),
    "active": ("active", lambda said: _one_of("yes", "no")(said) == "yes"),
}
"""Column of the file to field of the row and how its text is read."""
