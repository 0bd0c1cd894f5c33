"""Letters about referrals: what is due is written once, to whom it is for, in the way that they can read."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from onedoor import factories
from onedoor.documents import api as documents
from onedoor.documents.models import Delivery, Document, Recipient
from onedoor.kernel import clock
from onedoor.kernel.clock import LONDON
from onedoor.messaging.models import Message, State
from onedoor.messaging.tests.sending_factories import account
from onedoor.referrals import api as referrals
from onedoor.referrals import jobs
from onedoor.referrals.actions.letters import by_when
from onedoor.referrals.api import Verdict
from onedoor.referrals.models import Decision, Referral
from onedoor.referrals.tests.factories import Place, referral
from onedoor.referrals.tests.factories import place as any_place
from onedoor.tasks.models import Task

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 12, 7, 9, 0, tzinfo=LONDON)
MOBILE = "+447700900111"


def place() -> Place:
    """A service that can be rung and sends texts."""
    at = any_place(phone="01632 960110")
    account(at.service.organisation)
    return at


def decided(at: Place, **says: Any) -> Referral:
    """A referral whose decision has taken effect, and its letters written."""
    person = factories.patient(at.practice, mobile=says.pop("mobile", MOBILE), needs=says.pop("needs", ()))
    person.language = says.pop("language", "")
    person.save()
    with clock.at(MONDAY):
        one = referral(at, person)
        referrals.decide(access=at.ada, ref=one.ref, verdict=Verdict(**says))
    later = MONDAY + timedelta(minutes=16)
    with clock.at(later):
        jobs.take_effect()
        jobs.write_letters()
    return one


def letter(one: Referral, kind: str) -> Document:
    """The current letter of a kind."""
    return Document.objects.get(subject="referral", subject_id=one.pk, kind=kind, current=True)


def words(document: Document) -> str:
    """All that it says."""
    return " ".join(
        sentence for block in document.letter["blocks"] for sentence in (*block["said"], *map(" ".join, block["rows"]))
    )


def test_both_letters_say_who_books_and_by_when() -> None:
    at = place()
    one = decided(at, outcome="accept", stream_id=at.streams[0].pk)
    for kind in ("triage_patient", "triage_gp"):
        said = words(letter(one, kind))
        assert "MSK service" in said
        assert "Physiotherapy" in said
        # Forty days, where the queue does not tell.
        assert "16\u00a0January 2027" in said
    assert "We book it" in words(letter(one, "triage_patient"))


def test_letters_wait_while_a_decision_can_be_taken_back() -> None:
    at = place()
    with clock.at(MONDAY):
        one = referral(at, factories.patient(at.practice, mobile=MOBILE))
        referrals.decide(access=at.ada, ref=one.ref, verdict=Verdict(outcome="accept", stream_id=at.streams[0].pk))
        jobs.take_effect()
        jobs.write_letters()
    assert not Document.objects.exists()


def test_letters_are_written_once() -> None:
    one = decided(at := place(), outcome="accept", stream_id=at.streams[0].pk)
    with clock.at(MONDAY + timedelta(hours=1)):
        jobs.write_letters()
    assert Document.objects.filter(subject_id=one.pk).count() == 2


def test_a_practice_reads_where_its_patient_goes_and_whether_it_is_to_book() -> None:
    at = place()
    one = decided(
        at,
        outcome="onward",
        onward_service="Orthopaedics",
        who_books="gp",
        options="Wexcombe General\nSt Anne's",
    )
    said = words(letter(one, "triage_gp"))
    assert "Orthopaedics" in said
    assert "Wexcombe General" in said
    assert "e-RS" in said
    # Three working days.
    assert "10\u00a0December 2026" in said


def test_somebody_with_a_mobile_is_texted_a_link_that_names_nothing() -> None:
    at = place()
    one = decided(at, outcome="accept", stream_id=at.streams[0].pk)
    [text] = Message.objects.all()
    assert text.body.startswith("There is a letter for you. Read it here: ")
    assert "MSK" not in text.body
    assert not Delivery.objects.filter(way="message", state="waiting").exists()
    assert Recipient.objects.get(document=letter(one, "triage_patient"), role="patient").format == "standard"


@pytest.mark.parametrize("state", [State.SUPPRESSED, State.UNREACHED, State.DEAD_NUMBER, State.EXPIRED])
def test_a_letter_whose_text_reached_nobody_goes_by_post(state: State) -> None:
    at = place()
    one = decided(at, outcome="accept", stream_id=at.streams[0].pk)
    to = Recipient.objects.get(document=letter(one, "triage_patient"), role="patient")
    Message.objects.update(state=state)
    with clock.at(MONDAY + timedelta(days=1)):
        jobs.write_letters()
        jobs.write_letters()
    assert to.deliveries.get(way="message").because == "the text did not arrive"
    assert to.deliveries.filter(way="print").count() == 1


def test_a_service_that_sends_no_texts_posts_its_letters() -> None:
    at = any_place(phone="01632 960110")
    decided(at, outcome="accept", stream_id=at.streams[0].pk)
    assert Delivery.objects.get(way="message").because == "the text did not arrive"
    assert Delivery.objects.filter(way="print").exists()


def test_a_letter_whose_text_arrived_is_not_posted_too() -> None:
    at = place()
    decided(at, outcome="accept", stream_id=at.streams[0].pk)
    Message.objects.update(state=State.DELIVERED)
    with clock.at(MONDAY + timedelta(days=1)):
        jobs.write_letters()
    assert not Delivery.objects.filter(way="print").exists()


@pytest.mark.parametrize(
    ("need", "layout"), [("Easyread", "easyread"), ("Large print", "large20"), ("Interpreter", "standard")]
)
def test_needs_go_before_texts(need: str, layout: str) -> None:
    at = place()
    one = decided(at, outcome="accept", stream_id=at.streams[0].pk, needs=(need,))
    to = Recipient.objects.get(document=letter(one, "triage_patient"), role="patient")
    assert to.format == layout
    assert set(to.deliveries.values_list("way", flat=True)) == {"page", "print"}
    assert not Message.objects.exists()


def test_a_need_that_print_does_not_meet_is_somebodys_work() -> None:
    at = place()
    one = decided(at, outcome="accept", stream_id=at.streams[0].pk, needs=("Braille",))
    [asked] = Task.objects.filter(kind="letter_otherwise", subject_id=one.pk)
    assert "Braille" in asked.detail
    assert letter(one, "triage_patient")


@pytest.mark.parametrize(
    ("language", "tag", "asked"),
    [
        ("English", "en-GB", ""),
        ("Not known", "en-GB", ""),
        ("Polish", "pl-PL", ""),
        ("pl", "pl-PL", ""),
        ("Urdu", "en-GB", "a letter in Urdu"),
        ("Elvish", "en-GB", "a letter in Elvish"),
    ],
)
def test_a_patient_reads_their_own_language_or_somebody_sees_to_it(language: str, tag: str, asked: str) -> None:
    at = place()
    one = decided(at, outcome="accept", stream_id=at.streams[0].pk, language=language)
    assert letter(one, "triage_patient").letter["language"] == tag
    assert letter(one, "triage_gp").letter["language"] == "en-GB"
    found = [task.detail for task in Task.objects.filter(kind="letter_otherwise", subject_id=one.pk)]
    assert len(found) == bool(asked)
    assert all(asked in detail for detail in found)


def test_nobody_who_has_died_is_written_to_and_their_practice_is() -> None:
    at = place()
    person = factories.patient(at.practice, deceased=True)
    with clock.at(MONDAY):
        one = referral(at, person)
        referrals.decide(access=at.ada, ref=one.ref, verdict=Verdict(outcome="accept", stream_id=at.streams[0].pk))
    with clock.at(MONDAY + timedelta(hours=1)):
        jobs.take_effect()
        jobs.write_letters()
    assert [d.kind for d in Document.objects.filter(subject_id=one.pk)] == ["triage_gp"]


def test_a_letter_that_lacks_something_is_work_that_names_it() -> None:
    at = place()
    at.service.phone = ""
    at.service.save()
    one = decided(at, outcome="accept", stream_id=at.streams[0].pk)
    assert not Document.objects.exists()
    found = Task.objects.filter(kind="letter_unwritten", subject_id=one.pk)
    assert found.count() == 2
    assert "contact" in found[0].detail


def test_a_discharge_is_told_with_its_outcome() -> None:
    at = place()
    one = decided(at, outcome="accept", stream_id=at.streams[0].pk)
    with clock.at(MONDAY + timedelta(days=30)):
        referrals.discharge(access=at.ada, ref=one.ref, outcome="finished", note="Keep up the exercises.")
        jobs.write_letters()
        jobs.write_letters()
    assert "Keep up the exercises." in words(letter(one, "discharge"))
    assert Document.objects.filter(kind="discharge").count() == 1


def test_a_letter_names_a_copy_only_where_the_practice_can_read_it() -> None:
    at = place()
    one = decided(at, outcome="accept", stream_id=at.streams[0].pk)
    with clock.at(MONDAY + timedelta(days=30)):
        referrals.discharge(access=at.ada, ref=one.ref, outcome="finished", note="")
        jobs.write_letters()

    def goes_to(kind: str) -> set[str]:
        return set(Recipient.objects.filter(document=letter(one, kind)).values_list("role", flat=True))

    assert letter(one, "triage_patient").letter["copies"] == []
    assert goes_to("triage_patient") == {"patient"}
    assert letter(one, "discharge").letter["copies"] == [at.practice.name]
    assert goes_to("discharge") == {"patient", "practice"}
    mine = documents.of_patient(at.desk, one.patient_id or 0)
    assert [line.title for line in mine][:1] == ["The end of your care with us"]


@pytest.mark.parametrize(
    ("outcome", "who", "day"),
    [
        ("accept", "us", date(2027, 1, 16)),
        ("urgent", "us", date(2026, 12, 17)),
        ("onward", "gp", date(2026, 12, 10)),
        ("smoking", "patient", date(2026, 12, 21)),
        ("advice", "nobody", None),
    ],
)
def test_the_day_that_a_letter_says(outcome: str, who: str, day: date | None) -> None:
    at = place()
    with clock.at(MONDAY):
        one = referral(at)
    decision = Decision(referral=one, outcome=outcome, decided_at=MONDAY)
    assert by_when(decision, who) == day
