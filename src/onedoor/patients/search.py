"""Finding patients by what somebody types: as quick among a million as among a thousand (measured: `bench patients`).

Each way in is read from an index of its own, no further than the page is long; who may be seen is asked of each one found.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.db import connection

from onedoor.kernel import clock, nhs_number
from onedoor.kernel.access import Access
from onedoor.kernel.words import folded
from onedoor.patients.models import Patient
from onedoor.patients.queries import visible

_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_LAST = chr(0x10FFFF)
_LONGEST = 200
"""Letters of a search; the database refuses a word that is longer than any name by far."""

# As in the index `patient_words`: each word of a name, and the day of birth as a number with a # before it.
_WORDS = """array_to_tsvector(array_append(array_remove(string_to_array(name_key::text, ' '), ''),
    '#' || (born_on - date '1900-01-01')::text))"""

# Found is read no further than there are enough that may be seen.
_MAY = """LATERAL (SELECT 1 FROM patients_care_relationship r WHERE r.patient_id = f.id
    AND r.organisation_id = ANY(%(organisations)s::bigint[]) AND r.starts_on <= %(today)s
    AND (r.ends_on IS NULL OR r.ends_on > %(today)s) LIMIT 1) may"""

_BEGINS = """
    SELECT f.id FROM patients_patient f, {may}
    WHERE f.name_key COLLATE "C" >= %(begins)s AND f.name_key COLLATE "C" < %(ends)s
    ORDER BY f.name_key COLLATE "C" LIMIT %(limit)s"""

_HAS = f"""
    WITH f AS MATERIALIZED (SELECT id FROM patients_patient WHERE {_WORDS} @@ %(wanted)s::tsquery)
    SELECT f.id FROM f, {{may}} LIMIT %(limit)s"""

_POINT = """
    WITH f AS MATERIALIZED (SELECT DISTINCT patient_id AS id FROM patients_contact_point
        WHERE until IS NULL AND kind <> 'email'
            AND reverse(value) COLLATE "C" >= %(begins)s AND reverse(value) COLLATE "C" < %(ends)s)
    SELECT f.id FROM f, {may} LIMIT %(limit)s"""


def search(access: Access, words: str, *, limit: int = 20) -> list[Patient]:
    """Patients by NHS number, telephone number or its ending, date of birth (dd/mm/yyyy) or beginnings of names, in any order.

    A date may stand beside names. First those whose family name begins so, then the others, both by name; where there are more
    than `limit`, some of the others.
    """
    text = words.replace("\0", "").strip()[:_LONGEST]
    digits = nhs_number.compact(text)
    if not text:
        return []
    if nhs_number.is_valid(digits):
        return list(visible(access).filter(nhs_number=digits)[:limit])
    if digits.lstrip("+").isdigit() and len(digits) >= 6:
        tail = digits.lstrip("+").removeprefix("44").lstrip("0")[::-1]
        if not tail:  # Noughts alone end no number, and would be the ending of all.
            return []
        return _by_name(access, _found(access, _POINT, limit, begins=tail, ends=tail + _LAST))
    born = _day(text)
    if born is None and _DAY.search(text):
        return []
    names = folded(_DAY.sub(" ", text)).replace(",", " ").replace("#", " ").split()
    if not names and born is None:
        return []
    first = _by_name(access, _beginning(access, names, limit)) if born is None else []
    if len(first) >= limit:
        return first[:limit]
    wanted = " & ".join([_quoted(name) + ":*" for name in names] + ([_quoted(_number(born))] if born else []))
    others = _by_name(access, _found(access, _HAS, limit, wanted=wanted))
    known = {one.pk for one in first}
    return [*first, *(one for one in others if one.pk not in known)][:limit]


def _beginning(access: Access, names: list[str], limit: int) -> list[int]:
    """Whose names begin as was typed: family name first, or last."""
    typed = {" ".join(names), " ".join([*names[-1:], *names[:-1]])}
    found: list[int] = []
    for begins in sorted(typed):
        found += _found(access, _BEGINS, limit, begins=begins, ends=begins + _LAST)
    return found


def _found(access: Access, statement: str, limit: int, **values: Any) -> list[int]:
    bound = not access.everything and access.patient_id is None
    may = _MAY if bound else "(SELECT 1) may"
    with connection.cursor() as cursor:
        cursor.execute(
            statement.format(may=may),
            {
                **values,
                "organisations": list(access.organisations),
                "today": clock.today(),
                # Whoever sees only themselves is looked for among everybody of that name below.
                "limit": limit if access.patient_id is None else None,
            },
        )
        return [row[0] for row in cursor.fetchall()]


def _by_name(access: Access, keys: list[int]) -> list[Patient]:
    return list(visible(access).filter(pk__in=keys).order_by("name_key", "born_on", "pk")) if keys else []


def _day(text: str) -> date | None:
    said = _DAY.search(text)
    if said is None:
        return None
    day, month, year = map(int, said.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _number(day: date) -> str:
    return f"#{(day - date(1900, 1, 1)).days}"


def _quoted(word: str) -> str:
    """A word of a search as the database reads it, whatever stands in it."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
