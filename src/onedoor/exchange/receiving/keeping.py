"""The bytes of documents that came: kept as they arrived for a time, then only as what was made of them.

What came holds the same files a second time. It goes when it was read anew and each file and entry of it stands in the document
that was kept; anything else stays for good.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from onedoor.exchange.itk import read
from onedoor.exchange.itk.types import Unacceptable
from onedoor.exchange.models import MeshArrival, ReceivedDocument
from onedoor.exchange.receiving import rules
from onedoor.exchange.receiving.taking import WORKFLOWS, same_document
from onedoor.kernel import clock

KEPT = timedelta(days=90)
"""How long what came is kept as it came, after it was dealt with. Ours; said in docs/reference/exchange.md."""
SLICE = 50


@transaction.atomic
def forget_bytes() -> int:
    """Look at a slice of what was dealt with so long ago, and drop the bytes of what is kept elsewhere; returns at how many."""
    due = MeshArrival.objects.select_for_update(skip_locked=True, of=("self",)).select_related("mailbox")
    found = list(
        due.filter(
            state="taken",
            workflow__in=WORKFLOWS,
            message_type="DATA",
            looked_at=None,
            dealt_at__lte=clock.now() - KEPT,
        ).order_by("pk")[:SLICE]
    )
    safe = [arrival.pk for arrival in found if _kept_elsewhere(arrival)]
    MeshArrival.objects.filter(pk__in=[one.pk for one in found]).update(looked_at=clock.now())
    MeshArrival.objects.filter(pk__in=safe).update(content=b"")
    return len(found)


def _kept_elsewhere(arrival: MeshArrival) -> bool:
    try:
        said = read.document(bytes(arrival.content))
    except Unacceptable:
        # What reads no longer what it took keeps it.
        return False
    document = ReceivedDocument.objects.filter(
        organisation_id=arrival.mailbox.organisation_id, document_identifier=said.document_identifier
    ).first()
    if document is None or document.state in rules.OPEN or not same_document(said, document):
        return False
    # The bytes themselves, whatever their hash says.
    kept = [bytes(one) for one in document.attachments.order_by("number").values_list("content", flat=True)]
    return kept == [file.content for file in said.files]
