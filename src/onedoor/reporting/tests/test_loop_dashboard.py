"""The dashboard of the loop: counted by its sweep as the days' balances give it, small figures hidden from whoever may not see
people; which months are counted again; reach by age and by deprivation."""

from __future__ import annotations

import statistics
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.accounts.api import Organisation, Relation, access_of
from onedoor.accounts.models import OrganisationRelation
from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, AppointmentHistory, Release
from onedoor.booking.tests import factories as diary
from onedoor.exchange.models import ImportFile
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.clock import LONDON
from onedoor.messaging import api as messaging
from onedoor.messaging.models import Ask, Message, State
from onedoor.patients.models import ContactPoint, Patient
from onedoor.reporting import areas, counting
from onedoor.reporting.balance import balance
from onedoor.reporting.charts import Line
from onedoor.reporting.dashboards import loop, reaching
from onedoor.reporting.disclosure import HIDDEN
from onedoor.reporting.models import LoopMonth
from onedoor.reporting.money.ours import ours
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


def counted(at: datetime = TODAY) -> int:
    """As the sweep does it at a moment."""
    with clock.at(at):
        return jobs.run_once("reporting.count_loop")


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
    assert counted() == 4
    with clock.at(TODAY):
        found = loop.loop(manager, NOVEMBER, DECEMBER)
        balances = [balance(manager, day) for day in days[:2]]
    # A month that is not over is no fall: its point is drawn as one that lacks something.
    for chart in found.charts.values():
        if isinstance(chart, Line):
            assert chart.table.cells(chart.partial) == ["", "only until 21 December"]
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
    with clock.at(TODAY):
        spent = ours(manager, Decimal(576))
    assert cell(spent, "Wexcombe Road Surgery", "spend") == Decimal("0.336"), (
        "twelve whole months, which have two of the days"
    )
    assert not found.guarded
    assert found.counted_at == table.extracted_at == TODAY


def test_who_may_not_see_people_sees_no_small_count_and_cannot_reckon_one(
    town: tuple[diary.Practice, diary.Practice, Access],
) -> None:
    one, other, analyst = town
    played(one, date(2026, 11, 10), cancelled=12, filled=8, missed=2, seen=31)
    played(other, date(2026, 11, 10), cancelled=9, filled=3, missed=7, seen=21)
    texted(one, date(2026, 11, 10), 43)
    texted(other, date(2026, 11, 10), 21)
    counted()
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
    counted()
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
    assert table.extracted_at == TODAY
    assert cell(passed_on, "40-64", "mobile_share") == HIDDEN, (
        "that there is nobody is not told by a missing share either"
    )
    assert [row[3:] for row in passed_on.rows if row[0] == "80+"] == [(HIDDEN, HIDDEN, HIDDEN)] or all(
        one == HIDDEN for row in passed_on.rows if row[0] == "80+" for one in row[2:]
    )


def test_a_practice_beyond_reach_is_not_there(town: tuple[diary.Practice, diary.Practice, Access]) -> None:
    one, other, _ = town
    played(other, date(2026, 11, 10), cancelled=9, filled=3)
    counted()
    manager = manager_of(one.organisation)
    assert all(row[1:8] == [0] * 7 for row in loop.loop(manager, NOVEMBER, NOVEMBER).tables["by_practice"].rows)
    with pytest.raises(LookupError):
        loop.loop(manager, NOVEMBER, NOVEMBER, practice="Y99003")
    with pytest.raises(NotPermitted):
        loop.loop(one.access, NOVEMBER, NOVEMBER)
    with pytest.raises(NotPermitted):
        counting.count(manager)
    for read in (booking.loop_months, messaging.text_months):
        with pytest.raises(NotPermitted):
            read(one.access, NOVEMBER, NOVEMBER)


def test_as_many_statements_for_ten_times_the_events_and_for_more_practices(
    town: tuple[diary.Practice, diary.Practice, Access],
) -> None:
    one, other, analyst = town
    counted(TODAY - timedelta(days=1))
    counts = []
    for of, number in ((one, 2), (other, 20)):
        played(of, date(2026, 11, 10), cancelled=number, filled=number, seen=number)
        texted(of, date(2026, 11, 10), number)
        with CaptureQueriesContext(connection) as swept, clock.at(TODAY):
            counting.count(Access.system("test"))
        with CaptureQueriesContext(connection) as asked, clock.at(TODAY):
            loop.loop(analyst, NOVEMBER, DECEMBER)
        counts.append((len(swept), len(asked)))
    assert counts[0][1] == counts[1][1] <= 8
    assert counts[0][0] == counts[1][0] <= 24


def released(of: diary.Practice, found: loop.Loop) -> dict[date, object]:
    table = found.tables["by_month"]
    return {month: cell(table, month, "released") for month in table.cells("month") if isinstance(month, date)}


