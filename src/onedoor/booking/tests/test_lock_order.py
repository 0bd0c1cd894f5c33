"""Somebody ends work while what it is about changes: one waits for the other, never each for the other."""

from __future__ import annotations

import pytest
from django.db import transaction

from onedoor.booking import api as booking
from onedoor.booking.actions import places, waves
from onedoor.booking.actions.diary import take_diary
from onedoor.booking.actions.merge import one_at_a_time
from onedoor.booking.models import Appointment, Seat
from onedoor.booking.tests.factories import DESK, WEDNESDAY, people, practice, row
from onedoor.booking.tests.refilling_world import World, at
from onedoor.booking.types import DiaryRow, Scope
from onedoor.factories import person
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.messaging.tests.test_lock_order import Other
from onedoor.tasks import api as tasks
from onedoor.tasks.api import Task

pytestmark = pytest.mark.django_db(transaction=True)


def ends_beside(kind: str, access: Access, outcome: str) -> Other:
    """Somebody ends the one task of this kind; they wait for what we have locked, and do not hold the task meanwhile."""
    task = Task.objects.get(kind=kind, state="open")
    other = Other(lambda: tasks.complete(access=access, ref=task.ref, outcome=outcome))
    other.waits()
    Task.objects.select_for_update(nowait=True).get(pk=task.pk)
    return other


def test_an_import_and_a_decision_about_one_before_it() -> None:
    here = practice()
    rows = [row(who, time=(9, n)) for n, who in enumerate(people(here, 3))]

    def read(found: list[DiaryRow]) -> None:
        take_diary(
            organisation_id=here.organisation.pk,
            site_id=here.site.pk,
            source="emis",
            scope=Scope(WEDNESDAY, WEDNESDAY),
            rows=found,
            by=Actor.system("import"),
        )

    read(rows)
    read(rows[1:])
    with transaction.atomic():
        one_at_a_time(here.site.pk, "emis")
        other = ends_beside("diary_vanished", here.access, "apply")
        read(rows)
    with pytest.raises(AssertionError):
        other.ends()
    # The import was first: the work is no longer needed, and nothing was cancelled.
    assert isinstance(other.failed, tasks.AlreadyDone)
    assert set(Appointment.objects.values_list("state", flat=True)) == {"booked"}


def test_a_request_that_is_withdrawn_while_somebody_does_it() -> None:
    here = practice()
    [sam] = people(here, 1)
    take_diary(
        organisation_id=here.organisation.pk,
        site_id=here.site.pk,
        source="emis",
        scope=Scope(WEDNESDAY, WEDNESDAY),
        rows=[row(status="available")],
        by=Actor.system("import"),
    )
    booking.book(seat_ref=Seat.objects.get().ref, patient_id=sam.pk, by=DESK)
    with transaction.atomic():
        places.lock_patients([sam.pk])
        other = ends_beside("book_place", here.access, "done")
    other.ends()
    assert Appointment.objects.get().state == "booked"


def test_an_offer_that_is_answered_twice() -> None:
    world = World()
    _, access = person(world.practice)
    entry = world.waits("Olive", phone_only=True)
    release = world.seat(at(8, 10))
    gone = booking.book(seat_ref=release.ref, patient_id=world.person("Ann").pk, by=Actor.system("test"), tell=False)
    booking.cancel(appointment_id=gone.pk, by=Actor.system("test"), reason="practice", tell=False)
    waves.open_waves()
    with transaction.atomic():
        places.lock_patients([entry.patient_id])
        other = ends_beside("offer_call", access, "accepted")
    other.ends()
    assert Appointment.objects.get(patient=entry.patient).state == "booked"
