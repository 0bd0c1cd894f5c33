"""Onedoor's own words of letters, by language: a file each in `wording/`, English the measure of them all.

A language counts only when its file is whole; otherwise the letter is in English and says in which language it is not.
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


@dataclass(frozen=True)
class Wording:
    """The words of one language. `tag` is its BCP 47 tag, as a document declares its language."""

    name: str
    tag: str
    sections: Mapping[str, Mapping[str, tuple[str, ...]]]
    months: tuple[str, ...]
    days: tuple[str, ...]
    date_pattern: str

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
        )
    except (KeyError, AttributeError, TypeError, tomllib.TOMLDecodeError) as error:
        raise FaultyWording(f"it cannot be read: {type(error).__name__}") from error
    if len(found.months) != 12 or len(found.days) != 7:
        raise FaultyWording("it needs twelve months and seven days")
    if like is not None and (lacks := _differences(found, like)):
        raise FaultyWording(f"it differs from {like.name} in {', '.join(lacks)}")
    return found


def of(language: str) -> Wording | None:
    """The words of a language, asked for by its name in English or its short tag; None when there are none."""
    return committed().get(language.strip().casefold())


@cache
def committed() -> dict[str, Wording]:
    """Every language that has a file, by short tag and by name."""
    english = read((_FOLDER / f"{ENGLISH}.toml").read_text(encoding="utf-8"))
    found: dict[str, Wording] = {}
    for file in sorted(_FOLDER.glob("*.toml")):
        words = english if file.stem == ENGLISH else read(file.read_text(encoding="utf-8"), like=english)
        found[file.stem] = found[words.name.casefold()] = words
    return found


def _differences(one: Wording, like: Wording) -> list[str]:
    mine, theirs = _slots(one.sections), _slots(like.sections)
    return sorted(key for key in mine.keys() | theirs.keys() if mine.get(key) != theirs.get(key))


def _slots(sections: Mapping[str, Mapping[str, Any]]) -> dict[str, set[str]]:
    return {
        f"{section}.{key}": {name for one in said for _, name, _, _ in Formatter().parse(one) if name}
        for section, keys in sections.items()
        for key, said in keys.items()
    }
