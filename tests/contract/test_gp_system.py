"""Two systems that share no line of code: what Onedoor writes goes by the real sandbox into the outside GP system, and back."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from mesh_client import MeshClient

from onedoor.exchange.itk import codes, read, write
from onedoor.exchange.itk.types import CarriedEntry, File, Party, Person, Response, SendDocument
from simulator.app import build
from simulator.database import Database
from simulator.gp_system import GpSystem, Practice
from simulator.mesh import settings
from simulator.mesh.app import World
from simulator.mesh.server import Running
from simulator.world import WORLD, Options

NOW = dt.datetime(2026, 11, 26, 10, 0, tzinfo=dt.UTC)
PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF\n"
DOCUMENT = SendDocument(
    bundle_id="7b671a64-40d5-491e-99b0-da01ff1f3341",
    document_identifier="2c671a64-40d5-491e-99b0-da01ff1f3341",
    replaces_identifier="",
    sender=Party("Y99902", "Wexcombe Mental Health"),
    sender_mailbox="Y99902OT001",
    author="Kim Ward",
    recipient=Party("Y99003", "Millford Surgery"),
    patient=Person("9990614032", "Hartwell", "Margaret", dt.date(1961, 3, 14)),
    written_at=NOW,
    title="Physical health checks",
    type_code="",
    type_term="Physical health checks",
    care_setting_code="",
    confidential=False,
    files=(File("Letter", "application/pdf", PDF),),
    entries=(CarriedEntry("60621009", "Body mass index", 27.4, "kg/m2", dt.date(2026, 11, 20), "27.4"),),
)
PATIENTS: list[dict[str, Any]] = [
    {"nhs_number": "9990614032", "family": "Hartwell", "given": "Margaret", "born_on": "1961-03-14"},
    {"nhs_number": "9990614113", "family": "Lowe", "given": "Sian", "born_on": "1974-08-02", "left": True},
    {
        "nhs_number": "9990614202",
        "family": "Adeyemi",
        "given": "Tunde",
        "born_on": "1988-11-30",
        "died_on": "2026-10-01",
    },
]
MAILBOXES = [
    {"mailbox_id": one, "name": one, "ods_code": one[:6], "password": "password"}
    for one in ("Y99902OT001", "Y99003OT001")
]


@pytest.fixture
def mesh() -> Iterator[str]:
    running = Running(World(settings.parse({"mailboxes": MAILBOXES})))
    yield running.url
    running.stop()


class Trust:
    """The sender, by the official client alone."""

    def __init__(self, url: str) -> None:
        self.client: Any = MeshClient(url, "Y99902OT001", "password", shared_key=b"TestKey", max_retries=0)
        self.client._session.trust_env = False

    def send(self, document: SendDocument) -> None:
        self.client.send_message("Y99003OT001", write.document(document), workflow_id=codes.SEND_DOCUMENT)

    def answers(self) -> list[Response]:
        found = []
        for message in self.client.iterate_all_messages():
            with message:
                assert message.workflow_id == codes.SEND_DOCUMENT_ACK
                found.append(read.response(message.read()))
        return found


@pytest.fixture
def trust(mesh: str) -> Iterator[Trust]:
    made = Trust(mesh)
    yield made
    made.client.close()


@pytest.fixture
def system(mesh: str) -> Iterator[GpSystem]:
    database = Database(None)
    yield GpSystem(Practice(mesh, patients=tuple(PATIENTS)), database, lambda: NOW)
    database.close()


def _round(system: GpSystem) -> None:
    asyncio.run(system.round())


def _other(number: int, person: Person | None = None) -> SendDocument:
    name = f"{number:08d}-40d5-491e-99b0-da01ff1f3341"
    return replace(DOCUMENT, bundle_id=name, document_identifier="d" + name[1:], patient=person or DOCUMENT.patient)


def _codes(answers: list[Response]) -> list[str]:
    return [answer.code for answer in answers]


def test_a_document_is_kept_and_answered_twice(trust: Trust, system: GpSystem) -> None:
    trust.send(DOCUMENT)
    _round(system)
    answers = trust.answers()
    assert [(answer.kind, answer.code) for answer in answers] == [("infrastructure", "20013"), ("business", "30001")]
    assert {answer.responds_to for answer in answers} == {DOCUMENT.bundle_id}
    assert {answer.sender_ods for answer in answers} == {"Y99003"}
    (document,) = system.documents()
    assert (document["title"], document["person"]) == ("Physical health checks", "HARTWELL, Margaret")
    assert system.file(document["seq"]) == ("application/pdf", PDF)
    _round(system)
    assert trust.answers() == []


def test_the_same_again_is_told_apart_and_not_kept_twice(trust: Trust, system: GpSystem) -> None:
    trust.send(DOCUMENT)
    trust.send(DOCUMENT)
    trust.send(replace(DOCUMENT, bundle_id="another-message"))
    _round(system)
    assert sorted(_codes(trust.answers())) == ["20007", "20008", "20013", "30001"]
    assert sum(document["size"] > 0 for document in system.documents()) == 1


@pytest.mark.parametrize(
    ("person", "code"),
    [
        (Person("9990614113", "LOWE", "Sian", dt.date(1974, 8, 2)), "30003"),
        (Person("9990614202", "Adeyemi", "Tunde", dt.date(1988, 11, 30)), "30004"),
        (Person("9990614202", "Adeyemi", "Tunde", dt.date(1988, 11, 29)), "30002"),
        (Person("9990614385", "Prosser", "Gwen", dt.date(1950, 1, 20)), "30002"),
    ],
)
def test_it_says_whether_it_knows_the_patient(trust: Trust, system: GpSystem, person: Person, code: str) -> None:
    trust.send(_other(1, person))
    _round(system)
    assert _codes(trust.answers()) == ["20013", code]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ({"answer": "silent"}, []),
        ({"answer": "no_business"}, ["20013"]),
        ({"answer": "refuse", "code": "20010"}, ["20010"]),
        ({"answer": "refuse", "code": "30003"}, ["20013", "30003"]),
        ({"answer": "slow", "seconds": 600}, []),
        ({"answer": "slow", "seconds": 0}, ["20013", "30001"]),
    ],
)
def test_it_can_be_told_to_misbehave(
    trust: Trust, system: GpSystem, order: dict[str, Any], expected: list[str]
) -> None:
    system.behave(order)
    trust.send(DOCUMENT)
    _round(system)
    assert _codes(trust.answers()) == expected
    assert len(system.documents()) == 1


def test_what_it_cannot_read_is_refused(trust: Trust, system: GpSystem) -> None:
    for content in (b"not XML", b"<!DOCTYPE x><x/>", write.document(DOCUMENT).replace(b"JVBERi", b"****Ri")):
        trust.client.send_message("Y99003OT001", content, workflow_id=codes.SEND_DOCUMENT)
    _round(system)
    answers = trust.answers()
    assert _codes(answers) == ["20009"] * 3
    assert answers[2].responds_to == DOCUMENT.bundle_id


def test_a_restart_forgets_nothing(trust: Trust, mesh: str, tmp_path: Any) -> None:
    practice = Practice(mesh, patients=tuple(PATIENTS))
    database = Database(str(tmp_path / "simulator.sqlite"))
    before = GpSystem(practice, database, lambda: NOW)
    before.behave({"answer": "slow", "seconds": 0})
    before.take("m1", "Y99902OT001", codes.SEND_DOCUMENT, write.document(DOCUMENT))
    database.close()
    database = Database(str(tmp_path / "simulator.sqlite"))
    after = GpSystem(practice, database, lambda: NOW)
    after.take("m1", "Y99902OT001", codes.SEND_DOCUMENT, write.document(DOCUMENT))
    _round(after)
    assert after.behaviour.answer == "slow"
    assert _codes(trust.answers()) == ["20013", "30001"]
    database.close()


def test_its_page_shows_what_arrived_and_takes_orders() -> None:
    async def visit() -> None:
        practice = Practice("http://127.0.0.1:9", patients=tuple(PATIENTS))
        app = build(Options(onedoor="http://127.0.0.1:9", gp=practice))
        async with TestClient(TestServer(app)) as client:
            system = app[WORLD].gp
            assert system is not None
            system.take("m1", "Y99902OT001", codes.SEND_DOCUMENT, write.document(DOCUMENT))
            page = await (await client.get("/gp/")).text()
            assert "HARTWELL, Margaret" in page
            assert "30001 Patient known here (to come)" in page
            file = await client.get("/gp/1/file/")
            assert (file.content_type, await file.read()) == ("application/pdf", PDF)
            assert (await client.get("/gp/2/file/")).status == 404
            await client.post("/gp/behaviour/", data={"answer": "refuse", "code": "20010"})
            told = await (await client.get("/control/gp")).json()
            assert (told["behaviour"]["answer"], told["behaviour"]["code"]) == ("refuse", "20010")
            assert (await client.put("/control/gp", json={"answer": "rude"})).status == 400

    asyncio.run(visit())


def test_without_mesh_there_is_no_outside_system() -> None:
    async def visit() -> None:
        async with TestClient(TestServer(build(Options(onedoor="http://127.0.0.1:9")))) as client:
            assert (await client.get("/gp/")).status == 404

    asyncio.run(visit())
