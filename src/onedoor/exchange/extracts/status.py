"""Who sent which month, and who did not: a practice its own, others by relation their practices. A gap makes work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Min

from onedoor.accounts import api as accounts
from onedoor.accounts.api import Organisation, Relation
from onedoor.exchange.extracts import kinds
from onedoor.exchange.extracts.reading import REASONS
from onedoor.exchange.files.columns import FIELDS
from onedoor.exchange.models import Extract, ExtractReject
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.actor import Actor
from onedoor.kernel.spreadsheet import as_csv
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

STATES = {
    "to_map": "its columns are to be confirmed",
    "previewed": "read, not taken",
    "taken": "taken",
    "withdrawn": "withdrawn",
    "lapsed": "not taken in time",
}
MONTHS = 6
"""Months on the page of status, and for how long somebody who sent one is expected to send the next. Ours."""


def due_on(month: date) -> date:
    """By when the extract of a month is due: a day of the next one (setting; the default is ours)."""
    return next_month(month).replace(day=settings.EXTRACT_DUE_DAY)


def next_month(month: date) -> date:
    """The first day of the month after it."""
    return (month.replace(day=28) + timedelta(days=7)).replace(day=1)


def month_before(month: date) -> date:
    """The first day of the month before it."""
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def months_back(many: int = MONTHS) -> list[date]:
    """The first days of the last months, the latest that is over first."""
    found = [month_before(clock.today())]
    while len(found) < many:
        found.append(month_before(found[-1]))
    return found


def _said(day: date) -> str:
    return f"{day:%-d %B %Y}"


@dataclass(frozen=True)
class Cell:
    """One month of one organisation. `state`: taken, late (taken after its day), waiting, missing, due (its day is to come)."""

    month: date
    state: str
    due_on: date
    ref: UUID | None = None
    at: datetime | None = None
    rows: int = 0
    entries: int = 0
    rejected: int = 0

    @property
    def share(self) -> float:
        """Per cent of what the file says that was not taken."""
        every = self.entries + self.rejected
        return 100 * self.rejected / every if every else 0.0


@dataclass(frozen=True)
class Line:
    """An organisation with its months, the latest first."""

    organisation: Organisation
    own: bool
    expected: bool
    """Whether it has sent one of late, so that a gap is a gap."""
    cells: tuple[Cell, ...]

    @property
    def change(self) -> float | None:
        """Points by which the share not taken went up or down between the last two months taken; None without two."""
        shares = [cell.share for cell in self.cells if cell.state in ("taken", "late")]
        return shares[0] - shares[1] if len(shares) > 1 else None


def status(access: Access, *, months: int = MONTHS) -> list[Line]:
    """The months of the access's own organisation and of those that stand to it as its practices. Raises NotPermitted without
    Permission.IMPORT. Figures alone: nobody's row is shown."""
    access.require(Permission.IMPORT)
    own = [access.actor.organisation_id] if access.actor.organisation_id else []
    kin = (Relation.PCN, Relation.TRUST, Relation.PLACE, Relation.ICS)
    below = {key for here in own for kind in kin for key in accounts.members(here, kind)}
    shown = list(Organisation.objects.filter(pk__in={*own, *below}).order_by("name"))
    shown.sort(key=lambda one: one.pk not in own)
    back = months_back(months)
    keys = [one.pk for one in shown]
    held, first = _held(keys, back), _first(keys)
    lines = []
    for one in shown:
        mine = {month: found for (key, month), found in held.items() if key == one.pk}
        expected = any(found.state == "taken" for found in mine.values())
        lines.append(
            Line(
                one,
                one.pk in own,
                expected,
                tuple(_cell(month, mine.get(month), expected and first[one.pk] < month) for month in back),
            )
        )
    return lines


def _held(organisation_ids: Sequence[int], months: Sequence[date]) -> dict[tuple[int, date], Extract]:
    """The extract that counts for each organisation and month: the one taken last, else the one sent last."""
    found: dict[tuple[int, date], Extract] = {}
    kept = Extract.objects.filter(organisation_id__in=organisation_ids, month__in=months)
    for one in (
        kept.exclude(state__in=("withdrawn", "lapsed")).defer("content", "headings", "columns").order_by("at", "id")
    ):
        before = found.get((one.organisation_id, one.month))
        if before is None or before.state != "taken" or one.state == "taken":
            found[one.organisation_id, one.month] = one
    return found


def _first(organisation_ids: Sequence[int]) -> dict[int, date]:
    """The first month that each has ever sent: what is before it is no gap."""
    taken = Extract.objects.filter(organisation_id__in=organisation_ids, state="taken").order_by()
    return dict(taken.values_list("organisation_id").annotate(first=Min("month")))


def _cell(month: date, extract: Extract | None, expected: bool) -> Cell:
    due = due_on(month)
    if extract is None:
        return Cell(
            month, "missing" if expected and clock.today() > due else "due" if clock.today() <= due else "none", due
        )
    entries = extract.quality.get("entries", 0)
    if extract.taken_at is None:
        return Cell(month, "waiting", due, extract.ref, extract.at, extract.rows, entries, extract.rejected)
    late = extract.taken_at.astimezone(clock.LONDON).date() > due
    state = "late" if late else "taken"
    return Cell(month, state, due, extract.ref, extract.taken_at, extract.rows, entries, extract.rejected)


