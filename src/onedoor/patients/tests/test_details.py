"""What somebody says of how to reach them and where they live: kept by whoever cares for them, and not undone by an old list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from onedoor import factories
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.patients import api as patients
from onedoor.patients.models import ContactPoint, FormerDetail, Patient
from onedoor.patients.tests.test_imports import row

pytestmark = pytest.mark.django_db


def listed(**changes: object) -> Patient:
    """A patient whom the practice's list has brought."""
    here = factories.practice()
    patients.take_list(organisation_id=here.pk, source="emis", rows=[row(1, **changes)], by=factories.TEST)
    return Patient.objects.get()


def desk() -> Access:
    return factories.person(factories.practice())[1]


def test_a_list_that_says_the_old_does_not_undo_it_for_thirty_days() -> None:
    made = listed()
    patients.change_details(access=desk(), patient_id=made.pk, address="4 Hop Gardens", postcode="ZZ2 2BB")
    patients.change_point(access=desk(), patient_id=made.pk, kind="mobile", value="07700 900155")
    listed()
    made.refresh_from_db()
    assert (made.address, made.postcode) == ("4 Hop Gardens", "ZZ2 2BB")
    assert ContactPoint.objects.get(until=None).value == "+447700900155"
    with clock.at(clock.now() + timedelta(days=31)):
        listed()
    made.refresh_from_db()
    assert made.address == "1 Mill Lane, Wexcombe"


def test_a_language_that_staff_write_down_is_not_undone_by_the_next_list() -> None:
    made, access = listed(language="English"), desk()
    here = factories.practice().pk
    patients.set_language(access=access, organisation_id=here, patient_id=made.pk, language="polski")
    patients.set_language(access=access, organisation_id=here, patient_id=made.pk, language="Polish")
    assert list(FormerDetail.objects.values_list("field", "value")) == [("language", "English")]
    listed(language="English")
    made.refresh_from_db()
    assert made.language == "Polish"
    listed(language="Ukrainian")
    made.refresh_from_db()
    assert made.language == "Ukrainian"


def test_a_list_that_says_something_new_holds() -> None:
    made = listed()
    patients.change_details(access=desk(), patient_id=made.pk, address="4 Hop Gardens", postcode="ZZ2 2BB")
    listed(address="9 Drovers Way", postcode="ZZ3 3CC")
    made.refresh_from_db()
    assert (made.address, made.postcode) == ("9 Drovers Way", "ZZ3 3CC")


def test_what_was_known_is_history() -> None:
    made = listed()
    assert patients.change_details(access=desk(), patient_id=made.pk, address="4 Hop Gardens", postcode="zz1 1zz") == [
        "address"
    ]
    assert list(FormerDetail.objects.values_list("field", "value")) == [("address", "1 Mill Lane, Wexcombe")]
    with pytest.raises(patients.NotChanged):
        patients.change_details(access=desk(), patient_id=made.pk, address=" ")


def test_others_change_nothing() -> None:
    made = listed()
    other = factories.practice("Y99003", "Marfleet Lane Practice")
    with pytest.raises(Patient.DoesNotExist):
        patients.change_point(
            access=factories.person(other)[1], patient_id=made.pk, kind="email", value="a@example.org"
        )
    with pytest.raises(NotPermitted):
        patients.change_point(
            access=Access.of_patient(made.pk), patient_id=made.pk, kind="email", value="a@example.org"
        )
    handler = factories.person(factories.practice(), Role.CALL_HANDLER)[1]
    with pytest.raises(NotPermitted):
        patients.change_details(access=handler, patient_id=made.pk, address="4 Hop Gardens")
    elsewhere = replace(desk(), organisation_ids=frozenset({other.pk}))
    with pytest.raises(NotPermitted):
        patients.change_details(access=elsewhere, patient_id=made.pk, address="4 Hop Gardens")
    Patient.objects.update(deceased=True)
    with pytest.raises(patients.NotChanged):
        patients.change_details(access=desk(), patient_id=made.pk, address="4 Hop Gardens")
