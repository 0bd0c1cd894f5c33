"""What the pages read: the day side by side, a patient's appointments, and nothing for strangers."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor.booking import api as booking
from onedoor.booking.actions.reminding import remind
from onedoor.booking.models import Appointment, Seat
from onedoor.booking.queries.diary import day_counts, seat_by_ref
from onedoor.booking.tests.factories import DESK, WEDNESDAY, at, kind, own_seats, people, practice, row
from onedoor.booking.types import DayCounts, Scope
from onedoor.factories import TEST
from onedoor.kernel import clock
from onedoor.kernel.access import PERMISSIONS, Access, NotPermitted, Role
from onedoor.kernel.actor import Actor
from onedoor.patients.models import CareRelationship, ContactPoint, Patient

pytestmark = pytest.mark.django_db


def test_sessions_stand_side_by_side_with_each_place_in_its_state() -> None:
    here = practice()
    sam, ella, rosa, tom = people(here, 4)
    free, held, booked, seen, missed = own_seats(here, 5)
    booking.hold(seat_ref=held.ref, patient_id=sam.pk, by=DESK)
    appointment = booking.book(seat_ref=booked.ref, patient_id=ella.pk, by=DESK)
    booking.fulfil(appointment_id=booking.book(seat_ref=seen.ref, patient_id=rosa.pk, by=DESK).pk, by=DESK)
    gone = booking.book(seat_ref=missed.ref, patient_id=tom.pk, by=DESK)
    with clock.at(at(WEDNESDAY, 10)):
        booking.did_not_attend(appointment_id=gone.pk, by=DESK)
    own_seats(here, 1, clinician="Dr H Ferris")
    day = booking.day_diary(here.access, here.organisation.pk, WEDNESDAY)
    assert [session.clinician for session in day.sessions] == ["Dr H Ferris", "Nurse B Adeyemi"]
    assert [seat.state for seat in day.sessions[1].seats] == ["free", "held", "booked", "seen", "missed"]
    assert day.counts == {"free": 2, "held": 1, "booked": 1, "seen": 1, "missed": 1}
    person = day.sessions[1].seats[2].person
    assert person is not None
    assert (person.name, person.appointment_ref) == (ella.shown_name, appointment.ref)
    assert day.sessions[1].seats[0].ref == free.ref


def test_an_expired_hold_is_a_free_place() -> None:
    here = practice()
    [sam] = people(here, 1)
    [seat] = own_seats(here, 1)
    booking.hold(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
    Appointment.objects.update(hold_until_real=clock.real_now() - timedelta(seconds=1))
    assert booking.day_diary(here.access, here.organisation.pk, WEDNESDAY).counts == {"free": 1}


def test_a_cancelled_place_shows_as_free_and_an_outside_one_as_being_freed() -> None:
    here = practice()
    sam, ella = people(here, 2)
    [seat] = own_seats(here, 1, first=(15, 0))
    own = booking.book(seat_ref=seat.ref, patient_id=ella.pk, by=DESK)
    booking.take_diary(
        organisation_id=here.organisation.pk,
        site_id=here.site.pk,
        source="emis",
        scope=Scope(WEDNESDAY, WEDNESDAY),
        rows=[row(sam), row(status="blocked", time=(9, 10))],
        by=DESK,
    )
    booking.cancel(appointment_id=Appointment.objects.get(patient=sam).pk, by=DESK)
    booking.cancel(appointment_id=own.pk, by=DESK)
    counts = booking.day_diary(here.access, here.organisation.pk, WEDNESDAY).counts
    assert counts == {"cancelling": 1, "blocked": 1, "free": 1}


def test_whom_the_access_does_not_reach_has_no_name() -> None:
    here = practice()
    [sam] = people(here, 1)
    [seat] = own_seats(here, 1)
    booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
    CareRelationship.objects.all().delete()
    [session] = booking.day_diary(here.access, here.organisation.pk, WEDNESDAY).sessions
    assert session.seats[0].person is not None
    assert session.seats[0].person.name == ""
    assert session.seats[0].person.patient_ref is None


@pytest.mark.parametrize(
    "stranger",
    [
        Access.nobody(),
        Access(DESK, organisation_ids=frozenset({-1}), permissions=PERMISSIONS[Role.RECEPTIONIST]),
        Access.of_patient(-1),
    ],
)
def test_a_stranger_finds_nothing(stranger: Access) -> None:
    here = practice()
    [sam] = people(here, 1)
    seat, other = own_seats(here, 2)
    appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
    organisation_id = here.organisation.pk
    with pytest.raises(NotPermitted):
        booking.day_diary(stranger, organisation_id, WEDNESDAY)
    with pytest.raises(NotPermitted):
        booking.free_places(stranger, organisation_id)
    with pytest.raises(NotPermitted):
        booking.types_of(stranger, organisation_id)
    with pytest.raises(NotPermitted):
        day_counts(stranger, organisation_id, WEDNESDAY)
    with pytest.raises(Patient.DoesNotExist):
        booking.appointments_of(stranger, sam.pk)
    with pytest.raises(Appointment.DoesNotExist):
        booking.by_ref(stranger, appointment.ref)
    with pytest.raises(Seat.DoesNotExist):
        seat_by_ref(stranger, other.ref)


def test_the_administrator_runs_the_system_and_sees_no_diary() -> None:
    here = practice()
    access = Access(
        DESK,
        organisation_ids=frozenset({here.organisation.pk}),
        permissions=PERMISSIONS[Role.ADMINISTRATOR],
    )
    with pytest.raises(NotPermitted):
        booking.day_diary(access, here.organisation.pk, WEDNESDAY)


def test_a_patient_sees_their_own_everywhere_and_nobody_elses() -> None:
    here, there = practice(), practice("Elsewhere Surgery", "Y99003")
    sam, ella = people(here, 2)
    [one], [two] = own_seats(here, 1), own_seats(there, 1, first=(12, 0))
    first = booking.book(seat_ref=one.ref, patient_id=sam.pk, by=DESK)
    second = booking.book(seat_ref=two.ref, patient_id=sam.pk, by=TEST)
    mine = Access.of_patient(sam.pk)
    assert [a.ref for a in booking.appointments_of(mine, sam.pk)] == [second.ref, first.ref]
    assert [a.ref for a in booking.appointments_of(here.access, sam.pk)] == [first.ref]
    assert [a.ref for a in booking.upcoming_of(mine, sam.pk)] == [first.ref, second.ref]
    view = booking.by_ref(mine, first.ref)
    assert (view.clinician, view.type_name, view.state, view.minutes) == ("Nurse B Adeyemi", "Blood test", "booked", 10)
    with pytest.raises(Appointment.DoesNotExist):
        booking.by_ref(Access.of_patient(ella.pk), first.ref)
    with pytest.raises(Appointment.DoesNotExist):
        booking.by_ref(mine, uuid.uuid4())


def test_free_places_are_those_that_can_be_booked() -> None:
    here = practice()
    [sam] = people(here, 1)
    first, second, third = own_seats(here, 3)
    own_seats(here, 1, type_name="Dressing", clinician="Dr H Ferris")
    booking.book(seat_ref=first.ref, patient_id=sam.pk, by=DESK)
    Seat.objects.filter(pk=second.pk).update(state="blocked")
    blood = kind(here)
    found = booking.free_places(here.access, here.organisation.pk, type_id=blood.pk, day=WEDNESDAY)
    assert [place.ref for place in found] == [third.ref]
    assert len(booking.free_places(here.access, here.organisation.pk)) == 2
    with clock.at(at(WEDNESDAY, 9, 20)):
        assert booking.free_places(here.access, here.organisation.pk) == []


def test_the_day_in_numbers() -> None:
    here = practice()
    sam, ella, rosa = people(here, 3)
    one, two, three = own_seats(here, 3)
    booking.book(seat_ref=one.ref, patient_id=sam.pk, by=DESK)
    gone = booking.book(seat_ref=two.ref, patient_id=ella.pk, by=DESK)
    booking.cancel(appointment_id=gone.pk, by=Actor.patient(ella.pk))
    kept = booking.book(seat_ref=three.ref, patient_id=rosa.pk, by=DESK)
    booking.confirm(appointment_id=kept.pk, by=DESK)
    assert day_counts(here.access, here.organisation.pk, WEDNESDAY) == DayCounts(
        booked=2, confirmed=1, cancelled_by_patient=1
    )


def test_a_fuller_day_takes_no_more_queries() -> None:
    here = practice()
    counts = []
    for size in (10, 200):
        day = WEDNESDAY + timedelta(days=size)
        rows = [
            row(patient, day=day, time=(8 + n // 20, n % 20 * 2), minutes=2, clinician=f"Dr {n % 4}")
            for n, patient in enumerate(people(here, size))
        ]
        booking.take_diary(
            organisation_id=here.organisation.pk,
            site_id=here.site.pk,
            source="emis",
            scope=Scope(day, day),
            rows=rows,
            by=DESK,
        )
        with CaptureQueriesContext(connection) as captured:
            assert booking.day_diary(here.access, here.organisation.pk, day).counts == {"booked": size}
        counts.append(len(captured))
    assert counts == [5, 5]


def test_nobody_counts_as_reminded_to_whom_no_text_went() -> None:
    of = practice()
    texted, without = people(of, 2)
    ContactPoint.objects.filter(patient=without).delete()
    for seat, patient in zip(own_seats(of, 2, first=(8, 30)), (texted, without), strict=True):
        booking.book(seat_ref=seat.ref, patient_id=patient.pk, by=DESK)
    Appointment.objects.update(told_at=None, booked_on=date(2026, 12, 1))
    assert remind() == 2
    found = booking.day_diary(of.access, of.organisation.pk, WEDNESDAY)
    seen = [seat.person for session in found.sessions for seat in session.seats if seat.person]
    assert {person.patient_id: person.reminded for person in seen} == {texted.pk: True, without.pk: False}
    assert day_counts(of.access, of.organisation.pk, WEDNESDAY).reminded == 1
