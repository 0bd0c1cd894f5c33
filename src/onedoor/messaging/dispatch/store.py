"""Every statement of the dispatcher, in sets. Synchronous, on the thread's own Django connection; the event loop hands over
whole waves, so the few hand-overs cost nothing, and what is recorded shares the transaction of the state.

Guards: a claim takes QUEUED rows only; a wave takes rows that are still CLAIMED by this run; a result counts for the attempt
that it is of, never for a state alone (messaging.md 3.3, cht-core #10802).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
import structlog
from django.db import DataError, IntegrityError, connection, transaction

from onedoor.kernel import arrays, clock, prepared
from onedoor.kernel.actor import Actor
from onedoor.messaging.actions.results import Result, note_sent, withdraw_asks
from onedoor.messaging.dispatch.dying import die_at
from onedoor.messaging.dispatch.timings import back_off
from onedoor.messaging.models import State
from onedoor.messaging.purposes import at_any_hour, group_of
from onedoor.messaging.rules import quiet
from onedoor.messaging.rules.allowance import allowance
from onedoor.messaging.rules.suppression import Standing, suppressed
from onedoor.patients import api as patients

log = structlog.get_logger(__name__)

BY = Actor.system("sending")


@dataclass(frozen=True, slots=True)
class Account:
    """An account with a provider as a dispatcher needs it."""

    id: int
    base_url: str
    api_key: str
    templates: Mapping[str, str]
    bucket_id: int
    per_minute: int


def accounts() -> dict[int, Account]:
    """Every account, by key."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT a.id, a.base_url, a.api_key, a.templates::text, a.bucket_id, b.per_minute
               FROM messaging_provider_account a JOIN messaging_rate_bucket b ON b.id = a.bucket_id
               WHERE a.provider = 'govuk' ORDER BY a.id"""
        )
        return {row[0]: Account(row[0], row[1], row[2], _json(row[3]), row[4], row[5]) for row in cursor.fetchall()}


def _json(text: str) -> dict[str, str]:
    return dict(orjson.loads(text))


class Claim(NamedTuple):
    """A row in hand, provably not on the wire."""

    id: int
    account_id: int
    lane: int


_DUE = f"""
    SELECT d.id, d.account_id, d.lane FROM unnest(%(accounts)s::bigint[], %(rooms)s::int[]) AS a(id, room)
    CROSS JOIN LATERAL (
        SELECT m.id, m.account_id, m.lane FROM messaging_message m
        WHERE m.waiting AND m.account_id = a.id AND m.lane = %(lane)s::smallint AND m.state = {State.QUEUED.value}
          AND m.not_before <= %(now)s::timestamptz AND m.not_after > %(now)s::timestamptz
          AND (m.retry_real IS NULL OR m.retry_real <= clock_timestamp())
          AND (%(in_hours)s::boolean OR m.purpose = ANY(%(any_hour)s::text[]))
          AND NOT EXISTS (SELECT 1 FROM messaging_stop s
                          WHERE s.until IS NULL AND (s.organisation_id = m.organisation_id OR s.organisation_id IS NULL))
        ORDER BY m.not_before, m.id LIMIT a.room FOR NO KEY UPDATE OF m SKIP LOCKED) d"""


CLAIM_CLASS = 7_204
"""Advisory locks under which a run claims, shared, and is ended, alone."""


class RunOver(Exception):
    """This run was ended by others, who took over what it held: nothing more is done under its number."""


@transaction.atomic
def claim(run: int, rooms: Mapping[int, int], lanes: Sequence[int] = (0, 1, 2)) -> list[Claim]:
    """Take due rows of these accounts, at most so many of each, the urgent lane first. Raises RunOver."""
    now = clock.now()
    left = dict(rooms)
    claimed: list[Claim] = []
    prepared.execute("SELECT pg_advisory_xact_lock_shared(%s::int, %s::int)", [CLAIM_CLASS, run])
    standing = prepared.execute("SELECT ended_real FROM messaging_dispatch_run WHERE id = %s::bigint", [run])
    if standing.fetchone() != (None,):
        raise RunOver
    for lane in lanes:
        wanted = {key: room for key, room in left.items() if room > 0}
        if not wanted:
            break
        # Planned each time: a plan made when the outbox was empty would be kept.
        with connection.cursor() as cursor:
            cursor.execute(
                _DUE,
                {
                    "accounts": arrays.numbers(wanted),
                    "rooms": arrays.numbers(wanted.values()),
                    "lane": lane,
                    "now": now,
                    "in_hours": quiet.may_go(now),
                    "any_hour": arrays.words(at_any_hour()),
                },
            )
            due = cursor.fetchall()
        for row in due:
            claimed.append(Claim._make(row))
            left[row[1]] -= 1
    if claimed:
        prepared.execute(
            f"""UPDATE messaging_message SET state = {State.CLAIMED.value}, run = %s::bigint
                WHERE id = ANY(%s::bigint[])""",
            [run, arrays.numbers(claim.id for claim in claimed)],
        )
    claimed.sort(key=lambda one: (one.lane, one.id))
    return claimed


def give_back(run: int, ids: Sequence[int]) -> None:
    """Return claimed rows that were never begun."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE messaging_message SET state = {State.QUEUED.value}, run = NULL
                WHERE id = ANY(%s) AND state = {State.CLAIMED.value} AND run = %s""",
            [list(ids), run],
        )


class Begun(NamedTuple):
    """A text whose attempt is committed."""

    id: int
    account_id: int
    attempt: int
    reference: str
    number: str
    purpose: str
    body: str


@dataclass(frozen=True)
class Wave:
    """What goes now; claimed rows for which there was no allowance, and for how many seconds each account has none."""

    begun: list[Begun]
    waiting: list[Claim]
    pauses: dict[int, float]


class _Checked(NamedTuple):
    id: int
    account_id: int
    organisation_id: int
    patient_id: int | None
    purpose: str
    late: bool
    stopped: bool
    resting: str
    number: str


def begin_wave(run: int, claims: Sequence[Claim], known: Mapping[int, Account], lease: float, faster: float) -> Wave:
    """Take the allowance for claimed rows, look at those once more, and commit the attempts of all that may go.

    Whatever stopped being true since the claim (moved, cancelled, answered) is no longer CLAIMED and drops out here.
    The allowance is taken in a transaction of its own: dispatchers on one key take turns at its row, and must not wait for
    each other's waves. Granted and not used is lost, which earns no 429.
    """
    granted, pauses = _grant(claims, known, faster)
    going = {claim.id for claim in granted}
    return Wave(
        begun=_begin(run, [claim.id for claim in granted], lease),
        waiting=[claim for claim in claims if claim.id not in going],
        pauses=pauses,
    )


@transaction.atomic
def _begin(run: int, ids: Sequence[int], lease: float) -> list[Begun]:
    now = clock.now()
    going = _sort_out(_check(run, ids, now), now) if ids else []
    begun = _attempt(run, [row.id for row in going], lease)
    die_at("before_attempt")
    return begun


def _check(run: int, ids: Sequence[int], now: Any) -> list[_Checked]:
    found = prepared.execute(
        f"""SELECT m.id, m.account_id, m.organisation_id, m.patient_id, m.purpose, m.not_after <= %(now)s::timestamptz,
                EXISTS (SELECT 1 FROM messaging_stop s WHERE s.until IS NULL
                        AND (s.organisation_id = m.organisation_id OR s.organisation_id IS NULL)),
                coalesce(o.because, ''), m.number
            FROM messaging_message m
            LEFT JOIN messaging_opt_out o
                ON o.organisation_id = m.organisation_id AND o.number = m.number AND o.until IS NULL
            WHERE m.id = ANY(%(ids)s::bigint[]) AND m.state = {State.CLAIMED.value} AND m.run = %(run)s::bigint
            ORDER BY m.id FOR NO KEY UPDATE OF m""",
        {"now": now, "ids": arrays.numbers(ids), "run": run},
    )
    # Locked in order of key, like everything that locks messages; wanted in the order they were claimed in.
    place = {key: position for position, key in enumerate(ids)}
    return sorted((_Checked._make(row) for row in found.fetchall()), key=lambda row: place[row.id])


def _sort_out(rows: Sequence[_Checked], now: Any) -> list[_Checked]:
    """End what must not go any more, put back what must wait, and return the rest."""
    in_hours, any_hour = quiet.may_go(now), set(at_any_hour())
    pairs = [(row.organisation_id, row.patient_id) for row in rows if row.patient_id is not None]
    barred = patients.not_to_be_reached(pairs) if pairs else {}
    held = [(row.patient_id, row.number) for row in rows if row.patient_id and group_of(row.purpose) != "answer"]
    replaced = patients.no_longer_theirs(held) if held else set()
    may_go: list[_Checked] = []
    late: list[int] = []
    hold: list[int] = []
    because: dict[int, str] = {}
    for row in rows:
        about = barred.get((row.organisation_id, row.patient_id or 0))
        # Of nearly all there is nothing to say.
        why = _suppressed(row, *about or (False, False, False)) if about or row.resting else ""
        if not why and (row.patient_id or 0, row.number) in replaced:
            why = "old_number"  # it waited while a list brought another number: its holder may be somebody else by now
        if why:
            because[row.id] = why
        elif row.late:
            late.append(row.id)
        elif row.stopped or not (in_hours or row.purpose in any_hour):
            hold.append(row.id)
        else:
            may_go.append(row)
    _end(late, State.EXPIRED, ["too_late"] * len(late), now)
    _end(list(because), State.SUPPRESSED, list(because.values()), now)
    _put_back(hold)
    return may_go


def _suppressed(row: _Checked, deceased: bool, restricted: bool, left: bool) -> str:
    standing = Standing(deceased=deceased, restricted=restricted, registered=not left, resting=row.resting)
    return suppressed(group_of(row.purpose), standing)


def _end(ids: Sequence[int], state: State, because: Sequence[str], now: Any) -> None:
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE messaging_message m SET state = %s, because = r.because, ended_at = %s, run = NULL
               FROM unnest(%s::bigint[], %s::text[]) AS r(id, because) WHERE m.id = r.id""",
            [state.value, now, list(ids), list(because)],
        )
    withdraw_asks(ids)


