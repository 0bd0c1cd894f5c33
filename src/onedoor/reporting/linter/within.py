"""What one sentence reckons by itself: a difference, a flow, a sum, a price, a year of months, a change.

Each is taken only where the words say so (leaving, opened with, in all, at £40 each, a month and a year, from and to): what a
sentence leaves open is not guessed. Numbers in words are not read, so a sentence with one is not added up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations

from onedoor.reporting.linter import numbers
from onedoor.reporting.linter.document import Document, Sentence
from onedoor.reporting.linter.findings import Finding, Kind
from onedoor.reporting.linter.numbers import PERCENT, POINTS, POUNDS, TIMES, Number, said
from onedoor.reporting.linter.periods import IN_WORDS

Spotted = tuple[int, int, Number]

_TOTALS = "product-map.md T3: derive and cross-foot"
_FLOWS = "product-map.md T4: opening + in − out = closing"
_PRICES = "product-map.md T1: price by volume"
_CHANGES = "clinical.md 5.5: always compute before rounding"

_IN_WORDS = re.compile(
    rf"\b({'|'.join(IN_WORDS)}|twenty|dozens?|half|couple|several|few|some|most|many)\b"
    r"(?![ -](?:months?|weeks?|days?|years?|hours?|minutes?|quarters?|checks|physical)\b)",
    re.I,
)
_NOT_ALL = re.compile(
    r"\b(including|includes?|among|amongst|of which|of whom|overlap\w*|both|targets?|aim|compar\w+|than|last year|previous"
    r"|budget for|besides|more than once|already|reserve|overspen\w+|further|additional|at least|at most|up to|(?-i:may)|might"
    r"|could|should|if)\b",
    re.I,
)
_SIGNED = re.compile(r"(?:[+−]|(?<=\s)[-–])\s?£?\d")
_MOST = 8


def findings(document: Document) -> Iterator[Finding]:
    """All that single sentences do not bear out, one of each sort."""
    for sentence in document.sentences:
        found = [(start, end, _plain(one)) for start, end, one in numbers.spotted(sentence.text)]
        if len(found) < 3 and not (len(found) == 2 and _YEAR.search(sentence.text)):
            continue
        for rule in (_left, _apart, _flow, _sum, _listed, _price, _each, _year, _change):
            finding = rule(sentence, found)
            if finding:
                yield finding
                break


_LEFT_BEFORE = re.compile(
    r"\b(?:leav(?:ing|es|e)|left|(?:an?|the) (?:balance|remainder|surplus|shortfall|underspend|difference) of"
    r"|(?<!of )the (?:other|remaining|rest,?)|remaining)(?: (?:just|only|us|with|an? [a-z]+ of))* ?[£(]?$",
    re.I,
)
_LEFT_AFTER = re.compile(r"^\)?(?: [a-z]+){0,3} (?:remain(?:s|ed|ing)?|(?:is|are|was|were) (?:left|still))\b", re.I)


_MORE_LEFT = re.compile(r"\bthe (?:rest|others?|remainder)\b", re.I)
_MORE_CAME = re.compile(
    r"\b(?:added|another|arriv\w+|came(?! to)|gained|joined|new|received|took in|topped up)\b", re.I
)


def _left(sentence: Sentence, found: Sequence[Spotted]) -> Finding | None:
    """Of 320 referrals 40 were returned, leaving 280."""
    text = sentence.text
    if _MORE_CAME.search(text):
        return None
    for at, (start, end, rest) in enumerate(found):
        others = [one for n, (_, _, one) in enumerate(found) if n != at and _alike(one, rest)]
        plain = _LEFT_BEFORE.search(text[found[at - 1][1] if at else 0 : start]) or _LEFT_AFTER.search(text[end:])
        if (
            not plain
            or _MORE_LEFT.search(text[end:])
            or rest.about
            or not 2 <= len(others) <= _MOST
            or not _adds_up(text, len(others) - 1)
        ):
            continue
        whole = max(others, key=lambda one: one.value)
        parts = [one for one in others if one is not whole]
        if (
            whole.about
            or rest.value > whole.value
            or _makes(parts, whole.value - rest.value, whole.half + rest.half, 1)
        ):
            return None
        value = whole.value - sum(one.value for one in parts)
        if value < 0:
            return None
        worked = " less ".join(one.text for one in (whole, *parts))
        return _finding(Kind.DIFFERENCE, sentence, rest, value, f"{worked} is {said(value, rest)}", _TOTALS)
    return None


_LESS_THAN = re.compile(r"^ (?:[a-z]+ ){0,2}?(?:less|fewer|more|lower|higher) than (?:the |our |its )?£?$", re.I)


def _apart(sentence: Sentence, found: Sequence[Spotted]) -> Finding | None:
    """It cost £1,870, £540 less than the £2,410 of the year before."""
    text = sentence.text
    for (_, end, one), (start, closes, apart), (begins, _, other) in zip(found, found[1:], found[2:], strict=False):
        if not _LESS_THAN.match(text[closes:begins]) or not (_alike(one, apart) and _alike(other, apart)):
            continue
        value = abs(one.value - other.value)
        slack = one.half + other.half + apart.half
        if start - end > 40 or one.about or other.about or apart.about or abs(value - apart.value) <= slack:
            continue
        worked = f"{one.text} and {other.text} are {said(value, apart)} apart"
        return _finding(Kind.DIFFERENCE, sentence, apart, value, worked, _TOTALS)
    return None


_OPENS = re.compile(r"\b(?:open(?:ed|s|ing)?|start(?:ed|s|ing)?|began|begun|brought forward)\b[^,;.]{0,50}$", re.I)
_CLOSES = re.compile(
    r"\b(?:clos(?:ed|es|ing)|ended|ends|ending|finished|finishing|carried forward|stood)\b[^,;.]{0,50}$", re.I
)
_CLOSES_AFTER = re.compile(
    r"^\)?(?: [a-z]+){0,4} (?:carried forward|still (?:waiting|open)|waiting|outstanding)\b", re.I
)
_CAME = re.compile(
    r"\b(?:added|adding|took in|gained|came|coming|joined|joining|received|arriv\w+|accepted|new|referred|taken on|registered"
    r"|registrations|in)\b",
    re.I,
)
_WENT = re.compile(
    r"\b(?:discharged?|discharges|lost|left|leaving|closed|completed|removed|removals|seen|died|out|cleared|treated|sent|booked"
    r"|taken off|leavers)\b",
    re.I,
)


def _signs(words: str) -> set[int]:
    return {sign for sign, said_so in ((1, _CAME), (-1, _WENT)) if said_so.search(words)}


def _flow(sentence: Sentence, found: Sequence[Spotted]) -> Finding | None:
    """The list opened with 210, 60 joined and 45 were seen, and it closed at 225."""
    text = sentence.text
    if len(found) > _MOST or not _adds_up(text, 0):
        return None
    before = [text[found[at - 1][1] if at else 0 : start] for at, (start, _, _) in enumerate(found)]
    opens = [at for at, words in enumerate(before) if _OPENS.search(words)]
    closes = [
        at
        for at, words in enumerate(before)
        if at not in opens and (_CLOSES.search(words) or _CLOSES_AFTER.search(text[found[at][1] :]))
    ]
    if len(opens) != 1 or len(closes) != 1 or opens[0] > closes[0]:
        return None
    first, last = found[opens[0]][2], found[closes[0]][2]
    moved = list(range(opens[0] + 1, closes[0]))
    if not moved or not all(_alike(found[at][2], last) for at in (opens[0], *moved)):
        return None
    value, worked = first.value, first.text
    for at in moved:
        after = text[found[at][1] : found[at + 1][0]].split(",")[0]
        chosen = _signs(after) or _signs(before[at])
        if len(chosen) != 1:
            return None
        sign = chosen.pop()
        value += sign * found[at][2].value
        worked += f" {'and' if sign > 0 else 'less'} {found[at][2].text}"
    slack = sum((found[at][2].half for at in (opens[0], *moved, closes[0])), Decimal(0))
    if abs(value - last.value) <= slack or value < 0:
        return None
    return _finding(Kind.FLOW, sentence, last, value, f"{worked} is {said(value, last)}", _FLOWS)


_TOTAL_BEFORE = re.compile(
    r"\b(?:(?:a|the|in) total(?: of)?|totals?|totalling|making|altogether|in all,?|the sum of|together|combined)"
    r"(?: (?:of|to|is|was|came to))* ?[£(]?$",
    re.I,
)
_TOTAL_AFTER = re.compile(r"^\)?(?: [a-z]+){0,2},? (?:in all|in total|altogether|all told|combined)\b", re.I)


def _sum(sentence: Sentence, found: Sequence[Spotted]) -> Finding | None:
    """90 came by GPs and 70 by others, 160 in all."""
    text = sentence.text
    for at, (start, end, total) in enumerate(found):
        parts = [one for n, (_, _, one) in enumerate(found) if n != at and _alike(one, total)]
        plain = _TOTAL_BEFORE.search(text[found[at - 1][1] if at else 0 : start]) or _TOTAL_AFTER.search(text[end:])
        if not plain or total.about or not 2 <= len(parts) <= _MOST or not _adds_up(text, len(parts)):
            continue
        value = sum((one.value for one in parts), Decimal(0))
        if any(one.value >= total.value for one in parts) or _makes(parts, total.value, total.half, 2):
            return None
        if not Decimal("0.5") <= value / total.value <= 2:
            return None
        worked = " and ".join(one.text for one in parts)
        return _finding(Kind.TOTAL, sentence, total, value, f"{worked} make {said(value, total)}", _TOTALS)
    return None


_LIST = re.compile(r"^[^,;.\d£]{0,60}:[^\d£]{0,20}£?$")
_OF = re.compile(r"^(?:[a-z ]{0,30}\b)?of (?:the |these |those |all )?[£~]?$", re.I)
_NEAR = Decimal("0.1")


def _listed(sentence: Sentence, found: Sequence[Spotted]) -> Finding | None:
    """We rang 260: 118 answered at once, 67 later and 65 never. Of 412, 187 went here, 141 there, 94 nowhere: more than all."""
    text = sentence.text
    (start, end, whole), parts = found[0], [one for _, _, one in found[1:]]
    if not 2 <= len(parts) <= _MOST or whole.about or not all(_alike(one, whole) for one in parts):
        return None
    last = text[found[-2][1] : found[-1][0]]
    listed = _LIST.match(text[end : found[1][0]]) and re.search(r"\band\b", last)
    if not (listed or _OF.match(text[:start])) or not _adds_up(text, len(parts)) or any(one.about for one in parts):
        return None
    value = sum((one.value for one in parts), Decimal(0))
    slack = whole.half + sum((one.half for one in parts), Decimal(0))
    apart = value - whole.value
    if abs(apart) <= slack or abs(apart) > _NEAR * whole.value or not (listed or (apart > 0 and len(parts) > 2)):
        return None
    worked = " and ".join(one.text for one in parts)
    return _finding(Kind.TOTAL, sentence, whole, value, f"{worked} make {said(value, whole)}", _TOTALS)


_AT = re.compile(
    r"^[^,;.£\d]{0,60}(?:\bat|@) (?:(?:a|an|the) (?:\w+ )?(?:cost|price|rate|fee|average) of |just |only )?£?$", re.I
)
_COMES_TO = re.compile(
    r"^(?: (?:each|apiece|a|an|per|for)(?: [a-z]+){0,2})?\W{0,3}[^;£\d]{0,45}£?$",
    re.I,
)
_PAYS_FOR = re.compile(r"^[^,;.£\d]{0,25}\b(?:for|covers|bought|buys|pays for|paid for|on) $", re.I)
_ANOTHER_SUM = re.compile(
    r"\b(?:plus|less|sav\w+|instead|rather|against|compar\w+|budget\w*|vat|cheaper|discount\w*|before|from|further|other|another|also"
    r"|additional|extra|last|previous|grant|first|then|rising|falling|or)\b",
    re.I,
)


_EVERY = re.compile(r"\b(?:each|every|per|apiece)\b", re.I)
_MAKES = re.compile(r"\b(?:costs?|comes?|came|makes?|made|be|is|was|were|totals?|totalled)\b[^;\d£]{0,25}£?$", re.I)


def _each(sentence: Sentence, found: Sequence[Spotted]) -> Finding | None:
    """Each call costs £4.20, so the 1,150 calls have cost £4,830."""
    text = sentence.text
    if len(found) != 3:
        return None
    (start, end, price), (begins, closes, many), (last, _, whole) = found
    ahead, between, behind = text[max(0, start - 60) : start], text[end:begins], text[closes:last]
    if (price.unit, whole.unit) != (POUNDS, POUNDS) or many.unit or price.about or many.about:
        return None
    if not (_EVERY.search(ahead) or _EVERY.search(between)) or not _MAKES.search(behind):
        return None
    if _ANOTHER_SUM.search(between) or _ANOTHER_SUM.search(behind) or whole.value <= price.value:
        return None
    return _product(sentence, many, price, whole)


def _product(sentence: Sentence, many: Number, price: Number, whole: Number) -> Finding | None:
    value = many.value * price.value
    if abs(value - whole.value) <= many.value * price.half + whole.half:
        return None
    worked = f"{many.text} at {price.text} is {said(value, whole)}"
    return _finding(Kind.PRICE, sentence, whole, value, worked, _PRICES)


def _price(sentence: Sentence, found: Sequence[Spotted]) -> Finding | None:
    """25 places at £40 each, £1,000; £1,000 for 25 places at £40."""
    text = sentence.text
    for at in range(len(found) - 1):
        (_, end, many), (start, closes, price) = found[at], found[at + 1]
        if (
            many.unit not in ("", *TIMES)
            or many.about
            or price.unit != POUNDS
            or price.about
            or not _AT.match(text[end:start])
        ):
            continue
        after = found[at + 2] if at + 2 < len(found) else None
        ahead = found[at - 1] if at else None
        between = text[closes : after[0]] if after else ""
        if after and after[2].unit == POUNDS and _COMES_TO.match(between) and not _ANOTHER_SUM.search(between):
            whole = after[2]
        elif ahead and ahead[2].unit == POUNDS and _PAYS_FOR.match(text[ahead[1] : found[at][0]]):
            whole = ahead[2]
        else:
            continue
        if whole.value > price.value and (finding := _product(sentence, many, price, whole)):
            return finding
    return None


_EACH = re.compile(r"^\)?(?: [a-z]+){0,3} (?:a|per|each|every) (month|quarter|week)\b", re.I)
_EACH_BEFORE = re.compile(r"\b(month|quarter|week)ly\b[^,;.\d]{0,40}£?$", re.I)
_YEAR = re.compile(r"\b(?:year|annum|annual(?:ly)?|yearly)\b", re.I)
_OF_YEAR = r"(?: full| whole| financial)? year"
_A_YEAR = re.compile(
    rf"^\)?(?: [a-z]+){{0,3}},? (?:(?:a|per|each|(?:over|for|in|across) (?:a|the)){_OF_YEAR}|(?:a|per) annum)\b"
    r"|^\)?(?: [a-z]+){0,2} annually\b",
    re.I,
)
_A_YEAR_BEFORE = re.compile(
    rf"\b(?:annual|yearly|full[- ]year)\b[^,;.\d]{{0,40}}£?$|\b(?:over|for|in|across) (?:the|a){_OF_YEAR}[^;.\d]{{0,30}}£?$",
    re.I,
)
_IN_A_YEAR = {"month": (12,), "quarter": (4,), "week": (50, 51, 52, 53)}
_NOT_THE_SAME = re.compile(
    r"\b(?:from|rising|rose|fell|falling|targets?|instead|against|compar\w+|than|saving|by the end|started|began|last|previous"
    r"|first (?:year|month|quarter)|if|free|discount\w*|allowing|except|exclud\w+|without|holidays?|working|only|part[ -]year)\b",
    re.I,
)


def _year(sentence: Sentence, found: Sequence[Spotted]) -> Finding | None:
    """£1,200 a month is £14,400 a year."""
    text = sentence.text
    if _NOT_THE_SAME.search(text):
        return None
    often: list[tuple[str, Number]] = []
    whole: list[Number] = []
    long = [one for _, _, one in found if one.unit in TIMES]
    for at, (start, end, one) in enumerate(found):
        before = text[found[at - 1][1] if at else 0 : start]
        after = text[end : found[at + 1][0] if at + 1 < len(found) else len(text)]
        each = _EACH.match(after) or _EACH_BEFORE.search(before)
        if each:
            often.append((each[1].lower(), one))
        elif one.unit not in TIMES and (long or _A_YEAR.match(after) or _A_YEAR_BEFORE.search(before)):
            whole.append(one)
    if len(often) != 1 or len(whole) != 1 or not _alike(often[0][1], whole[0]):
        return None
    (period, each_one), (year,) = often[0], whole
    # Months that are counted are held against their monthly amount elsewhere (`monthly`).
    if len(long) > 1 or any(one.unit != f"{period}s" or period == "month" for one in long):
        return None
    times = (int(long[0].value),) if long else _IN_A_YEAR[period]
    # An average is a rounded number: to the unit, or to its last digit that is not nought.
    digits = re.sub(r"\D", "", each_one.text.partition(".")[0])
    half = max(each_one.half, Decimal(5).scaleb(min(2, len(digits) - len(digits.rstrip("0"))) - 1 - each_one.places))
    if any(abs(each_one.value * n - year.value) <= n * half + year.half for n in times):
        return None
    value = each_one.value * times[len(times) // 2]
    if not year.value or not Decimal("0.4") <= value / year.value <= Decimal("2.5"):
        return None
    over = f"in {long[0].text}" if long else "a year"
    return _finding(
        Kind.MONTHS, sentence, year, value, f"{each_one.text} a {period} is {said(value, year)} {over}", _PRICES
    )


_FROM = re.compile(r"\bfrom [£(]?$", re.I)
_TO = re.compile(r"\bto (?:just |only )?[£(]?$", re.I)
_CHANGED = re.compile(
    r"\b(?:ris(?:e|es|en|ing)|rose|increas\w+|growth|grew|grown|up|fall(?:s|en|ing)?|fell|reduc\w+|decreas\w+|drop\w*|down|cut|improv\w+"
    r"|chang\w+|gain\w*|climb\w*|declin\w+|deteriorat\w+|worsen\w*|slip\w*|mov(?:ed|es|ement))\b",
    re.I,
)
_NOT_SO = re.compile(
    r"\b(?:targets?|aim\w*|plan\w*|expect\w*|forecast|hoped|instead|rather|usual|national\w*|against|while|whereas|but|number|with)\b"
    r"|;",
    re.I,
)
_OTHER_BASE = re.compile(
    r"^\)?\s*(?:of\b|[^,;.]{0,30}\b(?:than|on|year on year|compared|against|targets?|last|previous|earlier)\b)", re.I
)


def _change(sentence: Sentence, found: Sequence[Spotted]) -> Finding | None:
    """From 80 to 60, a fall of 25%; from 52% to 61%, a rise of 9 points."""
    text = sentence.text
    pairs = [
        (at, turned)
        for at in range(len(found) - 1)
        if found[at][2].unit == found[at + 1][2].unit
        and len(between := text[found[at][1] : found[at + 1][0]]) < 60
        and not re.search(r"[;.]", between)
        for turned in (False, True)
        if (_TO if turned else _FROM).search(text[: found[at][0]]) and (_FROM if turned else _TO).search(between)
    ]
    if len(pairs) != 1:
        return None
    ((at, turned),) = pairs
    first, second = (found[at + turned][2], found[at + 1 - turned][2])
    if first.about or second.about or first.value <= 0 or second.value <= 0:
        return None
    for n, (start, end, by) in enumerate(found):
        if n not in (at - 1, at + 2) or by.unit not in (PERCENT, POINTS) or by.about or _OTHER_BASE.match(text[end:]):
            continue
        before = text[found[n - 1][1] if n else 0 : start]
        words = before + text[end : end + 20] if n > at else before + text[end : found[at][0]]
        if _CHANGED.search(words) and not _NOT_SO.search(words) and not (n > at and re.search(r"\band\b", before)):
            return _against(sentence, first, second, by)
    return None


def _against(sentence: Sentence, first: Number, second: Number, by: Number) -> Finding | None:
    apart, slack = abs(second.value - first.value), first.half + second.half
    relative = 100 * apart / first.value
    near = (100 * (apart - slack) / (first.value + first.half), 100 * (apart + slack) / (first.value - first.half))
    printed = abs(by.value)
    in_points = abs(apart - printed) <= slack + by.half
    in_percent = near[0] - by.half <= printed <= near[1] + by.half
    if first.unit == PERCENT:
        if in_percent if by.unit == PERCENT else in_points:
            return None
        value, of = apart, " points"
    elif by.unit == PERCENT and not in_percent:
        value, of = relative, "%"
    else:
        return None
    shown = said(value, by)
    shown = shown if shown.endswith(of) else shown.rstrip("%") + of
    return Finding(
        Kind.CHANGE,
        sentence.place,
        by.text,
        shown,
        f"{by.text} is printed; from {first.text} to {second.text} is {shown}.",
        _CHANGES,
    )


def _plain(one: Number) -> Number:
    """What an account would take for a deduction stands in brackets here."""
    return one if re.search(r"[-−–]", one.text) else replace(one, value=abs(one.value))


def _alike(one: Number, other: Number) -> bool:
    return one.unit == other.unit and one.unit not in (PERCENT, POINTS, *TIMES) and one.value > 0


def _adds_up(text: str, parts: int) -> bool:
    """Whether a sentence can be added up: it does not say that its parts are not all, and no number in words, unless that is how
    many parts there are ("three practices")."""
    return (
        not _NOT_ALL.search(text)
        and not _SIGNED.search(text)
        and all(IN_WORDS.get(one.lower()) == parts for one in _IN_WORDS.findall(text))
    )


def _makes(parts: Sequence[Number], value: Decimal, half: Decimal, least: int) -> bool:
    """Whether any of the parts, `least` or more of them, come to the value."""
    return any(
        abs(sum((one.value for one in some), Decimal(0)) - value) <= half + sum((one.half for one in some), Decimal(0))
        for many in range(least, len(parts) + 1)
        for some in combinations(parts, many)
    )


def _finding(kind: Kind, sentence: Sentence, printed: Number, value: Decimal, worked: str, source: str) -> Finding:
    return Finding(
        kind, sentence.place, printed.text, said(value, printed), f"{printed.text} is printed; {worked}.", source
    )
