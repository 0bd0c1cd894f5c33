"""Which documents are versions of one: a newer one names the identifier of the one that it replaces (interop.md 2.3).

Only the sender of a document can replace it: another's that names it stands by itself. Versions are locked newest first by
everybody, or two would wait for each other.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet

from onedoor.exchange.models import Mailbox, ProposedEntry, ReceivedDocument

_MOST = 20
"""Versions that are followed: nobody corrects a letter more often, and a ring of names must end."""


def versions_of(document: ReceivedDocument, *, lock: bool = False) -> list[ReceivedDocument]:
    """The earlier versions of a document that have come, the one that it replaces first."""
    found: list[ReceivedDocument] = []
    wanted, seen = document.replaces_identifier, {document.document_identifier}
    while wanted and wanted not in seen and len(found) < _MOST:
        seen.add(wanted)
        found_one = _theirs(document).filter(document_identifier=wanted)
        old = (found_one.select_for_update(of=("self",)) if lock else found_one).first()
        if old is None:
            break
        found.append(old)
        wanted = old.replaces_identifier
    return found


def later_of(document: ReceivedDocument, *, lock: bool = False) -> ReceivedDocument | None:
    """A version that replaces this one and has come; None while there is none."""
    found = _theirs(document).filter(replaces_identifier=document.document_identifier).exclude(pk=document.pk)
    return (found.select_for_update(of=("self",)) if lock else found).order_by("-id").first()


def newest_of(document: ReceivedDocument, *, lock: bool = False) -> ReceivedDocument | None:
    """The last of the versions after this one that have come; None while none has."""
    chain: list[ReceivedDocument] = []
    seen = {document.pk}
    while (one := later_of(chain[-1] if chain else document)) is not None and one.pk not in seen and len(chain) < _MOST:
        chain.append(one)
        seen.add(one.pk)
    if not chain:
        return None
    if lock:
        for one in reversed(chain):
            list(ReceivedDocument.objects.select_for_update(of=("self",)).filter(pk=one.pk))
    return _theirs(document).get(pk=chain[-1].pk)


def standing(versions: Sequence[ReceivedDocument]) -> list[ProposedEntry]:
    """Entries of these versions that stand on the record, each with its document."""
    if not versions:
        return []
    found = ProposedEntry.objects.filter(document__in=[one.pk for one in versions], state="accepted")
    return list(found.select_related("document").order_by("document_id", "number"))


def has_mailbox(ods_code: str) -> bool:
    """Whether we know from which mailbox an organisation speaks: then nobody else may speak for it."""
    return Mailbox.objects.filter(organisation__ods_code=ods_code, active=True).exists()


def _theirs(document: ReceivedDocument) -> QuerySet[ReceivedDocument]:
    found = ReceivedDocument.objects.select_related("arrival__mailbox__organisation").filter(
        organisation_id=document.organisation_id, sender_ods=document.sender_ods
    )
    # Of whom no mailbox is known, anybody may say to be them: what came from one mailbox is replaced from there alone.
    return found if has_mailbox(document.sender_ods) else found.filter(arrival__sender=document.arrival.sender)
