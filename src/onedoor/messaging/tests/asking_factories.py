"""Texts that come in, and an owner of visits and offers that is as simple as one can be, for tests of the asking half."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import uuid4

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.kernel import clock, jobs
from onedoor.kernel.actor import Actor
from onedoor.messaging import ports
from onedoor.messaging.models import Ask, Inbound, ProviderAccount, RateBucket
from onedoor.messaging.types import Acted, Candidate
from onedoor.patients.api import Patient
from onedoor.tasks.types import NewTask

_ids = count(1)
PRACTICE_NUMBER = "+447700900900"


def account(organisation: Organisation) -> ProviderAccount:
    """The practice's account with a provider, made once."""
    found = ProviderAccount.objects.filter(organisation=organisation).first()
    return found or ProviderAccount.objects.create(
        organisation=organisation,
        base_url="http://127.0.0.1:1",
        api_key=f"test-{uuid4()}-{uuid4()}",
        callback_token="token",
        reply_number=PRACTICE_NUMBER,
        templates={"*": str(uuid4())},
        bucket=RateBucket.objects.create(key=f"key-{next(_ids)}"),
    )


def arrive(organisation: Organisation, number: str, text: str, *, provider_id: str = "", **also: datetime) -> None:
    """A text is stored as its door stores it: the same provider id again is one row. Nothing is understood yet."""
    Inbound.objects.bulk_create(
        [
            Inbound(
                account=account(organisation),
                organisation=organisation,
                provider_id=provider_id or str(uuid4()),
                number=number,
                to_number=PRACTICE_NUMBER,
                text=text,
                received_at=also.get("received_at") or clock.now(),
                received_real=also.get("received_real") or clock.real_now(),
                sent_real=also.get("sent_real"),
            )
        ],
        ignore_conflicts=True,
    )


def say(organisation: Organisation, number: str, text: str, *, provider_id: str = "") -> Inbound:
    """A text arrives and is understood; the newest text of the number."""
    arrive(organisation, number, text, provider_id=provider_id)
    jobs.run_once("messaging.understand")
    newest = Inbound.objects.filter(organisation=organisation, number=number).order_by("-id").first()
    assert newest is not None
    return newest


@dataclass
class Visit:
    """A visit of the simple owner; `offer_of` is the visit that taking it would replace."""

    id: int
    patient: Patient
    organisation_id: int
    starts_at: datetime
    clinic: str = "Nurse Clinic"
    may_cancel: bool = True
    state: str = "booked"
    cancelled_at: datetime | None = None
    taken: bool = False
    history: list[str] = field(default_factory=list)


@dataclass
class SimpleOwner:
    """Visits in memory. It keeps the promises of `SubjectOwner`, so that what is proved here is the asking half alone."""

    visits: dict[int, Visit] = field(default_factory=dict)
    acts: list[tuple[int, str]] = field(default_factory=list)
    queries: int = 0
    kind: str = "appointment"
    fails: bool = False

    def add(self, patient: Patient, organisation: Organisation, starts_at: datetime, **also: object) -> Visit:
        visit = Visit(next(_ids) + 100, patient, organisation.pk, starts_at)
        for name, value in also.items():
            setattr(visit, name, value)
        self.visits[visit.id] = visit
        return visit

    def open_subjects(self, patient_ids: Sequence[int], intent: str) -> list[Candidate]:
        now = clock.now()
        asked = set(
            Ask.objects.filter(subject=self.kind, subject_id__in=list(self.visits), state="open").values_list(
                "subject_id", flat=True
            )
        )
        found = []
        for visit in self.visits.values():
            if visit.patient.pk not in patient_ids or visit.starts_at <= now:
                continue
            back = (
                visit.state == "cancelled"
                and visit.cancelled_at is not None
                and now - visit.cancelled_at < timedelta(hours=1)
            )
            fits = {
                "cancel": visit.state == "booked",
                "earlier": visit.state == "booked",
                "confirm": (visit.state == "booked" and visit.id in asked) or back,
            }
            if fits.get(intent, False):
                found.append(
                    Candidate(
                        self.kind,
                        visit.id,
                        visit.patient.pk,
                        visit.patient.given_name,
                        visit.starts_at,
                        visit.id in asked,
                        visit.organisation_id,
                    )
                )
        return found

    def act(self, candidate: Candidate, intent: str, inbound_id: int | None, by: Actor, value: str = "") -> Acted:
        if self.fails:
            raise ValueError("a fault of our own")
        visit = self.visits[candidate.subject_id]
        name = candidate.first_name
        if intent == "cancel" and not visit.may_cancel:
            task = NewTask("reply", visit.organisation_id, f"visit:{visit.id}", "Asks to cancel", subject="thread")
            return Acted(f"{name}: thank you. The practice will be in touch.", task, done=False)
        if intent == "confirm" and visit.state == "cancelled" and visit.taken:
            return Acted(f"{name}: sorry, it has gone.", done=False)
        action = "reopen" if intent == "confirm" and visit.state == "cancelled" else intent
        if intent == "cancel":
            visit.state, visit.cancelled_at = "cancelled", clock.now()
        elif action == "reopen":
            visit.state, visit.cancelled_at = "booked", None
        self.acts.append((visit.id, action))
        return Acted(f"{name}: done.")


