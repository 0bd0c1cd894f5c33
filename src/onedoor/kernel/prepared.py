"""Statements that run thousands of times an hour: parsed and planned once for each connection, then only run.

Django writes values into the text of a statement, so that PostgreSQL meets each as a new one; for those of the outbox reading
and planning it cost as much as running it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper


class _Prepared(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **how: Any) -> _Prepared:
        return super().execute(query, params, prepare=True)


def execute(statement: str, parameters: Mapping[str, Any] | Sequence[Any]) -> CursorWrapper:
    """Run a statement on Django's connection and in its transaction; values go beside the text, so each needs a type there.

    Plans do not look at values, and are kept while a table grows: only for statements that can go no other way than by key.
    Errors and counts of statements are as with any cursor.
    """
    connection.ensure_connection()
    if connection.connection.prepare_threshold is None:
        # Django forbids it to the whole connection. Its own cursors write values into the text, which is never prepared.
        connection.connection.prepare_threshold = sys.maxsize
    cursor: Any = _Prepared(connection.connection)
    wrapped = connection.make_debug_cursor(cursor) if connection.queries_logged else connection.make_cursor(cursor)
    wrapped.execute(statement, parameters)
    return wrapped
