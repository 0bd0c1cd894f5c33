"""What people at the practice do with a document: say whose it is, accept what it carries in one touch, leave it, send it back.

Each action locks the document, looks at its state, and is one transaction: of two people one decides, and a second tap changes
nothing. What is accepted was done where the document says, and where people stand is worked out at once (docs/adr/0012).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from django.db import transaction

from onedoor.exchange.models import ProposedEntry, ReceivedDocument
from onedoor.exchange.receiving import asking, people, rules
from onedoor.exchange.receiving.answering import answered
from onedoor.exchange.receiving.proposing import Judged, held_against, hold_against_record
from onedoor.exchange.receiving.taking import answer_business, move
from onedoor.exchange.receiving.versions import standing, versions_of
from onedoor.kernel import audit, clock, jobs, words
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.codes import Concept
from onedoor.patients import api as patients
from onedoor.recall import api as recall
from onedoor.records import api as records
from onedoor.records.types import NewEntry
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

MOST_SECONDS = 4 * 3_600.0
"""A page that stood open for longer was not being worked on."""
TELL_SENDER = "tell_sender"
"""The kind of task for what no response can say any more."""


class NotSo(Exception):
    """It cannot be done as things stand now, in words for the page; nothing was changed."""


@dataclass(frozen=True)
class Accepted:
    """What one touch came to."""

    entered: int
    passed_over: int
    """Of those asked for: not entered, because the record has them by now or they cannot be entered."""
    corrected: int
    """Entries of earlier versions that are in error from now on."""
    asks: int = 0
    """How many things it asks that are on the practice's task list from now on."""


@transaction.atomic
def say_who(*, access: Access, ref: UUID, patient_ref: UUID, response: str = rules.KNOWN_HERE) -> ReceivedDocument:
    """A person says whose a document is; the sender is told that they are known (`response`, a key of rules.THEIRS).

    Raises NotPermitted, ReceivedDocument.DoesNotExist outside the access, Patient.DoesNotExist for somebody who is not theirs,
    and NotSo when somebody else was quicker.
    """
    document = _locked(access, ref)
    if response not in rules.THEIRS:
        raise NotSo("Say whether they live, or died less than six months ago.")
    patient = patients.by_ref(access, patient_ref)
    one = people.candidate(document.organisation_id, patient.pk)
    if one is None:
        raise patients.Patient.DoesNotExist
    differs = [point.label for point in rules.points(people.claimed(document), one) if not point.same]
    if not move(document, "to_code", access.actor, reason="a person said whose it is", patient_id=patient.pk):
        raise NotSo("Somebody has said meanwhile whose it is.")
    document.patient = patient
    if not answer_business(document, response, access.actor) and answered(document) in rules.NOT_OURS:
        tasks.ask_for(tasks=[_ring(document, "one of our patients after all", "not known here")], by=access.actor)
    hold_against_record(document)
    _note(document, access, "document_matched", {"reason": document.match, "differs": differs})
    return document


@transaction.atomic
def wrong_person(*, access: Access, ref: UUID) -> None:
    """Take a document off a person's page: it waits to be matched again.

    What of it stands on their record, because it was accepted before a version between came, is in error from then on.
    """
    document = _locked(access, ref)
    if document.state != "to_code":
        raise NotSo(_meanwhile(document))
    before = document.patient_id
    gone = _in_error(document, to="proposed")
    if gone and before is not None:
        recall.refresh(patient_ids=[before])
    asking.ask_no_more([document], because="it is not about this person", by=access.actor)
    move(document, "to_match", access.actor, reason="not this person", patient_id=None, match="put_back")
    _note(document, access, "document_unmatched", {"corrected": gone}, patient_id=before)


