"""The shared record, live: open pages of patients at a practice and a trust, while things are written to their records.

Each screen is what a browser has open: a stream of server-sent events, and the timeline that it fetches when it hears of
something new, both through the web process as shipped, with the session of somebody who signed in. Every second so many entries
are written through the door of the record, each on its own and committed. Measured from that commit: until each screen of the
patient has its event, and until it has fetched the timeline with the new entry in it.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

SCREENS = (50, 200)
CHANGES_PER_S = 20
SECONDS = 30
GOAL_S = 2.0
PEOPLE = 10
"""Who has the screens open, at each of the two organisations."""
_SETTLES_S = 10.0


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """p95 of seconds from a commit to the entry on the screen: of the most screens as `p95_s`, of each number by itself."""
    sizes = (int(options["clients"]),) if options.get("clients") else SCREENS
    seconds = int(options.get("rounds") or SECONDS)
    from bench.rig import rig

    figures: dict[str, Any] = {"goal_s": GOAL_S, "changes_per_s": CHANGES_PER_S, "seconds": seconds}
    with rig("live") as made:
        from onedoor.kernel import clock

        clock.set_clock(at=datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON), rate=1)
        town = _town(max(sizes) // 2)
        made.web()
        from bench.triage import signed_in

        cookies = {name: signed_in(made.web_port, name) for names in town.users.values() for name in names}
        for size in sizes:
            measured = asyncio.run(_measure(made.web_port, town, cookies, size, seconds))
            figures[f"{size}_screens"] = measured
            figures |= {"screens": size, "p95_s": measured["p95_s"]}
    return figures


@dataclass
class _Town:
    patients: list[tuple[int, str]] = field(default_factory=list)
    """(key, reference)"""
    organisations: list[int] = field(default_factory=list)
    users: dict[int, list[str]] = field(default_factory=dict)


def _town(patients: int) -> _Town:
    """A practice and a trust that share all both ways, with people who see patients, and patients of both."""
    from django.db import connection

    from bench.triage import PASSWORD
    from onedoor.accounts.api import access_of, agree_records, grant_role, set_organisation, set_user
    from onedoor.kernel import clock
    from onedoor.kernel.access import Access, Role
    from onedoor.kernel.actor import Actor

    by = Actor.system("benchmark")
    town, today = _Town(), clock.today()
    managers: dict[int, Access] = {}
    for ods, name in (("Y99002", "Practice"), ("Y99902", "Trust")):
        key = set_organisation(ods_code=ods, name=name, phone="01632 960000", by=by).pk
        town.organisations.append(key)
        town.users[key] = []
        for n in range(PEOPLE):
            user = set_user(username=f"{name}-{n}", first_name="Robin", last_name="Vale", by=by)
            grant_role(user_id=user.pk, organisation_id=key, role=Role.PRACTICE_MANAGER, by=by)
            user.set_password(PASSWORD)
            user.save()
            town.users[key].append(user.username)
        managers[key] = access_of(user)
    for giver, partner in ((0, "Y99902"), (1, "Y99002")):
        agree_records(
            access=managers[town.organisations[giver]],
            organisation_id=town.organisations[giver],
            partner_ods=partner,
            covers="all",
            purpose="Measuring",
            basis="None: nobody is real",
            signed_by="Nobody",
            signed_on=today,
            starts_on=today,
            ends_on=today + timedelta(days=30),
        )
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO patients_patient (ref, nhs_number, title, given_name, family_name, name_key, born_on, gender, address,
                   postcode, language, deceased, restricted)
               SELECT gen_random_uuid(), lpad((8000000000 + n)::text, 10, '0'), '', 'Sam', 'Hollis' || n, 'hollis' || n || ' sam',
                   '1980-05-01', '', '', '', '', false, false
               FROM generate_series(1, %s) n RETURNING id, ref""",
            [patients],
        )
        town.patients = [(key, str(ref)) for key, ref in cursor.fetchall()]
        cursor.execute(
            """INSERT INTO patients_care_relationship (patient_id, organisation_id, kind, starts_on)
               SELECT p.id, o.id, CASE WHEN o.ods_code = 'Y99002' THEN 'registered' ELSE 'caseload' END, '2020-01-01'
               FROM patients_patient p CROSS JOIN accounts_organisation o"""
        )
        # A timeline as long as a page shows.
        cursor.execute(
            """INSERT INTO records_entry (patient_id, organisation_id, kind, text, effective_at, recorded_at, source, actor_kind,
                   actor_label, subject, intent_key)
               SELECT p.id, o.id, 'check', 'Something that was done', now() - n * interval '1 day', now() - n * interval '1 day',
                   'check form', 'user', 'Robin Vale', '', 'old:' || p.id || ':' || o.id || ':' || n
               FROM patients_patient p CROSS JOIN accounts_organisation o CROSS JOIN generate_series(1, 20) n"""
        )
        cursor.execute("ANALYZE")
    return town


