"""The mobile networks: each accepted text arrives, or fails, a little later, and its receipt is posted."""

from __future__ import annotations

import asyncio
import heapq
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from simulator.govuk.callbacks import Courier
from simulator.govuk.faults import Faults
from simulator.govuk.store import Row, Store

# messaging.md 1.1, Test fixtures; only for a test key
TEST_OUTCOMES = {"447700900003": "temporary-failure", "447700900002": "permanent-failure"}
SMOKE_NUMBERS = frozenset({"447700900000", "447700900111", "447700900222"})
FAULT_OUTCOMES = {
    "fail_permanent": "permanent-failure",
    "fail_temporary": "temporary-failure",
    "fail_technical": "technical-failure",
}
CONTRADICTION_SECONDS = 0.2


@dataclass
class DeliverySettings:
    """Real seconds from acceptance to the network's answer. invented: SMS takes seconds to minutes in life."""

    least_seconds: float = 0.3
    most_seconds: float = 1.5
    # How long a receipt told to be reordered waits for later ones to overtake it. invented: real ones have no such bound.
    overtake_seconds: float = 2.0


def receipt(row: Row, status: str | None = None) -> dict[str, Any]:
    """The delivery callback's exact fields (messaging.md 1.1, Callbacks)."""
    return {
        "id": row["id"],
        "reference": row["reference"],
        "to": row["phone_given"],
        "status": status or row["status"],
        "created_at": row["created_at"],
        "completed_at": row["completed_at"],
        "sent_at": row["sent_at"],
        "notification_type": "sms",
        "template_id": row["template_id"],
        "template_version": row["template_version"],
    }


class Network:
    """``arrived(phone, service_id, body)`` is called for each text that reaches its phone."""

    def __init__(
        self,
        store: Store,
        courier: Courier,
        faults: Faults,
        settings: DeliverySettings,
        arrived: Callable[[str, str, str], None],
    ) -> None:
        self._store = store
        self._courier = courier
        self._faults = faults
        self.settings = settings
        self._arrived = arrived
        self._due: list[tuple[float, int]] = []
        self._wake = asyncio.Event()

    def due_at(self) -> float:
        """When a text accepted now will have its answer (real epoch)."""
        return time.time() + random.uniform(self.settings.least_seconds, self.settings.most_seconds)

    def outcome(self, service_id: str, key_type: str, phone: str) -> str:
        """The terminal status a text to this number will get."""
        if key_type == "test" and phone in TEST_OUTCOMES:
            return TEST_OUTCOMES[phone]
        fault = self._faults.take("delivery", service_id, phone)
        return FAULT_OUTCOMES[fault.mode] if fault else "delivered"

    def carry(self, row: Row) -> None:
        """Take an accepted text; it completes at its ``deliver_real``."""
        heapq.heappush(self._due, (row["deliver_real"], row["seq"]))
        self._wake.set()

    async def carry_at_once(self, session: aiohttp.ClientSession, row: Row) -> None:
        """Complete a text now and wait until its receipt was answered (messaging.md 7: callback before response)."""
        with self._store.transaction():
            done = self._store.complete(row["seq"])
            if done is None:
                return
            self._reach_phone(done)
            seq = self._courier.store(done["service_id"], "receipt", receipt(done))
        await self._courier.attempt(session, seq)

    def pending(self) -> int:
        return len(self._due)

    async def run(self) -> None:
        self._due = self._store.undelivered()
        heapq.heapify(self._due)
        while True:
            while self._due and self._due[0][0] <= time.time():
                self._complete(heapq.heappop(self._due)[1])
            wait = self._due[0][0] - time.time() if self._due else None
            self._wake.clear()
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                pass

    def _complete(self, seq: int) -> None:
        with (
            self._store.transaction()
        ):  # killed here, the text is either still on its way or arrived with its receipt due
            row = self._store.complete(seq)
            if row is not None:
                self._reach_phone(row)
                self._post_receipt(row)

    def _reach_phone(self, row: Row) -> None:
        if row["status"] == "delivered":
            self._arrived(row["phone"], row["service_id"], row["body"])

    def _post_receipt(self, row: Row) -> None:
        service_id = row["service_id"]
        fault = self._faults.take("receipt", service_id, row["phone"])
        mode = fault.mode if fault else ""
        document = receipt(row)
        if mode == "receipt_never":
            return
        if mode == "receipt_unknown_id":
            stranger = {**document, "id": str(uuid.uuid4()), "reference": str(uuid.uuid4())}
            self._courier.enqueue(service_id, "receipt", stranger)
        self._courier.enqueue(
            service_id,
            "receipt",
            document,
            delay=self.settings.overtake_seconds if mode == "receipt_reordered" else 0.0,
        )
        if mode == "receipt_duplicate":
            self._courier.enqueue(service_id, "receipt", document)
        if mode == "receipt_contradicted":
            other = "temporary-failure" if row["status"] == "delivered" else "delivered"
            self._courier.enqueue(service_id, "receipt", receipt(row, other), delay=CONTRADICTION_SECONDS)
