"""One dispatcher's working life, from taking its lock to losing the database or being asked to stop.

    outbox --claim--> hand --wave--> ready --workers--> provider --results--> flush --> outbox

Texts in hand are CLAIMED: provably not on the wire. A wave commits the attempts of some of them before any is said. Workers
say them; what became of each is stored in groups. The run's number is held by an advisory lock of the keeper's session:
while it lives, nobody touches what this run holds, and once it is lost nothing more is said under its number.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import aiohttp
import structlog

from onedoor.kernel.jobs import WAKE_CHANNEL
from onedoor.messaging.actions.queueing import WAKE
from onedoor.messaging.actions.results import Result
from onedoor.messaging.channels.govuk import SILENCED, GovukNotify, NotAKey
from onedoor.messaging.dispatch import reconcile, store
from onedoor.messaging.dispatch.desks import LOST, Desk, Keeper, connect
from onedoor.messaging.dispatch.dying import die_at
from onedoor.messaging.dispatch.timings import Timings
from onedoor.messaging.ports import Channel, Found, NotAnswered, Outcome, Outgoing
from onedoor.messaging.rules.allowance import allowance

log = structlog.get_logger(__name__)

_FLUSH_ROWS = 1_000
_FLUSH_SECONDS = 0.02
_PACE_SECONDS = 0.25
_PAUSE_AFTER_429 = 5.0
_URGENT = 50


@dataclass(frozen=True, slots=True)
class _Permit:
    """Until when a wave's texts may be said: half their lease, and the allowance they were granted."""

    shift: Shift
    until: float

    def __call__(self) -> bool:
        return time.monotonic() < self.until and self.shift.alive