@dataclass
class _Seen:
    """What became of the changes: (change, seconds) of each screen that they were for."""

    committed: dict[int, float] = field(default_factory=dict)
    events: list[float] = field(default_factory=list)
    contents: list[float] = field(default_factory=list)
    missing: int = 0


async def _measure(port: int, town: _Town, cookies: Mapping[str, str], screens: int, seconds: int) -> dict[str, Any]:
    import aiohttp

    seen = _Seen()
    waits: dict[int, list[set[int]]] = {}
    """For each patient the changes that each of their screens has not shown yet."""
    open_ = asyncio.Semaphore(0)
    watched = town.patients[: screens // 2]
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None)
    ) as session:
        tasks = []
        for n in range(screens):
            key, ref = watched[n // 2]
            users = town.users[town.organisations[n % 2]]
            missing: set[int] = set()
            waits.setdefault(key, []).append(missing)
            cookie = {"Cookie": f"sessionid={cookies[users[n % len(users)]]}"}
            tasks.append(asyncio.create_task(_screen(session, port, ref, cookie, missing, seen, open_)))
        for _ in range(screens):
            await open_.acquire()
        await asyncio.sleep(1)
        begun = time.monotonic()
        for n in range(CHANGES_PER_S * seconds):
            await asyncio.sleep(max(0.0, begun + n / CHANGES_PER_S - time.monotonic()))
            key, _ = watched[n % len(watched)]
            for missing in waits[key]:
                missing.add(n)
            await asyncio.to_thread(_write, key, town.organisations[n % 2], f"change-{screens}-{n}-")
            seen.committed[n] = time.monotonic()
        wrote = time.monotonic() - begun
        until = time.monotonic() + _SETTLES_S
        while any(missing for each in waits.values() for missing in each) and time.monotonic() < until:
            await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    lost = sum(len(missing) for each in waits.values() for missing in each)
    return {
        "p50_s": round(statistics.median(seen.contents), 3),
        "p95_s": _p95(seen.contents),
        "most_s": round(max(seen.contents), 3),
        "event_p95_s": _p95(seen.events),
        "shown": len(seen.contents),
        "not_shown": lost,
        "wrote_per_s": round(CHANGES_PER_S * seconds / wrote, 1),
    }


def _p95(values: list[float]) -> float:
    return round(statistics.quantiles(values, n=20)[-1], 3)


async def _screen(
    session: Any,
    port: int,
    ref: str,
    cookie: Mapping[str, str],
    missing: set[int],
    seen: _Seen,
    opened: asyncio.Semaphore,
) -> None:
    """One page: listens, fetches when it hears something, one fetch at a time, as the script of the page does."""
    heard = asyncio.Event()
    fetching = asyncio.create_task(_fetch(session, port, ref, cookie, missing, seen, heard))
    try:
        async with session.get(f"http://127.0.0.1:{port}/live/patient:{ref}", headers=cookie) as stream:
            if stream.status != 200:
                raise RuntimeError(f"a stream answered {stream.status}")
            opened.release()
            async for line in stream.content:
                if line.startswith(b"event: changed"):
                    now = time.monotonic()
                    told = [n for n in missing if n in seen.committed]
                    seen.events += [now - seen.committed[n] for n in told[-1:]]
                    heard.set()
    finally:
        fetching.cancel()


async def _fetch(
    session: Any, port: int, ref: str, cookie: Mapping[str, str], missing: set[int], seen: _Seen, heard: asyncio.Event
) -> None:
    while True:
        await heard.wait()
        heard.clear()
        async with session.get(f"http://127.0.0.1:{port}/patients/{ref}/timeline/", headers=cookie) as answer:
            body = await answer.text()
        now = time.monotonic()
        for n in sorted(missing):
            # An entry may be on the screen before the one who wrote it has heard that it is committed.
            if f"-{n}-" in body:
                missing.discard(n)
                seen.contents.append(max(0.0, now - seen.committed.get(n, now)))


def _write(patient_id: int, organisation_id: int, text: str) -> None:
    """One entry, committed, through the door of the record."""
    from django.db import transaction

    from onedoor.kernel.actor import Actor
    from onedoor.records.api import record_entries
    from onedoor.records.types import NewEntry

    with transaction.atomic():
        record_entries(
            entries=[NewEntry(patient_id, organisation_id, "check", text, text, "check form")],
            by=Actor.system("benchmark"),
        )