def _put_back(ids: Sequence[int]) -> None:
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE messaging_message SET state = {State.QUEUED.value}, run = NULL WHERE id = ANY(%s)", [list(ids)]
            )


def _grant(
    claims: Sequence[Claim], known: Mapping[int, Account], faster: float
) -> tuple[list[Claim], dict[int, float]]:
    """Take allowance for as many rows of each account as there is (`rules.allowance`); seconds to wait where it ran out."""
    by_bucket: dict[int, list[Claim]] = {}
    for claim in claims:
        by_bucket.setdefault(known[claim.account_id].bucket_id, []).append(claim)
    granted: list[Claim] = []
    pauses: dict[int, float] = {}
    for bucket_id in sorted(by_bucket):
        asking = by_bucket[bucket_id]
        allowed = allowance(known[asking[0].account_id].per_minute, faster)
        number, pause = _take(bucket_id, len(asking), allowed.rate, allowed.burst)
        granted += asking[:number]
        if number < len(asking):
            # Half a burst's time: a wave for each single text would cost more than it sends.
            again = max(pause, allowed.burst / 2 / allowed.rate)
            pauses |= {claim.account_id: again for claim in asking[number:]}
    return granted, pauses


_TAKE = """
    WITH before AS (
        SELECT id, per_day, clock_timestamp() AS at, (clock_timestamp() AT TIME ZONE 'UTC')::date AS today,
               least(%(burst)s::float8, tokens + %(rate)s::float8 * greatest(
                   0, extract(epoch FROM clock_timestamp() - filled_real)::float8)) AS tokens,
               CASE WHEN day = (clock_timestamp() AT TIME ZONE 'UTC')::date THEN day_used ELSE 0 END AS used,
               coalesce(extract(epoch FROM paused_until_real - clock_timestamp())::float8, 0) AS pause
        FROM messaging_rate_bucket WHERE id = %(bucket)s::bigint FOR UPDATE),
    taken AS (
        SELECT *, CASE WHEN pause > 0 THEN 0
                       ELSE greatest(0, least(%(wanted)s::int, floor(tokens)::int, per_day - used)) END AS n FROM before)
    UPDATE messaging_rate_bucket b
    SET tokens = taken.tokens - n, filled_real = taken.at, day = taken.today, day_used = taken.used + n
    FROM taken WHERE b.id = taken.id RETURNING n, pause, taken.used + n >= taken.per_day"""


