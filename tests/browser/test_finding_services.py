"""Journey J9 (product-map.md 7) as far as it is the directory's: somebody asks in their own words, the right service is full, the
next is taken, the gap is kept and comes to whoever plans services; and anybody finds a service on their own telephone.
"""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from onedoor.directory import api as directory
from onedoor.directory.models import Gap
from onedoor.factories import TEST
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_every_page import look_at

pytestmark = pytest.mark.slow
ASKED = "shes had a sore nee since summer, wants fizio"


@pytest.fixture
def full(world: World) -> World:
    """The service for joints takes nobody for now."""
    card = directory.card("joints")
    assert card is not None
    directory.switch_taking(service_id=card.id, opens=False, reason="Two are off sick", by=TEST)
    return world


def search(page: Page, words: str, place: str = "") -> None:
    page.get_by_label("What is needed").fill(words)
    page.get_by_label("Postcode").fill(place)
    page.get_by_role("button", name="Find").press("Enter")


def test_the_right_service_is_full_the_next_is_taken_and_the_gap_is_seen(page: Page, full: World) -> None:
    sign_in(page, "receptionist")
    page.get_by_role("link", name="Services").click()
    for time in range(6):
        search(page, ASKED, "ZZ4 7AB")
        rows = page.locator("tbody tr")
        expect(rows.first).to_contain_text("MSK Community Service")
        expect(rows.first).to_contain_text("Full now")
        expect(rows.first).to_contain_text("In ZZ1: we do not know how far that is from ZZ4")
        if time == 0:
            expect(page.locator("main")).to_contain_text("We read “nee” as “knee”")
        page.get_by_role("button", name="This one Pelvic Health Physiotherapy").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Pelvic Health Physiotherapy: 01632 960103")
        expect(page.locator("main")).to_contain_text("taken as second best")
        page.get_by_role("link", name="Services", exact=True).click()
    kept = {(gap.because, gap.why_not, gap.place) for gap in Gap.objects.all()}
    assert kept == {("second_best", "full", "ZZ4")}
    assert not any("shes" in gap.need or "summer" in gap.need for gap in Gap.objects.all())
    page.click(".od-more summary")
    page.get_by_role("link", name="Gaps").click()
    row = page.locator("table").first.locator("tbody tr").first
    expect(row).to_contain_text("joints")
    expect(row).to_contain_text("5")
    look_at(page, "gaps", reverse("gaps"))


def test_nothing_is_found_and_other_words_find_it(page: Page, world: World) -> None:
    sign_in(page, "receptionist")
    page.goto(reverse("services"))
    search(page, "zzxqy")
    expect(page.locator(".od-empty")).to_contain_text("kept as a gap")
    search(page, "giving up cigarettes")
    expect(page.locator("tbody tr").first).to_contain_text("Stop Smoking Service")
    assert Gap.objects.get().found_by_other_words


def test_anybody_finds_a_service_on_a_telephone(page: Page, world: World) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(reverse("find_service"))
    page.get_by_label("What do you need help with?").fill("cant stop smoking, on 20 a day")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Stop Smoking Service").press("Enter")
    expect(page.locator("main")).to_contain_text("You can go there yourself, without your GP")
    page.get_by_role("link", name="Back to what we found").press("Enter")
    page.get_by_role("button", name="None of these").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("not who you are")
    assert Gap.objects.count() == 1


def test_pages_of_services(page: Page, full: World) -> None:
    """The rules of axe and 320 pixels, in the states that people meet."""
    everybody = reverse("find_service")
    for name, address in {
        "find": everybody,
        "found": f"{everybody}?q=sore+knee&at=ZZ1",
        "not sure": f"{everybody}?q=eye+test",
        "nothing": f"{everybody}?q=zzxqy",
        "danger": f"{everybody}?q=chest+pain",
        "all": f"{everybody}?all=1",
        "one": reverse("find_service_one", args=["joints"]),
    }.items():
        look_at(page, name, address)
    sign_in(page, "receptionist")
    here = reverse("services")
    for name, address in {
        "all": here,
        "found": f"{here}?q=physiotherapy&at=ZZ1&age=40",
        "not sure": f"{here}?q=eye+test",
        "nothing": f"{here}?q=zzxqy",
        "danger": f"{here}?q=chest+pain",
        "one": reverse("service", args=["joints"]) + "?q=knee",
        "no gaps": reverse("gaps"),
    }.items():
        look_at(page, f"staff {name}", address)
    sign_in(page, "administrator")
    look_at(page, "switches", reverse("service", args=["pelvic"]))
