"""Sweeps: run to their end, one runner at a time, and one fault does not stop the others."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from django.db import connection

from onedoor.kernel import jobs


@pytest.fixture
def left() -> list[int]:
    return [3]


@pytest.fixture(autouse=True)
def own_sweeps(monkeypatch: pytest.MonkeyPatch, left: list[int]) -> None:
    monkeypatch.setattr(jobs, "_sweeps", {})

    @jobs.sweep("test.count_down")
    def count_down() -> int:
        if left[0] == 0:
            return 0
        left[0] -= 1
        return 1


@pytest.mark.django_db
def test_a_sweep_runs_until_nothing_is_due(left: list[int]) -> None:
    assert jobs.run_once("test.count_down") == 3
    assert left == [0]


@pytest.mark.django_db
def test_a_sweep_that_another_runs_is_left_alone(left: list[int]) -> None:
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory")
    parameters.pop("context", None)
    import psycopg

    with psycopg.connect(**parameters) as other:
        other.execute("SELECT pg_advisory_lock(7202, hashtext('test.count_down'))")
        assert jobs.run_once("test.count_down") == 0
    assert left == [3]


@pytest.mark.django_db
def test_waking_an_unknown_sweep_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        jobs.wake("test.nothing")


@pytest.mark.django_db(transaction=True)
def test_whoever_is_asked_outside_keeps_no_sweep_waiting() -> None:
    answer, answered, turns = threading.Event(), list[bool](), list[int]()

    @jobs.sweep("test.ask_outside", outside=True)
    def ask_outside() -> int:
        answered.append(answer.wait(20))
        return 0

    @jobs.sweep("test.turn", every=0.01)
    def turn() -> int:
        turns.append(1)
        if len(turns) == 3:
            answer.set()
        if answered:
            os.kill(os.getpid(), signal.SIGTERM)
        return 0

    before = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)]
    try:
        jobs.run_worker()
    finally:
        for one, handler in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
            signal.signal(one, handler)
    # It came to an end because others had their turns meanwhile, and not because its patience did.
    assert answered == [True]
