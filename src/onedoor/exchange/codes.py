"""Read an official file of reference sets: whole, or as a preview that leaves nothing behind."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from django.db import transaction

from onedoor.exchange.files.cells import Dates
from onedoor.exchange.files.mapping import Mapping, all_mappings
from onedoor.exchange.files.report import Findings, Report, UnreadableFile
from onedoor.exchange.files.sheet import Sheet
from onedoor.exchange.opening import Whose, name_of, opened, report_of
from onedoor.kernel.actor import Actor
from onedoor.records import api as records
from onedoor.records.types import SetRow

_IN_NAME = re.compile(r"(?<!\d)(20\d{2})-?(\d{2})-?(\d{2})(?!\d)")


def import_codes(
    *,
    file: Path | bytes,
    by: Actor,
    name: str = "",
    version_on: date | None = None,
    apply: bool = True,
    mapping: Mapping | None = None,
) -> Report:
    """Read the members of reference sets. `version_on` is the day of the file's version; without it the file's name tells, or the
    newest row of an RF2 snapshot.

    Raises UnreadableFile, and NotPermitted for anybody but the system.
    """
    findings = Findings("the published file")
    called = name_of(file, name)
    with transaction.atomic(), ExitStack() as stack:
        stream = opened(file, stack)
        sha256 = _digest(stream)
        sheet = Sheet(stream, [mapping] if mapping else all_mappings(), "codes")
        rows = _SetRows(sheet, findings)
        version = version_on or _day_of(called) or _newest(file, mapping)
        taken = records.take_code_sets(rows=rows, version_on=version, name=called, sha256=sha256, by=by)
        if not apply:
            transaction.set_rollback(True)
    for said in taken.said:
        add = findings.reject if said.refused else findings.note
        add(said.row, sheet.column(said.column), said.value, said.why, said.what_to_do)
    findings.counts["reject"] += taken.refused - sum(said.refused for said in taken.said)
    did = {"sets of ours in it": taken.sets, "members added": taken.added, "members ended": taken.ended}
    did |= {"codes new to the dictionary": taken.new_codes, "rows of sets that nothing here uses": taken.elsewhere}
    whose = Whose(f"version of {version:%-d %B %Y}", sheet.mapping.source, "-")
    return report_of("codes", sheet, findings, name=called, whose=whose, did=did, apply=apply)


@dataclass
class _SetRows:
    """Iterating reads the file once."""

    sheet: Sheet
    findings: Findings

    def __iter__(self) -> Iterator[SetRow]:
        at = {name: places[0] for name, places in self.sheet.places.items() if places}
        nothing = len(self.sheet.header)
        cluster, term = at.get("cluster", nothing), at.get("term", nothing)
        active, refset, code = at.get("active", nothing), at["refset_id"], at["code"]
        for row, cells in self.sheet.rows(self.findings):
            cells.append("")
            yield SetRow(row, cells[cluster].upper(), cells[refset], cells[code], cells[term], cells[active] != "0")


def _digest(stream: BinaryIO) -> str:
    found = hashlib.sha256()
    while block := stream.read(1 << 20):
        found.update(block)
    stream.seek(0)
    return found.hexdigest()


def _day_of(name: str) -> date | None:
    """The day in a file's name, as a release has it at its end: "…_GB_20260630.txt"."""
    days = []
    for match in _IN_NAME.finditer(name):
        try:
            days.append(date(int(match[1]), int(match[2]), int(match[3])))
        except ValueError:
            continue
    return days[-1] if days else None


def _newest(file: Path | bytes, mapping: Mapping | None) -> date:
    """The newest day among the rows, read in a pass of its own."""
    with ExitStack() as stack:
        sheet = Sheet(opened(file, stack), [mapping] if mapping else all_mappings(), "codes")
        place = sheet.places.get("effective")
        if place:
            dates = Dates(sheet.mapping.dates)
            days = (dates.read(cells[place[0]]) for _, cells in sheet.rows(Findings("")))
            if newest := max(filter(None, days), default=None):
                return newest
    raise UnreadableFile(
        "Nothing says of which day this version is.",
        where="the name of the file",
        what_to_do="Give the day of publication: --version-on 2026-06-30.",
    )
