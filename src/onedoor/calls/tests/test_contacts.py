"""A contact by telephone: who is found, who is not, and for how long anybody is seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import pytest

from onedoor import factories
from onedoor.calls import api as calls
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.models import AuditEntry
from onedoor.patients import api as patients
from onedoor.patients.models import Patient
from onedoor.records import api as records
from onedoor.tasks.api import Task

pytestmark = pytest.mark.django_db

SHARED = "+447700900111"
BORN = date(1980, 5, 1)


@dataclass(frozen=True)
class Town:
    """A practice with Sam and Ada on one phone, Sam's namesake of another birthday, and somebody of elsewhere."""

    handler: Access
    colleague: Access
    sam: Patient
    ada: Patient
    namesake: Patient
    elsewhere: Patient
    ref: UUID


@pytest.fixture
def town() -> Town:
    """With a contact begun."""
    here, there = factories.practice(), factories.practice("Y99003", "Marfleet Lane Practice")
    handler = factories.person(here, Role.CALL_HANDLER)[1]
    sam = factories.patient(here, "Sam", "Hollis", mobile=SHARED, born_on=BORN)
    Patient.objects.filter(pk=sam.pk).update(postcode="ZZ1 1AA")
    sam.refresh_from_db()
    return Town(
        handler=handler,
        colleague=factories.person(here, Role.CALL_HANDLER)[1],
        sam=sam,
        ada=factories.patient(here, "Ada", "Hollis", mobile=SHARED, born_on=date(2019, 3, 4)),
        namesake=factories.patient(here, "Sam", "Hollis", born_on=date(1951, 1, 2)),
        elsewhere=factories.patient(there, "Nan", "Farr", born_on=BORN),
        ref=calls.start(access=handler),
    )


def seen(town: Town) -> int | None:
    """Whom the contact shows."""
    view = calls.live(town.handler, town.ref).view
    return view.patient_id if view else None


def points(town: Town, **said: str | date) -> calls.Points:
    known: dict[str, object] = {
        "name": "Sam Hollis",
        "born_on": BORN,
        "postcode": "zz11aa",
        "nhs_number": town.sam.nhs_number,
    }
    return calls.Points(**{key: known[key] if value == "true" else value for key, value in said.items()})  # type: ignore[arg-type]


TRUE = [
    {"name": "true", "born_on": "true"},
    {"name": "hollis, SAM", "born_on": "true"},
    {"name": "true", "postcode": "true"},
    {"name": "true", "nhs_number": "true"},
    {"born_on": "true", "postcode": "true"},
    {"born_on": "true", "nhs_number": "true"},
    {"postcode": "ZZ1 1AA", "nhs_number": "true"},
    {"name": "true", "born_on": "true", "postcode": "true", "nhs_number": "true"},
]
FALSE = [
    {},
    {"name": "true"},
    {"nhs_number": "true"},
    {"born_on": "true"},
    {"postcode": "true"},
    {"name": "Hollis", "born_on": "true"},
    {"name": "Sa Ho", "born_on": "true"},
    {"name": "Sam Hollis", "born_on": date(1981, 5, 1)},
    {"name": "Ada Hollis", "born_on": "true"},
    {"name": "true", "born_on": "true", "postcode": "ZZ9 9ZZ"},
    {"born_on": "true", "nhs_number": "9990000000"},
    {"name": "Nan Farr", "born_on": BORN},
    {"name": "%", "born_on": "true"},
    {"name": SHARED, "postcode": "true"},
]


@pytest.mark.parametrize("said", TRUE)
def test_two_points_that_are_true_open_the_record(town: Town, said: dict[str, str | date]) -> None:
    calls.find_caller(access=town.handler, ref=town.ref, points=points(town, **said))
    assert seen(town) == town.sam.pk


@pytest.mark.parametrize("said", FALSE)
def test_anything_less_opens_nobodys(town: Town, said: dict[str, str | date]) -> None:
    with pytest.raises(calls.NotIdentified):
        calls.find_caller(access=town.handler, ref=town.ref, points=points(town, **said))
    assert seen(town) is None
    assert records.Look.objects.count() == 0


def test_two_people_of_one_name_and_day_are_nobody(town: Town) -> None:
    Patient.objects.filter(pk=town.namesake.pk).update(born_on=BORN)
    with pytest.raises(calls.NotIdentified):
        calls.find_caller(access=town.handler, ref=town.ref, points=points(town, name="true", born_on="true"))
    assert seen(town) is None


