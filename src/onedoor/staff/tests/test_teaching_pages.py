"""The inbox's taps, the phrases to check and the accuracy page, through their forms."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from onedoor import factories
from onedoor.booking import api as booking
from onedoor.booking.tests import factories as diary
from onedoor.kernel import clock
from onedoor.messaging import api as messaging
from onedoor.messaging.models import Inbound, ProposedPhrase, Thread, Verdict
from onedoor.messaging.tests.asking_factories import say
from onedoor.patients.models import ContactPoint
from onedoor.tasks.models import Task
from onedoor.ui.tests.world import World, make

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
JOYCE = "+447700900150"


@pytest.fixture
def world() -> World:
    return make()


def signed_in(user: object) -> Client:
    assert isinstance(user, get_user_model())
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def tap(client: Client, thread: Thread, text: Inbound, meant: str) -> str:
    """One press of a button beside a text; the page that follows."""
    form = {"text": str(text.pk), "meant": meant, "seen": str(text.pk)}
    return client.post(reverse("thread_meant", args=[thread.ref]), form, follow=True).content.decode()


def test_one_tap_says_what_it_meant_and_settles_a_question(world: World) -> None:
    desk = signed_in(world.receptionist)
    page = desk.get(reverse("thread", args=[world.thread.ref])).content.decode()
    assert "What did it mean?" in page
    assert "A question, dealt with" in page
    page = tap(desk, world.thread, world.inbound, "question")
    assert "Nothing here waits any more" in page
    assert "✓ Said" in page
    assert Task.objects.get(pk=world.task.pk).state == "done"
    tap(desk, world.thread, world.inbound, "question")
    assert Verdict.objects.get().meant == "question"


def test_what_cannot_be_said_is_not_there(world: World) -> None:
    desk = signed_in(world.receptionist)
    address = reverse("thread_meant", args=[world.thread.ref])
    for form in ({"text": "x", "meant": "question"}, {"text": str(world.inbound.pk), "meant": "crisis"}, {}):
        assert desk.post(address, form).status_code == 404
    assert not Verdict.objects.exists()


def test_a_cancellation_that_was_not_meant_is_put_back(world: World) -> None:
    desk = signed_in(world.receptionist)
    joyce = factories.patient(world.organisation, "Joyce", "Achebe", mobile=JOYCE)
    seat = diary.own_seats(world.practice, 1, first=(12, 0))[0]
    visit = booking.book(seat_ref=seat.ref, patient_id=joyce.pk, by=world.access.actor)
    text = say(world.organisation, JOYCE, "CANCEL")
    visit.refresh_from_db()
    assert (text.outcome, visit.state) == ("acted", "cancelled")
    thread = Thread.objects.get(number=JOYCE)
    page = desk.get(reverse("thread", args=[thread.ref])).content.decode()
    assert "That was not meant" in page
    assert "Put the appointment back" not in page
    back = reverse("thread_put_back", args=[thread.ref])
    assert desk.post(back, {"text": str(text.pk)}).status_code == 404
    page = tap(desk, thread, text, "not_meant")
    assert "▲ Corrected" in page
    assert "Put the appointment back" in page
    page = desk.post(back, {"text": str(text.pk)}, follow=True).content.decode()
    assert "The appointment stands again" in page
    assert [one.starts_at for one in booking.upcoming_of(world.access, joyce.pk)] == [seat.starts_at]
    page = desk.post(back, {"text": str(text.pk)}, follow=True).content.decode()
    assert "It cannot be put back" in page
    with clock.at(clock.now() + timedelta(days=1)):
        assert "It cannot be put back" in desk.post(back, {"text": str(text.pk)}, follow=True).content.decode()


def test_done_for_a_text_is_also_said_of_it(world: World) -> None:
    desk = signed_in(world.receptionist)
    form = {
        "person": str(world.sam.ref),
        "appointment": str(world.booked.ref),
        "intent": "confirm",
        "text": str(world.inbound.pk),
    }
    desk.post(reverse("thread_answer", args=[world.thread.ref]), form)
    assert Verdict.objects.get().meant == "confirm"


def test_a_phrase_is_looked_at_changed_and_accepted(world: World) -> None:
    desk, manager = signed_in(world.receptionist), signed_in(world.manager)
    assert "No phrase to check" in manager.get(reverse("phrases")).content.decode()
    tap(desk, world.thread, world.inbound, "question")
    page = manager.get(reverse("phrases")).content.decode()
    assert "1 phrase to check" in page
    for name in ("Ada", "Sam", "Hollis", "07700"):
        assert name not in page
    address = reverse("phrase", args=[ProposedPhrase.objects.get().ref])
    assert (
        "Not accepted"
        in manager.post(address, {"do": "accept", "text": " ", "intent": "question"}, follow=True).content.decode()
    )
    form = {"do": "accept", "text": "can they come after school", "intent": "question"}
    assert "Accepted" in manager.post(address, form, follow=True).content.decode()
    assert manager.post(address, form).status_code == 404


def test_how_replies_were_read_and_its_file(world: World) -> None:
    desk, administrator = signed_in(world.receptionist), signed_in(world.administrator)
    page = desk.get(reverse("accuracy")).content.decode()
    assert "Fewer than 5 texts were read" in page
    assert "all practices" not in page
    assert "all practices" in administrator.get(reverse("accuracy")).content.decode()
    other = messaging.practices(world.access)[0][0] + 10_000
    assert desk.get(reverse("accuracy"), {"practice": other}).status_code == 404
    answer = desk.post(reverse("accuracy_download"), {"first": "2026-12-01", "last": "2026-12-07", "practice": ""})
    assert answer.status_code == 200
    assert "hidden" in answer.content.decode()


def test_a_ready_reply_is_put_into_the_box(world: World) -> None:
    desk, manager = signed_in(world.receptionist), signed_in(world.manager)
    address = reverse("ready_replies")
    manager.post(address, {"texts": "We will ring you today.\r\n\r\nPlease ring us after 2pm."})
    page = manager.post(address, {"texts": "Sam's number is 07700 900123"}, follow=True).content.decode()
    assert "Not saved" in page
    thread = reverse("thread", args=[world.thread.ref])
    assert "We will ring you today." in desk.get(thread).content.decode()
    page = desk.get(thread, {"ready": "2"}).content.decode()
    assert ">Please ring us after 2pm.</textarea>" in page
    for wrong in ("0", "3", "x"):
        assert "></textarea>" in desk.get(thread, {"ready": wrong}).content.decode()


def test_never_two_patients_details_on_one_screen(world: World) -> None:
    """Whoever is chosen of those who share a phone, the other's appointments and card are not there."""
    desk = signed_in(world.receptionist)
    address = reverse("thread", args=[world.thread.ref])
    visits = {person.pk: booking.upcoming_of(world.access, person.pk)[0] for person in (world.sam, world.ada)}
    born = {world.sam.pk: world.sam.born_on, world.ada.pk: world.ada.born_on}
    assert not any(str(visit.ref) in desk.get(address).content.decode() for visit in visits.values())
    for person, other in ((world.sam, world.ada), (world.ada, world.sam)):
        page = desk.get(address, {"person": str(person.ref)}).content.decode()
        assert str(visits[person.pk].ref) in page
        assert str(visits[other.pk].ref) not in page
        assert other.nhs_number is None or other.nhs_number not in page.replace(" ", "").replace("\u00a0", "")
        assert born[other.pk].strftime("%-d %b %Y") not in page


def test_the_same_patient_on_another_number_is_a_link_away(world: World) -> None:
    desk = signed_in(world.receptionist)
    joyce = factories.patient(world.organisation, "Joyce", "Achebe", mobile=JOYCE)
    ContactPoint.objects.create(patient=joyce, kind="mobile", value="+447700900151", since=clock.now())
    say(world.organisation, JOYCE, "what shall I bring?")
    say(world.organisation, "+447700900151", "this is my new phone, a question about blood?")
    one, other = (Thread.objects.get(number=number) for number in (JOYCE, "+447700900151"))
    page = desk.get(reverse("thread", args=[one.ref])).content.decode()
    assert "Joyce Achebe on other numbers" in page
    assert reverse("thread", args=[other.ref]) in page
    assert "a question about blood" not in page


def test_how_long_it_waits_is_said_in_words(world: World) -> None:
    desk = signed_in(world.receptionist)
    for hours, said in ((0, ""), (2, "◷ Over an hour"), (5, "▲ Too long")):
        with clock.at(clock.now() + timedelta(hours=hours)):
            page = desk.get(reverse("inbox")).content.decode()
        assert said in page
        assert ("Over an hour" in page or "Too long" in page) == bool(said)
