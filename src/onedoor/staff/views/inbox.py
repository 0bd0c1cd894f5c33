"""The inbox: which replies need a person, and one conversation with all that is needed to answer it."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from onedoor.accounts import api as accounts
from onedoor.booking import api as booking
from onedoor.booking.types import AppointmentView
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.words import spoken
from onedoor.messaging import api as messaging
from onedoor.messaging.types import Acted
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.staff import subjects
from onedoor.staff.addresses import chosen_day
from onedoor.staff.download import MOST, as_file, moment
from onedoor.staff.frame import listens, staff_page
from onedoor.tasks import api as tasks
from onedoor.ui.access import granted, staff

WHOSE = {"all": "All", "mine": "Mine", "nobody": "Nobody’s yet", "lately": "Everything lately"}

ON_APPOINTMENT = {
    "confirm": "They are coming",
    "cancel": "They cancel",
    "rebook": "They want another time",
    "earlier": "They want an earlier one",
    "late": "They are running late",
}
"""What a text about an appointment could have meant, done in one click."""

OUTCOME_WORDS = {
    "acted": "Done by the system.",
    "asked": "The system asked back.",
    "person": "Left to a person.",
    "stopped": "STOP: we begin no more texts to this number.",
    "started": "START: texts go to this number again.",
    "crisis": "May speak of danger: a person was called at once.",
    "duplicate": "The same text again.",
    "thanks": "Thanks; nothing to do.",
}

STANDS = {
    "queued": "waits to go",
    "claimed": "waits to go",
    "sending": "on its way",
    "unknown": "not known whether it went",
    "accepted": "on its way",
    "delivered": "arrived",
    "unreached": "not arrived: the phone was off or out of reach",
    "dead number": "not arrived: the number is not in use",
    "technical failure": "not arrived: the network failed",
    "refused": "not sent: refused by the provider",
    "expired": "not sent: it would have come too late",
    "cleared": "not sent: no longer true",
    "suppressed": "not sent",
}


@dataclass(frozen=True)
class Chosen:
    """Whose details stand beside a conversation: nobody's until somebody is chosen where a phone is shared."""

    person: messaging.Person | None
    others: bool
    """Somebody else has this number too."""

    def shows(self, said: messaging.Said) -> bool:
        """Texts to or about somebody else on the phone are left out; what the phone itself wrote is needed to tell who."""
        if not self.others or said.person is None:
            return True
        return self.person is not None and said.person.id == self.person.id


@staff(Permission.MESSAGES)
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """Conversations that wait for a person, the urgent first, then those that wait longest."""
    access = granted(request)
    topic = listens(access, "inbox")
    whose = request.GET.get("whose", "all")
    if whose == "lately":
        rows = messaging.threads_lately(access)
    elif whose in ("mine", "nobody"):
        rows = messaging.threads_waiting(access, whose="mine" if whose == "mine" else "nobody")
    else:
        whose, rows = "all", messaging.threads_waiting(access)
    return staff_page(
        request,
        "staff/inbox.jinja",
        "inbox",
        rows=rows,
        clocks={row.id: _clock(row.waiting_since) for row in rows},
        whose=whose,
        choices=WHOSE,
        count=messaging.inbox_count(access),
        topic=topic,
    )


@staff(Permission.MESSAGES)
@require_POST
def download(request: HttpRequest) -> HttpResponse:
    """The conversations that wait for a person, as a file."""
    access = granted(request)
    return as_file(
        access,
        "inbox",
        ("Urgent", "Number", "Who", "Wrote last", "When", "Why it is here", "Waiting since", "With"),
        [
            (
                "yes" if row.urgent else "no",
                spoken(row.number),
                ", ".join(person.name for person in row.people),
                row.last_text,
                moment(row.last_at),
                row.why,
                moment(row.waiting_since),
                row.owner,
            )
            for row in messaging.threads_waiting(access, limit=MOST)
        ],
    )


