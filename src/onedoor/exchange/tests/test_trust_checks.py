"""A trust's spreadsheet as claims: layouts, cells that a spreadsheet has damaged, and what is never guessed."""

from __future__ import annotations

from datetime import date

import pytest

from onedoor.exchange.files.report import UnreadableFile
from onedoor.exchange.files.trust_checks import Claim, Value, claims, read_day
from onedoor.exchange.files.workbook import tables
from onedoor.exchange.tests.workbooks import workbook

NUMBER = "9990000018"


def read(content: bytes | str) -> list[Claim]:
    return list(claims(tables(content.encode() if isinstance(content, str) else content)))


def one(columns: str, cells: str, number: str = NUMBER) -> Claim:
    (claim,) = read(f"NHS number,{columns}\n{number},{cells}\n")
    return claim


DAY = date(2026, 11, 3)


@pytest.mark.parametrize(
    ("column", "cell", "part", "values"),
    [
        ("BP", "132/84", "bp", [("271649006", 132, "mm[Hg]"), ("271650006", 84, "mm[Hg]")]),
        ("Blood pressure", "132 / 84 mmHg", "bp", [("271649006", 132, "mm[Hg]"), ("271650006", 84, "mm[Hg]")]),
        ("BMI", "27.4", "bmi", [("60621009", 27.4, "kg/m2")]),
        ("Total cholesterol (mmol/L)", "5.1", "lipid", [("1005671000000105", 5.1, "mmol/L")]),
        ("HbA1c (mmol/mol)", "41", "glucose", [("999791000000106", 41, "mmol/mol")]),
        ("HbA1c", "41 mmol/mol", "glucose", [("999791000000106", 41, "mmol/mol")]),
        ("Glucose", "5.4", "glucose", [("997671000000106", 5.4, "mmol/L")]),
        ("Smoking status", "Never smoked", "smoking", [("266919005", None, "")]),
        ("Smoking status", "Ex-smoker", "smoking", [("8517006", None, "")]),
        ("Smoking status", "Current smoker", "smoking", [("77176002", None, "")]),
        ("Smoker?", "No", "smoking", [("405746006", None, "")]),
        ("Smoker?", "No - never smoked", "smoking", [("266919005", None, "")]),
        ("Smoker?", "Not a current smoker", "smoking", [("405746006", None, "")]),
        ("Smoker?", "Yes", "smoking", [("77176002", None, "")]),
        ("Smoking status", "Smoker (20 a day)", "smoking", [("77176002", None, "")]),
        ("Smoking status", "Stopped 2019", "smoking", [("8517006", None, "")]),
        ("Alcohol (units per week)", "12", "alcohol", [("1082641000000106", 12, "units/week")]),
        ("Alcohol (units per week)", "0", "alcohol", [("1082641000000106", 0, "units/week")]),
        ("Alcohol", "None", "alcohol", [("105542008", None, "")]),
        ("AUDIT-C", "4", "alcohol", [("763256006", 4, "{score}")]),
    ],
)
def test_a_result_is_read_by_its_column(
    column: str, cell: str, part: str, values: list[tuple[str, float | None, str]]
) -> None:
    claim = one(f"{column},Date of check", f"{cell},03/11/2026")
    assert (claim.part, claim.day, claim.fault) == (part, DAY, "")
    assert claim.values == tuple(Value(*value) for value in values)
    assert claim.nhs_number == NUMBER


@pytest.mark.parametrize(
    ("column", "cell", "fault"),
    [
        ("HbA1c", "7.5", "wrong_unit"),
        ("HbA1c (%)", "7.5", "wrong_unit"),
        ("HbA1c", "7.5%", "wrong_unit"),
        ("Cholesterol", "198 mg/dL", "wrong_unit"),
        ("Weight", "12 st", "wrong_unit"),
        ("Weight", "82", "wrong_unit"),
        ("Alcohol", "12", "wrong_unit"),
        ("BMI", "Declined", "declined"),
        ("Smoking status", "Patient refused", "declined"),
        ("Lipids", "Yes", "no_result"),
        ("BP", "done", "no_result"),
        ("BP", "132", "no_result"),
        ("Smoking status", "Y", "no_result"),
        ("Smoking status", "Current smoker; does not want to quit", "no_result"),
        ("Smoking status", "Smoker; never tried to stop", "no_result"),
        ("Smoking status", "Has not stopped", "no_result"),
        ("Alcohol", "Not high risk", "no_result"),
    ],
)
def test_what_cannot_be_entered_says_why(column: str, cell: str, fault: str) -> None:
    claim = one(f"{column},Date of check", f"{cell},03/11/2026")
    assert claim.fault == fault
    assert claim.values == ()


@pytest.mark.parametrize("cell", ["", "-", "N/A", "Not done", "DNA", "awaited"])
def test_an_empty_cell_claims_nothing(cell: str) -> None:
    assert read(f"NHS number,BMI,Date\n{NUMBER},{cell},03/11/2026\n") == []


@pytest.mark.parametrize("cell", ["-", "Not done", "DNA", "unable"])
def test_a_code_in_every_row_makes_nothing_done(cell: str) -> None:
    assert read(f"NHS number,Check,Code,Result,Date\n{NUMBER},Systolic,271649006,{cell},03/11/2026\n") == []


