"""Booking after triage, through the door: what is to be booked, by when, and what an appointment does to its referral."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.booking import api as booking
from onedoor.booking.actions import places
from onedoor.booking.actions.setting import set_type
from onedoor.booking.models import Offer, WaitingEntry
from onedoor.booking.tests.factories import at
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.messaging.models import Message
from onedoor.patients import api as patients
from onedoor.patients.models import CareRelationship
from onedoor.referrals import api as referrals
from onedoor.referrals.models import HeardBy, History, Referral, Visit
from onedoor.referrals.tests.booking_world import THURSDAY, Clinic, clinic
from onedoor.referrals.tests.factories import referral
from onedoor.referrals.types import ReferralRow
from onedoor.tasks import api as tasks
from onedoor.tasks.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def msk() -> Clinic:
    """The clinic."""
    return clinic()


def states(one: Referral) -> list[str]:
    """All the states that it has been in, in order."""
    one.refresh_from_db()
    steps = list(History.objects.filter(parent=one).order_by("pk").values_list("to_state", flat=True))
    assert steps[-1] == one.state
    return steps


def listed(msk: Clinic, *, others: bool = False) -> list[Referral]:
    """What stands on the list, in its order."""
    rows = referrals.to_book_page(msk.place.ada, msk.place.service, others=others).rows
    return [Referral.objects.get(pk=row.id) for row in rows]


def book(msk: Clinic, one: Referral, seat: booking.Seat) -> booking.Appointment:
    """As the service does from its list."""
    return referrals.book_visit(access=msk.place.ada, ref=one.ref, seat_ref=seat.ref)


def read_discharge(msk: Clinic, one: Referral) -> None:
    """The service's list says that it was discharged today."""
    one.refresh_from_db()
    row = ReferralRow(
        row=1,
        source_ref=one.source_ref,
        nhs_number=one.nhs_number,
        received_at=one.received_at,
        source=one.source,
        referrer_ods=one.referrer_ods,
        priority=one.priority,
        triaged_at=one.triaged_at,
        outcome=one.outcome,
        discharged_on=clock.today(),
    )
    referrals.take_referrals(service=msk.place.service, rows=[row], by=factories.TEST)
    one.refresh_from_db()
    assert one.closed_because == "discharged"


def test_an_accepted_referral_is_on_the_list_until_it_is_booked(msk: Clinic) -> None:
    [seat, *_] = msk.seats()
    one = msk.accepted()
    [row] = referrals.to_book_page(msk.place.ada, msk.place.service).rows
    assert (row.name, row.because, row.who_books, row.waits) == ("Sam Hollis", "Accepted, not booked yet", "us", False)
    assert row.by == date(2026, 12, 7) + timedelta(days=40)
    assert referrals.to_book_count(msk.place.ada) == 1
    appointment = book(msk, one, seat)
    assert states(one) == ["AWAITING_TRIAGE", "TRIAGED_PROVIDER_TO_ACTION", "BOOKED"]
    assert one.first_offered_on == date(2026, 12, 7)
    assert Visit.objects.get(referral=one).appointment_id == appointment.pk
    assert listed(msk) == []
    assert referrals.to_book_count(msk.place.ada) == 0


@pytest.mark.parametrize(
    ("end", "state", "on_list"),
    [
        ("patient", "APPT_CANCELLED_BY_PATIENT", True),
        ("practice", "APPT_CANCELLED_BY_PROVIDER", True),
        ("missed", "DID_NOT_ATTEND", True),
        ("seen", "ASSESSMENT_RESULT", False),
        ("arrived", "BOOKED", False),
    ],
)
def test_what_becomes_of_an_appointment_becomes_of_its_referral(
    msk: Clinic, end: str, state: str, on_list: bool
) -> None:
    [seat, *_] = msk.seats()
    one = msk.accepted()
    appointment, by = book(msk, one, seat), msk.place.ada.actor
    with clock.at(at(THURSDAY, 9, 30)):
        if end in ("patient", "practice"):
            booking.cancel(appointment_id=appointment.pk, by=by, reason=end)
        else:
            mark = {"missed": booking.did_not_attend, "seen": booking.fulfil, "arrived": booking.arrive}[end]
            mark(appointment_id=appointment.pk, by=by)
        assert states(one)[-1] == state
        assert one.closed_at is None
        assert (listed(msk) == [one]) is on_list


