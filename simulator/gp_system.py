"""Somebody else's GP system: it has a MESH mailbox of its own, takes documents, and answers them in ITK3 as it likes.

It knows nothing of Onedoor. Every few seconds it lists its inbox, keeps each document once by the document's identifier, and
answers: first that it could be read, then whether it knows the patient (interop.md 2.4: 20013, 30001 to 30004; 20007 and 20008
for what came before; 20009 for what cannot be read). It can be told to be silent, slow, or to refuse. Its XML is its own and
small, on purpose: two systems that share a writer prove nothing to each other.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import datetime as dt
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import quoteattr

from lxml import etree
from mesh_client import MeshClient

from simulator.database import Database

EVERY_SECONDS = 3.0
LARGEST = 6_000_000
RECENTLY = dt.timedelta(days=183)  # "recently deceased": less than six months (interop.md 2.4, 30004)
ACKS = {
    "GPCONNECT_SEND_DOCUMENT": "GPCONNECT_SEND_DOCUMENT_ACK",
    "GPFED_CONSULT_REPORT": "GPFED_CONSULT_REPORT_ACK",
}
"""interop.md 2.2."""
MEANINGS = {
    "20007": "Duplicate message",
    "20008": "Duplicate document",
    "20009": "The document cannot be read",
    "20013": "Success",
    "30001": "Patient known here",
    "30002": "Patient not known here",
    "30003": "Patient no longer at this practice",
    "30004": "Patient known here, recently deceased",
}
_GOOD = frozenset({"20013", "30001", "30004"})
_FHIR = {"f": "http://hl7.org/fhir"}
_NHS = "https://fhir.nhs.uk/STU3/"

SCHEMA = """
CREATE TABLE IF NOT EXISTS gp_document (
    seq INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL UNIQUE,    -- MESH's
    header_id TEXT NOT NULL,            -- of the MessageHeader: what an answer names
    document_id TEXT NOT NULL,
    replaces TEXT NOT NULL,
    sender TEXT NOT NULL,
    title TEXT NOT NULL,
    person TEXT NOT NULL,
    nhs_number TEXT NOT NULL,
    arrived_at TEXT NOT NULL,           -- the world's clock, UTC
    media_type TEXT NOT NULL,
    file BLOB NOT NULL,
    verdict TEXT NOT NULL               -- the last code answered or decided
);
CREATE INDEX IF NOT EXISTS gp_document_identifier ON gp_document (document_id);
CREATE TABLE IF NOT EXISTS gp_answer (
    seq INTEGER PRIMARY KEY,
    document_seq INTEGER NOT NULL,
    code TEXT NOT NULL,
    words TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    workflow TEXT NOT NULL,
    due_real REAL NOT NULL,
    sent_real REAL
);
CREATE INDEX IF NOT EXISTS gp_answer_waiting ON gp_answer (due_real) WHERE sent_real IS NULL;
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Practice:
    """The practice that it runs, its mailbox and its list: [{nhs_number, family, given, born_on, left?, died_on?}]."""

    mesh_url: str
    mailbox_id: str = "Y99003OT001"
    password: str = field(default="password", repr=False)
    shared_key: str = field(default="TestKey", repr=False)
    ods_code: str = "Y99003"
    name: str = "Millford Surgery"
    patients: tuple[Mapping[str, Any], ...] = ()


@dataclass
class Behaviour:
    """How it answers: proper, silent (nothing), no_business (the first answer alone), slow (`seconds` later), refuse (`code`)."""

    answer: str = "proper"
    code: str = "20009"
    seconds: float = 60.0

    def __post_init__(self) -> None:
        if self.answer not in ("proper", "silent", "no_business", "slow", "refuse"):
            raise ValueError(f"there is no behaviour {self.answer!r}")
        if not (len(self.code) == 5 and self.code.isdigit()):
            raise ValueError("a response code has five digits")
        self.seconds = float(self.seconds)


@dataclass(frozen=True)
class Letter:
    """What it reads of a document."""

    header_id: str
    document_id: str
    replaces: str
    sender: str
    title: str
    family: str
    given: str
    nhs_number: str
    born_on: str
    media_type: str
    file: bytes


