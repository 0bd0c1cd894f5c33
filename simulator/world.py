"""Everything the simulator is made of, wired once and handed to the request handlers."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
from aiohttp import web

from simulator.clock import WorldClock
from simulator.database import Database
from simulator.govuk.callbacks import CallbackSettings, Courier
from simulator.govuk.delivery import DeliverySettings, Network
from simulator.govuk.faults import Faults, parse_fault
from simulator.govuk.limits import SECONDS_PER_DAY, Limits
from simulator.govuk.services import Service, Services, parse_service
from simulator.govuk.store import Store
from simulator.gp_system import GpSystem, Practice
from simulator.phones.personas import Personas, parse_persona
from simulator.phones.phones import Phones
from simulator.reception import Reception

# Both are started together, and on a busy machine Onedoor takes some seconds to answer; one that is absent refuses at once.
FIRST_CLOCK_SECONDS = 20.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """What a simulator is started with. ``onedoor``: address; ``state``: SQLite file or None for memory only."""

    onedoor: str
    services: tuple[Service, ...] = ()
    personas: tuple[Mapping[str, Any], ...] = ()
    state: str | None = None
    token: str = ""
    reception: bool = False
    gp: Practice | None = None
    """An outside practice with a MESH mailbox, if any."""


class World:
    """Built before the event loop's first request; ``start`` opens the HTTP session and sets everybody going."""

    session: aiohttp.ClientSession

    def __init__(self, options: Options) -> None:
        self.started_at = dt.datetime.now(dt.UTC)
        self.database = Database(options.state)
        self.clock = WorldClock(options.onedoor, options.token)
        self.services = Services(
            parse_service(orjson.loads(row["document"])) for row in self.database.all("SELECT document FROM service")
        )
        self.put_services(options.services)
        self.store = Store(self.database, self.clock.now, time.time)
        self.limits = Limits()
        self.faults = Faults(
            map(parse_fault, self.database.setting("faults") or ()), lambda left: self.database.remember("faults", left)
        )
        self.courier = Courier(self.database, self.services, CallbackSettings())
        self.phones = Phones(self.database, self.store, self.services, self.courier, self.clock.now)
        self.personas = Personas(self.database, self.phones, self.services, self.clock)
        self.put_personas(options.personas or self.database.setting("personas") or ())
        self.network = Network(self.store, self.courier, self.faults, DeliverySettings(), self._arrived)
        self.reception = Reception(options.onedoor, self.clock)
        self.gp = GpSystem(options.gp, self.database, self.clock.now) if options.gp else None
        self._restore(options)
        self._running: list[asyncio.Task[None]] = []

    def _restore(self, options: Options) -> None:
        self.configure(self.database.setting("settings") or {})
        reception = self.database.setting("reception") or {}
        self.reception.on = bool(reception.get("on", options.reception))
        self.reception.after_minutes = float(reception.get("after_minutes", self.reception.after_minutes))
        midnight = time.time() // SECONDS_PER_DAY * SECONDS_PER_DAY
        for service in self.services:
            for key_type in {key_type for _, key_type in service.keys}:
                today = self.store.accepted_since(service.service_id, key_type, midnight)
                self.limits.count_accepted(service.service_id, key_type, time.time(), today)

    def _arrived(self, phone: str, service_id: str, body: str) -> None:
        self.phones.arrive(phone, service_id, body)
        self.personas.read(phone, service_id, body)

    # Changes from outside, remembered over a restart

    def put_services(self, services: Iterable[Service]) -> None:
        for service in services:
            self.services.put(service)
            self.database.execute(
                "INSERT INTO service VALUES (?, ?) ON CONFLICT (service_id) DO UPDATE SET document = excluded.document",
                service.service_id,
                orjson.dumps(dict(service.document)).decode(),
            )

    def put_personas(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Raises KeyError or ValueError for a malformed one; then nothing changes."""
        self.personas.replace([parse_persona(document) for document in documents])
        self.database.remember("personas", list(documents))

    def settings(self) -> dict[str, Any]:
        return {
            "limits": dataclasses.asdict(self.limits.settings),
            "callbacks": dataclasses.asdict(self.courier.settings),
            "delivery": dataclasses.asdict(self.network.settings),
        }

    def configure(self, change: Mapping[str, Any]) -> None:
        """Change some settings: {"limits": {...}, "callbacks": {...}, "delivery": {...}}, fields of the settings classes.

        Raises TypeError for a field that is none.
        """
        limits = dataclasses.replace(self.limits.settings, **change.get("limits", {}))
        callbacks = dataclasses.replace(self.courier.settings, **change.get("callbacks", {}))
        delivery = dataclasses.replace(self.network.settings, **change.get("delivery", {}))
        if limits != self.limits.settings:
            self.limits.configure(limits)
        self.courier.settings, self.network.settings = callbacks, delivery
        self.database.remember("settings", self.settings())

    def put_reception(self, *, on: bool, after_minutes: float) -> None:
        self.reception.on, self.reception.after_minutes = on, after_minutes
        self.database.remember("reception", {"on": on, "after_minutes": after_minutes})

    def idle(self) -> dict[str, Any]:
        """Whether the outside world has anything left to do by itself, and what.

        ``deliveries``: texts that no telephone has yet; ``receipts`` counts them too, and what is still to be told of others,
        which may be told again minutes later. ``next_reply_at``: the world's time of the next persona reply. The receptionist's
        waiting tasks are told but do not count.
        """
        deliveries = self.network.pending()
        receipts = deliveries + self.courier.pending("receipt")
        callbacks = self.courier.pending("inbound")
        replies, next_reply = self.personas.pending()
        return {
            "idle": not (receipts or callbacks or replies),
            "deliveries": deliveries,
            "receipts": receipts,
            "callbacks": callbacks,
            "replies": replies,
            "next_reply_at": next_reply.isoformat() if next_reply else None,
            "reception_waiting": self.reception.waiting(),
        }

    # Life

    async def start(self) -> None:
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64))
        # Before the first text, so that none is dated by the wrong clock when Onedoor is already up.
        await self.clock.read(self.session, FIRST_CLOCK_SECONDS)
        for run in (
            self.clock.follow(self.session),
            self.courier.run(self.session),
            self.network.run(),
            self.personas.run(),
            self.reception.run(),
        ):
            self._running.append(asyncio.create_task(run))
        if self.gp is not None:
            self._running.append(asyncio.create_task(self.gp.run()))

    async def stop(self) -> None:
        for task in self._running:
            task.cancel()
        for outcome in await asyncio.gather(*self._running, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("a part of the simulator had failed: %s", type(outcome).__name__)
        await self.session.close()
        self.database.close()


WORLD: web.AppKey[World] = web.AppKey("world", World)
