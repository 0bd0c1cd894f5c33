"""Whatever becomes of appointments: a referral is in one state, which is what its appointments say, and nobody falls off every
list (hazard H10)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, Seat
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access
from onedoor.referrals import api as referrals
from onedoor.referrals.models import History, Referral, Visit
from onedoor.referrals.rules import ASSESSED, BOOKED, MOVES
from onedoor.referrals.rules_booking import STANDS, TO_BOOK
from onedoor.referrals.tests.booking_world import THURSDAY, Clinic, clinic

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MONDAY = datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON)
PEOPLE = 3
SEATS = 4
REFUSALS = (booking.BookingError, referrals.NotDone)


def _latest(one: Referral) -> int:
    found = Visit.objects.filter(referral=one).order_by("-pk").values_list("appointment_id", flat=True).first()
    return found or 0


def _acts(msk: Clinic, seats: list[Seat]) -> dict[str, Callable[[Referral, int], object]]:
    ada = msk.place.ada
    by = ada.actor

    def mark(deed: Callable[..., object]) -> Callable[[Referral, int], object]:
        return lambda one, n: deed(appointment_id=_latest(one), by=by)

    def cancel(reason: str) -> Callable[[Referral, int], object]:
        return lambda one, n: booking.cancel(appointment_id=_latest(one), by=by, reason=reason)

    def move(one: Referral, n: int) -> object:
        old = Appointment.objects.get(pk=_latest(one))
        return booking.move(appointment_ref=old.ref, seat_ref=seats[n].ref, by=by)

    def accept(one: Referral, n: int) -> object:
        jobs.run_once("booking.offer")
        for offer in booking.Offer.objects.filter(entry__patient_id=one.patient_id or 0, state="open"):
            booking.accept_offer(offer_id=offer.pk, by=Access.of_patient(one.patient_id or 0).actor)
        return None

    return {
        "book": lambda one, n: referrals.book_visit(access=ada, ref=one.ref, seat_ref=seats[n].ref),
        "book at the desk": lambda one, n: booking.book(seat_ref=seats[n].ref, patient_id=one.patient_id or 0, by=by),
        "hold": lambda one, n: referrals.hold_visit(access=ada, ref=one.ref, seat_ref=seats[n].ref),
        "wait": lambda one, n: referrals.wait_for_visit(access=ada, ref=one.ref),
        "take an offer": accept,
        "move": move,
        "cancel by patient": cancel("patient"),
        "cancel by us": cancel("practice"),
        "come back": lambda one, n: booking.come_back(
            appointment_id=_latest(one), by=Access.of_patient(one.patient_id or 0).actor
        ),
        "arrive": mark(booking.arrive),
        "see": mark(booking.fulfil),
        "miss": mark(booking.did_not_attend),
        "unmark": mark(booking.unmark),
        "discharge": lambda one, n: referrals.discharge(access=ada, ref=one.ref, outcome="finished"),
        "duplicate": lambda one, n: referrals.withdraw(access=ada, ref=one.ref, because="duplicate"),
    }


NAMES = [
    *("book", "book", "book", "book at the desk", "hold", "wait", "take an offer", "move", "cancel by patient"),
    *("cancel by us", "come back", "arrive", "see", "miss", "unmark", "discharge", "duplicate"),
]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, PEOPLE),
            st.sampled_from(NAMES),
            st.integers(0, SEATS - 1),
            st.sampled_from([0, 1, 30, 600, 4_320]),
        ),
        max_size=20,
    )
)
def test_a_referral_is_what_its_appointments_say_and_on_a_list_until_it_ends(
    steps: list[tuple[int, str, int, int]],
) -> None:
    with transaction.atomic():
        now = MONDAY
        with clock.at(now):
            msk = clinic()
            seats = msk.seats(SEATS - 1) + msk.seats(1, day=THURSDAY + timedelta(days=7))
            ones = [msk.accepted(msk.patient(f"+4477009001{n:02}")) for n in range(PEOPLE)]
            # A second one of the same person: what is booked is of one of the two.
            ones.append(msk.accepted(ones[0].patient))
        now += timedelta(hours=1)
        kept: dict[int, list[tuple[object, ...]]] = {one.pk: [] for one in ones}
        acts = _acts(msk, seats)
        for who, name, seat, minutes in steps:
            now += timedelta(minutes=minutes)
            with clock.at(now), suppress(*REFUSALS, Appointment.DoesNotExist), transaction.atomic():
                acts[name](ones[who], seat)
            with clock.at(now):
                _true(msk, ones, kept)
        with clock.at(now):
            found = referrals.conservation(msk.place.ada, msk.place.service, MONDAY.date(), clock.today())
            assert (found.unexplained, found.broken) == (0, [])
        transaction.set_rollback(True)


def _true(msk: Clinic, ones: list[Referral], kept: dict[int, list[tuple[object, ...]]]) -> None:
    listed = [row.id for row in referrals.to_book_page(msk.place.ada, msk.place.service).rows]
    assert len(listed) == len(set(listed))
    assert len(listed) == referrals.to_book_count(msk.place.ada)
    for one in ones:
        one.refresh_from_db()
        steps = list(
            History.objects.filter(parent=one).order_by("pk").values_list("from_state", "to_state", "closes", "pk")
        )
        assert steps[-1][1] == one.state
        assert all(step[1] in MOVES[step[0]] for step in steps[1:])
        assert all(before[1] == after[0] for before, after in pairwise(steps))
        assert steps[: len(kept[one.pk])] == kept[one.pk]
        kept[one.pk] = list(steps)
        stands = Visit.objects.filter(referral=one, appointment__state__in=STANDS).exists()
        if one.closed_at is not None:
            ahead = Visit.objects.filter(
                referral=one, appointment__state="booked", appointment__starts_at__gt=clock.now()
            )
            assert not ahead.exists()
            assert one.pk not in listed
            continue
        assert (one.state == BOOKED) == stands
        # Booked, seen, or on the list: nothing else, so that nobody is lost between them.
        assert (one.state in TO_BOOK) == (one.pk in listed)
        assert one.state in (*TO_BOOK, BOOKED, ASSESSED)
    # Every appointment of the kind that these people have is a visit of one of their referrals, while one was open.
    assert Visit.objects.count() == Visit.objects.values("appointment").distinct().count()
