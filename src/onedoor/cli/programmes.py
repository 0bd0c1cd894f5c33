"""Reference page of the programmes of recall: each rule set as tables, from the files that recall runs on."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

_PREFACE = """# Programmes of recall

Written by `./run reference` from the rule sets and the code sets that come with Onedoor; a test keeps it true. What the words
of a rule set mean is in [rule sets](rule-sets.md); who was labelled by hand to hold them to is in
[labelled people](programmes-people.md). *Empty* is a set of which the facts give no code: nobody is in it, and nothing is
completed by it, until a site loads the official reference set.
"""

_PEOPLE_PREFACE = """# People that hold the programmes to the facts

Written by `./run reference` from `tests/data/recall`, where each was labelled by hand without sight of the rules
([how, and what the words mean](../../tests/data/recall/README.md)); a test keeps it true. The SQL and a second reading in plain
Python are both held to every one of them. `?` is what the facts leave open.
"""

_KINDS = {
    "F": "leaves out",
    "S": "not asked now",
    "R": "what to do",
    "X": "what to say to who is out",
    "Y": "what to say meanwhile",
}
_WINDOWS = {
    "contract_year": "the contract year, 1 April to 31 March",
    "season": "the season, 1 September to 31 March",
}
_DUE = {
    "expiry": "when the first part lapses",
    "birthday_month_or_expiry": "on the first day of the birth month, or when the first part lapses, whichever is first",
    "season_start": "when the season begins",
}
_COMPARED = {">": "after", ">=": "on or after", "<": "before", "<=": "on or before"}
_PEOPLE = {"age": "age", "season_days": "days since the season began"}


@dataclass
class _CodeSet:
    """A code set as shipped: what it is, and its codes."""

    name: str = ""
    refset_id: str = ""
    codes: list[str] = field(default_factory=list)


def programmes_page() -> str:
    """The page docs/reference/programmes.md."""
    rule_sets = list(_rule_sets())
    parts = [_PREFACE, *(_rule_set(rules) for rules in rule_sets), _code_sets(rule_sets)]
    return "\n".join(parts).rstrip() + "\n"


def people_page(data: Path) -> str:
    """The page docs/reference/programmes-people.md, from the folder of the labelled people."""
    six = _people(data / "smi-golden.toml", {"rolling": "Rolling twelve months", "year": "Contract year (MH021)"})
    keys = {key: key for key in ("asthma", "diabetes", "flu", "hypertension", "medication")}
    others = _people(data / "programmes-golden.toml", keys)
    return "\n".join([_PEOPLE_PREFACE, "## The six checks", "", six, "## Other programmes", "", others])


def _people(file: Path, expected: Mapping[str, str]) -> str:
    """The people of one file; what they share is said once, above."""
    read = tomllib.loads(file.read_text(encoding="utf-8"))
    shared = read["defaults"]
    columns = list(expected.values()) if "rolling" in expected else ["Expected"]
    rows = []
    for person in read["people"]:
        own = [f"{field} {person[field]}" for field in shared if field in person]
        said = [person[field].replace(" | ", " · ") for field in expected if field in person]
        rows.append([person["name"], ", ".join(own), "; ".join(person["entries"]) or "none", *said, person["why"]])
    alike = ", ".join(f"{field} {value}" for field, value in shared.items())
    return f"Unless the second column says otherwise: {alike}.\n\n" + _table(
        ["Person", "Differs", "Entries", *columns, "Why"], rows
    )


def _rule_sets() -> Iterator[Mapping[str, Any]]:
    """The rule sets that come with Onedoor; those of one programme stand together."""
    found = [
        tomllib.loads(file.read_text(encoding="utf-8"))
        for file in (files("onedoor.recall") / "rulesets").iterdir()
        if file.name.endswith(".toml")
    ]
    programmes = ["smi", *sorted({rules["programme"] for rules in found} - {"smi"})]
    yield from sorted(found, key=lambda rules: (programmes.index(rules["programme"]), rules["key"]))


@cache
def _sets() -> Mapping[str, _CodeSet]:
    from onedoor.records import api as records

    found: defaultdict[str, _CodeSet] = defaultdict(_CodeSet)
    for row in records.reference_rows("code_sets"):
        code_set = found[row["key"]]
        code_set.name, code_set.refset_id = row["name"], row["refset_id"]
        if row["member"]:
            code_set.codes.append(row["member"])
    return found


@cache
def _terms() -> Mapping[str, str]:
    from onedoor.records import api as records

    return {row["code"]: row["term"] for row in records.reference_rows("codes")}


# ---------------------------------------------------------------- one rule set


def _rule_set(rules: Mapping[str, Any]) -> str:
    window = _WINDOWS.get(rules["window"]) or f"the last {rules['months']} months"
    said = [
        f"## {rules['name']}",
        "",
        f"`{rules['key']}`, version {rules['version']}, from {rules['active_from']:%-d %B %Y}. Looks at {window}. "
        f"Whoever is asked comes for: {rules['visit']}. A text {'may' if rules['text_ok'] else 'may not'} name it. "
        f"Due {_DUE[rules['due']['at']]}.",
        "",
        *(f"- {source}" for source in rules["sources"]),
        "",
        _table(["In", "when"], [[each["in"], _any(each["any"])] for each in rules["cohorts"]]),
        _rules(rules),
        _parts(rules),
        _facts(rules),
        _flags(rules),
    ]
    return "\n".join(line for line in said if line is not None)


def _rules(rules: Mapping[str, Any]) -> str:
    ordered = sorted(rules.get("rules", ()), key=lambda rule: ("FSRXY".index(rule["type"]), rule["priority"]))
    rows = [
        [
            f"`{rule['code']}`",
            _KINDS[rule["type"]] + (", and leaves the denominator" if rule.get("pca") else ""),
            rule["text"],
            _condition(rule["cond"]) + (f" (only {rule['cohort']})" if rule.get("cohort") else ""),
        ]
        for rule in ordered
    ]
    return (
        _table(["Rule, in order", "Does", "In words", "Holds when"], rows) if rows else "No rule takes anybody out.\n"
    )


def _parts(rules: Mapping[str, Any]) -> str:
    rows = [
        [
            part["label"],
            _named(part["done"]) or "*no set: never done*",
            _named([*part.get("declined", ()), *part.get("unsuitable", ())]),
            _part_window(part),
            "yes" if part.get("by_text") else "",
        ]
        for part in rules["parts"]
    ]
    return _table(["Part", "Completed by", "Declined or unsuitable by", "Window", "By text"], rows)


def _part_window(part: Mapping[str, Any]) -> str:
    own = f"{part['months']} months" if "months" in part else "as the whole"
    relief = part.get("relief")
    return f"{own}; {relief['months']} months unless {_words(relief['unless_flag'])}" if relief else own


def _facts(rules: Mapping[str, Any]) -> str:
    rows = [[_words(name), _named(fact["sets"]), _picked(fact)] for name, fact in rules["facts"].items()]
    return _table(["Fact", "From", "Which entry"], rows)


def _picked(fact: Mapping[str, Any]) -> str:
    said = [fact.get("pick", "latest")]
    if fact.get("value"):
        said.append(f"with a value in {fact['unit']}" if "unit" in fact else "with a value")
    if fact.get("lowest_of_day"):
        said.append("the lowest of its day")
    if "months" in fact:
        said.append(f"within {fact['months']} months")
    if fact.get("window"):
        said.append("within the window")
    if "after" in fact:
        said.append(f"at least {fact['gap_days']} days after {_words(fact['after'])}")
    return ", ".join(said)


def _flags(rules: Mapping[str, Any]) -> str | None:
    rows = [[_words(flag["name"]), _any(flag["any"])] for flag in rules.get("flags", ())]
    return _table(["Flag", "When"], rows) if rows else None


# ---------------------------------------------------------------- conditions in words


def _any(conditions: Sequence[Mapping[str, Any]]) -> str:
    return "; or ".join(_condition(condition) for condition in conditions)


def _condition(condition: Mapping[str, Any]) -> str:
    """A condition as a person would say it."""
    match condition:
        case {"all": parts}:
            return " and ".join(_condition(part) for part in parts)
        case {"any": parts}:
            return _any(parts)
        case {"flag": flag, "is": holds}:
            return _words(flag) if holds else f"not {_words(flag)}"
        case {"person": "registered", "within": months}:
            return f"registered within {months} months"
        case {"person": what, "value": compared, "number": number}:
            return f"{_PEOPLE[what]} {compared} {number}"
        case {"fact": fact, "is": known}:
            return f"{_words(fact)} {known}"
        case {"fact": fact, "within": months}:
            return f"{_words(fact)} within {months} months"
        case {"fact": fact, "day": compared, "than": other}:
            unknown = f" or without {_words(other)}" if compared in (">", ">=") else ""
            return f"{_words(fact)} {_COMPARED[compared]} {_words(other)}{unknown}"
        case {"fact": fact, "value": compared, "number": number}:
            return f"{_words(fact)} {compared} {number}"
    raise ValueError(condition)


def _words(name: str) -> str:
    return name.replace("_", " ")


# ---------------------------------------------------------------- code sets


def _code_sets(rule_sets: Sequence[Mapping[str, Any]]) -> str:
    """Every set that some rule set names, and what is in it."""
    named = sorted({key for rules in rule_sets for key in _sets_of(rules)})
    rows = [
        [
            f"`{key}`",
            _sets()[key].name if key in _sets() else "",
            (_sets()[key].refset_id if key in _sets() else "") or "not in the facts",
            "; ".join(f"{code} {_terms()[code]}" for code in _sets()[key].codes) if _known(key) else "*empty*",
        ]
        for key in named
    ]
    return "## Code sets\n\n" + _table(["Set", "Name", "Reference set", "Codes"], rows)


def _sets_of(rules: Mapping[str, Any]) -> Iterator[str]:
    for fact in rules["facts"].values():
        yield from fact["sets"]
    for part in rules["parts"]:
        for kind in ("done", "declined", "unsuitable"):
            yield from part.get(kind, ())


def _known(key: str) -> bool:
    return key in _sets() and bool(_sets()[key].codes)


def _named(keys: Sequence[str]) -> str:
    return ", ".join(f"`{key}`" if _known(key) else f"`{key}` (*empty*)" for key in keys)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return (
        "\n".join([*lines, *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)])
        + "\n"
    )
