"""A person says what a text meant: that is written down, done where it is ours to do, and becomes a phrase that may teach."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Sequence

from django.db import transaction
from django.db.models import F, Q, TextField, Value

from onedoor.accounts import api as accounts
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.messaging import kinds
from onedoor.messaging.actions.asking import opt_out
from onedoor.messaging.actions.threads import CHECK, ask_person, lock_threads
from onedoor.messaging.models import AcceptedPhrase, Inbound, ProposedPhrase, Reading, ReadyReply, Thread, Verdict
from onedoor.messaging.queries.threads import by_ref
from onedoor.messaging.reading.danger import danger
from onedoor.messaging.rules import verdicts
from onedoor.messaging.rules.anonymous import anonymous
from onedoor.messaging.rules.languages import age_band, language_of
from onedoor.messaging.rules.normal import words_of
from onedoor.messaging.rules.replies import Understood
from onedoor.patients import api as patients
from onedoor.patients.types import Holder

READY_MOST = 12
READY_LONGEST = 300


class NotAMeaning(Exception):
    """This cannot be said of a text in answer to this kind of question."""


class NamesSomebody(Exception):
    """A ready reply holds what looks like a patient's number or day; its argument is the reply."""


def note_reading(
    *, inbound: Inbound, read: Understood | None, contexts: Collection[str], holders: Sequence[Holder]
) -> None:
    """What a text was read as, in the caller's transaction; texts that were not read, as copies, have none."""
    made = verdicts.made(inbound.outcome)
    if read is None or not made:
        return
    named = {one.context for one in read.readings} or set(contexts) - {"which", ""}
    born = holders[0].born_on if len(holders) == 1 else None
    today = clock.today()
    years = None if born is None else today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    sure = read.sure if read.sure is not None else 0.0 if read.intent == "person" else 1.0
    Reading.objects.bulk_create(
        [
            Reading(
                inbound=inbound,
                organisation_id=inbound.organisation_id,
                at=inbound.received_at,
                context=min(named) if len(named) == 1 else "",
                confidence=sure,
                language=language_of(inbound.text),
                age_band=age_band(years),
                made=made,
            )
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def say_meant(*, access: Access, thread_ref: uuid.UUID, text: int, meant: str) -> Verdict:
    """Write down what the text with this key meant; the last that is said stands, and the same said twice is once.

    STOP, a wrong number and a death do what they would have done, had they been understood. Raises Thread.DoesNotExist or
    Inbound.DoesNotExist outside the access, and NotAMeaning.
    """
    access.require(Permission.MESSAGES)
    if access.actor.id is None:
        raise NotPermitted(Permission.MESSAGES)
    thread = by_ref(access, thread_ref)
    inbound = Inbound.objects.select_for_update(of=("self",)).get(
        pk=text, organisation_id=thread.organisation_id, number=thread.number, processed_at__isnull=False
    )
    reading = Reading.objects.filter(pk=inbound.pk).first()
    context = reading.context if reading else ""
    acted = inbound.outcome in verdicts.ACTED
    if not (meant in verdicts.meanings(context) or (meant == verdicts.NOT_MEANT and acted)):
        raise NotAMeaning(meant)
    before = Verdict.objects.filter(inbound=inbound, stands=True).first()
    if before is not None and before.meant == meant:
        return before
    Verdict.objects.filter(inbound=inbound, stands=True).update(stands=False)
    verdict = Verdict.objects.create(
        inbound=inbound,
        context=context,
        intent=inbound.intent,
        confidence=reading.confidence if reading else 0.0,
        action=inbound.outcome,
        meant=meant,
        corrected=verdicts.corrects(intent=inbound.intent, outcome=inbound.outcome, meant=meant),
        by_id=access.actor.id,
        at=clock.now(),
    )
    _propose(access, inbound, verdict)
    _do(access, thread, inbound, meant)
    audit.record(
        by=access.actor,
        line=audit.Line(
            "say_meant",
            "inbound",
            inbound.pk,
            patient_id=inbound.patient_id,
            organisation_id=thread.organisation_id,
            detail={"meant": meant, "corrected": verdict.corrected},
        ),
    )
    jobs.notify_live("inbox", thread.organisation_id)
    return verdict


def _do(access: Access, thread: Thread, inbound: Inbound, meant: str) -> None:
    if verdicts.read_as(inbound.intent) == meant:
        return
    if meant not in ("stop", "wrong_person", "deceased"):
        return
    lock_threads([thread.pk])
    thread.refresh_from_db()
    because = {"stop": "stop", "wrong_person": "wrong_number", "deceased": "bereaved"}[meant]
    opt_out(organisation_id=thread.organisation_id, number=thread.number, by=access.actor, because=because)
    if meant == "deceased":
        ask_person(
            thread=thread,
            title="A text that may tell of a death",
            why="a colleague read it as news of a death",
            by=access.actor,
            kind=kinds.DECEASED,
        )
    if meant == "wrong_person":
        ask_person(
            thread=thread,
            title=CHECK,
            why="a colleague read it as a wrong number",
            by=access.actor,
            kind=kinds.WRONG_NUMBER,
        )


def _propose(access: Access, inbound: Inbound, verdict: Verdict) -> None:
    """The text as a phrase for somebody to look at, in place of an earlier proposal of the same text."""
    ProposedPhrase.objects.filter(inbound=inbound).delete()
    context = verdict.context or "appointment"
    fits = verdicts.may_teach(context=context, intent=verdict.intent, outcome=verdict.action, meant=verdict.meant)
    if not fits or danger(" ".join(words_of(inbound.text))):
        return
    theirs = [
        name
        for holder in patients.holders(inbound.organisation_id, inbound.number)
        for name in (holder.given_name, holder.family_name)
    ]
    said = Value(inbound.text, output_field=TextField())
    named = (
        patients.visible(access)
        .annotate(said=said)
        .filter(Q(said__icontains=F("given_name")) | Q(said__icontains=F("family_name")))
    )
    others = [name for pair in named.values_list("given_name", "family_name").distinct() for name in pair]
    others += [name for user in accounts.colleagues(access) for name in (user.first_name, user.last_name) if name]
    places = [
        name
        for place in accounts.organisations(access)
        for name in (place.name, *place.sites.values_list("name", flat=True))
    ]
    text = anonymous(inbound.text, theirs=theirs, others=others, places=places)
    if text:
        ProposedPhrase.objects.create(
            inbound=inbound,
            organisation_id=inbound.organisation_id,
            context=context,
            text=text,
            intent=verdict.meant,
            proposed_at=clock.now(),
        )


@transaction.atomic
def accept_phrase(*, access: Access, ref: uuid.UUID, text: str, intent: str) -> None:
    """A person has looked at a phrase, changed what they must, and lets it go: from now on nothing leads back from it.

    Raises ProposedPhrase.DoesNotExist outside the access or when somebody was first, and NotAMeaning for a label that its kind of
    question does not have or an empty text.
    """
    phrase = _proposed(access, ref)
    said = text.strip()
    if not said or intent not in verdicts.meanings(phrase.context):
        raise NotAMeaning(intent)
    organisation_id, context = phrase.organisation_id, phrase.context
    phrase.delete()
    AcceptedPhrase.objects.update_or_create(context=context, text=said, defaults={"intent": intent, "value": ""})
    _noted(access, "accept_phrase", organisation_id)


@transaction.atomic
def refuse_phrase(*, access: Access, ref: uuid.UUID) -> None:
    """A phrase teaches nothing, or cannot be freed of who wrote it: it is deleted. Raises ProposedPhrase.DoesNotExist."""
    phrase = _proposed(access, ref)
    organisation_id = phrase.organisation_id
    phrase.delete()
    _noted(access, "refuse_phrase", organisation_id)


def _proposed(access: Access, ref: uuid.UUID) -> ProposedPhrase:
    access.require(Permission.PHRASES)
    return ProposedPhrase.objects.select_for_update().get(ref=ref, organisation_id__in=access.organisations)


_PERSONAL = re.compile(r"\d(?:[\s-]?\d){9}|\b0?7\d{3}\s?\d{3}\s?\d{3}\b|\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b")
"""An NHS number, a mobile number or a date: of somebody. The practice's own telephone is in the answers already."""


@transaction.atomic
def set_ready_replies(*, access: Access, organisation_id: int, texts: Sequence[str]) -> int:
    """The replies that a practice keeps ready, in this order, in place of those before; returns how many.

    Raises NamesSomebody for one that holds a date, or a number as patients have them.
    """
    access.require(Permission.SETTINGS)
    if organisation_id not in access.organisation_ids:
        raise NotPermitted(Permission.SETTINGS)
    kept = [text.strip()[:READY_LONGEST] for text in texts if text.strip()][:READY_MOST]
    for text in kept:
        if _PERSONAL.search(text):
            raise NamesSomebody(text)
    accounts.Organisation.objects.select_for_update(of=("self",)).get(pk=organisation_id)
    ReadyReply.objects.filter(organisation_id=organisation_id).delete()
    ReadyReply.objects.bulk_create(
        [ReadyReply(organisation_id=organisation_id, position=at, text=text) for at, text in enumerate(kept, 1)]
    )
    _noted(access, "set_ready_replies", organisation_id, replies=len(kept))
    return len(kept)


def _noted(access: Access, action: str, organisation_id: int, **detail: object) -> None:
    audit.record(
        by=access.actor,
        line=audit.Line(action, "organisation", organisation_id, organisation_id=organisation_id, detail=dict(detail)),
    )
