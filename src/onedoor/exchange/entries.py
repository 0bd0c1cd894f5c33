"""Read a file of coded entries: whole, or as a preview that leaves nothing behind."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from django.db import transaction

from onedoor.exchange.feed.typing_list import Ticks
from onedoor.exchange.files.entries import EntryRows
from onedoor.exchange.files.mapping import Mapping, all_mappings
from onedoor.exchange.files.report import Findings, Report
from onedoor.exchange.files.sheet import Sheet
from onedoor.exchange.opening import Whose, name_of, opened, report_of
from onedoor.kernel.actor import Actor
from onedoor.records import api as records


def import_entries(
    *, file: Path | bytes, by: Actor, name: str = "", apply: bool = True, mapping: Mapping | None = None
) -> Report:
    """Read coded entries; rows that cannot be believed are held, with their reason, until a person has seen to them.

    Raises UnreadableFile, and NotPermitted for anybody but the system.
    """
    findings = Findings("the system that recorded it")
    called = name_of(file, name)
    with transaction.atomic(), ExitStack() as stack:
        sheet = Sheet(opened(file, stack), [mapping] if mapping else all_mappings(), "entries")
        ticks = Ticks()
        taken = records.take_entries(rows=ticks.watch(EntryRows(sheet, findings)), name=called, by=by)
        ticked = ticks.settle(by=by)
        if not apply:
            transaction.set_rollback(True)
    for held in taken.named:
        findings.reject(held.row, sheet.column(held.column), held.value, held.why, held.what_to_do)
    # Those beyond what is named are counted all the same.
    findings.counts["reject"] += taken.held - len(taken.named)
    did = {"new": taken.new, "patients with something new": taken.patients}
    did |= {"rows held that were not before": taken.held_new, "rows held before, and whole by now": taken.settled}
    did |= {"ticked off as typed": ticked} if ticked else {}
    whose = Whose("the organisations that its rows name", "by row", "-")
    return report_of("entries", sheet, findings, name=called, whose=whose, did=did, apply=apply)
