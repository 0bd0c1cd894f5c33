"""Whom of those who share a telephone a text names (product-map.md J2: never the wrong person's visit)."""

from __future__ import annotations

import re
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


_SUBJECT = re.compile(
    r"^(?:hi |hello |sorry |please |hiya |unfortunately |afraid )*(?P<who>[^\W\d]{3,}) "
    r"(?:has|had|is|was|isnt|cant|cannot|wont|will|couldnt|doesnt|needs|got|not|wants)\b"
)
_NOBODY = re.compile(
    r"this|that|there|the|you|they|one|something|someone|nobody|nothing|everything|what|who|when|where|why|how|yes|yeah|yep|"
    r"work|boss|car|bus|train|taxi|lift|traffic|weather|school|appointment|appt|mine|which|please|sorry|also|still"
)


def spoken_of(text: str) -> str:
    """The word that a text begins with as if it were somebody: "dave" of "Dave has a temperature"; "" when there is none."""
    found = _SUBJECT.match(" ".join(words_of(text)))
    return found["who"] if found and not _NOBODY.fullmatch(found["who"]) else ""


def _is(word: str, name: str) -> bool:
    if word in (name, name + "s"):
        return True
    return len(name) >= SLIPS_FROM and abs(len(word) - len(name)) <= 1 and nearness(word, name) <= 1
