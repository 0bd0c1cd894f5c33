"""Months and explained figures at their doors: who may close, who sees whom, and that a month is what it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.accounts.api import Organisation, User
from onedoor.accounts.queries import access_of
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.models import AuditEntry
from onedoor.patients.models import Patient
from onedoor.records import api as records
from onedoor.records.models import IMPORTED, Code, Coded
from onedoor.reporting.levels import Level
from onedoor.reporting.measures import closing, explaining, publishing, versions
from onedoor.reporting.models import Closing, Snapshot
from onedoor.staff.tests.test_reports_smi import client_of, locality, person

pytestmark = pytest.mark.django_db
AT = datetime(2026, 12, 7, 9, tzinfo=clock.LONDON)
MONTH = date(2026, 11, 1)
SIX = ("BP_COD", "BMIVAL_COD", "ALC_COD", "CHOL2_COD", "GLUC_COD", "SMOK_COD")
SYSTEM = Access.system("test")


@pytest.fixture(autouse=True)
def _in_december() -> Iterator[None]:
    clock.set_clock(at=AT, rate=0)
    with clock.at(AT):
        yield


def entered(patient: Patient, *sets: str, day: date = date(2026, 6, 1), by: Organisation) -> None:
    """An entry of each of these code sets, known since the day after."""
    codes = dict(Code.objects.values_list("code", "pk"))
    Coded.objects.bulk_create(
        Coded(
            patient=patient, code_id=codes[min(records.members(key))], day=day, organisation=by, source=IMPORTED,
            recorded_at=datetime(day.year, day.month, day.day, 12, tzinfo=clock.LONDON) + timedelta(days=1),
        )
        for key in sets
    )  # fmt: skip


def register(practice: Organisation, *, complete: int, partly: int, remission: int = 0) -> None:
    """So many people on a practice's register."""
    for number in range(complete + partly + remission):
        one = factories.patient(practice, "Sam", f"Hollis {number:03d}")
        entered(one, "MH_COD", day=date(2020, 1, 1), by=practice)
        entered(one, *(SIX if number < complete else SIX[:2]), by=practice)
        if number >= complete + partly:
            entered(one, "MHREM_COD", day=date(2024, 1, 1), by=practice)


@pytest.fixture
def practices() -> list[Organisation]:
    found = locality(4)
    for number, practice in enumerate(found):
        register(practice, complete=3 + 4 * number, partly=10, remission=number % 2)
    return found


def analyst() -> User:
    return person("Y99930", Role.ICS_ANALYST)


def said(user: User, address: str) -> str:
    answer = client_of(user).get(address)
    assert answer.status_code == 200, address
    return re.sub(r"\s+", " ", answer.content.decode())


def test_whoever_runs_the_locality_closes_a_month_and_works_it_out_again(practices: list[Organisation]) -> None:
    user = analyst()
    assert "No month is closed yet" in said(user, "/reports/months/")
    client = client_of(user)
    page = client.post("/reports/months/close/", {"month": "2026-11"}, follow=True).content.decode()
    assert "November 2026 is closed." in page
    assert "Robin Vale" in page
    one = Closing.objects.get()
    assert (one.month, one.edition, one.known_at) == (MONTH, 1, AT)
    assert one.sha256[:12] in page
    again = client.post("/reports/months/rebuild/", {"month": "2026-11", "edition": "1"}, follow=True)
    assert "the same to the byte" in again.content.decode()
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))[-2:] == [
        "close_month",
        "rebuild_month",
    ]


@pytest.mark.parametrize(
    ("month", "why", "told"),
    [
        ("2026-12", "", "December 2026 is not over: it can be closed from 1 January on."),
        ("2026-11", "", "November 2026 was closed on 7 December 2026: say why it is closed again."),
        ("2026-11", "   ", "say why it is closed again."),
        ("2026-11", "x" * 201, "The reason is longer than 200 characters"),
    ],
)
def test_what_cannot_be_closed_says_why_and_changes_nothing(
    practices: list[Organisation], month: str, why: str, told: str
) -> None:
    closing.close(SYSTEM, month=MONTH)
    sent = client_of(analyst()).post("/reports/months/close/", {"month": month, "why": why}, follow=True)
    assert [address for address, _ in sent.redirect_chain] == [f"/reports/months/?month={month}"]
    assert told in sent.content.decode()
    assert Closing.objects.count() == 1


def test_closed_again_it_is_another_edition_with_its_reason_and_the_first_stays(practices: list[Organisation]) -> None:
    first = closing.close(SYSTEM, month=MONTH)
    late = factories.patient(practices[0], "Late", "Vale")
    late.care_relationships.update(recorded_at=AT + timedelta(minutes=1))
    entered(late, "MH_COD", *SIX, day=date(2026, 12, 7), by=practices[0])
    Coded.objects.filter(patient=late).update(day=date(2026, 11, 20), recorded_at=AT + timedelta(minutes=1))
    with clock.at(AT + timedelta(hours=1)):
        sent = {"month": "2026-11", "why": "A practice had sent nothing in"}
        page = client_of(analyst()).post("/reports/months/close/", sent, follow=True).content.decode()
    assert "November 2026 is closed, edition 2." in page
    assert "A practice had sent nothing in" in page
    second = Closing.objects.get(edition=2)
    assert second.sha256 != first.sha256
    assert closing.rebuild(SYSTEM, month=MONTH, edition=1).built == first.sha256
    counts = {
        edition: explaining.explain(SYSTEM, "smi_all_six", month=MONTH, organisation="Y98000", edition=edition).row
        for edition in (1, 2)
    }
    assert [(row.numerator, row.denominator) for row in counts.values()] == [(3, 13), (4, 14)]


