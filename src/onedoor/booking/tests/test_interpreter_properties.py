"""Whatever order things happen in: an interpreter stands for every visit to come that needs one, and for no other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, DiaryRequest, InterpreterBooking, Seat
from onedoor.booking.tests.factories import DESK, Practice, own_seats, people, practice, row
from onedoor.booking.types import Scope
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.kernel.actor import Actor
from onedoor.patients import api as patients
from onedoor.patients.models import Need, Patient
from onedoor.tasks.models import Task

LATER = date(2026, 12, 16)
STEPS = ("book", "book", "cancel", "cancel", "back", "move", "confirm", "refuse", "allow", "need", "no need", "sweep")


class Scene:
    """One patient, places in our diary and in EMIS, and what can be done with them."""

    def __init__(self) -> None:
        self.here: Practice = practice()
        [self.who] = people(self.here, 1)
        own_seats(self.here, 3, day=LATER)
        booking.take_diary(
            organisation_id=self.here.organisation.pk,
            site_id=self.here.site.pk,
            source="emis",
            scope=Scope(LATER, LATER),
            rows=[row(status="available", day=LATER, time=(14, 10 * n), clinician="Dr H Ferris") for n in range(3)],
            by=TEST,
        )
        self.seats = list(Seat.objects.order_by("starts_at"))

    def do(self, step: str, n: int) -> None:
        with suppress(booking.BookingError, Need.DoesNotExist), transaction.atomic():
            self._do(step, n)
        self.check()

    def _do(self, step: str, n: int) -> None:
        mine = list(Appointment.objects.order_by("id"))
        live = [a for a in mine if a.state in ("booked", "pending")]
        seat = self.seats[n % len(self.seats)]
        me = Actor.patient(self.who.pk)
        here = self.here.organisation.pk
        if step == "book":
            booking.book(seat_ref=seat.ref, patient_id=self.who.pk, by=DESK)
        elif step == "cancel" and live:
            booking.cancel(appointment_id=live[n % len(live)].pk, by=me)
        elif step == "back" and mine:
            booking.come_back(appointment_id=mine[n % len(mine)].pk, by=me)
        elif step == "move" and live:
            booking.move(appointment_ref=live[n % len(live)].ref, seat_ref=seat.ref, by=DESK)
        elif step in ("allow", "refuse"):
            for asked in DiaryRequest.objects.filter(state="asked").order_by("id")[:1]:
                end = booking.confirm_request if step == "allow" else booking.refuse_request
                end(request_id=asked.pk, ended_by="by hand", by=DESK)
        elif step == "confirm":
            for one in InterpreterBooking.objects.filter(state="asked").order_by("id")[:1]:
                booking.confirm_interpreter(interpreter_id=one.pk, mode="video", by=DESK)
        elif step == "need":
            patients.record_need(
                access=self.here.access,
                organisation_id=here,
                patient_id=self.who.pk,
                key="interpreter",
                language="Polish",
            )
        elif step == "no need":
            need = Need.objects.get(patient=self.who, until=None)
            patients.end_need(access=self.here.access, organisation_id=here, need_id=need.pk)
        elif step == "sweep":
            jobs.run_once("booking.interpreters")

    def check(self) -> None:
        needs_one = Need.objects.filter(patient=self.who, until=None).exists()
        stands = InterpreterBooking.objects.exclude(state="released")
        wanted = Appointment.objects.filter(state="booked") if needs_one else Appointment.objects.none()
        assert sorted(stands.values_list("appointment_id", flat=True)) == sorted(wanted.values_list("pk", flat=True))
        # And one piece of work for each that nobody has confirmed.
        work = Task.objects.filter(kind__in=("book_interpreter", "no_interpreter"), state__in=("open", "claimed"))
        unsure = stands.exclude(state="confirmed")
        about = [key or 0 for key in work.values_list("subject_id", flat=True)]
        assert sorted(about) == sorted(unsure.values_list("pk", flat=True))


@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 5)), min_size=4, max_size=14))
def test_an_interpreter_stands_for_every_visit_that_needs_one_and_for_no_other(steps: list[tuple[str, int]]) -> None:
    with transaction.atomic():
        scene = Scene()
        for step, n in steps:
            scene.do(step, n)
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_a_need_and_a_booking_at_once_leave_no_visit_without_its_interpreter() -> None:
    here = practice()
    for round_ in range(5):
        [who] = people(here, 1)
        [seat] = own_seats(here, 1, day=LATER + timedelta(days=round_))

        def book(seat: Seat = seat, who: Patient = who) -> None:
            booking.book(seat_ref=seat.ref, patient_id=who.pk, by=DESK, tell=False)

        def need(who: Patient = who) -> None:
            patients.record_need(
                access=here.access,
                organisation_id=here.organisation.pk,
                patient_id=who.pk,
                key="interpreter",
                language="Polish",
            )

        threads = [threading.Thread(target=_alone, args=(work,)) for work in (book, need)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        [visit] = Appointment.objects.filter(patient=who)
        assert InterpreterBooking.objects.filter(appointment=visit, state="asked").count() == 1


def _alone(work: Callable[[], None]) -> None:
    try:
        # A thread has its own clock.
        with clock.at(clock.now()):
            work()
    finally:
        connection.close()
