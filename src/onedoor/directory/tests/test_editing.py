"""A service changed on a page: what it was before is kept with its day, and a file does not undo it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedoor.accounts.api import organisation_by_ods
from onedoor.directory import api as directory
from onedoor.directory import rules
from onedoor.directory.editing import EditedMeanwhile, ask_for_checks
from onedoor.directory.tests.factories import ROWS, services
from onedoor.factories import TEST, person, practice
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.actor import Actor
from onedoor.tasks.models import Task

NOVEMBER = datetime(2026, 11, 3, 9, 0, tzinfo=clock.LONDON)
FILE = "\n".join(ROWS)


def again(text: str = FILE, *, overrule: bool = False) -> directory.Brought:
    return directory.take_services(rows=directory.read_services(text.encode()), by=TEST, overrule=overrule)


def card(slug: str = "joints") -> directory.Card:
    found = directory.card(slug)
    assert found is not None
    return found


def manager() -> Actor:
    community = organisation_by_ods("Y99900")
    assert community is not None
    return person(community, Role.PRACTICE_MANAGER)[1].actor


@pytest.mark.django_db
def test_criteria_are_known_as_they_stood_on_any_past_day() -> None:
    with clock.at(NOVEMBER - timedelta(days=60)):
        keys = services()
    with clock.at(NOVEMBER):
        directory.edit_service(service_id=keys["joints"], changes={"ages_from": 18, "refers": ["gp"]}, by=TEST)
    with clock.at(NOVEMBER + timedelta(days=20)):
        directory.edit_service(service_id=keys["joints"], changes={"triage_hours": 72}, by=TEST)
    said = [
        (found.ages, found.refers, found.triage_hours, found.since)
        for days in (-30, 1, 30)
        if (found := directory.criteria_at(keys["joints"], NOVEMBER + timedelta(days=days)))
    ]
    third = date(2026, 11, 3)
    assert said == [
        ("16 and over", ("gp", "nurse", "patient"), 48, {}),
        ("18 and over", ("gp",), 48, {"ages": third, "refers": third}),
        ("18 and over", ("gp",), 72, {"ages": third, "refers": third, "clocks": date(2026, 11, 23)}),
    ]
    before = directory.criteria_at(keys["joints"], NOVEMBER - timedelta(days=600))
    assert before is not None
    assert before.ages == "16 and over"
    assert directory.criteria_at(0, NOVEMBER) is None
    assert [(one.what, one.before, one.after) for one in directory.history(keys["joints"])] == [
        ("Hours for triage", "48", "72"),
        ("Ages", "16 and over", "18 and over"),
        ("Who may refer", "a GP, a nurse, you yourself", "a GP"),
    ]


@pytest.mark.django_db
def test_a_file_does_not_undo_a_page_silently() -> None:
    keys = services()
    by = manager()
    directory.edit_service(service_id=keys["joints"], changes={"phone": "01632 960999"}, by=by)
    brought = again()
    assert (brought.changed, card().phone) == (0, "01632 960999")
    (differs,) = brought.differs
    assert (differs.slug, differs.what, differs.stands, differs.there) == (
        "joints",
        "Telephone",
        "01632 960999",
        "01632 960101",
    )
    assert (differs.since, differs.by) == (clock.today(), by.label)
    # What nobody changed on a page is the file's to change.
    assert again(FILE.replace("Adults whose joints hurt.", "For joints.")).changed == 1
    assert (card().summary, card().phone) == ("For joints.", "01632 960999")
    assert again(overrule=True).differs == ()
    assert card().phone == "01632 960101"
    assert again().differs == ()


@pytest.mark.django_db
def test_a_file_says_nothing_of_columns_that_it_has_not() -> None:
    keys = services()
    directory.edit_service(service_id=keys["joints"], changes={"criteria": "Not after an operation."}, by=TEST)
    assert again().differs == ()
    assert card().criteria == "Not after an operation."


@pytest.mark.django_db
def test_places_each_with_their_own_hours() -> None:
    keys = services()
    row = directory.PlaceRow("Mill House", "1 Mill Lane", "ZZ3 1AA", True, "Free", rules.read_hours("Tue 09:00-12:00"))
    ref = directory.set_place(service_id=keys["joints"], row=row, by=TEST)
    main, mill = card().places
    assert (main.postcode, main.own_hours, main.step_free) == ("ZZ1 1AA", False, None)
    assert (mill.called, mill.hours, mill.step_free, mill.own_hours) == (
        "Mill House",
        (("Tuesday", "9am to midday"),),
        True,
        True,
    )
    with clock.at(datetime(2026, 12, 7, 10, 0, tzinfo=clock.LONDON)):  # a Monday
        said = [place.opening for place in card().places]
    assert said == ["Open now, until 6pm", "Closed now. Opens tomorrow at 9am"]
    with pytest.raises(directory.PlaceTaken):
        directory.set_place(service_id=keys["joints"], row=row, by=TEST)
    directory.end_place(service_id=keys["joints"], ref=ref, by=TEST)
    assert len(card().places) == 1
    assert [one.what for one in directory.history(keys["joints"])] == ["Places", "Places"]
    assert [one.what for one in again().differs] == []


@pytest.mark.django_db
def test_a_file_brings_several_places_of_a_service() -> None:
    header = "slug,name,provider_ods,provider,summary,site,address,postcode,step_free,hours"
    first = "joints,Joints,Y99900,Wexcombe,For joints.,Brook Street,2 Brook Street,ZZ1 1AA,yes,Mon-Fri 08:00-18:00"
    more = "joints,,,,,Mill House,,ZZ3 1AA,no,Tue 09:00-12:00"
    again("\n".join([header, first, more]))
    assert [(p.name, p.postcode, p.step_free, p.own_hours) for p in card().places] == [
        ("Brook Street", "ZZ1 1AA", True, False),
        ("Mill House", "ZZ3 1AA", False, True),
    ]
    assert again("\n".join([header, first, more])).same == 1
    again("\n".join([header, first]))
    assert [p.name for p in card().places] == ["Brook Street"]
    for wrong in (more + "\n" + more, "joints,,,,Twice.,Mill House,,ZZ3 1AA,no,"):
        with pytest.raises(directory.FaultyFile):
            directory.read_services("\n".join([header, first, wrong]).encode())


@pytest.mark.django_db
def test_of_two_who_change_a_page_at_once_one_is_told() -> None:
    keys = services()
    seen = card().edition
    directory.edit_service(service_id=keys["joints"], changes={"summary": "One."}, seen_edition=seen, by=TEST)
    with pytest.raises(EditedMeanwhile):
        directory.edit_service(service_id=keys["joints"], changes={"summary": "Two."}, seen_edition=seen, by=TEST)
    assert card().summary == "One."


@pytest.mark.django_db
def test_another_organisation_s_staff_change_nothing() -> None:
    keys = services()
    by = person(practice(), Role.PRACTICE_MANAGER)[1].actor
    ref = card().places[0].ref
    for refused in (
        lambda: directory.edit_service(service_id=keys["joints"], changes={"summary": "x"}, by=by),
        lambda: directory.set_place(service_id=keys["joints"], row=directory.PlaceRow("x"), by=by),
        lambda: directory.end_place(service_id=keys["joints"], ref=ref, by=by),
        lambda: directory.verify_service(service_id=keys["joints"], by=by),
    ):
        with pytest.raises(NotPermitted):
            refused()
    assert directory.edit_service(service_id=keys["joints"], changes={"summary": "x"}, by=manager()) == ("summary",)


@pytest.mark.django_db
def test_what_nobody_has_checked_for_long_is_asked_for_once_until_somebody_has() -> None:
    keys = services()
    access = Access.system("test")
    directory.verify_service(service_id=keys["joints"], by=manager())
    assert ask_for_checks(access=access) == 0
    with clock.at(clock.now() + rules.CHECKED_FOR + timedelta(days=2)):
        assert card().stale
        assert (ask_for_checks(access=access), ask_for_checks(access=access)) == (1, 0)
        directory.verify_service(service_id=keys["joints"], by=manager())
        assert not card().stale
        assert Task.objects.get().state == "withdrawn"


_TIMES = st.sampled_from(["08:00", "09:30", "12:00", "17:45", "00:00"])


@given(st.sets(st.tuples(st.integers(0, 6), _TIMES, _TIMES), max_size=8))
def test_hours_as_they_are_written_are_read_back(rows: set[tuple[int, str, str]]) -> None:
    text = "; ".join(f"{rules.DAYS[day]} {opens}-{closes}" for day, opens, closes in sorted(rows))
    hours = rules.read_hours(text)
    assert set(rules.read_hours(rules.hours_written(hours))) == set(hours)
