"""How a caller is reached, where they live and what they need, changed while they are on the telephone.

Two points open a record, and family members know them: so a new mobile, to which everything else would go, is used only once
a code that was texted to it is read out in the same call; without that, reception makes sure in person or on a number that was
known before. Of every change of number or address the mobile known until then is told, without a name.
The practice's own system is where letters of others come from: what differs from it becomes work for the practice.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac

from onedoor.accounts.api import sender, staffed
from onedoor.calls.actions.live import ask, did, note, seen
from onedoor.calls.errors import NotDone
from onedoor.calls.kinds import PUT_IN_SYSTEM
from onedoor.calls.models import CodesToNumber, Contact, NumberCheck
from onedoor.calls.queries.contacts import View
from onedoor.calls.rules import CODE_LASTS, CODE_TRIES, CODES_IN_CALL, CODES_TO_NUMBER
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.messaging import api as messaging
from onedoor.messaging.types import NewMessage, Purpose
from onedoor.patients import api as patients
from onedoor.records.api import record_entries
from onedoor.records.types import NewEntry

# An answer: somebody on the telephone waits for it, at whatever hour.
CODE = messaging.declare_purpose(Purpose("number_code", "answer", 0, False))
CHANGED = messaging.declare_purpose(Purpose("details_changed", "answer", 0, True))

T = TypeVar("T")

_WORDS = {
    "landline": "Landline",
    "email": "E-mail address",
    "address": "Address",
    "postcode": "Postcode",
    "language": "Language",
}


@transaction.atomic
def change_point(*, access: Access, ref: UUID, kind: str, value: str) -> None:
    """Another landline or e-mail address, or with an empty value none any more. A mobile is asked for by `text_code`; it is
    ended here. Raises NotDone, NotSeen, Contact.DoesNotExist."""
    contact, view = _open(access, ref)
    if kind == "mobile" and value.strip():
        raise NotDone("A new mobile is used once a code that is texted to it is read out.")
    change = _refused(
        lambda: patients.change_point(access=_acting(view), patient_id=view.patient_id, kind=kind, value=value)
    )
    what = _WORDS.get(kind, "Mobile")
    _changed(
        access,
        contact,
        view,
        f"{what} {'changed' if change.now else 'ended'}",
        told=change.was if kind == "mobile" else _mobiles(view),
    )


@transaction.atomic
def change_home(*, access: Access, ref: UUID, address: str, postcode: str) -> None:
    """They live elsewhere. Raises NotDone, NotSeen, Contact.DoesNotExist."""
    contact, view = _open(access, ref)
    _refused(
        lambda: patients.change_details(
            access=_acting(view), patient_id=view.patient_id, address=address, postcode=postcode
        )
    )
    _changed(access, contact, view, "Address changed", told=_mobiles(view))


@transaction.atomic
def change_language(*, access: Access, ref: UUID, language: str) -> None:
    """They speak another language. Raises NotDone, NotSeen, Contact.DoesNotExist."""
    contact, view = _open(access, ref)
    _refused(lambda: patients.change_details(access=_acting(view), patient_id=view.patient_id, language=language))
    _changed(access, contact, view, "Language changed")


@transaction.atomic
def add_need(*, access: Access, ref: UUID, key: str, language: str = "", hour: int | None = None) -> None:
    """They need something of the list that staff choose from (`patients.needs`).

    Raises NotDone, NotSeen, Contact.DoesNotExist.
    """
    contact, view = _open(access, ref)
    try:
        text = patients.record_need(
            access=_acting(view),
            organisation_id=contact.organisation_id,
            patient_id=view.patient_id,
            key=key,
            language=language,
            hour=hour,
        )
    except ValueError as error:
        raise NotDone("Choose one of the list, and say the language or the hour where it asks for one.") from error
    _changed(access, contact, view, f"Need kept: {text}")


@transaction.atomic
def end_need(*, access: Access, ref: UUID, need_id: int) -> None:
    """They no longer need something that was written down here. Raises NotDone, NotSeen, Contact.DoesNotExist."""
    contact, view = _open(access, ref)
    need = next((one for one in patients.needs_of(view.access, view.patient_id) if one.id == need_id), None)
    if need is None or need.source or need.organisation_id != contact.organisation_id:
        raise NotDone("That stands in another system, and is ended there.")
    patients.end_need(access=_acting(view), organisation_id=contact.organisation_id, need_id=need_id)
    _changed(access, contact, view, f"Need ended: {need.text}")


@transaction.atomic
def text_code(*, access: Access, ref: UUID, number: str, shared_is_meant: bool = False) -> NumberCheck:
    """Text a code to the new mobile that they give; nothing of the record changes yet. Another number begins anew.

    `shared_is_meant` when others have this number and that is known. A call has few codes, and so has a number in a day
    (`rules.CODES_IN_CALL`, `rules.CODES_TO_NUMBER`). Raises NotDone, NotSeen, Contact.DoesNotExist.
    """
    contact, view = _open(access, ref)
    new = _refused(lambda: patients.read_point("mobile", number))
    card = patients.card(view.access, view.patient_id)
    if new in card.mobiles:
        raise NotDone("That is what is known already.")
    others = patients.sharers(view.patient_id, new)
    if others and not shared_is_meant:
        raise NotDone(
            f"{_people(others)} this number too, and may read what is texted to it. Ask whether that is meant, and say so."
        )
    earlier = NumberCheck.objects.filter(contact=contact).first()
    if earlier is not None and earlier.confirmed_at is not None:
        raise NotDone("A new mobile was confirmed in this call already.")
    if earlier is not None and earlier.wrong_tries >= CODE_TRIES:
        raise NotDone("Too many wrong codes in this call: reception makes sure of the number.")
    asked = earlier.asked + 1 if earlier is not None else 1
    if asked > CODES_IN_CALL:
        raise NotDone(
            f"{CODES_IN_CALL} codes were texted in this call, and no more are: reception makes sure of the number."
        )
    if not _counted(new):
        raise NotDone(
            f"{CODES_TO_NUMBER} codes went to that number today, and no more do: reception makes sure of the number, or "
            "they ring again tomorrow."
        )
    code = f"{secrets.randbelow(1_000_000):06d}"
    name, _ = sender(contact.organisation_id)
    texted = messaging.queue(
        messages=[
            NewMessage(
                intent_key=f"number_code:{contact.pk}:{clock.real_now().timestamp()}",
                organisation_id=contact.organisation_id,
                purpose=CODE.name,
                # Nobody's name: the number may be anybody's.
                body=f"{name}: your code is {code}. Read it to the person on the telephone. "
                "If you did not ask for it, do nothing.",
                not_after=clock.now() + 3 * CODE_LASTS,
                number=new,
                subject="contact",
                subject_id=contact.pk,
            )
        ],
        by=access.actor,
    )
    check, _ = NumberCheck.objects.update_or_create(
        contact=contact,
        defaults={
            "number": new,
            "code_hash": _hash(contact, code),
            "texted": texted.new == 1,
            "asked": asked,
            "asked_real": clock.real_now(),
        },
    )
    note(access, contact, "number_code", texted=int(check.texted), shared=others)
    return check


def confirm_code(*, access: Access, ref: UUID, code: str) -> None:
    """They read out the code: the new mobile is used from now on. Three wrong ones, or ten minutes, and it is reception's work.

    Raises NotDone, NotSeen, Contact.DoesNotExist. A wrong try is kept.
    """
    if not _confirmed(access, ref, "".join(letter for letter in code if letter.isdigit())):
        raise NotDone("That is not the code. Ask them to read it again.")


@transaction.atomic
def _confirmed(access: Access, ref: UUID, code: str) -> bool:
    contact, view = _open(access, ref)
    check = NumberCheck.objects.select_for_update().filter(contact=contact, confirmed_at=None).first()
    if check is None:
        raise NotDone("No number waits for a code.")
    if check.wrong_tries >= CODE_TRIES or check.asked_real + CODE_LASTS < clock.real_now():
        raise NotDone("That code is used no more: reception makes sure of the number.")
    if not constant_time_compare(_hash(contact, code), check.code_hash):
        NumberCheck.objects.filter(pk=check.pk).update(wrong_tries=check.wrong_tries + 1)
        note(access, contact, "number_code_wrong")
        return False
    NumberCheck.objects.filter(pk=check.pk).update(confirmed_at=clock.now())
    change = _refused(
        lambda: patients.change_point(
            access=_acting(view), patient_id=view.patient_id, kind="mobile", value=check.number
        )
    )
    _changed(access, contact, view, "Mobile changed, and confirmed by a code", told=change.was, deed="number")
    return True


@transaction.atomic
def made_sure(*, access: Access, check_id: int) -> None:
    """Reception made sure of a number that was given on the telephone: it is used from now on. In the task's transaction.

    Nothing for a number that is used already, and for whoever has died or is cared for here no more: the work ends all the same.
    """
    check = NumberCheck.objects.select_for_update().select_related("contact").get(pk=check_id)
    if check.confirmed_at is not None or check.contact.patient_id is None:
        return
    try:
        change = patients.change_point(
            access=access, patient_id=check.contact.patient_id, kind="mobile", value=check.number
        )
    except (patients.NotChanged, patients.Patient.DoesNotExist):
        return
    NumberCheck.objects.filter(pk=check.pk).update(confirmed_at=clock.now())
    _tell(access, check.contact, check.contact.patient_id, change.was)
    _write(access, check.contact, check.contact.patient_id, "Mobile changed, and made sure of")


def _open(access: Access, ref: UUID) -> tuple[Contact, View]:
    """As `seen`. Where nothing that identifies may be said, nothing is changed on the telephone either."""
    contact, view = seen(access, ref)
    if patients.card(view.access, view.patient_id).restricted:
        raise NotDone("Restricted record: nothing of it is changed on the telephone. Hand it over.")
    return contact, view


def _acting(view: View) -> Access:
    """What the desk may do to a patient's details, for the one patient of a live view."""
    return replace(view.access, permissions=frozenset({Permission.PATIENTS}))


