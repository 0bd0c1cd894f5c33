"""What the fake remembers: accepted messages, received texts, refusals, and the ledger over them."""

from __future__ import annotations

import datetime as dt
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from simulator.clock import LONDON
from simulator.database import Database

PAGE_SIZE = 250  # messaging.md 1.1, Read: 250 a page for both lists
RETENTION_SECONDS = (
    7 * 86_400
)  # messaging.md 1.1, Limits: 7 days by default; after it no status and no reference lookup

Row = sqlite3.Row


def stamp(moment: dt.datetime) -> str:
    """Notify's date format: UTC, microseconds, Z."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True)
class NewNotification:
    service_id: str
    key_type: str
    reference: str | None
    phone: str
    phone_given: str
    body: str
    template_id: str
    template_version: int
    outcome: str
    fragments: int
    deliver_real: float


class Store:
    """``now`` gives the world's time (every date shown); ``epoch`` real seconds (retention)."""

    def __init__(self, database: Database, now: Callable[[], dt.datetime], epoch: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._epoch = epoch

    def today(self) -> str:
        """The ledger's day: the London date, as Notify keys its billing facts (messaging.md 4.3), of the world's clock."""
        return self._now().astimezone(LONDON).date().isoformat()

    def transaction(self) -> AbstractContextManager[None]:
        return self._database.transaction()

    # Messages

    def accept(self, new: NewNotification) -> Row:
        """Commit one message. The same reference again is another message (messaging.md 6.1: GOV.UK sends again)."""
        created = stamp(self._now())
        seq = self._database.insert(
            "INSERT INTO notification (id, service_id, key_type, reference, phone, phone_given, body, template_id,"
            " template_version, status, outcome, fragments, day, created_at, sent_at, created_real, deliver_real)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'sending', ?, ?, ?, ?, ?, ?, ?)",
            str(uuid.uuid4()),
            new.service_id,
            new.key_type,
            new.reference,
            new.phone,
            new.phone_given,
            new.body,
            new.template_id,
            new.template_version,
            new.outcome,
            new.fragments,
            self.today(),
            created,
            created,
            self._epoch(),
            new.deliver_real,
        )
        row = self._database.one("SELECT * FROM notification WHERE seq = ?", seq)
        assert row is not None
        return row

    def complete(self, seq: int) -> Row | None:
        """Give a message its terminal status; None when it already has one."""
        changed = self._database.execute(
            "UPDATE notification SET status = outcome, completed_at = ? WHERE seq = ? AND completed_at IS NULL",
            stamp(self._now()),
            seq,
        )
        return self._database.one("SELECT * FROM notification WHERE seq = ?", seq) if changed else None

    def undelivered(self) -> list[tuple[float, int]]:
        """(real time due, seq) of every message the network has not answered yet."""
        rows = self._database.all("SELECT deliver_real, seq FROM notification WHERE completed_at IS NULL")
        return [(row[0], row[1]) for row in rows]

    def notification(self, service_id: str, notification_id: str) -> Row | None:
        return self._database.one(
            "SELECT * FROM notification WHERE id = ? AND service_id = ? AND created_real > ?",
            notification_id,
            service_id,
            self._retained_since(),
        )

    def notifications(
        self, service_id: str, key_type: str, *, statuses: Sequence[str], reference: str | None, older_than: str | None
    ) -> list[Row]:
        """One page, newest first, of the messages sent with this kind of key (messaging.md 1.1, Read)."""
        where = "service_id = ? AND key_type = ? AND created_real > ?"
        values: list[Any] = [service_id, key_type, self._retained_since()]
        if reference is not None:
            where += " AND reference = ?"
            values.append(reference)
        if statuses:
            where += f" AND status IN ({', '.join('?' * len(statuses))})"
            values.extend(statuses)
        if older_than:
            where += " AND seq < (SELECT seq FROM notification WHERE id = ?)"
            values.append(older_than)
        return self._database.all(
            f"SELECT * FROM notification WHERE {where} ORDER BY seq DESC LIMIT {PAGE_SIZE}", *values
        )

    def accepted_since(self, service_id: str, key_type: str, real: float) -> int:
        return self._database.count(
            "SELECT count(*) FROM notification WHERE service_id = ? AND key_type = ? AND created_real >= ?",
            service_id,
            key_type,
            real,
        )

    # Received texts

    def receive(self, service_id: str, user_number: str, notify_number: str, content: str) -> Row:
        """Store one text from a phone. Repeats are stored as they come, each with its own id (messaging.md 4.2)."""
        seq = self._database.insert(
            "INSERT INTO received (id, service_id, user_number, notify_number, content, created_at, created_real)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            str(uuid.uuid4()),
            service_id,
            user_number,
            notify_number,
            content,
            stamp(self._now()),
            self._epoch(),
        )
        row = self._database.one("SELECT * FROM received WHERE seq = ?", seq)
        assert row is not None
        return row

    def received(self, service_id: str, older_than: str | None) -> list[Row]:
        where = "service_id = ? AND created_real > ?"
        values: list[Any] = [service_id, self._retained_since()]
        if older_than:
            where += " AND seq < (SELECT seq FROM received WHERE id = ?)"
            values.append(older_than)
        return self._database.all(f"SELECT * FROM received WHERE {where} ORDER BY seq DESC LIMIT {PAGE_SIZE}", *values)

    # The ledger

    def count_refusal(self, service_id: str, status: int) -> None:
        self._database.execute(
            "INSERT INTO refusal VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
            service_id,
            self.today(),
            status,
        )

    def ledger(self, service_id: str, day: str | None = None) -> list[dict[str, Any]]:
        """What one service sent, by day: see ``simulator.control`` for the shape."""
        days: dict[str, dict[str, Any]] = {}

        def of(name: str) -> dict[str, Any]:
            return days.setdefault(name, empty_day(name))

        only = "" if day is None else " AND day = ?"
        values = (service_id,) if day is None else (service_id, day)
        for row in self._database.all(
            "SELECT day, count(*) AS accepted, count(DISTINCT reference) AS distinct_references,"
            " sum(fragments) AS fragments FROM notification WHERE service_id = ?" + only + " GROUP BY day",
            *values,
        ):
            of(row["day"]).update({key: row[key] for key in ("accepted", "distinct_references", "fragments")})
        for row in self._database.all(
            "SELECT day, status, count(*) FROM notification WHERE service_id = ?" + only + " GROUP BY day, status",
            *values,
        ):
            of(row[0])["by_status"][row[1]] = row[2]
        for row in self._database.all(
            # A repeat belongs to the day of its last copy, whichever day the first went out.
            "SELECT max(day) AS day, count(*) FROM notification WHERE service_id = ? AND reference IS NOT NULL"
            " GROUP BY reference HAVING count(*) > 1",
            service_id,
        ):
            if day in (None, row[0]):
                of(row[0])["references_sent_more_than_once"] += 1
        for row in self._database.all("SELECT day, status, count FROM refusal WHERE service_id = ?" + only, *values):
            of(row[0])["refused"][str(row[1])] = row[2]
        return [days[name] for name in sorted(days)]

    def distinct_references(self, service_id: str, day: str | None = None) -> int:
        """Over all days, or of one: a reference sent on two days counts once."""
        return self._database.count(
            "SELECT count(DISTINCT reference) FROM notification WHERE service_id = ? AND (? IS NULL OR day = ?)",
            service_id,
            day,
            day,
        )

    def sent(self, reference: str) -> list[dict[str, Any]]:
        rows = self._database.all("SELECT * FROM notification WHERE reference = ? ORDER BY seq", reference)
        return [
            {
                key: row[key]
                for key in ("id", "service_id", "reference", "status", "fragments", "created_at", "completed_at")
            }
            for row in rows
        ]

    def _retained_since(self) -> float:
        return self._epoch() - RETENTION_SECONDS


def empty_day(day: str) -> dict[str, Any]:
    return {
        "day": day,
        "accepted": 0,
        "distinct_references": 0,
        "references_sent_more_than_once": 0,
        "by_status": {},
        "fragments": 0,
        "refused": {},
    }
