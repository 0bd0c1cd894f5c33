"""Fragments and downgrade, by the figures of messaging.md 2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedoor.messaging.rules.text import downgraded, fragments

COUNTED = [
    # what it is, text, fragments as billed
    ("nothing", "", 1),
    ("a word", "Yes", 1),
    ("160 letters", "a" * 160, 1),
    ("161 letters", "a" * 161, 2),
    ("306 letters", "a" * 306, 2),
    ("307 letters", "a" * 307, 3),
    ("459 letters", "a" * 459, 3),
    ("460 letters", "a" * 460, 4),
    ("918, the longest", "a" * 918, 6),
    ("159 and a euro is 161 units", "a" * 159 + "€", 2),
    ("158 and a euro is 160 units", "a" * 158 + "€", 1),
    ("80 euros are 160 units", "€" * 80, 1),
    ("81 euros are 162 units", "€" * 81, 2),
    ("every bracket is two units", "[" * 79 + "ab", 1),
    ("braces, caret, tilde, pipe, backslash", "{}^~|\\" * 13 + "aaaaa", 2),
    ("a euro that straddles two parts: 2 by Notify, 3 by a strict cut", "a" * 152 + "€" + "a" * 152, 2),
    ("pound signs and accents of GSM", "£éèùìòàÄÖÑÜäöñü§¿¡" * 8, 1),
    ("Greek capitals are GSM", "ΔΦΓΛΩΠΨΣΘΞ" * 16, 1),
    ("line feeds are one unit each", "a\n" * 80, 1),
    ("w-circumflex turns the text to UCS-2: 70", "ŵ" + "a" * 69, 1),
    ("71 with Welsh", "ŵ" + "a" * 70, 2),
    ("134 with Welsh", "ŵ" + "a" * 133, 2),
    ("135 with Welsh", "ŵ" + "a" * 134, 3),
    ("a-circumflex is Welsh", "â" * 70, 1),
    ("y-circumflex too", "ŷ" * 71, 2),
    ("capitals of Welsh too", "Ŵ" * 71, 2),
    ("a-acute is Welsh and not GSM", "á" * 71, 2),
    ("e-acute is GSM", "é" * 160, 1),
    ("euro in a Welsh text is one unit", "ŵ" + "€" * 69, 1),
    ("66 w-circumflexes, a mark and 66 more", "ŵ" * 66 + "?" + "ŵ" * 66, 2),
]

DOWNGRADED = [
    ("curly apostrophe", "It\u2019s", "It's"),
    ("curly quotes", "\u201cHi\u201d", '"Hi"'),
    ("dashes", "9\u201310 \u2014 no", "9-10 - no"),
    ("ellipsis", "Well\u2026", "Well..."),
    ("no-break space and tab", "a\u00a0b\tc", "a b c"),
    ("zero width", "a\u200bb\ufeffc", "abc"),
    ("a form's line ends", "one\r\ntwo\rthree", "one\ntwo\nthree"),
    ("Polish with a twin", "Łódź", "Lódz"),
    ("Polish ogonek", "Będę", "Bede"),
    ("Welsh stays", "tŷ bach â llŷn", "tŷ bach â llŷn"),
    ("decomposed Welsh is composed", "y\u0302", "ŷ"),
    ("emoji", "ok 👍", "ok ?"),
    ("Arabic", "نعم", "???"),
    ("degree and half", "38° ½", "38? ?"),
    ("bullet and trade mark", "• ™", "? ?"),
    ("GSM stays", "£5 @ £1 [a] {b} ~ € ^", "£5 @ £1 [a] {b} ~ € ^"),
    ("tilde n stays, i-breve loses its breve", "ñ ĭ", "ñ i"),
]


@pytest.mark.parametrize(("what", "text", "count"), COUNTED, ids=[row[0] for row in COUNTED])
def test_fragments(what: str, text: str, count: int) -> None:
    assert fragments(text) == count


@pytest.mark.parametrize(("what", "text", "plain"), DOWNGRADED, ids=[row[0] for row in DOWNGRADED])
def test_downgrade(what: str, text: str, plain: str) -> None:
    assert downgraded(text) == plain


def test_one_curly_apostrophe_costs_nothing_once_downgraded() -> None:
    """160 characters with one from Word would be three fragments of UCS-2 (messaging.md 2)."""
    assert fragments(downgraded("a" * 159 + "\u2019")) == 1


@given(st.text())
def test_downgrading_twice_changes_nothing(text: str) -> None:
    once = downgraded(text)
    assert downgraded(once) == once


@given(st.text(), st.text())
def test_more_text_never_costs_less(text: str, more: str) -> None:
    assert fragments(downgraded(text + "a" + more)) >= fragments(downgraded(text))
