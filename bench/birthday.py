"""A quarter of a year of recall at a practice of 9,000 people with four conditions (product-map.md, J5).

The nightly run goes by itself, day by day, through its sweeps, with the domain clock standing in each night and each
morning. Before each night the preview is asked what it will cost; in the morning the outbox is emptied by one statement in
place of a provider that takes everything at once, at the tariff's price. Letters count at the price that the preview has for
them: what a practice's own printing costs is not known.

`invented:` how people answer: of each wave so many come and are seen to eleven days later, so many say no by text, the others say
nothing. One in a hundred dies or leaves in the quarter; nobody may be asked after that day. Registers have the codes of `bench
recall`, invented too.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from bench.loop_month import _connect
from bench.recall import REGISTERS, SMI_IN_THOUSAND, _codes, _whole

PEOPLE = 9_000
DAYS = 91
FIRST = date(2027, 1, 4)
"""A Monday."""
COMES = {1: 0.42, 2: 0.18, 3: 0.10}
SAYS_NO = {1: 0.04, 2: 0.03, 3: 0.02}
SEEN_AFTER = timedelta(days=11)
GOAL_ERROR = 2.0
REPLIES_TO = "+447700900999"
PROGRAMMES = ("asthma", "diabetes", "hypertension", "smi")
REVIEWS = {
    "asthma": ("ASTHMA_REVIEW",),
    "diabetes": ("IFCCHBAM_COD", "BP_COD", "CHOL2_COD"),
    "hypertension": ("BP_COD",),
    "smi": ("BP_COD", "BMIVAL_COD", "ALC_COD", "SMOK_COD", "CHOL2_COD", "IFCCHBAM_COD"),
}
"""What a visit of a programme writes: a code of each of these sets. Whatever it does not complete stays due."""


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Figures of the quarter; `people` and `days` may be chosen smaller."""
    from bench.rig import open_database

    people, days = int(options.get("people") or PEOPLE), int(options.get("days") or DAYS)
    with open_database("birthday") as url:
        _codes(url)
        return Quarter(people, random.Random("birthday")).run(days)


