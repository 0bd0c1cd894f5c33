"""Released places, waves of offers, and the answers to them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor.booking import errors
from onedoor.booking.actions import booking, outside, refilling, setting, waves
from onedoor.booking.models import Appointment, DiaryRequest, Offer, Release, WaitingEntry
from onedoor.booking.offering import Offers
from onedoor.booking.tests.refilling_world import World, at, states
from onedoor.factories import TEST, person
from onedoor.kernel import clock, jobs
from onedoor.kernel.actor import Actor
from onedoor.messaging import api as messaging
from onedoor.messaging.models import Ask, Message, State
from onedoor.messaging.types import Candidate
from onedoor.records.models import Entry
from onedoor.tasks import api as tasks

pytestmark = pytest.mark.django_db


def offered(release: Release) -> list[Offer]:
    return list(Offer.objects.filter(release=release).order_by("id"))


def sweep() -> None:
    while waves.follow_up() + waves.open_waves():
        pass


def bodies(purpose: str) -> list[str]:
    return list(Message.objects.filter(purpose=purpose).order_by("id").values_list("body", flat=True))


def answer(offer: Offer, intent: str) -> str | None:
    """As messaging would: through the owner of offers."""
    owner, patient_id = Offers(), offer.entry.patient_id
    found = [one for one in owner.open_subjects([patient_id], intent) if one.subject_id == offer.pk]
    assert found, "no such offer to answer"
    return owner.act(found[0], intent, 1, Actor.patient(patient_id)).answer


# ---- release ----------------------------------------------------------------------------------------------------------


def test_a_cancelled_place_is_released_in_the_same_transaction() -> None:
    world = World()
    release = world.released(at(8, 10, 20))
    assert release.state == "open"
    assert release.released_at == clock.now()


@pytest.mark.parametrize(
    ("starts_at", "may_refill", "released"),
    [(at(8, 10), True, True), (at(8, 10), False, False), (at(7, 10, 1), True, True), (at(7, 10), True, False)],
)
def test_only_what_may_be_refilled_and_is_not_too_near(starts_at, may_refill: bool, released: bool) -> None:  # type: ignore[no-untyped-def]
    world = World()
    world.kind.may_refill = may_refill
    world.kind.save()
    appointment = world.booked(world.person(), starts_at)
    booking.cancel(appointment_id=appointment.pk, by=TEST, tell=False)
    assert Release.objects.exists() is released


def test_in_another_diary_the_place_is_released_when_it_is_free() -> None:
    world = World("emis")
    appointment = world.booked(world.person(), at(8, 10))
    booking.cancel(appointment_id=appointment.pk, by=TEST, tell=False)
    assert not Release.objects.exists()
    request = DiaryRequest.objects.get(appointment=appointment, kind="free")
    outside.confirm_request(request_id=request.pk, ended_by="by hand", by=TEST)
    assert Release.objects.get().cancelled_id == appointment.pk


def test_with_refilling_switched_off_nothing_is_released() -> None:
    world = World()
    open_before = world.released(at(8, 10))
    refilling.set_policy(organisation_id=world.practice.pk, on=False, by=TEST)
    world.booked(world.person(), at(9, 10))
    open_before.refresh_from_db()
    assert open_before.state == "withdrawn"
    booking.cancel(appointment_id=Appointment.objects.get(starts_at=at(9, 10)).pk, by=TEST, tell=False)
    assert Release.objects.filter(state="open").count() == 0


def test_a_blocked_place_is_offered_to_nobody_and_who_was_asked_is_told() -> None:
    world = World()
    world.waits(own=at(15, 9))
    release = world.released(at(8, 10, 20))
    sweep()
    assert states(release) == {"open": 1}
    Message.objects.filter(purpose=waves.OFFER).update(state=State.DELIVERED)
    setting.block_seat(seat_id=release.seat_id, by=TEST)
    sweep()
    release.refresh_from_db()
    assert (release.state, states(release)) == ("withdrawn", {"withdrawn": 1})
    [body] = bodies(waves.OFFER_ENDED)
    assert "Tue 8 Dec at 10:20am is no longer on offer. You keep Tue 15 Dec at 9am" in body
    setting.block_seat(seat_id=release.seat_id, blocked=False, by=TEST)
    sweep()
    assert Offer.objects.count() == 1


# ---- the list ---------------------------------------------------------------------------------------------------------


def test_one_waits_once_for_each_type() -> None:
    world = World()
    who = world.person()
    own = world.booked(who, at(15, 9))
    for via in ("reply", "desk"):
        refilling.join_waiting(patient_id=who.pk, appointment_id=own.pk, type_id=world.kind.pk, via=via, by=TEST)
    entry = WaitingEntry.objects.get()
    assert (entry.joined_via, entry.appointment_id) == ("reply", own.pk)


def test_nobody_waits_for_what_is_not_offered_or_with_what_is_not_theirs() -> None:
    world = World()
    who, other = world.person(), world.person()
    own = world.booked(other, at(15, 9))
    with pytest.raises(errors.NotYours):
        refilling.join_waiting(patient_id=who.pk, appointment_id=own.pk, type_id=world.kind.pk, via="desk", by=TEST)
    with pytest.raises(errors.NotYours):
        refilling.join_waiting(
            patient_id=who.pk, appointment_id=None, type_id=world.kind.pk, via="portal", by=Actor.patient(other.pk)
        )
    world.kind.may_refill = False
    world.kind.save()
    with pytest.raises(errors.NotOffered):
        refilling.join_waiting(patient_id=who.pk, appointment_id=None, type_id=world.kind.pk, via="desk", by=TEST)


def test_who_leaves_the_list_is_no_longer_asked() -> None:
    world = World()
    entry = world.waits(own=at(15, 9))
    release = world.released(at(8, 10))
    sweep()
    assert refilling.leave_waiting(entry_ids=[entry.pk], by=TEST) == 1
    assert states(release) == {"withdrawn": 1}
    sweep()
    # They know: no text says so.
    assert bodies(waves.OFFER_ENDED) == []


def test_whose_own_appointment_is_over_waits_no_more() -> None:
    world = World()
    came = world.waits(own=at(7, 10))
    gave_up = world.waits(own=at(10, 10))
    lost = world.waits(own=at(11, 10))
    for entry, reason in ((gave_up, "patient"), (lost, "practice")):
        booking.cancel(appointment_id=entry.appointment_id or 0, by=TEST, reason=reason, tell=False)
    with clock.at(at(7, 10, 1)):
        waves.close_releases()
    found = dict(WaitingEntry.objects.values_list("id", "state"))
    assert found == {came.pk: "left", gave_up.pk: "left", lost.pk: "waiting"}
    lost.refresh_from_db()
    assert lost.appointment_id is None


@pytest.mark.parametrize("swept", [True, False])
@pytest.mark.parametrize("source", ["own", "emis"])
def test_whoever_takes_their_cancellation_back_waits_on(source: str, swept: bool) -> None:
    world = World(source)
    entry = world.waits(own=at(15, 9))
    assert entry.appointment
    patient = Actor.patient(entry.patient_id)
    booking.cancel(appointment_id=entry.appointment.pk, by=patient)
    if source == "emis":
        request = DiaryRequest.objects.get(kind="free")
        outside.confirm_request(request_id=request.pk, ended_by="by hand", by=TEST)
    if swept:
        waves.close_releases()
    back = booking.come_back(appointment_id=entry.appointment.pk, by=patient)
    if source == "emis":
        outside.confirm_request(
            request_id=DiaryRequest.objects.get(kind="book", state="asked").pk, ended_by="", by=TEST
        )
    waves.close_releases()
    entry = WaitingEntry.objects.get()
    assert (entry.state, entry.appointment_id, entry.ended_at) == ("waiting", back.pk, None)
    if source == "own":
        release = world.released(at(8, 10))
        sweep()
        assert states(release) == {"open": 1}


def test_whoever_had_left_the_list_before_cancelling_is_not_put_back() -> None:
    world = World()
    entry = world.waits(own=at(15, 9))
    assert entry.appointment
    refilling.leave_waiting(entry_ids=[entry.pk], by=TEST)
    with clock.at(at(7, 9, 1)):
        booking.cancel(appointment_id=entry.appointment.pk, by=Actor.patient(entry.patient_id))
        booking.come_back(appointment_id=entry.appointment.pk, by=Actor.patient(entry.patient_id))
    entry.refresh_from_db()
    assert entry.state == "left"


def test_a_move_to_a_later_time_keeps_the_place_on_the_list() -> None:
    world = World()
    entry = world.waits(own=at(15, 9))
    assert entry.appointment
    later = booking.move(appointment_ref=entry.appointment.ref, seat_ref=world.seat(at(17, 9)).ref, by=TEST)
    entry.refresh_from_db()
    assert (entry.state, entry.appointment_id) == ("waiting", later.pk)
    booking.move(appointment_ref=later.ref, seat_ref=world.seat(at(16, 9)).ref, by=TEST)
    entry.refresh_from_db()
    assert entry.state == "placed"


# ---- waves ------------------------------------------------------------------------------------------------------------


def test_waves_of_five_fifteen_minutes_apart_in_order_of_waiting() -> None:
    world = World()
    entries = [world.waits(own=at(15, 9 + n % 8, 20 * (n // 8)), days=30 - n) for n in range(12)]
    release = world.released(at(8, 10))
    sweep()
    assert [offer.entry_id for offer in offered(release)] == [entry.pk for entry in entries[:5]]
    sweep()
    assert len(offered(release)) == 5
    for minutes, asked in ((14, 5), (15, 10), (29, 10), (30, 12), (45, 12)):
        with clock.at(at(7, 9) + timedelta(minutes=minutes)):
            sweep()
        assert len(offered(release)) == asked
    assert [wave.n for wave in release.waves.order_by("n")] == [1, 2, 3]


def test_what_an_offer_says_and_asks() -> None:
    world = World()
    entry = world.waits(own=at(15, 9))
    release = world.released(at(8, 10, 20))
    sweep()
    (offer,) = offered(release)
    message = Message.objects.get(purpose=waves.OFFER)
    assert message.body == (
        "Sam: an earlier appointment, Tue 8 Dec at 10:20am, is free at Wexcombe Road Surgery. "
        "Reply YES to take it, NO to stay as you are. First to reply has it."
    )
    assert message.intent_key == f"offer:{release.pk}:{entry.pk}"
    assert message.not_after == at(8, 9, 20)
    ask = Ask.objects.get(subject="offer")
    assert (ask.context, ask.subject_id, ask.expires_at) == ("offer", offer.pk, at(8, 10, 20))
    assert Entry.objects.filter(patient=entry.patient, text__startswith="Offered by text: Tue 8 Dec 10:20am").exists()


def test_who_has_no_mobile_is_rung_in_the_same_wave() -> None:
    world = World()
    world.waits("Olive", own=at(15, 9), phone_only=True, days=20)
    world.waits("Sam", own=at(15, 10), days=10)
    release = world.released(at(8, 10))
    sweep()
    first, second = offered(release)
    assert (first.by_phone, second.by_phone) == (True, False)
    assert first.wave_id == second.wave_id
    (call,) = tasks.Task.objects.filter(kind="offer_call")
    assert call.title.startswith("Ring Olive Hollis")
    assert call.due_at == first.wave.closes_at
    assert "01632 960" in call.detail


@pytest.mark.parametrize(
    ("born_on", "title", "detail"),
    [
        (date(2024, 3, 4), "Ring a parent or carer of Ada", "Ask for a parent or carer. On 01632"),
        (
            date(2012, 3, 4),
            "Ring a parent or carer of Ada",
            "Ask for a parent or carer, unless it is known that they decide for themselves. On 01632",
        ),
        (date(2010, 12, 7), "Ring Ada", "On 01632"),
    ],
)
def test_whom_to_ask_for_about_a_child_is_said(born_on: date, title: str, detail: str) -> None:
    world = World()
    entry = world.waits("Ada", own=at(15, 9), phone_only=True)
    entry.patient.born_on = born_on
    entry.patient.save()
    world.released(at(8, 10))
    sweep()
    call = tasks.Task.objects.get(kind="offer_call")
    assert call.title.startswith(f"{title} {entry.patient.family_name} and offer")
    assert call.detail.startswith(detail)


def test_whom_a_text_does_not_serve_is_rung() -> None:
    world = World()
    who = world.person("Eve", needs=("Easyread",))
    refilling.join_waiting(patient_id=who.pk, appointment_id=None, type_id=world.kind.pk, via="desk", by=TEST)
    world.released(at(8, 10))
    sweep()
    assert Offer.objects.get().by_phone
    assert not Message.objects.filter(purpose=waves.OFFER).exists()


def test_who_said_stop_is_rung() -> None:
    world = World()
    entry = world.waits(own=at(15, 9))
    number = entry.patient.contact_points.get(kind="mobile").value
    messaging.opt_out(organisation_id=world.practice.pk, number=number, by=TEST)
    world.released(at(8, 10))
    sweep()
    assert Offer.objects.get().by_phone
    assert tasks.Task.objects.filter(kind="offer_call").count() == 1


@pytest.mark.parametrize(
    "state", [State.UNREACHED, State.DEAD_NUMBER, State.TECHNICAL, State.REFUSED, State.SUPPRESSED]
)
def test_whose_offer_by_text_did_not_arrive_is_rung_in_the_same_wave(state: State) -> None:
    world = World()
    entry, other = world.waits("Olive", own=at(15, 9), days=20), world.waits("Sam", own=at(15, 10), days=10)
    release = world.released(at(8, 10))
    sweep()
    first, _ = offered(release)
    Message.objects.filter(patient_id=other.patient_id, purpose=waves.OFFER).update(state=State.DELIVERED)
    assert waves.ring_instead() == 0
    Message.objects.filter(patient_id=entry.patient_id, purpose=waves.OFFER).update(state=state)
    with clock.at(at(7, 9, 2)):
        assert waves.ring_instead() == 1
        assert waves.ring_instead() == 0
    call = tasks.Task.objects.get(kind="offer_call")
    assert (call.subject_id, call.due_at) == (first.pk, first.wave.closes_at)
    assert call.title == f"Ring Olive {entry.patient.family_name} and offer Tue 8 Dec at 10am"
    assert call.detail.startswith("Our text did not arrive. On 07700 900")
    assert call.detail.endswith(
        "Tue 8 Dec at 10am, Nurse B Adeyemi, Nurse instead of Tue 15 Dec at 9am. "
        "Others are asked too: the first to say yes has it."
    )
    assert Entry.objects.filter(patient=entry.patient, text__startswith="Offer by text did not arrive").count() == 1
    _, access = person(world.practice)
    tasks.complete(access=access, ref=call.ref, outcome="accepted")
    assert states(release) == {"accepted": 1, "gone": 1}


def test_an_offer_that_has_ended_is_not_rung_and_one_whose_window_has_passed_is() -> None:
    world = World()
    world.waits(own=at(15, 9))
    release = world.released(at(8, 10))
    sweep()
    Message.objects.filter(purpose=waves.OFFER).update(state=State.UNREACHED)
    with clock.at(at(7, 9, 40)):
        waves.ring_instead()
        assert tasks.Task.objects.get(kind="offer_call").due_at == at(7, 9, 55)
    Offer.objects.update(by_phone=False)
    tasks.withdraw(keys=[waves.call_key(offered(release)[0].pk)], because="test", by=TEST)
    refilling.stop_offering(release_id=release.pk, by=TEST)
    assert waves.ring_instead() == 0


@pytest.mark.parametrize("moment", [at(7, 7, 59), at(7, 18), at(6, 12), at(8, 9, 1)])
def test_no_offers_in_quiet_hours_or_too_near(moment) -> None:  # type: ignore[no-untyped-def]
    world = World()
    world.waits(own=at(15, 9))
    release = world.released(at(8, 10))
    with clock.at(moment):
        sweep()
    assert offered(release) == []


def test_a_place_held_just_now_is_not_offered() -> None:
    world = World()
    world.waits(own=at(15, 9))
    release = world.released(at(8, 10))
    booking.hold(seat_ref=release.seat.ref, patient_id=world.person().pk, by=TEST)
    sweep()
    assert offered(release) == []


def test_when_all_said_no_the_next_wave_goes_at_once() -> None:
    world = World()
    for n in range(6):
        world.waits(own=at(15, 9 + n), days=30 - n)
    release = world.released(at(8, 10))
    sweep()
    for offer in offered(release):
        refilling.decline_offer(offer_id=offer.pk, by=TEST)
    sweep()
    assert states(release) == {"declined": 5, "open": 1}


def test_nobody_thinks_about_two_places_at_once_or_is_asked_twice_about_one() -> None:
    world = World()
    entry = world.waits(own=at(15, 9))
    first, second = world.released(at(8, 10)), world.released(at(8, 11))
    sweep()
    assert (len(offered(first)), len(offered(second))) == (1, 0)
    with clock.at(at(7, 9, 15)):
        sweep()
        assert (len(offered(first)), len(offered(second))) == (1, 1)
    refilling.leave_waiting(entry_ids=[entry.pk], by=TEST)
    refilling.join_waiting(
        patient_id=entry.patient_id, appointment_id=entry.appointment_id, type_id=world.kind.pk, via="desk", by=TEST
    )
    with clock.at(at(7, 9, 45)):
        sweep()
    assert Offer.objects.count() == 2


def test_many_releases_are_one_sweep_with_a_fixed_number_of_queries() -> None:
    def cost(places: int) -> int:
        world = World()
        for n in range(places):
            world.waits(own=at(15, 9 + n // 3, 20 * (n % 3)), days=10)
            world.released(at(8, 9 + n // 3, 20 * (n % 3)))
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert waves.open_waves() >= 1
        Offer.objects.update(state="unanswered", followed_up=True)
        WaitingEntry.objects.update(state="left")
        Release.objects.update(state="left")
        Appointment.objects.update(state="lapsed")
        return len(captured)

    few, many = cost(3), cost(9)
    # Messaging, records and tasks work in sets too.
    assert many <= few + 2


# ---- answers ----------------------------------------------------------------------------------------------------------


def test_the_first_yes_moves_that_person_and_releases_their_place() -> None:
    world = World()
    entries = [world.waits(own=at(15, 9 + n), days=30 - n) for n in range(3)]
    release = world.released(at(8, 10))
    sweep()
    second = offered(release)[1]
    text = answer(second, "accept")
    assert text == "Sam: Tue 8 Dec at 10am is yours, at Wexcombe Road Surgery. You no longer have Tue 15 Dec at 10am."
    release.refresh_from_db()
    new = Appointment.objects.get(fills=release)
    assert (new.patient_id, new.state, new.booked_via) == (entries[1].patient_id, "booked", "offer")
    old = entries[1].appointment
    assert old is not None
    old.refresh_from_db()
    assert (old.state, old.reason) == ("cancelled", "moved")
    chained = Release.objects.get(cancelled=old)
    assert chained.state == "open"
    assert states(release) == {"accepted": 1, "gone": 2}
    entries[1].refresh_from_db()
    assert entries[1].state == "placed"


def test_the_others_are_told_once_and_keep_their_places_on_the_list() -> None:
    world = World()
    for n in range(3):
        world.waits(own=at(15, 9 + n), days=30 - n)
    release = world.released(at(8, 10))
    sweep()
    Message.objects.filter(purpose=waves.OFFER).update(state=State.DELIVERED)
    first, second, third = offered(release)
    answer(second, "accept")
    assert answer(third, "accept") == (
        "Sam: sorry, Tue 8 Dec at 10am has gone to somebody else. You keep Tue 15 Dec at 11am, and your place on the list."
    )
    sweep()
    sweep()
    assert bodies(waves.OFFER_ENDED) == [
        "Sam: sorry, Tue 8 Dec at 10am has gone to somebody else. You keep Tue 15 Dec at 9am, and your place on the list."
    ]
    assert WaitingEntry.objects.filter(pk__in=[first.entry_id, third.entry_id], state="waiting").count() == 2
    assert Ask.objects.filter(subject="offer", subject_id=first.pk, state="open").count() == 0


def test_a_text_not_yet_sent_is_cleared_and_not_apologised_for() -> None:
    world = World()
    for n in range(2):
        world.waits(own=at(15, 9 + n), days=30 - n)
    release = world.released(at(8, 10))
    sweep()
    refilling.accept_offer(offer_id=offered(release)[0].pk, by=TEST)
    waves.follow_up()
    assert Message.objects.get(purpose=waves.OFFER, subject_id=offered(release)[1].pk).state == State.CLEARED
    assert bodies(waves.OFFER_ENDED) == []


def test_a_yes_after_the_window_still_has_a_free_place() -> None:
    world = World()
    for n in range(7):
        world.waits(own=at(15, 9 + n), days=30 - n)
    release = world.released(at(8, 10))
    sweep()
    with clock.at(at(7, 16)):
        sweep()
        text = answer(offered(release)[0], "accept")
    assert text is not None
    assert "is yours" in text
    release.refresh_from_db()
    assert release.state == "filled"


def test_a_second_thought_while_the_place_is_free() -> None:
    world = World()
    world.waits(own=at(15, 9))
    release = world.released(at(8, 10))
    sweep()
    (offer,) = offered(release)
    assert answer(offer, "decline") == (
        "Sam: thank you, you keep Tue 15 Dec at 9am. We will text you when another comes free."
    )
    sweep()
    assert "is yours" in (answer(offer, "accept") or "")


def test_accepting_twice_is_once() -> None:
    world = World()
    world.waits(own=at(15, 9))
    release = world.released(at(8, 10))
    sweep()
    (offer,) = offered(release)
    first = refilling.accept_offer(offer_id=offer.pk, by=TEST)
    assert refilling.accept_offer(offer_id=offer.pk, by=TEST).pk == first.pk


def test_a_second_yes_after_one_place_was_taken_takes_no_other() -> None:
    """No to one, yes to the next, and yes again: the one refused first must not be booked beside it."""
    world = World()
    entry = world.waits(own=at(15, 9))
    refused, taken = world.released(at(8, 10)), world.released(at(8, 11))
    sweep()
    (first,) = offered(refused)
    answer(first, "decline")
    sweep()
    (second,) = offered(taken)
    assert "is yours" in (answer(second, "accept") or "")
    sweep()
    for intent in ("accept", "confirm"):
        assert Offers().open_subjects([entry.patient_id], intent) == []
    with pytest.raises(errors.OfferEnded):
        refilling.accept_offer(offer_id=first.pk, by=TEST)
    live = Appointment.objects.filter(patient_id=entry.patient_id, state="booked")
    assert [one.starts_at for one in live] == [at(8, 11)]


def test_an_offer_is_answered_by_its_own_patient_only() -> None:
    world = World()
    world.waits(own=at(15, 9))
    release = world.released(at(8, 10))
    sweep()
    (offer,) = offered(release)
    stranger = Actor.patient(world.person().pk)
    for act in (refilling.accept_offer, refilling.decline_offer):
        with pytest.raises(errors.NotYours):
            act(offer_id=offer.pk, by=stranger)


def test_a_place_that_somebody_holds_may_yet_stay_free() -> None:
    world = World()
    world.waits(own=at(15, 9))
    release = world.released(at(8, 10))
    sweep()
    held = booking.hold(seat_ref=release.seat.ref, patient_id=world.person().pk, by=TEST)
    (offer,) = offered(release)
    assert "Reply YES again" in (answer(offer, "accept") or "").replace("reply YES again", "Reply YES again")
    booking.cancel(appointment_id=held.pk, by=TEST)
    assert "is yours" in (answer(offer, "accept") or "")


def test_who_has_another_appointment_then_is_told_so() -> None:
    world = World()
    entry = world.waits(own=at(15, 9))
    release = world.released(at(8, 10))
    sweep()
    other = booking.book(seat_ref=world.seat(at(8, 10)).ref, patient_id=entry.patient_id, by=TEST, tell=False)
    assert other.state == "booked"
    # Booking that earlier place took them off the list and ended their offer.
    assert states(release) == {"withdrawn": 1}


def test_staff_book_the_place_by_hand_and_the_offers_are_gone() -> None:
    world = World()
    world.waits(own=at(15, 9))
    release = world.released(at(8, 10))
    sweep()
    made = booking.book(seat_ref=release.seat.ref, patient_id=world.person().pk, by=TEST)
    release.refresh_from_db()
    assert (release.state, release.filled_by_id) == ("filled", made.pk)
    assert states(release) == {"gone": 1}


def test_whoever_gave_the_place_up_may_have_it_again() -> None:
    world = World()
    world.waits(own=at(15, 9))
    release = world.released(at(8, 10))
    sweep()
    back = booking.come_back(appointment_id=release.cancelled_id, by=TEST)
    release.refresh_from_db()
    assert (release.state, release.filled_by_id) == ("filled", back.pk)


def test_staff_may_stop_offering_a_place() -> None:
    world = World()
    world.waits(own=at(15, 9))
    release = world.released(at(8, 10))
    sweep()
    Message.objects.filter(purpose=waves.OFFER).update(state=State.DELIVERED)
    refilling.stop_offering(release_id=release.pk, by=TEST)
    sweep()
    assert states(release) == {"withdrawn": 1}
    assert bodies(waves.OFFER_ENDED) == [
        "Sam: sorry, Tue 8 Dec at 10am is no longer on offer. You keep Tue 15 Dec at 9am, and your place on the list."
    ]


def test_in_another_diary_the_old_place_is_kept_until_the_new_one_is_sure() -> None:
    world = World("emis")
    entry = world.waits(own=at(15, 9))
    gone = world.booked(world.person(), at(8, 10))
    booking.cancel(appointment_id=gone.pk, by=TEST, tell=False)
    _confirm(gone, "free")
    sweep()
    release = Release.objects.get()
    (offer,) = offered(release)
    assert answer(offer, "accept") == (
        "Sam: thank you. We are booking Tue 8 Dec at 10am and will text you when it is sure. "
        "Until then you keep Tue 15 Dec at 9am."
    )
    own = entry.appointment
    assert own is not None
    own.refresh_from_db()
    assert own.state == "booked"
    new = Appointment.objects.get(instead_of=own)
    assert new.state == "pending"
    _confirm(new, "book")
    own.refresh_from_db()
    assert own.state == "cancelling"
    _confirm(own, "free")
    assert Release.objects.get(cancelled=own).state == "open"


def test_a_place_that_the_other_diary_gave_away_leaves_the_person_on_the_list() -> None:
    world = World("emis")
    entry = world.waits(own=at(15, 9))
    gone = world.booked(world.person(), at(8, 10))
    booking.cancel(appointment_id=gone.pk, by=TEST, tell=False)
    _confirm(gone, "free")
    sweep()
    release = Release.objects.get()
    new = refilling.accept_offer(offer_id=offered(release)[0].pk, by=TEST)
    request = DiaryRequest.objects.get(appointment=new, kind="book")
    outside.refuse_request(request_id=request.pk, ended_by="by hand", by=TEST)
    release.refresh_from_db()
    entry.refresh_from_db()
    assert (release.state, entry.state) == ("withdrawn", "waiting")
    assert states(release) == {"gone": 1}
    sweep()
    # Booking told them; refilling does not say it again.
    assert bodies(waves.OFFER_ENDED) == []


def _confirm(appointment: Appointment, kind: str) -> None:
    request = DiaryRequest.objects.get(appointment=appointment, kind=kind, state="asked")
    outside.confirm_request(request_id=request.pk, ended_by="by hand", by=TEST)


def test_a_place_whose_time_came_is_left() -> None:
    world = World()
    world.waits(own=at(15, 9))
    release = world.released(at(8, 10))
    sweep()
    with clock.at(at(8, 10)):
        waves.close_releases()
        sweep()
    release.refresh_from_db()
    assert release.state == "left"
    assert states(release) == {"unanswered": 1}


# ---- calls ------------------------------------------------------------------------------------------------------------


def rung(world: World) -> tuple[Release, tasks.Task]:
    world.waits("Olive", own=at(15, 9), phone_only=True)
    release = world.released(at(8, 10))
    sweep()
    return release, tasks.Task.objects.get(kind="offer_call")


def test_a_yes_on_the_telephone_books_like_any_other() -> None:
    world = World()
    release, call = rung(world)
    _, access = person(world.practice)
    tasks.complete(access=access, ref=call.ref, outcome="accepted")
    release.refresh_from_db()
    assert release.state == "filled"
    assert states(release) == {"accepted": 1}


def test_no_and_no_answer_on_the_telephone() -> None:
    world = World()
    release, call = rung(world)
    _, access = person(world.practice)
    tasks.complete(access=access, ref=call.ref, outcome="no_answer")
    # They may yet ring back.
    assert states(release) == {"open": 1}
    refilling.decline_offer(offer_id=offered(release)[0].pk, by=TEST)
    assert states(release) == {"declined": 1}


def test_a_call_for_a_place_that_has_gone_comes_off_the_list() -> None:
    world = World()
    release, call = rung(world)
    _, access = person(world.practice)
    booking.book(seat_ref=release.seat.ref, patient_id=world.person().pk, by=TEST)
    with pytest.raises(errors.SeatTaken):
        tasks.complete(access=access, ref=call.ref, outcome="accepted")
    sweep()
    call.refresh_from_db()
    assert call.state == "withdrawn"
    assert not Message.objects.filter(purpose=waves.OFFER_ENDED).exists()


# ---- what replies could be about ----------------------------------------------------------------------------------------


def test_a_late_yes_is_answered_with_gone_and_not_left_to_a_person() -> None:
    world = World()
    world.waits(own=at(15, 10), days=9)
    loser = world.waits("Ola", own=at(15, 9))
    release = world.released(at(8, 10))
    sweep()
    refilling.accept_offer(offer_id=offered(release)[0].pk, by=TEST)
    sweep()
    owner = Offers()
    for intent in ("accept", "confirm", "decline"):
        (found,) = owner.open_subjects([loser.patient_id], intent)
        assert found == Candidate(
            "offer", offered(release)[1].pk, loser.patient_id, "Ola", at(8, 10), False, world.practice.pk, ended=True
        )
    assert owner.open_subjects([loser.patient_id], "cancel") == []
    # A reminder that waits for a YES comes first.
    Appointment.objects.filter(waitingentry=loser).update(reminded_at=clock.now())
    assert owner.open_subjects([loser.patient_id], "confirm") == []
    with clock.at(at(9, 9, 1)):
        assert owner.open_subjects([loser.patient_id], "accept") == []


def test_a_yes_is_about_the_newest_offer_unless_the_two_may_have_crossed() -> None:
    world = World()
    entry = world.waits(own=at(15, 9))
    first, second = world.released(at(8, 10)), world.released(at(8, 11))
    sweep()
    with clock.at(at(7, 9, 15)):
        sweep()
    newest = offered(second)[0].pk
    owner = Offers()
    with clock.at(at(7, 9, 16)):
        assert len(owner.open_subjects([entry.patient_id], "accept")) == 2
    with clock.at(at(7, 9, 17)):
        for intent in ("accept", "decline", "cancel"):
            assert [one.subject_id for one in owner.open_subjects([entry.patient_id], intent)] == [newest]
    # The older one is still to be had, by the portal or at the desk.
    refilling.accept_offer(offer_id=offered(first)[0].pk, by=TEST)


def test_the_sweep_is_woken_by_its_name() -> None:
    assert {"booking.offer", "booking.close_releases"} <= set(jobs.sweeps())
