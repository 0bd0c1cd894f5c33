"""What a document asks of the practice is work once somebody has dealt with the document: one task a document, with its clock.

However often the document comes or is dealt with anew it is asked once: what an earlier version asked and somebody has done,
or has before them, is not asked again.
"""

from __future__ import annotations

from collections.abc import Sequence

from onedoor.exchange.models import ReceivedDocument
from onedoor.exchange.receiving import rules
from onedoor.exchange.receiving.versions import versions_of
from onedoor.kernel.actor import Actor
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

ASKED = "asked_in_document"
"""The kind of task."""


def asked(document: ReceivedDocument) -> list[str]:
    """What a document asks of the practice, in its order; each once."""
    said = document.proposals.filter(code="").order_by("number").values_list("text", flat=True)
    return [text for text in dict.fromkeys(said) if rules.asks(text)]


def ask(document: ReceivedDocument, *, by: Actor) -> int:
    """Put what a document asks on the list, in the caller's transaction; returns how many things. The caller holds it locked."""
    stands = tasks.Task.objects.exclude(state="withdrawn")
    if stands.filter(key=_key(document)).exists():
        return 0
    earlier = versions_of(document)
    known = set(stands.filter(key__in=[_key(old) for old in earlier]).values_list("key", flat=True))
    before = {text for old in earlier if _key(old) in known for text in asked(old)}
    wanted = [text for text in asked(document) if text not in before]
    if wanted:
        tasks.ask_for(tasks=[_task(document, wanted)], by=by)
    return len(wanted)


def ask_no_more(documents: Sequence[ReceivedDocument], *, because: str, by: Actor) -> None:
    """Take off the list what these ask and nobody has done."""
    tasks.withdraw(keys=[_key(one) for one in documents], because=because, by=by)


def _key(document: ReceivedDocument) -> str:
    return f"{ASKED}:{document.pk}"


def _task(document: ReceivedDocument, wanted: Sequence[str]) -> NewTask:
    many = len(wanted) > 1
    return NewTask(
        kind=ASKED,
        organisation_id=document.organisation_id,
        key=_key(document),
        title=f"{document.sender_name} asks: {document.title}"[:200],
        detail=" ".join(f"{number}. {text}" if many else text for number, text in enumerate(wanted, 1)),
        patient_id=document.patient_id,
        subject="received_document",
        subject_id=document.pk,
    )
