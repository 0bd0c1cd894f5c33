"""Another time by a link in a text: made for one appointment, opened with the date of birth, used once.

Phones are shared and texts are read over shoulders: the link alone shows nothing, and three wrong dates of birth close it.
"""

from __future__ import annotations

import secrets
from datetime import date
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet

from onedoor.booking import errors
from onedoor.booking.actions import booking, places
from onedoor.booking.adapters.tasks import place_words
from onedoor.booking.kinds import CHANGE_ASKED
from onedoor.booking.models import Appointment, ChangeLink
from onedoor.booking.queries.changing import link_of, may_change, other_times, token_hash
from onedoor.kernel import audit, clock
from onedoor.kernel.actor import Actor
from onedoor.patients.api import Patient
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

TRIES = 3
"""Wrong dates of birth before the link closes and a person is asked."""


def invite(*, appointment: Appointment, by: Actor) -> str | None:
    """The address of a new link to other times, in the caller's transaction; earlier links of the appointment end.

    None when a person must decide: nothing free, a kind that no machine may move, or a link closed by wrong tries.
    """
    # Two texts at once make one link, and a third wrong try meanwhile is seen.
    places.lock_patients([appointment.patient_id])
    if not may_change(appointment) or not other_times(appointment, limit=1):
        return None
    earlier = ChangeLink.objects.filter(appointment=appointment)
    if earlier.filter(because="wrong").exists():
        return None
    # Whoever guesses at a date of birth gets no more tries by asking for another link.
    tried = earlier.aggregate(most=Max("wrong_tries", default=0))["most"]
    _close(earlier, "replaced")
    token = secrets.token_urlsafe(16)
    link = ChangeLink.objects.create(
        appointment=appointment, token_hash=token_hash(token), made_at=clock.now(), wrong_tries=tried
    )
    _note(link, "change_link_made", by)
    return f"{settings.PUBLIC_ADDRESS}/c/{token}"


@transaction.atomic
def born_on_is(*, token: str, born_on: date | None) -> bool:
    """Whether this is the patient's date of birth. A wrong one counts; the third closes the link and a person is asked.

    Raises LinkClosed.
    """
    link = _locked(token)
    if born_on == Patient.objects.values_list("born_on", flat=True).get(pk=link.appointment.patient_id):
        return True
    link.wrong_tries += 1
    link.save(update_fields=["wrong_tries"])
    by = Actor.system("booking: links to other times")
    _note(link, "change_link_wrong_date", by)
    if link.wrong_tries >= TRIES:
        _close(ChangeLink.objects.filter(pk=link.pk), "wrong")
        tasks.ask_for(
            tasks=[asked_to_change(link.appointment, "The link to other times was closed after three wrong tries")],
            by=by,
        )
    return False


@transaction.atomic
def choose(*, token: str, seat_ref: UUID, by: Actor) -> Appointment:
    """Move the link's appointment to a free place of its kind; returns the new one (`pending` in an outside diary).

    Raises LinkClosed, SeatTaken, PatientBusy, TooLate, NotYours, MayNotCancelByMachine.
    """
    # Pressed twice at once: in an outside diary the old place stands meanwhile, and only the link says that it is used.
    link = _locked(token)
    appointment = link.appointment
    if not may_change(appointment):
        raise errors.MayNotCancelByMachine
    if not other_times(appointment, only=seat_ref):
        raise errors.SeatTaken
    new = booking.move(appointment_ref=appointment.ref, seat_ref=seat_ref, by=by, via="reply")
    _close(ChangeLink.objects.filter(pk=link.pk), "moved")
    return new


def asked_to_change(appointment: Appointment, asks: str) -> NewTask:
    """A person decides about another time, with the appointment beside it."""
    return NewTask(
        kind=CHANGE_ASKED.name,
        organisation_id=appointment.organisation_id,
        key=f"{CHANGE_ASKED.name}:{appointment.pk}",
        title=f"{asks}: {place_words(appointment.starts_at, appointment.seat.session.clinician)}",
        patient_id=appointment.patient_id,
        subject="appointment",
        subject_id=appointment.pk,
    )


def _locked(token: str) -> ChangeLink:
    """The open link of a token, which nobody else opens, uses or replaces in this transaction. Raises LinkClosed."""
    patient_id = link_of(token).appointment.patient_id
    # In the order of everybody: the patient before the link.
    places.lock_patients([patient_id])
    list(ChangeLink.objects.select_for_update(of=("self",)).filter(token_hash=token_hash(token)))
    return link_of(token)


def _close(links: QuerySet[ChangeLink], because: str) -> None:
    links.filter(closed_at=None).update(closed_at=clock.now(), because=because)


def _note(link: ChangeLink, action: str, by: Actor) -> None:
    appointment = link.appointment
    audit.record(
        by=by,
        line=audit.Line(
            action,
            "appointment",
            appointment.pk,
            patient_id=appointment.patient_id,
            organisation_id=appointment.organisation_id,
        ),
    )
