"""Working time in England: Monday to Friday, bank holidays out, in one place (product-map.md T12)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from datetime import time as Time
from functools import lru_cache
from itertools import accumulate

from holidays.countries.united_kingdom import UnitedKingdom

from onedoor.kernel.clock import LONDON

OPENS = Time(8, 0)
CLOSES = Time(18, 30)


@lru_cache(maxsize=64)
def _bank_holidays(year: int) -> frozenset[date]:
    return frozenset(UnitedKingdom(subdiv="ENG", years=year))  # type: ignore[no-untyped-call]


def is_bank_holiday(day: date) -> bool:
    """Whether it is one in England."""
    return day in _bank_holidays(day.year)


def is_working_day(day: date) -> bool:
    """Monday to Friday and no bank holiday in England."""
    return day.weekday() < 5 and not is_bank_holiday(day)


def working_days_run(first: date, last: date) -> list[tuple[date, int]]:
    """Each day from `first` to `last` with how many working days there were from `first` up to and with it.

    For sets: working days after one day up to and with another are the difference of their numbers.
    """
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return list(zip(days, accumulate(int(is_working_day(day)) for day in days), strict=True))


def is_open(moment: datetime, opens: Time = OPENS, closes: Time = CLOSES) -> bool:
    """Whether `moment` lies in working time, read in London."""
    local = moment.astimezone(LONDON)
    return is_working_day(local.date()) and opens <= local.time() < closes


def next_open(moment: datetime, opens: Time = OPENS, closes: Time = CLOSES) -> datetime:
    """`moment` itself when open, else the next opening."""
    local = moment.astimezone(LONDON)
    if is_open(local, opens, closes):
        return moment
    day = local.date()
    if not (is_working_day(day) and local.time() < opens):
        day += timedelta(days=1)
        while not is_working_day(day):
            day += timedelta(days=1)
    return datetime.combine(day, opens, tzinfo=LONDON)


def add_working_time(moment: datetime, length: timedelta, opens: Time = OPENS, closes: Time = CLOSES) -> datetime:
    """The moment at which `length` of working time has passed since `moment`."""
    at = next_open(moment, opens, closes).astimezone(LONDON)
    left = length
    while True:
        closing = datetime.combine(at.date(), closes, tzinfo=LONDON)
        if at + left <= closing:
            return at + left
        left -= closing - at
        at = next_open(closing, opens, closes).astimezone(LONDON)


def working_time_between(first: datetime, second: datetime, opens: Time = OPENS, closes: Time = CLOSES) -> timedelta:
    """How much working time has passed from `first` to `second`; none when `second` is not later."""
    start, end = first.astimezone(LONDON), second.astimezone(LONDON)
    if end <= start:
        return timedelta()
    # The days between are whole: only the first and the last are measured.
    whole = timedelta(hours=closes.hour - opens.hour, minutes=closes.minute - opens.minute)
    day, last, days = start.date() + timedelta(days=1), end.date(), 0
    while day < last:
        days += is_working_day(day)
        day += timedelta(days=1)
    return whole * days + sum(
        (_open_between(start, end, at, opens, closes) for at in {start.date(), end.date()}), timedelta()
    )


def _open_between(start: datetime, end: datetime, day: date, opens: Time, closes: Time) -> timedelta:
    if not is_working_day(day):
        return timedelta()
    opening, closing = (datetime.combine(day, time, tzinfo=LONDON) for time in (opens, closes))
    return max(min(end, closing) - max(start, opening), timedelta())