def test_what_is_not_counted_yet_is_said_and_never_nought(town: tuple[diary.Practice, diary.Practice, Access]) -> None:
    one, _, _ = town
    manager = manager_of(one.organisation)
    Patient.objects.update(deceased=True)
    assert counted() == 0
    with clock.at(TODAY):
        nothing = loop.loop(manager, NOVEMBER, DECEMBER)
    assert (nothing.tables, nothing.charts, nothing.counted_at) == ({}, {}, None)
    assert nothing.not_counted == counting.NOTHING_COUNTED
    assert counting.NOTHING_COUNTED in ours(manager, Decimal(576)).notes
    # As soon as there is something it is counted, though it was tried a moment ago.
    played(one, date(2026, 11, 10), cancelled=4, filled=2)
    assert counted(TODAY + timedelta(minutes=1)) == 1
    with clock.at(datetime(2027, 1, 2, 9, tzinfo=LONDON)):
        later = loop.loop(manager, NOVEMBER, date(2027, 2, 1))
    assert released(one, later) == {NOVEMBER: 4, DECEMBER: 0, date(2027, 1, 1): None, date(2027, 2, 1): None}
    assert later.not_counted == "January 2027 to February 2027 are not counted yet."
    assert later.not_counted in later.tables["by_practice"].notes
    assert cell(later.tables["by_practice"], "Wexcombe Road Surgery", "released") == 4
    with clock.at(TODAY):
        ahead = loop.loop(manager, date(2027, 1, 1), date(2027, 1, 1))
    assert cell(ahead.tables["by_practice"], "All together", "released") is None
    assert ahead.instead["refilled"] == "Released and refilled is not drawn: these months are not counted yet."


def test_counted_again_when_it_is_old_or_a_file_was_read_and_not_before(
    town: tuple[diary.Practice, diary.Practice, Access],
) -> None:
    one, _, _ = town
    played(one, date(2026, 11, 10), cancelled=4, filled=2)
    assert [counted(TODAY + timedelta(minutes=after)) for after in (0, 1, 119, 121, 122)] == [1, 0, 0, 1, 0]
    ImportFile.objects.create(
        organisation=one.organisation, kind="appointments", name="diary.csv", state="applied", report={}, by_label="test",
        at=TODAY, applied_at=TODAY,
    )  # fmt: skip
    assert counted(TODAY + timedelta(minutes=123)) == 1


def test_only_months_that_can_have_changed_are_counted_again(
    town: tuple[diary.Practice, diary.Practice, Access],
) -> None:
    """Each month is changed behind everybody's back, so that it shows which were counted again."""
    one, _, _ = town
    manager, first = manager_of(one.organisation), date(2026, 3, 1)
    months = [date(2026, month, 1) for month in range(3, 13)]
    for month in months:
        played(one, month.replace(day=10), cancelled=2, filled=1, missed=1, seen=1)
    counted()

    def again(after: int) -> list[date]:
        LoopMonth.objects.update(cancelled=77)
        counted(TODAY + timedelta(hours=after))
        with clock.at(TODAY):
            table = loop.loop(manager, first, DECEMBER).tables["by_month"]
        return [month for month in months if cell(table, month, "cancelled") != 77]

    assert again(3) == months[6:], "those that ended within a quarter of a year, and this one"
    # A visit of May is marked late: what the mark wrote says so, and the next count looks once more for whoever wrote meanwhile.
    late = Appointment.objects.get(starts_at__month=5, state="noshow")
    AppointmentHistory.objects.create(
        parent=late, from_state="booked", to_state="noshow", at=TODAY, actor_kind="staff", actor_label="desk"
    )
    assert [again(6), again(9), again(12)] == [months[2:], months[2:], months[6:]]
    Release.objects.filter(released_at__month=4).update(state="open", ended_at=None, filled_by=None)
    counting.count(Access.system("test"), afresh=True)
    assert again(15) == months[1:], "a place released in April was still on offer"
    Release.objects.filter(released_at__month=4).update(state="left", ended_at=TODAY)
    assert [again(18), again(21)] == [months[1:], months[6:]]


def test_a_count_that_breaks_off_leaves_the_figures_before(
    town: tuple[diary.Practice, diary.Practice, Access],
) -> None:
    one, _, _ = town
    played(one, date(2026, 11, 10), cancelled=4, filled=2)
    counted()
    played(one, date(2026, 11, 11), cancelled=3, filled=1)
    with connection.cursor() as cursor:
        # What is written last the database refuses.
        cursor.execute("ALTER TABLE reporting_loop_counting ADD CHECK (counted_at <= %s)", [TODAY])
    with pytest.raises(IntegrityError):
        counted(TODAY + timedelta(hours=3))
    with clock.at(TODAY):
        found = loop.loop(manager_of(one.organisation), NOVEMBER, NOVEMBER)
    assert (released(one, found), found.counted_at) == ({NOVEMBER: 4}, TODAY)
    assert cell(found.tables["reach"], "All ages", "registered") == 6, "those of the first day"


