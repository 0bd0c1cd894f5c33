"""The menu: what a plan may begin with (menu.toml)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MENU = Path(__file__).parent / "menu.toml"


@dataclass(frozen=True)
class MenuEntry:
    """Something that others have done; `ease` and `impact` are empty where the source does not rate them."""

    key: str
    area: str
    title: str
    text: str
    level: str
    window: str
    ease: str = ""
    impact: str = ""


@cache
def menu() -> tuple[MenuEntry, ...]:
    """All entries, as the file has them."""
    return tuple(MenuEntry(**one) for one in tomllib.loads(MENU.read_text(encoding="utf-8"))["entries"])
