"""Two who would ask the same person at the same moment: one does (product-map.md J5, "never for two reasons")."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from onedoor import factories
from onedoor.kernel import clock
from onedoor.recall import api
from onedoor.recall.actions import running
from onedoor.recall.models import Invitation, RecallPolicy, RecallProgramme
from onedoor.recall.tests.run_factories import MONDAY, due, people, practice
from onedoor.recall.tests.test_inviting import invite

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
