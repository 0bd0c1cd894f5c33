"""Months of events closed while things happen, against the plain reading; built again to the byte when all has happened; and each
figure explained down to its rows.

Eight closings in the suite; `ONEDOOR_MEASURE_MONTHS=100` for as many as product-map.md K0 asks.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.reporting.levels import Level
from onedoor.reporting.measures import closing, explaining
from onedoor.reporting.measures.book import shipped
from onedoor.reporting.models import Closing, Snapshot
from tests.specification.measures import plain_events as plain
from tests.specification.measures.world import DAY, HOUR, MINUTE, Locality, at

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ACCESS = Access.system("specification")
CLOSINGS = int(os.environ.get("ONEDOOR_MEASURE_MONTHS", "8"))
MONTHS = [date(2024, 12, 1), *(date(2025, number, 1) for number in (1, 2, 3, 4))]
SHARES = {one.key for one in shipped() if one.source.relation and one.is_share}
COUNTS = {one.key for one in shipped() if one.source.relation} - SHARES
LEFT_OUT = {one.key for one in shipped() if one.source.relation and one.exclusions}
Sums = tuple[int, int | None, int]


@pytest.fixture(autouse=True)
def _time_of_its_own() -> Iterator[None]:
    with clock.at(datetime(2024, 11, 1, 9, tzinfo=clock.LONDON)):
        yield


def lived(seed: int) -> Locality:
    """Five months of everything, and what lies at the edges of the definitions on purpose."""
    found = Locality(seed, MONTHS[0], date(2025, 4, 25))
    for _ in range(10):
        found.resident()
    for _ in range(30):
        found.visit()
    for what in (found.invited, found.referred, found.listed, found.paper):
        for _ in range(11):
            what()
    for _ in range(3):
        found.taken_over()
    over, holiday, saturday = at(date(2025, 2, 1), 0), date(2024, 12, 24), date(2024, 12, 21)
    # Decided in time, and the month is closed before it takes effect; 48 hours and a minute less, over the month's end.
    found.referred(received=over - 30 * HOUR, decided=over + 5 * MINUTE)
    found.referred(received=over - HOUR, decided=over + 47 * HOUR - MINUTE)
    # Three working days and four, from a Thursday.
    for day in (28, 29):
        found.referred(received=at(date(2025, 1, 22)), decided=at(date(2025, 1, 23)), sent_on=at(date(2025, 1, day)))
    # A list tells of a discharge of January in February.
    found.listed(received=at(date(2025, 1, 9)), discharge_heard=over + 9 * DAY)
    # A place that an outside diary refuses, and a document that goes to another practice, after the month was closed.
    found.refused_place(cancelled=over - 9 * HOUR, refused=over + 30 * HOUR)
    found.paper(made=over - 4 * HOUR, first="Y99003", end="accepted")
    # One working day and two: over Christmas, and from a Saturday. What is replaced after it was accepted was on the record.
    for made, dealt in ((holiday, 27), (holiday, 30), (saturday, 23), (saturday, 24)):
        found.paper(made=at(made), dealt=at(date(2024, 12, dealt), 17, 59), end="accepted", first="Y99002")
    found.paper(made=at(holiday), dealt=at(date(2024, 12, 27)), end="corrected", first="Y99002")
    # A number that stood when the month was over.
    found.resident(comes_at=at(date(2024, 12, 3)), ends_at=over + 9 * DAY)
    return found


def close_at(found: Locality, month: date, moment: datetime, seen: Counter[str]) -> None:
    """Close a month as things happen, and hold it against what was written down until then."""

    def closes() -> None:
        again = Closing.objects.filter(month=month).exists()
        made = closing.close(ACCESS, month=month, why="another edition" if again else "")
        expected: dict[tuple[str, str], Sums] = {
            (key, code): (many, of if key in SHARES else None, out)
            for (key, code), (many, of, out) in plain.figures(found.facts, month, moment).items()
        }
        assert kept(made) == expected, f"{month}, as known at {moment}"
        for (key, _), (many, of, out) in expected.items():
            seen[f"{key}: counted"] += many
            seen[f"{key}: not counted"] += (of or 0) - many if of is not None else 0
            seen[f"{key}: left out"] += out

    found.later(moment, closes)


def kept(made: Closing) -> dict[tuple[str, str], Sums]:
    rows = Snapshot.objects.filter(closing=made, measure__key__in=SHARES | COUNTS)
    names = ("measure__key", "organisation__ods_code", "numerator", "denominator", "excluded")
    return {(key, code): (many, of, out) for key, code, many, of, out in rows.values_list(*names)}


def test_months_of_events_agree_with_a_plain_reading_and_are_built_again_to_the_byte() -> None:
    """K0: two independent computations. J12: a rebuild of any past month is byte-identical."""
    found, draw, seen = lived(11), random.Random(3), Counter[str]()
    # Ten minutes into February: what was decided has not taken effect.
    close_at(found, date(2025, 1, 1), at(date(2025, 2, 1), 0, 10), seen)
    for number in range(CLOSINGS - 1):
        month = MONTHS[number % len(MONTHS)]
        over = (month + timedelta(days=32)).replace(day=1)
        moment = at(over, 0) + draw.choice((0, 1, 3, 20, 60, 120)) * DAY + draw.randrange(1, 1_440) * MINUTE
        close_at(found, month, moment, seen)
    found.run()
    # So that nothing agrees for want of cases.
    lacking = {f"{key}: counted" for key in SHARES | COUNTS} | {f"{key}: not counted" for key in SHARES}
    lacking |= {f"{key}: left out" for key in LEFT_OUT}
    assert sorted(one for one in lacking if not seen[one]) == []
    end = at(date(2025, 12, 1))
    clock.set_clock(at=end, rate=0)
    with clock.at(end):
        for one in Closing.objects.all():
            assert closing.rebuild(ACCESS, month=one.month, edition=one.edition).same, f"{one.month}, {one.edition}"
        told = set[str]()
        for month in MONTHS[1:3]:
            latest = closing.closing_of(month)
            told |= _explained(latest)
            _added_up(latest)
    assert told == SHARES | COUNTS


def _explained(latest: Closing) -> set[str]:
    """Each figure leads to its definition and as many rows as it says; of what has merged, under the one that is left."""
    sums: dict[tuple[str, str], tuple[int, int, int]] = {}
    for (key, code), (many, of, out) in kept(latest).items():
        at_ = key, "Y99002" if code == "Y99003" else code
        before = sums.get(at_, (0, 0, 0))
        sums[at_] = before[0] + many, before[1] + (many if of is None else of), before[2] + out
    for (key, code), (many, of_, out) in sums.items():
        found = explaining.explain(ACCESS, key, month=latest.month, organisation=code, edition=latest.edition)
        assert found.measure.key == key
        assert found.measure.numerator
        assert (found.row.numerator, found.row.denominator) == (many, of_ if key in SHARES else None), (key, code)
        assert sum(left for _, left in found.left_out if isinstance(left, int)) == out
        rows = {who: explaining.people(ACCESS, found, who=who) for who in explaining.WHO}
        assert {who: total for who, (_, total) in rows.items()} == {
            "counted": many, "not_counted": of_ - many, "left_out": out,
        }, (key, code)  # fmt: skip
        assert all(one.why for people, _ in rows.values() for one in people)
    return {key for key, _ in sums}


def _added_up(latest: Closing) -> None:
    """At its network a figure is that of its practices."""
    sums: dict[str, list[int]] = {}
    for (key, code), (many, of, _) in kept(latest).items():
        if code != "Y99900":
            total = sums.setdefault(key, [0, 0])
            total[0], total[1] = total[0] + many, total[1] + (of or 0)
    for key, (many, of_) in sums.items():
        found = explaining.figures(ACCESS, key, level=Level.PCN, first=latest.month, last=latest.month)
        (one,) = [figure for figure in found if figure.organisation.ods_code == "Y99910"]
        assert (one.numerator, one.denominator or 0) == (many, of_), key
