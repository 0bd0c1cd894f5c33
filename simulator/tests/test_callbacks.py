import pytest

from simulator.tests.helpers import REPLY_NUMBER, TOKEN, eventually, running

RECEIPT_FIELDS = {
    "id",
    "reference",
    "to",
    "status",
    "created_at",
    "completed_at",
    "sent_at",
    "notification_type",
    "template_id",
    "template_version",
}


async def test_a_receipt_has_exactly_the_documented_fields_and_our_token() -> None:
    async with running() as simulator:
        await simulator.send("+44 7700 900123", reference="one")
        await eventually(lambda: bool(simulator.onedoor.receipts))
        receipt = simulator.onedoor.receipts[0]
        assert set(receipt) == RECEIPT_FIELDS
        assert (receipt["to"], receipt["reference"], receipt["notification_type"]) == ("+44 7700 900123", "one", "sms")
        assert simulator.onedoor.tokens == {f"Bearer {TOKEN}"}


async def test_a_reply_has_two_formats_of_number() -> None:
    async with running() as simulator:
        order = {"from": "07700900123", "to": REPLY_NUMBER, "text": "CANCEL", "copies": 2}
        async with simulator.http.post(f"{simulator.address}/control/inbound", json=order) as response:
            assert response.status == 201
        await eventually(lambda: len(simulator.onedoor.inbound) == 2)
        inbound = simulator.onedoor.inbound[0]
        assert set(inbound) == {"id", "source_number", "destination_number", "message", "date_received"}
        assert (inbound["source_number"], inbound["destination_number"]) == ("447700900123", REPLY_NUMBER)
        assert inbound["date_received"].endswith("Z")
        # the network's repeat has an id of its own (messaging.md 4.2)
        assert len({copy["id"] for copy in simulator.onedoor.inbound}) == 2


@pytest.mark.parametrize("answers", [[500], [503, 502], [429], [0], [0, 500, 429, 503, 500]])
async def test_retried_until_taken(answers: list[int]) -> None:
    async with running() as simulator:
        simulator.onedoor.answers = list(answers)
        await simulator.send()
        await eventually(lambda: len(simulator.onedoor.receipts) == 1)
        assert simulator.onedoor.attempts == len(answers) + 1


@pytest.mark.parametrize("status", [400, 401, 404, 410])
async def test_any_other_4xx_drops_it_for_good(status: int) -> None:
    async with running() as simulator:
        simulator.onedoor.answers = [status]
        await simulator.send()
        await eventually(lambda: bool(simulator.onedoor.attempts and simulator.world.idle()["idle"]))
        assert (simulator.onedoor.attempts, simulator.onedoor.receipts) == (1, [])


async def test_given_up_after_five_retries() -> None:
    async with running() as simulator:
        simulator.onedoor.answers = [500] * 10
        await simulator.send()
        await eventually(lambda: simulator.onedoor.attempts == 6 and bool(simulator.world.idle()["idle"]))
        assert simulator.onedoor.receipts == []


async def test_nothing_is_forgotten_over_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    state = str(tmp_path_factory.mktemp("state") / "simulator.sqlite")
    async with running(state=state, seconds=60) as first:
        await first.send(reference="one")
        await first.send(reference="one")
        await first.put("/control/faults", [{"mode": "fail_permanent", "phone": "07700900124"}])
        assert not first.world.idle()["idle"]
    async with running(state=state) as second:
        total = await second.total()
        assert (total["accepted"], total["references_sent_more_than_once"]) == (2, 1)
        assert second.world.idle()["receipts"] == 2
        assert (await second.get("/control/faults"))["faults"][0]["phone"] == "447700900124"
        # a callback stored before the end goes out after it
        second.world.courier.enqueue(next(iter(second.world.services)).service_id, "receipt", {"id": "x"}, delay=60)
    async with running(state=state) as third:
        assert third.world.idle()["receipts"] == 3
