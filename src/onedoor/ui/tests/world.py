"""A practice on a Monday morning for tests of pages: people at the desk, a diary, a text that waits, an open offer."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction

from onedoor import factories
from onedoor.accounts.api import Organisation, Relation, User, access_of
from onedoor.accounts.models import OrganisationRelation
from onedoor.accounts.tests.sharing import shares
from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, InterpreterBooking, Offer, Release, Seat, WaitingEntry
from onedoor.booking.tests import factories as diary
from onedoor.calls import api as calls
from onedoor.directory import api as directory
from onedoor.directory.tests.factories import services
from onedoor.documents import api as documents
from onedoor.documents.api import Document, PrintFile
from onedoor.documents.tests import factories as letters
from onedoor.documents.types import ContactRow
from onedoor.exchange import api as exchange
from onedoor.exchange.itk.types import Party
from onedoor.exchange.models import ImportFile, ReceivedDocument, SentDocument
from onedoor.exchange.sending import moving
from onedoor.exchange.sending.making import make_contacts
from onedoor.exchange.tests import arrivals
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, Part, Role
from onedoor.messaging.models import Inbound, Thread
from onedoor.messaging.tests.asking_factories import say
from onedoor.patients import api as patients
from onedoor.patients.models import Patient, PortalAccount, Proxy
from onedoor.questionnaires import api as questionnaires
from onedoor.questionnaires.models import PutQuestion, Response
from onedoor.recall import api as recall
from onedoor.recall.models import Invitation, InvitationProgramme, PartnerList
from onedoor.referrals import api as referrals
from onedoor.referrals.models import Attachment, Decision, Referral
from onedoor.referrals.tests import factories as triage
from onedoor.tasks.models import Task

WEDNESDAY = diary.WEDNESDAY


@dataclass(frozen=True)
class World:
    """What the pages show. `booked` is Sam's on Wednesday at 9, `free` is half an hour later."""

    practice: diary.Practice
    receptionist: User
    manager: User
    administrator: User
    elsewhere: User
    """The receptionist of another practice."""
    stranger: User
    """Somebody who can sign in and holds no role."""
    sam: Patient
    ada: Patient
    """Shares Sam's phone."""
    portal: User
    """Sam's own sign-in."""
    carer: User
    """Irena, who may see and change Sam's appointments and read his letters until Christmas."""
    proxy: Proxy
    paper: Document
    """A letter to Sam, with a copy to the practice; it waits for the post."""
    print_file: PrintFile
    """In it, a letter to Maud."""
    booked: Appointment
    free: Seat
    offer: Offer
    """To Ada, of the place that Maud gave up."""
    release: Release
    entry: WaitingEntry
    thread: Thread
    inbound: Inbound
    task: Task
    kind_id: int
    file: ImportFile
    """A patient list that the manager has read and not applied."""
    question: PutQuestion
    response: Response
    """To Maud, open."""
    invitation: Invitation
    """Maud's, open."""
    handler: User
    """Answers the telephone."""
    assistant: User
    """Does the checks."""
    partner: User
    """Of a voluntary group that the practice shares a list with."""
    analyst: User
    """Reads the figures of the care system that the practice is part of."""
    asset_owner: User
    """Answers for those figures, and may see small counts."""
    shared: PartnerList
    """With Ada on it."""
    check_visit: uuid.UUID
    """Maud's, finished today."""
    maud_ref: uuid.UUID
    contact: uuid.UUID
    """The handler's, with Sam, who has said who he is."""
    clinician: User
    """Triages for the service."""
    service: triage.Place
    """Where the practice refers to."""
    referral: Referral
    """Sam's, awaiting triage, with a file."""
    decision: Decision
    """About Ada's referral, held."""
    attachment: Attachment
    came: ReceivedDocument
    sent: SentDocument
    """A day of Sam's texts, on its way to the practice's own system; held as one that may not go."""
    """About Sam, from a trust that the locality does not know; it waits to be coded."""
    course: booking.Course
    """In four weeks; Sam is on its list."""
    opening: uuid.UUID
    """Sam's record, opened by the assistant."""
    sharing: uuid.UUID
    """By which the service reads what the practice writes."""
    place_on_course: booking.Enrolment

    @property
    def organisation(self) -> Organisation:
        """The practice's organisation."""
        return self.practice.organisation

    @property
    def access(self) -> Access:
        """The receptionist's."""
        return access_of(self.receptionist)

    @property
    def day(self) -> date:
        """The day of the diary."""
        return WEDNESDAY


