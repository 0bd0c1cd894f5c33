"""What we answer to whoever sent a document: each kind of response once for each arrival, in the transaction of what it says.

A negative response is final and nothing follows it (interop.md 2.4).
"""

from __future__ import annotations

import uuid

from onedoor.exchange.itk import codes, write
from onedoor.exchange.itk.types import Response
from onedoor.exchange.mesh import actions as mesh
from onedoor.exchange.models import ItkResponse, MeshArrival, ReceivedDocument
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor

BUSINESS = "business"


def answer(*, arrival: MeshArrival, bundle_id: str, code: str, text: str = "", by: Actor) -> bool:
    """Queue a response to the message `bundle_id`; False when one of its kind went out before, or MESH did not say from where it
    came. The caller holds the arrival or its document locked."""
    kind = codes.kind_of(code)
    if not arrival.sender or ItkResponse.objects.filter(arrival=arrival, kind=kind).exists():
        return False
    said = Response(
        bundle_id=str(uuid.uuid4()),
        responds_to=bundle_id,
        kind=kind,
        code=code,
        text=text or codes.RESPONSES[code][0],
        sender_ods=arrival.mailbox.organisation.ods_code,
        sender_mailbox=arrival.mailbox.mailbox_id,
        written_at=clock.now(),
    )
    message = mesh.queue(
        mailbox=arrival.mailbox,
        to=arrival.sender,
        workflow=codes.ACK_WORKFLOWS[arrival.workflow],
        subject="",
        content=write.response(said),
        by=by,
    )
    ItkResponse.objects.create(arrival=arrival, kind=kind, code=code, message=message)
    return True


def answered(document: ReceivedDocument) -> str:
    """The code of the business response to a document; empty while it has none."""
    found = ItkResponse.objects.filter(arrival_id=document.arrival_id, kind=BUSINESS).values_list("code", flat=True)
    return found.first() or ""
