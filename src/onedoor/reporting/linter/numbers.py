"""Numbers as a report prints them: how much, of what unit, and how exactly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

POUNDS, PERCENT, POINTS = "£", "%", "points"
TIMES = frozenset({"weeks", "days", "hours", "minutes", "seconds", "months"})
_SCALES = {"k": 1000, "thousand": 1000, "000": 1000, "m": 1_000_000, "million": 1_000_000}
_DIGITS = r"\d{1,3}(?:[,\u00a0\u202f ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_ABOUT = r"~|≈|c\.\s?|circa |about |around |roughly |nearly |almost |over |approximately "
_NUMBER = re.compile(
    rf"(?P<open>\()?(?P<about>{_ABOUT})?(?P<sign>[+\-−–])?\s?(?P<pounds>£)?\s?(?P<after>[\-−])?(?P<digits>{_DIGITS})"
    r"(?:\s?(?P<scale>k|m|thousand|million)\b)?"
    r"(?:\s?(?P<unit>%|(?:percentage )?points?\b|pp\b|pence\b|p\b|(?:week|day|hour|minute|second|month)s?\b))?(?P<close>\))?",
    re.IGNORECASE,
)
_PRODUCT = re.compile(rf"(£)?\s?({_DIGITS})\s?[x×*]\s?(£)?({_DIGITS})", re.IGNORECASE)
_HIDDEN = frozenset({"*", "**", "<5", "< 5", "[c]", "c", "suppressed", "<10", "1-4", "1–4"})
_HEADING_UNIT = re.compile(r"£\s?(k|m|'?000|million)?\b|£('?000)?|(%)|\bpercent(?:age)?\b|\bper cent\b|\bpence\b", re.I)


@dataclass(frozen=True)
class Number:
    """A printed number: `value` and `half` (half of its last printed digit; 0 where it is exact) in its unit.

    The unit is pounds for money, 21.2 for 21.2%; what was printed in thousands is taken a thousand times, and `scale` says so.
    `product`: the cell says "£720 x 40", value is what it comes to.
    """

    text: str
    value: Decimal
    unit: str = ""
    half: Decimal = Decimal(0)
    scale: int = 1
    about: bool = False
    product: bool = False
    places: int = 0


@dataclass(frozen=True)
class Unit:
    """What a heading says of the numbers under it."""

    unit: str = ""
    scale: int = 1
    pence: bool = False


def unit_of(words: str) -> Unit:
    """The unit in a heading or a cell of a column "Unit": £, £k, £000, £m, %, pence, or none that is known."""
    plain = words.strip().lower()
    if re.search(r"£\s?(k\b|'?000|thousand)", plain):
        return Unit(POUNDS, 1000)
    if re.search(r"£\s?(m\b|million)", plain):
        return Unit(POUNDS, 1_000_000)
    if re.search(r"£(?!\s?\d)", plain):
        return Unit(POUNDS)
    if re.search(r"\bpence\b|\(p\)|, p$|^p$", plain):
        return Unit(POUNDS, pence=True)
    if re.search(r"(?<!\d)(?<!\d )%|\bper ?cent(age)?\b", plain):
        return Unit(POINTS if "point" in plain else PERCENT)
    if re.search(r"\b(000s|thousands)\b|\('?000\)", plain):
        return Unit("", 1000)
    return Unit()


def is_hidden(text: str) -> bool:
    """Whether a cell says that its number is not told."""
    return text.strip().lower() in _HIDDEN


def read(text: str, under: Unit | None = None) -> Number | None:
    """The number that a cell is, under a heading's unit; None for words, a gap or what is hidden."""
    plain = _bare(text)
    product = _PRODUCT.fullmatch(plain)
    if product:
        value = _decimal(product[2]) * _decimal(product[4])
        pounds = product[1] or product[3] or (under and under.unit == POUNDS)
        return Number(text.strip(), value, POUNDS if pounds else "", product=True)
    found = _NUMBER.fullmatch(plain)
    return _made(found, text.strip(), under or Unit()) if found else None


