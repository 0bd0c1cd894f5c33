"""A service with its triage, and referrals to it, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import count

from django.db import transaction

from onedoor import factories
from onedoor.accounts.api import Organisation, organisation_by_ods
from onedoor.directory.models import Service, Stream
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Role
from onedoor.patients.api import take_into_care
from onedoor.patients.models import Patient
from onedoor.referrals.clocks import triage_clocks
from onedoor.referrals.models import History, Referral

_numbers = count(1)


@dataclass(frozen=True)
class Place:
    """A service of a community provider, two who triage for it, and a practice that refers."""

    service: Service
    streams: tuple[Stream, ...]
    ada: Access
    ben: Access
    practice: Organisation
    desk: Access
    """At the practice."""


def place(slug: str = "msk", **also: object) -> Place:
    """Build one. `also` goes to the service."""
    provider = factories.practice("Y99900", "Wexshire Community Health")
    service = Service.objects.create(organisation=provider, slug=slug, name="MSK service", summary="", **also)
    streams = tuple(
        Stream.objects.create(service=service, name=name, position=position)
        for position, name in enumerate(("Physiotherapy", "Ultrasound"), 1)
    )
    practice = organisation_by_ods("Y99002") or factories.practice()
    return Place(
        service,
        streams,
        factories.person(provider, Role.TRIAGE_CLINICIAN)[1],
        factories.person(provider, Role.TRIAGE_CLINICIAN)[1],
        practice,
        factories.person(practice)[1],
    )


def referral(
    at: Place,
    patient: Patient | None = None,
    *,
    priority: str = "routine",
    received_at: datetime | None = None,
) -> Referral:
    """One that awaits triage; nobody of its number is known without a patient."""
    received = received_at or clock.now()
    made = Referral.objects.create(
        service=at.service,
        source_ref=f"T{next(_numbers)}",
        nhs_number=patient.nhs_number if patient and patient.nhs_number else factories.nhs_number(),
        patient=patient,
        source="gp",
        referrer_ods=at.practice.ods_code,
        priority=priority,
        received_at=received,
        triage_due_at=triage_clocks(at.service, [(received, priority)])[0],
        clock_start=received.date(),
        came_on=received.astimezone(clock.LONDON).date(),
        state="AWAITING_TRIAGE",
    )
    History.objects.create(
        parent=made,
        from_state="",
        to_state=made.state,
        at=made.received_at,
        recorded_at=made.received_at,
        actor_kind="system",
        actor_label="test",
    )
    if patient is not None:
        with transaction.atomic():
            take_into_care(pairs=[(at.service.organisation_id, patient.pk)], by=factories.TEST)
    return made
