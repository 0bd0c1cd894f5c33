from simulator.reception import forms
from simulator.tests.helpers import TASK_LIST, eventually, running
from simulator.tests.test_phones import advance, standing


def test_forms_of_a_page() -> None:
    first, second = forms(TASK_LIST)
    assert (first.action, first.kind) == ("/tasks/7/complete/", "free_place")
    assert first.fields == {"csrfmiddlewaretoken": "t-7"}
    assert first.buttons == [("outcome", "done"), ("outcome", "impossible")]
    assert second.kind == "read_reply"


async def test_she_ticks_off_the_work_in_the_outside_diary_after_her_minutes() -> None:
    async with running() as simulator:
        await standing(simulator)
        await simulator.put("/control/reception", {"on": True, "after_minutes": 5})
        await eventually(lambda: simulator.world.reception.waiting() == 1)
        assert simulator.onedoor.completed == []
        advance(simulator, 6)
        await eventually(lambda: simulator.world.reception.done == 1)
        assert simulator.onedoor.completed == [("7", {"csrfmiddlewaretoken": "t-7", "outcome": "done"})]
        status, answer = await simulator.put("/control/reception", {"on": False})
        assert (status, answer["on"], answer["done"]) == (200, False, 1)
