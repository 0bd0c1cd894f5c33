"""Shared by every test: the domain clock stands at a known Monday morning unless a test sets it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from onedoor.kernel import clock

MONDAY = datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON)


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    """Monday 7 December 2026, 9am in London."""
    clock.forget_cache()
    with clock.at(MONDAY):
        yield
