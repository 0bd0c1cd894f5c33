"""A plan: what an initiative needs before it moves, for what it comes before the forum, and who may write it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from onedoor import factories
from onedoor.accounts.models import OrganisationRelation, Relation
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.reporting.improvement import actions, forms, queries, rules
from onedoor.reporting.improvement.menu import menu
from onedoor.reporting.improvement.rules import MOVES, RATINGS, STATES, WINDOWS, Standing
from onedoor.reporting.models import ForumAction, Initiative, InitiativeHistory, Milestone

TODAY = date(2026, 12, 7)
MEASURES = {"smi_all_six": "All six checks"}
SOUND = {"title": "Drop-in clinics", "area": "patient", "level": "ics", "window": "0-3"}


def standing(state: str = "under_way", **changed: object) -> Standing:
    usual: dict[str, object] = {
        "owner": "Lead of the programme", "starts_on": TODAY - timedelta(30), "ends_on": None, "said_on": TODAY,
        "overdue_milestones": 0,
    }  # fmt: skip
    return Standing(state, **{**usual, **changed})  # type: ignore[arg-type]


# Rules


def test_no_state_is_without_a_name_and_none_leads_back() -> None:
    assert set(MOVES) == set(STATES)
    order = list(STATES)
    assert all(order.index(to) > order.index(here) for here, moves in MOVES.items() for to in moves)


@pytest.mark.parametrize(
    ("here", "to", "changed", "why", "says"),
    [
        ("proposed", "agreed", {}, "", ""),
        ("proposed", "agreed", {"owner": ""}, "", "Say first who owns it and when it starts."),
        ("proposed", "agreed", {"starts_on": None}, "", "Say first who owns it and when it starts."),
        ("proposed", "under_way", {}, "", "It is proposed and cannot become under way."),
        ("agreed", "under_way", {}, "", ""),
        ("under_way", "done", {}, "", ""),
        ("under_way", "done", {"overdue_milestones": 1}, "", "Finish or drop its milestones that are overdue first."),
        ("under_way", "stopped", {}, "  ", "Say why it is stopped."),
        ("under_way", "stopped", {}, "No money", ""),
        ("done", "under_way", {}, "", "It is done and cannot become under way."),
        ("stopped", "proposed", {}, "Money again", "It is stopped and cannot become proposed."),
        ("proposed", "nonsense", {}, "", "It is proposed and cannot become nonsense."),
    ],
)
def test_what_an_initiative_needs_before_it_moves(
    here: str, to: str, changed: dict[str, object], why: str, says: str
) -> None:
    assert rules.cannot_move(to, standing(here, **changed), why) == says


@pytest.mark.parametrize(
    ("state", "changed", "says"),
    [
        ("under_way", {}, ()),
        ("proposed", {"owner": "", "said_on": TODAY - timedelta(300)}, ()),
        ("agreed", {}, ("It should have started.",)),
        ("agreed", {"starts_on": TODAY}, ()),
        ("under_way", {"ends_on": TODAY - timedelta(1)}, ("Its end has passed.",)),
        ("under_way", {"ends_on": TODAY}, ()),
        ("under_way", {"overdue_milestones": 1}, ("A milestone is overdue.",)),
        ("under_way", {"overdue_milestones": 3}, ("3 milestones are overdue.",)),
        ("under_way", {"owner": ""}, ("Nobody owns it.",)),
        ("under_way", {"said_on": TODAY - timedelta(35)}, ()),
        ("under_way", {"said_on": TODAY - timedelta(36)}, ("Nobody has said anything of it for five weeks.",)),
        ("under_way", {"below": True}, ("Its effect is below what was expected.",)),
        ("done", {"ends_on": TODAY - timedelta(9), "overdue_milestones": 2, "owner": ""}, ()),
        ("stopped", {"ends_on": TODAY - timedelta(9)}, ()),
    ],
)
def test_for_what_an_initiative_comes_before_the_forum(
    state: str, changed: dict[str, object], says: tuple[str, ...]
) -> None:
    assert rules.exceptions(standing(state, **changed), TODAY) == says


@pytest.mark.parametrize(
    ("changed", "problems"),
    [
        ({}, set()),
        ({"title": " "}, {"title"}),
        ({"title": "x" * 161}, {"title"}),
        ({"area": "magic"}, {"area"}),
        ({"window": ""}, {"window"}),
        ({"ease": "easy"}, {"ease"}),
        ({"starts_on": "2026-02-30"}, {"starts_on"}),
        ({"starts_on": "2026-12-07", "ends_on": "2026-12-06"}, {"ends_on"}),
        ({"expected": "12"}, {"measure"}),
        ({"expected": "twelve", "measure": "smi_all_six"}, {"expected"}),
        ({"expected": "0", "measure": "smi_all_six"}, {"expected"}),
        ({"expected": "-5", "expected_low": "-9", "expected_high": "9", "measure": "smi_all_six"}, {"expected"}),
        ({"expected": "1e99", "measure": "smi_all_six"}, {"expected"}),
        ({"expected": "NaN", "measure": "smi_all_six"}, {"expected"}),
        ({"expected": "12.5", "expected_low": "5", "measure": "smi_all_six"}, {"expected_low"}),
        ({"expected_low": "5", "expected_high": "9"}, {"expected"}),
        ({"expected": "12", "expected_low": "13", "expected_high": "20", "measure": "smi_all_six"}, {"expected"}),
        ({"expected": "1,200", "expected_low": "900", "expected_high": "1500", "measure": "smi_all_six"}, set()),
        ({"measure": "nothing"}, {"measure"}),
    ],
)
def test_what_is_typed_is_read_with_a_word_for_each_fault(changed: dict[str, str], problems: set[str]) -> None:
    assert set(forms.read({**SOUND, **changed}, MEASURES).problems) == problems


def test_the_menu_has_what_the_rules_know() -> None:
    keys = [entry.key for entry in menu()]
    assert len(set(keys)) == len(keys) == 21
    for entry in menu():
        assert entry.area in rules.AREAS
        assert entry.window in WINDOWS
        assert {entry.ease, entry.impact} <= {"", *RATINGS}
        assert entry.level in rules.LEVELS


# The plan


@pytest.fixture
def town(db: None) -> tuple[Access, Access, int, int, int]:
    """An analyst of a system and a manager of its practice, with the keys of the system, the practice, and another practice."""
    clock.set_clock(at=datetime(2026, 12, 7, 9, tzinfo=UTC), rate=0.0)
    system, practice, other = (factories.practice(code, code) for code in ("Y99930", "Y99002", "Y99003"))
    OrganisationRelation.objects.create(
        organisation=practice, other=system, kind=Relation.ICS, starts_on=date(2024, 4, 1)
    )
    _, analyst = factories.person(system, Role.ICS_ANALYST)
    _, manager = factories.person(practice, Role.PRACTICE_MANAGER)
    return analyst, manager, system.pk, practice.pk, other.pk


def proposed(access: Access, organisation_id: int, **typed: str) -> UUID:
    found = actions.propose(access=access, organisation_id=organisation_id, typed={**SOUND, **typed}, measures=MEASURES)
    assert not found.problems
    return found.values["ref"]  # type: ignore[return-value]


def test_a_plan_from_the_menu_to_its_end(town: tuple[Access, Access, int, int, int]) -> None:
    analyst, _, system, _, _ = town
    ref = actions.take_from_menu(access=analyst, organisation_id=system, key="drop-in-clinics").ref
    assert actions.take_from_menu(access=analyst, organisation_id=system, key="drop-in-clinics").ref == ref
    with pytest.raises(actions.Refused, match="who owns it"):
        actions.move(access=analyst, ref=ref, to="agreed")
    typed = {**SOUND, "owner": "Lead of the programme", "starts_on": "2026-12-01"}
    assert not actions.change(access=analyst, ref=ref, version=1, typed=typed, measures=MEASURES).problems
    actions.move(access=analyst, ref=ref, to="agreed")
    (one,) = queries.plan(analyst, system)
    assert one.exceptions == ("It should have started.",)
    actions.move(access=analyst, ref=ref, to="under_way")
    actions.add_milestone(access=analyst, ref=ref, title="First clinic", due_on=date(2026, 12, 1))
    (one,) = queries.plan(analyst, system)
    assert one.exceptions == ("A milestone is overdue.",)
    with pytest.raises(actions.Refused, match="overdue"):
        actions.move(access=analyst, ref=ref, to="done")
    assert one.next_milestone is not None
    assert actions.end_milestone(access=analyst, ref=ref, milestone=one.next_milestone.ref)
    assert not actions.end_milestone(access=analyst, ref=ref, milestone=one.next_milestone.ref)
    actions.move(access=analyst, ref=ref, to="done")
    assert queries.plan(analyst, system) == []
    assert len(queries.plan(analyst, system, ended=True)) == 1
    states = InitiativeHistory.objects.order_by("pk").values_list("to_state", flat=True)
    assert list(states) == ["proposed", "agreed", "under_way", "done"]
    with pytest.raises(actions.Refused, match="stays as it is"):
        actions.change(access=analyst, ref=ref, version=2, typed=typed, measures=MEASURES)


def test_nobody_overwrites_unseen(town: tuple[Access, Access, int, int, int]) -> None:
    analyst, _, system, _, _ = town
    ref = proposed(analyst, system)
    actions.change(access=analyst, ref=ref, version=1, typed={**SOUND, "title": "First"}, measures=MEASURES)
    with pytest.raises(actions.Overtaken):
        actions.change(access=analyst, ref=ref, version=1, typed={**SOUND, "title": "Second"}, measures=MEASURES)
    assert Initiative.objects.get().title == "First"


def test_what_is_faulty_is_not_saved(town: tuple[Access, Access, int, int, int]) -> None:
    analyst, _, system, _, _ = town
    ref = proposed(analyst, system)
    found = actions.change(access=analyst, ref=ref, version=1, typed={**SOUND, "area": ""}, measures=MEASURES)
    assert set(found.problems) == {"area"}
    assert Initiative.objects.get().version == 1


def test_a_plan_is_written_by_whoever_sees_its_figures(town: tuple[Access, Access, int, int, int]) -> None:
    analyst, manager, system, practice, other = town
    below = proposed(manager, practice)
    assert [one.initiative.ref for one in queries.plan(analyst)] == [below]
    above = proposed(analyst, system)
    assert [one.initiative.ref for one in queries.plan(manager)] == [below]
    for access, organisation_id in ((manager, system), (manager, other), (analyst, other)):
        with pytest.raises(NotPermitted):
            proposed(access, organisation_id)
    with pytest.raises(NotPermitted):
        actions.note(access=manager, ref=above, text="Not mine")
    with pytest.raises(Initiative.DoesNotExist):
        queries.initiative(manager, above)
    with pytest.raises(KeyError):
        queries.agenda(manager, system)
    with pytest.raises(KeyError):
        actions.take_from_menu(access=analyst, organisation_id=system, key="no-such")


def test_a_meeting_goes_through_what_is_late_first(town: tuple[Access, Access, int, int, int]) -> None:
    analyst, _, system, _, _ = town
    late, fine = proposed(analyst, system, owner="A", starts_on="2026-12-01"), proposed(analyst, system)
    actions.move(access=analyst, ref=late, to="agreed")
    first = actions.plan_meeting(access=analyst, organisation_id=system, on=date(2026, 11, 2))
    assert actions.plan_meeting(access=analyst, organisation_id=system, on=date(2026, 11, 2)) == first
    actions.decide(
        access=analyst, meeting=first.ref, text="Find a room", owner="B", due_on=date(2026, 11, 30), initiative=late
    )
    with pytest.raises(actions.Refused, match="who does it"):
        actions.decide(access=analyst, meeting=first.ref, text="Nobody's", owner=" ", due_on=date(2026, 11, 30))
    assert actions.finish_minutes(access=analyst, meeting=first.ref)
    assert not actions.finish_minutes(access=analyst, meeting=first.ref)
    with pytest.raises(actions.Refused, match="finished"):
        actions.decide(access=analyst, meeting=first.ref, text="Later", owner="B", due_on=date(2026, 11, 30))
    second = actions.plan_meeting(access=analyst, organisation_id=system, on=TODAY)
    agenda = queries.agenda(analyst, system, second.ref)
    assert [one.text for one in agenda.overdue] == ["Find a room"]
    assert [one.initiative.ref for one in agenda.exceptions] == [late]
    assert [one.initiative.ref for one in agenda.others] == [fine]
    action = ForumAction.objects.get()
    assert actions.finish_action(access=analyst, action=action.ref)
    assert not actions.finish_action(access=analyst, action=action.ref)
    assert queries.agenda(analyst, system, second.ref).overdue == []


@pytest.mark.parametrize("many", [10, 100])
def test_reading_a_plan_asks_as_often_for_a_hundred_as_for_ten(
    many: int, town: tuple[Access, Access, int, int, int], django_assert_num_queries: object
) -> None:
    analyst, _, system, _, _ = town
    proposed(analyst, system)
    one = Initiative.objects.get()
    for number in range(1, many):
        one.pk, one.ref, one.title = None, uuid4(), f"Initiative {number}"
        one.save(force_insert=True)
        Milestone.objects.create(initiative=one, title="First", due_on=TODAY)
    with django_assert_num_queries(5):  # type: ignore[operator]
        assert len(queries.plan(analyst, system)) == many
