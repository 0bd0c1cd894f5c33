"""The provider's doors, spoken to as a provider does: over ASGI, in any order, any number of times."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from onedoor import factories
from onedoor.gateway.asgi import Gateway
from onedoor.messaging import api as messaging
from onedoor.messaging.models import Inbound, Receipt

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "a-token-of-the-provider"


@pytest.fixture(autouse=True)
async def close_connections() -> AsyncIterator[None]:
    """Django's connection in the thread that async tests use is closed, or the test database could not be dropped."""
    yield
    await sync_to_async(connections.close_all)()


async def _pages(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"a page"})


@asynccontextmanager
async def running() -> AsyncIterator[Gateway]:
    """The gateway between its start and its end."""
    app = Gateway(_pages)
    said: asyncio.Queue[Any] = asyncio.Queue()
    heard: asyncio.Queue[Any] = asyncio.Queue()
    life = asyncio.create_task(app({"type": "lifespan"}, said.get, heard.put))
    await said.put({"type": "lifespan.startup"})
    await heard.get()
    try:
        yield app
    finally:
        await said.put({"type": "lifespan.shutdown"})
        await heard.get()
        await life


async def ask(
    app: Gateway, path: str, body: bytes = b"", *, method: str = "POST", token: str = TOKEN
) -> tuple[int, bytes]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    headers = [(b"authorization", f"Bearer {token}".encode())]
    await app({"type": "http", "path": path, "method": method, "headers": headers}, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def account() -> UUID:
    practice = factories.practice()
    made = messaging.set_account(
        organisation_id=practice.pk,
        base_url="http://127.0.0.1:9",
        api_key=f"test-{uuid4()}-{uuid4()}",
        callback_token=TOKEN,
        reply_number="+447700900999",
        templates={"*": str(uuid4())},
        by=factories.TEST,
    )
    return made.ref


def receipt(key: str = "r1", status: str = "delivered") -> bytes:
    return orjson.dumps({"id": key, "reference": "no-such-message", "to": "+447700900123", "status": status})


def inbound(key: str = "i1", text: str = "CANCEL") -> bytes:
    return orjson.dumps(
        {
            "id": key,
            "source_number": "447700900123",
            "destination_number": "07700900999",
            "message": text,
            "date_received": "2026-12-07T09:00:00.000000Z",
        }
    )


async def test_a_receipt_is_stored_once_however_often_it_comes() -> None:
    ref = await sync_to_async(account)()
    async with running() as app:
        answers = await asyncio.gather(*(ask(app, f"/gateway/govuk/{ref}/receipts", receipt()) for _ in range(20)))
    assert {status for status, _ in answers} == {202}
    assert await Receipt.objects.acount() == 1


async def test_a_text_is_stored_in_e164_at_the_domain_time() -> None:
    ref = await sync_to_async(account)()
    async with running() as app:
        assert (await ask(app, f"/gateway/govuk/{ref}/inbound", inbound()))[0] == 202
        assert (await ask(app, f"/gateway/govuk/{ref}/inbound", inbound()))[0] == 202
    stored = await Inbound.objects.aget()
    assert (stored.number, stored.to_number, stored.text, stored.outcome) == (
        "+447700900123",
        "+447700900999",
        "CANCEL",
        "",
    )


@pytest.mark.parametrize("body", [b"not json", b"[1]", b"{}", b'{"id": "x", "status": "nonsense \\u0000"}'])
async def test_what_cannot_be_read_is_stored_and_never_refused(body: bytes) -> None:
    ref = await sync_to_async(account)()
    async with running() as app:
        assert (await ask(app, f"/gateway/govuk/{ref}/receipts", body))[0] == 202
        assert (await ask(app, f"/gateway/govuk/{ref}/inbound", body))[0] == 202
    assert (await Receipt.objects.acount(), await Inbound.objects.acount()) == (1, 1)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (b"a\\u0000b", "ab"),
        (b"a\\\\u0000b", "a\\u0000b"),
        (b"a\\\\\\u0000b", "a\\b"),
        (b"\\\\\\\\u0000\\u0000", "\\\\u0000"),
        (b"a\\nb\\u0001", "a\nb\x01"),
    ],
)
async def test_a_nul_is_left_out_and_nothing_else(written: bytes, kept: str) -> None:
    ref = await sync_to_async(account)()
    body = b'{"id": "p", "status": "delivered", "to": "' + written + b'"}'
    async with running() as app:
        assert (await ask(app, f"/gateway/govuk/{ref}/receipts", body))[0] == 202
    assert (await Receipt.objects.aget()).body["to"] == kept


