"""A contact by telephone: begun, the caller found safely, handed over, rung back, and ended with an outcome."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from onedoor.calls.errors import NotDone, NotIdentified, TooManyTries
from onedoor.calls.kinds import RING_BACK, TEAM_NAMES, TEAMS
from onedoor.calls.models import Contact
from onedoor.calls.queries.contacts import View, view_of
from onedoor.calls.rules import OUTCOMES, SEES, TRIES, enough
from onedoor.calls.types import Points
from onedoor.kernel import audit, clock, nhs_number
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.kernel.words import folded
from onedoor.patients.api import Patient, visible
from onedoor.records.api import look, record_entries
from onedoor.records.types import NewEntry
from onedoor.tasks.api import ask_for
from onedoor.tasks.types import Kind, NewTask

_LONGEST = 600
_FITTING = 1_000
"""So many fit what was said but for its spelling that nobody is told from them."""


@transaction.atomic
def start(*, access: Access) -> UUID:
    """Somebody rings. One contact at a time: one that has not ended is gone on with. Raises NotPermitted."""
    access.require(Permission.CALLS)
    by = access.actor
    if by.kind != "user" or by.id is None or by.organisation_id is None:
        raise NotPermitted(Permission.CALLS)
    contact, made = Contact.objects.get_or_create(
        handler_id=by.id,
        organisation_id=by.organisation_id,
        ended_at=None,
        defaults={"started_at": clock.now()},
    )
    if made:
        _audit(access, contact, "contact_started")
    return contact.ref


def find_caller(*, access: Access, ref: UUID, points: Points) -> None:
    """Show the handler the one patient of whom everything that was said is true, for `rules.SEES`; saying it again renews it.

    Raises NotIdentified when too little was said or it is not one patient's, TooManyTries when no more is tried in this
    contact; Contact.DoesNotExist for anybody else's. A wrong try is kept.
    """
    if not _found(access, ref, points):
        raise NotIdentified("That is not enough to be sure who this is. Ask for the points again, or hand over.")


@transaction.atomic
def _found(access: Access, ref: UUID, points: Points) -> bool:
    contact = _locked(access, ref)
    if contact.wrong_tries >= TRIES:
        raise TooManyTries("Too many tries in this call. Hand over, or take a number to ring back, and end it.")
    if not enough(points):
        raise NotIdentified("Ask for two at least: name, date of birth, postcode, NHS number.")
    patient = _match(access, points)
    if patient is None or (contact.patient_id is not None and contact.patient_id != patient.pk):
        Contact.objects.filter(pk=contact.pk).update(wrong_tries=contact.wrong_tries + 1)
        _audit(access, contact, "caller_not_found", points=points.given)
        return False
    contact.patient, contact.sees_until = patient, clock.real_now() + SEES
    contact.save(update_fields=["patient", "sees_until"])
    _audit(access, contact, "view_granted", points=points.given, minutes=int(SEES.total_seconds() // 60))
    view = view_of(access, contact)
    assert view is not None
    look(access=view.access, patient_id=patient.pk, page="telephone contact")
    return True


def _match(access: Access, points: Points) -> Patient | None:
    """The only patient in care of the line's organisation who has all of the points."""
    found = visible(access).filter(deceased=False)
    if points.nhs_number.strip():
        found = found.filter(nhs_number=nhs_number.compact(points.nhs_number))
    if points.born_on:
        found = found.filter(born_on=points.born_on)
    name = sorted(folded(points.name).replace(",", " ").split())
    for part in name:
        found = found.filter(name_key__contains=part)
    postcode = _postcode(points.postcode)
    # A postcode is one of two points: the other has narrowed this to a few.
    several = list(found.order_by("pk")[:_FITTING])
    fits = [
        one
        for one in several
        if (not name or name == sorted(folded(one.name_key).split()))
        and (not postcode or postcode == _postcode(one.postcode))
    ]
    return fits[0] if len(fits) == 1 and len(several) < _FITTING else None


def _postcode(text: str) -> str:
    return "".join(text.split()).upper()


