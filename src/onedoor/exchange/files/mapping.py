"""Mapping files: which column of an export is which field, and what its words mean. Another system is another file.

A mapping that is wrong is refused with the file, the key and what may stand there, before any export is read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from onedoor.exchange.files.cells import DATE_FORMATS
from onedoor.exchange.files.report import Kind
from onedoor.referrals import api as referrals

FOLDER = Path(__file__).parent / "mappings"

_FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # kind: (fields without which nothing can be read, fields that may be missing)
    "patients": (
        ("own_number", "given_name", "family_name", "born_on", "status"),
        (
            *("nhs_number", "title", "gender", "address", "postcode", "home_telephone", "mobile_telephone", "email"),
            *("texts", "language", "needs", "left_on", "registered_on"),
        ),
    ),
    "appointments": (
        ("day", "start", "minutes", "clinician", "session", "type", "status", "own_number"),
        ("nhs_number", "booked_on", "site"),
    ),
    "referrals": (
        ("source_ref", "nhs_number", "received", "source", "priority", "triaged", "outcome", "stream"),
        ("practice", "onward_decided", "onward_sent", "discharged", "first_offered"),
    ),
    "pathways": (
        ("source_ref", "nhs_number", "from_provider", "received", "clock_start", "stream", "state"),
        ("practice", "next_action", "next_action_due"),
    ),
    "calls": (
        ("source_ref", "dialled", "started", "ended", "ended_by"),
        ("menu_ended", "queued", "call_back_asked", "answered", "call_back_made", "leg", "agent"),
    ),
    "entries": (("nhs_number", "code", "date", "organisation"), ("value", "unit", "term", "cluster")),
    "codes": (("refset_id", "code"), ("cluster", "term", "active", "effective")),
}
_MEANINGS: dict[str, dict[str, tuple[str, ...]]] = {
    # The sections of words that a mapping of the kind has, and what its words can mean.
    "patients": {"statuses": ("current", "left", "deceased")},
    "appointments": {"statuses": ("available", "blocked", "booked", "arrived", "seen", "missed")},
    "referrals": {
        "sources": tuple(referrals.SOURCES),
        "priorities": tuple(referrals.PRIORITIES),
        "outcomes": tuple(referrals.OUTCOMES),
    },
    "pathways": {"states": tuple(referrals.MOVES)},
    "calls": {"ends": ("caller", "us", "system")},
    "entries": {},
    "codes": {},
}
_PREAMBLE: dict[str, dict[str, tuple[str, ...]]] = {
    # What each pattern has to find, by the names of its groups.
    "patients": {"practice": ("name", "ods"), "run": ("day",)},
    "appointments": {"practice": ("name", "ods"), "run": ("day",), "scope": ("first", "last", "holders", "site")},
    "referrals": {},
    "pathways": {},
    "calls": {},
    "entries": {},
    "codes": {},
}
_KEYS = {
    "name",
    "kind",
    "source",
    "delimiter",
    "dates",
    "preamble",
    "columns",
    "statuses",
    "sources",
    "priorities",
    "outcomes",
    "states",
    "ends",
    "yes",
    "no",
    "everybody",
    "shared",
}
_SOURCE = re.compile(r"[a-z0-9]{1,12}")


class MappingError(Exception):
    """A mapping file is wrong: which, where in it, and what may stand there."""

    def __init__(self, file: str, key: str, what: str) -> None:
        super().__init__(f"{file}, {key}: {what}")


@dataclass(frozen=True)
class Mapping:
    """One kind of export of one system. Words are matched without regard to capitals and surrounding spaces."""

    file: str
    name: str
    kind: Kind
    source: str
    delimiter: str
    dates: tuple[str, ...]
    practice: re.Pattern[str] | None
    scope: re.Pattern[str] | None
    run: re.Pattern[str] | None
    """Finds the day on which the export was made."""
    columns: dict[str, tuple[str, ...]]
    """Field to columns; more than one only where they are joined, as the lines of an address are."""
    meanings: dict[str, dict[str, str]]
    """For each section of words: the export's word, folded, to ours."""
    words: dict[str, tuple[str, ...]]
    """For each section: the export's words, as the mapping writes them."""
    yes: frozenset[str]
    no: frozenset[str]
    everybody: str
    """What the preamble says when it speaks for all session holders, folded."""
    shared: frozenset[str]
    """Sessions in which several people come at one time, folded."""

    @property
    def statuses(self) -> dict[str, str]:
        """The section of most kinds."""
        return self.meanings["statuses"]

    @property
    def required(self) -> tuple[str, ...]:
        """The columns without which a row of cells is not this export's header."""
        return tuple(self.columns[field][0] for field in _FIELDS[self.kind][0])


def fold(text: str) -> str:
    """For comparing words: no capitals, single spaces, none around."""
    return " ".join(text.casefold().split())


@lru_cache(maxsize=1)
def all_mappings() -> tuple[Mapping, ...]:
    """Every mapping that is installed."""
    return tuple(load(file) for file in sorted(FOLDER.glob("*.toml")))


def load(file: Path) -> Mapping:
    """Read and check one mapping file; raises MappingError."""
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise MappingError(file.name, "the file", str(fault)) from fault
    return _Check(file.name, values).mapping()


