"""Documents that a practice must refuse, or accept although they are odd, and what is right for each of them.

Written without sight of the receiver. `python -m onedoor.exchange.tests.hostile.make` writes the files and `labels.json`
anew from `base.xml.in`; `content(label)` gives the bytes of one, and makes those that are too large to keep.
Shapes follow interop.md 2.3, reasons interop.md 2.4; a label with `invented` rests on our own judgement.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BUNDLE_ID = "0d2c7f3e-6a51-4c0e-9a8b-1f64a2c0b901"
DOCUMENT_ID = "b4c3d2e1-f0a9-4b8c-9d7e-6f5a4b3c2d01"
HEADER_ID = "5b0f8a1c-1c0a-4b52-8f52-6f0a4f2d7a01"
PATIENT_ID = "11111111-aaaa-4bbb-8ccc-0000000000a1"
BINARY_ID = "11111111-aaaa-4bbb-8ccc-0000000000b1"
NHS, BORN, FAMILY, GIVEN = "9990614032", "1961-03-14", "Hartwell", "Margaret"
IRISH = ("9990614113", "1974-08-02", "O'Brien-Müller", "Siân")
OTHER = ("9990614202", "1988-11-30", "Adeyemi", "Tunde")
ABSENT = ("9990614385", "1950-01-20", "Prosser", "Gwen")
HEADLINE = '<?xml version="1.0" encoding="UTF-8"?>\n'
UNREADABLE, ENTITIES, TOO_LARGE, WRONG_TYPE = "unreadable", "entities", "too_large", "wrong_type"
ATTACHMENT, PAYLOAD, HEADER, DUPLICATE = "attachment_type", "payload", "header", "duplicate"
OTHER_PERSON, NOT_ADDRESSED = "other_person", "not_addressed"
REFUSED, ACCEPTED, PERSON = "refused", "accepted", "person must say"


def pdf(extra: str = "", padding: int = 0) -> bytes:
    """A PDF of one page with a few words; `extra` goes to its catalogue, `padding` is bytes of comment in it."""
    words = "BT /F1 14 Tf 72 760 Td (Physical health check: see the table.) Tj ET"
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {extra}>>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        " /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        f"<< /Length {len(words)} >>\nstream\n{words}\nendstream",
    ]
    out = bytearray(b"%PDF-1.4\n")
    if padding:
        out += b"%" + b"x" * padding + b"\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def document(*changes: tuple[str, str], attachment: bytes | str | None = None) -> str:
    """The base document with parts of it replaced; each part must be there."""
    data = pdf() if attachment is None else attachment
    text = (HERE / "base.xml.in").read_text()
    text = text.replace("@PDF@", data if isinstance(data, str) else base64.b64encode(data).decode())
    for old, new in changes:
        if old not in text:
            raise ValueError(f"The base has no {old!r}")
        text = text.replace(old, new)
    return text


def person(nhs_number: str, born: str, family: str, given: str) -> list[tuple[str, str]]:
    """The changes that put somebody else into the document."""
    return [(f'"{NHS}"', f'"{nhs_number}"'), (BORN, born), (f'"{FAMILY}"', f'"{family}"'), (f'"{GIVEN}"', f'"{given}"')]


def without(text: str, start: str, end: str) -> str:
    """Less what stands from `start` to the first `end` after it, both included."""
    at = text.index(start)
    return text[:at] + text[text.index(end, at) + len(end) :]


def resource(kind: str) -> tuple[str, str]:
    """Where the text of the document's own resource of a kind begins and ends."""
    ids = {"Composition": "c1", "Patient": "a1", "Practitioner": "d1", "Binary": "b1"}
    full = f'        <entry>\n          <fullUrl value="urn:uuid:11111111-aaaa-4bbb-8ccc-0000000000{ids[kind]}"/>'
    return full, f"</{kind}>\n          </resource>\n        </entry>\n"


def doctype(inside: str, *changes: tuple[str, str]) -> str:
    return document((HEADLINE, f"{HEADLINE}<!DOCTYPE Bundle {inside}>\n"), *changes)


TITLE = '<title value="Annual physical health check"/>'
TITLED = '"Annual physical health check"'


def bomb() -> str:
    """Ten entities, each ten of the one before: 10 to the power of 9 words in a kilobyte."""
    steps = ['<!ENTITY a0 "ward">']
    steps += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)]
    return doctype("[" + "".join(steps) + "]", (TITLED, '"&a9;"'))


def second_patient() -> str:
    text = document()
    start, end = resource("Patient")
    at = text.index(start)
    upto = text.index(end, at) + len(end)
    other = text[at:upto].replace(PATIENT_ID, "11111111-aaaa-4bbb-8ccc-0000000000a2")
    for old, new in person(*OTHER):
        other = other.replace(old, new)
    return text[:upto] + other + text[upto:]


def prefixed() -> str:
    """The base with every element in a prefix, as some writers do."""
    text = document()
    text = (
        text.replace("</", "\x00")
        .replace("<?", "\x01")
        .replace("<", "<f:")
        .replace("\x00", "</f:")
        .replace("\x01", "<?")
    )
    return text.replace('xmlns="http://hl7.org/fhir"', 'xmlns:f="http://hl7.org/fhir"')


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("document.xml", (2026, 12, 7, 9, 0, 0)), document())
    return out.getvalue()


def old_version() -> str:
    """As version 1 of Send Document has it: RecipientType FA (interop.md 2.3)."""
    return document(('"FI"', '"FA"'), ("For Information", "For Action"))


