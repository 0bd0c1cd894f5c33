"""A service with people who wait, for tests: referrals come in through the door of lists."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

from django.db import transaction

from onedoor import factories
from onedoor.directory.api import Service, take_services
from onedoor.directory.types import ServiceRow
from onedoor.factories import TEST
from onedoor.kernel.clock import LONDON
from onedoor.patients.models import Patient
from onedoor.referrals.api import take_referrals
from onedoor.referrals.models import Referral
from onedoor.referrals.types import ReferralRow

MONDAY = date(2026, 12, 7)
_refs = count(1)


def at(day: date, hour: int = 9) -> datetime:
    """That hour of a London day."""
    return datetime.combine(day, time(hour), tzinfo=LONDON)


def service(slug: str = "msk", name: str = "Joint and Muscle Service") -> Service:
    """A service with two streams."""
    row = ServiceRow(
        slug=slug,
        name=name,
        summary="Help with pain in joints, bones and muscles.",
        provider_ods="NLX01",
        provider="Withern Community Care",
        phone="01632 960500",
        refers=("gp",),
        streams=(("Physiotherapy", "one_to_one"), ("Exercise Classes", "class")),
    )
    take_services(rows=[row], by=TEST)
    return Service.objects.get(slug=slug)


def row(received_on: date, *, patient: Patient | None = None, **more: Any) -> ReferralRow:
    """A GP's referral, of somebody whom no list has brought unless given."""
    number = next(_refs)
    nhs_number = patient.nhs_number if patient and patient.nhs_number else factories.nhs_number()
    facts: dict[str, Any] = {
        "row": number,
        "source_ref": f"T{number:06d}",
        "nhs_number": nhs_number,
        "received_at": at(received_on),
        "source": "gp",
        "referrer_ods": "Y99002",
        "priority": "routine",
    }
    return ReferralRow(**{**facts, **more})


def refer(whom: Service, received_on: date, *, patient: Patient | None = None, **more: Any) -> Referral:
    """One referral."""
    told = row(received_on, patient=patient, **more)
    with transaction.atomic():
        take_referrals(service=whom, rows=[told], by=TEST)
    return Referral.objects.get(service=whom, source_ref=told.source_ref)


def decided_after(whom: Service, days: Iterable[int], until: date = MONDAY, **more: Any) -> None:
    """One referral of each working day of the eight weeks before for each number of days, decided after so many.

    Those that would be decided on `until` or later still wait.
    """
    rows = []
    for back in range(55, 0, -1):
        came = until - timedelta(days=back)
        for wait in days:
            over = came + timedelta(days=wait) < until
            done = {"triaged_at": at(came + timedelta(days=wait), 12), "outcome": "accept", "stream": "Physiotherapy"}
            rows.append(row(came, **({**done, **more} if over else {})))
    with transaction.atomic():
        take_referrals(service=whom, rows=rows, by=TEST)
