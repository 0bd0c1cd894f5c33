"""Texts about appointments, made for many at once and queued in the transaction of what they tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from django.db.models import Case, OuterRef, Subquery, When

from onedoor.booking import rules
from onedoor.booking.actions import places
from onedoor.booking.kinds import TELL_PATIENT
from onedoor.booking.models import Appointment, InterpreterBooking
from onedoor.booking.texts import About
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.kernel.words import spoken
from onedoor.messaging import api as messaging
from onedoor.messaging.types import NewMessage, Purpose
from onedoor.patients import api as patients
from onedoor.patients.types import Reach
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

REMINDER = "appointment_reminder"
CHANGE = "appointment_change"
SAME_DAY = "appointment_same_day"

PURPOSES = (
    Purpose(name=REMINDER, group="reminder", lane=1, quiet_hours=True),
    Purpose(name=SAME_DAY, group="reminder", lane=0, quiet_hours=True),
    # Somebody has just booked or cancelled, or must not come for nothing: at once, whatever the hour.
    Purpose(name=CHANGE, group="reminder", lane=0, quiet_hours=False),
)


def abouts(appointment_ids: Iterable[int]) -> dict[int, About]:
    """What texts may say of these appointments, by key, in one query and one for each organisation."""
    # Of two interpreters the one that is not sure yet is spoken of.
    stands = InterpreterBooking.objects.filter(
        appointment=OuterRef("pk"), state__in=("asked", "confirmed", "refused")
    ).order_by(Case(When(state="refused", then=0), When(state="asked", then=1), default=2))
    rows = list(
        Appointment.objects.filter(pk__in=list(appointment_ids)).values_list(
            "id",
            "patient_id",
            "organisation_id",
            "starts_at",
            "organisation__name",
            "organisation__phone",
            "seat__type__said_as",
            "seat__type__by_telephone",
            "seat__type__reply_may_cancel",
            "seat__type__may_refill",
            Subquery(stands.values("state")[:1]),
        )
    )
    reaches = reaches_of((row[2], row[1]) for row in rows)
    found = {}
    for key, patient_id, organisation_id, starts_at, practice, phone, said_as, by_telephone, *rest in rows:
        cancel, refill, interpreter = rest
        reach = reaches[organisation_id][patient_id]
        found[key] = About(
            first_name=reach.given_name,
            starts_at=starts_at,
            practice=practice,
            phone=phone,
            # A person may have typed it: what is sensitive is not named whatever the settings say (clinical.md 6.2).
            said_as=said_as
            if rules.may_name_topic(reach.mobile_holders, reach.born_on, starts_at) and not rules.is_sensitive(said_as)
            else "",
            by_telephone=by_telephone,
            may_cancel=cancel,
            may_refill=refill,
            # A shared phone is told the time and no more (clinical.md 6.2).
            interpreter=interpreter if interpreter in ("asked", "confirmed") and reach.mobile_holders < 2 else "",
        )
    return found


def reaches_of(wanted: Iterable[tuple[int, int]]) -> dict[int, dict[int, Reach]]:
    """How to reach patients, by organisation and patient."""
    by_organisation: dict[int, set[int]] = defaultdict(set)
    for organisation_id, patient_id in wanted:
        by_organisation[organisation_id].add(patient_id)
    return {key: patients.reach(key, ids) for key, ids in by_organisation.items()}


def about(appointment_id: int) -> About:
    """What texts may say of one appointment."""
    return abouts([appointment_id])[appointment_id]


def tell(
    *,
    appointments: Sequence[Appointment],
    what: str,
    compose: Callable[[About], str],
    by: Actor,
    purpose: str = CHANGE,
) -> set[int]:
    """Queue one text for each appointment in the caller's transaction; the same `what` of one appointment goes once.

    Returns the appointments whose text must not be sent (no mobile, STOP, a need that a text does not meet).
    """
    said = abouts(appointment.pk for appointment in appointments)
    result = messaging.queue(
        messages=[
            NewMessage(
                intent_key=f"{what}:{appointment.pk}:sms",
                organisation_id=appointment.organisation_id,
                purpose=purpose,
                body=compose(said[appointment.pk]),
                not_after=appointment.starts_at,
                patient_id=appointment.patient_id,
                subject="appointment",
                subject_id=appointment.pk,
            )
            for appointment in appointments
        ],
        by=by,
    )
    if not result.suppressed:
        return set()
    return messaging.never_sent(subject="appointment", subject_ids=[a.pk for a in appointments], purpose=purpose)


def ring(*, appointments: Sequence[Appointment], what: str, about: str, by: Actor) -> None:
    """Have these patients rung about appointments still to come, in the caller's transaction; the same `what` once.

    `about` begins the title: "an appointment is sure". Nobody is rung about somebody who has died or is restricted.
    """
    coming = [a for a in appointments if a.starts_at > clock.now()]
    reaches = reaches_of((a.organisation_id, a.patient_id) for a in coming)
    wanted = []
    for appointment in coming:
        reach = reaches[appointment.organisation_id][appointment.patient_id]
        if reach.deceased or reach.restricted:
            continue
        numbers = " or ".join(spoken(number) for number in (reach.landline, reach.mobile) if number)
        wanted.append(
            NewTask(
                kind=TELL_PATIENT.name,
                organisation_id=appointment.organisation_id,
                key=f"tell_patient:{appointment.pk}:{what}",
                title=f"Ring: {about}, {places.words(appointment)}",
                detail=f"On {numbers}." if numbers else "We know no number: write to them.",
                patient_id=appointment.patient_id,
                subject="appointment",
                subject_id=appointment.pk,
            )
        )
    tasks.ask_for(tasks=wanted, by=by)
