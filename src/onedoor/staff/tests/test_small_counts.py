"""Small counts as they are: who may choose to see them, for how long, what is kept of it, and that nobody else ever sees them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from csv import reader
from datetime import date, datetime, timedelta
from io import BytesIO

import openpyxl
import pytest
from django.test import Client

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.accounts.api import Organisation, User
from onedoor.accounts.models import Membership, SmallCounts, SmallCountsLook
from onedoor.kernel import clock
from onedoor.kernel.access import PERMISSIONS, Access, NotPermitted, Permission, Role
from onedoor.kernel.models import AuditEntry
from onedoor.reporting.dashboards.scope import figures_of, sees_people
from onedoor.reporting.models import ChartPicture, Closing
from onedoor.reporting.packs.content import content
from onedoor.staff.tests.test_reports_smi import PAGE, client_of, close, locality, person

pytestmark = pytest.mark.django_db
SMALL = f"{PAGE}?of=Y98000"
"""Of a practice where 2 of 30 have all six checks."""
SHOWN = "<b>2</b><span>people, of 30 on the register</span>"
WHY = {"reason": "wrong", "words": "The register looks too short by half", "back": SMALL}
OWNER = Role.INFORMATION_ASSET_OWNER


@pytest.fixture(autouse=True)
def closing() -> Iterator[Closing]:
    """November of four practices, the first of them with a small count."""
    with clock.at(datetime(2026, 12, 7, 9, tzinfo=clock.LONDON)):
        yield close(date(2026, 11, 1), {one: (n + 2, 30 + n) for n, one in enumerate(locality(4))})


def owner() -> User:
    return person("Y99930", OWNER)


def looking() -> Client:
    """Of somebody who sees small counts now."""
    client = client_of(owner())
    client.post("/reports/small-counts/show/", WHY)
    return client


def said(client: Client, address: str = SMALL) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_role_gives_figures_and_this_and_nothing_besides() -> None:
    """An analyst who answers for the figures too holds both roles; it writes no plan and opens no patient."""
    assert PERMISSIONS[OWNER] == {Permission.REPORTS, Permission.SMALL_COUNTS}
    assert [role for role, may in PERMISSIONS.items() if Permission.SMALL_COUNTS in may] == [OWNER]


@pytest.mark.parametrize("role", [role for role in Role if role is not OWNER])
def test_nobody_else_gets_there_by_page_address_or_action(role: Role) -> None:
    user = person("Y99930", role)
    client = client_of(user)
    for address in ("/reports/small-counts/show/", "/reports/small-counts/hide/"):
        assert client.post(address, WHY).status_code == 404
        assert client.get(address).status_code == 404
    with pytest.raises(NotPermitted):
        accounts.show_small_counts(access=accounts.access_of(user), reason="wrong", words=WHY["words"], page=SMALL)
    if Permission.REPORTS in PERMISSIONS[role]:
        page = said(client)
        assert "Show counts as they are" not in page
        assert SHOWN not in page
    assert not SmallCounts.objects.exists()


@pytest.mark.parametrize(("reason", "words"), [("", WHY["words"]), ("because", WHY["words"]), ("wrong", " short ")])
def test_without_a_reason_they_stay_hidden(reason: str, words: str) -> None:
    client = client_of(owner())
    told = client.post("/reports/small-counts/show/", {**WHY, "reason": reason, "words": words}, follow=True)
    assert "Choose a reason, and say why in a sentence." in told.content.decode()
    assert SHOWN not in said(client)


def test_whoever_says_why_sees_them_on_every_page_and_nobody_else_meanwhile() -> None:
    client, analyst = client_of(owner()), client_of(person("Y99930", Role.ICS_ANALYST))
    assert "Practice 0: how many had all six checks is hidden" in said(client)
    page = client.post("/reports/small-counts/show/", WHY, follow=True).content.decode()
    assert "Small counts are shown as they are, to you, for 60 more minutes." in page
    assert SHOWN in said(client)
    measure = "/reports/measures/smi_all_six/?month=2026-11&organisation=Y98000"
    assert "<b>2</b><span>counted</span>" in said(client, measure)
    assert "The people behind it" not in said(client, measure)
    assert "Hide them again" in said(client, "/services/")
    trajectory = "/reports/trajectory/?of=Y98000"
    assert SHOWN in said(client, trajectory)
    for address in (SMALL, measure, trajectory):
        theirs = said(analyst, address)
        assert "<b>2</b>" not in theirs
        assert "Small counts are shown" not in theirs
    client.post("/reports/small-counts/hide/", {"back": SMALL})
    assert "how many had all six checks is hidden" in said(client)


def _time_is_over(_: Client) -> None:
    SmallCounts.objects.update(until_real=clock.real_now() - timedelta(seconds=1))


def _signed_out_and_in(client: Client) -> None:
    client.post("/signout/")
    assert SmallCounts.objects.get().ended_at is not None
    client.force_login(User.objects.get(memberships__role=OWNER), backend="django.contrib.auth.backends.ModelBackend")


def _role_is_lost(client: Client) -> None:
    Membership.objects.filter(role=OWNER).update(ends_on=date(2026, 12, 7))
    accounts.grant_role(
        user_id=User.objects.get(memberships__role=OWNER).pk,
        organisation_id=Organisation.objects.get(ods_code="Y99930").pk,
        role=Role.ICS_ANALYST,
        by=factories.TEST,
    )


def _works_elsewhere(client: Client) -> None:
    """With the role at one place and figures at another: it is of the one."""
    user = User.objects.get(memberships__role=OWNER)
    place = Organisation.objects.get(ods_code="Y99950")
    accounts.grant_role(user_id=user.pk, organisation_id=place.pk, role=Role.ICS_ANALYST, by=factories.TEST)
    client.post("/work-at/", {"organisation": str(place.pk)})


@pytest.mark.parametrize("ends", [_time_is_over, _signed_out_and_in, _role_is_lost, _works_elsewhere])
def test_it_ends_by_itself(ends: Callable[[Client], None]) -> None:
    client = looking()
    assert SHOWN in said(client)
    ends(client)
    page = said(client)
    assert SHOWN not in page
    assert "Small counts are shown" not in page


def test_it_is_of_one_person_in_one_sign_in() -> None:
    looking()
    other = client_of(owner())
    session = other.session
    session[accounts.SHOWS_SMALL_COUNTS] = str(SmallCounts.objects.get().ref)
    session.save()
    assert SHOWN not in said(other)
    same = Client()
    same.force_login(SmallCounts.objects.get().user, backend="django.contrib.auth.backends.ModelBackend")
    assert SHOWN not in said(same)


def test_each_look_and_each_file_is_kept_and_read_by_whom_it_is_about() -> None:
    client = looking()
    said(client)
    client.get(f"{SMALL}&as=csv&table=own_each")
    client.post("/reports/small-counts/hide/")
    said(client)
    rows = AuditEntry.objects.filter(subject="small_counts").order_by("pk").values_list("action", "detail")
    name = "small-counts-not-to-be-published-practice-0-each-check.csv"
    assert list(rows) == [
        ("show_small_counts", {"reason": "wrong", "page": PAGE}),
        ("see_small_counts", {"page": PAGE}),
        ("take_small_counts", {"page": PAGE, "file": name}),
        ("hide_small_counts", {}),
    ]
    assert [look.page for look in SmallCountsLook.objects.order_by("pk")] == [
        SMALL,
        f"{SMALL}&as=csv&table=own_each",
    ]
    beside = factories.practice("Y99003", "Marfleet Lane Practice")
    for user, sees in (
        (person("Y98000", Role.PRACTICE_MANAGER), True),
        (person("Y98003", Role.PRACTICE_MANAGER), True),
        (person("Y99930", Role.ADMINISTRATOR), True),
        (factories.person(beside, Role.PRACTICE_MANAGER)[0], False),
    ):
        page = said(client_of(user), "/opened/reviews/")
        assert ("The register looks too short by half" in page) == sees
        assert ("1 page looked at, 1 file taken" in page) == sees
        assert (name in page) == sees
    assert client_of(person("Y99930", Role.ICS_ANALYST)).get("/opened/reviews/").status_code == 404


def test_files_say_what_they_hold_in_name_and_first_line() -> None:
    first = "Holds small counts, which may lead to a person: may not be published or passed on."
    client = looking()
    csv = client.get(f"{SMALL}&as=csv&table=own_each")
    lines = list(reader(csv.content.decode("utf-8-sig").splitlines()))
    assert lines[0] == [first]
    assert lines[2][:2] == ["All six checks", "2"]
    for asked in ("as=xlsx&table=own_each", "as=xlsx"):
        book = client.get(f"{SMALL}&{asked}")
        assert "small-counts-not-to-be-published-" in book["Content-Disposition"]
        for sheet in openpyxl.load_workbook(BytesIO(book.content)):
            assert sheet["A1"].value == first
            assert sheet.freeze_panes == "A3"
    svg = client.get(f"{PAGE}?of=Y99910&as=svg&table=own_sizes")
    assert "small-counts-not-to-be-published-" in svg["Content-Disposition"]
    texts = re.findall(r"<text [^>]*font-weight=\"bold\"[^>]*>([^<]*)</text>", svg.content.decode())
    assert " ".join(texts).startswith(first)
    plain = client_of(person("Y99930", Role.ICS_ANALYST)).get(f"{SMALL}&as=csv&table=own_each")
    assert "small-counts" not in plain["Content-Disposition"]
    assert plain.content.decode("utf-8-sig").startswith("Check,")


def test_nothing_that_was_drawn_or_added_up_for_one_reaches_another() -> None:
    """Not the pictures that are kept, not the closed months in the process."""
    client, analyst = looking(), client_of(person("Y99930", Role.ICS_ANALYST))
    network = f"{PAGE}?of=Y99910"
    shown = said(client, network)
    assert "<svg" in shown
    assert not ChartPicture.objects.exists()
    hidden = said(analyst, network)
    assert ChartPicture.objects.exists()
    without = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')
    assert without.sub("", said(analyst, network)) == without.sub("", hidden)
    assert "<b>6.7%</b><span>Practice 0</span>" in shown
    assert "<b>hidden</b><span>Practice 0</span>" in hidden


def test_a_pack_is_hidden_whoever_makes_it(closing: Closing) -> None:
    """Also made by an analyst who answers for the figures and sees small counts at that moment."""
    access = _shown(Role.ICS_ANALYST)
    practice = Organisation.objects.get(ods_code="Y98000")
    assert sees_people(access, practice.pk)
    tables = [table for section in content(access, practice, closing).sections for table in section.tables]
    assert tables
    assert not [row for table in tables for row in table.rows if 2 in row]
    own, _ = figures_of(access)
    assert not sees_people(own, practice.pk)


def test_a_choice_of_the_demonstrations_time_lasts_a_real_hour() -> None:
    looking()
    one = SmallCounts.objects.get()
    assert one.opened_at == clock.now()
    assert timedelta(minutes=59) < one.until_real - clock.real_now() <= timedelta(hours=1)


def _shown(*besides: Role) -> Access:
    """An access that sees small counts."""
    user = owner()
    for role in besides:
        place = Organisation.objects.get(ods_code="Y99930")
        accounts.grant_role(user_id=user.pk, organisation_id=place.pk, role=role, by=factories.TEST)
    access = accounts.access_of(user)
    made = accounts.show_small_counts(access=access, reason="wrong", words=WHY["words"], page=SMALL)
    return accounts.seeing_small_counts(access, str(made.ref))


def test_a_target_starts_from_no_figure_that_others_may_not_read() -> None:
    """Who sees small counts and writes plans besides sets what a system is to reach: all who read that read where it starts."""
    both, analyst = owner(), person("Y99930", Role.ICS_ANALYST)
    system = Organisation.objects.get(ods_code="Y99930")
    accounts.grant_role(user_id=both.pk, organisation_id=system.pk, role=Role.ICS_ANALYST, by=factories.TEST)
    client = client_of(both)
    client.post("/reports/small-counts/show/", WHY)
    address = "/reports/trajectory/?of=Y99930"
    assert "record:2026-11" in said(client, address)
    assert "record:2026-11" not in said(client_of(analyst), address)
    typed = {"of": "Y99930", "baseline": "record:2026-11", "due_on": "2027-04-01", "more": "10", "basis": "The plan"}
    answer = client.post(address, typed)
    assert answer.status_code == 422
    assert "Choose a period whose figure others may read too" in answer.content.decode()
    assert 'value="The plan"' in answer.content.decode()
