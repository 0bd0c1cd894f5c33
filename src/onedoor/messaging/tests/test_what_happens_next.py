"""What each reply does beside cancelling and keeping: deaths, wrong numbers, pictures, machines, and one answer a window."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.kernel import clock
from onedoor.messaging import api as messaging
from onedoor.messaging.models import Inbound, Message
from onedoor.messaging.rules.machines import from_a_machine, is_picture, speaks_of_stopping
from onedoor.messaging.rules.suppression import Standing, suppressed
from onedoor.messaging.tests import asking_factories as asking
from onedoor.messaging.tests.asking_factories import SimpleOwner, Visit
from onedoor.tasks import api as tasks
from onedoor.tasks.models import Task

pytestmark = pytest.mark.django_db

PHONE = "+447700900388"


@pytest.fixture
def visits() -> Iterator[SimpleOwner]:
    """Visits in memory."""
    with asking.owning() as (owner, _):
        yield owner


@pytest.fixture
def practice() -> Organisation:
    """One practice."""
    return factories.practice()


def couple(visits: SimpleOwner, practice: Organisation) -> tuple[Visit, Visit]:
    """Albert and Joan share a phone; both were reminded."""
    both = [factories.patient(practice, name, mobile=PHONE) for name in ("Albert", "Joan")]
    made = [visits.add(one, practice, clock.now() + timedelta(days=1, minutes=30 * n)) for n, one in enumerate(both)]
    for visit in made:
        asking.remind(visit)
    return made[0], made[1]


def say(practice: Organisation, text: str, *, after: int = 0) -> Inbound:
    with clock.at(clock.now() + timedelta(minutes=after)):
        found = asking.say(practice, PHONE, text)
    found.refresh_from_db()
    return found


def sent() -> list[str]:
    return list(Message.objects.filter(subject="inbound").order_by("id").values_list("body", flat=True))


def rests(practice: Organisation) -> str:
    return messaging.resting(organisation_id=practice.pk, number=PHONE)


def test_news_of_a_death_pauses_everything_and_ends_nothing(visits: SimpleOwner, practice: Organisation) -> None:
    albert, joan = couple(visits, practice)
    say(practice, "He passed away last night")
    assert rests(practice) == "bereaved"
    assert (albert.state, joan.state, visits.acts) == ("booked", "booked", [])
    [body] = sent()
    assert "very sorry" in body
    assert "?" not in body
    assert not any(name in body for name in ("Albert", "Joan", "Hollis"))
    [task] = Task.objects.all()
    assert task.kind == "deceased_reply"
    # What is said from that number afterwards is read by a person, and nothing more goes out.
    say(practice, "cancel", after=60)
    assert (albert.state, joan.state, Task.objects.count(), len(sent())) == ("booked", "booked", 1, 1)


@pytest.mark.parametrize(("outcome", "after"), [("answered", "bereaved"), ("nothing", "")])
def test_a_person_decides_whether_texts_go_again(
    visits: SimpleOwner, practice: Organisation, outcome: str, after: str
) -> None:
    couple(visits, practice)
    _, access = factories.person(practice)
    say(practice, "He passed away last night")
    tasks.complete(access=access, ref=Task.objects.get().ref, outcome=outcome)
    assert rests(practice) == after


def test_a_wrong_number_rests_and_a_later_cancel_joins_its_work(visits: SimpleOwner, practice: Organisation) -> None:
    albert, joan = couple(visits, practice)
    say(practice, "wrong number")
    say(practice, "cancel", after=60)
    assert (albert.state, joan.state, rests(practice)) == ("booked", "booked", "wrong_number")
    [task] = Task.objects.all()
    assert task.kind == "wrong_number"
    [body] = sent()
    assert not any(name in body for name in ("Albert", "Joan"))


def test_cancel_and_stop_in_one_is_a_persons_and_no_campaign_goes(visits: SimpleOwner, practice: Organisation) -> None:
    albert, _ = couple(visits, practice)
    _, access = factories.person(practice)
    say(practice, "Cancel my appointment and stop texting me")
    assert (albert.state, rests(practice)) == ("booked", "undecided")
    assert suppressed("campaign", Standing(resting="undecided"))
    assert not suppressed("reminder", Standing(resting="undecided"))
    tasks.complete(access=access, ref=Task.objects.get().ref, outcome="answered")
    assert rests(practice) == ""


def test_a_stop_after_all_is_a_stop(visits: SimpleOwner, practice: Organisation) -> None:
    couple(visits, practice)
    _, access = factories.person(practice)
    say(practice, "Cancel my appointment and stop texting me")
    say(practice, "STOP", after=5)
    tasks.complete(access=access, ref=Task.objects.get().ref, outcome="answered")
    assert rests(practice) == "stop"


@pytest.mark.parametrize("picture", ["", "[image]", "MMS", "IMG_2041.jpg"])
def test_a_picture_and_then_words_is_one_task_and_one_text(
    visits: SimpleOwner, practice: Organisation, picture: str
) -> None:
    albert, _ = couple(visits, practice)
    say(practice, picture)
    with clock.at(clock.now() + timedelta(seconds=20)):
        say(practice, "thats my rash, do I still need to come")
    [body] = sent()
    assert "cannot see pictures" in body
    assert len(body) <= 160
    assert Task.objects.count() == 1
    assert albert.state == "booked"


def test_an_automatic_reply_makes_nothing(visits: SimpleOwner, practice: Organisation) -> None:
    couple(visits, practice)
    say(practice, "I'm driving right now and will get back to you when I arrive. (Auto-reply)")
    say(practice, "Automatic reply: I am away from 12/08 to 14/08 and will reply when I return.")
    assert (sent(), Task.objects.count()) == ([], 0)


def test_a_loop_ends_at_once(visits: SimpleOwner, practice: Organisation) -> None:
    albert, _ = couple(visits, practice)
    words = "Thanks for contacting Brackwell Plumbing. To cancel a booking call the office."
    for n in range(31):
        say(practice, words if n % 2 else f"{words} Ref {n}", after=n // 3)
    assert len(sent()) <= 1
    assert Task.objects.count() == 1
    assert albert.state == "booked"


def test_one_answer_in_a_window_but_for_what_was_done(visits: SimpleOwner, practice: Organisation) -> None:
    sam = factories.patient(practice, "Sam", mobile=PHONE)
    visit = visits.add(sam, practice, clock.now() + timedelta(days=1))
    asking.remind(visit)
    say(practice, "HELP")
    say(practice, "which bus goes to you", after=2)
    say(practice, "HELP", after=13)
    assert len(sent()) == 1
    say(practice, "CANCEL", after=14)
    assert visit.state == "cancelled"
    assert len(sent()) == 2
    say(practice, "HELP", after=16)
    assert len(sent()) == 3


@pytest.mark.parametrize(
    ("text", "machine", "picture", "stops"),
    [
        ("Out of office: back Monday", True, False, False),
        ("is this an automatic reply?", False, False, False),
        ("I am driving, cancel please", False, False, False),
        ("👍", False, False, False),
        ("[picture] cancel", False, False, False),
        ("photo", False, True, False),
        ("cancel and stop the texts", False, False, True),
        ("I stopped smoking", False, False, False),
    ],
)
def test_what_nobody_wrote(text: str, machine: bool, picture: bool, stops: bool) -> None:
    assert (from_a_machine(text), is_picture(text), speaks_of_stopping(text)) == (machine, picture, stops)