LARGE: dict[str, Callable[[], bytes]] = {
    "60-megabytes.xml": lambda: document(attachment=pdf(padding=45_000_000)).encode(),
    "8-megabytes.xml": lambda: document(attachment=pdf(padding=6_000_000)).encode(),
    "3-megabytes.xml": lambda: document(attachment=pdf(padding=2_200_000)).encode(),
    "gzip-bomb.gz": lambda: gzip.compress(document((TITLED, f'"{" " * 100_000_000}"')).encode(), 6, mtime=0),
    "deep-nesting.xml": lambda: document((TITLE, TITLE + "<section>" * 10_000 + "</section>" * 10_000)).encode(),
    "million-attributes.xml": lambda: document(
        ("<Composition>", "<Composition " + " ".join(f'a{n}=""' for n in range(1_000_000)) + ">")
    ).encode(),
    "million-elements.xml": lambda: document((TITLE, TITLE + "<section/>" * 1_000_000)).encode(),
    "long-name.xml": lambda: document((f'"{FAMILY}"', f'"{"H" * 2_000_000}"')).encode(),
}
"""Made when they are asked for: none of them belongs into the repository."""

RECIPES = {
    "60-megabytes.xml": "the base with a PDF of 45,000,000 bytes: 60 MB of base64",
    "8-megabytes.xml": "the base with a PDF of 6,000,000 bytes: 8 MB of base64",
    "3-megabytes.xml": "the base with a PDF of 2,200,000 bytes: 3 MB of base64",
    "gzip-bomb.gz": "the base with a title of 100,000,000 spaces, gzipped to about 100 kB",
    "deep-nesting.xml": "10,000 sections, each inside the one before",
    "million-attributes.xml": "a Composition with 1,000,000 attributes",
    "million-elements.xml": "1,000,000 empty sections in the Composition",
    "long-name.xml": "a family name of 2,000,000 letters",
    "same-message-twice.xml": "valid.xml, received and accepted, and then once more, byte for byte",
    "same-document-new-message.xml": "valid.xml received and accepted first; then this file",
    "replaces-known.xml": "valid.xml received and accepted first; then this file",
}

Entry = tuple[str, str | bytes, str, str | None, str]
"""File, content, verdict, reason of a refusal, and why in words."""


def cut(text: str, share: float) -> str:
    return text[: int(len(text) * share)]


def entries() -> list[Entry]:
    """Every document that is kept, with what is right for it."""
    return [*_reading(), *_envelope(), *_payload(), *_attachments(), *_people(), *_odd()]


def _reading() -> list[Entry]:
    base = document()
    passwd = '[<!ENTITY x SYSTEM "file:///etc/passwd">]'
    return [
        (
            "external-entity.xml",
            doctype(passwd, (TITLED, '"ward"'), ("<section>", "<section>&x;")),
            REFUSED,
            ENTITIES,
            "an entity that would read a file of the server",
        ),
        (
            "external-entity-http.xml",
            doctype('[<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]', ("<section>", "<section>&x;")),
            REFUSED,
            ENTITIES,
            "an entity that would make the server call an address",
        ),
        ("entity-unused.xml", doctype(passwd), REFUSED, ENTITIES, "the entity is declared and not used: still a DTD"),
        (
            "entity-internal.xml",
            doctype('[<!ENTITY x "ward">]', (TITLED, '"&x;"')),
            REFUSED,
            ENTITIES,
            "FHIR documents have no entities of their own",
        ),
        ("entity-bomb.xml", bomb(), REFUSED, ENTITIES, "a billion laughs: a kilobyte that unfolds to gigabytes"),
        (
            "entity-quadratic.xml",
            doctype(f'[<!ENTITY x "{"w" * 20_000}">]', (TITLED, f'"{"&x;" * 2_000}"')),
            REFUSED,
            ENTITIES,
            "one entity of 20,000 letters used 2,000 times",
        ),
        (
            "dtd-external.xml",
            doctype('SYSTEM "http://127.0.0.1:9/bundle.dtd"'),
            REFUSED,
            ENTITIES,
            "a DTD to be fetched",
        ),
        (
            "dtd-public.xml",
            doctype('PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://127.0.0.1:9/x.dtd"'),
            REFUSED,
            ENTITIES,
            "a public DTD",
        ),
        ("dtd-empty.xml", doctype("[]"), REFUSED, ENTITIES, "an empty DTD: no FHIR document has one"),
        (
            "dtd-default-attribute.xml",
            doctype('[<!ATTLIST status value CDATA "final">]', ('<status value="final"/>', "<status/>")),
            REFUSED,
            ENTITIES,
            "the DTD would fill in the status that the document lacks",
        ),
        (
            "parameter-entity.xml",
            doctype('[<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd"> %p;]'),
            REFUSED,
            ENTITIES,
            "a parameter entity to be fetched while the DTD is read",
        ),
        (
            "xinclude.xml",
            document(
                (
                    TITLE,
                    f'{TITLE}<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>',
                )
            ),
            REFUSED,
            PAYLOAD,
            "XInclude would read a file; no element of another namespace belongs there",
        ),
        ("truncated-half.xml", cut(base, 0.5), REFUSED, UNREADABLE, "the file ends in the middle"),
        ("truncated-last-byte.xml", base.rstrip()[:-1], REFUSED, UNREADABLE, "the last bracket is missing"),
        ("empty.xml", b"", REFUSED, UNREADABLE, "no byte in it"),
        ("spaces.xml", b"  \n\n  ", REFUSED, UNREADABLE, "nothing but spaces"),
        ("two-roots.xml", base + "<Bundle/>", REFUSED, UNREADABLE, "a second element after the end"),
        ("unclosed.xml", base.replace("</Patient>", "", 1), REFUSED, UNREADABLE, "an element is not closed"),
        (
            "attribute-twice.xml",
            base.replace('<type value="message"/>', '<type value="message" value="document"/>'),
            REFUSED,
            UNREADABLE,
            "an attribute twice: which of them holds?",
        ),
        (
            "wrong-encoding.xml",
            document((f'"{FAMILY}"', '"Müller"')).encode("latin-1"),
            REFUSED,
            UNREADABLE,
            "it says UTF-8, and its ü is one byte of Latin-1",
        ),
        (
            "unknown-encoding.xml",
            base.replace('"UTF-8"', '"X-NO-SUCH"'),
            REFUSED,
            UNREADABLE,
            "an encoding that nobody knows",
        ),
        (
            "nul-bytes.xml",
            base.replace("<Composition>", "<Composition>\x00"),
            REFUSED,
            UNREADABLE,
            "a NUL between elements",
        ),
        (
            "nul-reference.xml",
            base.replace(TITLED, '"Annual&#0;check"'),
            REFUSED,
            UNREADABLE,
            "a NUL as character reference",
        ),
        (
            "control-character.xml",
            base.replace(TITLED, '"Annual&#8;check"'),
            REFUSED,
            UNREADABLE,
            "a character XML has not",
        ),
        (
            "json.json",
            json.dumps({"resourceType": "Bundle", "type": "message", "entry": []}),
            REFUSED,
            UNREADABLE,
            "FHIR as JSON: Send Document is XML",
        ),
        (
            "page.html",
            "<!DOCTYPE html><html><head><title>502</title></head><body>Bad gateway<br></body></html>",
            REFUSED,
            UNREADABLE,
            "a proxy's page in place of the message",
        ),
        ("bare-pdf.pdf", pdf(), REFUSED, UNREADABLE, "the letter itself without envelope"),
        ("archive.zip", zipped(), REFUSED, UNREADABLE, "a good document, but inside a ZIP"),
        (
            "rubbish.bin",
            bytes((n * 197 + 31) % 256 for n in range(4_096)),
            REFUSED,
            UNREADABLE,
            "bytes that are nothing",
        ),
        (
            "no-namespace.xml",
            base.replace(' xmlns="http://hl7.org/fhir"', ""),
            REFUSED,
            UNREADABLE,
            "elements without FHIR's namespace are no FHIR",
        ),
        (
            "other-namespace.xml",
            base.replace("http://hl7.org/fhir", "urn:hl7-org:v3"),
            REFUSED,
            UNREADABLE,
            "elements of HL7 version 3's namespace",
        ),
    ]


