"""Who may write what of reports: by role and place, at the action, and at the pages that hide what one may not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime

import pytest
from django.db import transaction

from onedoor.accounts.api import Organisation
from onedoor.accounts.queries import access_of
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.reporting import api as reporting
from onedoor.reporting.models import Closing, ForumMeeting, Initiative, PackSchedule, Trajectory
from onedoor.staff.tests.test_reports_smi import client_of, close, locality, person

pytestmark = pytest.mark.django_db
ICS, OWN, BESIDE = "Y99930", "Y98000", "Y98001"
INITIATIVE = {"title": "Drop-in clinics", "area": "patient", "level": "practice", "window": "0-3"}
TARGET = {"baseline": "record:2026-11", "due_on": "2027-03-31", "more": "10", "rate": "", "basis": "Ours"}
ANALYST, MANAGER, OWNER = (Role.ICS_ANALYST, ICS), (Role.PRACTICE_MANAGER, OWN), (Role.INFORMATION_ASSET_OWNER, ICS)
Act = Callable[[Access, int], object]
ACTIONS: dict[str, Act] = {
    "propose": lambda a, key: reporting.propose_initiative(
        access=a, organisation_id=key, typed=INITIATIVE, measures={}
    ),
    "take from the menu": lambda a, key: reporting.take_from_menu(
        access=a, organisation_id=key, key="patient-friendly-slots"
    ),
    "call the forum": lambda a, key: reporting.call_forum(access=a, organisation_id=key, on=date(2026, 12, 9)),
    "set a target": lambda a, key: reporting.set_target(access=a, organisation_id=key, typed=TARGET, replaces=None),
    "schedule packs": lambda a, key: reporting.schedule_pack(access=a, organisation_id=key, day=3, active=True),
}
WRITTEN = (Initiative, ForumMeeting, Trajectory, PackSchedule)


@pytest.fixture(autouse=True)
def closing() -> Iterator[Closing]:
    """November of two practices."""
    with clock.at(datetime(2026, 12, 7, 9, tzinfo=clock.LONDON)):
        yield close(date(2026, 11, 1), dict.fromkeys(locality(2), (20, 40)))


def place(code: str) -> int:
    return Organisation.objects.get(ods_code=code).pk


def who(role: Role, where: str) -> Access:
    return access_of(person(where, role))


@pytest.mark.parametrize("action", ACTIONS)
def test_who_may_write_of_whom(action: str) -> None:
    """Analysts for their system and below, managers for their practice; whoever only sees figures, and all others, nothing."""
    for role, where, of, may in (
        (*ANALYST, ICS, True),
        (*ANALYST, OWN, True),
        (*ANALYST, "Y99950", False),
        (*MANAGER, OWN, True),
        (*MANAGER, BESIDE, False),
        (*MANAGER, ICS, False),
        (*OWNER, ICS, False),
        (*OWNER, OWN, False),
        (Role.ADMINISTRATOR, ICS, OWN, False),
        (Role.RECEPTIONIST, OWN, OWN, False),
    ):
        access = who(role, where)
        with transaction.atomic():
            if may:
                ACTIONS[action](access, place(of))
            else:
                with pytest.raises(NotPermitted):
                    ACTIONS[action](access, place(of))
            assert any(kept.objects.exists() for kept in WRITTEN) == may, (role, where, of)
            transaction.set_rollback(True)


@pytest.mark.parametrize(("role", "where", "may"), [(*ANALYST, True), (*MANAGER, False), (*OWNER, False)])
def test_who_closes_a_month_and_makes_packs(closing: Closing, role: Role, where: str, may: bool) -> None:
    access = who(role, where)
    if may:
        assert reporting.close_month(access=access, month=date(2026, 10, 1)).month == date(2026, 10, 1)
        return
    for act in (reporting.close_month, reporting.rebuild_month):
        with pytest.raises(NotPermitted):
            act(access=access, month=date(2026, 11, 1))
    if role is Role.INFORMATION_ASSET_OWNER:
        with pytest.raises(NotPermitted):
            reporting.make_pack(access=access, organisation_id=place(ICS), closing_id=closing.pk)


def test_whoever_only_sees_figures_reads_what_others_wrote_and_is_shown_no_form() -> None:
    analyst, owner = client_of(person(ICS, Role.ICS_ANALYST)), client_of(person(ICS, Role.INFORMATION_ASSET_OWNER))
    analyst.post(
        "/reports/plan/new/?of=Y99930", INITIATIVE | {"level": "ics", "owner": "Lead", "starts_on": "2026-12-01"}
    )
    analyst.post("/reports/trajectory/?of=Y99930", TARGET)
    analyst.post("/reports/forum/?of=Y99930", {"on": "2026-12-09"})
    one, target, meeting = Initiative.objects.get(), Trajectory.objects.get(), ForumMeeting.objects.get()
    for address, read, form in (
        ("/reports/plan/?of=Y99930", "Drop-in clinics", "Write one"),
        (f"/reports/plan/{one.ref}/", "Drop-in clinics", "Add a milestone"),
        (f"/reports/plan/{one.ref}/", "Drop-in clinics", "It is agreed"),
        (f"/reports/plan/{one.ref}/", "Drop-in clinics", "How is it going?"),
        ("/reports/trajectory/?of=Y99930", "Target:", "Set another target"),
        ("/reports/forum/?of=Y99930", "9 December", "Call it"),
        (f"/reports/forum/{meeting.ref}/", "Decided", "Write it down"),
        (f"/reports/forum/{meeting.ref}/", "Decided", "Finish the minutes"),
        ("/reports/packs/", "November 2026", "Make it"),
        ("/reports/packs/", "November 2026", "From day"),
        ("/reports/months/", "November 2026", "Close the month"),
    ):
        theirs, hers = (client.get(address) for client in (analyst, owner))
        assert (theirs.status_code, hers.status_code) == (200, 200), address
        assert read in hers.content.decode(), (address, read)
        assert form in theirs.content.decode(), (address, form)
        assert form not in hers.content.decode(), (address, form)
    for address in (
        "/reports/plan/new/?of=Y99930",
        "/reports/trajectory/?of=Y99930",
        f"/reports/trajectory/{target.ref}/end/",
        "/reports/forum/?of=Y99930",
        f"/reports/plan/{one.ref}/note/",
        f"/reports/plan/{one.ref}/edit/",
        f"/reports/forum/{meeting.ref}/minutes/",
        "/reports/packs/plan/",
        "/reports/months/close/",
    ):
        sent = {
            "on": "2026-12-09",
            "month": "2026-10",
            "organisation": str(place(ICS)),
            "day": "3",
            "text": "All is well",
        }
        assert owner.post(address, sent | TARGET).status_code == 404, address
    assert (Closing.objects.count(), PackSchedule.objects.count()) == (1, 0)