def test_a_practice_closes_nothing(practices: list[Organisation]) -> None:
    user, access = factories.person(practices[0], Role.PRACTICE_MANAGER)
    assert "Close the month" not in said(user, "/reports/months/")
    client = client_of(user)
    assert client.post("/reports/months/close/", {"month": "2026-11"}).status_code == 404
    with pytest.raises(NotPermitted):
        closing.close(access, month=MONTH)
    with pytest.raises(NotPermitted):
        closing.rebuild(access, month=MONTH)
    assert not Closing.objects.exists()


def test_what_was_kept_and_changed_by_hand_is_found(practices: list[Organisation]) -> None:
    made = closing.close(SYSTEM, month=MONTH)
    snapshot = made.snapshots.filter(measure__key="smi_all_six")[0]
    made.snapshots.filter(pk=snapshot.pk).update(numerator=999)
    built = closing.rebuild(SYSTEM, month=MONTH)
    assert (built.same, built.built == built.kept, built.stored == built.kept) == (False, True, False)
    page = client_of(analyst()).post("/reports/months/rebuild/", {"month": "2026-11"}, follow=True)
    assert "is not the same when it is worked out again" in page.content.decode()


def test_an_analyst_reads_sums_and_hidden_small_counts_and_no_patient(practices: list[Organisation]) -> None:
    cells = publishing.cells(closing.close(SYSTEM, month=MONTH))
    page = said(analyst(), "/reports/measures/smi_all_six/?month=2026-11&organisation=Y99930")
    assert "<b>76</b><span>in the denominator</span>" in page
    assert "in remission: recorded after the latest diagnosis" in page
    assert "Practice 3" in page
    # So few practices: what would give the smallest away is hidden up to the top, and nobody is told who is left out.
    assert cells["Y99930", "smi_all_six"] == "*"
    assert "<b>few</b><span>counted</span>" in page
    assert "<b>few</b><span>left out: in remission" in page
    assert "in the denominator, not counted" not in page
    assert "Hollis" not in page
    small = said(analyst(), "/reports/measures/smi_all_six/?month=2026-11&organisation=Y98000")
    assert "<b>few</b><span>counted</span>" in small
    assert "The people behind it" not in small
    said(analyst(), "/reports/measures/smi_all_six/?organisation=Y98000&month=2026-11&who=left_out")
    assert not AuditEntry.objects.filter(action="see_people_counted").exists()


def test_a_manager_reads_their_own_practice_to_the_person_and_no_other(practices: list[Organisation]) -> None:
    closing.close(SYSTEM, month=MONTH)
    user = factories.person(practices[1], Role.PRACTICE_MANAGER)[0]
    page = said(user, "/reports/measures/smi_all_six/?month=2026-11")
    assert "<b>7</b><span>counted</span>" in page
    assert "Counted: 7" in page
    assert "Hollis 000" in page
    assert "everything is done" in page
    missing = said(user, "/reports/measures/smi_lipid/?month=2026-11&who=not_counted")
    assert "Not counted: 10" in missing
    assert "<td>Alcohol, Lipids, Blood glucose or HbA1c, Smoking</td>" in missing
    out = said(user, "/reports/measures/smi_register/?month=2026-11&who=left_out")
    assert "Left out: 1" in out
    assert "in remission" in out
    assert AuditEntry.objects.filter(action="see_people_counted", organisation_id=practices[1].pk).count() == 3
    events = said(user, "/reports/measures/usable_mobile/?month=2026-11&who=not_counted")
    assert "Not counted: 18" in events
    assert "<td>30 November 2026</td></tr>" in events
    other = client_of(user).get("/reports/measures/smi_all_six/?month=2026-11&organisation=Y98000")
    assert other.status_code == 404


def test_what_is_newly_complete_and_what_lapsed_are_of_the_month(practices: list[Organisation]) -> None:
    new, gone = factories.patient(practices[0], "New", "Vale"), factories.patient(practices[0], "Gone", "Vale")
    for one in (new, gone):
        entered(one, "MH_COD", day=date(2020, 1, 1), by=practices[0])
    entered(new, *SIX[:5], day=date(2026, 3, 1), by=practices[0])
    entered(new, SIX[5], day=date(2026, 11, 30), by=practices[0])
    entered(gone, *SIX, day=date(2025, 11, 1), by=practices[0])
    closing.close(SYSTEM, month=MONTH)
    for key, counted in (("smi_completed", "New Vale"), ("smi_lapsed", "Gone Vale")):
        found = explaining.explain(SYSTEM, key, month=MONTH, organisation="Y98000")
        assert found.row.numerator == 1
        people, total = explaining.people(SYSTEM, found, who="counted")
        assert ([one.name for one in people], total) == ([counted], 1)


