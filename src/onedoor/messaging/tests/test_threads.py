"""The inbox: seen by its organisation, in sets, and settled by a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.messaging import api as messaging
from onedoor.messaging.models import Inbound, Message, Thread
from onedoor.messaging.tests import asking_factories as asking
from onedoor.messaging.tests.asking_factories import SimpleOwner, say
from onedoor.patients.api import Patient
from onedoor.tasks import api as tasks
from onedoor.tasks.api import Task

pytestmark = pytest.mark.django_db
SAM = "+447700900201"
TOMORROW = datetime(2026, 12, 8, 10, 20, tzinfo=clock.LONDON)


@pytest.fixture
def visits() -> Iterator[SimpleOwner]:
    with asking.owning() as (visits, _):
        yield visits


@pytest.fixture
def practice(db: None) -> Organisation:
    return factories.practice()


def read_long_ago() -> None:
    """The texts are on somebody's screen: they came more than a moment ago."""
    Inbound.objects.update(received_real=clock.real_now() - timedelta(minutes=1))


def newest() -> int:
    """The mark of a page on which every text is."""
    return Inbound.objects.order_by("-id").values_list("pk", flat=True)[0]


def waiting(practice: Organisation, text: str = "Can I come later?") -> Thread:
    say(practice, SAM, text)
    read_long_ago()
    return Thread.objects.get(organisation=practice, number=SAM)


def test_the_inbox_shows_what_waits_the_urgent_first(visits: SimpleOwner, practice: Organisation) -> None:
    _, access = factories.person(practice)
    factories.patient(practice, "Sam", mobile=SAM)
    factories.patient(practice, "Ines", "Marlow", mobile="+447700900202")
    say(practice, SAM, "Can I come later?")
    with clock.at(clock.now() + timedelta(minutes=5)):
        say(practice, "+447700900202", "I have chest pain")
        say(practice, "+447700900203", "hello")
        rows = messaging.threads_waiting(access)
    assert [(row.last_text, row.urgent, [person.name for person in row.people]) for row in rows] == [
        ("I have chest pain", True, ["Ines Marlow"]),
        ("Can I come later?", False, ["Sam Hollis"]),
        ("hello", False, []),
    ]
    with clock.at(clock.now() + timedelta(minutes=9)):
        say(practice, "+447700900202", "where do I park?")
        urgent = messaging.threads_waiting(access)[0]
    # What was said since does not hide why it is urgent.
    assert (urgent.last_text, urgent.why) == ("where do I park?", "a word of danger: “I have chest pain”")
    count = messaging.inbox_count(access)
    assert (count.waiting, count.urgent, count.oldest) == (3, 1, datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON))
    assert len(messaging.threads_lately(access, limit=2)) == 2


def test_strangers_see_and_do_nothing(visits: SimpleOwner, practice: Organisation) -> None:
    patient = factories.patient(practice, "Sam", mobile=SAM)
    thread = waiting(practice)
    _, neighbour = factories.person(factories.practice("Y99003", "Harbour Surgery"))
    _, administrator = factories.person(practice, Role.ADMINISTRATOR)
    for access in (neighbour, administrator, Access.nobody(), Access.of_patient(patient.pk)):
        assert messaging.threads_waiting(access) == []
        assert messaging.threads_lately(access) == []
        assert messaging.inbox_count(access).waiting == 0
        with pytest.raises(Thread.DoesNotExist):
            messaging.thread(access, thread.ref)
        for act in (messaging.settle_thread, messaging.reply_to_thread, messaging.assign_thread):
            arguments: dict[str, dict[str, Any]] = {
                "settle_thread": {"seen": newest()},
                "reply_to_thread": {"text": "Hi"},
                "assign_thread": {"user_id": None},
            }
            more = arguments.get(act.__name__, {})
            with pytest.raises((Thread.DoesNotExist, NotPermitted)):
                act(access=access, thread_ref=thread.ref, **more)
    with pytest.raises(Patient.DoesNotExist):
        messaging.thread_of_patient(neighbour, patient.pk)
    assert messaging.thread_of_patient(Access.of_patient(patient.pk), patient.pk) == []
    assert Thread.objects.get().needs_person_since is not None


