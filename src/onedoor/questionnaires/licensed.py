"""Scales whose words are not ours to ship: the scoring is here, the words come from the site that has the right to them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db import transaction

from onedoor.kernel import audit, clock
from onedoor.kernel.actor import Actor
from onedoor.questionnaires.definitions import Definition, Faulty, shipped, with_words
from onedoor.questionnaires.models import Words


class NotReady(Exception):
    """The questionnaire cannot be started here; the message says why, for the person who wanted to."""


def definition_of(key: str) -> Definition:
    """A definition that may be asked: as shipped, or with the words that the site loaded.

    Raises KeyError where there is none, NotReady of a licensed scale without words.
    """
    found = shipped()[key]
    if not found.licence:
        return found
    newest = Words.objects.filter(key=key).order_by("-id").first()
    if newest is None:
        raise NotReady(not_yet(found))
    return _worded(key, newest.pk)


def every_one() -> dict[str, Definition]:
    """Every definition by key, one query: licensed scales with the words that are loaded, and as shells where none are."""
    newest = dict(Words.objects.order_by("id").values_list("key", "id"))
    return {
        key: _worded(key, newest[key]) if shell.licence and key in newest else shell for key, shell in shipped().items()
    }


def not_yet(definition: Definition) -> str:
    """Why a definition cannot be started, for people; "" when it can."""
    if not definition.licence:
        return ""
    return f"The words of {definition.title} are not here: {definition.licence} It can be started once they are loaded."


@lru_cache(maxsize=32)
def _worded(key: str, words_id: int) -> Definition:
    return with_words(shipped()[key], Words.objects.get(pk=words_id).words)


def words_wanted(key: str) -> dict[str, Any]:
    """What a site fills in for a licensed scale: every item and option, empty. Raises Faulty for anything else."""
    shell = shipped().get(key)
    if shell is None or not shell.licence:
        raise Faulty(f"{key!r} is not a scale whose words are missing")
    items = {item.link: {"text": "", "options": {one.code: "" for one in item.options}} for item in shell.items}
    return {"title": shell.title, "items": items}


@transaction.atomic
def load_words(*, key: str, words: Mapping[str, Any], licence: str, watched_by: str = "", by: Actor) -> Definition:
    """Load the words of a licensed scale; those loaded before are not asked any more. `licence` says by what right.

    For the operator. Raises Faulty when the key is none of these scales, a word is missing, or a scale that must be watched
    is loaded without saying who watches for its answers (clinical.md 4: PHQ-9).
    """
    shell = shipped().get(key)
    if shell is None or not shell.licence:
        raise Faulty(f"{key!r} is not a scale whose words are missing")
    if not licence.strip():
        raise Faulty(f"{key}: say by what licence the words are used")
    if shell.monitored and not watched_by.strip():
        raise Faulty(f"{key}: say who watches for its answers: it is not to be asked unwatched")
    made = with_words(shell, words)
    row = Words.objects.create(
        key=key,
        words=dict(words),
        licence=licence.strip()[:200],
        watched_by=watched_by.strip()[:200],
        loaded_at=clock.now(),
        by_label=by.label,
    )
    audit.record(by=by, line=audit.Line("load_words", "questionnaire_words", row.pk, detail={"key": key}))
    return made
