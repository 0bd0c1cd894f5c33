"""The finish line: whole pages of it, for a register of 1,464 people and for one of 14,639 with the shares that S3's region had.

The larger is Buckinghamshire, Oxfordshire and Berkshire West at Q1 2021/22 (clinical.md 1.4): 3,642 have all six, each check is
done for as many as there. People stand in forty practices of one organisation that sees them by agreement; one in seven has a
visit ahead, one in three an owner; three other registers lie beside theirs. Pages are timed whole, from request to HTML, in this
process.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Mapping
from datetime import date
from typing import Any

from bench import finish_line_order

REGISTER, ALL_SIX = 14_639, 3_642
DONE = {"bp": 8_868, "bmi": 8_466, "alcohol": 5_482, "lipid": 7_059, "glucose": 7_757, "smoking": 8_037}
"""clinical.md 1.4, the row of the ICS."""
SIZES = (1_464, REGISTER)
PRACTICES = 40
PAGES: Mapping[str, str] = {
    "the list": "",
    "its second page": "page=2",
    "expected today": "view=today",
    "further away": "view=further",
    "complete": "view=complete",
    "one practice": "group=practice:{practice}",
    "who lacks alcohol": "missing=alcohol",
    "nobody's": "owner=none",
}
ROUNDS = 7
GOAL_MS = 1_000


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Milliseconds of each page in the middle and at worst, by size of the register."""
    from bench.rig import open_database

    os.environ["ONEDOOR_ASSETS"] = "plain"
    figures: dict[str, Any] = {"goal_ms": GOAL_MS, "order": finish_line_order.figures()}
    for size in SIZES:
        with open_database("finish_line"):
            practice = _make(size)
            figures[f"pages_of_{size}"] = _pages(practice)
            figures[f"steps_of_{size}"] = _steps()
    return figures


def _make(size: int) -> int:
    """A register of so many people; returns the key of one of its practices."""
    from django.db import connection

    from onedoor import factories
    from onedoor.accounts import api as accounts
    from onedoor.kernel.access import Role

    ics = factories.practice("Y99800", "Physical health team")
    practices = [factories.practice(f"Y98{n:03d}", f"Practice {n}") for n in range(PRACTICES)]
    accounts.take_organisations(
        rows=[
            accounts.OrganisationRow(
                *(one.ods_code, one.name, "", "in_place", ics.ods_code, ics.name), date(2020, 1, 1), None, True
            )
            for one in practices
        ],
        by=factories.TEST,
    )
    user, _ = factories.person(ics, Role.HEALTH_CARE_ASSISTANT, username="bench")
    with connection.cursor() as cursor:
        _people(cursor, size, [one.pk for one in practices])
        _standings(cursor, size)
        _visits(cursor, practices[0].pk, user.pk, ics.pk)
        cursor.execute("ANALYZE")
    return practices[0].pk


def _people(cursor: Any, size: int, practices: list[int]) -> None:
    cursor.execute(
        """INSERT INTO patients_patient (ref, nhs_number, title, given_name, family_name, name_key, born_on, gender, address,
                   postcode, language, deceased, restricted)
           SELECT gen_random_uuid(), NULL, '', 'Pat', 'Lee ' || n, 'lee pat', date '1950-01-01' + n %% 18000, '', '', '', '',
                  false, false FROM generate_series(1, %s) n""",
        [size],
    )
    cursor.execute(
        """INSERT INTO patients_care_relationship (patient_id, organisation_id, kind, starts_on)
           SELECT id, (%s::bigint[])[1 + id %% %s], 'registered', date '2020-01-01' FROM patients_patient""",
        [practices, len(practices)],
    )


def _standings(cursor: Any, size: int) -> None:
    """Six checks by the shares of the region: all six for as many, the rest of each check by chance among the others."""
    from onedoor.kernel import clock

    draw = random.Random(2021)
    keys = list(DONE)
    rest = {key: (DONE[key] - ALL_SIX) / (REGISTER - ALL_SIX) for key in keys}
    complete = round(size * ALL_SIX / REGISTER)
    done = [63] * complete + [
        sum(1 << bit for bit, key in enumerate(keys) if draw.random() < rest[key]) for _ in range(size - complete)
    ]
    draw.shuffle(done)
    today = clock.today()
    cursor.execute("SELECT id FROM recall_rule_set WHERE key IN ('smi', 'smi-contract-year', 'asthma', 'hypertension')")
    for (rule_set,) in cursor.fetchall():
        cursor.execute(
            """INSERT INTO recall_standing (rule_set_id, patient_id, organisation_id, status, reason, in_denominator,
                       in_numerator, parts_done, parts_declined, due_on, expires_on, computed_on)
               SELECT %s, p.id, r.organisation_id, CASE WHEN d.done = 63 THEN 1 ELSE 2 END,
                      CASE WHEN d.done = 63 THEN 'done' ELSE 'due' END, true, d.done = 63, d.done,
                      CASE WHEN p.id %% 25 = 0 THEN 4 & ~d.done ELSE 0 END, %s, %s::date + (p.id %% 300)::int, %s
               FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM patients_patient) p
               JOIN patients_care_relationship r ON r.patient_id = p.id
               JOIN unnest(%s::int[]) WITH ORDINALITY AS d(done, n) ON d.n = p.n""",
            [rule_set, today, today, today, done],
        )
    cursor.execute(
        "INSERT INTO recall_basis (id, fingerprint, looked_on, looked_at) VALUES (1, '', %s, now()) ON CONFLICT DO NOTHING",
        [today],
    )


