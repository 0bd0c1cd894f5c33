"""Clocks of referrals, by tables."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from onedoor.kernel.clock import LONDON
from onedoor.referrals import rules

FRIDAY = datetime(2026, 12, 4, 17, 30, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("hours", "basis", "due"),
    [
        (48, "elapsed", datetime(2026, 12, 6, 17, 30, tzinfo=LONDON)),
        # An hour is left of Friday; a working day has ten and a half.
        (1, "working", datetime(2026, 12, 4, 18, 30, tzinfo=LONDON)),
        (2, "working", datetime(2026, 12, 7, 9, 0, tzinfo=LONDON)),
    ],
)
def test_when_triage_must_have_answered(hours: int, basis: str, due: datetime) -> None:
    assert rules.due_at(FRIDAY, hours=hours, basis=basis) == due


@pytest.mark.parametrize(("late", "in_time"), [(timedelta(), True), (timedelta(seconds=1), False)])
def test_exactly_48_hours_is_in_time(late: timedelta, in_time: bool) -> None:
    assert rules.triaged_in_time(FRIDAY, FRIDAY + timedelta(hours=48) + late) is in_time
    assert not rules.triaged_in_time(FRIDAY, None)


@pytest.mark.parametrize(
    ("first", "second", "days"),
    [
        (date(2026, 12, 4), date(2026, 12, 4), 0),
        (date(2026, 12, 4), date(2026, 12, 6), 0),
        (date(2026, 12, 4), date(2026, 12, 7), 1),
        # Christmas Day is a Friday, and Boxing Day is kept on the Monday.
        (date(2026, 12, 24), date(2026, 12, 29), 1),
        (date(2026, 12, 7), date(2026, 12, 4), 0),
    ],
)
def test_working_days_between(first: date, second: date, days: int) -> None:
    assert rules.working_days_between(first, second) == days


def test_every_outcome_leads_where_triage_may_go() -> None:
    for outcome in rules.OUTCOMES.values():
        assert outcome.to_state in rules.MOVES[rules.AWAITING_TRIAGE]
        assert not outcome.closes or outcome.closes in rules.CLOSINGS


def test_there_is_a_way_out_of_every_state_and_none_back_to_the_beginning() -> None:
    ends = {state for state, targets in rules.MOVES.items() if not targets}
    assert ends == {rules.REJECTED, rules.CANCELLED}
    for state, targets in rules.MOVES.items():
        # Whoever was seen may be seen again, on the same referral.
        assert state not in targets or state == rules.ASSESSED
        assert rules.AWAITING_TRIAGE not in targets or state == rules.TRIAGE_RESPONSE
        assert targets <= set(rules.MOVES)


@pytest.mark.parametrize(
    ("priority", "hours", "days"),
    [("routine", 240, 10), ("urgent", 240, 5), ("two_week_wait", 240, 2), ("urgent", 48, 2), ("two_week_wait", 24, 1)],
)
def test_the_clock_of_what_is_urgent_ends_with_the_contract_or_with_what_e_rs_promises(
    priority: str, hours: int, days: int
) -> None:
    assert rules.triage_due_at(FRIDAY, priority=priority, hours=hours, basis="elapsed") == FRIDAY + timedelta(days=days)


@pytest.mark.parametrize(
    ("name", "size", "begins", "taken"),
    [
        ("scan.pdf", 10, b"%PDF-1.7", True),
        ("SCAN.PDF", 5 * 1024 * 1024, b"%PDF-1.7", True),
        ("scan.pdf", 5 * 1024 * 1024 + 1, b"%PDF-1.7", False),
        ("scan.pdf", 10, b"MZ", False),
        ("photo.jpeg", 10, b"\xff\xd8\xff\xe0", True),
        ("photo.png", 10, b"\xff\xd8\xff\xe0", False),
        ("letter.docx", 10, b"PK\x03\x04", True),
        ("page.html", 10, b"<html>", False),
        ("pdf", 10, b"%PDF-1.7", False),
        ("note.txt", 0, b"", False),
    ],
)
def test_files_are_of_the_kinds_and_sizes_that_e_rs_takes(name: str, size: int, begins: bytes, taken: bool) -> None:
    assert (rules.attachment_fault(name, size, begins) == "") is taken
