"""The documents that a colleague wrote without sight of the reader, as far as a reader alone can decide them.

What needs the practice's list, its mailbox or what came before is decided where a document is taken. `disputed.json` beside the
labels says of each label that is not followed why.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from onedoor.exchange.itk import codes, read
from onedoor.exchange.itk.types import Unacceptable
from onedoor.exchange.tests.hostile import make

LABELS: list[dict[str, Any]] = json.loads((make.HERE / "labels.json").read_text())
DISPUTED: dict[str, str] = json.loads((make.HERE / "disputed.json").read_text())
BEYOND_THE_READER = {"other_person", "not_addressed", "duplicate"}
_HEADER = {codes.HEADER_FAULT} | {code for code in codes.RESPONSES if code.startswith("1")}
CODES: dict[str, set[str]] = {
    "entities": {codes.UNREADABLE},
    "unreadable": {codes.UNREADABLE},
    "wrong_type": {codes.UNREADABLE, codes.HEADER_FAULT},
    "header": _HEADER,
    "payload": {codes.PAYLOAD_FAULT},
    "attachment_type": {codes.NOT_APPROVED, codes.NOT_SUPPORTED},
    "too_large": {codes.TOO_LARGE},
}


@pytest.mark.parametrize("label", LABELS, ids=[label["file"] for label in LABELS])
def test_the_reader_follows_the_label(label: dict[str, Any]) -> None:
    refused = label["verdict"] == "refused" and label["because"] not in BEYOND_THE_READER
    if not refused or label["file"] in DISPUTED:
        assert read.document(make.content(label)).files
        return
    with pytest.raises(Unacceptable) as caught:
        read.document(make.content(label))
    right = set().union(*(CODES.get(reason, set()) for reason in [label["because"], *label.get("also_right", [])]))
    assert caught.value.code in right
    assert caught.value.why.endswith((".", "PDF."))
    assert len(caught.value.why) < 200