@dataclass
class SimpleOffers:
    """Offers in memory: taking one moves the visit that it would replace."""

    visits: SimpleOwner
    offers: dict[int, tuple[Visit, datetime]] = field(default_factory=dict)
    kind: str = "offer"

    def open_subjects(self, patient_ids: Sequence[int], intent: str) -> list[Candidate]:
        if intent not in ("accept", "decline"):
            return []
        return [
            Candidate("offer", key, visit.patient.pk, visit.patient.given_name, starts_at, True, visit.organisation_id)
            for key, (visit, starts_at) in self.offers.items()
            if visit.patient.pk in patient_ids
        ]

    def act(self, candidate: Candidate, intent: str, inbound_id: int | None, by: Actor, value: str = "") -> Acted:
        visit, starts_at = self.offers.pop(candidate.subject_id)
        if intent == "accept":
            visit.starts_at = starts_at
            self.visits.acts.append((visit.id, "move"))
        return Acted(f"{candidate.first_name}: done.")


@contextmanager
def owning() -> Iterator[tuple[SimpleOwner, SimpleOffers]]:
    """The simple owners in place of whatever is declared, for the length of a test."""
    before = dict(ports._owners)
    ports._owners.clear()
    visits = SimpleOwner()
    offers = SimpleOffers(visits)
    ports.declare_subject(visits)
    ports.declare_subject(offers)
    try:
        yield visits, offers
    finally:
        ports._owners.clear()
        ports._owners.update(before)


def remind(visit: Visit, *, at: datetime | None = None) -> Ask:
    """The visit's question was put to its patient's phone."""
    mobile = visit.patient.contact_points.filter(kind="mobile", until=None).first()
    assert mobile is not None
    return Ask.objects.create(
        organisation_id=visit.organisation_id,
        patient=visit.patient,
        number=mobile.value,
        context="appointment",
        subject="appointment",
        subject_id=visit.id,
        asked_at=at or clock.now() - timedelta(hours=1),
        expires_at=visit.starts_at,
    )


def offer(offers: SimpleOffers, visit: Visit, starts_at: datetime) -> Ask:
    """An earlier place is offered to the patient's phone."""
    key = next(_ids) + 5_000
    offers.offers[key] = (visit, starts_at)
    mobile = visit.patient.contact_points.filter(kind="mobile", until=None).first()
    assert mobile is not None
    return Ask.objects.create(
        organisation_id=visit.organisation_id,
        patient=visit.patient,
        number=mobile.value,
        context="offer",
        subject="offer",
        subject_id=key,
        asked_at=clock.now(),
        expires_at=min(starts_at, clock.now() + timedelta(hours=4)),
    )


def phone(number: str) -> str:
    """07700... as E.164; anything that is no mobile stays as it came."""
    return "+44" + number[1:] if number.startswith("07") and len(number) == 11 else number


__all__ = [
    "PRACTICE_NUMBER", "SimpleOffers", "SimpleOwner", "Visit", "account", "arrive", "factories", "offer", "owning",
    "phone", "remind", "say",
]  # fmt: skip
