"""Who was registered where, as it was known at a moment: whatever is written later changes nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from onedoor import factories
from onedoor.kernel import clock
from onedoor.patients.models import CareRelationship, Patient

pytestmark = pytest.mark.django_db
FIRST = datetime(2026, 12, 1, 9, tzinfo=clock.LONDON)
HOUR = timedelta(hours=1)


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Domain time for this process and for the database."""
    clock.set_clock(at=moment, rate=0)
    with clock.at(moment):
        yield


def known(moment: datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT patient_id, organisation_id, since, until, born_on, deceased FROM patients_registered_as_known(%s)
               ORDER BY patient_id, since""",
            [moment],
        )
        return list(cursor.fetchall())


def test_the_database_reads_domain_time_as_every_process_does() -> None:
    for at, rate, slow_at in ((FIRST, 0, None), (FIRST, 3600, None), (FIRST, 3600, FIRST), (None, 1, None)):
        clock.set_clock(at=at, rate=rate, slow_at=slow_at)
        with connection.cursor() as cursor:
            cursor.execute("SELECT kernel_now()")
            told = cursor.fetchone()[0]
        assert abs(told - clock.setting().reading(clock.real_now())) < timedelta(minutes=30)


def test_a_death_a_move_and_a_correction_are_known_from_their_moment_on() -> None:
    practice, other = factories.practice(), factories.practice("Y99003", "Another Surgery")
    with standing_at(FIRST):
        sam = factories.patient(practice)
    was = (sam.pk, practice.pk, date(2020, 1, 1), None, date(1980, 5, 1), False)
    assert known(FIRST) == [was]
    with standing_at(FIRST + HOUR):
        Patient.objects.filter(pk=sam.pk).update(born_on=date(1981, 5, 1))
    with standing_at(FIRST + 2 * HOUR):
        CareRelationship.objects.filter(patient=sam).update(ends_on=date(2026, 11, 1))
        CareRelationship.objects.create(
            patient=sam, organisation=other, kind="registered", starts_on=date(2026, 11, 1), recorded_at=clock.now()
        )
    with standing_at(FIRST + 3 * HOUR):
        Patient.objects.filter(pk=sam.pk).update(deceased=True)
    assert known(FIRST) == [was]
    assert known(FIRST + HOUR) == [(*was[:4], date(1981, 5, 1), False)]
    moved = [
        (sam.pk, practice.pk, date(2020, 1, 1), date(2026, 11, 1), date(1981, 5, 1), False),
        (sam.pk, other.pk, date(2026, 11, 1), None, date(1981, 5, 1), False),
    ]
    assert known(FIRST + 2 * HOUR) == moved
    assert known(FIRST + 3 * HOUR) == [(*one[:5], True) for one in moved]


def test_a_registration_that_was_taken_away_was_there_before() -> None:
    sam = factories.patient(factories.practice())
    with standing_at(FIRST + HOUR):
        CareRelationship.objects.filter(patient=sam).delete()
    assert len(known(FIRST)) == 1
    assert known(FIRST + HOUR) == []
