"""Background work other than sending: sweeps that ask "what is due now?" of the tables and act on it in slices.

A sweep keeps no state of its own, so a crash loses nothing and a missed tick heals itself. Each runs in one worker at a
time (advisory lock), is woken by NOTIFY on the channel `onedoor_wake` with its name, and polls every `every` seconds of real
time besides. ADR 0003 says why there is no job queue.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

import psycopg
import structlog
from django.db import close_old_connections, connection

log = structlog.get_logger(__name__)

WAKE_CHANNEL = "onedoor_wake"
_LOCK_CLASS = 7_202
_TURN_SECONDS = 1.0


@dataclass(frozen=True)
class Sweep:
    """`run` does one slice and returns how much it did; it is called again at once until that is less than `full`."""

    name: str
    run: Callable[[], int]
    every: float
    rest: float = 0.0
    full: int = 1
    outside: bool = False


_sweeps: dict[str, Sweep] = {}


def sweep(
    name: str, *, every: float = 5.0, rest: float = 0.0, full: int = 1, outside: bool = False
) -> Callable[[Callable[[], int]], Callable[[], int]]:
    """Register a sweep under `context.verb`, polled at least every `every` real seconds.

    However often it is woken, it rests so many seconds after it ran: what is cheaper done together is done together, and
    does not stand in the way of what somebody waits for. A slice that did less than `full` is the last for this time. What
    speaks to the `outside` has a line of its own: however long somebody out there takes to answer, no reply of a patient waits.
    """

    def register(run: Callable[[], int]) -> Callable[[], int]:
        _sweeps[name] = Sweep(name=name, run=run, every=every, rest=rest, full=full, outside=outside)
        return run

    return register


def wake(name: str) -> None:
    """Tell workers that the sweep has something to do, once this transaction commits."""
    if name not in _sweeps:
        raise KeyError(f"no sweep is called {name}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [WAKE_CHANNEL, name])


def sweeps() -> dict[str, Sweep]:
    """All registered sweeps by name."""
    return dict(_sweeps)


def run_once(name: str, *, slices: int = 1_000) -> int:
    """Run one sweep to its end, at most `slices` slices; returns the work done. Nobody else runs it meanwhile."""
    return _run(name, slices, float("inf"))[0]


def _run(name: str, slices: int, seconds: float) -> tuple[int, bool]:
    """Run a sweep for so many slices or seconds at most: (the work done, whether it came to its end)."""
    done, until = 0, time.monotonic() + seconds
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [_LOCK_CLASS, name])
        if not cursor.fetchone()[0]:
            return 0, True
    try:
        for _ in range(slices):
            did = _sweeps[name].run()
            done += did
            if did < _sweeps[name].full:
                return done, True
            if time.monotonic() > until:
                break
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [_LOCK_CLASS, name])
    return done, False


def run_all_once() -> int:
    """Run every sweep until none finds anything to do; for tests and for driving a day by hand."""
    total = 0
    while True:
        did = sum(run_once(name) for name in _sweeps)
        total += did
        if did == 0:
            return total


def run_worker() -> None:
    """Run sweeps until SIGTERM or SIGINT. A sweep that fails is logged by its name and tried again at its next tick."""
    stop = threading.Event()

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    log.info("worker started", sweeps=len(_sweeps))
    outside = threading.Thread(
        target=_beside, args=([name for name, one in _sweeps.items() if one.outside], stop), name="outside", daemon=True
    )
    outside.start()
    _take_turns([name for name, one in _sweeps.items() if not one.outside], stop)
    # A request that is under way is waited for as long as whoever asked us to stop will wait; it is built to be cut off.
    outside.join(10.0)
    log.info("worker stopped")


def _beside(names: list[str], stop: threading.Event) -> None:
    """The other line. Should it break, the whole worker ends, and whoever keeps it starts it again."""
    try:
        _take_turns(names, stop)
    except BaseException as error:
        log.error("the line to the outside broke, the worker ends", error=type(error).__name__)
        stop.set()
        raise
    finally:
        connection.close()


def _take_turns(names: list[str], stop: threading.Event) -> None:
    due = dict.fromkeys(names, 0.0)
    rested = dict.fromkeys(names, 0.0)
    listener: psycopg.Connection[tuple[object, ...]] | None = None
    while names and not stop.is_set():
        try:
            listener = listener or _listen()
            # One is enough to stop waiting; those that came with it are handed over too.
            for notice in listener.notifies(
                timeout=min(1.0, max(0.001, min(due.values()) - time.monotonic())), stop_after=1
            ):
                if notice.payload in due:
                    due[notice.payload] = min(due[notice.payload], rested[notice.payload])
            for name, when in list(due.items()):
                if stop.is_set():
                    break
                if when <= time.monotonic():
                    ended = _run_logged(name)
                    rested[name] = time.monotonic() + _sweeps[name].rest
                    due[name] = time.monotonic() + _sweeps[name].every if ended else rested[name]
            close_old_connections()
        except psycopg.OperationalError:
            # The database went away; the listener is rebuilt (stack-spike.md 5: a worker must reconnect in a loop).
            listener = None
            connection.close()
            stop.wait(1.0)
    if listener is not None:
        listener.close()


def _run_logged(name: str) -> bool:
    """Whether the sweep came to its end; one with much to do lets the others have their turn."""
    try:
        return _run(name, slices=20, seconds=_TURN_SECONDS)[1]
    except psycopg.OperationalError:
        raise
    except Exception as error:
        # One sweep's fault must not stop the others. The class only: messages of the database can carry values.
        log.error("sweep failed, next try at its next tick", sweep=name, error=type(error).__name__)
        if not connection.in_atomic_block:
            connection.close()
        return True


def _listen() -> psycopg.Connection[tuple[object, ...]]:
    parameters = connection.get_connection_params()
    for key in ("cursor_factory", "context"):
        parameters.pop(key, None)
    fresh = psycopg.connect(**parameters, autocommit=True)
    fresh.execute(f"LISTEN {WAKE_CHANNEL}")
    return fresh


def notify_live(topic: str, key: int | str) -> None:
    """Tell live screens that `topic` changed, once this transaction commits. The payload is a key and the transaction's number,
    by which is known whether a page saw the change (`kernel.snapshots`)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('onedoor_live', %s || ' ' || pg_current_xact_id())", [f"{topic}:{key}"])


__all__ = ["Sweep", "notify_live", "run_all_once", "run_once", "run_worker", "sweep", "sweeps", "wake"]
