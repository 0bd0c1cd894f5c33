"""Reads of accounts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from django.db.models import Q

from onedoor.accounts.models import Membership, Organisation, Site, User
from onedoor.kernel import clock
from onedoor.kernel.access import PERMISSIONS, Access, NotPermitted, Permission, Role
from onedoor.kernel.actor import Actor

WORKS_AT = "works_at"
"""Where the session keeps the organisation that somebody with several works at now."""


def access_of(user: User) -> Access:
    """What the roles held today give: the organisations of all of them and the union of their permissions."""
    today = clock.today()
    held = list(
        Membership.objects.filter(user=user, starts_on__lte=today)
        .filter(Q(ends_on=None) | Q(ends_on__gt=today))
        .values_list("organisation_id", "role")
    )
    if not held or not user.is_active:
        return Access.nobody()
    permissions: set[Permission] = set()
    for _, role in held:
        permissions |= PERMISSIONS[Role(role)]
    organisations = frozenset(organisation for organisation, _ in held)
    return Access(
        actor=Actor(kind="user", id=user.pk, label=user.shown_name, organisation_id=min(organisations)),
        organisation_ids=organisations,
        permissions=frozenset(permissions),
    )


def access_at(user: User, chosen: object) -> Access:
    """The same for somebody with roles at several organisations, who works at one at a time, so that no screen mixes two: the
    chosen one (a key), or the first."""
    access = access_of(user)
    if len(access.organisation_ids) < 2:
        return access
    at = chosen if isinstance(chosen, int) and chosen in access.organisation_ids else min(access.organisation_ids)
    return replace(access, organisation_ids=frozenset({at}), actor=replace(access.actor, organisation_id=at))


def may_at(user_id: int, organisation_id: int, permission: Permission) -> bool:
    """Whether a user's roles at this organisation today include the permission."""
    today = clock.today()
    held = Membership.objects.filter(user_id=user_id, organisation_id=organisation_id, starts_on__lte=today)
    held = held.filter(Q(ends_on=None) | Q(ends_on__gt=today), user__is_active=True)
    return any(permission in PERMISSIONS[Role(role)] for role in held.values_list("role", flat=True))


def organisations(access: Access) -> list[Organisation]:
    """The organisations of this access."""
    found = Organisation.objects.order_by("name")
    return list(found if access.everything else found.filter(pk__in=access.organisations))


def organisation(access: Access, organisation_id: int) -> Organisation:
    """One organisation of this access; raises Organisation.DoesNotExist outside it."""
    found = Organisation.objects.all()
    return (found if access.everything else found.filter(pk__in=access.organisations)).get(pk=organisation_id)


def organisation_by_ods(ods_code: str) -> Organisation | None:
    """The organisation with this ODS code. Organisations are public knowledge."""
    return Organisation.objects.filter(ods_code=ods_code).first()


def telephone(organisation_id: int) -> str:
    """The number that an organisation prints in its texts, for anybody; empty when there is no such organisation."""
    return Organisation.objects.filter(pk=organisation_id).values_list("phone", flat=True).first() or ""


def sender(organisation_id: int) -> tuple[str, str]:
    """(name, telephone) of an organisation, for anybody: both stand in its texts."""
    return Organisation.objects.values_list("name", "phone").get(pk=organisation_id)


def colleagues(access: Access) -> list[User]:
    """People with a role today at the organisations of this access, by name: whom work can be handed to."""
    today = clock.today()
    held = Membership.objects.filter(organisation_id__in=access.organisations, starts_on__lte=today).filter(
        Q(ends_on=None) | Q(ends_on__gt=today)
    )
    found = User.objects.filter(pk__in=held.values("user_id"), is_active=True)
    return list(found.order_by("last_name", "first_name", "username"))


def names_of(organisation_ids: Collection[int]) -> dict[int, str]:
    """Names of organisations by key. They are public knowledge."""
    return dict(Organisation.objects.filter(pk__in=organisation_ids).values_list("pk", "name"))


def place_names() -> frozenset[str]:
    """The names and ODS codes of every organisation and site, in small letters: for finding one in a text. Three queries."""
    found = [*Organisation.objects.values_list("name", flat=True), *Site.objects.values_list("name", flat=True)]
    codes = Organisation.objects.values_list("ods_code", flat=True)
    return frozenset(name.strip().casefold() for name in (*found, *codes) if name.strip())


def shown_names(user_ids: Collection[int]) -> dict[int, str]:
    """The names that colleagues see, by key; whoever asks says why it may know."""
    return {user.pk: user.shown_name for user in User.objects.filter(pk__in=user_ids)}


def checkers(access: Access) -> list[User]:
    """People with a role today at the organisations of this access that may do the checks, by name."""
    roles = [role for role, may in PERMISSIONS.items() if Permission.CHECKS in may]
    today = clock.today()
    held = Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=today),
        organisation_id__in=access.organisations,
        role__in=roles,
        starts_on__lte=today,
    )
    found = User.objects.filter(pk__in=held.values("user_id"), is_active=True)
    return list(found.order_by("last_name", "first_name", "username"))


def who_may(organisation_ids: Collection[int], permission: Permission) -> dict[int, list[User]]:
    """By organisation, the people whose roles there today include the permission, by name: whom something is for."""
    roles = [role for role, may in PERMISSIONS.items() if permission in may]
    today = clock.today()
    held = Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=today),
        organisation_id__in=organisation_ids,
        role__in=roles,
        starts_on__lte=today,
        user__is_active=True,
    ).select_related("user")
    found: dict[int, list[User]] = {key: [] for key in organisation_ids}
    for one in held.order_by("user__last_name", "user__first_name", "user__username"):
        if one.user not in found[one.organisation_id]:
            found[one.organisation_id].append(one.user)
    return found


def staffed(organisation_ids: Collection[int]) -> set[int]:
    """Of these organisations, those where somebody has a role today: work given to others nobody would find."""
    today = clock.today()
    held = Membership.objects.filter(organisation_id__in=organisation_ids, starts_on__lte=today, user__is_active=True)
    found = held.filter(Q(ends_on=None) | Q(ends_on__gt=today))
    return set(found.values_list("organisation_id", flat=True))


def workplaces(user_id: int) -> list[Organisation]:
    """The organisations where a user has a role today, by name."""
    today = clock.today()
    held = Membership.objects.filter(user_id=user_id, starts_on__lte=today).filter(
        Q(ends_on=None) | Q(ends_on__gt=today)
    )
    return list(Organisation.objects.filter(pk__in=held.values("organisation_id")).order_by("name"))


def require_runs_all(by: Actor) -> None:
    """Raise NotPermitted unless this is the system or an administrator: for what is set for everybody."""
    if by.kind == "system":
        return
    if by.kind != "user" or by.id is None:
        raise NotPermitted
    today = clock.today()
    held = Membership.objects.filter(user_id=by.id, role=Role.ADMINISTRATOR, starts_on__lte=today)
    if not held.filter(Q(ends_on=None) | Q(ends_on__gt=today), user__is_active=True).exists():
        raise NotPermitted


def any_organisation() -> bool:
    """Whether anything has been set up yet."""
    return Organisation.objects.exists()
