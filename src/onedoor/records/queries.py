"""Reads of the record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, time

from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from onedoor.accounts.api import sources
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.codes import Concept
from onedoor.patients.api import PURPOSE as GLASS
from onedoor.patients.api import BreakGlass, by_id, practice_of, visible
from onedoor.records import reading, reference
from onedoor.records.models import WRITTEN, Code, Coded, CodeSet, Entry, EntryImport, Held, Look

OTHER_LOOKER = "Somebody of another organisation"
CODED = "coded"
"""The kind under which facts from files stand on a timeline: they have no entry of their own."""


def timeline(
    access: Access, patient_id: int, *, kind: str = "", organisation_id: int | None = None, limit: int = 100
) -> list[Entry]:
    """What is known of a patient and read by the access (`reading`), newest first: entries, each with the value of its coded
    fact, and coded facts from files as entries that are not saved (`kind` "coded", at midnight of their day). Raises
    Patient.DoesNotExist outside the access."""
    by_id(access, patient_id)
    return _timeline(reading.of(access, patient_id), patient_id, kind, organisation_id, limit)


def record_of(access: Access, patient_id: int, *, limit: int) -> tuple[list[Entry], list[reading.NotShared]]:
    """A patient's timeline and how much is kept from the access, in seven queries: for a page that is fetched again and again.
    Raises Patient.DoesNotExist outside the access."""
    by_id(access, patient_id)
    read = reading.of(access, patient_id)
    return _timeline(read, patient_id, "", None, limit), reading.not_shared(read, patient_id)


def _timeline(read: reading.Read, patient_id: int, kind: str, organisation_id: int | None, limit: int) -> list[Entry]:
    found = reading.entries_of(read, patient_id).select_related("code", "organisation")
    if kind:
        found = found.filter(kind=kind)
    if organisation_id is not None:
        found = found.filter(organisation_id=organisation_id)
    entries = [] if kind == CODED else list(found.order_by("-effective_at", "-id")[:limit])
    facts = _coded(read, patient_id, limit, organisation_id)
    theirs = {fact.entry_id: fact for fact in facts if fact.entry_id is not None}
    for entry in entries:
        if fact := theirs.get(entry.pk):
            entry.measured = fact.measured
            _mark(entry, fact)
    if kind in ("", CODED):
        entries += [_as_entry(fact) for fact in facts if fact.entry_id is None]
    return sorted(entries, key=lambda entry: entry.effective_at, reverse=True)[:limit]


def not_shared(access: Access, patient_id: int) -> list[reading.NotShared]:
    """How much of a patient's record is kept from the access; raises Patient.DoesNotExist outside the access."""
    by_id(access, patient_id)
    return reading.not_shared(reading.of(access, patient_id), patient_id)


def _coded(read: reading.Read, patient_id: int, limit: int, organisation_id: int | None = None) -> list[Coded]:
    found = reading.facts_of(read, patient_id).select_related("code", "unit", "organisation")
    if organisation_id is not None:
        found = found.filter(organisation_id=organisation_id)
    return list(found.order_by("-day", "-id")[:limit])


def _mark(entry: Entry, fact: Coded) -> None:
    """Say on its line whether a fact waits to be accepted, or who accepted it and when (ADR 12)."""
    entry.awaits = fact.elsewhere and fact.in_error_at is None
    entry.accepted_at, entry.accepted_by = fact.accepted_at, fact.accepted_by or ""


def _as_entry(fact: Coded) -> Entry:
    at = datetime.combine(fact.day, time(), tzinfo=clock.LONDON)
    entry = Entry(
        patient_id=fact.patient_id,
        organisation=fact.organisation,
        code=fact.code,
        kind=CODED,
        text=f"{fact.code.shown_term}: {fact.measured}" if fact.measured else fact.code.shown_term,
        effective_at=at,
        recorded_at=fact.recorded_at,
        source=fact.organisation.name,
        actor_kind="system",
        actor_label="a file of entries",
        in_error_at=fact.in_error_at,
        intent_key=f"coded:{fact.pk}",
    )
    _mark(entry, fact)
    return entry


