"""Strict reading of ITK3: a Send Document (v1 and v2, of which a receiver supports both: interop.md 2.1) and the responses.

Either a whole document comes back or Unacceptable with the response code to answer with (2.4); nothing is guessed or repaired.
Refused are: what the envelope and payload of 2.3 require and is missing or there twice, profiles and kinds of resource that
are not of Send Document, anything about a second patient, and files that are not what they say.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from lxml import etree

from onedoor.exchange.itk import attachments, codes
from onedoor.exchange.itk.types import CarriedEntry, File, Party, Person, Response, SendDocument, Unacceptable
from onedoor.exchange.itk.xml import FHIR, XHTML, At, check_elements, parse, shown, unreadable
from onedoor.kernel import nhs_number

_LONDON = ZoneInfo("Europe/London")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PART_OF_DATE = re.compile(r"\d{4}(-\d\d)?", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_ODS = re.compile(r"[A-Z0-9]{3,12}")
_MAILBOX = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_SNOMED = re.compile(r"\d{6,18}", re.ASCII)
_RESPONSE_CODE = re.compile(r"[123]\d{4}", re.ASCII)
_DEFINITION = re.compile(re.escape(codes.MESSAGE_DEFINITION[:-1]) + r"\d+", re.ASCII)

_HEADER_KINDS = frozenset({"MessageHeader", "Organization", "Practitioner", "PractitionerRole", "Location", "Bundle"})
_RESPONSE_KINDS = frozenset({"MessageHeader", "Organization", "Practitioner", "PractitionerRole", "OperationOutcome"})
# Of the published documents of both versions; what they carry beside the file is read past.
_PAYLOAD_KINDS = frozenset(
    {"Composition", "Patient", "Practitioner", "PractitionerRole", "Organization", "Encounter", "Location", "Binary"}
    | {"HealthcareService", "List", "Observation", "QuestionnaireResponse"}
)
_ITK_PROFILES = {
    "ITK-Message-Bundle-1": "Bundle",
    "ITK-Document-Bundle-1": "Bundle",
    "ITK-MessageHeader-2": "MessageHeader",
    "ITK-Attachment-Binary-1": "Binary",
    "ITK-Response-OperationOutcome-1": "OperationOutcome",
    "ITK-Ack-OperationOutcome-1": "OperationOutcome",
}
_CARE_CONNECT_PROFILE = re.compile(r"CareConnect-(?:GPC-|ITK-Header-)?([A-Za-z]+)-1")
_LONGEST_ID = 100
_MOST_FILES = 20
_TITLE, _NAME = 200, 120
_LONGEST_NAME = 255
"""Letters of a family name or of all given names: who has more matches nobody, and must fill no screen."""


def _cut(text: str, length: int) -> str:
    """Words for people only, on one line: the document itself has them whole."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"


def _check_profiles(resource: At) -> None:
    for meta in resource.all("meta"):
        for profile in meta.all("profile"):
            url = profile.value()
            name = url.removeprefix(codes.NHS + "StructureDefinition/").removeprefix(codes.UK + "StructureDefinition/")
            matched = _CARE_CONNECT_PROFILE.fullmatch(name)
            of = _ITK_PROFILES.get(name) or (matched[1] if matched else "")
            if name == url or of != resource.name:
                raise profile.refuse(f"The profile {shown(url)} is not supported for a {resource.name}.")


def _entries(bundle: At, kinds: frozenset[str]) -> dict[str, At]:
    """Its resources by fullUrl, in their order."""
    found: dict[str, At] = {}
    for entry in bundle.all("entry"):
        url = entry.text("fullUrl")
        if url in found:
            raise entry.refuse("Two entries have the same fullUrl.")
        holder = entry.one("resource")
        if len(holder.element) != 1:
            raise entry.refuse("The entry does not hold exactly one resource.")
        element = holder.element[0]
        name = element.tag.removeprefix(FHIR)
        resource = entry.below(element, shown(name))
        if name not in kinds:
            raise resource.refuse(f"A {shown(name)} is not supported in this place of the message.")
        _check_profiles(resource)
        found[url] = resource
    return found


