"""The worklist of triage with 5,000 and 50,000 open referrals: whole pages, as a browser asks the web process for them.

Receipts are spread over sixty days, a twentieth of them urgent; half of the people are known, some referrals are parked, some
held, and as many closed lie beside the open ones. One person is signed in and asks for one page after the other.
"""

from __future__ import annotations

import http.client
import random
import statistics
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from datetime import datetime, timedelta
from http.cookiejar import CookieJar
from typing import Any

SIZES = (5_000, 50_000)
ASKED = 60
GOAL_MS = 100
SEED = 20_261_207
PASSWORD = "of the bench's own database"


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Figures for each size: milliseconds of the first page, of one in the middle, of the last and of a referral's own page."""
    from bench.rig import rig

    figures: dict[str, Any] = {"goal_ms": GOAL_MS, "pages_of_each": ASKED}
    with rig("triage") as made:
        from django.db import connection

        from onedoor.kernel import clock

        clock.set_clock(at=datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON), rate=0)
        service_id = _people()
        made.web()
        cookie = signed_in(made.web_port, "bench")
        before = 0
        for size in SIZES:
            _referrals(service_id, size - before, random.Random(SEED + size))
            before = size
            with connection.cursor() as cursor:
                # As autovacuum would have it by then: rows that a list brought are read from the index alone.
                cursor.execute("VACUUM ANALYZE")
            figures[f"{size}_open"] = _pages(made.web_port, cookie, service_id)
    return figures


def _people() -> int:
    """A service and somebody who triages for it; returns the service's key."""
    from onedoor.accounts.api import grant_role, set_user
    from onedoor.directory import api as directory
    from onedoor.directory.types import ServiceRow
    from onedoor.kernel.access import Role
    from onedoor.kernel.actor import Actor

    by = Actor.system("benchmark")
    row = ServiceRow(
        slug="msk",
        name="MSK service",
        summary="Joints.",
        provider_ods="Y99900",
        provider="Wexshire Community Health",
        refers=("gp",),
        streams=(("Physiotherapy", "one_to_one"),),
    )
    directory.take_services(rows=[row], by=by)
    service = directory.service_by_slug("msk")
    assert service
    user = set_user(username="bench", first_name="Ashley", last_name="Crane", by=by)
    grant_role(user_id=user.pk, organisation_id=service.organisation_id, role=Role.TRIAGE_CLINICIAN, by=by)
    user.set_password(PASSWORD)
    user.save()
    return service.pk


def signed_in(port: int, username: str) -> str:
    """The session of somebody, by the sign-in page."""
    jar = CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    address = f"http://127.0.0.1:{port}/signin/"
    form = browser.open(address, timeout=30).read().decode()
    token = form.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    said = urllib.parse.urlencode({"csrfmiddlewaretoken": token, "username": username, "password": PASSWORD})
    browser.open(address, data=said.encode(), timeout=30).read()
    return next(str(cookie.value) for cookie in jar if cookie.name == "sessionid")


