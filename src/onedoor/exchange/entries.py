"""Read a file of coded entries: whole, or as a preview that leaves nothing behind."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from django.db import transaction

from onedoor.accounts.api import Organisation, organisation_by_ods
from onedoor.exchange.feed.typing_list import Ticks
from onedoor.exchange.files.entries import EntryRows
from onedoor.exchange.files.mapping import Mapping, all_mappings
from onedoor.exchange.files.report import Findings, Report, UnreadableFile
from onedoor.exchange.files.sheet import Sheet
from onedoor.exchange.opening import Whose, name_of, opened, report_of, told_of_another
from onedoor.kernel.actor import Actor
from onedoor.records import api as records


def import_entries(
    *,
    file: Path | bytes,
    by: Actor,
    name: str = "",
    practice: str = "",
    apply: bool = True,
    mapping: Mapping | None = None,
) -> Report:
    """Read coded entries; rows that cannot be believed are held, with their reason, until a person has seen to them.

    `practice` is the ODS code of the practice from whose system the file is; without it, the one that all rows name. Only what
    that one has to type is ticked off. Raises UnreadableFile, for a preview also while another file is read, and NotPermitted
    for anybody but the system.
    """
    findings = Findings("the system that recorded it")
    called = name_of(file, name)
    with told_of_another(), transaction.atomic(), ExitStack() as stack:
        whose = _organisation(practice)
        sheet = Sheet(opened(file, stack), [mapping] if mapping else all_mappings(), "entries")
        ticks = Ticks(whose.pk if whose else None)
        taken = records.take_entries(
            rows=ticks.watch(EntryRows(sheet, findings)),
            name=called,
            by=by,
            waits=apply,
            organisation_id=whose.pk if whose else None,
        )
        ticked, others = ticks.settle(organisation_id=taken.organisation_id, by=by)
        if not apply:
            transaction.set_rollback(True)
    for held in taken.named:
        findings.reject(held.row, sheet.column(held.column), held.value, held.why, held.what_to_do)
    # Those beyond what is named are counted all the same.
    findings.counts["reject"] += taken.held - len(taken.named)
    did = {"new": taken.new, "patients with something new": taken.patients}
    did |= {"rows held that were not before": taken.held_new, "rows held before, and whole by now": taken.settled}
    did |= {"ticked off as typed": ticked, "not ticked off, since nobody said whose file it is (--practice)": others}
    said = (
        Whose(whose.name, whose.ods_code, whose.phone)
        if whose
        else Whose("the organisations that its rows name", "by row", "-")
    )
    return report_of("entries", sheet, findings, name=called, whose=said, did=did, apply=apply)


def _organisation(ods_code: str) -> Organisation | None:
    if not ods_code:
        return None
    found = organisation_by_ods(ods_code.strip().upper())
    if found is None:
        raise UnreadableFile(
            f"No organisation has the ODS code {ods_code}.", where="--practice", what_to_do="Check the code."
        )
    return found
