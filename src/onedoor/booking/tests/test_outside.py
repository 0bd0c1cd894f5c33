"""A diary that is somebody else's: asked, and then confirmed, refused or overtaken."""

from __future__ import annotations

from datetime import timedelta

import pytest

from onedoor.booking import api as booking
from onedoor.booking.actions.diary import take_diary
from onedoor.booking.models import Appointment, DiaryRequest, Release, Seat
from onedoor.booking.tests.factories import DESK, WEDNESDAY, Practice, at, people, practice, row, states
from onedoor.booking.types import DiaryRow, Scope
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.messaging.models import Message
from onedoor.patients.models import ContactPoint, Patient
from onedoor.tasks import api as tasks
from onedoor.tasks.models import Task

pytestmark = pytest.mark.django_db

EMIS = Actor.system("import")


def emis(here: Practice, *rows: DiaryRow) -> list[Appointment]:
    taken = take_diary(
        organisation_id=here.organisation.pk,
        site_id=here.site.pk,
        source="emis",
        scope=Scope(WEDNESDAY, WEDNESDAY),
        rows=rows,
        by=EMIS,
    )
    assert taken.counts["refused"] == []
    return list(Appointment.objects.order_by("starts_at"))


def task(kind: str) -> Task:
    return Task.objects.get(kind=kind, state="open")


def finish(here: Practice, kind: str, outcome: str) -> None:
    tasks.complete(access=here.access, ref=task(kind).ref, outcome=outcome)


def booked(here: Practice, sam: Patient) -> Appointment:
    [appointment] = emis(here, row(sam, time=(10, 20)))
    return appointment


