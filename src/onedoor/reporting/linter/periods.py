"""Periods in words: the months that a text names, and how many they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(?:(?P<day{0}>\d{{1,2}})(?:st|nd|rd|th)?\s+)?"
_RANGE = re.compile(
    rf"(?:(?P<how>between|from)\s+)?{_DAY.format(1)}\b(?P<m1>{MONTH})\.?,?\s*'?(?P<y1>\d{{4}}|\d{{2}})?\s*"
    rf"(?P<link>and|to|until|–|-|—)\s*(?:the end of )?{_DAY.format(2)}\b(?P<m2>{MONTH})\.?,?\s*'?(?P<y2>\d{{4}}|\d{{2}})\b",
    re.IGNORECASE,
)
_ONE = re.compile(rf"\b({MONTH})\.?\s*'?\s*(\d{{4}}|\d{{2}})\b", re.IGNORECASE)
_BARE = re.compile(rf"^\s*({MONTH})\s*$", re.IGNORECASE)
NUMBER = r"\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|eighteen"
_COUNT = re.compile(rf"\b({NUMBER})[ -]months?\b", re.IGNORECASE)
IN_WORDS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "eighteen": 18,
}
_QUARTER = re.compile(r"\bQ([1-4])\s*(?:of\s*)?((?:20)?\d{2})\s*[/-]\s*(\d{2})\b", re.IGNORECASE)
_YEAR = re.compile(r"\b((?:20)\d{2})[/-](\d{2})\b")


@dataclass(frozen=True)
class Span:
    """From the first month to the last, both counted from year 0; `dated`: with days, so that only one reading is left."""

    first: int
    last: int
    text: str
    dated: bool = False
    between: bool = False

    @property
    def months(self) -> int:
        """With both months in it."""
        return self.last - self.first + 1

    @property
    def readings(self) -> tuple[int, ...]:
        """How many months it may mean: with both its months or without the last (product-map.md T1). Whole years are sure."""
        sure = self.dated or self.months < 2 or self.months % 12 == 0
        return (self.months,) if sure else (self.months, self.months - 1)


@dataclass(frozen=True)
class Quarter:
    """A quarter of a financial year (April to March), by the year it begins in."""

    quarter: int
    year: int
    text: str

    @property
    def months(self) -> range:
        """Counted from year 0."""
        first = self.year * 12 + 3 + 3 * (self.quarter - 1)
        return range(first, first + 3)


@dataclass(frozen=True)
class Named:
    """A quarter, a month or a financial year that a text names. Months are counted from year 0."""

    text: str
    months: range

    def a_year_after(self, other: Named) -> bool:
        """The same part of the next year."""
        return self.months == range(other.months.start + 12, other.months.stop + 12)


def _month(name: str) -> int:
    return _NAMES.index(name[:3].lower())


def _year(digits: str) -> int:
    return int(digits) + (2000 if len(digits) == 2 else 0)


def spans(text: str) -> Iterator[Span]:
    """Ranges of months in a text."""
    for found in _RANGE.finditer(text):
        last = _year(found["y2"]) * 12 + _month(found["m2"])
        if found["y1"]:
            first = _year(found["y1"]) * 12 + _month(found["m1"])
        else:
            first = _year(found["y2"]) * 12 + _month(found["m1"])
            first -= 12 if first > last else 0
        if not 0 <= last - first < 120:
            continue
        dated = bool(found["day1"] and found["day2"])
        if dated and int(found["day2"]) < int(found["day1"]):
            last -= 1 if int(found["day1"]) > 1 else 0
        yield Span(first, last, found[0].strip(), dated, (found["how"] or "").lower() == "between")


def quarters(text: str) -> list[Quarter]:
    """Quarters of financial years in a text: Q1 2021/22, Q1 21-22."""
    return [
        Quarter(int(found[1]), _year(found[2]), found[0])
        for found in _QUARTER.finditer(text)
        if (_year(found[2]) + 1) % 100 == int(found[3])
    ]


def named(text: str) -> list[Named]:
    """Periods that a text names one by one; none where it speaks of months from one to another."""
    if any(spans(text)):
        return []
    found = [Named(one.text, one.months) for one in quarters(text)]
    found += [
        Named(one[0].strip(), range(first, first + 1))
        for one in _ONE.finditer(text)
        if (first := _year(one[2]) * 12 + _month(one[1]))
    ]
    if not found:
        years = [one for one in _YEAR.finditer(text) if (int(one[1]) + 1) % 100 == int(one[2])]
        found += [Named(one[0], range(int(one[1]) * 12 + 3, int(one[1]) * 12 + 15)) for one in years]
    return found


def counted(text: str) -> list[int]:
    """Numbers of months that a text states: 8 months, six months."""
    return [IN_WORDS.get(one.lower()) or int(one) for one in _COUNT.findall(text)]


def month_of(text: str) -> int | None:
    """The month that a label is, counted from year 0; from 0 to 11 where it names no year. None for no month."""
    plain = text.strip().strip("*")
    found = _ONE.fullmatch(plain.replace("'", " ").replace("  ", " ")) or _ONE.fullmatch(plain)
    if found:
        return _year(found[2]) * 12 + _month(found[1])
    bare = _BARE.match(plain)
    return _month(bare[1]) if bare else None


def length(text: str) -> int | None:
    """How many months a title's period has, where it leaves no doubt: said in months, by days, a quarter or a financial year."""
    stated = counted(text)
    if stated:
        return stated[0] if len(set(stated)) == 1 else None
    ranges = list(spans(text))
    if ranges:
        return ranges[0].months if len(ranges) == 1 else None
    if quarters(text) or re.search(r"\bquarter to\b", text, re.I):
        return 3
    return 12 if re.search(r"\byear to\b|\bfinancial year\b", text, re.I) or _YEAR.search(text) else None


def has_period(text: str) -> bool:
    """Whether a text says of when it speaks."""
    return bool(
        _ONE.search(text)
        or _QUARTER.search(text)
        or _YEAR.search(text)
        or list(spans(text))
        or re.search(r"\b(19|20)\d\d\b", text)
    )


def title_months(title: str) -> tuple[str, range] | None:
    """The months that a title says its table is of, with the words that say it; None where it names none, or several periods."""
    named = quarters(title)
    if len(named) == 1:
        return named[0].text, named[0].months
    until = re.search(
        rf"\b(quarter|year|\d{{1,2}} months) (?:to|ending|ended) (?:\d{{1,2}} )?({MONTH}) (\d{{4}})", title, re.I
    )
    if until and not named:
        many = {"q": 3, "y": 12}.get(until[1][0].lower()) or int(until[1].split()[0])
        last = _year(until[3]) * 12 + _month(until[2])
        return until[0], range(last - many + 1, last + 1)
    return None


def step_of(label: str) -> int | None:
    """Where a heading stands among its like: a month with its year, or a quarter of a financial year. None for another."""
    month = month_of(label)
    if month is not None:
        return month if month >= 12 else None
    named = quarters(label)
    if len(named) == 1 and named[0].text.strip() == label.strip():
        return named[0].year * 4 + named[0].quarter
    return None
