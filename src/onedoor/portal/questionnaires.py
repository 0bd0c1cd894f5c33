"""Questionnaires on a page: one question a page, saved as it is answered, so that whoever comes back goes on where they were.

Three doors to the same pages: signed in, the link of a text after the date of birth, and the practice's tablet (`kiosk`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from onedoor.accounts import api as accounts
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.messaging import api as messaging
from onedoor.portal import birth
from onedoor.questionnaires import api as questionnaires
from onedoor.ui.access import granted, patient, print_size_of, public
from onedoor.ui.pages import page

PROVED = "questionnaire_link"
"""Where the session keeps which link was opened with the right date of birth, and until when."""
_WRONG = {
    "choice": "Choose one answer.",
    "pair": "Write both numbers: the top number first, larger than the bottom number.",
    "string": "Write your answer.",
}

_FAR = "This is far from what we have. Look at it again; if it is right, press Continue once more."


@dataclass(frozen=True)
class Visitor:
    """Who answers which response where. `offer` shows what the record has; `after` is done at the end."""

    access: Access
    response: questionnaires.Response
    here: str
    frame: str
    via: str
    offer: bool
    since: datetime | None = None
    """Answers given before this are not shown."""
    after: Callable[[HttpRequest], None] | None = None


@patient
@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest, ref: UUID) -> HttpResponse:
    """A questionnaire of the signed-in patient."""
    access = granted(request)
    try:
        response = questionnaires.response_by_ref(access, ref)
    except questionnaires.Response.DoesNotExist as error:
        raise Http404 from error
    here = reverse("my_questionnaire", args=[ref])
    return run(request, Visitor(access, response, here, "portal/base.jinja", "portal", offer=True))


@public
@require_http_methods(["GET", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The questionnaire of a link: the date of birth, then the questions. What the record has is shown only where nobody else has
    the phone, and never of what is private."""
    try:
        response = questionnaires.link_of(token)
        asked = birth.ask(request, key=PROVED, link=response.pk, is_right=lambda day: _is_right(token, day))
    except questionnaires.LinkClosed:
        # A page that was open before the link closed may still send words of danger.
        closed = questionnaires.ever_of_link(token)
        alarm = late(request, _holder(closed, token, offer=False)) if closed else None
        return alarm or page(request, "portal/questionnaire_over.jinja", status=404)
    who = _holder(response, token, offer=not asked and _alone(response))
    # Whoever took so long to write that the date of birth is asked for again may have written of danger.
    return (late(request, who) or asked) if asked else run(request, who)


def _holder(response: questionnaires.Response, token: str, *, offer: bool) -> Visitor:
    by = Actor("patient", response.patient_id, "link in a text", response.organisation_id)
    access = Access(actor=by, patient_id=response.patient_id, purpose="own record")
    here = reverse("questionnaire", args=[token])
    return Visitor(access, response, here, "portal/change_base.jinja", "link", offer=offer)


def _alone(response: questionnaires.Response) -> bool:
    return not questionnaires.shares_phone(response)


def _is_right(token: str, born_on: date) -> bool:
    right = questionnaires.born_on_is(token=token, born_on=born_on)
    # The third wrong try has closed it.
    questionnaires.link_of(token)
    return right


def run(request: HttpRequest, who: Visitor) -> HttpResponse:
    """Show or take one page of a questionnaire. What is written is heeded before all else, whatever becomes of the answer."""
    alarm = _heeded(request, who)
    if who.response.state not in ("asked", "in_progress"):
        return _over(request, who, alarm)
    if request.method != "POST" or "day" in request.POST:
        return _question(request, who, request.GET.get("at", ""))
    try:
        if request.POST.get("send"):
            taken = questionnaires.finish(response_id=who.response.pk, via=who.via, by=who.access.actor)
            return _done(request, who, taken)
        return _answer(request, who, alarm)
    except questionnaires.NotOpen:
        return _over(request, who, alarm)
    except ValueError:
        return redirect(who.here)


def late(request: HttpRequest, who: Visitor) -> HttpResponse | None:
    """What is said to whoever wrote of danger on a page that takes no answer any more; None when nobody did."""
    alarm = _heeded(request, who)
    return _over(request, who, alarm) if alarm else None


def _heeded(request: HttpRequest, who: Visitor) -> str:
    """Calls a person at once when what was written may speak of danger; what to say then."""
    if request.method != "POST" or "day" in request.POST:
        return ""
    return messaging.heed(
        access=who.access,
        patient_id=who.response.patient_id,
        organisation_id=who.response.organisation_id,
        written=" ".join(one[:500] for one in request.POST.getlist("value")),
    )


def _over(request: HttpRequest, who: Visitor, alarm: str) -> HttpResponse:
    """Nothing is asked any more; who wrote of danger is told what to do all the same."""
    return _shown(request, who, "portal/questionnaire_done.jinja", words=alarm, urgent=bool(alarm))


def _answer(request: HttpRequest, who: Visitor, alarm: str) -> HttpResponse:
    link = request.POST.get("question", "")
    given = [one[:500] for one in request.POST.getlist("value")]
    skip, same = bool(request.POST.get("skip")), bool(request.POST.get("same")) and who.offer
    try:
        taken = questionnaires.answer(
            response_id=who.response.pk,
            link=link,
            given=given,
            via=who.via,
            by=who.access.actor,
            skip=skip,
            same=same,
            offer=who.offer,
        )
    except ValueError:
        return _question(request, who, link, wrong="not an answer", given=given, alarm=alarm)
    if taken.done:
        return _done(request, who, taken)
    if taken.far:
        return _question(request, who, link, wrong=_FAR, given=given, alarm=alarm)
    if alarm:
        return _question(request, who, "", alarm=alarm)
    return redirect(who.here)


def _question(
    request: HttpRequest, who: Visitor, at: str, *, wrong: str = "", given: list[str] | None = None, alarm: str = ""
) -> HttpResponse:
    step = questionnaires.step(who.response, at=at, offer=who.offer, since=who.since)
    if not step.link:
        return _shown(request, who, "portal/questionnaire_check.jinja", step=step, alarm=alarm)
    shown = given if given is not None else _as_typed(step)
    why = _WRONG.get(
        step.kind, f"Write a number{' of ' + step.unit if step.unit else ''} in the form that the hint shows."
    )
    return _shown(
        request,
        who,
        "portal/questionnaire.jinja",
        step=step,
        given=[*shown, "", ""][:2],
        wrong=wrong if wrong in ("", _FAR) else why,
        alarm=alarm,
    )


def _as_typed(step: questionnaires.Step) -> list[str]:
    return step.value.split("/") if step.kind == "pair" else [step.value]


def _done(request: HttpRequest, who: Visitor, taken: questionnaires.Taken) -> HttpResponse:
    if who.after is not None:
        who.after(request)
    return _shown(request, who, "portal/questionnaire_done.jinja", words=taken.words, urgent=taken.urgent)


def _shown(request: HttpRequest, who: Visitor, template: str, **context: Any) -> HttpResponse:
    practice, phone = accounts.sender(who.response.organisation_id)
    size = print_size_of(who.response.patient_id)
    return page(request, template, frame=who.frame, who=who, practice=practice, phone=phone, print_size=size, **context)
