import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from notifications_python_client.errors import HTTPError

from simulator.govuk.limits import LimitSettings
from simulator.govuk.services import parse_service
from simulator.http_bytes import cut, written
from simulator.stub import Stub, StubSettings, run
from simulator.tests.helpers import TEMPLATE, Onedoor, eventually, official, service


@asynccontextmanager
async def stubbed(limits: LimitSettings | None = None, **settings: Any) -> AsyncIterator[tuple[Stub, Onedoor, Any]]:
    onedoor = Onedoor()
    door = TestServer(onedoor.app(), host="127.0.0.1")
    await door.start_server()
    ours = parse_service(service(str(door.make_url("")).rstrip("/")))
    stub = Stub([ours], StubSettings(receipt_retry_seconds=0.02, **settings), limits or LimitSettings(kind="none"))
    stopped, bound = asyncio.Event(), asyncio.get_running_loop().create_future()
    task = asyncio.create_task(run("127.0.0.1", 0, stub, stopped=stopped, ready=bound.set_result))
    client = official(ours.api_key(), base_url=f"http://127.0.0.1:{await bound}", timeout=10)
    try:
        yield stub, onedoor, client
    finally:
        client.request_session.close()
        stopped.set()
        await task
        await door.close()


async def send(client: Any, reference: str) -> Any:
    values = {"message": "Hello"}
    return await asyncio.to_thread(client.send_sms_notification, "07700900123", TEMPLATE, values, reference)


async def control(client: Any, path: str) -> Any:
    async with aiohttp.ClientSession() as http, http.get(f"{client.base_url}/control/{path}") as response:
        return await response.json()


@pytest.mark.parametrize("delay_ms", [0, 5])
async def test_counts_repeats_and_finds_them_by_reference(delay_ms: float) -> None:
    async with stubbed(delay_ms=delay_ms) as (stub, onedoor, client):
        ids = [(await send(client, reference))["id"] for reference in ("one", "two", "two", "two")]
        assert len(set(ids)) == 4
        found = await asyncio.to_thread(client.get_all_notifications, reference="two")
        assert {item["id"] for item in found["notifications"]} == set(ids[1:])
        await eventually(lambda: len(onedoor.receipts) == 4 and stub.posters.pending() == 0)
        assert {receipt["id"] for receipt in onedoor.receipts} == set(ids)
        total = (await control(client, "ledger"))["services"][0]["total"]
        assert (total["accepted"], total["distinct_references"], total["references_sent_more_than_once"]) == (4, 2, 1)
        assert total["by_status"] == {"sending": 0, "delivered": 4}
        assert (await control(client, "sent?reference=two"))["count"] == 3
        assert (await control(client, "idle"))["idle"]


@pytest.mark.parametrize("answers", [[500], [429, 503], [0], [0, 500]])
async def test_receipts_are_retried(answers: list[int]) -> None:
    async with stubbed() as (_, onedoor, client):
        onedoor.answers = list(answers)
        await send(client, "one")
        await eventually(lambda: len(onedoor.receipts) == 1)
        assert onedoor.attempts == len(answers) + 1


async def test_no_receipts_when_none_are_wanted() -> None:
    async with stubbed(receipt_connections=0) as (stub, onedoor, client):
        await send(client, "one")
        assert (stub.posters.pending(), onedoor.attempts) == (0, 0)


async def test_the_limit_is_kept_when_asked_and_its_refusals_are_counted() -> None:
    async with stubbed(LimitSettings(per_minute=2, kind="rolling")) as (_, _, client):
        await send(client, "one")
        await send(client, "two")
        with pytest.raises(HTTPError) as refused:
            await send(client, "three")
        assert refused.value.status_code == 429
        assert (await control(client, "ledger"))["services"][0]["total"]["refused"] == {"429": 1}


async def test_a_wrong_key_is_refused() -> None:
    async with stubbed() as (_, _, client):
        client.api_key = "6f6d2d5e-0b1c-4c8e-9a53-5a0c1d9e1fff"
        with pytest.raises(HTTPError) as refused:
            await send(client, "one")
        assert refused.value.status_code == 403


@pytest.mark.parametrize(
    ("stream", "body", "rest"),
    [
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcNEXT", b"abc", 4),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", b"abc", 0),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"", 0),
        (written(201, b"{}"), b"{}", 0),
    ],
)
def test_messages_are_cut_whole_and_only_whole(stream: bytes, body: bytes, rest: int) -> None:
    message = cut(stream)
    assert message is not None
    assert (message.body, len(stream) - message.size) == (body, rest)
    assert all(cut(stream[:length]) is None for length in range(message.size))
