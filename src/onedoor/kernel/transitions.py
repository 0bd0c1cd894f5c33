"""States: one table of allowed moves for each kind of thing; history is rows that are only ever added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models
from psycopg import sql

from onedoor.kernel import clock
from onedoor.kernel.actor import Actor

Moves = Mapping[str, frozenset[str]]


_declared: dict[str, Moves] = {}


def declare_moves(name: str, moves: Moves) -> Moves:
    """Name a table of moves, so that the reference page shows it."""
    _declared[name] = moves
    return moves


def declared() -> dict[str, Moves]:
    """Every named table of moves."""
    return dict(_declared)


def transition(
    *,
    model: type[models.Model],
    history: type[models.Model],
    moves: Moves,
    ids: Sequence[int],
    to: str,
    by: Actor,
    reason: str = "",
    also: Mapping[str, Any] | None = None,
    noted: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> list[int]:
    """Move the rows `ids` of `model` to state `to` where the table of moves allows it; returns the ids that moved.

    One conditional update guards on the present state, and one insert writes the history (columns: parent_id, from_state,
    to_state, at, actor_kind, actor_id, actor_label, reason). Rows in other states stay as they are: the caller compares
    what moved with what it asked for. `also` sets more columns of the row in the same update, `noted` more of its history's. It
    happens now unless `at` says when.
    """
    sources = [state for state, targets in moves.items() if to in targets]
    assignments = {"state": to, **(also or {})}
    table = sql.Identifier(model._meta.db_table)
    update = sql.SQL(
        """WITH before AS (SELECT id, state FROM {t} WHERE id = ANY(%s) AND state = ANY(%s) ORDER BY id FOR UPDATE),
                moved AS (UPDATE {t} AS t SET {sets} FROM before WHERE t.id = before.id RETURNING t.id, before.state)
           INSERT INTO {h} (parent_id, from_state, to_state, at, actor_kind, actor_id, actor_label, reason{columns})
           SELECT id, state, %s, %s, %s, %s, %s, %s{values} FROM moved RETURNING parent_id"""
    ).format(
        t=table,
        columns=sql.SQL("").join(sql.SQL(", {}").format(sql.Identifier(column)) for column in noted or {}),
        values=sql.SQL(", %s" * len(noted or {})),
        h=sql.Identifier(history._meta.db_table),
        sets=sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(column)) for column in assignments),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            update,
            [
                list(ids),
                sources,
                *assignments.values(),
                to,
                at or clock.now(),
                by.kind,
                by.id,
                by.label,
                reason,
                *(noted or {}).values(),
            ],
        )
        return sorted(row[0] for row in cursor.fetchall())


def record_first(*, history: type[models.Model], ids: Iterable[int], state: str, by: Actor, reason: str = "") -> None:
    """Write the first history row of things just made in `state`."""
    at = clock.now()
    history._default_manager.bulk_create(
        [
            history(
                parent_id=key,
                from_state="",
                to_state=state,
                at=at,
                actor_kind=by.kind,
                actor_id=by.id,
                actor_label=by.label,
                reason=reason,
            )
            for key in ids
        ],
        batch_size=5_000,
    )


class StateHistory(models.Model):
    """Columns of every history table; a concrete one adds `parent`, a foreign key."""

    id = models.BigAutoField(primary_key=True)
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=80)
    reason = models.CharField(max_length=80, blank=True)

    class Meta:
        abstract = True