PHONE = "+447700900111"
PARTNER_ODS = "Y99940"
SYSTEM_ODS = "Y99930"

LIST = """Patient list - all registered
Wexcombe Road Surgery (Y99002)
Run: 04-Dec-2026 07:58

EMIS Number,Usual GP's Full Name,NHS Number,Title,Given Name,Family Name,Date of Birth,Gender,Number and Street,Town,\
Postcode,Home Telephone,Mobile Telephone,Email Address,Text Message Consent,Main Spoken Language,Communication Need,\
Registration Status,Date of Deduction
30001,Dr R Thorne,9991000011,Ms,Joyce,Achebe,27-Nov-1996,Female,28 Hop Gardens,Wexcombe,ZZ8 8PE,01632 960027,\
07700900125,,Yes,Bengali,,Current,
30002,Dr R Thorne,999 100 0038,Ms,Fatima,Chaudhry,31-Feb-2002,Female,121 Drovers Way,Wexcombe,ZZ6 8SL,01632 960868,\
07700900332,,Yes,English,,Current,
"""
"""A patient list in the shape of EMIS's export, with one row that cannot be taken."""


def make() -> World:
    """Build it through the doors, as people and texts would."""
    practice = diary.practice()
    services()
    other = factories.practice("Y99003", "Marfleet Lane Practice")
    people = {
        role: factories.person(practice.organisation, role, username=f"demo-{role}")[0]
        for role in (Role.RECEPTIONIST, Role.PRACTICE_MANAGER, Role.ADMINISTRATOR, Role.HEALTH_CARE_ASSISTANT)
    }
    elsewhere, _ = factories.person(other, Role.RECEPTIONIST)
    group = factories.practice(PARTNER_ODS, "Mill Lane Community Group")
    partner, _ = factories.person(group, Role.SOCIAL_PRESCRIBER, username="demo-social_prescriber")
    system = factories.practice(SYSTEM_ODS, "Wexshire Integrated Care System")
    OrganisationRelation.objects.create(
        organisation=practice.organisation, other=system, kind=Relation.ICS, starts_on=date(2024, 4, 1)
    )
    analyst, _ = factories.person(system, Role.ICS_ANALYST, username="demo-ics_analyst")
    asset_owner, _ = factories.person(system, Role.INFORMATION_ASSET_OWNER, username="demo-information_asset_owner")
    stranger = User.objects.create_user(username="stranger", password="stranger")
    sam = factories.patient(practice.organisation, "Sam", "Hollis", mobile=PHONE, needs=("Interpreter: Polish",))
    ada = factories.patient(practice.organisation, "Ada", "Hollis", mobile=PHONE, born_on=date(2019, 3, 4))
    maud = factories.patient(practice.organisation, "Maud", "Ellery", mobile="+447700900112")
    portal = User.objects.create_user(username="demo-patient", first_name="Sam", last_name="Hollis")
    PortalAccount.objects.create(user=portal, patient=sam)
    carer, proxy = acts_for(sam, access_of(people[Role.RECEPTIONIST]), "demo-carer")
    first, second, third, free = diary.own_seats(practice, 4)
    desk = access_of(people[Role.RECEPTIONIST]).actor
    booked = booking.book(seat_ref=first.ref, patient_id=sam.pk, by=desk)
    given_up = booking.book(seat_ref=second.ref, patient_id=maud.pk, by=desk)
    adas = booking.book(seat_ref=third.ref, patient_id=ada.pk, by=desk)
    entry = booking.join_waiting(patient_id=ada.pk, appointment_id=adas.pk, type_id=third.type_id, via="desk", by=desk)
    booking.cancel(appointment_id=given_up.pk, by=desk)
    release = Release.objects.get()
    jobs.run_once("booking.offer")
    inbound = say(practice.organisation, PHONE, "can Ada come after school, and is Sam still fine?")
    # A text that came this minute would be asked about again by whoever settles the conversation.
    Inbound.objects.filter(pk=inbound.pk).update(received_real=clock.real_now() - timedelta(hours=1))
    thread = Thread.objects.get(number=PHONE)
    service = triage.place("triage")
    clinician, _ = factories.person(
        service.service.organisation, Role.TRIAGE_CLINICIAN, username="demo-triage_clinician"
    )
    referral, adas_referral = triage.referral(service, sam, priority="urgent"), triage.referral(service, ada)
    verdict = referrals.Verdict("accept", stream_id=service.streams[0].pk)
    decision = referrals.decide(access=service.ada, ref=adas_referral.ref, verdict=verdict)
    letter = referrals.NewFile("letter.txt", b"Knee pain for a year")
    referrals.give_information(
        access=access_of(people[Role.RECEPTIONIST]), ref=referral.ref, text="The scan is in", files=[letter]
    )
    letters.letter(practice.organisation, maud, subject_id=2)
    handler, answers = factories.person(practice.organisation, Role.CALL_HANDLER, username="demo-call_handler")
    contact = calls.start(access=answers)
    said = calls.Points(name="Sam Hollis", born_on=sam.born_on)
    calls.find_caller(access=answers, ref=contact, points=said)
    documents.make_print_file(organisation_id=practice.organisation.pk, by=desk)
    course = booking.make_course(
        organisation_id=practice.organisation.pk,
        course=booking.NewCourse(
            site_id=practice.site.pk,
            type_id=diary.kind(practice, "Exercise class").pk,
            name="Knee class",
            leader="Ola Bright",
            minutes=60,
            capacity=2,
            starts=[diary.at(WEDNESDAY + timedelta(days=28 + 7 * n), 14) for n in range(3)],
        ),
        by=desk,
    )
    waits = booking.wait_for_course(course_ref=course.ref, patient_id=sam.pk, by=desk)
    return World(
        opening=opens(sam, access_of(people[Role.HEALTH_CARE_ASSISTANT])),
        sharing=shares(practice.organisation, service.service.organisation).ref,
        came=came(practice.organisation, access_of(people[Role.RECEPTIONIST]), sam),
        sent=sent(practice.organisation, sam),
        course=course,
        place_on_course=waits,
        paper=letters.letter(practice.organisation, sam, practice=practice.organisation),
        print_file=documents.PrintFile.objects.get(),
        handler=handler,
        assistant=people[Role.HEALTH_CARE_ASSISTANT],
        partner=partner,
        analyst=analyst,
        asset_owner=asset_owner,
        shared=shared_with(practice.organisation, ada, access_of(people[Role.PRACTICE_MANAGER])),
        check_visit=checked(maud, access_of(people[Role.HEALTH_CARE_ASSISTANT])),
        maud_ref=maud.ref,
        contact=contact,
        clinician=clinician,
        service=service,
        referral=referral,
        decision=decision,
        attachment=Attachment.objects.get(),
        practice=practice,
        receptionist=people[Role.RECEPTIONIST],
        manager=people[Role.PRACTICE_MANAGER],
        administrator=people[Role.ADMINISTRATOR],
        elsewhere=elsewhere,
        stranger=stranger,
        sam=sam,
        ada=ada,
        portal=portal,
        carer=carer,
        proxy=proxy,
        booked=booked,
        free=free,
        offer=Offer.objects.get(state="open"),
        release=release,
        entry=entry,
        thread=thread,
        inbound=inbound,
        task=Task.objects.get(kind="reply"),
        kind_id=first.type_id,
        file=exchange.preview_upload(
            kind="patients",
            name="patients.csv",
            content=LIST.encode(),
            access=access_of(people[Role.PRACTICE_MANAGER]),
        ),
        question=questionnaires.ask(
            organisation_id=practice.organisation.pk, patient_id=maud.pk, form="smoking", by=desk
        ),
        response=questionnaires.start(
            patient_id=sam.pk, organisation_id=practice.organisation.pk, key="audit-c", via="portal", by=desk
        ),
        invitation=recall.invite(organisation_id=practice.organisation.pk, patient_id=maud.pk, by=desk),
    )