@staff(Permission.MESSAGES)
@require_GET
def thread(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One conversation. On a shared phone nobody's details are shown before somebody is chosen (`?person=`)."""
    access = granted(request)
    topic = listens(access, "inbox")
    found = _thread(access, ref)
    chosen = _choose(found, request.GET.get("person", ""))
    card = None
    appointments, lately = [], []
    elsewhere: list[messaging.ThreadView] = []
    if chosen.person is not None:
        card = patients.card(access, chosen.person.id)
        records.look(access=access, patient_id=card.id, page="inbox")
        appointments = booking.upcoming_of(access, card.id)
        lately = booking.lately_of(access, card.id, days=2)
        elsewhere = [other for other in messaging.thread_of_patient(access, card.id, limit=1) if other.ref != ref]
    said = [one for one in found.said if chosen.shows(one)]
    judged = messaging.judged(access, [one.key for one in said if not one.ours])
    messaging.opened(access=access, thread_ref=ref, to=max((one.key for one in found.said if not one.ours), default=0))
    # What waits is the last text that was left to a person, unless somebody has said what it meant.
    waiting = [one.key for one in said if one.outcome in ("person", "crisis") and not one.copy]
    newest = max(waiting, default=0) if found.waiting_since else 0
    return staff_page(
        request,
        "staff/thread.jinja",
        "inbox",
        thread=found,
        said=said,
        seen=max((one.key for one in said), default=0),
        left_out=len(found.said) - len(said),
        card=card,
        chosen=chosen,
        appointments=appointments,
        lately=lately,
        outcome_words=OUTCOME_WORDS,
        stands=STANDS,
        on_appointment=ON_APPOINTMENT,
        judged=judged,
        newest=newest,
        meant_words=messaging.verdicts.WORDS,
        read_as=messaging.verdicts.read_as,
        elsewhere=elsewhere,
        ready=messaging.ready_replies(access),
        begun=_ready(access, request.GET.get("ready", "")),
        tasks=_tasks(access, ref),
        kinds={declared.name: declared for declared in tasks.kinds()},
        colleagues=accounts.colleagues(access),
        me=access.actor.id,
        key=uuid.uuid4(),
        topic=topic,
    )


@staff(Permission.MESSAGES)
@require_POST
def reply(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Write back. The form's key makes a button pressed twice one text."""
    access = granted(request)
    _thread(access, ref)
    key = _key(request)
    try:
        messaging.reply_to_thread(access=access, thread_ref=ref, text=request.POST.get("text", ""), key=key)
    except messaging.NothingToSay:
        messages.error(request, "Write something, and no more than 918 letters. Nothing was sent.")
    else:
        messages.success(request, "Sent. The conversation waits until you settle it.")
    return _back(request, ref)


@staff(Permission.MESSAGES)
@require_POST
def settle(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Nothing in this conversation waits any more."""
    access = granted(request)
    _thread(access, ref)
    try:
        messaging.settle_thread(access=access, thread_ref=ref, seen=subjects.seen_of(request))
    except tasks.NewerCame:
        messages.error(request, subjects.NEWER)
        return _back(request, ref)
    except messaging.MustDecide:
        messages.error(request, "Say first what became of it: one of the buttons beside the conversation.")
        return _back(request, ref)
    messages.success(request, "Settled. A new text brings it back.")
    return redirect("inbox")


@staff(Permission.MESSAGES)
@require_POST
def assign(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Hand the conversation to a colleague, or back to all."""
    access = granted(request)
    _thread(access, ref)
    to = request.POST.get("to", "")
    if to and to not in {str(user.pk) for user in accounts.colleagues(access)}:
        raise Http404
    messaging.assign_thread(access=access, thread_ref=ref, user_id=int(to) if to else None)
    return _back(request, ref)


@staff(Permission.MESSAGES)
@require_POST
def answer(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Do what the text meant: the same as if it had been understood."""
    access = granted(request)
    chosen = _choose(_thread(access, ref), request.POST.get("person", ""))
    intent = request.POST.get("intent", "")
    if chosen.person is None or intent not in ON_APPOINTMENT:
        raise Http404
    try:
        found = booking.by_ref(access, UUID(request.POST.get("appointment", "")))
    except (ValueError, booking.Appointment.DoesNotExist) as error:
        raise Http404 from error
    if found.patient_id != chosen.person.id:
        raise Http404
    try:
        acted = _answer(access, found, intent)
    except (messaging.NotOpen, booking.BookingError):
        messages.error(request, "That can no longer be done: look at the appointment. Nothing was changed.")
        return _back(request, ref)
    _say(access, ref, request.POST.get("text", ""), "rebook" if intent == "earlier" else intent)
    if acted is not None and not acted.done:
        messages.error(request, "That is for a person to do: it is on the task list. The diary was not changed.")
    elif intent == "rebook" and acted is not None and acted.answer:
        messaging.reply_to_thread(access=access, thread_ref=ref, text=acted.answer, key=_key(request))
        messages.success(request, "They were texted a link to other times. They keep this one until they choose.")
    else:
        messages.success(request, f"Done: {ON_APPOINTMENT[intent].lower()}. Write back if they should know.")
    return _back(request, ref)


@staff(Permission.MESSAGES)
@require_POST
def meant(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Say what a text meant, in one tap. Of a question dealt with, or thanks, nothing more waits."""
    access = granted(request)
    _thread(access, ref)
    text, what = request.POST.get("text", ""), request.POST.get("meant", "")
    if not text.isdecimal() or len(text) > 18:
        raise Http404
    try:
        verdict = messaging.say_meant(access=access, thread_ref=ref, text=int(text), meant=what)
    except (messaging.Inbound.DoesNotExist, messaging.NotAMeaning) as error:
        raise Http404 from error
    said = messaging.verdicts.WORDS[verdict.meant]
    if verdict.corrected:
        messages.success(request, f"Written down: “{said}”. What the system did is not undone by this.")
    elif what in messaging.verdicts.SETTLES and _settled(access, ref, subjects.seen_of(request)):
        messages.success(request, f"Written down: “{said}”. Nothing here waits any more.")
    else:
        diary = what in ("confirm", "cancel", "rebook", "late", "accept", "decline")
        messages.success(request, f"Written down: “{said}”.{' The diary was not changed.' if diary else ''}")
    return _back(request, ref)


def _settled(access: Access, ref: UUID, seen: int) -> bool:
    """Whether the conversation waits no more: not if a newer text came, or something must be decided first."""
    try:
        messaging.settle_thread(access=access, thread_ref=ref, seen=seen)
    except (tasks.NewerCame, messaging.MustDecide):
        return False
    return True


@staff(Permission.MESSAGES)
@require_POST
def put_back(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Undo a cancellation that a text did and did not mean, while its place is free."""
    access = granted(request)
    found = _thread(access, ref)
    text = request.POST.get("text", "")
    known = {str(one.key): one.key for one in found.said if not one.ours}
    if text not in known:
        raise Http404
    judged = messaging.judged(access, [known[text]])[known[text]]
    if (judged.intent, judged.subject) != ("cancel", "appointment") or not judged.corrected or not judged.subject_id:
        raise Http404
    try:
        booking.come_back(appointment_id=judged.subject_id, by=access.actor)
    except booking.BookingError:
        messages.error(
            request, "It cannot be put back: the place has gone, or its time has passed. Book another place."
        )
    else:
        messages.success(request, "The appointment stands again. Write back, so that they know.")
    return _back(request, ref)


LONG, TOO_LONG = timedelta(hours=1), timedelta(hours=4)
"""Waiting is marked from an hour on; after four, the time that a reply has, it is too long."""


def _clock(since: datetime | None) -> str:
    """The mark beside how long a conversation has waited: a sign and words, never a colour alone."""
    waited = clock.now() - since if since is not None else timedelta()
    return "▲ Too long" if waited >= TOO_LONG else "◷ Over an hour" if waited >= LONG else ""


def _ready(access: Access, wanted: str) -> str:
    """The ready reply with this number, to begin with."""
    kept = messaging.ready_replies(access)
    return kept[int(wanted) - 1] if wanted.isdecimal() and 0 < int(wanted) <= len(kept) else ""


SENT_WORDS = {
    "appointment_reminder": "a reminder of an appointment",
    "appointment_same_day": "about an appointment on the same day",
    "appointment_change": "about an appointment that was booked, moved or cancelled",
    "offer": "an offer of an appointment",
    "offer_ended": "that an offer had ended",
    "answer": "an answer to a text",
    "question": "a question back to a text",
    "crisis": "an answer to a text",
    "staff_reply": "a reply that staff wrote",
}


ARRIVED = {
    "sending": "not known yet",
    "unknown": "not known: the connection failed while it was sent",
    "accepted": "not known yet",
    "delivered": "yes",
    "unreached": "no: the phone was off or out of reach",
    "dead number": "no: the number is not in use",
    "technical failure": "no: the network failed",
}


@staff(Permission.MESSAGES)
@require_GET
def sent(request: HttpRequest) -> HttpResponse:
    """Did we send this? Texts that went to a number on a day: whether and when, for a caller who may be anybody."""
    number = request.GET.get("number", "").strip()[:20]
    day = chosen_day(request.GET.get("day"), clock.today())
    is_number = messaging.is_number(number)
    found = messaging.sent_to(granted(request), number, day) if is_number else []
    return staff_page(
        request,
        "staff/sent.jinja",
        "inbox",
        number=number,
        is_number=is_number,
        day=day,
        sent=found,
        words=SENT_WORDS,
        arrived=ARRIVED,
    )


def _say(access: Access, ref: UUID, text: str, what: str) -> None:
    """What was done for a text that waits is also what it meant, where that may be said of it."""
    if text.isdecimal() and len(text) < 18 and int(text):
        with suppress(messaging.Inbound.DoesNotExist, messaging.NotAMeaning):
            messaging.say_meant(access=access, thread_ref=ref, text=int(text), meant=what)


def _key(request: HttpRequest) -> UUID:
    """The form's own, so that a button pressed twice is one text."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError as error:
        raise Http404 from error


def _answer(access: Access, about: AppointmentView, intent: str) -> Acted | None:
    try:
        return messaging.answer(
            access=access,
            patient_id=about.patient_id,
            kind="appointment",
            subject_id=about.id,
            intent=intent,
            via="staff",
        )
    except messaging.NotOpen:
        # Nobody asked them yet, and they say that they are coming all the same.
        if intent != "confirm":
            raise
        booking.confirm(appointment_id=about.id, by=access.actor)
        return None


def _thread(access: Access, ref: UUID) -> messaging.ThreadView:
    try:
        return messaging.thread(access, ref)
    except messaging.Thread.DoesNotExist as error:
        raise Http404 from error


def _choose(found: messaging.ThreadView, wanted: str) -> Chosen:
    if len(found.people) == 1:
        return Chosen(found.people[0], others=False)
    person = next((person for person in found.people if str(person.ref) == wanted), None)
    return Chosen(person, others=len(found.people) > 1)


def _tasks(access: Access, ref: UUID) -> list[tasks.Task]:
    key = messaging.thread_by_ref(access, ref).pk
    return [task for task in tasks.waiting(access) if task.subject == "thread" and task.subject_id == key]


def _back(request: HttpRequest, ref: UUID) -> HttpResponse:
    person = request.POST.get("person", "")
    return redirect(reverse("thread", args=[ref]) + (f"?person={UUID(person)}" if person else ""))