def _only(resources: Iterable[At], kind: str, within: At) -> At:
    found = [one for one in resources if one.name == kind]
    if len(found) != 1:
        raise within.refuse(f"There must be exactly one {kind}; there are {len(found)}.")
    return found[0]


def _resolve(at: At, resources: dict[str, At], *kinds: str) -> At:
    """The resource that a reference names. Raises Unacceptable when it is not in the same bundle or of another kind."""
    url = at.text("reference")
    found = resources.get(url)
    if found is None:
        raise at.refuse("It refers to something that is not in the message.")
    if found.name not in kinds:
        raise at.refuse(f"It refers to a {found.name}, where a {' or '.join(kinds)} is expected.")
    return found


def _date(at: At) -> dt.date:
    value = at.value()
    try:
        return dt.date.fromisoformat(value) if _DATE.fullmatch(value) else _no_date()
    except ValueError:
        raise at.refuse("This is not a full date, as in 1970-01-31.") from None


def _no_date() -> dt.date:
    raise ValueError


def _moment(at: At) -> dt.datetime:
    """A moment with its offset; a date alone is its first moment in London."""
    value = at.value()
    try:
        if _DATE.fullmatch(value):
            return dt.datetime.combine(dt.date.fromisoformat(value), dt.time(), _LONDON)
        if _MOMENT.fullmatch(value):
            return dt.datetime.fromisoformat(value)
    except ValueError:
        pass
    raise at.refuse("This is not a date and time with an offset, as in 2026-01-31T09:30:00+00:00.")


def _ods(organisation: At) -> str:
    found = [one for one in organisation.all("identifier") if one.text_or("system") == codes.ODS_SYSTEM]
    if len(found) > 1:
        raise organisation.refuse("An organisation has two ODS codes.")
    if not found:
        return ""
    code = found[0].text("value")
    if not _ODS.fullmatch(code):
        raise found[0].refuse("This is not an ODS code.")
    return code


# Handling


def _flag(handling: At, url: str, code: str) -> bool:
    """`code`: of a flag that cannot be read; one that is missing breaks the rules of the payload (10008)."""
    found = handling.extensions(url)
    if len(found) != 1:
        raise handling.refuse(f"{url} must be given once.", code="10008")
    value = found[0].element.find(FHIR + "valueBoolean")
    said = value.get("value") if value is not None else None
    if said not in ("true", "false"):
        raise found[0].refuse(f"{url} is neither true nor false.", code=code)
    return said == "true"


def _check_handling(handling: At) -> tuple[bool, bool]:
    """(infrastructure, business) response wanted. Raises Unacceptable with the code of the instruction that is wrong."""
    infrastructure = _flag(handling, "InfAckRequested", "10002")
    business = _flag(handling, "BusAckRequested", "10003")
    definition = handling.element.xpath(
        "string(f:extension[@url='MessageDefinition']/f:valueReference/f:reference/@value)",
        namespaces={"f": codes.FHIR},
    )
    if definition != codes.MESSAGE_DEFINITION:
        known = _DEFINITION.fullmatch(str(definition))
        raise handling.refuse(
            "The message definition is not that of GP Connect Send Document.", code="10005" if known else "10004"
        )
    recipient = handling.element.xpath(
        "string(f:extension[@url='RecipientType']/f:valueCoding/f:code/@value)", namespaces={"f": codes.FHIR}
    )
    if recipient not in ("FA", "FI"):
        raise handling.refuse("The recipient type is neither FA nor FI.", code="10010")
    reference = handling.element.xpath(
        "string(f:extension[@url='SenderReference']/f:valueString/@value)", namespaces={"f": codes.FHIR}
    )
    if not str(reference).strip():
        raise handling.refuse("The sender's reference is missing.", code="10007")
    return infrastructure, business


# The outer bundle


def _message(content: bytes) -> At:
    root = parse(content)
    if root.tag != FHIR + "Bundle":
        raise unreadable("The message is not a FHIR Bundle.")
    return At(root, "Bundle", codes.HEADER_FAULT)


def _answerable(bundle: At) -> str:
    """Identifier of the header, looked for without any other check, so that a refusal can say what it is about."""
    found = bundle.element.find(f"{FHIR}entry/{FHIR}resource/{FHIR}MessageHeader/{FHIR}id")
    value = "" if found is None else found.get("value", "")
    return value if _ID.fullmatch(value) else ""


