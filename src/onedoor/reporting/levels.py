"""Levels: practice, primary care network, place, integrated care system, region, England; and who stood where on which day.

A figure of a day is counted where its organisation stood on that day, and shown under what that has become since: a merger moves
no figure to another system, and breaks no trend (clinical.md 8). Each organisation is counted once at a level, however many ways
lead there. The relations are those of accounts; what is here is how they are read.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db import connection

from onedoor.accounts.api import Organisation
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission


class Level(StrEnum):
    """From the whole country down. Published figures are of clinical commissioning groups, ours of practices."""

    ENGLAND = "england"
    REGION = "region"
    ICS = "ics"
    CCG = "ccg"
    PLACE = "place"
    PCN = "pcn"
    PRACTICE = "practice"

    @property
    def words(self) -> str:
        """As people say it."""
        return _WORDS[self]

    @property
    def plural(self) -> str:
        """Several of it."""
        return _PLURALS.get(self, f"{_WORDS[self]}s")


_WORDS = {
    Level.ENGLAND: "England",
    Level.REGION: "region",
    Level.ICS: "integrated care system",
    Level.CCG: "clinical commissioning group",
    Level.PLACE: "place",
    Level.PCN: "primary care network",
    Level.PRACTICE: "practice",
}
_PLURALS = {Level.ENGLAND: "England"}

OURS = (Level.REGION, Level.ICS, Level.PLACE, Level.PCN, Level.PRACTICE)
"""Levels of figures from our own record, from above."""

KINDS = {Level.REGION: "in_region", Level.ICS: "in_ics", Level.PLACE: "in_place", Level.PCN: "part_of_pcn"}
"""Level to the kind of accounts' relation that leads to it."""

SMALL = frozenset({Level.PRACTICE, Level.PCN})
"""Levels of which figures are small enough to lead to a person (clinical.md 5.3)."""

_ENDS = """
ends AS MATERIALIZED (
    SELECT DISTINCT ON (organisation_id) organisation_id, heir_id, since
    FROM accounts_heirs WHERE since <= %(as_of)s ORDER BY organisation_id, mergers DESC
)"""

_SELF = f"""{_ENDS},
units AS (
    SELECT c.organisation_id, c.day, coalesce(o.heir_id, c.organisation_id) AS unit_id
    FROM counted c LEFT JOIN ends o ON o.organisation_id = c.organisation_id
)"""

_ALL = """
units AS (SELECT c.organisation_id, c.day, 0::bigint AS unit_id FROM counted c)"""

_ABOVE = f"""{_ENDS},
above AS MATERIALIZED (SELECT * FROM accounts_above WHERE level = %(kind)s),
found AS (
    SELECT c.organisation_id, c.day, a.above_id, 0 AS turn, a.starts_on
    FROM counted c JOIN above a ON a.organisation_id = c.organisation_id
    WHERE a.starts_on <= c.day AND (a.ends_on IS NULL OR a.ends_on > c.day)
    UNION ALL
    SELECT c.organisation_id, c.day, a.above_id, 1, a.starts_on
    FROM counted c
    JOIN ends o ON o.organisation_id = c.organisation_id
    JOIN above a ON a.organisation_id = o.heir_id
    WHERE a.starts_on <= greatest(c.day, o.since) AND (a.ends_on IS NULL OR a.ends_on > greatest(c.day, o.since))
),
units AS (
    SELECT DISTINCT ON (f.organisation_id, f.day) f.organisation_id, f.day, coalesce(e.heir_id, f.above_id) AS unit_id
    FROM found f LEFT JOIN ends e ON e.organisation_id = f.above_id
    ORDER BY f.organisation_id, f.day, f.turn, f.starts_on DESC, f.above_id
)"""


def units_sql(level: Level) -> str:
    """Common table expressions that end in `units` (organisation_id, day, unit_id): of each pair of the caller's `counted`
    (organisation_id, day), what it is counted under at this level; a pair that stands under none is left out. England is unit 0.

    Their parameters are those of `units_parameters`.
    """
    if level is Level.ENGLAND:
        return _ALL
    return _ABOVE if level in KINDS else _SELF


def units_parameters(level: Level, *, as_of: date | None = None) -> dict[str, str | date]:
    """For `units_sql`. `as_of`: mergers until this day (today) are followed."""
    return {"as_of": as_of or clock.today(), "kind": KINDS.get(level, "")}


@dataclass(frozen=True)
class Unit:
    """An organisation at a level; England is 0."""

    id: int
    ods_code: str
    name: str
    level: Level


ENGLAND = Unit(0, "England", "England", Level.ENGLAND)


def level_of(organisation_ids: Collection[int], *, on: date | None = None) -> dict[int, Level]:
    """What each organisation is by how others stand to it on the day (today); a practice is what nobody stands below."""
    kinds = {kind: level for level, kind in KINDS.items()}
    found = dict.fromkeys(organisation_ids, Level.PRACTICE)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT above_id, level FROM accounts_above
            WHERE above_id = ANY(%(keys)s) AND starts_on <= %(day)s AND (ends_on IS NULL OR ends_on > %(day)s)
            """,
            {"keys": list(organisation_ids), "day": on or clock.today()},
        )
        for key, kind in cursor.fetchall():
            found[key] = kinds[kind]
    return found


def reach(access: Access, *, on: date | None = None) -> dict[int, Unit]:
    """The organisations whose figures this access may see: its own, and all that stand below them on the day (today). Raises
    NotPermitted without Permission.REPORTS."""
    access.require(Permission.REPORTS)
    day = on or clock.today()
    if access.everything:
        keys = set(Organisation.objects.values_list("pk", flat=True))
    else:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT organisation_id FROM accounts_above
                WHERE above_id = ANY(%(own)s) AND starts_on <= %(day)s AND (ends_on IS NULL OR ends_on > %(day)s)
                """,
                {"own": access.organisations, "day": day},
            )
            keys = {key for (key,) in cursor.fetchall()} | set(access.organisations)
    levels = level_of(keys, on=day)
    return {
        one.pk: Unit(one.pk, one.ods_code, one.name, levels[one.pk])
        for one in Organisation.objects.filter(pk__in=keys).order_by("name")
    }


def chains(organisation_ids: Collection[int], *, on: date, as_of: date | None = None) -> dict[int, dict[Level, int]]:
    """By organisation, under what its figures of a day are counted at each of our levels; a level without one is absent."""
    found: dict[int, dict[Level, int]] = {key: {} for key in organisation_ids}
    with connection.cursor() as cursor:
        for level in OURS:
            cursor.execute(
                f"""
                WITH counted AS (SELECT unnest(%(keys)s::bigint[]) AS organisation_id, %(day)s::date AS day),
                {units_sql(level)}
                SELECT organisation_id, unit_id FROM units
                """,
                {**units_parameters(level, as_of=as_of), "keys": sorted(organisation_ids), "day": on},
            )
            for key, unit in cursor.fetchall():
                found[key][level] = unit
    return found


def state() -> tuple[object, ...]:
    """What adding up hangs on: the day, who is who, and who stands where. While it is the same, a sum stays as it is."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT md5(string_agg(concat_ws(',', id, ods_code, name), ';' ORDER BY id)) FROM accounts_organisation),
                   (SELECT md5(string_agg(concat_ws(',', organisation_id, other_id, kind, starts_on, ends_on), ';' ORDER BY id))
                    FROM accounts_organisation_relation)
            """
        )
        return clock.today(), *cursor.fetchone()
