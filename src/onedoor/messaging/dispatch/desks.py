"""Threads with a database connection each: the event loop hands them whole transactions and waits without blocking."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

import psycopg
from django.db import Error as DjangoError
from django.db import connection

from onedoor.messaging.by_key import plan_by_key

P = ParamSpec("P")
T = TypeVar("T")

LOST = (psycopg.Error, DjangoError)
"""What a statement raises when the database went away, or refused it."""

Keeper = psycopg.AsyncConnection[tuple[Any, ...]]


class Desk:
    """One thread, one connection; what is handed over is done in order."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` on this thread; a database error closes its connection, so that the next work has a new one."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: _guarded(work, *args, **kwargs))

    async def close(self) -> None:
        """Close the connection and end the thread."""
        await asyncio.get_running_loop().run_in_executor(self._thread, lambda: connection.close())
        self._thread.shutdown(wait=False)


def _guarded(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        if connection.connection is None:
            plan_by_key(session=True)
        return work(*args, **kwargs)
    except LOST:
        connection.close()
        raise


async def connect() -> Keeper:
    """A connection of the event loop's own, committing by itself."""
    parameters = connection.get_connection_params()
    for key in ("cursor_factory", "context"):
        parameters.pop(key, None)
    return await psycopg.AsyncConnection.connect(**parameters, autocommit=True)
