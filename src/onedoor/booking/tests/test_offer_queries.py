"""What pages read of refilling: by whom, in how many queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor.booking.actions import booking, refilling, waves
from onedoor.booking.models import Offer, OfferPolicy, Release, WaitingEntry
from onedoor.booking.queries import offers
from onedoor.booking.tests.refilling_world import World, at
from onedoor.factories import TEST, person
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Role
from onedoor.patients.models import Patient

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 12, 7)


def staff(world: World, role: Role = Role.RECEPTIONIST) -> Access:
    return person(world.practice, role)[1]


def test_a_release_says_where_it_stands() -> None:
    world = World()
    entry = world.waits("Olive", own=at(15, 9), days=9)
    world.waits("Rung", own=at(15, 10), phone_only=True)
    release = world.released(at(8, 10, 20))
    access = staff(world)
    (before,) = offers.releases(access, MONDAY)
    assert (before.state, before.wave, before.offers, before.minutes_to_fill) == ("open", 0, (), None)
    waves.open_waves()
    with clock.at(at(7, 9, 5)):
        (shown,) = offers.releases(access, MONDAY)
    assert (shown.wave, shown.time_left.total_seconds(), len(shown.asked)) == (1, 600, 2)
    assert [(one.name.split()[0], one.by_phone, one.own_starts_at) for one in shown.offers] == [
        ("Olive", False, at(15, 9)),
        ("Rung", True, at(15, 10)),
    ]
    with clock.at(at(7, 9, 7)):
        refilling.accept_offer(offer_id=shown.offers[0].id, by=TEST)
    filled = offers.release(access, release.ref)
    assert filled.accepted_by is not None
    assert (filled.state, filled.accepted_by.patient_id, filled.minutes_to_fill) == ("filled", entry.patient_id, 7)
    assert [one.state for one in offers.offers_of(access, release.ref)] == ["accepted", "gone"]


def test_the_open_places_of_other_days_are_shown_today_first() -> None:
    world = World()
    with clock.at(at(4, 12)):
        old = world.released(at(9, 10))
    new = world.released(at(8, 10))
    booking.book(seat_ref=new.seat.ref, patient_id=world.person().pk, by=TEST)
    assert [one.id for one in offers.releases(staff(world), MONDAY)] == [old.pk, new.pk]
    assert [one.id for one in offers.releases(staff(world), date(2026, 12, 4))] == [old.pk]


def test_the_numbers_of_a_day_add_up() -> None:
    world = World()
    for n in range(3):
        world.waits(own=at(20, 9 + n), days=9 - n, phone_only=n == 0)
    found = [world.released(at(8, 10 + n)) for n in range(4)]
    waves.open_waves()
    with clock.at(at(7, 9, 30)):
        booking.book(seat_ref=found[0].seat.ref, patient_id=world.person().pk, by=TEST)
    with clock.at(at(7, 11)):
        booking.book(seat_ref=found[1].seat.ref, patient_id=world.person().pk, by=TEST)
    refilling.stop_offering(release_id=found[2].pk, by=TEST)
    numbers = offers.refill_numbers(staff(world), MONDAY)
    assert (numbers.released, numbers.filled, numbers.left, numbers.withdrawn, numbers.open) == (4, 2, 0, 1, 1)
    assert (numbers.median_minutes, numbers.within_hour) == (75, 1)
    assert (numbers.offers, numbers.accepted, numbers.by_phone) == (3, 0, 1)


def test_the_waiting_list_is_in_the_order_of_being_asked() -> None:
    world = World()
    late, early = world.waits("Late", days=2), world.waits("Early", days=8)
    first = world.waits("First", days=1)
    WaitingEntry.objects.filter(pk=first.pk).update(priority=0)
    access = staff(world)
    assert [one.id for one in offers.waiting_list(access)] == [first.pk, early.pk, late.pk]
    assert [one.id for one in offers.waiting_list(access, patient_id=late.patient_id)] == [late.pk]
    assert offers.entry_by_ref(access, early.ref).pk == early.pk


def test_a_patient_sees_their_own_offers_only() -> None:
    world = World()
    mine, other = world.waits(own=at(15, 9), days=9), world.waits(own=at(15, 10))
    release = world.released(at(8, 10))
    waves.open_waves()
    access = Access.of_patient(mine.patient_id)
    (shown,) = offers.open_offers_of(access, mine.patient_id)
    assert (shown.id, [one.patient_id for one in shown.offers]) == (release.pk, [mine.patient_id])
    with pytest.raises(Patient.DoesNotExist):
        offers.open_offers_of(access, other.patient_id)
    theirs = Offer.objects.get(entry=other)
    assert offers.offer_by_ref(access, Offer.objects.get(entry=mine).ref).entry_id == mine.pk
    with pytest.raises(Offer.DoesNotExist):
        offers.offer_by_ref(access, theirs.ref)
    assert offers.releases(access, MONDAY) == []
    assert [one.id for one in offers.waiting_list(access)] == [mine.pk]


def test_a_stranger_an_administrator_and_the_practice_next_door_find_nothing() -> None:
    world = World()
    entry = world.waits(own=at(15, 9))
    release = world.released(at(8, 10))
    waves.open_waves()
    offer = Offer.objects.get()
    for access in (Access.nobody(), staff(world, Role.ADMINISTRATOR), staff(World(ods_code="Y99003"))):
        assert offers.releases(access, MONDAY) == []
        assert offers.waiting_list(access) == []
        assert offers.refill_numbers(access, MONDAY).released == 0
        with pytest.raises(Release.DoesNotExist):
            offers.release(access, release.ref)
        with pytest.raises(Offer.DoesNotExist):
            offers.offer_by_ref(access, offer.ref)
        with pytest.raises(WaitingEntry.DoesNotExist):
            offers.entry_by_ref(access, entry.ref)
    with pytest.raises(OfferPolicy.DoesNotExist):
        offers.policy_of(Access.nobody(), world.practice.pk)
    assert offers.policy_of(staff(world), world.practice.pk).wave_size == 5


def _queries(read: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        read()
    return len(captured)


def test_reading_more_takes_no_more_queries() -> None:
    world = World()
    access = staff(world)
    counts = []
    for n in range(2):
        for m in range(1 + 4 * n):
            world.waits(own=at(20, 9 + m, 20 * n), days=9)
            world.released(at(8, 10 + m, 20 * n))
        with clock.at(at(7, 9, 20 * n)):
            waves.open_waves()
        someone = WaitingEntry.objects.latest("id").patient_id
        counts.append(
            (
                _queries(lambda: offers.releases(access, MONDAY)),
                _queries(lambda: offers.waiting_list(access)),
                _queries(lambda: offers.refill_numbers(access, MONDAY)),
                _queries(lambda someone=someone: offers.open_offers_of(access, someone)),  # type: ignore[misc]
            )
        )
    assert counts[0] == counts[1]
    assert all(number <= 5 for number in counts[0])
