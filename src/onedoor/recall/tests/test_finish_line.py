"""The finish line: who is on it, in which order, and what is done from it for many at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypedDict, Unpack

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.accounts.api import Organisation
from onedoor.accounts.tests.sharing import shares
from onedoor.booking import api as booking
from onedoor.booking.tests import factories as diary
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.models import AuditEntry
from onedoor.messaging.models import Message
from onedoor.messaging.tests.sending_factories import account
from onedoor.patients.models import CareRelationship, Patient
from onedoor.questionnaires import api as questionnaires
from onedoor.recall import api as recall
from onedoor.recall.models.owners import CheckOwner
from onedoor.recall.queries.finish_line import BOOKED, BY_TEXT, DECLINED, TO_BOOK
from onedoor.recall.tests.away import SMI, away
from onedoor.recall.tests.standings import Stood, stand
from onedoor.records import api as records

pytestmark = pytest.mark.django_db


def six() -> recall.CheckSet:
    return next(one for one in recall.check_sets() if one.key == "smi")


def hca(organisation: Organisation) -> Access:
    return factories.person(organisation, Role.HEALTH_CARE_ASSISTANT)[1]


class Asked(TypedDict, total=False):
    """What of recall.FinishLineFilter a test asks for besides the view."""

    practices: tuple[int, ...]
    owner: str
    missing: str


def names(line: recall.FinishLine) -> list[str]:
    return [row.patient.given_name for row in line.rows]


def listed(access: Access, view: str = "near", **asked: Unpack[Asked]) -> recall.FinishLine:
    return recall.finish_line(access, six(), recall.FinishLineFilter(view, **asked))


def person(place: Organisation, name: str, *lack: str, **also: Unpack[Stood]) -> Patient:
    made = factories.patient(place, name)
    stand([made], lack=lack, **also)
    return made


def visit(practice: diary.Practice, patient: Patient, hour: tuple[int, int] = (9, 0)) -> None:
    (seat,) = diary.own_seats(practice, 1, first=hour)
    booking.book(seat_ref=seat.ref, patient_id=patient.pk, by=factories.TEST, tell=False)


def test_the_nearest_come_first_by_what_completes_most_for_each_visit() -> None:
    practice = diary.practice()
    place, access = practice.organisation, hca(practice.organisation)
    person(place, "Visit", "lipid")
    person(place, "Refuses", "alcohol", declined=["alcohol"])
    booked = person(place, "Booked", "lipid", "glucose")
    person(place, "Texts", "alcohol", "smoking")
    person(place, "Done")
    person(place, "Far", "bp", "lipid", "glucose")
    person(place, "Recovered", "bp", status=0, reason="in_remission")
    visit(practice, booked)
    line = listed(access)
    assert [(row.patient.given_name, row.way) for row in line.rows] == [
        ("Texts", BY_TEXT),
        ("Booked", BOOKED),
        ("Visit", TO_BOOK),
        ("Refuses", DECLINED),
    ]
    count = line.count
    assert (count.register, count.complete, count.near, count.further, count.out) == (6, 1, 4, 1, 1)
    assert (count.one_short, count.text_alone, count.unowned) == (2, 1, 4)
    assert line.lacking == {"alcohol": 2, "smoking": 1, "lipid": 2, "glucose": 1}
    assert round(count.share, 2) == 16.67


def test_what_is_missing_is_split_into_what_a_text_can_gather_and_what_a_person_must() -> None:
    place = factories.practice()
    person(place, "Sam", "bp", "alcohol")
    (row,) = listed(hca(place)).rows
    assert [part.key for part in row.missing] == ["bp", "alcohol"]
    assert [part.key for part in row.by_text] == ["alcohol"]
    assert [part.key for part in row.by_hand] == ["bp"]
    assert row.done == 4


@pytest.mark.parametrize(
    ("status", "reason", "view", "words"),
    [
        (0, "in_remission", "out", "in remission: recorded after the latest diagnosis"),
        (1, "unsuitable", "near", "recorded as unsuitable for the check in the last twelve months"),
        (
            1,
            "declined",
            "near",
            "declined the whole check in the last twelve months; still counted among those without one",
        ),
        (2, "due", "near", ""),
    ],
)
def test_remission_decline_and_unsuitable_are_seen_with_their_reason(
    status: int, reason: str, view: str, words: str
) -> None:
    place = factories.practice()
    person(place, "Sam", "bp", status=status, reason=reason)
    (row,) = listed(hca(place), view).rows
    assert row.reason == words


def test_a_check_without_a_code_list_is_unknown_and_never_done() -> None:
    nine = next(one for one in recall.check_sets() if one.key == "smi-nine")
    unknown = [part for part in nine.parts if not part.known]
    assert len(nine.parts) == 9
    assert len(unknown) == 3
    assert all(not part.by_text for part in unknown)
    assert all(part.known for part in six().parts)


def test_where_they_are_seen_today_is_a_list_by_time() -> None:
    practice = diary.practice()
    access = hca(practice.organisation)
    late, early = (person(practice.organisation, name, "lipid") for name in ("Late", "Early"))
    person(practice.organisation, "Elsewhere", "lipid")
    visit(practice, late, (11, 0))
    visit(practice, early)
    with clock.at(diary.at(diary.WEDNESDAY, 8)):
        line = listed(access, "today")
        assert names(line) == ["Early", "Late"]
        assert line.count.today == 2
        assert recall.expected_today(access) == 2
        (first, _) = line.rows
        assert first.visit is not None
        assert first.visit.today
        assert first.visit.place == practice.site.name
    with clock.at(diary.at(diary.WEDNESDAY, 10)):
        assert names(listed(access, "today")) == ["Late"]
    with clock.at(diary.at(diary.WEDNESDAY - timedelta(days=1), 10)):
        assert listed(access).count.today == 0


def test_home_counts_today_as_the_list_does() -> None:
    practice = diary.practice()
    access = hca(practice.organisation)
    people = [
        person(practice.organisation, "Short", "lipid"),
        person(practice.organisation, "Far", "bp", "lipid", "glucose"),
        person(practice.organisation, "No", "bp", status=1, reason="declined"),
        person(practice.organisation, "Out", "bp", status=0, reason="in_remission"),
        person(practice.organisation, "All"),
        person(practice.organisation, "Left", "bp"),
        person(practice.organisation, "Dead", "bp"),
    ]
    CareRelationship.objects.filter(patient=people[5]).update(ends_on=date(2026, 12, 1))
    Patient.objects.filter(pk=people[6].pk).update(deceased=True)
    for n, one in enumerate(people):
        visit(practice, one, (9 + n % 3, 5 * n))
    visit(practice, people[0], (15, 0))
    first = booking.appointments_of(factories.person(practice.organisation)[1], people[0].pk)[0]
    for hour, expected in ((8, 3), (10, 3), (11, 2), (14, 1), (16, 0), (23, 0)):
        with clock.at(diary.at(diary.WEDNESDAY, hour)):
            assert (listed(access).count.today, recall.expected_today(access)) == (expected, expected)
    with clock.at(diary.at(diary.WEDNESDAY, 16)):
        booking.arrive(appointment_id=first.id, by=factories.TEST)
        assert (listed(access).count.today, recall.expected_today(access)) == (1, 1)
    with pytest.raises(NotPermitted):
        recall.expected_today(factories.person(practice.organisation)[1])


def test_a_visit_to_another_organisation_is_told_without_what_it_is_for() -> None:
    practice = diary.practice()
    trust = factories.practice("Y99900", "Wexcombe Hospital")
    sam = person(practice.organisation, "Sam", "lipid")
    CareRelationship.objects.create(patient=sam, organisation=trust, kind="caseload", starts_on=date(2026, 1, 1))
    visit(practice, sam)
    (row,) = listed(hca(trust)).rows
    assert row.visit is not None
    assert (row.visit.what, row.visit.place, row.visit.seat_ref) == ("", practice.organisation.name, None)


def share(practice: Organisation, other: Organisation, kind: str, *, shares: bool) -> None:
    accounts.take_organisations(
        rows=[
            accounts.OrganisationRow(
                *(practice.ods_code, practice.name, "", kind, other.ods_code, other.name),
                date(2026, 1, 1),
                None,
                shares,
            )
        ],
        by=factories.TEST,
    )


def test_a_pcn_sees_its_practices_people_by_agreement_and_a_trust_its_own_caseload() -> None:
    here, there = factories.practice(), factories.practice("Y99003", "Marfleet Lane Practice")
    pcn, trust = factories.practice("Y99101", "Vale PCN"), factories.practice("Y99900", "Wexcombe Trust")
    person(here, "Hal", "bp")
    patient = person(there, "Tess", "bp")
    share(here, pcn, "part_of_pcn", shares=True)
    share(there, trust, "served_by_trust", shares=False)
    assert names(listed(hca(here))) == ["Hal"]
    assert names(listed(hca(pcn))) == ["Hal"]
    assert names(listed(hca(trust))) == []
    CareRelationship.objects.create(patient=patient, organisation=trust, kind="caseload", starts_on=date(2026, 1, 1))
    assert names(listed(hca(trust))) == ["Tess"]
    CareRelationship.objects.filter(patient=patient, organisation=trust).update(ends_on=clock.today())
    assert names(listed(hca(trust))) == []


@pytest.mark.parametrize("covers", ["all", "coded"])
@pytest.mark.parametrize("kind", ["part_of_pcn", "served_by_trust"])
def test_who_is_lent_a_practices_checks_reads_nothing_that_others_share_with_it(kind: str, covers: str) -> None:
    practice, other = factories.practice(), factories.practice("Y99902", "Wexcombe Trust")
    lent = factories.practice("Y99101", "Vale PCN")
    share(practice, lent, kind, shares=True)
    shares(other, practice, covers=covers)
    sam = person(practice, "Sam", "bp")
    away(sam, SMI["bp"][0], clock.today(), value=128.0)

    def read(access: Access) -> tuple[int, bool, int]:
        """How much is read of the record, on the form and on its way."""
        wide, (row,) = accounts.for_checks(access), listed(access).rows
        form = recall.check_page(wide, sam.pk)
        return len(records.coded_of(wide, sam.pk)), form.checks[0].away is not None, len(row.on_its_way)

    assert read(hca(practice)) == (1, True, 1)
    assert read(hca(lent)) == (0, False, 0)
    shares(other, lent, covers=covers)
    assert read(hca(lent)) == (1, True, 1)


def test_figures_are_by_practice_and_the_list_is_cut_by_it() -> None:
    here, there = factories.practice(), factories.practice("Y99003", "Marfleet Lane Practice")
    pcn = factories.practice("Y99101", "Vale PCN")
    for practice in (here, there):
        share(practice, pcn, "part_of_pcn", shares=True)
    person(here, "Hal", "bp")
    person(here, "Hope")
    person(there, "Tess", "bp", "smoking")
    line = listed(hca(pcn))
    assert [(group.name, group.count.register, group.count.complete, group.count.near) for group in line.practices] == [
        ("Marfleet Lane Practice", 1, 0, 1),
        ("Wexcombe Road Surgery", 2, 1, 1),
    ]
    assert names(listed(hca(pcn), practices=(there.pk,))) == ["Tess"]
    assert names(listed(hca(pcn), missing="smoking")) == ["Tess"]


def test_nobody_without_the_permission_opens_it() -> None:
    place = factories.practice()
    person(place, "Sam", "bp")
    for role in (Role.RECEPTIONIST, Role.ADMINISTRATOR, Role.CALL_HANDLER):
        with pytest.raises(NotPermitted):
            listed(factories.person(place, role)[1])
    assert names(listed(factories.person(place, Role.PRACTICE_MANAGER)[1])) == ["Sam"]


def test_the_dead_are_not_on_it() -> None:
    place = factories.practice()
    gone = factories.patient(place, "Gone", deceased=True)
    stand([gone], lack=["bp"])
    assert listed(hca(place)).count.register == 0


def own(access: Access, people: Sequence[Patient], owner: recall.CheckOwnerName | None) -> int:
    return recall.own_checks(access=access, patient_ids=[one.pk for one in people], owner=owner)


def test_an_owner_is_named_for_many_at_once_and_the_history_keeps_who_it_was() -> None:
    place = factories.practice()
    user, access = factories.person(place, Role.HEALTH_CARE_ASSISTANT)
    people = [person(place, name, "bp") for name in ("Ann", "Bob", "Cid")]
    assert own(access, people, recall.CheckOwnerName(user_id=user.pk)) == 3
    assert own(access, people, recall.CheckOwnerName(user_id=user.pk)) == 0
    assert own(access, people[:1], recall.CheckOwnerName(team="Physical health team")) == 1
    assert own(access, people[1:2], None) == 1
    line = listed(access)
    assert [(row.patient.given_name, row.owner) for row in line.rows] == [
        ("Bob", ""),
        ("Ann", "Physical health team"),
        ("Cid", user.shown_name),
    ]
    assert [(group.name, group.count.near) for group in line.owners] == [
        ("", 1),
        ("Physical health team", 1),
        (user.shown_name, 1),
    ]
    assert names(listed(access, owner=f"user:{user.pk}")) == ["Cid"]
    assert names(listed(access, owner="team:Physical health team")) == ["Ann"]
    assert names(listed(access, owner="none")) == ["Bob"]
    (now, before) = recall.owners_of(access, people[0].pk)
    assert (now[0], before[0]) == ("Physical health team", user.shown_name)
    assert before[2] is not None
    assert AuditEntry.objects.filter(action="own_checks").count() == 5


@pytest.mark.parametrize("whom", ["nobody", "both", "a stranger", "a receptionist"])
def test_only_somebody_who_does_checks_or_a_named_team_may_own(whom: str) -> None:
    place = factories.practice()
    sam = person(place, "Sam", "bp")
    access = hca(place)
    stranger, _ = factories.person(factories.practice("Y99003", "Elsewhere"), Role.HEALTH_CARE_ASSISTANT)
    desk, _ = factories.person(place)
    owner = {
        "nobody": recall.CheckOwnerName(),
        "both": recall.CheckOwnerName(user_id=desk.pk, team="Team"),
        "a stranger": recall.CheckOwnerName(user_id=stranger.pk),
        "a receptionist": recall.CheckOwnerName(user_id=desk.pk),
    }[whom]
    with pytest.raises(recall.NotDone):
        own(access, [sam], owner)
    assert not CheckOwner.objects.exists()


def test_one_of_them_outside_the_access_changes_nothing() -> None:
    place, other = factories.practice(), factories.practice("Y99003", "Elsewhere")
    mine, theirs = person(place, "Mine", "bp"), person(other, "Theirs", "bp")
    access = hca(place)
    with pytest.raises(Patient.DoesNotExist):
        own(access, [mine, theirs], recall.CheckOwnerName(team="Team"))
    with pytest.raises(Patient.DoesNotExist):
        recall.plan_checks(access=access, patient_ids=[mine.pk, theirs.pk], definition=six())
    assert not CheckOwner.objects.exists()


def test_what_is_missing_is_planned_for_the_next_visit_whatever_that_is_for() -> None:
    practice = diary.practice()
    access = hca(practice.organisation)
    sam = person(practice.organisation, "Sam", "lipid", "glucose", "alcohol")
    never = person(practice.organisation, "Never", "lipid", declined=["lipid"])
    visit(practice, sam)
    keys = [sam.pk, never.pk]
    assert recall.plan_checks(access=access, patient_ids=keys, definition=six()) == 1
    assert recall.plan_checks(access=access, patient_ids=keys, definition=six()) == 0
    (row,) = [row for row in listed(access, "further").rows if row.patient == sam]
    assert [part.key for part in row.planned] == ["lipid", "glucose"]
    (appointment,) = booking_keys(sam)
    assert recall.plans_at(access, [appointment]) == {appointment: "Lipids, Blood glucose or HbA1c"}
    other = hca(factories.practice("Y99003", "Elsewhere"))
    assert recall.plans_at(other, [appointment]) == {}


def booking_keys(patient: Patient) -> list[int]:
    from onedoor.booking.models import Appointment

    return list(Appointment.objects.filter(patient=patient, state="booked").values_list("pk", flat=True))


def test_as_many_statements_for_many_people_as_for_ten() -> None:
    practice = diary.practice()
    access, counts = hca(practice.organisation), []
    for number in (10, 1_000):
        people = Patient.objects.bulk_create(
            Patient(
                nhs_number=factories.nhs_number(),
                given_name="Pat",
                family_name="Lee",
                name_key="lee pat",
                born_on=date(1980, 5, 1),
            )
            for _ in range(number)
        )
        CareRelationship.objects.bulk_create(
            CareRelationship(
                patient=one, organisation=practice.organisation, kind="registered", starts_on=date(2020, 1, 1)
            )
            for one in people
        )
        stand(people, lack=["lipid"])
        with CaptureQueriesContext(
            connection,
        ) as seen:
            recall.finish_line(access, six(), recall.FinishLineFilter(), limit=1_000)
        counts.append(len(seen))
        with CaptureQueriesContext(connection) as seen:
            recall.own_checks(
                access=access, patient_ids=[one.pk for one in people[:500]], owner=recall.CheckOwnerName(team="A")
            )
            recall.plan_checks(access=access, patient_ids=[one.pk for one in people[:500]], definition=six())
        counts.append(len(seen))
    assert counts[:2] == counts[2:]


def test_what_they_can_say_is_asked_by_text_once_and_only_of_those_who_may_be_asked() -> None:
    place = factories.practice()
    account(place)
    access = hca(place)
    phones = iter(f"+4477009001{number:02d}" for number in range(50))
    asked, busy, declined, whole, seen, shared, silent = (
        factories.patient(place, name, mobile=phone)
        for name, phone in (
            ("Asked", next(phones)), ("Busy", next(phones)), ("Declined", next(phones)), ("Whole", next(phones)),
            ("Seen", next(phones)), ("Shared", "+447700900199"), ("Silent", None),
        )
    )  # fmt: skip
    factories.patient(place, "Other", mobile="+447700900199")
    stand([asked, busy, shared, silent], lack=["alcohol", "smoking"])
    stand([declined], lack=["alcohol"], declined=["alcohol"])
    stand([whole], lack=["alcohol"], status=1, reason="declined")
    stand([seen], lack=["lipid"])
    questionnaires.ask(organisation_id=place.pk, patient_id=busy.pk, form="smoking", by=access.actor)
    keys = [one.pk for one in (asked, busy, declined, whole, seen, shared, silent)]
    done = recall.ask_for_checks(access=access, patient_ids=keys, definition=six())
    assert done.asked == 1
    assert sum(done.not_asked.values()) == 6
    (text,) = Message.objects.filter(patient=asked)
    assert "units of alcohol" in text.body or "smoke" in text.body
    assert recall.ask_for_checks(access=access, patient_ids=[asked.pk], definition=six()).asked == 0
    rows = {row.patient.given_name: row.asked for row in listed(access).rows}
    assert {name for name, open_ in rows.items() if open_} == {"Asked", "Busy"}
    assert not questionnaires.Response.objects.filter(patient__in=[silent, shared], state="asked").exists()


def test_what_was_left_open_at_the_tablet_keeps_nobody_from_being_asked() -> None:
    place = factories.practice()
    account(place)
    access, sam = hca(place), factories.patient(place, "Sam", mobile="+447700900101")
    stand([sam], lack=["alcohol"])
    questionnaires.start(patient_id=sam.pk, organisation_id=place.pk, key="about-you", via="kiosk", by=factories.TEST)
    with clock.at(clock.now() + timedelta(days=1)):
        jobs.run_once("questionnaires.expire_responses")
        assert recall.ask_for_checks(access=access, patient_ids=[sam.pk], definition=six()).asked == 1


def test_a_pcns_question_is_its_practices_own() -> None:
    practice, pcn = factories.practice(), factories.practice("Y99101", "Vale PCN")
    account(practice)
    share(practice, pcn, "part_of_pcn", shares=True)
    sam = factories.patient(practice, "Sam", mobile="+447700900101")
    stand([sam], lack=["alcohol"])
    assert recall.ask_for_checks(access=hca(pcn), patient_ids=[sam.pk], definition=six()).asked == 1
    text = Message.objects.get(patient=sam)
    assert text.organisation_id == practice.pk
    assert practice.name in text.body


def test_nobody_is_asked_for_what_is_on_its_way_whoever_presses() -> None:
    place, trust = factories.practice(), factories.practice("Y99902", "Wexcombe Trust")
    account(place)
    sam = factories.patient(place, "Sam", mobile="+447700900101")
    stand([sam], lack=["alcohol"])
    away(sam, SMI["alcohol"][0], clock.today())
    access, elsewhere = hca(place), "it was done elsewhere, and waits to be accepted"
    done = recall.ask_for_checks(access=access, patient_ids=[sam.pk], definition=six())
    assert (done.asked, dict(done.not_asked)) == (0, {"there is nothing to ask them by text now": 1})
    shares(trust, place, covers="coded")
    done = recall.ask_for_checks(access=access, patient_ids=[sam.pk], definition=six())
    assert (done.asked, dict(done.not_asked)) == (0, {elsewhere: 1})
    assert not Message.objects.exists()


def test_as_many_statements_to_ask_a_hundred_as_to_ask_ten() -> None:
    place = factories.practice()
    account(place)
    access, counts = hca(place), []
    for number in (10, 100):
        people = [factories.patient(place, "Pat", mobile=f"+44770090{number:03d}{n:02d}") for n in range(number)]
        stand(people, lack=["alcohol"])
        with CaptureQueriesContext(connection) as seen:
            done = recall.ask_for_checks(access=access, patient_ids=[one.pk for one in people], definition=six())
        assert done.asked == number
        counts.append(len(seen))
    assert counts[0] == counts[1]
