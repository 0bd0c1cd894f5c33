"""Which practice has which version: what a correction says that it replaces, and whom a person must tell of it, since it goes
to another practice than theirs, or to none."""

from __future__ import annotations

from onedoor.accounts import api as accounts
from onedoor.exchange.models import SentAnswer, SentDocument, SentTry
from onedoor.exchange.sending import kinds, rules
from onedoor.kernel import words
from onedoor.kernel.actor import Actor
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask


def anything_went(document: SentDocument | None, practice_id: int | None) -> bool:
    """Whether a practice has this version or an earlier one of it, by whatever way."""
    if document is None:
        return False
    by_hand = document.state == "by_hand" and document.practice_id == practice_id
    return by_hand or replaced_identifier(document, practice_id) != ""


def replaced_identifier(last: SentDocument | None, practice_id: int | None) -> str:
    """The identifier of the last version that is with this practice or on its way there; "" where none is.

    One that was refused as it went last never came to be, and after a replacement that failed both are void (interop.md 2.4,
    20014). What went to another practice is none of this one's.
    """
    one = last
    while one is not None:
        if is_with(one, practice_id):
            return str(one.document_identifier)
        if SentAnswer.objects.filter(document=one, code="20014").exists():
            return ""
        one = one.replaces
    return ""


def is_with(document: SentDocument, practice_id: int | None) -> bool:
    """Whether a practice has this version by MESH, or may have it: it went there, and neither MESH nor they said no.

    However often it went, and wherever since: what was taken back from the outbox never went.
    """
    tries = SentTry.objects.filter(document=document).order_by("number")
    went = {one.bundle_id for one in tries.filter(practice_id=practice_id).exclude(message__state="failed")}
    said = list(SentAnswer.objects.filter(document=document).exclude(kind="report"))
    here = set(tries.filter(practice_id=practice_id).values_list("bundle_id", flat=True))
    if any(one.bundle_id in here and rules.means(one.code) == "delivered" for one in said):
        return True
    return bool(went - {one.bundle_id for one in said if _is_no(one)})


def _is_no(answer: SentAnswer) -> bool:
    # Whatever came of it: a second refusal is noted, and is one all the same.
    return bool({answer.outcome, rules.means(answer.code)} & {"refused", "fault"})


def holders(document: SentDocument, practice_id: int | None) -> list[tuple[accounts.Organisation, SentDocument]]:
    """Practices other than this one that have an earlier version, or may have it, each with the last that went there."""
    found: dict[int, SentDocument] = {}
    one = document.replaces
    while one is not None:
        for key in _went_to(one) - found.keys() - {practice_id}:
            if _by_hand(one, key) or is_with(one, key):
                found[key] = one
        one = one.replaces
    known = accounts.Organisation.objects.in_bulk(list(found))
    return [(known[key], found[key]) for key in sorted(found)]


def _went_to(document: SentDocument) -> set[int]:
    tried = SentTry.objects.filter(document=document).values_list("practice_id", flat=True)
    return {key for key in (*tried, document.practice_id) if key is not None}


def _by_hand(document: SentDocument, practice_id: int) -> bool:
    return document.practice_id == practice_id and document.history.filter(to_state="by_hand").exists()


def ask_to_tell(document: SentDocument, practice_id: int | None, *, by: Actor) -> None:
    """Ask once for each that somebody tells them; of the practice that the document goes to nobody is asked any more.

    The caller holds the document locked. Asked when a version is made, and when it goes or is held: people move between.
    """
    if document.replaces_id is None:
        return
    if practice_id is not None:
        tasks.withdraw(keys=[kinds.elsewhere_key(document.pk, practice_id)], because="it goes there", by=by)
    wanted = [_work(document, practice, version) for practice, version in holders(document, practice_id)]
    asked = set(tasks.Task.objects.filter(key__in=[one.key for one in wanted]).values_list("key", flat=True))
    tasks.ask_for(tasks=[one for one in wanted if one.key not in asked], by=by)


def end_work(document: SentDocument, *, by: Actor) -> None:
    """A newer version was made: of that one people are told."""
    waiting = tasks.Task.objects.filter(
        kind=kinds.ELSEWHERE.name, subject=kinds.SUBJECT, subject_id=document.pk, state__in=("open", "claimed")
    )
    tasks.withdraw(keys=list(waiting.values_list("key", flat=True)), because="a newer version was made", by=by)


def _work(document: SentDocument, practice: accounts.Organisation, version: SentDocument) -> NewTask:
    return NewTask(
        kind=kinds.ELSEWHERE.name,
        organisation_id=document.organisation_id,
        key=kinds.elsewhere_key(document.pk, practice.pk),
        title=f"Tell {practice.name} that a document of ours was corrected"[:200],
        detail=f"They have, or may have, version {version.version} of {words.plain_day(version.composed_at)}, and it is not "
        "right any more. The patient is not registered there now, so no message corrects it. Ring them"
        f"{f' on {practice.phone}' if practice.phone else ''}: what was corrected, and that their version no longer counts.",
        patient_id=document.patient_id,
        subject=kinds.SUBJECT,
        subject_id=document.pk,
    )
