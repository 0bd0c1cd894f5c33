"""Open screens are told when something stops counting, or counts again, as when it is written. On a database that commits."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import date, datetime

import psycopg
import pytest
from django.db import connection, transaction

from onedoor import factories
from onedoor.accounts.models import Organisation
from onedoor.kernel import clock
from onedoor.patients.models import Patient
from onedoor.records import api as records
from onedoor.records.models import ELSEWHERE, IMPORTED
from onedoor.records.types import EntriesTaken, EntryRow, NewEntry

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 11, 2)


@pytest.fixture
def told() -> Iterator[Callable[[], set[str]]]:
    """What open screens were told since it was last asked."""
    params = connection.get_connection_params()
    for key in ("cursor_factory", "context"):
        params.pop(key, None)
    with psycopg.connect(**params, autocommit=True) as listener:
        listener.execute("LISTEN onedoor_live")
        yield lambda: {notice.payload for notice in listener.notifies(timeout=0.5)}


def take(patient: Patient, organisation: Organisation, *, source: int = IMPORTED) -> EntriesTaken:
    row = EntryRow(
        2, patient.nhs_number or "", "271649006", DAY, str(DAY), "128", "mmHg", organisation.ods_code, "", ""
    )
    return records.take_entries(rows=[row], name="file.csv", by=factories.TEST, source=source, traced=True)


def test_screens_are_told_what_a_file_no_longer_says_and_what_is_no_longer_accepted(
    told: Callable[[], set[str]],
) -> None:
    practice, trust = factories.practice(), factories.practice("Y99902", "Wexcombe Mental Health")
    sam, other = factories.patient(practice), factories.patient(practice, "Maud")
    records.watch(uuid.uuid4(), sam.pk)
    here, there = f"record:{sam.pk}:{practice.pk}:1", f"record:{sam.pk}:{trust.pk}:1"
    for patient in (sam, other):
        first = take(patient, practice)
        told()
        records.withdraw_entries(import_id=first.import_id, by=factories.TEST)
        assert told() == ({here} if patient == sam else set())
    # A file brings it again.
    take(sam, practice)
    assert told() == {here}
    # The trust's is accepted by the practice's own file, and another by a person, who takes it back.
    take(sam, trust, source=ELSEWHERE)
    told()
    take(sam, trust)
    assert told() == {there}
    visit = NewEntry(
        sam.pk, trust.pk, "check", "Systolic 140", "visit", "visit", records.concept("271649006"), value=140,
        effective_at=datetime(2026, 11, 2, 12, tzinfo=clock.LONDON), elsewhere=True,
    )  # fmt: skip
    accepted = NewEntry(
        sam.pk, trust.pk, "check", "Systolic 140", "letter", "letter", records.concept("271649006"), value=140,
        effective_at=datetime(2026, 11, 2, 12, tzinfo=clock.LONDON),
    )  # fmt: skip
    with transaction.atomic():
        records.record_entries(entries=[visit], by=factories.TEST)
        records.accept_entries(entries=[accepted], by=factories.TEST)
    told()
    with transaction.atomic():
        assert records.unaccept_entries(entries=[accepted]) == 1
    assert told() == {here, there}
