"""Courses: a place at every date or at none, one text for all, dates cancelled and moved for all, and who came."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor.booking import api as booking
from onedoor.booking import series
from onedoor.booking.models import Appointment, Course, CourseDate, Enrolment, Seat
from onedoor.booking.tests.factories import DESK, WEDNESDAY, Practice, at, kind, own_seats, people, practice
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.kernel.ledger import Account
from onedoor.messaging.models import Message
from onedoor.patients.api import record_need
from onedoor.patients.models import ContactPoint, Patient
from onedoor.tasks import api as tasks
from onedoor.tasks.models import Task

pytestmark = pytest.mark.django_db

WEEKS = [WEDNESDAY + timedelta(days=7 * n) for n in range(3)]
"""9, 16 and 23 December 2026."""


def course(
    here: Practice,
    *,
    places: int = 2,
    days: Sequence[date] = WEEKS,
    join_until: date | None = None,
    name: str = "Knee class",
) -> Course:
    new = booking.NewCourse(
        site_id=here.site.pk,
        type_id=kind(here, "Exercise class").pk,
        name=name,
        leader="Ola Bright",
        minutes=60,
        capacity=places,
        starts=[at(day, 10) for day in days],
        join_until=join_until,
    )
    return booking.make_course(organisation_id=here.organisation.pk, course=new, by=DESK)


def on(it: Course, who: Patient, by: Actor = DESK) -> Enrolment:
    return booking.enrol(course_ref=it.ref, patient_id=who.pk, by=by)


def view(here: Practice, it: Course) -> booking.CourseView:
    return booking.course_by_ref(here.access, it.ref)


def texts_to(who: Patient) -> list[str]:
    return list(Message.objects.filter(patient=who).exclude(state=6).order_by("id").values_list("body", flat=True))


def states_of(it: Course, who: Patient) -> list[str]:
    mine = Appointment.objects.filter(seat__course_date__course=it, patient=who).order_by("starts_at", "id")
    return list(mine.values_list("state", flat=True))


def date_of(it: Course, n: int) -> CourseDate:
    return it.dates.order_by("starts_at")[n]


def mark(it: Course, n: int, **marks: str) -> int:
    """The register of a date, by each patient's given name."""
    one = date_of(it, n)
    refs = {
        a.ref: marks[a.patient.given_name]
        for a in Appointment.objects.filter(seat__course_date=one).select_related("patient")
        if a.patient.given_name in marks
    }
    return booking.take_register(date_ref=one.ref, marks=refs, by=DESK)


