"""The trajectory, the plan and the forum of a care system, as its analyst goes through them in a month (J12)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.accounts.models import OrganisationRelation
from onedoor.cli.demo_plan import load_plan
from onedoor.reporting import published
from onedoor.ui.tests.world import SYSTEM_ODS, World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look

ROOT = Path(__file__).parents[2]
NATIONAL = ROOT / "tests" / "data" / "smi-physical-health-checks.xlsx"
SOUTH_EAST = ROOT / "localities" / "south-east" / "organisations.csv"
WEXSHIRE = (("Q1-2025-2026", 1480, 402), ("Q2-2025-2026", 1502, 431), ("Q3-2025-2026", 1511, 470),
            ("Q4-2025-2026", 1525, 604), ("Q1-2026-2027", 1540, 592), ("Q2-2026-2027", 1552, 611))  # fmt: skip
"""Register and all six, invented: the published file ends before the demonstration begins."""


def figures() -> None:
    """What was published of England, and of Wexshire as if it had gone on."""
    published.know(rows=accounts.read_organisations(SOUTH_EAST.read_bytes()), by=factories.TEST)
    published.take(content=NATIONAL.read_bytes(), name=NATIONAL.name, by=factories.TEST)
    lines = ["Period,CCG Code,Question,Answer"]
    for period, register, done in WEXSHIRE:
        lines += [f"SMI-{period},{SYSTEM_ODS},SMIRegister,{register}", f"SMI-{period},{SYSTEM_ODS},All6PHC,{done}"]
    published.take(content="\n".join([*lines, ""]).encode(), name="wexshire.csv", by=factories.TEST)


def test_the_month_of_a_care_system(page: Page, world: World) -> None:
    figures()
    load_plan()
    assert OrganisationRelation.objects.exists()
    sign_in(page, "ics_analyst")
    page.goto("/reports/trajectory/")
    look(page, "trajectory-none")
    page.select_option("#baseline", label="Q4 2025/26: 604 of 1,525")
    page.fill("#due_on", "2026-02-01")
    page.fill("#more", "180")
    page.fill("#rate", "55")
    page.fill("#basis", "Share of the regional aim, agreed by the board in April")
    page.click("text='Set the target'")
    assert page.locator(".nhsuk-error-summary").inner_text().count("lies before the end") == 1
    look(page, "trajectory-wrong")
    page.fill("#due_on", "2027-06-30")
    page.click("text='Set the target'")
    assert "a month by count" in page.inner_text("h1")
    assert "published quarters" in page.inner_text("main")
    look(page, "trajectory")
    page.click("text=An example that came out")
    look(page, "trajectory-case")

    page.goto("/reports/plan/")
    assert page.inner_text("h1") == "1 of 3 initiatives needs a word"
    look(page, "plan")
    page.click("text='Drop-in clinics'")
    look(page, "initiative")
    page.click("text='Change it'")
    page.fill("#expected", "20")
    page.click("text='Save it'")
    look(page, "initiative-wrong")
    page.goto("/reports/plan/menu/")
    look(page, "plan-menu")
    for name in ("exceptions", "highlights"):
        page.goto(f"/reports/plan/{name}/")
        look(page, f"plan-{name}")
    page.goto("/reports/forum/")
    look(page, "forum")
    page.fill("#on", (world.day + timedelta(days=7)).isoformat())
    page.click("text='Call it'")
    page.fill("#text", "Ask the trust for a second day")
    page.fill("#owner", "Head of community services")
    page.fill("#due_on", (world.day + timedelta(days=30)).isoformat())
    page.click("text='Write it down'")
    look(page, "forum-meeting")
    page.click("text='Finish the minutes'")
    assert "minutes finished" in page.inner_text("h1")
    look(page, "forum-finished")
