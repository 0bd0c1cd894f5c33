"""Rule-set files: what they may say, what lapses when, and their plain words."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedoor.kernel.models import AuditEntry
from onedoor.recall import api as recall
from onedoor.recall import days
from onedoor.recall.actions.standing import load_rule_sets
from onedoor.recall.models import RuleSet
from onedoor.recall.ruleset import BadRuleSet, parse, shipped

DAYS = st.dates(date(1999, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("day", "months", "lapses"),
    [
        (date(2025, 5, 15), 12, date(2026, 5, 15)),
        (date(2024, 2, 29), 12, date(2025, 3, 1)),
        (date(2023, 2, 28), 12, date(2024, 2, 28)),
        (date(2023, 1, 31), 1, date(2023, 3, 1)),
        (date(2024, 1, 30), 1, date(2024, 3, 1)),
        (date(2024, 1, 29), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 3, 1)),
    ],
)
def test_when_a_day_lapses(day: date, months: int, lapses: date) -> None:
    assert days.lapses(day, months) == lapses


@given(DAYS, st.integers(1, 60))
def test_a_day_counts_until_it_lapses_and_never_after(day: date, months: int) -> None:
    last = days.lapses(day, months)
    assert day > days.add_months(last - timedelta(days=1), -months)
    assert all(day <= days.add_months(last + timedelta(days=later), -months) for later in (0, 1, 2, 28, 400))


@given(DAYS)
def test_a_window_holds_its_day_and_ends_where_the_next_begins(day: date) -> None:
    year, season = days.contract_year(day), days.season(day)
    assert year.first
    assert year.last
    assert year.next
    assert year.first <= day <= year.last == year.next - timedelta(days=1)
    if season.first is None:
        assert 4 <= day.month <= 8
        assert season.next == date(day.year, 9, 1)
    else:
        assert season.last
        assert season.first <= day <= season.last
    assert days.season(season.next or day).first != season.first


def test_what_is_shipped_is_in_force_and_says_what_it_lacks(db: None) -> None:
    found = {one.key: one for one in recall.rule_sets()}
    assert set(found) == {
        "smi", "smi-contract-year", "smi-nine", "asthma", "diabetes", "hypertension", "medication", "flu",
    }  # fmt: skip
    assert {key for key, one in found.items() if one.register_is_empty} == {"asthma", "diabetes", "hypertension"}
    assert "AST_COD" in found["asthma"].empty_sets
    assert [key for key, _, _, known in found["smi-nine"].parts if not known] == [
        "diet_activity", "substance_use", "medicines",
    ]  # fmt: skip
    assert [key for key, _, by_text, _ in found["smi"].parts if by_text] == ["bmi", "alcohol", "smoking"]
    assert not found["smi"].text_ok
    assert found["flu"].text_ok
    assert recall.rule_sets(date(2019, 3, 31)) == []


def test_the_latest_version_that_is_active_by_the_day_is_in_force(db: None) -> None:
    first = RuleSet.objects.get(key="flu")
    content = {**first.content, "version": "2", "active_from": "2026-12-08", "name": "Flu, from 8 December"}
    RuleSet.objects.create(
        programme="flu", key="flu", version="2", active_from=date(2026, 12, 8), content=content, sha256="x" * 64
    )
    by_day = {day: {one.key: one for one in recall.rule_sets(date(2026, 12, day))}["flu"] for day in (7, 8)}
    assert [by_day[7].version, by_day[8].version] == ["1", "2"]
    assert by_day[8].name == "Flu, from 8 December"


def test_a_file_that_says_something_else_is_taken_in_once_and_audited(db: None) -> None:
    assert load_rule_sets() == 0
    RuleSet.objects.filter(key="smi").update(sha256="0" * 64, content={})
    RuleSet.objects.filter(key="asthma").delete()
    assert load_rule_sets() == 2
    assert load_rule_sets() == 0
    assert {one.key: one.sha256 for one in RuleSet.objects.all()} == {one.key: one.digest for one in shipped()}
    assert AuditEntry.objects.filter(action="load_rule_set").count() == 2


def test_plain_words_say_who_is_in_and_what_completes_it(db: None) -> None:
    words = recall.in_words("smi-contract-year")
    said = {heading: " ".join(lines) for heading, lines in words.sections}
    assert "severe mental illness" in said["Who is in"]
    assert "lithium" in said["Who is left out"].lower()
    assert "at least 7 days after" in said["Who is not asked"]
    assert "leaves the denominator" in said["Who is not asked"]
    assert "within 24 months unless" in said["Parts"]
    assert "Never completed by BPDEC_COD" in said["Parts"]
    assert "no code is known" in " ".join(line for _, lines in recall.in_words("smi-nine").sections for line in lines)
    assert words.sources
    with pytest.raises(LookupError):
        recall.in_words("no-such-programme")


def _with(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    shipped_one = next(one for one in shipped() if one.key == "smi-contract-year")
    content: dict[str, Any] = copy.deepcopy(dict(shipped_one.content))
    change(content)
    return content


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.update(window="fortnight"),
        lambda c: c.update(months=12),
        lambda c: c.pop("name"),
        lambda c: c["facts"].update({"x; DROP TABLE": {"sets": []}}),
        lambda c: c["facts"]["bmi"].update(pick="middle"),
        lambda c: c["facts"]["bmi"].update(colour="red"),
        lambda c: c["facts"]["bmi"].update(months=3, window=True),
        lambda c: c["facts"]["second_invitation"].update(after="nothing"),
        lambda c: c["facts"]["diagnosis"].update(unit="kg/m2"),
        lambda c: c["rules"][0].update(type="Q"),
        lambda c: c["rules"][0].update(code="in remission'"),
        lambda c: c["rules"][0].update(cohort="nobody"),
        lambda c: c["rules"][0].update(cond={"fact": "remission", "day": "~", "than": "diagnosis"}),
        lambda c: c["rules"][0].update(cond={"fact": "remission", "day": ">", "than": "nothing"}),
        lambda c: c["rules"][0].update(cond={"fact": "diagnosis", "value": ">", "number": 3}),
        lambda c: c["rules"][0].update(cond={"person": "height", "value": ">", "number": 3}),
        lambda c: c["rules"][0].update(cond={"flag": "nothing", "is": True}),
        lambda c: c["rules"][0].update(cond={"fact": "diagnosis", "is": "perhaps"}),
        lambda c: c["parts"][0].update(months=7),
        lambda c: c["parts"][0].update(relief={"months": 24, "unless_flag": "nothing"}),
        lambda c: c["parts"].append(c["parts"][0]),
        lambda c: c["due"].update(at="some_day"),
        lambda c: c["due"].update(since="nothing"),
        lambda c: c.update(cohorts=[]),
    ],
)
def test_what_the_format_does_not_know_is_refused_by_name(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(BadRuleSet, match=r"smi-contract-year|fact "):
        parse(_with(change))
