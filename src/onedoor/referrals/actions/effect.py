"""Decisions of triage take effect, in sets: states, histories, timelines, and the event that letters follow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from onedoor.kernel import audit, clock, events, jobs
from onedoor.kernel.actor import Actor
from onedoor.kernel.transitions import transition
from onedoor.records.api import record_entries
from onedoor.records.types import NewEntry
from onedoor.referrals.events import Decided, TriageDecided
from onedoor.referrals.models import Decision, History, Referral
from onedoor.referrals.rules import MOVES, NOT_BOOKED, OUTCOMES
from onedoor.referrals.rules_booking import ACCEPTED

_SLICE = 500


@transaction.atomic
def take_effect(*, by: Actor) -> int:
    """Put decisions whose hold is over into effect, a slice of them; returns how many.

    The referral moves by whoever decided, at the moment it takes effect; its triage clock stopped when they decided.
    """
    now = clock.now()
    due = Decision.objects.filter(state="held", takes_effect_at__lte=now).order_by("takes_effect_at")
    keys = list(due.values_list("referral_id", flat=True)[:_SLICE])
    # Referrals before their decisions, as everybody locks them. Whatever is busy waits for the next time.
    locked = Referral.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk__in=keys).order_by("pk")
    referrals = {referral.pk: referral for referral in locked.select_related("service")}
    decisions = list(
        Decision.objects.select_related("stream")
        .filter(state="held", takes_effect_at__lte=now, referral_id__in=referrals)
        .order_by("pk")
    )
    groups: dict[tuple[str, int, str, datetime], list[Decision]] = defaultdict(list)
    for decision in decisions:
        # A list's clock may be ahead of ours: nothing moves before it came.
        at = max(now, referrals[decision.referral_id].received_at)
        groups[decision.outcome, decision.decided_by_id, decision.decided_by_label, at].append(decision)
    moved: set[int] = set()
    for (key, user_id, label, at), alike in sorted(groups.items()):
        outcome = OUTCOMES[key]
        moved |= set(
            transition(
                model=Referral,
                history=History,
                moves=MOVES,
                ids=[decision.referral_id for decision in alike],
                to=outcome.to_state,
                by=Actor("user", user_id, label),
                reason=outcome.closes or key,
                also={"closed_at": at, "closed_because": outcome.closes} if outcome.closes else None,
                noted={"closes": bool(outcome.closes), "recorded_at": now},
                at=at,
            )
        )
    _patients_choose([d.referral_id for d in decisions if d.referral_id in moved and _by_patient(d)], by)
    done = [decision for decision in decisions if decision.referral_id in moved]
    Decision.objects.filter(pk__in=[decision.pk for decision in done]).update(state="done")
    # A list may have told of a decision made elsewhere while this one was held: what stands already is kept.
    overtaken = [decision.pk for decision in decisions if decision.referral_id not in moved]
    Decision.objects.filter(pk__in=overtaken).update(state="overtaken")
    _write(done)
    _tell(done, referrals, by)
    return len(decisions)


def _by_patient(decision: Decision) -> bool:
    return decision.outcome in ACCEPTED and decision.who_books == "patient"


def _patients_choose(referral_ids: Sequence[int], by: Actor) -> None:
    """It is the patients' turn: they are told that they can choose a time."""
    transition(
        model=Referral,
        history=History,
        moves=MOVES,
        ids=referral_ids,
        to=NOT_BOOKED,
        by=by,
        reason="the patient chooses",
        noted={"closes": False, "recorded_at": clock.now()},
    )


def _write(done: Sequence[Decision]) -> None:
    """What a decision says of its referral: when, what, to which stream, how urgent."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE referrals_referral r SET outcome = d.outcome, stream_id = coalesce(d.stream_id, r.stream_id),
                   triaged_at = coalesce(r.triaged_at, d.decided_at),
                   priority = CASE WHEN d.outcome = 'urgent' AND r.priority = 'routine' THEN 'urgent' ELSE r.priority END,
                   onward_decided_on = CASE WHEN d.outcome = 'onward'
                       THEN (d.decided_at AT TIME ZONE 'Europe/London')::date ELSE r.onward_decided_on END
               FROM referrals_decision d WHERE d.id = ANY(%s) AND r.id = d.referral_id""",
            [[decision.pk for decision in done]],
        )


def _tell(done: Sequence[Decision], referrals: dict[int, Referral], by: Actor) -> None:
    entries, lines, decided = [], [], []
    for decision in done:
        referral = referrals[decision.referral_id]
        organisation_id, patient_id = referral.service.organisation_id, referral.patient_id
        decided.append(
            Decided(referral.pk, decision.pk, referral.service_id, organisation_id, decision.outcome, patient_id)
        )
        lines.append(
            audit.Line(
                "decision_takes_effect",
                "referral",
                referral.pk,
                patient_id=patient_id,
                organisation_id=organisation_id,
                detail={"decision": decision.pk, "outcome": decision.outcome, "decided_by": decision.decided_by_id},
            )
        )
        if patient_id is not None:
            entries.append(
                NewEntry(
                    patient_id=patient_id,
                    organisation_id=organisation_id,
                    kind="referral",
                    text=f"Referral to {referral.service.name}: {said(decision)}"[:400],
                    intent_key=f"triage:{decision.pk}",
                    source="triage",
                    effective_at=decision.decided_at,
                    subject="referral",
                    subject_id=referral.pk,
                )
            )
    record_entries(entries=entries, by=by)
    audit.record_many(by=by, lines=lines)
    if decided:
        events.emit(TriageDecided(tuple(decided)))
    for organisation_id in {line.organisation_id for line in lines if line.organisation_id is not None}:
        jobs.notify_live("referrals", organisation_id)


def said(decision: Decision) -> str:
    """The decision in words: what, and to where."""
    words = OUTCOMES[decision.outcome].said.lower()
    if decision.stream is not None:
        return f"{'accepted as urgent' if decision.outcome == 'urgent' else 'accepted'}, {decision.stream.name}"
    return f"{words}: {decision.onward_service}" if decision.onward_service else words
