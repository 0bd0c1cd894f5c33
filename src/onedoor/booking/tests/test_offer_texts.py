"""What texts about offers say: one fragment, the practice where it fits, and what stays theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from onedoor.booking import texts
from onedoor.booking.texts import About
from onedoor.kernel.clock import LONDON

PLACE = datetime(2026, 12, 7, 14, 10, tzinfo=LONDON)
OWN = datetime(2026, 12, 8, 10, 20, tzinfo=LONDON)
SAM = About(first_name="Sam", starts_at=PLACE, practice="Wexcombe Road Surgery", phone="01632 960123")
RINGS = replace(SAM, by_telephone=True)
LONG = replace(SAM, first_name="Bartholomew-James", practice="The Wexcombe Road and Priory Lane Medical Partnership")

ALL: list[Callable[[About, datetime | None], str]] = [
    texts.offer,
    texts.offer_taken,
    texts.offer_asked,
    texts.offer_gone,
    lambda about, own: texts.offer_gone(about, own, taken=False),
    texts.offer_declined,
    lambda about, own: texts.offer_held(about),
    lambda about, own: texts.offer_clashes(about),
]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            texts.offer(SAM, OWN),
            "Sam: an earlier appointment, Mon 7 Dec at 2:10pm, is free at Wexcombe Road Surgery. "
            "Reply YES to take it, NO to stay as you are. First to reply has it.",
        ),
        (
            texts.offer(RINGS, None),
            "Sam: a telephone appointment, Mon 7 Dec at 2:10pm, is free at Wexcombe Road Surgery. "
            "Reply YES to take it, NO if you cannot. First to reply has it.",
        ),
        (
            texts.offer_taken(SAM, OWN),
            "Sam: Mon 7 Dec at 2:10pm is yours, at Wexcombe Road Surgery. You no longer have Tue 8 Dec at 10:20am.",
        ),
        (texts.offer_taken(RINGS, None), "Sam: Mon 7 Dec at 2:10pm is yours. We will ring you."),
        (
            texts.offer_asked(SAM, OWN),
            "Sam: thank you. We are booking Mon 7 Dec at 2:10pm and will text you when it is sure. "
            "Until then you keep Tue 8 Dec at 10:20am.",
        ),
        (
            texts.offer_gone(SAM, OWN),
            "Sam: sorry, Mon 7 Dec at 2:10pm has gone to somebody else. You keep Tue 8 Dec at 10:20am, "
            "and your place on the list.",
        ),
        (
            texts.offer_gone(SAM, None, taken=False),
            "Sam: sorry, Mon 7 Dec at 2:10pm is no longer on offer. You keep your place on the list.",
        ),
        (
            texts.offer_declined(SAM, OWN),
            "Sam: thank you, you keep Tue 8 Dec at 10:20am. We will text you when another comes free.",
        ),
        (
            texts.offer_clashes(SAM),
            "Sam: we have not booked Mon 7 Dec at 2:10pm: you have another appointment then. "
            "To change it, ring 01632 960123.",
        ),
    ],
)
def test_what_they_say(text: str, said: str) -> None:
    assert text == said


@pytest.mark.parametrize("about", [SAM, RINGS, LONG, replace(SAM, first_name=""), replace(SAM, first_name="Zoë Łucja")])
@pytest.mark.parametrize("own", [None, OWN])
def test_each_is_one_fragment_of_plain_letters(about: About, own: datetime | None) -> None:
    for compose in ALL:
        said = compose(about, own)
        assert len(said) <= texts.ONE_FRAGMENT, said
        assert said == texts.plain(said)
        assert said[0].isupper()
