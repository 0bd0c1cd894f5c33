"""People made for the edges: their entries lie on the days where a rule changes its mind, and often on the same day.

A person is drawn for one rule set and one day of evaluation, and then judged by every rule set on every day of `DAYS`. Drawn
from a seed, so that a person is the same however many are asked for.
"""

from __future__ import annotations

import calendar
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from tests.specification.recall import golden
from tests.specification.recall.reading import Entry, Person, Reader, Rules, contract_year_of, months_before

SEED = 20_261_126

DAYS = (
    date(2023, 2, 28),
    date(2024, 2, 28),
    date(2024, 2, 29),
    date(2024, 3, 1),
    date(2024, 3, 31),
    date(2024, 4, 1),
    date(2024, 5, 31),
    date(2024, 8, 31),
    date(2024, 9, 1),
    date(2024, 9, 30),
    date(2024, 10, 1),
    date(2025, 2, 28),
    date(2025, 3, 1),
    date(2025, 3, 31),
    date(2025, 4, 1),
    date(2025, 11, 30),
)
"""Leap day and the days beside it a year before, that year and the year after; ends of months; the first and last days of the
contract year and of the season; the day before and the day of the first of October."""

BODY_MASS = (22.0, 22.9, 23.0, 24.9, 25.0, 29.9, 30.0, 31.0)
"""At every bound of MH011."""
PRESSURES = (120.0, 138.0, 139.0, 140.0)


def people(number: int, seed: int = SEED) -> Iterator[Person]:
    """So many people."""
    for each in range(number):
        yield _person(random.Random(f"{seed} {each}"))


def one_more(draw: random.Random, person: Person, on: date) -> Entry | None:
    """Another entry of the person, without a value, that is written on a day; None if that day has one of the code already."""
    everything, members = _codes_by_set(), golden.members()
    sets = sorted(set(everything) - {"BMIVAL_COD", "BMI_COD", "BP_COD"})
    code = draw.choice(everything[draw.choice(("MH_COD", "MHREM_COD", "ALC_COD", "MHINVITE_COD", draw.choice(sets)))])
    day = draw.choice([day for day in _edges(on) if day <= on])
    if code in members["BMIVAL_COD"] | members["BP_COD"] or any((e.day, e.code) == (day, code) for e in person.entries):
        return None
    return Entry(number=max((e.number for e in person.entries), default=0) + 1, day=day, code=code)


def _person(draw: random.Random) -> Person:
    on = draw.choice(DAYS)
    key = draw.choice(
        (*golden.rule_sets(), "smi-contract-year", "smi-contract-year", "smi", golden.EDGES, golden.EDGES)
    )
    shape = draw.choice(("done", "asked", "scattered", "scattered"))
    written = list(_written(draw, golden.rule_set(key), shape, on))
    # What the record holds of other programmes, and more of the same.
    if shape == "scattered":
        everything, edges = _codes_by_set(), list(_edges(on))
        for _ in range(draw.randrange(6)):
            written.append((draw.choice(edges), draw.choice(everything[draw.choice(sorted(everything))])))
    draw.shuffle(written)
    return Person(
        born=_born(draw, on),
        registrations=_registrations(draw, on) if shape == "scattered" else [(date(2010, 1, 4), None)],
        deceased=draw.random() < 0.01,
        entries=[_entry(draw, number, day, code) for number, (day, code) in enumerate(written, start=1)],
    )


def _written(draw: random.Random, rules: Rules, shape: str, on: date) -> Iterator[tuple[date, str]]:
    """Entries that this rule set asks about. "done": nearly everything is done, and little else is known; "asked": invited twice,
    and little done; "scattered": anything, on days that are often the same or seven days apart."""
    edges, days = list(_edges(on)), list[date]()
    inside = [day for day in edges if Reader(rules, {}, Person(on, (), ()), on).counts(day, on)] or edges

    def day() -> date:
        roll = draw.random()
        if days and roll < 0.25:
            found = draw.choice(days)
        elif days and roll < 0.4:
            found = draw.choice(days) + timedelta(days=draw.choice((-7, -1, 1, 6, 7, 8)))
        else:
            found = draw.choice(edges)
        days.append(found)
        return found

    for name, fact in rules["facts"].items():
        often = {"diagnosis": 0.95, "remission": 0.35, "resolved": 0.35}.get(name, 0.2)
        for code in _some(draw, fact["sets"], often if shape == "scattered" or name == "diagnosis" else often / 4):
            yield day(), code
    if shape == "asked":
        invitations = _codes_by_set()["MHINVITE_COD"]
        first = draw.choice(inside)
        yield first, draw.choice(invitations)
        for gap in draw.sample((0, 6, 6, 7, 7, 8, 20), draw.randrange(1, 3)):
            yield first + timedelta(days=gap), draw.choice(invitations)
    if draw.random() < 0.3:
        # Values of one day, of which the latest written or the lowest counts.
        twice = draw.choice(inside)
        for _ in range(2):
            yield twice, draw.choice(_codes_by_set()[draw.choice(("BMIVAL_COD", "BP_COD"))])
    often = {"done": 1.0, "asked": 0.3, "scattered": 0.7}[shape]
    for part in rules["parts"]:
        for code in _some(draw, part["done"], often):
            yield draw.choice(inside) if shape == "done" and draw.random() < 0.95 else day(), code
        if shape == "scattered":
            for code in _some(draw, [*part.get("declined", ()), *part.get("unsuitable", ())], 0.12):
                yield day(), code