def _take(bucket_id: int, wanted: int, rate: float, burst: float) -> tuple[int, float]:
    """How many may go now, and how many seconds none may; a day's allowance comes back at midnight UTC."""
    taken = prepared.execute(_TAKE, {"bucket": bucket_id, "wanted": wanted, "rate": rate, "burst": burst})
    number, pause, spent = taken.fetchone()
    # What is left of a pause or of the day is looked up again at least each minute: an operator may have changed it.
    return number, min(max(pause, 60.0 if spent else 0.0), 60.0)


def pause_bucket(bucket_id: int, seconds: float, *, whole_day: bool) -> None:
    """The provider found us too fast after all: nobody sends on this key for a while, or until midnight UTC."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE messaging_rate_bucket SET tokens = 0, filled_real = clock_timestamp() + make_interval(secs => %(s)s),
                   paused_until_real = greatest(paused_until_real, CASE WHEN %(day)s
                       THEN (date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC') + interval '1 day') AT TIME ZONE 'UTC'
                       ELSE clock_timestamp() + make_interval(secs => %(s)s) END)
               WHERE id = %(bucket)s""",
            {"bucket": bucket_id, "s": seconds, "day": whole_day},
        )


_ATTEMPT = f"""
    WITH begun AS (
        UPDATE messaging_message SET state = {State.SENDING.value}, attempt = attempt + 1, retry_real = NULL,
            lease_real = clock_timestamp() + make_interval(secs => %(lease)s::float8)
        WHERE id = ANY(%(ids)s::bigint[]) RETURNING id, account_id, attempt, ref, number, purpose, body, lane),
    tried AS (
        INSERT INTO messaging_attempt (message_id, n, run, outcome) SELECT id, attempt, %(run)s::bigint, '' FROM begun)
    SELECT id, account_id, attempt, ref::text, number, purpose, body FROM begun ORDER BY lane, id"""


