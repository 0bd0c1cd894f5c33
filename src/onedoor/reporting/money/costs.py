"""A case worked out again: its tables to the penny, what its statements say against each other, and where it breaks even."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from onedoor.reporting.money.case import Case
from onedoor.reporting.tables import Cell, Column, Table

MONTHS = 12


@dataclass(frozen=True)
class BreakEven:
    """For a licence the share of today's texts that must go by the app, which costs nothing a message, before it pays.

    Every text that moves saves today's price of one; what is paid is the licence (product-map.md T2).
    """

    who: str
    years: int
    a_year: Decimal
    """Pounds for all practices."""
    a_practice_a_month: Decimal
    share: Decimal
    """Of today's texts, 0 to 1 and above: above it never pays."""
    texts: Decimal
    """As many texts a year."""


@dataclass(frozen=True)
class Costs:
    """All that comes of a case. `disagreements` says in words what does not fit, each with where it stands."""

    case: Case
    pence_a_text: Decimal
    licences: Table
    double_running: Table
    break_even: tuple[BreakEven, ...]
    disagreements: tuple[str, ...]


def work_out(case: Case) -> Costs:
    """Everything that follows from a case's own figures."""
    today = case.today
    even = tuple(
        break_even(
            practices=case.practices, texts=today.texts, spend=today.spend, each=one.each, years=one.years, who=one.who
        )
        for one in case.licences
    )
    return Costs(
        case=case,
        pence_a_text=100 * case.today.spend / case.today.texts,
        licences=_licences(case),
        double_running=_double_running(case),
        break_even=even,
        disagreements=(*_printed_wrong(case), *_said_twice(case), *_not_a_year(case)),
    )


def break_even_table(costs: Costs) -> Table:
    """The break-even that follows from each licence."""
    words = {(one.who, one.years): one.words for one in costs.case.licences}
    return Table(
        title="What share of the texts must move to the app before the licence pays",
        columns=[
            Column("who", ""),
            Column("years", "Years"),
            Column("a_year", "Licence a year", "£", places=2),
            Column("a_month", "A practice a month", "£", places=2),
            Column("share", "Share that must move", "%", places=1),
            Column("texts", "Texts a year", places=0),
        ],
        rows=[
            [words[one.who, one.years], one.years, one.a_year, one.a_practice_a_month, 100 * one.share, one.texts]
            for one in costs.break_even
        ],
        notes=[
            f"At {costs.pence_a_text:.4f}p a text, which is the spend divided by the texts; a message by the app costs nothing.",
            "The paper does not work this out.",
        ],
        source=costs.case.source,
        period=f"{_month(costs.case.today.starts)} to {_month(costs.case.today.until)}",
    )


def _month(words: str) -> str:
    return f"{date.fromisoformat(f'{words}-01'):%B %Y}"


def _licences(case: Case) -> Table:
    rows: list[list[Cell]] = [
        [one.words, one.years, one.each, one.each * case.practices, one.printed, one.where] for one in case.licences
    ]
    return Table(
        title=f"Licences for {case.practices} practices",
        columns=[
            Column("who", ""),
            Column("years", "Years"),
            Column("each", "One practice", "£", places=2),
            Column("total", "All practices", "£", places=2),
            Column("printed", "As printed", "£", places=2),
            Column("where", "Section"),
        ],
        rows=rows,
        source=case.source,
    )


def _double_running(case: Case) -> Table:
    rows: list[list[Cell]] = []
    for one in case.double_running:
        texts, licence = case.today.spend * one.years, case.licence(one.who, one.years).each * case.practices
        rows.append([one.years, texts, licence, texts + licence, one.printed_total, one.where])
    return Table(
        title="Texts and licence together",
        columns=[
            Column("years", "Years"),
            Column("texts", "Texts", "£", places=2),
            Column("licence", "Licence", "£", places=2),
            Column("total", "Together", "£", places=2),
            Column("printed", "As printed", "£", places=2),
            Column("where", "Section"),
        ],
        rows=rows,
        notes=["As many texts as now in every year: the worst case, since each that moves to the app is saved."],
        source=case.source,
    )


def break_even(*, practices: int, texts: int, spend: Decimal, each: Decimal, years: int, who: str = "") -> BreakEven:
    """Of a licence of `each` pounds for a practice and so many years, against `texts` a year that cost `spend` pounds."""
    a_year = each * practices / years
    share = a_year / spend
    return BreakEven(who, years, a_year, a_year / practices / MONTHS, share, share * texts)


def _printed_wrong(case: Case) -> list[str]:
    """Printed totals that do not follow from what they are made of."""
    found = []
    for one in case.licences:
        total = one.each * case.practices
        if total != one.printed:
            found.append(
                f"Section {one.where}: £{one.each:,} for each of {case.practices} practices is £{total:,}, "
                f"printed £{one.printed:,}."
            )
    for both in case.double_running:
        texts = case.today.spend * both.years
        licence = case.licence(both.who, both.years).each * case.practices
        if texts != both.printed_texts:
            found.append(
                f"Section {both.where}: £{case.today.spend:,} a year for {_years(both.years)} is £{texts:,}, "
                f"printed £{both.printed_texts:,}."
            )
        if texts + licence != both.printed_total:
            found.append(
                f"Section {both.where}: £{texts:,} and £{licence:,} are £{texts + licence:,}, printed £{both.printed_total:,}."
            )
    return found


def _not_a_year(case: Case) -> list[str]:
    """A spend that is taken for a year's, of a period that with both its months is longer (product-map.md T1)."""
    today = case.today
    if today.months == MONTHS:
        return []
    a_year = today.spend * MONTHS / today.months
    shares = ", ".join(
        f"{100 * one.each * case.practices / one.years / a_year:.1f}% ({one.words.lower()}, {_years(one.years)})"
        for one in case.licences
    )
    return [
        f"Section {today.where}: {_month(today.starts)} to {_month(today.until)} are {today.months} months with both in it, and"
        f" £{today.spend:,} is taken for a year's. Twelve of them cost £{a_year:,.2f}, and the licences would pay from {shares}."
    ]


def _years(many: int) -> str:
    return "1 year" if many == 1 else f"{many} years"


def _said_twice(case: Case) -> list[str]:
    """The same said by the month and for the period, where neither reading of the period makes them agree (product-map.md T1)."""
    today, found = case.today, []
    lengths = (today.months - 1, today.months) if today.months > 1 else (today.months,)
    spans = " or ".join(str(months) for months in lengths)
    if today.month_texts is not None and today.month_texts not in {round(today.texts / months) for months in lengths}:
        each = " or ".join(f"{today.texts / months:,.0f}" for months in lengths)
        found.append(
            f"Texts: section {today.month_where} says {today.month_texts:,} a month; {today.texts:,} of section {today.where} in "
            f"{spans} months are {each} a month."
        )
    if today.month_spend is not None and today.month_spend not in {
        round(today.spend / months, 2) for months in lengths
    }:
        each = " or ".join(f"£{today.spend / months:,.2f}" for months in lengths)
        found.append(
            f"Spend: section {today.month_where} says £{today.month_spend:,} a month; £{today.spend:,} of section {today.where} "
            f"in {spans} months is {each} a month."
        )
    if today.month_spend is not None and today.month_texts is not None:
        by_month, by_year = 100 * today.month_spend / today.month_texts, 100 * today.spend / today.texts
        if round(by_month, 2) != round(by_year, 2):
            found.append(
                f"Price of a text: {by_month:.4f}p by section {today.month_where}, {by_year:.4f}p by section {today.where}."
            )
    return found
