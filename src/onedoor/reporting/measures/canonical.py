"""A closed month written out in its order, always in the same bytes: the figures, then the people behind them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, cast

from django.db import connection

_FIGURES = """
SELECT v.key AS measure, v.version, o.ods_code, m.numerator, m.denominator, m.excluded, m.parts
FROM {figures} m JOIN reporting_measure v ON v.id = m.measure_id JOIN accounts_organisation o ON o.id = m.organisation_id
ORDER BY v.key COLLATE "C", v.version COLLATE "C", o.ods_code COLLATE "C"
"""
_PEOPLE = """
SELECT v.key AS measure, o.ods_code, m.patient_id, m.in_denominator, m.in_numerator, m.reason, m.parts
FROM {people} m JOIN reporting_measure v ON v.id = m.measure_id JOIN accounts_organisation o ON o.id = m.organisation_id
ORDER BY v.key COLLATE "C", o.ods_code COLLATE "C", m.patient_id
"""


def kept(closing_id: int) -> tuple[str, str]:
    """The relations of a closing's figures and people."""
    of = f"WHERE closing_id = {int(closing_id)}"
    return f"(SELECT * FROM reporting_snapshot {of})", f"(SELECT * FROM reporting_snapshot_person {of})"


BUILT = ("measured", "measured_person")
"""The relations of what was just computed."""


def figures_csv(relations: tuple[str, str]) -> bytes:
    """The figures: measure, version, ods_code, numerator, denominator, excluded, parts; a header row, sorted."""
    return b"".join(_copied(_FIGURES.format(figures=relations[0])))


def sha256(relations: tuple[str, str]) -> str:
    """Of the figures and the people, never all in memory at once."""
    found = hashlib.sha256()
    for statement in (_FIGURES.format(figures=relations[0]), _PEOPLE.format(people=relations[1])):
        for block in _copied(statement):
            found.update(block)
    return found.hexdigest()


def _copied(statement: str) -> Iterator[bytes]:
    with connection.cursor() as cursor:
        copying = cast(Any, cursor).copy(f"COPY ({statement}) TO STDOUT (FORMAT csv, HEADER true)")
        with copying as copy:
            for block in copy:
                yield bytes(block)
