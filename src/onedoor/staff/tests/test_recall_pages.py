"""The pages of recall and of its partners: who may open them, and what their forms do."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from onedoor import factories
from onedoor.accounts.api import User
from onedoor.kernel import clock
from onedoor.kernel.access import Role
from onedoor.patients.models import Patient
from onedoor.recall.models import PartnerLine, PartnerOpening, RecallMonth, RecallPolicy, RecallProgramme
from onedoor.recall.tests.run_factories import MONDAY, due, night, people, practice
from onedoor.records import api as records
from onedoor.ui.tests.world import World, make

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_manager_switches_on_and_says_how_many(world: World) -> None:
    client = signed_in(world.manager)
    assert "every programme is off" in client.get(reverse("recall")).content.decode()
    client.post(reverse("recall_switch", args=["asthma"]), {"on": "1"})
    client.post(reverse("recall_set"), {"weekly": "60", "gap_days": "14"})
    client.post(reverse("recall_visits", args=["asthma"]), {"kind": [str(world.kind_id)]})
    policy, programme = RecallPolicy.objects.get(), RecallProgramme.objects.get()
    assert (policy.weekly, policy.gap_days, programme.enabled, programme.key) == (60, 14, True, "asthma")
    assert [kind.pk for kind in programme.types.all()] == [world.kind_id]
    page = client.get(reverse("recall_programme", args=["asthma"])).content.decode()
    assert "Asthma review" in page
    assert client.get(reverse("recall_left_out") + "?out=restricted").status_code == 200


@pytest.mark.parametrize(("weekly", "gap"), [("-1", "21"), ("many", "21"), ("60", "3"), ("999999", "21")])
def test_what_cannot_be_set_is_said(world: World, weekly: str, gap: str) -> None:
    client = signed_in(world.manager)
    answer = client.post(reverse("recall_set"), {"weekly": weekly, "gap_days": gap}, follow=True)
    assert "od-flash--error" in answer.content.decode()
    assert not RecallPolicy.objects.exists()


def test_a_desk_sees_what_a_patient_is_due_for_and_no_run(world: World) -> None:
    client = signed_in(world.receptionist)
    assert client.get(reverse("recall")).status_code == 404
    assert "What they are due for" in client.get(reverse("patient", args=[world.sam.ref])).content.decode()
    client.post(reverse("patient_month", args=[world.sam.ref]), {"month": "6", "reason": "Away in spring"})
    assert RecallMonth.objects.get().month == 6
    client.post(reverse("patient_month", args=[world.sam.ref]), {"month": ""})
    assert not RecallMonth.objects.exists()


def test_a_partner_sees_its_lists_and_nothing_else(world: World) -> None:
    client = signed_in(world.partner)
    home = client.get("/", follow=True)
    assert home.status_code == 200
    assert "Shared with you" in home.content.decode()
    for name in ("patients", "tasks", "recall", "diary", "counters"):
        assert client.get(reverse(name)).status_code == 404, name
    address = reverse("shared_list", args=[world.shared.ref])
    assert "Ada Hollis" in client.get(address).content.decode()
    assert PartnerOpening.objects.count() == 1
    line = PartnerLine.objects.get()
    client.post(reverse("shared_outcome", args=[world.shared.ref, line.ref]), {"outcome": "reached"})
    line.refresh_from_db()
    assert (line.outcome, line.actor_label) == ("reached", "Robin Vale")
    assert client.get(reverse("patient", args=[world.ada.ref])).status_code == 404


def test_whoever_is_named_by_programme_can_see_that_it_was_opened() -> None:
    here = practice("asthma")
    asked, restricted = people(here, 2)
    Patient.objects.filter(pk=restricted.pk).update(restricted=True)
    due([asked, restricted], "asthma", on=MONDAY.date())
    night(MONDAY)
    with clock.at(MONDAY):
        user, access = factories.person(here, Role.PRACTICE_MANAGER)
        client = signed_in(user)

    def looks(patient: Patient) -> list[str]:
        return sorted(look.page for look in records.who_looked(access, patient.pk))

    with clock.at(MONDAY):
        client.get(reverse("recall_left_out") + "?out=restricted")
        assert (looks(asked), looks(restricted)) == ([], ["left out of recall"])
        client.get(reverse("recall_programme", args=["asthma"]))
        assert looks(asked) == ["list of a recall programme"]
        assert looks(restricted) == ["left out of recall", "list of a recall programme"]
