"""The documents that must be refused, put through the whole taking: nothing of them is on anybody's record, and why is said."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.exchange import api as exchange
from onedoor.exchange.itk import codes
from onedoor.exchange.models import ItkResponse, MeshArrival, ReceivedDocument
from onedoor.exchange.receiving.taking import take
from onedoor.exchange.tests.arrivals import mailbox_of
from onedoor.exchange.tests.hostile import make
from onedoor.kernel import clock
from onedoor.patients.models import Patient
from onedoor.records.models import Coded, Entry

pytestmark = pytest.mark.django_db

HERE = Path(__file__).with_name("hostile")
SETTING: dict[str, Any] = json.loads((HERE / "setting.json").read_text())
DISPUTED: dict[str, str] = json.loads((HERE / "disputed.json").read_text())
LABELS = [
    pytest.param(label, id=label["file"], marks=[pytest.mark.slow] if label["file"] in make.LARGE else [])
    for label in make.labels()
    if label["file"] not in DISPUTED
]


@pytest.fixture(autouse=True)
def _on_its_day() -> Iterator[None]:
    with clock.at(datetime.fromisoformat(SETTING["now"])):
        yield


@pytest.fixture
def practice() -> Organisation:
    """The practice of the setting, with its patients."""
    made = factories.practice(SETTING["practice"]["ods_code"], SETTING["practice"]["name"])
    for one in SETTING["registered"]:
        known = factories.patient(made, one["given"], one["family"], born_on=date.fromisoformat(one["born"]))
        Patient.objects.filter(pk=known.pk).update(nhs_number=one["nhs_number"])
    return made


def arrive(practice: Organisation, content: bytes) -> MeshArrival:
    arrival = MeshArrival.objects.create(
        mailbox=mailbox_of(practice),
        message_id=str(uuid.uuid4()),
        sender=SETTING["sender"]["mailbox"],
        workflow=codes.SEND_DOCUMENT,
        message_type="DATA",
        content=content,
        size=len(content),
        arrived_at=clock.now(),
    )
    take(arrival, factories.TEST)
    arrival.refresh_from_db()
    return arrival


def became(arrival: MeshArrival) -> str:
    """In the words of the labels."""
    document = ReceivedDocument.objects.filter(arrival=arrival).first()
    if document is None:
        return "refused"
    return {"to_code": "accepted", "to_match": "person must say", "not_ours": "refused"}[document.state]


@pytest.mark.parametrize("label", LABELS)
def test_each_is_taken_as_it_is_labelled_and_nothing_of_it_is_on_a_record(
    practice: Organisation, label: dict[str, Any]
) -> None:
    first = None
    if label.get("after") or label["file"] == "same-message-twice.xml":
        arrive(practice, (HERE / "valid.xml").read_bytes())
        first = ReceivedDocument.objects.get()
        exchange.accept_document(access=factories.person(practice)[1], ref=first.ref)
    before = Coded.objects.count(), Entry.objects.count()
    arrival = arrive(practice, make.content(label))
    assert became(arrival) == label["verdict"], arrival.problem
    assert (Coded.objects.count(), Entry.objects.count()) == before
    told = list(ItkResponse.objects.filter(arrival=arrival).order_by("id").values_list("code", flat=True))
    document = ReceivedDocument.objects.filter(arrival=arrival).first()
    if document is None:
        assert arrival.problem
        assert arrival.state == ("taken" if label["because"] == "duplicate" else "refused")
        assert told == [] or not codes.is_positive(told[0])
        assert "Hartwell" not in arrival.problem
    else:
        assert told[0] == "20013"
        assert told[1:] == {"accepted": ["30001"], "refused": ["30002"]}.get(label["verdict"], [])
        assert (document.patient is not None) == (label["verdict"] == "accepted")
    if first is not None:
        first.refresh_from_db()
        assert first.state == ("replaced" if "replaces" in label["file"] else "accepted")
