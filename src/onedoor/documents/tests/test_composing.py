"""What letters say, and which letters are refused (product-map.md H3: service, who books, options, date, contact)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedoor.documents import rules, wording
from onedoor.documents.api import (
    FaultyWording,
    IncompleteLetter,
    address_lines,
    compose_letter,
    missing,
    review,
    wanted,
)
from onedoor.documents.tests.factories import EXAMPLES, facts
from onedoor.documents.types import TO_PRACTICE, CheckFacts, CheckRow, Contact, Facts

MOST_WORDS = 15
OTHERS = ("pl", "uk")


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_letter_says_who_books_what_there_is_to_choose_by_when_and_whom_to_ring(name: str) -> None:
    letter = compose_letter(EXAMPLES[name])

    assert review(EXAMPLES[name], letter) == ()


@pytest.mark.parametrize(
    ("name", "without", "lacks"),
    [
        ("triage-we-book", {"service": ""}, "service"),
        ("triage-we-book", {"who_books": ""}, "who_books"),
        ("triage-we-book", {"options": ()}, "options"),
        ("triage-we-book", {"options": (" ",)}, "options"),
        ("triage-we-book", {"by_when": None}, "by_when"),
        ("triage-we-book", {"contact": None}, "contact"),
        ("triage-we-book", {"contact": Contact("MSK Community Service", "")}, "contact"),
        ("triage-we-book", {"outcome": ""}, "outcome"),
        ("triage-we-book", {"outcome": "finished"}, "outcome"),
        ("triage-we-book", {"stream": ""}, "stream"),
        ("gp-practice-books", {"onward": ""}, "onward"),
        ("gp-practice-books", {"practice": None}, "practice"),
        ("gp-practice-books", {"options": ()}, "options"),
        ("welcome", {"by_when": None}, "by_when"),
        ("welcome", {"commonest": ()}, "commonest"),
        ("apology", {"missed_on": None}, "missed_on"),
        ("apology", {"by_when": None}, "by_when"),
        ("discharge", {"outcome": ""}, "outcome"),
        ("discharge", {"contact": None}, "contact"),
    ],
)
def test_a_letter_that_leaves_its_reader_asking_is_refused_and_says_what_is_missing(
    name: str, without: dict[str, Any], lacks: str
) -> None:
    with pytest.raises(IncompleteLetter) as refused:
        compose_letter(facts(name, **without))

    assert refused.value.missing == (lacks,)


def test_where_nothing_is_to_be_booked_no_options_and_no_day_are_asked_for() -> None:
    assert missing(facts("gp-advice")) == ()
    assert missing(facts("gp-advice", who_books="gp")) == ("options", "by_when")


@pytest.mark.parametrize("name", ["welcome", "apology"])
def test_the_first_sentences_say_by_when_they_hear(name: str) -> None:
    letter = compose_letter(EXAMPLES[name])
    first = [said for block in letter.blocks if block.kind == "lead" for said in block.said]

    assert any("hear" in said and "December\u00a0" not in said and "2026" in said for said in first[:2])


def test_the_welcome_letter_puts_the_commonest_services_before_the_pathway() -> None:
    text = rules.text_of(compose_letter(EXAMPLES["welcome"]))

    assert text.index("MATT Assessment") < text.index("Physiotherapy") < text.index("A clinician reads your referral")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gp-practice-books", "Please book through e-RS by Tuesday 8\u00a0December 2026."),
        ("gp-we-book", "No action for the practice: MSK Community Service books with the patient"),
        ("triage-practice-books", "Your GP practice will book for you by Tuesday 8\u00a0December 2026."),
        ("triage-patient-books", "Please book by Tuesday 22\u00a0December 2026."),
    ],
)
def test_both_letters_begin_with_who_acts(name: str, said: str) -> None:
    assert compose_letter(EXAMPLES[name]).blocks[0].said[0].startswith(said)


def test_the_two_letters_of_a_decision_name_the_same_day_and_the_same_options() -> None:
    patient, practice = (
        rules.text_of(compose_letter(EXAMPLES[n])) for n in ("triage-practice-books", "gp-practice-books")
    )

    for said in ("Tuesday 8\u00a0December 2026", "Wexcombe General Hospital", "Orthopaedics (knee)"):
        assert said in patient
        assert said in practice


_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=40).filter(str.strip)


@given(service=_WORDS, onward=_WORDS, option=_WORDS, who=st.sampled_from(["us", "gp", "patient"]))
def test_whatever_words_come_in_they_are_said_and_never_read_as_a_pattern(
    service: str, onward: str, option: str, who: Any
) -> None:
    for name in ("triage-practice-books", "gp-practice-books"):
        asked = facts(name, service=service, onward=onward, options=(option,), who_books=who)

        assert review(asked, compose_letter(asked)) == ()


def test_a_reviewer_finds_what_a_letter_does_not_say() -> None:
    letter = compose_letter(EXAMPLES["triage-we-book"])

    assert review(facts("triage-we-book", by_when=date(2027, 1, 4)), letter) == ("by_when",)
    assert review(facts("triage-we-book", options=("Elsewhere",)), letter) == ("options",)


def _own_sentences() -> list[str]:
    english = wording.committed()["en"]
    kinds = ("welcome", "books", "triage_patient", "discharge", "apology", "other_ways", "in_english", "languages")
    return [said for kind in kinds for said_of in english.sections[kind].values() for said in said_of]


@pytest.mark.parametrize("said", _own_sentences())
def test_sentences_for_patients_are_short(said: str) -> None:
    # "by Monday 21 December 2026" is one thing to read, not four.
    for one in said.rstrip(".").split(". "):
        assert len(one.split()) <= MOST_WORDS, one


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("Urdu", "We do not have this letter in Urdu."),
        ("ur-PK", "We do not have this letter in Urdu."),
        ("BSL", "Do you need this letter in British Sign Language? Tell us"),
        ("Elvish", "Do you need this letter in another language?"),
    ],
)
def test_a_language_that_we_have_not_is_said_and_the_letter_is_in_english(language: str, said: str) -> None:
    letter = compose_letter(facts("welcome", language=language))

    assert (letter.language, letter.english) == ("en-GB", None)
    assert said in " ".join(rules.text_of(letter).split("\n"))
    assert rules.unmet_language(language)
    assert not compose_letter(facts("gp-we-book", language=language)).notes


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("language", OTHERS)
def test_a_language_that_nobody_checked_goes_out_with_the_english_behind_it(language: str, name: str) -> None:
    asked = facts(name, language=language)
    letter = compose_letter(asked)

    assert review(asked, letter) == ()
    if asked.kind in TO_PRACTICE:
        assert letter == compose_letter(facts(name))
        return
    assert [part.language.split("-")[0] for part in letter.parts] == [language, "en"]
    assert letter.english == compose_letter(facts(name))
    assert [note.lang for note in letter.notes] == ["", "en-GB"]
    assert not rules.unmet_language(language)


def test_a_language_that_somebody_checked_goes_out_alone_and_says_in_english_what_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = (wording._FOLDER / "pl.toml").read_text(encoding="utf-8")
    checked = whole.replace('checked_by = ""', 'checked_by = "A N Example"').replace(
        'checked_on = ""', 'checked_on = "2026-12-01"'
    )
    english = wording.committed()["en"]
    monkeypatch.setattr(wording, "committed", lambda: {"en": english, "pl": wording.read(checked, like=english)})
    letter = compose_letter(facts("welcome", language="pl"))

    assert letter.parts == (letter,)
    assert letter.english == compose_letter(facts("welcome"))
    assert letter.notes[0].said == (
        "This letter is in Polish.",
        "In English its name is: Welcome to MSK Community Service.",
    )
    assert letter.notes[0].lang == "en-GB"


def test_what_a_clinician_wrote_is_never_translated_and_says_so() -> None:
    letter = compose_letter(facts("discharge", language="pl"))
    foreign = [block for block in letter.blocks if block.lang]
    said = [one for block in letter.blocks for one in block.said]

    assert [block.said for block in foreign] == [
        ("You can walk to the shops and back without pain.", "Keep doing your exercises.")
    ]
    assert "Ta część jest po angielsku, tak jak ją napisano." in said


def test_pictures_stand_beside_their_sentences_and_a_calendar_shows_the_day() -> None:
    for name in EXAMPLES:
        for language in ("en", *OTHERS):
            for block in compose_letter(facts(name, language=language)).blocks:
                assert len(block.pictures) in (0, len(block.said))
    lead = compose_letter(facts("welcome", language="pl")).blocks[0]

    assert lead.pictures == ("calendar 21 grudnia", "")
    assert {one for told in rules.PICTURES.values() for one in ((told,) if isinstance(told, str) else told)} <= {
        "",
        *wording.committed()["en"].sections["pictures"],
    }


def test_results_for_a_practice_stand_in_one_table_at_the_top_and_what_is_asked_apart_from_what_is_told() -> None:
    letter = compose_letter(EXAMPLES["checks"])
    kinds = [block.kind for block in letter.blocks]
    table = letter.blocks[1]

    assert kinds[:2] == ["lead", "table"]
    assert table.head == ("Check", "Result", "Day", "SNOMED CT code", "Found and done")
    assert [row[0] for row in table.rows] == ["Blood pressure", "Body mass index", "Alcohol", "Glucose", "Smoking"]
    assert {len(row) for row in table.rows} == {5}
    headings = [block.said[0] for block in letter.blocks if block.kind == "heading"]
    assert headings == ["Without a result", "For the practice to do", "Done already, for information", "The visit"]
    assert dict(letter.about)["NHS number"] == "999 100 0011"


_TOLD = EXAMPLES["checks"].checks or CheckFacts("", date(2026, 12, 1), "")


@pytest.mark.parametrize(
    ("told", "lead"),
    [
        (replace(_TOLD, without=(), asked=()), "All 5 checks have a result."),
        (replace(_TOLD, rows=()), "No check has a result."),
        (replace(_TOLD, rows=_TOLD.rows[:1]), "1 of 2 checks has a result. Without: Cholesterol."),
        (replace(_TOLD, asked=("One thing",)), "one thing is asked of the practice"),
        (replace(_TOLD, finished=False), "Not finished: this is what was saved so far."),
        (replace(_TOLD, replaces=True), "This replaces our earlier document about the same visit."),
    ],
)
def test_the_first_lines_say_how_much_there_is_and_what_it_stands_for(told: CheckFacts, lead: str) -> None:
    assert lead in " ".join(compose_letter(facts("checks", checks=told)).blocks[0].said)


def test_a_reviewer_finds_a_result_that_the_document_does_not_say() -> None:
    more = replace(_TOLD, rows=(*_TOLD.rows, CheckRow("Pulse", "72 a minute", date(2026, 12, 1))))

    assert review(facts("checks", checks=more), compose_letter(EXAMPLES["checks"])) == ("checks",)


@pytest.mark.parametrize("language", ["", "en", "en-GB", "English", "english", "Not known"])
def test_english_says_nothing_of_languages(language: str) -> None:
    assert compose_letter(facts("welcome", language=language)) == compose_letter(facts("welcome"))
    assert not rules.unmet_language(language)


def test_a_language_must_have_every_sentence_and_every_slot_of_english() -> None:
    english = wording.committed()["en"]
    whole = (wording._FOLDER / "en.toml").read_text(encoding="utf-8")

    assert wording.read(whole, like=english).name == "English"
    for broken in (
        whole.replace("by {by_when}", "soon"),
        whole.replace('signposted = "Signposted: {onward}"\n', ""),
        whole.replace('"January", ', ""),
        whole.replace('"You have not lost your place."', '"You have not.", "You wait."', 1),
        whole.replace('direction = "ltr"', 'direction = "down"'),
        whole.replace('script = "Latin"', 'script = "Arabic"'),
        whole.replace('checked_on = "2026-11-25"', 'checked_on = ""'),
        "name = ",
    ):
        with pytest.raises(FaultyWording):
            wording.read(broken, like=english)


@pytest.mark.parametrize(
    ("needs", "style", "unmet"),
    [
        ([], "standard", ()),
        ([("Easyread", "")], "easyread", ()),
        ([("Easy read information", "796161000000101")], "easyread", ()),
        ([("Large print", "")], "large20", ()),
        ([("Large print, 28 point", "")], "large28", ()),
        ([("", "957331000000109")], "large20", ()),
        ([("", "957351000000102")], "large24", ()),
        ([("", "957371000000106"), ("", "957331000000109")], "large28", ()),
        ([("Large print", ""), ("Easyread", "")], "easyread", ()),
        ([("Braille", "")], "standard", ("Braille",)),
        ([("", "936661000000109"), ("Large print", "")], "large20", ("Braille grade 2",)),
        ([("Interpreter: Polish", "")], "standard", ()),
    ],
)
def test_the_format_follows_the_need_and_what_it_does_not_meet_is_named(
    needs: list[tuple[str, str]], style: str, unmet: tuple[str, ...]
) -> None:
    found = wanted(needs)

    assert (found.format, found.unmet) == (style, unmet)


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        ("28 Hop Gardens, Wexcombe", ("28 Hop Gardens", "Wexcombe", "ZZ8 8PE")),
        ("", ("ZZ8 8PE",)),
        ("1, 2, 3, 4, 5, 6, 7", ("1", "2", "3", "4", "5, 6, 7", "ZZ8 8PE")),
    ],
)
def test_an_address_fits_the_window(address: str, lines: tuple[str, ...]) -> None:
    assert address_lines(address, "ZZ8 8PE") == lines


def test_facts_not_given_are_not_made_up() -> None:
    bare: Facts = replace(EXAMPLES["welcome"], earliest=None, latest=None, received_on=None, referrer="")

    assert "Most people hear" not in rules.text_of(compose_letter(bare))