def _envelope() -> list[Entry]:
    base = document()
    handling = without(
        base,
        '<extension url="https://fhir.nhs.uk/STU3/StructureDefinition/Extension-ITK-MessageHandling-2">',
        '"None"/></extension>\n        </extension>\n',
    )
    payload_start, payload_end = (
        '  <entry>\n    <fullUrl value="urn:uuid:e8f7a6b5',
        "</Bundle>\n    </resource>\n  </entry>\n",
    )
    return [
        *(
            (
                f"event-{code.lower()}.xml",
                document(('"ITK007C"', f'"{code}"')),
                REFUSED,
                WRONG_TYPE,
                f"the event says {what}",
            )
            for code, what in [
                ("ITK003D", "acute discharge"),
                ("ITK006D", "outpatient letter"),
                ("ITK009D", "immunisation"),
                ("ITK014M", "Update Record"),
                ("ITK008M", "a response, and it carries a document"),
                ("ITK999X", "nothing known"),
            ]
        ),
        (
            "event-other-system.xml",
            document(("CodeSystem/ITK-MessageEvent-2", "CodeSystem/Somebodys-Events-1")),
            REFUSED,
            WRONG_TYPE,
            "the right code of somebody else's code system",
        ),
        ("event-missing.xml", without(base, "<event>", "</event>"), REFUSED, HEADER, "no event: what message is it?"),
        (
            "definition-other.xml",
            document(("ITK-GPConnectSendDocument-MessageDefinition-1", "ITK-OPL-MessageDefinition-4")),
            REFUSED,
            HEADER,
            "event and message definition contradict each other",
        ),
        ("handling-missing.xml", handling, REFUSED, HEADER, "no handling specification (10001 and following)"),
        (
            "header-missing.xml",
            without(
                base, '  <entry>\n    <fullUrl value="urn:uuid:5b0f', "</MessageHeader>\n    </resource>\n  </entry>\n"
            ),
            REFUSED,
            HEADER,
            "no MessageHeader",
        ),
        (
            "header-not-first.xml",
            base[: base.index("  <entry>")]
            + base[base.index('  <entry>\n    <fullUrl value="urn:uuid:c3a9') : base.index(payload_start)]
            + base[base.index("  <entry>") : base.index('  <entry>\n    <fullUrl value="urn:uuid:c3a9')]
            + base[base.index(payload_start) :],
            REFUSED,
            HEADER,
            "the MessageHeader is the second entry",
        ),
        (
            "header-id-missing.xml",
            without(base, f'<id value="{HEADER_ID}"/>', "\n"),
            REFUSED,
            HEADER,
            "no id to which a response could refer",
        ),
        (
            "endpoint-missing.xml",
            without(base, "<source>", "</source>"),
            REFUSED,
            HEADER,
            "no mailbox for the responses",
        ),
        ("sender-missing.xml", without(base, "<sender>", "</sender>"), REFUSED, HEADER, "no sender (20003)"),
        (
            "focus-missing.xml",
            without(base, "<focus>", "</focus>"),
            REFUSED,
            HEADER,
            "no focus: which entry is the payload?",
        ),
        (
            "focus-nowhere.xml",
            base.replace('<focus><reference value="urn:uuid:e8f7', '<focus><reference value="urn:uuid:0000'),
            REFUSED,
            HEADER,
            "the focus points to no entry",
        ),
        (
            "type-collection.xml",
            base.replace('<type value="message"/>', '<type value="collection"/>'),
            REFUSED,
            HEADER,
            "the bundle is no message",
        ),
        (
            "root-patient.xml",
            '<Patient xmlns="http://hl7.org/fhir"><id value="x"/></Patient>',
            REFUSED,
            HEADER,
            "a Patient alone",
        ),
        (
            "payload-missing.xml",
            without(base, payload_start, payload_end),
            REFUSED,
            HEADER,
            "an envelope with nothing in it",
        ),
        (
            "receiver-other-practice.xml",
            _receiver("Y99777"),
            REFUSED,
            NOT_ADDRESSED,
            "the receiver is another practice",
        ),
        (
            "receiver-this-practice.xml",
            _receiver("Y99001"),
            ACCEPTED,
            None,
            "the receiver is named, and is this practice",
        ),
    ]


