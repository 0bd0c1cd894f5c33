"""Facts of letters to and from JSON: how they are kept, and how an example file brings them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from onedoor.documents.types import (
    Block,
    CheckFacts,
    CheckRow,
    Contact,
    ContactFacts,
    ContactRow,
    Facts,
    Letter,
    Party,
    Person,
)

_DAYS = ("dated", "by_when", "earliest", "latest", "received_on", "missed_on")
_LISTS = ("options", "commonest")


def to_json(facts: Facts) -> dict[str, Any]:
    """Facts as plain values, days as ISO dates."""
    return {key: _plain(value) for key, value in asdict(facts).items()}


def from_json(kept: dict[str, Any]) -> Facts:
    """Facts from plain values. Raises ValueError for what is not a fact, or a day that is none."""
    if unknown := kept.keys() - {one.name for one in fields(Facts)}:
        raise ValueError(f"not facts of a letter: {', '.join(sorted(unknown))}")
    made = dict(kept)
    for name in _DAYS:
        if made.get(name):
            made[name] = date.fromisoformat(made[name])
    for name in _LISTS:
        if name in made:
            made[name] = tuple(made[name])
    for name in ("sender", "practice"):
        if made.get(name):
            made[name] = _party(made[name])
    person = dict(made["patient"])
    person["lines"] = tuple(person.get("lines", ()))
    person["born_on"] = date.fromisoformat(person["born_on"]) if person.get("born_on") else None
    made["patient"] = Person(**person)
    if made.get("contact"):
        made["contact"] = Contact(**made["contact"])
    if made.get("checks"):
        made["checks"] = _checks(made["checks"])
    if made.get("contacts"):
        day = made["contacts"]
        rows = tuple(ContactRow(**row) for row in day["rows"])
        made["contacts"] = ContactFacts(date.fromisoformat(day["on"]), rows)
    return Facts(**made)


def _checks(kept: dict[str, Any]) -> CheckFacts:
    made = dict(kept)
    made["on"] = date.fromisoformat(made["on"])
    made["rows"] = tuple(
        CheckRow(
            row["check"],
            row["result"],
            date.fromisoformat(row["on"]),
            tuple((code, term) for code, term in row.get("codes", ())),
            row.get("found", ""),
        )
        for row in made.get("rows", ())
    )
    made["without"] = tuple((check, why) for check, why in made.get("without", ()))
    made["acted"], made["asked"] = tuple(made.get("acted", ())), tuple(made.get("asked", ()))
    return CheckFacts(**made)


def letter_to_json(letter: Letter) -> dict[str, Any]:
    """A composed letter as plain values."""
    return {key: _plain(value) for key, value in asdict(letter).items()}


def letter_from_json(kept: dict[str, Any]) -> Letter:
    """A letter as it was composed, whatever the wording says now."""
    made = dict(kept)
    made["english"] = letter_from_json(made["english"]) if made.get("english") else None
    made["sender"], made["to"] = _party(made["sender"]), _party(made["to"])
    made["contact"] = Contact(**made["contact"])
    made["about"] = tuple((label, value) for label, value in made["about"])
    made["dated_on"] = date.fromisoformat(made["dated_on"])
    made["blocks"], made["notes"] = _blocks(made["blocks"]), _blocks(made.get("notes", ()))
    made["copies"], made["other_ways"] = tuple(made["copies"]), tuple(made["other_ways"])
    return Letter(**made)


def _blocks(kept: Iterable[dict[str, Any]]) -> tuple[Block, ...]:
    return tuple(
        Block(
            one["kind"],
            tuple(one["said"]),
            tuple(tuple(row) for row in one["rows"]),
            one.get("lang", ""),
            tuple(one.get("pictures", ())),
            tuple(one.get("head", ())),
        )
        for one in kept
    )


def _party(kept: dict[str, Any]) -> Party:
    return Party(kept["name"], tuple(kept.get("lines", ())))


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
