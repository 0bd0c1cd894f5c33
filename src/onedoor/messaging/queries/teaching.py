"""What people said of texts, the phrases that wait for somebody to look at them, and replies kept ready."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from onedoor.kernel.access import Access, Permission
from onedoor.messaging.models import AcceptedPhrase, Inbound, ProposedPhrase, Reading, ReadyReply, Verdict
from onedoor.messaging.rules import verdicts


@dataclass(frozen=True)
class Judged:
    """What is known of a text besides its words: how it was read, and what a person has said."""

    context: str
    meanings: dict[str, str]
    """What may be said of it, by label."""
    acted: bool
    meant: str
    """What stands, empty when nobody has said anything."""
    corrected: bool
    by: str
    at: datetime | None
    before: int
    """How many things were said before."""
    intent: str
    subject: str
    subject_id: int | None
    patient_id: int | None


def judged(access: Access, keys: Sequence[int]) -> dict[int, Judged]:
    """By the key of a text; texts of other organisations are left out."""
    access.require(Permission.MESSAGES)
    texts = Inbound.objects.filter(pk__in=keys, processed_at__isnull=False)
    if not access.everything:
        texts = texts.filter(organisation_id__in=access.organisations)
    readings = Reading.objects.in_bulk(list(keys))
    stands: dict[int, Verdict] = {}
    before: dict[int, int] = {}
    for said in Verdict.objects.filter(inbound_id__in=keys).select_related("by").order_by("id"):
        if said.stands:
            stands[said.inbound_id] = said
        else:
            before[said.inbound_id] = before.get(said.inbound_id, 0) + 1
    found = {}
    for text in texts:
        reading, verdict = readings.get(text.pk), stands.get(text.pk)
        context = reading.context if reading else ""
        found[text.pk] = Judged(
            context=context,
            meanings=verdicts.meanings(context),
            acted=text.outcome in verdicts.ACTED,
            meant=verdict.meant if verdict else "",
            corrected=bool(verdict and verdict.corrected),
            by=verdict.by.shown_name if verdict else "",
            at=verdict.at if verdict else None,
            before=before.get(text.pk, 0),
            intent=text.intent,
            subject=text.subject,
            subject_id=text.subject_id,
            patient_id=text.patient_id,
        )
    return found


def phrases_to_check(access: Access, *, limit: int = 50) -> tuple[list[ProposedPhrase], int]:
    """Phrases of the organisations of this access that nobody has looked at, oldest first, and how many there are in all."""
    access.require(Permission.PHRASES)
    found = ProposedPhrase.objects.filter(organisation_id__in=access.organisations)
    return list(found.order_by("proposed_at", "id")[:limit]), found.count()


def accepted_phrases(access: Access) -> Iterator[tuple[str, str, str, str]]:
    """(context, text, intent, value) of phrases that a person has accepted, in an order that tells nothing of when."""
    if not access.everything:
        access.require(Permission.AUDIT)
    rows = AcceptedPhrase.objects.order_by("context", "intent", "text")
    return rows.values_list("context", "text", "intent", "value").iterator()


READY_AT_FIRST = (
    "Your appointment has not changed. See you then.",
    "Please ring us, so that we can help you.",
    "Thank you for telling us. You need do nothing more.",
    "Please come ten minutes early, and bring a list of your medicines.",
)
"""What is ready before a practice has written its own."""


def ready_replies(access: Access) -> list[str]:
    """The replies that the practice keeps ready, in its order; a few to begin with when it has written none."""
    found = ReadyReply.objects.filter(organisation_id__in=access.organisations)
    return list(found.order_by("organisation_id", "position").values_list("text", flat=True)) or list(READY_AT_FIRST)
