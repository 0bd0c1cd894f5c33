"""Spreadsheets as trusts and practices send them, damaged in the ways that spreadsheets are, and what each row must come to.

Written without sight of the reader. `files()` gives name and bytes of each; `python -m onedoor.exchange.tests.messy.make` writes
`labels.json` anew. Nothing is random, and nothing is kept but the labels. People are fictional (NHS numbers from 999).
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

Cell = str | int | float | date | datetime | None
Line = Sequence[Any]
Row = dict[str, Any]
STAMP = datetime(2026, 12, 4, 7, 58)  # noqa: DTZ001 (a workbook knows no time zones)
DAY = "2026-11-03"
HEAD: list[Cell] = [
    "NHS number",
    "Surname",
    "Date of birth",
    "Date of check",
    "BP",
    "BMI",
    "Smoking status",
    "HbA1c (mmol/mol)",
]


def number(serial: int) -> str:
    """The NHS number of person `serial` (1 and up): from 999, with its check digit; some serials have none and are passed over."""
    found = -1
    at = 700_000
    while True:
        nine = f"999{at:06d}"
        digit = 11 - sum(int(one) * (10 - place) for place, one in enumerate(nine)) % 11
        if digit != 10:
            found += 1
        if found == serial:
            return f"{nine}{digit % 11}"
        at += 1


PEOPLE: list[tuple[str, str, str]] = [
    (number(serial), family, born)
    for serial, (family, born) in enumerate(
        [
            ("Hartwell", "1961-03-14"),
            ("O'Brien-Müller", "1974-08-02"),
            ("Adeyemi", "1988-11-30"),
            ("Prosser", "1950-01-20"),
            ("Kaur", "1979-05-06"),
            ("Whitlock", "1966-12-25"),
        ],
        1,
    )
]
"""Those on the practices' registers: NHS number, surname, date of birth."""


def english(day: str) -> str:
    return date.fromisoformat(day).strftime("%d/%m/%Y")


def good(who: int, **other: Cell) -> list[Cell]:
    """A row of `HEAD` with nothing wrong about the person at `who` in `PEOPLE`; `other` by letter of the column: A, B, …"""
    nhs, family, born = PEOPLE[who]
    row: list[Cell] = [nhs, family, english(born), english(DAY), "132/84", 27.4, "Ex-smoker", 41]
    for letter, value in other.items():
        row[ord(letter) - ord("A")] = value
    return row


VALUES: dict[str, Any] = {"systolic": 132, "diastolic": 84, "bmi": 27.4, "smoking": "ex-smoker", "hba1c": 41}


def taken(row: int, who: int, without: Sequence[str] = (), **other: Any) -> Row:
    """The row is taken; `without` and a keyword by name change what is read from it."""
    values = {name: value for name, value in (VALUES | other).items() if name not in without and name != "day"}
    return {
        "row": row,
        "verdict": "taken",
        "nhs_number": PEOPLE[who][0],
        "day": other.get("day", DAY),
        "values": values,
    }


def partly(row: int, who: int, rejected: dict[str, str], **other: Any) -> Row:
    """What is good in the row is taken, and each of the rest is rejected with its reason."""
    names = {name for part in rejected for name in (("systolic", "diastolic") if part == "bp" else (part,))}
    return taken(row, who, sorted(names), **other) | {"verdict": "partly", "rejected": rejected}


def rejected(row: int, why: str, **more: Any) -> Row:
    return {"row": row, "verdict": "rejected", "why": why} | more


def passed_over(row: int, why: str) -> Row:
    """No row of data: neither taken nor counted as rejected."""
    return {"row": row, "verdict": "passed over", "why": why}


class File:
    """One file: its name, bytes, and labels of its rows, or of the whole."""

    def __init__(self, name: str, why: str, data: bytes, rows: Sequence[Row] = (), **whole: Any) -> None:
        self.name, self.data = name, data
        self.label = {"file": name, "why": why, **whole, "rows": list(rows)}


