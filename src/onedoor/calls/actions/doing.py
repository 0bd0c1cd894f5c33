"""What a handler does for a caller whom they see: referrals and visits, by the doors that the patient's own page uses.

Each locks the contact first and is refused once its view is over. The rules are those of referrals and booking, whose errors
come through; what was done is kept with the contact in the same transaction.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db import transaction

from onedoor.booking import api as booking
from onedoor.calls.actions.live import did, locked, seen
from onedoor.calls.errors import NotDone
from onedoor.directory import api as directory
from onedoor.kernel.access import Access
from onedoor.referrals import api as referrals

VIA = "telephone"


@transaction.atomic
def told(*, access: Access, ref: UUID, referral_ref: UUID) -> None:
    """They asked where a referral is, and heard it.

    Raises NotSeen, NotDone, Contact.DoesNotExist.
    """
    contact, view = seen(access, ref)
    if referral_ref not in {one.ref for one in referrals.where_is(view.access, view.patient_id)}:
        raise NotDone("That is no referral of theirs.")
    key = referrals.Referral.objects.values_list("pk", flat=True).get(ref=referral_ref)
    if not contact.deeds.filter(kind="told", subject="referral", subject_id=key).exists():
        did(access, contact, "told", "referral", key)


@transaction.atomic
def end_search(
    *,
    access: Access,
    ref: UUID,
    findings: directory.Findings,
    place: str,
    taken: str = "",
    refused: bool = False,
    after: UUID | None = None,
) -> UUID | None:
    """Keep what looking for a service ended in: told of one (`taken`), or that nothing would do. The gap, where it is one.

    Raises Contact.DoesNotExist.
    """
    contact = locked(access, ref)
    gap = directory.end_search(
        findings=findings, place=place, via="staff", taken=taken or None, refused=refused, after=after, by=access.actor
    )
    chosen = next((one.card.id for one in findings.found if one.card.slug == taken), None)
    if chosen is not None:
        did(access, contact, "service", "service", chosen)
    elif refused:
        did(access, contact, "gap")
    return gap


@transaction.atomic
def refer(
    *, access: Access, ref: UUID, new: referrals.NewReferral, rung_by: str = "", none_of_these: bool = False
) -> referrals.Referral:
    """Refer whoever is seen; whom `new` names does not count. As `referrals.refer_by_telephone`, which says what it raises;
    NotSeen, Contact.DoesNotExist."""
    contact, view = seen(access, ref)
    made = referrals.refer_by_telephone(
        access=view.access,
        new=replace(new, patient_id=view.patient_id),
        rung_by=rung_by,
        none_of_these=none_of_these,
    )
    if not contact.deeds.filter(kind="refer", subject_id=made.pk).exists():
        did(access, contact, "refer", "referral", made.pk)
    return made


@transaction.atomic
def book(*, access: Access, ref: UUID, seat_ref: UUID, despite: str = "") -> booking.Appointment:
    """Book a free place of our own for whoever is seen; `despite` says why although it does not meet what they need.

    Raises BookingError, NotSeen, Contact.DoesNotExist.
    """
    contact, view = seen(access, ref)
    made = booking.book(seat_ref=seat_ref, patient_id=view.patient_id, by=access.actor, via=VIA, despite=despite)
    did(access, contact, "book", "appointment", made.pk)
    return made


@transaction.atomic
def book_visit(*, access: Access, ref: UUID, referral_ref: UUID, seat_ref: UUID) -> booking.Appointment:
    """Book a visit of a referral of theirs, wherever its service sees people. Raises as `referrals.book_visit`, NotSeen,
    Contact.DoesNotExist."""
    contact, view = seen(access, ref)
    made = referrals.book_visit(access=view.access, ref=referral_ref, seat_ref=seat_ref, via=VIA)
    did(access, contact, "book", "appointment", made.pk)
    return made


@transaction.atomic
def move(*, access: Access, ref: UUID, appointment_ref: UUID, seat_ref: UUID, despite: str = "") -> booking.Appointment:
    """Move a visit of whoever is seen to another place. Raises as `book`; Appointment.DoesNotExist for anybody else's."""
    contact, view = seen(access, ref)
    booking.by_ref(view.access, appointment_ref)
    made = booking.move(appointment_ref=appointment_ref, seat_ref=seat_ref, by=access.actor, via=VIA, despite=despite)
    did(access, contact, "move", "appointment", made.pk)
    return made


@transaction.atomic
def cancel(*, access: Access, ref: UUID, appointment_ref: UUID) -> booking.Appointment:
    """Cancel a visit of whoever is seen, because they ask it. Raises as `move`."""
    contact, view = seen(access, ref)
    found = booking.by_ref(view.access, appointment_ref)
    left = booking.cancel(appointment_id=found.id, by=access.actor, reason="patient")
    did(access, contact, "cancel", "appointment", left.pk)
    return left


@transaction.atomic
def say_late(*, access: Access, ref: UUID, appointment_ref: UUID, minutes: int | None) -> None:
    """They are late for a visit of theirs, by so many minutes if they say. Raises as `move`."""
    contact, view = seen(access, ref)
    found = booking.by_ref(view.access, appointment_ref)
    booking.say_late(appointment_id=found.id, minutes=minutes, by=access.actor)
    did(access, contact, "late", "appointment", found.id)
