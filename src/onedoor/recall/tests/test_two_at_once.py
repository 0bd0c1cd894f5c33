"""Two who would ask the same person at the same moment: one does (product-map.md J5, "never for two reasons")."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from onedoor import factories
from onedoor.kernel import clock
from onedoor.recall import api
from onedoor.recall.actions import ending, invitations, running
from onedoor.recall.kinds import BOOK
from onedoor.recall.models import Invitation, RecallPolicy, RecallProgramme
from onedoor.recall.tests.run_factories import MONDAY, due, people, practice
from onedoor.recall.tests.test_inviting import invite
from onedoor.tasks import api as tasks
from onedoor.tasks.models import Task
from onedoor.tasks.types import NewTask

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_run_and_the_desk_at_once_ask_a_person_once() -> None:
    here = practice("asthma")
    [pat] = people(here, 1)
    due([pat], "asthma", on=MONDAY.date())
    policy = RecallPolicy.objects.get()
    begun, refused = threading.Event(), []

    def desk() -> None:
        begun.wait(10)
        try:
            with clock.at(MONDAY):
                invite(pat)
        except api.CannotInvite as why:
            refused.append(str(why))
        finally:
            connection.close()

    beside = threading.Thread(target=desk)
    beside.start()
    with clock.at(MONDAY), transaction.atomic():
        assert running.invite_people(policy, MONDAY.date(), 5, by=factories.TEST) == 1
        begun.set()
        # The desk waits for this transaction; it must not slip in before its end.
        beside.join(0.5)
        assert beside.is_alive()
    beside.join(10)
    assert Invitation.objects.count() == 1
    assert refused == ["This patient was asked to come on 5 October: nobody is asked again within 28 days."]


def test_what_a_run_could_not_ask_is_free_for_the_next_reason() -> None:
    here = practice("asthma")
    [pat] = people(here, 1)
    due([pat], "asthma", on=MONDAY.date())
    RecallProgramme.objects.update(enabled=False)
    with clock.at(MONDAY), transaction.atomic():
        assert running.invite_people(RecallPolicy.objects.get(), MONDAY.date(), 5, by=factories.TEST) == 0
    with clock.at(MONDAY):
        assert invite(pat).state == "invited"


def test_the_desk_and_an_answer_at_once_wait_for_each_other_and_neither_is_lost() -> None:
    here = practice("asthma")
    [pat] = people(here, 1)
    due([pat], "asthma", on=MONDAY.date())
    with clock.at(MONDAY):
        invite(pat)
        with transaction.atomic():
            invitations.accepted(Invitation.objects.get(), via="text", by=factories.TEST)
            work = ending.key_of(BOOK, Invitation.objects.get().pk)
            tasks.ask_for(
                tasks=[NewTask(BOOK.name, here.pk, work, "Book", patient_id=pat.pk, subject="invitation",
                               subject_id=Invitation.objects.get().pk)],
                by=factories.TEST,
            )  # fmt: skip
    _, desk = factories.person(here)
    ref = Task.objects.get(key=work).ref
    said: list[str] = []

    def at_the_desk() -> None:
        try:
            with clock.at(MONDAY):
                tasks.complete(access=desk, ref=ref, outcome="booked")
        except Exception as why:
            said.append(type(why).__name__)
        finally:
            connection.close()

    with clock.at(MONDAY), transaction.atomic():
        # A no by text: it holds the invitation, and takes the work away after.
        one = Invitation.objects.select_for_update().get()
        beside = threading.Thread(target=at_the_desk)
        beside.start()
        beside.join(0.5)
        assert beside.is_alive()
        invitations.declined(one, via="text", by=factories.TEST)
        ending.no_more_work([one.pk], because="declined", by=factories.TEST)
    beside.join(10)
    assert said == ["AlreadyDone"]
    assert Invitation.objects.get().state == "declined"