def acts_for(
    patient: Patient,
    desk: Access,
    username: str,
    *,
    parts: Collection[Part] = (Part.CARE, Part.CHANGES, Part.LETTERS),
    basis: str = "consent",
    ends_on: date | None = date(2026, 12, 25),
    child: str = "",
) -> tuple[User, Proxy]:
    """A carer's sign-in, and their right to act for a patient, recorded at the desk."""
    patients.record_proxy(
        access=desk,
        patient_id=patient.pk,
        who=patients.Who("Irena", "Hollis", date(1971, 2, 3)),
        wish=patients.Wish(
            basis=basis,
            relationship="parent" if basis == "parental" else "carer",
            parts=frozenset(parts),
            starts_on=clock.today(),
            ends_on=ends_on,
            agreed_by="the patient, at the desk",
            child=child,
            checked=("photo", "address"),
        ),
    )
    proxy = Proxy.objects.filter(patient=patient).latest("pk")
    User.objects.filter(pk=proxy.user_id).update(username=username)
    return User.objects.get(pk=proxy.user_id), proxy


def opens(patient: Patient, access: Access) -> uuid.UUID:
    """The record of a patient, opened by break-glass."""
    made = patients.break_glass(
        access=access,
        number=patient.nhs_number or "",
        born_on=patient.born_on,
        reason="emergency",
        words="Unconscious in the emergency department",
    )
    assert not isinstance(made, patients.NotOpened), made
    return made.ref


