"""The words people use for what they need: groups of words that mean the same, read from `vocabulary.txt`.

A group is a line `need: word, word, several words > other need`. Whatever of it stands in a search finds services in whose
texts anything of it stands, and at less weight those of the needs after `>`. A need that no service here meets is worth a line
too: its words are then not taken for misspelt others, and the gap has a name. `noise:` words say nothing about the need;
`plain:` words are ordinary English, known so that they are not taken for misspelt others.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from onedoor.kernel.words import folded

FILE = Path(__file__).with_name("vocabulary.txt")
LONGEST_PHRASE = 6
"""Words."""

_WORD = re.compile(r"[^\W\d_]+|\d+")
_ENDINGS = (
    ("iness", "y"),
    ("ies", "y"),
    ("ied", "y"),
    ("ness", ""),
    ("ing", ""),
    ("ed", ""),
    ("es", ""),
    ("s", ""),
    ("e", ""),
)
_SHORTEST = 3


def words_of(text: str) -> list[str]:
    """Words in small letters, accents and apostrophes gone: "Can't" is cant."""
    return _WORD.findall(re.sub(r"['’`´]", "", folded(text)))


@cache
def stem(word: str) -> str:
    """What is common to the forms of an English word, for finding only: swallowing, swallowed and swallows are "swallow"."""
    if len(word) <= _SHORTEST or word.isdigit() or word.endswith("ss"):
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) + len(instead) >= _SHORTEST:
            left = word[: -len(ending)] + instead
            if ending in ("ing", "ed"):
                if not re.search("[aeiouy]", left):
                    continue
                if left[-1] == left[-2] and left[-1] not in "sl":
                    left = left[:-1]
            if ending != "e" and left.endswith("e") and len(left) > _SHORTEST:
                left = left[:-1]
            return left
    return word


def stems_of(text: str) -> list[str]:
    """The stems of a text's words, in order."""
    return [stem(word) for word in words_of(text)]


@dataclass(frozen=True)
class Vocabulary:
    """`needs` maps a phrase (its stems) to the needs that it names; `also` maps a need to others that are near it."""

    needs: dict[tuple[str, ...], tuple[str, ...]]
    also: dict[str, tuple[str, ...]]
    noise: frozenset[str]
    """Stems."""
    plain: frozenset[str]
    """Words, not stems: with those of the groups, all that is spelt rightly."""


class FaultyVocabulary(Exception):
    """A line of the vocabulary cannot be read; the message names it."""


def read(text: str) -> Vocabulary:
    """A vocabulary from its lines. Raises FaultyVocabulary."""
    needs: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    also: dict[str, tuple[str, ...]] = {}
    listed: dict[str, list[str]] = {"noise": [], "plain": []}
    for number, line in enumerate(text.splitlines(), 1):
        said = line.split("#")[0].strip()
        if not said:
            continue
        name, colon, rest = said.partition(":")
        if not colon or not name.strip():
            raise FaultyVocabulary(f"line {number}: a need, a colon, words")
        if name in listed:
            listed[name] += words_of(rest)
            continue
        own, _, near = rest.partition(">")
        if name in also:
            raise FaultyVocabulary(f"line {number}: {name!r} has a line already")
        also[name] = tuple(filter(None, (part.strip() for part in near.split(","))))
        for phrase in (name, *own.split(",")):
            key = tuple(stems_of(phrase))
            if len(key) > LONGEST_PHRASE:
                raise FaultyVocabulary(f"line {number}: {phrase.strip()!r} has more than {LONGEST_PHRASE} words")
            if key and name not in needs[key]:
                needs[key].append(name)
    for name, near_names in also.items():
        if strange := [near for near in near_names if near not in also]:
            raise FaultyVocabulary(f"{name!r} names {strange[0]!r}, which has no line")
    plain = {word for line in text.splitlines() for word in words_of(line.split("#")[0])}
    return Vocabulary(
        needs={key: tuple(names) for key, names in needs.items()},
        also=also,
        noise=frozenset(stem(word) for word in listed["noise"]),
        plain=frozenset(plain),
    )


@cache
def committed() -> Vocabulary:
    """The vocabulary that comes with Onedoor."""
    return read(FILE.read_text(encoding="utf-8"))
