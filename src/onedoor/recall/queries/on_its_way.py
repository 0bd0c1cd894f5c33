"""What was done elsewhere lately and waits to be accepted, as people read it beside what is missing (ADR 12)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from onedoor.accounts import api as accounts
from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.recall import planning


@dataclass(frozen=True)
class OnItsWay:
    """A check that was done elsewhere: which part, where, and on which day last."""

    part: str
    organisation: str
    since: date


def on_its_way(
    access: Access, patient_ids: Sequence[int], sets: Mapping[str, Sequence[str]]
) -> dict[int, list[OnItsWay]]:
    """Of these people, by person, what was done elsewhere in the last `planning.ON_ITS_WAY` days and waits to be accepted, as far
    as the access reads what was written there. `sets` are parts with the code sets that complete them. Two queries; whom the
    access may see is the caller's."""
    read = accounts.sources(access) if patient_ids else None
    found: dict[int, dict[str, OnItsWay]] = defaultdict(dict)
    for patient_id, part, organisation_id, name, day in _away(patient_ids, sets):
        if read is not None and read.reads(organisation_id, coded=True):
            found[patient_id].setdefault(part, OnItsWay(part, name, day))
    return {patient_id: list(theirs.values()) for patient_id, theirs in found.items()}


def parts_away(patient_ids: Sequence[int], sets: Mapping[str, Sequence[str]]) -> dict[int, set[str]]:
    """The parts of `on_its_way` of everybody's facts, to decide who is asked and never to be shown (ADR 13). One query."""
    found: dict[int, set[str]] = defaultdict(set)
    for patient_id, part, *_ in _away(patient_ids, sets):
        found[patient_id].add(part)
    return dict(found)


def _away(patient_ids: Sequence[int], sets: Mapping[str, Sequence[str]]) -> list[tuple[int, str, int, str, date]]:
    """(person, part, organisation, its name, day), the latest day of a part first."""
    if not patient_ids:
        return []
    today = clock.today()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.patient_id, w.part, c.organisation_id, o.name, max(c.day)
               FROM records_coded_elsewhere c
               JOIN records_code_members m ON m.code_id = c.code_id
               JOIN unnest(%(parts)s::text[], %(sets)s::text[]) AS w(part, key) ON w.key = m.key
               JOIN accounts_organisation o ON o.id = c.organisation_id
               WHERE c.patient_id = ANY(%(people)s::bigint[]) AND c.day > %(after)s AND c.day <= %(today)s
               GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 5 DESC, 4""",
            {
                "parts": [part for part, keys in sets.items() for _ in keys],
                "sets": [key for keys in sets.values() for key in keys],
                "people": list(patient_ids),
                "after": today - timedelta(days=planning.ON_ITS_WAY),
                "today": today,
            },
        )
        rows: list[tuple[int, str, int, str, date]] = cursor.fetchall()
    return rows
