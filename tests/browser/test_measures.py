"""A figure explained to whoever may see the people behind it, and a month closed again, at both widths."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from onedoor import factories
from onedoor.kernel.access import Access
from onedoor.reporting.measures import closing
from onedoor.reporting.models import Closing
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look
from tests.browser.test_journey_four_of_six import DONE, REGISTER, enter

MONTH = date(2026, 11, 1)


@pytest.fixture
def closed(world: World) -> Closing:
    """November, with nine on the register of whom five have all six."""
    for number in range(9):
        one = factories.patient(world.organisation, f"Person{number}", "Rhys", born_on=date(1979, 6, 1))
        enter(one, date(2019, 3, 4), [(REGISTER, None)])
        for part, values in DONE.items():
            if number < 5 or part != "alcohol":
                enter(one, date(2026, 9, 14), values)
    return closing.close(Access.system("test"), month=MONTH)


def test_a_practice_reads_its_figure_down_to_the_person(page: Page, world: World, closed: Closing) -> None:
    sign_in(page, "practice_manager")
    page.goto(reverse("reports_measure", args=["smi_all_six"]))
    expect(page.locator("main")).to_contain_text("55.6%")
    expect(page.get_by_text("Person0 Rhys")).to_be_visible()
    look(page, "measure-of-a-practice")
    page.get_by_role("link", name="Not counted", exact=True).click()
    expect(page.get_by_text("Person8 Rhys")).to_be_visible()
    expect(page.get_by_role("row", name="Person8 Rhys")).to_contain_text("Alcohol")
    look(page, "measure-not-counted")
    page.get_by_role("link", name="What each figure means").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What each figure means")
    look(page, "measure-book")


def test_a_month_is_closed_again_with_its_reason_and_both_are_built_again(
    page: Page, world: World, closed: Closing
) -> None:
    sign_in(page, "ics_analyst")
    page.goto(reverse("reports_closings"))
    page.get_by_text("Close another month, or one again").click()
    page.get_by_label("Month", exact=True).select_option("2026-11")
    page.get_by_role("button", name="Close the month").click()
    expect(page.locator("main")).to_contain_text("say why it is closed again")
    expect(page.get_by_label("Month", exact=True)).to_have_value("2026-11")
    page.get_by_label("Why, if it is closed again").fill("A practice had sent nothing in")
    page.get_by_role("button", name="Close the month").click()
    expect(page.locator("main")).to_contain_text("November 2026 is closed, edition 2.")
    look(page, "months-twice")
    for edition in (1, 2):
        page.get_by_role("button", name=f"Work it out again: November 2026, edition {edition}").click()
        expect(page.locator("main")).to_contain_text(f"edition {edition}, was worked out again from the record")
