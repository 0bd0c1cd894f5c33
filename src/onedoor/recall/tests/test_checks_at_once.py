"""Check forms that arrive in the same moment, on connections of their own."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier, Event
from uuid import uuid4

import pytest
from django.db import connection, transaction

from onedoor import factories
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Role
from onedoor.patients.models import CareRelationship
from onedoor.recall import api as recall
from onedoor.recall import rules_checks as rules
from onedoor.recall.models import Known, Stale
from onedoor.records import api as records

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

NOW = datetime(2026, 12, 9, 9, 0, tzinfo=clock.LONDON)
PRESSURE = {"bp": {"systolic": "128", "diastolic": "82"}}


def at_once(access: Access, patient_id: int, forms: list[recall.CheckForm]) -> list[recall.ChecksSaved]:
    """Every form from a thread of its own, all let go together."""
    together = Barrier(len(forms))

    def send(form: recall.CheckForm) -> recall.ChecksSaved:
        try:
            together.wait(10)
            with clock.at(NOW):
                return recall.save_checks(access=access, patient_id=patient_id, form=form)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(forms)) as pool:
        return list(pool.map(send, forms))


def form(typed: Mapping[str, Mapping[str, str]]) -> recall.CheckForm:
    """As an empty page sends it."""
    return recall.CheckForm(uuid4(), "smi", typed, dict.fromkeys(typed, f"0.{rules.mark({})}"))


def test_a_double_tap_is_one_visit_and_one_reading() -> None:
    here = factories.practice()
    access, sam = factories.person(here, Role.HEALTH_CARE_ASSISTANT)[1], factories.patient(here)
    sent = form(PRESSURE)
    for saved in at_once(access, sam.pk, [sent, sent, sent]):
        assert saved.sound
    assert recall.CheckVisit.objects.count() == 1
    assert len(records.timeline(access, sam.pk, kind="check")) == 2


def test_two_who_begin_together_share_one_visit_and_neither_is_lost_unseen() -> None:
    here = factories.practice()
    access, sam = factories.person(here, Role.HEALTH_CARE_ASSISTANT)[1], factories.patient(here)
    other = {"bp": {"systolic": "140", "diastolic": "90"}, "smoking": {"status": "never"}}
    results = at_once(access, sam.pk, [form(PRESSURE), form(other)])
    assert recall.CheckVisit.objects.count() == 1
    assert sorted(key for saved in results for key in saved.changed) == ["bp", "smoking"]
    assert [key for saved in results for key in saved.meanwhile] == ["bp"]
    assert len(records.timeline(access, sam.pk, kind="check")) == 3


def test_a_save_does_not_wait_for_a_batch_that_holds_the_persons_rows() -> None:
    here = factories.practice()
    access, sam = factories.person(here, Role.HEALTH_CARE_ASSISTANT)[1], factories.patient(here)
    with clock.at(NOW):
        recall.bring_up_to_date()
        recall.save_checks(access=access, patient_id=sam.pk, form=form({"smoking": {"status": "never"}}))
    held, saved = Event(), Event()

    def batch() -> None:
        try:
            with transaction.atomic():
                list(Known.objects.select_for_update().filter(patient_id=sam.pk))
                Known.objects.filter(patient_id=sam.pk).update(since="2000-01-01")
                held.set()
                assert saved.wait(20)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        beside = pool.submit(batch)
        assert held.wait(10)
        try:
            with clock.at(NOW), transaction.atomic():
                CareRelationship.objects.filter(patient=sam).update(starts_on="2019-01-01")
                assert recall.save_checks(access=access, patient_id=sam.pk, form=form(PRESSURE)).changed == ("bp",)
        finally:
            saved.set()
        beside.result()
    assert len(records.timeline(access, sam.pk, kind="check")) == 3
    assert Stale.objects.filter(patient_id=sam.pk).exists()
    with clock.at(NOW):
        recall.bring_up_to_date()
    assert str(Known.objects.get(patient_id=sam.pk).since) == "2019-01-01"
