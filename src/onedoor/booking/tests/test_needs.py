"""Needs kept when booking: only fitting places, an interpreter with the place and no longer than it, breaches written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor.booking import api as booking
from onedoor.booking import needs
from onedoor.booking.actions.waves import open_waves
from onedoor.booking.models import Appointment, InterpreterBooking, NeedBreach, Offer, Seat
from onedoor.booking.needs import Spot
from onedoor.booking.tests.factories import DESK, WEDNESDAY, Practice, at, own_seats, people, practice, row
from onedoor.booking.tests.test_courses import course
from onedoor.booking.types import DiaryRow, Scope
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.kernel.actor import Actor
from onedoor.kernel.models import AuditEntry
from onedoor.messaging.models import Message
from onedoor.patients import api as patients
from onedoor.patients.models import Need, Patient
from onedoor.records.models import Entry
from onedoor.tasks import api as tasks
from onedoor.tasks.models import Task

pytestmark = pytest.mark.django_db

LATER = date(2026, 12, 16)
"""More than two working days after the tests' Monday."""


def needs_(who: Patient, here: Practice, *texts: str, code: str = "") -> None:
    for text in texts:
        Need.objects.create(patient=who, organisation=here.organisation, text=text, code=code)


def polish(here: Practice) -> Patient:
    [who] = people(here, 1)
    needs_(who, here, "Interpreter: Polish")
    return who


def quiet(here: Practice, *features: str, clinician: str = "Nurse B Adeyemi") -> None:
    booking.describe_clinic(
        organisation_id=here.organisation.pk,
        site_id=here.site.pk,
        clinician=clinician,
        name="Health Checks",
        features=features,
        by=DESK,
    )


def bodies(who: Patient) -> list[str]:
    return list(Message.objects.filter(patient=who).order_by("id").values_list("body", flat=True))


def open_tasks(kind: str) -> list[str]:
    return list(
        Task.objects.filter(kind=kind, state__in=("open", "claimed")).order_by("id").values_list("title", flat=True)
    )


def take(here: Practice, rows: list[DiaryRow], day: date) -> None:
    booking.take_diary(
        organisation_id=here.organisation.pk,
        site_id=here.site.pk,
        source="emis",
        scope=Scope(day, day),
        rows=rows,
        by=TEST,
    )


def stands(a: Appointment) -> list[tuple[str, str]]:
    return list(InterpreterBooking.objects.filter(appointment=a).exclude(state="released").values_list("who", "state"))


NINE = datetime(2026, 12, 9, 9, 0, tzinfo=clock.LONDON)
ROOM = Spot(starts_at=NINE, minutes=20, usual_minutes=20)


@pytest.mark.parametrize(
    ("text", "code", "spot", "why"),
    [
        ("Step-free access", "", ROOM, "is not known to be step-free"),
        ("Uses a wheelchair", "", ROOM, "is not known to be step-free"),
        ("Step-free access", "", Spot(NINE, 20, features=frozenset({"step_free"})), ""),
        ("Step-free access", "", Spot(NINE, 20, by_telephone=True), ""),
        ("Home visit", "1325371000000107", Spot(NINE, 20, by_telephone=True), "is not a visit at home"),
        ("Quiet waiting area", "", ROOM, "is not known to be quiet"),
        ("Low noise", "1325391000000106", Spot(NINE, 20, features=frozenset({"quiet"})), ""),
        ("Hearing loop", "", ROOM, "is not known to have a hearing loop"),
        ("Extended appointment", "1108171000000102", ROOM, "is 20 minutes and not 40"),
        ("Extended appointment", "1108171000000102", Spot(NINE, 40, usual_minutes=20), ""),
        (
            "Extended appointment",
            "",
            Spot(NINE, 40),
            "may be as long as any other: how long its kind usually lasts is not set",
        ),
        ("Any words", "1325351000000103", ROOM, "is not the first of its session"),
        ("Minimal waiting", "1325841000000109", Spot(NINE, 20, first=True), ""),
        ("Last appointment of the session", "1325361000000100", ROOM, "is not the last of its session"),
        ("Not before 14:00", "", ROOM, "begins at 9am"),
        ("Not before 9:00", "", ROOM, ""),
        ("Not after 8:00", "", ROOM, "begins at 9am"),
        ("Priority", "1108161000000109", ROOM, ""),
        ("Easyread", "796161000000101", ROOM, ""),
        ("A carer comes too", "", ROOM, ""),
    ],
)
def test_what_a_need_demands_of_a_place(text: str, code: str, spot: Spot, why: str) -> None:
    found = needs.misfits(needs.demands("English", [(text, code)]), spot)
    assert [one.why for one in found] == ([why] if why else [])


