"""Read a service's referral list, or the open pathways it takes over: whole, or as a preview that leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from django.db import transaction

from onedoor.directory.api import Service, service_by_slug, services_of_streams
from onedoor.exchange.files.mapping import Mapping, all_mappings, fold
from onedoor.exchange.files.referrals import PathwayRows, ReferralRows
from onedoor.exchange.files.report import Findings, Kind, Report, UnreadableFile
from onedoor.exchange.files.sheet import Sheet
from onedoor.exchange.opening import Whose, name_of, opened, report_of
from onedoor.kernel.access import NotPermitted, Permission
from onedoor.kernel.actor import Actor
from onedoor.referrals import api as referrals
from onedoor.referrals.types import Opening


def import_referrals(
    *,
    file: Path | bytes,
    by: Actor,
    name: str = "",
    service: str = "",
    apply: bool = True,
    mapping: Mapping | None = None,
) -> Report:
    """Read a referral list. `service` is the slug of whose it is; without it, the one service that has the file's streams.

    Some thousands of rows are taken at a time. Raises UnreadableFile, and NotPermitted for anybody but the system.
    """
    report, _ = _import("referrals", file, by, name, service, apply, mapping, _take_referrals)
    return report


def import_pathways(
    *,
    file: Path | bytes,
    by: Actor,
    name: str = "",
    service: str = "",
    apply: bool = True,
    mapping: Mapping | None = None,
) -> tuple[Report, Opening]:
    """Read the open pathways that a service takes over, all or none; as `import_referrals`, with the opening balance."""
    report, opening = _import("pathways", file, by, name, service, apply, mapping, _take_pathways)
    assert opening is not None
    return report, opening


_Take = Callable[[Sheet, Findings, Service, Actor], tuple[dict[str, int], Opening | None]]


def _import(
    kind: Kind,
    file: Path | bytes,
    by: Actor,
    name: str,
    slug: str,
    apply: bool,
    mapping: Mapping | None,
    take: _Take,
) -> tuple[Report, Opening | None]:
    if by.kind != "system":
        raise NotPermitted(Permission.IMPORT)
    mappings = [mapping] if mapping else all_mappings()
    with transaction.atomic():
        service = _service(slug, file, mappings, kind)
        with ExitStack() as stack:
            sheet = Sheet(opened(file, stack), mappings, kind)
            findings = Findings("the service's system")
            did, opening = take(sheet, findings, service, by)
        if not apply:
            transaction.set_rollback(True)
    whose = Whose(service.name, service.organisation.ods_code, service.phone)
    report = report_of(kind, sheet, findings, name=name_of(file, name), whose=whose, did=did, apply=apply)
    return report, opening


def _service(slug: str, file: Path | bytes, mappings: list[Mapping] | tuple[Mapping, ...], kind: Kind) -> Service:
    """Whose list it is. The file does not say: it is told, or the streams that it names are one service's only."""
    if slug:
        known = service_by_slug(slug)
        if known is None:
            raise UnreadableFile(
                f"No service is called {slug!r}.",
                where="--service",
                what_to_do="Say one that `./run import services` has brought.",
            )
        return known
    with ExitStack() as stack:
        sheet = Sheet(opened(file, stack), mappings, kind)
        place = sheet.places["stream"][0]
        named = {cells[place] for _, cells in sheet.rows(Findings("")) if cells[place]}
    found = services_of_streams(sorted(named))
    if len(found) != 1:
        several = " and ".join(service.name for service in found)
        raise UnreadableFile(
            f"Its streams are of more than one service: {several}."
            if found
            else "No service has the streams that it names.",
            where=f"column {sheet.column('stream')!r}",
            what_to_do="Say whose it is with --service. Services are brought by: ./run import services FILE",
        )
    return found[0]


def _streams(service: Service) -> dict[str, str]:
    return {fold(stream.name): stream.name for stream in service.streams.all()}


def _take_referrals(
    sheet: Sheet, findings: Findings, service: Service, by: Actor
) -> tuple[dict[str, int], Opening | None]:
    taken = referrals.take_referrals(service=service, rows=ReferralRows(sheet, findings, _streams(service)), by=by)
    for differs in taken.differs:
        findings.note(
            differs.row,
            sheet.column(_COLUMN_OF.get(differs.what, differs.what)),
            differs.source_ref,
            "this says otherwise than an earlier row did, or than what was decided here; what stands was kept",
            "Find out which is right, and put it right where it is wrong.",
        )
    return {
        "new": taken.new,
        "told us more of one known": taken.more,
        "said the same again": taken.same,
        "of the new, later in the file than their time": taken.late,
        "of the new, for people whom no patient list has brought yet": taken.unknown_people,
    }, None


_COLUMN_OF = {
    "received_at": "received",
    "referrer_ods": "practice",
    "triaged_at": "triaged",
    "onward_decided_on": "onward_decided",
    "onward_sent_on": "onward_sent",
    "discharged_on": "discharged",
    "first_offered_on": "first_offered",
}


def _take_pathways(
    sheet: Sheet, findings: Findings, service: Service, by: Actor
) -> tuple[dict[str, int], Opening | None]:
    opening = referrals.take_pathways(service=service, rows=PathwayRows(sheet, findings, _streams(service)), by=by)
    return {"pathways taken over": opening.in_books}, opening
