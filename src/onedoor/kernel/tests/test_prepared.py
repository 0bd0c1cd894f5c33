"""PostgreSQL knows a statement that it was told to keep."""

from __future__ import annotations

import pytest
from django.db import connection

from onedoor.kernel import prepared


@pytest.mark.django_db
def test_a_statement_is_kept_by_the_connection_whatever_its_values_are() -> None:
    for n in (1, 2):
        assert prepared.execute("SELECT %s::bigint + 41", [n]).fetchone() == (n + 41,)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 43")
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1::bigint + 41%'")
        assert cursor.fetchone() == (1,)
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT 43%'")
        assert cursor.fetchone() == (0,)
