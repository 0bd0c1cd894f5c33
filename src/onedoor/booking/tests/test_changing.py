"""Another time by a link in a text, and running late: from the text that comes in to what the pages show."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client

from onedoor.booking import api as booking
from onedoor.booking.actions.reminding import remind
from onedoor.booking.models import Appointment, ChangeLink, Release, Seat, Session
from onedoor.booking.tests.factories import DESK, WEDNESDAY, Practice, at, own_seats, people, practice, states
from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.messaging.models import Inbound, Message
from onedoor.messaging.tests.asking_factories import say
from onedoor.patients.models import Patient
from onedoor.tasks.models import Task

pytestmark = pytest.mark.django_db


def number_of(patient: Patient) -> str:
    found = patient.contact_points.filter(kind="mobile").first()
    assert found is not None
    return found.value


def reminded(
    here: Practice, *, places: int = 4, type_name: str = "Blood test", mobile: str | None = None, hour: int = 9
) -> tuple[Patient, Appointment, list[Seat]]:
    """Somebody with the first of a morning's places, and their reminder sent."""
    [sam] = people(here, 1, mobile=mobile)
    seats = own_seats(here, places, type_name=type_name, first=(hour, 0))
    with clock.at(clock.now() - timedelta(days=7)):
        mine = booking.book(seat_ref=seats[0].ref, patient_id=sam.pk, by=DESK)
    remind()
    Message.objects.update(accepted_at=clock.now() - timedelta(minutes=1))
    return sam, mine, seats


def text(here: Practice, sam: Patient, words: str) -> Inbound:
    found = say(here.organisation, number_of(sam), words)
    found.refresh_from_db()
    return found


def answers(sam: Patient) -> list[str]:
    return list(
        Message.objects.filter(number=number_of(sam), subject="inbound").order_by("id").values_list("body", flat=True)
    )


def link_in(body: str) -> str:
    found = re.search(r"https?://\S+?(/c/\S+)", body)
    assert found is not None, body
    return found.group(1)


def asked(here: Practice, *, hour: int = 9) -> tuple[Patient, Appointment, list[Seat], str]:
    sam, mine, seats = reminded(here, hour=hour)
    text(here, sam, "can I change it please")
    [body] = answers(sam)
    return sam, mine, seats, link_in(body)


def born(client: Client, address: str, day: int = 1, month: int = 1, year: int = 1980) -> str:
    return client.post(address, {"day": day, "month": month, "year": year}).content.decode()


@pytest.mark.parametrize("words", ["can I change it please", "need another day", "Can I rebook please"])
def test_another_time_is_answered_with_one_link(words: str) -> None:
    here = practice()
    sam, mine, _ = reminded(here)
    assert text(here, sam, words).outcome == "acted"
    [body] = answers(sam)
    assert len(body) <= 160
    assert "Blood" not in body
    assert states([mine]) == ["booked"]
    token = link_in(body).removeprefix("/c/")
    assert not ChangeLink.objects.filter(token_hash=token).exists()
    assert booking.link_of(token).appointment == mine
    assert not Task.objects.exists()


def test_the_link_shows_nothing_before_the_date_of_birth_and_no_clinic_after_it() -> None:
    here = practice()
    _, _, _, address = asked(here)
    client = Client()
    before = client.get(address).content.decode()
    assert "date of birth" in before
    assert "Wednesday" not in before
    after = born(client, address)
    assert "Wednesday 9 December 2026" in after
    assert "9:10am" in after
    for secret in ("Blood", "Adeyemi", "Health Checks", "Sample"):
        assert secret not in before + after


def test_choosing_moves_the_appointment_once_and_releases_the_place() -> None:
    here = practice()
    sam, mine, seats, address = asked(here)
    client = Client()
    born(client, address)
    said = client.post(address, {"wish": "move", "to": str(seats[2].ref)}).content.decode()
    assert "Your appointment is now Wed 9 Dec at 9:20am" in said
    assert states([mine]) == ["cancelled"]
    [now] = Appointment.objects.filter(patient=sam, state="booked")
    assert now.seat == seats[2]
    assert Release.objects.get().seat == seats[0]
    assert client.get(address).status_code == 404


def test_a_cancellation_that_an_outside_diary_has_in_hand_is_not_called_done() -> None:
    here = practice()
    _, mine, _, address = asked(here)
    Session.objects.update(source="outside")
    client = Client()
    born(client, address)
    assert "is being cancelled" in client.post(address, {"wish": "cancel"}).content.decode()
    assert states([mine]) == ["cancelling"]