def test_a_visit_that_is_moved_keeps_its_referral_booked_with_the_new_one(msk: Clinic) -> None:
    first, second, _ = msk.seats()
    one = msk.accepted()
    old = book(msk, one, first)
    new = booking.move(appointment_ref=old.ref, seat_ref=second.ref, by=msk.place.ada.actor)
    assert states(one)[-1] == "BOOKED"
    assert set(Visit.objects.filter(referral=one).values_list("appointment_id", flat=True)) == {old.pk, new.pk}
    booking.cancel(appointment_id=new.pk, by=msk.place.ada.actor)
    assert states(one)[-2:] == ["BOOKED", "APPT_CANCELLED_BY_PATIENT"]


def test_a_cancellation_taken_back_books_it_again_and_a_mark_taken_back_too(msk: Clinic) -> None:
    [seat, *_] = msk.seats()
    one = msk.accepted()
    appointment, by = book(msk, one, seat), msk.place.ada.actor
    booking.cancel(appointment_id=appointment.pk, by=by)
    back = booking.come_back(appointment_id=appointment.pk, by=Access.of_patient(one.patient_id or 0).actor)
    assert states(one)[-2:] == ["APPT_CANCELLED_BY_PATIENT", "BOOKED"]
    with clock.at(at(THURSDAY, 9, 30)):
        booking.did_not_attend(appointment_id=back.pk, by=by)
        booking.unmark(appointment_id=back.pk, by=by)
        assert states(one)[-2:] == ["DID_NOT_ATTEND", "BOOKED"]
        booking.fulfil(appointment_id=back.pk, by=by)
        booking.did_not_attend(appointment_id=back.pk, by=by)
        assert states(one)[-2:] == ["ASSESSMENT_RESULT", "DID_NOT_ATTEND"]


def test_an_appointment_booked_any_other_way_counts_as_the_visit(msk: Clinic) -> None:
    [seat, *_] = msk.seats()
    one = msk.accepted()
    booking.book(seat_ref=seat.ref, patient_id=one.patient_id or 0, by=msk.place.ada.actor)
    assert states(one)[-1] == "BOOKED"


def test_an_appointment_of_another_kind_or_place_does_not(msk: Clinic) -> None:
    other = set_type(organisation_id=msk.place.service.organisation_id, name="Blood test", by=factories.TEST)
    [seat, *_] = msk.seats(kind=other)
    one = msk.accepted()
    booking.book(seat_ref=seat.ref, patient_id=one.patient_id or 0, by=msk.place.ada.actor)
    assert states(one)[-1] == "TRIAGED_PROVIDER_TO_ACTION"
    assert listed(msk) == [one]


def test_two_referrals_of_one_person_are_booked_each_for_itself(msk: Clinic) -> None:
    first, second, _ = msk.seats()
    sam = msk.patient()
    older, newer = msk.accepted(sam), msk.accepted(sam)
    book(msk, newer, second)
    assert (states(older)[-1], states(newer)[-1]) == ("TRIAGED_PROVIDER_TO_ACTION", "BOOKED")
    book(msk, older, first)
    assert states(older)[-1] == "BOOKED"


def test_it_is_booked_once(msk: Clinic) -> None:
    first, second, _ = msk.seats()
    one = msk.accepted()
    book(msk, one, first)
    with pytest.raises(referrals.NotDone):
        book(msk, one, second)
    with pytest.raises(booking.SeatTaken):
        book(msk, msk.accepted(msk.patient("+447700900112")), first)
    assert Visit.objects.count() == 1


def test_what_is_not_accepted_is_not_booked(msk: Clinic) -> None:
    [seat, *_] = msk.seats()
    waits = referral(msk.place, msk.patient())
    onward = msk.accepted(msk.patient("+447700900112"), outcome="onward")
    unknown = referral(msk.place)
    for one in (waits, onward, unknown):
        with pytest.raises(referrals.NotDone):
            book(msk, one, seat)
    assert listed(msk) == []


