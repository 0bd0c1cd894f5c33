"""The official client, version 13, against the fake: the contract that Onedoor's own adapter relies on."""

import asyncio
from typing import Any

import pytest
from notifications_python_client.errors import HTTP503Error, HTTPError

from simulator.tests.helpers import REPLY_NUMBER, TEMPLATE, Running, eventually, reference, running


async def call(method: Any, *values: Any, **named: Any) -> Any:
    return await asyncio.to_thread(method, *values, **named)


async def test_send_then_read_by_id_and_by_reference() -> None:
    async with running() as simulator:
        ours = reference()
        sent = await simulator.send("07700 900123", "Your appointment is at 10:20am", reference=ours)
        assert set(sent) == {"id", "reference", "content", "uri", "template"}
        assert sent["reference"] == ours
        assert sent["content"] == {"body": "Your appointment is at 10:20am", "from_number": REPLY_NUMBER}
        assert set(sent["template"]) == {"id", "version", "uri"}
        await eventually(lambda: bool(simulator.onedoor.receipts))
        client = simulator.client()
        read = await call(client.get_notification_by_id, sent["id"])
        assert (read["status"], read["phone_number"], read["type"]) == ("delivered", "07700 900123", "sms")
        assert read["is_cost_data_ready"]
        assert read["cost_details"]["billable_sms_fragments"] == 1
        listed = await call(client.get_all_notifications, reference=ours)
        assert [item["id"] for item in listed["notifications"]] == [sent["id"]]
        assert (await call(client.get_all_notifications, reference="another"))["notifications"] == []


async def test_the_same_reference_twice_sends_again() -> None:
    async with running() as simulator:
        ours = reference()
        ids = {(await simulator.send(reference=ours))["id"] for _ in range(2)}
        listed = await call(simulator.client().get_all_notifications, reference=ours)
        assert {item["id"] for item in listed["notifications"]} == ids
        total = await simulator.total()
        assert (total["accepted"], total["distinct_references"], total["references_sent_more_than_once"]) == (2, 1, 1)
        assert (await simulator.get(f"/control/sent?reference={ours}"))["count"] == 2


async def test_the_list_has_pages_of_250_and_filters_by_status() -> None:
    async with running() as simulator:
        client = simulator.client()

        def send_many() -> None:
            for _ in range(260):
                client.send_sms_notification("07700900123", TEMPLATE, {"message": "a"})

        await asyncio.to_thread(send_many)
        await eventually(lambda: len(simulator.onedoor.receipts) == 260)
        first = await call(client.get_all_notifications, status="delivered")
        assert len(first["notifications"]) == 250
        everything = await asyncio.to_thread(lambda: list(client.get_all_notifications_iterator()))
        assert len({item["id"] for item in everything}) == 260
        assert (await call(client.get_all_notifications, status="sending"))["notifications"] == []


async def test_the_list_shows_only_what_the_same_kind_of_key_sent() -> None:
    secret = "6f6d2d5e-0b1c-4c8e-9a53-5a0c1d9e1002"
    async with running(more_keys=[{"secret": secret, "key_type": "test"}]) as simulator:
        await simulator.send(reference="live")
        await simulator.send(reference="test", secret=secret)
        by_live = await call(simulator.client().get_all_notifications)
        by_test = await call(simulator.client(secret=secret).get_all_notifications)
        assert [item["reference"] for item in by_live["notifications"]] == ["live"]
        assert [item["reference"] for item in by_test["notifications"]] == ["test"]


async def test_templates_pass_the_text_through() -> None:
    async with running() as simulator:
        client = simulator.client()
        assert [t["id"] for t in (await call(client.get_all_templates))["templates"]] == [TEMPLATE]
        template = await call(client.get_template, TEMPLATE)
        assert (template["body"], list(template["personalisation"])) == ("((message))", ["message"])
        preview = await call(client.post_template_preview, TEMPLATE, {"message": "Hello – you"})
        assert preview["body"] == "Hello - you"
        with pytest.raises(HTTPError) as missing:
            await call(client.get_template, "6f6d2d5e-0b1c-4c8e-9a53-5a0c1d9e2fff")
        assert missing.value.status_code == 404