def test_the_middle_of_all_together_is_that_of_all_places_and_no_mean_of_middles(
    town: tuple[diary.Practice, diary.Practice, Access],
) -> None:
    one, other, _ = town
    played(one, date(2026, 11, 10), cancelled=9, filled=9, minutes=2)
    played(other, date(2026, 11, 10), cancelled=6, filled=6, minutes=30)
    played(other, date(2026, 12, 8), cancelled=1, filled=1, minutes=7)
    counted()
    with clock.at(TODAY):
        found = loop.loop(Access.system("test"), NOVEMBER, DECEMBER).tables
    minutes = sorted([*range(2, 20, 2), *range(30, 210, 30), 7])
    expected = statistics.quantiles(minutes, n=10, method="inclusive")
    together = [cell(found["by_practice"], "All together", key) for key in ("median", "ninth")]
    assert together == [statistics.median(minutes), pytest.approx(Decimal(str(expected[8])))]
    assert cell(found["by_month"], NOVEMBER, "median") == statistics.median([one for one in minutes if one != 7])


AREAS = b"""Postcode,Postcode Status,LSOA code,LSOA Name,Index of Multiple Deprivation Rank,Index of Multiple Deprivation Decile
ZZ1 1AA,Live,E99000001,Wexcombe 001A,10,1
ZZ1 1AB,Terminated,E99000001,Wexcombe 001A,10,2
zz11AD,Live,E99000002,Wexcombe 001B,30000,10
"""


def lives(of: diary.Practice, number: int, postcode: str, *, letter_only: int = 0) -> None:
    people = diary.people(of, number)
    Patient.objects.filter(pk__in=[one.pk for one in people]).update(born_on=date(1990, 6, 1), postcode=postcode)
    ContactPoint.objects.filter(patient__in=people[:letter_only]).delete()


def with_areas() -> None:
    areas.take(file=AREAS, name="areas.csv", released_on=date(2019, 9, 26), by=factories.TEST)


def test_reach_by_deprivation_leaves_nobody_out(town: tuple[diary.Practice, diary.Practice, Access]) -> None:
    one, other, analyst = town
    manager = manager_of(one.organisation)
    for of in (one, other):
        for number, postcode in ((12, "ZZ1 1AA"), (2, "zz1  1ab"), (13, "ZZ11AD"), (11, "ZZ9 9ZZ"), (2, "")):
            lives(of, number, postcode, letter_only=number // 2)
    counted()
    with clock.at(TODAY):
        before = loop.loop(manager, DECEMBER, DECEMBER)
    assert before.instead["deprivation"] == reaching.NO_AREAS
    assert "deprivation" not in before.tables
    with_areas()
    assert counted(TODAY + timedelta(minutes=1)) == 0, "no months, but reach"
    with clock.at(TODAY):
        found = loop.loop(manager, DECEMBER, DECEMBER)
        together = loop.loop(analyst, DECEMBER, DECEMBER)
        alone = loop.loop(analyst, DECEMBER, DECEMBER, practice="Y99002")
    table = found.tables["deprivation"]
    assert [row[:3] for row in table.rows] == [
        ["Most deprived fifth", 14, 7],
        ["Second", 0, 0],
        ["Third", 0, 0],
        ["Fourth", 0, 0],
        ["Least deprived fifth", 13, 7],
        ["Postcode unknown or not in the file", 13, 7],
        ["All", 40, 21],
    ]
    assert cell(found.tables["reach"], "All ages", "registered") == 40
    assert "released 26 September 2019" in table.notes[0]
    assert "deprivation" in found.charts
    # To whoever sees no people: never of one practice, and here not together either, for there is nobody in three fifths.
    assert alone.instead["deprivation"] == reaching.NOT_BY_PRACTICE
    assert together.instead["deprivation"] == reaching.NOT_TOGETHER


def test_a_chart_without_anything_to_see_is_a_sentence(town: tuple[diary.Practice, diary.Practice, Access]) -> None:
    one, other, analyst = town
    for of in (one, other):
        played(of, date(2026, 11, 10), cancelled=1, filled=1, missed=1)
    counted()
    with clock.at(TODAY):
        hidden = loop.loop(analyst, NOVEMBER, NOVEMBER, practice="Y99002")
        empty = loop.loop(manager_of(one.organisation), DECEMBER, DECEMBER)
    assert not {"refilled", "missed"} & {*hidden.charts, *empty.charts}
    assert hidden.instead["refilled"].endswith("the counts of these months are too small to be told.")
    assert empty.instead["refilled"].endswith("no place was released in these months.")
    assert empty.instead["missed"].endswith("nobody was marked as having come or not in these months.")
