"""NHS numbers: ten digits, modulus 11 (clinical.md 6.3)."""

from __future__ import annotations


def is_valid(digits: str) -> bool:
    """Whether ten digits are an NHS number; repeated digits pass the arithmetic and are refused by policy."""
    if len(digits) != 10 or not digits.isascii() or not digits.isdigit() or digits.count(digits[0]) == 10:
        return False
    a, b, c, d, e, f, g, h, i, last = digits.encode()
    # Written out: a list of a million asks a million times. A digit's byte is 48 more than it; the weights add up to 54.
    total = 10 * a + 9 * b + 8 * c + 7 * d + 6 * e + 5 * f + 4 * g + 3 * h + 2 * i - 48 * 54
    check = 11 - total % 11
    return check != 10 and check % 11 == last - 48


def compact(text: str) -> str:
    """The number without spaces and hyphens; the rest is left for `is_valid` to judge."""
    return text.replace(" ", "").replace("-", "").replace("\u00a0", "")


def shown(digits: str) -> str:
    """3-3-4, as the NHS writes it."""
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}"
