"""The sandbox's store of messages, kept in one SQLite file so that it can be killed and started with nothing forgotten.

The sandbox has a file mode, which is not used: it writes a message's JSON in place, so that one killed while it acknowledges
forgets the message; takes every folder for a mailbox with the password `password`; lists a message twice whose chunks were still
coming when it stopped; and its reset reads old messages again (interop.md 1.2, 1.5; store/file_store.py and canned_store.py of
the package). Here each step is one transaction, and what is in which inbox follows from the messages themselves.
"""

from __future__ import annotations

import gzip
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from simulator.mesh.sandbox import (
    EnvConfig,
    Mailbox,
    MemoryStore,
    Message,
    MessageEvent,
    MessageStatus,
    deserialise_model,
    logger,
    serialise_model,
)
from simulator.mesh.settings import Settings

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id TEXT PRIMARY KEY, document BLOB NOT NULL,
    place TEXT NOT NULL DEFAULT '',             -- held or lost; else it is where its status says
    seq INTEGER NOT NULL                        -- the order of coming
);
CREATE TABLE IF NOT EXISTS chunk (message_id TEXT, number INTEGER, content BLOB NOT NULL, PRIMARY KEY (message_id, number));
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class KeptStore(MemoryStore):
    """Messages are in memory for speed, their content is in the file only; without a file it is in memory too."""

    def __init__(self, settings: Settings, file: Path | None) -> None:
        self._settings = settings
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        # One thread uses it at a time: the server's, and before that whoever builds it.
        self._db = sqlite3.connect(str(file or ":memory:"), isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)
        self.held: dict[str, Message] = {}
        self.lost: set[str] = set()
        self.later = timedelta(seconds=float(self.recall("later") or 0))
        """How much later it is here than in the world: for whoever wants to see messages expire."""
        config = EnvConfig()
        config.shared_key, config.auth_mode = settings.shared_key, "full"
        super().__init__(config, logger)

    def initialise(self) -> None:
        """Everything as the file has it."""
        self.apply(self._settings)
        self.messages: dict[str, Message] = {}
        self.chunks: dict[str, list[bytes | None]] = defaultdict(list)
        self.waiting: dict[str, dict[str, Message]] = defaultdict(dict)
        self.outboxes: dict[str, list[Message]] = defaultdict(list)
        self.local_ids: dict[str, dict[str, list[Message]]] = defaultdict(lambda: defaultdict(list))
        self.held.clear()
        self.lost.clear()
        self._seq = 0
        for document, place, seq in self._db.execute("SELECT document, place, seq FROM message ORDER BY seq"):
            message = deserialise_model(orjson.loads(document), Message)
            assert message is not None
            self._seq = seq
            self.messages[message.message_id] = message
            if message.sender.mailbox_id:
                self._to_outbox(message)
            if place == "held":
                self.held[message.message_id] = message
            elif place == "lost":
                self.lost.add(message.message_id)
            elif message.status == MessageStatus.ACCEPTED:
                self.waiting[message.recipient.mailbox_id][message.message_id] = message

    def apply(self, settings: Settings) -> None:
        """Mailboxes and rules as these settings have them; messages stay."""
        self._settings = settings
        if hasattr(self, "_config"):
            self._config.shared_key = settings.shared_key
        self.mailboxes = {
            box.mailbox_id: Mailbox(
                mailbox_id=box.mailbox_id,
                mailbox_name=box.name,
                ods_code=box.ods_code,
                org_code=box.ods_code,
                org_name=box.name,
                password=box.password,
            )
            for box in settings.boxes.values()
        }
        self.endpoints: dict[str, list[Mailbox]] = defaultdict(list)
        for workflow_id in settings.workflows:
            for box in self.mailboxes.values():
                if settings.may_receive(box.mailbox_id, workflow_id):
                    self.endpoints[workflow_id].append(box)
                    self.endpoints[f"{box.ods_code}/{workflow_id}"].append(box)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def now(self) -> datetime:
        """The sandbox's time, naive UTC as it writes it."""
        return datetime.now(UTC).replace(tzinfo=None) + self.later

    def recall(self, name: str) -> str | None:
        """Something small that is kept besides messages."""
        row = self._db.execute("SELECT value FROM kept WHERE name = ?", [name]).fetchone()
        return row[0] if row else None

    def keep(self, name: str, value: str) -> None:
        """Keep something small."""
        self._db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", [name, value])

    async def get_mailbox(self, mailbox_id: str, accessed: bool = False) -> Mailbox | None:
        box: Mailbox | None = self.mailboxes.get(mailbox_id)
        if box is not None:
            box.inbox_count = len(self.waiting[mailbox_id])
        return box

    async def save_message(self, message: Message) -> None:
        self.messages[message.message_id] = message
        if message.status != MessageStatus.ACCEPTED:
            self.waiting[message.recipient.mailbox_id].pop(message.message_id, None)
        row = self._db.execute("SELECT seq FROM message WHERE id = ?", [message.message_id]).fetchone()
        if row is None:
            self._seq += 1
        with self._db:
            self._db.execute(
                """INSERT INTO message (id, document, seq) VALUES (?, ?, ?)
                   ON CONFLICT (id) DO UPDATE SET document = excluded.document""",
                [message.message_id, orjson.dumps(serialise_model(message)), self._seq],
            )
            if message.status == MessageStatus.ACKNOWLEDGED:
                self._db.execute("DELETE FROM chunk WHERE message_id = ?", [message.message_id])

    async def save_chunk(self, message: Message, chunk_number: int, chunk: bytes | None) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO chunk VALUES (?, ?, ?)", [message.message_id, chunk_number, chunk or b""]
        )

    async def get_chunk(self, message: Message, chunk_number: int) -> bytes | None:
        row = self._db.execute(
            "SELECT content FROM chunk WHERE message_id = ? AND number = ?", [message.message_id, chunk_number]
        ).fetchone()
        return bytes(row[0]) if row else None

    async def get_file_size(self, message: Message) -> int:
        row = self._db.execute(
            "SELECT coalesce(sum(length(content)), 0) FROM chunk WHERE message_id = ?", [message.message_id]
        ).fetchone()
        return int(row[0])

    async def whole(self, message: Message) -> bytes:
        """Its content, unpacked; as it was sent where that cannot be done."""
        parts = [await self.get_chunk(message, n + 1) or b"" for n in range(message.total_chunks)]
        if message.metadata.content_encoding == "gzip":
            with suppress(OSError, EOFError, zlib.error):
                parts = [gzip.decompress(part) for part in parts if part]
        return b"".join(parts)

    def chunks_of(self, message: Message) -> int:
        """How many of its chunks have come."""
        row = self._db.execute("SELECT count(*) FROM chunk WHERE message_id = ?", [message.message_id]).fetchone()
        return int(row[0])

    def copy_chunks(self, of: Message, to: Message) -> None:
        """Give a copy the same content."""
        self._db.execute(
            "INSERT INTO chunk SELECT ?, number, content FROM chunk WHERE message_id = ?",
            [to.message_id, of.message_id],
        )

    def put(self, message: Message, place: str) -> None:
        """Into its inbox (""), held back, or lost on the way."""
        self._db.execute("UPDATE message SET place = ? WHERE id = ?", [place, message.message_id])
        self.held.pop(message.message_id, None)
        if place == "held":
            self.held[message.message_id] = message
        elif place == "lost":
            self.lost.add(message.message_id)
        else:
            self.waiting[message.recipient.mailbox_id][message.message_id] = message

    async def add_to_inbox(self, message: Message) -> None:
        self.put(message, "")

    async def add_to_outbox(self, message: Message) -> None:
        if message.sender.mailbox_id:
            self._to_outbox(message)

    def _to_outbox(self, message: Message) -> None:
        self.outboxes[message.sender.mailbox_id].insert(0, message)
        if message.metadata.local_id:
            self.local_ids[message.sender.mailbox_id][message.metadata.local_id].insert(0, message)

    async def get_inbox_messages(
        self, mailbox_id: str, predicate: Callable[[Message], bool] | None = None
    ) -> list[Message]:
        return [message for message in self.waiting[mailbox_id].values() if predicate is None or predicate(message)]

    def overdue(self) -> list[Message]:
        """Messages that nobody collected before their time was over: five days (interop.md 1.6, expiry)."""
        now = self.now()
        return [
            message
            for inbox in self.waiting.values()
            for message in inbox.values()
            if message.inbox_expiry_timestamp and message.inbox_expiry_timestamp <= now
        ]

    async def fail(self, message: Message, status: str, code: str, text: str) -> None:
        """It will not be delivered, and tracking says so."""
        message.events.insert(0, MessageEvent(status=status, code=code, event="SEND", description=text))
        self.held.pop(message.message_id, None)
        await self.save_message(message)

    async def reset(self) -> None:
        """Forget every message, in memory and in the file."""
        with self._db:
            self._db.execute("DELETE FROM message")
            self._db.execute("DELETE FROM chunk")
            self._db.execute("DELETE FROM kept")
        self.later = timedelta()
        self.initialise()

    async def reset_mailbox(self, mailbox_id: str) -> None:
        """Forget what one mailbox sent and received."""
        gone = [
            key
            for key, message in self.messages.items()
            if mailbox_id in (message.recipient.mailbox_id, message.sender.mailbox_id)
        ]
        with self._db:
            self._db.executemany("DELETE FROM message WHERE id = ?", [[key] for key in gone])
            self._db.executemany("DELETE FROM chunk WHERE message_id = ?", [[key] for key in gone])
        self.initialise()
