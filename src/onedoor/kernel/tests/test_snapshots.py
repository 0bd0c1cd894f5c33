"""What a snapshot sees, against the plain reading of every transaction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedoor.kernel.snapshots import Snapshot


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    end = draw(st.integers(1, 12))
    running = draw(st.sets(st.integers(0, end - 1)))
    first = min(running, default=end)
    return Snapshot.read(f"{first}:{end}:{','.join(map(str, sorted(running)))}")


def seen_by(one: Snapshot) -> set[int]:
    return {number for number in range(20) if one.sees(number)}


@given(snapshots(), snapshots())
def test_one_sees_all_of_another_when_nothing_that_the_other_sees_is_missed(one: Snapshot, other: Snapshot) -> None:
    assert one.sees_all_of(other) == (seen_by(other) <= seen_by(one))


def test_what_runs_or_comes_later_is_not_seen() -> None:
    assert seen_by(Snapshot.read("3:7:3,5")) == {0, 1, 2, 4, 6}
    assert seen_by(Snapshot.read("3:3:")) == {0, 1, 2}


@pytest.mark.parametrize(
    "wrong", ["", "3", "3:4", "3:4:x", "3:4:,", "3:4:3,", "-3:4:", "3:4:5 ", f"3:{'9' * 21}:", "\u0663:4:"]
)
def test_what_is_no_snapshot_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="not a snapshot"):
        Snapshot.read(wrong)


@pytest.mark.django_db
def test_postgresql_writes_what_is_read() -> None:
    now = Snapshot.now()
    assert Snapshot.read(now.written) == now
