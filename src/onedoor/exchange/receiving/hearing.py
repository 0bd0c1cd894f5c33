"""What becomes of our answers: one that does not reach the sender of a document is told to them by a person."""

from __future__ import annotations

from collections.abc import Sequence

from onedoor.exchange.itk import codes
from onedoor.exchange.mesh import rules as mesh_rules
from onedoor.exchange.models import ItkResponse, ReceivedDocument
from onedoor.exchange.receiving.coding import TELL_SENDER
from onedoor.kernel import words
from onedoor.kernel.actor import Actor
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

_HEARING = Actor.system("documents received")


def response_moved(message_ids: Sequence[int]) -> None:
    """Messages were sent, collected or failed: of each failed one that was an answer of ours somebody is asked, in the same
    transaction."""
    found = ItkResponse.objects.filter(message_id__in=message_ids, message__state="failed").order_by("pk")
    failed = list(found.select_related("message", "arrival__mailbox"))
    if not failed:
        return
    documents = {
        one.arrival_id: one for one in ReceivedDocument.objects.filter(arrival__in=[each.arrival_id for each in failed])
    }
    tasks.ask_for(tasks=[_tell(one, documents.get(one.arrival_id)) for one in failed], by=_HEARING)


def _tell(response: ItkResponse, document: ReceivedDocument | None) -> NewTask:
    arrival, message = response.arrival, response.message
    sender = document.sender_name if document else f"the mailbox {arrival.sender}"
    what = f"“{document.title}”" if document else "What they sent"
    why = mesh_rules.says(message.fault_code) if message.fault_code else message.fault or "it could not be sent"
    return NewTask(
        kind=TELL_SENDER,
        organisation_id=arrival.mailbox.organisation_id,
        key=f"{TELL_SENDER}:response:{response.pk}",
        title=f"Tell {sender}: our answer to a document of theirs did not reach them",
        detail=f"{what} came on {words.plain_day(arrival.arrived_at)}. Our answer was {response.code}, "
        f"{codes.RESPONSES[response.code][0]}. It failed: {why}.",
        subject="received_document" if document else "mesh_arrival",
        subject_id=document.pk if document else arrival.pk,
    )
