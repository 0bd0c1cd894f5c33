"""What is on each phone: threads of texts by sender; writing one is a text received by the service."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from simulator.database import Database
from simulator.govuk.callbacks import Courier
from simulator.govuk.services import Service, Services
from simulator.govuk.sms import national
from simulator.govuk.store import Store, stamp


class NoReplyNumber(Exception):
    """The service has no number that a text could be sent to."""


@dataclass(frozen=True)
class Text:
    incoming: bool
    body: str
    at: dt.datetime
    by_persona: bool


@dataclass(frozen=True)
class Thread:
    """The last word between one phone and one service."""

    phone: str
    service_id: str
    last: Text
    unread: int


class Phones:
    """All phones, known by the 447 form of their number. ``watch`` tells a page when one of them changed."""

    def __init__(
        self,
        database: Database,
        store: Store,
        services: Services,
        courier: Courier,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._database = database
        self._store = store
        self._services = services
        self._courier = courier
        self._now = now
        self._watchers: set[asyncio.Queue[str]] = set()

    def arrive(self, phone: str, service_id: str, body: str) -> None:
        self._write(phone, service_id, body, incoming=True)

    def send(self, phone: str, service: Service, body: str, *, by_persona: bool = False, copies: int = 1) -> None:
        """The phone's owner texts the service; ``copies`` over 1: the network hands the same text over several times.

        Each copy is stored and called back with an id of its own, as Notify does (messaging.md 4.2). Raises NoReplyNumber.
        """
        if not service.inbound_number:
            raise NoReplyNumber(service.name)
        with self._store.transaction():
            self._write(phone, service.service_id, body, incoming=False, by_persona=by_persona)
            for _ in range(copies):
                row = self._store.receive(service.service_id, phone, national(service.inbound_number), body)
                # Number formats differ between the two fields (messaging.md 1.1, Callbacks).
                document = {
                    "id": row["id"],
                    "source_number": row["user_number"],
                    "destination_number": row["notify_number"],
                    "message": row["content"],
                    "date_received": row["created_at"],
                }
                self._courier.enqueue(service.service_id, "inbound", document)

    def _write(self, phone: str, service_id: str, body: str, *, incoming: bool, by_persona: bool = False) -> None:
        self._database.execute(
            "INSERT INTO phone_text (phone, service_id, incoming, body, at, unread, by_persona) VALUES (?, ?, ?, ?, ?, ?, ?)",
            phone,
            service_id,
            incoming,
            body,
            stamp(self._now()),
            incoming,
            by_persona,
        )
        for watcher in self._watchers:
            watcher.put_nowait(phone)

    # Reading

    def threads(self, phone: str | None = None) -> list[Thread]:
        """Of one phone or of all, the latest first."""
        rows = self._database.all(
            "SELECT t.*, latest.unread_texts FROM phone_text AS t JOIN ("
            " SELECT max(seq) AS seq, sum(unread) AS unread_texts FROM phone_text"
            " WHERE ?1 IS NULL OR phone = ?1 GROUP BY phone, service_id) AS latest ON latest.seq = t.seq"
            " ORDER BY t.seq DESC",
            phone,
        )
        return [Thread(row["phone"], row["service_id"], _text(row), row["unread_texts"]) for row in rows]

    def texts(self, phone: str, service_id: str, last: int = 200) -> list[Text]:
        """The end of one thread, oldest first."""
        rows = self._database.all(
            "SELECT * FROM phone_text WHERE phone = ? AND service_id = ? ORDER BY seq DESC LIMIT ?",
            phone,
            service_id,
            last,
        )
        return [_text(row) for row in reversed(rows)]

    def mark_read(self, phone: str, service_id: str) -> None:
        self._database.execute(
            "UPDATE phone_text SET unread = 0 WHERE phone = ? AND service_id = ? AND unread = 1", phone, service_id
        )

    @contextmanager
    def watch(self) -> Iterator[asyncio.Queue[str]]:
        """A queue of the numbers whose phones changed, for as long as the context lasts."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            yield queue
        finally:
            self._watchers.discard(queue)


def _text(row: Any) -> Text:
    return Text(bool(row["incoming"]), row["body"], dt.datetime.fromisoformat(row["at"]), bool(row["by_persona"]))
