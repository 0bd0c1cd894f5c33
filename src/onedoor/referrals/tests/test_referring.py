"""Referrals made here, through the door: who may, what is saved, what is linked, what is told to go elsewhere."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from onedoor import factories
from onedoor.directory import api as directory
from onedoor.directory.types import ServiceRow
from onedoor.factories import TEST
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted
from onedoor.patients.models import CareRelationship, Patient
from onedoor.records.models import Entry
from onedoor.referrals import api as referrals
from onedoor.referrals.models import Referral

pytestmark = pytest.mark.django_db


def service(**also: Any) -> directory.Service:
    """An active one with a triage, for adults."""
    row = {
        "slug": "msk",
        "name": "MSK service",
        "summary": "For joints.",
        "provider_ods": "Y99900",
        "provider": "Wexshire Community Health",
        "refers": ("gp", "nurse", "ahp", "social_care", "other_health", "patient"),
        "streams": (("Physiotherapy", "one_to_one"),),
        "ages_from": 16,
    }
    directory.take_services(rows=[ServiceRow(**{**row, **also})], by=TEST)
    return directory.Service.objects.get()


def new(patient: Patient, *, key: UUID | None = None, **also: Any) -> referrals.NewReferral:
    """A nurse's referral of this patient."""
    facts = {"source": "nurse", "reason": "Knee pain for a year", **also}
    return referrals.NewReferral(service_slug="msk", patient_id=patient.pk, form_key=key or uuid4(), **facts)


def desk() -> tuple[Access, Patient]:
    """Somebody at a practice and a patient of theirs with a telephone."""
    here = factories.practice()
    return factories.person(here)[1], factories.patient(here, mobile="+447700900111", needs=("Large print",))


@pytest.mark.parametrize("source", ["gp", "nurse", "ahp", "social_care", "other_health"])
def test_whoever_may_refer_does_and_triage_has_it_at_once(source: str) -> None:
    msk = service()
    access, sam = desk()
    made = referrals.refer(access=access, new=new(sam, source=source, answers={"since": "a year", "who": "me"}))
    assert (made.state, made.source, made.referrer_ods, made.patient_id) == (
        "AWAITING_TRIAGE",
        source,
        "Y99002",
        sam.pk,
    )
    assert made.intake.answers == {"How long it has been so": "a year"}
    # Name, date of birth, NHS number, telephone, practice and what they need are known.
    assert (made.intake.saved, made.intake.questions) == (6, 14)
    assert "MSK service" in Entry.objects.get(patient=sam, kind="referral").text
    assert CareRelationship.objects.filter(patient=sam, organisation=msk.organisation_id, kind="referred").exists()


@pytest.mark.parametrize(
    "wrong", [{"source": "self"}, {"source": "inherited"}, {"source": ""}, {"reason": "  "}, {"service_slug": "none"}]
)
def test_what_is_wrong_is_said_and_nothing_is_made(wrong: dict[str, str]) -> None:
    service()
    access, sam = desk()
    facts: dict[str, Any] = {"service_slug": "msk", "source": "gp", "reason": "Knee", **wrong}
    with pytest.raises(referrals.NotDone):
        referrals.refer(access=access, new=referrals.NewReferral(patient_id=sam.pk, form_key=uuid4(), **facts))
    assert not Referral.objects.exists()


def test_a_child_is_not_sent_to_a_service_for_adults() -> None:
    service()
    access, _ = desk()
    child = factories.patient(factories.practice(), "Kai", born_on=date(clock.today().year - 10, 1, 1))
    with pytest.raises(referrals.NotDone, match="for others"):
        referrals.refer(access=access, new=new(child))


def test_the_same_form_twice_is_one_referral() -> None:
    service()
    access, sam = desk()
    key = uuid4()
    assert referrals.refer(access=access, new=new(sam, key=key)) == referrals.refer(
        access=access, new=new(sam, key=key)
    )
    other = factories.patient(factories.practice(), "Ada")
    with pytest.raises(referrals.NotDone):
        referrals.refer(access=access, new=new(other, key=key))
    assert Referral.objects.count() == 1


def test_one_that_is_open_is_shown_first_and_linked_when_it_is_meant() -> None:
    service()
    access, sam = desk()
    first = referrals.refer(access=access, new=new(sam))
    with pytest.raises(referrals.OpenAlready) as told:
        referrals.refer(access=access, new=new(sam))
    assert told.value.twin == first
    second = referrals.refer(access=access, new=new(sam, anyway=True))
    assert second.same_as == first
    Referral.objects.update(closed_at=clock.now(), closed_because="discharged")
    assert referrals.refer(access=access, new=new(sam)).same_as is None


def test_files_come_along_or_nothing_does() -> None:
    service()
    access, sam = desk()
    good = referrals.NewFile("letter.pdf", b"%PDF-1.7")
    with pytest.raises(referrals.NotDone):
        referrals.refer(access=access, new=new(sam, files=[good, referrals.NewFile("run.exe", b"MZ")]))
    made = referrals.refer(access=access, new=new(sam, files=[good, good]))
    assert made.attachments.count() == 1


def open_switch(msk: directory.Service) -> None:
    directory.switch_self_referral(
        service_id=msk.pk, opens=True, reason="Caught up", agreement_on=clock.today(), by=TEST
    )


def test_a_patient_refers_themselves_only_while_the_switch_is_open_and_no_sign_is_so() -> None:
    msk = service()
    _, sam = desk()
    me = Access.of_patient(sam.pk)
    with pytest.raises(referrals.NotDone, match="at the moment"):
        referrals.refer_myself(access=me, new=new(sam), none_of_these=True)
    open_switch(msk)
    with pytest.raises(referrals.NotDone, match="signs"):
        referrals.refer_myself(access=me, new=new(sam), none_of_these=False)
    made = referrals.refer_myself(access=me, new=new(sam, priority="urgent", stream_id=1), none_of_these=True)
    assert (made.source, made.priority, made.stream, made.referrer_ods) == ("self", "routine", None, "")


def test_strangers_refer_nobody() -> None:
    msk = service()
    access, sam = desk()
    open_switch(msk)
    elsewhere = factories.person(factories.practice("Y99003", "Marfleet Lane Practice"))[1]
    ada = factories.patient(factories.practice(), "Ada")
    with pytest.raises(Patient.DoesNotExist):
        referrals.refer(access=elsewhere, new=new(sam))
    for other in (Access.of_patient(ada.pk), access):
        with pytest.raises(NotPermitted):
            referrals.refer_myself(access=other, new=new(sam), none_of_these=True)
    with pytest.raises(NotPermitted):
        referrals.refer(access=Access.of_patient(sam.pk), new=new(sam))
    assert not Referral.objects.exists()
