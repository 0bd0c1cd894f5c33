"""The lost-check finder: every reason why a check done at a trust does not count, and entering those that can."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.accounts.api import Organisation
from onedoor.exchange import api as exchange
from onedoor.exchange.models import TrustCheck, TrustFile
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.patients.models import CareRelationship, Patient
from onedoor.recall.tests.standings import stand
from onedoor.records import api as records
from onedoor.records.types import NewEntry

pytestmark = pytest.mark.django_db

HEAD = "NHS number,Date of birth,BP,BMI,HbA1c (mmol/mol),Smoking,AUDIT-C,Date\n"
TODAY = date(2026, 12, 7)


@pytest.fixture(autouse=True)
def _on_a_monday() -> object:
    with clock.at(datetime(2026, 12, 7, 9, tzinfo=clock.LONDON)):
        yield


@dataclass(frozen=True)
class Scene:
    practice: Organisation
    trust: Organisation
    access: Access
    sam: Patient


@pytest.fixture
def scene() -> Scene:
    practice, trust = factories.practice(), factories.practice("Y99900", "Wexcombe Trust")
    row = accounts.OrganisationRow(
        *(practice.ods_code, practice.name, "", "served_by_trust", trust.ods_code, trust.name), date(2026, 4, 1)
    )
    accounts.take_organisations(rows=[row], by=factories.TEST)
    sam = factories.patient(practice, "Sam")
    stand([sam], lack=["bp", "bmi", "glucose", "smoking", "alcohol"])
    return Scene(practice, trust, factories.person(practice, Role.HEALTH_CARE_ASSISTANT)[1], sam)


def compared(scene: Scene, lines: str) -> TrustFile:
    return exchange.compare_checks(
        content=(HEAD + lines).encode(), name="november.csv", trust_ods="Y99900", access=scene.access
    )


def why(file: TrustFile) -> dict[str, str]:
    return dict(TrustCheck.objects.filter(file=file).order_by("id").values_list("part", "reason"))


def on_record(scene: Scene, code: str, day: date, value: float | None = None) -> None:
    with transaction.atomic():
        records.record_entries(
            entries=[
                NewEntry(
                    patient_id=scene.sam.pk,
                    organisation_id=scene.practice.pk,
                    kind="check",
                    text="as before",
                    intent_key=f"before:{code}:{day}",
                    source="test",
                    concept=records.concept(code),
                    effective_at=datetime(day.year, day.month, day.day, 12, tzinfo=clock.LONDON),
                    value=value,
                )
            ],
            by=factories.TEST,
        )


def test_what_was_done_and_is_not_on_the_record_can_be_counted(scene: Scene) -> None:
    file = compared(scene, f"{scene.sam.nhs_number},01/05/1980,132/84,27.4,41,Never,,03/11/2026\n")
    assert why(file) == dict.fromkeys(("bp", "bmi", "glucose", "smoking"), "can_count")


def test_a_pcn_compares_what_the_trust_of_a_practice_that_shares_with_it_did(scene: Scene) -> None:
    pcn = factories.practice("Y99101", "Vale PCN")
    row = accounts.OrganisationRow(
        *(scene.practice.ods_code, scene.practice.name, "", "part_of_pcn", pcn.ods_code, pcn.name), TODAY, None, True
    )
    accounts.take_organisations(rows=[row], by=factories.TEST)
    _, access = factories.person(pcn, Role.HEALTH_CARE_ASSISTANT)
    assert exchange.trusts_for(access) == [scene.trust, pcn]
    file = exchange.compare_checks(
        content=f"{HEAD}{scene.sam.nhs_number},01/05/1980,,27,,,,03/11/2026\n".encode(),
        name="november.csv",
        trust_ods=scene.trust.ods_code,
        access=access,
    )
    assert why(file) == {"bmi": "can_count"}


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("01/05/1980,,,,,,soon", None),
        ("01/05/1980,,27,,,,", "no_date"),
        ("01/05/1980,,27,,,,08/12/2026", "in_future"),
        ("01/05/1980,,27,,,,07/12/2026", "can_count"),
        ("01/05/1980,,27,,,,08/12/2025", "can_count"),
        ("01/05/1980,,27,,,,07/12/2025", "outside_window"),
        ("01/05/1980,,270,,,,03/11/2026", "impossible"),
        ("01/05/1980,,declined,,,,03/11/2026", "declined"),
        ("01/05/1980,,yes,,,,03/11/2026", "no_result"),
        ("01/05/1980,,,7.5%,,,03/11/2026", "wrong_unit"),
        ("01/05/1980,,,,,5,03/11/2026", "code_not_of_set"),
        ("01/05/1981,,27,,,,03/11/2026", "no_person"),
    ],
)
def test_each_reason_is_told(scene: Scene, cells: str, reason: str | None) -> None:
    file = compared(scene, f"{scene.sam.nhs_number},{cells}\n")
    assert list(why(file).values()) == ([reason] if reason else [])


def test_a_rounded_number_an_unknown_one_and_another_practices_person_are_nobody(scene: Scene) -> None:
    other = factories.patient(factories.practice("Y99003", "Marfleet Lane Practice"), "Tess")
    stand([other], lack=["bmi"])
    lines = "".join(
        f"{number},,,27,,,,03/11/2026\n" for number in ("9.99E+09", factories.nhs_number(), other.nhs_number)
    )
    file = compared(scene, lines)
    found = exchange.trust_file(scene.access, file.ref, reason="no_person")
    assert [(line.row, line.patient, line.says, line.day) for line in found.lines] == [
        (2, None, "", None),
        (3, None, "", None),
        (4, None, "", None),
    ]
    assert "spreadsheet has rounded" in found.lines[0].detail
    assert found.lines[1].detail == found.lines[2].detail


def test_who_is_not_on_the_register_in_remission_or_not_registered_is_told(scene: Scene) -> None:
    well, better, left = (factories.patient(scene.practice, name) for name in ("Well", "Better", "Left"))
    stand([better], lack=["bmi"], status=0, reason="in_remission")
    CareRelationship.objects.filter(patient=left).update(ends_on=TODAY)
    CareRelationship.objects.create(
        patient=left, organisation=scene.practice, kind="caseload", starts_on=date(2026, 1, 1)
    )
    lines = "".join(f"{one.nhs_number},,,27,,,,03/11/2026\n" for one in (well, better, left))
    file = compared(scene, lines)
    found = TrustCheck.objects.filter(file=file).order_by("row").values_list("patient_id", "reason", "detail")
    assert list(found) == [
        (well.pk, "not_on_register", ""),
        (better.pk, "not_on_register", "in remission: recorded after the latest diagnosis"),
        (left.pk, "not_registered", ""),
    ]


def test_what_the_record_has_is_counted_already_or_coded_otherwise(scene: Scene) -> None:
    day = date(2026, 11, 3)
    on_record(scene, "60621009", day, 27.4)
    on_record(scene, "1019431000000105", day, 5.9)
    file = compared(scene, f"{scene.sam.nhs_number},,132/84,27.4,41,,,03/11/2026\n")
    assert why(file) == {"bp": "can_count", "bmi": "counted", "glucose": "other_code"}


def test_what_another_entry_has_completed_is_told_apart(scene: Scene) -> None:
    done = factories.patient(scene.practice, "Done")
    stand([done])
    file = compared(scene, f"{done.nhs_number},,,27.4,,,,03/11/2026\n")
    assert why(file) == {"bmi": "counted_otherwise"}


def test_accepting_enters_it_once_with_the_trust_as_its_source(scene: Scene) -> None:
    file = compared(scene, f"{scene.sam.nhs_number},,132/84,27.4,,Never,,03/11/2026\n")
    first = TrustCheck.objects.get(file=file, part="bp")
    assert exchange.accept_checks(access=scene.access, ref=file.ref, keys=[first.pk]) == 1
    assert exchange.accept_checks(access=scene.access, ref=file.ref, keys=[first.pk]) == 0
    assert exchange.accept_checks(access=scene.access, ref=file.ref) == 2
    written = records.Entry.objects.filter(patient=scene.sam).order_by("id")
    assert [(one.code.code, one.organisation_id) for one in written if one.code] == [
        (code, scene.trust.pk) for code in ("271649006", "271650006", "60621009", "266919005")
    ]
    assert written[0].text == "Systolic blood pressure: 132 mm[Hg], done at Wexcombe Trust"
    assert {one.effective_at.astimezone(clock.LONDON).date() for one in written} == {date(2026, 11, 3)}
    coded = records.coded_of(scene.access, scene.sam.pk)
    assert sorted(one.value for one in coded if one.value is not None) == [27.4, 84.0, 132.0]
    assert exchange.trust_file(scene.access, file.ref).accepted == 3
    assert set(why(compared(scene, f"{scene.sam.nhs_number},,132/84,27.4,,Never,,03/11/2026\n")).values()) == {
        "counted"
    }


@pytest.mark.parametrize(
    ("code", "result", "unit", "reason"),
    [
        ("1005681000000107", "1.2", "mmol/L", "can_count"),
        ("1005681000000107", "1.2", "", "can_count"),
        ("1005681000000107", "done", "", "no_result"),
        ("1005681000000107", "9", "mg/dL", "wrong_unit"),
        ("1005681000000107", "40", "", "impossible"),
    ],
)
def test_a_code_of_the_list_counts_with_a_value_in_its_unit_only(
    scene: Scene, code: str, result: str, unit: str, reason: str
) -> None:
    pat = factories.patient(scene.practice, "Pat")
    stand([pat], lack=["lipid"])
    content = f"NHS number,Check,Code,Result,Unit,Date\n{pat.nhs_number},HDL,{code},{result},{unit},03/11/2026\n"
    file = exchange.compare_checks(
        content=content.encode(), name="november.csv", trust_ods="Y99900", access=scene.access
    )
    assert why(file) == {"lipid": reason}


def test_what_cannot_be_counted_is_not_entered_whoever_asks(scene: Scene) -> None:
    file = compared(scene, f"{scene.sam.nhs_number},,declined,7,,,5,03/11/2026\n")
    keys = list(TrustCheck.objects.filter(file=file).values_list("pk", flat=True))
    assert keys
    assert exchange.accept_checks(access=scene.access, ref=file.ref, keys=keys) == 0
    assert not records.Entry.objects.filter(patient=scene.sam).exists()


def test_whoever_left_meanwhile_is_passed_over(scene: Scene) -> None:
    file = compared(scene, f"{scene.sam.nhs_number},,,27.4,,,,03/11/2026\n")
    CareRelationship.objects.filter(patient=scene.sam).update(ends_on=TODAY)
    assert exchange.accept_checks(access=scene.access, ref=file.ref) == 0
    (line,) = exchange.trust_file(scene.access, file.ref).lines
    assert (line.patient, line.says) == (None, "")


def test_others_neither_compare_nor_see_nor_enter(scene: Scene) -> None:
    file = compared(scene, f"{scene.sam.nhs_number},,,27.4,,,,03/11/2026\n")
    _, desk = factories.person(scene.practice)
    _, other = factories.person(factories.practice("Y99003", "Elsewhere"), Role.HEALTH_CARE_ASSISTANT)
    with pytest.raises(NotPermitted):
        exchange.compare_checks(content=HEAD.encode(), name="x.csv", trust_ods="Y99900", access=desk)
    with pytest.raises(NotPermitted):
        exchange.trust_file(desk, file.ref)
    for call in (
        lambda: exchange.trust_file(other, file.ref),
        lambda: exchange.accept_checks(access=other, ref=file.ref),
    ):
        with pytest.raises(TrustFile.DoesNotExist):
            call()
    with pytest.raises(exchange.UnreadableFile):
        exchange.compare_checks(content=HEAD.encode(), name="x.csv", trust_ods="Y99900", access=other)


def test_it_is_forgotten_after_28_days_and_what_was_entered_stays(scene: Scene) -> None:
    file = compared(scene, f"{scene.sam.nhs_number},,,27.4,,,,03/11/2026\n")
    exchange.accept_checks(access=scene.access, ref=file.ref)
    now = clock.now()
    with clock.at(now + timedelta(days=27)):
        jobs.run_once("exchange.forget_trust_files")
        assert TrustFile.objects.exists()
    with clock.at(now + timedelta(days=28)):
        jobs.run_once("exchange.forget_trust_files")
    assert not TrustCheck.objects.exists()
    assert records.Entry.objects.filter(patient=scene.sam).count() == 1


def test_as_many_statements_for_many_rows_as_for_ten(scene: Scene) -> None:
    counts: list[Mapping[str, int]] = []
    # The first looks up once what is then known for good.
    for number in (2, 10, 1_000):
        people = Patient.objects.bulk_create(
            Patient(
                nhs_number=factories.nhs_number(),
                given_name="P",
                family_name="L",
                name_key="l p",
                born_on=date(1980, 5, 1),
            )
            for _ in range(number)
        )
        CareRelationship.objects.bulk_create(
            CareRelationship(patient=one, organisation=scene.practice, kind="registered", starts_on=date(2020, 1, 1))
            for one in people
        )
        stand(people, lack=["bmi"])
        lines = "".join(f"{one.nhs_number},,,27.4,,,,03/11/2026\n" for one in people)
        with CaptureQueriesContext(connection) as compare:
            file = compared(scene, lines)
        with CaptureQueriesContext(connection) as show:
            exchange.trust_file(scene.access, file.ref)
        with CaptureQueriesContext(connection) as accept:
            assert exchange.accept_checks(access=scene.access, ref=file.ref) == number
        counts.append({"compare": len(compare), "show": len(show), "accept": len(accept)})
    assert counts[1] == counts[2]
