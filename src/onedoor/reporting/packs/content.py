"""What stands in a pack: the dashboards of an organisation for a closed month, as they may be passed on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from onedoor.accounts.api import Organisation
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.reporting.charts import Chart
from onedoor.reporting.dashboards import loop, msk, smi
from onedoor.reporting.improvement import queries as improvement
from onedoor.reporting.improvement.rules import STATES
from onedoor.reporting.models import Closing
from onedoor.reporting.packs.setting import Content, Headline, Section
from onedoor.reporting.tables import HIDDEN, Column, Table

MONTHS = 13
"""A year and the month a year before."""


def reader_of(access: Access, organisation_id: int) -> Access:
    """An access to the figures of one organisation and those below it, and to nobody's small numbers: a pack goes round."""
    return replace(
        access,
        everything=False,
        organisation_ids=frozenset({organisation_id}),
        permissions=frozenset({Permission.REPORTS}),
    )


def content(access: Access, organisation: Organisation, closing: Closing) -> Content:
    """The pack of an organisation for a closing, the month and the year before it."""
    reader = reader_of(access, organisation.pk)
    last = (closing.month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    known = closing.known_at.astimezone(clock.LONDON)
    checks, headlines = _checks(reader, organisation, closing.month)
    return Content(
        title=f"Figures of {closing.month:%B %Y}",
        author=organisation.name,
        about=(
            f"Of {organisation.name} and those below it. Checks as they were known on {known:%-d %B %Y} (edition"
            f" {closing.edition} of the month{_in_place_of(closing)}), the rest as of {clock.today():%-d %B %Y}. A star (*)"
            " stands for a number too small to be told."
        ),
        dated=clock.today(),
        headlines=headlines,
        sections=[*checks, *_loop(reader, closing.month, last), *_services(reader, last), *_plan(reader, organisation)],
    )


def _in_place_of(closing: Closing) -> str:
    return f", in place of edition {closing.edition - 1}" if closing.edition > 1 else ""


def _checks(reader: Access, organisation: Organisation, month: date) -> tuple[list[Section], list[Headline]]:
    side = smi.record_side(reader, code=organisation.ods_code, month=f"{month:%Y-%m}")
    if side is None:
        return [], []
    shown = list(side.charts.values())
    if HIDDEN in (side.share, side.count):
        words = "people on the register; how many of them have all six checks is too few to be told, or would tell of others"
        headline = Headline(side.register, words)
    else:
        words = f"of the {side.register} people on the register have all six checks: {side.count}"
        headline = Headline(side.share, words)
    return [Section("Physical health checks", shown, _tables(shown, side.tables.values()))], [headline]


def _loop(reader: Access, month: date, last: date) -> list[Section]:
    found = loop.loop(reader, _months_before(month, MONTHS - 1), last)
    if found.counted_at is None:
        said = Table("Reminders and refilling", [Column("said", "Not counted")], [[found.not_counted]])
        return [Section("Appointments and reminders", [], [said])]
    if not found.practices:
        return []
    shown = list(found.charts.values())
    return [Section("Appointments and reminders", shown, _tables(shown, found.tables.values()))]


def _services(reader: Access, last: date) -> list[Section]:
    first = _months_before(last.replace(day=1), 6)
    sections = []
    for service in msk.services_seen(reader):
        found = msk.msk(reader, service, first, last)
        shown = list(found.charts.values())
        sections.append(Section(service.name, shown, _tables(shown, found.tables.values())))
    return sections


def _plan(reader: Access, organisation: Organisation) -> list[Section]:
    views = improvement.plan(reader, organisation.pk)
    if not views:
        return []
    table = Table(
        title="Initiatives, those that need a word first",
        columns=[
            Column("title", "Initiative"),
            Column("owner", "Owner"),
            Column("state", "State"),
            Column("next", "Next milestone"),
            Column("by", "By"),
            Column("word", "Not as planned"),
        ],
        rows=[
            [
                one.initiative.title,
                one.initiative.owner or "nobody",
                STATES[one.initiative.state],
                one.next_milestone.title if one.next_milestone else "",
                one.next_milestone.due_on if one.next_milestone else "",
                " ".join(one.exceptions),
            ]
            for one in views
        ],
        source="The plan of the organisation",
        extracted_at=clock.now(),
    )
    return [Section("Plan", [], [table])]


def _tables(shown: Iterable[Chart], others: Iterable[Table]) -> list[Table]:
    """The tables of a section, each once: a picture's own, then the others."""
    found = {table.title: table for table in (*(chart.table for chart in shown), *others)}
    return list(found.values())


def _months_before(month: date, many: int) -> date:
    at = month.year * 12 + month.month - 1 - many
    return date(at // 12, at % 12 + 1, 1)