def packed(book: Workbook, changes: Sequence[tuple[str, str, str]] = ()) -> bytes:
    """The bytes of a workbook; `changes` replace text in a part of it (part, old, new): what openpyxl does not write."""
    book.properties.created = STAMP
    plain = io.BytesIO()
    book.save(plain)
    out = io.BytesIO()
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "docProps/core.xml":  # openpyxl writes the time of saving
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2026-12-04T07:58:00Z", data)
            for part, old, new in changes:
                if part == name:
                    if old.encode() not in data:
                        raise ValueError(f"{name} has no {old}")
                    data = data.replace(old.encode(), new.encode())
            target.writestr(zipfile.ZipInfo(name, STAMP.timetuple()[:6]), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def sheet(rows: Sequence[Line], book: Workbook | None = None, title: str = "Checks") -> tuple[Workbook, Worksheet]:
    """A workbook with one more sheet of these rows; the first of a new one."""
    if book is None:
        book = Workbook()
        del book["Sheet"]
    page = book.create_sheet(title)
    for row in rows:
        page.append(list(row))
    return book, page


def xlsx(rows: Sequence[Line]) -> bytes:
    return packed(sheet(rows)[0])


def csv(rows: Sequence[Line], separator: str = ",", encoding: str = "utf-8", line: str = "\r\n") -> bytes:
    """Text as Excel writes it: quoted where it must be."""

    def cell(value: object) -> str:
        text = "" if value is None else str(value)
        return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in (separator, '"', "\n")) else text

    return "".join(separator.join(cell(value) for value in row) + line for row in rows).encode(encoding)


def files() -> list[File]:
    """Every file of the set, in order of name."""
    made = [*_layouts(), *_numbers(), *_dates(), *_results(), *_texts(), *_wholes(), *_codes()]
    return sorted(made, key=lambda one: one.name)


