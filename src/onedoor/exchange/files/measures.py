"""What a cell says of one check: the measure that a heading names, its unit, result and day; whose it is. Nothing is guessed.

Read alike for the lost-check finder and for monthly extracts. Codes are those of clinical.md 2, units those of `records`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from onedoor.exchange.files.cells import FLOAT_DAMAGE, Dates, nhs_number_fault
from onedoor.kernel import nhs_number
from onedoor.kernel.codes import verhoeff

NO_DATE, WRONG_UNIT, NO_RESULT, DECLINED, DAMAGED_CODE, NO_PERSON = (
    "no_date", "wrong_unit", "no_result", "declined", "damaged_code", "no_person",
)  # fmt: skip
"""Faults that the file alone tells."""

_SERIAL = re.compile(r"[34]\d{4}(?:\.\d+)?|5[0-4]\d{3}(?:\.\d+)?")
"""A day as a spreadsheet counts it, 1982 to 2048."""


@dataclass(frozen=True)
class Value:
    """One coded result; `value` is None for a code that says it all."""

    code: str
    value: float | None
    unit: str


@dataclass(frozen=True)
class Measure:
    """One thing that is measured: of which check, its code and unit, and whether that unit may go without saying."""

    part: str
    code: str
    unit: str
    may_lack_unit: bool = True


MEASURES: dict[str, Measure] = {
    "systolic": Measure("bp", "271649006", "mm[Hg]"),  # clinical.md 2 #8
    "diastolic": Measure("bp", "271650006", "mm[Hg]"),  # #9
    "bmi": Measure("bmi", "60621009", "kg/m2"),  # #1
    "weight": Measure("bmi", "27113001", "kg", may_lack_unit=False),  # #2
    "height": Measure("bmi", "1153637007", "cm", may_lack_unit=False),  # #3
    "cholesterol": Measure("lipid", "1005671000000105", "mmol/L"),  # #14
    "hdl": Measure("lipid", "1005681000000107", "mmol/L"),  # #16
    "triglycerides": Measure("lipid", "1005691000000109", "mmol/L"),  # #18
    "ratio": Measure("lipid", "313989009", "ratio"),  # #19
    "ldl": Measure("lipid", "1022191000000100", "mmol/L"),  # #17
    "hba1c": Measure("glucose", "999791000000106", "mmol/mol", may_lack_unit=False),  # #21
    "glucose": Measure("glucose", "997671000000106", "mmol/L"),  # #26
    "audit": Measure("alcohol", "763256006", "{score}"),  # #31: a score is no ALC_COD (clinical.md 1.3)
    "full_audit": Measure("alcohol", "443280005", "{score}"),  # #32, of 40 points
    "alcohol": Measure("alcohol", "1082641000000106", "units/week", may_lack_unit=False),  # #30
    "smoking": Measure("smoking", "", ""),
    "bp": Measure("bp", "", "mm[Hg]"),
}

NOT_READ = "not read"
"""What a heading names that has no code here: it is passed over, and is not taken for something near it."""

_WORDS: tuple[tuple[str, str], ...] = (
    (NOT_READ, r"\bnon[- ]?hdl\b|\bvldl\b|\bqrisk\w*\b|\begfr\b|\bwaist\b|\bpulse\b"),
    ("systolic", r"\bsys(tolic)?\b|\bsbp\b"),
    ("diastolic", r"\bdia(s(tolic)?)?\b|\bdbp\b"),
    ("bp", r"\bblood ?pressure\b|\bbp\b"),
    ("bmi", r"\bbmi\b|\bbody mass index\b"),
    ("weight", r"\bweight\b|\bwt\b"),
    ("height", r"\bheight\b|\bht\b"),
    ("ratio", r"\bratio\b"),
    ("ldl", r"\bldl\b"),
    ("hdl", r"\bhdl\b"),
    ("triglycerides", r"\btriglycerides?\b|\btrigs?\b"),
    ("cholesterol", r"\bchol(esterol)?\b|\blipids?\b|\blipid profile\b"),
    ("hba1c", r"\bhg?ba1c\b|\bhb ?a1c\b|\ba1c\b"),
    ("glucose", r"\bglucose\b|\bblood sugar\b|\bfbg\b|\bfpg\b"),
    ("audit", r"\baudit[- ]?c\b"),
    ("full_audit", r"\baudit\b"),
    ("alcohol", r"\balcohol\b|\bdrinking\b"),
    ("smoking", r"\bsmok\w*\b|\btobacco\b"),
)

_UNITS: tuple[tuple[str, str], ...] = (
    ("mmol/mol", r"mmol ?/ ?mol"),
    ("mmol/L", r"mmol ?/ ?l\b"),
    ("mg/dL", r"mg ?/ ?dl"),
    ("kg/m2", r"kg ?/ ?m ?\^?(2|²)|kg ?m-2"),
    ("mm[Hg]", r"mm ?\[?hg\]?"),
    ("units/week", r"units? ?(/|per|a|each) ?w(ee)?k"),
    ("units/day", r"units? ?(/|per|a|each) ?day"),
    ("kg", r"\bkgs?\b|\bkilos?\b"),
    ("cm", r"\bcms?\b"),
    ("stone", r"\bst(one)?s?\b|\blbs?\b"),
    ("m", r"\bmetres?\b|\bm\b"),
    ("ft", r"\bft\b|\bfeet\b|\binch(es)?\b"),
    ("kPa", r"\bkpa\b"),
    ("%", r"%"),
)

_NEVER, _NON, _EX, _NOW = "266919005", "405746006", "8517006", "77176002"  # clinical.md 2 #41, #53, #42, #44


def measure_in(text: str) -> str:
    """The measure that the words name; empty when they name none, NOT_READ when it is one that is not read."""
    low = " ".join(text.casefold().split())
    return next((name for name, words in _WORDS if re.search(words, low)), "")


def unit_in(text: str) -> str:
    """The unit that the words name, in UCUM or as `_UNITS` has it; empty when they name none."""
    low = text.lower()
    return next((unit for unit, words in _UNITS if re.search(words, low)), "")


_SMOKING: tuple[tuple[str, str], ...] = (
    (_NEVER, r"\bnever (been a )?smok(ed|er|es)\b( tobacco)?|\bnever\b"),
    # #53: do not infer "never"
    (
        _NON,
        r"\bnon[- ]?smok(er|ing)\b|\b(does not|doesn.?t|do not|don.?t) smoke\b|\bno longer (a )?smok\w+"
        r"|\bnot (currently )?(a )?(current )?smok(er|ing)\b|^no\b",
    ),
    (_EX, r"\bex[- ]?smok(er|ing)\b|\bformer smoker\b|\bused to( smoke)?\b|\bex\b|\bformer\b|\bstopped\b|\bquit\b"),
    (_NOW, r"\bcurrent(ly)? (a )?smok(er|es|ing)\b|\bsmok(er|es)\b|\bcurrent\b|^yes\b"),
)
"""Whole phrases, taken out of the text in this order, so that “not a smoker” leaves no “smoker” behind."""
_NOT = re.compile(r"\bnot\b|n['’]t\b|\bcannot\b")
_ALCOHOL: tuple[tuple[str, str], ...] = (
    ("783261004", r"\bnever (drank|drinks)\b|\blifetime non[- ]?drinker\b"),  # #35
    ("105542008", r"\bnon[- ]?drinker\b|\bteetotal\w*\b|\bnone\b|\bnil\b|\bdoes not drink\b"),  # #34
    ("82581004", r"\bex[- ]?drinker\b"),  # #36
    ("777671000000105", r"\blow(er)?[- ]risk\b"),  # #37
    ("777631000000108", r"\bincreas(ing|ed)[- ]risk\b"),  # #38
    ("777651000000101", r"\bhigh(er)?[- ]risk\b"),  # #39
)
REFUSED = re.compile(r"\b(declin\w*|refus\w*|dissent\w*|did not consent)\b", re.IGNORECASE)
NOTHING = re.compile(
    r"(|-+|n/?a|none recorded|not (done|recorded|taken|known)|dna|unable|awaited|pending|no)", re.IGNORECASE
)
DONE = re.compile(r"(y|yes|done|completed?|✓|✔|x|1|true|recorded)", re.IGNORECASE)
PANEL = "75367002"
"""Blood pressure as a pair (clinical.md 2 #7): its two numbers are entered, never itself with one of them."""
_NUMBER = re.compile(r"(\d{1,4}(?:\.\d{1,9}|,\d{1,2}(?!\d))?)(?![\d.,]*\d)(?!\s*(?:[/–\-]|to\b|or\b)\s*\d)")
"""One number and no range; 1,234 is a thousand to one and a little to another, so it is none."""
_BOUND = re.compile(r"^(?:[<>≤≥~]|c\.|ca\.?|approx\w*|about|under|over|less|more)\s*", re.IGNORECASE)
_PRESSURE = re.compile(r"(?<![\d/.\-])(\d{2,3})\s*(?:/|over|-|\\)\s*(\d{2,3})(?!\d|\s*[/.\-]\s*\d)")


@dataclass(frozen=True)
class Result:
    """What a row has of one measure, as it stands there."""

    measure: str
    text: str
    unit: str
    code: str
    day: str


_TEN = re.compile(r"(?:nhs(?: ?(?:no\.?|number))?[: ]*)?['\"‘’`]*(\d[\d \u00a0\-]*)(?:[.,]0+)?['\"]*", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"['\"]*(\d)[.,](\d{8,9})0*e\+?0?9", re.IGNORECASE)


def read_nhs_number(text: str) -> tuple[str, str, str]:
    """(ten digits, "", how it was repaired or "") or ("", why it cannot be read, what to do).

    What a spreadsheet did to it is undone only where all ten digits still stand there and fit each other.
    """
    plain = " ".join(text.replace("\u200b", "").split())
    digits = nhs_number.compact(plain)
    if nhs_number.is_valid(digits):
        return digits, "", ""
    scientific = _SCIENTIFIC.fullmatch(plain)
    if scientific:
        # 9.99000018E+09 has nine digits; the last was a nought, or it is lost: the check digit tells which.
        digits = (scientific[1] + scientific[2]).ljust(10, "0")
    elif (found := _TEN.fullmatch(plain)) is not None:
        digits = nhs_number.compact(found[1])
    if nhs_number.is_valid(digits) and digits != nhs_number.compact(plain):
        return (
            digits,
            "",
            "written as a number" if scientific or "." in plain or "," in plain else "with signs around it",
        )
    if not plain:
        return "", "the row has no NHS number", "Put the person’s NHS number there and send the file again."
    why, what_to_do = nhs_number_fault(plain)
    return "", why, what_to_do.replace("{system}", "the system that it is from")


_DAYS = Dates(("07-Dec-2026", "07/12/2026", "2026-12-07", "20261207"))
_ORDINAL = re.compile(r"(?<=\d)(st|nd|rd|th)\b", re.IGNORECASE)
_WEEKDAY = re.compile(r"^(mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+", re.IGNORECASE)
_SHORT_WORD = re.compile(r"(\d{1,2})[-/ ]([A-Za-z]{3,9})[-/ ](\d{2})")
_SHORT = re.compile(r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{2})")
_CLOCK = re.compile(r"[T ]+\d{1,2}:\d{2}(:\d{2})?(\.\d+)?( ?[ap]m)?(Z|[+-]\d{2}:?\d{2})?$", re.IGNORECASE)


def read_day(text: str, *, from_1904: bool = False, born: date | None = None) -> date | None:
    """A day as spreadsheets write it: 07/12/2026, 7.12.26, 2026-12-07 10:30, 7 Dec 2026, or the number of days since 1900.

    `from_1904`: the workbook counts from there. With `born` it is a day of birth: two digits of a year are never after it.
    """
    plain = " ".join(_CLOCK.sub("", text.strip().strip("'\"")).split())
    plain = _WEEKDAY.sub("", _ORDINAL.sub("", plain)).replace(",", " ")
    plain = " ".join(plain.split())
    if _SERIAL.fullmatch(plain):
        return date(1904, 1, 1) + timedelta(int(float(plain))) if from_1904 else _serial(int(float(plain)))
    short, word = _SHORT.fullmatch(plain), _SHORT_WORD.fullmatch(plain)
    if short or word:
        year = 2000 + int(short[4] if short else word[3] if word else 0)
        if born is not None and year > born.year:
            year -= 100
        if short:
            return _DAYS.read(f"{short[1]}/{short[3]}/{year}")
        return _DAYS.read(f"{word[1]}-{word[2]}-{year}") if word else None
    return _DAYS.read(plain)


def _serial(days: int) -> date:
    return date(1899, 12, 30) + timedelta(days=days)


_SLASHED = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{2}|\d{4})")


