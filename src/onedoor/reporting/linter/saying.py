"""Numbers that sentences say, and what each is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from onedoor.reporting.linter import numbers
from onedoor.reporting.linter.document import Document, Sentence
from onedoor.reporting.linter.numbers import POUNDS, Number

FIGURE = "product-map.md T6: every figure carries its period and its denominator"
MOST = 300
"""Figures of one sort, of which each is held against each: a report has a tenth, and a file that has more takes no longer."""

_A_MONTH = re.compile(r"\*?[\w' -]{0,30}\b(?:per|a|each|every) month\b", re.I)
_MONTHLY = re.compile(r"\bmonthly\b|\b(?:per|each|every) month (?:is|was|of|at|:)\s*£?$", re.I)
_CLAUSE = re.compile(r"[;:]|,(?!\d)|\s(?:and|but|while)\s(?![\w ]{0,20}\d{4})")
_MONEY_WORDS = re.compile(
    r"\b(costs?|spend|spent|spending|expenditure|pays?|paid|prices?|fees?|charge[ds]?|bill(?:s|ed)?|invoice[ds]?|budgets?)\b",
    re.I,
)
_SAVING_WORDS = re.compile(r"\b(saving|savings|saved|reduction|reductions|efficienc\w+)\b", re.I)

STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "the a an of in to for from by with total were was are is sent per month average number and at on this that",
    )
)


@dataclass(frozen=True)
class Said:
    """A number in a sentence, and the words it is about."""

    number: Number
    sentence: Sentence
    clause: str
    about: frozenset[str]
    monthly: bool = False


def all_said(document: Document) -> Iterator[Said]:
    """Every number of every sentence."""
    for sentence in document.sentences:
        found = numbers.spotted(sentence.text)
        for at, (start, end, number) in enumerate(found):
            text = sentence.text
            clause = _clause(text, start)
            before = text[found[at - 1][1] if at else 0 : start]
            after = text[end : found[at + 1][0] if at + 1 < len(found) else len(text)]
            monthly = bool(_A_MONTH.match(after) or _MONTHLY.search(before))
            yield Said(number, sentence, clause, _about(number, text, clause, end), monthly)


def _clause(text: str, at: int) -> str:
    edges = [0, *(found.end() for found in _CLAUSE.finditer(text)), len(text)]
    return next(text[a:b] for a, b in pairwise(edges) if a <= at < b)


def _about(number: Number, text: str, clause: str, end: int) -> frozenset[str]:
    """Money by its sort; counts by the words after the number, or after "number of"."""
    if number.unit == POUNDS:
        return frozenset(
            {"saving"} if _SAVING_WORDS.search(clause) else {"cost"} if _MONEY_WORDS.search(clause) else set()
        )
    if number.unit:
        return frozenset()
    behind = re.match(r"\*?\s*((?:[A-Za-z'-]+\s*){1,3})", text[end:])
    of = re.search(r"\bnumber of ((?:[a-z'-]+\s*){1,3})", clause, re.I)
    words = (of[1] if of else behind[1] if behind else "").lower().split()
    kept = []
    for word in words:
        if word in STOP_WORDS:
            break
        kept.append(stem(word))
    return frozenset(kept)


def stem(word: str) -> str:
    """A word as it is held against others."""
    plain = word.strip("'-")
    return {"pts": "patient", "pt": "patient", "texts": "text", "people": "person"}.get(plain, plain.removesuffix("s"))
