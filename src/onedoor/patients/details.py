"""What somebody says of how to reach them, of where they live and of what they speak, kept by staff who care for them.

What was known before is kept: a contact point ends (`ContactPoint.until`), an address or a language becomes a `FormerDetail`.
The practice's own system stays the first source: a list of patients that says something new holds. One that still says the old
address or language does not bring it back for thirty days, in which the practice puts it in; a number that was given up here no
list brings back, since its next holder may be somebody else (`imports`). Who somebody is was asked
by whoever calls this; a new mobile is used only once it was confirmed (`calls.actions.details`).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from onedoor.kernel import audit, clock, phones
from onedoor.kernel.access import Access, NotPermitted, Permission, require_staff
from onedoor.patients.models import ContactPoint, FormerDetail, Patient
from onedoor.patients.needing import set_language
from onedoor.patients.queries import visible

CHANGED = "changed"
"""Why a contact point ended that its patient has replaced, told to us; unlike "replaced", no list brings it back."""

_NUMBERS = {"mobile": "a mobile number", "landline": "a telephone number", "telephone": "a telephone number"}
_KINDS = ("mobile", "landline", "email")
FIELDS = {"address": 200, "postcode": 10, "language": 40}


class NotChanged(Exception):
    """Nothing was changed; the words say why."""


@dataclass(frozen=True)
class PointChange:
    """A way of reaching somebody that was changed: what ended, and how many other living patients have the new one."""

    was: tuple[str, ...]
    now: str
    sharers: int


def read_point(kind: str, value: str) -> str:
    """A contact point as it is kept: E.164, or an address of mail. `kind` is mobile, landline, telephone for either, or email.
    Raises NotChanged."""
    said = value.strip()
    if kind == "email":
        try:
            validate_email(said)
        except ValidationError as error:
            raise NotChanged("That is not an e-mail address.") from error
        if len(said) > 120:
            raise NotChanged("That is not an e-mail address.")
        return said
    found = phones.read(said) if kind in _NUMBERS else None
    if found is None:
        raise NotChanged(f"That is not {_NUMBERS.get(kind, 'a way to reach anybody')}.")
    if kind not in ("telephone", found.type):
        raise NotChanged(f"That is a {found.type}: give it as such.")
    return found.e164


def sharers(patient_id: int, value: str) -> int:
    """How many other living patients have this number or address now."""
    others = ContactPoint.objects.filter(value=value, until=None, patient__deceased=False).exclude(
        patient_id=patient_id
    )
    return others.values("patient_id").distinct().count()


@transaction.atomic
def change_point(*, access: Access, patient_id: int, kind: str, value: str) -> PointChange:
    """Reach somebody by this from now on, instead of what was known of the kind; an empty value ends it without another.

    `kind` is mobile, landline or email. Raises NotChanged, NotPermitted, Patient.DoesNotExist.
    """
    _locked(access, patient_id)
    if kind not in _KINDS:
        raise NotChanged("That is not a way to reach anybody.")
    new = read_point(kind, value) if value.strip() else ""
    points = (
        ContactPoint.objects.select_for_update().filter(patient_id=patient_id, kind=kind, until=None).order_by("pk")
    )
    present = list(points)
    ended = [point for point in present if point.value != new]
    if not ended and (not new or present):
        raise NotChanged("That is what is known already.")
    ContactPoint.objects.filter(pk__in=[point.pk for point in ended]).update(until=clock.now(), ended_because=CHANGED)
    if new and len(ended) == len(present):
        ContactPoint.objects.create(patient_id=patient_id, kind=kind, value=new, since=clock.now())
    _audit(access, patient_id, "change_contact_point", kind=kind, ended=len(ended), begun=bool(new))
    return PointChange(tuple(point.value for point in ended), new, sharers(patient_id, new) if new else 0)


@transaction.atomic
def change_details(*, access: Access, patient_id: int, **said: str) -> list[str]:
    """Keep where somebody lives or what they speak (`FIELDS`); what was known becomes history. Returns which have changed.

    Raises NotChanged, NotPermitted, Patient.DoesNotExist; KeyError for what is no such detail.
    """
    patient = _locked(access, patient_id)
    values = {field: " ".join(text.split())[: FIELDS[field]] for field, text in said.items()}
    if "postcode" in values:
        values["postcode"] = values["postcode"].upper()
    if not all(values.values()):
        raise NotChanged("Say what it is now.")
    changed = [field for field, text in values.items() if getattr(patient, field) != text]
    if not changed:
        raise NotChanged("That is what is known already.")
    FormerDetail.objects.bulk_create(
        FormerDetail(
            patient=patient,
            field=field,
            value=getattr(patient, field),
            until=clock.now(),
            by_label=access.actor.label[:80],
            organisation_id=_here(access),
        )
        for field in changed
        if field != "language"
    )
    if "language" in changed:
        # What follows of a language (its history, interpreters booked already) follows here as well.
        set_language(access=access, organisation_id=_here(access), patient_id=patient_id, language=values["language"])
    Patient.objects.filter(pk=patient_id).update(**{field: values[field] for field in changed if field != "language"})
    _audit(access, patient_id, "change_details", fields=",".join(changed))
    return changed


def _locked(access: Access, patient_id: int) -> Patient:
    """The patient, for staff of the organisation for whom they act."""
    access.require(Permission.PATIENTS)
    require_staff(access.actor, _here(access))
    # Locked without hindering rows that refer to the patient, as booking does.
    patient = Patient.objects.select_for_update(no_key=True).get(pk=visible(access).only("pk").get(pk=patient_id).pk)
    if patient.deceased:
        raise NotChanged("This record is of somebody who has died.")
    return patient


def _here(access: Access) -> int:
    here = access.actor.organisation_id
    if here is None or here not in access.organisation_ids:
        raise NotPermitted("who is cared for here")
    return here


def _audit(access: Access, patient_id: int, action: str, **detail: str | int | bool) -> None:
    line = audit.Line(
        action,
        "patient",
        patient_id,
        patient_id=patient_id,
        organisation_id=access.actor.organisation_id,
        detail=dict(detail),
    )
    audit.record(by=access.actor, line=line)
