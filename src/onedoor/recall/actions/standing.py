"""Working out where people stand: everybody, those who changed, a few at once (docs/reference/rule-sets.md).

All three do the same for a batch of people in one transaction: read their entries once, judge them under every rule set in
force, and write what differs. Readers see the old standings until it commits, and nobody who writes entries waits: they only
ever add to `recall_stale`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg.errors import LockNotAvailable

from onedoor.kernel import audit, clock
from onedoor.kernel.actor import Actor
from onedoor.recall import compiler
from onedoor.recall.compiler import Compiled, Slots
from onedoor.recall.models import RuleSet
from onedoor.recall.ruleset import parse, shipped
from onedoor.recall.versions import rule_sets_in_force

RANGE = 100_000
"""Keys of patients in one batch of a whole computation."""
SLICE = 20_000
"""People in one batch of a refresh."""
CROWD = 100_000
"""From so many on the list on they are worked out by ranges: reading everybody once is cheaper than looking each of them up."""
LOOK_SECONDS = 600
"""Real time after which it is asked again who differs from what is known of them."""
PATIENCE = "500ms"
"""How long a page waits for the rows of a batch: less than `deadlock_timeout`, so that it gives way and the batch never does."""
_LOCK = (7_203, 5)

_SETTINGS = "SET LOCAL jit = off; SET LOCAL work_mem = '64MB'; SET LOCAL max_parallel_workers_per_gather = 0"
_COLUMNS = """organisation_id, status, reason, in_denominator, in_numerator, parts_done, parts_declined, due_on, expires_on,
    changes_on"""


@dataclass(frozen=True)
class Program:
    """The rule sets in force on a day, compiled."""

    on: date
    rule_sets: dict[int, Compiled]
    slots: Slots
    fingerprint: str


# Rule sets


@transaction.atomic
def load_rule_sets() -> int:
    """Take in the rule sets that are shipped. Returns how many were new or said something else."""
    by = Actor.system("rule sets as shipped")
    kept = {(one.key, one.version): one for one in RuleSet.objects.all()}
    changed = 0
    for one in shipped():
        known = kept.get((one.key, one.version))
        if known is not None and known.sha256 == one.digest:
            continue
        found, _ = RuleSet.objects.update_or_create(
            key=one.key,
            version=one.version,
            defaults={
                "programme": one.programme,
                "active_from": one.active_from,
                "content": dict(one.content),
                "sha256": one.digest,
            },
        )
        audit.record(
            by=by,
            line=audit.Line(
                "load_rule_set",
                "rule_set",
                found.pk,
                detail={"key": one.key, "version": one.version, "sha256": one.digest},
            ),
        )
        changed += 1
    return changed


def program(on: date, *, only: RuleSet | None = None) -> Program:
    """What is in force on a day, or one of it, compiled against the code sets as they stand. Two queries."""
    rows = rule_sets_in_force(on) if only is None else {only.key: only}
    parsed = {one.pk: parse(one.content) for one in rows.values()}
    keys = sorted({key for one in parsed.values() for key in one.sets})
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT key, md5(string_agg(code_id::text, ',' ORDER BY code_id)) FROM records_code_members
               WHERE key = ANY(%s) GROUP BY key ORDER BY key""",
            [keys],
        )
        members = cursor.fetchall()
    empty = frozenset(keys) - {key for key, _ in members}
    compiled, slots = compiler.compile_all(parsed, on, empty)
    basis = [(one.pk, one.sha256) for one in rows.values()], members
    return Program(on, compiled, slots, hashlib.sha256(repr(basis).encode()).hexdigest())


# Batches


