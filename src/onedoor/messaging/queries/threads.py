"""The inbox: threads that wait, and one thread with all that was said and what was made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery

from onedoor.kernel import clock
from onedoor.kernel.access import Access, Part, Permission
from onedoor.kernel.sensitive import says_sensitive
from onedoor.messaging.models import Ask, Inbound, Message, OptOut, State, Thread
from onedoor.patients import api as patients


@dataclass(frozen=True)
class Person:
    """A patient who has the number, as far as the access reaches."""

    id: int
    ref: UUID
    name: str
    deceased: bool


@dataclass(frozen=True)
class ThreadRow:
    """One line of the inbox. `last_text` is what the phone said last."""

    ref: UUID
    id: int
    organisation_id: int
    number: str
    people: tuple[Person, ...]
    last_text: str
    last_at: datetime | None
    why: str
    waiting_since: datetime | None
    urgent: bool
    owner: str
    owner_id: int | None
    unread: bool
    """Nobody has opened it since the phone wrote last."""


@dataclass(frozen=True)
class Said:
    """One text of a thread. Ours have a state; theirs an intent, an outcome, why, and a key (later ones are higher)."""

    ours: bool
    at: datetime
    text: str
    key: int = 0
    by: str = ""
    state: str = ""
    because: str = ""
    intent: str = ""
    outcome: str = ""
    why: str = ""
    person: Person | None = None
    copy: bool = False


@dataclass(frozen=True)
class ThreadView:
    """A thread as its page shows it. `ref` is None while the number has never written."""

    ref: UUID | None
    organisation_id: int
    number: str
    people: tuple[Person, ...]
    said: tuple[Said, ...]
    waiting_since: datetime | None
    urgent: bool
    owner: str
    owner_id: int | None
    resting: str
    """Why the number gets no texts that we begin: "stop", "wrong_number" or empty."""
    open_questions: int


@dataclass(frozen=True)
class InboxCount:
    """How many threads wait, how many of them are urgent, and since when the oldest does."""

    waiting: int
    urgent: int
    oldest: datetime | None


def visible(access: Access) -> QuerySet[Thread]:
    """Threads of the organisations of this access."""
    if access.everything:
        return Thread.objects.all()
    if not access.may(Permission.MESSAGES):
        return Thread.objects.none()
    return Thread.objects.filter(organisation_id__in=access.organisations)


def by_ref(access: Access, ref: UUID) -> Thread:
    """One thread; raises Thread.DoesNotExist outside the access."""
    return visible(access).get(ref=ref)


Whose = Literal["all", "mine", "nobody"]


def threads_waiting(access: Access, *, whose: Whose = "all", limit: int = 100) -> list[ThreadRow]:
    """Threads that wait for a person: the urgent first, then those that wait longest."""
    found = visible(access).filter(needs_person_since__isnull=False)
    if whose == "mine":
        found = found.filter(owner_id=access.actor.id)
    elif whose == "nobody":
        found = found.filter(owner=None)
    return _rows(access, found.order_by("-urgent", "needs_person_since", "id")[:limit])


def threads_lately(access: Access, *, limit: int = 100) -> list[ThreadRow]:
    """Threads in which the phone said something last, newest first, waiting or not."""
    return _rows(
        access, visible(access).filter(last_inbound_at__isnull=False).order_by("-last_inbound_at", "-id")[:limit]
    )


def inbox_count(access: Access) -> InboxCount:
    """What waits, for the navigation."""
    found = (
        visible(access)
        .filter(needs_person_since__isnull=False)
        .aggregate(waiting=Count("id"), urgent=Count("id", filter=Q(urgent=True)), oldest=Min("needs_person_since"))
    )
    return InboxCount(**found)


def _rows(access: Access, found: QuerySet[Thread]) -> list[ThreadRow]:
    threads = list(found.select_related("owner"))
    if not threads:
        return []
    last: dict[tuple[int, str], Inbound] = {
        (text.organisation_id, text.number): text
        for text in Inbound.objects.filter(
            number__in={thread.number for thread in threads},
            organisation_id__in={thread.organisation_id for thread in threads},
        )
        .order_by("organisation_id", "number", "-id")
        .distinct("organisation_id", "number")
    }
    # What a later text was read as does not say why an earlier one waits.
    unsettled: dict[tuple[int, str], str] = {
        (text.organisation_id, text.number): text.why
        for text in Inbound.objects.filter(
            number__in={thread.number for thread in threads},
            organisation_id__in={thread.organisation_id for thread in threads},
            outcome__in=("person", "crisis"),
        )
        .order_by("organisation_id", "number", "-id")
        .distinct("organisation_id", "number")
    }
    danger = _danger([thread for thread in threads if thread.urgent])
    people = _people(access, {thread.number for thread in threads})
    rows = []
    for thread in threads:
        text = last.get((thread.organisation_id, thread.number))
        feared = danger.get((thread.organisation_id, thread.number))
        why = unsettled.get((thread.organisation_id, thread.number), text.why if text else "")
        if feared is not None and feared != text:
            why = f"{feared.why}: “{feared.text}”"
        rows.append(
            ThreadRow(
                ref=thread.ref,
                id=thread.pk,
                organisation_id=thread.organisation_id,
                number=thread.number,
                people=people.get(thread.number, ()),
                last_text=text.text if text else "",
                last_at=text.received_at if text else None,
                why=why,
                waiting_since=thread.needs_person_since,
                urgent=thread.urgent,
                owner=thread.owner.shown_name if thread.owner else "",
                owner_id=thread.owner_id,
                unread=text is not None and text.pk > thread.opened_to,
            )
        )
    return rows


def _danger(threads: list[Thread]) -> dict[tuple[int, str], Inbound]:
    """The newest text of each that speaks of danger: it is why the thread is urgent, whatever was said after it."""
    if not threads:
        return {}
    found = Inbound.objects.filter(
        number__in={thread.number for thread in threads},
        organisation_id__in={thread.organisation_id for thread in threads},
        outcome="crisis",
    )
    newest = found.order_by("organisation_id", "number", "-id").distinct("organisation_id", "number")
    return {(text.organisation_id, text.number): text for text in newest}


def _people(access: Access, numbers: set[str]) -> dict[str, tuple[Person, ...]]:
    """Who of those visible has each number now, in one query."""
    rows = (
        patients.visible(access)
        .filter(contact_points__value__in=numbers, contact_points__until=None)
        .order_by("name_key", "id")
        .values_list("contact_points__value", "id", "ref", "given_name", "family_name", "deceased")
    )
    found: dict[str, dict[int, Person]] = {}
    for number, key, ref, given, family, deceased in rows:
        found.setdefault(number, {})[key] = Person(key, ref, f"{given} {family}", deceased)
    return {number: tuple(of.values()) for number, of in found.items()}


def thread(access: Access, ref: UUID, *, limit: int = 200) -> ThreadView:
    """One thread, oldest text first, the last `limit` of each side; raises Thread.DoesNotExist outside the access."""
    found = visible(access).select_related("owner").get(ref=ref)
    return _view(access, found.organisation_id, found.number, found, limit)


def thread_of_patient(access: Access, patient_id: int, *, limit: int = 100) -> list[ThreadView]:
    """What was said with each mobile of a patient, by each organisation of this access that wrote or was written to.

    Raises Patient.DoesNotExist outside the access. A shared number shows what was said with everybody who has it.
    """
    patient = patients.by_id(access, patient_id)
    if not (access.everything or access.may(Permission.MESSAGES)):
        return []
    numbers = list(
        patients.visible(access)
        .filter(pk=patient.pk, contact_points__kind="mobile", contact_points__until=None)
        .values_list("contact_points__value", flat=True)
    )
    threads = {
        (found.organisation_id, found.number): found
        for found in visible(access).filter(number__in=numbers).select_related("owner")
    }
    written = Message.objects.filter(number__in=numbers)
    if not access.everything:
        written = written.filter(organisation_id__in=access.organisations)
    keys = {*threads, *written.values_list("organisation_id", "number").distinct()}
    return [_view(access, key[0], key[1], threads.get(key), limit) for key in sorted(keys)]


def thread_refs(access: Access, ids: Sequence[int]) -> dict[int, UUID]:
    """References of threads by their keys, those of the access only."""
    return dict(visible(access).filter(pk__in=ids).values_list("pk", "ref"))


def newest_texts(access: Access, ids: Sequence[int]) -> dict[int, int]:
    """The key of the newest text from the phone of each of these threads that has one, by the thread's key."""
    texts = Inbound.objects.filter(organisation_id=OuterRef("organisation_id"), number=OuterRef("number"))
    newest = Subquery(texts.order_by("-id").values("id")[:1])
    rows = visible(access).filter(pk__in=ids).annotate(newest=newest).values_list("pk", "newest")
    return {key: text for key, text in rows if text is not None}


