"""The two exports as a practice gave them, and made ones with one fault each: what lands, and what the report says."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from onedoor import factories
from onedoor.accounts.api import organisation_by_ods
from onedoor.booking.models import Appointment, Seat
from onedoor.exchange import api as exchange
from onedoor.exchange.api import Report, UnreadableFile
from onedoor.kernel import clock
from onedoor.kernel.models import AuditEntry
from onedoor.messaging.models import Message
from onedoor.patients.models import CareRelationship, ContactPoint, Need, Patient

pytestmark = pytest.mark.django_db

GIVEN: Path = settings.ROOT / "tests" / "data" / "practice-export"
DEMONSTRATION: Path = settings.ROOT / "localities" / "demo"
GOLDEN = Path(__file__).parent / "golden"

HEADER = (
    "EMIS Number,NHS Number,Title,Given Name,Family Name,Date of Birth,Gender,Number and Street,Town,Postcode,Home Telephone,"
    "Mobile Telephone,Email Address,Text Message Consent,Main Spoken Language,Communication Need,Registration Status,"
    "Date of Deduction"
)
SOUND = {
    "EMIS Number": "20001",
    "NHS Number": "999 000 0018",
    "Title": "Ms",
    "Given Name": "Ines",
    "Family Name": "Marlow",
    "Date of Birth": "11-Mar-1950",
    "Gender": "Female",
    "Number and Street": "1 Mill Lane",
    "Town": "Wexcombe",
    "Postcode": "ZZ1 1ZZ",
    "Home Telephone": "01632 960001",
    "Mobile Telephone": "07700 900123",
    "Email Address": "ines@example.com",
    "Text Message Consent": "Yes",
    "Main Spoken Language": "Polish",
    "Communication Need": "Easyread",
    "Registration Status": "Current",
    "Date of Deduction": "",
}
DIARY_HEADER = (
    "Appointment Date,Start Time,Duration (mins),Session Holder,Session Type,Slot Type,Slot Status,EMIS Number,NHS Number,"
    "Booked On,Location"
)
SLOT = {
    "Appointment Date": "08-Dec-2026",
    "Start Time": "08:40",
    "Duration (mins)": "10",
    "Session Holder": "Nurse B Adeyemi",
    "Session Type": "Nurse Clinic",
    "Slot Type": "Dressing",
    "Slot Status": "Booked",
    "EMIS Number": "20001",
    "NHS Number": "9990000018",
    "Booked On": "01-Dec-2026",
    "Location": "Main site",
}
NEIGHBOUR = {**SOUND, "EMIS Number": "20999", "NHS Number": "9990000026", "Given Name": "Kofi"}
SCOPE = "Date range: 07-Dec-2026 to 11-Dec-2026; all session holders; Main site"


def patient_list(
    *rows: dict[str, str], above: str = "Wexcombe Road Surgery (Y99002)\nRun: 04-Dec-2026 07:58\n", header: str = HEADER
) -> bytes:
    return (above + _table(header, rows)).encode()


def diary(*rows: dict[str, str], scope: str = SCOPE) -> bytes:
    return (f"Appointment slots\nWexcombe Road Surgery (Y99002)\n{scope}\n\n" + _table(DIARY_HEADER, rows)).encode()


def _table(header: str, rows: tuple[dict[str, str], ...]) -> str:
    out = StringIO()
    writer = csv.DictWriter(out, header.split(","))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def patients(content: bytes | Path, **options: Any) -> Report:
    return exchange.import_patients(file=content, by=factories.TEST, **options)


def appointments(content: bytes | Path, **options: Any) -> Report:
    return exchange.import_appointments(file=content, by=factories.TEST, **options)


def said(report: Report, level: str = "reject") -> list[tuple[int, str, str]]:
    return [(row.row, row.column, row.why) for row in report.rows if row.level == level]


def contents() -> list[Any]:
    """Every row of every table of patients and booking, with its version; imports remembered are another matter."""
    found: list[Any] = []
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'booking_diary_import'
               AND (tablename LIKE 'patients%%' OR tablename LIKE 'booking%%' OR tablename LIKE 'records%%'
                    OR tablename LIKE 'tasks%%' OR tablename LIKE 'messaging%%') ORDER BY 1""",
            [],
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT xmin, ctid, t::text FROM "{table}" t ORDER BY ctid')
            found.append((table, cursor.fetchall()))
    return found


# The files as given


