"""What the sentences of a report say against each other and against its tables (product-map.md T1, T5, T6, T7).

Two figures are only held against each other where the words say that they are of the same thing; where that is open, nothing
is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from onedoor.reporting.linter import numbers, periods
from onedoor.reporting.linter.document import Cell, Document, Place, Sentence, Table
from onedoor.reporting.linter.findings import Finding, Kind
from onedoor.reporting.linter.numbers import PERCENT, POINTS, POUNDS, Number, said
from onedoor.reporting.linter.shares import MONTHS, SHARE, divided, share

THOUSAND = "product-map.md T5: units belong to the figure"
FIGURE = "product-map.md T6: every figure carries its period and its denominator"

_A_MONTH = re.compile(r"\*?[\w' -]{0,30}\b(?:per|a|each|every) month\b", re.I)
_MONTHLY = re.compile(r"\bmonthly\b|\b(?:per|each|every) month (?:is|was|of|at|:)\s*£?$", re.I)
_CLAUSE = re.compile(r"[;:]|,(?!\d)|\s(?:and|but|while)\s(?![\w ]{0,20}\d{4})")
_MONEY_WORDS = re.compile(r"\b(cost|costs|spend|spent|spending|paid|price|charge|charges|bill|invoice|budget)\b", re.I)
_SAVING_WORDS = re.compile(r"\b(saving|savings|saved|reduction|reductions|efficienc\w+)\b", re.I)
_THIS_PERIOD = re.compile(r"\b(this|that|the same) (period|time|year)\b|\bof these\b", re.I)
_PLAN = re.compile(r"\b(plan|trajectory|recovery|delivery|programme)\b", re.I)
_MOST = 300
"""Figures of one sort, of which each is held against each: a report has a tenth, and a file that has more takes no longer."""

_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "the a an of in to for from by with total were was are is sent per month average number and at on this that",
    )
)


@dataclass(frozen=True)
class _Said:
    """A number in a sentence, and the words it is about."""

    number: Number
    sentence: Sentence
    clause: str
    about: frozenset[str]
    monthly: bool = False


def findings(document: Document) -> list[Finding]:
    """All that the sentences do not bear out."""
    return [
        *_months(document),
        *_year_of_more(document),
        *_thousands_beside(document),
        *_thousands_in_table(document),
        *_two_values(document),
        *_spread_of_shares(document),
        *_captions(document),
        *_same_number(document),
        *_title_periods(document),
        *_shares(document),
        *_lone(document),
    ]


def _all_said(document: Document) -> Iterator[_Said]:
    for sentence in document.sentences:
        found = numbers.spotted(sentence.text)
        for at, (start, end, number) in enumerate(found):
            text = sentence.text
            clause = _clause(text, start)
            before = text[found[at - 1][1] if at else 0 : start]
            after = text[end : found[at + 1][0] if at + 1 < len(found) else len(text)]
            monthly = bool(_A_MONTH.match(after) or _MONTHLY.search(before))
            yield _Said(number, sentence, clause, _about(number, text, clause, end), monthly)


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
        if word in _STOP_WORDS:
            break
        kept.append(_stem(word))
    return frozenset(kept)


def _stem(word: str) -> str:
    plain = word.strip("'-")
    return {"pts": "patient", "pt": "patient", "texts": "text", "people": "person"}.get(plain, plain.removesuffix("s"))


def _months(document: Document) -> Iterator[Finding]:
    """A monthly amount by the months of a period against what the whole period is said to have come to (T1), or to need (T7)."""
    everything = [one for one in _all_said(document) if one.about or one.number.unit == POUNDS]
    monthly = [one for one in everything if one.monthly and one.number.unit in ("", POUNDS)][:_MOST]
    sentences = document.sentences
    places = {id(one): at for at, one in enumerate(sentences)}
    totals = (
        [(one, of) for one in everything if not one.monthly and (of := _period(sentences, places[id(one.sentence)]))]
        if monthly
        else []
    )
    for each in monthly:
        for whole, of in totals[: 4 * _MOST]:
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
            if found:
                yield found
                break


def _same_thing(each: _Said, whole: _Said) -> bool:
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


def _against_months(each: _Said, whole: _Said, of: _Period) -> Finding | None:
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


def _thousands_beside(document: Document) -> Iterator[Finding]:
    """A sum of pounds and pence beside one of the same sort in thousands, to which it is as pence are to pounds (T5)."""
    everything = [one for one in _all_said(document) if one.number.unit == POUNDS and one.about][: 4 * _MOST]
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


def _thousands_in_table(document: Document) -> Iterator[Finding]:
    """A figure of a sentence that a table prints with the same digits in another unit (T5)."""
    cells = [
        cell
        for cell in _cells(document)
        if cell.number and cell.number.unit == POUNDS and abs(cell.number.value) >= 100
    ]
    for one in _all_said(document):
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
    gaps = _gaps(document)[:_MOST]
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
    return frozenset(_stem(word) for word in re.findall(r"[a-z]+", whom.lower()) if word not in _STOP_WORDS)


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


_MEASURED = re.compile(
    r"^(?:(?:figure|chart|table|page|slide) (?:\d+\w?|[a-z])[.:]?\s*)?(?:the )?"
    r"(number|count|proportion|share|percentage|rate)s? (?:of|with|who)\s+",
    re.I,
)


def _captions(document: Document) -> Iterator[Finding]:
    """Two captions of one thing, its count and its share, with the same quarter of two years: one is labelled wrongly (T6).

    The same caption twice with two years is a comparison of years and is left alone.
    """
    known: list[tuple[Sentence, str, frozenset[str], periods.Quarter]] = []
    for sentence in document.sentences:
        measured = _MEASURED.match(sentence.text)
        quarters = periods.quarters(sentence.text)
        if measured and len(quarters) == 1 and len(sentence.text) < 160:
            rest = sentence.text[measured.end() :].replace(quarters[0].text, "").lower()
            words = frozenset(_stem(word) for word in re.findall(r"[a-z]+", rest) if word not in _STOP_WORDS)
            known.append((sentence, measured[1].lower(), words, quarters[0]))
    known = known[:_MOST]
    for sentence, what, words, quarter in known:
        for other in known:
            if (
                _alike(other[2], words)
                and (other[1] in ("number", "count")) != (what in ("number", "count"))
                and other[3].quarter == quarter.quarter
                and other[3].year == quarter.year + 1
                and not any(_alike(one[2], words) and one[1] == what and one[3] == other[3] for one in known)
                and not any(_alike(one[2], words) and one[1] == other[1] and one[3] == quarter for one in known)
            ):
                yield Finding(
                    Kind.PERIOD,
                    sentence.place,
                    quarter.text,
                    other[3].text,
                    f"This is labelled {quarter.text}; the {other[1]} of the same is of {other[3].text} (“{other[0].text}”).",
                    FIGURE,
                    others=(other[0].place,),
                )
                break


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


def _shares(document: Document) -> Iterator[Finding]:
    """A share whose two counts stand beside it: 1,103 of 1,418 (77.8%); of 640 asked, 512 answered (80.0%)."""
    for sentence in document.sentences:
        found = numbers.spotted(sentence.text)
        for at, (_, _, percent) in enumerate(found):
            if at < 2 or percent.unit != PERCENT or _text_between(sentence, found[at - 1], found[at], 60) is None:
                continue
            (start1, end1, first), (start2, _, second) = found[at - 2], found[at - 1]
            near = Decimal(100)
            if first.unit or second.unit or not first.value or not second.value:
                continue
            between = sentence.text[end1:start2]
            whole_first = bool(
                re.search(r"\bof (?:the |these |all )?~?$", sentence.text[:start1], re.I)
                or re.search(r"\bof (which|whom|these|those|them)\b", between, re.I)
            )
            if whole_first:
                above, below = second, first
            elif re.fullmatch(r"[\sa-z]{0,30}\b(?:out )?of (?:the |these |all )?~?", between, re.I):
                above, below = first, second
            elif re.search(r"\b(register|asked|invited|referred|received|calls)\b[^,]*,[^,]*$", between, re.I):
                above, below = second, first
                near = Decimal(5)
            else:
                continue
            if above.value > below.value or not re.search(
                r"(?:\(|\bor |=\s?|\bthat is,? |\bwhich is )~?$", sentence.text[start2 : found[at][0]]
            ):
                continue
            value, slack = share(above, below)
            if slack + percent.half < abs(value - percent.value) <= near:
                yield Finding(
                    Kind.SHARE,
                    sentence.place,
                    percent.text,
                    said(value, percent),
                    f"{percent.text} is printed; {above.text} of {below.text} is {said(value, percent)}.",
                    SHARE,
                )


def _text_between(
    sentence: Sentence, one: tuple[int, int, Number], other: tuple[int, int, Number], most: int
) -> str | None:
    text = sentence.text[one[1] : other[0]]
    return text if len(text) <= most else None


_NOT_A_RESULT = re.compile(
    r"\b(target|aims?|achieve|goal|standard|expect\w*|should|plan|planned|would be|will be|at least|at most|up to|more than"
    r"|less than|fewer than|forecast|threshold|difference|gap|spread|between|national|increase of|reduction of|fell by|rose by"
    r"|declined|change|limit|assum\w*|interval|rate of|if|could|may|might|discount|example|around|about|approximately|worst"
    r"|best|contracted)\b|[<>≥≤~]",
    re.I,
)
_RESULT = re.compile(
    r"(?<![\w.])(\d+(?:\.\d+)?\s?%(?!\w)|\b\d{1,2} in (?:every )?\d{1,3}\b(?! (?:months|weeks|days|hours)))"
)


def _lone(document: Document) -> Iterator[Finding]:
    """A share said as a result, with no count in its sentence and no table that could hold one (T6).

    Only in short papers without tables: of a long one nobody can say whether a figure's counts stand on another page.
    """
    if document.tables or len(document.sentences) > 40:
        return
    title = next((one.text for one in document.sentences if one.heading), "")
    if re.search(r"\b(proportion|share|percentage) of\b", title, re.I):
        return
    for sentence in document.sentences:
        found = numbers.spotted(sentence.text)
        counts = [number for _, _, number in found if not number.unit and (number.value >= 20)]
        if counts or sentence.heading or _NOT_A_RESULT.search(sentence.text) or sentence.text.lstrip().startswith("+"):
            continue
        for one in [said_ for said_ in _RESULT.findall(sentence.text) if said_.replace(" ", "") not in ("0%", "100%")][
            :1
        ]:
            yield Finding(
                Kind.LONE,
                sentence.place,
                one,
                "",
                f"{one}: of how many{'' if periods.has_period(sentence.text) else ', and of when'}?",
                FIGURE,
            )


__all__ = ["POINTS", "findings"]
