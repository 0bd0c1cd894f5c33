"""Read a file of patients or appointments: whole, or as a preview that leaves nothing behind.

A preview does everything and takes it back, so that what it says is what applying will do.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.db import transaction

from onedoor.accounts.api import (
    NUMBER_UNKNOWN,
    Organisation,
    organisation_by_ods,
    organisations,
    set_organisation,
    set_site,
)
from onedoor.booking import api as booking
from onedoor.booking.types import SYSTEMS, Scope
from onedoor.exchange import keeping
from onedoor.exchange.files import patients
from onedoor.exchange.files.appointments import DiaryRows
from onedoor.exchange.files.mapping import Mapping, all_mappings
from onedoor.exchange.files.patients import PatientRows
from onedoor.exchange.files.report import Findings, Kind, Report, UnreadableFile
from onedoor.exchange.files.sheet import Sheet
from onedoor.exchange.models import ImportFile
from onedoor.exchange.opening import name_of, opened
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.kernel.actor import Actor
from onedoor.patients import api as people


@dataclass(frozen=True)
class Owner:
    """Whose file it is, as far as is known beforehand: the ODS code and telephone number given, who may see which practice."""

    ods_code: str = ""
    phone: str = ""
    access: Access | None = None


def import_patients(
    *,
    file: Path | bytes,
    by: Actor,
    name: str = "",
    practice: str = "",
    phone: str = "",
    apply: bool = True,
    access: Access | None = None,
    mapping: Mapping | None = None,
) -> Report:
    """Read a patient list. `practice` is an ODS code, for a file that does not name its own; with `access` the practice must
    be one of its organisations, without it a practice not known yet is set up, and `phone` is what its texts say to ring.
    Raises UnreadableFile, and NotPermitted without the right to import; only the system comes without an access."""
    return _import("patients", file, name, Owner(practice, phone, access), by, apply, mapping)


def import_appointments(
    *,
    file: Path | bytes,
    by: Actor,
    name: str = "",
    practice: str = "",
    phone: str = "",
    apply: bool = True,
    access: Access | None = None,
    mapping: Mapping | None = None,
) -> Report:
    """Read a diary, as `import_patients` reads a list. It texts nobody by itself."""
    return _import("appointments", file, name, Owner(practice, phone, access), by, apply, mapping)


def preview_upload(*, kind: Kind, name: str, content: bytes, access: Access) -> ImportFile:
    """Keep an uploaded file and say what applying it would do. Raises UnreadableFile, NotPermitted."""
    access.require(Permission.IMPORT)
    report = _import(kind, content, name, Owner(access=access), access.actor, False, None)
    organisation = organisation_by_ods(report.ods_code)
    assert organisation is not None
    with transaction.atomic():
        stored = keeping.keep(content)
        upload = ImportFile.objects.create(
            organisation=organisation,
            kind=kind,
            name=report.file,
            content=stored,
            state="previewed",
            report=report.as_values(),
            at=clock.now(),
            by_label=access.actor.label,
        )
        audit.record(
            by=access.actor,
            line=audit.Line("preview_upload", "import_file", upload.pk, organisation_id=organisation.pk),
        )
        return upload


@transaction.atomic
def apply_upload(*, ref: UUID, access: Access) -> ImportFile:
    """Apply a file that was previewed; applying it again changes nothing, and nor does applying one that has lapsed.
    Raises ImportFile.DoesNotExist outside the access."""
    access.require(Permission.IMPORT)
    upload = (
        ImportFile.objects.select_for_update(of=("self",))
        .select_related("content")
        .get(ref=ref, organisation_id__in=access.organisations)
    )
    if upload.state != "previewed" or upload.content is None:
        return upload
    kind: Kind = "patients" if upload.kind == "patients" else "appointments"
    report = _read(
        kind, BytesIO(bytes(upload.content.content)), upload.name, Owner(access=access), access.actor, True, None
    )
    upload.state, upload.report, upload.applied_at = report.state, report.as_values(), clock.now()
    # Read for good: what waits for a person waits as rows of the diary, not as a file.
    upload.content = None
    upload.save(update_fields=["state", "report", "applied_at", "content"])
    return upload


def _import(
    kind: Kind,
    file: Path | bytes,
    name: str,
    owner: Owner,
    by: Actor,
    apply: bool,
    mapping: Mapping | None,
) -> Report:
    if owner.access is not None:
        owner.access.require(Permission.IMPORT)
    elif by.kind != "system":
        raise NotPermitted(Permission.IMPORT)
    with ExitStack() as stack:
        stream, name = opened(file, stack), name_of(file, name)
        with transaction.atomic():
            report = _read(kind, stream, name, owner, by, apply, mapping)
            if not apply:
                transaction.set_rollback(True)
            elif isinstance(file, Path):
                _remember(report, by)
        return report


def _remember(report: Report, by: Actor) -> None:
    organisation = organisation_by_ods(report.ods_code)
    assert organisation is not None
    now = clock.now()
    ImportFile.objects.create(
        organisation=organisation,
        kind=report.kind,
        name=report.file,
        state=report.state,
        report=report.as_values(),
        at=now,
        applied_at=now,
        by_label=by.label,
    )


@dataclass
class _Reading:
    """One file under way."""

    sheet: Sheet
    findings: Findings
    organisation: Organisation
    new: bool
    by: Actor


def _read(
    kind: Kind,
    opened: BinaryIO,
    name: str,
    owner: Owner,
    by: Actor,
    apply: bool,
    mapping: Mapping | None,
) -> Report:
    sheet = Sheet(opened, [mapping] if mapping else all_mappings(), kind)
    organisation, new = _practice(sheet, owner, by)
    source = sheet.mapping.source
    reading = _Reading(sheet, Findings(SYSTEMS.get(source, source)), organisation, new, by)
    did, waits = _take_patients(reading) if kind == "patients" else _take_appointments(reading)
    rejected = reading.findings.counts["reject"]
    return Report(
        kind=kind,
        file=name,
        source=source,
        state="waiting" if waits else "applied" if apply else "preview",
        practice=organisation.name,
        ods_code=organisation.ods_code,
        practice_new=new,
        practice_phone="" if organisation.phone == NUMBER_UNKNOWN else organisation.phone,
        preamble=tuple(sheet.preamble),
        header_row=sheet.header_row,
        encoding=sheet.lines.encoding,
        read=sheet.read,
        taken=sheet.read - rejected,
        rejected=rejected,
        noted=reading.findings.counts["note"],
        blank=sheet.blank,
        did={words: count for words, count in did.items() if count},
        rows=reading.findings.in_order(),
    )


def _practice(sheet: Sheet, owner: Owner, by: Actor) -> tuple[Organisation, bool]:
    """Whose file it is, and whether that practice was set up just now."""
    named, given = sheet.practice(), owner.ods_code.strip().upper()
    above = f"above the table, lines 1 to {sheet.header_row}"
    if named and given and named[1] != given:
        raise UnreadableFile(
            f"The file is of {named[0]} ({named[1]}), not of {given}.",
            where=above,
            what_to_do="Choose the right file, or the right practice.",
        )
    if not named and not given:
        raise UnreadableFile(
            "The file does not say which practice it is of.",
            where=above,
            what_to_do="Export it with its heading, or give the practice's ODS code.",
        )
    name, ods_code = named or (given, given)
    if owner.access is not None:
        found = next((one for one in organisations(owner.access) if one.ods_code == ods_code), None)
        if found is None:
            raise UnreadableFile(
                f"The file is of {name} ({ods_code}), which is not a practice of yours.",
                where=above,
                what_to_do="Choose a file of your own practice.",
            )
        return found, False
    known = organisation_by_ods(ods_code)
    if known is None:
        return set_organisation(ods_code=ods_code, name=name[:120], phone=owner.phone[:20], by=by), True
    if owner.phone and owner.phone != known.phone:
        known = set_organisation(ods_code=ods_code, name=known.name, phone=owner.phone[:20], by=by)
    return known, False


def _take_patients(reading: _Reading) -> tuple[dict[str, int], bool]:
    rows = PatientRows(reading.sheet, reading.findings, reading.sheet.run_on() or clock.today())
    result = people.take_list(
        organisation_id=reading.organisation.pk, source=reading.sheet.mapping.source, rows=rows, by=reading.by
    )
    for refused in result.rows_refused:
        patients.say_refused(reading.sheet, refused, reading.findings)
    # Those beyond what is named are counted all the same.
    reading.findings.counts["reject"] += result.refused - len(result.rows_refused)
    for withheld in result.withheld:
        patients.say_withheld(reading.sheet, withheld, reading.findings)
    return {"new": result.new, "changed": result.changed, "unchanged": result.unchanged}, False


def _take_appointments(reading: _Reading) -> tuple[dict[str, int], bool]:
    speaks = reading.sheet.speaks_for()
    site = set_site(organisation_id=reading.organisation.pk, name=speaks.site[:120], by=reading.by)
    diary = DiaryRows(reading.sheet, speaks, reading.findings)
    diary.read()
    found = people.who_are(
        organisation_id=reading.organisation.pk, source=reading.sheet.mapping.source, numbers=diary.asked()
    )
    taken = booking.take_diary(
        organisation_id=reading.organisation.pk,
        site_id=site.pk,
        source=reading.sheet.mapping.source,
        scope=Scope(speaks.first_day, speaks.last_day, holders=diary.holders()),
        rows=diary.places(found),
        by=reading.by,
        unread=diary.unread,
    )
    for index, why in taken.counts.get("refused", []):
        diary.say_refused(index, why)
    counts = {"places kept as taken, by whom is not known": sum(1 for visit in diary.visits if not visit.known)}
    counts |= {words: taken.counts.get(key, 0) for key, words in _DID.items()}
    return counts, taken.state == "waiting"


_DID = {
    # booking's counts, in words
    "places_new": "new places",
    "places_changed": "changed places",
    "booked": "new visits",
    "cancelled_outside": "visits cancelled there",
    "freed": "places freed there as asked",
    "confirmed": "bookings confirmed there",
    "arrived": "patients arrived",
    "seen": "patients seen",
    "missed": "visits missed",
    "conflicts": "conflicts for a person to decide",
    "unsure": "visits missing from the file that stand, since rows could not be read",
    "vanished": "visits missing from the file",
}
