"""What texts say: one fragment, GSM-7, and nothing that a shared phone should not see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from onedoor.booking import texts
from onedoor.booking.texts import About
from onedoor.kernel.clock import LONDON

TUESDAY = datetime(2026, 12, 8, 10, 20, tzinfo=LONDON)
SAM = About(
    first_name="Sam",
    starts_at=TUESDAY,
    practice="Wexcombe Road Surgery",
    phone="01632 960123",
    may_cancel=True,
    may_refill=True,
)

ALL: list[Callable[[About], str]] = [
    texts.reminder,
    texts.booked,
    lambda about: texts.moved(about, about.starts_at),
    texts.asked_for,
    texts.place_gone,
    lambda about: texts.cancelled(about, may_return=True),
    lambda about: texts.cancelling(about, may_return=True),
    texts.cancelled_by_practice,
    texts.kept,
    texts.back_again,
    texts.gone_meanwhile,
    lambda about: texts.gone_meanwhile(replace(about, may_refill=False)),
    texts.on_the_list,
    texts.person_decides,
    texts.will_be_offered,
]


@pytest.mark.parametrize(
    ("about", "text"),
    [
        (
            SAM,
            "Sam: your appointment is Tue 8 Dec at 10:20am at Wexcombe Road Surgery. "
            "Reply YES to keep it, CANCEL to cancel it, EARLY to be offered an earlier one.",
        ),
        (
            replace(SAM, said_as="blood pressure check"),
            "Sam: your blood pressure check is Tue 8 Dec at 10:20am at Wexcombe Road Surgery. "
            "Reply YES to keep it, CANCEL to cancel it, EARLY to be offered an earlier one.",
        ),
        (
            replace(SAM, first_name="Bartholomew", said_as="physiotherapy appointment"),
            "Bartholomew: your physiotherapy appointment is Tue 8 Dec at 10:20am at Wexcombe Road Surgery. "
            "Reply YES to keep it, CANCEL to cancel, EARLY for an earlier one.",
        ),
        (
            replace(SAM, may_refill=False),
            "Sam: your appointment is Tue 8 Dec at 10:20am at Wexcombe Road Surgery. "
            "Reply YES to keep it, CANCEL to cancel it.",
        ),
        (
            replace(SAM, may_cancel=False),
            "Sam: your appointment is Tue 8 Dec at 10:20am at Wexcombe Road Surgery. "
            "Reply YES to keep it. To change it, ring 01632 960123.",
        ),
        (
            replace(SAM, by_telephone=True, may_refill=False),
            "Sam: Wexcombe Road Surgery will ring you on Tue 8 Dec at 10:20am. "
            "Reply YES to keep it, CANCEL to cancel it.",
        ),
        (
            replace(SAM, starts_at=datetime(2026, 12, 8, 12, 0, tzinfo=LONDON), first_name="", may_refill=False),
            "Your appointment is Tue 8 Dec at midday at Wexcombe Road Surgery. "
            "Reply YES to keep it, CANCEL to cancel it.",
        ),
    ],
)
def test_reminder(about: About, text: str) -> None:
    assert texts.reminder(about) == text


@pytest.mark.parametrize("compose", ALL)
@pytest.mark.parametrize("first_name", ["Sam", "Zoë", "Łukasz", "Bartholomew-James", "李"])
@pytest.mark.parametrize("may_cancel", [True, False])
@pytest.mark.parametrize("by_telephone", [True, False])
def test_one_fragment_of_cheap_letters(
    compose: Callable[[About], str], first_name: str, may_cancel: bool, by_telephone: bool
) -> None:
    text = compose(replace(SAM, first_name=first_name, may_cancel=may_cancel, by_telephone=by_telephone))
    assert len(text) <= texts.ONE_FRAGMENT
    assert text == texts.plain(text)
    assert text[0] == text[0].upper()


@pytest.mark.parametrize("compose", [c for c in ALL if c not in (texts.reminder, texts.booked)])
def test_only_reminder_and_booking_name_what_it_is(compose: Callable[[About], str]) -> None:
    assert "blood" not in compose(replace(SAM, said_as="blood test")) or "now Tue" in compose(SAM)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Zoë", "Zoe"),
        ("Renée", "Renée"),
        ("O’Brien", "O'Brien"),
        ("Łukasz", "Lukasz"),
        ("Nguyễn", "Nguyen"),
        ("李 Sam", "Sam"),
        ("a – b", "a - b"),
        ("[x]", "x"),
    ],
)
def test_plain(text: str, kept: str) -> None:
    assert texts.plain(text) == kept