def _some(draw: random.Random, sets: Sequence[str], often: float) -> Iterator[str]:
    everything = _codes_by_set()
    known = [key for key in sets if key in everything]
    while known and draw.random() < often:
        yield draw.choice(everything[draw.choice(known)])
        often *= 0.3


def _codes_by_set() -> Mapping[str, Sequence[str]]:
    return {key: sorted(codes) for key, codes in golden.members().items() if codes}


def _edges(on: date) -> Iterator[date]:
    """Days on either side of where a window begins or ends, as seen from a day."""
    april = contract_year_of(on)
    september = date(on.year if on.month >= 9 else on.year - 1, 9, 1)
    turns = [
        on,
        *(months_before(on, months) for months in (1, 3, 6, 12, 12, 12, 24)),
        april,
        april.replace(year=april.year - 1),
        months_before(april.replace(month=3, day=31), 24),
        september,
        september.replace(month=3, day=31),
        september.replace(month=10),
    ]
    for turn in turns:
        for beside in (-1, 0, 0, 1):
            yield turn + timedelta(days=beside)
    for year in (on.year - 2, on.year - 1, on.year):
        yield date(year, 2, 28)
        yield date(year, 3, 1)
        if calendar.isleap(year):
            yield date(year, 2, 29)
    for back in (1, 2, 11, 13):
        month = months_before(on.replace(day=1), back)
        yield month.replace(day=calendar.monthrange(month.year, month.month)[1])
        yield month
    for back in (40, 89, 90, 91, 200, 1000, 3000, 40_000):
        yield on - timedelta(days=back)


def _born(draw: random.Random, on: date) -> date:
    """Birthdays about 65 and about the day, of leap day, and any."""
    roll = draw.random()
    if roll < 0.3:
        return months_before(on, 12 * 65) + timedelta(days=draw.choice((-1, 0, 1, 2)))
    if roll < 0.5:
        return date(draw.choice((1952, 1956, 1960, 1984)), 2, 29)
    if roll < 0.7:
        return months_before(on, 12 * 40) + timedelta(days=draw.choice((-31, -1, 0, 1, 31)))
    return date(1930, 1, 1) + timedelta(days=draw.randrange(28_000))


def _registrations(draw: random.Random, on: date) -> list[tuple[date, date | None]]:
    """Mostly of old; of late, from tomorrow, ended about the day, moved between practices; a few are nobody's patients."""
    old, beside = date(2010, 1, 4), timedelta(days=draw.choice((-1, 0, 1, 2)))
    roll = draw.random()
    if roll < 0.02:
        return []
    if roll < 0.25:
        return [(months_before(on, 3) + beside, None)]
    if roll < 0.3:
        return [(on + beside, None)]
    if roll < 0.35:
        return [(old, on + beside)]
    if roll < 0.42:
        moved = months_before(on, 3) + beside
        return [(old, draw.choice((None, moved, moved + timedelta(days=5)))), (moved, None)]
    return [(old, None)]


def _entry(draw: random.Random, number: int, day: date, code: str) -> Entry:
    """The entry: body mass indices and blood pressures mostly have a value, a few in another unit; a few entries are in error."""
    members, value, unit = golden.members(), None, ""
    for key, values, usual in (("BMIVAL_COD", BODY_MASS, "kg/m2"), ("BP_COD", PRESSURES, "mm[Hg]")):
        if code in members[key] and draw.random() < 0.9:
            value, unit = draw.choice(values), draw.choices((usual, "", "kg"), (94, 3, 3))[0]
    wrong, away = draw.random() < 0.05, draw.random() < 0.05
    return Entry(number=number, day=day, code=code, value=value, unit=unit, in_error=wrong, elsewhere=away)
