"""The outside GP system in the browser and for tests: what arrived, each document to open, and how it shall answer."""

from __future__ import annotations

from aiohttp import web

from simulator.control import Refused, json_object
from simulator.govuk.routes import answer
from simulator.gp_system import GpSystem
from simulator.phones.pages import page
from simulator.world import WORLD

routes = web.RouteTableDef()
KINDS = ("application/pdf", "image/png", "image/jpeg", "image/tiff", "text/plain")
ANSWERS = (
    ("proper", "As the rules say"),
    ("slow", "Late"),
    ("no_business", "That it was read, and nothing after it"),
    ("silent", "Nothing"),
    ("refuse", "With a refusal"),
)


def _system(request: web.Request) -> GpSystem:
    system = request.app[WORLD].gp
    if system is None:
        raise web.HTTPNotFound(text="There is no outside GP system: the simulator was started without --mesh.")
    return system


@routes.get("/gp/")
async def show_documents(request: web.Request) -> web.Response:
    system = _system(request)
    return page(
        request,
        "gp.html",
        practice=system.practice,
        documents=system.documents(),
        behaviour=system.behaviour,
        answers=ANSWERS,
        fault=system.fault,
        refused=request.query.get("order") == "refused",
    )


@routes.get("/gp/{seq:[0-9]{1,9}}/file/")
async def show_file(request: web.Request) -> web.Response:
    found = _system(request).file(int(request.match_info["seq"]))
    if found is None or found[0] not in KINDS:
        raise web.HTTPNotFound(text="No such document")
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return web.Response(body=found[1], content_type=found[0], headers=headers)


@routes.post("/gp/behaviour/")
async def set_behaviour(request: web.Request) -> web.Response:
    system, form = _system(request), await request.post()
    try:
        system.behave({name: str(form[name]) for name in ("answer", "code", "seconds") if form.get(name)})
    except (ValueError, TypeError):
        raise web.HTTPSeeOther("/gp/?order=refused") from None
    raise web.HTTPSeeOther("/gp/")


@routes.get("/control/gp")
async def read_system(request: web.Request) -> web.Response:
    system = _system(request)
    return answer({"behaviour": vars(system.behaviour), "documents": system.documents(), "fault": system.fault})


@routes.put("/control/gp")
async def order_system(request: web.Request) -> web.Response:
    system = _system(request)
    try:
        system.behave(await json_object(request))
    except (ValueError, TypeError) as error:
        raise Refused(str(error)) from None
    return answer({"behaviour": vars(system.behaviour)})
