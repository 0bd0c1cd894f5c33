"""Everything that is not a page: machine doors, live streams, health. All else goes to the pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import psycopg

from onedoor.gateway import demonstration
from onedoor.gateway.doors import ProviderDoors, Receive, Scope, Send, answer, connect
from onedoor.gateway.live import Live
from onedoor.kernel import memory

Application = Callable[[Any, Any, Any], Awaitable[Any]]


class Gateway:
    """The ASGI entry of the web process; `pages` serves what no door here does."""

    def __init__(self, pages: Application) -> None:
        self._pages = pages
        self._live = Live()
        self._providers = ProviderDoors()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of uvicorn."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        path = scope["path"]
        if path.startswith("/gateway/govuk/"):
            await self._providers.handle(scope, receive, send)
        elif path.startswith("/live/"):
            await self._live.stream(scope, receive, send)
        elif path == "/gateway/demo/clock":
            await demonstration.handle(scope, receive, send)
        elif path == "/healthz":
            await _health(send)
        else:
            await self._pages(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self._live.start()
                self._providers.start()
                memory.settle()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self._providers.stop()
                await self._live.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _health(send: Send) -> None:
    """200 when the database answers, 503 when it does not."""
    try:
        async with await connect() as database:
            await database.execute("SELECT 1")
    except psycopg.Error:
        await answer(send, 503, b'{"database": false}')
        return
    await answer(send, 200, b'{"database": true}')