@pytest.mark.parametrize(
    ("language", "kept", "who"),
    [
        ("Polish", [("Interpreter required", "")], ("Polish interpreter",)),
        ("English", [("Interpreter required", "")], (needs.ANY_LANGUAGE,)),
        ("", [("Interpreter", "")], (needs.ANY_LANGUAGE,)),
        ("English", [("Interpreter: Polish", "")], ("Polish interpreter",)),
        ("", [("Urdu interpreter", "")], ("Urdu interpreter",)),
        ("British Sign Language", [("Interpreter required", "")], ("British Sign Language interpreter",)),
        ("English", [("Uses British Sign Language", "415803005")], ("British Sign Language interpreter",)),
        ("English", [("Words", "945911000000109")], ("lipspeaker",)),
        ("Polish", [("Large print", "")], ()),
        ("English", [("Interpreter", ""), ("Interpreter: Polish", "")], ("Polish interpreter",)),
        ("Polish", [("Interpreter required", ""), ("Interpreter: Polish", "")], ("Polish interpreter",)),
    ],
)
def test_whom_to_book(language: str, kept: list[tuple[str, str]], who: tuple[str, ...]) -> None:
    assert needs.interpreters(needs.demands(language, kept)) == who


def test_the_last_moment_to_ask_counts_working_days() -> None:
    # Tuesday, back over a weekend to Friday.
    assert needs.latest_to_ask(at(date(2026, 12, 8), 10, 20), 2) == at(date(2026, 12, 4), 10, 20)
    assert needs.latest_to_ask(at(date(2026, 12, 29), 9), 1) == at(date(2026, 12, 24), 9)


def test_an_interpreter_is_asked_for_with_the_place_and_released_with_it() -> None:
    here = practice()
    ola = polish(here)
    [seat] = own_seats(here, 1, day=LATER, first=(10, 20), minutes=20)
    made = booking.book(seat_ref=seat.ref, patient_id=ola.pk, by=DESK)
    assert stands(made) == [("Polish interpreter", "asked")]
    assert open_tasks("book_interpreter") == [
        "Book a Polish interpreter: Wed 16 Dec 10:20, Nurse B Adeyemi, 20 minutes"
    ]
    # Which language is not said by text.
    assert "An interpreter is asked for." in bodies(ola)[0]
    assert "Polish" not in bodies(ola)[0]
    booking.cancel(appointment_id=made.pk, by=DESK)
    assert stands(made) == []
    assert open_tasks("book_interpreter") == []
    assert open_tasks("release_interpreter") == []
    assert "Polish interpreter released: Wed 16 Dec 10:20am, Nurse B Adeyemi" in set(
        Entry.objects.filter(patient=ola).values_list("text", flat=True)
    )


def test_one_that_was_booked_is_told_when_the_place_is_given_up() -> None:
    here = practice()
    ola = polish(here)
    first, second = own_seats(here, 2, day=LATER)
    made = booking.book(seat_ref=first.ref, patient_id=ola.pk, by=DESK)
    [mine] = booking.interpreters_of([made.pk])[made.pk]
    booking.confirm_interpreter(interpreter_id=mine.id, mode="video", by=DESK)
    assert open_tasks("book_interpreter") == []
    [mine] = booking.interpreters_of([made.pk])[made.pk]
    assert mine.for_patient == "A Polish interpreter is booked by video."
    new = booking.move(appointment_ref=made.ref, seat_ref=second.ref, by=DESK)
    assert (stands(made), stands(new)) == ([], [("Polish interpreter", "asked")])
    assert len(open_tasks("release_interpreter")) == len(open_tasks("book_interpreter")) == 1


def test_who_comes_back_has_an_interpreter_asked_for_again() -> None:
    here = practice()
    ola = polish(here)
    [seat] = own_seats(here, 1, day=LATER)
    made = booking.book(seat_ref=seat.ref, patient_id=ola.pk, by=DESK)
    booking.cancel(appointment_id=made.pk, by=Actor.patient(ola.pk))
    back = booking.come_back(appointment_id=made.pk, by=Actor.patient(ola.pk))
    assert stands(back) == [("Polish interpreter", "asked")]