def _layouts() -> list[File]:
    plain: list[list[Cell]] = [HEAD, good(0), good(1), good(2)]
    three = [taken(2, 0), taken(3, 1), taken(4, 2)]

    merged, page = sheet([["Person", None, None, "Check", None, "Result", None, None], HEAD, good(0), good(1)])
    for ref in ("A1:C1", "D1:E1", "F1:H1"):
        page.merge_cells(ref)

    titled, page = sheet(
        [
            ["Physical health checks"],
            ["Fellside Mental Health NHS Foundation Trust (RX999)"],
            [],
            HEAD,
            good(0),
            good(2),
        ]
    )
    page.merge_cells("A1:H1")

    pairs, page = sheet(
        [
            [
                "NHS number",
                "Surname",
                "Date of birth",
                "Date of check",
                "Blood pressure",
                None,
                "BMI",
                "Smoking status",
                "HbA1c",
            ],
            [None, None, None, None, "Systolic", "Diastolic", None, None, "mmol/mol"],
            [*good(0)[:4], 132, 84, *good(0)[5:]],
            [*good(1)[:4], 132, None, *good(1)[5:]],
        ]
    )
    page.merge_cells("E1:F1")
    for letter in "ABCDGH":
        page.merge_cells(f"{letter}1:{letter}2")

    groups, page = sheet([["Ward", *HEAD], ["Ash", *good(0)], [None, *good(1)], ["Beech", *good(2)]])
    page.merge_cells("A2:A3")

    hidden, page = sheet(plain)
    page.row_dimensions[3].hidden = True

    hidden_column, page = sheet(plain)
    page.column_dimensions["F"].hidden = True

    wrong_first, _ = sheet([["Guidance"], ["Fill in the sheet Checks. One row for each person."]], title="Read me")
    sheet(plain, wrong_first, "Checks")

    hidden_sheet, _ = sheet(plain)
    _, page = sheet([HEAD, good(3)], hidden_sheet, "Old")
    page.sheet_state = "hidden"

    gaps: list[list[Cell]] = [
        [*HEAD[:3], None, *HEAD[3:], None, None],
        [*good(0)[:3], None, *good(0)[3:]],
        [*good(1)[:3], None, *good(1)[3:]],
    ]
    footer: list[list[Cell]] = [
        ["Total", None, None, None, None, 27.4, None, 41],
        [],
        ["Produced by the informatics team, 04/12/2026"],
    ]
    return [
        File(
            "layout-merged-header.xlsx",
            "a row of merged group names above the header",
            packed(merged),
            [taken(3, 0), taken(4, 1)],
        ),
        File(
            "layout-title-rows.xlsx",
            "title, trust and an empty row above the header",
            packed(titled),
            [taken(5, 0), taken(6, 2)],
        ),
        File(
            "layout-two-header-rows.xlsx",
            "the header is two rows: blood pressure over systolic and diastolic",
            packed(pairs),
            [taken(3, 0), partly(4, 1, {"bp": "diastolic is missing"})],
        ),
        File("layout-merged-ward.xlsx", "a ward's name is merged down its rows", packed(groups), three),
        File(
            "layout-hidden-row.xlsx",
            "a hidden row is data like any other, and the report says that it was hidden",
            packed(hidden),
            [three[0], three[1] | {"note": "hidden"}, three[2]],
        ),
        File("layout-hidden-column.xlsx", "a hidden column is data", packed(hidden_column), three),
        File(
            "layout-wrong-sheet-first.xlsx",
            "guidance is the first sheet, the checks the second",
            packed(wrong_first),
            three,
            sheet="Checks",
        ),
        File(
            "layout-hidden-sheet.xlsx",
            "a hidden sheet with older rows: not read without being asked for",
            packed(hidden_sheet),
            three,
            sheet="Checks",
        ),
        File(
            "layout-blank-columns.xlsx",
            "an empty column in the middle and two at the end",
            xlsx(gaps),
            [taken(2, 0), taken(3, 1)],
        ),
        File(
            "layout-blank-rows.xlsx",
            "empty rows between",
            xlsx([HEAD, good(0), [], [], good(1)]),
            [taken(2, 0), taken(5, 1)],
        ),
        File(
            "layout-totals.xlsx",
            "totals and a line of words at the bottom",
            xlsx([HEAD, good(0), good(1), *footer]),
            [taken(2, 0), taken(3, 1), passed_over(4, "a total"), passed_over(6, "words under the table")],
        ),
        File(
            "layout-header-again.xlsx",
            "the header is repeated as on printed pages",
            xlsx([HEAD, good(0), HEAD, good(1)]),
            [taken(2, 0), passed_over(3, "the header again"), taken(4, 1)],
        ),
        File(
            "layout-header-words.csv",
            "line breaks, capitals and spaces in the header",
            csv(
                [
                    [
                        "NHS\nNUMBER",
                        " surname ",
                        "D.O.B.",
                        "DATE OF\nCHECK",
                        "BP (mmHg)",
                        "BMI (kg/m2)",
                        "SMOKING",
                        "HbA1c mmol/mol",
                    ],
                    good(0),
                ]
            ),
            [taken(2, 0)],
            counts="records, not lines: the header is one record of several lines",
        ),
        File(
            "layout-columns-moved.csv",
            "the columns stand in another order, with two that nobody asked for",
            csv([["Ward", *reversed(HEAD), "Notes"], ["Ash", *reversed(good(0)), "seen, by nurse"]]),
            [taken(2, 0)],
        ),
        File("layout-tabs.txt", "tabs for commas", csv(plain, "\t"), three),
        File(
            "layout-short-rows.csv",
            "rows end where their values end",
            csv([HEAD, good(0)[:5], good(1)]),
            [taken(2, 0, ["bmi", "smoking", "hba1c"]), taken(3, 1)],
        ),
    ]


