"""Writes of who may act for a patient: recorded and ended by staff, ended by the patient, and how a carer begins to sign in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from onedoor.accounts.api import User, choose_password, new_sign_in
from onedoor.kernel import audit, clock, nhs_number
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.kernel.actor import Actor
from onedoor.patients import rules
from onedoor.patients.models import Carer, Patient, PortalAccount, Proxy
from onedoor.patients.queries import by_id, visible
from onedoor.patients.rules import Wish

CODE_FOR = timedelta(days=14)
"""How long a carer's first code is good for; real time."""
TRIES = 5
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""None that is read as another."""


class NotRecorded(Exception):
    """Why nobody was recorded to act for the patient; the words are for the page."""


NoSuchProxy = Proxy.DoesNotExist


class WrongCode(Exception):
    """Sign-in name, code and date of birth do not go together, or the code is over. Nothing says which."""


@dataclass(frozen=True)
class Who:
    """The proxy as staff know them. `known_by` is their own NHS number, where they have a sign-in as a patient, or the sign-in
    name of a carer; empty for somebody new, who then needs a name."""

    given_name: str
    family_name: str
    born_on: date
    known_by: str = ""
    sign_in_as: str = ""
    """The sign-in name of somebody new, where one is wanted; otherwise one is made."""


@dataclass(frozen=True)
class FirstSignIn:
    """What staff hand over on paper, shown once: with it and their date of birth the carer chooses a password."""

    name: str
    code: str


@transaction.atomic
def record_proxy(*, access: Access, patient_id: int, who: Who, wish: Wish) -> FirstSignIn | None:
    """Let somebody act for a patient from today on; returns how they first sign in, where they are new here.

    Raises NotRecorded with why not, Patient.DoesNotExist outside the access, NotPermitted.
    """
    organisation_id = _may_record(access)
    patient = Patient.objects.select_for_update(no_key=True).get(pk=by_id(access, patient_id).pk)
    if patient.restricted or patient.deceased:
        raise NotRecorded("Nobody can be recorded for this patient: see the banner.")
    if why := rules.refusal(wish, patient.born_on):
        raise NotRecorded(why)
    user, first = _sign_in_of(access, who)
    if PortalAccount.objects.filter(user=user, patient=patient).exists():
        raise NotRecorded("That is the patient’s own sign-in.")
    _end_lapsed(patient.pk, user.pk)
    if Proxy.objects.filter(patient=patient, user=user, ended_at=None).exists():
        raise NotRecorded("They act for this patient already. End that first, then record what is to hold from now on.")
    made = Proxy.objects.create(
        patient=patient,
        user=user,
        organisation_id=organisation_id,
        relationship=wish.relationship,
        basis=wish.basis,
        parts=sorted(wish.parts),
        starts_on=wish.starts_on,
        ends_on=wish.ends_on,
        agreed_by=" ".join(wish.agreed_by.split())[:200],
        child=wish.child if rules.ends_at_latest(patient.born_on, wish.starts_on) else "",
        checked=sorted(set(wish.checked) & set(rules.CHECKED)),
        recorded_at=clock.now(),
        recorded_by_label=access.actor.label,
    )
    audit.record(
        by=access.actor,
        line=audit.Line(
            "record_proxy",
            "proxy",
            made.pk,
            patient_id=patient.pk,
            organisation_id=organisation_id,
            detail={
                "basis": made.basis,
                "parts": made.parts,
                "until": str(made.ends_on or ""),
                "checked": made.checked,
            },
        ),
    )
    return first


@transaction.atomic
def end_proxy(*, access: Access, ref: UUID, because: str) -> None:
    """End it now: staff of an organisation that cares for the patient with a reason, or the patient without.

    Raises Proxy.DoesNotExist outside the access or when it has ended already, NotRecorded without a reason, NotPermitted.
    """
    organisation_id = None
    if access.patient_id is None:
        organisation_id = _may_record(access)
    elif access.actor.kind != "patient":
        raise NotPermitted("the patient ends it, or staff with a reason")
    found = Proxy.objects.select_for_update().get(ref=ref, ended_at=None, patient__in=visible(access))
    if access.patient_id is None and not because.strip():
        raise NotRecorded("Say why it ends.")
    _end(found, because=" ".join(because.split())[:200] or "the patient ended it", label=access.actor.label)
    audit.record(
        by=access.actor,
        line=audit.Line("end_proxy", "proxy", found.pk, patient_id=found.patient_id, organisation_id=organisation_id),
    )


@transaction.atomic
def new_code(*, access: Access, ref: UUID) -> FirstSignIn:
    """Another first code for a carer who lost theirs or tried too often; the one before is over.

    Whoever hands it has seen the carer for their own patients only: once it is used, what other organisations recorded sleeps
    (`_sleep`), and each of them has the audit row of its giving.

    Raises Proxy.DoesNotExist outside the access and of a right that is over, NotRecorded for somebody who signs in as a patient,
    NotPermitted.
    """
    organisation_id = _may_record(access)
    standing = Proxy.objects.filter(Q(ends_on=None) | Q(ends_on__gt=clock.today()), ended_at=None)
    found = standing.select_related("user").get(ref=ref, patient__in=visible(access))
    carer = Carer.objects.select_for_update().filter(user=found.user).first()
    if carer is None:
        raise NotRecorded("They sign in as a patient, with their own password.")
    code = _code()
    carer.code_digest, carer.code_until, carer.wrong_tries = _digest(code), clock.real_now() + CODE_FOR, 0
    carer.code_by_id = organisation_id
    carer.save(update_fields=["code_digest", "code_until", "code_by", "wrong_tries"])
    audit.record(
        by=access.actor,
        line=audit.Line(
            "new_carer_code", "proxy", found.pk, patient_id=found.patient_id, organisation_id=organisation_id
        ),
    )
    for right in _elsewhere(carer):
        audit.record(
            by=access.actor,
            line=audit.Line(
                "new_carer_code_elsewhere",
                "proxy",
                right.pk,
                patient_id=right.patient_id,
                organisation_id=right.organisation_id,
            ),
        )
    return FirstSignIn(found.user.username, code)


@transaction.atomic
def seen_again(*, access: Access, ref: UUID, checked: Sequence[str]) -> None:
    """Whoever cares for the patient has seen who the carer is, by two points: what slept since another's code holds again.

    Raises Proxy.DoesNotExist outside the access and of a right that does not sleep, NotRecorded without two points, NotPermitted.
    """
    organisation_id = _may_record(access)
    found = Proxy.objects.select_for_update(of=("self",)).get(
        ref=ref, ended_at=None, asleep_since__isnull=False, patient__in=visible(access)
    )
    points = sorted(set(checked) & set(rules.CHECKED))
    if len(points) < rules.POINTS:
        raise NotRecorded(rules.TWO_POINTS)
    found.asleep_since = None
    found.save(update_fields=["asleep_since"])
    audit.record(
        by=access.actor,
        line=audit.Line(
            "proxy_seen_again",
            "proxy",
            found.pk,
            patient_id=found.patient_id,
            organisation_id=organisation_id,
            detail={"checked": points},
        ),
    )


def begin_to_sign_in(*, name: str, code: str, born_on: date, password: str) -> User:
    """A carer chooses their password. Raises WrongCode, which counts a try, and ValueError with what is weak in the password."""
    if not _try_code(name, code, born_on):
        raise WrongCode
    with transaction.atomic():
        carer = Carer.objects.select_for_update().get(user__username=name.strip())
        if carer.code_digest != _digest(code):
            raise WrongCode
        user = choose_password(user_id=carer.user_id, password=password)
        Carer.objects.filter(pk=carer.pk).update(code_digest="")
        _sleep(carer, user)
        return user


@transaction.atomic
def _try_code(name: str, code: str, born_on: date) -> bool:
    """Whether the three go together. A wrong try is kept whatever becomes of the request."""
    carer = Carer.objects.select_for_update().filter(user__username=name.strip()).first()
    if carer is None or not carer.code_digest or carer.code_until <= clock.real_now():
        return False
    if secrets.compare_digest(carer.code_digest, _digest(code)) and carer.born_on == born_on:
        return True
    carer.wrong_tries += 1
    if carer.wrong_tries >= TRIES:
        carer.code_digest = ""
    carer.save(update_fields=["wrong_tries", "code_digest"])
    return False


def _elsewhere(carer: Carer) -> QuerySet[Proxy]:
    """What other organisations recorded for this carer and nobody has ended."""
    rights = Proxy.objects.filter(user_id=carer.user_id, ended_at=None).order_by("pk")
    return rights.none() if carer.code_by_id is None else rights.exclude(organisation_id=carer.code_by_id)


def _sleep(carer: Carer, user: User) -> None:
    """The password is as good as the eyes of whoever handed the code. They may open their own patients with it, not another's
    (a desk that was deceived, or a member of staff who keeps the paper, reaches no further than it could without a carer)."""
    handed_by = carer.code_by_id
    if handed_by is None:
        return
    Proxy.objects.filter(user_id=carer.user_id, ended_at=None, organisation_id=handed_by).update(asleep_since=None)
    for right in _elsewhere(carer).filter(asleep_since=None).select_for_update(of=("self",)):
        right.asleep_since = clock.now()
        right.save(update_fields=["asleep_since"])
        audit.record(
            by=Actor(kind="user", id=user.pk, label=user.shown_name[:80]),
            line=audit.Line(
                "proxy_asleep",
                "proxy",
                right.pk,
                patient_id=right.patient_id,
                organisation_id=right.organisation_id,
            ),
        )


def _may_record(access: Access) -> int:
    access.require(Permission.PATIENTS)
    if access.actor.kind != "user" or access.actor.organisation_id is None:
        raise NotPermitted(Permission.PATIENTS)
    return access.actor.organisation_id


def _sign_in_of(access: Access, who: Who) -> tuple[User, FirstSignIn | None]:
    known_by = who.known_by.strip()
    digits = nhs_number.compact(known_by)
    if nhs_number.is_valid(digits):
        found = PortalAccount.objects.filter(
            patient__in=visible(access).filter(nhs_number=digits, born_on=who.born_on, deceased=False)
        )
        account = found.select_related("user").first()
        if account is None:
            raise NotRecorded("Nobody of that NHS number and date of birth signs in as a patient of yours.")
        return account.user, None
    if known_by:
        carer = Carer.objects.select_related("user").filter(user__username=known_by, born_on=who.born_on).first()
        if carer is None:
            raise NotRecorded("No carer has that sign-in name and date of birth.")
        return carer.user, None
    if not who.given_name.strip() or not who.family_name.strip():
        raise NotRecorded("Write their name.")
    if who.born_on > rules.birthday(clock.today(), -16):
        raise NotRecorded("Somebody under 16 cannot act for a patient here.")
    code = _code()
    user = new_sign_in(
        username=who.sign_in_as or f"carer-{_code(6)}",
        first_name=who.given_name.strip()[:60],
        last_name=who.family_name.strip()[:60],
        by=access.actor,
    )
    Carer.objects.create(
        user=user,
        born_on=who.born_on,
        code_digest=_digest(code),
        code_until=clock.real_now() + CODE_FOR,
        code_by_id=access.actor.organisation_id,
    )
    return user, FirstSignIn(user.username, code)


def _end_lapsed(patient_id: int, user_id: int) -> None:
    """What ended by its date makes room for what is recorded anew; the row stays."""
    lapsed = Proxy.objects.filter(Q(ends_on__lte=clock.today()), patient_id=patient_id, user_id=user_id, ended_at=None)
    lapsed.update(ended_at=clock.now(), ended_because="its date came", ended_by_label="the date")


def _end(found: Proxy, *, because: str, label: str) -> None:
    found.ended_at, found.ended_because, found.ended_by_label = clock.now(), because, label
    found.save(update_fields=["ended_at", "ended_because", "ended_by_label"])


def _code(length: int = 10) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _digest(code: str) -> str:
    return hashlib.sha256("".join(code.upper().split()).encode()).hexdigest()
