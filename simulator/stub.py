"""The fake of GOV.UK Notify for benchmarks: the same doors, the least work a message, everything in memory.

It checks the token, counts, remembers how often each reference was sent, answers after a fixed delay when asked to, and posts a
receipt for every message over a number of kept-alive connections as fast as the receiver answers. No phones, no templates, no
faults. The ledger is the full fake's (``simulator.control``), so that duplicates and 429s are counted the same way.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import hashlib
import importlib
import importlib.util
import random
import signal
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import orjson

from simulator import control
from simulator.govuk import sms
from simulator.govuk.auth import TOLERANCE_SECONDS, Caller, authenticate
from simulator.govuk.errors import NotifyError, day_limited, invalid, not_found, rate_limited
from simulator.govuk.limits import Limits, LimitSettings
from simulator.govuk.services import Service, Services
from simulator.govuk.store import empty_day, stamp
from simulator.http_bytes import Message, cut, written
from simulator.receipts import Receipt, ReceiptPosters

STAMP_SECONDS = 0.05  # dates are as exact as this: making one for each message would cost more than the rest


@dataclass
class StubSettings:
    """``delay_ms``, plus up to ``jitter_ms``, before each 201. ``receipt_connections`` 0 posts no receipts."""

    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    receipt_connections: int = 32
    receipt_retries: int = 5  # messaging.md 1.1, Callbacks
    receipt_retry_seconds: float = 1.0  # invented: 300 in life; nobody waits that long in a benchmark


@dataclass
class _Account:
    """What one service sent: the ledger's days, and how often each reference."""

    service: Service
    references: dict[str, int] = field(default_factory=dict)
    days: dict[str, dict[str, Any]] = field(default_factory=dict)

    def day(self, name: str) -> dict[str, Any]:
        day = self.days.get(name)
        if day is None:
            day = self.days[name] = empty_day(name)
            day["by_status"] = {"sending": 0, "delivered": 0}
        return day