@transaction.atomic
def not_ours(*, access: Access, ref: UUID, response: str, seconds: float | None = None) -> None:
    """Send a document back: the person is not known here (30002), or no longer here (30003). It ends here, unless
    it comes again about somebody else.

    What an earlier version of it put on a record is in error from then on. A sender who was told before that the person is known
    cannot be told otherwise by a response: somebody rings then, by a task.
    """
    document = _locked(access, ref)
    if response not in rules.NOT_OURS:
        raise NotSo("Say whether they were ever of this practice.")
    told = answered(document)
    if not _deal(document, "not_ours", access, seconds, reason=rules.NOT_OURS[response]):
        raise NotSo(_meanwhile(document))
    if not told:
        answer_business(document, response, access.actor)
    elif told not in rules.NOT_OURS:
        tasks.ask_for(tasks=[_ring(document, "not about one of our patients", "known here")], by=access.actor)
    # For good: should it come again about somebody else, taking that back does not bring these back.
    corrected = _correct(document, access, to="left")
    if corrected:
        recall.refresh(patient_ids=sorted(corrected))
    detail = {"response": response, "told_before": told, "corrected": sum(corrected.values())}
    _note(document, access, "document_sent_back", detail)


@transaction.atomic
def accept(
    *, access: Access, ref: UUID, numbers: Sequence[int] | None = None, seconds: float | None = None
) -> Accepted:
    """Enter what a document carries: all that is sound (None), or the numbers that somebody ticked.

    Each is judged again first: a code that is wrong by now is never entered, nor what the record has meanwhile. Earlier versions'
    entries are in error from then on. A document without any entry is filed. What it asks is one task then. Raises NotPermitted,
    DoesNotExist, NotSo.
    """
    document = _locked(access, ref)
    if document.state == "accepted":
        return Accepted(0, 0, 0)
    if document.state != "to_code" or document.patient_id is None:
        raise NotSo(_meanwhile(document))
    if document.patient_id not in patients.names(access, [document.patient_id]):
        raise NotSo("They are no longer in your care. Put the document back, and say so to the sender.")
    held = held_against(document)
    wanted = _wanted(held, numbers)
    take = [(one, judged) for one, judged in held if one.number in wanted and _may(judged, numbers is not None)]
    corrected = _correct(document, access)
    entries = [_entry(document, one, judged.term, judged.unit) for one, judged in take]
    records.accept_entries(entries=entries, by=access.actor)
    _settle(document, held, {one.number for one, _ in take})
    _deal(document, "accepted", access, seconds)
    asks = asking.ask(document, by=access.actor)
    if entries or corrected:
        recall.refresh(patient_ids=sorted({document.patient_id, *corrected}))
    gone = sum(corrected.values())
    _note(document, access, "document_accepted", {"entered": len(take), "corrected": gone, "asks": asks})
    return Accepted(len(take), len(wanted) - len(take), gone, asks)


@transaction.atomic
def leave(*, access: Access, ref: UUID, reason: str, earlier: str = "", seconds: float | None = None) -> int:
    """Keep a document with the person, and enter nothing of it; `reason` in words, of a person. What it asks is a task all the
    same.

    Where entries of earlier versions stand, `earlier` says what becomes of them (a key of rules.EARLIER): a newer version that
    nobody enters does not make them right. Returns how many are in error from now on. Raises NotSo without a reason, or without
    that.
    """
    document = _locked(access, ref)
    if not reason.strip():
        raise NotSo("Say why nothing of it is entered.")
    if document.state == "to_code" and document.proposals.filter(state="accepted").exists():
        # It was accepted before a version between came, whose earlier one stands too.
        raise NotSo(
            "Entries of it are on the record already: accept it once more, or say that it is not of this person."
        )
    if document.state == "to_code" and earlier not in rules.EARLIER and standing(versions_of(document, lock=True)):
        raise NotSo("Entries of an earlier version are on the record: say whether they are in error or stand.")
    if not _deal(document, "left", access, seconds, reason=reason.strip()):
        raise NotSo(_meanwhile(document))
    document.proposals.filter(state="proposed").update(state="left")
    corrected = _correct(document, access) if earlier == rules.IN_ERROR else {}
    asking.ask(document, by=access.actor)
    if corrected:
        recall.refresh(patient_ids=sorted(corrected))
    gone = sum(corrected.values())
    _note(document, access, "document_left", {"corrected": gone, "earlier": earlier})
    return gone