def test_a_time_that_has_gone_is_said_to_be_gone() -> None:
    here = practice()
    _, mine, seats, address = asked(here)
    [ella] = people(here, 1)
    client = Client()
    born(client, address)
    booking.book(seat_ref=seats[1].ref, patient_id=ella.pk, by=DESK)
    said = client.post(address, {"wish": "move", "to": str(seats[1].ref)}).content.decode()
    assert "has just gone" in said
    assert "9:20am" in said
    assert states([mine]) == ["booked"]


def test_keeping_and_cancelling_on_the_page() -> None:
    here = practice()
    _, mine, _, address = asked(here)
    client = Client()
    born(client, address)
    assert "You keep Wed 9 Dec at 9am" in client.post(address, {"wish": "keep"}).content.decode()
    mine.refresh_from_db()
    assert mine.confirmed_at is not None
    assert "is cancelled" in client.post(address, {"wish": "cancel"}).content.decode()
    assert states([mine]) == ["cancelled"]
    assert client.get(address).status_code == 404


def test_three_wrong_dates_close_the_link_and_a_person_is_asked() -> None:
    here = practice()
    sam, mine, _, address = asked(here)
    client = Client()
    assert "There is a problem" in born(client, address, day=2)
    born(client, address, day=3)
    assert client.post(address, {"day": 4, "month": 1, "year": 1980}).status_code == 404
    assert Client().get(address).status_code == 404
    assert Task.objects.get().kind == "change_asked"
    # And a new link is not to be had by asking again.
    text(here, sam, "need another day")
    assert [body for body in answers(sam) if "/c/" in body] == answers(sam)[:1]
    assert states([mine]) == ["booked"]


def test_another_link_gives_no_more_tries() -> None:
    here = practice()
    sam, _, _, address = asked(here)
    client = Client()
    born(client, address, day=2)
    born(client, address, day=3)
    with clock.at(clock.now() + timedelta(minutes=20)):
        text(here, sam, "need another day")
        newest = link_in(answers(sam)[-1])
        assert newest != address
        assert Client().post(newest, {"day": 4, "month": 1, "year": 1980}).status_code == 404
    assert Task.objects.filter(kind="change_asked").count() == 1


def test_a_move_that_an_outside_diary_has_in_hand_is_asked_for_once() -> None:
    here = practice()
    sam, mine, seats, address = asked(here)
    Session.objects.update(source="outside")
    client = Client()
    born(client, address)
    assert "We are booking" in client.post(address, {"wish": "move", "to": str(seats[2].ref)}).content.decode()
    assert client.post(address, {"wish": "move", "to": str(seats[3].ref)}).status_code == 404
    text(here, sam, "need another day")
    assert len([body for body in answers(sam) if "/c/" in body]) == 1
    assert states([mine]) == ["booked"]
    assert Appointment.objects.get(patient=sam, state="pending").seat == seats[2]


def test_no_date_is_no_try() -> None:
    here = practice()
    _, _, _, address = asked(here)
    client = Client()
    for _ in range(5):
        client.post(address, {"day": "x", "month": "", "year": ""})
    assert "9:10am" in born(client, address)


def test_a_link_opens_with_its_own_date_of_birth_only() -> None:
    """One browser that proved one link has not proved another."""
    here = practice()
    _, _, _, one = asked(here)
    client = Client()
    born(client, one)
    _, _, _, other = asked(here, hour=14)
    assert "Your date of birth" in client.get(other).content.decode()


def test_the_start_ends_the_link() -> None:
    here = practice()
    _, _, _, address = asked(here)
    with clock.at(at(WEDNESDAY, 9)):
        assert Client().get(address).status_code == 404


@pytest.mark.parametrize(("type_name", "places"), [("Depot injection", 4), ("Blood test", 1), ("Book on the day", 4)])
def test_without_times_that_a_machine_may_book_a_person_decides(type_name: str, places: int) -> None:
    here = practice()
    sam, mine, _ = reminded(here, places=places, type_name=type_name)
    text(here, sam, "can I change it please")
    [body] = answers(sam)
    assert "/c/" not in body
    assert "practice will be in touch" in body
    assert states([mine]) == ["booked"]
    assert Task.objects.get(kind="change_asked").subject_id == mine.pk


