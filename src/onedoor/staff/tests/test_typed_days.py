"""Days that somebody typed into an address: none that a calendar cannot reckon with reaches a page."""

from __future__ import annotations

from datetime import date

import pytest

from onedoor.staff.addresses import chosen_day, typed_day


@pytest.mark.parametrize(
    ("given", "day"),
    [
        ("2026-12-07", date(2026, 12, 7)),
        (" 2026-12-07 ", date(2026, 12, 7)),
        ("1899-12-31", None),
        ("0001-01-05", None),
        ("9999-12-31", None),
        ("7 December", None),
        ("", None),
        (None, None),
    ],
)
def test_a_typed_day_is_one_or_none(given: str | None, day: date | None) -> None:
    assert typed_day(given) == day
    assert chosen_day(given, date(2027, 1, 1)) == (day or date(2027, 1, 1))