def test_only_the_service_and_the_patient_may(msk: Clinic) -> None:
    [seat, *_] = msk.seats()
    one = msk.accepted()
    _, elsewhere = factories.person(factories.practice("Y99003", "Marfleet Lane Practice"), Role.TRIAGE_CLINICIAN)
    other = msk.patient("+447700900112")
    for access in (msk.place.desk, elsewhere, Access.of_patient(other.pk), Access.nobody()):
        with pytest.raises(Referral.DoesNotExist):
            referrals.book_visit(access=access, ref=one.ref, seat_ref=seat.ref)
        assert referrals.to_book(access, one.patient_id or 0) == []
        assert referrals.one_to_book(access, one.ref) is None
    with pytest.raises(NotPermitted):
        referrals.to_book_page(elsewhere, msk.place.service)
    # It is the service's to book: the patient sees that it is, and does not choose.
    me = Access.of_patient(one.patient_id or 0)
    assert [row.ref for row in referrals.to_book(me, one.patient_id or 0)] == [one.ref]
    with pytest.raises(referrals.NotDone):
        referrals.book_visit(access=me, ref=one.ref, seat_ref=seat.ref, via="portal")


def test_whoever_has_the_patient_on_the_telephone_books_and_is_named(msk: Clinic) -> None:
    [seat, *_] = msk.seats()
    one = msk.accepted()
    elsewhere = factories.practice("Y99003", "Marfleet Lane Practice")
    _, handler = factories.person(elsewhere, Role.CALL_HANDLER)
    line = Access(actor=handler.actor, organisation_ids=handler.organisation_ids, patient_id=one.patient_id)
    assert [row.ref for row in referrals.to_book(line, one.patient_id or 0)] == [one.ref]
    referrals.book_visit(access=line, ref=one.ref, seat_ref=seat.ref, via="telephone")
    assert states(one)[-1] == "BOOKED"
    assert handler.actor.label in History.objects.filter(parent=one).latest("pk").actor_label


@pytest.mark.parametrize(
    ("priority", "outcome", "days"),
    [("routine", "accept", 40), ("urgent", "accept", 5), ("routine", "urgent", 5), ("two_week_wait", "accept", 5)],
)
def test_by_when(msk: Clinic, priority: str, outcome: str, days: int) -> None:
    one = msk.accepted(priority=priority, outcome=outcome)
    [row] = referrals.to_book(msk.place.ada, one.patient_id or 0)
    assert row.by == date(2026, 12, 7) + timedelta(days=days)


def test_the_day_that_the_patient_was_told_binds_where_it_comes_first(msk: Clinic) -> None:
    one = msk.accepted()
    said = date(2026, 12, 20)
    HeardBy.objects.create(
        referral=one,
        what="appointment",
        said_at=clock.now(),
        by=said,
        earliest=said,
        latest=said,
        waiting_before=0,
        per_week=1,
    )
    [row] = referrals.to_book(msk.place.ada, one.patient_id or 0)
    assert (row.by, row.said_by) == (said, True)


def test_whoever_is_back_has_the_days_anew(msk: Clinic) -> None:
    [seat, *_] = msk.seats()
    one = msk.accepted(priority="urgent")
    appointment = book(msk, one, seat)
    with clock.at(at(date(2026, 12, 9), 12)):
        booking.cancel(appointment_id=appointment.pk, by=msk.place.ada.actor)
        [row] = referrals.to_book(msk.place.ada, one.patient_id or 0)
    assert (row.by, row.because) == (date(2026, 12, 14), "The patient cancelled")


