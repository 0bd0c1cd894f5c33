"""Reading ahead: the next rows of a list are checked while the database is busy with those before."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator
from itertools import islice
from queue import Full, Queue
from typing import TypeVar

T = TypeVar("T")

_WAITING = 2
"""So many lots wait at most, which bounds the memory."""
_LOOKS_UP = 0.2


def in_lots(items: Iterable[T], size: int) -> Generator[list[T], None, None]:
    """The items in their order, in lots of `size`; what drawing them raises is raised here.

    From the second lot on a thread of its own draws them, so drawing must not use the database. Closing this generator ends
    the thread.
    """
    source = iter(items)
    first = list(islice(source, size))
    if first:
        yield first
    if len(first) < size:
        return
    lots: Queue[list[T] | BaseException] = Queue(_WAITING)
    stop = threading.Event()
    reader = threading.Thread(target=_read, args=(source, size, lots, stop), name="read-ahead", daemon=True)
    reader.start()
    try:
        while lot := lots.get():
            if isinstance(lot, BaseException):
                raise lot
            yield lot
    finally:
        stop.set()
        reader.join()


def _read(source: Iterator[T], size: int, lots: Queue[list[T] | BaseException], stop: threading.Event) -> None:
    lot: list[T] | BaseException = []
    while not stop.is_set():
        try:
            lot = list(islice(source, size))
        except BaseException as fault:  # whatever it is, it belongs to whoever takes the lots
            lot = fault
        while not stop.is_set():
            try:
                lots.put(lot, timeout=_LOOKS_UP)
                break
            except Full:
                continue
        if not lot or isinstance(lot, BaseException):
            return