def _outer(bundle: At, kinds: frozenset[str], event: str) -> tuple[At, dict[str, At]]:
    """The header and the outer resources, checked as far as documents and responses are alike."""
    check_outer = bundle.text("type")
    if check_outer != "message":
        raise bundle.refuse("The Bundle is not of type message.")
    _check_profiles(bundle)
    identifier = bundle.one("identifier").text("value")
    if len(identifier) > _LONGEST_ID:
        raise bundle.refuse("The identifier of the message is too long.")
    resources = _entries(bundle, kinds)
    header = _only(resources.values(), "MessageHeader", bundle)
    if next(iter(resources.values())) is not header:
        raise bundle.refuse("The MessageHeader is not the first entry.")
    if not _ID.fullmatch(header.text("id")):
        raise header.refuse("The id of the MessageHeader is not a FHIR id.")
    coding = header.one("event")
    if (coding.text("system"), coding.text("code")) != (codes.EVENT_SYSTEM, event):
        raise coding.refuse(f"The event is not {event}.")
    _moment(header.one("timestamp"))
    return header, resources


def _sender(header: At, resources: dict[str, At]) -> tuple[str, str]:
    """(ODS code, mailbox)."""
    organisation = _resolve(header.one("sender"), resources, "Organization")
    ods = _ods(organisation)
    if not ods:
        raise organisation.refuse("The sender has no ODS code.")
    mailbox = header.one("source").one("endpoint")
    if not _MAILBOX.fullmatch(mailbox.value()):
        raise mailbox.refuse("The endpoint is not the id of a MESH mailbox.")
    return ods, mailbox.value()


# The payload


def _number(patient: At) -> tuple[str, bool]:
    """The NHS number, and whether it is marked as traced."""
    found = [one for one in patient.all("identifier") if one.text_or("system") == codes.NHS_NUMBER_SYSTEM]
    if len(found) != 1:
        raise patient.refuse("The patient must have exactly one NHS number.")
    number = found[0].text("value")
    if not nhs_number.is_valid(number):
        raise found[0].refuse("The NHS number is not ten digits with a right check digit.")
    status = found[0].element.xpath(
        "string(f:extension[contains(@url, 'NHSNumberVerificationStatus-1')]/f:valueCodeableConcept/f:coding/f:code/@value)",
        namespaces={"f": codes.FHIR},
    )
    return number, status == "01"


def _born_on(patient: At) -> dt.date | None:
    """None when the document gives no date, or a year or month alone: a person must say then whose it is."""
    birth_date = patient.maybe("birthDate")
    if birth_date is None or _PART_OF_DATE.fullmatch(birth_date.value()):
        return None
    return _date(birth_date)


def _has_died(patient: At) -> bool:
    said, when = patient.maybe("deceasedBoolean"), patient.maybe("deceasedDateTime")
    if said is not None and (when is not None or said.value() not in ("true", "false")):
        raise patient.refuse("Whether the patient has died is said twice, or is neither true nor false.")
    return when is not None or (said is not None and said.value() == "true")


def _patient(patient: At) -> Person:
    names = patient.all("name")
    official = [one for one in names if one.text_or("use") == "official"] or names
    if len(official) != 1:
        raise patient.refuse("The patient must have one name, or one that is official.")
    given = " ".join(one.value() for one in official[0].all("given"))
    family = official[0].text("family")
    gender = patient.text_or("gender")
    if gender not in ("", "male", "female", "other", "unknown"):
        raise patient.refuse("The gender is not one of male, female, other and unknown.")
    number, verified = _number(patient)
    died = _has_died(patient)
    return Person(number, family[:_LONGEST_NAME], given[:_LONGEST_NAME], _born_on(patient), gender, verified, died)


def _check_one_person(payload: At, url: str, number: str) -> None:
    """Raises Unacceptable when anything in the payload is about somebody else."""
    for tag in ("subject", "patient"):
        for element in payload.element.iter(FHIR + tag):
            reference = element.find(FHIR + "reference")
            if reference is not None and reference.get("value") != url:
                raise payload.refuse("Part of the document is about somebody other than its patient.")
    for element in payload.element.iter(FHIR + "identifier"):
        system, value = element.find(FHIR + "system"), element.find(FHIR + "value")
        is_nhs_number = system is not None and system.get("value") == codes.NHS_NUMBER_SYSTEM
        if is_nhs_number and (value is None or value.get("value") != number):
            raise payload.refuse("The document names the NHS number of somebody other than its patient.")


