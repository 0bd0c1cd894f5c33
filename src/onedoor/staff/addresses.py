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


def chosen_day(given: str | None, otherwise: date) -> date:
    """The day that somebody typed or picked; `otherwise` when it is none."""
    try:
        return date.fromisoformat(given or "")
    except ValueError:
        return otherwise