class Unreadable(Exception):
    """Not a document that it can take; `header_id` as far as that could be found."""

    def __init__(self, header_id: str = "") -> None:
        super().__init__("unreadable")
        self.header_id = header_id


def read(content: bytes) -> Letter:
    """Its own reading of a Send Document. Raises Unreadable."""
    if len(content) > LARGEST or b"<!DOCTYPE" in content:
        raise Unreadable
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise Unreadable from None

    def text(path: str) -> str:
        found = root.xpath(f"string({path})", namespaces=_FHIR)
        return str(found).strip()

    header_id = text("f:entry/f:resource/f:MessageHeader/f:id/@value")
    inner = "f:entry/f:resource/f:Bundle"
    patient = f"{inner}/f:entry/f:resource/f:Patient"
    composition = f"{inner}/f:entry/f:resource/f:Composition"
    binary = f"{inner}/f:entry/f:resource/f:Binary"
    try:
        file = base64.b64decode("".join(text(f"{binary}/f:content/@value").split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(header_id) from None
    letter = Letter(
        header_id=header_id,
        document_id=text(f"{inner}/f:identifier/f:value/@value"),
        replaces=text(f"{composition}/f:relatesTo[f:code/@value='replaces']/f:targetIdentifier/f:value/@value"),
        sender=text(f"{inner}/f:entry/f:resource/f:Organization/f:name/@value"),
        title=text(f"{composition}/f:title/@value"),
        family=text(f"{patient}/f:name/f:family/@value"),
        given=text(f"{patient}/f:name/f:given/@value"),
        nhs_number=text(f"{patient}/f:identifier[contains(f:system/@value, 'nhs-number')]/f:value/@value"),
        born_on=text(f"{patient}/f:birthDate/@value"),
        media_type=text(f"{binary}/f:contentType/@value"),
        file=file,
    )
    if not (letter.header_id and letter.document_id and letter.nhs_number and letter.file):
        raise Unreadable(header_id)
    return letter


def answer_xml(practice: Practice, responds_to: str, code: str, words: str, moment: dt.datetime) -> bytes:
    """An ITK3 response (interop.md 2.4), written by hand."""
    good = code in _GOOD
    name, organisation, outcome = (str(uuid.uuid4()) for _ in range(3))

    def v(tag: str, value: str) -> str:
        return f"<{tag} value={quoteattr(value)}/>"

    def profile(kind: str) -> str:
        return f"<meta>{v('profile', _NHS + 'StructureDefinition/' + kind)}</meta>"

    def entry(key: str, resource: str) -> str:
        return f"<entry>{v('fullUrl', 'urn:uuid:' + key)}<resource>{resource}</resource></entry>"

    header = (
        f"<MessageHeader>{v('id', name)}{profile('ITK-MessageHeader-2')}"
        f"<extension url='{_NHS}StructureDefinition/Extension-ITK-MessageHandling-2'>"
        "<extension url='BusAckRequested'><valueBoolean value='false'/></extension>"
        "<extension url='InfAckRequested'><valueBoolean value='false'/></extension>"
        f"<extension url='SenderReference'>{v('valueString', name)}</extension></extension>"
        f"<event>{v('system', _NHS + 'CodeSystem/ITK-MessageEvent-2')}{v('code', 'ITK008M')}</event>"
        f"<sender>{v('reference', 'urn:uuid:' + organisation)}</sender>{v('timestamp', moment.isoformat())}"
        f"<source>{v('endpoint', practice.mailbox_id)}</source>"
        f"<response>{v('identifier', responds_to)}{v('code', 'ok' if good else 'fatal-error')}</response>"
        f"<focus>{v('reference', 'urn:uuid:' + outcome)}</focus></MessageHeader>"
    )
    sender = (
        f"<Organization>{v('id', organisation)}{profile('CareConnect-ITK-Header-Organization-1')}"
        f"<identifier>{v('system', 'https://fhir.nhs.uk/Id/ods-organization-code')}{v('value', practice.ods_code)}"
        "</identifier></Organization>"
    )
    issue = (
        f"<OperationOutcome>{v('id', outcome)}{profile('ITK-Response-OperationOutcome-1')}<issue>"
        f"{v('severity', 'information' if good else 'fatal')}{v('code', 'informational' if good else 'processing')}"
        f"<details><coding>{v('system', _NHS + 'CodeSystem/ITK-ResponseCodes-1')}{v('code', code)}"
        f"{v('display', MEANINGS.get(code, code))}</coding></details>{v('diagnostics', words)}</issue></OperationOutcome>"
    )
    whole = (
        f"<Bundle xmlns='http://hl7.org/fhir'>{v('id', str(uuid.uuid4()))}{profile('ITK-Message-Bundle-1')}"
        f"<identifier>{v('system', 'https://tools.ietf.org/html/rfc4122')}{v('value', str(uuid.uuid4()))}</identifier>"
        f"{v('type', 'message')}{entry(name, header)}{entry(organisation, sender)}{entry(outcome, issue)}</Bundle>"
    )
    return whole.encode()


class GpSystem:
    """One practice. Reading and writing its memory happens in the event loop; only MESH is spoken to in a thread of its own."""

    def __init__(self, practice: Practice, database: Database, now: Callable[[], dt.datetime]) -> None:
        self.practice, self._database, self._now = practice, database, now
        self._people = {str(one["nhs_number"]): one for one in practice.patients}
        self.behaviour = Behaviour(**(database.setting("gp") or {}))
        self.fault = ""
        database.script(SCHEMA)

    def behave(self, order: Mapping[str, Any]) -> None:
        """Change how it answers. Raises ValueError or TypeError."""
        self.behaviour = Behaviour(**{**vars(self.behaviour), **order})
        self._database.remember("gp", vars(self.behaviour))

    def documents(self) -> list[dict[str, Any]]:
        """What arrived, the latest first, each with its answers."""
        answers: dict[int, list[dict[str, Any]]] = {}
        for row in self._database.all("SELECT * FROM gp_answer ORDER BY seq"):
            answers.setdefault(row["document_seq"], []).append(dict(row))
        rows = self._database.all(
            "SELECT seq, document_id, replaces, sender, title, person, nhs_number, arrived_at, verdict, length(file) AS size"
            " FROM gp_document ORDER BY seq DESC LIMIT 500"
        )
        return [{**dict(row), "answers": answers.get(row["seq"], [])} for row in rows]

    def file(self, seq: int) -> tuple[str, bytes] | None:
        """(kind, content) of a document's file."""
        row = self._database.one("SELECT media_type, file FROM gp_document WHERE seq = ? AND length(file) > 0", seq)
        return (row["media_type"], row["file"]) if row else None

    # Taking

    def _known(self, letter: Letter) -> str:
        """The business code: who is on its list under this number, with this name and day of birth."""
        person = self._people.get(letter.nhs_number)
        same = person is not None and (str(person["family"]).casefold(), str(person["born_on"])) == (
            letter.family.casefold(),
            letter.born_on,
        )
        if person is None or not same:
            return "30002"
        if person.get("left"):
            return "30003"
        died_on = person.get("died_on")
        if died_on:
            return "30004" if self._now().date() - dt.date.fromisoformat(died_on) < RECENTLY else "30003"
        return "30001"

    def _codes(self, letter: Letter) -> list[str]:
        """What is to be answered; `silent` is nothing, and a refusal is the end of it (interop.md 2.4)."""
        came = self._database.one("SELECT header_id FROM gp_document WHERE document_id = ?", letter.document_id)
        if self.behaviour.answer == "silent":
            return []
        if came is not None:
            return ["20007" if came["header_id"] == letter.header_id else "20008"]
        if self.behaviour.answer == "refuse":
            code = self.behaviour.code
            return ["20013", code] if code.startswith("3") else [code]
        return ["20013"] if self.behaviour.answer == "no_business" else ["20013", self._known(letter)]

    def take(self, message_id: str, sender_mailbox: str, workflow: str, content: bytes) -> None:
        """Keep a message and what will be answered to it, in one step; the same message of MESH once."""
        with self._database.transaction():
            if self._database.one("SELECT 1 FROM gp_document WHERE message_id = ?", message_id):
                return
            try:
                letter = read(content)
                codes = self._codes(letter)
            except Unreadable as fault:
                letter = Letter(fault.header_id, "", "", "", "", "", "", "", "", "", b"")
                codes = [] if self.behaviour.answer == "silent" else ["20009"]
            again = bool(codes) and codes[0] in ("20007", "20008")
            seq = self._database.insert(
                "INSERT INTO gp_document (message_id, header_id, document_id, replaces, sender, title, person, nhs_number,"
                " arrived_at, media_type, file, verdict) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                message_id,
                letter.header_id,
                letter.document_id,
                letter.replaces,
                letter.sender,
                letter.title,
                f"{letter.family.upper()}, {letter.given}".strip(", "),
                letter.nhs_number,
                self._now().astimezone(dt.UTC).isoformat(),
                letter.media_type,
                b"" if again else letter.file,
                codes[-1] if codes else "",
            )
            wait = self.behaviour.seconds if self.behaviour.answer == "slow" else 0.0
            for code in codes:
                self._database.insert(
                    "INSERT INTO gp_answer (document_seq, code, words, mailbox, workflow, due_real) VALUES (?, ?, ?, ?, ?, ?)",
                    seq,
                    code,
                    MEANINGS.get(code, "Refused"),
                    sender_mailbox,
                    ACKS[workflow],
                    time.time() + wait,
                )

    # MESH

    def _client(self) -> Any:
        client = MeshClient(
            self.practice.mesh_url,
            self.practice.mailbox_id,
            self.practice.password,
            shared_key=self.practice.shared_key.encode(),
            max_retries=0,
            timeout=20,
        )
        client._session.trust_env = False
        return client

    @staticmethod
    def _download(client: Any, message_id: str) -> tuple[str, str, bytes]:
        message = client.retrieve_message(message_id)
        return str(message.sender or ""), str(message.workflow_id or ""), message.read()

    async def _collect(self, client: Any) -> None:
        for message_id in await asyncio.to_thread(client.list_messages):
            sender, workflow, content = await asyncio.to_thread(self._download, client, message_id)
            if workflow in ACKS:
                self.take(message_id, sender, workflow, content)
            # Reports and all else it only takes off the pile.
            await asyncio.to_thread(client.acknowledge_message, message_id)

    async def _answer(self, client: Any) -> None:
        waiting: Iterable[Any] = self._database.all(
            "SELECT a.seq, a.code, a.words, a.mailbox, a.workflow, d.header_id FROM gp_answer a"
            " JOIN gp_document d ON d.seq = a.document_seq WHERE a.sent_real IS NULL AND a.due_real <= ? ORDER BY a.seq",
            time.time(),
        )
        for row in waiting:
            content = answer_xml(self.practice, row["header_id"] or "unknown", row["code"], row["words"], self._now())
            await asyncio.to_thread(
                client.send_message,
                row["mailbox"],
                content,
                workflow_id=row["workflow"],
                local_id=str(uuid.uuid4()),
                content_type="application/fhir+xml",
            )
            # A death between the two sends it twice, as in real life: who receives must bear it.
            self._database.execute("UPDATE gp_answer SET sent_real = ? WHERE seq = ?", time.time(), row["seq"])

    async def round(self) -> None:
        """Collect once and answer what is due. Raises what the client raises."""
        client = await asyncio.to_thread(self._client)
        try:
            await self._collect(client)
            await self._answer(client)
        finally:
            await asyncio.to_thread(client.close)

    async def run(self) -> None:
        """Every few seconds, for ever; MESH may be away."""
        while True:
            try:
                await self.round()
                self.fault = ""
            except Exception as error:
                self.fault = type(error).__name__
                log.warning("the GP system cannot reach its mailbox: %s", self.fault)
            await asyncio.sleep(EVERY_SECONDS)
