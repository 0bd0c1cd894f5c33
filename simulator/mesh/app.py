"""The sandbox as one ASGI application: the control door, the faults laid in wait, and behind them the package's own doors."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from simulator.mesh import control
from simulator.mesh.faults import Fault, Faults
from simulator.mesh.live import Live, LiveInbox, LiveOutbox
from simulator.mesh.sandbox import InboxHandler, OutboxHandler, app, get_messaging
from simulator.mesh.settings import Settings
from simulator.mesh.settings import read as read_settings
from simulator.mesh.store import KeptStore

LARGEST = 100 * 1024 * 1024
"""Bytes of one request, after compression (interop.md 1.6)."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_CALLS = (
    ("send", "POST", re.compile(r"/messageexchange/([^/]+)/outbox(?:/[^/]+/\d+)?$")),
    ("list", "GET", re.compile(r"/messageexchange/([^/]+)/inbox$")),
    ("acknowledge", "PUT", re.compile(r"/messageexchange/([^/]+)/inbox/[^/]+/status/acknowledged$")),
    ("download", "GET", re.compile(r"/messageexchange/([^/]+)/inbox/[^/]+(?:/\d+)?$")),
    ("track", "GET", re.compile(r"/messageexchange/([^/]+)/outbox/tracking(?:/[^/]+)?$")),
    ("handshake", "POST", re.compile(r"/messageexchange/([^/]+)$")),
)


class World:
    """The sandbox with its memory. One at a time in a process: the package has one application."""

    def __init__(self, settings: Settings, state: Path | None = None, file: Path | None = None) -> None:
        self.faults = Faults()
        self.store = KeptStore(settings, state)
        self.live = Live(self.store, settings, self.faults)
        self.largest = LARGEST
        self._file, self._stamp = file, _stamp(file)
        self._control = control.door(self)
        live = self.live

        # Coroutines: the package's own are functions, each of which waits for a thread.
        async def messaging() -> Live:
            return live

        async def outbox() -> OutboxHandler:
            return LiveOutbox(live)

        async def inbox() -> InboxHandler:
            return LiveInbox(live)

        app.dependency_overrides = {get_messaging: messaging, OutboxHandler: outbox, InboxHandler: inbox}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = dict(scope["headers"])
        path, method = str(scope["path"]), str(scope["method"])
        if headers.get(b"sec-fetch-site") in (b"cross-site", b"same-site"):
            # There is no log-in, so a page of another site must not press our buttons from the same browser.
            await answer(send, 403, b"Refused: this request comes from another site.")
        elif path.startswith("/control/"):
            await self._control(scope, receive, send)
        elif int(headers.get(b"content-length", b"0")) > self.largest:
            # invented: the status; live takes 100 MB in one request (interop.md 1.6).
            await answer(send, 413, b"Too large")
        else:
            self._read_again()
            call, mailbox = call_of(method, path)
            await self._behind(self.faults.for_call(call, mailbox), scope, receive, send)

    async def _behind(self, fault: Fault | None, scope: Scope, receive: Receive, send: Send) -> None:
        if fault is None:
            await app(scope, receive, send)
        elif fault.do == "delay":
            await asyncio.sleep(fault.seconds)
            await app(scope, receive, send)
        elif fault.do == "answer":
            await answer(send, fault.status, b"")
        elif fault.do == "pretend":
            await answer(send, 200, b"{}")
        else:
            if fault.do == "lose_reply":
                await app(scope, receive, _nowhere)
            await cut(send)

    def _read_again(self) -> None:
        """Its settings change while it runs: whoever loads the demonstration writes the file anew."""
        stamp = _stamp(self._file)
        if self._file is not None and stamp != self._stamp:
            self._stamp = stamp
            self.live.apply(read_settings(self._file))


def call_of(method: str, path: str) -> tuple[str, str]:
    """Which call of MESH a request is, and whose mailbox it speaks for."""
    for call, verb, pattern in _CALLS:
        if verb == method and (found := pattern.match(path)):
            return call, found[1].upper()
    return "other", ""


async def answer(send: Send, status: int, body: bytes) -> None:
    """Say no more than this."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain"), length]})
    await send({"type": "http.response.body", "body": body})


async def cut(send: Send) -> None:
    """Break the connection without a word: ASGI has none for it, so this reaches for uvicorn's transport."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("the connection can only be cut under uvicorn")
    transport.abort()
    for _ in range(3):
        # Until the server knows that nobody is there, else it answers with an error.
        await asyncio.sleep(0)


async def _nowhere(message: MutableMapping[str, Any]) -> None:
    return None


def _stamp(file: Path | None) -> tuple[int, int]:
    try:
        found = file.stat() if file is not None else None
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size) if found else (0, 0)
