"""The menu: what belongs to somebody's day at a glance, the rest one press away, and nothing out of reach."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from onedoor import factories
from onedoor.accounts.models import Organisation
from onedoor.kernel.access import Role

pytestmark = pytest.mark.django_db


def menu(practice: Organisation, role: Role, address: str = "services") -> tuple[list[str], list[str]]:
    """(labels in the row, labels behind "More") on a page."""
    client = Client()
    client.force_login(factories.person(practice, role, f"{role}-{address}")[0])
    page = client.get(reverse(address)).content.decode()
    nav = page[page.index('<nav class="od-nav"') : page.index("</nav>")]
    row, _, behind = nav.partition("<details")
    return _labels(row), _labels(behind)


def _labels(html: str) -> list[str]:
    return [label.strip() for label in re.findall(r"<a [^>]*>([^<]+)", html)]


def test_a_managers_menu_keeps_the_day_in_one_row_and_the_rest_in_groups() -> None:
    practice = factories.practice()
    row, behind = menu(practice, Role.PRACTICE_MANAGER)
    assert len(row) <= 12
    assert {"Home", "Inbox", "Documents", "Tasks", "Patients"} <= set(row)
    assert {"Sharing", "Extracts", "Counters", "Settings"} <= set(behind)
    assert not set(row) & set(behind)


def test_where_one_is_stands_in_the_row() -> None:
    row, behind = menu(factories.practice(), Role.PRACTICE_MANAGER, "extracts")
    assert "Extracts" in row
    assert "Extracts" not in behind


@pytest.mark.parametrize("role", [Role.HEALTH_CARE_ASSISTANT, Role.CALL_HANDLER])
def test_a_short_menu_hides_nothing(role: Role) -> None:
    _, behind = menu(factories.practice(), role)
    assert behind == []
