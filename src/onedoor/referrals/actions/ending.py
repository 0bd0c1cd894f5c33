"""How a referral leaves a service other than by its triage: withdrawn, discharged, sent on to secondary care.

What is booked for it ends with it: a visit that is ahead is cancelled and its place given to others, and nobody waits for one.
The patient is locked first, as booking does, and the referral after.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction

from onedoor.booking import api as booking
from onedoor.booking.api import Enrolment, WaitingEntry
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.kernel.transitions import transition
from onedoor.records.api import record_entries
from onedoor.records.types import NewEntry
from onedoor.referrals.actions import visits
from onedoor.referrals.actions.triage import lock
from onedoor.referrals.errors import AlreadyDecided, Incomplete, NotDone
from onedoor.referrals.models import Decision, History, Parking, Referral, StreamType, Visit
from onedoor.referrals.queries.to_book import kinds_of
from onedoor.referrals.rules import ASSESSED, AWAITING_TRIAGE, CANCELLED, CLOSINGS, DISCHARGES, MOVES, WITHDRAWALS


@transaction.atomic
def withdraw(*, access: Access, ref: UUID, because: str, note: str = "") -> None:
    """End a referral without an answer of triage: withdrawn, a duplicate, or the patient has died (`rules.WITHDRAWALS`).

    A decision that is held is overtaken. Raises AlreadyDecided when it has ended, Incomplete, NotPermitted.
    """
    referral = _lock(access, ref)
    if because not in WITHDRAWALS:
        raise Incomplete("Say why it ends.")
    _end(access, referral, CANCELLED, because, note)


@transaction.atomic
def discharge(*, access: Access, ref: UUID, outcome: str, note: str = "") -> None:
    """Discharge to the GP with an outcome (`rules.DISCHARGES`). Raises NotDone before triage, AlreadyDecided, Incomplete."""
    referral = _lock(access, ref)
    if outcome not in DISCHARGES:
        raise Incomplete("Say how it ended.")
    _after_triage(referral)
    _end(access, referral, ASSESSED, "discharged", note, discharged_on=clock.today(), ended_with=outcome)


@transaction.atomic
def send_on(*, access: Access, ref: UUID, note: str = "") -> None:
    """What triage decided to send on to secondary care has been sent today. Raises NotDone where that was not decided."""
    referral = _lock(access, ref)
    _after_triage(referral)
    if referral.onward_decided_on is None:
        raise NotDone("Triage has not decided that it goes on to secondary care.")
    _end(access, referral, ASSESSED, "secondary_care", note, onward_sent_on=clock.today())


def _lock(access: Access, ref: UUID) -> Referral:
    """As `triage.lock`, with the patient locked before, since visits may end too."""
    patient_id = Referral.objects.filter(ref=ref).values_list("patient_id", flat=True).first()
    if patient_id is not None:
        booking.lock_patients([patient_id])
    return lock(access, ref)


def _after_triage(referral: Referral) -> None:
    if referral.closed_at is None and (
        referral.state == AWAITING_TRIAGE or ASSESSED not in MOVES.get(referral.state, frozenset())
    ):
        raise NotDone("Triage decides it first.")


def _end(access: Access, referral: Referral, to: str, because: str, note: str, **also: date | str) -> None:
    # A list's clock may be ahead of ours: nothing ends before it came.
    now, by = max(clock.now(), referral.received_at), access.actor
    moved = transition(
        model=Referral,
        history=History,
        moves=MOVES,
        ids=[referral.pk] if referral.closed_at is None else [],
        to=to,
        by=by,
        reason=because,
        also={"closed_at": now, "closed_because": because, "ending_note": note.strip()[:1000], **also},
        noted={"closes": True, "recorded_at": clock.now()},
        at=now,
    )
    if not moved:
        raise AlreadyDecided("It has ended already. Nothing was changed.")
    Decision.objects.filter(referral=referral, state="held").update(state="overtaken")
    Parking.objects.filter(referral=referral, ended_at=None).update(ended_at=now, ended_by_label=by.label)
    end_visits(referral, because, by)
    organisation_id = referral.service.organisation_id
    if referral.patient_id is not None:
        words = DISCHARGES.get(str(also.get("ended_with")), "")
        ended = CLOSINGS[because].lower() + (f" ({words.lower()})" if words else "")
        record_entries(
            entries=[
                NewEntry(
                    patient_id=referral.patient_id,
                    organisation_id=organisation_id,
                    kind="referral",
                    text=f"Referral to {referral.service.name} ended: {ended}"[:400],
                    intent_key=f"referral_ended:{referral.pk}",
                    source="triage",
                    subject="referral",
                    subject_id=referral.pk,
                )
            ],
            by=by,
        )
    audit.record(
        by=by,
        line=audit.Line(
            "end_referral",
            "referral",
            referral.pk,
            patient_id=referral.patient_id,
            organisation_id=organisation_id,
            detail={"because": because},
        ),
    )
    jobs.notify_live("referrals", organisation_id)


def end_visits(referral: Referral, because: str, by: Actor) -> None:
    """What is booked for a referral that has just ended: visits ahead are cancelled, waiting for one ends; with patient and
    referral locked, in the caller's transaction.

    Where it was the same as another one that is open, that one keeps them. Nobody is told anything of somebody who has died.
    """
    if referral.patient_id is None:
        return
    other = _the_other(referral) if because == "duplicate" else None
    ahead = Visit.objects.filter(
        referral=referral, appointment__state__in=("booked", "pending"), appointment__starts_at__gt=clock.now()
    ).order_by("appointment__starts_at")
    if other is not None:
        kept = list(ahead.values_list("appointment_id", flat=True))
        ahead.update(referral=other)
        visits.give(appointment_ids=kept, by=by)
        return
    _leave_courses(referral, because, by)
    for visit in ahead:
        booking.cancel(
            appointment_id=visit.appointment_id,
            by=by,
            reason="practice",
            tell=because != "deceased",
        )
    _leave_waiting(referral, by)


def _the_other(referral: Referral) -> Referral | None:
    """The open one of the same person and service of which this was a copy: the one it was linked with, else the oldest."""
    found = Referral.objects.select_for_update(of=("self",)).filter(
        service_id=referral.service_id, patient=referral.patient, closed_at=None
    )
    others = list(found.exclude(pk=referral.pk).exclude(state=AWAITING_TRIAGE).order_by("received_at", "pk"))
    linked = [one for one in others if referral.same_as_id == one.pk or one.same_as_id == referral.pk]
    return next(iter(linked or others), None)


def _own_kinds(referral: Referral) -> set[int]:
    """Kinds of appointment of its stream that no other open referral of theirs is seen by."""
    still = Referral.objects.filter(patient=referral.patient, closed_at=None).exclude(pk=referral.pk)
    others = StreamType.objects.filter(stream_id__in=still.values("stream_id"))
    return set(kinds_of(referral.stream_id)) - set(others.values_list("type_id", flat=True))


def _leave_courses(referral: Referral, because: str, by: Actor) -> None:
    """Off the courses and their lists: the place is the next one's, and they are told once for all dates."""
    places = Enrolment.objects.filter(
        patient=referral.patient, course__type_id__in=_own_kinds(referral), state__in=("waiting", "enrolled")
    )
    for ref in list(places.order_by("pk").values_list("ref", flat=True)):
        booking.leave_course(enrolment_ref=ref, by=by, reason="practice", tell=because != "deceased")


def _leave_waiting(referral: Referral, by: Actor) -> None:
    """Off the list for places given up, unless another open referral of theirs waits for the same kind."""
    kinds = _own_kinds(referral)
    waiting = WaitingEntry.objects.filter(
        patient=referral.patient, type_id__in=kinds, state="waiting", appointment=None
    )
    entries = list(waiting.order_by("pk").values_list("pk", flat=True))
    if entries:
        booking.leave_waiting(entry_ids=entries, by=by, because="referral ended")