def spotted(text: str) -> list[tuple[int, int, Number]]:
    """Numbers in a sentence with where they begin and end; dates, years and parts of words are none."""
    out = []
    for found in _NUMBER.finditer(text):
        first = found.start("digits")
        if first and (text[first - 1].isalnum() or text[first - 1] in "/."):
            continue
        end = found.end("close") if found["close"] and found["open"] else found.end("unit")
        end = end if end > 0 else max(found.end("scale"), found.end("digits"))
        if text[end : end + 1].isalpha() or re.match(r"/\d", text[end:]) or _dated(text, found, end):
            continue
        out.append(
            (
                found.start("about") if found["about"] else found.start("digits"),
                end,
                _made(found, text[found.start() : end].strip(" ()"), Unit()),
            )
        )
    return out


def _dated(text: str, found: re.Match[str], end: int) -> bool:
    """A year, or the day of a month."""
    digits = found["digits"]
    if found["pounds"] or found["unit"] or found["scale"]:
        return False
    before, after = text[: found.start("digits")], text[end:]
    month = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
    return bool(
        re.fullmatch(r"(19|20)\d\d", digits)
        or (re.fullmatch(r"\d{1,2}", digits) and re.match(rf"(st|nd|rd|th)?\s+{month}\b", after, re.I))
        or re.search(rf"\b({month}\s|q)$", before, re.I)
    )


def _made(found: re.Match[str], text: str, under: Unit) -> Number:
    digits = found["digits"]
    value = _decimal(digits)
    places = len(digits.partition(".")[2])
    unit, scale, pence = _unit(found, under)
    about = bool(found["about"])
    half = Decimal(5).scaleb(-places - 1)
    if about or scale > 1 or unit in (PERCENT, POINTS):
        if about and not places:
            half = Decimal(5).scaleb(len(digits) - len(digits.rstrip("0")) - 1)
    elif not places:
        half = Decimal(0) if unit != POUNDS else Decimal("0.5")
    elif unit == POUNDS and places == 2 and not pence:
        half = Decimal(0)
    times = Decimal(scale) / (100 if pence else 1)
    negative = (found["sign"] or found["after"] or "+") != "+" or (found["open"] and found["close"] and unit != PERCENT)
    return Number(text, (-value if negative else value) * times, unit, half * times, scale, about, places=places)


def _unit(found: re.Match[str], under: Unit) -> tuple[str, int, bool]:
    said = (found["unit"] or "").lower()
    scale = _SCALES.get((found["scale"] or "").lower(), 1)
    if said == "%":
        return PERCENT, scale, False
    if said.startswith(("point", "percentage", "pp")):
        return POINTS, scale, False
    if said in ("p", "pence"):
        return POUNDS, scale, True
    if said:
        return said.removesuffix("s") + "s", scale, False
    if found["pounds"]:
        return POUNDS, scale if found["scale"] else (under.scale if under.unit == POUNDS else 1), False
    return under.unit, scale if found["scale"] else under.scale, under.pence


def _bare(text: str) -> str:
    """Without what surrounds a number in a cell: stars of footnotes, bold, blanks."""
    plain = text.replace("\u00a0", " ").strip().strip("*†‡ ")
    return re.sub(r"\s+", " ", plain)


def _decimal(digits: str) -> Decimal:
    return Decimal(re.sub(r"[,\s\u00a0\u202f]", "", digits))


def said(value: Decimal, like: Number) -> str:
    """A value as it would be printed in the place of another: same unit, scale and decimal places."""
    pence = like.text.rstrip("*").lower().endswith(("p", "pence")) and like.unit == POUNDS
    shown = value / like.scale * (100 if pence else 1)
    places = like.places
    if like.unit == POUNDS and like.scale == 1 and not pence and not places and shown != shown.to_integral_value():
        places = 2
    rounded = shown.quantize(Decimal(1).scaleb(-places), rounding="ROUND_HALF_UP")
    sign = "−" if rounded < 0 else ("+" if like.text.startswith("+") else "")
    pounds = "£" if "£" in like.text else ""
    tail = like.text.rstrip("*) ")
    after = next((one for one in ("%", " points", " weeks", " days", "k", "m", "p") if tail.lower().endswith(one)), "")
    return f"{sign}{pounds}{abs(rounded):,f}{after}"
