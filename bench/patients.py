"""Finding a patient among 100,000 and a million: whole pages, as a browser asks the web process for them.

A hundred practices with as many patients each, one person signed in at one of them, and one at a provider that sees everybody.
Each kind of search is asked for with words that somebody in that place has, never twice the same.
"""

from __future__ import annotations

import http.client
import random
import statistics
import time
import urllib.parse
from collections.abc import Mapping
from datetime import datetime
from typing import Any

SIZES = (100_000, 1_000_000)
PRACTICES = 100
ASKED = 40
GOAL_MS = 50
SEED = 20_261_208

_FAMILIES = (
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker White Roberts"
)
_GIVEN = "Oliver Jack Harry Jacob Charlie Thomas George Oscar James William Amelia Olivia Emily Isla Ava Ella Jessica Isabella"


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Milliseconds of a page for each size, place and kind of search."""
    from bench.rig import rig

    figures: dict[str, Any] = {"goal_ms": GOAL_MS, "pages_of_each": ASKED}
    with rig("patients") as made:
        from django.db import connection

        from bench.triage import signed_in
        from onedoor.kernel import clock

        clock.set_clock(at=datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON), rate=0)
        places = _people()
        made.web()
        before = 0
        for size in SIZES:
            _patients(before, size - before)
            before = size
            with connection.cursor() as cursor:
                # As autovacuum would have it by then.
                cursor.execute("VACUUM ANALYZE")
            for place, (organisation_id, username) in places.items():
                cookie = signed_in(made.web_port, username)
                figures[f"{size}_{place}"] = {
                    kind: _timed(made.web_port, cookie, words) for kind, words in _words(organisation_id).items()
                }
    return figures


def _people() -> dict[str, tuple[int, str]]:
    """A hundred practices and a provider, and who searches at the first and at the last: (organisation, user name)."""
    from bench.triage import PASSWORD
    from onedoor.accounts.api import grant_role, set_organisation, set_user
    from onedoor.kernel.access import Role
    from onedoor.kernel.actor import Actor

    by = Actor.system("benchmark")
    keys = [
        set_organisation(ods_code=f"Y{80_000 + n}", name=f"Practice {n}", phone="01632 960000", by=by).pk
        for n in range(PRACTICES + 1)
    ]
    found = {}
    for place, key in (("practice", keys[0]), ("provider", keys[-1])):
        user = set_user(username=place, first_name="Ashley", last_name="Crane", by=by)
        grant_role(user_id=user.pk, organisation_id=key, role=Role.RECEPTIONIST, by=by)
        user.set_password(PASSWORD)
        user.save()
        found[place] = (key, place)
    return found


def _patients(first: int, number: int) -> None:
    """So many more, by statements, as lists bring them: a quarter bear a common family name, the others one of thousands."""
    from django.db import connection

    with connection.cursor() as cursor:
        numbers: dict[str, Any] = {
            "first": first,
            "number": number,
            "families": _FAMILIES.split(),
            "given": _GIVEN.split(),
        }
        cursor.execute("SELECT setseed(%s)", [random.Random(SEED + first).random()])
        cursor.execute(
            """INSERT INTO patients_patient (ref, nhs_number, title, given_name, family_name, name_key, born_on, gender, address,
                   postcode, language, deceased, restricted)
               SELECT gen_random_uuid(), b.base || CASE WHEN c.check_digit = 11 THEN 0 ELSE c.check_digit END, '', w.given,
                   w.family, lower(w.family || ' ' || w.given), date '1930-01-01' + w.day, '', '1 High Street', '', '',
                   false, false
               FROM (SELECT n, (%(given)s::text[])[1 + floor(18 * random() ^ 2)::int] AS given,
                         floor(33000 * random())::int AS day,
                         CASE WHEN random() < 0.25 THEN (%(families)s::text[])[1 + floor(16 * random())::int]
                             ELSE initcap(substr(translate(md5(floor(20000 * random())::text), '0123456789', 'aeiourstln'), 1, 7))
                         END AS family
                     FROM generate_series(%(first)s * 12 / 10 + 1, (%(first)s + %(number)s) * 12 / 10) n) w
               CROSS JOIN LATERAL (SELECT lpad((400000000 + w.n)::text, 9, '0') AS base) b
               CROSS JOIN LATERAL (SELECT 11 - sum(substr(b.base, i, 1)::int * (11 - i)) %% 11 AS check_digit
                                   FROM generate_series(1, 9) i) c
               WHERE c.check_digit <> 10 LIMIT %(number)s""",
            numbers,
        )
        # Invented mobiles beyond the fictional range: there are only a thousand of those, and nobody is texted here.
        cursor.execute(
            """INSERT INTO patients_contact_point (patient_id, kind, value, since, ended_because)
               SELECT p.id, 'mobile', '+447' || lpad((p.id * 7919 % 1000000000)::text, 9, '0'), now(), '' FROM patients_patient p
               WHERE NOT EXISTS (SELECT 1 FROM patients_contact_point c WHERE c.patient_id = p.id)"""
        )
        cursor.execute(
            """INSERT INTO patients_care_relationship (patient_id, organisation_id, kind, starts_on)
               SELECT p.id, o.id, CASE WHEN o.ods_code = %(last)s THEN 'referred' ELSE 'registered' END, '2020-01-01'
               FROM patients_patient p JOIN accounts_organisation o
                   ON o.ods_code IN (%(last)s, 'Y' || (80000 + p.id %% %(practices)s))
               WHERE NOT EXISTS (SELECT 1 FROM patients_care_relationship c WHERE c.patient_id = p.id)""",
            {"last": f"Y{80_000 + PRACTICES}", "practices": PRACTICES},
        )


def _words(organisation_id: int) -> dict[str, list[str]]:
    """What is typed for each kind of search, of people of this place."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT p.family_name, p.given_name, p.nhs_number, to_char(p.born_on, 'DD/MM/YYYY'), c.value
               FROM patients_patient p JOIN patients_contact_point c ON c.patient_id = p.id
               WHERE EXISTS (SELECT 1 FROM patients_care_relationship r
                             WHERE r.patient_id = p.id AND r.organisation_id = %s)
               ORDER BY md5(p.id::text) LIMIT %s""",
            [organisation_id, ASKED + 1],
        )
        people = cursor.fetchall()
    return {
        "family_name_begins": [family[:3] for family, *_ in people],
        "family_name": [family for family, *_ in people],
        "given_name": [given for _, given, *_ in people],
        "given_and_family": [f"{given} {family}" for family, given, *_ in people],
        "both_begin": [f"{given[:2]} {family[:4]}" for family, given, *_ in people],
        "nhs_number": [number for _, _, number, _, _ in people],
        "born": [born for _, _, _, born, _ in people],
        "telephone": ["0" + value[3:] for *_, value in people],
        "telephone_ending": [value[-6:] for *_, value in people],
        "nobody": [f"Zzq{n}" for n in range(len(people))],
    }


def _timed(port: int, cookie: str, words: list[str]) -> str:
    """Median and 95th percentile in milliseconds, after one that is not counted."""
    took = []
    for asked in words:
        address = "/patients/?" + urllib.parse.urlencode({"q": asked})
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        began = time.perf_counter()
        connection.request("GET", address, headers={"Cookie": f"sessionid={cookie}"})
        answer = connection.getresponse()
        body = answer.read()
        took.append((time.perf_counter() - began) * 1000)
        connection.close()
        assert answer.status == 200, (address, answer.status)
        assert asked.startswith("Zzq") or b"od-title" in body, address
    return f"p50 {statistics.median(took[1:]):.0f} ms, p95 {statistics.quantiles(took[1:], n=20)[-1]:.0f} ms"
