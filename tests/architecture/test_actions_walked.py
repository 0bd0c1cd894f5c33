"""Every public action is walked by those who have no business there: it refuses, and nothing is written.

Every function that a context's door exports is a read, or is listed here: as an action, which is called by strangers and then
rightly, or with the reason why it is not walked. A new one that is not listed fails. The addresses of pages are walked by
`staff/tests/test_strangers.py`.
"""

from __future__ import annotations

import ast
import inspect
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.accounts.models import SmallCounts
from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, Conflict, DiaryImport, DiaryRequest, Seat, Session
from onedoor.booking.tests import factories as diary
from onedoor.booking.types import Scope
from onedoor.calls import api as calls
from onedoor.directory import api as directory
from onedoor.documents import api as documents
from onedoor.documents.tests import factories as letters
from onedoor.exchange import api as exchange
from onedoor.exchange.tests import test_caseloads as caseloads
from onedoor.exchange.tests.test_calls import a_call
from onedoor.exchange.tests.test_files import SOUND, patient_list
from onedoor.exchange.tests.test_files import diary as diary_file
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, NotPermitted, Part, Role
from onedoor.kernel.models import AuditEntry
from onedoor.messaging import api as messaging
from onedoor.messaging.models import Message
from onedoor.messaging.tests.sending_factories import account
from onedoor.patients import api as patients
from onedoor.patients.models import ContactPoint, Patient, Proxy
from onedoor.questionnaires import api as questionnaires
from onedoor.recall import api as recall
from onedoor.recall.tests.standings import stand
from onedoor.records import api as records
from onedoor.referrals import api as referrals
from onedoor.reporting import api as reporting
from onedoor.reporting.models import Closing, ForumAction, ForumMeeting, Initiative, Milestone, Pack, Trajectory
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask
from onedoor.ui.tests.world import PARTNER_ODS, PHONE, World, make

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

SOURCE = Path(__file__).parents[2] / "src" / "onedoor"
DOORS = (
    "accounts",
    "patients",
    "records",
    "tasks",
    "directory",
    "documents",
    "messaging",
    "questionnaires",
    "booking",
    "referrals",
    "calls",
    "recall",
    "exchange",
    "reporting",
)

REFUSALS = (NotPermitted, booking.NotYours, ObjectDoesNotExist, exchange.UnreadableFile)
"""How an action says no: not yours, or nothing here of that name. An unreadable file is one "not a practice of yours"."""

INSIDE = "called in the transaction of another action, which asks whether it may"
MACHINE = "a machine door or process: nobody signed in reaches it"
DECLARES = "declares something when the application is ready"
READS = "reads nothing of anybody's, or what its caller was given"

NOT_WALKED: dict[str, str] = {
    "booking.born_on_is": "whoever has the link may try, three times; booking/tests/test_changing.py",
    "booking.choose": "the link and the date of birth say whose it is; booking/tests/test_changing.py",
    "directory.criteria_at": READS,
    "directory.declare_waits": DECLARES,
    "directory.end_search": "anybody may search, and what it keeps names nobody; directory/tests/test_gaps.py",
    "directory.keep_gap": INSIDE,
    "directory.history": READS,
    "directory.outward": READS,
    "directory.place_written": READS,
    "directory.read_asked": READS,
    "directory.read_place": READS,
    "directory.read_services": READS,
    "directory.read_texts": READS,
    "directory.told_of": READS,
    "directory.where_is": READS,
    "directory.written": READS,
    "documents.address_lines": READS,
    "documents.compose_letter": READS,
    "documents.facts_from_json": READS,
    "documents.missing": READS,
    "documents.pdf": READS,
    "documents.pictures": READS,
    "documents.review": READS,
    "documents.wanted": READS,
    "accounts.for_checks": "a read of agreements; tests/specification/test_organisation_relations.py",
    "accounts.members": READS,
    "accounts.seeing_small_counts": "asked of whoever signed in, at each request",
    "accounts.small_counts_left": READS,
    "accounts.small_counts_to_review": "a read, of one's own organisation's; staff/tests/test_small_counts.py",
    "accounts.readers_of": READS,
    "accounts.record_agreements": "a read, of one's own organisation's; records/tests/test_reading.py",
    "accounts.sources": "the rule itself; records/tests/test_reading.py",
    "patients.open_now": "one's own; tests/specification/test_opening.py",
    "patients.opened": "one's own; tests/specification/test_opening.py",
    "patients.openings_of": "a read, through what the access may see; tests/specification/test_opening.py",
    "patients.openings_to_review": "a read, of one's own organisation's; tests/specification/test_opening.py",
    "patients.review_opening": INSIDE,
    "records.watch": "of a stream, which asks whether it may; gateway/tests/test_live.py",
    "records.unwatch": "of a stream, which asks whether it may; gateway/tests/test_live.py",
    "exchange.feeds": READS,
    "accounts.new_sign_in": INSIDE,
    "accounts.read_organisations": READS,
    "accounts.related": READS,
    "accounts.successor": READS,
    "accounts.choose_password": INSIDE,
    "patients.asleep": "the user's own rights; portal/tests/test_acting.py",
    "patients.last_day_of_child": READS,
    "patients.proxies_of": "a read, through what the access may see; portal/tests/test_acting.py",
    "patients.sign_in": "asked of whoever signed in, at each request",
    "patients.ward": "the user's own rights; portal/tests/test_acting.py",
    "patients.wards": "the user's own rights; portal/tests/test_acting.py",
    "patients.begin_to_sign_in": "whoever has the code may try, five times; portal/tests/test_acting.py",
    "patients.search": READS,
    "patients.spoken": READS,
    "documents.unmet_language": READS,
    "booking.weekly": READS,
    "patients.who_are": "reads for an import, which asks whether it may",
    "records.in_error": INSIDE,
    "records.look_many": "of patients whom the access does not see it notes nothing; staff/tests/test_finish_line.py",
    "records.record_alike": INSIDE,
    "records.record_entries": INSIDE,
    "tasks.ask_for": INSIDE,
    "tasks.say_more": INSIDE,
    "tasks.withdraw": INSIDE,
    "tasks.declare_kind": DECLARES,
    "tasks.lock_first": DECLARES,
    "tasks.ask_newer": DECLARES,
    "tasks.kind_of": READS,
    "tasks.kinds": READS,
    "messaging.clear": INSIDE,
    "messaging.close_asks": INSIDE,
    "messaging.opt_in": INSIDE,
    "messaging.opt_out": INSIDE,
    "messaging.queue": INSIDE,
    "messaging.resting": READS,
    "messaging.declare_context": DECLARES,
    "messaging.declare_purpose": DECLARES,
    "messaging.declare_subject": DECLARES,
    "messaging.purpose_of": READS,
    "messaging.door": MACHINE,
    "messaging.run_dispatcher": MACHINE,
    "messaging.store_inbound": MACHINE,
    "messaging.store_receipts": MACHINE,
    "questionnaires.answer": "the patient's own, by page; portal/tests/test_questionnaires.py",
    "questionnaires.finish": "the patient's own, by page; portal/tests/test_questionnaires.py",
    "questionnaires.born_on_is": "whoever has the link may try, three times; portal/tests/test_questionnaires.py",
    "questionnaires.find": "of the practice's own tablet, which staff began; portal/tests/test_questionnaires.py",
    "questionnaires.by_code": "of the practice's own tablet, which staff began; portal/tests/test_questionnaires.py",
    "questionnaires.load_words": "by the operator; questionnaires/tests/test_licensed.py",
    "questionnaires.link_of": READS,
    "questionnaires.ever_of_link": READS,
    "questionnaires.words_wanted": READS,
    "referrals.born_on_is": "whoever has the link may try, three times; portal/tests/test_tracker.py",
    "recall.bring_up_to_date": MACHINE,
    "recall.compute": MACHINE,
    "recall.mark_stale": INSIDE,
    "recall.refresh": INSIDE,
    "recall.fields_of": READS,
    "recall.lapses": READS,
    "recall.sure_mark": READS,
    "patients.take_into_care": INSIDE,
    "patients.let_out_of_care": INSIDE,
    "booking.lock_patients": INSIDE,
    "booking.ring": INSIDE,
    "referrals.clocks_on": READS,
    "referrals.contracts_of": READS,
    "referrals.known_of": READS,
    "referrals.questions": READS,
    "documents.post_on_request": "only of the link of a text, after the date of birth; portal/tests/test_tracker.py",
    "documents.post_instead": "only of a text that was made, which no page leaves behind; documents/tests/test_letters.py",
    "referrals.take_pathways": INSIDE,
    "referrals.take_referrals": INSIDE,
    "calls.take_calls": INSIDE,
    "records.believed": READS,
    "records.codes_in_use": READS,
    "records.unaccept_entries": INSIDE,
    "records.accept_entries": INSIDE,
    "accounts.serves_as_trust": READS,
    "exchange.feed_setting": "a read, of one's own organisation's; exchange/tests/test_feed.py",
    "exchange.to_type": "a read, of one's own organisation's; exchange/tests/test_feed.py",
    "exchange.to_type_count": "a read, of one's own organisation's; exchange/tests/test_feed.py",
    "exchange.set_feed": "always one's own organisation's; exchange/tests/test_feed.py",
    "exchange.say_typed": "of others' it ticks nothing; exchange/tests/test_feed.py",
    "records.measured": READS,
    "records.take_code_sets": INSIDE,
    "records.take_entries": INSIDE,
    "patients.read_point": READS,
    "patients.sharers": READS,
    "referrals.refer_by_telephone": "by the view of a live contact alone; calls/tests/test_doing.py",
    "exchange.as_csv": READS,
    "exchange.rejects_as_csv": READS,
    "exchange.sheets": READS,
    "patients.reached_on": "pure; reporting/tests/test_loop_dashboard.py",
    "accounts.trusts": "a read, of public knowledge; exchange/tests/test_sending.py",
    "documents.facts_to_json": "pure; documents/tests/test_composing.py",
    "exchange.load_mapping": READS,
    "exchange.trusts_for": "a read of agreements; exchange/tests/test_lost_checks.py",
    "exchange.import_trust_checks": "the operator's command, and nobody else's; exchange/tests/test_lost_checks.py",
    "exchange.trust_file": "a read, of one's own organisation's; exchange/tests/test_lost_checks.py",
    "exchange.trust_files": "a read, of one's own organisation's; exchange/tests/test_lost_checks.py",
    "questionnaires.with_open": READS,
    "exchange.receive_extract": "always one's own organisation's; exchange/tests/test_extracts.py",
    "exchange.register_sheet": "one's own register, others' by agreement; exchange/tests/test_extracts.py",
    "exchange.import_extract": "the operator's command, and nobody else's; exchange/tests/test_extracts.py",
    "exchange.extract_of": "a read, of one's own organisation's; exchange/tests/test_extracts.py",
    "exchange.extracts": "a read, of one's own organisation's; exchange/tests/test_extracts.py",
    "exchange.extract_status": "a read, of figures by relation; exchange/tests/test_extracts.py",
    **dict.fromkeys(
        (
            *("exchange.columns_of", "exchange.extract_quality", "exchange.extract_rejects", "exchange.months_back"),
            *("exchange.extract_rejects_csv", "exchange.field_groups", "records.judge"),
        ),
        READS,
    ),
    "records.withdraw_entries": INSIDE,
    "exchange.connect": MACHINE,
    **dict.fromkeys(
        ("exchange.set_mailbox", "exchange.switch_mailbox_off"),
        "the operator's command, and nobody else's; exchange/tests/test_mesh_rules.py",
    ),
    "exchange.load": MACHINE,
    "reporting.balance": READS,
    "reporting.count_loop": "the sweep's and the operator's, and nobody else's; reporting/tests/test_loop_dashboard.py",
    "reporting.gaps_shown": READS,
    "reporting.parts_shown": READS,
    "reporting.people_counted": "of others' it finds nobody; staff/tests/test_reports_measures.py",
    "reporting.shown": READS,
}

