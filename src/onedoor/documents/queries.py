"""Reads of documents. Each starts from what the access may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from onedoor.documents.facts_file import letter_from_json
from onedoor.documents.models import Delivery, Document, PrintFile
from onedoor.documents.rules import FORMATS, OPENS_BY_LINK
from onedoor.documents.types import Line, Sent, Shown, Waiting, Way
from onedoor.kernel.access import Access, Part, Permission
from onedoor.kernel.sensitive import IN_SQL
from onedoor.patients.api import visible as visible_patients


def visible(access: Access) -> QuerySet[Document]:
    """A patient's own letters; for staff who see patients or referrals, those that their organisation wrote or was written,
    about patients they care for; a letter about somebody whom no list has brought yet is its writer's alone."""
    if access.everything:
        return Document.objects.all()
    if access.patient_id is not None:
        own = Document.objects.filter(patient_id=access.patient_id, recipients__role="patient")
        return _shown_to(access, own)
    if not (access.may(Permission.PATIENTS) or access.may(Permission.REFERRALS)):
        return Document.objects.none()
    mine = Q(organisation_id__in=access.organisations) | Q(
        pk__in=Document.objects.filter(recipients__organisation_id__in=access.organisations).values("pk")
    )
    cared_for = Q(patient__in=visible_patients(access)) | Q(patient=None, organisation_id__in=access.organisations)
    return Document.objects.filter(mine & cared_for)


def _shown_to(access: Access, own: QuerySet[Document]) -> QuerySet[Document]:
    """A patient's own, less what was not given to a proxy: a letter that says anything private is as if it were not there."""
    if not access.has(Part.LETTERS):
        return own.none()
    if access.has(Part.PRIVATE):
        return own
    said = own.annotate(letter_said=Cast("letter", TextField()), facts_said=Cast("facts", TextField()))
    return said.exclude(Q(letter_said__iregex=IN_SQL) | Q(facts_said__iregex=IN_SQL))


def by_ref(access: Access, ref: UUID) -> Shown:
    """A letter as its page shows it. Raises Document.DoesNotExist outside the access."""
    found = visible(access).prefetch_related("recipients__deliveries").get(ref=ref)
    newer = None
    if not found.current:
        latest = Document.objects.get(subject=found.subject, subject_id=found.subject_id, kind=found.kind, current=True)
        newer = latest.ref
    sent = [
        Sent(to.role, to.name, one.way, to.format, one.state, one.done_at or one.since, one.because)  # type: ignore[arg-type]
        for to in sorted(found.recipients.all(), key=lambda to: to.role)
        for one in sorted(to.deliveries.all(), key=lambda one: one.pk)
        if access.patient_id is None or to.role == "patient"
    ]
    asked = {to.format for to in found.recipients.all()}
    formats = sorted(FORMATS, key=lambda style: (style not in asked, FORMATS.index(style)))
    return Shown(
        ref=found.ref,
        patient_id=found.patient_id,
        version=found.version,
        newer=newer,
        letter=letter_from_json(found.letter),
        formats=tuple(formats),
        sent=tuple(sent),
        to_receive=any(
            one.way == "page" and one.state == "waiting"
            for to in found.recipients.all()
            for one in to.deliveries.all()
            if to.role == "practice" and to.organisation_id in access.organisation_ids
        ),
    )


def of_patient(access: Access, patient_id: int, *, limit: int = 100) -> list[Line]:
    """A patient's letters, the latest first; replaced versions are among them."""
    found = visible(access).filter(patient_id=patient_id).order_by("-composed_at", "-pk")
    return [_line(one) for one in found[:limit]]


def of_subjects(access: Access, subject: str, subject_ids: Sequence[int]) -> dict[int, list[Line]]:
    """The current letters about each subject, the latest first."""
    lines: defaultdict[int, list[Line]] = defaultdict(list)
    found = visible(access).filter(subject=subject, subject_id__in=subject_ids, current=True)
    for one in found.order_by("-composed_at", "-pk"):
        lines[one.subject_id].append(_line(one))
    return dict(lines)


