"""Rules of the directory by tables: hours, days, places, ages, numbers, and what ends in a gap."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from onedoor.directory.rules import (
    ALWAYS,
    DayHours,
    Hours,
    Unreadable,
    ages_said,
    digits_of,
    ending,
    hours_said,
    next_opening,
    open_until,
    outward,
    read_days,
    read_hours,
    takes_age,
)
from onedoor.kernel.clock import LONDON


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Mon-Fri 08:00-18:00", (("Monday to Friday", "8am to 6pm"),)),
        (
            "monday to friday 9:00 to 17:30; Sat 09:00-12:00",
            (("Monday to Friday", "9am to 5:30pm"), ("Saturday", "9am to midday")),
        ),
        (
            "Mon 09:00-12:00|Mon 13:00-17:00|Tue 09:00-12:00|Tue 13:00-17:00",
            (("Monday and Tuesday", "9am to midday and 1pm to 5pm"),),
        ),
        ("Sat-Mon 10:00-16:00", (("Monday", "10am to 4pm"), ("Saturday and Sunday", "10am to 4pm"))),
        ("Mon-Sun 08:00-20:00", (("Every day", "8am to 8pm"),)),
        ("always", (("Every day", "day and night"),)),
        ("Fri 18:00-24:00", (("Friday", "6pm to midnight"),)),
        ("", ()),
    ],
)
def test_hours_are_read_and_said(text: str, said: tuple[tuple[str, str], ...]) -> None:
    assert hours_said(read_hours(text)) == said


@pytest.mark.parametrize("text", ["mornings", "Mon 8-18", "Xyz 08:00-18:00", "Mon 08:00-18:61", "Mon-Fri"])
def test_hours_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_hours(text)


def test_days_of_their_own() -> None:
    assert read_days("2026-12-24 08:00-12:00|2026-12-27") == (
        DayHours(date(2026, 12, 24), time(8), time(12)),
        DayHours(date(2026, 12, 27), None, None),
    )
    for text in ("24/12/2026", "2026-02-30", "2026-12-24|2026-12-24"):
        with pytest.raises(Unreadable):
            read_days(text)


WEEK = read_hours("Mon-Fri 08:00-18:00")
NIGHTS = read_hours("Mon-Sun 20:00-06:00")
DATED = read_days("2026-12-24 08:00-12:00|2026-12-21|2026-12-26 10:00-14:00")


@pytest.mark.parametrize(
    ("hours", "moment", "closes"),
    [
        (WEEK, "2026-12-07 08:00", "2026-12-07 18:00"),
        (WEEK, "2026-12-07 18:00", None),
        (WEEK, "2026-12-12 10:00", None),
        (WEEK, "2026-12-24 11:59", "2026-12-24 12:00"),
        (WEEK, "2026-12-24 12:00", None),
        (WEEK, "2026-12-21 10:00", None),
        (WEEK, "2026-12-25 10:00", None),
        (WEEK, "2026-12-26 10:00", "2026-12-26 14:00"),
        (NIGHTS, "2026-12-08 03:00", "2026-12-08 06:00"),
        (NIGHTS, "2026-12-07 23:30", "2026-12-08 06:00"),
        (NIGHTS, "2026-12-08 06:00", None),
        (ALWAYS, "2026-12-25 10:00", "2026-12-26 00:00"),
        (ALWAYS, "2026-12-21 10:00", None),
        (read_hours("Sun 00:00-12:00"), "2026-03-29 02:30", "2026-03-29 12:00"),
    ],
)
def test_a_dated_day_goes_before_all_hours_those_before_a_bank_holiday_that_before_the_weekday(
    hours: tuple[Hours, ...], moment: str, closes: str | None
) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=LONDON)
    until = open_until(hours, DATED, at)
    assert (until and until.strftime("%Y-%m-%d %H:%M")) == closes


@given(
    moment=some.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2026, 12, 1)),  # noqa: DTZ001
    weekdays=some.sets(some.integers(0, 6), min_size=1),
    opens=some.times(),
    closes=some.times(),
)
def test_the_next_opening_is_ahead_and_open(moment: datetime, weekdays: set[int], opens: time, closes: time) -> None:
    opens, closes = opens.replace(second=0, microsecond=0), closes.replace(second=0, microsecond=0)
    hours = [Hours(day, opens, closes) for day in weekdays]
    at = moment.replace(tzinfo=LONDON)
    following = next_opening(hours, (), at)
    if following is not None:
        assert at < following <= at + timedelta(days=15)
        assert open_until(hours, (), following) is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ox4 2ab", "OX4"),
        ("OX4", "OX4"),
        ("sw1a1aa", "SW1A"),
        ("M1 1AE", "M1"),
        ("the hill", ""),
        ("", ""),
        ("12345", ""),
        ("OX423", ""),
    ],
)
def test_of_a_postcode_only_the_outward_part_is_taken(text: str, said: str) -> None:
    assert outward(text) == said


@pytest.mark.parametrize(
    ("ages", "said", "takes"),
    [
        ((None, None), "All ages", {0: True, 90: True}),
        ((0, None), "All ages", {0: True}),
        ((16, None), "16 and over", {15: False, 16: True}),
        ((0, 17), "Under 18", {17: True, 18: False}),
        ((4, 17), "4 to 17", {3: False, 4: True, 17: True, 18: False}),
    ],
)
def test_ages(ages: tuple[int | None, int | None], said: str, takes: dict[int, bool]) -> None:
    assert ages_said(*ages) == said
    assert {age: takes_age(*ages, age) for age in takes} == takes


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("01632 960201", "01632960201"),
        ("the letter says ring 01632-960 201 please", "01632960201"),
        ("+44 1632 960201", "01632960201"),
        ("knee 42", ""),
        ("", ""),
    ],
)
def test_a_telephone_number_among_words(text: str, number: str) -> None:
    assert digits_of(text) == number


FULL, FITS, TOO_OLD, UNSURE = (1, True, ("full",)), (2, True, ()), (3, True, ("age",)), (4, False, ())


@pytest.mark.parametrize(
    ("found", "taken", "gap"),
    [
        ([FITS], 2, None),
        ([FITS], None, ("nothing", 2, "")),
        ([], None, ("nothing", None, "")),
        ([FULL, FITS], 2, ("second_best", 1, "full")),
        ([FULL, FITS], 1, ("second_best", 1, "full")),
        ([FITS, FULL], 2, None),
        ([FITS, TOO_OLD], 3, ("second_best", 3, "age")),
        ([FITS, UNSURE], 4, ("second_best", 2, "")),
        ([UNSURE], 4, ("second_best", None, "")),
        ([FULL], None, ("nothing", 1, "full")),
        ([FITS], 99, ("second_best", 2, "")),
    ],
)
def test_what_ends_in_a_gap(
    found: list[tuple[int, bool, tuple[str, ...]]], taken: int | None, gap: tuple[str, int | None, str] | None
) -> None:
    assert ending(found, taken) == gap
