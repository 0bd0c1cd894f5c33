"""The patient's page asks and invites, shows what came back, and takes it back; the patient answers on their own page."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from onedoor.accounts.models import User
from onedoor.patients.models import Patient
from onedoor.questionnaires.models import PutQuestion
from onedoor.recall.models import Invitation
from onedoor.staff.views.asking import section
from onedoor.ui.tests.world import World, make

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def world() -> World:
    """A practice on a Monday morning."""
    return make()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_ask_answer_and_see_it(world: World) -> None:
    desk = client_of(world.receptionist)
    Patient.objects.filter(pk=world.ada.pk).update(deceased=True)  # The phone is Sam's alone.
    desk.post(reverse("patient_ask", args=[world.sam.ref]), {"form": "alcohol"})
    question = PutQuestion.objects.get(patient=world.sam)
    page = desk.get(reverse("patient", args=[world.sam.ref])).content.decode()
    assert "Alcohol, units a week" in page
    assert reverse("question_withdraw", args=[question.ref]) in page
    mine = client_of(world.portal)
    assert "How many units" in mine.get(reverse("my_home")).content.decode()
    mine.post(reverse("my_question", args=[question.ref]), {"value": "9"})
    page = desk.get(reverse("patient", args=[world.sam.ref])).content.decode()
    assert "<strong>9</strong> units/week" in page


def test_what_may_not_be_asked_says_why(world: World) -> None:
    page = client_of(world.receptionist).post(
        reverse("patient_ask", args=[world.sam.ref]), {"form": "alcohol"}, follow=True
    )
    assert "ask by telephone" in page.content.decode()
    assert not PutQuestion.objects.filter(patient=world.sam).exists()


def test_one_tap_withdraws(world: World) -> None:
    desk = client_of(world.receptionist)
    desk.post(reverse("question_withdraw", args=[world.question.ref]))
    desk.post(reverse("invitation_withdraw", args=[world.invitation.ref]))
    for thing in (world.question, world.invitation):
        thing.refresh_from_db()
        assert thing.state == "withdrawn"


def test_invited_on_the_page_and_answered_on_the_page(world: World) -> None:
    client_of(world.receptionist).post(reverse("patient_invite", args=[world.sam.ref]))
    invitation = Invitation.objects.get(patient=world.sam)
    mine = client_of(world.portal)
    where = reverse("my_invitation", args=[invitation.ref])
    assert "Yes, I would like it" in mine.get(reverse("my_home")).content.decode()
    mine.post(where, {"answer": "already_done"})
    mine.post(where, {"answer": "answer", "value": "The chemist in Hull"})
    page = client_of(world.receptionist).get(reverse("patient", args=[world.sam.ref])).content.decode()
    assert "The chemist in Hull" in page
    assert "not a vaccination on the record" in page


def test_a_blood_pressure_on_the_page_has_two_numbers(world: World) -> None:
    desk, mine = client_of(world.receptionist), client_of(world.portal)
    desk.post(reverse("patient_ask", args=[world.sam.ref]), {"form": "bp"})
    question = PutQuestion.objects.get(patient=world.sam)
    address = reverse("my_question", args=[question.ref])
    assert (
        "not an answer we can keep"
        in mine.post(address, {"value": "80", "bottom": "120"}, follow=True).content.decode()
    )
    mine.post(address, {"value": "132", "bottom": "84"})
    question.refresh_from_db()
    assert (question.state, question.value) == ("answered", "132/84")


def test_the_section_costs_eight_queries(world: World, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    access = world.access
    with django_assert_num_queries(8):
        section(access, world.sam.pk)