def _numbers() -> list[File]:
    nhs = PEOPLE[0][0]
    spaced = f"{nhs[:3]} {nhs[3:6]} {nhs[6:]}"
    wrong = nhs[:-1] + str((int(nhs[-1]) + 1) % 10)
    return [
        File(
            "number-typed.xlsx",
            "the NHS number as number, as float, spaced, with apostrophe, with dashes, with spaces no one sees",
            xlsx(
                [
                    HEAD,
                    good(0, A=int(nhs)),
                    good(1, A=float(PEOPLE[1][0])),
                    good(0, A=spaced, D="04/11/2026"),
                    good(0, A="'" + nhs, D="05/11/2026"),
                    good(0, A=spaced.replace(" ", "-"), D="06/11/2026"),
                    good(0, A=f"\u00a0{nhs}\u200b ", D="07/11/2026"),
                    good(0, A=nhs + ".0", D="08/11/2026"),
                ]
            ),
            [taken(2, 0), taken(3, 1), *(taken(row, 0, day=f"2026-11-{row:02d}") for row in range(4, 9))],
        ),
        File(
            "number-damaged.csv",
            "NHS numbers that a spreadsheet or a hand has damaged",
            csv(
                [
                    HEAD,
                    good(0, A="9.99E+09"),
                    good(0, A="9.997E+09"),
                    good(0, A=wrong),
                    good(0, A=nhs[:-1]),
                    good(0, A=nhs + "1"),
                    good(0, A=""),
                    good(0, A="unknown"),
                    good(0, A=nhs.replace("9", "g", 1)),
                    good(0, A="#REF!"),
                    good(0, A="0000000000"),
                    good(1),
                ]
            ),
            [
                rejected(2, "NHS number damaged by a spreadsheet (9.99E+09): digits are lost"),
                rejected(3, "NHS number damaged by a spreadsheet"),
                rejected(4, "check digit wrong"),
                rejected(5, "nine digits"),
                rejected(6, "eleven digits"),
                rejected(7, "no NHS number"),
                rejected(8, "no NHS number"),
                rejected(9, "a letter in the NHS number"),
                rejected(10, "an error of the spreadsheet"),
                rejected(11, "not a number anybody has"),
                taken(12, 1),
            ],
        ),
        File(
            "number-two-people.csv",
            "two people on one NHS number; one of them is the one registered",
            csv([HEAD, good(0), good(0, B="Pemberton", C="02/02/1990", D="04/11/2026")]),
            [
                taken(2, 0) | {"also_right": "rejected"},
                rejected(3, "surname and date of birth are not those of this NHS number"),
            ],
        ),
        File(
            "number-unknown.csv",
            "a person who is on no practice's register here",
            csv([HEAD, good(0, A=number(40), B="Nobody"), good(1)]),
            [rejected(2, "not registered here"), taken(3, 1)],
        ),
        File(
            "number-duplicate-rows.csv",
            "the same row twice, and a third that differs in one value",
            csv([HEAD, good(0), good(0), good(0, E="150/95"), good(1)]),
            [
                taken(2, 0) | {"also_right": "rejected"},
                passed_over(3, "the same as row 2"),
                rejected(4, "another blood pressure for the same person and day: which holds?", also_right="partly"),
                taken(5, 1),
            ],
        ),
        File(
            "number-surname-forms.csv",
            "the surname without mark, apostrophe or hyphen is the same surname",
            csv([HEAD, good(1, B="OBRIEN MULLER"), good(1, B="o’brien-müller", D="04/11/2026")]),
            [taken(2, 1), taken(3, 1, day="2026-11-04")],
        ),
    ]