def compute(*, on: date | None = None) -> int:
    """Work everybody out for a day (today), in batches of keys, each in a transaction. Returns how many people."""
    load_rule_sets()
    made = program(on or clock.today())
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT min(first) - 1, max(last) FROM (
                   SELECT min(patient_id) AS first, max(patient_id) AS last FROM patients_registered
                   UNION ALL SELECT min(patient_id), max(patient_id) FROM recall_known) b"""
        )
        low, last = cursor.fetchone()
    people = 0
    while low is not None and low < last:
        high = min(low + RANGE, last)
        people += _range(made, low, high)
        low = high
    _looked(made)
    return people


@transaction.atomic
def refresh(*, patient_ids: Sequence[int], on: date | None = None) -> int:
    """Work these people out at once, for a page that shows what was just written. Returns how many.

    0 when a batch holds their rows for longer than `PATIENCE`: they are on the list then, and the caller's transaction goes on.
    """
    try:
        with transaction.atomic(), _batch() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout'), set_config('lock_timeout', %s, true)", [PATIENCE])
            usual = cursor.fetchone()[0]
            people = _refresh(cursor, sorted(set(patient_ids)), on or clock.today())
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [usual])
            return people
    except OperationalError as late:
        if not isinstance(late.__cause__, LockNotAvailable):
            raise
    mark_stale(patient_ids=patient_ids)
    return 0


def _refresh(cursor: CursorWrapper, patient_ids: list[int], on: date) -> int:
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", _LOCK)
    alone = cursor.fetchone()[0]
    stale: list[int] = []
    if alone:
        # While a batch of others is under way they stay on the list: what it read before may be written after this.
        cursor.execute("SELECT id FROM recall_stale WHERE patient_id = ANY(%s)", [patient_ids])
        stale = [key for (key,) in cursor.fetchall()]
    return _some(cursor, program(on), patient_ids, stale)


def refresh_due(*, limit: int = SLICE) -> int:
    """One slice of those whose standing may no longer be right. Returns how many; 0 when nobody is left.

    They are those of whom something was written, those for whom the day changes something, and those who registered, left, died
    or differ otherwise from what is known of them.
    """
    load_rule_sets()
    made = program(clock.today())
    _look(made)
    crowd = _crowd_from()
    if crowd is not None:
        return max(1, _range(made, crowd - 1, crowd - 1 + RANGE))
    with transaction.atomic(), _batch() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)
        cursor.execute("SELECT id, patient_id FROM recall_stale ORDER BY id LIMIT %s", [limit])
        found = cursor.fetchall()
        if not found:
            return 0
        _some(cursor, made, sorted({patient for _, patient in found}), [key for key, _ in found])
        return len(found)


def bring_up_to_date() -> int:
    """Every slice that is due, after asking anew who differs. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE recall_basis SET looked_at = '-infinity'")
    done = 0
    while did := refresh_due():
        done += did
    return done


def mark_stale(*, patient_ids: Sequence[int] = (), import_id: int | None = None) -> None:
    """Have these people worked out again, or everybody of an import; in the caller's transaction."""
    with connection.cursor() as cursor:
        if import_id is not None:
            cursor.execute(
                """INSERT INTO recall_stale (patient_id)
                   SELECT DISTINCT patient_id FROM records_import_patients WHERE import_id = %s""",
                [import_id],
            )
        elif patient_ids:
            cursor.execute("INSERT INTO recall_stale (patient_id) SELECT unnest(%s::bigint[])", [list(patient_ids)])


def _crowd_from() -> int | None:
    """The lowest key of those on the list, when they are a crowd."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT CASE WHEN (SELECT count(*) FROM (SELECT 1 FROM recall_stale LIMIT %(crowd)s) s) = %(crowd)s
                    THEN (SELECT min(patient_id) FROM recall_stale) END""",
            {"crowd": CROWD},
        )
        found: int | None = cursor.fetchone()[0]
    return found


def _look(made: Program) -> None:
    """Put on the list everybody who differs, once a day and every ten minutes: all of them when the rules do."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK[0], _LOCK[1] + 1))
        cursor.execute(
            """SELECT fingerprint <> %(basis)s OR looked_on > %(on)s,
                      looked_on = %(on)s AND looked_at > clock_timestamp() - make_interval(secs => %(rest)s)
               FROM recall_basis""",
            {"basis": made.fingerprint, "on": made.on, "rest": LOOK_SECONDS},
        )
        other_rules, seen = cursor.fetchone() or (False, False)
        if seen and not other_rules:
            return
        cursor.execute(_SETTINGS)
        if other_rules:
            # Or the clock was set back: what a day changes is only known forwards.
            cursor.execute(
                """INSERT INTO recall_stale (patient_id)
                   SELECT patient_id FROM patients_registered UNION SELECT patient_id FROM recall_known"""
            )
        else:
            cursor.execute(
                f"""INSERT INTO recall_stale (patient_id)
                    SELECT d.patient_id FROM (
                        SELECT coalesce(k.patient_id, r.patient_id) AS patient_id
                        FROM recall_known k FULL JOIN ({PRESENT}) r ON r.patient_id = k.patient_id
                        WHERE (k.organisation_id, k.since, k.born_on) IS DISTINCT FROM (r.organisation_id, r.since, r.born_on)
                        UNION SELECT patient_id FROM recall_known WHERE changes_on <= %(on)s) d
                    WHERE NOT EXISTS (SELECT 1 FROM recall_stale s WHERE s.patient_id = d.patient_id)""",
                {"on": made.on},
            )
        _looked(made)


PRESENT = """SELECT DISTINCT ON (patient_id) patient_id, organisation_id, since, born_on FROM patients_registered
    WHERE since <= %(on)s AND (until IS NULL OR until > %(on)s) AND NOT deceased
    ORDER BY patient_id, since DESC, organisation_id DESC"""


def _looked(made: Program) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO recall_basis (id, fingerprint, looked_on, looked_at) VALUES (1, %s, %s, clock_timestamp())
               ON CONFLICT (id) DO UPDATE SET fingerprint = EXCLUDED.fingerprint, looked_on = EXCLUDED.looked_on,
                   looked_at = EXCLUDED.looked_at""",
            [made.fingerprint, made.on],
        )


