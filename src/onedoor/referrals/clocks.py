"""When the clock of a referral's triage ends, by the contract of its service that was in force when it came."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from onedoor.directory.api import Service
from onedoor.referrals.rules import triage_due_at


def triage_clocks(service: Service, received: Iterable[tuple[datetime, str]]) -> list[datetime]:
    """For each (moment of receipt, priority) the moment at which triage must have answered; no statement."""
    return [
        triage_due_at(at, priority=priority, hours=service.triage_hours, basis=service.triage_basis)
        for at, priority in received
    ]
