"""A search as somebody puts it on a page: what they typed, cut to size, and whether it must not wait for a search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from onedoor.directory.rules import outward

LONGEST = 200
"""Letters of a search."""
DANGERS = ("emergency", "crisis")
"""Needs of the vocabulary that a directory is not the place for."""


@dataclass(frozen=True)
class Asked:
    """`place` is what was typed; `age` in whole years, None where none was given; `after` is a gap that this puts otherwise."""

    words: str
    place: str
    age: int | None
    after: UUID | None

    @property
    def outward(self) -> str:
        """The outward postcode, empty when none was given or it is none."""
        return outward(self.place)

    @property
    def query(self) -> str:
        """The search as it stands in an address."""
        return urlencode(
            {
                key: value
                for key, value in (("q", self.words), ("at", self.place), ("age", self.age))
                if value not in ("", None)
            }
        )


def read_asked(given: Mapping[str, str]) -> Asked:
    """A search from the fields of a form or an address: q, at, age, after."""
    age = given.get("age", "").strip()
    try:
        after = UUID(given.get("after", ""))
    except ValueError:
        after = None
    return Asked(
        words=" ".join(given.get("q", "").split())[:LONGEST],
        place=given.get("at", "").strip()[:10],
        age=int(age) if age.isascii() and age.isdigit() and int(age) <= 120 else None,
        after=after,
    )