def order_of(text: str) -> str:
    """How a day in figures is written: "day" or "month" first where only one can be, "either" where both can; else empty."""
    found = _SLASHED.fullmatch(_CLOCK.sub("", text.strip()))
    if not found:
        return ""
    first, second = int(found[1]), int(found[2])
    if first > 12 >= second:
        return "day"
    if second > 12 >= first:
        return "month"
    return "either" if first != second and max(first, second) <= 12 else ""


def means_no(one: Result) -> bool:
    """“No” in a column of smoking is an answer, not a gap; so is “none” of alcohol."""
    return one.measure in ("smoking", "alcohol") and one.text.strip().lower() in ("no", "none")


def _status(text: str, words: Sequence[tuple[str, str]]) -> str:
    """The code of what is said in words; empty where it says two things, or a “not” is left over: nothing is guessed."""
    left, codes = text.lower(), set()
    for code, pattern in words:
        left, times = re.subn(pattern, " ", left)
        codes |= {code} if times else set()
    if len(codes) == 2 and codes < {_NEVER, _NON, _EX}:
        # "No, never smoked": both are so, and the other says more.
        codes.discard(_NON)
    return codes.pop() if len(codes) == 1 and not _NOT.search(left) else ""


def number_in(text: str) -> tuple[float, str] | None:
    """The number that a text begins with, and what stands behind it; None for a bound, a range or none."""
    plain = text.strip()
    found = None if _BOUND.match(plain) else _NUMBER.match(plain)
    return (float(found[1].replace(",", ".")), plain[found.end() :]) if found else None


