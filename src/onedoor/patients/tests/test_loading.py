"""Indexes and keys that come off for a first list are all back afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from onedoor import factories
from onedoor.patients import loading

pytestmark = pytest.mark.django_db


def definitions() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
               WHERE conrelid = ANY(%(tables)s::regclass[]) AND contype <> 'n'  -- 18 lists NOT NULL here, 15 does not
               UNION ALL
               SELECT tablename, indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%(tables)s) ORDER BY 1, 2, 3""",
            {"tables": list(loading.TABLES)},
        )
        return list(cursor.fetchall())


def test_all_comes_back() -> None:
    before = definitions()
    with connection.cursor() as cursor:
        put_back = loading.take_down(cursor, expected=loading.AT_LEAST)
        bare = definitions()
        for statement in put_back:
            cursor.execute(statement)
    assert len(bare) < len(before) / 2
    assert definitions() == before


@pytest.mark.parametrize("expected", [10, loading.AT_LEAST - 1])
def test_small_lists_take_nothing_down(expected: int) -> None:
    factories.patient(factories.practice())
    before = definitions()
    with connection.cursor() as cursor:
        assert loading.take_down(cursor, expected=expected) == []
    assert definitions() == before
