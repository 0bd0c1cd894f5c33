"""Telephone numbers as people type them, to E.164.

The library takes 27 microseconds a number; the forms that nearly every number of a practice has are read by one regular
expression made from the library's own metadata at start, with which it agrees on every number tried (stack-spike.md 6).
Everything else goes to the library. Numbers kept free for drama (Ofcom: 07700 900000 to 900999, 01632 960000 to 960999)
are valid in no metadata and are taken all the same: they are all that examples and demonstrations have.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import phonenumbers

Type = Literal["mobile", "landline"]

_SPACES = str.maketrans("", "", " ()\u00a0")
_DRAMA_MOBILE, _DRAMA_LANDLINE = r"7700900\d{3}", r"1632960\d{3}"
_DRAMA = re.compile(rf"(?:\+44|0)?(?:({_DRAMA_MOBILE})|({_DRAMA_LANDLINE}))", re.ASCII)
_MOBILES = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


class Phone(NamedTuple):
    """A number that can be called, and whether a text reaches it."""

    e164: str
    type: Type


def _pattern() -> re.Pattern[str]:
    def of(region: str, which: str) -> str:
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
        assert metadata is not None
        pattern = getattr(metadata, which).national_number_pattern
        assert pattern is not None
        return f"(?:{pattern})"

    mobile = "|".join(of(region, "mobile") for region in ("GB", "GG", "IM", "JE"))
    landline = of("GB", "fixed_line")
    return re.compile(rf"(?:\+44|0)(?:({_DRAMA_MOBILE}|{mobile})|({_DRAMA_LANDLINE}|{landline}))", re.ASCII)


_FAST = _pattern()


def read(text: str) -> Phone | None:
    """The number, read as a British one unless it says otherwise; None when it is none, or has words with it."""
    match = _FAST.fullmatch(text.replace(" ", ""))  # nearly all; the table of characters takes four times as long
    if match is None:
        plain = text.translate(_SPACES)
        match = _FAST.fullmatch(plain) or _DRAMA.fullmatch(plain)
    if match is None:
        return by_library(text)
    mobile, landline = match.groups()
    return Phone(f"+44{mobile}", "mobile") if mobile else Phone(f"+44{landline}", "landline")


def by_library(text: str) -> Phone | None:
    """The same by the library alone, without the drama numbers."""
    if any(character.isalpha() for character in text):
        return None
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    kind: Type = "mobile" if phonenumbers.number_type(number) in _MOBILES else "landline"
    return Phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), kind)


def lost_zero(text: str) -> bool:
    """Whether the leading 0 is missing, as after a spreadsheet took the number for a quantity."""
    plain = text.translate(_SPACES)
    return len(plain) == 10 and plain[0] in "127" and plain.isascii() and plain.isdigit()
