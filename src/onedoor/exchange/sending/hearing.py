"""What comes back: MESH took it and handed it over, ITK3 responses in any order and number, reports of what was not passed on.

Whatever comes is kept once by its own identifier, and says what came of it. Unknown is never delivered.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Max, Q

from onedoor.exchange.itk import read
from onedoor.exchange.itk.types import Response, Unacceptable
from onedoor.exchange.mesh import rules as mesh_rules
from onedoor.exchange.mesh.collecting import settle
from onedoor.exchange.models import MeshArrival, MeshMessage, SentAnswer, SentDocument, SentTry
from onedoor.exchange.sending import kinds, moving, rules
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.patients import api as patients

_FOLLOWING = Actor.system("documents to practices")
_SLICE = 100


def message_moved(message_ids: Sequence[int]) -> None:
    """Messages were sent, collected or failed: what they carry follows, in the same transaction."""
    found = SentDocument.objects.select_for_update(of=("self",)).filter(message_id__in=message_ids).order_by("pk")
    for document in found.select_related("message", "practice"):
        message = document.message
        assert message is not None
        if message.state == "failed":
            _not_passed_on(document, message)
        elif message.state in ("sent", "collected"):
            if document.state == "waiting":
                moving.move(document, "sent", by=_FOLLOWING, late_at=None)
            if message.state == "collected" and document.collected_at is None:
                _heard(document, collected_at=message.collected_at or clock.now())


def _not_passed_on(document: SentDocument, message: MeshMessage) -> None:
    code = message.fault_code
    # Without a code MESH has answered nothing: it could not be reached.
    words = f"{mesh_rules.says(code)} ({code})" if code else message.fault or "it could not be sent"
    fault = code in rules.FAULTS or not code
    if code == "12" and not message.to.startswith("GPPROVIDER_"):
        fault = True
    if moving.move(document, "refused", by=_FOLLOWING, reason=words, because=words[:200], late_at=None):
        ask_about_refusal(document, words, fault=fault)


def ask_about_refusal(document: SentDocument, words: str, *, fault: bool, by: Actor = _FOLLOWING) -> None:
    """A person decides what becomes of a document that did not get there."""
    next_step = (
        "Whoever runs the system must mend this. Until then give the practice the document by other means."
        if fault
        else "Look where the patient is registered and whether name, date of birth and NHS number are right; then send it again, "
        "or give it to the practice by other means."
    )
    moving.ask(
        document, kinds.FAULT if fault else kinds.REFUSED, f"The practice does not have it: {words}. {next_step}", by=by
    )


def take_report(arrival: MeshArrival, by: Actor) -> None:
    """Keep what MESH reported of a message that carried a document; the document followed its message already."""
    sent = _reported(arrival)
    if sent is not None:
        # Of a message that got there all the same, or of one in whose place another went, it tells nothing of the document.
        counts = sent.message.state == "failed" and sent.document.message_id == sent.message_id
        _keep(
            sent.document,
            sent.bundle_id,
            arrival,
            arrival.message_id,
            "report",
            arrival.status_code,
            "",
            "refused" if counts else "noted",
        )


def _reported(arrival: MeshArrival) -> SentTry | None:
    messages = MeshMessage.objects.filter(mailbox=arrival.mailbox)
    found = messages.filter(message_id=arrival.linked_id).first() if arrival.linked_id else None
    if found is None and (ref := _uuid(arrival.local_id)) is not None:
        found = messages.filter(ref=ref).first()
    return SentTry.objects.select_related("document").filter(message=found).first() if found is not None else None


def take_response(arrival: MeshArrival, access: Access) -> None:
    """Deal with one ITK3 response, and settle its arrival."""
    try:
        said = read.response(bytes(arrival.content))
    except Unacceptable as fault:
        settle(arrival, "refused", f"{fault.why} ({fault.where})"[:200])
        return
    sent = _answered(arrival, said)
    if sent is None:
        settle(arrival, "refused", "it answers no document that went from this mailbox")
        return
    document = (
        SentDocument.objects.select_for_update(of=("self",))
        .select_related("practice", "message")
        .get(pk=sent.document_id)
    )
    current = document.bundle_id == sent.bundle_id
    outcome: rules.Outcome = (
        "noted" if _from_elsewhere(document, sent, access) else _outcome(document, said, access, current=current)
    )
    if _keep(document, sent.bundle_id, arrival, said.bundle_id, said.kind, said.code, said.text, outcome):
        _follow(document, said, outcome, by=access.actor)
    settle(arrival, "taken")


def _from_elsewhere(document: SentDocument, sent: SentTry, access: Access) -> bool:
    """Whether it is answered by a practice for which the document is no longer: that tells nothing of whether the present one has
    it. One that goes elsewhere has another identifier before it goes."""
    if sent.practice_id != document.practice_id:
        return True
    return sent.bundle_id != document.bundle_id and _moved_on(document, access)


def _answered(arrival: MeshArrival, said: Response) -> SentTry | None:
    """What a response is about: of the mailbox that it came to, whoever says that they send it."""
    bundle = _uuid(said.responds_to)
    if bundle is None:
        return None
    found = SentTry.objects.filter(bundle_id=bundle, message__mailbox=arrival.mailbox).order_by("-number")
    return found.first()


def _outcome(document: SentDocument, said: Response, access: Access, *, current: bool) -> rules.Outcome:
    """What an answer comes to as the document stands. A refusal of an earlier message says nothing of the present one."""
    outcome = rules.means(said.code)
    if outcome == "delivered":
        # Whichever message it answers: somebody has said since that they have it not, or that it is not sent.
        return "person" if document.state in ("refused", "stopped") else "delivered"
    if (
        not current
        or document.accepted_at is not None
        or document.state in ("replaced", "by_hand", "stopped", "delivered")
    ):
        return "noted" if outcome != "read" else "read"
    if outcome == "again":
        before = SentAnswer.objects.filter(document=document, outcome="again").exists()
        return "fault" if before else "again"
    if outcome == "refused" and said.code != "20014" and _moved_on(document, access):
        return "rerouted"
    if outcome in ("refused", "fault") and document.state == "refused":
        return "noted"
    return outcome


def _moved_on(document: SentDocument, access: Access) -> bool:
    """Whether the patient is registered elsewhere by now than where the document went."""
    home = patients.registered_at(access, document.patient_id)
    return home is not None and home != document.practice_id and document.kind == "checks"


def _keep(
    document: SentDocument,
    bundle_id: UUID,
    arrival: MeshArrival,
    identifier: str,
    kind: str,
    code: str,
    text: str,
    outcome: rules.Outcome,
) -> bool:
    """Write an answer down; False when it came before."""
    if SentAnswer.objects.filter(document=document, identifier=identifier[:100]).exists():
        return False
    SentAnswer.objects.create(
        document=document,
        arrival=arrival,
        identifier=identifier[:100],
        bundle_id=bundle_id,
        kind=kind,
        code=code[:20],
        text=text[:200],
        at=clock.now(),
        outcome=outcome,
    )
    return True


def _follow(document: SentDocument, said: Response, outcome: rules.Outcome, *, by: Actor) -> None:
    now, words = clock.now(), rules.in_words(said.code, said.text)
    if outcome in ("again", "rerouted"):
        if again(document, by=by, reason=words, same=outcome == "again"):
            audit.record(by=by, line=moving.line(document, "document_answered", code=said.code, outcome=outcome))
            return
        # It cannot go again from where it stands, as while it is in the outbox: a person decides then.
        outcome = "refused"
    if outcome == "read":
        if document.read_at is None:
            _heard(document, read_at=now, read_code=said.code)
        if document.accepted_at is not None or (yes := _said_yes(document)):
            if document.accepted_at is None:
                _heard(document, accepted_at=now, accepted_code=yes)
            moving.take_back(document, by=by)
            moving.move(document, "delivered", by=by, reason=words, because="")
    elif outcome == "delivered":
        known: dict[str, object] = {}
        if document.accepted_at is None:
            known = {"accepted_at": now, "accepted_code": said.code}
        _heard(document, **known)
        # They have it: what lies in the outbox once more goes no more.
        moving.take_back(document, by=by)
        moving.move(document, "delivered", by=by, reason=words, because="")
    elif outcome in ("refused", "fault"):
        which: dict[str, object] = {"read_code": said.code}
        if said.kind == "business":
            # Who says that they do not know the patient has read it.
            which = {"accepted_code": said.code, "read_at": document.read_at or now}
        # What lies in the outbox once more would be refused as well: a person decides first.
        moving.take_back(document, by=by)
        if moving.move(document, "refused", by=by, reason=words, because=words[:200], late_at=None, **which):
            ask_about_refusal(document, words, fault=outcome == "fault", by=by)
    elif outcome == "person":
        detail = f"The practice’s system answered: {words}. Find out from the practice whether they have it, and say so here."
        moving.ask(document, kinds.ANSWER, detail, by=by)
    audit.record(by=by, line=moving.line(document, "document_answered", code=said.code, outcome=outcome))


def _said_yes(document: SentDocument) -> str:
    """The code by which the present practice said of an earlier message that they know the patient; "" where it never did."""
    theirs = SentTry.objects.filter(document=document, practice_id=document.practice_id).values("bundle_id")
    said = SentAnswer.objects.filter(document=document, kind="business", bundle_id__in=theirs).order_by("-pk")
    return next((code for code in said.values_list("code", flat=True) if rules.means(code) == "delivered"), "")


def again(document: SentDocument, *, by: Actor, reason: str, same: bool) -> bool:
    """Let a locked document go out again. Unanswered it goes under the same identifier, so that whoever has it knows it (20007);
    once refused under another, since nothing follows a refusal (interop.md 2.4). The document's own identifier stays, unless who
    refused it has kept it."""
    also: dict[str, object] = {
        "message_id": None,
        "collected_at": None,
        "read_at": None,
        "read_code": "",
        "late_at": None,
        "because": "",
    }
    if not same:
        also |= {"bundle_id": uuid4(), "accepted_code": ""}
    ended = SentAnswer.objects.filter(
        Q(kind="business") | Q(code="20014"), document=document, bundle_id=document.bundle_id
    )
    if not same and ended.exists():
        # Who answered about the patient has kept it, and takes another message of the same document for a copy (20008); after
        # 20014 both versions are void. Either way it goes as a document of its own.
        also["document_identifier"] = uuid4()
    moved = moving.move(document, "waiting", by=by, reason=reason, **also)
    if moved:
        jobs.wake("exchange.compose")
    return moved


def _heard(document: SentDocument, **known: object) -> None:
    """Keep an acknowledgement; what was asked because it was missing is asked no more."""
    late = document.late_at is not None
    if late:
        known["late_at"] = None
        moving.end_work(document, because="the answer came", by=_FOLLOWING)
    if known:
        SentDocument.objects.filter(pk=document.pk).update(**known)
        for name, value in known.items():
            setattr(document, name, value)
        jobs.notify_live("exchange", document.organisation_id)


def look_for_late(by: Actor) -> int:
    """Ask a person about documents of which an acknowledgement is overdue (`rules.LATE_AFTER`); returns about how many this time.

    Once for each, and once more a day where somebody chose to wait.
    """
    now = clock.now()
    after = {name: now - within for name, (within, _) in rules.LATE_AFTER.items()}
    overdue = (
        Q(read_at__lte=after["accepted"])
        | Q(read_at=None, collected_at__lte=after["read"])
        | Q(read_at=None, collected_at=None, message__sent_at__lte=after["collected"])
    )
    asked = Q(late_at=None) | Q(late_at__lte=now - rules.ASK_AGAIN)
    found = SentDocument.objects.filter(overdue, asked, state="sent", accepted_at=None).order_by("pk")
    keys = list(found.values_list("pk", flat=True)[:_SLICE])
    since = Max("history__at", filter=Q(history__to_state="waiting"))
    waiting = SentDocument.objects.filter(asked, state="waiting", composed_at__lte=now - rules.WAITS_TOO_LONG)
    not_out = waiting.annotate(since=since).filter(since__lte=now - rules.WAITS_TOO_LONG).order_by("pk")
    keys += list(not_out.values_list("pk", flat=True)[:_SLICE])
    return sum(_late_or_failed(key, by) for key in keys)


def _late_or_failed(key: int, by: Actor) -> bool:
    try:
        return _late(key, by) or _not_out(key, by)
    except Exception as error:
        moving.failed("a late document cannot be brought to anybody", key, error)
        return False


@transaction.atomic
def _not_out(key: int, by: Actor) -> bool:
    """Ask about one that is on its way out for too long."""
    now = clock.now()
    locked = SentDocument.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=key, state="waiting")
    document = locked.select_related("practice").first()
    if document is None or (document.late_at is not None and now - document.late_at < rules.ASK_AGAIN):
        return False
    SentDocument.objects.filter(pk=key).update(late_at=now)
    detail = (
        "It is ready and has not left: MESH cannot be reached, or something is to be mended. Tell whoever runs the system. It "
        "goes by itself when it can; if the practice must know sooner, give it to them by other means."
    )
    moving.ask(document, kinds.NOT_OUT, detail, by=by)
    audit.record(by=by, line=moving.line(document, "document_late", missing="sent"))
    jobs.notify_live("exchange", document.organisation_id)
    return True


@transaction.atomic
def _late(key: int, by: Actor) -> bool:
    now = clock.now()
    locked = SentDocument.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=key, state="sent")
    document = locked.select_related("practice", "message").first()
    if document is None or document.message is None:
        return False
    missing = rules.overdue(
        sent_at=document.message.sent_at or now,
        collected_at=document.collected_at,
        read_at=document.read_at,
        accepted_at=document.accepted_at,
        now=now,
    )
    if not missing or (document.late_at is not None and now - document.late_at < rules.ASK_AGAIN):
        return False
    SentDocument.objects.filter(pk=key).update(late_at=now)
    where = f"{document.practice.name}, {document.practice.phone}" if document.practice else "the practice"
    moving.ask(
        document,
        kinds.LATE,
        f"{rules.LATE_AFTER[missing][1]} Ring {where}: do they have it? Sending it again does no harm: their system knows it by "
        "its identifier. This closes by itself when the answer comes.",
        by=by,
    )
    audit.record(by=by, line=moving.line(document, "document_late", missing=missing))
    jobs.notify_live("exchange", document.organisation_id)
    return True


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