def _attempt(run: int, ids: Sequence[int], lease: float) -> list[Begun]:
    if not ids:
        return []
    begun = prepared.execute(_ATTEMPT, {"ids": arrays.numbers(ids), "run": run, "lease": lease})
    return list(map(Begun._make, begun.fetchall()))


# The keys are said twice: a plan that was made when the table was small reads by them all the same.
_FLUSH = f"""
    WITH r AS (
        SELECT * FROM unnest(%(ids)s::bigint[], %(ns)s::smallint[], %(fates)s::text[], %(statuses)s::smallint[],
                             %(providers)s::text[], %(why)s::text[], %(again)s::float8[])
                      AS r(id, n, fate, status, provider_id, why, again)),
    tried AS (
        UPDATE messaging_attempt a SET ended_real = clock_timestamp(), outcome = r.fate, status = r.status
        FROM r WHERE a.message_id = r.id AND a.message_id = ANY(%(ids)s::bigint[]) AND a.n = r.n AND a.outcome IN ('', 'unknown'))
    UPDATE messaging_message m SET
        state = CASE r.fate WHEN 'accepted' THEN {State.ACCEPTED.value} WHEN 'unknown' THEN {State.UNKNOWN.value}
                     WHEN 'refused_permanent' THEN {State.REFUSED.value}
                     ELSE CASE WHEN m.because = '' THEN {State.QUEUED.value} ELSE {State.CLEARED.value} END END,
        because = CASE r.fate WHEN 'accepted' THEN '' WHEN 'refused_permanent' THEN r.why ELSE m.because END,
        ended_at = CASE WHEN r.fate = 'refused_permanent' OR (r.fate = 'refused_temporary' AND m.because <> '')
                        THEN %(now)s::timestamptz END,
        provider_id = CASE r.fate WHEN 'accepted' THEN r.provider_id END,
        accepted_at = CASE r.fate WHEN 'accepted' THEN %(now)s::timestamptz END,
        pence = CASE r.fate WHEN 'accepted' THEN m.fragments * (
            SELECT t.pence FROM messaging_tariff t WHERE t.provider = 'govuk' AND t.starts_on <= %(day)s::date
            ORDER BY t.starts_on DESC LIMIT 1) END,
        run = CASE r.fate WHEN 'unknown' THEN m.run END,
        lease_real = NULL, lookups = 0,
        retry_real = CASE WHEN r.fate IN ('unknown', 'refused_temporary')
                          THEN clock_timestamp() + make_interval(secs => r.again) END
    FROM r WHERE m.id = r.id AND m.id = ANY(%(ids)s::bigint[]) AND (
        (r.fate = 'accepted' AND m.attempt >= r.n AND m.state = ANY(%(open)s::smallint[]))
        OR (m.attempt = r.n AND m.state IN ({State.SENDING.value}, {State.UNKNOWN.value})))
    RETURNING m.id, r.fate, m.patient_id, m.organisation_id, m.purpose"""

