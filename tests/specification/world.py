"""A practice, its people, their phones and a provider that takes every text, for what the issue promises end to end.

Everything goes through doors and sweeps. The provider is the dispatcher's own statements without the wire: texts are claimed,
begun and accepted as in a dispatcher, and their receipts are stored and applied by the sweep.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import count
from uuid import uuid4

from onedoor import factories
from onedoor.accounts.api import Organisation, set_site
from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, AppointmentType, Seat
from onedoor.booking.types import DiaryRow, RowStatus, Scope
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, Role
from onedoor.kernel.actor import Actor
from onedoor.kernel.clock import LONDON
from onedoor.messaging.actions.results import Result
from onedoor.messaging.dispatch import store
from onedoor.messaging.models import DispatchRun, Inbound, Message, Receipt
from onedoor.messaging.tests import asking_factories as asking
from onedoor.patients.api import Patient
from onedoor.patients.models import ContactPoint
from onedoor.tasks import api as tasks

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 12, day) for day in range(7, 12))
LONG_AGO = datetime(2026, 11, 23, 9, 0, tzinfo=LONDON)
"""When the visits of these tests were booked."""
_mobiles = count(100)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A London time."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON)


class World:
    """One practice with a diary: our own, or the copy of one that EMIS keeps."""

    def __init__(
        self,
        *,
        source: str = "own",
        ods_code: str = "Y99002",
        name: str = "Wexcombe Road Surgery",
        type_name: str = "Blood test",
    ) -> None:
        self.source = source
        self.practice: Organisation = factories.practice(ods_code, name)
        asking.account(self.practice)
        self.desk: Access = factories.person(self.practice, Role.RECEPTIONIST)[1]
        self.by = self.desk.actor
        self.site = set_site(organisation_id=self.practice.pk, name="Main site", by=self.by)
        self.kind = self.type(type_name)

    def type(self, name: str) -> AppointmentType:
        """A kind of appointment with what its name allows."""
        return booking.set_type(organisation_id=self.practice.pk, name=name, by=self.by)

    def person(self, given_name: str = "Sam", *, mobile: str = "", landline_only: bool = False) -> Patient:
        """Somebody registered here, with a mobile of their own unless one is given."""
        n = next(_mobiles)
        return factories.patient(
            self.practice,
            given_name,
            f"Hollis{n}",
            mobile=None if landline_only else mobile or f"+447700900{n % 1000:03d}",
            landline=f"+441632960{n % 1000:03d}" if landline_only else None,
        )

    # ---- the diary

    def booked(self, who: Patient, starts_at: datetime, *, kind: AppointmentType | None = None) -> Appointment:
        """A visit of our own diary that was booked long ago."""
        seat = self.seat(starts_at, kind=kind)
        with clock.at(LONG_AGO):
            return booking.book(seat_ref=seat.ref, patient_id=who.pk, by=self.by, tell=False)

    def seat(self, starts_at: datetime, *, kind: AppointmentType | None = None) -> Seat:
        """A free place of our own diary."""
        kind = kind or self.kind
        session = booking.open_session(
            organisation_id=self.practice.pk,
            site_id=self.site.pk,
            day=starts_at.astimezone(LONDON).date(),
            clinician="Nurse B Adeyemi",
            name=f"Health Checks {kind.name}",
            type_id=kind.pk,
            starts=[starts_at],
            minutes=10,
            by=self.by,
        )
        return Seat.objects.get(session=session, starts_at=starts_at)

    def row(
        self, who: Patient | None, starts_at: datetime, *, status: RowStatus = "booked", type_name: str = ""
    ) -> DiaryRow:
        """A line of the diary that EMIS keeps."""
        return DiaryRow(
            starts_at=starts_at,
            minutes=10,
            clinician="Nurse B Adeyemi",
            session_name="Health Checks",
            type_name=type_name or self.kind.name,
            status=status,
            patient_id=who.pk if who else None,
            booked_on=LONG_AGO.date() if who else None,
        )

    def import_diary(self, rows: Sequence[DiaryRow]) -> None:
        """The week as EMIS exports it."""
        taken = booking.take_diary(
            organisation_id=self.practice.pk,
            site_id=self.site.pk,
            source=self.source,
            scope=Scope(MONDAY, FRIDAY),
            rows=rows,
            by=Actor.system("import"),
        )
        assert taken.state == "applied"
        assert taken.counts["refused"] == []

    def waits(self, who: Patient, appointment: Appointment | None, *, days: int) -> None:
        """On the list for an earlier place since so many days."""
        with clock.at(clock.now() - timedelta(days=days)):
            booking.join_waiting(
                patient_id=who.pk,
                appointment_id=appointment.pk if appointment else None,
                type_id=self.kind.pk,
                via="desk",
                by=self.by,
            )

    # ---- phones and work

    def says(self, who: Patient, text: str) -> Inbound:
        """A text from their phone, stored and understood; no other sweep has run."""
        return asking.say(self.practice, mobile_of(who), text)

    def work(self, kind: str) -> list[tasks.Task]:
        """Tasks of a kind that wait, as the desk sees them."""
        return tasks.waiting(self.desk, kind=kind)

    def does(self, kind: str, outcome: str) -> None:
        """The desk ends the one task of this kind that waits."""
        [task] = self.work(kind)
        tasks.complete(access=self.desk, ref=task.ref, outcome=outcome)


def mobile_of(who: Patient) -> str:
    """Their number."""
    return ContactPoint.objects.get(patient=who, kind="mobile", until=None).value


def provider(*, status: str = "delivered") -> list[tuple[int | None, str, str]]:
    """Everything that is due goes out and is reported on: (patient, purpose, text) of each, in order of going."""
    gone: list[int] = []
    known = store.accounts()
    run = DispatchRun.objects.create().pk
    while claims := store.claim(run, dict.fromkeys(known, 500)):
        wave = store.begin_wave(run, claims, known, 60.0, 1e9)
        store.give_back(run, [claim.id for claim in wave.waiting])
        store.flush(
            [Result(one.id, one.attempt, "accepted", status=201, provider_id=str(uuid4())) for one in wave.begun], 60.0
        )
        gone += [one.id for one in wave.begun]
    sent = list(Message.objects.filter(pk__in=gone).order_by("accepted_at", "id"))
    Receipt.objects.bulk_create(
        [
            Receipt(
                account_id=message.account_id,
                key=f"{message.provider_id}:{status}",
                reference=str(message.ref),
                status=status,
                body={"id": message.provider_id},
            )
            for message in sent
            if message.account_id is not None
        ]
    )
    jobs.run_once("messaging.receipts")
    return [(message.patient_id, message.purpose, message.body) for message in sent]


def sweeps_and_provider() -> list[tuple[int | None, str, str]]:
    """What a minute of worker and dispatcher does: everything due is done, and everything due goes out."""
    jobs.run_all_once()
    sent = provider()
    jobs.run_all_once()
    return [*sent, *provider()]
