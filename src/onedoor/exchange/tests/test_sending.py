"""Documents to practices: made with the visit they tell of, gated when they go, followed until somebody has them (hazard H32)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.accounts.models import OrganisationRelation
from onedoor.documents import api as documents
from onedoor.exchange.itk import codes, read
from onedoor.exchange.mesh import actions as mesh
from onedoor.exchange.mesh import rules as mesh_rules
from onedoor.exchange.mesh import sending as mesh_sending
from onedoor.exchange.models import MeshMessage, SentAnswer, SentDocument, SentTry
from onedoor.exchange.sending import deciding, kinds, making, rules
from onedoor.exchange.tests.sent_documents import (
    Place,
    a_document,
    answer,
    compose,
    finish,
    mailbox,
    mesh_takes,
    place,
    report,
    sent,
    sent_quickly,
)
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.actor import Actor
from onedoor.messaging.tests.asking_factories import account, say
from onedoor.patients.models import CareRelationship, ContactPoint, Patient
from onedoor.questionnaires import api as questionnaires
from onedoor.recall import api as recall
from onedoor.recall.tests.test_checks import NOW, send
from onedoor.records.models import Coded
from onedoor.tasks import api as tasks

pytestmark = pytest.mark.django_db

BP = {"systolic": "128", "diastolic": "82"}


@pytest.fixture(autouse=True)
def wednesday() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def at() -> Place:
    return place()


def the_message(document: SentDocument) -> MeshMessage:
    document.refresh_from_db()
    assert document.message is not None
    return document.message


def work(at: Place) -> list[tuple[str, str]]:
    """What is asked of people about documents: kind and detail."""
    return [(one.kind, one.detail) for one in tasks.waiting(at.hca) if one.kind.startswith("document_")]


def end_work(at: Place, outcome: str, note: str = "") -> None:
    one = next(one for one in tasks.waiting(at.hca) if one.kind.startswith("document_"))
    tasks.complete(access=at.hca, ref=one.ref, outcome=outcome, note=note)


# Made with the visit


def test_a_finished_visit_at_a_trust_is_on_its_way_to_the_practice_with_its_results(at: Place) -> None:
    document = a_document(at)
    compose()
    message = the_message(document)
    carried = read.document(bytes(message.content))

    assert (document.practice, document.version, document.state) == (at.practice, 1, "waiting")
    assert (message.to, message.workflow) == ("Y99002OT001", codes.SEND_DOCUMENT)
    assert (carried.sender.ods, carried.recipient.ods) == ("Y99902", "Y99002")
    assert (carried.patient.nhs_number, carried.bundle_id) == (at.sam.nhs_number, str(document.bundle_id))
    assert carried.files[0].content.startswith(b"%PDF")
    *results, asked = carried.entries
    assert [(one.code, one.value, one.unit) for one in results] == [
        ("271649006", 128.0, "mm[Hg]"),
        ("271650006", 82.0, "mm[Hg]"),
    ]
    # What the document asks of the practice stands beside the results too, without a code.
    assert (asked.code, asked.value, asked.day) == ("", None, NOW.date())
    assert asked.text.startswith("Still due, please offer: ")
    assert asked.text in str(document.document.letter)
    assert at.sam.nhs_number
    assert at.sam.nhs_number not in str(message.ref)
    mesh_takes(document)
    document.refresh_from_db()
    assert document.state == "sent"


def test_no_document_is_made_of_a_visit_at_a_practice_or_of_one_in_which_nothing_is_saved(at: Place) -> None:
    _, own = factories.person(at.practice, Role.HEALTH_CARE_ASSISTANT)
    send(own, at.sam, {"bp": BP}, close=True, missing_ok=True)
    assert finish(at, smoking={"status": "never"}) is not None
    assert SentDocument.objects.get().organisation == at.trust


def test_who_is_registered_where_the_visit_was_needs_no_document(at: Place) -> None:
    CareRelationship.objects.filter(patient=at.sam, kind="registered").update(organisation=at.trust)
    assert finish(at, bp=BP) is None


def test_a_correction_is_a_new_version_that_says_which_it_replaces(at: Place) -> None:
    first = sent(at)
    answer(at, first, "20013")
    visit = recall.CheckVisit.objects.get()
    assert recall.open_checks_again(access=at.hca, visit_ref=visit.ref)
    second = finish(at, bp={"systolic": "126", "diastolic": "80"})
    assert second is not None
    first.refresh_from_db()
    assert (second.version, second.replaces, first.state) == (2, first, "replaced")
    compose()
    carried = read.document(bytes(the_message(second).content))
    assert carried.replaces_identifier == str(first.document_identifier)
    assert "This replaces our earlier document" in str(second.document.letter)


def corrected(at: Place) -> SentDocument:
    assert recall.open_checks_again(access=at.hca, visit_ref=recall.CheckVisit.objects.get().ref)
    second = finish(at, bp={"systolic": "126", "diastolic": "80"})
    assert second is not None
    return second


def test_a_correction_names_what_was_delivered_at_the_second_try(at: Place) -> None:
    first = sent(at)
    answer(at, first, "20001")
    end_work(at, "again")
    compose()
    mesh_takes(first)
    answer(at, first, "30001")
    second = corrected(at)
    compose()
    carried = read.document(bytes(the_message(second).content))
    assert carried.replaces_identifier == str(first.document_identifier)


def test_a_practice_that_never_had_the_earlier_version_is_not_told_that_it_is_replaced(at: Place) -> None:
    answer(at, sent(at), "30001")
    other = factories.practice("Y99101", "Another Surgery")
    CareRelationship.objects.filter(patient=at.sam, kind="registered").update(organisation=other)
    second = corrected(at)
    compose()
    assert read.document(bytes(the_message(second).content)).replaces_identifier == ""
    assert "This replaces our earlier document" not in str(second.document.letter)


def test_finished_once_more_with_nothing_changed_there_is_no_new_document(at: Place) -> None:
    sent(at)
    visit = recall.CheckVisit.objects.get()
    assert recall.open_checks_again(access=at.hca, visit_ref=visit.ref)
    finish(at)
    assert SentDocument.objects.count() == 1


def test_a_version_that_never_went_is_not_named_as_replaced(at: Place) -> None:
    a_document(at)
    recall.open_checks_again(access=at.hca, visit_ref=recall.CheckVisit.objects.get().ref)
    second = finish(at, bp={"systolic": "126", "diastolic": "80"})
    compose()
    assert second is not None
    assert read.document(bytes(the_message(second).content)).replaces_identifier == ""
    assert MeshMessage.objects.count() == 1


def test_a_version_that_lies_in_the_outbox_is_taken_back_when_it_is_corrected(at: Place) -> None:
    first = a_document(at)
    compose()
    queued = the_message(first)
    second = corrected(at)
    queued.refresh_from_db()
    assert queued.state == "failed"
    compose()
    assert read.document(bytes(the_message(second).content)).replaces_identifier == ""
    assert MeshMessage.objects.filter(state="waiting").count() == 1


@pytest.mark.parametrize("composed", [True, False])
def test_a_version_that_went_and_is_to_go_once_more_is_named_by_its_correction(at: Place, composed: bool) -> None:
    first = sent(at)
    deciding.decide(access=at.hca, ref=first.ref, choice="again")
    if composed:
        compose()
    second = corrected(at)
    compose()
    assert read.document(bytes(the_message(second).content)).replaces_identifier == str(first.document_identifier)
    assert MeshMessage.objects.filter(state="waiting").count() == 1


def moves(at: Place) -> Organisation:
    """They are registered elsewhere from now on."""
    other = factories.practice("Y99101", "Another Surgery")
    mailbox(other, "Y99101OT001")
    CareRelationship.objects.filter(patient=at.sam, kind="registered").update(organisation=other)
    return other


def to_tell(at: Place) -> list[str]:
    """Whom somebody is asked to tell of a correction."""
    return [one.title for one in tasks.waiting(at.hca) if one.kind == "document_elsewhere"]


TELL_OLD = ["Tell Wexcombe Road Surgery that a document of ours was corrected"]


@pytest.mark.parametrize("has", ["accepted", "sent", "by_hand"])
def test_whoever_has_an_earlier_version_is_told_by_a_person_when_the_correction_goes_elsewhere(
    at: Place, has: str
) -> None:
    first = sent(at) if has != "by_hand" else a_document(at)
    if has == "accepted":
        answer(at, first, "30001")
    if has == "by_hand":
        deciding.decide(access=at.hca, ref=first.ref, choice="by_hand", note="taken there")
    moves(at)
    second = corrected(at)
    assert to_tell(at) == TELL_OLD
    [work] = [one for one in tasks.waiting(at.hca) if one.kind == "document_elsewhere"]
    assert work.due_at is not None
    assert (work.patient_id, "version 1 of" in work.detail) == (at.sam.pk, True)
    compose()
    assert to_tell(at) == TELL_OLD
    tasks.complete(access=at.hca, ref=work.ref, outcome="told")
    second.refresh_from_db()
    assert (second.state, to_tell(at)) == ("waiting", [])
    jobs.run_once("exchange.compose")
    assert to_tell(at) == []


@pytest.mark.parametrize("said", ["30002", "14"])
def test_whoever_does_not_have_it_is_told_nothing(at: Place, said: str) -> None:
    first = sent(at, collected=said != "14")
    if said == "14":
        report(first, said)
    else:
        answer(at, first, said)
    moves(at)
    corrected(at)
    compose()
    assert to_tell(at) == []


@pytest.mark.parametrize("where", ["elsewhere", "nowhere"])
def test_who_moves_while_a_correction_waits_has_the_old_practice_told(at: Place, where: str) -> None:
    sent(at)
    corrected(at)
    assert to_tell(at) == []
    if where == "elsewhere":
        moves(at)
    else:
        CareRelationship.objects.filter(patient=at.sam, kind="registered").delete()
    compose()
    assert to_tell(at) == TELL_OLD


def test_of_several_corrections_the_last_is_told_and_none_where_it_goes_after_all(at: Place) -> None:
    first = sent(at)
    other = moves(at)
    corrected(at)
    assert recall.open_checks_again(access=at.hca, visit_ref=recall.CheckVisit.objects.get().ref)
    third = finish(at, bp={"systolic": "124", "diastolic": "78"})
    assert third is not None
    assert to_tell(at) == TELL_OLD
    CareRelationship.objects.filter(patient=at.sam, organisation=other).update(organisation=at.practice)
    compose()
    assert to_tell(at) == []
    assert read.document(bytes(the_message(third).content)).replaces_identifier == str(first.document_identifier)


def test_back_where_the_first_version_is_the_correction_names_it(at: Place) -> None:
    first = sent(at)
    answer(at, first, "20013")
    other = moves(at)
    deciding.decide(access=at.hca, ref=first.ref, choice="again")
    compose()
    mesh_takes(first)
    CareRelationship.objects.filter(patient=at.sam, organisation=other).update(organisation=at.practice)
    second = corrected(at)
    compose()
    assert read.document(bytes(the_message(second).content)).replaces_identifier == str(first.document_identifier)
    assert to_tell(at) == ["Tell Another Surgery that a document of ours was corrected"]


def test_a_visit_left_open_goes_as_it_stands_within_three_hours_and_is_replaced_when_it_is_finished(at: Place) -> None:
    send(at.hca, at.sam, {"bp": BP})
    jobs.run_once("exchange.send_unfinished")
    assert not SentDocument.objects.exists()
    with clock.at(NOW + timedelta(hours=2, minutes=5)):
        jobs.run_once("exchange.send_unfinished")
        jobs.run_once("exchange.send_unfinished")
        first = SentDocument.objects.get()
        assert "Not finished" in str(first.document.letter)
        compose()
        mesh_takes(first)
        second = finish(at)
        assert second is not None
        assert (second.version, second.replaces) == (2, first)
        assert "Not finished" not in str(second.document.letter)


# Whether it may go


def died(at: Place) -> None:
    at.sam.deceased = True
    at.sam.save()


def hidden(at: Place) -> None:
    at.sam.restricted = True
    at.sam.save()


def gone(at: Place) -> None:
    CareRelationship.objects.filter(patient=at.sam, kind="registered").update(ends_on=date(2026, 12, 8))


def no_number(at: Place) -> None:
    at.sam.nhs_number = None
    at.sam.save()


@pytest.mark.parametrize(
    ("happens", "why"),
    [(died, "deceased"), (hidden, "restricted"), (gone, "left"), (no_number, "no_number")],
)
def test_nothing_goes_that_may_not_whatever_was_so_when_it_was_made(at: Place, happens: object, why: str) -> None:
    document = a_document(at)
    assert callable(happens)
    happens(at)
    compose()
    document.refresh_from_db()
    assert (document.state, document.because) == ("held", rules.HOLDS[why].words)
    assert not MeshMessage.objects.exists()
    [(kind, detail)] = work(at)
    assert kind == "document_held"
    assert rules.HOLDS[why].ask in detail
    compose()
    jobs.run_once("exchange.look_at_held")
    assert len(work(at)) == 1


def test_what_is_held_goes_by_itself_when_the_reason_ends(at: Place) -> None:
    hidden(at)
    document = a_document(at)
    compose()
    at.sam.restricted = False
    at.sam.save()
    jobs.run_once("exchange.look_at_held")
    compose()
    assert the_message(document).to == "Y99002OT001"
    assert work(at) == []


def test_one_reason_after_another_is_one_piece_of_work_that_says_what_is_so(at: Place) -> None:
    hidden(at)
    document = a_document(at)
    compose()
    at.sam.restricted = False
    died(at)
    jobs.run_once("exchange.look_at_held")
    document.refresh_from_db()
    assert document.because == rules.HOLDS["deceased"].words
    [(_, detail)] = work(at)
    assert rules.DIED in detail


def test_who_moved_before_it_went_gets_it_where_they_are_now(at: Place) -> None:
    document = a_document(at)
    other = factories.practice("Y99101", "Another Surgery")
    CareRelationship.objects.filter(patient=at.sam, kind="registered").update(organisation=other)
    compose()
    message = the_message(document)
    assert document.practice == other
    assert message.to == f"GPPROVIDER_{at.sam.nhs_number}_19800501_Hollis"
    shown = bytes(read.document(bytes(message.content)).files[0].content)
    assert shown != documents.file_of(Access.system("test"), document.document.ref, "standard")[1]


def test_the_paper_names_the_patient_as_the_message_does_when_it_goes(at: Place) -> None:
    document = a_document(at)
    whole = documents.file_of(Access.system("test"), document.document.ref, "standard")[1]
    at.sam.family_name = "Harker"
    at.sam.save()
    compose()
    carried = read.document(bytes(the_message(document).content))
    assert carried.patient.family == "Harker"
    shown = documents.facts_from_json(document.document.facts)
    now = documents.compose_letter(
        replace(shown, patient=replace(shown.patient, name=making.person_of(at.sam.pk).name))
    )
    assert bytes(carried.files[0].content) == documents.pdf(now) != whole


def test_without_a_mailbox_of_our_own_it_waits_for_whoever_runs_the_system(at: Place) -> None:
    at.trust.mailboxes.update(active=False)
    a_document(at)
    place_another(at)
    compose()
    jobs.run_once("exchange.look_at_held")
    assert [one.kind for one in tasks.waiting(at.hca) if one.kind.startswith("document")] == ["documents_no_mailbox"]
    mailbox(at.trust, "Y99902OT001")
    jobs.run_once("exchange.look_at_held")
    compose()
    assert MeshMessage.objects.count() == 2
    assert not [one for one in tasks.waiting(at.hca) if one.kind.startswith("document")]


@pytest.mark.parametrize("held", [False, True])
def test_one_with_facts_that_nobody_can_read_keeps_back_none_behind_it(at: Place, held: bool) -> None:
    at.trust.mailboxes.update(active=not held)
    bad = a_document(at)
    good = place_another(at)
    if held:
        compose()
        mailbox(at.trust, "Y99902OT001")
        jobs.run_once("exchange.look_at_held")
    bad.document.facts = {"nobody": "knows"}
    bad.document.save()
    compose()
    bad.refresh_from_db()
    assert (bad.state, bad.message, work(at)) == ("waiting", None, [])
    assert the_message(good).state == "waiting"


def test_one_that_cannot_be_set_is_held_and_those_behind_it_go(at: Place) -> None:
    at.sam.given_name = "名前"
    at.sam.save()
    bad = a_document(at)
    good = place_another(at)
    compose()
    bad.refresh_from_db()
    assert (bad.state, bad.because) == ("held", f"{rules.HOLDS['faulty'].words}: it cannot be set as a PDF")
    assert the_message(good).state == "waiting"


def place_another(at: Place) -> SentDocument:
    someone = factories.patient(at.practice, "Alex", "Marsh")
    CareRelationship.objects.create(patient=someone, organisation=at.trust, kind="caseload", starts_on=date(2020, 1, 1))
    send(at.hca, someone, {"bp": BP}, close=True, missing_ok=True)
    return SentDocument.objects.order_by("-pk")[0]


# What comes back


def test_three_acknowledgements_one_after_the_other(at: Place) -> None:
    document = sent(at, collected=False)
    assert (document.state, document.collected_at) == ("sent", None)
    mesh_again = the_message(document)
    from onedoor.exchange.mesh import actions as mesh

    mesh.move([mesh_again.pk], to="collected", by=TEST, collected_at=clock.now())
    document.refresh_from_db()
    assert document.collected_at == clock.now()
    answer(at, document, "20013")
    assert (document.state, document.read_code, document.accepted_at) == ("sent", "20013", None)
    answer(at, document, "30001")
    assert (document.state, document.accepted_code, work(at)) == ("delivered", "30001", [])


@pytest.mark.parametrize(
    ("code", "state", "kind"),
    [
        ("10001", "refused", "document_fault"),
        ("20001", "refused", "document_refused"),
        ("20002", "refused", "document_refused"),
        ("20003", "refused", "document_fault"),
        ("20004", "refused", "document_fault"),
        ("20005", "refused", "document_fault"),
        ("20006", "refused", "document_fault"),
        ("20009", "refused", "document_fault"),
        ("20010", "refused", "document_refused"),
        ("20011", "refused", "document_refused"),
        ("20012", "refused", "document_fault"),
        ("20014", "refused", "document_refused"),
        ("20015", "refused", "document_fault"),
        ("30002", "refused", "document_refused"),
        ("30003", "refused", "document_refused"),
        ("30005", "sent", "document_answer"),
        ("20099", "sent", "document_answer"),
        ("30001", "delivered", ""),
        ("30004", "delivered", ""),
        ("20013", "sent", ""),
        ("20007", "sent", ""),
        ("20008", "sent", ""),
        ("10009", "waiting", ""),
    ],
)
def test_each_code_does_what_the_table_says(at: Place, code: str, state: str, kind: str) -> None:
    document = sent_quickly(at)
    answer(at, document, code)
    assert (document.state, [one for one, _ in work(at)]) == (state, [kind] if kind else [])


def test_every_code_of_the_facts_has_an_outcome() -> None:
    assert {rules.means(code) for code in codes.RESPONSES} <= set(rules.CAME_OF_IT)
    assert rules.means("99999") == "person"


@pytest.mark.parametrize("order", [("20013", "30001"), ("30001", "20013"), ("30001", "20013", "20013", "30001")])
def test_answers_in_any_order_and_twice_change_nothing_twice(at: Place, order: tuple[str, ...]) -> None:
    document = sent_quickly(at)
    same = {code: str(uuid.uuid4()) for code in order}
    for code in order:
        answer(at, document, code, bundle_id=same[code])
    assert (document.state, document.read_code, document.accepted_code) == ("delivered", "20013", "30001")
    assert SentAnswer.objects.filter(document=document).count() == 2
    assert document.history.filter(to_state="delivered").count() == 1


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*codes.RESPONSES, "55555"]), min_size=1, max_size=5))
def test_whatever_comes_a_document_is_delivered_only_when_somebody_knows_the_patient(said: list[str]) -> None:
    with transaction.atomic():
        at = place()
        document = sent_quickly(at)
        for code in said:
            answer(at, document, code)
        if document.state == "delivered":
            assert {"30001", "30004"} & set(said)
            assert document.accepted_at is not None
        if document.state in ("refused", "held"):
            assert len(work(at)) == 1
        assert len(work(at)) <= 1
        transaction.set_rollback(True)


def test_what_they_cannot_read_goes_once_more_by_itself_and_then_to_a_person(at: Place) -> None:
    document = sent(at)
    answer(at, document, "10009", bundle_id=(first := str(uuid.uuid4())))
    compose()
    mesh_takes(document)
    answer(at, document, "10009", bundle_id=first)
    assert document.state == "sent"
    answer(at, document, "10009")
    assert (document.state, [kind for kind, _ in work(at)]) == ("refused", ["document_fault"])
    sends = [
        read.document(bytes(one.message.content))
        for one in SentTry.objects.filter(document=document).order_by("number")
    ]
    assert len({one.bundle_id for one in sends}) == len({one.document_identifier for one in sends}) == 1


def test_who_moved_meanwhile_gets_it_at_the_new_practice_without_anybody(at: Place) -> None:
    document = sent(at)
    other = factories.practice("Y99101", "Another Surgery")
    mailbox(other, "Y99101OT001")
    CareRelationship.objects.filter(patient=at.sam, kind="registered").update(organisation=other)
    before = document.bundle_id
    answer(at, document, "30003")
    compose()
    assert the_message(document).to == "Y99101OT001"
    assert document.bundle_id != before
    assert work(at) == []


def test_a_refusal_of_an_earlier_message_says_nothing_of_the_present_one(at: Place) -> None:
    document = sent(at)
    before = str(document.bundle_id)
    answer(at, document, "30002")
    end_work(at, "again")
    compose()
    mesh_takes(document)
    answer(at, document, "30002", responds_to=before)
    assert (document.state, work(at)) == ("sent", [])
    answer(at, document, "30001")
    assert document.state == "delivered"


@pytest.mark.parametrize(("code", "new"), [("30002", True), ("30003", True), ("20014", True), ("20001", False)])
def test_sent_again_after_they_answered_about_the_patient_it_is_a_document_of_its_own(
    at: Place, code: str, new: bool
) -> None:
    document = sent_quickly(at)
    before = document.document_identifier
    answer(at, document, code)
    end_work(at, "again")
    compose()
    carried = read.document(bytes(the_message(document).content))
    assert (carried.document_identifier != str(before)) is new


@pytest.mark.parametrize("gone", [True, False])
def test_a_yes_of_the_practice_that_they_left_says_nothing_of_the_new_one(at: Place, gone: bool) -> None:
    document = sent(at)
    before = str(document.bundle_id)
    other = factories.practice("Y99101", "Another Surgery")
    mailbox(other, "Y99101OT001")
    CareRelationship.objects.filter(patient=at.sam, kind="registered").update(organisation=other)
    answer(at, document, "30003")
    if gone:
        compose()
        mesh_takes(document)
    answer(at, document, "30001", responds_to=before)
    assert (document.state, document.accepted_at) == ("sent" if gone else "waiting", None)


def test_sent_again_unanswered_to_another_practice_it_has_another_identifier(at: Place) -> None:
    document = sent(at)
    before = document.bundle_id
    other = factories.practice("Y99101", "Another Surgery")
    mailbox(other, "Y99101OT001")
    CareRelationship.objects.filter(patient=at.sam, kind="registered").update(organisation=other)
    deciding.decide(access=at.hca, ref=document.ref, choice="again")
    compose()
    mesh_takes(document)
    answer(at, document, "30001", responds_to=str(before))
    assert (document.practice, document.state, document.bundle_id == before) == (other, "sent", False)


def test_a_refusal_while_it_is_in_the_outbox_again_is_brought_to_a_person(at: Place) -> None:
    document = sent(at)
    deciding.decide(access=at.hca, ref=document.ref, choice="again")
    compose()
    answer(at, document, "10009")
    assert (document.state, [kind for kind, _ in work(at)]) == ("refused", ["document_refused"])


@pytest.mark.parametrize(("code", "state"), [("30002", "refused"), ("10009", "refused"), ("30001", "delivered")])
def test_an_answer_takes_what_goes_once_more_out_of_the_outbox(at: Place, code: str, state: str) -> None:
    document = sent(at)
    deciding.decide(access=at.hca, ref=document.ref, choice="again")
    compose()
    queued = the_message(document)
    answer(at, document, code)
    queued.refresh_from_db()
    assert (document.state, document.message, queued.state) == (state, None, "failed")


def test_what_is_on_the_wire_when_it_is_refused_is_not_said_to_be_taken_back(at: Place) -> None:
    document = sent(at)
    deciding.decide(access=at.hca, ref=document.ref, choice="again")
    compose()
    queued = the_message(document)
    with transaction.atomic():
        mesh.move([queued.pk], to="sending", by=TEST)
    answer(at, document, "30002")
    queued.refresh_from_db()
    assert (document.state, document.message, queued.state) == ("refused", queued, "sending")


def test_a_yes_while_it_is_held_is_a_yes(at: Place) -> None:
    document = sent(at)
    deciding.decide(access=at.hca, ref=document.ref, choice="again")
    died(at)
    compose()
    document.refresh_from_db()
    assert document.state == "held"
    answer(at, document, "30001")
    assert (document.state, work(at)) == ("delivered", [])


@pytest.mark.parametrize("state", ["refused", "stopped"])
@pytest.mark.parametrize("outcome", ["has_it", "again"])
def test_a_late_yes_to_an_earlier_message_of_one_that_was_refused_since_is_for_a_person(
    at: Place, state: str, outcome: str
) -> None:
    document = sent_quickly(at)
    before = str(document.bundle_id)
    answer(at, document, "20001")
    end_work(at, "again")
    compose()
    mesh_takes(document)
    answer(at, document, "20001")
    if state == "stopped":
        end_work(at, "stopped")
        document.refresh_from_db()
    assert document.state == state
    answer(at, document, "30001", responds_to=before)
    assert (document.state, document.accepted_at, [kind for kind, _ in work(at)]) == (state, None, ["document_answer"])
    end_work(at, outcome)
    document.refresh_from_db()
    assert (document.state, work(at)) == ("by_hand" if outcome == "has_it" else "waiting", [])


@pytest.mark.parametrize(
    ("outcome", "state", "asked"), [("has_it", "by_hand", []), ("again", "held", ["document_held"])]
)
def test_an_answer_to_read_of_one_that_is_held_leaves_nobody_unasked(
    at: Place, outcome: str, state: str, asked: list[str]
) -> None:
    document = sent(at)
    deciding.decide(access=at.hca, ref=document.ref, choice="again")
    died(at)
    compose()
    answer(at, document, "30014")
    assert (document.state, [kind for kind, _ in work(at)]) == ("held", ["document_answer"])
    end_work(at, outcome)
    compose()
    document.refresh_from_db()
    assert (document.state, [kind for kind, _ in work(at)]) == (state, asked)


def test_a_copy_of_what_they_said_yes_to_is_delivered(at: Place) -> None:
    document = sent_quickly(at)
    before = str(document.bundle_id)
    answer(at, document, "20001")
    end_work(at, "again")
    compose()
    mesh_takes(document)
    report(document, "14")
    answer(at, document, "30001", responds_to=before)
    end_work(at, "again")
    compose()
    mesh_takes(document)
    answer(at, document, "20008")
    assert document.state == "delivered"


def test_an_answer_to_nothing_of_ours_is_kept_and_changes_nothing(at: Place) -> None:
    document = sent(at)
    arrival = answer(at, document, "30001", responds_to=str(uuid.uuid4()))
    assert (arrival.state, document.state) == ("refused", "sent")
    elsewhere = answer(at, document, "30001", mailbox_id="Y99002OT001")
    assert (elsewhere.state, document.state) == ("refused", "sent")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("14", "document_refused"),
        ("EPL-152", "document_refused"),
        ("EPL-151", "document_refused"),
        ("17", "document_fault"),
    ],
)
def test_what_mesh_could_not_pass_on_is_said_in_words_to_a_person(at: Place, code: str, kind: str) -> None:
    document = sent(at, collected=False)
    report(document, code)
    assert document.state == "refused"
    assert document.because.endswith(f"({code})")
    assert [one for one, _ in work(at)] == [kind]
    assert SentAnswer.objects.get(document=document).kind == "report"
    end_work(at, "again")
    compose()
    mesh_takes(document)
    document.refresh_from_db()
    assert (document.state, SentTry.objects.filter(document=document).count()) == ("sent", 2)


def test_what_mesh_could_not_be_given_says_so_and_not_that_mesh_answered(at: Place) -> None:
    document = a_document(at)
    compose()
    message = the_message(document)
    MeshMessage.objects.update(attempts=mesh_rules.MOST_TRIES)
    with transaction.atomic():
        mesh.move([message.pk], to="sending", by=TEST)
        mesh_sending.wait({message.pk: "no connection"}, TEST)
    document.refresh_from_db()
    assert (document.state, document.because) == ("refused", "MESH could not be reached in 40 tries")
    [(kind, detail)] = work(at)
    assert (kind, "could not be reached" in detail, "answered" in detail) == ("document_fault", True, False)


# What does not come


@pytest.mark.parametrize(
    ("steps", "after", "missing"),
    [
        ((), timedelta(hours=24), "collected"),
        (("collected",), timedelta(hours=4), "read"),
        (("collected", "20013"), timedelta(hours=48), "accepted"),
    ],
)
def test_an_answer_that_does_not_come_in_time_is_one_task_that_closes_by_itself(
    at: Place, steps: tuple[str, ...], after: timedelta, missing: str
) -> None:
    document = sent(at, collected="collected" in steps)
    for code in steps[1:]:
        answer(at, document, code)
    with clock.at(NOW + after - timedelta(minutes=1)):
        jobs.run_once("exchange.look_for_late")
        assert work(at) == []
    with clock.at(NOW + after):
        jobs.run_once("exchange.look_for_late")
        jobs.run_once("exchange.look_for_late")
        [(kind, detail)] = work(at)
        assert kind == "document_late"
        assert rules.LATE_AFTER[missing][1] in detail
        document.refresh_from_db()
        assert document.late_at == clock.now()
        answer(at, document, "30001")
        assert SentDocument.objects.get().late_at is None
        assert work(at) == []


def test_who_waits_another_day_is_asked_again_after_it(at: Place) -> None:
    sent(at, collected=False)
    with clock.at(NOW + timedelta(hours=25)):
        jobs.run_once("exchange.look_for_late")
        end_work(at, "wait")
        jobs.run_once("exchange.look_for_late")
        assert work(at) == []
    with clock.at(NOW + timedelta(hours=50)):
        jobs.run_once("exchange.look_for_late")
        assert len(work(at)) == 1


@pytest.mark.parametrize(("outcome", "message"), [("by_hand", "failed"), ("stopped", "failed"), ("wait", "waiting")])
def test_what_does_not_leave_is_brought_to_a_person_who_may_take_it_back(at: Place, outcome: str, message: str) -> None:
    document = a_document(at)
    compose()
    queued = the_message(document)
    with clock.at(NOW + timedelta(hours=5)):
        jobs.run_once("exchange.look_for_late")
        jobs.run_once("exchange.look_for_late")
        assert [kind for kind, _ in work(at)] == ["document_not_out"]
        end_work(at, outcome)
        jobs.run_once("exchange.look_for_late")
    document.refresh_from_db()
    queued.refresh_from_db()
    assert (document.state, queued.state, work(at)) == (
        "waiting" if outcome == "wait" else outcome,
        message,
        [],
    )


def test_what_lies_in_the_outbox_is_taken_back_when_it_may_not_go_any_more(at: Place) -> None:
    document = a_document(at)
    compose()
    queued = the_message(document)
    died(at)
    with clock.at(NOW + timedelta(minutes=10)):
        jobs.run_once("exchange.look_at_queued")
    document.refresh_from_db()
    queued.refresh_from_db()
    assert (document.state, queued.state) == ("held", "failed")
    assert [kind for kind, _ in work(at)] == ["document_held"]


def test_what_lies_in_the_outbox_goes_to_the_new_practice_of_who_moved(at: Place) -> None:
    document = a_document(at)
    compose()
    other = factories.practice("Y99101", "Another Surgery")
    mailbox(other, "Y99101OT001")
    CareRelationship.objects.filter(patient=at.sam, kind="registered").update(organisation=other)
    with clock.at(NOW + timedelta(minutes=10)):
        jobs.run_once("exchange.look_at_queued")
        compose()
    assert (the_message(document).to, document.state, work(at)) == ("Y99101OT001", "waiting", [])


def test_sent_again_unanswered_it_keeps_its_identifiers_and_a_duplicate_is_no_harm(at: Place) -> None:
    document = sent(at, collected=False)
    with clock.at(NOW + timedelta(hours=25)):
        jobs.run_once("exchange.look_for_late")
        end_work(at, "again")
        compose()
        mesh_takes(document)
        answer(at, document, "30001")
        answer(at, document, "20007")
    assert (document.state, SentTry.objects.filter(document=document).count()) == ("delivered", 2)
    assert len(set(SentTry.objects.values_list("bundle_id", flat=True))) == 1


# What a person decides


@pytest.mark.parametrize(("outcome", "state"), [("by_hand", "by_hand"), ("stopped", "stopped"), ("look", "held")])
def test_a_person_decides_about_what_is_held(at: Place, outcome: str, state: str) -> None:
    died(at)
    document = a_document(at)
    compose()
    end_work(at, outcome, "rang them")
    compose()
    document.refresh_from_db()
    assert document.state == state
    assert len(work(at)) == (1 if outcome == "look" else 0)


def test_deciding_on_the_page_ends_the_work_and_only_ones_own_can_be_decided(at: Place) -> None:
    document = sent(at)
    answer(at, document, "30002")
    stranger = factories.person(at.practice, Role.HEALTH_CARE_ASSISTANT)[1]
    with pytest.raises(SentDocument.DoesNotExist):
        deciding.decide(access=stranger, ref=document.ref, choice="by_hand")
    with pytest.raises(NotPermitted):
        deciding.decide(access=Access.nobody(), ref=document.ref, choice="by_hand")
    deciding.decide(access=at.hca, ref=document.ref, choice="by_hand", note="handed over")
    document.refresh_from_db()
    assert (document.state, document.because, work(at)) == ("by_hand", "handed over", [])
    with pytest.raises(deciding.CannotChoose):
        deciding.decide(access=at.hca, ref=document.ref, choice="again")


def test_a_day_of_messages_goes_to_the_practices_own_system_once(at: Place) -> None:
    from onedoor.documents.types import ContactRow

    row = ContactRow("9:02am", "Text to the patient", "Your appointment is on Tue 8 Dec.")
    arguments = {"organisation_id": at.practice.pk, "patient_id": at.sam.pk, "day": date(2026, 12, 8), "by": TEST}
    made = making.make_contacts(**arguments, rows=[row], entries=[])  # type: ignore[arg-type]
    assert made is not None
    assert making.make_contacts(**arguments, rows=[row], entries=[]) is None  # type: ignore[arg-type]
    compose()
    message = the_message(made)
    assert (message.mailbox.mailbox_id, message.to) == ("Y99002OT001", "Y99002OT001")


# What a trust asks


def asked(at: Place, form: str) -> None:
    """The trust asks Sam one thing by text."""
    if not ContactPoint.objects.filter(patient=at.sam).exists():
        ContactPoint.objects.create(patient=at.sam, kind="mobile", value="+447700900111", since=clock.now())
        account(at.trust)
    questionnaires.ask(
        organisation_id=at.trust.pk,
        patient_id=at.sam.pk,
        form=form,
        words="Can you hear well?" if form == "free text" else "",
        by=Actor(kind="user", id=1, label="Ada Desk", organisation_id=at.trust.pk),
    )


def answered(at: Place, form: str, text: str) -> list[SentDocument]:
    """Sam answers by text; the documents of that, the first first."""
    asked(at, form)
    say(at.trust, "+447700900111", text)
    return list(SentDocument.objects.filter(subject=kinds.ANSWERS).order_by("pk"))


def test_what_a_trust_asked_is_on_its_way_to_the_practice_when_it_is_answered(at: Place) -> None:
    (document,) = answered(at, "smoking", "1")
    compose()
    carried = read.document(bytes(the_message(document).content))
    assert (document.practice, document.version, document.kind) == (at.practice, 1, "checks")
    assert (carried.title, carried.recipient.ods) == ("What a patient answered to questions", "Y99002")
    assert [(one.code, one.term, one.value, one.day) for one in carried.entries] == [
        ("266919005", "Never smoked tobacco", None, clock.today())
    ]
    letter = str(document.document.letter)
    assert "Has never smoked" in letter
    assert "Said by the patient by text." in letter
    assert "Put these results in the GP record" in letter
    assert Coded.objects.get(patient=at.sam).elsewhere


def test_a_later_answer_of_the_day_is_a_new_version_and_one_of_another_day_a_document_of_its_own(at: Place) -> None:
    (first,) = answered(at, "smoking", "1")
    compose()
    mesh_takes(first)
    with clock.at(NOW + timedelta(hours=1)):
        first, second = answered(at, "alcohol", "12")
    assert (second.version, second.replaces, first.state) == (2, first, "replaced")
    assert [one["code"] for one in second.entries] == ["266919005", "1082641000000106"]
    compose()
    carried = read.document(bytes(the_message(second).content))
    assert carried.replaces_identifier == str(first.document_identifier)
    assert "This replaces our earlier document of the same day." in str(second.document.letter)
    with clock.at(NOW + timedelta(days=1)):
        *_, third = answered(at, "smoking", "3")
    assert (third.version, third.replaces, [one["code"] for one in third.entries]) == (1, None, ["77176002"])
    assert SentDocument.objects.filter(state="replaced").count() == 1


def test_what_was_told_is_not_told_again(at: Place) -> None:
    answered(at, "smoking", "1")
    with transaction.atomic():
        again = making.make_of_answers(
            organisation_id=at.trust.pk, patient_ids=[at.sam.pk], access=Access.system("a test")
        )
    assert again == []


def test_what_has_no_code_and_what_a_practice_asked_is_in_no_document(at: Place) -> None:
    assert answered(at, "free text", "I hear well") == []
    OrganisationRelation.objects.all().delete()
    assert answered(at, "smoking", "1") == []


def test_an_answer_may_go_no_more_than_a_check(at: Place) -> None:
    (document,) = answered(at, "smoking", "1")
    Patient.objects.filter(pk=at.sam.pk).update(deceased=True)
    compose()
    document.refresh_from_db()
    assert (document.state, document.because) == ("held", rules.HOLDS["deceased"].words)
    assert "answers of a day to questions" in tasks.waiting(at.hca)[0].title