def test_a_practice_without_a_record_is_not_known_and_not_nought(practices: list[Organisation]) -> None:
    silent = locality(5)[4]
    factories.patient(silent)
    closing.close(SYSTEM, month=MONTH)
    found = explaining.explain(SYSTEM, "smi_all_six", month=MONTH, organisation="Y99930")
    assert (found.row.numerator, found.row.denominator, found.missing) == (36, 76, ["Practice 4"])
    page = said(analyst(), "/reports/measures/smi_register/?month=2026-11&organisation=Y98004")
    assert "<b>no data</b>" in page


def test_a_part_of_which_no_code_is_known_is_missing(practices: list[Organisation]) -> None:
    from onedoor.records.models import CodeSetMember

    CodeSetMember.objects.filter(code_set__key__in=("CHOL2_COD", "HDLCCHOL_COD", "LDLCCHOL_COD", "NONHDLCCHOL_COD",
        "TCHOLHDL_COD", "TRIGLYC_COD", "NONVALCHOL_COD")).update(until=date(2026, 1, 1))  # fmt: skip
    closing.close(SYSTEM, month=MONTH)
    rows = {
        key: explaining.explain(SYSTEM, key, month=MONTH, organisation="Y99930").row
        for key in ("smi_lipid", "smi_all_six", "smi_completed", "smi_bp", "smi_register")
    }
    assert {key: row.numerator for key, row in rows.items()} == {
        "smi_lipid": None, "smi_all_six": None, "smi_completed": None, "smi_bp": 76, "smi_register": 76,
    }  # fmt: skip


def test_figures_add_up_at_every_level_by_as_many_statements_however_many_practices(
    practices: list[Organisation],
) -> None:
    closing.close(SYSTEM, month=MONTH)

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            sums = {
                level: sum(
                    figure.numerator or 0
                    for figure in explaining.figures(SYSTEM, "smi_all_six", level=level, first=MONTH, last=MONTH)
                )
                for level in (Level.REGION, Level.ICS, Level.PLACE, Level.PCN, Level.PRACTICE)
            }
        assert len(set(sums.values())) == 1, sums
        return len(seen)

    few = asked()
    for practice in locality(12)[4:]:
        register(practice, complete=1, partly=1)
    with CaptureQueriesContext(connection) as small:
        closing.close(SYSTEM, month=MONTH, why="more practices")
    assert asked() == few
    for practice in locality(20)[12:]:
        register(practice, complete=1, partly=1)
    with CaptureQueriesContext(connection) as large:
        closing.close(SYSTEM, month=MONTH, why="yet more")
    assert len(large) == len(small)


def test_no_page_shows_what_another_hides(practices: list[Organisation]) -> None:
    cells = publishing.cells(closing.close(SYSTEM, month=MONTH))
    assert cells["Y98000", "smi_all_six"] == "*"
    assert cells["Y99930", "smi_register"] == 76
    user = analyst()
    for code in ("Y98000", "Y98001", "Y99910", "Y99920", "Y99930"):
        found = explaining.explain(access_of(user), "smi_all_six", month=MONTH, organisation=code)
        for row in (*found.practices, found.row):
            assert row.numerator == cells[row.ods_code, "smi_all_six"]


def test_what_several_measures_are_of_is_told_once(practices: list[Organisation]) -> None:
    """Invitations are counted by themselves and are what three shares are of: a practice's three were known to be two at
    least, from others that were hidden here and shown there."""
    kept = {one.measure.key: one.id for one in versions.of_month(MONTH)}
    made = Closing.objects.create(month=MONTH, edition=1, known_at=AT, closed_at=AT, closed_by="test")
    shares = ("invitations_answered", "invitations_booked", "invitations_done")
    invited = (41, 3, 7, 12, 3, 12, 12, 20)
    answered_booked_done = (
        (10, 40, 12),
        (3, 1, 1),
        (7, 6, 6),
        (11, 4, 6),
        (1, 2, 3),
        (12, 0, 5),
        (10, 12, 10),
        (7, 18, 14),
    )
    for practice, of, came_to in zip(locality(8), invited, answered_booked_done, strict=True):
        figures = {"invited": (of, None), **dict(zip(shares, ((count, of) for count in came_to), strict=True))}
        Snapshot.objects.bulk_create(
            Snapshot(closing=made, measure_id=kept[key], organisation=practice, numerator=count, denominator=whole)
            for key, (count, whole) in figures.items()
        )
    settled = publishing.settled(made)
    codes = {code for code, _ in settled.cells}
    assert {"Y98000", "Y99910", "Y99930"} < codes
    assert settled.cells["Y98004", "invited"] == "*"
    for share in shares:
        assert {code: settled.cells[code, settled.whole[share]] for code in codes} == {
            code: settled.cells[code, "invited"] for code in codes
        }
