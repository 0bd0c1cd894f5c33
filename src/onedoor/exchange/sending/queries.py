"""Did it get there? Documents of one's organisation with their three acknowledgements, how many there are, how the line is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet

from onedoor.accounts import api as accounts
from onedoor.documents import api as documents
from onedoor.exchange.mesh import rules as mesh_rules
from onedoor.exchange.mesh.queries import to_send
from onedoor.exchange.models import Mailbox, SentAnswer, SentDocument, SentDocumentHistory, SentTry
from onedoor.exchange.sending import deciding, rules
from onedoor.exchange.sending.composing import pdf_of
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.patients import api as patients
from onedoor.patients.api import Patient

MOST = 200
VIEWS: dict[str, str] = {
    "person": "For a person",
    "going": "On its way",
    "delivered": "Delivered",
    "other": "Ended otherwise",
    "all": "All",
}
_ENDED = ("by_hand", "stopped", "replaced")


@dataclass(frozen=True)
class Tick:
    """One acknowledgement: `state` is came, waits, late or none (it will not come)."""

    label: str
    state: str
    at: datetime | None
    words: str


@dataclass(frozen=True)
class SentLine:
    """A document in a list; no patient where they are no longer in one's care."""

    document: SentDocument
    title: str
    patient: Patient | None
    state: str
    next: str
    """What happens next, or what is asked."""
    ticks: tuple[Tick, ...]
    asks: bool


@dataclass(frozen=True)
class SentPage:
    """One document: what it says, what was answered, what may be decided."""

    line: SentLine
    letter: documents.Shown
    tries: tuple[SentTry, ...]
    answers: tuple[tuple[SentAnswer, str, str], ...]
    """Each with what was said and what came of it, in words."""
    history: tuple[tuple[SentDocumentHistory, str], ...]
    choices: tuple[tuple[str, str], ...]
    newer: UUID | None


@dataclass(frozen=True)
class Partner:
    """How many documents went to one practice, by what stands: those that ended are of the last 30 days."""

    name: str
    person: int
    late: int
    going: int
    delivered: int
    other: int
    oldest: datetime | None
    """Of those that are not there yet."""


@dataclass(frozen=True)
class Route:
    """How a mailbox is. Times of the mailbox are real time, `oldest` is when the message that waits longest was made."""

    organisation: str
    mailbox_id: str
    polled_at: datetime | None
    failing_since: datetime | None
    fault: str
    waiting: int
    oldest: datetime | None
    well: bool
    means: str


def visible(access: Access) -> QuerySet[SentDocument]:
    """Documents that one's organisation sends, for whoever does the checks there."""
    access.require(Permission.CHECKS)
    found = SentDocument.objects.select_related("practice", "message", "document", "organisation")
    return found if access.everything else found.filter(organisation_id__in=access.organisations)


def _in_view(view: str) -> Q:
    asks = Q(state__in=rules.FOR_A_PERSON) | Q(state="sent", late_at__isnull=False)
    return {
        "person": asks,
        "going": Q(state__in=("waiting", "sent"), late_at=None),
        "delivered": Q(state="delivered"),
        "other": Q(state__in=_ENDED),
    }.get(view, Q())


def sent_documents(
    access: Access, *, view: str = "all", practice: UUID | None = None, day: date | None = None
) -> list[SentLine]:
    """Documents by view (`VIEWS`), practice and London day on which they were made: those for a person first."""
    found = visible(access).filter(_in_view(view))
    if practice is not None:
        found = found.filter(practice__ref=practice)
    if day is not None:
        begins, ends = clock.london_day(day)
        found = found.filter(composed_at__gte=begins, composed_at__lt=ends)
    asking = list(found.filter(_in_view("person")).order_by("composed_at", "pk")[:MOST])
    rest = list(found.exclude(_in_view("person")).order_by("-composed_at", "-pk")[: MOST - len(asking)])
    return _lines(access, [*asking, *rest])


