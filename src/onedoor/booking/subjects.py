"""Replies about appointments: whose they could be, and what each does (messaging finds the reply's one candidate)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value

from onedoor.booking import errors, rules, texts
from onedoor.booking.actions import booking, changing, lateness, places, refilling, telling
from onedoor.booking.adapters.tasks import place_words
from onedoor.booking.kinds import CANCEL_ASKED, EARLIER_ASKED
from onedoor.booking.models import TAKEN, Appointment, AppointmentHistory
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.messaging.ports import Begun, Context
from onedoor.messaging.types import Acted, Candidate
from onedoor.tasks.types import Kind, NewTask

CONTEXT = Context(
    name="appointment",
    intents={
        # Besides the plain words that messaging knows for keeping, cancelling and coming sooner. "OK" is not among them:
        # it may be thanks for the reminder.
        "earlier": ("anything earlier",),
        # Second thoughts after a cancellation (J2).
        "confirm": ("no wait keep it", "wait keep it", "keep it after all", "no keep it", "no wait i can come"),
    },
)

_ANSWERED_WITHIN = timedelta(hours=48)
"""How long after the text that a visit was booked a CANCEL is plainly about it."""
_SOON = timedelta(days=7)
"""How near a visit is that a CANCEL is plainly about though no text has spoken of it yet."""
_REMINDED_BEFORE = ExpressionWrapper(
    F("seat__type__remind_hours") * Value(timedelta(hours=1)), output_field=DurationField()
)


class Appointments:
    """The owner of "appointment" for messaging."""

    kind = "appointment"

    def open_subjects(self, patient_ids: Sequence[int], intent: str) -> list[Candidate]:
        """Appointments still to come of these patients that the intent could be about.

        CANCEL, EARLY and another time: all that stand. Late: from two hours before until the end. YES: those reminded of, those
        told of so late that no reminder follows, and those that the patient cancelled within the hour while the place is free;
        when there is none of these, those cancelled within the hour whose place has gone.
        """
        now = clock.now()
        found = Appointment.objects.filter(patient_id__in=patient_ids, starts_at__gt=now)
        if intent == "cancel":
            found = found.filter(state__in=("booked", "pending"))
        elif intent == "earlier":
            found = found.filter(state="booked")
            if not found.exists():
                # They wanted back what has gone, and were told that EARLY puts them on the list.
                found = _gone(now).filter(patient_id__in=patient_ids)
        elif intent == "rebook":
            found = found.filter(state__in=("booked", "pending"))
        elif intent == "late":
            # Until its end, which may be after its start.
            found = lateness.may_be_late(patient_ids, now)
        elif intent == "confirm":
            found = found.filter(
                Q(state="booked", reminded_at__isnull=False)
                | Q(state="booked", told_at__gte=F("starts_at") - _REMINDED_BEFORE)
                | Q(pk__in=_may_come_back(now).values("pk"))
            )
            if not found.exists():
                # Too late for the place, and they are told so kindly.
                found = _gone(now).filter(patient_id__in=patient_ids)
        else:
            return []
        return [
            Candidate(
                kind=self.kind,
                subject_id=a.pk,
                patient_id=a.patient_id,
                first_name=a.patient.given_name,
                when=a.starts_at,
                asked=a.reminded_at is not None or a.state in ("cancelled", "cancelling"),
                at_hand=_at_hand(a, now),
                organisation_id=a.organisation_id,
            )
            for a in found.select_related("patient").order_by("starts_at", "id")
        ]

    def act(self, candidate: Candidate, intent: str, inbound_id: int | None, by: Actor, value: str = "") -> Acted:
        """Do what the reply says, or hand it to a person when a reply may not do it or the moment has passed."""
        appointment = places.get(candidate.subject_id)
        about = telling.about(appointment.pk)
        via = "text" if inbound_id is not None else "portal"
        if intent == "confirm":
            return _confirm(appointment, about, by)
        if intent == "cancel":
            return _cancel(appointment, about, via, by)
        if intent == "earlier":
            return _earlier(appointment, about, via, by)
        if intent == "rebook":
            return _rebook(appointment, about, via, by)
        if intent == "late":
            return _late(appointment, about, value, by)
        return Acted(answer=None, done=False)


def _at_hand(appointment: Appointment, now: datetime) -> bool:
    lately = appointment.told_at is not None and appointment.told_at > now - _ANSWERED_WITHIN
    return appointment.reminded_at is not None or lately or appointment.starts_at < now + _SOON


def what_began(patient_ids: Sequence[int], since: datetime) -> list[Begun]:
    """Appointments of these patients that began since, and are neither marked as kept nor ended."""
    found = Appointment.objects.filter(
        patient_id__in=patient_ids, state="booked", starts_at__gt=since, starts_at__lte=clock.now()
    )
    return [
        Begun("appointment", a.pk, a.organisation_id, a.starts_at)
        for a in found.only("organisation_id", "starts_at").order_by("id")
    ]


def _confirm(appointment: Appointment, about: texts.About, by: Actor) -> Acted:
    try:
        if appointment.state in ("cancelled", "cancelling"):
            back = booking.come_back(appointment_id=appointment.pk, by=by)
            return Acted(answer=texts.asked_for(about) if back.state == "pending" else texts.back_again(about))
        booking.confirm(appointment_id=appointment.pk, by=by)
        return Acted(answer=texts.kept(about))
    except (errors.SeatTaken, errors.PatientBusy):
        # A person has the conversation, and offers them another time.
        return Acted(answer=texts.gone_meanwhile(about), done=False)
    except errors.TooLate:
        return Acted(answer=None, done=False)


def _cancel(appointment: Appointment, about: texts.About, via: str, by: Actor) -> Acted:
    try:
        ended = booking.cancel(appointment_id=appointment.pk, by=by, reason="patient", tell=False)
    except errors.MayNotCancelByMachine:
        task = _task(CANCEL_ASKED, appointment, f"A patient asks by {via} to cancel")
        return Acted(answer=texts.person_decides(about), task=task, done=False)
    except errors.TooLate:
        return Acted(answer=None, done=False)
    return Acted(answer=booking.cancelled_text(ended)(about))


def _earlier(appointment: Appointment, about: texts.About, via: str, by: Actor) -> Acted:
    gone = appointment.state == "cancelled"
    if (appointment.state != "booked" and not gone) or appointment.starts_at <= clock.now():
        return Acted(answer=None, done=False)
    kind = appointment.seat.type
    if kind.never_by_machine or not kind.may_refill:
        task = _task(EARLIER_ASKED, appointment, f"A patient asks by {via} for something earlier than")
        return Acted(answer=texts.person_decides(about), task=task, done=False)
    refilling.join_waiting(
        patient_id=appointment.patient_id,
        appointment_id=None if gone else appointment.pk,
        type_id=kind.pk,
        via="reply" if via == "text" else via,
        by=by,
    )
    return Acted(answer=texts.on_the_list(about) if gone else texts.will_be_offered(about))


def _rebook(appointment: Appointment, about: texts.About, via: str, by: Actor) -> Acted:
    address = changing.invite(appointment=appointment, by=by)
    if address is None:
        task = changing.asked_to_change(appointment, f"A patient asks by {via} for another time than")
        return Acted(answer=texts.person_decides(about), task=task, done=False)
    return Acted(answer=texts.other_times(about, address))


def _late(appointment: Appointment, about: texts.About, value: str, by: Actor) -> Acted:
    minutes = int(value) if value else None
    try:
        lateness.say_late(appointment_id=appointment.pk, minutes=minutes, by=by)
    except errors.TooLate:
        return Acted(answer=None, done=False)
    return Acted(answer=texts.late_noted(about, minutes))


def _task(kind: Kind, appointment: Appointment, asks: str) -> NewTask:
    return NewTask(
        kind=kind.name,
        organisation_id=appointment.organisation_id,
        key=f"{kind.name}:{appointment.pk}",
        title=f"{asks}: {place_words(appointment.starts_at, appointment.seat.session.clinician)}",
        patient_id=appointment.patient_id,
        subject="appointment",
        subject_id=appointment.pk,
    )


def _cancelled_lately(now: datetime) -> QuerySet[Appointment]:
    """Cancelled by the patient within the hour."""
    lately = AppointmentHistory.objects.filter(
        parent=OuterRef("pk"), to_state__in=("cancelled", "cancelling"), at__gt=now - rules.CONFIRM_AFTER_CANCEL
    )
    return Appointment.objects.filter(Exists(lately), reason="patient", starts_at__gt=now)


def _gone(now: datetime) -> QuerySet[Appointment]:
    """Of those, what somebody else may have by now."""
    return _cancelled_lately(now).filter(state="cancelled")


def _may_come_back(now: datetime) -> QuerySet[Appointment]:
    """Of those, what they can have again."""
    others = Appointment.objects.filter(seat=OuterRef("seat"), state__in=TAKEN)
    return _cancelled_lately(now).filter(
        Q(state="cancelling") | (Q(state="cancelled", seat__state__in=("open", "course")) & ~Exists(others))
    )
