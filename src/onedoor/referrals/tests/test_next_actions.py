"""Next actions of a caseload that was taken over: overdue ones on a list at once, done, put off, and never lost (hazard H10)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted
from onedoor.kernel.models import AuditEntry
from onedoor.referrals import api as referrals
from onedoor.referrals.models import Referral
from onedoor.referrals.tests.factories import Place, place
from onedoor.referrals.types import PathwayRow

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON)
TODAY = MONDAY.date()
BEGAN = date(2026, 10, 1)


def pathway(n: int, due: date | None, *, state: str = "NOT_BOOKED", action: str = "Book", **more: object) -> PathwayRow:
    """One that another provider had."""
    facts: dict[str, object] = {
        "row": n,
        "source_ref": f"P{n:05d}",
        "nhs_number": factories.nhs_number(),
        "from_provider": "Acute trust",
        "received_on": BEGAN,
        "clock_start": BEGAN,
        "stream": "Physiotherapy",
        "state": state,
        "next_action": action,
        "next_action_due": due,
        "referrer_ods": "Y99002",
    }
    return PathwayRow(**{**facts, **more})  # type: ignore[arg-type]


def take(at: Place, rows: Iterable[PathwayRow]) -> None:
    with transaction.atomic():
        referrals.take_pathways(service=at.service, rows=rows, taken_over_on=date(2026, 11, 1), by=factories.TEST)


def days(at: Place, which: str = referrals.OVERDUE, **filters: object) -> list[date | None]:
    return [row.due for row in referrals.all_next_actions(at.ada, at.service, which, **filters)]


def test_overdue_ones_are_on_the_list_at_once_the_longest_first_page_by_page() -> None:
    at = place()
    with clock.at(MONDAY):
        take(
            at,
            [
                *(pathway(n, TODAY - timedelta(days=n % 5 + 1)) for n in range(12)),
                pathway(20, TODAY),
                pathway(21, None),
                pathway(22, TODAY - timedelta(days=9), state="AWAITING_TRIAGE", action="Triage"),
                pathway(23, TODAY - timedelta(days=9), state="BOOKED"),
                pathway(24, TODAY - timedelta(days=9), action=""),
            ],
        )
        found, after = [], ""
        while True:
            page = referrals.next_actions(at.ada, at.service, after=after, limit=5)
            found += [row.due for row in page.rows]
            if page.after is None:
                break
            after = page.after
        assert found == sorted(TODAY - timedelta(days=n % 5 + 1) for n in range(12))
        assert (days(at, referrals.TO_COME), days(at, referrals.UNDATED)) == ([TODAY], [None])
        counts = referrals.next_counts(at.ada, at.service)
        assert counts.by_which == {"overdue": 12, "to_come": 1, "undated": 1}
        assert counts.oldest == TODAY - timedelta(days=5)
        assert referrals.overdue(at.ada) == 12


def test_waits_are_from_the_original_clock_and_pass_18_and_52_weeks_a_day_after() -> None:
    at = place()
    late = TODAY - timedelta(days=1)
    with clock.at(MONDAY):
        rows = [
            pathway(n, late, clock_start=TODAY - timedelta(days=waited), state=state)
            for n, (waited, state) in enumerate(
                [
                    (126, "NOT_BOOKED"),
                    (127, "NOT_BOOKED"),
                    (364, "NOT_BOOKED"),
                    (365, "NOT_BOOKED"),
                    (900, "ASSESSMENT_RESULT"),
                ]
            )
        ]
        take(at, rows)
        marks = [(row.weeks, row.over) for row in referrals.next_actions(at.ada, at.service).rows]
        counts = referrals.next_counts(at.ada, at.service)
    # Whoever was seen waits no longer: no mark, whatever the weeks.
    assert marks == [(18, 0), (18, 18), (52, 18), (52, 52), (128, 0)]
    assert (counts.over_18, counts.over_52) == (3, 1)


def test_the_list_is_had_by_action_and_by_stream() -> None:
    at = place()
    one, two, three = (TODAY - timedelta(days=n) for n in (1, 2, 3))
    with clock.at(MONDAY):
        take(
            at,
            [
                pathway(1, one),
                pathway(2, two, action="Obtain result"),
                pathway(3, three, stream="Ultrasound"),
            ],
        )
        assert days(at, action="Book") == [three, one]
        assert days(at, stream_id=at.streams[1].pk) == [three]
        assert days(at, action="Obtain result", stream_id=at.streams[1].pk) == []
        counts = referrals.next_counts(at.ada, at.service)
    assert counts.by_action["overdue", "Book"] == 2
    assert counts.by_stream["overdue", at.streams[1].pk] == 1


def test_what_was_done_is_followed_by_what_is_next_with_a_day_a_reason_and_a_history() -> None:
    at = place()
    late, soon = TODAY - timedelta(days=4), TODAY + timedelta(days=7)
    with clock.at(MONDAY):
        take(at, [pathway(1, late)])
        one = Referral.objects.get()
        number = referrals.set_next(
            access=at.ada, seen={one.ref: late}, done=True, action="Attend", due=soon, reason=" Rang;  booked "
        )
        assert (number, days(at), days(at, referrals.TO_COME)) == (1, [], [soon])
        found, (step,) = referrals.next_steps(at.ada, one.ref)
    assert (found.next_action, found.next_action_due, found.state) == ("Attend", soon, "NOT_BOOKED")
    assert (step.done, step.from_action, step.from_due, step.to_action, step.to_due) == (
        True,
        "Book",
        late,
        "Attend",
        soon,
    )
    assert (step.reason, step.by_label) == ("Rang; booked", at.ada.actor.label)
    assert AuditEntry.objects.get(action="next_action").subject_id == one.pk


def test_many_are_put_off_at_once_and_those_changed_meanwhile_stay() -> None:
    at = place()
    late, soon = TODAY - timedelta(days=4), TODAY + timedelta(days=7)
    with clock.at(MONDAY):
        take(at, [pathway(1, late), pathway(2, late, action="Treat"), pathway(3, late)])
        refs = list(Referral.objects.order_by("pk").values_list("ref", flat=True))
        referrals.set_next(access=at.ben, seen={refs[2]: late}, done=False, action="", due=TODAY, reason="Ben has it")
        seen = dict.fromkeys(refs, late)
        assert referrals.set_next(access=at.ada, seen=seen, done=False, action="", due=soon, reason="No clinic") == 2
        kept = [(one.next_action, one.next_action_due) for one in Referral.objects.order_by("pk")]
        assert kept == [("Book", soon), ("Treat", soon), ("Book", TODAY)]
        with pytest.raises(referrals.NotDone, match="changed meanwhile"):
            referrals.set_next(access=at.ada, seen=seen, done=False, action="", due=soon, reason="No clinic")


@pytest.mark.parametrize(
    ("action", "due", "reason", "done"),
    [
        ("Book", TODAY, "  ", False),
        ("Book", TODAY - timedelta(days=1), "x", False),
        ("Book", TODAY + timedelta(days=366), "x", False),
        ("Dance", TODAY, "x", False),
        ("", TODAY, "x", True),
    ],
)
def test_without_a_reason_a_day_or_what_follows_nothing_is_kept(
    action: str, due: date, reason: str, done: bool
) -> None:
    at = place()
    with clock.at(MONDAY):
        take(at, [pathway(1, None)])
        one = Referral.objects.get()
        with pytest.raises(referrals.NotDone):
            referrals.set_next(access=at.ada, seen={one.ref: None}, done=done, action=action, due=due, reason=reason)
    assert not AuditEntry.objects.filter(action="next_action").exists()


def test_what_ended_or_awaits_triage_gets_no_next_action() -> None:
    at = place()
    with clock.at(MONDAY):
        take(at, [pathway(1, None), pathway(2, None, state="AWAITING_TRIAGE", action="Triage")])
        one, two = Referral.objects.order_by("pk")
        referrals.withdraw(access=at.ada, ref=one.ref, because="withdrawn")
        with pytest.raises(referrals.NotDone):
            referrals.set_next(
                access=at.ada, seen={one.ref: None, two.ref: None}, done=False, action="Book", due=TODAY, reason="x"
            )


def test_strangers_see_and_do_nothing() -> None:
    at = place()
    with clock.at(MONDAY):
        take(at, [pathway(1, TODAY - timedelta(days=1))])
        one = Referral.objects.get()
        elsewhere = place("other")
        theirs = factories.person(factories.practice("Y99777", "Elsewhere"))[1]
        for access in (at.desk, theirs, Access.nobody()):
            assert referrals.next_actions(access, at.service).rows == []
            assert not referrals.next_counts(access, at.service).by_which
            assert referrals.overdue(access) == 0
            with pytest.raises((NotPermitted, Referral.DoesNotExist)):
                referrals.set_next(
                    access=access, seen={one.ref: one.next_action_due}, done=False, action="", due=TODAY, reason="x"
                )
            with pytest.raises(Referral.DoesNotExist):
                referrals.next_steps(access, one.ref)
        assert referrals.next_actions(at.ada, elsewhere.service).rows == []


def test_it_changes_nothing_of_what_is_in_the_books() -> None:
    at = place()
    late = TODAY - timedelta(days=4)
    with clock.at(MONDAY):
        take(at, [pathway(n, late) for n in range(3)])
        before = referrals.conservation(at.ada, at.service, TODAY - timedelta(days=2), TODAY)
        refs = Referral.objects.values_list("ref", flat=True)
        referrals.set_next(
            access=at.ada, seen=dict.fromkeys(refs, late), done=True, action="Treat", due=TODAY, reason="x"
        )
        after = referrals.conservation(at.ada, at.service, TODAY - timedelta(days=2), TODAY)
    assert (before, after.unexplained) == (after, 0)


def test_a_thousand_cost_as_many_statements_as_ten() -> None:
    at = place()
    late = TODAY - timedelta(days=4)
    with clock.at(MONDAY):
        costs = []
        for first, number in ((0, 10), (10, 990)):
            take(at, [pathway(n, late) for n in range(first, first + number)])
            with CaptureQueriesContext(connection) as asked:
                assert len(referrals.next_actions(at.ada, at.service, limit=10).rows) == 10
                assert referrals.next_counts(at.ada, at.service).by_which["overdue"] == first + number
                assert referrals.overdue(at.ada) == first + number
            costs.append(len(asked))
    assert costs == [3, 3]
