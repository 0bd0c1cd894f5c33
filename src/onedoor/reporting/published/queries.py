"""Published figures by level and quarter. Public knowledge; of each organisation and quarter those of the latest file count.

Shares are worked out over those organisations of which both numbers are known, never from rounded ones (product-map.md T6).
A row of a whole system or region counts only where none of those below it has a row of its own for the same quarter.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Max

from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.reporting.levels import ENGLAND, KINDS, Level, state, units_parameters, units_sql
from onedoor.reporting.models import PublishedFile
from onedoor.reporting.published.items import CHECKS, ITEMS, KIND, REGISTER, Quarter
from onedoor.reporting.published.reading import ENGLAND_CODE

_KEYS = tuple(item.key for item in ITEMS)
_PIVOT = ", ".join(f"max(value) FILTER (WHERE item = '{key}') AS {key}" for key in _KEYS)
_KNOWN = " OR ".join(f"{key} IS NOT NULL" for key in _KEYS)
_SUMS = ", ".join(f"sum({key}), sum({REGISTER}) FILTER (WHERE {key} IS NOT NULL AND {REGISTER} > 0)" for key in _KEYS)
_PAIRED = ", ".join(f"sum({key}) FILTER (WHERE {REGISTER} > 0)" for key in _KEYS)

_WIDE = f"""
latest AS MATERIALIZED (
    SELECT DISTINCT ON (f.ods_code, f.ends_on, f.item) f.ods_code, f.ends_on AS day, f.item, f.value, f.file_id
    FROM reporting_published_figure f JOIN reporting_published_file p ON p.id = f.file_id AND p.kind = %(file)s
    WHERE f.ends_on BETWEEN %(first)s AND %(last)s
    ORDER BY f.ods_code, f.ends_on, f.item, f.file_id DESC
), wide AS MATERIALIZED (
    SELECT ods_code, day, max(file_id) AS file_id, {_PIVOT} FROM latest GROUP BY ods_code, day
), whole AS (
    SELECT w.* FROM wide w
    WHERE w.ods_code = '{ENGLAND_CODE}'
      AND w.file_id >= coalesce((SELECT max(o.file_id) FROM wide o WHERE o.day = w.day AND o.ods_code <> w.ods_code), 0)
), known AS MATERIALIZED (
    SELECT w.*, o.id AS organisation_id FROM wide w LEFT JOIN accounts_organisation o ON o.ods_code = w.ods_code
    WHERE w.ods_code <> '{ENGLAND_CODE}'
), covered AS (
    SELECT DISTINCT a.above_id, k.day FROM known k JOIN accounts_above a ON a.organisation_id = k.organisation_id
    WHERE a.starts_on <= k.day AND (a.ends_on IS NULL OR a.ends_on > k.day)
), parts AS MATERIALIZED (
    SELECT k.* FROM known k LEFT JOIN covered c ON c.above_id = k.organisation_id AND c.day = k.day
    WHERE c.above_id IS NULL
), counted AS (
    SELECT organisation_id, day FROM parts WHERE organisation_id IS NOT NULL
)"""


@dataclass(frozen=True)
class Sums:
    """The figures of one organisation at its level and one quarter. A value is None where nobody sent it in.

    `bases`: the register of those who sent both, over which a share is. `silent`: codes of those who sent nothing; `sent`: how
    many sent something, None where the file has one row for the whole country.
    """

    code: str
    name: str
    level: Level
    quarter: Quarter
    values: dict[str, int | None]
    paired: dict[str, int | None]
    bases: dict[str, int | None]
    sent: int | None
    silent: tuple[str, ...]

    @property
    def register(self) -> int | None:
        """People on the register of those who sent it in."""
        return self.values[REGISTER]

    def share(self, item: str) -> Decimal | None:
        """Per cent of the register, not rounded."""
        over, base = self.paired[item], self.bases[item]
        return Decimal(100 * over) / base if over is not None and base else None


INVENTED = "invented-"
"""How the name of a file begins that nobody published: a demonstration's. It holds quarters of its own."""


@dataclass(frozen=True)
class Source:
    """Where the figures come from: the latest file, and the latest that is `invented`, if there is one."""

    name: str
    loaded_at: datetime
    invented: str = ""

    @property
    def words(self) -> str:
        """As a source is named under a table."""
        said = [f"published by NHS England ({self.name})"] if self.name else []
        if self.invented:
            said.append(f"those of the demonstration’s own region are invented ({self.invented})")
        return f"Physical health checks of people with a severe mental illness, {'; '.join(said)}"


def quarters(access: Access) -> list[Quarter]:
    """Those of which figures are known, in order. Raises NotPermitted without Permission.REPORTS."""
    access.require(Permission.REPORTS)
    with connection.cursor() as cursor:
        # Each different day is one step down the index on (item, day).
        cursor.execute(
            """
            WITH RECURSIVE d AS (
                SELECT min(ends_on) AS day FROM reporting_published_figure WHERE item = %(item)s
                UNION ALL
                SELECT (SELECT min(ends_on) FROM reporting_published_figure WHERE item = %(item)s AND ends_on > d.day)
                FROM d WHERE d.day IS NOT NULL
            ) SELECT day FROM d WHERE day IS NOT NULL
            """,
            {"item": REGISTER},
        )
        return [Quarter.ending(day) for (day,) in cursor.fetchall()]


def source(access: Access) -> Source | None:
    """The latest file of published figures."""
    access.require(Permission.REPORTS)
    files = list(PublishedFile.objects.filter(kind=KIND).order_by("-id").values_list("name", "loaded_at"))
    if not files:
        return None
    invented = [name for name, _ in files if name.startswith(INVENTED)]
    named = [name for name, _ in files if not name.startswith(INVENTED)]
    return Source((named or [""])[0], files[0][1], (invented or [""])[0])