def _dates() -> list[File]:
    modern = (date.fromisoformat(DAY) - date(1899, 12, 30)).days
    old = Workbook()
    old.epoch = CALENDAR_MAC_1904
    del old["Sheet"]
    sheet([HEAD, good(0, D=date.fromisoformat(DAY)), good(1, D=datetime.combine(date(2026, 11, 4), time(9, 30)))], old)
    forms = [
        "03/11/26",
        "3.11.2026",
        "03-Nov-2026",
        "3 November 2026",
        "2026-11-03",
        "03/11/2026 00:00:00",
        "Tue 03/11/2026",
        "3rd Nov 2026",
    ]
    return [
        File(
            "date-cells.xlsx",
            "dates as dates, with a time, and as a bare serial number",
            xlsx(
                [
                    HEAD,
                    good(0, D=date.fromisoformat(DAY)),
                    good(1, D=datetime.combine(date(2026, 11, 3), time(14, 5))),
                    good(2, D=modern),
                ]
            ),
            [taken(2, 0), taken(3, 1), taken(4, 2)],
        ),
        File(
            "date-1904.xlsx",
            "a workbook that counts from 1904: read as 1900 every day would be four years early",
            packed(old),
            [taken(2, 0), taken(3, 1, day="2026-11-04")],
        ),
        File(
            "date-forms.csv",
            "one day written in eight ways",
            csv([HEAD, *(good(n % 6, D=form) for n, form in enumerate(forms))]),
            [
                *(taken(n + 2, n % 6) for n in range(6)),
                *(passed_over(n + 2, f"the same as row {n - 4}") for n in range(6, 8)),
            ],
        ),
        File(
            "date-american.csv",
            "month first, as the 13th and the 25th show: the whole column is read so, or none of it",
            csv([HEAD, good(0, D="11/13/2026"), good(1, D="11/25/2026"), good(2, D="11/03/2026")]),
            [
                taken(2, 0, day="2026-11-13") | {"also_right": "rejected"},
                taken(3, 1, day="2026-11-25") | {"also_right": "rejected"},
                taken(4, 2, day="2026-11-03") | {"also_right": "rejected"},
            ],
            never="row 4 as 11 March 2026",
        ),
        File(
            "date-both-orders.csv",
            "one row can only be day first, another only month first: the others are anybody's guess",
            csv([HEAD, good(0, D="25/11/2026"), good(1, D="11/13/2026"), good(2, D="03/11/2026")]),
            [
                taken(2, 0, day="2026-11-25") | {"also_right": "rejected"},
                rejected(3, "month first, in a column of day first"),
                taken(4, 2) | {"also_right": "rejected"},
            ],
        ),
        File(
            "date-impossible.csv",
            "days that are none, or cannot be",
            csv(
                [
                    HEAD,
                    good(0, D="31/02/2026"),
                    good(0, D="31/11/2026"),
                    good(0, D="00/11/2026"),
                    good(0, D="03/11/2062"),
                    good(0, D="03/11/1026"),
                    good(0, D=""),
                    good(0, D="last week"),
                    good(0, D="Nov 2026"),
                    good(0, D="46329 "),
                    good(0, D="01/01/1940"),
                    good(1),
                ]
            ),
            [
                rejected(2, "there is no 31 February"),
                rejected(3, "there is no 31 November"),
                rejected(4, "no such day"),
                rejected(5, "in the future"),
                rejected(6, "the year cannot be right"),
                rejected(7, "no date of the check"),
                rejected(8, "no date that can be read"),
                rejected(9, "the day is missing"),
                taken(10, 0) | {"also_right": "rejected", "note": "a serial number as text"},
                rejected(11, "before the person was born"),
                taken(12, 1),
            ],
        ),
        File(
            "date-birth-century.csv",
            "a birth of two digits: 14/03/61 is 1961",
            csv([HEAD, good(0, C="14/03/61"), good(0, C="14/03/62", D="04/11/2026")]),
            [taken(2, 0), rejected(3, "date of birth is not that of this NHS number")],
        ),
    ]