def _lines(access: Access, found: Sequence[SentDocument]) -> list[SentLine]:
    cared = patients.names(accounts.for_checks(access), {one.patient_id for one in found})
    return [_line(one, cared.get(one.patient_id)) for one in found]


def _line(one: SentDocument, patient: Patient | None) -> SentLine:
    words, following = rules.STATES[one.state]
    late = one.state == "sent" and one.late_at is not None
    if one.state in rules.FOR_A_PERSON and one.because:
        following = f"{one.because[0].upper()}{one.because[1:]}. {following}"
    elif late:
        following = f"{rules.LATE_AFTER[_missing(one)][1]} Somebody is asked to ring them."
    elif one.state == "sent":
        within = rules.LATE_AFTER[_missing(one)][0]
        following = (
            f"We wait to hear that {_AWAITED[_missing(one)]}; if not within {_hours(within)}, somebody is asked."
        )
    elif one.state in _ENDED and one.because:
        following = f"{following} {one.because}"
    return SentLine(
        document=one,
        title=one.document.letter["title"],
        patient=patient,
        state=words,
        next=following,
        ticks=_ticks(one),
        asks=late or one.state in rules.FOR_A_PERSON,
    )


_AWAITED = {
    "collected": "their system has collected it",
    "read": "their system can read it",
    "accepted": "they know the patient",
}


def _missing(one: SentDocument) -> str:
    return "accepted" if one.read_at else "read" if one.collected_at else "collected"


