"""A receptionist who works through the staff site's ordinary pages: signs in, reads the task list, presses "Done".

She knows the pages only as a browser does. The contract: ``/signin/`` holds a form whose action is
``/signin/demo/receptionist/``; ``/tasks/`` holds one ``<form method="post" action="/tasks/<ref>/complete/" data-kind="...">``
a task, with its hidden token and ``<button name="outcome" value="done">``.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urljoin

import aiohttp

from simulator.clock import WorldClock

SIGN_IN_PAGE = "/signin/"
SIGN_IN_ACTION = "/signin/demo/receptionist/"
TASK_PAGE = "/tasks/"
# Work in the outside diary that she does there and then ticks off.
KINDS = frozenset({"free_place", "book_place"})

log = logging.getLogger(__name__)


@dataclass
class Form:
    """One form of a page: ``fields`` are its inputs, ``buttons`` its (name, value) pairs."""

    action: str
    kind: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _FormParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given.get("action", ""), given.get("data-kind", ""))
            self.forms.append(self._open)
        elif self._open is not None and tag == "input" and given.get("type") == "hidden":
            self._open.fields[given.get("name", "")] = given.get("value", "")
        elif self._open is not None and tag == "button":
            self._open.buttons.append((given.get("name", ""), given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


def forms(page: str) -> list[Form]:
    """The forms of an HTML page."""
    parser = _FormParser()
    parser.feed(page)
    return parser.forms


class _Page(NamedTuple):
    status: int
    address: str
    text: str


class Reception:
    """Off until told otherwise. Waits ``after_minutes`` of the world's time from when she first saw a task."""

    def __init__(self, onedoor: str, clock: WorldClock) -> None:
        self._onedoor = onedoor
        self._clock = clock
        self.on = False
        self.after_minutes = 5.0
        self._first_seen: dict[str, float] = {}
        self.done = 0
        self.poll_seconds = 1.0

    def waiting(self) -> int:
        return len(self._first_seen) if self.on else 0

    async def run(self) -> None:
        while True:
            if self.on:
                try:
                    await self._shift()
                except (aiohttp.ClientError, TimeoutError, OSError) as error:
                    log.info("reception: Onedoor not reachable: %s", type(error).__name__)
            await asyncio.sleep(self.poll_seconds)

    async def _shift(self) -> None:
        """From signing in until she is switched off or shown the door."""
        # The jar takes cookies of a bare address too: that is where a local Onedoor lives.
        async with aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=20)
        ) as browser:
            if not await self._sign_in(browser):
                return
            while self.on:
                page = await self._get(browser, TASK_PAGE)
                if page.status != 200 or SIGN_IN_PAGE in page.address:
                    return
                await self._work(browser, page)
                await asyncio.sleep(self.poll_seconds)

    async def _sign_in(self, browser: aiohttp.ClientSession) -> bool:
        page = await self._get(browser, SIGN_IN_PAGE)
        form = next((form for form in forms(page.text) if form.action.endswith(SIGN_IN_ACTION)), None)
        return form is not None and await self._submit(browser, page, form, form.fields)

    async def _work(self, browser: aiohttp.ClientSession, page: _Page) -> None:
        tasks = {
            form.action: form for form in forms(page.text) if form.kind in KINDS and ("outcome", "done") in form.buttons
        }
        now = self._clock.epoch()
        self._first_seen = {action: self._first_seen.get(action, now) for action in tasks}
        for action, form in tasks.items():
            if now < self._first_seen[action] + self.after_minutes * 60:
                continue
            if await self._submit(browser, page, form, {**form.fields, "outcome": "done"}):
                self.done += 1
                self._first_seen.pop(action, None)

    async def _get(self, browser: aiohttp.ClientSession, path: str) -> _Page:
        async with browser.get(urljoin(self._onedoor, path)) as response:
            return _Page(response.status, str(response.url), await response.text())

    async def _submit(self, browser: aiohttp.ClientSession, page: _Page, form: Form, fields: dict[str, str]) -> bool:
        address = urljoin(page.address, form.action)
        async with browser.post(address, data=fields, headers={"Referer": page.address}) as response:
            if response.status >= 400:
                log.warning("reception: a form was answered with %d", response.status)
            return response.status < 400
