"""Events carry sets from a context to the contexts above it, without the lower one knowing who listens.

A handler registered here runs in the transaction of the event, and only if an invariant would break without it. All
other reactions are sweeps ("what is due now?", `onedoor.kernel.jobs`) over what the transaction left, so that a fault in
one never undoes another's work. No Django signals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection


@dataclass(frozen=True)
class Event:
    """Base of all events: past tense, about many subjects at once."""


E = TypeVar("E", bound=Event)
_handlers: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)


def handles(event: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register a handler that runs in the transaction of `event`."""

    def register(handler: Callable[[E], None]) -> Callable[[E], None]:
        if handler not in _handlers[event]:
            _handlers[event].append(handler)
        return handler

    return register


def emit(event: Event) -> None:
    """Call every handler of the event's type, in order of registration, in the present transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("an event is part of a transaction")
    # Looked up without an entry being made: who reacts is known from the wiring alone.
    for handler in _handlers.get(type(event), ()):
        handler(event)


def wiring() -> dict[type[Event], list[Callable[[Any], None]]]:
    """Every event with its handlers, for the generated reference page."""
    return {event: list(handlers) for event, handlers in _handlers.items()}
