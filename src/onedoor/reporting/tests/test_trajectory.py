"""Trajectories on the published quarters: the case holds what was published, ranges are drawn and held against the past, and what
an initiative brought is told only where it can be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.accounts.models import OrganisationRelation, Relation
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Role
from onedoor.reporting import published
from onedoor.reporting.charts import said
from onedoor.reporting.improvement import actions as improvement
from onedoor.reporting.improvement import measuring
from onedoor.reporting.improvement import queries as plans
from onedoor.reporting.improvement.measuring import ABOVE, BELOW, CANNOT_TELL, WITHIN, Measured
from onedoor.reporting.levels import Level
from onedoor.reporting.models import Initiative
from onedoor.reporting.published import ALL_SIX, REGISTER
from onedoor.reporting.tables import Table
from onedoor.reporting.trajectory import actions, queries
from onedoor.reporting.trajectory.cases import cases
from onedoor.reporting.trajectory.standing import systems

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[4]
NATIONAL = ROOT / "tests" / "data" / "smi-physical-health-checks.xlsx"
SOUTH_EAST = ROOT / "localities" / "south-east" / "organisations.csv"
TARGET = {
    "baseline": "published:2022-23-Q4", "due_on": "2024-12-31", "more": "2,000", "rate": "60", "basis": "Invented",
}  # fmt: skip
INITIATIVE = {
    "title": "Clinics", "area": "patient", "level": "ics", "window": "0-3", "owner": "Lead", "starts_on": "2021-04-01",
    "measure": "smi_all_six", "expected": "100", "expected_low": "50", "expected_high": "150",
}  # fmt: skip


@pytest.fixture
def bob() -> Access:
    """An analyst of a care system, with all that was published."""
    published.know(rows=accounts.read_organisations(SOUTH_EAST.read_bytes()), by=factories.TEST)
    published.take(content=NATIONAL.read_bytes(), name=NATIONAL.name, by=factories.TEST)
    system = accounts.organisation_by_ods("QU9")
    assert system is not None
    return factories.person(system, Role.ICS_ANALYST)[1]


def test_the_case_holds_what_was_published(bob: Access) -> None:
    (case,) = cases()
    for quarter, register, done in (
        (case.baseline, case.region.register, case.region.done),
        (case.latest, *(case.region.latest or ())),
        (case.due, *case.came),
    ):
        (one,) = published.sums(bob, Level.REGION, first=quarter, last=quarter, codes=["Y59"])
        assert (one.bases[ALL_SIX], one.paired[ALL_SIX]) == (register, done)
    found = {one.code: (one.values[REGISTER], one.values[ALL_SIX]) for one in systems(bob, "Y59", case.baseline)}
    assert found == {one.code: (one.register, one.done) for one in case.members}
    (latest,) = published.sums(bob, Level.ICS, first=case.latest, last=case.latest, codes=["QU9"])
    assert (latest.values[REGISTER], latest.values[ALL_SIX]) == case.members[0].latest


def test_a_range_is_drawn_to_the_day_of_the_target_and_held_against_the_past(bob: Access) -> None:
    with clock.at(datetime(2024, 6, 3, 9, 0, tzinfo=clock.LONDON)):
        (system,) = bob.organisations
        made = actions.set_target(access=bob, organisation_id=system, typed=TARGET, replaces=None)
        assert not made.problems
        before = queries.trajectory(bob)
        assert before is not None
        take(bob, starts_on="2024-05-01")
        view = queries.trajectory(bob)
    assert view is not None
    assert view.coverage is not None
    assert 75 <= view.coverage.of_100 <= 100
    assert view.coverage.ahead == 3
    table, plain = view.charts["ahead"].table, before.charts["ahead"].table
    assert table.rows[-1][0] == "Q3 2024/25"
    low, middle, high = (numbers(table, key)[-1] for key in ("low", "middle", "high"))
    assert low < middle < high
    # What the initiative brings is added to the middle, and its owner's doubt to the width.
    was = numbers(plain, "middle")[-1]
    assert middle > was
    assert high - low > numbers(plain, "high")[-1] - numbers(plain, "low")[-1]
    assert numbers(table, "without")[-1] == was
    # By the day of the target the plan has reached it: by count as a share of today's register, and by rate.
    assert view.now is not None
    share = Decimal(100 * view.asks[0].wanted) / view.now.register
    assert (numbers(table, "plan")[-1], numbers(table, "plan_rate")[-1]) == (share, Decimal(60))
    # At the start both are where it stood.
    at = [str(row[0]) for row in table.rows].index("Q4 2022/23")
    assert {round(numbers(table, key)[0], 6) for key in ("plan", "plan_rate")} == {table.cells("actual")[at]}
    assert [one.words for one in view.charts["ahead"].targets] == ["target 9,441 people", "target 60%"]
    assert "8 in 10" in said(view.charts["ahead"])


def numbers(table: Table, key: str) -> list[Decimal]:
    return [one for one in table.cells(key) if isinstance(one, Decimal)]


def take(
    access: Access, *, whose: int = 0, upto: str = "under_way", typed: Mapping[str, str] | None = None, **changed: str
) -> Initiative:
    (system,) = access.organisations
    made = improvement.propose(
        access=access,
        organisation_id=whose or system,
        typed={**INITIATIVE, **(typed or {}), **changed},
        measures=measuring.MEASURES,
    )
    assert not made.problems
    one = Initiative.objects.latest("pk")
    for to in ("agreed", "under_way"):
        improvement.move(access=access, ref=one.ref, to=to)
        if to == upto:
            break
    return one


def measured(access: Access, one: Initiative) -> Measured:
    return measuring.measured(access, plans.plan(access, ended=True))[one.pk]


@pytest.mark.parametrize(
    ("low", "expected", "high", "verdict", "late"),
    [
        ("50", "100", "150", ABOVE, ()),
        ("400", "500", "600", WITHIN, ()),
        ("550", "600", "700", BELOW, ("Its effect is below what was expected.",)),
        # Without a range, what was expected is the least and the most.
        ("", "515", "", ABOVE, ()),
        ("", "516", "", BELOW, ("Its effect is below what was expected.",)),
    ],
)
def test_what_moved_by_more_than_it_does_by_itself_is_held_against_what_was_expected(
    bob: Access, low: str, expected: str, high: str, verdict: str, late: tuple[str, ...]
) -> None:
    """A care system from 2,923 of 14,514 in Q4 2020/21 to 9,111 of 13,446 three years later. The checks of the last twelve months
    count, all of them at full strength."""
    one = take(bob, expected=expected, expected_low=low, expected_high=high)
    improvement.note(access=bob, ref=one.ref, text="It goes on.")
    (view,), found = measuring.with_measured(bob, plans.plan(bob))
    told = found[one.pk]
    assert (told.change, told.expected, told.verdict) == (6_188, 12 * Decimal(expected), verdict)
    assert told.a_month == Decimal(6_188) / 12
    assert view.exceptions == late


def test_what_moves_as_much_by_itself_is_not_put_down_to_anybody(bob: Access) -> None:
    found = measured(bob, take(bob, starts_on="2022-04-01"))
    assert found.verdict == CANNOT_TELL
    assert "by itself over as long" in found.why
    assert found.change == 9_111 - 5_700


def below(access: Access, code: str = "Y99002") -> int:
    """A practice that stands in the care system of an access."""
    practice = factories.practice(code)
    (system,) = access.organisations
    OrganisationRelation.objects.create(
        organisation=practice, other_id=system, kind=Relation.ICS, starts_on=date(2021, 4, 1)
    )
    return practice.pk


def test_two_at_once_cannot_be_told_apart_though_one_is_of_a_practice_below(bob: Access) -> None:
    one = take(bob)
    assert measured(bob, one).verdict == ABOVE
    other = take(bob, whose=below(bob), title="Letters")
    found = measured(bob, one)
    assert (found.verdict, found.a_month) == (CANNOT_TELL, None)
    assert "cannot be told apart" in found.why
    with clock.at(datetime(2021, 4, 1, 9, 0, tzinfo=clock.LONDON)):
        Initiative.objects.filter(pk=other.pk).update(starts_on=date(2021, 3, 1))
        improvement.move(access=bob, ref=other.ref, to="stopped", why="No money")
    # It worked on the first day of the other, and no longer.
    assert measured(bob, one).verdict == CANNOT_TELL
    Initiative.objects.filter(pk=one.pk).update(starts_on=date(2021, 4, 2))
    assert measured(bob, one).verdict == ABOVE


def test_what_is_agreed_only_works_on_nothing(bob: Access) -> None:
    one = take(bob)
    take(bob, title="Letters", upto="agreed")
    assert measured(bob, one).verdict == ABOVE


def test_one_that_has_ended_is_held_against_the_last_figure_of_its_time(bob: Access) -> None:
    found = measured(bob, take(bob, ends_on="2022-03-31"))
    assert found.end is not None
    assert (found.end.key, found.expected) == ("2021-22-Q4", Decimal(1_100))


def test_one_that_was_stopped_is_held_against_the_last_figure_of_its_time_too(bob: Access) -> None:
    with clock.at(datetime(2022, 3, 31, 9, 0, tzinfo=clock.LONDON)):
        one = take(bob)
        improvement.move(access=bob, ref=one.ref, to="stopped", why="No money")
    found = measured(bob, one)
    assert found.end is not None
    assert (found.end.key, found.expected) == ("2021-22-Q4", Decimal(1_100))


def test_one_that_was_stopped_before_it_was_under_way_has_brought_nothing(bob: Access) -> None:
    one = take(bob, upto="agreed")
    improvement.move(access=bob, ref=one.ref, to="stopped", why="No money")
    assert measured(bob, one).why == "It has not started."


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"measure": "", "expected": "", "expected_low": "", "expected_high": ""}, "Nobody said what it is to bring"),
        ({"starts_on": "2015-01-01"}, "No figure is known of when it started."),
        ({"starts_on": "2024-03-31"}, "No figure is known of since it started."),
        ({"window": "6+", "starts_on": "2023-11-01"}, "had not worked for a month at full strength"),
    ],
)
def test_it_is_said_why_it_cannot_be_told(bob: Access, changed: dict[str, str], why: str) -> None:
    found = measured(bob, take(bob, typed=changed))
    assert found.verdict == CANNOT_TELL
    assert why in found.why


def test_a_page_asks_the_database_as_often_for_ten_below_as_for_two(bob: Access) -> None:
    (system,) = bob.organisations
    actions.set_target(access=bob, organisation_id=system, typed=TARGET, replaces=None)

    def queries_of(codes: range) -> tuple[int, int]:
        for number in codes:
            take(bob, whose=below(bob, f"Y99{number}"), starts_on="2024-05-01")
        counts = []
        for page in (lambda: queries.trajectory(bob), lambda: measuring.measured(bob, plans.plan(bob))):
            page()
            with CaptureQueriesContext(connection) as asked:
                assert page()
            counts.append(len(asked))
        return counts[0], counts[1]

    assert queries_of(range(100, 102)) == queries_of(range(102, 110))


def test_a_plan_that_is_proposed_is_measured_as_not_started(bob: Access) -> None:
    (system,) = bob.organisations
    improvement.propose(access=bob, organisation_id=system, typed=INITIATIVE, measures=measuring.MEASURES)
    assert measured(bob, Initiative.objects.get()).why == "It has not started."
    assert date(2021, 4, 1) == Initiative.objects.get().starts_on
