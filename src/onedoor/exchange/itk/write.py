"""ITK3 messages as STU3 XML: a Send Document (v2) and the responses to one (interop.md 2.2 to 2.4).

Elements stand in the order of the STU3 schema and none is empty. Everything comes in as values; the same values give
the same bytes.
"""

from __future__ import annotations

import base64
import datetime as dt
import math
import re
import uuid

from lxml import etree

from onedoor.exchange.itk import codes
from onedoor.exchange.itk.types import CarriedEntry, Party, Response, SendDocument, TooLarge, Unwritable

_F = f"{{{codes.FHIR}}}"
_X = f"{{{codes.XHTML}}}"
_PROFILES = codes.NHS + "StructureDefinition/"
_CARE_CONNECT = codes.UK + "StructureDefinition/"
# What XML 1.0 cannot carry, and the controls that it can but no text of ours has (\t, \n and \r stay).
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SUBJECT_LENGTH = 500
_TO_LENGTH = 100


def _clean(text: str) -> str:
    """Raises Unwritable for a control character."""
    if _FORBIDDEN.search(text):
        raise Unwritable("a text has a control character")
    return text


def _put(parent: etree._Element, tag: str, value: str) -> None:
    """A primitive; nothing when it is empty, because FHIR knows no empty value."""
    if value:
        etree.SubElement(parent, _F + tag).set("value", _clean(value))


def _node(parent: etree._Element, tag: str) -> etree._Element:
    return etree.SubElement(parent, _F + tag)


def _reference(parent: etree._Element, tag: str, url: str, display: str = "") -> None:
    node = _node(parent, tag)
    _put(node, "reference", url)
    _put(node, "display", display)


def _identifier(parent: etree._Element, system: str, value: str) -> etree._Element:
    node = _node(parent, "identifier")
    _put(node, "system", system)
    _put(node, "value", value)
    return node


def _coding(parent: etree._Element, tag: str, system: str, code: str, display: str = "") -> None:
    node = _node(parent, tag)
    _put(node, "system", system)
    _put(node, "code", code)
    _put(node, "display", display)


def _moment(moment: dt.datetime) -> str:
    if moment.tzinfo is None:
        raise Unwritable("a moment has no offset")
    return moment.isoformat()


def _resource(bundle: etree._Element, kind: str, name: str, profile: str) -> etree._Element:
    """A new entry of `bundle` with a resource of that kind, its id and its profile."""
    entry = _node(bundle, "entry")
    _put(entry, "fullUrl", "urn:uuid:" + name)
    resource = _node(_node(entry, "resource"), kind)
    _put(resource, "id", name)
    _put(_node(resource, "meta"), "profile", profile)
    return resource


