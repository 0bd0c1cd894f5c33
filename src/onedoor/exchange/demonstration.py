"""The demonstration: a fictional practice read through the same doors as a real one, and its line to the simulator.

The simulator is told of each practice in a services file; where it listens may change from start to start, so the line is drawn
anew at each.
"""

from __future__ import annotations

import csv
import json
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError
from uuid import NAMESPACE_URL, uuid5

from onedoor.accounts import api as accounts
from onedoor.accounts.api import (
    Organisation,
    access_of,
    grant_role,
    organisations,
    set_organisation,
    set_site,
    set_user,
)
from onedoor.booking import api as booking
from onedoor.directory import api as directory
from onedoor.exchange.actions import import_appointments, import_patients
from onedoor.exchange.caseloads import import_pathways, import_referrals
from onedoor.exchange.codes import import_codes
from onedoor.exchange.entries import import_entries
from onedoor.exchange.lines import import_calls
from onedoor.exchange.mesh import demonstration as mesh
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Part, Permission, Role
from onedoor.kernel.actor import Actor
from onedoor.kernel.calendar import is_working_day
from onedoor.messaging import api as messaging
from onedoor.patients import api as patients
from onedoor.patients.api import open_portal, search
from onedoor.recall import api as recall
from onedoor.referrals import api as referrals

BY = Actor.system("loading the demonstration")
BEGINS = datetime(2026, 12, 7, 8, 0, tzinfo=clock.LONDON)
SLOWS = datetime(2026, 12, 7, 10, 0, tzinfo=clock.LONDON)
HURRY = 60.0
"""The first two hours pass in two minutes, so that the loop is seen to close; then time waits for its visitor."""
OWN_SESSIONS = ("Nurse Clinic", "Health Checks")
"""Kept in Onedoor; the GPs' and the physiotherapist's sessions stay in EMIS."""
PEOPLE = (
    ("demo-receptionist", "Robin", "Vale", Role.RECEPTIONIST),
    ("demo-practice_manager", "Morgan", "Leigh", Role.PRACTICE_MANAGER),
    ("demo-triage_clinician", "Ashley", "Crane", Role.TRIAGE_CLINICIAN),
    ("demo-call_handler", "Jo", "Sparrow", Role.CALL_HANDLER),
    ("demo-health_care_assistant", "Sunita", "Rowe", Role.HEALTH_CARE_ASSISTANT),
    ("demo-administrator", "Kit", "Marsh", Role.ADMINISTRATOR),
)
MANAGERS = {
    "Y98001": ("Tamsin", "Orchard"),
    "Y98002": ("Deepa", "Rao"),
    "Y98003": ("Gwil", "Parry"),
    "Y98004": ("Marta", "Lindqvist"),
    "Y98005": ("Owen", "Achebe"),
    "Y98006": ("Ines", "Corbett"),
    "Y98007": ("Rafe", "Holloway"),
}
"""Of the neighbours: whom their packs are for. Nobody can sign in as one of them."""
FULL = (("weight-management", "Every group is full until January", datetime(2027, 1, 11, tzinfo=clock.LONDON)),)
CRITERIA_CHANGED = datetime(2026, 11, 3, 9, 0, tzinfo=clock.LONDON)
PELVIC_CRITERIA = (
    "From the 16th week of pregnancy, and at any time after birth. Not for bleeding, which the maternity ward sees."
)
TRIAGES = "msk-community"
CLINICS = (
    ("Physiotherapy", "Physiotherapy", "Physio R Castell", 9),
    ("MATT Assessment", "MSK assessment", "Physio L Amadi", 14),
)
"""Of that service: stream, kind of appointment, clinician and first hour."""
WAITING_OF_EACH_KIND = 2
PARTNER = "Y99940"
SYSTEM = "Y99930"
ASKED_A_WEEK = 40
VISITS = {
    "smi": "SMI annual check",
    "asthma": "Asthma review",
    "diabetes": "Blood test",
    "hypertension": "Blood pressure",
    "flu": "Immunisation",
}
"""Programmes that are on, and the kind of appointment of each."""
PORTAL_PATIENT = "07700900049"
"""Terence Tanner, who asks for an earlier appointment and takes it."""
CARED_FOR = "07700900975"
"""Ivan Fairley, who speaks Polish and needs large print; he sees the physiotherapist on Wednesday. Halina, his wife, acts for
him."""