def _referrals(service_id: int, number: int, dice: random.Random) -> None:
    """So many more open ones that await triage, and as many that were closed; by statements, as a list brings them."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM referrals_referral")
        (first,) = cursor.fetchone()
        numbers = {"service": service_id, "number": number, "first": first, "seed": dice.random(), "now": _now()}
        cursor.execute("SELECT setseed(%(seed)s)", numbers)
        cursor.execute(
            """INSERT INTO patients_patient (ref, nhs_number, title, given_name, family_name, name_key, born_on, gender, address,
                   postcode, language, deceased, restricted)
               SELECT gen_random_uuid(), lpad((8000000000 + %(first)s + n)::text, 10, '0'), '', 'Sam', 'Hollis' || n,
                   'hollis' || n || ' sam', date '1950-01-01' + (random() * 20000)::int, '', '', '', '', false, false
               FROM generate_series(1, %(number)s, 2) n""",
            numbers,
        )
        for closed in (False, True):
            cursor.execute(
                """INSERT INTO referrals_referral (ref, service_id, source_ref, nhs_number, patient_id, source, referrer_ods,
                       priority, reason, received_at, triage_due_at, clock_start, inherited_from, came_on, next_action, state,
                       triaged_at, outcome, closed_at, closed_because)
                   SELECT gen_random_uuid(), %(service)s, 'B' || %(closed)s || (%(first)s + w.n),
                       lpad((8000000000 + %(first)s + w.n)::text, 10, '0'), p.id, 'gp', 'Y99002',
                       CASE WHEN w.dice < 0.05 THEN 'urgent' ELSE 'routine' END, '', w.at, w.at + interval '48 hours',
                       w.at::date, '', w.at::date, '',
                       CASE WHEN %(closed)s THEN 'TRIAGE_RESPONSE' ELSE 'AWAITING_TRIAGE' END,
                       CASE WHEN %(closed)s THEN w.at + interval '1 day' * 4 * w.dice END,
                       CASE WHEN %(closed)s THEN 'advice' ELSE '' END,
                       CASE WHEN %(closed)s THEN w.at + interval '4 days' END, CASE WHEN %(closed)s THEN 'advice' ELSE '' END
                   FROM (SELECT n, random() AS dice, %(now)s - random() * interval '60 days' AS at
                         FROM generate_series(1, %(number)s) n) w
                   LEFT JOIN patients_patient p ON p.nhs_number = lpad((8000000000 + %(first)s + w.n)::text, 10, '0')""",
                {**numbers, "closed": closed},
            )
        cursor.execute(
            """INSERT INTO referrals_history (parent_id, from_state, to_state, at, recorded_at, actor_kind, actor_label, reason,
                   closes)
               SELECT id, '', state, received_at, received_at, 'system', 'benchmark', '', false FROM referrals_referral
               WHERE id > %(first)s""",
            numbers,
        )
        cursor.execute(
            """INSERT INTO referrals_parking (referral_id, kind, reason, since, until, by_label, answer, ended_by_label)
               SELECT id, 'parked', 'Scan', %(now)s, %(until)s, 'Ben', '', '' FROM referrals_referral
               WHERE id > %(first)s AND closed_at IS NULL AND id %% 100 = 0""",
            {**numbers, "until": (_now() + timedelta(days=5)).date()},
        )
        cursor.execute(
            """INSERT INTO referrals_decision (ref, referral_id, outcome, onward_service, who_books, options, reason, advice,
                   decided_at, takes_effect_at, in_time, decided_by_id, decided_by_label, state)
               SELECT gen_random_uuid(), r.id, 'advice', '', '', '', '', 'Rest', %(now)s, %(effect)s, true, u.id, 'Ben',
                   CASE WHEN r.closed_at IS NULL THEN 'held' ELSE 'done' END
               FROM referrals_referral r, accounts_user u
               WHERE r.id > %(first)s AND r.id %% 50 = 1 AND u.username = 'bench'""",
            {**numbers, "effect": _now() + timedelta(minutes=15)},
        )


def _now() -> datetime:
    from onedoor.kernel import clock

    return clock.now()


def _pages(port: int, cookie: str, service_id: int) -> dict[str, Any]:
    from onedoor.directory.api import Service
    from onedoor.kernel.access import Access
    from onedoor.referrals import api as referrals

    access, service = Access.system("benchmark"), Service.objects.get(pk=service_id)
    counts = referrals.counts(access, service)
    assert counts
    middle = referrals.worklist(access, service, limit=counts.waiting // 2).after
    first = referrals.worklist(access, service, limit=1).rows[0]
    addresses = {
        "first_page": "/referrals/",
        "middle_page": f"/referrals/?after={middle}".replace("+", "%2B"),
        "referral": f"/referrals/{first.ref}/",
    }
    return {"waiting": counts.waiting, "late": counts.late} | {
        name: _timed(port, address, cookie) for name, address in addresses.items()
    }


def _timed(port: int, address: str, cookie: str) -> str:
    """Median and 95th percentile in milliseconds, after one that is not counted."""
    took = []
    for _ in range(ASKED + 1):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        began = time.perf_counter()
        connection.request("GET", address, headers={"Cookie": f"sessionid={cookie}"})
        answer = connection.getresponse()
        body = answer.read()
        took.append((time.perf_counter() - began) * 1000)
        connection.close()
        assert answer.status == 200, (address, answer.status)
        assert b"Referral" in body, address
    return f"p50 {statistics.median(took[1:]):.0f} ms, p95 {statistics.quantiles(took[1:], n=20)[-1]:.0f} ms"
