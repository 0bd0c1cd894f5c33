"""A trust's spreadsheet of physical checks, as claims: person, check, result, day. Pure; nothing is guessed.

The layouts are invented: no trust's file was seen. Read are a row for each person with columns by check (headers over two rows,
merged or not), and a row for each check ("check", "result", "unit", "date"). Columns are known by their words; those that are not
needed (names, addresses) are passed over and kept nowhere. Codes are those of clinical.md 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from onedoor.exchange.files.cells import FLOAT_DAMAGE, Dates, nhs_number_fault
from onedoor.exchange.files.report import UnreadableFile
from onedoor.exchange.files.workbook import Table
from onedoor.kernel import nhs_number
from onedoor.kernel.codes import verhoeff

NO_DATE, WRONG_UNIT, NO_RESULT, DECLINED, DAMAGED_CODE, NO_PERSON = (
    "no_date", "wrong_unit", "no_result", "declined", "damaged_code", "no_person",
)  # fmt: skip
"""Faults of a claim that the file alone tells."""

_HEADER_IN = 60
"""Rows in which the header must be found."""

_SERIAL = re.compile(r"[34]\d{4}(?:\.\d+)?|5[0-4]\d{3}(?:\.\d+)?")
"""A day as a spreadsheet counts it, 1982 to 2048."""


@dataclass(frozen=True)
class Value:
    """One coded result; `value` is None for a code that says it all."""

    code: str
    value: float | None
    unit: str


@dataclass(frozen=True)
class Claim:
    """What a row says of one check. `says` is what stood there; `values` is empty where `fault` says why it cannot be entered."""

    row: int
    nhs_number: str
    """Ten digits, or empty where none can be read."""
    born_on: date | None
    part: str
    """Key of the check in the rule sets: bp, bmi, alcohol, lipid, glucose, smoking."""
    says: str
    day: date | None
    values: tuple[Value, ...] = ()
    fault: str = ""
    detail: str = ""


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
    "hba1c": Measure("glucose", "999791000000106", "mmol/mol", may_lack_unit=False),  # #21
    "glucose": Measure("glucose", "997671000000106", "mmol/L"),  # #26
    "audit": Measure("alcohol", "763256006", "{score}"),  # #31: a score is no ALC_COD (clinical.md 1.3)
    "alcohol": Measure("alcohol", "1082641000000106", "units/week", may_lack_unit=False),  # #30
    "smoking": Measure("smoking", "", ""),
    "bp": Measure("bp", "", "mm[Hg]"),
}

_WORDS: tuple[tuple[str, str], ...] = (
    ("systolic", r"\bsys(tolic)?\b"),
    ("diastolic", r"\bdia(stolic)?\b"),
    ("bp", r"\bblood ?pressure\b|\bbp\b"),
    ("bmi", r"\bbmi\b|\bbody mass index\b"),
    ("weight", r"\bweight\b"),
    ("height", r"\bheight\b"),
    ("ratio", r"\bratio\b"),
    ("hdl", r"\bhdl\b"),
    ("triglycerides", r"\btriglycerides?\b"),
    ("cholesterol", r"\bcholesterol\b|\blipids?\b|\blipid profile\b"),
    ("hba1c", r"\bhba1c\b|\bhb a1c\b"),
    ("glucose", r"\bglucose\b|\bblood sugar\b"),
    ("audit", r"\baudit\b"),
    ("alcohol", r"\balcohol\b"),
    ("smoking", r"\bsmok\w*\b|\btobacco\b"),
)

_UNITS: tuple[tuple[str, str], ...] = (
    ("mmol/mol", r"mmol ?/ ?mol"),
    ("mmol/L", r"mmol ?/ ?l\b"),
    ("mg/dL", r"mg ?/ ?dl"),
    ("kg/m2", r"kg ?/ ?m ?(2|²)|kg ?m-2"),
    ("mm[Hg]", r"mm ?\[?hg\]?"),
    ("units/week", r"units? ?(/|per|a|each) ?w(ee)?k"),
    ("units/day", r"units? ?(/|per|a|each) ?day"),
    ("kg", r"\bkgs?\b|\bkilos?\b"),
    ("cm", r"\bcms?\b"),
    ("stone", r"\bst(one)?s?\b|\blbs?\b"),
    ("m", r"\bmetres?\b|\bm\b"),
    ("ft", r"\bft\b|\bfeet\b|\binch(es)?\b"),
    ("%", r"%"),
)

_NEVER, _NON, _EX, _NOW = "266919005", "405746006", "8517006", "77176002"  # clinical.md 2 #41, #53, #42, #44
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
_REFUSED = re.compile(r"\b(declin\w*|refus\w*|dissent\w*|did not consent)\b", re.IGNORECASE)
_NOTHING = re.compile(
    r"(|-+|n/?a|none recorded|not (done|recorded|taken|known)|dna|unable|awaited|pending|no)", re.IGNORECASE
)
_DONE = re.compile(r"(y|yes|done|completed?|✓|✔|x|1|true|recorded)", re.IGNORECASE)
_PANEL = "75367002"
"""Blood pressure as a pair (clinical.md 2 #7): its two numbers are entered, never itself with one of them."""
_NUMBER = re.compile(r"[<>≤≥]?\s*(\d{1,4}(?:[.,]\d{1,3})?)")
_PRESSURE = re.compile(r"(\d{2,3})\s*(?:/|over|-|\\)\s*(\d{2,3})")


@dataclass
class _Column:
    """What one column holds: of which measure (or "" of the row as a whole), and what of it."""

    at: int
    measure: str
    what: str
    """value, date, unit, code, check, nhs, born."""
    unit: str = ""


@dataclass
class _Layout:
    header: int
    columns: list[_Column] = field(default_factory=list)

    def one(self, what: str, measure: str = "") -> _Column | None:
        return next((c for c in self.columns if c.what == what and c.measure == measure), None)

    def measures(self) -> list[str]:
        return list(dict.fromkeys(c.measure for c in self.columns if c.measure))


def claims(found: Sequence[Table]) -> Iterator[Claim]:
    """The claims of the first table that has a column of NHS numbers and one of checks. Raises UnreadableFile without one."""
    for table in found:
        layout = _layout(table)
        if layout is not None:
            for number in sorted(table.rows):
                if number > layout.header:
                    yield from _row(number, table.rows[number], layout)
            return
    raise UnreadableFile(
        "No table with an NHS number and a check in it was found.",
        where=f"the first {_HEADER_IN} rows of each sheet",
        what_to_do="The header needs a column “NHS number”, and columns named for the checks, or “check”, “result” and “date”.",
    )


def _layout(table: Table) -> _Layout | None:
    header = None
    for number in sorted(table.rows):
        if number > _HEADER_IN and header is None:
            return None
        if any(_is_nhs(cell) for cell in table.rows[number]):
            header = number
        elif header is not None:
            break
    if header is None:
        return None
    layout = _Layout(header)
    above = _group_row(table, header)
    for at, cell in enumerate(table.rows[header]):
        group = above[at] if at < len(above) else ""
        column = _column_of(at, cell, group if group != cell else "")
        if column is not None:
            layout.columns.append(column)
    # A merged header may have its own words in the row below the one with the NHS number.
    below = table.rows.get(header + 1, [])
    if not layout.measures() and layout.one("check") is None and below and not _digits(below):
        layout = _Layout(header + 1)
        for at in range(max(len(below), len(table.rows[header]))):
            top = table.rows[header][at] if at < len(table.rows[header]) else ""
            column = _column_of(at, below[at] if at < len(below) else "", top)
            if column is not None:
                layout.columns.append(column)
    usable = layout.measures() or (layout.one("check") and layout.one("value"))
    return layout if layout.one("nhs") and usable else None


def _digits(cells: Sequence[str]) -> bool:
    return any(len(re.sub(r"\D", "", cell)) >= 6 for cell in cells)


def _group_row(table: Table, header: int) -> list[str]:
    """The row above the header as groups over columns: merged cells are filled already, of others each runs to the next."""
    above = table.rows.get(header - 1, [])
    if not any(_measure(cell) for cell in above):
        return []
    if any(number == header - 1 for number, _ in table.filled):
        return above
    width, groups, present = max(len(above), len(table.rows[header])), [], ""
    for at in range(width):
        cell = above[at] if at < len(above) else ""
        present = cell or present
        groups.append(present)
    return groups


def _is_nhs(cell: str) -> bool:
    return bool(re.fullmatch(r"nhs ?(number|no\.?|num|#)?", " ".join(cell.lower().split())))


def _measure(text: str) -> str:
    low = text.lower()
    return next((name for name, words in _WORDS if re.search(words, low)), "")


def _column_of(at: int, cell: str, group: str) -> _Column | None:
    """What a column is, by the words over it; None for those that are not needed."""
    low = " ".join(cell.lower().split())
    if _is_nhs(low) or (not low and _is_nhs(group)):
        return _Column(at, "", "nhs")
    if re.search(r"\b(birth|dob|born)\b", low):
        return _Column(at, "", "born")
    measure = _measure(low) or _measure(group)
    unit = _unit(low) or _unit(group)
    if re.search(r"\b(snomed|code)\b", low):
        return _Column(at, measure, "code")
    if re.search(r"\bdates?\b|\bwhen\b|\bday\b", low) and not re.search(r"units?\b", low):
        return _Column(at, measure, "date")
    if re.fullmatch(r"units?( of measure(ment)?)?", low):
        return _Column(at, measure, "unit")
    if measure:
        return _Column(at, measure, "value", unit)
    if low in ("check", "test", "measure", "measurement", "observation", "item", "what"):
        return _Column(at, "", "check")
    if low in ("result", "value", "reading", "outcome", "answer"):
        return _Column(at, "", "value")
    return None


def _unit(text: str) -> str:
    low = text.lower()
    return next((unit for unit, words in _UNITS if re.search(words, low)), "")


def _row(number: int, cells: Sequence[str], layout: _Layout) -> Iterator[Claim]:
    def cell(column: _Column | None) -> str:
        return cells[column.at] if column is not None and column.at < len(cells) else ""

    if not any(cells):
        return
    nhs, why = _nhs(cell(layout.one("nhs")))
    born = read_day(cell(layout.one("born")))
    overall = cell(layout.one("date"))
    results: dict[str, list[_Result]] = {}
    if layout.one("check"):
        name = _measure(cell(layout.one("check")))
        if name:
            value, unit = cell(layout.one("value")), _unit(cell(layout.one("unit"))) or _unit(cell(layout.one("check")))
            results[MEASURES[name].part] = [_Result(name, value, unit, cell(layout.one("code")), overall)]
    for name in layout.measures():
        column = layout.one("value", name)
        unit = (column.unit if column else "") or _unit(cell(layout.one("unit", name)))
        part = MEASURES[name].part
        day = cell(layout.one("date", name)) or next(
            (cell(c) for c in layout.columns if c.what == "date" and c.measure and MEASURES[c.measure].part == part), ""
        )
        value, code = cell(column), cell(layout.one("code", name))
        if value or code:
            results.setdefault(part, []).append(_Result(name, value, unit, code, day or overall))
    for part, found in results.items():
        claim = _claim(number, nhs, born, part, found)
        if claim is not None:
            yield claim if nhs else _without_person(claim, why)


@dataclass(frozen=True)
class _Result:
    measure: str
    text: str
    unit: str
    code: str
    day: str


def _nhs(text: str) -> tuple[str, str]:
    """The ten digits, or empty with why they cannot be read."""
    plain = text.strip()
    if re.fullmatch(r"\d{10}\.0+", plain):
        plain = plain.partition(".")[0]
    digits = nhs_number.compact(plain)
    if nhs_number.is_valid(digits):
        return digits, ""
    return "", nhs_number_fault(plain)[0] if plain else "the row has no NHS number"


def _without_person(claim: Claim, why: str) -> Claim:
    return Claim(claim.row, "", claim.born_on, claim.part, claim.says, claim.day, (), NO_PERSON, why)


_DAYS = Dates(("07-Dec-2026", "07/12/2026", "2026-12-07"))
_SHORT = re.compile(r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{2})")


def read_day(text: str) -> date | None:
    """A day as spreadsheets write it: 07/12/2026, 7.12.26, 2026-12-07 10:30, 7 Dec 2026, or the number of days since 1900."""
    plain = re.sub(r"[T ]+\d{1,2}:\d{2}(:\d{2})?(\.\d+)?( ?[ap]m)?$", "", text.strip(), flags=re.IGNORECASE)
    if _SERIAL.fullmatch(plain):
        return date(1899, 12, 30) + timedelta(days=int(float(plain)))
    short = _SHORT.fullmatch(plain)
    return _DAYS.read(f"{short[1]}/{short[3]}/20{short[4]}" if short else plain)


def _claim(number: int, nhs: str, born: date | None, part: str, found: Sequence[_Result]) -> Claim | None:
    """One check of one row; None where the row claims nothing of it."""
    said = [one for one in found if _claims(one)]
    if not said:
        return None
    words = ", ".join(f"{one.text} {one.unit}".strip() for one in said)[:80]
    day = next((read for one in said if (read := read_day(one.day)) is not None), None)

    def claim(values: tuple[Value, ...] = (), fault: str = "", detail: str = "") -> Claim:
        return Claim(number, nhs, born, part, words, day, values, fault, detail)

    if any(_REFUSED.search(one.text) for one in said):
        return claim(fault=DECLINED)
    values: list[Value] = []
    for one in said:
        got, fault, detail = _values(one)
        if fault:
            return claim(fault=fault, detail=detail)
        values += got
    if (
        part == "bp"
        and {one.code for one in values} != {"271649006", "271650006"}
        and not any(one.code for one in said)
    ):
        return claim(fault=NO_RESULT, detail="a blood pressure is two numbers of one day")
    values = _mass_index(values) if part == "bmi" else values
    if day is None:
        written = next((one.day for one in said if one.day), "")
        return claim(fault=NO_DATE, detail=f"“{written[:30]}” is no day" if written else "no day is given")
    return claim(values=tuple(values))


def _claims(one: _Result) -> bool:
    """Whether anything is said to be done: a code that stands in every row of a sheet says nothing of a “DNA” beside it."""
    text = one.text.strip()
    return _means_no(one) or not _NOTHING.fullmatch(text) or (bool(one.code) and not text)


def _means_no(one: _Result) -> bool:
    """“No” in a column of smoking is an answer, not a gap; so is “none” of alcohol."""
    return one.measure in ("smoking", "alcohol") and one.text.strip().lower() in ("no", "none")


def _mass_index(values: list[Value]) -> list[Value]:
    """Weight and height of one row give the index where the sheet has none: kg/m2, one decimal (clinical.md 1.5)."""
    have = {one.code: one.value for one in values}
    weight, height = have.get("27113001"), have.get("1153637007")
    if "60621009" in have or not weight or not height:
        return values
    return [Value("60621009", round(weight / (height / 100) ** 2, 1), "kg/m2"), *values]


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


def _values(one: _Result) -> tuple[list[Value], str, str]:
    """The coded results of a cell, or (nothing, fault, detail)."""
    measure, text = MEASURES[one.measure], one.text.strip()
    if one.code and one.code != _PANEL:
        if FLOAT_DAMAGE.fullmatch(one.code) or not verhoeff(one.code):
            return [], DAMAGED_CODE, f"{one.code[:20]} is no SNOMED CT code: a spreadsheet changes long numbers"
        number = _NUMBER.match(text)
        if number is None:
            return [Value(one.code, None, "")], "", ""
        # Whether it is the unit of this code, the dictionary tells.
        return [Value(one.code, float(number[1].replace(",", ".")), _unit(text[number.end() :]) or one.unit)], "", ""
    if one.measure in ("smoking", "alcohol"):
        code = _status(text, _SMOKING if one.measure == "smoking" else _ALCOHOL)
        if code:
            return [Value(code, None, "")], "", ""
        if one.measure == "smoking":
            return [], NO_RESULT, "whether they smoke is not said"
    if one.measure == "bp" or one.code == _PANEL:
        both = _PRESSURE.search(text)
        if both is None:
            return [], NO_RESULT, "no two numbers stand there"
        return [Value("271649006", float(both[1]), "mm[Hg]"), Value("271650006", float(both[2]), "mm[Hg]")], "", ""
    number = _NUMBER.match(text)
    if number is None:
        return (
            [],
            NO_RESULT,
            "it is said to be done, without a result" if _DONE.fullmatch(text) else "no number stands there",
        )
    unit = _unit(text[number.end() :]) or one.unit
    value = float(number[1].replace(",", "."))
    if one.measure == "height" and unit == "m":
        value, unit = round(value * 100, 1), "cm"
    if unit and unit != measure.unit:
        return [], WRONG_UNIT, f"{unit}, where {measure.unit} is meant"
    if not unit and not measure.may_lack_unit:
        return [], WRONG_UNIT, f"no unit is given, and it need not be {measure.unit}"
    return [Value(measure.code, value, measure.unit)], "", ""
