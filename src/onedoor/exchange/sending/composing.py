"""What waits goes out: looked at once more whether it may, set as PDF, put into an ITK3 message and queued, all or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import randrange
from typing import Any
from uuid import uuid4

from django.db import transaction

from onedoor.accounts import api as accounts
from onedoor.documents import api as documents
from onedoor.documents.types import Party as Addressee
from onedoor.exchange.itk import codes, write
from onedoor.exchange.itk.types import CarriedEntry, File, Party, Person, SendDocument, Unwritable
from onedoor.exchange.mesh import actions as mesh
from onedoor.exchange.models import Mailbox, SentAnswer, SentDocument, SentTry
from onedoor.exchange.sending import having, kinds, making, moving, rules
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.patients import api as patients
from onedoor.patients.api import Patient
from onedoor.tasks import api as tasks

SLICE = 20
MOST_SLICES = 10
LIES = timedelta(minutes=1)
"""What is in the outbox for longer is looked at again."""
HELD_SLICE = 200
"""How many held documents are looked at in a minute."""
_GENDERS = ("male", "female", "other", "unknown")


def compose_slice(access: Access) -> int:
    """Send what waits, the oldest first; returns how many were dealt with. One that fails stays, and those behind it go on."""
    found = SentDocument.objects.filter(state="waiting", message=None).order_by("pk").values_list("pk", flat=True)
    done, last, slices = 0, 0, 0
    # Past a whole slice of failures too, so that they keep back nobody; not past any number of them.
    while done < SLICE and slices < MOST_SLICES and (keys := list(found.filter(pk__gt=last)[: SLICE - done])):
        done += sum(_compose_or_hold(key, access) for key in keys)
        last, slices = keys[-1], slices + 1
    return done


def _compose_or_hold(key: int, access: Access) -> bool:
    try:
        _compose(key, access)
    except Unwritable as error:
        _hold_faulty(key, str(error), access.actor)
    except documents.CannotBeSet:
        _hold_faulty(key, "it cannot be set as a PDF", access.actor)
    except Exception as error:
        moving.failed("a document cannot be sent", key, error)
        return False
    return True


@transaction.atomic
def _compose(key: int, access: Access) -> None:
    document = _locked(key, "waiting")
    if document is None or document.message_id is not None:
        return
    by = access.actor
    why, practice = gate(document, access)
    if why:
        hold(document, why, practice, by=by)
        return
    having.ask_to_tell(document, practice.pk if practice else None, by=by)
    document.practice = practice
    mailbox = mesh.mailbox_of(document.organisation_id)
    assert mailbox is not None, "the gate asked for it"
    last = SentTry.objects.filter(document=document).order_by("-number").first()
    if last is not None and last.practice_id != (practice.pk if practice else None):
        # What one practice answers must not be taken for the answer of another.
        document.bundle_id = uuid4()
    written = _written(document, mailbox, access)
    message = mesh.queue(
        mailbox=mailbox,
        to=_address(practice, written.patient),
        workflow=rules.CARRIED_BY,
        subject=write.subject_line(written, document.version),
        content=write.document(written),
        by=by,
    )
    document.message = message
    document.save(update_fields=["practice", "message", "bundle_id"])
    number = last.number + 1 if last else 1
    SentTry.objects.create(
        document=document,
        number=number,
        bundle_id=document.bundle_id,
        practice=practice,
        message=message,
        made_at=clock.now(),
    )
    audit.record(by=by, line=moving.line(document, "send_document", number=number))


def gate(document: SentDocument, access: Access) -> tuple[str, accounts.Organisation | None]:
    """Why a document may not go now (a key of `rules.HOLDS`; "" where it may), and the practice it is for: where the patient is
    registered today, whatever was so when it was made."""
    patient = patients.by_id(access, document.patient_id)
    home = patients.registered_at(access, document.patient_id)
    practice = accounts.Organisation.objects.get(pk=home) if home is not None else None
    # A day's messages go to the system of whoever wrote them.
    if document.kind == making.CONTACTS:
        practice = document.organisation
    return _why(document, patient, practice), practice


def _why(document: SentDocument, patient: Patient, practice: accounts.Organisation | None) -> str:
    if patient.restricted:
        return "restricted"
    if patient.deceased:
        return "deceased"
    if practice is None or (document.kind != making.CONTACTS and practice.pk == document.organisation_id):
        return "left" if document.practice_id is not None else "unregistered"
    if not patient.nhs_number:
        return "no_number"
    return "" if mesh.mailbox_of(document.organisation_id) is not None else "no_mailbox"


def hold(
    document: SentDocument, why: str, practice: accounts.Organisation | None, *, by: Actor, more: str = ""
) -> None:
    """Hold a locked document and ask a person; one that is held for another reason already is asked about anew."""
    reason = rules.HOLDS[why]
    having.ask_to_tell(document, practice.pk if practice else None, by=by)
    words = f"{reason.words}{': ' + more if more else ''}"[:200]
    if document.state == "held":
        SentDocument.objects.filter(pk=document.pk).update(because=words)
        document.because = words
    elif not moving.move(document, "held", by=by, reason=reason.words, because=words):
        return
    if why == "no_mailbox":
        # Not one for each document: it is one thing to mend.
        moving.end_work(document, because="a mailbox is asked for", by=by)
        moving.ask_for_mailbox(
            document.organisation_id,
            f"Documents are not sent: {words}. {reason.ask} They go by themselves then.",
            by=by,
        )
        return
    detail = f"It is not sent: {words}. {reason.ask} {reason.ends}"
    moving.ask(document, kinds.FAULT if reason.fault else kinds.HELD, detail, by=by)


@transaction.atomic
def _hold_faulty(key: int, more: str, by: Actor) -> None:
    document = _locked(key, "waiting")
    if document is not None:
        hold(document, "faulty", document.practice, by=by, more=more)


def look_at_held(access: Access) -> int:
    """Let go what is held no more, and say anew why the rest is; returns how many went on.

    Where more are held than one slice, another is taken by chance each time, so that all have their turn.
    """
    _end_no_mailbox(access)
    found = SentDocument.objects.filter(state="held").exclude(because__startswith=rules.HOLDS["faulty"].words)
    windows = max(1, -(-found.count() // HELD_SLICE))
    start = randrange(windows) * HELD_SLICE
    went = 0
    for key in list(found.order_by("pk").values_list("pk", flat=True)[start : start + HELD_SLICE]):
        try:
            went += _look_at(key, access)
        except Exception as error:
            moving.failed("a held document cannot be looked at", key, error)
    return went


def look_at_queued(access: Access) -> int:
    """Look once more whether what lies in the outbox may go, and where: much can change while MESH cannot be reached; returns how
    many were taken back."""
    lies = clock.now() - LIES
    found = SentDocument.objects.filter(state="waiting", message__state="waiting", message__made_at__lte=lies)
    windows = max(1, -(-found.count() // HELD_SLICE))
    start = randrange(windows) * HELD_SLICE
    back = 0
    for key in list(found.order_by("pk").values_list("pk", flat=True)[start : start + HELD_SLICE]):
        try:
            back += _look_at_queued(key, access)
        except Exception as error:
            moving.failed("a document in the outbox cannot be looked at", key, error)
    return back


@transaction.atomic
def _look_at_queued(key: int, access: Access) -> bool:
    document = _locked(key, "waiting")
    if document is None or document.message_id is None:
        return False
    why, practice = gate(document, access)
    # The message waits for its mailbox by itself.
    if why in ("", "no_mailbox") and practice == document.practice:
        return False
    if not moving.take_back(document, by=access.actor):
        return False
    if why:
        hold(document, why, practice, by=access.actor)
    else:
        jobs.wake(making.SEND)
    return True


@transaction.atomic
def _end_no_mailbox(access: Access) -> None:
    """Nobody is asked for a mailbox that there is."""
    asked = tasks.Task.objects.filter(kind=kinds.NO_MAILBOX.name, state__in=("open", "claimed"))
    organisations = list(asked.values_list("organisation_id", flat=True))
    there = sorted(kinds.mailbox_key(one) for one in mesh.mailboxes_of(organisations))
    if there:
        tasks.withdraw(keys=there, because="there is a mailbox", by=access.actor)


@transaction.atomic
def _look_at(key: int, access: Access) -> bool:
    document = _locked(key, "held")
    if document is None or document.because.startswith(rules.HOLDS["faulty"].words):
        return False
    why, practice = gate(document, access)
    if not why:
        return moving.move(document, "waiting", by=access.actor, reason="what held it has ended", because="")
    if why == "no_mailbox" or rules.HOLDS[why].words != document.because:
        hold(document, why, practice, by=access.actor)
    return False


def _locked(key: int, state: str) -> SentDocument | None:
    """The document with its turn held, if it is in that state still and nobody else has it."""
    found = SentDocument.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=key, state=state)
    return found.select_related("organisation", "practice", "document").first()


def _address(practice: accounts.Organisation | None, person: Person) -> str:
    """The practice's mailbox where the locality knows it; else MESH finds the practice by the patient (interop.md 2.2)."""
    mailbox = mesh.mailbox_of(practice.pk) if practice is not None else None
    if mailbox is not None:
        return mailbox.mailbox_id
    assert person.born_on is not None
    return write.gp_provider_address(person.nhs_number, person.born_on, person.family)


