"""The dashboard of the loop: each figure as the days' balances give it, small ones hidden from whoever may not see people."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.accounts.api import Organisation, Relation, access_of
from onedoor.accounts.models import OrganisationRelation
from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, AppointmentHistory, Release
from onedoor.booking.tests import factories as diary
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.clock import LONDON
from onedoor.messaging import api as messaging
from onedoor.messaging.models import Ask, Message, State
from onedoor.patients.models import ContactPoint, Patient
from onedoor.reporting.balance import balance
from onedoor.reporting.dashboards import loop
from onedoor.reporting.disclosure import HIDDEN
from onedoor.reporting.tables import Table

pytestmark = pytest.mark.django_db

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
TODAY = datetime(2026, 12, 21, 9, tzinfo=LONDON)


def manager_of(organisation: Organisation) -> Access:
    return access_of(factories.person(organisation, Role.PRACTICE_MANAGER)[0])


def stands(
    of: diary.Practice,
    seat: booking.Seat,
    patient: Patient,
    state: str,
    *,
    via: str = "desk",
    booked_at: datetime | None = None,
) -> Appointment:
    """An appointment as it stands now, however it came there; booked five days before without another moment."""
    return Appointment.objects.create(
        organisation=of.organisation, seat=seat, patient=patient, starts_at=seat.starts_at, state=state, booked_via=via,
        during=DateTimeTZRange(seat.starts_at, seat.starts_at + timedelta(minutes=seat.minutes)),
        booked_at=booked_at or seat.starts_at - timedelta(days=5),
    )  # fmt: skip


def played(
    of: diary.Practice, day: date, *, cancelled: int, filled: int, missed: int = 0, seen: int = 0, minutes: int = 10
) -> None:
    """A day of a diary as it stands afterwards: of those cancelled, `filled` places were refilled, one every `minutes`."""
    number = cancelled + missed + seen
    seats = diary.own_seats(of, number, day=day, minutes=5)
    people = diary.people(of, number + filled)
    at = datetime(day.year, day.month, day.day, 8, 30, tzinfo=LONDON)

    for place, (seat, patient) in enumerate(zip(seats, people, strict=False)):
        if place >= cancelled:
            stands(of, seat, patient, "noshow" if place < cancelled + missed else "fulfilled")
            continue
        gone = stands(of, seat, patient, "cancelled")
        AppointmentHistory.objects.create(
            parent=gone, from_state="booked", to_state="cancelled", at=at, actor_kind="patient", actor_label="patient"
        )
        taken = stands(of, seat, people[number + place], "booked") if place < filled else None
        Release.objects.create(
            organisation=of.organisation, seat=seat, cancelled=gone, released_at=at, released_real=at,
            state="filled" if taken else "left", filled_by=taken,
            ended_at=at + timedelta(minutes=minutes * (place + 1)) if taken else at + timedelta(hours=3),
        )  # fmt: skip


def texted(of: diary.Practice, day: date, number: int, *, answered: int = 0) -> None:
    """Reminders that the provider took, at 2.4p each, of which some were answered."""
    at = datetime(day.year, day.month, day.day, 8, tzinfo=LONDON)
    made = Message.objects.bulk_create(
        [
            Message(
                intent_key=f"test:{of.organisation.pk}:{day}:{one}", organisation=of.organisation,
                purpose="appointment_reminder", number="+447700900111", body="Reminder", fragments=1, state=State.DELIVERED,
                created_at=at, not_before=at, not_after=at + timedelta(hours=2), attempt=1, provider_id=f"{day}-{one}",
                pence=Decimal("2.400"), accepted_at=at, ended_at=at,
            )
            for one in range(number)
        ]
    )  # fmt: skip
    Ask.objects.bulk_create(
        [
            Ask(
                organisation=of.organisation, number=one.number, message=one, context="appointment", subject="appointment",
                subject_id=one.pk, asked_at=at, expires_at=at + timedelta(days=2),
                state="answered" if n < answered else "expired",
            )
            for n, one in enumerate(made)
        ]
    )  # fmt: skip


def cell(table: Table, name: object, key: str) -> object:
    (row,) = [one for one in table.rows if one[0] == name]
    return row[table.at(key)]


@pytest.fixture
def town() -> tuple[diary.Practice, diary.Practice, Access]:
    """Two practices of one care system, and its analyst."""
    one, other = diary.practice(), diary.practice("Millford Surgery", "Y99003")
    system = factories.practice("Y99930", "Wexshire Integrated Care System")
    for of in (one, other):
        OrganisationRelation.objects.create(
            organisation=of.organisation, other=system, kind=Relation.ICS, starts_on=date(2024, 4, 1)
        )
    return one, other, factories.person(system, Role.ICS_ANALYST)[1]


def test_a_month_is_the_sum_of_its_days_as_their_balances_say(
    town: tuple[diary.Practice, diary.Practice, Access],
) -> None:
    one, other, _ = town
    days = (date(2026, 11, 10), date(2026, 11, 24), date(2026, 12, 8))
    for day, cancelled, filled in zip(days, (3, 4, 2), (2, 1, 2), strict=True):
        played(one, day, cancelled=cancelled, filled=filled, missed=1, seen=3)
        texted(one, day, 7, answered=4)
        played(other, day, cancelled=1, filled=0)
    manager = manager_of(one.organisation)
    with clock.at(TODAY):
        found = loop.loop(manager, NOVEMBER, DECEMBER)
        balances = [balance(manager, day) for day in days[:2]]
    table = found.tables["by_month"]
    for key, name in (
        ("reminders", "reminded"),
        ("answered", "answered"),
        ("cancelled", "cancelled"),
        ("released", "released"),
        ("filled", "refilled"),
    ):
        assert cell(table, NOVEMBER, key) == sum(getattr(day, name) for day in balances), key
    assert cell(table, NOVEMBER, "pounds") == sum((day.pence for day in balances), Decimal(0)) / 100 == Decimal("0.336")
    assert (cell(table, NOVEMBER, "missed"), cell(table, NOVEMBER, "visits"), cell(table, NOVEMBER, "share")) == (
        2,
        8,
        25,
    )
    assert (cell(table, NOVEMBER, "median"), cell(table, NOVEMBER, "ninth")) == (10, 18), "of 10, 10 and 20 minutes"
    assert cell(table, DECEMBER, "filled") == 2
    assert [row[0] for row in found.tables["by_practice"].rows] == ["Wexcombe Road Surgery", "All together"]
    assert not found.guarded


def test_who_may_not_see_people_sees_no_small_count_and_cannot_reckon_one(
    town: tuple[diary.Practice, diary.Practice, Access],
) -> None:
    one, other, analyst = town
    played(one, date(2026, 11, 10), cancelled=12, filled=8, missed=2, seen=31)
    played(other, date(2026, 11, 10), cancelled=9, filled=3, missed=7, seen=21)
    texted(one, date(2026, 11, 10), 43)
    texted(other, date(2026, 11, 10), 21)
    with clock.at(TODAY):
        found = loop.loop(analyst, NOVEMBER, NOVEMBER)
        ours = loop.loop(analyst, NOVEMBER, NOVEMBER, practice="Y99002")
    table = found.tables["by_practice"]
    assert found.guarded
    assert cell(table, "Millford Surgery", "filled") == HIDDEN
    assert cell(table, "Wexcombe Road Surgery", "missed") == HIDDEN
    assert cell(table, "Wexcombe Road Surgery", "reminders") == 45
    assert cell(table, "Wexcombe Road Surgery", "pounds") == 1, (
        "whole pounds: 43 texts are not to be counted from pence"
    )
    assert (cell(table, "Millford Surgery", "median"), cell(table, "Millford Surgery", "ninth")) == (HIDDEN, HIDDEN)
    for key in ("filled", "missed"):
        parts = [cell(table, name, key) for name in ("Wexcombe Road Surgery", "Millford Surgery")]
        whole = cell(table, "All together", key)
        # With one part hidden by its size, the total less the other, known to within 2, must leave more than one answer of 0-4.
        if HIDDEN in parts and parts != [HIDDEN, HIDDEN] and whole != HIDDEN:
            (told,) = [part for part in parts if part != HIDDEN]
            possible = {int(str(whole)) - real for real in range(int(str(told)) - 2, int(str(told)) + 3)}
            assert len({left for left in possible if 0 <= left <= 4}) > 1, key
    month = ours.tables["by_month"]
    assert [month.rows[0][month.at(key)] for key in ("filled", "missed", "share")] == [
        cell(table, "Wexcombe Road Surgery", key) for key in ("filled", "missed", "share")
    ]


def test_reach_by_age_counts_each_person_once(town: tuple[diary.Practice, diary.Practice, Access]) -> None:
    one, _, analyst = town
    ages = {1938: 6, 1950: 7, 1990: 9, 2015: 11}
    for born, number in ages.items():
        people = diary.people(one, number)
        Patient.objects.filter(pk__in=[person.pk for person in people]).update(born_on=date(born, 6, 1))
        # Two of each age have no mobile that stands, one of them a landline.
        for person in people[:2]:
            ContactPoint.objects.filter(patient=person).update(until=clock.now(), ended_because="dead")
        ContactPoint.objects.create(patient=people[0], kind="landline", value="+441632960001", since=clock.now())
        ContactPoint.objects.create(patient=people[2], kind="email", value="a@example.org", since=clock.now())
    Patient.objects.filter(pk=diary.people(one, 1)[0].pk).update(deceased=True)
    with clock.at(TODAY):
        table = loop.loop(manager_of(one.organisation), DECEMBER, DECEMBER).tables["reach"]
        passed_on = loop.loop(analyst, DECEMBER, DECEMBER, practice="Y99002").tables["reach"]
    assert [list(row[:3]) + list(row[4:]) for row in table.rows] == [
        ["0-17", 11, 9, 1, 1],
        ["18-39", 9, 7, 1, 1],
        ["40-64", 0, 0, 0, 0],
        ["65-79", 7, 5, 1, 1],
        ["80+", 6, 4, 1, 1],
        ["All ages", 33, 25, 4, 4],
    ]
    assert cell(table, "18-39", "mobile_share") == Decimal(700) / 9
    assert loop.NO_AREAS in table.notes
    assert [row[3:] for row in passed_on.rows if row[0] == "80+"] == [(HIDDEN, HIDDEN, HIDDEN)] or all(
        one == HIDDEN for row in passed_on.rows if row[0] == "80+" for one in row[2:]
    )


def test_a_practice_beyond_reach_is_not_there(town: tuple[diary.Practice, diary.Practice, Access]) -> None:
    one, other, _ = town
    played(other, date(2026, 11, 10), cancelled=9, filled=3)
    manager = manager_of(one.organisation)
    assert all(row[1:8] == [0] * 7 for row in loop.loop(manager, NOVEMBER, NOVEMBER).tables["by_practice"].rows)
    with pytest.raises(LookupError):
        loop.loop(manager, NOVEMBER, NOVEMBER, practice="Y99003")
    with pytest.raises(NotPermitted):
        loop.loop(one.access, NOVEMBER, NOVEMBER)
    for read in (booking.loop_months, messaging.text_months):
        with pytest.raises(NotPermitted):
            read(one.access, NOVEMBER, NOVEMBER)


def test_as_many_statements_for_ten_times_the_events_and_for_more_practices(
    town: tuple[diary.Practice, diary.Practice, Access],
) -> None:
    one, other, analyst = town
    counts = []
    for of, number in ((one, 2), (other, 20)):
        played(of, date(2026, 11, 10), cancelled=number, filled=number, seen=number)
        texted(of, date(2026, 11, 10), number)
        with CaptureQueriesContext(connection) as asked, clock.at(TODAY):
            loop.loop(analyst, NOVEMBER, DECEMBER)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 16
