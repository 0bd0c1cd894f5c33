"""The phones in the browser: a list of them, one thread like any text message app, and the world's clock.

Every page works by form and reload; ``live.js`` only fetches the page again when a phone changed.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from yarl import URL

from simulator.clock import LONDON, ClockUnavailable
from simulator.govuk.services import Service
from simulator.govuk.sms import BadNumber, international, national
from simulator.phones.phones import NoReplyNumber, Thread
from simulator.world import WORLD, World

QUICK_REPLIES = ("YES", "CANCEL", "EARLY", "STOP")
MAX_REPLY = 918
CLOCK_SECONDS = 1.0


@dataclass(frozen=True)
class Speed:
    name: str
    label: str
    rate: float


SPEEDS = (
    Speed("real", "Real time", 1.0),
    Speed("four-minutes", "A day in 4 minutes", 360.0),
    Speed("minute", "A day in a minute", 1_440.0),
    Speed("still", "Stand still", 0.0),
)

STREAMS: web.AppKey[set[asyncio.Task[Any]]] = web.AppKey("streams")

routes = web.RouteTableDef()


def spaced(number: str) -> str:
    """``447700900123`` as ``07700 900123``."""
    local = national(number)
    return f"{local[:5]} {local[5:]}" if local.startswith("07") else local


def clock_text(moment: dt.datetime) -> str:
    """``Tuesday 8 December 2026, 2:30pm``."""
    local = moment.astimezone(LONDON)
    return f"{local:%A} {local.day} {local:%B %Y}, {time_text(local)}"


def time_text(moment: dt.datetime) -> str:
    local = moment.astimezone(LONDON)
    return f"{local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def day_text(moment: dt.datetime) -> str:
    local = moment.astimezone(LONDON)
    return f"{local:%A} {local.day} {local:%B}"


_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(spaced=spaced, clock=clock_text, time=time_text, day=day_text)


def page(request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
    world = request.app[WORLD]
    clock = world.clock
    text = _templates.get_template(template).render(
        clock=clock,
        now=clock.now(),
        speeds=SPEEDS,
        here=request.path_qs,
        outside=world.gp.practice if world.gp else None,
        clock_refused=request.query.get("clock") == "refused",
        **values,
    )
    return web.Response(
        text=text,
        status=status,
        content_type="text/html",
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'",
        },
    )


@dataclass(frozen=True)
class PhoneRow:
    """One phone of the list: the latest of its threads, all of its unread texts."""

    phone: str
    name: str
    persona_on: bool
    thread: Thread | None
    sender: str
    unread: int


def _phone_rows(world: World) -> list[PhoneRow]:
    """Phones with texts, the latest first, then personas that have none yet."""
    latest: dict[str, Thread] = {}
    unread: dict[str, int] = {}
    for thread in world.phones.threads():
        latest.setdefault(thread.phone, thread)
        unread[thread.phone] = unread.get(thread.phone, 0) + thread.unread
    waiting = [persona.mobile for persona in world.personas.all() if persona.mobile not in latest]
    return [_phone_row(world, phone, latest.get(phone), unread.get(phone, 0)) for phone in [*latest, *waiting]]


def _phone_row(world: World, phone: str, thread: Thread | None, unread: int) -> PhoneRow:
    persona = world.personas.of(phone)
    service = world.services.get(thread.service_id) if thread else None
    return PhoneRow(
        phone=phone,
        name=persona.name if persona else "",
        persona_on=world.personas.is_on(phone),
        thread=thread,
        sender=service.name if service else "",
        unread=unread,
    )


def _home(request: web.Request, status: int = 200, number: str = "", error: str = "") -> web.Response:
    rows = _phone_rows(request.app[WORLD])
    return page(request, "phones.html", status, rows=rows, number=number, error=error)


@routes.get("/")
async def show_phones(request: web.Request) -> web.Response:
    return _home(request)


@routes.post("/open/")
async def open_phone(request: web.Request) -> web.Response:
    """Any number, also one that never had a text."""
    number = str((await request.post()).get("number", ""))
    try:
        phone = international(number)
    except BadNumber:
        return _home(request, 400, number, "Enter a UK mobile number, like 07700 900123")
    raise web.HTTPSeeOther(f"/phones/{national(phone)}/")


def _phone(request: web.Request) -> str:
    try:
        return international(request.match_info["number"])
    except BadNumber:
        raise web.HTTPNotFound(text="No such phone") from None


def _chosen(world: World, threads: list[Thread], wanted: str | None) -> Service | None:
    """Whom the open thread is with: the one asked for, else the latest, else the first that could be texted."""
    if wanted and (service := world.services.get(wanted)):
        return service
    if threads and (service := world.services.get(threads[0].service_id)):
        return service
    return next((service for service in world.services if service.inbound_number), None)


def _thread_page(request: web.Request, phone: str, status: int = 200, text: str = "", error: str = "") -> web.Response:
    world = request.app[WORLD]
    threads = world.phones.threads(phone)
    service = _chosen(world, threads, request.query.get("with"))
    texts = world.phones.texts(phone, service.service_id) if service else []
    if service:
        world.phones.mark_read(phone, service.service_id)
    unread = {thread.service_id: thread.unread for thread in threads}
    known = [s for thread in threads if (s := world.services.get(thread.service_id))]
    others = [s for s in world.services if s.inbound_number and s not in known]
    return page(
        request,
        "phone.html",
        status,
        phone=phone,
        persona=world.personas.of(phone),
        persona_on=world.personas.is_on(phone),
        service=service,
        texts=texts,
        correspondents=[*known, *others],
        unread=unread,
        quick_replies=QUICK_REPLIES,
        text=text,
        error=error,
        max_reply=MAX_REPLY,
    )


@routes.get("/phones/{number}/")
async def show_phone(request: web.Request) -> web.Response:
    return _thread_page(request, _phone(request))


@routes.post("/phones/{number}/send/")
async def send_text(request: web.Request) -> web.Response:
    """The text typed, or the word of the quick button pressed."""
    world, phone, form = request.app[WORLD], _phone(request), await request.post()
    service = world.services.get(request.query.get("with", ""))
    if service is None:
        raise web.HTTPNotFound(text="No such service")
    text = str(form.get("quick") or form.get("text", "")).replace("\r\n", "\n").strip()[:MAX_REPLY]
    if not text:
        return _thread_page(request, phone, 400, error="Write a text first")
    try:
        world.phones.send(phone, service, text)
    except NoReplyNumber:
        return _thread_page(request, phone, 400, text, "This sender cannot be replied to")
    raise web.HTTPSeeOther(_thread_address(phone, service))


def _thread_address(phone: str, service: Service) -> URL:
    return URL(f"/phones/{national(phone)}/").with_query({"with": service.service_id}).with_fragment("end")


@routes.post("/phones/{number}/persona/")
async def switch_persona(request: web.Request) -> web.Response:
    world, phone = request.app[WORLD], _phone(request)
    world.personas.switch(phone, (await request.post()).get("on") == "yes")
    raise web.HTTPSeeOther(URL(f"/phones/{national(phone)}/").with_query(request.query))


@routes.post("/clock/")
async def set_speed(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await request.post()
    speed = next((speed for speed in SPEEDS if speed.name == form.get("speed")), None)
    back = _local(str(form.get("back", "/")))
    if speed is None:
        raise web.HTTPBadRequest(text="No such speed")
    try:
        await world.clock.set(world.session, {"rate": speed.rate})
    except ClockUnavailable:
        back = back.update_query(clock="refused")
    raise web.HTTPSeeOther(back)


def _local(address: str) -> URL:
    """A page of ours to return to, whatever the form said."""
    url = URL(address)
    path = url.path if url.path.startswith("/") and not url.path.startswith("//") else "/"
    kept = {key: value for key, value in url.query.items() if key != "clock"}
    return URL(path).with_query(kept)


# Live


def _event(name: str, document: Mapping[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(document) + b"\n\n"


@routes.get("/live/")
async def live(request: web.Request) -> web.StreamResponse:
    """Server-sent events: ``phone`` {phone} when one changed, ``clock`` {text, rate, followed} each second."""
    world = request.app[WORLD]
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    task = asyncio.current_task()
    assert task is not None
    request.app[STREAMS].add(task)
    try:
        # Watched before it is said to be open: whoever then reads the page has all that came before.
        with world.phones.watch() as changes:
            await response.prepare(request)
            while True:
                clock = world.clock
                await response.write(
                    _event("clock", {"text": clock_text(clock.now()), "rate": clock.rate, "followed": clock.followed})
                )
                try:
                    async with asyncio.timeout(CLOCK_SECONDS):
                        while True:
                            await response.write(_event("phone", {"phone": national(await changes.get())}))
                except TimeoutError:
                    pass
    except (ConnectionError, asyncio.CancelledError):
        pass
    finally:
        request.app[STREAMS].discard(task)
    return response


async def end_streams(app: web.Application) -> None:
    """Open streams would hold up the end of the process."""
    streams = app[STREAMS]
    for task in tuple(streams):
        task.cancel()
