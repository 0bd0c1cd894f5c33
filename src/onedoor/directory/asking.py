"""A search as somebody puts it on a page: what they typed, cut to size, and whether it must not wait for a search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypedDict
from urllib.parse import urlencode
from uuid import UUID

from onedoor.directory.rules import outward

LONGEST = 200
"""Letters of a search."""
LONGEST_PLACE = 60
DANGERS = ("emergency", "crisis")
"""Needs of the vocabulary that a directory is not the place for."""


class How(TypedDict):
    """Arguments of `queries.find`."""

    place: str
    age: int | None
    nearest: bool
    open_now: bool


@dataclass(frozen=True)
class Asked:
    """`place` is what was typed; `age` in whole years, None where none was given; `after` is a gap that this puts otherwise."""

    words: str
    place: str
    age: int | None
    after: UUID | None
    nearest: bool = False
    """Whether the nearest go first, rather than those that fit the words best."""
    open_now: bool = False

    @property
    def outward(self) -> str:
        """The outward postcode, empty when none was given or it is none."""
        return outward(self.place)

    @property
    def query(self) -> str:
        """The search as it stands in an address."""
        said = (
            ("q", self.words),
            ("at", self.place),
            ("age", self.age),
            ("by", "near" if self.nearest else ""),
            ("open", "now" if self.open_now else ""),
        )
        return urlencode({key: value for key, value in said if value not in ("", None)})

    def otherwise(self, *, nearest: bool) -> str:
        """The same search in the other order, as it stands in an address."""
        return replace(self, nearest=nearest).query

    @property
    def how(self) -> How:
        """What `find` is asked, beside the words."""
        return {"place": self.place, "age": self.age, "nearest": self.nearest, "open_now": self.open_now}


def read_asked(given: Mapping[str, str]) -> Asked:
    """A search from the fields of a form or an address: q, at, age, by, open, after."""
    given = {key: text.replace("\0", "") for key, text in given.items()}
    age = given.get("age", "").strip()[:9]
    try:
        after = UUID(given.get("after", ""))
    except ValueError:
        after = None
    return Asked(
        words=" ".join(given.get("q", "").split())[:LONGEST],
        place=" ".join(given.get("at", "").split())[:LONGEST_PLACE],
        age=int(age) if age.isascii() and age.isdigit() and int(age) <= 120 else None,
        after=after,
        nearest=given.get("by") == "near",
        open_now=given.get("open") == "now",
    )
