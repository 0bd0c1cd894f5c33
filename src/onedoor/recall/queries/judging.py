"""Where everybody stands under one rule set on a day, as it was known at a moment: for figures that must come out the same again.

The rules and the members of their code sets are handed in as they were kept (`as_it_stands`), so that a version that says
something else today, or a code set that has grown, changes nothing of a month that was closed. The statements are those of
`compiler`, over the relations that patients and records publish for a moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from onedoor.recall import compiler, words
from onedoor.recall.ruleset import RuleSet, parse
from onedoor.recall.versions import rule_sets_in_force

_PRESENT = """
SELECT DISTINCT ON (r.patient_id) r.patient_id, r.organisation_id, r.since, r.born_on
FROM patients_registered_as_known({known}) r {among}
WHERE r.since <= %(on)s AND (r.until IS NULL OR r.until > %(on)s) AND NOT r.deceased
ORDER BY r.patient_id, r.since DESC, r.organisation_id DESC
"""
"""Who is registered where on the day; of two registrations the latest counts, as for a standing."""

_CANDIDATES = """
CREATE TEMP TABLE recall_candidates ON COMMIT DROP AS
SELECT DISTINCT e.patient_id FROM {entries} e
WHERE e.day <= %(on)s AND e.code_id IN (SELECT code_id FROM recall_map WHERE slot = ANY(%(slots)s::int[]))
"""
_JUDGED = """
CREATE TEMP TABLE {into} ON COMMIT DROP AS
SELECT patient_id, organisation_id, status, reason, in_denominator, in_numerator, parts_done, parts_declined
FROM ({judged}) j WHERE member
"""


def as_it_stands(key: str, on: date) -> dict[str, Any]:
    """The rule set in force on a day and the members of its code sets, to be kept: {"rules": …, "members": {set: [code]}}. Raises
    LookupError where none is in force."""
    found = rule_sets_in_force(on).get(key)
    if found is None:
        raise LookupError(f"no rule set {key} is in force on {on.isoformat()}")
    keys = sorted(parse(found.content).sets)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT w.key, coalesce(array_agg(c.code ORDER BY c.code) FILTER (WHERE c.code IS NOT NULL), '{}')
               FROM unnest(%s::text[]) AS w(key) LEFT JOIN records_code_members m ON m.key = w.key
               LEFT JOIN records_code c ON c.id = m.code_id GROUP BY w.key ORDER BY w.key""",
            [keys],
        )
        members = {key: list(codes) for key, codes in cursor.fetchall()}
    return {"rules": dict(found.content), "members": members}


def registered_sql(known_at: datetime) -> str:
    """(patient_id, organisation_id, since, born_on) of everybody registered on the day `%(on)s`, as known at a moment."""
    return _PRESENT.format(known=_moment(known_at), among="")


def rules_of(kept: Mapping[str, Any]) -> RuleSet:
    """The rule set of what `as_it_stands` gave."""
    return parse(kept["rules"])


def reasons_of(kept: Mapping[str, Any]) -> dict[str, str]:
    """Each reason that a judgement may give, in plain words."""
    return {**words.REASONS, **{group.code: group.text for group in rules_of(kept).groups}}


def judge(cursor: CursorWrapper, kept: Mapping[str, Any], *, days: Mapping[str, date], known_at: datetime) -> None:
    """Make the temporary tables named in `days`, each of everybody in a cohort of the rule set on its day, as known at a moment:
    (patient_id, organisation_id, status, reason, in_denominator, in_numerator, parts_done, parts_declined). In the caller's
    transaction, with which they go.

    One pass over the entries finds the candidates of all days, and only theirs are looked up.
    """
    known = _moment(known_at)
    entries = f"records_entries_as_known({known})"
    empty = frozenset(key for key, codes in kept["members"].items() if not codes)
    cursor.execute("SET LOCAL jit = off; SET LOCAL work_mem = '64MB'; SET LOCAL max_parallel_workers_per_gather = 0")
    cursor.execute(
        """CREATE TEMP TABLE recall_members ON COMMIT DROP AS SELECT w.key, c.id AS code_id
           FROM unnest(%s::text[], %s::text[]) AS w(key, code) JOIN records_code c ON c.code = w.code""",
        [
            [key for key, codes in kept["members"].items() for _ in codes],
            [code for codes in kept["members"].values() for code in codes],
        ],
    )
    among = ""
    for into, on in days.items():
        slots = compiler.Slots()
        compiled = compiler.Compiled(rules_of(kept), on, slots, empty, entries=entries)
        cursor.execute(
            f"CREATE TEMP TABLE recall_map ON COMMIT DROP AS {compiler.map_sql('recall_members')}",
            compiler.map_parameters(slots.map_rows()),
        )
        cursor.execute("ANALYZE recall_map")
        registers = compiled.registers()
        if registers is not None and not among:
            cursor.execute(_CANDIDATES.format(entries=entries), {"on": max(days.values()), "slots": registers})
            cursor.execute("ANALYZE recall_candidates")
            among = "JOIN recall_candidates w ON w.patient_id = r.patient_id"
        cursor.execute(
            f"CREATE TEMP TABLE recall_asked ON COMMIT DROP AS {_PRESENT.format(known=known, among=among)}", {"on": on}
        )
        cursor.execute("ANALYZE recall_asked")
        cursor.execute(
            f"CREATE TEMP TABLE recall_facts ON COMMIT DROP AS {compiler.facts_sql(compiler.of_some(entries))}",
            {"on": on},
        )
        cursor.execute("ANALYZE recall_facts (patient_id)")
        cursor.execute(f"DROP TABLE IF EXISTS {into}")
        cursor.execute(_JUDGED.format(into=into, judged=compiled.judged()))
        cursor.execute(f"ANALYZE {into}")
        cursor.execute("DROP TABLE recall_map, recall_asked, recall_facts")
    cursor.execute("DROP TABLE IF EXISTS recall_candidates; DROP TABLE recall_members")


def _moment(known_at: datetime) -> str:
    """A moment as SQL."""
    if known_at.tzinfo is None:
        raise ValueError("a moment has a time zone")
    return f"'{known_at.isoformat()}'::timestamptz"
