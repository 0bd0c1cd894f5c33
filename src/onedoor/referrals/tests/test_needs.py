"""Needs kept when a referral is booked: only places that fit, and the tracker says how the interpreter stands."""

from __future__ import annotations

import pytest

from onedoor.booking import api as booking
from onedoor.booking.models import NeedBreach
from onedoor.factories import TEST
from onedoor.kernel.access import Access
from onedoor.referrals import api as referrals
from onedoor.referrals.tests.booking_world import clinic

pytestmark = pytest.mark.django_db


def test_the_tracker_says_of_an_interpreter_only_what_is_so() -> None:
    msk = clinic()
    ola = msk.patient(needs=("Interpreter: Polish",))
    [seat, *_] = msk.seats()
    one = msk.accepted(ola)
    visit = referrals.book_visit(access=msk.place.ada, ref=one.ref, seat_ref=seat.ref)
    mine = Access.of_patient(ola.pk)
    [where] = referrals.where_is(mine, ola.pk)
    assert where.next == "You come at that time. A Polish interpreter is asked for."
    [interpreter] = booking.interpreters_of([visit.pk])[visit.pk]
    booking.confirm_interpreter(interpreter_id=interpreter.id, mode="telephone", by=TEST)
    [where] = referrals.where_is(mine, ola.pk)
    assert where.next == "You come at that time. A Polish interpreter is booked by telephone."
    booking.cancel(appointment_id=visit.pk, by=TEST)
    [where] = referrals.where_is(mine, ola.pk)
    assert "nterpreter" not in where.next


def test_only_places_that_fit_are_given() -> None:
    msk = clinic()
    sam = msk.patient(needs=("Last appointment of the session",))
    first, _, last = msk.seats(3)
    one = msk.accepted(sam)
    with pytest.raises(booking.SeatTaken):
        referrals.book_visit(access=msk.place.ada, ref=one.ref, seat_ref=first.ref)
    assert referrals.book_visit(access=msk.place.ada, ref=one.ref, seat_ref=last.ref).seat_id == last.pk


def test_staff_book_one_that_does_not_fit_with_a_reason_that_is_kept() -> None:
    msk = clinic()
    sam = msk.patient(needs=("Last appointment of the session",))
    first, *_ = msk.seats(3)
    one = msk.accepted(sam)
    ada = msk.place.ada
    shown = referrals.places(ada, one, fitting=False)
    assert first.ref in {place.ref for place in shown}
    assert all(place.misfits for place in shown)
    for reason, access in (("  ", ada), ("their wish", Access.of_patient(sam.pk))):
        with pytest.raises((booking.SeatTaken, referrals.NotDone, referrals.Referral.DoesNotExist)):
            referrals.book_visit(access=access, ref=one.ref, seat_ref=first.ref, despite=reason)
    booked = referrals.book_visit(access=ada, ref=one.ref, seat_ref=first.ref, despite="They come by bus at that time")
    assert booked.seat_id == first.pk
    kept = NeedBreach.objects.get()
    assert (kept.appointment_id, kept.despite) == (booked.pk, "They come by bus at that time")


def test_whoever_needs_nothing_has_no_place_that_does_not_fit() -> None:
    msk = clinic()
    msk.seats(3)
    assert referrals.places(msk.place.ada, msk.accepted(), fitting=False) == []