class Shift:
    """`work` returns when asked to stop, and raises what the database raised when it was lost."""

    def __init__(self, timings: Timings, session: aiohttp.ClientSession) -> None:
        self._timings = timings
        self._session = session
        self._claims, self._front, self._back, self._side = Desk("claims"), Desk("front"), Desk("back"), Desk("side")
        self._accounts: dict[int, store.Account] = {}
        self._channels: dict[int, Channel] = {}
        self._run = 0
        self.alive = True
        """False once the lock may be lost: nothing more is said."""
        self._closing = False
        self._hand: list[store.Claim] = []
        self._claiming: asyncio.Task[None] | None = None
        self._paused: dict[int, float] = {}
        self._dry_until = 0.0
        self._ready: asyncio.Queue[tuple[store.Begun, Callable[[], bool]]] = asyncio.Queue()
        self._busy = 0
        self._done = 0
        self._paces: deque[tuple[float, int]] = deque()
        self._results: list[Result] = []
        self._news = asyncio.Event()
        self._woken = False
        self._stir = asyncio.Event()

    async def work(self, stop: asyncio.Event) -> None:
        """Dispatch until `stop` is set or the database is lost; what is in hand is finished either way."""
        keeper = await connect()
        try:
            await self._begin(keeper)
            await self._together(keeper, stop)
        finally:
            self.alive = False
            await keeper.close()
            for desk in (self._claims, self._front, self._back, self._side):
                await desk.close()

    async def _begin(self, keeper: Keeper) -> None:
        # The lock before the row: whoever sees an open run without its lock takes it for dead.
        cursor = await keeper.execute("SELECT nextval(pg_get_serial_sequence('messaging_dispatch_run', 'id'))")
        row = await cursor.fetchone()
        assert row is not None
        self._run = row[0]
        await keeper.execute("SELECT pg_advisory_lock(%s, %s)", [reconcile.LOCK_CLASS, self._run])
        await keeper.execute(
            """INSERT INTO messaging_dispatch_run (id, started_real, beat_real)
               VALUES (%s, clock_timestamp(), clock_timestamp())""",
            [self._run],
        )
        await keeper.execute(f"LISTEN {WAKE_CHANNEL}")
        await self._know_accounts()
        log.info("dispatcher started", run=self._run, accounts=len(self._accounts))

    async def _together(self, keeper: Keeper, stop: asyncio.Event) -> None:
        """Run every part; the first that fails ends the shift, and so does `stop`."""
        parts = [asyncio.create_task(part) for part in (self._keep(keeper), self._feed(), self._care())]
        flusher = asyncio.create_task(self._flush())
        workers = [asyncio.create_task(self._speak()) for _ in range(self._timings.in_flight)]
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([*parts, flusher, stopped], return_when=asyncio.FIRST_COMPLETED)
            self._closing = True
            failed = next(
                (part.exception() for part in (*parts, flusher) if part.done() and not part.cancelled()), None
            )
            if failed is not None:
                self.alive = False
            else:
                await self._hand_back(parts[1])
            # What is on the wire is heard to its end; what is ready and may not be said comes back at once. Without the flusher
            # nobody would write it down: then the shift ends here, and what was on the wire is reconciled.
            while not flusher.done() and (self._busy or not self._ready.empty() or self._results):
                await asyncio.sleep(0.005)
            if failed is not None:
                raise failed
        finally:
            for task in (*parts, *workers, flusher, stopped):
                task.cancel()
            await asyncio.gather(*parts, *workers, flusher, stopped, return_exceptions=True)

    async def _hand_back(self, feeding: asyncio.Task[None]) -> None:
        """Let the wave that is being begun finish, and return what was claimed and not begun."""
        self._stir.set()
        with contextlib.suppress(*LOST):
            try:
                await feeding
            except store.RunOver:
                self.alive = False  # what others took over is theirs to say; what was said is still stored
                return
            await self._claims.do(store.give_back, self._run, [claim.id for claim in self._hand])

    # The keeper's session: lock, wake-ups, beats

    async def _keep(self, keeper: Keeper) -> None:
        beaten = 0.0
        while True:
            async for notice in keeper.notifies(timeout=self._timings.poll, stop_after=1):
                if notice.payload == WAKE:
                    self._wake()
            if time.monotonic() - beaten > self._timings.beat:
                beaten = time.monotonic()
                await keeper.execute(
                    "UPDATE messaging_dispatch_run SET beat_real = clock_timestamp() WHERE id = %s", [self._run]
                )

    def _wake(self) -> None:
        self._woken, self._dry_until = True, 0.0
        self._stir.set()

    # Outbox to hand to ready

    async def _feed(self) -> None:
        """Begin waves while workers have room; the next claim is made beside them."""
        while not self._closing:
            self._claim_when_low()
            chosen = self._choose()
            if chosen:
                await self._wave(chosen)
            else:
                await self._wait_for_more()
        if self._claiming is not None:
            await self._claiming

    def _claim_when_low(self) -> None:
        """Begin to fill the hand when it is low; urgent texts are taken however full it is."""
        if self._claiming is not None:
            if not self._claiming.done():
                return
            done, self._claiming = self._claiming, None
            done.result()
        if time.monotonic() < self._dry_until:
            return
        rooms = self._rooms()
        if any(rooms.values()):
            self._claiming = asyncio.create_task(self._claim(rooms, (0, 1, 2)))
        elif self._woken:
            self._claiming = asyncio.create_task(self._claim(dict.fromkeys(rooms, _URGENT), (0,)))

    def _rooms(self) -> dict[int, int]:
        """How many texts of each account to claim: none while more than half of what it may hold is in hand."""
        held: dict[int, int] = {}
        for claim in self._hand:
            held[claim.account_id] = held.get(claim.account_id, 0) + 1
        rooms = {}
        for key, account in self._accounts.items():
            if key in self._channels:
                # No more than two seconds' work: what is claimed is out of reach of an urgent text behind it.
                pace = allowance(account.per_minute, self._timings.faster).rate
                most = min(self._timings.claim, max(self._timings.wave // 2, int(pace * 2)))
                rooms[key] = most - held.get(key, 0) if held.get(key, 0) <= most // 2 else 0
        return rooms

    async def _claim(self, rooms: dict[int, int], lanes: Sequence[int]) -> None:
        self._woken = False
        try:
            claimed = await self._claims.do(store.claim, self._run, rooms, lanes)
        finally:
            self._stir.set()
        if len(claimed) < sum(rooms.values()) and not self._woken:
            self._dry_until = time.monotonic() + self._timings.poll
        self._put_in_hand(claimed)

    def _put_in_hand(self, claims: list[store.Claim]) -> None:
        if claims:
            self._hand = sorted([*self._hand, *claims], key=lambda claim: (claim.lane, claim.id))

    def _choose(self) -> list[store.Claim]:
        """What the next wave tries: no more than workers can say before the allowance of a second is over."""
        waiting = self._ready.qsize()
        if waiting > self._timings.wave:
            return []
        room = min(self._timings.wave, self._timings.in_flight - self._busy + self._pace() - waiting)
        now = time.monotonic()
        spendable: dict[int, int] = {}
        chosen: list[store.Claim] = []
        for claim in self._hand:
            if len(chosen) >= room:
                break
            if self._paused.get(claim.account_id, 0.0) > now:
                continue
            if claim.account_id not in spendable:
                account = self._accounts[claim.account_id]
                spendable[claim.account_id] = max(1, int(allowance(account.per_minute, self._timings.faster).burst))
            if spendable[claim.account_id] > 0:
                spendable[claim.account_id] -= 1
                chosen.append(claim)
        return chosen

    def _pace(self) -> int:
        """How many texts workers finished in the last quarter of a second."""
        now = time.monotonic()
        self._paces.append((now, self._done))
        while now - self._paces[0][0] > _PACE_SECONDS:
            self._paces.popleft()
        return self._done - self._paces[0][1]

    async def _wave(self, chosen: list[store.Claim]) -> None:
        started = time.monotonic()
        timings = self._timings
        wave = await self._front.do(store.begin_wave, self._run, chosen, self._accounts, timings.lease, timings.faster)
        die_at("after_attempt")
        gone = {claim.id for claim in chosen}.difference(claim.id for claim in wave.waiting)
        self._hand = [claim for claim in self._hand if claim.id not in gone]
        for key, seconds in wave.pauses.items():
            self._paused[key] = time.monotonic() + seconds
        permits: dict[int, _Permit] = {}
        for begun in wave.begun:
            permit = permits.get(begun.account_id)
            if permit is None:
                allowed = allowance(self._accounts[begun.account_id].per_minute, timings.faster)
                until = started + min(timings.lease / 2, allowed.expires)
                permit = permits[begun.account_id] = _Permit(self, until)
            self._ready.put_nowait((begun, permit))

    async def _wait_for_more(self) -> None:
        """Until a worker made room, an account may go on, something was queued, or it is time to look anyway."""
        now = time.monotonic()
        resting = [until - now for until in self._paused.values() if until > now]
        seconds = min([self._timings.poll, *resting])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0.001)):
                await self._stir.wait()
        self._stir.clear()

    # Ready to provider

    async def _speak(self) -> None:
        low = self._timings.wave // 2
        while True:
            begun, permit = await self._ready.get()
            self._busy += 1
            try:
                text = Outgoing(begun.reference, begun.number, begun.purpose, begun.body)
                outcome = await self._channels[begun.account_id].send(text, permit)
            except Exception as error:
                # Our own fault, after the attempt was committed: the text may be on the wire.
                log.error("an attempt failed in an unforeseen way", message=begun.id, error=type(error).__name__)
                outcome = Outcome("unknown", why=type(error).__name__[:40])
            die_at("after_201")
            self._results.append(_result(begun, outcome))
            self._busy -= 1
            self._done += 1
            self._news.set()
            if self._ready.qsize() <= low:
                self._stir.set()
            if outcome.limited:
                await self._slow_down(begun.account_id, outcome)

    async def _slow_down(self, account_id: int, outcome: Outcome) -> None:
        log.warning("the provider limits us", account=account_id, by=outcome.limited)
        self._paused[account_id] = time.monotonic() + _PAUSE_AFTER_429
        with contextlib.suppress(*LOST):
            await self._side.do(
                store.pause_bucket,
                self._accounts[account_id].bucket_id,
                _PAUSE_AFTER_429,
                whole_day=outcome.limited == "day",
            )

    # Results to outbox

    async def _flush(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            if len(self._results) < _FLUSH_ROWS:
                await asyncio.sleep(_FLUSH_SECONDS)
            while self._results:
                batch = self._results[:_FLUSH_ROWS]
                try:
                    await self._back.do(store.flush_all, batch, self._timings.lookups[0])
                except LOST as error:
                    # Kept and tried again for as long as we live: a result is never thrown away.
                    log.warning("results wait for the database", results=len(batch), error=type(error).__name__)
                    await asyncio.sleep(0.5)
                    continue
                del self._results[: len(batch)]

    # What others left, what is unclear

    async def _care(self) -> None:
        every, looked = self._timings.beat, 0.0
        while True:
            if time.monotonic() - looked >= every:
                looked = time.monotonic()
                await self._side.do(reconcile.end_stuck, self._timings.stuck)
                if await self._side.do(reconcile.release_dead, self._timings.lookups[0]):
                    self._wake()
                await self._know_accounts()
            await self._look_up()
            await asyncio.sleep(min(self._timings.poll, every))

    async def _know_accounts(self) -> None:
        found = await self._side.do(store.accounts)
        for key, account in found.items():
            if account != self._accounts.get(key):
                self._channels.pop(key, None)
                try:
                    self._channels[key] = self._channel(account)
                except NotAKey:
                    log.error("an account's key is malformed, its texts wait", account=key)
        self._accounts = found

    def _channel(self, account: store.Account) -> Channel:
        return GovukNotify(
            self._session,
            base_url=account.base_url,
            api_key=account.api_key,
            templates=account.templates,
            timeout=self._timings.call,
            spoken=lambda: die_at("mid_call"),
        )

    async def _look_up(self) -> None:
        """Ask the provider about texts of unknown fate whose time has come."""
        lookups = self._timings.lookups
        doubts = await self._side.do(reconcile.take_doubts, max(lookups[0], 15.0))
        answers = await asyncio.gather(*(self._find(doubt) for doubt in doubts))
        found = [(doubt, answer) for doubt, answer in zip(doubts, answers, strict=True) if isinstance(answer, Found)]
        missing = [doubt for doubt, answer in zip(doubts, answers, strict=True) if answer is None]
        if found:
            await self._side.do(reconcile.adopt, found)
        if missing:
            await self._side.do(reconcile.absent, missing, lookups)
            self._wake()

    async def _find(self, doubt: reconcile.Doubt) -> Found | NotAnswered | None:
        channel = self._channels.get(doubt.account_id)
        try:
            return await channel.find(doubt.reference) if channel else NotAnswered()
        except NotAnswered as silence:
            return silence


def _result(begun: store.Begun, outcome: Outcome) -> Result:
    return Result(
        message_id=begun.id,
        attempt=begun.attempt,
        fate=outcome.fate,
        status=outcome.status,
        provider_id=outcome.provider_id,
        why=outcome.why[:40],
        at_once=outcome.fate == "refused_temporary" and outcome.why == SILENCED,
    )
