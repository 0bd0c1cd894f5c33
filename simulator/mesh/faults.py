"""Faults laid in wait: what goes wrong with a request, and what goes wrong with a message on its way to a mailbox.

A test, a benchmark or somebody playing chaos lays them; they strike in the order in which they were laid. All of it is ours.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CALLS = ("handshake", "send", "list", "download", "acknowledge", "track", "other")
ON_CALLS = ("lose_reply", "cut", "answer", "delay", "pretend")
"""The server does it and the connection breaks; it breaks before; another status and nothing is done; it is done late; the server
says that it did, and did not."""
ON_MESSAGES = ("copy", "hold", "lose", "report")
"""It appears more often, each under an id of its own; only when released; never; never, and a REPORT says so by `code`."""


@dataclass
class Fault:
    """`times` is how often it still strikes, None for ever; `chance` of 1 that it does when it could."""

    do: str
    on: str = "any"
    mailbox: str = ""
    workflow: str = ""
    status: int = 503
    seconds: float = 0.0
    copies: int = 1
    code: str = ""
    contains: list[str] = field(default_factory=list)
    """Only a message in whose content all of these stand."""
    times: int | None = 1
    chance: float = 1.0
    struck: int = field(default=0)

    def document(self) -> dict[str, Any]:
        """As the control door shows it."""
        return dict(vars(self))


def parse(document: Mapping[str, Any]) -> Fault:
    """A fault of a JSON object. Raises ValueError or TypeError."""
    fault = Fault(**{key: value for key, value in document.items() if key != "struck"})
    if fault.do not in ON_CALLS + ON_MESSAGES:
        raise ValueError(f"no such fault: {fault.do!r}")
    if fault.do in ON_CALLS and fault.on not in (*CALLS, "any"):
        raise ValueError(f"no such call: {fault.on!r}")
    fault.mailbox = fault.mailbox.upper()
    return fault


class Faults:
    """Those that are laid. The seed makes chances come again the same."""

    def __init__(self) -> None:
        self.laid: list[Fault] = []
        self._chance = random.Random(0)

    def replace(self, faults: list[Fault], seed: int = 0) -> None:
        """Lay these instead of all others."""
        self.laid, self._chance = faults, random.Random(seed)

    def for_call(self, call: str, mailbox: str) -> Fault | None:
        """What strikes this request of this mailbox."""
        return self._first(
            lambda fault: fault.do in ON_CALLS and fault.on in ("any", call) and fault.mailbox in ("", mailbox)
        )

    def for_message(self, recipient: str, workflow: str, content: bytes) -> Fault | None:
        """What strikes this message on its way."""
        return self._first(
            lambda fault: (
                fault.do in ON_MESSAGES
                and fault.mailbox in ("", recipient)
                and fault.workflow in ("", workflow)
                and all(word.encode() in content for word in fault.contains)
            )
        )

    def _first(self, fits: Any) -> Fault | None:
        for fault in self.laid:
            if fault.times == 0 or not fits(fault):
                continue
            if fault.chance < 1 and self._chance.random() >= fault.chance:
                continue
            fault.struck += 1
            if fault.times is not None:
                fault.times -= 1
            return fault
        return None
