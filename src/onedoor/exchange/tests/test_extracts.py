"""Extracts through their door: mapped once, previewed, taken once over all files, withdrawn; who may, who is late; the sheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.accounts.models import Organisation
from onedoor.accounts.tests.sharing import shares
from onedoor.exchange import api as exchange
from onedoor.exchange.extracts import actions, status
from onedoor.exchange.extracts import register as register_sheets
from onedoor.exchange.files.measures import read_nhs_number
from onedoor.exchange.models import Extract, ExtractMapping, FeedItem
from onedoor.kernel import clock, jobs, nhs_number
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.models import AuditEntry
from onedoor.patients.models import CareRelationship, Patient
from onedoor.recall.tests.standings import stand
from onedoor.records import api as records
from onedoor.records import importing
from onedoor.records.types import NewEntry
from onedoor.tasks.api import Task

pytestmark = pytest.mark.django_db

HEAD = "NHS number,Date of birth,BP,BMI,HbA1c (mmol/mol),Smoking,Date of check\n"
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
TODAY = datetime(2026, 12, 7, 9, tzinfo=clock.LONDON)
NATIONAL = Path(__file__).parents[4] / "tests" / "data" / "smi-physical-health-checks.xlsx"


@pytest.fixture(autouse=True)
def _on_a_monday() -> Iterator[None]:
    with clock.at(TODAY):
        yield


@dataclass(frozen=True)
class Scene:
    practice: Organisation
    access: Access
    sam: Patient
    ada: Patient


@pytest.fixture
def scene() -> Scene:
    practice = factories.practice()
    return Scene(
        practice,
        factories.person(practice, Role.PRACTICE_MANAGER)[1],
        factories.patient(practice, "Sam"),
        factories.patient(practice, "Ada"),
    )


def sent(access: Access, lines: str, *, month: date = NOVEMBER, head: str = HEAD) -> Extract:
    return actions.receive(content=(head + lines).encode(), name="november.csv", month=month, access=access)


def taken(access: Access, lines: str, *, month: date = NOVEMBER, head: str = HEAD) -> Extract:
    extract = sent(access, lines, month=month, head=head)
    if extract.state == "to_map":
        extract = actions.confirm_mapping(access=access, ref=extract.ref, columns=extract.columns)
    return actions.take(access=access, ref=extract.ref)


def row(patient: Patient, cells: str = "132/84,27.4,41,Never smoked,03/11/2026") -> str:
    return f"{patient.nhs_number},01/05/1980,{cells}\n"


def facts(patient: Patient) -> set[tuple[str, float | None]]:
    found = records.Coded.objects.filter(patient=patient, in_error_at=None)
    return set(found.values_list("code__code", "value"))


WHOLE = {
    ("271649006", 132.0), ("271650006", 84.0), ("60621009", 27.4), ("999791000000106", 41.0), ("266919005", None),
}  # fmt: skip


def test_columns_are_confirmed_once_and_the_next_month_is_read_by_itself(scene: Scene) -> None:
    first = sent(scene.access, row(scene.sam))
    assert first.state == "to_map"
    assert first.columns == {
        "NHS number": "nhs",
        "Date of birth": "born",
        "BP": "bp.value",
        "BMI": "bmi.value",
        "HbA1c (mmol/mol)": "hba1c.value",
        "Smoking": "smoking.value",
        "Date of check": "date",
    }
    first = actions.confirm_mapping(access=scene.access, ref=first.ref, columns=first.columns)
    assert (first.state, first.taken, facts(scene.sam)) == ("previewed", 5, set())
    actions.take(access=scene.access, ref=first.ref)
    assert facts(scene.sam) == WHOLE
    assert sent(scene.access, row(scene.ada)).state == "previewed"


def test_a_changed_layout_asks_again_and_says_what_changed(scene: Scene) -> None:
    taken(scene.access, row(scene.sam))
    head = HEAD.replace("Smoking", "Tobacco use").replace("BMI", "Ward,BMI")
    changed = sent(scene.access, row(scene.sam, "132/84,Ash,27.4,41,Never,03/11/2026"), head=head)
    assert changed.state == "to_map"
    columns, gone = exchange.columns_of(changed)
    assert [column.heading for column in columns if column.new] == ["Ward", "Tobacco use"]
    assert gone == ["Smoking"]
    assert ExtractMapping.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"NHS number": ""}, "NHS number"),
        ({"Date of check": ""}, "date of the check"),
        ({"BP": "nhs"}, "Two columns"),
        ({"BP": "no such field"}, "no field"),
        ({"BP": "", "BMI": "", "HbA1c (mmol/mol)": "", "Smoking": ""}, "result of a check"),
    ],
)
def test_columns_by_which_no_row_could_be_read_are_refused(scene: Scene, change: dict[str, str], why: str) -> None:
    extract = sent(scene.access, row(scene.sam))
    with pytest.raises(exchange.WrongMapping, match=why):
        actions.confirm_mapping(access=scene.access, ref=extract.ref, columns={**extract.columns, **change})


def test_nothing_valid_is_lost_because_its_neighbour_was_bad(scene: Scene) -> None:
    extract = taken(scene.access, row(scene.sam, "84/132,27.4,7.5,Never smoked,03/11/2026") + row(scene.ada))
    assert facts(scene.sam) == {("60621009", 27.4), ("266919005", None)}
    assert facts(scene.ada) == WHOLE
    told = {(one.row, one.column): one.reason for one in extract.rejects.all()}
    assert told == {(2, "BP"): "impossible", (2, "HbA1c (mmol/mol)"): "impossible"}
    assert all(one.why and one.what_to_do for one in extract.rejects.all())


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ("9.99E+09,,132/84,,,,03/11/2026", "NHS number", "nhs_number"),
        ("9998000009,,132/84,,,,03/11/2026", "NHS number", "person"),
        ("{sam},02/05/1980,132/84,,,,03/11/2026", "Date of birth", "born_on"),
        ("{sam},,17/11 kPa,,,,03/11/2026", "BP", "unit"),
        ("{sam},,,,7.5%,,03/11/2026", "HbA1c (mmol/mol)", "percent"),
        ("{sam},,,274,,,03/11/2026", "BMI", "impossible"),
        ("{sam},,,<20,,,03/11/2026", "BMI", "no_result"),
        ("{sam},,,20-25,,,03/11/2026", "BMI", "no_result"),
        ("{sam},,,27.4,,,", "Date of check", "no_date"),
        ("{sam},,,27.4,,,31/02/2026", "Date of check", "date"),
        ("{sam},,,27.4,,,08/12/2026", "Date of check", "future"),
        ("{sam},,,27.4,,,01/01/1970", "Date of check", "before_birth"),
        ("{sam},,,done,,,03/11/2026", "BMI", "said_done"),
        ("{sam},,,awaited,,,03/11/2026", "BMI", "not_done"),
        ("{sam},,,,,Declined,03/11/2026", "Smoking", "declined"),
    ],
)
def test_each_reason_is_told_with_row_column_and_cell(scene: Scene, cells: str, column: str, reason: str) -> None:
    extract = taken(scene.access, cells.format(sam=scene.sam.nhs_number) + "\n")
    (told,) = extract.rejects.all()
    assert (told.row, told.column, told.reason) == (2, column, reason)
    assert facts(scene.sam) == set()
    assert extract.quality["reasons"] == {reason: 1}


def test_a_decline_is_never_the_check(scene: Scene) -> None:
    extract = taken(scene.access, row(scene.sam, "declined,declined,41,,03/11/2026"))
    assert facts(scene.sam) == {("413123006", None), ("736013005", None), ("999791000000106", 41.0)}
    assert extract.quality["declined"] == 2


def test_a_damaged_code_is_told_and_a_right_one_taken(scene: Scene) -> None:
    head = "NHS number,Code,Date,Value,Unit\n"
    who = scene.sam.nhs_number
    lines = f"{who},1.08264E+15,2026-11-03,12,units/week\n{who},1066921000000100,2026-11-03,,\n{who},60621009,2026-11-03,27.4,\n"
    lines += f"{who},60621009,2026-11-04,28,kg/m2\n"
    extract = taken(scene.access, lines, head=head)
    assert facts(scene.sam) == {("60621009", 28.0)}
    assert sorted(extract.rejects.values_list("row", "reason")) == [
        (2, "code_damaged"), (3, "code_damaged"), (4, "no_unit"),
    ]  # fmt: skip


def test_each_fact_is_there_once_over_all_files_and_withdrawing_one_leaves_what_another_has(scene: Scene) -> None:
    first = taken(scene.access, row(scene.sam) + row(scene.ada), month=OCTOBER)
    second = taken(scene.access, row(scene.sam) + row(scene.ada, "140/90,,,,03/11/2026"))
    assert (first.taken, second.taken, second.same) == (10, 2, 5)
    assert actions.withdraw(access=scene.access, ref=first.ref) == 5
    assert facts(scene.sam) == WHOLE
    assert facts(scene.ada) == {("271649006", 140.0), ("271650006", 90.0)}
    with pytest.raises(exchange.CannotTake):
        actions.withdraw(access=scene.access, ref=first.ref)
    again = taken(scene.access, row(scene.sam) + row(scene.ada), month=OCTOBER)
    assert again.taken == 5
    assert facts(scene.ada) >= WHOLE


def test_two_who_take_it_take_it_once(scene: Scene) -> None:
    extract = taken(scene.access, row(scene.sam))
    with pytest.raises(exchange.CannotTake):
        actions.take(access=scene.access, ref=extract.ref)
    with pytest.raises(exchange.CannotTake):
        actions.confirm_mapping(access=scene.access, ref=extract.ref, columns=extract.columns)


def test_a_file_of_another_organisation_is_not_there(scene: Scene) -> None:
    extract = sent(scene.access, row(scene.sam))
    _, other = factories.person(factories.practice("Y99003", "Marfleet Lane"), Role.PRACTICE_MANAGER)
    for do in (actions.take, actions.withdraw, actions.map_again):
        with pytest.raises(Extract.DoesNotExist):
            do(access=other, ref=extract.ref)
    with pytest.raises(Extract.DoesNotExist):
        status.extract_of(other, extract.ref)
    _, desk = factories.person(scene.practice, Role.RECEPTIONIST)
    with pytest.raises(NotPermitted):
        sent(desk, row(scene.sam))
    with pytest.raises(NotPermitted):
        status.status(desk)


def test_people_of_another_practice_are_nobody_here(scene: Scene) -> None:
    stranger = factories.patient(factories.practice("Y99003", "Marfleet Lane"))
    extract = taken(scene.access, row(stranger))
    assert facts(stranger) == set()
    assert extract.quality["unknown"] == 1


def test_what_a_trust_sends_is_seen_and_counts_once_the_practice_accepts_it(scene: Scene) -> None:
    trust = factories.practice("Y99902", "Wexcombe Mental Health")
    tie = (scene.practice.ods_code, scene.practice.name, "", "served_by_trust", trust.ods_code, trust.name)
    accounts.take_organisations(rows=[accounts.OrganisationRow(*tie, date(2026, 4, 1))], by=factories.TEST)
    CareRelationship.objects.create(patient=scene.sam, organisation=trust, kind="caseload", starts_on=date(2026, 1, 1))
    _, access = factories.person(trust, Role.PRACTICE_MANAGER)
    extract = taken(access, row(scene.sam) + row(scene.ada))
    assert facts(scene.sam) == WHOLE
    assert extract.quality["reasons"] == {"person": 1}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM records_coded_entries WHERE patient_id = %s", [scene.sam.pk])
        assert cursor.fetchone() == (0,)


def test_a_month_is_late_missing_or_to_come_and_asked_for_once(scene: Scene) -> None:
    with clock.at(TODAY - timedelta(days=30)):
        taken(scene.access, row(scene.sam, "132/84,,,,03/10/2026"), month=OCTOBER)

    def cells() -> list[str]:
        return [cell.state for cell in status.status(scene.access)[0].cells][:2]

    assert cells() == ["due", "taken"]
    assert status.remind(by=factories.TEST) == 0
    with clock.at(TODAY + timedelta(days=7)):
        assert cells() == ["missing", "taken"]
        assert [status.remind(by=factories.TEST), status.remind(by=factories.TEST)] == [1, 0]
        assert Task.objects.get(kind="extract_missing").organisation_id == scene.practice.pk
        taken(scene.access, row(scene.sam))
        assert cells() == ["late", "taken"]
        assert Task.objects.get(kind="extract_missing").state == "withdrawn"
        assert status.remind(by=factories.TEST) == 0


def test_a_pcn_sees_its_practices_figures_and_opens_none_of_their_files(scene: Scene) -> None:
    pcn = factories.practice("Y99101", "Vale PCN")
    tie = (scene.practice.ods_code, scene.practice.name, "", "part_of_pcn", pcn.ods_code, pcn.name)
    accounts.take_organisations(rows=[accounts.OrganisationRow(*tie, date(2026, 4, 1))], by=factories.TEST)
    extract = taken(scene.access, row(scene.sam))
    _, access = factories.person(pcn, Role.PRACTICE_MANAGER)
    lines = status.status(access)
    assert [(line.organisation.pk, line.own) for line in lines] == [(pcn.pk, True), (scene.practice.pk, False)]
    assert lines[1].cells[0].state == "taken"
    with pytest.raises(Extract.DoesNotExist):
        status.extract_of(access, extract.ref)
    with CaptureQueriesContext(
        connection,
    ) as few:
        status.status(access)
    for number in range(4):
        one = factories.practice(f"Y9920{number}", f"Practice {number}")
        tie = (one.ods_code, one.name, "", "part_of_pcn", pcn.ods_code, pcn.name)
        accounts.take_organisations(rows=[accounts.OrganisationRow(*tie, date(2026, 4, 1))], by=factories.TEST)
    with CaptureQueriesContext(connection) as many:
        assert len(status.status(access)) == 6
    assert len(many) == len(few)


def test_quality_is_held_against_the_last_month(scene: Scene) -> None:
    taken(scene.access, row(scene.sam) + row(scene.ada), month=OCTOBER)
    extract = taken(scene.access, row(scene.sam, "132/84,,41,Never,03/11/2026"))
    notes = status.quality_of(extract).notes
    assert notes[0] == "It has 1 rows; the last month had 2."
    assert "“BMI: result” stands in 0% of the rows; in the last month it was 100%." in notes


def test_a_file_that_nobody_takes_lapses_with_what_it_said(scene: Scene) -> None:
    extract = sent(scene.access, row(scene.sam))
    with clock.at(TODAY + timedelta(days=7)):
        assert actions.lapse(by=factories.TEST) == 1
        assert actions.lapse(by=factories.TEST) == 0
        extract.refresh_from_db()
        assert (extract.state, extract.content) == ("lapsed", None)
        with pytest.raises(exchange.CannotTake):
            actions.take(access=scene.access, ref=extract.ref)


def test_the_published_national_file_is_told_for_what_it_is(scene: Scene) -> None:
    with pytest.raises(exchange.UnreadableFile) as told:
        actions.receive(content=NATIONAL.read_bytes(), name=NATIONAL.name, month=NOVEMBER, access=scene.access)
    assert "table of counts and not of people: 23,728 rows" in told.value.what
    assert "22 of “Period”" in told.value.what


COUNTS = "Physical health checks\nPeriod,CCG Code,Question,Answer\n" + "SMI-Q1-2021-2022,14Y,SMIRegister,3987\n" * 3


def test_a_table_of_counts_is_told_from_a_list_of_people(scene: Scene) -> None:
    with pytest.raises(exchange.UnreadableFile, match="counts and not of people: 3 rows, with 1 of “Period”"):
        sent(scene.access, "", head=COUNTS)


def test_a_table_of_nothing_but_figures_says_so_in_a_whole_sentence(scene: Scene) -> None:
    with pytest.raises(exchange.UnreadableFile) as told:
        sent(scene.access, "", head="Register,All six\n" + "3987,1204\n" * 3)
    assert "3 rows, with a figure in “Register” and “All six”." in told.value.what


def test_one_bad_date_of_a_row_is_told_once_however_many_checks_it_is_of(scene: Scene) -> None:
    extract = taken(scene.access, row(scene.sam, "132/84,27.4,41,Never smoked,31/02/2026"))
    told = list(extract.rejects.values_list("column", "cell", "reason"))
    assert told == [("Date of check", "31/02/2026", "date")]
    assert extract.quality["reasons"] == {"date": 1}


def test_the_command_reads_from_disk_and_asks_for_new_headings(scene: Scene, tmp_path: Path) -> None:
    file = tmp_path / "november.csv"
    file.write_text(f"NHS number,Code,Date,Value,Unit\n{scene.sam.nhs_number},60621009,03/11/2026,27.4,kg/m2\n")

    def read(*, confirm: bool = False, apply: bool = True) -> Extract:
        return exchange.import_extract(
            file=file,
            organisation=scene.practice.ods_code.lower(),
            month=NOVEMBER,
            by=factories.TEST,
            confirm=confirm,
            apply=apply,
        )[0]

    assert (read().state, facts(scene.sam)) == ("to_map", set())
    assert (read(confirm=True, apply=False).taken, facts(scene.sam)) == (1, set())
    assert (read().state, facts(scene.sam)) == ("taken", {("60621009", 27.4)})
    assert (read().same, ExtractMapping.objects.count()) == (1, 1)
    with pytest.raises(NotPermitted):
        exchange.import_extract(file=file, organisation="Y99002", month=NOVEMBER, by=scene.access.actor)
    with pytest.raises(exchange.UnreadableFile, match="No organisation has the ODS code"):
        exchange.import_extract(file=file, organisation="Y99XXX", month=NOVEMBER, by=factories.TEST)


# ---- the sheet that goes out


@pytest.fixture
def register(scene: Scene) -> Scene:
    taken(scene.access, row(scene.sam) + row(scene.ada, "120/80,,,Ex-smoker,03/11/2026"))
    stand([scene.sam], lack=["alcohol", "lipid"])
    stand([scene.ada], lack=["bmi", "alcohol", "lipid", "glucose"])
    return scene


def test_the_sheet_opens_elsewhere_with_texts_that_stay_texts(register: Scene) -> None:
    sheet = exchange.register_sheet(access=register.access, form="xlsx")
    page = openpyxl.load_workbook(io.BytesIO(sheet.content)).worksheets[0]
    rows = list(page.iter_rows(values_only=True))
    assert (sheet.people, len(rows)) == (2, 3)
    numbers = {row[0] for row in rows[1:]}
    assert numbers == {register.sam.nhs_number, register.ada.nhs_number}
    sam = dict(zip(rows[0], next(row for row in rows if row[0] == register.sam.nhs_number), strict=True))
    assert sam["Blood pressure result"] == "132/84"
    assert sam["Blood pressure date"] == datetime(2026, 11, 3)  # noqa: DTZ001 (a workbook knows no time zones)
    assert (sam["Glucose or HbA1c SNOMED code"], sam["Alcohol done"]) == ("999791000000106", "missing")


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_the_sheet_is_read_back_with_nothing_refused(register: Scene, form: exchange.SheetForm) -> None:
    sheet = exchange.register_sheet(access=register.access, form=form)
    back = actions.receive(content=sheet.content, name=sheet.name, month=NOVEMBER, access=register.access)
    back = actions.confirm_mapping(access=register.access, ref=back.ref, columns=back.columns)
    assert list(back.rejects.values_list("column", "cell", "why")) == []
    assert (back.rows, back.taken, back.rejected) == (2, 0, 0)


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("other", ["", "extract", "file"])
def test_what_a_withdrawn_file_had_shown_is_to_be_typed_again(scene: Scene, typed: bool, other: str) -> None:
    """Unless another file shows it too; and what somebody said they had typed is typed still."""
    with transaction.atomic():
        entry = NewEntry(
            scene.sam.pk, scene.practice.pk, "check", "132", "own", "check form", records.concept("271649006"),
            effective_at=datetime(2026, 11, 3, 12, tzinfo=clock.LONDON), value=132,
        )  # fmt: skip
        records.record_entries(entries=[entry], by=factories.TEST)
    jobs.run_once("exchange.feed_answers")
    if typed:
        desk = factories.person(scene.practice)[1]
        exchange.say_typed(access=desk, item_ids=[line.id for line in exchange.to_type(desk).lines])

    def state() -> str:
        return FeedItem.objects.get().state

    before = state()
    first = taken(scene.access, row(scene.sam))
    assert (before, state()) == ("typed" if typed else "waiting", "in_record")
    if other == "extract":
        again = taken(scene.access, row(scene.sam), month=OCTOBER, head=HEAD.replace("BMI", "BMI "))
    elif other == "file":
        line = f"{scene.sam.nhs_number},271649006,2026-11-03,132,mm[Hg],{scene.practice.ods_code}\n"
        exchange.import_entries(
            file=f"nhs_number,code,date,value,unit,organisation\n{line}".encode(), by=factories.TEST, name="e.csv"
        )
    actions.withdraw(access=scene.access, ref=first.ref)
    assert state() == ("in_record" if other else before)
    if other == "extract":
        actions.withdraw(access=scene.access, ref=again.ref)
        assert state() == before
    assert AuditEntry.objects.filter(action="unseen_feed_item").exists() == (other != "file")


def test_a_preview_ticks_nothing(scene: Scene) -> None:
    with transaction.atomic():
        entry = NewEntry(
            scene.sam.pk, scene.practice.pk, "check", "132", "own", "check form", records.concept("271649006"),
            effective_at=datetime(2026, 11, 3, 12, tzinfo=clock.LONDON), value=132,
        )  # fmt: skip
        records.record_entries(entries=[entry], by=factories.TEST)
    jobs.run_once("exchange.feed_answers")
    found = sent(scene.access, row(scene.sam))
    actions.confirm_mapping(access=scene.access, ref=found.ref, columns=found.columns)
    assert FeedItem.objects.get().state == "waiting"


def test_a_sheet_that_was_cut_says_so(register: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "only" not in exchange.register_sheet(access=register.access, form="csv").name
    monkeypatch.setattr(register_sheets, "MOST", 1)
    sheet = exchange.register_sheet(access=register.access, form="csv")
    assert (sheet.people, sheet.name.endswith("-first-1-people-only.csv")) == (1, True)


def test_whoever_sends_a_file_does_not_wait_for_anothers(scene: Scene) -> None:
    found = sent(scene.access, row(scene.sam))
    params = connection.get_connection_params()
    for key in ("cursor_factory", "context"):
        params.pop(key, None)
    with psycopg.connect(**params) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [importing.LOCK])
        with pytest.raises(exchange.UnreadableFile, match="Another file is being read"):
            actions.confirm_mapping(access=scene.access, ref=found.ref, columns=found.columns)
    found.refresh_from_db()
    assert found.state == "to_map"
    assert actions.confirm_mapping(access=scene.access, ref=found.ref, columns=found.columns).state == "previewed"


def test_a_name_that_would_run_is_a_text(register: Scene) -> None:
    Patient.objects.filter(pk=register.sam.pk).update(family_name="=1+1")
    text = exchange.register_sheet(access=register.access, form="csv").content.decode("utf-8-sig")
    assert "'=1+1" in {line[2] for line in csv.reader(io.StringIO(text))}
    book = openpyxl.load_workbook(io.BytesIO(exchange.register_sheet(access=register.access, form="xlsx").content))
    assert {cell.data_type for row in book.worksheets[0].iter_rows() for cell in row if cell.value == "=1+1"} <= {
        "s",
        "inlineStr",
    }


def test_a_trust_has_the_sheet_by_agreement_alone_and_without_names(register: Scene) -> None:
    trust = factories.practice("Y99902", "Wexcombe Mental Health")
    tie = (register.practice.ods_code, register.practice.name, "", "served_by_trust", trust.ods_code, trust.name)
    _, access = factories.person(trust, Role.HEALTH_CARE_ASSISTANT)
    for lent, people in ((False, 0), (True, 2)):
        relation = accounts.OrganisationRow(*tie, date(2026, 4, 1), None, lent)
        accounts.take_organisations(rows=[relation], by=factories.TEST)
        sheet = exchange.register_sheet(access=access, form="csv")
        assert sheet.people == people
    header = sheet.content.decode("utf-8-sig").splitlines()[0]
    assert header.startswith("NHS number,Date of birth,ODS code of practice,")
    assert "Family" not in header
    _, desk = factories.person(register.practice, Role.RECEPTIONIST)
    with pytest.raises(NotPermitted):
        exchange.register_sheet(access=desk, form="csv")


# ---- properties


@given(
    body=st.integers(999_000_000, 999_999_999), way=st.sampled_from(["{}.0", "'{}", "{} ", "NHS {}", "\u00a0{}", "sci"])
)
def test_what_a_spreadsheet_does_to_a_number_is_undone_only_where_every_digit_is_there(body: int, way: str) -> None:
    check = 11 - sum(int(digit) * weight for digit, weight in zip(str(body), range(10, 1, -1), strict=True)) % 11
    number = f"{body}{check % 11}"
    if check == 10 or not nhs_number.is_valid(number):
        return
    written = f"{number[0]}.{number[1:]}E+09" if way == "sci" else way.format(number)
    assert read_nhs_number(written)[0] == number
    lost = f"{number[0]}.{number[1:6]}E+09"
    assert read_nhs_number(lost)[0] == ""


@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(cells=st.lists(st.text(max_size=12), min_size=5, max_size=5))
def test_whatever_stands_in_a_row_its_neighbour_is_taken_whole(scene: Scene, cells: list[str]) -> None:
    out = io.StringIO()
    csv.writer(out).writerow([scene.sam.nhs_number, "01/05/1980", *(cell.replace("\x00", "") for cell in cells)])
    extract = taken(scene.access, row(scene.ada) + out.getvalue(), month=OCTOBER)
    assert extract.state == "taken"
    assert facts(scene.ada) >= WHOLE


def test_the_sheet_of_whom_checks_are_lent_to_has_nothing_that_others_share_with_the_practice(register: Scene) -> None:
    clinic, trust = factories.practice("Y99903", "Wexcombe Clinic"), factories.practice("Y99902", "Wexcombe Trust")
    tie = (register.practice.ods_code, register.practice.name, "", "served_by_trust", trust.ods_code, trust.name)
    accounts.take_organisations(
        rows=[accounts.OrganisationRow(*tie, date(2026, 4, 1), None, shares_checks=True)], by=factories.TEST
    )
    shares(clinic, register.practice)
    with transaction.atomic():
        records.record_entries(
            entries=[
                NewEntry(
                    register.sam.pk, clinic.pk, "import", "as it came", "clinic:1", "a clinic",
                    records.concept("60621009"), clock.now(), value=31.7,
                )
            ],
            by=factories.TEST,
        )  # fmt: skip
    _, access = factories.person(trust, Role.HEALTH_CARE_ASSISTANT)
    for reader, said in ((register.access, True), (access, False)):
        text = exchange.register_sheet(access=reader, form="csv").content.decode("utf-8-sig")
        assert ("31.7" in text, "132/84" in text) == (said, True)
