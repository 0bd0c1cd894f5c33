"""Take a file of published figures. The same file twice changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from django.db import connection, transaction

from onedoor.accounts import api as accounts
from onedoor.exchange import api as exchange
from onedoor.kernel import audit, clock
from onedoor.kernel.actor import Actor
from onedoor.reporting.models import PublishedFile
from onedoor.reporting.published.items import KIND, Quarter
from onedoor.reporting.published.reading import Read, figures_of, read

_KEPT = 200
"""Refused rows that stand with the file; the report of its reading has them all."""


@dataclass(frozen=True)
class Taken:
    """What became of a file. `state`: "preview" changed nothing; "same" was read before, `before` says when in words."""

    name: str
    state: Literal["preview", "taken", "same"]
    read: int
    kept: int
    organisations: int
    quarters: list[Quarter]
    missing: list[tuple[Quarter, str]]
    rows: tuple[exchange.Reject, ...]
    rejected: int
    before: PublishedFile | None = None

    @property
    def left_out(self) -> int:
        """How many refused rows are counted but not named."""
        return self.rejected - len(self.rows)


def take(*, content: bytes, name: str, by: Actor, apply: bool = True) -> Taken:
    """Read a file of physical health checks and keep its figures. Raises exchange.UnreadableFile, and NotPermitted for all but
    the system and administrators."""
    accounts.require_runs_all(by)
    found = read(content)
    if not found.rows:
        raise exchange.UnreadableFile(
            f"None of its {found.read} rows can be taken.",
            where="all rows below the header",
            what_to_do="Look at the first of them: " + _first(found),
        )
    digest = hashlib.sha256(content).hexdigest()
    before = PublishedFile.objects.filter(kind=KIND, sha256=digest).first()
    if apply and before is None:
        before = _keep(found, name=name, digest=digest, by=by)
        state: Literal["preview", "taken", "same"] = "taken"
    else:
        state = "preview" if not apply else "same"
    return Taken(
        name, state, found.read, len(found.rows), found.organisations, found.quarters, found.missing,
        found.findings.in_order(), found.findings.counts["reject"], before,
    )  # fmt: skip


def _first(found: Read) -> str:
    return next((f"row {one.row}, {one.column}: {one.why}." for one in found.findings.in_order()), "there are none.")


def know(*, rows: Sequence[accounts.OrganisationRow], by: Actor) -> accounts.Brought:
    """Bring the organisations of published figures, and how they stand to each other, so that figures can be added up. Whoever is
    known already keeps their name. Raises NotPermitted for all but the system and administrators.

    They are organisations like any other, so that a trajectory or a plan can be theirs and a merger is said in one place; nobody
    works there and nobody is in their care, so they are on no list that staff choose from.
    """
    codes = {code for row in rows for code in (row.ods_code, row.other_ods_code) if code}
    known = dict(accounts.Organisation.objects.filter(ods_code__in=codes).values_list("ods_code", "name"))
    named = [
        replace(
            row,
            name=known.get(row.ods_code, row.name),
            other_name=known.get(row.other_ods_code, row.other_name),
        )
        for row in rows
    ]
    return accounts.take_organisations(rows=named, by=by)


@transaction.atomic
def _keep(found: Read, *, name: str, digest: str, by: Actor) -> PublishedFile:
    file, made = PublishedFile.objects.get_or_create(
        kind=KIND,
        sha256=digest,
        defaults={
            "name": name[:200],
            "rows": found.read,
            "refused": [
                {
                    "row": one.row,
                    "column": one.column,
                    "value": one.value_shown,
                    "why": one.why,
                    "to_do": one.what_to_do,
                }
                for one in found.findings.in_order()[:_KEPT]
            ],
            "loaded_at": clock.now(),
            "loaded_by": by.label,
        },
    )
    if not made:
        return file
    columns = "file_id, starts_on, ends_on, ods_code, item, value"
    with connection.cursor() as cursor, cursor.copy(f"COPY reporting_published_figure ({columns}) FROM STDIN") as rows:
        for figure in figures_of(found.rows):
            rows.write_row((file.pk, *figure))
    audit.record(by=by, line=audit.Line("take_published", "published_file", file.pk))
    return file