@transaction.atomic
def sent(practice: Organisation, patient: Patient) -> SentDocument:
    made = make_contacts(
        organisation_id=practice.pk,
        patient_id=patient.pk,
        day=WEDNESDAY,
        rows=[ContactRow("9:02am", "Text to the patient", "Your appointment is today at 2pm.")],
        entries=[],
        by=factories.TEST,
    )
    assert made is not None
    moving.move(made, "held", by=factories.TEST, because="the patient’s whereabouts are restricted")
    return made


def came(practice: Organisation, desk: Access, patient: Patient) -> ReceivedDocument:
    """A document about a patient that has come to the practice by MESH."""
    here = arrivals.Scene(practice, desk, arrivals.mailbox_of(practice), practice)
    return arrivals.received(here, arrivals.said(here, patient, sender=Party("RX999", "Fellside Trust")))


def place_of(slug: str) -> object:
    """The reference of a service's main place."""
    card = directory.card(slug)
    assert card is not None
    return card.places[0].ref


def shared_with(practice: Organisation, patient: Patient, manager: Access) -> PartnerList:
    """A list for a partner with one patient on it, whom no wave reached."""
    now = clock.now()
    missed = Invitation.objects.create(
        organisation=practice, patient=patient, programme="checks", season=now.year, state="expired", plan=["letter"],
        invited_at=now - timedelta(days=60), ends_at=now - timedelta(days=5), changed_at=now - timedelta(days=5),
    )  # fmt: skip
    InvitationProgramme.objects.create(
        invitation=missed,
        patient=patient,
        key="asthma",
        due_on=clock.today(),
        again_on=clock.today() + timedelta(days=300),
    )
    agreement = recall.agree_to_share(
        access=manager,
        organisation_id=practice.pk,
        partner_ods=PARTNER_ODS,
        purpose="To reach people whom letters and texts did not",
        basis="UK GDPR 6(1)(e), 9(2)(h)",
        signed_on=clock.today(),
        starts_on=clock.today(),
        ends_on=clock.today() + timedelta(days=90),
    )
    return recall.share_list(access=manager, ref=agreement.ref, expires_on=clock.today() + timedelta(days=28))


def checked(patient: Patient, access: Access) -> uuid.UUID:
    """A visit for checks at which the patient's blood pressure was taken; it is finished."""
    form = recall.CheckForm(
        form_key=uuid.uuid4(),
        rule_set="smi",
        typed={"bp": {"systolic": "128", "diastolic": "82"}},
        base={"bp": ""},
        close=True,
        missing_ok=True,
    )
    made = recall.save_checks(access=access, patient_id=patient.pk, form=form).ref
    assert made is not None
    return made


