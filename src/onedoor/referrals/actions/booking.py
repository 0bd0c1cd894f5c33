"""Booking after triage: into our own sessions, by the service or by the patient, or onto the list for places given up.

Whoever books locks the patient first, as booking does, and the referral after it (`booking.actions.places`); what becomes of the
referral follows from the appointment (`visits`).
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from onedoor.booking import api as booking
from onedoor.booking.api import Appointment, AppointmentType, Enrolment
from onedoor.directory.api import Service
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.kernel.actor import Actor
from onedoor.kernel.transitions import transition
from onedoor.messaging import api as messaging
from onedoor.referrals.actions.visits import booking_for
from onedoor.referrals.errors import Incomplete, NotDone
from onedoor.referrals.models import History, Referral, StreamType, Visit
from onedoor.referrals.queries.to_book import courses, kinds_of, may_book, places
from onedoor.referrals.rules import DEFERRED, MOVES

NOT_NOW = "It is not to be booked now: somebody has booked it, or it has ended. Nothing was changed."


@transaction.atomic
def book_visit(*, access: Access, ref: UUID, seat_ref: UUID, via: str = "desk", despite: str = "") -> Appointment:
    """Book a free place of the stream's kinds for a referral; it is BOOKED in the same transaction, and the patient is told.

    A place that does not meet a need is booked only by staff who say `despite` what, which is kept. `via` is desk (from the list:
    whom no text reaches is to be rung), telephone (they are on the line) or portal. Raises NotDone where it is not to be booked
    or not by this access; booking's own SeatTaken, PatientBusy, TooLate, NotYours; Referral.DoesNotExist outside the access.
    """
    referral = _locked(access, ref)
    if not (
        places(access, referral, only=seat_ref)
        or (despite.strip() and access.patient_id is None and places(access, referral, only=seat_ref, fitting=False))
    ):
        raise booking.SeatTaken
    with booking_for(referral.pk):
        booked = booking.book(
            seat_ref=seat_ref,
            patient_id=_patient(referral),
            by=_actor(access, referral),
            via=via,
            despite=despite,
        )
    if not Visit.objects.filter(referral=referral, appointment=booked).exists():
        raise NotDone(NOT_NOW)
    if via == "desk":
        _ring_whom_no_text_reaches(booked, access.actor)
    return booked


@transaction.atomic
def hold_visit(*, access: Access, ref: UUID, seat_ref: UUID) -> Appointment:
    """Keep a place for a few minutes while the patient makes sure; raises as `book_visit`. A second choice replaces the first."""
    referral = _locked(access, ref)
    if not places(access, referral, only=seat_ref):
        raise booking.SeatTaken
    return booking.hold(seat_ref=seat_ref, patient_id=_patient(referral), by=_actor(access, referral))


@transaction.atomic
def book_course(*, access: Access, ref: UUID, course_ref: UUID, via: str = "desk") -> Enrolment:
    """Give the patient of a referral a place at every date ahead of a course of the stream's kinds, or at none: each is a visit,
    the referral is BOOKED in the same transaction, and the patient is told once of all.

    Raises NotDone and Referral.DoesNotExist as `book_visit`; booking's own CourseFull, CourseClosed, BusyOn, DoesNotFit.
    """
    referral = _locked(access, ref)
    _check_course(access, referral, course_ref)
    with booking_for(referral.pk):
        enrolment = booking.enrol(
            course_ref=course_ref, patient_id=_patient(referral), by=_actor(access, referral), via=via
        )
    of_course = Visit.objects.filter(appointment__seat__course_date__course=enrolment.course_id)
    if not of_course.filter(referral=referral).exists():
        raise NotDone("They are on this course already, for another referral. Nothing was changed.")
    return enrolment


@transaction.atomic
def wait_for_course(*, access: Access, ref: UUID, course_ref: UUID, via: str = "desk") -> Enrolment:
    """The course is full: onto its list, and whoever has a place of it is booked by that. The referral is with the service until
    then (DEFERRED_TO_PROVIDER). Raises as `book_course`."""
    referral = _locked(access, ref)
    _check_course(access, referral, course_ref)
    waits = booking.wait_for_course(
        course_ref=course_ref, patient_id=_patient(referral), by=_actor(access, referral), via=via
    )
    _defer(referral, access.actor, "the course was full")
    _note(referral, "wait_for_course", access.actor, {"course": waits.course_id})
    return waits


def _check_course(access: Access, referral: Referral, course_ref: UUID) -> None:
    """Raise CourseClosed unless it is a course that serves the referral."""
    if course_ref not in {one.ref for one in courses(access, referral)}:
        raise booking.CourseClosed


def _defer(referral: Referral, by: Actor, reason: str) -> None:
    """It is with the service until a place is had."""
    if referral.state != DEFERRED:
        transition(
            model=Referral,
            history=History,
            moves=MOVES,
            ids=[referral.pk],
            to=DEFERRED,
            by=by,
            reason=reason,
            noted={"closes": False, "recorded_at": clock.now()},
        )


@transaction.atomic
def wait_for_visit(*, access: Access, ref: UUID, via: str = "desk") -> int:
    """No time is free, or none that suits: put the patient on the list for places that others give up, urgent ones in front;
    returns of how many kinds.

    The referral is with the service (DEFERRED_TO_PROVIDER) until a place is accepted or booked. Raises NotDone where no kind of
    the stream is offered by machine, or it is not to be booked.
    """
    referral = _locked(access, ref)
    joined = 0
    for type_id in kinds_of(referral.stream_id):
        try:
            booking.join_waiting(
                patient_id=_patient(referral),
                appointment_id=None,
                type_id=type_id,
                via=via,
                by=_actor(access, referral),
                priority=1 if referral.priority == "routine" else 0,
            )
        except booking.NotOffered:
            continue
        joined += 1
    if not joined:
        raise NotDone(
            "Places of these kinds are not offered to people who wait. Open more sessions, or ring the patient."
        )
    _defer(referral, access.actor, "no time was free")
    _note(referral, "wait_for_visit", access.actor, {"kinds": joined})
    return joined


@transaction.atomic
def set_stream_kinds(*, access: Access, service: Service, stream_id: int, type_ids: Sequence[int]) -> None:
    """Say by which kinds of appointment of the service's organisation a stream's people are seen; the others no longer are.

    Raises NotPermitted, Incomplete for a stream or a kind of somebody else's.
    """
    access.require(Permission.REFERRALS)
    if not (access.everything or service.organisation_id in access.organisation_ids):
        raise NotPermitted(Permission.REFERRALS)
    wanted = set(type_ids)
    ours = AppointmentType.objects.filter(pk__in=wanted, organisation_id=service.organisation_id)
    if not service.streams.filter(pk=stream_id).exists() or ours.count() != len(wanted):
        raise Incomplete("Choose a stream and kinds of appointment of your own organisation.")
    StreamType.objects.filter(stream_id=stream_id).exclude(type_id__in=wanted).delete()
    StreamType.objects.bulk_create(
        [StreamType(stream_id=stream_id, type_id=type_id) for type_id in sorted(wanted)], ignore_conflicts=True
    )
    audit.record(
        by=access.actor,
        line=audit.Line(
            "set_stream_kinds",
            "stream",
            stream_id,
            organisation_id=service.organisation_id,
            detail={"kinds": ", ".join(str(key) for key in sorted(wanted))},
        ),
    )


def _locked(access: Access, ref: UUID) -> Referral:
    """The referral with its patient locked, for whoever may book it. Raises NotDone, Referral.DoesNotExist."""
    found = Referral.objects.select_related("service").get(ref=ref)
    ours = access.may(Permission.REFERRALS) and found.service.organisation_id in access.organisation_ids
    if not (access.everything or ours or (found.patient_id is not None and access.patient_id == found.patient_id)):
        raise Referral.DoesNotExist
    if found.patient_id is None:
        raise NotDone("No patient list has brought anybody of this NHS number yet: it cannot be booked here.")
    booking.lock_patients([found.patient_id])
    referral = Referral.objects.select_related("service", "stream").get(pk=found.pk)
    if not may_book(access, referral):
        raise NotDone(NOT_NOW)
    return referral


def _patient(referral: Referral) -> int:
    assert referral.patient_id is not None
    return referral.patient_id


def _actor(access: Access, referral: Referral) -> Actor:
    """Whoever books. A member of staff who has the patient on the telephone says what the patient said, and is named."""
    if access.patient_id is not None and access.actor.kind == "user":
        label = f"{access.actor.label}, for the patient on the telephone"[:80]
        return Actor("patient", referral.patient_id, label, access.actor.organisation_id)
    return access.actor


def _ring_whom_no_text_reaches(booked: Appointment, by: Actor) -> None:
    if messaging.never_sent(subject="appointment", subject_ids=[booked.pk], purpose=booking.CHANGE):
        booking.ring(appointments=[booked], what="booked", about="an appointment was booked for them", by=by)


def _note(referral: Referral, action: str, by: Actor, detail: dict[str, object]) -> None:
    organisation_id = referral.service.organisation_id
    audit.record(
        by=by,
        line=audit.Line(
            action,
            "referral",
            referral.pk,
            patient_id=referral.patient_id,
            organisation_id=organisation_id,
            detail=detail,
        ),
    )
    jobs.notify_live("referrals", organisation_id)
