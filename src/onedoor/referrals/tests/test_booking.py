"""Booking after triage, through the door: what is to be booked, by when, and what an appointment does to its referral."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from onedoor.booking import api as booking
from onedoor.booking.tests.factories import at
from onedoor.kernel import clock
from onedoor.referrals import api as referrals
from onedoor.referrals.models import History, Referral, Visit
from onedoor.referrals.tests.booking_world import THURSDAY, Clinic, clinic

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
