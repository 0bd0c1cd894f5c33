"""Journey J1: reminder, reply, released place, offers, moved, coded, counted; in our own diary and in one that EMIS keeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from onedoor import factories
from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, DiaryRequest, Offer, Release, WaitingEntry
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.access import Role
from onedoor.kernel.actor import Actor
from onedoor.messaging import api as messaging
from onedoor.messaging.models import Message, OptOut, State
from onedoor.patients.api import Patient
from onedoor.patients.models import CareRelationship
from onedoor.records import api as records
from onedoor.reporting.api import balance
from tests.specification.world import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    WEDNESDAY,
    World,
    at,
    mobile_of,
    sweeps_and_provider,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

CANCELLED_BY_PATIENT, TEXT_SENT = "185332005", "279991000000102"
SAMS = at(WEDNESDAY, 10, 20)
REMINDED = at(MONDAY, 10, 20)


def live(who: Patient) -> dict[datetime, str]:
    """Their places that stand, with their states."""
    rows = Appointment.objects.filter(patient=who, state__in=("booked", "pending", "cancelling"))
    return dict(rows.values_list("starts_at", "state"))


def coded(world: World, who: Patient) -> list[str]:
    """Codes on their timeline, as the desk sees it."""
    return [entry.code.code for entry in records.timeline(world.desk, who.pk) if entry.code]


def purposes(sent: list[tuple[int | None, str, str]]) -> list[tuple[int | None, str]]:
    return sorted(((patient, purpose) for patient, purpose, _ in sent), key=str)


def check_the_books(world: World) -> None:
    """Nothing of the day is unexplained, and nobody has touched the audit."""
    found = balance(world.desk, MONDAY)
    assert (found.unexplained, found.findings) == (0, [])
    while audit.seal(settle_seconds=0):
        pass
    checked, open_rows, findings = audit.verify()
    assert (open_rows, findings) == (0, [])
    assert checked > 0


def test_our_own_diary_from_reminder_to_balance() -> None:
    world = World()
    sam = world.person("Sam")
    visit = world.booked(sam, SAMS)
    waiting = [world.person(name) for name in ("Ann", "Bea", "Cal", "Dot", "Eve", "Flo", "Gus")]
    for n, who in enumerate(waiting):
        world.waits(who, world.booked(who, at(FRIDAY, 11, 10 * (n % 6)) + timedelta(hours=n // 6)), days=20 - n)

    with clock.at(REMINDED - timedelta(minutes=1)):
        assert sweeps_and_provider() == []
    with clock.at(REMINDED):
        [(_, purpose, text)] = sweeps_and_provider()
    assert purpose == "appointment_reminder"
    assert text.startswith("Sam: your blood test is Wed 9 Dec at 10:20am at Wexcombe Road Surgery. Reply YES")

    with clock.at(at(MONDAY, 10, 41)):
        world.says(sam, "cant make it sorry cancel")
        # Before any other sweep: the place is released in the transaction that cancels.
        visit.refresh_from_db()
        assert (visit.state, visit.reason) == ("cancelled", "patient")
        release = Release.objects.get(cancelled=visit)
        assert coded(world, sam).count(CANCELLED_BY_PATIENT) == 1
        sent = sweeps_and_provider()
    asked = waiting[:5]
    assert purposes(sent) == purposes([(sam.pk, "answer", ""), *((who.pk, "offer", "") for who in asked)])
    assert "YES within the hour" in next(body for patient, _, body in sent if patient == sam.pk)
    assert all("Nurse" not in body and "Health Checks" not in body for *_, body in sent)

    winner = asked[2]
    with clock.at(at(MONDAY, 10, 47)):
        world.says(winner, "Yes please")
        assert live(winner) == {SAMS: "booked"}
        release.refresh_from_db()
        assert release.state == "filled"
        # It chains: the place that the winner had is released at once.
        chained = Release.objects.get(state="open")
        assert chained.cancelled.patient_id == winner.pk
        sent = sweeps_and_provider()
    others = [who for who in asked if who is not winner]
    told = {patient: body for patient, purpose, body in sent if purpose == "offer_ended"}
    assert set(told) == {who.pk for who in others}
    assert all("has gone to somebody else" in body and "keep" in body for body in told.values())
    assert WaitingEntry.objects.filter(patient__in=others, state="waiting").count() == 4
    assert WaitingEntry.objects.get(patient=winner).state == "placed"

    with clock.at(at(MONDAY, 10, 50)):
        late = world.says(others[0], "YES")
        assert late.outcome == "acted"
        assert live(others[0]).keys() == {at(FRIDAY, 11, 0)}
        sweeps_and_provider()
    with clock.at(at(MONDAY, 18, 30)):
        sweeps_and_provider()

    # Nobody was asked twice about one place, nobody got two "gone" about one, and each place has one person.
    pairs = list(Offer.objects.values_list("release_id", "entry__patient_id"))
    assert len(pairs) == len(set(pairs))
    assert not Message.objects.filter(purpose="offer_ended").exclude(state=State.DELIVERED).exists()
    assert coded(world, winner).count(CANCELLED_BY_PATIENT) == 0
    assert all(TEXT_SENT in coded(world, who) for who in (sam, *asked))
    check_the_books(world)
    with clock.at(at(MONDAY, 18, 30)):
        found = balance(world.desk, MONDAY)
    assert (found.reminded, found.answered, found.cancelled, found.released, found.refilled) == (1, 1, 2, 2, 1)
    texts = Message.objects.filter(state=State.DELIVERED)
    assert found.pence == sum((text.fragments for text in texts), 0) * Decimal("2.400")
    assert not texts.filter(fragments__gt=1).exists()


def emis_week(world: World) -> tuple[Patient, list[Patient]]:
    """Sam on Wednesday and three who wait with places on Friday, as EMIS has them."""
    sam = world.person("Sam")
    waiting = [world.person(name) for name in ("Ann", "Bea", "Cal")]
    world.import_diary(
        [world.row(sam, SAMS), *(world.row(who, at(FRIDAY, 11, 10 * n)) for n, who in enumerate(waiting))]
    )
    for n, who in enumerate(waiting):
        own = Appointment.objects.get(patient=who)
        world.waits(who, own, days=0)
        WaitingEntry.objects.filter(patient=who).update(joined_at=clock.now() - timedelta(days=9 - n))
    return sam, waiting


def test_a_diary_that_emis_keeps() -> None:
    world = World(source="emis")
    sam, (ann, bea, _) = emis_week(world)
    assert Message.objects.count() == 0
    with clock.at(REMINDED):
        assert purposes(sweeps_and_provider()) == [(sam.pk, "appointment_reminder")]

    with clock.at(at(MONDAY, 10, 41)):
        world.says(sam, "CANCEL")
        assert live(sam) == {SAMS: "cancelling"}
        # Asked for, not yet free: nobody is offered it, and reading the same export again undoes nothing.
        assert purposes(sweeps_and_provider()) == [(sam.pk, "answer")]
        assert not Release.objects.exists()
        [task] = world.work("free_place")
        assert task.title == "In EMIS: free Wed 9 Dec 10:20, Nurse B Adeyemi"
    with clock.at(at(MONDAY, 11, 0)):
        world.does("free_place", "done")
        assert live(sam) == {}
        assert coded(world, sam).count(CANCELLED_BY_PATIENT) == 1
        assert Release.objects.get().state == "open"
        assert sorted(patient or 0 for patient, purpose, _ in sweeps_and_provider() if purpose == "offer") == sorted(
            WaitingEntry.objects.values_list("patient_id", flat=True)
        )
    with clock.at(at(MONDAY, 11, 5)):
        world.says(bea, "YES")
        assert live(bea) == {SAMS: "pending", at(FRIDAY, 11, 10): "booked"}
        sent = sweeps_and_provider()
        assert "when it is sure" in next(
            body for patient, purpose, body in sent if (patient, purpose) == (bea.pk, "answer")
        )
    with clock.at(at(MONDAY, 11, 20)):
        world.does("book_place", "done")
        # Sure now: the old place is asked to be freed, and is offered on when it is.
        assert live(bea) == {SAMS: "booked", at(FRIDAY, 11, 10): "cancelling"}
        sweeps_and_provider()
    with clock.at(at(MONDAY, 11, 40)):
        world.does("free_place", "done")
        assert live(bea) == {SAMS: "booked"}
        chained = Release.objects.get(state="open")
        assert chained.cancelled.patient_id == bea.pk
        sweeps_and_provider()
        # Ann's own is before that place: only who gains by it is asked.
        assert list(chained.offers.values_list("entry__patient__given_name", flat=True)) == ["Cal"]
    with clock.at(at(MONDAY, 12, 0)):
        world.import_diary(
            [
                world.row(bea, SAMS),
                world.row(ann, at(FRIDAY, 11, 0)),
                world.row(None, at(FRIDAY, 11, 10), status="available"),
                world.row(Patient.objects.get(given_name="Cal"), at(FRIDAY, 11, 20)),
            ]
        )
        assert sweeps_and_provider() == []
    assert set(DiaryRequest.objects.values_list("state", flat=True)) == {"ticked"}
    with clock.at(at(MONDAY, 18, 30)):
        sweeps_and_provider()
    assert [task.kind for task in world.work("")] == []
    check_the_books(world)


def test_emis_could_not_free_the_place() -> None:
    world = World(source="emis")
    sam, _ = emis_week(world)
    with clock.at(REMINDED):
        sweeps_and_provider()
        world.says(sam, "CANCEL")
        world.does("free_place", "could_not")
        sweeps_and_provider()
    assert live(sam) == {SAMS: "booked"}
    assert not Release.objects.exists()
    assert len(world.work("tell_patient")) == 1
    check_the_books(world)


def test_emis_had_given_the_place_away() -> None:
    world = World(source="emis")
    sam, (ann, *_) = emis_week(world)
    with clock.at(REMINDED):
        sweeps_and_provider()
        world.says(sam, "CANCEL")
        world.does("free_place", "done")
        sweeps_and_provider()
        world.says(ann, "YES")
        sweeps_and_provider()
        world.does("book_place", "taken")
        sent = sweeps_and_provider()
    assert any(patient == ann.pk and "had already gone" in body for patient, _, body in sent)
    assert live(ann) == {at(FRIDAY, 11, 0): "booked"}
    assert WaitingEntry.objects.get(patient=ann).state == "waiting"
    check_the_books(world)


@pytest.mark.parametrize("source", ["own", "emis"])
def test_who_comes_after_all_before_the_place_is_freed(source: str) -> None:
    """A cancellation that is still being asked for, and then the patient stands at the desk."""
    world = World(source=source)
    sam = world.person("Sam")
    starts_at = at(MONDAY, 11, 0)
    if source == "own":
        world.booked(sam, starts_at)
    else:
        world.import_diary([world.row(sam, starts_at)])
    visit = Appointment.objects.get(patient=sam)
    with clock.at(at(MONDAY, 10, 0)):
        world.says(sam, "CANCEL")
    with clock.at(at(MONDAY, 10, 58)):
        if source == "own":
            with pytest.raises(booking.TooLate):
                booking.arrive(appointment_id=visit.pk, by=world.desk.actor)
        else:
            booking.arrive(appointment_id=visit.pk, by=world.desk.actor)
            # Nobody is sent to free the place of somebody who sits in the waiting room.
            assert world.work("free_place") == []
            assert live(sam) == {}
        sweeps_and_provider()
    check_the_books(world)


def test_stop_touches_no_visit_and_cancel_no_texts() -> None:
    world = World()
    sam, ann = world.person("Sam"), world.person("Ann")
    for who, minute in ((sam, 20), (ann, 30)):
        world.booked(who, at(WEDNESDAY, 10, minute))
        world.booked(who, at(THURSDAY, 10, minute))
    with clock.at(at(MONDAY, 10, 30)):
        sweeps_and_provider()
        world.says(sam, "STOP")
        world.says(ann, "CANCEL")
        assert set(live(sam)) == {at(WEDNESDAY, 10, 20), at(THURSDAY, 10, 20)}
        assert list(OptOut.objects.values_list("number", flat=True)) == [mobile_of(sam)]
        sweeps_and_provider()
        check_the_books(world)
    with clock.at(at(MONDAY, 10, 40)):
        world.says(ann, "1")
        assert set(live(ann)) == {at(THURSDAY, 10, 30)}
        assert purposes(sweeps_and_provider()) == [(ann.pk, "answer")]
    with clock.at(at(WEDNESDAY - timedelta(days=1), 10, 30)):
        # Thursday's reminders: the one who said STOP gets none, the one who cancelled does.
        sent = sweeps_and_provider()
    assert purposes(sent) == [(ann.pk, "appointment_reminder")]
    held = Message.objects.get(patient=sam, state=State.SUPPRESSED, purpose="appointment_reminder")
    assert held.because == "stop"


@pytest.mark.parametrize("source", ["own", "emis"])
@pytest.mark.parametrize(
    "type_name", ["Depot injection", "Two week wait", "2WW", "Suspected cancer", "Safeguarding review"]
)
def test_some_visits_are_never_cancelled_by_a_machine(type_name: str, source: str) -> None:
    world = World(source=source, type_name=type_name)
    sam = world.person("Sam")
    if source == "own":
        world.booked(sam, SAMS)
    else:
        world.import_diary([world.row(sam, SAMS)])
    visit = Appointment.objects.get(patient=sam)
    with clock.at(REMINDED):
        [(_, _, reminder)] = sweeps_and_provider()
        assert "CANCEL" not in reminder
        assert type_name.split()[0].lower() not in reminder.lower()
        for text in ("CANCEL", "cant make it sorry cancel", "Please cancel my appointment"):
            reply = world.says(sam, text)
            assert reply.outcome in ("person", "duplicate")
        sent = sweeps_and_provider()
        assert all(type_name.lower() not in body.lower() for *_, body in sent)
        with pytest.raises(booking.MayNotCancelByMachine):
            booking.cancel(appointment_id=visit.pk, by=Actor.patient(sam.pk), reason="patient")
        with pytest.raises(booking.MayNotCancelByMachine):
            booking.cancel(appointment_id=visit.pk, by=Actor.system("anything"), reason="patient")
    visit.refresh_from_db()
    assert visit.state == "booked"
    assert not Release.objects.exists()
    assert len(world.work("cancel_asked")) == 1
    check_the_books(world)


def test_two_practices_side_by_side_see_nothing_of_each_other() -> None:
    """One person is registered at one and has a visit at both; both have people who wait."""
    here, there = World(), World(ods_code="Y99003", name="Marsh Lane Practice")
    sam = here.person("Sam")
    CareRelationship.objects.create(
        patient=sam, organisation=there.practice, kind="booked", starts_on=MONDAY - timedelta(days=90)
    )
    here.booked(sam, SAMS)
    there.booked(sam, at(WEDNESDAY, 15, 0))
    for world in (here, there):
        for n, name in enumerate(("Ann", "Bea")):
            who = world.person(name)
            world.waits(who, world.booked(who, at(FRIDAY, 11, 10 * n)), days=3)
    with clock.at(at(MONDAY, 15, 0)):
        sweeps_and_provider()
        # A reply to one practice's number is about that practice's visit, though the other's is as open.
        assert here.says(sam, "CANCEL").outcome == "acted"
        assert set(live(sam)) == {at(WEDNESDAY, 15, 0)}
        sweeps_and_provider()
    asked = set(Offer.objects.values_list("entry__organisation_id", flat=True))
    assert asked == {here.practice.pk}

    foreign = Patient.objects.exclude(pk=sam.pk).filter(care_relationships__organisation=here.practice).first()
    assert foreign is not None
    manager = factories.person(there.practice, Role.PRACTICE_MANAGER)[1]
    with clock.at(at(MONDAY, 15, 5)):
        for access in (there.desk, manager):
            assert booking.releases(access, MONDAY) == []
            assert messaging.threads_waiting(access) == []
            assert {entry.patient_id for entry in booking.waiting_list(access)}.isdisjoint({foreign.pk})
            with pytest.raises(Patient.DoesNotExist):
                records.timeline(access, foreign.pk)
            with pytest.raises(Release.DoesNotExist):
                booking.release(access, Release.objects.get().ref)
            found = balance(access, MONDAY)
            assert (found.cancelled, found.released, found.unexplained) == (0, 0, 0)
        assert {view.organisation_id for view in booking.appointments_of(there.desk, sam.pk)} == {there.practice.pk}
        assert len(booking.releases(here.desk, MONDAY)) == 1
    jobs.run_all_once()
    check_the_books(here)


def test_a_reply_is_a_release_within_a_few_statements() -> None:
    """Reply to release is one transaction whose cost does not depend on who waits (reply to release p95, J1)."""
    world = World()
    costs = []
    # The first is not counted: a process looks up once what a code's row is.
    for n in (1, 10, 40):
        for k in range(n):
            world.waits(world.person(f"W{k}"), None, days=1)
        sam = world.person("Sam")
        world.booked(sam, at(WEDNESDAY, 12, n))
        with clock.at(at(MONDAY, 12, 45)):
            sweeps_and_provider()
            with connection.execute_wrapper(counter := Counter()):
                world.says(sam, "CANCEL")
        assert Release.objects.filter(cancelled__patient=sam).exists()
        costs.append(counter.n)
    assert costs[1] == costs[2]


class Counter:
    """Counts statements."""

    n = 0

    def __call__(self, execute: Callable[..., Any], *call: Any) -> Any:
        self.n += 1
        return execute(*call)
