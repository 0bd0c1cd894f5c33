"""Settings: what each kind of appointment allows, how places are offered, and the switches of sending."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.accounts import api as accounts
from onedoor.booking import api as booking
from onedoor.kernel.access import Access, Permission
from onedoor.messaging import api as messaging
from onedoor.staff.frame import organisation_of, staff_page
from onedoor.ui.access import granted, staff

WAVE_SIZES = range(1, 21)
WINDOWS = (5, 10, 15, 20, 30, 45, 60)
NOTICES = (30, 60, 90, 120, 180, 240)
INTERPRETER_DAYS = range(8)
USUAL_MINUTES = (0, 5, 10, 15, 20, 30, 40, 45, 60)
REMIND_HOURS = (0, 24, 48, 72, 96, 120, 168)


@staff(Permission.SETTINGS)
@require_GET
def settings(request: HttpRequest) -> HttpResponse:
    """Everything that can be set, and how it stands. An administrator runs the system and sees no diary."""
    access = granted(request)
    organisation = organisation_of(access)
    diary = access.may(Permission.DIARY)
    return staff_page(
        request,
        "staff/settings.jinja",
        "settings",
        organisation=organisation,
        phone="" if organisation.phone == accounts.NUMBER_UNKNOWN else organisation.phone,
        stopped_here=messaging.stopped(organisation.pk),
        stopped_all=messaging.stopped(None),
        may_stop_all=may_stop_all(access),
        policy=booking.policy_of(access, organisation.pk),
        types=booking.types_of(access, organisation.pk) if diary else None,
        ready=messaging.ready_replies(access) if access.may(Permission.MESSAGES) else None,
        wave_sizes=WAVE_SIZES,
        windows=WINDOWS,
        notices=NOTICES,
        interpreter_days=INTERPRETER_DAYS,
    )


@staff(Permission.SETTINGS)
@require_POST
def telephone(request: HttpRequest) -> HttpResponse:
    """The number that texts print for people to ring."""
    access = granted(request)
    phone = request.POST.get("phone", "").strip()
    try:
        accounts.set_telephone(organisation_id=organisation_of(access).pk, phone=phone, by=access.actor)
    except accounts.NotANumber:
        messages.error(request, "Not saved: a telephone number has 10 to 13 digits, such as 01632 960000.")
    else:
        messages.success(request, f"Saved. Texts now say to ring {phone}.")
    return redirect("settings")


@staff(Permission.SETTINGS)
@require_POST
def policy(request: HttpRequest) -> HttpResponse:
    """How many are asked at once, how long they have, and how near an appointment may be to be offered."""
    access = granted(request)
    wave_size = _one_of(request.POST.get("wave_size"), WAVE_SIZES)
    window = _one_of(request.POST.get("window_minutes"), WINDOWS)
    notice = _one_of(request.POST.get("notice_minutes"), NOTICES)
    days = request.POST.get("interpreter_days")
    booking.set_policy(
        organisation_id=organisation_of(access).pk,
        wave_size=wave_size,
        window_minutes=window,
        notice_minutes=notice,
        interpreter_days=_one_of(days, INTERPRETER_DAYS) if days is not None else None,
        by=access.actor,
    )
    messages.success(request, f"Saved. The next round asks {wave_size} and waits {window} minutes.")
    return redirect("settings")


@staff(Permission.SETTINGS)
@require_http_methods(["GET", "POST"])
def appointment_type(request: HttpRequest, key: int) -> HttpResponseBase:
    """What one kind of appointment allows."""
    access = granted(request)
    organisation = organisation_of(access)
    kind = next((kind for kind in booking.types_of(access, organisation.pk) if kind.pk == key), None)
    if kind is None:
        raise Http404
    if request.method == "GET":
        return staff_page(request, "staff/type.jinja", "settings", kind=kind, hours=REMIND_HOURS, lengths=USUAL_MINUTES)
    lasts = request.POST.get("usual_minutes")
    booking.set_type(
        organisation_id=organisation.pk,
        name=kind.name,
        said_as=request.POST.get("said_as", "").strip()[:60],
        # Locked kinds keep their lock whatever the form says: a person cancels those.
        reply_may_cancel="reply_may_cancel" in request.POST and not kind.never_by_machine,
        may_refill="may_refill" in request.POST,
        remind_hours=_one_of(request.POST.get("remind_hours"), REMIND_HOURS),
        usual_minutes=_one_of(lasts, USUAL_MINUTES) if lasts is not None else None,
        by=access.actor,
    )
    messages.success(request, f"Saved: {kind.name}.")
    return redirect("settings")


@staff(Permission.SWITCHES)
@require_http_methods(["GET", "POST"])
def sending(request: HttpRequest, whom: str, way: str) -> HttpResponseBase:
    """Stop or resume sending for the organisation or for all, after asking once."""
    access = granted(request)
    if whom not in ("ours", "all") or way not in ("stop", "resume") or (whom == "all" and not may_stop_all(access)):
        raise Http404
    organisation = organisation_of(access)
    if request.method == "GET":
        return staff_page(
            request, "staff/sending.jinja", "settings", organisation=organisation, everybody=whom == "all", way=way
        )
    change = messaging.stop_sending if way == "stop" else messaging.resume_sending
    change(organisation_id=None if whom == "all" else organisation.pk, by=access.actor)
    messages.success(request, "Nothing more is sent until somebody resumes." if way == "stop" else "Sending goes on.")
    return redirect(reverse("settings"))


def may_stop_all(access: Access) -> bool:
    """Only who runs the whole system stops everybody."""
    return access.may(Permission.AUDIT)


def _one_of(given: str | None, allowed: range | tuple[int, ...]) -> int:
    if given is None or not given.isdigit() or int(given) not in allowed:
        raise Http404
    return int(given)
