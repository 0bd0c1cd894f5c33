"""Onedoor's own words of letters, by language: a file each in `wording/`, English the measure of them all.

A file that lacks a key, a sentence or a slot of English is refused: nothing is filled in from elsewhere (docs/adr/0009).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from onedoor.documents.errors import FaultyWording

_FOLDER = Path(__file__).with_name("wording")
ENGLISH = "en"
_ENGLISH_ONLY = frozenset({"in_english", "checks", "contacts"})
"""Sections that say things in English whatever the language of the letter, and those of letters between colleagues."""
SCRIPTS = ("Latin", "Cyrillic", "Greek")
"""Those that the letters' two typefaces have."""
_DAYS_TO_COME = ("by_when", "earliest", "latest")


@dataclass(frozen=True)
class Wording:
    """The words of one language. `tag` is its BCP 47 tag, as a document declares its language; `direction` "ltr" or "rtl"."""

    name: str
    tag: str
    direction: str
    script: str
    checked_by: str
    """A native speaker who checked them; "" while nobody has."""
    checked_on: date | None
    sections: Mapping[str, Mapping[str, tuple[str, ...]]]
    months: tuple[str, ...]
    days: tuple[str, ...]
    date_pattern: str

    @property
    def checked(self) -> bool:
        """Whether a native speaker has checked the words."""
        return self.checked_on is not None

    def days_said(self, section: str, key: str) -> tuple[str, ...]:
        """For each sentence of a key the slot of the only day to come that it names, or ""."""
        named = [
            [slot for _, slot, _, _ in Formatter().parse(one) if slot in _DAYS_TO_COME]
            for one in self.sections[section][key]
        ]
        return tuple(slots[0] if len(slots) == 1 else "" for slots in named)

    def sentences(self, section: str, key: str, slots: Mapping[str, str]) -> tuple[str, ...]:
        """The sentences of a key, filled in. What is filled in is never read as a pattern."""
        return tuple(one.format_map(slots) for one in self.sections[section][key])

    def words(self, section: str, key: str, slots: Mapping[str, str] | None = None) -> str:
        """The first or only sentence of a key."""
        return self.sentences(section, key, slots or {})[0]

    def has(self, section: str, key: str) -> bool:
        """Whether there is such a key."""
        return key in self.sections[section]

    def day(self, day: date) -> str:
        """Monday 5 May 2025 (clinical.md 6.5), in this language."""
        return self.date_pattern.format(
            weekday=self.days[day.weekday()], day=day.day, month=self.months[day.month - 1], year=day.year
        )


def read(text: str, *, like: Wording | None = None) -> Wording:
    """Words from the text of a file. Raises FaultyWording when it has not what `like` has."""
    try:
        whole = tomllib.loads(text)
        found = Wording(
            name=whole["name"],
            tag=whole["tag"],
            sections={
                section: {key: (said,) if isinstance(said, str) else tuple(said) for key, said in keys.items()}
                for section, keys in whole.items()
                if isinstance(keys, dict)
            },
            months=tuple(whole["months"]),
            days=tuple(whole["days"]),
            date_pattern=whole["date"],
            direction=whole["direction"],
            script=whole["script"],
            checked_by=whole["checked_by"].strip(),
            checked_on=date.fromisoformat(whole["checked_on"]) if whole["checked_on"] else None,
        )
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise FaultyWording(f"it cannot be read: {type(error).__name__}") from error
    if found.direction not in ("ltr", "rtl") or found.script not in SCRIPTS:
        raise FaultyWording(f"direction is ltr or rtl, script one of {', '.join(SCRIPTS)}")
    if bool(found.checked_by) != found.checked:
        raise FaultyWording("who checked it and on which day are said together")
    if len(found.months) != 12 or len(found.days) != 7:
        raise FaultyWording("it needs twelve months and seven days")
    if like is not None and (lacks := _differences(found, like)):
        raise FaultyWording(f"it differs from {like.name} in {', '.join(lacks)}")
    return found


def of(language: str) -> Wording | None:
    """The words of a language by its code; None when there are none."""
    return committed().get(language)


@cache
def committed() -> dict[str, Wording]:
    """Every language that has a file, by code, which is the file's name. Raises FaultyWording, naming the file."""
    english = read((_FOLDER / f"{ENGLISH}.toml").read_text(encoding="utf-8"))
    found: dict[str, Wording] = {}
    for file in sorted(_FOLDER.glob("*.toml")):
        try:
            found[file.stem] = read(file.read_text(encoding="utf-8"), like=None if file.stem == ENGLISH else english)
        except FaultyWording as error:
            raise FaultyWording(f"{file.name}: {error}") from error
    return found


def _differences(one: Wording, like: Wording) -> list[str]:
    mine, theirs = _shape(one.sections), _shape(like.sections)
    return sorted(key for key in mine.keys() | theirs.keys() if mine.get(key) != theirs.get(key))


def _shape(sections: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[int, set[str]]]:
    """Of each key the number of sentences, since pictures stand beside them one by one, and the slots."""
    return {
        f"{section}.{key}": (len(said), {name for one in said for _, name, _, _ in Formatter().parse(one) if name})
        for section, keys in sections.items()
        if section not in _ENGLISH_ONLY
        for key, said in keys.items()
    }


def spaced(nhs_number: str) -> str:
    """999 123 4567, as people read an NHS number out."""
    return f"{nhs_number[:3]} {nhs_number[3:6]} {nhs_number[6:]}" if len(nhs_number) == 10 else nhs_number