class TestEnrolling:
    def test_a_place_at_every_date_and_one_text(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        it = course(here)
        enrolment = on(it, sam)
        assert (enrolment.state, enrolment.place) == ("enrolled", 1)
        assert states_of(it, sam) == ["booked"] * 3
        [said] = texts_to(sam)
        assert said.startswith(
            f"{sam.given_name}: your exercise class is on 3 dates, the first Wed 9 Dec at 10am at Wexcombe Road Surgery. "
        )
        assert said.endswith(" To change it, ring 01632 960123.")
        assert (view(here, it).enrolled, view(here, it).left) == (1, 1)

    def test_twice_is_once(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        it = course(here)
        assert on(it, sam).pk == on(it, sam).pk
        assert len(states_of(it, sam)) == 3
        assert len(texts_to(sam)) == 1

    def test_full_is_full_and_changes_nothing(self) -> None:
        here = practice()
        sam, ella, rosa = people(here, 3)
        it = course(here)
        on(it, sam)
        on(it, ella)
        with pytest.raises(booking.CourseFull):
            on(it, rosa)
        assert states_of(it, rosa) == []
        assert texts_to(rosa) == []

    def test_busy_at_one_date_is_none_and_names_it(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        it = course(here)
        [seat] = own_seats(here, 1, day=WEEKS[1], first=(10, 30))
        booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        with pytest.raises(booking.BusyOn, match=r"Wed 16 Dec at 10am\.$"):
            on(it, sam)
        assert states_of(it, sam) == []
        assert not Enrolment.objects.exists()

    def test_a_hold_gives_way(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        it = course(here)
        [seat] = own_seats(here, 1, day=WEEKS[1], first=(10, 30))
        booking.hold(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        assert on(it, sam).state == "enrolled"

    def test_who_joins_late_has_the_dates_that_are_left(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        it = course(here, join_until=WEEKS[1])
        with clock.at(at(WEEKS[0], 12)):
            on(it, sam)
        assert len(states_of(it, sam)) == 2

    def test_nobody_joins_after_the_last_day_to_join(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        it = course(here, join_until=WEEKS[0])
        with clock.at(at(WEEKS[0] + timedelta(days=1), 9)), pytest.raises(booking.CourseClosed):
            on(it, sam)

    def test_a_place_of_a_course_is_nobody_elses(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        it = course(here)
        on(it, sam)
        seat = Seat.objects.filter(course_date__course=it, n=2).first()
        assert seat is not None
        assert booking.free_places(here.access, here.organisation.pk, type_id=it.type_id) == []
        with pytest.raises(booking.SeatTaken):
            booking.book(seat_ref=seat.ref, patient_id=ella.pk, by=DESK)
        with pytest.raises(booking.Full):
            booking.book_any(type_id=it.type_id, patient_id=ella.pk, day=WEEKS[0], by=DESK)

    def test_another_practice_enrols_nobody_here(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        it = course(here)
        with pytest.raises(booking.NotYours):
            on(it, sam, by=Actor(kind="user", id=2, label="Elsewhere", organisation_id=here.organisation.pk + 1))
        with pytest.raises(booking.NotYours):
            on(it, sam, by=Actor.patient(sam.pk + 1))
        with pytest.raises(Course.DoesNotExist):
            booking.course_by_ref(Access.of_patient(sam.pk), it.ref)

    def test_whoever_cannot_be_texted_is_rung(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        ContactPoint.objects.filter(patient=sam).delete()
        on(course(here), sam)
        assert Task.objects.get(kind="tell_patient").title.startswith("Ring: they have a place on Knee class")

    def test_each_date_has_its_own_reminder(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        it = course(here)
        on(it, sam)
        for day in WEEKS:
            with clock.at(at(day - timedelta(days=2), 11)):
                jobs.run_once("booking.remind")
        said = [body for body in texts_to(sam) if "Reply YES" in body]
        assert [day in body for day, body in zip(("Wed 9 Dec", "Wed 16 Dec", "Wed 23 Dec"), said, strict=True)] == [
            True
        ] * 3


class TestLeaving:
    def test_what_is_ahead_is_cancelled_and_one_text_says_so(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        it = course(here)
        enrolment = on(it, sam)
        with clock.at(at(WEEKS[0], 12)):
            mark(it, 0, **{sam.given_name: "seen"})
            booking.leave_course(enrolment_ref=enrolment.ref, by=Actor.patient(sam.pk))
            booking.leave_course(enrolment_ref=enrolment.ref, by=Actor.patient(sam.pk))
        assert states_of(it, sam) == ["fulfilled", "cancelled", "cancelled"]
        assert texts_to(sam)[1:] == [
            f"{sam.given_name}: your 2 dates from Wed 16 Dec at 10am on are cancelled. Thank you for telling us."
        ]
        assert view(here, it).left == 2

    def test_a_date_that_the_patient_cancels_stays_theirs(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        it = course(here, places=1)
        on(it, sam)
        first = Appointment.objects.filter(patient=sam).earliest("starts_at")
        booking.cancel(appointment_id=first.pk, by=Actor.patient(sam.pk))
        assert Enrolment.objects.get(patient=sam).state == "enrolled"
        assert states_of(it, sam) == ["cancelled", "booked", "booked"]
        with pytest.raises(booking.CourseFull):
            on(it, ella)
        assert booking.come_back(appointment_id=first.pk, by=Actor.patient(sam.pk)).state == "booked"

    def test_who_left_does_not_come_back_to_one_date(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        it = course(here)
        enrolment = on(it, sam)
        first = Appointment.objects.filter(patient=sam).earliest("starts_at")
        booking.leave_course(enrolment_ref=enrolment.ref, by=Actor.patient(sam.pk))
        with pytest.raises(booking.SeatTaken):
            booking.come_back(appointment_id=first.pk, by=Actor.patient(sam.pk))

    def test_the_day_adds_up(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        booking.leave_course(enrolment_ref=on(course(here), sam).ref, by=DESK)
        [cancelled] = [
            a for a in booking.accounts_of_day(here.access, clock.today()) if a.name == "Appointments cancelled"
        ]
        assert isinstance(cancelled, Account)
        assert (cancelled.parts, cancelled.unexplained) == ({"kept for those on the course": 3}, [])

    def test_another_patient_takes_nobody_off(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        enrolment = on(course(here), sam)
        with pytest.raises(booking.NotYours):
            booking.leave_course(enrolment_ref=enrolment.ref, by=Actor.patient(ella.pk))


class TestWaiting:
    def test_the_first_who_asked_has_the_place_that_comes_free(self) -> None:
        here = practice()
        sam, ella, rosa = people(here, 3)
        it = course(here, places=1, join_until=WEEKS[1])
        enrolment = on(it, sam)
        for who in (rosa, ella):
            booking.wait_for_course(course_ref=it.ref, patient_id=who.pk, by=DESK)
        booking.leave_course(enrolment_ref=enrolment.ref, by=DESK)
        jobs.run_once("booking.courses")
        assert dict(Enrolment.objects.values_list("patient_id", "state")) == {
            sam.pk: "left",
            rosa.pk: "enrolled",
            ella.pk: "waiting",
        }
        assert texts_to(rosa) == [
            f"{rosa.given_name}: a place has come free and is yours: your exercise class is on 3 dates, the first Wed 9 Dec "
            "at 10am. To change it, ring 01632 960123."
        ]

    def test_who_is_busy_is_passed_over_and_waits_on(self) -> None:
        here = practice()
        sam, ella, rosa = people(here, 3)
        it = course(here, places=1)
        enrolment = on(it, sam)
        [seat] = own_seats(here, 1, day=WEEKS[1], first=(10, 30))
        booking.book(seat_ref=seat.ref, patient_id=ella.pk, by=DESK)
        for who in (ella, rosa):
            booking.wait_for_course(course_ref=it.ref, patient_id=who.pk, by=DESK)
        booking.leave_course(enrolment_ref=enrolment.ref, by=DESK)
        jobs.run_once("booking.courses")
        assert Enrolment.objects.get(patient=rosa).state == "enrolled"
        assert Enrolment.objects.get(patient=ella).state == "waiting"

    def test_who_waited_in_vain_is_work_for_a_person(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        it = course(here, places=1)
        on(it, sam)
        booking.wait_for_course(course_ref=it.ref, patient_id=ella.pk, by=DESK)
        with clock.at(at(WEEKS[0] + timedelta(days=1), 9)):
            jobs.run_once("booking.courses")
        assert Enrolment.objects.get(patient=ella).state == "left"
        assert Task.objects.get(kind="course_no_place").patient_id == ella.pk

    def test_a_free_place_that_does_not_meet_a_need_is_told_to_a_person_once(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        it = course(here, places=1)
        held = on(it, sam)
        booking.wait_for_course(course_ref=it.ref, patient_id=ella.pk, by=DESK)
        record_need(access=here.access, organisation_id=here.organisation.pk, patient_id=ella.pk, key="step_free")
        booking.leave_course(enrolment_ref=held.ref, by=DESK)
        for _ in range(2):
            jobs.run_once("booking.courses")
        assert Enrolment.objects.get(patient=ella).state == "waiting"
        [asked] = Task.objects.filter(kind="course_no_place")
        assert asked.patient_id == ella.pk
        assert "does not fit" in asked.detail
        tasks.complete(access=here.access, ref=asked.ref, outcome=tasks.kind_of("course_no_place").outcomes[0].value)
        jobs.run_once("booking.courses")
        assert Task.objects.filter(kind="course_no_place").count() == 1

    def test_a_course_that_is_over_is_finished(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        on(course(here), sam)
        with clock.at(at(WEEKS[2], 12)):
            jobs.run_once("booking.courses")
        assert Enrolment.objects.get(patient=sam).state == "finished"


class TestDates:
    def test_a_date_that_we_cancel_is_told_to_all_who_stay_on_the_course(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        it = course(here)
        on(it, sam)
        on(it, ella)
        assert booking.cancel_date(date_ref=date_of(it, 1).ref, by=DESK) == 2
        assert states_of(it, sam) == states_of(it, ella) == ["booked", "cancelled", "booked"]
        assert texts_to(ella)[-1] == (
            f"{ella.given_name}: sorry, Wexcombe Road Surgery has had to cancel Wed 16 Dec at 10am. Your other dates stand."
        )
        assert {e.state for e in Enrolment.objects.all()} == {"enrolled"}
        with pytest.raises(booking.TooLate):
            booking.cancel_date(date_ref=date_of(it, 1).ref, by=DESK)

    def test_a_date_is_moved_for_all(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        it = course(here)
        on(it, sam)
        on(it, ella)
        moved = booking.move_date(date_ref=date_of(it, 1).ref, to=at(WEEKS[1] + timedelta(days=1), 14), by=DESK)
        assert (moved.moved, moved.busy) == (2, 0)
        assert Appointment.objects.filter(starts_at=at(date(2026, 12, 17), 14), state="booked").count() == 2
        assert texts_to(sam)[-1] == (
            f"{sam.given_name}: your exercise class is now Thu 17 Dec at 2pm at Wexcombe Road Surgery. "
            "You no longer have Wed 16 Dec at 10am."
        )
        with clock.at(at(date(2026, 12, 15), 15)):
            jobs.run_once("booking.remind")
        assert "Thu 17 Dec at 2pm" in texts_to(sam)[-1]

    def test_who_is_busy_at_the_new_time_loses_the_date_and_is_told(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        it = course(here)
        on(it, sam)
        on(it, ella)
        [seat] = own_seats(here, 1, day=WEEKS[1], first=(14, 30))
        booking.book(seat_ref=seat.ref, patient_id=ella.pk, by=DESK)
        moved = booking.move_date(date_ref=date_of(it, 1).ref, to=at(WEEKS[1], 14), by=DESK)
        assert (moved.moved, moved.busy) == (1, 1)
        assert states_of(it, ella) == ["booked", "cancelled", "booked"]
        assert "has had to cancel" in texts_to(ella)[-1]

    def test_two_dates_of_a_course_are_not_at_one_time(self) -> None:
        here = practice()
        it = course(here)
        with pytest.raises(booking.BadCourse, match="another date"):
            booking.move_date(date_ref=date_of(it, 1).ref, to=at(WEEKS[2], 10, 30), by=DESK)

    @pytest.mark.parametrize("what", ["cancel", "move"])
    def test_ten_cost_what_a_thousand_cost(self, what: str) -> None:
        here = practice()
        costs = []
        for n, many in enumerate((10, 1_000)):
            it = course(here, places=many, name=f"Class of {many}")
            self._fill(it, people(here, many))
            one = date_of(it, 1)
            with CaptureQueriesContext(connection) as statements:
                if what == "cancel":
                    assert booking.cancel_date(date_ref=one.ref, by=DESK) == many
                else:
                    to = at(WEEKS[1] + timedelta(days=1), 12 + n)
                    assert booking.move_date(date_ref=one.ref, to=to, by=DESK).moved == many
            costs.append(len(statements))
        assert costs[0] == costs[1]

    @staticmethod
    def _fill(it: Course, who: Sequence[Patient]) -> None:
        one, now = date_of(it, 1), clock.now()
        Enrolment.objects.bulk_create(
            [
                Enrolment(course=it, patient=p, state="enrolled", place=n, asked_at=now, via="desk")
                for n, p in enumerate(who, 1)
            ]
        )
        seats = {seat.n: seat for seat in one.seats.all()}
        Appointment.objects.bulk_create(
            [
                Appointment(
                    organisation_id=it.organisation_id,
                    seat=seats[n],
                    patient=p,
                    starts_at=one.starts_at,
                    during=(one.starts_at, one.starts_at + timedelta(hours=1)),
                    state="booked",
                    booked_via="desk",
                    booked_at=now,
                )
                for n, p in enumerate(who, 1)
            ]
        )


class TestRegister:
    def test_one_post_marks_all(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        it = course(here)
        on(it, sam)
        on(it, ella)
        with clock.at(at(WEEKS[0], 11, 30)):
            assert mark(it, 0, **{sam.given_name: "seen", ella.given_name: "missed"}) == 2
            assert mark(it, 0, **{sam.given_name: "seen", ella.given_name: "missed"}) == 0
            # Pressed wrongly.
            assert mark(it, 0, **{ella.given_name: "seen"}) == 1
            assert mark(it, 0, **{ella.given_name: "missed"}) == 1
            shown = view(here, it)
            lines = booking.register(here.access, shown, date_of(it, 0).ref)
            assert {line.name: (line.state, line.came, line.told) for line in lines} == {
                sam.shown_name: ("fulfilled", 1, 1),
                ella.shown_name: ("noshow", 0, 1),
            }
            assert (shown.came, shown.told) == (1, 2)

    def test_nobody_is_missing_before_it_began(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        it = course(here)
        on(it, sam)
        with pytest.raises(booking.TooEarly):
            mark(it, 0, **{sam.given_name: "missed"})

    def test_two_missed_in_a_row_and_a_person_rings(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        it = course(here)
        on(it, sam)
        for n in (0, 1):
            with clock.at(at(WEEKS[n], 11, 30)):
                mark(it, n, **{sam.given_name: "missed"})
            assert Task.objects.filter(kind="course_missed").count() == n
        assert Enrolment.objects.get().state == "enrolled"
        assert states_of(it, sam)[2] == "booked"

    def test_marked_as_having_come_after_all_nobody_rings(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        it = course(here)
        on(it, sam)
        for n in (0, 1):
            with clock.at(at(WEEKS[n], 11, 30)):
                mark(it, n, **{sam.given_name: "missed"})
        with clock.at(at(WEEKS[1], 12)):
            mark(it, 1, **{sam.given_name: "seen"})
        assert Task.objects.get(kind="course_missed").state == "withdrawn"

    def test_the_diary_page_counts_too(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        it = course(here)
        on(it, sam)
        for n in (0, 1):
            with clock.at(at(WEEKS[n], 11, 30)):
                own = Appointment.objects.get(seat__course_date=date_of(it, n))
                booking.did_not_attend(appointment_id=own.pk, by=DESK)
        assert Task.objects.get(kind="course_missed").state == "open"

    def test_who_says_on_the_telephone_that_they_leave_has_left(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        it = course(here)
        on(it, sam)
        for n in (0, 1):
            with clock.at(at(WEEKS[n], 11, 30)):
                mark(it, n, **{sam.given_name: "missed"})
        with clock.at(at(WEEKS[1], 15)):
            tasks.complete(access=here.access, ref=Task.objects.get(kind="course_missed").ref, outcome="leaves")
        assert Enrolment.objects.get().state == "left"
        assert states_of(it, sam)[2] == "cancelled"


@pytest.mark.parametrize(
    ("states", "again"),
    [
        ([], False),
        (["noshow"], False),
        (["noshow", "noshow"], True),
        (["fulfilled", "noshow", "noshow"], True),
        (["noshow", "noshow", "arrived"], False),
        (["noshow", "fulfilled", "noshow"], False),
        (["noshow", "cancelled", "noshow"], True),
    ],
)
def test_missed_again(states: list[str], again: bool) -> None:
    assert series.missed_again(states) is again


def test_bank_holidays_are_left_out_and_made_up_for() -> None:
    found = series.weekly(date(2026, 12, 14), 4)
    # Boxing Day 2026 is a Saturday: Monday the 28th is its holiday.
    assert found.days == (date(2026, 12, 14), date(2026, 12, 21), date(2027, 1, 4), date(2027, 1, 11))
    assert found.left_out == (date(2026, 12, 28),)


def change(it: Course, places: int, name: str = "Knee class") -> int:
    return booking.change_course(course_ref=it.ref, name=name, capacity=places, by=DESK)


class TestChanging:
    def test_more_places_go_to_those_who_wait(self) -> None:
        here = practice()
        first, second, third = people(here, 3)
        it = course(here, places=1)
        on(it, first)
        for who in (second, third):
            booking.wait_for_course(course_ref=it.ref, patient_id=who.pk, by=DESK)
        assert change(it, 2) == 1
        jobs.run_once("booking.courses")
        assert states_of(it, second) == ["booked"] * 3
        assert states_of(it, third) == []
        assert (view(here, it).capacity, view(here, it).left) == (2, 0)

    def test_never_fewer_than_are_on_it_and_everybody_keeps_their_place(self) -> None:
        here = practice()
        who = people(here, 4)
        it = course(here, places=4)
        for one in who:
            on(it, one)
        for one in who[:2]:
            booking.leave_course(enrolment_ref=Enrolment.objects.get(patient=one).ref, by=DESK)
        for places in (1, 0, -3, 1_001):
            with pytest.raises(booking.BadCourse):
                change(it, places)
        assert change(it, 3) == 1
        assert change(it, 2) == 0
        with pytest.raises(booking.CourseFull):
            on(it, who[0])
        assert [states_of(it, one)[-3:] for one in who[2:]] == [["booked"] * 3] * 2
        assert change(it, 4) == 2
        for one in who[:2]:
            on(it, one)
        assert set(Enrolment.objects.filter(state="enrolled").values_list("place", flat=True)) == {1, 2, 3, 4}

    def test_its_name_is_new_in_the_diary_too_and_what_was_stays(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        it = course(here)
        on(it, sam)
        with clock.at(at(WEEKS[1], 9)):
            change(it, 2, "  Hip   class ")
        names = Seat.objects.filter(course_date__course=it, n=1).order_by("starts_at")
        assert list(names.values_list("session__name", flat=True)) == ["Knee class", "Hip class", "Hip class"]
        assert view(here, it).name == "Hip class"
        with pytest.raises(booking.BadCourse):
            change(it, 2, "  ")

    def test_two_courses_of_a_leader_are_not_made_one(self) -> None:
        here = practice()
        course(here)
        other = course(here, name="Hip class")
        with pytest.raises(booking.BadCourse, match="already"):
            change(other, 2, "Knee class")
        assert view(here, other).name == "Hip class"

    def test_a_course_that_is_over_is_left_as_it_was(self) -> None:
        here = practice()
        it = course(here)
        with clock.at(at(WEEKS[2], 12)):
            for act in (lambda: change(it, 5), lambda: booking.cancel_course(course_ref=it.ref, by=DESK)):
                with pytest.raises(booking.TooLate):
                    act()


class TestCancellingAll:
    def test_everybody_is_told_once_and_whoever_waits_becomes_work(self) -> None:
        here = practice()
        first, second, third = people(here, 3)
        it = course(here)
        on(it, first)
        on(it, second)
        booking.wait_for_course(course_ref=it.ref, patient_id=third.pk, by=DESK)
        lost = Appointment.objects.filter(patient=second).order_by("starts_at")[0]
        booking.cancel(appointment_id=lost.pk, by=DESK, tell=False)
        off = booking.cancel_course(course_ref=it.ref, by=DESK)
        assert (off.enrolled, off.waited) == (2, 1)
        assert states_of(it, first) == ["cancelled"] * 3
        assert "has had to cancel" in texts_to(first)[-1]
        assert "3 dates" in texts_to(first)[-1]
        assert "2 dates" in texts_to(second)[-1]
        assert len(texts_to(first)) == 2
        [work] = Task.objects.filter(kind="course_no_place")
        assert (work.patient_id, work.title) == (third.pk, "Knee class is cancelled: find another course")
        assert not Enrolment.objects.filter(state__in=("waiting", "enrolled")).exists()
        assert not Seat.objects.exclude(state="gone").exists()
        shown = view(here, it)
        assert {one.state for one in shown.dates} == {"cancelled"}
        assert not shown.may_join
        with pytest.raises(booking.TooLate):
            booking.cancel_course(course_ref=it.ref, by=DESK)

    def test_whoever_has_no_number_is_rung(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        it = course(here)
        on(it, sam)
        ContactPoint.objects.all().delete()
        booking.cancel_course(course_ref=it.ref, by=DESK)
        assert Task.objects.filter(patient=sam, title__contains="Knee class is cancelled").exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_people_and_one_last_place() -> None:
    here = practice()
    who = people(here, 6)
    it = course(here, places=1)
    start, raised, now = threading.Barrier(len(who)), [], clock.now()

    def take(patient: Patient) -> None:
        try:
            with clock.at(now):
                start.wait()
                booking.enrol(course_ref=it.ref, patient_id=patient.pk, by=TEST)
        except booking.BookingError as error:
            raised.append(type(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(patient,)) for patient in who]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == [booking.CourseFull] * 5
    [enrolment] = Enrolment.objects.all()
    assert set(Appointment.objects.values_list("patient_id", flat=True)) == {enrolment.patient_id}
    assert Appointment.objects.count() == 3