def test_the_code_of_a_pair_is_read_as_its_two_numbers() -> None:
    (claim,) = read(f"NHS number,Check,Code,Result,Date\n{NUMBER},BP,75367002,132/84,03/11/2026\n")
    assert claim.values == (Value("271649006", 132, "mm[Hg]"), Value("271650006", 84, "mm[Hg]"))


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        (NUMBER, NUMBER),
        ("999 000 0018", NUMBER),
        ("999-000-0018", NUMBER),
        ("9990000018.0", NUMBER),
        ("9.99E+09", ""),
        ("9990000019", ""),
        ("999000001", ""),
        ("", ""),
        ("see notes", ""),
    ],
)
def test_a_damaged_nhs_number_is_nobodys(number: str, digits: str) -> None:
    claim = one("BMI,Date", "27,03/11/2026", number)
    assert claim.nhs_number == digits
    assert (claim.fault == "no_person") == (not digits)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("03/11/2026", DAY), ("3/11/26", DAY), ("3.11.26", DAY), ("03-11-2026", DAY), ("2026-11-03", DAY),
        ("2026-11-03 10:30", DAY), ("2026-11-03T10:30:00", DAY), ("3 Nov 2026", DAY), ("03-Nov-2026", DAY), ("46329", DAY),
        ("46329.4375", DAY), ("11/31/2026", None), ("31/02/2026", None), ("last Tuesday", None), ("2026", None), ("", None),
    ],
)  # fmt: skip
def test_days_are_read_as_spreadsheets_write_them(text: str, day: date | None) -> None:
    assert read_day(text) == day


def test_a_check_without_a_day_is_told_with_what_stood_there() -> None:
    claim = one("BMI,Date", "27,soon")
    assert (claim.fault, claim.detail) == ("no_date", "“soon” is no day")


def test_a_code_of_the_file_is_kept_and_a_damaged_one_is_not() -> None:
    assert one("BMI,BMI SNOMED code,Date", "27.4,60621009,03/11/2026").values == (Value("60621009", 27.4, ""),)
    assert one("BMI,BMI SNOMED code,Date", "27.4,60621008,03/11/2026").fault == "damaged_code"
    assert one("Cholesterol,Code,Date", "5,1.00567E+15,03/11/2026").values  # a code of no check is not looked at


def test_weight_and_height_give_the_index() -> None:
    claim = one("Weight (kg),Height (m),Date", "82,1.75,03/11/2026")
    assert claim.values[0] == Value("60621009", 26.8, "kg/m2")
    assert {value.code for value in claim.values} == {"60621009", "27113001", "1153637007"}


MERGED = workbook(
    [
        ["Physical health checks, November 2026"],
        [],
        ["NHS number", "Date of birth", "Blood pressure", "", "", "BMI", "", "Smoking", ""],
        ["", "", "Systolic", "Diastolic", "Date", "kg/m2", "Date", "Status", "Date"],
        [9990000018, (29342, 1), 132, 84, (46329, 2), 27.4, (46329, 2), "Never", (46329, 1)],
        ["999 000 0026", "", 141, 90, "04/11/2026", "", "", "Declined", "04/11/2026"],
    ],
    ["A1:I1", "A3:A4", "B3:B4", "C3:E3", "F3:G3", "H3:I3"],
)


def test_headers_over_two_merged_rows_are_read() -> None:
    found = read(MERGED)
    assert [(claim.row, claim.nhs_number, claim.part, claim.day, claim.fault) for claim in found] == [
        (5, "9990000018", "bp", DAY, ""),
        (5, "9990000018", "bmi", DAY, ""),
        (5, "9990000018", "smoking", DAY, ""),
        (6, "9990000026", "bp", date(2026, 11, 4), ""),
        (6, "9990000026", "smoking", date(2026, 11, 4), "declined"),
    ]
    assert found[0].born_on == date(1980, 5, 1)
    assert [value.value for value in found[0].values] == [132, 84]


def test_groups_of_a_csv_run_to_the_next() -> None:
    found = read(
        f",Blood pressure,,,Smoking,\nNHS No,Systolic,Diastolic,Date,Status,Date\n{NUMBER},132,84,3/11/26,Never,4/11/26\n"
    )
    assert [(claim.part, claim.day) for claim in found] == [("bp", DAY), ("smoking", date(2026, 11, 4))]


def test_a_row_for_each_check_is_read() -> None:
    found = read(
        "NHS Number;Name;Check;Result;Unit;Date\n"
        f"{NUMBER};Sam Hollis;HbA1c;41;mmol/mol;03/11/2026\n"
        f"{NUMBER};Sam Hollis;Smoking;Ex-smoker;;03/11/2026\n"
        f"{NUMBER};Sam Hollis;Hearing;fine;;03/11/2026\n"
    )
    assert [(claim.row, claim.part) for claim in found] == [(2, "glucose"), (3, "smoking")]
    assert all("Sam" not in repr(claim) for claim in found)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Name,BMI\nSam,27\n",
        b"NHS number,Name\n9990000018,Sam\n",
        b"PK\x03\x04 and no more",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old workbook",
    ],
)
def test_a_file_that_is_none_says_so(content: bytes) -> None:
    with pytest.raises(UnreadableFile):
        read(content)
