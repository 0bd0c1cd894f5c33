"""Official files of reference sets: members replaced, history kept, damaged identifiers refused by name."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from onedoor import factories
from onedoor.exchange import api as exchange
from onedoor.kernel.access import NotPermitted
from onedoor.kernel.actor import Actor
from onedoor.records import api as records
from onedoor.records.models import Code, CodeFile, CodeSet, CodeSetMember

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system("import by the operator")
BP = "999012731000230108"
DIABETES_INVITE = "DMINVITE_COD"
NEW = "1006191000000106"
"""Not in the facts: it comes with a file."""


def pcd(*rows: str, day: str = "20270630", apply: bool = True) -> exchange.Report:
    content = "\r\n".join(["cluster_id,refset_id,code,term", *rows, ""]).encode()
    return exchange.import_codes(file=content, by=SYSTEM, name=f"PCD_{day}.csv", apply=apply)


def rf2(*rows: str, name: str = "der2_Refset_SimpleSnapshot_GB_20270701.txt") -> exchange.Report:
    header = "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId"
    content = "\r\n".join([header, *rows, ""]).encode()
    return exchange.import_codes(file=content, by=SYSTEM, name=name)


def test_a_file_by_cluster_replaces_members_and_history_stays() -> None:
    report = pcd(
        f"BP_COD,{BP},271649006,Systolic blood pressure",
        f"BP_COD,{BP},{NEW},Blood pressure taken otherwise",
        "NOT_OURS_COD,,271649006,Systolic blood pressure",
    )
    assert records.members("BP_COD") == {"271649006", NEW}
    assert (report.did["members added"], report.did["members ended"]) == (1, 2)
    assert report.did["rows of sets that nothing here uses"] == 1
    gone = CodeSetMember.objects.get(code_set__key="BP_COD", code__code="75367002")
    assert (gone.until, gone.basis) == (date(2026, 12, 7), "source")
    code = Code.objects.get(code=NEW)
    assert (code.term, code.unit_known, code.since) == ("Blood pressure taken otherwise", False, date(2027, 6, 30))
    assert "PCD_20270630.csv of 2027-06-30" in code.provenance
    assert CodeSet.objects.get(key="BP_COD").version_on == date(2027, 6, 30)


def test_a_snapshot_by_reference_set_leaves_inactive_rows_out() -> None:
    report = rf2(
        f"u1\t20260401\t1\t999000011000000103\t{BP}\t271650006",
        f"u2\t20260401\t0\t999000011000000103\t{BP}\t271649006",
        f"u3\t20260401\t1\t999000011000000103\t{BP}\t{NEW}",
        "u4\t20260401\t1\t999000011000000103\t999000000000000000\t271649006",
    )
    assert records.members("BP_COD") == {"271650006", NEW}
    assert report.did["rows of sets that nothing here uses"] == 1
    assert report.practice == "version of 1 July 2027"
    assert records.concept(NEW).term == ""
    pcd(f"BP_COD,{BP},271650006,Diastolic blood pressure", f"BP_COD,{BP},{NEW},Told by a later file", day="20270801")
    assert records.concept(NEW).term == "Told by a later file"


@pytest.mark.parametrize("damaged", ["1066921000000100", "1066931000000100"])
def test_damaged_ids_are_refused_and_true_ones_taken(damaged: str) -> None:
    """clinical.md 2, loader rule: gm-sde diabetes.diagnosis.snomed.txt."""
    report = pcd(
        f"{DIABETES_INVITE},,1066911000000100,Diabetes monitoring SMS text first invitation",
        f"{DIABETES_INVITE},,{damaged},Diabetes monitoring SMS text invitation",
        f"{DIABETES_INVITE},,1066921000000106,Diabetes monitoring SMS text second invitation",
    )
    rejected = [row for row in report.rows if row.level == "reject"]
    assert [(row.row, row.column, row.value_shown) for row in rejected] == [(3, "code", damaged)]
    assert "spreadsheet" in rejected[0].why
    assert "1066921000000106" in rejected[0].what_to_do or "1066931000000108" in rejected[0].what_to_do
    assert {"1066911000000100", "1066921000000106"} <= records.members(DIABETES_INVITE)
    # Not whole, so nobody falls out of it.
    assert "143401000000102" in records.members(DIABETES_INVITE)
    assert CodeSet.objects.get(key=DIABETES_INVITE).file is None
    assert any("keeps every member" in row.why for row in report.rows)


REFUSED = [
    # (row, words)
    (f"BP_COD,{BP},413123006,Blood pressure procedure refused", "refused"),
    (f"BP_COD,{BP},271649006,Diastolic blood pressure", "something else"),
    ("BP_COD,999012731000230100,271649006,Systolic blood pressure", "reference set is damaged"),
    ("BP_COD,999012611000230106,271649006,Systolic blood pressure", "of another"),
    (f"BP_COD,{BP},,Systolic blood pressure", "no code"),
    ("BPDEC_COD,,75367002,Blood pressure", "BP_COD holds this code already"),
    ("MEDRVW_COD,,1109921000000106,QOF quality indicator-related care invitation", "invitation"),
    ("FLU_GIVEN,,1240781000000106,SARS-CoV-2 vaccination invitation SMS text message sent", "invitation"),
]


@pytest.mark.parametrize(("row", "words"), REFUSED)
def test_a_wrong_row_is_refused_and_changes_nothing(row: str, words: str) -> None:
    before = {key: records.members(key) for key in ("BP_COD", "BPDEC_COD", "MEDRVW_COD", "FLU_GIVEN")}
    report = pcd(row)
    (said,) = [one for one in report.rows if one.level == "reject"]
    assert words in f"{said.why} {said.what_to_do}"
    assert said.row == 2
    assert {key: records.members(key) for key in before} == before


def test_reading_twice_changes_nothing() -> None:
    rows = [f"BP_COD,{BP},271649006,Systolic blood pressure", "ALC_COD,,105542008,Current non-drinker of alcohol"]
    pcd(*rows)
    before = [list(model.objects.order_by("pk").values()) for model in (Code, CodeSet, CodeSetMember, CodeFile)]
    again = pcd(*rows)
    assert (again.did.get("members added", 0), again.did.get("members ended", 0)) == (0, 0)
    assert [list(model.objects.order_by("pk").values()) for model in (Code, CodeSet, CodeSetMember, CodeFile)] == before


def test_an_older_version_changes_nothing() -> None:
    pcd(f"BP_COD,{BP},271649006,Systolic blood pressure", day="20270630")
    report = pcd(f"BP_COD,{BP},271650006,Diastolic blood pressure", day="20270101")
    assert records.members("BP_COD") == {"271649006"}
    assert "older" in report.rows[0].why


def test_a_superseded_member_is_taken_and_noted() -> None:
    report = pcd("AUDIT_COD,,506701000000100,PHQ-9 score")
    assert [row.level for row in report.rows] == ["note"]
    assert records.members("AUDIT_COD") == {"506701000000100"}


def test_a_preview_leaves_nothing() -> None:
    report = pcd(f"BP_COD,{BP},271649006,Systolic blood pressure", apply=False)
    assert report.did["members ended"] == 2
    assert "75367002" in records.members("BP_COD")


def test_a_file_that_does_not_say_its_day_is_refused() -> None:
    with pytest.raises(exchange.UnreadableFile, match="of which day"):
        exchange.import_codes(
            file=b"cluster_id,refset_id,code,term\r\nBP_COD,,271649006,Systolic blood pressure\r\n", by=SYSTEM
        )
    report = exchange.import_codes(
        file=b"id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\r\n"
        b"u\t20260401\t1\tm\t999012731000230108\t271650006\r\nu\t20270501\t1\tm\t999012731000230108\t271649006\r\n",
        by=SYSTEM,
    )
    assert report.practice == "version of 1 May 2027"


def test_only_the_system_imports() -> None:
    _, access = factories.person(factories.practice())
    with pytest.raises(NotPermitted):
        exchange.import_codes(file=b"cluster_id,refset_id,code,term\r\n", by=access.actor, version_on=date(2027, 1, 1))


@pytest.mark.parametrize("size", [10, 1_000])
def test_as_many_statements_for_ten_rows_as_for_a_thousand(size: int, django_assert_max_num_queries: Any) -> None:
    from onedoor.kernel.codes import verhoeff

    found = (f"{n}{check}" for n in range(500_000, 600_000) for check in range(10) if verhoeff(f"{n}{check}"))
    rows = [f"BP_COD,{BP},{next(found)},A blood pressure" for _ in range(size)]
    with django_assert_max_num_queries(28):
        assert pcd(*rows).did["members added"] == size
