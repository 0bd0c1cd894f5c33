"""A measure as read from its file: what it may say (docs/reference/reports.md), checked, and in plain words.

Who is in a measure of people and what counts is never said here: it names a rule set of recall. A measure of events names a
relation of `relations`.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from onedoor.reporting.levels import Level
from onedoor.reporting.measures.relations import RELATIONS

FOLDER = Path(__file__).with_name("definitions")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
CLOCKS = {
    "rolling": "The twelve months to the end of the month",
    "month": "What happened in the month",
    "month_end": "As it stood on the last day of the month",
}
COUNTED = ("complete", "part", "member", "new", "lapsed")
UNITS = ("%", "people", "events")
_TEXTS = ("name", "words", "clock", "counts", "population", "numerator", "unit", "improvement", "suppressed")
_KNOWN = {
    *_TEXTS,
    "key",
    "version",
    "active_from",
    "active_until",
    "denominator",
    "exclusions",
    "xmr",
    "parts",
    "sources",
    "from",
}
_FROM = {"rule_set", "counted", "part", "rows_of", "relation"}


class BadMeasure(ValueError):
    """A file says something that the format does not know; the message names the measure, the place and what may stand there."""


@dataclass(frozen=True)
class From:
    """What a measure is computed from: a rule set of recall and what of a judgement counts, or a relation of events."""

    rule_set: str = ""
    counted: str = ""
    part: str = ""
    rows_of: str = ""
    """The measure under which its people are kept; its own key where nothing is said."""
    relation: str = ""


@dataclass(frozen=True)
class Measure:
    """A definition."""

    key: str
    version: str
    active_from: date
    active_until: date | None
    """The last day."""
    name: str
    words: str
    clock: str
    counts: str
    """people or events."""
    population: str
    numerator: str
    denominator: str
    """Empty for a count."""
    exclusions: tuple[str, ...]
    """Codes of rules that take somebody out."""
    unit: str
    improvement: str
    """up, down or none: which way is better."""
    suppressed: Level
    """The highest level at which small numbers are hidden."""
    xmr: bool
    parts: tuple[str, ...]
    sources: tuple[str, ...]
    source: From
    content: Mapping[str, Any]

    @property
    def rows_of(self) -> str:
        """The key under which its people are kept."""
        return self.source.rows_of or self.key

    @property
    def is_share(self) -> bool:
        """Whether it is a share of a denominator, not a count."""
        return bool(self.denominator)

    def active(self, on: date) -> bool:
        """Whether it is in force on a day."""
        return self.active_from <= on and (self.active_until is None or on <= self.active_until)


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of a content, however it is spaced."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@lru_cache(maxsize=1)
def shipped() -> tuple[Measure, ...]:
    """Every measure of the folder, checked, by key. Raises BadMeasure."""
    return read_folder(FOLDER)


def read_folder(folder: Path) -> tuple[Measure, ...]:
    """Every measure of a folder, checked alone and together. Raises BadMeasure."""
    found = [read(path.read_text(encoding="utf-8"), path.name) for path in sorted(folder.glob("*.toml"))]
    seen: dict[tuple[str, str], str] = {}
    for one in found:
        _need(one.key, (one.key, one.version) not in seen, "version", f"{one.version} is there twice")
        seen[one.key, one.version] = one.name
    by_key = {one.key: one for one in found}
    for one in found:
        kept = by_key.get(one.rows_of)
        _need(one.key, kept is not None, "from.rows_of", f"no measure is called {one.rows_of!r}")
        _need(
            one.key,
            kept is None or (kept.source.rule_set, kept.rows_of) == (one.source.rule_set, kept.key),
            "from.rows_of",
            f"{one.rows_of} keeps no people of the same rule set",
        )
    for key in by_key:
        versions = sorted((one for one in found if one.key == key), key=lambda one: one.active_from)
        for former, later in pairwise(versions):
            until = former.active_until
            _need(
                key,
                until is not None and until < later.active_from,
                "active_until",
                f"version {former.version} must end before {later.active_from}, when version {later.version} begins",
            )
    return tuple(found)


def in_force(on: date, measures: Sequence[Measure] | None = None) -> dict[str, Measure]:
    """The measures of a day by key."""
    return {one.key: one for one in (shipped() if measures is None else measures) if one.active(on)}


def read(text: str, name: str = "") -> Measure:
    """A measure of its file. Raises BadMeasure."""
    try:
        content = json.loads(json.dumps(tomllib.loads(text), default=lambda day: day.isoformat()))
    except tomllib.TOMLDecodeError as error:
        raise BadMeasure(f"{name or 'the file'} is no TOML: {error}") from error
    return parse(content)


def parse(content: Mapping[str, Any]) -> Measure:
    """A measure of its content, checked. Raises BadMeasure."""
    key = str(content.get("key", "?"))
    _need(key, bool(_KEY.fullmatch(key)), "key", "is small letters, digits and _, and begins with a letter")
    for unknown in sorted(set(content) - _KNOWN):
        raise BadMeasure(f"{key}: {unknown} is not known; there may be {', '.join(sorted(_KNOWN))}")
    for needed in (*_TEXTS, "version"):
        _need(key, bool(content.get(needed)) and isinstance(content[needed], str), needed, "is missing or no text")
    _need(key, isinstance(content.get("xmr"), bool), "xmr", "is true or false")
    from_ = content.get("from")
    _need(key, isinstance(from_, dict), "from", "is missing")
    for unknown in sorted(set(from_ or {}) - _FROM):
        raise BadMeasure(f"{key}: from.{unknown} is not known; there may be {', '.join(sorted(_FROM))}")
    levels = {level.value: level for level in Level}
    for place, value, allowed in (
        ("clock", content["clock"], tuple(CLOCKS)),
        ("counts", content["counts"], ("people", "events")),
        ("unit", content["unit"], UNITS),
        ("improvement", content["improvement"], ("up", "down", "none")),
        ("suppressed", content["suppressed"], tuple(levels)),
    ):
        _need(key, value in allowed, place, f"{value!r} is not one of {', '.join(allowed)}")
    lists = {}
    for place in ("exclusions", "parts", "sources"):
        lists[place] = tuple(content.get(place, ()))
        _need(key, all(isinstance(one, str) for one in lists[place]), place, "is a list of texts")
    try:
        first = date.fromisoformat(str(content.get("active_from")))
        last = date.fromisoformat(content["active_until"]) if "active_until" in content else None
    except (TypeError, ValueError) as error:
        raise BadMeasure(f"{key}: active_from and active_until are days, as 2026-04-01") from error
    found = Measure(
        key=key,
        version=content["version"],
        active_from=first,
        active_until=last,
        name=content["name"],
        words=content["words"],
        clock=content["clock"],
        counts=content["counts"],
        population=content["population"],
        numerator=content["numerator"],
        denominator=content.get("denominator", ""),
        unit=content["unit"],
        improvement=content["improvement"],
        suppressed=levels[content["suppressed"]],
        xmr=content["xmr"],
        source=From(**(from_ or {})),
        content=content,
        **lists,
    )
    return _checked(found)


def _checked(found: Measure) -> Measure:
    """Raise BadMeasure for what cannot be computed."""
    key, of = found.key, found.source
    _need(key, len(found.version) <= 8, "version", "has at most 8 characters")
    _need(key, bool(found.sources), "sources", "names where the definition is from, or says that it is invented")
    _need(
        key,
        found.active_until is None or found.active_until >= found.active_from,
        "active_until",
        "is before active_from",
    )
    _need(key, bool(of.rule_set) != bool(of.relation), "from", "names either a rule_set or a relation")
    _need(
        key,
        not (found.xmr and found.clock == "rolling"),
        "xmr",
        "a rolling series over-signals: false (clinical.md 5.1)",
    )
    _need(key, found.is_share == (found.unit == "%"), "unit", "% goes with a denominator, and only with one")
    if of.relation:
        _need(
            key,
            of.relation in RELATIONS,
            "from.relation",
            f"{of.relation!r} is not one of {', '.join(sorted(RELATIONS))}",
        )
        _need(key, not (of.counted or of.part or of.rows_of), "from", "a relation has no counted, part or rows_of")
        _need(
            key,
            RELATIONS[of.relation].clock == found.clock,
            "clock",
            f"{of.relation} is {RELATIONS[of.relation].clock}",
        )
    else:
        _need(key, of.counted in COUNTED, "from.counted", f"{of.counted!r} is not one of {', '.join(COUNTED)}")
        _need(key, (of.counted == "part") == bool(of.part), "from.part", 'goes with counted = "part"')
        _need(key, found.counts == "people", "counts", "a rule set judges people")
        _need(key, found.is_share == (of.counted in ("complete", "part")), "denominator", "goes with complete and part")
        _need(
            key,
            (found.clock == "month") == (of.counted in ("new", "lapsed")),
            "clock",
            "month goes with new and lapsed",
        )
    return found


def _need(key: str, true: bool, place: str, what: str) -> None:
    if not true:
        raise BadMeasure(f"{key}: {place}: {what}")
