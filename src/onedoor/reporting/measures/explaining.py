"""Explaining a figure: its definition and version, what it was counted from, who was left out and why, and the practices it sums.

Figures are as they may be passed on (`publishing`), unless who asks may see the patients themselves: whoever works at a practice
has its exact counts and the people behind them, each with why they are in or out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction

from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, Permission
from onedoor.patients import api as patients
from onedoor.recall import api as recall
from onedoor.reporting.disclosure import Told
from onedoor.reporting.levels import Level, Unit, reach, units_parameters, units_sql
from onedoor.reporting.measures import publishing
from onedoor.reporting.measures.book import CLOCKS, Measure
from onedoor.reporting.measures.closing import NotClosed, closing_of
from onedoor.reporting.measures.computing import as_parameters, last_day
from onedoor.reporting.measures.relations import RELATIONS, parameters
from onedoor.reporting.measures.versions import Version, version_of
from onedoor.reporting.models import Closing, MeasureVersion, Snapshot, SnapshotPerson
from onedoor.reporting.tables import day

PEOPLE = 50
"""People on a page."""
WHO = ("counted", "not_counted", "left_out")
"""Of the people behind a figure."""


@dataclass(frozen=True)
class Figure:
    """A measure of an organisation for a month, unrounded. `numerator` and `denominator` are None where nothing is known; parts
    are sums by key: of each part, of each reason as "because:CODE", and "list", the people registered."""

    measure: Measure
    organisation: Unit
    month: date
    numerator: int | None
    denominator: int | None
    excluded: int
    parts: Mapping[str, int]
    known: int
    """Practices summed."""
    missing: tuple[str, ...]
    """Names of those of which nothing is known."""
    closing_id: int
    known_at: datetime
    edition: int

    @property
    def share(self) -> Decimal | None:
        """Hundredths, of the unrounded counts; None for a count, and where nobody is in the denominator."""
        if self.numerator is None or not self.denominator:
            return None
        return Decimal(100 * self.numerator) / self.denominator


@dataclass(frozen=True)
class Row:
    """An organisation's figure as it may be told to whoever asks."""

    name: str
    ods_code: str
    numerator: Told
    denominator: Told
    share: Told


@dataclass(frozen=True)
class PersonRow:
    """Somebody behind a figure, and why they are in or out."""

    ref: UUID
    name: str
    born_on: date
    why: str
    done: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Explained:
    """A figure with all that it rests on. `exact`: whether who asks sees small counts, of their own patients or because they said
    why; `named`: whether they may see the people too."""

    version: Version
    closing: Closing
    organisation: Unit
    row: Row
    practices: Sequence[Row]
    """What it sums, by name; empty for a practice."""
    missing: Sequence[str]
    left_out: Sequence[tuple[str, Told]]
    """Words of each reason, and how many it leaves out."""
    not_yet: Sequence[tuple[str, Told]]
    """Words of each reason for which somebody in the denominator does not count."""
    exact: bool
    named: bool
    rules: str
    """The rule set by name and version, of a measure of people."""
    of: tuple[int, ...]
    """Keys of the organisations that it sums: of a practice itself, and those that have become part of it."""

    @property
    def measure(self) -> Measure:
        return self.version.measure

    @property
    def clock(self) -> str:
        """In words."""
        return CLOCKS[self.measure.clock]


