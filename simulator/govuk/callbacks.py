"""Posts receipts and received texts to the service, and retries as Notify does (messaging.md 1.1, Callbacks).

Time-out 5 seconds; 5 retries, 300 seconds apart; retried only after a connection error, a 5xx or a 429. Any other 4xx drops the
callback for good. Every pending callback is a row, so a killed simulator goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import time
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from simulator.database import Database
from simulator.govuk.services import Services

log = logging.getLogger(__name__)


@dataclass
class CallbackSettings:
    retries: int = 5
    retry_seconds: float = 300.0
    timeout_seconds: float = 5.0
    at_once: int = 16


class Courier:
    """Takes callbacks in and carries each until it is delivered or dropped, ``settings.at_once`` at a time."""

    def __init__(self, database: Database, services: Services, settings: CallbackSettings) -> None:
        self._database = database
        self._services = services
        self.settings = settings
        self._due: list[tuple[float, int]] = []
        self._wake = asyncio.Event()
        self._on_the_road: set[asyncio.Task[None]] = set()

    def enqueue(self, service_id: str, kind: str, payload: dict[str, Any], *, delay: float = 0.0) -> None:
        """Store a callback to be posted after ``delay`` real seconds."""
        due = time.time() + delay
        heapq.heappush(self._due, (due, self.store(service_id, kind, payload, due)))
        self._wake.set()

    def store(self, service_id: str, kind: str, payload: dict[str, Any], due: float | None = None) -> int:
        """Store a callback that the caller attempts himself; returns its seq."""
        return self._database.insert(
            "INSERT INTO callback (service_id, kind, payload, next_real) VALUES (?, ?, ?, ?)",
            service_id,
            kind,
            orjson.dumps(payload).decode(),
            time.time() if due is None else due,
        )

    def pending(self, kind: str) -> int:
        return self._database.count("SELECT count(*) FROM callback WHERE state = 'pending' AND kind = ?", kind)

    async def run(self, session: aiohttp.ClientSession) -> None:
        rows = self._database.all("SELECT next_real, seq FROM callback WHERE state = 'pending'")
        self._due = [(row[0], row[1]) for row in rows]
        heapq.heapify(self._due)
        try:
            while True:
                while len(self._on_the_road) >= self.settings.at_once:
                    await asyncio.wait(self._on_the_road, return_when=asyncio.FIRST_COMPLETED)
                if not await self._wait_for_due():
                    continue
                task = asyncio.create_task(self.attempt(session, heapq.heappop(self._due)[1]))
                self._on_the_road.add(task)
                task.add_done_callback(self._on_the_road.discard)
        finally:
            for task in self._on_the_road:
                task.cancel()

    async def _wait_for_due(self) -> bool:
        """True when the first callback is due; False when there may be an earlier one now."""
        wait = self._due[0][0] - time.time() if self._due else None
        if wait is not None and wait <= 0:
            return True
        self._wake.clear()
        try:
            async with asyncio.timeout(wait):
                await self._wake.wait()
        except TimeoutError:
            return True
        return False

    async def attempt(self, session: aiohttp.ClientSession, seq: int) -> None:
        """Post a stored callback once and wait for the answer; a failure is retried later like any other."""
        row = self._database.one("SELECT * FROM callback WHERE seq = ? AND state = 'pending'", seq)
        if row is None:
            return
        result = await self._post(session, row["service_id"], row["kind"], row["payload"])
        attempts = row["attempts"] + 1
        if isinstance(result, int) and result < 400:
            state = "delivered"
        elif (isinstance(result, int) and result < 500 and result != 429) or attempts > self.settings.retries:
            state = "dropped"
            log.warning("callback dropped kind=%s attempts=%d result=%s", row["kind"], attempts, result)
        else:
            state = "pending"
        due = time.time() + self.settings.retry_seconds
        self._database.execute(
            "UPDATE callback SET attempts = ?, state = ?, next_real = ?, last_result = ? WHERE seq = ?",
            attempts,
            state,
            due,
            str(result),
            seq,
        )
        if state == "pending":
            heapq.heappush(self._due, (due, seq))
            self._wake.set()

    async def _post(self, session: aiohttp.ClientSession, service_id: str, kind: str, payload: str) -> int | str:
        """The answer's status, or the name of what went wrong."""
        service = self._services.get(service_id)
        if service is None:
            return 404
        url = service.callback_url_receipts if kind == "receipt" else service.callback_url_inbound
        if not url:
            return 204  # a service that gave no address is told nothing
        try:
            async with session.post(
                url,
                data=payload.encode(),
                headers={"Content-Type": "application/json", "Authorization": f"Bearer {service.callback_token}"},
                timeout=aiohttp.ClientTimeout(total=self.settings.timeout_seconds),
                allow_redirects=True,
            ) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return type(error).__name__
