"""A service's referral list and the caseload it takes over, through the door: clocks kept, nothing lost, nothing twice."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor.directory.models import Service, Stream
from onedoor.exchange import api as exchange
from onedoor.factories import TEST, nhs_number, patient, person, practice
from onedoor.kernel.access import Access, NotPermitted
from onedoor.referrals import api as referrals
from onedoor.referrals.jobs import join_people
from onedoor.referrals.models import History, Referral

pytestmark = pytest.mark.django_db

HEADER = [
    *("Referral ID", "NHS Number", "Received", "Referral Source", "Referring Practice", "Priority", "Triaged"),
    *("Triage Outcome", "Service", "Decision To Refer On", "Sent To Secondary Care", "Discharged To GP"),
    "First Appointment Offered",
]
PATHWAYS = [
    *("Pathway ID", "NHS Number", "From Provider", "Original Referral Received", "Clock Start", "Service"),
    *("State On Transfer", "Next Action", "Next Action Due", "Referring Practice"),
]
ALL = Access.system("test")


def service(slug: str = "msk", *streams: str) -> Service:
    """A service of a community provider."""
    provider = practice("Y99900", "Wexshire Community Health")
    made = Service.objects.create(organisation=provider, slug=slug, name=f"The {slug} service", summary="")
    for position, name in enumerate(streams or ("Physiotherapy", "MATT Assessment"), 1):
        Stream.objects.create(service=made, name=name, position=position)
    return made


def referral(source_ref: str = "R1", **cells: str) -> dict[str, str]:
    """A row of the list, as received and not triaged."""
    row = {
        "Referral ID": source_ref,
        "NHS Number": nhs_number(),
        "Received": "04/09/2017 09:06",
        "Referral Source": "General Practitioner",
        "Referring Practice": "Y99046",
        "Priority": "Routine",
    }
    return row | cells


ACCEPTED = {"Triaged": "05/09/2017 10:00", "Triage Outcome": "Accepted", "Service": "Physiotherapy"}


def listed(*rows: dict[str, str], header: list[str] = HEADER) -> bytes:
    """Rows as a file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def read(*rows: dict[str, str], slug: str = "msk", apply: bool = True) -> exchange.Report:
    """The report of reading rows for the service."""
    return exchange.import_referrals(file=listed(*rows), by=TEST, service=slug, apply=apply)


def test_what_a_row_says_is_in_the_books() -> None:
    whose = service()
    report = read(referral(**ACCEPTED | {"Discharged To GP": "20/10/2017", "Priority": "Urgent"}))
    one = Referral.objects.get()
    assert report.did == {"new": 1, "of the new, for people whom no patient list has brought yet": 1}
    assert (one.service_id, one.stream and one.stream.name, one.priority) == (whose.pk, "Physiotherapy", "urgent")
    assert (one.state, one.closed_because, one.came_on) == ("ASSESSMENT_RESULT", "discharged", date(2017, 9, 4))
    # In September London is an hour ahead.
    assert one.received_at == datetime(2017, 9, 4, 8, 6, tzinfo=UTC)
    assert [(row.from_state, row.to_state, row.closes) for row in one.history.order_by("id")] == [
        ("", "AWAITING_TRIAGE", False),
        ("AWAITING_TRIAGE", "TRIAGED_PROVIDER_TO_ACTION", False),
        ("TRIAGED_PROVIDER_TO_ACTION", "ASSESSMENT_RESULT", True),
    ]


@pytest.mark.parametrize(
    ("cells", "state", "closed"),
    [
        ({}, "AWAITING_TRIAGE", ""),
        (ACCEPTED, "TRIAGED_PROVIDER_TO_ACTION", ""),
        (ACCEPTED | {"Triage Outcome": "Inappropriate", "Service": ""}, "REJECTED", "inappropriate"),
        (ACCEPTED | {"Triage Outcome": "Secondary care"}, "TRIAGED_PROVIDER_TO_ACTION", ""),
        (
            ACCEPTED
            | {
                "Triage Outcome": "Secondary care",
                "Decision To Refer On": "06/09/2017",
                "Sent To Secondary Care": "07/09/2017",
            },
            "ASSESSMENT_RESULT",
            "secondary_care",
        ),
        (ACCEPTED | {"Triage Outcome": "Returned with advice", "Service": ""}, "TRIAGE_RESPONSE", "advice"),
    ],
)
def test_states_by_what_is_told(cells: dict[str, str], state: str, closed: str) -> None:
    service()
    read(referral(**cells))
    one = Referral.objects.get()
    assert (one.state, one.closed_because, one.closed_at is not None) == (state, closed, bool(closed))


