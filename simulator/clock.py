"""The world's time: Onedoor's domain clock, followed over HTTP so that phones and people live in the same day.

The simulator's people (personas, receptionist) wait in this time and every date it shows or sends is of this time. Latencies,
limits, retries and tokens are real time.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import orjson

LONDON = ZoneInfo("Europe/London")
# The longest a waiter sleeps before it looks again, so that a jump of the clock is noticed.
NOTICE_SECONDS = 0.2

log = logging.getLogger(__name__)


class ClockUnavailable(Exception):
    """Onedoor did not answer, or refused the change (its status is the message)."""


class WorldClock:
    """``now()`` runs on between polls at the last known rate; without Onedoor it is real time."""

    def __init__(self, onedoor: str, token: str) -> None:
        self._url = f"{onedoor.rstrip('/')}/gateway/demo/clock"
        self._token = token
        self._base = dt.datetime.now(dt.UTC)
        self._read_at = time.monotonic()
        self.rate = 1.0
        self.followed = False
        self.poll_seconds = 1.0

    def now(self) -> dt.datetime:
        """The world's time, in UTC."""
        return self._base + dt.timedelta(seconds=(time.monotonic() - self._read_at) * self.rate)

    def epoch(self) -> float:
        return self.now().timestamp()

    def document(self) -> dict[str, Any]:
        return {"now": self.now().astimezone(LONDON).isoformat(), "rate": self.rate, "followed": self.followed}

    def pause(self, until: float) -> float:
        """Real seconds to sleep before looking again whether world time ``until`` (epoch) has come."""
        if self.rate <= 0:
            return NOTICE_SECONDS
        return min(max((until - self.epoch()) / self.rate, 0.0), NOTICE_SECONDS)

    async def follow(self, session: aiohttp.ClientSession) -> None:
        """Poll for ever. An Onedoor that is not up yet is no error: its clock is taken up when it answers."""
        while True:
            await self.read(session)
            await asyncio.sleep(self.poll_seconds if self.followed else NOTICE_SECONDS)

    async def read(self, session: aiohttp.ClientSession, timeout_seconds: float = 5.0) -> None:
        """Take up Onedoor's time once; without an answer the time runs on as it did."""
        try:
            async with session.get(self._url, timeout=aiohttp.ClientTimeout(total=timeout_seconds)) as response:
                if response.status == 200:
                    self._adopt(orjson.loads(await response.read()))
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            if self.followed:
                log.warning("clock lost: %s", type(error).__name__)
            self.followed = False

    async def set(self, session: aiohttp.ClientSession, change: dict[str, Any]) -> dict[str, Any]:
        """Pass a change ({"now"?: ISO 8601 with offset, "rate"?: domain seconds a second}) on to Onedoor."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            async with session.post(
                self._url, data=orjson.dumps(change), headers=headers, timeout=aiohttp.ClientTimeout(total=10)
            ) as response:
                body = await response.read()
                if response.status >= 300:
                    raise ClockUnavailable(str(response.status))
                if body:
                    self._adopt(orjson.loads(body))
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            raise ClockUnavailable(type(error).__name__) from error
        return self.document()

    def _adopt(self, document: dict[str, Any]) -> None:
        now = dt.datetime.fromisoformat(document["now"])
        if now.tzinfo is None:
            raise ValueError("the clock's time has no offset")
        self.rate = float(document["rate"])
        self._base, self._read_at = now.astimezone(dt.UTC), time.monotonic()
        self.followed = True
