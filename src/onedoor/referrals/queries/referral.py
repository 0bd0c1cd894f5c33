"""One referral with everything that a decision wants beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Q

from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.calendar import working_time_between
from onedoor.referrals.clocks import Clocks, clocks_on
from onedoor.referrals.models import Attachment, Decision, History, Information, Intake, Parking, Referral
from onedoor.referrals.queries.visible import by_ref, visible
from onedoor.referrals.rules import BACK_WITHIN


@dataclass(frozen=True)
class Other:
    """Another referral of the same person that the access may see."""

    referral: Referral
    twin: bool
    """Open, and to the same service: perhaps the same thing twice."""
    back_soon: bool
    """Discharged less than 90 days before this one came."""


@dataclass(frozen=True)
class Folder:
    """A referral, its clocks, and what came and was said about it."""

    referral: Referral
    may_decide: bool
    due_at: datetime
    clocks: Clocks
    """Of the contract in force when it came."""
    elapsed: timedelta
    working: timedelta
    """Both from receipt to the first decision, or to now."""
    mark: str
    history: list[History]
    decisions: list[Decision]
    parkings: list[Parking]
    information: list[Information]
    attachments: list[Attachment]
    intake: Intake | None
    others: list[Other]

    @property
    def held(self) -> Decision | None:
        """The decision that can still be taken back."""
        return next((decision for decision in self.decisions if decision.state == "held"), None)

    @property
    def parked(self) -> Parking | None:
        """How it is set aside now."""
        today = clock.today()
        return next((p for p in self.parkings if p.ended_at is None and p.until > today), None)


def folder(access: Access, ref: UUID) -> Folder:
    """One referral; raises Referral.DoesNotExist outside the access. Files come without their content."""
    referral = by_ref(access, ref)
    service = referral.service
    decisions = list(referral.decisions.select_related("stream").order_by("-pk"))
    until = referral.triaged_at or next((d.decided_at for d in decisions if d.state == "held"), None) or clock.now()
    return Folder(
        referral=referral,
        may_decide=access.may(Permission.REFERRALS)
        and (access.everything or service.organisation_id in access.organisation_ids),
        due_at=referral.triage_due_at,
        clocks=clocks_on(service, referral.received_at.astimezone(clock.LONDON).date()),
        elapsed=max(until - referral.received_at, timedelta()),
        working=working_time_between(referral.received_at, until),
        mark=mark(referral.pk),
        history=list(referral.history.order_by("pk")),
        decisions=decisions,
        parkings=list(referral.parkings.select_related("asked_of").order_by("-pk")),
        information=list(referral.information.order_by("pk")),
        attachments=list(referral.attachments.defer("content").order_by("pk")),
        intake=Intake.objects.filter(referral=referral).first(),
        others=others(access, referral),
    )


def mark(referral_id: int) -> str:
    """What a page showed of a referral: changes with whatever comes or is done, so that nobody decides on an old page."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT (SELECT max(id) FROM referrals_history WHERE parent_id = %(id)s),
                   (SELECT count(*) FROM referrals_decision WHERE referral_id = %(id)s),
                   (SELECT max(id) FROM referrals_parking WHERE referral_id = %(id)s),
                   (SELECT max(ended_at) FROM referrals_parking WHERE referral_id = %(id)s),
                   (SELECT max(id) FROM referrals_information WHERE referral_id = %(id)s),
                   (SELECT max(id) FROM referrals_attachment WHERE referral_id = %(id)s)""",
            {"id": referral_id},
        )
        return "/".join("" if part is None else str(part) for part in cursor.fetchone())


def others(access: Access, referral: Referral) -> list[Other]:
    """The other referrals of the same NHS number that the access may see, the latest first."""
    found = (
        visible(access).filter(nhs_number=referral.nhs_number).exclude(pk=referral.pk).order_by("-received_at", "-pk")
    )
    return [
        Other(
            other,
            twin=other.service_id == referral.service_id and other.closed_at is None,
            back_soon=other.service_id == referral.service_id
            and _ended_before(other, referral.received_at.astimezone(clock.LONDON).date()),
        )
        for other in found[:50]
    ]


def _ended_before(other: Referral, came_on: date) -> bool:
    left = other.discharged_on
    return left is not None and left <= came_on and came_on - left < BACK_WITHIN


def twins(access: Access, *, service_id: int, patient_id: int) -> list[Referral]:
    """Open referrals of a patient to a service that the access may see; for a patient, their own."""
    return list(
        visible(access)
        .filter(Q(service_id=service_id), closed_at=None, patient_id=patient_id)
        .order_by("received_at", "pk")
    )


def attachment(access: Access, ref: UUID) -> Attachment:
    """One file of a referral that the access may see; raises Attachment.DoesNotExist."""
    return Attachment.objects.get(ref=ref, referral__in=visible(access))


def sent(access: Access, *, limit: int = 200, offset: int = 0) -> Sequence[Referral]:
    """What the access's own practice referred, for patients in its care, the latest first; so many after so many."""
    if not access.may(Permission.REFER):
        return []
    found = visible(access)
    if access.may(Permission.REFERRALS):
        found = found.exclude(service__organisation_id__in=access.organisations)
    return list(found.order_by("-received_at", "-pk")[offset : offset + limit])
