"""Where a referral is: what was done, now and next, by when, and who to ring; for those who may know it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.directory.api import Service
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, Role
from onedoor.patients.models import Patient
from onedoor.referrals.api import Where, take_pathways, where_is
from onedoor.referrals.tests.waiting import MONDAY, at, decided_after, refer, service
from onedoor.referrals.types import PathwayRow

pytestmark = pytest.mark.django_db


@pytest.fixture
def msk() -> Service:
    """The service."""
    return service()


@pytest.fixture
def sam() -> Patient:
    """A patient of the practice that refers."""
    return factories.patient(factories.practice())


def where(sam: Patient, days: int = 0) -> Where:
    """Where Sam's only referral is, so many days after Monday, as Sam reads it."""
    with clock.at(at(MONDAY + timedelta(days=days), 10)):
        jobs.run_once("referrals.say_heard_by")
        [one] = where_is(Access.of_patient(sam.pk), sam.pk)
    return one


def test_a_new_referral(msk: Service, sam: Patient) -> None:
    decided_after(msk, [2, 5])
    referral = refer(msk, MONDAY, patient=sam)
    found = where(sam)
    assert found.done == ((MONDAY, "Your GP practice asked us to help you."),)
    assert found.now == "Your referral is in our line to be read."
    assert found.next == "We read it and choose the right care for you. Then we write to you."
    assert found.hear == (
        "You should hear by Monday 14 December 2026.",
        "Most people hear between 9 December and 12 December.",
        "The NHS rule says 16 January at the latest.",
    )
    assert (found.heard_by, found.promised) == (MONDAY + timedelta(days=7), MONDAY + timedelta(days=40))
    assert (found.ring.name, found.ring.phone) == ("Joint and Muscle Service", "01632 960500")
    assert found.holder == found.ring
    assert (found.ref, found.open, found.missed) == (referral.ref, True, False)


def test_a_date_that_is_past_is_never_shown_as_if_it_were_ahead(msk: Service, sam: Patient) -> None:
    refer(msk, MONDAY, patient=sam, priority="urgent")
    first = where(sam).heard_by
    assert first is not None
    # A minute after midnight, before the sweep has said another.
    with clock.at(at(first + timedelta(days=1), 0)):
        [between] = where_is(Access.of_patient(sam.pk), sam.pk)
    assert between.hear == (
        "We said that you would hear by Monday 14 December 2026. You have not, and we are sorry.",
        "We cannot yet say when. Ring us if you want to know more.",
    )
    later = where(sam, days=8)
    assert later.missed
    assert later.hear[0] == "We said that you would hear by Monday 14 December 2026. You have not, and we are sorry."
    assert later.hear[1] == "We now think that you will hear by Thursday 31 December 2026."


DECIDED = {"triaged_at": at(MONDAY, 12), "stream": "Physiotherapy"}


@pytest.mark.parametrize(
    ("more", "done", "now", "holder"),
    [
        (
            {**DECIDED, "outcome": "accept"},
            ["We read your referral and said yes."],
            "You are on our list for Physiotherapy.",
            "Joint and Muscle Service",
        ),
        (
            {**DECIDED, "outcome": "accept", "first_offered_on": MONDAY + timedelta(days=2)},
            ["We read your referral and said yes.", "We offered you a first time to be seen."],
            "We have offered you a first time to be seen.",
            "Joint and Muscle Service",
        ),
        (
            {**DECIDED, "outcome": "onward", "onward_decided_on": MONDAY},
            ["We read your referral. A hospital team is best for you."],
            "We are sending your referral to the hospital.",
            "Joint and Muscle Service",
        ),
        (
            {
                **DECIDED,
                "outcome": "onward",
                "onward_decided_on": MONDAY,
                "onward_sent_on": MONDAY + timedelta(days=1),
            },
            [
                "We read your referral. A hospital team is best for you.",
                "We sent your referral on to the hospital.",
            ],
            "The hospital has your referral.",
            "The hospital",
        ),
        (
            {**DECIDED, "outcome": "inappropriate"},
            [
                "We read your referral. This is not the right service for you.",
                "We sent your referral back to Wexcombe Road Surgery.",
            ],
            "We sent your referral back to Wexcombe Road Surgery.",
            "Wexcombe Road Surgery",
        ),
        (
            {**DECIDED, "outcome": "accept", "discharged_on": MONDAY + timedelta(days=30)},
            [
                "We read your referral and said yes.",
                "Your care with us came to its end. We wrote to Wexcombe Road Surgery.",
            ],
            "Your care with us has come to its end.",
            "Wexcombe Road Surgery",
        ),
    ],
)
def test_after_triage(msk: Service, sam: Patient, more: dict[str, Any], done: list[str], now: str, holder: str) -> None:
    refer(msk, MONDAY, patient=sam, **more)
    found = where(sam)
    assert [said for _, said in found.done[1:]] == done
    assert (found.now, found.holder.name) == (now, holder)
    # Of an appointment no figures are known, and of the rest nobody waits for us.
    assert found.heard_by is None


def test_what_was_taken_over_says_where_it_was_before(msk: Service, sam: Patient) -> None:
    assert sam.nhs_number
    take_pathways(
        service=msk,
        rows=[
            PathwayRow(
                row=1,
                source_ref="T00001",
                nhs_number=sam.nhs_number,
                from_provider="Acute trust",
                received_on=MONDAY - timedelta(days=200),
                clock_start=MONDAY - timedelta(days=200),
                stream="Physiotherapy",
                state="TRIAGED_PROVIDER_TO_ACTION",
                next_action="Book",
                next_action_due=MONDAY,
                referrer_ods="Y99002",
            )
        ],
        taken_over_on=MONDAY,
        by=TEST,
    )
    assert where(sam).done == (
        (MONDAY - timedelta(days=200), "Another service was asked to help you."),
        (MONDAY, "We took over your care. Your place in the line came with you."),
    )


def test_who_may_see_it(msk: Service, sam: Patient) -> None:
    refer(msk, MONDAY, patient=sam)
    _, at_the_practice = factories.person(factories.practice())
    _, at_the_service = factories.person(msk.organisation)
    _, elsewhere = factories.person(factories.practice("Y99003", "Marfleet Lane Practice"))
    other = factories.patient(factories.practice(), "Maud", "Ellery")
    for access in (Access.of_patient(sam.pk), at_the_practice, at_the_service, Access.system("test")):
        assert len(where_is(access, sam.pk)) == 1
    _, runs_it = factories.person(msk.organisation, Role.ADMINISTRATOR)
    for access in (elsewhere, runs_it, Access.of_patient(other.pk), Access.nobody()):
        assert where_is(access, sam.pk) == []


def test_open_ones_first_in_as_many_statements_as_for_one(msk: Service, sam: Patient) -> None:
    refer(msk, MONDAY - timedelta(days=400), patient=sam)
    me = Access.of_patient(sam.pk)
    with CaptureQueriesContext(connection) as one:
        where_is(me, sam.pk)
    refer(msk, MONDAY, patient=sam, **DECIDED, outcome="inappropriate")
    refer(msk, MONDAY - timedelta(days=30), patient=sam)
    with CaptureQueriesContext(connection) as three:
        found = where_is(me, sam.pk)
    assert [(where.open, where.received_on) for where in found] == [
        (True, MONDAY - timedelta(days=30)),
        (True, MONDAY - timedelta(days=400)),
        (False, MONDAY),
    ]
    assert len(three) == len(one)
