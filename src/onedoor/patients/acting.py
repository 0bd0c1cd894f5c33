"""Reads of who may act for whom. A right is worked out anew at each request, on the day that the domain clock says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from onedoor.accounts.api import User
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Part
from onedoor.kernel.actor import Actor
from onedoor.patients import rules
from onedoor.patients.models import Carer, Proxy
from onedoor.patients.queries import visible


@dataclass(frozen=True)
class Ward:
    """Somebody for whom a signed-in person may act now. `ends_on` is the first day without."""

    ref: UUID
    patient_id: int
    name: str
    relationship: str
    parts: frozenset[Part]
    ends_on: date | None
    access: Access

    @property
    def last_day(self) -> date | None:
        """The last day on which they may act, as people say it."""
        return self.ends_on - timedelta(days=1) if self.ends_on else None


@dataclass(frozen=True)
class SignIn:
    """What a user is to the portal: a patient, and somebody who acts for others or once did."""

    patient_id: int | None
    acts_for_others: bool


@dataclass(frozen=True)
class ProxyView:
    """Who may act for a patient, as the patient and staff read it. `stands` says whether it holds now, `why_not` why it does not
    though nobody has ended it."""

    ref: UUID
    name: str
    relationship: str
    basis: str
    parts: tuple[str, ...]
    starts_on: date
    ends_on: date | None
    agreed_by: str
    child: str
    checked: tuple[str, ...]
    recorded_by: str
    recorded_on: date
    stands: bool
    why_not: str
    ended_on: date | None
    ended_by: str
    ended_because: str
    signs_in_as: str
    """A carer's sign-in name; empty of somebody who signs in as a patient."""
    asleep: bool
    """They chose a password with another organisation's code, and nobody who cares for the patient has seen them since."""

    @property
    def last_day(self) -> date | None:
        """The last day on which they may act, as people say it."""
        return self.ends_on - timedelta(days=1) if self.ends_on else None


def sign_in(user_id: int) -> SignIn:
    """One statement, at each request."""
    found = (
        User.objects.filter(pk=user_id)
        .annotate(
            acts=Exists(Proxy.objects.filter(user=OuterRef("pk"))) | Exists(Carer.objects.filter(user=OuterRef("pk")))
        )
        .values_list("portal_account__patient_id", "acts")
        .get()
    )
    return SignIn(*found)


def wards(user_id: int) -> list[Ward]:
    """Everybody for whom this user may act now, by name."""
    found = _in_force(user_id).order_by("patient__name_key", "pk")
    return [ward for row in found if (ward := _ward(row)) is not None]


def ward(user_id: int, ref: str) -> Ward | None:
    """One of them by the reference of the right; None when there is no such right of this user, or not now."""
    try:
        wanted = UUID(ref)
    except ValueError:
        return None
    row = _in_force(user_id).filter(ref=wanted).first()
    return _ward(row) if row else None


def asleep(user_id: int) -> list[str]:
    """The organisations to which a carer must show who they are, since they chose a password with another's code."""
    rights = Proxy.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=clock.today()), user_id=user_id, ended_at=None, asleep_since__isnull=False
    )
    return list(rights.order_by("organisation__name").values_list("organisation__name", flat=True).distinct())


def proxies_of(access: Access, patient_id: int) -> list[ProxyView]:
    """Who may act for a patient, those who may now first; a proxy reads none. Raises nothing: none outside the access."""
    if access.parts is not None:
        return []
    rows = (
        Proxy.objects.filter(patient__in=visible(access).filter(pk=patient_id))
        .select_related("user__carer", "patient")
        .order_by("-recorded_at", "-pk")
    )
    return sorted((_view(row) for row in rows), key=lambda one: not one.stands)


def _in_force(user_id: int) -> QuerySet[Proxy]:
    today = clock.today()
    return Proxy.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=today),
        user_id=user_id,
        user__is_active=True,
        ended_at=None,
        asleep_since=None,
        starts_on__lte=today,
        # Whoever must not be found, and whoever has died, is looked after by people (clinical.md 6.2).
        patient__restricted=False,
        patient__deceased=False,
    ).select_related("patient", "user")


def _ward(row: Proxy) -> Ward | None:
    today = clock.today()
    born_on = row.patient.born_on
    if not rules.may_stand(row.basis, row.child, born_on, today):
        return None
    parts = rules.shown_parts(row.parts, born_on, today)
    actor = Actor(
        kind="proxy",
        id=row.pk,
        label=f"{row.user.shown_name[:58]}, {row.relationship}"[:80],
        changes_for=row.patient_id if Part.CHANGES in parts else None,
    )
    return Ward(
        ref=row.ref,
        patient_id=row.patient_id,
        name=row.patient.shown_name,
        relationship=row.relationship,
        parts=parts,
        ends_on=row.ends_on,
        access=Access.of_proxy(actor, row.patient_id, parts),
    )


def _view(row: Proxy) -> ProxyView:
    why_not = _why_not(row)
    carer = getattr(row.user, "carer", None)
    return ProxyView(
        ref=row.ref,
        name=row.user.shown_name,
        relationship=row.relationship,
        basis=rules.BASES[row.basis],
        parts=tuple(words for part, words in rules.PARTS.items() if part in row.parts),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        agreed_by=row.agreed_by,
        child=rules.CHILD.get(row.child, ""),
        checked=tuple(rules.CHECKED[point] for point in row.checked if point in rules.CHECKED),
        recorded_by=row.recorded_by_label,
        recorded_on=row.recorded_at.astimezone(clock.LONDON).date(),
        stands=not why_not and row.ended_at is None,
        why_not=why_not,
        ended_on=row.ended_at.astimezone(clock.LONDON).date() if row.ended_at else None,
        ended_by=row.ended_by_label,
        ended_because=row.ended_because,
        signs_in_as=row.user.username if carer else "",
        asleep=row.asleep_since is not None and row.ended_at is None,
    )


def _why_not(row: Proxy) -> str:
    today = clock.today()
    if row.ended_at is not None:
        return "ended"
    if row.ends_on is not None and row.ends_on <= today:
        return "its last day is past"
    if row.patient.restricted or row.patient.deceased:
        return "nobody acts for this patient now"
    if not rules.may_stand(row.basis, row.child, row.patient.born_on, today):
        return "the patient’s age has ended it"
    if row.asleep_since is not None:
        return (
            "they chose a new password with a code of another organisation, and nobody has seen here since who they are"
        )
    return ""
