"""Live streams: server-sent events for staff pages, native ASGI, one LISTEN for the whole process.

A stream is authorised when it opens and again every half minute, in a small thread pool that gives its database connection back;
between those it is an asyncio queue. What is sent is that something changed, never its content: access is checked when the page
fetches it (stack-spike.md 3). Of a patient it is not even told that something changed when whoever looks does not read the
organisation that changed it (docs/adr/0013).

`/live/<worklist>:<organisation>?seen=<snapshot>`, several worklists with commas between them: what changed between the reading of
the page and the opening of its stream is told at once. `/live/patient:<ref>` and `/live/opened:<ref>` (a record opened by
break-glass): the page looks by itself when its stream opens. Events: `changed`; `rights` (what may be read has changed: fetch at
once); `over` (nothing may be read any more; the stream ends).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
from random import uniform
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import psycopg
import structlog
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import close_old_connections, connection

from onedoor.accounts.api import LIVE_TOPIC as SHARING
from onedoor.accounts.api import WORKS_AT, Sources, User, access_at, access_of, sources
from onedoor.kernel.access import Permission
from onedoor.kernel.snapshots import QUERY, Snapshot
from onedoor.patients import api as patients
from onedoor.records import api as records

log = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TOPICS = frozenset({"diary", "documents", "exchange", "inbox", "offers", "referrals", "tasks"})
"""Worklists that a page may listen to."""
CHANNEL = "onedoor_live"
_HEARTBEAT_SECONDS = 15.0
_AGAIN_SECONDS = 30.0
"""How often at least it is asked again whether a stream may go on; `records.LASTS_SECONDS` is three times that."""
_LISTENS_SECONDS = 5.0
_QUEUE = 100
_ASK = "ask"
"""Put into a stream's queue: ask at once whether it may go on."""


@dataclass(frozen=True)
class Seat:
    """What a stream may be told of: worklists, or a patient with the organisations whose entries are read."""

    topics: tuple[str, ...]
    patient_id: int | None = None
    sources: Sources | None = None
    organisation_ids: frozenset[int] = frozenset()
    in_flight: bool = False
    """Whether somebody was writing when it was noted that this screen is open: they may have told nobody."""


@dataclass(eq=False)
class Screen:
    """One open stream."""

    path: str
    cookie: str
    seat: Seat
    id: UUID = field(default_factory=uuid4)
    queue: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(_QUEUE))


