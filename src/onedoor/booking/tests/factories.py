"""A practice, people and a diary for booking's tests: fictional, and as small as a test needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count

from onedoor.accounts import api as accounts
from onedoor.accounts.models import Organisation, Site
from onedoor.booking.actions.setting import every, open_session, set_type
from onedoor.booking.models import Appointment, AppointmentType, Seat
from onedoor.booking.types import DiaryRow, RowStatus
from onedoor.factories import TEST
from onedoor.kernel import clock
from onedoor.kernel.access import PERMISSIONS, Access, Role
from onedoor.kernel.actor import Actor
from onedoor.kernel.clock import LONDON
from onedoor.messaging import api as messaging
from onedoor.patients.models import CareRelationship, ContactPoint, Patient

HERE = 99_002
"""The key of the practice that DESK belongs to."""
DESK = Actor(kind="user", id=1, label="Ada Desk", organisation_id=HERE)
_numbers = count(100)

WEDNESDAY = date(2026, 12, 9)
"""Two days after the tests' Monday morning."""


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A London time."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON)


@dataclass
class Practice:
    """An organisation with a site, and what was made for it."""

    organisation: Organisation
    site: Site
    patients: list[Patient] = field(default_factory=list)

    @property
    def access(self) -> Access:
        """A receptionist's."""
        return Access(
            actor=DESK,
            organisation_ids=frozenset({self.organisation.pk}),
            permissions=PERMISSIONS[Role.RECEPTIONIST],
        )


def practice(name: str = "Wexcombe Road Surgery", ods_code: str = "Y99002") -> Practice:
    """A practice that nobody knows."""
    if ods_code == "Y99002":
        Organisation.objects.get_or_create(pk=HERE, defaults={"ods_code": ods_code, "name": name})
    organisation = accounts.set_organisation(ods_code=ods_code, name=name, phone="01632 960123", by=TEST)
    messaging.set_account(
        organisation_id=organisation.pk,
        base_url="http://127.0.0.1:1",
        api_key="key",
        callback_token="token",
        reply_number="+447700900000",
        templates={"*": "template"},
        by=TEST,
    )
    return Practice(organisation, accounts.set_site(organisation_id=organisation.pk, name="Main site", by=TEST))


def people(of: Practice, how_many: int, *, mobile: str | None = None) -> list[Patient]:
    """Registered patients with a mobile each, or with one for all."""
    numbers = [next(_numbers) for _ in range(how_many)]
    made = Patient.objects.bulk_create(
        [
            Patient(
                given_name=f"Sam{n}", family_name=f"Sample{n}", name_key=f"sample{n} sam{n}", born_on=date(1980, 1, 1)
            )
            for n in numbers
        ]
    )
    CareRelationship.objects.bulk_create(
        [
            CareRelationship(
                patient=patient, organisation=of.organisation, kind="registered", starts_on=date(2020, 1, 1)
            )
            for patient in made
        ]
    )
    ContactPoint.objects.bulk_create(
        [
            ContactPoint(patient=patient, kind="mobile", value=mobile or f"+447700900{n % 1000:03d}", since=clock.now())
            for n, patient in zip(numbers, made, strict=True)
        ]
    )
    of.patients += made
    return made


def kind(of: Practice, name: str = "Blood test", reply_may_cancel: bool | None = None) -> AppointmentType:
    """A type of the practice with the defaults of its name."""
    return set_type(organisation_id=of.organisation.pk, name=name, by=TEST, reply_may_cancel=reply_may_cancel)


def own_seats(
    of: Practice,
    how_many: int = 1,
    *,
    type_name: str = "Blood test",
    day: date = WEDNESDAY,
    first: tuple[int, int] = (9, 0),
    minutes: int = 10,
    clinician: str = "Nurse B Adeyemi",
) -> list[Seat]:
    """Free seats of our own diary, one after the other."""
    starts = every(at(day, *first), minutes, how_many)
    session = open_session(
        organisation_id=of.organisation.pk,
        site_id=of.site.pk,
        day=day,
        clinician=clinician,
        name="Health Checks",
        type_id=kind(of, type_name).pk,
        starts=starts,
        minutes=minutes,
        by=TEST,
    )
    return list(Seat.objects.filter(session=session, starts_at__in=starts).order_by("starts_at", "n"))


def row(
    patient: Patient | None = None,
    *,
    status: RowStatus = "booked",
    time: tuple[int, int] = (9, 0),
    day: date = WEDNESDAY,
    minutes: int = 10,
    type_name: str = "Blood test",
    clinician: str = "Nurse B Adeyemi",
    session_name: str = "Health Checks",
    booked_on: date | None = date(2026, 12, 1),
) -> DiaryRow:
    """One line of an outside diary."""
    return DiaryRow(
        starts_at=at(day, *time),
        minutes=minutes,
        clinician=clinician,
        session_name=session_name,
        type_name=type_name,
        status=status,
        patient_id=patient.pk if patient else None,
        booked_on=booked_on if patient else None,
    )


def states(appointments: Sequence[Appointment]) -> list[str]:
    """Their present states."""
    found = dict(Appointment.objects.filter(pk__in=[a.pk for a in appointments]).values_list("id", "state"))
    return [found[a.pk] for a in appointments]


def minutes_after(moment: datetime, minutes: int) -> datetime:
    """So many minutes later."""
    return moment + timedelta(minutes=minutes)
