"""What patients need of whoever sees or writes to them: written down once, and ended by whoever wrote it."""

from __future__ import annotations

from django.db import transaction

from onedoor.kernel import audit, clock, events
from onedoor.kernel.access import Access, Permission, require_staff
from onedoor.kernel.actor import Actor
from onedoor.patients import needs
from onedoor.patients.events import NeedsChanged
from onedoor.patients.languages import spoken
from onedoor.patients.models import FormerDetail, Need, Patient
from onedoor.patients.queries import by_id


@transaction.atomic
def record_need(
    *,
    access: Access,
    organisation_id: int,
    patient_id: int,
    key: str = "",
    language: str = "",
    hour: int | None = None,
    words: str = "",
) -> str:
    """Write down a need of the list (`needs.CHOICES`), or one in free words; returns it as it is kept. Twice is once.

    Whoever reads it follows it: letters their format, sending its route, booking the place and the interpreter. Raises
    ValueError (what was said is none), NotPermitted, Patient.DoesNotExist outside the access.
    """
    _check(access, organisation_id, patient_id)
    text, code = needs.worded(key, language=language, hour=hour, words=words)
    _lock(patient_id)
    found = Need.objects.filter(patient_id=patient_id, organisation_id=organisation_id, text=text, until=None)
    if not found.exists():
        need = Need.objects.create(patient_id=patient_id, organisation_id=organisation_id, text=text, code=code)
        # A need may be sensitive: its words stay with the patient, and are not copied onto the audit.
        _changed("record_need", need, organisation_id, access.actor)
    return text


@transaction.atomic
def end_need(*, access: Access, organisation_id: int, need_id: int) -> None:
    """A need is no more, or was written down wrongly: it is kept as having ended now.

    One that a practice's own system tells begins again with the next list, unless it ends there. Raises NotPermitted,
    Need.DoesNotExist for one that has ended or is another organisation's.
    """
    need = Need.objects.get(pk=need_id, organisation_id=organisation_id, until=None)
    _check(access, organisation_id, need.patient_id)
    _lock(need.patient_id)
    if Need.objects.filter(pk=need.pk, until=None).update(until=clock.now()):
        _changed("end_need", need, organisation_id, access.actor)


@transaction.atomic
def set_language(*, access: Access, organisation_id: int, patient_id: int, language: str) -> None:
    """The language that a patient speaks, by the name that records use; "" for not known. What was known becomes a former detail,
    so that a list which still says it does not bring it back (`imports`).

    Raises ValueError (more than 40 letters), NotPermitted, Patient.DoesNotExist outside the access.
    """
    _check(access, organisation_id, patient_id)
    said = " ".join(language.split())
    known = spoken(said)
    said = known.name if known is not None else ""
    if len(said) > 40:
        raise ValueError("language")
    _lock(patient_id)
    before = Patient.objects.values_list("language", flat=True).get(pk=patient_id)
    if before != said:
        Patient.objects.filter(pk=patient_id).update(language=said)
        FormerDetail.objects.create(
            patient_id=patient_id,
            field="language",
            value=before,
            until=clock.now(),
            by_label=access.actor.label[:80],
            organisation_id=organisation_id,
        )
        audit.record(
            by=access.actor,
            line=audit.Line(
                "set_language", "patient", patient_id, patient_id=patient_id, organisation_id=organisation_id
            ),
        )
        events.emit(NeedsChanged((patient_id,), access.actor))


def _check(access: Access, organisation_id: int, patient_id: int) -> None:
    access.require(Permission.PATIENTS)
    require_staff(access.actor, organisation_id)
    by_id(access, patient_id)


def _lock(patient_id: int) -> None:
    """As booking does: a visit booked meanwhile sees the need, or the need sees the visit."""
    list(Patient.objects.select_for_update(no_key=True).filter(pk=patient_id).values_list("pk"))


def _changed(action: str, need: Need, organisation_id: int, by: Actor) -> None:
    line = audit.Line(action, "need", need.pk, patient_id=need.patient_id, organisation_id=organisation_id)
    audit.record(by=by, line=line)
    events.emit(NeedsChanged((need.patient_id,), by))
