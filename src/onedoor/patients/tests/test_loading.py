"""A large first list: indexes and keys that come off are all back afterwards, and each row fares as in a small list."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from django.db import connection, transaction

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.patients import loading
from onedoor.patients.models import Patient
from onedoor.patients.tests.test_imports import CASES, row, take
from onedoor.patients.types import ListResult, PatientRow

pytestmark = pytest.mark.django_db


def definitions() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
               WHERE conrelid = ANY(%(tables)s::regclass[]) AND contype <> 'n'  -- 18 lists NOT NULL here, 15 does not
               UNION ALL
               SELECT tablename, indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%(tables)s) ORDER BY 1, 2, 3""",
            {"tables": list(loading.TABLES)},
        )
        return list(cursor.fetchall())


def test_all_comes_back() -> None:
    before = definitions()
    with connection.cursor() as cursor:
        put_back = loading.take_down(cursor, expected=loading.AT_LEAST)
        bare = definitions()
        for statement in put_back:
            cursor.execute(statement)
    assert len(bare) < len(before) / 2
    assert definitions() == before


@pytest.mark.parametrize("expected", [10, loading.AT_LEAST - 1])
def test_small_lists_take_nothing_down(expected: int) -> None:
    factories.patient(factories.practice())
    before = definitions()
    with connection.cursor() as cursor:
        assert loading.take_down(cursor, expected=expected) == []
    assert definitions() == before


APART = 20_000
"""Rows of one case stand so far from each other: nobody has both in sight at once."""


def of_case(case: int, place: int, told: PatientRow) -> PatientRow:
    """A row of a case of the rules, with numbers that no other case has."""
    return told._replace(
        row=place * APART + case,
        own_number=f"case-{case}-{told.own_number}",
        nhs_number=told.nhs_number and f"{told.nhs_number[:6]}{case:02}{told.nhs_number[8:]}",
        mobile=f"+447700{case:03}{told.own_number[-3:]}",
        needs="Easyread\nLarge print",
        email=f"{told.given_name}@example.com",
    )


def in_cases(which: Literal[0, 1]) -> list[PatientRow]:
    """The rows known before, or those of the list, of all cases."""
    return [
        of_case(case, place, told)
        for case, (before, rows, _) in enumerate(CASES.values(), start=1)
        for place, told in enumerate(rows if which else before)
    ]


def outcome(practice: Organisation, rows: list[PatientRow]) -> tuple[ListResult, list[Any]]:
    """What taking the cases said, and all that the database then has of them, but for keys that are given out in passing."""
    take(practice, *in_cases(0))
    result = take(practice, *sorted(rows))
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT i.value, to_jsonb(p) - 'id' - 'ref',
                 ARRAY(SELECT (to_jsonb(c) - 'id' - 'patient_id' - 'since' - 'until')::text || (c.until IS NULL)
                       FROM patients_contact_point c WHERE c.patient_id = p.id ORDER BY 1),
                 ARRAY(SELECT (to_jsonb(n) - 'id' - 'patient_id' - 'organisation_id')::text FROM patients_need n
                       WHERE n.patient_id = p.id ORDER BY 1),
                 ARRAY(SELECT (to_jsonb(r) - 'id' - 'patient_id' - 'organisation_id')::text FROM patients_care_relationship r
                       WHERE r.patient_id = p.id ORDER BY 1)
               FROM patients_patient p JOIN patients_identifier i ON i.patient_id = p.id
               WHERE i.value LIKE 'case-%' ORDER BY 1, 2"""
        )
        return result, list(cursor.fetchall())


def test_each_row_of_a_large_first_list_fares_as_in_a_small_one() -> None:
    with transaction.atomic():
        practice = factories.practice()
        small, expected = outcome(practice, in_cases(1))
        transaction.set_rollback(True)
    practice = factories.practice()
    before = definitions()
    others = [
        row(number, own_number=f"other-{number}", nhs_number=None)
        for number in range(loading.AT_LEAST + APART)
        if number % APART > len(CASES)
    ]
    large, found = outcome(practice, [*in_cases(1), *others])
    assert found == expected
    assert (large.rows_refused, large.refused, large.changed) == (small.rows_refused, small.refused, small.changed)
    assert large.new == small.new + len(others)
    assert Patient.objects.count() == small.new + len(others) + sum(len(rows) for rows, _, _ in CASES.values())
    assert definitions() == before
