"""What a patient can do on their own pages."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from onedoor.booking.models import AppointmentType, WaitingEntry
from onedoor.questionnaires import api as questionnaires
from onedoor.records.models import Look
from onedoor.tasks.models import Task
from onedoor.ui.tests.world import World, make

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def world() -> World:
    """A practice on a Monday morning."""
    return make()


@pytest.fixture
def me(world: World) -> Client:
    """Sam's browser."""
    client = Client()
    client.force_login(world.portal, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_home_says_what_happens_next(world: World, me: Client) -> None:
    page = me.get(reverse("my_home")).content.decode()
    assert "Wednesday 9 December 2026, 9am" in page


def test_saying_that_one_comes(world: World, me: Client) -> None:
    me.post(reverse("my_coming", args=[world.booked.ref]))
    world.booked.refresh_from_db()
    assert world.booked.confirmed_at is not None


def test_cancelling_asks_once(world: World, me: Client) -> None:
    address = reverse("my_cancel", args=[world.booked.ref])
    assert "Cancel this appointment?" in me.get(address).content.decode()
    world.booked.refresh_from_db()
    assert world.booked.state == "booked"
    me.post(address)
    world.booked.refresh_from_db()
    assert (world.booked.state, world.booked.reason) == ("cancelled", "patient")


def test_what_no_reply_may_cancel_says_whom_to_ring(world: World, me: Client) -> None:
    AppointmentType.objects.filter(pk=world.kind_id).update(reply_may_cancel=False)
    assert "01632 960123" in me.get(reverse("my_appointment", args=[world.booked.ref])).content.decode()
    assert me.post(reverse("my_cancel", args=[world.booked.ref])).status_code == 302
    world.booked.refresh_from_db()
    assert world.booked.state == "booked"


def test_asking_for_an_earlier_one(world: World, me: Client) -> None:
    me.post(reverse("my_earlier", args=[world.booked.ref]))
    assert WaitingEntry.objects.get(patient=world.sam).joined_via == "portal"
    assert "You are on the list" in me.get(reverse("my_appointment", args=[world.booked.ref])).content.decode()


def test_who_looked(world: World, me: Client) -> None:
    desk = Client()
    desk.force_login(world.receptionist, backend="django.contrib.auth.backends.ModelBackend")
    desk.get(reverse("patient", args=[world.sam.ref]))
    page = me.get(reverse("my_looks")).content.decode()
    assert "Robin Vale, Wexcombe Road Surgery" in page


def test_own_visits_are_said_not_to_be_listed(world: World, me: Client) -> None:
    before = Look.objects.filter(patient=world.sam).count()
    me.get(reverse("my_home"))
    page = me.get(reverse("my_looks")).content.decode()
    assert Look.objects.filter(patient=world.sam).count() == before
    assert "Your own visits are not listed." in page


def test_somebody_elses_appointment_is_not_found(world: World, me: Client) -> None:
    adas = world.entry.appointment
    assert adas is not None
    assert me.get(reverse("my_appointment", args=[adas.ref])).status_code == 404


@pytest.mark.parametrize(
    "number",
    ["07700 900000", "+447700900000", "447700900000", "07700-900-000", "(07700) 900000", "+44 (0)7700 900000"],
)
def test_anybody_may_ask_whose_a_sending_number_is(world: World, number: str) -> None:
    page = Client().get(reverse("genuine"), {"number": number}).content.decode()
    assert "is a number of ours" in page
    assert "Wexcombe Road Surgery texts from it. Ring them on 01632 960123." in page


def test_a_name_is_not_taken_for_a_number(world: World) -> None:
    page = Client().get(reverse("genuine"), {"number": "GPSurgery"}).content.decode()
    assert "is not a telephone number" in page
    assert "never from a name" in page


def test_nobody_learns_there_whose_phone_is_a_patients(world: World) -> None:
    """The answer to a patient's number and to any other is the same, but for the number."""
    pages = [Client().get(reverse("genuine"), {"number": number}) for number in ("07700900111", "07700900999")]
    said = [page.content.decode().replace("07700900111", "").replace("07700900999", "") for page in pages]
    assert "is not a number of ours" in said[0]
    assert said[0] == said[1]


def test_a_patient_sees_whether_a_text_is_ours(world: World, me: Client) -> None:
    assert "Did you send me this?" in me.get(reverse("my_home")).content.decode()
    page = me.get(reverse("my_messages")).content.decode()
    assert "If we sent it to you, it is in the list below." in page


def test_danger_on_ones_own_page_reaches_a_person_at_once(world: World, me: Client) -> None:
    """As in a text (H9): the answer is kept, help is named, and an urgent task is there whatever else becomes of it."""
    question = questionnaires.ask(
        organisation_id=world.booked.organisation_id, patient_id=world.sam.pk, form="smoking", by=world.access.actor
    )
    address = reverse("my_question", args=[question.ref])
    page = me.post(address, {"value": "I have taken an overdose and want to die"}, follow=True).content.decode()
    assert "999" in page
    task = Task.objects.get(kind="danger_written")
    assert (task.urgent, task.patient_id, task.organisation_id) == (True, world.sam.pk, world.booked.organisation_id)
    me.post(address, {"value": "fine thanks"})
    assert Task.objects.filter(kind="danger_written").count() == 1