def figures(
    access: Access, key: str, *, level: Level, first: date, last: date, keys: Iterable[int] | None = None
) -> list[Figure]:
    """A measure by organisation of a level for each closed month of a span, of its last edition: sums over the practices that
    stood there on the last day of the month, unrounded. Whoever passes them on takes them from `publishing.cells`.

    Only organisations that the access reaches, `keys` narrows further; one query for the figures whatever their number. Raises
    NotPermitted without Permission.REPORTS.
    """
    units = reach(access)
    wanted = set(units) if keys is None else set(units) & set(keys)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH closed AS MATERIALIZED (
                    SELECT DISTINCT ON (month) id, month, known_at, edition,
                           (month + interval '1 month' - interval '1 day')::date AS day
                    FROM reporting_closing WHERE month BETWEEN %(first)s AND %(last)s ORDER BY month, edition DESC),
                snapshots AS MATERIALIZED (
                    SELECT c.id AS closing_id, c.month, c.day, c.known_at, c.edition, s.organisation_id, s.numerator,
                           s.denominator, s.excluded, s.parts, s.measure_id
                    FROM closed c JOIN reporting_snapshot s ON s.closing_id = c.id
                    WHERE s.measure_id IN (SELECT id FROM reporting_measure WHERE key = %(key)s)),
                counted AS MATERIALIZED (SELECT DISTINCT organisation_id, day FROM snapshots),
                {units_sql(level)}
                SELECT u.unit_id, f.month, f.closing_id, f.known_at, f.edition, max(f.measure_id), sum(f.numerator),
                       sum(f.denominator), sum(f.excluded), count(f.numerator),
                       array_agg(o.name ORDER BY o.name) FILTER (WHERE f.numerator IS NULL),
                       array_agg(f.parts::text) FILTER (WHERE f.numerator IS NOT NULL)
                FROM snapshots f
                JOIN units u ON u.organisation_id = f.organisation_id AND u.day = f.day
                JOIN accounts_organisation o ON o.id = f.organisation_id
                WHERE u.unit_id = ANY(%(wanted)s)
                GROUP BY u.unit_id, f.month, f.closing_id, f.known_at, f.edition ORDER BY f.month, u.unit_id""",
            {
                "key": key,
                "first": first.replace(day=1),
                "last": last,
                "wanted": sorted(wanted),
                **as_parameters(units_parameters(level)),
            },
        )
        rows = cursor.fetchall()
    kept = MeasureVersion.objects.in_bulk({row[5] for row in rows})
    of = {pk: version_of(one).measure for pk, one in kept.items()}
    return [
        Figure(
            of[measure_id], units[unit], month, _whole(numerator), _whole(denominator), int(excluded), _summed(parts or ()),
            known, tuple(missing or ()), closing_id, known_at, edition,
        )
        for unit, month, closing_id, known_at, edition, measure_id, numerator, denominator, excluded, known, missing, parts
        in rows
    ]  # fmt: skip


def _whole(number: Decimal | None) -> int | None:
    return None if number is None else int(number)


def _summed(parts: Iterable[str]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in parts:
        for key, many in json.loads(one).items():
            total[key] = total.get(key, 0) + many
    return total


def explain(access: Access, key: str, *, month: date, organisation: str, edition: int | None = None) -> Explained:
    """A figure of an organisation, by ODS code, for a closed month, with all that it rests on. Raises NotClosed, LookupError for
    a measure that the closing has not or an organisation that the access does not reach, NotPermitted without
    Permission.REPORTS."""
    units = reach(access)
    unit = next((one for one in units.values() if one.ods_code == organisation), None)
    closing = closing_of(month, edition)
    row = MeasureVersion.objects.filter(
        key=key, pk__in=Snapshot.objects.filter(closing=closing).values("measure_id")
    ).first()
    if unit is None or row is None:
        raise LookupError(key if unit else organisation)
    version = version_of(row)
    below = _below(closing, version, unit)
    named = _may_see_people(access, unit)
    exact = named or access.sees_small_counts
    settled = publishing.settled(closing)
    cells, share_of = settled.cells, settled.whole
    told = _Telling(version.measure, cells, share_of, exact)
    sums = _summed(json.dumps(one.parts) for one, _, _ in below if one.numerator is not None)
    kept = version.kept
    reasons = recall.reasons_as_kept(kept) if kept else {}
    because = {code.removeprefix("because:"): many for code, many in sums.items() if code.startswith("because:")}
    out = _left_out(version.measure, reasons, because, [one for one, _, _ in below])
    if not exact and out:
        # Together, as they were settled with everything else; by reason they were not.
        words = " or ".join(said for said, _ in out)
        out = [(words, cells.get((unit.ods_code, publishing.out(version.measure.rows_of))))]
    rules = recall.rules_as_kept(kept) if kept else None
    return Explained(
        version=version,
        closing=closing,
        organisation=unit,
        row=told.row(unit.name, unit.ods_code, [one for one, _, _ in below]),
        practices=told.practices(below, settled.became) if unit.level is not Level.PRACTICE else [],
        missing=[name for one, name, _ in below if one.numerator is None],
        left_out=out,
        not_yet=[]
        if not exact or version.measure.source.counted != "complete"
        else [
            (reasons.get(code, code), many)
            for code, many in sorted(because.items(), key=lambda pair: -pair[1])
            if code != "done" and code not in version.measure.exclusions
        ],
        exact=exact,
        named=named,
        rules=f"{rules.name}, version {rules.version}" if rules else "",
        of=tuple(one.organisation_id for one, _, _ in below),
    )


def _left_out(
    measure: Measure, reasons: Mapping[str, str], because: Mapping[str, int], below: Sequence[Snapshot]
) -> list[tuple[str, Told]]:
    """How many are left out for each reason that the measure names; of events there is one at most."""
    if measure.source.relation:
        return [(code.replace("_", " "), sum(one.excluded for one in below)) for code in measure.exclusions[:1]]
    return [(reasons.get(code, code), because.get(code, 0)) for code in measure.exclusions]


class _Telling:
    """How the figures of a measure are told to somebody."""

    def __init__(self, measure: Measure, cells: publishing.Cells, share_of: Mapping[str, str], exact: bool) -> None:
        self.measure, self.cells, self.share_of, self.exact = measure, cells, share_of, exact

    def row(self, name: str, code: str, of: Sequence[Snapshot]) -> Row:
        key = self.measure.key
        if not self.exact:
            whole = self.cells.get((code, self.share_of.get(key, "")))
            return Row(name, code, self.cells.get((code, key)), whole, self.cells.get((code, publishing.SHARE + key)))
        numerators = [one.numerator for one in of if one.numerator is not None]
        denominators = [one.denominator for one in of if one.denominator is not None]
        numerator = sum(numerators) if numerators else None
        denominator = sum(denominators) if denominators else None
        share = Decimal(100 * numerator) / denominator if numerator is not None and denominator else None
        return Row(name, code, numerator, denominator, share)

    def practices(self, below: Iterable[tuple[Snapshot, str, str]], became: Mapping[str, tuple[str, str]]) -> list[Row]:
        """Each under what it has become, by name."""
        groups: dict[tuple[str, str], list[Snapshot]] = {}
        for one, _, code in below:
            groups.setdefault(became[code], []).append(one)
        return [self.row(name, code, of) for (code, name), of in sorted(groups.items(), key=lambda group: group[0][1])]


def _below(closing: Closing, version: Version, unit: Unit) -> list[tuple[Snapshot, str, str]]:
    """The kept figures that a figure sums, each with the name and the code of whose it is."""
    day = "(c.month + interval '1 month' - interval '1 day')::date"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH counted AS MATERIALIZED (
                    SELECT s.organisation_id, {day} AS day
                    FROM reporting_snapshot s JOIN reporting_closing c ON c.id = s.closing_id
                    WHERE s.closing_id = %(closing)s AND s.measure_id = %(measure)s),
                {units_sql(unit.level)}
                SELECT organisation_id FROM units WHERE unit_id = %(unit)s""",
            {
                "closing": closing.pk,
                "measure": version.id,
                "unit": unit.id,
                **as_parameters(units_parameters(unit.level)),
            },
        )
        keys = [key for (key,) in cursor.fetchall()]
    found = Snapshot.objects.filter(closing=closing, measure_id=version.id, organisation_id__in=keys)
    return [
        (one, one.organisation.name, one.organisation.ods_code)
        for one in found.select_related("organisation").order_by("organisation__name")
    ]


