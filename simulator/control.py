"""The control interface: what a test, a benchmark or a demonstration asks and orders of the outside world.

Everything is JSON under ``/control/``; ``simulator/README.md`` lists the routes. It is for the machine the simulator runs on:
it has no log-in, and a request that a browser marks as another site's is refused (``simulator.app``).
"""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

from simulator.clock import ClockUnavailable
from simulator.govuk.faults import parse_fault
from simulator.govuk.routes import answer
from simulator.govuk.services import parse_service
from simulator.govuk.sms import international
from simulator.phones.personas import Crowd
from simulator.phones.phones import NoReplyNumber
from simulator.world import WORLD, World

routes = web.RouteTableDef()


class Refused(Exception):
    """The order cannot be carried out; the message says why. Answered as 400 {"error"}."""


def total(days: list[dict[str, Any]], distinct_references: int) -> dict[str, Any]:
    """The sum of a service's days; distinct references cannot be summed, so their number is handed in."""
    result: dict[str, Any] = {"distinct_references": distinct_references, "by_status": {}, "refused": {}}
    for name in ("accepted", "references_sent_more_than_once", "fragments"):
        result[name] = sum(day[name] for day in days)
    for name in ("by_status", "refused"):
        for day in days:
            for key, count in day[name].items():
                result[name][key] = result[name].get(key, 0) + count
    return result


def ledger(services: list[tuple[str, str, list[dict[str, Any]], int]]) -> dict[str, Any]:
    """The ledger's document from (service id, name, days, distinct references over those days)."""
    return {
        "services": [
            {"service_id": service_id, "name": name, "days": days, "total": total(days, distinct)}
            for service_id, name, days, distinct in services
        ]
    }


async def _document(request: web.Request) -> Any:
    try:
        return orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        raise Refused("the body is not JSON") from None


async def json_object(request: web.Request) -> dict[str, Any]:
    document = await _document(request)
    if not isinstance(document, dict):
        raise Refused("the body is not a JSON object")
    return document


def _list(document: Any, name: str) -> list[Any]:
    """The list itself, or the one under ``name``."""
    if isinstance(document, dict):
        document = document.get(name)
    if not isinstance(document, list):
        raise Refused(f"the body is neither a list nor an object with a list {name!r}")
    return document


