"""The kinds of work that there are, declared by the contexts that make it."""

from __future__ import annotations

from onedoor.tasks.types import Kind

_kinds: dict[str, Kind] = {}


def declare_kind(kind: Kind) -> Kind:
    """Declare a kind of work; called once by the context that makes it, when the application is ready."""
    _kinds[kind.name] = kind
    return kind


def kind_of(name: str) -> Kind:
    """The declared kind of this name; KeyError when nobody declared it."""
    return _kinds[name]


def kinds() -> list[Kind]:
    """All declared kinds."""
    return list(_kinds.values())
