"""Documents that arrive at a practice, for tests: written by our own writer and put into its mailbox as MESH would."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.exchange.itk import codes, write
from onedoor.exchange.itk.types import CarriedEntry, File, Party, Person, SendDocument
from onedoor.exchange.models import ItkResponse, Mailbox, MeshArrival, ReceivedDocument
from onedoor.exchange.receiving.taking import take
from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.patients.models import Patient

DAY = dt.date(2026, 12, 3)
SYSTOLIC, DIASTOLIC, BMI, HBA1C = "271649006", "271650006", "60621009", "999791000000106"
EX_SMOKER, UNITS_A_WEEK = "8517006", "1082641000000106"
PDF = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
TEXT = "Physical health check\n\nBlood pressure 142/88 mmHg, BMI 31.2, HbA1c 44 mmol/mol.\n"

SIX = (
    CarriedEntry(SYSTOLIC, "Systolic blood pressure", 142, "mm[Hg]", DAY, "Blood pressure 142/88"),
    CarriedEntry(DIASTOLIC, "Diastolic blood pressure", 88, "mm[Hg]", DAY, "Blood pressure 142/88"),
    CarriedEntry(BMI, "Body mass index", 31.2, "kg/m2", DAY, "BMI 31.2"),
    CarriedEntry(HBA1C, "Haemoglobin A1c level - IFCC standardised", 44, "mmol/mol", DAY, "HbA1c 44 mmol/mol"),
    CarriedEntry(EX_SMOKER, "Ex-smoker", None, "", DAY, "Has stopped smoking"),
    CarriedEntry(UNITS_A_WEEK, "Alcohol units consumed per week", 12, "units/week", DAY, "12 units a week"),
)


@dataclass
class Scene:
    """A practice with a mailbox, a person at its desk, and the trust that sends."""

    practice: Organisation
    access: Access
    mailbox: Mailbox
    trust: Organisation
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)


def scene() -> Scene:
    """The practice receives, the trust is known to the locality."""
    practice, trust = factories.practice(), factories.practice("Y99902", "Wexcombe Mental Health")
    mailbox = mailbox_of(practice)
    mailbox_of(trust)
    return Scene(practice, factories.person(practice)[1], mailbox, trust)


def mailbox_of(organisation: Organisation) -> Mailbox:
    """Its mailbox, made once."""
    made, _ = Mailbox.objects.get_or_create(
        mailbox_id=f"{organisation.ods_code}OT001",
        defaults={"organisation": organisation, "password": "x", "shared_key": "x", "base_url": "http://127.0.0.1:9"},
    )
    return made


def said(
    place: Scene,
    patient: Patient | Person,
    entries: Sequence[CarriedEntry] = SIX,
    *,
    identifier: str = "",
    replaces: str = "",
    bundle: str = "",
    sender: Party | None = None,
    recipient: Party | None = None,
    files: Sequence[File] = (),
    title: str = "Physical health check",
    written_at: dt.datetime | None = None,
) -> SendDocument:
    """A document of the trust about somebody."""
    person = (
        patient
        if isinstance(patient, Person)
        else Person(patient.nhs_number or "", patient.family_name, patient.given_name, patient.born_on)
    )
    by = sender or Party(place.trust.ods_code, place.trust.name)
    return SendDocument(
        bundle_id=bundle or str(uuid.uuid4()),
        document_identifier=identifier or str(uuid.uuid4()),
        replaces_identifier=replaces,
        sender=by,
        sender_mailbox=f"{by.ods}OT001",
        author="Sunita Rowe",
        recipient=recipient or Party(place.practice.ods_code, place.practice.name),
        patient=person,
        written_at=written_at or clock.now(),
        title=title,
        type_code=codes.V1_TYPE_CODE,
        type_term="Report",
        care_setting_code="",
        confidential=False,
        files=tuple(files) or (File(title, "text/plain", TEXT.encode()),),
        entries=tuple(entries),
    )


def arrive(place: Scene, document: SendDocument | bytes, *, sender: str = "") -> MeshArrival:
    """Put it into the practice's mailbox and take it."""
    content = document if isinstance(document, bytes) else write.document(document)
    came_from = sender or (document.sender_mailbox if isinstance(document, SendDocument) else "Y99902OT001")
    arrival = MeshArrival.objects.create(
        mailbox=place.mailbox,
        message_id=str(uuid.uuid4()),
        sender=came_from,
        workflow=codes.SEND_DOCUMENT,
        message_type="DATA",
        content=content,
        size=len(content),
        arrived_at=clock.now(),
    )
    take(arrival, factories.TEST)
    arrival.refresh_from_db()
    return arrival


def received(place: Scene, document: SendDocument) -> ReceivedDocument:
    """What became of a document that arrives now."""
    arrive(place, document)
    return ReceivedDocument.objects.get(organisation=place.practice, document_identifier=document.document_identifier)


def told(arrival: MeshArrival) -> list[str]:
    """The codes that its sender was told, in order."""
    return list(ItkResponse.objects.filter(arrival=arrival).order_by("id").values_list("code", flat=True))
