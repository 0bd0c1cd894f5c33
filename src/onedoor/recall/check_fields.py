"""What the check form knows: the fields of each check, their codes, units and limits, and the bands of BMI and AUDIT-C.

Codes are those of clinical.md 2, each with its row. Of the limits only those of BMI (10 to 55) and of AUDIT-C (0 to 12) are
facts (clinical.md 1.5, 2 #31); every other one here is `invented:` and serves two ends only: what is impossible is not taken
(within what records takes of such a code, `records/reference/codes.csv`), and what is out of the usual is asked about, or goes
to the duty clinician at once. None says that a value is normal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

STATES = {
    "declined": "Declined",
    "unsuitable": "Not suitable for them",
    "awaited": "Taken today, result to come",
}
"""How a check may come out without a value. None of them ever completes it (clinical.md 1.3; hazard H5)."""


@dataclass(frozen=True)
class Field:
    """One number of a check. Outside `least` to `most` it is impossible, outside `usual` it is asked whether it is right."""

    name: str
    label: str
    code: str
    unit: str
    """UCUM."""
    shown: str
    """The unit as people write it."""
    least: Decimal
    most: Decimal
    usual: tuple[Decimal, Decimal]
    decimals: int = 0
    danger: str = ""
    """The finding that an unusual value is; empty where it is only asked about."""


def _field(
    name: str, label: str, code: str, unit: str, shown: str, *limits: str, decimals: int = 0, danger: str = ""
) -> Field:
    least, most, low, high = (Decimal(one) for one in limits)
    return Field(name, label, code, unit, shown, least, most, (low, high), decimals, danger)


# Every limit below is invented (clinical.md has none): impossible outside the first two, unusual outside the last two.
SYSTOLIC = _field(
    "systolic", "Systolic", "271649006", "mm[Hg]", "mmHg", "60", "260", "90", "179", danger="bp_unusual"
)  # #8
DIASTOLIC = _field(
    "diastolic", "Diastolic", "271650006", "mm[Hg]", "mmHg", "30", "160", "50", "119", danger="bp_unusual"
)  # #9
WEIGHT = _field("weight", "Weight", "27113001", "kg", "kg", "20", "400", "38", "200", decimals=1)  # #2
HEIGHT = _field("height", "Height", "1153637007", "cm", "cm", "90", "250", "135", "210", decimals=1)  # #3
CHOLESTEROL = _field(
    "cholesterol", "Total cholesterol", "1005671000000105", "mmol/L", "mmol/L", "0.5", "30", "2", "10",
    decimals=1, danger="lipid_unusual",
)  # #14  # fmt: skip
HDL = _field(
    "hdl", "HDL cholesterol", "1005681000000107", "mmol/L", "mmol/L", "0.1", "10", "0.5", "4", decimals=1
)  # #16
RATIO = _field("ratio", "Cholesterol/HDL ratio", "313989009", "ratio", "", "0.5", "50", "1", "10", decimals=1)  # #19
TRIGLYCERIDES = _field(
    "triglycerides", "Triglycerides", "1005691000000109", "mmol/L", "mmol/L", "0.1", "100", "0.2", "10",
    decimals=1, danger="lipid_unusual",
)  # #18  # fmt: skip
UNITS = _field(
    "units", "Units in a usual week", "1082641000000106", "units/week", "units a week", "0", "200", "0", "100"
)  # #30
PER_DAY = _field("perday", "Cigarettes a day", "230056004", "n/day", "a day", "0", "150", "0", "60")  # #50
HBA1C = _field(
    "value", "Result", "999791000000106", "mmol/mol", "mmol/mol", "15", "200", "20", "119", danger="glucose_unusual"
)  # #21


def _glucose(code: str) -> Field:
    return _field(
        "value", "Result", code, "mmol/L", "mmol/L", "0.5", "80", "4", "19.9", decimals=1, danger="glucose_unusual"
    )


GLUCOSE_KINDS: Mapping[str, tuple[str, Field]] = {
    "hba1c": ("HbA1c", HBA1C),
    "fasting": ("Plasma glucose, fasting", _glucose("1003141000000105")),  # #25
    "plasma": ("Plasma glucose", _glucose("1010671000000102")),  # #25
    "blood": ("Blood glucose, finger-prick", _glucose("997671000000106")),  # #26
}
BP_WHERE: Mapping[str, tuple[str, str, str]] = {
    "here": ("Measured here", "271649006", "271650006"),  # #8 #9
    "home": ("At home, the average", "413606001", "413605002"),  # #10
    "self": ("Said by the patient", "1162737008", "1162735000"),  # #11
}
SMOKING: Mapping[str, tuple[str, str]] = {
    "never": ("Never smoked", "266919005"),  # #41
    "ex_under": ("Ex-smoker, stopped less than a year ago", "735128000"),  # #43
    "ex_over": ("Ex-smoker, stopped a year ago or longer", "48031000119106"),  # #43
    "ex": ("Ex-smoker", "8517006"),  # #42
    "smoker": ("Smokes", "77176002"),  # #44
    "non": ("Does not smoke now, not known whether ever", "405746006"),  # #53: never inferred to be "never"
}
BANDS: tuple[tuple[int, str, str], ...] = (
    (1, "266920004", "Trivial smoker, less than one a day"),  # #45
    (10, "160603005", "Light smoker, 1 to 9 a day"),  # #46
    (20, "160604004", "Moderate smoker, 10 to 19 a day"),  # #47
    (40, "160605003", "Heavy smoker, 20 to 39 a day"),  # #48
    (10_000, "160606002", "Very heavy smoker, 40 or more a day"),  # #49
)
DRINKING: Mapping[str, tuple[str, str]] = {
    "not_now": ("Does not drink alcohol", "105542008"),  # #34
    "never": ("Has never drunk alcohol", "783261004"),  # #35
    "former": ("Used to drink, does not now", "82581004"),  # #36
    "lower": ("Lower risk drinking", "777671000000105"),  # #37
    "increasing": ("Increasing risk drinking", "777631000000108"),  # #38
    "higher": ("Higher risk drinking", "777651000000101"),  # #39
}
"""Every one a member of ALC_COD. The bands of risk are somebody's judgement: the facts give them for AUDIT's ten questions only,
and the score of three is not made into one by itself."""
NOT_DRINKING = ("not_now", "never", "former")
AUDIT_C = "763256006"  # #31
AUDIT_C_POSITIVE = 5
"""clinical.md 4: in the UK 5 or more is positive, and the seven other questions follow."""
QUESTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "audit1",
        "How often do you have a drink containing alcohol?",
        ("Never", "Monthly or less", "2 to 4 times a month", "2 to 3 times a week", "4 times a week or more"),
    ),
    (
        "audit2",
        "How many units do you drink on a typical day when you are drinking?",
        ("1 to 2", "3 to 4", "5 to 6", "7 to 9", "10 or more"),
    ),
    (
        "audit3",
        "How often have you had 6 or more units (women) or 8 or more (men) on one occasion in the last year?",
        ("Never", "Less than monthly", "Monthly", "Weekly", "Daily or almost daily"),
    ),
)
"""AUDIT-C in its UK wording (clinical.md 4); an answer's place in the list is its score."""

