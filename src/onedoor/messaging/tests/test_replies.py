"""Replies by table: no wrong act, no missed crisis, and few that a person need not have read."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedoor.messaging.rules import words
from onedoor.messaging.rules.normal import nearness
from onedoor.messaging.rules.replies import Option, understand

LABELLED = Path(__file__).parents[4] / "tests" / "data" / "replies-loop.csv"
TO_A_PERSON = {"person", "wrong_number", "death", "help", "thanks"}
"""None of these changes a visit, an offer or a wish for texts by itself."""


def rows() -> list[dict[str, str]]:
    with LABELLED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def acts(row: dict[str, str]) -> str:
    intent = understand(row["text"], {row["context"]}).intent
    return "person" if intent in TO_A_PERSON else intent


def test_the_labelled_replies(record_property: Callable[[str, object], None]) -> None:
    found = [(row, acts(row)) for row in rows()]
    wrong = [(row["text"], got) for row, got in found if got not in ("person", row["intent"])]
    missed = [row["text"] for row, got in found if row["intent"] == "crisis" and got != "crisis"]
    acting = [got for row, got in found if row["intent"] != "person"]
    for_people = acting.count("person") / len(acting)
    record_property("rows", len(found))
    record_property("to_a_person_share", round(for_people, 3))
    assert wrong == []
    assert missed == []
    assert for_people < 0.15


@pytest.mark.parametrize("row", [row for row in rows() if row["intent"] in ("stop", "cancel")], ids=lambda r: r["text"])
def test_stop_and_cancel_are_never_confused(row: dict[str, str]) -> None:
    other = {"stop": "cancel", "cancel": "stop"}[row["intent"]]
    for contexts in (set(), {"appointment"}, {"offer"}, {"appointment", "offer"}, {"which"}):
        assert understand(row["text"], contexts).intent != other


@pytest.mark.parametrize("row", [row for row in rows() if row["intent"] == "crisis"], ids=lambda r: r["text"][:40])
def test_a_crisis_is_one_whatever_is_open(row: dict[str, str]) -> None:
    for contexts in (set(), {"which"}, {"appointment", "offer"}):
        options = [Option(1, "Sam"), Option(2, "Ella")]
        assert understand(row["text"], contexts, options=options, asked_intent="cancel").intent == "crisis"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1), ("2. thanks", 2), ("Number 2 please", 2), ("two", 2), ("Ella", 2), ("ella please", 2), ("Ella's", 2),
        ("cancel 2", 2), ("2 cancel please", 2), ("option 1", 1), ("2\n\nMrs P Ahmed", 2), ("2!", 2),
        ("3", None), ("1 and 2", None), ("1 2", None), ("both", None), ("Rosa", None), ("YES", None), ("not 2", None),
        ("2?", None), ("1 or 2", None), ("22", None), ("Ella is ill", None), ("keep 2", None), ("2 keep 1", None),
        ("", None), ("no 2", None), ("Sam Ella", None),
    ],
)  # fmt: skip
def test_which_one(text: str, number: int | None) -> None:
    found = understand(
        text, {"which", "appointment"}, options=[Option(1, "Sam"), Option(2, "Ella")], asked_intent="cancel"
    )
    assert (found.value if found.intent == "which" else None) == number


def test_a_name_that_two_people_have_names_nobody() -> None:
    options = [Option(1, "Ali"), Option(2, "Ali")]
    assert understand("Ali", {"which"}, options=options, asked_intent="cancel").intent == "person"
    assert understand("2", {"which"}, options=options, asked_intent="cancel").value == 2


@pytest.mark.parametrize(
    ("text", "contexts", "intent", "readings"),
    [
        ("YES", {"appointment", "offer"}, "confirm", 2),
        ("NO", {"appointment", "offer"}, "decline", 1),
        ("CANCEL", {"appointment", "offer"}, "cancel", 1),
        ("can't make it", {"appointment", "offer"}, "person", 0),
        ("can't make it", {"appointment"}, "cancel", 1),
        ("CANCEL", {"offer"}, "person", 0),
        ("YES", set(), "person", 0),
    ],
)
def test_what_is_open_decides_what_a_word_means(text: str, contexts: set[str], intent: str, readings: int) -> None:
    found = understand(text, contexts)
    assert (found.intent, len(found.readings)) == (intent, readings)


def test_our_own_text_sent_back_is_not_an_answer() -> None:
    ours = "Sam: your appointment is Tue 8 Dec at 10:20am at Wexcombe Road Surgery. Reply YES to keep it, CANCEL to cancel it."
    assert understand(ours, {"appointment"}, ours=[ours]).intent == "person"
    assert understand(f"{ours}\nCANCEL", {"appointment"}, ours=[ours]).intent == "cancel"
    assert understand(f"Yes {ours}", {"appointment"}, ours=[ours]).intent == "confirm"


def test_owners_may_add_phrases() -> None:
    more = {"recall": {"book": ["book me in"]}}
    found = understand("Book me in please", {"recall"}, more=more)
    assert (found.intent, found.readings[0].context) == ("book", "recall")


@pytest.mark.slow
def test_no_phrase_means_two_things() -> None:
    for context, intents in words.CONTEXTS.items():
        seen: dict[tuple[str, ...], str] = {}
        for intent, patterns in intents.items():
            for phrase in words.phrases(patterns):
                assert seen.setdefault(phrase, intent) == intent, (context, phrase)
                assert phrase not in words.phrases((*words.STOP, *words.START, *words.HELP, *words.COURTESY))


def test_words_near_a_word_that_acts() -> None:
    for text in (
        "cancer",
        "council",
        "canal",
        "candle",
        "chancel",
        "cancels",
        "yearly",
        "nearly",
        "spot",
        "yrs",
        "step",
    ):
        assert understand(text, {"appointment"}).intent == "person"
    assert (nearness("cacnel", "cancel"), nearness("council", "cancel")) == (1, 3)


@given(st.text(max_size=200), st.sets(st.sampled_from(["appointment", "offer", "which"])))
def test_any_text_is_read_without_failing(text: str, contexts: set[str]) -> None:
    understand(text, contexts, options=[Option(1, "Sam"), Option(2, "Ali")], asked_intent="cancel")


@given(
    st.lists(st.sampled_from(["yes", "cancel", "early", "please", "not", "if", "tuesday", "ring", "me"]), max_size=7)
)
def test_a_word_we_do_not_know_never_acts(tokens: list[str]) -> None:
    found = understand(" ".join(tokens), {"appointment"})
    if {"not", "if", "tuesday", "ring"} & set(tokens):
        assert found.intent in TO_A_PERSON
    if {"cancel", "early"} <= set(tokens) or {"yes", "early"} <= set(tokens):
        assert found.intent == "person"


def test_a_long_text_takes_no_time_and_is_for_a_person() -> None:
    assert understand("yes please " * 5_000, {"appointment"}).intent == "person"
