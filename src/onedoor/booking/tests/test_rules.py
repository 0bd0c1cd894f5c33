"""What kinds of appointment allow, and when reminders are due."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from onedoor.booking import rules
from onedoor.kernel.clock import LONDON


def _at(day: str, time: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    "name",
    [
        "Two Week Wait",
        "two-week wait referral",
        "2 week wait",
        "2WW",
        "2 ww clinic",
        "Suspected cancer review",
        "Safeguarding",
        "Child protection medical",
        "Depot injection",
        "DEPOT",
        "Telephone 2ww",
    ],
)
def test_what_no_machine_may_cancel(name: str) -> None:
    found = rules.defaults_for(name)
    assert found.never_by_machine
    assert not found.reply_may_cancel
    assert not found.may_refill
    assert found.said_as == ""


@pytest.mark.parametrize(
    ("name", "said_as", "may_cancel", "may_refill"),
    [
        ("Blood test", "blood test", True, True),
        ("BLOOD  TEST ", "blood test", True, True),
        ("Blood pressure", "blood pressure check", True, True),
        ("NHS health check", "NHS health check", True, True),
        ("MSK assessment", "physiotherapy appointment", True, True),
        ("Face to face", "", True, True),
        ("Telephone", "", True, True),
        ("Book on the day", "", True, False),
        ("Smear", "", True, True),
        # Somebody with severe mental illness who cancels is somebody to ring, and the text says only "appointment".
        ("SMI annual check", "", False, False),
        ("Something nobody has seen before", "", False, False),
        ("Minor surgery", "", False, False),
    ],
)
def test_what_types_allow_by_default(name: str, said_as: str, may_cancel: bool, may_refill: bool) -> None:
    found = rules.defaults_for(name)
    assert (found.said_as, found.reply_may_cancel, found.may_refill) == (said_as, may_cancel, may_refill)
    assert not found.never_by_machine


@pytest.mark.parametrize(
    ("name", "sensitive"),
    [
        ("SMI annual check", True),
        ("Smith clinic", False),
        ("Mental health review", True),
        ("Sexual health", True),
        ("STI screen", True),
        ("Testing", False),
        ("Cervical smear", True),
        ("Coil fitting", True),
        ("Antenatal booking", True),
        ("Midwife", True),
        ("Drug and alcohol", True),
        ("Memory clinic", True),
        ("Cancer care review", True),
        ("Two week wait", True),
        ("Dressing", False),
        ("Asthma review", False),
    ],
)
def test_what_a_text_must_not_name(name: str, sensitive: bool) -> None:
    assert rules.is_sensitive(name) is sensitive
    if sensitive:
        assert rules.defaults_for(name).said_as == ""


def test_no_known_type_names_what_is_sensitive() -> None:
    for name, known in rules.TYPES.items():
        assert not (known.said_as and rules.is_sensitive(name))
        assert rules.type_key(name) == name


@pytest.mark.parametrize(("name", "rings"), [("Telephone", True), ("GP telephone call", True), ("Face to face", False)])
def test_who_rings(name: str, rings: bool) -> None:
    assert rules.defaults_for(name).by_telephone is rings


@pytest.mark.parametrize(
    ("now", "reach"),
    [
        (("2026-12-07", "09:00"), ("2026-12-07", "09:00")),
        (("2026-12-07", "16:59"), ("2026-12-07", "16:59")),
        # From 17:00 what falls into the night goes now: Wednesday 8am's own reminder is not late.
        (("2026-12-07", "17:00"), ("2026-12-08", "08:00")),
        # Friday: the weekend's and Monday early morning's are sent before it.
        (("2026-12-11", "17:00"), ("2026-12-14", "08:00")),
        (("2026-12-12", "11:00"), ("2026-12-14", "08:00")),
        # Christmas Day 2026 is a Friday, Boxing Day is kept on Monday 28.
        (("2026-12-24", "17:30"), ("2026-12-29", "08:00")),
    ],
)
def test_reminders_that_fall_out_of_hours_go_before(now: tuple[str, str], reach: tuple[str, str]) -> None:
    assert rules.reminders_reach(_at(*now)) == _at(*reach)


@pytest.mark.parametrize(
    ("starts", "booked_at", "booked_on", "same"),
    [
        (("2026-12-07", "14:00"), ("2026-12-07", "08:05"), None, True),
        (("2026-12-07", "14:00"), ("2026-12-06", "23:59"), None, False),
        # Read by an import today, but booked last week over there.
        (("2026-12-07", "14:00"), ("2026-12-07", "08:05"), date(2026, 12, 1), False),
        (("2026-12-07", "14:00"), ("2026-12-01", "08:05"), date(2026, 12, 7), True),
        # Summer time: 00:30 in London is the day before in UTC.
        (("2026-06-02", "09:00"), ("2026-06-02", "00:30"), None, True),
    ],
)
def test_booked_on_the_day(
    starts: tuple[str, str], booked_at: tuple[str, str], booked_on: date | None, same: bool
) -> None:
    assert rules.booked_on_the_day(_at(*starts), _at(*booked_at), booked_on) is same


@pytest.mark.parametrize(("vanished", "live", "many"), [(0, 0, False), (5, 100, False), (6, 100, True), (1, 3, True)])
def test_too_many_vanished(vanished: int, live: int, many: bool) -> None:
    assert rules.too_many_vanished(vanished, live) is many


def test_moves_name_states_only() -> None:
    for targets in rules.MOVES.values():
        assert targets <= set(rules.MOVES)
