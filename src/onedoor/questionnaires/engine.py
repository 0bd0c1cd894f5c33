"""The rules of a questionnaire, whoever asks it: definition and answers give the next question, the score, and what is kept.

Pure: no clock, no database. A text and a page go through these same functions, so that the same answers come to the same.
Answers are values by link (`readers`); an item that was refused has the value `SKIPPED`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onedoor.questionnaires.definitions import UCUM, Definition, Item, When
from onedoor.questionnaires.readers import is_valid

SKIPPED = ""
Answers = Mapping[str, str]


def is_asked(definition: Definition, item: Item, answers: Answers) -> bool:
    """Whether an item is to be asked after these answers (`enableWhen`). What follows a refused question is not."""
    if not item.whens:
        return True
    held = [_holds(definition, when, answers) for when in item.whens]
    return any(held) if item.any_when else all(held)


def _holds(definition: Definition, when: When, answers: Answers) -> bool:
    before = answers.get(when.question)
    if not is_asked(definition, definition.item(when.question), answers):
        before = None
    if when.operator == "exists":
        return (before not in (None, SKIPPED)) == (when.answer != "false")
    if before is None or before == SKIPPED:
        return False
    return (before == when.answer) == (when.operator == "=")


def to_ask(definition: Definition, answers: Answers, only: frozenset[str] = frozenset()) -> list[Item]:
    """The items that are asked after these answers, in order. `only` narrows to some of those that depend on nothing."""
    return [
        item
        for item in definition.items
        if is_asked(definition, item, answers) and (not only or item.link in only or _depends_on(item, only))
    ]


def _depends_on(item: Item, only: frozenset[str]) -> bool:
    return any(when.question in only for when in item.whens)


def next_item(definition: Definition, answers: Answers, only: frozenset[str] = frozenset()) -> Item | None:
    """The next question, None when all that is to be asked was answered or refused."""
    return next((item for item in to_ask(definition, answers, only) if item.link not in answers), None)


def may_follow(definition: Definition, answers: Answers, only: frozenset[str] = frozenset()) -> int:
    """How many more questions may be asked than are now, by what is still to be answered."""
    asked = [item.link for item in to_ask(definition, answers, only)]
    return sum(
        item.link not in asked and any(when.question in asked and when.question not in answers for when in item.whens)
        for item in definition.items
    )


def standing(definition: Definition, answers: Answers, only: frozenset[str] = frozenset()) -> dict[str, str]:
    """The answers that count: given, valid, and to questions that are still asked; whoever goes back may make some void."""
    return {
        item.link: answers[item.link]
        for item in to_ask(definition, answers, only)
        if answers.get(item.link, SKIPPED) != SKIPPED and is_valid(item, answers[item.link])
    }


def red_flags(definition: Definition, answers: Answers) -> list[Item]:
    """The questions whose answer a person must hear of at once."""
    found = standing(definition, answers)
    return [
        item
        for item in definition.items
        if item.link in found and (option := item.option(found[item.link])) is not None and option.red_flag
    ]


def score(definition: Definition, answers: Answers) -> int | None:
    """The sum of the ordinals of all scored questions that are asked; None while one of them has no answer, and for a
    questionnaire without a score. "Never" to the first of AUDIT-C leaves the others unasked: 0 (clinical.md 4)."""
    asked = [item for item in to_ask(definition, answers) if item.link in definition.scored]
    found = standing(definition, answers)
    if not asked or any(item.link not in found for item in asked):
        return None
    total = 0
    for item in asked:
        option = item.option(found[item.link])
        assert option is not None
        assert option.ordinal is not None
        total += option.ordinal
    return total


def as_fhir(definition: Definition, answers: Answers, *, status: str, authored: str) -> dict[str, Any]:
    """A FHIR R4 QuestionnaireResponse of these answers. `authored` is an ISO 8601 moment."""
    found = standing(definition, answers)
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"urn:onedoor:questionnaire:{definition.key}|{definition.version}",
        "status": status,
        "authored": authored,
        "item": [_fhir_item(item, found[item.link]) for item in definition.items if item.link in found],
    }


def _fhir_item(item: Item, value: str) -> dict[str, Any]:
    if item.kind == "pair":
        parts = zip(item.parts, value.split("/"), strict=True)
        return {
            "linkId": item.link,
            "item": [{"linkId": p.link, "answer": [{"valueInteger": int(n)}]} for p, n in parts],
        }
    if item.kind == "choice":
        option = item.option(value)
        coding = {"code": value, **({"display": option.label} if option and option.label else {})}
        return {"linkId": item.link, "answer": [{"valueCoding": coding}]}
    if item.kind == "string":
        return {"linkId": item.link, "answer": [{"valueString": value}]}
    if item.kind == "integer":
        return {"linkId": item.link, "answer": [{"valueInteger": int(value)}]}
    return {"linkId": item.link, "answer": [{"valueDecimal": float(value)}]}


__all__ = [
    "SKIPPED", "UCUM", "as_fhir", "is_asked", "may_follow", "next_item", "red_flags", "score", "standing", "to_ask",
]  # fmt: skip