def _may_see_people(access: Access, unit: Unit) -> bool:
    """Whoever has the patients of a practice has their number."""
    if access.everything:
        return True
    return unit.level is Level.PRACTICE and unit.id in access.organisation_ids and access.may(Permission.PATIENTS)


@transaction.atomic
def people(access: Access, explained: Explained, *, who: str, start: int = 0) -> tuple[list[PersonRow], int]:
    """People behind a practice's figure, by name, `PEOPLE` from `start` on, and how many there are; nobody for whoever may not
    see them. Of events somebody stands there for each, with its day in `why`. Who looked is kept."""
    measure, unit = explained.measure, explained.organisation
    if not _may_see_people(access, unit) or unit.level is not Level.PRACTICE:
        return [], 0
    found, total = (_in_events if measure.source.relation else _kept)(access, explained, who, start)
    audit.record(
        by=access.actor,
        line=audit.Line(
            "see_people_counted",
            "closing",
            explained.closing.pk,
            organisation_id=unit.id,
            detail={"measure": measure.key, "who": who, "people": len(found)},
        ),
    )
    return found, total


def _in_events(access: Access, explained: Explained, who: str, start: int) -> tuple[list[PersonRow], int]:
    """A row for each event, worked out again as it was known when the month was closed."""
    measure, month = explained.measure, explained.closing.month
    which = {
        "counted": "e.within AND e.counted",
        "not_counted": "e.within AND NOT e.counted",
        "left_out": "NOT e.within",
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT e.patient_id, e.at FROM ({RELATIONS[measure.source.relation].sql}) e
                WHERE e.organisation_id = ANY(%(of)s) AND e.patient_id IS NOT NULL AND {which[who]}""",
            {"of": list(explained.of), **parameters(month, explained.closing.known_at)},
        )
        events = cursor.fetchall()
    theirs = patients.visible(access).filter(pk__in={patient_id for patient_id, _ in events})
    names = dict(theirs.values_list("pk", "name_key"))
    seen = sorted(
        ((names[key], key, at) for key, at in events if key in names), key=lambda one: (one[0], one[1], one[2])
    )
    page = seen[start : start + PEOPLE]
    people = patients.visible(access).in_bulk({key for _, key, _ in page})
    ended = last_day(month)
    return [
        PersonRow(
            ref=people[key].ref,
            name=people[key].shown_name,
            born_on=people[key].born_on,
            why=day(ended if measure.clock == "month_end" else at.astimezone(clock.LONDON).date()),
            done=(),
            missing=(),
        )
        for _, key, at in page
    ], len(seen)


def _kept(access: Access, explained: Explained, who: str, start: int) -> tuple[list[PersonRow], int]:
    """Whom the closing kept, by the rules of its time."""
    measure = explained.measure
    rows = SnapshotPerson.objects.filter(
        closing=explained.closing,
        measure__key=measure.rows_of,
        organisation_id__in=explained.of,
        patient__in=patients.visible(access),
    ).extra(where=[_who(explained, who)])
    total = rows.count()
    labels = _labels(explained)
    reasons = recall.reasons_as_kept(explained.version.kept) if explained.version.kept else {}
    found = [
        PersonRow(
            ref=one.patient.ref,
            name=one.patient.shown_name,
            born_on=one.patient.born_on,
            why=reasons.get(one.reason, one.reason),
            done=tuple(label for index, label in enumerate(labels) if one.parts >> index & 1),
            missing=tuple(label for index, label in enumerate(labels) if not one.parts >> index & 1),
        )
        for one in rows.select_related("patient").order_by("patient__name_key", "patient_id")[start : start + PEOPLE]
    ]
    return found, total


def _who(explained: Explained, who: str) -> str:
    """Of the kept people, as SQL over our own names."""
    source = explained.measure.source
    if source.counted in ("new", "lapsed"):
        return "in_numerator" if who == "counted" else "false"
    counted = "in_numerator"
    if source.counted == "part":
        rules = recall.rules_as_kept(explained.version.kept or {})
        counted = f"parts & {1 << [part.key for part in rules.parts].index(source.part)} <> 0"
    elif source.counted == "member":
        counted = "true"
    return {
        "counted": f"in_denominator AND {counted}",
        "not_counted": f"in_denominator AND NOT ({counted})",
        "left_out": "NOT in_denominator",
    }[who]


def _labels(explained: Explained) -> list[str]:
    kept = explained.version.kept
    return [part.label for part in recall.rules_as_kept(kept).parts] if kept else []


__all__ = [
    "PEOPLE",
    "WHO",
    "Explained",
    "Figure",
    "NotClosed",
    "PersonRow",
    "Row",
    "explain",
    "figures",
    "people",
]
