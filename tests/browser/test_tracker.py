"""Where is my referral (J7): a day is said and missed, a text owns up to it, and its link shows where the referral is."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.urls import reverse
from playwright.sync_api import Page

from onedoor import factories
from onedoor.directory.api import Service
from onedoor.kernel import clock, jobs
from onedoor.messaging.models import Message
from onedoor.messaging.tests.sending_factories import account
from onedoor.referrals.tests.waiting import MONDAY, decided_after, refer, service
from onedoor.tasks.models import Task
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look


def days_pass(days: int) -> None:
    """It is 9 in the morning so many days after Monday, and the sweeps have run."""
    day = MONDAY + timedelta(days=days)
    moment = datetime(day.year, day.month, day.day, 9, 0, tzinfo=clock.LONDON)
    # The web process reads the clock's row, this one stands still.
    clock.set_clock(at=moment, rate=0)
    with clock.at(moment):
        for name in ("referrals.say_heard_by", "referrals.own_up"):
            jobs.run_once(name)


def test_where_is_my_referral(page: Page, world: World) -> None:
    msk = service()
    account(msk.organisation)
    decided_after(msk, [1, 4, 9])
    referral = refer(msk, MONDAY, patient=world.sam)
    old = MONDAY - timedelta(days=40)
    refer(
        msk,
        old,
        patient=world.sam,
        triaged_at=clock.now() - timedelta(days=38),
        outcome="accept",
        stream="Exercise Classes",
        discharged_on=MONDAY - timedelta(days=2),
    )
    days_pass(0)
    sign_in(page, "patient")
    look(page, "tracker-home")
    page.click("text=Where is my referral?")
    assert "You should hear by Wednesday 16 December 2026." in page.inner_text("main")
    look(page, "tracker")
    page.click("text=Exercise Classes")
    look(page, "tracker-ended-open")

    days_pass(10)
    text = Message.objects.get(purpose="heard_by_apology", subject_id=referral.pk)
    link = re.search(r"http\S+", text.body)
    assert link is not None
    page.context.clear_cookies()
    page.goto(urlsplit(link.group()).path)
    assert "Joint" not in page.content()
    born = world.sam.born_on
    for part, value in (("day", born.day), ("month", born.month), ("year", born.year)):
        page.fill(f"#{part}", str(value))
    page.click("text=Continue")
    assert "You have not, and we are sorry." in page.inner_text("main")
    assert "01632 960500" in page.inner_text("main")
    look(page, "tracker-link")
    page.click("a:has-text('We are sorry')")
    assert "You will now hear by" in page.inner_text("main")
    look(page, "tracker-letter")

    sign_in(page, "receptionist")
    page.goto(reverse("patient", args=[world.sam.ref]))
    assert "You have not, and we are sorry." in page.inner_text("main")
    look(page, "tracker-staff")
    assert Task.objects.filter(kind="heard_by_missed", organisation=msk.organisation).count() == 1

    at_the_service(page, msk)
    page.goto(reverse("tasks"))
    page.click("text=See who they are")
    assert "Sam Hollis" in page.inner_text("main")
    look(page, "tracker-missed")


def at_the_service(page: Page, msk: Service) -> None:
    """Somebody of the service signs in."""
    colleague, _ = factories.person(msk.organisation, username="colleague")
    colleague.set_password("a long password")
    colleague.save()
    page.context.clear_cookies()
    page.goto(reverse("signin"))
    page.fill("[name=username]", "colleague")
    page.fill("[name=password]", "a long password")
    page.click("form:has([name=password]) button")
