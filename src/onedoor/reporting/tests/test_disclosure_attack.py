"""What a reader can work out who lays all published tables side by side: nothing about a small count (clinical.md 5.3).

The attack is written here, apart from what it attacks: every figure is a linear condition on the counts of practices, and every
other set of counts that would read the same is looked for. The reader is told more than any reader has: which stars stand for a
small count. A small count is safe when 0, 1, 2, 3 and 4 each have such a set; a remainder that nobody prints when five values do.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from onedoor.reporting.dashboards import reaching
from onedoor.reporting.disclosure import HIDDEN, CountColumn, Counts, CountTable, Key, published, shown

MANY = 10**6
Condition = tuple[dict[int, int], int, int]
"""Variables with their coefficients, and the least and the most that their sum is."""
NESTED = (("six", "bmi"), ("bmi", "register"))
MONTH = "2026-09"


class TooLongError(Exception):
    """Neither found nor proven impossible."""


class Reader:
    """All that can be known from tables: one variable for each count of an organisation without others below it."""

    def __init__(
        self,
        counts: Counts,
        tables: Sequence[CountTable],
        printed: Sequence[Sequence[Sequence[object]]],
        works_at: str = "",
    ) -> None:
        self.counts = counts
        self.keys = sorted(counts.counts)
        self.place = {key: at for at, key in enumerate(self.keys)}
        self.truth = [counts.counts[key] for key in self.keys]
        self.last = self.truth
        self.conditions: list[Condition] = []
        below: dict[str, list[str]] = defaultdict(list)
        for one in {key[0] for key in self.keys}:
            at: str | None = one
            while at is not None:
                below[at].append(one)
                at = counts.parent.get(at)
        self.below = below
        for organisation, item, period in self.keys:
            for part, whole in counts.within:
                if item == part and (other := (organisation, whole, period)) in self.place:
                    self.conditions.append(
                        ({self.place[other]: 1, self.place[organisation, item, period]: -1}, 0, MANY)
                    )
        for table, rows in zip(tables, printed, strict=True):
            for organisation, cells in zip(table.organisations, rows, strict=True):
                for column, cell in zip(table.columns, cells, strict=True):
                    self._learn(organisation, column, cell)
        self.conditions += [
            ({at: 1}, true, true)
            for (one, _, _), at, true in zip(self.keys, self.place.values(), self.truth, strict=True)
            if one == works_at
        ]
        self.asked, self.untold = 0, 0
        self.touching: dict[int, list[int]] = defaultdict(list)
        for number, (terms, _, _) in enumerate(self.conditions):
            for variable in terms:
                self.touching[variable].append(number)

    def terms(self, organisation: str, item: str, period: str) -> dict[int, int]:
        found: dict[int, int] = defaultdict(int)
        for part in self.counts.sums.get(period, [period]):
            for one in self.below[organisation]:
                if (one, item, part) in self.place:
                    found[self.place[one, item, part]] += 1
        return found

    def value(self, terms: Mapping[int, int]) -> int:
        return sum(self.truth[variable] * factor for variable, factor in terms.items())

    def _learn(self, organisation: str, column: CountColumn, cell: object) -> None:
        guarded = organisation in self.counts.guarded
        here = self.terms(organisation, column.item, column.period)
        if column.of:
            if isinstance(cell, int):  # 200 part + whole lies in [2 said whole, 2 (said + 1) whole)
                whole = self.terms(organisation, column.of, column.period)
                self.conditions.append((_plus(_times(here, 200), _times(whole, 1 - 2 * cell)), 0, MANY))
                self.conditions.append((_plus(_times(here, 200), _times(whole, -1 - 2 * cell)), -MANY, -1))
                self.conditions.append((here, 5, MANY))
            elif isinstance(cell, Decimal):
                whole = self.terms(organisation, column.of, column.period)
                part, all_of = self.value(here), self.value(whole)
                assert abs(cell - Decimal(100 * part) / all_of) < Decimal("1e-9")
                # An exact share nearly always has one pair of counts behind it: the reader is given it.
                self.conditions += [(here, part, part), (whole, all_of, all_of)]
            return
        if column.less:
            here = _plus(here, _times(self.terms(organisation, column.less, column.period), -1))
            if cell == HIDDEN:
                return
        if cell == HIDDEN:
            if guarded and self.value(here) < 5:
                self.conditions.append((here, 0, 4))
        elif isinstance(cell, int):
            assert abs(cell - self.value(here)) <= 2
            self.conditions.append((here, max(5, cell - 2), cell + 2) if guarded else (here, cell, cell))

    def narrowed(self, bounds: list[list[int]], queue: Iterable[int]) -> bool:
        """Bounds of each variable brought in by each condition until nothing changes; False where nothing is left."""
        waiting = dict.fromkeys(queue)
        while waiting:
            number = next(iter(waiting))
            del waiting[number]
            terms, least, most = self.conditions[number]
            low = sum(f * bounds[v][0 if f > 0 else 1] for v, f in terms.items())
            high = sum(f * bounds[v][1 if f > 0 else 0] for v, f in terms.items())
            if low > most or high < least:
                return False
            for v, f in terms.items():
                here = bounds[v]
                rest_low = low - f * here[0 if f > 0 else 1]
                rest_high = high - f * here[1 if f > 0 else 0]
                a, b = least - rest_high, most - rest_low
                if f < 0:
                    a, b, g = -b, -a, -f
                else:
                    g = f
                new = [max(here[0], -(-a // g)), min(here[1], b // g)]
                if new[0] > new[1]:
                    return False
                if new != here:
                    bounds[v] = new
                    waiting.update(dict.fromkeys(self.touching[v]))
                    low = rest_low + f * new[0 if f > 0 else 1]
                    high = rest_high + f * new[1 if f > 0 else 0]
        return True

    def possible(self, terms: Mapping[int, int], value: int) -> bool:
        """Whether some counts would read the same with this sum at that value: found, or proven not to be."""
        number = len(self.conditions)
        self.conditions.append((dict(terms), value, value))
        for variable in terms:
            self.touching[variable].append(number)
        try:
            # From the true counts, and from those found last: what differs by one is near.
            for start, tries in ((self.truth, 100), (self.last, 100), (self.truth, 1000)):
                self.start, self.left = start, tries
                try:
                    return self._search(
                        [[0, max(12, 2 * true + 12)] for true in self.truth], range(len(self.conditions))
                    )
                except TooLongError:
                    continue
            raise TooLongError
        finally:
            self.conditions.pop()
            for variable in terms:
                self.touching[variable].pop()

    def _search(self, bounds: list[list[int]], queue: Iterable[int]) -> bool:
        self.left -= 1
        if self.left < 0:
            raise TooLongError
        if not self.narrowed(bounds, queue):
            return False
        # As the counts are, but where they cannot be: if that reads the same it is found, else what reads otherwise must give.
        guess = [min(max(here, low), high) for here, (low, high) in zip(self.start, bounds, strict=True)]
        wrong = None
        for terms, least, most in self.conditions:
            total = sum(guess[variable] * factor for variable, factor in terms.items())
            if not least <= total <= most:
                missing = least - total if total < least else most - total
                open_ones = [
                    variable for variable in terms if terms[variable] and bounds[variable][0] < bounds[variable][1]
                ]
                wrong = (missing, terms, open_ones)
                break
        if wrong is None:
            self.last = guess
            return True
        missing, terms, open_ones = wrong
        # Who can give without anything else reading otherwise goes first, and of those who can give most.
        moves = []
        for variable in open_ones:
            way = 1 if (missing > 0) == (terms[variable] > 0) else -1
            low, high = bounds[variable]
            step = min(
                high - guess[variable] if way > 0 else guess[variable] - low, -(-abs(missing) // abs(terms[variable]))
            )
            fits = 0
            while step and not fits:
                fits = step * self._reads(guess, variable, way * step)
                step -= not fits
            moves.append((-fits, variable, guess[variable] + way * (fits or min(1, high - low))))
        _, at, best = min(moves)
        low, high = bounds[at]
        others = sorted(range(low, high + 1), key=lambda one: abs(one - guess[at]))
        for value in dict.fromkeys([min(max(best, low), high), guess[at], *others]):
            trial = [list(pair) for pair in bounds]
            trial[at] = [value, value]
            if self._search(trial, self.touching[at]):
                return True
        return False

    def _reads(self, guess: list[int], variable: int, step: int) -> bool:
        """Whether all conditions that hold still hold when one count moves."""
        for number in self.touching[variable]:
            terms, least, most = self.conditions[number]
            total = sum(guess[one] * factor for one, factor in terms.items())
            if least <= total <= most and not least <= total + step * terms[variable] <= most:
                return False
        return True

    def leaks(self) -> list[str]:
        """The small counts and remainders that the tables give away, in words. What the search cannot tell is in `untold`."""
        found = []
        periods = [*{key[2] for key in self.keys}, *self.counts.sums]
        items = sorted({key[1] for key in self.keys})
        for organisation, period in itertools.product(sorted(self.counts.guarded), periods):
            here = {item: terms for item in items if (terms := self.terms(organisation, item, period))}
            for item, terms in here.items():
                true = self.value(terms)
                if true < 5 and (never := [value for value in range(5) if not self.could(terms, value)]):
                    found.append(f"{organisation}, {item}, {period}: {true} is not {never}")
            for part, whole in self.counts.within:
                if part in here and whole in here:
                    rest = _plus(here[whole], _times(here[part], -1))
                    if (true := self.value(rest)) < 5:
                        values = (value for value in range(true + 10) if self.could(rest, value))
                        if (few := len(list(itertools.islice(values, 5)))) < 5:
                            found.append(f"{organisation}, {whole} less {part}, {period}: {true} is one of {few}")
        return found

    def could(self, terms: Mapping[int, int], value: int) -> bool:
        self.asked += 1
        try:
            return self.possible(terms, value)
        except TooLongError:
            self.untold += 1
            return True


def _times(terms: Mapping[int, int], factor: int) -> dict[int, int]:
    return {variable: factor * one for variable, one in terms.items()}


def _plus(a: Mapping[int, int], b: Mapping[int, int]) -> dict[int, int]:
    return {variable: a.get(variable, 0) + b.get(variable, 0) for variable in {*a, *b}}


def attack(counts: Counts, tables: Sequence[CountTable]) -> list[str]:
    """The leaks. The search must have told of nearly all: what it cannot tell is no proof."""
    reader = Reader(counts, tables, published(tables, counts))
    leaks = reader.leaks()
    assert reader.untold <= max(5, reader.asked // 20)
    return leaks


def organisations(counts: Counts) -> list[str]:
    return sorted({*counts.parent, *counts.parent.values()})


def tree(shape: Sequence[Sequence[int]]) -> tuple[dict[str, str], set[str], list[str]]:
    """Practices by place and PCN: the parents, who is guarded, the practices."""
    parent: dict[str, str] = {}
    guarded: set[str] = set()
    practices = []
    for place, pcns in enumerate(shape):
        parent[f"PLACE{place}"] = "ICS"
        for pcn, size in enumerate(pcns):
            network = f"PCN{place}{pcn}"
            parent[network] = f"PLACE{place}"
            guarded.add(network)
            for number in range(size):
                practice = f"PRACTICE{place}{pcn}{number}"
                parent[practice] = network
                guarded.add(practice)
                practices.append(practice)
    return parent, guarded, practices


@st.composite
def worlds(
    draw: st.DrawFn, periods: Sequence[str] = (MONTH,), most: int = 24, sums: Mapping[str, Sequence[str]] | None = None
) -> Counts:
    shape = draw(st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=2), min_size=1, max_size=2))
    parent, guarded, practices = tree(shape)
    counts: dict[Key, int] = {}
    for practice, period in itertools.product(practices, periods):
        if draw(st.integers(0, 9)) == 9:
            continue  # sent nothing
        register = draw(st.one_of(st.integers(0, most), st.integers(0, 7)))
        bmi = register - draw(st.one_of(st.integers(0, register), st.integers(0, min(3, register))))
        six = bmi - draw(st.one_of(st.integers(0, bmi), st.integers(0, min(3, bmi))))
        counts |= {
            (practice, "register", period): register,
            (practice, "bmi", period): bmi,
            (practice, "six", period): six,
        }
    known = {period for _, _, period in counts}
    return Counts(
        counts, parent, guarded, NESTED, {key: parts for key, parts in (sums or {}).items() if known.issuperset(parts)}
    )


COUNTS = [CountColumn(item, MONTH) for item in ("register", "bmi", "six")]
SHARES = [CountColumn(item, MONTH, of="register") for item in ("bmi", "six")]
RESTS = [CountColumn("register", MONTH, less="six"), CountColumn("register", MONTH, less="bmi")]
MONTHS = ("04", "05", "06")
SUMS = {"Q1": MONTHS, "04 to 05": MONTHS[:2], "05 to 06": MONTHS[1:]}
"""A quarter, and spans of two months that overlap as rolling years do."""
LONG = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.slow
@LONG
@given(worlds(), st.lists(st.sampled_from([*COUNTS, *SHARES, *RESTS]), min_size=1, max_size=7, unique=True))
def test_no_small_count_is_known_from_all_levels_and_items_together(counts: Counts, columns: list[CountColumn]) -> None:
    assert attack(counts, [CountTable(organisations(counts), columns)]) == []


@pytest.mark.slow
@LONG
@given(worlds())
def test_no_small_count_is_known_from_three_counts_at_every_level(counts: Counts) -> None:
    assert attack(counts, [CountTable(organisations(counts), COUNTS)]) == []


@pytest.mark.slow
@LONG
@given(worlds(), st.sampled_from([COUNTS, [*COUNTS, *SHARES]]))
def test_no_small_count_is_known_to_who_works_at_a_practice_beside_it(
    counts: Counts, columns: list[CountColumn]
) -> None:
    tables = [CountTable(organisations(counts), columns)]
    printed = published(tables, counts)
    for mine in sorted({organisation for organisation, _, _ in counts.counts}):
        reader = Reader(counts, tables, printed, works_at=mine)
        for organisation, item in itertools.product(
            sorted({*counts.guarded} - {mine, counts.parent[mine]}), ("six", "bmi")
        ):
            terms = reader.terms(organisation, item, MONTH)
            network = reader.terms(counts.parent[organisation], item, MONTH)
            # In a network that is small itself, whoever has the most of it knows that the others have little.
            alone = counts.parent[organisation] in counts.guarded and reader.value(network) < 5
            if terms and reader.value(terms) < 5 and not alone:
                assert [value for value in range(5) if reader.could(terms, value)] == [0, 1, 2, 3, 4]
        assert reader.untold <= max(5, reader.asked // 20)


@pytest.mark.slow
@LONG
@given(worlds(MONTHS, most=12, sums=SUMS), st.data())
def test_no_small_count_is_known_from_months_and_sums_that_overlap(counts: Counts, data: st.DataObject) -> None:
    rows = organisations(counts)
    choice = st.lists(st.sampled_from([*MONTHS, *counts.sums]), min_size=1, max_size=4, unique=True)
    small = [one for one in rows if one in counts.guarded]
    large = [one for one in rows if one not in counts.guarded]
    tables = [CountTable(part, [CountColumn("six", period) for period in data.draw(choice)]) for part in (small, large)]
    known = {key[2] for key in counts.counts} | set(counts.sums)
    tables = [CountTable(table.organisations, [c for c in table.columns if c.period in known]) for table in tables]
    assert attack(counts, tables) == []


def one_by_one(counts: Counts, table: CountTable) -> list[list[object]]:
    """The table by the rule for one count alone."""
    totals = Reader(counts, [], [])
    rows: list[list[object]] = []
    for one in table.organisations:
        values = [totals.value(totals.terms(one, column.item, column.period)) for column in table.columns]
        words = [shown(value) for value in values]
        told = [HIDDEN if word == HIDDEN else int(word) for word in words]
        rows.append(list(told) if one in counts.guarded else list(values))
    return rows


@pytest.mark.parametrize(
    ("shape", "six", "leak"),
    [
        ([[1], [2]], [3, 22, 9], "PRACTICE000, six, 2026-09: 3 is not [0, 1, 2, 4]"),
        ([[1], [2]], [0, 22, 9], "PRACTICE000, six, 2026-09: 0 is not [1, 2, 3, 4]"),
        ([[2], [2]], [4, 4, 20, 20], "PRACTICE000, six, 2026-09: 4 is not [0, 1, 2, 3]"),
        ([[2, 1]], [1, 22, 8], "PRACTICE000, six, 2026-09: 1 is not [0]"),
    ],
    ids=["one practice in a place", "nobody in a place", "two that make all", "what rounding leaves"],
)
def test_the_attack_sees_what_the_rule_for_one_count_gives_away(
    shape: list[list[int]], six: list[int], leak: str
) -> None:
    parent, guarded, practices = tree(shape)
    counts = Counts({(one, "six", MONTH): value for one, value in zip(practices, six, strict=True)}, parent, guarded)
    table = CountTable(organisations(counts), [CountColumn("six", MONTH)])
    assert leak in Reader(counts, [table], [one_by_one(counts, table)]).leaks()
    assert attack(counts, [table]) == []


def region(practices: int = 70, months: int = 24) -> tuple[Counts, list[CountColumn]]:
    """A region of practices in PCNs of five and places of three or four PCNs, with eight counts a month each, by a fixed rule."""
    parent: dict[str, str] = {}
    guarded: set[str] = set()
    checks = [f"check {number}" for number in range(6)]
    counts: dict[Key, int] = {}
    for number in range(practices):
        practice, network = f"P{number:03}", f"N{number // 5:02}"
        parent |= {practice: network, network: f"PLACE{number // 18}", f"PLACE{number // 18}": "ICS", "ICS": "REGION"}
        guarded |= {practice, network}
        for month in range(months):
            register = 3 + (number * 37) % 90
            done = [register * (40 + (number * 7 + check * 13 + month * 3) % 61) // 100 for check in range(6)]
            counts[practice, "register", f"{month:02}"] = register
            counts[practice, "all six", f"{month:02}"] = min(done) * (20 + (number + month) % 80) // 100
            for check, value in zip(checks, done, strict=True):
                counts[practice, check, f"{month:02}"] = value
    within = [(check, "register") for check in checks] + [("all six", check) for check in checks]
    columns = [CountColumn(item, f"{month:02}") for month in range(months) for item in ("register", "all six", *checks)]
    return Counts(counts, parent, guarded, within), columns


@pytest.mark.slow
def test_every_pair_of_tables_of_a_region_is_subtracted_and_nothing_small_is_left() -> None:
    """A table for each level; between any two, what the one leaves of the other, whole or in part, bounds nothing small."""
    counts, columns = region(months=2)
    rows = organisations(counts)
    levels = [[one for one in rows if one.startswith(level)] for level in ("P0", "N", "PLACE", "ICS", "REGION")]
    tables = [CountTable(level, columns) for level in levels]
    printed = published(tables, counts)
    reader = Reader(counts, tables, printed)
    bounds = [[0, MANY] for _ in reader.truth]
    assert reader.narrowed(bounds, range(len(reader.conditions)))
    small = [at for at, true in enumerate(reader.truth) if true < 5]
    assert len(small) > 50
    assert [reader.keys[at] for at in small if bounds[at] != [0, 4]] == []
    # Pair by pair, with what each figure can be as the reader knows it.
    known: dict[tuple[str, str, str], tuple[int, int]] = {}
    for table, cells in zip(tables, printed, strict=True):
        for one, row in zip(table.organisations, cells, strict=True):
            for column, cell in zip(table.columns, row, strict=True):
                terms = reader.terms(one, column.item, column.period)
                if isinstance(cell, int):
                    known[one, column.item, column.period] = (
                        (max(5, cell - 2), cell + 2) if one in counts.guarded else (cell, cell)
                    )
                else:
                    known[one, column.item, column.period] = (
                        0,
                        4 if one in counts.guarded and reader.value(terms) < 5 else MANY,
                    )
    under = {one: sorted(set(reader.below[one])) for one in rows}
    for a, b in itertools.permutations(range(len(levels)), 2):
        for one, column in itertools.product(levels[a], columns):
            inside = [other for other in levels[b] if set(under[other]) <= set(under[one])]
            if not inside or sum(len(under[other]) for other in inside) != len(under[one]):
                continue
            low, high = known[one, column.item, column.period]
            pairs = {other: known[other, column.item, column.period] for other in inside}
            for other, (least, most) in pairs.items():
                left = (
                    max(least, low - sum(up for name, (_, up) in pairs.items() if name != other)),
                    min(most, high - sum(down for name, (down, _) in pairs.items() if name != other)),
                )
                if reader.value(reader.terms(other, column.item, column.period)) < 5 and other in counts.guarded:
                    assert left == (0, 4), (one, other, column)


def test_a_month_published_later_changes_nothing_in_the_earlier_ones() -> None:
    counts, columns = region(practices=20, months=3)
    rows = organisations(counts)
    together = published([CountTable(rows, columns)], counts)[0]
    for month in range(3):
        here = [at for at, column in enumerate(columns) if column.period == f"{month:02}"]
        month_only = {key: value for key, value in counts.counts.items() if key[2] == f"{month:02}"}
        only = Counts(month_only, counts.parent, counts.guarded, counts.within)
        alone = published([CountTable(rows, [columns[at] for at in here])], only)[0]
        assert [[row[at] for at in here] for row in together] == alone


def test_the_order_of_tables_rows_and_columns_changes_nothing() -> None:
    counts, columns = region(practices=20, months=1)
    rows = organisations(counts)
    first = published([CountTable(rows, columns)], counts)[0]
    turned = published([CountTable(rows[::-1], columns[:3][::-1]), CountTable(rows, columns[3:])], counts)
    assert [[*b[::-1], *a] for a, b in zip(turned[1], turned[0][::-1], strict=True)] == first


def test_a_sum_that_follows_finds_its_months_as_they_were_published() -> None:
    counts, _ = region(practices=20, months=3)
    rows = organisations(counts)
    sums = {"00 to 01": ("00", "01"), "01 to 02": ("01", "02")}
    columns = [CountColumn("all six", period) for period in ("00", "01", "02", *sums)]
    together = published(
        [CountTable(rows, columns)], Counts(counts.counts, counts.parent, counts.guarded, counts.within, sums)
    )[0]
    assert any(row[3] != HIDDEN for row in together)
    for at, month in enumerate(("00", "01", "02")):
        known = {key: value for key, value in counts.counts.items() if key[2] <= month}
        then = Counts(known, counts.parent, counts.guarded, counts.within, sums)
        assert published([CountTable(rows, [columns[at]])], then)[0] == [[row[at]] for row in together]


NOW = "now"
PLACES = (*reaching.FIFTHS, reaching.NOT_KNOWN)
People = dict[str, dict[tuple[int, int], tuple[int, int]]]
"""By practice, age band and place: people, and those with a mobile."""


@st.composite
def towns(draw: st.DrawFn) -> People:
    """Two practices with anything from nobody on, and two with people of every age everywhere, so that something is told."""
    everywhere = list(itertools.product(range(len(reaching.AGES)), range(len(PLACES))))
    people: People = {f"P{number}": dict.fromkeys(everywhere, (2 + number, number)) for number in (2, 3)}
    for number in (0, 1):
        cells = st.tuples(st.integers(0, 3), st.integers(0, 3)).map(lambda pair: (max(pair), min(pair)))
        people[f"P{number}"] = draw(st.dictionaries(st.sampled_from(everywhere), cells, max_size=12))
    return people


def reach_leaks(
    people: People, guarded: set[str], *, checked: bool = True, works_at: str = ""
) -> tuple[list[str], bool]:
    """What the tables by age and by deprivation give away together, and whether the second is told. Not `checked`: as it stands,
    whether it may be told or not. `works_at`: the practice whose own counts the reader knows."""
    by: dict[str, dict[tuple[str, int], tuple[int, int, int]]] = {"age": {}, "place": {}}
    for practice, cells in people.items():
        for which, name in enumerate(("age", "place")):
            for bands, (registered, mobile) in cells.items():
                before = by[name].get((practice, bands[which]), (0, 0, 0))
                by[name][practice, bands[which]] = (before[0] + registered, before[1] + mobile, 0)
    codes = sorted(people)
    told = reaching.by_age(by["age"], codes, guarded)
    together = reaching.by_deprivation(
        by["place"], codes, guarded if checked else set(), reaching.ALL, told[reaching.ALL]
    )
    counts: dict[Key, int] = {}
    for name, words in (("age", reaching.AGES), ("place", PLACES)):
        for practice, (at, band) in itertools.product(codes, enumerate(words)):
            registered, mobile, _ = by[name].get((practice, at), (0, 0, 0))
            counts |= {(practice, f"{band} registered", NOW): registered, (practice, f"{band} mobile", NOW): mobile}
            if name == "age":
                counts[practice, f"{band} other", NOW] = 0
    within = [(f"{band} mobile", f"{band} registered") for band in (*reaching.AGES, *PLACES)]
    behind = Counts(counts, dict.fromkeys(codes, reaching.ALL), guarded, within)
    of_age = CountTable([*codes, reaching.ALL], [c for c in reaching.age_columns(NOW) if "other" not in c.item])
    cells_of_age = [[cell for row in told[code][:5] for cell in row[1:4]] for code in of_age.organisations]
    tables, printed = [of_age], [cells_of_age]
    if together is not None:
        tables.append(
            CountTable(
                [reaching.ALL],
                [CountColumn(f"{band} {item}", NOW) for band in PLACES for item in ("registered", "mobile")],
            )
        )
        printed.append([[cell for row in together[:6] for cell in row[1:3]]])
    reader = Reader(behind, tables, printed, works_at=works_at)
    # What no table says and every reader knows: they are the same people, however they are divided.
    for practice, item in itertools.product(codes, ("registered", "mobile")):
        parts = [(reaching.AGES, 1), (PLACES, -1)]
        same = {reader.place[practice, f"{band} {item}", NOW]: sign for bands, sign in parts for band in bands}
        for variable in same:
            reader.touching[variable].append(len(reader.conditions))
        reader.conditions.append((same, 0, 0))
    leaks = [one for one in reader.leaks() if not works_at or not one.startswith(works_at)]
    assert reader.untold <= max(5, reader.asked // 20)
    return leaks, together is not None


@pytest.mark.slow
@settings(LONG, max_examples=6)
@given(towns(), st.sets(st.sampled_from(["P0", "P1", "P2", "P3"]), min_size=3))
def test_no_small_count_is_known_from_reach_by_age_and_by_deprivation(people: People, guarded: set[str]) -> None:
    leaks, told = reach_leaks(people, guarded)
    event(f"by deprivation told: {told}")
    assert leaks == []


def test_what_by_deprivation_gives_away_beside_by_age_is_not_told() -> None:
    """One fifth has three people in all: together they would say that none of the practices has four there. Where each fifth has
    enough, all together is told, and nothing small of any age with it."""
    many = {(age, place): (9, 4) for age in range(5) for place in range(6)}
    few = many | {(age, 3): (0, 0) for age in range(5)}
    three = {"P0": few | {(0, 3): (2, 1)}, "P1": few | {(0, 3): (1, 0)}, "P2": few}
    guarded = set(three)
    assert any("Fourth" in one for one in reach_leaks(three, guarded, checked=False)[0])
    assert reach_leaks(three, guarded) == ([], False)
    # Two people of 80 or more in all: what all together by deprivation leaves of all other ages would be them.
    young = {(age, place): counts for (age, place), counts in many.items() if age < 4}
    old = {"P0": young | {(4, 0): (2, 1)}, "P1": young, "P2": young}
    assert reach_leaks(old, guarded) == ([], True)
    told = {"P0": few, "P1": many, "P2": many}
    assert reach_leaks(told, guarded) == reach_leaks(told, guarded, works_at="P1") == ([], True)
