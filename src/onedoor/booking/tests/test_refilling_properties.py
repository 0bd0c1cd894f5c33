"""Whatever order things happen in: nobody loses a place, nobody shares one, every offer and release ends in one way."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onedoor.booking import errors, offers
from onedoor.booking.actions import booking, refilling, waves
from onedoor.booking.models import LIVE, TAKEN, Appointment, Offer, OfferHistory, Release, WaitingEntry
from onedoor.booking.tests.refilling_world import World, at, states
from onedoor.factories import TEST
from onedoor.kernel import clock

_any = st.integers(0, 30)
_step = st.one_of(
    st.tuples(st.sampled_from(["accept", "accept", "decline"]), _any),
    st.tuples(st.sampled_from(["cancel", "cancel", "leave", "stop", "by_hand", "put_off", "join"]), _any),
    st.tuples(st.sampled_from(["sweep", "sweep", "sweep", "close"]), _any),
    st.tuples(st.just("wait"), st.sampled_from([1, 5, 16, 16, 60, 240, 1_440])),
)


class Day:
    """A practice where things happen; `steps` by name."""

    def __init__(self) -> None:
        self.world = World()
        self.now = at(7, 9)
        self.left_by_choice: set[int] = set()
        for n in range(4):
            self.world.waits(own=at(15 + n, 9), days=20 - n, phone_only=n == 2)
        self.world.waits(days=3)
        for n in range(4):
            self.world.booked(self.world.person("Ann"), at(8 + n, 10))
        self.people = Counter(self._live().values_list("patient_id", flat=True))

    def _live(self) -> Any:
        return Appointment.objects.filter(state__in=LIVE)

    def do(self, name: str, n: int) -> None:
        with clock.at(self.now):
            if name == "wait":
                self.now += timedelta(minutes=n)
                return
            with suppress(errors.BookingError):
                getattr(self, name)(n)
            self.check()

    def cancel(self, n: int) -> None:
        found = list(self._live().filter(starts_at__gt=self.now).order_by("id"))
        if found:
            one = found[n % len(found)]
            booking.cancel(appointment_id=one.pk, by=TEST, tell=False)
            self.left_by_choice.add(one.patient_id)

    def put_off(self, n: int) -> None:
        found = list(self._live().filter(starts_at__gt=self.now).order_by("id"))
        if found:
            place = self.world.seat(at(21 + n % 4, 9 + n % 8, 20 * (n % 3)))
            booking.move(appointment_ref=found[n % len(found)].ref, seat_ref=place.ref, by=TEST, tell=False)

    def by_hand(self, n: int) -> None:
        found = list(Release.objects.filter(state="open").select_related("seat").order_by("id"))
        if found:
            who = self.world.person("Walk")
            booking.book(seat_ref=found[n % len(found)].seat.ref, patient_id=who.pk, by=TEST, tell=False)
            self.people[who.pk] += 1

    def accept(self, n: int) -> None:
        found = list(Offer.objects.order_by("id").select_related("entry"))
        if found:
            offer = found[n % len(found)]
            before = self._live().filter(patient_id=offer.entry.patient_id, starts_at__gt=self.now).count()
            was = offer.state
            refilling.accept_offer(offer_id=offer.pk, by=TEST)
            if was != "accepted" and before == 0:
                self.people[offer.entry.patient_id] = 1
                self.left_by_choice.discard(offer.entry.patient_id)

    def decline(self, n: int) -> None:
        found = list(Offer.objects.order_by("id").values_list("id", flat=True))
        if found:
            refilling.decline_offer(offer_id=found[n % len(found)], by=TEST)

    def leave(self, n: int) -> None:
        found = list(WaitingEntry.objects.filter(state="waiting").order_by("id").values_list("id", flat=True))
        if found:
            refilling.leave_waiting(entry_ids=[found[n % len(found)]], by=TEST)

    def join(self, n: int) -> None:
        found = list(self._live().filter(starts_at__gt=self.now).order_by("id"))
        if found:
            one = found[n % len(found)]
            refilling.join_waiting(
                patient_id=one.patient_id, appointment_id=one.pk, type_id=self.world.kind.pk, via="desk", by=TEST
            )

    def stop(self, n: int) -> None:
        found = list(Release.objects.filter(state="open").order_by("id").values_list("id", flat=True))
        if found:
            refilling.stop_offering(release_id=found[n % len(found)], by=TEST)

    def sweep(self, n: int) -> None:
        waves.follow_up()
        waves.open_waves()
        # A second worker at the same moment finds nothing more to do.
        assert waves.open_waves() == 0

    def close(self, n: int) -> None:
        waves.close_releases()

    def check(self) -> None:
        taken = list(Appointment.objects.filter(state__in=TAKEN).values_list("seat_id", flat=True))
        assert len(taken) == len(set(taken)), "two people in a seat"
        asked = list(Offer.objects.values_list("release_id", "entry__patient_id"))
        assert len(asked) == len(set(asked)), "asked twice about one place"
        for offer in Offer.objects.select_related("release", "entry"):
            assert offer.state in offers.MOVES
            moves = OfferHistory.objects.filter(parent=offer).order_by("id").values_list("to_state", flat=True)
            assert list(moves)[-1] == offer.state
            assert (offer.ended_at is None) == (offer.state == "open")
            if offer.state == "open":
                assert offer.release.state == "open", "an open offer of a place that is not"
                assert offer.entry.state == "waiting", "an open offer to somebody who does not wait"
            if offer.state == "accepted":
                assert offer.release.state == "filled"
        for release in Release.objects.select_related("filled_by"):
            assert release.state in ("open", "filled", "left", "withdrawn")
            assert (release.ended_at is None) == (release.state == "open")
            if release.state == "open":
                assert release.seat_id not in taken, "a place offered that somebody has"
            assert (release.filled_by is not None) == (release.state == "filled")
            assert release.filled_by is None or release.filled_by.seat_id == release.seat_id
            assert states(release).get("accepted", 0) <= 1
        for patient_id, had in self.people.items():
            have = self._live().filter(patient_id=patient_id).count()
            assert have <= had, "somebody has more appointments than they asked for"
            assert have == had or patient_id in self.left_by_choice, "somebody lost their appointment"

    def end(self) -> None:
        self.now = at(31, 12)
        with clock.at(self.now):
            while waves.close_releases() + waves.follow_up():
                pass
            self.check()
            assert not Release.objects.filter(state="open").exists()
            assert not Offer.objects.filter(state="open").exists()
            assert not WaitingEntry.objects.filter(state="waiting", appointment__isnull=False).exists()
            assert not Offer.objects.filter(followed_up=False).exists()


@pytest.mark.slow
@pytest.mark.django_db
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(_step, min_size=5, max_size=40))
def test_whatever_happens_in_whatever_order(steps: list[tuple[str, int]]) -> None:
    with transaction.atomic():
        day = Day()
        for name, n in [("cancel", 5), ("sweep", 0), *steps]:
            day.do(name, n)
        day.end()
        transaction.set_rollback(True)


def _together(works: list[Callable[[], Any]]) -> list[BaseException]:
    """Run all at once, each on a connection of its own; returns what they raised."""
    raised: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> None:
        try:
            with clock.at(at(7, 9)):
                start.wait()
                work()
        except errors.BookingError as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_wave() -> None:
    world = World()
    for n in range(12):
        world.waits(own=at(15, 9 + n % 8, 20 * (n // 8)), days=30 - n)
    found = [world.released(at(8, 9 + n)) for n in range(3)]
    for _ in range(3):
        assert _together([waves.open_waves] * 3) == []
    assert Counter(Offer.objects.values_list("release_id", flat=True)) == {
        found[0].pk: 5,
        found[1].pk: 5,
        found[2].pk: 2,
    }
    assert all(release.waves.count() == 1 for release in found)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_all_say_yes_at_once_and_one_has_the_place() -> None:
    world = World()
    entries = [world.waits(own=at(15, 9 + n), days=30 - n) for n in range(5)]
    release = world.released(at(8, 10))
    waves.open_waves()
    keys = list(Offer.objects.filter(release=release).values_list("id", flat=True))
    raised = _together([lambda key=key: refilling.accept_offer(offer_id=key, by=TEST) for key in keys])  # type: ignore[misc]
    assert [type(error) for error in raised] == [errors.SeatTaken] * 4
    assert states(release) == {"accepted": 1, "gone": 4}
    assert Appointment.objects.filter(patient_id__in=[e.patient_id for e in entries], state="booked").count() == 5
    assert Release.objects.filter(state="open").count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_yes_against_the_desk_and_the_sweep() -> None:
    world = World()
    for n in range(6):
        world.waits(own=at(15, 9 + n), days=30 - n)
    release = world.released(at(8, 10))
    waves.open_waves()
    offer = Offer.objects.filter(release=release).first()
    assert offer is not None
    walk_in = world.person("Walk").pk
    raised = _together(
        [
            lambda: refilling.accept_offer(offer_id=offer.pk, by=TEST),
            lambda: booking.book(seat_ref=release.seat.ref, patient_id=walk_in, by=TEST, tell=False),
            lambda: refilling.withdraw_release(seat_ids=[], because="nothing", by=TEST),
            waves.open_waves,
            waves.follow_up,
        ]
    )
    assert [type(error) for error in raised] == [errors.SeatTaken]
    assert Appointment.objects.filter(seat=release.seat, state="booked").count() == 1
    release.refresh_from_db()
    assert release.state == "filled"
    assert "open" not in states(release)