def _receiver(ods_code: str) -> str:
    """With a receiver in the header, which STU3 allows and Send Document does without (interop.md 2.3)."""
    key = "d4d4d4d4-7b14-4f6d-8e21-3b5c7d9f1a01"
    organisation = (
        f'  <entry>\n    <fullUrl value="urn:uuid:{key}"/>\n    <resource><Organization><id value="{key}"/>'
        '<identifier><system value="https://fhir.nhs.uk/Id/ods-organization-code"/>'
        f'<value value="{ods_code}"/></identifier></Organization></resource>\n  </entry>\n'
    )
    payload = '  <entry>\n    <fullUrl value="urn:uuid:e8f7'
    # STU3's order: event, destination, receiver, sender.
    return document(
        ("        <sender>", f'        <receiver><reference value="urn:uuid:{key}"/></receiver>\n        <sender>'),
        (payload, organisation + payload),
    )


def _payload() -> list[Entry]:
    base = document()
    identifier = (
        f'<identifier><system value="https://tools.ietf.org/html/rfc4122"/><value value="{DOCUMENT_ID}"/></identifier>'
    )
    nhs = base[
        base.index("              <identifier>\n                <extension") : base.index("              <name><use")
    ]
    relates = (
        '<relatesTo><code value="replaces"/><targetIdentifier><system value="https://tools.ietf.org/html/rfc4122"/>'
        '<value value="{}"/></targetIdentifier></relatesTo>'
    )
    custodian = "              <custodian>"
    composition = _part(base, "Composition")
    return [
        ("composition-missing.xml", without(base, *resource("Composition")), REFUSED, PAYLOAD, "no Composition"),
        (
            "composition-twice.xml",
            base.replace(composition, composition * 2),
            REFUSED,
            PAYLOAD,
            "two Compositions with one id",
        ),
        (
            "patient-missing.xml",
            without(base, *resource("Patient")),
            REFUSED,
            PAYLOAD,
            "no Patient, though the subject refers to one",
        ),
        (
            "patient-reference-other.xml",
            base.replace(f'<subject><reference value="urn:uuid:{PATIENT_ID}', '<subject><reference value="urn:uuid:x'),
            REFUSED,
            PAYLOAD,
            "the subject refers to nobody in the bundle",
        ),
        (
            "subject-missing.xml",
            without(base, "<subject>", "</subject>"),
            REFUSED,
            PAYLOAD,
            "the Composition is about nobody",
        ),
        ("two-patients.xml", second_patient(), REFUSED, PAYLOAD, "two people in one document: whose letter is it?"),
        (
            "status-preliminary.xml",
            document(('<status value="final"/>', '<status value="preliminary"/>')),
            REFUSED,
            PAYLOAD,
            "a draft (STU3: preliminary)",
        ),
        (
            "status-draft.xml",
            document(('<status value="final"/>', '<status value="draft"/>')),
            REFUSED,
            PAYLOAD,
            "draft is no status of a Composition",
        ),
        (
            "status-entered-in-error.xml",
            document(('<status value="final"/>', '<status value="entered-in-error"/>')),
            REFUSED,
            PAYLOAD,
            "the author says that it is an error",
        ),
        ("status-missing.xml", without(base, '<status value="final"/>', "\n"), REFUSED, PAYLOAD, "no status"),
        (
            "document-type-missing.xml",
            without(base, "<type><coding>", "</type>"),
            REFUSED,
            PAYLOAD,
            "no type of document",
        ),
        (
            "document-type-not-snomed.xml",
            document(("http://snomed.info/sct", "http://loinc.org")),
            REFUSED,
            PAYLOAD,
            "the type is of another terminology",
        ),
        (
            "document-id-missing.xml",
            without(without(base, identifier, "\n"), identifier, "\n"),
            REFUSED,
            PAYLOAD,
            "no identifier of the document: a duplicate could never be known",
        ),
        (
            "document-id-empty.xml",
            base.replace(f'<value value="{DOCUMENT_ID}"/>', '<value value=""/>'),
            REFUSED,
            PAYLOAD,
            "an empty identifier of the document",
        ),
        ("date-missing.xml", without(base, '<date value="2026-12-07', "\n"), REFUSED, PAYLOAD, "no date"),
        (
            "date-30-february.xml",
            document(('"2026-12-07T08:40:00+00:00"', '"2026-02-30T08:40:00+00:00"')),
            REFUSED,
            PAYLOAD,
            "30 February",
        ),
        (
            "date-future.xml",
            document(('"2026-12-07T08:40:00+00:00"', '"2027-12-07T08:40:00+00:00"')),
            PERSON,
            None,
            "dated a year ahead: a slip, but of which part?",
        ),
        ("title-missing.xml", without(base, '<title value="', "/>"), REFUSED, PAYLOAD, "no title"),
        ("author-missing.xml", without(base, "<author>", "</author>"), REFUSED, PAYLOAD, "no author"),
        (
            "section-missing.xml",
            without(base, "<section>", "</section>"),
            REFUSED,
            PAYLOAD,
            "no section: no primary document",
        ),
        (
            "attachment-missing.xml",
            without(base, *resource("Binary")),
            REFUSED,
            PAYLOAD,
            "the section refers to a Binary that is not there",
        ),
        (
            "attachment-http.xml",
            base.replace(
                f'<entry><reference value="urn:uuid:{BINARY_ID}"',
                '<entry><reference value="http://127.0.0.1:9/letter.pdf"',
            ),
            REFUSED,
            PAYLOAD,
            "the letter is to be fetched from an address: nothing is fetched",
        ),
        (
            "attachment-file.xml",
            base.replace(
                f'<entry><reference value="urn:uuid:{BINARY_ID}"', '<entry><reference value="file:///etc/passwd"'
            ),
            REFUSED,
            PAYLOAD,
            "the letter is a file of the server: nothing is read",
        ),
        (
            "confidential-r.xml",
            document((custodian, '              <confidentiality value="R"/>\n' + custodian)),
            REFUSED,
            PAYLOAD,
            "restricted: confidential items must not be sent at all (interop.md 2.3)",
        ),
        (
            "confidential-v.xml",
            document((custodian, '              <confidentiality value="V"/>\n' + custodian)),
            REFUSED,
            PAYLOAD,
            "very restricted",
        ),
        (
            "confidential-n.xml",
            document((custodian, '              <confidentiality value="N"/>\n' + custodian)),
            ACCEPTED,
            None,
            "confidentiality is given and is normal",
        ),
        (
            "script-in-narrative.xml",
            document(
                (
                    TITLE,
                    '<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">'
                    "<script>fetch('http://127.0.0.1:9/')</script></div></text>" + TITLE,
                )
            ),
            REFUSED,
            PAYLOAD,
            "a script in the narrative, which FHIR forbids",
        ),
        (
            "document-type-message.xml",
            base.replace('<type value="document"/>', '<type value="collection"/>'),
            REFUSED,
            PAYLOAD,
            "the payload is no document bundle",
        ),
        ("nhs-number-wrong-digit.xml", document((f'"{NHS}"', '"9990614033"')), REFUSED, PAYLOAD, "check digit wrong"),
        ("nhs-number-short.xml", document((f'"{NHS}"', '"999061403"')), REFUSED, PAYLOAD, "nine digits"),
        ("nhs-number-letters.xml", document((f'"{NHS}"', '"99906I4032"')), REFUSED, PAYLOAD, "a letter I for a 1"),
        ("nhs-number-float.xml", document((f'"{NHS}"', '"9.99E+09"')), REFUSED, PAYLOAD, "damaged by a spreadsheet"),
        (
            "nhs-number-zeros.xml",
            document((f'"{NHS}"', '"0000000000"')),
            REFUSED,
            PAYLOAD,
            "ten zeros have a right check digit",
        ),
        ("nhs-number-absent.xml", base.replace(nhs, ""), REFUSED, PAYLOAD, "no NHS number"),
        (
            "nhs-number-two.xml",
            base.replace(nhs, nhs + nhs.replace(NHS, OTHER[0])),
            REFUSED,
            PAYLOAD,
            "two NHS numbers on one Patient",
        ),
        ("born-30-february.xml", document((BORN, "1961-02-30")), REFUSED, PAYLOAD, "no such day"),
        (
            "replaces-known.xml",
            _second_message((custodian, "              " + relates.format(DOCUMENT_ID) + "\n" + custodian)),
            ACCEPTED,
            None,
            "replaces a document that is here: the old one is marked as replaced",
        ),
        (
            "replaces-unknown.xml",
            document(
                (
                    custodian,
                    "              " + relates.format("99999999-0000-4000-8000-000000000001") + "\n" + custodian,
                )
            ),
            PERSON,
            None,
            "replaces a document that never came (20014: a human task)",
        ),
        (
            "replaces-itself.xml",
            document((custodian, "              " + relates.format(DOCUMENT_ID) + "\n" + custodian)),
            REFUSED,
            PAYLOAD,
            "replaces itself",
        ),
    ]


