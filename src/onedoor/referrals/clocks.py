"""The clocks of a service's contract, each from a day on, and when the clock of a referral's triage ends by them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from onedoor.directory.api import Service
from onedoor.kernel.clock import LONDON
from onedoor.referrals.models import Contract
from onedoor.referrals.rules import triage_due_at

LOCK = 7_214
"""With the service's key: shared by whatever is received, held alone by whoever sets a contract."""


@dataclass(frozen=True)
class Clocks:
    """What a contract allows: hours of triage, elapsed or working; days to a first appointment; working days to send on."""

    triage_hours: int
    triage_basis: str
    urgent_days: int
    onward_working_days: int
    booking_days: int | None = None


def contracts_of(service_id: int) -> list[Contract]:
    """What was set from which day, the latest day first; of one day the one that stands first."""
    return list(Contract.objects.filter(service_id=service_id).order_by("-from_day", "-pk"))


def clocks_on(service: Service, day: date, contracts: Iterable[Contract] | None = None) -> Clocks:
    """The clocks in force on a day; `contracts` are `contracts_of` the service where they were read already."""
    for one in contracts_of(service.pk) if contracts is None else contracts:
        if one.from_day <= day:
            return Clocks(
                one.triage_hours, one.triage_basis, one.urgent_days, one.onward_working_days, one.booking_days
            )
    return Clocks(service.triage_hours, service.triage_basis, service.urgent_days, service.onward_working_days)


def triage_clocks(service: Service, received: Iterable[tuple[datetime, str]]) -> list[datetime]:
    """For each (moment of receipt, priority) the moment at which triage must have answered; two statements.

    Until the caller's transaction ends nobody sets another contract of the service.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [LOCK, service.pk % 2**31])
    contracts = contracts_of(service.pk)
    ends = []
    for at, priority in received:
        clocks = clocks_on(service, at.astimezone(LONDON).date(), contracts)
        ends.append(triage_due_at(at, priority=priority, hours=clocks.triage_hours, basis=clocks.triage_basis))
    return ends
