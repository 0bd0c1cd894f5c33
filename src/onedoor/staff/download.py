"""A list as a file, for those who may see it (screens.md, rules of the house). What leaves is written down: who, which, how much.

Asked for by POST, so that no link or prefetch takes a list out of the house.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.http import HttpResponse

from onedoor.kernel import audit
from onedoor.kernel.access import Access
from onedoor.kernel.clock import LONDON
from onedoor.kernel.spreadsheet import as_csv
from onedoor.staff.frame import organisation_of

MOST = 10_000
"""Rows of one file."""


def as_file(access: Access, name: str, header: Sequence[str], rows: Sequence[Sequence[str | int]]) -> HttpResponse:
    """The rows as `name`.csv, audited as a download by this person. A list that is cut at `MOST` says so in its last row."""
    note_download(access, name, len(rows))
    if len(rows) >= MOST:
        rows = [*rows[:MOST], [f"There may be more: a file holds the first {MOST:,}."]]
    answer = HttpResponse(as_csv(header, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def note_download(access: Access, name: str, rows: int) -> None:
    """Write down that this person took the list `name` of so many rows out of the house."""
    with transaction.atomic():
        audit.record(
            by=access.actor,
            line=audit.Line(
                "download",
                "organisation",
                organisation_of(access).pk,
                organisation_id=organisation_of(access).pk,
                detail={"list": name, "rows": rows},
            ),
        )


def moment(at: datetime | None) -> str:
    """2026-12-07 09:00, London time, which a spreadsheet reads and sorts; empty for none."""
    return at.astimezone(LONDON).strftime("%Y-%m-%d %H:%M") if at is not None else ""
