"""The system sees everything only in jobs, handlers and machine doors, and every use of it is listed by purpose.

A new use is a decision: add it with its purpose, or take an Access or Actor from the caller instead.
"""

from __future__ import annotations

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "onedoor"
EXPECTED = Path(__file__).with_name("system_access.txt")
SIGHT = ("jobs.py", "handlers.py", "gateway/", "cli/", "exchange/demonstration.py")
"""Where `Access.system`, which sees everything, may be made. `Actor.system` sees nothing: it names who did something that no
person did, in the body of a sweep."""


def uses() -> list[str]:
    """Every `Access.system(...)` and `Actor.system(...)` outside tests, as "module: Kind(purpose)"."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        if "tests" in path.parts or path.name in {"factories.py", "access.py", "actor.py"}:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "system"
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in {"Access", "Actor"}
            ):
                purpose = ast.unparse(node.args[0]) if node.args else ""
                found.append(f"{path.relative_to(SOURCE)}: {node.func.value.id}({purpose})")
    return sorted(set(found))


def test_every_use_is_listed() -> None:
    assert uses() == EXPECTED.read_text().splitlines()


def test_purposes_are_words_and_sight_is_made_in_jobs_and_handlers_only() -> None:
    for use in uses():
        place, purpose = use.split(": ", 1)
        assert purpose.split("(", 1)[1].startswith("'"), f"{use}: name the purpose in words"
        if purpose.startswith("Access"):
            assert any(part in place for part in SIGHT), f"{use}: not a job, handler or machine door"
