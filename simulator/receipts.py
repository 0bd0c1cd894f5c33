"""Posts delivery receipts over many kept-alive connections, one at a time on each, as fast as the receiver answers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import orjson

from simulator.govuk.services import Service
from simulator.http_bytes import cut

RECONNECT_SECONDS = 0.2


class Receipt(NamedTuple):
    service: Service
    id: str
    reference: str | None
    to: str
    template_id: str
    stamp: str
    day: str
    attempts: int = 0


Done = Callable[[Receipt, bool], None]


class _Connection(asyncio.Protocol):
    """One connection of a pool. At most one receipt is on the road."""

    def __init__(self, pool: _Pool) -> None:
        self._pool = pool
        self._buffer = bytearray()
        self._sent: Receipt | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports are one by shape only
        self._pool.ready(self)

    def send(self, receipt: Receipt) -> None:
        assert self._transport is not None
        self._sent = receipt
        self._transport.write(self._pool.request(receipt))

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._buffer += data
        try:
            message = cut(self._buffer)
            if message is None:
                return
            status = int(message.head[9:12])
        except ValueError:
            self._transport.close()
            return
        del self._buffer[: message.size]
        receipt, self._sent = self._sent, None
        if receipt is not None:
            self._pool.answered(receipt, status)
        if b"\r\nconnection: close" in message.lower:
            self._transport.close()
        else:
            self._pool.ready(self)

    def connection_lost(self, exc: Exception | None) -> None:
        receipt, self._sent = self._sent, None
        if receipt is not None:
            self._pool.answered(receipt, 0)
        self._pool.lost(self)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class _Pool:
    """The connections to one host and port, and the receipts waiting for them."""

    def __init__(self, host: str, port: int, owner: ReceiptPosters) -> None:
        self._host = host
        self._port = port
        self._owner = owner
        self._queue: deque[Receipt] = deque()
        self._free: list[_Connection] = []
        self._all: set[_Connection] = set()
        self._opening = 0
        self._prefixes: dict[str, bytes] = {}
        self._reconnecting: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def post(self, receipt: Receipt) -> None:
        if self._free:
            self._free.pop().send(receipt)
            return
        self._queue.append(receipt)
        if len(self._all) + self._opening < self._owner.connections and self._reconnecting is None:
            self._open()

    def _open(self) -> None:
        self._opening += 1
        task = asyncio.get_running_loop().create_task(self._connect())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self) -> None:
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: _Connection(self), self._host, self._port
            )
            self._all.add(connection)
        except OSError:
            self._reopen_later()
        finally:
            self._opening -= 1

    def _reopen_later(self) -> None:
        if self._reconnecting is None and not self._owner.closed:
            self._reconnecting = asyncio.get_running_loop().call_later(RECONNECT_SECONDS, self._reopen)

    def _reopen(self) -> None:
        self._reconnecting = None
        missing = self._owner.connections - len(self._all) - self._opening
        for _ in range(min(missing, len(self._queue))):
            self._open()

    def ready(self, connection: _Connection) -> None:
        if self._queue:
            connection.send(self._queue.popleft())
        else:
            self._free.append(connection)

    def lost(self, connection: _Connection) -> None:
        self._all.discard(connection)
        if connection in self._free:
            self._free.remove(connection)
        if self._queue:
            self._reopen_later()

    def answered(self, receipt: Receipt, status: int) -> None:
        """``status`` 0: the connection broke. Retried as Notify does (messaging.md 1.1, Callbacks)."""
        owner = self._owner
        if 200 <= status < 400:
            owner.done(receipt, True)
        elif (400 <= status < 500 and status != 429) or receipt.attempts >= owner.retries:
            owner.done(receipt, False)
        else:
            again = receipt._replace(attempts=receipt.attempts + 1)
            asyncio.get_running_loop().call_later(owner.retry_seconds, self.post, again)

    def request(self, receipt: Receipt) -> bytes:
        service = receipt.service
        prefix = self._prefixes.get(service.service_id)
        if prefix is None:
            url = urlsplit(service.callback_url_receipts)
            prefix = self._prefixes[service.service_id] = (
                f"POST {url.path or '/'} HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {service.callback_token}\r\n"
                "Content-Type: application/json\r\nContent-Length: "
            ).encode()
        body = orjson.dumps(
            {
                "id": receipt.id,
                "reference": receipt.reference,
                "to": receipt.to,
                "status": "delivered",
                "created_at": receipt.stamp,
                "completed_at": receipt.stamp,
                "sent_at": receipt.stamp,
                "notification_type": "sms",
                "template_id": receipt.template_id,
                "template_version": 1,
            }
        )
        return b"%s%d\r\n\r\n%s" % (prefix, len(body), body)

    def close(self) -> None:
        if self._reconnecting is not None:
            self._reconnecting.cancel()
        for task in self._tasks:
            task.cancel()
        for connection in self._all:
            connection.close()


class ReceiptPosters:
    """``done(receipt, delivered)`` is called once for each receipt: answered well, or given up."""

    def __init__(self, connections: int, done: Done) -> None:
        self.connections = connections
        self.retries = 5
        self.retry_seconds = 1.0
        self.closed = False
        self._done = done
        self._pools: dict[tuple[str, int], _Pool] = {}
        self._by_service: dict[str, _Pool] = {}
        self._pending = 0

    def configure(self, connections: int, retries: int, retry_seconds: float) -> None:
        self.connections, self.retries, self.retry_seconds = connections, retries, retry_seconds

    def post(self, receipt: Receipt) -> None:
        self._pending += 1
        self._pool(receipt.service).post(receipt)

    def done(self, receipt: Receipt, delivered: bool) -> None:
        self._pending -= 1
        self._done(receipt, delivered)

    def pending(self) -> int:
        """Receipts not yet answered or given up."""
        return self._pending

    def _pool(self, service: Service) -> _Pool:
        pool = self._by_service.get(service.service_id)
        if pool is None:
            url = urlsplit(service.callback_url_receipts)
            key = (url.hostname or "127.0.0.1", url.port or 80)
            pool = self._pools.setdefault(key, _Pool(*key, self))
            self._by_service[service.service_id] = pool
        return pool

    def close(self) -> None:
        self.closed = True
        for pool in self._pools.values():
            pool.close()
