"""The nightly run, from standings to texts, letters, calls and back (hazards H4, H5, H6; product-map.md J5)."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.documents.models import Delivery, Document
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Role
from onedoor.messaging.models import Ask, Message, State
from onedoor.messaging.tests.asking_factories import say
from onedoor.patients.models import CareRelationship, Need, Patient
from onedoor.recall import api, codes, planning
from onedoor.recall.actions import running
from onedoor.recall.models import Invitation, InvitationProgramme, LastAsked, RecallMonth, Stale, Wave
from onedoor.recall.programmes import in_force
from onedoor.recall.queries import due as reading
from onedoor.recall.tests.run_factories import DAY, MONDAY, done, due, night, people, practice, rule_set, went
from onedoor.records.models import Entry
from onedoor.tasks import api as tasks
from onedoor.tasks.models import Task

pytestmark = pytest.mark.django_db

ON = MONDAY.date()
NINE = timedelta(hours=8)


def test_what_is_due_across_programmes_is_one_invitation_for_one_visit() -> None:
    here = practice("asthma", "diabetes")
    [pat] = people(here, 1)
    due([pat], "asthma", "diabetes", on=ON)
    night(MONDAY)
    invitation = Invitation.objects.get()
    assert sorted(invitation.programmes.values_list("key", flat=True)) == ["asthma", "diabetes"]
    body = Message.objects.get().body
    assert body.startswith("Pat0: Wexcombe Road Surgery invites you for your asthma review and your diabetes review")
    assert "under control" in body
    assert "Reply YES" in body
    assert Ask.objects.get().context == "checks"
    night(MONDAY + DAY)
    assert Invitation.objects.count() == 1


def test_what_falls_due_soon_joins_and_what_is_far_off_does_not() -> None:
    here = practice("asthma", "diabetes", "medication")
    [pat] = people(here, 1)
    due([pat], "asthma", on=ON)
    due([pat], "diabetes", on=ON + timedelta(days=30), status=1, reason="done", expires_on=ON + timedelta(days=30))
    due([pat], "medication", on=ON + timedelta(days=90), status=1, reason="done", expires_on=ON + timedelta(days=90))
    night(MONDAY)
    assert dict(InvitationProgramme.objects.values_list("key", "leads")) == {"asthma": True, "diabetes": False}


def test_a_programme_that_is_off_and_a_practice_without_a_run_ask_nobody() -> None:
    here = practice("asthma")
    [pat] = people(here, 1)
    due([pat], "diabetes", on=ON)
    night(MONDAY)
    elsewhere = factories.practice("Y99003", "Other Surgery")
    [other] = people(elsewhere, 1)
    due([other], "asthma", on=ON)
    night(MONDAY)
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("who", ["dead", "left", "restricted", "young", "no way", "declined code", "stale", "not yet"])
def test_who_is_never_asked(who: str) -> None:
    here = practice("asthma")
    [pat] = people(here, 1)
    due([pat], "asthma", on=ON + DAY if who == "not yet" else ON)
    if who == "dead":
        Patient.objects.filter(pk=pat.pk).update(deceased=True)
    elif who == "left":
        CareRelationship.objects.filter(patient=pat).update(ends_on=ON)
    elif who == "restricted":
        Patient.objects.filter(pk=pat.pk).update(restricted=True)
    elif who == "young":
        Patient.objects.filter(pk=pat.pk).update(born_on=date(2015, 1, 1))
    elif who == "no way":
        pat.contact_points.all().delete()
        Patient.objects.filter(pk=pat.pk).update(address="")
    elif who == "declined code":
        due([pat], "asthma", on=ON, status=1, reason="declined")
    elif who == "stale":
        Stale.objects.create(patient_id=pat.pk)
    night(MONDAY, read=False)
    assert not Invitation.objects.exists()
    assert not LastAsked.objects.exists()


def test_three_waves_by_three_channels_and_then_nothing() -> None:
    here = practice("asthma")
    [pat] = people(here, 1)
    due([pat], "asthma", on=ON)
    for day in range(100):
        moment = MONDAY + day * DAY
        night(moment)
        went(moment + NINE)
        print_all(moment)
    waves = list(Wave.objects.order_by("number").values_list("channel", "state", "made_on"))
    assert [wave[:2] for wave in waves] == [("text", "sent"), ("letter", "sent"), ("telephone", "waiting")]
    assert all(b[2] - a[2] >= timedelta(days=21) for a, b in itertools.pairwise(waves))
    assert Task.objects.get(kind="invitation_ring").title == "Ring about a visit: your asthma review"
    assert Document.objects.get().kind == "invitation"
    with clock.at(MONDAY + 100 * DAY):
        jobs.run_once("recall.expire")
    assert Invitation.objects.get().state == "expired"
    assert Task.objects.get(kind="invitation_ring").state == "withdrawn"
    night(MONDAY + 101 * DAY)
    assert Invitation.objects.count() == 1


def print_all(moment: datetime) -> None:
    Delivery.objects.filter(way="print", state="waiting").update(state="done", done_at=moment)


def test_the_code_is_on_the_record_once_the_provider_has_the_text_and_not_before() -> None:
    here = practice("asthma", "smi")
    [pat] = people(here, 1)
    due([pat], "asthma", on=ON)
    night(MONDAY)
    assert not Entry.objects.filter(subject="invitation").exists()
    went(MONDAY + NINE)
    night(MONDAY + NINE)
    night(MONDAY + 2 * NINE)
    entry = Entry.objects.get(subject="invitation")
    assert entry.code is not None
    assert entry.code.code == "959401000000101"
    assert entry.effective_at == MONDAY + NINE
    assert "not booked, not done" in entry.text


def test_a_text_that_never_went_is_no_invitation_and_the_next_channel_goes_at_once() -> None:
    here = practice("asthma")
    [pat] = people(here, 1)
    due([pat], "asthma", on=ON)
    night(MONDAY)
    Message.objects.update(state=State.REFUSED, because="refused")
    night(MONDAY + DAY)
    assert list(Wave.objects.order_by("number").values_list("channel", "state")) == [
        ("text", "failed"), ("letter", "waiting"),
    ]  # fmt: skip
    assert not Entry.objects.filter(subject="invitation").exists()


@pytest.mark.parametrize(
    ("needs", "plan"),
    [
        ((), ["text", "letter", "telephone"]),
        (("Easyread",), ["letter", "telephone"]),
        (("Contact by letter",), ["letter", "telephone"]),
        (("Contact by telephone",), ["telephone", "letter"]),
        (("No text messages",), ["letter", "telephone"]),
    ],
)
def test_needs_choose_the_channel(needs: tuple[str, ...], plan: list[str]) -> None:
    here = practice("asthma")
    [pat] = people(here, 1)
    for text in needs:
        Need.objects.create(patient=pat, organisation=here, text=text)
    due([pat], "asthma", on=ON)
    night(MONDAY)
    assert Invitation.objects.get().plan == plan
    assert Message.objects.exists() == (plan[0] == "text")


def test_braille_is_met_by_no_print_so_a_person_rings() -> None:
    here = practice("asthma")
    [pat] = people(here, 1)
    Need.objects.create(patient=pat, organisation=here, text="Braille grade 2", code="936661000000109")
    due([pat], "asthma", on=ON)
    night(MONDAY)
    assert Invitation.objects.get().plan == ["telephone"]


def test_stop_is_heeded_and_the_others_still_get_theirs() -> None:
    here = practice("asthma")
    [pat] = people(here, 1)
    with clock.at(MONDAY - DAY):
        say(here, "+447700900000", "STOP")
    due([pat], "asthma", on=ON)
    night(MONDAY)
    assert Invitation.objects.get().plan == ["letter", "telephone"]
    assert not Message.objects.filter(purpose="invitation").exists()


def test_a_private_programme_names_no_topic_and_takes_no_answer_by_text() -> None:
    here = practice("smi", "asthma")
    [pat] = people(here, 1)
    due([pat], "smi", "asthma", on=ON)
    night(MONDAY)
    body = Message.objects.get().body
    assert not {"physical", "mental", "check", "asthma", "smi"} & set(body.lower().replace(".", "").split())
    assert "helps you stay well" in body
    assert not Ask.objects.exists()
    went(MONDAY + NINE)
    with clock.at(MONDAY + 10 * NINE / 8):
        say(here, "+447700900000", "NO")
    assert Invitation.objects.get().state == "invited"


def test_on_a_shared_phone_nothing_is_said() -> None:
    here = practice("asthma")
    [pat] = people(here, 1)
    factories.patient(here, "Ada", mobile="+447700900000")
    due([pat], "asthma", on=ON)
    night(MONDAY)
    assert "asthma" not in Message.objects.get().body.lower()


def test_a_completing_code_stops_it_within_the_run() -> None:
    """H4, H6: what the record says ends the asking: the text that waits, the question, the letter, the call."""
    here = practice("asthma")
    [pat] = people(here, 1)
    due([pat], "asthma", on=ON)
    night(MONDAY)
    done([pat], "asthma", on=ON)
    night(MONDAY + timedelta(hours=1))
    assert Invitation.objects.get().state == "done"
    assert Message.objects.get().state == State.CLEARED
    assert not Ask.objects.filter(state="open").exists()
    night(MONDAY + 30 * DAY)
    assert Wave.objects.count() == 1


def test_one_of_two_done_leaves_the_other() -> None:
    here = practice("asthma", "diabetes")
    [pat] = people(here, 1)
    due([pat], "asthma", "diabetes", on=ON)
    night(MONDAY)
    went(MONDAY + NINE)
    done([pat], "asthma", on=ON + DAY)
    night(MONDAY + DAY)
    assert Invitation.objects.get().state == "invited"
    night(MONDAY + 21 * DAY)
    assert dict(InvitationProgramme.objects.values_list("key", "because")) == {"asthma": "done", "diabetes": ""}
    assert Wave.objects.count() == 2


def test_who_dies_or_leaves_in_between_is_asked_no_more() -> None:
    here = practice("asthma")
    dead, left = people(here, 2)
    due([dead, left], "asthma", on=ON)
    night(MONDAY)
    Patient.objects.filter(pk=dead.pk).update(deceased=True)
    CareRelationship.objects.filter(patient=left).update(ends_on=ON)
    night(MONDAY + timedelta(hours=1))
    assert dict(Invitation.objects.values_list("patient_id", "because")) == {dead.pk: "has died", left.pk: "has left"}
    assert set(Message.objects.values_list("state", flat=True)) == {State.CLEARED}


def test_a_no_is_not_done_and_holds_for_a_year() -> None:
    """H5."""
    here = practice("asthma")
    [pat] = people(here, 1)
    due([pat], "asthma", on=ON)
    night(MONDAY)
    went(MONDAY + NINE)
    with clock.at(MONDAY + 2 * NINE):
        say(here, "+447700900000", "no thanks")
    assert Invitation.objects.get().state == "declined"
    night(MONDAY + 40 * DAY)
    assert Wave.objects.count() == 1
    [entry] = Entry.objects.filter(text="Declined a visit")
    assert entry.code is not None
    assert entry.code.code == codes.REFUSED.code
    night(MONDAY + 364 * DAY)
    assert Invitation.objects.count() == 1
    due([pat], "asthma", on=ON)
    night(MONDAY + 366 * DAY)
    assert Invitation.objects.count() == 2


def test_yes_is_work_for_reception_and_stops_the_waves() -> None:
    here = practice("asthma")
    [pat] = people(here, 1)
    due([pat], "asthma", on=ON)
    night(MONDAY)
    went(MONDAY + NINE)
    with clock.at(MONDAY + 2 * NINE):
        say(here, "+447700900000", "YES")
    night(MONDAY + 40 * DAY)
    assert Invitation.objects.get().state == "accepted"
    assert Task.objects.get(kind="invitation_book").title == "Book a visit: the patient said yes"
    assert Wave.objects.count() == 1


def _said_yes() -> tuple[Organisation, Patient]:
    here = practice("asthma")
    [pat] = people(here, 1)
    due([pat], "asthma", on=ON)
    night(MONDAY)
    went(MONDAY + NINE)
    with clock.at(MONDAY + 2 * NINE):
        say(here, "+447700900000", "YES")
    return here, pat


def test_who_said_yes_and_is_not_reached_to_book_is_asked_anew() -> None:
    """H6: nobody is left with an invitation on which nobody works."""
    here, _ = _said_yes()
    desk = factories.person(here, Role.RECEPTIONIST)[1]
    with clock.at(MONDAY + 3 * DAY):
        tasks.complete(access=desk, ref=Task.objects.get(kind="invitation_book").ref, outcome="not_reached")
    assert Invitation.objects.get().state == "expired"
    night(MONDAY + 30 * DAY)
    assert Invitation.objects.count() == 1
    night(MONDAY + 31 * DAY)
    assert list(Invitation.objects.order_by("id").values_list("state", flat=True)) == ["expired", "invited"]


def test_a_yes_of_long_ago_ends_when_it_is_done() -> None:
    """H6: an invitation that never ends would keep its person from being asked for ever."""
    _, pat = _said_yes()
    later = ON + 400 * DAY
    done([pat], "asthma", on=later)
    night(MONDAY + 400 * DAY)
    assert Invitation.objects.get().state == "done"
    due([pat], "asthma", on=later + 365 * DAY)
    night(MONDAY + 770 * DAY)
    assert Invitation.objects.count() == 2


def test_whom_nothing_ever_went_to_is_not_kept_waiting_for_a_year() -> None:
    """H6."""
    here = practice("asthma")
    [pat] = people(here, 1, letters=False)
    due([pat], "asthma", on=ON)
    night(MONDAY)
    Message.objects.update(state=State.REFUSED, because="refused")
    Invitation.objects.update(plan=["text"], next_at=None)
    for day in (1, 80):
        night(MONDAY + day * DAY)
        with clock.at(MONDAY + day * DAY):
            jobs.run_once("recall.expire")
    assert Invitation.objects.get().state == "expired"
    night(MONDAY + 85 * DAY)
    assert Invitation.objects.count() == 2


def test_who_is_rung_in_vain_is_not_rung_again_at_once() -> None:
    here = practice("asthma")
    [pat] = people(here, 1, letters=False)
    Need.objects.create(patient=pat, organisation=here, text="Contact by telephone")
    due([pat], "asthma", on=ON)
    night(MONDAY)
    desk = factories.person(here, Role.RECEPTIONIST)[1]
    with clock.at(MONDAY + DAY):
        tasks.complete(access=desk, ref=Task.objects.get(kind="invitation_ring").ref, outcome="not_reached")
    with clock.at(MONDAY + 80 * DAY):
        jobs.run_once("recall.expire")
    assert Invitation.objects.get().state == "expired"
    night(MONDAY + 85 * DAY)
    assert Invitation.objects.count() == 1


def test_a_turn_given_back_does_not_stop_the_next_wave_of_another_invitation() -> None:
    here = practice("asthma")
    [pat] = people(here, 1)
    due([pat], "asthma", on=ON)
    night(MONDAY)
    went(MONDAY + NINE)
    night(MONDAY + DAY)
    LastAsked.objects.all().delete()
    night(MONDAY + 22 * DAY)
    assert list(Wave.objects.order_by("number").values_list("channel", flat=True)) == ["text", "letter"]
    assert LastAsked.objects.get().invitation_id == Invitation.objects.get().pk


def test_the_28_days_hold_whoever_asks() -> None:
    here = practice("asthma", "diabetes")
    [pat] = people(here, 1)
    due([pat], "asthma", on=ON)
    night(MONDAY)
    went(MONDAY + NINE)
    done([pat], "asthma", on=ON + DAY)
    due([pat], "diabetes", on=ON + DAY)
    for day in range(1, 40):
        night(MONDAY + day * DAY)
    first, second = Invitation.objects.order_by("id")
    assert (first.state, second.state) == ("done", "invited")
    assert (second.invited_at - first.invited_at).days == 28
    with clock.at(MONDAY + 30 * DAY), pytest.raises(api.CannotInvite, match="asked to come on 2 November"):
        api.invite(organisation_id=here.pk, patient_id=pat.pk, by=factories.TEST)


def test_a_days_allowance_is_a_fifth_of_the_weeks_and_what_is_left_is_gone() -> None:
    here = practice("asthma", weekly=12)
    everybody = people(here, 30)
    due(everybody, "asthma", on=ON)
    nights = []
    for day in range(7):
        night(MONDAY + day * DAY)
        night(MONDAY + day * DAY + timedelta(hours=3))
        nights.append(Invitation.objects.count())
    assert nights == [2, 4, 7, 9, 12, 12, 12]
    # The system was down from Monday to Wednesday: Thursday's share is Thursday's.
    night(MONDAY + 10 * DAY)
    assert Invitation.objects.count() == 14


def test_another_month_as_data() -> None:
    here = practice("asthma")
    [pat] = people(here, 1)
    # The oldest check lapses on 1 March; the month of birth, October, has come; they are to be asked in January.
    due([pat], "asthma", on=ON, status=1, reason="done", expires_on=date(2027, 3, 1))
    RecallMonth.objects.create(patient=pat, month=1, reason="away", set_at=MONDAY, actor_label="Ada")
    night(MONDAY)
    assert not Invitation.objects.exists()
    night(datetime(2027, 1, 4, 1, tzinfo=clock.LONDON))
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(
    ("expires_on", "month", "day"),
    [
        (date(2027, 3, 1), 1, date(2027, 1, 1)),
        (date(2027, 3, 1), 3, date(2027, 3, 1)),
        (date(2027, 3, 1), 5, date(2027, 3, 1)),  # May is 61 days after they were done: not in it, but when it lapses
        (date(2027, 3, 1), 6, date(2026, 6, 1)),
        (date(2028, 2, 29), 2, date(2028, 2, 1)),
    ],
)
def test_the_day_of_another_month(expires_on: date, month: int, day: date) -> None:
    assert planning.month_day(expires_on, month) == day
    here = practice("asthma")
    [pat] = people(here, 1)
    due([pat], "asthma", on=date(2026, 1, 1), status=1, reason="done", expires_on=expires_on)
    RecallMonth.objects.create(patient=pat, month=month, reason="away", set_at=MONDAY, actor_label="Ada")
    found = reading.items(here.pk, date(2029, 1, 1), {"asthma": in_force(ON)["asthma"]}, [pat.pk])
    assert [item.due_on for item in found[pat.pk]] == [day]


def test_the_run_is_of_sets() -> None:
    """The number of statements is the same for 10 and 1,000 people."""
    counted = {}
    here = practice("asthma", "diabetes", weekly=0)
    for count in (10, 1_000):
        everybody = people(here, count)
        due(everybody, "asthma", "diabetes", on=ON)
        policy = here.recallpolicy
        with clock.at(MONDAY), CaptureQueriesContext(connection) as queries, transaction.atomic():
            assert running.invite_people(policy, ON, count, by=factories.TEST) == count
        counted[count] = len(queries)
        Patient.objects.filter(pk__in=[one.pk for one in everybody]).update(deceased=True)
    assert counted[10] == counted[1_000]


def test_the_rule_set_of_a_programme_is_there() -> None:
    assert rule_set("asthma").content["text_ok"] is True
