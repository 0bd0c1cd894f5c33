"""Letters kept: versions, who may read them, how they go, the file for the post."""

from __future__ import annotations

import csv
import io
import threading
import zipfile
from datetime import date

import pytest
from django.db import connection

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.documents import api as documents
from onedoor.documents.models import Delivery, File
from onedoor.documents.render import pages
from onedoor.documents.tests.factories import facts, letter
from onedoor.documents.types import Party, Recipient
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.models import AuditEntry
from onedoor.patients.models import CareRelationship, Patient

pytestmark = pytest.mark.django_db


def _new(organisation_id: int, patient: Patient | None, subject_id: int = 1, **other: object) -> documents.NewLetter:
    asked = facts("welcome", **other)
    to = (Recipient("patient", Party(asked.patient.name, asked.patient.lines), "standard", ("page", "print")),)
    return documents.NewLetter(asked, organisation_id, "referral", subject_id, patient.pk if patient else None, to)


def _cares(patient: Patient, organisation: Organisation) -> None:
    CareRelationship.objects.create(
        patient=patient, organisation=organisation, kind="shared", starts_on=date(2020, 1, 1)
    )


def test_a_changed_letter_is_a_new_version_and_the_old_one_stays_as_it_was_read() -> None:
    provider = factories.practice()
    sam = factories.patient(provider)
    mine = Access.of_patient(sam.pk)
    first = letter(provider, sam)
    second = letter(provider, sam, by_when=date(2027, 1, 11))

    old, new = documents.by_ref(mine, first.ref), documents.by_ref(mine, second.ref)

    assert (old.version, new.version) == (1, 2)
    assert (old.newer, new.newer) == (second.ref, None)
    assert "21\u00a0December 2026" in old.letter.blocks[0].said[0]
    assert "11\u00a0January 2027" in new.letter.blocks[0].said[0]
    assert {one.state for one in old.sent} == {"replaced"}
    assert [one.current for one in documents.of_patient(mine, sam.pk)] == [True, False]


def test_the_same_letter_again_is_the_same_version() -> None:
    provider = factories.practice()
    sam = factories.patient(provider)

    assert letter(provider, sam).ref == letter(provider, sam).ref
    assert letter(provider, sam, style="large24").version == 2


def test_one_letter_that_lacks_something_stops_all_that_were_asked_for_with_it() -> None:
    provider = factories.practice()
    sound, faulty = _new(provider.pk, None), _new(provider.pk, None, 2, contact=None)

    with pytest.raises(documents.IncompleteLetter):
        documents.compose(letters=[sound, faulty], by=factories.TEST)

    assert not documents.Document.objects.exists()


def test_many_letters_take_as_many_statements_as_one() -> None:
    provider = factories.practice()

    def statements(many: int, begin: int) -> int:
        with _counted() as seen:
            asked = [_new(provider.pk, None, begin + n) for n in range(many)]
            documents.compose(letters=asked, by=factories.TEST)
        return len(seen)

    assert statements(1, 100) == statements(40, 200)


class _counted:
    def __enter__(self) -> list[str]:
        self.seen: list[str] = []
        self.wrap = connection.execute_wrapper(self._note)
        self.wrap.__enter__()
        return self.seen

    def __exit__(self, *_: object) -> None:
        self.wrap.__exit__(None, None, None)

    def _note(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        self.seen.append(sql)
        return execute(sql, params, many, context)


def test_whose_letter_it_is_and_to_whom_it_goes_say_who_may_read_it() -> None:
    provider, practice, other = (
        factories.practice("Y99901", "Provider"),
        factories.practice(),
        factories.practice("Y99003", "Other"),
    )
    sam = factories.patient(provider)
    for cares in (practice, other):
        _cares(sam, cares)
    made = letter(provider, sam, practice=practice)
    _, clinician = factories.person(provider, Role.TRIAGE_CLINICIAN)
    _, desk = factories.person(practice, Role.RECEPTIONIST)
    _, elsewhere = factories.person(other, Role.RECEPTIONIST)
    _, runs = factories.person(provider, Role.ADMINISTRATOR)

    for may in (clinician, desk, Access.of_patient(sam.pk)):
        assert documents.by_ref(may, made.ref).letter.title == "Welcome to MSK Community Service"
    for stranger in (elsewhere, runs, Access.of_patient(sam.pk + 1), Access.nobody()):
        for read in (documents.by_ref, lambda access, ref: documents.file_of(access, ref, "standard")):
            with pytest.raises(documents.Document.DoesNotExist):
                read(stranger, made.ref)
        assert documents.of_patient(stranger, sam.pk) == []


def test_a_letter_between_clinicians_is_not_the_patients() -> None:
    provider = factories.practice()
    sam = factories.patient(provider)
    asked = facts("gp-practice-books")
    to = (Recipient("practice", asked.practice or Party(""), "standard", ("print",)),)
    documents.compose(letters=[documents.NewLetter(asked, provider.pk, "referral", 1, sam.pk, to)], by=factories.TEST)

    assert documents.of_patient(Access.of_patient(sam.pk), sam.pk) == []


def test_nobody_composes_posts_or_marks_another_organisations_letters() -> None:
    provider, other = factories.practice(), factories.practice("Y99003", "Other")
    made = letter(provider, factories.patient(provider))
    _, desk = factories.person(other)
    waiting = list(Delivery.objects.values_list("pk", flat=True))

    for call in (
        lambda: documents.compose(letters=[_new(provider.pk, None, 9)], by=desk.actor),
        lambda: documents.make_print_file(organisation_id=provider.pk, by=desk.actor),
        lambda: documents.mark_delivered(delivery_ids=waiting, by=desk.actor),
        lambda: documents.mark_delivered(delivery_ids=waiting, by=Access.of_patient(made.patient_id or 0).actor),
    ):
        with pytest.raises(NotPermitted):
            call()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"waiting"}


