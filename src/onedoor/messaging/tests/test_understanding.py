"""What texts do: each once, safety before anything, and never to the wrong person."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access
from onedoor.kernel.models import AuditEntry
from onedoor.messaging import api as messaging
from onedoor.messaging.actions.understanding import ANSWERS_AN_HOUR, TRIES, understand_next
from onedoor.messaging.models import Answer, Ask, Inbound, Message, OptOut, Thread
from onedoor.messaging.rules import wording
from onedoor.messaging.rules.replies import understand
from onedoor.messaging.tests import asking_factories as asking
from onedoor.messaging.tests.asking_factories import SimpleOffers, SimpleOwner, say
from onedoor.messaging.tests.sending_factories import REMINDER
from onedoor.messaging.types import NewMessage
from onedoor.patients.models import CareRelationship, Patient
from onedoor.records.api import Entry
from onedoor.tasks import api as tasks
from onedoor.tasks.api import Task

pytestmark = pytest.mark.django_db
SAM = "+447700900201"
TOMORROW = datetime(2026, 12, 8, 10, 20, tzinfo=clock.LONDON)
NINE = datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON)


@pytest.fixture
def owners() -> Iterator[tuple[SimpleOwner, SimpleOffers]]:
    with asking.owning() as both:
        yield both


@pytest.fixture
def visits(owners: tuple[SimpleOwner, SimpleOffers]) -> SimpleOwner:
    return owners[0]


@pytest.fixture
def practice(db: None) -> Organisation:
    return factories.practice()


def one_visit(visits: SimpleOwner, practice: Organisation, name: str = "Sam", **also: Any) -> asking.Visit:
    visit = visits.add(factories.patient(practice, name, mobile=SAM), practice, also.pop("at", TOMORROW), **also)
    asking.remind(visit)
    return visit


def bodies() -> list[str]:
    return list(Message.objects.order_by("id").values_list("body", flat=True))


def kinds() -> list[str]:
    return list(Task.objects.filter(state="open").order_by("id").values_list("kind", flat=True))


def test_one_answer_leaves_one_of_each(visits: SimpleOwner, practice: Organisation) -> None:
    visit = one_visit(visits, practice)
    inbound = say(practice, SAM, "Cancel please")
    assert visits.acts == [(visit.id, "cancel")]
    assert (inbound.outcome, inbound.intent, inbound.patient_id) == ("acted", "cancel", visit.patient.pk)
    assert (inbound.subject, inbound.subject_id) == ("appointment", visit.id)
    assert Ask.objects.get().state == "answered"
    answer = Answer.objects.get()
    assert (answer.via, answer.intent, answer.inbound_id, answer.actor_id) == (
        "text", "cancel", inbound.pk, visit.patient.pk,
    )  # fmt: skip
    assert bodies() == ["Sam: done."]
    assert Entry.objects.get(source="text reply").patient_id == visit.patient.pk
    assert AuditEntry.objects.get(action="understand").detail == {"intent": "cancel", "outcome": "acted"}
    assert kinds() == []
    assert Thread.objects.get().needs_person_since is None


@pytest.mark.parametrize(
    ("text", "acts"),
    [
        ("please cancel my appointment tomorrow, not well enough to get out", True),
        ("Can't make it tuesday 8th, sorry", True),
        ("cancel 10.20", True),
        ("please cancel my appointment today", False),
        ("cant make it wednesday", False),
        ("cancel the 10.40", False),
    ],
)
def test_a_day_or_time_that_a_text_names_must_be_the_visits(
    visits: SimpleOwner, practice: Organisation, text: str, acts: bool
) -> None:
    visit = one_visit(visits, practice)
    assert say(practice, SAM, text).outcome == ("acted" if acts else "person")
    assert visits.acts == ([(visit.id, "cancel")] if acts else [])


def test_of_two_visits_a_named_day_is_asked_about_and_never_taken(visits: SimpleOwner, practice: Organisation) -> None:
    one_visit(visits, practice)
    one_visit(visits, practice, "Kim", at=TOMORROW + timedelta(days=1))
    assert say(practice, SAM, "please cancel my appointment tomorrow").outcome == "asked"
    assert visits.acts == []


def test_early_leaves_the_question_open(visits: SimpleOwner, practice: Organisation) -> None:
    visit = one_visit(visits, practice)
    say(practice, SAM, "EARLY")
    assert Ask.objects.get().state == "open"
    say(practice, SAM, "YES")
    assert visits.acts == [(visit.id, "earlier"), (visit.id, "confirm")]
    assert Ask.objects.get().state == "answered"


@pytest.mark.parametrize("opted_out", [False, True])
def test_a_crisis_is_answered_at_once_at_night_and_after_stop(
    visits: SimpleOwner, practice: Organisation, opted_out: bool
) -> None:
    one_visit(visits, practice)
    if opted_out:
        say(practice, SAM, "STOP")
    before = len(bodies())
    with clock.at(datetime(2026, 12, 7, 23, 30, tzinfo=clock.LONDON)):
        say(practice, SAM, "cancel, I have taken an overdose")
        message = Message.objects.order_by("-id")[0]
        assert (message.lane, message.because, message.not_before) == (0, "", clock.now())
        assert {word for word in ("999", "111", practice.phone) if word in message.body} == {
            "999",
            "111",
            practice.phone,
        }
        (task,) = Task.objects.filter(kind="crisis")
        assert task.urgent
        assert task.due_at == clock.now()
    assert len(bodies()) == before + 1
    assert Thread.objects.get().urgent
    assert visits.acts == []


def test_what_we_say_in_a_crisis_is_not_itself_one() -> None:
    practice = wording.Practice("Wexcombe Road Surgery", "01632 960000")
    for text in (wording.crisis(practice), wording.helped(practice), wording.person_reads(practice)):
        assert understand(text, {"appointment"}).intent == "person"


def test_stop_leaves_visits_and_is_confirmed_once(visits: SimpleOwner, practice: Organisation) -> None:
    one_visit(visits, practice)
    for minute, text in enumerate(["STOP", "stop", "Unsubscribe"]):
        with clock.at(NINE + timedelta(minutes=minute)):
            say(practice, SAM, text)
    assert visits.acts == []
    assert len(bodies()) == 1
    assert "appointments have not changed" in bodies()[0]
    assert OptOut.objects.get().because == "stop"
    say(practice, SAM, "START")
    assert OptOut.objects.get().until is not None
    assert kinds() == []


def test_a_wrong_number_rests_until_a_person_decides(visits: SimpleOwner, practice: Organisation) -> None:
    visit = one_visit(visits, practice)
    _, access = factories.person(practice)
    say(practice, SAM, "wrong number")
    assert messaging.resting(organisation_id=practice.pk, number=SAM) == "wrong_number"
    assert "Sam" not in bodies()[0]
    assert kinds() == ["wrong_number"]
    with pytest.raises(messaging.MustDecide):
        messaging.settle_thread(access=access, thread_ref=Thread.objects.get().ref, seen=Inbound.objects.get().pk)
    from onedoor.tasks import api as tasks

    tasks.complete(access=access, ref=Task.objects.get().ref, outcome="wrong")
    assert not visit.patient.contact_points.filter(until=None).exists()


def checked(practice: Organisation, outcome: str) -> None:
    """Somebody of the practice ends its one check of a number."""
    _, access = factories.person(practice)
    (task,) = tasks.waiting(access, kind="wrong_number")
    tasks.complete(access=access, ref=task.ref, outcome=outcome)


def holds(*people: Patient) -> list[bool]:
    return [person.contact_points.filter(value=SAM, until=None).exists() for person in people]


def rests(*practices: Organisation) -> list[str]:
    return [messaging.resting(organisation_id=one.pk, number=SAM) for one in practices]


def also_at(practice: Organisation, patient: Patient) -> Patient:
    """The patient is cared for there too."""
    CareRelationship.objects.create(
        patient=patient, organisation=practice, kind="registered", starts_on=date(2020, 1, 1)
    )
    return patient


def test_a_practice_decides_about_a_number_for_its_own_patients_only(practice: Organisation) -> None:
    """Who has it elsewhere is asked about there, and not texted until that is decided (clinical.md 6.2)."""
    other, third = factories.practice("Y99003", "Harbour Surgery"), factories.practice("Y99004", "Hill Surgery")
    sam, tom = factories.patient(practice, "Sam", mobile=SAM), factories.patient(other, "Tom", mobile=SAM)
    say(practice, SAM, "wrong number")
    checked(practice, "wrong")
    assert holds(sam, tom) == [False, True]
    assert rests(practice, other, third) == ["", "wrong_number", ""]
    checked(other, "right")
    assert holds(sam, tom) == [False, True]
    assert rests(practice, other, third) == ["", "", ""]
    assert not Task.objects.filter(state="open", kind="wrong_number").exists()


def test_practices_that_share_a_patient_both_decide(practice: Organisation) -> None:
    other = factories.practice("Y99003", "Harbour Surgery")
    uma = also_at(other, factories.patient(practice, "Uma", mobile=SAM))
    say(practice, SAM, "wrong number")
    checked(practice, "wrong")
    assert holds(uma) == [False]
    checked(other, "right")
    assert holds(uma) == [True]
    assert rests(practice, other) == ["wrong_number", ""]
    checked(practice, "right")
    assert rests(practice, other) == ["", ""]
    assert not Task.objects.filter(state="open", kind="wrong_number").exists()


def test_a_number_that_was_wrong_serves_its_next_holder(practice: Organisation) -> None:
    sam = factories.patient(practice, "Sam", mobile=SAM)
    say(practice, SAM, "wrong number")
    with clock.at(NINE + timedelta(hours=1)):
        ella = factories.patient(practice, "Ella", mobile=SAM)
        assert rests(practice) == ["wrong_number"]
    with clock.at(NINE + timedelta(hours=2)):
        checked(practice, "wrong")
        assert holds(sam, ella) == [False, True]
        reminder = NewMessage(
            intent_key="reminder:1",
            organisation_id=practice.pk,
            purpose=REMINDER.name,
            body="Ella: your appointment is tomorrow.",
            not_after=TOMORROW,
            patient_id=ella.pk,
        )
        with transaction.atomic():
            assert messaging.queue(messages=[reminder], by=factories.TEST).new == 1


def test_a_wrong_number_that_had_asked_for_no_texts_before_ends_for_its_present_holders(practice: Organisation) -> None:
    sam = factories.patient(practice, "Sam", mobile=SAM)
    say(practice, SAM, "STOP")
    with clock.at(NINE + timedelta(hours=1)):
        ella = factories.patient(practice, "Ella", mobile=SAM)
        say(practice, SAM, "wrong number")
    with clock.at(NINE + timedelta(hours=2)):
        checked(practice, "wrong")
    assert holds(sam, ella) == [False, False]
    assert rests(practice) == ["stop"]


def test_a_right_number_is_texted_again(visits: SimpleOwner, practice: Organisation) -> None:
    one_visit(visits, practice)
    _, access = factories.person(practice)
    say(practice, SAM, "who is this?")
    say(practice, SAM, "START")
    assert messaging.resting(organisation_id=practice.pk, number=SAM) == "wrong_number"
    from onedoor.tasks import api as tasks

    tasks.complete(access=access, ref=Task.objects.get().ref, outcome="right")
    assert messaging.resting(organisation_id=practice.pk, number=SAM) == ""


def test_stop_outlives_the_check_of_a_wrong_number(practice: Organisation, visits: SimpleOwner) -> None:
    one_visit(visits, practice)
    _, access = factories.person(practice)
    say(practice, SAM, "wrong number")
    say(practice, SAM, "STOP")
    from onedoor.tasks import api as tasks

    tasks.complete(access=access, ref=Task.objects.get(kind="wrong_number").ref, outcome="right")
    assert messaging.resting(organisation_id=practice.pk, number=SAM) == "stop"


def test_a_text_older_than_the_question_never_answers_it(visits: SimpleOwner, practice: Organisation) -> None:
    visit = visits.add(factories.patient(practice, mobile=SAM), practice, TOMORROW)
    asking.arrive(practice, SAM, "YES", received_at=NINE - timedelta(hours=2))
    asking.remind(visit, at=NINE - timedelta(hours=1))
    jobs.run_once("messaging.understand")
    assert visits.acts == []
    assert Inbound.objects.get().outcome == "person"


def test_a_text_that_was_long_under_way_counts_from_when_it_was_sent(
    visits: SimpleOwner, practice: Organisation
) -> None:
    one_visit(visits, practice)
    real = clock.real_now()
    asking.arrive(practice, SAM, "CANCEL", sent_real=real - timedelta(hours=3), received_real=real)
    jobs.run_once("messaging.understand")
    assert visits.acts == []
    assert Inbound.objects.get().outcome == "person"


def test_a_question_still_in_the_outbox_has_not_been_put(visits: SimpleOwner, practice: Organisation) -> None:
    visit = visits.add(factories.patient(practice, mobile=SAM), practice, TOMORROW)
    asking.account(practice)
    message = Message.objects.create(
        intent_key="reminder", organisation=practice, purpose="answer", number=SAM, body="Sam: ...", fragments=1,
        created_at=clock.now(), not_before=clock.now() + timedelta(hours=10), not_after=TOMORROW,
    )  # fmt: skip
    Ask.objects.filter(pk=asking.remind(visit).pk).update(message=message)
    say(practice, SAM, "YES")
    assert visits.acts == []
    say(practice, SAM, "CANCEL")
    assert visits.acts == [(visit.id, "cancel")]


def test_five_unclear_texts_are_one_task_and_one_answer(visits: SimpleOwner, practice: Organisation) -> None:
    one_visit(visits, practice)
    for minute, text in enumerate(["??", "can it be later", "any time after 3", "hello?", "or wednesday"]):
        with clock.at(NINE + timedelta(minutes=minute)):
            say(practice, SAM, text)
    assert kinds() == ["reply"]
    assert len(bodies()) == 1
    assert Thread.objects.get().needs_person_since == NINE


def test_two_machines_stop_talking(visits: SimpleOwner, practice: Organisation) -> None:
    visit = one_visit(visits, practice)
    for turn in range(ANSWERS_AN_HOUR * 2):
        with clock.at(NINE + timedelta(minutes=turn)):
            say(practice, SAM, "CANCEL" if turn % 2 == 0 else "YES")
    assert len(bodies()) == ANSWERS_AN_HOUR
    assert len(visits.acts) == ANSWERS_AN_HOUR
    assert visits.acts[-1][0] == visit.id
    assert kinds() == ["reply"]


@pytest.mark.parametrize("sender", ["60777", "NHSnoreply", "+1"])
def test_senders_that_are_no_telephone_are_never_answered(
    visits: SimpleOwner, practice: Organisation, sender: str
) -> None:
    one_visit(visits, practice)
    for text in ("CANCEL", "STOP", "who is this", "hello"):
        assert say(practice, sender, text).outcome == "machine"
    assert say(practice, sender, "I want to kill myself").outcome == "crisis"
    assert (bodies(), visits.acts, kinds()) == ([], [], ["crisis"])


def test_our_own_fault_leaves_the_text_to_a_person_and_not_in_the_way(
    visits: SimpleOwner, practice: Organisation
) -> None:
    one_visit(visits, practice)
    visits.fails = True
    assert say(practice, SAM, "CANCEL").outcome == "person"
    visits.fails = False
    assert say(practice, SAM, "no, what about the form?").outcome == "person"
    assert kinds() == ["reply"]
    assert Answer.objects.count() == 0


def test_a_reply_to_one_practice_never_acts_on_anothers_visit(visits: SimpleOwner, practice: Organisation) -> None:
    hub = factories.practice("Y99003", "Harbour Surgery")
    patient = factories.patient(practice, mobile=SAM)
    visits.add(patient, hub, TOMORROW)
    assert say(practice, SAM, "CANCEL").outcome == "person"
    assert visits.acts == []


def test_a_second_thought_that_comes_too_late_confirms_nobody_else(visits: SimpleOwner, practice: Organisation) -> None:
    sam, ella = one_visit(visits, practice), one_visit(visits, practice, "Ella", at=TOMORROW + timedelta(hours=4))
    say(practice, SAM, "CANCEL")
    say(practice, SAM, "2")
    ella.state = "given to somebody else"
    assert say(practice, SAM, "Yes I'll come after all").outcome == "person"
    assert visits.acts == [(ella.id, "cancel")]
    asking.remind(sam, at=clock.now() + timedelta(minutes=5))
    with clock.at(clock.now() + timedelta(minutes=6)):
        assert say(practice, SAM, "YES").outcome == "acted"


def test_help_gets_the_telephone_and_a_person(visits: SimpleOwner, practice: Organisation) -> None:
    one_visit(visits, practice)
    say(practice, SAM, "HELP")
    assert practice.phone in bodies()[0]
    assert (len(bodies()), kinds()) == (1, ["reply"])


def test_thanks_need_nobody_and_answer_nothing(visits: SimpleOwner, practice: Organisation) -> None:
    one_visit(visits, practice)
    assert say(practice, SAM, "Thank you").outcome == "thanks"
    assert (visits.acts, Ask.objects.get().state) == ([], "open")
    say(practice, SAM, "YES")
    assert say(practice, SAM, "Thank you so much x").outcome == "thanks"


def test_a_question_nobody_answers_is_a_task_in_a_quarter_of_an_hour(
    visits: SimpleOwner, practice: Organisation
) -> None:
    one_visit(visits, practice)
    one_visit(visits, practice, "Ella", at=TOMORROW + timedelta(hours=4))
    say(practice, SAM, "CANCEL")
    assert bodies() == [
        "Which would you like to cancel? Reply 1 for Sam, Tue 8 Dec 10:20am, 2 for Ella, Tue 8 Dec 2:20pm."
    ]
    jobs.run_once("messaging.unanswered_which")
    assert kinds() == []
    with clock.at(NINE + timedelta(minutes=15)):
        assert jobs.run_once("messaging.unanswered_which") == 1
        assert jobs.run_once("messaging.unanswered_which") == 0
    assert kinds() == ["which_appointment"]
    assert Task.objects.get().due_at == NINE + timedelta(minutes=30)


def test_an_answer_by_portal_or_by_staff_does_the_same(visits: SimpleOwner, practice: Organisation) -> None:
    visit = one_visit(visits, practice)
    _, staff = factories.person(practice)
    _, stranger = factories.person(factories.practice("Y99003", "Harbour Surgery"))
    wanted = {"patient_id": visit.patient.pk, "kind": "appointment", "subject_id": visit.id}
    from onedoor.patients.api import Patient

    with pytest.raises(Patient.DoesNotExist):
        messaging.answer(access=stranger, intent="cancel", via="staff", **wanted)  # type: ignore[arg-type]
    assert messaging.answer(access=staff, intent="confirm", via="staff", **wanted).done  # type: ignore[arg-type]
    own = Access.of_patient(visit.patient.pk)
    assert messaging.answer(access=own, intent="cancel", via="portal", **wanted).answer == "Sam: done."  # type: ignore[arg-type]
    assert visits.acts == [(visit.id, "confirm"), (visit.id, "cancel")]
    assert list(Answer.objects.values_list("via", "intent")) == [("staff", "confirm")]
    with pytest.raises(messaging.NotOpen):
        messaging.answer(access=own, intent="earlier", via="portal", **wanted)  # type: ignore[arg-type]
    assert bodies() == []


def test_staff_answer_for_visits_of_their_own_organisation_only(visits: SimpleOwner, practice: Organisation) -> None:
    """A patient of two practices: one of them does not cancel a visit at the other."""
    elsewhere = factories.practice("Y99003", "Harbour Surgery")
    visit = one_visit(visits, practice)
    visit.organisation_id = elsewhere.pk
    _, staff = factories.person(practice)
    with pytest.raises(messaging.NotOpen):
        messaging.answer(
            access=staff,
            patient_id=visit.patient.pk,
            kind="appointment",
            subject_id=visit.id,
            intent="cancel",
            via="staff",
        )
    assert visits.acts == []


@pytest.mark.parametrize(("number", "outcome"), [("", "person"), ("353861234567", "person"), ("65065", "machine")])
def test_what_may_be_a_patients_is_seen_by_a_person(practice: Organisation, number: str, outcome: str) -> None:
    """A text that could not be read, or from a number that is no short code: it may be somebody's CANCEL. Not answered."""
    assert say(practice, number, "CANCEL").outcome == outcome
    assert kinds() == (["reply"] if outcome == "person" else [])
    assert bodies() == []


