"""Uploaded files: previewed first, applied later, by their practice only."""

from __future__ import annotations

from datetime import timedelta

import pytest

from onedoor import factories
from onedoor.exchange import api as exchange
from onedoor.exchange.api import ImportFile, UnreadableFile
from onedoor.exchange.models import StoredFile
from onedoor.exchange.tests.test_files import SOUND, patient_list
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.models import AuditEntry
from onedoor.patients.models import Patient

pytestmark = pytest.mark.django_db


def manager(ods_code: str = "Y99002") -> Access:
    return factories.person(factories.practice(ods_code, f"Surgery {ods_code}"), Role.PRACTICE_MANAGER)[1]


def test_previewed_then_applied() -> None:
    access = manager()
    upload = exchange.preview_upload(kind="patients", name="list.csv", content=patient_list(SOUND), access=access)
    assert (upload.state, exchange.report_of(upload).did) == ("previewed", {"new": 1})
    assert not Patient.objects.exists()
    applied = exchange.apply_upload(ref=upload.ref, access=access)
    assert (applied.state, exchange.report_of(applied).state) == ("applied", "applied")
    assert Patient.objects.count() == 1
    assert exchange.apply_upload(ref=upload.ref, access=access).applied_at == applied.applied_at
    assert [file.ref for file in exchange.uploads(access)] == [upload.ref]


def test_the_same_bytes_are_kept_once() -> None:
    access = manager()
    for _ in range(2):
        exchange.preview_upload(kind="patients", name="list.csv", content=patient_list(SOUND), access=access)
    assert (StoredFile.objects.count(), ImportFile.objects.count()) == (1, 2)


def kept() -> int:
    """How many files' bytes are there once the sweep has been."""
    jobs.run_once("exchange.forget_files")
    return StoredFile.objects.count()


def test_an_applied_file_is_not_kept_but_its_report_is() -> None:
    access = manager()
    upload = exchange.preview_upload(kind="patients", name="list.csv", content=patient_list(SOUND), access=access)
    assert kept() == 1
    exchange.apply_upload(ref=upload.ref, access=access)
    assert kept() == 0
    assert exchange.report_of(exchange.upload(access, upload.ref)).did == {"new": 1}


def test_a_file_that_nobody_applies_is_not_kept_but_its_report_is() -> None:
    access = manager()
    upload = exchange.preview_upload(kind="patients", name="list.csv", content=patient_list(SOUND), access=access)
    with clock.at(upload.at + timedelta(days=7) - timedelta(seconds=1)):
        assert kept() == 1
    with clock.at(upload.at + timedelta(days=7)):
        assert kept() == 0
        found = exchange.apply_upload(ref=upload.ref, access=access)
    assert (found.state, exchange.report_of(found).did) == ("lapsed", {"new": 1})
    assert not Patient.objects.exists()
    assert AuditEntry.objects.filter(action="lapse_upload", subject_id=upload.pk).count() == 1


def test_bytes_stay_while_another_upload_of_them_may_be_applied() -> None:
    access = manager()
    first, second = (
        exchange.preview_upload(kind="patients", name="list.csv", content=patient_list(SOUND), access=access)
        for _ in range(2)
    )
    exchange.apply_upload(ref=first.ref, access=access)
    assert kept() == 1
    assert exchange.report_of(exchange.apply_upload(ref=second.ref, access=access)).did == {"unchanged": 1}
    assert kept() == 0


def test_strangers_find_nothing() -> None:
    upload = exchange.preview_upload(kind="patients", name="list.csv", content=patient_list(SOUND), access=manager())
    other = manager("Y99003")
    for find in (exchange.upload, lambda access, ref: exchange.apply_upload(ref=ref, access=access)):
        with pytest.raises(ImportFile.DoesNotExist):
            find(other, upload.ref)
    assert exchange.uploads(other) == []


def test_a_file_of_another_practice_is_not_taken() -> None:
    with pytest.raises(UnreadableFile, match="not a practice of yours"):
        exchange.preview_upload(kind="patients", name="list.csv", content=patient_list(SOUND), access=manager("Y99003"))


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.ADMINISTRATOR])
def test_only_who_may_import_may(role: Role) -> None:
    _, access = factories.person(factories.practice(), role)
    with pytest.raises(NotPermitted):
        exchange.preview_upload(kind="patients", name="list.csv", content=patient_list(SOUND), access=access)
    with pytest.raises(NotPermitted):
        exchange.uploads(access)
