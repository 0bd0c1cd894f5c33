"""Figures that are off by a thousand beside others of their kind (product-map.md T5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from onedoor.reporting.linter.document import Cell, Document
from onedoor.reporting.linter.findings import Finding, Kind
from onedoor.reporting.linter.numbers import POUNDS, said
from onedoor.reporting.linter.saying import MOST, all_said

THOUSAND = "product-map.md T5: units belong to the figure"


def findings(document: Document) -> Iterator[Finding]:
    """All that stands beside another unit, in sentences and against tables."""
    yield from _beside(document)
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
