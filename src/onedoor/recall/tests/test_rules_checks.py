"""What a check form makes of what is typed: codes, units, what is impossible, what is unusual, what is found."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedoor.kernel.codes import verhoeff
from onedoor.recall import check_fields as fields
from onedoor.recall import rules_checks as rules
from onedoor.recall.rules_findings import ACTIONS, CODES, FINDINGS

TODAY = date(2026, 12, 9)
KNOWN = rules.Known(today=TODAY, born_on=date(1980, 5, 1))


def read(key: str, known: rules.Known = KNOWN, /, **typed: str) -> rules.Reading:
    return rules.read(key, typed, known)


def codes(reading: rules.Reading) -> list[tuple[str, str, str]]:
    return [(one.code, "" if one.value is None else rules.plain(one.value), one.unit) for one in reading.writes]


AS_TYPED = [
    ("bp", {"systolic": "128", "diastolic": "82"}, [("271649006", "128", "mm[Hg]"), ("271650006", "82", "mm[Hg]")]),
    (
        "bp",
        {"systolic": "128", "diastolic": "82", "where": "home"},
        [("413606001", "128", "mm[Hg]"), ("413605002", "82", "mm[Hg]")],
    ),
    (
        "bp",
        {"systolic": "128", "diastolic": "82", "where": "self"},
        [("1162737008", "128", "mm[Hg]"), ("1162735000", "82", "mm[Hg]")],
    ),
    (
        "bmi",
        {"weight": "80", "height": "172"},
        [("27113001", "80", "kg"), ("1153637007", "172", "cm"), ("60621009", "27", "kg/m2")],
    ),
    (
        "bmi",
        {"weight": "80,55", "height": "172"},
        [("27113001", "80.6", "kg"), ("1153637007", "172", "cm"), ("60621009", "27.2", "kg/m2")],
    ),
    ("glucose", {"kind": "hba1c", "value": "42"}, [("999791000000106", "42", "mmol/mol")]),
    ("glucose", {"kind": "fasting", "value": "5.4"}, [("1003141000000105", "5.4", "mmol/L")]),
    ("glucose", {"kind": "plasma", "value": "6"}, [("1010671000000102", "6", "mmol/L")]),
    ("glucose", {"kind": "blood", "value": "6.05"}, [("997671000000106", "6.1", "mmol/L")]),
    (
        "lipid",
        {"cholesterol": "5", "hdl": "1.3", "triglycerides": "1.6"},
        [
            ("1005671000000105", "5", "mmol/L"),
            ("1005681000000107", "1.3", "mmol/L"),
            ("313989009", "3.8", "ratio"),
            ("1005691000000109", "1.6", "mmol/L"),
        ],
    ),
    ("lipid", {"cholesterol": "5"}, [("1005671000000105", "5", "mmol/L")]),
    ("alcohol", {"units": "12"}, [("1082641000000106", "12", "units/week")]),
    ("alcohol", {"status": "never"}, [("783261004", "", "")]),
    ("alcohol", {"audit1": "0"}, [("763256006", "0", "{score}"), ("105542008", "", "")]),
    (
        "alcohol",
        {"audit1": "2", "audit2": "1", "audit3": "1", "units": "6"},
        [("763256006", "4", "{score}"), ("1082641000000106", "6", "units/week")],
    ),
    (
        "alcohol",
        {"audit1": "4", "audit2": "4", "audit3": "4", "status": "higher"},
        [("763256006", "12", "{score}"), ("777651000000101", "", "")],
    ),
    ("smoking", {"status": "never"}, [("266919005", "", "")]),
    ("smoking", {"status": "ex_under"}, [("735128000", "", "")]),
    ("smoking", {"status": "non"}, [("405746006", "", "")]),
    ("smoking", {"status": "smoker"}, [("77176002", "", "")]),
    *(
        ("smoking", {"status": "smoker", "perday": n}, [(code, "", ""), ("230056004", n, "n/day")])
        for n, code in (
            ("0", "266920004"),
            ("1", "160603005"),
            ("9", "160603005"),
            ("10", "160604004"),
            ("19", "160604004"),
            ("20", "160605003"),
            ("39", "160605003"),
            ("40", "160606002"),
        )
    ),
    ("bp", {"state": "declined"}, [("413123006", "", "")]),
    ("bmi", {"state": "declined"}, [("736013005", "", "")]),
    ("bmi", {"state": "unsuitable"}, [("1046351000000106", "", "")]),
    ("glucose", {"state": "declined"}, [("116471000119100", "", "")]),
    ("lipid", {"state": "declined"}, [("116471000119100", "", "")]),
    # No fact gives a code for these: words, and no code.
    ("alcohol", {"state": "declined"}, [("", "", "")]),
    ("smoking", {"state": "declined"}, [("", "", "")]),
    ("bp", {"state": "unsuitable"}, [("", "", "")]),
    ("glucose", {"state": "awaited"}, [("", "", "")]),
    ("diet_activity", {"words": "Walks to work"}, [("", "", "")]),
]


@pytest.mark.parametrize(("key", "typed", "written"), AS_TYPED)
def test_what_is_typed_is_written_with_its_codes_and_units(
    key: str, typed: dict[str, str], written: list[tuple[str, str, str]]
) -> None:
    reading = rules.read(key, typed, KNOWN)
    assert (reading.problems, codes(reading)) == ({}, written)


WRONG = [
    ("bp", {"systolic": "12o", "diastolic": "80"}, "systolic"),
    ("bp", {"systolic": "1280", "diastolic": "80"}, "systolic"),
    ("bp", {"systolic": "128", "diastolic": "8"}, "diastolic"),
    ("bp", {"systolic": "128"}, "diastolic"),
    ("bp", {"diastolic": "80"}, "systolic"),
    ("bp", {"systolic": "80", "diastolic": "128"}, "systolic"),
    ("bp", {"systolic": "80", "diastolic": "80"}, "systolic"),
    ("bp", {"systolic": "NaN", "diastolic": "80"}, "systolic"),
    ("bp", {"systolic": "Infinity", "diastolic": "80"}, "systolic"),
    ("bp", {"systolic": "1e9999", "diastolic": "80"}, "systolic"),
    ("bp", {"systolic": "128", "diastolic": "80", "where": "elsewhere"}, "where"),
    ("bmi", {"weight": "80", "height": "1.72"}, "height"),
    ("bmi", {"weight": "8", "height": "172"}, "weight"),
    ("glucose", {"value": "42"}, "kind"),
    ("glucose", {"kind": "hba1c"}, "value"),
    ("glucose", {"kind": "hba1c", "value": "7.5"}, "value"),  # clinical.md 1.5: per cent is no data
    ("glucose", {"kind": "blood", "value": "120"}, "value"),
    ("lipid", {"cholesterol": "4", "hdl": "4"}, "hdl"),
    ("lipid", {"cholesterol": "190"}, "cholesterol"),
    ("alcohol", {"audit1": "2", "audit2": "1"}, "audit3"),
    ("alcohol", {"audit2": "1", "audit3": "1"}, "audit1"),
    ("alcohol", {"audit1": "5"}, "audit1"),
    ("alcohol", {"audit1": "0", "audit2": "2"}, "audit1"),
    # The score alone does not complete the check: one concept of ALC_COD goes with it (clinical.md 1.3).
    ("alcohol", {"audit1": "2", "audit2": "1", "audit3": "1"}, "units"),
    ("alcohol", {"status": "not_now", "units": "4"}, "status"),
    ("alcohol", {"units": "201"}, "units"),
    ("smoking", {"perday": "10"}, "status"),
    ("smoking", {"status": "never", "perday": "10"}, "perday"),
    ("bp", {"systolic": "128", "diastolic": "82", "state": "declined"}, "state"),
    ("bp", {"state": "awaited"}, "state"),
    ("bp", {"systolic": "128", "diastolic": "82", "on": "2026-12-10"}, "on"),
    ("bp", {"systolic": "128", "diastolic": "82", "on": "1980-04-30"}, "on"),
    ("bp", {"systolic": "128", "diastolic": "82", "on": "yesterday"}, "on"),
]


@pytest.mark.parametrize(("key", "typed", "where"), WRONG)
def test_what_cannot_be_is_refused_beside_its_field(key: str, typed: dict[str, str], where: str) -> None:
    reading = rules.read(key, typed, KNOWN)
    assert where in reading.problems
    assert reading.writes == ()


FOUND = [
    ("bp", {"systolic": "179", "diastolic": "119"}, [], False),
    ("bp", {"systolic": "180", "diastolic": "100"}, ["bp_unusual"], True),
    ("bp", {"systolic": "150", "diastolic": "120"}, ["bp_unusual"], True),
    ("bp", {"systolic": "89", "diastolic": "60"}, ["bp_unusual"], True),
    ("glucose", {"kind": "blood", "value": "3.9"}, ["glucose_unusual"], True),
    ("glucose", {"kind": "blood", "value": "20"}, ["glucose_unusual"], True),
    ("glucose", {"kind": "hba1c", "value": "120"}, ["glucose_unusual"], True),
    ("lipid", {"triglycerides": "10.1"}, ["lipid_unusual"], True),
    ("bmi", {"weight": "72.6", "height": "170"}, ["bmi_over"], False),  # 25.1
    ("bmi", {"weight": "72", "height": "170"}, [], False),  # 24.9
    ("bmi", {"weight": "86.7", "height": "170"}, ["bmi_obese"], False),  # 30.0
    ("bmi", {"weight": "86.4", "height": "170"}, ["bmi_over"], False),  # 29.9
    ("bmi", {"weight": "53", "height": "170"}, ["bmi_under"], False),  # 18.3
    ("bmi", {"weight": "45", "height": "170"}, ["bmi_unusual"], True),  # 15.6
    ("alcohol", {"audit1": "2", "audit2": "1", "audit3": "1", "units": "6"}, [], False),
    ("alcohol", {"audit1": "3", "audit2": "1", "audit3": "1", "units": "6"}, ["audit_c"], False),
    ("smoking", {"status": "smoker"}, ["smoker"], False),
    ("smoking", {"status": "ex"}, [], False),
    ("alcohol", {"units": "101"}, [], True),
    ("lipid", {"cholesterol": "5", "hdl": "1", "ratio": "4"}, [], True),
]


@pytest.mark.parametrize(("key", "typed", "found", "asked"), FOUND)
def test_what_is_found_and_what_is_asked_about(key: str, typed: dict[str, str], found: list[str], asked: bool) -> None:
    reading = rules.read(key, typed, KNOWN)
    assert (reading.problems, [code for code, _ in reading.found], bool(reading.asks)) == ({}, found, asked)


def test_a_bmi_outside_the_accepted_range_is_kept_in_words_and_not_coded() -> None:
    # clinical.md 1.5: 10 to 55
    reading = read("bmi", weight="170", height="170")
    assert reading.state == "part"
    assert reading.asks
    assert "60621009" not in [one.code for one in reading.writes]
    assert [code for code, _ in reading.found] == ["bmi_unusual"]


@pytest.mark.parametrize(
    ("weight", "height", "bmi"), [("80", "172", "27.0"), ("26", "160", "10.2"), ("140.7", "160", "55.0")]
)
def test_bmi_has_one_decimal(weight: str, height: str, bmi: str) -> None:
    assert str(rules.bmi_of(Decimal(weight), Decimal(height))) == bmi


def test_a_bmi_from_23_is_said_and_nothing_is_found() -> None:
    reading = read("bmi", weight="68", height="170")
    assert (reading.found, "23 or more" in reading.note) == ((), True)


def test_the_height_of_an_adult_stands_from_before_and_is_not_written_again() -> None:
    known = rules.Known(today=TODAY, born_on=date(1980, 5, 1), height=Decimal("172.0"))
    assert codes(read("bmi", known, weight="80", height="172"))[-1] == ("60621009", "27", "kg/m2")
    assert "1153637007" not in [code for code, _, _ in codes(read("bmi", known, weight="80", height="172"))]
    assert "1153637007" in [code for code, _, _ in codes(read("bmi", known, weight="80", height="171"))]
    assert read("bmi", known, height="172").state == ""


def test_a_weight_alone_is_kept_and_is_not_the_check() -> None:
    reading = read("bmi", weight="80")
    assert (reading.state, codes(reading)) == ("part", [("27113001", "80", "kg")])


def test_nothing_typed_is_nothing() -> None:
    for key in fields.LABELS:
        assert rules.read(key, {}, KNOWN) == rules.Reading()
        assert rules.read(key, {"why": "tired", "device": "Omron"}, KNOWN).state == ""


def test_how_it_was_measured_stands_in_the_words() -> None:
    reading = read("glucose", kind="blood", value="6", device="POCT meter 3")
    assert reading.writes[0].text == "Blood glucose, finger-prick 6 mmol/L (POCT meter 3)"


def test_every_code_of_the_form_has_its_check_digit() -> None:
    written = {one.code for key, typed, _ in AS_TYPED for one in rules.read(key, typed, KNOWN).writes if one.code}
    assert [code for code in written | set(CODES.values()) if not verhoeff(code)] == []


def test_every_finding_offers_something_and_says_what_it_is_from() -> None:
    for code, finding in FINDINGS.items():
        assert finding.offers, code
        assert set(finding.offers) <= set(ACTIONS), code
        assert finding.source.startswith(("clinical.md", "invented:")), code
        # Somebody may always want nothing done; what is urgent has gone to the duty clinician.
        assert ("refused" in finding.offers) is not finding.urgent, code


signs = st.text(alphabet="0123456789.,- eE+naif/", max_size=8)


@given(key=st.sampled_from(sorted(fields.VALUES)), typed=st.data())
def test_whatever_is_typed_is_written_within_its_limits_or_refused(key: str, typed: st.DataObject) -> None:
    said = {name: typed.draw(signs) for name in fields.VALUES[key]}
    said |= {
        "kind": typed.draw(st.sampled_from(["", *fields.GLUCOSE_KINDS])),
        "status": typed.draw(st.sampled_from(["", *fields.SMOKING, *fields.DRINKING])),
    }
    reading = rules.read(key, said, KNOWN)
    limits = {
        one.code: one
        for one in (
            *(fields.SYSTOLIC, fields.DIASTOLIC, fields.WEIGHT, fields.HEIGHT, fields.CHOLESTEROL, fields.HDL),
            *(fields.RATIO, fields.TRIGLYCERIDES, fields.UNITS, fields.PER_DAY),
            *(field for _, field in fields.GLUCOSE_KINDS.values()),
        )
    }
    assert not (reading.problems and reading.writes)
    for one in reading.writes:
        if one.value is not None and one.code in limits:
            assert limits[one.code].least <= one.value <= limits[one.code].most
    assert rules.mark(said) == rules.mark(dict(reversed(list(said.items()))))
