"""Filling tables that are as good as empty: indexes and keys come off first and go back on over all rows at once.

PostgreSQL's manual advises it for populating a database (14.4.3, 14.4.4): building an index by sorting and checking a key by
one join cost a third of keeping them up row by row. It shuts readers out until the transaction ends, so it is for the list that
brings an installation its people, and only when nobody else is using the tables at that moment.
"""

from __future__ import annotations

from typing import Any

from django.db import OperationalError, transaction

TABLES = (
    "patients_patient",
    "patients_identifier",
    "patients_contact_point",
    "patients_need",
    "patients_care_relationship",
)
AT_LEAST = 50_000
"""Rows below which the ordinary way is fast enough."""
TIMES = 10
"""How many times as many rows must come as there are patients."""
_PATIENCE = "2s"


def take_down(cursor: Any, *, expected: int) -> list[str]:
    """Take indexes and keys off if `expected` rows are worth it; returns the statements that put them back, if any."""
    if expected < AT_LEAST:
        return []
    cursor.execute("SELECT count(*) FROM (SELECT 1 FROM patients_patient LIMIT %s) AS known", [expected // TIMES + 1])
    if cursor.fetchone()[0] > expected // TIMES:
        return []
    try:
        with transaction.atomic():
            cursor.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
            cursor.execute(f"LOCK TABLE {', '.join(TABLES)}, accounts_organisation IN ACCESS EXCLUSIVE MODE")
            cursor.execute("SET LOCAL lock_timeout = 0")
    except OperationalError:
        return []  # somebody is at work in them: the ordinary way
    settle(cursor)
    cursor.execute("SET LOCAL maintenance_work_mem = '128MB'")
    cursor.execute(_CONSTRAINTS, [list(TABLES)])
    constraints = cursor.fetchall()
    cursor.execute(_INDEXES, [list(TABLES)])
    indexes = cursor.fetchall()
    for table, name, _, _ in constraints:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")

    def add(*kinds: str) -> list[str]:
        return [f"ALTER TABLE {t} ADD CONSTRAINT {name} {text}" for t, name, kind, text in constraints if kind in kinds]

    return [*add("p", "u"), *(definition for _, definition in indexes), *add("f")]


def settle(cursor: Any) -> None:
    """Do now the checks that wait for the end of the transaction: a table may not be altered while some of its rows wait."""
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")


_CONSTRAINTS = """
    SELECT conrelid::regclass::text, quote_ident(conname), contype::text, pg_get_constraintdef(c.oid) FROM pg_constraint c
    WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('f', 'p', 'u')
      AND (contype = 'f' OR NOT EXISTS (SELECT 1 FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = c.conindid))
    ORDER BY contype = 'f' DESC, conname
"""
"""All but the keys to which other tables refer; foreign keys first."""

_INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i
    WHERE indrelid = ANY(%s::regclass[])
      AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype <> 'f')
    ORDER BY 1
"""
