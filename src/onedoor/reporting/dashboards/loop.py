"""The dashboard of the loop: reminded, answered, cancelled, released, refilled and how fast, pence, who did not come; and reach.

By practice and month. Whoever may open a practice's patients reads its counts as they are; everybody else as they may be passed
on (clinical.md 5.3), with all of this dashboard's tables hidden together, so that one is never the key to another.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from onedoor.booking import api as booking
from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.messaging import api as messaging
from onedoor.patients import api as patients
from onedoor.reporting import disclosure
from onedoor.reporting.charts import Bars, Chart, Line
from onedoor.reporting.dashboards.scope import figures_of, sees_people
from onedoor.reporting.disclosure import HIDDEN
from onedoor.reporting.levels import Level, Unit
from onedoor.reporting.tables import MONTH, Cell, Column, Table

ALL = "all"
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
NO_AREAS = "Not by deprivation: no area file (postcode to decile) is loaded."
_GUARDED = (
    "Of a practice, counts below 5 are hidden and others are to the nearest 5; "
    "what would give a hidden one away is hidden too."
)
_SOURCE = "Appointments, offers and texts, and their histories"


@dataclass(frozen=True)
class Loop:
    """The dashboard. `practice` is the ODS code whose months are shown, "" for all together; headlines are (figure, words)."""

    first: date
    last: date
    practice: str
    practices: Sequence[Unit]
    headlines: Sequence[tuple[str, str]]
    headline_month: str
    """Of which month the headlines are; "" for all of them. A sum is hidden with the smallest of its months."""
    tables: Mapping[str, Table]
    charts: Mapping[str, Chart]
    guarded: bool
    """Whether small counts are hidden from whoever looks."""


@dataclass
class _Figures:
    """Counts by organisation code ("all" for the sum) and month (None for all of them); pence and minutes likewise."""

    counts: dict[tuple[str, str, date | None], int]
    pence: dict[tuple[str, date | None], Decimal]
    minutes: dict[tuple[str, date | None], tuple[float | None, float | None]]


def loop(access: Access, first: date, last: date, *, practice: str = "") -> Loop:
    """The dashboard for the months of `first` to `last`; of one practice by its ODS code. Raises NotPermitted without REPORTS,
    LookupError for a practice that is not within reach. The number of statements does not grow with practices or months."""
    own, units = figures_of(access)
    start, end = first.replace(day=1), (last.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    months = _months(start, end)
    figures = _figures(own, units, start, end)
    reach = patients.reach_by_age(own, min(end, max(start, clock.today())))
    known = _practices(units, figures, reach)
    if practice and practice not in {unit.ods_code for unit in known}:
        raise LookupError(practice)
    guarded = {unit.ods_code for unit in known if not sees_people(access, unit.id)}
    told = _told(known, figures, months, guarded)
    who = practice or ALL
    named = [unit.name for unit in known if unit.ods_code == practice or (len(known) == 1 and not guarded)]
    name = named[0] if named else "all practices"
    period = f"{start:%B %Y}" if len(months) == 1 else f"{start:%B %Y} to {end:%B %Y}"
    notes = [_GUARDED] if guarded else []

    def table(title: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *more: str, source: str) -> Table:
        return Table(
            title, columns, rows, notes=(*notes, *more), source=source, period=period, extracted_at=clock.now()
        )

    hides = who in guarded or (who == ALL and bool(guarded))
    by_practice = table(
        "The loop by practice",
        [Column("practice", "Practice"), *_columns(hides)],
        [
            [words, *_row(code, None, told, figures, code in guarded or (code == ALL and bool(guarded)))]
            for code, words in [*((unit.ods_code, unit.name) for unit in known), (ALL, "All together")]
        ],
        source=_SOURCE,
    )
    by_month = table(
        f"The loop by month: {name}",
        [Column("month", "Month", MONTH), *_columns(hides)],
        [[month, *_row(who, month, told, figures, hides)] for month in months],
        source=_SOURCE,
    )
    reached = table(
        f"Who can be reached: {name}",
        [
            Column("band", "Age"),
            Column("registered", "Registered", align="right"),
            Column("mobile", "Mobile", align="right"),
            Column("mobile_share", "With a mobile", "%", align="right", places=0 if hides else 1),
            Column("other", "Other contact only", align="right"),
            Column("letter", "Letter only", align="right"),
        ],
        _reach_rows(who, known, reach, guarded),
        NO_AREAS,
        source="Registrations and contacts that stand",
    )
    charts: dict[str, Chart] = {
        "missed": Line(
            table(
                f"Did not attend: {name}",
                [Column("month", "Month", MONTH), Column("share", "Did not attend", "%", places=0 if hides else 1)],
                [[month, _number(_missed_share(who, month, told))] for month in months],
                source=_SOURCE,
            ),
            at="month",
            series=("share",),
        ),
        "refilled": Line(
            table(
                f"Released and refilled: {name}",
                [Column("month", "Month", MONTH), Column("released", "Released"), Column("filled", "Refilled")],
                [
                    [month, _number(told[who, "released", month]), _number(told[who, "filled", month])]
                    for month in months
                ],
                source=_SOURCE,
            ),
            at="month",
            series=("released", "filled"),
            measure="Places",
        ),
    }
    bars = [[row[0], _number(row[3])] for row in reached.rows[:-1]]
    if any(row[1] is not None for row in bars):
        charts["reach"] = Bars(
            table(
                f"With a mobile, by age: {name}",
                [Column("band", "Age"), Column("share", "With a mobile", "%", places=0 if hides else 1)],
                bars,
                NO_AREAS,
                source="Registrations and contacts that stand",
            ),
            of="band",
            value="share",
            ordered=False,
        )
    tables = {"by_practice": by_practice, "by_month": by_month, "reach": reached}
    month = _told_best(who, told, months) if hides else None
    return Loop(
        start,
        end,
        practice,
        known,
        _headlines(who, month, told, figures, hides),
        f"{month:%B %Y}" if month else "",
        tables,
        charts,
        bool(guarded),
    )


def _figures(own: Access, units: Mapping[int, Unit], start: date, end: date) -> _Figures:
    found = _Figures({}, {}, {})

    def code(organisation_id: int | None) -> str:
        return ALL if organisation_id is None else units[organisation_id].ods_code

    for one in booking.loop_months(own, start, end):
        at = code(one.organisation_id)
        for item in ("cancelled", "released", "filled", "visits", "missed"):
            found.counts[at, item, one.month] = getattr(one, item)
        found.minutes[at, one.month] = (one.median_minutes, one.minutes_90) if one.filled else (None, None)
    for text in messaging.text_months(own, start, end):
        at = code(text.organisation_id)
        found.counts[at, "reminders", text.month] = text.reminders
        found.counts[at, "answered", text.month] = text.answered
        found.pence[at, text.month] = text.pence
    return found


def _practices(units: Mapping[int, Unit], figures: _Figures, reach: Sequence[patients.ReachBand]) -> list[Unit]:
    """Those of the organisations that have patients or a diary, by name."""
    busy = {code for code, _, _ in figures.counts} | {units[one.organisation_id].ods_code for one in reach}
    return sorted(
        (unit for unit in units.values() if unit.level is Level.PRACTICE and unit.ods_code in busy),
        key=lambda unit: (unit.name, unit.ods_code),
    )


_Told = dict[tuple[str, str, date | None], Cell]


def _told(known: Sequence[Unit], figures: _Figures, months: Sequence[date], guarded: Collection[str]) -> _Told:
    """Every count of the tables as it may be read, and shares of those who did not come under "share"."""
    codes = [unit.ods_code for unit in known]
    if not guarded:
        return {
            (code, item, month): figures.counts.get((code, item, month), 0)
            for code in (*codes, ALL)
            for item in _COUNTS
            for month in (None, *months)
        } | {
            (code, "share", month): _percent(figures, code, month)
            for code in (*codes, ALL)
            for month in (None, *months)
        }
    keys = {f"{month:%Y-%m}": month for month in months}
    counts = {
        (code, item, key): figures.counts.get((code, item, month), 0)
        for code in codes
        for item in _COUNTS
        for key, month in keys.items()
    }
    behind = disclosure.Counts(
        counts=counts,
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
    told: _Told = {}
    for code, row in zip((*codes, ALL), cells, strict=True):
        for column, cell in zip(columns, row, strict=True):
            told[code, "share" if column.of else column.item, keys.get(column.period)] = cell
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
        *(told[code, item, month] for item in _COUNTS),
        _missed_share(code, month, told),
        *_minutes(code, month, told, figures, hides),
        _pounds(code, month, figures, hides),
    ]


def _missed_share(code: str, month: date | None, told: _Told) -> Cell:
    return told[code, "share", month]


def _minutes(code: str, month: date | None, told: _Told, figures: _Figures, hides: bool) -> list[Cell]:
    """None where nothing was refilled, hidden where that was little or is not told."""
    found = figures.minutes.get((code, month), (None, None))
    filled = figures.counts.get((code, "filled", month), 0)
    if hides and (told[code, "filled", month] == HIDDEN or 0 < filled < _ENOUGH):
        return [HIDDEN, HIDDEN]
    return [None if one is None else Decimal(str(one)) for one in found]


def _pounds(code: str, month: date | None, figures: _Figures, hides: bool) -> Cell:
    """Whole pounds where counts are guarded: to the penny the texts could be counted, at some twopence each."""
    pounds = figures.pence.get((code, month), Decimal(0)) / 100
    return pounds.quantize(Decimal(1), ROUND_HALF_UP) if hides else pounds


def _reach_rows(
    who: str, known: Sequence[Unit], reach: Sequence[patients.ReachBand], guarded: Collection[str]
) -> list[list[Cell]]:
    by_id = {unit.id: unit.ods_code for unit in known}
    bands = [band for band, _ in patients.BANDS]
    period = "now"
    counts: dict[disclosure.Key, int] = {
        (code, f"{band} {item}", period): 0 for code in by_id.values() for band in bands for item in _REACH
    }
    for one in reach:
        code = by_id.get(one.organisation_id)
        if code is None:
            continue
        for item in _REACH:
            counts[code, f"{one.band} {item}", period] = getattr(one, item)
    codes = [*by_id.values(), ALL]
    columns = [
        disclosure.CountColumn(f"{band} {item}", period, of=f"{band} {of}" if of else "")
        for band in bands
        for item, of in (("registered", ""), ("mobile", ""), ("mobile", "registered"), ("other", ""))
    ]
    behind = disclosure.Counts(
        counts=counts,
        parent=dict.fromkeys(by_id.values(), ALL),
        guarded=guarded,
        within=[(f"{band} {part}", f"{band} registered") for band in bands for part in ("mobile", "other")],
    )
    if guarded and by_id:
        (cells,) = disclosure.published([disclosure.CountTable(codes, columns)], behind)
        told = dict(zip(codes, cells, strict=True))[who]
        # What is reached by letter alone is the rest of three others: told only where all may be read as they are.
        rows: list[list[Cell]] = [[band, *told[4 * at : 4 * at + 4], HIDDEN] for at, band in enumerate(bands)]
        return [*rows, ["All ages", HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN]] if who in guarded else _with_sum(rows)
    mine = [code for code in by_id.values() if who in (code, ALL)]
    rows = []
    for band in bands:
        registered, mobile, other = (sum(counts[code, f"{band} {item}", period] for code in mine) for item in _REACH)
        rows.append([band, registered, mobile, _share(mobile, registered), other, registered - mobile - other])
    return _with_sum(rows)


_REACH = ("registered", "mobile", "other")


def _with_sum(rows: list[list[Cell]]) -> list[list[Cell]]:
    """The bands with their sum; what cannot be read in one of them is not told of all."""
    sums: list[Cell] = []
    for place in (1, 2, 4, 5):
        cells = [row[place] for row in rows]
        numbers = [cell for cell in cells if isinstance(cell, int)]
        sums.append(sum(numbers) if len(numbers) == len(cells) else HIDDEN)
    registered, mobile = sums[0], sums[1]
    both = isinstance(registered, int) and isinstance(mobile, int)
    whole = _share(mobile, registered) if both else HIDDEN  # type: ignore[arg-type]
    return [*rows, ["All ages", registered, mobile, whole, sums[2], sums[3]]]


def _share(part: int, whole: int) -> Decimal | None:
    return Decimal(100 * part) / whole if whole else None


def _number(cell: Cell) -> Cell:
    """For a picture, where what is hidden is a gap."""
    return cell if isinstance(cell, int | Decimal) else None


def _months(first: date, last: date) -> list[date]:
    found = [first.replace(day=1)]
    while (following := (found[-1].replace(day=28) + timedelta(days=4)).replace(day=1)) <= last:
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
        (said(told[who, "reminders", month], plain), "reminders"),
        (said(told[who, "answered", month], plain), "answered"),
        (said(told[who, "cancelled", month], plain), "cancelled"),
        (said(told[who, "filled", month], plain), "places refilled"),
        (f"{said(median, minutes)} min", "to refill; half took less"),
        (f"{said(ninth, minutes)} min", "nine of ten took no longer"),
        (said(_missed_share(who, month, told), Column("", "", "%", places=0 if hides else 1)), "did not attend"),
        (said(_pounds(who, month, figures, hides), Column("", "", "£", places=0 if hides else 2)), "spent on texts"),
    ]