def _hours(within: timedelta) -> str:
    hours = int(within.total_seconds() // 3600)
    return f"{hours} hours"


def _ticks(one: SentDocument) -> tuple[Tick, ...]:
    """What came later tells of what is before it: who knows the patient has collected and read it."""
    collected = one.collected_at or one.read_at or one.accepted_at if one.state != "refused" else one.collected_at
    read = (one.read_at or one.accepted_at) if one.state != "refused" else one.read_at
    given = (("Collected", collected), ("Readable", read), ("Accepted", one.accepted_at))
    ticks, before = [], True
    for label, at in given:
        if at is not None:
            ticks.append(Tick(label, "came", at, "yes"))
        elif one.state == "sent" and before:
            ticks.append(Tick(label, "late" if one.late_at else "waits", None, "late" if one.late_at else "not yet"))
        elif one.state in ("sent", "waiting", "held"):
            ticks.append(Tick(label, "waits", None, "not yet"))
        else:
            ticks.append(Tick(label, "none", None, "no"))
        before = at is not None
    return tuple(ticks)


def sent_document(access: Access, ref: UUID) -> SentPage:
    """One document with all that happened to it. Raises NotPermitted, SentDocument.DoesNotExist, Patient.DoesNotExist when the
    patient is no longer in one's care."""
    one = visible(access).get(ref=ref)
    patient = patients.by_id(accounts.for_checks(access), one.patient_id)
    answers = SentAnswer.objects.filter(document=one).order_by("pk")
    newer = SentDocument.objects.filter(replaces=one).values_list("ref", flat=True).first()
    return SentPage(
        line=_line(one, patient),
        letter=documents.by_ref(_reading(access), one.document.ref),
        tries=tuple(SentTry.objects.filter(document=one).select_related("practice", "message").order_by("number")),
        answers=tuple((said, _said(said), rules.CAME_OF_IT[said.outcome]) for said in answers),
        history=tuple((move, rules.STATES[move.to_state][0]) for move in one.history.order_by("id")),
        choices=tuple((key, deciding.CHOICES[key]) for key in deciding.may(one.state)),
        newer=newer,
    )


def _said(answer: SentAnswer) -> str:
    if answer.kind == "report":
        return f"MESH: {mesh_rules.says(answer.code)}{f' ({answer.code})' if answer.code else ''}"
    return rules.in_words(answer.code, answer.text)


def _reading(access: Access) -> Access:
    """Documents asks for who sees patients: whoever may do the checks of somebody may read what was written of them."""
    return accounts.for_checks(access)


def sent_pdf(access: Access, ref: UUID) -> bytes:
    """The PDF of a document. Raises as `sent_document`."""
    one = visible(access).get(ref=ref)
    patients.by_id(accounts.for_checks(access), one.patient_id)
    return pdf_of(one, _reading(access))


def sent_about(access: Access, patient_id: int, *, limit: int = 5) -> list[SentLine]:
    """The latest documents of one patient that one's organisation sent, no replaced ones; none without Permission.CHECKS."""
    if not access.may(Permission.CHECKS):
        return []
    found = visible(access).filter(patient_id=patient_id).exclude(state="replaced").order_by("-composed_at", "-pk")
    return _lines(access, list(found[:limit]))


def sent_refs(access: Access, keys: Sequence[int]) -> dict[int, UUID]:
    """References of documents by key, of those that the access may open."""
    if not keys or not access.may(Permission.CHECKS):
        return {}
    return dict(visible(access).filter(pk__in=keys).values_list("pk", "ref"))


def partners(access: Access) -> list[Partner]:
    """How the documents of one's organisation stand, by practice, the one that waits for a person first; it names no patient.

    Raises NotPermitted without Permission.CHECKS or SETTINGS.
    """
    _may_count(access)
    since = clock.now() - timedelta(days=30)
    rows = (
        SentDocument.objects.filter(organisation_id__in=access.organisations)
        .filter(Q(state__in=rules.OPEN) | Q(composed_at__gte=since))
        .values("practice__name")
        .annotate(
            person=Count("pk", filter=_in_view("person")),
            late=Count("pk", filter=Q(state="sent", late_at__isnull=False)),
            going=Count("pk", filter=_in_view("going")),
            delivered=Count("pk", filter=_in_view("delivered")),
            other=Count("pk", filter=_in_view("other")),
            oldest=Min("composed_at", filter=Q(state__in=rules.OPEN)),
        )
        .order_by("-person", "practice__name")
    )
    return [
        Partner(
            row["practice__name"] or "Practice not known",
            *(row[key] for key in ("person", "late", "going", "delivered", "other", "oldest")),
        )
        for row in rows
    ]


def practices_sent_to(access: Access) -> list[accounts.Organisation]:
    """The practices to which one's organisation has sent documents, by name."""
    keys = visible(access).order_by().values("practice_id").distinct()
    return list(accounts.Organisation.objects.filter(pk__in=keys).order_by("name"))


def routes(access: Access) -> list[Route]:
    """How the mailboxes of one's organisations are. Raises NotPermitted without Permission.CHECKS or SETTINGS."""
    _may_count(access)
    found = Mailbox.objects.filter(organisation_id__in=access.organisations, active=True).select_related("organisation")
    waiting = to_send()
    real = clock.real_now()
    return [
        _route(one, *waiting.get(one.pk, (0, None)), real=real) for one in found.order_by("organisation__name", "pk")
    ]


POLLED_WITHIN = timedelta(minutes=15)
"""A mailbox is to be looked at about every five minutes (interop.md 1.3): three missed are a fault."""


def _route(one: Mailbox, waiting: int, oldest: datetime | None, *, real: datetime) -> Route:
    well, means = True, "Documents go out and answers come in."
    if one.failing_since is not None:
        well = False
        means = f"It cannot be reached: {one.fault or 'not known why'}. Nothing is lost: it goes when the line is back."
    elif one.polled_at is None:
        well, means = False, "It was never looked at: nothing goes out and nothing comes in until the worker runs."
    elif real - one.polled_at > POLLED_WITHIN:
        well, means = False, "Nobody has looked at it lately: is the worker running? Nothing is lost meanwhile."
    return Route(
        one.organisation.name, one.mailbox_id, one.polled_at, one.failing_since, one.fault, waiting, oldest, well, means
    )


def _may_count(access: Access) -> None:
    if not (access.may(Permission.CHECKS) or access.may(Permission.SETTINGS)):
        raise NotPermitted(Permission.CHECKS)
