"""The control door: what a test, a benchmark or a demonstration asks and orders of the sandbox. JSON under `/control/`.

GET    /control/messages          every message: id, from, to, workflow, local id, status, and where it is
DELETE /control/messages          forget them all, and the faults
GET    /control/content/{id}      a message's bytes, as they were sent
GET    /control/faults            what is laid in wait, and how often it struck
PUT    /control/faults            {"faults": [{"do", "on"?, "mailbox"?, "workflow"?, "times"?, …}], "seed"?}
POST   /control/release           {"workflow"?, "contains"?, "order"?: "reversed"}: what is held appears in its inbox
POST   /control/again             {"message_id", "times"?}: delivered once more, under another id
POST   /control/report            {"message_id", "code", "text"?, "times"?, "instead"?}: a REPORT to its sender; "instead": and
                                  the message is not delivered
PUT    /control/clock             {"days"?, "hours"?}: how much later it is here than in the world
PUT    /control/settings          mailboxes, workflows and people, as in the file
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.mesh import faults, routing
from simulator.mesh.sandbox import Message, MessageStatus
from simulator.mesh.settings import parse as parse_settings

if TYPE_CHECKING:
    from simulator.mesh.app import World

Handler = Callable[[Request], Awaitable[Response]]


def door(world: World) -> Starlette:
    """The control door of one sandbox."""
    orders = _Orders(world)
    return Starlette(
        routes=[
            Route("/control/messages", orders.messages, methods=["GET"]),
            Route("/control/messages", orders.forget, methods=["DELETE"]),
            Route("/control/content/{message_id}", orders.content, methods=["GET"]),
            Route("/control/faults", orders.read_faults, methods=["GET"]),
            Route("/control/faults", orders.put_faults, methods=["PUT"]),
            Route("/control/release", orders.release, methods=["POST"]),
            Route("/control/again", orders.again, methods=["POST"]),
            Route("/control/report", orders.report, methods=["POST"]),
            Route("/control/clock", orders.clock, methods=["PUT"]),
            Route("/control/settings", orders.settings, methods=["PUT"]),
        ]
    )


class _Orders:
    def __init__(self, world: World) -> None:
        self._world = world

    async def messages(self, request: Request) -> Response:
        held, lost = self._world.store.held, self._world.store.lost
        found = [
            {
                "message_id": one.message_id,
                "from": one.sender.mailbox_id,
                "to": one.recipient.mailbox_id,
                "workflow": one.workflow_id,
                "type": one.message_type,
                "local_id": one.metadata.local_id or "",
                "size": one.file_size,
                "status": "held" if one.message_id in held else "lost" if one.message_id in lost else one.status,
            }
            for one in self._world.store.messages.values()
        ]
        return _json({"messages": found})

    async def forget(self, request: Request) -> Response:
        self._world.faults.replace([])
        await self._world.store.reset()
        return _json({"messages": []})

    async def content(self, request: Request) -> Response:
        message = self._message(request.path_params["message_id"])
        return Response(await self._world.store.whole(message), media_type="application/octet-stream")

    async def read_faults(self, request: Request) -> Response:
        return _json({"faults": [fault.document() for fault in self._world.faults.laid]})

    async def put_faults(self, request: Request) -> Response:
        order = await _order(request)
        try:
            laid = [faults.parse(one) for one in order.get("faults", [])]
        except (TypeError, ValueError) as error:
            raise HTTPException(400, str(error)) from None
        self._world.faults.replace(laid, int(order.get("seed", 0)))
        return await self.read_faults(request)

    async def release(self, request: Request) -> Response:
        order = await _order(request)
        store = self._world.store
        held = [one for one in store.held.values() if order.get("workflow", one.workflow_id) == one.workflow_id]
        words = [str(word).encode() for word in order.get("contains", [])]
        if words:
            contents = [await store.whole(one) for one in held]
            held = [one for one, content in zip(held, contents, strict=True) if all(word in content for word in words)]
        if order.get("order") == "reversed":
            held.reverse()
        for message in held:
            store.put(message, "")
        return _json({"released": [one.message_id for one in held]})

    async def again(self, request: Request) -> Response:
        order = await _order(request)
        message = self._message(str(order.get("message_id", "")))
        if message.status == MessageStatus.ACKNOWLEDGED:
            raise HTTPException(409, "its content is gone: it was acknowledged")
        twins = [await self._world.live.copy(message) for _ in range(int(order.get("times", 1)))]
        return _json({"messages": [twin.message_id for twin in twins]}, 201)

    async def report(self, request: Request) -> Response:
        order = await _order(request)
        message, code = self._message(str(order.get("message_id", ""))), str(order.get("code", ""))
        text = str(order.get("text") or routing.WORDS.get(code, code))
        if not message.sender.mailbox_id:
            raise HTTPException(409, "a REPORT has no sender to tell")
        if order.get("instead"):
            await self._world.store.fail(message, MessageStatus.ERROR, code, text)
        for _ in range(int(order.get("times", 1))):
            await self._world.live.report(message, code, text)
        return _json({"reported": message.message_id}, 201)

    async def clock(self, request: Request) -> Response:
        order = await _order(request)
        store = self._world.store
        store.later = timedelta(days=float(order.get("days", 0)), hours=float(order.get("hours", 0)))
        store.keep("later", str(store.later.total_seconds()))
        await self._world.live.expire()
        return _json({"now": store.now().isoformat()})

    async def settings(self, request: Request) -> Response:
        try:
            self._world.live.apply(parse_settings(await _order(request)))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise HTTPException(400, repr(error)) from None
        return _json({"mailboxes": sorted(self._world.live.settings.boxes)})

    def _message(self, message_id: str) -> Message:
        message = self._world.store.messages.get(message_id.upper())
        if message is None:
            raise HTTPException(404, "no such message")
        return message


async def _order(request: Request) -> dict[str, Any]:
    try:
        order = orjson.loads(await request.body() or b"{}")
    except orjson.JSONDecodeError:
        raise HTTPException(400, "the body is not JSON") from None
    if not isinstance(order, dict):
        raise HTTPException(400, "the body is not a JSON object")
    return order


def _json(document: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")
