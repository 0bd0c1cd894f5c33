"""Parts of addresses: a day (2026-12-08), and what is said of an appointment."""

from __future__ import annotations

from datetime import date


class DayConverter:
    """Turns an ISO day of an address into a date and back."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """ValueError, which Django answers with 404, when there is no such day."""
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        """The ISO form."""
        return value if isinstance(value, str) else value.isoformat()


class MarkConverter:
    """What may be said of an appointment when its time comes."""

    regex = "arrived|seen|missed"

    def to_python(self, value: str) -> str:
        """The word itself."""
        return value

    def to_url(self, value: str) -> str:
        """The word itself."""
        return value


_FIRST, _OVER = date(1900, 1, 1), date(2200, 1, 1)
"""Days that a page may be asked for: with others, what is reckoned from them would be out of any calendar."""


def typed_day(given: str | None) -> date | None:
    """The day that somebody typed or picked; None when it is none."""
    try:
        day = date.fromisoformat((given or "").strip())
    except ValueError:
        return None
    return day if _FIRST <= day < _OVER else None


def chosen_day(given: str | None, otherwise: date) -> date:
    """The day that somebody typed or picked; `otherwise` when it is none."""
    return typed_day(given) or otherwise
