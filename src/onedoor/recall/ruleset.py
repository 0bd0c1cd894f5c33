"""A rule set as read from its file: what it may say (docs/reference/rule-sets.md), checked, and in plain words."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("rulesets")
_NAME, _KEY = re.compile(r"[a-z][a-z0-9_]{0,29}"), re.compile(r"[a-z][a-z0-9_-]{0,39}")
"""What becomes part of a statement is checked here."""
OPERATORS = (">=", "<=", ">", "<")


class BadRuleSet(ValueError):
    """A file says something that the format does not know; the message names the rule set and the place."""


@dataclass(frozen=True)
class Fact:
    """One entry of a person, or none."""

    name: str
    sets: tuple[str, ...]
    earliest: bool = False
    months: int = 0
    """0: whenever it was."""
    window: bool = False
    after: str = ""
    gap_days: int = 0
    value: bool = False
    unit: str = ""
    lowest_of_day: bool = False


@dataclass(frozen=True)
class Cond:
    """One condition; `kind` is known, day, within, value, age, registered, season_days or flag."""

    kind: str
    subject: str = ""
    """The fact or the flag."""
    operator: str = ""
    other: str = ""
    number: float = 0
    holds: bool = True


@dataclass(frozen=True)
class Any_:
    """True when one of its branches holds; a branch holds when all its conditions do."""

    branches: tuple[tuple[Cond, ...], ...]

    def conditions(self) -> Iterator[Cond]:
        for branch in self.branches:
            yield from branch


@dataclass(frozen=True)
class Cohort:
    label: str
    name: str
    inside: str
    outside: str
    priority: int
    test: Any_


@dataclass(frozen=True)
class Rule:
    type: str
    code: str
    text: str
    priority: int
    cohorts: tuple[str, ...]
    stop: bool
    pca: bool
    test: Any_


@dataclass(frozen=True)
class Group:
    """Rules of one type and one priority: it holds when all do."""

    type: str
    priority: int
    rules: tuple[Rule, ...]

    @property
    def code(self) -> str:
        """The reason it gives."""
        return self.rules[0].code

    @property
    def text(self) -> str:
        return " and ".join(rule.text for rule in self.rules)

    @property
    def pca(self) -> bool:
        return any(rule.pca for rule in self.rules)

    @property
    def stop(self) -> bool:
        return any(rule.stop for rule in self.rules)

    def applies_to(self, cohort: Cohort) -> bool:
        """Whether it is looked at for this cohort."""
        return all(not rule.cohorts or cohort.label in rule.cohorts for rule in self.rules)


@dataclass(frozen=True)
class Part:
    key: str
    label: str
    done: tuple[str, ...]
    declined: tuple[str, ...]
    unsuitable: tuple[str, ...]
    months: int
    """0: the window."""
    relief_months: int
    """0: no relief."""
    relief_unless: str
    by_text: bool


@dataclass(frozen=True)
class RuleSet:
    programme: str
    key: str
    version: str
    active_from: date
    name: str
    kind: str
    window: str
    months: int
    visit: str
    benefit: str
    text_ok: bool
    sources: tuple[str, ...]
    facts: Mapping[str, Fact]
    flags: Mapping[str, Any_]
    cohorts: tuple[Cohort, ...]
    groups: tuple[Group, ...]
    parts: tuple[Part, ...]
    due_at: str
    due_since: str
    content: Mapping[str, Any] = field(repr=False, default_factory=dict)

    def groups_of(self, type_: str) -> list[Group]:
        """Of a type, the lowest priority first."""
        return [group for group in self.groups if group.type == type_]

    @property
    def sets(self) -> set[str]:
        """Every set it names."""
        found = {key for fact in self.facts.values() for key in fact.sets}
        return found | {key for part in self.parts for key in (*part.done, *part.declined, *part.unsuitable)}

    @property
    def digest(self) -> str:
        """Of what it says."""
        return digest(self.content)


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of a content, however it is spaced."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@lru_cache(maxsize=1)
def shipped() -> tuple[RuleSet, ...]:
    """Every rule set of the folder, checked. Raises BadRuleSet."""
    return tuple(parse(_plain(tomllib.loads(path.read_text()))) for path in sorted(FOLDER.glob("*.toml")))


def _plain(content: dict[str, Any]) -> dict[str, Any]:
    """As JSON keeps it: days as text."""
    read: dict[str, Any] = json.loads(json.dumps(content, default=lambda day: day.isoformat()))
    return read


def parse(content: Mapping[str, Any]) -> RuleSet:
    """A rule set of its content. Raises BadRuleSet."""
    try:
        return _check(_parse(content))
    except (KeyError, TypeError, AttributeError) as error:
        raise BadRuleSet(f"{content.get('key', '?')}: {error!r}") from error


def _parse(content: Mapping[str, Any]) -> RuleSet:
    rules = [_rule(one) for one in content.get("rules", ())]
    order = sorted({(rule.type, rule.priority) for rule in rules})
    return RuleSet(
        programme=content["programme"],
        key=content["key"],
        version=content["version"],
        active_from=date.fromisoformat(content["active_from"]),
        name=content["name"],
        kind=content["kind"],
        window=content["window"],
        months=content.get("months", 0),
        visit=content["visit"],
        benefit=content["benefit"],
        text_ok=content["text_ok"],
        sources=tuple(content["sources"]),
        facts={name: _fact(name, one) for name, one in content["facts"].items()},
        flags={one["name"]: _any(one["any"]) for one in content.get("flags", ())},
        cohorts=tuple(
            sorted(
                (
                    Cohort(one["label"], one["name"], one["in"], one["out"], one["priority"], _any(one["any"]))
                    for one in content["cohorts"]
                ),
                key=lambda cohort: cohort.priority,
            )
        ),
        groups=tuple(
            Group(type_, priority, tuple(r for r in rules if (r.type, r.priority) == (type_, priority)))
            for type_, priority in order
        ),
        parts=tuple(_part(one) for one in content["parts"]),
        due_at=content["due"]["at"],
        due_since=content["due"].get("since", ""),
        content=content,
    )


def _fact(name: str, one: Mapping[str, Any]) -> Fact:
    unknown = set(one) - {
        "sets", "pick", "months", "window", "after", "gap_days", "value", "unit", "lowest_of_day",
    }  # fmt: skip
    if unknown or one.get("pick", "latest") not in ("latest", "earliest"):
        raise BadRuleSet(f"fact {name}: {sorted(unknown) or one['pick']}")
    return Fact(
        name=name,
        sets=tuple(one["sets"]),
        earliest=one.get("pick") == "earliest",
        months=one.get("months", 0),
        window=one.get("window", False),
        after=one.get("after", ""),
        gap_days=one.get("gap_days", 0),
        value=one.get("value", False),
        unit=one.get("unit", ""),
        lowest_of_day=one.get("lowest_of_day", False),
    )


def _any(branches: Sequence[Mapping[str, Any]]) -> Any_:
    return Any_(tuple(tuple(map(_cond, one["all"])) if "all" in one else (_cond(one),) for one in branches))


def _cond(one: Mapping[str, Any]) -> Cond:
    if "flag" in one:
        return Cond("flag", one["flag"], holds=one["is"])
    if "person" in one:
        if one["person"] == "registered":
            return Cond("registered", number=one["within"])
        return Cond(one["person"], operator=one["value"], number=one["number"])
    if "is" in one:
        return Cond("known", one["fact"], holds={"known": True, "not known": False}[one["is"]])
    if "day" in one:
        return Cond("day", one["fact"], one["day"], one["than"])
    if "within" in one:
        return Cond("within", one["fact"], number=one["within"])
    return Cond("value", one["fact"], one["value"], number=one["number"])


def _rule(one: Mapping[str, Any]) -> Rule:
    cond = one["cond"]
    test = (
        _any(cond["any"])
        if "any" in cond
        else Any_((tuple(map(_cond, cond["all"])),))
        if "all" in cond
        else Any_(((_cond(cond),),))
    )
    labels = tuple(label.strip() for label in one.get("cohort", "").split(",") if label.strip())
    return Rule(
        one["type"], one["code"], one["text"], one["priority"], labels, one.get("stop", False), one.get("pca", False),
        test,
    )  # fmt: skip


def _part(one: Mapping[str, Any]) -> Part:
    relief = one.get("relief", {})
    return Part(
        key=one["key"],
        label=one["label"],
        done=tuple(one["done"]),
        declined=tuple(one.get("declined", ())),
        unsuitable=tuple(one.get("unsuitable", ())),
        months=one.get("months", 0),
        relief_months=relief.get("months", 0),
        relief_unless=relief.get("unless_flag", ""),
        by_text=one.get("by_text", False),
    )


def _check(found: RuleSet) -> RuleSet:
    """Raise BadRuleSet for what cannot be worked out."""

    def need(true: bool, what: str) -> None:
        if not true:
            raise BadRuleSet(f"{found.key}: {what}")

    need(found.kind in ("register", "season", "age"), f"kind {found.kind}")
    need(found.window in ("rolling", "contract_year", "season"), f"window {found.window}")
    need((found.window == "rolling") == bool(found.months), "months go with a rolling window")
    need(found.due_at in ("expiry", "birthday_month_or_expiry", "season_start"), f"due at {found.due_at}")
    need((found.due_at == "season_start") == (found.window == "season"), "season_start goes with a season")
    need(not found.due_since or found.due_since in found.facts, f"due since {found.due_since}")
    need(0 < len(found.parts) < 31 and bool(found.cohorts), "parts and cohorts")
    need(len({part.key for part in found.parts}) == len(found.parts), "a part named twice")
    labels = {cohort.label for cohort in found.cohorts}
    codes = [rule.code for group in found.groups for rule in group.rules]
    for name in (*found.facts, *found.flags, *labels, *codes):
        need(bool(_NAME.fullmatch(name)), f"name {name}")
    for group in found.groups:
        need(group.priority >= 0, f"priority {group.priority}")
    for key in (found.key, *(part.key for part in found.parts)):
        need(bool(_KEY.fullmatch(key)), f"key {key}")
    for fact in found.facts.values():
        need(not (fact.months and fact.window), f"fact {fact.name}: months or window")
        need(
            not fact.after or (fact.after in found.facts and not found.facts[fact.after].after),
            f"fact {fact.name}: after",
        )
        need(fact.value or not (fact.unit or fact.lowest_of_day), f"fact {fact.name}: unit without value")
    for part in found.parts:
        need(not part.relief_months or part.relief_unless in found.flags, f"part {part.key}: relief")
        for months in (part.months, part.relief_months):
            need(not months or found.window == "rolling" or (found.window == "contract_year" and months % 12 == 0),
                 f"part {part.key}: {months} months")  # fmt: skip
    for group in found.groups:
        need(group.type in "FSRXY", f"rule type {group.type}")
        for rule in group.rules:
            need(set(rule.cohorts) <= labels, f"rule {rule.code}: cohort")
    tests = [*found.flags.values(), *(c.test for c in found.cohorts), *(r.test for g in found.groups for r in g.rules)]
    for cond in (cond for test in tests for cond in test.conditions()):
        need(cond.kind in ("known", "day", "within", "value", "age", "registered", "season_days", "flag"), cond.kind)
        need(not cond.operator or cond.operator in OPERATORS, f"operator {cond.operator}")
        if cond.kind == "flag":
            need(cond.subject in found.flags, f"flag {cond.subject}")
        elif cond.subject:
            need(cond.subject in found.facts, f"fact {cond.subject}")
        if cond.kind == "day":
            need(cond.other in found.facts, f"fact {cond.other}")
        if cond.kind == "value":
            need(found.facts[cond.subject].value, f"fact {cond.subject} has no value")
    for test in found.flags.values():
        need(all(cond.kind != "flag" for cond in test.conditions()), "a flag of flags")
    return found
