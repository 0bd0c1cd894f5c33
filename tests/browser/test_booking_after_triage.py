"""After triage: the service books from its list, and a patient chooses a time by the link of a text."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Page

from onedoor.booking import api as booking
from onedoor.factories import TEST
from onedoor.referrals.actions.track_links import new_links
from onedoor.referrals.models import Referral
from onedoor.referrals.tests.booking_world import THURSDAY, clinic
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look


def state(one: Referral) -> str:
    """As it stands now."""
    one.refresh_from_db()
    return one.state


def test_the_service_books_from_its_list(page: Page, world: World) -> None:
    msk = clinic(world.service)
    seats = msk.seats(6) + msk.seats(4, day=THURSDAY + timedelta(days=1))
    routine, urgent = msk.accepted(world.sam), msk.accepted(msk.patient("+447700900115"), priority="urgent")
    back = msk.accepted(msk.patient("+447700900116"))
    gave_up = booking.book(seat_ref=seats[0].ref, patient_id=back.patient_id or 0, by=TEST)
    booking.cancel(appointment_id=gave_up.pk, by=TEST)
    msk.accepted(msk.patient("+447700900117"), who_books="patient")
    sign_in(page, "triage_clinician")
    page.click("text=To book")
    look(page, "to-book")
    words = page.inner_text("main")
    assert "4 people to book" in words, "and Ada, whom the world has decided"
    assert "The patient cancelled" in words
    page.click("text=Others book 1")
    look(page, "to-book-others")
    page.goto(reverse("to_book_kinds"))
    look(page, "to-book-kinds")
    page.goto(reverse("to_book"))
    assert page.locator("tbody tr").first.inner_text().count("Urgent") == 1
    page.click("tbody tr:nth-child(1) a.od-button")
    look(page, "to-book-one")
    page.click("button[name=to] >> nth=1")
    assert "Booked: Thu 10 Dec" in page.inner_text("main")
    assert state(urgent) == "BOOKED"
    look(page, "to-book-booked")
    page.goto(reverse("to_book_one", args=[routine.ref]))
    page.click("text=Put on the list for places given up")
    assert "on the list for places given up" in page.inner_text("main")
    assert state(routine) == "DEFERRED_TO_PROVIDER"
    page.goto(reverse("referral", args=[urgent.ref]))
    look(page, "to-book-referral")


def test_the_patient_chooses_by_the_link(page: Page, world: World) -> None:
    msk = clinic(world.service)
    seats = msk.seats(6) + msk.seats(4, day=THURSDAY + timedelta(days=1))
    one = msk.accepted(world.sam, who_books="patient")
    with transaction.atomic():
        link = urlsplit(new_links(referral_ids=[one.pk], by=TEST)[one.pk]).path
    page.goto(link)
    for part, value in (("day", world.sam.born_on.day), ("month", world.sam.born_on.month)):
        page.fill(f"#{part}", str(value))
    page.fill("#year", str(world.sam.born_on.year))
    page.click("text=Continue")
    look(page, "choose-tracker")
    page.click("a.nhsuk-button")
    look(page, "choose-day")
    page.click("text=Thursday 10 December 2026")
    look(page, "choose-time")
    booking.book(seat_ref=seats[1].ref, patient_id=world.ada.pk, by=TEST)
    page.click("button[name=to] >> nth=1")
    assert "That time has just gone" in page.inner_text("main")
    look(page, "choose-gone")
    page.click("text=Thursday 10 December 2026")
    page.click("button[name=to] >> nth=1")
    look(page, "choose-sure")
    page.click("text=Yes, book it")
    look(page, "choose-done")
    assert state(one) == "BOOKED"
    page.click("text=Where is my referral?")
    assert "Your appointment is on Thursday 10 December 2026 at 9:40am" in page.inner_text("main")
    look(page, "choose-tracker-booked")


def test_when_nothing_is_free(page: Page, world: World) -> None:
    one = clinic(world.service).accepted(world.sam, who_books="patient")
    sign_in(page, "patient")
    page.goto(reverse("my_referrals"))
    page.click("a.nhsuk-button")
    look(page, "choose-nothing")
    page.click("text=Tell me when a time is free")
    look(page, "choose-waits")
    assert state(one) == "DEFERRED_TO_PROVIDER"
