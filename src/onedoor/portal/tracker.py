"""Where is my referral: what was done, what happens now and next, by when one hears, and who to ring.

Signed in it shows all of a patient's referrals; by the link of a text, after the date of birth, the one that the text was about.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from onedoor.documents import api as documents
from onedoor.kernel.access import Access, Part
from onedoor.patients import api as patients
from onedoor.portal import birth
from onedoor.referrals import api as referrals
from onedoor.ui.access import granted, patient_or_proxy, print_size_of, public
from onedoor.ui.pages import page

PROVED = "track_link"
"""Where the session keeps which link was opened with the right date of birth, and until when."""


@patient_or_proxy(Part.CARE)
@require_GET
def tracker(request: HttpRequest) -> HttpResponse:
    """All referrals of the patient, the open ones first."""
    access = granted(request)
    assert access.patient_id is not None
    return page(
        request,
        "portal/tracker.jinja",
        me=patients.card(access, access.patient_id),
        found=referrals.where_is(access, access.patient_id),
    )


@public
@require_http_methods(["GET", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The referral of a link: the date of birth, then where it is.

    Where the service or what was decided says something private, no more than by when one hears and who to ring: a date of
    birth is known to the family too.
    """
    try:
        asked, one = _opened(request, token)
    except referrals.LinkClosed:
        return page(request, "portal/tracker_over.jinja", status=404)
    return asked or _page(request, "portal/tracker_link.jinja", token, one=one, private=one.private)


@public
@require_http_methods(["GET", "POST"])
def letter_by_link(request: HttpRequest, token: str, ref: UUID) -> HttpResponse:
    """A letter about the referral of a link, by the same step. Opening it is how we know that it came.

    One that says what was decided or found asks for a sign-in, or comes by post: who has none is not left without it.
    """
    try:
        asked, one = _opened(request, token)
    except referrals.LinkClosed:
        return page(request, "portal/tracker_over.jinja", status=404)
    if asked:
        return asked
    found = {letter.ref: letter for letter in one.letters}
    if one.private or ref not in found:
        raise Http404
    me = Access.of_patient(referrals.track_link_of(token).referral.patient_id or 0)
    if not found[ref].opens_by_link:
        posted = documents.post_on_request(access=me, ref=ref) if "post" in request.POST else None
        return _page(request, "portal/tracker_sign_in.jinja", token, letter=found[ref], one=one, posted=posted)
    documents.opened(access=me, ref=ref)
    return _page(request, "portal/tracker_letter.jinja", token, shown=documents.by_ref(me, ref))


def _page(request: HttpRequest, template: str, token: str, **context: Any) -> HttpResponse:
    """A page of the link, in the print that its patient needs."""
    size = print_size_of(referrals.track_link_of(token).referral.patient_id or 0)
    return page(request, template, token=token, print_size=size, **context)


def _opened(request: HttpRequest, token: str) -> tuple[HttpResponse | None, referrals.Where]:
    """The page that asks for the date of birth, if it must be asked for, and the referral. Raises LinkClosed."""
    link = referrals.track_link_of(token)
    asked = birth.ask(request, key=PROVED, link=link.pk, is_right=lambda day: _is_right(token, day))
    patient_id = link.referral.patient_id
    assert patient_id is not None
    mine = referrals.where_is(Access.of_patient(patient_id), patient_id)
    return asked, next(found for found in mine if found.ref == link.referral.ref)


def _is_right(token: str, born_on: date) -> bool:
    right = referrals.born_on_is(token=token, born_on=born_on)
    # The third wrong try has closed it.
    referrals.track_link_of(token)
    return right