def _concept(concept: At | None) -> tuple[str, str]:
    """(SNOMED CT code, term) of a concept; an empty code when it is words alone."""
    if concept is None:
        return "", ""
    found = [one for one in concept.all("coding") if one.text_or("system") == codes.SNOMED]
    if len(found) > 1:
        raise concept.refuse("There is more than one SNOMED CT code.")
    if not found:
        if concept.all("coding"):
            raise concept.refuse("The code is not one of SNOMED CT.")
        return "", concept.text_or("text")
    code = found[0].text("code")
    if not _SNOMED.fullmatch(code):
        raise found[0].refuse("This is not a SNOMED CT code.")
    return code, found[0].text_or("display") or concept.text_or("text")


def _replaced(composition: At) -> str:
    found = [one for one in composition.all("relatesTo") if one.text("code") == "replaces"]
    if not found:
        return ""
    if len(found) > 1:
        raise composition.refuse("The document replaces more than one other.")
    identifier = found[0].one("targetIdentifier").text("value")
    if len(identifier) > _LONGEST_ID:
        raise found[0].refuse("The identifier of the replaced document is too long.")
    return identifier


def _sections(composition: At) -> list[At]:
    """All sections, those within sections after their parent."""
    found: list[At] = []
    waiting = composition.all("section")[::-1]
    while waiting:
        section = waiting.pop()
        found.append(section)
        waiting.extend(section.all("section")[::-1])
    return found


def _files(sections: list[At], resources: dict[str, At], composition: At) -> tuple[File, ...]:
    """In the order of the sections: the first is the document itself (interop.md 2.3)."""
    titles: dict[str, str] = {}
    for section in sections:
        for entry in section.all("entry"):
            resource = _resolve(entry, resources, *_PAYLOAD_KINDS)
            if resource.name == "Binary":
                titles.setdefault(entry.text("reference"), entry.text_or("display") or section.text_or("title"))
    if not titles:
        raise composition.refuse("The document has no file.")
    if len(titles) > _MOST_FILES:
        raise composition.refuse(f"The document has more than {_MOST_FILES} files.")
    for url, resource in resources.items():
        if resource.name == "Binary" and url not in titles:
            raise resource.refuse("A file is in the message that no section of the document names.")
    return tuple(attachments.read(resources[url], _cut(title, _TITLE)) for url, title in titles.items())


def _cells(row: etree._Element, tag: str, at: At) -> list[str]:
    if [cell.tag for cell in row] != [XHTML + tag] * len(codes.TABLE_COLUMNS) or any(len(cell) for cell in row):
        raise at.refuse("A row of the table of coded entries has not its six cells of plain words.")
    return [cell.text or "" for cell in row]


def _entry(cells: list[str], at: At) -> CarriedEntry:
    code, term, value, unit, day, text = cells
    named = {"code": code, "term": term, "unit": unit, "text": text}
    if any(len(words) > codes.LENGTHS[what] for what, words in named.items()):
        raise at.refuse("A cell of the table of coded entries is too long.")
    if code and not _SNOMED.fullmatch(code):
        raise at.refuse("A code in the table of coded entries is not a SNOMED CT code.")
    try:
        number = float(value) if value else None
        when = dt.date.fromisoformat(day) if day else None
        if (number is not None and not math.isfinite(number)) or (day and not _DATE.fullmatch(day)):
            raise ValueError
    except ValueError:
        raise at.refuse("A value or a day in the table of coded entries cannot be read.") from None
    return CarriedEntry(code, term, number, unit, when, text)


