"""Which column of a sheet is what: the header over one row or two, each column by its words and cells. Pure.

A field is `<measure>.<what>` for a check ("bp.date"), or a key of `OF_ROW` for the row as a whole. What nobody needs has no
field: it is passed over and kept nowhere.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from onedoor.exchange.files.measures import NOT_READ, measure_in, read_nhs_number, unit_in
from onedoor.exchange.files.workbook import Table

HEADER_IN = 60
"""Rows in which the header must be found."""

OF_ROW: Mapping[str, str] = {
    "nhs": "NHS number",
    "born": "Date of birth",
    "family": "Family name",
    "practice": "ODS code of the practice",
    "check": "Name of the check",
    "code": "SNOMED CT code",
    "term": "Term of the code",
    "value": "Result",
    "unit": "Unit",
    "date": "Date",
    "declined": "Declined",
}
OF_MEASURE: Mapping[str, str] = {
    "value": "result",
    "unit": "unit",
    "date": "date",
    "code": "SNOMED CT code",
    "declined": "declined",
    "done": "done or not",
}
MEASURE_NAMES: Mapping[str, str] = {
    "bp": "Blood pressure",
    "systolic": "Systolic blood pressure",
    "diastolic": "Diastolic blood pressure",
    "bmi": "BMI",
    "weight": "Weight",
    "height": "Height",
    "cholesterol": "Cholesterol",
    "hdl": "HDL cholesterol",
    "ldl": "LDL cholesterol",
    "triglycerides": "Triglycerides",
    "ratio": "Cholesterol to HDL ratio",
    "hba1c": "HbA1c",
    "glucose": "Glucose",
    "alcohol": "Alcohol",
    "audit": "AUDIT-C score",
    "full_audit": "AUDIT score",
    "smoking": "Smoking",
}
FIELDS: Mapping[str, str] = {
    **OF_ROW,
    **{
        f"{key}.{what}": f"{name}: {words}" for key, name in MEASURE_NAMES.items() for what, words in OF_MEASURE.items()
    },
}
"""Every field by its key, in words."""


@dataclass(frozen=True)
class Column:
    """What one column holds: of which measure (or "" of the row as a whole), and what of it ("" is not read)."""

    at: int
    measure: str
    what: str
    """nhs, born, family, practice, check, term; value, date, unit, code, declined, done."""
    unit: str = ""
    heading: str = ""
    """As the file has it, with the words of the merged one above; no two of a layout are alike."""

    @property
    def field(self) -> str:
        """The key of its field; empty when it is not read."""
        return f"{self.measure}.{self.what}" if self.measure and self.what else self.what


@dataclass
class Layout:
    """Where the header ends, and the columns in order."""

    header: int
    columns: list[Column] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._known: dict[tuple[str, str], Column] | None = None

    def one(self, what: str, measure: str = "") -> Column | None:
        """The first column that is this."""
        if self._known is None:
            self._known = {}
            for column in self.columns:
                self._known.setdefault((column.what, column.measure), column)
        return self._known.get((what, measure))

    def all_of(self, what: str, measure: str = "") -> list[Column]:
        """Every column that is this, in order."""
        return [column for column in self.columns if column.what == what and column.measure == measure]

    def measures(self) -> list[str]:
        """The measures that some column is of, in order."""
        return list(dict.fromkeys(c.measure for c in self.columns if c.measure and c.what))

    @property
    def usable(self) -> bool:
        """Whether rows can be read by it: it knows who, and some check."""
        named = self.one("check") and (self.one("value") or self.one("code"))
        return bool(self.one("nhs") and (self.measures() or named or self.one("code")))

    @property
    def mapping(self) -> dict[str, str]:
        """{heading: field}, "" for what is not read."""
        return {column.heading: column.field for column in self.columns}

    def mapped(self, fields: Mapping[str, str]) -> Layout:
        """The same columns, each as `fields` says by its heading."""
        return Layout(self.header, [_as(column, fields.get(column.heading, "")) for column in self.columns])


def _as(column: Column, key: str) -> Column:
    measure, dot, what = key.partition(".")
    return replace(column, measure=measure if dot else "", what=what if dot else key)


def fingerprint(headings: Sequence[str]) -> str:
    """SHA-256 of the folded headings in their order: a file with the same ones is read as the last one was."""
    return hashlib.sha256("\x1f".join(fold(one) for one in headings).encode()).hexdigest()


def fold(text: str) -> str:
    """A heading for comparing: without regard to capitals, spaces and signs."""
    return " ".join(re.findall(r"[\w%]+", _apart(text).casefold()))


def layout_of(table: Table) -> Layout | None:
    """The layout of a table by words and cells; None where nothing tells whose its rows are."""
    header = _header_row(table)
    if header is None:
        return None
    found = Layout(header, _named(_columns(table.rows[header], _group_row(table, header))))
    # A merged header may have its own words in the row below the one with the NHS number.
    below = table.rows.get(header + 1, [])
    if not found.measures() and not (found.one("check") or found.one("code")) and below and not _digits(below):
        found = Layout(header + 1, _named(_columns(below, table.rows[header], under=True)))
    return _by_cells(found, table)


def _header_row(table: Table) -> int | None:
    header = None
    for number in sorted(table.rows):
        if number > HEADER_IN and header is None:
            break
        if any(_is_nhs(cell) for cell in table.rows[number]) and not _digits(table.rows[number]):
            header = number
        elif header is not None:
            break
    if header is not None:
        return header
    # No heading says “NHS number”: the row above the first that has one.
    for number in sorted(table.rows):
        if number > HEADER_IN:
            return None
        if any(read_nhs_number(cell)[0] for cell in table.rows[number]):
            above = [one for one in sorted(table.rows) if one < number and sum(map(bool, table.rows[one])) > 1]
            return above[-1] if above else None
    return None


def _columns(cells: Sequence[str], over: Sequence[str], *, under: bool = False) -> Iterator[Column]:
    """A column for each place; with `under` the words over it count where its own say nothing."""
    width = max(len(cells), len(over)) if under else len(cells)
    for at in range(width):
        cell, group = (row[at] if at < len(row) else "" for row in (cells, over))
        yield _column_of(at, cell, group if group != cell else "")


def _named(columns: Iterator[Column]) -> list[Column]:
    """Headings made different, and a plain “Date” given to the check that it follows where there are several."""
    found, seen = list(columns), Counter[str]()
    dates = [column for column in found if column.field == "date" and _PLAIN_DATE.fullmatch(fold(column.heading))]
    if len(dates) > 1:
        for column in dates:
            before = next((c.measure for c in reversed(found[: column.at]) if c.measure), "")
            found[column.at] = replace(column, measure=before)
    own = [column for column in found if column.field == "date"]
    if len(own) > 1:
        best = next((c for c in own if _OF_CHECK.search(fold(c.heading))), own[0])
        found = [replace(c, what="") if c.field == "date" and c is not best else c for c in found]
    for at, column in enumerate(found):
        heading = column.heading or f"Column {_letters(column.at)}"
        seen[fold(heading)] += 1
        times = seen[fold(heading)]
        found[at] = replace(column, heading=f"{heading} ({times})" if times > 1 else heading)
    return found


_PLAIN_DATE = re.compile(
    r"(the )?date( (of|taken|done|recorded|performed|measured|completed))?|when|day|taken on|done on"
)
_OF_CHECK = re.compile(r"check|test|assess|taken|done|perform|record|measure|complet|clinic|review|observ")


def _by_cells(layout: Layout, table: Table) -> Layout:
    """Where no heading says whose the rows are, the column of which most cells are NHS numbers."""
    if layout.one("nhs"):
        return layout
    rows = [table.rows[number] for number in sorted(table.rows) if number > layout.header][:50]
    for at, column in enumerate(layout.columns):
        cells = [row[column.at] for row in rows if column.at < len(row) and row[column.at]]
        if cells and sum(bool(read_nhs_number(cell)[0]) for cell in cells) * 10 >= len(cells) * 6:
            columns = list(layout.columns)
            columns[at] = replace(column, measure="", what="nhs")
            return Layout(layout.header, columns)
    return layout


def _digits(cells: Sequence[str]) -> bool:
    return any(len(re.sub(r"\D", "", cell)) >= 6 for cell in cells)


def _group_row(table: Table, header: int) -> list[str]:
    """The row above the header as groups over columns: merged cells are filled already, of others each runs to the next."""
    above = table.rows.get(header - 1, [])
    if not any(measure_in(_apart(cell)) for cell in above):
        return []
    if len({cell for cell in above if cell}) == 1:
        return []  # a title over everything, which names a check by the way
    if any(number == header - 1 for number, _ in table.filled):
        return above
    width, groups, present = max(len(above), len(table.rows[header])), [], ""
    for at in range(width):
        cell = above[at] if at < len(above) else ""
        present = cell or present
        groups.append(present)
    return groups


def _apart(text: str) -> str:
    """NHSNumber and bp_sys as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})", " ", text.replace("_", " "))