def test_a_place_that_does_not_fit_is_booked_only_with_a_reason_which_is_kept() -> None:
    here = practice()
    [sam] = people(here, 1)
    needs_(sam, here, "Step-free access")
    first, second = own_seats(here, 2)
    with pytest.raises(booking.DoesNotFit, match="not known to be step-free"):
        booking.book(seat_ref=first.ref, patient_id=sam.pk, by=DESK)
    with pytest.raises(booking.DoesNotFit):
        booking.book(seat_ref=first.ref, patient_id=sam.pk, by=Actor.patient(sam.pk), despite="I can climb")
    assert not Appointment.objects.exists()
    made = booking.book(seat_ref=first.ref, patient_id=sam.pk, by=DESK, despite="He says the lift will do")
    [kept] = booking.breaches(here.access, here.organisation.pk, clock.today(), clock.today())
    assert (kept.need, kept.why, kept.despite, kept.by) == (
        "Step-free access",
        "is not known to be step-free",
        "He says the lift will do",
        DESK.label,
    )
    assert AuditEntry.objects.filter(action="need_not_met", subject_id=made.pk).count() == 1
    with pytest.raises(booking.DoesNotFit):
        booking.move(appointment_ref=made.ref, seat_ref=second.ref, by=DESK)
    quiet(here, "step_free")
    assert booking.move(appointment_ref=made.ref, seat_ref=second.ref, by=DESK).state == "booked"
    assert NeedBreach.objects.count() == 1


def test_the_earliest_that_fits_is_booked() -> None:
    here = practice()
    [sam] = people(here, 1)
    needs_(sam, here, "Not before 9:20")
    seats = own_seats(here, 4)
    made = booking.book_any(type_id=seats[0].type_id, patient_id=sam.pk, day=WEDNESDAY, by=DESK)
    assert made.seat_id == seats[2].pk
    [ann] = people(here, 1)
    needs_(ann, here, "Not before 18:00")
    with pytest.raises(booking.DoesNotFit):
        booking.book_any(type_id=seats[0].type_id, patient_id=ann.pk, day=WEDNESDAY, by=DESK)
    assert (
        booking.book_any(type_id=seats[0].type_id, patient_id=ann.pk, day=WEDNESDAY, by=DESK, despite="Urgent").seat_id
        == seats[0].pk
    )


def test_free_places_for_a_patient_are_those_that_fit_and_then_why_the_others_do_not() -> None:
    here = practice()
    [sam] = people(here, 1)
    needs_(sam, here, "Last appointment of the session")
    seats = own_seats(here, 3)
    found = booking.free_places(here.access, here.organisation.pk, patient_id=sam.pk)
    assert [place.ref for place in found] == [seats[2].ref, seats[0].ref, seats[1].ref]
    assert [bool(place.misfits) for place in found] == [False, True, True]
    lacks = booking.fits(here.access, [sam.pk], [seat.pk for seat in seats])
    assert {key for _, key in lacks} == {seats[0].pk, seats[1].pk}


def test_offers_go_only_to_those_whom_the_place_fits() -> None:
    here = practice()
    sam, ann, ola = people(here, 3)
    needs_(sam, here, "Quiet waiting area")
    needs_(ola, here, "Interpreter: Polish")
    # Tomorrow: too near to book an interpreter.
    [seat] = own_seats(here, 1, day=date(2026, 12, 8), first=(16, 0))
    [holder] = people(here, 1)
    for who in (sam, ann, ola):
        booking.join_waiting(patient_id=who.pk, appointment_id=None, type_id=seat.type_id, via="desk", by=DESK)
    made = booking.book(seat_ref=seat.ref, patient_id=holder.pk, by=DESK)
    booking.cancel(appointment_id=made.pk, by=DESK)
    assert open_waves() == 1
    assert set(Offer.objects.values_list("entry__patient_id", flat=True)) == {ann.pk}
    quiet(here, "quiet")
    booking.set_policy(organisation_id=here.organisation.pk, interpreter_days=0, window_minutes=5, by=DESK)
    with clock.at(clock.now() + timedelta(minutes=20)):
        open_waves()
    assert set(Offer.objects.values_list("entry__patient_id", flat=True)) == {ann.pk, sam.pk, ola.pk}


def test_what_nobody_confirmed_in_time_is_warned_of_once() -> None:
    here = practice()
    ola = polish(here)
    [seat] = own_seats(here, 1, day=LATER)
    booking.book(seat_ref=seat.ref, patient_id=ola.pk, by=DESK)
    jobs.run_once("booking.interpreters")
    assert open_tasks("interpreter_late") == []
    with clock.at(at(date(2026, 12, 14), 9, 5)):
        jobs.run_once("booking.interpreters")
        jobs.run_once("booking.interpreters")
        assert len(open_tasks("interpreter_late")) == 1
    with clock.at(at(LATER, 9, 1)):
        jobs.run_once("booking.interpreters")
    assert open_tasks("interpreter_late") == open_tasks("book_interpreter") == []


