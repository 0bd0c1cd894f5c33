"""A contact by telephone: begun, the caller found safely, handed over, rung back, and ended with an outcome."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from onedoor.accounts.api import sender
from onedoor.calls.actions.live import ask, did, locked, note, said
from onedoor.calls.errors import NotDone, NotIdentified, TooManyTries
from onedoor.calls.kinds import NUMBER_CHECK, RING_BACK, TEAMS
from onedoor.calls.models import Contact, NumberCheck
from onedoor.calls.queries.contacts import view_of
from onedoor.calls.queries.desks import desk_of, in_care
from onedoor.calls.rules import OUTCOMES, SEES, TRIES, enough
from onedoor.calls.types import Points
from onedoor.kernel import clock, nhs_number
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.kernel.words import folded, spoken
from onedoor.patients import api as patients
from onedoor.patients.api import Patient, visible
from onedoor.records.api import look, record_entries
from onedoor.records.types import NewEntry

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
        note(access, contact, "contact_started")
    return contact.ref


@transaction.atomic
def note_number(*, access: Access, ref: UUID, number: str) -> None:
    """Note the number that rings, or with an empty one that it is withheld: how many use it is learned, and never who.

    It proves nothing and opens nobody's record. It is forgotten when the contact ends. Raises NotDone, Contact.DoesNotExist.
    """
    contact = locked(access, ref)
    contact.rang, contact.rang_from, contact.sharers = "withheld", "", None
    if number.strip():
        try:
            contact.rang, contact.rang_from = "number", patients.read_point("telephone", number)
        except patients.NotChanged as error:
            raise NotDone("That is not a telephone number.") from error
        users = patients.holders(contact.organisation_id, contact.rang_from)
        contact.sharers = sum(not one.deceased for one in users)
    contact.save(update_fields=["rang", "rang_from", "sharers"])
    note(access, contact, "contact_number", rang=contact.rang)


def find_caller(*, access: Access, ref: UUID, points: Points) -> None:
    """Show the handler the one patient of whom everything that was said is true, for `rules.SEES`; saying it again renews it.

    Raises NotIdentified when too little was said or it is not one patient's, TooManyTries when no more is tried in this
    contact; Contact.DoesNotExist for anybody else's. A wrong try is kept.
    """
    if not _found(access, ref, points):
        raise NotIdentified("That is not enough to be sure who this is. Ask for the points again, or hand over.")


@transaction.atomic
def _found(access: Access, ref: UUID, points: Points) -> bool:
    contact = locked(access, ref)
    if contact.wrong_tries >= TRIES:
        raise TooManyTries("Too many tries in this call. Hand over, or take a number to ring back, and end it.")
    if not enough(points):
        raise NotIdentified("Ask for two at least: name, date of birth, postcode, NHS number.")
    patient = _match(access, points)
    if patient is None or (contact.patient_id is not None and contact.patient_id != patient.pk):
        Contact.objects.filter(pk=contact.pk).update(wrong_tries=contact.wrong_tries + 1)
        note(access, contact, "caller_not_found", points=points.given)
        return False
    contact.patient, contact.sees_until = patient, clock.real_now() + SEES
    contact.save(update_fields=["patient", "sees_until"])
    note(access, contact, "view_granted", points=points.given, minutes=int(SEES.total_seconds() // 60))
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
def hand_over(
    *,
    access: Access,
    ref: UUID,
    team: str,
    words: str,
    told: str = "",
    number: str = "",
    on_the_line: bool = False,
) -> None:
    """Give what the caller needs to a desk (`queries.desks`), here or elsewhere, as work: what they ask, what they were told,
    on which number they are rung back. `on_the_line`: the caller is connected to it now, so the work is due now.

    A desk that cares for the patient finds who it is about, and sees them by that care; one that does not is told to ask who
    they are, for a hand-over lets nobody see a record. One where nobody works with Onedoor takes the line or nothing.
    Raises NotDone, Contact.DoesNotExist.
    """
    contact = locked(access, ref)
    view = view_of(access, contact)
    desk = desk_of(contact.organisation_id, view, team)
    if desk is None:
        raise NotDone("Say to whom it goes.")
    needs = said(words)
    if not desk.works_here and not on_the_line:
        raise NotDone(
            f"{desk.name} does not work with Onedoor: connect the call{' on ' + desk.phone if desk.phone else ''}."
        )
    if desk.works_here:
        knows = view is not None and in_care(desk.organisation_id, view.patient_id)
        here, _ = sender(contact.organisation_id)
        parts = [
            "" if view else "The caller has not been identified.",
            f"They said who they are to {here}, and are not in your care: ask who they are."
            if view and not knows
            else "",
            needs if needs[-1] in ".?!" or not (told.strip() or number.strip()) else f"{needs}.",
            f"Told: {' '.join(told.split())[:300]}." if told.strip() else "",
            f"Ring back on {_number(number)}." if number.strip() else "",
        ]
        other = "" if desk.organisation_id == contact.organisation_id else f" by {here}"
        ask(
            access,
            contact,
            TEAMS[desk.team],
            title=f"On the line now, connected{other}"
            if on_the_line
            else f"Call handed over{other or ' to ' + desk.short}",
            detail=" ".join(part for part in parts if part),
            patient_id=view.patient_id if view and knows else None,
            organisation_id=desk.organisation_id,
            due_at=clock.now() if on_the_line else None,
        )
    did(access, contact, "connected" if on_the_line else "hand_over", "organisation", desk.organisation_id)


@transaction.atomic
def ask_call_back(*, access: Access, ref: UUID, number: str, words: str, by_when: datetime | None = None) -> None:
    """Put on reception's list to ring back on this number, by a moment or within four working hours.

    The number is the caller's word, kept with the work and nowhere else. Raises NotDone, Contact.DoesNotExist.
    """
    contact = locked(access, ref)
    ring = _number(number)
    if by_when is not None and by_when <= clock.now():
        raise NotDone("That moment is past.")
    view = view_of(access, contact)
    unknown = "" if view else "The caller has not been identified. "
    ask(
        access,
        contact,
        RING_BACK,
        title="Ring back",
        detail=f"{unknown}On {ring}. {said(words)}",
        patient_id=view.patient_id if view else None,
        due_at=by_when,
    )
    did(access, contact, "call_back")


def _number(text: str) -> str:
    digits = "".join(letter for letter in text if letter.isdigit())
    if not 10 <= len(digits) <= 13:
        raise NotDone("Give the number to ring back on.")
    return " ".join(text.split())[:20]


@transaction.atomic
def end(*, access: Access, ref: UUID, outcome: str) -> None:
    """The call is over: nothing is seen by it any more, and its outcome stands on the record of whoever rang. The number that
    rang is forgotten; a new mobile that was not confirmed becomes reception's work.

    Raises NotDone, Contact.DoesNotExist.
    """
    contact = locked(access, ref)
    if outcome not in OUTCOMES:
        raise NotDone("Say how it ended.")
    contact.outcome, contact.ended_at, contact.rang_from = outcome, clock.now(), ""
    contact.save(update_fields=["outcome", "ended_at", "rang_from"])
    note(access, contact, "contact_ended", outcome=outcome)
    if contact.patient_id is None:
        return
    _leave_number(access, contact, contact.patient_id)
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


def _leave_number(access: Access, contact: Contact, patient_id: int) -> None:
    check = NumberCheck.objects.filter(contact=contact, confirmed_at=None).first()
    if check is None:
        return
    ask(
        access,
        contact,
        NUMBER_CHECK,
        title="Make sure of a new mobile number",
        detail=f"They gave {spoken(check.number)} on the telephone and read out no code. Ask them in person, or on a "
        "number that was known before this call: it is not used until then.",
        patient_id=patient_id,
        subject="number_check",
        subject_id=check.pk,
    )
