"""A trust that checks a practice's patient, and what MESH and the practice's system do with its document: for tests."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.accounts.models import OrganisationRelation
from onedoor.exchange.itk import codes, write
from onedoor.exchange.itk.types import Response
from onedoor.exchange.mesh import actions as mesh
from onedoor.exchange.models import Mailbox, MeshArrival, SentDocument, SentTry
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, Role
from onedoor.patients.models import CareRelationship, Patient
from onedoor.recall.tests.test_checks import send


@dataclass
class Place:
    """A trust, a practice, and a patient registered with the practice and in the trust's care."""

    trust: Organisation
    practice: Organisation
    hca: Access
    sam: Patient


def place(*, routed: bool = True) -> Place:
    """With `routed` both organisations have a mailbox; without only the trust has."""
    trust = factories.practice("Y99902", "Wexcombe Mental Health")
    practice = factories.practice()
    OrganisationRelation.objects.create(
        organisation=practice, other=trust, kind="served_by_trust", starts_on=date(2020, 1, 1)
    )
    for one, name in ((trust, "Y99902OT001"), (practice, "Y99002OT001")):
        if routed or one == trust:
            mailbox(one, name)
    sam = factories.patient(practice)
    CareRelationship.objects.create(patient=sam, organisation=trust, kind="caseload", starts_on=date(2020, 1, 1))
    return Place(trust, practice, factories.person(trust, Role.HEALTH_CARE_ASSISTANT)[1], sam)


def mailbox(organisation: Organisation, name: str) -> Mailbox:
    """A mailbox at an address where nothing listens."""
    return mesh.set_mailbox(
        organisation_id=organisation.pk,
        mailbox_id=name,
        password="password",
        shared_key="TestKey",
        base_url="http://127.0.0.1:9",
        by=TEST,
    )


def finish(at: Place, **typed: dict[str, str]) -> SentDocument | None:
    """The health care assistant saves these checks and finishes the visit; the latest document of it."""
    assert send(at.hca, at.sam, typed, close=True, missing_ok=True).closed
    return SentDocument.objects.order_by("-pk").first()


def a_document(at: Place) -> SentDocument:
    """Of a finished visit with a blood pressure."""
    made = finish(at, bp={"systolic": "128", "diastolic": "82"})
    assert made is not None
    return made


def compose() -> None:
    """The sweep that sends."""
    jobs.run_once("exchange.compose")


@transaction.atomic
def mesh_takes(document: SentDocument, *, collected: bool = False) -> None:
    """MESH took the message, and with `collected` handed it over."""
    document.refresh_from_db()
    assert document.message_id is not None
    name = f"M{document.message_id}"
    mesh.move([document.message_id], to="sending", by=TEST)
    mesh.move([document.message_id], to="sent", by=TEST, message_id=name, sent_at=clock.now())
    if collected:
        mesh.move([document.message_id], to="collected", by=TEST, collected_at=clock.now())


def sent(at: Place, *, collected: bool = True) -> SentDocument:
    """A document that went."""
    document = a_document(at)
    compose()
    mesh_takes(document, collected=collected)
    document.refresh_from_db()
    return document


def sent_quickly(at: Place) -> SentDocument:
    """A document that went, by a message whose content nobody looks at: for tables of answers."""
    document = a_document(at)
    box = mesh.mailbox_of(at.trust.pk)
    assert box is not None
    with transaction.atomic():
        message = mesh.queue(
            mailbox=box, to="Y99002OT001", workflow=codes.SEND_DOCUMENT, subject="", content=b"<x/>", by=TEST
        )
        SentTry.objects.create(
            document=document,
            number=1,
            bundle_id=document.bundle_id,
            practice=at.practice,
            message=message,
            made_at=clock.now(),
        )
        SentDocument.objects.filter(pk=document.pk).update(message=message)
        mesh_takes(document, collected=True)
    document.refresh_from_db()
    return document


def answer(
    at: Place,
    document: SentDocument,
    code: str,
    *,
    bundle_id: str = "",
    responds_to: str = "",
    mailbox_id: str = "Y99902OT001",
) -> MeshArrival:
    """The practice's system answers; the sweep deals with it. The same `bundle_id` is the same answer once more."""
    said = Response(
        bundle_id=bundle_id or str(uuid.uuid4()),
        responds_to=responds_to or str(document.bundle_id),
        kind=codes.kind_of(code),
        code=code,
        text="",
        sender_ods=at.practice.ods_code,
        sender_mailbox="Y99002OT001",
        written_at=clock.now(),
    )
    content = write.response(said)
    arrival = MeshArrival.objects.create(
        mailbox=Mailbox.objects.get(mailbox_id=mailbox_id),
        message_id=uuid.uuid4().hex,
        sender="Y99002OT001",
        workflow=codes.SEND_DOCUMENT_ACK,
        message_type="DATA",
        content=content,
        size=len(content),
        arrived_at=clock.now(),
    )
    jobs.run_once("exchange.deal_with")
    document.refresh_from_db()
    arrival.refresh_from_db()
    return arrival


def report(document: SentDocument, code: str) -> MeshArrival:
    """MESH says that it could not pass the message on."""
    document.refresh_from_db()
    assert document.message is not None
    arrival = MeshArrival.objects.create(
        mailbox=document.message.mailbox,
        message_id=uuid.uuid4().hex,
        workflow=document.message.workflow,
        message_type="REPORT",
        local_id=str(document.message.ref),
        linked_id=document.message.message_id,
        status_code=code,
        content=b"",
        size=0,
        arrived_at=clock.now(),
    )
    jobs.run_once("exchange.deal_with")
    document.refresh_from_db()
    return arrival
