"""A past month's diary replayed: reckoned by its own rules, and nothing written or sent."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.accounts.api import Relation
from onedoor.accounts.models import OrganisationRelation
from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, AppointmentHistory, AppointmentType, Offer, OfferPolicy, Release, Wave
from onedoor.booking.offers import Policy
from onedoor.booking.tests import factories as diary
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.clock import LONDON
from onedoor.messaging.models import Message
from onedoor.reporting import shadow
from onedoor.reporting.disclosure import shown
from onedoor.reporting.levels import Level, Unit
from onedoor.reporting.tests.test_loop_dashboard import manager_of, played, stands

NOVEMBER = date(2026, 11, 1)
DAY = date(2026, 11, 10)
CERTAIN = shadow.Answering(1.0, 1.0)
NEVER = shadow.Answering(0.0, 1.0)


def place(*people: int, waves: tuple[float, ...] = (0.0, 15.0, 30.0, 45.0), until: float = 240.0) -> shadow.Replayed:
    return shadow.Replayed(waves, until, people)


@pytest.mark.parametrize(
    ("places", "answering", "filled"),
    [
        ([], CERTAIN, 0),
        ([place()], CERTAIN, 0),
        ([place(1)], NEVER, 0),
        ([place(1)], CERTAIN, 1),
        # Whoever has a place is not asked about the next.
        ([place(1), place(1)], CERTAIN, 1),
        ([place(1, 2), place(1, 2)], CERTAIN, 2),
        # No wave went in time.
        ([place(1, waves=())], CERTAIN, 0),
        # Nobody's answer comes in time.
        ([place(1, until=0.0)], CERTAIN, 0),
    ],
)
def test_what_the_replay_fills(places: list[shadow.Replayed], answering: shadow.Answering, filled: int) -> None:
    counts, _ = shadow.simulate(places, Policy(), answering, runs=20, seed=1)
    assert counts == [filled] * 20


@pytest.mark.parametrize(
    ("size", "waves", "until"),
    [
        (1, (0.0,), 15.0),
        (5, (0.0,), 15.0),
        (1, (0.0, 15.0, 30.0, 45.0), 60.0),
        (5, (0.0, 15.0, 30.0, 45.0), 60.0),
        (10, (0.0, 30.0), 60.0),
    ],
)
def test_as_many_are_filled_as_chance_says(size: int, waves: tuple[float, ...], until: float) -> None:
    """By arithmetic: nobody of those asked accepts in time. With one wave it is M3's: an answer within its window counts."""
    empty = math.prod((1 - 0.2 * (1 - math.exp((wave - until) / 30))) ** size for wave in waves)
    many = [place(*range(n * 40, n * 40 + 40), waves=waves, until=until) for n in range(400)]
    counts, minutes = shadow.simulate(many, Policy(wave_size=size), shadow.Answering(0.20, 30.0), runs=20, seed=7)
    assert abs(sum(counts) / 8000 - (1 - empty)) < 0.02
    assert max(minutes) < until


def test_the_assumptions_give_product_map_m3() -> None:
    """M3: one at a time fills 28% in an hour and 73% in four, waves of five 80%, of ten (half an hour each) 94%: an answer counts
    within its own window there. Here an offer stays open until the place is too near, as it does in Onedoor."""
    within = {window: shadow.ACCEPT * (1 - math.exp(-window / shadow.MINUTES)) for window in (15, 30)}
    for asked, window, filled in ((4, 15, 0.28), (16, 15, 0.73), (20, 15, 0.80), (20, 30, 0.94)):
        assert abs(1 - (1 - within[window]) ** asked - filled) < 0.01


