"""Refer a patient: choose the service, and fill in what is not known already."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from onedoor.directory import api as directory
from onedoor.kernel.access import Permission
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.referrals import api as referrals
from onedoor.staff.frame import staff_page
from onedoor.staff.views.triage import files_of
from onedoor.ui.access import granted, staff


@staff(Permission.REFER)
@require_http_methods(["GET", "POST"])
def refer(request: HttpRequest, ref: UUID) -> HttpResponse:
    """The form for one patient; sent with something missing it comes back as it was filled in."""
    access = granted(request)
    try:
        card = patients.card(access, patients.by_ref(access, ref).pk)
    except patients.Patient.DoesNotExist as error:
        raise Http404 from error
    said = request.POST if request.method == "POST" else request.GET
    services = [one for one in directory.cards() if set(one.refers) - {"patient"}]
    service = next((one for one in services if one.slug == said.get("service", "")), None)
    if said.get("service") and service is None:
        raise Http404
    twin = None
    if request.method == "POST" and service is not None:
        new = referrals.NewReferral(
            service_slug=service.slug,
            patient_id=card.id,
            source=said.get("source", ""),
            reason=said.get("reason", ""),
            form_key=_key(said.get("key", "")),
            priority=said.get("priority", ""),
            stream_id=int(said["stream"]) if said.get("stream", "").isdecimal() else None,
            answers={key: said.get(key, "") for key in referrals.ASKED},
            files=files_of(request),
            anyway=bool(said.get("anyway")),
        )
        try:
            made = referrals.refer(access=access, new=new)
        except referrals.OpenAlready as open_already:
            twin = open_already.twin
        except referrals.NotDone as why:
            messages.error(request, str(why))
        else:
            messages.success(request, f"Sent to {service.name}. It is with triage now.")
            return redirect("referral", made.ref)
    else:
        records.look(access=access, patient_id=card.id, page="refer")
    return staff_page(
        request,
        "staff/refer.jinja",
        "referrals_sent",
        card=card,
        services=services,
        service=service,
        streams=list(directory.Stream.objects.filter(service_id=service.id, active=True)) if service else [],
        said=said,
        key=said.get("key") or str(uuid4()),
        known=referrals.known_of(card),
        facts=referrals.FACTS,
        asked=referrals.ASKED,
        questions=referrals.questions(),
        sources={
            key: referrals.SOURCES[key] for key in (service.refers if service else ()) if key in referrals.SOURCES
        },
        twin=twin,
        had_files=bool(request.FILES),
    )


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()
