"""Letters as PDF: the independent checker's word on each, and what a reading machine finds."""

from __future__ import annotations

import contextlib
import re
import zlib

import pytest

from bench import verapdf
from onedoor.documents.api import FORMATS, CannotBeSet, compose_letter, pdf, pictures
from onedoor.documents.facts_file import letter_from_json, letter_to_json
from onedoor.documents.render import pages
from onedoor.documents.tests.factories import EXAMPLES, facts
from onedoor.documents.types import Format, Person

needs_java = pytest.mark.skipif(not verapdf.available(), reason="veraPDF needs a Java: .ci/run installs one")


@needs_java
@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("language", ["en", "pl", "uk", "ur"])
def test_every_kind_is_valid_pdf_ua_1_in_every_format_and_language(language: str, name: str) -> None:
    letter = compose_letter(facts(name, language=language))

    assert {style: verapdf.faults(pdf(letter, style)) for style in FORMATS} == {style: [] for style in FORMATS}


@needs_java
@pytest.mark.slow
def test_the_checker_holds_the_whole_profile_and_refuses_a_pdf_that_is_not_accessible() -> None:
    import typst

    assert verapdf.rules() == 106
    assert any("title" in fault for fault in verapdf.faults(typst.compile(b"Only words.", format="pdf")))


def test_results_of_six_checks_are_seen_on_one_page() -> None:
    assert [pages(pdf(compose_letter(EXAMPLES[name]))) for name in ("checks", "checks-unfinished", "contacts")] == [
        1,
        1,
        1,
    ]


def test_the_table_of_checks_is_a_table_with_named_columns_for_whoever_hears_it() -> None:
    content = _objects(pdf(compose_letter(EXAMPLES["checks"])))

    assert len(re.findall(rb"/S ?/TH\b", content)) >= 5


def test_the_same_letter_is_the_same_file() -> None:
    letter = compose_letter(EXAMPLES["welcome"])

    assert pdf(letter, "large24") == pdf(letter, "large24")
    assert pdf(letter) != pdf(letter, "large24")


@pytest.mark.parametrize("name", ["Zoë Żółkiewska-O’Brien", "Ελένη Παπαδοπούλου", "Їжак Шевченко", "Nguyễn Thị Ánh"])
def test_a_name_is_set_in_its_own_letters(name: str) -> None:
    assert pdf(compose_letter(facts("welcome", patient=Person(name, ("1 Mill Lane", "ZZ1 1AA")))))


def test_a_name_that_no_font_has_is_refused_and_not_printed_as_boxes() -> None:
    letter = compose_letter(facts("welcome", patient=Person("名前", ("1 Mill Lane", "ZZ1 1AA"))))

    with pytest.raises(CannotBeSet):
        pdf(letter)


@pytest.mark.parametrize("words", ['#eval("1+1")', "*bold* $x$ @ref <label> \\ `raw`", "}]) //", '"; panic()'])
def test_words_are_never_read_as_source(words: str) -> None:
    asked = facts("triage-we-book", options=(words,), service=words)
    said = _text(pdf(compose_letter(asked)))

    assert re.sub(r"\s+", "", words) in re.sub(r"\s+", "", said)


def test_each_part_says_in_which_language_it_is() -> None:
    content = pdf(compose_letter(facts("discharge", language="pl")))

    assert _languages(content)[0] == "pl-PL"
    assert set(_languages(content)) == {"pl-PL", "en-GB"}
    assert set(_languages(pdf(compose_letter(facts("discharge"))))) == {"en-GB"}


def test_whom_to_ring_stands_beside_the_window_by_its_own_word() -> None:
    for language, word in (("en", "Telephone: 01632"), ("pl", "Telefon: 01632"), ("uk", "Телефон: 01632")):
        assert word in _text(pdf(compose_letter(facts("welcome", language=language)))), language


def test_the_pictures_of_easy_read_say_what_they_show() -> None:
    content = pdf(compose_letter(facts("welcome", language="pl")), "easyread")
    plain = pdf(compose_letter(facts("welcome")))

    assert {"Kalendarz: 21 grudnia", "Telefon", "List", "A calendar: 21 December"} <= set(_alternatives(content))
    assert _alternatives(plain) == []


@pytest.mark.parametrize("style", FORMATS)
def test_twenty_options_all_stand_on_the_page(style: Format) -> None:
    options = tuple(f"Clinic number {number} in Wexcombe" for number in range(1, 21))
    said = re.sub(r"\s+", " ", _text(pdf(compose_letter(facts("triage-we-book", options=options)), style)))

    assert all(one in said for one in options)


def test_the_address_stands_in_the_window_and_nothing_else_does() -> None:
    """GOV.UK Notify's printers: 24.6 to 120.4 mm from the left, 39.5 to 66.3 mm from the top."""
    person = Person(
        "Ms Joyce Achebe", ("Flat 2", "The Old Maltings", "28 Hop Gardens", "Little Wexcombe", "Wexcombe", "ZZ8 8PE")
    )
    for style in FORMATS:
        content = pdf(compose_letter(facts("welcome", patient=person)), style)
        window = _text(content, (24.6, 39.5, 120.4, 66.3))

        assert window.split() == " ".join((person.name, *person.lines)).split(), style


def test_a_letter_kept_before_there_were_pictures_and_languages_is_still_set() -> None:
    kept = letter_to_json(compose_letter(facts("welcome")))
    for name in ("pictured", "direction", "script", "notes", "english", "both"):
        del kept[name]
    for block in kept["blocks"]:
        del block["lang"], block["pictures"]

    assert all(pdf(letter_from_json(kept), style) for style in FORMATS)


def test_each_page_is_a_picture_too() -> None:
    letter = compose_letter(EXAMPLES["welcome"])

    assert len(pictures(letter, "large28")) == pages(pdf(letter, "large28")) > 1


def _text(content: bytes, window: tuple[float, float, float, float] | None = None) -> str:
    """The words of a PDF, or of a window of its first page: left, top, right and bottom in millimetres."""
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    if window is None:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    page = document[0]
    left, top, right, bottom = (mm * 72 / 25.4 for mm in window)
    high = page.get_height()
    return str(page.get_textpage().get_text_bounded(left, high - bottom, right, high - top))


def _objects(content: bytes) -> bytes:
    """All of a PDF, what is compressed laid open."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    opened = []
    for stream in streams:
        with contextlib.suppress(zlib.error):
            opened.append(zlib.decompress(stream))
    return b"\n".join([content, *opened])


def _languages(content: bytes) -> list[str]:
    """The languages that a PDF declares, that of the document first."""
    opened = _objects(content)
    whole = re.search(rb"/Type ?/Catalog.*?/Lang ?\(([^)]*)\)", opened, re.DOTALL)
    assert whole
    return [one.decode() for one in (whole[1], *re.findall(rb"/Lang ?\(([^)]*)\)", opened))]


def _alternatives(content: bytes) -> list[str]:
    """What its pictures say."""
    found = re.findall(rb"/Alt ?(?:\(((?:[^)\\]|\\.)*)\)|<([0-9A-Fa-f]*)>)", _objects(content), re.DOTALL)
    return [_text_string(plain or bytes.fromhex(coded.decode())) for plain, coded in found]


def _text_string(held: bytes) -> str:
    held = re.sub(rb"\\([0-7]{3})", lambda octal: bytes([int(octal[1], 8)]), held)
    held = re.sub(rb"\\(.)", rb"\1", held, flags=re.DOTALL)
    return held[2:].decode("utf-16-be") if held.startswith(b"\xfe\xff") else held.decode("latin-1")