def taken_back() -> tuple[Practice, Patient, Appointment, list[DiaryRow]]:
    """Somebody cancels and comes back at once, in a diary with so many others that one of them missing is no surprise."""
    here = practice()
    sam, *others = people(here, 21)
    rows = [row(one, time=(11 + n // 12, n % 12 * 5), minutes=5) for n, one in enumerate(others)]
    emis(here, row(sam, time=(10, 20)), *rows)
    appointment = Appointment.objects.get(patient=sam)
    booking.cancel(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
    booking.come_back(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
    return here, sam, appointment, rows


class TestCancelling:
    def test_it_is_asked_and_the_place_is_not_yet_free(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        appointment = booked(here, sam)
        booking.cancel(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
        assert states([appointment]) == ["cancelling"]
        assert not Release.objects.exists()
        work = task("free_place")
        assert work.title == "In EMIS: free Wed 9 Dec 10:20, Nurse B Adeyemi"
        assert sam.family_name in work.detail
        assert work.due_at == at(clock.today(), 10, 0)
        assert Message.objects.get(patient=sam).body.startswith(
            f"{sam.given_name}: thank you for telling us. We are cancelling Wed 9 Dec at 10:20am and you need not come."
        )

    def test_it_is_due_before_the_appointment(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        appointment = booked(here, sam)
        with clock.at(at(WEDNESDAY, 9, 30)):
            booking.cancel(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
        assert task("free_place").due_at == at(WEDNESDAY, 9, 50)

    def test_done_frees_and_releases_the_place(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        appointment = booked(here, sam)
        booking.cancel(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
        finish(here, "free_place", "done")
        assert states([appointment]) == ["cancelled"]
        assert Release.objects.get().seat_id == appointment.seat_id
        assert DiaryRequest.objects.get().state == "confirmed"

    def test_could_not_brings_it_back_and_somebody_rings(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        appointment = booked(here, sam)
        booking.cancel(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
        finish(here, "free_place", "could_not")
        assert states([appointment]) == ["booked"]
        assert not Release.objects.exists()
        assert task("tell_patient").patient_id == sam.pk

    def test_yes_within_the_hour_takes_it_back(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        appointment = booked(here, sam)
        booking.cancel(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
        booking.come_back(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
        assert states([appointment]) == ["booked"]
        assert DiaryRequest.objects.get().state == "overtaken"
        assert not Task.objects.filter(state="open").exists()

    def test_taken_back_after_it_was_freed_over_there_is_a_conflict(self) -> None:
        """They were told that it is theirs again: no import takes it away without a person."""
        here, sam, appointment, rows = taken_back()
        emis(here, row(status="available", time=(10, 20)), *rows)
        assert states([appointment]) == ["booked"]
        assert task("diary_conflict").patient_id == sam.pk

    def test_taken_back_and_shown_over_there_is_theirs_to_end(self) -> None:
        here, sam, appointment, rows = taken_back()
        emis(here, row(sam, time=(10, 20)), *rows)
        assert DiaryRequest.objects.get().state == "ticked"
        emis(here, row(status="available", time=(10, 20)), *rows)
        assert states([appointment]) == ["cancelled"]

    def test_wrongly_marked_as_here_it_is_being_cancelled_again(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        appointment = booked(here, sam)
        booking.cancel(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
        booking.arrive(appointment_id=appointment.pk, by=DESK)
        assert not Task.objects.filter(state="open").exists()
        back = booking.unmark(appointment_id=appointment.pk, by=DESK)
        assert (back.state, back.reason) == ("cancelling", "patient")
        finish(here, "free_place", "done")
        assert states([appointment]) == ["cancelled"]
        assert Release.objects.get().seat_id == appointment.seat_id

    def test_the_next_import_ticks_it_off(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        appointment = booked(here, sam)
        booking.cancel(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
        emis(here, row(status="available", time=(10, 20)))
        assert states([appointment]) == ["cancelled"]
        assert Release.objects.get().state == "open"
        assert DiaryRequest.objects.get().state == "ticked"
        assert Task.objects.get(kind="free_place").state == "withdrawn"

    def test_an_import_from_before_changes_nothing(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        appointment = booked(here, sam)
        booking.cancel(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
        emis(here, row(sam, time=(10, 20)))
        assert states([appointment]) == ["cancelling"]
        assert task("free_place")


class TestBooking:
    def _free(self, here: Practice) -> Seat:
        emis(here, row(status="available", time=(10, 20)))
        return Seat.objects.get()

    def test_it_is_asked_and_not_yet_sure(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        seat = self._free(here)
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        assert appointment.state == "pending"
        assert task("book_place").title == "In EMIS: book Wed 9 Dec 10:20, Nurse B Adeyemi"
        assert "We will text you when it is sure" in Message.objects.get().body

    def test_done_is_booked_and_told(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        appointment = booking.book(seat_ref=self._free(here).ref, patient_id=sam.pk, by=DESK)
        finish(here, "book_place", "done")
        assert states([appointment]) == ["booked"]
        assert "your blood test is Wed 9 Dec at 10:20am" in Message.objects.latest("id").body

    @pytest.mark.parametrize(
        ("outcome", "says"),
        [("done", "an appointment is booked and sure"), ("taken", "a place had gone and could not be booked")],
    )
    def test_whom_no_text_tells_is_rung(self, outcome: str, says: str) -> None:
        here = practice()
        [sam] = people(here, 1)
        ContactPoint.objects.filter(patient=sam).update(kind="landline", value="+441632960123")
        booking.book(seat_ref=self._free(here).ref, patient_id=sam.pk, by=DESK)
        finish(here, "book_place", outcome)
        work = task("tell_patient")
        assert work.title == f"Ring: {says}, Wed 9 Dec 10:20am, Nurse B Adeyemi, Blood test"
        assert (work.patient_id, work.detail) == (sam.pk, "On 01632 960123.")

    def test_who_is_told_by_text_is_not_rung(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        booking.book(seat_ref=self._free(here).ref, patient_id=sam.pk, by=DESK)
        finish(here, "book_place", "done")
        assert not Task.objects.filter(kind="tell_patient").exists()

    def test_whom_no_text_tells_is_rung_when_an_import_shows_it(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        seat = self._free(here)
        booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        ContactPoint.objects.all().delete()
        emis(here, row(sam, time=(10, 20)))
        assert task("tell_patient").detail == "We know no number: write to them."

    def test_taken_lapses_kindly(self) -> None:
        here = practice()
        sam, _ = people(here, 2)
        appointment = booking.book(seat_ref=self._free(here).ref, patient_id=sam.pk, by=DESK)
        finish(here, "book_place", "taken")
        assert states([appointment]) == ["lapsed"]
        assert "sorry, Wed 9 Dec at 10:20am" in Message.objects.latest("id").body

    def test_the_next_import_ticks_it_off(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        appointment = booking.book(seat_ref=self._free(here).ref, patient_id=sam.pk, by=DESK)
        emis(here, row(sam, time=(10, 20)))
        assert states([appointment]) == ["booked"]
        assert Task.objects.get(kind="book_place").state == "withdrawn"
        assert DiaryRequest.objects.get().state == "ticked"

    def test_cancelled_before_it_was_done_needs_nobody(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        appointment = booking.book(seat_ref=self._free(here).ref, patient_id=sam.pk, by=DESK)
        booking.cancel(appointment_id=appointment.pk, by=DESK)
        assert states([appointment]) == ["cancelled"]
        assert not Task.objects.filter(state="open").exists()


def test_a_move_keeps_the_old_place_until_the_new_one_is_sure() -> None:
    here = practice()
    [sam] = people(here, 1)
    emis(here, row(sam, time=(10, 20)), row(status="available", time=(9, 0)))
    old = Appointment.objects.get()
    seat = Seat.objects.exclude(pk=old.seat_id).get()
    new = booking.move(appointment_ref=old.ref, seat_ref=seat.ref, by=DESK)
    assert states([old, new]) == ["booked", "pending"]
    finish(here, "book_place", "done")
    assert states([old, new]) == ["cancelling", "booked"]
    finish(here, "free_place", "done")
    assert states([old, new]) == ["cancelled", "booked"]
    assert Release.objects.get().seat_id == old.seat_id


def test_a_move_that_fails_leaves_the_old_place() -> None:
    here = practice()
    [sam] = people(here, 1)
    emis(here, row(sam, time=(10, 20)), row(status="available", time=(9, 0)))
    old = Appointment.objects.get()
    seat = Seat.objects.exclude(pk=old.seat_id).get()
    new = booking.move(appointment_ref=old.ref, seat_ref=seat.ref, by=DESK)
    finish(here, "book_place", "taken")
    assert states([old, new]) == ["booked", "lapsed"]


def test_a_person_cancels_what_no_reply_may() -> None:
    here = practice()
    [sam] = people(here, 1)
    [appointment] = emis(here, row(sam, type_name="Two week wait"))
    from onedoor.booking.subjects import Appointments
    from onedoor.messaging.types import Candidate

    candidate = Candidate("appointment", appointment.pk, sam.pk, sam.given_name, appointment.starts_at, True)
    acted = Appointments().act(candidate, "cancel", 1, Actor.patient(sam.pk))
    assert states([appointment]) == ["booked"]
    assert acted.answer is not None
    assert "The practice will be in touch" in acted.answer
    assert acted.task is not None
    assert acted.task.title == "A patient asks by text to cancel: Wed 9 Dec 09:00, Nurse B Adeyemi"
    tasks.ask_for(tasks=[acted.task], by=EMIS)
    finish(here, "cancel_asked", "cancelled")
    assert states([appointment]) == ["cancelling"]


def test_doing_it_twice_does_it_once() -> None:
    here = practice()
    [sam] = people(here, 1)
    appointment = booked(here, sam)
    booking.cancel(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
    request = DiaryRequest.objects.get()
    for _ in range(2):
        booking.confirm_request(request_id=request.pk, ended_by="adapter", by=EMIS)
    booking.refuse_request(request_id=request.pk, ended_by="adapter", by=EMIS)
    assert states([appointment]) == ["cancelled"]
    assert Release.objects.count() == 1


def test_a_late_task_is_due_at_once() -> None:
    here = practice()
    [sam] = people(here, 1)
    appointment = booked(here, sam)
    moment = at(WEDNESDAY, 10, 10)
    with clock.at(moment):
        booking.cancel(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
    assert task("free_place").due_at == moment
    assert timedelta(0) < appointment.starts_at - moment
