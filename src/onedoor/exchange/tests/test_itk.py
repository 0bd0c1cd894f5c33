"""ITK3: what we write is what we read, is STU3 for an independent reader, and holds each element that interop.md 2.3 requires."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from onedoor.exchange.itk import codes, read, write
from onedoor.exchange.itk.types import (
    CarriedEntry,
    File,
    Party,
    Person,
    Response,
    SendDocument,
    TooLarge,
    Unacceptable,
    Unwritable,
)

NS = {"f": codes.FHIR, "x": codes.XHTML}
PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF\n"
DOCUMENT = SendDocument(
    bundle_id="7b671a64-40d5-491e-99b0-da01ff1f3341",
    document_identifier="2c671a64-40d5-491e-99b0-da01ff1f3341",
    replaces_identifier="",
    sender=Party("Y99902", "Wexcombe Mental Health"),
    sender_mailbox="Y99902OT001",
    author="Kim Ward",
    recipient=Party("Y99002", "Wexcombe Road Surgery"),
    patient=Person("9990614032", "O'Brien-Müller", "Siân Ann", dt.date(1961, 3, 14), "female"),
    written_at=dt.datetime(2026, 11, 26, 9, 30, 0, 123456, tzinfo=dt.UTC),
    title="Physical health checks",
    type_code="",
    type_term="Physical health checks",
    care_setting_code="",
    confidential=False,
    files=(File("Letter", "application/pdf", PDF),),
    entries=(
        CarriedEntry("271649006", "Systolic blood pressure", 128.0, "mm[Hg]", dt.date(2026, 11, 20), "128 mm[Hg]"),
        CarriedEntry("60621009", "Body mass index", 27.4, "kg/m2", dt.date(2026, 11, 20), "27.4 kg/m2"),
        CarriedEntry("", "Smoking", None, "", None, "Not asked"),
    ),
    author_sds_user_id="555012345",
)
RESPONSE = Response(
    bundle_id="0a671a64-40d5-491e-99b0-da01ff1f3341",
    responds_to=DOCUMENT.bundle_id,
    kind="infrastructure",
    code="20013",
    text="The message can be read.",
    sender_ods="Y99002",
    sender_mailbox="Y99002OT001",
    written_at=dt.datetime(2026, 11, 26, 9, 31, tzinfo=dt.UTC),
)


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def packed(*names: str) -> bytes:
    """A ZIP file with these parts."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return whole.getvalue()


def object_stream(objects: bytes) -> bytes:
    """Objects of a PDF, packed, and its end."""
    return b"<< /Type /ObjStm >>\nstream\n" + zlib.compress(objects) + b"\nendstream %%EOF"


def _found(content: bytes, path: str) -> list[etree._Element]:
    found = etree.fromstring(content).getroottree().xpath(path, namespaces=NS)
    assert isinstance(found, list)
    return [one for one in found if isinstance(one, etree._Element)]


def _refusal(content: bytes) -> Unacceptable:
    with pytest.raises(Unacceptable) as caught:
        read.document(content)
    return caught.value


def _changed(old: str, new: str, count: int = 1) -> bytes:
    text = write.document(DOCUMENT).decode()
    assert old in text
    return text.replace(old, new, count).encode()


def test_a_document_is_read_as_it_was_written() -> None:
    assert read.document(write.document(DOCUMENT)) == DOCUMENT
    newer = replace(
        DOCUMENT, replaces_identifier="older", type_code="371531000", care_setting_code="789718008", entries=()
    )
    assert read.document(write.document(newer)) == newer
    bare = replace(DOCUMENT, author="", author_sds_user_id="", recipient=Party("", ""), business_wanted=False)
    assert read.document(write.document(bare)) == bare


def test_the_same_document_is_the_same_bytes() -> None:
    assert write.document(DOCUMENT) == write.document(DOCUMENT)


TEXT = st.text(
    alphabet=st.characters(exclude_categories=["Cs", "Cc", "Cn"], include_characters="\t\n\r\"'<>&]"), max_size=60
)
ENTRY = st.builds(
    CarriedEntry,
    code=st.sampled_from(["", "271649006", "1005671000000105"]),
    term=TEXT,
    value=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    unit=TEXT.map(lambda text: text[:20]),
    day=st.none() | st.dates(),
    text=TEXT,
)


