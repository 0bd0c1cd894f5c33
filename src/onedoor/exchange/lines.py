"""Read the log of a telephone line: whole, or as a preview that leaves nothing behind."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from django.db import transaction

from onedoor.accounts.api import Organisation, organisation_by_ods
from onedoor.calls import api as calls
from onedoor.directory.api import Service
from onedoor.exchange.files.calls import CallRows, digits
from onedoor.exchange.files.mapping import Mapping, all_mappings
from onedoor.exchange.files.report import Findings, Report, UnreadableFile
from onedoor.exchange.files.sheet import Sheet
from onedoor.exchange.opening import Whose, name_of, opened, report_of
from onedoor.kernel.actor import Actor


def import_calls(
    *,
    file: Path | bytes,
    by: Actor,
    name: str = "",
    practice: str = "",
    apply: bool = True,
    mapping: Mapping | None = None,
) -> Report:
    """Read a log of calls. `practice` is the ODS code of whose line it is; without it, the number dialled tells.

    Some thousands of rows are taken at a time. Raises UnreadableFile, and NotPermitted for anybody but the system.
    """
    findings = Findings("the telephone system")
    with transaction.atomic(), ExitStack() as stack:
        whose = _organisation(practice)
        sheet = Sheet(opened(file, stack), [mapping] if mapping else all_mappings(), "calls")
        rows = CallRows(sheet, findings, _lines(), whose.pk if whose else None)
        taken = calls.take_calls(rows=rows, by=by)
        if not apply:
            transaction.set_rollback(True)
    did = {"new": taken.new, "known, with a call-back made since": taken.more, "known already": taken.same}
    did |= {"legs without their call, left out": taken.lost, "contacts joined to their call": taken.joined}
    said = (
        Whose(whose.name, whose.ods_code, whose.phone)
        if whose
        else Whose("whoever has the number dialled", "by number", "-")
    )
    return report_of("calls", sheet, findings, name=name_of(file, name), whose=said, did=did, apply=apply)


def _organisation(practice: str) -> Organisation | None:
    if not practice:
        return None
    found = organisation_by_ods(practice.upper())
    if found is None:
        raise UnreadableFile(
            f"No organisation has the ODS code {practice}.", where="--practice", what_to_do="Check the code."
        )
    return found


def _lines() -> dict[str, int]:
    """Number to organisation. Where two have one number the log must be read with `practice`: it is nobody's here."""
    found: dict[str, set[int]] = {}
    for key, phone in Organisation.objects.exclude(phone="").values_list("pk", "phone"):
        found.setdefault(digits(phone), set()).add(key)
    for key, phone, replaced in Service.objects.values_list("organisation_id", "phone", "replaces"):
        for number in (phone, *replaced):
            found.setdefault(digits(number), set()).add(key)
    return {number: next(iter(whose)) for number, whose in found.items() if number and len(whose) == 1}
