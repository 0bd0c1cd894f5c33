"""Courses: which there are and what is left, make one, who is on it and who waits, and the register of each date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.booking import api as booking
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.clock import LONDON
from onedoor.kernel.words import clock_time, short_day
from onedoor.patients import api as patients
from onedoor.staff.addresses import chosen_day
from onedoor.staff.download import as_file, moment
from onedoor.staff.frame import listens, organisation_of, staff_page
from onedoor.ui.access import granted, staff

WHO = (Permission.DIARY, Permission.REFERRALS)
"""The desk, and whoever treats those who come: a class has both."""

STATES = {"enrolled": "On the course", "waiting": "Waits for a place", "finished": "Was on it", "left": "Left"}
MARKS = {"seen": "Came", "missed": "Missed"}
ON_REGISTER = {"arrived": "Arrived", "fulfilled": "Came", "noshow": "Missed", "booked": "", "cancelled": "Cancelled"}


@staff(*WHO)
@require_GET
def courses(request: HttpRequest) -> HttpResponse:
    """The organisation's courses with their places; with `view=over` those without a date to come."""
    access = granted(request)
    topic = listens(access, "diary")
    over = request.GET.get("view") == "over"
    return staff_page(
        request,
        "staff/courses.jinja",
        "courses",
        over=over,
        found=booking.courses(access, organisation_of(access).pk, over=over),
        topic=topic,
    )


@staff(*WHO)
@require_POST
def download(request: HttpRequest) -> HttpResponse:
    """The figures of all courses, coming and over, as a file."""
    access = granted(request)
    here = organisation_of(access).pk
    found = [*booking.courses(access, here), *booking.courses(access, here, over=True)]
    header = ("Course", "Kind", "Site", "Leader", "First date", "Dates", "Places", "Enrolled", "Waiting", "Came", "Of")
    rows = [
        (
            one.name,
            one.type_name,
            one.site,
            one.leader,
            moment(one.dates[0].starts_at),
            len(one.counted),
            one.capacity,
            one.enrolled,
            one.waiting,
            one.came,
            one.told,
        )
        for one in found
    ]
    return as_file(access, "courses", header, rows)


@staff(*WHO)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make a course: weekly from a day on with bank holidays left out, or on the days that are written down."""
    access = granted(request)
    here = organisation_of(access).pk
    kinds, sites = booking.course_choices(access, here)
    wrong = ""
    if request.method == "POST":
        try:
            wanted, left_out = _wanted(request.POST)
            if wanted.site_id not in {site.pk for site in sites} or wanted.type_id not in {one.pk for one in kinds}:
                raise booking.BadCourse("Choose a kind and a site.")
            made = booking.make_course(organisation_id=here, course=wanted, by=access.actor)
        except booking.BadCourse as error:
            wrong = str(error)
        else:
            skipped = (
                f" Left out as bank holidays: {', '.join(short_day(day) for day in left_out)}." if left_out else ""
            )
            many = len(wanted.starts)
            messages.success(request, f"{made.name} is made, with {many} date{'s' if many != 1 else ''}.{skipped}")
            return redirect("course", ref=made.ref)
    return staff_page(
        request,
        "staff/course_new.jinja",
        "courses",
        kinds=kinds,
        sites=sites,
        given=request.POST,
        wrong=wrong,
        status=400 if wrong else 200,
    )


@staff(*WHO)
@require_GET
def course(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One course: its dates, who is on it, who waits; and a search to enrol somebody."""
    access = granted(request)
    topic = listens(access, "diary")
    shown = _course(access, ref)
    words = request.GET.get("q", "").strip()
    found = patients.search(access, words) if words else []
    people = booking.members(access, shown)
    return staff_page(
        request,
        "staff/course.jinja",
        "courses",
        course=shown,
        people=[one for one in people if one.state in ("enrolled", "finished")],
        waiting=[one for one in people if one.state == "waiting"],
        gone=[one for one in people if one.state == "left"],
        states=STATES,
        q=words,
        despite=request.GET.get("despite", ""),
        found=found,
        on={one.patient_id: one.state for one in people if one.state in ("enrolled", "waiting")},
        topic=topic,
    )