def test_the_same_seed_gives_the_same_and_another_another() -> None:
    many = [place(*range(n * 40, n * 40 + 40)) for n in range(10)]
    runs = [shadow.simulate(many, Policy(), shadow.Answering(0.05, 30.0), runs=50, seed=seed) for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize(
    ("given_up", "starts", "waves"),
    [
        # 9:00 to 12:00 with an hour's notice: until 11:00, a wave each quarter, as long as there is somebody to ask.
        ("10T09:00", "10T12:00", [0, 15, 30]),
        # In the evening: from eight o'clock next morning.
        ("09T20:00", "10T12:00", [720, 735, 750]),
        # An hour and ten minutes before: one wave.
        ("10T10:50", "10T12:00", [0]),
        # Too near.
        ("10T11:00", "10T12:00", []),
    ],
)
def test_waves_go_in_hours_and_until_the_place_is_too_near(given_up: str, starts: str, waves: list[int]) -> None:
    at, starts_at = (datetime.fromisoformat(f"2026-11-{one}").replace(tzinfo=LONDON) for one in (given_up, starts))
    one = booking.GivenUp(1, at, starts_at, 10, "empty")
    assert list(shadow.replayed(one, Policy(), range(15)).waves) == waves


def unit_of(of: diary.Practice) -> Unit:
    return Unit(of.organisation.pk, of.organisation.ods_code, of.organisation.name, Level.PRACTICE)


def month(of: diary.Practice, *, given_up: int = 10, later: int = 30) -> None:
    """Places given up on a morning a month ago that nobody filled, and people booked later that month for the same."""
    played(of, DAY, cancelled=given_up, filled=0)
    Release.objects.all().delete()
    AppointmentType.objects.filter(organisation=of.organisation).update(may_refill=True)
    Appointment.objects.filter(state="cancelled").update(not_released="off")
    at = datetime(2026, 11, 5, 9, tzinfo=LONDON)
    for seat, patient in zip(
        diary.own_seats(of, later, day=DAY + timedelta(days=7), minutes=5), diary.people(of, later), strict=True
    ):
        stands(of, seat, patient, "booked", booked_at=at)
    # At nine there would be no time left: the day's places are in the afternoon.
    for gone in Appointment.objects.filter(state="cancelled").select_related("seat"):
        gone.seat.starts_at = gone.seat.starts_at + timedelta(hours=6)
        gone.seat.save()
    Appointment.objects.filter(state="cancelled").update(starts_at=datetime(2026, 11, 10, 15, tzinfo=LONDON))


@pytest.mark.django_db
def test_a_month_says_how_many_places_and_pounds_with_a_range_and_what_is_assumed() -> None:
    of = diary.practice()
    month(of)
    found = shadow.shadow(manager_of(of.organisation), unit_of(of), NOVEMBER, value=Decimal("36.50"))
    assert (found.fates, found.offered, found.here) == ({"empty": 10}, 10, 0)
    assert 1 <= found.low <= found.filled <= found.high <= 10
    assert found.pounds[0] == found.filled * Decimal("36.50")
    assert found.sentence == (
        f"You would have refilled {found.filled} places ({found.low} to {found.high}), £{found.filled * Decimal('36.5'):,.2f} "
        f"(£{found.low * Decimal('36.5'):,.2f} to £{found.high * Decimal('36.5'):,.2f})."
    )
    assert [(one.words, one.value) for one in found.assumptions if not one.measured] == [
        ("Accept when asked", "20%"),
        ("Mean time to reply", "30 minutes"),
        ("Who could be asked", "those with a later appointment of the same kind, at most 40"),
        ("Later places that they leave", "used by others"),
        ("Worth of a place", "£36.50"),
    ]
    again = shadow.shadow(manager_of(of.organisation), unit_of(of), NOVEMBER, value=Decimal("36.50"))
    assert again.sentence == found.sentence


@pytest.mark.django_db
def test_answers_measured_here_take_the_place_of_what_is_assumed() -> None:
    of = diary.practice()
    month(of)
    answered = booking.Measured(60, 30, 12.0)
    assert shadow._answering(answered)[0] == shadow.Answering(0.5, 12.0)
    assert [one.measured for one in shadow._answering(answered)[1]] == [True, True]
    few = shadow._answering(booking.Measured(29, 20, 12.0))
    assert (few[0], [one.measured for one in few[1]]) == (shadow.Answering(0.20, 30.0), [False, False])


@pytest.mark.django_db
@pytest.mark.parametrize("fate", ["kind", "too_late", "withdrawn", "rebooked", "rebooked before we heard", "empty"])
def test_what_became_of_a_place(fate: str) -> None:
    of = diary.practice()
    month(of, given_up=1, later=3)
    gone = Appointment.objects.get(state="cancelled")
    if fate == "kind":
        AppointmentType.objects.filter(organisation=of.organisation).update(may_refill=False)
    if fate == "too_late":
        gone.seat.starts_at = datetime(2026, 11, 10, 9, tzinfo=LONDON)
        gone.seat.save()
    if fate == "withdrawn":
        gone.seat.state = "withdrawn"
        gone.seat.save()
    if fate.startswith("rebooked"):
        # One export says both that it was given up and that somebody else booked it the day before.
        booked_at = datetime(2026, 11, 10 if fate == "rebooked" else 9, 10, tzinfo=LONDON)
        stands(of, gone.seat, diary.people(of, 1)[0], "fulfilled", via="emis", booked_at=booked_at)
    found = shadow.shadow(manager_of(of.organisation), unit_of(of), NOVEMBER)
    assert (found.fates, found.offered) == ({fate.split(" ")[0]: 1}, int(fate == "empty"))


@pytest.mark.django_db
def test_a_place_that_was_given_up_twice_is_one_place() -> None:
    """At the desk it went to somebody who then gave it up too: had it been refilled, they would not have had it."""
    of = diary.practice()
    month(of, given_up=1, later=3)
    gone = Appointment.objects.get(state="cancelled")
    again = stands(
        of, gone.seat, diary.people(of, 1)[0], "cancelled", via="emis", booked_at=datetime(2026, 11, 10, 10, tzinfo=LONDON)
    )  # fmt: skip
    Appointment.objects.filter(pk=again.pk).update(not_released="off")
    AppointmentHistory.objects.create(
        parent=again, from_state="booked", to_state="cancelled", at=datetime(2026, 11, 10, 11, tzinfo=LONDON),
        actor_kind="patient", actor_label="patient",
    )  # fmt: skip
    found = shadow.shadow(manager_of(of.organisation), unit_of(of), NOVEMBER)
    assert (found.fates, found.offered) == ({"rebooked": 1, "empty": 1}, 1)


@pytest.mark.django_db
def test_what_was_offered_here_is_no_gain_and_tests_the_replay() -> None:
    of = diary.practice()
    month(of, given_up=2, later=40)
    played(of, DAY + timedelta(days=1), cancelled=6, filled=4)
    Appointment.objects.filter(state="cancelled", released__isnull=False).update(not_released="")
    for gone in Appointment.objects.filter(state="cancelled", released__isnull=False).select_related("seat"):
        gone.seat.starts_at += timedelta(hours=6)
        gone.seat.save()
    found = shadow.shadow(manager_of(of.organisation), unit_of(of), NOVEMBER)
    assert found.fates == {"empty": 2, "filled": 4, "left": 2}
    assert (found.offered, found.here, found.actually) == (2, 6, 4)
    assert found.high <= 2
    assert found.here_low <= found.here_high <= 6


@pytest.mark.django_db
def test_a_month_in_which_nothing_could_be_gained_says_so() -> None:
    of = diary.practice()
    manager = manager_of(of.organisation)
    found = shadow.shadow(manager, unit_of(of), NOVEMBER)
    assert (found.sentence, "each morning" in found.hint) == ("No place is known to have been given up.", True)
    month(of, given_up=1)
    AppointmentType.objects.filter(organisation=of.organisation).update(may_refill=False)
    found = shadow.shadow(manager, unit_of(of), NOVEMBER)
    assert (found.sentence, found.hint) == ("No place was given up that you would have refilled.", "")


@pytest.mark.django_db
def test_nothing_is_written_and_nothing_is_sent() -> None:
    of = diary.practice()
    month(of)
    OfferPolicy.objects.create(organisation=of.organisation)
    counts = {model: model._default_manager.count() for model in apps.get_models()}
    before = list(Appointment.objects.order_by("pk").values())
    with CaptureQueriesContext(connection) as asked:
        found = shadow.shadow(manager_of(of.organisation), unit_of(of), NOVEMBER)
    assert found.filled > 0
    written = [one["sql"] for one in asked if one["sql"].lstrip().split(" ")[0] in ("INSERT", "UPDATE", "DELETE")]
    assert [one for one in written if "booking_" in one or "messaging_" in one] == []
    after = {model: model._default_manager.count() for model in apps.get_models()}
    changed = {model.__name__ for model in counts if counts[model] != after[model]}
    # The manager that the test made.
    assert changed <= {"User", "Membership", "AuditEntry"}
    assert list(Appointment.objects.order_by("pk").values()) == before
    assert [model.objects.count() for model in (Message, Offer, Wave, Release)] == [0, 0, 0, 0]


@pytest.mark.django_db
def test_the_database_itself_refuses_to_write_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    of = diary.practice()
    month(of, given_up=1, later=1)
    manager = manager_of(of.organisation)

    def writes(*args: object, **more: object) -> list[booking.GivenUp]:
        Appointment.objects.update(state="booked")
        return []

    monkeypatch.setattr(booking, "given_up", writes)
    with pytest.raises(InternalError, match="read-only"), transaction.atomic():
        shadow.shadow(manager, unit_of(of), NOVEMBER)
    # Afterwards writing is as before.
    Appointment.objects.filter(state="cancelled").update(reason="outside")


def analyst_over(of: diary.Practice) -> Access:
    """Of a care system that the practice belongs to."""
    system = factories.practice("Y99930", "Wexshire Integrated Care System")
    OrganisationRelation.objects.create(
        organisation=of.organisation, other=system, kind=Relation.ICS, starts_on=date(2024, 4, 1)
    )
    return factories.person(system, Role.ICS_ANALYST)[1]


@pytest.mark.django_db
def test_only_within_reach_and_small_numbers_only_for_who_sees_people() -> None:
    of, other = diary.practice(), diary.practice("Millford Surgery", "Y99003")
    month(of, given_up=3)
    analyst = analyst_over(of)
    assert [one.ods_code for one in shadow.practices(analyst)] == ["Y99002"]
    found = shadow.shadow(analyst, unit_of(of), NOVEMBER)
    assert found.sentence == "You would have refilled too few places to tell."
    assert {row[1] for row in found.table.rows} == {"*"}
    with pytest.raises(LookupError):
        shadow.shadow(manager_of(other.organisation), unit_of(of), NOVEMBER)
    for nobody in (of.access, replace(analyst, permissions=frozenset())):
        with pytest.raises(NotPermitted):
            shadow.shadow(nobody, unit_of(of), NOVEMBER)


@pytest.mark.django_db
def test_who_sees_no_people_is_told_about_how_many_and_what_they_are_worth() -> None:
    of = diary.practice()
    month(of, given_up=40, later=60)
    found = shadow.shadow(analyst_over(of), unit_of(of), NOVEMBER, value=Decimal("20.50"))
    about = int(shown(found.filled))
    assert found.sentence == f"You would have refilled about {about} places, about £{about * Decimal('20.50'):,.2f}."


@pytest.mark.django_db
def test_as_many_statements_for_ten_times_the_places() -> None:
    counts = []
    for name, ods, number in (("One", "Y99002", 1), ("Two", "Y99003", 10)):
        of = diary.practice(name, ods)
        manager = manager_of(of.organisation)
        month(of, given_up=number, later=number)
        with CaptureQueriesContext(connection) as asked, clock.at(datetime(2026, 12, 7, 9, tzinfo=LONDON)):
            shadow.shadow(manager, unit_of(of), NOVEMBER)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 12