@pytest.mark.parametrize("together", [True, False])
def test_a_referral_sent_again_after_triage_is_one_that_we_know_more_of(together: bool) -> None:
    service()
    first = referral()
    rows = [first, first | ACCEPTED, first]
    reports = [read(*rows)] if together else [read(row) for row in rows]
    one = Referral.objects.get()
    assert one.state == "TRIAGED_PROVIDER_TO_ACTION"
    assert one.triaged_at == datetime(2017, 9, 5, 9, 0, tzinfo=UTC)
    assert History.objects.count() == 2
    told: dict[str, int] = {}
    for report in reports:
        for words, number in report.did.items():
            told[words] = told.get(words, 0) + number
    assert (told["new"], told["told us more of one known"], told["said the same again"]) == (1, 1, 1)


@pytest.mark.parametrize("together", [True, False])
def test_accepted_first_and_sent_on_later_is_what_became_of_it(together: bool) -> None:
    service()
    accepted = referral(**ACCEPTED)
    decided = accepted | {"Triage Outcome": "Secondary care", "Decision To Refer On": "06/09/2017"}
    rows = [accepted, decided, decided | {"Sent To Secondary Care": "08/09/2017"}, accepted]
    reports = [read(*rows)] if together else [read(row) for row in rows]
    one = Referral.objects.get()
    assert (one.outcome, one.state, one.closed_because) == ("onward", "ASSESSMENT_RESULT", "secondary_care")
    assert one.onward_decided_on == date(2017, 9, 6)
    assert not any(report.noted for report in reports)


def test_the_same_file_again_changes_nothing() -> None:
    service()
    rows = [referral("R1", **ACCEPTED), referral("R2")]
    read(*rows)
    before = list(Referral.objects.order_by("id").values())
    report = read(*rows)
    assert report.did == {"said the same again": 2}
    assert list(Referral.objects.order_by("id").values()) == before
    assert History.objects.count() == 3


def test_a_row_that_says_otherwise_changes_nothing_and_is_told() -> None:
    service()
    first = referral(**ACCEPTED)
    read(first)
    report = read(first | {"Triage Outcome": "Inappropriate", "Service": ""})
    assert Referral.objects.get().outcome == "accept"
    [note] = report.rows
    assert (note.level, note.row, note.column) == ("note", 2, "Triage Outcome")
    assert "what stands was kept" in note.why


def test_late_rows_are_counted_and_kept() -> None:
    service()
    report = read(referral("R1", Received="08/09/2017 09:00"), referral("R2", Received="01/09/2017 09:00"))
    assert report.did["of the new, later in the file than their time"] == 1
    assert Referral.objects.count() == 2


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"NHS Number": "9990102687"}, "NHS Number", "last digit"),
        ({"NHS Number": "9.99E+09"}, "NHS Number", "spreadsheet"),
        ({"Received": ""}, "Received", "clock starts"),
        ({"Received": "31/02/2017 09:00"}, "Received", "no such moment"),
        ({"Received": "04/09/2017"}, "Received", "no such moment"),
        ({"Referral Source": "A neighbour"}, "Referral Source", "not one of the words"),
        ({"Priority": "Soon"}, "Priority", "Routine, Urgent"),
        ({"Referral ID": ""}, "Referral ID", "empty"),
        ({"Triaged": "03/09/2017 10:00", "Triage Outcome": "Accepted"}, "Triaged", "before it was received"),
        ({"Triage Outcome": "Accepted"}, "Triaged", "belong together"),
        ({"Triaged": "05/09/2017 10:00"}, "Triage Outcome", "belong together"),
        (ACCEPTED | {"Discharged To GP": "04/09/2017"}, "Discharged To GP", "earlier than the triage"),
        (ACCEPTED | {"Sent To Secondary Care": "06/09/2017"}, "Sent To Secondary Care", "before it was decided"),
    ],
)
def test_a_row_that_cannot_be_true_is_refused_and_its_neighbours_are_taken(
    cells: dict[str, str], column: str, why: str
) -> None:
    service()
    report = read(referral("R1"), referral("R2") | cells, referral("R3"))
    [fault] = report.rows
    assert (fault.level, fault.row, fault.column) == ("reject", 3, column)
    assert why in fault.why
    assert (report.taken, report.rejected) == (2, 1)
    assert set(Referral.objects.values_list("source_ref", flat=True)) == {"R1", "R3"}


def test_a_stream_that_the_service_does_not_have_is_left_out_and_told() -> None:
    service()
    report = read(referral(**ACCEPTED | {"Service": "Hydrotherapy"}))
    assert Referral.objects.get().stream is None
    assert report.rows[0].column == "Service"


