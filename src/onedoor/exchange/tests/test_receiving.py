"""A document that came: matched or asked about, answered, coded in one touch, corrected, taken back; and never twice."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.exchange import api as exchange
from onedoor.exchange.itk import write as itk
from onedoor.exchange.itk.types import CarriedEntry, File, Party
from onedoor.exchange.mesh import actions as mesh
from onedoor.exchange.models import MeshArrival, MeshMessage, ProposedEntry, ReceivedDocument
from onedoor.exchange.tests.arrivals import (
    DAY,
    EX_SMOKER,
    SIX,
    SYSTOLIC,
    UNITS_A_WEEK,
    Scene,
    arrive,
    received,
    said,
    scene,
    told,
)
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import NotPermitted, Role
from onedoor.kernel.models import AuditEntry
from onedoor.patients.models import CareRelationship, Patient
from onedoor.recall import api as recall
from onedoor.recall.tests.standings import stand
from onedoor.records import api as records
from onedoor.records.models import Code, Coded, Entry
from onedoor.records.types import NewEntry
from onedoor.tasks import api as tasks
from onedoor.tasks.models import Task

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 12, 7, 9, tzinfo=clock.LONDON)


@pytest.fixture(autouse=True)
def _on_a_monday() -> Iterator[None]:
    with clock.at(MONDAY):
        yield


@pytest.fixture
def place() -> Scene:
    return scene()


@pytest.fixture
def sam(place: Scene) -> Patient:
    return factories.patient(place.practice, "Sam")


def counted(patient: Patient) -> set[tuple[str, float | None]]:
    """What rule sets see of somebody."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.code, e.value FROM records_coded_entries e JOIN records_code c ON c.id = e.code_id
               WHERE e.patient_id = %s""",
            [patient.pk],
        )
        return set(cursor.fetchall())


ALL_SIX = {(one.code, one.value) for one in SIX}


def write(
    place: Scene, patient: Patient, code: str, value: float | None, day: date = DAY, *, elsewhere: bool = False
) -> None:
    where = place.trust if elsewhere else place.practice
    with transaction.atomic():
        records.record_entries(
            entries=[
                NewEntry(
                    patient_id=patient.pk,
                    organisation_id=where.pk,
                    kind="check",
                    text="as measured",
                    intent_key=f"test:{patient.pk}:{code}:{day}:{value}:{elsewhere}",
                    source="check form",
                    concept=records.concept(code),
                    effective_at=datetime(day.year, day.month, day.day, 12, tzinfo=clock.LONDON),
                    value=value,
                    elsewhere=elsewhere,
                )
            ],
            by=factories.TEST,
        )


def accept(place: Scene, document: ReceivedDocument, numbers: list[int] | None = None) -> tuple[int, int, int]:
    done = exchange.accept_document(access=place.access, ref=document.ref, numbers=numbers)
    return done.entered, done.passed_over, done.corrected


def differences(place: Scene, document: ReceivedDocument) -> list[tuple[str, str]]:
    lines = exchange.document_in(place.access, document.ref).lines
    return [(line.judged.difference, line.judged.against) for line in lines]


# ---- taken and answered


def test_somebody_sure_is_answered_and_one_touch_enters_all_where_it_was_done(place: Scene, sam: Patient) -> None:
    document = received(place, said(place, sam))
    assert (document.state, document.match, document.patient) == ("to_code", "sure", sam)
    assert told(document.arrival) == ["20013", "30001"]
    assert counted(sam) == set()
    assert accept(place, document) == (6, 0, 0)
    assert counted(sam) == ALL_SIX
    assert set(Coded.objects.values_list("organisation_id", flat=True)) == {place.trust.pk}
    assert AuditEntry.objects.filter(action="document_accepted", patient_id=sam.pk).count() == 1
    assert accept(place, document) == (0, 0, 0)
    assert Coded.objects.count() == len(SIX)
    assert Entry.objects.filter(patient=sam).count() == len(SIX)


def test_what_mesh_brought_is_taken_by_its_sweep_in_either_version(place: Scene, sam: Patient) -> None:
    for workflow in ("GPCONNECT_SEND_DOCUMENT", "GPFED_CONSULT_REPORT"):
        content = itk.document(said(place, sam))
        MeshArrival.objects.create(
            mailbox=place.mailbox,
            message_id=workflow,
            sender="Y99902OT001",
            workflow=workflow,
            message_type="DATA",
            content=content,
            size=len(content),
            arrived_at=clock.now(),
        )
    jobs.run_once("exchange.deal_with")
    assert set(MeshArrival.objects.values_list("state", flat=True)) == {"taken"}
    assert exchange.documents_waiting(place.access) == (2, 0)
    sent = MeshMessage.objects.values_list("to", "workflow").order_by("id")
    assert set(sent) == {("Y99902OT001", "GPCONNECT_SEND_DOCUMENT_ACK"), ("Y99902OT001", "GPFED_CONSULT_REPORT_ACK")}


def test_where_people_stand_is_right_in_the_same_request(place: Scene, sam: Patient) -> None:
    stand([sam], lack=["bp", "bmi", "glucose", "smoking", "alcohol"])
    recall.refresh(patient_ids=[sam.pk])
    document = received(place, said(place, sam))
    accept(place, document)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM recall_stale WHERE patient_id = %s", [sam.pk])
        assert cursor.fetchone() == (0,)


def test_what_the_trust_has_entered_here_becomes_counted_without_a_second_line(place: Scene, sam: Patient) -> None:
    for one in SIX:
        write(place, sam, one.code, one.value, elsewhere=True)
    assert counted(sam) == set()
    document = received(place, said(place, sam))
    assert {how for how, _ in differences(place, document)} == {"new"}
    accept(place, document)
    assert counted(sam) == ALL_SIX
    assert Entry.objects.filter(patient=sam).count() == len(SIX)
    assert exchange.undo_document(access=place.access, ref=document.ref) == len(SIX)
    assert counted(sam) == set()
    assert Coded.objects.filter(patient=sam, in_error_at=None).count() == len(SIX)
    assert accept(place, document) == (6, 0, 0)
    assert counted(sam) == ALL_SIX


def test_a_message_or_document_that_comes_again_changes_nothing(place: Scene, sam: Patient) -> None:
    sent = said(place, sam)
    document = received(place, sent)
    accept(place, document)
    again = arrive(place, sent)
    other_message = arrive(place, replace(sent, bundle_id="another-message"))
    assert (told(again), told(other_message)) == (["20007"], ["20008"])
    assert {again.state, other_message.state} == {"taken"}
    assert ReceivedDocument.objects.count() == 1
    assert counted(sam) == ALL_SIX
    document.refresh_from_db()
    assert document.state == "accepted"


def test_other_words_under_an_old_identifier_are_refused_where_a_person_sees_it(place: Scene, sam: Patient) -> None:
    sent = said(place, sam)
    received(place, sent)
    other = arrive(place, replace(sent, bundle_id="b2", files=(File("Other", "text/plain", b"Something else"),)))
    assert (other.state, told(other)) == ("refused", ["20008"])
    assert "says something else" in other.problem
    listed = exchange.documents_in(place.access, view="refused").refused
    assert [(one.arrival.pk, one.told) for one in listed] == [(other.pk, "20008")]


def test_what_was_sent_back_comes_again_about_whom_it_is_and_is_taken_anew(place: Scene, sam: Patient) -> None:
    sent = said(place, sam)
    about_tess = replace(sent, patient=said(place, not_of_the_practice()).patient)
    wrong = received(place, about_tess)
    assert (wrong.state, told(wrong.arrival)) == ("not_ours", ["20013", "30002"])
    with pytest.raises(exchange.NotSo):
        exchange.wrong_person(access=place.access, ref=wrong.ref)
    right = replace(sent, bundle_id="b2", files=(File("Letter", "text/plain", b"About Sam"),), entries=SIX[:2])
    document = received(place, right)
    assert (document.pk, document.state, document.patient, document.dealt_at) == (wrong.pk, "to_code", sam, None)
    assert told(document.arrival) == ["20013", "30001"]
    assert [bytes(one.content) for one in document.attachments.all()] == [b"About Sam"]
    assert accept(place, document) == (2, 0, 0)
    assert told(arrive(place, right)) == ["20007"]
    old = arrive(place, about_tess)
    assert (old.state, told(old)) == ("refused", ["20008"])


def test_other_entries_or_another_person_under_an_old_identifier_are_not_the_same(place: Scene, sam: Patient) -> None:
    sent = said(place, sam)
    document = received(place, sent)
    propose = {"access": place.access, "ref": document.ref, "unit": "mm[Hg]", "day": DAY - timedelta(days=1)}
    assert exchange.propose_entry(**propose, code=SYSTOLIC, value=150) == ""  # type: ignore[arg-type]
    assert arrive(place, sent).state == "taken"
    others = [
        replace(sent, entries=(systolic(124), *SIX[1:])),
        replace(sent, patient=replace(sent.patient, family="Marsden")),
    ]
    assert [arrive(place, other).state for other in others] == ["refused", "refused"]
    document.refresh_from_db()
    assert (document.state, document.patient) == ("to_code", sam)


def test_a_document_for_another_organisation_or_of_a_false_sender_is_refused(place: Scene, sam: Patient) -> None:
    other = factories.practice("Y99003", "Marfleet Lane Practice")
    astray = arrive(place, said(place, sam, recipient=Party(other.ods_code, other.name)))
    assert (astray.state, told(astray)) == ("refused", ["20002"])
    false = arrive(place, said(place, sam, sender=Party("Y99003", "Marfleet Lane")), sender="Y99902OT001")
    assert (false.state, told(false)) == ("refused", ["20003"])
    assert not ReceivedDocument.objects.exists()


def test_nobody_speaks_for_an_organisation_whose_mailbox_is_another(place: Scene, sam: Patient) -> None:
    for stranger in ("X26OT007", "RX999OT001"):
        false = arrive(place, said(place, sam), sender=stranger)
        assert (false.state, told(false)) == ("refused", ["20003"])
    assert arrive(place, said(place, sam), sender="y99902ot001").state == "taken"


def test_of_a_sender_without_a_known_mailbox_only_the_same_mailbox_replaces(place: Scene, sam: Patient) -> None:
    elsewhere = Party("RX999", "Elsewhere")
    first = received(place, said(place, sam, sender=elsewhere, identifier="v1"))
    accept(place, first)
    other = said(place, sam, sender=elsewhere, identifier="v2", replaces="v1")
    arrive(place, other, sender="X26OT007")
    second = ReceivedDocument.objects.get(document_identifier="v2")
    first.refresh_from_db()
    assert (first.state, second.state, second.match) == ("accepted", "to_match", "replaces_unknown")
    assert exchange.document_in(place.access, second.ref).to_correct == []
    third = received(place, said(place, sam, sender=elsewhere, identifier="v3", replaces="v1"))
    first.refresh_from_db()
    assert (first.state, third.state) == ("replaced", "to_code")


def test_what_cannot_be_read_is_refused_and_whoever_cannot_be_told_is_rung(place: Scene) -> None:
    rubbish = arrive(place, b"\x00\x01 rubbish")
    assert rubbish.state == "refused"
    assert rubbish.problem
    assert told(rubbish) == ["10009"]
    assert Task.objects.get().kind == "mesh_not_read"
    assert exchange.documents_in(place.access, view="refused").counts["refused"] == 1


# ---- whose it is


def test_who_is_not_sure_is_asked_and_the_sender_is_told_once_a_person_has_said(place: Scene) -> None:
    eve = factories.patient(place.practice, "Eve", "Marsh")
    sent = said(place, eve)
    document = received(place, replace(sent, patient=replace(sent.patient, family="Marsden")))
    assert (document.state, document.match, document.patient) == ("to_match", "name", None)
    assert told(document.arrival) == ["20013"]
    with pytest.raises(exchange.NotSo):
        accept(place, document)
    ((shown, compared, _),) = exchange.whose_document(place.access, document.ref)
    assert shown == eve
    assert [point.label for point in compared if not point.same] == ["Surname"]
    exchange.say_whose(access=place.access, ref=document.ref, patient_ref=eve.ref)
    assert told(document.arrival) == ["20013", "30001"]
    with pytest.raises(exchange.NotSo):
        exchange.say_whose(access=place.access, ref=document.ref, patient_ref=eve.ref)
    folder = exchange.document_in(place.access, document.ref)
    assert not folder.sure
    assert accept(place, document)[0] == 6
    assert counted(eve) == ALL_SIX


def test_a_person_of_another_practice_is_nobody_and_cannot_be_chosen(place: Scene) -> None:
    other = factories.patient(factories.practice("Y99003", "Marfleet Lane Practice"), "Tess")
    document = received(place, said(place, other))
    assert (document.state, document.match) == ("not_ours", "not_here")
    assert told(document.arrival) == ["20013", "30002"]
    odd = said(place, factories.patient(place.practice, "Eve", "Marsh"))
    waits = received(place, replace(odd, patient=replace(odd.patient, family="Marsden")))
    with pytest.raises(Patient.DoesNotExist):
        exchange.say_whose(access=place.access, ref=waits.ref, patient_ref=other.ref)


def test_who_has_left_goes_back_when_a_person_says_so(place: Scene, sam: Patient) -> None:
    CareRelationship.objects.filter(patient=sam).update(ends_on=date(2026, 11, 1))
    document = received(place, said(place, sam))
    assert (document.state, document.match) == ("to_match", "left")
    assert exchange.whose_document(place.access, document.ref) == []
    exchange.send_back_document(access=place.access, ref=document.ref, response="30003")
    assert told(document.arrival) == ["20013", "30003"]
    with pytest.raises(exchange.NotSo):
        exchange.send_back_document(access=place.access, ref=document.ref, response="30002")


def test_of_somebody_who_has_died_the_sender_is_told_so(place: Scene) -> None:
    died = factories.patient(place.practice, "Ada", deceased=True)
    document = received(place, said(place, died))
    assert document.match == "deceased"
    exchange.say_whose(access=place.access, ref=document.ref, patient_ref=died.ref, response="30004")
    assert told(document.arrival) == ["20013", "30004"]


def test_a_sender_who_was_told_otherwise_is_rung(place: Scene, sam: Patient) -> None:
    document = received(place, said(place, sam))
    exchange.wrong_person(access=place.access, ref=document.ref)
    document.refresh_from_db()
    assert (document.state, document.patient, document.match) == ("to_match", None, "put_back")
    exchange.send_back_document(access=place.access, ref=document.ref, response="30002")
    assert told(document.arrival) == ["20013", "30001"]
    assert Task.objects.get().kind == "tell_sender"
    assert counted(sam) == set()


def test_an_answer_that_does_not_reach_the_sender_is_one_task(place: Scene, sam: Patient) -> None:
    document = received(place, said(place, sam))
    answers = list(MeshMessage.objects.order_by("pk"))
    for _ in range(2):
        with transaction.atomic():
            for answer in answers[1:]:
                mesh.move([answer.pk], to="failed", by=factories.TEST, fault_code="12")
                mesh.retry(message_id=answer.pk, by=factories.TEST)
    task = Task.objects.get()
    assert (task.kind, task.subject, task.subject_id) == ("tell_sender", "received_document", document.pk)
    assert "30001" in task.detail
    assert "no mailbox" in task.detail


# ---- how it stands to the record


def test_each_entry_says_how_it_stands_to_the_record(place: Scene, sam: Patient) -> None:
    write(place, sam, SYSTOLIC, 142)
    write(place, sam, "271650006", 90)
    write(place, sam, "60621009", 30, DAY + timedelta(days=2))
    document = received(place, said(place, sam))
    assert [how for how, _ in differences(place, document)] == ["same", "other_value", "older", "new", "new", "new"]
    assert accept(place, document) == (4, 0, 0)
    assert (SYSTOLIC, 142.0) in counted(sam)
    assert Coded.objects.filter(patient=sam, code__code="271650006").count() == 1


def test_never_smoked_is_not_new_to_a_record_that_says_smoker(place: Scene, sam: Patient) -> None:
    write(place, sam, "77176002", None, date(2026, 10, 5))
    write(place, sam, UNITS_A_WEEK, 12, date(2026, 10, 6))
    never = CarriedEntry("266919005", "Never smoked tobacco", None, "", DAY, "Has never smoked")
    drinks_not = CarriedEntry("105542008", "Current non-drinker", None, "", DAY, "Does not drink")
    document = received(place, said(place, sam, [never, drinks_not, SIX[0]]))
    assert differences(place, document) == [
        ("new", "The record has Smoker of 5 October 2026"),
        ("new", "The record has Alcohol units consumed per week: 12 units a week of 6 October 2026"),
        ("new", "None before"),
    ]


def test_what_another_organisation_does_not_share_is_told_by_no_document(place: Scene, sam: Patient) -> None:
    other = factories.practice("Y99003", "Marfleet Lane Practice")
    at_other = replace(place, practice=other)
    write(at_other, sam, SYSTOLIC, 188)
    write(at_other, sam, SIX[1].code, 99, DAY + timedelta(days=1))
    write(at_other, sam, SIX[2].code, 28.5, DAY - timedelta(days=1))
    write(at_other, sam, SIX[3].code, 44)
    document = received(place, said(place, sam))
    found = differences(place, document)
    hidden = "The record has one of another organisation that is not shared with you"
    assert found[:4] == [
        ("other_value", hidden), ("older", hidden), ("new", hidden), ("same", "The same stands there"),
    ]  # fmt: skip
    write(place, sam, SYSTOLIC, 150)
    assert differences(place, document)[0][1].startswith("150 mmHg of the same day, from Wexcombe Road")
    kept = " ".join(ProposedEntry.objects.values_list("against", flat=True))
    assert not {"188", "99", "28.5", "Marfleet"} & set(kept.replace(",", " ").split())


def test_another_value_of_the_day_is_entered_by_whoever_ticks_it_and_the_same_never(place: Scene, sam: Patient) -> None:
    write(place, sam, SYSTOLIC, 142)
    write(place, sam, "271650006", 90)
    document = received(place, said(place, sam))
    assert accept(place, document, [1, 2]) == (1, 1, 0)
    assert counted(sam) == {(SYSTOLIC, 142.0), ("271650006", 90.0), ("271650006", 88.0)}


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (CarriedEntry("271649007", "Systolic blood pressure", 142, "mm[Hg]", DAY, "x"), "check digit"),
        (CarriedEntry("138875005", "SNOMED CT concept", None, "", DAY, "x"), "dictionary does not have"),
        (CarriedEntry("506701000000100", "PHQ-9 score", 7, "{score}", DAY, "x"), "superseded"),
        (CarriedEntry(SYSTOLIC, "Systolic blood pressure", 1420, "mm[Hg]", DAY, "x"), "nobody has such a value"),
        (CarriedEntry(SYSTOLIC, "Systolic blood pressure", 142, "kg", DAY, "x"), "unit"),
        (CarriedEntry(SYSTOLIC, "Diastolic blood pressure", 142, "mm[Hg]", DAY, "x"), "something else"),
        (CarriedEntry(SYSTOLIC, "", None, "", DAY, "x"), "no value"),
        (CarriedEntry(SYSTOLIC, "", 142, "mm[Hg]", date(2026, 12, 8), "x"), "still to come"),
        (CarriedEntry(SYSTOLIC, "", 142, "mm[Hg]", None, "x"), "no such day"),
    ],
)
def test_a_wrong_code_value_or_day_is_never_entered(place: Scene, sam: Patient, entry: CarriedEntry, why: str) -> None:
    document = received(place, said(place, sam, [entry, SIX[4]]))
    (how, against), sound = differences(place, document)
    assert how == "fault"
    assert why in against
    assert sound[0] == "new"
    assert accept(place, document, [1, 2]) == (1, 1, 0)
    assert counted(sam) == {(EX_SMOKER, None)}


def test_a_code_that_is_superseded_after_it_came_is_not_entered(place: Scene, sam: Patient) -> None:
    document = received(place, said(place, sam, SIX[4:5]))
    Code.objects.filter(code=EX_SMOKER).update(inactive_since=date(2026, 12, 1), replaced_by="735128000")
    ((how, against),) = differences(place, document)
    assert how == "fault"
    assert "735128000" in against
    assert accept(place, document, [1]) == (0, 1, 0)
    assert counted(sam) == set()


def test_what_the_document_says_twice_is_entered_once(place: Scene, sam: Patient) -> None:
    document = received(place, said(place, sam, [SIX[0], SIX[0]]))
    assert accept(place, document) == (1, 0, 0)


# ---- versions


def version(place: Scene, sam: Patient, *entries: CarriedEntry, **named: str) -> ReceivedDocument:
    return received(place, said(place, sam, entries, **named))  # type: ignore[arg-type]


def systolic(value: float) -> CarriedEntry:
    return replace(SIX[0], value=value, text=f"systolic {value:g}")


def test_a_newer_version_corrects_what_was_accepted_of_the_older(place: Scene, sam: Patient) -> None:
    first = version(place, sam, systolic(142), SIX[1], identifier="v1")
    accept(place, first)
    second = version(place, sam, systolic(124), SIX[1], identifier="v2", replaces="v1")
    first.refresh_from_db()
    assert (first.state, second.state) == ("replaced", "to_code")
    assert counted(sam) == {(SYSTOLIC, 142.0), ("271650006", 88.0)}
    folder = exchange.document_in(place.access, second.ref)
    assert [one.value for one in folder.to_correct] == [142, 88]
    assert [line.ticked for line in folder.lines] == [True, True]
    assert accept(place, second) == (2, 0, 2)
    assert counted(sam) == {(SYSTOLIC, 124.0), ("271650006", 88.0)}
    exchange.undo_document(access=place.access, ref=second.ref)
    assert counted(sam) == {(SYSTOLIC, 142.0), ("271650006", 88.0)}
    assert accept(place, second) == (2, 0, 2)
    assert counted(sam) == {(SYSTOLIC, 124.0), ("271650006", 88.0)}


def test_an_open_version_that_is_replaced_is_not_offered_any_more(place: Scene, sam: Patient) -> None:
    first = version(place, sam, systolic(142), identifier="v1")
    version(place, sam, systolic(124), identifier="v2", replaces="v1")
    with pytest.raises(exchange.NotSo, match="newer version"):
        accept(place, first)
    assert exchange.documents_waiting(place.access) == (1, 0)


def test_a_version_that_overtakes_the_one_before_it_waits_for_it(place: Scene, sam: Patient) -> None:
    second = version(place, sam, systolic(124), identifier="v2", replaces="v1")
    assert (second.state, second.match) == ("to_match", "replaces_unknown")
    first = version(place, sam, systolic(142), identifier="v1")
    second.refresh_from_db()
    assert (first.state, second.state, second.patient) == ("replaced", "to_code", sam)
    assert told(first.arrival) == told(second.arrival) == ["20013", "30001"]
    accept(place, second)
    assert counted(sam) == {(SYSTOLIC, 124.0)}


def test_a_middle_version_that_comes_last_has_the_first_corrected(place: Scene, sam: Patient) -> None:
    first = version(place, sam, systolic(142), identifier="v1")
    accept(place, first)
    third = version(place, sam, systolic(124), identifier="v3", replaces="v2")
    exchange.say_whose(access=place.access, ref=third.ref, patient_ref=sam.ref)
    accept(place, third, [1])
    assert counted(sam) == {(SYSTOLIC, 142.0), (SYSTOLIC, 124.0)}
    version(place, sam, systolic(134), identifier="v2", replaces="v1")
    third.refresh_from_db()
    first.refresh_from_db()
    assert (first.state, third.state) == ("replaced", "to_code")
    accept(place, third)
    assert counted(sam) == {(SYSTOLIC, 124.0)}


def accepted_and_open_again(place: Scene, sam: Patient) -> ReceivedDocument:
    """A third version that was accepted before the one between came."""
    stand([sam], lack=["bp", "bmi", "glucose", "smoking", "alcohol"])
    accept(place, version(place, sam, systolic(142), identifier="v1"))
    third = version(place, sam, systolic(124), identifier="v3", replaces="v2")
    exchange.say_whose(access=place.access, ref=third.ref, patient_ref=sam.ref)
    accept(place, third, [1])
    version(place, sam, systolic(134), identifier="v2", replaces="v1")
    third.refresh_from_db()
    assert third.state == "to_code"
    assert (SYSTOLIC, 124.0) in counted(sam)
    return third


def test_what_was_accepted_goes_with_a_document_that_is_taken_off_a_person(place: Scene, sam: Patient) -> None:
    eve = factories.patient(place.practice, "Eve", "Marsh")
    third = accepted_and_open_again(place, sam)
    exchange.wrong_person(access=place.access, ref=third.ref)
    assert counted(sam) == {(SYSTOLIC, 142.0)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM recall_stale WHERE patient_id = %s", [sam.pk])
        assert cursor.fetchone() == (0,)
    exchange.say_whose(access=place.access, ref=third.ref, patient_ref=eve.ref)
    accept(place, third)
    assert (counted(sam), counted(eve)) == (set(), {(SYSTOLIC, 124.0)})


def test_a_document_whose_entries_stand_is_not_filed_as_if_nothing_were_entered(place: Scene, sam: Patient) -> None:
    third = accepted_and_open_again(place, sam)
    with pytest.raises(exchange.NotSo, match="on the record already"):
        exchange.leave_document(access=place.access, ref=third.ref, reason="read")
    accept(place, third)
    assert counted(sam) == {(SYSTOLIC, 124.0)}


def test_taking_back_the_third_version_brings_back_the_second_and_not_the_first(place: Scene, sam: Patient) -> None:
    accept(place, version(place, sam, systolic(142), identifier="v1"))
    accept(place, version(place, sam, systolic(134), identifier="v2", replaces="v1"))
    third = version(place, sam, systolic(124), identifier="v3", replaces="v2")
    assert accept(place, third) == (1, 0, 1)
    exchange.undo_document(access=place.access, ref=third.ref)
    assert counted(sam) == {(SYSTOLIC, 134.0)}


@pytest.mark.parametrize("response", ["30002", "30003"])
def test_one_that_was_sent_back_before_the_version_between_came_is_asked_about_again(
    place: Scene, sam: Patient, response: str
) -> None:
    accept(place, version(place, sam, systolic(142), identifier="v1"))
    third = version(place, sam, systolic(124), identifier="v3", replaces="v2")
    exchange.send_back_document(access=place.access, ref=third.ref, response=response)
    assert counted(sam) == {(SYSTOLIC, 142.0)}
    second = version(place, sam, systolic(134), identifier="v2", replaces="v1")
    third.refresh_from_db()
    assert (second.state, third.state, third.match, third.dealt_at) == ("replaced", "to_match", "earlier_stands", None)
    assert [one.value for one in exchange.document_in(place.access, third.ref).to_correct] == [142]
    exchange.send_back_document(access=place.access, ref=third.ref, response=response)
    assert (counted(sam), told(third.arrival)) == (set(), ["20013", response])
    assert not Task.objects.filter(kind="tell_sender").exists()


def test_who_was_told_not_known_is_rung_when_they_are_ours_after_all(place: Scene, sam: Patient) -> None:
    accept(place, version(place, sam, systolic(142), identifier="v1"))
    third = version(place, sam, systolic(124), identifier="v3", replaces="v2")
    exchange.send_back_document(access=place.access, ref=third.ref, response="30002")
    version(place, sam, systolic(134), identifier="v2", replaces="v1")
    exchange.say_whose(access=place.access, ref=third.ref, patient_ref=sam.ref)
    assert accept(place, third) == (1, 0, 1)
    assert counted(sam) == {(SYSTOLIC, 124.0)}
    assert "told that the person is not known here" in Task.objects.get(kind="tell_sender").detail


def test_the_last_of_several_that_came_before_the_first_is_opened_again(place: Scene, sam: Patient) -> None:
    accept(place, version(place, sam, systolic(142), identifier="v1"))
    version(place, sam, systolic(124), identifier="v3", replaces="v2")
    fourth = version(place, sam, systolic(122), identifier="v4", replaces="v3")
    accept(place, fourth, [1])
    version(place, sam, systolic(134), identifier="v2", replaces="v1")
    fourth.refresh_from_db()
    assert fourth.state == "to_code"
    accept(place, fourth)
    assert counted(sam) == {(SYSTOLIC, 122.0)}


@pytest.mark.parametrize(("earlier", "stands", "gone"), [("stand", {(SYSTOLIC, 142.0)}, 0), ("in_error", set(), 1)])
def test_a_newer_version_is_filed_only_by_whoever_says_what_becomes_of_the_older_ones_entries(
    place: Scene, sam: Patient, earlier: str, stands: set[tuple[str, float]], gone: int
) -> None:
    stand([sam], lack=["bp", "bmi", "glucose", "smoking", "alcohol"])
    accept(place, version(place, sam, systolic(142), identifier="v1"))
    second = version(place, sam, systolic(124), identifier="v2", replaces="v1")
    with pytest.raises(exchange.NotSo, match="earlier version"):
        exchange.leave_document(access=place.access, ref=second.ref, reason="read")
    assert exchange.leave_document(access=place.access, ref=second.ref, reason="read", earlier=earlier) == gone
    assert counted(sam) == stands
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM recall_stale WHERE patient_id = %s", [sam.pk])
        assert cursor.fetchone() == (0,)
    exchange.undo_document(access=place.access, ref=second.ref)
    assert counted(sam) == {(SYSTOLIC, 142.0)}


def test_another_sender_replaces_nothing(place: Scene, sam: Patient) -> None:
    first = version(place, sam, systolic(142), identifier="v1")
    accept(place, first)
    other = said(place, sam, [systolic(99)], replaces="v1", sender=Party("RX999", "Elsewhere"))
    document = received(place, other)
    first.refresh_from_db()
    assert (first.state, document.match) == ("accepted", "replaces_unknown")
    exchange.say_whose(access=place.access, ref=document.ref, patient_ref=sam.ref)
    assert exchange.document_in(place.access, document.ref).to_correct == []


def test_a_version_about_somebody_else_is_for_a_person_and_takes_the_first_ones_entries_away(
    place: Scene, sam: Patient
) -> None:
    eve = factories.patient(place.practice, "Eve", "Marsh")
    first = version(place, sam, systolic(142), identifier="v1")
    accept(place, first)
    second = version(place, eve, systolic(142), identifier="v2", replaces="v1")
    assert (second.state, second.match) == ("to_match", "other_person")
    exchange.say_whose(access=place.access, ref=second.ref, patient_ref=eve.ref)
    accept(place, second)
    assert (counted(sam), counted(eve)) == (set(), {(SYSTOLIC, 142.0)})


def not_of_the_practice() -> Patient:
    return factories.patient(factories.practice("Y99003", "Marfleet Lane Practice"), "Tess", "Ellerby")


def test_a_version_about_nobody_of_ours_waits_for_a_person_who_takes_the_first_ones_entries_away(
    place: Scene, sam: Patient
) -> None:
    stand([sam], lack=["bp", "bmi", "glucose", "smoking", "alcohol"])
    first = version(place, sam, systolic(142), identifier="v1")
    accept(place, first)
    second = version(place, not_of_the_practice(), systolic(142), identifier="v2", replaces="v1")
    assert (second.state, second.match, told(second.arrival)) == ("to_match", "other_person", ["20013"])
    assert counted(sam) == {(SYSTOLIC, 142.0)}
    exchange.send_back_document(access=place.access, ref=second.ref, response="30002")
    assert told(second.arrival) == ["20013", "30002"]
    assert counted(sam) == set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM recall_stale WHERE patient_id = %s", [sam.pk])
        assert cursor.fetchone() == (0,)
    sent_back = AuditEntry.objects.get(action="document_sent_back")
    assert sent_back.detail["corrected"] == 1


def test_what_a_correction_took_away_stays_away_when_it_comes_again_about_somebody_else(
    place: Scene, sam: Patient
) -> None:
    eve = factories.patient(place.practice, "Eve", "Marsh")
    accept(place, version(place, sam, systolic(142), identifier="v1"))
    second = version(place, not_of_the_practice(), systolic(142), identifier="v2", replaces="v1")
    exchange.send_back_document(access=place.access, ref=second.ref, response="30002")
    again = version(place, eve, systolic(142), identifier="v2", replaces="v1")
    assert (again.pk, again.state, again.match) == (second.pk, "to_match", "other_person")
    exchange.say_whose(access=place.access, ref=again.ref, patient_ref=eve.ref)
    accept(place, again)
    assert (counted(sam), counted(eve)) == (set(), {(SYSTOLIC, 142.0)})
    exchange.undo_document(access=place.access, ref=again.ref)
    assert (counted(sam), counted(eve)) == (set(), set())


def test_a_version_about_nobody_of_ours_that_overtakes_waits_for_the_one_before_it(place: Scene, sam: Patient) -> None:
    tess = not_of_the_practice()
    accept(place, version(place, sam, systolic(142), identifier="v1"))
    third = version(place, tess, systolic(142), identifier="v3", replaces="v2")
    assert (third.state, third.match, told(third.arrival)) == ("to_match", "replaces_unknown", ["20013"])
    version(place, tess, systolic(142), identifier="v2", replaces="v1")
    third.refresh_from_db()
    assert (third.state, third.match) == ("to_match", "other_person")
    late = version(place, tess, systolic(142), identifier="b", replaces="a")
    version(place, tess, systolic(142), identifier="a")
    late.refresh_from_db()
    assert (late.state, told(late.arrival)) == ("not_ours", ["20013", "30002"])


def test_two_documents_that_replace_each_other_do_not_both_vanish(place: Scene, sam: Patient) -> None:
    one = version(place, sam, systolic(142), identifier="a", replaces="b")
    version(place, sam, systolic(124), identifier="b", replaces="a")
    assert ReceivedDocument.objects.exclude(state="replaced").count() == 1
    one.refresh_from_db()
    assert exchange.documents_waiting(place.access)[0] == 1


# ---- what came, and how long it is kept


def bytes_of(*arrivals: MeshArrival) -> list[bool]:
    """Of which of these the bytes are there, after the sweep."""
    jobs.run_once("exchange.forget_arrivals")
    for one in arrivals:
        one.refresh_from_db()
    return [bool(one.content) for one in arrivals]


def test_what_came_is_dropped_in_time_once_all_of_it_is_kept_elsewhere(place: Scene, sam: Patient) -> None:
    letter = said(place, sam, identifier="d")
    first, again = arrive(place, letter), arrive(place, letter)
    refused = arrive(place, b"<nothing/>")
    document = ReceivedDocument.objects.get()
    exchange.propose_entry(access=place.access, ref=document.ref, code=EX_SMOKER, value=None, unit="", day=DAY)
    with clock.at(MONDAY + timedelta(days=91)):
        open_ = arrive(place, said(place, sam))
        accept(place, document)
        assert bytes_of(first, again, refused, open_) == [False, False, True, True]
        assert exchange.document_file(place.access, document.ref, 1)[1].content
        # It is known all the same when it comes again.
        assert told(arrive(place, letter)) == ["20007"]


@pytest.mark.parametrize("lost", ["attachment", "entry", "open", "about somebody else"])
def test_what_is_not_all_kept_elsewhere_stays(place: Scene, sam: Patient, lost: str) -> None:
    letter = said(place, sam if lost != "about somebody else" else not_of_the_practice(), identifier="d")
    arrival = arrive(place, letter)
    document = ReceivedDocument.objects.get()
    if lost == "about somebody else":
        arrive(place, said(place, sam, identifier="d"))
    if lost != "open":
        accept(place, document)
    if lost == "attachment":
        document.attachments.update(content=b"")
    if lost == "entry":
        document.proposals.filter(number=1).delete()
    with clock.at(MONDAY + timedelta(days=91)):
        assert bytes_of(arrival) == [True]


def test_before_its_time_nothing_is_dropped(place: Scene, sam: Patient) -> None:
    document = received(place, said(place, sam))
    accept(place, document)
    with clock.at(MONDAY + timedelta(days=89)):
        assert bytes_of(document.arrival) == [True]


# ---- left, taken back, added


def test_a_document_is_filed_with_a_reason_and_taken_back_within_a_day(place: Scene, sam: Patient) -> None:
    document = received(place, said(place, sam))
    with pytest.raises(exchange.NotSo):
        exchange.leave_document(access=place.access, ref=document.ref, reason="  ")
    exchange.leave_document(access=place.access, ref=document.ref, reason="done here last week", seconds=41.0)
    document.refresh_from_db()
    assert (document.state, document.seconds_open) == ("left", 41.0)
    assert counted(sam) == set()
    with clock.at(MONDAY + timedelta(hours=23)):
        assert exchange.undo_document(access=place.access, ref=document.ref) == 0
    assert accept(place, document) == (6, 0, 0)
    with clock.at(MONDAY + timedelta(hours=25)), pytest.raises(exchange.NotSo):
        exchange.undo_document(access=place.access, ref=document.ref)
    assert counted(sam) == ALL_SIX


def test_a_letter_without_codes_is_filed_with_what_somebody_read_in_it(place: Scene, sam: Patient) -> None:
    document = received(place, said(place, sam, ()))
    propose = {"access": place.access, "ref": document.ref, "unit": "mm[Hg]", "day": DAY}
    assert "nobody has" in exchange.propose_entry(**propose, code=SYSTOLIC, value=1420)  # type: ignore[arg-type]
    assert "dictionary" in exchange.propose_entry(**propose, code="138875005", value=None)  # type: ignore[arg-type]
    assert exchange.propose_entry(**propose, code=SYSTOLIC, value=142) == ""  # type: ignore[arg-type]
    assert ProposedEntry.objects.count() == 1
    assert accept(place, document) == (1, 0, 0)
    assert counted(sam) == {(SYSTOLIC, 142.0)}


def test_actions_asked_are_kept_apart_from_what_is_told(place: Scene, sam: Patient) -> None:
    asked = CarriedEntry("", "", None, "", DAY, "Please repeat the blood pressure in two weeks")
    seen = CarriedEntry("", "", None, "", DAY, "Seen with her sister")
    document = received(place, said(place, sam, [*SIX, asked, seen]))
    folder = exchange.document_in(place.access, document.ref)
    assert [one.text for one in folder.asked] == [asked.text]
    assert [one.text for one in folder.told] == [seen.text]
    assert len(folder.lines) == len(SIX)
    kept = document.proposals.filter(code="").order_by("number")
    assert list(kept.values_list("difference", flat=True)) == ["asked", "told"]


def asking(*texts: str) -> list[CarriedEntry]:
    """What a document asks of the practice."""
    return [CarriedEntry("", "", None, "", DAY, text) for text in texts]


def asked_tasks() -> list[tuple[str, str]]:
    """What documents have asked: state of the task, and what it lists."""
    return list(Task.objects.filter(kind="asked_in_document").order_by("pk").values_list("state", "detail"))


OFFER, REPEAT = "Still due, please offer: Smoking, HbA1c.", "Please repeat the blood pressure."


@pytest.mark.parametrize("entries", [list(SIX), []])
def test_what_a_document_asks_is_one_task_once_it_is_accepted(
    place: Scene, sam: Patient, entries: list[CarriedEntry]
) -> None:
    first = said(place, sam, [*entries, *asking(OFFER, REPEAT, OFFER)])
    document = received(place, first)
    assert asked_tasks() == []
    accept(place, document)
    accept(place, document)
    arrive(place, first)
    arrive(place, replace(first, bundle_id=str(uuid.uuid4())))
    assert asked_tasks() == [("open", f"1. {OFFER} 2. {REPEAT}")]
    task = Task.objects.get()
    assert (task.organisation_id, task.patient_id, task.subject_id) == (place.practice.pk, sam.pk, document.pk)
    assert task.due_at > task.created_at


def test_a_document_that_is_filed_without_entries_has_its_asks_on_the_list_all_the_same(
    place: Scene, sam: Patient
) -> None:
    document = received(place, said(place, sam, [*SIX, *asking(OFFER)]))
    exchange.leave_document(access=place.access, ref=document.ref, reason="read")
    assert asked_tasks() == [("open", OFFER)]


def test_what_was_asked_and_done_is_not_asked_again_and_what_was_taken_back_is(place: Scene, sam: Patient) -> None:
    first = said(place, sam, [*SIX, *asking(OFFER)])
    document = received(place, first)
    accept(place, document)
    exchange.undo_document(access=place.access, ref=document.ref)
    assert asked_tasks() == [("withdrawn", OFFER)]
    accept(place, document)
    tasks.complete(access=place.access, ref=Task.objects.get(state="open").ref, outcome="done")
    exchange.undo_document(access=place.access, ref=document.ref)
    accept(place, document)
    assert [state for state, _ in asked_tasks()] == ["withdrawn", "done"]
    newer = said(place, sam, [*SIX, *asking(OFFER, REPEAT)], replaces=first.document_identifier)
    accept(place, received(place, newer))
    assert asked_tasks()[2:] == [("open", REPEAT)]


def test_a_newer_version_asks_in_the_place_of_the_older(place: Scene, sam: Patient) -> None:
    first = said(place, sam, [*SIX, *asking(OFFER, REPEAT)])
    accept(place, received(place, first))
    accept(place, received(place, said(place, sam, [*SIX, *asking(OFFER)], replaces=first.document_identifier)))
    assert asked_tasks() == [("withdrawn", f"1. {OFFER} 2. {REPEAT}"), ("open", OFFER)]


# ---- who may, and what it costs


def test_who_works_elsewhere_or_has_no_right_does_nothing(place: Scene, sam: Patient) -> None:
    document = received(place, said(place, sam))
    _, other = factories.person(factories.practice("Y99003", "Marfleet Lane Practice"))
    with pytest.raises(ReceivedDocument.DoesNotExist):
        exchange.accept_document(access=other, ref=document.ref)
    _, assistant = factories.person(place.practice, Role.HEALTH_CARE_ASSISTANT)
    with pytest.raises(NotPermitted):
        exchange.accept_document(access=assistant, ref=document.ref)
    with pytest.raises(NotPermitted):
        exchange.documents_in(assistant)
    assert exchange.received_of(assistant, sam.pk) == []
    assert [one.pk for one in exchange.received_of(place.access, sam.pk)] == [document.pk]


def test_whoever_leaves_before_it_is_coded_has_nothing_entered(place: Scene, sam: Patient) -> None:
    document = received(place, said(place, sam))
    CareRelationship.objects.filter(patient=sam).update(ends_on=MONDAY.date())
    with pytest.raises(exchange.NotSo, match="no longer in your care"):
        accept(place, document)
    assert counted(sam) == set()


def copies(place: Scene, document: ReceivedDocument, many: int) -> None:
    """The same document many times over, as rows."""
    arrivals = MeshArrival.objects.bulk_create(
        MeshArrival(
            mailbox=place.mailbox,
            message_id=f"copy-{many}-{n}",
            workflow=document.arrival.workflow,
            message_type="DATA",
            content=b"",
            size=0,
            arrived_at=clock.now(),
            state="taken",
        )
        for n in range(many)
    )
    kept = {
        name: getattr(document, name)
        for name in (
            *("organisation_id", "bundle_id", "sender_ods", "sender_name", "type_code", "title", "written_at"),
            *("claimed", "patient_id", "match", "state", "received_at"),
        )
    }
    ReceivedDocument.objects.bulk_create(
        ReceivedDocument(arrival=arrival, document_identifier=f"copy-{arrival.pk}", **kept) for arrival in arrivals
    )


def test_the_list_asks_as_often_for_a_thousand_as_for_ten(place: Scene, sam: Patient) -> None:
    document = received(place, said(place, sam))
    asked = []
    for many in (9, 990):
        copies(place, document, many)
        with CaptureQueriesContext(connection) as queries:
            found = exchange.documents_in(place.access)
        asked.append(len(queries))
    assert found.counts["open"] == 1_000
    assert len(found.rows) == exchange.MOST_DOCUMENTS
    assert asked[0] == asked[1] <= 8
