"""The shape of the project that no other tool watches."""

from __future__ import annotations

import ast
import base64
import hashlib
import inspect
import re
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from onedoor.ui.access import policy_of

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "onedoor"
CONTEXTS = (
    "accounts",
    "patients",
    "records",
    "tasks",
    "directory",
    "messaging",
    "questionnaires",
    "booking",
    "recall",
    "exchange",
)
HEAVY = (
    "phonenumbers.geocoder",
    "sklearn",
    "vl_convert",
    "openpyxl",
    "playwright",
    "simulator",
    "hypothesis",
    "pytest",
)


def imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return found


def test_contexts_are_entered_by_their_doors() -> None:
    """Other packages import a context's api, events, types and ports; models may name another's models as foreign keys."""
    doors = {"api", "events", "types", "ports"}
    wrong = []
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(SOURCE).parts
        if "tests" in parts or "migrations" in parts or path.name in {"factories.py"}:
            continue
        for name in imports(path):
            match = re.fullmatch(r"onedoor\.(\w+)\.(\w+)(?:\..*)?", name)
            if not match or match[1] not in CONTEXTS or match[1] == parts[0] or match[2] in doors:
                continue
            if match[2] == "models" and "models" in "/".join(parts):
                continue
            wrong.append(f"{'/'.join(parts)} imports {name}")
    assert wrong == []


def named(path: Path) -> set[tuple[str, str]]:
    """(module, name) of what a file takes from modules: by importing it, or by its dot after the module's name."""
    tree = ast.parse(path.read_text())
    modules: dict[str, str] = {}
    found: set[tuple[str, str]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                found.add((node.module, alias.name))
                modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            modules |= {alias.asname or alias.name: alias.name for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (module := modules.get(ast.unparse(node.value))):
            found.add((module, node.attr))
    return found


def test_what_reporting_writes_is_called_from_its_door() -> None:
    """Its queries may be imported from where they stand; its actions, by whatever name they are handed on, by its api alone."""
    door = import_module("onedoor.reporting.api")
    writes = {
        thing
        for name in door.__all__
        if inspect.isroutine(thing := getattr(door, name)) and ".queries" not in inspect.unwrap(thing).__module__
    }
    wrong, used = [], 0
    for path in SOURCE.rglob("*.py"):
        where = path.relative_to(SOURCE)
        if where.parts[0] == "reporting" or "tests" in where.parts or "onedoor.reporting" not in path.read_text():
            continue
        for module, name in sorted(named(path)):
            if not module.startswith("onedoor.reporting"):
                continue
            with suppress(ModuleNotFoundError):
                import_module(module)
            # What stands before the dot may be a class: nothing of it is an action.
            thing = getattr(sys.modules.get(module), name, None)
            written = inspect.isroutine(thing) and thing in writes
            if module == door.__name__:
                used += bool(written)
            elif written or "actions" in (*module.split("."), name):
                wrong.append(f"{where}: {module}.{name}")
    assert wrong == []
    assert used


def test_reporting_keeps_no_action_from_its_door() -> None:
    """Every public function of its modules of actions, but for those that only read, and what its own sweep does after a pack."""
    inside = {"packs.due_packs", "packs.drop_request", "trajectory.read"}
    door = import_module("onedoor.reporting.api")
    exported = {getattr(door, name) for name in door.__all__ if inspect.isroutine(getattr(door, name))}
    kept = set()
    for path in (SOURCE / "reporting").rglob("actions.py"):
        module = import_module(f"onedoor.reporting.{path.parent.name}.actions")
        for name, thing in vars(module).items():
            own = inspect.isroutine(thing) and inspect.unwrap(thing).__module__ == module.__name__
            if own and not name.startswith("_") and thing not in exported:
                kept.add(f"{path.parent.name}.{name}")
    assert kept == inside


def views(resolver: URLResolver | None = None) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            found += views(pattern)
        elif isinstance(pattern, URLPattern):
            found.append((str(pattern.pattern), pattern.callback))
    return found


def test_every_view_says_who_may_open_it() -> None:
    assert [address for address, view in views() if policy_of(view) is None] == []


def test_the_page_script_hash_is_that_of_the_installed_package() -> None:
    import nhsuk_frontend_jinja

    template = Path(nhsuk_frontend_jinja.__file__).parent / "templates" / "nhsuk" / "template.jinja"
    script = re.search(r"<script[^>]*>(.*?)</script>", template.read_text(), re.S)
    assert script
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["script-src"]


@pytest.mark.slow
def test_the_web_entry_loads_nothing_heavy() -> None:
    code = (
        "import os, sys; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'onedoor.config.settings');"
        "import onedoor.config.asgi;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_no_inline_script_or_style_in_templates() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {match[0][:40]}"
        for path in SOURCE.rglob("*.jinja")
        for match in re.finditer(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=", path.read_text())
    ]
    assert wrong == []


@pytest.mark.parametrize("context", CONTEXTS)
def test_rules_know_neither_database_nor_clock(context: str) -> None:
    places = [*(SOURCE / context).glob("rules.py"), *(SOURCE / context).glob("rules/*.py")]
    for path in places:
        bad = [n for n in imports(path) if n.startswith(("django.db", "onedoor.kernel.clock.now")) or ".models" in n]
        assert bad == [], path
        assert "clock.now()" not in path.read_text(), path
