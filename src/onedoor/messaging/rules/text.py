"""Text message arithmetic: the GSM 03.38 table, Notify's downgrade, and the fragments that are billed (messaging.md 2).

Fragments are counted as GOV.UK Notify bills them: units divided by 153. A network may need one part more when an escape
pair would straddle two parts; Notify does not bill that, so neither do we.
"""

from __future__ import annotations

import re
import unicodedata

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("^{}\\[~]|€\f")
"""Two septets each."""

_WELSH_VOWELS = "àèìòùẁỳáéíóúẃýäëïöüẅÿâêîôûŵŷ"
WELSH = frozenset(_WELSH_VOWELS + _WELSH_VOWELS.upper()) - GSM_BASIC
"""The only letters outside GSM that Notify keeps; one of them turns the whole text to UCS-2."""

LONGEST = 918
"""Characters of the longest text that Notify takes: six fragments."""

_PLAIN = re.compile("[" + re.escape("".join(sorted(GSM_BASIC - {"\r"}))) + "]*")
_TWINS = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc`´", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f", '"'),
        "\u2026": "...",
        **dict.fromkeys("\u00a0\u202f\t", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u180e\u2028\u2029\u00ad"),
        "Ł": "L",
        "ł": "l",
    }
)


def downgraded(text: str) -> str:
    """The text as Notify sends it on; what it cannot carry becomes its base letter, its plain twin or "?".

    A line ends with one character: a form's two would be billed as two.
    """
    if _PLAIN.fullmatch(text):
        return text
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).translate(_TWINS)
    return "".join(map(_downgraded_letter, plain))


def _downgraded_letter(letter: str) -> str:
    if letter in GSM_BASIC or letter in GSM_EXTENSION or letter in WELSH:
        return letter
    base = unicodedata.normalize("NFD", letter)[0]
    return base if base in GSM_BASIC else "?"


def fragments(text: str) -> int:
    """How many fragments a downgraded text is billed as: 160 septets or 153 each; with Welsh letters 70 or 67."""
    if _PLAIN.fullmatch(text):
        return _parts(len(text), 160, 153)
    if not WELSH.isdisjoint(text):
        return _parts(len(text), 70, 67)
    return _parts(len(text) + sum(letter in GSM_EXTENSION for letter in text), 160, 153)


def _parts(units: int, single: int, each: int) -> int:
    return 1 if units <= single else -(-units // each)
