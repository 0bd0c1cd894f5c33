"""A course from its making to its register, enrolled from the desk and from the list to book, and the patient's own page."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse
from playwright.sync_api import Page

from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, Course, Enrolment
from onedoor.booking.tests.factories import DESK, at
from onedoor.factories import TEST
from onedoor.kernel import clock
from onedoor.referrals.tests.booking_world import THURSDAY, clinic
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look


def make(page: Page) -> None:
    """Five weeks from the Monday before Christmas, one of which is a bank holiday."""
    page.click("nav >> text=Courses")
    look(page, "courses")
    page.click("a:has-text('Make a course')")
    page.fill("#name", "Back class, Mondays")
    page.select_option("#kind", label="Exercise class")
    page.fill("#leader", "Ola Bright")
    page.fill("#places", "2")
    page.fill("#first", "2026-12-14")
    page.fill("#minutes", "60")
    page.fill("#weeks", "4")
    page.click("button:has-text('Make the course')")
    assert "Give the time" in page.inner_text("main")
    assert page.input_value("#name") == "Back class, Mondays"
    look(page, "course-new")
    page.fill("#time", "10:00")
    page.click("button:has-text('Make the course')")
    assert "with 4 dates. Left out as bank holidays: Mon 28 Dec." in page.inner_text("main")


def enrol(page: Page, who: str) -> None:
    """By the search on the course's page."""
    page.fill("#q", who)
    page.click("button:has-text('Find')")
    page.click("main table button:has-text('Enrol')")


def test_made_enrolled_and_taken(page: Page, world: World) -> None:
    sign_in(page, "receptionist")
    make(page)
    enrol(page, "Maud")
    assert "Maud Ellery has a place at all 4 dates ahead, and is told." in page.inner_text("main")
    enrol(page, "Sam Hollis")
    page.fill("#q", "Ada Hollis")
    page.click("button:has-text('Find')")
    page.click("button:has-text('Put on the list')")
    assert "waits for a place" in page.inner_text("main")
    look(page, "course")
    monday = datetime(2026, 12, 14, 11, 0, tzinfo=clock.LONDON)
    clock.set_clock(at=monday, rate=0)
    page.click("ol >> text=Monday 14 December 2026")
    look(page, "course-register")
    for name, mark in (("Maud Ellery", "Missed"), ("Sam Hollis", "Came")):
        page.click(f"tr:has-text('{name}') >> label:has-text('{mark}')")
    page.click("button:has-text('Save the register')")
    assert "Saved: 2 changed." in page.inner_text("main")
    look(page, "course-register-taken")
    assert set(
        Appointment.objects.filter(starts_at__lt=monday, seat__course_date__isnull=False).values_list(
            "state", flat=True
        )
    ) == {
        "fulfilled",
        "noshow",
    }
    page.click("main a:has-text('All dates of Back class, Mondays')")
    assert "came, 1 of 2" in page.inner_text("main").replace("\n", " ")
    page.click("ol >> text=Monday 21 December 2026")
    page.click("summary:has-text('Move this date')")
    page.fill("#day", "2026-12-22")
    page.fill("#time", "14:00")
    look(page, "course-move")
    page.click("button:has-text('Move it')")
    assert "Moved to Tue 22 Dec at 2pm: 2 are told." in page.inner_text("main")
    page.click("nav >> text=Courses")
    look(page, "courses-running")


def test_a_patient_sees_one_thing_and_leaves(page: Page, world: World) -> None:
    mine = booking.enrol(course_ref=world.course.ref, patient_id=world.sam.pk, by=DESK, tell=False)
    sign_in(page, "patient")
    assert page.inner_text("main").count("Your course: Knee class") == 1
    look(page, "my-course-home")
    page.click("text=All dates, and to change or leave")
    look(page, "my-course")
    page.click("main li >> nth=0 >> a")
    page.click("text=Cancel this appointment")
    assert "You keep your place on Knee class" in page.inner_text("main")
    page.click("button:has-text('Yes, cancel it')")
    assert Enrolment.objects.get(pk=mine.pk).state == "enrolled"
    page.click("text=All dates, and to change or leave")
    page.click("a:has-text('Leave the course')")
    look(page, "my-course-leave")
    page.click("button:has-text('Yes, leave')")
    assert "You are no longer on Knee class" in page.inner_text("main")
    assert Enrolment.objects.get(pk=mine.pk).state == "left"


def test_a_referral_to_a_class_is_enrolled(page: Page, world: World) -> None:
    msk = clinic(world.service, kind="Exercise class")
    course = _class(msk.place.service.organisation_id, msk.site_id, msk.kind.pk)
    one = msk.accepted(world.sam)
    sign_in(page, "triage_clinician")
    page.goto(reverse("to_book_one", args=[one.ref]))
    assert "2 places free" in page.inner_text("main")
    look(page, "to-book-course")
    page.click("button:has-text('Enrol')")
    assert "They have a place at every date ahead" in page.inner_text("main")
    one.refresh_from_db()
    assert one.state == "BOOKED"
    page.click("nav >> text=Courses")
    assert course.name in page.inner_text("main")


def test_a_patient_chooses_a_course(page: Page, world: World) -> None:
    msk = clinic(world.service, kind="Exercise class")
    _class(msk.place.service.organisation_id, msk.site_id, msk.kind.pk)
    one = msk.accepted(world.sam, who_books="patient")
    sign_in(page, "patient")
    page.goto(reverse("my_choose", args=[one.ref]))
    look(page, "choose-courses")
    page.click("text=3 dates, the first")
    look(page, "choose-course")
    page.click("text=Yes, book all of them")
    assert "You have a place" in page.inner_text("main")
    look(page, "choose-course-done")
    one.refresh_from_db()
    assert one.state == "BOOKED"


def _class(organisation_id: int, site_id: int, type_id: int) -> Course:
    new = booking.NewCourse(
        site_id=site_id,
        type_id=type_id,
        name="Hip class",
        leader="Physio T Okoro",
        minutes=60,
        capacity=2,
        starts=[at(THURSDAY + timedelta(days=7 * n), 14) for n in range(3)],
    )
    return booking.make_course(organisation_id=organisation_id, course=new, by=TEST)
