"""Physical health checks from our own record: what closed months say, at each level, as whoever looks may be told.

A closed month never changes, so it is added up once and kept in the process. Whoever may see the people behind a figure reads it
as it is, everybody else as it may be passed on (`measures.publishing`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from django.db import connection

from onedoor.accounts.api import Organisation
from onedoor.kernel.access import Access, Permission
from onedoor.reporting.levels import OURS, Level, Unit, chains, reach, state
from onedoor.reporting.measures import publishing
from onedoor.reporting.models import Closing
from onedoor.reporting.published import ALL_SIX, CHECKS, REGISTER
from onedoor.reporting.tables import Cell

COMPLETED, LAPSED = "completed", "lapsed"
SHARES = (ALL_SIX, *CHECKS)
MEASURES = {
    REGISTER: "smi_register",
    **{key: f"smi_{key}" for key in SHARES},
    COMPLETED: "smi_completed",
    LAPSED: "smi_lapsed",
}
"""Item to the measure that counts it (measures/definitions). The register is what the shares are of."""

MONTHS = 25
"""Of which a page draws: two years and the month a year before the first of them."""


@dataclass(frozen=True)
class Month:
    """A closed month: its latest edition."""

    id: int
    first: date
    edition: int
    known_at: datetime

    @property
    def last(self) -> date:
        """Its last day."""
        return (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    @property
    def key(self) -> str:
        """2026-11, as in addresses."""
        return f"{self.first:%Y-%m}"


@dataclass(frozen=True)
class Told:
    """What somebody may be told of an organisation and a month. None is missing, HIDDEN too small.

    `practices`: how many it has; `silent`: names of those of whose people nothing is known.
    """

    month: Month
    unit: Unit
    counts: Mapping[str, Cell]
    shares: Mapping[str, Cell]
    practices: int
    silent: tuple[str, ...]


def months(access: Access) -> list[Month]:
    """The closed months, the latest edition of each, in order. Raises NotPermitted without Permission.REPORTS."""
    access.require(Permission.REPORTS)
    latest = Closing.objects.order_by("month", "-edition").distinct("month")
    return [Month(one.pk, one.month, one.edition, one.known_at) for one in latest]


@dataclass(frozen=True)
class View:
    """Whose figures an access reaches, and how organisations stand: asked once for a page."""

    access: Access
    within: Mapping[int, Unit]
    stand: tuple[object, ...]


def look(access: Access) -> View:
    """For a page that calls several of the functions below; each takes an access too. Raises NotPermitted without
    Permission.REPORTS."""
    return View(access, reach(access), state())


def _view(who: Access | View) -> View:
    return who if isinstance(who, View) else look(who)


def told(
    who: Access | View, units: Collection[Unit], over: Sequence[Month], *, passed_on: bool = False
) -> dict[tuple[int, str], Told]:
    """By organisation and month, what may be told; organisations out of reach, or without a figure, are absent.

    Whoever cares for a practice's people sees its counts as they are, unless they are to be `passed_on`; everybody else as they
    may be passed on.
    """
    view = _view(who)
    found = {}
    for month in over:
        whole = _added(month, view.stand)
        for unit in units:
            if unit.id in view.within and unit.id in whole.counts:
                found[unit.id, month.key] = whole.told(
                    unit, month, in_full=in_full(view.access, unit) and not passed_on
                )
    return found


def in_full(access: Access, unit: Unit) -> bool:
    """Whether small numbers are shown: at one's own practice, to whoever may open its patients anyway; everywhere within reach,
    to whoever said why they are shown to them now."""
    return access.sees_small_counts or sees_people(access, unit)


def sees_people(access: Access, unit: Unit) -> bool:
    """Whether the people behind a figure are this access's own patients."""
    return access.everything or (
        unit.level is Level.PRACTICE and unit.id in access.organisation_ids and access.may(Permission.PATIENTS)
    )


