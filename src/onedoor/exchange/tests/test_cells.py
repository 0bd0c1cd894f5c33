"""Dates, times and NHS numbers as exports write them."""

from __future__ import annotations

import random
from datetime import date, time

import pytest
from nhs_number import validate as library

from onedoor.exchange.files.cells import Dates, nhs_number_fault, read_time
from onedoor.kernel import nhs_number

DATES = Dates(("07-Dec-2026", "07/12/2026", "2026-12-07"))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("07-Dec-2026", date(2026, 12, 7)),
        ("7-dec-2026", date(2026, 12, 7)),
        ("07/12/2026", date(2026, 12, 7)),
        ("2026-12-07", date(2026, 12, 7)),
        ("29-Feb-2024", date(2024, 2, 29)),
        ("31-Nov-2026", None),
        ("31-Feb-1970", None),
        ("29/02/2026", None),
        ("07-Dez-2026", None),
        ("Female", None),
        ("", None),
        ("46363", None),
    ],
)
def test_dates(text: str, day: date | None) -> None:
    assert DATES.read(text) == day


def test_only_the_formats_of_the_mapping_are_read() -> None:
    assert Dates(("07-Dec-2026",)).read("07/12/2026") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("08:40", (time(8, 40), True)),
        ("8:40", (time(8, 40), True)),
        ("15.20", (time(15, 20), False)),
        ("08:40:00", (time(8, 40), True)),
        ("25:10", None),
        ("12:60", None),
        ("0840", None),
        ("", None),
    ],
)
def test_times(text: str, expected: tuple[time, bool] | None) -> None:
    assert read_time(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("9.99E+09", "spreadsheet"),
        ("9.99901E+09", "spreadsheet"),
        ("9990000410", "last digit"),
        ("999000041", "10 digits, this has 9"),
        ("not known", "not an NHS number"),
    ],
)
def test_what_is_wrong_with_an_nhs_number_is_named(text: str, says: str) -> None:
    assert says in nhs_number_fault(text)[0]


def test_check_digits_agree_with_the_nhs_number_package() -> None:
    draw = random.Random(3)
    for _ in range(20_000):
        first = draw.choice(["4", "6", "7", "9", "999"])  # ranges that are given out, and the one for examples
        number = first + "".join(str(draw.randrange(10)) for _ in range(10 - len(first)))
        assert nhs_number.is_valid(number) == library.is_valid(number), number
