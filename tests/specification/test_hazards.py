"""Controls of the hazard log (`docs/safety/hazard-log.md`) that hold only end to end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from onedoor.booking.models import Appointment, Offer, WaitingEntry
from onedoor.kernel import clock
from onedoor.messaging.models import Message, OptOut, State
from onedoor.patients.models import Patient
from tests.specification.world import (
    FRIDAY,
    MONDAY,
    WEDNESDAY,
    World,
    at,
    mobile_of,
    provider,
    sweeps_and_provider,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_a_death_between_queue_and_sending_stops_the_text() -> None:
    """H7: queued before the day begins, and the death is entered before it would go."""
    world = World()
    sam = world.person("Sam")
    visit = world.booked(sam, at(WEDNESDAY, 9, 0))
    with clock.at(at(MONDAY, 9, 0)):
        from onedoor.kernel import jobs

        jobs.run_once("booking.remind")
        assert Message.objects.get().state == State.QUEUED
        Patient.objects.filter(pk=sam.pk).update(deceased=True)
        assert provider() == []
    assert (Message.objects.get().state, Message.objects.get().because) == (State.SUPPRESSED, "deceased")
    with clock.at(at(MONDAY, 9, 5)):
        assert world.says(sam, "CANCEL").outcome == "person"
        assert provider() == []
    visit.refresh_from_db()
    assert visit.state == "booked"
    [task] = world.work("deceased_reply")
    assert "Sam" not in task.title


@pytest.mark.parametrize(
    ("type_name", "forbidden"),
    [
        ("SMI annual check", ("smi", "mental", "check")),
        ("Mental health review", ("mental", "review")),
        ("Sexual health", ("sexual", "health")),
        ("Safeguarding review", ("safeguarding",)),
        ("Alcohol clinic", ("alcohol", "clinic")),
        ("HIV review", ("hiv",)),
        ("Antenatal", ("antenatal", "midwife", "pregnan")),
        ("Smear", ("smear", "cervical")),
    ],
)
def test_no_text_about_a_sensitive_visit_says_what_it_is(type_name: str, forbidden: tuple[str, ...]) -> None:
    """H8: reminder, answers, offers and what follows them."""
    world = World(type_name=type_name)
    sam, ann, bea = world.person("Sam"), world.person("Ann"), world.person("Bea")
    world.booked(sam, at(WEDNESDAY, 10, 20))
    others = [world.booked(who, at(FRIDAY, 10 + n)) for n, who in enumerate((ann, bea))]
    if world.kind.may_refill:
        for who, own in zip((ann, bea), others, strict=True):
            world.waits(who, own, days=3)
    said: list[str] = []
    with clock.at(at(MONDAY, 10, 20)):
        said += [body for *_, body in sweeps_and_provider()]
        for who, text in ((sam, "CANCEL"), (ann, "YES"), (bea, "NO")):
            world.says(who, text)
            said += [body for *_, body in sweeps_and_provider()]
    assert len(said) >= 2
    for body in said:
        # The practice's own name is on every text.
        plain = body.lower().replace(world.practice.name.lower(), "")
        assert [word for word in (*forbidden, "health checks", "adeyemi") if word in plain] == []


@pytest.mark.parametrize(
    ("born_on", "named"),
    [
        (date(2020, 1, 1), False),
        (date(2013, 12, 9), False),
        (date(2010, 12, 10), False),
        (date(2010, 12, 9), True),
        (date(1950, 1, 1), True),
    ],
    ids=["6", "13", "15 and 364 days", "16 that day", "76"],
)
def test_under_sixteen_a_text_names_no_topic(born_on: date, named: bool) -> None:
    """H13: whose phone it is we do not know, so it says a first name and a time."""
    world = World()
    sam = world.person("Sam")
    Patient.objects.filter(pk=sam.pk).update(born_on=born_on)
    world.booked(sam, at(WEDNESDAY, 10, 20))
    with clock.at(at(MONDAY, 10, 20)):
        [(_, _, body)] = sweeps_and_provider()
    assert body.startswith(f"Sam: your {'blood test' if named else 'appointment'} is Wed 9 Dec at 10:20am")


def test_a_no_takes_nothing_away() -> None:
    """H5: an offer declined leaves the person's own appointment and their place on the list."""
    world = World()
    sam, ann = world.person("Sam"), world.person("Ann")
    world.booked(sam, at(WEDNESDAY, 10, 20))
    own = world.booked(ann, at(FRIDAY, 10))
    world.waits(ann, own, days=3)
    with clock.at(at(MONDAY, 10, 20)):
        world.says(sam, "CANCEL")
        sweeps_and_provider()
        assert world.says(ann, "NO thanks").outcome == "acted"
        [(_, _, answer)] = [text for text in sweeps_and_provider() if text[0] == ann.pk]
    assert "you keep Fri 11 Dec at 10am" in answer
    assert Offer.objects.get().state == "declined"
    assert WaitingEntry.objects.get().state == "waiting"
    assert Appointment.objects.get(patient=ann).state == "booked"
    assert not OptOut.objects.exists()


def test_a_reply_to_a_visit_that_was_moved_is_about_where_it_is_now() -> None:
    """H3: the reminder named another time; whether it may act is for the one visit that stands."""
    from onedoor.booking import api as booking

    world = World()
    sam = world.person("Sam")
    old = world.booked(sam, at(WEDNESDAY, 10, 20))
    with clock.at(at(MONDAY, 10, 20)):
        sweeps_and_provider()
        new = booking.move(appointment_ref=old.ref, seat_ref=world.seat(at(FRIDAY, 9)).ref, by=world.by)
        sweeps_and_provider()
    with clock.at(at(MONDAY, 10, 30)):
        world.says(sam, "CANCEL")
        [(_, _, answer)] = sweeps_and_provider()
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, old.reason) == ("cancelled", "moved")
    # They know of the move by our last text; the answer names what was cancelled, and YES takes it back.
    assert (new.state, new.reason) == ("cancelled", "patient")
    assert "Fri 11 Dec at 9am is cancelled" in answer
    assert "YES within the hour" in answer


def test_a_number_that_is_somebody_elses_rests_for_everybody_who_holds_it() -> None:
    """H1: two patients are recorded with a number; whoever has it says that it is not theirs."""
    world = World()
    sam = world.person("Sam")
    ella = world.person("Ella", mobile=mobile_of(sam))
    for who, minute in ((sam, 20), (ella, 40)):
        world.booked(who, at(WEDNESDAY, 10, minute))
    with clock.at(at(MONDAY, 10, 20)):
        [(_, _, reminder)] = sweeps_and_provider()
        world.says(sam, "wrong number")
        [(_, _, apology)] = sweeps_and_provider()
    assert not any(name in apology for name in ("Sam", "Ella"))
    with clock.at(at(MONDAY, 11, 0)):
        assert sweeps_and_provider() == []
    assert Message.objects.get(patient=ella).because == "wrong_number"
    assert "blood" not in reminder
    [task] = world.work("wrong_number")
    assert task.due_at <= at(MONDAY, 10, 20) + timedelta(hours=4)