_BOUNDED = "more or less than something is no value"


def values_of(one: Result) -> tuple[list[Value], str, str]:
    """The coded results of a cell, or (nothing, fault, detail)."""
    measure, text = MEASURES[one.measure], one.text.strip()
    if one.code and one.code != PANEL:
        if FLOAT_DAMAGE.fullmatch(one.code) or not verhoeff(one.code):
            return [], DAMAGED_CODE, f"{one.code[:20]} is no SNOMED CT code: a spreadsheet changes long numbers"
        if _BOUND.match(text):
            return [], NO_RESULT, _BOUNDED
        number = _NUMBER.match(text)
        if number is None:
            return [Value(one.code, None, "")], "", ""
        # Whether it is the unit of this code, the dictionary tells.
        return [Value(one.code, float(number[1].replace(",", ".")), unit_in(text[number.end() :]) or one.unit)], "", ""
    if one.measure in ("smoking", "alcohol"):
        code = _status(text, _SMOKING if one.measure == "smoking" else _ALCOHOL)
        if code:
            return [Value(code, None, "")], "", ""
        if one.measure == "smoking":
            return [], NO_RESULT, "whether they smoke is not said"
    if one.measure == "bp" or one.code == PANEL:
        both = _PRESSURE.search(text)
        if both is None:
            return [], NO_RESULT, "no two numbers stand there"
        if (unit := unit_in(text[both.end() :]) or one.unit) not in ("", "mm[Hg]"):
            return [], WRONG_UNIT, f"{unit}, where mm[Hg] is meant"
        return [Value("271649006", float(both[1]), "mm[Hg]"), Value("271650006", float(both[2]), "mm[Hg]")], "", ""
    if _BOUND.match(text):
        return [], NO_RESULT, _BOUNDED
    number = _NUMBER.match(text)
    if number is None:
        return (
            [],
            NO_RESULT,
            "it is said to be done, without a result" if DONE.fullmatch(text) else "no number stands there",
        )
    unit = unit_in(text[number.end() :]) or one.unit
    value = float(number[1].replace(",", "."))
    if one.measure == "height" and unit == "m":
        value, unit = round(value * 100, 1), "cm"
    if unit and unit != measure.unit:
        return [], WRONG_UNIT, f"{unit}, where {measure.unit} is meant"
    if not unit and not measure.may_lack_unit:
        return [], WRONG_UNIT, f"no unit is given, and it need not be {measure.unit}"
    return [Value(measure.code, value, measure.unit)], "", ""


def mass_index(values: list[Value]) -> list[Value]:
    """Weight and height of one row give the index where the sheet has none: kg/m2, one decimal (clinical.md 1.5)."""
    have = {one.code: one.value for one in values}
    weight, height = have.get("27113001"), have.get("1153637007")
    if "60621009" in have or not weight or not height:
        return values
    return [Value("60621009", round(weight / (height / 100) ** 2, 1), "kg/m2"), *values]
