"""What a reply about an appointment does, once messaging has found whose it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from onedoor.booking import api as booking
from onedoor.booking.actions.reminding import remind
from onedoor.booking.models import Appointment, WaitingEntry
from onedoor.booking.subjects import Appointments
from onedoor.booking.tests.factories import DESK, WEDNESDAY, Practice, at, own_seats, people, practice, states
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.messaging.types import Acted, Candidate
from onedoor.patients.models import Patient

pytestmark = pytest.mark.django_db

owner = Appointments()


def booked(
    here: Practice, sam: Patient, *, type_name: str = "Blood test", first: tuple[int, int] = (9, 0)
) -> Appointment:
    [seat] = own_seats(here, 1, type_name=type_name, first=first)
    with clock.at(clock.now() - timedelta(days=7)):
        return booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)


def found(sam: Patient, intent: str) -> list[Candidate]:
    return owner.open_subjects([sam.pk], intent)


def reply(sam: Patient, intent: str) -> Acted:
    [candidate] = found(sam, intent)
    return owner.act(candidate, intent, 1, Actor.patient(sam.pk))


def test_yes_is_about_what_was_asked() -> None:
    here = practice()
    [sam] = people(here, 1)
    appointment = booked(here, sam)
    assert found(sam, "confirm") == []
    remind()
    [candidate] = found(sam, "confirm")
    assert (candidate.subject_id, candidate.first_name, candidate.asked) == (appointment.pk, sam.given_name, True)
    assert (candidate.when, candidate.organisation_id) == (at(WEDNESDAY, 9), here.organisation.pk)
    assert reply(sam, "confirm") == Acted(f"{sam.given_name}: thank you. We expect you on Wed 9 Dec at 9am.")
    appointment.refresh_from_db()
    assert appointment.confirmed_at == clock.now()


def test_yes_to_the_text_that_stands_for_the_reminder_keeps_the_visit() -> None:
    """Somebody who took an earlier place for tomorrow is told so and says yes again: no reminder follows, nobody is asked."""
    here = practice()
    [sam] = people(here, 1)
    [seat] = own_seats(here, 1, type_name="Blood test")
    with clock.at(at(WEDNESDAY, 9) - timedelta(hours=20)):
        appointment = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        assert remind() == 0
        assert reply(sam, "confirm") == Acted(f"{sam.given_name}: thank you. We expect you on Wed 9 Dec at 9am.")
        appointment.refresh_from_db()
        assert appointment.confirmed_at == clock.now()


def test_cancel_needs_no_question() -> None:
    here = practice()
    [sam] = people(here, 1)
    appointment = booked(here, sam)
    acted = reply(sam, "cancel")
    assert states([appointment]) == ["cancelled"]
    assert acted.answer is not None
    assert acted.answer.startswith(f"{sam.given_name}: your appointment on Wed 9 Dec at 9am is cancelled.")
    assert found(sam, "cancel") == []


def test_the_answer_is_all_that_is_sent() -> None:
    here = practice()
    [sam] = people(here, 1)
    booked(here, sam)
    from onedoor.messaging.models import Message

    before = Message.objects.count()
    reply(sam, "cancel")
    assert Message.objects.count() == before


def test_yes_within_the_hour_brings_it_back() -> None:
    here = practice()
    [sam] = people(here, 1)
    booked(here, sam)
    reply(sam, "cancel")
    with clock.at(clock.now() + timedelta(minutes=59)):
        acted = reply(sam, "confirm")
    assert acted.answer == f"{sam.given_name}: good. Your appointment on Wed 9 Dec at 9am is yours again."
    assert Appointment.objects.filter(patient=sam, state="booked").count() == 1


def test_yes_after_the_hour_is_for_a_person() -> None:
    here = practice()
    [sam] = people(here, 1)
    booked(here, sam)
    reply(sam, "cancel")
    with clock.at(clock.now() + timedelta(minutes=61)):
        assert found(sam, "confirm") == []


def test_yes_when_the_place_has_gone() -> None:
    here = practice()
    sam, ella = people(here, 2)
    appointment = booked(here, sam)
    reply(sam, "cancel")
    [candidate] = found(sam, "confirm")
    booking.book(seat_ref=appointment.seat.ref, patient_id=ella.pk, by=DESK)
    # They are told so kindly, and a person offers them other times.
    assert found(sam, "confirm") == [candidate]
    acted = owner.act(candidate, "confirm", 1, Actor.patient(sam.pk))
    assert acted.answer is not None
    assert "has gone to somebody else" in acted.answer
    assert not acted.done
    assert Appointment.objects.filter(patient=sam, state="booked").count() == 0


def test_a_type_that_no_reply_may_cancel() -> None:
    here = practice()
    [sam] = people(here, 1)
    appointment = booked(here, sam, type_name="Depot injection")
    acted = reply(sam, "cancel")
    assert states([appointment]) == ["booked"]
    assert acted.task is not None
    assert acted.task.kind == "cancel_asked"
    assert not acted.done
    assert "depot" not in (acted.answer or "").lower()


def test_early_joins_the_list() -> None:
    here = practice()
    [sam] = people(here, 1)
    appointment = booked(here, sam)
    acted = reply(sam, "earlier")
    entry = WaitingEntry.objects.get()
    assert (entry.patient_id, entry.appointment_id, entry.joined_via) == (sam.pk, appointment.pk, "reply")
    assert acted.answer == (
        f"{sam.given_name}: we will text you if an earlier appointment comes free. "
        "Until then you keep Wed 9 Dec at 9am."
    )


def test_early_where_places_are_not_refilled_is_for_a_person() -> None:
    here = practice()
    [sam] = people(here, 1)
    booked(here, sam, type_name="Depot injection")
    acted = reply(sam, "earlier")
    assert acted.task is not None
    assert acted.task.kind == "earlier_asked"
    assert not WaitingEntry.objects.exists()


def test_nothing_that_has_begun_is_a_candidate() -> None:
    here = practice()
    [sam] = people(here, 1)
    appointment = booked(here, sam)
    [candidate] = found(sam, "cancel")
    with clock.at(at(WEDNESDAY, 9)):
        assert found(sam, "cancel") == []
        acted = owner.act(candidate, "cancel", 1, Actor.patient(sam.pk))
    assert (acted.answer, acted.done) == (None, False)
    assert states([appointment]) == ["booked"]


def test_two_on_one_day_are_two_candidates() -> None:
    here = practice()
    sam, ella = people(here, 2, mobile="+447700900201")
    booked(here, sam)
    booked(here, ella, first=(14, 10))
    candidates = owner.open_subjects([sam.pk, ella.pk], "cancel")
    assert [(c.first_name, c.when.hour) for c in candidates] == [(sam.given_name, 9), (ella.given_name, 14)]
    assert owner.open_subjects([sam.pk, ella.pk], "something else") == []
