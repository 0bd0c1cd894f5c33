"""Small numbers: what leaves the practice must not lead back to one person (clinical.md 5.3).

`shown` is the rule for one count. `published` is the rule for tables that a reader can lay side by side: it hides further counts
until every small one could still be 0, 1, 2, 3 or 4. The reader it defends against has every table, knows how organisations add
up, knows that a part is never more than its whole, how each figure was rounded, and even which stars stand for a small count, and
may work at one practice and know its figures as they are.

How it is certain: for each small count there are other people's counts that could go up or down with it so that every table
would read the same. A count that is shown can move as far as its rounding, a hidden one freely, an exact one not at all; where
those that can move are too few, one more is hidden (docs/reference/statistics.md says it in words for an analyst).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import inf

HIDDEN = "*"
_SMALL, _NEAREST = 5, 5
_MOST = _SMALL - 1
_AWAY = _NEAREST // 2
"""How far a count can lie from what it is rounded to."""


def shown(count: int) -> str:
    """A count as it may be passed on: below 5, nought included, hidden; otherwise to the nearest 5."""
    return HIDDEN if count < _SMALL else str(_rounded(count))


def parts_shown(parts: Sequence[int]) -> list[str]:
    """The parts of a total as they may be passed on. One that alone is hidden would be what the others leave of the total, so
    the next smallest is hidden with it."""
    said = [shown(part) for part in parts]
    if said.count(HIDDEN) == 1 and len(parts) > 1:
        others = [at for at, word in enumerate(said) if word != HIDDEN]
        said[min(others, key=lambda at: parts[at])] = HIDDEN
    return said


def _rounded(count: int) -> int:
    return (count + _AWAY) // _NEAREST * _NEAREST


Key = tuple[str, str, str]
"""Organisation, item, period."""
Told = int | Decimal | str | None
"""A count, a percentage, HIDDEN, or None where nobody sent anything."""


@dataclass(frozen=True)
class Counts:
    """What is behind the tables.

    `counts`: people or events by organisation, item and period, of the organisations that have none below them; a key that is
    absent was not sent, and is in no total. `parent`: the organisation above each. `guarded`: the organisations whose small
    counts are not told (practices and PCNs). `within`: pairs of a part and the whole it is never more than. `sums`: periods that
    are the sum of others by counting the same events (a quarter of its months), those to be published later too; a count of
    people as they stand at a month's end is a period of its own and in no sum.
    """

    counts: Mapping[Key, int]
    parent: Mapping[str, str]
    guarded: Collection[str]
    within: Sequence[tuple[str, str]] = ()
    sums: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class CountColumn:
    """A column of counts of an item in a period; with `of` its percentage of another item, with `less` what that leaves of it."""

    item: str
    period: str
    of: str = ""
    less: str = ""


@dataclass(frozen=True)
class CountTable:
    """Organisations down, columns across; every cell is published."""

    organisations: Sequence[str]
    columns: Sequence[CountColumn]


def published(tables: Sequence[CountTable], counts: Counts) -> list[list[list[Told]]]:
    """The cells of each table as they may be passed on together, a row for each organisation.

    Guarded: counts below 5 hidden, others to the nearest 5, a percentage in whole numbers from unrounded counts, and hidden where
    its part, its whole or the remainder is below 5. Not guarded: as they are. Beside these whatever else must be hidden is, at
    any level. What is hidden in one period depends on that period's counts only, and what is hidden with a small count is chosen
    by code, never by size: a month published later changes nothing in the earlier ones. Where the same events are published both
    by month and in sums, or in sums that overlap, a sum is hidden where one of its months is small or hidden.

    ValueError: a part beyond its whole, a negative count, a sum of unknown periods, a percentage of an item by itself.
    """
    known = _Known(tables, counts)
    for layer in known.layers.values():
        layer.hide()
    return [[[known.cell(row, column) for column in table.columns] for row in table.organisations] for table in tables]


class _Known:
    """All counts at all levels, and a layer for each period that has counts of its own."""

    def __init__(self, tables: Sequence[CountTable], counts: Counts) -> None:
        self.guarded = frozenset(counts.guarded)
        self.sums = {period: tuple(parts) for period, parts in counts.sums.items()}
        self.values = _totals(counts)
        self.printed: set[Key] = set()
        periods = {period for _, _, period in counts.counts}
        shares: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        rests: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        for table in tables:
            for column in table.columns:
                if unknown := set(self.sums.get(column.period, ())) - periods:
                    raise ValueError(
                        f"{column.period}: nothing is known of {min(unknown)}; a month of a sum need not be in a table"
                    )
                if column.item in (column.of, column.less):
                    raise ValueError(f"{column.item} of itself is no figure")
                for row in table.organisations:
                    if column.of:
                        shares[row, column.period].add((column.item, column.of))
                    elif column.less:
                        rests[row, column.period].add((column.less, column.item))
                    else:
                        self.printed.add((row, column.item, column.period))
        within = _closed([*counts.within, *(pair for pairs in (*shares.values(), *rests.values()) for pair in pairs)])
        for (organisation, item, period), value in counts.counts.items():
            for part, whole in within:
                if whole == item and counts.counts.get((organisation, part, period), 0) > value:
                    raise ValueError(f"{organisation}, {period}: more {part} than {whole}")
        self.shares, self.rests = shares, rests
        self.used: dict[tuple[str, str], set[str]] = defaultdict(set)
        for pairs_at in (shares, rests):
            for at, pairs in pairs_at.items():
                self.used[at] |= {item for pair in pairs for item in pair}
        self.by_month = self._by_month()
        summed = {part for period in self.by_month for part in self.sums[period]}
        self.layers: dict[str, _Layer] = {}
        by_period: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
        for (organisation, item, period), value in self.values.items():
            by_period[period][item][organisation] = value
        tree = _Tree(counts.parent, {organisation for organisation, _, _ in self.values}, self.guarded)
        for period, values in by_period.items():
            if period not in self.by_month:
                self.layers[period] = _Layer(tree, values, within, self, period, period in summed)

    def _by_month(self) -> frozenset[str]:
        """The sums that are reckoned from their months: all, where a table has both, or sums that overlap."""
        periods = {period for _, _, period in self.printed} | {period for _, period in self.used}
        # Those that no table has yet count as well, so that a sum that follows its months finds them hidden as it needs.
        parts = [part for several in self.sums.values() for part in several]
        apart = len(parts) == len(set(parts)) and not periods & set(parts)
        return frozenset() if apart else frozenset(self.sums)

    def sum_hidden(self, organisation: str, item: str, period: str) -> bool:
        """A sum one of whose months can move at this organisation."""
        return any(self.layers[part].moves(item, organisation) for part in self.sums[period])

    def sums_at(self, organisation: str, item: str, part: str) -> bool:
        """Whether a sum with this month is in a table, as a count or in a figure made of it."""
        return any(
            part in self.sums[period]
            and ((organisation, item, period) in self.printed or item in self.used.get((organisation, period), ()))
            for period in self.by_month
        )

    def count(self, organisation: str, item: str, period: str) -> Told:
        value = self.values.get((organisation, item, period))
        if value is None:
            return None
        guarded = organisation in self.guarded
        if guarded and value < _SMALL:
            return HIDDEN
        if self.hidden(organisation, item, period):
            return HIDDEN
        return _rounded(value) if guarded else value

    def hidden(self, organisation: str, item: str, period: str) -> bool:
        """Hidden with others, whatever its size."""
        if period in self.by_month:
            return self.sum_hidden(organisation, item, period)
        return organisation in self.layers[period].hidden.get(item, ())

    def cell(self, organisation: str, column: CountColumn) -> Told:
        other = column.of or column.less
        if not other:
            return self.count(organisation, column.item, column.period)
        value = self.values.get((organisation, column.item, column.period))
        beside = self.values.get((organisation, other, column.period))
        if value is None or beside is None or (column.of and not beside):
            return None
        part, whole = (value, beside) if column.of else (beside, value)
        guarded = organisation in self.guarded
        if guarded and min(part, whole - part) < _SMALL:
            return HIDDEN
        if any(self.hidden(organisation, item, column.period) for item in (column.item, other)):
            return HIDDEN
        if column.less:
            return _rounded(whole - part) if guarded else whole - part
        return _percent(part, whole) if guarded else Decimal(100 * part) / whole


def _percent(part: int, whole: int) -> int:
    """In whole numbers, half up."""
    return (200 * part + whole) // (2 * whole)


def _closed(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pairs of part and whole with those that follow: a part of a part is a part."""
    found = set(pairs)
    while more := {(a, d) for a, b in found for c, d in found if b == c and a != d} - found:
        found |= more
    return sorted(found)