def _results() -> list[File]:
    wide: list[Cell] = [*HEAD[:4], "Systolic", "Diastolic", *HEAD[5:]]
    percent: list[Cell] = [*HEAD, "HbA1c (%)"]
    values: list[tuple[str, str | float, str]] = [
        ("E", "132 84", "no slash: 132 over 84, or a slip?"),
        ("E", "84/132", "diastolic above systolic"),
        ("E", "132", "one value only"),
        ("E", "13/84", "no pressure of a living person"),
        ("E", "999/999", "a placeholder"),
        ("E", "done", "no result"),
    ]
    bmis: list[tuple[str | float, str]] = [
        (274, "outside 10 to 55"),
        (2.74, "outside 10 to 55"),
        (0, "outside 10 to 55"),
        ("n/a", "no result"),
        ("declined", "declined"),
        ("#DIV/0!", "an error of the spreadsheet"),
        ("27,4", "a comma for the point"),
        ("overweight", "no result"),
    ]
    return [
        File(
            "result-bp-one-cell.csv",
            "a pair in one cell, written in ways that are clear",
            csv(
                [
                    HEAD,
                    good(0, E="132/84"),
                    good(1, E="132 / 84"),
                    good(2, E="132/84 mmHg"),
                    good(3, E="BP 132/84"),
                    good(4, E="132 over 84"),
                ]
            ),
            [taken(n + 2, n) for n in range(4)] + [taken(6, 4) | {"also_right": "partly"}],
        ),
        File(
            "result-bp-two-columns.xlsx",
            "systolic and diastolic beside each other",
            xlsx(
                [
                    wide,
                    [*good(0)[:4], 132, 84, *good(0)[5:]],
                    [*good(1)[:4], "132", "84", *good(1)[5:]],
                    [*good(2)[:4], 84, 132, *good(2)[5:]],
                ]
            ),
            [taken(2, 0), taken(3, 1), partly(4, 2, {"bp": "diastolic above systolic"})],
        ),
        File(
            "result-bp-as-date.xlsx",
            "12/8 became a date when somebody typed it: the reading is lost",
            xlsx([HEAD, good(0, E=date(2026, 8, 12)), good(1)]),
            [partly(2, 0, {"bp": "a date stands in place of a reading"}), taken(3, 1)],
        ),
        File(
            "result-bp-wrong.csv",
            "pairs that are none",
            csv([HEAD, *(good(n, E=text) for n, (_, text, _) in enumerate(values))]),
            [partly(n + 2, n, {"bp": why}) for n, (_, _, why) in enumerate(values)],
        ),
        File(
            "result-bmi-wrong.csv",
            "body mass indexes that are none",
            csv([HEAD, *(good(n % 6, F=text, D=english(f"2026-11-{n + 3:02d}")) for n, (text, _) in enumerate(bmis))]),
            [
                partly(n + 2, n % 6, {"bmi": why}, day=f"2026-11-{n + 3:02d}")
                | ({"also_right": "taken"} if text == "27,4" else {})
                for n, (text, why) in enumerate(bmis)
            ],
        ),
        File(
            "result-hba1c-percent.csv",
            "HbA1c as a percentage under a header of mmol/mol, and in a column of its own",
            csv(
                [percent, [*good(0, H=7.5), None], [*good(1, H="7.5%"), None], [*good(2), 5.9], [*good(3, H=None), 5.9]]
            ),
            [
                partly(2, 0, {"hba1c": "a percentage: 7.5 mmol/mol is nobody's"}),
                partly(3, 1, {"hba1c": "a percentage"}),
                taken(4, 2),
                partly(5, 3, {"hba1c": "only as a percentage, which does not count (clinical.md 1.5)"}),
            ],
        ),
        File(
            "result-words.csv",
            "words in place of results",
            csv(
                [
                    HEAD,
                    good(0, E="DNA", F="DNA", G="DNA", H="DNA"),
                    good(1, E="declined", F="declined", G="declined", H="declined"),
                    good(2, E="n/a", F="-", G="", H="."),
                    good(3, G="Smoker: 20 a day"),
                    good(4, G="Y"),
                    good(5, H="pending"),
                ]
            ),
            [
                rejected(2, "did not attend: nothing was done"),
                rejected(3, "declined: a decline completes no check", also_right="partly"),
                rejected(4, "no result in the row"),
                taken(5, 3, smoking="smoker"),
                partly(6, 4, {"smoking": "Y says not what"}),
                partly(7, 5, {"hba1c": "no result yet"}),
            ],
        ),
        File(
            "result-formula.xlsx",
            "results of formulas: the stored value is read, and a formula that was never worked out is none",
            _formula(),
            [
                taken(2, 0),
                partly(3, 1, {"bmi": "a formula without a stored value"}),
                partly(4, 2, {"bmi": "an error of the spreadsheet"}),
            ],
        ),
        File(
            "result-rich-text.xlsx",
            "a number stored as text with a comment mark and spaces",
            xlsx([HEAD, good(0, F=" 27.4 *", H="41 ")]),
            [taken(2, 0) | {"also_right": "partly"}],
        ),
        File(
            "result-float-noise.xlsx",
            "27.400000000000002 is 27.4",
            xlsx([HEAD, good(0, F=27.400000000000002, H=41.0)]),
            [taken(2, 0)],
        ),
        File(
            "result-harmful-text.csv",
            "text that a spreadsheet would run when it is opened again: kept as text, written out harmless",
            csv(
                [
                    [*HEAD, "Notes"],
                    [*good(0), '=HYPERLINK("http://127.0.0.1:9/","x")'],
                    [*good(1), "@SUM(A1)"],
                    [*good(2, B="=1+1"), ""],
                ]
            ),
            [taken(2, 0), taken(3, 1), rejected(4, "surname is not that of this NHS number")],
        ),
    ]


def _formula() -> bytes:
    book, _ = sheet([HEAD, good(0, F=27.4), good(1, F="=1/0"), good(2, F=-1)])
    part = "xl/worksheets/sheet1.xml"
    changes = [
        (part, '<c r="F2" t="n"><v>27.4</v>', '<c r="F2"><f>ROUND(82.1/(1.731*1.731),1)</f><v>27.4</v>'),
        (part, '<c r="F4" t="n"><v>-1</v>', '<c r="F4" t="e"><f>1/0</f><v>#DIV/0!</v>'),
    ]
    return packed(book, changes)


