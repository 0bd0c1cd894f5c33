"""NHS numbers: ten digits, modulus 11 (clinical.md 6.3)."""

from __future__ import annotations

_WEIGHTS = (10, 9, 8, 7, 6, 5, 4, 3, 2)


def is_valid(digits: str) -> bool:
    """Whether ten digits are an NHS number; repeated digits pass the arithmetic and are refused by policy."""
    if len(digits) != 10 or not digits.isascii() or not digits.isdigit() or digits.count(digits[0]) == 10:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    check = 11 - total % 11
    return check != 10 and check % 11 == int(digits[9])


def compact(text: str) -> str:
    """The number without spaces and hyphens; the rest is left for `is_valid` to judge."""
    return text.replace(" ", "").replace("-", "").replace("\u00a0", "")


def shown(digits: str) -> str:
    """3-3-4, as the NHS writes it."""
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}"
