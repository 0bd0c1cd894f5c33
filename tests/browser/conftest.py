"""A real web process on the test database, and chromium to look at it with."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, sync_playwright

from onedoor.kernel import clock
from onedoor.ui.tests.world import World, make
from tests.browser.town import Running, bring_up

ROOT = Path(__file__).parents[2]

# Playwright's synchronous calls run on a loop of their own in this thread, which Django would refuse to be used under.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


JOURNEYS = ("test_journeys.py", "test_journeys_replies.py")
"""Played on one running system, whose clock only goes forward: last of all, in the order of its days."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser. The journeys stand as they are written, whatever shuffles the rest."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
    journeys = {id(item) for item in items if item.path.parent == here and item.path.name in JOURNEYS}
    items.sort(
        key=lambda item: (
            (JOURNEYS.index(item.path.name) + 1, item.reportinfo()[1] or 0) if id(item) in journeys else (0, 0)
        )
    )


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's chromium. As root it has no sandbox of its own."""
    found = os.environ.get("ONEDOOR_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "no chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`onedoor web` as it is shipped, on the test database; its address."""
    from django.core.management import call_command

    from onedoor.cli.assets import copy_design_system

    home = Path(settings.STATIC_ROOT).parent
    copy_design_system(ROOT / "node_modules" / "nhsuk-frontend", home / "assets")
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (tmp_path_factory.mktemp("web") / "web.log").open("wb")
    environment = os.environ | {
        "DATABASE_URL": _database_url(),
        "ONEDOOR_HOME": str(home),
        "ONEDOOR_ASSETS": "plain",
        "ONEDOOR_DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "onedoor.config.settings",
    }
    web = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            "onedoor.config.asgi:application",
            "--port",
            str(port),
            "--log-level",
            "warning",
        ],
        env=environment,
        cwd=ROOT,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/signin/", web)
        yield address
    finally:
        web.terminate()
        web.wait(20)
        log.close()


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """The whole system for the journeys, brought up once."""
    yield from bring_up()


@pytest.fixture
def world(transactional_db: None) -> World:
    """The practice of the page tests, on a Monday at 9 that does not pass: the web process reads the clock's row."""
    clock.set_clock(at=datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON), rate=0)
    return make()


@pytest.fixture
def page(chromium: Browser, site: str, world: World) -> Iterator[Page]:
    """An empty page of a desk's size in a browser that knows nobody."""
    context = chromium.new_context(base_url=site, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    yield page
    context.close()


def sign_in(page: Page, role: str) -> None:
    """One click in a demonstration."""
    page.goto("/signin/")
    page.click(f"form[action$='/{role}/'] button")


def _database_url() -> str:
    database = {name: str(value) for name, value in settings.DATABASES["default"].items()}
    login = f"{database['USER']}:{database['PASSWORD']}@" if database["USER"] else ""
    port = f":{database['PORT']}" if database["PORT"] else ""
    host = database["HOST"]
    if host.startswith("/"):
        return f"postgresql://{login}/{database['NAME']}?host={host}" + (f"&port={database['PORT']}" if port else "")
    return f"postgresql://{login}{host}{port}/{database['NAME']}"


def _wait_for(address: str, web: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert web.poll() is None, f"the web process ended with {web.returncode}"
        try:
            with urlopen(address, timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("the web process did not answer within 30 seconds")