def _texts() -> list[File]:
    rows: list[list[Cell]] = [HEAD, good(0), good(1)]
    both = [taken(2, 0), taken(3, 1)]
    return [
        File(
            "text-windows-1252-semicolons.csv",
            "as an Excel set to another country writes it; ü and the curly apostrophe are Windows-1252",
            csv([HEAD, good(0), good(1, B="O’Brien-Müller")], ";", "cp1252"),
            both,
        ),
        File(
            "text-semicolons-comma-decimals.csv",
            "semicolons, and a comma for the decimal point: 27,4 is 27.4 here, as every row shows",
            csv([HEAD, good(0, F="27,4"), good(1, F="27,4")], ";"),
            [one | {"also_right": "partly"} for one in both],
        ),
        File("text-bom.csv", "UTF-8 with a byte order mark", b"\xef\xbb\xbf" + csv(rows), both),
        File("text-utf-16.csv", "what Excel calls Unicode text", b"\xff\xfe" + csv(rows, "\t", "utf-16-le"), both),
        File("text-old-mac-lines.csv", "lines end with a carriage return alone", csv(rows, line="\r"), both),
        File(
            "text-sep-line.csv", "the first line says sep=;", b"sep=;\r\n" + csv(rows, ";"), [taken(3, 0), taken(4, 1)]
        ),
        File(
            "text-quotes-broken.csv",
            "a quotation mark that is never closed: what follows cannot be told apart",
            csv([HEAD, good(0)]) + csv([good(1, B='"O')]).replace(b'"""O"', b'"O') + csv([good(2)]),
            [taken(2, 0) | {"also_right": "rejected"}, rejected(3, "a quotation mark is not closed")],
            never="row 4 lost in silence",
        ),
        File(
            "text-nul.csv",
            "NUL bytes inside",
            csv(rows).replace(b"Hartwell", b"Hart\x00well"),
            [rejected(2, "a character that no text has"), taken(3, 1)],
            also_whole="unreadable",
        ),
    ]