def test_a_need_written_down_after_the_booking_asks_and_its_end_releases() -> None:
    here = practice()
    [ola] = people(here, 1)
    [seat] = own_seats(here, 1, day=LATER)
    made = booking.book(seat_ref=seat.ref, patient_id=ola.pk, by=DESK)
    kept = patients.record_need(
        access=here.access,
        organisation_id=here.organisation.pk,
        patient_id=ola.pk,
        key="interpreter",
        language="Polish",
    )
    assert kept == "Interpreter: Polish"
    assert stands(made) == [("Polish interpreter", "asked")]
    [need] = patients.needs_of(here.access, ola.pk)
    patients.end_need(access=here.access, organisation_id=here.organisation.pk, need_id=need.id)
    assert stands(made) == []


def test_a_visit_that_fits_no_more_is_a_persons_work_until_it_fits_or_stands() -> None:
    here = practice()
    [sam] = people(here, 1)
    first, second = own_seats(here, 2, day=LATER)
    made = booking.book(seat_ref=first.ref, patient_id=sam.pk, by=DESK)
    say = partial(patients.record_need, access=here.access, organisation_id=here.organisation.pk, patient_id=sam.pk)
    say(key="last")
    assert open_tasks("visit_does_not_fit") == ["A visit does not fit a need: Wed 16 Dec 09:00, Nurse B Adeyemi"]
    booking.move(appointment_ref=made.ref, seat_ref=second.ref, by=DESK)
    assert open_tasks("visit_does_not_fit") == []
    say(key="first")
    task = Task.objects.get(kind="visit_does_not_fit", state="open")
    tasks.complete(access=here.access, ref=task.ref, outcome="stands", note="She says it is near enough")
    assert NeedBreach.objects.get().despite == "She says it is near enough"
    # Known and kept: a need that is written down later does not ask about it again.
    say(key="lip_reads")
    assert open_tasks("visit_does_not_fit") == []


def test_what_an_outside_diary_books_is_kept_when_it_does_not_fit() -> None:
    here = practice()
    sam, ola, *others = people(here, 30)
    needs_(sam, here, "Step-free access")
    needs_(ola, here, "Polish interpreter")
    rows = [row(who, day=LATER, time=(9, n)) for n, who in enumerate((ola, sam, *others))]
    rows = [replace(one, minutes=1) for one in rows]
    take(here, rows, LATER)
    [kept] = booking.breaches(here.access, here.organisation.pk, clock.today(), clock.today())
    assert (kept.need, kept.despite) == ("Step-free access", "Booked in EMIS")
    assert stands(Appointment.objects.get(patient=ola)) == [("Polish interpreter", "asked")]
    take(here, rows[1:], LATER)
    assert Appointment.objects.get(patient=ola).state == "cancelled"
    assert stands(Appointment.objects.get(patient=ola)) == []


def test_none_to_be_had_is_a_persons_work_and_going_without_is_kept() -> None:
    here = practice()
    ola = polish(here)
    [seat] = own_seats(here, 1, day=LATER)
    made = booking.book(seat_ref=seat.ref, patient_id=ola.pk, by=DESK)
    asked = Task.objects.get(kind="book_interpreter")
    tasks.complete(access=here.access, ref=asked.ref, outcome="none")
    assert stands(made) == [("Polish interpreter", "refused")]
    assert (
        booking.interpreters_of([made.pk])[made.pk][0].for_patient == "We are still looking for a Polish interpreter."
    )
    lacking = Task.objects.get(kind="no_interpreter")
    tasks.complete(access=here.access, ref=lacking.ref, outcome="without", note="Her son speaks for her")
    [kept] = booking.breaches(here.access, here.organisation.pk, clock.today(), clock.today())
    assert (kept.need, kept.why, kept.despite) == ("Polish interpreter", "has no interpreter", "Her son speaks for her")


def test_a_booking_that_is_not_sure_asks_for_nobody() -> None:
    here = practice()
    ola = polish(here)
    take(here, [row(status="available", day=LATER)], LATER)
    made = booking.book(seat_ref=Seat.objects.get().ref, patient_id=ola.pk, by=DESK)
    assert (made.state, stands(made)) == ("pending", [])
    booking.confirm_request(request_id=made.requests.get().pk, ended_by="by hand", by=DESK)
    assert stands(made) == [("Polish interpreter", "asked")]
    booking.cancel(appointment_id=made.pk, by=DESK)
    assert Appointment.objects.get(pk=made.pk).state == "cancelling"
    assert stands(made) == []
    # It could not be freed, and stands.
    booking.refuse_request(request_id=made.requests.get(kind="free").pk, ended_by="by hand", by=DESK)
    assert stands(made) == [("Polish interpreter", "asked")]


