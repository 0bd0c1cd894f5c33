"""The clock's door, in a demonstration only: GET and POST /gateway/demo/clock.

JSON {"now": ISO 8601 with offset, "rate": domain seconds a real second, "slow_at": moment or null}. POST takes any of them,
and the demonstration's token.
"""

from __future__ import annotations

import asyncio
import hmac
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.db import close_old_connections, connection

from onedoor.gateway.doors import Receive, Scope, Send, answer, read_body
from onedoor.kernel import clock


async def handle(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one request for the clock; 404 outside a demonstration."""
    if not settings.DEMONSTRATION:
        await answer(send, 404)
        return
    change: dict[str, Any] | None = None
    if scope["method"] == "POST":
        given = dict(scope["headers"]).get(b"authorization", b"")
        if not settings.DEMO_TOKEN or not hmac.compare_digest(given, f"Bearer {settings.DEMO_TOKEN}".encode()):
            await answer(send, 401)
            return
        change = _change(await read_body(receive) or b"")
        if change is None:
            await answer(send, 400, orjson.dumps({"error": "want {now?: ISO 8601 with offset, rate?: number from 0}"}))
            return
    elif scope["method"] != "GET":
        await answer(send, 405)
        return
    await answer(send, 200, orjson.dumps(await asyncio.to_thread(_serve, change)))


def _change(body: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(body)
        rate = float(found.get("rate", 1.0))
        moments = {name: _moment(found.get(name)) for name in ("now", "slow_at")}
    except (ValueError, TypeError, AttributeError):
        return None
    if rate < 0:
        return None
    return {"at": moments["now"], "rate": rate, "slow_at": moments["slow_at"]}


def _moment(text: Any) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment needs its offset")
    return moment


def _serve(change: dict[str, Any] | None) -> dict[str, Any]:
    close_old_connections()
    try:
        if change is not None:
            clock.set_clock(**change)
        clock.forget_cache()
        setting = clock.setting()
        real = clock.real_now()
        return {
            "now": setting.reading(real).astimezone(clock.LONDON).isoformat(),
            "rate": setting.rate_at(real),
            "slow_at": setting.slow_at.isoformat() if setting.slow_at else None,
        }
    finally:
        connection.close()
