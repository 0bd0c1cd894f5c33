"""One domain clock for all processes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from onedoor.kernel import clock


@pytest.mark.django_db
def test_a_set_clock_runs_at_its_rate() -> None:
    clock._fixed.set(None)
    start = datetime(2026, 12, 7, 8, tzinfo=clock.LONDON)
    clock.set_clock(at=start, rate=0)
    assert clock.now() == start
    clock.set_clock(at=start, rate=1440)
    setting = clock.setting()
    assert setting.reading(setting.anchor_real + timedelta(seconds=60)) == start + timedelta(days=1)


def test_a_london_day_has_23_or_25_hours_when_the_clocks_change() -> None:
    spring = clock.london_day(date(2027, 3, 28))
    autumn = clock.london_day(date(2026, 10, 25))
    assert spring[1] - spring[0] == timedelta(hours=23)
    assert autumn[1] - autumn[0] == timedelta(hours=25)
    assert clock.london_day(date(2026, 12, 7))[0] == datetime(2026, 12, 7, tzinfo=UTC)


def test_a_hurried_clock_slows_to_real_time() -> None:
    start = datetime(2026, 12, 7, 8, tzinfo=UTC)
    setting = clock.Setting(start, start, 60, slow_at=start + timedelta(hours=2))
    assert setting.reading(start + timedelta(seconds=60)) == start + timedelta(hours=1)
    assert setting.reading(start + timedelta(seconds=120)) == start + timedelta(hours=2)
    assert setting.reading(start + timedelta(seconds=150)) == start + timedelta(hours=2, seconds=30)
    assert (setting.rate_at(start), setting.rate_at(start + timedelta(seconds=150))) == (60, 1)