@transaction.atomic
def undo(*, access: Access, ref: UUID) -> int:
    """Take back within a day what was decided: entries are in error, those of an earlier version stand again; returns how many
    entries were taken back."""
    document = _locked(access, ref)
    if not may_undo(document):
        raise NotSo(
            "It was decided more than a day ago: correct the entries on the record." if document.dealt_at else ""
        )
    taken = _in_error(document, to="proposed")
    again = _restore(document, access)
    asking.ask_no_more([document], because="what was decided was taken back", by=access.actor)
    document.proposals.filter(state="left").update(state="proposed")
    move(document, "to_code", access.actor, reason="taken back", dealt_at=None, dealt_by="")
    hold_against_record(document)
    if document.patient_id is not None and (taken or again):
        recall.refresh(patient_ids=sorted({document.patient_id, *again}))
    _note(document, access, "document_undone", {"entries": taken})
    return taken


def may_undo(document: ReceivedDocument) -> bool:
    """Whether a button still takes back what was decided."""
    return (
        document.state in rules.DEALT
        and document.dealt_at is not None
        and clock.now() - document.dealt_at < rules.UNDONE_WITHIN
    )


@transaction.atomic
def propose(*, access: Access, ref: UUID, code: str, value: float | None, unit: str, day: date | None) -> str:
    """A person reads something in a document that it does not carry as an entry, and proposes it; returns why it cannot be
    entered, empty when it can. It is entered with the others."""
    document = _locked(access, ref)
    if document.state != "to_code":
        raise NotSo(_meanwhile(document))
    number = 1 + (document.proposals.order_by("-number").values_list("number", flat=True).first() or 0)
    known = records.terms([code])
    proposal = ProposedEntry(
        document=document,
        number=number,
        code=code[:18],
        term=known.get(code, "")[:200],
        value=value,
        unit=unit[:20],
        day=day,
        text=f"{rules.BY_HAND}{access.actor.label}"[:400],
        difference=rules.NEW,
    )
    proposal.save()
    judged = next(judged for one, judged in held_against(document) if one.number == number)
    if judged.difference == rules.FAULT or judged.difference in rules.UNCODED:
        proposal.delete()
        return judged.against
    hold_against_record(document)
    _note(document, access, "document_entry_proposed", {"number": number})
    return ""


def _locked(access: Access, ref: UUID) -> ReceivedDocument:
    access.require(Permission.DOCUMENTS)
    mine = ReceivedDocument.objects.filter(organisation_id__in=access.organisations)
    return mine.select_related("arrival__mailbox__organisation").select_for_update(of=("self",)).get(ref=ref)


def _meanwhile(document: ReceivedDocument) -> str:
    words = {
        "accepted": "It was accepted meanwhile.",
        "left": "It was filed meanwhile, without an entry.",
        "not_ours": "It was sent back meanwhile.",
        "replaced": "A newer version has come meanwhile: this one counts no more.",
        "to_match": "Nobody has said yet whose it is.",
        "to_code": "It is matched, and waits to be coded.",
    }
    return words[document.state]


def _wanted(held: Sequence[tuple[ProposedEntry, Judged]], numbers: Sequence[int] | None) -> set[int]:
    open_ = {one.number for one, _ in held if one.state == "proposed"}
    if numbers is not None:
        return open_ & set(numbers)
    return {one.number for one, judged in held if one.number in open_ and judged.difference in rules.SOUND}


def _may(judged: Judged, ticked: bool) -> bool:
    return judged.difference in rules.SOUND or (ticked and judged.difference == rules.OTHER_VALUE)


def _entry(document: ReceivedDocument, one: ProposedEntry, term: str, unit: str) -> NewEntry:
    assert document.patient_id is not None
    assert one.day is not None
    shown = f": {records.measured(one.value, unit)}" if one.value is not None else ""
    return NewEntry(
        patient_id=document.patient_id,
        organisation_id=document.sender_id or document.organisation_id,
        kind="document",
        text=f"{term}{shown}, from {document.sender_name}"[:400],
        intent_key=f"{intent(document)}{one.number}",
        source="document received",
        concept=Concept(one.code, term),
        effective_at=datetime.combine(one.day, time(12), tzinfo=clock.LONDON),
        subject="received_document",
        subject_id=document.pk,
        value=one.value,
        unit=unit if one.value is not None else "",
    )