async def test_received_texts() -> None:
    async with running() as simulator:
        for text in ("YES", "CANCEL"):
            simulator.world.phones.send("447700900123", next(iter(simulator.world.services)), text)
        received = await asyncio.to_thread(lambda: list(simulator.client().get_received_texts_iterator()))
        assert [item["content"] for item in received] == ["CANCEL", "YES"]
        assert set(received[0]) == {"id", "user_number", "notify_number", "created_at", "service_id", "content"}
        assert (received[0]["user_number"], received[0]["notify_number"]) == ("447700900123", REPLY_NUMBER)


async def _refused(simulator: Running, client: Any = None, **more: Any) -> HTTPError:
    with pytest.raises(HTTPError) as refused:
        await simulator.send(client=client, **more)
    assert isinstance(refused.value, HTTPError)
    return refused.value


def _error(refused: HTTPError) -> str:
    message = refused.message
    assert isinstance(message, list)
    error: str = message[0]["error"]
    return error


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"number": "01632960123"}, "ValidationError"),
        ({"number": "0770090012"}, "ValidationError"),
        ({"reference": "r" * 1_001}, "ValidationError"),
        ({"text": "a" * 919}, "BadRequestError"),
        ({"text": " "}, "BadRequestError"),
    ],
)
async def test_what_is_refused_for_good(more: dict[str, Any], error: str) -> None:
    async with running() as simulator:
        refused = await _refused(simulator, **more)
        assert (refused.status_code, _error(refused)) == (400, error)
        assert (await simulator.total())["refused"] == {"400": 1}


async def test_unknown_template_and_missing_message() -> None:
    async with running() as simulator:
        client = simulator.client()
        for template, values in (
            ("6f6d2d5e-0b1c-4c8e-9a53-5a0c1d9e2fff", {"message": "a"}),
            (TEMPLATE, {"other": "a"}),
        ):
            with pytest.raises(HTTPError) as refused:
                await call(client.send_sms_notification, "07700900123", template, values)
            assert (refused.value.status_code, _error(refused.value)) == (400, "BadRequestError")


async def test_a_wrong_key_is_refused() -> None:
    async with running() as simulator:
        refused = await _refused(simulator, secret="6f6d2d5e-0b1c-4c8e-9a53-5a0c1d9e1fff")
        assert (refused.status_code, _error(refused)) == (403, "AuthError")


async def test_a_team_key_reaches_only_its_guest_list() -> None:
    async with running(key_type="team", guest_list=["07700900123"]) as simulator:
        await simulator.send("07700900123")
        assert _error(await _refused(simulator, number="07700900124")) == "BadRequestError"


async def test_over_the_rate_and_over_the_day() -> None:
    async with running() as simulator:
        simulator.world.configure({"limits": {"per_minute": 2, "kind": "rolling"}})
        await simulator.send()
        await simulator.send()
        refused = await _refused(simulator)
        assert (refused.status_code, _error(refused)) == (429, "RateLimitError")
        simulator.world.configure({"limits": {"per_minute": 3_000, "per_day": 0}})
        refused = await _refused(simulator)
        assert (refused.status_code, _error(refused)) == (429, "TooManyRequestsError")
        assert (await simulator.total())["refused"] == {"429": 2}


async def test_a_read_timeout_arrives_as_503_without_an_answer() -> None:
    """The trap of messaging.md 0: the class that says "retry me" for a text that was sent."""
    async with running() as simulator:
        await simulator.put("/control/faults", [{"mode": "accept_after", "seconds": 3, "next": 1}])
        refused = await _refused(simulator, timeout=0.3, reference="slow")
        assert isinstance(refused, HTTP503Error)
        assert (refused.status_code, refused.response) == (503, None)
        assert (await simulator.get("/control/sent?reference=slow"))["count"] == 1
