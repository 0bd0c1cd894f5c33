"""What of the record somebody reads: their own organisation's, and what others share with it (`accounts.sources`).

Every read of entries or coded facts that shows them to somebody goes through here. Sets of people, what is due and what is
dangerous are worked out by the system from all facts (docs/adr/0013).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from onedoor.accounts.api import Organisation, Sources, sources
from onedoor.kernel.access import Access
from onedoor.patients.api import practice_of
from onedoor.records.models import Coded, Entry


@dataclass(frozen=True)
class Read:
    """What somebody reads of one patient's record."""

    sources: Sources
    practice: Organisation | None = None
    """With which the patient is registered; not looked up for whoever reads all."""

    @property
    def accepted(self) -> bool:
        """Whether it is their own practice's record: then what another did and the practice accepted is theirs (ADR 12)."""
        return self.practice is not None and self.practice.pk in self.sources.own


def of(access: Access, patient_id: int) -> Read:
    """What this access reads of a patient; whether they may see the patient is asked before. Two queries at the most."""
    found = sources(access)
    if found.everything:
        return Read(found)
    return Read(found, practice_of(patient_id))


def entries_of(read: Read, patient_id: int) -> QuerySet[Entry]:
    """A patient's entries that are read."""
    found = Entry.objects.filter(patient_id=patient_id)
    return found if read.sources.everything else found.filter(_entries(read))


def facts_of(read: Read, patient_id: int) -> QuerySet[Coded]:
    """A patient's coded facts that are read."""
    found = Coded.objects.filter(patient_id=patient_id)
    return found if read.sources.everything else found.filter(_facts(read))


def _entries(read: Read) -> Q:
    may = Q(organisation_id__in=read.sources.whole) | Q(organisation_id__in=read.sources.coded, code__isnull=False)
    may |= Q(taken_for__in=read.sources.own)
    if read.accepted:
        theirs = Coded.objects.filter(patient_id=OuterRef("patient_id"), entry_id=OuterRef("pk"))
        may |= Q(Exists(theirs.filter(accepted_at__isnull=False)), elsewhere=True)
    return may


def _facts(read: Read) -> Q:
    taken = Entry.objects.filter(patient_id=OuterRef("patient_id"), pk=OuterRef("entry_id"))
    may = Q(organisation_id__in=read.sources.whole | read.sources.coded)
    may |= Q(Exists(taken.filter(taken_for__in=read.sources.own)))
    return may | Q(accepted_at__isnull=False) if read.accepted else may


@dataclass(frozen=True)
class NotShared:
    """How many items are on the record that are not read, and whose they are: a name only where it tells nothing."""

    count: int
    organisation: str
    """The practice that the patient is registered with, which the banner names anyway; "" for all other organisations together.
    That somebody is known to another organisation, a mental health trust say, can itself be what is private."""


def not_shared(read: Read, patient_id: int) -> list[NotShared]:
    """What is kept from whoever reads, the practice's first; at most two lines, and no content. Two queries."""
    if read.sources.everything:
        return []
    entries = Entry.objects.filter(patient_id=patient_id).exclude(_entries(read))
    facts = Coded.objects.filter(patient_id=patient_id, entry_id=None).exclude(_facts(read))
    hidden: dict[int, int] = {}
    for found in (entries, facts):
        for key, count in found.order_by().values_list("organisation_id").annotate(n=Count("id")):
            hidden[key] = hidden.get(key, 0) + count
    if not hidden:
        return []
    said = []
    if read.practice is not None and read.practice.pk in hidden:
        said.append(NotShared(hidden.pop(read.practice.pk), read.practice.name))
    if hidden:
        said.append(NotShared(sum(hidden.values()), ""))
    return said