def _identifier(reference: str, copy: int) -> str:
    """The id of the n-th message with a reference, so that a look-up by reference needs no list of ids."""
    text = hashlib.md5(f"{reference}:{copy}".encode(), usedforsecurity=False).hexdigest()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Stub:
    """State and answers; ``respond(message)`` gives (the answer's bytes, what to do once it was written)."""

    def __init__(self, services: Iterable[Service], settings: StubSettings, limits: LimitSettings) -> None:
        self.services = Services(services)
        self.settings = settings
        self.limits = Limits(limits)
        self._tokens: dict[bytes, tuple[Caller, float]] = {}
        self._nameless = 0
        self._tick()
        self.reset()
        self.posters = ReceiptPosters(settings.receipt_connections, self._receipt_done)
        self.posters.configure(settings.receipt_connections, settings.receipt_retries, settings.receipt_retry_seconds)

    def reset(self) -> None:
        """Forget everything that was sent."""
        self._accounts = {service.service_id: _Account(service) for service in self.services}
        self.limits.configure(self.limits.settings)

    def _tick(self) -> None:
        now = dt.datetime.now(dt.UTC)
        self._epoch, self._stamp, self._today = now.timestamp(), stamp(now), now.date().isoformat()

    async def keep_time(self) -> None:
        while True:
            self._tick()
            await asyncio.sleep(STAMP_SECONDS)

    def _receipt_done(self, receipt: Receipt, delivered: bool) -> None:
        account = self._accounts.get(receipt.service.service_id)
        if account is not None and delivered:
            statuses = account.day(receipt.day)["by_status"]
            statuses["sending"] -= 1
            statuses["delivered"] += 1

    def delay(self) -> float:
        settings = self.settings
        return (settings.delay_ms + (random.random() * settings.jitter_ms if settings.jitter_ms else 0.0)) / 1_000

    # Sending

    def send(self, message: Message) -> tuple[bytes, Receipt | None]:
        """Accept one text; the receipt is for the caller to post after the answer."""
        caller: Caller | None = None
        try:
            caller = self._caller(message.header(b"authorization"))
            return self._accept(caller, message.body)
        except NotifyError as error:
            if caller is not None:
                refused = self._accounts[caller.service.service_id].day(self._today)["refused"]
                refused[str(error.status)] = refused.get(str(error.status), 0) + 1
            return written(error.status, orjson.dumps(error.document())), None

    def _accept(self, caller: Caller, body: bytes) -> tuple[bytes, Receipt | None]:
        service, key_type = caller
        limits = self.limits
        if limits.settings.kind != "none":
            if limits.rate_exceeded(service.service_id, key_type, time.monotonic()):
                raise rate_limited(key_type, limits.settings.per_minute)
            if limits.day_exceeded(service.service_id, key_type, self._epoch):
                raise day_limited(limits.settings.per_day)
            limits.count_accepted(service.service_id, key_type, self._epoch)
        try:
            form = orjson.loads(body)
            to, template_id, reference = form["phone_number"], form["template_id"], form.get("reference")
            text = str((form.get("personalisation") or {}).get("message", ""))
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            raise invalid("phone_number is a required property") from None
        account = self._accounts[service.service_id]
        day = account.day(self._today)
        if reference is None:
            self._nameless += 1
            identifier = _identifier("", self._nameless)
        else:
            copy = account.references.get(reference, 0) + 1
            account.references[reference] = copy
            identifier = _identifier(reference, copy)
            if copy == 1:
                day["distinct_references"] += 1
            elif copy == 2:
                day["references_sent_more_than_once"] += 1
        day["accepted"] += 1
        day["fragments"] += sms.fragments(text)
        day["by_status"]["sending"] += 1
        document = {
            "id": identifier,
            "reference": reference,
            "content": {"body": text, "from_number": service.sender},
            "uri": f"/v2/notifications/{identifier}",
            "template": {
                "id": template_id,
                "version": 1,
                "uri": f"/services/{service.service_id}/templates/{template_id}",
            },
        }
        receipt = None
        if self.settings.receipt_connections and service.callback_url_receipts:
            receipt = Receipt(service, identifier, reference, to, template_id, self._stamp, self._today)
        return written(201, orjson.dumps(document)), receipt

    def _caller(self, header: bytes) -> Caller:
        """Each token is checked once; its caller is remembered for as long as it is good (clients cache it for seconds)."""
        known = self._tokens.get(header)
        if known is not None and abs(self._epoch - known[1]) <= TOLERANCE_SECONDS:
            return known[0]
        caller = authenticate(header.decode("latin-1"), self.services, time.time())
        if len(self._tokens) > 1_000:
            self._tokens.clear()
        self._tokens[header] = (caller, time.time())
        return caller

    # Everything else

    def answer(self, message: Message) -> bytes:
        try:
            method, target, _ = message.head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            url = urlsplit(target)
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            return written(200, orjson.dumps(self._read(method, url.path, query, message)))
        except NotifyError as error:
            return written(error.status, orjson.dumps(error.document()))
        except (ValueError, TypeError) as error:
            return written(400, orjson.dumps({"error": str(error)}))

    def _read(self, method: str, path: str, query: dict[str, str], message: Message) -> Any:
        match method, path:
            case "GET", "/v2/notifications":
                return self._list(self._caller(message.header(b"authorization")).service, query.get("reference", ""))
            case "GET", "/control/ledger":
                return self._ledger(query)
            case "GET", "/control/sent":
                reference = query.get("reference", "")
                count = sum(account.references.get(reference, 0) for account in self._accounts.values())
                return {
                    "count": count,
                    "sent": [{"id": _identifier(reference, n), "reference": reference} for n in range(1, count + 1)],
                }
            case "GET", "/control/idle":
                waiting = self.posters.pending()
                return {"idle": waiting == 0, "receipts": waiting, "callbacks": 0, "replies": 0}
            case "GET", "/control/settings":
                return self._settings()
            case "PUT", "/control/settings":
                self._configure(orjson.loads(message.body))
                return self._settings()
            case "POST", "/control/reset":
                self.reset()
                return {"reset": True}
        raise not_found()

    def _ledger(self, query: dict[str, str]) -> dict[str, Any]:
        wanted, only = query.get("service"), query.get("day")
        services = []
        for service_id, account in self._accounts.items():
            if wanted in (None, service_id):
                days = [day for name, day in sorted(account.days.items()) if only in (None, name)]
                # A reference counts on the day it was first sent, so the days' numbers add up.
                distinct = sum(day["distinct_references"] for day in days)
                services.append((service_id, account.service.name, days, distinct))
        return control.ledger(services)

    def _list(self, service: Service, reference: str) -> dict[str, Any]:
        """The look-up that reconciles an unknown outcome (messaging.md 6.2), newest first."""
        copies = self._accounts[service.service_id].references.get(reference, 0)
        found = [
            {
                "id": _identifier(reference, copy),
                "reference": reference,
                "type": "sms",
                "status": "sending",
                "created_at": self._stamp,
                "sent_at": self._stamp,
                "completed_at": None,
            }
            for copy in range(copies, 0, -1)
        ]
        return {"notifications": found, "links": {"current": f"/v2/notifications?reference={reference}"}}

    def _settings(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self.settings), "limits": dataclasses.asdict(self.limits.settings)}

    def _configure(self, change: dict[str, Any]) -> None:
        limits = change.pop("limits", None)
        self.settings = dataclasses.replace(self.settings, **change)
        if limits is not None:
            self.limits.configure(dataclasses.replace(self.limits.settings, **limits))
        settings = self.settings
        self.posters.configure(settings.receipt_connections, settings.receipt_retries, settings.receipt_retry_seconds)