def test_patients_of_a_thread_are_named_within_the_access_only(visits: SimpleOwner, practice: Organisation) -> None:
    harbour = factories.practice("Y99003", "Harbour Surgery")
    factories.patient(practice, "Sam", mobile=SAM)
    factories.patient(harbour, "Ella", mobile=SAM)
    _, access = factories.person(practice)
    seen = messaging.thread(access, waiting(practice).ref)
    assert [person.name for person in seen.people] == ["Sam Hollis"]


def test_a_thread_in_order_of_time_with_what_was_made_of_it(visits: SimpleOwner, practice: Organisation) -> None:
    patient = factories.patient(practice, "Sam", mobile=SAM)
    asking.remind(visits.add(patient, practice, TOMORROW))
    _, access = factories.person(practice)
    say(practice, SAM, "CANCEL")
    with clock.at(clock.now() + timedelta(minutes=1)):
        say(practice, SAM, "CANCEL")
    with clock.at(clock.now() + timedelta(minutes=3)):
        say(practice, SAM, "can you ring me")
    seen = messaging.thread(access, Thread.objects.get().ref)
    assert [(one.ours, one.text, one.outcome, one.copy) for one in seen.said] == [
        (False, "CANCEL", "acted", False),
        (True, "Sam: done.", "", False),
        (False, "CANCEL", "duplicate", True),
        (False, "can you ring me", "person", False),
        (True, seen.said[4].text, "", False),
    ]
    assert seen.said[0].person is not None
    assert seen.said[0].person.ref == patient.ref
    assert messaging.thread_of_patient(access, patient.pk) == [seen]


def test_staff_write_back_once_and_take_the_thread(visits: SimpleOwner, practice: Organisation) -> None:
    user, access = factories.person(practice)
    thread, key = waiting(practice), uuid4()
    say(practice, SAM, "STOP")
    for _ in range(2):
        messaging.reply_to_thread(access=access, thread_ref=thread.ref, text=" Yes, come at 3pm. ", key=key)
    (message,) = Message.objects.filter(purpose="staff_reply")
    assert (message.body, message.lane, message.because) == ("Yes, come at 3pm.", 0, "")
    assert Thread.objects.get().owner == user
    for text in ("  ", "x" * 919):
        with pytest.raises(messaging.NothingToSay):
            messaging.reply_to_thread(access=access, thread_ref=thread.ref, text=text)


def test_settling_ends_the_work_and_ending_the_work_settles(visits: SimpleOwner, practice: Organisation) -> None:
    _, access = factories.person(practice)
    thread = waiting(practice)
    messaging.settle_thread(access=access, thread_ref=thread.ref, seen=newest())
    assert (Task.objects.get().state, Task.objects.get().outcome) == ("done", "answered")
    assert Thread.objects.get().needs_person_since is None
    waiting(practice, "and one more thing")
    tasks.complete(access=access, ref=Task.objects.get(state="open").ref, outcome="nothing")
    assert Thread.objects.get().needs_person_since is None
    messaging.settle_thread(access=access, thread_ref=thread.ref, seen=newest())


def test_a_text_that_comes_while_the_last_is_settled_is_not_lost(visits: SimpleOwner, practice: Organisation) -> None:
    _, access = factories.person(practice)
    thread = waiting(practice)
    say(practice, SAM, "and my knee hurts")
    # However slow this machine is, it is settled within the second.
    Inbound.objects.filter(pk=newest()).update(received_real=clock.real_now() + timedelta(hours=1))
    messaging.settle_thread(access=access, thread_ref=thread.ref, seen=newest())
    assert Thread.objects.get().needs_person_since is not None
    assert Task.objects.filter(state="open").count() == 1


