"""MESH for tests: the official sandbox in a thread of this process, on a real socket of this machine.

`sandbox` is a fixture: begun once a session, empty for each test. `restart` kills it and starts it at the same address.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.exchange.mesh import actions, collecting, sending
from onedoor.exchange.models import Mailbox, MeshArrival, MeshMessage
from onedoor.kernel.actor import Actor
from simulator.mesh.app import World
from simulator.mesh.server import Running, start, state_file
from simulator.mesh.settings import parse

BY = Actor.system("tests of the line to MESH")
KEY = "a key that tests share"
TRUST, PRACTICE, OUTSIDE = "Y99902OT001", "Y99002OT001", "Y99003OT001"
DOCUMENT, RESPONSE = "GPCONNECT_SEND_DOCUMENT", "GPCONNECT_SEND_DOCUMENT_ACK"
SETTINGS: dict[str, Any] = {
    "shared_key": KEY,
    "mailboxes": [
        {"mailbox_id": one, "name": one, "ods_code": one[:6], "password": f"password of {one}"}
        for one in (TRUST, PRACTICE, OUTSIDE)
    ],
    "people": [
        {"nhs_number": "9990000018", "born_on": "19620504", "family": "Tanner", "practice": "Y99002"},
        {"nhs_number": "9990000026", "born_on": "19700101", "family": "Lodge", "practice": "Y99009"},
    ],
}


@dataclass
class Sandbox:
    """The running sandbox and its control door."""

    folder: Path
    running: Running
    settings: dict[str, Any] = field(default_factory=lambda: SETTINGS)

    @property
    def url(self) -> str:
        return self.running.url

    def order(self, method: str, path: str, document: Mapping[str, Any] | None = None) -> Any:
        """Ask or order something at the control door."""
        request = urllib.request.Request(
            f"{self.url}/control/{path}", method=method, data=json.dumps(document or {}).encode()
        )
        # Without a proxy of the environment's.
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as said:
            return json.loads(said.read())

    def lay(self, *faults: Mapping[str, Any]) -> None:
        """Lay these faults in wait, and no others."""
        self.order("PUT", "faults", {"faults": list(faults)})

    def struck(self) -> int:
        """How often what is laid has struck."""
        return sum(int(one["struck"]) for one in self.order("GET", "faults")["faults"])

    def messages(self, **which: str) -> list[dict[str, Any]]:
        """Messages that MESH knows, with these properties."""
        found: list[dict[str, Any]] = self.order("GET", "messages")["messages"]
        return [one for one in found if all(one[key] == value for key, value in which.items())]

    def tell(self, **change: Any) -> None:
        """Other mailboxes, rules or people than `SETTINGS`."""
        self.settings = {**SETTINGS, **change}
        self.order("PUT", "settings", self.settings)

    def stop(self) -> None:
        """Nobody answers any more."""
        self.running.stop()

    def go_on(self, *, keeps: bool = True) -> None:
        """Start again at the same address, with what it knew or with nothing."""
        if not keeps:
            for file in self.folder.glob("mesh.sqlite*"):
                file.unlink()
        self.running = start(World(parse(self.settings), state_file(self.folder)), self.running.port)

    def restart(self, *, keeps: bool = True) -> None:
        """End and start."""
        self.stop()
        self.go_on(keeps=keeps)

    def fresh(self) -> None:
        """As at the beginning."""
        self.order("DELETE", "messages")
        if self.settings is not SETTINGS:
            self.settings = SETTINGS
            self.order("PUT", "settings", SETTINGS)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("mesh")
    sandbox = Sandbox(folder, start(World(parse(SETTINGS), state_file(folder))))
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(served: Sandbox, settings: Any) -> Sandbox:
    """MESH with no message and no fault; every look at an inbox is due at once."""
    served.fresh()
    settings.MESH_POLL_SECONDS = 0
    return served


def mailbox(sandbox: Sandbox, mailbox_id: str, organisation: Organisation | None = None, **change: str) -> Mailbox:
    """A mailbox of ours with that id at the sandbox."""
    names = {TRUST: "Wexcombe Mental Health", PRACTICE: "Wexcombe Road Surgery", OUTSIDE: "Mill Lane Practice"}
    return actions.set_mailbox(
        organisation_id=(organisation or factories.practice(mailbox_id[:6], names[mailbox_id])).pk,
        mailbox_id=mailbox_id,
        by=BY,
        **{"password": f"password of {mailbox_id}", "shared_key": KEY, "base_url": sandbox.url, **change},
    )


def run(times: int = 20) -> int:
    """Do what is due on the line, both ways, until nothing is; retries wait for no clock. Returns what was done."""
    total = 0
    for _ in range(times):
        hurry()
        did = sending.send_slice(BY) + sending.reconcile(BY)
        hurry()
        did += collecting.collect(BY) + collecting.deal_with(BY) + collecting.track(BY)
        total += did
        if not did and not MeshMessage.objects.filter(state__in=("waiting", "sending", "in_doubt")).exists():
            break
    return total


def hurry() -> None:
    """Whatever waits for real time has waited enough."""
    MeshMessage.objects.exclude(retry_real=None).update(retry_real=None)
    MeshMessage.objects.exclude(tracked_real=None).update(tracked_real=None)
    MeshArrival.objects.exclude(retry_real=None).update(retry_real=None)


def contents(sandbox: Sandbox, messages: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """Bytes of messages as MESH has them."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return [
        bytes(opener.open(f"{sandbox.url}/control/content/{one['message_id']}", timeout=10).read()) for one in messages
    ]