@dataclass(frozen=True)
class Line:
    """Where the sides of the demonstration answer, and where the simulator's services file is; MESH's mailboxes go beside it."""

    onedoor: str
    simulator: str
    services: Path
    mesh: str = ""


def load(folder: Path) -> None:
    """Read `folder`: a practice (patients.csv, diary.csv), a few people of one whose system is not this one
    (millford-patients.csv, millford-entries.csv), a directory (services.csv), what its triage service took over (pathways.csv)
    and was sent (referrals.csv), a month of calls (calls.csv), how the practice stands to others (organisations.csv), what is
    coded about its patients (entries.csv, with the codes that reference-sets.csv invents), and who is on the registers of its
    neighbours (neighbours).

    Sets the clock to a Monday morning.
    """
    clock.set_clock(at=BEGINS, rate=0)
    import_patients(file=folder / "patients.csv", phone="01632 960000", by=BY)
    report = import_appointments(file=folder / "diary.csv", by=BY)
    practice = next(o for o in organisations(_all()) if o.ods_code == report.ods_code)
    import_patients(file=folder / "millford-patients.csv", phone="01632 960400", by=BY)
    booking.keep_here(organisation_id=practice.pk, session_names=OWN_SESSIONS, by=BY)
    _describe_the_places(practice.pk)
    _fill_the_directory(folder)
    import_pathways(file=folder / "pathways.csv", service=TRIAGES, by=BY)
    import_referrals(file=folder / "referrals.csv", service=TRIAGES, by=BY)
    _open_the_clinics()
    import_calls(file=folder / "calls.csv", by=BY)
    _fill_the_list(practice.pk, folder / "personas.json")
    _run_courses(practice.pk)
    _fill_the_registers(folder)
    _ask_who_is_due(practice.pk)
    patient = set_user(username="demo-patient", first_name="Terence", last_name="Tanner", by=BY)
    (found,) = search(_all(), PORTAL_PATIENT)
    open_portal(user_id=patient.pk, patient_id=found.pk, by=BY)
    clock.set_clock(at=BEGINS, rate=HURRY, slow_at=SLOWS)


def _describe_the_places(practice_id: int) -> None:
    """What people find who need more of a place: all but the doctors' rooms upstairs are step-free, one clinic is quiet."""
    for clinic in booking.clinics(_all(), practice_id):
        features = {"GP Surgery": ["hearing_loop"], "Health Checks": ["quiet", "step_free"]}
        booking.describe_clinic(
            organisation_id=practice_id,
            site_id=clinic.site_id,
            clinician=clinic.clinician,
            name=clinic.name,
            features=features.get(clinic.name, ["step_free"]),
            by=BY,
        )