def test_three_wrong_tries_end_it_for_this_call(town: Town) -> None:
    wrong = points(town, name="true", born_on=date(1981, 5, 1))
    for _ in range(3):
        with pytest.raises(calls.NotIdentified):
            calls.find_caller(access=town.handler, ref=town.ref, points=wrong)
    with pytest.raises(calls.TooManyTries):
        calls.find_caller(access=town.handler, ref=town.ref, points=points(town, name="true", born_on="true"))
    assert AuditEntry.objects.filter(action="caller_not_found").count() == 3


def know(town: Town) -> None:
    calls.find_caller(access=town.handler, ref=town.ref, points=points(town, name="true", born_on="true"))


def test_the_view_is_named_audited_and_read_by_the_patient(town: Town) -> None:
    know(town)
    looked = records.Look.objects.get(patient=town.sam)
    assert (looked.actor_id, looked.purpose) == (town.handler.actor.id, "telephone contact")
    granted = AuditEntry.objects.get(action="view_granted")
    assert (granted.patient_id, granted.actor_id) == (town.sam.pk, town.handler.actor.id)


def test_the_view_is_of_one_patient(town: Town) -> None:
    know(town)
    view = calls.live(town.handler, town.ref).view
    assert view is not None
    assert patients.card(view.access, town.sam.pk).name == "Sam Hollis"
    with pytest.raises(Patient.DoesNotExist):
        patients.card(view.access, town.ada.pk)
    with pytest.raises(calls.NotIdentified):
        calls.find_caller(
            access=town.handler,
            ref=town.ref,
            points=calls.Points(name="Ada Hollis", born_on=town.ada.born_on),
        )
    assert seen(town) == town.sam.pk


def test_the_view_ends_after_twenty_minutes_of_real_time_and_is_said_again(town: Town) -> None:
    know(town)
    with clock.at(clock.now() + timedelta(days=1)):
        assert seen(town) == town.sam.pk, "a demonstration's clock does not end it"
    contact = calls.Contact.objects.get()
    assert contact.sees_until is not None
    assert timedelta(minutes=19) < contact.sees_until - clock.real_now() <= timedelta(minutes=20)
    calls.Contact.objects.update(sees_until=clock.real_now())
    assert seen(town) is None
    assert calls.live(town.handler, town.ref).lapsed
    know(town)
    assert seen(town) == town.sam.pk


def test_a_contact_that_has_ended_shows_nobody(town: Town) -> None:
    know(town)
    calls.end(access=town.handler, ref=town.ref, outcome="status")
    with pytest.raises(calls.Contact.DoesNotExist):
        calls.live(town.handler, town.ref)
    entry = records.Entry.objects.get(patient=town.sam)
    assert entry.text == "Rang, and said who they are. Told where their referral or visit is"
    assert entry.code_id is None


def test_a_colleague_and_the_desk_see_nothing_of_it(town: Town) -> None:
    know(town)
    with pytest.raises(calls.Contact.DoesNotExist):
        calls.live(town.colleague, town.ref)
    with pytest.raises(calls.Contact.DoesNotExist):
        calls.end(access=town.colleague, ref=town.ref, outcome="status")
    with pytest.raises(NotPermitted):
        calls.live(factories.person(factories.practice())[1], town.ref)


def test_one_call_at_a_time(town: Town) -> None:
    assert calls.start(access=town.handler) == town.ref
    assert calls.start(access=town.colleague) != town.ref


def test_what_is_left_behind_is_work_with_a_clock(town: Town) -> None:
    know(town)
    soon = clock.now() + timedelta(hours=1)
    calls.hand_over(access=town.handler, ref=town.ref, team="triage", words="Worse since Monday")
    calls.ask_call_back(access=town.handler, ref=town.ref, number="07700 900123", words="The scan", by_when=soon)
    handed, back = Task.objects.order_by("id")
    assert (handed.team, handed.patient_id, handed.detail) == ("triage", town.sam.pk, "Worse since Monday")
    assert (back.due_at, back.detail) == (soon, "On 07700 900123. The scan")
    with pytest.raises(calls.NotDone):
        calls.hand_over(access=town.handler, ref=town.ref, team="triage", words="Again")


def test_an_unknown_callers_work_is_nobodys(town: Town) -> None:
    calls.hand_over(access=town.handler, ref=town.ref, team="reception", words="Wants to register")
    task = Task.objects.get()
    assert task.patient_id is None
    assert task.detail.startswith("The caller has not been identified.")
    calls.end(access=town.handler, ref=town.ref, outcome="not_found")
    assert records.Entry.objects.count() == 0
