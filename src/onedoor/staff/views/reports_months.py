"""Which months a page of figures shows: `from` and `to` of its address, as 2026-11."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest

from onedoor.kernel import clock

MOST = 24
"""Months in a table that is still read."""
_USUAL = 7


@dataclass(frozen=True)
class Months:
    """First and last month by their first days; `problem` says what was wrong with what was asked for, in words."""

    first: date
    last: date
    problem: str = ""


def read_month(typed: str) -> date | None:
    """The first day of 2026-11; None for anything else."""
    try:
        year, month = typed.strip().split("-")
        return date(int(year), int(month), 1) if len(year) == 4 and len(month) == 2 else None
    except ValueError:
        return None


def month_before(month: date, number: int = 1) -> date:
    """The first day of the month so many months before."""
    for _ in range(number):
        month = (month.replace(day=1) - timedelta(days=1)).replace(day=1)
    return month


def chosen_months(request: HttpRequest, *, usual: int = _USUAL) -> Months:
    """What was asked for, or the `usual` number of months up to this one; with a problem in words where it cannot be."""
    now = clock.today().replace(day=1)
    default = Months(month_before(now, usual - 1), now)
    typed = {name: request.GET.get(name, "") for name in ("from", "to")}
    if not any(typed.values()):
        return default
    read = {name: read_month(words) for name, words in typed.items()}
    for name, words in typed.items():
        if words and read[name] is None:
            return Months(default.first, default.last, f"“{words[:20]}” is no month. Type one as {now:%Y-%m}.")
    last = read["to"] or now
    first = read["from"] or month_before(last, usual - 1)
    if first > last:
        return Months(
            default.first, default.last, "The first month is after the last. Choose them the other way round."
        )
    if first < month_before(last, MOST - 1):
        return Months(
            month_before(last, MOST - 1), last, f"That is more than {MOST} months; these are the last {MOST} of them."
        )
    return Months(first, last)