def _is_nhs(cell: str) -> bool:
    low = fold(cell)
    return bool(
        re.search(r"\bnhs ?(number|numbers|no|num|id)\b|^nhs$|^nhs #$|\bnhsno\b|\bnhsnumber\b", low)
    ) and not re.search(r"\b(status|verified|trace\w*|valid|check|reason)\b", low)


_NOT_OF_CHECK = re.compile(
    r"\b(death|deceased|died|admi\w*|discharg\w*|refer\w*|report\w*|extract\w*|print\w*|regist\w*|next|due|invit\w*|contact\w*"
    r"|diagnos\w*|letter|sent|received|export\w*|updated|created|entered|upload\w*|recall|diary)\b"
)


def _column_of(at: int, cell: str, group: str) -> Column:
    """What a column is, by the words over it; without a field for those that are not needed."""
    said = " ".join(cell.split())
    heading = " ".join(f"{group} {said}".split()) if group else said
    raw, low = " ".join(cell.lower().split()), fold(cell)

    def column(measure: str, what: str, unit: str = "") -> Column:
        return Column(at, measure, what, unit, heading)

    if _is_nhs(cell) or (not low and _is_nhs(group)):
        return column("", "nhs")
    if re.search(r"\b(birth|dob|born)\b|\bd o b\b", low):
        return column("", "born")
    if re.search(r"\b(surname|family name|last name|lastname)\b", low):
        return column("", "family")
    measure = measure_in(raw) or measure_in(low) or measure_in(group.lower()) or measure_in(fold(group))
    if measure == NOT_READ:
        return column("", "")
    unit = unit_in(raw) or unit_in(group.lower())
    if not measure and re.search(r"\bods\b|\b(practice|surgery|gp)\b.*\bcode\b", low):
        return column("", "practice")
    if re.search(r"\b(snomed|sct|code|concept)\b", low) and not re.search(r"\bpost ?code\b|\bread\b", low):
        if re.search(r"\b(term|description|desc|name|display)\b", low):
            return column("", "" if measure else "term")
        return column(measure, "code")
    if _DATE.search(low) and not re.search(r"units?\b", low):
        return column(measure, "date" if measure or not _NOT_OF_CHECK.search(low) else "")
    if re.fullmatch(r"(\w+ ){0,5}units?( of measure(ment)?)?", low) and (not measure or not unit):
        # “Alcohol units” are what was drunk; “alcohol unit of measure” is a unit.
        return column(measure, "value", unit) if re.fullmatch(r"alcohol units", low) else column(measure, "unit")
    if re.search(r"\b(declined|refused|dissent(ed)?)\b", low):
        return column(measure, "declined")
    if measure:
        what = "done" if re.search(r"\b(done|completed?|recorded|undertaken|performed|y n)\b", low) else "value"
        return column(measure, what, unit)
    return column("", next((what for what, words in _WHOLE.items() if low in words), ""))


_DATE = re.compile(r"\bdates?\b|\bwhen\b|\bday\b|\b(taken|done|recorded|performed|measured) on\b")
_WHOLE: Mapping[str, tuple[str, ...]] = {
    "check": (
        *("check", "test", "measure", "measurement", "observation", "item", "what"),
        *("test name", "check name", "check type"),
    ),
    "term": ("term", "description", "code term", "display", "preferred term", "code description", "rubric"),
    "value": (
        *("result", "value", "reading", "outcome", "answer", "numeric value"),
        *("result value", "value numeric", "numeric result"),
    ),
}
"""Headings that say all by themselves what of a row stands below."""


def _letters(at: int) -> str:
    letters, at = "", at + 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