def test_the_clock_that_ends_first_is_on_top_and_pages_leave_nobody_out(msk: Clinic) -> None:
    routine = [msk.accepted(msk.patient(f"+4477009001{n:02}")) for n in range(3)]
    urgent = [msk.accepted(msk.patient(f"+4477009002{n:02}"), priority="urgent") for n in range(2)]
    assert listed(msk) == urgent + routine
    seen: list[int] = []
    after = ""
    while True:
        page = referrals.to_book_page(msk.place.ada, msk.place.service, after=after, limit=2)
        seen += [row.id for row in page.rows]
        after = page.after
        if not after:
            break
    assert seen == [one.pk for one in urgent + routine]
    counts = referrals.to_book_counts(msk.place.ada, msk.place.service)
    assert (counts.ours, counts.late, counts.others) == (5, 0, 0)
    assert referrals.to_book_count(msk.place.ada) == 5


def test_when_nothing_is_free_a_place_that_is_given_up_is_offered_and_taking_it_books(msk: Clinic) -> None:
    [seat] = msk.seats(1)
    taken = book(msk, msk.accepted(msk.patient("+447700900112")), seat)
    one = msk.accepted()
    assert referrals.places(msk.place.ada, one) == []
    assert referrals.wait_for_visit(access=msk.place.ada, ref=one.ref) == 1
    assert states(one)[-1] == "DEFERRED_TO_PROVIDER"
    [row] = referrals.to_book(msk.place.ada, one.patient_id or 0)
    assert (row.waits, row.because) == (True, "No time was free")
    booking.cancel(appointment_id=taken.pk, by=msk.place.ada.actor)
    jobs.run_once("booking.offer")
    offer = Offer.objects.get(entry__patient_id=one.patient_id or 0)
    booking.accept_offer(offer_id=offer.pk, by=Access.of_patient(one.patient_id or 0).actor)
    assert states(one)[-2:] == ["DEFERRED_TO_PROVIDER", "BOOKED"]
    assert not WaitingEntry.objects.filter(state="waiting").exists()


def test_a_cohort_takes_as_many_statements_as_a_few(msk: Clinic) -> None:
    def moved(number: int, tail: int) -> int:
        seats = msk.seats(number, day=THURSDAY + timedelta(days=tail))
        people = [msk.patient(f"+44770090{tail}{n:03}") for n in range(number)]
        ones = [msk.accepted(person) for person in people]
        appointments = [book(msk, one, seat) for one, seat in zip(ones, seats, strict=True)]
        with transaction.atomic(), CaptureQueriesContext(connection) as made:
            places.shift(
                ids=[a.pk for a in appointments],
                to="cancelled",
                by=factories.TEST,
                reason="x",
                also={"reason": "outside"},
            )
        assert {states(one)[-1] for one in ones} == {"APPT_CANCELLED_BY_PROVIDER"}
        return len(made)

    assert moved(2, 1) == moved(12, 2)


@pytest.mark.parametrize("way", ["withdrawn", "deceased", "discharge", "duplicate"])
def test_an_ending_cancels_what_is_ahead(msk: Clinic, way: str) -> None:
    [seat, *_] = msk.seats()
    one = msk.accepted()
    appointment = book(msk, one, seat)
    before = Message.objects.count()
    if way == "discharge":
        referrals.discharge(access=msk.place.ada, ref=one.ref, outcome="declined")
    else:
        referrals.withdraw(access=msk.place.ada, ref=one.ref, because=way)
    appointment.refresh_from_db()
    assert (appointment.state, appointment.reason) == ("cancelled", "practice")
    assert (Message.objects.count() > before) is (way != "deceased")
    assert History.objects.filter(parent=one, closes=True).count() == 1
    assert states(one)[-1] == ("ASSESSMENT_RESULT" if way == "discharge" else "CANCELLED_REFERRAL")


def test_a_duplicate_leaves_its_visit_to_the_other(msk: Clinic) -> None:
    [seat, *_] = msk.seats()
    sam = msk.patient()
    kept, copy = msk.accepted(sam), msk.accepted(sam)
    appointment = book(msk, copy, seat)
    referrals.withdraw(access=msk.place.ada, ref=copy.ref, because="duplicate")
    appointment.refresh_from_db()
    assert appointment.state == "booked"
    assert states(kept)[-1] == "BOOKED"
    assert Visit.objects.get().referral_id == kept.pk
    booking.cancel(appointment_id=appointment.pk, by=msk.place.ada.actor)
    assert states(kept)[-1] == "APPT_CANCELLED_BY_PATIENT"


