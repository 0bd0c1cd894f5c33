"""The reference data of codes: every code of the facts, none damaged, members only for a reason."""

from __future__ import annotations

import pytest

from onedoor.kernel import codes
from onedoor.kernel.codes import verhoeff
from onedoor.records import api as records
from onedoor.records import reference

CODES = list(reference.read("codes"))
SETS = list(reference.read("code_sets"))


def test_every_row_of_the_facts_is_there_and_no_code_twice() -> None:
    assert {int(row["row"]) for row in CODES} == set(range(1, 108))
    assert len({row["code"] for row in CODES}) == len(CODES) == 154


@pytest.mark.parametrize("code", [row["code"] for row in CODES])
def test_a_code_has_the_right_check_digit(code: str) -> None:
    assert verhoeff(code)


@pytest.mark.parametrize("refset", sorted({row["refset_id"] for row in SETS if row["refset_id"]}))
def test_a_reference_set_id_has_the_right_check_digit(refset: str) -> None:
    assert verhoeff(refset)


@pytest.mark.parametrize("damaged", ["1066921000000100", "1066931000000100", "39733011000001104"])
def test_an_id_that_a_spreadsheet_has_damaged_is_none(damaged: str) -> None:
    assert not verhoeff(damaged)


def test_members_are_codes_of_the_facts_and_say_why() -> None:
    known = {row["code"] for row in CODES}
    for row in SETS:
        assert row["provenance"]
        assert (row["basis"] in {"source", "use", "subject"}) == bool(row["member"])
        assert not row["member"] or row["member"] in known


@pytest.mark.django_db
def test_what_onedoor_writes_is_in_the_dictionary_in_the_same_words() -> None:
    for concept in codes.ALL:
        assert records.concept(concept.code) == concept
    with pytest.raises(LookupError):
        records.concept("73211009")


@pytest.mark.django_db
def test_a_set_has_the_members_that_the_facts_give() -> None:
    assert records.members("IFCCHBAM_COD") == {"999791000000106", "1049321000000109", "1049301000000100"}
    assert not records.members("ALC_COD") & {"763256006", "763302001", "160573003"}  # clinical.md 1.3
    assert records.concepts("GLUCDEC_COD") == []
    with pytest.raises(LookupError):
        records.members("NO_SUCH")