def units(who: Access | View, month: Month) -> list[Unit]:
    """The organisations within reach that have figures of a month, from above, then by name."""
    view = _view(who)
    whole = _added(month, view.stand)
    levels = list(OURS)
    found = [
        Unit(one.id, one.ods_code, one.name, whole.levels[one.id])
        for one in view.within.values()
        if one.id in whole.counts
    ]
    return sorted(found, key=lambda one: (levels.index(one.level), one.name))


def below(who: Access | View, unit: Unit, month: Month) -> list[Unit]:
    """Those of the next level under an organisation that has any, within reach, by name."""
    view = _view(who)
    whole = _added(month, view.stand)
    under = [one for one in units(view, month) if unit.id in whole.above.get(one.id, ())]
    level = next((level for level in OURS if any(one.level is level for one in under)), None)
    return [one for one in under if one.level is level]


@dataclass(frozen=True)
class _Whole:
    """A closed month added up at every level: by key of the organisation."""

    levels: Mapping[int, Level]
    counts: Mapping[int, Mapping[str, int]]
    practices: Mapping[int, int]
    silent: Mapping[int, tuple[str, ...]]
    above: Mapping[int, frozenset[int]]
    cells: publishing.Cells

    def told(self, unit: Unit, month: Month, *, in_full: bool) -> Told:
        counts: dict[str, Cell] = {}
        shares: dict[str, Cell] = {}
        mine = self.counts[unit.id]
        base = mine.get(REGISTER)
        for item, measure in MEASURES.items():
            count = mine.get(item)
            counts[item] = count if in_full else self.cells.get((unit.ods_code, measure))
            if item in SHARES:
                exact = Decimal(100 * count) / base if count is not None and base else None
                shares[item] = exact if in_full else self.cells.get((unit.ods_code, publishing.SHARE + measure))
        return Told(month, unit, counts, shares, self.practices[unit.id], self.silent[unit.id])


@lru_cache(maxsize=128)
def _added(month: Month, stand: tuple[object, ...]) -> _Whole:
    """The month at every level, while who stands where is as in `stand`."""
    own, silent = _snapshots(month)
    chain = chains([*own, *silent], on=month.last)
    names = dict(Organisation.objects.filter(pk__in=silent).values_list("pk", "name"))
    levels: dict[int, Level] = {}
    counts: dict[int, dict[str, int]] = {}
    practices: dict[int, int] = {}
    gaps: dict[int, list[str]] = {}
    above: dict[int, set[int]] = {}
    for key in (*own, *silent):
        at = [(level, chain[key][level]) for level in OURS if level in chain[key]]
        for place, (level, unit) in enumerate(at):
            levels[unit] = level
            practices[unit] = practices.get(unit, 0) + 1
            above.setdefault(unit, set()).update(other for _, other in at[:place])
            total = counts.setdefault(unit, {})
            gaps.setdefault(unit, [])
            for item, value in own.get(key, {}).items():
                total[item] = total.get(item, 0) + value
            if key in silent:
                gaps[unit].append(names.get(key, ""))
    return _Whole(
        levels,
        counts,
        practices,
        {key: tuple(sorted(found)) for key, found in gaps.items()},
        {key: frozenset(found) for key, found in above.items()},
        publishing.cells(Closing.objects.get(pk=month.id)),
    )


def _snapshots(month: Month) -> tuple[dict[int, dict[str, int]], list[int]]:
    """Counts by practice and item, and the practices of whose people nothing is known."""
    items = {measure: item for item, measure in MEASURES.items()}
    own: dict[int, dict[str, int]] = {}
    silent = []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.organisation_id, m.key, s.numerator, s.denominator
            FROM reporting_snapshot s JOIN reporting_measure m ON m.id = s.measure_id
            WHERE s.closing_id = %(closing)s AND m.key = ANY(%(measures)s) ORDER BY s.organisation_id
            """,
            {"closing": month.id, "measures": list(items)},
        )
        for key, measure, numerator, denominator in cursor.fetchall():
            item = items[measure]
            if item == ALL_SIX and denominator is None:
                silent.append(key)
            if numerator is not None:
                own.setdefault(key, {})[item] = numerator
            if item == ALL_SIX and denominator is not None:
                own.setdefault(key, {})[REGISTER] = denominator
    return own, [key for key in silent if key not in own]
