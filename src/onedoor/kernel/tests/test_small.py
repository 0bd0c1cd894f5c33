"""Small pure pieces of the kernel, by tables."""

from __future__ import annotations

import random
from datetime import date, datetime

import pytest
from nhs_number.validate import calculate_checksum

from onedoor.kernel import codes, nhs_number, words
from onedoor.kernel.clock import LONDON


# clinical.md 6.3 gives these; the two repeated-digit numbers pass the arithmetic and are refused by policy.
@pytest.mark.parametrize("number", ["9434765919", "9450114080", "9436793375", "4010232137", "9000000009"])
def test_valid_nhs_numbers(number: str) -> None:
    assert nhs_number.is_valid(number)


@pytest.mark.parametrize(
    "number", ["5000000001", "0000000000", "1111111111", "943476591", "94347659190", "943476591x", ""]
)
def test_invalid_nhs_numbers(number: str) -> None:
    assert not nhs_number.is_valid(number)


def test_check_digit_agrees_with_the_library() -> None:
    draw = random.Random(1)
    for _ in range(5_000):
        number = f"{draw.randrange(10**10):010d}"
        # The library also refuses ranges not yet given out; those we leave to the check digit.
        if len(set(number)) > 1:
            assert nhs_number.is_valid(number) == (calculate_checksum(number[:9]) == int(number[9])), number


# clinical.md 2, loader rule: float damage must be refused, true identifiers accepted.
@pytest.mark.parametrize("code", [concept.code for concept in codes.ALL] + ["1066921000000106", "1066931000000108"])
def test_true_snomed_identifiers(code: str) -> None:
    assert codes.verhoeff(code)


@pytest.mark.parametrize("code", ["1066921000000100", "1066931000000100", "39733011000001104", "12345", "18533200x"])
def test_damaged_snomed_identifiers(code: str) -> None:
    assert not codes.verhoeff(code)


@pytest.mark.parametrize(
    ("moment", "said"),
    [("14:30", "2:30pm"), ("09:00", "9am"), ("12:00", "midday"), ("00:05", "12:05am"), ("12:10", "12:10pm")],
)
def test_times_are_said_as_people_say_them(moment: str, said: str) -> None:
    assert words.clock_time(datetime.fromisoformat(f"2026-12-08 {moment}").replace(tzinfo=LONDON)) == said


def test_days() -> None:
    day = datetime(2026, 12, 8, 10, tzinfo=LONDON)
    assert words.short_day(day) == "Tue 8 Dec"
    assert words.long_day(day) == "Tuesday 8 December 2026"


@pytest.mark.parametrize(
    ("name", "key"), [("Zoë", "zoe"), ("O'Brien", "o'brien"), ("Łukasz", "lukasz"), ("SIÂN", "sian"), (" Ng ", "ng")]
)
def test_folded_names(name: str, key: str) -> None:
    assert words.folded(name) == key


@pytest.mark.parametrize(
    ("born_on", "said"),
    [
        (date(2026, 12, 1), "ask for a parent or carer"),
        (date(2013, 12, 8), "ask for a parent or carer"),
        (date(2013, 12, 7), "ask for a parent or carer, unless it is known that they decide for themselves"),
        (date(2010, 12, 8), "ask for a parent or carer, unless it is known that they decide for themselves"),
        (date(2010, 12, 7), ""),
        (date(1980, 2, 29), ""),
    ],
)
def test_whom_to_ask_for(born_on: date, said: str) -> None:
    assert words.ask_for(born_on, date(2026, 12, 7)) == said
