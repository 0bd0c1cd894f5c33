"""How pages say numbers and times, and where they lead back to."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import jinja2
import pytest

from onedoor.kernel import clock, words
from onedoor.ui import jinja
from onedoor.ui.pages import local

MONDAY = datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON)


@pytest.mark.parametrize(
    ("born", "said"),
    [
        (date(1980, 12, 7), "46 years"),
        (date(1980, 12, 8), "45 years"),
        (date(2026, 11, 8), "0 months"),
        (date(2025, 1, 7), "23 months"),
        (date(2024, 12, 7), "2 years"),
        (date(2020, 2, 29), "6 years"),
    ],
)
def test_age(born: date, said: str) -> None:
    assert jinja.age(born) == said


@pytest.mark.parametrize(
    ("minutes", "ahead", "past"),
    [
        (0, "now", "moments ago"),
        (1, "in 1 minute", "1 minute ago"),
        (45, "in 45 minutes", "45 minutes ago"),
        (61, "in 1 hour", "1 hour ago"),
        (3 * 1440, "in 3 days", "3 days ago"),
        (99 * 1440, "in 99 days", "99 days ago"),
        (100 * 1440, "in 3 months", "3 months ago"),
        (729 * 1440, "in 23 months", "23 months ago"),
        (937 * 1440, "in 2 years", "2 years ago"),
    ],
)
def test_time_as_people_say_it_and_exact_on_hover(minutes: int, ahead: str, past: str) -> None:
    later = jinja.until(MONDAY + timedelta(minutes=minutes))
    assert f">{ahead}</time>" in later
    assert f">{past}</time>" in jinja.ago(MONDAY - timedelta(minutes=minutes))
    assert 'title="Monday 7 December 2026' in later or minutes > 900


def test_what_is_past_is_overdue() -> None:
    assert ">20 minutes overdue<" in jinja.until(MONDAY - timedelta(minutes=20))


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+447700900123", "07700 900123"), ("+441632960123", "01632 960123"), ("+33612345678", "+33612345678")],
)
def test_phone(number: str, shown: str) -> None:
    assert words.spoken(number) == shown


@pytest.mark.parametrize(("n", "said"), [(0, "0 people"), (1, "1 person"), (1200, "1,200 people")])
def test_counted(n: int, said: str) -> None:
    assert jinja.counted(n, "person", "people") == said


@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "", None]
)
def test_nothing_leads_to_somebody_elses_site(elsewhere: str | None) -> None:
    assert local(elsewhere, "/tasks/") == "/tasks/"
    assert local("/inbox/?whose=mine", "/tasks/") == "/inbox/?whose=mine"


def test_a_name_that_is_missing_fails_when_printed() -> None:
    env = jinja.environment(loader=jinja2.DictLoader({"a": "{{ persn.name }}", "b": "{% if persn.name %}x{% endif %}"}))
    with pytest.raises(jinja2.UndefinedError):
        env.get_template("a").render()
    assert env.get_template("b").render() == ""