def _written(document: SentDocument, mailbox: Mailbox, access: Access) -> SendDocument:
    patient = patients.by_id(access, document.patient_id)
    practice = document.practice
    letter = document.document
    title = letter.letter["title"]
    checks = letter.facts.get("checks")
    gender = patient.gender.lower()
    return SendDocument(
        bundle_id=str(document.bundle_id),
        document_identifier=str(document.document_identifier),
        replaces_identifier=_replaced(document),
        sender=Party(document.organisation.ods_code, document.organisation.name),
        sender_mailbox=mailbox.mailbox_id,
        author=checks["by"] if checks else document.organisation.name,
        recipient=Party(practice.ods_code, practice.name) if practice else Party("", ""),
        patient=Person(
            nhs_number=patient.nhs_number or "",
            family=patient.family_name,
            given=patient.given_name,
            born_on=patient.born_on,
            gender=gender if gender in _GENDERS else "",
        ),
        written_at=document.composed_at,
        title=title,
        # Which SNOMED CT document type and care setting these are comes from value sets that we do not hold (interop.md 6).
        type_code="",
        type_term=title,
        care_setting_code="",
        confidential=False,
        files=(File(title, "application/pdf", pdf_of(document, access)),),
        entries=tuple(_carried(one) for one in document.entries[: codes.MOST_ENTRIES]),
    )


