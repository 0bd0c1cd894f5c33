"""Who may act for a patient, by age, basis and day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedoor.kernel.access import Part
from onedoor.patients import rules

TODAY = date(2026, 12, 7)
ADULT, CHILD, TEEN, SIXTEEN = date(1980, 5, 1), date(2016, 3, 4), date(2012, 3, 4), date(2010, 3, 4)
CARE = frozenset({Part.CARE})


def wish(**more: object) -> rules.Wish:
    """A carer with an adult's consent, who may see what is ahead until summer."""
    usual: dict[str, object] = {
        "basis": "consent",
        "relationship": "carer",
        "parts": CARE,
        "starts_on": TODAY,
        "ends_on": date(2027, 6, 1),
        "agreed_by": "the patient, at the desk",
        "child": "",
        "checked": ("photo", "address"),
    }
    return rules.Wish(**{**usual, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("born_on", "more", "says"),
    [
        (ADULT, {}, ""),
        (ADULT, {"ends_on": None}, ""),
        (ADULT, {"basis": "lpa_health"}, ""),
        (ADULT, {"basis": "parental"}, "From 16"),
        (ADULT, {"basis": "because"}, "on which basis"),
        (ADULT, {"relationship": "neighbour's cat"}, "who they are"),
        (ADULT, {"parts": frozenset()}, "Choose what"),
        (ADULT, {"parts": frozenset({Part.PRIVATE})}, "Choose what"),
        (ADULT, {"parts": frozenset({Part.CHANGES})}, "choose both"),
        (ADULT, {"agreed_by": " "}, "who agreed"),
        (ADULT, {"checked": ("photo",)}, "two points"),
        (ADULT, {"checked": ("photo", "photo")}, "two points"),
        (ADULT, {"checked": ("photo", "a feeling")}, "two points"),
        (ADULT, {"ends_on": TODAY}, "past"),
        (SIXTEEN, {}, ""),
        (SIXTEEN, {"basis": "lpa_health"}, "18 or more"),
        (CHILD, {}, "parent or guardian"),
        (CHILD, {"basis": "parental"}, ""),
        (CHILD, {"basis": "parental", "ends_on": None}, "last day is needed: at the latest 03/03/2029"),
        (CHILD, {"basis": "parental", "ends_on": date(2029, 3, 4)}, ""),
        (
            CHILD,
            {"basis": "parental", "ends_on": date(2029, 3, 5)},
            "03/03/2029 at the latest. The next day they are 13",
        ),
        (TEEN, {"basis": "parental"}, "asked first"),
        (TEEN, {"basis": "parental", "child": "agrees"}, ""),
        (TEEN, {"basis": "parental", "child": "not_competent"}, ""),
        (TEEN, {"basis": "parental", "child": "refuses"}, "does not agree"),
        (TEEN, {"basis": "consent", "child": "agrees"}, ""),
        (TEEN, {"basis": "consent", "child": "not_competent"}, "asked first"),
        (TEEN, {"basis": "parental", "child": "agrees", "ends_on": None}, "at the latest 03/03/2028"),
        (TEEN, {"basis": "parental", "child": "agrees", "parts": CARE | {Part.PRIVATE}}, "13 to 15"),
    ],
)
def test_what_can_be_recorded(born_on: date, more: dict[str, object], says: str) -> None:
    refused = rules.refusal(wish(**more), born_on)
    assert says in refused
    assert bool(refused) == bool(says)


@given(
    born_on=st.dates(date(1930, 1, 1), TODAY),
    basis=st.sampled_from(sorted(rules.BASES)),
    child=st.sampled_from(["", *rules.CHILD]),
    days=st.none() | st.integers(1, 9_000),
    later=st.integers(0, 9_000),
)
def test_what_was_recorded_of_a_child_ends_by_its_date_before_its_age_does(
    born_on: date, basis: str, child: str, days: int | None, later: int
) -> None:
    ends_on = TODAY + timedelta(days=days) if days is not None else None
    if rules.refusal(wish(basis=basis, child=child, ends_on=ends_on), born_on):
        return
    on = TODAY + timedelta(days=later)
    if ends_on is None or on < ends_on:
        assert rules.may_stand(basis, child, born_on, on) or on >= rules.birthday(born_on, rules.OWN_AT)
    child_now = rules.birthday(born_on, rules.OWN_AT) > TODAY
    assert not child_now or (ends_on is not None and ends_on <= rules.birthday(born_on, rules.OWN_AT))


@given(born_on=st.dates(date(1930, 1, 1), TODAY), parts=st.sets(st.sampled_from([*Part, "everything", ""])))
def test_an_unknown_part_shows_nothing_and_what_is_private_to_the_young_is_theirs(
    born_on: date, parts: set[str]
) -> None:
    shown = rules.shown_parts(parts, born_on, TODAY)
    assert shown <= set(Part)
    if rules.birthday(born_on, 13) <= TODAY < rules.birthday(born_on, 16):
        assert Part.PRIVATE not in shown


def test_the_birthday_of_a_leap_day_is_in_march() -> None:
    assert rules.birthday(date(2012, 2, 29), 13) == date(2025, 3, 1)
