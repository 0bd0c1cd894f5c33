"""What a finished visit tells whoever sends it: the event in its transaction, and the summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import pytest

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.kernel import clock, events
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.patients.models import Patient
from onedoor.recall import api as recall
from onedoor.recall.events import ChecksClosed
from onedoor.recall.tests.test_checks import ALL_SIX, NOW, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def wednesday() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def practice() -> Organisation:
    return factories.practice()


@pytest.fixture
def access(practice: Organisation) -> Access:
    return factories.person(practice, Role.HEALTH_CARE_ASSISTANT)[1]


@pytest.fixture
def sam(practice: Organisation) -> Patient:
    return factories.patient(practice)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[int]]:
    """The visits of each event."""
    heard: list[Sequence[int]] = []
    monkeypatch.setitem(events._handlers, ChecksClosed, [lambda event: heard.append(event.visit_ids)])
    return heard


def the_visit(saved: recall.ChecksSaved) -> recall.CheckVisit:
    assert saved.ref is not None
    return recall.CheckVisit.objects.get(ref=saved.ref)


def test_a_visit_is_told_when_it_is_finished_and_again_after_a_correction(
    access: Access, sam: Patient, told: list[Sequence[int]]
) -> None:
    saved = send(access, sam, {"bp": {"systolic": "128", "diastolic": "82"}})
    assert told == []
    saved = send(access, sam, {}, close=True, missing_ok=True)
    visit = the_visit(saved)
    assert told == [(visit.pk,)]
    assert saved.ref is not None
    assert recall.open_checks_again(access=access, visit_ref=saved.ref)
    send(access, sam, {"bp": {"systolic": "126", "diastolic": "82"}}, close=True, missing_ok=True)
    assert told == [(visit.pk,), (visit.pk,)]


def test_a_summary_has_what_stands_and_nothing_that_was_in_error(
    access: Access, practice: Organisation, sam: Patient
) -> None:
    send(access, sam, {**ALL_SIX, "bp": {"systolic": "138", "diastolic": "82"}})
    saved = send(
        access,
        sam,
        {
            "bp": {"systolic": "128", "diastolic": "82", "on": "2026-12-08"},
            "smoking": {"status": "", "state": "declined"},
        },
        next_month="2027-12",
        close=True,
    )
    visit = the_visit(saved)
    found = recall.visit_summary(access, visit.pk)
    assert (found.patient_id, found.organisation, found.state) == (sam.pk, practice.name, "closed")
    assert found.closed_by == access.actor.label
    assert [item.key for item in found.items] == ["bp", "bmi", "alcohol", "lipid", "glucose", "smoking"]
    pressure = found.items[0]
    assert [(one.code, one.value, one.unit, one.day) for one in pressure.entries] == [
        ("271649006", 128.0, "mm[Hg]", date(2026, 12, 8)),
        ("271650006", 82.0, "mm[Hg]", date(2026, 12, 8)),
    ]
    assert (found.items[-1].state, [one.code for one in found.items[-1].entries]) == ("declined", [""])
    assert (found.next_on, found.next_whole_month, found.missing) == (date(2027, 12, 1), True, ())


def test_what_was_found_and_done_stands_in_it(access: Access, sam: Patient) -> None:
    saved = send(access, sam, {"smoking": {"status": "smoker"}})
    send(access, sam, {}, acts={"smoker": recall.CheckAct("advice", "will think")}, close=True, missing_ok=True)
    visit = the_visit(saved)
    found = recall.visit_summary(Access.system("sends it"), visit.pk)
    assert [(one.code, one.action, one.note) for one in found.findings] == [
        ("smoker", "Talked about it, gave advice", "will think")
    ]
    assert "Blood pressure" in found.missing


def test_nobody_else_reads_it(access: Access, sam: Patient) -> None:
    saved = send(access, sam, {"smoking": {"status": "never"}})
    visit = the_visit(saved)
    elsewhere = factories.person(factories.practice("Y99101", "Another Surgery"), Role.HEALTH_CARE_ASSISTANT)[1]
    with pytest.raises(recall.CheckVisit.DoesNotExist):
        recall.visit_summary(elsewhere, visit.pk)
    with pytest.raises(NotPermitted):
        recall.visit_summary(Access.nobody(), visit.pk)
