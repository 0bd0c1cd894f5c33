"""One reading of an extract, from its first row to what records made of it: a look at all rows, the people, then row by row.

Rows stream through in bounded memory; what is not taken is spooled beside, and written once the rows are in. A preview does all
of it and takes it back, so that what it says is what taking will do.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.db import connection, transaction

from onedoor.accounts import api as accounts
from onedoor.accounts.api import Organisation
from onedoor.exchange.extracts.reading import Reader, Rejected, Survey, Tally, Who
from onedoor.exchange.feed.typing_list import Ticks
from onedoor.exchange.files.columns import HEADER_IN, Layout, fingerprint, layout_of
from onedoor.exchange.files.grids import Grid, grids
from onedoor.exchange.files.report import UnreadableFile
from onedoor.exchange.models import Extract
from onedoor.exchange.opening import told_of_another
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.actor import Actor
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.records.types import EntriesTaken, EntryRow

MOST_PEOPLE = 250_000
"""People of one file; no practice has a tenth of it."""
_AT_ONCE = 5_000
_ELSEWHERE, _IMPORTED = 3, 2
"""How records says where a coded fact is from: a trust's counts once the practice has accepted it (ADR 12)."""


@dataclass(frozen=True)
class Opened:
    """The sheet of a file that is read, how its columns are proposed to be read, and what else the file has."""

    grid: Grid
    layout: Layout
    others: tuple[str, ...]
    """Names of further sheets that have checks too, which nobody reads."""

    @property
    def headings(self) -> list[str]:
        """The headings in order."""
        return [column.heading for column in self.layout.columns]

    @property
    def fingerprint(self) -> str:
        """By which the headings are known again."""
        return fingerprint(self.headings)

    def samples(self, many: int = 3) -> dict[str, list[str]]:
        """By heading, what stands in the first rows."""
        rows = [cells for number, cells, _ in islice(self.grid.rows(), 400) if number > self.layout.header]
        found: dict[str, list[str]] = {}
        for column in self.layout.columns:
            cells = dict.fromkeys(row[column.at] for row in rows if column.at < len(row) and row[column.at])
            found[column.heading] = list(islice(cells, many))
        return found


def open_file(file: Path | bytes) -> Opened:
    """The sheet with people and checks. Raises UnreadableFile, which says what the file is where it has none."""
    found = grids(file)
    laid = [(grid, layout) for grid in found if (layout := layout_of(grid.head)) is not None and layout.one("nhs")]
    if not laid:
        raise _no_people(found)
    usable = [pair for pair in laid if pair[1].usable]
    grid, layout = max(usable or laid, key=_worth)
    others = tuple(one.name for one, how in usable if one is not grid and how.usable)
    return Opened(grid, layout, others)


def _worth(pair: tuple[Grid, Layout]) -> tuple[int, int]:
    grid, layout = pair
    fields = sum(bool(column.what) for column in layout.columns)
    return min(len(grid.head.rows) - layout.header, 1), fields


def _no_people(found: Sequence[Grid]) -> UnreadableFile:
    """Why there is nothing to read: a table of counts is told for what it is."""
    if not any(any(row) for grid in found for row in grid.head.rows.values()):
        return UnreadableFile("There is nothing in the file.", where="the file", what_to_do="Export it again.")
    for grid in found:
        counts = _counts(grid)
        if counts:
            return counts
    return UnreadableFile(
        "No sheet has a column of NHS numbers, so nobody can tell whose the rows are.",
        where=f"the first {HEADER_IN} rows of each sheet",
        what_to_do="Export a list with a row for each person, or for each check, with the column “NHS number”.",
    )


def _counts(grid: Grid) -> UnreadableFile | None:
    """What to say of a table of figures: how many rows, of what; None for anything else.

    So are published the national figures of physical health checks (clinical.md 1.4): period, organisation, question, answer.
    """
    numbers = [n for n in sorted(grid.head.rows)[:HEADER_IN] if len({c for c in grid.head.rows[n] if c}) > 1]
    if not numbers:
        return None
    header = grid.head.rows[numbers[0]]
    seen: list[dict[str, int]] = [{} for _ in header]
    figures, rows = [0] * len(header), 0
    for number, cells, _ in grid.rows():
        if number <= numbers[0]:
            continue
        rows += 1
        for at, cell in enumerate(cells[: len(header)]):
            figures[at] += cell.replace(",", "").isdigit()
            if len(seen[at]) < 1_000:
                seen[at][cell] = seen[at].get(cell, 0) + 1
    answers = [at for at, many in enumerate(figures) if rows and many > 0.9 * rows]
    if not answers:
        return None
    words = [
        f"{len(seen[at]):,}{' or more' if len(seen[at]) >= 1_000 else ''} of “{heading}”"
        for at, heading in enumerate(header)
        if heading and at not in answers
    ]
    beside = f"{', '.join(words[:5])}, and " if words else ""
    return UnreadableFile(
        f"This is a table of counts and not of people: {rows:,} rows, with {beside}a figure in"
        f" {' and '.join(f'“{header[at]}”' for at in answers[:3])}. There is nobody in it whose record could be written.",
        where=f"the sheet {grid.name}" if grid.name else "the file",
        what_to_do="Send the list behind it, with a row for each person or each check and the column “NHS number”."
        " Published figures are for comparing, and are not taken here.",
    )


@dataclass(frozen=True)
class Outcome:
    """What became of a file."""

    tally: Tally
    people: int
    unknown: int
    """Rows whose person nobody here knows."""
    twice: int
    """People with more than one row."""
    taken: EntriesTaken
    facts: int
    """Facts that its entries say; a blood pressure is two."""


