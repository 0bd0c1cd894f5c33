"""A document that arrived: read strictly, answered, kept once, matched, and held against the record. Nothing is entered here.

The sender is told in the same transaction (interop.md 2.4): that we could read it (20013) or not, that it came
before (20007, 20008), and once it is certain whether the person is ours. What is refused stays visible with its reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from onedoor.accounts import api as accounts
from onedoor.exchange.itk import read
from onedoor.exchange.itk.types import SendDocument, Unacceptable
from onedoor.exchange.mesh import kinds
from onedoor.exchange.mesh.collecting import settle
from onedoor.exchange.models import (
    Attachment,
    Mailbox,
    MeshArrival,
    ProposedEntry,
    ReceivedDocument,
    ReceivedDocumentHistory,
)
from onedoor.exchange.receiving import people, proposing, rules
from onedoor.exchange.receiving.answering import answer, answered
from onedoor.exchange.receiving.versions import has_mailbox, newest_of, standing, versions_of
from onedoor.kernel import audit, clock, jobs, words
from onedoor.kernel.actor import Actor
from onedoor.kernel.nhs_number import compact
from onedoor.kernel.transitions import record_first, transition
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

WORKFLOWS = ("GPCONNECT_SEND_DOCUMENT", "GPFED_CONSULT_REPORT")
"""Both must be taken (interop.md 2.1)."""
_CLOCKS_DIFFER = timedelta(days=1)
_LONGEST = 100
"""Characters of an identifier: of a longer one we could not keep what tells two documents apart."""


@dataclass(frozen=True)
class _Refusal:
    code: str
    why: str


@transaction.atomic
def take(arrival: MeshArrival, by: Actor) -> None:
    """Take one arrival. Its state says what became of it: taken, or refused with why."""
    try:
        said = read.document(bytes(arrival.content))
    except Unacceptable as fault:
        why = f"{fault.why} ({fault.where})" if fault.where else fault.why
        _refuse(arrival, _Refusal(fault.code, why), fault.bundle_id, by)
        return
    refusal = _not_taken(arrival, said)
    if refusal:
        _refuse(arrival, refusal, said.bundle_id, by)
        return
    mine = ReceivedDocument.objects.filter(organisation_id=arrival.mailbox.organisation_id)
    first = mine.select_for_update().filter(document_identifier=said.document_identifier).first()
    if first is not None and not _about_somebody_else(arrival, said, first):
        _again(arrival, said, first, by)
        return
    document = _kept(arrival, said, first)
    answer(arrival=arrival, bundle_id=said.bundle_id, code=rules.READ, by=by)
    if first is None:
        record_first(history=ReceivedDocumentHistory, ids=[document.pk], state="to_match", by=by)
    else:
        reason = "it came again, about somebody else"
        move(document, "to_match", by, reason=reason, dealt_at=None, dealt_by="", seconds_open=None)
    _place(document, by)
    settle(arrival, "taken")
    audit.record(
        by=by,
        line=audit.Line(
            "document_received",
            "received_document",
            document.pk,
            patient_id=document.patient_id,
            organisation_id=document.organisation_id,
            detail={"match": document.match, "state": document.state, "entries": document.proposals.count()},
        ),
    )
    jobs.notify_live("documents", document.organisation_id)


def _not_taken(arrival: MeshArrival, said: SendDocument) -> _Refusal | None:
    """Why a document that can be read is not for us, or not from whom it says."""
    ours = arrival.mailbox.organisation.ods_code
    if said.recipient.ods and said.recipient.ods.upper() != ours:
        return _Refusal(rules.NOT_FOR_US, f"It is addressed to {said.recipient.ods[:12]}, and this is {ours}")
    known = Mailbox.objects.filter(mailbox_id=arrival.sender.upper()).select_related("organisation").first()
    whose = known.organisation.ods_code if known else ""
    if whose != said.sender.ods.upper() and (known or has_mailbox(said.sender.ods.upper())):
        came = f"the mailbox of {whose}" if whose else "another mailbox"
        return _Refusal(rules.SENDER_UNKNOWN, f"It says that {said.sender.ods[:12]} sent it, and it came from {came}")
    if not said.sender.ods or len(said.sender.ods) > 12:
        return _Refusal(rules.SENDER_UNKNOWN, "It does not say which organisation sent it")
    long = max(len(said.bundle_id), len(said.document_identifier), len(said.replaces_identifier)) > _LONGEST
    if long or not said.document_identifier:
        return _Refusal(rules.HEADER, f"It has no identifier of at most {_LONGEST} characters")
    return None


def _refuse(arrival: MeshArrival, refusal: _Refusal, bundle_id: str, by: Actor) -> None:
    told = answer(arrival=arrival, bundle_id=bundle_id, code=refusal.code, text=refusal.why, by=by)
    settle(arrival, "refused", refusal.why)
    if not told or not bundle_id:
        # Nobody was told, or nobody can know to which message the answer belongs: somebody rings.
        tasks.ask_for(tasks=[_ask_sender(arrival, refusal.why)], by=by)
    audit.record(
        by=by,
        line=audit.Line(
            "document_refused",
            "mesh_arrival",
            arrival.pk,
            organisation_id=arrival.mailbox.organisation_id,
            detail={"code": refusal.code, "answered": told},
        ),
    )
    jobs.notify_live("documents", arrival.mailbox.organisation_id)


def _ask_sender(arrival: MeshArrival, why: str) -> NewTask:
    return NewTask(
        kind=kinds.NOT_READ.name,
        organisation_id=arrival.mailbox.organisation_id,
        key=f"{kinds.NOT_READ.name}:{arrival.pk}",
        title=f"A document from {arrival.sender or 'an unknown mailbox'} was refused, and its sender could not be told",
        detail=f"{why}. Ask the sender what it was, and to send it again.",
        subject="mesh_arrival",
        subject_id=arrival.pk,
    )


def _again(arrival: MeshArrival, said: SendDocument, first: ReceivedDocument, by: Actor) -> None:
    """The same document once more: it changes nothing. Other words under an old identifier are refused, and a person sees it."""
    if arrival.pk == first.arrival_id:
        return
    code = rules.DUPLICATE_MESSAGE if said.bundle_id == first.bundle_id else rules.DUPLICATE_DOCUMENT
    if same_document(said, first):
        answer(arrival=arrival, bundle_id=said.bundle_id, code=code, by=by)
        settle(arrival, "taken", "The same document came before: nothing changed")
        return
    before = f"a document of {words.plain_day(first.received_at)} from {first.sender_ods}"
    why = f"Its identifier is that of {before}, and it says something else"
    _refuse(arrival, _Refusal(code, why), said.bundle_id, by)


def same_document(said: SendDocument, kept: ReceivedDocument) -> bool:
    """Whether sender, whom it is about, files and entries are those that were kept."""
    return (
        said.sender.ods.upper() == kept.sender_ods
        and people.claim(_claimed(said)) == people.claimed(kept)
        and _content(said) == _content_of(kept)
    )


def _about_somebody_else(arrival: MeshArrival, said: SendDocument, first: ReceivedDocument) -> bool:
    """Whether it was sent back, and its sender has put right whom it is about without giving it another identifier."""
    return (
        first.state == "not_ours"
        and arrival.pk != first.arrival_id
        and arrival.sender == first.arrival.sender
        and said.sender.ods.upper() == first.sender_ods
        and people.claim(_claimed(said)) != people.claimed(first)
    )


_Content = tuple[list[str], list[tuple[str, float | None, date | None, str]]]
"""The hashes of the files, and the entries but for term and unit, which the dictionary may say otherwise once it is kept."""


def _content(said: SendDocument) -> _Content:
    carried = said.entries[: proposing.MOST]
    return (
        [hashlib.sha256(file.content).hexdigest() for file in said.files],
        [(one.code[:18], one.value, one.day, one.text[:400]) for one in carried],
    )


def _content_of(document: ReceivedDocument) -> _Content:
    carried = document.proposals.exclude(text__startswith=rules.BY_HAND).order_by("number")
    return (
        list(document.attachments.order_by("number").values_list("sha256", flat=True)),
        list(carried.values_list("code", "value", "day", "text")),
    )


def _kept(arrival: MeshArrival, said: SendDocument, first: ReceivedDocument | None) -> ReceivedDocument:
    """Keep it with all that it carries; in the place of `first`, of which nothing was entered, where it comes again."""
    document = first or ReceivedDocument(document_identifier=said.document_identifier)
    sender = accounts.organisation_by_ods(said.sender.ods.upper())
    document.organisation_id = arrival.mailbox.organisation_id
    document.arrival = arrival
    document.bundle_id = said.bundle_id
    document.replaces_identifier = said.replaces_identifier
    document.sender_ods = said.sender.ods.upper()
    document.sender_name = (sender.name if sender else said.sender.name or said.sender.ods)[:120]
    document.sender = sender
    document.author = said.author[:120]
    document.type_code = said.type_code[:18]
    document.title = (said.title or said.type_term or "Document")[:200]
    document.written_at = said.written_at
    document.claimed = _claimed(said)
    document.match = "unknown"
    document.received_at = clock.now()
    document.save()
    if first is not None:
        document.attachments.all().delete()
        document.proposals.all().delete()
    _keep_carried(document, said)
    return document


def _claimed(said: SendDocument) -> dict[str, Any]:
    return {
        "nhs_number": compact(said.patient.nhs_number)[:20],
        "family": said.patient.family[:80],
        "given": said.patient.given[:80],
        "born_on": said.patient.born_on.isoformat() if said.patient.born_on else "",
        "traced": said.patient.verified,
        "died": said.patient.died,
    }


def _keep_carried(document: ReceivedDocument, said: SendDocument) -> None:
    Attachment.objects.bulk_create(
        Attachment(
            document=document,
            number=number,
            title=file.title[:200],
            media_type=file.media_type[:80],
            content=file.content,
            sha256=hashlib.sha256(file.content).hexdigest(),
        )
        for number, file in enumerate(said.files, start=1)
    )
    ProposedEntry.objects.bulk_create(
        ProposedEntry(
            document=document,
            number=number,
            code=entry.code[:18],
            term=entry.term[:200],
            value=entry.value,
            unit=entry.unit[:20],
            day=entry.day,
            text=entry.text[:400],
            difference=rules.NEW,
        )
        for number, entry in enumerate(said.entries[: proposing.MOST], start=1)
    )


def _place(document: ReceivedDocument, by: Actor) -> None:
    """Say whose it is as far as that is sure, and how it stands to its other versions."""
    later = newest_of(document, lock=True)
    earlier = versions_of(document, lock=True)
    _match(document, earlier)
    if document.patient_id is not None:
        answer_business(document, rules.KNOWN_HERE, by)
        proposing.hold_against_record(document)
    for old in earlier:
        move(old, "replaced", by, reason="a newer version has come")
    if later is not None and later.pk not in {old.pk for old in earlier}:
        # What replaces it came first: this one is kept, and never offered.
        move(document, "replaced", by, reason="a newer version had come before it")
        _found_its_place(later, by)
    elif document.patient_id is not None:
        move(document, "to_code", by, reason=document.match)
    else:
        _send_back(document, by)


def _send_back(document: ReceivedDocument, by: Actor) -> None:
    """Whoever is certainly not of the practice is sent back without a person."""
    if document.match in rules.CERTAINLY_NOT:
        answer_business(document, rules.NOT_KNOWN, by)
        move(document, "not_ours", by, reason=document.match, dealt_at=clock.now(), dealt_by=by.label[:80])


def _match(document: ReceivedDocument, earlier: Sequence[ReceivedDocument]) -> None:
    """Keep who it is, or why a person must say."""
    found = people.matched(document.organisation_id, people.claimed(document))
    alone = bool(document.replaces_identifier) and not earlier
    whose = {old.patient_id for old in earlier} - {None}
    if found.patient_id is not None:
        if document.written_at > clock.now() + _CLOCKS_DIFFER:
            found = rules.Match("dated_ahead")
        elif alone:
            found = rules.Match("replaces_unknown")
        # A version about somebody else corrects a document that went to the wrong person, or is itself the mistake.
        elif whose - {found.patient_id}:
            found = rules.Match("other_person")
    elif found.reason in rules.CERTAINLY_NOT:
        # Sent back by itself, it would leave what an earlier version said on whoever that was about.
        if alone:
            found = rules.Match("replaces_unknown")
        elif whose:
            found = rules.Match("other_person")
    document.match, document.patient_id = found.reason, found.patient_id
    document.save(update_fields=["match", "patient"])


def _found_its_place(later: ReceivedDocument, by: Actor) -> None:
    """What a version that has come late changes for the one that replaces it."""
    earlier = versions_of(later, lock=True)
    if later.state == "to_match" and later.match == "replaces_unknown":
        _match(later, earlier)
        if later.patient_id is not None:
            answer_business(later, rules.KNOWN_HERE, by)
            proposing.hold_against_record(later)
            move(later, "to_code", by, reason="the version before it has come")
        else:
            _send_back(later, by)
    elif later.state in rules.DEALT and standing(earlier):
        # It had been dealt with when nobody knew that entries of a version before this one stand.
        move(later, "to_code", by, reason="an earlier version stands on the record")
    elif later.state == "not_ours" and standing(earlier):
        # It was sent back as if nothing of it were on a record: a person says whose it is, or sends it back and takes them off.
        later.match = "earlier_stands"
        later.save(update_fields=["match"])
        undealt = {"dealt_at": None, "dealt_by": "", "seconds_open": None}
        move(later, "to_match", by, reason="an earlier version stands on the record", **undealt)


def answer_business(document: ReceivedDocument, code: str, by: Actor) -> bool:
    """Tell the sender of a document, and of earlier versions that nobody will decide about any more; False when it was told
    something before."""
    for old in versions_of(document):
        if not answered(old) and people.claimed(old) == people.claimed(document):
            answer(arrival=old.arrival, bundle_id=old.bundle_id, code=code, by=by)
    return answer(arrival=document.arrival, bundle_id=document.bundle_id, code=code, by=by)


def move(document: ReceivedDocument, to: str, by: Actor, *, reason: str = "", **also: object) -> bool:
    """Move a document, and say whether it moved: in other states it stays as it is."""
    moved = transition(
        model=ReceivedDocument,
        history=ReceivedDocumentHistory,
        moves=rules.MOVES,
        ids=[document.pk],
        to=to,
        by=by,
        reason=reason[:80],
        also=also,
    )
    if moved:
        document.state = to
    return bool(moved)