def _named(message: str, what: str) -> str:
    """The id of a resource of a message: always the same for the same message."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{message}/{what}"))


def _extension(parent: etree._Element, url: str) -> etree._Element:
    node = _node(parent, "extension")
    node.set("url", url)
    return node


def _bundle(root: etree._Element, name: str, profile: str, identifier: str, kind: str) -> None:
    _put(root, "id", name)
    _put(_node(root, "meta"), "profile", _PROFILES + profile)
    _identifier(root, codes.RFC4122, identifier)
    _put(root, "type", kind)


def _handling(header: etree._Element, *, wanted: tuple[bool, bool], reference: str, definition: str) -> None:
    """`wanted`: (business, infrastructure) response. v2: for information, LocalExtension "None" (interop.md 2.3)."""
    handling = _extension(header, codes.HANDLING)
    for url, flag in zip(("BusAckRequested", "InfAckRequested"), wanted, strict=True):
        _put(_extension(handling, url), "valueBoolean", "true" if flag else "false")
    _coding(_extension(handling, "RecipientType"), "valueCoding", codes.RECIPIENT_TYPE_SYSTEM, "FI", "For Information")
    if definition:
        _reference(_extension(handling, "MessageDefinition"), "valueReference", definition)
    _put(_extension(handling, "SenderReference"), "valueString", reference)
    _put(_extension(handling, "LocalExtension"), "valueString", "None")


def _header_sender(root: etree._Element, name: str, ods: str) -> None:
    resource = _resource(root, "Organization", name, _PROFILES + "CareConnect-ITK-Header-Organization-1")
    _identifier(resource, codes.ODS_SYSTEM, ods)


def _organisation(bundle: etree._Element, name: str, party: Party) -> None:
    resource = _resource(bundle, "Organization", name, _CARE_CONNECT + "CareConnect-Organization-1")
    _identifier(resource, codes.ODS_SYSTEM, party.ods)
    _put(resource, "name", party.name)


def _concept(parent: etree._Element, tag: str, code: str, term: str) -> None:
    """A coded concept; words alone where no code is given."""
    node = _node(parent, tag)
    if code:
        _coding(node, "coding", codes.SNOMED, code, term)
    _put(node, "text", term or "not coded")


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if not math.isfinite(value):
        raise Unwritable("a value is not a number")
    return str(int(value)) if value == int(value) else repr(float(value))


def _cells(entry: CarriedEntry) -> tuple[str, ...]:
    day = entry.day.isoformat() if entry.day else ""
    if any(len(getattr(entry, field)) > length for field, length in codes.LENGTHS.items()):
        raise Unwritable("a text of a coded entry is too long")
    return entry.code, entry.term, _number(entry.value), entry.unit, day, entry.text


def _table(section: etree._Element, entries: tuple[CarriedEntry, ...]) -> None:
    text = _node(section, "text")
    _put(text, "status", "additional")
    div = etree.SubElement(text, _X + "div", nsmap={None: codes.XHTML})  # type: ignore[dict-item]  # the stubs know no default
    table = etree.SubElement(div, _X + "table")
    table.set("class", codes.TABLE_CLASS)
    head = etree.SubElement(etree.SubElement(table, _X + "thead"), _X + "tr")
    for column in codes.TABLE_COLUMNS:
        etree.SubElement(head, _X + "th").text = column
    body = etree.SubElement(table, _X + "tbody")
    for entry in entries:
        row = etree.SubElement(body, _X + "tr")
        for cell in _cells(entry):
            etree.SubElement(row, _X + "td").text = _clean(cell) or None


def _patient(bundle: etree._Element, name: str, document: SendDocument, practice: str) -> None:
    person = document.patient
    resource = _resource(bundle, "Patient", name, _CARE_CONNECT + "CareConnect-Patient-1")
    identifier = _node(resource, "identifier")
    verified = _node(_extension(identifier, codes.VERIFICATION), "valueCodeableConcept")
    _coding(verified, "coding", codes.VERIFICATION_SYSTEM, "01", "Number present and verified")
    _put(identifier, "system", codes.NHS_NUMBER_SYSTEM)
    _put(identifier, "value", person.nhs_number)
    full = _node(resource, "name")
    _put(full, "use", "official")
    _put(full, "family", person.family)
    for given in person.given.split():
        _put(full, "given", given)
    _put(resource, "gender", person.gender)
    _put(resource, "birthDate", person.born_on.isoformat() if person.born_on else "")
    if practice:
        _reference(resource, "generalPractitioner", practice)


def _checked(document: SendDocument) -> None:
    """Raises Unwritable for what no receiver could take."""
    if document.confidential:
        raise Unwritable("a confidential document must not be sent at all (interop.md 2.3)")
    for what, value in (
        ("title", document.title),
        ("sender", document.sender.ods),
        ("sender's mailbox", document.sender_mailbox),
        ("NHS number", document.patient.nhs_number),
        ("family name", document.patient.family),
        ("identifier", document.document_identifier and document.bundle_id),
    ):
        if not value.strip():
            raise Unwritable(f"the document has no {what}")
    if document.patient.born_on is None or not document.patient.verified:
        raise Unwritable("the patient has no date of birth, or a number that is not verified")
    if len(document.entries) > codes.MOST_ENTRIES:
        raise Unwritable(f"the document has more than {codes.MOST_ENTRIES} coded entries")
    if not document.files or not all(file.content for file in document.files):
        raise Unwritable("the document has no file, or an empty one")


def _composition(payload: etree._Element, document: SendDocument, urls: dict[str, str], files: list[str]) -> None:
    resource = _resource(payload, "Composition", urls["composition"], _CARE_CONNECT + "CareConnect-Composition-1")
    setting = _extension(resource, codes.CARE_SETTING)
    _concept(setting, "valueCodeableConcept", document.care_setting_code, "")
    _identifier(resource, codes.RFC4122, document.document_identifier)
    _put(resource, "status", "final")
    _concept(resource, "type", document.type_code, document.type_term)
    _reference(resource, "subject", "urn:uuid:" + urls["patient"])
    _put(resource, "date", _moment(document.written_at))
    _reference(resource, "author", "urn:uuid:" + urls["author" if document.author else "organisation"])
    _put(resource, "title", document.title)
    _reference(resource, "custodian", "urn:uuid:" + urls["organisation"])
    if document.replaces_identifier:
        relation = _node(resource, "relatesTo")
        _put(relation, "code", "replaces")
        target = _node(relation, "targetIdentifier")
        _put(target, "system", codes.RFC4122)
        _put(target, "value", document.replaces_identifier)
    section = _node(resource, "section")
    _put(section, "title", "Document")
    for file, name in zip(document.files, files, strict=True):
        _reference(section, "entry", "urn:uuid:" + name, file.title)
    if document.entries:
        section = _node(resource, "section")
        _put(section, "title", "Coded entries of this document")
        _table(section, document.entries)


def _author(payload: etree._Element, name: str, document: SendDocument) -> None:
    resource = _resource(payload, "Practitioner", name, _CARE_CONNECT + "CareConnect-Practitioner-1")
    if document.author_sds_user_id:
        _identifier(resource, codes.SDS_USER_SYSTEM, document.author_sds_user_id)
    _put(_node(resource, "name"), "text", document.author)


def _payload(root: etree._Element, name: str, document: SendDocument) -> None:
    entry = _node(root, "entry")
    _put(entry, "fullUrl", "urn:uuid:" + name)
    payload = _node(_node(entry, "resource"), "Bundle")
    _bundle(payload, name, "ITK-Document-Bundle-1", document.document_identifier, "document")
    urls = {
        what: _named(document.bundle_id, what)
        for what in ("composition", "patient", "author", "organisation", "practice")
    }
    files = [_named(document.bundle_id, f"file/{number}") for number in range(len(document.files))]
    _composition(payload, document, urls, files)
    practice = "urn:uuid:" + urls["practice"] if document.recipient.ods else ""
    _patient(payload, urls["patient"], document, practice)
    if document.author:
        _author(payload, urls["author"], document)
    _organisation(payload, urls["organisation"], document.sender)
    if practice:
        _organisation(payload, urls["practice"], document.recipient)
    for file, file_name in zip(document.files, files, strict=True):
        binary = _resource(payload, "Binary", file_name, _PROFILES + "ITK-Attachment-Binary-1")
        _put(binary, "contentType", file.media_type)
        etree.SubElement(binary, _F + "content").set("value", base64.b64encode(file.content).decode("ascii"))


def _bytes(root: etree._Element) -> bytes:
    written = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    if len(written) > codes.LARGEST_SENT:
        raise TooLarge(f"the message has {len(written)} bytes: more than the {codes.LARGEST_SENT} that receivers take")
    return written


def _root(identifier: str) -> etree._Element:
    root = etree.Element(_F + "Bundle", nsmap={None: codes.FHIR})  # type: ignore[dict-item]  # the stubs know no default
    _bundle(root, _named(identifier, "bundle"), "ITK-Message-Bundle-1", identifier, "message")
    return root


def _after_event(header: etree._Element, sender: str, moment: dt.datetime, mailbox: str) -> None:
    _reference(header, "sender", "urn:uuid:" + sender)
    _put(header, "timestamp", _moment(moment))
    _put(_node(header, "source"), "endpoint", mailbox)


def document(document: SendDocument) -> bytes:
    """The message as it goes on the wire. Raises Unwritable, TooLarge of more than 5 MB."""
    _checked(document)
    root = _root(document.bundle_id)
    header = _resource(root, "MessageHeader", document.bundle_id, _PROFILES + "ITK-MessageHeader-2")
    sender, payload = _named(document.bundle_id, "sender"), _named(document.bundle_id, "payload")
    _handling(
        header,
        wanted=(document.business_wanted, document.infrastructure_wanted),
        reference=document.bundle_id,
        definition=codes.MESSAGE_DEFINITION,
    )
    _coding(header, "event", codes.EVENT_SYSTEM, codes.DOCUMENT_EVENT, "ITK GP Connect Send Document")
    _after_event(header, sender, document.written_at, document.sender_mailbox)
    _reference(header, "focus", "urn:uuid:" + payload)
    _header_sender(root, sender, document.sender.ods)
    _payload(root, payload, document)
    return _bytes(root)


# Response code -> OperationOutcome.issue.code; the rest are "processing" (ITK3 response codes: severity and type by code).
_ISSUES = {
    "20001": "not-found",
    "20002": "not-found",
    "20003": "not-found",
    "20004": "security",
    "20005": "security",
    "20006": "invalid",
    "20007": "duplicate",
    "20008": "duplicate",
    "20009": "invalid",
    "20010": "not-found",
    "20011": "not-found",
    "20012": "security",
    "20015": "too-long",
    "30002": "not-found",
    "30003": "business-rule",
}


def response(response: Response) -> bytes:
    """The answer to a message: header ITK008M and one OperationOutcome. Raises Unwritable when kind and code disagree.

    It asks for no response itself, or two systems would answer each other for ever.
    """
    if codes.kind_of(response.code) != response.kind:
        raise Unwritable(f"code {response.code} is not of a response of kind {response.kind}")
    good = codes.is_positive(response.code)
    root = _root(response.bundle_id)
    header = _resource(root, "MessageHeader", response.bundle_id, _PROFILES + "ITK-MessageHeader-2")
    sender, outcome = _named(response.bundle_id, "sender"), _named(response.bundle_id, "outcome")
    _handling(header, wanted=(False, False), reference=response.bundle_id, definition="")
    _coding(header, "event", codes.EVENT_SYSTEM, codes.RESPONSE_EVENT, "ITK Response")
    _after_event(header, sender, response.written_at, response.sender_mailbox)
    answer = _node(header, "response")
    _put(answer, "identifier", response.responds_to or "unknown")
    _put(answer, "code", "ok" if good else "fatal-error")
    _reference(header, "focus", "urn:uuid:" + outcome)
    _header_sender(root, sender, response.sender_ods)
    resource = _resource(root, "OperationOutcome", outcome, _PROFILES + "ITK-Response-OperationOutcome-1")
    issue = _node(resource, "issue")
    _put(issue, "severity", "information" if good else "fatal")
    _put(issue, "code", "informational" if good else _ISSUES.get(response.code, "processing"))
    meaning = codes.RESPONSES.get(response.code, ("", ""))[0]
    _coding(_node(issue, "details"), "coding", codes.RESPONSE_SYSTEM, response.code, meaning)
    _put(issue, "diagnostics", response.text)
    return _bytes(root)


def gp_provider_address(nhs_number: str, born_on: dt.date, family: str) -> str:
    """`Mex-To` that MESH routes by the patient: the practice where PDS says they are registered. The date as yyyymmdd
    and the surname
    as in the Patient resource (interop.md 2.2: formats differ between guides, this is the newer one). At most 100 characters.
    """
    address = f"GPPROVIDER_{nhs_number}_{born_on:%Y%m%d}_{_clean(family)}"
    if len(address) > _TO_LENGTH:
        raise Unwritable("the surname is too long for a MESH address")
    return address


def subject_line(document: SendDocument, version: int) -> str:
    """`Mex-Subject` as GP Connect prescribes it (interop.md 2.2). It names the patient: MESH keeps that to itself,
    and the local id
    names nobody (1.6). At most 500 characters.
    """
    person = document.patient
    line = (
        f"{document.title} for {person.given} {person.family}, NHS number {person.nhs_number}, seen at "
        f"{document.sender.name}, {document.sender.ods}, version {version}"
    )
    return _clean(" ".join(line.split()))[:_SUBJECT_LENGTH]
