"""Replies in people's own words, against labelled texts: the given sample, and a set that neither rules nor model have seen."""

from __future__ import annotations

import csv
import importlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onedoor.messaging.ports import Interpretation, interpret
from onedoor.messaging.reading import training
from onedoor.messaging.reading.contexts import questions
from onedoor.messaging.reading.danger import danger
from onedoor.messaging.reading.live import read_on
from onedoor.messaging.reading.model import shipped
from onedoor.messaging.rules.replies import Understood, understand

ROOT = Path(__file__).parents[4]
SAMPLE = ROOT / "tests" / "data" / "replies-sample.csv"
UNSEEN = ROOT / "phrases" / "unseen" / "replies.csv"
CAN_BE_ACTED_ON = {
    *("confirm", "cancel", "rebook", "late", "stop", "thanks", "accept", "decline", "answer", "already_done"),
    *("wrong_person", "deceased"),
}

for owner in ("booking", "recall", "questionnaires", "feedback"):
    importlib.import_module(f"onedoor.{owner}.reading")


def read(file: Path) -> list[tuple[dict[str, str], Interpretation]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return [(row, interpret(row["context"], row["text"])) for row in csv.DictReader(stream)]


def right(row: dict[str, str], found: Interpretation) -> bool:
    return found.intent == row["intent"] and (row["intent"] != "answer" or found.value == row["value"])


@pytest.mark.parametrize("file", [SAMPLE, UNSEEN], ids=lambda file: file.stem)
def test_the_figures(file: Path) -> None:
    """Wrong acts at most 0.5% of all, 85% of what can be acted on acted on, every crisis, at most 2% false alarms."""
    found = read(file)
    acted = [(row, one) for row, one in found if one.action == "act"]
    wrong = [(row["text"], one.intent) for row, one in acted if not right(row, one)]
    able = [row for row, _ in found if row["intent"] in CAN_BE_ACTED_ON]
    missed = [row["text"] for row, one in found if row["intent"] == "crisis" and one.intent != "crisis"]
    false = [row["text"] for row, one in found if row["intent"] != "crisis" and one.intent == "crisis"]
    swapped = [row["text"] for row, one in acted if {row["intent"], one.intent} == {"stop", "cancel"}]
    assert len(wrong) <= 0.005 * len(found), wrong
    assert (len(acted) - len(wrong)) >= 0.85 * len(able)
    assert missed == []
    assert len(false) <= 0.02 * len(found), false
    assert swapped == []


def test_the_model_is_of_the_committed_phrases() -> None:
    """Whoever adds a phrase trains anew: ./run train."""
    assert shipped().trained_on == training.fingerprint(ROOT / "phrases" / "training")


def test_no_unseen_text_was_learnt_word_for_word_but_what_everybody_writes() -> None:
    """Short texts are in any set; a longer one in both would make the figures prettier than they are."""
    learnt = {
        (phrase.context, phrase.text.casefold().strip()) for phrase in training.phrases(ROOT / "phrases" / "training")
    }
    both = [row["text"] for row, _ in read(UNSEEN) if (row["context"], row["text"].casefold().strip()) in learnt]
    assert [text for text in both if len(text.split()) > 8] == []


@pytest.mark.parametrize(
    "said",
    [
        "im gonna end it tonight",
        "ive took 2 many tablets",
        "chest pain going down my left arm",
        "baby wont wake up",
        "hes hitting me",
        "nie moge oddychac",
        "میں مرنا چاہتا ہوں",
        "kms",
    ],
)
def test_danger_reaches_a_person_whatever_was_asked(said: str) -> None:
    assert danger(said)
    for context in questions():
        found = interpret(context, said)
        assert (found.intent, found.action) == ("crisis", "person"), context


@pytest.mark.parametrize(
    "said",
    [
        "this queue is killing me",
        "i had a stroke in 2016",
        "dying for a cup of tea",
        "no chest pain",
        "and my knee hurts",
    ],
)
def test_a_figure_of_speech_and_what_is_past_is_no_danger(said: str) -> None:
    assert interpret("appointment", said).intent != "crisis"


@pytest.mark.parametrize(
    ("context", "text", "intent", "value", "action"),
    [
        ("smoking", "I don't smoke", "unclear", "", "ask"),
        ("smoking", "chucked it 5 years ago", "answer", "ex", "act"),
        ("alcohol", "14 units", "answer", "14", "act"),
        ("alcohol", "10-15", "unclear", "", "ask"),
        ("bp", "one twenty over eighty", "answer", "120/80", "act"),
        ("bp", "80/120", "unclear", "", "ask"),
        ("bp", "135/85 and 130/80", "unclear", "", "ask"),
        ("fft", "1. Everyone so kind", "answer", "very_good", "act"),
        ("fft", "1 disgusting", "unclear", "", "ask"),
        ("yesno", "aye", "answer", "yes", "act"),
        ("date", "03/02/1950", "answer", "1950-02-03", "act"),
        ("date", "31/02/1950", "unclear", "", "ask"),
        ("number", "about 12", "answer", "12", "act"),
        ("choice", "b", "answer", "b", "act"),
        ("flu", "had it at Boots", "already_done", "", "act"),
        ("offer", "too short notice", "decline", "", "act"),
    ],
)
def test_answers_of_a_known_form(context: str, text: str, intent: str, value: str, action: str) -> None:
    found = interpret(context, text)
    assert (found.intent, found.value, found.action) == (intent, value, action)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=400), context=st.sampled_from(sorted(questions())))