def _carried(sections: list[At]) -> tuple[CarriedEntry, ...]:
    """Rows of our own table; documents of others have none."""
    tables = [
        (table, section)
        for section in sections
        for table in section.element.iterfind(f"{FHIR}text/{XHTML}div//{XHTML}table")
        if table.get("class") == codes.TABLE_CLASS
    ]
    if not tables:
        return ()
    table, at = tables[0]
    head, body = table.find(XHTML + "thead"), table.find(XHTML + "tbody")
    if len(tables) > 1 or head is None or body is None or len(head) != 1 or len(table) != 2:
        raise at.refuse("The table of coded entries has not one head and one body, or is there twice.")
    if tuple(_cells(head[0], "th", at)) != codes.TABLE_COLUMNS or len(body) > codes.MOST_ENTRIES:
        raise at.refuse("The table of coded entries has other columns than ours, or too many rows.")
    return tuple(_entry(_cells(row, "td", at), at) for row in body)


def _author(composition: At, resources: dict[str, At]) -> tuple[str, str]:
    """(name, SDS user id) of the first author; of an organisation its name."""
    authors = composition.all("author")
    if not authors:
        raise composition.refuse("The document has no author.")
    author = _resolve(authors[0], resources, "Practitioner", "PractitionerRole", "Organization", "Patient")
    if author.name == "PractitionerRole":
        practitioner = author.maybe("practitioner")
        if practitioner is None:
            return "", ""
        author = _resolve(practitioner, resources, "Practitioner")
    if author.name != "Practitioner":
        return "", ""
    user = next(
        (one.text_or("value") for one in author.all("identifier") if one.text_or("system") == codes.SDS_USER_SYSTEM), ""
    )
    names = author.all("name")
    if not names:
        return "", user
    parts = [one.value() for tag in ("prefix", "given", "family") for one in names[0].all(tag)]
    return names[0].text_or("text") or " ".join(parts), user


def _organisations(resources: dict[str, At]) -> dict[str, str]:
    """ODS code -> name, of the payload."""
    found: dict[str, str] = {}
    for resource in resources.values():
        if resource.name == "Organization" and (ods := _ods(resource)):
            found.setdefault(ods, resource.text_or("name"))
    return found


def _recipient(header: At, outer: dict[str, At], patient: At, resources: dict[str, At]) -> Party:
    """For whom: the receiver in the header, else the patient's practice in the document; empty when neither is said."""
    receiver = header.maybe("receiver")
    if receiver is not None and _resolve(receiver, outer, "Organization", "Practitioner").name == "Organization":
        organisation = outer[receiver.text("reference")]
        return Party(_ods(organisation), organisation.text_or("name"))
    for practice in patient.all("generalPractitioner"):
        found = resources.get(practice.text_or("reference"))
        if found is not None and found.name == "Organization":
            return Party(_ods(found), found.text_or("name"))
    return Party("", "")


_OPEN = frozenset("ULMN")  # of FHIR's confidentiality codes


