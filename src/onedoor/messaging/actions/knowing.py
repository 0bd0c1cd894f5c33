"""What is known when a text is dealt with, and which visits, offers and questions it could be about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Q

from onedoor.accounts.api import Organisation
from onedoor.kernel import clock
from onedoor.messaging import kinds, ports
from onedoor.messaging.models import Ask, Inbound, Message, State
from onedoor.messaging.reading.contexts import questions
from onedoor.messaging.rules import wording
from onedoor.messaging.types import Candidate
from onedoor.patients import api as patients
from onedoor.patients.types import Holder

BACK_WITHIN = timedelta(hours=1)
"""How long YES takes a cancellation back."""
BEGUN_WITHIN = timedelta(hours=24)
"""How long a visit that has begun may be what a text without a name is about."""
LOOK_BACK = timedelta(days=7)
OLDEST = timedelta(days=3_650)
OF_VISITS = frozenset({"", "appointment", "offer", "which"})
"""Kinds of question that are about a place in the diary."""
NEVER_SENT = (State.REFUSED, State.EXPIRED, State.CLEARED, State.SUPPRESSED)
ANSWERS_ONLY = frozenset({"confirm", "accept", "decline", "already_done", "answer", "unclear"})
"""What nobody can mean who was not asked."""


@dataclass(frozen=True)
class Found:
    """A candidate and what would be done to it."""

    candidate: Candidate
    intent: str
    value: str = ""

    @property
    def key(self) -> tuple[str, int]:
        return self.candidate.kind, self.candidate.subject_id


class Known:
    """What is known when a text is dealt with: the phone that sent it, who has it, what was asked and said before.

    `said_at` is when it was sent, which may be long before it reached us: what it is about was asked before that.
    """

    def __init__(self, inbound: Inbound) -> None:
        self.inbound = inbound
        self.now = clock.now()
        self.organisation_id = inbound.organisation_id
        self.number = inbound.number
        late = inbound.received_real - inbound.sent_real if inbound.sent_real else timedelta(0)
        self.said_at = inbound.received_at - (min(late, OLDEST) if late > timedelta(minutes=2) else timedelta(0))

    @cached_property
    def practice(self) -> wording.Practice:
        found = Organisation.objects.get(pk=self.organisation_id)
        return wording.Practice(found.name, found.phone)

    @cached_property
    def before(self) -> list[Inbound]:
        """The last texts of this phone, newest first."""
        earlier = Inbound.objects.filter(organisation_id=self.organisation_id, number=self.number)
        return list(earlier.filter(pk__lt=self.inbound.pk).order_by("-id")[:10])

    @cached_property
    def asks(self) -> list[Ask]:
        """Questions put to this number lately, in the order in which they were put; `asked_at` is when it was texted.

        One that waits in the outbox for the morning, or never left it, has not been put.
        """
        found = (
            Ask.objects.filter(organisation_id=self.organisation_id, number=self.number)
            .filter(Q(asked_at__gte=self.now - LOOK_BACK) | Q(state="open"))
            .select_related("message")
            .order_by("id")
        )
        put = []
        for ask in found:
            if ask.message is not None:
                ask.asked_at = ask.message.accepted_at or max(ask.asked_at, ask.message.not_before)
                if ask.message.state in NEVER_SENT or ask.asked_at > self.now:
                    continue
            put.append(ask)
        return sorted(put, key=lambda ask: (ask.asked_at, ask.pk))

    @cached_property
    def open_asks(self) -> list[Ask]:
        """Questions that this text can answer."""
        return [
            ask
            for ask in self.asks
            if ask.state == "open" and ask.context != "which" and ask.asked_at <= self.said_at < ask.expires_at
        ]

    @cached_property
    def which(self) -> Ask | None:
        """The open question which visit is meant."""
        found = [ask for ask in self.asks if ask.context == "which" and ask.state == "open"]
        return next((ask for ask in reversed(found) if ask.asked_at <= self.said_at < ask.expires_at), None)

    @cached_property
    def holders(self) -> list[Holder]:
        return patients.holders(self.organisation_id, self.number)

    @cached_property
    def only_holder(self) -> int | None:
        return self.holders[0].patient_id if len(self.holders) == 1 else None

    @cached_property
    def answers_lately(self) -> list[tuple[str, datetime]]:
        """(purpose, time) of answers by machine in the last hour."""
        rows = Message.objects.filter(
            organisation_id=self.organisation_id,
            number=self.number,
            purpose__in=kinds.BY_MACHINE,
            created_at__gt=self.now - timedelta(hours=1),
        )
        return list(rows.values_list("purpose", "created_at"))

    def candidates(self, intent: str, value: str = "") -> list[Found]:
        living = [holder.patient_id for holder in self.holders if not holder.deceased]
        return [
            Found(candidate, intent, value)
            for owner in ports.owners()
            for candidate in owner.open_subjects(living, intent)
            if candidate.organisation_id in (None, self.organisation_id)
            and (candidate.ended or candidate.when > self.now or intent == "late")
            and self.can_answer(candidate, intent)
        ]

    def ask_about(self, candidate: Candidate) -> Ask | None:
        """The last question about it, whatever became of it."""
        key = (candidate.kind, candidate.subject_id)
        return next((ask for ask in reversed(self.asks) if (ask.subject, ask.subject_id) == key), None)

    def can_answer(self, candidate: Candidate, intent: str) -> bool:
        """Not when the text is older than the question, nor when it answers a question that has not been put."""
        ask = self.ask_about(candidate)
        if ask is not None:
            return ask.asked_at <= self.said_at
        last = self.last_act()
        spoken_of = last is not None and (last.subject, last.subject_id) == (candidate.kind, candidate.subject_id)
        return spoken_of or not (candidate.asked and intent in ANSWERS_ONLY)

    def answers_in(self, context: str, candidate: Candidate) -> bool:
        """Whether a candidate is of the kind of question that the text was read for."""
        ask = self.ask_about(candidate)
        if context in OF_VISITS:
            return ask is None or ask.context in OF_VISITS
        if ask is None or ask.context != context:
            return False
        # A value says itself what it answers; a yes or no is about the last thing that was asked, or nobody knows about what.
        newest = next((one for one in reversed(self.asks) if one.context != "which"), None)
        return ask is newest or (context in questions() and questions()[context].value is not None)

    def last_act(self) -> Inbound | None:
        return next((text for text in self.before if text.outcome == "acted"), None)

    def just_cancelled(self) -> Inbound | None:
        """The text that cancelled something within the hour, when nothing was done or asked since."""
        last = self.last_act()
        if last is None or last.intent != "cancel" or self.said_at - last.received_at >= BACK_WITHIN:
            return None
        asked_since = any(ask.context != "which" and ask.asked_at > last.received_at for ask in self.asks)
        return None if asked_since else last

    def begun(self, one: Found) -> list[ports.Begun]:
        """Other visits of this phone that began in the last day, and that nobody has marked as kept."""
        living = [holder.patient_id for holder in self.holders if not holder.deceased]
        return [
            visit
            for visit in ports.begun(living, self.said_at - BEGUN_WITHIN)
            if (visit.kind, visit.subject_id) != one.key and visit.organisation_id == self.organisation_id
        ]
