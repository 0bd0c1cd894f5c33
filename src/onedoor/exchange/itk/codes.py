"""Workflow ids, event codes and response codes of GP Connect Send Document over ITK3 (interop.md 2.2, 2.4)."""

from __future__ import annotations

from typing import Literal

SEND_DOCUMENT = "GPCONNECT_SEND_DOCUMENT"
SEND_DOCUMENT_ACK = "GPCONNECT_SEND_DOCUMENT_ACK"
CONSULT_REPORT = "GPFED_CONSULT_REPORT"
CONSULT_REPORT_ACK = "GPFED_CONSULT_REPORT_ACK"

ACK_WORKFLOWS = {SEND_DOCUMENT: SEND_DOCUMENT_ACK, CONSULT_REPORT: CONSULT_REPORT_ACK}
"""Workflow of a document (v2, v1: a receiver supports both) -> workflow of the responses to it."""

DOCUMENT_EVENT = "ITK007C"
RESPONSE_EVENT = "ITK008M"

V1_TYPE_CODE = "371531000"
"""Composition.type of v1. v2 takes one of the PRSB document names, which the facts do not give for these checks: it stays empty
until a locality sets one (interop.md 2.3, 6)."""

Action = Literal[
    "defect",
    "resend",
    "retrace",
    "configuration",
    "convert",
    "duplicate",
    "wait",
    "person",
    "shrink",
    "delivered",
    "feedback",
]
"""What a sender does about a response.

defect: of the message or of the software, not of the person; resend: once more, then a defect; retrace: ask PDS
again, else another
route; configuration: of the mailbox or the agreement; convert: send it as a PDF; duplicate: delivered if the first
one was; wait: for
the business response; person: a human task; shrink: make it smaller; delivered: nothing more; feedback: news of a referral.
"""

UNREADABLE = "10009"
HEADER_FAULT = "20006"
PAYLOAD_FAULT = "20009"
NOT_APPROVED = "20004"
NOT_SUPPORTED = "20005"
TOO_LARGE = "20015"
TAKEN = "20013"

RESPONSES: dict[str, tuple[str, Action]] = {
    "10001": ("the handling instructions are wrong", "defect"),
    "10002": ("the request for an infrastructure response cannot be read", "defect"),
    "10003": ("the request for a business response cannot be read", "defect"),
    "10004": ("the message definition is not known", "defect"),
    "10005": ("the version of the message definition is not supported", "defect"),
    "10007": ("the sender's reference cannot be read", "defect"),
    "10008": ("the handling instructions do not fit the document", "defect"),
    "10009": ("the message cannot be read", "resend"),
    "10010": ("the recipient type cannot be read", "defect"),
    "20001": ("the person it is addressed to is not known there", "retrace"),
    "20002": ("the organisation it is addressed to is not known there", "retrace"),
    "20003": ("the sender is not known there", "configuration"),
    "20004": ("a file is of a kind that is not approved", "convert"),
    "20005": ("a file is of a kind that they cannot open", "convert"),
    "20006": ("the message's header is wrong", "defect"),
    "20007": ("they had this message already", "duplicate"),
    "20008": ("they had this document already", "duplicate"),
    "20009": ("the document did not pass their checks", "defect"),
    "20010": ("the organisation named in the document is not supported there", "retrace"),
    "20011": ("the person named in the document as recipient is not supported there", "retrace"),
    "20012": ("the sender is not authorised there", "configuration"),
    "20013": ("the message can be read", "wait"),
    "20014": ("the replacement failed: both versions are void", "person"),
    "20015": ("the message is too large", "shrink"),
    "30001": ("the patient is known there", "delivered"),
    "30002": ("the patient is not known there", "retrace"),
    "30003": ("the patient is no longer there", "retrace"),
    "30004": ("the patient is known there and died in the last six months", "delivered"),
    **{str(code): ("news of a referral", "feedback") for code in range(30005, 30019)},
}
"""Response code -> (what it means, in words for the sender's staff, and what is done about it)."""

POSITIVE = frozenset({"20013", "30001", "30004"})
"""Codes whose message is `ok`; every other one that is about this document is a fatal error, and final (interop.md 2.4).

News of a referral (30005 to 30018) is `ok` as a message, whatever the news."""


def is_positive(code: str) -> bool:
    """Whether a response of this code goes out as `ok`."""
    return code in POSITIVE or (code in RESPONSES and RESPONSES[code][1] == "feedback")


def kind_of(code: str) -> Literal["infrastructure", "business"]:
    """By its first digit: 1 and 2 are infrastructure, 3 is business."""
    return "business" if code.startswith("3") else "infrastructure"


FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"
NHS = "https://fhir.nhs.uk/STU3/"
UK = "https://fhir.hl7.org.uk/STU3/"
RFC4122 = "https://tools.ietf.org/html/rfc4122"
ODS_SYSTEM = "https://fhir.nhs.uk/Id/ods-organization-code"
NHS_NUMBER_SYSTEM = "https://fhir.nhs.uk/Id/nhs-number"
SDS_USER_SYSTEM = "https://fhir.nhs.uk/Id/sds-user-id"
SNOMED = "http://snomed.info/sct"
EVENT_SYSTEM = NHS + "CodeSystem/ITK-MessageEvent-2"
RECIPIENT_TYPE_SYSTEM = NHS + "CodeSystem/ITK-RecipientType-1"
RESPONSE_SYSTEM = NHS + "CodeSystem/ITK-ResponseCodes-1"
OLD_RESPONSE_SYSTEM = NHS + "CodeSystem/ITK-Acknowledgement-1"
HANDLING = NHS + "StructureDefinition/Extension-ITK-MessageHandling-2"
MESSAGE_DEFINITION = NHS + "MessageDefinition/ITK-GPConnectSendDocument-MessageDefinition-1"
CARE_SETTING = UK + "StructureDefinition/Extension-CareConnect-CareSettingType-1"
VERIFICATION = UK + "StructureDefinition/Extension-CareConnect-NHSNumberVerificationStatus-1"
VERIFICATION_SYSTEM = UK + "CodeSystem/CareConnect-NHSNumberVerificationStatus-1"

LARGEST_SENT = 5_000_000
"""Bytes of a whole message (interop.md 2.3: recommended 5 MB, response 20015)."""

TABLE_CLASS = "onedoor-entries-1"
"""Class of the table of coded entries in Composition.section.text. Ours, no national form: who ignores it has the PDF."""
TABLE_COLUMNS = ("Code", "Term", "Value", "Unit", "Day", "Result")

LENGTHS = {"code": 18, "term": 200, "unit": 20, "text": 400}
"""Longest texts of a coded entry: what is longer is neither written nor taken."""
MOST_ENTRIES = 200
"""Rows of the table."""
