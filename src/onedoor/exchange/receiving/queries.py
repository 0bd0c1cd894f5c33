"""What people at the practice see of the documents that came: the worklist, one document, and those of a patient."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from onedoor.exchange.models import (
    Attachment,
    ItkResponse,
    MeshArrival,
    ProposedEntry,
    ReceivedDocument,
    ReceivedDocumentHistory,
)
from onedoor.exchange.receiving import people, rules
from onedoor.exchange.receiving.answering import answered
from onedoor.exchange.receiving.coding import may_undo
from onedoor.exchange.receiving.proposing import Judged, held_against
from onedoor.exchange.receiving.rules import Candidate, Claimed, Point
from onedoor.exchange.receiving.taking import WORKFLOWS
from onedoor.exchange.receiving.versions import later_of, standing, versions_of
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.patients import api as patients
from onedoor.patients.api import Patient

MOST = 200
"""Rows of a list; what is beyond comes up as these are done."""
REFUSED_SHOWN = timedelta(days=30)
VIEWS = {"open": "To do", "done": "Done", "back": "Sent back", "replaced": "Replaced", "refused": "Refused"}
_STATES: dict[str, tuple[str, ...]] = {
    "open": rules.OPEN,
    "done": rules.DEALT,
    "back": ("not_ours",),
    "replaced": ("replaced",),
}


@dataclass(frozen=True)
class Row:
    """A document of the list. `patient` is None where nobody has said whose it is, or who looks may not see them."""

    document: ReceivedDocument
    patient: Patient | None
    claimed: Claimed
    why: str
    """Why it is here."""
    action: str
    """The likely next step, in words."""
    sound: int
    in_all: int


@dataclass(frozen=True)
class Refused:
    """A message that was refused, with why, and whether the sender was told."""

    arrival: MeshArrival
    told: str
    """The code that the sender was told; empty where nobody could be."""


@dataclass(frozen=True)
class Worklist:
    """Documents of one view, oldest first (what is done: newest first), with how many there are in each."""

    view: str
    counts: dict[str, int]
    rows: Sequence[Row]
    refused: Sequence[Refused]
    oldest: datetime | None


@dataclass(frozen=True)
class Line:
    """A proposed entry as it stands to the record now."""

    proposal: ProposedEntry
    judged: Judged
    ticked: bool
    """Whether one touch takes it."""
    may: bool
    """Whether somebody may tick it."""


@dataclass(frozen=True)
class Folder:
    """One document with all that is needed to decide about it."""

    document: ReceivedDocument
    claimed: Claimed
    patient: Patient | None
    points: Sequence[Point]
    """What the document says of the person beside what we have; of nobody known, none."""
    sure: bool
    attachments: Sequence[Attachment]
    lines: Sequence[Line]
    asked: Sequence[ProposedEntry]
    """What the practice is asked to do."""
    told: Sequence[ProposedEntry]
    """What is said for information, without a code."""
    earlier: Sequence[ReceivedDocument]
    later: ReceivedDocument | None
    to_correct: Sequence[ProposedEntry]
    """Entries of earlier versions that stand, and are in error once this one is accepted."""
    answered: str
    history: Sequence[ReceivedDocumentHistory]
    may_undo: bool


def waiting(access: Access) -> tuple[int, int]:
    """(documents to do, of which nobody has said whose they are), of the access's organisations."""
    access.require(Permission.DOCUMENTS)
    found = _mine(access).filter(state__in=rules.OPEN)
    counted = found.aggregate(all=Count("pk"), unmatched=Count("pk", filter=Q(state="to_match")))
    return counted["all"], counted["unmatched"]


def worklist(access: Access, *, view: str = "open", limit: int = MOST) -> Worklist:
    """The documents of a view. Raises NotPermitted without Permission.DOCUMENTS, KeyError for no view."""
    access.require(Permission.DOCUMENTS)
    mine = _mine(access)
    states = dict(mine.order_by().values_list("state").annotate(n=Count("pk")))
    counts = {key: sum(states.get(state, 0) for state in _STATES[key]) for key in _STATES}
    refused = _refused(access)
    counts["refused"] = refused.count()
    if view == "refused":
        return Worklist(view, counts, [], _told(refused, limit), None)
    order = ("received_at", "id") if view == "open" else ("-received_at", "-id")
    found = list(mine.filter(state__in=_STATES[view]).select_related("sender").order_by(*order)[:limit])
    return Worklist(view, counts, _rows(access, found), [], found[0].received_at if found and view == "open" else None)


def next_document(access: Access, *, after: UUID) -> UUID | None:
    """The reference of the document that has waited longest behind `after`, from the front again at the end; None when none
    waits."""
    access.require(Permission.DOCUMENTS)
    mine = _mine(access)
    here = mine.get(ref=after)
    found = mine.filter(state__in=rules.OPEN).exclude(pk=here.pk).order_by("received_at", "id")
    behind = Q(received_at__gt=here.received_at) | Q(received_at=here.received_at, id__gt=here.pk)
    following = found.filter(behind).first() or found.first()
    return following.ref if following else None