def test_two_people_on_a_phone_are_asked_which() -> None:
    here = practice()
    sam, first, _ = reminded(here, mobile="+447700900301")
    [ella] = people(here, 1, mobile="+447700900301")
    [seat] = own_seats(here, 1, first=(14, 0))
    with clock.at(clock.now() - timedelta(days=7)):
        second = booking.book(seat_ref=seat.ref, patient_id=ella.pk, by=DESK)
    assert text(here, sam, "can I change it please").outcome in ("asked", "person")
    assert states([first, second]) == ["booked", "booked"]
    assert not ChangeLink.objects.exists()


NINE = at(WEDNESDAY, 9)


def says(here: Practice, sam: Patient, words: str, when: datetime) -> Inbound:
    with clock.at(when):
        return text(here, sam, words)


@pytest.mark.parametrize(
    ("words", "minutes", "shown"),
    [
        ("running 10 mins late", 10, "Says 10 minutes late"),
        ("running late sorry", None, "Says running late"),
        ("Sorry will be ten minutes late", 10, "Says 10 minutes late"),
    ],
)
def test_late_is_shown_and_cancels_nothing(words: str, minutes: int | None, shown: str) -> None:
    here = practice()
    sam, mine, _ = reminded(here)
    assert says(here, sam, words, NINE - timedelta(minutes=20)).outcome == "acted"
    mine.refresh_from_db()
    assert (mine.state, mine.late_minutes, mine.late_said_at) == ("booked", minutes, NINE - timedelta(minutes=20))
    day = booking.day_diary(Access.system("test"), here.organisation.pk, WEDNESDAY)
    [person] = [seat.person for session in day.sessions for seat in session.seats if seat.person]
    assert person.says == shown
    [body] = answers(sam)
    assert "The practice knows" in body
    assert "seen" not in body
    assert not Task.objects.exists()


def test_late_is_cleared_on_arrival_and_by_staff() -> None:
    here = practice()
    sam, mine, _ = reminded(here)
    says(here, sam, "running 10 mins late", NINE + timedelta(minutes=5))
    with clock.at(NINE + timedelta(minutes=9)):
        booking.not_late(appointment_id=mine.pk, by=DESK)
        mine.refresh_from_db()
        assert mine.late_said_at is None
        with pytest.raises(booking.TooLate):
            booking.not_late(appointment_id=mine.pk, by=DESK)


@pytest.mark.parametrize("when", [NINE - timedelta(hours=2, minutes=1), NINE + timedelta(minutes=10)])
def test_late_at_another_time_is_for_a_person(when: datetime) -> None:
    here = practice()
    sam, mine, _ = reminded(here)
    assert says(here, sam, "running 10 mins late", when).outcome == "person"
    mine.refresh_from_db()
    assert (mine.state, mine.late_said_at) == ("booked", None)


@pytest.mark.parametrize(
    "words", ["10 mins late, should I still come", "be 10 mins late or cancel it", "mum is 10 mins late"]
)
def test_late_and_more_is_for_a_person(words: str) -> None:
    here = practice()
    sam, mine, _ = reminded(here)
    assert says(here, sam, words, NINE - timedelta(minutes=20)).outcome == "person"
    mine.refresh_from_db()
    assert (mine.state, mine.late_said_at) == ("booked", None)


def test_second_thoughts_while_the_place_is_free_and_after_it_has_gone() -> None:
    here = practice()
    sam, mine, _ = reminded(here)
    text(here, sam, "cancel")
    text(here, sam, "no wait keep it")
    [back] = Appointment.objects.filter(patient=sam, state="booked")
    assert back.seat == mine.seat
    # Cancel, keep, cancel: the last clear wish wins.
    text(here, sam, "no cancel it, sorry!!")
    assert not Appointment.objects.filter(patient=sam, state="booked").exists()
    [ella] = people(here, 1)
    booking.book(seat_ref=mine.seat.ref, patient_id=ella.pk, by=DESK)
    text(here, sam, "sorry I can come after all")
    assert "has gone to somebody else" in answers(sam)[-1]
    assert Task.objects.get(kind="reply").patient_id == sam.pk
    assert not Appointment.objects.filter(patient=sam, state="booked").exists()


def test_thanks_after_cancelling_brings_nothing_back() -> None:
    here = practice()
    sam, mine, _ = reminded(here)
    text(here, sam, "cancel")
    assert text(here, sam, "ok thanks").outcome == "thanks"
    assert (states([mine]), len(answers(sam)), Task.objects.count()) == (["cancelled"], 1, 0)