def test_whose_list_it_is_is_told_by_its_streams() -> None:
    service("other", "Podiatry")
    mine = service("msk", "Physiotherapy", "Podiatry")
    exchange.import_referrals(file=listed(referral(**ACCEPTED)), by=TEST)
    assert Referral.objects.get().service_id == mine.pk


@pytest.mark.parametrize("stream", ["Podiatry", "Hydrotherapy", ""])
def test_a_list_that_could_be_anybodys_is_refused(stream: str) -> None:
    service("other", "Podiatry")
    service("msk", "Physiotherapy", "Podiatry")
    row = referral(**ACCEPTED | {"Service": stream}) if stream else referral()
    with pytest.raises(exchange.UnreadableFile, match="--service"):
        exchange.import_referrals(file=listed(row), by=TEST)


def test_a_preview_leaves_nothing() -> None:
    service()
    report = read(referral(), apply=False)
    assert report.state == "preview"
    assert report.did["new"] == 1
    assert not Referral.objects.exists()


def test_nobody_but_the_operator_reads_a_list() -> None:
    service()
    _, access = person(practice())
    with pytest.raises(NotPermitted):
        exchange.import_referrals(file=listed(referral()), by=access.actor, service="msk")


def test_somebody_whom_a_patient_list_brings_later_has_their_referral() -> None:
    service()
    read(referral("R1"), known := referral("R2"))
    assert join_people() == 0
    somebody = patient(practice())
    somebody.nhs_number = known["NHS Number"]
    somebody.save()
    assert join_people() == 1
    assert Referral.objects.get(patient=somebody).source_ref == "R2"
    assert join_people() == 0


def test_as_many_statements_for_a_thousand_rows_as_for_ten() -> None:
    service()

    def statements(number: int, first: int) -> int:
        rows = [referral(f"R{first + n}", **ACCEPTED) for n in range(number)]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            read(*rows)
        return len(queries)

    assert statements(10, 0) == statements(1_000, 10)


# Taking a caseload over


def pathway(source_ref: str = "T1", **cells: str) -> dict[str, str]:
    """A row of the caseload, overdue."""
    row = {
        "Pathway ID": source_ref,
        "NHS Number": nhs_number(),
        "From Provider": "Acute trust",
        "Original Referral Received": "20/12/2016",
        "Clock Start": "19/12/2016",
        "Service": "Physiotherapy",
        "State On Transfer": "Awaiting first appointment",
        "Next Action": "Book",
        "Next Action Due": "25/08/2017",
        "Referring Practice": "Y99036",
    }
    return row | cells


def caseload() -> bytes:
    """A caseload of one as a file."""
    return listed(pathway(), header=PATHWAYS)


def take_over(*rows: dict[str, str]) -> tuple[exchange.Report, referrals.Opening]:
    """Take over pathways for the service."""
    return exchange.import_pathways(file=listed(*rows, header=PATHWAYS), by=TEST, service="msk")


def test_a_pathway_keeps_its_clock_state_and_next_action() -> None:
    service()
    _, opening = take_over(
        pathway(), pathway("T2", **{"Original Referral Received": "31/08/2017", "Next Action Due": ""})
    )
    one = Referral.objects.get(source_ref="T1")
    assert (one.clock_start, one.source, one.inherited_from) == (date(2016, 12, 19), "inherited", "Acute trust")
    assert (one.state, one.next_action, one.next_action_due) == (
        "TRIAGED_PROVIDER_TO_ACTION",
        "Book",
        date(2017, 8, 25),
    )
    # The day after the last of them was referred.
    assert one.came_on == date(2017, 9, 1)
    assert opening.proved
    assert (opening.read, opening.in_books, opening.overdue) == (2, 2, 1)
    assert opening.by_state == {"TRIAGED_PROVIDER_TO_ACTION": 2}


def test_a_caseload_is_taken_over_once() -> None:
    service()
    rows = [pathway("T1"), pathway("T2")]
    take_over(*rows)
    _, opening = take_over(*rows)
    assert (opening.in_books, Referral.objects.count(), History.objects.count()) == (2, 2, 2)
    assert opening.proved


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("Awaiting triage", "AWAITING_TRIAGE"),
        ("Awaiting diagnostics", "TRIAGED_PROVIDER_TO_ACTION"),
        ("Appointment booked", "BOOKED"),
        ("In treatment", "ASSESSMENT_RESULT"),
        ("Awaiting follow-up", "ASSESSMENT_RESULT"),
    ],
)
def test_states_on_transfer(words: str, state: str) -> None:
    service()
    take_over(pathway(**{"State On Transfer": words}))
    assert Referral.objects.get().state == state


