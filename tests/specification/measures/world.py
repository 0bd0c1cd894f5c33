"""A locality in which things happen one after the other, done by the contexts' own actions, and written down plainly beside.

Through actions: appointments, releases, reminders and answers, referrals and triage, lists told late, what a practice does with a
document. Laid down as the actions lay them, with their own tables of moves: invitations, who lives where and by which number,
that a text has left, and that a trust sent a document.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.booking import api as booking
from onedoor.booking.actions import outside
from onedoor.booking.actions.setting import block_seat
from onedoor.booking.models import Appointment, Release, Seat
from onedoor.booking.tests.refilling_world import World as Diary
from onedoor.documents.models import Document
from onedoor.exchange import api as exchange
from onedoor.exchange.itk.types import Person
from onedoor.exchange.mesh import actions as mesh
from onedoor.exchange.models import SentDocument, SentDocumentHistory, SentTry
from onedoor.exchange.sending import rules as sending
from onedoor.exchange.tests import arrivals
from onedoor.factories import TEST
from onedoor.kernel import clock
from onedoor.kernel.transitions import record_first, transition
from onedoor.messaging import api as messaging
from onedoor.messaging.actions.asking import record_answers
from onedoor.messaging.models import Ask, Message
from onedoor.messaging.models.sending import State
from onedoor.messaging.types import NewAsk, NewMessage
from onedoor.patients.models import CareRelationship, ContactPoint, Patient
from onedoor.recall import rules as recall_rules
from onedoor.recall.models import Invitation, InvitationHistory
from onedoor.referrals import api as referrals
from onedoor.referrals.actions.effect import take_effect
from onedoor.referrals.tests.factories import place, referral
from onedoor.referrals.types import PathwayRow, ReferralRow
from tests.specification.measures import plain_events as plain

LINES = """ods_code,name,kind,other_ods_code,other_name,from,until
Y99002,Wexcombe Road Surgery,part_of_pcn,Y99910,Wexcombe Network,2020-04-01,
Y99003,Millford Surgery,part_of_pcn,Y99910,Wexcombe Network,2020-04-01,
Y99004,Abbey Street,part_of_pcn,Y99910,Wexcombe Network,2020-04-01,
Y99003,Millford Surgery,succeeded_by,Y99002,Wexcombe Road Surgery,2025-03-01,
"""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """A London time."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=clock.LONDON)


