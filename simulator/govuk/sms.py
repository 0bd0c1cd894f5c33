"""Text message arithmetic: which characters GOV.UK Notify keeps, how many fragments a text costs, and UK mobile numbers.

Sources: messaging.md 2 (GSM 03.38 table, Notify's downgrade and count, prices).
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata

GSM_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = "^{}\\[~]|€\f"
# Only Welsh diacritics outside GSM are kept; they force UCS-2 (messaging.md 2, Notify downgrade).
_WELSH = "àèìòùẁỳáéíóúẃýäëïöüẅÿâêîôûŵŷ"
WELSH_NOT_GSM = frozenset(_WELSH + _WELSH.upper()) - frozenset(GSM_BASIC)

MAX_CHARACTERS = 918  # 6 x 153, checked without the service-name prefix (messaging.md 2)

_KEPT = frozenset(GSM_BASIC) | frozenset(GSM_EXTENSION) | WELSH_NOT_GSM
_PLAIN = re.compile("[" + re.escape(GSM_BASIC) + "]*")
_EXTENSION = re.compile("[" + re.escape(GSM_EXTENSION) + "]")
_WELSH_RUN = re.compile("[" + "".join(sorted(WELSH_NOT_GSM)) + "]")

_REPLACED = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc`´", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f", '"'),
    "\u2026": "...",
    **dict.fromkeys("\u00a0\t", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u180e\u2028\u2029\u00ad", ""),
    "Ł": "L",
    "ł": "l",
}


def _downgrade_character(character: str) -> str:
    if character in _KEPT:
        return character
    if character in _REPLACED:
        return _REPLACED[character]
    base = unicodedata.normalize("NFD", character)[0]
    return base if base != character and base in _KEPT else "?"


def downgrade(text: str) -> str:
    """The text as Notify sends it on: what GSM cannot carry becomes its base letter, its plain twin, or ``?``."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(map(_downgrade_character, unicodedata.normalize("NFC", text)))


def fragments(text: str) -> int:
    """Billed fragments by Notify's own arithmetic: an escape pair may straddle two parts (messaging.md 2)."""
    units = len(text)
    if not _PLAIN.fullmatch(text):
        if _WELSH_RUN.search(text):
            return 1 if units <= 70 else math.ceil(units / 67)
        units += len(_EXTENSION.findall(text))
    return 1 if units <= 160 else math.ceil(units / 153)


_RATES = (  # pounds a fragment, without VAT (messaging.md 2, Prices)
    (dt.date(2026, 4, 1), 0.0240),
    (dt.date(2025, 4, 1), 0.0233),
    (dt.date(2024, 4, 1), 0.0227),
)


def rate(day: dt.date) -> float:
    """Pounds for one fragment on that day."""
    return next((pounds for since, pounds in _RATES if day >= since), _RATES[-1][1])


class BadNumber(ValueError):
    """Not a number Notify would send to; the message is Notify's own (notifications-tech-docs: _send_a_text_message.md)."""


def international(number: str) -> str:
    """``07700 900123``, ``+44 7700 900123`` and ``447700900123`` all as ``447700900123``. Raises BadNumber."""
    digits = re.sub(r"[\s()\-.]", "", number).removeprefix("+")
    if not digits.isascii() or not digits.isdigit():
        raise BadNumber("Must not contain letters or symbols")
    digits = digits.removeprefix("00")
    if digits.startswith("44"):
        digits = digits[2:]
    digits = digits.removeprefix("0")
    if not digits.startswith("7"):
        raise BadNumber("Not a UK mobile number")
    if len(digits) > 10:
        raise BadNumber("Too many digits")
    if len(digits) < 10:
        raise BadNumber("Not enough digits")
    return "44" + digits


def national(number: str) -> str:
    """``447700900123`` as ``07700900123``; anything else unchanged (a sender may be a name)."""
    return "0" + number[2:] if number.startswith("447") and len(number) == 12 else number
