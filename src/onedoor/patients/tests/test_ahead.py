"""Reading ahead loses nothing, keeps the order, passes faults on and leaves no thread behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from onedoor.patients.ahead import in_lots


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 100, 995])
def test_all_of_them_in_order(count: int) -> None:
    lots = list(in_lots(iter(range(count)), 10))
    assert [item for lot in lots for item in lot] == list(range(count))
    assert all(len(lot) == 10 for lot in lots[:-1])


@pytest.mark.parametrize("at", [3, 25, 70])
def test_a_fault_comes_out_where_the_lots_are_taken(at: int) -> None:
    def faulty() -> Iterator[int]:
        yield from range(at)
        raise LookupError(at)

    with pytest.raises(LookupError):
        for _ in in_lots(faulty(), 10):
            pass
    assert not of_ours()


def test_whoever_stops_early_leaves_no_thread() -> None:
    with closing(in_lots(iter(range(10_000)), 10)) as lots:
        next(lots)
        next(lots)
        assert of_ours()
    assert not of_ours()


def of_ours() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "read-ahead"]