@dataclass(frozen=True)
class Quality:
    """The quality report of an extract as a page shows it."""

    fields: Sequence[tuple[str, int, float, float | None]]
    """(field in words, rows that have it, per cent of rows, points of change since the last month or None)."""
    reasons: Sequence[tuple[str, str, int, float]]
    """(key, words, how many, per cent of all that is not taken)."""
    repaired: Sequence[tuple[str, int]]
    notes: Sequence[str]
    """What to look at before taking it."""
    days: tuple[date, date] | None
    """The first and the last day of its checks."""
    values: dict[str, Any]


def quality_of(extract: Extract) -> Quality:
    """The report, with what stands out against the last month."""
    values: dict[str, Any] = extract.quality or {}
    rows = values.get("rows", 0)
    before = values.get("before") or {}
    fields = []
    filled = values.get("filled") or {}
    # The order of the sheet, which the kept values have not.
    in_order = [field for heading in extract.headings if (field := extract.columns.get(heading)) in filled]
    for key in dict.fromkeys([*in_order, *filled]):
        many = filled[key]
        share = 100 * many / rows if rows else 0.0
        earlier = (before.get("filled") or {}).get(key)
        change = share - 100 * earlier / before["rows"] if earlier is not None and before.get("rows") else None
        fields.append((FIELDS.get(key, key), many, share, change))
    reasons = values.get("reasons") or {}
    every = sum(reasons.values())
    return Quality(
        fields,
        [(key, REASONS.get(key, key), many, 100 * many / every) for key, many in reasons.items()],
        list((values.get("repaired") or {}).items()),
        _notes(extract, values, before, fields),
        (date.fromisoformat(values["first"]), date.fromisoformat(values["last"])) if values.get("first") else None,
        values,
    )


def _notes(
    extract: Extract,
    values: dict[str, Any],
    before: dict[str, Any],
    fields: Sequence[tuple[str, int, float, float | None]],
) -> list[str]:
    found = []
    rows = values.get("rows", 0)
    if before.get("same_file"):
        found.append("This is the very file of the last month.")
    if before.get("rows") and rows < 0.8 * before["rows"]:
        found.append(f"It has {rows:,} rows; the last month had {before['rows']:,}.")
    for words, _, share, change in fields:
        if change is not None and change <= -10:
            found.append(
                f"“{words}” stands in {share:.0f}% of the rows; in the last month it was {share - change:.0f}%."
            )
    if values.get("last") and date.fromisoformat(values["last"]) < month_before(extract.month):
        found.append(f"Its latest check is of {_said(date.fromisoformat(values['last']))}: it may be an old file.")
    if values.get("hidden"):
        found.append(f"{values['hidden']:,} rows are hidden in the sheet. They were read as the others were.")
    if values.get("other_sheets"):
        names = ", ".join(f"“{name}”" for name in values["other_sheets"])
        found.append(f"Other sheets have checks too and were not read: {names}. Send each as a file of its own.")
    if rows and values.get("rows_rejected", 0) * 2 > rows:
        found.append(
            "Nothing can be taken of more than half of its rows. Look at the reasons before you take the rest."
        )
    return found


def extract_of(access: Access, ref: UUID) -> Extract:
    """One extract of the access's own organisation; Extract.DoesNotExist outside it."""
    access.require(Permission.IMPORT)
    found = Extract.objects.select_related("organisation").defer("content")
    return found.get(ref=ref, organisation_id=access.actor.organisation_id or 0)


def extracts(access: Access, *, limit: int = 12) -> list[Extract]:
    """The latest files of the access's own organisation."""
    access.require(Permission.IMPORT)
    found = Extract.objects.filter(organisation_id=access.actor.organisation_id or 0)
    return list(found.defer("content", "headings", "columns").order_by("-at", "-id")[:limit])


def rejects(extract: Extract, *, reason: str = "", limit: int = 200) -> list[ExtractReject]:
    """What was not taken, in order of the file; of one reason where it is given."""
    found = extract.rejects.filter(reason=reason) if reason else extract.rejects
    return list(found.order_by("row", "id")[:limit])


def rejects_csv(extract: Extract) -> str:
    """Everything that was not taken, as a file for a spreadsheet; no cell of it runs as a formula."""
    found = extract.rejects.order_by("row", "id").iterator(chunk_size=5_000)
    return as_csv(
        ("Row", "Column", "What stood there", "Reason", "Why", "What to do"),
        (
            (one.row, one.column, one.cell, REASONS.get(one.reason, one.reason), one.why, one.what_to_do)
            for one in found
        ),
    )


@transaction.atomic
def remind(*, by: Actor) -> int:
    """Make work of each month that is over and due and has not come, for whoever has sent one of late; returns how many are new.

    A month that comes, or that somebody says does not, ends it: it is asked for once.
    """
    month = month_before(clock.today())
    if clock.today() <= due_on(month):
        return 0
    sent = Extract.objects.filter(state="taken", month__lt=month, month__gte=months_back()[-1])
    came = Extract.objects.filter(state="taken", month=month).values("organisation_id")
    missing = set(sent.exclude(organisation_id__in=came).values_list("organisation_id", flat=True))
    keys = {kinds.key_of(key, month): key for key in missing}
    asked = {keys[key] for key in tasks.Task.objects.filter(key__in=keys).values_list("key", flat=True)}
    new = tasks.ask_for(
        tasks=[
            NewTask(
                "extract_missing",
                key,
                kinds.key_of(key, month),
                f"The monthly extract of {month:%B %Y} has not come",
                f"It was due on {_said(due_on(month))}. Send it on the page Extracts.",
            )
            for key in sorted(missing - asked)
        ],
        by=by,
    )
    return len(new)
