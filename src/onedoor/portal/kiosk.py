"""The practice's tablet: a member of staff makes a browser into one; patients then find themselves and answer one questionnaire.

It shows no name and nothing of the record, lists nobody, forgets whoever walks away, and ends at a page that says nothing.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from onedoor.accounts import api as accounts
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.actor import Actor
from onedoor.portal.questionnaires import Visitor, late, run
from onedoor.questionnaires import api as questionnaires
from onedoor.ui.access import granted, public, staff
from onedoor.ui.pages import page

HERE, ANSWERS, TRIES = "kiosk_organisation", "kiosk_response", "kiosk_tries"
"""Where the session keeps whose tablet it is; which questionnaire is being answered, until when and since when; wrong tries."""
FORGETS_AFTER = timedelta(minutes=3)
"""Real time without a touch; then whoever comes next begins anew."""
_UNTOUCHED, _WELCOMES = timedelta(seconds=150), timedelta(seconds=20)
"""How long a page of questions, and the page between two patients, stands untouched."""
MOST_TRIES = 5
"""Wrong tries in a row; then the tablet says to ask at the desk, for as long as it forgets after."""


@staff(Permission.PATIENTS, Permission.MESSAGES)
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Make this browser the practice's tablet: staff are signed out of it, and it knows only whose tablet it is."""
    access = granted(request)
    organisations = sorted(access.organisation_ids)
    if len(organisations) != 1:
        raise Http404
    logout(request)
    request.session[HERE] = organisations[0]
    return redirect("kiosk")


@public
@require_http_methods(["GET", "POST"])
def kiosk(request: HttpRequest) -> HttpResponse:
    """Find yourself, or go on with your questions. 404 on a browser that is no tablet."""
    organisation_id = request.session.get(HERE)
    if organisation_id is None or request.user.is_authenticated:
        raise Http404
    by = Actor.system("the practice’s tablet")
    if alarm := _written_late(request):
        return _clears_itself(alarm, _UNTOUCHED, "kiosk_over")
    response = _answering(request)
    if response is not None and "leave" in request.POST:
        forget(request)
        return redirect("kiosk")
    if response is not None:
        return _clears_itself(_questions(request, response), _UNTOUCHED, "kiosk_over")
    if request.method == "POST":
        return _find(request, organisation_id, by)
    return _begin_page(request, organisation_id)


@public
@require_http_methods(["GET"])
def over(request: HttpRequest) -> HttpResponse:
    """The page that says nothing, for whoever comes next; it goes back to the beginning by itself."""
    if HERE not in request.session:
        raise Http404
    forget(request)
    return _clears_itself(page(request, "portal/kiosk_over.jinja"), _WELCOMES, "kiosk")


def _clears_itself(answer: HttpResponse, after: timedelta, to: str) -> HttpResponse:
    """Whoever walked away leaves nothing to be read: the browser goes on by itself, without a script."""
    answer["Refresh"] = f"{int(after.total_seconds())}; url={reverse(to)}"
    return answer


def forget(request: HttpRequest) -> None:
    """Nothing of the last one is left in the session."""
    request.session.pop(ANSWERS, None)
    request.session.cycle_key()


def _answering(request: HttpRequest) -> questionnaires.Response | None:
    kept = request.session.get(ANSWERS)
    if not kept:
        return None
    if _is_over(kept):
        forget(request)
        return None
    request.session[ANSWERS] = [kept[0], (clock.real_now() + FORGETS_AFTER).isoformat(), kept[2]]
    return questionnaires.Response.objects.select_related("patient", "organisation").get(pk=kept[0])


def _is_over(kept: list[Any]) -> bool:
    return datetime.fromisoformat(kept[1]) <= clock.real_now()


def _written_late(request: HttpRequest) -> HttpResponse | None:
    """Words of danger sent after the tablet has forgotten reach a person all the same (H9); None for anything else."""
    kept = request.session.get(ANSWERS)
    if not kept or not _is_over(kept):
        return None
    response = questionnaires.Response.objects.select_related("patient", "organisation").get(pk=kept[0])
    alarm = late(request, _visitor(response, kept))
    if alarm:
        forget(request)
    return alarm


def _questions(request: HttpRequest, response: questionnaires.Response) -> HttpResponse:
    return run(request, _visitor(response, request.session[ANSWERS]))


def _visitor(response: questionnaires.Response, kept: list[Any]) -> Visitor:
    by = Actor("patient", response.patient_id, "the practice's tablet", response.organisation_id)
    access = Access(actor=by, patient_id=response.patient_id, purpose="own record")
    here, since = reverse("kiosk"), datetime.fromisoformat(kept[2])
    return Visitor(access, response, here, "portal/kiosk_base.jinja", "kiosk", offer=False, since=since, after=forget)


def _find(request: HttpRequest, organisation_id: int, by: Actor) -> HttpResponse:
    if _too_many(request):
        return _begin_page(request, organisation_id, wrong="Please ask at the desk.")
    said = request.POST
    code = said.get("code", "").strip()[:12]
    found = None
    if code:
        found = questionnaires.by_code(organisation_id=organisation_id, code=code)
    else:
        born_on = _day(said.get("day", ""), said.get("month", ""), said.get("year", ""))
        if born_on is not None:
            letters = said.get("letters", "").replace("\0", "")[:40]
            found = questionnaires.find(organisation_id=organisation_id, born_on=born_on, letters=letters, by=by)
    if found is None:
        _count(request)
        return _begin_page(
            request, organisation_id, wrong="We could not find you by that. Try once more, or ask at the desk."
        )
    request.session.pop(TRIES, None)
    request.session.cycle_key()
    until = clock.real_now() + FORGETS_AFTER
    request.session[ANSWERS] = [found.response_id, until.isoformat(), clock.now().isoformat()]
    return redirect("kiosk")


def _begin_page(request: HttpRequest, organisation_id: int, *, wrong: str = "") -> HttpResponse:
    practice, _ = accounts.sender(organisation_id)
    return page(request, "portal/kiosk.jinja", practice=practice, wrong=wrong, status=400 if wrong else 200)


def _too_many(request: HttpRequest) -> bool:
    tries, since = request.session.get(TRIES, (0, ""))
    if tries < MOST_TRIES:
        return False
    if datetime.fromisoformat(since) + FORGETS_AFTER <= clock.real_now():
        request.session.pop(TRIES, None)
        return False
    return True


def _count(request: HttpRequest) -> None:
    tries, _ = request.session.get(TRIES, (0, ""))
    request.session[TRIES] = (tries + 1, clock.real_now().isoformat())


def _day(day: str, month: str, year: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
