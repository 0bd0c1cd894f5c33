"""Nothing that tells who wrote it is left in a phrase."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedoor.messaging.rules.anonymous import anonymous

THEIRS = ("Sam", "Hollis-O'Brien")
OTHERS = ("Will", "Maud", "Ellery", "May", "Adeyemi")
PLACES = ("Wexcombe Road Surgery",)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Cancel please", "Cancel please"),
        ("I will come, may be late", "I will come, may be late"),
        ("Cancel it please. Sam Hollis", "Cancel it please. Alex"),
        ("sam cant come", "Alex cant come"),
        ("SAM'S POORLY CANCEL", "Alex POORLY CANCEL"),
        ("maud said no", "Alex said no"),
        ("This is Jenny, wrong number", "This is Alex , wrong number"),
        ("it was for Brenda not me", "it was for Alex not me"),
        ("cant make Tuesday 8 December", "cant make that day"),
        ("cant make tues 8th", "cant make that day"),
        ("not on 08/12/2026", "not on that day"),
        ("what about Dec 9th?", "what about that day?"),
        ("Thursday is better", "that day is better"),
        ("running late be there 10.35", "running late be there that time"),
        ("can I come at 3pm", "can I come at that time"),
        ("about half past ten", "about that time"),
        ("ring me on 07700 900 123", "ring me on that number"),
        ("my number is +44 7700 900123 now", "my number is that number now"),
        ("nhs 999 000 0018", "nhs that number"),
        ("moved to HU5 2AB", "moved to my postcode"),
        ("write to sam.hollis@example.org", "write to my email"),
        ("see https://example.org/a?b=1", "see that link"),
        ("I am at Wexcombe road surgery", "I am at that place"),
        ("stuck on Anlaby Road", "stuck on that place"),
        ("had it at Boots", "had it at that place"),
        ("12 units", "some units"),
        ("see Dr Thorne instead", "see Dr Alex instead"),
        ("Nie moge przyjsc", "Nie moge przyjsc"),
        ("ＣＡＬＬ ０７７００９００１２３", "CALL that number"),
    ],
)
def test_what_tells_who_gives_way(text: str, left: str) -> None:
    assert anonymous(text, theirs=THEIRS, others=OTHERS, places=PLACES) == left


NAMES = st.from_regex(r"[A-Za-z]{2,9}([ '-][A-Za-z]{2,9})?", fullmatch=True).filter(
    lambda name: name.lower() not in ("somebody", "alex")
)


@given(
    names=st.lists(NAMES, min_size=1, max_size=4),
    words=st.lists(st.text(max_size=12), max_size=6),
    at=st.integers(min_value=0, max_value=6),
    data=st.data(),
)
def test_no_digit_and_no_name_is_left(names: list[str], words: list[str], at: int, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(names))
    written = data.draw(st.sampled_from([name, name.lower(), name.upper(), name.title()]))
    text = " ".join([*words[:at], written, "07700900123", *words[at:]])
    left = anonymous(text, theirs=names)
    assert not any(sign.isdigit() for sign in left)
    spoken = "".join(sign if sign.isalnum() or sign == "_" else " " for sign in left.lower()).split()
    whole = {one.lower() for one in names if one.isalpha()}
    assert not whole & set(spoken)
