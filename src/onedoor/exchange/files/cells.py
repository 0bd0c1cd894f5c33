"""What stands in a cell: dates, times and NHS numbers as exports write them. Pure; None means it cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time

from onedoor.kernel import nhs_number

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_KEPT = 100_000

_WORD_DATE = re.compile(r"(\d{1,2})[-/ ]([A-Za-z]{3})[a-z]*[-/ ](\d{4})")
_SLASH_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_PLAIN_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_TIME = re.compile(r"(\d{1,2})([:.])(\d{2})(?::\d{2})?")

FLOAT_DAMAGE = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
"""What a spreadsheet makes of a long number (clinical.md 2, loader rule: refused by name)."""


def _day_month_word(text: str) -> tuple[int, int, int] | None:
    match = _WORD_DATE.fullmatch(text)
    if match is None or match[2].lower() not in _MONTHS:
        return None
    return int(match[3]), _MONTHS[match[2].lower()], int(match[1])


def _day_month_number(text: str) -> tuple[int, int, int] | None:
    match = _SLASH_DATE.fullmatch(text)
    return (int(match[3]), int(match[2]), int(match[1])) if match else None


def _year_first(text: str) -> tuple[int, int, int] | None:
    match = _ISO_DATE.fullmatch(text)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def _digits_only(text: str) -> tuple[int, int, int] | None:
    match = _PLAIN_DATE.fullmatch(text)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


DATE_FORMATS: dict[str, Callable[[str], tuple[int, int, int] | None]] = {
    "07-Dec-2026": _day_month_word,
    "07/12/2026": _day_month_number,
    "2026-12-07": _year_first,
    "20261207": _digits_only,
}
"""How a mapping may say that dates are written: by the example of one."""


class Dates:
    """Reads dates of some formats. Good ones are remembered: a list of a million has some 40,000 different ones."""

    def __init__(self, formats: tuple[str, ...]) -> None:
        self._parts = [DATE_FORMATS[name] for name in formats]
        self.known: dict[str, date] = {}
        """What was read before, by its text."""

    def read(self, text: str) -> date | None:
        """The date, or None when there is no such day or it is written in another way."""
        known = self.known.get(text)
        if known is not None:
            return known
        for parts in self._parts:
            found = parts(text.strip())
            if found is None:
                continue
            try:
                day = date(*found)
            except ValueError:
                return None
            if len(self.known) < _KEPT:
                self.known[text] = day
            return day
        return None

    def looks_like_one(self, text: str) -> bool:
        """Written like a date, whether or not there is such a day."""
        return any(parts(text.strip()) is not None for parts in self._parts)


def read_time(text: str) -> tuple[time, bool] | None:
    """The time of day, and whether it is written with a colon as it should be."""
    match = _TIME.fullmatch(text.strip())
    if match is None or int(match[1]) > 23 or int(match[3]) > 59:
        return None
    return time(int(match[1]), int(match[3])), match[2] == ":"


def nhs_number_fault(text: str) -> tuple[str, str]:
    """Why this is no NHS number, and what to do about it."""
    if FLOAT_DAMAGE.fullmatch(text.strip()):
        return (
            "a spreadsheet has rounded the NHS number and its last digits are lost",
            "Export the list again and do not open it in a spreadsheet before it is read here.",
        )
    digits = nhs_number.compact(text)
    if digits.isdigit() and len(digits) == 10:
        return (
            "the last digit of the NHS number does not fit the others, so one of them is wrong",
            "Look the NHS number up on the Spine and put it right in {system}.",
        )
    if digits.isdigit():
        return f"an NHS number has 10 digits, this has {len(digits)}", "Put the NHS number right in {system}."
    return "this is not an NHS number", "Put the NHS number right in {system}."
