"""Doors for providers: what they post is authenticated, written in groups, and answered after the commit.

Answers: 202 once it is stored, 401 without the account's token, 404 for an account that does not exist, 405 and 413 for what
no provider sends, 503 when the database is down (GOV.UK Notify tries again on 5xx, and drops for good on any other 4xx:
messaging.md 1.1). What a callback says is never a reason for a 4xx.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any
from uuid import UUID

import psycopg
import structlog
from django.db import connection

from onedoor.messaging import api as messaging
from onedoor.messaging.api import Connection, Door

log = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Store = Callable[[Connection, Sequence[tuple[Door, bytes]]], Awaitable[None]]

_LARGEST_BODY = 256 * 1024
_LARGEST_GROUP = 500
_DOOR_SECONDS = 30.0
"""How long an account's token is remembered: a changed token counts within half a minute."""


async def answer(send: Send, status: int, body: bytes = b"", kind: bytes = b"application/json") -> None:
    """Send a whole response."""
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def read_body(receive: Receive, largest: int = _LARGEST_BODY) -> bytes | None:
    """The request's body; None when it is larger than allowed or the caller went away."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > largest:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def connect() -> Connection:
    """A connection of our own, committing by itself, outside Django's pages."""
    parameters = connection.get_connection_params()
    for key in ("cursor_factory", "context"):
        parameters.pop(key, None)
    return await psycopg.AsyncConnection.connect(**parameters, autocommit=True)


_Waiting = tuple[Door, bytes, "asyncio.Future[None]"]


class NotStored(Exception):
    """A callback is not in the database: its sender must try again."""


class Writer:
    """Writes what came meanwhile in one transaction; each caller waits for the commit that holds its part."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(10_000)
        self._task: asyncio.Task[None] | None = None
        self._database: Connection | None = None

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Finish what waits, then end."""
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self._queue.join()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def write(self, door: Door, body: bytes) -> None:
        """Return once this is committed; raises NotStored when it could not be."""
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._queue.put((door, body, stored))
        await stored

    async def _run(self) -> None:
        while True:
            group = [await self._queue.get()]
            while len(group) < _LARGEST_GROUP and not self._queue.empty():
                group.append(self._queue.get_nowait())
            stored = await self._try(group)
            for one in group:
                # One that no table takes must not stand in the way of those that came with it.
                done = stored or (len(group) > 1 and self._database is not None and await self._try([one]))
                _, _, waiting = one
                if not waiting.done():
                    if done:
                        waiting.set_result(None)
                    else:
                        waiting.set_exception(NotStored())
                self._queue.task_done()

    async def _try(self, group: Sequence[_Waiting]) -> bool:
        """Write these in one transaction; whether they are committed. A lost connection is forgotten."""
        try:
            self._database = self._database or await connect()
            await self._store(self._database, [(door, body) for door, body, _ in group])
        except Exception as error:
            # Whatever it is, this task must live: all that a provider tells us goes through it. The class only: what a
            # database says can carry values.
            log.error("a callback could not be stored, its sender is told to try again", error=type(error).__name__)
            if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
                database, self._database = self._database, None
                if database is not None:
                    await database.close()
            return False
        return True


class ProviderDoors:
    """POST /gateway/govuk/<account>/receipts and /inbound."""

    def __init__(self) -> None:
        self._writers = {"receipts": Writer(messaging.store_receipts), "inbound": Writer(messaging.store_inbound)}
        self._doors: dict[UUID, tuple[float, Door]] = {}
        self._lookup: Connection | None = None
        self._lookup_lock = asyncio.Lock()

    def start(self) -> None:
        """Begin to write what comes in."""
        for writer in self._writers.values():
            writer.start()

    async def stop(self) -> None:
        """Finish what was accepted."""
        for writer in self._writers.values():
            await writer.stop()
        if self._lookup is not None:
            await self._lookup.close()

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request below /gateway/govuk/."""
        parts = scope["path"].split("/")  # "", gateway, govuk, account, what
        if len(parts) != 5 or parts[4] not in self._writers:
            await answer(send, 404)
            return
        if scope["method"] != "POST":
            await answer(send, 405)
            return
        body = await read_body(receive)
        if body is None:
            await answer(send, 413)
            return
        try:
            door = await self._door(parts[3])
            if door is None:
                await answer(send, 404)
                return
            if not _authorised(scope, door.token):
                await answer(send, 401)
                return
            await self._writers[parts[4]].write(door, body)
        except (psycopg.Error, NotStored):
            await answer(send, 503)
            return
        await answer(send, 202)

    async def _door(self, text: str) -> Door | None:
        try:
            ref = UUID(text)
        except ValueError:
            return None
        known = self._doors.get(ref)
        if known is not None and time.monotonic() - known[0] < _DOOR_SECONDS:
            return known[1]
        async with self._lookup_lock:
            try:
                self._lookup = self._lookup or await connect()
                found = await messaging.door(self._lookup, ref)
            except psycopg.Error:
                self._lookup = None
                raise
        if found is not None:
            self._doors[ref] = (time.monotonic(), found)
        return found


def _authorised(scope: Scope, token: str) -> bool:
    given = dict(scope["headers"]).get(b"authorization", b"")
    return bool(token) and hmac.compare_digest(given, f"Bearer {token}".encode())