OUTSIDERS = ("somebody of another practice", "a patient of another household", "nobody")


@dataclass(frozen=True)
class Scene:
    """The practice of the pages' tests, and what they have no need of."""

    world: World
    desk: Access
    manager: Access
    administrator: Access
    strangers: dict[str, Access]
    own: Patient
    """Sam, whose the rows are."""
    gave_up: Appointment
    """Sam's, cancelled a moment ago; its place is still free."""
    request: DiaryRequest
    waits: DiaryImport
    """An import of an outside diary that waits for a person."""
    conflict: Conflict
    work: tasks.Task
    """A task that somebody has claimed."""


def scene() -> Scene:
    """Built through the doors; what only a large import leaves behind is put in its tables."""
    world = make()
    here = world.organisation
    manager, administrator = (factories.person(here, role)[1] for role in (Role.PRACTICE_MANAGER, Role.ADMINISTRATOR))
    other = accounts.organisation_by_ods("Y99003")
    assert other is not None
    place = diary.own_seats(world.practice, 1, first=(11, 0))[0]
    gave_up = booking.book(seat_ref=place.ref, patient_id=world.sam.pk, by=world.access.actor, tell=False)
    booking.cancel(appointment_id=gave_up.pk, by=world.access.actor, tell=False)
    caseloads.service()
    elsewhere = Session.objects.create(
        organisation=here,
        site=world.practice.site,
        source="emis",
        day=world.day,
        clinician="Dr R Thorne",
        name="Routine",
    )
    asked = Seat.objects.create(session=elsewhere, type_id=world.kind_id, starts_at=diary.at(world.day, 15), minutes=10)
    pending = booking.book(seat_ref=asked.ref, patient_id=world.sam.pk, by=world.access.actor)
    taken = DiaryImport(
        organisation=here,
        site=world.practice.site,
        source="emis",
        first_day=world.day,
        last_day=world.day,
        at=clock.now(),
    )
    waits = DiaryImport.objects.create(**{**_fields(taken), "state": "waiting"})
    applied = DiaryImport.objects.create(**{**_fields(taken), "state": "applied"})
    conflict = Conflict.objects.create(diary_import=applied, seat=asked, appointment=pending, what="Free there")
    with transaction.atomic():
        (key,) = tasks.ask_for(tasks=[NewTask("reply", here.pk, "walked", "Ring back")], by=factories.TEST)
    work = tasks.Task.objects.get(pk=key)
    tasks.claim(access=world.access, ref=work.ref)
    return Scene(
        world=world,
        desk=world.access,
        manager=manager,
        administrator=administrator,
        strangers={
            OUTSIDERS[0]: factories.person(other, Role.PRACTICE_MANAGER)[1],
            OUTSIDERS[1]: Access.of_patient(Patient.objects.get(given_name="Maud").pk),
            OUTSIDERS[2]: Access.nobody(),
        },
        own=world.sam,
        gave_up=gave_up,
        request=DiaryRequest.objects.get(appointment=pending),
        waits=waits,
        conflict=conflict,
        work=work,
    )


def _interpreter(s: Scene) -> int:
    return booking.interpreters_of([s.world.booked.pk])[s.world.booked.pk][0].id


def _course_date(s: Scene) -> booking.CourseDate:
    return s.world.course.dates.order_by("starts_at")[0]


def _class_is_held(s: Scene) -> None:
    """The referral is accepted to a stream whose people come to a class."""
    _accepted(s)
    place = Seat.objects.get(ref=_place())
    new = booking.NewCourse(
        site_id=place.session.site_id,
        type_id=place.type_id,
        name="Hip class",
        leader="Ola Bright",
        minutes=30,
        capacity=4,
        starts=[diary.at(s.world.day + timedelta(days=2), 17)],
    )
    booking.make_course(organisation_id=place.session.organisation_id, course=new, by=factories.TEST)


def _class_of_service() -> uuid.UUID:
    return booking.Course.objects.values_list("ref", flat=True).get(name="Hip class")


def _here(s: Scene) -> dict[uuid.UUID, str]:
    mine = Appointment.objects.filter(seat__course_date=_course_date(s), patient=s.own)
    return dict.fromkeys(mine.values_list("ref", flat=True), "arrived")


def _course(s: Scene, a: Access) -> object:
    new = booking.NewCourse(
        site_id=s.world.course.site_id,
        type_id=s.world.course.type_id,
        name="Back class",
        leader="Ola Bright",
        minutes=30,
        capacity=4,
        starts=[diary.at(s.world.day, 16)],
    )
    return booking.make_course(organisation_id=s.world.organisation.pk, course=new, by=a.actor)


def _fields(taken: DiaryImport) -> dict[str, object]:
    names = ("organisation", "site", "source", "first_day", "last_day", "at")
    return {name: getattr(taken, name) for name in names}


@dataclass(frozen=True)
class Action:
    """An action on a row of Sam's or of the practice, by whoever is given."""

    call: Callable[[Scene, Access], object]
    rightly: str = "desk"
    """Who may: desk, manager, administrator, clinician, handler, partner, owner (of the figures), analyst, own (Sam) or
    system."""
    at: datetime | None = None
    """When, if not on the Monday morning."""
    before: Callable[[Scene], object] | None = None
    instead: str = ""
    """Why the right call writes no audit row."""


WHY_SMALL = {"reason": "wrong", "words": "The register looks too short", "page": "/reports/"}
INITIATIVE = {"title": "Drop-in clinics", "area": "patient", "level": "practice", "window": "0-3"}
TARGET = {
    "baseline": "published:2021-22-Q1",
    "due_on": "2027-03-31",
    "more": "10",
    "rate": "",
    "basis": "Ours",
}


def _shows(s: Scene) -> None:
    accounts.show_small_counts(access=accounts.access_of(s.world.asset_owner), **WHY_SMALL)


def _seeing(a: Access) -> Access:
    """By the choice that somebody made, if it is theirs."""
    return accounts.seeing_small_counts(a, str(SmallCounts.objects.get().ref))