def _wholes() -> list[File]:
    empty = Workbook()
    head_only = xlsx([HEAD])
    cut = xlsx([HEAD, good(0)])
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in ("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"):
            archive.writestr(zipfile.ZipInfo(name, STAMP.timetuple()[:6]), b" " * 20_000_000, zipfile.ZIP_DEFLATED)
    return [
        File(
            "whole-empty.xlsx",
            "a workbook with one empty sheet",
            packed(empty),
            whole="refused",
            because="there is no row in it",
        ),
        File(
            "whole-header-only.xlsx",
            "a header and nothing under it",
            head_only,
            whole="taken",
            because="a month without checks; nothing to take",
        ),
        File(
            "whole-password.xlsx",
            "protected by a password: an OLE container",
            bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 4_088,
            whole="refused",
            because="protected by a password, or of an Excel before 2007: save it without, as .xlsx",
        ),
        File("whole-nothing.csv", "no byte", b"", whole="refused", because="the file is empty"),
        File(
            "whole-truncated.xlsx",
            "half of a workbook",
            cut[: len(cut) // 2],
            whole="refused",
            because="the file is damaged",
        ),
        File("whole-bomb.xlsx", "60 MB in 60 kB", bomb.getvalue(), whole="refused", because="too large when unpacked"),
        File(
            "whole-pdf.xlsx",
            "a PDF under another name",
            b"%PDF-1.4\n%%EOF\n",
            whole="refused",
            because="not a spreadsheet",
        ),
        File(
            "whole-page.csv",
            "a sign-in page that was saved as the extract",
            b"<!DOCTYPE html><html><body>Sign in</body></html>",
            whole="refused",
            because="not a spreadsheet",
        ),
        File(
            "whole-other-content.xlsx",
            "a good workbook of something else",
            xlsx([["Bed", "Ward"], [1, "Ash"], [2, "Beech"]]),
            whole="refused",
            because="no column of NHS numbers",
        ),
    ]


def _codes() -> list[File]:
    """Practice extracts: one row for each coded entry."""
    head: list[Cell] = ["NHS Number", "Surname", "Date of birth", "SNOMED code", "Term", "Value", "Unit", "Date"]

    def entry(who: int, code: Cell, term: str, value: Cell, unit: str, day: str = DAY) -> list[Cell]:
        nhs, family, born = PEOPLE[who]
        return [nhs, family, english(born), code, term, value, unit, english(day)]

    def read(row: int, who: int, code: str, value: Any, unit: str) -> Row:
        return {
            "row": row,
            "verdict": "taken",
            "nhs_number": PEOPLE[who][0],
            "day": DAY,
            "code": code,
            "value": value,
            "unit": unit,
        }

    alcohol = "1082641000000106"
    return [
        File(
            "codes-good.csv",
            "a practice's extract of coded entries",
            csv(
                [
                    head,
                    entry(0, "60621009", "Body mass index", 27.4, "kg/m2"),
                    entry(0, "999791000000106", "HbA1c IFCC", 41, "mmol/mol"),
                    entry(1, "8517006", "Ex-smoker", "", ""),
                    entry(2, alcohol, "Alcohol units per week", 12, "units/week"),
                ]
            ),
            [
                read(2, 0, "60621009", 27.4, "kg/m2"),
                read(3, 0, "999791000000106", 41, "mmol/mol"),
                read(4, 1, "8517006", None, ""),
                read(5, 2, alcohol, 12, "units/week"),
            ],
            kind="practice",
        ),
        File(
            "codes-damaged.xlsx",
            "codes of more than fifteen digits as numbers: a spreadsheet rounds them (clinical.md 2)",
            xlsx(
                [
                    head,
                    entry(0, "1.08264E+15", "Alcohol units per week", 12, "units/week"),
                    entry(1, 1082641000000100, "Alcohol units per week", 12, ""),
                    entry(2, float(999791000000106), "HbA1c IFCC", 41, "mmol/mol"),
                    entry(3, "116471000119101", "Blood test declined", "", ""),
                    entry(4, "136J.", "Alcohol", 12, ""),
                    entry(5, "", "Body mass index", 27.4, "kg/m2"),
                    entry(0, 60621009, "Body mass index", 27.4, "kg/m2"),
                ]
            ),
            [
                rejected(2, "code damaged by a spreadsheet (1.08264E+15): digits are lost"),
                rejected(3, "check digit of the code is wrong: rounded by a spreadsheet"),
                read(4, 2, "999791000000106", 41, "mmol/mol"),
                rejected(5, "check digit of the code is wrong"),
                rejected(6, "not a SNOMED code"),
                rejected(7, "no code"),
                read(8, 0, "60621009", 27.4, "kg/m2"),
            ],
            kind="practice",
        ),
        File(
            "codes-units.csv",
            "units that are not the code's",
            csv(
                [
                    head,
                    entry(0, "999791000000106", "HbA1c IFCC", 7.5, "%"),
                    entry(1, "1005671000000105", "Serum cholesterol level", 198, "mg/dL"),
                    entry(2, "60621009", "Body mass index", 27.4, "kg/m^2"),
                    entry(3, "60621009", "Body mass index", 27.4, ""),
                ]
            ),
            [
                rejected(2, "a percentage in place of mmol/mol"),
                rejected(3, "mg/dL in place of mmol/L"),
                read(4, 2, "60621009", 27.4, "kg/m2"),
                read(5, 3, "60621009", 27.4, "kg/m2") | {"also_right": "rejected"},
            ],
            kind="practice",
        ),
    ]


def labels() -> dict[str, Any]:
    """What `labels.json` holds: the people on the registers, and what each file comes to."""
    people = [{"nhs_number": nhs, "family": family, "born": born} for nhs, family, born in PEOPLE]
    return {"today": "2026-12-07", "registered": people, "files": [{"kind": "trust"} | one.label for one in files()]}


def main() -> None:
    whole = labels()
    lines = []
    for one in whole.pop("files"):
        rows = ",\n".join("      " + json.dumps(row, ensure_ascii=False) for row in one.pop("rows"))
        head = json.dumps(one, ensure_ascii=False)[1:-1]
        lines.append(f'    {{{head}, "rows": [' + (f"\n{rows}\n    ]}}" if rows else "]}"))
    text = json.dumps(whole, ensure_ascii=False, indent=2).rstrip("}\n ").rstrip()
    (Path(__file__).parent / "labels.json").write_text(text + ',\n  "files": [\n' + ",\n".join(lines) + "\n  ]\n}\n")


if __name__ == "__main__":
    main()
