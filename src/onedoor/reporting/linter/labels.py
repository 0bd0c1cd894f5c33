"""Periods on labels: one that cannot be right beside what else the report says (product-map.md T6)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from onedoor.reporting.linter import numbers, periods
from onedoor.reporting.linter.document import Document, Place, Sentence, Table
from onedoor.reporting.linter.findings import Finding, Kind
from onedoor.reporting.linter.numbers import Number
from onedoor.reporting.linter.saying import FIGURE, MOST, STOP_WORDS, stem

_NUMBERED = re.compile(r"^(?:figure|fig|chart|graph|table|page|slide) (?:\d+\w?|[a-z])\s*[.:–-]?\s*", re.I)
_SHARE = re.compile(
    r"(?:\bas )?\b(?:an? |the )?(?:proportion|share|percentage|per cent|percent|rate)s?(?: (?:of|with|who|for)\b)?|%(?: of)?",
    re.I,
)
_COUNT = re.compile(r"^(?:the )?(?:number|count)s?(?: (?:of|with|who)\b)?", re.I)
_OF_WHAT = re.compile(r"\bas an? (?:proportion|share|percentage|rate)s? of [^,;(]*", re.I)
_LONGEST = 160
"""Characters of a caption."""


def findings(document: Document) -> Iterator[Finding]:
    """All whose label is of another period."""
    yield from _captions(document)
    yield from _same_number(document)
    yield from _title_periods(document)


@dataclass(frozen=True)
class _Caption:
    """What a picture or a table shows: of what, as a share or a count, of which months."""

    sentence: Sentence
    of: frozenset[str]
    share: bool
    period: periods.Named


def _captions(document: Document) -> Iterator[Finding]:
    """Two captions of one thing, its count and its share, with the same quarter or month of two years: one is wrong (T6).

    The same caption twice with two years is a comparison of years and is left alone.
    """
    known = [one for sentence in document.sentences if (one := _caption(sentence)) is not None][:MOST]
    for one in known:
        for other in known:
            if (
                other.share != one.share
                and _alike(other.of, one.of)
                and other.period.a_year_after(one.period)
                and not _there(known, one, one.share, other.period)
                and not _there(known, one, other.share, one.period)
            ):
                yield Finding(
                    Kind.PERIOD,
                    one.sentence.place,
                    one.period.text,
                    other.period.text,
                    f"This is labelled {one.period.text}; the {'proportion' if other.share else 'number'} of the same is of"
                    f" {other.period.text} (“{other.sentence.text}”).",
                    FIGURE,
                    others=(other.sentence.place,),
                )
                break


def _there(known: Sequence[_Caption], like: _Caption, share: bool, period: periods.Named) -> bool:
    return any(_alike(one.of, like.of) and one.share == share and one.period.months == period.months for one in known)


def _caption(sentence: Sentence) -> _Caption | None:
    """A sentence that stands as a title, is numbered, or begins with what is counted; of one period."""
    numbered = _NUMBERED.match(sentence.text)
    text = sentence.text[numbered.end() :] if numbered else sentence.text
    named = periods.named(text)
    first = _COUNT.match(text) or _SHARE.match(text)
    if len(named) != 1 or len(sentence.text) >= _LONGEST or not (numbered or first or sentence.heading):
        return None
    rest = text.replace(named[0].text, "")
    share = bool(_SHARE.search(rest))
    rest = _SHARE.sub(" ", _COUNT.sub(" ", _OF_WHAT.sub(" ", rest)))
    words = frozenset(stem(word) for word in re.findall(r"[a-z]+", rest.lower()) if word not in STOP_WORDS)
    return _Caption(sentence, words, share, named[0])


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one | other) and len(one & other) * 10 >= len(one | other) * 6


def _same_number(document: Document) -> Iterator[Finding]:
    """One large number under the same quarter of two years: it cannot well be both (T6)."""
    seen: dict[Decimal, list[tuple[Place, periods.Quarter]]] = {}
    for place, quarter, number in _in_quarters(document):
        if number.value < 1000 or number.value % 100 == 0 or number.about or number.scale > 1 or number.unit:
            continue
        for first, other in seen.get(number.value, []):
            if other.quarter == quarter.quarter and abs(other.year - quarter.year) == 1:
                yield Finding(
                    Kind.PERIOD,
                    place,
                    quarter.text,
                    other.text,
                    f"{number.text} is of {quarter.text} here and of {other.text} elsewhere ({first.words}).",
                    FIGURE,
                    others=(first,),
                )
                return
        known = seen.setdefault(number.value, [])
        if quarter not in [other for _, other in known]:
            known.append((place, quarter))


def _in_quarters(document: Document) -> Iterator[tuple[Place, periods.Quarter, Number]]:
    """Numbers of sentences that name one quarter, and of tables whose title does."""
    for sentence in document.sentences:
        quarters = periods.quarters(sentence.text)
        if len(quarters) == 1:
            for _, _, number in numbers.spotted(sentence.text):
                yield sentence.place, quarters[0], number
    for table in document.tables:
        quarters = periods.quarters(table.title)
        if len(quarters) == 1 and not any(periods.quarters(heading) for heading in table.headings):
            for row in table.rows:
                for cell in row.cells:
                    if cell.number and not periods.quarters(row.name):
                        yield cell.place, quarters[0], cell.number


def _title_periods(document: Document) -> Iterator[Finding]:
    """A table of months whose title names another period: a month of the title is not there, and one beyond it is (T6)."""
    for table in document.tables:
        names = list(table.headings[1:]), [row.name for row in table.rows]
        for labels in names:
            months = [month for label in labels if (month := periods.month_of(label)) is not None]
            for title in table.titles:
                yield from _outside(table, title, months)
            yield from _out_of_step(table, labels, down=labels is names[1])


def _outside(table: Table, title: str, months: Sequence[int]) -> Iterator[Finding]:
    of = periods.title_months(title)
    if of is None:
        return
    text, range_of = of
    wanted = {month if min(months, default=0) >= 12 else month % 12 for month in range_of}
    there = set(months)
    if len(there) >= 2 and wanted - there and there - wanted and len(there) <= len(wanted) + 1:
        yield Finding(
            Kind.PERIOD,
            table.rows[0].cells[0].place,
            text,
            "",
            f"The title says {text}; the table has other months, and not all of those.",
            FIGURE,
        )


def _out_of_step(table: Table, labels: Sequence[str], *, down: bool) -> Iterator[Finding]:
    """Months or quarters in a row, all of them in step but one: Nov'17, Dec'17, Jan'17, Feb'18."""
    steps = [(at, step) for at, label in enumerate(labels) if (step := periods.step_of(label)) is not None]
    if len(steps) < 4 or [at for at, _ in steps] != list(range(steps[0][0], steps[0][0] + len(steps))):
        return
    starts = [step - at for at, step in steps]
    usual = max(set(starts), key=starts.count)
    odd = [at for (at, _), start in zip(steps, starts, strict=True) if start != usual]
    if len(odd) != 1:
        return
    at = odd[0]
    place = table.rows[at].cells[0].place if down else table.rows[0].cells[at + 1].place
    yield Finding(
        Kind.PERIOD, place, labels[at], "", f"“{labels[at]}” is out of step with the periods around it.", FIGURE
    )
