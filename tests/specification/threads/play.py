"""Plays a fault script: texts come in at their times, everything that is due is done and goes out, and the end is looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from onedoor.booking import api as booking
from onedoor.booking.models import LIVE, Appointment, Offer
from onedoor.kernel import audit, clock
from onedoor.messaging import api as messaging
from onedoor.messaging.models import Inbound, Message, OptOut, State, Thread
from onedoor.messaging.tests import asking_factories as asking
from onedoor.patients.api import Patient
from onedoor.tasks.api import Task
from tests.specification.world import World, at, mobile_of, sweeps_and_provider

UNSAID = re.compile(r"Hollis|Adeyemi|Nurse|Health Checks|blood test|Doctor", re.IGNORECASE)
"""What no text to a shared phone says: surname, clinician, clinic, reason."""


class Play:
    """One practice and the people of one script."""

    def __init__(self) -> None:
        self.world = World()
        self.visits: list[Appointment] = []
        self.now = at(date(2026, 11, 23), 9)

    # ---- who and what

    def alone(self, name: str) -> Patient:
        """Somebody with a phone of their own."""
        return self.world.person(name)

    def family(self, *names: str) -> list[Patient]:
        """People who have one number."""
        first = self.world.person(names[0])
        return [first, *(self.world.person(name, mobile=mobile_of(first)) for name in names[1:])]

    def visit(self, who: Patient, starts_at: datetime) -> Appointment:
        """A visit that was booked long ago."""
        made = self.world.booked(who, starts_at)
        self.visits.append(made)
        return made

    def waiting(self, *names: str, starts_at: datetime) -> list[Patient]:
        """People who wait for an earlier place; they have one from then on."""
        people = [self.alone(name) for name in names]
        for n, who in enumerate(people):
            self.world.waits(who, self.world.booked(who, starts_at + timedelta(minutes=10 * n)), days=20 - n)
        return people

    # ---- what happens

    def until(self, now: datetime) -> None:
        """Time passes: everything due is done and goes out."""
        self.now = now
        with clock.at(now):
            sweeps_and_provider()

    def says(self, now: datetime, who: Patient, text: str, *, copy_of: str = "") -> Inbound:
        """A text from their phone; what it leads to has gone out when this returns."""
        self.now = now
        with clock.at(now):
            found = asking.say(self.world.practice, mobile_of(who), text, provider_id=copy_of)
            sweeps_and_provider()
        found.refresh_from_db()
        return found

    # ---- what is looked at

    def answers(self, who: Patient, *, since: datetime | None = None) -> list[str]:
        """What went to their phone besides reminders and invitations, oldest first."""
        sent = Message.objects.filter(number=mobile_of(who), state=State.DELIVERED).exclude(
            purpose__in=("appointment_reminder", "invitation", "flu_invitation")
        )
        if since is not None:
            sent = sent.filter(created_at__gte=since)
        return list(sent.order_by("id").values_list("body", flat=True))

    def reminded(self, who: Patient) -> int:
        """How many reminders went to them."""
        return Message.objects.filter(patient=who, purpose="appointment_reminder", state=State.DELIVERED).count()

    def stand(self, *visits: Appointment) -> None:
        """Each of these is in the diary, once, with nobody else in its place."""
        for visit in visits:
            seat = Appointment.objects.filter(seat_id=visit.seat_id, state__in=LIVE)
            assert list(seat.values_list("patient_id", flat=True)) == [visit.patient_id], visit.starts_at

    def cancelled(self, *visits: Appointment) -> None:
        """Each was cancelled for its patient, once, and is nobody's of theirs any more."""
        for visit in visits:
            rows = Appointment.objects.filter(seat_id=visit.seat_id, patient_id=visit.patient_id)
            assert not rows.filter(state__in=LIVE).exists()
            visit.refresh_from_db()
            assert (visit.state, visit.reason) == ("cancelled", "patient")
            assert visit.history.filter(to_state="cancelled").count() == 1

    def unconfirmed(self, *visits: Appointment) -> None:
        """None of these was marked as coming."""
        for visit in visits:
            visit.refresh_from_db()
            assert visit.confirmed_at is None

    def work(self) -> list[Task]:
        """Everything that waits for a person."""
        return self.world.work("")

    def one_task(self, who: Patient, *visits: Appointment) -> Task:
        """The one task that waits; its conversation shows everybody who has the number, and their visits beside it."""
        [task] = self.work()
        self.beside(who, *visits)
        return task

    def beside(self, who: Patient, *visits: Appointment) -> None:
        """The conversation with this phone waits for a person, and these visits can be looked at from it."""
        thread = Thread.objects.get(organisation=self.world.practice, number=mobile_of(who))
        shown = messaging.thread(self.world.desk, thread.ref)
        assert shown.waiting_since is not None
        people = {person.id for person in shown.people}
        assert {visit.patient_id for visit in visits} <= people
        with clock.at(self.now):
            for visit in visits:
                if visit.starts_at > self.now:
                    beside = booking.upcoming_of(self.world.desk, visit.patient_id)
                    assert visit.starts_at in {view.starts_at for view in beside}

    def said(self, who: Patient) -> list[tuple[str, str, bool]]:
        """What they wrote, as the conversation keeps it: (text, outcome, whether it is marked as a copy)."""
        thread = Thread.objects.get(organisation=self.world.practice, number=mobile_of(who))
        shown = messaging.thread(self.world.desk, thread.ref)
        return [(one.text, one.outcome, one.copy) for one in shown.said if not one.ours]

    def resting(self, who: Patient) -> str:
        """Why their number gets nothing that we begin; empty when it does."""
        return OptOut.objects.filter(number=mobile_of(who), until=None).values_list("because", flat=True).first() or ""

    def offers(self) -> dict[str, str]:
        """Who was offered a place, and the state of the offer."""
        return dict(Offer.objects.values_list("entry__patient__given_name", "state"))

    def discreet(self, *people: Patient, but: Sequence[str] = ()) -> None:
        """No answer to these phones holds a surname, a clinic or a reason, nor one of these words."""
        for who in people:
            for body in self.answers(who):
                assert not UNSAID.search(body), body
                assert not any(word in body for word in but), body

    def books(self) -> None:
        """Nobody has touched the audit."""
        while audit.seal(settle_seconds=0):
            pass
        checked, unsealed, findings = audit.verify()
        assert (unsealed, findings) == (0, [])
        assert checked > 0