DECLINED: Mapping[str, str] = {
    "bp": "413123006",  # #13
    "bmi": "736013005",  # #4
    "glucose": "116471000119100",  # #28
    "lipid": "116471000119100",  # #28: a blood test, which this is
}
UNSUITABLE: Mapping[str, str] = {"bmi": "1046351000000106"}  # #6
"""Where no fact gives a code the entry has words and none."""

BMI = "60621009"  # #1
BMI_LEAST, BMI_MOST = Decimal(10), Decimal(55)
"""clinical.md 1.5: accepted range."""
BMI_USUAL = (Decimal(16), Decimal(50))
"""invented: outside it the duty clinician is told."""
BMI_UNDER = Decimal("18.5")
"""invented: the facts name the cluster (BMIUNDER_COD) and give no limit."""
BMI_OVER, BMI_OBESE = Decimal(25), Decimal(30)
"""clinical.md 1.2, MH011: 25 with White ethnicity, 30 whatever it is."""
BMI_OTHER = Decimal(23)
"""MH011: 23 with another ethnicity, which the record here does not tell: said on the form, and no finding."""
VALUES: Mapping[str, tuple[str, ...]] = {
    "bp": ("systolic", "diastolic"),
    "bmi": ("weight", "height"),
    "glucose": ("kind", "value"),
    "lipid": ("cholesterol", "hdl", "ratio", "triglycerides"),
    "alcohol": ("audit1", "audit2", "audit3", "units", "status"),
    "smoking": ("status", "perday"),
}
"""The fields that hold a value. A check that is not here is written down in words, and its entry has no code: none is given."""
DEFAULTS: Mapping[str, str] = {"bmi": "height"}
"""A field that may stand filled from before: by itself it says nothing new."""
COMMON = ("state", "why", "on", "device", "words")
BLOOD = ("glucose", "lipid")
"""Checks whose result may come later."""
LABELS: Mapping[str, str] = {
    "bp": "Blood pressure",
    "bmi": "Body mass index",
    "glucose": "Blood glucose or HbA1c",
    "lipid": "Lipids",
    "alcohol": "Alcohol",
    "smoking": "Smoking",
    "diet_activity": "Diet and physical activity",
    "substance_use": "Substance use",
    "medicines": "Medicines reconciliation",
}
"""Of the checks of the SMI rule sets, as their entries name them."""
