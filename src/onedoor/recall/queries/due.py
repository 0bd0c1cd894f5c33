"""Who is due, for what, and whether anything stands in the way of asking them: set-based, over standings and invitations.

What is due is what a standing says: something is missing and its day has come, or all is done and its day has come round again
(the month of birth may be before anything lapses). What is not done yet is never told from an invitation or an answer (hazards
H4, H5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from onedoor.documents import api as documents
from onedoor.kernel import clock
from onedoor.messaging import api as messaging
from onedoor.patients import api as patients
from onedoor.recall import days, planning, rules
from onedoor.recall.models import OPEN, RecallProgramme
from onedoor.recall.planning import Ways
from onedoor.recall.programmes import Programme, in_force

PROGRAMMES = """
    SELECT * FROM unnest(%(rule_sets)s::smallint[], %(keys)s::text[], %(by_month)s::bool[], %(seasonal)s::bool[])
        AS p(rule_set_id, key, by_month, seasonal)"""

_AGREED = """
    SELECT g."on" FROM recall_agreed_date g
    WHERE g.patient_id = s.patient_id AND g.programme = p.key
      AND (s.reason = 'done' OR s.due_on > (g.agreed_at AT TIME ZONE 'Europe/London')::date)
      AND (s.expires_on IS NULL OR s.expires_on <= g."on" + interval '6 months')"""
"""The day agreed at a check for the next (`AgreedDate`). It does not put off what was missing when it was agreed, and is spent
once something done since lasts well beyond it (half a year is `invented:`)."""

DUE_ON = f"""
    coalesce(({_AGREED}), CASE WHEN p.by_month AND m.month IS NOT NULL AND s.expires_on IS NOT NULL THEN (
             SELECT CASE WHEN f.first - (s.expires_on - interval '12 months')::date >= {planning.SOON_AFTER} THEN f.first
                    ELSE s.expires_on END
             FROM (SELECT CASE WHEN make_date(extract(year FROM s.expires_on)::int, m.month, 1) > s.expires_on
                               THEN make_date(extract(year FROM s.expires_on)::int - 1, m.month, 1)
                               ELSE make_date(extract(year FROM s.expires_on)::int, m.month, 1) END AS first) f)
         WHEN s.status = 2 THEN coalesce(s.due_on, %(on)s) ELSE s.due_on END)"""
"""The day of a standing `s` of a programme `p`: the one agreed, or for somebody with another month `m` or none the one of
`planning.month_day`."""

UNREAD = """(EXISTS (SELECT 1 FROM recall_stale t WHERE t.patient_id = s.patient_id)
             OR coalesce(s.changes_on <= %(on)s, false))"""
"""Whether something changed that the standing does not say yet."""

PARTS = """
    SELECT w.rule_set_id, w.bit, m.code_id
    FROM unnest(%(part_rule_sets)s::smallint[], %(part_bits)s::int[], %(part_sets)s::text[]) AS w(rule_set_id, bit, key)
    JOIN records_code_members m ON m.key = w.key"""
"""Which codes complete which part of the programmes."""

KNOWN = "SELECT rule_set_id, bit_or(bit) AS bits FROM part GROUP BY rule_set_id"
"""The parts for which anything counts at all."""

AWAY = f"""
    SELECT bit_or(w.bit) AS bits FROM records_coded_elsewhere c JOIN part w ON w.code_id = c.code_id
    WHERE c.patient_id = s.patient_id AND w.rule_set_id = s.rule_set_id
      AND c.day > %(on)s::date - {planning.ON_ITS_WAY} AND c.day <= %(on)s::date"""
"""The parts of a standing `s` that were done elsewhere lately and wait to be accepted (ADR 12)."""

STANDINGS = f"""
    SELECT s.patient_id, p.key, p.rule_set_id, p.seasonal, s.parts_done, {DUE_ON} AS due_on, {UNREAD} AS unread
    FROM recall_standing s
    JOIN programme p ON p.rule_set_id = s.rule_set_id
    LEFT JOIN recall_month m ON m.patient_id = s.patient_id
    WHERE s.organisation_id = %(organisation)s
      AND (%(people)s::bigint[] IS NULL OR s.patient_id = ANY(%(people)s::bigint[]))
      AND (s.status = 2 OR (s.reason = 'done' AND NOT p.seasonal AND s.due_on IS NOT NULL))"""

_ITEMS = f"""
    WITH programme AS MATERIALIZED ({PROGRAMMES}),
    part AS MATERIALIZED ({PARTS}),
    known AS MATERIALIZED ({KNOWN}),
    standing AS ({STANDINGS}),
    item AS (
        SELECT s.*, s.due_on <= %(on)s AS due, b.state AS before,
               coalesce(CASE WHEN k.bits & ~s.parts_done <> 0 THEN k.bits & ~s.parts_done ELSE k.bits END & ~e.bits = 0,
                        false) AS away
        FROM standing s
        LEFT JOIN known k ON k.rule_set_id = s.rule_set_id
        LEFT JOIN LATERAL ({AWAY}) e ON true
        LEFT JOIN LATERAL (
            SELECT i.state FROM recall_invitation_programme ip JOIN recall_invitation i ON i.id = ip.invitation_id
            WHERE ip.patient_id = s.patient_id AND ip.key = s.key AND ip.again_on > %(on)s
            ORDER BY ip.id DESC LIMIT 1) b ON true
        WHERE s.due_on <= CASE WHEN s.seasonal THEN %(on)s ELSE %(on)s + {planning.AHEAD} END)"""

_PEOPLE = f"""
    {_ITEMS},
    person AS (
        SELECT patient_id, min(due_on) FILTER (WHERE due AND before IS NULL AND NOT away) AS first,
               min(due_on) FILTER (WHERE due) AS any_first, bool_or(unread) AS unread,
               bool_or(due AND before IS NULL AND away) AS elsewhere,
               bool_or(due AND before = 'declined') AS declined, bool_or(due AND before = 'already_done') AS said_done
        FROM item GROUP BY patient_id HAVING bool_or(due)),
    judged AS (
        SELECT p.patient_id, coalesce(p.first, p.any_first) AS due_on,
               CASE WHEN EXISTS (SELECT 1 FROM recall_invitation i WHERE i.patient_id = p.patient_id
                                 AND i.state = ANY(%(open)s)) THEN 'open'
                    WHEN p.unread THEN 'computing'
                    WHEN p.first IS NULL AND p.elsewhere THEN 'elsewhere'
                    WHEN p.first IS NULL THEN CASE WHEN p.declined THEN 'declined' WHEN p.said_done THEN 'said_done'
                                                   ELSE 'unanswered' END
                    WHEN a.asked_on > %(on)s::date - {planning.APART} THEN 'asked'
                    ELSE '' END AS word
        FROM person p LEFT JOIN recall_last_asked a ON a.patient_id = p.patient_id)
    SELECT patient_id, due_on, word FROM judged
    WHERE (%(free)s = false OR word = '')
      AND (%(after_day)s::date IS NULL OR (due_on, patient_id) > (%(after_day)s::date, %(after_id)s::bigint))
    ORDER BY due_on, patient_id LIMIT %(limit)s"""


@dataclass(frozen=True)
class Item:
    """Something that somebody is due for. `leads` is false of what falls due soon and joins a visit that is due anyway."""

    patient_id: int
    programme: Programme
    due_on: date
    leads: bool


@dataclass(frozen=True)
class Person:
    """Somebody due. `word` says why the run does not ask them (`planning.EXCEPTIONS`), "" when nothing here stands in the way."""

    patient_id: int
    due_on: date
    word: str


def switched_on(organisation_id: int, on: date) -> dict[str, Programme]:
    """The programmes in force that a practice has switched on, by key."""
    keys = set(
        RecallProgramme.objects.filter(organisation_id=organisation_id, enabled=True).values_list("key", flat=True)
    )
    found = {key: one for key, one in in_force(on).items() if key in keys} if keys else {}
    # Between two winters nobody is asked for the next.
    return {key: one for key, one in found.items() if not one.seasonal or rules.season(on) is not None}


def people(
    organisation_id: int,
    on: date,
    programmes: Mapping[str, Programme],
    *,
    free: bool,
    limit: int,
    after: Person | None = None,
    only: Sequence[int] | None = None,
) -> list[Person]:
    """People of a practice who are due, the longest due first; with `free` only those whom nothing stands in the way of.

    `after` is the last of the page before.
    """
    return [
        Person(*row)
        for row in _rows(
            _PEOPLE,
            organisation_id,
            on,
            programmes,
            only,
            free=free,
            open=list(OPEN),
            limit=limit,
            after_day=after.due_on if after else None,
            after_id=after.patient_id if after else None,
        )
    ]


def items(
    organisation_id: int, on: date, programmes: Mapping[str, Programme], patient_ids: Sequence[int]
) -> dict[int, list[Item]]:
    """What each of these people may be asked for now, the longest due first: what is due, and what joins it. One query."""
    found: dict[int, list[Item]] = defaultdict(list)
    rows = _rows(
        f"""{_ITEMS} SELECT patient_id, key, due_on, due FROM item
            WHERE before IS NULL AND NOT unread AND NOT away ORDER BY due_on, key""",
        organisation_id,
        on,
        programmes,
        patient_ids,
    )
    for patient_id, key, due_on, leads in rows:
        found[patient_id].append(Item(patient_id, programmes[key], due_on, leads))
    return {key: theirs for key, theirs in found.items() if any(one.leads for one in theirs)}


def away(
    organisation_id: int, on: date, programmes: Mapping[str, Programme], patient_ids: Sequence[int]
) -> dict[int, set[str]]:
    """By person the programmes for which all that they lack was done elsewhere and waits to be accepted. One query."""
    found: dict[int, set[str]] = defaultdict(set)
    for patient_id, key in _rows(
        f"{_ITEMS} SELECT patient_id, key FROM item WHERE away", organisation_id, on, programmes, patient_ids
    ):
        found[patient_id].add(key)
    return found


def had(patient_id: int, on: date, programmes: Mapping[str, Programme]) -> set[str]:
    """The programmes for which a person has every part that is known done by now, or done elsewhere and waiting to be accepted.
    One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH programme AS MATERIALIZED ({PROGRAMMES}), part AS MATERIALIZED ({PARTS}), known AS ({KNOWN})
                SELECT p.key FROM recall_standing s
                JOIN programme p ON p.rule_set_id = s.rule_set_id
                JOIN known k ON k.rule_set_id = s.rule_set_id
                LEFT JOIN LATERAL ({AWAY}) e ON true
                WHERE s.patient_id = %(patient)s AND s.status <> 0 AND k.bits & ~(s.parts_done | coalesce(e.bits, 0)) = 0""",
            {"patient": patient_id, "on": on, **parameters(programmes)},
        )
        return {row[0] for row in cursor.fetchall()}


def unread(patient_ids: Sequence[int], on: date) -> set[int]:
    """Those of these people of whom something changed that no standing says yet. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT w.patient_id FROM unnest(%(people)s::bigint[]) AS w(patient_id)
                WHERE EXISTS (SELECT 1 FROM recall_stale t WHERE t.patient_id = w.patient_id)
                   OR EXISTS (SELECT 1 FROM recall_standing s WHERE s.patient_id = w.patient_id AND {UNREAD})""",
            {"people": list(patient_ids), "on": on},
        )
        return {row[0] for row in cursor.fetchall()}


def _rows(
    sql: str,
    organisation_id: int,
    on: date,
    programmes: Mapping[str, Programme],
    only: Sequence[int] | None,
    **more: Any,
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "organisation": organisation_id,
                "on": on,
                "people": None if only is None else list(only),
                **parameters(programmes),
                **more,
            },
        )
        return list(cursor.fetchall())


def parameters(programmes: Mapping[str, Programme]) -> dict[str, Any]:
    """The programmes as arrays, for the SQL here."""
    chosen = list(programmes.values())
    parts = [(one.rule_set_id, 1 << bit, key) for one in chosen for bit, sets in enumerate(one.parts) for key in sets]
    return {
        "part_rule_sets": [rule_set for rule_set, _, _ in parts],
        "part_bits": [bit for _, bit, _ in parts],
        "part_sets": [key for _, _, key in parts],
        "rule_sets": [one.rule_set_id for one in chosen],
        "keys": [one.key for one in chosen],
        "by_month": [one.by_month for one in chosen],
        "seasonal": [one.seasonal for one in chosen],
    }


def ways(organisation_id: int, patient_ids: Sequence[int]) -> dict[int, Ways]:
    """How these people can be asked, and whether at all. Four queries for any number."""
    reach = patients.reach(organisation_id, patient_ids)
    resting = messaging.not_to_be_texted(organisation_id, sorted({r.mobile for r in reach.values() if r.mobile}))
    unmet = {key for key, needing in patients.needing(patient_ids).items() if documents.wanted(needing.needs).unmet}
    known = patients.Patient.objects.in_bulk(list(patient_ids))
    today = clock.today()
    found = {}
    for key, one in reach.items():
        person = known[key]
        found[key] = Ways(
            reach=one,
            # A need that no print meets makes of a letter nothing that they can read.
            has_address=bool(person.address.strip() and person.postcode.strip()) and key not in unmet,
            age=days.age(one.born_on, today),
            resting=one.mobile in resting,
        )
    return found
