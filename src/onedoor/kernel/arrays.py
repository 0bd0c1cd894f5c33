"""Arrays for statements that take thousands of keys: PostgreSQL's own notation, written in one go.

psycopg writes a list element by element, at a microsecond each and holding the interpreter; on the way of a text through the
outbox that was a tenth of all work. A value from here needs a cast where it is used: `unnest(%s::bigint[])`.
"""

from __future__ import annotations

from collections.abc import Iterable


def numbers(values: Iterable[float]) -> str:
    """Whole or broken numbers, none of them missing."""
    return "{" + ",".join(map(str, values)) + "}"


def flags(values: Iterable[bool]) -> str:
    """Booleans, none of them missing."""
    return "{" + ",".join("t" if value else "f" for value in values) + "}"


def words(values: Iterable[object | None]) -> str:
    """Texts, and what is written as one (UUIDs); None is NULL."""
    texts = [None if value is None else str(value) for value in values]
    plain = "".join(filter(None, texts))
    if "\\" in plain or '"' in plain:
        texts = [text and text.replace("\\", "\\\\").replace('"', '\\"') for text in texts]
    return "{" + ",".join(["NULL" if text is None else f'"{text}"' for text in texts]) + "}"
