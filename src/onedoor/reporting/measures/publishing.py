"""The figures of a closed month as they may be passed on: one set of cells from which every page, file and pack takes its own.

Small counts are hidden, and with them whatever would give them away (`disclosure`). It is settled once for all measures and all
levels of a closing, so that what one page hides no other shows. Cells are keyed by ODS code and item: the key of a measure for
its numerator, `items` for what a share is of, `out(key)` for who is left out, and `SHARE` before a key for the percentage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType

from django.db import connection

from onedoor.kernel import clock
from onedoor.reporting.disclosure import HIDDEN, CountColumn, Counts, CountTable, Key, Told, published
from onedoor.reporting.levels import OURS, SMALL, Level, state, units_parameters, units_sql
from onedoor.reporting.measures.book import Measure
from onedoor.reporting.measures.computing import as_parameters, last_day
from onedoor.reporting.measures.versions import version_of
from onedoor.reporting.models import Closing, MeasureVersion, Snapshot

SHARE = "%"
Cells = Mapping[tuple[str, str], Told]
_Step = tuple[str, Level]


def out(key: str) -> str:
    """The item of those whom a measure leaves out."""
    return f"{key}:out"


@dataclass(frozen=True)
class Settled:
    """What may be passed on of a closing. `whole`: of each share the item that it is a share of; `became`: of each organisation
    with a figure, by ODS code, the code and name of what it is shown under since it merged, or its own."""

    cells: Cells
    whole: Mapping[str, str]
    became: Mapping[str, tuple[str, str]]


def cells(closing: Closing) -> Cells:
    """Every figure of a closing as it may be passed on, by (ODS code, item)."""
    return settled(closing).cells


def settled(closing: Closing) -> Settled:
    """A closing is never changed, so this is worked out once for it and for who stands where; one statement after that."""
    return _settled(closing.pk, closing.month, state())


def items(measures: Iterable[Measure]) -> dict[str, str]:
    """Of each share, the item that it is a share of: the register that is counted by itself, where there is one."""
    found = list(measures)
    registers = {one.rows_of: one.key for one in found if one.source.counted == "member"}
    return {one.key: registers.get(one.rows_of, f"{one.key}:of") for one in found if one.is_share}


@lru_cache(maxsize=128)
def _settled(closing_id: int, month: date, _state: tuple[object, ...]) -> Settled:
    paths, became = _paths(closing_id, last_day(month))
    rows = list(
        Snapshot.objects.filter(closing_id=closing_id).values_list(
            "measure_id", "organisation__ods_code", "numerator", "denominator", "excluded"
        )
    )
    kept = MeasureVersion.objects.in_bulk({row[0] for row in rows})
    measures = {pk: version_of(one).measure for pk, one in kept.items()}
    share_of = items(measures.values())
    own: dict[tuple[str, str], int] = {}
    for pk, ods_code, numerator, denominator, excluded in rows:
        measure = measures[pk]
        if numerator is None:
            continue
        own[ods_code, measure.key] = numerator
        if measure.is_share and denominator is not None:
            own[ods_code, share_of[measure.key]] = denominator
        if measure.rows_of == measure.key and measure.exclusions:
            own[ods_code, out(measure.key)] = excluded
    tree = _tree(paths)
    # Who merged since is one with what they became, as on every page.
    counts: dict[Key, int] = defaultdict(int)
    same = _same(own, measures.values(), share_of)
    for (ods_code, item), value in own.items():
        if item not in same:
            counts[tree.leaf[ods_code], item, ""] += value
    keys = [one.key for one in measures.values()]
    told_once = {*keys, *share_of.values(), *(item for _, item, _ in counts)} - same.keys()
    columns = [CountColumn(item, "") for item in sorted(told_once)]
    shares = [CountColumn(key, "", of=same.get(item, item)) for key, item in sorted(share_of.items())]
    if not counts:
        return Settled(MappingProxyType({}), share_of, became)
    order = sorted(tree.told)
    (table,) = published(
        [CountTable(order, [*columns, *shares])],
        Counts(counts, tree.parent, tree.guarded, _within(measures.values(), share_of, same)),
    )
    named = [*(column.item for column in columns), *(SHARE + column.item for column in shares)]
    found: dict[tuple[str, str], Told] = {
        (code, item): told
        for code, row in zip(order, table, strict=True)
        for item, told in zip(named, row, strict=True)
    } | {(code, item): HIDDEN for code in tree.untold for item in named}
    found |= {(code, item): found[code, other] for item, other in same.items() for code in (*order, *tree.untold)}
    return Settled(MappingProxyType(found), share_of, became)


def _same(
    own: Mapping[tuple[str, str], int], measures: Iterable[Measure], share_of: Mapping[str, str]
) -> dict[str, str]:
    """Of events, what shares are of and who is left out, by the item that has the same number at every organisation and is told
    in its place: told by itself, each would be hidden where another of the same population is shown, and give away what that
    hides. By their numbers: no definition has to say it, and nobody can forget to."""
    numbers: dict[str, dict[str, int]] = defaultdict(dict)
    for (ods_code, item), value in own.items():
        numbers[item][ods_code] = value
    events = sorted((one for one in measures if one.source.relation), key=lambda one: one.key)
    known = {frozenset(numbers[one.key].items()): one.key for one in events if not one.is_share}
    found: dict[str, str] = {}
    for item in [*(share_of[one.key] for one in events if one.is_share), *(out(one.key) for one in events)]:
        if item in numbers and (other := known.setdefault(frozenset(numbers[item].items()), item)) != item:
            found[item] = other
    return found


@dataclass(frozen=True)
class _Tree:
    """How the organisations of a closing add up. `leaf`: of each with a figure, under which code it is counted at the foot;
    `untold`: those that stand under two of one level."""

    leaf: Mapping[str, str]
    parent: Mapping[str, str]
    guarded: frozenset[str]
    told: frozenset[str]
    untold: frozenset[str]


def _tree(paths: Mapping[str, Sequence[str]]) -> _Tree:
    """Each organisation under one above it, as `disclosure` reckons.

    Who merged across a border stands under two: such a figure would have to be settled with both, so it is not told, and what it
    is made of is counted where that stood.
    """
    steps = {
        own: [(code, level) for code, level in zip(path, reversed(OURS), strict=True) if code]
        for own, path in paths.items()
    }
    untold = set[str]()
    while across := {code for code, others in _above(steps.values()).items() if len(others) > 1}:
        untold |= across
        steps = {own: list(_without(across, own, path)) for own, path in steps.items()}
    leaf = {own: path[0][0] for own, path in steps.items()}
    everybody = {one for path in steps.values() for one in path}
    return _Tree(
        leaf=leaf,
        parent={code: above for code, (above,) in _above(steps.values()).items()},
        guarded=frozenset(code for code, level in everybody if level in SMALL),
        told=frozenset(code for code, _ in everybody) - {one for own, one in leaf.items() if one != paths[own][0]},
        untold=frozenset(untold),
    )


def _above(steps: Iterable[Sequence[_Step]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path in steps:
        for (code, _), (above, _) in pairwise(path):
            found[code].add(above)
    return found


def _without(across: Collection[str], own: str, path: Iterable[_Step]) -> Iterator[_Step]:
    """The path without these; at its foot stands what was counted, under a name that nobody reads."""
    for code, level in path:
        if code not in across:
            yield code, level
        elif level is Level.PRACTICE:
            yield f"{own} in {code}", level


def _within(measures: Iterable[Measure], share_of: Mapping[str, str], same: Mapping[str, str]) -> list[tuple[str, str]]:
    """Who is counted by one is counted by the other: a share's in its whole, all parts in each, the newly complete in those."""
    found = [(key, same.get(item, item)) for key, item in share_of.items()]
    of_rules: dict[str, dict[str, list[str]]] = {}
    for one in measures:
        if one.source.rule_set:
            of_rules.setdefault(one.source.rule_set, {}).setdefault(one.source.counted, []).append(one.key)
    for by in of_rules.values():
        for whole in by.get("complete", ()):
            found += [(whole, part) for part in by.get("part", ())]
            found += [(new, whole) for new in by.get("new", ())]
        found += [(lapsed, register) for lapsed in by.get("lapsed", ()) for register in by.get("member", ())]
    return sorted(set(found))


