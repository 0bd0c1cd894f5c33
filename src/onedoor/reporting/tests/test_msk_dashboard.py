"""The dashboard of a service that triages: seed 002's tables (clinical.md 5.4), and who may see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.accounts.api import Relation
from onedoor.accounts.models import OrganisationRelation
from onedoor.calls.models import Call
from onedoor.directory.models import Service
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.clock import LONDON
from onedoor.referrals.models import Referral
from onedoor.referrals.tests import factories as triage
from onedoor.reporting.dashboards import msk
from onedoor.reporting.models import ServiceCount
from onedoor.reporting.tables import Cell, Table, as_csv

pytestmark = pytest.mark.django_db

MONTHS = [date(2017, 9, 1), date(2017, 10, 1), date(2017, 11, 1), date(2017, 12, 1)] + [
    date(2018, month, 1) for month in (1, 2, 3)
]
OTHER = (158, 214, 280, 241, 461, 415, 373)
GP = (3_857, 6_431, 6_519, 3_684, 4_830, 4_551, 4_856)
INAPPROPRIATE = (45, 261, 400, 57, 48, 19, 21)
"""clinical.md 5.4."""
PRINTED: Path = settings.ROOT / "localities" / "demo" / "published-activity.csv"


def seed(service: Service, *, tenths: int = 10) -> None:
    """The months of seed 002, one statement a month: what is inappropriate is closed at triage, an hour after it came."""
    for month, other, gp, inappropriate in zip(MONTHS, OTHER, GP, INAPPROPRIATE, strict=True):
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO referrals_referral (ref, service_id, source_ref, nhs_number, source, referrer_ods, priority,
                    reason, received_at, triage_due_at, clock_start, inherited_from, came_on, next_action, state, triaged_at,
                    outcome, closed_at, closed_because, ending_note)
                SELECT gen_random_uuid(), %(service)s, %(month)s || n, '9990000000',
                    CASE WHEN n <= %(other)s THEN 'other_health' ELSE 'gp' END, '', 'routine', '',
                    at, at + interval '48 hours', at::date, '', (at AT TIME ZONE 'Europe/London')::date, '',
                    CASE WHEN bad THEN 'REJECTED' ELSE 'AWAITING_TRIAGE' END,
                    CASE WHEN bad THEN at + interval '1 hour' END, CASE WHEN bad THEN 'inappropriate' ELSE '' END,
                    CASE WHEN bad THEN at + interval '1 hour' END, CASE WHEN bad THEN 'inappropriate' ELSE '' END, ''
                FROM (SELECT n, n > %(total)s - %(bad)s AS bad,
                    (%(month)s::date + (n %% 28))::timestamp AT TIME ZONE 'Europe/London' + interval '9 hours' AS at
                    FROM generate_series(1, %(total)s) AS n) x""",
                {
                    "service": service.pk,
                    "month": month.isoformat(),
                    "other": other * tenths // 10,
                    "total": (other + gp) * tenths // 10,
                    "bad": inappropriate * tenths // 10,
                },
            )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO referrals_history
                (parent_id, from_state, to_state, closes, at, recorded_at, actor_kind, actor_label, reason)
            SELECT id, '', 'AWAITING_TRIAGE', false, received_at, received_at, 'system', 'seed', ''
            FROM referrals_referral WHERE service_id = %(service)s
            UNION ALL SELECT id, 'AWAITING_TRIAGE', state, true, closed_at, closed_at, 'system', 'seed', ''
            FROM referrals_referral WHERE service_id = %(service)s AND closed_at IS NOT NULL""",
            {"service": service.pk},
        )
        # Nobody has looked at these tables yet, and a plan for empty ones takes minutes.
        cursor.execute("ANALYZE referrals_referral, referrals_history")


@pytest.fixture
def place() -> triage.Place:
    return triage.place()


@pytest.fixture
def access(place: triage.Place) -> Access:
    """An analyst's, of the care system that the service's provider is part of."""
    system = factories.practice("Y99930", "Wexshire Integrated Care System")
    OrganisationRelation.objects.create(
        organisation=place.service.organisation, other=system, kind=Relation.ICS, starts_on=date(2015, 4, 1)
    )
    return factories.person(system, Role.ICS_ANALYST)[1]


def row(table: Table, words: str) -> list[Cell]:
    (found,) = [list(one) for one in table.rows if one[0] == words]
    return found[1:]


def test_seed_002_to_the_referral_and_what_was_printed_beside_it(place: triage.Place, access: Access) -> None:
    seed(place.service)
    found = msk.msk(access, place.service, MONTHS[0], MONTHS[-1], printed=msk.read_printed(PRINTED))
    table = found.tables["referrals"]
    by_source = {tuple(one[1:-1]): one[-1] for one in table.rows}
    assert (by_source[OTHER], by_source[GP], by_source[(0,) * 7]) == (2_142, 34_728, 0)
    assert row(table, "Total received") == [4_015, 6_645, 6_799, 3_925, 5_291, 4_966, 5_229, 36_870]
    assert row(table, "Inappropriate") == [*INAPPROPRIATE, 851]
    assert row(table, "Total accepted") == [3_970, 6_384, 6_399, 3_868, 5_243, 4_947, 5_208, 36_019]
    assert table.notes[0].startswith("Adds up")
    (accepted,) = [one for one in found.differs if one.printed.row == "accepted"]
    assert (accepted.printed.month, accepted.printed.number, accepted.found) == (date(2018, 3, 1), 5_209, 5_208)
    assert "5,229 received less 21 inappropriate is 5,208" in accepted.words
    assert f"{len(found.differs)} printed figures are not what the events give." in table.notes
    assert "5208" in as_csv(table)
    shares = row(found.tables["shares"], "Inappropriate, of those received")
    assert [round(Decimal(str(one)), 2) for one in shares] == [
        Decimal(one) for one in ("1.12", "3.93", "5.88", "1.45", "0.91", "0.38", "0.40", "2.31")
    ]
    received = found.charts["received"].table
    assert [round(Decimal(str(received.rows[0][received.at(key)])), 1) for key in ("mean", "lower", "upper")] == [
        Decimal("5267.1"), Decimal("1892.5"), Decimal("8641.8"),
    ]  # fmt: skip
    assert [one for one in received.cells("flag") if one] == []


def test_months_before_anything_came_are_no_noughts(place: triage.Place, access: Access) -> None:
    seed(place.service, tenths=1)
    found = msk.msk(access, place.service, date(2017, 3, 1), MONTHS[-1])
    assert found.tables["referrals"].columns[1].key == "2017-09"
    assert found.charts["received"].table.cells("month") == found.tables["flow"].cells("month") == MONTHS
    assert found.tables["referrals"].period == "September 2017 to March 2018"


def test_the_flow_balances_month_by_month(place: triage.Place, access: Access) -> None:
    seed(place.service, tenths=1)
    flow = msk.msk(access, place.service, MONTHS[0], MONTHS[-1]).tables["flow"]
    assert len(flow.rows) == len(MONTHS)
    for month in flow.rows:
        _, opening, came, went, closing, gap = (int(str(cell)) if at else 0 for at, cell in enumerate(month))
        assert (opening + came - went, gap) == (closing, 0)
    assert [one[1] for one in flow.rows[1:]] == [one[4] for one in flow.rows[:-1]]
    assert flow.rows[0][1] == 0
    assert "0 unexplained" in flow.notes[0]


def test_a_table_that_does_not_add_up_is_told() -> None:
    rows: list[list[Cell]] = [
        ["GP", 3, 2, 5],
        ["Total received", 3, 2, 5],
        ["Inappropriate", 1, 0, 1],
        ["Total accepted", 2, 2, 4],
    ]
    assert msk.cross_footed(rows, 2).startswith("Adds up")
    for line in range(4):
        for column in range(1, 4):
            damaged = [list(one) for one in rows]
            damaged[line][column] = int(str(damaged[line][column])) + 1
            assert "do not add up" in msk.cross_footed(damaged, 2), (line, column)


def test_waits_run_from_the_day_it_came_to_the_first_appointment_offered(place: triage.Place, access: Access) -> None:
    came = datetime(2026, 9, 1, 10, tzinfo=LONDON)
    physio, ultrasound = place.streams
    for stream, days in ((physio, 56), (physio, 70), (physio, 84), (ultrasound, 42), (ultrasound, None)):
        one = triage.referral(place, received_at=came)
        Referral.objects.filter(pk=one.pk).update(
            stream=stream, outcome="accept", triaged_at=came,
            first_offered_on=None if days is None else date(2026, 9, 1) + timedelta(days),
        )  # fmt: skip
    with clock.at(datetime(2026, 12, 7, 9, tzinfo=LONDON)):
        found = msk.msk(access, place.service, date(2026, 9, 1), date(2026, 12, 1))
    waits = {one[0]: one[1:] for one in found.tables["waits"].rows}
    assert list(waits["Physiotherapy"][:2]) == [3, Decimal(10)]
    assert list(waits["Ultrasound"]) == [1, Decimal(6), Decimal(6), 1, Decimal(97) / 7]
    assert waits["All"][0] == 4
    weeks = found.charts["waiting"].table
    offered = {one[0]: one[2] for one in weeks.rows if one[2]}
    assert offered == {6: 1, 8: 1, 10: 1, 12: 1}
    assert sum(int(str(one)) for one in weeks.cells("waiting")) == 1


def test_calls_are_those_of_the_services_own_lines(place: triage.Place, access: Access) -> None:
    began = datetime(2018, 2, 5, 9, tzinfo=LONDON)
    for number in range(100):
        at = began + timedelta(minutes=number)
        for whose in (place.service.organisation, place.practice):
            Call.objects.create(
                organisation=whose, source_ref=f"C{number}", dialled="01632 960000", started_at=at, menu_ended_at=at,
                queued_at=at,
                answered_at=at + timedelta(seconds=36) if number < 96 else None, ended_at=at + timedelta(minutes=3),
                ended_by="caller",
            )  # fmt: skip
    table = msk.msk(access, place.service, MONTHS[0], MONTHS[-1]).tables["calls"]
    february = next(list(one) for one in table.rows if one[0] == date(2018, 2, 1))
    assert february[1:4] == [100, 96, Decimal(96)]
    assert round(Decimal(str(february[4]))) == 36
    assert [one[1] for one in table.rows if one[0] != date(2018, 2, 1)] == [None] * 6


def test_a_service_beyond_reach_is_not_there(place: triage.Place, access: Access) -> None:
    assert msk.services_seen(access) == []
    triage.referral(place)
    assert [one.pk for one in msk.services_seen(access)] == [place.service.pk]
    stranger = factories.person(factories.practice("Y99003", "Millford Surgery"), Role.PRACTICE_MANAGER)[1]
    assert msk.services_seen(stranger) == []
    with pytest.raises(LookupError):
        msk.msk(stranger, place.service, MONTHS[0], MONTHS[-1])
    for nobody in (place.ada, place.desk, replace(access, permissions=frozenset())):
        with pytest.raises(NotPermitted):
            msk.msk(nobody, place.service, MONTHS[0], MONTHS[-1])


def test_as_many_statements_for_ten_times_the_referrals_and_for_more_months(
    place: triage.Place, access: Access
) -> None:
    larger = Service.objects.create(organisation=place.service.organisation, slug="larger", name="Larger", summary="")
    seed(place.service, tenths=1)
    seed(larger, tenths=10)
    counts = []
    for service, first in ((place.service, MONTHS[0]), (larger, MONTHS[0]), (larger, MONTHS[-1])):
        with CaptureQueriesContext(connection) as asked:
            msk.msk(access, service, first, MONTHS[-1])
        counts.append(len(asked))
    assert len(set(counts)) == 1
    assert counts[0] <= 21


def test_headlines_of_three_services_take_as_many_statements_as_of_one(place: triage.Place, access: Access) -> None:
    others = [
        Service.objects.create(organisation=place.service.organisation, slug=name, name=name, summary="")
        for name in ("Second", "Third")
    ]
    counts = []
    with clock.at(datetime(2026, 12, 7, 10, tzinfo=LONDON)):
        for services in ([place.service], others):
            for service in services:
                triage.referral(replace(place, service=service), received_at=datetime(2026, 11, 10, 9, tzinfo=LONDON))
            jobs.run_once("reporting.count_services")
            with CaptureQueriesContext(connection) as asked:
                told = msk.own_headlines(access)
            counts.append((len(told), len(asked)))
    assert counts == [(1, counts[0][1]), (3, counts[0][1])]


def test_what_was_counted_is_shown_for_half_an_hour_and_the_worker_counts_again_before(
    place: triage.Place, access: Access
) -> None:
    def total() -> tuple[Cell, date | None]:
        table = msk.msk(access, place.service, date(2026, 1, 1), clock.today()).tables["referrals"]
        return next(row[-1] for row in table.rows if row[0] == "Total received"), table.extracted_at

    start = datetime(2026, 12, 7, 10, 0, tzinfo=LONDON)
    with clock.at(start):
        triage.referral(place)
        jobs.run_once("reporting.count_services")
        first = total()
        triage.referral(place)
    with clock.at(start + timedelta(minutes=10)):
        jobs.run_once("reporting.count_services")
        assert total() == first == (1, start)
    with clock.at(start + timedelta(minutes=16)):
        jobs.run_once("reporting.count_services")
        assert total() == (2, start + timedelta(minutes=16))
        triage.referral(place)
    with clock.at(start + timedelta(minutes=46)):
        assert total() == (3, start + timedelta(minutes=46))
    with clock.at(start + timedelta(days=9)):
        jobs.run_once("reporting.count_services")
        assert [one.counted_at for one in ServiceCount.objects.all()] == [clock.now()]


def test_what_was_counted_is_read_as_it_was(place: triage.Place, access: Access) -> None:
    seed(place.service)
    Call.objects.create(
        organisation_id=place.service.organisation_id, source_ref="1", dialled="01914960000", ended_by="caller",
        started_at=datetime(2018, 2, 5, 9, tzinfo=LONDON), answered_at=datetime(2018, 2, 5, 9, 1, tzinfo=LONDON),
        ended_at=datetime(2018, 2, 5, 9, 5, tzinfo=LONDON),
    )  # fmt: skip
    with clock.at(datetime(2018, 4, 2, 9, 0, tzinfo=LONDON)):
        first = msk.msk(access, place.service, MONTHS[0], MONTHS[-1])
        assert msk.msk(access, place.service, MONTHS[0], MONTHS[-1]) == first
        assert ServiceCount.objects.count() == 1