def test_the_given_list_and_diary() -> None:
    people = patients(GIVEN / "patients-emis.csv")
    visits = appointments(GIVEN / "appointments-emis.csv")
    assert exchange.as_csv(people) == (GOLDEN / "patients-emis.csv").read_bytes().decode()
    assert exchange.as_csv(visits) == (GOLDEN / "appointments-emis.csv").read_bytes().decode()
    assert (people.practice_new, people.practice, people.ods_code) == (True, "Brambling Road Surgery", "Y99001")
    assert (people.read, people.taken, people.rejected, people.blank) == (1500, 1494, 6, 1)
    assert (visits.read, visits.taken, visits.rejected) == (357, 345, 12)
    assert Patient.objects.count() == 1494
    assert Patient.objects.filter(family_name="Nowak-O’Neill").count() == 1
    assert Need.objects.filter(text="No text messages", until=None).count() == 65
    assert Appointment.objects.filter(state="booked").count() == 277
    assert Seat.objects.count() == 350
    assert not Message.objects.exists()


def test_the_given_files_twice_change_nothing() -> None:
    for read, file in ((patients, "patients-emis.csv"), (appointments, "appointments-emis.csv")):
        first = read(GIVEN / file)
        before = contents()
        second = read(GIVEN / file)
        assert contents() == before
        assert (second.taken, second.rows) == (first.taken, first.rows)


def test_a_preview_says_what_applying_does_and_leaves_nothing() -> None:
    before = contents()
    preview = patients(GIVEN / "patients-emis.csv", apply=False)
    assert contents() == before
    assert organisation_by_ods("Y99001") is None
    assert not AuditEntry.objects.exists()
    applied = patients(GIVEN / "patients-emis.csv")
    assert (preview.state, applied.state) == ("preview", "applied")
    assert (preview.did, preview.rows) == (applied.did, applied.rows)


def test_the_demonstration_s_files_are_damaged_as_its_readme_says() -> None:
    people = patients(DEMONSTRATION / "patients.csv")
    visits = appointments(DEMONSTRATION / "diary.csv")
    assert [row for row, _, _ in said(people)] == [23, 136, 261, 394, 527, 646]
    assert [row for row, _, _ in said(people, "note")] == [783, 1013]
    assert [row for row, _, _ in said(visits)] == [30, 105, 186, 272, 356, 439, 518, 813]
    assert people.taken == 1001


# One fault each: what stands there, at which column the report points, and a word of why.
REFUSED = [
    ({"NHS Number": "9.99E+09"}, "NHS Number", "spreadsheet"),
    ({"NHS Number": "9990000410"}, "NHS Number", "last digit"),
    ({"NHS Number": "999000001"}, "NHS Number", "10 digits"),
    ({"Date of Birth": "31-Feb-1970"}, "Date of Birth", "no such day"),
    ({"Date of Birth": "14-Mar-2031"}, "Date of Birth", "future"),
    ({"Date of Birth": "14-Mar-1831"}, "Date of Birth", "125 years"),
    ({"Date of Birth": "spring"}, "Date of Birth", "not a date"),
    ({"Date of Birth": ""}, "Date of Birth", "missing"),
    ({"Family Name": "11-Mar-1950", "Date of Birth": "Female"}, "Date of Birth", "too far left"),
    ({"Date of Birth": "Marlow", "Gender": "11-Mar-1950"}, "Date of Birth", "too far right"),
    ({"Given Name": " "}, "Given Name", "empty"),
    ({"EMIS Number": ""}, "EMIS Number", "empty"),
    ({"Registration Status": "Perhaps"}, "Registration Status", "Current, Deducted, Deceased"),
    ({"Family Name": "M" * 81}, "Family Name", "longer"),
    ({"Given Name": "In\x00es"}, "", "cannot be read"),
]
NOTED = [
    ({"Mobile Telephone": "ask at desk"}, "Mobile Telephone", "not a telephone number"),
    ({"Mobile Telephone": "07700 900123 (son's)"}, "Mobile Telephone", "remark"),
    ({"Mobile Telephone": "7700900123"}, "Mobile Telephone", "leading 0"),
    ({"Mobile Telephone": "01632 960009"}, "Mobile Telephone", "landline"),
    ({"Home Telephone": "07700 900999"}, "Home Telephone", "second mobile"),
    ({"Email Address": "none"}, "Email Address", "e-mail"),
    ({"NHS Number": ""}, "NHS Number", "missing"),
    ({"Text Message Consent": "Maybe"}, "Text Message Consent", "neither"),
    ({"Registration Status": "Deducted", "Date of Deduction": "31-Nov-2026"}, "Date of Deduction", "no day"),
    ({"Registration Status": "Deducted", "Date of Deduction": "01-Jan-1949"}, "Date of Deduction", "before being born"),
    ({"Postcode": "somewhere in Wexcombe"}, "Postcode", "longer"),
]
HARMLESS = [
    {"NHS Number": "999-000-0018"},
    {"Registration Status": " current "},
    {"Text Message Consent": "NO"},
    {"Mobile Telephone": "+44 7700 900123"},
    {"Date of Birth": "11/03/1950"},
    {"Family Name": "Nowak-O’Neill"},
    {"Number and Street": 'The "Old" House, 1 Mill Lane'},
]


