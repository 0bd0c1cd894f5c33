import datetime as dt

from simulator.tests.helpers import NOON, Running, eventually, running

MARJORIE = {
    "mobile": "07700900123",
    "name": "Marjorie Ellis",
    "character": "Answers at once.",
    "replies": [{"when_text_contains": "Reply CANCEL", "text": "CANCEL", "after_minutes": 30}],
}
REMINDER = "Tue 8 Dec at 10:20am. If you cannot come, reply CANCEL."


async def page(simulator: Running, path: str) -> str:
    async with simulator.http.get(simulator.address + path) as response:
        assert response.status == 200
        return await response.text()


async def press(simulator: Running, path: str, **form: str) -> tuple[int, str]:
    """The status of the page one lands on, and its text."""
    async with simulator.http.post(simulator.address + path, data=form) as response:
        return response.status, await response.text()


async def test_a_text_appears_on_its_phone_and_a_reply_reaches_onedoor() -> None:
    async with running() as simulator:
        await simulator.send("07700900123", "Come <b>early</b>")
        await eventually(lambda: bool(simulator.onedoor.receipts))
        assert "1 unread" in await page(simulator, "/")
        thread = await page(simulator, "/phones/07700900123/")
        assert "Come &lt;b&gt;early&lt;/b&gt;" in thread
        assert "1 unread" not in await page(simulator, "/")
        service = next(iter(simulator.world.services)).service_id
        for form in ({"quick": "CANCEL"}, {"text": "Thank you\r\nM"}):
            status, shown = await press(simulator, f"/phones/07700900123/send/?with={service}", **form)
            assert status == 200
        assert "Thank you\nM" in shown
        await eventually(lambda: len(simulator.onedoor.inbound) == 2)
        assert {inbound["message"] for inbound in simulator.onedoor.inbound} == {"CANCEL", "Thank you\nM"}


async def test_any_number_can_be_opened_and_text_first() -> None:
    async with running() as simulator:
        status, shown = await press(simulator, "/open/", number="07700 900177")
        assert status == 200
        assert "No texts yet" in shown
        assert "Riverside Surgery" in shown
        status, shown = await press(simulator, "/open/", number="12")
        assert status == 400
        assert "Enter a UK mobile number" in shown


async def test_an_empty_text_is_not_sent() -> None:
    async with running() as simulator:
        service = next(iter(simulator.world.services)).service_id
        status, shown = await press(simulator, f"/phones/07700900123/send/?with={service}", text=" ")
        assert status == 400
        assert "Write a text first" in shown
        assert simulator.world.idle()["idle"]


async def test_a_page_of_another_site_cannot_press_our_buttons() -> None:
    async with running() as simulator:
        headers = {"Sec-Fetch-Site": "cross-site"}
        async with simulator.http.post(f"{simulator.address}/clock/", data={}, headers=headers) as response:
            assert response.status == 403


async def test_live_events_tell_that_a_phone_changed() -> None:
    async with running() as simulator, simulator.http.get(f"{simulator.address}/live/") as stream:
        assert await stream.content.readline() == b"event: clock\n"
        await simulator.send("07700900123")
        async for line in stream.content:
            if line == b"event: phone\n":
                break
        assert await stream.content.readline() == b'data: {"phone":"07700900123"}\n'


# People who answer by themselves


async def standing(simulator: Running) -> None:
    await eventually(lambda: simulator.world.clock.followed)


def advance(simulator: Running, minutes: float) -> None:
    simulator.onedoor.clock["now"] = (NOON + dt.timedelta(minutes=minutes)).isoformat()


async def test_a_persona_replies_after_minutes_of_the_worlds_time() -> None:
    async with running(personas=(MARJORIE,)) as simulator:
        await standing(simulator)
        await simulator.send("07700900123", REMINDER)
        await eventually(lambda: simulator.world.idle()["replies"] == 1)
        assert simulator.world.idle()["next_reply_at"].startswith("2026-12-08T12:30")
        assert simulator.onedoor.inbound == []
        advance(simulator, 31)
        await eventually(lambda: bool(simulator.onedoor.inbound))
        assert simulator.onedoor.inbound[0]["message"] == "CANCEL"
        assert simulator.onedoor.inbound[0]["date_received"].startswith("2026-12-08T12:31")
        assert "simulated" in await page(simulator, "/phones/07700900123/")


async def test_a_text_that_came_twice_is_answered_once_and_another_again() -> None:
    async with running(personas=(MARJORIE,)) as simulator:
        await standing(simulator)
        for text in (REMINDER, REMINDER, REMINDER.replace("10:20", "11:40"), "Your place is booked."):
            await simulator.send("07700900123", text)
        await eventually(lambda: len(simulator.onedoor.receipts) == 4)
        assert simulator.world.idle()["replies"] == 2


async def test_a_persona_switched_off_leaves_the_phone_to_a_human() -> None:
    async with running(personas=(MARJORIE,)) as simulator:
        await standing(simulator)
        await simulator.send("07700900123", REMINDER)
        await eventually(lambda: simulator.world.idle()["replies"] == 1)
        _, shown = await press(simulator, "/phones/07700900123/persona/", on="no")
        assert "You play this person" in shown
        await simulator.send("07700900123", REMINDER + " Thank you.")
        await eventually(lambda: len(simulator.onedoor.receipts) == 2)
        assert simulator.world.idle()["idle"]


# The clock


async def test_the_pages_show_the_worlds_time_and_change_its_speed() -> None:
    async with running() as simulator:
        await standing(simulator)
        shown = await page(simulator, "/")
        assert "Tuesday 8 December 2026, 12:00pm" in shown
        status, _ = await press(simulator, "/clock/", speed="minute", back="/phones/07700900123/")
        assert status == 200
        assert simulator.onedoor.clock["rate"] == 1_440.0
        assert simulator.world.clock.rate == 1_440.0


async def test_the_clock_passes_through_the_control_interface() -> None:
    async with running() as simulator:
        status, answer = await simulator.put("/control/clock", {"now": "2026-12-09T08:00:00+00:00"})
        assert (status, answer["now"]) == (200, "2026-12-09T08:00:00+00:00")
        assert (await simulator.get("/control/clock"))["rate"] == 0.0


async def test_the_ledgers_day_is_the_worlds_day_in_london() -> None:
    async with running() as simulator:
        simulator.onedoor.clock["now"] = "2026-07-01T23:30:00+00:00"
        await simulator.put("/control/clock", {"rate": 0})
        await simulator.send()
        ledger = await simulator.get("/control/ledger")
        assert [day["day"] for day in ledger["services"][0]["days"]] == ["2026-07-02"]