def sums(
    access: Access,
    level: Level,
    *,
    first: Quarter,
    last: Quarter,
    codes: Collection[str] | None = None,
    stand: tuple[Any, ...] | None = None,
) -> list[Sums]:
    """By organisation of a level and quarter, those with figures only; by quarter, then by name. `codes` narrows to some.

    `stand`: what `standing` gave, where a page asks for several.
    """
    access.require(Permission.REPORTS)
    as_of = max(last.ends_on, clock.today())
    return list(_added(stand or standing(), as_of, level, first, last, None if codes is None else tuple(sorted(codes))))


def standing() -> tuple[Any, ...]:
    """What the sums hang on: the files, who is who and who stands where. While it is the same, so are they."""
    latest = PublishedFile.objects.filter(kind=KIND).aggregate(latest=Max("pk"))["latest"]
    return latest, *state()


@lru_cache(maxsize=256)
def _added(
    stand: tuple[Any, ...], as_of: date, level: Level, first: Quarter, last: Quarter, codes: tuple[str, ...] | None
) -> tuple[Sums, ...]:
    """The sums, kept in the process by `stand`: published figures change a few times a year and are looked at all day."""
    parameters: dict[str, Any] = {
        **units_parameters(level, as_of=as_of),
        "file": KIND,
        "first": first.ends_on,
        "last": last.ends_on,
        "codes": None if codes is None else list(codes),
    }
    if level is Level.ENGLAND:
        units, unit, joined = "", "'England'::text AS code, 'England'::text AS name", ""
        source_of = f"""(
            SELECT ods_code, day, false AS one, {", ".join(_KEYS)} FROM parts p
            WHERE NOT EXISTS (SELECT 1 FROM whole w WHERE w.day = p.day)
            UNION ALL SELECT ods_code, day, true, {", ".join(_KEYS)} FROM whole) r"""
    else:
        units = f", {units_sql(level)}"
        unit = "coalesce(o.ods_code, r.ods_code) AS code, coalesce(o.name, r.ods_code) AS name"
        kind = "JOIN" if level in KINDS else "LEFT JOIN"
        joined = f"""{kind} units u ON u.organisation_id = r.organisation_id AND u.day = r.day
                     {kind} accounts_organisation o ON o.id = u.unit_id"""
        source_of = "(SELECT *, false AS one FROM parts) r"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH {_WIDE}{units}, rows AS (
                SELECT {unit}, r.day, r.one, r.ods_code, {", ".join(f"r.{key}" for key in _KEYS)} FROM {source_of} {joined}
            )
            SELECT code, max(name), day, bool_or(one), count(*) FILTER (WHERE {_KNOWN}),
                   array_agg(ods_code ORDER BY ods_code) FILTER (WHERE NOT ({_KNOWN})),
                   {_SUMS}, {_PAIRED}
            FROM rows WHERE %(codes)s::text[] IS NULL OR code = ANY(%(codes)s::text[])
            GROUP BY code, day ORDER BY day, max(name), code
            """,
            parameters,
        )
        return tuple(_sums(level, row) for row in cursor.fetchall())


def _sums(level: Level, row: Sequence[Any]) -> Sums:
    code, name, day, one, sent, silent, *numbers = row
    both, paired = numbers[: 2 * len(_KEYS)], numbers[2 * len(_KEYS) :]
    return Sums(
        code,
        name,
        level,
        Quarter.ending(day),
        values=dict(zip(_KEYS, map(_whole, both[::2]), strict=True)),
        paired=dict(zip(_KEYS, map(_whole, paired), strict=True)),
        bases=dict(zip(_KEYS, map(_whole, both[1::2]), strict=True)),
        sent=None if one else sent,
        silent=tuple(silent or ()),
    )


def _whole(number: Decimal | None) -> int | None:
    return None if number is None else int(number)


def above(codes: Collection[str], *, on: date) -> dict[str, dict[Level, tuple[str, str]]]:
    """By organisation, what it stands in on a day: level to (code, name), as that is called today. Of one that stood nowhere yet,
    what those stood in that have become it since: its figures of that day are theirs. Public knowledge."""
    levels = {kind: level for level, kind in KINDS.items()}
    found: dict[str, dict[Level, tuple[str, str]]] = {code: {} for code in codes}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH own AS (
                SELECT id, ods_code FROM accounts_organisation WHERE ods_code = ANY(%(codes)s)
            ), stood AS (
                SELECT ods_code, id, 0 AS turn FROM own
                UNION ALL SELECT own.ods_code, h.organisation_id, h.mergers FROM own JOIN accounts_heirs h ON h.heir_id = own.id
            ), ends AS (
                SELECT DISTINCT ON (organisation_id) organisation_id, heir_id
                FROM accounts_heirs WHERE since <= %(today)s ORDER BY organisation_id, mergers DESC
            )
            SELECT DISTINCT ON (s.ods_code, a.level) s.ods_code, a.level, o.ods_code, o.name
            FROM stood s
            JOIN accounts_above a ON a.organisation_id = s.id
             AND a.starts_on <= %(day)s AND (a.ends_on IS NULL OR a.ends_on > %(day)s)
            LEFT JOIN ends e ON e.organisation_id = a.above_id
            JOIN accounts_organisation o ON o.id = coalesce(e.heir_id, a.above_id)
            ORDER BY s.ods_code, a.level, s.turn, o.ods_code
            """,
            {"codes": list(codes), "day": on, "today": clock.today()},
        )
        for code, kind, other, name in cursor.fetchall():
            found[code][levels[kind]] = (other, name)
    return found


__all__ = ["CHECKS", "ENGLAND", "Source", "Sums", "above", "quarters", "source", "sums"]
