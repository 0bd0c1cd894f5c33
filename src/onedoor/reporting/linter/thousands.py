"""Figures that are off by a thousand beside others of their kind (product-map.md T5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from onedoor.reporting.linter.document import Cell, Document
from onedoor.reporting.linter.findings import Finding, Kind
from onedoor.reporting.linter.numbers import POUNDS, said
from onedoor.reporting.linter.saying import MOST, Said, all_said

THOUSAND = "product-map.md T5: units belong to the figure"


def findings(document: Document) -> Iterator[Finding]:
    """All that stands beside another unit, in sentences and against tables."""
    yield from _beside(document)
    yield from _in_sum(document)
    yield from _in_table(document)


def _beside(document: Document) -> Iterator[Finding]:
    """A sum of pounds and pence beside one of the same sort in thousands, to which it is as pence are to pounds (T5)."""
    everything = [one for one in all_said(document) if one.number.unit == POUNDS and one.about][: 4 * MOST]
    in_table = {
        (cell.number.value / cell.number.scale) for cell in _cells(document) if cell.number and cell.number.scale > 1
    }
    for one in everything:
        if (
            one.number.scale > 1
            or not one.number.value
            or one.number.places == 0
            or one.number.value in in_table
            or re.search(r"\b(each|per|an?|monthly|average)\b", one.clause[one.clause.find(one.number.text) :], re.I)
        ):
            continue
        for other in everything:
            if (
                other.sentence.place.paragraph == one.sentence.place.paragraph
                and other.number.scale == 1000
                and other.number.places == one.number.places
                and one.about & other.about
                and other.number.value / one.number.value > 100
                and Decimal("0.1") <= one.number.value * 1000 / other.number.value <= 10
            ):
                yield Finding(
                    Kind.THOUSAND,
                    one.sentence.place,
                    one.number.text,
                    f"{one.number.text}k",
                    f"{one.number.text} stands beside {other.number.text}, which is in thousands: is it {one.number.text}k?",
                    THOUSAND,
                    others=(other.sentence.place,),
                )
                break


_TOGETHER = re.compile(r"\b(together|in total|in all|altogether)\b", re.I)
_PARTS = 12
"""Sums of a paper's sentences have no more parts."""


def _in_sum(document: Document) -> Iterator[Finding]:
    """Sums of pounds that come to what they are together once one of them is taken a thousand times, or at a thousandth."""
    before: list[Said] = []
    for one in all_said(document):
        if one.number.unit != POUNDS or not one.number.value:
            continue
        parts = before[-_PARTS:]
        if _TOGETHER.search(one.clause):
            # From the last one backwards, as many as it takes.
            found = (_off(parts[at:], one) for at in range(len(parts) - 2, -1, -1))
            yield from [finding for finding in found if finding][:1]
            before = []
        elif not one.monthly:
            before.append(one)


def _off(parts: Sequence[Said], whole: Said) -> Finding | None:
    missing = whole.number.value - sum((part.number.value for part in parts), Decimal(0))
    slack = whole.number.half + sum((part.number.half for part in parts), Decimal(0))
    for part in parts:
        for times in (Decimal(1000), Decimal("0.001")):
            change = part.number.value * (times - 1)
            if abs(change) > 20 * slack and abs(change) * 20 > whole.number.value and abs(change - missing) <= slack:
                right = f"{part.number.text}k" if times > 1 else said(part.number.value * times, part.number)
                return Finding(
                    Kind.THOUSAND,
                    part.sentence.place,
                    part.number.text,
                    right,
                    f"{whole.number.text} together has {part.number.text}"
                    f" {'a thousand times' if times > 1 else 'at a thousandth'}: is it {right}?",
                    THOUSAND,
                    others=(whole.sentence.place,),
                )
    return None


def _in_table(document: Document) -> Iterator[Finding]:
    """A figure of a sentence that a table prints with the same digits in another unit (T5)."""
    cells = [
        cell
        for cell in _cells(document)
        if cell.number and cell.number.unit == POUNDS and abs(cell.number.value) >= 100
    ]
    for one in all_said(document):
        number = one.number
        # Three digits alike are a coincidence, unless both are said to be the whole.
        together = number.scale > 1 and re.search(r"\b(together|in total|in all|total)\b", one.clause, re.I)
        if number.unit != POUNDS or len(re.sub(r"\D", "", number.text)) < (3 if together else 4):
            continue
        same = [
            cell
            for cell in cells
            if cell.number and cell.number.value / cell.number.scale == number.value / number.scale
        ]
        if same and all(cell.number and cell.number.scale != number.scale for cell in same):
            cell = same[0]
            assert cell.number is not None
            right = f"{number.text.rstrip('km')}k" if cell.number.scale == 1000 else said(cell.number.value, number)
            yield Finding(
                Kind.THOUSAND,
                one.sentence.place,
                number.text,
                right,
                f"{number.text} is printed in the table ({cell.place.words}) as {cell.text}"
                f"{' in thousands of pounds' if cell.number.scale == 1000 else ''}: one of them is off by a thousand.",
                THOUSAND,
                others=(cell.place,),
            )


def _cells(document: Document) -> Iterator[Cell]:
    for table in document.tables:
        for row in table.rows:
            yield from row.cells
