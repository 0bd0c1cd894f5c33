"""What of the record somebody reads: their own organisation's, and what others share with it (`accounts.sources`).

Every read of entries or coded facts that shows them to somebody goes through here. Sets of people, what is due and what is
dangerous are worked out by the system from all facts (docs/adr/0013).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from onedoor.accounts.api import Sources
from onedoor.patients.api import practice_of
from onedoor.records.models import Coded, Entry


def entries_of(sources: Sources, patient_id: int) -> QuerySet[Entry]:
    """A patient's entries that are read."""
    found = Entry.objects.filter(patient_id=patient_id)
    if sources.everything:
        return found
    return found.filter(Q(organisation_id__in=sources.whole) | Q(organisation_id__in=sources.coded, code__isnull=False))


def facts_of(sources: Sources, patient_id: int) -> QuerySet[Coded]:
    """A patient's coded facts that are read."""
    found = Coded.objects.filter(patient_id=patient_id)
    return found if sources.everything else found.filter(organisation_id__in=sources.whole | sources.coded)


@dataclass(frozen=True)
class NotShared:
    """How many items are on the record that are not read, and whose they are: a name only where it tells nothing."""

    count: int
    organisation: str
    """The practice that the patient is registered with, which the banner names anyway; "" for all other organisations together.
    That somebody is known to another organisation, a mental health trust say, can itself be what is private."""


def not_shared(sources: Sources, patient_id: int) -> list[NotShared]:
    """What is kept from whoever reads by these sources, the practice's first; at most two, and no content. Three queries."""
    if sources.everything:
        return []
    entries = Entry.objects.filter(patient_id=patient_id).exclude(organisation_id__in=sources.whole)
    facts = Coded.objects.filter(patient_id=patient_id, entry_id=None)
    hidden: dict[int, int] = {}
    for found in (
        entries.exclude(organisation_id__in=sources.coded, code__isnull=False),
        facts.exclude(organisation_id__in=sources.whole | sources.coded),
    ):
        for key, count in found.order_by().values_list("organisation_id").annotate(n=Count("id")):
            hidden[key] = hidden.get(key, 0) + count
    if not hidden:
        return []
    practice = practice_of(patient_id)
    said = []
    if practice is not None and practice.pk in hidden:
        said.append(NotShared(hidden.pop(practice.pk), practice.name))
    if hidden:
        said.append(NotShared(sum(hidden.values()), ""))
    return said