def test_who_was_seen_and_waits_for_another_visit_stays_on_the_list(msk: Clinic) -> None:
    [seat] = msk.seats(1)
    one = msk.accepted()
    appointment = book(msk, one, seat)
    booking.fulfil(appointment_id=appointment.pk, by=msk.place.ada.actor)
    referrals.wait_for_visit(access=msk.place.ada, ref=one.ref)
    assert states(one)[-1] == "DEFERRED_TO_PROVIDER"
    assert len(referrals.to_book(msk.place.ada, one.patient_id or 0)) == 1


@pytest.mark.parametrize("outcome", ["given_up", "kept"])
def test_a_list_that_ends_a_referral_cancels_nothing_and_asks_a_person(msk: Clinic, outcome: str) -> None:
    one = msk.accepted()
    appointment = book(msk, one, msk.seats(1)[0])
    before = Message.objects.count()
    read_discharge(msk, one)
    for _ in range(2):
        jobs.run_once("referrals.left_standing")
    assert Message.objects.count() == before
    [asked] = Task.objects.filter(kind="ended_booked")
    tasks.complete(access=msk.place.ada, ref=asked.ref, outcome=outcome)
    appointment.refresh_from_db()
    gone = outcome == "given_up"
    assert appointment.state == ("cancelled" if gone else "booked")
    assert Message.objects.count() == before + gone
    assert states(one)[-2:] == ["BOOKED", "ASSESSMENT_RESULT"]
    jobs.run_once("referrals.left_standing")
    assert Task.objects.filter(kind="ended_booked").count() == 1


def test_whoever_waits_for_a_referral_that_a_list_ended_is_asked_about(msk: Clinic) -> None:
    one = msk.accepted()
    referrals.wait_for_visit(access=msk.place.ada, ref=one.ref)
    with clock.at(clock.now() + timedelta(hours=1)):
        read_discharge(msk, one)
        jobs.run_once("referrals.left_standing")
        [asked] = Task.objects.filter(kind="ended_booked")
        tasks.complete(access=msk.place.ada, ref=asked.ref, outcome="given_up")
    assert WaitingEntry.objects.get().state == "left"


def test_an_ending_ends_the_waiting(msk: Clinic) -> None:
    one = msk.accepted()
    referrals.wait_for_visit(access=msk.place.ada, ref=one.ref)
    referrals.withdraw(access=msk.place.ada, ref=one.ref, because="withdrawn")
    assert WaitingEntry.objects.get().state == "left"


def test_the_service_sees_them_for_ninety_days_after_the_last_has_ended(msk: Clinic) -> None:
    sam = msk.patient()
    first, second = msk.accepted(sam), msk.accepted(sam)
    referrals.discharge(access=msk.place.ada, ref=first.ref, outcome="finished")
    jobs.run_once("referrals.end_care")
    care = CareRelationship.objects.get(patient=sam, kind="referred")
    assert care.ends_on is None, "another is open"
    referrals.discharge(access=msk.place.ada, ref=second.ref, outcome="finished")
    jobs.run_once("referrals.end_care")
    care.refresh_from_db()
    assert care.ends_on == date(2026, 12, 7) + timedelta(days=90)
    assert patients.names(msk.place.ada, [sam.pk])
    with clock.at(at(date(2026, 12, 7) + timedelta(days=90), 9)):
        assert not patients.names(msk.place.ada, [sam.pk])
        again = referral(msk.place, sam)
        jobs.run_once("referrals.see_people")
        assert patients.names(msk.place.ada, [sam.pk]), "sent again, seen again"
        assert again.patient_id == sam.pk


