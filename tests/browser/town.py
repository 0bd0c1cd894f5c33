"""The whole system as `./run` brings it up, with telephones in a browser: what the journeys (product-map.md 7) have in common."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

PATIENCE = 120
"""Seconds for something that is to happen by itself; the demonstration's clock runs sixty times as fast as the wall's."""


@dataclass(frozen=True)
class Running:
    """The whole system: where Onedoor and the telephones are."""

    onedoor: str
    phones: str

    def order(self, method: str, path: str, body: Any = None) -> Any:
        """The simulator's control interface."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.phones}/control/{path}", method=method, data=data)
        with urlopen(request, timeout=10) as response:
            return json.loads(response.read())


def wait_for(what: str, found: Callable[[], Any]) -> Any:
    """What `found` returns once it is true."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        result = found()
        if result:
            return result
        time.sleep(0.3)
    return pytest.fail(f"waited {PATIENCE} s for {what}")


def bring_up() -> Iterator[Running]:
    """`onedoor up` on a folder of its own, with the demonstration; ended when the generator is."""
    # Not below pytest's own folder, which is closed: as root, the database runs as an account that must get in.
    home = Path(tempfile.mkdtemp(prefix="onedoor-journeys-"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "ONEDOOR_"))}
    environment |= {"ONEDOOR_HOME": str(home / "home"), "ONEDOOR_STATE": str(home / "state")}
    (home / "home").mkdir()
    home.chmod(0o755)
    output = home / "up.log"
    with output.open("wb") as log:
        up = subprocess.Popen([sys.executable, "-m", "onedoor.cli.main", "up"], env=environment, stdout=log, stderr=log)
    try:
        wait_for("both addresses", lambda: up.poll() is None and "sign in as patient" in output.read_text())
        addresses = dict(re.findall(r"^(Onedoor|Simulator)\s+(http://[\d.:]+)/", output.read_text(), re.M))
        found = Running(addresses["Onedoor"], addresses["Simulator"])
        wait_for("the telephones", lambda: _answers(found))
        yield found
    finally:
        up.terminate()
        up.wait(30)
        shutil.rmtree(home, ignore_errors=True)


def _answers(running: Running) -> bool:
    try:
        return bool(running.order("GET", "idle"))
    except (URLError, OSError):
        return False


def texts(running: Running, number: str) -> list[str]:
    """What has arrived on a telephone, oldest first."""
    threads = running.order("GET", f"phones/{number}")["threads"]
    return [text["body"] for thread in threads for text in thread["texts"] if text["incoming"]]


def look(page: Page, address: str) -> None:
    """Open a page and hold it to the rules of axe, and a narrow one to its width."""
    page.goto(address)
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert found.response["violations"] == [], f"{address}: {found.generate_report()}"
    size = page.viewport_size
    assert size is None or page.evaluate("document.documentElement.scrollWidth") <= size["width"], address


def open_phone(page: Page, running: Running, number: str) -> None:
    look(page, f"{running.phones}/phones/{number}/")


def play_it_myself(page: Page) -> None:
    """Take a telephone from its persona, if it has one."""
    button = page.get_by_role("button", name="Play this person myself")
    if button.count():
        button.press("Enter")


def write(page: Page, text: str) -> None:
    """Type a text and send it with the keyboard only."""
    page.get_by_label("Or write a text").focus()
    page.keyboard.type(text)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".thread .ours .bubble").last).to_contain_text(text)
