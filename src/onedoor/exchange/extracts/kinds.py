"""Work for people that comes from extracts: a month that is missing."""

from __future__ import annotations

from datetime import date, timedelta

from onedoor.tasks.api import declare_kind
from onedoor.tasks.types import Kind, Outcome

MISSING = declare_kind(
    Kind(
        "extract_missing",
        "A monthly extract has not come",
        "management",
        timedelta(hours=24),
        (
            Outcome("sent", "Sent"),
            Outcome("not_this_month", "None this month"),
            Outcome("ended", "We no longer send one"),
        ),
    )
)


def key_of(organisation_id: int, month: date) -> str:
    """Of the work about an organisation's month."""
    return f"extract-missing:{organisation_id}:{month:%Y-%m}"
