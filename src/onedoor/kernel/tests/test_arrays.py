"""PostgreSQL reads what we write."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection

from onedoor.kernel import arrays


def read(text: str, kind: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}[]", [text])
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_every_kind_comes_back_as_it_was() -> None:
    texts = ["", "NULL", None, 'a"b', "back\\slash", "{,}", "two\nlines", "ł 😀", "'quoted'", " "]
    assert read(arrays.words(texts), "text") == texts
    one = uuid.uuid4()
    assert read(arrays.words([one]), "uuid") == [one]
    assert read(arrays.numbers([1, -2, 9_007_199_254_740_993]), "bigint") == [1, -2, 9_007_199_254_740_993]
    assert read(arrays.numbers([0.25, 1e-9, 300.0]), "float8") == [0.25, 1e-9, 300.0]
    assert read(arrays.flags([True, False]), "boolean") == [True, False]
    assert (
        read(arrays.numbers([]), "bigint") == read(arrays.words([]), "text") == read(arrays.flags([]), "boolean") == []
    )
