"""Our adapter for GOV.UK Notify against the stateful fake, and beside the official client: the same requests, field by field."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from onedoor.messaging.channels.govuk import SILENCED, GovukNotify
from onedoor.messaging.ports import Fate, Found, NotAnswered, Outcome, Outgoing
from simulator.tests.helpers import TEMPLATE, Running, official, reference, running


@asynccontextmanager
async def adapter(address: str, key: str, timeout: float = 5.0) -> AsyncIterator[GovukNotify]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield GovukNotify(session, base_url=address, api_key=key, templates={"*": TEMPLATE}, timeout=timeout)


def key_of(simulator: Running) -> str:
    return next(iter(simulator.world.services)).api_key()


def text(ref: str | None = None, **more: str) -> Outgoing:
    words = {"number": "+447700900123", "purpose": "appointment_reminder", "body": "Sam: it\u2019s at 10:20am", **more}
    return Outgoing(reference=ref or reference(), **words)


def always() -> bool:
    return True


async def test_accepted_found_and_absent() -> None:
    async with running() as simulator, adapter(simulator.address, key_of(simulator)) as govuk:
        one = text()
        outcome = await govuk.send(one, always)
        assert (outcome.fate, outcome.status) == ("accepted", 201)
        found = await govuk.find(one.reference)
        assert isinstance(found, Found)
        assert found.provider_id == outcome.provider_id
        assert await govuk.find(reference()) is None


@pytest.mark.parametrize(
    ("mode", "fate", "stored"),
    [
        # messaging.md 6.2: what each failure means, and whether the provider has the text after it
        ("accept_then_drop", "unknown", 1),
        ("accept_after", "unknown", 1),
        ("drop", "unknown", 0),
        ("error_500", "unknown", 0),
        ("refuse_503", "unknown", 0),
        ("refuse_400", "refused_permanent", 0),
        ("refuse_429", "refused_temporary", 0),
        ("receipt_early", "accepted", 1),
    ],
)
async def test_each_way_in_which_a_call_can_end(mode: str, fate: Fate, stored: int) -> None:
    async with running() as simulator, adapter(simulator.address, key_of(simulator), timeout=0.5) as govuk:
        await simulator.put("/control/faults", [{"mode": mode, "next": 1, "seconds": 2}])
        one = text()
        outcome = await govuk.send(one, always)
        assert outcome.fate == fate
        assert (await simulator.total())["accepted"] == stored
        assert (await govuk.find(one.reference) is not None) is bool(stored)


async def test_bad_numbers_are_refused_for_good_and_the_rate_for_now() -> None:
    async with running() as simulator, adapter(simulator.address, key_of(simulator)) as govuk:
        assert await govuk.send(text(number="+441632960001"), always) == Outcome(
            "refused_permanent", 400, why="ValidationError"
        )
        await simulator.put("/control/settings", {"limits": {"per_minute": 1, "kind": "rolling"}})
        await govuk.send(text(), always)
        assert (await govuk.send(text(), always)).limited == "rate"
        await simulator.put("/control/settings", {"limits": {"per_day": 0, "per_minute": 100, "kind": "both"}})
        assert (await govuk.send(text(), always)).limited == "day"


async def test_a_wrong_key_is_no_fault_of_the_text() -> None:
    async with running() as simulator, adapter(simulator.address, key_of(simulator)[:-4] + "0000") as govuk:
        outcome = await govuk.send(text(), always)
        assert (outcome.fate, outcome.status) == ("refused_temporary", 403)
        with pytest.raises(NotAnswered):
            await govuk.find(reference())


async def test_nobody_listens_is_provably_not_sent() -> None:
    async with running() as simulator:
        key = key_of(simulator)
    async with adapter("http://127.0.0.1:9", key) as govuk:
        assert (await govuk.send(text(), always)).fate == "refused_temporary"
        with pytest.raises(NotAnswered):
            await govuk.find(reference())


async def test_too_late_to_speak_says_nothing() -> None:
    """A process that was stopped between its claim and the call (stack-spike.md 4, SIGSTOP)."""
    async with running() as simulator, adapter(simulator.address, key_of(simulator)) as govuk:
        outcome = await govuk.send(text(), lambda: False)
        assert (outcome.fate, outcome.why) == ("refused_temporary", SILENCED)
        assert (await simulator.total())["accepted"] == 0
        assert (await govuk.send(text(), always)).fate == "accepted"


async def test_without_a_template_nothing_is_said() -> None:
    async with aiohttp.ClientSession() as session:
        govuk = GovukNotify(
            session, base_url="http://127.0.0.1:9", api_key=f"k-{uuid.uuid4()}-{uuid.uuid4()}", templates={}, timeout=1
        )
        assert (await govuk.send(text(), always)).why == "no_template"


async def test_the_same_requests_as_the_official_client() -> None:
    """Both clients against one recorder: method, path, query, body and token claims agree."""
    seen: list[dict[str, Any]] = []

    async def record(request: web.Request) -> web.Response:
        scheme, _, token = request.headers["Authorization"].partition(" ")
        seen.append(
            {
                "method": request.method,
                "path": request.path,
                "query": dict(request.query),
                "body": await request.json() if request.can_read_body else None,
                "type": request.content_type if request.can_read_body else "",
                "scheme": scheme,
                "head": jwt.get_unverified_header(token),
                "claims": set(jwt.decode(token, secret, algorithms=["HS256"], options={"verify_iat": False})),
                "issuer": jwt.decode(token, options={"verify_signature": False})["iss"],
            }
        )
        answer = {"id": str(uuid.uuid4()), "notifications": [], "links": {}}
        return web.json_response(answer, status=201 if request.method == "POST" else 200)

    service, secret = str(uuid.uuid4()), str(uuid.uuid4())
    key = f"a-name-{service}-{secret}"
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", record)
    one = text()
    async with TestServer(app, host="127.0.0.1") as server:
        address = str(server.make_url("")).rstrip("/")
        async with adapter(address, key) as govuk:
            await govuk.send(one, always)
            await govuk.find(one.reference)
        client = official(key, base_url=address)
        await asyncio.to_thread(
            client.send_sms_notification, one.number, TEMPLATE, {"message": one.body}, one.reference
        )
        await asyncio.to_thread(client.get_all_notifications, None, "sms", one.reference)
        await asyncio.to_thread(client.request_session.close)
    ours, theirs = seen[:2], seen[2:]
    assert ours == theirs
    assert ours[0]["path"] == "/v2/notifications/sms"
    assert ours[0]["issuer"] == service