def test_start_from_a_number_that_texts_did_not_reach_is_put_right_by_a_person(
    visits: SimpleOwner, practice: Organisation
) -> None:
    factories.patient(practice, "Sam", mobile=SAM)
    _, staff = factories.person(practice)
    OptOut.objects.create(organisation=practice, number=SAM, because="unreachable", since=clock.now())
    say(practice, SAM, "START")
    tasks.complete(access=staff, ref=Task.objects.get(kind="wrong_number").ref, outcome="right")
    assert not OptOut.objects.filter(number=SAM, until=None).exists()


def test_questions_close_with_an_answer_or_without(visits: SimpleOwner, practice: Organisation) -> None:
    visit, other = one_visit(visits, practice), one_visit(visits, practice, "Ella")
    with transaction.atomic():
        assert (
            messaging.close_asks(subject="appointment", subject_ids=[visit.id], by=factories.TEST, intent="cancel") == 1
        )
        closed = messaging.close_asks(
            subject="appointment", subject_ids=[visit.id, other.id], by=factories.TEST, state="withdrawn"
        )
    assert closed == 1
    assert sorted(Ask.objects.values_list("state", flat=True)) == ["answered", "withdrawn"]
    assert Answer.objects.get().intent == "cancel"


# ---- order, once, cost --------------------------------------------------------------------------------------------------


