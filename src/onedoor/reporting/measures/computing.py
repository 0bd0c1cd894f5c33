"""Computing the measures of a month in sets, by practice, as known at a moment.

What is computed stands in two temporary tables, `measured` (as `Snapshot`) and `measured_person` (as `SnapshotPerson`), until
the transaction ends: closing a month keeps them, building it again holds them against what was kept. People are judged by recall,
once for a rule set and a day however many measures rest on it; nothing of a person is read into this process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from onedoor.recall import api as recall
from onedoor.reporting.measures.relations import RELATIONS, parameters
from onedoor.reporting.measures.versions import Version

_TABLES = """
DROP TABLE IF EXISTS measured, measured_person, measured_list;
CREATE TEMP TABLE measured (measure_id smallint, organisation_id bigint, numerator bigint, denominator bigint, excluded bigint,
    parts jsonb) ON COMMIT DROP;
CREATE TEMP TABLE measured_person (measure_id smallint, organisation_id bigint, patient_id bigint, in_denominator boolean,
    in_numerator boolean, reason varchar(40), parts int) ON COMMIT DROP;
"""
# A practice without a coded entry of anybody on its list has no record here: its register is not known, and not nought.
_LIST = """
CREATE TEMP TABLE measured_list ON COMMIT DROP AS
SELECT organisation_id, count(*) AS people, false AS silent FROM ({registered}) r GROUP BY organisation_id
"""
_QUIET = """
CREATE TEMP TABLE measured_quiet ON COMMIT DROP AS
SELECT r.patient_id, r.organisation_id FROM ({registered}) r
WHERE r.organisation_id IN (SELECT l.organisation_id FROM measured_list l
                            WHERE NOT EXISTS (SELECT 1 FROM {judged} j WHERE j.organisation_id = l.organisation_id))
"""
# Each of them is looked up by itself: those of a practice with nobody on the register are few.
_SILENT = """
UPDATE measured_list l SET silent = true
WHERE l.organisation_id IN (SELECT organisation_id FROM measured_quiet)
  AND l.organisation_id NOT IN (
      SELECT q.organisation_id FROM measured_quiet q CROSS JOIN LATERAL (
          SELECT 1 FROM records_entries_as_known(%(known)s) e WHERE e.patient_id = q.patient_id LIMIT 1) found)
"""
_EVERYBODY = """
INSERT INTO measured_person
SELECT %(measure)s, organisation_id, patient_id, in_denominator, in_numerator, reason, parts_done FROM {judged}
"""
# Only whom it counts: whoever else is on the register stands under the share of all.
_TURNED = """
INSERT INTO measured_person
SELECT %(measure)s, n.organisation_id, n.patient_id, false, true, '', n.parts_done
FROM {now} n LEFT JOIN {before} b ON b.patient_id = n.patient_id WHERE {which}
"""
_WHICH = {
    "new": "n.in_numerator AND NOT coalesce(b.in_numerator, false)",
    "lapsed": "n.in_denominator AND NOT n.in_numerator AND b.in_numerator",
}
_FIGURES = """
INSERT INTO measured
SELECT %(measure)s, l.organisation_id,
       CASE WHEN NOT l.silent AND %(told)s THEN coalesce(c.numerator, 0) END,
       CASE WHEN NOT l.silent AND %(share)s THEN coalesce(c.denominator, 0) END,
       coalesce(c.excluded, 0),
       jsonb_build_object('list', l.people) || coalesce(c.reasons, '{{}}') || coalesce(c.parts, '{{}}')
FROM measured_list l LEFT JOIN (
    SELECT j.organisation_id, count(*) FILTER (WHERE {counted}) AS numerator,
           count(*) FILTER (WHERE in_denominator) AS denominator,
           count(*) FILTER (WHERE NOT in_denominator) AS excluded,
           (SELECT jsonb_object_agg('because:' || r.reason, r.many) FROM (
               SELECT reason, count(*) AS many FROM {judged} k WHERE k.organisation_id = j.organisation_id
               GROUP BY reason) r) AS reasons,
           jsonb_strip_nulls(jsonb_build_object({parts})) AS parts
    FROM {judged} j GROUP BY j.organisation_id) c ON c.organisation_id = l.organisation_id
"""
_COUNTS = """
INSERT INTO measured
SELECT %(measure)s, l.organisation_id, CASE WHEN NOT l.silent AND %(told)s THEN coalesce(c.many, 0) END, NULL, 0,
       jsonb_build_object('list', l.people)
FROM measured_list l LEFT JOIN (
    SELECT organisation_id, count(*) AS many FROM measured_person WHERE measure_id = %(measure)s AND in_numerator
    GROUP BY organisation_id) c ON c.organisation_id = l.organisation_id
