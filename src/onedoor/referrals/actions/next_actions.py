"""What is done next with those past triage: said to be done, changed or put off, for one or for many at once.

A next action never ends in nothing: whoever says that it was done says what follows and by when, or discharges.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from django.db import transaction

from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.access import Access, Permission
from onedoor.referrals.errors import Incomplete, NewerCame
from onedoor.referrals.models import NextStep, Referral
from onedoor.referrals.queries.visible import visible
from onedoor.referrals.rules import AWAITING_TRIAGE, NEXT_ACTIONS, NEXT_WITHIN


@transaction.atomic
def set_next(
    *, access: Access, seen: Mapping[UUID, date | None], done: bool, action: str, due: date, reason: str
) -> int:
    """Give these referrals a next action with a day and a reason; returns how many got it.

    `seen` holds each with the day it was due on the page that was acted on: those whose day is another meanwhile, that have
    ended or await triage stay as they are. `done` says that the action before was done. An empty `action` keeps each its own.
    Raises Incomplete, NewerCame where none was as seen, NotPermitted, Referral.DoesNotExist where one is not the access's.
    """
    access.require(Permission.REFERRALS)
    said = " ".join(reason.split())[:400]
    if not said:
        raise Incomplete("Say why, or what was done, in a few words.")
    if action not in NEXT_ACTIONS and (action or done):
        raise Incomplete("Choose what is to be done next.")
    today = clock.today()
    if not today <= due <= today + NEXT_WITHIN:
        raise Incomplete("Choose a day from today to a year from now.")
    mine = visible(access).filter(ref__in=list(seen))
    if not access.everything:
        mine = mine.filter(service__organisation_id__in=access.organisation_ids)
    keys = list(mine.order_by("pk").values_list("pk", flat=True))
    if not seen or len(keys) != len(seen):
        raise Referral.DoesNotExist
    locked = (
        Referral.objects.select_for_update(of=("self",)).select_related("service").filter(pk__in=keys).order_by("pk")
    )
    found = [
        one
        for one in locked
        if one.closed_at is None and one.state != AWAITING_TRIAGE and one.next_action_due == seen[one.ref]
    ]
    if not found:
        raise NewerCame("It was changed meanwhile: look again. Nothing was changed.")
    now, by = clock.now(), access.actor
    steps = [
        NextStep(
            referral=one,
            done=done,
            from_action=one.next_action,
            from_due=one.next_action_due,
            to_action=action or one.next_action,
            to_due=due,
            reason=said,
            at=now,
            by_label=by.label,
        )
        for one in found
        if action or one.next_action
    ]
    if not steps:
        raise Incomplete("Choose what is to be done next.")
    NextStep.objects.bulk_create(steps)
    for step in steps:
        step.referral.next_action, step.referral.next_action_due = step.to_action, due
    Referral.objects.bulk_update([step.referral for step in steps], ["next_action", "next_action_due"], batch_size=500)
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                "next_action",
                "referral",
                step.referral.pk,
                patient_id=step.referral.patient_id,
                organisation_id=step.referral.service.organisation_id,
                detail={"done": done, "to": step.to_action, "due": due.isoformat()},
            )
            for step in steps
        ],
    )
    for organisation_id in {step.referral.service.organisation_id for step in steps}:
        jobs.notify_live("referrals", organisation_id)
    return len(steps)
