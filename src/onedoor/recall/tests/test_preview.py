"""What the next night will do is said before it does it, and it then does that (product-map.md C2, J5)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.booking import api as booking
from onedoor.booking.tests import factories as diary
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Role
from onedoor.messaging import api as messaging
from onedoor.messaging.models import Message
from onedoor.patients.models import Need, Patient
from onedoor.recall import api
from onedoor.recall.models import Invitation, RecallPolicy, RecallProgramme, Stale, Wave
from onedoor.recall.tests.run_factories import DAY, MONDAY, done, due, night, people, practice, went

pytestmark = pytest.mark.django_db

ON = MONDAY.date()


def manager(here: Organisation) -> Access:
    return factories.person(here, Role.PRACTICE_MANAGER)[1]


def tariff() -> None:
    messaging.set_tariff(starts_on=ON - timedelta(days=200), pence=Decimal("2.4"), by=factories.TEST)


def test_whoever_has_a_visit_ahead_is_counted_and_named_as_left_out() -> None:
    here = diary.practice()
    [seat] = diary.own_seats(here, 1, type_name="Asthma review")
    RecallPolicy.objects.create(organisation=here.organisation)
    RecallProgramme.objects.create(organisation=here.organisation, key="asthma", enabled=True).types.add(seat.type)
    [pat] = people(here.organisation, 1)
    booking.book(seat_ref=seat.ref, patient_id=pat.pk, by=factories.TEST)
    due([pat], "asthma", on=clock.today())
    Stale.objects.all().delete()
    access = manager(here.organisation)
    assert api.preview_run(access, here.organisation.pk).exceptions == {"booked": 1}
    for word in ("", "booked"):
        [left] = api.left_out(access, here.organisation.pk, word=word)
        assert (left.ref, left.word) == (pat.ref, "booked")


def test_what_is_foretold_is_what_happens() -> None:
    tariff()
    here = practice("asthma", "diabetes", "smi", weekly=50)
    everybody = people(here, 16)
    due(everybody, "asthma", on=ON)
    due(everybody[:4], "diabetes", on=ON)
    due(everybody[3:5], "smi", on=ON)
    for one in everybody[5:8]:
        Need.objects.create(patient=one, organisation=here, text="Contact by letter")
    Patient.objects.filter(pk=everybody[15].pk).update(restricted=True)
    access = manager(here)
    with clock.at(MONDAY):
        said = api.preview_run(access, here.pk)
    assert (said.day, said.due, said.free, said.allowance, said.people) == (ON, 16, 15, 10, 10)
    assert said.exceptions == {"restricted": 1}
    night(MONDAY)
    assert Invitation.objects.count() == said.people
    went(MONDAY + timedelta(hours=8))
    sent = {wave.channel: wave for wave in said.lines}
    assert Message.objects.count() == sent["text"].people
    assert Wave.objects.filter(channel="letter").count() == sent["letter"].people
    # The tariff is by the fragment: what was foretold is what the texts cost.
    assert sent["text"].pence == sum((one.fragments * Decimal("2.4") for one in Message.objects.all()), Decimal(0))
    with clock.at(MONDAY + timedelta(hours=3)):
        after = api.preview_run(access, here.pk)
    assert (after.day, after.people, after.exceptions["open"]) == (ON + timedelta(days=1), 5, 10)


def test_assumptions_say_so_until_there_is_a_history() -> None:
    here = practice("asthma")
    access = manager(here)
    with clock.at(MONDAY):
        said = api.preview_run(access, here.pk)
    assert said.assumed == {"text", "letter", "telephone"}


def test_a_preview_writes_nothing_and_its_reads_do_not_grow() -> None:
    here = practice("asthma", weekly=5_000)
    access = manager(here)
    counts = []
    for count in (10, 90):
        due(people(here, count), "asthma", on=ON)
        with clock.at(MONDAY), CaptureQueriesContext(connection) as queries:
            api.preview_run(access, here.pk)
        counts.append(len(queries))
        Patient.objects.filter(given_name__startswith="Pat").update(given_name="Old")
    assert counts[0] == counts[1]
    assert not Invitation.objects.exists()


def test_the_funnel_counts_people_once_and_done_by_the_record_alone(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    here = practice("asthma", "diabetes")
    everybody = people(here, 4)
    due(everybody, "asthma", on=ON)
    night(MONDAY)
    went(MONDAY + timedelta(hours=8))
    Invitation.objects.filter(patient=everybody[0]).update(state="invited")
    done(everybody[:1], "asthma", on=ON + timedelta(days=1))
    night(MONDAY + DAY)
    access = manager(here)
    with clock.at(MONDAY + DAY), django_assert_max_num_queries(8):
        found = {one.programme.key: one for one in api.programmes(access, here.pk)}
    funnel = found["asthma"].funnel
    assert (funnel.due, funnel.asked, funnel.answered, funnel.booked, funnel.done) == (3, 4, 0, 0, 1)
    assert found["diabetes"].funnel.asked == 0
    assert found["asthma"].enabled
    assert not found["flu"].enabled
