"""Gaps between shares: one that is said with two values, and one that is not the difference of its two shares (T6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from onedoor.reporting.linter import periods
from onedoor.reporting.linter.document import Document, Sentence
from onedoor.reporting.linter.findings import Finding, Kind
from onedoor.reporting.linter.saying import FIGURE, MOST, STOP_WORDS, stem

_ABOUT = "~|about |around "
_IN_POINTS = r"(\d+(?:\.\d+)?)\s?(?:%|percentage points?|points?)"
_WHAT = "difference|gap|spread|variation|range"
_GAP = re.compile(
    rf"{_IN_POINTS}[a-z ]{{0,12}}?\b(?:{_WHAT})\s+between\s+([^.;]+)"
    rf"|\b(?:{_WHAT})\s+between\s+([^.;]+?)\s+(?:is|was|of|stood at|remains)\s+(?:{_ABOUT})?{_IN_POINTS}",
    re.I,
)
_BESIDE = re.compile(rf"^(.*?)\ba (?:{_WHAT}) of (?:{_ABOUT})?{_IN_POINTS}", re.I)
"""Ashmoor had 61.2%, and Calder 48.9%: a gap of 12.3 points."""


def findings(document: Document) -> Iterator[Finding]:
    """All that the gaps of a report do not bear out."""
    yield from _two_values(document)
    yield from _spread_of_shares(document)


def _gaps(document: Document) -> list[tuple[Sentence, str, Decimal, str]]:
    found = []
    for sentence in document.sentences:
        for one in _GAP.finditer(sentence.text):
            value = one[1] or one[4]
            found.append((sentence, one[2] or one[3], Decimal(value), value))
        beside = _BESIDE.match(sentence.text)
        if beside:
            found.append((sentence, beside[1], Decimal(beside[2]), beside[2]))
    return found


def _two_values(document: Document) -> Iterator[Finding]:
    """One gap cited with two values (T6: 26 and 25.4 points of spread between the best and the worst)."""
    gaps = _gaps(document)[:MOST]
    for at, (sentence, whom, value, text) in enumerate(gaps):
        for first, other_whom, other, other_text in gaps[:at]:
            if value == other or not _one_gap(document, (first, other_whom, other), (sentence, whom, value)):
                continue
            places = min(len(text.partition(".")[2]), len(other_text.partition(".")[2]))
            rounded = [one.quantize(Decimal(1).scaleb(-places), rounding="ROUND_HALF_UP") for one in (value, other)]
            why = "" if rounded[0] != rounded[1] else " They agree once rounded; say it once."
            yield Finding(
                Kind.TWO_VALUES,
                sentence.place,
                f"{text}%",
                other_text,
                f"The gap is {text} here and {other_text} elsewhere ({first.place.words}).{why} A gap between"
                " two shares is in percentage points, and is taken before the shares are rounded.",
                FIGURE,
                others=(first.place,),
            )
            break


def _one_gap(document: Document, one: tuple[Sentence, str, Decimal], other: tuple[Sentence, str, Decimal]) -> bool:
    """Of the same period as far as is said; between the same, or so near each other that rounding is the likely cause."""
    said_of = [{quarter.months for quarter in periods.quarters(sentence.text)} for sentence, _, _ in (one, other)]
    if said_of[0] and said_of[1] and not said_of[0] & said_of[1]:
        return False
    same = _between(one[1]) & _between(other[1])
    extremes = {"best", "worst", "highest", "lowest", "top", "bottom"}
    if len(same & extremes) > 1:
        return abs(one[2] - other[2]) <= 10 and _measure(one[0]) == _measure(other[0])
    if len(_names(one[1]) & _names(other[1])) > 1:
        dates = [set(_DATE.findall(sentence.text.lower())) for sentence, _, _ in (one, other)]
        return (dates[0] == dates[1] or not all(dates)) and _measure(one[0]) == _measure(other[0])
    return abs(one[2] - other[2]) <= Decimal("1.5") and not _measure(one[0]) ^ _measure(other[0])


_DATE = re.compile(rf"(?:\d{{1,2}} )?\b{periods.MONTH} \d{{4}}\b", re.I)


def _names(words: str) -> set[str]:
    """Words that begin with a capital, months aside: who is compared."""
    return {one for one in re.findall(r"\b[A-Z][a-z]{2,}\b", words) if not re.fullmatch(periods.MONTH, one, re.I)}


_MEASURES = re.compile(
    r"\b(alcohol|blood|bmi|lipids?|smoking|glucose|answered|waits?|physiotherapy|seen|sent|male|female|men|women|deprived)\b",
    re.I,
)


def _measure(sentence: Sentence) -> frozenset[str]:
    """The measure that a sentence names, where it names one."""
    return frozenset(one.lower() for one in _MEASURES.findall(sentence.text))


def _between(whom: str) -> frozenset[str]:
    return frozenset(stem(word) for word in re.findall(r"[a-z]+", whom.lower()) if word not in STOP_WORDS)


def _spread_of_shares(document: Document) -> Iterator[Finding]:
    """A gap between two shares that are given beside it: 26 between 39% and 13%."""
    for sentence, whom, value, text in _gaps(document):
        shares = re.findall(r"\((\d+(?:\.\d+)?)\s?%\)", whom)
        if len(shares) != 2:
            continue
        first, second = (Decimal(one) for one in shares)
        slack = sum((Decimal(5).scaleb(-len(one.partition(".")[2]) - 1) for one in (*shares, text)), Decimal(0))
        if abs(abs(first - second) - value) > slack:
            yield Finding(
                Kind.DIFFERENCE,
                sentence.place,
                f"{text}%",
                str(abs(first - second)),
                f"The gap is printed as {text}; {shares[0]}% less {shares[1]}% is {abs(first - second)} percentage points.",
                FIGURE,
            )