def _totals(counts: Counts) -> dict[Key, int]:
    """The counts, those of the organisations above, and the sums of periods."""
    above = set(counts.parent.values())
    values: dict[Key, int] = defaultdict(int)
    for (organisation, item, period), value in counts.counts.items():
        if value < 0:
            raise ValueError(f"{organisation}, {item}, {period}: a count below nought")
        if organisation in above:
            raise ValueError(f"{organisation} is given a count, and so are those below it")
        if period in counts.sums:
            raise ValueError(f"{period} is a sum and is given a count")
        at: str | None = organisation
        while at is not None:
            values[at, item, period] += value
            at = counts.parent.get(at)
    periods = {period for _, _, period in values}
    of_part = defaultdict(list)
    for period, parts in counts.sums.items():
        if not periods.issuperset(parts):
            continue
        for part in parts:
            of_part[part].append(period)
    for (organisation, item, period), value in list(values.items()):
        for longer in of_part.get(period, ()):
            values[organisation, item, longer] += value
    return dict(values)


class _Tree:
    """Organisations from the top down, those of one parent by code."""

    def __init__(self, parent: Mapping[str, str], organisations: Collection[str], guarded: frozenset[str]) -> None:
        self.parent = {one: parent[one] for one in organisations if one in parent}
        self.children: dict[str, list[str]] = defaultdict(list)
        for one in sorted(organisations):
            if one in self.parent:
                self.children[self.parent[one]].append(one)
        self.guarded = guarded
        self.down: list[str] = [one for one in sorted(organisations) if one not in self.parent]
        for one in self.down:
            self.down += self.children.get(one, ())

    def children_among(self, known: Collection[str]) -> dict[str, list[str]]:
        """Those of each organisation that are known."""
        return {one: [child for child in children if child in known] for one, children in self.children.items()}


