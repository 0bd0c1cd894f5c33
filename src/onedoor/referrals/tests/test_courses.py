"""A referral to a class: enrolled on a course it is booked, and it follows what becomes of the dates."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from onedoor.accounts.api import User
from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, Course
from onedoor.booking.tests.factories import at
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access
from onedoor.messaging.models import Message
from onedoor.referrals import api as referrals
from onedoor.referrals.models import Referral
from onedoor.referrals.tests.booking_world import THURSDAY, Clinic, clinic

pytestmark = pytest.mark.django_db


def course(of: Clinic, *, places: int = 2) -> Course:
    organisation_id = of.place.service.organisation_id
    new = booking.NewCourse(
        site_id=of.site_id,
        type_id=of.kind.pk,
        name="Knee class",
        leader="Physio T Okoro",
        minutes=60,
        capacity=places,
        starts=[at(THURSDAY + timedelta(days=7 * n), 14) for n in range(3)],
    )
    return booking.make_course(organisation_id=organisation_id, course=new, by=TEST)


def state(of: Referral) -> str:
    return Referral.objects.values_list("state", flat=True).get(pk=of.pk)


@pytest.fixture
def classes() -> Clinic:
    """A service whose first stream is a class."""
    return clinic(kind="Exercise class")


def test_enrolled_is_booked_and_told_once(classes: Clinic) -> None:
    it, one = course(classes), classes.accepted()
    assert [c.ref for c in referrals.courses(classes.place.ada, one)] == [it.ref]
    before = Message.objects.count()
    referrals.book_course(access=classes.place.ada, ref=one.ref, course_ref=it.ref)
    assert state(one) == "BOOKED"
    assert Message.objects.count() == before + 1
    with pytest.raises(referrals.NotDone):
        referrals.book_course(access=classes.place.ada, ref=one.ref, course_ref=it.ref)


def test_leaving_brings_it_back_to_be_booked(classes: Clinic) -> None:
    it, one = course(classes), classes.accepted()
    place = referrals.book_course(access=classes.place.ada, ref=one.ref, course_ref=it.ref)
    booking.leave_course(enrolment_ref=place.ref, by=classes.place.ada.actor)
    assert state(one) == "APPT_CANCELLED_BY_PATIENT"


def test_one_date_given_up_leaves_it_booked(classes: Clinic) -> None:
    it, one = course(classes), classes.accepted()
    referrals.book_course(access=classes.place.ada, ref=one.ref, course_ref=it.ref)
    first = Appointment.objects.filter(patient=one.patient).earliest("starts_at")
    booking.cancel(appointment_id=first.pk, by=classes.place.ada.actor)
    assert state(one) == "BOOKED"


def test_a_course_that_is_cancelled_brings_everybody_back_to_be_booked(classes: Clinic) -> None:
    it, one = course(classes, places=1), classes.accepted()
    waits = classes.accepted(classes.patient("+447700900112", given_name="Ella"))
    referrals.book_course(access=classes.place.ada, ref=one.ref, course_ref=it.ref)
    referrals.wait_for_course(access=classes.place.ada, ref=waits.ref, course_ref=it.ref)
    booking.cancel_course(course_ref=it.ref, by=classes.place.ada.actor)
    assert state(one) == "APPT_CANCELLED_BY_PROVIDER"
    assert {row.ref for row in referrals.to_book_page(classes.place.ada, one.service).rows} == {one.ref, waits.ref}


def test_who_waits_for_a_full_course_is_booked_by_the_place_that_comes_free(classes: Clinic) -> None:
    it, first = course(classes, places=1), classes.accepted()
    second = classes.accepted(classes.patient("+447700900112", given_name="Ella"))
    place = referrals.book_course(access=classes.place.ada, ref=first.ref, course_ref=it.ref)
    with pytest.raises(booking.CourseFull):
        referrals.book_course(access=classes.place.ada, ref=second.ref, course_ref=it.ref)
    referrals.wait_for_course(access=classes.place.ada, ref=second.ref, course_ref=it.ref)
    assert state(second) == "DEFERRED_TO_PROVIDER"
    booking.leave_course(enrolment_ref=place.ref, by=classes.place.ada.actor)
    jobs.run_once("booking.courses")
    assert state(second) == "BOOKED"


def test_a_course_of_another_kind_is_not_for_them(classes: Clinic) -> None:
    other = clinic(classes.place, kind="Back class")
    it, one = course(other), classes.accepted(stream=1)
    assert referrals.courses(classes.place.ada, one) == []
    with pytest.raises(booking.CourseClosed):
        referrals.book_course(access=classes.place.ada, ref=one.ref, course_ref=it.ref)


def test_nobody_else_books_or_sees_it(classes: Clinic) -> None:
    it, one = course(classes), classes.accepted()
    with pytest.raises(Referral.DoesNotExist):
        referrals.book_course(access=Access.of_patient(10**9), ref=one.ref, course_ref=it.ref)
    with pytest.raises(Referral.DoesNotExist):
        referrals.wait_for_course(access=Access.nobody(), ref=one.ref, course_ref=it.ref)


def test_the_desk_enrols_from_the_list_to_book(classes: Clinic, client: Client) -> None:
    it, one = course(classes), classes.accepted()
    client.force_login(_user(classes))
    page = client.get(reverse("to_book_one", args=[one.ref])).content.decode()
    assert "Knee class" in page
    assert "2 places free" in page
    client.post(reverse("to_book_course", args=[one.ref]), {"course": it.ref})
    assert state(one) == "BOOKED"


def _user(of: Clinic) -> User:
    return User.objects.get(pk=of.place.ada.actor.id or 0)


def test_it_stands_booked_until_the_last_date_is_over_and_seen(classes: Clinic) -> None:
    it, one = course(classes), classes.accepted()
    referrals.book_course(access=classes.place.ada, ref=one.ref, course_ref=it.ref)
    found = []
    for visit in Appointment.objects.filter(patient=one.patient).order_by("starts_at").select_related("seat"):
        assert visit.seat.course_date is not None
        with clock.at(visit.starts_at + timedelta(hours=1)):
            booking.take_register(
                date_ref=visit.seat.course_date.ref, marks={visit.ref: "seen"}, by=classes.place.ada.actor
            )
        found.append(state(one))
    assert found == ["BOOKED", "BOOKED", "ASSESSMENT_RESULT"]


@pytest.mark.parametrize(("because", "texts"), [("withdrawn", 1), ("deceased", 0)])
def test_a_course_ends_with_its_referral_and_is_told_once(classes: Clinic, because: str, texts: int) -> None:
    it, one = course(classes), classes.accepted()
    place = referrals.book_course(access=classes.place.ada, ref=one.ref, course_ref=it.ref)
    before = Message.objects.count()
    referrals.withdraw(access=classes.place.ada, ref=one.ref, because=because)
    place.refresh_from_db()
    assert (place.state, state(one)) == ("left", "CANCELLED_REFERRAL")
    assert not Appointment.objects.filter(patient=one.patient, state="booked").exists()
    assert Message.objects.count() == before + texts


def test_nobody_waits_for_a_course_after_the_referral_ended(classes: Clinic) -> None:
    it, first = course(classes, places=1), classes.accepted()
    second = classes.accepted(classes.patient("+447700900112", given_name="Ella"))
    place = referrals.book_course(access=classes.place.ada, ref=first.ref, course_ref=it.ref)
    referrals.wait_for_course(access=classes.place.ada, ref=second.ref, course_ref=it.ref)
    referrals.withdraw(access=classes.place.ada, ref=second.ref, because="withdrawn")
    booking.leave_course(enrolment_ref=place.ref, by=classes.place.ada.actor)
    jobs.run_once("booking.courses")
    assert not Appointment.objects.filter(patient=second.patient, state="booked").exists()