def _part(text: str, kind: str) -> str:
    start, end = resource(kind)
    at = text.index(start)
    return text[at : text.index(end, at) + len(end)]


def _second_message(*changes: tuple[str, str]) -> str:
    """A later message with another document: other ids of bundle, header and document."""
    text = document()
    for old in (BUNDLE_ID, HEADER_ID, DOCUMENT_ID):
        text = text.replace(old, old[:-2] + "02")
    for before, after in changes:
        text = text.replace(before, after)
    return text


def _attachments() -> list[Entry]:
    kind = '"application/pdf"'
    good = base64.b64encode(pdf()).decode()
    wrapped = "\n".join(good[at : at + 76] for at in range(0, len(good), 76))
    return [
        (
            "pdf-is-program.xml",
            document(attachment=b"MZ\x90\x00\x03" + b"\x00" * 59 + b"This program cannot be run in DOS mode."),
            REFUSED,
            ATTACHMENT,
            "a Windows program that says it is a PDF",
        ),
        (
            "pdf-is-elf.xml",
            document(attachment=b"\x7fELF\x02\x01\x01" + b"\x00" * 60),
            REFUSED,
            ATTACHMENT,
            "a Linux program",
        ),
        (
            "pdf-is-html.xml",
            document(attachment=b"<html><script>alert(1)</script></html>"),
            REFUSED,
            ATTACHMENT,
            "a page, not a PDF",
        ),
        ("pdf-is-zip.xml", document(attachment=zipped()), REFUSED, ATTACHMENT, "an archive, not a PDF"),
        (
            "pdf-after-program.xml",
            document(attachment=b"MZ" + b"\x00" * 200 + pdf()),
            REFUSED,
            ATTACHMENT,
            "a program with a PDF behind it: both kinds of reader open it",
        ),
        ("pdf-empty.xml", document(attachment=b""), REFUSED, ATTACHMENT, "no byte of a letter"),
        (
            "pdf-head-only.xml",
            document(attachment=b"%PDF-1.4\n"),
            REFUSED,
            ATTACHMENT,
            "five letters of a PDF and nothing after",
        ),
        ("pdf-truncated.xml", document(attachment=pdf()[:300]), REFUSED, ATTACHMENT, "the PDF ends in the middle"),
        (
            "pdf-javascript.xml",
            document(attachment=pdf("/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> ")),
            REFUSED,
            ATTACHMENT,
            "the PDF runs a script when opened",
        ),
        (
            "pdf-launch.xml",
            document(attachment=pdf("/OpenAction << /S /Launch /F (cmd.exe) >> ")),
            REFUSED,
            ATTACHMENT,
            "the PDF starts a program when opened",
        ),
        (
            "base64-broken.xml",
            document(attachment=good[:80] + "*!*" + good[83:]),
            REFUSED,
            ATTACHMENT,
            "letters that base64 has not",
        ),
        ("base64-short.xml", document(attachment=good.rstrip("=")[:-2]), REFUSED, ATTACHMENT, "base64 cut off"),
        (
            "content-missing.xml",
            document((f'<content value="{good}"/>', "")),
            REFUSED,
            ATTACHMENT,
            "a Binary without content",
        ),
        (
            "type-javascript.xml",
            document((kind, '"text/javascript"'), attachment=b"fetch('/')"),
            REFUSED,
            ATTACHMENT,
            "a script",
        ),
        (
            "type-html-script.xml",
            document((kind, '"text/html"'), attachment=b"<p>Seen.<script>fetch('/')</script>"),
            REFUSED,
            ATTACHMENT,
            "a page with a script: shown as it is it would run in the practice's browser",
        ),
        (
            "type-svg.xml",
            document(
                (kind, '"image/svg+xml"'), attachment=b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
            ),
            REFUSED,
            ATTACHMENT,
            "a picture that runs a script",
        ),
        (
            "type-program.xml",
            document((kind, '"application/x-msdownload"'), attachment=b"MZ\x90\x00"),
            REFUSED,
            ATTACHMENT,
            "a program",
        ),
        (
            "type-macro-word.xml",
            document((kind, '"application/vnd.ms-word.document.macroEnabled.12"'), attachment=zipped()),
            REFUSED,
            ATTACHMENT,
            "Word with macros",
        ),
        ("type-octets.xml", document((kind, '"application/octet-stream"')), REFUSED, ATTACHMENT, "of no type at all"),
        ("type-missing.xml", document((f"<contentType value={kind}/>", "")), REFUSED, ATTACHMENT, "no type given"),
        (
            "second-attachment-program.xml",
            _second_attachment("application/x-msdownload", b"MZ\x90\x00"),
            REFUSED,
            ATTACHMENT,
            "the letter is good, the second attachment is a program",
        ),
        ("second-attachment-pdf.xml", _second_attachment("application/pdf", pdf()), ACCEPTED, None, "two letters"),
        ("base64-wrapped.xml", document(attachment=wrapped), ACCEPTED, None, "base64 in lines of 76"),
    ]