def test_the_patient_chooses_where_triage_says_so(msk: Clinic) -> None:
    [seat, *_] = msk.seats()
    one = msk.accepted(who_books="patient")
    me = Access.of_patient(one.patient_id or 0)
    assert states(one)[-1] == "NOT_BOOKED"
    assert (listed(msk), listed(msk, others=True)) == ([], [one])
    [said] = referrals.where_is(me, one.patient_id or 0)
    assert (said.now, said.may_choose) == ("You can choose a time.", True)
    held = referrals.hold_visit(access=me, ref=one.ref, seat_ref=seat.ref)
    assert states(one)[-1] == "NOT_BOOKED"
    with pytest.raises(booking.SeatTaken):
        book(msk, msk.accepted(msk.patient("+447700900112")), seat)
    booked = referrals.book_visit(access=me, ref=one.ref, seat_ref=seat.ref, via="portal")
    held.refresh_from_db()
    assert (held.state, booked.state, states(one)[-1]) == ("lapsed", "booked", "BOOKED")
    [said] = referrals.where_is(me, one.patient_id or 0)
    assert said.now == "Your appointment is on Thursday 10 December 2026 at 9am, at Brook Street."
    assert not said.may_choose


def test_whoever_has_not_chosen_is_the_services_to_ring(msk: Clinic) -> None:
    one = msk.accepted(who_books="patient")
    with clock.at(at(date(2026, 12, 21), 12)):
        jobs.run_once("referrals.chase_choices")
        assert (listed(msk), Task.objects.filter(kind="not_chosen").count()) == ([], 0)
    with clock.at(at(date(2026, 12, 22), 12)):
        assert jobs.run_once("referrals.chase_choices") == 1
        assert jobs.run_once("referrals.chase_choices") == 0
        assert listed(msk) == [one]
        assert Task.objects.get(kind="not_chosen").title == "MSK service: 1 person has not chosen a time"


def test_the_practice_books_through_ers_where_triage_says_so(msk: Clinic) -> None:
    one = msk.accepted(who_books="gp")
    assert (listed(msk), listed(msk, others=True)) == ([], [one])
    assert not referrals.where_is(Access.of_patient(one.patient_id or 0), one.patient_id or 0)[0].may_choose


def test_what_is_said_while_we_book(msk: Clinic) -> None:
    one = msk.accepted()
    [said] = referrals.where_is(Access.of_patient(one.patient_id or 0), one.patient_id or 0)
    assert said.hear == ("We will give you a time by Saturday 16 January 2027.",)


def test_whom_no_text_reaches_is_rung(msk: Clinic) -> None:
    [seat, *_] = msk.seats()
    one = msk.accepted(factories.patient(msk.place.practice, "Maud", "Ellery"))
    book(msk, one, seat)
    assert Task.objects.filter(kind="tell_patient", patient_id=one.patient_id or 0).count() == 1


def test_kinds_are_of_the_services_own_organisation(msk: Clinic) -> None:
    stream, service = msk.place.streams[1], msk.place.service
    foreign = set_type(organisation_id=msk.place.practice.pk, name="Blood test", by=factories.TEST)
    with pytest.raises(referrals.NotDone):
        referrals.set_stream_kinds(access=msk.place.ada, service=service, stream_id=stream.pk, type_ids=[foreign.pk])
    referrals.set_stream_kinds(access=msk.place.ada, service=service, stream_id=stream.pk, type_ids=[msk.kind.pk])
    assert [one.chosen for one in referrals.stream_kinds(msk.place.ada, service)] == [frozenset({msk.kind.pk})] * 2
    with pytest.raises(NotPermitted):
        referrals.set_stream_kinds(access=msk.place.desk, service=service, stream_id=stream.pk, type_ids=[])


@pytest.mark.django_db(transaction=True)
def test_of_several_who_take_the_same_place_at_once_one_has_it(msk: Clinic) -> None:
    [seat] = msk.seats(1)
    ones = [msk.accepted(msk.patient(f"+4477009001{n:02}")) for n in range(4)]
    said: list[str] = []

    gate, now = threading.Barrier(len(ones)), clock.now()

    def take(one: Referral) -> None:
        try:
            gate.wait(10)
            with clock.at(now):
                book(msk, one, seat)
            said.append("booked")
        except booking.SeatTaken:
            said.append("gone")
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[one]) for one in ones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["booked", "gone", "gone", "gone"]
    assert sorted(states(one)[-1] for one in ones) == ["BOOKED"] + ["TRIAGED_PROVIDER_TO_ACTION"] * 3