def test_any_text_is_read(text: str, context: str) -> None:
    found = interpret(context, text)
    assert found.action in {"act", "ask", "person"}
    assert 0.0 <= found.confidence <= 1.0


@pytest.mark.parametrize(
    ("context", "text"),
    [
        ("appointment", "stop " + "any more " * 40 + "calls"),
        ("appointment", "yes " + "i will " * 40 + "ring"),
        ("appointment", "thanks " + "everyone " * 40 + "else"),
        ("appointment", "yes" + "\n" * 4000 + "ring!"),
        ("alcohol", "none " + "never drink " * 40 + "ring"),
        ("alcohol", "none " + "1" * 60 + "z"),
        ("alcohol", "roughly " * 40 + "some"),
        ("alcohol", "12 " + "units per week " * 40 + "each"),
        ("bp", "120" + " " * 4000 + "over"),
        ("smoking", "1 " + "ex smoker " * 40 + "ring"),
    ],
    ids=lambda given: given[:12].strip(),
)
def test_a_text_that_repeats_itself_is_read_to_its_end(context: str, text: str) -> None:
    """A form that may fall into its parts in two ways takes twice as long with each of them: this would not end."""
    assert interpret(context, text).intent != "crisis"


def live(text: str, *contexts: str) -> Understood:
    return read_on(understand(text, set(contexts)), text, contexts, ())


@pytest.mark.parametrize(
    "text", ["No please cancel", "im canceling", "proszę odwołać wizytę", "dont need it anymore ta"]
)
def test_in_a_thread_freer_words_cancel_the_one_visit(text: str) -> None:
    assert live(text, "appointment").intent == "cancel"
    assert "sure" in live(text, "appointment").why or live(text, "appointment").why == "the whole text"


@pytest.mark.parametrize(
    "text",
    [
        "cancel the thursday one",
        "cancel my sons one",
        "cancel 3pm",
        "can't come tomorrow, coming Friday",
        "mum can't make it",
        "cancel or earlier",
        "thinking of cancelling",
        "can I cancel on the day?",
    ],
)
def test_in_a_thread_what_may_be_about_another_visit_is_a_persons(text: str) -> None:
    found = live(text, "appointment")
    assert (found.intent, found.readings) == ("person", ())


def test_a_person_is_told_what_it_may_be_and_how_sure_that_is() -> None:
    assert live("cancel the thursday one", "appointment").why.startswith("asks something, 9")
    assert live("what's it for", "appointment").why.startswith("asks something, ")
    assert live("asdf", "appointment").why == "not plainly one wish"


def test_in_a_thread_with_two_questions_open_freer_words_act_on_neither() -> None:
    assert live("dont need it anymore ta", "appointment", "offer").readings == ()
