"""The report linter, by reports whose faults are known.

`linter_cases` were labelled by somebody who had seen no rule. The rules were made on the even numbers. The odd ones were held
out and read once: 8 of their 13 faults were found, none of their 7 reports without faults was faulted, and nothing else was said.
Missed then: a monthly amount by the months of its heading (03), two captions as lines of one paragraph (07), £360m for £360k
(17), one subtotal counted twice (23), and a gap that stands behind its two shares (27). The rules were put right by those five
afterwards, so that what is pinned here of the odd numbers is no measure of what is found in reports that nobody has looked at.
"""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onedoor.kernel import workbook
from onedoor.reporting import linter
from onedoor.reporting.linter import Finding, Kind, numbers, periods

HERE = Path(__file__).parent
CASES = json.loads((HERE / "linter_cases" / "labels.json").read_text(encoding="utf-8"))["cases"]
MISSED: frozenset[tuple[str, str]] = frozenset()
"""(file, printed) of the labelled faults that are not found."""


def found_in(path: Path) -> list[Finding]:
    return linter.lint(linter.read(path.read_bytes(), path.name))


def is_at(finding: Finding, fault: dict[str, object]) -> bool:
    """A cell by its row and column; a title or a sentence by what it prints, since people count paragraphs each in their way."""
    where = fault["where"]
    assert isinstance(where, dict)
    printed, right = (str(one).strip("+£%") for one in (finding.printed, fault["printed"]))
    in_words = "paragraph" in where or where["column"] == "title"
    cell = f"{where.get('row')}, {where.get('column')}"
    return finding.kind == fault["kind"] and (
        printed in right or right in printed
        if in_words
        else finding.place.words == cell and finding.printed == fault["printed"]
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_a_labelled_report(case: dict[str, object]) -> None:
    """Each fault is found where it stands and as what it is, and nothing else is said. Clean ones: nothing at all."""
    found = found_in(HERE / "linter_cases" / str(case["file"]))
    faults = case["faults"]
    assert isinstance(faults, list)
    for fault in faults:
        hit = next((one for one in found if is_at(one, fault)), None)
        assert (hit is None) == ((case["file"], fault["printed"]) in MISSED), fault
        if hit:
            found.remove(hit)
    assert [one.words for one in found] == []


def test_what_follows_is_what_the_labels_say() -> None:
    for case in CASES:
        found = found_in(HERE / "linter_cases" / case["file"])
        for fault in case["faults"]:
            hit = next((one for one in found if is_at(one, fault)), None)
            if hit and "row" in fault["where"] and fault["where"]["column"] != "title":
                assert hit.follows.replace("−", "-") == fault["right"], case["file"]


SENTENCES = [
    row
    for file in sorted((HERE / "linter_sentences").iterdir())
    for row in csv.DictReader(io.StringIO(file.read_text("utf-8")))
]
"""136 single sentences of two hands that had seen no rule. Those of the first were read while the rules were mended, of the
second (fresh) none before: then 16 of its 24 faults were found, and none of its 32 sound ones was faulted."""
NOT_FOUND = ("Sixteen Saturday", "Headcount on the phone", "With 1,920 bookings", "The practices in your", "We had 64 of you",
             "Hi both", "The waiting list had stood", "Room hire reserve", "A typical first-contact")  # fmt: skip

OTHER_SIDE = ("An annual allocation", "The peer worker")
"""Of these the linter puts the other figure right."""


@pytest.mark.parametrize("row", SENTENCES, ids=lambda row: row["text"][:30])
def test_a_sentence_that_reckons(row: dict[str, str]) -> None:
    """With a fault it is found and what would be right is said; without one nothing is, but that a figure stands alone."""
    found = [one for one in linter.lint(linter.read(row["text"].encode(), "a.txt")) if one.kind is not Kind.LONE]
    if row["faulty"] == "no" or row["text"].startswith(NOT_FOUND):
        assert found == []
    else:
        figure = re.search(r"[\d,.]*\d", row["right"])
        assert figure is not None
        assert any(figure[0] in one.words or row["text"].startswith(OTHER_SIDE) for one in found)


def test_weeks_that_are_counted_are_said_and_not_a_year() -> None:
    """35 a week in 40 weeks is no figure of a year."""
    text = "At 35 health checks a week the team would do 1,450 in 40 weeks."
    (found,) = linter.lint(linter.read(text.encode(), "a.txt"))
    assert found.words == "1,450 is printed; 35 a week is 1,400 in 40 weeks."


@pytest.mark.parametrize("path", sorted((HERE / "linter_right").iterdir()), ids=lambda path: path.name)
def test_what_looks_odd_and_is_right_is_left_alone(path: Path) -> None:
    """People in two rows, parts of a row, averages, targets, variances either way, two years side by side, sums by fives."""
    assert [one.words for one in found_in(path)] == []


SEED_0 = """
The average monthly cost for this service is £2,360 and the average number of text messages sent per month is 127,379*.

Between Nov 2016 and Nov 2017, there were 1,390,588 text messages sent from GP Practices. The spend for this period was \
£34,561.74*.
"""
"""Seed 000, 2 and 4.1 (T1)."""

SEED_2 = """
Overall due to the Healthshare Contract, MSK orthopaedic outpatient activity is showing a 2017/18 financial QIPP savings \
of £866.36k. Physiotherapy service referrals total cost reduction is £1,226.48.

The following tables show the referral activity as reported by Healthshare in March 2018.

\tSep'17\tOct'17\tNov'17\tDec'1\tJan'18\tFeb 18\tMarch'
\t\t\t\t7\t\t\t18
Referral Source\t\t\t\t\t\t\t
Other Health\t158\t214\t280\t241\t461\t415\t373
Professional\t\t\t\t\t\t\t
Nurse\t0\t0\t0\t0\t0\t0\t0
General Practitioner\t3,857\t6,431\t6,519\t3,684\t4,830\t4,551\t4856
Allied Health\t0\t0\t0\t0\t0\t0\t0
Professional
Total Referrals Received\t4,015\t6,645\t6,799\t3,925\t5,291\t4,966\t5229
Inappropriate\t45\t261\t400\t57\t48\t19\t21
Total Referrals Accepted\t3,970\t6,384\t6,399\t3,868\t5,243\t4,947\t5,209
"""
"""Seed 002, 2 and 3, with headings and names broken over two lines as they are there (T3, T5)."""

SEED_3 = """
There is variation in performance across CCGs, with a 26% difference between Frimley (39%) and Kent & Medway (13%)

Proportion of pts with all six checks by CCG, Q1 21/22

Number of pts with all six checks by CCG, Q1 20/21

Example ICS trajectory

+2957 pts total (+101%)
+246 pts per month

DELIVERY PHASE

Sep 2021 – April 2022

Last quarter there was a 25.4% difference between the South East's best and worst performing CCGs. The lower performers may be \
the ones with most opportunity...
"""
"""Seed 003, data summary, trajectory and appendix (T6, T7; clinical.md 5.5)."""


@pytest.mark.parametrize(
    ("text", "kind", "printed", "says"),
    [
        (SEED_0, Kind.MONTHS, "127,379", "106,968 over 13 months or 115,882 over 12 months"),
        (SEED_0, Kind.MONTHS, "£2,360", "£2,658.60 over 13 months or £2,880.15 over 12 months"),
        (SEED_2, Kind.DIFFERENCE, "5,209", "Total Referrals Accepted, March'18 says 5,209; 5229 − 21 is 5,208."),
        (SEED_2, Kind.THOUSAND, "£1,226.48", "is it £1,226.48k?"),
        (SEED_3, Kind.TWO_VALUES, "25.4%", "The gap is 25.4 here and 26 elsewhere"),
        (SEED_3, Kind.PERIOD, "Q1 20/21", "the proportion of the same is of Q1 21/22"),
        (SEED_3, Kind.PLAN, "+246", "+246 is over 12 months."),
    ],
)
def test_the_traps_of_the_seeds(text: str, kind: Kind, printed: str, says: str) -> None:
    found = linter.lint(linter.read_text(text))
    assert [says in one.words for one in found if (one.kind, one.printed) == (kind, printed)] == [True]


def test_nothing_else_is_said_of_the_seeds() -> None:
    assert [len(linter.lint(linter.read_text(text))) for text in (SEED_0, SEED_2, SEED_3)] == [2, 2, 3]


@pytest.mark.parametrize(
    ("text", "kind", "printed"),
    [
        ("The programme costs £4,500 a month for 8 months, £38,000 in total.", Kind.MONTHS, "£4,500"),
        ("In Q1 2021/22 there were 14,639 people on the register, 3,642 with all six (24.7%).", Kind.SHARE, "24.7%"),
        ("3,642 of 14,639 people had all six checks (24.7%) in Q1 2021/22.", Kind.SHARE, "24.7%"),
        ("Of 42 referrals 40% (21) were seen in time.", Kind.SHARE, "40%"),
        ("Non-attendance was 12% (36 of 240 appointments).", Kind.SHARE, "12%"),
        ("Of those asked, 54% (180 out of the 400) answered.", Kind.SHARE, "54%"),
        ("All were rung: 72% (n = 410) of 512 answered.", Kind.SHARE, "72%"),
        ("In Q1 there was a 30% difference between Ash (39%) and Beech (13%).", Kind.DIFFERENCE, "30%"),
        ("Month,Calls\nNov'17,10\nDec'17,12\nJan'17,11\nFeb'18,15\n", Kind.PERIOD, "Jan'17"),
        ("Service,May,June,Change\nKnee,8 weeks,10 weeks,2 weeks\nFeet,6 weeks,5 weeks,-2 weeks\n", Kind.DIFFERENCE, "-2 weeks"),
        ("Item,£k\nStaff,120.4\nRent,14.2\nTravel,\"3,100\"\nTotal,137.7\n", Kind.THOUSAND, "3,100"),
        ("Group,People\nNurses,14\nAides,22\nSubtotal,36\nDesk,17\nOther,9\nSubtotal,26\nTotal,124\n", Kind.COLUMN_TOTAL, "124"),
        ("Why  People  Share\nLate  96  38.4%\nUnwell  54  21.6%\nOther  100  44.0%\nTotal  250  100.0%\n", Kind.SHARE, "44.0%"),
        ("Check\tShare\nOne\t40%\nTwo\t30%\nThree\t20%\nAll\t100%\n", Kind.COLUMN_TOTAL, "100%"),
        ("It costs £1,450 a month.\n\nFrom April 2023 to March 2024 invoices came to £19,920.", Kind.MONTHS, "£1,450"),
        ("The plan: 1,080 more people, that is 120 a month over eight months.", Kind.PLAN, "120"),
        (
            "Figure 3. Missed visits by site, May 2024\n\nFigure 4. Missed visits as a share of all, by site, May 2023",
            Kind.PERIOD,
            "May 2023",
        ),
        ("A saved £214.6k. B saved £188.3k. C saved £97.25.\n\nTogether they saved £500.15k.", Kind.THOUSAND, "£97.25"),
        ("Flu\nSite,Over 65,Staff,All\nAsh,812,19,831\nElm,655,14,679\nOak,43,12,55\n", Kind.ROW_TOTAL, "679"),
        ("Q1 2021/22: 14,304 people had all six.\n\nIn Q1 2020/21, 14,304 people had all six.", Kind.PERIOD, "Q1 2020/21"),
    ],
)  # fmt: skip
def test_a_fault_by_itself(text: str, kind: Kind, printed: str) -> None:
    assert [(one.kind, one.printed) for one in linter.lint(linter.read_text(text))] == [(kind, printed)]


CROSSED = [
    ["Practice", "Pressure", "Weight", "Lipids", "All checks"],
    ["Ash", "120", "131", "77", "328"],
    ["Beech", "222", "213", "104", "539"],
    ["Cedar", "107", "96", "58", "261"],
    ["Total", "449", "440", "239", "1128"],
]


@pytest.mark.parametrize("row", range(1, 5))
@pytest.mark.parametrize("column", range(1, 5))
def test_any_digit_of_a_table_that_adds_up_is_found_when_it_is_wrong(row: int, column: int) -> None:
    """Whichever cell is mistyped, one thing is said, and of that cell."""
    cell = CROSSED[row][column]
    for at, digit in enumerate(cell):
        wrong = f"{cell[:at]}{(int(digit) + 1) % 10 or 1}{cell[at + 1 :]}"
        rows = [
            [wrong if (a, b) == (row, column) else text for b, text in enumerate(line)]
            for a, line in enumerate(CROSSED)
        ]
        if wrong != cell:
            found = linter.lint(linter.read_text("\n".join(",".join(line) for line in rows)))
            assert [(one.place.words, one.printed) for one in found] == [
                (f"{CROSSED[row][0]}, {CROSSED[0][column]}", wrong)
            ]


@settings(max_examples=150, deadline=None)
@given(
    st.tuples(st.integers(1, 5), st.sampled_from([st.integers(0, 9999), st.sampled_from([0, 5, 10, 20])])).flatmap(
        lambda drawn: st.lists(st.lists(drawn[1], min_size=drawn[0], max_size=drawn[0]), min_size=1, max_size=6)
    )
)
def test_no_table_that_adds_up_is_faulted(rows: list[list[int]]) -> None:
    """Lines with their totals both ways, and the share of each first cell in its line, right to the last digit."""
    lines = [*rows, [sum(column) for column in zip(*rows, strict=True)]]
    head = ["Place", *(f"Group {at}" for at in range(len(rows[0]))), "Total", "Share"]
    text = ["|".join(head)]
    for name, line in zip([*(f"Place {at}" for at in range(len(rows))), "Total"], lines, strict=True):
        whole = sum(line)
        share = f"{(Decimal(100 * line[0]) / whole).quantize(Decimal('0.1'), ROUND_HALF_UP)}%" if whole else "no data"
        text.append("|".join([name, *(f"{one:,}" for one in (*line, whole)), share]))
    assert linter.lint(linter.read_text("\n".join(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Month,New\nYear,All\n",
        "Q1 2021/22\nMonth,New,Apr\nApr,May,Jun\n",
        "A saving of £866.36k. A saving of £0.00.",
        "0 of 0 (0%)",
        "|||\n*|*|5\n",
        "Total|\nTotal|1\n",
        "Last 0 months|3|4\nA|1|2\n",
        "Between Feb 2016 and Feb 2016 there were 0.",
        "Seven practices are above 8%.",
        "Practices range from 41% (Denton) to 78% (Ashby), 37 points apart.",
        "Visits by site, May 2024\n\nVisits as a share of all, by site, May 2024\n\nVisits by site, May 2023",
        "Staff cost £214.60 and rent £188.30, together £402.90.",
    ],
)
def test_what_makes_no_sense_is_read_all_the_same(text: str) -> None:
    assert linter.lint(linter.read_text(text)) == []


@pytest.mark.parametrize(
    ("text", "value", "unit", "half"),
    [
        ("1,390,588", "1390588", "", "0"),
        ("1 204", "1204", "", "0"),
        ("£34,561.74", "34561.74", "£", "0"),
        ("£866.36k", "866360", "£", "5"),
        ("£1.5m", "1500000", "£", "50000"),
        ("2.49p", "0.0249", "£", "0.00005"),
        ("21.2%", "21.2", "%", "0.05"),
        ("5.0 points", "5.0", "points", "0.05"),
        ("~12000", "12000", "", "500"),
        ("(104)", "-104", "", "0"),
        ("−27", "-27", "", "0"),
        ("£720 x 40", "28800", "£", "0"),
        ("168,485.22*", "168485.22", "", "0.005"),
        ("8 weeks", "8", "weeks", "0"),
    ],
)
def test_a_printed_number(text: str, value: str, unit: str, half: str) -> None:
    number = numbers.read(text)
    assert number is not None
    assert (number.value, number.unit, number.half) == (Decimal(value), unit, Decimal(half))


@pytest.mark.parametrize(
    "text", ["", "-", "no data", "*", "<5", "8-10 weeks", "12/14", "Sep'17", "31 May 2018", "6/12months", "n/a"]
)
def test_what_is_no_number(text: str) -> None:
    assert numbers.read(text) is None


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("Between Nov 2016 and Nov 2017", (13, 12)),
        ("1 October 2026 to 31 March 2027", (6,)),
        ("Sep 2021 – April 2022", (8, 7)),
        ("April 2023 to March 2024", (12,)),
        ("between September and March 2022", (7, 6)),
    ],
)
def test_months_from_one_to_another_are_read_both_ways(text: str, readings: tuple[int, ...]) -> None:
    assert [one.readings for one in periods.spans(text)] == [readings]


def test_a_workbook_is_read_as_its_sheets_are() -> None:
    book = workbook.as_book(
        [workbook.Sheet("Calls", ["Site", "Answered", "Missed", "Total"], [["North", 120, 13, 143]])]
    )
    assert [one.words for one in linter.lint(linter.read(book, "calls.xlsx"))] == [
        "North, Total says 143; 120 + 13 is 133."
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_text_is_read_however_a_spreadsheet_saved_it(encoding: str) -> None:
    found = linter.lint(
        linter.read("Site\tPaid\tOwed\tTotal\nAsh\t£12.10\t£13.20\t£26.30\n".encode(encoding), "sites.txt")
    )
    assert [one.follows for one in found] == ["£25.30"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"%PDF-1.7", "neither text nor"),
        (b"PK xl/ not a workbook", "cannot be read"),
        (b"PK word/document.xml", "neither text nor"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as .xlsx"),
        (b"x" * (linter.LARGEST + 1), "larger than half a megabyte"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(content: bytes, says: str) -> None:
    with pytest.raises(linter.UnreadableReport, match=says):
        linter.read(content, "report")