def run(*, opened: Opened, layout: Layout, organisation: Organisation, extract: Extract, keep: bool) -> Outcome:
    """Read the file by `layout` for an organisation. With `keep` the entries stay on the record; without, only the rejects of
    `extract` do. In a transaction of its own. Raises UnreadableFile where the file has more people than any practice, and for a
    preview, which somebody waits for, while another file is read."""
    survey = Survey()
    for number, cells, fault in opened.grid.rows():
        if number > layout.header and not fault:
            survey.see(cells, layout)
            if len(survey.people) > MOST_PEOPLE:
                raise UnreadableFile(
                    f"The file has more than {MOST_PEOPLE:,} people.",
                    where="the file",
                    what_to_do="Cut it by practice, and send each.",
                )
    trust = accounts.serves_as_trust(organisation.pk)
    known = _known(list(survey.people), organisation)
    reader = Reader(
        layout=layout,
        judge=records.judge(),
        ods_code=organisation.ods_code,
        survey=survey,
        people=known,
        own_people_only=not trust,
        from_1904=opened.grid.from_1904,
    )
    with told_of_another(), ExitStack() as stack:
        spool: IO[str] = stack.enter_context(
            tempfile.SpooledTemporaryFile(max_size=1 << 23, mode="w+", encoding="utf-8")
        )
        with transaction.atomic():
            # A trust has no list of what is to be typed: what it sends shows nothing of a practice's own system.
            ticks = None if trust else Ticks(organisation.pk)
            rows = _rows(opened.grid, layout, reader, spool)
            taken = records.take_entries(
                rows=ticks.watch(rows) if ticks else rows,
                name=extract.name,
                by=Actor.system("monthly extracts"),
                source=_ELSEWHERE if trust else _IMPORTED,
                traced=True,
                waits=keep,
                organisation_id=organisation.pk,
            )
            if ticks:
                ticks.settle(
                    organisation_id=organisation.pk,
                    by=Actor.system("monthly extracts"),
                    import_id=taken.import_id,
                )
            if not keep:
                transaction.set_rollback(True)
        _write(extract, spool)
    reader.tally.hidden = len([number for number in opened.grid.hidden if number > layout.header])
    wide = bool(layout.measures())
    return Outcome(
        tally=reader.tally,
        people=len(survey.people),
        unknown=sum(many for number, many in survey.people.items() if number not in known),
        twice=sum(many > 1 for many in survey.people.values()) if wide else 0,
        taken=taken,
        facts=reader.tally.facts,
    )


def _known(numbers: Sequence[str], organisation: Organisation) -> dict[str, Who]:
    """Those of these NHS numbers whom the organisation has in its care, or whose checks are shared with it by agreement."""
    access = accounts.for_checks(
        Access(
            actor=Actor(kind="user", id=None, label="monthly extracts", organisation_id=organisation.pk),
            organisation_ids=frozenset({organisation.pk}),
            permissions=frozenset({Permission.CHECKS}),
            purpose="monthly extracts",
        )
    )
    found: dict[str, Who] = {}
    for first in range(0, len(numbers), _AT_ONCE):
        some = patients.visible(access).filter(nhs_number__in=numbers[first : first + _AT_ONCE])
        for number, born_on, family in some.values_list("nhs_number", "born_on", "family_name"):
            found[number or ""] = Who(born_on, family)
    return found


def _rows(grid: Grid, layout: Layout, reader: Reader, spool: IO[str]) -> Iterator[EntryRow]:
    for number, cells, fault in grid.rows():
        if number <= layout.header:
            continue
        yield from reader.read(number, cells, fault)
        if reader.rejected:
            spool.writelines(json.dumps(one) + "\n" for one in reader.rejected)
            reader.rejected.clear()


def _write(extract: Extract, spool: IO[str]) -> None:
    """The rejects of this reading in place of those of an earlier one."""
    spool.seek(0)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM exchange_extract_reject WHERE extract_id = %s", [extract.pk])
        with cursor.copy(
            'COPY exchange_extract_reject (extract_id, row, "column", cell, reason, why, what_to_do) FROM STDIN'
        ) as copy:
            for line in spool:
                copy.write_row((extract.pk, *_plain(Rejected(*json.loads(line)))))


def _plain(one: Rejected) -> tuple[Any, ...]:
    """Without the character that PostgreSQL's texts cannot have."""
    return tuple(cell.replace("\x00", "") if isinstance(cell, str) else cell for cell in one)


def quality_of(outcome: Outcome, opened: Opened, layout: Layout) -> dict[str, Any]:
    """The quality report of a reading, as values: what `quality.Quality` is read from."""
    tally = outcome.tally
    return {
        "sheet": opened.grid.name,
        "header": layout.header,
        "other_sheets": list(opened.others),
        "rows": tally.rows,
        "passed_over": tally.passed_over,
        "same_rows": tally.same_rows,
        "hidden": tally.hidden,
        "entries": tally.entries,
        "rows_rejected": tally.rows_rejected,
        "declined": tally.declined,
        "filled": {column.field: tally.filled[column.field] for column in layout.columns if column.what},
        "reasons": dict(tally.reasons.most_common()),
        "repaired": dict(tally.repaired),
        "parts": dict(tally.parts.most_common()),
        "people": outcome.people,
        "unknown": outcome.unknown,
        "twice": outcome.twice,
        "first": tally.first.isoformat() if tally.first else "",
        "last": tally.last.isoformat() if tally.last else "",
        "on": clock.today().isoformat(),
    }