def _second_attachment(content_type: str, data: bytes) -> str:
    key = BINARY_ID[:-1] + "2"
    text = document()
    first = _part(text, "Binary")
    second = (
        f'        <entry>\n          <fullUrl value="urn:uuid:{key}"/>\n          <resource>\n            <Binary><id value="{key}"/>'
        f'<contentType value="{content_type}"/><content value="{base64.b64encode(data).decode()}"/></Binary>\n'
        "          </resource>\n        </entry>\n"
    )
    entry = f'                <entry><reference value="urn:uuid:{BINARY_ID}"/></entry>\n'
    return text.replace(entry, entry + entry.replace(BINARY_ID, key)).replace(first, first + second)


def _people() -> list[Entry]:
    number, born, family, given = IRISH
    name = f'<name><use value="official"/><family value="{FAMILY}"/><given value="{GIVEN}"/></name>'

    def irish(surname: str, forename: str = given) -> str:
        return document(*person(number, born, surname, forename))

    return [
        (
            "other-number-registered.xml",
            document((f'"{NHS}"', f'"{OTHER[0]}"')),
            REFUSED,
            OTHER_PERSON,
            "the NHS number of another patient of the practice, with this one's name and date of birth",
        ),
        (
            "other-number-not-registered.xml",
            document((f'"{NHS}"', f'"{ABSENT[0]}"')),
            PERSON,
            None,
            "a number nobody here has, with a name and date of birth that somebody has: moved, merged or mistyped?",
        ),
        ("not-registered.xml", document(*person(*ABSENT)), REFUSED, OTHER_PERSON, "not known here (30002)"),
        (
            "other-name-and-birth.xml",
            document(*person(NHS, OTHER[1], OTHER[2], OTHER[3])),
            REFUSED,
            OTHER_PERSON,
            "this patient's number, another patient's name and date of birth",
        ),
        (
            "other-birth.xml",
            document((BORN, "1963-03-14")),
            PERSON,
            None,
            "number and name agree, the year of birth does not",
        ),
        (
            "birth-day-and-month-swapped.xml",
            document(*person(OTHER[0], "1988-11-03", OTHER[2], OTHER[3])),
            PERSON,
            None,
            "number and name agree; the date of birth is another day of the month",
        ),
        ("birth-year-only.xml", document((BORN, "1961")), PERSON, None, "the year of birth alone is no proof"),
        (
            "birth-missing.xml",
            document((f'<birthDate value="{BORN}"/>', "")),
            PERSON,
            None,
            "no date of birth to compare with",
        ),
        (
            "other-surname.xml",
            document((f'"{FAMILY}"', '"Pemberton"')),
            PERSON,
            None,
            "number and date of birth agree, the surname does not: married, or somebody else?",
        ),
        (
            "surname-look-alike.xml",
            document((f'"{FAMILY}"', '"\u041d\u0430rtwell"')),
            PERSON,
            None,
            "the surname looks the same and is written with two Cyrillic letters",
        ),
        (
            "twin.xml",
            document((f'"{GIVEN}"', '"Dorothy"')),
            PERSON,
            None,
            "number, surname and date of birth agree, the forename is another: a twin?",
        ),
        (
            "number-not-verified.xml",
            document(('<code value="01"/>', '<code value="03"/>'), ("Number present and verified", "Trace required")),
            PERSON,
            None,
            "the sender has not traced the number",
        ),
        (
            "deceased-true.xml",
            document((f'<birthDate value="{BORN}"/>', f'<birthDate value="{BORN}"/><deceasedBoolean value="true"/>')),
            PERSON,
            None,
            "the sender says that she has died; our record does not",
        ),
        (
            "deceased-date.xml",
            document(
                (f'<birthDate value="{BORN}"/>', f'<birthDate value="{BORN}"/><deceasedDateTime value="2026-12-01"/>')
            ),
            PERSON,
            None,
            "the sender gives the day of her death; our record does not",
        ),
        (
            "deceased-false.xml",
            document((f'<birthDate value="{BORN}"/>', f'<birthDate value="{BORN}"/><deceasedBoolean value="false"/>')),
            ACCEPTED,
            None,
            "the sender says that she lives",
        ),
        ("name-as-registered.xml", irish(family), ACCEPTED, None, "apostrophe, hyphen and ü as registered"),
        ("name-upper-case.xml", irish("O'BRIEN-MÜLLER", "SIÂN"), ACCEPTED, None, "in capitals"),
        ("name-lower-case.xml", irish("o'brien-müller", "siân"), ACCEPTED, None, "in small letters"),
        ("name-curly-apostrophe.xml", irish("O\u2019Brien-Müller"), ACCEPTED, None, "a typographic apostrophe"),
        ("name-back-tick.xml", irish("O`Brien-Müller"), ACCEPTED, None, "a back-tick for the apostrophe"),
        ("name-no-apostrophe.xml", irish("OBrien-Müller"), ACCEPTED, None, "the apostrophe is left out"),
        ("name-space-for-apostrophe.xml", irish("O Brien-Müller"), ACCEPTED, None, "a space for the apostrophe"),
        ("name-space-for-hyphen.xml", irish("O'Brien Müller"), ACCEPTED, None, "a space for the hyphen"),
        ("name-other-hyphen.xml", irish("O'Brien\u2011Müller"), ACCEPTED, None, "a hyphen that does not break"),
        ("name-no-diacritics.xml", irish("O'Brien-Muller", "Sian"), ACCEPTED, None, "without its diacritics"),
        (
            "name-decomposed.xml",
            irish(unicodedata.normalize("NFD", family), unicodedata.normalize("NFD", given)),
            ACCEPTED,
            None,
            "ü as u with a mark after it",
        ),
        (
            "name-plain-capitals.xml",
            irish("OBRIEN MULLER", "SIAN"),
            ACCEPTED,
            None,
            "as a system of capital letters alone writes it",
        ),
        ("name-spaces-around.xml", irish("  O'Brien-Müller "), ACCEPTED, None, "spaces around the name"),
        (
            "forename-short.xml",
            document((f'"{GIVEN}"', '"Margaret Ann"')),
            ACCEPTED,
            None,
            "a second forename in the same field",
        ),
        (
            "name-old-beside.xml",
            document(
                (name, name + '<name><use value="old"/><family value="Pemberton"/><given value="Margaret"/></name>')
            ),
            ACCEPTED,
            None,
            "a former name beside the official one",
        ),
        (
            "gender-other.xml",
            document(('<gender value="female"/>', '<gender value="unknown"/>')),
            ACCEPTED,
            None,
            "gender is no part of the match",
        ),
    ]