def texts_of_patient(access: Access, patient_id: int, *, limit: int = 100) -> list[Said]:
    """Texts that were to or surely from this patient, the newest first, and nobody else's on a shared phone.

    The patient's own access sees them whichever organisation wrote. Raises Patient.DoesNotExist outside the access.
    """
    patient = patients.by_id(access, patient_id)
    if not access.has(Part.MESSAGES):
        return []
    ours = Message.objects.filter(patient_id=patient.pk)
    theirs = Inbound.objects.filter(patient_id=patient.pk)
    if not access.everything and access.patient_id is None:
        if not access.may(Permission.MESSAGES):
            return []
        ours = ours.filter(organisation_id__in=access.organisations)
        theirs = theirs.filter(organisation_id__in=access.organisations)
    said = [_theirs(text, {}) for text in theirs.order_by("-id")[:limit]]
    said += [shown_of_ours(message, {}) for message in ours.order_by("-id")[:limit]]
    if not access.has(Part.PRIVATE):
        said = [one for one in said if not says_sensitive(one.text.lower())]
    return sorted(said, key=lambda one: one.at, reverse=True)[:limit]


def _view(access: Access, organisation_id: int, number: str, found: Thread | None, limit: int) -> ThreadView:
    people = _people(access, {number}).get(number, ())
    by_key = {person.id: person for person in people}
    theirs = Inbound.objects.filter(organisation_id=organisation_id, number=number).order_by("-id")[:limit]
    ours = Message.objects.filter(organisation_id=organisation_id, number=number).order_by("-id")[:limit]
    said = [_theirs(text, by_key) for text in theirs] + [shown_of_ours(message, by_key) for message in ours]
    return ThreadView(
        ref=found.ref if found else None,
        organisation_id=organisation_id,
        number=number,
        people=people,
        said=tuple(sorted(said, key=lambda one: (one.at, one.ours, one.key))),
        waiting_since=found.needs_person_since if found else None,
        urgent=bool(found and found.urgent),
        owner=found.owner.shown_name if found and found.owner else "",
        owner_id=found.owner_id if found else None,
        resting=OptOut.objects.filter(organisation_id=organisation_id, number=number, until=None)
        .values_list("because", flat=True)
        .first()
        or "",
        open_questions=Ask.objects.filter(
            organisation_id=organisation_id, number=number, state="open", expires_at__gt=clock.now()
        ).count(),
    )


def _theirs(text: Inbound, people: Mapping[int, Person]) -> Said:
    return Said(
        ours=False,
        at=text.received_at,
        text=text.text,
        key=text.pk,
        intent=text.intent,
        outcome=text.outcome,
        why=text.why,
        person=people.get(text.patient_id) if text.patient_id else None,
        copy=text.duplicate_of_id is not None,
    )


def shown_of_ours(message: Message, people: Mapping[int, Person]) -> Said:
    """A text that we wrote, as pages show it; `people` are those who may be named."""
    return Said(
        ours=True,
        at=message.accepted_at or message.created_at,
        text=message.body,
        by=message.purpose,
        state=State(message.state).label,
        because=message.because,
        person=people.get(message.patient_id) if message.patient_id else None,
    )
