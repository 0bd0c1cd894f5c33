"""Choosing a time after triage: signed in, and by the link of the text about the letter, after the date of birth."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from onedoor.booking import api as booking
from onedoor.booking.models import WaitingEntry
from onedoor.directory.api import Service
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.messaging.models import Message
from onedoor.portal.choosing import BUSY, GONE
from onedoor.referrals.actions.track_links import new_links
from onedoor.referrals.models import Referral
from onedoor.referrals.tests.booking_world import THURSDAY, Clinic, clinic
from onedoor.ui.tests.world import World, make

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def world() -> World:
    """A practice on a Monday morning."""
    return make()


@pytest.fixture
def msk(world: World) -> Clinic:
    """The service that Sam is referred to, with a diary."""
    return clinic(world.service)


@pytest.fixture
def referral(world: World, msk: Clinic) -> Referral:
    """Sam's, accepted; he is to choose."""
    return msk.accepted(world.sam, who_books="patient")


@pytest.fixture
def me(world: World) -> Client:
    """Sam, signed in."""
    client = Client()
    client.force_login(world.portal, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(answer: object) -> str:
    """Its words."""
    return answer.content.decode()  # type: ignore[attr-defined, no-any-return]


def state(one: Referral) -> str:
    """As it stands now."""
    one.refresh_from_db()
    return one.state


def test_the_day_the_time_and_then_sure(me: Client, msk: Clinic, referral: Referral) -> None:
    seats = msk.seats(3) + msk.seats(2, day=THURSDAY + timedelta(days=1))
    here = reverse("my_choose", args=[referral.ref])
    assert here in page(me.get(reverse("my_referrals")))
    days = page(me.get(here))
    assert "Thursday 10 December 2026" in days
    assert "Friday 11 December 2026" in days
    times = page(me.get(here, {"day": THURSDAY.isoformat()}))
    assert re.findall(r'name="to" value="([^"]+)">(\S+)<', times) == [
        (str(seat.ref), said) for seat, said in zip(seats, ("9am", "9:20am", "9:40am"), strict=False)
    ]
    sure = page(me.post(here, {"wish": "hold", "to": seats[1].ref}))
    assert "Do you want this time?" in sure
    assert state(referral) == "NOT_BOOKED"
    done = page(me.post(here, {"wish": "book", "to": seats[1].ref}))
    assert "Your appointment is on Thursday 10 December 2026 at 9:20am, at Brook Street." in done
    assert state(referral) == "BOOKED"
    assert "Your appointment is on Thursday 10 December 2026 at 9:20am" in page(me.get(reverse("my_referrals")))
    assert "You cannot choose a time here" in page(me.post(here, {"wish": "book", "to": seats[2].ref}))
    assert booking.upcoming_of(msk.place.ada, referral.patient_id or 0) == [] or state(referral) == "BOOKED"


def test_who_is_quicker_has_it_and_the_next_ones_are_shown(me: Client, msk: Clinic, referral: Referral) -> None:
    first, second, _ = msk.seats()
    here = reverse("my_choose", args=[referral.ref])
    other = msk.patient("+447700900114")
    booking.book(seat_ref=first.ref, patient_id=other.pk, by=TEST)
    for wish in ("hold", "book"):
        gone = page(me.post(here, {"wish": wish, "to": first.ref}))
        assert GONE in gone
        assert "Thursday 10 December 2026" in gone
    assert state(referral) == "NOT_BOOKED"
    booking.hold(seat_ref=second.ref, patient_id=other.pk, by=TEST)
    assert GONE in page(me.post(here, {"wish": "book", "to": second.ref}))
    assert "Choose a day" in page(me.post(here, {"wish": "book", "to": "no place"}))
    assert GONE in page(me.post(here, {"wish": "book", "to": uuid4()}))


def test_not_at_the_time_of_another_appointment(me: Client, world: World, msk: Clinic, referral: Referral) -> None:
    msk.seats(3, day=world.day)
    times = page(me.get(reverse("my_choose", args=[referral.ref]), {"day": world.day.isoformat()}))
    assert "9:20am" in times
    assert ">9am<" not in times, "Sam has Wednesday at nine"
    assert BUSY not in times


def test_when_nothing_is_free_it_says_what_happens_next_and_offers_to_tell(me: Client, referral: Referral) -> None:
    here = reverse("my_choose", args=[referral.ref])
    nothing = page(me.get(here))
    assert "No time is free now" in nothing
    assert "You have not lost your place." in nothing
    assert "You are on our list" in page(me.post(here, {"wish": "wait"}))
    assert state(referral) == "DEFERRED_TO_PROVIDER"
    assert WaitingEntry.objects.filter(patient=referral.patient_id or 0, state="waiting", appointment=None).count() == 1


def test_the_text_about_the_letter_leads_to_it_and_the_link_shows_nothing_of_whom(world: World, msk: Clinic) -> None:
    Service.objects.update(phone="01632 960500")
    kay = msk.patient("+447700900115")
    one = msk.accepted(kay, who_books="patient")
    [seat, *_] = msk.seats()
    with clock.at(clock.now() + timedelta(minutes=30)):
        jobs.run_once("referrals.write_letters")
    text = Message.objects.get(patient=kay, purpose="letter_link")
    assert "you can choose a time" in text.body
    assert len(text.body) <= 160
    link = urlsplit(text.body.split(" ")[-1]).path
    client = Client()
    born = {"day": kay.born_on.day, "month": kay.born_on.month, "year": kay.born_on.year}
    assert "Your date of birth" in page(client.get(f"{link}/choose"))
    days = page(client.post(f"{link}/choose", born))
    assert "Choose a day" in days
    assert f"{link}/choose" in page(client.get(link))
    shown = [days, page(client.get(f"{link}/choose", {"day": THURSDAY.isoformat()}))]
    shown.append(page(client.post(f"{link}/choose", {"wish": "hold", "to": seat.ref})))
    shown.append(page(client.post(f"{link}/choose", {"wish": "book", "to": seat.ref})))
    assert "Your appointment is on Thursday 10 December 2026 at 9am." in shown[-1]
    for words in shown:
        for secret in ("MSK", "Physio", "Okoro", "Brook Street", kay.given_name):
            assert secret not in words
    assert state(one) == "BOOKED"


def test_three_wrong_dates_of_birth_close_it(msk: Clinic, referral: Referral) -> None:
    [seat, *_] = msk.seats()
    with transaction.atomic():
        link = urlsplit(new_links(referral_ids=[referral.pk], by=TEST)[referral.pk]).path
    client = Client()
    for _ in range(2):
        assert "not the date of birth" in page(client.post(f"{link}/choose", {"day": 1, "month": 1, "year": 1900}))
    assert client.post(f"{link}/choose", {"day": 1, "month": 1, "year": 1900}).status_code == 404
    assert client.post(f"{link}/choose", {"wish": "book", "to": seat.ref}).status_code == 404
    assert state(referral) == "NOT_BOOKED"


def test_a_link_opened_for_one_books_for_nobody_else(world: World, msk: Clinic, referral: Referral) -> None:
    kay = msk.patient("+447700900115", born_on=world.sam.born_on)
    other = msk.accepted(kay, who_books="patient")
    [seat, *_] = msk.seats()
    with transaction.atomic():
        links = new_links(referral_ids=[referral.pk, other.pk], by=TEST)
    mine, theirs = (urlsplit(links[one.pk]).path for one in (referral, other))
    client = Client()
    born = {"day": kay.born_on.day, "month": kay.born_on.month, "year": kay.born_on.year}
    client.post(f"{mine}/choose", born)
    assert "Your date of birth" in page(client.post(f"{theirs}/choose", {"wish": "book", "to": seat.ref}))
    assert state(other) == "NOT_BOOKED"


def test_what_is_not_theirs_to_choose_is_not_chosen(me: Client, world: World, msk: Clinic) -> None:
    [seat, *_] = msk.seats()
    ours = msk.accepted(world.sam)
    here = reverse("my_choose", args=[ours.ref])
    assert here not in page(me.get(reverse("my_referrals")))
    assert "You cannot choose a time here" in page(me.post(here, {"wish": "book", "to": seat.ref}))
    somebody = msk.accepted(msk.patient("+447700900115"), who_books="patient")
    assert me.get(reverse("my_choose", args=[somebody.ref])).status_code == 404
    assert state(somebody) == "NOT_BOOKED"
