"""Files of coded entries: what is taken, what is held and why, and that reading twice changes nothing."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from onedoor import factories
from onedoor.accounts.models import Organisation
from onedoor.exchange import api as exchange
from onedoor.kernel import events
from onedoor.kernel.access import NotPermitted
from onedoor.kernel.actor import Actor
from onedoor.patients.models import Patient
from onedoor.records import api as records
from onedoor.records import importing
from onedoor.records.events import CodedChanged
from onedoor.records.models import Coded, EntryImport, Held

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system("import by the operator")
HEADER = "nhs_number,code,date,value,unit,organisation"
WHO = "9998000009"


@pytest.fixture
def practice() -> Organisation:
    return factories.practice("Y99001")


@pytest.fixture
def patient(practice: Organisation) -> Patient:
    return known(practice, WHO, date(1980, 2, 29))


def known(practice: Organisation, nhs_number: str, born_on: date) -> Patient:
    made = factories.patient(practice, born_on=born_on)
    made.nhs_number = nhs_number
    made.save(update_fields=["nhs_number"])
    return made


def read(*rows: str, header: str = HEADER, apply: bool = True) -> exchange.Report:
    content = "\r\n".join([header, *rows, ""]).encode()
    return exchange.import_entries(file=content, by=SYSTEM, name="entries.csv", apply=apply)


def facts() -> list[tuple[str, str, float | None, str]]:
    found = Coded.objects.select_related("code", "unit").order_by("id")
    return [(one.code.code, one.day.isoformat(), one.value, one.unit.ucum if one.unit else "") for one in found]


TAKEN = [
    # (row, the facts that it makes)
    ("{who},271649006,2026-11-02,128,mm[Hg],Y99001", [("271649006", 128.0, "mm[Hg]")]),
    ("{who},271649006,02/11/2026,128,mmHg,y99001", [("271649006", 128.0, "mm[Hg]")]),
    ("999 800 0009,271649006,02-Nov-2026,128,MMHG,Y99001", [("271649006", 128.0, "mm[Hg]")]),
    ("{who},75367002,2026-11-02,128/82,mmHg,Y99001", [("271649006", 128.0, "mm[Hg]"), ("271650006", 82.0, "mm[Hg]")]),
    ("{who},75367002,2026-11-02,,,Y99001", [("75367002", None, "")]),
    ("{who},60621009,2026-11-02,10,kg/m2,Y99001", [("60621009", 10.0, "kg/m2")]),
    ("{who},60621009,2026-11-02,55,kg/m²,Y99001", [("60621009", 55.0, "kg/m2")]),
    ("{who},763256006,2026-11-02,12,,Y99001", [("763256006", 12.0, "{score}")]),
    ("{who},1049321000000109,2026-11-02,48,mmol/mol,Y99001", [("1049321000000109", 48.0, "mmol/mol")]),
    ("{who},1019431000000105,2026-11-02,7.5,%,Y99001", [("1019431000000105", 7.5, "%")]),
    ("{who},1006751000000102,2026-11-02,250,µmol/L,Y99001", [("1006751000000102", 250.0, "umol/L")]),
    ("{who},8517006,2026-12-07,,,Y99001", [("8517006", None, "")]),
    ("{who},8517006,1980-02-29,,,Y99001", [("8517006", None, "")]),
]


@pytest.mark.parametrize(("row", "made"), TAKEN)
def test_a_row_that_can_be_believed_is_taken(patient: Patient, row: str, made: list[Any]) -> None:
    report = read(row.format(who=WHO))
    assert (report.taken, report.rejected) == (1, 0)
    assert [(code, value, unit) for code, _, value, unit in facts()] == made


HELD = [
    # (row, reason, words that the report has)
    ("{who},271649006,2026-11-02,128,kPa,Y99001", "unit", "the unit of this code is mmHg, and nothing here converts"),
    ("{who},271649006,2026-11-02,128,,Y99001", "no_unit", "the unit is missing, so nobody can tell that it is mmHg"),
    ("{who},27113001,2026-11-02,180,lb,Y99001", "unit", "the unit of this code is kg"),
    ("{who},1153637007,2026-11-02,1.8,m,Y99001", "unit", "the unit of this code is cm"),
    ("{who},1049321000000109,2026-11-02,7.5,%,Y99001", "percent", "no data for targets"),
    ("{who},1049321000000109,2026-11-02,7.5,,Y99001", "percent", "no data for targets"),
    ("{who},1049321000000109,2026-11-02,48,,Y99001", "no_unit", "the unit is missing"),
    ("{who},60621009,2026-11-02,9.9,kg/m2,Y99001", "impossible", "it is from 10 to 55 kg/m²"),
    ("{who},60621009,2026-11-02,55.1,kg/m2,Y99001", "impossible", "from 10 to 55"),
    ("{who},763256006,2026-11-02,13,{{score}},Y99001", "impossible", "from 0 to 12"),
    ("{who},763256006,2026-11-02,7.5,,Y99001", "impossible", "whole numbers"),
    ("{who},75367002,2026-11-02,82/128,mmHg,Y99001", "impossible", "not above the lower"),
    ("{who},75367002,2026-11-02,128/8,mmHg,Y99001", "impossible", "it is from 30 to 160 mmHg"),
    ("{who},271649006,2026-11-02,>180,mmHg,Y99001", "number", "not a number"),
    ("{who},271649006,2026-11-02,,mmHg,Y99001", "no_value", "no value"),
    ("{who},8517006,2026-11-02,20,,Y99001", "value", "takes no value"),
    ("{who},8517006,2026-12-08,,,Y99001", "future", "still to come"),
    ("{who},8517006,1980-02-28,,,Y99001", "before_birth", "before the person was born"),
    ("{who},8517006,2026-02-29,,,Y99001", "date", "no such day"),
    ("{who},8517006,,,,Y99001", "date", "no such day"),
    ("{who},8517006,2026-11-02,,,Y99XXX", "organisation", "no organisation here"),
    ("9998000017,8517006,2026-11-02,,,Y99001", "patient", "nobody here"),
    ("9998000010,8517006,2026-11-02,,,Y99001", "nhs_number", "not an NHS number"),
    (",8517006,2026-11-02,,,Y99001", "nhs_number", "missing"),
    ("{who},1066921000000100,2026-11-02,,,Y99001", "code_damaged", "last digits are lost"),
    ("{who},506701000000100,2026-11-02,12,{{score}},Y99001", "code_superseded", "720433000"),
    ("{who},73211009,2026-11-02,,,Y99001", "code_unknown", "does not have this code"),
    ("{who},,2026-11-02,,,Y99001", "code_missing", "no code"),
]


@pytest.mark.parametrize(("row", "reason", "words"), HELD)
def test_a_row_that_cannot_be_believed_is_held_with_its_reason(
    patient: Patient, row: str, reason: str, words: str
) -> None:
    text = row.format(who=WHO)
    report = read(text)
    assert (report.taken, report.rejected) == (0, 1)
    (said,) = report.rows
    assert words in f"{said.why} {said.what_to_do}"
    assert said.what_to_do
    assert said.row == 2
    assert not facts()
    held = Held.objects.get()
    assert (held.reason, held.row) == (reason, 2)
    assert held.cells["code"] == text.split(",")[1]


@settings(max_examples=60)
@given(cells=st.lists(st.text(max_size=12), min_size=6, max_size=6))
def test_whatever_stands_in_a_row_it_is_held_and_the_next_is_taken(cells: list[str]) -> None:
    with transaction.atomic():
        known(factories.practice("Y99001"), WHO, date(1980, 2, 29))
        content = io.StringIO()
        csv.writer(content).writerow(cells)
        file = f"{HEADER}\r\n{content.getvalue()}{WHO},8517006,2026-11-02,,,Y99001\r\n".encode("utf-8", "surrogatepass")
        report = exchange.import_entries(file=file, by=SYSTEM, name="entries.csv")
        assert ("8517006", "2026-11-02", None, "") in facts()
        assert len(facts()) == report.taken == 1
        transaction.set_rollback(True)


def test_the_rows_of_the_how_to_are_taken(practice: Organisation) -> None:
    page = (Path(__file__).parents[4] / "docs" / "how-to" / "import-entries.md").read_text()
    rows = page.split("```")[1].split()
    known(practice, rows[1].split(",")[0], date(1980, 2, 29))
    assert rows[0] == HEADER
    assert read(*rows[1:]).taken == len(rows) - 1
    assert len(facts()) == 4


def test_a_term_and_a_cluster_are_compared_where_the_file_has_them(patient: Patient) -> None:
    report = read(
        f"{WHO},271650006,2026-11-02,82,mmHg,Y99001,Systolic blood pressure,",
        f"{WHO},763256006,2026-11-02,4,,Y99001,AUDIT-C score,ALC_COD",
        f"{WHO},271649006,2026-11-02,128,mmHg,Y99001,Systolic BP,BP_COD",
        header=f"{HEADER},term,cluster",
    )
    assert [(row.row, row.column) for row in report.rows] == [(2, "code"), (3, "cluster")]
    assert [code for code, *_ in facts()] == ["271649006"]


def test_reading_twice_changes_nothing_and_tells_nobody(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[CodedChanged] = []
    monkeypatch.setitem(events._handlers, CodedChanged, [told.append])
    rows = (
        f"{WHO},8517006,2026-11-02,,,Y99001",
        f"{WHO},8517006,2026-12-08,,,Y99001",
        f"{WHO},8517006,2026-11-02,,,Y99001",
    )
    first = read(*rows)
    assert first.did["new"] == 1
    before = [list(model.objects.order_by("pk").values()) for model in (Coded, Held)]
    again = read(*rows)
    assert (again.taken, again.rejected, again.did) == (2, 1, {})
    assert [list(model.objects.order_by("pk").values()) for model in (Coded, Held)] == before
    # That it was read is known: a source that says nothing new is not silent.
    one, two = EntryImport.objects.order_by("pk")
    assert (two.counts, told) == ({}, [CodedChanged((), one.pk)])


def test_a_preview_does_not_wait_for_another_file(patient: Patient) -> None:
    row = f"{WHO},8517006,2026-11-02,,,Y99001"
    params = connection.get_connection_params()
    for key in ("cursor_factory", "context"):
        params.pop(key, None)
    with psycopg.connect(**params) as other, connection.cursor() as cursor:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [importing.LOCK])
        cursor.execute("SET LOCAL lock_timeout = '3s'")
        with pytest.raises(exchange.UnreadableFile, match="Another file is being read"):
            read(row, apply=False)
    assert read(row, apply=False).did["new"] == 1


def test_a_preview_leaves_nothing(patient: Patient) -> None:
    report = read(f"{WHO},8517006,2026-11-02,,,Y99001", f"{WHO},8517006,2026-12-08,,,Y99001", apply=False)
    assert (report.state, report.did["new"], report.rejected) == ("preview", 1, 1)
    assert not Coded.objects.exists()
    assert not Held.objects.exists()


def test_what_was_said_to_be_in_error_here_is_not_brought_back(practice: Organisation, patient: Patient) -> None:
    row = f"{WHO},8517006,2026-11-02,,,Y99001"
    read(row)
    Coded.objects.update(in_error_at="2026-11-03T09:00Z")
    assert read(row).did == {}
    assert Coded.objects.get().in_error_at is not None


def test_another_organisation_may_have_recorded_it(patient: Patient) -> None:
    factories.practice("Y99002", "Harbour Surgery")
    assert read(f"{WHO},8517006,2026-11-02,,,Y99002").taken == 1


def test_a_held_row_is_settled_when_a_later_file_brings_it_whole(practice: Organisation, patient: Patient) -> None:
    read(f"{WHO},271649006,2026-11-02,128,,Y99001", "9998000017,8517006,2026-11-02,,,Y99001")
    known(practice, "9998000017", date(1990, 1, 1))
    report = read(f"{WHO},271649006,2026-11-02,128,mmHg,Y99001", "9998000017,8517006,2026-11-02,,,Y99001")
    assert report.did["rows held before, and whole by now"] == 2
    assert set(Held.objects.values_list("settled_as", flat=True)) == {"taken"}


@pytest.mark.parametrize(
    ("later", "settled"),
    [
        (["75367002,2026-11-02,128/82,mmHg,Y99001"], True),
        (["271649006,2026-11-02,128,mmHg,Y99001", "75367002,2026-11-02,128/82,mmHg,Y99001"], True),
        (["271649006,2026-11-02,128,mmHg,Y99001"], False),
        (["271649006,2026-11-02,128,mmHg,Y99001", "271650006,2026-11-03,82,mmHg,Y99001"], False),
        (["75367002,2026-11-02,128/82,mmHg,Y99002"], False),
    ],
)
def test_a_held_blood_pressure_is_settled_by_both_its_readings(
    patient: Patient, later: list[str], settled: bool
) -> None:
    factories.practice("Y99002", "Other Surgery")
    read(f"{WHO},75367002,2026-11-02,128/82,,Y99001")
    for row in later:
        read(f"{WHO},{row}")
    assert (Held.objects.get().settled_at is not None) is settled


def test_what_another_organisation_recorded_that_day_settles_nothing(practice: Organisation, patient: Patient) -> None:
    factories.practice("Y99002", "Other Surgery")
    read(f"{WHO},271649006,2026-11-02,188,,Y99001")
    assert read(f"{WHO},271649006,2026-11-02,128,mmHg,Y99002").taken == 1
    assert Held.objects.get().settled_at is None


def test_only_the_system_imports(practice: Organisation) -> None:
    _, access = factories.person(practice)
    with pytest.raises(NotPermitted):
        exchange.import_entries(file=f"{HEADER}\r\n".encode(), by=access.actor)


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(exchange.UnreadableFile, match="No header"):
        read("1,2", header="a,b")


@pytest.mark.parametrize("size", [10, 1_000])
def test_as_many_statements_for_ten_rows_as_for_a_thousand(
    patient: Patient, size: int, django_assert_max_num_queries: Any
) -> None:
    rows = [
        f"{WHO},271649006,20{10 + n // 336:02}-{n // 28 % 12 + 1:02}-{n % 28 + 1:02},128,mmHg,Y99001"
        for n in range(size)
    ]
    with django_assert_max_num_queries(33):
        assert read(*rows).did["new"] == size


def test_people_of_an_import_are_published(patient: Patient) -> None:
    from django.db import connection

    read(f"{WHO},8517006,2026-11-02,,,Y99001")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT patient_id FROM records_import_patients WHERE import_id = %s", [EntryImport.objects.get().pk]
        )
        assert cursor.fetchall() == [(patient.pk,)]


def test_the_facts_are_seen_within_the_access(practice: Organisation, patient: Patient) -> None:
    read(f"{WHO},271649006,2026-11-02,128,mmHg,Y99001")
    _, access = factories.person(practice)
    (found,) = records.coded_of(access, patient.pk)
    assert (found.code.term, found.value) == ("Systolic blood pressure", 128.0)
    _, other = factories.person(factories.practice("Y99003", "Harbour Surgery"))
    with pytest.raises(Patient.DoesNotExist):
        records.coded_of(other, patient.pk)
