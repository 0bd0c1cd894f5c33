"""Documents that came for the practice: the worklist, whose a document is, and one beside what it carries, accepted in one touch.

The next one opens by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.exchange import api as exchange
from onedoor.kernel import clock
from onedoor.kernel.access import Permission
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.staff.addresses import typed_day
from onedoor.staff.frame import listens, staff_page
from onedoor.ui.access import granted, staff
from onedoor.ui.jinja import counted

_SHOWN_INLINE = {"application/pdf": "application/pdf", "text/plain": "text/plain; charset=utf-8"}
"""What a browser may show. Everything else is saved, and a page or a picture with a script never runs here."""
_FOUND = 10
_SALT = "onedoor.documents.opened"
_LONGEST_TEXT = 100_000
_CODES_OFFERED = 400


@dataclass(frozen=True)
class Adding:
    """What somebody typed to add to a document, and why it cannot be taken."""

    problem: str
    code: str
    value: str
    unit: str
    day: str


@staff(Permission.DOCUMENTS)
@require_GET
def worklist(request: HttpRequest) -> HttpResponse:
    """Documents of a view: those to do first, the oldest first."""
    access = granted(request)
    topic = listens(access, "documents")
    view = request.GET.get("view", "open")
    if view not in exchange.DOCUMENT_VIEWS:
        raise Http404
    found = exchange.documents_in(access, view=view)
    named = [row.patient.pk for row in found.rows if row.patient]
    records.look_many(access=access, patient_ids=named, page="documents received")
    return staff_page(
        request,
        "staff/documents_in.jinja",
        "documents_in",
        found=found,
        views=exchange.DOCUMENT_VIEWS,
        most=exchange.MOST_DOCUMENTS,
        topic=topic,
    )


@staff(Permission.DOCUMENTS)
@require_GET
def document(request: HttpRequest, ref: UUID) -> HttpResponseBase:
    """One document beside what it carries; one of which nobody has said whose it is opens on that question."""
    folder = _folder(request, ref)
    if folder.document.state == "to_match":
        return redirect("document_who", ref=ref)
    return _page(request, folder)


def _page(request: HttpRequest, folder: exchange.Folder, adding: Adding | None = None) -> HttpResponse:
    access = granted(request)
    card = None
    if folder.patient is not None:
        records.look(access=access, patient_id=folder.patient.pk, page="document received")
        card = patients.card(access, folder.patient.pk)
    return staff_page(
        request,
        "staff/document_in.jinja",
        "documents_in",
        status=422 if adding else 200,
        adding=adding,
        folder=folder,
        one=folder.document,
        card=card,
        opened=_opened(),
        differences=exchange.DIFFERENCES,
        states=exchange.DOCUMENT_STATES,
        matches=exchange.MATCHES,
        told={**exchange.THEIRS, **exchange.NOT_OURS},
        inline=_SHOWN_INLINE,
        text=_text(request, folder),
        measured=records.measured,
        earlier=exchange.EARLIER,
        ticked=sum(1 for line in folder.lines if line.ticked),
        codes=records.codes_in_use(limit=_CODES_OFFERED) if folder.document.state == "to_code" else [],
        today=clock.today(),
    )


@staff(Permission.DOCUMENTS)
@require_http_methods(["GET", "POST"])
def who(request: HttpRequest, ref: UUID) -> HttpResponseBase:
    """Whose a document is: what it says beside each person whom it may be of, point by point; and the search for others."""
    access = granted(request)
    folder = _folder(request, ref)
    if request.method == "POST":
        return _say_who(request, ref)
    if folder.document.state != "to_match":
        return redirect("document_in", ref=ref)
    words = request.GET.get("q", "").strip()
    found = patients.search(access, words, limit=_FOUND) if words else []
    also = _uuid(request.GET.get("also", ""))
    try:
        shown = exchange.whose_document(access, ref, also=also)
    except patients.Patient.DoesNotExist as error:
        raise Http404 from error
    records.look_many(
        access=access,
        patient_ids=[patient.pk for patient, _, _ in shown] + [one.pk for one in found],
        page="whose document it is",
    )
    return staff_page(
        request,
        "staff/document_who.jinja",
        "documents_in",
        folder=folder,
        one=folder.document,
        shown=shown,
        q=words,
        found=found,
        matches=exchange.MATCHES,
        theirs=exchange.THEIRS,
        not_ours=exchange.NOT_OURS,
        measured=records.measured,
        opened=_opened(),
        inline=_SHOWN_INLINE,
        text=_text(request, folder),
    )


def _say_who(request: HttpRequest, ref: UUID) -> HttpResponse:
    said = request.POST
    patient = _uuid(said.get("patient", ""))
    if patient is None:
        raise Http404
    if said.get("differs") and not said.get("sure"):
        messages.error(request, "Something differs. Tick that you have compared them, or choose somebody else.")
        return redirect(reverse("document_who", args=[ref]) + f"?also={patient}")
    try:
        exchange.say_whose(
            access=granted(request),
            ref=ref,
            patient_ref=patient,
            response=said.get("response", "") or next(iter(exchange.THEIRS)),
        )
    except (exchange.ReceivedDocument.DoesNotExist, patients.Patient.DoesNotExist) as error:
        raise Http404 from error
    except exchange.NotSo as why:
        messages.error(request, str(why))
    return redirect("document_in", ref=ref)


@staff(Permission.DOCUMENTS)
@require_POST
def accept(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Enter what is ticked; a document that carries nothing is filed."""
    numbers = [int(one) for one in request.POST.getlist("number") if one.isdecimal() and len(one) < 5]
    if not numbers and request.POST.get("some"):
        messages.error(request, "Tick what is to be entered, or leave the document with a reason.")
        return redirect("document_in", ref=ref)
    try:
        done = exchange.accept_document(access=granted(request), ref=ref, numbers=numbers, seconds=_seconds(request))
    except exchange.ReceivedDocument.DoesNotExist as error:
        raise Http404 from error
    except exchange.NotSo as why:
        messages.error(request, str(why))
        return redirect("document_in", ref=ref)
    said = [f"{counted(done.entered, 'entry', 'entries')} on the record." if done.entered else "The document is filed."]
    if done.corrected:
        said.append(f"{counted(done.corrected, 'entry', 'entries')} of the earlier version in error.")
    if done.asks:
        said.append("What it asks is on the task list.")
    if done.passed_over:
        said.append(f"{counted(done.passed_over, 'entry', 'entries')} not entered: on the record by now, or faulty.")
    messages.success(request, " ".join(said))
    return _onward(request, ref)


