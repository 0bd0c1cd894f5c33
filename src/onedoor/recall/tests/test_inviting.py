"""An invitation for a flu vaccine, and what each answer by text does. From the door in: text to state (hazards H4, H5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, Role
from onedoor.kernel.actor import Actor
from onedoor.messaging import api as messaging
from onedoor.messaging.models import Ask, Inbound, Message
from onedoor.messaging.tests.asking_factories import account, say
from onedoor.patients.models import Patient
from onedoor.recall import api, rules
from onedoor.recall.models import Invitation, InvitationProgramme, LastAsked
from onedoor.records.models import Entry
from onedoor.tasks import api as tasks
from onedoor.tasks.models import Task

pytestmark = pytest.mark.django_db

PHONE = "+447700900111"


def practice() -> Organisation:
    organisation = factories.practice()
    account(organisation)
    return organisation


def invite(patient: Patient) -> Invitation:
    organisation = Organisation.objects.get(ods_code="Y99002")
    desk = Actor(kind="user", id=1, label="Ada Desk", organisation_id=organisation.pk)
    return api.invite(organisation_id=organisation.pk, patient_id=patient.pk, by=desk)


def invited() -> Invitation:
    return invite(factories.patient(practice(), "Vera", mobile=PHONE))


def reply(invitation: Invitation, text: str) -> Inbound:
    found = say(invitation.organisation, PHONE, text)
    invitation.refresh_from_db()
    return found


def waiting(kind: str) -> int:
    return Task.objects.filter(kind=kind, state="open").count()


@pytest.mark.parametrize(
    ("text", "state", "task"),
    [
        ("YES", "accepted", "invitation_book"),
        ("yes please", "accepted", "invitation_book"),
        ("No thanks", "declined", ""),
        ("i dont want it", "declined", ""),
        ("already had it", "already_done", ""),
        ("DONE", "already_done", ""),
        ("had mine at boots last tuesday", "already_done", ""),
    ],
)
def test_an_answer_brings_its_state(text: str, state: str, task: str) -> None:
    invitation = invited()
    assert reply(invitation, text).outcome == "acted"
    assert invitation.state == state
    assert waiting("invitation_book") == (task == "invitation_book")
    assert not Entry.objects.filter(kind="invitation").exclude(code=None).exists()


def test_had_it_already_then_where_and_when() -> None:
    """T40, Vera."""
    invitation = invited()
    reply(invitation, "already had it")
    assert (invitation.state, invitation.where_when) == ("already_done", "")
    assert Message.objects.get(purpose="question").body == rules.where_and_when("Vera")
    work = Task.objects.get(kind="said_done", state="open")
    assert work.detail == "Where and when is not known: ask them."
    who = factories.person(invitation.organisation, Role.RECEPTIONIST)[1]
    tasks.claim(access=who, ref=work.ref)
    with clock.at(clock.now() + timedelta(minutes=10)):
        reply(invitation, "Boots on Holderness Road, last Tuesday")
    assert invitation.where_when == "Boots on Holderness Road, last Tuesday"
    work.refresh_from_db()
    assert (work.state, work.detail) == ("claimed", "In their words: Boots on Holderness Road, last Tuesday")
    assert Task.objects.filter(kind="said_done").count() == 1
    assert not Ask.objects.filter(state="open").exists()
    with pytest.raises(api.CannotInvite, match="invited this season"):
        invite(invitation.patient)


def test_where_and_when_never_answered_is_never_done() -> None:
    invitation = invited()
    reply(invitation, "already had it")
    with clock.at(invitation.ends_at + timedelta(days=1)):
        jobs.run_once("recall.expire")
    invitation.refresh_from_db()
    assert (invitation.state, invitation.where_when) == ("already_done", "")
    assert Entry.objects.filter(text="Says already done: flu vaccine, where and when not known", code=None).count() == 1
    with pytest.raises(api.CannotInvite):
        invite(invitation.patient)


def test_what_nobody_can_be_certain_of_does_not_keep_them_from_being_asked_again() -> None:
    """H6: they said so and no more, and the season goes on."""
    invitation = invited()
    reply(invitation, "DONE")
    who = factories.person(invitation.organisation, Role.RECEPTIONIST)[1]
    work = Task.objects.get(kind="said_done", state="open")
    tasks.complete(access=who, ref=work.ref, outcome="not_certain")
    invitation.refresh_from_db()
    assert invitation.state == "already_done"
    with pytest.raises(api.CannotInvite, match="within 28 days"):
        invite(invitation.patient)
    with clock.at(clock.now() + timedelta(days=29)):
        again = invite(invitation.patient)
        reply(again, "yes")
    assert again.state == "accepted"


def test_no_and_then_yes() -> None:
    """T40, Lamar: declined on Monday, on the way to a booking on Friday, and the history holds both."""
    invitation = invited()
    reply(invitation, "no thanks")
    assert invitation.state == "declined"
    with clock.at(clock.now() + timedelta(days=4)):
        reply(invitation, "changed my mind, yes please book me in")
        reply(invitation, "YES")
    assert invitation.state == "accepted"
    assert list(invitation.history.order_by("id").values_list("to_state", flat=True)) == [
        "invited", "declined", "accepted",
    ]  # fmt: skip
    assert waiting("invitation_book") == 1


def test_yes_and_then_no_takes_the_work_away() -> None:
    invitation = invited()
    reply(invitation, "yes")
    with clock.at(clock.now() + timedelta(hours=1)):
        reply(invitation, "no thanks")
    assert invitation.state == "declined"
    assert waiting("invitation_book") == 0


def test_on_a_shared_phone_it_says_nothing_of_what_it_is_and_nobody_can_answer_for_another() -> None:
    organisation = practice()
    vera = factories.patient(organisation, "Vera", mobile=PHONE)
    factories.patient(organisation, "Ada", mobile=PHONE)
    invitation = invite(vera)
    body = Message.objects.get().body
    assert body.startswith("Vera: ")
    assert not {"flu", "vaccine"} & set(body.split())
    reply(invitation, "no thanks")
    assert invitation.state == "invited"


@pytest.mark.parametrize("text", ["My husband has had it already", "is it safe with my tablets?", "maybe later"])
def test_what_is_not_plain_is_a_persons(text: str) -> None:
    invitation = invited()
    reply(invitation, text)
    assert invitation.state == "invited"
    assert waiting("reply") == 1


def test_who_opted_out_or_is_young_is_not_invited() -> None:
    organisation = practice()
    vera = factories.patient(organisation, "Vera", mobile=PHONE)
    say(organisation, PHONE, "STOP")
    child = factories.patient(organisation, "Ada", mobile="+447700900112", born_on=date(2019, 3, 4))
    for one in (vera, child):
        with pytest.raises(api.CannotInvite, match="No text may go"):
            invite(one)
    assert not Invitation.objects.exists()


def test_nobody_is_invited_between_seasons() -> None:
    vera = factories.patient(practice(), "Vera", mobile=PHONE)
    with clock.at(datetime(2027, 6, 1, 9, tzinfo=UTC)), pytest.raises(api.CannotInvite, match="1 September"):
        invite(vera)


def test_the_season() -> None:
    """1 September to 31 March (clinical.md 2)."""
    days = [date(2026, 8, 31), date(2026, 9, 1), date(2026, 12, 31), date(2027, 3, 31), date(2027, 4, 1)]
    assert [rules.season(day) for day in days] == [None, 2026, 2026, 2026, None]


def test_the_same_answers_on_the_patients_own_page() -> None:
    invitation = invited()
    own = Access.of_patient(invitation.patient_id)

    def answer(intent: str, value: str = "") -> bool:
        return messaging.answer(
            access=own, patient_id=invitation.patient_id, kind="invitation", subject_id=invitation.pk, intent=intent,
            value=value, via="portal",
        ).done  # fmt: skip

    assert answer("already_done")
    assert answer("answer", "The chemist in Hull, in October")
    invitation.refresh_from_db()
    assert (invitation.state, invitation.where_when) == ("already_done", "The chemist in Hull, in October")


STEPS = st.lists(
    st.sampled_from(["yes", "no", "already had it", "Boots, last week", "withdraw", "expire", "thanks"]), max_size=6
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_nothing_anybody_says_is_a_dose(steps: list[str]) -> None:
    """Whatever comes in whatever order: every move is allowed, no entry has a code, and where and when are only what was said."""
    Invitation.objects.filter(state__in=rules.STANDS).update(state="expired")
    InvitationProgramme.objects.update(stands=False)
    LastAsked.objects.all().delete()
    first = Patient.objects.filter(given_name="Vera").first()
    invitation = invite(first) if first else invited()
    moment = clock.now()
    for step in steps:
        moment += timedelta(minutes=20)
        with clock.at(moment):
            if step == "withdraw":
                api.withdraw(invitation_id=invitation.pk, by=factories.TEST)
            elif step == "expire":
                jobs.run_once("recall.expire")
            else:
                reply(invitation, step)
    invitation.refresh_from_db()
    moves = invitation.history.order_by("id").values_list("from_state", "to_state")
    assert all(to in rules.MOVES[before] for before, to in moves if before)
    assert invitation.state not in ("done", "booked")
    assert not Entry.objects.filter(subject="invitation").exclude(code=None).exists()
    assert not invitation.where_when or (invitation.state == "already_done" and invitation.where_when in steps)