def _odd() -> list[Entry]:
    base = document()
    return [
        ("valid.xml", base, ACCEPTED, None, "the base: nothing is wrong with it"),
        (
            "valid-version-1.xml",
            old_version(),
            ACCEPTED,
            None,
            "version 1 of Send Document: receivers support both (interop.md 2.1)",
        ),
        (
            "comments.xml",
            document(
                ("<Composition>", "<Composition><!-- made by a script -->"),
                ("<value value=", "<!-- v --><value value="),
            ),
            ACCEPTED,
            None,
            "comments inside elements, as NHS examples have them (interop.md 3.3)",
        ),
        (
            "comment-in-front.xml",
            base.replace(HEADLINE, HEADLINE + "<!-- before -->\n"),
            ACCEPTED,
            None,
            "a comment before the root",
        ),
        (
            "processing-instruction.xml",
            base.replace(HEADLINE, HEADLINE + '<?xml-stylesheet type="text/xsl" href="http://127.0.0.1:9/x.xsl"?>\n'),
            ACCEPTED,
            None,
            "a style sheet is named: no part of a resource; it is neither fetched nor followed",
        ),
        (
            "processing-instruction-inside.xml",
            document(("<Patient>", "<Patient><?php system('id') ?>")),
            ACCEPTED,
            None,
            "an instruction to nobody: no part of a resource",
        ),
        ("no-declaration.xml", base.replace(HEADLINE, ""), ACCEPTED, None, "without an XML declaration"),
        ("byte-order-mark.xml", b"\xef\xbb\xbf" + base.encode(), ACCEPTED, None, "with a byte order mark"),
        (
            "utf-16.xml",
            base.replace('"UTF-8"', '"UTF-16"').encode("utf-16"),
            ACCEPTED,
            None,
            "in UTF-16, and it says so",
        ),
        (
            "latin-1.xml",
            document(*person(*IRISH)).replace('"UTF-8"', '"ISO-8859-1"').encode("latin-1"),
            ACCEPTED,
            None,
            "in Latin-1, and it says so",
        ),
        ("prefixed.xml", prefixed(), ACCEPTED, None, "FHIR's namespace under a prefix"),
        (
            "one-line.xml",
            "".join(line.strip() for line in base.splitlines()).replace("?><", "?>\n<"),
            ACCEPTED,
            None,
            "in one line",
        ),
        ("windows-lines.xml", base.replace("\n", "\r\n").encode(), ACCEPTED, None, "lines end as in Windows"),
        ("single-quotes.xml", base.replace('"', "'"), ACCEPTED, None, "attributes in single quotes"),
        (
            "markup-in-title.xml",
            document((TITLED, '"&lt;script&gt;alert(1)&lt;/script&gt; check"')),
            ACCEPTED,
            None,
            "markup as text: to be shown as text",
        ),
        (
            "unknown-extension.xml",
            document(
                (
                    "              <status",
                    '              <extension url="https://example.org/x"><valueString value="x"/></extension>\n              <status',
                )
            ),
            ACCEPTED,
            None,
            "an extension that we do not know and need not",
        ),
        (
            "same-document-new-message.xml",
            base.replace(BUNDLE_ID, BUNDLE_ID[:-2] + "03").replace(HEADER_ID, HEADER_ID[:-2] + "03"),
            REFUSED,
            DUPLICATE,
            "another message with the same document (20008): nothing changes",
        ),
    ]


