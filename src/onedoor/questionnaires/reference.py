"""The tables of the reference page, from the definitions and the rules themselves."""

from __future__ import annotations

from collections.abc import Iterator

from onedoor.questionnaires.definitions import Item, shipped
from onedoor.questionnaires.outcomes import ALWAYS, BMI_LINE, RULES, VISITS, lines_of

_VISIT = {"none": "none", "phone": "telephone", "face_to_face": "face to face", "today": "today"}
_SAMPLES = {
    "bp": ("132/84",),
    "units": ("14",),
    "weight": ("82",),
    "height": ("172",),
    "per-day": ("0", "5", "15", "25", "45"),
}


def tables(which: str = "questionnaires") -> str:
    """One of the tables as Markdown: questionnaires, rules or codes."""
    return "\n".join({"questionnaires": _questionnaires, "rules": _rules, "codes": _codes}[which]())


def _questionnaires() -> Iterator[str]:
    yield "| Key | Name | Questions | Score | Private | |"
    yield "|---|---|---|---|---|---|"
    for key, one in shipped().items():
        score = (
            f"{_least(one.items, one.scored)} to {_most(one.items, one.scored)}"
            if one.scored and key != "eq-5d"
            else ""
        )
        note = one.licence or ("each answer stands by itself" if one.each_stands else "")
        yield f"| `{key}` | {one.title} | {len(one.items)} | {score} | {'yes' if one.is_private() else ''} | {note} |"


def _least(items: tuple[Item, ...], scored: tuple[str, ...]) -> int:
    return sum(min(o.ordinal or 0 for o in item.options) for item in items if item.link in scored)


def _most(items: tuple[Item, ...], scored: tuple[str, ...]) -> int:
    return sum(max(o.ordinal or 0 for o in item.options) for item in items if item.link in scored)


def _rules() -> Iterator[str]:
    yield "| Questionnaire | Rule | When | Visit | Source |"
    yield "|---|---|---|---|---|"
    first, last = ALWAYS
    yield f"| all | `{first.name}` | {first.why} | {_VISIT[first.visit]} | {first.source} |"
    for key, rules in RULES.items():
        for rule in rules:
            yield f"| `{key}` | `{rule.name}` | {rule.why} | {_VISIT[rule.visit]} | {rule.source} |"
    yield f"| all | `{last.name}` | {last.why} | {_VISIT[last.visit]} | {last.source} |"
    assert set(VISITS) == set(_VISIT)


def _codes() -> Iterator[str]:
    yield "| Answer to | Said | SNOMED CT | Value in |"
    yield "|---|---|---|---|"
    seen: set[tuple[str, str]] = set()
    for definition in shipped().values():
        for item in definition.items:
            for value in _SAMPLES.get(item.link) or [option.code for option in item.options]:
                for line in lines_of(item.link, value):
                    if line.concept is None or (item.link, line.concept.code) in seen:
                        continue
                    seen.add((item.link, line.concept.code))
                    yield f"| `{item.link}` | {line.text} | {line.concept.code} {line.concept.term} | {line.unit} |"
    yield f"| `weight`, `height` | both, one decimal | {BMI_LINE.code} {BMI_LINE.term} | kg/m2 |"
