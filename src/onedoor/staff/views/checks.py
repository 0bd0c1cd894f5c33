"""The check form of one person on one page, and the day list of a clinic."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.accounts import api as accounts
from onedoor.exchange import api as exchange
from onedoor.kernel import clock, words
from onedoor.kernel.access import Access, Permission
from onedoor.patients import api as patients
from onedoor.patients.types import Card
from onedoor.recall import api as recall
from onedoor.recall.api import check_fields as fields
from onedoor.records import api as records
from onedoor.staff.addresses import typed_day
from onedoor.staff.frame import organisation_of, staff_page
from onedoor.ui.access import granted, staff
from onedoor.ui.jinja import counted

_LONGEST = 400
_BY_SCRIPT = "X-Onedoor-Send"
"""Says that the page's own script sent the form, and goes to `next` itself."""
_MONTHS = 18
_WHERE = {recall.NOT_CLOSED_FOUND: "found"}
_CHOICES: dict[str, list[Any]] = {
    "where": [("" if key == "here" else key, label) for key, (label, _, _) in fields.BP_WHERE.items()],
    "glucose": [(key, f"{label}, {one.shown}") for key, (label, one) in fields.GLUCOSE_KINDS.items()],
    "drinking": [(key, label) for key, (label, _) in fields.DRINKING.items()],
    "smoking": [(key, label) for key, (label, _) in fields.SMOKING.items()],
    "audit": [(name, question, list(enumerate(options))) for name, question, options in fields.QUESTIONS],
    "states": list(fields.STATES.items()),
    "states_less": [(key, label) for key, label in fields.STATES.items() if key != "awaited"],
}


@dataclass(frozen=True)
class Trouble:
    """What is to be mended before a check is saved: by field what is wrong, what is asked, what another saved meanwhile."""

    typed: dict[str, str]
    problems: dict[str, str]
    asks: tuple[str, ...] = ()
    sure: str = ""
    meanwhile: recall.Meanwhile | None = None


@staff(Permission.CHECKS)
@require_http_methods(["GET", "POST"])
def check_form(request: HttpRequest, ref: UUID) -> HttpResponse:
    """The checks of one person: as they stand, and taken as they are sent. What is wrong comes back as it was typed."""
    access = accounts.for_checks(granted(request))
    try:
        card = patients.card(access, patients.by_ref(access, ref).pk)
    except patients.Patient.DoesNotExist as error:
        raise Http404 from error
    said = request.POST if request.method == "POST" else request.GET
    chosen = said.get("set", "")
    if chosen and chosen not in recall.CHECK_SETS:
        raise Http404
    if request.method == "GET":
        records.look(access=access, patient_id=card.id, page="checks")
        return _page(request, card, said, chosen)
    form = _read(said)
    saved = recall.save_checks(access=access, patient_id=card.id, form=form)
    if not saved.sound:
        return _page(request, card, said, chosen, form, saved)
    _tell(request, form, saved)
    onward = _onward(granted(request), ref, said, saved)
    return JsonResponse({"next": onward}) if request.headers.get(_BY_SCRIPT) else redirect(onward)


@staff(Permission.CHECKS)
@require_POST
def open_again(request: HttpRequest, ref: UUID, visit: UUID) -> HttpResponse:
    """Open a visit that was finished today, to correct it."""
    try:
        opened = recall.open_checks_again(access=accounts.for_checks(granted(request)), visit_ref=visit)
    except (recall.CheckVisit.DoesNotExist, patients.Patient.DoesNotExist) as error:
        raise Http404 from error
    if not opened:
        messages.error(
            request, "It was finished on another day, or another visit is open: write what is so in a new one."
        )
    return redirect("check_form", ref)


@staff(Permission.CHECKS)
@require_GET
def clinic(request: HttpRequest, day: date | None = None) -> HttpResponse:
    """A day's visits for checks in order, with what each still needs."""
    access = granted(request)
    chosen = day or typed_day(request.GET.get("day")) or clock.today()
    here = organisation_of(access)
    rows = recall.clinic_day(access, here.pk, chosen)
    return staff_page(
        request,
        "staff/check_clinic.jinja",
        "finish_line",
        day=chosen,
        before=chosen - timedelta(days=1),
        after=chosen + timedelta(days=1),
        today=clock.today(),
        rows=rows,
        next_one=next((row for row in rows if not row.finished), None),
        finished=sum(1 for row in rows if row.finished),
    )


def _page(
    request: HttpRequest,
    card: Card,
    said: QueryDict,
    chosen: str,
    form: recall.CheckForm | None = None,
    saved: recall.ChecksSaved | None = None,
) -> HttpResponse:
    access = accounts.for_checks(granted(request))
    shown = recall.check_page(access, card.id, chosen)
    troubles = _troubles(form, saved) if form and saved else {}
    return staff_page(
        request,
        "staff/check_form.jinja",
        "finish_line",
        status=422 if saved else 200,
        card=card,
        page=shown,
        troubles=troubles,
        summary=_summary(shown, troubles, saved),
        saved=saved,
        said=said,
        form_key=uuid4(),
        clinic=typed_day(said.get("clinic")),
        fields=fields,
        choices=_CHOICES,
        missing_words=recall.NOT_CLOSED_MISSING,
        month=_month,
        since=_since,
        months=_months(),
        draft=_draft(access, card.ref),
        today=clock.today(),
        sets=recall.CHECK_SETS,
        sent=exchange.sent_about(granted(request), card.id, limit=1),
    )