OPEN = [State.QUEUED, State.CLAIMED, State.SENDING, State.UNKNOWN, State.EXPIRED, State.CLEARED]
"""States in which the provider's word that it has the text is still news. Only of a text that was tried."""


def flush_all(results: Sequence[Result], first_lookup: float) -> None:
    """`flush`, in which a result that the database refuses stands in nobody's way: its text is of unknown fate."""
    try:
        flush(results, first_lookup)
    except (DataError, IntegrityError):
        for result in results:
            try:
                flush([result], first_lookup)
            except (DataError, IntegrityError):
                log.error("what the provider answered cannot be stored, it will be asked", message=result.message_id)
                flush([Result(result.message_id, result.attempt, "unknown", why="unreadable")], first_lookup)


@transaction.atomic
def flush(results: Sequence[Result], first_lookup: float) -> None:
    """Store what became of attempts. A result that came too late for its attempt changes the attempt only."""
    again = [
        first_lookup if result.fate == "unknown" else 0.0 if result.at_once else back_off(result.attempt)
        for result in results
    ]
    ids = arrays.numbers(result.message_id for result in results)
    # In order of key, like everything that locks messages.
    prepared.execute(
        "SELECT 1 FROM messaging_message WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE", [ids]
    )
    # Planned for these keys: a plan for any number of them compares each with each, which was half of all that PostgreSQL did.
    with connection.cursor() as cursor:
        cursor.execute(
            _FLUSH,
            {
                "ids": ids,
                "ns": arrays.numbers(result.attempt for result in results),
                "fates": arrays.words(result.fate for result in results),
                "statuses": arrays.words(result.status for result in results),
                "providers": arrays.words(result.provider_id for result in results),
                "why": arrays.words(result.why for result in results),
                "again": arrays.numbers(again),
                "now": clock.now(),
                "day": clock.today(),
                "open": arrays.numbers(int(state) for state in OPEN),
            },
        )
        rows = cursor.fetchall()
    note_sent([(row[0], row[2], row[3], row[4]) for row in rows if row[1] == "accepted"], by=BY)
    withdraw_asks([row[0] for row in rows if row[1] == "refused_permanent"])