"""


def last_day(month: date) -> date:
    """Of the month of this day."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def as_parameters(values: Mapping[str, object]) -> dict[str, Any]:
    """As a cursor takes them."""
    return dict(values)


def compute(versions: Sequence[Version], *, month: date, known_at: datetime) -> None:
    """Fill `measured` and `measured_person` for a month, given by its first day, as known at a moment. In a transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("what is measured lasts as long as a transaction")
    on = last_day(month)
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        cursor.execute(
            "SET LOCAL jit = off; SET LOCAL work_mem = '64MB'; SET LOCAL max_parallel_workers_per_gather = 0"
        )
        cursor.execute(_LIST.format(registered=recall.registered_as_known_sql(known_at)), {"on": on})
        of_people: dict[str, list[Version]] = {}
        for version in versions:
            if version.kept:
                of_people.setdefault(version.judged_by, []).append(version)
            else:
                _events(cursor, version, month=month, known_at=known_at)
        for number, group in enumerate(of_people.values()):
            _people(cursor, group, number, month=month, on=on, known_at=known_at)


def _people(
    cursor: CursorWrapper, group: Sequence[Version], number: int, *, month: date, on: date, known_at: datetime
) -> None:
    """The measures of one rule set."""
    kept = group[0].kept or {}
    now, before = f"judged_now_{number}", f"judged_before_{number}"
    days = {now: on}
    if any(version.measure.source.counted in _WHICH for version in group):
        days[before] = month - timedelta(days=1)
    recall.judge_as_known(cursor, kept, days=days, known_at=known_at)
    registered = recall.registered_as_known_sql(known_at)
    cursor.execute("DROP TABLE IF EXISTS measured_quiet")
    cursor.execute(_QUIET.format(registered=registered, judged=now), {"on": on})
    cursor.execute("ANALYZE measured_quiet")
    cursor.execute(_SILENT, {"known": known_at})
    known = _Known(kept)
    for version in group:
        measure, counted = version.measure, version.measure.source.counted
        told = known.register and (
            known.part(measure.source.part) if measure.source.part else known.all or counted == "member"
        )
        values: dict[str, Any] = {"measure": version.id, "told": told, "share": measure.is_share and known.register}
        if counted in _WHICH:
            cursor.execute(_TURNED.format(now=now, before=before, which=_WHICH[counted] if told else "false"), values)
            cursor.execute(_COUNTS, values)
            continue
        if measure.rows_of == measure.key:
            cursor.execute(_EVERYBODY.format(judged=now), values)
        cursor.execute(
            _FIGURES.format(
                judged=now, counted=known.test(counted, measure.source.part), parts=known.parts(measure.parts)
            ),
            values,
        )


class _Known:
    """What of a kept rule set can be known: a part whose code sets are all empty is never done, and nobody can say how many."""

    def __init__(self, kept: Any) -> None:
        self._rules = recall.rules_as_kept(kept)
        empty = {key for key, codes in kept["members"].items() if not codes}
        self._index = {part.key: index for index, part in enumerate(self._rules.parts)}
        self._filled = {part.key for part in self._rules.parts if not set(part.done) <= empty}
        self.all = len(self._filled) == len(self._index)
        facts = self._rules.facts
        asked = {
            key
            for cohort in self._rules.cohorts
            for cond in cohort.test.conditions()
            if cond.subject in facts
            for key in facts[cond.subject].sets
        }
        self.register = not asked or not asked <= empty

    def part(self, key: str) -> bool:
        return key in self._filled

    def test(self, counted: str, part: str) -> str:
        """Who of the judged is in the numerator, as SQL."""
        if counted == "part":
            return f"in_denominator AND parts_done & {1 << self._index[part]} <> 0"
        return "in_denominator" if counted == "member" else "in_denominator AND in_numerator"

    def parts(self, keys: Sequence[str]) -> str:
        """Arguments of jsonb_build_object: a count of each part that can be known."""
        known = [key for key in keys if key in self._filled]
        return ", ".join(f"'{key}', count(*) FILTER (WHERE {self.test('part', key)})" for key in known)


def _events(cursor: CursorWrapper, version: Version, *, month: date, known_at: datetime) -> None:
    cursor.execute(
        f"""INSERT INTO measured
            SELECT %(measure)s, e.organisation_id, count(*) FILTER (WHERE e.within AND e.counted),
                   CASE WHEN %(share)s THEN count(*) FILTER (WHERE e.within) END, count(*) FILTER (WHERE NOT e.within), '{{}}'
            FROM ({RELATIONS[version.measure.source.relation].sql}) e GROUP BY e.organisation_id""",
        {"measure": version.id, "share": version.measure.is_share, **parameters(month, known_at)},
    )
