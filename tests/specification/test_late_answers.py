"""YES and NO to an offer that has ended: answered once or closed quietly, and no work for anybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, Offer, Release, WaitingEntry
from onedoor.kernel import clock
from onedoor.patients.api import Patient
from tests.specification.world import FRIDAY, MONDAY, WEDNESDAY, World, at, sweeps_and_provider

pytestmark = pytest.mark.django_db


def offered(world: World) -> tuple[Patient, Offer]:
    """Ann, with a visit on Friday, is offered Wednesday at 10:20; it is Monday, 9:30."""
    ann = world.person("Ann")
    world.waits(ann, world.booked(ann, at(FRIDAY, 11)), days=5)
    gone = world.booked(world.person("Bea"), at(WEDNESDAY, 10, 20))
    with clock.at(at(MONDAY, 9, 30)):
        booking.cancel(appointment_id=gone.pk, by=world.by, reason="patient", tell=False)
        sweeps_and_provider()
    return ann, Offer.objects.get(entry__patient=ann)


def taken(world: World, offer: Offer) -> None:
    booking.book(seat_ref=offer.release.seat.ref, patient_id=world.person("Cal").pk, by=world.by, tell=False)


def withdrawn(world: World, offer: Offer) -> None:
    booking.stop_offering(release_id=offer.release_id, by=world.by)


ENDS: list[tuple[Callable[[World, Offer], None], str]] = [
    (taken, "has gone to somebody else"),
    (withdrawn, "is no longer on offer"),
]


@pytest.mark.parametrize(("end", "says"), ENDS)
@pytest.mark.parametrize("text", ["Yes please!", "YES", "I'll take it", "that suits me"])
def test_a_late_yes_is_told_that_it_is_gone_and_is_nobodys_work(
    text: str, end: Callable[[World, Offer], None], says: str
) -> None:
    world = World()
    ann, offer = offered(world)
    with clock.at(at(MONDAY, 9, 40)):
        end(world, offer)
        sweeps_and_provider()
    with clock.at(at(WEDNESDAY, 9, 0)):
        assert world.says(ann, text).outcome == "acted"
        [(_, purpose, body)] = [sent for sent in sweeps_and_provider() if sent[1] == "answer"]
        assert (purpose, world.work("reply")) == ("answer", [])
    assert body.startswith(f"Ann: sorry, Wed 9 Dec at 10:20am {says}. You keep Fri 11 Dec at 11am")
    assert Appointment.objects.filter(patient=ann, state="booked").count() == 1


def test_a_yes_after_the_place_has_begun_is_told_so() -> None:
    world = World()
    ann, _ = offered(world)
    with clock.at(at(WEDNESDAY, 10, 21)):
        sweeps_and_provider()
        assert Release.objects.filter(state="left").exists()
        assert world.says(ann, "yes please").outcome == "acted"
        [body] = [text for _, purpose, text in sweeps_and_provider() if purpose == "answer"]
        assert world.work("reply") == []
    assert body.startswith("Ann: sorry, Wed 9 Dec at 10:20am is no longer on offer.")


@pytest.mark.parametrize("text", ["No thanks", "no thank you", "No", "not this time"])
@pytest.mark.parametrize(("end", "_"), ENDS)
def test_a_late_no_closes_quietly(text: str, end: Callable[[World, Offer], None], _: str) -> None:
    world = World()
    ann, offer = offered(world)
    with clock.at(at(MONDAY, 9, 40)):
        end(world, offer)
        sweeps_and_provider()
        assert world.says(ann, text).outcome == "acted"
        assert [sent for sent in sweeps_and_provider() if sent[1] == "answer"] == []
        assert world.work("reply") == []
    assert WaitingEntry.objects.get(patient=ann).state == "waiting"
    assert Appointment.objects.get(patient=ann).state == "booked"


def test_no_twice_is_no() -> None:
    world = World()
    ann, _ = offered(world)
    with clock.at(at(MONDAY, 9, 40)):
        world.says(ann, "No")
        sweeps_and_provider()
        assert world.says(ann, "no thanks").outcome == "acted"
        assert world.work("reply") == []


def test_what_is_not_known_to_be_about_it_is_a_persons() -> None:
    world = World()
    ann, offer = offered(world)
    with clock.at(at(MONDAY, 9, 40)):
        withdrawn(world, offer)
        sweeps_and_provider()
    # Two days after its end nobody knows what is meant.
    with clock.at(at(MONDAY, 9, 40) + timedelta(hours=48, minutes=1)):
        assert world.says(ann, "No thanks").outcome == "person"
        assert len(world.work("reply")) == 1


def test_no_with_a_reminder_unanswered_is_a_persons() -> None:
    world = World()
    ann, offer = offered(world)
    with clock.at(at(MONDAY, 9, 40)):
        withdrawn(world, offer)
    with clock.at(at(WEDNESDAY, 11, 1)):
        assert any(purpose == "appointment_reminder" for _, purpose, _ in sweeps_and_provider())
        assert world.says(ann, "No thanks").outcome == "person"


def test_no_after_taking_another_place_is_a_persons() -> None:
    """It may take back what they took."""
    world = World()
    ann, _ = offered(world)
    with clock.at(at(MONDAY, 9, 40)):
        world.says(ann, "YES")
        sweeps_and_provider()
    with clock.at(at(MONDAY, 9, 50)):
        assert world.says(ann, "No thanks").outcome == "person"
