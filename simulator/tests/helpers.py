"""A stand-in for Onedoor, and a running simulator beside it. Nothing here is mocked: both speak HTTP on this machine."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from notifications_python_client.notifications import NotificationsAPIClient

from simulator.app import build
from simulator.govuk.services import parse_service
from simulator.world import WORLD, Options, World

TEMPLATE = "6f6d2d5e-0b1c-4c8e-9a53-5a0c1d9e2001"
REPLY_NUMBER = "07700900801"
TOKEN = "a-token-for-local-use"
CLOCK_TOKEN = "may-set-the-clock"
NOON = dt.datetime(2026, 12, 8, 12, 0, tzinfo=dt.UTC)

TASK_LIST = """<h1>Tasks</h1>
<form method="post" action="/tasks/7/complete/" data-kind="free_place">
  <input type="hidden" name="csrfmiddlewaretoken" value="t-7"><button name="outcome" value="done">Done</button>
  <button name="outcome" value="impossible">Cannot be done</button></form>
<form method="post" action="/tasks/8/complete/" data-kind="read_reply">
  <input type="hidden" name="csrfmiddlewaretoken" value="t-8"><button name="outcome" value="done">Done</button></form>
"""
SIGN_IN = """<form method="post" action="/signin/demo/patient/"><input type="hidden" name="csrfmiddlewaretoken" value="p"></form>
<form method="post" action="/signin/demo/receptionist/"><input type="hidden" name="csrfmiddlewaretoken" value="r"></form>"""

# The client ships no types of its own.
official: Any = NotificationsAPIClient


@dataclass
class Onedoor:
    """What Onedoor was told. ``answers`` are the statuses of the next callbacks, then 204; 0 breaks the connection."""

    receipts: list[dict[str, Any]] = field(default_factory=list)
    inbound: list[dict[str, Any]] = field(default_factory=list)
    attempts: int = 0
    answers: list[int] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    clock: dict[str, Any] = field(default_factory=lambda: {"now": NOON.isoformat(), "rate": 0.0})
    completed: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/receipts/", self._callback)
        app.router.add_post("/inbound/", self._callback)
        app.router.add_get("/gateway/demo/clock", self._clock)
        app.router.add_post("/gateway/demo/clock", self._set_clock)
        app.router.add_get("/signin/", self._sign_in_page)
        app.router.add_post("/signin/demo/receptionist/", self._sign_in)
        app.router.add_get("/tasks/", self._tasks)
        app.router.add_post("/tasks/{ref}/complete/", self._complete)
        return app

    async def _callback(self, request: web.Request) -> web.Response:
        self.attempts += 1
        self.tokens.add(request.headers["Authorization"])
        document = await request.json()
        status = self.answers.pop(0) if self.answers else 204
        if status == 0:
            assert request.transport is not None
            request.transport.abort()
        elif status < 300:
            (self.receipts if request.path == "/receipts/" else self.inbound).append(document)
        return web.Response(status=status or 500)

    async def _clock(self, request: web.Request) -> web.Response:
        return web.json_response(self.clock)

    async def _set_clock(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {CLOCK_TOKEN}":
            return web.Response(status=403)
        self.clock.update(await request.json())
        return web.json_response(self.clock)

    async def _sign_in_page(self, request: web.Request) -> web.Response:
        return web.Response(text=SIGN_IN, content_type="text/html")

    async def _sign_in(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if form.get("csrfmiddlewaretoken") != "r":
            return web.Response(status=403)
        response = web.HTTPFound("/tasks/")
        response.set_cookie("sessionid", "receptionist")
        raise response

    async def _tasks(self, request: web.Request) -> web.StreamResponse:
        if request.cookies.get("sessionid") != "receptionist":
            raise web.HTTPFound("/signin/")
        done = any(ref == "7" for ref, _ in self.completed)
        return web.Response(text="<h1>Tasks</h1>" if done else TASK_LIST, content_type="text/html")

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.completed.append((request.match_info["ref"], form))
        raise web.HTTPFound("/tasks/")


@dataclass
class Running:
    """A simulator, the Onedoor it knows, and ways to speak to it."""

    address: str
    onedoor: Onedoor
    world: World
    http: aiohttp.ClientSession
    _clients: list[Any] = field(default_factory=list)

    def client(self, timeout: float = 10, secret: str | None = None) -> Any:
        """GOV.UK's own client; by default with the service's first key."""
        service = next(iter(self.world.services))
        key = service.api_key() if secret is None else f"test-{service.service_id}-{secret}"
        client = official(key, base_url=self.address, timeout=timeout)
        self._clients.append(client)
        return client

    async def send(self, number: str = "07700900123", text: str = "Hello", **more: Any) -> dict[str, Any]:
        """By the official client, off the event loop."""
        reference = more.pop("reference", None)
        client = more.pop("client", None) or self.client(**more)
        sent: dict[str, Any] = await asyncio.to_thread(
            client.send_sms_notification, number, TEMPLATE, {"message": text}, reference
        )
        return sent

    async def get(self, path: str) -> Any:
        async with self.http.get(self.address + path) as response:
            return await response.json()

    async def put(self, path: str, document: Any) -> tuple[int, Any]:
        async with self.http.put(self.address + path, json=document) as response:
            return response.status, await response.json()

    async def total(self) -> dict[str, Any]:
        ledger = await self.get("/control/ledger")
        total: dict[str, Any] = ledger["services"][0]["total"]
        return total


def service(onedoor: str, **more: Any) -> dict[str, Any]:
    return {
        "service_id": "6f6d2d5e-0b1c-4c8e-9a53-5a0c1d9e0001",
        "name": "Riverside Surgery",
        "key_secret": "6f6d2d5e-0b1c-4c8e-9a53-5a0c1d9e1001",
        "key_type": "live",
        "callback_url_receipts": f"{onedoor}/receipts/",
        "callback_url_inbound": f"{onedoor}/inbound/",
        "callback_token": TOKEN,
        "inbound_number": REPLY_NUMBER,
        "templates": [{"id": TEMPLATE, "name": "Reminder"}],
        **more,
    }


@asynccontextmanager
async def running(
    *, state: str | None = None, personas: tuple[dict[str, Any], ...] = (), seconds: float = 0.01, **more: Any
) -> AsyncIterator[Running]:
    """``seconds``: how long the network takes; ``more`` changes fields of the service."""
    onedoor = Onedoor()
    door = TestServer(onedoor.app(), host="127.0.0.1")
    await door.start_server()
    address = str(door.make_url("")).rstrip("/")

    app = build(
        Options(
            onedoor=address,
            services=(parse_service(service(address, **more)),),
            personas=personas,
            state=state,
            token=CLOCK_TOKEN,
        )
    )
    app[WORLD].configure(
        {
            "delivery": {"least_seconds": seconds, "most_seconds": seconds, "overtake_seconds": 0.3},
            "callbacks": {"retry_seconds": 0.02, "timeout_seconds": 2},
        }
    )
    app[WORLD].clock.poll_seconds = app[WORLD].reception.poll_seconds = 0.05
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    async with aiohttp.ClientSession() as http:
        simulator = Running(str(server.make_url("")).rstrip("/"), onedoor, app[WORLD], http)
        try:
            yield simulator
        finally:
            for client in simulator._clients:
                client.request_session.close()
    await server.close()
    await door.close()


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it holds; gives up after 10 seconds."""
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


def reference() -> str:
    return str(uuid.uuid4())
