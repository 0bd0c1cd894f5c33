"""A service with a diary of its own, and referrals that triage has accepted, for tests of booking after triage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.booking.actions.setting import every, open_session, set_type
from onedoor.booking.models import AppointmentType, Seat
from onedoor.booking.tests.factories import at
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.patients.models import Patient
from onedoor.referrals import api as referrals
from onedoor.referrals.models import Referral, StreamType
from onedoor.referrals.tests.factories import Place, place, referral

THURSDAY = date(2026, 12, 10)
"""Three days after the tests' Monday morning."""


@dataclass(frozen=True)
class Clinic:
    """A service whose first stream is seen by one kind of appointment."""

    place: Place
    kind: AppointmentType
    site_id: int

    def patient(self, mobile: str = "+447700900111", **also: object) -> Patient:
        """Somebody of the practice that refers."""
        return factories.patient(self.place.practice, mobile=mobile, **also)  # type: ignore[arg-type]

    def seats(self, number: int = 3, *, day: date = THURSDAY, kind: AppointmentType | None = None) -> list[Seat]:
        """Free seats from nine o'clock, twenty minutes each."""
        starts = every(at(day, 9), 20, number)
        session = open_session(
            organisation_id=self.place.service.organisation_id,
            site_id=self.site_id,
            day=day,
            clinician="Physio T Okoro",
            name="Physiotherapy",
            type_id=(kind or self.kind).pk,
            starts=starts,
            minutes=20,
            by=TEST,
        )
        return list(Seat.objects.filter(session=session).order_by("starts_at", "n"))

    def accepted(
        self,
        patient: Patient | None = None,
        *,
        outcome: str = "accept",
        who_books: str = "us",
        priority: str = "routine",
        stream: int = 0,
    ) -> Referral:
        """A referral that triage has accepted, the decision in effect."""
        made = referral(self.place, patient or self.patient(), priority=priority)
        verdict = referrals.Verdict(
            outcome, stream_id=self.place.streams[stream].pk, who_books=who_books, onward_service="Orthopaedics"
        )
        referrals.decide(access=self.place.ada, ref=made.ref, verdict=verdict)
        with clock.at(clock.now() + timedelta(minutes=16)):
            jobs.run_once("referrals.take_effect")
        made.refresh_from_db()
        return made


def clinic(made: Place | None = None, kind: str = "Physiotherapy") -> Clinic:
    """Build one, or give a diary to the service of a place."""
    made = made or place("msk")
    organisation_id = made.service.organisation_id
    site = accounts.set_site(organisation_id=organisation_id, name="Brook Street", by=TEST)
    type_ = set_type(organisation_id=organisation_id, name=kind, by=TEST)
    StreamType.objects.create(stream=made.streams[0], type=type_)
    return Clinic(made, type_, site.pk)
