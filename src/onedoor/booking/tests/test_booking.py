"""Book, move, cancel and the rest, in our own diary."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from onedoor.booking import api as booking
from onedoor.booking.actions.booking import lapse_holds
from onedoor.booking.actions.waves import close_releases
from onedoor.booking.models import Appointment, AppointmentHistory, Release, Seat, WaitingEntry
from onedoor.booking.tests.factories import DESK, WEDNESDAY, at, kind, own_seats, people, practice, states
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.kernel.models import AuditEntry
from onedoor.messaging.models import Message, State
from onedoor.records.models import Entry

pytestmark = pytest.mark.django_db


def bodies(patient_id: int) -> list[str]:
    return list(Message.objects.filter(patient_id=patient_id).order_by("id").values_list("body", flat=True))


def test_booking_is_told_audited_and_on_the_timeline() -> None:
    here = practice()
    [sam] = people(here, 1)
    [seat] = own_seats(here, 1, first=(10, 20))
    appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK, via="desk")
    assert appointment.state == "booked"
    assert bodies(sam.pk) == [
        f"{sam.given_name}: your blood test is Wed 9 Dec at 10:20am at Wexcombe Road Surgery. "
        "If you cannot come, reply CANCEL."
    ]
    assert Entry.objects.get(patient=sam).text == "Appointment booked: Wed 9 Dec 10:20am, Nurse B Adeyemi, Blood test"
    assert AuditEntry.objects.filter(action="appointment_booked", patient_id=sam.pk).count() == 1
    assert list(appointment.history.values_list("from_state", "to_state")) == [("", "booked")]


def test_a_shared_phone_is_told_no_topic() -> None:
    here = practice()
    sam, _ = people(here, 2, mobile="+447700900201")
    [seat] = own_seats(here, 1)
    booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
    assert bodies(sam.pk)[0].startswith(f"{sam.given_name}: your appointment is Wed 9 Dec at 9am")


def test_a_seat_has_one_person() -> None:
    here = practice()
    sam, ella = people(here, 2)
    [seat] = own_seats(here, 1)
    booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
    with pytest.raises(booking.SeatTaken):
        booking.book(seat_ref=seat.ref, patient_id=ella.pk, by=DESK)
    assert bodies(ella.pk) == []


def test_the_database_itself_refuses_a_second_person() -> None:
    here = practice()
    sam, ella = people(here, 2)
    [seat] = own_seats(here, 1)
    first = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
    second = Appointment.objects.get(pk=first.pk)
    second.pk, second.patient_id = None, ella.pk
    second.ref = uuid.uuid4()
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save(force_insert=True)


def test_a_patient_is_at_one_place_at_a_time() -> None:
    here = practice()
    [sam] = people(here, 1)
    [seat] = own_seats(here, 1)
    [other] = own_seats(here, 1, first=(9, 5), clinician="Dr H Ferris")
    booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
    with pytest.raises(booking.PatientBusy):
        booking.book(seat_ref=other.ref, patient_id=sam.pk, by=DESK)


@pytest.mark.parametrize("state", ["blocked", "gone"])
def test_a_closed_seat_is_not_booked(state: str) -> None:
    here = practice()
    [sam] = people(here, 1)
    [seat] = own_seats(here, 1)
    Seat.objects.update(state=state)
    with pytest.raises(booking.SeatTaken):
        booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)


def test_what_has_begun_is_too_late() -> None:
    here = practice()
    [sam] = people(here, 1)
    [seat] = own_seats(here, 1)
    with clock.at(at(WEDNESDAY, 9, 0)), pytest.raises(booking.TooLate):
        booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)


def test_a_patient_books_for_themselves_only() -> None:
    here = practice()
    sam, ella = people(here, 2)
    seat, other = own_seats(here, 2)
    by = Actor.patient(sam.pk)
    with pytest.raises(booking.NotYours):
        booking.book(seat_ref=seat.ref, patient_id=ella.pk, by=by)
    with pytest.raises(booking.NotYours):
        booking.hold(seat_ref=seat.ref, patient_id=ella.pk, by=by)
    hers = booking.book(seat_ref=seat.ref, patient_id=ella.pk, by=DESK)
    with pytest.raises(booking.NotYours):
        booking.cancel(appointment_id=hers.pk, by=by)
    with pytest.raises(booking.NotYours):
        booking.move(appointment_ref=hers.ref, seat_ref=other.ref, by=by)
    with pytest.raises(booking.NotYours):
        booking.confirm(appointment_id=hers.pk, by=by)


class TestHolds:
    def test_a_hold_keeps_others_out_and_becomes_the_booking(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        [seat] = own_seats(here, 1)
        held = booking.hold(seat_ref=seat.ref, patient_id=sam.pk, by=Actor.patient(sam.pk))
        with pytest.raises(booking.SeatTaken):
            booking.book(seat_ref=seat.ref, patient_id=ella.pk, by=DESK)
        booked = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=Actor.patient(sam.pk), via="portal")
        assert booked.state == "booked"
        assert states([held]) == ["lapsed"]
        assert bodies(ella.pk) == []

    def test_an_expired_hold_gives_way_before_any_sweep(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        [seat] = own_seats(here, 1)
        held = booking.hold(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        Appointment.objects.filter(pk=held.pk).update(hold_until_real=clock.real_now() - timedelta(seconds=1))
        assert booking.book(seat_ref=seat.ref, patient_id=ella.pk, by=DESK).state == "booked"
        assert states([held]) == ["lapsed"]

    def test_the_sweep_ends_expired_holds_and_leaves_others(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        seat, other = own_seats(here, 2)
        old = booking.hold(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        new = booking.hold(seat_ref=other.ref, patient_id=ella.pk, by=DESK)
        Appointment.objects.filter(pk=old.pk).update(hold_until_real=clock.real_now() - timedelta(seconds=1))
        assert lapse_holds() == 1
        assert states([old, new]) == ["lapsed", "held"]
        assert lapse_holds() == 0
        row = AuditEntry.objects.get(action="appointment_hold_ended")
        assert (row.subject_id, row.patient_id, row.organisation_id) == (old.pk, sam.pk, here.organisation.pk)

    def test_many_expired_holds_are_ended_with_no_more_statements(self) -> None:
        here = practice()
        counts = []
        for hour, size in ((9, 2), (11, 10)):
            for seat, who in zip(own_seats(here, size, first=(hour, 0)), people(here, size), strict=True):
                booking.hold(seat_ref=seat.ref, patient_id=who.pk, by=DESK)
            Appointment.objects.update(hold_until_real=clock.real_now() - timedelta(seconds=1))
            with CaptureQueriesContext(connection) as captured:
                assert lapse_holds() == size
            counts.append(len(captured))
        assert counts[0] == counts[1]
        assert AuditEntry.objects.filter(action="appointment_hold_ended").count() == 12

    def test_a_second_choice_replaces_an_overlapping_first(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        [seat] = own_seats(here, 1)
        [other] = own_seats(here, 1, clinician="Dr H Ferris")
        first = booking.hold(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        second = booking.hold(seat_ref=other.ref, patient_id=sam.pk, by=DESK)
        assert states([first, second]) == ["lapsed", "held"]


class TestCancel:
    def test_the_place_is_free_and_released_in_the_same_transaction(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        [seat] = own_seats(here, 1)
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        booking.cancel(appointment_id=appointment.pk, by=Actor.patient(sam.pk), reason="patient")
        assert states([appointment]) == ["cancelled"]
        assert Release.objects.get().seat_id == seat.pk
        entry = Entry.objects.get(patient=sam, text__startswith="Appointment cancelled by patient")
        assert entry.code is not None
        assert entry.code.code == "185332005"
        assert bodies(sam.pk)[-1] == (
            f"{sam.given_name}: your appointment on Wed 9 Dec at 9am is cancelled. Thank you for telling us. "
            "Changed your mind? Reply YES within the hour."
        )
        assert booking.book(seat_ref=seat.ref, patient_id=ella.pk, by=DESK).state == "booked"
        assert Release.objects.get().state == "filled"

    def test_queued_texts_about_it_are_cleared(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        [seat] = own_seats(here, 1)
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        booking.cancel(appointment_id=appointment.pk, by=DESK, reason="practice")
        first, second = Message.objects.filter(patient=sam).order_by("id")
        assert (first.state, second.state) == (State.CLEARED, State.QUEUED)
        assert "had to cancel" in second.body

    def test_cancelling_by_practice_has_no_patient_code(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        [seat] = own_seats(here, 1)
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        booking.cancel(appointment_id=appointment.pk, by=DESK, reason="practice")
        assert not Entry.objects.filter(patient=sam, code__isnull=False).exists()

    @pytest.mark.parametrize("name", ["Two week wait", "Safeguarding", "Depot injection", "Minor surgery"])
    def test_what_no_machine_may_cancel_stays(self, name: str) -> None:
        here = practice()
        [sam] = people(here, 1)
        [seat] = own_seats(here, 1, type_name=name)
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        for by in (Actor.patient(sam.pk), Actor.system("replies")):
            with pytest.raises(booking.MayNotCancelByMachine):
                booking.cancel(appointment_id=appointment.pk, by=by)
        assert states([appointment]) == ["booked"]
        assert booking.cancel(appointment_id=appointment.pk, by=DESK).state == "cancelled"

    def test_twice_is_refused_the_second_time(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        [seat] = own_seats(here, 1)
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        booking.cancel(appointment_id=appointment.pk, by=DESK)
        with pytest.raises(booking.TooLate):
            booking.cancel(appointment_id=appointment.pk, by=DESK)
        assert Release.objects.count() == 1

    def test_a_patient_is_too_late_once_it_began(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        [seat] = own_seats(here, 1)
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        with clock.at(at(WEDNESDAY, 9, 1)):
            with pytest.raises(booking.TooLate):
                booking.cancel(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
            booking.cancel(appointment_id=appointment.pk, by=DESK)
        assert len(bodies(sam.pk)) == 1


class TestComeBack:
    def test_within_the_hour_while_the_place_is_free(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        [seat] = own_seats(here, 1)
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        booking.cancel(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
        again = booking.come_back(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
        assert (again.state, again.seat_id) == ("booked", seat.pk)
        assert states([appointment]) == ["cancelled"]

    def test_not_when_somebody_else_was_first(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        [seat] = own_seats(here, 1)
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        booking.cancel(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
        booking.book(seat_ref=seat.ref, patient_id=ella.pk, by=DESK)
        with pytest.raises(booking.SeatTaken):
            booking.come_back(appointment_id=appointment.pk, by=Actor.patient(sam.pk))


class TestMove:
    def test_the_old_place_is_released_and_the_new_one_told(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        seat, other = own_seats(here, 2)
        old = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        new = booking.move(appointment_ref=old.ref, seat_ref=other.ref, by=DESK)
        assert states([old, new]) == ["cancelled", "booked"]
        old.refresh_from_db()
        assert (old.reason, new.instead_of_id) == ("moved", old.pk)
        assert Release.objects.get().seat_id == seat.pk
        assert bodies(sam.pk)[-1] == (
            f"{sam.given_name}: your blood test is now Wed 9 Dec at 9:10am at Wexcombe Road Surgery. "
            "You no longer have Wed 9 Dec at 9am."
        )

    def test_to_an_overlapping_place(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        [seat] = own_seats(here, 1)
        [other] = own_seats(here, 1, first=(9, 5), clinician="Dr H Ferris")
        old = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        assert booking.move(appointment_ref=old.ref, seat_ref=other.ref, by=DESK).state == "booked"

    def test_to_a_taken_place_changes_nothing(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        seat, other = own_seats(here, 2)
        old = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        booking.book(seat_ref=other.ref, patient_id=ella.pk, by=DESK)
        with pytest.raises(booking.SeatTaken):
            booking.move(appointment_ref=old.ref, seat_ref=other.ref, by=DESK)
        assert states([old]) == ["booked"]
        assert not Release.objects.exists()
        assert Message.objects.filter(patient=sam).count() == 1

    def test_another_organisations_place_is_not_ours(self) -> None:
        here, there = practice(), practice("Elsewhere Surgery", "Y99003")
        [sam] = people(here, 1)
        [seat], [other] = own_seats(here, 1), own_seats(there, 1)
        old = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        with pytest.raises(booking.NotYours):
            booking.move(appointment_ref=old.ref, seat_ref=other.ref, by=DESK)


class TestAnyPlace:
    def test_the_earliest_then_full(self) -> None:
        here = practice()
        sam, ella, rosa = people(here, 3)
        own_seats(here, 2)
        blood = kind(here)
        first = booking.book_any(type_id=blood.pk, day=WEDNESDAY, patient_id=sam.pk, by=DESK)
        second = booking.book_any(type_id=blood.pk, day=WEDNESDAY, patient_id=ella.pk, by=DESK)
        assert first.starts_at < second.starts_at
        with pytest.raises(booking.Full):
            booking.book_any(type_id=blood.pk, day=WEDNESDAY, patient_id=rosa.pk, by=DESK)

    def test_a_place_at_which_the_patient_is_elsewhere_is_passed_over(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        [busy] = own_seats(here, 1, clinician="Dr H Ferris", type_name="Face to face")
        own_seats(here, 2)
        booking.book(seat_ref=busy.ref, patient_id=sam.pk, by=DESK)
        found = booking.book_any(type_id=kind(here).pk, day=WEDNESDAY, patient_id=sam.pk, by=DESK)
        assert found.starts_at == at(WEDNESDAY, 9, 10)

    def test_busy_is_not_full(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        [busy] = own_seats(here, 1, clinician="Dr H Ferris", type_name="Face to face")
        own_seats(here, 1)
        booking.book(seat_ref=busy.ref, patient_id=sam.pk, by=DESK)
        with pytest.raises(booking.PatientBusy):
            booking.book_any(type_id=kind(here).pk, day=WEDNESDAY, patient_id=sam.pk, by=DESK)


class TestTheDay:
    def test_arrived_and_seen(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        [seat] = own_seats(here, 1)
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        booking.arrive(appointment_id=appointment.pk, by=DESK)
        booking.fulfil(appointment_id=appointment.pk, by=DESK)
        moves = AppointmentHistory.objects.filter(parent=appointment).order_by("id")
        assert list(moves.values_list("to_state", flat=True)) == ["booked", "arrived", "fulfilled"]

    def test_seen_early_still_uses_the_place(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        [seat] = own_seats(here, 1)
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        booking.fulfil(appointment_id=appointment.pk, by=DESK)
        with pytest.raises(booking.SeatTaken):
            booking.book(seat_ref=seat.ref, patient_id=ella.pk, by=DESK)

    def test_did_not_attend_is_coded_and_not_before_the_start(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        [seat] = own_seats(here, 1)
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        with pytest.raises(booking.TooEarly):
            booking.did_not_attend(appointment_id=appointment.pk, by=DESK)
        with clock.at(at(WEDNESDAY, 9, 30)):
            booking.did_not_attend(appointment_id=appointment.pk, by=DESK)
        assert states([appointment]) == ["noshow"]
        assert Entry.objects.get(patient=sam, code__code="281399006")

    @pytest.mark.parametrize(
        ("marks", "back"),
        [
            ((booking.arrive,), "booked"),
            ((booking.did_not_attend,), "booked"),
            ((booking.fulfil,), "booked"),
            ((booking.arrive, booking.fulfil), "arrived"),
            ((booking.arrive, booking.did_not_attend), "arrived"),
            ((booking.did_not_attend, booking.fulfil), "noshow"),
        ],
    )
    def test_a_wrong_mark_is_taken_back(self, marks: tuple[Callable[..., Appointment], ...], back: str) -> None:
        here = practice()
        [sam] = people(here, 1)
        [seat] = own_seats(here, 1)
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        with clock.at(at(WEDNESDAY, 9, 30)):
            for mark in marks:
                mark(appointment_id=appointment.pk, by=DESK)
            wrong = Entry.objects.filter(patient=sam).latest("id")
            assert booking.unmark(appointment_id=appointment.pk, by=DESK).state == back
            # It stays on the timeline, marked, and beside it who said so.
            wrong.refresh_from_db()
            assert wrong.in_error_at == clock.now()
            assert Entry.objects.filter(patient=sam).exclude(in_error_at=None).count() == 1
            assert Entry.objects.filter(patient=sam).latest("id").text.startswith("Entered in error as ")
            assert AuditEntry.objects.filter(action="appointment_unmarked", actor_id=DESK.id).count() == 1
            # The same may be said again, and is in the record then.
            marks[-1](appointment_id=appointment.pk, by=DESK)
            again = Entry.objects.filter(patient=sam).latest("id")
            assert (again.text, again.in_error_at, again.code_id) == (wrong.text, None, wrong.code_id)

    @pytest.mark.parametrize("first", [booking.arrive, booking.did_not_attend])
    def test_two_wrong_marks_are_taken_back_one_after_the_other(self, first: Callable[..., Appointment]) -> None:
        here = practice()
        [sam] = people(here, 1)
        [seat] = own_seats(here, 1)
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        with clock.at(at(WEDNESDAY, 9, 30)):
            marked = first(appointment_id=appointment.pk, by=DESK).state
            booking.fulfil(appointment_id=appointment.pk, by=DESK)
            taken_back = [booking.unmark(appointment_id=appointment.pk, by=DESK).state for _ in range(2)]
            assert taken_back == [marked, "booked"]
            with pytest.raises(booking.TooLate):
                booking.unmark(appointment_id=appointment.pk, by=DESK)
        assert Entry.objects.filter(patient=sam).exclude(in_error_at=None).count() == 2

    def test_a_mark_of_another_day_and_none_at_all_stay(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        [seat] = own_seats(here, 1)
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        with pytest.raises(booking.TooLate):
            booking.unmark(appointment_id=appointment.pk, by=DESK)
        with clock.at(at(WEDNESDAY, 23, 59)):
            booking.did_not_attend(appointment_id=appointment.pk, by=DESK)
        with clock.at(at(WEDNESDAY + timedelta(days=1), 0, 1)), pytest.raises(booking.TooLate):
            booking.unmark(appointment_id=appointment.pk, by=DESK)
        with pytest.raises(booking.NotYours):
            booking.unmark(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
        assert states([appointment]) == ["noshow"]

    def test_a_mark_stays_when_the_patient_is_elsewhere_by_now(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        [seat] = own_seats(here, 1, minutes=60)
        [later] = own_seats(here, 1, clinician="Dr H Ferris", first=(9, 40))
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        with clock.at(at(WEDNESDAY, 9, 30)):
            booking.did_not_attend(appointment_id=appointment.pk, by=DESK)
            booking.book(seat_ref=later.ref, patient_id=sam.pk, by=DESK)
            with pytest.raises(booking.PatientBusy):
                booking.unmark(appointment_id=appointment.pk, by=DESK)
        assert states([appointment]) == ["noshow"]
        assert not Entry.objects.exclude(in_error_at=None).exists()

    def test_whoever_was_marked_as_here_too_soon_still_waits_for_something_earlier(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        [seat] = own_seats(here, 1, first=(15, 0))
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        booking.join_waiting(
            patient_id=sam.pk, appointment_id=appointment.pk, type_id=seat.type_id, via="desk", by=DESK
        )
        with clock.at(at(WEDNESDAY, 9)):
            booking.arrive(appointment_id=appointment.pk, by=DESK)
            close_releases()
            assert WaitingEntry.objects.get().state == "left"
            booking.unmark(appointment_id=appointment.pk, by=DESK)
            close_releases()
        assert WaitingEntry.objects.get().state == "waiting"

    def test_yes_is_kept_once(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        [seat] = own_seats(here, 1)
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        first = booking.confirm(appointment_id=appointment.pk, by=Actor.patient(sam.pk)).confirmed_at
        with clock.at(clock.now() + timedelta(hours=1)):
            assert booking.confirm(appointment_id=appointment.pk, by=DESK).confirmed_at == first
        assert Entry.objects.filter(patient=sam, text__startswith="Patient will come").count() == 1