def test_a_text_costs_the_same_however_many_came_before(
    visits: SimpleOwner, practice: Organisation, django_assert_max_num_queries: Any
) -> None:
    for n in range(3):
        one_visit(visits, practice, f"P{n}", at=TOMORROW + timedelta(hours=n))
    for n in range(40):
        asking.arrive(practice, SAM, f"hello {n}", received_at=NINE - timedelta(days=1))
    jobs.run_once("messaging.understand")
    for text, most in (("CANCEL", 30), ("1", 36), ("what time", 30)):
        asking.arrive(practice, SAM, text)
        with django_assert_max_num_queries(most):
            understand_next()
        assert Inbound.objects.order_by("-id")[0].outcome in ("asked", "acted", "person")


def test_a_text_that_nobody_can_deal_with_blocks_nobody_and_reaches_a_person(
    visits: SimpleOwner, practice: Organisation
) -> None:
    """A row that cannot even be loaded: its moment of sending is before the year 1."""
    _, access = factories.person(practice)
    visit = one_visit(visits, practice)
    asking.arrive(practice, "+447700900209", "CANCEL")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_inbound SET sent_real = '0044-03-15 10:00:00 BC'")
    asking.arrive(practice, SAM, "CANCEL")
    jobs.run_once("messaging.understand")
    assert visits.acts == [(visit.id, "cancel")]
    waiting = Inbound.objects.filter(number="+447700900209", processed_at=None)
    for _ in range(TRIES - 1):
        assert waiting.exists()
        assert jobs.run_once("messaging.understand") == 0
        Inbound.objects.update(again_real=None)
        jobs.run_once("messaging.understand")
    (task,) = tasks.waiting(access)
    assert (task.kind, task.subject) == ("reply", "thread")
    unread = Inbound.objects.get(number="+447700900209")
    assert (unread.outcome, unread.text) == ("person", "CANCEL")
    assert Thread.objects.get(number="+447700900209").needs_person_since is not None
    jobs.run_once("messaging.understand")
    assert len(visits.acts) == 1


