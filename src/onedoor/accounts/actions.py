"""Writes of accounts: organisations, sites, people and their roles."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from onedoor.accounts.models import Membership, Organisation, Site, User
from onedoor.accounts.queries import require_runs_all
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Role, require_staff
from onedoor.kernel.actor import Actor

NUMBER_UNKNOWN = "its usual number"
"""What texts print until an organisation's number is given: "ring its usual number"."""


class NotANumber(Exception):
    """What was given as a telephone number is none."""


@transaction.atomic
def set_organisation(*, ods_code: str, name: str, phone: str, by: Actor) -> Organisation:
    """Make the organisation with this ODS code, or bring its name and telephone up to date. Raises NotPermitted."""
    require_runs_all(by)
    organisation, _ = Organisation.objects.update_or_create(
        ods_code=ods_code, defaults={"name": name, "phone": phone or NUMBER_UNKNOWN}
    )
    audit.record(
        by=by,
        line=audit.Line("set_organisation", "organisation", organisation.pk, organisation_id=organisation.pk),
    )
    return organisation


@transaction.atomic
def set_telephone(*, organisation_id: int, phone: str, by: Actor) -> None:
    """Set the number that texts print. Raises NotANumber for what nobody could ring, NotPermitted."""
    require_staff(by, organisation_id)
    digits = [sign for sign in phone if sign.isdigit()]
    if not 10 <= len(digits) <= 13 or not set(phone) <= set("0123456789 +()"):
        raise NotANumber(phone)
    Organisation.objects.filter(pk=organisation_id).update(phone=" ".join(phone.split())[:20])
    audit.record(
        by=by, line=audit.Line("set_telephone", "organisation", organisation_id, organisation_id=organisation_id)
    )


@transaction.atomic
def set_site(*, organisation_id: int, name: str, by: Actor) -> Site:
    """The organisation's site of this name, made if it is new. Raises NotPermitted."""
    require_staff(by, organisation_id)
    site, made = Site.objects.get_or_create(organisation_id=organisation_id, name=name)
    if made:
        audit.record(by=by, line=audit.Line("set_site", "site", site.pk, organisation_id=organisation_id))
    return site


@transaction.atomic
def set_user(*, username: str, first_name: str, last_name: str, by: Actor) -> User:
    """Somebody who can sign in; a new one has no usable password until one is set. Raises NotPermitted."""
    require_runs_all(by)
    user, made = User.objects.get_or_create(username=username)
    user.first_name, user.last_name = first_name, last_name
    if made:
        user.set_unusable_password()
    user.save()
    audit.record(by=by, line=audit.Line("set_user", "user", user.pk))
    return user


@transaction.atomic
def grant_role(*, user_id: int, organisation_id: int, role: Role, by: Actor) -> None:
    """Give the role from today on; granting it twice changes nothing. Raises NotPermitted."""
    require_runs_all(by)
    today = clock.today()
    current = Membership.objects.filter(user_id=user_id, organisation_id=organisation_id, role=role, ends_on=None)
    if current.exists():
        return
    Membership.objects.create(user_id=user_id, organisation_id=organisation_id, role=role, starts_on=today)
    audit.record(
        by=by,
        line=audit.Line("grant_role", "user", user_id, organisation_id=organisation_id, detail={"role": role.value}),
    )


def new_sign_in(*, username: str, first_name: str, last_name: str, by: Actor) -> User:
    """Somebody who holds no role, in the caller's transaction; the caller says what they may have. No password yet."""
    if not connection.in_atomic_block:
        raise RuntimeError("a sign-in is made with what it is for")
    user = User(username=username, first_name=first_name, last_name=last_name)
    user.set_unusable_password()
    user.save()
    audit.record(by=by, line=audit.Line("new_sign_in", "user", user.pk))
    return user


def choose_password(*, user_id: int, password: str) -> User:
    """Set the password of somebody who has shown who they are, in the caller's transaction; returns them as they are now.

    Raises ValueError with what is weak in it.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    try:
        validate_password(password, user)
    except ValidationError as weak:
        raise ValueError(" ".join(weak.messages)) from weak
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(
        by=Actor(kind="user", id=user.pk, label=user.shown_name[:80]),
        line=audit.Line("choose_password", "user", user.pk),
    )
    return user