def who_looked(access: Access, patient_id: int, *, limit: int = 100) -> list[Look]:
    """Who looked at a patient's pages, newest first; raises Patient.DoesNotExist outside the access.

    To staff, looks from organisations whose entries they do not read have no name: that another looked at all tells that the
    patient is known there (docs/adr/0013). The patient reads every name.
    """
    by_id(access, patient_id)
    looks = list(Look.objects.filter(patient_id=patient_id).select_related("organisation").order_by("-at")[:limit])
    read = sources(access)
    if read.everything:
        return looks
    practice = practice_of(patient_id)
    named = read.whole | read.coded | ({practice.pk} if practice else set())
    for look in looks:
        if look.organisation_id is not None and look.organisation_id not in named:
            look.actor_label, look.organisation = OTHER_LOOKER, None
    return looks


def looks_by_glass(access: Access, opening_ids: Iterable[int]) -> dict[int, list[Look]]:
    """What was looked at by break-glass, by opening, the first look first: of openings that the access reviews. Raises
    NotPermitted."""
    access.require(Permission.SHARING)
    mine = Q(organisation_id__in=access.organisations) | Q(practice_id__in=access.organisations)
    rows = list(BreakGlass.objects.filter(mine, pk__in=list(opening_ids)))
    if not rows:
        return {}
    theirs = Q()
    for row in rows:
        theirs |= Q(patient_id=row.patient_id, actor_id=row.user_id, at__gte=row.opened_at)
    looks = list(Look.objects.filter(theirs, actor_kind="user", purpose__startswith=GLASS).order_by("at", "id"))
    found: dict[int, list[Look]] = {}
    for look in looks:
        before = [
            row
            for row in rows
            if (row.patient_id, row.user_id) == (look.patient_id, look.actor_id) and row.opened_at <= look.at
        ]
        found.setdefault(max(before, key=lambda row: row.pk).pk, []).append(look)
    return found


def coded_of(access: Access, patient_id: int, *, limit: int = 500) -> list[Coded]:
    """A patient's coded facts that the access reads (`reading`), newest day first, those in error among them; raises
    Patient.DoesNotExist outside the access."""
    by_id(access, patient_id)
    return _coded(reading.of(access, patient_id), patient_id, limit)


def read_of(access: Access, patient_id: int, fact_ids: Iterable[int]) -> frozenset[int]:
    """Of these coded facts of a patient, those that the access reads; raises Patient.DoesNotExist outside the access."""
    by_id(access, patient_id)
    found = reading.facts_of(reading.of(access, patient_id), patient_id).filter(pk__in=list(fact_ids))
    return frozenset(found.values_list("pk", flat=True))


def read_among(access: Access, fact_ids: Iterable[int]) -> frozenset[int]:
    """Of these coded facts of many patients, those that the access reads: for lists and downloads, in two queries. Whether it
    sees the patients is asked before."""
    keys, read = list(fact_ids), sources(access)
    if read.everything or not keys:
        return frozenset(keys)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.id FROM records_coded c
               WHERE c.id = ANY(%(facts)s::bigint[]) AND (c.organisation_id = ANY(%(read)s::bigint[])
                   OR EXISTS (SELECT 1 FROM records_entry e
                              WHERE e.id = c.entry_id AND e.taken_for = ANY(%(own)s::bigint[]))
                   OR c.accepted_at IS NOT NULL AND EXISTS (
                       SELECT 1 FROM patients_registered r WHERE r.patient_id = c.patient_id
                         AND r.organisation_id = ANY(%(own)s::bigint[]) AND r.since <= %(today)s
                         AND (r.until IS NULL OR r.until > %(today)s)))""",
            {"facts": keys, "read": sorted(read.whole | read.coded), "own": sorted(read.own), "today": clock.today()},
        )
        return frozenset(key for (key,) in cursor.fetchall())


def file_readings(organisation_ids: Collection[int], *, limit: int) -> list[tuple[int | None, datetime]]:
    """When files of coded entries were last read: of each of these organisations so many of the latest, and of files that are of
    several (None) as many. Says nothing of what is in them. Not those that an extract left, whose reading is told as the
    extract's own."""
    found = EntryImport.objects.filter(
        Q(organisation_id__in=organisation_ids) | Q(organisation=None), withdrawn_at=None, traced=False
    )
    nth = Window(RowNumber(), partition_by=F("organisation_id"), order_by=F("id").desc())
    latest = found.annotate(nth=nth).filter(nth__lte=limit).order_by("-id")
    return list(latest.values_list("organisation_id", "at"))


