"""Working time across nights, weekends, bank holidays and the clock change."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from onedoor.kernel import calendar
from onedoor.kernel.clock import LONDON


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-12-07 09:00", 4, "2026-12-07 13:00"),
        ("2026-12-07 17:00", 4, "2026-12-08 10:30"),
        ("2026-12-11 17:30", 2, "2026-12-14 09:00"),  # over a weekend
        ("2026-12-24 18:00", 1, "2026-12-29 08:30"),  # Christmas Day, and Boxing Day's Monday in lieu
        ("2026-12-07 06:00", 1, "2026-12-07 09:00"),
        ("2026-12-12 12:00", 1, "2026-12-14 09:00"),
        ("2027-03-25 18:00", 1, "2027-03-30 08:30"),  # Good Friday, Easter Monday, and the clocks going forward
        ("2026-12-07 08:00", 10.5, "2026-12-07 18:30"),
    ],
)
def test_add_working_time(start: str, hours: float, end: str) -> None:
    assert calendar.add_working_time(london(start), timedelta(hours=hours)) == london(end)


@pytest.mark.parametrize(
    ("moment", "open_now"),
    [
        ("2026-12-07 08:00", True),
        ("2026-12-07 07:59", False),
        ("2026-12-07 18:30", False),
        ("2026-12-12 12:00", False),
        ("2026-12-25 12:00", False),
        ("2026-12-28 12:00", False),
    ],
)
def test_is_open(moment: str, open_now: bool) -> None:
    assert calendar.is_open(london(moment)) is open_now


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-12-07 09:00", "2026-12-07 11:30", 2.5),
        ("2026-12-04 17:30", "2026-12-07 09:00", 2.0),
        ("2026-12-05 09:00", "2026-12-06 18:00", 0.0),
        ("2026-12-07 09:00", "2026-12-07 09:00", 0.0),
        ("2026-12-07 09:00", "2026-12-04 09:00", 0.0),
        # Monday to Friday, 21 to 25 December: the last is Christmas Day.
        ("2026-12-20 12:00", "2026-12-26 12:00", 42.0),
        # The night in which the clocks go back lies between; no working time does.
        ("2026-10-23 18:00", "2026-10-26 08:30", 1.0),
    ],
)
def test_working_time_between(start: str, end: str, hours: float) -> None:
    first, second = (datetime.fromisoformat(moment).replace(tzinfo=LONDON) for moment in (start, end))
    assert calendar.working_time_between(first, second) == timedelta(hours=hours)


def test_working_days_are_numbered_for_sets_as_they_are_counted_one_by_one() -> None:
    run = dict(calendar.working_days_run(date(2026, 12, 23), date(2026, 12, 31)))
    # Christmas Day is a Friday, and Boxing Day's Monday is in lieu.
    assert [run[date(2026, 12, day)] for day in range(23, 32)] == [1, 2, 2, 2, 2, 2, 3, 4, 5]
