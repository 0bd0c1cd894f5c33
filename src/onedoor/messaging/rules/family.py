"""Whom of those who share a telephone a text names (product-map.md J2: never the wrong person's visit)."""

from __future__ import annotations

from collections.abc import Mapping

from onedoor.messaging.rules.normal import nearness, words_of

SLIPS_FROM = 5
"""Letters from which a name may be misspelt by one and still be that name."""


def named(text: str, given_names: Mapping[int, str]) -> set[int]:
    """The people (by key) whose given name stands in a text, as it is, as a possessive, or with one slip.

    "Will" and "May" are names here even where they are none: a text that may name somebody is not acted on for another.
    """
    said = set(words_of(text))
    return {
        key for key, name in given_names.items() if any(_is(word, part) for word in said for part in words_of(name))
    }


def _is(word: str, name: str) -> bool:
    if word in (name, name + "s"):
        return True
    return len(name) >= SLIPS_FROM and abs(len(word) - len(name)) <= 1 and nearness(word, name) <= 1
