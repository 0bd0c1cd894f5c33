"""The pages of trajectory, plan and forum, as an analyst of a care system and a manager of a practice use them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.accounts.models import OrganisationRelation, Relation
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Role
from onedoor.kernel.models import AuditEntry
from onedoor.reporting import published
from onedoor.reporting.models import ForumAction, ForumMeeting, Initiative, Milestone, Trajectory

pytestmark = pytest.mark.django_db

SOUTH_EAST = Path(__file__).parents[4] / "localities" / "south-east"
BOB = "QU9"
SEPTEMBER = datetime(2021, 9, 22, 10, 0, tzinfo=clock.LONDON)
INITIATIVE = {
    "title": "Drop-in clinics", "area": "patient", "level": "ics", "window": "0-3", "owner": "Programme lead",
    "starts_on": "2021-09-01", "measure": "smi_all_six", "expected": "90", "expected_low": "60", "expected_high": "120",
}  # fmt: skip


@pytest.fixture
def bob() -> Iterator[Client]:
    """An analyst of Buckinghamshire, Oxfordshire and Berkshire West on the day of the paper, with what was published of the South
    East."""
    with clock.at(SEPTEMBER):
        rows = accounts.read_organisations((SOUTH_EAST / "organisations.csv").read_bytes())
        published.know(rows=rows, by=factories.TEST)
        content = (SOUTH_EAST / "published-smi.csv").read_bytes()
        published.take(content=content, name="published-smi.csv", by=factories.TEST)
        system = accounts.organisation_by_ods(BOB)
        assert system is not None
        yield client_of(factories.person(system, Role.ICS_ANALYST)[0])


def client_of(user: object) -> Client:
    """Signed in as this user."""
    assert isinstance(user, get_user_model())
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def seen(client: Client, name: str, *args: object, status: int = 200, **asked: str) -> str:
    answer = client.get(reverse(name, args=args), asked)
    assert answer.status_code == status
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def set_target(client: Client, **changed: str) -> object:
    typed = {
        "baseline": "published:2020-21-Q4", "due_on": "2022-03-31", "more": "2,957", "rate": "40",
        "basis": "As the paper prints it", "replaces": "",
    }  # fmt: skip
    return client.post(f"{reverse('reports_trajectory')}?of={BOB}", typed | changed, follow=True)


def test_what_seed_003_asked_of_a_month(bob: Client) -> None:
    """product-map.md T7: from the day it was said there were seven months, and neither target asks 246 of each."""
    assert "has no target" in seen(bob, "reports_trajectory")
    set_target(bob)
    page = seen(bob, "reports_trajectory")
    assert "320 a month by count, 317 a month by rate" in page
    for words in ("24.9%", "3,642", "14,639", "7 months left", "not known", "our record has"):
        assert words in page
    assert "follows neither from the register (3,125), nor from what is lacking (2,875), nor from 40%" in page
    csv = bob.get(reverse("reports_trajectory"), {"of": BOB, "as": "csv", "table": "asks"}).content.decode()
    assert "2238" in csv
    assert "320" in csv
    # A quarter of its way: 2,923 and 739 of 2,957; 20.1% and a quarter of what 40% lack, of today's register.
    assert "3662" in csv
    assert "3675" in csv
    assert "Planned by then" in seen(bob, "reports_exceptions", of=BOB)
    (one,) = Trajectory.objects.all()
    assert (one.baseline_numerator, one.baseline_denominator, one.rate) == (2_923, 14_514, Decimal(40))


def test_a_target_is_ended_and_not_overwritten(bob: Client) -> None:
    set_target(bob)
    first = Trajectory.objects.get()
    set_target(bob, replaces=str(first.ref), more="", rate="60", basis="National standard")
    stale = set_target(bob, replaces=str(first.ref), more="1")
    assert stale.status_code == 409  # type: ignore[attr-defined]
    page = seen(bob, "reports_trajectory")
    assert "60% of the register" in page
    assert "Targets of before" in page
    first.refresh_from_db()
    assert (first.more, first.ended_at is None) == (2_957, False)
    assert Trajectory.objects.filter(ended_at=None).count() == 1
    bob.post(reverse("reports_target_end", args=[Trajectory.objects.get(ended_at=None).ref]), {"of": BOB})
    assert not Trajectory.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"baseline": "published:2019-20-Q1"}, "Choose the period from which it starts."),
        ({"due_on": "2021-02-01"}, "It lies before the end of Q4 2020/21"),
        ({"due_on": "31 March"}, "Choose the day by which it is to be reached."),
        ({"more": "many"}, "Write a whole number of people"),
        ({"more": "0"}, "Write a whole number of people"),
        ({"more": "", "rate": ""}, "Write a count, a rate or both."),
        ({"rate": "140"}, "Write a share in per cent"),
        ({"basis": " "}, "Write where the target comes from"),
    ],
)
def test_what_is_faulty_is_said_beside_it_and_what_was_typed_stays(
    bob: Client, changed: dict[str, str], says: str
) -> None:
    answer = set_target(bob, **changed)
    content = answer.content.decode()  # type: ignore[attr-defined]
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert content.count(says) == 2
    assert changed.get("basis", "As the paper prints it") in content
    assert not Trajectory.objects.exists()


def test_the_case_met_its_count_and_missed_its_rate(bob: Client) -> None:
    page = seen(bob, "reports_trajectory_case", "south-east-2021")
    for words in ("26,936", "38.0%", "met", "missed", "14,963 more people", "9.0%", "246", "320", "317", "2,957"):
        assert words in page
    seen(bob, "reports_trajectory_case", "no-such", status=404)


def test_from_the_menu_to_done(bob: Client) -> None:
    assert "Nothing is in the plan." in seen(bob, "reports_plan")
    assert "Drop-in clinics" in seen(bob, "reports_plan_menu")
    bob.post(reverse("reports_plan_menu"), {"key": "drop-in-clinics"})
    bob.post(reverse("reports_plan_menu"), {"key": "drop-in-clinics"})
    assert bob.post(reverse("reports_plan_menu"), {"key": "no-such"}).status_code == 404
    one = Initiative.objects.get()
    assert "Say first who owns it and when it starts." in seen(bob, "reports_initiative", one.ref)
    change = reverse("reports_initiative_edit", args=[one.ref])
    answer = bob.post(change, {**INITIATIVE, "version": "1", "expected": "1000"})
    assert answer.status_code == 422
    assert "It lies outside of what is said" in answer.content.decode()
    bob.post(change, {**INITIATIVE, "version": "1"})
    mine = {**INITIATIVE, "version": "1", "owner": "Mine", "window": "6+"}
    stale = bob.post(change, mine)
    page = stale.content.decode()
    assert stale.status_code == 409
    assert "has saved it meanwhile. What differs is marked" in page
    assert 'value="Mine"' in page
    assert "Owner: now Programme lead" in page
    assert "Effect within: now 0 to 3 months" in page
    (version,) = re.findall(r'name="version" value="(\d+)"', page)
    assert bob.post(change, {**mine, "version": version}).status_code == 302
    one.refresh_from_db()
    assert one.owner == "Mine"
    move = reverse("reports_initiative_move", args=[one.ref])
    for to in ("agreed", "under_way"):
        bob.post(move, {"to": to})
    add = reverse("reports_milestone_add", args=[one.ref])
    bob.post(add, {"title": "First clinic", "due_on": "2021-09-15"})
    bob.post(add, {"title": "Never", "due_on": "soon"})
    page = seen(bob, "reports_plan")
    assert "1 of 1 initiative needs a word" in page
    assert "A milestone is overdue." in page
    refused = bob.post(move, {"to": "done"}, follow=True).content.decode()
    assert "Finish or drop its milestones that are overdue first." in refused
    end = reverse("reports_milestone_end", args=[one.ref, Milestone.objects.get().ref])
    assert "Say why" in bob.post(end, {"how": "drop"}, follow=True).content.decode()
    bob.post(end, {"how": "done"})
    bob.post(reverse("reports_initiative_note", args=[one.ref]), {"text": "Eleven came to the first."})
    page = seen(bob, "reports_initiative", one.ref)
    for words in ("Expected: 90 more people a month", "Measured: cannot tell", "Eleven came", "First clinic"):
        assert words in page
    page = seen(bob, "reports_highlights")
    for words in ("What moved", "Under way", "Milestones reached", "First clinic"):
        assert words in page
    bob.post(move, {"to": "done"})
    assert "Nothing is in the plan." in seen(bob, "reports_plan")
    assert "Drop-in clinics" in seen(bob, "reports_plan", state="ended")


def test_a_plan_is_narrowed_and_taken_along(bob: Client) -> None:
    bob.post(reverse("reports_plan_new"), INITIATIVE)
    bob.post(reverse("reports_plan_new"), {**INITIATIVE, "title": "Training", "area": "resource"})
    assert "Training" not in seen(bob, "reports_plan", area="patient")
    assert "None of 2 initiatives fits." in seen(bob, "reports_plan", level="practice")
    assert "None of 2 initiatives fits." in seen(bob, "reports_plan", state="exceptions")
    seen(bob, "reports_plan", status=404, of="Y59")
    csv = bob.get(reverse("reports_plan"), {"area": "resource", "as": "csv", "table": "plan"}).content.decode()
    assert "Training" in csv
    assert "Drop-in" not in csv
    book = bob.get(reverse("reports_exceptions"), {"as": "xlsx"})
    assert book.status_code == 200
    wrong = bob.post(reverse("reports_plan_new"), {**INITIATIVE, "title": ""})
    assert wrong.status_code == 422
    assert "Write what it is called." in wrong.content.decode()


def test_a_forum_goes_through_what_is_late(bob: Client) -> None:
    page = bob.post(reverse("reports_forum"), {"on": "2021-09-22"}, follow=True).content.decode()
    assert "Nothing yet." in page
    held = ForumMeeting.objects.get()
    decide = reverse("reports_forum_decide", args=[held.ref])
    said = {"text": "Find a room", "owner": "Programme lead", "due_on": "2021-10-01", "initiative": ""}
    bob.post(decide, said)
    bob.post(decide, {**said, "text": ""})
    bob.post(decide, {**said, "due_on": "later"})
    bob.post(reverse("reports_forum_minutes", args=[held.ref]))
    refused = bob.post(decide, said, follow=True).content.decode()
    assert "The minutes of this meeting are finished." in refused
    with clock.at(datetime(2021, 10, 20, 10, 0, tzinfo=clock.LONDON)):
        assert "1 thing for the forum" in seen(bob, "reports_forum")
        assert "Find a room" in seen(bob, "reports_exceptions", of=BOB)
        bob.post(reverse("reports_forum_done", args=[ForumAction.objects.get().ref]))
        assert "all is as planned" in seen(bob, "reports_forum")
    assert ForumAction.objects.get().done_on == date(2021, 10, 20)


def test_nobody_of_another_organisation_sees_or_writes_a_plan(bob: Client) -> None:
    set_target(bob)
    bob.post(reverse("reports_plan_new"), INITIATIVE)
    bob.post(reverse("reports_forum"), {"on": "2021-09-22"})
    initiative, target, held = Initiative.objects.get(), Trajectory.objects.get(), ForumMeeting.objects.get()
    other = factories.practice("Y99077", "Harbour Surgery")
    manager = client_of(factories.person(other, Role.PRACTICE_MANAGER)[0])
    before = AuditEntry.objects.count()
    for name, args in (
        ("reports_target_end", [target.ref]),
        ("reports_initiative_move", [initiative.ref]),
        ("reports_initiative_note", [initiative.ref]),
        ("reports_initiative_edit", [initiative.ref]),
        ("reports_milestone_add", [initiative.ref]),
        ("reports_forum_decide", [held.ref]),
        ("reports_forum_minutes", [held.ref]),
    ):
        said = {
            "to": "stopped",
            "why": "Mine now",
            "text": "Mine",
            "title": "Mine",
            "owner": "Me",
            "due_on": "2030-01-01",
        }
        assert manager.post(reverse(name, args=args), said).status_code == 404, name
    for name in ("reports_trajectory", "reports_plan", "reports_plan_menu", "reports_forum", "reports_highlights"):
        seen(manager, name, status=404, of=BOB)
    seen(manager, "reports_initiative", initiative.ref, status=404)
    assert "Drop-in" not in seen(manager, "reports_plan")
    assert manager.post(f"{reverse('reports_trajectory')}?of={BOB}", {}).status_code == 404
    assert AuditEntry.objects.count() == before


def test_a_practice_below_is_seen_from_above(bob: Client) -> None:
    system = accounts.organisation_by_ods(BOB)
    assert system is not None
    practice = factories.practice("Y99077", "Harbour Surgery")
    OrganisationRelation.objects.create(
        organisation=practice, other=system, kind=Relation.ICS, starts_on=date(2020, 4, 1)
    )
    manager, access = factories.person(practice, Role.PRACTICE_MANAGER)
    assert isinstance(access, Access)
    client_of(manager).post(reverse("reports_plan_new"), {**INITIATIVE, "level": "practice"})
    assert "Harbour Surgery" in seen(bob, "reports_plan")


def test_a_plan_asks_the_database_as_often_for_thirty_as_for_three(bob: Client) -> None:
    def queries_of(many: int) -> int:
        for number in range(Initiative.objects.count(), many):
            bob.post(
                reverse("reports_plan_new"), {**INITIATIVE, "title": f"Clinic {number}", "starts_on": "2021-04-01"}
            )
        for one in Initiative.objects.filter(state="proposed"):
            for to in ("agreed", "under_way"):
                bob.post(reverse("reports_initiative_move", args=[one.ref]), {"to": to})
        seen(bob, "reports_plan")
        with CaptureQueriesContext(connection) as asked:
            assert f"{many} initiatives" in seen(bob, "reports_plan")
        return len(asked)

    assert queries_of(3) == queries_of(30)
