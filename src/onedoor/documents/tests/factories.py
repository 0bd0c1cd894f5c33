"""Example letters for tests: those of the demonstration, all people fictional."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from onedoor.documents.api import facts_from_json
from onedoor.documents.types import Facts

_FILE = Path(__file__).parents[4] / "localities" / "demo" / "letters.json"
EXAMPLES: dict[str, Facts] = {
    name: facts_from_json({**(kept := json.loads(_FILE.read_text(encoding="utf-8")))["shared"], **own})
    for name, own in json.loads(_FILE.read_text(encoding="utf-8"))["letters"].items()
}


def facts(name: str = "welcome", **other: Any) -> Facts:
    """The facts of an example letter, with others in their place."""
    return replace(EXAMPLES[name], **other)