def _fill_the_directory(folder: Path) -> None:
    """Services, one of them full; and a month of searches that ended in a gap."""
    directory.take_spots(file=folder / "places.csv", by=BY)
    with clock.at(BEGINS - timedelta(days=60)):
        directory.take_services(rows=directory.read_services((folder / "services.csv").read_bytes()), by=BY)
    with clock.at(CRITERIA_CHANGED):
        changed = directory.service_by_slug("pelvic-health")
        assert changed is not None
        directory.edit_service(service_id=changed.pk, changes={"ages_from": 14, "criteria": PELVIC_CRITERIA}, by=BY)
    with clock.at(BEGINS - timedelta(days=40)):
        for slug, reason, until in FULL:
            full = directory.service_by_slug(slug)
            assert full is not None
            directory.switch_taking(service_id=full.pk, opens=False, reason=reason, until=until, by=BY)
    with (folder / "searches.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            with clock.at(datetime.fromisoformat(row["at"]).replace(tzinfo=clock.LONDON)):
                asked = directory.read_asked({"q": row["words"], "at": row["place"], "age": row["age"]})
                findings = directory.find(
                    asked.words, place=asked.place, age=asked.age, by_patient=row["via"] == "public"
                )
                ended, _, slug = row["ended"].partition(" ")
                directory.end_search(
                    findings=findings,
                    place=asked.place,
                    via=row["via"],
                    taken=slug or None,
                    refused=ended == "none",
                    too_long=ended == "too_long",
                    by=BY,
                )


def _open_the_clinics() -> None:
    """The service that triages keeps its diary here: whom it accepts can be booked, and can choose by themselves."""
    service = directory.service_by_slug(TRIAGES)
    assert service is not None
    site = set_site(organisation_id=service.organisation_id, name="Brook Street Health Centre", by=BY)
    streams = {stream.name: stream.pk for stream in service.streams.all()}
    for stream, kind, clinician, hour in CLINICS:
        type_id = booking.set_type(organisation_id=service.organisation_id, name=kind, by=BY).pk
        referrals.set_stream_kinds(access=_all(), service=service, stream_id=streams[stream], type_ids=[type_id])
        for day in (BEGINS.date() + timedelta(days=n) for n in range(1, 19)):
            if not is_working_day(day):
                continue
            first = datetime(day.year, day.month, day.day, hour, tzinfo=clock.LONDON)
            booking.open_session(
                organisation_id=service.organisation_id,
                site_id=site.pk,
                day=day,
                clinician=clinician,
                name=kind,
                type_id=type_id,
                starts=[first + timedelta(minutes=30 * n) for n in range(4)],
                minutes=30,
                by=BY,
            )


def _fill_the_registers(folder: Path) -> None:
    """What is coded about the patients, and where they stand by it."""
    accounts.take_organisations(rows=accounts.read_organisations((folder / "organisations.csv").read_bytes()), by=BY)
    import_codes(file=folder / "reference-sets.csv", version_on=BEGINS.date(), by=BY)
    import_entries(file=folder / "entries.csv", by=BY)
    import_entries(file=folder / "millford-entries.csv", by=BY)
    _meet_the_neighbours(folder / "neighbours")
    recall.compute()


def _meet_the_neighbours(folder: Path) -> None:
    """Practices to be compared with: those on their registers, what was checked, whom they referred in the year before."""
    accounts.take_organisations(rows=accounts.read_organisations((folder / "organisations.csv").read_bytes()), by=BY)
    for file in sorted(folder.glob("patients-*.csv")):
        import_patients(file=file, by=BY)
    for ods_code, (first_name, last_name) in MANAGERS.items():
        practice = accounts.organisation_by_ods(ods_code)
        assert practice is not None
        manager = set_user(username=f"manager-{ods_code.lower()}", first_name=first_name, last_name=last_name, by=BY)
        grant_role(user_id=manager.pk, organisation_id=practice.pk, role=Role.PRACTICE_MANAGER, by=BY)
    import_entries(file=folder / "entries.csv", by=BY)
    import_referrals(file=folder / "referrals.csv", service=TRIAGES, by=BY)


def _ask_who_is_due(practice_id: int) -> None:
    """The practice has its programmes on, for so many people a week, each with the visit that it is for."""
    kinds = {kind.name: kind.pk for kind in booking.types_of(_all(), practice_id)}
    recall.set_run(organisation_id=practice_id, weekly=ASKED_A_WEEK, gap_days=14, by=BY)
    for programme, visit in VISITS.items():
        recall.set_visits(organisation_id=practice_id, key=programme, type_ids=[kinds[visit]], by=BY)
        recall.switch_programme(organisation_id=practice_id, key=programme, on=True, by=BY)


def _fill_the_list(practice_id: int, personas: Path) -> None:
    """Some have already asked at the desk for something earlier: those who will answer an offer, and a few of each kind."""
    answering = [
        person["mobile"]
        for person in json.loads(personas.read_text())
        if any("take it" in reply["when_text_contains"] for reply in person["replies"])
    ]
    wanting = [
        appointment
        for mobile in answering
        for patient in search(_all(), mobile)
        for appointment in booking.upcoming_of(_all(), patient.pk)
    ]
    for kind in booking.types_of(_all(), practice_id):
        if kind.may_refill:
            wanting += booking.last_booked(_all(), kind.pk, limit=WAITING_OF_EACH_KIND)
    for appointment in wanting:
        booking.join_waiting(
            patient_id=appointment.patient_id,
            appointment_id=appointment.id,
            type_id=appointment.type_id,
            via="desk",
            by=BY,
        )


def _run_courses(practice_id: int) -> None:
    """The practice has a class that began two weeks ago; the triage service's next one has places for whoever triage sends."""
    begun = clock.london_day(BEGINS.date() - timedelta(days=11))[0] + timedelta(hours=16)
    with clock.at(BEGINS - timedelta(days=20)):
        ours = _course(practice_id, "Strength and balance", begun, places=8, dates=6)
        who = {
            one.patient_id
            for kind in booking.types_of(_all(), practice_id)
            for one in booking.last_booked(_all(), kind.pk, limit=3)
        }
        for patient_id in sorted(who)[:6]:
            with suppress(booking.BookingError):
                booking.enrol(course_ref=ours.ref, patient_id=patient_id, by=BY, tell=False)
    view = booking.course_by_ref(_all(), ours.ref)
    for n, one in enumerate(view.dates[:2]):
        lines = booking.register(_all(), view, one.ref)
        marks = {line.appointment_ref: "seen" for line in lines}
        # Somebody has missed the last date: missing the next too makes work.
        marks |= {line.appointment_ref: "missed" for line in lines[:1] if n == 1}
        with clock.at(one.starts_at + timedelta(hours=2)):
            booking.take_register(date_ref=one.ref, marks=marks, by=BY)
    service = directory.service_by_slug(TRIAGES)
    assert service is not None
    begins = clock.london_day(BEGINS.date() + timedelta(days=15))[0] + timedelta(hours=10)
    theirs = _course(service.organisation_id, "Knee class, Tuesdays", begins, places=10, dates=6)
    for stream in service.streams.filter(kind="class"):
        referrals.set_stream_kinds(access=_all(), service=service, stream_id=stream.pk, type_ids=[theirs.type_id])


def _course(organisation_id: int, name: str, first: datetime, *, places: int, dates: int) -> booking.Course:
    """A class at the organisation's own rooms, an hour each week but bank holidays."""
    kind = booking.set_type(organisation_id=organisation_id, name="Exercise class", by=BY)
    site = set_site(organisation_id=organisation_id, name="The studio", by=BY)
    london = first.astimezone(clock.LONDON)
    new = booking.NewCourse(
        site_id=site.pk,
        type_id=kind.pk,
        name=name,
        leader="Physio T Okoro",
        minutes=60,
        capacity=places,
        starts=[
            datetime.combine(day, london.time(), tzinfo=clock.LONDON)
            for day in booking.weekly(london.date(), dates).days
        ],
    )
    return booking.make_course(organisation_id=organisation_id, course=new, by=BY)


def connect(line: Line) -> None:
    """Give each practice an account with the simulated GOV.UK Notify and its people to sign in as; tell the simulator."""
    providers = directory.providers()
    known = _caring()
    practices = [place for place in known if place.pk not in providers]
    for username, first_name, last_name, role in PEOPLE:
        user = set_user(username=username, first_name=first_name, last_name=last_name, by=BY)
        for place in known:
            if (place.pk in providers) == (role == Role.TRIAGE_CLINICIAN):
                grant_role(user_id=user.pk, organisation_id=place.pk, role=role, by=BY)
    _carer()
    _partner()
    _share_records()
    _analyst()
    services = [_service(practice, line) for practice in practices]
    line.services.parent.mkdir(parents=True, exist_ok=True)
    line.services.write_text(json.dumps(services, indent=1))
    _tell(f"{line.simulator}/control/services", services)
    if line.mesh:
        mesh.connect(line.mesh, line.services.with_name("mailboxes.json"), access=_all(), by=BY)


def _caring() -> list[Organisation]:
    """All but networks, places, systems, the region and the partner, which care for nobody: they send no texts, and nobody signs
    in there. Nor do those care here of whom only figures are shown: codes of those that do begin with Y99."""
    known = [one for one in organisations(_all()) if one.ods_code.startswith("Y99") and one.ods_code != PARTNER]
    above = {
        one.pk
        for kind in ("part_of_pcn", "in_place", "in_ics", "in_region")
        for found in accounts.related([place.pk for place in known], kind).values()
        for one in found
    }
    return [place for place in known if place.pk not in above]


def _analyst() -> None:
    """The integrated care system that the practice is part of has somebody who reads its figures, and somebody who answers for
    them."""
    system = accounts.organisation_by_ods(SYSTEM)
    if system is not None:
        for first_name, last_name, role in (
            ("Priya", "Nand", Role.ICS_ANALYST),
            ("Amara", "Osei", Role.INFORMATION_ASSET_OWNER),
        ):
            user = set_user(username=f"demo-{role.value}", first_name=first_name, last_name=last_name, by=BY)
            grant_role(user_id=user.pk, organisation_id=system.pk, role=role, by=BY)


def _partner() -> None:
    """A voluntary group reaches whom no wave did, under an agreement of the practice's; its social prescriber signs in."""
    group = set_organisation(ods_code=PARTNER, name="Mill Lane Community Group", phone="01632 960140", by=BY)
    user = set_user(username="demo-social_prescriber", first_name="Ola", last_name="Bright", by=BY)
    grant_role(user_id=user.pk, organisation_id=group.pk, role=Role.SOCIAL_PRESCRIBER, by=BY)
    manager = access_of(set_user(username=PEOPLE[1][0], first_name=PEOPLE[1][1], last_name=PEOPLE[1][2], by=BY))
    practice_id = manager.actor.organisation_id
    if practice_id is not None and not recall.agreements(manager, practice_id):
        recall.agree_to_share(
            access=manager,
            organisation_id=practice_id,
            partner_ods=PARTNER,
            purpose="To reach people whom texts, letters and calls did not",
            basis="UK GDPR 6(1)(e) and 9(2)(h)",
            sensitive=True,
            signed_on=date(2026, 11, 2),
            starts_on=date(2026, 11, 9),
            ends_on=date(2027, 11, 8),
        )


TRUST = "Y99902"
SHARED = (
    ("Y99002", TRUST, "all", "Physical health of people with a severe mental illness"),
    (TRUST, "Y99002", "coded", "Physical health of people with a severe mental illness"),
    ("Y99002", TRIAGES, "coded", "Triage of referrals"),
)
"""Who shares with whom: the trust only its results, and the service that triages nothing, so that each way of it can be seen."""


def _share_records() -> None:
    """Written down by each one's manager, once. The same people work at the trust, so that both sides of it can be seen."""
    trust = accounts.organisation_by_ods(TRUST)
    for username, first_name, last_name, role in PEOPLE:
        if trust is not None and role in (Role.PRACTICE_MANAGER, Role.HEALTH_CARE_ASSISTANT):
            user = set_user(username=username, first_name=first_name, last_name=last_name, by=BY)
            grant_role(user_id=user.pk, organisation_id=trust.pk, role=role, by=BY)
    manager = set_user(username=PEOPLE[1][0], first_name=PEOPLE[1][1], last_name=PEOPLE[1][2], by=BY)
    triages = directory.service_by_slug(TRIAGES)
    for giver_ods, reader, covers, purpose in SHARED:
        giver = accounts.organisation_by_ods(giver_ods)
        to = triages.organisation if reader == TRIAGES and triages else accounts.organisation_by_ods(reader)
        if giver is None or to is None:
            continue
        access = accounts.access_at(manager, giver.pk)
        manages = giver.pk in access.organisation_ids and access.may(Permission.SHARING)
        if not manages or any(one.given and one.reader == to.name for one in accounts.record_agreements(access)):
            continue
        accounts.agree_records(
            access=access,
            organisation_id=giver.pk,
            partner_ods=to.ods_code,
            covers=covers,
            purpose=purpose,
            basis="UK GDPR 6(1)(e) and 9(2)(h)",
            signed_by="Morgan Leigh, and the other side's Caldicott Guardian",
            signed_on=date(2026, 10, 1),
            starts_on=date(2026, 10, 5),
            ends_on=date(2027, 10, 4),
        )


def _carer() -> None:
    """Recorded at the desk, as any proxy is, once there is somebody at the desk."""
    desk = set_user(username=PEOPLE[0][0], first_name=PEOPLE[0][1], last_name=PEOPLE[0][2], by=BY)
    access = access_of(desk)
    for ivan in patients.search(access, CARED_FOR):
        if not patients.proxies_of(access, ivan.pk):
            patients.record_proxy(
                access=access,
                patient_id=ivan.pk,
                who=patients.Who("Halina", "Fairley", date(1960, 6, 24), sign_in_as="demo-carer"),
                wish=patients.Wish(
                    basis="consent",
                    relationship="husband or wife",
                    parts=frozenset({Part.CARE, Part.CHANGES, Part.LETTERS}),
                    starts_on=clock.today(),
                    ends_on=date(2027, 6, 8),
                    agreed_by="Ivan Fairley, at the desk, with an interpreter",
                    child="",
                    checked=("photo", "address"),
                ),
            )


def _service(practice: Organisation, line: Line) -> dict[str, Any]:
    """The practice's account, and the same as the simulator's services file has it."""

    def made(what: str) -> str:
        return str(uuid5(NAMESPACE_URL, f"onedoor:demonstration:{practice.ods_code}:{what}"))

    number = f"07700 900{900 + practice.pk % 100:03d}"
    account = messaging.set_account(
        organisation_id=practice.pk,
        base_url=line.simulator,
        api_key=f"demonstration-{made('service')}-{made('secret')}",
        callback_token=made("token"),
        reply_number="+44" + number.replace(" ", "")[1:],
        templates={"*": made("template")},
        by=BY,
    )
    doors = f"{line.onedoor}/gateway/govuk/{account.ref}"
    return {
        "service_id": made("service"),
        "name": practice.name,
        "key_secret": made("secret"),
        "key_type": "live",
        "callback_url_receipts": f"{doors}/receipts",
        "callback_url_inbound": f"{doors}/inbound",
        "callback_token": made("token"),
        "inbound_number": number.replace(" ", ""),
        "templates": [{"id": made("template"), "name": "Whatever Onedoor says"}],
    }


def _tell(url: str, services: list[dict[str, Any]]) -> None:
    """Tell a simulator that runs already; one that starts later reads the file."""
    request = urllib.request.Request(
        url, method="PUT", data=json.dumps(services).encode(), headers={"Content-Type": "application/json"}
    )
    try:
        urllib.request.urlopen(request, timeout=5).close()
    except (URLError, OSError):
        return


def _all() -> Access:
    return Access.system("loading the demonstration")
