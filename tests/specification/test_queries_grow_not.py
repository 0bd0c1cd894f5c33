"""Work on sets costs the same number of statements for ten and for a thousand.

Reminders, imports, texts that go out and texts that come in are held to it where they live (`booking/tests/test_reminding.py`,
`booking/tests/test_diary.py`, `messaging/tests/test_queueing.py`, `messaging/tests/test_understanding.py`); here are waves of
offers, which cross all contexts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor.booking.actions import waves
from onedoor.booking.models import AppointmentType, Offer, OfferPolicy, Release, WaitingEntry
from onedoor.booking.tests import factories as booking_factories
from onedoor.kernel import clock
from tests.specification.world import MONDAY, TUESDAY, at, provider

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def cost(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as statements:
        work()
    return len(statements)


def waiting_for(here: booking_factories.Practice, kind: AppointmentType, places: int, each: int) -> None:
    """So many places just given up, and so many people for each who wait without an appointment."""
    people = booking_factories.people(here, places * each)
    now = clock.now()
    WaitingEntry.objects.bulk_create(
        [
            WaitingEntry(
                organisation=here.organisation,
                patient=who,
                type=kind,
                joined_at=now - timedelta(days=3),
                joined_via="desk",
            )
            for who in people
        ]
    )
    seats = []
    for n in range(-(-places // 50)):
        day = TUESDAY + timedelta(days=7 * n)
        seats += booking_factories.own_seats(here, 50, type_name=kind.name, day=day, first=(8, 0))
    gone = booking_factories.people(here, places)
    cancelled = [_cancelled(here, seat.pk, who.pk) for seat, who in zip(seats[:places], gone, strict=True)]
    Release.objects.bulk_create(
        [
            Release(
                organisation=here.organisation,
                seat=seat,
                cancelled_id=key,
                released_at=now,
                released_real=clock.real_now(),
                state="open",
            )
            for seat, key in zip(seats[:places], cancelled, strict=True)
        ]
    )


def _cancelled(here: booking_factories.Practice, seat_id: int, patient_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO booking_appointment (ref, organisation_id, seat_id, patient_id, starts_at, during, state, reason,
                   booked_via, booked_at)
               SELECT gen_random_uuid(), %s, s.id, %s, s.starts_at,
                   tstzrange(s.starts_at, s.starts_at + interval '10 minutes'), 'cancelled', 'patient', 'desk', now()
               FROM booking_seat s WHERE s.id = %s RETURNING id""",
            [here.organisation.pk, patient_id, seat_id],
        )
        return int(cursor.fetchone()[0])


def test_waves_of_offers_and_their_ends() -> None:
    """Sixty places with five people each cost what two cost."""
    costs = []
    for ods_code, places in (("Y99002", 2), ("Y99003", 60)):
        here = booking_factories.practice(f"Surgery {ods_code}", ods_code)
        kind = booking_factories.kind(here)
        OfferPolicy.objects.create(organisation=here.organisation)
        waiting_for(here, kind, places, 5)
        with clock.at(at(MONDAY, 10)):
            opened = cost(waves.open_waves)
            assert Offer.objects.filter(release__organisation=here.organisation, state="open").count() == places * 5
            provider()
            Release.objects.filter(organisation=here.organisation).update(state="withdrawn", ended_at=clock.now())
            Offer.objects.filter(release__organisation=here.organisation).update(
                state="withdrawn", ended_at=clock.now()
            )
            followed = [cost(waves.follow_up) for _ in range(-(-places * 5 // 200))]
        assert not Offer.objects.filter(followed_up=False).exists()
        costs.append((opened, followed))
    (few, few_followed), (many, many_followed) = costs
    # A second look finds that the page was the last.
    assert many - few <= 2
    assert max(many_followed) <= few_followed[0]
