"""Suppression, quiet hours, money and allowance by tables."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from onedoor.kernel.clock import LONDON
from onedoor.messaging.rules import money, quiet
from onedoor.messaging.rules.allowance import DELAY, allowance
from onedoor.messaging.rules.suppression import Standing, suppressed
from onedoor.messaging.types import Group

MATRIX: list[tuple[Standing, dict[Group, str]]] = [
    # clinical.md 6.2, row by row: what each column says
    (Standing(), {"reminder": "", "campaign": "", "result": "", "answer": ""}),
    (Standing(has_number=False), dict.fromkeys(("reminder", "campaign", "result", "answer"), "no_number")),
    (Standing(deceased=True), dict.fromkeys(("reminder", "campaign", "result", "answer"), "deceased")),
    (Standing(registered=False), {"reminder": "", "campaign": "left", "result": "left", "answer": ""}),
    (Standing(restricted=True), dict.fromkeys(("reminder", "campaign", "result", "answer"), "restricted")),
    (
        Standing(resting="wrong_number"),
        {"reminder": "wrong_number", "campaign": "wrong_number", "result": "wrong_number", "answer": ""},
    ),
    (
        Standing(resting="unreachable"),
        {"reminder": "unreachable", "campaign": "unreachable", "result": "unreachable", "answer": ""},
    ),
    (Standing(resting="stop"), {"reminder": "stop", "campaign": "stop", "result": "stop", "answer": ""}),
    (Standing(shared=True), {"reminder": "", "campaign": "", "result": "shared", "answer": ""}),
    (Standing(age=15), {"reminder": "", "campaign": "young", "result": "young", "answer": ""}),
    (Standing(age=16), {"reminder": "", "campaign": "", "result": "", "answer": ""}),
    (
        Standing(by_phone_only=True),
        {"reminder": "by_phone", "campaign": "by_phone", "result": "by_phone", "answer": ""},
    ),
    (
        Standing(no_plain_text=True),
        {"reminder": "other_format", "campaign": "other_format", "result": "other_format", "answer": ""},
    ),
    # The gravest reason is the one given.
    (Standing(deceased=True, resting="stop"), {"reminder": "deceased", "answer": "deceased"}),
    (Standing(resting="stop", registered=False, shared=True), {"campaign": "stop", "result": "stop"}),
]


@pytest.mark.parametrize(("standing", "said"), MATRIX)
def test_suppression_matrix(standing: Standing, said: dict[Group, str]) -> None:
    assert {group: suppressed(group, standing) for group in said} == said


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


HOURS = [
    # moment, when a text may go
    ("2026-12-07T07:59", "2026-12-07T08:00"),
    ("2026-12-07T08:00", "2026-12-07T08:00"),
    ("2026-12-04T17:59", "2026-12-04T17:59"),
    ("2026-12-04T18:00", "2026-12-07T08:00"),  # Friday evening to Monday
    ("2026-12-05T12:00", "2026-12-07T08:00"),
    ("2026-12-24T18:30", "2026-12-29T08:00"),  # Christmas Day, and Boxing Day's Monday
    ("2026-03-27T18:01", "2026-03-30T08:00"),  # over the change to summer time
    ("2026-10-23T18:01", "2026-10-26T08:00"),  # and back
]


@pytest.mark.parametrize(("moment", "earliest"), HOURS)
def test_quiet_hours(moment: str, earliest: str) -> None:
    assert quiet.earliest(london(moment)) == london(earliest)
    assert quiet.may_go(london(moment)) is (moment == earliest)


TARIFF = [(date(2024, 4, 1), Decimal("2.27")), (date(2025, 4, 1), Decimal("2.33")), (date(2026, 4, 1), Decimal("2.4"))]


@pytest.mark.parametrize(
    ("fragments", "on", "pence"),
    [
        (1, date(2024, 4, 1), "2.27"),
        (1, date(2025, 3, 31), "2.27"),
        (2, date(2025, 4, 1), "4.66"),
        (1, date(2026, 3, 31), "2.33"),
        (6, date(2026, 12, 7), "14.4"),
    ],
)
def test_price_by_dated_tariff(fragments: int, on: date, pence: str) -> None:
    assert money.pence(fragments, on, TARIFF) == Decimal(pence)


def test_no_price_before_the_first_tariff() -> None:
    with pytest.raises(LookupError):
        money.pence(1, date(2024, 3, 31), TARIFF)


@pytest.mark.parametrize("per_minute", [60, 600, 3_000, 3_000_000])
@pytest.mark.parametrize("faster", [1.0, 20.0])
def test_no_minute_at_the_provider_holds_too_many(per_minute: int, faster: float) -> None:
    """Whatever was granted in a minute and the delay before it may arrive in that minute (messaging.md 1.1, limits)."""
    allowed = allowance(per_minute, faster)
    assert allowed.burst + allowed.rate * (60 + DELAY) / faster <= per_minute * 1.000001
    # Notify's newer measure: a bucket of a third of the minute, refilled at a sixtieth of it a second.
    assert allowed.burst + allowed.rate * DELAY / faster <= per_minute / 3
    assert allowed.rate <= per_minute / 60 * faster
