"""The menu of somebody with much to look after, by the keyboard and on a telephone; and lists that say that something is new."""

from __future__ import annotations

import re
from datetime import date

from django.db import transaction
from playwright.sync_api import Page, expect

from onedoor.accounts.models import Membership
from onedoor.kernel.access import Role
from onedoor.kernel.jobs import notify_live
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look
from tests.browser.test_keyboard import enter, tab_to


def test_what_is_behind_more_is_two_presses_away_and_closes_by_itself(page: Page, world: World) -> None:
    Membership.objects.create(
        user=world.receptionist, organisation=world.organisation, role=Role.PRACTICE_MANAGER, starts_on=date(2020, 1, 1)
    )
    sign_in(page, "receptionist")
    expect(page.get_by_role("link", name="Extracts")).to_be_hidden()
    tab_to(page, ".od-more summary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Extracts")).to_be_visible()
    look(page, "menu-more")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Extracts")).to_be_hidden()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    tab_to(page, ".od-more a[href='/extracts/']")
    enter(page)
    expect(page.locator("nav.od-nav [aria-current=page]")).to_have_text("Extracts")
    look(page, "menu-behind-more")
    page.click(".od-more summary")
    expect(page.get_by_role("link", name="Sharing")).to_be_visible()
    page.click("h1")
    expect(page.get_by_role("link", name="Sharing")).to_be_hidden()


def test_a_document_that_comes_is_announced_on_the_list_and_at_home(page: Page, world: World) -> None:
    sign_in(page, "receptionist")
    # By what it carries: that of the page before may answer late.
    for address, stream in (("/documents-in/", r"/live/documents:"), ("/", r"/live/tasks:.*documents:")):
        with page.expect_response(re.compile(stream)) as opened:
            page.goto(address)
        assert opened.value.status == 200
        with transaction.atomic():
            notify_live("documents", world.organisation.pk)
        expect(page.get_by_text("1 change since you opened this page")).to_be_visible()
