"""A date by which people will have heard: said on receipt, said anew when it moves, owned up to once when it is missed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from onedoor import factories
from onedoor.directory.api import Service
from onedoor.documents.models import Delivery, Document
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access
from onedoor.messaging.models import Message, State
from onedoor.messaging.tests.sending_factories import account
from onedoor.referrals.api import back_test, missed, take_referrals
from onedoor.referrals.models import HeardBy, Referral
from onedoor.referrals.tests.waiting import MONDAY, at, decided_after, refer, row, service
from onedoor.tasks.models import Task

pytestmark = pytest.mark.django_db


def say(day: date) -> None:
    """What the sweep says on this day."""
    with clock.at(at(day, 8)):
        jobs.run_once("referrals.say_heard_by")


def own_up(day: date) -> None:
    """What the sweeps say and own up to on this day."""
    say(day)
    with clock.at(at(day, 8)):
        jobs.run_once("referrals.own_up")


def said(referral: Referral) -> list[HeardBy]:
    """All that was said of it, in order."""
    return list(HeardBy.objects.filter(referral=referral).order_by("id"))


def test_a_date_is_said_on_receipt_from_the_services_own_figures_and_kept() -> None:
    msk = service()
    decided_after(msk, [2, 5])
    new = refer(msk, MONDAY)
    say(MONDAY)
    [one] = said(new)
    # Half after two days, the other half after five: eight of ten hear from the second day to the fifth.
    assert (one.earliest, one.latest, one.by, one.own) == (
        MONDAY + timedelta(days=2),
        MONDAY + timedelta(days=5),
        date(2026, 12, 14),
        True,
    )
    # Of each of the last days one or two still wait, all of them before the new one.
    assert one.waiting_before == Referral.objects.filter(service=msk, triaged_at=None).count() - 1
    assert one.per_week == 14
    say(MONDAY)
    say(MONDAY + timedelta(days=1))
    assert len(said(new)) == 1, "a date that did not move is not said again"


def test_without_figures_it_is_what_e_rs_promises() -> None:
    msk = service()
    routine, urgent = refer(msk, MONDAY), refer(msk, MONDAY, priority="urgent")
    say(MONDAY)
    assert [one.by for one in said(routine)] == [date(2027, 1, 18)]
    assert [(one.by, one.own) for one in said(urgent)] == [(date(2026, 12, 14), False)]


def test_urgent_ones_are_told_from_what_urgent_ones_waited() -> None:
    msk = service()
    decided_after(msk, [20])
    decided_after(msk, [1], priority="urgent")
    urgent, routine = refer(msk, MONDAY, priority="urgent"), refer(msk, MONDAY)
    say(MONDAY)
    assert [one.latest for one in said(urgent)] == [MONDAY + timedelta(days=1)]
    assert [one.latest for one in said(routine)] == [MONDAY + timedelta(days=20)]


def test_a_queue_that_grows_moves_the_date() -> None:
    msk = service()
    decided_after(msk, [10, 10, 10])
    new = refer(msk, MONDAY)
    say(MONDAY)
    # From Tuesday on three times as many come, and nobody is decided: what waits is more than it ever was.
    take_referrals(service=msk, rows=[row(MONDAY + timedelta(days=1 + n % 3)) for n in range(60)], by=TEST)
    say(MONDAY + timedelta(days=4))
    first, again = said(new)
    assert again.by > first.by
    assert again.waiting_before == first.waiting_before, "those who came later do not stand before them"


def test_whoever_was_decided_is_told_no_more() -> None:
    msk = service()
    new = refer(msk, MONDAY)
    say(MONDAY)
    take_referrals(
        service=msk,
        rows=[
            row(
                MONDAY,
                source_ref=new.source_ref,
                nhs_number=new.nhs_number,
                triaged_at=at(MONDAY, 15),
                outcome="inappropriate",
            )
        ],
        by=TEST,
    )
    say(MONDAY + timedelta(days=60))
    own_up(MONDAY + timedelta(days=60))
    assert len(said(new)) == 1
    assert not Task.objects.exists()


def test_of_an_appointment_nothing_is_promised_until_figures_show_how_long_it_takes() -> None:
    msk = service()
    decided_after(msk, [1])
    accepted = refer(msk, MONDAY, triaged_at=at(MONDAY, 12), outcome="accept", stream="Physiotherapy")
    say(MONDAY)
    assert said(accepted) == []
    offered = service("other", "Another Service")
    for back in range(60, 0, -1):
        came = MONDAY - timedelta(days=back)
        seen = came + timedelta(days=8)
        refer(
            offered,
            came,
            triaged_at=at(came, 12),
            outcome="accept",
            stream="Physiotherapy",
            first_offered_on=seen if seen < MONDAY else None,
        )
    waits = refer(offered, MONDAY, triaged_at=at(MONDAY, 12), outcome="accept", stream="Physiotherapy")
    say(MONDAY)
    [one] = said(waits)
    assert (one.what, one.earliest, one.latest) == (
        "appointment",
        MONDAY + timedelta(days=8),
        MONDAY + timedelta(days=8),
    )


def missed_one(msk: Service) -> tuple[Referral, date]:
    """Sam's urgent referral, and the day on which the date that Sam was told is past."""
    practice = factories.practice()
    account(msk.organisation)
    sam = factories.patient(practice, mobile="+447700900141")
    referral = refer(msk, MONDAY, patient=sam, priority="urgent")
    say(MONDAY)
    return referral, said(referral)[0].by + timedelta(days=1)


