"""Telephone numbers: what people type, and that the fast path and the library never disagree."""

from __future__ import annotations

import random

import pytest

from onedoor.kernel import phones
from onedoor.kernel.phones import Phone


@pytest.mark.parametrize(
    ("text", "e164", "kind"),
    [
        ("07700 900123", "+447700900123", "mobile"),
        ("07700900123", "+447700900123", "mobile"),
        ("+447700900123", "+447700900123", "mobile"),
        ("7700900123", "+447700900123", "mobile"),
        ("01632 960001", "+441632960001", "landline"),
        ("(01632) 960001", "+441632960001", "landline"),
        ("020 7946 0018", "+442079460018", "landline"),
        ("+44 (0)20 7946 0018", "+442079460018", "landline"),
    ],
)
def test_numbers_as_they_are_typed(text: str, e164: str, kind: str) -> None:
    assert phones.read(text) == Phone(e164, kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    ["", "ask at desk", "07700 900123 (son's)", "07700 90012", "07700 9001234", "0000000000", "n/a", "07700 900123 x"],
)
def test_no_numbers(text: str) -> None:
    assert phones.read(text) is None


def _typed(draw: random.Random) -> str:
    """Digits in the shapes of British numbers, valid or not, with spaces and brackets where people put them."""
    prefix = draw.choice(["0", "0", "0", "+44", "0044", "+44 (0)", "", "+48", "00"])
    first = draw.choice(["7", "7", "7", "1", "1", "2", "3", "5", "8", "9", ""])
    digits = first + "".join(str(draw.randrange(10)) for _ in range(draw.choice([9, 9, 9, 9, 8, 10]) - (not first)))
    cut = draw.randrange(2, 6)
    style = draw.randrange(4)
    if style == 1:
        digits = f"{digits[:cut]} {digits[cut:]}"
    elif style == 2:
        digits = f"{digits[:3]} {digits[3:6]} {digits[6:]}"
    elif style == 3 and prefix == "0":
        return f"(0{digits[:cut]}) {digits[cut:]}"
    return prefix + digits


@pytest.mark.slow
def test_the_fast_path_never_disagrees_with_the_library() -> None:
    draw = random.Random(7)
    disagreed, valid = [], 0
    for _ in range(20_000):
        text = _typed(draw)
        if phones._DRAMA.fullmatch(text.translate(phones._SPACES)):
            continue  # taken, though no metadata has them
        mine, theirs = phones.read(text), phones.by_library(text)
        valid += theirs is not None
        if mine != theirs:
            disagreed.append((text, mine, theirs))
    assert disagreed == []
    assert valid > 5_000
