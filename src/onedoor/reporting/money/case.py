"""A case for buying a channel, read from a TOML file (localities/hull/hull-2018.toml is one)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

_MOST = Decimal(10**12)


class BadCase(ValueError):
    """The file is not a case; the text says where, what and what to write instead."""


@dataclass(frozen=True)
class Today:
    """What is sent and spent over a period; both of its months are in it, or the last is not: papers seldom say."""

    where: str
    starts: str
    until: str
    """Months as 2016-11."""
    texts: int
    spend: Decimal
    month_where: str
    month_texts: int | None
    month_spend: Decimal | None

    @property
    def months(self) -> int:
        """From the first month to the last, both counted."""
        first, last = (int(month[:4]) * 12 + int(month[5:]) for month in (self.starts, self.until))
        return last - first + 1


@dataclass(frozen=True)
class Licence:
    """A licence of so many years; `each` is the price of one practice for all of them."""

    who: str
    words: str
    where: str
    years: int
    each: Decimal
    printed: Decimal


@dataclass(frozen=True)
class DoubleRunning:
    """Today's texts and the licence together."""

    where: str
    who: str
    years: int
    printed_texts: Decimal
    printed_total: Decimal


@dataclass(frozen=True)
class Case:
    title: str
    source: str
    practices: int
    today: Today
    licences: tuple[Licence, ...]
    double_running: tuple[DoubleRunning, ...]

    def licence(self, who: str, years: int) -> Licence:
        """The licence of a buyer and a length; the reader has seen to it that there is one for each double running."""
        return next(one for one in self.licences if (one.who, one.years) == (who, years))


def read(text: str) -> Case:
    """A case from the text of its file. Raises BadCase."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadCase(f"This is not TOML: {error}") from error
    top = _Part("the file", content)
    today = top.part("today")
    month = today.part("said_by_month", where="today.said_by_month") if today.has("said_by_month") else None
    licences, double = top.parts("licences"), top.parts("double_running")
    case = Case(
        title=top.words("title"),
        source=top.words("source"),
        practices=top.count("practices"),
        today=Today(
            where=today.words("where"),
            starts=today.month("from"),
            until=today.month("until"),
            texts=today.count("texts"),
            spend=today.pounds("spend"),
            month_where=month.words("where") if month else "",
            month_texts=month.count("texts") if month else None,
            month_spend=month.pounds("spend") if month else None,
        ),
        licences=tuple(
            Licence(
                one.words("who"), one.words("words"), one.words("where"), one.count("years"), one.pounds("each"),
                one.pounds("printed"),
            )
            for one in licences
        ),
        double_running=tuple(
            DoubleRunning(
                one.words("where"), one.words("who"), one.count("years"), one.pounds("printed_texts"),
                one.pounds("printed_total"),
            )
            for one in double
        ),
    )  # fmt: skip
    for one in (top, today, *([month] if month else []), *licences, *double):
        one.nothing_else()
    return _checked(case)


def _checked(case: Case) -> Case:
    known = [(one.who, one.years) for one in case.licences]
    for pair in known:
        if known.count(pair) > 1:
            raise BadCase(f"licences: there are two for {pair[0]!r} of {pair[1]} years; keep one")
    for one in case.double_running:
        if (one.who, one.years) not in known:
            raise BadCase(
                f"double_running: there is no licence for {one.who!r} of {one.years} years; add it to licences"
            )
    if case.today.months < 1:
        raise BadCase(f"today: until ({case.today.until}) is before from ({case.today.starts})")
    return case


class _Part:
    """A table of the file that says what is wrong with it, and where."""

    def __init__(self, where: str, content: Mapping[str, Any]) -> None:
        self._where, self._content = where, content
        self._asked: set[str] = set()

    def _at(self, key: str) -> str:
        return f"{self._where}, {key}"

    def _value(self, key: str) -> Any:
        self._asked.add(key)
        if key not in self._content:
            raise BadCase(f"{self._at(key)}: is missing{self._meant(key)}")
        return self._content[key]

    def _meant(self, key: str) -> str:
        near = get_close_matches(key, self._content, 1)
        return f"; is it what is called {near[0]!r}?" if near else ""

    def has(self, key: str) -> bool:
        """Whether what may be left out is there."""
        self._asked.add(key)
        return key in self._content

    def nothing_else(self) -> None:
        """Raises BadCase for what no case has, so that a name with a slip in it is not passed over."""
        for key in self._content:
            if key not in self._asked:
                known = ", ".join(sorted(self._asked))
                raise BadCase(f"{self._at(key)}: is not known; there may be {known}")

    def part(self, key: str, *, where: str = "") -> _Part:
        value = self._value(key)
        if not isinstance(value, dict):
            raise BadCase(f"{self._at(key)}: write it as a table, [{where or key}]")
        return _Part(where or key, value)

    def parts(self, key: str) -> list[_Part]:
        value = self._value(key)
        if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
            raise BadCase(f"{self._at(key)}: write each as [[{key}]], one at least")
        return [_Part(f"{key} {number}", one) for number, one in enumerate(value, 1)]

    def words(self, key: str) -> str:
        value = self._value(key)
        if not isinstance(value, str) or not value.strip():
            raise BadCase(f"{self._at(key)}: write words between quotation marks")
        return value

    def count(self, key: str) -> int:
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise BadCase(f"{self._at(key)}: write a whole number above nought, without quotation marks")
        return value

    def month(self, key: str) -> str:
        value = self.words(key)
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value):
            raise BadCase(f'{self._at(key)}: write the month as "2016-11"')
        return value

    def pounds(self, key: str) -> Decimal:
        """Between quotation marks, so that no penny is lost on the way through a floating-point number."""
        value = self._value(key)
        try:
            found = Decimal(value) if isinstance(value, str) else None
        except InvalidOperation:
            found = None
        if found is None or not found.is_finite() or not 0 < found < _MOST or found != round(found, 2):
            raise BadCase(f'{self._at(key)}: write pounds and pence between quotation marks, as "34561.74"')
        return found