def test_a_link_shows_only_what_fits() -> None:
    here = practice()
    [sam] = people(here, 1)
    seats = own_seats(here, 4, day=LATER)
    made = booking.book(seat_ref=seats[0].ref, patient_id=sam.pk, by=DESK)
    needs_(sam, here, "Not before 9:20")
    assert [place.ref for place in booking.other_times(made)] == [seats[2].ref, seats[3].ref]


def test_cost_does_not_grow_with_people_or_places() -> None:
    here = practice()
    counts = []
    for n, size in enumerate((10, 1_000)):
        day = LATER + timedelta(days=n)
        who = people(here, size)
        Need.objects.bulk_create(
            [Need(patient=one, organisation=here.organisation, text="Interpreter: Polish") for one in who]
        )
        with CaptureQueriesContext(connection) as captured:
            take(here, [row(one, day=day, clinician=f"Dr {at_}") for at_, one in enumerate(who)], day)
        taken = len(captured)
        seats = Seat.objects.filter(session__day=day).values_list("pk", flat=True)
        assert InterpreterBooking.objects.filter(appointment__seat__session__day=day, state="asked").count() == size
        with CaptureQueriesContext(connection) as captured:
            assert booking.fits(here.access, [one.pk for one in who[:10]], list(seats), by_machine=True) == {}
        counts.append((taken, len(captured)))
    # The first import makes the kind of appointment too.
    assert all(later <= first for first, later in zip(*counts, strict=True))


def test_what_came_by_a_file_is_asked_for_by_the_sweep() -> None:
    here = practice()
    [ola] = people(here, 1)
    take(here, [row(ola, day=LATER)], LATER)
    made = Appointment.objects.get()
    needs_(ola, here, "Interpreter required")
    Patient.objects.filter(pk=ola.pk).update(language="Polish")
    jobs.run_once("booking.interpreters")
    assert stands(made) == [("Polish interpreter", "asked")]
    assert Seat.objects.get().state == "open"


def test_a_course_asks_for_an_interpreter_at_each_date_and_again_at_a_date_that_is_moved() -> None:
    here = practice()
    ola = polish(here)
    weeks = [LATER + timedelta(days=7 * n) for n in range(2)]
    it = course(here, days=weeks, join_until=LATER)
    booking.enrol(course_ref=it.ref, patient_id=ola.pk, by=DESK)
    assert open_tasks("book_interpreter") == [
        "Book a Polish interpreter: Wed 16 Dec 10:00, Ola Bright, 60 minutes",
        "Book a Polish interpreter: Wed 23 Dec 10:00, Ola Bright, 60 minutes",
    ]
    first = it.dates.order_by("starts_at")[0]
    visit = Appointment.objects.order_by("starts_at")[0]
    booking.confirm_interpreter(
        interpreter_id=booking.interpreters_of([visit.pk])[visit.pk][0].id, mode="in person", by=DESK
    )
    booking.move_date(date_ref=first.ref, to=at(LATER, 14), by=DESK)
    assert open_tasks("release_interpreter") == [
        "Release the Polish interpreter: Wed 16 Dec 10:00, Ola Bright, 60 minutes"
    ]
    assert "Book a Polish interpreter: Wed 16 Dec 14:00, Ola Bright, 60 minutes" in open_tasks("book_interpreter")


def test_a_course_that_does_not_fit_takes_staffs_reason_for_all_its_dates() -> None:
    here = practice()
    [sam] = people(here, 1)
    needs_(sam, here, "Not before 14:00")
    it = course(here, days=[LATER, LATER + timedelta(days=7)], join_until=LATER)
    with pytest.raises(booking.DoesNotFit):
        booking.enrol(course_ref=it.ref, patient_id=sam.pk, by=DESK)
    assert not Appointment.objects.exists()
    booking.enrol(course_ref=it.ref, patient_id=sam.pk, by=DESK, despite="It is the only class")
    assert NeedBreach.objects.filter(despite="It is the only class").count() == 2


def test_a_shared_phone_is_told_of_no_interpreter() -> None:
    here = practice()
    [ola, _] = people(here, 2, mobile="+447700900201")
    needs_(ola, here, "Interpreter: Polish")
    [seat] = own_seats(here, 1, day=LATER)
    booking.book(seat_ref=seat.ref, patient_id=ola.pk, by=DESK)
    assert "nterpreter" not in bodies(ola)[0]