def _document(bundle: At) -> SendDocument:
    header, outer = _outer(bundle, _HEADER_KINDS, codes.DOCUMENT_EVENT)
    handling = header.extensions(codes.HANDLING)
    if len(handling) != 1:
        raise header.refuse("The message handling instructions are missing.", code="10001")
    infrastructure, business = _check_handling(handling[0])
    ods, mailbox = _sender(header, outer)
    inner = _resolve(header.one("focus"), outer, "Bundle")
    if [one for one in outer.values() if one.name == "Bundle"] != [inner]:
        raise bundle.refuse("There is more than one payload.")
    payload = inner.recoded(codes.PAYLOAD_FAULT)
    check_elements(payload.element, codes.PAYLOAD_FAULT)
    for resource in outer.values():
        if resource is not inner:
            check_elements(resource.element, codes.HEADER_FAULT)
    if payload.text("type") != "document":
        raise payload.refuse("The payload is not a Bundle of type document.")
    identifier = payload.one("identifier").text("value")
    if len(identifier) > _LONGEST_ID:
        raise payload.refuse("The identifier of the document is too long.")
    resources = _entries(payload, _PAYLOAD_KINDS)
    composition = _only(resources.values(), "Composition", payload)
    if next(iter(resources.values())) is not composition:
        raise payload.refuse("The Composition is not the first entry.")
    if composition.text("status") != "final":
        raise composition.refuse("The document is not final.")
    patient = _only(resources.values(), "Patient", payload)
    if _resolve(composition.one("subject"), resources, "Patient") is not patient:
        raise composition.refuse("The document is not about the patient in it.")
    person = _patient(patient)
    url = next(key for key, resource in resources.items() if resource is patient)
    _check_one_person(payload, url, person.nhs_number)
    written_at = _moment(composition.one("date"))
    if person.born_on is not None and person.born_on > written_at.date():
        raise patient.refuse("The patient was born after the document was written.")
    type_code, type_term = _concept(composition.one("type"))
    settings = composition.extensions(codes.CARE_SETTING)
    confidentiality = composition.text_or("confidentiality", "N")
    if confidentiality not in _OPEN:
        raise composition.refuse("The document is marked as restricted. Such documents must not be sent this way.")
    replaces = _replaced(composition)
    if replaces == identifier:
        raise composition.refuse("The document says that it replaces itself.")
    author, user = _author(composition, resources)
    sections = _sections(composition)
    return SendDocument(
        bundle_id=header.text("id"),
        document_identifier=identifier,
        replaces_identifier=replaces,
        sender=Party(ods, _cut(_organisations(resources).get(ods, ""), _NAME)),
        sender_mailbox=mailbox,
        author=_cut(author, _NAME),
        recipient=_recipient(header, outer, patient, resources),
        patient=person,
        written_at=written_at,
        title=_cut(composition.text("title"), _TITLE),
        type_code=type_code,
        type_term=_cut(type_term, _TITLE),
        care_setting_code=_concept(settings[0].maybe("valueCodeableConcept"))[0] if settings else "",
        confidential=False,
        files=_files(sections, resources, composition),
        entries=_carried(sections),
        author_sds_user_id=user,
        infrastructure_wanted=infrastructure,
        business_wanted=business,
    )


def document(content: bytes) -> SendDocument:
    """A Send Document of either version. Raises Unacceptable, which says what to answer and why."""
    bundle = _message(content)
    try:
        return _document(bundle)
    except Unacceptable as refused:
        refused.bundle_id = _answerable(bundle)
        raise


# Responses


def _issues(outcome: At) -> list[tuple[str, str]]:
    """(code, words) of each issue with a code of either system of ITK3; a bad one first."""
    found: list[tuple[str, str]] = []
    for issue in outcome.all("issue"):
        details = issue.maybe("details")
        for coding in details.all("coding") if details else []:
            if coding.text_or("system") in (codes.RESPONSE_SYSTEM, codes.OLD_RESPONSE_SYSTEM):
                words = issue.text_or("diagnostics") or (details.text_or("text") if details else "")
                found.append((coding.text("code"), words or coding.text_or("display")))
    return sorted(found, key=lambda one: codes.is_positive(one[0]))


def response(content: bytes) -> Response:
    """An ITK3 response with the codes of ITK-ResponseCodes-1 or the older ITK-Acknowledgement-1 (interop.md 2.4).

    Raises Unacceptable also when its two parts contradict each other: it is never taken for a yes then.
    """
    bundle = _message(content)
    check_elements(bundle.element, codes.HEADER_FAULT)
    header, resources = _outer(bundle, _RESPONSE_KINDS, codes.RESPONSE_EVENT)
    ods, mailbox = _sender(header, resources)
    answer = header.one("response")
    responds_to = answer.text("identifier").removeprefix("urn:uuid:")
    outcome = answer.text("code")
    if outcome not in ("ok", "fatal-error", "transient-error"):
        raise answer.refuse("The response is none of ok, fatal-error and transient-error.")
    found = _issues(_only(resources.values(), "OperationOutcome", bundle))
    if not found or not _RESPONSE_CODE.fullmatch(found[0][0]):
        raise bundle.refuse("The response has no ITK3 response code.")
    code, text = found[0]
    known = code in codes.RESPONSES
    if known and codes.RESPONSES[code][1] != "feedback" and (outcome == "ok") != codes.is_positive(code):
        raise answer.refuse(f"The response says {outcome} with the code {code}, which contradict each other.")
    return Response(
        bundle_id=header.text("id"),
        responds_to=responds_to,
        kind=codes.kind_of(code),
        code=code,
        text=_cut(text, _TITLE),
        sender_ods=ods,
        sender_mailbox=mailbox,
        written_at=_moment(header.one("timestamp")),
        outcome=outcome,
    )
