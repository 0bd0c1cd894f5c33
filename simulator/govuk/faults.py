"""Faults on order (messaging.md 7, fake provider modes): for one number, for the next N messages, or for everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from simulator.govuk.sms import international

Stage = Literal["post", "delivery", "receipt"]

MODES: dict[str, Stage] = {
    # the POST
    "accept_then_drop": "post",  # the message is committed, then the connection closes without an answer
    "accept_after": "post",  # committed at once, 201 only after ``seconds``
    "drop": "post",  # the connection closes and nothing was committed
    "refuse_400": "post",
    "refuse_429": "post",
    "error_500": "post",
    "refuse_503": "post",
    "receipt_early": "post",  # the receipt is posted, and answered, before the 201 is
    # what the networks make of the message
    "fail_permanent": "delivery",
    "fail_temporary": "delivery",
    "fail_technical": "delivery",
    # the receipt
    "receipt_duplicate": "receipt",  # posted twice
    "receipt_reordered": "receipt",  # held back so that later ones overtake it
    "receipt_contradicted": "receipt",  # a different terminal status is posted afterwards
    "receipt_unknown_id": "receipt",  # about a message we never sent, then the real one
    "receipt_never": "receipt",
}
DEFAULT_SECONDS = 31.0  # just past the official client's 30 seconds (messaging.md 1.1, Python client)


@dataclass
class Fault:
    """``phone`` (447 form) and ``service_id`` narrow it; ``next`` counts down, None means until it is taken away."""

    mode: str
    phone: str | None = None
    service_id: str | None = None
    next: int | None = None
    seconds: float = DEFAULT_SECONDS

    def document(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if value is not None}


def parse_fault(document: Mapping[str, Any]) -> Fault:
    """Raises ValueError for an unknown mode or a number that is none."""
    mode = document.get("mode")
    if mode not in MODES:
        raise ValueError(f"unknown mode {mode!r}; known: {', '.join(MODES)}")
    phone = document.get("phone")
    remaining = document.get("next")
    return Fault(
        mode=mode,
        phone=international(phone) if phone else None,
        service_id=document.get("service_id"),
        next=None if remaining is None else int(remaining),
        seconds=float(document.get("seconds", DEFAULT_SECONDS)),
    )


class Faults:
    """The faults in force, asked once for each stage of each message."""

    def __init__(self, faults: Iterable[Fault], changed: Callable[[list[dict[str, Any]]], None]) -> None:
        """``changed`` is told the faults left whenever they change, so that a restart goes on counting."""
        self._faults = list(faults)
        self._changed = changed

    def replace(self, faults: Iterable[Fault]) -> None:
        self._faults = list(faults)
        self._changed(self.document())

    def document(self) -> list[dict[str, Any]]:
        return [fault.document() for fault in self._faults]

    def take(self, stage: Stage, service_id: str, phone: str) -> Fault | None:
        """The first fault that fits this message, used up by one."""
        for fault in self._faults:
            if MODES[fault.mode] == stage and fault.phone in (None, phone) and fault.service_id in (None, service_id):
                if fault.next is not None:
                    fault.next -= 1
                    if fault.next <= 0:
                        self._faults.remove(fault)
                    self._changed(self.document())
                return fault
        return None