@transaction.atomic
def hand_over(*, access: Access, ref: UUID, team: str, words: str) -> None:
    """Give what the caller needs to a team as work, with what the handler heard. Raises NotDone, Contact.DoesNotExist."""
    contact = _locked(access, ref)
    if team not in TEAMS:
        raise NotDone("Say to whom it goes.")
    said = _said(words)
    view = view_of(access, contact)
    _ask(access, contact, view, TEAMS[team], f"Call handed over to {TEAM_NAMES[team].lower()}", said, None)


@transaction.atomic
def ask_call_back(*, access: Access, ref: UUID, number: str, words: str, by_when: datetime | None = None) -> None:
    """Put on reception's list to ring back on this number, by a moment or within four working hours.

    The number is the caller's word, kept with the work and nowhere else. Raises NotDone, Contact.DoesNotExist.
    """
    contact = _locked(access, ref)
    digits = "".join(letter for letter in number if letter.isdigit())
    if not 10 <= len(digits) <= 13:
        raise NotDone("Give the number to ring back on.")
    if by_when is not None and by_when <= clock.now():
        raise NotDone("That moment is past.")
    view = view_of(access, contact)
    _ask(access, contact, view, RING_BACK, "Ring back", f"On {' '.join(number.split())[:20]}. {_said(words)}", by_when)


@transaction.atomic
def end(*, access: Access, ref: UUID, outcome: str) -> None:
    """The call is over: nothing is seen by it any more, and its outcome stands on the record of whoever rang.

    Raises NotDone, Contact.DoesNotExist.
    """
    contact = _locked(access, ref)
    if outcome not in OUTCOMES:
        raise NotDone("Say how it ended.")
    contact.outcome, contact.ended_at = outcome, clock.now()
    contact.save(update_fields=["outcome", "ended_at"])
    _audit(access, contact, "contact_ended", outcome=outcome)
    if contact.patient_id is None:
        return
    record_entries(
        entries=[
            NewEntry(
                patient_id=contact.patient_id,
                organisation_id=contact.organisation_id,
                kind="contact",
                # clinical.md 2 has no code for a contact by telephone: the words stand without one.
                text=f"Rang, and said who they are. {OUTCOMES[outcome]}",
                intent_key=f"contact:{contact.pk}",
                source="telephone",
                effective_at=contact.started_at,
                subject="contact",
                subject_id=contact.pk,
            )
        ],
        by=access.actor,
    )


def _locked(access: Access, ref: UUID) -> Contact:
    access.require(Permission.CALLS)
    return Contact.objects.select_for_update().get(
        ref=ref, handler_id=access.actor.id, organisation_id__in=access.organisations, ended_at=None
    )


def _said(words: str) -> str:
    said = " ".join(words.split())[:_LONGEST]
    if not said:
        raise NotDone("Say what they need, in a few words: whoever takes it has not heard the call.")
    return said


def _ask(
    access: Access, contact: Contact, view: View | None, kind: Kind, title: str, detail: str, due_at: datetime | None
) -> None:
    patient_id = view.patient_id if view else None
    if view is None:
        detail = f"The caller has not been identified. {detail}"
    asked = ask_for(
        tasks=[
            NewTask(
                kind=kind.name,
                organisation_id=contact.organisation_id,
                key=f"{kind.name}:{contact.pk}",
                title=title,
                detail=detail,
                patient_id=patient_id,
                subject="contact",
                subject_id=contact.pk,
                due_at=due_at,
            )
        ],
        by=access.actor,
    )
    if not asked:
        raise NotDone("That is asked for in this call already.")
    _audit(access, contact, "contact_asked", kind=kind.name)


def _audit(access: Access, contact: Contact, action: str, **detail: str | int) -> None:
    audit.record(
        by=access.actor,
        line=audit.Line(
            action,
            "contact",
            contact.pk,
            patient_id=contact.patient_id,
            organisation_id=contact.organisation_id,
            detail=dict(detail),
        ),
    )
