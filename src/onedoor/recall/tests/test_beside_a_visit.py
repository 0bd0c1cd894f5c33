"""A question or an invitation beside a reminder: words for one never act on the other (T13)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from onedoor.booking import api as booking
from onedoor.booking.actions.reminding import remind
from onedoor.booking.models import Appointment
from onedoor.booking.tests.factories import DESK, Practice, own_seats, people, practice
from onedoor.kernel import clock
from onedoor.messaging.models import Message, State
from onedoor.messaging.tests.asking_factories import say
from onedoor.patients.models import Patient
from onedoor.questionnaires import api as questionnaires
from onedoor.recall import api as recall
from onedoor.recall.models import Invitation, RecallProgramme

pytestmark = pytest.mark.django_db

PHONE = "+447700900111"


def visit() -> tuple[Practice, Patient, Appointment]:
    here = practice()
    [gordon] = people(here, 1, mobile=PHONE)
    [seat] = own_seats(here, 1, type_name="Blood test")
    with clock.at(clock.now() - timedelta(days=7)):
        made = booking.book(seat_ref=seat.ref, patient_id=gordon.pk, by=DESK)
    return here, gordon, made


def test_a_visit_books_the_invitation_that_it_is_for_whatever_came_later() -> None:
    here = practice()
    [gordon] = people(here, 1, mobile=PHONE)
    [seat] = own_seats(here, 1, type_name="Flu vaccine")
    RecallProgramme.objects.create(organisation=here.organisation, key="flu").types.add(seat.type)
    flu = recall.invite(organisation_id=here.organisation.pk, patient_id=gordon.pk, by=DESK)
    later = Invitation.objects.create(
        organisation=here.organisation, patient=gordon, programme="checks", season=2026, state="declined", plan=["letter"],
        invited_at=clock.now(), ends_at=clock.now() + timedelta(days=28), changed_at=clock.now(),
    )  # fmt: skip
    booking.book(seat_ref=seat.ref, patient_id=gordon.pk, by=DESK)
    flu.refresh_from_db()
    later.refresh_from_db()
    assert (flu.state, later.state) == ("booked", "declined")


def went() -> None:
    Message.objects.filter(state=State.QUEUED).update(state=State.ACCEPTED, accepted_at=clock.now())


@pytest.mark.parametrize(
    ("text", "state", "confirmed"),
    [("no thanks", "declined", False), ("yes", "accepted", False), ("already had it", "already_done", False)],
)
def test_words_after_an_invitation_answer_it_and_leave_the_visit(text: str, state: str, confirmed: bool) -> None:
    here, gordon, made = visit()
    remind()
    went()
    with clock.at(clock.now() + timedelta(hours=1)):
        invitation = recall.invite(organisation_id=here.organisation.pk, patient_id=gordon.pk, by=DESK)
        went()
    with clock.at(clock.now() + timedelta(hours=2)):
        say(here.organisation, PHONE, text)
    invitation.refresh_from_db()
    made.refresh_from_db()
    assert (invitation.state, made.state, made.confirmed_at is not None) == (state, "booked", confirmed)


@pytest.mark.parametrize(("text", "confirmed"), [("no thanks", False), ("yes", True)])
def test_words_after_a_reminder_are_not_about_the_invitation_before_it(text: str, confirmed: bool) -> None:
    here, gordon, made = visit()
    invitation = recall.invite(organisation_id=here.organisation.pk, patient_id=gordon.pk, by=DESK)
    went()
    with clock.at(clock.now() + timedelta(hours=1)):
        remind()
        went()
    with clock.at(clock.now() + timedelta(hours=2)):
        say(here.organisation, PHONE, text)
    invitation.refresh_from_db()
    made.refresh_from_db()
    assert (invitation.state, made.state, made.confirmed_at is not None) == ("invited", "booked", confirmed)


@pytest.mark.parametrize(
    ("text", "state", "value", "visit_state"),
    [
        ("14", "answered", "14", "booked"),
        ("yes", "asked", "", "booked"),
        ("none", "asked", "", "booked"),
        ("CANCEL", "asked", "", "cancelled"),
    ],
)
def test_a_question_beside_a_reminder(text: str, state: str, value: str, visit_state: str) -> None:
    """A figure is an answer; a yes may be about either, and is a person's; CANCEL is about the visit."""
    here, gordon, made = visit()
    remind()
    question = questionnaires.ask(organisation_id=here.organisation.pk, patient_id=gordon.pk, form="alcohol", by=DESK)
    went()
    with clock.at(clock.now() + timedelta(hours=1)):
        say(here.organisation, PHONE, text)
    question.refresh_from_db()
    made.refresh_from_db()
    assert (question.state, question.value, made.state, made.confirmed_at) == (state, value, visit_state, None)
