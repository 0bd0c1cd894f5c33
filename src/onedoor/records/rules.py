"""Values in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping

_SAID: Mapping[str, str] = {
    # UCUM, or as clinical.md 2 writes it, to what people read
    "mm[Hg]": "mmHg",
    "kg/m2": "kg/m²",
    "umol/L": "µmol/L",
    "units/week": "units a week",
    "units/day": "units a day",
    "n/day": "a day",
    "{score}": "",
    "count": "",
    "ratio": "",
}


def measured(value: float, ucum: str = "") -> str:
    """A value with its unit as people read it: 128 mmHg, 31.2 kg/m², 7.5%."""
    number = f"{value:.6f}".rstrip("0").rstrip(".")
    unit = _SAID.get(ucum, ucum)
    return f"{number}%" if unit == "%" else f"{number} {unit}".rstrip()
