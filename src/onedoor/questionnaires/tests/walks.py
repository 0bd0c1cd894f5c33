"""Whole questionnaires answered by chance, by text and on a page, for tests of what both come to."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from onedoor.questionnaires import engine
from onedoor.questionnaires.definitions import Definition, Item


def some_words(shell: Definition) -> dict[str, Any]:
    """Words for a licensed scale that are nobody's: "item 1", "answer 2"."""
    return {
        "items": {
            item.link: {
                "text": f"Item {n} of {shell.key}",
                "options": {option.code: f"answer {option.code}" for option in item.options},
            }
            for n, item in enumerate(shell.items, 1)
        }
    }


@dataclass(frozen=True)
class Reply:
    """One answer in both forms: the text that says it, and what a page sends."""

    link: str
    text: str
    given: tuple[str, ...]
    value: str
    skip: bool = False


def walk(definition: Definition, chance: Random, *, skips: float = 0.05) -> list[Reply]:
    """Answers from the first question to the last one that is asked after them."""
    answers: dict[str, str] = {}
    replies: list[Reply] = []
    while (item := engine.next_item(definition, answers)) is not None:
        made = Reply(item.link, "skip", (), "", skip=True) if chance.random() < skips else reply(item, chance)
        replies.append(made)
        answers[item.link] = made.value
        if engine.red_flags(definition, answers):
            break
    return replies


def reply(item: Item, chance: Random) -> Reply:
    """A valid answer, said in one of the ways people say it."""
    if item.kind == "choice":
        option = chance.choice(item.options)
        return Reply(item.link, _choice_said(item, option.code, chance), (option.code,), option.code)
    if item.kind == "pair":
        top, bottom = chance.randint(100, 200), chance.randint(50, 99)
        text = chance.choice((f"{top}/{bottom}", f"{top} over {bottom}", f"{top}/{bottom} thanks"))
        return Reply(item.link, text, (str(top), str(bottom)), f"{top}/{bottom}")
    if item.kind == "string":
        return Reply(item.link, "Boots on 3 October", ("Boots on 3 October",), "Boots on 3 October")
    assert item.low is not None
    assert item.high is not None
    number = chance.randint(int(item.low), int(item.high))
    written = f"{number}.5" if item.places and number < item.high and chance.random() < 0.3 else str(number)
    return Reply(item.link, chance.choice((written, f"about {written}", f"{written} please")), (written,), written)


def _choice_said(item: Item, code: str, chance: Random) -> str:
    place = [option.code for option in item.options].index(code)
    option = item.options[place]
    if item.coded:
        return code
    if item.reader == "yesno":
        return chance.choice((code, code.upper(), {"yes": "yep", "no": "nope"}[code]))
    if item.reader == "smoking":
        return chance.choice(
            (str(place + 1), {"never": "never", "ex": "gave up years ago", "current": "3 please"}[code])
        )
    letter = "abcdefgh"[place]
    said = [letter, letter.upper(), option.label]
    if option.low is not None and option.high is not None:
        said.append(str(chance.randint(option.low, min(option.high, 40))))
    return chance.choice(said)


def without_channel(line: str) -> str:
    """A line of the record without how it was said."""
    return line.partition(": ")[2]


__all__ = ["Reply", "reply", "some_words", "walk", "without_channel"]