@staff(*WHO)
@require_POST
def change(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Its name and how many places it has."""
    access = granted(request)
    shown = _course(access, ref)
    try:
        name = _words(request.POST, "name", "what it is called")
        capacity = _number(request.POST, "places", "how many places", most=booking.MOST_PLACES)
        free = booking.change_course(course_ref=ref, name=name, capacity=capacity, by=access.actor)
    except booking.BookingError as refusal:
        messages.error(request, f"{refusal} Nothing was changed.")
        return redirect(f"{reverse('course', args=[ref])}#change")
    said = "The first who wait have the places that are free, and are told." if free and shown.waiting else ""
    messages.success(request, f"Saved: {capacity} place{'s' if capacity != 1 else ''}, {free} free. {said}".strip())
    return redirect("course", ref=ref)


@staff(*WHO)
@require_POST
def cancel(request: HttpRequest, ref: UUID) -> HttpResponse:
    """We hold none of its dates ahead: everybody is told."""
    access = granted(request)
    shown = _course(access, ref)
    try:
        off = booking.cancel_course(course_ref=ref, by=access.actor)
    except booking.BookingError as refusal:
        messages.error(request, f"{refusal} Nothing was changed.")
        return redirect("course", ref=ref)
    told = f" {off.enrolled} who were on it are told." if off.enrolled else ""
    waited = f" {off.waited} who waited for a place are on the worklist, to find them another." if off.waited else ""
    messages.success(request, f"{shown.name} is cancelled, all dates ahead.{told}{waited}")
    return redirect("course", ref=ref)


@staff(*WHO)
@require_POST
def enrol(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Give a patient a place at all dates that are left, or put them on the list of those who wait."""
    access = granted(request)
    shown = _course(access, ref)
    who = _patient(access, request.POST.get("patient", ""))
    try:
        if request.POST.get("do") == "wait":
            booking.wait_for_course(course_ref=ref, patient_id=who.pk, by=access.actor)
            said = f"{who.shown_name} waits for a place, and is told when one is theirs."
        else:
            despite = request.POST.get("despite", "")[:200]
            booking.enrol(course_ref=ref, patient_id=who.pk, by=access.actor, despite=despite)
            many = len(shown.ahead)
            said = f"{who.shown_name} has a place at {'the date' if many == 1 else f'all {many} dates'} ahead, and is told."
    except booking.BookingError as refusal:
        messages.error(request, f"{refusal} Nothing was changed.")
        back = {"q": request.POST.get("q", "")}
        if isinstance(refusal, booking.DoesNotFit):
            # They may be enrolled all the same by whoever says why.
            back["despite"] = str(who.ref)
        return redirect(f"{reverse('course', args=[ref])}?{urlencode(back)}#enrol")
    messages.success(request, said)
    return redirect("course", ref=ref)


@staff(*WHO)
@require_POST
def leave(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Take somebody off the course, or off its list."""
    access = granted(request)
    shown = _course(access, ref)
    one = next((m for m in booking.members(access, shown) if str(m.ref) == request.POST.get("enrolment")), None)
    if one is None:
        raise Http404
    try:
        booking.leave_course(enrolment_ref=one.ref, by=access.actor, reason="patient")
    except booking.BookingError as refusal:
        messages.error(request, f"{refusal} Nothing was changed.")
    else:
        messages.success(request, f"{one.name or 'The patient'} is no longer on the course or its list.")
    return redirect("course", ref=ref)


@staff(*WHO)
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest, ref: UUID, date: UUID) -> HttpResponse:
    """Who came to one date, in one form; it prints as a list to sign."""
    access = granted(request)
    shown = _course(access, ref)
    one = _date(shown, date)
    lines = booking.register(access, shown, date)
    if request.method == "POST":
        known = {line.appointment_ref for line in lines}
        marks = {
            UUID(key[5:]): value
            for key, value in request.POST.items()
            if key.startswith("mark-") and value in MARKS and key[5:] in {str(ref) for ref in known}
        }
        try:
            changed = booking.take_register(date_ref=date, marks=marks, by=access.actor)
        except booking.BookingError as refusal:
            messages.error(request, f"{refusal} Nothing was changed.")
        else:
            messages.success(request, f"Saved: {changed} changed." if changed else "Saved: nothing had changed.")
        return redirect("course_register", ref=ref, date=date)
    return staff_page(
        request,
        "staff/course_register.jinja",
        "courses",
        course=shown,
        date=one,
        lines=lines,
        marks=MARKS,
        words=ON_REGISTER,
        begun=one.starts_at <= clock.now(),
        reach=len([line for line in lines if line.state == "booked"]),
    )


@staff(*WHO)
@require_POST
def register_download(request: HttpRequest, ref: UUID, date: UUID) -> HttpResponse:
    """The register of one date as a file."""
    access = granted(request)
    shown = _course(access, ref)
    one = _date(shown, date)
    rows = [
        (line.name, moment_of(line.born_on), ON_REGISTER.get(line.state, line.state), line.came, line.told)
        for line in booking.register(access, shown, date)
    ]
    name = f"register-{one.starts_at.astimezone(LONDON):%Y-%m-%d}"
    return as_file(access, name, ("Name", "Born", "On the day", "Came so far", "Of"), rows)


@staff(*WHO)
@require_POST
def cancel_date(request: HttpRequest, ref: UUID, date: UUID) -> HttpResponse:
    """We cannot hold one date: everybody is told, and stays on the course."""
    access = granted(request)
    one = _date(_course(access, ref), date)
    try:
        told = booking.cancel_date(date_ref=one.ref, by=access.actor)
    except booking.BookingError as refusal:
        messages.error(request, f"{refusal} Nothing was changed.")
    else:
        messages.success(
            request, f"{short_day(one.starts_at)} is cancelled, and {told} of those who would come are told."
        )
    return redirect("course", ref=ref)


@staff(*WHO)
@require_POST
def move_date(request: HttpRequest, ref: UUID, date: UUID) -> HttpResponse:
    """Move one date for everybody."""
    access = granted(request)
    one = _date(_course(access, ref), date)
    at = _time(request.POST.get("time", ""))
    day = chosen_day(request.POST.get("day"), clock.today())
    if at is None or not request.POST.get("day"):
        messages.error(request, "Give the new day and time. Nothing was changed.")
        return redirect("course_register", ref=ref, date=date)
    to = datetime.combine(day, at, tzinfo=LONDON)
    try:
        moved = booking.move_date(date_ref=one.ref, to=to, by=access.actor)
    except booking.BookingError as refusal:
        messages.error(request, f"{refusal} Nothing was changed.")
        return redirect("course_register", ref=ref, date=date)
    said = f"Moved to {short_day(to)} at {clock_time(to)}: {moved.moved} are told."
    if moved.busy:
        said += f" {moved.busy} had something else then: this date is cancelled for them, and they are told."
    messages.success(request, said)
    return redirect("course", ref=ref)


def moment_of(day: date | None) -> str:
    """2026-12-07, which a spreadsheet reads; empty for none."""
    return day.isoformat() if day is not None else ""


def _wanted(given: Mapping[str, str]) -> tuple[booking.NewCourse, tuple[date, ...]]:
    """The course of a form, and the bank holidays that its weeks pass over. Raises BadCourse of the first fault on the page."""
    name, type_id, site_id, leader, capacity = (
        _words(given, "name", "what it is called"),
        _number(given, "kind", "a kind"),
        _number(given, "site", "a site"),
        _words(given, "leader", "who leads it"),
        _number(given, "places", "how many places", most=1_000),
    )
    typed = given.get("dates", "").split("\n")
    days = [_day(line) for line in typed if line.strip()]
    first = None if days else _day(given.get("first", ""))
    at = _time(given.get("time", ""))
    if at is None:
        raise booking.BadCourse("Give the time as 10:00.")
    minutes = _number(given, "minutes", "how many minutes", most=480)
    left_out: tuple[date, ...] = ()
    if first is not None:
        found = booking.weekly(first, _number(given, "weeks", "how many dates", most=52))
        days, left_out = list(found.days), found.left_out
    until = given.get("join_until", "")
    wanted = booking.NewCourse(
        site_id=site_id,
        type_id=type_id,
        name=name,
        leader=leader,
        minutes=minutes,
        capacity=capacity,
        starts=[datetime.combine(day, at, tzinfo=LONDON) for day in days],
        join_until=_day(until) if until else None,
    )
    return wanted, left_out


def _words(given: Mapping[str, str], name: str, what: str) -> str:
    words = " ".join(given.get(name, "").split())[:80]
    if not words:
        raise booking.BadCourse(f"Say {what}.")
    return words


def _number(given: Mapping[str, str], name: str, what: str, most: int = 2**62) -> int:
    text = given.get(name, "")
    if not text.isdecimal() or len(text) > 19 or not 1 <= int(text) <= most:
        raise booking.BadCourse(f"Say {what}{f', 1 to {most:,}' if most < 2**62 else ''}.")
    return int(text)


def _day(text: str) -> date:
    """2027-01-05 as a date field gives it, or 5/1/2027 as people write it. Raises BadCourse."""
    written = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text.strip())
    try:
        if written:
            day, month, year = (int(part) for part in written.groups())
            return date(year, month, day)
        return date.fromisoformat(text.strip())
    except ValueError:
        said = f"“{text.strip()[:20]}” is no day: write" if text.strip() else "Write the day as"
        raise booking.BadCourse(f"{said} 5/1/2027.") from None


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        return None


def _course(access: Access, ref: UUID) -> booking.CourseView:
    try:
        return booking.course_by_ref(access, ref)
    except booking.Course.DoesNotExist as error:
        raise Http404 from error


def _date(course: booking.CourseView, ref: UUID) -> booking.DateView:
    found = next((one for one in course.dates if one.ref == ref), None)
    if found is None:
        raise Http404
    return found


def _patient(access: Access, ref: str) -> patients.Patient:
    try:
        return patients.by_ref(access, UUID(ref))
    except (ValueError, patients.Patient.DoesNotExist) as error:
        raise Http404 from error
