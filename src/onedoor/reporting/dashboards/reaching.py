"""Who can be reached, by age and by how deprived the place is where they live: tables and bars of the dashboard of the loop.

By age a practice's counts are told as they may be passed on. By deprivation they are told of the practices together only, to
whoever may not see their people: both tables add up to the same people, so that a count hidden in one would be what the other
leaves. Of all together, people who change places between two practices change nothing in the second table, whatever it shows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from django.db import connection

from onedoor.kernel.access import Access
from onedoor.patients import api as patients
from onedoor.reporting import areas, disclosure
from onedoor.reporting.charts import Bars, Chart
from onedoor.reporting.disclosure import HIDDEN
from onedoor.reporting.levels import Unit
from onedoor.reporting.tables import Cell, Column, Table

ALL = "all"
By = Literal["age", "deprivation"]
AGES = tuple(words for words, _ in patients.BANDS)
FIFTHS = ("Most deprived fifth", "Second", "Third", "Fourth", "Least deprived fifth")
"""Two deciles each (ours): half as many small counts as by tenths. The nation's fifths of areas, not the locality's."""
NOT_KNOWN = "Postcode unknown or not in the file"
NO_AREAS = "Not by deprivation: no area file (postcode to decile) is loaded."
NOT_BY_PRACTICE = (
    "Of a single practice, reach by deprivation is shown only to those who may open its patients: beside its reach by age it "
    "would give small counts away."
)
NOT_TOGETHER = (
    "Not by deprivation: with so few people, small counts of a practice would follow from this table and that by age."
)
_SOURCE = "Registrations and contacts that stand"
_ITEMS = ("registered", "mobile", "other")
_LEAST = 5
"""The bound of a count (clinical.md 5.3)."""

Counts = Mapping[tuple[str, int], tuple[int, int, int]]
"""By ODS code and row of the table: registered, with a mobile, with another contact only."""


@dataclass(frozen=True)
class Counted:
    """Those of a band at an organisation. `band`: of ages, or of FIFTHS with NOT_KNOWN after them."""

    organisation_id: int
    by: By
    band: int
    counts: tuple[int, int, int]


@dataclass(frozen=True)
class Seen:
    """What is shown, by key; and why something is not, in a sentence."""

    tables: dict[str, Table] = field(default_factory=dict)
    charts: dict[str, Chart] = field(default_factory=dict)
    instead: dict[str, str] = field(default_factory=dict)


def counted(own: Access) -> list[Counted]:
    """As last counted, of all organisations of an access to figures. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT organisation_id, by, CASE WHEN by = 'age' THEN band ELSE (band + 5) %% 6 END, registered, mobile, other
               FROM reporting_reach WHERE %s OR organisation_id = ANY(%s)""",
            [own.everything, own.organisations],
        )
        return [Counted(organisation, by, band, tuple(counts)) for organisation, by, band, *counts in cursor.fetchall()]


def tables(
    found: Sequence[Counted],
    known: Sequence[Unit],
    guarded: Collection[str],
    who: str,
    name: str,
    counted_at: datetime,
    notes: Sequence[str] = (),
) -> Seen:
    """Tables and bars of a practice by its ODS code, or of all together: `name` in words. `guarded`: practices whose small counts
    are hidden from whoever looks. One statement."""
    seen = Seen()
    codes = {unit.id: unit.ods_code for unit in known}
    hides = who in guarded or (who == ALL and bool(guarded))

    def counts(by: By) -> Counts:
        return {
            (codes[one.organisation_id], one.band): one.counts
            for one in found
            if one.by == by and one.organisation_id in codes
        }

    def show(key: str, title: str, heading: str, rows: list[list[Cell]], *more: str) -> None:
        table = Table(
            f"{title}: {name}",
            [
                Column("band", heading),
                Column("registered", "Registered", align="right"),
                Column("mobile", "Mobile", align="right"),
                Column("mobile_share", "With a mobile", "%", align="right", places=0 if hides else 1),
                Column("other", "Other contact only", align="right"),
                Column("letter", "Letter only", align="right"),
            ],
            rows,
            [*notes, *more],
            source=_SOURCE,
            extracted_at=counted_at,
        )
        seen.tables[key] = table
        bars = [[row[0], row[3]] for row in rows[:-1]]
        drawn = f"With a mobile, {title.removeprefix('Who can be reached, ')}"
        if not any(isinstance(row[1], int | Decimal) for row in bars):
            why = (
                "the counts are too small to be told"
                if any(row[1] == HIDDEN for row in bars)
                else "nobody is registered"
            )
            seen.instead[key] = f"{drawn}, is not drawn: {why}."
            return
        seen.charts[key] = Bars(
            Table(
                f"{drawn}: {name}",
                [Column("band", heading), Column("share", "With a mobile", "%", places=0 if hides else 1)],
                bars,
                more,
                source=_SOURCE,
                extracted_at=counted_at,
            ),
            of="band",
            value="share",
            ordered=False,
        )

    ages, places = counts("age"), counts("deprivation")
    of_age = by_age(ages, list(codes.values()), guarded)
    show("reach", "Who can be reached, by age", "Age", of_age[who])
    file = areas.in_use()
    if file is None:
        seen.instead["deprivation"] = NO_AREAS
    elif who in guarded:
        seen.instead["deprivation"] = NOT_BY_PRACTICE
    else:
        rows = by_deprivation(places, list(codes.values()), guarded, who, of_age[ALL])
        if rows is None:
            seen.instead["deprivation"] = NOT_TOGETHER
        else:
            show("deprivation", "Who can be reached, by deprivation", "Where they live", rows, areas.words(file))
    return seen


def by_age(counts: Counts, codes: Sequence[str], guarded: Collection[str]) -> dict[str, list[list[Cell]]]:
    """The rows of every practice and of ALL as they may be told, with their sum: band, registered, mobile, share, other, rest."""
    if not guarded:
        return {
            who: _with_sum(_exact(counts, [who] if who != ALL else codes, AGES), "All ages") for who in (*codes, ALL)
        }
    values = tuple(counts.get((code, at), (0, 0, 0)) for code in codes for at in range(len(AGES)))
    return _passed_on(tuple(codes), frozenset(guarded), values)


@lru_cache(maxsize=8)
def _passed_on(
    codes: tuple[str, ...], guarded: frozenset[str], counts: tuple[tuple[int, int, int], ...]
) -> dict[str, list[list[Cell]]]:
    """`counts` by code and age. Kept by the counts themselves, so that nothing can be out of date."""
    period = "now"
    places = [(code, band) for code in codes for band in AGES]
    behind = disclosure.Counts(
        counts={
            (code, f"{band} {item}", period): count
            for (code, band), several in zip(places, counts, strict=True)
            for item, count in zip(_ITEMS, several, strict=True)
        },
        parent=dict.fromkeys(codes, ALL),
        guarded=guarded,
        within=[(f"{band} {part}", f"{band} registered") for band in AGES for part in ("mobile", "other")],
    )
    columns = age_columns(period)
    (cells,) = disclosure.published([disclosure.CountTable([*codes, ALL], columns)], behind)
    told: dict[str, list[list[Cell]]] = {}
    for code, row in zip((*codes, ALL), cells, strict=True):
        # What is reached by letter alone is the rest of three others: told only where all may be read as they are.
        rows: list[list[Cell]] = []
        for band, (registered, mobile, share, other) in zip(
            AGES, (row[at : at + 4] for at in range(0, len(row), 4)), strict=True
        ):
            # No share of nobody would say that it was nobody.
            rows.append([band, registered, mobile, HIDDEN if registered == HIDDEN else share, other, HIDDEN])
        hidden: list[Cell] = ["All ages", *[HIDDEN] * 5]
        told[code] = [*rows, hidden] if code in guarded else _with_sum(rows, "All ages")
    return told


def age_columns(period: str) -> list[disclosure.CountColumn]:
    """What the table by age publishes, four columns a band."""
    return [
        disclosure.CountColumn(f"{band} {item}", period, of=f"{band} {of}" if of else "")
        for band in AGES
        for item, of in (("registered", ""), ("mobile", ""), ("mobile", "registered"), ("other", ""))
    ]


def by_deprivation(
    counts: Counts, codes: Sequence[str], guarded: Collection[str], who: str, ages_together: Sequence[Sequence[Cell]]
) -> list[list[Cell]] | None:
    """The rows of a practice that is not guarded or of ALL, likewise; None where they cannot be told.

    With guarded practices among all together: at least three of them, and no count of those together below 5, with or without a
    mobile, whichever is left out, for who works there knows its own. Where something is hidden in `ages_together`, the same
    people by age, this table's sum would give it away: then those of unknown postcodes are hidden.
    """
    bands = (*FIFTHS, NOT_KNOWN)
    if who != ALL or not guarded:
        return _with_sum(_exact(counts, [who] if who != ALL else codes, bands), "All")
    several = sum(any(counts.get((code, at), (0,))[0] for at in range(len(bands))) for code in guarded) > 2
    small = False
    for at in range(len(bands)):
        cells = [counts.get((code, at), (0, 0, 0)) for code in guarded]
        for each in ([mobile for _, mobile, _ in cells], [registered - mobile for registered, mobile, _ in cells]):
            small = small or sum(each) - max(each) < _LEAST
    if not several or small:
        return None
    rows: list[list[Cell]] = [[*row[:4], HIDDEN, HIDDEN] for row in _exact(counts, codes, bands)]
    if any(cell == HIDDEN for row in ages_together for cell in row[1:4]):
        rows[-1] = [NOT_KNOWN, *[HIDDEN] * 5]
    return _with_sum(rows, "All")


def _exact(counts: Counts, codes: Collection[str], bands: Sequence[str]) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for at, band in enumerate(bands):
        registered, mobile, other = (
            sum(numbers)
            for numbers in zip(*(counts.get((code, at), (0, 0, 0)) for code in codes), (0, 0, 0), strict=True)
        )
        rows.append([band, registered, mobile, _share(mobile, registered), other, registered - mobile - other])
    return rows


def _with_sum(rows: list[list[Cell]], words: str) -> list[list[Cell]]:
    """The bands with their sum; what cannot be read in one of them is not told of all."""
    sums: list[Cell] = []
    for place in (1, 2, 4, 5):
        cells = [row[place] for row in rows]
        numbers = [cell for cell in cells if isinstance(cell, int)]
        sums.append(sum(numbers) if len(numbers) == len(cells) else HIDDEN)
    registered, mobile = sums[0], sums[1]
    whole = _share(mobile, registered) if isinstance(registered, int) and isinstance(mobile, int) else HIDDEN
    return [*rows, [words, registered, mobile, whole, sums[2], sums[3]]]


def _share(part: int, whole: int) -> Decimal | None:
    return Decimal(100 * part) / whole if whole else None