def intent(document: ReceivedDocument) -> str:
    """What the intents of a document's entries begin with. It ends in a colon: of 1 and 12 neither begins with the other."""
    return f"received:{document.pk}:"


def _settle(document: ReceivedDocument, held: Iterable[tuple[ProposedEntry, Judged]], taken: set[int]) -> None:
    changed = []
    for one, judged in held:
        if one.state == "accepted":
            continue
        one.state = "accepted" if one.number in taken else "left"
        one.term, one.unit = judged.term[:200], judged.unit[:20]
        one.difference, one.against = judged.difference, judged.against[:200]
        changed.append(one)
    ProposedEntry.objects.bulk_update(changed, ["state", "term", "unit", "difference", "against"])


def _correct(document: ReceivedDocument, access: Access, *, to: str = "corrected") -> dict[int, int]:
    """Put the entries of earlier versions in error, and ask nothing of theirs any more; returns how many of each patient."""
    corrected: dict[int, int] = {}
    earlier = versions_of(document, lock=True)
    asking.ask_no_more(earlier, because="a newer version counts", by=access.actor)
    for old in earlier:
        gone = _in_error(old, to=to, newer=document if to == "corrected" else None)
        if gone and old.patient_id is not None:
            corrected[old.patient_id] = corrected.get(old.patient_id, 0) + gone
    return corrected


def _in_error(document: ReceivedDocument, *, to: str, newer: ReceivedDocument | None = None) -> int:
    mine = list(document.proposals.filter(state="accepted").order_by("number"))
    if document.patient_id is None or not mine:
        return 0
    records.unaccept_entries(entries=[_entry(document, one, one.term, one.unit) for one in mine])
    records.in_error(patient_id=document.patient_id, intents=intent(document))
    return ProposedEntry.objects.filter(pk__in=[one.pk for one in mine]).update(state=to, corrected_by=newer)


def _restore(document: ReceivedDocument, access: Access) -> set[int]:
    """Enter again what this one took off the record of earlier versions, and nothing that another had taken off before; returns
    whose."""
    whose: set[int] = set()
    for old in versions_of(document, lock=True):
        back = list(old.proposals.filter(state="corrected", corrected_by=document).order_by("number"))
        if not back or old.patient_id is None:
            continue
        held = {one.number: judged for one, judged in held_against(old)}
        sound = [one for one in back if held[one.number].difference != rules.FAULT]
        entries = [_entry(old, one, held[one.number].term, held[one.number].unit) for one in sound]
        records.accept_entries(entries=entries, by=access.actor)
        ProposedEntry.objects.filter(pk__in=[one.pk for one in sound]).update(state="accepted", corrected_by=None)
        whose.add(old.patient_id)
    return whose


def _deal(document: ReceivedDocument, to: str, access: Access, seconds: float | None, *, reason: str = "") -> bool:
    also: dict[str, object] = {"dealt_at": clock.now(), "dealt_by": access.actor.label[:80]}
    if seconds is not None:
        also["seconds_open"] = min(max(seconds, 0.0), MOST_SECONDS)
    return move(document, to, access.actor, reason=reason, **also)


def _ring(document: ReceivedDocument, so: str, told: str) -> NewTask:
    return NewTask(
        kind=TELL_SENDER,
        organisation_id=document.organisation_id,
        key=f"{TELL_SENDER}:{document.pk}",
        title=f"Ring {document.sender_name}: a document of theirs is {so}",
        detail=f"“{document.title}” came on {words.plain_day(document.received_at)}. They were told that the person is {told}.",
        subject="received_document",
        subject_id=document.pk,
    )


def _note(
    document: ReceivedDocument,
    access: Access,
    action: str,
    detail: Mapping[str, object],
    *,
    patient_id: int | None = None,
) -> None:
    audit.record(
        by=access.actor,
        line=audit.Line(
            action,
            "received_document",
            document.pk,
            patient_id=patient_id or document.patient_id,
            organisation_id=document.organisation_id,
            detail=dict(detail),
        ),
    )
    jobs.notify_live("documents", document.organisation_id)
