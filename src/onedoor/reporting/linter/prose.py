"""What the sentences of a report say against each other and against its tables (product-map.md T1, T5, T6, T7).

Two figures are only held against each other where the words say that they are of the same thing; where that is open, nothing
is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from onedoor.reporting.linter import gaps, labels, monthly, numbers, periods, thousands, within
from onedoor.reporting.linter.document import Document, Sentence
from onedoor.reporting.linter.findings import Finding, Kind
from onedoor.reporting.linter.numbers import PERCENT, POUNDS, Number, said
from onedoor.reporting.linter.saying import FIGURE
from onedoor.reporting.linter.shares import SHARE, share


def findings(document: Document) -> list[Finding]:
    """All that the sentences do not bear out."""
    return [
        *monthly.findings(document),
        *thousands.findings(document),
        *gaps.findings(document),
        *labels.findings(document),
        *within.findings(document),
        *_shares(document),
        *_shares_first(document),
        *_lone(document),
    ]


def _shares(document: Document) -> Iterator[Finding]:
    """A share whose two counts stand beside it: 1,103 of 1,418 (77.8%); of 640 asked, 512 answered (80.0%)."""
    for sentence in document.sentences:
        found = numbers.spotted(sentence.text)
        for at, (_, _, percent) in enumerate(found):
            if at < 2 or percent.unit != PERCENT or _text_between(sentence, found[at - 1], found[at], 60) is None:
                continue
            (start1, end1, first), (start2, _, second) = found[at - 2], found[at - 1]
            near = Decimal(100)
            if first.unit != second.unit or first.unit not in ("", POUNDS) or not first.value or not second.value:
                continue
            between = sentence.text[end1:start2].removesuffix("£")
            whole_first = bool(
                re.search(r"\bof (?:the |these |all )?[~£]?$", sentence.text[:start1], re.I)
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
                r"(?:\(|\bor |=\s?|\bthat is,? |\bwhich is |\ban? (?:share|rate|proportion|performance|uptake) of )~?$",
                sentence.text[start2 : found[at][0]],
            ):
                continue
            value, slack = share(above, below)
            if slack + percent.half < abs(value - percent.value) <= near:
                yield _wrong_share(sentence, percent, value, f"{above.text} of {below.text}")


def _wrong_share(sentence: Sentence, percent: Number, value: Decimal, of: str) -> Finding:
    right = said(value, percent)
    return Finding(
        Kind.SHARE, sentence.place, percent.text, right, f"{percent.text} is printed; {of} is {right}.", SHARE
    )


_WHOLE_BEFORE = re.compile(r"\bof (?:the |these |all )?~?$", re.I)
_WHOLE_AFTER = re.compile(r"\)?\s*of (?:the |these |all )?~?", re.I)
_ANOTHER_WHOLE = re.compile(r"\bof (?:which|whom|these|those|them|the)\b|;", re.I)
_WHOLE_INSIDE = re.compile(r"(?:\s+[a-z]+)?\s+(?:out )?of (?:the |these |all )?~?", re.I)
_ONLY_NAMED = re.compile(r"(?:\s+[a-z-]+){0,2}\s*[);,]", re.I)
_A_CHANGE = re.compile(r"\b(?:by|up|down|(?:rise|fall|increase|decrease|reduction|drop|change) of)\s+~?$", re.I)


def _shares_first(document: Document) -> Iterator[Finding]:
    """A share with its count in brackets: 50% (21 of 42 referrals); 50% (21) of 42; of 42 referrals, 50% (21) were seen. Of what
    the share is must be said in so many words, and no other number stands between."""
    for sentence in document.sentences:
        text, found = sentence.text, numbers.spotted(sentence.text)
        for at, ((begins, end, percent), (start, closes, above)) in enumerate(pairwise(found)):
            if percent.unit != PERCENT or above.unit or not re.fullmatch(r"\s*\((?:n\s?=\s?)?", text[end:start], re.I):
                continue
            closed = ")" in text[start : closes + 1]
            if not closed and _A_CHANGE.search(text[:begins]):
                continue
            below = _whole(text, found, at) if closed else _whole_inside(text, found, at)
            # What an account would take for a deduction is a count in brackets here.
            count = replace(above, value=abs(above.value))
            if below is None or count.value > below.value:
                continue
            value, slack = share(count, below)
            if slack + percent.half < abs(value - percent.value):
                yield _wrong_share(sentence, percent, value, f"{above.text} of {below.text}")


def _whole(text: str, found: Sequence[tuple[int, int, Number]], at: int) -> Number | None:
    """Of what the share at this place is, its count being the number after it; None where that is not plain."""
    if at + 2 < len(found):
        start, _, after = found[at + 2]
        if _WHOLE_AFTER.fullmatch(text[found[at + 1][1] : start]):
            return after if _is_count(after) else None
    if at == 0:
        return None
    start, end, before = found[at - 1]
    plain = _WHOLE_BEFORE.search(text[:start]) and not _ANOTHER_WHOLE.search(text[end : found[at][0]])
    return before if plain and _is_count(before) else None


def _whole_inside(text: str, found: Sequence[tuple[int, int, Number]], at: int) -> Number | None:
    """The same where the brackets say both and no more: 50% (21 of 42), and not 50% (2 of 6 practices met the aim)."""
    if at + 2 >= len(found):
        return None
    start, end, after = found[at + 2]
    plain = _WHOLE_INSIDE.fullmatch(text[found[at + 1][1] : start]) and _ONLY_NAMED.match(text, end)
    return after if plain and _is_count(after) else None


def _is_count(number: Number) -> bool:
    """Not a year, as in "as of 2020"."""
    return not number.unit and bool(number.value) and not re.fullmatch(r"(?:19|20)\d\d", number.text)


def _text_between(
    sentence: Sentence, one: tuple[int, int, Number], other: tuple[int, int, Number], most: int
) -> str | None:
    text = sentence.text[one[1] : other[0]]
    return text if len(text) <= most else None


_NOT_A_RESULT = re.compile(
    r"\b(target|aims?|achieve|goal|standard|expect\w*|should|plan|planned|would be|will be|at least|at most|up to|more than"
    r"|less than|fewer than|above|below|over|under|exceed\w*|within|forecast|threshold|difference|gap|spread|rang\w+"
    r"|var(?:y|ies|ied)|apart|between|national|increase of|reduction of|fell by|rose by|declined|change|limit|assum\w*|interval"
    r"|rate of|if|could|may|might|discount|example|around|about|approximately|worst|best|contracted)\b|[<>≥≤~]",
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
