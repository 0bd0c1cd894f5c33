"""The write-back feed: each thing once into the practice's own system, by a document or by somebody who types it (I5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.accounts.models import Organisation, OrganisationRelation, Relation
from onedoor.exchange import api as exchange
from onedoor.exchange.feed import collecting, days, setting
from onedoor.exchange.mesh import actions as mesh
from onedoor.exchange.models import FeedDue, FeedItem, SentDocument, SentDocumentHistory
from onedoor.exchange.sending import making, rules
from onedoor.exchange.tests.sent_documents import mailbox
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.actor import Actor
from onedoor.kernel.models import AuditEntry
from onedoor.kernel.transitions import transition
from onedoor.messaging.models import Inbound, Message, State
from onedoor.messaging.tests.sending_factories import account
from onedoor.patients.api import practice_of
from onedoor.patients.models import CareRelationship, Patient
from onedoor.records import api as records
from onedoor.records.types import NewEntry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 9, 9, 0, tzinfo=clock.LONDON)
MIDNIGHT = datetime(2026, 12, 10, 0, 5, tzinfo=clock.LONDON)
SYSTOLIC, EX_SMOKER = "271649006", "8517006"


@pytest.fixture(autouse=True)
def wednesday() -> Iterator[None]:
    with clock.at(NOW):
        yield


@dataclass(frozen=True)
class Scene:
    practice: Organisation
    manager: Access
    desk: Access
    sam: Patient


@pytest.fixture
def scene() -> Scene:
    practice = factories.practice()
    mailbox(practice, "Y99002OT001")
    return Scene(
        practice,
        factories.person(practice, Role.PRACTICE_MANAGER)[1],
        factories.person(practice)[1],
        factories.patient(practice, mobile="+447700900123"),
    )


def said(
    patient: Patient, place: Organisation, code: str, key: str, *, value: float | None = None, **more: Any
) -> NewEntry:
    return NewEntry(
        patient.pk, place.pk, "check", "as it was said", key, "check form", records.concept(code), value=value, **more
    )


def write(*entries: NewEntry) -> None:
    with transaction.atomic():
        records.record_entries(entries=entries, by=TEST)


def collect() -> None:
    jobs.run_once("exchange.feed_answers")
    jobs.run_once("exchange.feed_said")


def at_night() -> None:
    with clock.at(MIDNIGHT):
        jobs.run_once("exchange.feed_days")


def text(scene: Scene, body: str, *, state: State = State.DELIVERED, key: str = "") -> Message:
    return Message.objects.create(
        intent_key=key or f"test:{body}", organisation=scene.practice, account=account(scene.practice), purpose="test",
        patient=scene.sam, number="+447700900123", body=body, fragments=1, state=state, created_at=clock.now(),
        not_before=clock.now(), not_after=clock.now() + timedelta(days=1), accepted_at=clock.now(),
    )  # fmt: skip


def reply(scene: Scene, body: str) -> Inbound:
    return Inbound.objects.create(
        account=account(scene.practice), organisation=scene.practice, provider_id=body, number="+447700900123",
        to_number="+447700900801", text=body, received_at=clock.now(), processed_at=clock.now(), patient=scene.sam,
    )  # fmt: skip


def items() -> list[tuple[str, str, str]]:
    return [(one.kind, one.text, one.state) for one in FeedItem.objects.order_by("id")]


# -- the setting ----------------------------------------------------------------------------------------------------------------


def test_the_manager_chooses_and_what_the_route_does_not_carry_is_left(scene: Scene) -> None:
    assert exchange.feed_setting(scene.manager).route == "typed"
    assert exchange.set_feed(access=scene.manager, route="mesh")
    assert not exchange.set_feed(access=scene.manager, route="mesh")
    text(scene, "Your appointment is on Tuesday.")
    write(said(scene.sam, scene.practice, EX_SMOKER, "k"))
    collect()
    assert exchange.set_feed(access=scene.manager, route="typed")
    assert [state for _, _, state in items()] == ["waiting", "left"]
    assert exchange.set_feed(access=scene.manager, route="off")
    assert [state for _, _, state in items()] == ["left", "left"]
    assert AuditEntry.objects.filter(action="set_feed").count() == 3
    with pytest.raises(NotPermitted):
        exchange.set_feed(access=scene.desk, route="off")
    with pytest.raises(ValueError, match="fax"):
        exchange.set_feed(access=scene.manager, route="fax")


def test_documents_are_not_chosen_without_a_mailbox(scene: Scene) -> None:
    mesh.switch_mailbox_off(mailbox_id="Y99002OT001", by=TEST)
    with pytest.raises(exchange.NoMailbox, match="no MESH mailbox"):
        exchange.set_feed(access=scene.manager, route="mesh")
    assert (exchange.feed_setting(scene.manager).route, exchange.feed_setting(scene.manager).mailbox) == (
        "typed",
        False,
    )


def test_while_it_is_off_nothing_is_collected(scene: Scene) -> None:
    exchange.set_feed(access=scene.manager, route="off")
    write(said(scene.sam, scene.practice, EX_SMOKER, "k"))
    text(scene, "Your appointment is on Tuesday.")
    collect()
    assert (items(), FeedDue.objects.count()) == ([], 0)


# -- what is collected ----------------------------------------------------------------------------------------------------------


def test_what_is_coded_here_for_its_patients_is_collected_once(scene: Scene) -> None:
    network, trust = factories.practice("U99001", "Wexcombe PCN"), factories.practice("Y99902", "Wexcombe Trust")
    for other, kind in ((network, Relation.PCN), (trust, Relation.TRUST)):
        OrganisationRelation.objects.create(
            organisation=scene.practice, other=other, kind=kind, starts_on=date(2020, 1, 1)
        )
    stranger = factories.patient(factories.practice("Y99003", "Harbour Surgery"), mobile="")
    write(
        said(scene.sam, scene.practice, SYSTOLIC, "own", value=128),
        said(scene.sam, network, EX_SMOKER, "network"),
        said(scene.sam, trust, "60621009", "trust", value=24, elsewhere=True),
        said(stranger, scene.practice, EX_SMOKER, "stranger"),
        # No rule set counts it: it is no coded answer.
        said(scene.sam, scene.practice, "281399006", "nothing"),
    )
    for _ in range(2):
        collect()
    found = [(one.code, one.value, one.of_day) for one in FeedItem.objects.order_by("code")]
    assert found == [(SYSTOLIC, 128.0, NOW.date()), (EX_SMOKER, None, NOW.date())]
    # What the trust measured is the practice's to have once it is accepted.
    with transaction.atomic():
        records.accept_entries(entries=[said(scene.sam, trust, "60621009", "document", value=24)], by=TEST)
    collect()
    assert FeedItem.objects.latest("id").text == "Body mass index: 24 kg/m²"


def test_what_was_before_the_switch_and_what_a_file_brought_is_not(scene: Scene) -> None:
    with clock.at(NOW - timedelta(hours=1)):
        exchange.set_feed(access=scene.manager, route="off")
        write(said(scene.sam, scene.practice, EX_SMOKER, "before"))
    exchange.set_feed(access=scene.manager, route="mesh")
    file(scene, SYSTOLIC, "128")
    collect()
    assert items() == []


def test_a_switch_loses_nothing_that_is_not_collected_yet(scene: Scene) -> None:
    for minute, route, code in ((0, "typed", EX_SMOKER), (2, "mesh", SYSTOLIC), (4, "typed", "60621009")):
        with clock.at(NOW + timedelta(minutes=minute)):
            write(
                said(
                    scene.sam,
                    scene.practice,
                    code,
                    route + code,
                    value=None if code == EX_SMOKER else 30 + 90 * (code == SYSTOLIC),
                )
            )
            text(scene, f"Before {minute}.")
        with clock.at(NOW + timedelta(minutes=minute + 1)):
            exchange.set_feed(access=scene.manager, route=route)
    with clock.at(NOW + timedelta(minutes=6)):
        exchange.set_feed(access=scene.manager, route="mesh")
        text(scene, "After the last switch.")
        collect()
    assert set(FeedItem.objects.filter(kind="answer").values_list("code", flat=True)) == {
        EX_SMOKER,
        SYSTOLIC,
        "60621009",
    }
    assert [one for kind, one, _ in items() if kind == "message"] == ["After the last switch."]


def test_texts_that_arrived_and_replies_are_in_the_documents_alone(scene: Scene) -> None:
    text(scene, "Before the switch.")
    with clock.at(NOW + timedelta(minutes=1)):
        exchange.set_feed(access=scene.manager, route="mesh")
    with clock.at(NOW + timedelta(minutes=2)):
        text(scene, "Your appointment is on Tuesday.")
        text(scene, "Never arrived.", state=State.UNREACHED)
        reply(scene, "thanks")
        reply(scene, "I am pregnant")
        for _ in range(2):
            collect()
    assert sorted(items()) == [
        ("message", "Your appointment is on Tuesday.", "waiting"),
        ("reply", collecting.NOT_COPIED["reply"], "waiting"),
        ("reply", "thanks", "waiting"),
    ]


def test_a_crash_leaves_each_item_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    write(said(scene.sam, scene.practice, EX_SMOKER, "k"))
    kept = collecting._write

    def dies(made: list[FeedItem]) -> int:
        kept(made)
        raise RuntimeError("the machine died")

    monkeypatch.setattr(collecting, "_write", dies)
    with pytest.raises(RuntimeError):
        collecting.collect_answers()
    assert (FeedItem.objects.count(), FeedDue.objects.count()) == (0, 1)
    monkeypatch.setattr(collecting, "_write", kept)
    collect()
    assert (FeedItem.objects.count(), FeedDue.objects.count()) == (1, 0)


def test_a_thousand_are_collected_in_as_many_statements_as_ten(scene: Scene) -> None:
    seen = []
    for n in (10, 1_000):
        people = Patient.objects.bulk_create(
            Patient(given_name="Pat", family_name="Hollis", name_key="hollis pat", born_on=date(1970, 1, 1))
            for _ in range(n)
        )
        CareRelationship.objects.bulk_create(
            CareRelationship(patient=one, organisation=scene.practice, kind="registered", starts_on=date(2020, 1, 1))
            for one in people
        )
        write(*(said(one, scene.practice, EX_SMOKER, f"{one.pk}") for one in people))
        with CaptureQueriesContext(connection) as queries:
            collecting.collect_answers()
        seen.append(len(queries) - 5 * (n // collecting.SLICE))
    assert FeedItem.objects.count() == 1_010
    assert seen[1] <= seen[0] + 4


# -- documents ------------------------------------------------------------------------------------------------------------------


def by_mesh(scene: Scene) -> None:
    exchange.set_feed(access=scene.manager, route="mesh")
    text(scene, "Your appointment is on Tuesday.")
    write(said(scene.sam, scene.practice, SYSTOLIC, "own", value=128, unit="mm[Hg]"))
    collect()


def test_a_day_is_one_document_once_it_is_over(scene: Scene) -> None:
    by_mesh(scene)
    jobs.run_once("exchange.feed_days")
    assert not SentDocument.objects.exists()
    at_night()
    at_night()
    (document,) = SentDocument.objects.all()
    assert (document.kind, document.practice_id, document.version) == ("contacts", scene.practice.pk, 1)
    assert document.entries == [
        {
            "code": SYSTOLIC, "term": "Systolic blood pressure", "value": 128.0, "unit": "mm[Hg]", "day": "2026-12-09",
            "text": "Systolic blood pressure: 128 mmHg",
        }
    ]  # fmt: skip
    assert {state for _, _, state in items()} == {"sent"}


def moved(document: SentDocument, *states: str) -> None:
    for state in states:
        assert transition(
            model=SentDocument, history=SentDocumentHistory, moves=rules.MOVES, ids=[document.pk], to=state, by=TEST
        )


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("sent",), "sent"),
        (("sent", "delivered"), "in_record"),
        (("sent", "refused"), "sent"),
        (("sent", "refused", "by_hand"), "in_record"),
        (("stopped",), "left"),
    ],
)
def test_items_are_in_the_record_with_the_third_acknowledgement(
    scene: Scene, states: tuple[str, ...], expected: str
) -> None:
    by_mesh(scene)
    at_night()
    moved(SentDocument.objects.get(), *states)
    at_night()
    assert {state for _, _, state in items()} == {expected}


def test_what_comes_late_makes_a_new_version_of_its_own_day(scene: Scene) -> None:
    by_mesh(scene)
    late = text(scene, "Sent late, arrived after midnight.", state=State.ACCEPTED)
    at_night()
    moved(SentDocument.objects.get(), "sent", "delivered")
    at_night()
    Message.objects.filter(pk=late.pk).update(state=State.DELIVERED)
    with clock.at(MIDNIGHT):
        jobs.run_once("exchange.feed_said")
    at_night()
    first, second = SentDocument.objects.order_by("version")
    assert (first.state, second.replaces_id, second.version) == ("replaced", first.pk, 2)
    assert {one.document_id for one in FeedItem.objects.filter(state="sent")} == {second.pk}
    assert [state for _, _, state in items()] == ["in_record", "in_record", "sent"]


def test_a_fault_with_one_keeps_no_other_from_going(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    by_mesh(scene)
    other = factories.patient(scene.practice, "Robin", mobile="")
    write(said(other, scene.practice, EX_SMOKER, "other"))
    collect()
    make = making.make_contacts

    def sometimes(**known: Any) -> SentDocument | None:
        if known["patient_id"] == scene.sam.pk:
            raise RuntimeError("a fault")
        return make(**known)

    monkeypatch.setattr(days, "make_contacts", sometimes)
    with clock.at(MIDNIGHT), pytest.raises(RuntimeError):
        days.make_documents(by=TEST)
    assert [one.patient_id for one in SentDocument.objects.all()] == [other.pk]
    monkeypatch.setattr(days, "make_contacts", make)
    at_night()
    assert SentDocument.objects.count() == 2


def test_what_was_in_error_is_left_or_taken_out(scene: Scene) -> None:
    by_mesh(scene)
    wrong("own")
    collect()
    assert [(kind, state) for kind, _, state in items()] == [("answer", "left"), ("message", "waiting")]
    write(said(scene.sam, scene.practice, SYSTOLIC, "own", value=128))
    collect()
    assert [(kind, state) for kind, _, state in items()] == [("answer", "waiting"), ("message", "waiting")]
    at_night()
    wrong("own")
    collect()
    assert items()[-1] == (
        "answer", "To be taken out, entered in error: Systolic blood pressure: 128 mmHg", "waiting",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "taken_out", "expected"),
    [
        # It waits as it did; it is in their system and stays there; it is to be put in again.
        (False, False, [("waiting", False)]),
        (True, False, [("typed", False), ("left", True)]),
        (True, True, [("left", False), ("typed", True), ("waiting", False)]),
    ],
)
def test_what_is_entered_again_is_neither_typed_twice_nor_taken_out(
    scene: Scene, typed: bool, taken_out: bool, expected: list[tuple[str, bool]]
) -> None:
    def tick() -> None:
        exchange.say_typed(access=scene.desk, item_ids=[line.id for line in exchange.to_type(scene.desk).lines])

    def enter() -> None:
        write(said(scene.sam, scene.practice, SYSTOLIC, "own", value=128))
        collect()

    enter()
    if typed:
        tick()
    with clock.at(NOW + timedelta(minutes=1)):
        wrong("own")
        collect()
        if taken_out:
            tick()
    with clock.at(NOW + timedelta(minutes=2)):
        enter()
        enter()
    assert [(state, text.startswith("To be taken out")) for _, text, state in items()] == expected
    # In error once more: what is in their system is to be taken out, and nothing else.
    with clock.at(NOW + timedelta(minutes=3)):
        wrong("own")
        collect()
        waiting = [line.text for line in exchange.to_type(scene.desk).lines]
    assert [one.startswith("To be taken out") for one in waiting] == [True] * (typed and not taken_out)


def test_what_is_no_longer_accepted_is_taken_back(scene: Scene) -> None:
    trust = factories.practice("Y99902", "Wexcombe Trust")
    write(said(scene.sam, trust, SYSTOLIC, "trust", value=128, elsewhere=True))
    document = said(scene.sam, trust, SYSTOLIC, "document", value=128)
    with transaction.atomic():
        records.accept_entries(entries=[document], by=TEST)
    collect()
    assert [state for _, _, state in items()] == ["waiting"]
    with transaction.atomic():
        records.unaccept_entries(entries=[document])
    collect()
    assert [state for _, _, state in items()] == ["left"]


def test_of_two_registrations_of_one_day_always_the_same_has_it(scene: Scene) -> None:
    later = factories.practice("Y99003", "Harbour Surgery")
    of = CareRelationship.objects.get(patient=scene.sam, organisation=scene.practice)
    # Whichever row the database finds first, it is the practice that patients.practice_of names.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off")
    for first, second in ((later, scene.practice), (scene.practice, later)):
        CareRelationship.objects.filter(patient=scene.sam).delete()
        for place in (first, second):
            CareRelationship.objects.create(
                patient=scene.sam, organisation=place, kind="registered", starts_on=of.starts_on
            )
        FeedItem.objects.all().delete()
        write(
            said(scene.sam, later, EX_SMOKER, f"{first.pk}"), said(scene.sam, scene.practice, SYSTOLIC, "s", value=128)
        )
        FeedDue.objects.create(patient_id=scene.sam.pk)
        collect()
        assert [(one.organisation_id, one.code) for one in FeedItem.objects.all()] == [(later.pk, EX_SMOKER)]
        practice = practice_of(scene.sam.pk)
        assert practice == later


def wrong(key: str) -> None:
    patient_id = FeedItem.objects.filter(kind="answer").latest("id").patient_id
    with transaction.atomic():
        records.in_error(patient_id=patient_id, intents=key)


# -- typing ---------------------------------------------------------------------------------------------------------------------


def file(scene: Scene, code: str, value: str, *, day: str = "2026-12-09", organisation: str = "Y99002") -> None:
    rows = f"nhs_number,code,date,value,unit,organisation\n{scene.sam.nhs_number},{code},{day},{value},mm[Hg],{organisation}\n"
    exchange.import_entries(file=rows.encode(), by=Actor.system("import"), name="entries.csv")


def test_what_is_typed_is_ticked_by_hand_once(scene: Scene) -> None:
    write(said(scene.sam, scene.practice, SYSTOLIC, "own", value=128))
    collect()
    found = exchange.to_type(scene.desk)
    (line,) = found.lines
    assert (found.system, found.total, line.text, line.code, line.day, line.patient_ref) == (
        "your own system", 1, "Systolic blood pressure: 128 mmHg", SYSTOLIC, NOW.date(), scene.sam.ref,
    )  # fmt: skip
    assert exchange.to_type(scene.desk, patient_id=scene.sam.pk) == found
    assert exchange.say_typed(access=scene.desk, item_ids=[line.id]) == 1
    assert exchange.say_typed(access=scene.desk, item_ids=[line.id]) == 0
    assert (exchange.to_type(scene.desk).lines, exchange.to_type_count(scene.desk)) == ((), 0)
    entry = AuditEntry.objects.get(action="typed_feed_item")
    assert (entry.patient_id, entry.organisation_id) == (scene.sam.pk, scene.practice.pk)


def test_nobody_ticks_what_is_anothers(scene: Scene) -> None:
    write(said(scene.sam, scene.practice, SYSTOLIC, "own", value=128))
    collect()
    other = factories.person(factories.practice("Y99003", "Harbour Surgery"))[1]
    assert exchange.to_type(other).lines == ()
    assert exchange.say_typed(access=other, item_ids=[FeedItem.objects.get().pk]) == 0
    with pytest.raises(NotPermitted):
        exchange.to_type(factories.person(scene.practice, Role.CALL_HANDLER)[1])


def test_people_who_left_do_not_stand_before_those_who_are_here(scene: Scene) -> None:
    gone = factories.patient(scene.practice, "Robin", mobile="")
    write(said(gone, scene.practice, EX_SMOKER, "gone"))
    collect()
    write(said(scene.sam, scene.practice, EX_SMOKER, "own"))
    collect()
    CareRelationship.objects.filter(patient=gone).update(ends_on=NOW.date())
    found = exchange.to_type(scene.desk, limit=1)
    assert ([one.patient_id for one in found.lines], found.total) == ([scene.sam.pk], 1)
    assert exchange.to_type_count(scene.desk) == 1
    # Once they are registered elsewhere nothing waits; until then it may be that they come back.
    jobs.run_once("exchange.feed_said")
    assert {state for _, _, state in items()} == {"waiting"}
    CareRelationship.objects.create(
        patient=gone, organisation=factories.practice("Y99003"), kind="registered", starts_on=NOW.date()
    )
    jobs.run_once("exchange.feed_said")
    assert [(one.patient_id, one.settled_by) for one in FeedItem.objects.filter(state="left")] == [
        (gone.pk, collecting.ELSEWHERE)
    ]


@pytest.mark.parametrize(
    ("code", "value", "day", "organisation", "ticked"),
    [
        (SYSTOLIC, "128", "2026-12-09", "Y99002", True),
        (SYSTOLIC, "130", "2026-12-09", "Y99002", False),
        (SYSTOLIC, "128", "2026-12-08", "Y99002", False),
        ("271650006", "82", "2026-12-09", "Y99002", False),
        (SYSTOLIC, "128", "2026-12-09", "Y99003", False),
    ],
)
def test_the_practices_next_file_ticks_what_it_shows(
    scene: Scene, code: str, value: str, day: str, organisation: str, ticked: bool
) -> None:
    factories.practice("Y99003", "Harbour Surgery")
    write(said(scene.sam, scene.practice, SYSTOLIC, "own", value=128))
    collect()
    file(scene, code, value, day=day, organisation=organisation)
    assert [state for _, _, state in items()] == ["in_record" if ticked else "waiting"]


def test_a_file_that_is_only_looked_at_ticks_nothing(scene: Scene) -> None:
    write(said(scene.sam, scene.practice, SYSTOLIC, "own", value=128))
    collect()
    rows = f"nhs_number,code,date,value,unit,organisation\n{scene.sam.nhs_number},{SYSTOLIC},2026-12-09,128,mm[Hg],Y99002\n"
    exchange.import_entries(file=rows.encode(), by=Actor.system("import"), name="entries.csv", apply=False)
    assert [state for _, _, state in items()] == ["waiting"]


@pytest.mark.parametrize(
    ("practice", "ticked"),
    [("", set()), ("Y99002", {"Y99002"}), ("Y99003", {"Y99003"})],
)
def test_the_file_of_one_practice_ticks_nothing_that_another_has_to_type(
    scene: Scene, practice: str, ticked: set[str]
) -> None:
    """Though its rows name the other, as those of somebody who was registered there."""
    other = factories.practice("Y99003", "Harbour Surgery")
    robin = factories.patient(other, "Robin", mobile="")
    write(said(scene.sam, scene.practice, EX_SMOKER, "a"), said(robin, other, EX_SMOKER, "b"))
    collect()
    rows = (
        f"{scene.sam.nhs_number},{EX_SMOKER},2026-12-09,,,Y99002\n{robin.nhs_number},{EX_SMOKER},2026-12-09,,,Y99003\n"
    )
    report = exchange.import_entries(
        file=f"nhs_number,code,date,value,unit,organisation\n{rows}".encode(),
        by=Actor.system("import"),
        name="entries.csv",
        practice=practice,
    )
    found = FeedItem.objects.filter(state="in_record").values_list("organisation__ods_code", flat=True)
    assert set(found) == ticked
    # What was seen and not ticked is said where whoever reads the file can do something about it.
    assert [n for words, n in report.did.items() if "--practice" in words] == ([] if practice else [2])


def test_what_somebody_ticked_is_seen_to_be_there(scene: Scene) -> None:
    write(said(scene.sam, scene.practice, SYSTOLIC, "own", value=128))
    collect()
    exchange.say_typed(access=scene.desk, item_ids=[FeedItem.objects.get().pk])
    file(scene, SYSTOLIC, "128")
    assert [state for _, _, state in items()] == ["in_record"]


def test_the_list_takes_as_many_statements_for_many(scene: Scene) -> None:
    seen = []
    for n in (10, 90):
        people = [factories.patient(scene.practice, mobile="") for _ in range(n)]
        write(*(said(one, scene.practice, EX_SMOKER, f"{one.pk}") for one in people))
        collect()
        with CaptureQueriesContext(connection) as queries:
            assert exchange.to_type(scene.desk).lines
        seen.append(len(queries))
    assert seen[0] == seen[1]
    assert setting.route_of(scene.practice.pk) == "typed"