def test_a_missed_date_is_owned_up_to_once_to_patient_and_service() -> None:
    msk = service()
    referral, day = missed_one(msk)
    own_up(day - timedelta(days=1))
    assert not Task.objects.exists(), "on the day itself it is not past"
    for _ in range(2):
        own_up(day)
    text = Message.objects.get()
    assert (text.state, text.patient_id) == (State.QUEUED, referral.patient_id)
    assert "by Monday 14 December 2026. You have not, and we are sorry" in text.body
    for word in (msk.name, "Physio", "Sam", "referral", "clinic"):
        assert word not in text.body, "a shared telephone learns nothing of what it is about"
    letter = Document.objects.get()
    assert (letter.kind, letter.subject_id) == ("apology", referral.pk)
    assert letter.facts["missed_on"] == (day - timedelta(days=1)).isoformat()
    assert letter.facts["by_when"] == said(referral)[-1].by.isoformat()
    assert ways() == {"page"}, "they have had a text"
    assert not letter.letter["copies"], "no copy is named that goes to nobody"
    task = Task.objects.get()
    assert (task.kind, task.organisation_id) == ("heard_by_missed", msk.organisation_id)
    assert task.title == "Joint and Muscle Service: 1 person has not heard by the day we said"


def ways() -> set[str]:
    """By which ways letters go."""
    return set(Delivery.objects.values_list("way", flat=True))


def test_whoever_a_text_does_not_suit_is_told_by_post() -> None:
    msk = service()
    account(msk.organisation)
    sam = factories.patient(factories.practice(), mobile="+447700900142", needs=("Easyread",))
    refer(msk, MONDAY, patient=sam, priority="urgent")
    say(MONDAY)
    own_up(MONDAY + timedelta(days=8))
    assert Message.objects.get().state == State.SUPPRESSED
    assert ways() == {"page", "print"}


def test_a_second_missed_date_goes_to_the_service_and_not_to_the_patient_again() -> None:
    msk = service()
    referral, day = missed_one(msk)
    own_up(day)
    say(day)
    again = said(referral)[-1].by + timedelta(days=1)
    assert again > day
    own_up(again)
    assert Message.objects.count() == 1
    assert Task.objects.count() == 2


def test_somebody_whom_no_list_has_brought_is_still_told_of_to_the_service() -> None:
    msk = service()
    refer(msk, MONDAY, priority="urgent")
    refer(msk, MONDAY, priority="urgent")
    say(MONDAY)
    own_up(MONDAY + timedelta(days=8))
    assert Task.objects.get().title == "Joint and Muscle Service: 2 people have not heard by the day we said"
    assert not Message.objects.exists()


def test_the_back_test_knows_in_the_morning_what_was_known_then() -> None:
    msk = service()
    decided_after(msk, [2, 5])
    everything = Access.system("test")
    scores = back_test(everything, msk, MONDAY - timedelta(days=20), MONDAY - timedelta(days=10))
    assert {score.own for score in scores} == {True}
    assert sum(score.said for score in scores) == 22
    assert sum(score.in_range for score in scores) == 22
    assert sum(score.kept for score in scores) == 22
    _, stranger = factories.person(factories.practice())
    assert back_test(stranger, msk, MONDAY - timedelta(days=20), MONDAY) == []


def test_who_is_missed_is_known_to_the_service_until_they_hear() -> None:
    msk = service()
    referral, day = missed_one(msk)
    refer(msk, MONDAY, priority="urgent")
    say(MONDAY)
    own_up(day)
    say(day)
    _, here = factories.person(msk.organisation)
    _, elsewhere = factories.person(factories.practice("Y99003", "Marfleet Lane Practice"))
    with clock.at(at(day, 10)):
        assert [(one.name, one.what, one.said, one.nobody_told) for one in missed(here)] == [
            ("Sam Hollis", "decision", day - timedelta(days=1), False),
            ("", "decision", day - timedelta(days=1), True),
        ]
        assert all(one.by > day for one in missed(here))
        assert missed(elsewhere) == missed(Access.nobody()) == []
        Referral.objects.filter(pk=referral.pk).update(closed_at=clock.now(), closed_because="withdrawn")
        assert [one.name for one in missed(here)] == [""]
    with clock.at(at(day - timedelta(days=1), 10)):
        assert missed(here) == []
