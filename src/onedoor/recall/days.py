"""Calendar months, windows and the day on which something lapses (docs/reference/rule-sets.md, "The day")."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

SEASON_STARTS = (9, 1)


def add_months(day: date, months: int) -> date:
    """So many calendar months later, or earlier; the end of the month when it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def lapses(day: date, months: int) -> date:
    """The first day for which `day` is no longer within so many months."""
    clamped = add_months(day, months)
    return clamped if clamped.day == day.day else clamped + timedelta(days=1)


def age(born_on: date, day: date) -> int:
    """Whole years of age on a day."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


@dataclass(frozen=True)
class Window:
    """The days that count on a day: from `first` to `last`, both counted; none outside a season. `next` is the first day on
    which another window holds (or, inside a season, none); None when it moves with every day."""

    first: date | None
    last: date | None
    next: date | None


def contract_year(on: date) -> Window:
    """1 April to 31 March."""
    year = on.year if on.month >= 4 else on.year - 1
    return Window(date(year, 4, 1), date(year + 1, 3, 31), date(year + 1, 4, 1))


def season(on: date) -> Window:
    """1 September to 31 March; from April to August none."""
    if 4 <= on.month <= 8:
        return Window(None, None, date(on.year, 9, 1))
    year = on.year if on.month >= 9 else on.year - 1
    return Window(date(year, 9, 1), date(year + 1, 3, 31), date(year + 1, 4, 1))


def rolling(on: date, months: int) -> Window:
    """Within so many months of `on`."""
    return Window(add_months(on, -months) + timedelta(days=1), on, None)
