"""What recall keeps against the plain reading: where the two differ, and whether a change was foreseen."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from onedoor.kernel import clock
from tests.specification.recall import generated, golden, store
from tests.specification.recall.reading import Entry, Person, Standing, read


@dataclass
class Found:
    """So much was compared, and this differs; `differences` and `unforeseen` are in words, for whoever looks into them."""

    people: int = 0
    compared: int = 0
    standing: int = 0
    differences: list[str] = field(default_factory=list)
    unforeseen: list[str] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    written: int = 0
    """Entries written and taken back, deaths, moves and corrections between the days."""


def compare(
    people: Sequence[Person],
    patient_ids: Sequence[int],
    days: Sequence[date],
    work_out: Callable[[date], None] | None = None,
) -> Found:
    """Have standings worked out on each day in turn, whole unless `work_out` does it; where they and the plain reading differ."""
    from onedoor.recall import api as recall

    found = Found(people=len(people))
    before: dict[tuple[str, int], tuple[Standing | None, date | None, date]] = {}
    for on in sorted(days):
        if work_out:
            work_out(on)
        else:
            recall.compute(on=on)
        kept, changes = store.standings(patient_ids), store.changes(patient_ids)
        for person, patient_id in zip(people, patient_ids, strict=True):
            for key in (*golden.rule_sets(), golden.EDGES):
                plain = read(golden.rule_set(key), golden.members(), person, on)
                sql, changes_on = kept.get((key, patient_id), (None, changes.get(patient_id)))
                _note(found, key, plain)
                if plain != sql:
                    found.differences.append(_difference(key, patient_id, person, on, plain, sql))
                _foreseen(found, before, (key, patient_id), person, plain, changes_on, on)
    return found


def night_by_night(people: list[Person], patient_ids: Sequence[int], nights: Sequence[date]) -> Found:
    """The same, with everybody worked out once and then, each night, only those of whom something changed.

    A day came, an entry was written or taken back, somebody died, moved, left or was found to be born on another day.
    """
    from onedoor.recall import api as recall

    first, *_ = nights = sorted(nights)
    draw, taken_back, changes = random.Random(generated.SEED), list[tuple[int, Entry]](), 0

    def by_day(on: date) -> None:
        nonlocal changes
        for place, patient_id in enumerate(patient_ids):
            roll, person = draw.random(), people[place]
            if roll < 0.02 and len(person.registrations) < 5:
                to = draw.choice(("dies", "is born otherwise", "moves", "moves", "leaves"))
                people[place] = store.change(patient_id, person, on=on, to=to)
                changes += 1
            elif roll < 0.1 and (entry := generated.one_more(draw, person, on)):
                store.write_one(patient_id, person, entry)
                taken_back.append((place, entry))
                changes += 1
        for place, entry in [each for each in taken_back if draw.random() < 0.1]:
            taken_back.remove((place, entry))
            store.take_back(patient_ids[place], people[place], entry)
            changes += 1

    def tonight(on: date) -> None:
        with clock.at(datetime(on.year, on.month, on.day, 2, 0, tzinfo=clock.LONDON)):
            if on == first:
                recall.compute()
            else:
                by_day(on)
                recall.bring_up_to_date()

    found = compare(people, patient_ids, nights, tonight)
    # What was written was not announced.
    found.unforeseen.clear()
    found.written = changes
    return found


def _note(found: Found, key: str, plain: Standing | None) -> None:
    found.compared += 1
    if plain:
        found.standing += 1
        reason = f"{key}: {plain.reason}"
        found.reasons[reason] = found.reasons.get(reason, 0) + 1


def _foreseen(
    found: Found,
    before: dict[tuple[str, int], tuple[Standing | None, date | None, date]],
    who: tuple[str, int],
    person: Person,
    plain: Standing | None,
    changes_on: date | None,
    on: date,
) -> None:
    """A standing that differs from the last one seen must have been announced: nothing is written in between.

    Where a registration begins, moves or ends, that is what tells.
    """
    if who in before:
        last, announced, then = before[who]
        if last != plain and person.registered(then) == person.registered(on) and (announced is None or announced > on):
            found.unforeseen.append(
                f"{who[0]}, patient {who[1]}: {then} to {on}, announced for {announced}: {last} to {plain}"
            )
    before[who] = (plain, changes_on, on)


def _difference(
    key: str, patient_id: int, person: Person, on: date, plain: Standing | None, sql: Standing | None
) -> str:
    if plain and sql:
        fields = [name for name in vars(plain) if getattr(plain, name) != getattr(sql, name)]
        said = "; ".join(f"{name}: plain {getattr(plain, name)}, SQL {getattr(sql, name)}" for name in fields)
    else:
        said = f"plain {plain}, SQL {sql}"
    names: Mapping[str, str] = {code: word for word, code in golden.invented().items()}
    entries = ", ".join(
        f"{entry.day} {names.get(entry.code, entry.code)}"
        f"{f'={entry.value:g} {entry.unit}' if entry.value is not None else ''}{_aside(entry)}"
        for entry in sorted(person.entries, key=lambda entry: (entry.day, entry.number))
    )
    return f"{key} on {on}, patient {patient_id}, born {person.born}, registered {_spans(person)}: {said} | {entries}"


def _aside(entry: Entry) -> str:
    """Why an entry does not count, if it does not."""
    return " in error" if entry.in_error else " elsewhere" if entry.elsewhere else ""


def _spans(person: Person) -> str:
    return " and ".join(f"{since} to {until or 'now'}" for since, until in person.registrations) or "nowhere"