@given(entries=st.lists(ENTRY, max_size=8).map(tuple))
def test_coded_entries_come_back_exactly(entries: tuple[CarriedEntry, ...]) -> None:
    assert read.document(write.document(replace(DOCUMENT, entries=entries))).entries == entries


@given(
    letter=st.characters(categories=["Cc"]).filter(lambda letter: letter not in "\t\n\r")
    | st.sampled_from("\ufffe\uffff")
)
def test_control_characters_are_not_written(letter: str) -> None:
    entry = CarriedEntry("", "Note", None, "", None, f"a{letter}b")
    with pytest.raises(Unwritable):
        write.document(replace(DOCUMENT, entries=(entry,)))
    with pytest.raises(Unwritable):
        write.document(replace(DOCUMENT, title=f"a{letter}b"))


# Each element that interop.md 2.3 requires, as a path that must hold exactly one node.
HEADER = "/f:Bundle/f:entry[1]/f:resource/f:MessageHeader"
HANDLING = HEADER + f"/f:extension[@url='{codes.HANDLING}']/f:extension"
PAYLOAD = "/f:Bundle/f:entry[3]/f:resource/f:Bundle"
COMPOSITION = PAYLOAD + "/f:entry[1]/f:resource/f:Composition"
REQUIRED = [
    "/f:Bundle/f:type[@value='message']",
    f"/f:Bundle/f:meta/f:profile[@value='{codes.NHS}StructureDefinition/ITK-Message-Bundle-1']",
    f"/f:Bundle/f:identifier/f:system[@value='{codes.RFC4122}']",
    f"{HEADER}/f:meta/f:profile[@value='{codes.NHS}StructureDefinition/ITK-MessageHeader-2']",
    f"{HANDLING}[@url='BusAckRequested']/f:valueBoolean[@value='true']",
    f"{HANDLING}[@url='InfAckRequested']/f:valueBoolean[@value='true']",
    f"{HANDLING}[@url='RecipientType']/f:valueCoding/f:code[@value='FI']",
    f"{HANDLING}[@url='MessageDefinition']/f:valueReference/f:reference[@value='{codes.MESSAGE_DEFINITION}']",
    f"{HANDLING}[@url='SenderReference']/f:valueString[@value!='']",
    f"{HANDLING}[@url='LocalExtension']/f:valueString[@value='None']",
    f"{HEADER}/f:event[f:system/@value='{codes.EVENT_SYSTEM}']/f:code[@value='ITK007C']",
    f"{HEADER}/f:source/f:endpoint[@value='Y99902OT001']",
    f"{HEADER}/f:timestamp",
    f"{HEADER}/f:focus/f:reference[@value=/f:Bundle/f:entry[3]/f:fullUrl/@value]",
    f"{HEADER}/f:sender/f:reference[@value=/f:Bundle/f:entry[2]/f:fullUrl/@value]",
    f"/f:Bundle/f:entry[2]/f:resource/f:Organization/f:identifier[f:system/@value='{codes.ODS_SYSTEM}']/f:value[@value='Y99902']",
    f"{PAYLOAD}/f:type[@value='document']",
    f"{COMPOSITION}/f:status[@value='final']",
    f"{COMPOSITION}/f:extension[@url='{codes.CARE_SETTING}']/f:valueCodeableConcept",
    f"{COMPOSITION}/f:type",
    f"{COMPOSITION}/f:subject/f:reference[@value={PAYLOAD}/f:entry[f:resource/f:Patient]/f:fullUrl/@value]",
    f"{COMPOSITION}/f:author/f:reference[@value={PAYLOAD}/f:entry[f:resource/f:Practitioner]/f:fullUrl/@value]",
    f"{COMPOSITION}/f:custodian/f:reference",
    f"{COMPOSITION}/f:date",
    f"{COMPOSITION}/f:title",
    f"{COMPOSITION}/f:section[1]/f:entry[1]/f:reference[@value={PAYLOAD}/f:entry[f:resource/f:Binary]/f:fullUrl/@value]",
    f"{PAYLOAD}//f:Patient/f:identifier[f:extension//f:code/@value='01']/f:value[@value='9990614032']",
    f"{PAYLOAD}//f:Practitioner/f:identifier[f:system/@value='{codes.SDS_USER_SYSTEM}']",
    f"{PAYLOAD}//f:Binary[f:contentType/@value='application/pdf']/f:content",
]