@contextmanager
def _batch() -> Iterator[CursorWrapper]:
    with connection.cursor() as cursor:
        cursor.execute(_SETTINGS)
        yield cursor


@transaction.atomic
def _range(made: Program, low: int, high: int) -> int:
    """Everybody whose key is in (low, high]."""
    bounds: dict[str, Any] = {"low": low, "high": high, "on": made.on}
    with _batch() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)
        cursor.execute("SELECT id FROM recall_stale WHERE patient_id > %(low)s AND patient_id <= %(high)s", bounds)
        stale = [key for (key,) in cursor.fetchall()]
        within = "WHERE patient_id > %(low)s AND patient_id <= %(high)s AND"
        cursor.execute(
            f"CREATE TEMP TABLE recall_asked ON COMMIT DROP AS {PRESENT.replace('WHERE', within, 1)}", bounds
        )
        cursor.execute(
            """INSERT INTO recall_asked (patient_id) SELECT patient_id FROM recall_known k
               WHERE patient_id > %(low)s AND patient_id <= %(high)s
                 AND NOT EXISTS (SELECT 1 FROM recall_asked a WHERE a.patient_id = k.patient_id)""",
            bounds,
        )
        people = _judge(cursor, made, compiler.OF_RANGE, bounds)
        _forget(cursor, stale)
        return people


def _some(cursor: CursorWrapper, made: Program, patient_ids: list[int], stale: list[int]) -> int:
    """These people, in the caller's transaction."""
    chosen: dict[str, Any] = {"ids": patient_ids, "on": made.on}
    cursor.execute(
        f"""CREATE TEMP TABLE recall_asked ON COMMIT DROP AS
            SELECT w.patient_id, r.organisation_id, r.since, r.born_on FROM unnest(%(ids)s::bigint[]) AS w(patient_id)
            LEFT JOIN ({PRESENT.replace("WHERE", "WHERE patient_id = ANY(%(ids)s) AND", 1)}) r USING (patient_id)""",
        chosen,
    )
    people = _judge(cursor, made, compiler.OF_SOME, chosen)
    _forget(cursor, stale)
    return people


def _forget(cursor: CursorWrapper, stale: list[int]) -> None:
    if stale:
        cursor.execute("DELETE FROM recall_stale WHERE id = ANY(%s)", [stale])


def _judge(cursor: CursorWrapper, made: Program, entries: str, bounds: dict[str, Any]) -> int:
    """Judge those of `recall_asked` and write what differs. Returns how many they are."""
    cursor.execute("ANALYZE recall_asked")
    cursor.execute(
        f"CREATE TEMP TABLE recall_map ON COMMIT DROP AS {compiler.MAP}", compiler.map_parameters(made.slots.map_rows())
    )
    cursor.execute("ANALYZE recall_map")
    # However old the statistics of the entries are: a range is read once and hashed, some people are looked up.
    cursor.execute(f"SET LOCAL enable_nestloop = {'off' if entries is compiler.OF_RANGE else 'on'}")
    cursor.execute(f"CREATE TEMP TABLE recall_facts ON COMMIT DROP AS {compiler.facts_sql(entries)}", bounds)
    cursor.execute("SET LOCAL enable_nestloop = on")
    # Not its arrays, of which nothing is ever estimated.
    cursor.execute("ANALYZE recall_facts (patient_id)")
    cursor.execute(
        """CREATE TEMP TABLE recall_next (rule_set_id smallint, patient_id bigint, organisation_id bigint, status smallint,
               reason varchar(30), in_denominator boolean, in_numerator boolean, parts_done int, parts_declined int, due_on date,
               expires_on date, changes_on date, member boolean) ON COMMIT DROP"""
    )
    for key, compiled in made.rule_sets.items():
        cursor.execute(
            f"INSERT INTO recall_next SELECT {key}, patient_id, {_COLUMNS}, member FROM ({compiled.judged()}) j"
        )
    cursor.execute("ANALYZE recall_next")
    _write(cursor, made)
    cursor.execute("SELECT count(*) FROM recall_asked")
    people: int = cursor.fetchone()[0]
    for table in ("recall_asked", "recall_map", "recall_facts", "recall_next"):
        cursor.execute(f"DROP TABLE {table}")
    return people


