"""Other times for an appointment: what a machine may book instead of it."""

from __future__ import annotations

import hashlib
from uuid import UUID

from onedoor.booking import errors
from onedoor.booking.models import Appointment, ChangeLink
from onedoor.booking.queries.choosing import MOST, free_for
from onedoor.booking.types import FreePlace
from onedoor.kernel import clock


def may_change(appointment: Appointment) -> bool:
    """Whether a machine may move it: it may give up the old place, and free places of the kind are not kept for others.

    One that an outside diary is moving already is a person's: a second place would be asked for beside the first.
    """
    kind = appointment.seat.type
    mine = Appointment.objects.filter(patient_id=appointment.patient_id)
    if mine.filter(instead_of=appointment, state="pending").exists():
        return False
    stands = appointment.state == "booked" and appointment.starts_at > clock.now()
    return stands and kind.reply_may_cancel and kind.may_refill and not kind.never_by_machine


def other_times(appointment: Appointment, *, limit: int = MOST, only: UUID | None = None) -> list[FreePlace]:
    """Free places of the same kind at the same practice, the earliest first; `only` the one with this reference.

    Left out: those being offered to people who wait, and those at which the patient has something else.
    """
    return free_for(
        organisation_id=appointment.organisation_id,
        type_ids=[appointment.seat.type_id],
        patient_id=appointment.patient_id,
        besides=[appointment.pk],
        limit=limit,
        only=only,
    )


def link_of(token: str) -> ChangeLink:
    """The open link of a token. Raises LinkClosed for one that is closed, used, over or was never made."""
    found = ChangeLink.objects.select_related(
        "appointment__seat__session", "appointment__seat__type", "appointment__organisation"
    )
    link = found.filter(token_hash=token_hash(token)).first()
    if link is None or link.closed_at is not None:
        raise errors.LinkClosed
    if link.appointment.state != "booked" or link.appointment.starts_at <= clock.now():
        raise errors.LinkClosed
    return link


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
