"""A case for buying a channel worked out again: seed 000 to the penny, what does not agree in it, and where it breaks even."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from onedoor.reporting.money import BadCase, read, work_out

HULL = Path(__file__).parents[4] / "localities" / "hull" / "hull-2018.toml"


def hull(**changed: str) -> str:
    """The case with lines of it changed."""
    text = HULL.read_text(encoding="utf-8")
    for before, after in changed.items():
        assert before in text
        text = text.replace(before, after)
    return text


def test_the_tables_of_the_paper_to_the_penny() -> None:
    costs = work_out(read(hull()))
    assert costs.licences.cells("total") == [Decimal(28_800), Decimal(86_400), Decimal(23_040), Decimal(64_800)]
    assert costs.double_running.cells("texts") == [Decimal("34561.74"), Decimal("103685.22")]
    assert costs.double_running.cells("total") == [Decimal("57601.74"), Decimal("168485.22")]
    for table in (costs.licences, costs.double_running):
        assert table.cells("total") == table.cells("printed")


def test_where_its_statements_disagree() -> None:
    """clinical.md 5.6, product-map.md T1."""
    texts, spend, price, year = work_out(read(hull())).disagreements
    assert "127,379" in texts
    assert "115,882 or 106,968 a month" in texts
    assert "£2,360.00" in spend
    assert "£2,880.14 or £2,658.60 a month" in spend
    assert "1.8527p" in price
    assert "2.4854p" in price
    # 34,561.74 x 12/13 is 31,903.14; 23,040 of that are 72.2%, 21,600 are 67.7%.
    assert "13 months" in year
    assert "cost £31,903.14, and the licences would pay from 90.3%" in year
    assert year.endswith("72.2% (bought for all practices, 1 year), 67.7% (bought for all practices, 3 years).")


def test_a_year_of_twelve_months_is_a_year() -> None:
    assert len(work_out(read(hull(**{'until = "2017-11"': 'until = "2017-10"'}))).disagreements) == 3


@pytest.mark.parametrize(
    ("who", "years", "share", "a_month"),
    [("all", 1, "66.7", "48"), ("all", 3, "62.5", "45"), ("practice", 1, "83.3", "60"), ("practice", 3, "83.3", "60")],
)
def test_the_break_even_that_the_paper_left_out(who: str, years: int, share: str, a_month: str) -> None:
    """product-map.md T2."""
    costs = work_out(read(hull()))
    found = next(one for one in costs.break_even if (one.who, one.years) == (who, years))
    assert round(100 * found.share, 1) == Decimal(share)
    assert found.a_practice_a_month == Decimal(a_month)


def test_a_printed_total_that_does_not_follow_is_named() -> None:
    changed = {
        'printed = "23040.00"': 'printed = "23400.00"',
        'printed_total = "57601.74"': 'printed_total = "57601.47"',
    }
    first, second, *_ = work_out(read(hull(**changed))).disagreements
    assert first == "Section 4.2a: £576.00 for each of 40 practices is £23,040.00, printed £23,400.00."
    assert second.endswith("are £57,601.74, printed £57,601.47.")


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('spend = "34561.74"', "spend = 34561.74", "today, spend: write pounds and pence between quotation marks"),
        ('spend = "34561.74"', 'spend = "34561.745"', "today, spend"),
        ('spend = "34561.74"', 'spend = "NaN"', "today, spend"),
        ("practices = 40", 'practices = "40"', "the file, practices: write a whole number"),
        ("practices = 40", "practices = 0", "the file, practices"),
        ('from = "2016-11"', 'from = "2016-13"', 'today, from: write the month as "2016-11"'),
        (
            'from = "2016-11"',
            'from = "2018-01"',
            "until (2016-11) is before from (2018-01)".replace("2016-11", "2017-11"),
        ),
        ('title = "Two-way', 'titel = "Two-way', "the file, title: is missing"),
        ("years = 1\nprinted_texts", "years = 2\nprinted_texts", "there is no licence for 'all' of 2 years"),
        ('each = "576.00"', "each = true", "licences 3, each"),
        ("[today]", "[today", "not TOML"),
        ('title = "Two-way', 'titel = "Two-way', "is it what is called 'titel'?"),
        ('spend = "34561.74"', 'spend = "1e40"', "today, spend"),
        (
            "[today.said_by_month]",
            "[today.said_each_month]",
            "today, said_each_month: is not known; there may be from, said_by",
        ),
        ('words = "Bought by', 'note = "x"\nwords = "Bought by', "licences 1, note: is not known"),
        ("[[double_running]]", "[double_running]", "not TOML"),
    ],
)
def test_a_faulty_case_is_refused_by_where_and_why(before: str, after: str, says: str) -> None:
    with pytest.raises(BadCase, match=r".") as refused:
        read(hull(**{before: after}))
    assert says in str(refused.value)
