"""Work for people: asked for once, ended once, seen by its organisation only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from onedoor import factories
from onedoor.kernel import clock, events
from onedoor.kernel.access import Access
from onedoor.kernel.clock import LONDON
from onedoor.tasks import api as tasks
from onedoor.tasks.events import TaskCompleted
from onedoor.tasks.models import Task, TaskHistory
from onedoor.tasks.types import Kind, NewTask, Outcome

pytestmark = pytest.mark.django_db
KIND = tasks.declare_kind(
    Kind(
        "test_kind", "A test", "reception", timedelta(hours=4), (Outcome("done", "Done"), Outcome("no", "Not possible"))
    )
)
URGENT = tasks.declare_kind(
    Kind("test_urgent", "An urgent test", "duty", timedelta(0), (Outcome("done", "Done"),), urgent=True)
)

SOON = tasks.declare_kind(
    Kind("test_soon", "An urgent test with time", "duty", timedelta(hours=1), (Outcome("done", "Done"),), urgent=True)
)


def ask(organisation_id: int, key: str = "k", kind: str = "test_kind") -> list[int]:
    with transaction.atomic():
        return tasks.ask_for(tasks=[NewTask(kind, organisation_id, key, "Do it")], by=factories.TEST)


def test_the_same_work_waits_once_and_is_due_in_working_time() -> None:
    practice = factories.practice()
    assert len(ask(practice.pk)) == 1
    assert ask(practice.pk) == []
    assert Task.objects.get().due_at == datetime(2026, 12, 7, 13, 0, tzinfo=LONDON)


def test_done_work_may_be_asked_for_again() -> None:
    practice = factories.practice()
    _, access = factories.person(practice)
    ask(practice.pk)
    tasks.complete(access=access, ref=Task.objects.get().ref, outcome="done")
    assert len(ask(practice.pk)) == 1


def test_two_people_cannot_end_one_task(monkeypatch: pytest.MonkeyPatch) -> None:
    practice = factories.practice()
    _, one = factories.person(practice)
    _, two = factories.person(practice)
    ask(practice.pk)
    ref = Task.objects.get().ref
    seen: list[TaskCompleted] = []
    monkeypatch.setitem(events._handlers, TaskCompleted, [seen.append])
    tasks.complete(access=one, ref=ref, outcome="done")
    with pytest.raises(tasks.AlreadyDone):
        tasks.complete(access=two, ref=ref, outcome="no")
    assert [event.outcome for event in seen] == ["done"]
    assert TaskHistory.objects.filter(to_state="done").count() == 1


def test_an_outcome_that_is_not_offered_is_refused() -> None:
    practice = factories.practice()
    _, access = factories.person(practice)
    ask(practice.pk)
    with pytest.raises(tasks.NoSuchOutcome):
        tasks.complete(access=access, ref=Task.objects.get().ref, outcome="maybe")


def test_claiming_and_giving_back() -> None:
    practice = factories.practice()
    user, access = factories.person(practice)
    ask(practice.pk)
    ref = Task.objects.get().ref
    tasks.claim(access=access, ref=ref)
    assert Task.objects.get().owner == user
    tasks.give_back(access=access, ref=ref)
    assert Task.objects.get().owner is None


def test_another_practice_sees_and_does_nothing() -> None:
    ask(factories.practice().pk)
    _, other = factories.person(factories.practice("Y99003", "Harbour Surgery"))
    assert tasks.waiting(other) == []
    assert tasks.waiting(Access.nobody()) == []
    with pytest.raises(Task.DoesNotExist):
        tasks.complete(access=other, ref=Task.objects.get().ref, outcome="done")


def test_urgent_work_comes_first() -> None:
    practice = factories.practice()
    _, access = factories.person(practice)
    ask(practice.pk, "slow")
    ask(practice.pk, "fast", "test_urgent")
    assert [task.key for task in tasks.waiting(access)] == ["fast", "slow"]


def test_danger_comes_before_urgent_work_whose_clock_ran_out_earlier() -> None:
    practice = factories.practice()
    _, access = factories.person(practice)
    ask(practice.pk, "interpreter", "test_soon")
    with clock.at(clock.now() + timedelta(hours=3)):
        ask(practice.pk, "danger", "test_urgent")
        assert [task.key for task in tasks.waiting(access)] == ["danger", "interpreter"]


def test_withdrawn_work_leaves_the_list() -> None:
    practice = factories.practice()
    _, access = factories.person(practice)
    ask(practice.pk)
    with transaction.atomic():
        assert tasks.withdraw(keys=["k"], because="no longer needed", by=factories.TEST) == 1
    assert tasks.waiting(access) == []


def test_asking_for_many_is_a_fixed_number_of_queries(django_assert_max_num_queries: Any) -> None:
    practice = factories.practice()
    for n in (10, 1_000):
        wanted = [NewTask("test_kind", practice.pk, f"{n}-{i}", "Do it") for i in range(n)]
        with django_assert_max_num_queries(9), transaction.atomic():
            assert len(tasks.ask_for(tasks=wanted, by=factories.TEST)) == n
