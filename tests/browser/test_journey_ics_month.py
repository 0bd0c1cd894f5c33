"""The ICS month (product-map.md J12): an analyst closes November, sees where checks stand, has a figure explained and built
again, sets a target, takes an initiative from the menu before the forum, fetches the pack and sends a practice its own. The
practice finds it, and sees its own part.
"""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from playwright.sync_api import Page, expect

from onedoor import factories
from onedoor.reporting.models import Closing, ForumAction, Initiative, Pack, Trajectory
from onedoor.ui.tests.world import SYSTEM_ODS, World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look
from tests.browser.test_journey_four_of_six import DONE, REGISTER, enter

# So many that no count and no difference of two is small.
PEOPLE, COMPLETE, NEW, SEEN, ASKED = 40, 12, 6, 30, 38


def test_the_month_of_a_care_system(page: Page, world: World) -> None:
    register(world)
    sign_in(page, "ics_analyst")
    the_month_is_closed(page)
    where_it_stands(page)
    a_figure_is_explained_and_built_again(page)
    a_target_says_what_each_month_must_bring(page)
    the_plan_comes_before_the_forum(page)
    the_pack_is_fetched_and_one_is_sent(page, world)
    the_practice_finds_it(page, world)
    a_practice_sees_its_own_and_closes_nothing(page)


def register(world: World) -> None:
    """Forty people with a severe mental illness: twelve have all six, six of them since November; eighteen lack their alcohol
    only, of eight nothing else is known, and of two nothing at all."""
    for number in range(PEOPLE):
        one = factories.patient(world.organisation, f"Person{number}", "Rhys", born_on=date(1979, 6, 1))
        enter(one, date(2019, 3, 4), [(REGISTER, None)])
        for part, values in DONE.items():
            if number < COMPLETE or ((number < SEEN) == (part != "alcohol") and number < ASKED):
                new = part == "alcohol" and number < NEW
                enter(one, date(2026, 11, 16) if new else date(2026, 9, 14), values)


def the_month_is_closed(page: Page) -> None:
    page.goto(reverse("reports"))
    look(page, "j12-reports")
    page.goto(reverse("reports_closings"))
    page.get_by_role("button", name="Close the month").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("November 2026 is closed")
    look(page, "j12-months")
    assert Closing.objects.get().month == date(2026, 11, 1)


def where_it_stands(page: Page) -> None:
    page.goto(reverse("reports_smi"))
    expect(page.locator("main")).to_contain_text("30.0%")
    look(page, "j12-smi")


def a_figure_is_explained_and_built_again(page: Page) -> None:
    page.goto(f"{reverse('reports_measure', args=['smi_all_six'])}?organisation={SYSTEM_ODS}&month=2026-11")
    expect(page.locator("main")).to_contain_text("30.0%")
    expect(page.locator("main")).to_contain_text("How it is counted")
    # An analyst sees figures, and no patient.
    expect(page.locator("main")).not_to_contain_text("Rhys")
    look(page, "j12-explained")
    page.goto(reverse("reports_closings"))
    page.get_by_role("button", name="Work it out again").click()
    expect(page.locator("main")).to_contain_text("same")
    look(page, "j12-rebuilt")


def a_target_says_what_each_month_must_bring(page: Page) -> None:
    page.goto(f"{reverse('reports_trajectory')}?of={SYSTEM_ODS}")
    page.get_by_label("By", exact=True).fill("2027-03-31")
    page.get_by_label("Share of the register, %").fill("60")
    page.get_by_label("Where it comes from").fill("National standard of 60%")
    page.get_by_role("button", name="Set the target").click()
    # 24 of 40 are 60%: twelve more in four months, December to March.
    expect(page.get_by_role("heading", level=1)).to_contain_text("3 a month")
    look(page, "j12-trajectory")
    assert Trajectory.objects.get().ended_at is None


def the_plan_comes_before_the_forum(page: Page) -> None:
    page.goto(f"{reverse('reports_plan_menu')}?of={SYSTEM_ODS}")
    look(page, "j12-menu")
    page.get_by_role("button", name="Ask what needs no examination").click()
    one = Initiative.objects.get()
    page.goto(reverse("reports_initiative_edit", args=[one.ref]))
    page.get_by_label("Owner").fill("Lead of the programme")
    page.get_by_label("Starts on").fill("2026-12-01")
    page.locator("main form button").last.click()
    page.get_by_role("button", name="It is agreed").click()
    look(page, "j12-initiative")
    page.goto(f"{reverse('reports_forum')}?of={SYSTEM_ODS}")
    expect(page.locator("main")).to_contain_text("It should have started.")
    page.get_by_label("Call a meeting for").fill("2026-12-08")
    page.get_by_role("button", name="Call it").click()
    page.get_by_label("What is to be done").fill("Ask the practices about alcohol by text")
    page.get_by_label("Who", exact=True).fill("Lead of the programme")
    page.get_by_label("By", exact=True).fill("2026-12-18")
    page.get_by_role("button", name="Write it down").click()
    expect(page.locator("main")).to_contain_text("Ask the practices about alcohol by text")
    look(page, "j12-forum")
    assert ForumAction.objects.get().due_on == date(2026, 12, 18)


def the_pack_is_fetched_and_one_is_sent(page: Page, world: World) -> None:
    page.goto(reverse("reports_packs"))
    page.get_by_role("button", name="Make it").first.click()
    look(page, "j12-packs")
    with page.expect_download() as fetched:
        page.get_by_role("link", name="PDF").first.click()
    assert fetched.value.path().read_bytes().startswith(b"%PDF-1.7")
    assert Pack.objects.get().opened_at is not None
    # Then one for the practice, whose manager is to find it.
    page.get_by_role("button", name=f"Make it and send it of {world.organisation.name}").click()
    expect(page.locator("main")).to_contain_text("not opened yet")
    look(page, "j12-sent")


def the_practice_finds_it(page: Page, world: World) -> None:
    sign_in(page, "practice_manager")
    page.goto(reverse("home"))
    ready = page.get_by_text(f"November 2026’s figures of {world.organisation.name} are ready")
    expect(ready).to_be_visible()
    look(page, "j12-home")
    with page.expect_download():
        page.get_by_role("link", name="PDF of November 2026").click()
    page.goto(reverse("home"))
    expect(ready).to_have_count(0)


def a_practice_sees_its_own_and_closes_nothing(page: Page) -> None:
    page.goto(reverse("reports_closings"))
    expect(page.get_by_role("heading", level=1)).to_have_text("November 2026 is closed")
    expect(page.get_by_role("button", name="Close the month")).to_have_count(0)
    page.goto(f"{reverse('reports_measure', args=['smi_all_six'])}?month=2026-11")
    expect(page.locator("main")).to_contain_text("Rhys")
    page.goto(reverse("reports_packs"))
    expect(page.locator("main")).not_to_contain_text("Wexshire Integrated Care System")
