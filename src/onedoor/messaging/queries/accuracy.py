"""How texts were read, as it went: how many were acted on, asked back, given to a person, and corrected by staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection

from onedoor.accounts import api as accounts
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.messaging.rules.disclosure import bounds, hidden
from onedoor.messaging.rules.languages import BANDS, LANGUAGES, UNKNOWN

PARTS = ("acted", "asked", "person")
QUESTIONS = {
    "": "none, or several",
    "flu": "flu vaccine",
    "checks": "a visit for what is due",
    "fft": "how a visit was",
    "bp": "blood pressure at home",
    "yesno": "yes or no",
    "free text": "in their own words",
}
"""Of kinds of question whose name says too little."""


@dataclass(frozen=True)
class Cell:
    """A count with its share of the texts of its line and that share's 95% bounds, 0 to 1; None where it is hidden."""

    count: int | None
    share: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Line:
    """One group: so many texts read, which are those acted on, asked back and given to a person; corrected is of the acted."""

    name: str
    read: Cell
    acted: Cell
    asked: Cell
    person: Cell
    corrected: Cell


@dataclass(frozen=True)
class Table:
    """One way to part the texts."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Accuracy:
    """All texts of a period, and parted by language, age, question and, where several are seen, by practice."""

    first: date
    last: date
    whole: Line
    tables: tuple[Table, ...]


_SQL = """
    SELECT CASE GROUPING(r.language, r.age_band, r.context, r.organisation_id)
             WHEN 15 THEN 'all' WHEN 7 THEN 'language' WHEN 11 THEN 'age' WHEN 13 THEN 'context' ELSE 'practice' END,
           coalesce(r.language, r.age_band, r.context, r.organisation_id::text, ''),
           count(*) FILTER (WHERE r.made = 'acted'), count(*) FILTER (WHERE r.made = 'asked'),
           count(*) FILTER (WHERE r.made = 'person'), count(v.id)
    FROM messaging_reading r
    LEFT JOIN messaging_verdict v ON v.inbound_id = r.inbound_id AND v.stands AND v.corrected
    WHERE r.at >= %s AND r.at < %s AND (%s OR r.organisation_id = ANY(%s))
    GROUP BY GROUPING SETS ((), (r.language), (r.age_band), (r.context), (r.organisation_id))
"""


def accuracy(access: Access, *, first: date, last: date, organisation_id: int | None = None) -> Accuracy:
    """Of the texts that came from `first` to `last`, both included, to the organisations of this access.

    Who runs the whole system counts all practices, or one of them. Small counts are hidden (`rules.disclosure`).
    """
    access.require(Permission.ACCURACY)
    everywhere = access.everything or access.may(Permission.AUDIT)
    wanted = [organisation_id] if organisation_id is not None else access.organisations
    if organisation_id is not None and not everywhere and organisation_id not in access.organisation_ids:
        wanted = []
    start = datetime.combine(first, time(), tzinfo=clock.LONDON)
    end = datetime.combine(last + timedelta(days=1), time(), tzinfo=clock.LONDON)
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [start, end, everywhere and organisation_id is None, wanted])
        found: dict[str, dict[str, tuple[int, ...]]] = {}
        for group, name, *counts in cursor.fetchall():
            found.setdefault(group, {})[name] = tuple(counts)
    practices = {str(key): name for key, name in accounts.Organisation.objects.values_list("pk", "name")}
    shown: list[tuple[str, str, dict[str, str]]] = [
        ("language", "By language, as read", dict(LANGUAGES)),
        (
            "age",
            "By age of the only person with the number",
            {band: "not known" if band == UNKNOWN else band for band in BANDS},
        ),
        (
            "context",
            "By the question that was open",
            {name: QUESTIONS.get(name, name) for name in sorted(found.get("context", {}))},
        ),
    ]
    if everywhere and organisation_id is None:
        shown.append(("practice", "By practice", practices))
    whole = found.get("all", {}).get("", (0, 0, 0, 0))
    tables = []
    for group, title, names in shown:
        rows = found.get(group, {})
        present = [name for name in names if name in rows]
        tables.append(Table(title, tuple(_lines([names[name] for name in present], [rows[name] for name in present]))))
    return Accuracy(first, last, _alone(whole), tuple(tables))


def practices(access: Access) -> list[tuple[int, str]]:
    """(key, name) of the practices to choose from: all, for who runs the whole system."""
    if access.everything or access.may(Permission.AUDIT):
        return list(accounts.Organisation.objects.order_by("name").values_list("pk", "name"))
    return [(place.pk, place.name) for place in accounts.organisations(access)]


def _alone(counts: tuple[int, ...]) -> Line:
    return _lines(["All texts"], [counts])[0]


def _lines(names: list[str], rows: list[tuple[int, ...]]) -> list[Line]:
    """Lines of a table whose totals stand in the line of all texts. Corrected is a column of its own, part of the acted."""
    totals = [sum(row[:3]) for row in rows]
    gone = {at for at, (away,) in enumerate(hidden([(total,) for total in totals])) if away}
    parts = hidden([row[:3] for row in rows], gone=gone)
    # What is left of the acted when the corrected are taken away is told too, so it must not be small either.
    unseen = gone | {at for at, away in enumerate(parts) if away[0]}
    fixed = hidden([(row[3], row[0] - row[3]) for row in rows], gone=unseen)
    lines = []
    for at, (name, row) in enumerate(zip(names, rows, strict=True)):
        acted, asked, person = (_cell(row[x], totals[at], hide=parts[at][x]) for x in range(3))
        corrected = _cell(row[3], row[0], hide=fixed[at][0])
        lines.append(Line(name, Cell(None) if at in gone else Cell(totals[at]), acted, asked, person, corrected))
    return lines


def _cell(count: int, of: int, *, hide: bool) -> Cell:
    if hide:
        return Cell(None)
    low, high = bounds(count, of)
    return Cell(count, count / of if of else None, low, high)
