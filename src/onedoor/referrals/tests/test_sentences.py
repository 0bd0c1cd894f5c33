"""Every sentence that a patient reads of a referral: there for each state, short, and in plain words."""

from __future__ import annotations

import re
from datetime import date
from itertools import product

import pytest

from onedoor.kernel.sensitive import says_sensitive
from onedoor.referrals import rules, sentences

NAMES = {
    "referrer": "your GP practice",
    "stream": "physiotherapy",
    "when": "Thursday 10 December at 9am",
    "place": "Brook Street",
}
GRADE = 6.0
"""Flesch-Kincaid grade 6 is read at 11; the aim is a reading age of 9 to 11 (clinical.md 6.5)."""


def everything() -> list[str]:
    """All sentences, with names put in."""
    said = [sentences.TAKEN_OVER, sentences.OFFERED, sentences.NO_DATE, *sentences.CHANGE.values()]
    for table in (sentences.CAME, sentences.TRIAGED, sentences.MOVED, sentences.CLOSED):
        said += table.values()
    for standing in sentences.STANDING.values():
        said += [standing.now, standing.next]
    return [words.format(**NAMES) for words in said]


def syllables(word: str) -> int:
    """Roughly: groups of vowels, without a silent e at the end."""
    found = len(re.findall(r"[aeiouy]+", word.lower()))
    return max(1, found - bool(re.search(r"[^aeiouyl]e$", word.lower())))


def test_they_are_read_at_nine_to_eleven() -> None:
    text = " ".join(everything())
    lines = [line.split() for line in re.split(r"[.:?]\s*", text) if line]
    words = [word.strip(",.") for line in lines for word in line]
    grade = 0.39 * len(words) / len(lines) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
    assert grade <= GRADE, round(grade, 1)
    assert max(len(line) for line in lines) <= 18


def test_none_says_what_is_private() -> None:
    private = {sentences.TRIAGED["talking"].lower()}
    assert [words for words in everything() if says_sensitive(words.lower()) and words.lower() not in private] == []


@pytest.mark.parametrize("state", sorted(rules.MOVES))
@pytest.mark.parametrize("outcome", ["", *rules.OUTCOMES])
def test_every_state_is_put_in_words(state: str, outcome: str) -> None:
    for offered, visit, may in product((True, False), ("", "booked", "pending"), (True, False)):
        key = sentences.standing(
            state=state, outcome=outcome, closed_because="", offered=offered, visit=visit, may_choose=may
        )
        assert sentences.STANDING[key].now
        assert sentences.STANDING[key].change in sentences.CHANGE


@pytest.mark.parametrize("closed", sorted(rules.CLOSINGS))
def test_every_end_is_put_in_words(closed: str) -> None:
    key = sentences.standing(state=rules.ASSESSED, outcome="accept", closed_because=closed, offered=True)
    assert not sentences.STANDING[key].waits_for
    assert sentences.CLOSED[closed]


def test_every_source_and_outcome_is_put_in_words() -> None:
    assert set(sentences.CAME) == set(rules.SOURCES)
    assert set(sentences.TRIAGED) == set(rules.OUTCOMES)


TENTH, TWELFTH, TWENTIETH = date(2026, 12, 10), date(2026, 12, 12), date(2026, 12, 21)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            {},
            [
                "You should hear by Monday 21 December 2026.",
                "Most people hear between 10 December and 21 December.",
            ],
        ),
        (
            {"promised": date(2027, 1, 16)},
            [
                "You should hear by Monday 21 December 2026.",
                "Most people hear between 10 December and 21 December.",
                "The NHS rule says 16 January at the latest.",
            ],
        ),
        (
            {"own": False, "earliest": date(2026, 12, 7), "promised": TWENTIETH},
            [
                "You should hear by Monday 21 December 2026.",
                "This is what the NHS rule says. We cannot yet say how long it takes us.",
            ],
        ),
        (
            {"first": date(2026, 12, 14)},
            [
                "You should hear by Monday 21 December 2026.",
                "Most people hear between 10 December and 21 December.",
                "At first we said 14 December. It has changed, as the line is longer now.",
            ],
        ),
        (
            {"first": date(2026, 12, 4), "earliest": TWENTIETH},
            [
                "We said that you would hear by Friday 4 December 2026. You have not, and we are sorry.",
                "We now think that you will hear by Monday 21 December 2026.",
            ],
        ),
    ],
)
def test_by_when_one_hears(facts: dict[str, object], said: list[str]) -> None:
    known = {"by": TWENTIETH, "earliest": TENTH, "latest": TWENTIETH, "own": True, "first": TWENTIETH, "promised": None}
    assert sentences.hear(**{**known, **facts}, today=date(2026, 12, 7)) == said  # type: ignore[arg-type]