def test_opening_a_letter_is_its_receipt_for_the_reader_it_goes_to_and_for_nobody_else() -> None:
    provider, practice = factories.practice("Y99901", "Provider"), factories.practice()
    sam = factories.patient(provider)
    _cares(sam, practice)
    made = letter(provider, sam, practice=practice)
    _, writer = factories.person(provider)
    _, desk = factories.person(practice)

    def received() -> set[str]:
        return {
            one.role for one in documents.by_ref(writer, made.ref).sent if one.way == "page" and one.state == "done"
        }

    documents.opened(access=writer, ref=made.ref)
    assert received() == set()
    documents.opened(access=Access.of_patient(sam.pk), ref=made.ref)
    assert received() == {"patient"}
    documents.opened(access=desk, ref=made.ref)
    assert received() == {"patient", "practice"}


def test_the_print_file_holds_a_pdf_for_every_letter_and_a_list_of_them() -> None:
    provider, practice = factories.practice("Y99901", "Provider"), factories.practice()
    _, desk = factories.person(provider)
    letter(provider, factories.patient(provider, "=Sam"), practice=practice, style="large28")
    letter(provider, factories.patient(provider, "Ada"), subject_id=2)

    made = documents.make_print_file(organisation_id=provider.pk, by=desk.actor)

    assert made is not None
    assert made.ref is not None
    name, many, content = documents.print_file(desk, made.ref)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode())))
        files = {file: archive.read(file) for file in archive.namelist() if file.endswith(".pdf")}
    assert (many, made.letters, len(rows)) == (3, 3, 3)
    assert {row["file"] for row in rows} == files.keys()
    assert sum(int(row["pages"]) for row in rows) == sum(map(pages, files.values())) == made.pages
    assert [(row["to"], row["format"], row["name"]) for row in rows] == [
        ("patient", "large28", "'=Sam Hollis"),
        ("practice", "standard", "Wexcombe Road Surgery"),
        ("patient", "standard", "Ada Hollis"),
    ]
    assert all("Hollis" not in file for file in files)
    assert name.endswith(".zip")


def test_a_letter_is_posted_once() -> None:
    provider = factories.practice()
    letter(provider, factories.patient(provider))
    _, desk = factories.person(provider)

    assert documents.waiting_for_post(desk) == 1
    assert documents.make_print_file(organisation_id=provider.pk, by=desk.actor) is not None
    assert documents.make_print_file(organisation_id=provider.pk, by=desk.actor) is None
    assert documents.waiting_for_post(desk) == 0


