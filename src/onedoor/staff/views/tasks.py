"""The worklist: everything that waits for a person here, by the clock that runs out first."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from onedoor.exchange import api as exchange
from onedoor.kernel import clock
from onedoor.kernel.access import Permission
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.staff import subjects
from onedoor.staff.download import MOST, as_file, moment
from onedoor.staff.frame import listens, staff_page
from onedoor.tasks import api as tasks
from onedoor.ui.access import granted, staff
from onedoor.ui.pages import back

_SHOWN = 200


@staff(Permission.TASKS)
@require_GET
def worklist(request: HttpRequest) -> HttpResponse:
    """Waiting work, all of it or of one kind, and what was done today."""
    access = granted(request)
    topic = listens(access, "tasks")
    kind = request.GET.get("kind", "")
    counts = tasks.counts(access)
    shown = tasks.waiting(access, kind=kind, limit=_SHOWN)
    return staff_page(
        request,
        "staff/tasks.jinja",
        "tasks",
        tasks=shown,
        links=subjects.links(access, shown),
        seen=subjects.seen(access, shown),
        me=access.actor.id,
        kind=kind,
        kinds={declared.name: declared for declared in tasks.kinds()},
        counts=counts,
        waiting=sum(count.count for count in counts if kind in ("", count.kind)),
        done=tasks.ended(access, since=clock.london_day(clock.today())[0]),
        to_type=exchange.to_type_count(access),
        topic=topic,
    )


@staff(Permission.TASKS)
@require_POST
def download(request: HttpRequest) -> HttpResponse:
    """The waiting work, or that of one kind, as a file."""
    access = granted(request)
    kinds = {declared.name: declared for declared in tasks.kinds()}
    found = tasks.waiting(access, kind=request.POST.get("kind", ""), limit=MOST)
    return as_file(
        access,
        "tasks",
        ("Urgent", "What", "Kind", "Detail", "Who", "Waiting since", "Do it by", "With"),
        [
            (
                "yes" if one.urgent else "no",
                one.title,
                kinds[one.kind].label,
                one.detail,
                one.patient.shown_name if one.patient else "",
                moment(one.created_at),
                moment(one.due_at),
                one.owner.shown_name if one.owner else "",
            )
            for one in found
        ],
    )


@staff(Permission.TASKS)
@require_GET
def task(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One task: what it asks, about whom, and what has happened to it."""
    access = granted(request)
    found = _task(request, ref)
    card = None
    if found.patient_id is not None:
        try:
            card = patients.card(access, found.patient_id)
        except patients.Patient.DoesNotExist as error:
            # The care relationship ended while the work waited: its text may still say who it is about.
            raise Http404 from error
        records.look(access=access, patient_id=card.id, page="task")
    return staff_page(
        request,
        "staff/task.jinja",
        "tasks",
        task=found,
        kind=tasks.kind_of(found.kind),
        card=card,
        link=subjects.links(access, [found]).get(found.pk),
        seen=subjects.seen(access, [found]).get(found.pk),
        me=access.actor.id,
        history=found.history.order_by("id"),
    )


@staff(Permission.TASKS)
@require_POST
def claim(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Take a task."""
    found = _task(request, ref)
    try:
        tasks.claim(access=granted(request), ref=found.ref)
    except tasks.AlreadyDone:
        _already(request, found)
    return back(request, reverse("tasks"))


@staff(Permission.TASKS)
@require_POST
def give_back(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Put a task back for the team."""
    found = _task(request, ref)
    try:
        tasks.give_back(access=granted(request), ref=found.ref)
    except tasks.AlreadyDone:
        _already(request, found)
    return back(request, reverse("tasks"))


@staff(Permission.TASKS)
@require_POST
def complete(request: HttpRequest, ref: UUID) -> HttpResponse:
    """End a task with one of its outcomes."""
    found = _task(request, ref)
    outcome = request.POST.get("outcome", "")
    try:
        tasks.complete(
            access=granted(request),
            ref=found.ref,
            outcome=outcome,
            note=request.POST.get("note", "").strip()[:400],
            seen=subjects.seen_of(request),
        )
    except tasks.NewerCame:
        messages.error(request, subjects.NEWER)
    except tasks.AlreadyDone:
        _already(request, found)
    except tasks.NoSuchOutcome as error:
        raise Http404 from error
    else:
        label = next(o.label for o in tasks.kind_of(found.kind).outcomes if o.value == outcome)
        messages.success(request, f"{label}: {found.title}")
    return back(request, reverse("tasks"))


def _task(request: HttpRequest, ref: UUID) -> tasks.Task:
    try:
        return tasks.by_ref(granted(request), ref)
    except tasks.Task.DoesNotExist as error:
        raise Http404 from error


def _already(request: HttpRequest, found: tasks.Task) -> None:
    found.refresh_from_db()
    if found.state == "withdrawn":
        messages.info(request, f"This is no longer needed: {found.title}")
        return
    label = next((o.label for o in tasks.kind_of(found.kind).outcomes if o.value == found.outcome), found.outcome)
    last = found.history.order_by("-id").first()
    who = last.actor_label if last else "a colleague"
    messages.info(request, f"This was already ended by {who} ({label.lower()}), so nothing was changed: {found.title}")
