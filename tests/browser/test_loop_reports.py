"""The service that triages, the loop and shadow mode in a browser at both widths, with their charts, tables and files."""

from __future__ import annotations

from datetime import date, datetime

from django.urls import reverse
from playwright.sync_api import Page, expect

from onedoor.accounts.api import Organisation
from onedoor.accounts.models import OrganisationRelation
from onedoor.booking.models import Appointment, AppointmentType, Release
from onedoor.booking.tests import factories as diary
from onedoor.kernel import jobs
from onedoor.kernel.clock import LONDON
from onedoor.patients.models import Patient
from onedoor.referrals.models import Referral
from onedoor.reporting.tests.test_loop_dashboard import played, stands, texted, with_areas
from onedoor.reporting.tests.test_msk_dashboard import seed
from onedoor.ui.tests.world import SYSTEM_ODS, World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look


def months(world: World) -> None:
    """Seven months of the service, a tenth of seed 002, and two months of the practice's loop."""
    OrganisationRelation.objects.create(
        organisation=world.service.service.organisation,
        other=Organisation.objects.get(ods_code=SYSTEM_ODS),
        kind="in_ics",
        starts_on=date(2015, 4, 1),
    )
    seed(world.service.service, tenths=1)
    for number, one in enumerate(Referral.objects.filter(source="gp", came_on__year=2018, outcome="")[:90]):
        Referral.objects.filter(pk=one.pk).update(
            stream=world.service.streams[number % 2],
            outcome="accept",
            triaged_at=one.received_at,
            first_offered_on=date(2018, 3, 1 + number % 28),
        )
    for month, day, cancelled, filled, missed, seen in ((10, 6, 14, 9, 5, 20), (11, 10, 18, 13, 6, 22)):
        played(world.practice, date(2026, month, day), cancelled=cancelled, filled=filled, missed=missed, seen=seen)
        texted(world.practice, date(2026, month, day), 60, answered=41)
    AppointmentType.objects.filter(organisation=world.organisation).update(may_refill=True)
    # Of November, some were given up while nobody was asked yet.
    empty = Appointment.objects.filter(state="cancelled", starts_at__month=11, released__state="left").values_list(
        "pk", flat=True
    )
    gone = list(empty)
    Release.objects.filter(cancelled__in=gone).delete()
    for place in Appointment.objects.filter(pk__in=gone).select_related("seat"):
        place.seat.starts_at = datetime(2026, 11, 10, 15, place.seat.starts_at.minute, tzinfo=LONDON)
        place.seat.save()
    later = diary.own_seats(world.practice, 30, day=date(2026, 11, 24), minutes=5)
    for seat, patient in zip(later, diary.people(world.practice, 30), strict=True):
        stands(world.practice, seat, patient, "booked", booked_at=datetime(2026, 11, 5, 9, tzinfo=LONDON))
    with_areas()
    for number, postcode in enumerate(("ZZ1 1AA", "ZZ1 1AD")):
        Patient.objects.filter(pk__in=[one.pk for one in world.practice.patients[number::3]]).update(postcode=postcode)
    jobs.run_once("reporting.count_loop")


def test_the_three_pages_are_read_at_both_widths(page: Page, world: World) -> None:
    months(world)
    sign_in(page, "ics_analyst")
    page.goto(reverse("reports_msk") + "?from=2017-09&to=2018-03")
    expect(page.get_by_role("heading", level=1)).to_contain_text("MSK service")
    assert page.locator("figure.od-chart").count() == 4
    look(page, "reports-msk")
    page.goto(reverse("reports_loop") + "?from=2026-10&to=2026-12")
    expect(page.get_by_text("counts below 5 are hidden").first).to_be_visible()
    look(page, "reports-loop-analyst")
    page.context.clear_cookies()
    sign_in(page, "practice_manager")
    page.goto(reverse("reports_loop") + "?from=2026-10&to=2026-12")
    expect(page.get_by_text("counts below 5 are hidden")).to_have_count(0)
    look(page, "reports-loop")
    page.get_by_role("link", name="What refilling would have done last month").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("You would have refilled")
    expect(page.get_by_text("nothing was sent, nothing was changed")).to_be_visible()
    look(page, "reports-shadow")
    page.get_by_label("A place is worth £").fill("40")
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_role("cell", name="£40.00")).to_be_visible()
    with page.expect_download() as caught:
        page.get_by_role("link", name="CSV").first.click()
    assert "offered to nobody" in caught.value.path().read_text(encoding="utf-8-sig")