class Quarter:
    """The simulation."""

    def __init__(self, people: int, dice: random.Random) -> None:
        from onedoor.accounts import api as accounts
        from onedoor.kernel import clock
        from onedoor.kernel.access import Role
        from onedoor.kernel.actor import Actor
        from onedoor.messaging import api as messaging
        from onedoor.recall.models import RecallPolicy, RecallProgramme

        self.dice, self.by = dice, Actor.system("benchmark")
        clock.set_clock(at=_moment(FIRST, 0), rate=0)
        self.here = accounts.set_organisation(ods_code="Y80000", name="Practice", phone="01632 960000", by=self.by)
        account = messaging.set_account(
            organisation_id=self.here.pk, base_url="http://127.0.0.1:9", api_key="bench", callback_token="bench",
            reply_number=REPLIES_TO, templates={"*": "bench"}, by=self.by,
        )  # fmt: skip
        self.account_ref, self.inbound = account.ref, 0
        user = accounts.set_user(username="desk", first_name="Robin", last_name="Vale", by=self.by)
        accounts.grant_role(user_id=user.pk, organisation_id=self.here.pk, role=Role.RECEPTIONIST, by=self.by)
        self.desk = accounts.access_of(user).actor
        RecallPolicy.objects.create(organisation=self.here, weekly=max(20, people // 60))
        for key in PROGRAMMES:
            RecallProgramme.objects.create(organisation=self.here, key=key, enabled=True)
        self.people, self.numbers = people, self._people(people)
        self._entries()
        self.waves_seen = 0
        self.visits: dict[date, list[tuple[int, tuple[str, ...]]]] = defaultdict(list)
        self.barred: dict[int, date] = {}
        self.forecast = self.paid = Decimal(0)
        self.answers: Counter[tuple[int, str]] = Counter()

    def _people(self, count: int) -> dict[int, str]:
        """Nine in ten with a mobile of their own, all with an address; aged 18 to 90, born in any month."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO patients_patient (ref, title, given_name, family_name, name_key, born_on, gender, address,
                       postcode, language, deceased, restricted)
                   SELECT gen_random_uuid(), '', 'Sam' || n, 'Hollis', 'hollis sam' || n,
                       date '1937-01-01' + (n::bigint * 7919 %% 26000)::int, '', '1 Mill Lane', 'ZZ8 1AA', '', false, false
                   FROM generate_series(1, %s) n""",
                [count],
            )
            cursor.execute(
                """INSERT INTO patients_care_relationship (patient_id, organisation_id, kind, starts_on)
                   SELECT id, %s, 'registered', date '2015-01-01' FROM patients_patient""",
                [self.here.pk],
            )
            # 07700 900 has a thousand numbers: here a number is only a key, and longer than any that exists.
            cursor.execute(
                """INSERT INTO patients_contact_point (patient_id, kind, value, since, ended_because)
                   SELECT id, 'mobile', '+4477009' || lpad(id::text, 5, '0'), now(), '' FROM patients_patient WHERE id % 10 > 0
                   RETURNING patient_id, value"""
            )
            return dict(cursor.fetchall())

    def _entries(self) -> None:
        """Who is on which register, and what of each was done in the last two years."""
        from django.db import connection

        upper, whens = 0, []
        for code, share in REGISTERS.values():
            whens.append((_whole(code), f"p.id * 13 % 1000 BETWEEN {upper} AND {upper + share - 1}"))
            upper += share // 2
        whens.append(("58214004", f"p.id * 7 % 1000 < {SMI_IN_THOUSAND}"))
        with connection.cursor() as cursor:
            for code, those in whens:
                cursor.execute(
                    f"""INSERT INTO records_coded (patient_id, code_id, day, organisation_id, source, recorded_at)
                        SELECT p.id, c.id, date '2019-05-01', {self.here.pk}, 2, now()
                        FROM patients_patient p JOIN records_code c ON c.code = '{code}' WHERE {those}"""
                )
            keys = sorted({key for sets in REVIEWS.values() for key in sets})
            for number, key in enumerate(keys):
                cursor.execute(
                    """INSERT INTO records_coded (patient_id, code_id, day, value, unit_id, organisation_id, source, recorded_at)
                       SELECT e.patient_id, c.id, %(on)s::date - (30 + (e.patient_id * 37 + %(n)s * 11) %% 560)::int,
                              CASE WHEN c.unit <> '' THEN (coalesce(c.low, 4) + coalesce(c.high, 12)) / 3 END,
                           u.id, %(here)s, 2, now()
                       FROM (SELECT DISTINCT patient_id FROM records_coded) e
                       JOIN records_code c ON c.id = (SELECT min(code_id) FROM records_code_members WHERE key = %(key)s)
                       LEFT JOIN records_unit u ON u.ucum = c.unit ON CONFLICT DO NOTHING""",
                    {"on": FIRST, "n": number, "here": self.here.pk, "key": key},
                )
            cursor.execute("VACUUM ANALYZE")

    def run(self, days: int) -> dict[str, Any]:
        """Night by night."""
        from onedoor.kernel import clock
        from onedoor.recall.actions.standing import compute

        compute()
        for number in range(days):
            day = FIRST + timedelta(days=number)
            clock.set_clock(at=_moment(day, 1), rate=0)
            self._night()
            clock.set_clock(at=_moment(day, 10), rate=0)
            self._morning(day)
            self._somebody_goes(day, days)
            self._sweeps()
        return self._figures(days)

    def _night(self) -> None:
        from onedoor.kernel import clock, jobs
        from onedoor.kernel.access import Access
        from onedoor.recall import api as recall

        while jobs.run_once("recall.refresh"):
            pass
        said = recall.preview_run(Access.system("benchmark"), self.here.pk)
        if said.day == clock.today():
            self.forecast += said.pence
        self._sweeps()

    def _sweeps(self) -> None:
        """What the worker does every minute: whoever was seen to, died or left is asked no more."""
        from onedoor.kernel import jobs

        for sweep in ("recall.refresh", "recall.run"):
            while jobs.run_once(sweep):
                pass

    def _morning(self, day: date) -> None:
        """Texts go, letters are printed, people answer, visits of today happen."""
        from django.db import connection

        from onedoor.kernel import jobs
        from onedoor.recall.costs import LETTER_PENCE
        from onedoor.recall.models import Wave

        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE messaging_message SET state = 5, provider_id = ref::text, accepted_at = %(now)s, ended_at = %(now)s,
                       attempt = 1, pence = fragments * (SELECT pence FROM messaging_tariff WHERE provider = 'govuk'
                                                         AND starts_on <= %(day)s ORDER BY starts_on DESC LIMIT 1)
                   WHERE state = 0 AND not_before <= %(now)s AND not_after > %(now)s RETURNING pence, purpose""",
                {"now": _moment(day, 10), "day": day},
            )
            self.paid += sum((pence for pence, purpose in cursor.fetchall() if purpose.startswith("invit")), Decimal(0))
        self._post()
        new = list(Wave.objects.filter(pk__gt=self.waves_seen).select_related("invitation").order_by("pk"))
        for wave in new:
            self.waves_seen = wave.pk
            if wave.channel == "letter":
                self.paid += LETTER_PENCE
            self._answer(wave, day)
        for patient_id, programmes in self.visits.pop(day, []):
            if patient_id not in self.barred:
                self._seen(patient_id, programmes)
        jobs.run_once("recall.expire")

    def _post(self) -> None:
        """Letters that wait are printed: what is never posted asked nobody."""
        from onedoor.documents import api as documents

        while documents.make_print_file(organisation_id=self.here.pk, by=self.desk):
            pass

    def _answer(self, wave: Any, day: date) -> None:
        patient_id = wave.invitation.patient_id
        comes = self.dice.random() < COMES[wave.number]
        no = not comes and wave.channel == "text" and self.dice.random() < SAYS_NO[wave.number]
        self.answers[(wave.number, "comes" if comes else "no" if no else "silent")] += 1
        if comes:
            keys = tuple(wave.invitation.programmes.values_list("key", flat=True))
            self.visits[day + SEEN_AFTER].append((patient_id, keys))
        elif no:
            self._says_no(patient_id)

    def _says_no(self, patient_id: int) -> None:
        """By text, through the provider's door."""
        from onedoor.kernel import clock, jobs
        from onedoor.messaging import api as messaging

        self.inbound += 1
        body = orjson.dumps(
            {
                "id": f"bench-{self.inbound}",
                "source_number": self.numbers[patient_id].lstrip("+"),
                "destination_number": REPLIES_TO.lstrip("+"),
                "message": "NO THANKS",
                "date_received": clock.now().isoformat(),
            }
        )

        async def come_in() -> None:
            database = await _connect()
            async with database:
                door = await messaging.door(database, self.account_ref)
                assert door is not None
                await messaging.store_inbound(database, [(door, body)])

        asyncio.run(come_in())
        while jobs.run_once("messaging.understand"):
            pass

    def _seen(self, patient_id: int, programmes: tuple[str, ...]) -> None:
        from django.db import transaction

        from onedoor.kernel import clock
        from onedoor.records import api as records
        from onedoor.records.types import NewEntry

        sets = sorted({key for programme in programmes for key in REVIEWS.get(programme, ())})
        with transaction.atomic():
            entries = []
            for key in sets:
                concept = records.concepts(key)[0]
                code = records.Code.objects.get(code=concept.code)
                value = ((code.low or 4) + (code.high or 12)) / 3 if code.unit else None
                entries.append(
                    NewEntry(
                        patient_id=patient_id,
                        organisation_id=self.here.pk,
                        kind="check",
                        text=concept.term,
                        concept=concept,
                        intent_key=f"bench:{patient_id}:{key}:{clock.today()}",
                        source="benchmark",
                        value=value,
                        unit=code.unit,
                    )
                )
            records.record_entries(entries=entries, by=self.by)

    def _somebody_goes(self, day: date, days: int) -> None:
        """One in a hundred over the quarter: half die, half leave."""
        from onedoor.patients.models import CareRelationship, Patient

        for patient_id in self.dice.sample(range(1, len(self.numbers) + 1), max(1, len(self.numbers) // 100 // days)):
            if patient_id in self.barred:
                continue
            self.barred[patient_id] = day
            if patient_id % 2:
                Patient.objects.filter(pk=patient_id).update(deceased=True)
            else:
                CareRelationship.objects.filter(patient_id=patient_id).update(ends_on=day)

    def _figures(self, days: int) -> dict[str, Any]:
        from onedoor.recall.models import Invitation, Wave

        asked: dict[int, list[date]] = defaultdict(list)
        wrongly = 0
        waves: Counter[int] = Counter()
        for patient_id, number, made_on, state in Wave.objects.order_by("pk").values_list(
            "invitation__patient_id", "number", "made_on", "state"
        ):
            waves[number] += 1
            if state == "sent" and number == 1:
                asked[patient_id].append(made_on)
            wrongly += patient_id in self.barred and made_on > self.barred[patient_id]
        within = max(
            (sum(0 <= (other - one).days < 28 for other in those) for those in asked.values() for one in those),
            default=0,
        )
        states = Counter(Invitation.objects.values_list("state", flat=True))
        error = abs(self.paid - self.forecast) / self.paid * 100 if self.paid else Decimal(0)
        return {
            "forecast_error_percent": round(float(error), 2),
            "goal_forecast_error_percent": GOAL_ERROR,
            "invitations_a_person_in_28_days": within,
            "asked_though_dead_or_gone": wrongly,
            "days": days,
            "people": self.people,
            "invited": sum(states.values()),
            "pence_forecast": float(self.forecast),
            "pence_paid": float(self.paid),
            "by_state": dict(sorted(states.items())),
            "by_wave": {
                str(number): {
                    "asked": waves[number],
                    "came_percent": round(100 * self.answers[(number, "comes")] / max(1, waves[number]), 1),
                    "said_no": self.answers[(number, "no")],
                }
                for number in sorted(waves)
            },
        }


def _moment(day: date, hour: int) -> datetime:
    from onedoor.kernel.clock import LONDON

    return datetime(day.year, day.month, day.day, hour, tzinfo=LONDON)