def folder(access: Access, ref: UUID) -> Folder:
    """One document. ReceivedDocument.DoesNotExist outside the access."""
    document = _one(access, ref)
    who = people.claimed(document)
    patient = patients.names(access, [document.patient_id]).get(document.patient_id) if document.patient_id else None
    one = people.candidate(document.organisation_id, patient.pk) if patient else None
    shown = rules.points(who, one) if one else ()
    lines = [_line(proposal, judged) for proposal, judged in held_against(document, access if patient else None)]
    earlier = versions_of(document)
    return Folder(
        document=document,
        claimed=who,
        patient=patient,
        points=shown,
        sure=document.match == rules.SURE and all(point.same for point in shown),
        attachments=list(document.attachments.defer("content").order_by("number")),
        lines=[line for line in lines if line.judged.difference not in rules.UNCODED],
        asked=[line.proposal for line in lines if line.judged.difference == rules.ASKED],
        told=[line.proposal for line in lines if line.judged.difference == rules.TOLD],
        earlier=earlier,
        later=later_of(document),
        to_correct=standing(earlier) if document.state in rules.OPEN else [],
        answered=answered(document),
        history=list(document.history.order_by("id")),
        may_undo=may_undo(document),
    )


def whose(access: Access, ref: UUID, *, also: UUID | None = None) -> list[tuple[Patient, tuple[Point, ...], Candidate]]:
    """Whom a document may be of, those within the access: each with the points that agree and differ. `also` is somebody whom a
    person has searched for."""
    document = _one(access, ref)
    who = people.claimed(document)
    extra = patients.by_ref(access, also).pk if also else None
    found = people.candidates(document.organisation_id, who, also=extra)
    known = patients.names(access, [one.id for one in found])
    return [(known[one.id], rules.points(who, one), one) for one in found if one.id in known]


def attachment(access: Access, ref: UUID, number: int) -> tuple[ReceivedDocument, Attachment]:
    """A file of a document. ReceivedDocument.DoesNotExist outside the access, Attachment.DoesNotExist for a number it has not."""
    document = _one(access, ref)
    return document, document.attachments.get(number=number)


def received_of(access: Access, patient_id: int, *, limit: int = 20) -> list[ReceivedDocument]:
    """Documents received about a patient by the access's organisations, newest first; none of them for whoever may not see
    documents. Raises Patient.DoesNotExist outside the access."""
    patients.by_id(access, patient_id)
    if not access.may(Permission.DOCUMENTS):
        return []
    return list(_mine(access).filter(patient_id=patient_id).order_by("-written_at", "-id")[:limit])


def document_refs(access: Access, ids: Iterable[int]) -> dict[int, UUID]:
    """The references of those of these documents that the access may open, by key; in one query."""
    if not access.may(Permission.DOCUMENTS):
        return {}
    return dict(_mine(access).filter(pk__in=list(ids)).values_list("pk", "ref"))


def _mine(access: Access) -> QuerySet[ReceivedDocument]:
    return ReceivedDocument.objects.filter(organisation_id__in=access.organisations)


def _one(access: Access, ref: UUID) -> ReceivedDocument:
    access.require(Permission.DOCUMENTS)
    return _mine(access).select_related("sender", "organisation", "arrival").get(ref=ref)


def _rows(access: Access, found: Sequence[ReceivedDocument]) -> list[Row]:
    known = patients.names(access, [one.patient_id for one in found if one.patient_id])
    counted = {
        key: (sound, in_all)
        for key, sound, in_all in ProposedEntry.objects.filter(document__in=[one.pk for one in found])
        .order_by()
        .values_list("document_id")
        .annotate(
            sound=Count("pk", filter=Q(difference__in=rules.SOUND) & ~Q(code="")),
            in_all=Count("pk", filter=~Q(code="")),
        )
    }
    return [_row(one, known.get(one.patient_id or 0), *counted.get(one.pk, (0, 0))) for one in found]


def _row(document: ReceivedDocument, patient: Patient | None, sound: int, in_all: int) -> Row:
    if document.state == "to_match":
        why, action = rules.MATCHES[document.match], "Say whose it is"
    elif document.state == "to_code":
        why, action = _carries(sound, in_all), f"Accept {sound}" if sound else "File it"
    else:
        why, action = rules.STATES[document.state], "Open"
    return Row(document, patient, people.claimed(document), why, action, sound, in_all)


def _carries(sound: int, in_all: int) -> str:
    if not in_all:
        return "Nothing coded: to be read and filed"
    if not sound:
        return "Nothing that can be entered with one touch"
    return f"{sound} of {in_all} entries can be entered" if sound < in_all else f"{sound} new"


def _line(proposal: ProposedEntry, judged: Judged) -> Line:
    open_ = proposal.state == "proposed"
    sound = judged.difference in rules.SOUND
    return Line(proposal, judged, open_ and sound, open_ and (sound or judged.difference == rules.OTHER_VALUE))


def _refused(access: Access) -> QuerySet[MeshArrival]:
    return MeshArrival.objects.filter(
        mailbox__organisation_id__in=access.organisations,
        workflow__in=WORKFLOWS,
        state="refused",
        arrived_at__gt=clock.now() - REFUSED_SHOWN,
    )


def _told(found: QuerySet[MeshArrival], limit: int) -> list[Refused]:
    arrivals = list(found.defer("content").order_by("-arrived_at", "-id")[:limit])
    codes = dict(ItkResponse.objects.filter(arrival__in=[one.pk for one in arrivals]).values_list("arrival_id", "code"))
    return [Refused(one, codes.get(one.pk, "")) for one in arrivals]
