"""Who has a mailbox, which workflows it may send and receive, and who is registered where: one JSON file.

    {"shared_key": "…",
     "mailboxes": [{"mailbox_id": "Y99002OT001", "name": "…", "ods_code": "Y99002", "password": "…"}],
     "workflows": [{"workflow_id": "…", "senders": ["Y99902OT001"], "receivers": ["Y99002OT001"]}],
     "people": [{"nhs_number": "9990000000", "born_on": "19620504", "family": "TANNER", "practice": "Y99002"}]}

A workflow that is not listed is open to every mailbox, and so is a list that is missing: rules are for whoever wants them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

SHARED_KEY = "TestKey"


@dataclass(frozen=True)
class Box:
    """A mailbox and its door key."""

    mailbox_id: str
    name: str
    ods_code: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Workflow:
    """Who may send and receive it; None is everybody."""

    workflow_id: str
    senders: frozenset[str] | None
    receivers: frozenset[str] | None


@dataclass(frozen=True)
class Person:
    """As the national demographics have somebody; `practice` is an ODS code, empty for nobody's patient."""

    nhs_number: str
    born_on: str
    family: str
    practice: str


@dataclass(frozen=True)
class Settings:
    """Everything the sandbox is told."""

    shared_key: str = field(default=SHARED_KEY, repr=False)
    boxes: Mapping[str, Box] = field(default_factory=dict)
    workflows: Mapping[str, Workflow] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)

    def may_send(self, mailbox_id: str, workflow_id: str) -> bool:
        """Whether the rules let this mailbox send it."""
        rule = self.workflows.get(workflow_id)
        return rule is None or rule.senders is None or mailbox_id in rule.senders

    def may_receive(self, mailbox_id: str, workflow_id: str) -> bool:
        """Whether the rules let this mailbox receive it."""
        rule = self.workflows.get(workflow_id)
        return rule is None or rule.receivers is None or mailbox_id in rule.receivers


def parse(document: Mapping[str, Any]) -> Settings:
    """Settings of a JSON document. Raises ValueError, KeyError or TypeError where it does not make sense."""
    boxes = [
        Box(
            str(one["mailbox_id"]).upper(),
            str(one.get("name", "")),
            str(one.get("ods_code", "")).upper(),
            str(one["password"]),
        )
        for one in document.get("mailboxes", [])
    ]
    workflows = [
        Workflow(str(one["workflow_id"]), _whom(one.get("senders")), _whom(one.get("receivers")))
        for one in document.get("workflows", [])
    ]
    people = [
        Person(
            str(one["nhs_number"]),
            str(one["born_on"]),
            str(one["family"]).upper(),
            str(one.get("practice", "")).upper(),
        )
        for one in document.get("people", [])
    ]
    return Settings(
        shared_key=str(document.get("shared_key", SHARED_KEY)),
        boxes={box.mailbox_id: box for box in boxes},
        workflows={rule.workflow_id: rule for rule in workflows},
        people={person.nhs_number: person for person in people},
    )


def read(path: Path) -> Settings:
    """Settings of a file."""
    return parse(orjson.loads(path.read_bytes()))


def _whom(mailboxes: list[str] | None) -> frozenset[str] | None:
    return None if mailboxes is None else frozenset(str(one).upper() for one in mailboxes)