async def test_one_that_cannot_be_stored_stands_in_nobodys_way() -> None:
    # Deeper than can be written again.
    poison = b'{"id": "p", "status": "delivered", "deep": ' + b"[" * 400 + b"]" * 400 + b"}"
    ref = await sync_to_async(account)()
    path = f"/gateway/govuk/{ref}/receipts"
    async with running() as app:
        async with asyncio.timeout(20):
            answers = await asyncio.gather(*(ask(app, path, body) for body in (receipt("r1"), poison, receipt("r2"))))
            assert (await ask(app, path, receipt("r3")))[0] == 202
    assert [status for status, _ in answers] == [202, 503, 202]
    assert await Receipt.objects.acount() == 3


@pytest.mark.parametrize("odd", [b"yesterday", b"0001-01-01T00:00:00+01:00", b"9999-12-31T23:59:59-01:00"])
async def test_an_odd_date_loses_no_text(odd: bytes) -> None:
    ref = await sync_to_async(account)()
    body = inbound().replace(b"2026-12-07T09:00:00.000000Z", odd)
    async with running() as app:
        assert (await ask(app, f"/gateway/govuk/{ref}/inbound", body))[0] == 202
    assert (await Inbound.objects.aget()).sent_real is None


async def test_a_wrong_token_stores_nothing() -> None:
    ref = await sync_to_async(account)()
    async with running() as app:
        assert (await ask(app, f"/gateway/govuk/{ref}/receipts", receipt(), token="guess"))[0] == 401
        assert (await ask(app, f"/gateway/govuk/{uuid4()}/receipts", receipt()))[0] == 404
        assert (await ask(app, f"/gateway/govuk/{ref}/receipts", method="GET"))[0] == 405
        assert (await ask(app, f"/gateway/govuk/{ref}/elsewhere", receipt()))[0] == 404
    assert await Receipt.objects.acount() == 0


async def test_health_and_pages() -> None:
    async with running() as app:
        assert await ask(app, "/healthz", method="GET") == (200, b'{"database": true}')
        assert await ask(app, "/anything/else/", method="GET") == (299, b"a page")


async def test_a_strangers_stream_is_not_found() -> None:
    async with running() as app:
        assert (await ask(app, "/live/tasks:1", method="GET"))[0] == 404


async def test_the_clock_is_set_with_the_token_in_a_demonstration_only(settings: Any) -> None:
    async with running() as app:
        settings.DEMONSTRATION = False
        assert (await ask(app, "/gateway/demo/clock", method="GET"))[0] == 404
        settings.DEMONSTRATION, settings.DEMO_TOKEN = True, "demo"
        change = orjson.dumps({"now": "2026-12-08T08:00:00+00:00", "rate": 0})
        assert (await ask(app, "/gateway/demo/clock", change, token="guess"))[0] == 401
        assert (await ask(app, "/gateway/demo/clock", b'{"rate": -1}', token="demo"))[0] == 400
        status, body = await ask(app, "/gateway/demo/clock", change, token="demo")
    assert (status, orjson.loads(body)) == (200, {"now": "2026-12-08T08:00:00+00:00", "rate": 0.0, "slow_at": None})