def _changed(
    access: Access, contact: Contact, view: View, words: str, *, told: tuple[str, ...] = (), deed: str = "details"
) -> None:
    did(access, contact, deed, "patient", view.patient_id)
    _write(access, contact, view.patient_id, words)
    _tell(access, contact, view.patient_id, told)
    practice = patients.registered_at(view.access, view.patient_id)
    if practice is None or practice not in staffed({practice}):
        return
    try:
        ask(
            access,
            contact,
            PUT_IN_SYSTEM,
            title="Put changed details into your own system",
            detail="Told to us on the telephone; what they are now stands on the patient’s page.",
            patient_id=view.patient_id,
            organisation_id=practice,
        )
    except NotDone:
        # One for all that was changed in a call.
        return


def _write(access: Access, contact: Contact, patient_id: int, words: str) -> None:
    stamp = clock.real_now().timestamp()
    record_entries(
        entries=[
            NewEntry(
                patient_id=patient_id,
                organisation_id=contact.organisation_id,
                kind="contact",
                text=words,
                intent_key=f"details:{contact.pk}:{stamp}",
                source="telephone",
                subject="contact",
                subject_id=contact.pk,
            )
        ],
        by=access.actor,
    )


def _tell(access: Access, contact: Contact, patient_id: int, numbers: tuple[str, ...]) -> None:
    """The mobiles known until now hear of it: whoever pretended to be somebody is found out by whom they pretended to be."""
    name, phone = sender(contact.organisation_id)
    messaging.queue(
        messages=[
            NewMessage(
                intent_key=f"details_changed:{contact.pk}:{number}:{clock.today()}",
                organisation_id=contact.organisation_id,
                purpose=CHANGED.name,
                body=f"{name}: how we reach you was changed today, on the telephone. If that was not you, ring {phone or 'us'}.",
                not_after=clock.now() + timedelta(days=6),
                number=number,
                subject="contact",
                subject_id=contact.pk,
            )
            for number in numbers
        ],
        by=access.actor,
    )


def _mobiles(view: View) -> tuple[str, ...]:
    return patients.card(view.access, view.patient_id).mobiles


def _people(others: int) -> str:
    return "Somebody else uses" if others == 1 else f"{others} others use"


def _counted(number: str) -> bool:
    """Count one more code to the number today; False, and nothing is counted, when it has had its share."""
    today = clock.real_now().astimezone(clock.LONDON).date()
    CodesToNumber.objects.filter(day__lt=today).delete()
    _, first = CodesToNumber.objects.get_or_create(number=number, day=today)
    few = CodesToNumber.objects.filter(number=number, day=today, texted__lt=CODES_TO_NUMBER)
    return first or few.update(texted=F("texted") + 1) == 1


def _hash(contact: Contact, code: str) -> str:
    return salted_hmac(f"calls.number:{contact.pk}", code, algorithm="sha256").hexdigest()


def _refused(act: Callable[[], T]) -> T:
    try:
        return act()
    except patients.NotChanged as error:
        raise NotDone(str(error)) from error