@pytest.mark.parametrize("path", REQUIRED)
def test_each_required_element_is_there_once(path: str) -> None:
    assert len(_found(write.document(DOCUMENT), path)) == 1


def test_a_newer_version_names_the_one_it_replaces() -> None:
    content = write.document(replace(DOCUMENT, replaces_identifier="older"))
    path = COMPOSITION + "/f:relatesTo[f:code/@value='replaces']/f:targetIdentifier/f:value"
    assert [value.get("value") for value in _found(content, path)] == ["older"]


def test_no_code_is_invented_where_none_is_loaded() -> None:
    """interop.md 6: the document type and care setting must come from the value sets."""
    assert _found(write.document(DOCUMENT), f"{COMPOSITION}//f:coding[f:system/@value='{codes.SNOMED}']") == []


@pytest.mark.parametrize("content", [write.document(DOCUMENT), write.response(RESPONSE)], ids=["document", "response"])
def test_an_independent_reader_of_stu3_takes_it(content: bytes) -> None:
    """fhir.resources knows the STU3 schema: unknown elements, wrong order of choice, wrong kinds of value."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from fhir.resources.STU3.bundle import Bundle

        bundle = Bundle.model_validate_xml(content)
    assert bundle.type == "message"
    kinds = [type(entry.resource).__name__ for entry in bundle.entry or []]
    assert kinds[0] == "MessageHeader"


def test_more_than_five_megabytes_are_not_written() -> None:
    large = replace(DOCUMENT, files=(File("", "application/pdf", PDF + b"0" * 3_800_000),))
    with pytest.raises(TooLarge):
        write.document(large)


@pytest.mark.parametrize(
    "change",
    [
        {"confidential": True},
        {"title": " "},
        {"files": ()},
        {"written_at": dt.datetime(2026, 11, 26)},  # noqa: DTZ001  # that it has no offset is the point
        {"patient": replace(DOCUMENT.patient, born_on=None)},
        {"patient": replace(DOCUMENT.patient, verified=False)},
        {"entries": (CarriedEntry("", "", float("nan"), "", None, ""),)},
        {"entries": (CarriedEntry("", "x" * 201, None, "", None, ""),)},
    ],
)
def test_what_no_receiver_could_take_is_not_written(change: dict[str, object]) -> None:
    with pytest.raises(Unwritable):
        write.document(replace(DOCUMENT, **change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (
            'url="BusAckRequested"><valueBoolean value="true"',
            'url="BusAckRequested"><valueBoolean value="maybe"',
            "10003",
        ),
        ('url="InfAckRequested"><valueBoolean value="true"', 'url="InfAckRequested"><valueBoolean value=""', "10002"),
        ('url="InfAckRequested"', 'url="Other"', "10008"),
        ('<code value="FI"/>', '<code value="XX"/>', "10010"),
        ("MessageDefinition-1", "MessageDefinition-2", "10005"),
        ("ITK-GPConnectSendDocument-", "ITK-Other-", "10004"),
        ("Extension-ITK-MessageHandling-2", "Extension-Other", "10001"),
        ("CareConnect-Patient-1", "Bars-Patient-1", "20009"),
        ("CareConnect-Patient-1", "CareConnect-Practitioner-1", "20009"),
        ("ITK-MessageHeader-2", "ITK-MessageHeader-9", "20006"),
        ("ITK007C", "ITK014M", "20006"),
        ("<gender ", "<modifierExtension/><gender ", "20009"),
        ('value="9990614032"', 'value="9990614033"', "20009"),
        ('<status value="final"/>', '<status value="amended"/>', "20009"),
        ('<contentType value="application/pdf"/>', '<contentType value="application/x-msdownload"/>', "20004"),
        ('<contentType value="application/pdf"/>', '<contentType value="text/html"/>', "20005"),
        ('<contentType value="application/pdf"/>', '<contentType value="image/png"/>', "20005"),
        ("<th>Code</th>", "<th>Kod</th>", "20009"),
        ("<td>128</td>", "<td>12<b>8</b></td>", "20009"),
        ("<td>128</td>", "<td>1e999</td>", "20009"),
        ("<td>2026-11-20</td>", "<td>20 Nov</td>", "20009"),
        ("<div ", '<div onclick="x()" ', "20009"),
        ("<Bundle", "<!DOCTYPE Bundle><Bundle", "10009"),
        ("<Bundle", "<!-- a --><?x y?><!DOCTYPE Bundle []><Bundle", "10009"),
    ],
)
def test_a_fault_is_answered_with_its_code(old: str, new: str, code: str) -> None:
    assert _refusal(_changed(old, new)).code == code


@pytest.mark.parametrize("spaces", [1, 90, 600])
def test_no_other_encoding_hides_a_document_type(spaces: int) -> None:
    inside = write.document(DOCUMENT).split(b"?>", 1)[1]
    hidden = b'<?xml version="1.0"' + b" " * spaces + b'encoding="UTF-7"?>+ADwAIQ-DOCTYPE Bundle []+AD4-' + inside
    assert _refusal(hidden).code == "10009"


def test_a_refusal_says_what_it_is_about_and_names_nobody() -> None:
    refused = _refusal(_changed('value="9990614032"', 'value="9990614033"'))
    assert refused.bundle_id == DOCUMENT.bundle_id
    assert "Patient" in refused.where
    assert not re.search(r"\d{4,}|Müller|Siân", refused.why + refused.where)


def test_a_message_of_v1_is_taken_too() -> None:
    """interop.md 2.3: for action, LocalExtension fixed, no care setting, type 371531000; comments as in published examples."""
    text = write.document(replace(DOCUMENT, type_code=codes.V1_TYPE_CODE, entries=())).decode()
    text = text.replace('<code value="FI"/>', '<code value="FA"/>').replace(
        'value="None"', 'value="SendDocument-ConsultationSummary"'
    )
    text = re.sub(rf'<extension url="{codes.CARE_SETTING}">.*?</extension>', "<!-- none -->", text)
    taken = read.document(text.encode())
    assert (taken.type_code, taken.care_setting_code, taken.files[0].content) == (codes.V1_TYPE_CODE, "", PDF)


@pytest.mark.parametrize(
    ("said", "died"),
    [
        ("", False),
        ('<deceasedBoolean value="false"/>', False),
        ('<deceasedBoolean value="true"/>', True),
        ('<deceasedDateTime value="2026-11"/>', True),
        # Neither yes nor no is not taken for a no.
        ('<deceasedBoolean value="TRUE"/>', None),
        ('<deceasedBoolean value="false"/><deceasedDateTime value="2026-11"/>', None),
    ],
)
def test_whether_the_patient_has_died_is_read_or_refused(said: str, died: bool | None) -> None:
    content = _changed("<birthDate", f"{said}<birthDate")
    if died is None:
        assert _refusal(content).code == "20009"
    else:
        assert read.document(content).patient.died is died


def test_a_document_without_full_proof_of_the_patient_is_for_a_person() -> None:
    assert read.document(_changed('value="1961-03-14"', 'value="1961"')).patient.born_on is None
    assert not read.document(_changed('<code value="01"/>', '<code value="02"/>')).patient.verified


@pytest.mark.parametrize("code", list(codes.RESPONSES))
def test_every_response_is_read_as_it_was_written(code: str) -> None:
    response = replace(RESPONSE, code=code, kind=codes.kind_of(code), text="Because of this.")
    outcome = "ok" if codes.is_positive(code) else "fatal-error"
    assert read.response(write.response(response)) == replace(response, outcome=outcome)


def test_a_response_of_the_older_code_system_is_read() -> None:
    content = write.response(RESPONSE).replace(codes.RESPONSE_SYSTEM.encode(), codes.OLD_RESPONSE_SYSTEM.encode())
    assert read.response(content).code == "20013"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<code value="ok"/>', '<code value="fatal-error"/>'),
        ('<code value="ok"/>', '<code value="yes"/>'),
        ("ITK-ResponseCodes-1", "Other-1"),
        ("ITK008M", "ITK007C"),
        ('<code value="20013"/>', '<code value="99999"/>'),
    ],
)
def test_a_response_that_is_not_plain_is_never_a_yes(old: str, new: str) -> None:
    content = write.response(RESPONSE).decode()
    assert old in content
    with pytest.raises(Unacceptable):
        read.response(content.replace(old, new).encode())


def test_kind_and_code_of_a_response_agree() -> None:
    with pytest.raises(Unwritable):
        write.response(replace(RESPONSE, kind="business"))


def test_the_address_routes_by_the_patient() -> None:
    assert (
        write.gp_provider_address("9990614032", dt.date(1961, 3, 14), "Hartwell")
        == "GPPROVIDER_9990614032_19610314_Hartwell"
    )
    with pytest.raises(Unwritable):
        write.gp_provider_address("9990614032", dt.date(1961, 3, 14), "x" * 90)


def test_the_subject_is_as_gp_connect_prescribes_it() -> None:
    assert write.subject_line(DOCUMENT, 2) == (
        "Physical health checks for Siân Ann O'Brien-Müller, NHS number 9990614032, "
        "seen at Wexcombe Mental Health, Y99902, version 2"
    )


DAMAGE = st.lists(
    st.tuples(
        st.integers(0, 7_000),
        st.integers(0, 40),
        st.binary(max_size=12)
        | st.sampled_from([b"<", b'"', b"&x;", b"<!DOCTYPE a>", b"\xff", b"/>", b"<entry/>", b""]),
    ),
    min_size=1,
    max_size=4,
)


@given(damage=DAMAGE)
def test_a_damaged_message_is_read_or_refused_and_nothing_else(damage: list[tuple[int, int, bytes]]) -> None:
    for whole, reader in ((write.document(DOCUMENT), read.document), (write.response(RESPONSE), read.response)):
        content = whole
        for place, length, instead in damage:
            at = place % len(content)
            content = content[:at] + instead + content[at + length :]
        refused = None
        try:
            reader(content)
        except Unacceptable as refusal:
            refused = refusal
        assert refused is None or (refused.code in codes.RESPONSES and refused.why and refused.where)


@pytest.mark.parametrize(
    ("media_type", "content", "code"),
    [
        ("application/pdf", PDF[:-8], "20005"),
        ("application/pdf", PDF.replace(b"/Catalog", b"/Catalog /OpenAction << /S /Java#53cript >>"), "20005"),
        ("application/pdf", PDF.replace(b"%%EOF", object_stream(b"<</S /Launch>>")), "20005"),
        ("application/pdf", PDF.replace(b"%%EOF", object_stream(b"0" * 11_000_000)), "20005"),
        ("application/pdf", PDF.replace(b"%%EOF", b"<< /Length 9 >>\nstream\nx /JS x\nendstream %%EOF"), ""),
        ("application/pdf", b"MZ\x90\x00" + PDF, "20005"),
        ("application/PDF; charset=binary", PDF, ""),
        ("image/png", b"\x89PNG\r\n\x1a\n....", ""),
        ("image/png", b"GIF89a....", "20005"),
        ("image/tiff", b"II*\x00....", ""),
        ("text/plain", "Blood pressure 128/82 – good\n".encode(), ""),
        ("text/plain", b"\x00\x01\x02", "20005"),
        ("text/rtf", b"{\\rtf1 Words}", ""),
        ("application/rtf", b"{\\rtf1{\\object\\objdata 0105}}", "20005"),
        ("application/zip", b"PK\x03\x04", "20004"),
        ("image/svg+xml", b"<svg/>", "20004"),
        ("application/msword", b"\xd0\xcf\x11\xe0", "20005"),
        (WORD, packed("word/document.xml"), ""),
        (WORD, packed("word/document.xml", "word/vbaProject.bin"), "20005"),
        (WORD, packed("xl/workbook.xml"), "20005"),
        (WORD, b"PK\x03\x04 and no more", "20005"),
    ],
)  # fmt: skip
def test_a_file_is_what_it_says_or_is_refused(media_type: str, content: bytes, code: str) -> None:
    written = write.document(replace(DOCUMENT, files=(File("Letter", media_type, content),)))
    if code:
        assert _refusal(written).code == code
    else:
        assert read.document(written).files[0].content == content
