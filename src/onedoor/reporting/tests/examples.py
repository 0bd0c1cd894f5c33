"""A chart of each kind with figures that were published (clinical.md 1.4, 5.1, 5.4), and some invented where none were."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import sqrt

from onedoor.reporting.charts import (
    Band,
    Bars,
    Chart,
    Distribution,
    Fan,
    Funnel,
    Limit,
    Line,
    Mark,
    Range,
    Stacked,
    Xmr,
)
from onedoor.reporting.tables import HIDDEN, MONTH, Cell, Column, Table

NHS = "NHS England, Physical Health Checks SMI"
_QUARTERS = [f"Q{quarter} {year}/{year % 100 + 1}" for year in range(2018, 2024) for quarter in (1, 2, 3, 4)][2:]
_SOUTH_EAST = (
    "20.1 25.9 19.4 21.8 25.0 25.5 22.9 18.5 16.0 18.4 21.2 24.7 28.7 38.0 39.0 42.8 43.1 50.2 48.5 46.5 49.3 59.4"
)
_ENGLAND = (
    "24.1 30.3 29.5 30.0 32.3 35.8 28.6 23.7 21.6 23.4 27.1 30.0 34.9 42.8 43.5 45.0 47.8 58.5 53.4 52.3 54.8 68.5"
)
_LACKS = {"Q4 2019/20": "15 CCGs sent nothing", "Q1 2020/21": "6 CCGs sent nothing"}

CCGS: list[list[Cell]] = [
    [name, register, six, Decimal(six * 100) / register]
    for name, register, six in (
        ("Buckinghamshire", 3987, 1009),
        ("Oxfordshire", 7095, 1358),
        ("Berkshire West", 3557, 1275),
        ("Frimley", 5474, 2121),
        ("Surrey Heartlands", 8426, 1735),
        ("Kent and Medway", 11647, 1545),
        ("East Sussex", 5830, 1255),
        ("West Sussex", 4546, 877),
        ("Brighton and Hove", 2276, 326),
        ("Hampshire, Southampton and Isle of Wight", 12663, 2360),
    )
]
_CCG_COLUMNS = [
    Column("ccg", "CCG"),
    Column("register", "On the register"),
    Column("six", "All six checks, people"),
    Column("rate", "All six checks", "%", places=1),
]
_REGION = Decimal(1430400) / 67396
_MONTHS = [
    date(2017, 9, 1),
    date(2017, 10, 1),
    date(2017, 11, 1),
    date(2017, 12, 1),
    *(date(2018, n, 1) for n in (1, 2, 3)),
]
_RECEIVED = (4015, 6645, 6799, 3925, 5291, 4966, 5229)
_GPS = (3857, 6431, 6519, 3684, 4830, 4551, 4856)
_OTHERS = (158, 214, 280, 241, 461, 415, 373)


def trend() -> Line:
    """Two series of 22 quarters against an aim. One quarter of the region is taken out, as if too little had been sent."""
    rows: list[list[Cell]] = [
        [quarter, None if quarter == "Q4 2019/20" else Decimal(ours), Decimal(all_), _LACKS.get(quarter)]
        for quarter, ours, all_ in zip(_QUARTERS, _SOUTH_EAST.split(), _ENGLAND.split(), strict=True)
    ]
    columns = [
        Column("quarter", "Quarter"),
        Column("se", "South East", "%", places=1),
        Column("england", "England", "%", places=1),
        Column("lacks", "What the South East lacks"),
    ]
    table = Table(
        "All six checks: the South East stays below England and comes near the aim of 60%",
        columns,
        [[*row[:3], row[3] or ""] for row in rows],
        notes=["Q4 2019/20 is left out for the South East: 15 of its CCGs sent nothing."],
        source=NHS,
        period="Q3 2018/19 to Q4 2023/24",
        extracted_at=date(2026, 12, 7),
    )
    return Line(
        table,
        "quarter",
        ("se", "england"),
        target=Mark(60, "aim 60%"),
        partial="lacks",
        whole=("england",),
        measure="People on the register with all six",
    )


def referrals() -> Line:
    """XmR of seven months: trial limits, nothing flagged (clinical.md 5.4)."""
    table = Table(
        "MSK referrals received vary as they did",
        _XMR_COLUMNS,
        [
            [month, n, Decimal("5267.1"), Decimal("1892.5"), Decimal("8641.8"), ""]
            for month, n in zip(_MONTHS, _RECEIVED, strict=True)
        ],
        notes=["Limits of 7 points only: from 12 on they hold"],
        source="MSK service, monthly update",
    )
    return Line(table, "month", ("n",), xmr=Xmr("mean", "lower", "upper", "flag"))


_XMR_COLUMNS = [
    Column("month", "Month", MONTH),
    Column("n", "Referrals received"),
    Column("mean", "Mean", places=0),
    Column("lower", "Lower limit", places=0),
    Column("upper", "Upper limit", places=0),
    Column("flag", "Signal"),
]


def flagged() -> Line:
    """XmR of two years, invented: a month that was not sent, one below the limits, a run above the mean."""
    values: list[int | None] = [190, 212, 209, 183, 198, None, 205, 215, 212, 95, 213, 175, 205, 191, 210, 189]
    values += [232, 265, 250, 254, 255, 250, 245, 260]
    flags = {
        9: "Concern: below the lower limit",
        **dict.fromkeys(range(16, 24), "Improvement: 8 in a row above the mean"),
    }
    rows: list[list[Cell]] = [
        [date(2024 + (3 + at) // 12, (3 + at) % 12 + 1, 1), n, 205, 130, 280, flags.get(at, "")]
        for at, n in enumerate(values)
    ]
    columns = [_XMR_COLUMNS[0], Column("n", "People with all six for the first time"), *_XMR_COLUMNS[2:]]
    return Line(
        Table("More people are completed since August", columns, rows),
        "month",
        ("n",),
        xmr=Xmr("mean", "lower", "upper", "flag"),
    )


def compared() -> Bars:
    """Ten CCGs, one that sent nothing, and the region among them."""
    rows: list[list[Cell]] = [*CCGS, ["Portsmouth", None, None, None], ["South East", 67396, 14304, _REGION]]
    table = Table(
        "All six checks by CCG: from 13% to 39%",
        _CCG_COLUMNS,
        rows,
        source=NHS,
        period="Q1 2021/22",
        extracted_at=date(2026, 12, 7),
    )
    return Bars(
        table, "ccg", "rate", size="register", strong=("South East",), compare=Mark(Decimal("27.08"), "England 27.1%")
    )


def sources() -> Stacked:
    """Referrals by source and month; nurses sent none."""
    rows: list[list[Cell]] = [[m, gp, other, 0] for m, gp, other in zip(_MONTHS, _GPS, _OTHERS, strict=True)]
    columns = [
        Column("month", "Month", MONTH),
        Column("gp", "General Practitioner"),
        Column("other", "Other Health Professional"),
        Column("nurse", "Nurse"),
    ]
    table = Table("Nine in ten referrals come from GPs", columns, rows, source="MSK service, monthly update")
    return Stacked(table, "month", ("gp", "other", "nurse"), measure="Referrals received")


def variation() -> Funnel:
    """The CCGs' rates by size, with binomial limits about the region's."""
    columns = [*_CCG_COLUMNS, Column("beyond", "Beyond what chance explains")]
    rows: list[list[Cell]] = []
    for name, register, six, rate in CCGS:
        assert isinstance(register, int)
        assert isinstance(rate, Decimal)
        low, high = _limits(register, 3.09)
        said = "Above the 99.8% limits" if rate > high else "Below the 99.8% limits" if rate < low else ""
        rows.append([name, register, six, rate, said])
    sizes = (200, 300, 500, 800, 1200, 2000, 3000, 4500, 6000, 8000, 10000, 13000)
    bands = [
        Band(words, [Limit(size, *_limits(size, z)) for size in sizes])
        for words, z in (("99.8% limits", 3.09), ("95% limits", 1.96))
    ]
    table = Table("Most CCGs differ by more than chance", columns, rows, source=NHS, period="Q1 2021/22")
    return Funnel(
        table, "ccg", "register", "rate", Mark(_REGION, "South East 21.2%"), bands, flag="beyond", named=("Frimley",)
    )


def _limits(size: int, z: float) -> tuple[Decimal, Decimal]:
    share = 14304 / 67396
    reach = 100 * z * sqrt(share * (1 - share) / size)
    return Decimal(str(share * 100 - reach)), Decimal(str(share * 100 + reach))


def ahead() -> Fan:
    """A year of a trajectory, invented: six months that were, one of them missing, and six to come."""
    rows: list[list[Cell]] = []
    was = (Decimal("19.0"), None, Decimal("21.2"), Decimal("22.1"), Decimal("23.5"), Decimal("24.7"))
    for at in range(12):
        month = date(2021 + (3 + at) // 12, (3 + at) % 12 + 1, 1)
        plan = Decimal("18.4") + Decimal("1.8") * (at + 1)
        middle = Decimal("24.7") + Decimal("1.7") * (at - 5)
        reach = Decimal(str(round(max(0, at - 5) ** 0.6 * 1.6, 3)))
        ranges: list[Cell] = [middle, middle - 2 * reach, middle + 2 * reach, middle - reach, middle + reach]
        rows.append([month, was[at] if at < 6 else None, *(ranges if at >= 5 else [None] * 5), plan])
    columns = [Column("month", "Month", MONTH), Column("actual", "All six checks", "%", places=1)]
    columns += [
        Column(key, words, "%", places=1)
        for key, words in (
            ("middle", "most likely"),
            ("low90", "9 in 10: from"),
            ("high90", "9 in 10: to"),
            ("low50", "half: from"),
            ("high50", "half: to"),
            ("plan", "plan"),
        )
    ]
    table = Table("The aim of 40% by March is within reach, not likely", columns, rows)
    ranges_ = (Range("9 in 10", "low90", "high90"), Range("half", "low50", "high50"))
    return Fan(table, "month", "actual", "middle", ranges_, targets=[Mark(40, "aim 40%")], plan="plan")


def waits() -> Distribution:
    """Weeks waited, invented, one bin too small to be told."""
    counts: list[Cell] = [120, 310, 540, 610, 420, 260, 130, HIDDEN, 42, 25]
    rows: list[list[Cell]] = [[2 * at, 2 * at + 2 if at < 9 else None, n] for at, n in enumerate(counts)]
    columns = [Column("low", "Weeks, from"), Column("high", "to under"), Column("n", "People waiting")]
    marks = (Mark(Decimal("7.1"), "half wait less than 7.1"), Mark(12, "standard 12 weeks"))
    return Distribution(
        Table("Most wait less than twelve weeks", columns, rows), "low", "high", "n", "weeks waited", marks
    )


ALL: dict[str, Chart] = {
    "trend": trend(),
    "referrals": referrals(),
    "flagged": flagged(),
    "compared": compared(),
    "sources": sources(),
    "variation": variation(),
    "ahead": ahead(),
    "waits": waits(),
}