@pytest.mark.parametrize(("change", "column", "word"), REFUSED)
def test_a_damaged_row_is_refused_and_its_neighbour_lands(change: dict[str, str], column: str, word: str) -> None:
    report = patients(patient_list({**SOUND, **change}, NEIGHBOUR))
    assert [(row, at) for row, at, _ in said(report)] == [(4, column)]
    assert word in said(report)[0][2]
    assert Patient.objects.get().given_name == "Kofi"


@pytest.mark.parametrize(("change", "column", "word"), NOTED)
def test_what_is_left_out_is_reported_and_the_patient_lands(change: dict[str, str], column: str, word: str) -> None:
    report = patients(patient_list({**SOUND, **change}))
    assert [(row, at) for row, at, _ in said(report, "note")] == [(4, column)]
    assert word in said(report, "note")[0][2]
    assert Patient.objects.count() == report.taken == 1


@pytest.mark.parametrize("change", HARMLESS)
def test_what_is_harmless_needs_no_word(change: dict[str, str]) -> None:
    report = patients(patient_list({**SOUND, **change}))
    assert (report.rows, report.taken) == ((), 1)


@pytest.mark.parametrize(
    ("said_in_list", "since", "word"),
    [
        ("02-May-2011", date(2011, 5, 2), ""),
        ("", None, ""),
        ("31-Nov-2011", None, "no day of registration"),
        ("02-May-1911", None, "before being born"),
        ("02-May-2031", None, "in the future"),
    ],
)
def test_since_when_somebody_is_registered(said_in_list: str, since: date | None, word: str) -> None:
    header = f"{HEADER},Date of Registration"
    report = patients(patient_list({**SOUND, "Date of Registration": said_in_list}, header=header))
    assert CareRelationship.objects.get().starts_on == (since or clock.today())
    assert [word in why for _, _, why in said(report, "note")] == [True] * bool(word)


def test_what_lands_of_a_sound_row() -> None:
    patients(patient_list(SOUND))
    patient = Patient.objects.get()
    assert (patient.nhs_number, patient.address, patient.language) == ("9990000018", "1 Mill Lane, Wexcombe", "Polish")
    assert set(ContactPoint.objects.values_list("kind", "value")) == {
        ("mobile", "+447700900123"),
        ("landline", "+441632960001"),
        ("email", "ines@example.com"),
    }


def test_rows_too_short_and_too_long() -> None:
    lines = patient_list(SOUND, NEIGHBOUR).decode().splitlines()
    short, long = lines[3].removesuffix(",Current,"), lines[3] + ",,extra"
    report = patients("\n".join([*lines[:3], short, long, lines[3] + ",,,", lines[4]]).encode())
    assert [(row, word) for row, _, why in said(report) for word in (why.split()[3],)] == [(4, "16"), (5, "20")]
    assert report.taken == 2


def test_headers_and_empty_rows_within_the_table() -> None:
    lines = patient_list(SOUND, NEIGHBOUR).decode().splitlines()
    report = patients("\n".join([*lines[:4], lines[2], "", "," * 17, lines[4], "," * 17, ""]).encode())
    assert [row for row, _, _ in said(report, "note")] == [5, 7, 9]
    assert (report.read, report.taken, report.blank) == (2, 2, 3)


def test_columns_in_another_order_and_one_missing() -> None:
    order = [name for name in reversed(HEADER.split(",")) if name != "Email Address"]
    content = "\n".join([",".join(order), ",".join(SOUND[name] for name in order)])
    report = patients(content.encode(), practice="Y99002")
    assert (report.taken, report.rows) == (1, ())