def written_of(patient_ids: Collection[int], since: datetime) -> list[Coded]:
    """Coded facts that stand of these patients and were written or accepted here since a moment: what a system that is told of
    them must hear. One query for any number of patients; whose they are was asked before."""
    found = Coded.objects.filter(patient_id__in=patient_ids, source=WRITTEN, in_error_at=None)
    changed = Q(recorded_at__gte=since) | Q(accepted_at__gte=since)
    return list(found.filter(changed).select_related("code", "unit").order_by("id"))


def facts_of(keys: Collection[int]) -> list[Coded]:
    """Coded facts by their keys, whatever became of them. One query; whose they are was asked before."""
    return list(Coded.objects.filter(pk__in=keys).order_by("id")) if keys else []


def concept(code: str) -> Concept:
    """A code with its term; LookupError when it is not in the dictionary."""
    found = Code.objects.filter(code=code).first()
    if found is None:
        raise LookupError(f"SNOMED CT {code} is not in the dictionary")
    return Concept(found.code, found.term)


def terms(codes: Iterable[str]) -> dict[str, str]:
    """The terms of those of these codes that the dictionary has."""
    return dict(Code.objects.filter(code__in=set(codes)).values_list("code", "term"))


def concepts(key: str) -> list[Concept]:
    """The codes of a code set by code: none where no fact gives one. LookupError when there is no such set."""
    if not CodeSet.objects.filter(key=key).exists():
        raise LookupError(f"there is no code set {key}")
    members = Code.objects.filter(codesetmember__code_set__key=key, codesetmember__until=None)
    return [Concept(code, term) for code, term in members.order_by("code").values_list("code", "term")]


def members(key: str) -> frozenset[str]:
    """The identifiers of a code set's codes. LookupError when there is no such set."""
    return members_of([key])[key]


def members_of(keys: Sequence[str]) -> dict[str, frozenset[str]]:
    """By the key of a code set the identifiers of its codes. LookupError when there is no such set."""
    found: dict[str, set[str]] = {}
    sets = CodeSet.objects.filter(key__in=keys).values_list("key", "members__code__code", "members__until")
    for key, code, until in sets:
        codes = found.setdefault(key, set())
        if code is not None and until is None:
            codes.add(code)
    if missing := sorted(set(keys) - set(found)):
        raise LookupError(f"there is no code set {', '.join(missing)}")
    return {key: frozenset(codes) for key, codes in found.items()}


def reference_rows(name: str) -> list[dict[str, str]]:
    """The rows of the reference data that Onedoor comes with: of "codes", "code_sets" or "units"."""
    return list(reference.read(name))


def code_sets() -> list[CodeSet]:
    """Every code set, by key."""
    return list(CodeSet.objects.order_by("key"))


def held(access: Access, *, reason: str = "", limit: int = 200) -> list[Held]:
    """Rows that nobody has seen to, the newest file's first. Raises NotPermitted without the right to import."""
    found = open_held(access)
    if reason:
        found = found.filter(reason=reason)
    return list(
        found.select_related("entry_import", "organisation", "patient").order_by("-entry_import_id", "row")[:limit]
    )


def held_counts(access: Access) -> dict[str, int]:
    """How many there are for each reason, the most first. Raises NotPermitted without the right to import."""
    found = open_held(access).values_list("reason").annotate(rows=Count("pk")).order_by("-rows", "reason")
    return dict(found)


def open_held(access: Access) -> QuerySet[Held]:
    """Rows that nobody has seen to, within the access. Raises NotPermitted without the right to import."""
    access.require(Permission.IMPORT)
    return held_within(access).filter(settled_at=None)


def held_within(access: Access) -> QuerySet[Held]:
    """Rows that ever were held: those of the access's organisations, and where a row names none that is here, those of whoever
    cares for the patient. A row of which neither is known is the operator's alone, who has it in the file of --rejects."""
    if access.everything:
        return Held.objects.all()
    return Held.objects.filter(
        Q(organisation_id__in=access.organisations) | Q(organisation=None, patient__in=visible(access))
    )