def _line(one: Document) -> Line:
    return Line(
        ref=one.ref,
        title=one.letter["title"],
        language=one.letter["language"],
        english=(one.letter.get("english") or one.letter)["title"],
        service=one.facts["service"],
        dated_on=letter_from_json(one.letter).dated_on,
        version=one.version,
        current=one.current,
        opens_by_link=one.kind in OPENS_BY_LINK,
    )


def deliveries_waiting(access: Access, way: Way, *, limit: int = 1_000) -> list[Waiting]:
    """Deliveries by one way that wait, the longest first: of the system's, or of the access's organisations.

    None to a patient who has died, and none of one whose whereabouts are restricted but by a page they sign in to.
    """
    found = Delivery.objects.filter(way=way, state="waiting").exclude(
        recipient__role="patient", recipient__document__patient__deceased=True
    )
    if way != "page":
        found = found.exclude(recipient__document__patient__restricted=True)
    if not access.everything:
        found = found.filter(organisation_id__in=access.organisations)
    return [
        Waiting(
            id=one.pk,
            document_ref=one.recipient.document.ref,
            patient_id=one.recipient.document.patient_id,
            organisation_id=one.organisation_id,
            role=one.recipient.role,  # type: ignore[arg-type]
            way=way,
            since=one.since,
            subject=one.recipient.document.subject,
            subject_id=one.recipient.document.subject_id,
        )
        for one in found.select_related("recipient__document").order_by("pk")[:limit]
    ]


def texted_since(access: Access, since: datetime) -> list[int]:
    """Deliveries by text that were made since, of current letters: whether each arrived is to be asked of whoever sent it."""
    found = Delivery.objects.filter(way="message", state="done", done_at__gte=since, recipient__document__current=True)
    if not access.everything:
        found = found.filter(organisation_id__in=access.organisations)
    return list(found.order_by("pk").values_list("pk", flat=True))


def waiting_for_post(access: Access) -> int:
    """How many letters of the access's organisations wait for the post."""
    return Delivery.objects.filter(organisation_id__in=access.organisations, way="print", state="waiting").count()


def print_files(access: Access, *, limit: int = 30) -> list[PrintFile]:
    """The print files of the access's organisations, the latest first, without their content."""
    return list(PrintFile.objects.filter(organisation_id__in=access.organisations).order_by("-made_at", "-pk")[:limit])


def print_file(access: Access, ref: UUID) -> tuple[str, int, bytes]:
    """Name, number of letters and content of a print file. Raises PrintFile.DoesNotExist outside the access."""
    found = PrintFile.objects.select_related("file").get(ref=ref, organisation_id__in=access.organisations)
    return found.name, found.letters, bytes(found.file.content)


def posted(subject: str, subject_ids: Sequence[int]) -> dict[int, tuple[str, datetime | None]]:
    """How the post of the current letters about these subjects stands, by subject: its state (`models.DELIVERY_STATES`), and when
    that ended. For their owner, which says why it may know."""
    found = Delivery.objects.filter(
        way="print", recipient__document__current=True, recipient__document__subject=subject,
        recipient__document__subject_id__in=list(subject_ids),
    )  # fmt: skip
    rows = found.order_by("pk").values_list("recipient__document__subject_id", "state", "done_at")
    return {key: (state, at) for key, state, at in rows}


def not_posted(subject: str, subject_ids: Sequence[int]) -> list[int]:
    """The deliveries by post about these subjects that still wait, for an owner that no longer wants them sent."""
    found = Delivery.objects.filter(
        way="print", state="waiting", recipient__document__subject=subject,
        recipient__document__subject_id__in=list(subject_ids),
    )  # fmt: skip
    return list(found.order_by("pk").values_list("pk", flat=True))