def test_two_faulty_numbers_at_once_name_each_other() -> None:
    report = patients(
        patient_list(SOUND, {**NEIGHBOUR, "NHS Number": SOUND["NHS Number"]}, {**SOUND, "EMIS Number": "20500"})
    )
    assert [row for row, _, _ in said(report)] == [4, 5, 6]
    assert "row 6" in said(report)[0][2]


DIARY_REFUSED = [
    ({"Appointment Date": "31-Nov-2026"}, "Appointment Date", "no such day", False),
    ({"Appointment Date": "14-Dec-2026"}, "Appointment Date", "outside the days", False),
    ({"Start Time": "25:10"}, "Start Time", "no such time", False),
    ({"Start Time": ""}, "Start Time", "missing", False),
    ({"Duration (mins)": ""}, "Duration (mins)", "missing", False),
    ({"Duration (mins)": "ten"}, "Duration (mins)", "minutes", False),
    ({"Session Holder": ""}, "Session Holder", "whose session", False),
    ({"Slot Status": "Arrived?"}, "Slot Status", "not a status", False),
    ({"Location": "Branch"}, "Location", "another site", False),
    ({"EMIS Number": "99999", "NHS Number": ""}, "EMIS Number", "nobody on the patient list", True),
    ({"EMIS Number": "", "NHS Number": ""}, "EMIS Number", "whose visit", True),
    ({"NHS Number": "9990000026"}, "NHS Number", "not one patient's", True),
    ({"NHS Number": "9990000001"}, "NHS Number", "last digit", True),
    ({"Slot Status": "Available"}, "EMIS Number", "somebody's at once", True),
]


@pytest.mark.parametrize(("change", "column", "word", "kept"), DIARY_REFUSED)
def test_a_damaged_visit_is_refused_and_its_place_never_offered(
    change: dict[str, str], column: str, word: str, kept: bool
) -> None:
    patients(patient_list(SOUND, NEIGHBOUR))
    beside = {**SLOT, "Start Time": "09:00", "EMIS Number": "20999", "NHS Number": "9990000026"}
    report = appointments(diary({**SLOT, **change}, beside))
    assert [(row, at) for row, at, _ in said(report)] == [(6, column)]
    assert word in said(report)[0][2]
    assert Appointment.objects.get().patient.given_name == "Kofi"
    assert list(Seat.objects.exclude(appointments__isnull=False).values_list("state", flat=True)) == ["blocked"] * kept


def test_what_is_harmless_in_a_diary() -> None:
    patients(patient_list(SOUND))
    report = appointments(
        diary(
            {**SLOT, "Slot Status": "booked "},
            {**SLOT, "Start Time": "15.20"},
            {**SLOT, "Start Time": "9:00", "NHS Number": ""},
        )
    )
    assert (report.taken, report.rejected) == (3, 0)
    assert [(row, at) for row, at, _ in said(report, "note")] == [(7, "Start Time")]


def test_one_place_on_two_rows() -> None:
    patients(patient_list(SOUND, NEIGHBOUR))
    other = {**SLOT, "EMIS Number": "20999", "NHS Number": "9990000026"}
    report = appointments(diary(SLOT, SLOT, other))
    assert [(row, why[:12]) for row, _, why in said(report)] == [(7, "the same as "), (8, "row 6 has th")]
    assert Appointment.objects.count() == 1


def test_a_place_that_one_row_calls_free_and_another_taken_is_not_offered() -> None:
    patients(patient_list(SOUND))
    free = {**SLOT, "Slot Status": "Available", "EMIS Number": "", "NHS Number": "", "Booked On": ""}
    report = appointments(diary(free, SLOT))
    assert [row for row, _, _ in said(report)] == [7]
    assert Seat.objects.get().state == "blocked"


def test_visits_of_the_dead_and_of_those_who_left_are_pointed_out() -> None:
    patients(
        patient_list(
            {**SOUND, "Registration Status": "Deceased", "Date of Deduction": "01-Dec-2026"},
            {**NEIGHBOUR, "Registration Status": "Deducted", "Date of Deduction": "01-Dec-2026"},
        )
    )
    other = {**SLOT, "Start Time": "09:00", "EMIS Number": "20999", "NHS Number": "9990000026"}
    report = appointments(diary(SLOT, other))
    assert [why.split(";")[0] for _, _, why in said(report, "note")] == [
        "the patient has died",
        "the patient has left the practice",
    ]
    assert report.taken == 2


