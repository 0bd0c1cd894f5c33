"""How a referral leaves a service other than by its triage: withdrawn, discharged, sent on to secondary care."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction

from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.access import Access
from onedoor.kernel.transitions import transition
from onedoor.records.api import record_entries
from onedoor.records.types import NewEntry
from onedoor.referrals.actions.triage import lock
from onedoor.referrals.errors import AlreadyDecided, Incomplete, NotDone
from onedoor.referrals.models import Decision, History, Parking, Referral
from onedoor.referrals.rules import ASSESSED, AWAITING_TRIAGE, CANCELLED, CLOSINGS, DISCHARGES, MOVES, WITHDRAWALS


@transaction.atomic
def withdraw(*, access: Access, ref: UUID, because: str, note: str = "") -> None:
    """End a referral without an answer of triage: withdrawn, a duplicate, or the patient has died (`rules.WITHDRAWALS`).

    A decision that is held is overtaken. Raises AlreadyDecided when it has ended, Incomplete, NotPermitted.
    """
    referral = lock(access, ref)
    if because not in WITHDRAWALS:
        raise Incomplete("Say why it ends.")
    _end(access, referral, CANCELLED, because, note)


@transaction.atomic
def discharge(*, access: Access, ref: UUID, outcome: str, note: str = "") -> None:
    """Discharge to the GP with an outcome (`rules.DISCHARGES`). Raises NotDone before triage, AlreadyDecided, Incomplete."""
    referral = lock(access, ref)
    if outcome not in DISCHARGES:
        raise Incomplete("Say how it ended.")
    _after_triage(referral)
    _end(access, referral, ASSESSED, "discharged", note, discharged_on=clock.today(), ended_with=outcome)


@transaction.atomic
def send_on(*, access: Access, ref: UUID, note: str = "") -> None:
    """What triage decided to send on to secondary care has been sent today. Raises NotDone where that was not decided."""
    referral = lock(access, ref)
    _after_triage(referral)
    if referral.onward_decided_on is None:
        raise NotDone("Triage has not decided that it goes on to secondary care.")
    _end(access, referral, ASSESSED, "secondary_care", note, onward_sent_on=clock.today())


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