def _paths(closing_id: int, on: date) -> tuple[dict[str, list[str]], dict[str, tuple[str, str]]]:
    """Of each organisation with a figure, the codes of what it is counted under at each level, from what it is itself today up
    (empty where it stands under none); and code and name of what it is itself."""
    found: dict[str, list[str]] = {}
    became: dict[str, tuple[str, str]] = {}
    for place, level in enumerate(reversed(OURS)):
        with connection.cursor() as cursor:
            cursor.execute(
                f"""WITH counted AS MATERIALIZED (
                        SELECT DISTINCT organisation_id, %(on)s::date AS day FROM reporting_snapshot
                        WHERE closing_id = %(closing)s),
                    {units_sql(level)}
                    SELECT o.ods_code, coalesce(a.ods_code, ''), coalesce(a.name, '')
                    FROM counted c JOIN accounts_organisation o ON o.id = c.organisation_id
                    LEFT JOIN units u ON u.organisation_id = c.organisation_id AND u.day = c.day
                    LEFT JOIN accounts_organisation a ON a.id = u.unit_id""",
                {
                    "on": on,
                    "closing": closing_id,
                    **as_parameters(units_parameters(level, as_of=max(on, clock.today()))),
                },
            )
            for code, above, name in cursor.fetchall():
                found.setdefault(code, [""] * len(OURS))[place] = above
                if level is Level.PRACTICE:
                    became[code] = above, name
    return found, became
