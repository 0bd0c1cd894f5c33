"""The dispatcher process: shift after shift until it is asked to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys

import aiohttp
import structlog
import uvloop

from onedoor.messaging.dispatch.desks import LOST
from onedoor.messaging.dispatch.shift import Shift
from onedoor.messaging.dispatch.store import RunOver
from onedoor.messaging.dispatch.timings import Timings

log = structlog.get_logger(__name__)

_AGAIN_SECONDS = 1.0
_SWITCH_SECONDS = 0.0005


def run() -> None:
    """Send queued texts until SIGTERM or SIGINT.

    The database may restart meanwhile: what was under way is reconciled, and a new shift begins.
    """
    # The event loop is always busy: threads that wait for the database would get their turn only every 5 ms.
    sys.setswitchinterval(_SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_dispatch(Timings.from_environment()))


async def _dispatch(timings: Timings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    connector = aiohttp.TCPConnector(limit=timings.in_flight + 16, keepalive_timeout=15)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        while not stop.is_set():
            try:
                await Shift(timings, session).work(stop)
            except (*LOST, RunOver) as error:
                # The class only: what a database says can carry values.
                log.warning("the shift is over, a new one begins", error=type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _AGAIN_SECONDS)
    log.info("dispatcher stopped")
