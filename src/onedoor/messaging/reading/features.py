"""What the model sees of a text: words, pairs of words and runs of letters, as places in a table.

The same function feeds the training and the reading; a change here needs a new model (`./run train`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

from onedoor.messaging.reading.abroad import folded
from onedoor.messaging.rules.normal import own_words, plain_signs, spoken, words_of

BITS = 15
PLACES = 1 << BITS
LONGEST = 400
"""Signs of a text that are looked at; what comes after them is a story's, and stories are for people."""

_NUMBER = re.compile(r"\d{2,}")
_MARKS = re.compile(r"[?؟]")


def seen(text: str) -> list[str]:
    """The words of a text as the model counts them: our own quoted text left out, every longer number alike, a question kept."""
    said = own_words(text)[:LONGEST]
    tokens = [_NUMBER.sub("00", token) for token in folded(" ".join(words_of(spoken(said)))).split()]
    if _MARKS.search(plain_signs(said)):
        tokens.append("?")
    return tokens or ["nothing"]


def places(context: str, text: str) -> list[int]:
    """Places in the table, each once, in ascending order."""
    tokens = seen(text)
    whole = " ".join(["<", *tokens, ">"])
    found = set()
    for gram in _word_grams(tokens):
        found.add(_place("w", gram))
        found.add(_place(context, gram))
    for length in (3, 4, 5):
        for start in range(len(whole) - length + 1):
            found.add(_place("c", whole[start : start + length]))
    found.add(_place(context, f"#{min(len(tokens), 12)}"))
    return sorted(found)


def _word_grams(tokens: list[str]) -> list[str]:
    bounded = ["<", *tokens, ">"]
    return [
        *tokens,
        *(f"{one} {two}" for one, two in pairwise(bounded)),
        *(f"{one} {two} {three}" for one, two, three in zip(bounded, bounded[1:], bounded[2:], strict=False)),
    ]


@lru_cache(maxsize=65_536)
def _place(kind: str, gram: str) -> int:
    return crc32(f"{kind}:{gram}".encode()) & (PLACES - 1)