def _visits(cursor: Any, practice: int, user: int, team: int) -> None:
    """Past visits for everybody, one to come for one in seven, an owner for one in three."""
    from onedoor import factories
    from onedoor.accounts import api as accounts
    from onedoor.booking.actions.setting import set_type
    from onedoor.booking.models import Session
    from onedoor.kernel import clock

    site = accounts.set_site(organisation_id=practice, name="Surgery", by=factories.TEST)
    kind = set_type(organisation_id=practice, name="Depot injection", by=factories.TEST)
    session = Session.objects.create(
        organisation_id=practice, site=site, source="own", day=clock.today(), clinician="Nurse", name="Clinic"
    )
    for state, where, days in (("fulfilled", "true", -200), ("booked", "p.id % 7 = 0", 0)):
        cursor.execute(
            f"""WITH visits AS (
                    SELECT p.id AS patient, p.id * 2 + {int(days < 0)} AS n,
                           date_trunc('day', now()) + interval '23 hours' + (p.id % 60) * interval '1 second'
                           + ({days} + CASE WHEN {days} = 0 THEN p.id % 40 ELSE p.id % 90 END) * interval '1 day' AS at
                    FROM patients_patient p WHERE {where}),
                seats AS (
                    INSERT INTO booking_seat (ref, session_id, type_id, starts_at, minutes, n, state)
                    SELECT gen_random_uuid(), {session.pk}, {kind.pk}, at, 10, n % 30000, 'open' FROM visits
                    ON CONFLICT DO NOTHING RETURNING id, starts_at, n)
                INSERT INTO booking_appointment (ref, organisation_id, seat_id, patient_id, starts_at, during, state, reason,
                            booked_via, booked_at, not_released)
                SELECT gen_random_uuid(), {practice}, s.id, v.patient, v.at, tstzrange(v.at, v.at + interval '10 minutes'),
                       '{state}', '', 'desk', now(), '' FROM visits v
                JOIN seats s ON s.starts_at = v.at AND s.n = v.n % 30000"""
        )
    cursor.execute(
        """INSERT INTO recall_check_owner (patient_id, organisation_id, user_id, team, since, by_label)
           SELECT id, %s, %s, '', now(), 'bench' FROM patients_patient WHERE id %% 3 = 0""",
        [team, user],
    )


def _client() -> Any:
    from django.test import Client

    from onedoor.accounts.api import User

    client = Client()
    client.force_login(User.objects.get(username="bench"))
    return client


def _pages(practice: int) -> dict[str, dict[str, float]]:
    from django.urls import reverse

    client, here, figures = _client(), reverse("finish_line"), {}
    client.get(here)
    for name, query in PAGES.items():
        taken = []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            answer = client.get(f"{here}?{query.format(practice=practice)}")
            taken.append((time.perf_counter() - begun) * 1000)
            assert answer.status_code == 200, answer.status_code
        figures[name] = {"median_ms": round(statistics.median(taken), 1), "slowest_ms": round(max(taken), 1)}
    return figures


def _steps() -> dict[str, float]:
    """What is done for the fifty of a page: milliseconds, with the page that comes after."""
    from django.urls import reverse

    from onedoor.patients.api import Patient

    client, figures = _client(), {}
    refs = [str(ref) for ref in Patient.objects.order_by("-pk").values_list("ref", flat=True)[:50]]
    for do, said in (("own", {"to": "team", "team": "Team A"}), ("plan", {})):
        begun = time.perf_counter()
        answer = client.post(reverse("finish_line_step"), {"do": do, "one": refs, **said}, follow=True)
        figures[f"{do}_ms"] = round((time.perf_counter() - begun) * 1000, 1)
        assert answer.status_code == 200, answer.status_code
    return figures
