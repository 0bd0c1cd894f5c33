"""The declared purposes of texts."""

from __future__ import annotations

from onedoor.messaging.types import Group, Purpose

_purposes: dict[str, Purpose] = {}


def declare_purpose(purpose: Purpose) -> Purpose:
    """Declare why texts are sent; called by the context that sends them, when the application is ready."""
    _purposes[purpose.name] = purpose
    return purpose


def purpose_of(name: str) -> Purpose:
    """The declared purpose of this name; KeyError when nobody declared it."""
    return _purposes[name]


def at_any_hour() -> list[str]:
    """Names of the purposes that keep no quiet hours."""
    return [purpose.name for purpose in _purposes.values() if not purpose.quiet_hours]


def group_of(name: str) -> Group:
    """The column of the suppression matrix that holds for a purpose; the strictest when nobody declares it any more."""
    purpose = _purposes.get(name)
    return purpose.group if purpose else "result"
