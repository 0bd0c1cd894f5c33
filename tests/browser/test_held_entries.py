"""Rows of imported entries that are held: their page, and the patient's, in a browser at both widths."""

from __future__ import annotations

from django.urls import reverse
from playwright.sync_api import Page, expect

from onedoor import factories
from onedoor.exchange import api as exchange
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look


def test_held_rows_are_seen_and_put_away(page: Page, world: World) -> None:
    who, ods = world.sam.nhs_number, world.organisation.ods_code
    rows = [
        "nhs_number,code,date,value,unit,organisation",
        f"{who},271649006,2026-11-02,128,mmHg,{ods}",
        f"{who},1049321000000109,2026-11-02,7.5,%,{ods}",
        f"{who},271649006,2026-11-02,17,kPa,{ods}",
        f"{who},1066921000000100,2026-11-02,,,{ods}",
        f"9998000009,8517006,2026-11-02,,,{ods}",
    ]
    exchange.import_entries(file="\r\n".join(rows).encode(), by=factories.TEST, name="entries of November.csv")
    sign_in(page, "practice_manager")
    page.goto(reverse("imports"))
    page.get_by_role("link", name="4 rows of coded entries held").click()
    look(page, "held")
    expect(page.get_by_text("nothing here converts another")).to_be_visible()
    page.get_by_role("link", name="Another unit (1)").click()
    page.get_by_label("Put away row 4").check()
    page.get_by_role("button", name="Put away what is ticked").click()
    expect(page.get_by_text("1 put away.")).to_be_visible()
    page.goto(reverse("imports_held"))
    expect(page.get_by_role("checkbox")).to_have_count(3)
    page.goto(reverse("patient", args=[world.sam.ref]) + "?kind=coded")
    expect(page.get_by_text("Systolic blood pressure: 128 mmHg")).to_be_visible()
    look(page, "timeline")
