"""Live streams: server-sent events for staff pages, native ASGI, one LISTEN for the whole process.

A stream is authorised once, in a small thread pool that gives its database connection back; from then on it is an asyncio
queue. What is sent is the name of what changed, never its content: access is checked when the page fetches it
(stack-spike.md 3).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import close_old_connections, connection

from onedoor.accounts.api import User, access_of

log = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TOPICS = frozenset({"tasks", "diary", "inbox", "offers"})
CHANNEL = "onedoor_live"
_HEARTBEAT_SECONDS = 15.0
_QUEUE = 100


class Live:
    """The streams of this process. `start` and `stop` belong to the process's life; `stream` serves one request."""

    def __init__(self) -> None:
        self._queues: dict[str, set[asyncio.Queue[str]]] = defaultdict(set)
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="live")
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Begin to listen."""
        self._stopping.clear()
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """End every stream, then the listening."""
        self._stopping.set()
        for queues in self._queues.values():
            for queue in queues:
                _put(queue, "")
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._pool.shutdown(wait=False)

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve /live/<topic>:<organisation> until the browser leaves; 404 to whoever may not see it."""
        topic = scope["path"].removeprefix("/live/")
        cookie = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
        if not await asyncio.get_running_loop().run_in_executor(self._pool, _may_see, topic, cookie):
            await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        queue: asyncio.Queue[str] = asyncio.Queue(_QUEUE)
        self._queues[topic].add(queue)
        gone = asyncio.create_task(_wait_until_gone(receive))
        try:
            headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await _body(send, b": hello\n\n")
            while not gone.done() and not self._stopping.is_set():
                try:
                    async with asyncio.timeout(_HEARTBEAT_SECONDS):
                        said = await queue.get()
                except TimeoutError:
                    await _body(send, b": still here\n\n")
                    continue
                if said:
                    await _body(send, b"event: changed\ndata: " + said.encode() + b"\n\n")
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except OSError:
            pass  # the browser left in the middle of a line
        finally:
            gone.cancel()
            self._queues[topic].discard(queue)

    async def _listen(self) -> None:
        """LISTEN in a loop: the database may restart (stack-spike.md 5)."""
        parameters = connection.get_connection_params()
        for key in ("cursor_factory", "context"):
            parameters.pop(key, None)
        while True:
            try:
                listener = await psycopg.AsyncConnection.connect(**parameters, autocommit=True)
                async with listener:
                    await listener.execute(f"LISTEN {CHANNEL}")
                    async for notice in listener.notifies():
                        for queue in self._queues.get(notice.payload, ()):
                            _put(queue, notice.payload)
            except psycopg.Error as error:
                log.warning("live streams lost the database, trying again in a second", error=type(error).__name__)
                await asyncio.sleep(1)


def _put(queue: asyncio.Queue[str], said: str) -> None:
    # A full queue belongs to a browser that does not read; it has enough to know that something changed.
    with contextlib.suppress(asyncio.QueueFull):
        queue.put_nowait(said)


async def _body(send: Send, line: bytes) -> None:
    await send({"type": "http.response.body", "body": line, "more_body": True})


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _may_see(topic: str, cookie: str) -> bool:
    """Whether the session behind the cookie belongs to staff of the topic's organisation."""
    name, _, organisation = topic.partition(":")
    if name not in TOPICS or not organisation.isdigit():
        return False
    crumbs: SimpleCookie = SimpleCookie()
    crumbs.load(cookie)
    # A quoted value may hold an escaped NUL, of which the database wants to hear nothing.
    if settings.SESSION_COOKIE_NAME not in crumbs or "\0" in crumbs[settings.SESSION_COOKIE_NAME].value:
        return False
    close_old_connections()
    try:
        session = SessionStore(crumbs[settings.SESSION_COOKIE_NAME].value)
        user = User.objects.filter(pk=int(session.get(SESSION_KEY) or 0), is_active=True).first()
        return user is not None and int(organisation) in access_of(user).organisation_ids
    finally:
        connection.close()
