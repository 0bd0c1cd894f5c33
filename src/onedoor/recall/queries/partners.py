"""Agreements and lists as a practice sees them, the lists a partner may open, and who may be shared at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q

from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.patients import api as patients
from onedoor.recall.models import Invitation, PartnerLine, PartnerList, SharingAgreement

AFTER = timedelta(days=14)
"""How long after the last wave somebody is taken to have answered none. Ours."""


def to_share(organisation_id: int, *, sensitive: bool, limit: int) -> list[tuple[int, int]]:
    """(invitation, patient) of people whom no wave of a practice reached within the year and who may be shared, the longest asked
    first.

    Never those who answered, whose invitation ended otherwise, who are restricted, died or left, or stand on a list that still
    opens; with `sensitive` also those whose invitation is private.
    """
    now, today = clock.now(), clock.today()
    found = Invitation.objects.filter(
        Q(state="expired") | Q(state="invited", next_at=None, waves__made_on__lte=today - AFTER),
        organisation_id=organisation_id,
        invited_at__gte=now - timedelta(days=365),
        programmes__leads=True,
        programmes__ended_on=None,
    ).exclude(shared__list__expires_on__gte=today, shared__list__agreement__ended_at=None)
    if not sensitive:
        found = found.filter(sensitive=False)
    rows = list(found.order_by("invited_at", "id").values_list("pk", "patient_id", "state").distinct())
    last: dict[int, tuple[int, str]] = {patient: (key, state) for key, patient, state in rows}
    # Whoever has answered a later invitation, or one that still runs, is not pushed for an old one.
    busy = set(
        Invitation.objects.filter(patient_id__in=last, state__in=("accepted", "booked", "declined", "already_done"))
        .filter(invited_at__gte=now - timedelta(days=365))
        .values_list("patient_id", flat=True)
    )
    barred = patients.not_to_be_reached([(organisation_id, patient) for patient in last])
    chosen = [
        (key, patient)
        for patient, (key, _) in last.items()
        if patient not in busy and (organisation_id, patient) not in barred
    ]
    return chosen[:limit]


@dataclass(frozen=True)
class ListView:
    """A list as the practice sees it: how many people, what came back by outcome, who opened it when."""

    ref: UUID
    made_at: datetime
    expires_on: date
    open: bool
    people: int
    outcomes: dict[str, int]
    openings: tuple[tuple[datetime, str, int], ...]


@dataclass(frozen=True)
class AgreementView:
    """An agreement with its lists, the latest first."""

    ref: UUID
    partner: str
    purpose: str
    basis: str
    sensitive: bool
    signed_on: date
    starts_on: date
    ends_on: date
    in_force: bool
    ended_at: datetime | None
    lists: tuple[ListView, ...]


def agreements(access: Access, organisation_id: int) -> list[AgreementView]:
    """A practice's sharing agreements, the latest first. Raises NotPermitted. Four queries."""
    access.require(Permission.RECALL)
    if not access.everything and organisation_id not in access.organisation_ids:
        raise NotPermitted(organisation_id)
    today = clock.today()
    rows = (
        SharingAgreement.objects.filter(organisation_id=organisation_id)
        .select_related("partner")
        .prefetch_related("lists__openings")
        .order_by("-id")[:50]
    )
    counted: dict[int, dict[str, int]] = {}
    for list_id, outcome, n in (
        PartnerLine.objects.filter(list__agreement__organisation_id=organisation_id)
        .values_list("list_id", "outcome")
        .annotate(n=Count("id"))
    ):
        counted.setdefault(list_id, {})[outcome] = n
    found = []
    for one in rows:
        in_force = one.ended_at is None and one.starts_on <= today <= one.ends_on
        lists = tuple(
            ListView(
                row.ref, row.made_at, row.expires_on, in_force and row.expires_on >= today,
                sum(counted.get(row.pk, {}).values()), counted.get(row.pk, {}),
                tuple((o.at, o.actor_label, o.shown) for o in sorted(row.openings.all(), key=lambda o: -o.pk)),
            )
            for row in sorted(one.lists.all(), key=lambda row: -row.pk)
        )  # fmt: skip
        found.append(
            AgreementView(
                one.ref, one.partner.name, one.purpose, one.basis, one.sensitive, one.signed_on, one.starts_on,
                one.ends_on, in_force, one.ended_at, lists,
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True)
class OpenList:
    """A list that a partner may open."""

    ref: UUID
    practice: str
    expires_on: date
    people: int
    left: int


def lists_for_partner(access: Access) -> list[OpenList]:
    """The lists that the access's organisation may open now, the soonest to end first. Raises NotPermitted."""
    access.require(Permission.PARTNER)
    today = clock.today()
    rows = (
        PartnerList.objects.filter(
            agreement__partner_id__in=access.organisations,
            expires_on__gte=today,
            agreement__starts_on__lte=today,
            agreement__ends_on__gte=today,
            agreement__ended_at=None,
        )
        .select_related("agreement__organisation")
        .annotate(people=Count("lines"), said=Count("lines", filter=~Q(lines__outcome="")))
        .order_by("expires_on", "id")
    )
    return [
        OpenList(row.ref, row.agreement.organisation.name, row.expires_on, row.people, row.people - row.said)
        for row in rows
    ]