def test_work_is_not_ended_over_a_text_that_was_not_on_the_page(visits: SimpleOwner, practice: Organisation) -> None:
    """However long ago it came: the page was older."""
    _, access = factories.person(practice)
    thread, other = waiting(practice), SAM[:-1] + "2"
    say(practice, other, "a text of another phone does not count")
    seen = newest()
    waiting(practice, "and my knee hurts")
    (task,) = [task for task in tasks.waiting(access) if task.subject_id == thread.pk]
    with pytest.raises(tasks.NewerCame):
        messaging.settle_thread(access=access, thread_ref=thread.ref, seen=seen)
    with pytest.raises(tasks.NewerCame):
        tasks.complete(access=access, ref=task.ref, outcome="answered", seen=seen)
    task.refresh_from_db()
    thread.refresh_from_db()
    assert (task.state, thread.needs_person_since is None) == ("open", False)
    seen = messaging.newest_texts(access, [thread.pk])[thread.pk]
    say(practice, SAM, "STOP")  # nobody has to read that
    tasks.complete(access=access, ref=task.ref, outcome="answered", seen=seen)
    thread.refresh_from_db()
    assert thread.needs_person_since is None
    with pytest.raises(tasks.AlreadyDone):
        tasks.complete(access=access, ref=task.ref, outcome="answered", seen=0)


def test_the_newest_texts_are_those_of_the_access(visits: SimpleOwner, practice: Organisation) -> None:
    thread = waiting(practice)
    _, neighbour = factories.person(factories.practice("Y99003", "Harbour Surgery"))
    assert messaging.newest_texts(neighbour, [thread.pk]) == {}
    assert messaging.newest_texts(Access.nobody(), [thread.pk]) == {}


def test_a_crisis_is_ended_by_saying_what_became_of_it(visits: SimpleOwner, practice: Organisation) -> None:
    _, access = factories.person(practice)
    thread = waiting(practice, "I want to die")
    with pytest.raises(messaging.MustDecide):
        messaging.settle_thread(access=access, thread_ref=thread.ref, seen=newest())
    assert Thread.objects.get().urgent
    tasks.complete(access=access, ref=Task.objects.get().ref, outcome="spoken")
    assert not Thread.objects.get().urgent
    assert messaging.threads_waiting(access) == []


def test_threads_are_handed_to_colleagues_only(visits: SimpleOwner, practice: Organisation) -> None:
    user, access = factories.person(practice)
    stranger, _ = factories.person(factories.practice("Y99003", "Harbour Surgery"))
    thread = waiting(practice)
    messaging.assign_thread(access=access, thread_ref=thread.ref, user_id=user.pk)
    assert [row.owner for row in messaging.threads_waiting(access, whose="mine")] == ["Robin Vale"]
    assert messaging.threads_waiting(access, whose="nobody") == []
    with pytest.raises(Thread.DoesNotExist):
        messaging.assign_thread(access=access, thread_ref=thread.ref, user_id=stranger.pk)
    messaging.assign_thread(access=access, thread_ref=thread.ref, user_id=None)
    assert len(messaging.threads_waiting(access, whose="nobody")) == 1


def test_lists_cost_a_fixed_number_of_queries(
    visits: SimpleOwner, practice: Organisation, django_assert_num_queries: Any
) -> None:
    _, access = factories.person(practice)
    for n in range(30):
        factories.patient(practice, f"P{n}", mobile=f"+4477009003{n:02d}")
        say(practice, f"+4477009003{n:02d}", "Can I come later?")
    for limit in (1, 30):
        with django_assert_num_queries(4):
            assert len(messaging.threads_waiting(access, limit=limit)) == limit
    with django_assert_num_queries(1):
        assert messaging.inbox_count(access).waiting == 30
    ref = Thread.objects.order_by("id")[0].ref
    with django_assert_num_queries(6):
        messaging.thread(access, ref)
