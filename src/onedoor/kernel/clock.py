"""Domain time: one clock for all processes, settable in a demonstration.

A reading is `anchor_domain + rate * (real now - anchor_real)`. The anchors live in one database row, so that every
process reads the same time; each caches the row for half a second. Leases, time-outs, rate limits and tokens never use
this clock: they use real time (architecture.md 4, "Two clocks").
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction

LONDON = ZoneInfo("Europe/London")
_CACHE_SECONDS = 0.5

_fixed: ContextVar[datetime | None] = ContextVar("onedoor_fixed_time", default=None)


@dataclass(frozen=True)
class Setting:
    """The clock as set: `rate` is domain seconds per real second; 0 stands still, 1 is real time.

    From the domain moment `slow_at` on it is real time whatever the rate: a demonstration hurries through its first
    hours and then waits for its visitor.
    """

    anchor_real: datetime
    anchor_domain: datetime
    rate: float
    slow_at: datetime | None = None

    def reading(self, real: datetime) -> datetime:
        """Domain time at the real moment `real`."""
        hurried = self.anchor_domain + self.rate * (real - self.anchor_real)
        if self.slow_at is None or hurried <= self.slow_at or self.rate <= 1:
            return hurried
        return self.slow_at + (hurried - self.slow_at) / self.rate

    def rate_at(self, real: datetime) -> float:
        """The rate in force at the real moment `real`."""
        return 1.0 if self.slow_at is not None and self.reading(real) > self.slow_at else self.rate


REAL = Setting(anchor_real=datetime(2000, 1, 1, tzinfo=UTC), anchor_domain=datetime(2000, 1, 1, tzinfo=UTC), rate=1.0)
_cached: tuple[float, Setting] | None = None


def real_now() -> datetime:
    """Real time in UTC; for leases, tokens and the like."""
    return datetime.now(UTC)


def setting() -> Setting:
    """The clock's present setting, at most half a second old."""
    global _cached
    if _cached is not None and time.monotonic() - _cached[0] < _CACHE_SECONDS:
        return _cached[1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT anchor_real, anchor_domain, rate, slow_at FROM kernel_clock WHERE id = 1")
        row = cursor.fetchone()
    found = Setting(*row) if row else REAL
    _cached = (time.monotonic(), found)
    return found


def now() -> datetime:
    """Domain time in UTC."""
    fixed = _fixed.get()
    if fixed is not None:
        return fixed
    return setting().reading(real_now())


def today() -> date:
    """The domain day in London."""
    return now().astimezone(LONDON).date()


def set_clock(*, at: datetime | None = None, rate: float = 1.0, slow_at: datetime | None = None) -> None:
    """Set domain time for all processes. `at` keeps the present reading when None. For demonstrations and tests."""
    global _cached
    real = real_now()
    domain = at if at is not None else now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO kernel_clock (id, anchor_real, anchor_domain, rate, slow_at) VALUES (1, %s, %s, %s, %s)
               ON CONFLICT (id) DO UPDATE SET anchor_real = EXCLUDED.anchor_real,
                   anchor_domain = EXCLUDED.anchor_domain, rate = EXCLUDED.rate, slow_at = EXCLUDED.slow_at""",
            [real, domain, rate, slow_at],
        )
    _cached = None


def forget_cache() -> None:
    """Read the setting anew next time; between tests, and after another process set it."""
    global _cached
    _cached = None


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Freeze domain time in this context of execution; for tests, and for the past that a demonstration is given."""
    token = _fixed.set(moment)
    try:
        yield
    finally:
        _fixed.reset(token)


def london_day(day: date) -> tuple[datetime, datetime]:
    """Start and end (exclusive) of a London day, 23 to 25 hours apart, in UTC."""
    start = datetime(day.year, day.month, day.day, tzinfo=LONDON)
    following = day + timedelta(days=1)
    end = datetime(following.year, following.month, following.day, tzinfo=LONDON)
    return start.astimezone(UTC), end.astimezone(UTC)
