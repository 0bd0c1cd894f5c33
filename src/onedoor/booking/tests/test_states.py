"""Whatever is done in whatever order: one person in a seat, one place at a time, every move in the table of moves.

The same actions run in our own diary and in an outside one, with imports in between.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from onedoor.booking import api as booking
from onedoor.booking import rules
from onedoor.booking.actions.booking import lapse_holds
from onedoor.booking.models import LIVE, TAKEN, Appointment, AppointmentHistory, DiaryRequest, Release, Seat
from onedoor.booking.tests.factories import DESK, WEDNESDAY, Practice, at, own_seats, people, practice, row
from onedoor.booking.types import Scope
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.patients.models import Patient
from onedoor.tasks import api as tasks
from onedoor.tasks.models import Task

SEATS, PEOPLE = 3, 3
seat_numbers = st.integers(0, 2 * SEATS - 1)
people_numbers = st.integers(0, PEOPLE - 1)
picks = st.integers(0, 30)


class Diary(RuleBasedStateMachine):
    """Three seats of ours and three of an outside diary at overlapping times, three patients."""

    here: Practice
    patients: list[Patient]
    seats: list[Seat]

    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()

    def teardown(self) -> None:
        """Each example leaves nothing behind."""
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    @initialize()
    def begin(self) -> None:
        self.here = practice()
        self.patients = people(self.here, PEOPLE)
        own = own_seats(self.here, SEATS, clinician="Dr H Ferris", first=(9, 5))
        self._import([row(status="available", time=(9, n * 10)) for n in range(SEATS)])
        self.seats = own + list(Seat.objects.filter(session__source="emis").order_by("starts_at"))

    def _import(self, rows: list[object]) -> None:
        booking.take_diary(
            organisation_id=self.here.organisation.pk,
            site_id=self.here.site.pk,
            source="emis",
            scope=Scope(WEDNESDAY, WEDNESDAY),
            rows=rows,  # type: ignore[arg-type]
            by=Actor.system("import"),
        )

    def _some(self, pick: int) -> Appointment | None:
        found = list(Appointment.objects.order_by("id"))
        return found[pick % len(found)] if found else None

    @rule(seat=seat_numbers, person=people_numbers)
    def book(self, seat: int, person: int) -> None:
        with suppress(booking.BookingError):
            booking.book(seat_ref=self.seats[seat].ref, patient_id=self.patients[person].pk, by=DESK)

    @rule(seat=seat_numbers, person=people_numbers, expired=st.booleans())
    def hold(self, seat: int, person: int, expired: bool) -> None:
        with suppress(booking.BookingError):
            held = booking.hold(seat_ref=self.seats[seat].ref, patient_id=self.patients[person].pk, by=DESK)
            if expired:
                Appointment.objects.filter(pk=held.pk).update(hold_until_real=clock.real_now() - timedelta(1))

    @rule()
    def lapse(self) -> None:
        lapse_holds()

    @rule(pick=picks, reason=st.sampled_from(["patient", "practice"]))
    def cancel(self, pick: int, reason: str) -> None:
        if found := self._some(pick):
            by = Actor.patient(found.patient_id) if reason == "patient" else DESK
            with suppress(booking.BookingError):
                booking.cancel(appointment_id=found.pk, by=by, reason=reason)

    @rule(pick=picks, seat=seat_numbers)
    def move(self, pick: int, seat: int) -> None:
        if found := self._some(pick):
            with suppress(booking.BookingError):
                booking.move(appointment_ref=found.ref, seat_ref=self.seats[seat].ref, by=DESK)

    @rule(pick=picks)
    def come_back(self, pick: int) -> None:
        if found := self._some(pick):
            with suppress(booking.BookingError):
                booking.come_back(appointment_id=found.pk, by=Actor.patient(found.patient_id))

    @rule(pick=picks, how=st.sampled_from(["arrive", "fulfil", "did_not_attend"]))
    def the_day(self, pick: int, how: str) -> None:
        if found := self._some(pick):
            with suppress(booking.BookingError), clock.at(at(WEDNESDAY, 9, 40)):
                getattr(booking, how)(appointment_id=found.pk, by=DESK)

    @rule(pick=picks, worked=st.booleans())
    def end_a_task(self, pick: int, worked: bool) -> None:
        waiting = list(Task.objects.filter(state="open").order_by("id"))
        if waiting:
            task = waiting[pick % len(waiting)]
            outcomes = tasks.kind_of(task.kind).outcomes
            tasks.complete(access=self.here.access, ref=task.ref, outcome=outcomes[0 if worked else -1].value)

    @rule(
        who=st.lists(st.one_of(st.none(), people_numbers), min_size=SEATS, max_size=SEATS),
        status=st.sampled_from(["booked", "booked", "arrived", "seen", "missed"]),
        missing=st.integers(0, SEATS),
    )
    def take_an_import(self, who: list[int | None], status: str, missing: int) -> None:
        rows = [
            row(self.patients[n], status=status, time=(9, position * 10))  # type: ignore[arg-type]
            if n is not None
            else row(status="available", time=(9, position * 10))
            for position, n in enumerate(who)
        ]
        self._import(list(rows[: SEATS - missing] if missing < SEATS else rows))

    @invariant()
    def one_person_in_a_seat(self) -> None:
        live = Counter(Appointment.objects.filter(state__in=LIVE).values_list("seat_id", flat=True))
        assert all(n == 1 for n in live.values())

    @invariant()
    def one_place_at_a_time(self) -> None:
        spans: dict[int, list[tuple[object, object]]] = {}
        for patient_id, during in Appointment.objects.filter(state__in=LIVE).values_list("patient_id", "during"):
            others = spans.setdefault(patient_id, [])
            assert not rules.overlapping(others, during.lower, during.upper)  # type: ignore[arg-type]
            others.append((during.lower, during.upper))

    @invariant()
    def every_move_is_in_the_table_and_history_ends_where_it_stands(self) -> None:
        last: dict[int, str] = {}
        for parent_id, before, after in AppointmentHistory.objects.order_by("id").values_list(
            "parent_id", "from_state", "to_state"
        ):
            assert before == last.get(parent_id, "")
            if before:
                assert after in rules.MOVES[before]
            last[parent_id] = after
        assert last == dict(Appointment.objects.values_list("id", "state"))

    @invariant()
    def only_outside_diaries_are_asked_and_each_waiting_request_has_its_task(self) -> None:
        assert not DiaryRequest.objects.filter(appointment__seat__session__source="own").exists()
        asked = set(DiaryRequest.objects.filter(state="asked").values_list("appointment_id", "kind"))
        wanted = {
            (key, "free" if state == "cancelling" else "book")
            for key, state in Appointment.objects.filter(state__in=("cancelling", "pending")).values_list("id", "state")
        }
        assert asked == wanted
        waiting = Task.objects.filter(kind__in=("free_place", "book_place"), state__in=("open", "claimed"))
        requests = DiaryRequest.objects.filter(state="asked")
        assert set(waiting.values_list("subject_id", flat=True)) == set(requests.values_list("id", flat=True))

    @invariant()
    def what_is_offered_is_free(self) -> None:
        seats = Release.objects.filter(state="open").values_list("seat_id", flat=True)
        assert not Appointment.objects.filter(seat_id__in=seats, state__in=TAKEN).exclude(state="held").exists()
        assert not Seat.objects.filter(pk__in=seats).exclude(state="open").exists()


@pytest.mark.slow
@pytest.mark.django_db
def test_any_order_of_actions_keeps_the_promises() -> None:
    run_state_machine_as_test(
        Diary,
        settings=settings(
            max_examples=int(os.environ.get("ONEDOOR_EXAMPLES", "20")),
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize="ONEDOOR_EXAMPLES" not in os.environ,
            database=None,
        ),
    )