def test_a_text_that_says_it_was_sent_in_another_age_is_read_by_a_person(
    visits: SimpleOwner, practice: Organisation
) -> None:
    one_visit(visits, practice)
    asking.arrive(practice, SAM, "CANCEL", received_at=NINE, sent_real=datetime(1, 1, 2, tzinfo=UTC))
    jobs.run_once("messaging.understand")
    assert visits.acts == []
    assert Inbound.objects.get().why == "nothing open that it could be about"


@pytest.mark.django_db(transaction=True)
def test_two_workers_take_the_texts_of_a_phone_in_order_and_once() -> None:
    with asking.owning() as (visits, _):
        practice = factories.practice()
        for phone in range(4):
            patient = factories.patient(practice, f"P{phone}", mobile=f"+4477009003{phone:02d}")
            asking.remind(visits.add(patient, practice, TOMORROW))
            for text in ("YES", "CANCEL", "YES", "CANCEL"):
                asking.arrive(practice, f"+4477009003{phone:02d}", text)

        def work() -> None:
            idle = 0
            while idle < 20:
                idle = 0 if understand_next() else idle + 1
            connection.close()

        workers = [threading.Thread(target=work) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert not Inbound.objects.filter(processed_at=None).exists()
        for visit in visits.visits.values():
            assert [act for key, act in visits.acts if key == visit.id] == ["confirm", "cancel", "reopen", "cancel"]


TEXTS = [
    "CANCEL",
    "cancel please",
    "YES",
    "EARLY",
    "1",
    "2",
    "3",
    "Ali",
    "Sam",
    "STOP",
    "START",
    "??",
    "thanks",
    "both",
]


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.sampled_from(["Sam", "Ella", "Ali"]), min_size=1, max_size=3),
    steps=st.lists(st.tuples(st.sampled_from(TEXTS), st.integers(1, 300)), min_size=1, max_size=6),
)
def test_no_thread_ever_cancels_what_was_not_plainly_meant(
    practice: Organisation, names: list[str], steps: list[tuple[str, int]]
) -> None:
    """Of several visits one goes only by the number or the name that our question gave it (product-map.md J2)."""
    with asking.owning() as (visits, _), transaction.atomic():
        family = [one_visit(visits, practice, name, at=TOMORROW + timedelta(hours=n)) for n, name in enumerate(names)]
        at = NINE
        for text, minutes in steps:
            at += timedelta(minutes=minutes)
            alive = [visit for visit in family if visit.state == "booked" and visit.starts_at > at]
            acted, sent = len(visits.acts), Message.objects.count()
            with clock.at(at):
                question = Ask.objects.filter(context="which", state="open", expires_at__gt=at).first()
                inbound = say(practice, SAM, text)
                jobs.run_once("messaging.unanswered_which")
            new = visits.acts[acted:]
            assert len(new) <= 1
            assert Message.objects.count() <= sent + 1
            assert inbound.outcome
            for key, action in new:
                if action != "reopen" and len(alive) > 1 and action in ("cancel", "earlier"):
                    assert question is not None
                    listed = {option["subject_id"]: str(n) for n, option in enumerate(question.options, 1)}
                    named = [option["subject_id"] for option in question.options if option["first_name"] == text]
                    assert listed[key] == text or named == [key]
                assert text not in ("STOP", "START", "??", "thanks", "both")
        transaction.set_rollback(True)