# Files that cannot be read at all
UNREADABLE = [
    (b"", "empty"),
    (b"nothing here\n", "No header"),
    (patient_list(SOUND).replace(b"Date of Birth", b"Born"), "lacks Date of Birth"),
    (patient_list(SOUND, above=""), "which practice"),
    (diary(SLOT), "another kind of file"),
]
UNREADABLE_DIARIES = [
    (diary(SLOT, scope="Everything"), "which days"),
    (diary(SLOT, scope=SCOPE.replace("11-Dec", "31-Nov")), "cannot be read"),
]


@pytest.mark.parametrize(("content", "word"), UNREADABLE)
def test_a_file_that_cannot_be_read_says_what_where_and_what_to_do(content: bytes, word: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        patients(content)
    assert word in refused.value.what
    assert refused.value.where
    assert refused.value.what_to_do
    assert not Patient.objects.exists()


@pytest.mark.parametrize(("content", "word"), UNREADABLE_DIARIES)
def test_a_diary_must_say_what_it_speaks_for(content: bytes, word: str) -> None:
    with pytest.raises(UnreadableFile, match=word):
        appointments(content)


def test_a_diary_of_some_session_holders_speaks_for_them_alone() -> None:
    patients(patient_list(SOUND, NEIGHBOUR))
    ferris = {**SLOT, "Session Holder": "FERRIS, Helen (Dr)", "EMIS Number": "20999", "NHS Number": "9990000026"}
    free = {**SLOT, "Slot Status": "Available", "EMIS Number": "", "NHS Number": "", "Booked On": ""}
    appointments(diary(SLOT, ferris, {**free, "Start Time": "09:00"}))
    later = {**free, "Session Holder": "FERRIS, Helen (Dr)", "Start Time": "11:00"}
    webb = {**free, "Session Holder": "Nurse C Webb", "Start Time": "10:00"}
    some = SCOPE.replace("all session holders", "Nurse C Webb, Ferris, Helen (Dr)")
    report = appointments(diary(ferris, later, webb, {**free, "Start Time": "09:20"}, scope=some))
    assert (report.state, report.taken) == ("applied", 3)
    assert [(row, column) for row, column, _ in said(report)] == [(9, "Session Holder")]
    assert "Nurse C Webb, Ferris, Helen (Dr)" in said(report)[0][2]
    # Nurse Adeyemi's sessions stand as they were.
    assert Appointment.objects.filter(state="booked").count() == 2
    assert sorted(Seat.objects.values_list("session__clinician", "state").order_by()) == [
        ("FERRIS, Helen (Dr)", "open"),
        ("FERRIS, Helen (Dr)", "open"),
        ("Nurse B Adeyemi", "open"),
        ("Nurse B Adeyemi", "open"),
        ("Nurse C Webb", "open"),
    ]


def test_a_session_holder_who_has_nothing_left_has_nothing_left() -> None:
    appointments(diary({**SLOT, "Slot Status": "Available", "EMIS Number": "", "NHS Number": "", "Booked On": ""}))
    other = {**SLOT, "Session Holder": "Dr H Ferris", "Slot Status": "Blocked", "EMIS Number": "", "NHS Number": ""}
    some = SCOPE.replace("all session holders", "Dr H Ferris, Nurse B Adeyemi")
    assert appointments(diary({**other, "Booked On": ""}, scope=some)).taken == 1
    assert sorted(Seat.objects.values_list("session__clinician", "state")) == [
        ("Dr H Ferris", "blocked"),
        ("Nurse B Adeyemi", "gone"),
    ]


def test_another_practice_s_file_is_not_taken_for_ours() -> None:
    with pytest.raises(UnreadableFile, match="not of Y99003"):
        patients(patient_list(SOUND), practice="Y99003")
    with pytest.raises(UnreadableFile, match="cannot be opened"):
        patients(Path("/nowhere/list.csv"))


def test_the_practice_s_telephone_can_be_given() -> None:
    assert patients(patient_list(SOUND)).practice_phone == ""
    assert patients(patient_list(SOUND), phone="01632 960000").practice_phone == "01632 960000"
    assert patients(patient_list(SOUND)).practice_phone == "01632 960000"


def test_a_download_runs_no_formula() -> None:
    report = patients(patient_list({**SOUND, "Mobile Telephone": "=cmd|' /C calc'!A0"}))
    assert "'=cmd" in exchange.as_csv(report)
