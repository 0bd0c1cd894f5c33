"""Monthly amounts against what a period is said to have come to (product-map.md T1), or a plan to need (T7)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from onedoor.reporting.linter import periods
from onedoor.reporting.linter.document import Document, Sentence
from onedoor.reporting.linter.findings import Finding, Kind
from onedoor.reporting.linter.numbers import POUNDS, Number, said
from onedoor.reporting.linter.saying import MOST, Said, all_said
from onedoor.reporting.linter.shares import MONTHS, divided

_THIS_PERIOD = re.compile(r"\b(this|that|the same) (period|time|year)\b|\bof these\b", re.I)
_PLAN = re.compile(r"\b(plan|trajectory|recovery|delivery|programme)\b", re.I)


def findings(document: Document) -> Iterator[Finding]:
    """All that the sentences do not bear out."""
    yield from _months(document)
    yield from _year_of_more(document)


def _months(document: Document) -> Iterator[Finding]:
    """A monthly amount by the months of a period against what the whole period is said to have come to (T1), or to need (T7)."""
    everything = [one for one in all_said(document) if one.about or one.monthly or one.number.unit == POUNDS]
    monthly = [one for one in everything if one.monthly and one.number.unit in ("", POUNDS)][:MOST]
    sentences = document.sentences
    places = {id(one): at for at, one in enumerate(sentences)}
    totals = (
        [(one, of) for one in everything if not one.monthly and (of := _period(sentences, places[id(one.sentence)]))]
        if monthly
        else []
    )
    for each in monthly:
        for whole, of in totals[: 4 * MOST]:
            together = each.sentence is whole.sentence and of.stated
            if each.number.unit != whole.number.unit or not (together or each.about & whole.about):
                continue
            if (
                whole.number.value <= each.number.value
                or whole.number.about
                or not (together or _same_thing(each, whole))
            ):
                continue
            found = _against_months(each, whole, of)
            # What is not said to be of the same thing is so at most where the two are near each other.
            if found and (
                each.about or each.number.unit == POUNDS or _near_months(whole.number, each.number, of.readings)
            ):
                yield found
                break


def _same_thing(each: Said, whole: Said) -> bool:
    """Counts by most of their words; money by its sort, in which a saving is no cost."""
    if each.number.unit == POUNDS:
        return True
    both = each.about & whole.about
    return len(both) * 2 >= max(len(each.about), len(whole.about))


@dataclass(frozen=True)
class _Period:
    readings: tuple[int, ...]
    words: str
    plan: bool
    stated: bool = False


def _period(sentences: Sequence[Sentence], at: int) -> _Period | None:
    """The months that a sentence speaks of: its own, those of the sentence before where it says "this period", of its title."""
    sentence = sentences[at]
    own = _read_period(sentence.text)
    if own:
        return own
    if _THIS_PERIOD.search(sentence.text) and at:
        return _read_period(sentences[at - 1].text)
    if re.match(r"\s*\+", sentence.text):
        above = [
            one
            for one in sentences[max(0, at - 4) : at]
            if one.heading or one.place.paragraph == sentence.place.paragraph
        ]
        for one in reversed(above):
            period = _read_period(one.text)
            if period:
                return _Period(period.readings, period.words, plan=True)
        return _delivery(sentences)
    return None


def _read_period(text: str) -> _Period | None:
    ranges = list(periods.spans(text))
    stated = periods.counted(text)
    plan = bool(_PLAN.search(text))
    if len(set(stated)) == 1:
        return _Period((stated[0],), f"{stated[0]} months", plan, stated=True)
    if len(ranges) == 1:
        return _Period(ranges[0].readings, ranges[0].text, plan)
    return None


def _delivery(sentences: Sequence[Sentence]) -> _Period | None:
    """A plan without dates of its own is carried out in the one delivery phase that the report names."""
    found: list[periods.Span] = []
    for at, one in enumerate(sentences):
        near = " ".join(other.text for other in sentences[max(0, at - 1) : at + 1])
        if re.search(r"\bdelivery\b", near, re.I) and len(one.text) < 60:
            found += periods.spans(one.text)
    if len({(one.first, one.last) for one in found}) != 1:
        return None
    return _Period(found[0].readings, found[0].text, plan=True)


def _against_months(each: Said, whole: Said, of: _Period) -> Finding | None:
    monthly, total = each.number, whole.number
    months = [count for count in of.readings if count > 1]
    slack = _rounded_half(monthly)
    if not months or any(abs(total.value / count - monthly.value) <= slack + total.half / count for count in months):
        return None
    other = next((count for count in range(1, 37) if divided(total, monthly, count)), None)
    plan = of.plan and other is not None
    if not plan and not _near_months(total, monthly, months):
        return None
    worked = " or ".join(f"{said(total.value / count, monthly)} over {count} months" for count in months)
    words = f"{monthly.text} a month does not go with {total.text} for the period “{of.words}”, which is {worked}."
    if plan:
        words += f" {monthly.text} is over {other} months."
    elif len(months) > 1:
        words += f" {monthly.text} by {months[0]} would be {said(monthly.value * months[0], total)},"
        words += f" by {months[1]} {said(monthly.value * months[1], total)}."
    return Finding(
        Kind.PLAN if plan else Kind.MONTHS,
        each.sentence.place,
        monthly.text,
        said(total.value / months[0], monthly),
        words,
        MONTHS,
        others=(whole.sentence.place,),
    )


def _near_months(total: Number, monthly: Number, months: Sequence[int]) -> bool:
    """The two are of one thing: within a third of each other."""
    return any(Decimal("0.67") <= monthly.value * count / total.value <= Decimal("1.5") for count in months)


def _rounded_half(number: Number) -> Decimal:
    """A monthly average is a rounded number: to the unit, or to its last digit that is not nought."""
    digits = re.sub(r"\D", "", number.text.partition(".")[0])
    noughts = min(2, len(digits) - len(digits.rstrip("0"))) if not number.places else 0
    return max(number.half, Decimal(5).scaleb(noughts - 1 - number.places))


def _year_of_more(document: Document) -> Iterator[Finding]:
    """A year "from November 2016 to November 2017" has 13 months with both in it: monthly figures depend on which is meant."""
    for sentence in document.sentences:
        for found in re.finditer(
            rf"\b(?P<what>(?:calendar |financial )?year|(?:{periods.NUMBER})[ -]months?)"
            r"(?: period)?,? (?:from |between |to |of )?",
            sentence.text,
            re.I,
        ):
            span = next(
                (one for one in periods.spans(sentence.text[found.start("what") :]) if one.text in sentence.text), None
            )
            gap = sentence.text[found.end() :]
            if span is None or not gap.lower().lstrip().startswith(
                span.text.lower().removeprefix("from ").removeprefix("between ").lstrip()[:12]
            ):
                continue
            stated = 12 if "year" in found["what"].lower() else periods.counted(found["what"].replace("-", " "))[0]
            if span.months == stated:
                continue
            yield Finding(
                Kind.PERIOD,
                sentence.place,
                f"{found['what']} {span.text}",
                f"{span.months} months",
                f"“{span.text}” has {span.months} months with both of them in it"
                + (f", {span.months - 1} without the last" if not span.dated else "")
                + f"; it is called {found['what']}.",
                "product-map.md T1: 12 months or 13",
            )