class StubProtocol(asyncio.Protocol):
    """One kept-alive connection; requests on it are answered one after the other."""

    def __init__(self, stub: Stub, connections: set[asyncio.Transport]) -> None:
        self._stub = stub
        self._connections = connections
        self._buffer = bytearray()
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports are one by shape only
        self._connections.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._serve()

    def _serve(self) -> None:
        while not self._busy and self._buffer:
            try:
                message = cut(self._buffer)
            except ValueError:
                self._transport.close()
                return
            if message is None:
                return
            del self._buffer[: message.size]
            if not message.head.startswith(b"POST /v2/notifications/sms "):
                self._transport.write(self._stub.answer(message))
                continue
            answer, receipt = self._stub.send(message)
            delay = self._stub.delay()
            if delay > 0:
                self._busy = True
                asyncio.get_running_loop().call_later(delay, self._finish, answer, receipt)
            else:
                self._write(answer, receipt)

    def _write(self, answer: bytes, receipt: Receipt | None) -> None:
        self._transport.write(answer)
        if receipt is not None:
            self._stub.posters.post(receipt)

    def _finish(self, answer: bytes, receipt: Receipt | None) -> None:
        self._busy = False
        # Accepted is accepted: the receipt goes out even if the caller has hung up meanwhile.
        self._write(answer, receipt)
        self._serve()


async def run(
    host: str, port: int, stub: Stub, *, stopped: asyncio.Event, ready: Callable[[int], None] = lambda port: None
) -> None:
    """Serve until ``stopped`` is set; ``ready`` is told the port."""
    connections: set[asyncio.Transport] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: StubProtocol(stub, connections), host, port, backlog=1_024)
    clock = asyncio.create_task(stub.keep_time())
    ready(server.sockets[0].getsockname()[1])
    try:
        await stopped.wait()
    finally:
        clock.cancel()
        stub.posters.close()
        server.close()
        for transport in list(connections):
            transport.close()


def serve(host: str, port: int, services: Iterable[Service], settings: StubSettings, limits: LimitSettings) -> None:
    """Run until SIGTERM or SIGINT, on uvloop where it is installed."""

    async def until_signalled() -> None:
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await run(
            host,
            port,
            Stub(services, settings, limits),
            stopped=stopped,
            ready=lambda bound: print(f"simulator stub: http://{host}:{bound}/", file=sys.stderr),
        )

    fast = importlib.util.find_spec("uvloop") is not None
    factory = importlib.import_module("uvloop").new_event_loop if fast else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(until_signalled())