@staff(Permission.DOCUMENTS)
@require_POST
def leave(request: HttpRequest, ref: UUID) -> HttpResponse:
    """File a document and enter nothing of it."""
    try:
        gone = exchange.leave_document(
            access=granted(request),
            ref=ref,
            reason=request.POST.get("reason", "")[:80],
            earlier=request.POST.get("earlier", ""),
            seconds=_seconds(request),
        )
    except exchange.ReceivedDocument.DoesNotExist as error:
        raise Http404 from error
    except exchange.NotSo as why:
        messages.error(request, str(why))
        return redirect("document_in", ref=ref)
    said = ["The document is filed, and nothing of it was entered."]
    if gone:
        said.append(f"{counted(gone, 'entry', 'entries')} of the earlier version in error.")
    messages.success(request, " ".join(said))
    return _onward(request, ref)


@staff(Permission.DOCUMENTS)
@require_POST
def send_back(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Tell the sender that the person is not of the practice."""
    try:
        exchange.send_back_document(
            access=granted(request), ref=ref, response=request.POST.get("response", ""), seconds=_seconds(request)
        )
    except exchange.ReceivedDocument.DoesNotExist as error:
        raise Http404 from error
    except exchange.NotSo as why:
        messages.error(request, str(why))
        return redirect("document_in", ref=ref)
    messages.success(request, "It goes back to the sender.")
    return _onward(request, ref)


@staff(Permission.DOCUMENTS)
@require_POST
def undo(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Take back what was decided."""
    try:
        taken = exchange.undo_document(access=granted(request), ref=ref)
    except exchange.ReceivedDocument.DoesNotExist as error:
        raise Http404 from error
    except exchange.NotSo as why:
        messages.error(request, str(why))
    else:
        messages.success(
            request,
            f"Taken back: {counted(taken, 'entry', 'entries')} {'counts' if taken == 1 else 'count'} no more."
            if taken
            else "Taken back.",
        )
    return redirect("document_in", ref=ref)


@staff(Permission.DOCUMENTS)
@require_POST
def wrong_person(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Take a document off a person's page: it is matched again."""
    try:
        exchange.wrong_person(access=granted(request), ref=ref)
    except exchange.ReceivedDocument.DoesNotExist as error:
        raise Http404 from error
    except exchange.NotSo as why:
        messages.error(request, str(why))
    return redirect("document_in", ref=ref)


@staff(Permission.DOCUMENTS)
@require_POST
def add(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Propose something that a person read in the document. What cannot be taken stays in its form, with the reason beside it."""
    typed = {name: request.POST.get(name, "").strip()[:220] for name in ("code", "value", "unit", "day")}
    number = typed["value"].replace(",", ".")
    problem = ""
    try:
        value = float(number) if number else None
    except ValueError:
        value, problem = None, "the value is not a number"
    if not problem:
        try:
            problem = exchange.propose_entry(
                access=granted(request),
                ref=ref,
                code=typed["code"].split("–")[-1].strip()[:18],
                value=value,
                unit=typed["unit"],
                day=typed_day(typed["day"]),
            )
        except exchange.ReceivedDocument.DoesNotExist as error:
            raise Http404 from error
        except exchange.NotSo as why:
            messages.error(request, f"Not added: {why}")
            return redirect("document_in", ref=ref)
    if problem:
        folder = _folder(request, ref)
        if folder.document.state == "to_code":
            return _page(request, folder, Adding(problem=problem, **typed))
        return redirect("document_in", ref=ref)
    return redirect(reverse("document_in", args=[ref]) + "#decide")


@staff(Permission.DOCUMENTS)
@require_GET
def file(request: HttpRequest, ref: UUID, number: int) -> HttpResponse:
    """A file of a document: a PDF or plain text is shown without any right to do something, everything else is saved."""
    access = granted(request)
    try:
        document, found = exchange.document_file(access, ref, number)
    except (exchange.ReceivedDocument.DoesNotExist, exchange.DocumentFile.DoesNotExist) as error:
        raise Http404 from error
    if document.patient_id is not None and document.patient_id in patients.names(access, [document.patient_id]):
        records.look(access=access, patient_id=document.patient_id, page="document received")
    shown = _SHOWN_INLINE.get(found.media_type)
    answer = HttpResponse(bytes(found.content), content_type=shown or "application/octet-stream")
    name = "".join(c if c.isascii() and (c.isalnum() or c in "-_ ") else "_" for c in found.title)[:80] or "document"
    ending = {"application/pdf": ".pdf", "text/plain": ".txt"}.get(found.media_type, "")
    answer["Content-Disposition"] = f'{"inline" if shown else "attachment"}; filename="{name}{ending}"'
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'self'"
    answer["X-Frame-Options"] = "SAMEORIGIN"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer


def _folder(request: HttpRequest, ref: UUID) -> exchange.Folder:
    try:
        return exchange.document_in(granted(request), ref)
    except exchange.ReceivedDocument.DoesNotExist as error:
        raise Http404 from error


def _onward(request: HttpRequest, ref: UUID) -> HttpResponse:
    """The next document that waits, or the list when none does."""
    following = exchange.next_document(granted(request), after=ref)
    return redirect("document_in", ref=following) if following else redirect("documents_in")


def _text(request: HttpRequest, folder: exchange.Folder) -> str:
    """The words of a document that is plain text."""
    first = next(iter(folder.attachments), None)
    if first is None or first.media_type != "text/plain":
        return ""
    _, found = exchange.document_file(granted(request), folder.document.ref, first.number)
    return bytes(found.content).decode("utf-8", errors="replace")[:_LONGEST_TEXT]


def _opened() -> str:
    """When the page was made, signed: how long a document takes is measured and not claimed."""
    return signing.dumps(clock.real_now().timestamp(), salt=_SALT)


def _seconds(request: HttpRequest) -> float | None:
    try:
        return float(clock.real_now().timestamp() - float(signing.loads(request.POST.get("opened", ""), salt=_SALT)))
    except (signing.BadSignature, TypeError, ValueError):
        return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
