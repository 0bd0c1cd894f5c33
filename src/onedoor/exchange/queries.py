"""Reads of exchange: files uploaded, within an access."""

from __future__ import annotations

from uuid import UUID

from onedoor.exchange.files.report import Report
from onedoor.exchange.models import ImportFile
from onedoor.kernel.access import Access, Permission


def uploads(access: Access, *, limit: int = 20) -> list[ImportFile]:
    """The latest files of the access's organisations, newest first. Their reports say what became of them."""
    access.require(Permission.IMPORT)
    found = ImportFile.objects.filter(organisation_id__in=access.organisations).select_related("organisation")
    return list(found.defer("content").order_by("-at", "-id")[:limit])


def upload(access: Access, ref: UUID) -> ImportFile:
    """One file; raises ImportFile.DoesNotExist outside the access."""
    access.require(Permission.IMPORT)
    found = ImportFile.objects.filter(organisation_id__in=access.organisations)
    return found.select_related("organisation").get(ref=ref)


def files_read(access: Access) -> int:
    """How many patient lists and diaries have been read for good, uploaded or by a command: it only grows. Needs REPORTS."""
    access.require(Permission.REPORTS)
    found = ImportFile.objects.filter(applied_at__isnull=False)
    return (found if access.everything else found.filter(organisation_id__in=access.organisations)).count()


def report_of(file: ImportFile) -> Report:
    """What became of a file, or would."""
    return Report.from_values(file.report)