def addresses(world: World) -> dict[str, tuple[dict[str, object], ...]]:
    """For every named address the arguments of things in this world; a test fails when one is missing."""
    spot: dict[str, object] = {"day": world.day, "ref": world.booked.seat.ref}
    free: dict[str, object] = {"day": world.day, "ref": world.free.ref}
    thread: dict[str, object] = {"ref": world.thread.ref}
    mine: dict[str, object] = {"ref": world.booked.ref}
    referred: dict[str, object] = {"ref": world.referral.ref}
    joints: dict[str, object] = {"slug": "joints", "ref": place_of("joints")}
    course: dict[str, object] = {"ref": world.course.ref}
    course_date: dict[str, object] = {**course, "date": world.course.dates.order_by("starts_at")[0].ref}
    document: dict[str, object] = {"ref": world.came.ref}
    return {
        "documents_in": ({},),
        "document_in": (document,),
        **{f"document_{name}": (document,) for name in ("who", "accept", "leave", "back", "undo", "wrong", "add")},
        "document_file": ({**document, "number": 1},),
        "courses": ({},),
        "courses_download": ({},),
        "course_new": ({},),
        **dict.fromkeys(("course", "course_change", "course_cancel", "course_enrol", "course_leave"), (course,)),
        **{f"course_{name}": (course_date,) for name in ("register", "cancel_date", "move_date", "register_download")},
        "my_course": ({"ref": world.place_on_course.ref},),
        "my_course_leave": ({"ref": world.place_on_course.ref},),
        "signin": ({},),
        "demo_signin": ({"role": "receptionist"},),
        "signout": ({},),
        "home": ({},),
        "health": ({},),
        "tasks": ({},),
        "tasks_download": ({},),
        "task": ({"ref": world.task.ref},),
        "task_claim": ({"ref": world.task.ref},),
        "task_give_back": ({"ref": world.task.ref},),
        "task_complete": ({"ref": world.task.ref},),
        "diary": ({},),
        "diary_day": ({"day": world.day},),
        "place": (spot, free),
        "place_book": (free,),
        "place_cancel": (spot,),
        "place_move_to": (spot,),
        "place_move": (spot,),
        "place_earlier": (spot,),
        "place_unmark": (spot,),
        "place_not_late": (spot,),
        "place_mark": tuple({**spot, "what": what} for what in ("arrived", "seen", "missed")),
        "inbox": ({},),
        "thread": (thread,),
        "thread_reply": (thread,),
        "thread_settle": (thread,),
        "thread_assign": (thread,),
        "thread_answer": (thread,),
        "thread_meant": (thread,),
        "thread_put_back": (thread,),
        "phrases": ({},),
        "phrase": ({"ref": uuid.UUID(int=1)},),
        "accuracy": ({},),
        "accuracy_download": ({},),
        "ready_replies": ({},),
        "inbox_download": ({},),
        "sent": ({},),
        "offers": ({},),
        "offers_day": ({"day": world.day},),
        "offers_download": ({"day": world.day},),
        "offers_switch": ({},),
        "offer_stop": ({"ref": world.release.ref},),
        "offer_answer": tuple({"ref": world.offer.ref, "answer": answer} for answer in ("accept", "decline")),
        "waiting_join": ({},),
        "waiting_download": ({},),
        "waiting_leave": ({"ref": world.entry.ref},),
        "patients": ({},),
        "patient": ({"ref": world.sam.ref},),
        "patient_needs": ({"ref": world.sam.ref},),
        "patient_timeline": ({"ref": world.sam.ref},),
        "break_glass": ({},),
        "glass_reviews": ({},),
        **dict.fromkeys(("opened", "opened_timeline", "close_glass"), ({"ref": world.opening},)),
        "sharing": ({},),
        "sharing_agree": ({},),
        "sharing_end": ({"ref": world.sharing},),
        "needs": ({},),
        "needs_download": ({},),
        "interpreter_answer": (
            {"ref": InterpreterBooking.objects.get(appointment=world.booked).ref, "answer": "none"},
        ),
        "clinics": ({},),
        "refer": ({"ref": world.sam.ref},),
        "my_refer": ({"slug": "joints"},),
        "patient_proxies": ({"ref": world.sam.ref},),
        "patient_proxy_end": ({"ref": world.sam.ref, "proxy": world.proxy.ref},),
        "patient_proxy_seen": ({"ref": world.sam.ref, "proxy": world.proxy.ref},),
        "patient_proxy_code": ({"ref": world.sam.ref, "proxy": world.proxy.ref},),
        "my_acting": ({},),
        "my_proxies": ({},),
        "my_proxy_end": ({"ref": world.proxy.ref},),
        "begin": ({},),
        "patient_ask": ({"ref": world.sam.ref},),
        "patient_invite": ({"ref": world.sam.ref},),
        "question_withdraw": ({"ref": world.question.ref},),
        "patient_questionnaire": ({"ref": world.sam.ref},),
        "questionnaire_withdraw": ({"ref": world.response.ref},),
        "questionnaire": ({"token": "no-such-link"},),
        "kiosk": ({},),
        "kiosk_begin": ({},),
        "kiosk_over": ({},),
        "my_questionnaire": ({"ref": world.response.ref},),
        "invitation_withdraw": ({"ref": world.invitation.ref},),
        "referrals": ({},),
        "contract": ({"slug": "triage"},),
        "contract_set": ({"slug": "triage"},),
        "next_actions": ({},),
        "next_set": ({},),
        "next_download": ({},),
        "next_action": (referred,),
        "referrals_balance": ({},),
        "referrals_sent": ({},),
        "to_book": ({},),
        "to_book_kinds": ({},),
        "to_book_one": (referred,),
        "to_book_book": (referred,),
        "to_book_wait": (referred,),
        "to_book_course": (referred,),
        "referral": (referred,),
        "referral_decide": (referred,),
        "referral_park": (referred,),
        "referral_ask": (referred,),
        "referral_answer": (referred,),
        "referral_back": (referred,),
        "referral_information": (referred,),
        "referral_end": (referred,),
        "referral_file": ({**referred, "file": world.attachment.ref},),
        "decision_back": ({"ref": world.decision.ref},),
        "calls": ({},),
        "call_start": ({},),
        **{
            name: ({"ref": world.contact},)
            for name in (
                *("call", "call_find", "call_service", "call_hand_over", "call_ring_back", "call_end", "call_number"),
                *("call_told", "call_refer", "call_places", "call_book", "call_cancel", "call_late", "call_details"),
                "call_change",
            )
        },
        "imports": ({},),
        "imports_held": ({},),
        "import_file": ({"ref": world.file.ref},),
        "import_apply": ({"ref": world.file.ref},),
        "import_rejects": ({"ref": world.file.ref},),
        **dict.fromkeys(
            ("recall", "recall_set", "recall_left_out", "recall_partners", "recall_agree", "shared"), ({},)
        ),
        **dict.fromkeys(("recall_programme", "recall_switch", "recall_visits"), ({"key": "asthma"},)),
        **dict.fromkeys(("recall_share", "recall_agreement_end"), ({"ref": world.shared.agreement.ref},)),
        "shared_list": ({"ref": world.shared.ref},),
        "shared_outcome": ({"ref": world.shared.ref, "line": world.shared.lines.get().ref},),
        "patient_month": ({"ref": world.maud_ref},),
        "patient_why": ({"ref": world.maud_ref, "key": "smi"},),
        "my_invitation_choose": ({"ref": world.invitation.ref},),
        "check_form": ({"ref": world.maud_ref},),
        "check_open_again": ({"ref": world.maud_ref, "visit": world.check_visit},),
        "check_clinic": ({"day": world.day},),
        "check_clinic_today": ({},),
        **dict.fromkeys(("finish_line", "finish_line_step", "finish_line_download", "lost_checks"), ({},)),
        **dict.fromkeys(("lost_checks_file", "lost_checks_accept"), ({"ref": uuid.UUID(int=1)},)),
        **dict.fromkeys(("extracts", "extracts_register"), ({},)),
        **dict.fromkeys(
            ("extract", "extract_columns", "extract_take", "extract_withdraw", "extract_rejects"),
            ({"ref": uuid.UUID(int=1)},),
        ),
        "counters": ({},),
        "counters_day": ({"day": world.day},),
        "counters_download": ({"day": world.day},),
        "settings": ({},),
        **dict.fromkeys(("to_type", "typed", "write_back"), ({},)),
        "telephone": ({},),
        "work_at": ({},),
        "offer_policy": ({},),
        "appointment_type": ({"key": world.kind_id},),
        "sending": tuple({"whom": whom, "way": way} for whom in ("ours", "all") for way in ("stop", "resume")),
        "services": ({},),
        "service": ({"slug": "joints"},),
        "service_take": ({"slug": "joints"},),
        "service_switch": ({"slug": "joints"},),
        "service_edit": ({"slug": "joints"},),
        "service_place_new": ({"slug": "joints"},),
        "service_place": (joints,),
        "service_place_end": (joints,),
        "service_verify": ({"slug": "joints"},),
        "service_history": ({"slug": "joints"},),
        "reports": ({},),
        "reports_money": ({},),
        **dict.fromkeys(("small_counts_show", "small_counts_hide"), ({},)),
        **dict.fromkeys(("reports_packs", "pack_make", "pack_send", "pack_plan"), ({},)),
        "pack_file": ({"ref": uuid.UUID(int=1), "form": "pdf"},),
        "reports_smi": ({},),
        "reports_msk": ({},),
        "reports_lint": ({},),
        "reports_loop": ({},),
        "reports_shadow": ({},),
        "reports_measure": ({"key": "smi_all_six"},),
        **dict.fromkeys(("reports_measures", "reports_closings", "reports_close", "reports_rebuild"), ({},)),
        **dict.fromkeys(
            (
                "reports_trajectory",
                "reports_plan",
                "reports_plan_menu",
                "reports_plan_new",
                "reports_exceptions",
                "reports_highlights",
                "reports_forum",
            ),
            ({},),
        ),
        "reports_trajectory_case": ({"key": "south-east-2021"},),
        **dict.fromkeys(
            (
                "reports_target_end",
                "reports_initiative",
                "reports_initiative_edit",
                "reports_initiative_move",
                "reports_initiative_note",
                "reports_milestone_add",
                "reports_forum_meeting",
                "reports_forum_decide",
                "reports_forum_minutes",
                "reports_forum_done",
            ),
            ({"ref": uuid.UUID(int=1)},),
        ),
        "reports_milestone_end": ({"ref": uuid.UUID(int=1), "milestone": uuid.UUID(int=1)},),
        "gaps": ({},),
        "gaps_download": ({},),
        "find_service": ({},),
        "find_service_one": ({"slug": "joints"},),
        "genuine": ({},),
        "change": ({"token": "no-such-link"},),
        "not_heard": ({},),
        "track": ({"token": "no-such-link"},),
        "choose": ({"token": "no-such-link"},),
        "my_choose": (referred,),
        "track_letter": ({"token": "no-such-link", "ref": uuid.UUID(int=1)},),
        "my_referrals": ({},),
        "my_service_requests": ({},),
        "my_home": ({},),
        "my_appointment": (mine,),
        "my_coming": (mine,),
        "my_cancel": (mine,),
        "my_earlier": (mine,),
        "my_question": ({"ref": world.question.ref},),
        "my_invitation": ({"ref": world.invitation.ref},),
        "my_offer": ({"ref": world.offer.ref, "answer": "accept"},),
        "exchange": ({},),
        "exchange_document": ({"ref": world.sent.ref},),
        "exchange_pdf": ({"ref": world.sent.ref},),
        "exchange_decide": ({"ref": world.sent.ref},),
        "letters": ({},),
        "letters_print": ({},),
        "letters_file": ({"ref": world.print_file.ref},),
        "letter": ({"ref": world.paper.ref},),
        "letter_received": ({"ref": world.paper.ref},),
        "letter_pdf": ({"ref": world.paper.ref, "style": "large20"},),
        "my_letters": ({},),
        "my_letter": ({"ref": world.paper.ref},),
        "my_letter_pdf": ({"ref": world.paper.ref, "style": "standard"},),
        "my_messages": ({},),
        "my_looks": ({},),
        "my_record": ({},),
    }