@web.middleware
async def refusals(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except Refused as refused:
        return answer({"error": str(refused)}, 400)
    return response


@routes.get("/control/ledger")
async def read_ledger(request: web.Request) -> web.Response:
    store, day, wanted = request.app[WORLD].store, request.query.get("day"), request.query.get("service")
    chosen = [s for s in request.app[WORLD].services if wanted in (None, s.service_id)]
    return answer(
        ledger(
            [
                (s.service_id, s.name, store.ledger(s.service_id, day), store.distinct_references(s.service_id, day))
                for s in chosen
            ]
        )
    )


@routes.get("/control/sent")
async def read_sent(request: web.Request) -> web.Response:
    sent = request.app[WORLD].store.sent(request.query.get("reference", ""))
    return answer({"count": len(sent), "sent": sent})


@routes.get("/control/faults")
async def read_faults(request: web.Request) -> web.Response:
    return answer({"faults": request.app[WORLD].faults.document()})


@routes.put("/control/faults")
async def put_faults(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    try:
        world.faults.replace([parse_fault(item) for item in _list(await _document(request), "faults")])
    except (ValueError, TypeError, AttributeError) as error:
        raise Refused(str(error)) from None
    return answer({"faults": world.faults.document()})


@routes.delete("/control/faults")
async def delete_faults(request: web.Request) -> web.Response:
    request.app[WORLD].faults.replace([])
    return answer({"faults": []})


def _services(world: World) -> dict[str, Any]:
    return {"services": [{**service.document, "api_key": service.api_key()} for service in world.services]}


@routes.get("/control/services")
async def read_services(request: web.Request) -> web.Response:
    return answer(_services(request.app[WORLD]))


@routes.put("/control/services")
async def put_services(request: web.Request) -> web.Response:
    """Adds services, or replaces those of the same id."""
    world = request.app[WORLD]
    try:
        services = [parse_service(item) for item in _list(await _document(request), "services")]
    except KeyError as error:
        raise Refused(f"missing: {error}") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise Refused(str(error)) from None
    world.put_services(services)
    return answer(_services(world))


@routes.get("/control/settings")
async def read_settings(request: web.Request) -> web.Response:
    return answer(request.app[WORLD].settings())


@routes.put("/control/settings")
async def put_settings(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    try:
        world.configure(await json_object(request))
    except TypeError as error:
        raise Refused(str(error)) from None
    return answer(world.settings())


@routes.get("/control/clock")
async def read_clock(request: web.Request) -> web.Response:
    return answer(request.app[WORLD].clock.document())


@routes.put("/control/clock")
async def put_clock(request: web.Request) -> web.Response:
    """Passes {"now"?, "rate"?} on to Onedoor; 502 when Onedoor does not take it."""
    world = request.app[WORLD]
    change = {key: value for key, value in (await json_object(request)).items() if key in ("now", "rate")}
    try:
        return answer(await world.clock.set(world.session, change))
    except ClockUnavailable as error:
        return answer({"error": str(error)}, 502)


@routes.get("/control/idle")
async def read_idle(request: web.Request) -> web.Response:
    return answer(request.app[WORLD].idle())


@routes.put("/control/crowd")
async def put_crowd(request: web.Request) -> web.Response:
    """{"seed": n} lets everybody without a persona answer by seeded chance, in `words` if given; null silences them."""
    order = await json_object(request)
    seed, words = order.get("seed"), order.get("words") or {}
    if seed is not None and not isinstance(seed, int):
        raise Refused("seed is neither a whole number nor null")
    if not isinstance(words, dict) or not all(isinstance(texts, list) for texts in words.values()):
        raise Refused("words is no object of lists of texts")
    request.app[WORLD].personas.put_crowd(None if seed is None else Crowd(seed, words))
    return answer({"seed": seed})


@routes.get("/control/reception")
async def read_reception(request: web.Request) -> web.Response:
    reception = request.app[WORLD].reception
    return answer(
        {
            "on": reception.on,
            "after_minutes": reception.after_minutes,
            "waiting": reception.waiting(),
            "done": reception.done,
        }
    )


@routes.put("/control/reception")
async def put_reception(request: web.Request) -> web.StreamResponse:
    world = request.app[WORLD]
    order = await json_object(request)
    world.put_reception(
        on=bool(order.get("on", world.reception.on)),
        after_minutes=float(order.get("after_minutes", world.reception.after_minutes)),
    )
    return await read_reception(request)


def _personas(world: World) -> dict[str, Any]:
    return {
        "personas": [
            {
                "mobile": persona.mobile,
                "name": persona.name,
                "character": persona.character,
                "replies": [vars(reply) for reply in persona.replies],
                "on": world.personas.is_on(persona.mobile),
            }
            for persona in world.personas.all()
        ]
    }


@routes.get("/control/personas")
async def read_personas(request: web.Request) -> web.Response:
    return answer(_personas(request.app[WORLD]))


@routes.put("/control/personas")
async def put_personas(request: web.Request) -> web.Response:
    """Replaces all personas."""
    world = request.app[WORLD]
    try:
        world.put_personas(_list(await _document(request), "personas"))
    except KeyError as error:
        raise Refused(f"missing: {error}") from None
    except (ValueError, TypeError) as error:
        raise Refused(str(error)) from None
    return answer(_personas(world))


@routes.put("/control/personas/{mobile}")
async def switch_persona(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    world.personas.switch(_phone(request.match_info["mobile"]), bool((await json_object(request)).get("on")))
    return answer(_personas(world))


def _phone(number: object) -> str:
    try:
        return international(str(number))
    except ValueError as error:
        raise Refused(f"not a mobile number: {error}") from None


@routes.post("/control/inbound")
async def send_inbound(request: web.Request) -> web.Response:
    """A phone texts a service: {"from", "to" (its reply number) or "service", "text", "copies"?}."""
    world = request.app[WORLD]
    order = await json_object(request)
    service = world.services.by_inbound_number(str(order.get("to", ""))) or world.services.get(
        str(order.get("service"))
    )
    if service is None:
        raise Refused("no service with that number or id")
    try:
        world.phones.send(
            _phone(order.get("from")), service, str(order.get("text", "")), copies=int(order.get("copies", 1))
        )
    except NoReplyNumber:
        raise Refused("the service has no number for replies") from None
    return answer({"sent": True}, 201)


@routes.get("/control/phones/{number}")
async def read_phone(request: web.Request) -> web.Response:
    """Every thread of one phone as JSON, for tests: [{service_id, texts: [{incoming, body, at, by_persona}]}]."""
    world = request.app[WORLD]
    phone = _phone(request.match_info["number"])
    return answer(
        {
            "phone": phone,
            "threads": [
                {
                    "service_id": thread.service_id,
                    "texts": [vars(text) for text in world.phones.texts(phone, thread.service_id)],
                }
                for thread in world.phones.threads(phone)
            ],
        }
    )
