"""The simulator's memory: one SQLite file, so that it can be killed and started again with nothing forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson

SCHEMA_VERSION = 1

SCHEMA = """
CREATE TABLE IF NOT EXISTS service (service_id TEXT PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notification (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    service_id TEXT NOT NULL,
    key_type TEXT NOT NULL,
    reference TEXT,
    phone TEXT NOT NULL,            -- 447 form
    phone_given TEXT NOT NULL,      -- as the caller wrote it
    body TEXT NOT NULL,
    template_id TEXT NOT NULL,
    template_version INTEGER NOT NULL,
    status TEXT NOT NULL,
    outcome TEXT NOT NULL,          -- the terminal status it will get
    fragments INTEGER NOT NULL,
    day TEXT NOT NULL,              -- London date of the world's clock
    created_at TEXT NOT NULL,       -- the world's clock, UTC
    sent_at TEXT,
    completed_at TEXT,
    created_real REAL NOT NULL,     -- real time: retention and limits
    deliver_real REAL NOT NULL      -- real time at which the network answers
);
CREATE INDEX IF NOT EXISTS notification_reference ON notification (service_id, reference);
CREATE INDEX IF NOT EXISTS notification_day ON notification (service_id, day);
CREATE INDEX IF NOT EXISTS notification_open ON notification (deliver_real) WHERE completed_at IS NULL;
CREATE TABLE IF NOT EXISTS refusal (
    service_id TEXT NOT NULL, day TEXT NOT NULL, status INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (service_id, day, status)
);
CREATE TABLE IF NOT EXISTS received (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    service_id TEXT NOT NULL,
    user_number TEXT NOT NULL,      -- 447 form
    notify_number TEXT NOT NULL,    -- 07 form
    content TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_real REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS callback (
    seq INTEGER PRIMARY KEY,
    service_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('receipt', 'inbound')),
    payload TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_real REAL NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dropped')),
    last_result TEXT
);
CREATE INDEX IF NOT EXISTS callback_pending ON callback (next_real) WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS phone_text (
    seq INTEGER PRIMARY KEY,
    phone TEXT NOT NULL,            -- 447 form: whose phone
    service_id TEXT NOT NULL,       -- whom the thread is with
    incoming INTEGER NOT NULL,      -- 1: arrived on the phone; 0: written by its owner
    body TEXT NOT NULL,
    at TEXT NOT NULL,
    unread INTEGER NOT NULL,
    by_persona INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS phone_text_thread ON phone_text (phone, service_id, seq);
CREATE TABLE IF NOT EXISTS persona_reply (
    seq INTEGER PRIMARY KEY,
    phone TEXT NOT NULL,
    service_id TEXT NOT NULL,
    answered TEXT NOT NULL,         -- the text it answers: the same wording never earns the same reply twice
    text TEXT NOT NULL,
    due REAL NOT NULL,              -- the world's clock, seconds since 1970
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'withdrawn')),
    UNIQUE (phone, service_id, answered, text)
);
CREATE INDEX IF NOT EXISTS persona_reply_pending ON persona_reply (due) WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Database:
    """Synchronous SQLite in one event loop: every statement outside ``transaction()`` commits by itself.

    WAL with synchronous NORMAL: a commit survives the death of the process, which is what is promised, not of the machine.
    """

    def __init__(self, path: str | None) -> None:
        """``path`` None keeps everything in memory. Raises RuntimeError for a file of another version."""
        self._connection = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, SCHEMA_VERSION):
            raise RuntimeError(f"{path} was written by another version of the simulator; delete it or use another file")
        self._connection.executescript(SCHEMA)
        self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def script(self, statements: str) -> None:
        """Make a part's own tables, where they are not made yet."""
        self._connection.executescript(statements)

    def execute(self, sql: str, *values: Any) -> int:
        """Run one statement; returns the number of changed rows."""
        return self._connection.execute(sql, values).rowcount

    def insert(self, sql: str, *values: Any) -> int:
        """Run one INSERT; returns the new row's seq."""
        return self._connection.execute(sql, values).lastrowid or 0

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        return self._connection.execute(sql, values).fetchall()

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def count(self, sql: str, *values: Any) -> int:
        row = self.one(sql, *values)
        return int(row[0]) if row else 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; no await inside. Inside another transaction it is part of that one."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def setting(self, key: str) -> Any:
        """A remembered JSON value, or None."""
        row = self.one("SELECT value FROM setting WHERE key = ?", key)
        return orjson.loads(row[0]) if row else None

    def remember(self, key: str, value: Any) -> None:
        self.execute(
            "INSERT INTO setting VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            key,
            orjson.dumps(value).decode(),
        )

    def close(self) -> None:
        self._connection.close()