ALSO_RIGHT = {
    "xinclude.xml": [ENTITIES, UNREADABLE],
    "no-namespace.xml": [HEADER, WRONG_TYPE],
    "other-namespace.xml": [HEADER, WRONG_TYPE],
    "root-patient.xml": [UNREADABLE, WRONG_TYPE],
    "page.html": [ENTITIES],
    "event-missing.xml": [WRONG_TYPE],
    "event-itk008m.xml": [HEADER],
    "definition-other.xml": [WRONG_TYPE],
    "type-collection.xml": [WRONG_TYPE],
    "payload-missing.xml": [PAYLOAD],
    "focus-missing.xml": [PAYLOAD],
    "focus-nowhere.xml": [PAYLOAD],
    "attachment-missing.xml": [ATTACHMENT],
    "pdf-empty.xml": [PAYLOAD],
    "base64-broken.xml": [PAYLOAD, UNREADABLE],
    "base64-short.xml": [PAYLOAD, UNREADABLE],
    "content-missing.xml": [PAYLOAD],
    "type-missing.xml": [PAYLOAD],
    "gzip-bomb.gz": [UNREADABLE],
    "deep-nesting.xml": [PAYLOAD, TOO_LARGE],
    "million-attributes.xml": [UNREADABLE, PAYLOAD],
    "million-elements.xml": [UNREADABLE, PAYLOAD],
    "nhs-number-wrong-digit.xml": [OTHER_PERSON],
    "nhs-number-absent.xml": [OTHER_PERSON],
}
"""Reasons that would be as true as the one that stands first."""

INVENTED = {
    "8-megabytes.xml",
    "date-future.xml",
    "two-patients.xml",
    "script-in-narrative.xml",
    "nhs-number-zeros.xml",
    "pdf-javascript.xml",
    "pdf-launch.xml",
    "pdf-after-program.xml",
    "type-html-script.xml",
    "type-svg.xml",
    "receiver-other-practice.xml",
    "receiver-this-practice.xml",
    "replaces-itself.xml",
    "twin.xml",
    "number-not-verified.xml",
    "surname-look-alike.xml",
    "deceased-true.xml",
    "deceased-date.xml",
    "other-surname.xml",
    "other-birth.xml",
    "birth-year-only.xml",
    "birth-missing.xml",
    "birth-day-and-month-swapped.xml",
    "other-number-not-registered.xml",
    "name-back-tick.xml",
    "name-no-apostrophe.xml",
    "name-space-for-apostrophe.xml",
    "name-space-for-hyphen.xml",
    "name-plain-capitals.xml",
    "forename-short.xml",
    "title-missing.xml",
    "long-name.xml",
    "million-elements.xml",
    "definition-other.xml",
}
"""No fact decides these; the verdict is ours."""

GENERATED = [
    ("60-megabytes.xml", REFUSED, TOO_LARGE, "60 MB: twelve times the guide of 5 MB (20015)"),
    ("8-megabytes.xml", REFUSED, TOO_LARGE, "over the guide of 5 MB (20015)"),
    ("3-megabytes.xml", ACCEPTED, None, "large, and under the guide"),
    ("gzip-bomb.gz", REFUSED, TOO_LARGE, "100 kB that unfold to 100 MB, if anybody unfolds it"),
    ("deep-nesting.xml", REFUSED, UNREADABLE, "10,000 levels: a reader that recurses falls over"),
    ("million-attributes.xml", REFUSED, TOO_LARGE, "a million attributes on one element"),
    ("million-elements.xml", REFUSED, TOO_LARGE, "a million elements"),
    (
        "long-name.xml",
        PERSON,
        None,
        "a family name of two million letters is not the registered one, and must not fill a screen or a log",
    ),
    ("same-message-twice.xml", REFUSED, DUPLICATE, "the same message again (20007): nothing changes"),
]


def labels() -> list[dict[str, Any]]:
    """What is right for every document, as `labels.json` holds it."""
    kept = [(file, verdict, because, why) for file, _, verdict, because, why in entries()]
    rows: list[dict[str, Any]] = []
    for file, verdict, because, why in [*kept, *GENERATED]:
        row: dict[str, Any] = {
            "file": file,
            "verdict": verdict,
            "because": because,
            "why": why,
            "invented": file in INVENTED,
        }
        if file in ALSO_RIGHT:
            row["also_right"] = ALSO_RIGHT[file]
        if file in RECIPES:
            row["generate" if file in LARGE or file == "same-message-twice.xml" else "after"] = RECIPES[file]
        rows.append(row)
    return rows


def content(label: dict[str, Any]) -> bytes:
    """The bytes of a labelled document; large ones are made now."""
    file = label["file"]
    if file in LARGE:
        return LARGE[file]()
    return (HERE / ("valid.xml" if file == "same-message-twice.xml" else file)).read_bytes()


def main() -> None:
    for file, data, *_ in entries():
        (HERE / file).write_bytes(data.encode() if isinstance(data, str) else data)
    rows = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in labels())
    (HERE / "labels.json").write_text(f"[\n{rows}\n]\n")


if __name__ == "__main__":
    main()
