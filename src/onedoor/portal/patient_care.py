"""A patient's referrals in the shape in which e-RS tells apps of them (referrals-booking-telephony.md 2.4).

A search set of ServiceRequest, with a Task for each that waits for us: `restriction.period.end` is the day by which they hear.
Left out, as nobody has told us: the referrer's own identifier, the specialty, and the SNOMED CT category. A referral in a state
that the patient's API has no word for is left out whole; their own page shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from onedoor.kernel import clock
from onedoor.patients import api as patients
from onedoor.referrals import api as referrals
from onedoor.ui.access import granted, patient

_FHIR = "https://fhir.nhs.uk"

STATES = {
    "AWAITING_TRIAGE": "AWAITING_TRIAGE",
    "TRIAGE_RESPONSE": "TRIAGE_RESPONSE",
    # invented: accepted, and the provider is to book. The patient's API has no word of its own; the provider must act.
    "TRIAGED_PROVIDER_TO_ACTION": "DEFER_TO_PROVIDER",
    "NOT_BOOKED": "NOT_BOOKED",
    "BOOKED": "BOOKED",
    "DEFERRED_TO_PROVIDER": "DEFER_TO_PROVIDER",
    "REJECTED": "REJECTED",
    "APPT_CANCELLED_BY_PATIENT": "APPOINTMENT_CANCELLED_BY_PATIENT",
    "APPT_CANCELLED_BY_PROVIDER": "APPOINTMENT_CANCELLED_BY_PROVIDER",
    "CANCELLED_REFERRAL": "CANCELLED",
}
"""Our words, e-RS's own, to those of the patient's API (referrals-booking-telephony.md 2.3)."""

PRIORITIES = {
    "routine": ("ROUTINE", "Routine", "routine"),
    "urgent": ("URGENT", "Urgent", "urgent"),
    "two_week_wait": ("TWO_WEEK_WAIT", "2 Week Wait", "asap"),
}
"""e-RS's code and its words, and FHIR's."""

_DEFERRALS = {"decision": "TRIAGE_DEFERRAL", "appointment": "APPOINTMENT_DEFERRAL"}


@patient
@require_GET
def service_requests(request: HttpRequest) -> JsonResponse:
    """The signed-in patient's referrals, as an app would read them."""
    access = granted(request)
    assert access.patient_id is not None
    card = patients.card(access, access.patient_id)
    found = bundle(referrals.where_is(access, access.patient_id), card.nhs_number or "", clock.now())
    return JsonResponse(found, content_type="application/fhir+json")


def bundle(found: Sequence[referrals.Where], nhs_number: str, at: datetime) -> dict[str, Any]:
    """The search set at this moment."""
    known = [one for one in found if one.state in STATES]
    entries = [_entry("match", _service_request(one, nhs_number)) for one in known]
    entries += [
        _entry("include", _task(one, nhs_number)) for one in known if one.open and one.heard_by and one.waits_for
    ]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "timestamp": at.isoformat(timespec="milliseconds"),
        "total": len(known),
        "entry": entries,
    }


def _entry(mode: str, resource: dict[str, Any]) -> dict[str, Any]:
    full = f"{settings.PUBLIC_ADDRESS}/FHIR/R4/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": full, "search": {"mode": mode}, "resource": resource}


def _service_request(one: referrals.Where, nhs_number: str) -> dict[str, Any]:
    code, words, priority = PRIORITIES[one.priority]
    ubrn = len(one.source_ref) == 12 and one.source_ref.isdecimal()
    return {
        "resourceType": "ServiceRequest",
        "id": str(one.ref),
        "meta": {"profile": [f"{_FHIR}/StructureDefinition/NHSDigital-ServiceRequest-PatientCare"]},
        "extension": [
            {
                "url": f"{_FHIR}/StructureDefinition/Extension-Portal-Link",
                "valueUrl": f"{settings.PUBLIC_ADDRESS}{reverse('my_referrals')}",
            },
            {
                "url": f"{_FHIR}/StructureDefinition/Extension-eRS-ServiceRequest-State",
                "extension": [
                    {
                        "url": "state",
                        "valueCoding": {"system": f"{_FHIR}/CodeSystem/eRS-ReferralState", "code": STATES[one.state]},
                    }
                ],
            },
            {
                "url": f"{_FHIR}/StructureDefinition/Extension-ServiceRequest-Priority",
                "valueCoding": {"system": f"{_FHIR}/CodeSystem/eRS-Priority", "code": code, "display": words},
            },
        ],
        "identifier": [{**({"system": f"{_FHIR}/Id/UBRN"} if ubrn else {}), "value": one.source_ref}],
        "status": "active" if one.open else "revoked",
        "intent": "order",
        "priority": priority,
        "subject": _nhs_number(nhs_number),
        "authoredOn": one.received_on.isoformat(),
    }


def _task(one: referrals.Where, nhs_number: str) -> dict[str, Any]:
    assert one.heard_by is not None
    return {
        "resourceType": "Task",
        "id": str(one.ref),
        "meta": {"profile": [f"{_FHIR}/StructureDefinition/NHSDigital-Task-PatientCare"]},
        "status": "requested",
        "intent": "order",
        "code": {"coding": [{"system": f"{_FHIR}/CodeSystem/Workflow-Code", "code": _DEFERRALS[one.waits_for]}]},
        "focus": {"reference": f"{settings.PUBLIC_ADDRESS}/FHIR/R4/ServiceRequest/{one.ref}"},
        "for": _nhs_number(nhs_number),
        "restriction": {"period": {"end": one.heard_by.isoformat()}},
    }


def _nhs_number(digits: str) -> dict[str, Any]:
    return {"identifier": {"system": f"{_FHIR}/Id/nhs-number", "value": digits}}
