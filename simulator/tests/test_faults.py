from typing import Any

import pytest
from notifications_python_client.errors import HTTP503Error, HTTPError

from simulator.govuk.faults import Faults, parse_fault
from simulator.tests.helpers import Running, eventually, running


async def order(simulator: Running, mode: str, **more: Any) -> None:
    status, _ = await simulator.put("/control/faults", {"faults": [{"mode": mode, "next": 1, **more}]})
    assert status == 200


@pytest.mark.parametrize(
    ("mode", "status", "answered", "committed"),
    [
        ("accept_then_drop", 503, False, 1),
        ("drop", 503, False, 0),
        ("refuse_400", 400, True, 0),
        ("refuse_429", 429, True, 0),
        ("error_500", 500, True, 0),
        ("refuse_503", 503, True, 0),
    ],
)
async def test_what_the_client_sees_and_what_was_committed(
    mode: str, status: int, answered: bool, committed: int
) -> None:
    async with running() as simulator:
        await order(simulator, mode)
        with pytest.raises(HTTPError) as refused:
            await simulator.send(reference="one")
        assert refused.value.status_code == status
        assert (refused.value.response is not None) is answered
        assert isinstance(refused.value, HTTP503Error) is (status == 503)
        assert (await simulator.get("/control/sent?reference=one"))["count"] == committed
        await simulator.send(reference="two")  # the fault was for one message


async def test_accept_after_answers_in_the_end() -> None:
    async with running() as simulator:
        await order(simulator, "accept_after", seconds=0.05)
        assert (await simulator.send(reference="late"))["reference"] == "late"


@pytest.mark.parametrize(
    ("mode", "statuses"),
    [
        ("fail_permanent", ["permanent-failure"]),
        ("fail_temporary", ["temporary-failure"]),
        ("fail_technical", ["technical-failure"]),
        ("receipt_duplicate", ["delivered", "delivered"]),
        ("receipt_contradicted", ["delivered", "temporary-failure"]),
        ("receipt_early", ["delivered"]),
    ],
)
async def test_receipts(mode: str, statuses: list[str]) -> None:
    async with running() as simulator:
        await order(simulator, mode)
        sent = await simulator.send(reference="one")
        await eventually(lambda: len(simulator.onedoor.receipts) == len(statuses))
        assert [receipt["status"] for receipt in simulator.onedoor.receipts] == statuses
        assert {receipt["id"] for receipt in simulator.onedoor.receipts} == {sent["id"]}
        arrived = bool((await simulator.get("/control/phones/07700900123"))["threads"])
        assert arrived is ("failure" not in statuses[0])


async def test_an_early_receipt_comes_before_the_answer() -> None:
    async with running(seconds=60) as simulator:
        await order(simulator, "receipt_early")
        await simulator.send(reference="one")
        assert [receipt["reference"] for receipt in simulator.onedoor.receipts] == ["one"]


async def test_a_reordered_receipt_is_overtaken() -> None:
    async with running() as simulator:
        await order(simulator, "receipt_reordered")
        await simulator.send(reference="first")
        await simulator.send(reference="second")
        await eventually(lambda: len(simulator.onedoor.receipts) == 2)
        assert [receipt["reference"] for receipt in simulator.onedoor.receipts] == ["second", "first"]


async def test_a_receipt_for_an_unknown_id_comes_with_the_real_one() -> None:
    async with running() as simulator:
        await order(simulator, "receipt_unknown_id")
        sent = await simulator.send(reference="one")
        await eventually(lambda: len(simulator.onedoor.receipts) == 2)
        assert [receipt["id"] == sent["id"] for receipt in simulator.onedoor.receipts].count(True) == 1


async def test_a_receipt_that_never_comes() -> None:
    async with running() as simulator:
        await order(simulator, "receipt_never")
        await simulator.send(reference="silent")
        await simulator.send(reference="other")
        await eventually(lambda: bool(simulator.world.idle()["idle"]))
        assert [receipt["reference"] for receipt in simulator.onedoor.receipts] == ["other"]
        assert (await simulator.total())["by_status"] == {"delivered": 2}


async def test_a_fault_for_one_number_leaves_the_others_alone() -> None:
    async with running() as simulator:
        await simulator.put("/control/faults", [{"mode": "refuse_503", "phone": "07700 900124"}])
        await simulator.send("07700900123")
        for _ in range(2):
            with pytest.raises(HTTP503Error):
                await simulator.send("07700900124")


@pytest.mark.parametrize(
    ("number", "status"), [("07700900003", "temporary-failure"), ("07700900002", "permanent-failure")]
)
@pytest.mark.parametrize("key_type", ["live", "test"])
async def test_the_failing_fixtures_fail_for_a_test_key_only(number: str, status: str, key_type: str) -> None:
    async with running(key_type=key_type) as simulator:
        await simulator.send(number)
        await eventually(lambda: bool(simulator.onedoor.receipts))
        assert simulator.onedoor.receipts[0]["status"] == (status if key_type == "test" else "delivered")


@pytest.mark.parametrize("number", ["07700900000", "07700900111", "07700900222"])
async def test_smoke_numbers_are_answered_and_forgotten(number: str) -> None:
    async with running(key_type="test") as simulator:
        sent = await simulator.send(number, reference="smoke")
        assert sent["id"]
        assert (await simulator.get("/control/sent?reference=smoke"))["count"] == 0
        assert simulator.world.idle()["idle"]


async def test_an_unknown_mode_is_refused() -> None:
    async with running() as simulator:
        status, answer = await simulator.put("/control/faults", [{"mode": "explode"}])
        assert status == 400
        assert "explode" in answer["error"]


def test_the_next_n_and_no_more() -> None:
    left: list[list[dict[str, Any]]] = []
    faults = Faults([parse_fault({"mode": "refuse_503", "next": 2})], left.append)
    taken = [faults.take("post", "s", "447700900123") is not None for _ in range(3)]
    assert taken == [True, True, False]
    assert [len(document) for document in left] == [1, 0]