def _read(said: QueryDict) -> recall.CheckForm:
    """A form as it was sent; what is longer than anybody types is cut."""

    def one(name: str) -> str:
        return said.get(name, "")[:_LONGEST]

    # What did not come at all was not emptied by anybody.
    keys = [
        key
        for key in fields.LABELS
        if f"base-{key}" in said and any(f"{key}-{name}" in said for name in recall.fields_of(key))
    ]
    return recall.CheckForm(
        form_key=_uuid(one("key")),
        rule_set=one("set") or recall.CHECK_SETS[0],
        typed={key: {name: one(f"{key}-{name}") for name in recall.fields_of(key)} for key in keys},
        base={key: one(f"base-{key}") for key in keys},
        sure={key: one(f"sure-{key}") for key in keys},
        acts={
            name.removeprefix("act-"): recall.CheckAct(
                one(name), one(name.replace("act-", "note-", 1)), one(name.replace("act-", "service-", 1))
            )
            for name in said
            if name.startswith("act-")
        },
        next_month=one("next-month"),
        next_day=one("next-day"),
        close=said.get("do") == "close",
        missing_ok=bool(said.get("missing-ok")),
    )


def _troubles(form: recall.CheckForm, saved: recall.ChecksSaved) -> dict[str, Trouble]:
    found = {
        key: Trouble(
            dict(form.typed[key]), dict(reading.problems), reading.asks, recall.sure_mark(key, form.typed[key])
        )
        for key, reading in saved.readings.items()
    }
    for key, other in saved.meanwhile.items():
        found[key] = Trouble(dict(form.typed[key]), {}, meanwhile=other)
    return found


def _summary(
    shown: recall.CheckPage, troubles: dict[str, Trouble], saved: recall.ChecksSaved | None
) -> list[tuple[str, str]]:
    """(words, where on the page) of everything that is to be mended, in the order of the page."""
    found: list[tuple[str, str]] = []
    for check in shown.checks:
        trouble = troubles.get(check.key)
        if trouble is None:
            continue
        found += [(f"{check.label}: {what}", f"{check.key}-{name}") for name, what in trouble.problems.items()]
        if not trouble.problems and trouble.asks:
            found.append((f"{check.label}: is it right?", f"sure-{check.key}"))
        if trouble.meanwhile:
            found.append((f"{check.label}: {trouble.meanwhile.by} saved it meanwhile", f"check-{check.key}"))
    if saved:
        found += [(what, f"act-{code}") for code, what in saved.act_problems.items()]
        if saved.next_problem:
            found.append((saved.next_problem, "next-month"))
        for why in saved.why_open if not found else [why for why in saved.why_open if why != recall.NOT_CLOSED_TYPED]:
            found.append((why, _WHERE.get(why, "finish")))
    return found


def _tell(request: HttpRequest, form: recall.CheckForm, saved: recall.ChecksSaved) -> None:
    labels = [fields.LABELS[key] for key in saved.changed]
    said = f"Saved: {', '.join(labels)}." if labels else "Saved." if saved.acted or saved.agreed else ""
    if saved.closed:
        said = f"{said} The visit is finished.".strip()
    messages.success(request, said or "Everything was saved already.")


def _onward(access: Access, ref: UUID, said: QueryDict, saved: recall.ChecksSaved) -> str:
    """Where to go once all is saved: the next of the clinic when this one is finished, its list when nobody is left."""
    day = typed_day(said.get("clinic"))
    if day is None:
        return reverse("check_form", args=[ref])
    if not saved.closed:
        return f"{reverse('check_form', args=[ref])}?clinic={day}"
    following = recall.next_in_clinic(access, organisation_of(access).pk, day, ref)
    if following is None:
        return reverse("check_clinic", args=[day])
    return f"{reverse('check_form', args=[following])}?clinic={day}"


def _since(on: date) -> str:
    """How old a result is, as people say it: today, 12 days ago, 7 months ago, 2 years ago."""
    days = (clock.today() - on).days
    if days < 1:
        return "Today"
    if days < 60:
        return f"{counted(days, 'day')} ago"
    today = clock.today()
    months = (today.year - on.year) * 12 + today.month - on.month - (today.day < on.day)
    return f"{counted(months, 'month') if months < 24 else counted(months // 12, 'year')} ago"


def _month(first: date) -> str:
    """December 2027."""
    return words.long_day(first).split(" ", 2)[2]


def _months() -> list[tuple[str, date]]:
    """The months that may be agreed for the next checks: value and first day."""
    today = clock.today()
    at = [today.year * 12 + today.month + n for n in range(_MONTHS)]
    firsts = [date(index // 12, index % 12 + 1, 1) for index in at]
    return [(f"{first:%Y-%m}", first) for first in firsts]


def _draft(access: Access, ref: UUID) -> dict[str, Any]:
    """Under what name this browser keeps what is typed, and the key that locks it: the same for one user and person, and known
    to no browser in which this user is not signed in."""
    whose = f"{access.actor.id}:{access.actor.organisation_id}:{ref}"
    return {
        "id": salted_hmac("onedoor.checks.draft.name", whose, algorithm="sha256").hexdigest()[:32],
        "key": base64.b64encode(salted_hmac("onedoor.checks.draft.key", whose, algorithm="sha256").digest()).decode(),
    }


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()