def test_a_pathway_without_its_clock_is_refused() -> None:
    service()
    report, opening = take_over(pathway("T1"), pathway("T2", **{"Clock Start": ""}))
    assert (report.rejected, opening.in_books) == (1, 1)
    assert "original clock" in report.rows[0].why


# Counts and conservation


def test_the_months_are_counted_as_they_are_defined() -> None:
    whose = service()
    take_over(pathway())
    urgent = {"Priority": "Urgent"} | ACCEPTED
    read(
        # Exactly 48 hours, and a minute more.
        referral("A", **{"Triaged": "06/09/2017 09:06", "Triage Outcome": "Accepted", "Service": "Physiotherapy"}),
        referral("B", **{"Triaged": "06/09/2017 09:07", "Triage Outcome": "Accepted", "Service": "Physiotherapy"}),
        # The fifth day and the sixth.
        referral("C", **urgent | {"First Appointment Offered": "09/09/2017"}),
        referral("D", **urgent | {"First Appointment Offered": "10/09/2017"}),
        referral("E", **ACCEPTED | {"Triage Outcome": "Inappropriate", "Service": ""}),
        # Friday to Wednesday is three working days, to Thursday four.
        *(
            referral(
                ref,
                **ACCEPTED
                | {
                    "Triage Outcome": "Secondary care",
                    "Decision To Refer On": "08/09/2017",
                    "Sent To Secondary Care": sent,
                },
            )
            for ref, sent in (("F", "13/09/2017"), ("G", "14/09/2017"))
        ),
        referral("H", **ACCEPTED | {"Discharged To GP": "02/10/2017", "Referral Source": "Nurse"}),
        referral("I", Received="30/09/2017 23:30"),
    )
    september, october = referrals.months_of(ALL, whose, date(2017, 9, 1), date(2017, 10, 31))
    assert (september.received, september.by_source["gp"], september.by_source["nurse"]) == (9, 8, 1)
    assert (september.inappropriate, september.accepted) == (1, 8)
    # A is in time, B is not; I is not triaged.
    assert september.triaged_in_time == 7
    assert (september.urgent, september.urgent_in_time) == (2, 1)
    assert (september.sent, september.sent_in_time) == (2, 1)
    assert (september.discharged, october.discharged) == (0, 1)
    # With the one taken over: E, F and G are gone, in October H.
    assert (september.open_at_end, october.open_at_end) == (7, 6)


def test_every_day_adds_up() -> None:
    whose = service()
    take_over(pathway("T1"), pathway("T2", **{"Original Referral Received": "03/09/2017"}))
    read(
        referral("A"),
        referral("B", **ACCEPTED | {"Triage Outcome": "Inappropriate", "Service": ""}),
        referral("C", **ACCEPTED | {"Discharged To GP": "06/09/2017"}),
    )
    found = referrals.conservation(ALL, whose, date(2017, 9, 3), date(2017, 9, 7))
    assert [(d.opening, d.came, d.went, d.closing) for d in found.days] == [
        (0, 0, 0, 0),
        (0, 5, 0, 5),
        (5, 0, 1, 4),
        (4, 0, 1, 3),
        (3, 0, 0, 3),
    ]
    assert found.days[1].by_state == {"AWAITING_TRIAGE": 3, "TRIAGED_PROVIDER_TO_ACTION": 2}
    assert found.unexplained == 0


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE referrals_referral SET state = 'BOOKED'",
        "DELETE FROM referrals_history WHERE from_state = ''",
        "UPDATE referrals_history SET from_state = 'BOOKED' WHERE from_state <> ''",
        "UPDATE referrals_history SET at = at - interval '9 days' WHERE from_state <> ''",
        "UPDATE referrals_history SET closes = true",
        "UPDATE referrals_referral SET came_on = came_on + 1",
        "DELETE FROM referrals_history",
    ],
)
def test_what_cannot_be_true_is_found(damage: str) -> None:
    whose = service()
    read(referral("A", **ACCEPTED))
    between = (date(2017, 9, 1), date(2017, 9, 30))
    assert referrals.conservation(ALL, whose, *between).unexplained == 0
    with connection.cursor() as cursor:
        cursor.execute(damage)
    assert referrals.conservation(ALL, whose, *between).unexplained > 0


def test_another_organisation_sees_no_counts() -> None:
    whose = service()
    read(referral())
    _, access = person(practice())
    between = (date(2017, 9, 1), date(2017, 9, 30))
    assert referrals.months_of(access, whose, *between) == []
    assert referrals.conservation(access, whose, *between).days == []
