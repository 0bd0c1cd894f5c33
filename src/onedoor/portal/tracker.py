"""Where is my referral: what was done, what happens now and next, by when one hears, and who to ring.

Signed in it shows all of a patient's referrals; by the link of a text, after the date of birth, the one that the text was about.
"""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from onedoor.kernel.access import Access
from onedoor.kernel.sensitive import says_sensitive
from onedoor.patients import api as patients
from onedoor.portal import birth
from onedoor.referrals import api as referrals
from onedoor.ui.access import granted, patient, public
from onedoor.ui.pages import page

PROVED = "track_link"
"""Where the session keeps which link was opened with the right date of birth, and until when."""


@patient
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
        link = referrals.track_link_of(token)
        asked = birth.ask(request, key=PROVED, link=link.pk, is_right=lambda day: _is_right(token, day))
    except referrals.LinkClosed:
        return page(request, "portal/tracker_over.jinja", status=404)
    if asked is not None:
        return asked
    patient_id = link.referral.patient_id
    assert patient_id is not None
    mine = referrals.where_is(Access.of_patient(patient_id), patient_id)
    one = next(found for found in mine if found.ref == link.referral.ref)
    shown = [one.service, one.stream, one.now, one.next, *(said for _, said in one.done)]
    private = says_sensitive(" ".join(shown).lower())
    return page(request, "portal/tracker_link.jinja", one=one, private=private)


def _is_right(token: str, born_on: date) -> bool:
    right = referrals.born_on_is(token=token, born_on=born_on)
    # The third wrong try has closed it.
    referrals.track_link_of(token)
    return right
