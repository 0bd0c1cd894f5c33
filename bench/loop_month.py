"""A month of cancelled places, offered in two ways to the same people: the part of `bench loop` that counts.

Each way ("arm") has its own practices; the n-th practice of every arm has the same seed, so the same people, the same
cancellations and the same habits of answering. Everything goes through the doors and sweeps of the product with the domain
clock standing at each minute in which something happens: texts come in by `messaging.store_inbound`, calls end as tasks, and the
outbox is emptied by one statement in place of a provider that takes everything at once.

Habits are product-map.md M3's: 20 to 35% say yes, after 20 to 30 minutes on average; nobody else answers. `invented:` how many
have no smartphone by age, how often somebody rung is at home (60%), that half of those who wait have an appointment already.

* waves: five people, fifteen minutes apart (the default policy).
* one: one person at a time, fifteen minutes apart. A late yes still has a place that is free, as everywhere in the product;
  M3's own figure for one at a time (28%) holds the place and turns late ones away, so this is the harder comparison.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

ARMS = {"waves": 5, "one": 1}
POOL = 40
CANCELLATIONS_A_DAY = 2
WORKING_DAYS = 20
FIRST_DAY = date(2027, 1, 11)
"""A Monday with four weeks behind it that have no holiday."""
AGES = {
    "16-39": (1995, 0.02, 0.30),
    "40-64": (1970, 0.05, 0.35),
    "65-79": (1953, 0.20, 0.25),
    "80+": (1942, 0.45, 0.10),
}
"""Year of birth, share without a smartphone, share of those who wait."""
DAY = timedelta(days=1)


@dataclass
class Person:
    """Somebody who waits, with their habits and the groups by which fairness is counted."""

    patient_id: int
    number: str
    phone_only: bool
    says_yes: float
    delay_minutes: float
    groups: tuple[str, ...]
    joined: datetime
    left: datetime | None = None
    offers: int = 0


@dataclass
class Practice:
    """One practice of one arm."""

    arm: str
    organisation_id: int
    site_id: int
    type_id: int
    account_ref: UUID
    reply_number: str
    access: Any
    dice: random.Random
    """Who waits and what is cancelled: the same in every arm."""
    habits: random.Random
    people: dict[int, Person] = field(default_factory=dict)
    deck: list[tuple[str, int]] = field(default_factory=list)
    numbers: int = 0
    seats: int = 0


class Month:
    """The simulation."""

    def __init__(self, practices: int, seed: int) -> None:
        from onedoor.kernel.actor import Actor

        self.by = Actor.system("bench loop")
        self.now = moment(FIRST_DAY, 7)
        self.events: list[tuple[datetime, int, str, tuple[Any, ...]]] = []
        self.counter = 0
        self.last_offer = 0
        self.primary: set[int] = set()
        self.practices = [self._practice(arm, n, seed) for arm in ARMS for n in range(practices)]
        self.by_organisation = {one.organisation_id: one for one in self.practices}
        self.loop = asyncio.new_event_loop()
        self.inbound = 0

    # ---- who is there -------------------------------------------------------------------------------------------------

    def _practice(self, arm: str, n: int, seed: int) -> Practice:
        from onedoor.accounts import api as accounts
        from onedoor.booking import api as booking
        from onedoor.kernel.access import Role
        from onedoor.messaging import api as messaging

        index = list(ARMS).index(arm)
        code = f"Y9{index}{n:03d}"
        here = accounts.set_organisation(ods_code=code, name=f"Practice {code}", phone="01632 960000", by=self.by)
        site = accounts.set_site(organisation_id=here.pk, name="Main site", by=self.by)
        user = accounts.set_user(username=code, first_name="Robin", last_name="Vale", by=self.by)
        accounts.grant_role(user_id=user.pk, organisation_id=here.pk, role=Role.RECEPTIONIST, by=self.by)
        reply_number = f"+4477009008{index}{n % 10}"
        account = messaging.set_account(
            organisation_id=here.pk,
            base_url="http://127.0.0.1:9",
            api_key=code,
            callback_token=code,
            reply_number=reply_number,
            templates={"*": "bench"},
            by=self.by,
        )
        kind = booking.set_type(organisation_id=here.pk, name="Blood test", by=self.by)
        booking.set_policy(organisation_id=here.pk, wave_size=ARMS[arm], window_minutes=15, by=self.by)
        made = Practice(
            arm=arm,
            organisation_id=here.pk,
            site_id=site.pk,
            type_id=kind.pk,
            account_ref=account.ref,
            reply_number=reply_number,
            access=accounts.access_of(user),
            dice=random.Random(f"people {seed} {n}"),
            habits=random.Random(f"habits {seed} {n}"),
        )
        for _ in range(POOL):
            self._joins(made, waited=timedelta(days=made.dice.uniform(0, 30)))
        for number in range(WORKING_DAYS):
            for _ in range(CANCELLATIONS_A_DAY):
                at = moment(working_day(number), 8) + timedelta(minutes=made.dice.randrange(9 * 60))
                self._later(at, "cancel", (made, number, made.dice.randrange(1, 5), made.dice.randrange(10, 17)))
        return made

    def _patient(self, here: Practice, *, phone_only: bool, born: int) -> tuple[int, str]:
        """A fictional patient of the practice with a number of their own."""
        from onedoor.patients.models import CareRelationship, ContactPoint, Patient

        here.numbers += 1
        number = f"+441632960{here.numbers:03d}" if phone_only else f"+447700900{here.numbers % 800:03d}"
        name = f"Sample{here.numbers}"
        patient = Patient.objects.create(
            given_name=name, family_name="Bench", name_key=f"bench {name.lower()}", born_on=date(born, 6, 1)
        )
        CareRelationship.objects.create(
            patient=patient, organisation_id=here.organisation_id, kind="registered", starts_on=date(2020, 1, 1)
        )
        ContactPoint.objects.create(
            patient=patient, kind="landline" if phone_only else "mobile", value=number, since=self.now
        )
        return patient.pk, number

    def _joins(self, here: Practice, *, waited: timedelta = timedelta(0)) -> None:
        """Somebody joins the list; half have an appointment to bring forward."""
        from onedoor.booking import api as booking
        from onedoor.kernel import clock

        dice = here.dice
        if not here.deck:
            # In their shares, in any order: each age with each fifth of deprivation.
            here.deck = [(age, n % 5 + 1) for age, (_, _, share) in AGES.items() for n in range(round(share * POOL))]
            dice.shuffle(here.deck)
        age, deprivation = here.deck.pop()
        born, without, _ = AGES[age]
        phone_only = dice.random() < without
        patient_id, number = self._patient(here, phone_only=phone_only, born=born)
        joined = self.now - waited
        with clock.at(joined):
            own = None
            if dice.random() < 0.5:
                ahead = (self.now - moment(FIRST_DAY, 7)) // DAY + 30 + dice.randrange(20)
                seat = self._seat(here, moment(FIRST_DAY + timedelta(days=ahead), 9 + dice.randrange(8)))
                own = booking.book(seat_ref=seat, patient_id=patient_id, by=self.by, tell=False)
            booking.join_waiting(
                patient_id=patient_id,
                appointment_id=own.pk if own else None,
                type_id=here.type_id,
                via="desk",
                by=self.by,
            )
        here.people[patient_id] = Person(
            patient_id=patient_id,
            number=number,
            phone_only=phone_only,
            says_yes=dice.uniform(0.20, 0.35),
            delay_minutes=dice.uniform(20, 30),
            groups=(f"age {age}", f"deprivation {deprivation}", "no smartphone" if phone_only else "smartphone"),
            joined=self.now,
        )

    def _seat(self, here: Practice, starts_at: datetime) -> UUID:
        """A new place of the practice's nurse."""
        from onedoor.booking import api as booking

        here.seats += 1
        session = booking.open_session(
            organisation_id=here.organisation_id,
            site_id=here.site_id,
            day=starts_at.date(),
            clinician="Nurse B Adeyemi",
            name=f"Clinic {here.seats}",
            type_id=here.type_id,
            starts=[starts_at],
            minutes=20,
            by=self.by,
        )
        ref: UUID = booking.Seat.objects.get(session=session).ref
        return ref

    # ---- what happens -------------------------------------------------------------------------------------------------

    def _later(self, at: datetime, what: str, about: tuple[Any, ...]) -> None:
        self.counter += 1
        # To the whole minute: the clock stands once for all that happens in one.
        at = (at + timedelta(seconds=59)).replace(second=0, microsecond=0)
        heapq.heappush(self.events, (at, self.counter, what, about))

    def run(self) -> dict[str, Any]:
        """The month, then what is left of it until every place's time has come."""
        from onedoor.kernel import clock

        database = self.loop.run_until_complete(_connect())
        for minute, happenings in self._minutes():
            self.now = minute
            clock.set_clock(at=minute, rate=0)
            for what, about in happenings:
                getattr(self, f"_on_{what}")(database, *about)
            self._sweep()
        self.loop.run_until_complete(database.close())
        self.loop.close()
        figures = self._figures()
        clock.set_clock(at=moment(FIRST_DAY + timedelta(days=120), 12), rate=0)
        self._end()
        return {**figures, **self._balance()}

    def _minutes(self) -> Iterator[tuple[datetime, list[tuple[str, tuple[Any, ...]]]]]:
        last = moment(working_day(WORKING_DAYS), 0)
        while self.events and self.events[0][0] < last:
            minute = self.events[0][0]
            found = []
            while self.events and self.events[0][0] == minute:
                _, _, what, about = heapq.heappop(self.events)
                found.append((what, about))
            yield minute, found

    def _on_cancel(self, database: Any, here: Practice, day: int, ahead: int, hour: int) -> None:
        """Somebody who does not wait gives up a place of one of the next days."""
        from onedoor.booking import api as booking

        patient_id, _ = self._patient(here, phone_only=False, born=1980)
        seat = self._seat(here, moment(working_day(day + ahead), hour))
        gone = booking.book(seat_ref=seat, patient_id=patient_id, by=self.by, tell=False)
        booking.cancel(appointment_id=gone.pk, by=self.by, tell=False)
        self.primary.add(booking.Release.objects.get(cancelled=gone).pk)

    def _on_tick(self, database: Any) -> None:
        """A window ends: the sweep that follows sends the next wave."""

    def _on_text(self, database: Any, here: Practice, person: Person) -> None:
        """YES, by text, through the provider's door."""
        from onedoor.kernel import jobs
        from onedoor.messaging import api as messaging

        self.inbound += 1
        body = (
            f'{{"id": "bench-{self.inbound}", "source_number": "{person.number.lstrip("+")}", "message": "Yes please", '
            f'"destination_number": "{here.reply_number.lstrip("+")}", "date_received": "{self.now.isoformat()}"}}'
        ).encode()

        async def come_in() -> None:
            door = await messaging.door(database, here.account_ref)
            assert door is not None
            await messaging.store_inbound(database, [(door, body)])

        self.loop.run_until_complete(come_in())
        jobs.run_once("messaging.understand")

    def _on_call(self, database: Any, here: Practice, task_ref: UUID, yes: bool) -> None:
        """Reception has rung."""
        from onedoor.booking import api as booking
        from onedoor.tasks import api as tasks

        try:
            tasks.complete(access=here.access, ref=task_ref, outcome="accepted" if yes else "no_answer")
        except (booking.SeatTaken, booking.OfferEnded, tasks.AlreadyDone):
            # Somebody was quicker; the call comes off the list.
            return

    def _sweep(self) -> None:
        from onedoor.kernel import jobs

        jobs.run_once("booking.offer")
        self._deliver()
        self._asked()
        self._placed()

    def _deliver(self) -> None:
        """The provider takes what is due and delivers it at once, at the tariff of the day."""
        from django.db import connection

        from onedoor.kernel import clock

        with connection.cursor() as cursor:
            cursor.execute(
                """WITH sent AS (
                       UPDATE messaging_message SET state = 5, provider_id = ref::text, accepted_at = %(now)s,
                           ended_at = %(now)s, attempt = 1,
                           pence = fragments * (SELECT pence FROM messaging_tariff WHERE provider = 'govuk'
                                                AND starts_on <= %(day)s ORDER BY starts_on DESC LIMIT 1)
                       WHERE state = 0 AND not_before <= %(now)s AND not_after > %(now)s RETURNING id)
                   INSERT INTO messaging_attempt (message_id, n, run, outcome, status)
                   SELECT id, 1, 0, 'accepted', 201 FROM sent""",
                {"now": clock.now(), "day": clock.today()},
            )

    def _asked(self) -> None:
        """Those who were just asked make up their minds."""
        from onedoor.booking import api as booking
        from onedoor.tasks import api as tasks

        offers = list(
            booking.Offer.objects.filter(pk__gt=self.last_offer).select_related("entry", "wave").order_by("id")
        )
        if not offers:
            return
        self.last_offer = offers[-1].pk
        calls = dict(
            tasks.Task.objects.filter(kind="offer_call", subject_id__in=[offer.pk for offer in offers]).values_list(
                "subject_id", "ref"
            )
        )
        for offer in offers:
            here = self.by_organisation[offer.entry.organisation_id]
            person = here.people[offer.entry.patient_id]
            person.offers += 1
            yes = here.habits.random() < person.says_yes
            if offer.by_phone:
                at_home = here.habits.random() < 0.6
                after = timedelta(minutes=here.habits.uniform(2, 12))
                self._later(self.now + after, "call", (here, calls[offer.pk], yes and at_home))
            elif yes:
                after = timedelta(minutes=here.habits.expovariate(1 / person.delay_minutes))
                self._later(self.now + after, "text", (here, person))
        for closes_at in {offer.wave.closes_at for offer in offers}:
            self._later(closes_at, "tick", ())

    def _placed(self) -> None:
        """Who has a place leaves the list, and somebody else joins it."""
        from onedoor.booking import api as booking

        waiting = set(booking.WaitingEntry.objects.filter(state="waiting").values_list("patient_id", flat=True))
        for here in self.practices:
            for person in list(here.people.values()):
                if person.left is None and person.patient_id not in waiting:
                    person.left = self.now
                    self._joins(here)

    def _end(self) -> None:
        from onedoor.kernel import jobs

        while jobs.run_once("booking.close_releases") + jobs.run_once("booking.offer"):
            pass
        jobs.run_once("messaging.expire")

    # ---- what it came to ----------------------------------------------------------------------------------------------

    def _figures(self) -> dict[str, Any]:
        from django.db import connection

        from onedoor.booking import api as booking

        figures: dict[str, Any] = {}
        for arm in ARMS:
            mine = [one.organisation_id for one in self.practices if one.arm == arm]
            places = list(booking.Release.objects.filter(organisation_id__in=mine))
            first = [one for one in places if one.pk in self.primary]
            took = [one.ended_at - one.released_at for one in first if one.state == "filled" and one.ended_at]
            with connection.cursor() as cursor:
                cursor.execute(
                    """SELECT coalesce(sum(pence), 0), count(*) FILTER (WHERE purpose = 'offer_ended' AND pence IS NOT NULL),
                              count(*) FILTER (WHERE purpose = 'offer' AND pence IS NOT NULL)
                       FROM messaging_message WHERE organisation_id = ANY(%s)""",
                    [mine],
                )
                pence, gone, asked = cursor.fetchone()
            filled = max(1, sum(one.state == "filled" for one in places))
            figures[arm] = {
                "released": len(first),
                "released_by_moves": len(places) - len(first),
                "filled_60min": _share(sum(length <= timedelta(minutes=60) for length in took), len(first)),
                "filled_4h": _share(sum(length <= timedelta(hours=4) for length in took), len(first)),
                "offers_a_place": round(
                    booking.Offer.objects.filter(release__in=places).count() / max(1, len(places)), 1
                ),
                "texts_a_place": round(asked / max(1, len(places)), 1),
                "pence_a_filled_place": round(float(pence) / filled, 2),
                "gone_texts_a_filled_place": round(gone / filled, 2),
            }
        figures["groups"] = self._fairness()
        return figures

    def _fairness(self) -> dict[str, dict[str, float]]:
        """Of each group, in both arms: its share of the offers, and of the days that people waited."""
        end = self.now
        offers: dict[str, float] = defaultdict(float)
        waits: dict[str, float] = defaultdict(float)
        for here in self.practices:
            for person in here.people.values():
                for group in person.groups:
                    offers[group] += person.offers
                    waits[group] += ((person.left or end) - person.joined) / DAY
        all_offers, all_waits = (sum(v for g, v in found.items() if g.startswith("age")) for found in (offers, waits))
        return {
            group: {
                "offers": round(offers[group] / max(1.0, all_offers), 4),
                "waiting": round(waits[group] / max(0.001, all_waits), 4),
            }
            for group in sorted(waits)
        }

    def _balance(self) -> dict[str, Any]:
        """Everything of every day that the accounts cannot explain."""
        from onedoor.booking import api as booking
        from onedoor.kernel.access import Access
        from onedoor.messaging import api as messaging

        access = Access.system("bench loop")
        unexplained: list[str] = []
        gap = 0
        day, last = FIRST_DAY - timedelta(days=31), working_day(WORKING_DAYS)
        while day <= last:
            for account in (*booking.accounts_of_day(access, day), *messaging.accounts_of_day(access, day)):
                gap += account.gap
                unexplained += account.unexplained
            day += DAY
        still_open = booking.Release.objects.filter(state="open").count()
        return {"unexplained": gap + still_open, "unexplained_rows": unexplained[:5], "texts_in": self.inbound}


def simulate(practices: int, seed: int) -> dict[str, Any]:
    """Run the month in this process, in an empty migrated database; returns figures by arm, groups, and what is unexplained."""
    from django.db import connection

    from onedoor.kernel import clock

    with connection.cursor() as cursor:
        # Domain time is what is measured here, so that nothing is gained by it but the patience of whoever waits.
        cursor.execute("SET synchronous_commit = off")
    clock.set_clock(at=moment(FIRST_DAY, 7), rate=0)
    return Month(practices, seed).run()


def moment(day: date, hour: int) -> datetime:
    """An hour of a day in London."""
    from onedoor.kernel.clock import LONDON

    return datetime(day.year, day.month, day.day, hour, tzinfo=LONDON)


def working_day(number: int) -> date:
    """The n-th working day of the month, counted from 0."""
    return FIRST_DAY + timedelta(days=number // 5 * 7 + number % 5)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 0.0


async def _connect() -> Any:
    import psycopg
    from django.db import connection

    parameters = connection.get_connection_params()
    for key in ("cursor_factory", "context"):
        parameters.pop(key, None)
    return await psycopg.AsyncConnection.connect(**parameters, autocommit=True)