@pytest.mark.django_db(transaction=True)
def test_two_who_make_the_print_file_at_once_post_each_letter_once() -> None:
    provider = factories.practice()
    for number in range(12):
        letter(provider, factories.patient(provider), subject_id=number + 1)
    start, found = threading.Barrier(2), []

    def make() -> None:
        start.wait()
        try:
            made = documents.make_print_file(organisation_id=provider.pk, by=factories.TEST)
            found.append(made.letters if made else 0)
        finally:
            connection.close()

    hands = [threading.Thread(target=make) for _ in range(2)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()

    assert sum(found) == 12


@pytest.mark.django_db(transaction=True)
def test_two_who_compose_about_the_same_subject_make_two_versions_one_after_the_other() -> None:
    provider = factories.practice()
    start, faults = threading.Barrier(2), []

    def compose(day: int) -> None:
        start.wait()
        try:
            documents.compose(letters=[_new(provider.pk, None, 1, by_when=date(2027, 1, day))], by=factories.TEST)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    hands = [threading.Thread(target=compose, args=(day,)) for day in (4, 5)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()

    assert faults == []
    assert sorted(documents.Document.objects.values_list("version", "current")) == [(1, False), (2, True)]


@pytest.mark.parametrize(
    ("is_so", "because"),
    [
        ({"deceased": True}, "the patient has died"),
        ({"restricted": True}, "the patient's whereabouts are restricted"),
    ],
)
def test_no_letter_goes_to_the_dead_or_gives_a_restricted_patient_away(is_so: dict[str, bool], because: str) -> None:
    provider = factories.practice()
    sam = factories.patient(provider)
    made = letter(provider, sam, ways=("message", "print"))
    Patient.objects.filter(pk=sam.pk).update(**is_so)

    everything = Access(factories.TEST, everything=True)
    assert documents.deliveries_waiting(everything, "message") == []
    assert documents.deliveries_waiting(everything, "print") == []
    printed = documents.make_print_file(organisation_id=provider.pk, by=factories.TEST)
    assert printed is not None
    assert printed.left_out == ((made.ref, because),)
    assert printed.ref is None


def test_a_letter_without_an_address_does_not_wait_for_the_post_for_ever() -> None:
    provider = factories.practice()
    _, desk = factories.person(provider)
    asked = facts("welcome")
    to = (Recipient("patient", Party("Sam Hollis", ()), "standard", ("page", "print")),)
    made = documents.compose(
        letters=[documents.NewLetter(asked, provider.pk, "referral", 1, None, to)], by=factories.TEST
    )

    assert documents.waiting_for_post(desk) == 0
    assert ("print", "stopped", "no address") in {
        (one.way, one.state, one.because) for one in documents.by_ref(desk, made[0]).sent
    }


def test_a_name_that_cannot_be_set_stops_its_own_letter_only() -> None:
    provider = factories.practice()
    letter(provider, factories.patient(provider, "名前"))
    letter(provider, factories.patient(provider, "Ada"), subject_id=2)

    made = documents.make_print_file(organisation_id=provider.pk, by=factories.TEST)

    assert made is not None
    assert made.letters == 1
    assert [because for _, because in made.left_out] == ["it cannot be set"]


def test_what_waits_for_a_text_is_found_and_marked_once() -> None:
    provider = factories.practice()
    sam = factories.patient(provider)
    made = letter(provider, sam, ways=("message",))
    (waiting,) = documents.deliveries_waiting(Access(factories.TEST, everything=True), "message")

    assert (waiting.document_ref, waiting.patient_id, waiting.role) == (made.ref, sam.pk, "patient")
    assert documents.mark_delivered(delivery_ids=[waiting.id], by=factories.TEST) == 1
    assert documents.mark_delivered(delivery_ids=[waiting.id], by=factories.TEST) == 0


def test_a_letter_whose_text_told_nobody_waits_for_the_post_once_and_only_its_own_may_say_so() -> None:
    provider, other = factories.practice(), factories.practice("Y99003", "Other")
    letter(provider, factories.patient(provider), ways=("message",))
    (waiting,) = documents.deliveries_waiting(Access(factories.TEST, everything=True), "message")
    documents.mark_delivered(delivery_ids=[waiting.id], by=factories.TEST)

    _, desk = factories.person(other)
    with pytest.raises(NotPermitted):
        documents.post_instead(delivery_ids=[waiting.id], because="the text did not arrive", by=desk.actor)
    assert not Delivery.objects.filter(way="print").exists()

    for posted in (1, 0):
        assert documents.post_instead(delivery_ids=[waiting.id], because="no", by=factories.TEST) == posted
    assert Delivery.objects.get(way="message").state == "stopped"
    assert Delivery.objects.get(way="print").state == "waiting"


def test_a_file_is_known_by_what_it_holds_and_made_once() -> None:
    provider = factories.practice()
    sam = factories.patient(provider)
    made = letter(provider, sam)
    mine = Access.of_patient(sam.pk)

    first, again = (documents.file_of(mine, made.ref, "easyread") for _ in range(2))

    assert first == again
    assert File.objects.get().sha256 == first[0]
    with pytest.raises(documents.NoSuchFormat):
        documents.file_of(mine, made.ref, "braille")


def test_every_write_is_in_the_audit_with_keys_and_states_only() -> None:
    provider = factories.practice()
    sam = factories.patient(provider)
    letter(provider, sam)
    documents.make_print_file(organisation_id=provider.pk, by=factories.TEST)

    rows = AuditEntry.objects.filter(subject="document", patient_id=sam.pk)

    assert list(rows.order_by("id").values_list("action", flat=True)) == ["compose_letter", "deliver_letter"]
    assert all("Sam" not in str(row.detail) and "Hop Gardens" not in str(row.detail) for row in rows)


def test_letters_are_found_by_what_they_are_about() -> None:
    provider = factories.practice()
    sam = factories.patient(provider)
    made = letter(provider, sam, subject_id=7)

    found = documents.of_subjects(Access.of_patient(sam.pk), "referral", [7, 8])

    assert {key: [one.ref for one in lines] for key, lines in found.items()} == {7: [made.ref]}