class _Check:
    """Checks the values of one file, key by key."""

    def __init__(self, file: str, values: Dict[str, Any]) -> None:
        self.file, self.values = file, values

    def mapping(self) -> Mapping:
        for key in self.values:
            if key not in _KEYS:
                raise self._wrong(key, f"not known; known are {', '.join(sorted(_KEYS))}")
        kind: Any = self._choice("kind", tuple(_FIELDS))
        source = self._text("source")
        if not _SOURCE.fullmatch(source):
            raise self._wrong("source", 'up to 12 small letters and digits, as in "emis"')
        dates = tuple(self._texts("dates"))
        for example in dates:
            if example not in DATE_FORMATS:
                raise self._wrong("dates", f"{example!r} is not an example known; known are {', '.join(DATE_FORMATS)}")
        return Mapping(
            file=self.file,
            name=self._text("name"),
            kind=kind,
            source=source,
            delimiter=self._delimiter(),
            dates=dates,
            practice=self._pattern(kind, "practice") if "practice" in _PREAMBLE[kind] else None,
            scope=self._pattern(kind, "scope") if "scope" in _PREAMBLE[kind] else None,
            run=self._pattern(kind, "run") if "run" in self.values.get("preamble", {}) else None,
            columns=self._columns(kind),
            meanings={section: self._meanings(section, allowed) for section, allowed in _MEANINGS[kind].items()},
            words={
                section: tuple(word for words in self._table(section).values() for word in words)
                for section in _MEANINGS[kind]
            },
            yes=self._words("yes"),
            no=self._words("no"),
            everybody=fold(str(self.values.get("everybody", ""))),
            shared=self._words("shared"),
        )

    def _wrong(self, key: str, what: str) -> MappingError:
        return MappingError(self.file, key, what)

    def _text(self, key: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(key, "must be given, as text")
        return value

    def _texts(self, key: str) -> list[str]:
        value = self.values.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, "must be given, as a list of texts")
        return value

    def _choice(self, key: str, choices: tuple[str, ...]) -> str:
        value = self._text(key)
        if value not in choices:
            raise self._wrong(key, f"must be one of {', '.join(choices)}")
        return value

    def _delimiter(self) -> str:
        value = self.values.get("delimiter", ",")
        if value not in (",", ";", "\t", "|"):
            raise self._wrong("delimiter", "must be a comma, a semicolon, a tab or a bar")
        return str(value)

    def _words(self, key: str) -> frozenset[str]:
        return frozenset(fold(word) for word in self._texts(key)) if self.values.get(key) else frozenset()

    def _table(self, key: str) -> Dict[str, Any]:
        value = self.values.get(key)
        if not isinstance(value, dict):
            raise self._wrong(key, f"the section [{key}] is missing")
        return value

    def _pattern(self, kind: str, key: str) -> re.Pattern[str]:
        text = self._table("preamble").get(key)
        if not isinstance(text, str):
            raise self._wrong(f"preamble.{key}", "must be given, as a regular expression")
        try:
            pattern = re.compile(text, re.IGNORECASE)
        except re.error as fault:
            raise self._wrong(f"preamble.{key}", f"not a regular expression: {fault}") from fault
        for group in _PREAMBLE[kind][key]:
            if group not in pattern.groupindex:
                raise self._wrong(f"preamble.{key}", f"must name what it finds: (?P<{group}>…) is missing")
        return pattern

    def _columns(self, kind: str) -> dict[str, tuple[str, ...]]:
        required, optional = _FIELDS[kind]
        found: dict[str, tuple[str, ...]] = {}
        used: dict[str, str] = {}
        for field, value in self._table("columns").items():
            if field not in (*required, *optional):
                raise self._wrong(f"columns.{field}", f"not a field; fields are {', '.join((*required, *optional))}")
            names = [value] if isinstance(value, str) else value
            if not isinstance(names, list) or not names or not all(isinstance(n, str) and n.strip() for n in names):
                raise self._wrong(f"columns.{field}", "must be the name of a column, or a list of names")
            if len(names) > 1 and field != "address":
                raise self._wrong(f"columns.{field}", "takes one column; only an address is put together from several")
            for name in names:
                if fold(name) in used:
                    raise self._wrong(f"columns.{field}", f"column {name!r} is {used[fold(name)]} already")
                used[fold(name)] = field
            found[field] = tuple(names)
        for field in required:
            if field not in found:
                raise self._wrong(f"columns.{field}", "must be given: without it no row can be read")
        return found

    def _meanings(self, section: str, allowed: tuple[str, ...]) -> dict[str, str]:
        found: dict[str, str] = {}
        for meaning, words in self._table(section).items():
            if meaning not in allowed:
                raise self._wrong(f"{section}.{meaning}", f"not known there; these are {', '.join(allowed)}")
            if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
                raise self._wrong(f"{section}.{meaning}", "must be a list of the export's words")
            for word in words:
                if fold(word) in found:
                    raise self._wrong(f"{section}.{meaning}", f"{word!r} means {found[fold(word)]} already")
                found[fold(word)] = meaning
        if not found:
            raise self._wrong(section, "at least one word must be given")
        return found
