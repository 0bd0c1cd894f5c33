"""The dashboard of the loop: reminded, answered, cancelled, released, refilled and how fast, pence, who did not come; and reach.

By practice and month, from the figures as they were last counted (`reporting.counting`). Whoever may open a practice's patients
reads its counts as they are; everybody else as they may be passed on (clinical.md 5.3), with all of this dashboard's tables
hidden together, so that one is never the key to another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import chain, repeat

from django.db import connection

from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.reporting import counting, disclosure
from onedoor.reporting.charts import Chart, Line
from onedoor.reporting.dashboards import reaching
from onedoor.reporting.dashboards.scope import figures_of, sees_people
from onedoor.reporting.disclosure import HIDDEN
from onedoor.reporting.levels import Level, Unit
from onedoor.reporting.measures.computing import last_day
from onedoor.reporting.tables import MONTH, Cell, Column, Table

ALL = reaching.ALL
_COUNTS = {
    "reminders": "Reminders",
    "answered": "Answered",
    "cancelled": "Cancelled",
    "released": "Released",
    "filled": "Refilled",
    "visits": "Kept or missed",
    "missed": "Missed",
}
"""What is counted, in the order of the loop."""
_WITHIN = (("filled", "released"), ("missed", "visits"))
_ENOUGH = 5
"""Minutes of fewer places lead back to one; the same bound as that of counts (clinical.md 5.3)."""
_GUARDED = (
    "Of a practice, counts below 5 are hidden and others are to the nearest 5; "
    "what would give a hidden one away is hidden too."
)
_SOURCE = "Appointments, offers and texts, and their histories"


_KEPT = 6
"""How many sets of figures are kept, for as many scopes and spans of months: they are the same whatever practice is chosen."""


@dataclass(frozen=True)
class Loop:
    """The dashboard. `practice` is the ODS code whose months are shown, "" for all together; headlines are (figure, words)."""

    first: date
    last: date
    practice: str
    practices: Sequence[Unit] = ()
    headlines: Sequence[tuple[str, str]] = ()
    headline_month: str = ""
    """Of which month the headlines are; "" for all of them. A sum is hidden with the smallest of its months."""
    tables: Mapping[str, Table] = field(default_factory=dict)
    """None where nothing has been counted yet."""
    charts: Mapping[str, Chart] = field(default_factory=dict)
    """Those with something to draw."""
    instead: Mapping[str, str] = field(default_factory=dict)
    """By the key of a chart or table that is not there, why, in a sentence."""
    guarded: bool = False
    """Whether small counts are hidden from whoever looks."""
    counted_at: datetime | None = None
    """As of when the figures are; None where nothing has been counted yet."""
    not_counted: str = ""
    """Which of the months are not counted yet, in a sentence."""

    @property
    def period(self) -> str:
        """The months in words."""
        one = (self.first.year, self.first.month) == (self.last.year, self.last.month)
        return f"{self.first:%B %Y}" if one else f"{self.first:%B %Y} to {self.last:%B %Y}"


@dataclass
class _Figures:
    """Counts by organisation code ("all" for the sum) and month (None for all of them); pence and minutes likewise. What nobody
    counted yet has no key."""

    counts: dict[tuple[str, str, date | None], int] = field(default_factory=dict)
    pence: dict[tuple[str, date | None], Decimal] = field(default_factory=dict)
    minutes: dict[tuple[str, date | None], tuple[Decimal | None, Decimal | None]] = field(default_factory=dict)
    """In how many half of the places were refilled, and nine of ten."""
    busy: set[str] = field(default_factory=set)
    """Of whom there is anything."""


def loop(access: Access, first: date, last: date, *, practice: str = "") -> Loop:
    """The dashboard for the months of `first` to `last`; of one practice by its ODS code. Raises NotPermitted without REPORTS,
    LookupError for a practice that is not within reach. The number of statements does not grow with practices or months."""
    own, units = figures_of(access)
    start, end = first.replace(day=1), last_day(last)
    counted = counting.known()
    if counted is None:
        if practice and practice not in {unit.ods_code for unit in units.values()}:
            raise LookupError(practice)
        return Loop(start, end, practice, not_counted=counting.NOTHING_COUNTED)
    months = _months(start, end)
    so_far = [month for month in months if month <= counted.last_month]
    practices = tuple((key, unit.ods_code) for key, unit in sorted(units.items()) if unit.level is Level.PRACTICE)
    figures = _figures(counted, practices, tuple(so_far))
    reach = reaching.counted(own)
    busy = figures.busy | {units[one.organisation_id].ods_code for one in reach if one.organisation_id in units}
    known = sorted(
        (unit for unit in units.values() if unit.level is Level.PRACTICE and unit.ods_code in busy),
        key=lambda unit: (unit.name, unit.ods_code),
    )
    if practice and practice not in {unit.ods_code for unit in known}:
        raise LookupError(practice)
    guarded = frozenset(unit.ods_code for unit in known if not sees_people(access, unit.id))
    told = _told(known, figures, so_far, guarded)
    who = practice or ALL
    named = [unit.name for unit in known if unit.ods_code == practice or (len(known) == 1 and not guarded)]
    name = named[0] if named else "all practices"
    period = Loop(start, end, practice).period
    not_counted = _not_counted([month for month in months if month > counted.last_month])
    notes = [*([_GUARDED] if guarded else []), *([not_counted] if not_counted else [])]

    def table(title: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> Table:
        return Table(title, columns, rows, notes=notes, source=_SOURCE, period=period, extracted_at=counted.counted_at)

    hides = who in guarded or (who == ALL and bool(guarded))
    tables = {
        "by_practice": table(
            "The loop by practice",
            [Column("practice", "Practice"), *_columns(hides)],
            [
                [words, *_row(code, None, told, figures, code in guarded or (code == ALL and bool(guarded)))]
                for code, words in [*((unit.ods_code, unit.name) for unit in known), (ALL, "All together")]
            ],
        ),
        "by_month": table(
            f"The loop by month: {name}",
            [Column("month", "Month", MONTH), *_columns(hides)],
            [[month, *_row(who, month, told, figures, hides)] for month in months],
        ),
    }
    lacks = {month: _lacks(month, counted.counted_at) for month in months}
    lines = {
        "refilled": Line(
            table(
                f"Released and refilled: {name}",
                [Column("month", "Month", MONTH), Column("released", "Released"), Column("filled", "Refilled"), _LACKS],
                [
                    [month, *(told.get((who, item, month)) for item in ("released", "filled")), lacks[month]]
                    for month in months
                ],
            ),
            at="month",
            series=("released", "filled"),
            partial="lacks",
            measure="Places",
        ),
        "missed": Line(
            table(
                f"Did not attend: {name}",
                [
                    Column("month", "Month", MONTH),
                    Column("share", "Did not attend", "%", places=0 if hides else 1),
                    _LACKS,
                ],
                [[month, told.get((who, "share", month)), lacks[month]] for month in months],
            ),
            at="month",
            series=("share",),
            partial="lacks",
        ),
    }
    seen = reaching.tables(reach, known, guarded, who, name, counted.counted_at, notes=[_GUARDED] if guarded else [])
    instead = {key: words for key, chart in lines.items() if (words := _nothing_in(key, chart))} | seen.instead
    month = _told_best(who, told, so_far) if hides and so_far else None
    return Loop(
        start,
        end,
        practice,
        known,
        _headlines(who, month, told, figures, hides),
        f"{month:%B %Y}" if month else "",
        tables | seen.tables,
        {key: chart for key, chart in lines.items() if key not in instead} | seen.charts,
        instead,
        bool(guarded),
        counted.counted_at,
        not_counted,
    )


_LACKS = Column("lacks", "Not whole")


def _lacks(month: date, counted_at: datetime) -> str:
    """How far a month was counted that was not over: its point is no rise and no fall."""
    day = counted_at.astimezone(clock.LONDON).date()
    return f"only until {day.day} {day:%B}" if month <= day <= last_day(month) else ""


def _not_counted(months: Sequence[date]) -> str:
    if not months:
        return ""
    if len(months) == 1:
        return f"{months[0]:%B %Y} is not counted yet."
    return f"{months[0]:%B %Y} to {months[-1]:%B %Y} are not counted yet."


_NOTHING = {
    "refilled": ("Released and refilled is not drawn", "no place was released in these months"),
    "missed": ("Did not attend is not drawn", "nobody was marked as having come or not in these months"),
}


def _nothing_in(key: str, chart: Line) -> str:
    """Why a chart is not drawn; empty where there is something to see."""
    cells = [cell for series in chart.series for cell in chart.table.cells(series)]
    if any(cell and cell != HIDDEN for cell in cells):
        return ""
    if key == "missed" and any(cell is not None and cell != HIDDEN for cell in cells):
        # Nobody at all did not attend: a line along the bottom says so.
        return ""
    begin, nothing = _NOTHING[key]
    if HIDDEN in cells:
        return f"{begin}: the counts of these months are too small to be told."
    return (
        f"{begin}: {nothing}."
        if any(cell is not None for cell in cells) or key == "missed"
        else f"{begin}: these months are not counted yet."
    )


@dataclass(frozen=True)
class _Row:
    counts: tuple[int, ...]
    pence: Decimal
    minutes: list[int]
    """Of each place that was refilled, rising."""


_STATEMENT = f"""
    SELECT organisation_id, month, pence, minutes, places, {", ".join(_COUNTS)} FROM reporting_loop_month
    WHERE month BETWEEN %s AND %s AND organisation_id = ANY(%s)"""


@lru_cache(maxsize=_KEPT)
def _figures(counted: counting.Known, practices: tuple[tuple[int, str], ...], months: tuple[date, ...]) -> _Figures:
    """As they were counted then, of practices by key and ODS code. Kept by the count, so that nothing can be out of date. One
    statement."""
    found = _Figures()
    if not months:
        return found
    codes = dict(practices)
    together: dict[tuple[str, date | None], list[_Row]] = {
        (code, month): [] for code in (*codes.values(), ALL) for month in (None, *months)
    }
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, [months[0], months[-1], list(codes)])
        for organisation, month, pence, minutes, places, *counts in cursor.fetchall():
            row = _Row(tuple(counts), pence, list(chain.from_iterable(map(repeat, minutes, places))))
            code = codes[organisation]
            found.busy.add(code)
            for at in ((code, month), (code, None), (ALL, month), (ALL, None)):
                together[at].append(row)
    nothing = [0] * len(_COUNTS)
    for (code, month), several in together.items():
        sums = map(sum, zip(*(row.counts for row in several), strict=True)) if several else nothing
        for item, number in zip(_COUNTS, sums, strict=True):
            found.counts[code, item, month] = number
        found.pence[code, month] = sum((row.pence for row in several), Decimal(0))
        took = sorted(chain.from_iterable(row.minutes for row in several))
        found.minutes[code, month] = _within(took, Decimal("0.5")), _within(took, Decimal("0.9"))
    return found


_Told = Mapping[tuple[str, str, date | None], Cell]


def _told(known: Sequence[Unit], figures: _Figures, months: Sequence[date], guarded: frozenset[str]) -> _Told:
    """Every count of the tables as it may be read, and shares of those who did not come under "share"."""
    codes = tuple(unit.ods_code for unit in known)
    if guarded and months:
        counts = tuple(figures.counts[code, item, month] for code in codes for item in _COUNTS for month in months)
        return _passed_on(codes, guarded, tuple(months), counts)
    return figures.counts | {
        (code, "share", month): _percent(figures, code, month)
        for code in (*codes, ALL)
        for month in (None, *months)
        if months
    }


@lru_cache(maxsize=_KEPT)
def _passed_on(
    codes: tuple[str, ...], guarded: frozenset[str], months: tuple[date, ...], counts: tuple[int, ...]
) -> _Told:
    """The same from `counts` by code, item and month. Kept by the counts themselves, so that nothing can be out of date."""
    keys = {f"{month:%Y-%m}": month for month in months}
    places = [(code, item, key) for code in codes for item in _COUNTS for key in keys]
    behind = disclosure.Counts(
        counts=dict(zip(places, counts, strict=True)),
        parent=dict.fromkeys(codes, ALL),
        guarded=guarded,
        within=_WITHIN,
        sums={ALL: list(keys)},
    )
    columns = [
        disclosure.CountColumn(item, key, of=of)
        for key in (ALL, *keys)
        for item, of in [*((item, "") for item in _COUNTS), ("missed", "visits")]
    ]
    (cells,) = disclosure.published([disclosure.CountTable([*codes, ALL], columns)], behind)
    told: dict[tuple[str, str, date | None], Cell] = {}
    for code, row in zip((*codes, ALL), cells, strict=True):
        for column, cell in zip(columns, row, strict=True):
            month = keys.get(column.period)
            told[code, "share" if column.of else column.item, month] = cell
            if column.of and told[code, column.of, month] == HIDDEN:
                # No share of nobody would say that it was nobody.
                told[code, "share", month] = HIDDEN
    return told


def _percent(figures: _Figures, code: str, month: date | None) -> Decimal | None:
    whole = figures.counts.get((code, "visits", month), 0)
    return Decimal(100 * figures.counts.get((code, "missed", month), 0)) / whole if whole else None


def _columns(hides: bool) -> list[Column]:
    return [
        *(Column(key, words, align="right") for key, words in _COUNTS.items()),
        Column("share", "Did not attend", "%", align="right", places=0 if hides else 1),
        Column("median", "Half refilled in", "minutes", align="right", places=0),
        Column("ninth", "Nine of ten in", "minutes", align="right", places=0),
        Column("pounds", "Texts", "£", align="right", places=0 if hides else 2),
    ]


def _row(code: str, month: date | None, told: _Told, figures: _Figures, hides: bool) -> list[Cell]:
    return [
        *(told.get((code, item, month)) for item in _COUNTS),
        told.get((code, "share", month)),
        *_minutes(code, month, told, figures, hides),
        _pounds(code, month, figures, hides),
    ]


def _minutes(code: str, month: date | None, told: _Told, figures: _Figures, hides: bool) -> list[Cell]:
    """None where nothing was refilled, hidden where that was little or is not told."""
    filled = figures.counts.get((code, "filled", month), 0)
    if hides and (told.get((code, "filled", month)) == HIDDEN or 0 < filled < _ENOUGH):
        return [HIDDEN, HIDDEN]
    return list(figures.minutes.get((code, month), (None, None)))


def _within(took: Sequence[int], share: Decimal) -> Decimal | None:
    """In how many minutes that share of the places was refilled, between two where it falls between them. `took`: the minutes of
    each, rising."""
    if not took:
        return None
    at = share * (len(took) - 1)
    low, high = took[int(at)], took[min(int(at) + 1, len(took) - 1)]
    return low + (at - int(at)) * (high - low)


def _pounds(code: str, month: date | None, figures: _Figures, hides: bool) -> Cell:
    """Whole pounds where counts are guarded: to the penny the texts could be counted, at some twopence each."""
    pence = figures.pence.get((code, month))
    if pence is None:
        return None
    return (pence / 100).quantize(Decimal(1), ROUND_HALF_UP) if hides else pence / 100


def _months(first: date, last: date) -> list[date]:
    found = [first.replace(day=1)]
    while (following := last_day(found[-1]) + timedelta(days=1)) <= last:
        found.append(following)
    return found


def _told_best(who: str, told: _Told, months: Sequence[date]) -> date:
    """The month of which most is told, the latest of such."""
    return max(months, key=lambda month: (sum(told[who, item, month] != HIDDEN for item in _COUNTS), month))


def _headlines(who: str, month: date | None, told: _Told, figures: _Figures, hides: bool) -> list[tuple[str, str]]:
    median, ninth = _minutes(who, month, told, figures, hides)
    minutes = Column("", "", "minutes", places=0)

    def said(cell: Cell, column: Column) -> str:
        return "–" if cell is None else column.said(cell)

    plain = Column("", "")
    return [
        (said(told.get((who, "reminders", month)), plain), "reminders"),
        (said(told.get((who, "answered", month)), plain), "answered"),
        (said(told.get((who, "cancelled", month)), plain), "cancelled"),
        (said(told.get((who, "filled", month)), plain), "places refilled"),
        (f"{said(median, minutes)} min", "to refill; half took less"),
        (f"{said(ninth, minutes)} min", "nine of ten took no longer"),
        (said(told.get((who, "share", month)), Column("", "", "%", places=0 if hides else 1)), "did not attend"),
        (said(_pounds(who, month, figures, hides), Column("", "", "£", places=0 if hides else 2)), "spent on texts"),
    ]
