"""A small practice with a diary and a waiting list, for tests of refilling."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from onedoor.accounts.api import Organisation, Site
from onedoor.booking.actions import booking, refilling
from onedoor.booking.models import Appointment, AppointmentType, Offer, Release, Seat, Session, WaitingEntry
from onedoor.factories import TEST, patient, practice
from onedoor.kernel import clock
from onedoor.kernel.clock import LONDON
from onedoor.messaging import api as messaging
from onedoor.patients.models import Patient

_mobiles = count(100)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of December 2026 in London; the 7th is a Monday, and the tests' now is the 7th at 9am."""
    return datetime(2026, 12, day, hour, minute, tzinfo=LONDON)


class World:
    """One practice, one type, one clinician; `source` is own or emis."""

    def __init__(self, source: str = "own", *, ods_code: str = "Y99002") -> None:
        self.practice: Organisation = practice(ods_code)
        # Without an account no text goes, and everybody would have to be rung.
        messaging.set_account(
            organisation_id=self.practice.pk,
            base_url="http://127.0.0.1:1",
            api_key="key",
            callback_token="token",
            reply_number="+447700900000",
            templates={"*": "template"},
            by=TEST,
        )
        self.site, _ = Site.objects.get_or_create(organisation=self.practice, name="Main")
        self.source = source
        self.kind, _ = AppointmentType.objects.get_or_create(
            organisation=self.practice, name="Nurse", defaults={"reply_may_cancel": True, "may_refill": True}
        )

    def seat(self, starts_at: datetime, *, kind: AppointmentType | None = None, minutes: int = 20) -> Seat:
        """An open place of our nurse."""
        session, _ = Session.objects.get_or_create(
            organisation=self.practice,
            site=self.site,
            source=self.source,
            day=starts_at.astimezone(LONDON).date(),
            clinician="Nurse B Adeyemi",
            name="Nurse clinic",
        )
        n = Seat.objects.filter(session=session, starts_at=starts_at).count() + 1
        return Seat.objects.create(session=session, type=kind or self.kind, starts_at=starts_at, minutes=minutes, n=n)

    def person(self, name: str = "Sam", *, phone_only: bool = False, needs: tuple[str, ...] = ()) -> Patient:
        """Somebody with a mobile, or with a landline only."""
        number = next(_mobiles)
        return patient(
            self.practice,
            name,
            f"Hollis{number}",
            mobile=None if phone_only else f"+447700900{number:03d}",
            landline=f"+441632960{number:03d}" if phone_only else None,
            needs=needs,
        )

    def booked(self, who: Patient, starts_at: datetime, *, kind: AppointmentType | None = None) -> Appointment:
        """A sure appointment, whatever the diary."""
        made = booking.book(
            seat_ref=self.seat(starts_at, kind=kind).ref, patient_id=who.pk, by=TEST, via="desk", tell=False
        )
        if made.state == "pending":
            Appointment.objects.filter(pk=made.pk).update(state="booked")
            made.requests.update(state="confirmed")
            made.refresh_from_db()
        return made

    def waits(
        self, name: str = "Sam", *, own: datetime | None = None, phone_only: bool = False, days: int = 5
    ) -> WaitingEntry:
        """Somebody on the list for `days` days, with an appointment on `own` if given."""
        who = self.person(name, phone_only=phone_only)
        appointment = self.booked(who, own) if own is not None else None
        with clock.at(clock.now() - timedelta(days=days)):
            entry = refilling.join_waiting(
                patient_id=who.pk, appointment_id=None, type_id=self.kind.pk, via="desk", by=TEST
            )
        if appointment is not None:
            WaitingEntry.objects.filter(pk=entry.pk).update(appointment=appointment)
        return WaitingEntry.objects.get(pk=entry.pk)

    def released(self, starts_at: datetime) -> Release:
        """A place that somebody has just given up."""
        gone = self.booked(self.person("Ann"), starts_at)
        booking.cancel(appointment_id=gone.pk, by=TEST, reason="patient", tell=False)
        return Release.objects.get(cancelled=gone)


def states(release: Release) -> dict[str, int]:
    """How many offers of a release are in each state."""
    found: dict[str, int] = {}
    for state in Offer.objects.filter(release=release).values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found
