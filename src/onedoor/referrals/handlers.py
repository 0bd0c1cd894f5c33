"""What referrals do in the transaction of others: a referral is never in another state than its appointments say."""

from __future__ import annotations

from onedoor.booking.events import AppointmentsChanged
from onedoor.kernel import events
from onedoor.referrals.actions import visits


@events.handles(AppointmentsChanged)
def appointments_changed(event: AppointmentsChanged) -> None:
    """Join new appointments to the referrals that they are for, and move the referrals."""
    visits.follow(event)
