"""Rule sets in plain words: from what they say, not written beside it."""

from __future__ import annotations

from collections.abc import Callable

from onedoor.recall.ruleset import Any_, Cond, Fact, Group, Part, RuleSet
from onedoor.recall.standing_types import Words

REASONS = {
    "done": "everything is done",
    "due": "something is missing",
    "unknown": "everything that has a code is done; for the rest no code is known",
    "out_of_season": "between two seasons",
    "not_in_cohort": "in none of the groups",
    "not_registered": "not registered with a practice on that day, or has died",
}
_COMPARED = {">": "more than", ">=": "at least", "<": "less than", "<=": "at most"}
_LATER = {">": "later than", ">=": "no earlier than", "<": "earlier than", "<=": "no later than"}
_WINDOWS = {
    "contract_year": "the contract year, 1 April to 31 March",
    "season": "the season, 1 September to 31 March",
}


def in_words(rule_set: RuleSet, empty: frozenset[str]) -> Words:
    """Who is in, who is out, who is not asked, what completes it, when it is due."""
    window = _WINDOWS.get(rule_set.window, f"the last {rule_set.months} months")
    sections = [
        ("What counts", [f"Entries of {window}."]),
        ("Who is in", [f"{c.name}: whoever {c.inside} ({_test(rule_set, c.test, empty)})." for c in rule_set.cohorts]),
        ("Who is left out", [_group(rule_set, g, empty) for g in rule_set.groups_of("F")]),
        ("Done first", ["Whoever has every part done is done, whatever follows."]),
        ("Who is not asked", [_group(rule_set, g, empty) for g in rule_set.groups_of("S")]),
        ("Parts", [_part(rule_set, part, empty) for part in rule_set.parts]),
        ("When it is due", [_due(rule_set)]),
    ]
    return Words(
        rule_set.key,
        rule_set.name,
        rule_set.version,
        rule_set.active_from,
        [(heading, lines) for heading, lines in sections if lines],
        rule_set.sources,
    )


def _sets(sets: tuple[str, ...], empty: frozenset[str]) -> str:
    return ", ".join(f"{key}{' (no members)' if key in empty else ''}" for key in sets)


def _fact(rule_set: RuleSet, name: str, empty: frozenset[str], *, one: bool = False) -> str:
    fact: Fact = rule_set.facts[name]
    which = "entry" if one else "earliest" if fact.earliest else "latest"
    words = [f"{'' if one else 'the '}{which} of {_sets(fact.sets, empty)}"]
    if fact.months:
        words.append(f"of the last {fact.months} months")
    if fact.window:
        words.append("of the time that counts")
    if fact.after:
        words.append(f"at least {fact.gap_days} days after {fact.after.replace('_', ' ')}")
    if fact.value:
        words.append(f"with a value{f' in {fact.unit}' if fact.unit else ''}")
    return " ".join(words)


def _cond(rule_set: RuleSet, cond: Cond, empty: frozenset[str]) -> str:
    def fact(name: str) -> str:
        return _fact(rule_set, name, empty)

    def flag() -> str:
        said = _test(rule_set, rule_set.flags[cond.subject], empty)
        return f"{'' if cond.holds else 'not '}{cond.subject.replace('_', ' ')}: {said}"

    number = f"{cond.number:g}"
    said: dict[str, Callable[[], str]] = {
        "known": lambda: (
            f"{'there is' if cond.holds else 'there is no'} {_fact(rule_set, cond.subject, empty, one=True)}"
        ),
        "day": lambda: f"{fact(cond.subject)} is {_LATER[cond.operator]} {fact(cond.other)}",
        "within": lambda: f"{fact(cond.subject)} is within {number} months",
        "value": lambda: f"{fact(cond.subject)} is {_COMPARED[cond.operator]} {number}",
        "age": lambda: f"age is {_COMPARED[cond.operator]} {number}",
        "registered": lambda: f"registered within {number} months",
        "season_days": lambda: f"the season is {_COMPARED[cond.operator]} {number} days old",
        "flag": flag,
    }
    return said[cond.kind]()


def _test(rule_set: RuleSet, test: Any_, empty: frozenset[str]) -> str:
    return "; or ".join(" and ".join(_cond(rule_set, cond, empty) for cond in branch) for branch in test.branches)


def _group(rule_set: RuleSet, group: Group, empty: frozenset[str]) -> str:
    tests = " and ".join(_test(rule_set, rule.test, empty) for rule in group.rules)
    names = {cohort.label: cohort.name for cohort in rule_set.cohorts}
    only = sorted({names[label] for rule in group.rules for label in rule.cohorts})
    notes = [f"only of: {', '.join(only)}"] if only else []
    if group.pca:
        notes.append("leaves the denominator")
    noted = f" [{'; '.join(notes)}]" if notes else ""
    return f"{group.text[:1].upper()}{group.text[1:]} ({tests}){noted}."


def _part(rule_set: RuleSet, part: Part, empty: frozenset[str]) -> str:
    if set(part.done) <= empty:
        named = f" ({_sets(part.done, empty)})" if part.done else ""
        return f"{part.label}: no code is known for it{named}, so it is never done."
    words = f"{part.label}: {_sets(part.done, empty)}"
    if part.months:
        words += f", within {part.months} months"
    if part.relief_months:
        words += (
            f", within {part.relief_months} months unless {_test(rule_set, rule_set.flags[part.relief_unless], empty)}"
        )
    if part.declined or part.unsuitable:
        words += f". Never completed by {_sets(part.declined + part.unsuitable, empty)}"
    return f"{words}."


def _due(rule_set: RuleSet) -> str:
    return {
        "expiry": "When the first part lapses.",
        "birthday_month_or_expiry": (
            "On the first day of the birth month that is at least 90 days after the last part was done, or when the first part "
            "lapses if that is earlier."
        ),
        "season_start": "On 1 September.",
    }[rule_set.due_at]