_DOWN, _UP = 0, 1
Pair = tuple[float, float]
"""How far down and how far up; more than 4 is never needed."""


class _Layer:
    """The counts of one period. `hidden`: by item, who is hidden with others."""

    def __init__(
        self,
        tree: _Tree,
        values: Mapping[str, Mapping[str, int]],
        within: Sequence[tuple[str, str]],
        known: _Known,
        period: str,
        summed: bool,
    ) -> None:
        self.tree, self.values, self.known, self.period, self.summed = tree, values, known, period, summed
        self.items = sorted(values)
        self.within = [(part, whole) for part, whole in within if part in values and whole in values]
        self.parts: dict[str, list[str]] = {item: [p for p, w in self.within if w == item] for item in self.items}
        self.wholes: dict[str, list[str]] = {item: [w for p, w in self.within if p == item] for item in self.items}
        self.hidden: dict[str, set[str]] = {item: set() for item in self.items}
        self._order = {item: [one for one in tree.down if one in values[item]] for item in self.items}
        self._children = {item: tree.children_among(values[item]) for item in self.items}
        self._own = {item: {one: self._alone(item, one) for one in values[item]} for item in self.items}
        self._half = {item: {one: self._between(item, one) for one in values[item]} for item in self.items}
        self._held: dict[str, dict[str, Pair]] = {}
        self._below: dict[str, dict[str, list[float]]] = {}
        self._lost: dict[str, dict[str, Pair]] = {}

    # What a reader of one figure knows

    def moves(self, item: str, organisation: str) -> bool:
        """Whether a count is small or hidden with others, so that another could stand in its place."""
        value = self.values.get(item, {}).get(organisation)
        if value is None:
            return False
        return organisation in self.hidden[item] or (value < _SMALL and organisation in self.tree.guarded)

    def _tells(self, organisation: str, part: str, whole: str) -> bool:
        """Whether a percentage or a remainder of the two is shown at all."""
        if organisation in self.hidden.get(part, ()) or organisation in self.hidden.get(whole, ()):
            return False
        a, b = self.values.get(part, {}).get(organisation), self.values.get(whole, {}).get(organisation)
        return a is not None and b is not None and not (organisation in self.tree.guarded and min(a, b - a) < _SMALL)

    def _alone(self, item: str, organisation: str) -> Pair:
        """How far a count can go without any figure of its own organisation reading otherwise, the other items as they are."""
        value = self.values[item][organisation]
        free = (float(min(_MOST, value)), float(_MOST))
        if organisation in self.hidden[item]:
            return free
        guarded = organisation in self.tree.guarded
        if guarded and value < _SMALL:
            return float(value), float(_MOST - value)
        key = (organisation, item, self.period)
        if self.summed and self.known.sums_at(organisation, item, self.period):
            return 0.0, 0.0
        if key in self.known.printed:
            if self.summed or not guarded:
                return 0.0, 0.0
            middle = _rounded(value)
            free = (float(value - max(_SMALL, middle - _AWAY)), float(middle + _AWAY - value))
        down, up = free
        at = (organisation, self.period)
        for part, whole in self.known.shares.get(at, ()):
            if item in (part, whole) and self._tells(organisation, part, whole):
                if item == whole or not guarded:
                    return 0.0, 0.0
                down, up = self._same_percent(value, self.values[whole][organisation], down, up)
        for part, whole in self.known.rests.get(at, ()):
            if item in (part, whole) and self._tells(organisation, part, whole):
                if item == whole or not guarded:
                    return 0.0, 0.0
                rest = self.values[whole][organisation] - value
                middle = _rounded(rest)
                down, up = min(down, middle + _AWAY - rest), min(up, rest - max(_SMALL, middle - _AWAY))
        return down, up

    def _between(self, item: str, organisation: str) -> Pair:
        """Half of the way to its parts and to what it is part of: so both may move at once, and a part stays within."""
        value, down, up = self.values[item][organisation], _MOST, _MOST
        for part in self.parts[item]:
            if (other := self.values[part].get(organisation)) is not None:
                down = min(down, (value - other) // 2)
        for whole in self.wholes[item]:
            if (other := self.values[whole].get(organisation)) is not None:
                up = min(up, (other - value) // 2)
        return float(down), float(up)

    @staticmethod
    def _same_percent(part: int, whole: int, down: float, up: float) -> Pair:
        said = _percent(part, whole)
        lower, higher = 0, 0
        while lower < down and _percent(part - lower - 1, whole) == said:
            lower += 1
        while higher < up and part + higher < whole and _percent(part + higher + 1, whole) == said:
            higher += 1
        return float(lower), float(higher)

    # What a reader of all figures knows

    def _reckon(self, item: str) -> None:
        """How far each organisation's count can go with all below it."""
        self._held[item], self._below[item], self._lost[item] = {}, {}, {}
        for one in reversed(self._order[item]):
            held = self._held[item][one] = self._with_below(item, one)
            self._lost[item][one] = self._without_one(item, one)
            if (parent := self.tree.parent.get(one)) is not None:
                total = self._below[item].setdefault(parent, [0.0, 0.0])
                total[_DOWN] += held[_DOWN]
                total[_UP] += held[_UP]

    def _with_below(self, item: str, one: str) -> Pair:
        down, up = self._own[item][one]
        most_down, most_up = self._below[item].get(one) or self._half[item][one]
        return min(down, most_down), min(up, most_up)

    def _without_one(self, item: str, one: str) -> Pair:
        """How much of that is gone for a reader who works at the one practice in it that counts most, and knows its figures."""
        held = self._held[item][one]
        if not (under := self._under(item, one)):
            return held
        (own_down, own_up), (down, up) = self._own[item][one], self._below[item][one]
        lost_down, lost_up = (max(self._lost[item][child][way] for child in under) for way in (_DOWN, _UP))
        return held[_DOWN] - min(own_down, down - lost_down), held[_UP] - min(own_up, up - lost_up)

    def _outside(self, item: str, one: str, way: int) -> float:
        """How far the count can go as others can make up for it: those beside it the other way, or the one above with it. Whoever
        looks may work at one of those others, whose figures then are no longer open."""
        return self._made_up(item, one, way)[1]

    def _made_up(self, item: str, one: str, way: int) -> tuple[float, float]:
        """The same for a reader who works nowhere, and for one who works where it tells most."""
        parent = self.tree.parent.get(one)
        if parent is None:
            return inf, inf
        beside = self._below[item][parent][1 - way] - self._held[item][one][1 - way]
        others = (self._lost[item][other][1 - way] for other in self._under(item, parent) if other != one)
        own, (above, above_known) = self._own[item][parent][way], self._made_up(item, parent, way)
        nowhere = beside + min(own, above)
        return nowhere, min(nowhere - max(others, default=0.0), beside + min(own, above_known))

    def _alone_below(self, item: str, one: str, way: int) -> float:
        """How far the count can go by its own figures and those below, if need be with its parts (or wholes) going with it."""
        own = self._own[item][one][way]
        if not (under := self._under(item, one)):
            return min([own, *(gap + self._limit(other, one, way) for other, gap in self._beside(item, one, way))])
        together = sum(self._held[item][child][way] for child in under)
        if together >= own:
            return own
        apart = sum(self._reach(item, child, way) for child in under)
        for other, _ in self._beside(item, one, way):
            if (limit := self._limit(other, one, way)) < self._all(other, one, way):
                apart = min(apart, limit)
        return min(own, max(together, apart))

    def _reach(self, item: str, one: str, way: int) -> float:
        """The same, but for what others must make up for."""
        reach = self._own[item][one][way]
        under = self._under(item, one)
        if under:
            reach = min(reach, sum(self._reach(item, child, way) for child in under))
        for other, gap in self._beside(item, one, way):
            if (own := self._own[other][one][way]) < self._all(other, one, way):
                reach = min(reach, own if under else gap + own)
        return reach

    def _under(self, item: str, one: str) -> list[str]:
        return self._children[item].get(one, [])

    def _beside(self, item: str, one: str, way: int) -> Iterable[tuple[str, int]]:
        """What is in the way of the count at its organisation, and how far off."""
        value = self.values[item][one]
        for other in (self.parts if way == _DOWN else self.wholes)[item]:
            if (beside := self.values[other].get(one)) is not None:
                yield other, abs(value - beside)

    def _all(self, item: str, one: str, way: int) -> int:
        """As far as a count can ever be asked to go."""
        return min(_MOST, self.values[item][one]) if way == _DOWN else _MOST

    def _limit(self, item: str, organisation: str, way: int) -> float:
        return min(self._own[item][organisation][way], self._outside(item, organisation, way))

    # What is hidden so that nothing small is known

    def hide(self) -> None:
        """Hide until every small count and every small remainder is safe."""
        for item in self.items:
            self._reckon(item)
        # What is hidden for one can be what moved for another, if its figures read otherwise now: until nothing changes.
        while any(
            [self._guard_counts(item) for item in self.items] + [self._guard_rests(*pair) for pair in self.within]
        ):
            pass

    def _guard_counts(self, item: str) -> bool:
        """Small counts must be able to be 0 and to be 4."""
        changed = False
        for one, value in self.values[item].items():
            # Where the one above is guarded and small as well, it is enough that that one is safe: all below it go with it.
            if not self._small(item, one) or self._small(item, self.tree.parent.get(one, "")):
                continue
            for way, needed in ((_DOWN, value), (_UP, _MOST - value)):
                while self._outside(item, one, way) < needed:
                    if not self._hide_beside(item, one, 1 - way):
                        raise AssertionError("with all above it hidden a count can be anything")
                    changed = True
        return changed

    def _small(self, item: str, one: str) -> bool:
        return one in self.tree.guarded and self.values[item].get(one, _SMALL) < _SMALL

    def _guard_rests(self, part: str, whole: str) -> bool:
        """What a part leaves of its whole, if small, must keep five values, though nobody prints it."""
        changed = False
        wholes = self.values[whole]
        for one, value in self.values[part].items():
            if value >= _SMALL and one in self.tree.guarded and one in wholes and wholes[one] - value < _SMALL:
                while self._room(part, whole, one) < _MOST and self._widen(part, one):
                    changed = True
        return changed

    def _room(self, part: str, whole: str, one: str) -> float:
        """How many other values the remainder can have: the part goes down or the whole up, or the part up."""
        more = min(self._alone_below(part, one, _DOWN), self._outside(part, one, _DOWN))
        more += min(self._alone_below(whole, one, _UP), self._outside(whole, one, _UP))
        rest = self.values[whole][one] - self.values[part][one]
        return more + min(rest, self._held[part][one][_UP], self._outside(part, one, _UP))

    def _widen(self, item: str, one: str) -> bool:
        """Let the count of an organisation go further down by hiding one more; False where all is hidden that could be."""
        if self._alone_below(item, one, _DOWN) < _MOST:
            beside = [other for other, gap in self._beside(item, one, _DOWN) if gap < _MOST]
            for which in (item, *beside):
                if self._loosen(which, one):
                    return True
            for which in beside:
                if self._outside(which, one, _DOWN) < self._all(which, one, _DOWN) and self._hide_beside(
                    which, one, _UP
                ):
                    return True
        return self._hide_beside(item, one, _UP)

    def _loosen(self, item: str, one: str) -> bool:
        """Hide the count, or one below it; False where they are hidden."""
        if one not in self.hidden[item] and self._own[item][one][_DOWN] < self._all(item, one, _DOWN):
            self._hide(item, one)
            return True
        return any(self._loosen(item, child) for child in self._under(item, one))

    def _loosen_only(self, item: str, one: str) -> bool:
        if one in self.hidden[item] or self._small(item, one):
            return False
        self._hide(item, one)
        return True

    def _hide(self, item: str, one: str) -> None:
        self.hidden[item].add(one)
        self._own[item][one] = self._alone(item, one)
        # Only what is on the way to the top can go further now.
        at: str | None = one
        while at is not None:
            before, after = self._held[item][at], self._with_below(item, at)
            self._held[item][at] = after
            lost, self._lost[item][at] = self._lost[item][at], self._without_one(item, at)
            if before == after and lost == self._lost[item][at]:
                return
            if (at := self.tree.parent.get(at)) is not None:
                total = self._below[item][at]
                total[_DOWN] += after[_DOWN] - before[_DOWN]
                total[_UP] += after[_UP] - before[_UP]

    def _hide_beside(self, item: str, one: str, way: int) -> bool:
        """Hide one more count that can make up for the organisation's: next to it by code, else above it; False for none left."""
        at = one
        while (parent := self.tree.parent.get(at)) is not None:
            for beside in self.tree.children[parent]:
                if beside != at and self._gains(item, beside, way):
                    self._hide(item, beside)
                    return True
            # The parent goes with the count, so the other way round than those beside it.
            if self._own[item][parent][1 - way] < self._all(item, parent, 1 - way) and self._loosen_only(item, parent):
                return True
            at = parent
        return False

    def _gains(self, item: str, one: str, way: int) -> bool:
        """Whether hiding the count would let it go further."""
        value = self.values[item].get(one)
        if value is None or one in self.hidden[item] or self._small(item, one):
            return False
        held = self._held[item][one][way]
        room = min(_MOST, value) if way == _DOWN else _MOST
        under = self._under(item, one)
        below = sum(self._held[item][child][way] for child in under) if under else self._half[item][one][way]
        return min(room, below) > held
