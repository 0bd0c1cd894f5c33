"""Plans that were, worked out again (cases.toml): what each part was to bring, what each month asked, and how it came out."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from onedoor.reporting.published import Quarter
from onedoor.reporting.tables import Cell, Column, Table
from onedoor.reporting.trajectory.rules import (
    Member,
    ShareBy,
    Targets,
    gap,
    half_up,
    months_left,
    needed,
    outcome,
    shares,
    up,
)


@dataclass(frozen=True)
class Part:
    """An organisation of a case. `latest`: (register, done) when the plan was said; `typed`: what the paper prints as its part,
    and over how many months it divides it."""

    name: str
    code: str
    register: int
    done: int
    latest: tuple[int, int] | None = None
    typed: int | None = None
    typed_months: int = 0

    @property
    def member(self) -> Member:
        """As what shares are worked out from."""
        return Member(self.code, self.register, self.done)


@dataclass(frozen=True)
class Case:
    """A plan that was said on a day, from a baseline until a quarter, and what came."""

    key: str
    title: str
    words: str
    said_on: date
    baseline: Quarter
    latest: Quarter
    due: Quarter
    targets: Targets
    source: str
    region: Part
    came: tuple[int, int]
    members: tuple[Part, ...]


@cache
def cases() -> tuple[Case, ...]:
    """All of them."""
    text = files(__package__).joinpath("cases.toml").read_text("utf-8")
    return tuple(_case(one) for one in tomllib.loads(text, parse_float=Decimal)["cases"])


def shares_table(aim: int, members: Sequence[Part], rate: Decimal, *, due: Quarter, source: str, period: str) -> Table:
    """What each organisation has to bring of an aim: by its register, by what it lacks of the rate, and as it was typed."""
    by_register = shares(aim, [one.member for one in members], ShareBy.REGISTER)
    own = {one.code: max(0, up(gap(one.register, one.done, rate))) for one in members}
    # Once everybody has reached the rate there is nothing to divide by.
    by_gap = (
        shares(aim, [one.member for one in members], ShareBy.GAP, rate) if any(own.values()) else dict.fromkeys(own, 0)
    )
    columns = [
        Column("name", "Organisation"),
        Column("register", "On the register"),
        Column("done", "All six"),
        Column("share", "All six", "%", places=1),
        Column("by_register", "Its part, by register"),
        Column("by_gap", f"Its part, by what it lacks of {rate:f}%"),
        Column("own", f"More for {rate:f}% of its own register"),
    ]
    typed = any(one.typed is not None for one in members)
    if typed:
        columns.append(Column("typed", "As the plan prints it"))
    rows: list[list[Cell]] = []
    for one in members:
        row: list[Cell] = [one.name, one.register, one.done, Decimal(100 * one.done) / one.register]
        row += [by_register[one.code], by_gap[one.code], own[one.code]]
        rows.append([*row, one.typed if one.typed is not None else ""] if typed else row)
    notes = ["The parts by register, and those by what is lacking, each sum to the aim, to the person."]
    if not any(own.values()):
        notes = [f"The parts by register sum to the aim, to the person. Nobody lacks anything of {rate:f}%."]
    for one in members:
        if one.typed is not None and one.typed not in (by_register[one.code], by_gap[one.code], own[one.code]):
            notes.append(
                f"The {one.typed:,} of {one.name} is a target that was typed in: it follows neither from the register"
                f" ({by_register[one.code]:,}), nor from what is lacking ({by_gap[one.code]:,}), nor from {rate:f}% of its own"
                f" register ({own[one.code]:,})."
            )
    return Table(f"What each has to bring of {aim:,} by {due.words}", columns, rows, notes, source, period)


def came_table(case: Case) -> Table:
    """How the plan came out, by count and by rate."""
    register, done = case.came
    found = outcome(case.targets, register=register, done=done)
    start, targets = case.region, case.targets
    grew = Decimal(100 * (register - start.register)) / start.register
    said = Column("", "", "%", places=1)
    columns = [
        Column("by", "Target"),
        Column("start", f"Was, {case.baseline.words}"),
        Column("wanted", f"To be reached by {case.due.words}"),
        Column("came", f"Came, {case.due.words}"),
        Column("how", "Outcome"),
    ]
    rows: list[list[Cell]] = []
    if targets.more is not None:
        rows.append(["Count of people", start.done, targets.baseline + targets.more, done, _met(found.count_met)])
    if targets.rate is not None:
        was = said.said(Decimal(100 * start.done) / start.register)
        rate = said.said(Decimal(found.rate.numerator) / found.rate.denominator)
        rows.append(["Rate of the register", was, f"{targets.rate:f}%", rate, _met(found.rate_met)])
    note = (
        f"{found.more:,} more people than at the start, and the register grew from {start.register:,} to {register:,},"
        f" by {said.said(grew)}: the same count is a smaller share."
    )
    return Table("How it came out", columns, rows, [note], case.source, f"{case.baseline.words} to {case.due.words}")


def months_table(case: Case) -> Table:
    """What the paper says a month has to bring, and what each target asked from the day it was said (product-map.md T7)."""
    columns = [
        Column("name", "Organisation"),
        Column("printed", "A month, as printed"),
        Column("months", "Months that were left"),
        Column("count", "A month for the count"),
        Column(
            "rate", f"A month for {case.targets.rate:f}%" if case.targets.rate is not None else "A month for the rate"
        ),
    ]
    rows: list[list[Cell]] = []
    left = months_left(case.said_on, case.due.ends_on)
    for one in (*case.members, case.region):
        if one.latest is None:
            continue
        register, done = one.latest
        more = case.targets.more if one is case.region else one.typed
        found = needed(Targets(one.done, more, case.targets.rate), register=register, done=done, lapses=0, months=left)
        printed = None if not one.typed_months else half_up(Fraction(one.typed or 0, one.typed_months))
        rows.append(
            [
                one.name,
                printed if printed is not None else "not printed",
                left,
                *(found[key].a_month if key in found else None for key in ("count", "rate")),
            ]
        )
    notes = [
        f"The paper divides by twelve months, though {left} were left on {case.said_on:%-d %B %Y}.",
        "Whoever lapses meanwhile is to be done besides: how many that were is not known of that year.",
    ]
    return Table(
        "What each month asked", columns, rows, notes, case.source, f"From {case.latest.words} to {case.due.words}"
    )


def _met(met: bool | None) -> str:
    return "met" if met else "missed"


def _case(said: dict[str, Any]) -> Case:
    quarters = {}
    for key in ("baseline", "latest", "due"):
        found = Quarter.read(said[key])
        assert found is not None
        quarters[key] = found
    region = said["region"]
    return Case(
        key=said["key"],
        title=said["title"],
        words=said["words"],
        said_on=said["said_on"],
        targets=Targets(region["done"], said["more"], Decimal(str(said["rate"]))),
        source=said["source"],
        region=_part(region),
        came=(region["due_register"], region["due_done"]),
        members=tuple(_part(one) for one in said["members"]),
        **quarters,
    )


def _part(said: dict[str, Any]) -> Part:
    return Part(
        name=said["name"],
        code=said["code"],
        register=said["register"],
        done=said["done"],
        latest=(said["latest_register"], said["latest_done"]) if "latest_done" in said else None,
        typed=said.get("typed"),
        typed_months=said.get("typed_months", 0),
    )
