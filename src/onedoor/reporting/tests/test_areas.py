"""The postcode look-up of deprivation, read row by row; what cannot be is refused with where, what, why and what to do."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.accounts.api import access_of
from onedoor.exchange.api import UnreadableFile
from onedoor.kernel.access import NotPermitted, Role
from onedoor.reporting import areas
from onedoor.reporting.areas import Taken
from onedoor.reporting.models import Area, AreaFile

pytestmark = pytest.mark.django_db

HEADER = ",".join(
    [
        *("Postcode", "Postcode Status", "LSOA code", "LSOA Name", "Index of Multiple Deprivation Rank"),
        *("Index of Multiple Deprivation Decile", "Income Rank"),
    ]
)
"""As the look-up of opendatacommunities.org begins."""
RELEASED = date(2019, 9, 26)


def lookup(*rows: tuple[str, object], header: str = HEADER) -> bytes:
    lines = [f"{postcode},Live,E99000001,Wexcombe 001A,17,{decile},12" for postcode, decile in rows]
    return "\r\n".join(["\ufeff" + header, *lines, ""]).encode()


def take(content: bytes, *, released_on: date = RELEASED, apply: bool = True) -> Taken:
    return areas.take(file=content, name="lookup.csv", released_on=released_on, by=factories.TEST, apply=apply)


def known() -> dict[str, int]:
    return dict(Area.objects.order_by("postcode").values_list("postcode", "decile"))


def test_valid_rows_land_and_each_other_is_refused_with_what_to_do() -> None:
    taken = take(
        lookup(
            ("ZZ1 1AA", 1), ("zz11ab", 10), ("ZZ1", 4), ("ZZ1 1AD", 11), ("ZZ1 1AE", "2.5"), ("ZZ1 1AF", ""),
            ("ZZ1 1AA", 3), ("ZZ1 1AB", 10), ("", ""), ("ZZ1A 1AA", 7),
        )
    )  # fmt: skip
    assert known() == {"ZZ11AA": 1, "ZZ11AB": 10, "ZZ1A1AA": 7}
    assert (taken.read, taken.new, taken.rejected) == (9, 3, 5)
    decile = "Index of Multiple Deprivation Decile"
    assert [(one.row, one.column, one.value_shown) for one in taken.rows] == [
        (4, "Postcode", "ZZ1"), (5, decile, "11"), (6, decile, "2.5"), (7, decile, ""), (8, decile, "3"),
    ]  # fmt: skip
    assert taken.rows[-1].why == "ZZ1 1AA stands in row 2 with decile 1"
    assert all(one.why and one.what_to_do for one in taken.rows)
    file = areas.in_use()
    assert file is not None
    assert (file.source, file.released_on, file.kept) == (areas.SOURCE, RELEASED, 3)
    assert file.refused[0][:3] == [4, "Postcode", "ZZ1"]


def test_the_same_file_twice_changes_nothing_and_files_of_a_release_add_up() -> None:
    first = lookup(("ZZ1 1AA", 1), ("ZZ1 1AB", 2))
    take(first)
    take(lookup(("ZZ1 1AB", 3), ("ZZ1 1AD", 4)))
    again = take(first)
    assert (again.state, again.new, again.changed, again.same) == ("same", 0, 0, 2)
    assert known() == {"ZZ11AA": 1, "ZZ11AB": 3, "ZZ11AD": 4}
    assert AreaFile.objects.count() == 2


def test_another_release_takes_the_place_of_the_one_before_and_a_preview_of_none() -> None:
    take(lookup(("ZZ1 1AA", 1), ("ZZ1 1AB", 2)))
    newer = lookup(("ZZ1 1AB", 6))
    seen = take(newer, released_on=date(2025, 10, 30), apply=False)
    assert (seen.state, seen.changed, seen.removed) == ("preview", 1, 1)
    assert known() == {"ZZ11AA": 1, "ZZ11AB": 2}
    take(newer, released_on=date(2025, 10, 30))
    assert known() == {"ZZ11AB": 6}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 a workbook", "No row of the file is a header"),
        (lookup(("ZZ1 1AA", 1), header=HEADER.replace("Decile", "Score")), "No row of the file is a header"),
        (lookup(("ZZ1", 1), ("ZZ1 1AA", 0)), "None of its 2 rows can be taken"),
        (b"", "No row of the file is a header"),
    ],
)
def test_what_is_no_such_file_is_refused_and_nothing_is_changed(content: bytes, words: str) -> None:
    take(lookup(("ZZ1 1AA", 1)))
    with pytest.raises(UnreadableFile, match=words):
        take(content, released_on=date(2025, 10, 30))
    assert known() == {"ZZ11AA": 1}


def test_as_many_statements_for_a_hundred_times_the_rows_and_nobody_else_may() -> None:
    counts = []
    take(lookup(("ZZ1 1ZZ", 1)))
    for many in (10, 1000):
        rows = [(f"ZZ{at // 100} {at % 10}A{'ABDEFGHJLN'[at // 10 % 10]}", 1 + at % 10) for at in range(many)]
        with CaptureQueriesContext(connection) as asked:
            take(lookup(*rows))
        counts.append(len(asked))
    assert counts[0] == counts[1]
    manager, _ = factories.person(factories.practice("Y99002", "Wexcombe"), Role.PRACTICE_MANAGER)
    with pytest.raises(NotPermitted):
        areas.take(file=lookup(("ZZ1 1AA", 1)), name="x", released_on=RELEASED, by=access_of(manager).actor)