class Live:
    """The streams of this process. `start` and `stop` belong to the process's life; `stream` serves one request."""

    def __init__(self) -> None:
        self._screens: dict[str, set[Screen]] = defaultdict(set)
        """By topic: "tasks:3", or "record:17" of a patient."""
        self._heard: dict[str, int] = {}
        """By worklist, the transaction of its last change. Notices come in the order of the commits: who saw this one saw all."""
        self._since: Snapshot | None = None
        """From where on notices are heard."""
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="live")
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._listening = asyncio.Event()

    async def start(self) -> None:
        """Begin to listen."""
        self._stopping.clear()
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """End every stream, then the listening."""
        self._stopping.set()
        for screens in self._screens.values():
            for screen in screens:
                _put(screen.queue, "")
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._pool.shutdown(wait=False)

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve /live/<topic> until the browser leaves; 404 to whoever may not see it."""
        path = scope["path"].removeprefix("/live/")
        cookie = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
        id_ = uuid4()
        with contextlib.suppress(TimeoutError):  # Without a database there is no stream either, and its answer says so.
            async with asyncio.timeout(_LISTENS_SECONDS):
                await self._listening.wait()
        seat = await self._in_pool(_take_seat, path, cookie, id_)
        if seat is None:
            await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        screen = Screen(path, cookie, seat, id_)
        for topic in seat.topics:
            self._screens[topic].add(screen)
        if seat.patient_id is None and self._missed(seat.topics, scope.get("query_string", b"")):
            _put(screen.queue, path)
        gone = asyncio.create_task(_wait_until_gone(receive))
        try:
            headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await _body(send, b": hello\n\n")
            await self._serve(screen, gone, send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except OSError:
            pass  # the browser left in the middle of a line
        finally:
            gone.cancel()
            for topic in seat.topics:
                self._screens[topic].discard(screen)
                if not self._screens[topic]:
                    del self._screens[topic]
            if seat.patient_id is not None and not self._stopping.is_set():
                self._pool.submit(_leave, screen.id)

    async def _serve(self, screen: Screen, gone: asyncio.Task[None], send: Send) -> None:
        ask_at = _ask_at()
        again = screen.seat.in_flight
        while not gone.done() and not self._stopping.is_set():
            said = ""
            try:
                async with asyncio.timeout(min(_HEARTBEAT_SECONDS, max(0.0, ask_at - time.monotonic()))):
                    said = await screen.queue.get()
            except TimeoutError:
                await _body(send, b": still here\n\n")
            if said == _ASK or time.monotonic() >= ask_at:
                seat = await self._in_pool(_take_seat, screen.path, screen.cookie, screen.id)
                ask_at = _ask_at()
                if seat is None or seat.topics != screen.seat.topics:
                    await _event(send, b"over")
                    return
                changed, screen.seat = seat.sources != screen.seat.sources, seat
                if changed or said == _ASK or again:
                    await _event(send, b"rights" if changed else b"changed")
                again = False
            elif said:
                await _event(send, b"changed")

    def _missed(self, topics: tuple[str, ...], query: bytes) -> bool:
        """Whether something changed, or may have, after what the page saw."""
        try:
            seen = Snapshot.read(parse_qs(query.decode("latin-1")).get("seen", [""])[0])
        except ValueError:
            return True
        if self._since is None or not seen.sees_all_of(self._since):
            return True
        return not all(seen.sees(self._heard[topic]) for topic in topics if topic in self._heard)

    async def _in_pool(self, ask: Callable[..., Any], *arguments: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, ask, *arguments)

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
                    # After it, not before: what is committed in between is missed by nobody.
                    row = await (await listener.execute(QUERY)).fetchone()
                    self._since = Snapshot.read(row[0]) if row else None
                    self._listening.set()
                    self._look_again()
                    async for notice in listener.notifies():
                        try:
                            self._told(notice.payload)
                        except ValueError:
                            # Whoever sent it meant something else: one notice is lost, and every other is heard.
                            log.warning("a notice that live streams cannot read")
            except psycopg.Error as error:
                self._listening.clear()
                log.warning("live streams lost the database, trying again in a second", error=type(error).__name__)
                await asyncio.sleep(1)

    def _look_again(self) -> None:
        """Whatever happened while nobody listened was told to nobody: every screen looks."""
        for topic, screens in self._screens.items():
            for screen in screens:
                _put(screen.queue, topic if screen.seat.patient_id is None else _ASK)

    def _told(self, payload: str) -> None:
        """Hand a notice to the streams that it is for."""
        payload, _, transaction = payload.partition(" ")
        name, _, rest = payload.partition(":")
        if name == records.TOPIC:
            patient, organisation, coded = rest.split(":")
            for screen in self._screens.get(f"{name}:{patient}", ()):
                read = screen.seat.sources
                if read is not None and read.reads(int(organisation), coded=coded == "1"):
                    _put(screen.queue, payload)
        elif name in (SHARING, patients.OPENED):
            for screens in self._screens.values():
                for screen in screens:
                    mine = name == SHARING and int(rest) in screen.seat.organisation_ids
                    if mine or screen.path == payload:
                        _put(screen.queue, _ASK)
        else:
            self._heard[payload] = int(transaction)
            for screen in self._screens.get(payload, ()):
                _put(screen.queue, payload)


def _ask_at() -> float:
    # Screens that were opened together, as when the server begins anew, do not ask together for ever.
    return time.monotonic() + _AGAIN_SECONDS * uniform(0.5, 1)


def _put(queue: asyncio.Queue[str], said: str) -> None:
    # A full queue belongs to a browser that does not read; it has enough to know that something changed.
    with contextlib.suppress(asyncio.QueueFull):
        queue.put_nowait(said)


async def _body(send: Send, line: bytes) -> None:
    await send({"type": "http.response.body", "body": line, "more_body": True})


async def _event(send: Send, name: bytes) -> None:
    await _body(send, b"event: " + name + b"\ndata: \n\n")


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _take_seat(path: str, cookie: str, screen: UUID) -> Seat | None:
    """What the session behind the cookie may be told of under this path, now; of a patient it is noted that a screen is open."""
    crumbs: SimpleCookie = SimpleCookie()
    crumbs.load(cookie)
    # A quoted value may hold an escaped NUL, of which the database wants to hear nothing.
    if settings.SESSION_COOKIE_NAME not in crumbs or "\0" in crumbs[settings.SESSION_COOKIE_NAME].value:
        return None
    close_old_connections()
    try:
        session = SessionStore(crumbs[settings.SESSION_COOKIE_NAME].value)
        user = User.objects.filter(pk=int(session.get(SESSION_KEY) or 0), is_active=True).first()
        if user is None:
            return None
        seat = _seat_of(path, user, session.get(WORKS_AT))
        if seat is not None and seat.patient_id is not None:
            records.watch(screen, seat.patient_id)
            return replace(seat, in_flight=bool(Snapshot.now().running))
        return seat
    finally:
        connection.close()


def _seat_of(path: str, user: User, works_at: object) -> Seat | None:
    name, _, key = path.partition(":")
    if name in TOPICS:
        mine = access_of(user).organisation_ids
        asked = tuple(dict.fromkeys(path.split(",")))
        return Seat(asked) if all(_is_worklist_of(topic, mine) for topic in asked) else None
    try:
        ref = UUID(key)
    except ValueError:
        return None
    access = access_at(user, works_at)
    if name == "patient" and not access.may(Permission.PATIENTS):
        return None
    try:
        if name == patients.OPENED:
            access = patients.opened(access, ref).access
            patient_id = access.opened
        elif name == "patient":
            patient_id = patients.by_ref(access, ref).pk
        else:
            return None
    except (patients.Patient.DoesNotExist, patients.BreakGlass.DoesNotExist):
        return None
    return Seat((f"{records.TOPIC}:{patient_id}",), patient_id, sources(access), access.organisation_ids)


def _is_worklist_of(topic: str, organisation_ids: frozenset[int]) -> bool:
    name, _, key = topic.partition(":")
    return name in TOPICS and key.isdecimal() and key.isascii() and int(key) in organisation_ids


def _leave(screen: UUID) -> None:
    close_old_connections()
    try:
        records.unwatch(screen)
    finally:
        connection.close()
