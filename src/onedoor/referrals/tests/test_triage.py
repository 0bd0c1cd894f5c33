"""What triage does, through the door: nothing is decided twice, taken back too late, or lost (hazard H10)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, NotPermitted
from onedoor.kernel.models import AuditEntry
from onedoor.records.models import Entry
from onedoor.referrals import api as referrals
from onedoor.referrals.models import Decision, Referral
from onedoor.referrals.tests.factories import Place, place, referral

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON)
LATER = MONDAY + timedelta(minutes=16)


def accept(at: Place, one: Referral, access: Access | None = None) -> Decision:
    """Accept to the first stream."""
    verdict = referrals.Verdict("accept", stream_id=at.streams[0].pk)
    return referrals.decide(access=access or at.ada, ref=one.ref, verdict=verdict)


def effect() -> None:
    jobs.run_once("referrals.take_effect")


def test_a_decision_is_held_and_then_takes_effect_with_the_clock_stopped_when_it_was_made() -> None:
    at = place()
    sam = factories.patient(at.practice)
    with clock.at(MONDAY):
        one = referral(at, sam, received_at=MONDAY - timedelta(hours=47, minutes=50))
        accept(at, one)
        effect()
        one.refresh_from_db()
        assert (one.state, one.triaged_at) == ("AWAITING_TRIAGE", None)
    with clock.at(LATER):
        effect()
    one.refresh_from_db()
    assert (one.state, one.outcome, one.triaged_at) == ("TRIAGED_PROVIDER_TO_ACTION", "accept", MONDAY)
    assert one.stream == at.streams[0]
    assert Decision.objects.get().in_time
    assert [(step.from_state, step.to_state, step.at) for step in one.history.order_by("pk")][1:] == [
        ("AWAITING_TRIAGE", "TRIAGED_PROVIDER_TO_ACTION", LATER)
    ]
    assert one.history.latest("pk").actor_id == at.ada.actor.id
    assert "accepted, Physiotherapy" in Entry.objects.get(patient=sam).text


@pytest.mark.parametrize(
    ("verdict", "state", "closed"),
    [
        ({"outcome": "advice", "advice": "Try this"}, "TRIAGE_RESPONSE", "advice"),
        ({"outcome": "onward", "onward_service": "Rheumatology", "who_books": "gp"}, "TRIAGED_PROVIDER_TO_ACTION", ""),
        ({"outcome": "smoking"}, "TRIAGE_RESPONSE", "signposted"),
        ({"outcome": "weight"}, "TRIAGE_RESPONSE", "signposted"),
        ({"outcome": "talking"}, "TRIAGE_RESPONSE", "signposted"),
        ({"outcome": "more", "advice": "Which side?"}, "TRIAGE_RESPONSE", ""),
        ({"outcome": "inappropriate", "reason": "SERVICE_INAPPROPRIATE"}, "REJECTED", "inappropriate"),
    ],
)
def test_each_outcome_leads_where_it_says(verdict: dict[str, str], state: str, closed: str) -> None:
    at = place()
    one = referral(at)
    referrals.decide(access=at.ada, ref=one.ref, verdict=referrals.Verdict(**verdict))  # type: ignore[arg-type]
    with clock.at(clock.now() + timedelta(minutes=15)):
        effect()
    one.refresh_from_db()
    assert (one.state, one.closed_because, one.outcome) == (state, closed, verdict["outcome"])
    assert (one.closed_at is not None) == bool(closed)


@pytest.mark.parametrize(
    "verdict",
    [
        {"outcome": "accept"},
        {"outcome": "advice", "advice": "  "},
        {"outcome": "onward", "onward_service": "Rheumatology"},
        {"outcome": "onward", "who_books": "gp"},
        {"outcome": "inappropriate", "reason": "because"},
        {"outcome": "maybe"},
    ],
)
def test_an_outcome_without_what_it_needs_is_not_taken(verdict: dict[str, str]) -> None:
    at = place()
    one = referral(at)
    with pytest.raises(referrals.NotDone):
        referrals.decide(access=at.ada, ref=one.ref, verdict=referrals.Verdict(**verdict))  # type: ignore[arg-type]
    assert not Decision.objects.exists()


def test_a_stream_of_another_service_is_none() -> None:
    at, other = place(), place("bladder-bowel")
    with pytest.raises(referrals.NotDone):
        referrals.decide(
            access=at.ada, ref=referral(at).ref, verdict=referrals.Verdict("accept", stream_id=other.streams[0].pk)
        )


def test_taken_back_it_is_in_the_queue_as_before_and_nothing_ever_comes_of_it() -> None:
    at = place()
    one = referral(at, received_at=MONDAY)
    with clock.at(MONDAY):
        first = accept(at, one)
        assert referrals.worklist(at.ada, at.service).rows == []
        referrals.take_back(access=at.ben, decision_ref=first.ref)
    with clock.at(LATER):
        effect()
        (row,) = referrals.worklist(at.ada, at.service).rows
        assert (row.ref, row.received_at, "took back" in row.because) == (one.ref, MONDAY, True)
        assert accept(at, one).pk != first.pk


def test_after_its_hold_a_decision_is_not_taken_back_even_before_it_was_put_into_effect() -> None:
    at = place()
    one = referral(at)
    with clock.at(MONDAY):
        decision = accept(at, one)
    with clock.at(MONDAY + timedelta(minutes=15)), pytest.raises(referrals.NotDone):
        referrals.take_back(access=at.ada, decision_ref=decision.ref)


def test_what_is_decided_is_not_decided_again() -> None:
    at = place()
    one = referral(at)
    accept(at, one)
    with pytest.raises(referrals.NotDone, match="Robin Vale has decided it"):
        accept(at, one, at.ben)
    with clock.at(clock.now() + timedelta(minutes=15)):
        effect()
        with pytest.raises(referrals.NotDone, match="no longer awaits"):
            accept(at, one, at.ben)
    assert Decision.objects.count() == 1


def test_nobody_decides_on_a_page_that_lacks_what_came() -> None:
    at = place()
    sam = factories.patient(at.practice)
    one = referral(at, sam)
    seen = referrals.folder(at.ada, one.ref).mark
    referrals.give_information(access=at.desk, ref=one.ref, text="It is much worse today")
    verdict = referrals.Verdict("accept", stream_id=at.streams[0].pk)
    with pytest.raises(referrals.NotDone, match="not on your page"):
        referrals.decide(access=at.ada, ref=one.ref, verdict=verdict, seen=seen)
    referrals.decide(access=at.ada, ref=one.ref, verdict=verdict, seen=referrals.folder(at.ada, one.ref).mark)


def test_information_asked_for_brings_it_back_and_the_first_answer_keeps_the_clock() -> None:
    at = place()
    sam = factories.patient(at.practice)
    with clock.at(MONDAY):
        one = referral(at, sam)
        referrals.decide(access=at.ada, ref=one.ref, verdict=referrals.Verdict("more", advice="Which side?"))
    with clock.at(LATER):
        effect()
        assert referrals.worklist(at.ada, at.service).rows == []
        referrals.give_information(access=at.desk, ref=one.ref, text="The left")
        (row,) = referrals.worklist(at.ada, at.service).rows
        assert "Information came" in row.because
        accept(at, one)
    with clock.at(LATER + timedelta(minutes=15)):
        effect()
    one.refresh_from_db()
    assert (one.outcome, one.triaged_at) == ("accept", MONDAY)
    assert one.history.count() == 4


def test_parked_it_is_out_of_the_queue_until_its_day() -> None:
    at = place()
    with clock.at(MONDAY):
        one = referral(at)
        referrals.park(access=at.ada, ref=one.ref, reason="The scan is on Tuesday", until=MONDAY.date() + timedelta(2))
        assert referrals.worklist(at.ada, at.service).rows == []
        (aside,) = referrals.set_aside(at.ben, at.service)
        assert "The scan is on Tuesday" in aside.because
    with clock.at(MONDAY + timedelta(days=2)):
        (row,) = referrals.worklist(at.ada, at.service).rows
        assert "Was parked" in row.because
        assert referrals.set_aside(at.ben, at.service) == []


@pytest.mark.parametrize("days", [0, -1, 29])
def test_nothing_is_parked_for_no_time_or_for_ever(days: int) -> None:
    at = place()
    one = referral(at)
    with pytest.raises(referrals.NotDone):
        referrals.park(access=at.ada, ref=one.ref, reason="x", until=clock.today() + timedelta(days=days))
    with pytest.raises(referrals.NotDone):
        referrals.park(access=at.ada, ref=one.ref, reason=" ", until=clock.today() + timedelta(days=1))


def test_a_colleague_is_asked_and_their_answer_brings_it_back() -> None:
    at = place()
    one = referral(at)
    ben = at.ben.actor.id
    assert ben is not None
    referrals.ask_colleague(access=at.ada, ref=one.ref, user_id=ben, question="Red flag?")
    (asked,) = referrals.set_aside(at.ben, at.service, asked_of=ben)
    assert asked.ref == one.ref
    assert referrals.set_aside(at.ada, at.service, asked_of=at.ada.actor.id) == []
    referrals.answer(access=at.ben, ref=one.ref, text="No")
    (row,) = referrals.worklist(at.ada, at.service).rows
    assert row.because == "Robin Vale answered: No"
    desk = at.desk.actor.id
    assert desk is not None
    with pytest.raises(referrals.NotDone):
        referrals.ask_colleague(access=at.ada, ref=one.ref, user_id=desk, question="Of another organisation")


def test_withdrawn_while_held_it_ends_and_the_decision_never_takes_effect() -> None:
    at = place()
    one = referral(at)
    accept(at, one)
    referrals.withdraw(access=at.ben, ref=one.ref, because="withdrawn")
    with clock.at(clock.now() + timedelta(minutes=15)):
        effect()
        with pytest.raises(referrals.NotDone):
            referrals.withdraw(access=at.ben, ref=one.ref, because="withdrawn")
    one.refresh_from_db()
    assert (one.state, one.closed_because) == ("CANCELLED_REFERRAL", "withdrawn")
    assert Decision.objects.get().state == "overtaken"


def test_a_discharge_says_how_it_ended_and_a_new_referral_within_90_days_shows_it() -> None:
    at = place()
    sam = factories.patient(at.practice)
    with clock.at(MONDAY):
        one = referral(at, sam)
        with pytest.raises(referrals.NotDone, match="Triage decides"):
            referrals.discharge(access=at.ada, ref=one.ref, outcome="finished")
        accept(at, one)
    with clock.at(LATER):
        effect()
        referrals.discharge(access=at.ada, ref=one.ref, outcome="finished", note="Walks well")
    one.refresh_from_db()
    assert (one.state, one.closed_because, one.ended_with, one.discharged_on) == (
        "ASSESSMENT_RESULT",
        "discharged",
        "finished",
        MONDAY.date(),
    )
    with clock.at(MONDAY + timedelta(days=89)):
        soon = referral(at, sam)
        assert [other.back_soon for other in referrals.folder(at.ada, soon.ref).others] == [True]
    with clock.at(MONDAY + timedelta(days=90)):
        late = referral(at, sam)
        assert [other.back_soon for other in referrals.folder(at.ada, late.ref).others] == [False, False]
        assert [other.twin for other in referrals.folder(at.ada, late.ref).others] == [True, False]


def test_what_a_list_says_came_later_than_now_is_decided_and_ended_all_the_same() -> None:
    at = place()
    with clock.at(MONDAY):
        ended, decided = (referral(at, received_at=MONDAY + timedelta(hours=2)) for _ in range(2))
        referrals.withdraw(access=at.ada, ref=ended.ref, because="withdrawn")
        referrals.decide(access=at.ada, ref=decided.ref, verdict=referrals.Verdict("advice", advice="Rest"))
    with clock.at(LATER):
        effect()
    for one in (ended, decided):
        one.refresh_from_db()
        assert one.closed_at == one.received_at == one.history.latest("pk").at


def test_sent_on_only_where_triage_decided_so() -> None:
    at = place()
    one, two = referral(at), referral(at)
    accept(at, two)
    referrals.decide(
        access=at.ada, ref=one.ref, verdict=referrals.Verdict("onward", onward_service="Rheumatology", who_books="gp")
    )
    with clock.at(clock.now() + timedelta(minutes=15)):
        effect()
        (row,) = referrals.to_send_on(at.ada, at.service)
        referrals.send_on(access=at.ada, ref=one.ref)
        with pytest.raises(referrals.NotDone):
            referrals.send_on(access=at.ada, ref=two.ref)
    # Three working days after Monday.
    assert (row.ref, row.until) == (one.ref, date(2026, 12, 10))
    assert row.due_at == datetime(2026, 12, 11, tzinfo=clock.LONDON)
    one.refresh_from_db()
    assert (one.closed_because, one.onward_sent_on) == ("secondary_care", clock.today())


@pytest.mark.parametrize(("days", "back"), [(0, 1), (89, 1), (90, 0), (-1, 0)])
def test_beside_discharges_stands_who_was_referred_again_within_90_days(days: int, back: int) -> None:
    at = place()
    sam = factories.patient(at.practice)
    left = datetime(2026, 8, 10, 9, 0, tzinfo=clock.LONDON)
    one = referral(at, sam, received_at=left - timedelta(days=30))
    Referral.objects.filter(pk=one.pk).update(discharged_on=left.date())
    referral(at, sam, received_at=left + timedelta(days=days))
    with clock.at(MONDAY):
        (month,) = referrals.months_of(at.ada, at.service, left.date(), left.date())
    assert (month.discharged, month.back) == (1, back)


def test_by_the_clock_that_ends_first_page_by_page() -> None:
    at = place(triage_hours=96)
    with clock.at(MONDAY):
        routine = [referral(at, received_at=MONDAY - timedelta(hours=n)) for n in (5, 100, 1, 5)]
        urgent = referral(at, received_at=MONDAY, priority="urgent")
        # What e-RS promises for it, two days, ends before the contract's four.
        two = referral(at, received_at=MONDAY - timedelta(minutes=1), priority="two_week_wait")
        wanted = [routine[1], two, routine[0], routine[3], routine[2], urgent]
        found, after = [], ""
        while True:
            page = referrals.worklist(at.ada, at.service, after=after, limit=2)
            found += [row.ref for row in page.rows]
            if page.after is None:
                break
            after = page.after
        assert found == [one.ref for one in wanted]
        late = referrals.worklist(at.ada, at.service).rows[0]
        assert (late.due_at, late.elapsed) == (MONDAY - timedelta(hours=4), timedelta(hours=100))
        # Of Thursday from 5am and of Friday all 10.5 working hours, of Monday one.
        assert late.working == timedelta(hours=22)
        figures = referrals.counts(at.ada, at.service)
        assert figures
        assert (figures.waiting, figures.late, figures.urgent) == (6, 1, 2)


@pytest.mark.parametrize(("basis", "in_time"), [("elapsed", 1), ("working", 2)])
def test_the_share_within_the_clock_is_by_the_contract(basis: str, in_time: int) -> None:
    at = place(triage_basis=basis, triage_hours=48)
    friday = MONDAY - timedelta(days=3)
    with clock.at(friday):
        quick, slow = referral(at), referral(at)
    with clock.at(friday + timedelta(hours=1)):
        accept(at, quick)
    with clock.at(friday + timedelta(hours=71)):
        accept(at, slow)
    with clock.at(MONDAY):
        effect()
        figures = referrals.counts(at.ada, at.service)
    assert figures
    assert (figures.share.of, figures.share.in_time) == (2, in_time)
    assert (figures.own.of, figures.own.in_time) == (2, in_time)
    ben = referrals.counts(at.ben, at.service)
    assert ben
    assert ben.own.percent is None


def test_strangers_and_the_wrong_roles_see_and_do_nothing() -> None:
    at = place()
    sam = factories.patient(at.practice)
    one, theirs_unknown = referral(at, sam), referral(at)
    elsewhere = factories.person(factories.practice("Y99003", "Marfleet Lane Practice"))[1]
    assert referrals.worklist(at.desk, at.service).rows == []
    assert referrals.counts(at.desk, at.service) is None
    for access in (elsewhere, Access.nobody()):
        with pytest.raises(Referral.DoesNotExist):
            referrals.folder(access, one.ref)
    # The practice that referred reads it, and decides nothing; without a patient of theirs it is not theirs to read.
    assert not referrals.folder(at.desk, one.ref).may_decide
    assert [sent.pk for sent in referrals.sent(at.desk)] == [one.pk]
    with pytest.raises(Referral.DoesNotExist):
        referrals.folder(at.desk, theirs_unknown.ref)
    with pytest.raises(NotPermitted):
        accept(at, one, at.desk)


def test_everything_done_is_audited() -> None:
    at = place()
    one = referral(at)
    ben = at.ben.actor.id
    assert ben is not None
    referrals.ask_colleague(access=at.ada, ref=one.ref, user_id=ben, question="?")
    referrals.answer(access=at.ben, ref=one.ref, text="Yes")
    referrals.park(access=at.ada, ref=one.ref, reason="x", until=clock.today() + timedelta(days=1))
    referrals.bring_back(access=at.ada, ref=one.ref)
    referrals.take_back(access=at.ada, decision_ref=accept(at, one).ref)
    accept(at, one)
    with clock.at(clock.now() + timedelta(minutes=15)):
        effect()
        referrals.discharge(access=at.ada, ref=one.ref, outcome="advice")
    actions = list(
        AuditEntry.objects.filter(subject="referral", subject_id=one.pk).order_by("id").values_list("action")
    )
    assert [action for (action,) in actions] == [
        "ask_colleague",
        "answer_colleague",
        "park_referral",
        "bring_back_referral",
        "decide_referral",
        "take_back_decision",
        "decide_referral",
        "decision_takes_effect",
        "end_referral",
    ]


def test_a_page_costs_as_many_statements_for_many_as_for_few() -> None:
    at = place()
    for _ in range(3):
        referral(at)
    with CaptureQueriesContext(
        connection,
    ) as few:
        referrals.worklist(at.ada, at.service)
        referrals.counts(at.ada, at.service)
    for _ in range(20):
        referral(at)
    with CaptureQueriesContext(connection) as many:
        referrals.worklist(at.ada, at.service)
        referrals.counts(at.ada, at.service)
    assert len(few) == len(many)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(3))
@pytest.mark.parametrize("other", ["accept", "advice", "withdraw", "park"])
def test_of_two_who_act_at_once_one_acts(other: str, turn: int) -> None:
    at = place()
    one = referral(at)
    advice = referrals.Verdict("advice", advice="Rest")
    tomorrow = clock.today() + timedelta(days=1)
    acts: dict[str, Callable[[], object]] = {
        "accept": lambda: accept(at, one, at.ben),
        "advice": lambda: referrals.decide(access=at.ben, ref=one.ref, verdict=advice),
        "withdraw": lambda: referrals.withdraw(access=at.ben, ref=one.ref, because="duplicate"),
        "park": lambda: referrals.park(access=at.ben, ref=one.ref, reason="x", until=tomorrow),
    }
    refused = _at_once([lambda: accept(at, one), acts[other]])
    # It may be set aside or withdrawn before it is decided or after; two decisions never stand.
    assert Decision.objects.filter(referral=one, state="held").count() <= 1
    if other in ("accept", "advice"):
        assert len(refused) == 1
        assert Decision.objects.count() == 1
    with clock.at(clock.now() + timedelta(minutes=16)):
        effect()
    one.refresh_from_db()
    last = one.history.latest("pk")
    assert (last.to_state, last.closes) == (one.state, one.closed_at is not None)
    assert one.history.filter(closes=True).count() <= 1


@pytest.mark.django_db(transaction=True)
def test_taken_back_or_into_effect_but_never_both() -> None:
    at = place()
    for _ in range(5):
        one = referral(at)
        with clock.at(MONDAY):
            decision = accept(at, one)

        def back(decision: Decision = decision) -> None:
            with clock.at(MONDAY + timedelta(minutes=14, seconds=59)):
                referrals.take_back(access=at.ben, decision_ref=decision.ref)

        def into_effect() -> None:
            with clock.at(MONDAY + timedelta(minutes=15)):
                effect()

        refused = _at_once([back, into_effect])
        decision.refresh_from_db()
        one.refresh_from_db()
        moved = one.state != "AWAITING_TRIAGE"
        assert (decision.state == "done") == moved == bool(refused)
        assert one.history.count() == 1 + moved


def _at_once(acts: list[Callable[[], object]]) -> list[Exception]:
    """Do these at the same moment in threads; returns what refused."""
    refused: list[Exception] = []
    broken: list[BaseException] = []
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            gate.wait(10)
            act()
        except referrals.NotDone as why:
            refused.append(why)
        except BaseException as fault:
            broken.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert broken == []
    return refused