def _replaced(document: SentDocument) -> str:
    """What it says that it replaces. After a replacement that failed it is a document of its own (interop.md 2.4, 20014)."""
    if SentAnswer.objects.filter(document=document, code="20014").exists():
        return ""
    return having.replaced_identifier(document.replaces, document.practice_id)


def pdf_of(document: SentDocument, access: Access) -> bytes:
    """The document as it goes: of the patient as they are known now, like the envelope, and to whom it is for now; either may be
    another than when it was written."""
    letter, practice = document.document, document.practice
    facts = documents.facts_from_json(letter.facts)
    moved = practice is not None and practice.name != letter.letter["to"]["name"]
    now = replace(facts, patient=making.person_of(document.patient_id))
    if moved and facts.checks is not None:
        now = replace(now, checks=replace(facts.checks, replaces=_replaced(document) != ""))
    if now == facts and not moved:
        return documents.file_of(access, letter.ref, "standard")[1]
    shown = documents.by_ref(access, letter.ref).letter if now == facts else documents.compose_letter(now)
    return documents.pdf(shown, to=Addressee(practice.name) if practice is not None and moved else None)


def _carried(entry: dict[str, Any]) -> CarriedEntry:
    return CarriedEntry(
        code=entry["code"],
        term=entry["term"],
        value=entry["value"],
        unit=entry["unit"],
        day=date.fromisoformat(entry["day"]) if entry["day"] else None,
        text=entry["text"],
    )
