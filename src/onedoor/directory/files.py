"""A services file: one line a service, written by people in a spreadsheet. Read whole or not at all."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import date
from io import StringIO
from typing import Any

from onedoor.directory.models import BASES, RTT_SCOPES
from onedoor.directory.rules import REFERRERS, Unreadable, outward, read_days, read_hours, read_streams
from onedoor.directory.types import Fault, ServiceRow

_OLDEST = 120
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
    found: list[ServiceRow] = []
    faults = []
    seen: dict[str, int] = {}
    for cells in rows:
        if not any(cells.values()):
            continue
        line = rows.line_num
        values = _read(cells, line, faults)
        slug = values.get("slug", "")
        if slug in seen:
            faults.append(Fault(line, "slug", slug, f"stands on line {seen[slug]} already"))
        seen.setdefault(slug, line)
        if not faults:
            found.append(ServiceRow(**values))
    if not found and not faults:
        faults.append(Fault(1, "", "", "there is no service in the file"))
    if faults:
        raise FaultyFile(faults)
    return found


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _read(cells: dict[str, Any], line: int, faults: list[Fault]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column, text in cells.items():
        if column == "":
            faults.append(Fault(line, "", "", "the line has more cells than the header"))
            continue
        said = " ".join((text or "").split())
        if not said:
            if column in REQUIRED:
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
    return tuple(filter(None, (part.strip() for part in re.split(r"[|;]", said))))


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
    "web": ("web", _text(200)),
    "postcode": ("postcode", _postcode),
    "site": ("site", _text(120)),
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