def _write(cursor: CursorWrapper, made: Program) -> None:
    # What goes is locked by key first: DELETE has no order, and two at once could each wait for the other.
    cursor.execute(
        """WITH gone AS MATERIALIZED (
               SELECT s.patient_id, s.rule_set_id FROM recall_standing s JOIN recall_asked a USING (patient_id)
               WHERE s.rule_set_id = ANY(ARRAY(SELECT id FROM recall_rule_set))
                 AND NOT EXISTS (SELECT 1 FROM recall_next n
                                 WHERE n.rule_set_id = s.rule_set_id AND n.patient_id = s.patient_id AND n.member)
               ORDER BY s.patient_id, s.rule_set_id FOR UPDATE OF s)
           DELETE FROM recall_standing s USING gone
           WHERE s.patient_id = gone.patient_id AND s.rule_set_id = gone.rule_set_id"""
    )
    names = [name.strip() for name in _COLUMNS.split(",")]
    new = ", ".join(f"n.{name}" for name in names)
    old = ", ".join(f"s.{name}" for name in names)
    cursor.execute(
        f"""INSERT INTO recall_standing (rule_set_id, patient_id, {_COLUMNS}, computed_on)
            SELECT n.rule_set_id, n.patient_id, {new}, %s FROM recall_next n
            LEFT JOIN recall_standing s ON s.rule_set_id = n.rule_set_id AND s.patient_id = n.patient_id
            WHERE n.member AND (s.patient_id IS NULL OR ({old}) IS DISTINCT FROM ({new}))
            ORDER BY n.patient_id, n.rule_set_id
            ON CONFLICT (patient_id, rule_set_id) DO UPDATE SET
                {", ".join(f"{name} = EXCLUDED.{name}" for name in names)}, computed_on = EXCLUDED.computed_on""",
        [made.on],
    )
    ages = sorted({age for compiled in made.rule_sets.values() for age in compiled.ages()})
    turns = "".join(
        f", CASE WHEN {compiler.lapses('a.born_on', 12 * age)} > %(on)s THEN {compiler.lapses('a.born_on', 12 * age)} END"
        for age in ages
    )
    cursor.execute(
        """WITH gone AS MATERIALIZED (
               SELECT k.patient_id FROM recall_known k JOIN recall_asked a USING (patient_id)
               WHERE a.organisation_id IS NULL ORDER BY k.patient_id FOR UPDATE OF k)
           DELETE FROM recall_known k USING gone WHERE k.patient_id = gone.patient_id"""
    )
    cursor.execute(
        f"""INSERT INTO recall_known (patient_id, organisation_id, since, born_on, changes_on)
            SELECT w.* FROM (
                SELECT a.patient_id, a.organisation_id, a.since, a.born_on, least(n.changes_on{turns},
                           {compiler.ahead(list(made.slots.numbers.values()))}
                       ) AS changes_on
                FROM recall_facts a
                LEFT JOIN (SELECT patient_id, min(changes_on) AS changes_on FROM recall_next GROUP BY patient_id) n
                    ON n.patient_id = a.patient_id
                ) w
            LEFT JOIN recall_known k ON k.patient_id = w.patient_id
            WHERE k.patient_id IS NULL OR (k.organisation_id, k.since, k.born_on, k.changes_on)
                  IS DISTINCT FROM (w.organisation_id, w.since, w.born_on, w.changes_on)
            ORDER BY w.patient_id
            ON CONFLICT (patient_id) DO UPDATE SET organisation_id = EXCLUDED.organisation_id, since = EXCLUDED.since,
                born_on = EXCLUDED.born_on, changes_on = EXCLUDED.changes_on""",
        {"on": made.on},
    )