class Locality:
    """What is to happen, in the order of time, and what did."""

    def __init__(self, seed: int, first: date, last: date) -> None:
        self.draw, self.facts = random.Random(seed), plain.Facts()
        self.first, self.last = first, last
        self._numbers, self._heap = itertools.count(1), list[tuple[datetime, int, Callable[[], None]]]()
        self._mobiles = itertools.count(0)
        accounts.take_organisations(rows=accounts.read_organisations(LINES.encode()), by=TEST)
        self.diaries = [Diary(), Diary(ods_code="Y99003"), Diary("emis", ods_code="Y99004")]
        self.msk = place()
        self.scene = arrivals.scene()
        self._undecided: list[tuple[datetime, plain.Referral]] = []

    def later(self, moment: datetime, what: Callable[[], None]) -> None:
        """Let something happen at a moment."""
        heapq.heappush(self._heap, (moment, next(self._numbers), what))

    def run(self) -> None:
        """Until nothing is to happen any more; domain time is that of each thing, for the database too."""
        while self._heap:
            moment, _, what = heapq.heappop(self._heap)
            clock.set_clock(at=moment, rate=0)
            with clock.at(moment), transaction.atomic():
                what()

    # ---- chance

    def some(self, *choices: Any) -> Any:
        return self.draw.choice(choices)

    def moment(self, hour: int | None = None) -> datetime:
        """Of a day between the first and the last."""
        day = self.first + timedelta(days=self.draw.randrange((self.last - self.first).days))
        return at(day, self.draw.randrange(8, 18) if hour is None else hour, self.draw.randrange(60))

    # ---- people

    def person(self, diary: Diary, *, mobile: bool = True) -> Patient:
        """Somebody who comes onto a practice's list now."""
        number = next(self._numbers)
        one = factories.patient(
            diary.practice, f"Sam{number}", f"Hollis{number}", mobile=self._mobile() if mobile else None
        )
        now = clock.now()
        one.care_relationships.update(recorded_at=now)
        code = diary.practice.ods_code
        self.facts.people.append(
            plain.Someone([(now, [(code, date(2020, 1, 1), None)])], [[now, None]] if mobile else [])
        )
        return one

    def _mobile(self) -> str:
        return f"+447700900{next(self._mobiles):03d}"

    def resident(self, *, comes_at: datetime | None = None, ends_at: datetime | None = None) -> None:
        """Somebody who moves, is entered late, gets another number or none, and may be said to have died; `ends_at`: somebody who
        stays, and whose number is found to be somebody else's then."""
        here, there = self.draw.sample(self.diaries, 2)

        def comes() -> None:
            one = self.person(here, mobile=ends_at is not None or self.draw.random() < 0.7)
            known = self.facts.people[-1]
            if ends_at is not None:
                self.later(ends_at, lambda: ends(one, known))
                return
            self.later(clock.now() + self.some(5, 20, 50) * DAY, lambda: change(one, known))
            if self.draw.random() < 0.5:
                self.later(clock.now() + self.some(10, 30, 45) * DAY, lambda: moves(one, known))
            if self.draw.random() < 0.3:
                self.later(clock.now() + self.some(15, 40) * DAY, lambda: dies(one, known))

        def ends(one: Patient, known: plain.Someone) -> None:
            now = clock.now()
            ContactPoint.objects.filter(patient=one, until=None).update(until=now, ended_because="wrong number")
            known.mobiles = [[since, until or now] for since, until in known.mobiles]

        def change(one: Patient, known: plain.Someone) -> None:
            now = clock.now()
            if self.draw.random() < 0.5:
                ends(one, known)
            else:
                ContactPoint.objects.create(patient=one, kind="mobile", value=self._mobile(), since=now)
                known.mobiles.append([now, None])

        def moves(one: Patient, known: plain.Someone) -> None:
            now = clock.now()
            day = now.date() - self.some(0, 3, 40) * DAY
            one.care_relationships.filter(kind="registered").update(ends_on=day)
            CareRelationship.objects.create(
                patient=one, organisation=there.practice, kind="registered", starts_on=day, recorded_at=now
            )
            code = here.practice.ods_code, there.practice.ods_code
            known.registered.append((now, [(code[0], date(2020, 1, 1), day), (code[1], day, None)]))

        def dies(one: Patient, known: plain.Someone) -> None:
            Patient.objects.filter(pk=one.pk).update(deceased=True)
            known.died.append((clock.now(), "dead"))

        self.later(comes_at or self.moment(), comes)

    # ---- appointments, releases, reminders

    def visit(self) -> None:
        """Somebody books, is asked whether they come, and comes, does not, cancels, or nobody ever says."""
        diary, starts = self.some(*self.diaries), self.moment()
        booked_at = starts - self.some(2, 9, 20) * DAY
        end = self.some(
            "kept", "kept", "missed", "missed", "mistaken", "taken back", "nobody says", "cancels", "cancels"
        )
        self._visit(diary, starts, booked_at, end, starts - self.some(3, 25, 40) * HOUR)

    def refused_place(self, *, cancelled: datetime, refused: datetime) -> None:
        """A place of an outside diary that is given up and asked for by another, which the diary refuses long after."""
        starts = cancelled + 7 * DAY
        self._visit(self.diaries[2], starts, cancelled - DAY, "cancels", cancelled, refused)

    def _visit(
        self, diary: Diary, starts: datetime, booked_at: datetime, end: str, cancelled: datetime,
        refused: datetime | None = None,
    ) -> None:  # fmt: skip

        def books() -> None:
            who = self.person(diary)
            made = booking.book(seat_ref=diary.seat(starts).ref, patient_id=who.pk, by=TEST, via="desk", tell=False)
            seen = plain.Visit(diary.practice.ods_code, starts)
            self.facts.visits.append(seen)
            if made.state == "pending":
                self._answered_outside(made, seen, clock.now() + MINUTE, refused=False)
            else:
                seen.told.append((clock.now(), "booked"))
            self.later(starts - self.some(26, 44) * HOUR, lambda: self._ask(made, who, diary))
            if end == "cancels":
                self.later(cancelled, lambda: self._cancel(made, seen, diary, refused))
            elif end != "nobody says":
                late = self.some(0, 0, 2, 20, 40) * DAY
                self.later(starts + HOUR + late, lambda: self._mark(made, seen, end))

        self.later(booked_at, books)

    def _mark(self, made: Appointment, seen: plain.Visit, end: str) -> None:
        if end == "kept":
            booking.arrive(appointment_id=made.pk, by=TEST)
            booking.fulfil(appointment_id=made.pk, by=TEST)
            seen.told += [(clock.now(), "arrived"), (clock.now(), "kept")]
            return
        booking.did_not_attend(appointment_id=made.pk, by=TEST)
        seen.told.append((clock.now(), "missed"))
        if end == "mistaken":
            self.later(clock.now() + 3 * DAY, lambda: self._kept_after_all(made, seen))
        if end == "taken back":
            self.later(clock.now() + HOUR, lambda: self._unmarked(made, seen))

    def _kept_after_all(self, made: Appointment, seen: plain.Visit) -> None:
        booking.fulfil(appointment_id=made.pk, by=TEST)
        seen.told.append((clock.now(), "kept"))

    def _unmarked(self, made: Appointment, seen: plain.Visit) -> None:
        booking.unmark(appointment_id=made.pk, by=TEST)
        seen.told.append((clock.now(), "booked"))

    def _cancel(self, made: Appointment, seen: plain.Visit, diary: Diary, refused: datetime | None) -> None:
        booking.cancel(appointment_id=made.pk, by=TEST, reason="patient", tell=False)
        if diary.source == "own":
            seen.told.append((clock.now(), "cancelled"))
            self._freed(made, seen, diary, refused)
            return
        # Nobody else can have the place before the outside diary has freed it.
        seen.told.append((clock.now(), "asked"))

        def freed() -> None:
            with transaction.atomic():
                outside.confirm(appointment_ids=[made.pk], kind="free", ended_by="test", by=TEST, release_ids=[made.pk])
            seen.told.append((clock.now(), "cancelled"))
            self._freed(made, seen, diary, refused)

        self.later(clock.now() + 30 * MINUTE, freed)

    def _freed(self, made: Appointment, seen: plain.Visit, diary: Diary, refused: datetime | None) -> None:
        freed = plain.Place(diary.practice.ods_code, clock.now())
        self.facts.places.append(freed)
        now, seat_id = clock.now(), made.seat_id
        what = "refused" if refused else self.some("given", "given", "refused", "withdrawn", "left")
        if what in ("given", "refused"):
            no = (refused or now + HOUR) if what == "refused" and diary.source != "own" else None
            self.later(now + 20 * MINUTE, lambda: self._given(seat_id, seen.starts_at, freed, diary, no))
        elif what == "withdrawn":

            def withdrawn() -> None:
                if diary.source == "own":
                    block_seat(seat_id=seat_id, by=TEST)
                else:
                    booking.stop_offering(release_id=Release.objects.get(cancelled=made).pk, by=TEST)
                freed.told.append((clock.now(), "withdrawn"))

            self.later(now + 20 * MINUTE, withdrawn)

    def _given(
        self, seat_id: int, starts: datetime, freed: plain.Place, diary: Diary, refused: datetime | None
    ) -> None:
        made = booking.book(
            seat_ref=Seat.objects.get(pk=seat_id).ref, patient_id=self.person(diary).pk, by=TEST, via="desk", tell=False
        )
        seen = plain.Visit(diary.practice.ods_code, starts)
        self.facts.visits.append(seen)
        if made.state != "pending":
            seen.told.append((clock.now(), "booked"))
            freed.told.append((clock.now(), "given"))
            return
        self._answered_outside(
            made, seen, refused or clock.now() + 10 * MINUTE, refused=refused is not None, freed=freed
        )

    def _answered_outside(
        self, made: Appointment, seen: plain.Visit, moment: datetime, *, refused: bool, freed: plain.Place | None = None
    ) -> None:
        def answered() -> None:
            if refused:
                asked = made.requests.get(kind="book", state="asked")
                outside.refuse_request(request_id=asked.pk, ended_by="test", by=TEST)
            else:
                outside.confirm(appointment_ids=[made.pk], kind="book", ended_by="test", by=TEST)
            seen.told.append((clock.now(), "refused" if refused else "booked"))
            if freed is not None:
                freed.told.append((clock.now(), "withdrawn" if refused else "given"))

        self.later(moment, answered)

    def _ask(self, made: Appointment, who: Patient, diary: Diary) -> None:
        made.refresh_from_db()
        if made.state != "booked":
            return
        messaging.queue(
            messages=[
                NewMessage(
                    intent_key=f"reminder:{made.pk}",
                    organisation_id=diary.practice.pk,
                    purpose="appointment_reminder",
                    body="Are you coming?",
                    not_after=made.starts_at,
                    patient_id=who.pk,
                    subject="appointment",
                    subject_id=made.pk,
                    ask=NewAsk("appointment", "appointment", made.pk, made.starts_at),
                )
            ],
            by=TEST,
        )
        one = Ask.objects.filter(subject_id=made.pk, context="appointment").first()
        if one is None:
            # Too late by the hours in which texts may go: nobody was asked.
            return
        put = plain.Question(diary.practice.ods_code, clock.now())
        self.facts.questions.append(put)

        def left() -> None:
            Message.objects.filter(asks=one).update(accepted_at=clock.now(), state=State.ACCEPTED)
            put.told.append((clock.now(), "left"))

        def answered() -> None:
            record_answers(asks=[one], intent="keep", via="sms", by=TEST, close=True)
            put.told.append((clock.now(), "answered"))

        if self.draw.random() < 0.8:
            self.later(clock.now() + self.some(1, 300) * MINUTE, left)
        if self.draw.random() < 0.6:
            self.later(clock.now() + self.some(310, 900) * MINUTE, answered)

    # ---- invitations

    def invited(self) -> None:
        """Somebody is invited, and moves from state to state as recall's table allows."""
        diary, made_at = self.some(*self.diaries), self.moment()

        def makes() -> None:
            now, who = clock.now(), self.person(diary)
            one = Invitation.objects.create(
                organisation=diary.practice, patient=who, programme="checks", season=2025, plan=["text"], invited_at=now,
                ends_at=now + 90 * DAY, changed_at=now,
            )  # fmt: skip
            record_first(history=InvitationHistory, ids=[one.pk], state="invited", by=TEST)
            put = plain.Invitation(diary.practice.ods_code, now, [(now, "invited")])
            self.facts.invitations.append(put)
            self.later(now + self.some(1, 10, 40) * DAY, lambda: moves(one, put, 3))

        def moves(one: Invitation, put: plain.Invitation, left: int) -> None:
            one.refresh_from_db()
            allowed = sorted(recall_rules.MOVES[one.state])
            if not allowed or not left:
                return
            to = self.some(*allowed)
            transition(
                model=Invitation, history=InvitationHistory, moves=recall_rules.MOVES, ids=[one.pk], to=to, by=TEST
            )
            put.told.append((clock.now(), to))
            self.later(clock.now() + self.some(1, 15, 30) * DAY, lambda: moves(one, put, left - 1))

        self.later(made_at, makes)

    # ---- referrals

    def referred(
        self, *, received: datetime | None = None, decided: datetime | None = None, sent_on: datetime | None = None
    ) -> None:
        """A referral that comes here, is triaged here, and goes on or is discharged; `sent_on`: it goes on then."""
        received = received or self.moment()
        decided = decided or received + self.some(2, 47, 49, 90) * HOUR

        def comes() -> None:
            one = referral(self.msk, self.person(self.diaries[0]), received_at=clock.now())
            known = plain.Referral("Y99900", clock.now(), clock.now())
            self.facts.referrals.append(known)
            if sent_on is not None or self.draw.random() < 0.9:
                self.later(decided, lambda: decides(one, known))

        def decides(one: Any, known: plain.Referral) -> None:
            outcome = (
                "onward" if sent_on else self.some("accept", "accept", "onward", "onward", "inappropriate", "more")
            )
            verdict = {
                "accept": referrals.Verdict("accept", stream_id=self.msk.streams[0].pk),
                "onward": referrals.Verdict("onward", onward_service="Rheumatology", who_books="gp"),
                "inappropriate": referrals.Verdict("inappropriate", reason="SERVICE_INAPPROPRIATE"),
                "more": referrals.Verdict("more", advice="Which side?"),
            }[outcome]
            referrals.decide(access=self.msk.ada, ref=one.ref, verdict=verdict)
            known.decided_at, known.rejected = clock.now(), outcome == "inappropriate"
            self._undecided.append((clock.now() + 15 * MINUTE, known))
            self.later(clock.now() + 16 * MINUTE, self._take_effect)
            if outcome == "accept" and self.draw.random() < 0.6:
                self.later(clock.now() + self.some(5, 30) * DAY, lambda: discharged(one, known))
            if outcome == "onward" and (sent_on is not None or self.draw.random() < 0.8):
                decided_on = clock.today()
                goes = sent_on or clock.now() + self.some(1, 3, 4, 5, 7) * DAY
                self.later(goes, lambda: sent(one, known, decided_on))

        def discharged(one: Any, known: plain.Referral) -> None:
            referrals.discharge(access=self.msk.ada, ref=one.ref, outcome="finished")
            known.discharged_at = known.end_heard_at = clock.now()

        def sent(one: Any, known: plain.Referral, decided_on: date) -> None:
            referrals.send_on(access=self.msk.ada, ref=one.ref)
            known.onward, known.end_heard_at = (decided_on, clock.today()), clock.now()

        self.later(received, comes)

    def _take_effect(self) -> None:
        take_effect(by=TEST)
        for due, known in self._undecided:
            if due <= clock.now() and known.decision_heard_at is None:
                known.decision_heard_at = clock.now()

    def listed(self, *, received: datetime | None = None, discharge_heard: datetime | None = None) -> None:
        """A referral that a list tells of, long after, in two readings: that it came, and what became of it."""
        received = received or self.moment()
        number = f"L{next(self._numbers)}"
        outcome = "accept" if discharge_heard else self.some("accept", "onward", "inappropriate")
        triaged = received + self.some(5, 48, 70) * HOUR
        ended = triaged.date() + self.some(0, 2, 4, 6) * DAY
        row: dict[str, Any] = {
            "row": 1, "source_ref": number, "received_at": received, "source": "gp", "referrer_ods": "Y99002",
            "priority": "routine",
        }  # fmt: skip
        more: dict[str, Any] = {"triaged_at": triaged, "outcome": outcome}
        if outcome == "onward":
            more |= {"onward_decided_on": triaged.date(), "onward_sent_on": ended}
        if outcome == "accept":
            more |= {"stream": "Physiotherapy", "discharged_on": ended}
        known = plain.Referral("Y99900", received, received)

        def tells() -> None:
            row["nhs_number"] = self.person(self.diaries[1]).nhs_number
            known.heard_at = clock.now()
            self.facts.referrals.append(known)
            referrals.take_referrals(service=self.msk.service, rows=[ReferralRow(**row)], by=TEST)

        def tells_more() -> None:
            referrals.take_referrals(service=self.msk.service, rows=[ReferralRow(**row, **more)], by=TEST)
            known.decided_at, known.decision_heard_at = triaged, clock.now()
            known.rejected = outcome == "inappropriate"
            if outcome == "onward":
                known.onward, known.end_heard_at = (triaged.date(), ended), clock.now()
            if outcome == "accept":
                known.discharged_at, known.end_heard_at = max(triaged, at(ended, 0)), clock.now()

        heard = received + (1 if discharge_heard else self.some(1, 20, 40)) * DAY
        self.later(heard, tells)
        self.later(discharge_heard or max(heard, at(ended) + DAY) + self.some(0, 5, 30) * DAY, tells_more)

    def taken_over(self) -> None:
        """An open pathway of an earlier provider."""
        received = self.moment()

        def takes() -> None:
            row = PathwayRow(
                row=1, source_ref=f"P{next(self._numbers)}", nhs_number=self.person(self.diaries[0]).nhs_number or "",
                from_provider="Acute trust", received_on=received.date(), clock_start=received.date(), stream="Physiotherapy",
                state="TRIAGED_PROVIDER_TO_ACTION", next_action="Book", next_action_due=None, referrer_ods="Y99002",
            )  # fmt: skip
            referrals.take_pathways(service=self.msk.service, rows=[row], taken_over_on=clock.today(), by=TEST)
            self.facts.referrals.append(
                plain.Referral("Y99900", datetime.combine(received.date(), time(), clock.LONDON), clock.now(), True)
            )

        self.later(received + 10 * DAY, takes)

    # ---- documents

    def paper(
        self, *, made: datetime | None = None, dealt: datetime | None = None, end: str = "", first: str = ""
    ) -> None:
        """A trust's document, to a practice that has a mailbox here or to one that has none. Where a newer version comes, it was
        accepted before ("corrected") or not ("replaced")."""
        made = made or self.moment()
        dealt = dealt or made + self.some(2, 20, 30, 75, 200) * HOUR
        first = first or self.some("Y99002", "Y99002", "Y99002", "Y99003")
        end = end or self.some(
            "accepted",
            "accepted",
            "accepted",
            "taken back",
            "left",
            "stranger",
            "replaced",
            "corrected",
            "away",
            "lost",
        )

        def makes() -> None:
            who = self.person(self.diaries[0])
            sent = self._sent_document(who, 1)
            known = plain.Paper("Y99902", clock.now())
            self.facts.papers.append(known)
            self.later(clock.now() + 5 * MINUTE, lambda: self._send(sent, known, first))
            if first != "Y99002":
                if end != "lost":
                    # It went to the wrong practice first.
                    self.later(clock.now() + 10 * HOUR, lambda: self._send(sent, known, "Y99002"))
                return
            if end != "lost":
                self.later(clock.now() + 30 * MINUTE, lambda: arrives(sent, known, who))

        def arrives(sent: SentDocument, known: plain.Paper, who: Patient) -> None:
            if end == "away":
                self._move(sent, "by_hand")
                known.told.append((clock.now(), "away"))
                return
            stranger = Person(factories.nhs_number(), "Nobody", "Robin", date(1950, 1, 1))
            said = arrivals.said(
                self.scene, stranger if end == "stranger" else who, (), identifier=str(sent.document_identifier)
            )
            here = arrivals.received(self.scene, said)
            self.facts.heard_from.setdefault("Y99002", clock.now())
            if end == "stranger":
                assert here.state == "not_ours"
                known.told.append((clock.now(), "sent back"))
                return
            assert here.state == "to_code"
            self.later(max(dealt, clock.now() + MINUTE), lambda: deals(sent, known, who, here.ref))

        def deals(sent: SentDocument, known: plain.Paper, who: Patient, ref: Any) -> None:
            access = self.scene.access
            if end == "left":
                exchange.leave_document(access=access, ref=ref, reason="It is of no use")
                known.told.append((clock.now(), "left"))
                return
            if end != "replaced":
                exchange.accept_document(access=access, ref=ref)
                known.told.append((clock.now(), "accepted"))
            if end == "taken back":
                self.later(clock.now() + 2 * HOUR, lambda: takes_back(known, ref))
            if end in ("replaced", "corrected"):
                self.later(clock.now() + 2 * HOUR, lambda: corrects(sent, known, who))

        def takes_back(known: plain.Paper, ref: Any) -> None:
            exchange.undo_document(access=self.scene.access, ref=ref)
            known.told.append((clock.now(), "taken back"))
            if self.draw.random() < 0.5:
                self.later(clock.now() + 30 * HOUR, lambda: accepts_again(known, ref))

        def accepts_again(known: plain.Paper, ref: Any) -> None:
            exchange.accept_document(access=self.scene.access, ref=ref)
            known.told.append((clock.now(), "accepted"))

        def corrects(sent: SentDocument, known: plain.Paper, who: Patient) -> None:
            newer = self._sent_document(who, 2, replaces=sent)
            self._move(sent, "replaced")
            known.told.append((clock.now(), "replaced"))
            again = plain.Paper("Y99902", clock.now())
            self.facts.papers.append(again)
            self._send(newer, again, "Y99002")
            said = arrivals.said(
                self.scene, who, (), identifier=str(newer.document_identifier), replaces=str(sent.document_identifier)
            )
            arrivals.received(self.scene, said)

        self.later(made, makes)

    def _sent_document(self, who: Patient, version: int, replaces: SentDocument | None = None) -> SentDocument:
        trust, now, number = self.scene.trust, clock.now(), next(self._numbers)
        subject_id = replaces.subject_id if replaces else number
        letter = Document.objects.create(
            organisation=trust, patient=who, kind="checks", subject="check_visit", subject_id=number, facts={}, letter={},
            composed_at=now, composed_by_label="test",
        )  # fmt: skip
        made = SentDocument.objects.create(
            organisation=trust, practice=self.diaries[0].practice, patient=who, kind="checks", subject="check_visit",
            subject_id=subject_id, version=version, replaces=replaces, document=letter, entries=[], composed_at=now,
        )  # fmt: skip
        record_first(history=SentDocumentHistory, ids=[made.pk], state="waiting", by=TEST)
        return made

    def _send(self, sent: SentDocument, known: plain.Paper, code: str) -> None:
        practice = accounts.organisation_by_ods(code)
        message = mesh.queue(
            mailbox=arrivals.mailbox_of(self.scene.trust), to="X", workflow="W", subject="", content=b"", by=TEST
        )
        SentTry.objects.create(
            document=sent, number=1 + sent.tries.count(), bundle_id=uuid4(), practice=practice, message=message,
            made_at=clock.now(),
        )  # fmt: skip
        SentDocument.objects.filter(pk=sent.pk).update(practice=practice)
        self._move(sent, "sent")
        known.sent.append((clock.now(), code))

    def _move(self, sent: SentDocument, to: str) -> None:
        transition(model=SentDocument, history=SentDocumentHistory, moves=sending.MOVES, ids=[sent.pk], to=to, by=TEST)