def _initiative(s: Scene) -> None:
    reporting.propose_initiative(
        access=s.manager, organisation_id=s.world.organisation.pk, typed=INITIATIVE, measures={}
    )


def _milestone(s: Scene) -> None:
    _initiative(s)
    reporting.add_milestone(access=s.manager, ref=Initiative.objects.get().ref, title="First", due_on=s.world.day)


def _forum(s: Scene) -> None:
    reporting.call_forum(access=s.manager, organisation_id=s.world.organisation.pk, on=s.world.day)


def _decided(s: Scene) -> None:
    _forum(s)
    reporting.decide_at_forum(
        access=s.manager,
        meeting=ForumMeeting.objects.get().ref,
        text="Find a room",
        owner="Lead",
        due_on=s.world.day,
    )


def _national(s: Scene) -> bytes:
    lines = (f"SMI-Q1-2021-2022,{s.world.organisation.ods_code},{item}" for item in ("SMIRegister,100", "All6PHC,20"))
    return "\n".join(["Period,CCG Code,Question,Answer", *lines, ""]).encode()


def _published(s: Scene) -> None:
    reporting.take_published(content=_national(s), name="published.csv", by=factories.TEST)


def _last_month(s: Scene) -> date:
    return (s.world.day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _closed(s: Scene) -> None:
    """A month without a figure: what is walked is who may."""
    now = clock.now()
    Closing.objects.create(
        month=_last_month(s), edition=1, known_at=now, closed_at=now, closed_by="test", sha256="0" * 64
    )


def _packed(s: Scene) -> None:
    _closed(s)
    Pack.objects.create(
        closing=Closing.objects.get(),
        organisation=s.world.organisation,
        pdf=b"",
        xlsx=b"",
        sha256="0" * 64,
        made_at=clock.now(),
        made_by="test",
    )


def _target(s: Scene) -> None:
    _published(s)
    reporting.set_target(access=s.manager, organisation_id=s.world.organisation.pk, typed=TARGET, replaces=None)


def _proposed(s: Scene) -> None:
    messaging.say_meant(access=s.desk, thread_ref=s.world.thread.ref, text=s.world.inbound.pk, meant="question")


def _phrase() -> uuid.UUID:
    return messaging.ProposedPhrase.objects.values_list("ref", flat=True).get()


def _invited_to_choose(s: Scene) -> None:
    here = s.world.organisation.pk
    recall.set_visits(organisation_id=here, key="flu", type_ids=[s.world.free.type_id], by=s.desk.actor)
    recall.invite(organisation_id=here, patient_id=s.own.pk, by=s.desk.actor)


def _six() -> recall.CheckSet:
    return next(one for one in recall.check_sets() if one.key == "smi")


def _lacks_alcohol(s: Scene) -> None:
    """Sam lacks a check that he can say, nobody else has his phone, and no other questions are open."""
    stand([s.own], lack=["alcohol"])
    for one in questionnaires.Response.objects.filter(patient=s.own, state="asked"):
        questionnaires.withdraw_response(response_id=one.pk, by=s.desk.actor)
    ContactPoint.objects.filter(value=PHONE).exclude(patient=s.own).delete()
    account(s.world.organisation)


def _sent(s: Scene) -> None:
    """A monthly extract of the practice, with its columns confirmed."""
    content = f"NHS number,BMI,Date\n{s.own.nhs_number},27.4,{s.world.day - timedelta(days=30):%d/%m/%Y}\n"
    month = exchange.months_back()[0]
    found = exchange.receive_extract(content=content.encode(), name="november.csv", month=month, access=s.manager)
    exchange.confirm_extract(access=s.manager, ref=found.ref, columns=found.columns)


def _taken(s: Scene) -> None:
    _sent(s)
    exchange.take_extract(access=s.manager, ref=_extract().ref)


def _extract() -> exchange.Extract:
    return exchange.Extract.objects.get()


def _compared(s: Scene) -> None:
    stand([s.own], lack=["bmi"])
    _compare(s, accounts.access_of(s.world.assistant))


def _compare(s: Scene, a: Access) -> object:
    content = f"NHS number,BMI,Date\n{s.own.nhs_number},27.4,{s.world.day - timedelta(days=30):%d/%m/%Y}\n"
    return exchange.compare_checks(
        content=content.encode(), name="november.csv", trust_ods=s.world.organisation.ods_code, access=a
    )


SERVICE = b"slug,name,provider_ods,provider,summary\nwalked,Walking Group,Y99900,Wexcombe,Walks.\n"


def _place_of_joints() -> uuid.UUID:
    card = directory.card("joints")
    assert card is not None
    return card.places[0].ref


def _spots() -> Path:
    return SOURCE / "directory" / "tests" / "places.csv"


def _joints() -> int:
    card = directory.card("joints")
    assert card is not None
    return card.id


AFTER = diary.at(diary.WEDNESDAY, 10)
"""The appointments have begun."""

ACTIONS: dict[str, Action] = {
    "accounts.grant_role": Action(
        lambda s, a: accounts.grant_role(
            user_id=s.world.stranger.pk, organisation_id=s.world.organisation.pk, role=Role.RECEPTIONIST, by=a.actor
        ),
        "administrator",
    ),
    "exchange.decide_document": Action(
        lambda s, a: exchange.decide_document(access=a, ref=s.world.sent.ref, choice="by_hand", note="rang them"),
        "assistant",
    ),
    "exchange.accept_document": Action(lambda s, a: exchange.accept_document(access=a, ref=s.world.came.ref)),
    "exchange.leave_document": Action(
        lambda s, a: exchange.leave_document(access=a, ref=s.world.came.ref, reason="read, nothing new")
    ),
    "exchange.wrong_person": Action(lambda s, a: exchange.wrong_person(access=a, ref=s.world.came.ref)),
    "exchange.say_whose": Action(
        lambda s, a: exchange.say_whose(access=a, ref=s.world.came.ref, patient_ref=s.own.ref),
        before=lambda s: exchange.wrong_person(access=s.desk, ref=s.world.came.ref),
    ),
    "exchange.send_back_document": Action(
        lambda s, a: exchange.send_back_document(access=a, ref=s.world.came.ref, response="30002"),
        before=lambda s: exchange.wrong_person(access=s.desk, ref=s.world.came.ref),
    ),
    "exchange.undo_document": Action(
        lambda s, a: exchange.undo_document(access=a, ref=s.world.came.ref),
        before=lambda s: exchange.accept_document(access=s.desk, ref=s.world.came.ref),
    ),
    "exchange.propose_entry": Action(
        lambda s, a: exchange.propose_entry(
            access=a, ref=s.world.came.ref, code="266919005", value=None, unit="", day=s.world.day
        ),
        at=diary.at(diary.WEDNESDAY, 12),
    ),
    "exchange.confirm_extract": Action(
        lambda s, a: exchange.confirm_extract(access=a, ref=_extract().ref, columns=_extract().columns),
        "manager",
        before=_sent,
    ),
    "exchange.map_extract_again": Action(
        lambda s, a: exchange.map_extract_again(access=a, ref=_extract().ref),
        "manager",
        before=_sent,
        instead="nothing is said of anybody, and the file stays as it was sent",
    ),
    "exchange.take_extract": Action(
        lambda s, a: exchange.take_extract(access=a, ref=_extract().ref), "manager", before=_sent
    ),
    "exchange.withdraw_extract": Action(
        lambda s, a: exchange.withdraw_extract(access=a, ref=_extract().ref), "manager", before=_taken
    ),
    "exchange.compare_checks": Action(_compare, "assistant", before=lambda s: stand([s.own], lack=["bmi"])),
    "exchange.accept_checks": Action(
        lambda s, a: exchange.accept_checks(access=a, ref=exchange.TrustFile.objects.get().ref),
        "assistant",
        before=_compared,
    ),
    "recall.save_checks": Action(
        lambda s, a: recall.save_checks(
            access=a,
            patient_id=s.own.pk,
            form=recall.CheckForm(uuid.uuid4(), "smi", {"smoking": {"status": "never"}}, {"smoking": ""}),
        ),
        "assistant",
    ),
    "recall.open_checks_again": Action(
        lambda s, a: recall.open_checks_again(access=a, visit_ref=s.world.check_visit), "assistant"
    ),
    "recall.own_checks": Action(
        lambda s, a: recall.own_checks(
            access=a, patient_ids=[s.own.pk], owner=recall.CheckOwnerName(team="Physical health team")
        ),
        "assistant",
    ),
    "recall.plan_checks": Action(
        lambda s, a: recall.plan_checks(access=a, patient_ids=[s.own.pk], definition=_six()),
        "assistant",
        before=lambda s: stand([s.own], lack=["lipid"]),
    ),
    "recall.ask_for_checks": Action(
        lambda s, a: recall.ask_for_checks(access=a, patient_ids=[s.own.pk], definition=_six()),
        "assistant",
        before=_lacks_alcohol,
    ),
    "questionnaires.start_many": Action(
        lambda s, a: questionnaires.start_many(
            organisation_id=s.world.organisation.pk, key="about-you", only={s.own.pk: ["units"]}, by=a.actor
        ),
        before=_lacks_alcohol,
    ),
    "accounts.take_organisations": Action(
        lambda s, a: accounts.take_organisations(
            rows=[
                accounts.OrganisationRow(
                    *("Y99002", "Wexcombe", "", "part_of_pcn", "Y99101", "Vale PCN"), starts_on=s.world.day
                )
            ],
            by=a.actor,
        ),
        "administrator",
    ),
    "accounts.set_organisation": Action(
        lambda s, a: accounts.set_organisation(ods_code="Y99002", name="Wexcombe", phone="01632 960001", by=a.actor),
        "administrator",
    ),
    "accounts.set_site": Action(
        lambda s, a: accounts.set_site(organisation_id=s.world.organisation.pk, name="Annexe", by=a.actor), "manager"
    ),
    "accounts.set_telephone": Action(
        lambda s, a: accounts.set_telephone(organisation_id=s.world.organisation.pk, phone="01632 960002", by=a.actor),
        "manager",
    ),
    "accounts.set_user": Action(
        lambda s, a: accounts.set_user(username="stranger", first_name="Ann", last_name="Other", by=a.actor),
        "administrator",
    ),
    "patients.end_number": Action(
        lambda s, a: patients.end_number(
            organisation_id=s.world.organisation.pk, number=PHONE, held_by=clock.now(), by=a.actor
        )
    ),
    "patients.restore_number": Action(
        lambda s, a: patients.restore_number(
            organisation_id=s.world.organisation.pk, number=PHONE, ended_since=clock.now(), by=a.actor
        ),
        before=lambda s: patients.end_number(
            organisation_id=s.world.organisation.pk, number=PHONE, held_by=clock.now(), by=factories.TEST
        ),
    ),
    "patients.open_portal": Action(
        lambda s, a: patients.open_portal(user_id=s.world.stranger.pk, patient_id=s.own.pk, by=a.actor), "administrator"
    ),
    "patients.record_need": Action(
        lambda s, a: patients.record_need(
            access=a, organisation_id=s.world.organisation.pk, patient_id=s.own.pk, key="step_free"
        )
    ),
    "patients.end_need": Action(
        lambda s, a: patients.end_need(
            access=a, organisation_id=s.world.organisation.pk, need_id=s.own.needs.values_list("pk", flat=True)[0]
        )
    ),
    "patients.set_language": Action(
        lambda s, a: patients.set_language(
            access=a, organisation_id=s.world.organisation.pk, patient_id=s.own.pk, language="Polish"
        )
    ),
    "booking.confirm_interpreter": Action(
        lambda s, a: booking.confirm_interpreter(interpreter_id=_interpreter(s), mode="video", by=a.actor)
    ),
    "booking.refuse_interpreter": Action(
        lambda s, a: booking.refuse_interpreter(interpreter_id=_interpreter(s), by=a.actor)
    ),
    "booking.go_without": Action(
        lambda s, a: booking.go_without(interpreter_id=_interpreter(s), despite="She asks for it", by=a.actor),
        before=lambda s: booking.refuse_interpreter(interpreter_id=_interpreter(s), by=factories.TEST),
    ),
    "booking.describe_clinic": Action(
        lambda s, a: booking.describe_clinic(
            organisation_id=s.world.organisation.pk,
            site_id=s.world.practice.site.pk,
            clinician="Nurse B Adeyemi",
            name="Health Checks",
            features=["quiet"],
            by=a.actor,
        ),
        "manager",
    ),
    "patients.take_list": Action(
        lambda s, a: patients.take_list(organisation_id=s.world.organisation.pk, source="emis", rows=[], by=a.actor),
        "manager",
    ),
    "patients.record_proxy": Action(
        lambda s, a: patients.record_proxy(
            access=a,
            patient_id=s.own.pk,
            who=patients.Who("Ann", "Other", date(1980, 1, 1)),
            wish=patients.Wish(
                "consent", "friend", frozenset({Part.CARE}), clock.today(), None, "Sam", "", ("photo", "address")
            ),
        )
    ),
    "patients.end_proxy": Action(
        lambda s, a: patients.end_proxy(access=a, ref=s.world.proxy.ref, because="He moved away")
    ),
    "patients.end_proxy by the patient": Action(
        lambda s, a: patients.end_proxy(access=a, ref=s.world.proxy.ref, because=""), "own"
    ),
    "patients.seen_again": Action(
        lambda s, a: patients.seen_again(access=a, ref=s.world.proxy.ref, checked=["photo", "record"]),
        before=lambda s: Proxy.objects.filter(pk=s.world.proxy.pk).update(asleep_since=clock.now()),
    ),
    "accounts.agree_records": Action(
        lambda s, a: accounts.agree_records(
            access=a,
            organisation_id=s.world.organisation.pk,
            partner_ods="Y99003",
            covers="coded",
            purpose="Direct care",
            basis="UK GDPR 6(1)(e)",
            signed_by="Dr A Thorne",
            signed_on=clock.today(),
            starts_on=clock.today(),
            ends_on=clock.today(),
        ),
        "manager",
    ),
    "accounts.end_records": Action(
        lambda s, a: accounts.end_records(access=a, ref=s.world.sharing, because="Over"), "manager"
    ),
    "patients.break_glass": Action(
        lambda s, a: patients.break_glass(
            access=a,
            number=s.world.ada.nhs_number or "",
            born_on=s.world.ada.born_on,
            reason="emergency",
            words="Unconscious in the waiting room",
        ),
        "assistant",
    ),
    "patients.close_glass": Action(lambda s, a: patients.close_glass(access=a, ref=s.world.opening), "assistant"),
    "patients.new_code": Action(lambda s, a: patients.new_code(access=a, ref=s.world.proxy.ref)),
    "records.look": Action(
        lambda s, a: records.look(access=a, patient_id=s.own.pk, page="patient"),
        instead="a look is its own row, which nobody can remove and the patient reads",
    ),
    "tasks.claim": Action(lambda s, a: tasks.claim(access=a, ref=s.world.task.ref)),
    "tasks.complete": Action(lambda s, a: tasks.complete(access=a, ref=s.world.task.ref, outcome="answered")),
    "tasks.give_back": Action(lambda s, a: tasks.give_back(access=a, ref=s.work.ref)),
    "messaging.answer": Action(
        lambda s, a: messaging.answer(
            access=a,
            patient_id=s.own.pk,
            kind="appointment",
            subject_id=s.world.booked.pk,
            intent="cancel",
            via="staff",
        )
    ),
    "messaging.assign_thread": Action(
        lambda s, a: messaging.assign_thread(access=a, thread_ref=s.world.thread.ref, user_id=None)
    ),
    "messaging.heed": Action(
        lambda s, a: messaging.heed(
            access=a,
            patient_id=s.own.pk,
            organisation_id=s.world.organisation.pk,
            written="I am going to kill myself",
        )
    ),
    "messaging.opened": Action(
        lambda s, a: messaging.opened(access=a, thread_ref=s.world.thread.ref, to=10**9),
        instead="a mark that texts were read; whose details were looked at is a look",
    ),
    "messaging.reply_to_thread": Action(
        lambda s, a: messaging.reply_to_thread(access=a, thread_ref=s.world.thread.ref, text="It is kept.")
    ),
    "messaging.settle_thread": Action(
        lambda s, a: messaging.settle_thread(access=a, thread_ref=s.world.thread.ref, seen=10**9)
    ),
    "messaging.say_meant": Action(
        lambda s, a: messaging.say_meant(
            access=a, thread_ref=s.world.thread.ref, text=s.world.inbound.pk, meant="unclear"
        )
    ),
    "messaging.accept_phrase": Action(
        lambda s, a: messaging.accept_phrase(access=a, ref=_phrase(), text="can Alex come later", intent="question"),
        "manager",
        before=lambda s: _proposed(s),
    ),
    "messaging.refuse_phrase": Action(
        lambda s, a: messaging.refuse_phrase(access=a, ref=_phrase()), "manager", before=lambda s: _proposed(s)
    ),
    "messaging.set_ready_replies": Action(
        lambda s, a: messaging.set_ready_replies(
            access=a, organisation_id=s.world.organisation.pk, texts=["We will ring you."]
        ),
        "manager",
    ),
    "messaging.set_account": Action(
        lambda s, a: messaging.set_account(
            organisation_id=s.world.organisation.pk,
            base_url="http://127.0.0.1:1",
            api_key="another",
            callback_token="token",
            reply_number="+447700900000",
            templates={"*": "template"},
            by=a.actor,
        ),
        "administrator",
    ),
    "messaging.set_tariff": Action(
        lambda s, a: messaging.set_tariff(starts_on=date(2027, 4, 1), pence=Decimal("2.6"), by=a.actor),
        "administrator",
    ),
    "messaging.stop_sending": Action(
        lambda s, a: messaging.stop_sending(organisation_id=s.world.organisation.pk, by=a.actor), "manager"
    ),
    "messaging.stop_sending for all": Action(
        lambda s, a: messaging.stop_sending(organisation_id=None, by=a.actor), "administrator"
    ),
    "messaging.resume_sending": Action(
        lambda s, a: messaging.resume_sending(organisation_id=s.world.organisation.pk, by=a.actor),
        "manager",
        before=lambda s: messaging.stop_sending(organisation_id=s.world.organisation.pk, by=s.manager.actor),
    ),
    "messaging.resume_sending for all": Action(
        lambda s, a: messaging.resume_sending(organisation_id=None, by=a.actor),
        "administrator",
        before=lambda s: messaging.stop_sending(organisation_id=None, by=s.administrator.actor),
    ),
    "booking.accept_offer": Action(lambda s, a: booking.accept_offer(offer_id=s.world.offer.pk, by=a.actor)),
    "booking.arrive": Action(lambda s, a: booking.arrive(appointment_id=s.world.booked.pk, by=a.actor), at=AFTER),
    "booking.block_seat": Action(lambda s, a: booking.block_seat(seat_id=s.world.free.pk, by=a.actor)),
    "booking.book": Action(lambda s, a: booking.book(seat_ref=s.world.free.ref, patient_id=s.own.pk, by=a.actor)),
    "booking.book_any": Action(
        lambda s, a: booking.book_any(type_id=s.world.kind_id, patient_id=s.own.pk, day=s.world.day, by=a.actor)
    ),
    "booking.make_course": Action(lambda s, a: _course(s, a)),
    "booking.enrol": Action(
        lambda s, a: booking.enrol(course_ref=s.world.course.ref, patient_id=s.own.pk, by=a.actor, tell=False)
    ),
    "booking.wait_for_course": Action(
        lambda s, a: booking.wait_for_course(course_ref=s.world.course.ref, patient_id=s.own.pk, by=a.actor),
        before=lambda s: booking.leave_course(enrolment_ref=s.world.place_on_course.ref, by=s.desk.actor),
    ),
    "booking.leave_course": Action(
        lambda s, a: booking.leave_course(enrolment_ref=s.world.place_on_course.ref, by=a.actor), "own"
    ),
    "booking.change_course": Action(
        lambda s, a: booking.change_course(course_ref=s.world.course.ref, name="Other class", capacity=9, by=a.actor)
    ),
    "booking.cancel_course": Action(lambda s, a: booking.cancel_course(course_ref=s.world.course.ref, by=a.actor)),
    "booking.cancel_date": Action(lambda s, a: booking.cancel_date(date_ref=_course_date(s).ref, by=a.actor)),
    "booking.move_date": Action(
        lambda s, a: booking.move_date(
            date_ref=_course_date(s).ref, to=_course_date(s).starts_at + timedelta(hours=1), by=a.actor
        )
    ),
    "booking.take_register": Action(
        lambda s, a: booking.take_register(date_ref=_course_date(s).ref, marks=_here(s), by=a.actor),
        before=lambda s: booking.enrol(course_ref=s.world.course.ref, patient_id=s.own.pk, by=s.desk.actor, tell=False),
    ),
    "booking.cancel": Action(lambda s, a: booking.cancel(appointment_id=s.world.booked.pk, by=a.actor)),
    "booking.come_back": Action(lambda s, a: booking.come_back(appointment_id=s.gave_up.pk, by=a.actor), "own"),
    "booking.confirm": Action(lambda s, a: booking.confirm(appointment_id=s.world.booked.pk, by=a.actor), "own"),
    "booking.confirm_request": Action(
        lambda s, a: booking.confirm_request(request_id=s.request.pk, ended_by="by hand", by=a.actor)
    ),
    "booking.decide_import": Action(
        lambda s, a: booking.decide_import(import_id=s.waits.pk, take=False, by=a.actor), "manager"
    ),
    "booking.decline_offer": Action(lambda s, a: booking.decline_offer(offer_id=s.world.offer.pk, by=a.actor)),
    "booking.did_not_attend": Action(
        lambda s, a: booking.did_not_attend(appointment_id=s.world.booked.pk, by=a.actor), at=AFTER
    ),
    "booking.fulfil": Action(lambda s, a: booking.fulfil(appointment_id=s.world.booked.pk, by=a.actor), at=AFTER),
    "booking.hold": Action(lambda s, a: booking.hold(seat_ref=s.world.free.ref, patient_id=s.own.pk, by=a.actor)),
    "booking.join_waiting": Action(
        lambda s, a: booking.join_waiting(
            patient_id=s.own.pk, appointment_id=s.world.booked.pk, type_id=s.world.kind_id, via="desk", by=a.actor
        )
    ),
    "booking.keep_here": Action(
        lambda s, a: booking.keep_here(organisation_id=s.world.organisation.pk, session_names=["Routine"], by=a.actor),
        "manager",
        before=lambda s: booking.confirm_request(request_id=s.request.pk, ended_by="by hand", by=s.desk.actor),
    ),
    "booking.leave_waiting": Action(lambda s, a: booking.leave_waiting(entry_ids=[s.world.entry.pk], by=a.actor)),
    "booking.move": Action(
        lambda s, a: booking.move(appointment_ref=s.world.booked.ref, seat_ref=s.world.free.ref, by=a.actor)
    ),
    "booking.not_late": Action(
        lambda s, a: booking.not_late(appointment_id=s.world.booked.pk, by=a.actor),
        before=lambda s: Appointment.objects.filter(pk=s.world.booked.pk).update(late_said_at=clock.now()),
    ),
    "booking.open_session": Action(
        lambda s, a: booking.open_session(
            organisation_id=s.world.organisation.pk,
            site_id=s.world.practice.site.pk,
            day=s.world.day,
            clinician="Nurse B Adeyemi",
            name="Evening",
            type_id=s.world.kind_id,
            starts=[diary.at(s.world.day, 18)],
            minutes=10,
            by=a.actor,
        ),
        "manager",
    ),
    "booking.refuse_request": Action(
        lambda s, a: booking.refuse_request(request_id=s.request.pk, ended_by="by hand", by=a.actor)
    ),
    "booking.set_policy": Action(
        lambda s, a: booking.set_policy(organisation_id=s.world.organisation.pk, on=False, by=a.actor), "manager"
    ),
    "booking.set_type": Action(
        lambda s, a: booking.set_type(
            organisation_id=s.world.organisation.pk, name="Blood test", may_refill=False, by=a.actor
        ),
        "manager",
    ),
    "booking.settle_conflict": Action(
        lambda s, a: booking.settle_conflict(conflict_id=s.conflict.pk, theirs=False, by=a.actor)
    ),
    "booking.stop_offering": Action(lambda s, a: booking.stop_offering(release_id=s.world.release.pk, by=a.actor)),
    "booking.unmark": Action(
        lambda s, a: booking.unmark(appointment_id=s.world.booked.pk, by=a.actor),
        before=lambda s: booking.arrive(appointment_id=s.world.booked.pk, by=s.desk.actor),
    ),
    "booking.take_diary": Action(
        lambda s, a: booking.take_diary(
            organisation_id=s.world.organisation.pk,
            site_id=s.world.practice.site.pk,
            source="emis",
            scope=Scope(date(2026, 12, 14), date(2026, 12, 14)),
            rows=[],
            by=a.actor,
        ),
        "manager",
    ),
    "questionnaires.ask": Action(
        lambda s, a: questionnaires.ask(
            organisation_id=s.world.organisation.pk, patient_id=s.own.pk, form="smoking", by=a.actor
        )
    ),
    "questionnaires.start": Action(
        lambda s, a: questionnaires.start(
            patient_id=s.own.pk, organisation_id=s.world.organisation.pk, key="smoking", via="portal", by=a.actor
        )
    ),
    "questionnaires.withdraw_response": Action(
        lambda s, a: questionnaires.withdraw_response(response_id=s.world.response.pk, by=a.actor)
    ),
    "questionnaires.withdraw": Action(
        lambda s, a: questionnaires.withdraw(
            question_id=questionnaires.PutQuestion.objects.get(patient=s.own).pk, by=a.actor
        ),
        before=lambda s: questionnaires.ask(
            organisation_id=s.world.organisation.pk, patient_id=s.own.pk, form="smoking", by=s.desk.actor
        ),
    ),
    "recall.invite": Action(
        lambda s, a: recall.invite(organisation_id=s.world.organisation.pk, patient_id=s.own.pk, by=a.actor)
    ),
    "recall.set_run": Action(
        lambda s, a: recall.set_run(organisation_id=s.world.organisation.pk, weekly=50, gap_days=21, by=a.actor),
        "manager",
    ),
    "recall.switch_programme": Action(
        lambda s, a: recall.switch_programme(
            organisation_id=s.world.organisation.pk, key="asthma", on=True, by=a.actor
        ),
        "manager",
    ),
    "recall.set_visits": Action(
        lambda s, a: recall.set_visits(
            organisation_id=s.world.organisation.pk, key="asthma", type_ids=[s.world.kind_id], by=a.actor
        ),
        "manager",
    ),
    "recall.set_month": Action(
        lambda s, a: recall.set_month(access=a, patient_id=s.own.pk, month=6, reason="Away in spring")
    ),
    "recall.agree_to_share": Action(
        lambda s, a: recall.agree_to_share(
            access=a,
            organisation_id=s.world.organisation.pk,
            partner_ods=PARTNER_ODS,
            purpose="To reach people",
            basis="UK GDPR 6(1)(e)",
            signed_on=clock.today(),
            starts_on=clock.today(),
            ends_on=clock.today(),
        ),
        "manager",
    ),
    "recall.end_agreement": Action(
        lambda s, a: recall.end_agreement(access=a, ref=s.world.shared.agreement.ref), "manager"
    ),
    "recall.share_list": Action(
        lambda s, a: recall.share_list(access=a, ref=s.world.shared.agreement.ref, expires_on=clock.today()),
        "manager",
        before=lambda s: recall.PartnerList.objects.update(expires_on=clock.today() - timedelta(days=1)),
    ),
    "recall.open_list": Action(lambda s, a: recall.open_list(access=a, ref=s.world.shared.ref), "partner"),
    "recall.bring_back": Action(
        lambda s, a: recall.bring_back(
            access=a, ref=s.world.shared.ref, line=s.world.shared.lines.get().ref, outcome="reached"
        ),
        "partner",
    ),
    "recall.book_visit": Action(
        lambda s, a: recall.book_visit(
            access=a, ref=recall.Invitation.objects.get(patient=s.own).ref, seat_ref=s.world.free.ref
        ),
        before=_invited_to_choose,
    ),
    "recall.withdraw": Action(
        lambda s, a: recall.withdraw(invitation_id=recall.Invitation.objects.get(patient=s.own).pk, by=a.actor),
        before=lambda s: recall.invite(organisation_id=s.world.organisation.pk, patient_id=s.own.pk, by=s.desk.actor),
    ),
    "referrals.answer": Action(
        lambda s, a: referrals.answer(access=a, ref=s.world.referral.ref, text="No"),
        "clinician",
        before=lambda s: _parked(s),
    ),
    "referrals.ask_colleague": Action(
        lambda s, a: referrals.ask_colleague(
            access=a, ref=s.world.referral.ref, user_id=s.world.clinician.pk, question="Red flag?"
        ),
        "clinician",
    ),
    "referrals.bring_back": Action(
        lambda s, a: referrals.bring_back(access=a, ref=s.world.referral.ref), "clinician", before=lambda s: _parked(s)
    ),
    "referrals.decide": Action(
        lambda s, a: referrals.decide(
            access=a, ref=s.world.referral.ref, verdict=referrals.Verdict("advice", advice="Rest")
        ),
        "clinician",
    ),
    "referrals.discharge": Action(
        lambda s, a: referrals.discharge(access=a, ref=s.world.referral.ref, outcome="finished"),
        "clinician",
        before=lambda s: _triaged(s),
    ),
    "referrals.give_information": Action(
        lambda s, a: referrals.give_information(access=a, ref=s.world.referral.ref, text="The left knee")
    ),
    "referrals.park": Action(
        lambda s, a: referrals.park(
            access=a, ref=s.world.referral.ref, reason="Scan", until=clock.today() + timedelta(days=1)
        ),
        "clinician",
    ),
    "referrals.refer": Action(lambda s, a: referrals.refer(access=a, new=_new(s))),
    "referrals.refer_myself": Action(
        lambda s, a: referrals.refer_myself(access=a, new=_new(s), none_of_these=True),
        "own",
        before=lambda s: _open_joints(),
    ),
    "referrals.book_visit": Action(
        lambda s, a: referrals.book_visit(access=a, ref=s.world.referral.ref, seat_ref=_place()),
        "clinician",
        before=lambda s: _accepted(s),
    ),
    "referrals.hold_visit": Action(
        lambda s, a: referrals.hold_visit(access=a, ref=s.world.referral.ref, seat_ref=_place()),
        "clinician",
        before=lambda s: _accepted(s),
    ),
    "referrals.wait_for_visit": Action(
        lambda s, a: referrals.wait_for_visit(access=a, ref=s.world.referral.ref),
        "clinician",
        before=lambda s: _accepted(s),
    ),
    "referrals.book_course": Action(
        lambda s, a: referrals.book_course(access=a, ref=s.world.referral.ref, course_ref=_class_of_service()),
        "clinician",
        before=lambda s: _class_is_held(s),
    ),
    "referrals.wait_for_course": Action(
        lambda s, a: referrals.wait_for_course(access=a, ref=s.world.referral.ref, course_ref=_class_of_service()),
        "clinician",
        before=lambda s: _class_is_held(s),
    ),
    "referrals.set_stream_kinds": Action(
        lambda s, a: referrals.set_stream_kinds(
            access=a, service=s.world.service.service, stream_id=s.world.service.streams[0].pk, type_ids=[]
        ),
        "clinician",
    ),
    "referrals.send_on": Action(
        lambda s, a: referrals.send_on(access=a, ref=s.world.referral.ref), "clinician", before=lambda s: _triaged(s)
    ),
    "referrals.set_contract": Action(
        lambda s, a: referrals.set_contract(
            access=a,
            service_id=s.world.service.service.pk,
            clocks=referrals.Clocks(24, "elapsed", 5, 3),
            from_day=clock.today(),
            reason="Variation",
        ),
        "administrator",
    ),
    "referrals.set_next": Action(
        lambda s, a: referrals.set_next(
            access=a,
            seen={s.world.referral.ref: None},
            done=False,
            action="Book",
            due=clock.today(),
            reason="The scan is in",
        ),
        "clinician",
        before=lambda s: _triaged(s),
    ),
    "referrals.take_back": Action(
        lambda s, a: referrals.take_back(access=a, decision_ref=s.world.decision.ref), "clinician"
    ),
    "referrals.withdraw": Action(
        lambda s, a: referrals.withdraw(access=a, ref=s.world.referral.ref, because="withdrawn"), "clinician"
    ),
    "exchange.apply_upload": Action(lambda s, a: exchange.apply_upload(ref=s.world.file.ref, access=a), "manager"),
    "calls.start": Action(
        lambda s, a: calls.start(access=a),
        "handler",
        before=lambda s: calls.end(access=accounts.access_of(s.world.handler), ref=s.world.contact, outcome="other"),
    ),
    "calls.find_caller": Action(
        lambda s, a: calls.find_caller(
            access=a, ref=s.world.contact, points=calls.Points(name=s.own.shown_name, born_on=s.own.born_on)
        ),
        "handler",
    ),
    "calls.hand_over": Action(
        lambda s, a: calls.hand_over(access=a, ref=s.world.contact, team="reception", words="A form to sign"), "handler"
    ),
    "calls.ask_call_back": Action(
        lambda s, a: calls.ask_call_back(access=a, ref=s.world.contact, number="07700 900111", words="Results"),
        "handler",
    ),
    "calls.end": Action(lambda s, a: calls.end(access=a, ref=s.world.contact, outcome="status"), "handler"),
    "calls.note_number": Action(
        lambda s, a: calls.note_number(access=a, ref=s.world.contact, number="07700 900111"), "handler"
    ),
    "calls.told": Action(
        lambda s, a: calls.told(access=a, ref=s.world.contact, referral_ref=s.world.referral.ref), "handler"
    ),
    "calls.end_search": Action(
        lambda s, a: calls.end_search(
            access=a,
            ref=s.world.contact,
            findings=directory.find("my knees hurt", by_patient=False),
            place="ZZ1",
            refused=True,
        ),
        "handler",
    ),
    "calls.refer": Action(
        lambda s, a: calls.refer(access=a, ref=s.world.contact, new=_new(s), rung_by="Dr R Thorne, Wexcombe"), "handler"
    ),
    "calls.book": Action(
        lambda s, a: calls.book(
            access=a, ref=s.world.contact, seat_ref=s.world.free.ref, despite="They ask for it all the same"
        ),
        "handler",
    ),
    "calls.move": Action(
        lambda s, a: calls.move(
            access=a,
            ref=s.world.contact,
            appointment_ref=s.world.booked.ref,
            seat_ref=s.world.free.ref,
            despite="They ask for it all the same",
        ),
        "handler",
    ),
    "calls.cancel": Action(
        lambda s, a: calls.cancel(access=a, ref=s.world.contact, appointment_ref=s.world.booked.ref), "handler"
    ),
    "calls.say_late": Action(
        lambda s, a: calls.say_late(access=a, ref=s.world.contact, appointment_ref=s.world.booked.ref, minutes=10),
        "handler",
        at=diary.at(diary.WEDNESDAY, 8),
    ),
    "booking.say_late": Action(
        lambda s, a: booking.say_late(appointment_id=s.world.booked.pk, minutes=10, by=a.actor),
        at=diary.at(diary.WEDNESDAY, 8),
    ),
    "calls.book_visit": Action(
        lambda s, a: calls.book_visit(
            access=a, ref=s.world.contact, referral_ref=s.world.referral.ref, seat_ref=_place()
        ),
        "handler",
        before=lambda s: _accepted(s),
    ),
    "calls.change_point": Action(
        lambda s, a: calls.change_point(access=a, ref=s.world.contact, kind="email", value="sam@example.org"),
        "handler",
    ),
    "calls.change_home": Action(
        lambda s, a: calls.change_home(access=a, ref=s.world.contact, address="4 Mill Lane", postcode="ZZ1 1AA"),
        "handler",
    ),
    "calls.change_language": Action(
        lambda s, a: calls.change_language(access=a, ref=s.world.contact, language="Polish"), "handler"
    ),
    "calls.add_need": Action(lambda s, a: calls.add_need(access=a, ref=s.world.contact, key="letter"), "handler"),
    "calls.end_need": Action(
        lambda s, a: calls.end_need(access=a, ref=s.world.contact, need_id=patients.needs_of(s.desk, s.own.pk)[0].id),
        "handler",
    ),
    "calls.text_code": Action(
        lambda s, a: calls.text_code(access=a, ref=s.world.contact, number="07700 900155"), "handler"
    ),
    "calls.confirm_code": Action(
        lambda s, a: calls.confirm_code(access=a, ref=s.world.contact, code=_code()),
        "handler",
        before=lambda s: calls.text_code(
            access=accounts.access_of(s.world.handler), ref=s.world.contact, number="07700 900155"
        ),
    ),
    "patients.change_point": Action(
        lambda s, a: patients.change_point(access=a, patient_id=s.own.pk, kind="email", value="sam@example.org")
    ),
    "patients.change_details": Action(
        lambda s, a: patients.change_details(access=a, patient_id=s.own.pk, address="4 Mill Lane", postcode="ZZ1 1AA")
    ),
    "exchange.import_calls": Action(lambda s, a: exchange.import_calls(file=a_call(), by=a.actor), "system"),
    "exchange.import_codes": Action(
        lambda s, a: exchange.import_codes(
            file=b"cluster_id,refset_id,code,term\r\nBP_COD,,271649006,Systolic blood pressure\r\n",
            by=a.actor,
            version_on=date(2026, 6, 30),
        ),
        "system",
    ),
    "exchange.import_entries": Action(
        lambda s, a: exchange.import_entries(file=_entries_to_come(s), by=a.actor),
        "system",
    ),
    "records.dismiss_held": Action(
        lambda s, a: records.dismiss_held(access=a, held_ids=[records.Held.objects.latest("pk").pk]),
        "manager",
        before=lambda s: exchange.import_entries(file=_entries_to_come(s), by=factories.TEST),
    ),
    "exchange.import_appointments": Action(
        lambda s, a: exchange.import_appointments(file=diary_file(), by=a.actor, access=a), "manager"
    ),
    "exchange.import_appointments of any practice": Action(
        lambda s, a: exchange.import_appointments(file=diary_file(), by=a.actor), "system"
    ),
    "exchange.import_patients": Action(
        lambda s, a: exchange.import_patients(file=patient_list(SOUND), by=a.actor, access=a), "manager"
    ),
    "exchange.import_patients of any practice": Action(
        lambda s, a: exchange.import_patients(file=patient_list(SOUND), by=a.actor), "system"
    ),
    "exchange.import_pathways": Action(
        lambda s, a: exchange.import_pathways(file=caseloads.caseload(), by=a.actor, service="msk"), "system"
    ),
    "directory.edit_service": Action(
        lambda s, a: directory.edit_service(service_id=_joints(), changes={"ages_from": 18}, by=a.actor),
        "administrator",
    ),
    "directory.set_place": Action(
        lambda s, a: directory.set_place(service_id=_joints(), row=directory.PlaceRow("Mill"), by=a.actor),
        "administrator",
    ),
    "directory.end_place": Action(
        lambda s, a: directory.end_place(service_id=_joints(), ref=_place_of_joints(), by=a.actor), "administrator"
    ),
    "directory.verify_service": Action(
        lambda s, a: directory.verify_service(service_id=_joints(), by=a.actor), "administrator"
    ),
    "directory.take_spots": Action(lambda s, a: directory.take_spots(file=_spots(), by=a.actor), "administrator"),
    "directory.switch_self_referral": Action(
        lambda s, a: directory.switch_self_referral(
            service_id=_joints(), opens=False, reason="To catch up", by=a.actor
        ),
        "administrator",
    ),
    "directory.switch_taking": Action(
        lambda s, a: directory.switch_taking(service_id=_joints(), opens=False, reason="Full", by=a.actor),
        "administrator",
    ),
    "directory.take_services": Action(
        lambda s, a: directory.take_services(rows=directory.read_services(SERVICE), by=a.actor), "administrator"
    ),
    "documents.compose": Action(
        lambda s, a: documents.compose(
            letters=[
                documents.NewLetter(letters.facts("apology"), s.world.organisation.pk, "referral", 1, s.own.pk, ())
            ],
            by=a.actor,
        )
    ),
    "documents.file_of": Action(
        lambda s, a: documents.file_of(a, s.world.paper.ref, "standard"),
        "own",
        instead="a file is what a letter looks like: the page notes who looked at the letter",
    ),
    "documents.make_print_file": Action(
        lambda s, a: documents.make_print_file(organisation_id=s.world.organisation.pk, by=a.actor)
    ),
    "documents.mark_delivered": Action(
        lambda s, a: documents.mark_delivered(
            delivery_ids=[one.id for one in documents.deliveries_waiting(s.desk, "print")], by=a.actor
        )
    ),
    "documents.opened": Action(lambda s, a: documents.opened(access=a, ref=s.world.paper.ref), "own"),
    "exchange.import_referrals": Action(
        lambda s, a: exchange.import_referrals(file=caseloads.listed(caseloads.referral()), by=a.actor, service="msk"),
        "system",
    ),
    "exchange.preview_upload": Action(
        lambda s, a: exchange.preview_upload(kind="patients", name="list.csv", content=patient_list(SOUND), access=a),
        "manager",
    ),
    "accounts.show_small_counts": Action(
        lambda s, a: accounts.show_small_counts(access=a, **WHY_SMALL),
        "owner",
    ),
    "accounts.hide_small_counts": Action(
        lambda s, a: accounts.hide_small_counts(access=_seeing(a)), "owner", before=_shows
    ),
    "accounts.print_small_counts": Action(
        lambda s, a: accounts.print_small_counts(by=a.actor, reason="wrong", page="report loop"), "system"
    ),
    "accounts.note_small_counts": Action(
        lambda s, a: accounts.note_small_counts(access=_seeing(a), page="/reports/"), "owner", before=_shows
    ),
    "reporting.propose_initiative": Action(
        lambda s, a: reporting.propose_initiative(
            access=a, organisation_id=s.world.organisation.pk, typed=INITIATIVE, measures={}
        ),
        "manager",
    ),
    "reporting.take_from_menu": Action(
        lambda s, a: reporting.take_from_menu(
            access=a, organisation_id=s.world.organisation.pk, key="patient-friendly-slots"
        ),
        "manager",
    ),
    "reporting.change_initiative": Action(
        lambda s, a: reporting.change_initiative(
            access=a, ref=Initiative.objects.get().ref, version=1, typed=INITIATIVE, measures={}
        ),
        "manager",
        before=_initiative,
    ),
    "reporting.move_initiative": Action(
        lambda s, a: reporting.move_initiative(
            access=a, ref=Initiative.objects.get().ref, to="stopped", why="No money"
        ),
        "manager",
        before=_initiative,
    ),
    "reporting.note_initiative": Action(
        lambda s, a: reporting.note_initiative(access=a, ref=Initiative.objects.get().ref, text="It goes well"),
        "manager",
        before=_initiative,
    ),
    "reporting.add_milestone": Action(
        lambda s, a: reporting.add_milestone(
            access=a, ref=Initiative.objects.get().ref, title="First", due_on=s.world.day
        ),
        "manager",
        before=_initiative,
    ),
    "reporting.end_milestone": Action(
        lambda s, a: reporting.end_milestone(
            access=a, ref=Initiative.objects.get().ref, milestone=Milestone.objects.get().ref
        ),
        "manager",
        before=_milestone,
    ),
    "reporting.call_forum": Action(
        lambda s, a: reporting.call_forum(access=a, organisation_id=s.world.organisation.pk, on=s.world.day),
        "manager",
    ),
    "reporting.decide_at_forum": Action(
        lambda s, a: reporting.decide_at_forum(
            access=a, meeting=ForumMeeting.objects.get().ref, text="Find a room", owner="Lead", due_on=s.world.day
        ),
        "manager",
        before=_forum,
    ),
    "reporting.finish_forum_action": Action(
        lambda s, a: reporting.finish_forum_action(access=a, action=ForumAction.objects.get().ref),
        "manager",
        before=_decided,
    ),
    "reporting.finish_minutes": Action(
        lambda s, a: reporting.finish_minutes(access=a, meeting=ForumMeeting.objects.get().ref),
        "manager",
        before=_forum,
    ),
    "reporting.close_month": Action(lambda s, a: reporting.close_month(a, month=_last_month(s)), "analyst"),
    "reporting.rebuild_month": Action(
        lambda s, a: reporting.rebuild_month(a, month=_last_month(s)), "analyst", before=_closed
    ),
    "reporting.make_pack": Action(
        lambda s, a: reporting.make_pack(
            access=a, organisation_id=s.world.organisation.pk, closing_id=Closing.objects.get().pk
        ),
        "manager",
        before=_closed,
    ),
    "reporting.open_pack": Action(
        lambda s, a: reporting.open_pack(access=a, ref=Pack.objects.get().ref), "manager", before=_packed
    ),
    "reporting.schedule_pack": Action(
        lambda s, a: reporting.schedule_pack(access=a, organisation_id=s.world.organisation.pk, day=3, active=True),
        "manager",
    ),
    "reporting.know_published": Action(
        lambda s, a: reporting.know_published(rows=[accounts.OrganisationRow("Y98100", "Abbey")], by=a.actor),
        "administrator",
    ),
    "reporting.take_areas": Action(
        lambda s, a: reporting.take_areas(
            file=b"Postcode,Index of Multiple Deprivation Decile\nZZ1 1AA,1\n",
            name="areas.csv",
            released_on=date(2019, 9, 26),
            by=a.actor,
        ),
        "administrator",
    ),
    "reporting.take_published": Action(
        lambda s, a: reporting.take_published(content=_national(s), name="published.csv", by=a.actor),
        "administrator",
    ),
    "reporting.set_target": Action(
        lambda s, a: reporting.set_target(
            access=a, organisation_id=s.world.organisation.pk, typed=TARGET, replaces=None
        ),
        "manager",
        before=_published,
    ),
    "reporting.end_target": Action(
        lambda s, a: reporting.end_target(access=a, ref=Trajectory.objects.get().ref), "manager", before=_target
    ),
    "reporting.send_packs": Action(
        lambda s, a: reporting.send_packs(
            access=a, organisation_ids=[s.world.organisation.pk], closing_id=Closing.objects.get().pk
        ),
        "manager",
        before=_closed,
    ),
}


def _entries_to_come(s: Scene) -> bytes:
    """A row that is held: its day is to come."""
    row = f"1,8517006,2031-11-02,,,{s.world.organisation.ods_code}"
    return f"nhs_number,code,date,value,unit,organisation\r\n{row}\r\n".encode()


def _code() -> str:
    """As it was texted."""
    body = Message.objects.filter(purpose="number_code").values_list("body", flat=True).latest("pk")
    return next(word for word in body.replace(".", " ").split() if len(word) == 6 and word.isdigit())


def _new(s: Scene) -> referrals.NewReferral:
    """Sam to a service that has nothing of his open."""
    return referrals.NewReferral(
        service_slug="joints", patient_id=s.own.pk, source="gp", reason="Knee pain", form_key=uuid.UUID(int=7)
    )


def _open_joints() -> None:
    directory.switch_self_referral(
        service_id=_joints(), opens=True, reason="Caught up", agreement_on=clock.today(), by=factories.TEST
    )


def _parked(s: Scene) -> None:
    referrals.park(
        access=s.world.service.ada, ref=s.world.referral.ref, reason="Scan", until=clock.today() + timedelta(days=1)
    )


def _accepted(s: Scene) -> None:
    """The referral is accepted to a stream that has a kind of appointment, and a place is free."""
    verdict = referrals.Verdict("accept", stream_id=s.world.service.streams[0].pk)
    with clock.at(clock.now() - timedelta(hours=1)):
        referrals.decide(access=s.world.service.ada, ref=s.world.referral.ref, verdict=verdict)
    jobs.run_once("referrals.take_effect")
    service, actor = s.world.service, s.world.service.ada.actor
    organisation_id = service.service.organisation_id
    kind = booking.set_type(organisation_id=organisation_id, name="Physiotherapy", by=actor)
    referrals.set_stream_kinds(
        access=service.ada, service=service.service, stream_id=service.streams[0].pk, type_ids=[kind.pk]
    )
    site = accounts.set_site(organisation_id=organisation_id, name="Clinic", by=factories.TEST)
    booking.open_session(
        organisation_id=organisation_id,
        site_id=site.pk,
        day=s.world.day,
        clinician="Physio T Okoro",
        name="Clinic",
        type_id=kind.pk,
        starts=[diary.at(s.world.day, 14)],
        minutes=20,
        by=actor,
    )


def _place() -> uuid.UUID:
    """The free place of that kind."""
    return Seat.objects.values_list("ref", flat=True).get(session__name="Clinic")


def _triaged(s: Scene) -> None:
    """Triage has decided that it goes on to secondary care."""
    verdict = referrals.Verdict("onward", onward_service="Rheumatology", who_books="gp")
    with clock.at(clock.now() - timedelta(hours=1)):
        referrals.decide(access=s.world.service.ada, ref=s.world.referral.ref, verdict=verdict)
    jobs.run_once("referrals.take_effect")


def exported() -> Iterator[tuple[str, str]]:
    """(name, module it is written in) of every function that a context's door exports."""
    for context in DOORS:
        door: ModuleType = import_module(f"onedoor.{context}.api")
        for name in door.__all__:
            thing = getattr(door, name)
            if inspect.isroutine(thing):
                yield f"{context}.{name}", inspect.unwrap(thing).__module__


def test_every_public_action_is_listed() -> None:
    known = {name.split(" ")[0] for name in ACTIONS} | set(NOT_WALKED)
    writes = {name for name, module in exported() if ".queries" not in module}
    assert writes == known, "a new action is walked here, or it is said why not"


def test_reads_write_nothing() -> None:
    """What is under `queries` is not walked, so no statement there may change anything."""
    words = ("INSERT ", "UPDATE ", "DELETE ", ".create(", ".update(", ".save(", ".delete(", "audit.")
    found = [
        f"{path.relative_to(SOURCE)}: {word}"
        for path in [*SOURCE.glob("*/queries.py"), *SOURCE.glob("*/queries/*.py")]
        for word in words
        if word in path.read_text()
    ]
    assert found == []


def test_pages_do_not_call_what_is_called_inside() -> None:
    """A door that asks nobody is not opened from a page or from a machine door."""
    inside = {name for name, why in NOT_WALKED.items() if why == INSIDE}
    found = []
    for path in SOURCE.rglob("*.py"):
        if (
            path.relative_to(SOURCE).parts[0] not in ("staff", "portal", "gateway", "ui", "reporting")
            or "tests" in path.parts
        ):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in inside:
                found.append(f"{path.relative_to(SOURCE)}: {ast.unparse(node)}")
    assert found == []


def contents() -> tuple[str, ...]:
    """A digest of each of our tables."""
    tables = sorted(model._meta.db_table for model in apps.get_models(include_auto_created=True))
    each = " UNION ALL ".join(
        f"SELECT '{table}', coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text)), '') FROM {table} t"
        for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(each)
        return tuple(f"{table} {digest}" for table, digest in cursor.fetchall())


@contextmanager
def taken_back() -> Iterator[None]:
    """What happens inside is undone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_strangers_are_refused_and_nothing_is_written() -> None:
    everything = scene()
    wrong = []
    for name, action in ACTIONS.items():
        with taken_back(), clock.at(action.at or clock.now()):
            if action.before:
                action.before(everything)
            before = contents()
            for who, access in everything.strangers.items():
                try:
                    action.call(everything, access)
                except REFUSALS:
                    pass
                except Exception as fault:
                    wrong.append(f"{name}, {who}: {fault!r}")
                else:
                    wrong.append(f"{name}, {who}: not refused")
                changed = sorted(set(contents()) - set(before))
                if changed:
                    wrong.append(f"{name}, {who}: wrote {changed}")
    assert not wrong, "\n".join(wrong)


def test_what_is_done_rightly_is_audited() -> None:
    everything = scene()
    people = {
        "desk": everything.desk,
        "manager": everything.manager,
        "administrator": everything.administrator,
        "clinician": accounts.access_of(everything.world.clinician),
        "handler": accounts.access_of(everything.world.handler),
        "assistant": accounts.access_of(everything.world.assistant),
        "partner": accounts.access_of(everything.world.partner),
        "owner": accounts.access_of(everything.world.asset_owner),
        "analyst": accounts.access_of(everything.world.analyst),
        "own": Access.of_patient(everything.own.pk),
        "system": replace(Access.nobody(), actor=factories.TEST),
    }
    wrong = []
    for name, action in ACTIONS.items():
        with taken_back(), clock.at(action.at or clock.now()):
            if action.before:
                action.before(everything)
            by = people[action.rightly]
            last = AuditEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0
            action.call(everything, by)
            rows = AuditEntry.objects.filter(pk__gt=last, actor_kind=by.actor.kind, actor_id=by.actor.id)
            if rows.exists() == bool(action.instead):
                wrong.append(f"{name}: {'audited all the same' if action.instead else 'no audit row'}")
    assert not wrong, "\n".join(wrong)
