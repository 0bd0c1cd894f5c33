"""All of a patient's own record, with where each item is from and how old it is; and who it is shared with, until when."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from onedoor.accounts import api as accounts
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.ui.access import granted, patient
from onedoor.ui.pages import page

_SHOWN, _MOST = 50, 1_000


@patient
@require_GET
def my_record(request: HttpRequest) -> HttpResponse:
    """What every organisation wrote here, the latest first. The patient alone: a proxy is given parts, and this is the whole."""
    access = granted(request)
    assert access.patient_id is not None
    me = patients.card(access, access.patient_id)
    entries = records.timeline(access, me.id, limit=_MOST)
    carers = {place.pk for place in patients.carers_of(access, me.id)}
    writers = {entry.organisation_id for entry in entries} | carers
    whole = "all" in request.GET
    return page(
        request,
        "portal/record.jinja",
        me=me,
        entries=entries if whole else entries[:_SHOWN],
        more=not whole and len(entries) > _SHOWN,
        # An agreement gives nobody a patient: who does not look after them now reads nothing by it.
        readers=[one for one in accounts.readers_of(writers) if one.partner_id in carers],
    )
